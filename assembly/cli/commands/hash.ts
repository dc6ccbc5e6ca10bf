/** `hash` and `backup`. */
import { Status, OK, FILE_CHANGED, lastError, savedError, restoreError } from "../../status";
import { backUp } from "../../maintenance/new-file";
import { PAGE_SHIFT } from "../../memory/base/layout";
import { opensAgain } from "../../memory/file/foreign-writer";
import { counted } from "../../check/check-report";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { call, member, nodeText, readReply, replyMember, startRequest } from "../command-line/command-request";
import { openPages } from "../inspect/open";
import { TableView } from "../output/table-view";

export function runHash(ctx: CommandContext): Status {
  startRequest("hash", ctx.word(0));
  const status = call(ctx);
  if (status != OK || ctx.json) return status;
  const tape = readReply();
  const view = new TableView(stdout, 0, ctx.color);
  view.addColumn("table");
  view.addColumn("rows", true);
  view.addColumn("hash");
  for (let node = tape.first(replyMember(tape, "tables")); node != 0; node = tape.next(node)) {
    view.addText(nodeText(tape, member(tape, node, "name")));
    view.addText(nodeText(tape, member(tape, node, "rows")));
    view.addText(nodeText(tape, member(tape, node, "hash")));
  }
  view.finish();
  if (ctx.words.length == 0) stdout.raw("\ndatabase  " + nodeText(tape, replyMember(tape, "hash")) + "\n");
  return OK;
}

/** Works on a damaged file, too: a backup is what one makes first. A copy during which another program wrote the file is made again. */
export function runBackup(ctx: CommandContext): Status {
  let pages: u32 = 0;
  let status = OK;
  for (let attempt = 1; ; attempt++) {
    const access = openPages(ctx);
    if (!access) return lastError.status;
    const manager = access.manager;
    pages = manager.pageCount;
    status = backUp(manager, ctx.word(0));
    const error = savedError();
    manager.close();
    restoreError(error);
    if (status == OK || !opensAgain(attempt)) break;
  }
  if (status == FILE_CHANGED) lastError.hint = "try again, or send the request backup to the session that writes";
  if (status != OK) return status;
  const bytes = ((<u64>pages) << PAGE_SHIFT).toString();
  if (ctx.json) stdout.line('{"ok":{"pages":' + pages.toString() + ',"bytes":' + bytes + "}}");
  else stdout.line("copied " + counted(pages, "page") + ", " + bytes + " bytes, to " + ctx.word(0));
  return OK;
}
