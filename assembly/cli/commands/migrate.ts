/** `migrate SOURCE [NEW=OLD | COLUMN:=VALUE]…`: from the definitions that FILE has to those in SOURCE. */
import { Status, OK, DESTRUCTIVE_CHANGE, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { JSON_TRUE } from "../../encode/json";
import { addAscii } from "../../encode/json-pieces";
import { addPrintable } from "../../encode/printable";
import { readDefinitionsText } from "../../request/definitions-file";
import { isMissing } from "../../wasi/file";
import { stdout } from "../../wasi/stdio";
import {
  addField,
  addTextField,
  addTextsField,
  call,
  counted,
  member,
  nodeText,
  readReply,
  replyMember,
  startRequest,
} from "../command-line/command-request";
import { CommandContext, openStore } from "../command-line/context";
import { removeStore } from "../command-line/made-store";

export function runMigrate(ctx: CommandContext): Status {
  const text = readDefinitionsText(ctx.word(0));
  if (!text) return lastError.status;
  const renames = new Array<string>();
  const values = new Array<string>();
  for (let w = 1; w < ctx.words.length; w++) {
    const word = ctx.words[w];
    const at = word.indexOf("=");
    // COLUMN:=VALUE.
    if (at > 0 && word.charCodeAt(at - 1) == 0x3a) values.push(word.substring(0, at - 1) + word.substring(at));
    else renames.push(word);
  }
  const isDry = ctx.has("dry-run");
  const isNew = isMissing(ctx.invocation.file);
  let status = openStore(ctx, true, true);
  if (status != OK) return status;
  const schema = text.toText();
  text.free();
  const isSilent = ctx.json;
  // What would be done is said before what speaks against it is looked for.
  if (isDry && !isSilent) {
    status = ask(ctx, schema, renames, values, "plan");
    if (status == OK) tell(true);
  }
  if (status == OK) status = ask(ctx, schema, renames, values, isDry ? "dryRun" : "");
  if (status == OK && !isDry && !isSilent) tell(false);
  if ((status != OK || isDry) && isNew) removeStore(ctx);
  return status;
}

/** Has it done, or what the flag `only` says. */
function ask(ctx: CommandContext, schema: string, renames: Array<string>, values: Array<string>, only: string): Status {
  startRequest("migrate");
  addTextField("schema", schema);
  if (renames.length > 0) addTextsField("renames", renames);
  if (values.length > 0) addTextsField("values", values);
  if (only != "") addAscii(addField(only), "true");
  if (ctx.has("allow-destructive")) addAscii(addField("allowDestructive"), "true");
  const status = call(ctx);
  if (status == DESTRUCTIVE_CHANGE) lastError.hint = "--allow-destructive lets it; NEW=OLD says what is only called otherwise";
  return status;
}

/** Says what was changed, a line each. */
function tell(isDry: bool): void {
  const tape = readReply();
  let count = 0;
  for (let node = tape.first(replyMember(tape, "changes")); node != 0; node = tape.next(node)) {
    tellChange(nodeText(tape, member(tape, node, "text")), tape.kind(member(tape, node, "destructive")) == JSON_TRUE);
    count += 1;
  }
  const changes = counted(count.toString(), "change", "changes");
  stdout.line(count == 0 ? "nothing to change" : changes + (isDry ? " to make" : " made"));
}

/** Says what a change does. */
export function tellChange(text: string, isDestructive: bool): void {
  const bytes = String.UTF8.encode(text);
  const line = new ByteBuffer(256);
  addPrintable(changetype<usize>(bytes), bytes.byteLength, 0, line);
  if (isDestructive) addAscii(line, " (destructive)");
  stdout.line(line.toText());
  line.free();
}
