/** How the inspecting commands open a file: for reading, and whatever state it is in. */
import { opensAgain } from "../../memory/file/foreign-writer";
import { MemoryManager, DEFAULT_CACHE_BYTES } from "../../memory/manager/memory-manager";
import { LogFile } from "../../memory/file/log-file";
import { OK, fail, lastError } from "../../status";
import { MemoryAccess } from "../../memory/access/memory-access";
import { WasiMemoryProvider } from "../../memory/file/provider";
import { checkFormat } from "../../schema/layout-detection";
import { guessLayout } from "../../check/store-check";
import { DbmsContext } from "../../store/dbms-context";
import { OpenOptions } from "../../store/store";
import { IN_MEMORY } from "../../wasi/preopens";
import { CommandContext, noteLinks, readGiven, warnOfLog } from "../command-line/context";

/** The file's pages; null on failure. The tables need not make sense, and with `cut` the file may end inside of a page. */
export function openPages(ctx: CommandContext, cut: bool = false): MemoryAccess | null {
  let access = openPagesOnce(ctx, cut);
  for (let attempt = 1; !access && opensAgain(attempt); attempt++) access = openPagesOnce(ctx, cut);
  return access;
}

function openPagesOnce(ctx: CommandContext, cut: bool): MemoryAccess | null {
  const cache = ctx.number("cache", <i64>DEFAULT_CACHE_BYTES, 1 << 31);
  if (cache < 0 || readGiven(ctx) != OK) return null;
  if (ctx.invocation.file == IN_MEMORY) {
    const store = DbmsContext.openHeap(new OpenOptions());
    return store ? store.access : null;
  }
  const provider = WasiMemoryProvider.open(ctx.invocation.file, true, false, cut);
  if (!provider) return null;
  noteLinks(provider);
  const manager = new MemoryManager(provider, <u64>cache);
  const access = new MemoryAccess(manager);
  // What a session that was killed left in the log counts as well.
  const log = LogFile.open(ctx.invocation.file, false);
  let status = log ? manager.useLog(log) : lastError.status;
  if (status == OK && manager.pageCount > 0) status = checkFormat(access);
  status = manager.leave(status);
  if (status != OK) {
    const what = lastError.what;
    const hint = lastError.hint;
    manager.close();
    fail(status, what, hint);
    return null;
  }
  warnOfLog(manager);
  if (manager.pageCount > 0) manager.layout = guessLayout(access);
  return access;
}
