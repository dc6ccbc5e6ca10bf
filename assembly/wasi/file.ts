/**
 * A file through WASI, with full read and write loops.
 *
 * What runtimes made necessary: one iovec a call (wasmtime and wasmi use only the first); loops (wasmtime gives at most 64 KiB
 * a pread); the size from `fd_seek` END (Wasmer caches what `fd_filestat_get` says); exactly the rights that are used (Node
 * refuses more, WasmEdge and Node enforce them); `fd_sync` where `fd_datasync` fails (Deno never grants it); seek + read where a
 * host lacks positioned calls; truncation by `fd_filestat_set_size` (Wasmer's O_TRUNC leaves a stale size), and growth by it, too
 * (wasmtime and Bun have no `fd_allocate`); names are removed and changed when the file is closed (Wasmer loses it otherwise). Folders
 * are not synced: but for wazero, runtimes refuse it, so nothing may depend on a new name being durable. Descriptors are any number
 * (WasmEdge's are random). Which errno a refusal has is the runtime's choice: several mean the same.
 */
import {
  Status,
  OK,
  FILE_NOT_FOUND,
  FOLDER_NOT_FOUND,
  ACCESS_DENIED,
  IO_ERROR,
  DISK_FULL,
  UNSUPPORTED,
  fail,
  lastError,
} from "../status";
import {
  fd_close,
  fd_datasync,
  fd_sync,
  fd_filestat_get,
  fd_filestat_set_size,
  fd_pread,
  fd_pwrite,
  fd_read,
  fd_write,
  fd_seek,
  path_filestat_get,
  path_open,
  path_rename,
  path_unlink_file,
} from "./calls";
import {
  errnoName,
  ERRNO_ACCES,
  ERRNO_DQUOT,
  ERRNO_FBIG,
  ERRNO_INTR,
  ERRNO_ISDIR,
  ERRNO_LOOP,
  ERRNO_NOENT,
  ERRNO_NOSPC,
  ERRNO_NOSYS,
  ERRNO_NOTDIR,
  ERRNO_NOTSUP,
  ERRNO_PERM,
  ERRNO_ROFS,
  ERRNO_NOTCAPABLE,
} from "./errno";
import { resolvePath } from "./preopens";
// Compiled in by being imported: the compiler's option --use names the function in it.
import "./abort";

const RIGHT_DATASYNC: u64 = 1 << 0;
const RIGHT_READ: u64 = 1 << 1;
const RIGHT_SEEK: u64 = 1 << 2;
const RIGHT_SYNC: u64 = 1 << 4;
const RIGHT_TELL: u64 = 1 << 5;
const RIGHT_WRITE: u64 = 1 << 6;
const RIGHT_FILESTAT_GET: u64 = 1 << 21;
const RIGHT_FILESTAT_SET_SIZE: u64 = 1 << 22;

const READ_RIGHTS: u64 = RIGHT_READ | RIGHT_SEEK | RIGHT_TELL | RIGHT_FILESTAT_GET;
const WRITE_RIGHTS: u64 = READ_RIGHTS | RIGHT_WRITE | RIGHT_DATASYNC | RIGHT_SYNC | RIGHT_FILESTAT_SET_SIZE;

const OPEN_CREATE: u32 = 1;
/** Symbolic links are followed, which makes Node check where they lead. */
const LOOKUP_FOLLOW: u32 = 1;

const SEEK_SET: u32 = 0;
const SEEK_END: u32 = 2;

/** An iovec at 0, a u32 count at 8, a u64 position at 16; for a moment a filestat of 64 bytes. Aligned, as wasmtime demands. */
// @ts-ignore: decorator
@lazy
const scratch: usize = heap.alloc(64);

/** Where a filestat has the type of file, the number of links and the time of the last change; and types. */
const FILESTAT_TYPE: usize = 16;
const FILESTAT_LINKS: usize = 24;
const FILESTAT_MODIFIED: usize = 48;
const TYPE_FOLDER: u8 = 3;
const TYPE_FILE: u8 = 4;

/** Turns an errno into a status with a message: what was tried on which path. */
function ioFailure(errno: u32, doing: string, path: string): Status {
  const what = "can't " + doing + " " + path + " (" + errnoName(errno) + ")";
  switch (errno) {
    case ERRNO_NOENT:
      return fail(FILE_NOT_FOUND, what);
    case ERRNO_NOTDIR:
      return fail(FOLDER_NOT_FOUND, what);
    case ERRNO_ACCES:
    case ERRNO_PERM:
    case ERRNO_ROFS:
    case ERRNO_NOTCAPABLE:
    case ERRNO_LOOP:
      return fail(ACCESS_DENIED, what, "check the file's permissions, and which folders the runtime opens");
    case ERRNO_NOSPC:
    case ERRNO_DQUOT:
    case ERRNO_FBIG:
      return fail(DISK_FULL, what, "make room and try again");
    case ERRNO_ISDIR:
      return fail(IO_ERROR, path + " is a folder, not a file");
    default:
      return fail(IO_ERROR, what);
  }
}

/** Says that there is no file `path`: true. */
function isAbsent(path: string): bool {
  fail(FILE_NOT_FOUND, "there is no file " + path);
  return true;
}

/** Whether the filestat in `scratch`, that of `path`, is a file's; what else it is is said. */
function isFile(path: string): bool {
  const type = load<u8>(scratch, FILESTAT_TYPE);
  if (type == TYPE_FOLDER) ioFailure(ERRNO_ISDIR, "open", path);
  else if (type != TYPE_FILE) fail(IO_ERROR, path + " is a pipe, a socket or a device, and no file");
  return type == TYPE_FILE;
}

export class File {
  private noDatasync: bool = false;
  private noPositioned: bool = false;

  private constructor(
    private fd: u32,
    readonly path: string,
    /** How many names the file had when it was opened, as far as the runtime tells. */
    readonly links: u64,
  ) {}

  /**
   * Opens `path`; `create` makes it when it is missing. Null on failure. What is no file is looked at and not opened: a folder opens for
   * reading in five runtimes, and to open a pipe waits for its other end.
   */
  static open(path: string, write: bool, create: bool): File | null {
    const resolved = resolvePath(path);
    if (!resolved) return null;
    const name = String.UTF8.encode(resolved.rest);
    const looked = path_filestat_get(resolved.dirFd, LOOKUP_FOLLOW, changetype<usize>(name), name.byteLength, scratch);
    const links = looked == 0 ? load<u64>(scratch, FILESTAT_LINKS) : 1;
    if ((looked == 0 && !isFile(path)) || (looked == ERRNO_NOENT && !create && isAbsent(path))) return null;
    // Why else it can't be looked at, opening it tells as well.
    const rights = write ? WRITE_RIGHTS : READ_RIGHTS;
    let errno: u32;
    do {
      errno = path_open(
        resolved.dirFd,
        LOOKUP_FOLLOW,
        changetype<usize>(name),
        name.byteLength,
        create ? OPEN_CREATE : 0,
        rights,
        0,
        0,
        scratch + 8,
      );
    } while (errno == ERRNO_INTR);
    if (errno == 0) return new File(load<u32>(scratch, 8), path, links);
    if (errno == ERRNO_NOENT && create) {
      fail(FOLDER_NOT_FOUND, "the folder of " + path + " does not exist", "make it first");
    } else if (errno != ERRNO_NOENT || !isAbsent(path)) ioFailure(errno, "open", path);
    return null;
  }

  /** Bytes in the file, or -1. */
  size(): i64 {
    const errno = fd_seek(this.fd, 0, SEEK_END, scratch + 16);
    if (errno != 0) {
      ioFailure(errno, "get the size of", this.path);
      return -1;
    }
    return load<i64>(scratch, 16);
  }

  /** When the file was last changed, in nanoseconds of a clock of the host's; 0 where the runtime does not say. */
  modified(): u64 {
    return fd_filestat_get(this.fd, scratch) == 0 ? load<u64>(scratch, FILESTAT_MODIFIED) : 0;
  }

  /** Reads exactly `len` bytes at `fileOffset`; `IO_ERROR` when the file ends before. */
  read(fileOffset: u64, ptr: usize, len: u32): Status {
    while (len > 0) {
      const count = this.readSome(fileOffset, ptr, len);
      if (count < 0) return IO_ERROR;
      if (count == 0) {
        return fail(
          IO_ERROR,
          this.path + " ends at byte " + fileOffset.toString() + " though it was longer",
          "did another program cut it?",
        );
      }
      fileOffset += count;
      ptr += count;
      len -= count;
    }
    return OK;
  }

  /** Reads at most `len` bytes at `fileOffset`: how many (0: end of file), or -1. */
  readSome(fileOffset: u64, ptr: usize, len: u32): i32 {
    store<u32>(scratch, <u32>ptr);
    store<u32>(scratch, len, 4);
    let errno: u32;
    do {
      errno = this.noPositioned ? ERRNO_NOSYS : fd_pread(this.fd, scratch, 1, fileOffset, scratch + 8);
      if (errno == ERRNO_NOSYS || errno == ERRNO_NOTSUP) {
        this.noPositioned = true;
        errno = fd_seek(this.fd, fileOffset, SEEK_SET, scratch + 16);
        if (errno == 0) errno = fd_read(this.fd, scratch, 1, scratch + 8);
      }
    } while (errno == ERRNO_INTR);
    if (errno != 0) {
      ioFailure(errno, "read", this.path);
      return -1;
    }
    return <i32>min(load<u32>(scratch, 8), len);
  }

  /** Writes `len` bytes at `fileOffset`. */
  write(fileOffset: u64, ptr: usize, len: u32): Status {
    while (len > 0) {
      store<u32>(scratch, <u32>ptr);
      store<u32>(scratch, len, 4);
      let errno: u32;
      do {
        errno = this.noPositioned ? ERRNO_NOSYS : fd_pwrite(this.fd, scratch, 1, fileOffset, scratch + 8);
        if (errno == ERRNO_NOSYS || errno == ERRNO_NOTSUP) {
          this.noPositioned = true;
          errno = fd_seek(this.fd, fileOffset, SEEK_SET, scratch + 16);
          if (errno == 0) errno = fd_write(this.fd, scratch, 1, scratch + 8);
        }
      } while (errno == ERRNO_INTR);
      if (errno != 0) return ioFailure(errno, "write", this.path);
      const count = load<u32>(scratch, 8);
      // A write of nothing without an errno would loop for ever.
      if (count == 0 || count > len) return fail(IO_ERROR, "writing " + this.path + " makes no progress");
      fileOffset += count;
      ptr += count;
      len -= count;
    }
    return OK;
  }

  /** Grows the file with zeros, or cuts it. */
  setSize(size: u64): Status {
    let errno: u32;
    do errno = fd_filestat_set_size(this.fd, size);
    while (errno == ERRNO_INTR);
    return errno == 0 ? OK : ioFailure(errno, "set the size of", this.path);
  }

  /** Makes what was written durable. After a failure nothing is known of earlier writes: the caller must not go on. */
  sync(): Status {
    let errno: u32 = ERRNO_NOSYS;
    if (!this.noDatasync) errno = fd_datasync(this.fd);
    if (errno == ERRNO_NOTCAPABLE || errno == ERRNO_NOSYS || errno == ERRNO_NOTSUP || errno == ERRNO_PERM) {
      this.noDatasync = true;
      errno = fd_sync(this.fd);
    }
    return errno == 0 ? OK : ioFailure(errno, "sync", this.path);
  }

  close(): Status {
    const errno = fd_close(this.fd);
    return errno == 0 ? OK : ioFailure(errno, "close", this.path);
  }

  /** Removes the file's name; call it after `close` (Wasmer loses files that are renamed or removed while open). */
  unlink(): Status {
    return removeFile(this.path);
  }
}

/** Removes the file `path`, which must not be open. It is fine when there is none. */
export function removeFile(path: string): Status {
  const resolved = resolvePath(path);
  if (!resolved) return IO_ERROR;
  const name = String.UTF8.encode(resolved.rest);
  const errno = path_unlink_file(resolved.dirFd, changetype<usize>(name), name.byteLength);
  return errno == 0 || errno == ERRNO_NOENT ? OK : ioFailure(errno, "remove", path);
}

/** Gives the file `from` the name `to`, in place of the file that has it. Neither may be open. `UNSUPPORTED` where a runtime can't. */
export function renameFile(from: string, to: string): Status {
  const source = resolvePath(from);
  const target = source ? resolvePath(to) : null;
  if (!source || !target) return IO_ERROR;
  const old = String.UTF8.encode(source.rest);
  const name = String.UTF8.encode(target.rest);
  const errno = path_rename(
    source.dirFd,
    changetype<usize>(old),
    old.byteLength,
    target.dirFd,
    changetype<usize>(name),
    name.byteLength,
  );
  if (errno == ERRNO_NOSYS || errno == ERRNO_NOTSUP) return fail(UNSUPPORTED, "this runtime can't rename files");
  return errno == 0 ? OK : ioFailure(errno, "rename " + from + " to", to);
}

/** Whether there is no file `path`; false when that can't be told. */
export function isMissing(path: string): bool {
  const file = File.open(path, false, false);
  if (file) {
    file.close();
    return false;
  }
  return lastError.status == FILE_NOT_FOUND;
}
