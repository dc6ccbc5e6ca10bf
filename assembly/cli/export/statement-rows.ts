/** Rows of a statement, printed: `sql`, and `export` of a view. */
import { OK, Status, lastError } from "../../status";
import { ScanLoop } from "../../query/scan-loop";
import { allPositions } from "../../schema/column-names";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { stringConstant } from "../../sql/bind/literals";
import { Constant } from "../../sql/eval/expression";
import { Statement } from "../../sql/execute";
import { QueryRows } from "../../sql/query-rows";
import { SqlText } from "../../sql/sql-text";
import { CommandContext } from "../command-line/context";
import { RowFormat } from "../output/row-formats";
import { formatNamed } from "./formats";

/** Values of parameters, which take the types of what they meet. */
export function parametersOf(words: Array<string>): Array<Constant> {
  const parameters = new Array<Constant>();
  for (let i = 0; i < words.length; i++) parameters.push(stringConstant(words[i]));
  return parameters;
}

/** How rows are to be printed; null with `USAGE`. */
function formatOf(ctx: CommandContext, schema: TableSchemaSnapshot): RowFormat | null {
  return formatNamed(ctx, ctx.invocation.option("format", ctx.json ? "json" : "table"), schema, allPositions(schema));
}

/** Prints the rows of a statement that was parsed, with `words` as the values of its parameters. */
export function printRows(ctx: CommandContext, statement: Statement, words: Array<string>): Status {
  // What is wrong with the options is said before anything is changed.
  if (!formatOf(ctx, new TableSchemaSnapshot("", ""))) return lastError.status;
  const rows = statement.rows(ctx.db, parametersOf(words));
  if (!rows) return lastError.status;
  const format = formatOf(ctx, rows.schema);
  let status = lastError.status;
  if (format) {
    status = format.print<QueryRows>(new ScanLoop<QueryRows>(rows));
    if (status == OK) status = rows.status;
  }
  rows.free();
  return status;
}

/** The same of the query `text`. */
export function printQuery(ctx: CommandContext, text: string, words: Array<string>): Status {
  const bytes = String.UTF8.encode(text);
  const statement = new Statement(new SqlText(changetype<usize>(bytes), bytes.byteLength));
  let status = statement.parse();
  if (status == OK) status = printRows(ctx, statement, words);
  statement.free();
  return status;
}
