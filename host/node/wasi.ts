/** Runs the module in this process, under Node's WASI. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { QuireError, reasonOf, trapError } from "../api/errors.js";
import { END_OF_TIME } from "../api/instance.js";
import type { Invocation, Preopen } from "../runtimes/adapter.js";

const require = createRequire(import.meta.url);

let WasiClass: typeof import("node:wasi").WASI | null = null;

/**
 * The class WASI of node:wasi, without the line that tells every user that it is experimental (other warnings go their way), and without two
 * of V8's optimizations: with fast calls a garbage collection inside of memory.grow, which comes once a module has grown to some 64 MiB, crashes the
 * process (nodejs/node#46777); with calls of the module that are inlined into optimized code Node 20 crashes in a loop of inserts (22 and 24 do
 * not; the test is in tests/library-ends.test.ts).
 */
export function loadWasi(): typeof import("node:wasi").WASI {
  WasiClass ??= loadQuietly();
  return WasiClass;
}

function loadQuietly(): typeof import("node:wasi").WASI {
  setFlagsFromString("--no-turbo-fast-api-calls");
  if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--no-turbo-inline-js-wasm-calls");
  const emitWarning: unknown = Reflect.get(process, "emitWarning");
  process.emitWarning = (...details: unknown[]) => {
    const experimental = details[1] === "ExperimentalWarning" && String(details[0]).includes("WASI");
    if (!experimental) Reflect.apply(emitWarning as () => void, process, details);
  };
  try {
    const { WASI } = require("node:wasi") as typeof import("node:wasi");
    // Whether loading it or the first instance brings the line is Node's choice.
    new WASI({ version: "preview1" });
    return WASI;
  } finally {
    Reflect.set(process, "emitWarning", emitWarning);
  }
}

/** A descriptor above all that one instance has open at a time: its folders, the page file, log and spill, and a file that is made beside. */
const DESCRIPTORS_END = 64;

/** What one instance of the module may reach, in this process: its folders, and what it opens in them. To be closed when the instance is done. */
export class WasiHost {
  readonly #wasi: InstanceType<typeof import("node:wasi").WASI>;
  #started = false;

  constructor(preopens: readonly Preopen[], options: Omit<import("node:wasi").WASIOptions, "version"> = {}) {
    const WASI = loadWasi();
    const folders = Object.fromEntries(preopens.map(({ guest, host }) => [`/${guest}`, host]));
    try {
      this.#wasi = new WASI({ version: "preview1", returnOnExit: true, preopens: folders, ...options });
    } catch (error) {
      const names = preopens.map(({ host }) => host).join(", ");
      throw new QuireError("ACCESS_DENIED", `can't open the folder ${names} (${reasonOf(error)})`, undefined, { cause: error });
    }
  }

  // Not getImportObject() and initialize(), which Bun lacks: it wants to be told the memory, and Node does not know that call.
  get #imports(): WebAssembly.Imports {
    return { wasi_snapshot_preview1: this.#wasi.wasiImport as Record<string, unknown> };
  }

  /**
   * An instance of the library, ready for calls: its exports. As soon as `isStopped` its clock stands at the end of time, so that what runs with a
   * timeout is over.
   */
  initialize(module: WebAssembly.Module, isStopped: (() => boolean) | null = null): WebAssembly.Exports {
    const wasi = this.#wasi;
    const calls = wasi.wasiImport as { clock_time_get(clock: number, precision: bigint, ptr: number): number };
    const clock = (clock: number, precision: bigint, ptr: number): number => {
      const status = calls.clock_time_get(clock, precision, ptr);
      const memory = instance.exports["memory"] as WebAssembly.Memory;
      if (isStopped?.() === true) new DataView(memory.buffer).setBigUint64(ptr, END_OF_TIME, true);
      return status;
    };
    const imports = isStopped === null ? calls : { ...calls, clock_time_get: clock };
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports as unknown as Record<string, unknown> });
    this.#started = true;
    if (typeof wasi.initialize === "function") wasi.initialize(instance);
    else {
      (wasi as unknown as { setMemory(memory: unknown): void }).setMemory(instance.exports["memory"]);
      (instance.exports["_initialize"] as () => void)();
    }
    return instance.exports;
  }

  /** Runs the command to its end: its exit status. */
  async start(module: WebAssembly.Module): Promise<number> {
    const instance = await WebAssembly.instantiate(module, this.#imports);
    this.#started = true;
    return this.#wasi.start(instance);
  }

  /** Closes the folders, and the files that an instance left open which a trap ended: nobody else does, and a process has few descriptors. */
  close(): void {
    const wasi = this.#wasi;
    // Node closes nothing for a module that never started.
    if (!this.#started && typeof wasi.initialize === "function") {
      wasi.initialize({ exports: { memory: new WebAssembly.Memory({ initial: 1 }) } });
      this.#started = true;
    }
    const calls = wasi.wasiImport as { fd_close(fd: number): number };
    for (let fd = 3; fd < DESCRIPTORS_END; fd++) calls.fd_close(fd);
  }
}

/** Throws a `QuireError` when there is no file at `path`. */
export function requireModule(path: string): void {
  if (!existsSync(path)) throw new QuireError("MODULE_NOT_FOUND", `${path}: there is no such file; npm run build makes it`);
}

/** Compiles the file at `path`; a file that is missing or no module is a `QuireError`. */
export async function compileModule(path: string): Promise<WebAssembly.Module> {
  requireModule(path);
  try {
    return await WebAssembly.compile(readFileSync(path));
  } catch (error) {
    throw new QuireError("MODULE_INVALID", `${path}: ${reasonOf(error)}`, undefined, { cause: error });
  }
}

/**
 * Runs `invocation` to its end and returns its exit status. The module reads and writes this process's own standard streams
 * (`stdin`: another file descriptor to read from) directly, not through Node's streams. A trap is a `QuireError`.
 */
export async function runInProcess(invocation: Invocation, stdin = 0, compiled?: WebAssembly.Module): Promise<number> {
  const module = compiled ?? (await compileModule(invocation.module));
  const { args, env, preopens } = invocation;
  const wasi = new WasiHost(preopens, { args: [invocation.module, ...args], env: { ...env }, stdin });
  try {
    return await wasi.start(module);
  } catch (error) {
    throw trapError(reasonOf(error), error);
  } finally {
    wasi.close();
  }
}
