#!/usr/bin/env node
/**
 * The `quire` command: takes the words of the module, opens to it FILE's folder, and those of other
 * files that the command names, and nothing else, runs it under the runtime that
 * `--runtime` names (Node's own WASI when none is named), and passes the standard streams and the exit status through.
 */
import { spawn } from "node:child_process";
import { openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { type PreparedCommand, prepareCommand } from "./command-line.js";
import { EXIT_RUNTIME, QuireError, reasonOf } from "./errors.js";
import { requireModule, runInProcess, trapError } from "./node-wasi.js";
import { modulePath } from "./paths.js";
import { endedByTrap, requireRuntime } from "./run-command.js";
import type { Invocation } from "./runtimes/adapter.js";

/** Characters of a runtime's standard error that are kept: what it says about a trap. */
const STDERR_LENGTH = 8192;

/** What the module cannot find out by itself: whether a person is watching, and how wide the terminal is. */
function environment(): Record<string, string> {
  const { NO_COLOR: noColor, FORCE_COLOR: forceColor, COLUMNS: columns } = process.env;
  const onTerminal = isatty(1);
  const color = noColor ? false : forceColor ? forceColor !== "0" : onTerminal;
  const env: Record<string, string> = { QUIRE_TTY: isatty(2) ? "1" : "0", QUIRE_COLOR: color ? "1" : "0" };
  const width = onTerminal ? process.stdout.columns : Number(columns);
  if (width > 0) env["COLUMNS"] = String(width);
  return env;
}

/** Writes to standard error without Node's stream for it: see `report`. */
function passOn(bytes: Buffer): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(2, bytes, at);
  } catch {
    // Nobody is listening, or it is full and does not wait.
  }
}

/** Starts a runtime's program on `invocation` with our standard streams, or `stdin`. Resolves with the exit status. */
async function runProgram(runtime: string, invocation: Invocation, stdin: number | "inherit"): Promise<number> {
  const { adapter, program } = requireRuntime(runtime);
  requireModule(invocation.module);
  // Only where the words of a trap are needed to tell it from a failure do they take the way through here.
  const words = adapter.trapText === undefined ? "inherit" : "pipe";
  const child = spawn(program, adapter.argv(invocation), { stdio: [stdin, "inherit", words] });
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("latin1")).slice(-STDERR_LENGTH);
    passOn(chunk);
  });
  // The terminal sends Ctrl-C to both; the runtime ends by it, and we end with its status.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on("error", (error) => {
      reject(new QuireError("RUNTIME_FAILED", `${program} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  process.off("SIGINT", ignore);
  // wazero and WasmEdge die of a reader that goes away, before the module can end by itself. Nobody listens; the status tells.
  if (signal === "SIGPIPE") return EXIT_RUNTIME;
  if (endedByTrap(adapter, code, signal, said)) throw trapError(`${runtime} ended with ${signal ?? `status ${code}`}`);
  if (signal !== null) process.kill(process.pid, signal);
  if (code === null) throw new QuireError("RUNTIME_FAILED", `${runtime} was ended by ${signal}`);
  return code;
}

async function runPrepared({ runtime, args, preopens, stdinFile }: PreparedCommand): Promise<number> {
  const invocation: Invocation = { module: modulePath(), preopens, args, env: environment() };
  const stdin = stdinFile === null ? undefined : openSync(stdinFile, "r");
  if (runtime === "node") return runInProcess(invocation, stdin);
  return runProgram(runtime, invocation, stdin ?? "inherit");
}

/** Says what went wrong, in the module's own form: one line, or with `--json` one JSON object on standard output. */
function report(error: QuireError, words: readonly string[]): void {
  const message = error.message.replaceAll("\n", " ");
  // Node's own streams are left alone: opening them makes pipes non-blocking, which the module could not cope with.
  try {
    if (words.includes("--json")) writeSync(1, `${JSON.stringify({ error: { code: error.code, message } })}\n`);
    else writeSync(2, `quire: ${error.code}: ${message}\n`);
  } catch {
    // Nobody is listening any more; the exit status says it.
  }
}

const words = process.argv.slice(2);
try {
  process.exitCode = await runPrepared(prepareCommand(words, process.cwd()));
} catch (error) {
  const known = error instanceof QuireError ? error : new QuireError("RUNTIME_FAILED", reasonOf(error), EXIT_RUNTIME);
  report(known, words);
  process.exitCode = known.exitStatus;
}
