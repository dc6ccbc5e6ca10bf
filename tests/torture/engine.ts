/**
 * The module over a simulated disk: `wasi_snapshot_preview1` as far as the module uses it, with one preopened folder, `data`.
 *
 * A call can be made to fail, or to be cut short, before it is done. Nothing here throws into the module but `proc_exit`.
 */
import { type Change, Disk } from "./disk.js";
import { Random } from "./random.js";

const BADF = 8;
const NOENT = 44;
/** The preopened folder's descriptor. */
const FOLDER = 3;

export const EIO = 29;
export const EINTR = 27;
export const ENOSPC = 51;

/** What is to become of a call: it fails (`after`: though it was done), or reads or writes at most so many bytes. */
export type Fault = { readonly errno: number; readonly after?: boolean } | { readonly most: number };

/** Asked before each call that touches a file. */
export type Hook = (name: string, file: string) => Fault | undefined;

interface Exports {
  readonly open: (cacheBytes: number, checkpointBytes: number, flags: number) => number;
  readonly close: () => number;
  readonly collect: () => void;
  readonly step: (seed: number, n: number, big: number) => number;
  readonly put: (id: number) => number;
  readonly has: (id: number) => number;
  readonly begin: () => number;
  readonly commit: () => number;
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

interface Descriptor {
  readonly file: string;
  readonly writable: boolean;
  position: number;
}

/** Linear memory that the module starts with, in pages. */
export const INITIAL_PAGES = 16;
/** What it may grow to unless told: enough for every workload. */
const USUAL_PAGES = 4096;

export class Engine {
  disk: Disk = new Disk();
  hook: Hook | null = null;
  /** Calls that touched a file so far. */
  calls = 0;
  #random: Random = new Random(1);
  readonly #descriptors = new Map<number, Descriptor>();
  #next = FOLDER + 1;
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  #view: DataView;
  #bytes: Uint8Array;
  /** What the module wrote to standard error. */
  said = "";

  constructor(module: WebAssembly.Module, maximumPages: number = USUAL_PAGES) {
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: maximumPages });
    this.#view = new DataView(this.#memory.buffer);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.#memory },
      wasi_snapshot_preview1: this.#imports(),
    });
    this.#exports = instance.exports as unknown as Exports;
    this.#exports._initialize();
  }

  /** Goes over to another disk; the store must be closed. */
  use(disk: Disk, seed: number): this {
    this.disk = disk;
    this.#random = new Random(seed);
    this.#descriptors.clear();
    this.#next = FOLDER + 1;
    this.hook = null;
    this.calls = 0;
    this.said = "";
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

  put(id: number): number {
    return this.#exports.put(id);
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

  // ---- the host ----

  #refresh(): void {
    if (this.#bytes.buffer === this.#memory.buffer) return;
    this.#view = new DataView(this.#memory.buffer);
    this.#bytes = new Uint8Array(this.#memory.buffer);
  }

  /** The fault for this call, if it is to have one. */
  #fault(name: string, file: string): Fault | undefined {
    this.calls += 1;
    return this.hook === null ? undefined : this.hook(name, file);
  }

  #change(change: Change): void {
    this.disk.apply(change);
  }

  #imports(): Record<string, unknown> {
    return {
      fd_prestat_get: (fd: number, ptr: number): number => {
        this.#refresh();
        if (fd !== FOLDER) return BADF;
        this.#view.setUint32(ptr, 0, true);
        this.#view.setUint32(ptr + 4, 4, true);
        return 0;
      },
      fd_prestat_dir_name: (fd: number, ptr: number): number => {
        this.#refresh();
        if (fd !== FOLDER) return BADF;
        this.#bytes.set(Buffer.from("data"), ptr);
        return 0;
      },
      path_open: (_dir: number, _look: number, ptr: number, len: number, flags: number, rights: bigint, _i: bigint, _f: number, out: number) =>
        this.#open(this.#name(ptr, len), (flags & 1) !== 0, (rights & 64n) !== 0n, out),
      path_unlink_file: (_dir: number, ptr: number, len: number): number => {
        const file = this.#name(ptr, len);
        const fault = this.#fault("unlink", file);
        if (fault !== undefined && "errno" in fault) return fault.errno;
        if (!this.disk.files.has(file)) return NOENT;
        this.#change({ kind: "remove", file });
        return 0;
      },
      fd_close: (fd: number): number => {
        const descriptor = this.#descriptors.get(fd);
        if (descriptor === undefined) return BADF;
        const fault = this.#fault("close", descriptor.file);
        this.#descriptors.delete(fd);
        return fault !== undefined && "errno" in fault ? fault.errno : 0;
      },
      fd_seek: (fd: number, delta: bigint, whence: number, out: number): number => this.#seek(fd, Number(delta), whence, out),
      fd_pread: (fd: number, iovs: number, _count: number, offset: bigint, out: number): number => this.#read(fd, iovs, Number(offset), out),
      fd_pwrite: (fd: number, iovs: number, _count: number, offset: bigint, out: number): number =>
        this.#write(fd, iovs, Number(offset), out),
      fd_read: (): number => BADF,
      fd_write: (fd: number, iovs: number, _count: number, out: number): number => {
        this.#refresh();
        const len = this.#view.getUint32(iovs + 4, true);
        const ptr = this.#view.getUint32(iovs, true);
        if (fd === 2) this.said += Buffer.from(this.#bytes.subarray(ptr, ptr + len)).toString("utf8");
        else if (fd !== 1) return BADF;
        this.#view.setUint32(out, len, true);
        return 0;
      },
      fd_filestat_set_size: (fd: number, size: bigint): number =>
        this.#simple(fd, "size", (file) => ({ kind: "size", file, size: Number(size) })),
      fd_datasync: (fd: number): number => this.#simple(fd, "sync", (file) => ({ kind: "sync", file })),
      fd_sync: (fd: number): number => this.#simple(fd, "sync", (file) => ({ kind: "sync", file })),
      random_get: (ptr: number, len: number): number => {
        this.#refresh();
        for (let i = 0; i < len; i++) this.#bytes[ptr + i] = this.#random.u32() & 255;
        return 0;
      },
      proc_exit: (status: number): void => {
        throw new Error(`the module ended itself with status ${status}`);
      },
    };
  }

  #name(ptr: number, len: number): string {
    this.#refresh();
    return Buffer.from(this.#bytes.subarray(ptr, ptr + len)).toString("utf8");
  }

  #open(file: string, create: boolean, writable: boolean, out: number): number {
    const fault = this.#fault("open", file);
    if (fault !== undefined && "errno" in fault) return fault.errno;
    if (!this.disk.files.has(file)) {
      if (!create) return NOENT;
      this.#change({ kind: "make", file });
    }
    const fd = this.#next++;
    this.#descriptors.set(fd, { file, writable, position: 0 });
    this.#view.setUint32(out, fd, true);
    return 0;
  }

  #seek(fd: number, delta: number, whence: number, out: number): number {
    this.#refresh();
    const descriptor = this.#descriptors.get(fd);
    if (descriptor === undefined) return BADF;
    const fault = this.#fault("seek", descriptor.file);
    if (fault !== undefined && "errno" in fault) return fault.errno;
    const size = this.disk.files.get(descriptor.file)?.current.size ?? 0;
    descriptor.position = delta + (whence === 2 ? size : whence === 1 ? descriptor.position : 0);
    this.#view.setBigUint64(out, BigInt(descriptor.position), true);
    return 0;
  }

  #read(fd: number, iovs: number, offset: number, out: number): number {
    this.#refresh();
    const descriptor = this.#descriptors.get(fd);
    if (descriptor === undefined) return BADF;
    const fault = this.#fault("read", descriptor.file);
    if (fault !== undefined && "errno" in fault) return fault.errno;
    const ptr = this.#view.getUint32(iovs, true);
    let len = this.#view.getUint32(iovs + 4, true);
    if (fault !== undefined) len = Math.min(len, fault.most);
    const image = this.disk.files.get(descriptor.file)?.current;
    const count = image === undefined ? 0 : image.read(offset, this.#bytes.subarray(ptr, ptr + len));
    this.#view.setUint32(out, count, true);
    return 0;
  }

  #write(fd: number, iovs: number, offset: number, out: number): number {
    this.#refresh();
    const descriptor = this.#descriptors.get(fd);
    if (descriptor?.writable !== true) return BADF;
    const fault = this.#fault("write", descriptor.file);
    if (fault !== undefined && "errno" in fault && fault.after !== true) return fault.errno;
    const ptr = this.#view.getUint32(iovs, true);
    let len = this.#view.getUint32(iovs + 4, true);
    if (fault !== undefined && "most" in fault) len = Math.min(len, fault.most);
    if (len > 0) this.#change({ kind: "write", file: descriptor.file, offset, bytes: this.#bytes.slice(ptr, ptr + len) });
    if (fault !== undefined && "errno" in fault) return fault.errno;
    this.#view.setUint32(out, len, true);
    return 0;
  }

  /** A call that changes a file in one way, or syncs it. */
  #simple(fd: number, name: string, change: (file: string) => Change): number {
    const descriptor = this.#descriptors.get(fd);
    if (descriptor?.writable !== true) return BADF;
    const fault = this.#fault(name, descriptor.file);
    if (fault !== undefined && "errno" in fault && fault.after !== true) return fault.errno;
    this.#change(change(descriptor.file));
    return fault !== undefined && "errno" in fault ? fault.errno : 0;
  }
}
