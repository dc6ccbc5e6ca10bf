/** Scripts: texts of several statements of SQL, which are run one after the other. */
import { QuireError } from "./errors.js";
import type { ModuleStatements } from "./module-statement.js";
import { Operation, type Steps } from "./operations.js";
import type { ExecResult } from "./requests.js";
import { PAGE_ROWS, StatementCall, ask } from "./statement-operations.js";
import { type SplitStatement, StatementSplitter } from "./statement-splitter.js";
import { USUAL_FORMS } from "./value-forms.js";

/** What went wrong with the statement of this number, whose place in it, or else its own, is told as that in the script. */
function errorInScript(error: unknown, { line: startLine, column: startColumn }: SplitStatement, number: number): unknown {
  if (!(error instanceof QuireError)) return error;
  const [, at, of, message] = /^(?:line (\d+), column (\d+): )?([^]*)$/.exec(error.message) as unknown as string[];
  const line = startLine + Number(at ?? 1) - 1;
  const column = Number(of ?? 1) + (line === startLine ? startColumn - 1 : 0);
  const place = `statement ${number}, line ${line}, column ${column}: `;
  return new QuireError(error.code, place + (message as string), undefined, { cause: error.cause });
}

/** What a statement without rows has changed by the module's calls; undefined when it has to go as a request. */
function changesOf(statements: ModuleStatements, call: StatementCall): number | undefined {
  if (!call.isDirect) return undefined;
  const statement = statements.take(call.sql);
  try {
    if (statement.shape.givesRows || statement.run([], 0, [], call) === undefined) return undefined;
    return statement.changes;
  } finally {
    statements.give(statement);
  }
}

/** Runs a statement to its end, and keeps none of its rows: how many it changed. */
function* finish(call: StatementCall): Steps<number> {
  const direct = yield { direct: ({ statements }) => changesOf(statements, call) };
  if (direct !== undefined) return direct as number;
  let page = yield* ask(call, [], { maxRows: PAGE_ROWS });
  while (page.after !== null) page = yield* ask(call, [], { maxRows: PAGE_ROWS, after: page.after });
  return page.changes;
}

/** The statements of a script one after the other. */
function* statementsOf(script: string): Generator<SplitStatement, void, undefined> {
  const splitter = new StatementSplitter();
  yield* splitter.feed(script);
  const last = splitter.end();
  if (last !== null) yield last;
}

/** Runs the statements of a script up to the first that fails. */
export const EXEC = new Operation<string, undefined, ExecResult>("exec", function* (_, __, script) {
  if (typeof script !== "string") throw new QuireError("BAD_REQUEST", "exec: a script is a text");
  let statements = 0;
  let changes = 0;
  for (const statement of statementsOf(script)) {
    statements++;
    try {
      changes += yield* finish(new StatementCall(statement.sql, true, USUAL_FORMS));
    } catch (error) {
      throw errorInScript(error, statement, statements);
    }
  }
  return { statements, changes };
});
