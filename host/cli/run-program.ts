/** A command in the program of another runtime, with this process's streams. */
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { EXIT_RUNTIME, QuireError, reasonOf, trapError } from "../api/errors.js";
import { type WriteLock, inheritedBy } from "../node/lock/write-lock.js";
import { requireModule } from "../node/wasi.js";
import { writeAll } from "../node/whole-file.js";
import { ENDING_SIGNALS, Interrupted } from "./interruption.js";
import { endedByTrap, requireRuntime } from "../node/run-command.js";
import type { Invocation } from "../runtimes/adapter.js";

/** What goes into a program's standard input, and takes its standard output; a failure of either kills the program. */
export interface Streams {
  readonly feed: ((stdin: Writable) => Promise<void>) | null;
  readonly drain: ((stdout: Readable) => Promise<void>) | null;
}

/** Characters of a runtime's standard error that are kept: what it says about a trap. */
const STDERR_LENGTH = 8192;

/** Writes to standard error without Node's stream for it, whose opening would make a pipe non-blocking. */
function passOn(bytes: Buffer): void {
  try {
    writeAll(2, bytes);
  } catch {
    // Nobody is listening, or it is full and does not wait.
  }
}

/** So long a program may take to follow a signal. A second one ends it the hard way. */
const GRACE_MS = 2000;

/**
 * Starts a runtime's program on `invocation` with our standard streams, or `stdin`, or `streams`, and our `lock`. Resolves with the exit
 * status; rejects with `Interrupted` when a signal ended it, and with the failure of a stream.
 */
export async function runProgram(
  runtime: string,
  invocation: Invocation,
  stdin: number | "inherit",
  lock: WriteLock | null,
  { feed, drain }: Streams,
): Promise<number> {
  const { adapter, program } = requireRuntime(runtime);
  requireModule(invocation.module);
  // Only where the words of a trap are needed to tell it from a failure do they take the way through here.
  const words = adapter.trapText === undefined ? "inherit" : "pipe";
  const child = spawn(program, adapter.argv(invocation), {
    stdio: [feed === null ? stdin : "pipe", drain === null ? "inherit" : "pipe", words, ...inheritedBy(lock)],
  });
  lock?.addProcess(child.pid);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("latin1")).slice(-STDERR_LENGTH);
    passOn(chunk);
  });
  // The terminal sends Ctrl-C to both, others only to us.
  const asked: NodeJS.Signals[] = [];
  const end = (signal: NodeJS.Signals): void => {
    child.kill(asked.length === 0 ? signal : "SIGKILL");
    asked.push(signal);
    setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, end);
  const failures: Error[] = [];
  const failed = (error: unknown): void => {
    failures.push(error instanceof Error ? error : new Error(reasonOf(error)));
    child.kill("SIGKILL");
  };
  const fed = child.stdin === null ? undefined : feed?.(child.stdin).catch(failed);
  const drained = child.stdout === null ? undefined : drain?.(child.stdout).catch(failed);
  const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on("error", (error) => {
      reject(new QuireError("RUNTIME_FAILED", `${program} could not be started: ${error.message}`));
    });
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  await fed;
  await drained;
  for (const signal of ENDING_SIGNALS) process.off(signal, end);
  const [failure] = failures;
  if (failure !== undefined && asked.length === 0) throw failure;
  // wazero and WasmEdge die of a reader that goes away, before the module can end by itself. Nobody listens; the status tells.
  if (signal === "SIGPIPE") return EXIT_RUNTIME;
  // Some catch the signal, and end with a status of their own: Wasmer with one that is nobody's.
  if (asked[0] !== undefined && code !== 0) throw new Interrupted(asked[0]);
  if (endedByTrap(adapter, code, signal, said)) throw trapError(`${runtime} ended with ${signal ?? `status ${code}`}`);
  if (signal !== null) throw new Interrupted(signal);
  return code ?? EXIT_RUNTIME;
}
