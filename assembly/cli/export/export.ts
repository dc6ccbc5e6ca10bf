/** `export`: all rows of a table in the order in which they are stored. */
import { Status, USAGE, fail, lastError } from "../../status";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { allPositions, columnPositions } from "../../schema/column-names";
import { AccessPath } from "../../query/access-path";
import { ScanLoop } from "../../query/scan-loop";
import { RowScan } from "../../store/row-scan";
import { Table } from "../../store/table";
import { Output, stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { badDelimiter, delimiterOf } from "../command-line/delimiter";
import { DelimitedRows, FormatOptions, JsonRows, RowFormat } from "../output/row-formats";
import { LineRows, MarkdownRows, TableRows } from "./export-table";

/** The names of the formats. */
const FORMATS: string = "table, csv, tsv, ndjson, json, markdown, line";

export function runExport(ctx: CommandContext): Status {
  const table = ctx.table(ctx.word(0));
  if (!table) return lastError.status;
  const positions = chosenColumns(ctx, table);
  if (!positions) return lastError.status;
  const format = formatNamed(ctx, ctx.invocation.option("format", ctx.json ? "json" : "table"), table.schema, positions);
  if (!format) return lastError.status;
  const path = new AccessPath(table);
  const rows = path.rows();
  const status = format.print<RowScan>(new ScanLoop<RowScan>(rows));
  rows.free();
  path.free();
  return status;
}

/** The format called `name` with the command's options, for rows of `schema` on standard output; null with `USAGE`. */
export function formatNamed(
  ctx: CommandContext,
  name: string,
  schema: TableSchemaSnapshot,
  positions: StaticArray<i32>,
): RowFormat | null {
  const options = formatOptions(ctx);
  if (ctx.has("delimiter")) {
    options.delimiter = delimiterOf(ctx.invocation.option("delimiter", ""));
    if (name != "csv" || options.delimiter == 0) {
      badDelimiter();
      return null;
    }
  }
  return rowFormat(name, schema, positions, stdout, options);
}

/** The format called `name`, writing the columns at `positions` to `out`; null with `USAGE`. */
function rowFormat(
  name: string,
  schema: TableSchemaSnapshot,
  positions: StaticArray<i32>,
  out: Output,
  options: FormatOptions,
): RowFormat | null {
  if (name == "table") return new TableRows(schema, positions, out, options);
  if (name == "markdown") return new MarkdownRows(schema, positions, out);
  if (name == "csv" || name == "tsv") return new DelimitedRows(schema, positions, out, options, name == "tsv");
  if (name == "ndjson" || name == "json") return new JsonRows(schema, positions, out, name == "json");
  if (name == "line") return new LineRows(schema, positions, out, options.color);
  fail(USAGE, "there is no format " + name, "formats: " + FORMATS);
  return null;
}

/** How rows are to be printed for this command. */
export function formatOptions(ctx: CommandContext): FormatOptions {
  const options = new FormatOptions();
  if (ctx.has("null")) options.nullText = ctx.invocation.option("null", "");
  options.header = !ctx.has("no-header");
  options.color = ctx.color;
  options.columns = ctx.columns;
  return options;
}

/** The positions of the columns that `--columns A,B` names, or of all; null with `COLUMN_NOT_FOUND`. */
function chosenColumns(ctx: CommandContext, table: Table): StaticArray<i32> | null {
  if (!ctx.has("columns")) return allPositions(table.schema);
  return columnPositions(table.schema, splitNames(ctx.invocation.option("columns", "")));
}

/** Names with commas between them; a backslash takes a comma's meaning away. */
function splitNames(text: string): Array<string> {
  const names = new Array<string>();
  let name = "";
  for (let i = 0; i < text.length; i++) {
    let char = text.charAt(i);
    if (char == ",") {
      names.push(name);
      name = "";
      continue;
    }
    if (char == "\\" && i + 1 < text.length) char = text.charAt(++i);
    name += char;
  }
  names.push(name);
  return names;
}
