/**
 * What programs and requests use of an open store: rows and tables that change, each statement all or nothing.
 *
 * It joins three: `Store` has the file open and knows its tables, `Transaction` begins and ends statements and keeps index changes that
 * wait, `Statements` does what a statement is about.
 */
import { Status, OK, BAD_SCHEMA, FOREIGN_KEY_RESTRICT, INDEX_NOT_FOUND, UNSUPPORTED, fail, lastError } from "../status";
import { MemoryProvider } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { MemoryAccess } from "../memory/access/memory-access";
import { LAYOUT_0_11, hasDefinitions, layoutName } from "../memory/base/layout";
import { LogFile } from "../memory/file/log-file";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { mayStep } from "../wasi/deadline";
import { hasRules } from "../schema/column";
import { TableDefinition } from "../schema/column-spec";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { AccessControlList } from "../acl/access-control-list";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { DELETE_BY_SCHEMA } from "./deletes";
import { Alteration } from "./alteration";
import { checkTargets } from "./foreign-key-targets";
import { RowScan } from "./row-scan";
import { Catalog, CatalogEntry } from "./catalog";
import { catalogSchema } from "./catalog-table";
import { Statements } from "./statements";
import { OpenOptions, Store } from "./store";
import { Table } from "./table";
import { TableIndex } from "./table-index";
import { checkNewTable, releaseTable, writeTable } from "./table-pages";
import { Transaction } from "./transaction";

export class DbmsContext {
  readonly manager: MemoryManager;
  readonly access: MemoryAccess;
  readonly acl: AccessControlList;
  readonly transaction: Transaction;
  private readonly statements: Statements;
  /** Views, constraints and names that SQL keeps. */
  readonly catalog: Catalog;
  /** Where the last inserted or updated row stands. */
  lastAddress: RecordAddress = NO_ADDRESS;
  /** What SQL's CHANGES() and LAST_INSERT_ROWID() tell: rows that its last change was of, and the last row's key where that is a number. */
  sqlChanges: i64 = 0;
  /** The same of all of its changes: TOTAL_CHANGES(). */
  sqlTotal: i64 = 0;
  sqlRowid: i64 = 0;

  private constructor(readonly store: Store) {
    const statements = new Statements(store.openTables);
    statements.oneNull = store.oneNull;
    const transaction = new Transaction(store, statements);
    this.manager = store.manager;
    this.access = store.access;
    this.acl = store.acl;
    this.statements = statements;
    this.catalog = statements.catalog;
    this.transaction = transaction;
  }

  /** Whether errors say which key another row has, or which row is missing: to be turned off for changes that may be tried again. */
  set tellsConflicts(tells: bool) {
    this.statements.tellsConflicts = tells;
  }

  private static over(store: Store | null): DbmsContext | null {
    return store ? new DbmsContext(store) : null;
  }

  /** Opens the page file `path`, or a store in memory for `IN_MEMORY`; null on failure. */
  static openFile(path: string, options: OpenOptions): DbmsContext | null {
    return DbmsContext.over(Store.open(path, options));
  }

  /** Makes a store in memory. */
  static openHeap(options: OpenOptions): DbmsContext | null {
    return DbmsContext.over(Store.inMemory(options));
  }

  /** Opens the store that `provider` keeps, with its log; both are closed on failure. */
  static openProvider(provider: MemoryProvider, options: OpenOptions, log: LogFile | null = null): DbmsContext | null {
    return DbmsContext.over(Store.of(provider, options, log));
  }

  // ---- its tables ----

  /** Sorted by name, in the order of its UTF-8 bytes. */
  @inline get tables(): Array<Table> {
    return this.store.tables;
  }

  /** The table called `name`, ready to be read; null with `TABLE_NOT_FOUND` or damage. A rollback may make it stale: ask again then. */
  table(name: string): Table | null {
    return this.store.table(name);
  }

  /** Grows whenever the open tables change: a `Table` that was looked up under another number must not be used any more. */
  @inline get tablesVersion(): u32 {
    return this.store.tablesVersion;
  }

  // ---- the transaction ----

  /** Whether `begin` was called and neither `commit` nor `rollback` yet. */
  @inline get inTransaction(): bool {
    return this.transaction.isOpen;
  }

  begin(): Status {
    return this.transaction.begin();
  }

  /** Makes the transaction durable. On failure it is over, and nothing of it is left; or nothing can be done with this handle any more. */
  commit(): Status {
    return this.transaction.commit();
  }

  /** Takes the whole transaction back. */
  rollback(): Status {
    return this.transaction.rollback();
  }

  /** Sets a savepoint inside the transaction; a later one of the same name hides an earlier one. */
  savepoint(name: string): Status {
    return this.transaction.savepoint(name);
  }

  /** Takes back what was done since the savepoint, which stays; later ones go. */
  rollbackTo(name: string): Status {
    return this.transaction.rollbackTo(name);
  }

  /** Forgets the savepoint and later ones; what was done since stays. */
  release(name: string): Status {
    return this.transaction.release(name);
  }

  /** Carries out the changes of indexes that wait. After a failure the transaction is to be rolled back. */
  flushChanges(): Status {
    return this.transaction.flushChanges();
  }

  // ---- rows ----

  /** Inserts `row`; missing columns get a number, their default, or null. The address goes to `lastAddress`. */
  insert(table: Table, row: Row): Status {
    const status = this.transaction.beginRows(true);
    if (status != OK) return status;
    if (table.isCatalog) this.transaction.noteCatalogChange();
    const address = this.statements.insert(table, row);
    this.lastAddress = address;
    if (address == NO_ADDRESS) return this.transaction.endRows(lastError.status);
    return this.transaction.endRows(this.statements.refersLater ? this.transaction.anyOrder.later.add(table.name, address) : OK);
  }

  /**
   * `insert` of one of several rows, in a batch or in any order. `tag`, which grows from row to row, tells whose key another row has, or
   * what refers to none; that shows in this call or a later one (`RowBatch.badRow`).
   */
  insertNext(table: Table, row: Row, tag: u64): Status {
    const transaction = this.transaction;
    const anyOrder = transaction.anyOrder;
    let status = anyOrder.next(tag, transaction.laterAtSavepoint);
    if (status != OK) return status;
    const batchTable = transaction.changes.batchTable;
    if (batchTable) transaction.changes.tag = tag;
    this.statements.mayRefer = anyOrder.active;
    status = this.insert(batchTable || table, row);
    this.statements.mayRefer = false;
    return status;
  }

  /** Replaces the row at `address`; columns that are missing in `row` stay as they are. */
  update(table: Table, address: RecordAddress, row: Row): Status {
    let status = this.transaction.anyOrder.mayChangeRows();
    if (status == OK) status = this.transaction.beginRows(!table.isFollowed(row));
    if (status != OK) return status;
    if (table.isCatalog) this.transaction.noteCatalogChange();
    this.lastAddress = this.statements.update(table, address, row);
    return this.transaction.endRows(this.lastAddress == NO_ADDRESS ? lastError.status : OK);
  }

  /** Deletes the row at `address`; `mode` is one of `DELETE_…`. */
  delete(table: Table, address: RecordAddress, mode: u8): Status {
    // Rows that refer to rows that refer to it may be reason to refuse when others are gone already.
    let status = this.transaction.anyOrder.mayChangeRows();
    if (status == OK) status = this.transaction.beginRows(true, table.isReferredToFurther);
    if (status != OK) return status;
    if (table.isCatalog) this.transaction.noteCatalogChange();
    return this.transaction.endRows(this.statements.delete(table, address, mode));
  }

  /** The row that has the key of `row` in a unique index, by `RowEntries.findConflict`. `row` has all columns but those that count. */
  findConflict(table: Table, index: TableIndex, row: Row): RecordAddress {
    return table.refresh() == OK ? this.statements.findConflict(table, index, row) : NO_ADDRESS;
  }

  /** Deletes are one from now on until `endDeletes`: rows that refer to a deleted one may be deleted behind it. */
  beginDeletes(): void {
    this.statements.severalDeletes = true;
  }

  /** The deletes came to `status`: fails if rows still refer to a row that was deleted. What was done has to be taken back then. */
  endDeletes(status: Status): Status {
    return this.statements.endDeletes(status);
  }

  /** Rows that the last statement's cascades deleted or changed besides those it was asked to. */
  get cascaded(): u64 {
    return this.statements.cascaded;
  }

  /** Reads the row at `address`: its bytes go into `body`, which `row` then points into. */
  read(table: Table, address: RecordAddress, row: Row, body: ByteBuffer): Status {
    return this.statements.readRow(table, address, row, body);
  }

  // ---- tables ----

  /**
   * Declares rules of columns for the table called `name`, in the place of those that it had in this session: words as `create` takes
   * them, of columns that have some. None take the table's rules away. `createTable` does so with those of its definition.
   */
  declareRules(name: string, specs: Array<string>): Status {
    const table = this.table(name);
    if (!table) return lastError.status;
    const given = new TableDefinition(name);
    for (let s = 0; s < specs.length; s++) if (given.add(specs[s]) != OK) return lastError.status;
    return this.catalog.setRules(name, given.added);
  }

  /**
   * Makes a table. Its foreign keys must name existing tables (or itself), and a column of the same type that is unique there. With
   * `forward` they may name tables that are still to be made: the caller then checks them itself. With `adopted` they may name anything:
   * the table is another file's.
   */
  createTable(schema: TableSchemaSnapshot, forward: bool = false, adopted: bool = false): Status {
    let status = this.transaction.flushChanges();
    if (status == OK) status = this.transaction.beginStatement();
    if (status == OK) status = this.checkChangeable();
    if (status != OK) return status;
    if (this.manager.layout == LAYOUT_0_11) schema = schema.withoutTwins();
    status = checkNewTable(this.store.openTables, schema, forward, adopted);
    if (status == OK && !adopted) status = this.catalog.checkName(schema.name);
    if (status != OK) return status;
    this.transaction.noteSchemaChange();
    const table = writeTable(this.access, schema);
    if (!table) return this.transaction.endStatement(lastError.status);
    this.store.watchAgain(table);
    status = this.store.openTables.add(table);
    if (status == OK && hasRules(schema.columns)) status = this.catalog.setRules(schema.name, schema.columns);
    return this.transaction.endStatement(status);
  }

  /** `OK` where tables can come and go. */
  private checkChangeable(): Status {
    if (hasDefinitions(this.manager.layout)) return OK;
    const what = "a file of layout " + layoutName(this.manager.layout) + " keeps the tables that it has";
    return fail(UNSUPPORTED, what, "convert OUT --layout 0.9 makes one that can be changed");
  }

  /** Drops a table and gives back all of its pages. Other tables may not refer to it, unless foreign keys are not looked at. */
  dropTable(name: string): Status {
    let status = this.beginDefinition();
    if (status != OK) return status;
    const table = this.table(name);
    if (!table) return lastError.status;
    for (let i = 0; i < table.references.length && this.catalog.foreignKeys; i++) {
      const other = table.references[i].table;
      if (other === table) continue;
      return fail(FOREIGN_KEY_RESTRICT, "table " + other.name + " refers to " + name, "drop that table first");
    }
    this.transaction.noteSchemaChange();
    if (!table.isCatalog) status = this.dropEntriesOf(name);
    if (status == OK) status = releaseTable(this.access, table);
    if (status == OK) status = this.store.openTables.remove(table);
    const watch = table.watch;
    if (watch) watch.lose();
    status = this.transaction.endStatement(status);
    return status == OK ? this.dropEmptyCatalog() : status;
  }

  /** The catalog goes with its last entry: a file without any is as one that never had some. */
  private dropEmptyCatalog(): Status {
    const table = this.catalog.table;
    const rows = table ? table.countRows() : 1;
    return rows == 0 ? this.dropTable(table!.name) : rows < 0 ? lastError.status : OK;
  }

  /**
   * Adds an index on columns of a table, a unique one if it is to be, and fills it from the rows; where there is a plain one, it becomes
   * unique. Nothing happens where there is such an index. `UNIQUE_CONFLICT` when two rows have the same.
   */
  createIndex(name: string, columns: Array<string>, unique: bool): Status {
    const status = this.beginDefinition();
    if (status != OK) return status;
    const table = this.table(name);
    if (!table) return lastError.status;
    return this.redefine(table, table.schema.withIndex(columns, unique));
  }

  /** Takes the index on these columns away, and gives its pages back; a column that it made unique is so no more. */
  dropIndex(name: string, columns: Array<string>): Status {
    const status = this.beginDefinition();
    if (status != OK) return status;
    const table = this.table(name);
    if (!table) return lastError.status;
    const text = columns.join(",");
    if (table.schema.indexOn(columns) < 0) return fail(INDEX_NOT_FOUND, "table " + name + " has no index on " + text);
    if (columns.length == 1) {
      if (columns[0] == table.schema.primaryKey)
        return fail(BAD_SCHEMA, "the index on " + text + " is that of the primary key of " + name);
      for (let i = 0; i < table.references.length; i++) {
        if (table.referencedColumn(i) != table.schema.columnIndex(columns[0])) continue;
        const other = table.references[i].table.name;
        return fail(FOREIGN_KEY_RESTRICT, "table " + other + " refers to " + name + "." + text, "drop that table first");
      }
    }
    return this.redefine(table, table.schema.withoutIndex(columns));
  }

  /** Drops what the catalog has of a table, in the statement that is running. */
  private dropEntriesOf(table: string): Status {
    const all = this.catalog.all;
    const rows = this.catalog.table;
    let status = all ? OK : lastError.status;
    this.statements.changes = null;
    for (let e = 0; all && rows && e < all.length && status == OK; e++) {
      if (all[e].table == table) status = this.statements.delete(rows, all[e].address, DELETE_BY_SCHEMA);
    }
    return status;
  }

  /** Adds an entry to the catalog, which is made if there is none yet. */
  addEntry(entry: CatalogEntry): Status {
    let table = this.catalog.table;
    if (!table) {
      const schema = catalogSchema();
      const status = this.createTable(schema);
      if (status != OK) return status;
      table = this.table(schema.name);
      if (!table) return lastError.status;
    }
    const row = table.callersRow;
    const status = entry.fill(row);
    return status == OK ? this.insert(table, row) : status;
  }

  /** Puts another entry in the place of one of the catalog. */
  replaceEntry(entry: CatalogEntry, other: CatalogEntry): Status {
    const table = this.catalog.table!;
    const row = table.callersRow;
    const status = other.fill(row);
    return status == OK ? this.update(table, entry.address, row) : status;
  }

  /** Takes an entry out of the catalog. */
  dropEntry(entry: CatalogEntry): Status {
    const table = this.catalog.table;
    const status = table ? this.delete(table, entry.address, DELETE_BY_SCHEMA) : OK;
    return status == OK ? this.dropEmptyCatalog() : status;
  }

  /** `OK` when all foreign keys name columns that are there, unique and of their types. */
  checkDefinitions(): Status {
    const tables = this.tables;
    let status: Status = OK;
    for (let t = 0; t < tables.length && status == OK; t++) status = checkTargets(tables, tables[t].schema, false);
    return status;
  }

  /** Begins a statement that changes definitions. */
  private beginDefinition(): Status {
    let status = this.transaction.anyOrder.mayChangeRows();
    if (status == OK) status = this.transaction.flushChanges();
    if (status == OK) status = this.transaction.beginStatement();
    return status == OK ? this.checkChangeable() : status;
  }

  /** Gives a table a definition with other indexes. */
  private redefine(table: Table, schema: TableSchemaSnapshot): Status {
    if (schema === table.schema) return OK;
    const from = new Array<i32>();
    for (let c = 0; c < schema.columns.length; c++) from.push(c);
    return this.alter(new Alteration(table, schema, from, null));
  }

  /**
   * Gives a table another definition, and other tables that refer to it the names that it then has. Rows that do not fit are an error which
   * names one: `NOT_NULL`, `UNIQUE_CONFLICT`, `FOREIGN_KEY_BROKEN`, and those of the values.
   */
  alterTable(alteration: Alteration): Status {
    const status = this.beginDefinition();
    return status == OK ? this.alter(alteration) : status;
  }

  private alter(alteration: Alteration): Status {
    const table = alteration.table;
    const name = alteration.schema.name;
    const open = this.store.openTables;
    let status = alteration.check(open);
    if (status == OK && name != table.name) status = this.catalog.checkName(name);
    if (status != OK) return status;
    this.transaction.noteSchemaChange();
    const watch = table.watch;
    const changed = alteration.carryOut(this.access, this.store.statementMemory, this.store.oneNull);
    if (changed) status = alteration.renameReferences(this.access, open);
    else status = lastError.status;
    if (changed && status == OK) status = open.replace(table, changed);
    const declared = this.catalog.declared;
    if (changed && declared.has(table.name)) declared.set(name, declared.get(table.name));
    // Scans that are under way count indexes by what was there.
    if (watch) watch.lose();
    const tables = open.list;
    for (let t = 0; t < tables.length && status == OK; t++) this.store.watchAgain(tables[t]);
    if (changed && status == OK && !alteration.isPart) status = this.checkReferences(alteration.toCheck(changed));
    return this.transaction.endStatement(status);
  }

  /** `OK` when all rows of the tables refer to rows that are there, or foreign keys are not looked at. */
  checkReferences(tables: Array<Table>): Status {
    let status: Status = OK;
    for (let t = 0; t < tables.length && this.catalog.foreignKeys && status == OK; t++) {
      const table = tables[t];
      const scan = new RowScan(table);
      while (status == OK && scan.next())
        status = mayStep(64) ? this.statements.checkReferences(table, scan.address) : lastError.status;
      if (status == OK) status = scan.status;
      scan.free();
    }
    return status;
  }

  // ---- access control ----

  /** Runs as a statement: starts it, to be followed by `endChange`. For changes of the access control list. */
  beginChange(): Status {
    return this.transaction.beginStatement();
  }

  /** Ends what `beginChange` started. */
  endChange(status: Status): Status {
    return this.transaction.endStatement(status);
  }

  /** Closes the store; an open transaction is rolled back. */
  close(): Status {
    if (this.inTransaction) this.rollback();
    this.statements.free();
    return this.store.close();
  }
}
