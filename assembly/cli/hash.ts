/** `hash` and `backup`. */
import { Status, OK, DAMAGED, IO_ERROR, NOT_A_PAGE_FILE, fail, lastError, savedError, restoreError } from "../status";
import { backUp } from "../care/new-file";
import { PAGE_SHIFT } from "../memory/layout";
import { checkpointState } from "../memory/checkpoint-state";
import { removeFile } from "../wasi/file";
import { counted } from "../check/check-report";
import { stdout } from "../wasi/stdio";
import { CommandContext } from "./context";
import { call, member, nodeText, readReply, replyMember, startRequest } from "./call";
import { openPages } from "./inspect-open";
import { TableView } from "./table-view";

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
  if (ctx.words.length == 0) stdout.line("\ndatabase  " + nodeText(tape, replyMember(tape, "hash")));
  return OK;
}

/** How often a backup is tried while another session writes. */
const ATTEMPTS: i32 = 5;

/** Works on a damaged file, too: a backup is what one makes first. */
export function runBackup(ctx: CommandContext): Status {
  const path = ctx.invocation.file;
  let pages: u32 = 0;
  for (let attempt = 1, isDone = false; !isDone; attempt++) {
    const before = checkpointState(path);
    const access = openPages(ctx);
    let status = access ? OK : lastError.status;
    if (access) {
      pages = access.manager.pageCount;
      status = backUp(access.manager, ctx.word(0));
      const error = savedError();
      access.manager.close();
      restoreError(error);
    }
    const isMade = status == OK;
    // What was read while another session wrote is of no use, and a log that seems not to belong to the file may well do.
    if (isMade || status == DAMAGED || status == NOT_A_PAGE_FILE) {
      const error = savedError();
      if (checkpointState(path) != before) {
        if (isMade) removeFile(ctx.word(0));
        if (attempt < ATTEMPTS) continue;
        return fail(
          IO_ERROR,
          "another program went on writing " + path + " while it was copied",
          "try again, or send the request backup to the session that writes",
        );
      }
      restoreError(error);
    }
    if (status != OK) return status;
    isDone = true;
  }
  const bytes = ((<u64>pages) << PAGE_SHIFT).toString();
  if (ctx.json) stdout.line('{"ok":{"pages":' + pages.toString() + ',"bytes":' + bytes + "}}");
  else stdout.line("copied " + counted(pages, "page") + ", " + bytes + " bytes, to " + ctx.word(0));
  return OK;
}
