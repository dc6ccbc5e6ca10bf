/** The module in this process, under Node's WASI. */
import { readFileSync } from "node:fs";
import { InProcessEngine } from "../api/engine.js";
import { QuireError, reasonOf } from "../api/errors.js";
import { type LibraryHost, LibraryInstance, type OpenRequest, openRequest } from "../api/instance.js";
import { MemoryViews } from "../api/memory-views.js";
import type { OpenOptions } from "../api/options.js";
import { libraryPath } from "../paths.js";
import type { Preopen } from "../runtimes/adapter.js";
import type { WriteLock } from "./lock/write-lock.js";
import { type Place, pathInside } from "./place.js";
import { WasiHost, requireModule } from "./wasi.js";

const modules = new Map<string, WebAssembly.Module>();

/** The library, compiled once. */
function libraryModule(path: string): WebAssembly.Module {
  let module = modules.get(path);
  if (module === undefined) {
    requireModule(path);
    try {
      module = new WebAssembly.Module(readFileSync(path));
    } catch (error) {
      throw new QuireError("MODULE_INVALID", `${path}: ${reasonOf(error)}`, undefined, { cause: error });
    }
    modules.set(path, module);
  }
  return module;
}

/** Memory whose texts go through `Buffer`, which is faster for short ones than what browsers have. */
class BufferViews extends MemoryViews {
  readonly #buffer: Buffer;

  constructor(memory: ArrayBuffer) {
    super(memory);
    this.#buffer = Buffer.from(memory);
  }

  override text(start: number, end: number): string {
    return this.#buffer.toString("utf8", start, end);
  }

  override putText(text: string, at: number): number {
    return this.#buffer.write(text, at, "utf8");
  }
}

/** What an instance lives in here: it sees `folder` and nothing else. */
class NodeHost implements LibraryHost {
  readonly moduleName = libraryPath();
  readonly #module = libraryModule(this.moduleName);
  readonly #wasi: WasiHost;
  readonly #lock: WriteLock | null;
  readonly #isStopped: (() => boolean) | null;

  constructor(folder: Preopen, lock: WriteLock | null, isStopped: (() => boolean) | null) {
    this.#wasi = new WasiHost([folder]);
    this.#lock = lock;
    this.#isStopped = isStopped;
  }

  start(): WebAssembly.Exports {
    return this.#wasi.initialize(this.#module, this.#isStopped);
  }

  views(memory: ArrayBuffer): MemoryViews {
    return new BufferViews(memory);
  }

  close(): void {
    this.#wasi.close();
    this.#lock?.release();
  }
}

/** What the module's `open` is told. */
export function openRequestAt(place: Place, options: OpenOptions): OpenRequest {
  const { schema } = options;
  return openRequest(place.file, options, schema === undefined ? undefined : pathInside(place, "open", schema));
}

/** Opens the store at `place`. `lock` is given back when the session has ended. A request with a timeout ends with it when `isStopped`. */
export function openInProcess(
  place: Place,
  options: OpenOptions,
  lock: WriteLock | null,
  isStopped: (() => boolean) | null = null,
): InProcessEngine {
  const instance = new LibraryInstance(new NodeHost(place.folder, lock, isStopped), openRequestAt(place, options));
  return new InProcessEngine(instance, (call, path) => pathInside(place, call, path));
}
