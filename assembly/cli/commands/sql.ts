/** `sql`: a statement of SQL. */
import { OK, SQL_UNSUPPORTED, Status, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { counted } from "../../check/check-report";
import { ScanLoop } from "../../query/scan-loop";
import { allPositions } from "../../schema/column-names";
import { textConstant } from "../../sql/bind/literals";
import { Constant } from "../../sql/eval/expression";
import { Statement } from "../../sql/execute";
import { QueryRows } from "../../sql/query-rows";
import { SqlText } from "../../sql/sql-text";
import { isMissing } from "../../wasi/file";
import { stdout } from "../../wasi/stdio";
import { call, startRequest, addTextField, addTextsField } from "../command-line/command-request";
import { CommandContext, openStore } from "../command-line/context";
import { removeStore } from "../command-line/made-store";
import { formatNamed } from "../export/export";

export function runSql(ctx: CommandContext): Status {
  const bytes = new ByteBuffer(256);
  bytes.addText(ctx.word(0));
  const statement = new Statement(new SqlText(bytes.ptr, bytes.len));
  let status = statement.parseOnly();
  if (status == OK && statement.isTransaction)
    status = fail(SQL_UNSUPPORTED, "a transaction ends with the command", "serve has those of several statements");
  // A query needs no more than to read; tables may be made in a file that is not there yet.
  const isNew = status == OK && statement.isDefinition && isMissing(ctx.invocation.file);
  if (status == OK) status = openStore(ctx, !statement.isQuery, statement.isDefinition);
  if (status == OK)
    status = ctx.json ? printReply(ctx) : statement.givesRows ? printRows(ctx, statement) : change(ctx, statement);
  if (status != OK && isNew) removeStore(ctx);
  statement.free();
  bytes.free();
  return status;
}

/** The words behind the statement: values of its parameters, which take the types of what they meet. */
function parametersOf(ctx: CommandContext): Array<Constant> {
  const parameters = new Array<Constant>();
  for (let i = 1; i < ctx.words.length; i++) {
    const word = String.UTF8.encode(ctx.words[i]);
    parameters.push(textConstant(changetype<usize>(word), word.byteLength));
  }
  return parameters;
}

/** With `--json`: what the request `sql` replies. */
function printReply(ctx: CommandContext): Status {
  startRequest("sql");
  addTextField("sql", ctx.word(0));
  if (ctx.words.length > 1) addTextsField("params", ctx.words.slice(1));
  return call(ctx);
}

function printRows(ctx: CommandContext, statement: Statement): Status {
  const rows = statement.rows(ctx.db, parametersOf(ctx));
  if (!rows) return lastError.status;
  const format = formatNamed(ctx, ctx.invocation.option("format", "table"), rows.schema, allPositions(rows.schema));
  let status = lastError.status;
  if (format) {
    status = format.print<QueryRows>(new ScanLoop<QueryRows>(rows));
    if (status == OK) status = rows.status;
  }
  rows.free();
  return status;
}

function change(ctx: CommandContext, statement: Statement): Status {
  const status = statement.run(ctx.db, parametersOf(ctx));
  const isDone = statement.isDefinition && statement.changes == 0;
  if (status == OK) stdout.line(isDone ? "done" : "changed " + counted(statement.changes, "row"));
  return status;
}
