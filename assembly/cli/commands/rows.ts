/** `insert`, `update`, `delete` and `get`. */
import { Status, OK, USAGE, BAD_VALUE, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { JSON_OBJECT } from "../../encode/json";
import { ScanLoop } from "../../query/scan-loop";
import { LONGEST_REQUEST } from "../../request/dispatcher";
import { RowsOfKeys, requestedColumns, requestedRows } from "../../request/row-requests";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { formatNamed, formatOptions } from "../export/formats";
import { RowFormat } from "../output/row-formats";
import { FieldRows, TableRows } from "../export/export-table";
import {
  addField,
  addJsonArgument,
  addKeys,
  addNamesField,
  addWhere,
  call,
  counted,
  nodeText,
  parseRequest,
  readReply,
  replyMember,
  sessionOf,
  startRequest,
} from "../command-line/command-request";
import { JsonReader } from "../import/json-reader";
import { ByteSource, atLine } from "../import/byte-source";
import { refuseForeign } from "../import/source-kind";

/** Keys of new rows that are named. */
const SHOWN_KEYS: i32 = 20;

export function runInsert(ctx: CommandContext): Status {
  const words = ctx.words;
  const fromInput = words.length == 2 && words[1] == "-";
  const many = fromInput || words.length > 2;
  startRequest("insert", words[0]);
  const out = addField(many ? "rows" : "row");
  if (many) out.addU8(0x5b);
  let status = fromInput ? addRowsOfInput(out) : addRowWords(words, many, out);
  if (many) out.addU8(0x5d);
  if (status == OK) status = call(ctx);
  if (status != OK || ctx.json) return status;
  const tape = readReply();
  const keys = replyMember(tape, "keys");
  let text = "";
  let shown = 0;
  for (let node = tape.first(keys); node != 0; node = tape.next(node)) {
    if (shown++ == SHOWN_KEYS) {
      text += ", …";
      break;
    }
    text += (shown > 1 ? ", " : "") + nodeText(tape, node);
  }
  const table = ctx.table(words[0]);
  const inserted = counted(tape.count(keys).toString(), "row", "rows");
  stdout.line("inserted " + inserted + (table ? ": " + table.schema.primaryKey + " = " + text : ""));
  return OK;
}

/** Adds the words behind the table's name: a row each. */
function addRowWords(words: Array<string>, many: bool, out: ByteBuffer): Status {
  for (let i = 1; i < words.length; i++) {
    if (i > 1) out.addU8(0x2c);
    const status = addJsonArgument(out, many ? "row " + i.toString() : "the row", words[i], JSON_OBJECT);
    if (status != OK) return status;
  }
  return OK;
}

/** Adds the rows on standard input: objects one after the other, or an array of them. */
function addRowsOfInput(out: ByteBuffer): Status {
  const source = ByteSource.open("-");
  if (!source) return lastError.status;
  let status = refuseForeign(source);
  const rows = new JsonReader(source, false);
  const start = out.len;
  while (status == OK && rows.next()) {
    if (out.len > start) out.addU8(0x2c);
    out.addBytes(rows.tape.rawPtr(0), rows.tape.rawLen(0));
    if (out.len > LONGEST_REQUEST) status = fail(BAD_VALUE, "these rows are too many for one insert", "import takes any number");
  }
  if (status == OK && rows.status != OK) status = atLine(rows.line, rows.status);
  if (status == OK && out.len == start) status = fail(BAD_VALUE, "there are no rows on standard input");
  source.close();
  return status;
}

export function runUpdate(ctx: CommandContext): Status {
  const table = ctx.table(ctx.word(0));
  if (!table) return lastError.status;
  startRequest("update", ctx.word(0));
  const isChosen = ctx.has("where");
  let status = isChosen ? OK : addKeys(ctx, table.schema.columns[table.keyColumn], 1, 2);
  if (status == OK) status = addJsonArgument(addField("set"), "the change", ctx.word(isChosen ? 1 : 2), JSON_OBJECT);
  addWhere(ctx, 2);
  if (status == OK) status = call(ctx);
  if (status != OK || ctx.json) return status;
  const tape = readReply();
  const cascaded = nodeText(tape, replyMember(tape, "cascaded"));
  const count = nodeText(tape, replyMember(tape, "updated"));
  const followed = cascaded == "0" ? "" : ", and " + counted(cascaded, "row that refers", "rows that refer") + " to ";
  stdout.line("updated " + counted(count, "row", "rows") + followed + (followed == "" ? "" : count == "1" ? "it" : "them"));
  return OK;
}

export function runDelete(ctx: CommandContext): Status {
  const table = ctx.table(ctx.word(0));
  if (!table) return lastError.status;
  if (ctx.has("cascade") && ctx.has("restrict")) return fail(USAGE, "--cascade and --restrict exclude each other");
  startRequest("delete", ctx.word(0));
  let status = ctx.has("where") ? OK : addKeys(ctx, table.schema.columns[table.keyColumn], 1, ctx.words.length);
  addWhere(ctx, 1);
  if (ctx.has("cascade")) addField("cascade").addText("true");
  else if (ctx.has("restrict")) addField("cascade").addText("false");
  if (status == OK) status = call(ctx);
  if (status != OK || ctx.json) return status;
  const tape = readReply();
  const cascaded = nodeText(tape, replyMember(tape, "cascaded"));
  const deleted = counted(nodeText(tape, replyMember(tape, "deleted")), "row", "rows");
  const followed = cascaded == "0" ? "" : ", and " + counted(cascaded, "row that referred", "rows that referred") + " to them";
  stdout.line("deleted " + deleted + followed);
  return OK;
}

export function runGet(ctx: CommandContext): Status {
  const table = ctx.table(ctx.word(0));
  if (!table) return lastError.status;
  startRequest("get", ctx.word(0));
  const named = table.schema.columnIndex(ctx.invocation.option("index", table.schema.primaryKey));
  // A column that is not there is the request's to refuse.
  let status = addKeys(ctx, table.schema.columns[named >= 0 ? named : table.keyColumn], 1, ctx.words.length);
  if (status == OK) status = addNamesField(ctx, "index");
  if (status == OK) status = addNamesField(ctx, "columns");
  if (status != OK) return status;
  if (ctx.json && !ctx.has("format")) return call(ctx);
  status = parseRequest(ctx);
  if (status != OK) return status;
  const rows = requestedRows(sessionOf(ctx), table);
  const writer = rows ? requestedColumns(sessionOf(ctx), table) : null;
  return rows && writer ? printRows(ctx, rows, writer.positions) : lastError.status;
}

/** Prints the rows with the keys of the request: one with a line for each column, several as a table, which is none when one is missing. */
function printRows(ctx: CommandContext, rows: RowsOfKeys, positions: StaticArray<i32>): Status {
  const schema = rows.table.schema;
  const options = formatOptions(ctx);
  let format: RowFormat | null = null;
  if (ctx.has("format")) format = formatNamed(ctx, ctx.invocation.option("format", ""), schema, positions);
  else if (rows.isMany) format = new TableRows(schema, positions, stdout, options);
  else format = new FieldRows(schema, positions, stdout, options);
  if (!format) return lastError.status;
  format.begin();
  const status = new ScanLoop<RowsOfKeys>(rows).run<RowFormat>(format);
  if (status == OK) format.end();
  return status;
}
