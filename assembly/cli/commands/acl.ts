/** `acl list`, `acl grant`, `acl revoke` and `acl remove`. */
import { Status, OK, USAGE, fail } from "../../status";
import { suggestion } from "../../schema/nearest";
import { stdout } from "../../wasi/stdio";
import { CommandContext, openStore } from "../command-line/context";
import {
  addTextField,
  addTextsField,
  call,
  member,
  nodeText,
  readReply,
  replyMember,
  startRequest,
} from "../command-line/command-request";
import { TableView } from "../output/table-view";

const LIST_USAGE: string = "usage: quire FILE acl list";

export function runAcl(ctx: CommandContext): Status {
  const verb = ctx.word(0);
  const count = ctx.words.length;
  if (verb == "list") {
    if (count > 1) return fail(USAGE, "acl list has no use for " + ctx.word(1), LIST_USAGE);
    const status = openStore(ctx, false, false);
    return status == OK ? list(ctx) : status;
  }
  const isRemove = verb == "remove";
  if (!isRemove && verb != "grant" && verb != "revoke") {
    return fail(USAGE, "there is no acl " + verb, suggestion(verb, ["list", "grant", "revoke", "remove"], "use one of"));
  }
  const usage = "usage: quire FILE acl " + verb + (isRemove ? " IDENTITY" : " IDENTITY RIGHT…");
  if (count < 2) return fail(USAGE, "acl " + verb + " needs IDENTITY", usage);
  if (isRemove && count > 2) return fail(USAGE, "acl remove has no use for " + ctx.word(2), usage);
  if (!isRemove && count < 3) return fail(USAGE, "acl " + verb + " needs RIGHT…", usage);
  let status = openStore(ctx, true, false);
  if (status != OK) return status;
  startRequest(isRemove ? "aclRemove" : verb == "grant" ? "aclGrant" : "aclRevoke");
  addTextField("identity", ctx.word(1));
  if (!isRemove) addTextsField("rights", ctx.words.slice(2));
  status = call(ctx);
  if (status == OK && !ctx.json) stdout.line(isRemove ? "removed " + ctx.word(1) : verb == "grant" ? "granted" : "revoked");
  return status;
}

function list(ctx: CommandContext): Status {
  startRequest("aclList");
  const status = call(ctx);
  if (status != OK || ctx.json) return status;
  const tape = readReply();
  const view = new TableView(stdout, 0, ctx.color);
  view.addColumn("identity");
  view.addColumn("text");
  view.addColumn("rights");
  for (let node = tape.first(replyMember(tape, "identities")); node != 0; node = tape.next(node)) {
    view.addText(nodeText(tape, member(tape, node, "identity")));
    const text = member(tape, node, "text");
    view.addText(text != 0 ? nodeText(tape, text) : "");
    let rights = "";
    for (let right = tape.first(member(tape, node, "rights")); right != 0; right = tape.next(right)) {
      rights += (rights == "" ? "" : " ") + nodeText(tape, right);
    }
    view.addText(rights);
  }
  view.finish();
  return OK;
}
