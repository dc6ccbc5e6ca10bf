#!/usr/bin/env node
/**
 * The `quire` command: takes the words of the module, opens to it FILE's folder, and those of other
 * files that the command names, and nothing else, runs it under the runtime that
 * `--runtime` names (Node's own WASI when none is named), and passes the standard streams and the exit status through.
 */
import { openSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { type PreparedCommand, prepareCommand } from "./command-line.js";
import { EXIT_RUNTIME, QuireError, reasonOf } from "./errors.js";
import { WriteLock } from "./lock/write-lock.js";
import { compileModule, runInProcess } from "./node-wasi.js";
import { modulePath } from "./paths.js";
import { printable } from "./printable.js";
import type { Invocation } from "./runtimes/adapter.js";

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

async function runPrepared({ runtime, args, preopens, stdinFile, lock }: PreparedCommand): Promise<number> {
  const invocation: Invocation = { module: modulePath(), preopens, args, env: environment() };
  const stdin = stdinFile === null ? undefined : openSync(stdinFile, "r");
  // What takes long and needs no lock comes before it.
  const module = runtime === "node" ? await compileModule(invocation.module) : null;
  const held = lock === null ? null : await WriteLock.take(lock);
  try {
    if (module !== null) return await runInProcess(invocation, stdin, module);
    // Most run in this process, and need not load what starts others.
    const { runProgram } = await import("./run-program.js");
    return await runProgram(runtime, invocation, stdin ?? "inherit", held);
  } finally {
    held?.release();
  }
}

/** Says what went wrong, in the module's own form: one line, or with `--json` one JSON object on standard output. */
function report(error: QuireError, words: readonly string[]): void {
  const { code, message } = error;
  // Node's own streams are left alone: opening them makes pipes non-blocking, which the module could not cope with.
  try {
    if (words.includes("--json")) writeSync(1, `${JSON.stringify({ error: { code, message } })}\n`);
    else writeSync(2, `quire: ${code}: ${printable(message)}\n`);
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
