/** Runs the module in this process, under Node's WASI. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { QuireError, reasonOf } from "./errors.js";
import type { Invocation } from "./runtimes/adapter.js";

const require = createRequire(import.meta.url);

/**
 * The class WASI of node:wasi, without the line that tells every user that it is experimental (other warnings go their way), and without two
 * of V8's optimizations: with fast calls a garbage collection inside of memory.grow, which comes once a module has grown to some 64 MiB, crashes the
 * process (nodejs/node#46777); with calls of the module that are inlined into optimized code Node 20 crashes in a loop of inserts (22 and 24 do
 * not; the test is in tests/library-ends.test.ts).
 */
export function loadWasi(): typeof import("node:wasi").WASI {
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
export async function runInProcess(invocation: Invocation, stdin = 0): Promise<number> {
  const module = await compileModule(invocation.module);
  const WASI = loadWasi();
  const wasi = new WASI({
    version: "preview1",
    args: [invocation.module, ...invocation.args],
    env: { ...invocation.env },
    preopens: Object.fromEntries(invocation.preopens.map(({ guest, host }) => [`/${guest}`, host])),
    returnOnExit: true,
    stdin,
  });
  try {
    // Not getImportObject(), which Bun lacks.
    const imports = { wasi_snapshot_preview1: wasi.wasiImport as Record<string, unknown> };
    const instance = await WebAssembly.instantiate(module, imports);
    return wasi.start(instance);
  } catch (error) {
    throw trapError(reasonOf(error), error);
  }
}

/** What a trap becomes, under any runtime. */
export function trapError(reason: string, cause?: unknown): QuireError {
  const message = `the module stopped in the middle of its work (${reason}); this is a fault of Quire, please report it`;
  return new QuireError("RUNTIME_TRAP", message, undefined, { cause });
}
