/** Files that are made by the way: none is written over, and one that could not be finished is taken away again. */
import {
  Status,
  OK,
  FILE_EXISTS,
  FILE_NOT_FOUND,
  TRANSACTION_ACTIVE,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../status";
import { File, isMissing, removeFile } from "../wasi/file";
import { isZero } from "../encode/bytes";
import { PAGE_SIZE, PAGE_SHIFT } from "../memory/layout";
import { FRAMES_START } from "../memory/log-file";
import { MemoryManager } from "../memory/memory-manager";
import { WasiMemoryProvider } from "../memory/provider";
import { DbmsContext, OpenOptions } from "../store/dbms-context";

/** `OK` when the file `path` can be made: there is none, nor a log of that name that has something to say. */
export function checkNew(path: string): Status {
  lastError.status = OK;
  if (!isMissing(path)) {
    if (lastError.status != OK) return lastError.status;
    return fail(FILE_EXISTS, "there is a file " + path + " already", "choose another name, or remove it first");
  }
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

/** Makes a store at `path`, where there must be no file. Its commits are not synced: `finishStore` does that. Null on failure. */
export function makeStore(path: string, layout: u8, cacheBytes: u64): DbmsContext | null {
  if (checkNew(path) != OK) return null;
  const options = new OpenOptions();
  options.create = true;
  options.layout = layout;
  options.cacheBytes = cacheBytes;
  const store = DbmsContext.openFile(path, options);
  if (store) store.manager.syncCommits = false;
  else takeAway(path);
  return store;
}

/** Makes what was written durable and closes the store; with a `status` that is not `OK` the file is removed. */
export function finishStore(store: DbmsContext, path: string, status: Status): Status {
  if (status == OK) status = store.manager.provider.sync();
  if (status != OK) {
    const error = savedError();
    store.close();
    takeAway(path);
    return restoreError(error);
  }
  status = store.close();
  if (status != OK) takeAway(path);
  // Nobody else has the new file open, and after a close its log says nothing.
  else removeFile(path + "-log");
  return status;
}

function takeAway(path: string): void {
  const error = savedError();
  if (!isMissing(path)) removeFile(path);
  removeFile(path + "-log");
  restoreError(error);
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
  const provider = status == OK ? WasiMemoryProvider.open(path, false, true) : null;
  if (!provider) return lastError.status;
  status = provider.grow(manager.pageCount);
  for (let pageNo: u32 = 0; pageNo < manager.pageCount && status == OK; pageNo++) {
    const page = manager.page(pageNo);
    if (page == 0) status = lastError.status;
    else if (!isZero(page, PAGE_SIZE)) status = provider.write((<u64>pageNo) << PAGE_SHIFT, page, PAGE_SIZE);
  }
  if (status == OK) status = provider.sync();
  status = manager.settled(status);
  const error = savedError();
  const closed = provider.close();
  if (status == OK) return closed;
  takeAway(path);
  return restoreError(error);
}
