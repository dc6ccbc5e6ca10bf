/** `sql`: statements of SQL. */
import {
  BAD_REQUEST,
  OK,
  SQL_LIMIT,
  SQL_SYNTAX,
  Status,
  TRANSACTION_ACTIVE,
  USAGE,
  fail,
  lastError,
  restoreError,
  savedError,
} from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { counted } from "../../check/check-report";
import { Statement } from "../../sql/execute";
import { SqlText } from "../../sql/sql-text";
import { isMissing } from "../../wasi/file";
import { environmentVariable, readWhole, stderr, stdout } from "../../wasi/stdio";
import { call, startRequest, addField, addTextField, addTextsField } from "../command-line/command-request";
import { CommandContext, openStore } from "../command-line/context";
import { removeStore } from "../command-line/made-store";
import { parametersOf, printRows } from "../export/statement-rows";

/** Bytes of a script at most. */
const LONGEST_SCRIPT: u32 = 64 << 20;

export function runSql(ctx: CommandContext): Status {
  const isScript = ctx.has("file") || ctx.words.length == 0;
  const bytes = new ByteBuffer(256);
  let status: Status = OK;
  if (isScript) {
    if (!ctx.has("file") && environmentVariable("QUIRE_STDIN_TTY") == "1") {
      stderr.line("reading statements of SQL from the terminal, up to Ctrl-D; quire help sql tells of other ways");
      stderr.flush();
    }
    if (!readWhole(ctx.invocation.option("file", "-"), bytes, LONGEST_SCRIPT)) status = lastError.status;
    else if (bytes.len > LONGEST_SCRIPT) status = fail(SQL_LIMIT, "a script has at most 64 MiB", "run it in parts");
  } else bytes.addText(ctx.word(0));
  if (status == OK) status = runText(ctx, new SqlText(bytes.ptr, bytes.len), ctx.words.slice(isScript ? 0 : 1));
  bytes.free();
  return status;
}

/** Runs the statements of a text, with `words` as the values of their parameters. */
function runText(ctx: CommandContext, text: SqlText, words: Array<string>): Status {
  const first = new Statement(text);
  let status = first.parse();
  if (status == OK && first.isNone) status = text.fail(SQL_SYNTAX, "there is no statement", text.len);
  const isOnly = status == OK && first.rest >= text.len && !first.isTransaction;
  if (status == OK && ctx.has("explain")) {
    status =
      first.rest >= text.len ? first.explain(false) : fail(USAGE, "--explain is for one query, and there are several statements");
  }
  if (status == OK && isOnly && <u32>words.length > first.parameterCount)
    status = fail(BAD_REQUEST, words.length.toString() + " values for " + first.parameterCount.toString() + " parameters");
  // A query needs no more than to read; tables may be made in a file that is not there yet.
  const makes = status == OK && (first.isDefinition || (first.isTransaction && first.rest < text.len));
  const isNew = makes && isMissing(ctx.invocation.file);
  if (status == OK) status = openStore(ctx, !isOnly || !first.isQuery, makes);
  if (status == OK && isOnly) {
    status = ctx.json
      ? printReply(ctx, text, 0, text.len, words)
      : first.givesRows
        ? printRows(ctx, first, words)
        : change(ctx, first, words);
  }
  first.free();
  if (status == OK && !isOnly) status = runScript(ctx, text, words);
  // What a script has made before it failed stays.
  if (status != OK && isNew && (isOnly || !ctx.store || ctx.db.tables.length == 0)) removeStore(ctx);
  return status;
}

/** Runs several statements, up to the first that fails. A transaction that is open in the end is rolled back. */
function runScript(ctx: CommandContext, text: SqlText, words: Array<string>): Status {
  const db = ctx.db;
  let status: Status = OK;
  let changes: i64 = 0;
  let hasRows = ctx.json;
  let defines = false;
  let at: u32 = 0;
  for (let number = 1; status == OK; number++) {
    const statement = new Statement(text, at);
    status = statement.parse();
    const isOver = status == OK && statement.isNone;
    const start = statement.isNone ? text.len : statement.start;
    at = statement.rest;
    if (status == OK && !isOver) {
      hasRows = hasRows || statement.givesRows;
      defines = defines || statement.isDefinition;
      if (ctx.json) status = printReply(ctx, text, start, at, words.slice(0, statement.parameterCount));
      else if (statement.givesRows) status = printRows(ctx, statement, words);
      else status = statement.run(db, parametersOf(words));
    }
    changes += statement.changes;
    statement.free();
    if (isOver) break;
    if (status != OK) status = inStatement(text, number, start);
  }
  if (db.inTransaction) {
    if (status == OK) status = fail(TRANSACTION_ACTIVE, "the last transaction is not committed", "it was rolled back");
    else lastError.what += "; the transaction was rolled back";
    const failure = savedError();
    status = db.rollback() == OK ? restoreError(failure) : lastError.status;
  }
  if (status == OK && !hasRows) tell(changes, defines);
  return status;
}

/** Says what was done, where nothing else does. */
function tell(changes: i64, defines: bool): void {
  stdout.line(defines && changes == 0 ? "done" : "changed " + counted(changes, "row"));
}

/** Says of the last error which statement it is about, and where. */
function inStatement(text: SqlText, number: i32, start: u32): Status {
  if (lastError.textOffset < 0) text.place(start);
  lastError.what = "statement " + number.toString() + ", " + lastError.what;
  return lastError.status;
}

/** With `--json`: what the request `sql` replies to the text from byte `start` to `end`. */
function printReply(ctx: CommandContext, text: SqlText, start: u32, end: u32, words: Array<string>): Status {
  startRequest("sql");
  addTextField("sql", String.UTF8.decodeUnsafe(text.ptr + start, end - start));
  if (words.length > 0) addTextsField("params", words);
  if (ctx.has("explain")) addField("explain").addText("true");
  return call(ctx);
}

function change(ctx: CommandContext, statement: Statement, words: Array<string>): Status {
  const status = statement.run(ctx.db, parametersOf(words));
  if (status == OK) tell(statement.changes, statement.isDefinition);
  return status;
}
