/** SQL from its text to rows or changes. */
import { OK, SQL_SYNTAX, Status, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { isInteger } from "../encode/data-type";
import { Column } from "../schema/column";
import { loadInteger } from "../table/autoincrement-ledger";
import { DbmsContext } from "../store/dbms-context";
import { beginTogether, endTogether } from "../store/insertion";
import { QueryBinder } from "./bind/query";
import { Relation } from "./bind/scope";
import { StatementContext } from "./bind/statement";
import { ChangeStatement } from "./change/change";
import { InsertStatement } from "./change/insert";
import { UpdateStatement } from "./change/update";
import { Definitions } from "./definitions";
import { Constant } from "./eval/expression";
import { QueryRows } from "./query-rows";
import { SqlText } from "./sql-text";
import { readStatement, sqlRest, sqlRoot } from "./syntax/statements";
import {
  N_CREATE_TABLE,
  FLAG_ANALYZE,
  N_EXPLAIN,
  N_INSERT,
  N_QUERY,
  N_TRANSACTION,
  SqlTree,
  TX_BEGIN,
  TX_COMMIT,
  TX_ROLLBACK,
  TX_ROLLBACK_TO,
  TX_SAVEPOINT,
} from "./syntax/tree";

/** One statement. What is found out about how to run it is kept, for other runs with other parameters. */
export class Statement {
  private readonly tree: SqlTree = new SqlTree();
  private root: u32 = 0;
  /** Where in the text the next statement begins. */
  rest: u32 = 0;
  private context: StatementContext | null = null;
  private relation: Relation | null = null;
  /** The version of the store's tables that the plan is for. */
  private tablesVersion: u32 = 0;
  /** Rows that it changed. */
  changes: i64 = 0;
  /** The key of the row that it inserted last, as a record has it, and its column; null where there is none. */
  lastKey: ArrayBuffer | null = null;
  lastColumn: Column | null = null;

  /** The text has to stay where it is; the statement is its first one from byte `from` on. */
  constructor(
    private readonly text: SqlText,
    private readonly from: u32 = 0,
  ) {}

  /** Reads the statement: `SQL_SYNTAX`, `SQL_UNSUPPORTED` or `SQL_LIMIT` with the place in the text. */
  parse(): Status {
    const status = readStatement(this.text, this.tree, this.from);
    this.root = sqlRoot;
    this.rest = sqlRest;
    return status;
  }

  /** The same of a text that has to have one statement and no other. */
  parseOnly(): Status {
    const status = this.parse();
    if (status != OK) return status;
    if (this.isNone) return this.text.fail(SQL_SYNTAX, "there is no statement", this.text.len);
    if (this.rest >= this.text.len) return OK;
    return this.text.fail(SQL_SYNTAX, "expected the end, found another statement", this.rest);
  }

  /** Where in the text it begins. */
  get start(): u32 {
    return this.tree.start(this.root);
  }

  /** Whether there is no statement any more. */
  get isNone(): bool {
    return this.root == 0;
  }

  /** Whether it only reads. */
  get isQuery(): bool {
    const kind = this.tree.kind(this.root);
    return kind == N_QUERY || kind == N_EXPLAIN;
  }

  /** Whether it begins or ends a transaction or savepoint. */
  get isTransaction(): bool {
    return this.tree.kind(this.root) == N_TRANSACTION;
  }

  /** Whether it makes or takes away tables or indexes. */
  get isDefinition(): bool {
    return this.tree.kind(this.root) >= N_CREATE_TABLE;
  }

  /** Whether it gives rows. */
  get givesRows(): bool {
    const tail = this.isQuery || this.isTransaction ? 0 : this.tree.d(this.root);
    return this.isQuery || (tail != 0 && this.tree.b(tail) != 0);
  }

  /**
   * The rows of a statement that gives some; null on failure. What it changes is done, all of it or, on failure, nothing. The rows have to
   * be freed before the statement, and before anything else uses the store.
   */
  rows(db: DbmsContext, parameters: Array<Constant>): QueryRows | null {
    if (!this.isQuery) {
      const change = this.change(db, parameters);
      if (!change) return null;
      const returned = change.returned!;
      change.free();
      return QueryRows.over(returned.relation, this.context!);
    }
    const relation = this.plan(db, parameters);
    if (!relation) return null;
    const operator = relation.operator;
    if (operator.open()) return QueryRows.over(relation, this.context!);
    lastError.status = operator.status;
    this.context!.close();
    return null;
  }

  /** What gives a query's rows, ready to be opened; null on failure. */
  private plan(db: DbmsContext, parameters: Array<Constant>): Relation | null {
    if (db.flushChanges() != OK) return null;
    db.store.useFormat();
    const known = this.context;
    const relation = this.relation;
    if (known && relation && this.tablesVersion == db.tablesVersion && known.begin(parameters)) {
      tellOfChanges(known, db);
      return relation;
    }
    const context = this.begin(db, parameters);
    const explains = this.tree.kind(this.root) == N_EXPLAIN;
    let made = new QueryBinder(context, null, []).query(explains ? this.tree.a(this.root) : this.root);
    if (made && explains) made = context.explained(made, this.tree.has(this.root, FLAG_ANALYZE) ? db.manager.cache : null);
    if (!made) this.forget();
    this.relation = made;
    return made;
  }

  /** Does what a statement that gives no rows says: all of it or, on failure, nothing. */
  run(db: DbmsContext, parameters: Array<Constant>): Status {
    if (this.isTransaction) return this.transact(db);
    if (this.isDefinition) return this.define(db, parameters);
    const change = this.change(db, parameters);
    if (!change) return lastError.status;
    change.free();
    return OK;
  }

  /** Runs a statement that changes rows; null on failure. */
  private change(db: DbmsContext, parameters: Array<Constant>): ChangeStatement | null {
    const tree = this.tree;
    db.store.useFormat();
    const context = this.begin(db, parameters);
    const table = context.table(tree.a(this.root));
    if (!table) return null;
    const insert = tree.kind(this.root) == N_INSERT ? new InsertStatement(db, context, this.root, table) : null;
    const change: ChangeStatement = insert ? insert : new UpdateStatement(db, context, this.root, table);
    let status = change.bind();
    if (status == OK) status = change.run();
    if (status != OK) {
      change.free();
      return null;
    }
    this.changes = change.count;
    db.sqlChanges = change.count;
    if (insert && insert.lastKey.len > 0) {
      const key = new ArrayBuffer(insert.lastKey.len);
      memory.copy(changetype<usize>(key), insert.lastKey.ptr, insert.lastKey.len);
      this.lastKey = key;
      const column = table.schema.columns[table.keyColumn];
      this.lastColumn = column;
      if (isInteger(column.type)) db.sqlRowid = loadInteger(column.type, changetype<usize>(key));
    }
    return change;
  }

  /** Runs a statement that makes or takes away tables or indexes. */
  private define(db: DbmsContext, parameters: Array<Constant>): Status {
    db.store.useFormat();
    const context = this.begin(db, parameters);
    const definitions = new Definitions(db, context);
    const inner = db.inTransaction;
    let status = beginTogether(db);
    if (status == OK) {
      status = db.flushChanges();
      if (status == OK) status = definitions.run(this.root);
      status = endTogether(db, inner, status);
    }
    this.changes = status == OK ? definitions.count : 0;
    return status;
  }

  private transact(db: DbmsContext): Status {
    const tree = this.tree;
    const name = tree.a(this.root) == 0 ? "" : asciiLower(tree.text(tree.a(this.root)));
    switch (tree.op(this.root)) {
      case TX_BEGIN:
        return db.begin();
      case TX_COMMIT:
        return db.commit();
      case TX_ROLLBACK:
        return db.rollback();
      case TX_SAVEPOINT:
        return db.savepoint(name);
      case TX_ROLLBACK_TO:
        return db.rollbackTo(name);
      default:
        return db.release(name);
    }
  }

  private begin(db: DbmsContext, parameters: Array<Constant>): StatementContext {
    this.forget();
    const context = new StatementContext(this.text, this.tree, db.tables, parameters);
    context.run.number = 1;
    tellOfChanges(context, db);
    this.context = context;
    this.tablesVersion = db.tablesVersion;
    return context;
  }

  private forget(): void {
    const context = this.context;
    if (context) context.free();
    this.context = null;
    this.relation = null;
  }

  free(): void {
    this.forget();
    this.tree.free();
  }
}

/** What CHANGES() and LAST_INSERT_ROWID() are in the statement. */
function tellOfChanges(context: StatementContext, db: DbmsContext): void {
  context.around.changes = db.sqlChanges;
  context.around.lastInsertRowid = db.sqlRowid;
}
