/** SQL from its text to rows or changes. */
import { OK, Status, lastError } from "../status";
import { DbmsContext } from "../store/dbms-context";
import { QueryBinder } from "./bind/query";
import { StatementContext } from "./bind/statement";
import { Changes } from "./changes";
import { Constant } from "./eval/expression";
import { QueryRows } from "./query-rows";
import { SqlText } from "./sql-text";
import { readStatement, sqlRoot } from "./syntax/statements";
import { N_QUERY, SqlTree } from "./syntax/tree";

/** One statement, of which nothing but its text is known yet. */
export class Statement {
  private readonly tree: SqlTree = new SqlTree();
  private root: u32 = 0;
  /** Rows that it changed. */
  changes: i64 = 0;

  /** The text has to stay where it is. */
  constructor(private readonly text: SqlText) {}

  /** Reads the text: `SQL_SYNTAX`, `SQL_UNSUPPORTED` or `SQL_LIMIT` with the place in it. */
  parse(): Status {
    const status = readStatement(this.text, this.tree);
    this.root = sqlRoot;
    return status;
  }

  /** Whether it gives rows. */
  get isQuery(): bool {
    return this.tree.kind(this.root) == N_QUERY;
  }

  /** The rows of a query; null on failure. They have to be freed before the statement, and before anything else uses the store. */
  rows(db: DbmsContext, parameters: Array<Constant>): QueryRows | null {
    const status = db.flushChanges();
    if (status != OK) return null;
    db.store.useFormat();
    const context = this.context(db, parameters);
    const relation = new QueryBinder(context, null, []).query(this.root);
    if (relation) return QueryRows.over(relation);
    context.freeLoose();
    return null;
  }

  /**
   * Does what a statement that gives no rows says. On failure what was done has to be taken back; so it needs a transaction or savepoint.
   */
  run(db: DbmsContext, parameters: Array<Constant>): Status {
    const status = db.flushChanges();
    if (status != OK) return status;
    db.store.useFormat();
    const context = this.context(db, parameters);
    const changes = new Changes(db, context);
    const ran = changes.run(this.root);
    context.freeLoose();
    this.changes = changes.count;
    return ran == OK ? OK : lastError.status;
  }

  private context(db: DbmsContext, parameters: Array<Constant>): StatementContext {
    return new StatementContext(this.text, this.tree, db.tables, parameters);
  }

  free(): void {
    this.tree.free();
  }
}
