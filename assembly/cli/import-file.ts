/** Stores that a command makes when FILE is missing, and takes away again when the command fails. */
import { Status, OK, FILE_NOT_FOUND, fail, lastError } from "../status";
import { File } from "../wasi/file";
import { CommandContext, openStore } from "./context";

/** Whether there is no file `path`; false when that can't be told. `lastError` is as it was. */
export function isMissing(path: string): bool {
  const file = File.open(path, false, false);
  if (file) {
    file.close();
    return false;
  }
  return lastError.status == FILE_NOT_FOUND;
}

/** Closes the command's store and removes its file, keeping the error that is to be reported. */
export function removeStore(ctx: CommandContext): void {
  const status = lastError.status;
  const what = lastError.what;
  const hint = lastError.hint;
  const pageNo = lastError.pageNo;
  const pageOffset = lastError.pageOffset;
  const store = ctx.store;
  if (store) {
    ctx.store = null;
    store.close();
  }
  const file = File.open(ctx.invocation.file, false, false);
  if (file) {
    file.close();
    file.unlink();
  }
  fail(status, what, hint);
  lastError.pageNo = pageNo;
  lastError.pageOffset = pageOffset;
}

/** Opens the command's store for writing, making it when it is missing: a file that turns out not to be usable is taken away again. */
export function openOrMakeStore(ctx: CommandContext): Status {
  const isNew = isMissing(ctx.invocation.file);
  const status = openStore(ctx, true, true);
  if (status != OK && isNew) removeStore(ctx);
  return status;
}
