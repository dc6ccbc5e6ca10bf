/** Stores that a command makes when FILE is missing, and takes away again when the command fails. */
import { Status, OK, savedError, restoreError } from "../../status";
import { isMissing, removeFile } from "../../wasi/file";
import { CommandContext, openStore } from "./context";

/** Closes the command's store and removes its file, keeping the error that is to be reported. */
export function removeStore(ctx: CommandContext): void {
  const error = savedError();
  const store = ctx.store;
  if (store) {
    ctx.store = null;
    store.close();
  }
  // Without the file, a log of its name is none that was made for it.
  if (!isMissing(ctx.invocation.file)) {
    removeFile(ctx.invocation.file);
    removeFile(ctx.invocation.file + "-log");
  }
  restoreError(error);
}

/** Opens the command's store for writing, making it when it is missing: a file that turns out not to be usable is taken away again. */
export function openOrMakeStore(ctx: CommandContext): Status {
  const isNew = isMissing(ctx.invocation.file);
  const status = openStore(ctx, true, true);
  if (status != OK && isNew) removeStore(ctx);
  return status;
}
