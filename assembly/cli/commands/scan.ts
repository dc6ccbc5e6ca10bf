/** `scan`. */
import { Status, OK, USAGE, fail, lastError } from "../../status";
import { addUnsigned } from "../../encode/digits";
import { JSON_ARRAY } from "../../encode/json";
import { Column } from "../../schema/column";
import { RowScan } from "../../store/row-scan";
import { RowSource } from "../../store/row-source";
import { Table } from "../../store/table";
import { ScanPlan, sortedRows } from "../../request/scan-request";
import { findIndex } from "../../store/names";
import { requestedColumns } from "../../request/row-requests";
import { JsonObjects } from "../../query/row-sinks";
import { RowWriter } from "../../query/row-writer";
import { ScanLoop } from "../../query/scan-loop";
import { QueryRows } from "../../sql/query-rows";
import { FIELD_INDEX } from "../../request/request";
import { addAscii } from "../../encode/json-pieces";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import {
  addField,
  addJsonArgument,
  addNamesField,
  addOrder,
  addValueArgument,
  addWhere,
  parseRequest,
  sessionOf,
  startRequest,
} from "../command-line/command-request";
import { isOver } from "../output/row-formats";
import { printRequested } from "../export/requested-rows";

export function runScan(ctx: CommandContext): Status {
  const table = ctx.table(ctx.word(0));
  if (!table) return lastError.status;
  if (ctx.has("eq") && (ctx.has("from") || ctx.has("to"))) return fail(USAGE, "--eq goes without --from and --to");
  const column = firstColumn(ctx, table);
  if (!column) return lastError.status;
  startRequest("scan", table.name);
  let status = addNamesField(ctx, "index");
  if (status == OK) status = addNamesField(ctx, "columns");
  if (status == OK) status = addBound(ctx, column, "eq");
  if (status == OK) status = addBound(ctx, column, "from");
  if (status == OK) status = addBound(ctx, column, "to");
  if (status != OK) return status;
  if (ctx.has("reverse")) addField("reverse").addText("true");
  if (ctx.has("count")) addField("count").addText("true");
  const offset = ctx.number("offset", -2);
  const limit = ctx.number("limit", -2);
  if (offset == -1 || limit == -1) return USAGE;
  if (offset >= 0) addUnsigned(offset, addField("offset"));
  if (limit >= 0) addUnsigned(limit, addField("limit"));
  addWhere(ctx, 1);
  addOrder(ctx);
  status = parseRequest(ctx);
  if (status != OK) return status;
  if (!ctx.has("count") && (!ctx.json || ctx.has("format")))
    return printRequested(ctx, table, ctx.invocation.option("format", "table"));
  if (ctx.has("order")) return ctx.has("count") ? fail(USAGE, "--order goes without --count") : printSortedJson(ctx);
  const plan = ScanPlan.open(sessionOf(ctx), i64.MAX_VALUE);
  if (!plan) return lastError.status;
  if (plan.countOnly) return printCount(ctx, plan);
  const writer = requestedColumns(sessionOf(ctx), table);
  return writer ? printJson<RowScan>(plan, writer) : lastError.status;
}

/** The first column of the index that bounds are for, which says how they are read; null on failure. */
function firstColumn(ctx: CommandContext, table: Table): Column | null {
  if (!ctx.has("index")) return table.schema.columns[table.keyColumn];
  // The request's own reader knows both ways to write names.
  startRequest("scan", table.name);
  let status = addNamesField(ctx, "index");
  if (status == OK) status = parseRequest(ctx);
  const names = status == OK ? sessionOf(ctx).request.texts(FIELD_INDEX) : null;
  const index = names ? findIndex(table, names) : null;
  return index ? table.schema.columns[index.columns[0]] : null;
}

/** A value, or a JSON array of the values of several columns. */
function addBound(ctx: CommandContext, column: Column, name: string): Status {
  if (!ctx.has(name)) return OK;
  const text = ctx.invocation.option(name, "");
  if (text.startsWith("[")) return addJsonArgument(addField(name), "--" + name, text, JSON_ARRAY);
  return addValueArgument(addField(name), column, text);
}

function printCount(ctx: CommandContext, plan: ScanPlan): Status {
  const count = plan.count();
  if (count < 0) return lastError.status;
  stdout.line(ctx.json ? '{"ok":{"count":' + count.toString() + "}}" : count.toString());
  return OK;
}

/** JSON objects on standard output. */
class PrintedObjects extends JsonObjects {
  take(source: RowSource): void {
    super.take(source);
    stdout.check();
    this.isFull = isOver(stdout);
  }
}

function printSortedJson(ctx: CommandContext): Status {
  const sorted = sortedRows(sessionOf(ctx));
  if (!sorted) return lastError.status;
  return printJson<QueryRows>(new ScanLoop<QueryRows>(sorted.rows), RowWriter.all(sorted.rows.schema));
}

function printJson<S extends RowSource>(rows: ScanLoop<S>, writer: RowWriter): Status {
  addAscii(stdout.buffer, '{"ok":{"rows":[');
  const status = rows.run(new PrintedObjects(writer, stdout.buffer));
  if (status == OK) stdout.line('],"after":null}}');
  return status;
}
