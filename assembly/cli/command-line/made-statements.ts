/** Statements of SQL that a command makes of its words. */
import { Status, OK } from "../../status";
import { Statement } from "../../sql/execute";
import { MadeText } from "../../sql/sql-text";
import { beginTogether, endTogether } from "../../store/insertion";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "./context";

/** Runs all of `statements`, or none, and says so: `done` to people. */
export function runStatements(ctx: CommandContext, statements: Array<string>, done: string): Status {
  const db = ctx.db;
  let status = beginTogether(db);
  if (status != OK) return status;
  for (let s = 0; s < statements.length && status == OK; s++) {
    const statement = new Statement(new MadeText(statements[s]));
    status = statement.parse();
    if (status == OK) status = statement.run(db, []);
    statement.free();
  }
  status = endTogether(db, false, status);
  if (status == OK) stdout.line(ctx.json ? '{"ok":{}}' : done);
  return status;
}
