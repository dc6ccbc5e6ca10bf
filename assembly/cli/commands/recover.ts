/**
 * `recover`: brings what a session that was killed left in the log into the file, which every opening for writing does as well; and tells
 * what there is to do about a log that does not belong to the file.
 */
import { Status, OK, DAMAGED, NOT_A_PAGE_FILE, lastError, savedError, restoreError } from "../../status";
import { DEFAULT_CACHE_BYTES, MemoryManager } from "../../memory/manager/memory-manager";
import { LogFile } from "../../memory/file/log-file";
import { WasiMemoryProvider } from "../../memory/file/provider";
import { addQuoted, counted } from "../../check/check-report";
import { setAside } from "../../memory/file/set-aside";
import { stderr, stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";

export function runRecover(ctx: CommandContext): Status {
  const path = ctx.invocation.file;
  const cache = ctx.number("cache", <i64>DEFAULT_CACHE_BYTES, 1 << 31);
  if (cache < 0) return lastError.status;
  // First only looked at: a log that is refused must stay as it is.
  let manager = openFile(ctx, path, <u64>cache, true);
  if (!manager) return lastError.status;
  let status = replay(manager, path, true);
  const transactions = manager.recoveredTransactions;
  const bytes = manager.recoveredBytes;
  if (status != OK) {
    const error = savedError();
    manager.close();
    restoreError(error);
    const isRefused = status == DAMAGED || status == NOT_A_PAGE_FILE;
    return isRefused && ctx.has("force") ? refuse(ctx, path) : status;
  }
  // A log with commits that can't be read is cleared, too, once there is a copy of it.
  let warning = manager.logWarning;
  const unreadable = manager.unreadableBytes;
  manager.close();
  if (transactions > 0 || warning != "") {
    manager = openFile(ctx, path, <u64>cache, false);
    if (!manager) return lastError.status;
    status = replay(manager, path, false);
    warning = manager.logWarning;
    const error = savedError();
    const closed = manager.close();
    if (status != OK) restoreError(error);
    else status = closed;
    if (status != OK) return status;
  }
  if (warning != "") stderr.line("quire: warning: " + warning);
  if (ctx.json)
    stdout.line(
      '{"transactions":' +
        transactions.toString() +
        ',"bytes":' +
        bytes.toString() +
        ',"unreadable":' +
        unreadable.toString() +
        ',"setAside":null}',
    );
  else if (transactions == 0 && warning != "") stdout.line(path + ": no whole transaction to recover");
  else if (transactions == 0) stdout.line(path + ": nothing to recover: the file has everything");
  else
    stdout.line(path + ": " + counted(transactions, "transaction") + " recovered from " + bytes.toString() + " bytes of the log");
  return OK;
}

function openFile(ctx: CommandContext, path: string, cacheBytes: u64, readOnly: bool): MemoryManager | null {
  const provider = WasiMemoryProvider.open(path, readOnly, false, false, ctx.has("allow-links"));
  if (!provider) return null;
  if (provider.pages == 0 || provider.checkStart() == OK) return new MemoryManager(provider, cacheBytes);
  provider.close();
  return null;
}

/** Takes the file's log into use, which replays it. */
function replay(manager: MemoryManager, path: string, readOnly: bool): Status {
  const log = LogFile.open(path, !readOnly);
  return manager.leave(log ? manager.useLog(log) : lastError.status);
}

/** Gives the log another name; `lastError` says why it was refused. */
function refuse(ctx: CommandContext, path: string): Status {
  const why = lastError.what;
  const name = setAside(path + "-log", "refused");
  if (!name) return lastError.status;
  if (ctx.json) {
    stdout.buffer.addText('{"transactions":0,"bytes":0,"unreadable":0,"setAside":');
    addQuoted(name, stdout.buffer);
    stdout.buffer.addText(',"why":');
    addQuoted(why, stdout.buffer);
    stdout.line("}");
  } else {
    stdout.line(path + ": " + why);
    stdout.line("the log is " + name + " now; what is only in it is lost to the file, which check should look at");
  }
  return OK;
}
