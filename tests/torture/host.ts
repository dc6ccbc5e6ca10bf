/**
 * `wasi_snapshot_preview1` over a simulated disk, as far as the module uses it: one preopened folder, `data`; arguments, standard input
 * from a buffer, standard output and error into one.
 *
 * A call can be made to fail, or to be cut short, before it is done. Nothing here throws into the module but `proc_exit`.
 */
import { type Change, Disk } from "./disk.js";
import { Random } from "./random.js";

/** A filestat's type of file, and it is always this one. */
const REGULAR_FILE = 4;
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

/** The module ended itself. */
export class Exit extends Error {
  constructor(readonly status: number) {
    super(`the module ended itself with status ${status}`);
  }
}

interface Descriptor {
  readonly file: string;
  readonly writable: boolean;
  position: number;
}

export class Host {
  disk: Disk = new Disk();
  hook: Hook | null = null;
  /** Calls that touched a file so far. */
  calls = 0;
  /** The command's words, its own name first. */
  args: readonly string[] = ["quire"];
  stdin: Uint8Array = new Uint8Array(0);
  /** How many bytes a read of standard input gets, of those that it wants; null: all. */
  stdinReads: ((wanted: number) => number) | null = null;
  stdout = "";
  stderr = "";
  memory: WebAssembly.Memory;
  #stdinAt = 0;
  #random: Random = new Random(1);
  readonly #descriptors = new Map<number, Descriptor>();
  #next = FOLDER + 1;
  #view: DataView;
  #bytes: Uint8Array;

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** Goes over to another disk; no file may be open. */
  use(disk: Disk, seed: number): void {
    this.disk = disk;
    this.#random = new Random(seed);
    this.#descriptors.clear();
    this.#next = FOLDER + 1;
    this.hook = null;
    this.calls = 0;
    this.stdout = "";
    this.stderr = "";
    this.#stdinAt = 0;
  }

  #refresh(): void {
    if (this.#bytes.buffer === this.memory.buffer) return;
    this.#view = new DataView(this.memory.buffer);
    this.#bytes = new Uint8Array(this.memory.buffer);
  }

  /** The fault for this call, if it is to have one. */
  #fault(name: string, file: string): Fault | undefined {
    this.calls += 1;
    return this.hook === null ? undefined : this.hook(name, file);
  }

  #change(change: Change): void {
    this.disk.apply(change);
  }

  imports(): Record<string, unknown> {
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
      path_open: (
        _dir: number,
        _look: number,
        ptr: number,
        len: number,
        flags: number,
        rights: bigint,
        _i: bigint,
        _f: number,
        out: number,
      ) => this.#open(this.#name(ptr, len), (flags & 1) !== 0, (rights & 64n) !== 0n, out),
      path_unlink_file: (_dir: number, ptr: number, len: number): number => {
        const file = this.#name(ptr, len);
        const fault = this.#fault("unlink", file);
        if (fault !== undefined && "errno" in fault) return fault.errno;
        if (!this.disk.files.has(file)) return NOENT;
        this.#change({ kind: "remove", file });
        return 0;
      },
      path_rename: (_dir: number, from: number, fromLen: number, _toDir: number, to: number, toLen: number): number => {
        const file = this.#name(from, fromLen);
        const fault = this.#fault("rename", file);
        if (fault !== undefined && "errno" in fault && fault.after !== true) return fault.errno;
        if (!this.disk.files.has(file)) return NOENT;
        this.#change({ kind: "rename", file, to: this.#name(to, toLen) });
        return fault !== undefined && "errno" in fault ? fault.errno : 0;
      },
      fd_close: (fd: number): number => {
        const descriptor = this.#descriptors.get(fd);
        if (descriptor === undefined) return BADF;
        const fault = this.#fault("close", descriptor.file);
        this.#descriptors.delete(fd);
        return fault !== undefined && "errno" in fault ? fault.errno : 0;
      },
      fd_filestat_get: (fd: number, out: number): number => {
        this.#refresh();
        const descriptor = this.#descriptors.get(fd);
        return descriptor === undefined ? BADF : this.#filestat(descriptor.file, out);
      },
      path_filestat_get: (_dir: number, _look: number, ptr: number, len: number, out: number): number => {
        this.#refresh();
        const file = this.#name(ptr, len);
        return this.disk.files.has(file) ? this.#filestat(file, out) : NOENT;
      },
      fd_seek: (fd: number, delta: bigint, whence: number, out: number): number => this.#seek(fd, Number(delta), whence, out),
      fd_pread: (fd: number, iovs: number, _count: number, offset: bigint, out: number): number =>
        this.#read(fd, iovs, Number(offset), out),
      fd_pwrite: (fd: number, iovs: number, _count: number, offset: bigint, out: number): number =>
        this.#write(fd, iovs, Number(offset), out),
      fd_read: (fd: number, iovs: number, _count: number, out: number): number => {
        this.#refresh();
        if (fd !== 0) return BADF;
        const ptr = this.#view.getUint32(iovs, true);
        const wanted = this.#view.getUint32(iovs + 4, true);
        const most = this.stdinReads === null ? wanted : Math.min(wanted, this.stdinReads(wanted));
        const part = this.stdin.subarray(this.#stdinAt, this.#stdinAt + most);
        this.#bytes.set(part, ptr);
        this.#stdinAt += part.length;
        this.#view.setUint32(out, part.length, true);
        return 0;
      },
      args_sizes_get: (count: number, size: number): number => {
        this.#refresh();
        this.#view.setUint32(count, this.args.length, true);
        this.#view.setUint32(size, Buffer.byteLength(this.args.join("\0")) + 1, true);
        return 0;
      },
      args_get: (pointers: number, buffer: number): number => {
        this.#refresh();
        this.args.forEach((arg, at) => {
          this.#view.setUint32(pointers + 4 * at, buffer, true);
          const bytes = Buffer.from(`${arg}\0`);
          this.#bytes.set(bytes, buffer);
          buffer += bytes.length;
        });
        return 0;
      },
      environ_sizes_get: (count: number, size: number): number => {
        this.#refresh();
        this.#view.setUint32(count, 0, true);
        this.#view.setUint32(size, 0, true);
        return 0;
      },
      environ_get: (): number => 0,
      clock_time_get: (_clock: number, _precision: bigint, out: number): number => {
        this.#refresh();
        this.#view.setBigUint64(out, BigInt(this.calls) * 1000n, true);
        return 0;
      },
      fd_write: (fd: number, iovs: number, _count: number, out: number): number => {
        this.#refresh();
        const len = this.#view.getUint32(iovs + 4, true);
        const ptr = this.#view.getUint32(iovs, true);
        if (fd !== 1 && fd !== 2) return BADF;
        const text = Buffer.from(this.#bytes.subarray(ptr, ptr + len)).toString("utf8");
        if (fd === 2) this.stderr += text;
        else this.stdout += text;
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
        throw new Exit(status);
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

  #filestat(file: string, out: number): number {
    this.#bytes.fill(0, out, out + 64);
    this.#bytes[out + 16] = REGULAR_FILE;
    this.#view.setUint32(out + 24, 1, true);
    this.#view.setUint32(out + 48, this.disk.files.get(file)?.modified ?? 0, true);
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
