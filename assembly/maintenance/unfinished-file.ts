/**
 * A page file that is being made, under the name `OUT-unfinished`: no file has its final name before it is whole.
 *
 * Page 0 starts with a mark that nothing opens, which is durable before anything else is written. What page 0 is to be waits in memory. Its
 * first 512 bytes, which a disk writes wholly or not at all, take the mark's place when all others are durable, and are durable themselves
 * before the file gets its name. So whatever a kill or a power cut leaves under either name is whole, or refused. A random number behind
 * the mark tells a file from one that another program has begun under the same name.
 */
import {
  Status,
  OK,
  FILE_EXISTS,
  FILE_NOT_FOUND,
  OUT_OF_MEMORY,
  UNSUPPORTED,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../status";
import { isZero } from "../encode/bytes";
import { allocBlock, freeBlock } from "../memory/base/block-pool";
import { HEAD_BYTES, isUnfinished, markUnfinished } from "../memory/file/foreign-file";
import { PAGE_SHIFT, PAGE_SIZE } from "../memory/base/layout";
import { MemoryProvider, WasiMemoryProvider, spillPath } from "../memory/file/provider";
import { BLOCK_SHIFT } from "../memory/log/checkpoint-image";
import { File, isMissing, removeFile, renameFile } from "../wasi/file";
import { randomU64 } from "../wasi/random";

/** Bytes that a disk writes wholly or not at all. */
const BLOCK: u32 = 1 << BLOCK_SHIFT;

/** The name of the file `path` as long as it is not finished. */
export function unfinishedPath(path: string): string {
  return path + "-unfinished";
}

export class UnfinishedFile extends MemoryProvider {
  private count: u32 = 0;
  /** Another program has begun anew: the file is not ours any more. */
  private taken: bool = false;
  private readonly token: u64 = randomU64();

  private constructor(
    private readonly file: File,
    /** The name that it is to get. */
    private readonly path: string,
    /** What page 0 is to be. */
    private readonly first: usize,
  ) {
    super();
  }

  /** Begins the file that is to be `path`, in the place of what an interrupted command has left. Null on failure. */
  static make(path: string): UnfinishedFile | null {
    const name = unfinishedPath(path);
    return removeLeftOver(name) == OK ? UnfinishedFile.start(name, path) : null;
  }

  private static start(name: string, path: string): UnfinishedFile | null {
    const first = allocBlock();
    if (first == 0) {
      fail(OUT_OF_MEMORY, "no memory for a page");
      return null;
    }
    const file = File.open(name, true, true);
    if (!file) {
      freeBlock(first);
      return null;
    }
    const made = new UnfinishedFile(file, path, first);
    memory.fill(first, 0, PAGE_SIZE);
    markUnfinished(first);
    store<u64>(first + HEAD_BYTES, made.token);
    let status = file.write(0, first, PAGE_SIZE);
    if (status == OK) status = file.sync();
    memory.fill(first, 0, PAGE_SIZE);
    if (status == OK) return made;
    made.end(status);
    return null;
  }

  // ---- pages ----

  get pages(): u32 {
    return this.count;
  }

  get name(): string {
    return this.file.path;
  }

  grow(count: u32): Status {
    // The mark's page is there from the start.
    const status = this.file.setSize((<u64>max(this.count + count, 1)) << PAGE_SHIFT);
    if (status == OK) this.count += count;
    return status;
  }

  read(fileOffset: u64, ptr: usize, len: u32): Status {
    const status = this.bounds(fileOffset, len);
    if (status != OK) return status;
    const held = heldOf(fileOffset, len);
    if (held > 0) memory.copy(ptr, this.first + <usize>fileOffset, held);
    return held == len ? OK : this.file.read(fileOffset + held, ptr + held, len - held);
  }

  write(fileOffset: u64, ptr: usize, len: u32): Status {
    const status = this.bounds(fileOffset, len);
    if (status != OK) return status;
    const held = heldOf(fileOffset, len);
    if (held > 0) memory.copy(this.first + <usize>fileOffset, ptr, held);
    return held == len ? OK : this.file.write(fileOffset + held, ptr + held, len - held);
  }

  sync(): Status {
    return this.file.sync();
  }

  openSpill(): MemoryProvider | null {
    return WasiMemoryProvider.openSpillOf(this.file.path);
  }

  close(): Status {
    freeBlock(this.first);
    return this.file.close();
  }

  // ---- the end ----

  /** Makes everything that was written durable, and then the file whole. Only closing may follow. */
  finish(): Status {
    const file = this.file;
    let status = file.write(BLOCK, this.first + BLOCK, PAGE_SIZE - BLOCK);
    if (status == OK) status = file.sync();
    if (status == OK) status = this.checkOurs();
    if (status == OK) status = this.count == 0 ? file.setSize(0) : file.write(0, this.first, BLOCK);
    return status == OK ? file.sync() : status;
  }

  /** `OK` as long as the file's name leads to the file that we have begun. */
  private checkOurs(): Status {
    const len = HEAD_BYTES + 8;
    const head = memory.data(24, 8);
    memory.fill(head, 0, len);
    const other = File.open(this.file.path, false, false);
    if (!other && lastError.status != FILE_NOT_FOUND) return lastError.status;
    let count = 0;
    if (other) {
      for (let at: u32 = 0; at < len; at += count) {
        count = other.readSome(at, head + at, len - at);
        if (count <= 0) break;
      }
      other.close();
    }
    if (count < 0) return lastError.status;
    if (isUnfinished(head) && load<u64>(head, HEAD_BYTES) == this.token) return OK;
    this.taken = true;
    return fail(FILE_EXISTS, "another program makes " + this.path + " as well, and has begun later", "see what it comes to");
  }

  /** Closes the file and comes to `status`. One that failed is removed, or named where it can't be. */
  end(status: Status): Status {
    const error = savedError();
    const closed = this.close();
    return status == OK ? this.settle(closed) : this.settle(restoreError(error));
  }

  /** The same for a file that is closed already. */
  settle(status: Status): Status {
    if (status == OK || this.taken) return status;
    takeAway(spillPath(this.file.path), status);
    return takeAway(this.file.path, status);
  }

  /** Gives the whole, closed file its name, which nobody may have but who is to be `replaced`. */
  place(replaced: bool = false): Status {
    let status = replaced ? OK : checkFree(this.path);
    if (status == OK) {
      status = renameFile(this.file.path, this.path);
      if (status == UNSUPPORTED && !replaced) status = this.copy();
    }
    return this.settle(status);
  }

  /** The way of runtimes without rename: the file anew, from page to page, under the name that it is to have, with the same mark. */
  private copy(): Status {
    const from = WasiMemoryProvider.open(this.file.path, true, false);
    const to = from ? UnfinishedFile.start(this.path, this.path) : null;
    const page = to ? allocBlock() : 0;
    let status = page != 0 ? to!.grow(from!.pages) : to ? fail(OUT_OF_MEMORY, "no memory for a page") : lastError.status;
    for (let at: u64 = 0; status == OK && at < from!.size; at += PAGE_SIZE) {
      status = from!.read(at, page, PAGE_SIZE);
      if (status == OK) status = to!.write(at, page, PAGE_SIZE);
    }
    if (status == OK) status = to!.finish();
    if (page != 0) freeBlock(page);
    if (from) from.close();
    if (to) status = to.end(status);
    return status == OK ? removeFile(this.file.path) : status;
  }
}

/** How many of `len` bytes at `fileOffset` are of page 0. */
function heldOf(fileOffset: u64, len: u32): u32 {
  return fileOffset >= PAGE_SIZE ? 0 : min(len, PAGE_SIZE - <u32>fileOffset);
}

/** `OK` when there is no file `path`, or one that was left unfinished and is removed. */
export function checkFree(path: string): Status {
  lastError.status = OK;
  if (isMissing(path)) return OK;
  if (lastError.status != OK) return lastError.status;
  const left = isLeftOver(path, false);
  if (left < 0) return lastError.status;
  if (left == 1) return removeFile(path);
  return fail(FILE_EXISTS, "there is a file " + path + " already", "choose another name, or remove it first");
}

/** Removes what an interrupted command has left under `name`, which must be nothing else. */
function removeLeftOver(name: string): Status {
  const left = isLeftOver(name, true);
  if (left < 0) return lastError.status == FILE_NOT_FOUND ? OK : lastError.status;
  if (left == 0) return failLeftOver(name);
  const status = removeFile(name);
  return status == OK ? removeFile(spillPath(name)) : status;
}

/** Fails because `name`, which a file is to be made under, is that of one that may be worth something: whole, and not renamed. */
export function failLeftOver(name: string): Status {
  const what = "there is a file " + name + " already, which an interrupted command may have finished but not renamed";
  return fail(FILE_EXISTS, what, "look what it is, and rename or remove it");
}

/** Removes a file that is of no use after `status`, which is returned; a failure says so when it can't be removed. */
export function takeAway(name: string, status: Status): Status {
  const error = savedError();
  if (removeFile(name) == OK) return status == OK ? OK : restoreError(error);
  if (status == OK) return lastError.status;
  error.hint = (error.hint == "" ? "" : error.hint + "; ") + "remove " + name + ", which is unfinished";
  return restoreError(error);
}

/** 1 when the file `name` was left unfinished, or (if it `may` be) just begun, with nothing in it; 0 when it is another; -1 on failure. */
function isLeftOver(name: string, may: bool): i32 {
  const file = File.open(name, false, false);
  if (!file) return -1;
  const page = allocBlock();
  const size = page == 0 ? -1 : file.size();
  let left = -1;
  if (page == 0) fail(OUT_OF_MEMORY, "no memory for a page");
  else if (size >= 0) {
    const len = <u32>min<i64>(size, PAGE_SIZE);
    if (file.read(0, page, len) == OK)
      left = (may && size <= <i64>PAGE_SIZE && isZero(page, len)) || (size >= <i64>HEAD_BYTES && isUnfinished(page)) ? 1 : 0;
  }
  if (page != 0) freeBlock(page);
  file.close();
  return left;
}
