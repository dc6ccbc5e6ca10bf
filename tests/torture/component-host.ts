/**
 * The part of WASI 0.2 that the component imports, over a simulated disk, in the types that jco gives to JavaScript: the same as `Host` is
 * for WASI preview 1, and with the same names of calls for the hook.
 */
import process from "node:process";
import { type Change, Disk } from "./disk.js";
import { EINTR, EIO, ENOSPC, type Fault, type Hook } from "./host.js";
import { Random } from "./random.js";

/** `error-code` of wasi:filesystem, for the errnos that faults have. */
const ERROR_CODES = new Map([
  [EIO, "io"],
  [EINTR, "interrupted"],
  [ENOSPC, "insufficient-space"],
]);

/** The process is killed: nothing more is done. */
export class Killed extends Error {}

/** An `err`, as jco wants it: thrown, and no `Error`. */
function fail(code: string): never {
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw code;
}

function failWith(errno: number): never {
  return fail(ERROR_CODES.get(errno) ?? "other");
}

interface Stat {
  readonly type: string;
  readonly linkCount: bigint;
  readonly size: bigint;
  readonly dataModificationTimestamp?: { readonly seconds: bigint; readonly nanoseconds: number };
}

export class ComponentHost {
  disk: Disk = new Disk();
  hook: Hook | null = null;
  /** Calls that touched a file so far; the names of all calls, with those of files. */
  calls = 0;
  readonly log: string[] = [];
  /** Descriptors that are open, the folder's among them. */
  open = 0;
  #random: Random = new Random(1);

  use(disk: Disk, seed: number): void {
    this.disk = disk;
    this.#random = new Random(seed);
    this.hook = null;
    this.calls = 0;
    this.log.length = 0;
  }

  /** Notes a call that no fault is for. */
  note(name: string, file: string): void {
    this.log.push(`${name} ${file}`);
  }

  /** The fault for a call, if it is to have one. */
  fault(name: string, file: string): Fault | undefined {
    this.note(name, file);
    this.calls += 1;
    return this.hook === null ? undefined : this.hook(name, file);
  }

  /** A call that changes a file in one way, or syncs it. */
  change(name: string, change: Change): void {
    const fault = this.fault(name, change.file);
    if (fault !== undefined && "errno" in fault && fault.after !== true) failWith(fault.errno);
    this.disk.apply(change);
    if (fault !== undefined && "errno" in fault) failWith(fault.errno);
  }

  stat(file: string): Stat {
    const found = this.disk.files.get(file);
    if (found === undefined) return fail("no-entry");
    const dataModificationTimestamp = { seconds: 0n, nanoseconds: found.modified };
    return { type: "regular-file", linkCount: 1n, size: BigInt(found.current.size), dataModificationTimestamp };
  }

  randomU64(): bigint {
    this.note("random", "");
    const bytes = Buffer.from(Array.from({ length: 8 }, () => this.#random.u32() & 255));
    return bytes.readBigUInt64LE();
  }

  imports(): Record<string, unknown> {
    const folder = new Descriptor(this, "", false);
    return {
      "wasi:filesystem/preopens": { getDirectories: () => [[folder, "data"]] },
      "wasi:filesystem/types": { Descriptor },
      "wasi:clocks/monotonic-clock": { now: () => process.hrtime.bigint() },
      "wasi:random/random": { getRandomU64: () => this.randomU64() },
    };
  }
}

/** `descriptor` of wasi:filesystem: a file of the folder, or the folder itself, whose name is "". */
class Descriptor {
  readonly #host: ComponentHost;
  readonly #file: string;
  readonly #writable: boolean;

  constructor(host: ComponentHost, file: string, writable: boolean) {
    this.#host = host;
    this.#file = file;
    this.#writable = writable;
    host.open += 1;
  }

  #mayWrite(): void {
    if (!this.#writable) fail("bad-descriptor");
  }

  read(length: bigint, offset: bigint): [Uint8Array, boolean] {
    const fault = this.#host.fault("read", this.#file);
    if (fault !== undefined && "errno" in fault) return failWith(fault.errno);
    const wanted = fault === undefined ? Number(length) : Math.min(Number(length), fault.most);
    const image = this.#host.disk.files.get(this.#file)?.current;
    const bytes = new Uint8Array(wanted);
    const count = image === undefined ? 0 : image.read(Number(offset), bytes);
    return [bytes.subarray(0, count), count === 0];
  }

  write(buffer: Uint8Array, offset: bigint): bigint {
    this.#mayWrite();
    const fault = this.#host.fault("write", this.#file);
    if (fault !== undefined && "errno" in fault && fault.after !== true) return failWith(fault.errno);
    const bytes = fault !== undefined && "most" in fault ? buffer.slice(0, fault.most) : buffer.slice();
    if (bytes.length > 0) this.#host.disk.apply({ kind: "write", file: this.#file, offset: Number(offset), bytes });
    if (fault !== undefined && "errno" in fault) return failWith(fault.errno);
    return BigInt(bytes.length);
  }

  setSize(size: bigint): void {
    this.#mayWrite();
    this.#host.change("size", { kind: "size", file: this.#file, size: Number(size) });
  }

  sync(): void {
    this.#mayWrite();
    this.#host.change("sync", { kind: "sync", file: this.#file });
  }

  syncData(): void {
    this.sync();
  }

  stat(): Stat {
    this.#host.note("stat", this.#file);
    return this.#host.stat(this.#file);
  }

  statAt(_flags: unknown, path: string): Stat {
    this.#host.note("look", path);
    return this.#host.stat(path);
  }

  openAt(_pathFlags: unknown, path: string, openFlags: { create?: boolean }, flags: { write?: boolean }): Descriptor {
    const fault = this.#host.fault("open", path);
    if (fault !== undefined && "errno" in fault) return failWith(fault.errno);
    if (!this.#host.disk.files.has(path)) {
      if (openFlags.create !== true) return fail("no-entry");
      this.#host.disk.apply({ kind: "make", file: path });
    }
    return new Descriptor(this.#host, path, flags.write === true);
  }

  renameAt(oldPath: string, _folder: Descriptor, newPath: string): void {
    if (!this.#host.disk.files.has(oldPath)) fail("no-entry");
    this.#host.change("rename", { kind: "rename", file: oldPath, to: newPath });
  }

  unlinkFileAt(path: string): void {
    const fault = this.#host.fault("unlink", path);
    if (fault !== undefined && "errno" in fault) failWith(fault.errno);
    if (!this.#host.disk.files.has(path)) fail("no-entry");
    this.#host.disk.apply({ kind: "remove", file: path });
  }

  /** Closing tells nothing. */
  [Symbol.dispose](): void {
    this.#host.open -= 1;
    this.#host.fault("close", this.#file);
  }
}
