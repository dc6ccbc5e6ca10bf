/** Scripts: texts of several statements of SQL, which are run one after the other. */
import { QuireError } from "./errors.js";
import type { ModuleStatements } from "./module-statement.js";
import { Operation, type Steps } from "./operations.js";
import type { ExecResult } from "./requests.js";
import { PAGE_ROWS, StatementCall, ask } from "./statement-operations.js";
import { USUAL_FORMS } from "./value-forms.js";

/** White space and comments; a semicolon; texts and names in quotes, which end with the script if they are not closed; and what else there is. */
const TOKEN = /([\t-\r ]+|--[^\n]*|\/\*[^]*?(?:\*\/|$))|(;)|'[^']*'?|"[^"]*"?|`[^`]*`?|\[[^\]]*\]?|[^\t-\r ;'"`[/-]+|[/-]/gy;

/** Where the statements of a script begin and end. Which of them is none is for the module to say. */
export function* statementsOf(script: string): Generator<readonly [start: number, end: number], void, undefined> {
  let start = -1;
  for (const { index, 1: blank, 2: end } of script.matchAll(TOKEN)) {
    if (end !== undefined) {
      if (start >= 0) yield [start, index];
      start = -1;
    } else if (blank === undefined && start < 0) start = index;
  }
  if (start >= 0) yield [start, script.length];
}

/** What went wrong with the statement of this number, whose place in it, or else its own, is told as that in the script. */
function errorInScript(error: unknown, script: string, number: number, start: number): unknown {
  if (!(error instanceof QuireError)) return error;
  const before = script.slice(0, start).split("\n");
  const firstLine = before.length;
  const [, at, of, message] = /^(?:line (\d+), column (\d+): )?([^]*)$/.exec(error.message) as unknown as string[];
  const line = firstLine + Number(at ?? 1) - 1;
  const column = Number(of ?? 1) + (line === firstLine ? Array.from(before.at(-1) as string).length : 0);
  const place = `statement ${number}, line ${line}, column ${column}: `;
  return new QuireError(error.code, place + (message as string), undefined, { cause: error });
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

/** Runs the statements of a script up to the first that fails. */
export const EXEC = new Operation<string, undefined, ExecResult>("exec", function* (_, __, script) {
  if (typeof script !== "string") throw new QuireError("BAD_REQUEST", "exec: a script is a text");
  let statements = 0;
  let changes = 0;
  for (const [start, end] of statementsOf(script)) {
    statements++;
    try {
      changes += yield* finish(new StatementCall(script.slice(start, end), true, USUAL_FORMS));
    } catch (error) {
      throw errorInScript(error, script, statements, start);
    }
  }
  return { statements, changes };
});
