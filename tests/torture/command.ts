/** The command itself (assembly/command.ts) over a simulated disk: one process, from its words to its exit status. */
import { createHash } from "node:crypto";
import type { Disk } from "./disk.js";
import { INITIAL_PAGES } from "./engine.js";
import { Exit, Host, type Hook } from "./host.js";

export interface CommandRun {
  /** The exit status; null after a trap. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Calls that touched a file. */
  readonly calls: number;
  /** Pages of linear memory at the end. */
  readonly pages: number;
  readonly trap: string;
}

export interface CommandOptions {
  readonly stdin?: string | Uint8Array;
  /** How many bytes a read of standard input gets, of those that it wants: all, unless told. */
  readonly stdinReads?: (wanted: number) => number;
  readonly hook?: Hook;
  readonly maximumPages?: number;
}

/** Runs `quire WORDS…`. */
export function runCommand(
  module: WebAssembly.Module,
  disk: Disk,
  words: readonly string[],
  options: CommandOptions = {},
): CommandRun {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: options.maximumPages ?? 4096 });
  const host = new Host(memory);
  // Each command draws other random numbers: two sessions with the same salt in their logs are none that there could be.
  host.use(disk, createHash("sha256").update(words.join("\0")).digest().readUInt32LE());
  host.args = ["quire", ...words];
  host.stdin = Buffer.from(options.stdin ?? "");
  host.stdinReads = options.stdinReads ?? null;
  host.hook = options.hook ?? null;
  let status: number | null = 0;
  let trap = "";
  try {
    const instance = new WebAssembly.Instance(module, { env: { memory }, wasi_snapshot_preview1: host.imports() });
    const exports = instance.exports as { memory?: WebAssembly.Memory; _start: () => void };
    // The module as it is shipped has a memory of its own.
    host.memory = exports.memory ?? memory;
    exports._start();
  } catch (error) {
    if (error instanceof Exit) status = error.status;
    else if (error instanceof WebAssembly.RuntimeError) {
      status = null;
      trap = error.stack ?? error.message;
    } else throw error;
  }
  return {
    status,
    stdout: host.stdout,
    stderr: host.stderr,
    calls: host.calls,
    pages: host.memory.buffer.byteLength / 65536,
    trap,
  };
}
