/** SQL from its text to rows or changes. */
import { OK, SQL_SYNTAX, SQL_UNSUPPORTED, Status, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { isInteger } from "../encode/data-type";
import { Column } from "../schema/column";
import { loadInteger } from "../table/autoincrement-ledger";
import { CatalogEntry, NUMBER } from "../store/catalog";
import { DbmsContext } from "../store/dbms-context";
import { beginTogether, endTogether } from "../store/insertion";
import { QueryBinder } from "./bind/query";
import { catalogNumber } from "./catalog/relation-names";
import { NamedColumn, Relation } from "./bind/scope";
import { StatementContext } from "./bind/statement";
import { ChangeStatement } from "./change/change";
import { InsertStatement } from "./change/insert";
import { UpdateStatement } from "./change/update";
import { Definitions } from "./definitions";
import { Constant } from "./eval/expression";
import { setChanging } from "./eval/surroundings";
import { QueryRows } from "./query-rows";
import { SqlText } from "./sql-text";
import { explainFault, explainHint, readStatement, sqlRest, sqlRoot } from "./syntax/statements";
import {
  N_CREATE_TABLE,
  FLAG_ANALYZE,
  FLAG_NOT,
  N_DELETE,
  N_EXPLAIN,
  N_INSERT,
  N_PRAGMA,
  N_QUERY,
  N_TRANSACTION,
  N_UPDATE,
  PRAGMA_DEFER,
  PRAGMA_KEYS,
  PRAGMA_NUMBER,
  SqlTree,
  TX_BEGIN,
  TX_COMMIT,
  TX_ROLLBACK,
  TX_ROLLBACK_TO,
  TX_SAVEPOINT,
} from "./syntax/tree";

const ONLY_READ_HINT: string = "CREATE and DROP change what there is; a counter goes on behind the highest number";

/** One statement. What is found out about how to run it is kept, for other runs with other parameters. */
export class Statement {
  readonly tree: SqlTree = new SqlTree();
  protected root: u32 = 0;
  /** Where in the text the next statement begins. */
  rest: u32 = 0;
  private context: StatementContext | null = null;
  private relation: Relation | null = null;
  private changing: ChangeStatement | null = null;
  /** The version of the store's tables that the plan is for. */
  private tablesVersion: u32 = 0;
  /** Rows that it changed. */
  changes: i64 = 0;
  /** The key of the row that it inserted last, as a record has it, and its column; null where there is none. */
  lastKey: ArrayBuffer | null = null;
  lastColumn: Column | null = null;
  /** What `lastKey` was made of last. */
  private keyBytes: ArrayBuffer | null = null;

  /** Whether others may use the store between two batches of its rows. */
  pauses: bool = false;

  /** The text has to stay where it is; the statement is its first one from byte `from` on. */
  constructor(
    readonly text: SqlText,
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

  /** Makes it tell how it would be run, as behind EXPLAIN, or with `runs` how it was run, as behind EXPLAIN ANALYZE. Behind `parse`. */
  explain(runs: bool): Status {
    const tree = this.tree;
    const fault = explainFault(tree.kind(this.root), runs);
    if (fault != "") return this.text.fail(SQL_UNSUPPORTED, fault, this.start, explainHint(fault));
    const node = tree.add(N_EXPLAIN, this.start);
    tree.setA(node, this.root);
    if (runs) tree.setFlag(node, FLAG_ANALYZE);
    this.root = node;
    return OK;
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

  /** Whether what was found out about how to run it is good for other runs. */
  get isRepeated(): bool {
    const kind = this.tree.kind(this.root);
    return kind == N_QUERY || kind == N_INSERT || kind == N_UPDATE || kind == N_DELETE;
  }

  /** Whether it gives rows. */
  get givesRows(): bool {
    const tail = this.isQuery || this.isTransaction ? 0 : this.tree.d(this.root);
    return this.isQuery || (tail != 0 && this.tree.b(tail) != 0);
  }

  /** How many values it takes: the highest number of a parameter. */
  get parameterCount(): u32 {
    return this.tree.parameters;
  }

  /** What its parameters are called, without the sign before the name; "" for those that have just a number. */
  get parameterNames(): Array<string> {
    const tree = this.tree;
    const names = new Array<string>(tree.parameters);
    for (let i = 0; i < names.length; i++) names[i] = "";
    for (let node = tree.namedParameters; node != 0; node = tree.next(node)) names[tree.c(node) - 1] = tree.text(node);
    return names;
  }

  /**
   * Looks up all names, and finds out what it gives, none for a statement that gives no rows: without running it, and as far as that does
   * not depend on the values of parameters. Null on failure.
   */
  prepare(db: DbmsContext): Array<NamedColumn> | null {
    const nulls = new Array<Constant>();
    for (let i: u32 = 0; i < this.parameterCount; i++) nulls.push(Constant.null());
    const kind = this.tree.kind(this.root);
    let columns: Array<NamedColumn> | null = [];
    if (this.isQuery) {
      const relation = this.plan(db, nulls);
      columns = relation ? relation.columns : null;
    } else if (kind == N_INSERT || kind == N_UPDATE || kind == N_DELETE) {
      const change = this.bound(db, nulls);
      const returned = change ? change.returned : null;
      if (!change) columns = null;
      else if (returned) columns = returned.relation.columns;
    }
    // A plan for nulls may be a bad one for other values.
    if (nulls.length > 0) this.forget();
    return columns;
  }

  /**
   * The rows of a statement that gives some; null on failure. What it changes is done, all of it or, on failure, nothing. The rows have to
   * be freed before the statement, and before anything else uses the store.
   */
  rows(db: DbmsContext, parameters: Array<Constant>): QueryRows | null {
    const relation = this.open(db, parameters);
    return relation ? QueryRows.over(relation, this.context!) : null;
  }

  /** The same rows as they come, in batches; `close` ends them. */
  open(db: DbmsContext, parameters: Array<Constant>): Relation | null {
    if (!this.isQuery) {
      const change = this.change(db, parameters);
      return change ? change.returned!.relation : null;
    }
    const relation = this.plan(db, parameters);
    if (!relation) return null;
    const operator = relation.operator;
    if (this.pauses) this.context!.run.readsRows = true;
    if (operator.open()) return relation;
    lastError.status = operator.status;
    this.close();
    return null;
  }

  /** Ends the rows that `open` gave, and gives back what is kept of them. */
  close(): void {
    const context = this.context;
    if (context) context.close();
  }

  /** What gives a query's rows, ready to be opened; null on failure. */
  private plan(db: DbmsContext, parameters: Array<Constant>): Relation | null {
    if (db.flushChanges() != OK) return null;
    db.store.useFormat();
    const relation = this.relation;
    if (relation && this.isPlanned(db, parameters)) return relation;
    const context = this.begin(db, parameters);
    const tree = this.tree;
    const explains = tree.kind(this.root) == N_EXPLAIN;
    const subject = explains ? tree.a(this.root) : this.root;
    let made: Relation | null = null;
    if (tree.kind(subject) == N_QUERY) made = new QueryBinder(context, null, []).result(subject);
    else {
      const change = this.boundChange(db, context, subject);
      if (change) made = new Relation(context.own(change.step()), []);
    }
    if (made && explains) made = context.explained(made, tree.has(this.root, FLAG_ANALYZE) ? db.manager.cache : null);
    if (made) context.planned();
    else this.forget();
    this.relation = made;
    return made;
  }

  /** Does what a statement that gives no rows says: all of it or, on failure, nothing. */
  run(db: DbmsContext, parameters: Array<Constant>): Status {
    if (this.isTransaction) return this.transact(db);
    if (this.isDefinition) return this.define(db, parameters);
    if (this.tree.kind(this.root) == N_PRAGMA) return this.set(db);
    if (!this.change(db, parameters)) return lastError.status;
    this.close();
    return OK;
  }

  /** Whether what was planned before may run with these values. */
  private isPlanned(db: DbmsContext, parameters: Array<Constant>): bool {
    const known = this.context;
    if (!known || this.tablesVersion != db.tablesVersion || !known.begin(parameters)) return false;
    tellOfChanges(known, db);
    return true;
  }

  /** A statement that changes rows, ready to run; null on failure. */
  private bound(db: DbmsContext, parameters: Array<Constant>): ChangeStatement | null {
    db.store.useFormat();
    const known = this.changing;
    if (known && this.isPlanned(db, parameters)) return known;
    const context = this.begin(db, parameters);
    const change = this.boundChange(db, context, this.root);
    if (change) context.planned();
    else this.forget();
    return change;
  }

  /** What the node of INSERT, UPDATE or DELETE says; null on failure. */
  private boundChange(db: DbmsContext, context: StatementContext, node: u32): ChangeStatement | null {
    const tree = this.tree;
    const subject = tree.a(node);
    const name = tree.text(tree.a(subject));
    if (catalogNumber(name) >= 0) {
      context.fail(SQL_UNSUPPORTED, name + " is only read", subject, ONLY_READ_HINT);
      return null;
    }
    const view = context.view(name);
    if (view)
      context.fail(SQL_UNSUPPORTED, view.name + " is a view, and is not changed", subject, "change the tables that it reads");
    const table = lastError.status == OK ? context.table(subject) : null;
    if (!table) return null;
    let change: ChangeStatement;
    if (tree.kind(node) == N_INSERT) change = new InsertStatement(db, context, node, table);
    else change = new UpdateStatement(db, context, node, table);
    this.changing = change;
    return change.bind() == OK ? change : null;
  }

  /** Runs a statement that changes rows; null on failure. */
  private change(db: DbmsContext, parameters: Array<Constant>): ChangeStatement | null {
    const change = this.bound(db, parameters);
    if (!change) return null;
    setChanging(this.context!.around);
    const status = change.run();
    setChanging(null);
    if (status != OK) {
      // Where it stopped it may not begin again.
      this.forget();
      return null;
    }
    const count = change.count;
    this.changes = count;
    db.sqlChanges = count;
    db.sqlTotal += count;
    const insert = change instanceof InsertStatement ? <InsertStatement>change : null;
    if (insert && insert.lastKey.len > 0) {
      const known = this.keyBytes;
      const key = known && <u32>known.byteLength == insert.lastKey.len ? known : new ArrayBuffer(insert.lastKey.len);
      this.keyBytes = key;
      memory.copy(changetype<usize>(key), insert.lastKey.ptr, insert.lastKey.len);
      this.lastKey = key;
      const column = unchecked(change.table.schema.columns[change.table.keyColumn]);
      this.lastColumn = column;
      if (isInteger(column.type)) db.sqlRowid = loadInteger(column.type, changetype<usize>(key));
    }
    change.close();
    return change;
  }

  /** Runs a statement that makes or takes away tables or indexes. */
  private define(db: DbmsContext, parameters: Array<Constant>): Status {
    db.store.useFormat();
    const context = this.begin(db, parameters);
    const definitions = new Definitions(db, context);
    // What is the session's own needs no file that can be changed.
    if (definitions.isTemporary(this.root)) return definitions.run(this.root);
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

  /** Does what PRAGMA sets. */
  private set(db: DbmsContext): Status {
    const op = this.tree.op(this.root);
    const on = !this.tree.has(this.root, FLAG_NOT);
    const catalog = db.catalog;
    if (op == PRAGMA_NUMBER) return this.setNumber(db);
    // As in SQLite in a transaction the one has no effect, and out of one the other.
    if (op == PRAGMA_KEYS && !db.inTransaction) catalog.foreignKeys = on;
    if (op != PRAGMA_DEFER || !on || !db.inTransaction || !catalog.foreignKeys) return OK;
    const hint = "PRAGMA foreign_keys = OFF before BEGIN, or rows in the order of their keys";
    return this.text.fail(SQL_UNSUPPORTED, "foreign keys can't wait for COMMIT", this.start, hint);
  }

  /** Keeps a number in the file, unless it is 0. */
  private setNumber(db: DbmsContext): Status {
    const name = this.tree.text(this.tree.a(this.root));
    const number = I32.parseInt(this.tree.text(this.tree.b(this.root)), 10);
    const known = db.catalog.number(name);
    if (lastError.status != OK) return lastError.status;
    const inner = db.inTransaction;
    let status = beginTogether(db);
    if (status != OK) return status;
    if (number != 0) status = db.addEntry(new CatalogEntry(NUMBER, name, "", number.toString()));
    if (status == OK && known) status = db.dropEntry(known);
    return endTogether(db, inner, status);
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
    const context = StatementContext.of(db, this.text, this.tree, parameters);
    tellOfChanges(context, db);
    this.context = context;
    this.tablesVersion = db.tablesVersion;
    return context;
  }

  private forget(): void {
    const context = this.context;
    const changing = this.changing;
    if (changing) changing.free();
    if (context) context.free();
    this.changing = null;
    this.context = null;
    this.relation = null;
  }

  free(): void {
    this.forget();
    this.tree.free();
  }
}

/** What CHANGES(), TOTAL_CHANGES() and LAST_INSERT_ROWID() are in the statement. */
function tellOfChanges(context: StatementContext, db: DbmsContext): void {
  context.around.tell(db.sqlChanges, db.sqlTotal, db.sqlRowid);
}
