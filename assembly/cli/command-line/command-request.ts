/** Commands as requests: building one from words, handing it to the dispatcher, and reading the reply. */
import { Status, OK, BAD_VALUE, fail } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { TYPE_JSON } from "../../encode/data-type";
import { JsonTape, JSON_ARRAY, JSON_OBJECT, JSON_STRING } from "../../encode/json";
import { Column } from "../../schema/column";
import { handleRequest, readRequest } from "../../request/dispatcher";
import { Session } from "../../request/session";
import { addAscii, addString, addStrings } from "../../encode/json-pieces";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "./context";

const request: ByteBuffer = new ByteBuffer(1024);
const reply: ByteBuffer = new ByteBuffer(1024);
const replyTape: JsonTape = new JsonTape();
const argumentTape: JsonTape = new JsonTape();
let session: Session | null = null;

/** The session with the command's store. */
export function sessionOf(ctx: CommandContext): Session {
  if (!session) session = new Session(ctx.db);
  return session!;
}

/** Starts a request for operation `op` on table `table` ("": on none). */
export function startRequest(op: string, table: string = ""): void {
  request.reset();
  addAscii(request, '{"op":"');
  addAscii(request, op);
  request.addU8(0x22);
  if (table != "") addTextField("table", table);
}

/** Starts a field; its value has to follow. Returns where that goes. */
export function addField(name: string): ByteBuffer {
  addAscii(request, ',"');
  addAscii(request, name);
  addAscii(request, '":');
  return request;
}

export function addTextField(name: string, text: string): void {
  addString(addField(name), text);
}

export function addTextsField(name: string, list: Array<string>): void {
  addStrings(addField(name), list);
}

/** Adds a field for an option with names between commas, or in a JSON array, which may hold any name. */
export function addNamesField(ctx: CommandContext, name: string): Status {
  if (!ctx.has(name)) return OK;
  const text = ctx.invocation.option(name, "");
  if (text.startsWith("[")) return addJsonArgument(addField(name), "--" + name, text, JSON_ARRAY);
  addTextsField(name, text.split(","));
  return OK;
}

/** Appends a word that has to be JSON of `kind`, one of `JSON_…`. */
export function addJsonArgument(out: ByteBuffer, what: string, text: string, kind: u8): Status {
  const bytes = String.UTF8.encode(text);
  const ptr = changetype<usize>(bytes);
  if (!argumentTape.parse(ptr, bytes.byteLength)) return notJson(what, text);
  if (argumentTape.kind(0) != kind) {
    return fail(BAD_VALUE, what + " must be a JSON " + (kind == JSON_OBJECT ? "object" : "array") + ", not " + shortened(text));
  }
  out.addBytes(ptr, bytes.byteLength);
  return OK;
}

function notJson(what: string, text: string): Status {
  return fail(BAD_VALUE, what + " is not JSON: " + argumentTape.errorText() + " of " + shortened(text));
}

function shortened(text: string): string {
  return text.length > 60 ? text.substring(0, 60) + "…" : text;
}

/** Appends a word as a value of `column`: for JSON columns the document itself, else its text. */
export function addValueArgument(out: ByteBuffer, column: Column, text: string): Status {
  if (column.type != TYPE_JSON) {
    addString(out, text);
    return OK;
  }
  const bytes = String.UTF8.encode(text);
  if (!argumentTape.parse(changetype<usize>(bytes), bytes.byteLength)) return notJson("the value of " + column.name, text);
  out.addBytes(changetype<usize>(bytes), bytes.byteLength);
  return OK;
}

/** Adds the words from `first` up to `end` as keys: field `key` for one, `keys` for several. They are values of `column`. */
export function addKeys(ctx: CommandContext, column: Column, first: i32, end: i32): Status {
  const many = end - first > 1;
  const out = addField(many ? "keys" : "key");
  if (many) out.addU8(0x5b);
  for (let i = first; i < end; i++) {
    if (i > first) out.addU8(0x2c);
    const status = addValueArgument(out, column, ctx.word(i));
    if (status != OK) return status;
  }
  if (many) out.addU8(0x5d);
  return OK;
}

/** Adds the condition of `--where`, if it is there, with the words from `first` on as the values of its parameters. */
export function addWhere(ctx: CommandContext, first: i32): void {
  if (!ctx.has("where")) return;
  addTextField("where", ctx.invocation.option("where", ""));
  if (ctx.words.length > first) addTextsField("params", ctx.words.slice(first));
}

/** Adds the order of `--order`, if it is there. */
export function addOrder(ctx: CommandContext): void {
  if (ctx.has("order")) addTextField("orderBy", ctx.invocation.option("order", ""));
}

/** Has the request parsed, for commands that do the rest themselves. */
export function parseRequest(ctx: CommandContext): Status {
  request.addU8(0x7d);
  return readRequest(sessionOf(ctx), request.ptr, request.len);
}

/** Has the request done; with `--json` the reply is printed. */
export function call(ctx: CommandContext): Status {
  request.addU8(0x7d);
  reply.reset();
  const status = handleRequest(sessionOf(ctx), request.ptr, request.len, reply);
  if (status != OK || !ctx.json) return status;
  reply.addU8(10);
  stdout.bytes(reply.ptr, reply.len);
  return OK;
}

/** The reply of the last call, read. */
export function readReply(): JsonTape {
  replyTape.parse(reply.ptr, reply.len);
  return replyTape;
}

/** The member `name` of an object on the tape, or 0. */
export function member(tape: JsonTape, node: u32, name: string): u32 {
  const bytes = String.UTF8.encode(name);
  return tape.member(node, changetype<usize>(bytes), bytes.byteLength);
}

/** A member of the reply's `ok`. */
export function replyMember(tape: JsonTape, name: string): u32 {
  return member(tape, member(tape, 0, "ok"), name);
}

/** The text of a string or number on the tape. */
export function nodeText(tape: JsonTape, node: u32): string {
  const raw = tape.kind(node) != JSON_STRING;
  return String.UTF8.decodeUnsafe(raw ? tape.rawPtr(node) : tape.stringPtr(node), raw ? tape.rawLen(node) : tape.stringLen(node));
}

/** `1 row`, `2 rows`. */
export function counted(count: string, one: string, many: string): string {
  return count + " " + (count == "1" ? one : many);
}
