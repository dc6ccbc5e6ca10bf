/** A command in the program of another runtime, with this process's streams. */
import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { EXIT_RUNTIME, QuireError } from "./errors.js";
import { type WriteLock, inheritedBy } from "./lock/write-lock.js";
import { requireModule, trapError } from "./node-wasi.js";
import { endedByTrap, requireRuntime } from "./run-command.js";
import type { Invocation } from "./runtimes/adapter.js";

/** Characters of a runtime's standard error that are kept: what it says about a trap. */
const STDERR_LENGTH = 8192;

/** Writes to standard error without Node's stream for it, whose opening would make a pipe non-blocking. */
function passOn(bytes: Buffer): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(2, bytes, at);
  } catch {
    // Nobody is listening, or it is full and does not wait.
  }
}

/** Starts a runtime's program on `invocation` with our standard streams, or `stdin`, and our `lock`. Resolves with the exit status. */
export async function runProgram(
  runtime: string,
  invocation: Invocation,
  stdin: number | "inherit",
  lock: WriteLock | null,
): Promise<number> {
  const { adapter, program } = requireRuntime(runtime);
  requireModule(invocation.module);
  // Only where the words of a trap are needed to tell it from a failure do they take the way through here.
  const words = adapter.trapText === undefined ? "inherit" : "pipe";
  const child = spawn(program, adapter.argv(invocation), { stdio: [stdin, "inherit", words, ...inheritedBy(lock)] });
  lock?.addProcess(child.pid);
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
