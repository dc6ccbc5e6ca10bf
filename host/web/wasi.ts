/** The functions of WASI preview 1 that the library and the command import, over one folder. */
import { reasonOf } from "../api/errors.js";
import { END_OF_TIME } from "../api/instance.js";
import { ERRNO, FileFault, type Folder, type SyncFile } from "./folder.js";

/** What the module calls the folder. */
export const FOLDER = "data";

/** Descriptors: of the folder, and the first of files. */
const FOLDER_FD = 3;
const FIRST_FILE_FD = 4;

const STDOUT = 1;
const STDERR = 2;
const OPEN_CREATE = 1;
const TYPE_FOLDER = 3;
const TYPE_FILE = 4;
const [SEEK_SET, SEEK_CURRENT, SEEK_END] = [0, 1, 2];
const CLOCK_REALTIME = 0;

/** Bytes that `crypto.getRandomValues` gives at once. */
const RANDOM_BYTES = 65536;

interface OpenFile {
  readonly file: SyncFile;
  position: number;
}

/** Where a way of seeking begins; NaN for one that there is not. */
function startOf({ file, position }: OpenFile, whence: number): number {
  if (whence === SEEK_END) return file.getSize();
  if (whence === SEEK_CURRENT) return position;
  return whence === SEEK_SET ? 0 : NaN;
}

/** What a failure of a file is called. */
function errnoOf(error: unknown): number {
  if (error instanceof FileFault) return error.errno;
  const name = error instanceof Error ? error.name : "";
  if (name === "QuotaExceededError") return ERRNO.noSpace;
  if (name === "NoModificationAllowedError" || name === "NotAllowedError") return ERRNO.access;
  return ERRNO.io;
}

/** Thrown where a command ends: exports can't be left otherwise. */
class Exit extends Error {
  constructor(readonly status: number) {
    super(`exit ${status}`);
  }
}

/** What a command came to. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bytes of a standard stream. */
class Written {
  readonly #decoder = new TextDecoder();
  text = "";

  add(bytes: Uint8Array): void {
    this.text += this.#decoder.decode(bytes, { stream: true });
  }
}

/** What one instance of the module may reach. */
export class FolderWasi {
  readonly #folder: Folder;
  readonly #isStopped: () => boolean;
  #words: readonly string[] = [];
  readonly #written = new Map([
    [STDOUT, new Written()],
    [STDERR, new Written()],
  ]);
  readonly #files = new Map<number, OpenFile>();
  #memory: WebAssembly.Memory | null = null;

  /** As soon as `isStopped` the clock stands at the end of time, so that what runs with a timeout is over. */
  constructor(folder: Folder, isStopped: () => boolean) {
    this.#folder = folder;
    this.#isStopped = isStopped;
  }

  /** An instance of the library, ready for calls: its exports. */
  initialize(module: WebAssembly.Module): WebAssembly.Exports {
    const exports = this.#instantiate(module);
    (exports["_initialize"] as () => void)();
    return exports;
  }

  #instantiate(module: WebAssembly.Module): WebAssembly.Exports {
    const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.#imports() });
    this.#memory = exports["memory"] as WebAssembly.Memory;
    return exports;
  }

  get #view(): DataView {
    return new DataView((this.#memory as WebAssembly.Memory).buffer);
  }

  #bytes(ptr: number, byteLen: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array((this.#memory as WebAssembly.Memory).buffer, ptr >>> 0, byteLen >>> 0);
  }

  #text(ptr: number, byteLen: number): string {
    return new TextDecoder().decode(this.#bytes(ptr, byteLen));
  }

  #open(fd: number): OpenFile {
    const open = this.#files.get(fd);
    if (open === undefined) throw new FileFault(ERRNO.badDescriptor);
    return open;
  }

  /** The first of the parts of memory at `iovs`: the module never passes several. */
  #part(iovs: number, count: number): Uint8Array<ArrayBuffer> {
    if (count !== 1) throw new FileFault(ERRNO.invalid);
    const view = this.#view;
    return this.#bytes(view.getUint32(iovs, true), view.getUint32(iovs + 4, true));
  }

  #putStat(ptr: number, type: number, size: number): void {
    this.#bytes(ptr, 64).fill(0);
    const view = this.#view;
    view.setUint8(ptr + 16, type);
    view.setBigUint64(ptr + 24, 1n, true);
    view.setBigUint64(ptr + 32, BigInt(size), true);
  }

  /** Runs the command with these words behind its name. */
  run(module: WebAssembly.Module, words: readonly string[]): CommandResult {
    this.#words = ["quire", ...words];
    const exports = this.#instantiate(module);
    let status = 0;
    try {
      (exports["_start"] as () => void)();
    } catch (error) {
      if (!(error instanceof Exit)) throw error;
      ({ status } = error);
    }
    const [stdout = "", stderr = ""] = [...this.#written.values()].map(({ text }) => text);
    return { status, stdout, stderr };
  }

  /** Puts texts that end with a zero behind `to`, and where each begins at `starts`. */
  #putTexts(texts: readonly string[], starts: number, to: number): void {
    for (const [i, text] of texts.entries()) {
      const bytes = new TextEncoder().encode(`${text}\0`);
      this.#view.setUint32(starts + 4 * i, to, true);
      this.#bytes(to, bytes.length).set(bytes);
      to += bytes.length;
    }
  }

  #putSizes(texts: readonly string[], count: number, size: number): void {
    this.#view.setUint32(count, texts.length, true);
    this.#view.setUint32(size, new TextEncoder().encode(texts.map((text) => `${text}\0`).join("")).length, true);
  }

  /** What the library writes is for whoever looks at the console, line by line. */
  #note(fd: number, bytes: Uint8Array): void {
    const written = this.#written.get(fd);
    written?.add(bytes);
    if (written === undefined || this.#words.length > 0) return;
    const lines = written.text.split("\n");
    written.text = lines.pop() ?? "";
    for (const line of lines) console.warn(line);
  }

  #imports(): WebAssembly.ModuleImports {
    const folder = this.#folder;
    const calls: Record<string, (...args: never[]) => void> = {
      clock_time_get: (clock: number, _precision: bigint, time: number) => {
        const now = clock === CLOCK_REALTIME ? Date.now() : performance.now();
        const nanoseconds = BigInt(Math.round(now * 1000)) * 1000n;
        this.#view.setBigUint64(time, this.#isStopped() ? END_OF_TIME : nanoseconds, true);
      },
      random_get: (ptr: number, byteLen: number) => {
        for (let at = 0; at < byteLen; at += RANDOM_BYTES)
          crypto.getRandomValues(this.#bytes(ptr + at, Math.min(RANDOM_BYTES, byteLen - at)));
      },
      fd_prestat_get: (fd: number, prestat: number) => {
        if (fd !== FOLDER_FD) throw new FileFault(ERRNO.badDescriptor);
        this.#view.setUint32(prestat, 0, true);
        this.#view.setUint32(prestat + 4, FOLDER.length, true);
      },
      fd_prestat_dir_name: (fd: number, ptr: number, byteLen: number) => {
        if (fd !== FOLDER_FD || byteLen < FOLDER.length) throw new FileFault(ERRNO.invalid);
        new TextEncoder().encodeInto(FOLDER, this.#bytes(ptr, byteLen));
      },
      args_sizes_get: (count: number, size: number) => this.#putSizes(this.#words, count, size),
      args_get: (starts: number, to: number) => this.#putTexts(this.#words, starts, to),
      environ_sizes_get: (count: number, size: number) => this.#putSizes([], count, size),
      environ_get: () => undefined,
      proc_exit: (status: number) => {
        throw new Exit(status);
      },
      path_filestat_get: (_fd: number, _flags: number, path: number, pathLen: number, stat: number) => {
        const name = this.#text(path, pathLen);
        const file = folder.get(name);
        if (file === null && !/^\.?$/.test(name)) throw new FileFault(ERRNO.missing);
        this.#putStat(stat, file === null ? TYPE_FOLDER : TYPE_FILE, file?.getSize() ?? 0);
      },
      path_open: (
        _fd: number,
        _lookup: number,
        path: number,
        pathLen: number,
        flags: number,
        _rights: bigint,
        _inherited: bigint,
        _fdFlags: number,
        opened: number,
      ) => {
        const name = this.#text(path, pathLen);
        const file = (flags & OPEN_CREATE) === 0 ? folder.get(name) : folder.make(name);
        if (file === null) throw new FileFault(ERRNO.missing);
        let fd = FIRST_FILE_FD;
        while (this.#files.has(fd)) fd++;
        this.#files.set(fd, { file, position: 0 });
        this.#view.setUint32(opened, fd, true);
      },
      path_unlink_file: (_fd: number, path: number, pathLen: number) => folder.remove(this.#text(path, pathLen)),
      path_rename: (_from: number, old: number, oldLen: number, _to: number, path: number, pathLen: number) =>
        folder.rename(this.#text(old, oldLen), this.#text(path, pathLen)),
      fd_close: (fd: number) => {
        this.#open(fd);
        this.#files.delete(fd);
      },
      fd_datasync: (fd: number) => this.#open(fd).file.flush(),
      fd_sync: (fd: number) => this.#open(fd).file.flush(),
      fd_filestat_get: (fd: number, stat: number) => this.#putStat(stat, TYPE_FILE, this.#open(fd).file.getSize()),
      fd_filestat_set_size: (fd: number, size: bigint) => this.#open(fd).file.truncate(Number(size)),
      fd_pread: (fd: number, iovs: number, iovsLen: number, at: bigint, count: number) => {
        const read = this.#open(fd).file.read(this.#part(iovs, iovsLen), { at: Number(at) });
        this.#view.setUint32(count, read, true);
      },
      fd_pwrite: (fd: number, iovs: number, iovsLen: number, at: bigint, count: number) => {
        const written = this.#open(fd).file.write(this.#part(iovs, iovsLen), { at: Number(at) });
        this.#view.setUint32(count, written, true);
      },
      fd_read: (fd: number, iovs: number, iovsLen: number, count: number) => {
        const open = this.#open(fd);
        const read = open.file.read(this.#part(iovs, iovsLen), { at: open.position });
        open.position += read;
        this.#view.setUint32(count, read, true);
      },
      fd_write: (fd: number, iovs: number, iovsLen: number, count: number) => {
        const part = this.#part(iovs, iovsLen);
        if (fd <= STDERR) this.#note(fd, part);
        else {
          const open = this.#open(fd);
          open.position += open.file.write(part, { at: open.position });
        }
        this.#view.setUint32(count, part.length, true);
      },
      fd_seek: (fd: number, delta: bigint, whence: number, position: number) => {
        const open = this.#open(fd);
        const at = startOf(open, whence) + Number(delta);
        if (!(at >= 0)) throw new FileFault(ERRNO.invalid);
        open.position = at;
        this.#view.setBigUint64(position, BigInt(at), true);
      },
    };
    return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, answering(name, call)]));
  }
}

/** `call` as WASI has it: it gives 0, or the number of what went wrong. */
function answering(name: string, call: (...args: never[]) => void): (...args: never[]) => number {
  return (...args) => {
    try {
      call(...args);
      return ERRNO.ok;
    } catch (error) {
      if (error instanceof Exit) throw error;
      const errno = errnoOf(error);
      if (errno === ERRNO.io) console.warn(`quire: ${name}: ${reasonOf(error)}`);
      return errno;
    }
  };
}
