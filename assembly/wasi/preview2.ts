/**
 * The calls of preview 1 that files and folders are made of, by the host's functions of WASI 0.2: `preview2.wit` has those, in the part
 * that is used here. Each answers an errno, which every error of 0.2 has exactly one of.
 *
 * By the canonical ABI a call puts its result at an address that it is given, and the lists in a result where `allocateResult` says: what
 * is read goes straight to where it is wanted. A file's descriptor is its handle, a folder's its place in the list of preopened folders.
 */
import { isUtf8 } from "../encode/utf8";
import { ERRNO_BADF, ERRNO_ILSEQ, ERRNO_INTR, ERRNO_INVAL, ERRNO_IO, ERRNO_NOTSUP, ERRNO_PIPE } from "./errno";

// @ts-ignore: decorator
@external("wasi:filesystem/preopens@0.2.0", "get-directories")
declare function getDirectories(result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[resource-drop]descriptor")
declare function drop(file: u32): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.sync-data")
declare function syncData(file: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.sync")
declare function sync(file: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.stat")
declare function stat(file: u32, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.set-size")
declare function setSize(file: u32, size: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.read")
declare function read(file: u32, length: u64, offset: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.write")
declare function write(file: u32, bytes: usize, length: u32, offset: u64, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.stat-at")
declare function statAt(folder: u32, pathFlags: u32, path: usize, pathLen: usize, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.open-at")
declare function openAt(
  folder: u32,
  pathFlags: u32,
  path: usize,
  pathLen: usize,
  openFlags: u32,
  flags: u32,
  result: usize,
): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.unlink-file-at")
declare function unlinkFileAt(folder: u32, path: usize, pathLen: usize, result: usize): void;
// @ts-ignore: decorator
@external("wasi:filesystem/types@0.2.0", "[method]descriptor.rename-at")
declare function renameAt(folder: u32, from: usize, fromLen: usize, toFolder: u32, to: usize, toLen: usize, result: usize): void;
// @ts-ignore: decorator
@external("wasi:random/random@0.2.0", "get-random-u64")
declare function getRandomU64(): u64;
// @ts-ignore: decorator
@external("wasi:clocks/monotonic-clock@0.2.0", "now")
declare function now(): u64;

/** Only of the clock that goes forward, which is number 1: a component imports no other one. */
export function clock_time_get(clock: u32, time: usize): u32 {
  if (clock != 1) return ERRNO_NOTSUP;
  store<u64>(time, now());
  return 0;
}

/** The largest result, that of `stat`: see `storeFilestat`. */
const result: usize = memory.data(104, 8);

/** The errnos of `error-code`, by the place of the case. */
const errnos: usize = memory.data<u8>([
  2, 6, 7, 8, 10, 16, 19, 20, 22, 25, 26, 27, 28, 29, 31, 32, 34, 35, 37, 43, 44, 46, 48, 51, 54, 55, 56, 58, 59, 60, 61, 63, 64,
  69, 70, 74, 75,
]);

/** The errno in `result`; an error is at `payload`. */
function errnoAt(payload: usize): u32 {
  return load<u8>(result) == 0 ? 0 : load<u8>(errnos + load<u8>(result + payload));
}

// ---- lists in results ----

/** Where the next list may go, and how many bytes there are; nothing for a place of its own. */
let place: usize = 0;
let room: u32 = 0;
let isAwaited: bool = false;

/** Whether memory that the host asks for now is for the result of a call of ours; else it is for the arguments of a call to us. */
export function isResultAwaited(): bool {
  return isAwaited;
}

/** Memory for a result, for `cabi_realloc`. */
export function allocateResult(old: usize, len: u32): usize {
  if (old != 0 && old != place) return heap.realloc(old, len);
  return old == 0 && len <= room ? place : heap.alloc(len);
}

function awaitResult(ptr: usize, len: u32): void {
  place = ptr;
  room = len;
  isAwaited = true;
}

// ---- folders ----

/** Behind one another: handle u32, the name's ptr u32 and byteLen u32. */
let folders: usize = 0;
let folderCount: u32 = 0;
const FOLDER_SIZE: u32 = 12;
/** The descriptor of the first preopened folder. */
const FIRST_FOLDER: u32 = 3;

function folderAt(fd: u32): usize {
  return folders + (fd - FIRST_FOLDER) * FOLDER_SIZE;
}

/** How many bytes the name of the preopened folder `fd` has, at 4. The list is asked for once. */
export function fd_prestat_get(fd: u32, prestat: usize): u32 {
  if (folders == 0) {
    awaitResult(0, 0);
    getDirectories(result);
    isAwaited = false;
    folders = load<u32>(result);
    folderCount = load<u32>(result, 4);
  }
  if (fd < FIRST_FOLDER || fd - FIRST_FOLDER >= folderCount) return ERRNO_BADF;
  store<u32>(prestat, 0);
  store<u32>(prestat, load<u32>(folderAt(fd), 8), 4);
  return 0;
}

export function fd_prestat_dir_name(fd: u32, path: usize, pathLen: usize): u32 {
  memory.copy(path, load<u32>(folderAt(fd), 4), pathLen);
  return 0;
}

/** What a path can't be handed over for: the host may trap where text is not text, and where it passes it on to a libc. */
function pathErrno(path: usize, pathLen: usize): u32 {
  if (!isUtf8(path, <u32>pathLen)) return ERRNO_ILSEQ;
  for (let i: usize = 0; i < pathLen; i++) if (load<u8>(path + i) == 0) return ERRNO_INVAL;
  return 0;
}

/** The `result<descriptor-stat, error-code>` at `result` as preview 1 has it. */
function storeFilestat(filestat: usize): u32 {
  const errno = errnoAt(8);
  if (errno != 0) return errno;
  const type = load<u8>(result, 8);
  memory.fill(filestat, 0, 64);
  // The types have the same numbers up to the folder's; the rest differs.
  store<u8>(filestat, type == 6 ? 4 : type == 4 ? 0 : type == 5 ? 7 : type == 7 ? 6 : type, 16);
  store<u64>(filestat, load<u64>(result, 16), 24);
  store<u64>(filestat, load<u64>(result, 24), 32);
  // The second of three times, each with whether it is known, seconds and nanoseconds.
  if (load<u8>(result, 56) != 0) store<u64>(filestat, load<u64>(result, 64) * 1_000_000_000 + load<u32>(result, 72), 48);
  return 0;
}

export function path_filestat_get(dirFd: u32, lookupFlags: u32, path: usize, pathLen: usize, filestat: usize): u32 {
  const errno = pathErrno(path, pathLen);
  if (errno != 0) return errno;
  statAt(load<u32>(folderAt(dirFd)), lookupFlags, path, pathLen, result);
  return storeFilestat(filestat);
}

const RIGHT_WRITE: u64 = 1 << 6;
const FLAG_READ: u32 = 1;
const FLAG_WRITE: u32 = 2;

/** Of the rights only that to write counts. The flags have the same bits in both. */
export function path_open(
  dirFd: u32,
  lookupFlags: u32,
  path: usize,
  pathLen: usize,
  openFlags: u32,
  rights: u64,
  inheritedRights: u64,
  fdFlags: u32,
  fd: usize,
): u32 {
  let errno = pathErrno(path, pathLen);
  if (errno != 0) return errno;
  const flags = (rights & RIGHT_WRITE) != 0 ? FLAG_READ | FLAG_WRITE : FLAG_READ;
  openAt(load<u32>(folderAt(dirFd)), lookupFlags, path, pathLen, openFlags, flags, result);
  errno = errnoAt(4);
  if (errno == 0) store<u32>(fd, load<u32>(result, 4));
  return errno;
}

export function path_unlink_file(dirFd: u32, path: usize, pathLen: usize): u32 {
  const errno = pathErrno(path, pathLen);
  if (errno != 0) return errno;
  unlinkFileAt(load<u32>(folderAt(dirFd)), path, pathLen, result);
  return errnoAt(1);
}

export function path_rename(fromFd: u32, from: usize, fromLen: usize, toFd: u32, to: usize, toLen: usize): u32 {
  const errno = pathErrno(from, fromLen) || pathErrno(to, toLen);
  if (errno != 0) return errno;
  renameAt(load<u32>(folderAt(fromFd)), from, fromLen, load<u32>(folderAt(toFd)), to, toLen, result);
  return errnoAt(1);
}

// ---- files ----

export function fd_close(fd: u32): u32 {
  drop(fd);
  return 0;
}

export function fd_datasync(fd: u32): u32 {
  syncData(fd, result);
  return errnoAt(1);
}

export function fd_sync(fd: u32): u32 {
  sync(fd, result);
  return errnoAt(1);
}

export function fd_filestat_get(fd: u32, filestat: usize): u32 {
  stat(fd, result);
  return storeFilestat(filestat);
}

export function fd_filestat_set_size(fd: u32, size: u64): u32 {
  setSize(fd, size, result);
  return errnoAt(1);
}

/** The first iovec is read into: the bytes go there without being copied. */
export function fd_pread(fd: u32, iovs: usize, iovsLen: usize, fileOffset: u64, count: usize): u32 {
  const ptr = load<u32>(iovs);
  const len = load<u32>(iovs, 4);
  awaitResult(ptr, len);
  read(fd, len, fileOffset, result);
  isAwaited = false;
  const errno = errnoAt(4);
  if (errno != 0) return errno;
  const bytes = load<u32>(result, 4);
  const got = load<u32>(result, 8);
  if (got > len) {
    // More than was asked for.
    if (bytes != ptr) heap.free(bytes);
    return ERRNO_IO;
  }
  store<u32>(count, got);
  const isAtEnd = load<u8>(result, 12) != 0;
  return got == 0 && len > 0 && !isAtEnd ? ERRNO_INTR : 0;
}

/** The first iovec is written. */
export function fd_pwrite(fd: u32, iovs: usize, iovsLen: usize, fileOffset: u64, count: usize): u32 {
  write(fd, load<u32>(iovs), load<u32>(iovs, 4), fileOffset, result);
  const errno = errnoAt(8);
  if (errno == 0) store<u32>(count, <u32>min<u64>(load<u64>(result, 8), u32.MAX_VALUE));
  return errno;
}

const SEEK_END: u32 = 2;

/** Only to the end: a file has no position, which is for hosts without positioned calls. */
export function fd_seek(fd: u32, delta: i64, whence: u32, position: usize): u32 {
  if (whence != SEEK_END) return ERRNO_NOTSUP;
  stat(fd, result);
  const errno = errnoAt(8);
  if (errno == 0) store<u64>(position, load<u64>(result, 24) + delta);
  return errno;
}

/** A component has no standard streams, and a file no position. */
export function fd_read(fd: u32, iovs: usize, iovsLen: usize, count: usize): u32 {
  return ERRNO_NOTSUP;
}

/** As to somebody who has gone away: what is written to standard error is dropped. */
export function fd_write(fd: u32, iovs: usize, iovsLen: usize, count: usize): u32 {
  return ERRNO_PIPE;
}

/** Fills `len` bytes, a multiple of 8. */
export function random_get(buffer: usize, len: usize): u32 {
  for (let at: usize = 0; at < len; at += 8) store<u64>(buffer + at, getRandomU64());
  return 0;
}
