/** The workload's module (tests/fixtures/torture.ts) over a simulated disk. */
import { type Disk } from "./disk.js";
import { Host } from "./host.js";

interface Exports {
  readonly open: (cacheBytes: number, checkpointBytes: number, flags: number) => number;
  readonly close: () => number;
  readonly collect: () => void;
  readonly step: (seed: number, n: number, big: number) => number;
  readonly fill: (seed: number, rows: number) => number;
  readonly thin: (rows: number) => number;
  readonly put: (id: number) => number;
  readonly putEven: (id: number, letter: number) => number;
  readonly has: (id: number) => number;
  readonly begin: () => number;
  readonly commit: () => number;
  readonly rollback: () => number;
  readonly sync: () => number;
  readonly checkpoint: () => number;
  readonly pagesHash: () => bigint;
  readonly contentHash: () => bigint;
  readonly check: () => number;
  readonly message: (ofCheck: number) => number;
  readonly messageLen: () => number;
  readonly pageCount: () => number;
  readonly _initialize: () => void;
}

export const READ_ONLY = 1;
export const CREATE = 2;
export const UNSYNCED = 4;
export const LAYOUT_11 = 8;
/** The tables came with the file; their definitions are in `schema` beside it. */
export const GIVEN = 16;

/** Linear memory that the module starts with, in pages. */
export const INITIAL_PAGES = 16;
/** What it may grow to unless told: enough for every workload. */
const USUAL_PAGES = 4096;

export class Engine {
  readonly host: Host;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;

  constructor(module: WebAssembly.Module, maximumPages: number = USUAL_PAGES) {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maximumPages });
    this.host = new Host(this.#memory);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.#memory },
      wasi_snapshot_preview1: this.host.imports(),
    });
    this.#exports = instance.exports as unknown as Exports;
    this.#exports._initialize();
  }

  /** Goes over to another disk; the store must be closed. */
  use(disk: Disk, seed: number): this {
    this.host.use(disk, seed);
    this.#exports.collect();
    return this;
  }

  get pages(): number {
    return this.#memory.buffer.byteLength / 65536;
  }

  // ---- what the workload offers ----

  open(options: { cache?: number; checkpoint?: number; flags?: number } = {}): number {
    return this.#exports.open(options.cache ?? 0, options.checkpoint ?? 4 << 20, options.flags ?? 0);
  }

  close(): number {
    return this.#exports.close();
  }

  step(seed: number, n: number, big = 0): number {
    return this.#exports.step(seed, n, big);
  }

  /** Long rows, as transactions with a `big` of `rows` add them. */
  fill(seed: number, rows: number): number {
    return this.#exports.fill(seed, rows);
  }

  /** Deletes rows of tables that came with the file until each has `rows` at most. */
  thin(rows: number): number {
    return this.#exports.thin(rows);
  }

  put(id: number): number {
    return this.#exports.put(id);
  }

  /** A row like others of the same number of digits but for its letter. */
  putEven(id: number, letter: string): number {
    return this.#exports.putEven(id, letter.charCodeAt(0));
  }

  has(id: number): boolean {
    return this.#exports.has(id) === 1;
  }

  begin(): number {
    return this.#exports.begin();
  }

  commit(): number {
    return this.#exports.commit();
  }

  rollback(): number {
    return this.#exports.rollback();
  }

  sync(): number {
    return this.#exports.sync();
  }

  checkpoint(): number {
    return this.#exports.checkpoint();
  }

  get pageCount(): number {
    return this.#exports.pageCount();
  }

  /** A hash over all pages; "" when one can't be read. */
  pagesHash(): string {
    const hash = this.#exports.pagesHash();
    return hash === 0n ? "" : BigInt.asUintN(64, hash).toString(16);
  }

  /** A hash over all rows; "" when one can't be read. */
  contentHash(): string {
    const hash = this.#exports.contentHash();
    return hash === 0n ? "" : BigInt.asUintN(64, hash).toString(16);
  }

  /** What `check` finds, "" when that is nothing. */
  check(): string {
    const faults = this.#exports.check();
    return faults === 0 ? "" : faults < 0 ? `check failed: ${this.message()}` : `${faults} faults, the first: ${this.#text(1)}`;
  }

  /** The last failure, in words. */
  message(): string {
    return this.#text(0);
  }

  #text(ofCheck: number): string {
    const ptr = this.#exports.message(ofCheck);
    return Buffer.from(this.#memory.buffer, ptr, this.#exports.messageLen()).toString("utf8");
  }
}
