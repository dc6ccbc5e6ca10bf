/** `export`: all rows of a table in the order in which they are stored, or of a view. */
import { OK, Status, lastError } from "../../status";
import { allPositions, columnNames, columnPositions } from "../../schema/column-names";
import { AccessPath } from "../../query/access-path";
import { ScanLoop } from "../../query/scan-loop";
import { quoted, quotedNames } from "../../sql/catalog/definition-text";
import { RowScan } from "../../store/row-scan";
import { Table } from "../../store/table";
import { findTable } from "../../store/table-list";
import { addOrder, addTextsField, addWhere, parseRequest, startRequest } from "../command-line/command-request";
import { CommandContext } from "../command-line/context";
import { splitNames } from "../command-line/name-list";
import { formatNamed } from "./formats";
import { printRequested } from "./requested-rows";
import { printQuery } from "./statement-rows";

export function runExport(ctx: CommandContext): Status {
  const tableName = ctx.word(0);
  if (!findTable(ctx.db.tables, tableName) && ctx.db.catalog.view(tableName)) return exportView(ctx, tableName);
  const table = ctx.table(tableName);
  if (!table) return lastError.status;
  const positions = chosenColumns(ctx, table);
  if (!positions) return lastError.status;
  const name = ctx.invocation.option("format", ctx.json ? "json" : "table");
  if (ctx.has("where") || ctx.has("order")) return exportChosen(ctx, table, positions, name);
  const format = formatNamed(ctx, name, table.schema, positions);
  if (!format) return lastError.status;
  const path = new AccessPath(table);
  const rows = path.rows();
  const status = format.print<RowScan>(new ScanLoop<RowScan>(rows));
  rows.free();
  path.free();
  return status;
}

/** The same of the rows that a condition is true for, or in another order. */
function exportChosen(ctx: CommandContext, table: Table, positions: StaticArray<i32>, format: string): Status {
  startRequest("scan", table.name);
  addTextsField("columns", columnNames(table.schema, positions));
  addWhere(ctx, 1);
  addOrder(ctx);
  const status = parseRequest(ctx);
  return status == OK ? printRequested(ctx, table, format) : status;
}

function exportView(ctx: CommandContext, name: string): Status {
  const names = splitNames(ctx.invocation.option("columns", ""));
  let query = "SELECT " + (ctx.has("columns") ? quotedNames(names) : "*") + " FROM " + quoted(name);
  if (ctx.has("where")) query += " WHERE " + ctx.invocation.option("where", "");
  if (ctx.has("order")) query += " ORDER BY " + ctx.invocation.option("order", "");
  return printQuery(ctx, query, ctx.words.slice(1));
}

/** The positions of the columns that `--columns A,B` names, or of all; null with `COLUMN_NOT_FOUND`. */
function chosenColumns(ctx: CommandContext, table: Table): StaticArray<i32> | null {
  if (!ctx.has("columns")) return allPositions(table.schema);
  return columnPositions(table.schema, splitNames(ctx.invocation.option("columns", "")));
}
