/** Logs that belong to no page file that is there: they get another name, and are as they were under it. */
import { Status, OK, DAMAGED, NOT_A_PAGE_FILE, UNSUPPORTED, fail, lastError, savedError, restoreError } from "../../status";
import { File, isMissing, removeFile, renameFile } from "../../wasi/file";
import { FRAMES_START, LogFile } from "./log-file";

/** Logs that were set aside are numbered up to this. */
const MOST_SET_ASIDE: i32 = 999;
/** Bytes that are copied at once. */
const COPY_SIZE: u32 = 65536;

/** What was done that the user did not ask for, as lines; whoever speaks to the user tells it and empties the list. */
export const notices: Array<string> = new Array<string>();

/** Gives the log `log`, which is not open, a name with `kind` at its end: that name, or null on failure. */
export function setAside(log: string, kind: string): string | null {
  let name = log + "." + kind;
  for (let i = 2; !isMissing(name); i++) {
    if (i > MOST_SET_ASIDE) {
      fail(DAMAGED, "there are " + MOST_SET_ASIDE.toString() + " logs that were set aside already", "remove some");
      return null;
    }
    name = log + "." + kind + "-" + i.toString();
  }
  let status = renameFile(log, name);
  if (status == UNSUPPORTED) {
    status = copyFile(log, name);
    if (status == OK) status = removeFile(log);
  }
  return status == OK ? name : null;
}

/** Copies a file for runtimes that can't rename. */
function copyFile(from: string, to: string): Status {
  const source = File.open(from, false, false);
  if (!source) return lastError.status;
  const target = File.open(to, true, true);
  if (!target) {
    source.close();
    return lastError.status;
  }
  const buffer = heap.alloc(COPY_SIZE);
  let status = OK;
  for (let at: u64 = 0; status == OK;) {
    const count = source.readSome(at, buffer, COPY_SIZE);
    if (count < 0) status = lastError.status;
    if (count <= 0) break;
    status = target.write(at, buffer, count);
    at += count;
  }
  if (status == OK) status = target.sync();
  heap.free(buffer);
  source.close();
  const closed = target.close();
  return status == OK ? closed : status;
}

/** The page file `path` is missing: says so of its log, if that is still there with something in it. Keeps the error. */
export function hintAtLog(path: string): void {
  const error = savedError();
  const log = File.open(path + "-log", false, false);
  if (log) {
    if (log.size() > <i64>FRAMES_START)
      error.hint = "its log " + path + "-log is there: put the file back, or make a new one, which sets the log aside";
    log.close();
  }
  restoreError(error);
}

/**
 * Before the page file `path`, which is missing, is made: a log of that name with transactions is of a file that is gone. It is set aside,
 * so that the new file begins empty. The page file of a session that made it, and was killed before its first checkpoint, is there and
 * empty.
 */
export function setOrphanAside(path: string): Status {
  const name = path + "-log";
  if (isMissing(name)) return OK;
  const found = LogFile.open(path, false);
  // One of another version may have transactions.
  if (!found && lastError.status != NOT_A_PAGE_FILE) return lastError.status;
  const has = found ? found.hasTransaction() : true;
  if (found) found.close();
  if (!has) return OK;
  if (found) {
    // A session that still has it open is told that it is not its log any more.
    const log = LogFile.open(path, true);
    let status = log ? log.claim() : lastError.status;
    if (log) {
      const closed = log.close();
      if (status == OK) status = closed;
    }
    if (status != OK) return status;
    // Who makes the file at this moment makes it before its log.
    if (!isMissing(path)) return OK;
  }
  const aside = setAside(name, "orphan");
  if (!aside) return lastError.status;
  notices.push(
    "there was no file " +
      path +
      ", but a log of one with transactions: it is " +
      aside +
      " now, and " +
      path +
      " begins empty; to have them, put " +
      "the file back that it belongs to (an empty one, if that was new) and call the log " +
      name +
      " again",
  );
  return OK;
}
