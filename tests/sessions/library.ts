/** The library module over a simulated disk: one store, by its requests and by its direct calls. */
import { Disk, type Change } from "../torture/disk.js";
import { INITIAL_PAGES } from "../torture/engine.js";
import { Host } from "../torture/host.js";

export const FILE = "store.db";
const FAILED = -1;

/** A disk that forgets what led to its state: sessions are long. */
export class PlainDisk extends Disk {
  override apply(change: Change): void {
    super.apply(change);
    this.changes[this.changes.length - 1] = { kind: "sync", file: "" };
    for (const file of this.files.values()) if (file.pending.length > 0) file.pending = [];
  }

  copy(): PlainDisk {
    const copy = new PlainDisk();
    for (const [name, file] of Disk.of(this.images()).files) copy.files.set(name, file);
    return copy;
  }
}

interface Exports {
  readonly _initialize: () => void;
  readonly alloc: (len: number) => number;
  readonly free: (ptr: number) => void;
  readonly result: () => number;
  readonly open: (ptr: number, len: number) => number;
  readonly close: (store: number) => number;
  readonly request: (store: number, ptr: number, len: number) => number;
  readonly open_table: (store: number, ptr: number, len: number) => number;
  readonly close_table: (table: number) => number;
  readonly get: (table: number, ptr: number, len: number) => number;
  readonly insert: (table: number, ptr: number, len: number) => number;
  readonly update: (table: number, ptr: number, len: number) => number;
  readonly remove: (table: number, ptr: number, len: number) => number;
}

/** What a request came to: `ok`, or the code and message of its error. */
export type Outcome = { ok: Record<string, unknown>; code: ""; message: "" } | { ok: null; code: string; message: string };

/** The library module over a simulated disk. */
export class Library {
  readonly host: Host;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  store = 0;

  constructor(module: WebAssembly.Module, disk: Disk, seed: number, maximum = 4096) {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
    this.host = new Host(this.#memory);
    this.host.use(disk, seed);
    const imports = { env: { memory: this.#memory }, wasi_snapshot_preview1: this.host.imports() };
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
    this.#exports._initialize();
  }

  #put(bytes: Uint8Array): number {
    const ptr = this.#exports.alloc(bytes.length);
    new Uint8Array(this.#memory.buffer).set(bytes, ptr);
    return ptr;
  }

  get pages(): number {
    return this.#memory.buffer.byteLength / 65536;
  }

  #reply(): Buffer {
    const view = new DataView(this.#memory.buffer);
    const at = this.#exports.result();
    return Buffer.from(this.#memory.buffer, view.getUint32(at, true), view.getUint32(at + 4, true));
  }

  open(options: object): Outcome {
    const bytes = Buffer.from(JSON.stringify({ path: `data/${FILE}`, ...options }));
    const ptr = this.#put(bytes);
    this.store = this.#exports.open(ptr, bytes.length);
    this.#exports.free(ptr);
    return this.store > 0 ? { ok: {}, code: "", message: "" } : this.#outcome();
  }

  close(): Outcome {
    return this.#exports.close(this.store) === 0 ? { ok: {}, code: "", message: "" } : this.#outcome();
  }

  #outcome(): Outcome {
    const reply = JSON.parse(this.#reply().toString("utf8")) as {
      ok?: Record<string, unknown>;
      error?: { code: string; message: string };
    };
    return reply.error === undefined ? { ok: reply.ok ?? {}, code: "", message: "" } : { ok: null, ...reply.error };
  }

  request(body: object): Outcome {
    const bytes = Buffer.from(JSON.stringify(body));
    const ptr = this.#put(bytes);
    this.#exports.request(this.store, ptr, bytes.length);
    this.#exports.free(ptr);
    return this.#outcome();
  }

  /** A call with a table's handle: what it returned, and its reply. */
  direct(call: "get" | "insert" | "update" | "remove", table: string, bytes: Uint8Array): { status: number; reply: Buffer } {
    const name = Buffer.from(table);
    const namePtr = this.#put(name);
    const handle = this.#exports.open_table(this.store, namePtr, name.length);
    this.#exports.free(namePtr);
    if (handle < 0) return { status: FAILED, reply: Buffer.from(this.#reply()) };
    const ptr = this.#put(bytes);
    const status = this.#exports[call](handle, ptr, bytes.length);
    const reply = Buffer.from(this.#reply());
    this.#exports.free(ptr);
    this.#exports.close_table(handle);
    return { status, reply };
  }
}
