/** The formats that rows are printed in, by name. */
import { USAGE, fail } from "../../status";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { Output, stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { badDelimiter, delimiterOf } from "../command-line/delimiter";
import { DelimitedRows, FormatOptions, JsonRows, RowFormat } from "../output/row-formats";
import { LineRows, MarkdownRows, TableRows } from "./export-table";

/** The names of the formats. */
const FORMATS: string = "table, csv, tsv, ndjson, json, markdown, line";

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
  if (name == "ndjson" || name == "json") return new JsonRows(schema, positions, out, options, name == "json");
  if (name == "line") return new LineRows(schema, positions, out, options.color);
  fail(USAGE, "there is no format " + name, "formats: " + FORMATS);
  return null;
}

/** How rows are to be printed for this command. */
export function formatOptions(ctx: CommandContext): FormatOptions {
  const options = new FormatOptions();
  if (ctx.has("null")) options.nullText = ctx.invocation.option("null", "");
  options.header = !ctx.has("no-header");
  options.numbers = ctx.has("numbers");
  options.color = ctx.color;
  options.columns = ctx.columns;
  return options;
}
