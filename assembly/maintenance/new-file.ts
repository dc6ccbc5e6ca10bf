/** Files that are made by the way: none is written over, and none has its name before it is whole (unfinished-file.ts). */
import {
  Status,
  OK,
  FILE_EXISTS,
  FILE_NOT_FOUND,
  TRANSACTION_ACTIVE,
  UNSUPPORTED,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { isZero } from "../encode/bytes";
import { File, isMissing, renameFile } from "../wasi/file";
import { PAGE_SIZE, PAGE_SHIFT } from "../memory/base/layout";
import { FRAMES_START } from "../memory/file/log-file";
import { checkNewName } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { UnfinishedFile, checkFree, failLeftOver, takeAway, unfinishedPath } from "./unfinished-file";

/** `OK` when the file `path` can be made: the name is free to take, there is no such file, nor a log of that name with something to say. */
export function checkNew(path: string): Status {
  if (checkNewName(path) != OK) return lastError.status;
  const free = checkFree(path);
  if (free != OK) return free;
  const log = path + "-log";
  const file = File.open(log, false, false);
  if (!file) return lastError.status == FILE_NOT_FOUND ? OK : lastError.status;
  const size = file.size();
  const status = size < 0 ? lastError.status : OK;
  file.close();
  if (status != OK || size <= <i64>FRAMES_START) return status;
  const what = "there is no file " + path + ", but a log " + log + ", which may have transactions of one that was there";
  return fail(FILE_EXISTS, what, "choose another name, or remove it first");
}

/**
 * Makes the store that is to be `path`, where there must be no file unless it is `replaced` in the end. It has no log: nothing of it counts
 * when it is interrupted. Null on failure.
 */
export function makeStore(path: string, layout: u8, cacheBytes: u64, replaced: bool = false): DbmsContext | null {
  if (!replaced && checkNew(path) != OK) return null;
  const file = UnfinishedFile.make(path);
  if (!file) return null;
  const options = new OpenOptions();
  options.layout = layout;
  options.cacheBytes = cacheBytes;
  options.syncCommits = false;
  const store = DbmsContext.openProvider(file, options);
  if (!store) file.settle(lastError.status);
  return store;
}

/**
 * Closes the store that `makeStore` made, whole and durable; with a `status` that is not `OK`, or where what was read of `from` for it may
 * be of two states, it is removed. Then comes `placeStore`.
 */
export function finishStore(store: DbmsContext, from: MemoryManager, status: Status): Status {
  status = from.leave(status);
  const file = store.manager.provider as UnfinishedFile;
  // Without a log this writes what is not in the file yet.
  if (status == OK) status = store.manager.commit();
  if (status == OK) status = file.finish();
  const error = savedError();
  const closed = store.close();
  return file.settle(status == OK ? closed : restoreError(error));
}

/** Gives the finished store its name, in the place of a closed file if one is `replaced`. One that can't have it is removed. */
export function placeStore(store: DbmsContext, replaced: bool = false): Status {
  return (store.manager.provider as UnfinishedFile).place(replaced);
}

/** Copies all pages, as they were last committed, into a new file `path`. */
export function backUp(manager: MemoryManager, path: string): Status {
  if (manager.hasChanges)
    return fail(
      TRANSACTION_ACTIVE,
      "a backup holds what is committed, and a transaction is open",
      "commit it or roll it back first",
    );
  let status = checkNew(path);
  const file = status == OK ? UnfinishedFile.make(path) : null;
  if (!file) return lastError.status;
  status = file.grow(manager.pageCount);
  for (let pageNo: u32 = 0; pageNo < manager.pageCount && status == OK; pageNo++) {
    const page = manager.page(pageNo);
    if (page == 0) status = lastError.status;
    else if (!isZero(page, PAGE_SIZE)) status = file.write((<u64>pageNo) << PAGE_SHIFT, page, PAGE_SIZE);
  }
  status = manager.leave(status);
  if (status == OK) status = file.finish();
  status = file.end(status);
  return status == OK ? file.place() : status;
}

/** Makes the file `path` of `bytes`. It is fine when there is one that has just these: a run that was interrupted later on has left it. */
export function writeNew(path: string, bytes: ByteBuffer): Status {
  if (isStartOf(path, bytes, true)) return OK;
  const name = unfinishedPath(path);
  let status = checkNew(path);
  if (status == OK && !isMissing(name) && !isStartOf(name, bytes, false)) status = failLeftOver(name);
  if (status != OK) return status;
  status = writeBytes(name, bytes);
  if (status == OK) status = renameFile(name, path);
  if (status != UNSUPPORTED) return status == OK ? OK : takeAway(name, status);
  status = writeBytes(path, bytes);
  return takeAway(name, status == OK ? OK : takeAway(path, status));
}

/**
 * Whether the file `path` has these bytes and nothing else; without `all` it may be what is left of writing them: fewer, or zeros in the
 * place of some (a power cut).
 */
function isStartOf(path: string, bytes: ByteBuffer, all: bool): bool {
  const file = File.open(path, false, false);
  if (!file) return false;
  const size = file.size();
  const len = <u32>size;
  let same = size >= 0 && (all ? size == <i64>bytes.len : size <= <i64>bytes.len);
  const found = heap.alloc(same ? <usize>len + 1 : 1);
  if (same) same = file.read(0, found, len) == OK;
  for (let i: u32 = 0; same && i < len; i++) {
    const byte = load<u8>(found + i);
    same = byte == load<u8>(bytes.ptr + i) || (!all && byte == 0);
  }
  heap.free(found);
  file.close();
  return same;
}

function writeBytes(path: string, bytes: ByteBuffer): Status {
  const file = File.open(path, true, true);
  if (!file) return lastError.status;
  let status = file.write(0, bytes.ptr, bytes.len);
  if (status == OK) status = file.sync();
  const error = savedError();
  const closed = file.close();
  return status == OK ? closed : restoreError(error);
}
