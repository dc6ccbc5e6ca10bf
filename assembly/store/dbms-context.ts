/**
 * A store that is open: its tables, its transaction, and statements that are all or nothing.
 *
 * Without `begin` each statement is a transaction of its own. A statement that fails is taken back by the undo list, which reaches
 * back to the oldest savepoint, or to the start of the statement; a whole transaction is taken back by dropping its pages.
 *
 * It is one thing because a statement of any kind, on rows or tables, may end the transaction or make the tables be opened anew. What a
 * statement does is elsewhere: statements.ts, open-tables.ts, table-pages.ts, write-buffer.ts.
 */
import {
  Status,
  OK,
  NO_TRANSACTION,
  TRANSACTION_ACTIVE,
  BAD_REQUEST,
  FOREIGN_KEY_RESTRICT,
  NO_PAGE,
  NOT_A_PAGE_FILE,
  READ_ONLY,
  UNSUPPORTED,
  fail,
  lastError,
  savedError,
  restoreError,
} from "../status";
import { IN_MEMORY } from "../wasi/preopens";
import { MemoryProvider, WasiMemoryProvider, HeapMemoryProvider } from "../memory/file/provider";
import { opensAgain } from "../memory/file/foreign-writer";
import { MemoryManager, DEFAULT_CACHE_BYTES } from "../memory/manager/memory-manager";
import { LogFile } from "../memory/file/log-file";
import { MemoryAccess } from "../memory/access/memory-access";
import { JournaledAccess } from "../memory/access/journaled-access";
import { LAYOUT_0_9, LAYOUT_0_11, hasDefinitions, hasIndexes, layoutName, reservedPages } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { useExactJsonNumbers } from "../encode/json-compare";
import { GivenTables } from "../schema/given-tables";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { ChangesKeeper } from "../index/buffered-changes";
import { checkFormat, detectLayout } from "../schema/layout-detection";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { OpenTables } from "./open-tables";
import { ScanWatch, TableWatch } from "./scan-watch";
import { Table, TableIndex } from "./table";
import { checkNewTable, releaseTable, writeTable } from "./table-pages";
import { WriteBuffer, canBatch } from "./write-buffer";
import { LaterReferences } from "./later-references";
import { Statements } from "./statements";
import { AccessControlList } from "../acl/access-control-list";

/** How a store is opened. */
export class OpenOptions {
  readOnly: bool = false;
  /** Make the file when it is missing. */
  create: bool = false;
  cacheBytes: u64 = DEFAULT_CACHE_BYTES;
  /** Each commit is durable when it returns; else a checkpoint, `sync` or the close makes it so. */
  syncCommits: bool = true;
  /** Write to a file that has several hard links. */
  withLinks: bool = false;
  /** Layout of a new store; an existing one has its own. */
  layout: u8 = LAYOUT_0_9;
  /** Definitions of the tables of a store whose layout holds none. */
  given: GivenTables | null = null;
}

class Savepoint {
  constructor(
    readonly name: string,
    readonly mark: u64,
    readonly redoMark: u64,
    readonly watchMark: u64,
    /** When all was last as it is at the savepoint. */
    public moment: u32,
    /** `count` and `before` of `LaterReferences` at it. */
    readonly laterCount: u32,
    readonly laterBefore: u64,
  ) {}
}

export class DbmsContext extends ChangesKeeper {
  readonly access: MemoryAccess;
  readonly acl: AccessControlList;
  private readonly openTables: OpenTables;
  private readonly watch: ScanWatch = new ScanWatch();
  private statements: Statements;
  private savepoints: Array<Savepoint> = new Array<Savepoint>();
  private active: bool = false;
  /** A table was created or dropped since the last commit. */
  private schemaChanged: bool = false;
  /** Rows that the last statement's cascades deleted or changed besides those it was asked to. */
  cascaded: u64 = 0;

  private constructor(readonly manager: MemoryManager) {
    super();
    const access = new JournaledAccess(manager);
    const openTables = new OpenTables(access);
    this.openTables = openTables;
    this.statements = new Statements(openTables);
    this.access = access;
    this.acl = new AccessControlList(access);
    this.changes = changetype<WriteBuffer>(0);
    this.changes = new WriteBuffer(this);
  }

  /** Opens the page file `path`, or a store in memory for `IN_MEMORY`; null on failure. */
  static openFile(path: string, options: OpenOptions): DbmsContext | null {
    if (path == IN_MEMORY) return DbmsContext.openHeap(options);
    let context = DbmsContext.openFileOnce(path, options);
    for (let attempt = 1; !context && opensAgain(attempt); attempt++) context = DbmsContext.openFileOnce(path, options);
    return context;
  }

  private static openFileOnce(path: string, options: OpenOptions): DbmsContext | null {
    const provider = WasiMemoryProvider.open(path, options.readOnly, options.create, false, options.withLinks);
    if (!provider) return null;
    const write = !options.readOnly;
    let log = LogFile.open(path, write, write && provider.pages == 0);
    // None is made beside a file that is not one of ours.
    if (!log && write && lastError.status == OK && provider.checkStart() == OK) log = LogFile.open(path, true);
    if (!log && lastError.status != OK) {
      provider.close();
      return null;
    }
    return DbmsContext.openProvider(provider, options, log);
  }

  /** Makes a store in memory. */
  static openHeap(options: OpenOptions): DbmsContext | null {
    const provider = new HeapMemoryProvider();
    const context = DbmsContext.openProvider(provider, options);
    // Its first pages had to be made in any case.
    provider.readOnly = options.readOnly;
    return context;
  }

  /** Opens the store that `provider` keeps, with its log; both are closed on failure. */
  static openProvider(provider: MemoryProvider, options: OpenOptions, log: LogFile | null = null): DbmsContext | null {
    const context = new DbmsContext(new MemoryManager(provider, options.cacheBytes));
    context.manager.syncCommits = options.syncCommits;
    let status = log ? context.manager.useLog(log) : OK;
    if (status == OK) status = context.start(options);
    if (context.manager.settled(status) == OK) return context;
    // Closing may fail as well; what matters is why the store could not be opened.
    const error = savedError();
    context.manager.close();
    restoreError(error);
    return null;
  }

  private start(options: OpenOptions): Status {
    const manager = this.manager;
    const isNew = manager.pageCount == 0;
    if (isNew) manager.layout = options.layout;
    else {
      const layout = checkFormat(this.access) == OK ? detectLayout(this.access) : 0;
      if (layout == 0) return lastError.status;
      manager.layout = layout;
    }
    if (manager.pageCount < reservedPages(manager.layout)) {
      if (manager.readOnly)
        return fail(
          NOT_A_PAGE_FILE,
          "the file has " + manager.pageCount.toString() + " pages, a store has at least 3",
          "open it for writing to complete it",
        );
      while (manager.pageCount < reservedPages(manager.layout)) {
        if (this.access.growOnePage() == NO_PAGE) return lastError.status;
      }
      const status = manager.commit();
      if (status != OK) return status;
    }
    this.openTables.given = options.given;
    const status = this.openTables.load();
    return status == OK ? this.checkWritable(options) : status;
  }

  /** Definitions from outside, where the layout holds none. */
  @inline get given(): GivenTables | null {
    return this.openTables.given;
  }

  /** Tables of a layout without definitions that were not opened, as none of those that were given is theirs. */
  get unopened(): u32 {
    return this.openTables.unopened;
  }

  /** `OK` when the definitions from outside, if there are any, say all that has to be known to write, or to make another file. */
  fullyDefined(): Status {
    return this.openTables.fullyDefined();
  }

  /** `OK` when a store that is not only to be read is one that can be written to. */
  private checkWritable(options: OpenOptions): Status {
    const layout = this.manager.layout;
    if (options.readOnly || hasDefinitions(layout)) return OK;
    if (hasIndexes(layout)) return this.makeWritable();
    const name = "a file of layout " + layoutName(layout);
    const convert = "convert OUT --layout 0.9 makes a file that can be changed; --readonly opens this one to read it";
    return fail(READ_ONLY, name + " is only read", convert);
  }

  /** `OK` when the definitions from outside will do to write to a store of a layout that holds none. */
  private makeWritable(): Status {
    const status = this.fullyDefined();
    if (status == OK) this.openTables.findSparePages();
    return status;
  }

  /** After a rollback. Without its tables a handle must not be written through: it would write a registry without them. */
  private reloadTables(): Status {
    const status = this.openTables.load();
    if (status != OK) this.manager.poison();
    const tables = this.tables;
    for (let i = 0; i < tables.length; i++) this.watchAgain(tables[i]);
    return status;
  }

  /** Has a table that was opened anew go on telling its watch what happens. */
  private watchAgain(table: Table): void {
    const watch = this.watch.find(table.pages.fingerprint, table.registry.slotAlignment, table.indexes.length);
    table.watch = watch;
    if (!watch) return;
    for (let i = 0; i < table.indexes.length; i++) table.indexes[i].tree.history = watch.historyOf(i);
  }

  /** Begins a scan of `table` by `index`, or of its records, that spans statements: its start. */
  beginScan(table: Table, index: TableIndex | null): u32 {
    const watch = this.watchOf(table);
    const position = table.positionOf(index);
    const since = watch.begin(position);
    if (index) index.tree.history = watch.historyOf(position);
    return since;
  }

  /** What tells scans of `table` that span statements what happens to its rows. */
  watchOf(table: Table): TableWatch {
    const known = table.watch;
    if (known) return known;
    const made = this.watch.of(table.pages.fingerprint, table.registry.slotAlignment, table.indexes.length);
    table.watch = made;
    return made;
  }

  /** Sorted by name, in the order of its UTF-8 bytes. */
  @inline get tables(): Array<Table> {
    return this.openTables.list;
  }

  /** The table whose name has this fingerprint, or null. */
  tableOfFingerprint(fingerprint: u64): Table | null {
    return this.openTables.withFingerprint(fingerprint);
  }

  /** About how much of what a collection of garbage walks is the store's, by what insertions leave. */
  get weight(): u32 {
    return this.openTables.weight;
  }

  /** Grows whenever the open tables change: a `Table` that was looked up under another number must not be used any more. */
  @inline get tablesVersion(): u32 {
    return this.openTables.version;
  }

  /** Sets the switches of formats, which all stores share, to what this store needs. To be called before its rows are read. */
  useFormat(): void {
    useExactJsonNumbers(this.manager.layout == LAYOUT_0_11);
  }

  /** The table called `name`, ready to be read; null with `TABLE_NOT_FOUND` or damage. A rollback may make it stale: ask again then. */
  table(name: string): Table | null {
    this.useFormat();
    const table = this.openTables.find(name);
    return table && table.refresh() == OK ? table : null;
  }

  // ---- transactions ----

  /** Whether `begin` was called and neither `commit` nor `rollback` yet. */
  get inTransaction(): bool {
    return this.active;
  }

  begin(): Status {
    if (this.active) return fail(TRANSACTION_ACTIVE, "a transaction is open already", "use a savepoint to nest");
    const status = this.manager.writable();
    if (status != OK) return status;
    this.active = true;
    this.watch.beginTransaction();
    return OK;
  }

  /** Makes the transaction durable. On failure it is over, and nothing of it is left; or nothing can be done with this handle any more. */
  commit(): Status {
    if (!this.active) return fail(NO_TRANSACTION, "there is no transaction to commit");
    let status = this.flushChanges();
    if (status == OK) status = this.settleAnyOrder(0);
    if (status == OK) return this.finishCommit();
    const error = savedError();
    const undone = this.rollback();
    if (undone == OK) restoreError(error);
    return lastError.status;
  }

  private finishCommit(): Status {
    this.active = false;
    if (this.savepoints.length > 0) this.savepoints = new Array<Savepoint>();
    const status = this.manager.commit();
    if (status == OK) {
      this.schemaChanged = false;
      return OK;
    }
    this.watch.takeBackAll();
    // Nothing of it is in the file: in memory it goes as well, unless the handle can't be used any more.
    const failure = savedError();
    if (this.manager.rollback() == OK) this.reloadChangedSchema();
    return restoreError(failure);
  }

  /** Makes all commits durable that `OpenOptions.syncCommits` left for later; an open transaction stays open. */
  sync(): Status {
    return this.manager.sync();
  }

  /** Takes the whole transaction back. */
  rollback(): Status {
    if (!this.active) return fail(NO_TRANSACTION, "there is no transaction to roll back");
    this.active = false;
    this.changes.reset();
    this.later.clear();
    this.watch.takeBackAll();
    if (this.savepoints.length > 0) this.savepoints = new Array<Savepoint>();
    const status = this.manager.rollback();
    return status == OK ? this.reloadChangedSchema() : status;
  }

  private reloadChangedSchema(): Status {
    if (!this.schemaChanged) return OK;
    this.schemaChanged = false;
    return this.reloadTables();
  }

  /** Sets a savepoint inside the transaction; a later one of the same name hides an earlier one. */
  savepoint(name: string): Status {
    if (!this.active) return fail(NO_TRANSACTION, "a savepoint needs a transaction", "begin one first");
    const status = this.flushChanges();
    if (status != OK) return status;
    const manager = this.manager;
    const later = this.later;
    const now = this.watch.now();
    this.savepoints.push(
      new Savepoint(name, manager.undo.mark, manager.redoMark, this.watch.mark, now, later.count, later.before),
    );
    return OK;
  }

  private findSavepoint(name: string): i32 {
    for (let i = this.savepoints.length - 1; i >= 0; i--) {
      if (this.savepoints[i].name == name) return i;
    }
    fail(NO_TRANSACTION, "there is no savepoint " + name);
    return -1;
  }

  /** Takes back what was done since the savepoint, which stays; later ones go. */
  rollbackTo(name: string): Status {
    const at = this.findSavepoint(name);
    if (at < 0) return NO_TRANSACTION;
    while (this.savepoints.length > at + 1) this.savepoints.pop();
    // None waited when it was set.
    this.changes.reset();
    const savepoint = this.savepoints[at];
    const later = this.later;
    later.cutTo(savepoint.laterCount);
    later.before = savepoint.laterBefore;
    if (at + 1 < later.level) later.clear();
    this.watch.takeBack(savepoint.watchMark, savepoint.moment);
    savepoint.moment = this.watch.now();
    const status = this.manager.undoTo(savepoint.mark, savepoint.redoMark);
    // The schema may still differ from the file's: what is known to have changed stays so until the transaction ends.
    return status == OK && this.schemaChanged ? this.reloadTables() : status;
  }

  /** Forgets the savepoint and later ones; what was done since stays. */
  release(name: string): Status {
    const at = this.findSavepoint(name);
    if (at < 0) return NO_TRANSACTION;
    const status = this.settleAnyOrder(at + 1);
    if (status != OK) return status;
    while (this.savepoints.length > at) this.savepoints.pop();
    if (this.savepoints.length == 0) this.manager.statementDone();
    return OK;
  }

  /** Starts a statement: `OK`, and the mark to give to `endStatement` in `statementMark`. */
  private beginStatement(): Status {
    this.useFormat();
    const status = this.manager.writable();
    this.statementMark = this.manager.undo.mark;
    this.statementRedoMark = this.manager.redoMark;
    if (!this.active) this.watch.beginTransaction();
    this.statementWatchMark = this.watch.mark;
    this.watch.pass();
    this.cascaded = 0;
    this.statements.cascaded = 0;
    this.statementChangesSchema = false;
    return status;
  }

  /** The running statement has begun to create or drop a table. */
  private statementChangesSchema: bool = false;
  private statementMark: u64 = 0;
  private statementRedoMark: u64 = 0;
  private statementWatchMark: u64 = 0;

  /** `beginStatement` for rows: in a transaction changes of indexes wait if the statement `lets` them, none of others if it is `alone`. */
  private beginRows(lets: bool, alone: bool = false): Status {
    const changes = this.changes;
    // Tables that a failing statement has opened anew would know nothing of changes that wait.
    const mayWait = this.active && lets && (!this.schemaChanged || changes.batchTable !== null);
    if (!mayWait || alone || changes.failure != OK || changes.isFull) {
      const status = this.flushChanges();
      if (status != OK) return status;
    }
    if (this.manager.manyWrites) {
      const status = this.manager.carryOutWrites();
      if (status != OK) return status;
    }
    this.statements.changes = mayWait ? changes : null;
    if (!changes.batchTable) changes.tag += 1;
    this.flushedOthers = false;
    this.othersWait = !changes.isEmpty;
    this.inRows = true;
    return this.beginStatement();
  }

  /** Whether a statement on rows is running; whether changes of others wait, and whether such were carried out behind its own. */
  private inRows: bool = false;
  private othersWait: bool = false;
  private flushedOthers: bool = false;

  /** Ends what `beginRows` started. */
  private endRows(status: Status): Status {
    this.inRows = false;
    if (status != OK) {
      this.changes.forgetStatement();
      // Taken back with the statement, they are in no list any more.
      if (this.flushedOthers && this.active) this.changes.failure = status;
    }
    return this.endStatement(status);
  }

  /** Ends a statement that came to `status`: keeps and (outside of a transaction) commits it, or takes it back. */
  private endStatement(status: Status): Status {
    this.cascaded = this.statements.cascaded;
    if (status == OK) {
      if (!this.active) return this.finishCommit();
      if (this.savepoints.length == 0) this.manager.statementDone();
      return OK;
    }
    const failure = savedError();
    this.watch.takeBack(this.statementWatchMark, u32.MAX_VALUE);
    let undone = this.manager.undoTo(this.statementMark, this.statementRedoMark);
    if (undone == OK && !this.active) undone = this.manager.rollback();
    if (undone == OK && this.statementChangesSchema) undone = this.active ? this.reloadTables() : this.reloadChangedSchema();
    return undone == OK ? restoreError(failure) : undone;
  }

  // ---- rows ----

  /** Inserts `row`; missing columns get a number, their default, or null. The address goes to `lastAddress`. */
  insert(table: Table, row: Row): Status {
    const status = this.beginRows(true);
    if (status != OK) return status;
    const address = this.statements.insert(table, row);
    this.lastAddress = address;
    if (address == NO_ADDRESS) return this.endRows(lastError.status);
    return this.endRows(this.statements.refersLater ? this.later.add(table.name, address) : OK);
  }

  // ---- rows in any order ----

  /** Rows that refer to others that have not come yet. */
  readonly later: LaterReferences = new LaterReferences();

  /**
   * From now on rows of the transaction that come by `insertNext` may refer to others that come later, until `endAnyOrder`, a `commit`,
   * or the end of the newest savepoint. False where that is so already.
   */
  beginAnyOrder(): bool {
    const later = this.later;
    if (later.active) return false;
    later.begin(this.savepoints.length);
    return true;
  }

  /**
   * `insert` of one of several rows, in a batch or in any order. `tag`, which grows from row to row, tells in `conflictTag` whose key
   * another row has, or what refers to none; that shows in this call or a later one.
   */
  insertNext(table: Table, row: Row, tag: u64): Status {
    const later = this.later;
    later.row = later.before + tag;
    if (later.count >= later.lookAt) {
      const status = this.settleReferences();
      if (status != OK) return status;
    }
    const batchTable = this.changes.batchTable;
    if (batchTable) this.changes.tag = tag;
    this.statements.mayRefer = later.active;
    const status = this.insert(batchTable || table, row);
    this.statements.mayRefer = false;
    return status;
  }

  /** Forgets the rows since the newest savepoint that were remembered and are settled by now. */
  private settleReferences(): Status {
    const later = this.later;
    const statements = this.statements;
    const newest = this.savepoints.length - 1;
    let kept: u32 = newest < 0 ? 0 : this.savepoints[newest].laterCount;
    let status = OK;
    statements.mayRefer = true;
    for (let i = kept; i < later.count && status == OK; i++) {
      status = this.lookAgain(i);
      if (status == OK && statements.refersLater) later.move(i, kept++);
    }
    statements.mayRefer = false;
    if (status == OK) later.cutTo(kept);
    return status;
  }

  private lookAgain(i: u32): Status {
    const table = this.table(this.later.tableOf(i));
    return table ? this.statements.checkReferences(table, this.later.addressOf(i)) : lastError.status;
  }

  /** All rows have come: `OK` when what they refer to is there; else `conflictTag` is the first row for which it is not. */
  checkReferences(): Status {
    const later = this.later;
    for (let i: u32 = 0; i < later.count; i++) {
      const status = this.lookAgain(i);
      if (status == OK) continue;
      this.changes.conflictTag = later.rowOf(i);
      return status;
    }
    later.cutTo(0);
    return OK;
  }

  /** A statement's `count` rows have come, and others may follow: those are numbered on. */
  countRows(count: u64): void {
    if (this.later.active) this.later.before += count;
  }

  /** Ends what `beginAnyOrder` began, without a check. */
  endAnyOrder(): void {
    this.later.clear();
  }

  /** The savepoint with `outer` others around it ends, and any order with it if it began inside: `OK` unless a reference is broken. */
  private settleAnyOrder(outer: i32): Status {
    if (!this.later.active || this.later.level < outer) return OK;
    const status = this.checkReferences();
    if (status == OK) this.later.clear();
    else lastError.what = "row " + this.conflictTag.toString() + ": " + lastError.what;
    this.changes.conflictTag = 0;
    return status;
  }

  /** `OK` where rows may change or go: not while others that refer to them may still come. */
  private mayChangeRows(): Status {
    if (!this.later.active) return OK;
    const what = "rows come in any order: nothing but insertions and reading until all are there";
    return fail(BAD_REQUEST, what, "commit or release first");
  }
  private readonly changes: WriteBuffer;

  /** Carries out the changes of indexes that wait. After a failure the transaction is to be rolled back. */
  flushChanges(): Status {
    const changes = this.changes;
    if (this.flushing || (changes.isEmpty && changes.failure == OK)) return OK;
    if (changes.failure != OK) return fail(changes.failure, "an earlier failure left the transaction incomplete", "roll it back");
    this.useFormat();
    let status = this.manager.writable();
    const undo = this.manager.undo;
    const begun = this.inRows && (undo.mark != this.statementMark || changes.hasOfStatement);
    this.flushing = true;
    if (status == OK) status = changes.carryOut(this.tables, begun || this.savepoints.length > 0);
    this.flushing = false;
    if (begun) this.flushedOthers = this.flushedOthers || this.othersWait;
    else {
      // A statement that has changed nothing yet starts here.
      this.statementMark = undo.mark;
      this.statementRedoMark = this.manager.redoMark;
    }
    this.othersWait = false;
    if (status == OK && changes.conflictIndex >= 0) {
      const table = this.table(changes.conflictTable)!;
      status = this.statements.failOfConflict(table, changes.conflictIndex, changes.conflictAddress);
    }
    changes.failure = status;
    return status;
  }

  private flushing: bool = false;

  /**
   * Starts a batch of `insertNext` in a transaction: unique keys of the rows of `table` that follow, but for the primary one, are
   * checked together at some time until `flushChanges` or `commit`. False where that can't be. After a failure of one of the three the
   * transaction, or all since a savepoint from before the batch, has to be taken back.
   */
  beginBatch(table: Table): bool {
    if (!this.active || !canBatch(table) || this.flushChanges() != OK) return false;
    this.changes.batchTable = table;
    return true;
  }

  /** The tag of the row that a failed batch is about; 0 when it is about none. */
  get conflictTag(): u64 {
    return this.changes.conflictTag;
  }

  /** The batch's row `tag` has failed: makes the last error that of the first bad row, maybe an earlier one, and returns its tag. */
  firstBadRow(tag: u64): u64 {
    if (this.conflictTag != 0) return this.conflictTag;
    const error = savedError();
    this.flushChanges();
    if (this.conflictTag != 0) return this.conflictTag;
    restoreError(error);
    return tag;
  }

  /** Ends the batch. What was not carried out has to be taken back. */
  endBatch(): void {
    this.changes.batchTable = null;
  }

  /** Where the last inserted or updated row stands. */
  lastAddress: RecordAddress = NO_ADDRESS;

  /** Replaces the row at `address`; columns that are missing in `row` stay as they are. */
  update(table: Table, address: RecordAddress, row: Row): Status {
    let status = this.mayChangeRows();
    if (status == OK) status = this.beginRows(!table.isFollowed(row));
    if (status != OK) return status;
    this.lastAddress = this.statements.update(table, address, row);
    return this.endRows(this.lastAddress == NO_ADDRESS ? lastError.status : OK);
  }

  /** Deletes the row at `address`; `mode` is one of `DELETE_…`. */
  delete(table: Table, address: RecordAddress, mode: u8): Status {
    // Rows that refer to rows that refer to it may be reason to refuse when others are gone already.
    let status = this.mayChangeRows();
    if (status == OK) status = this.beginRows(true, table.isReferredToFurther);
    if (status != OK) return status;
    return this.endRows(this.statements.delete(table, address, mode));
  }

  /** Deletes are one from now on until `endDeletes`: rows that refer to a deleted one may be deleted behind it. */
  beginDeletes(): void {
    this.statements.severalDeletes = true;
  }

  /** The deletes came to `status`: fails if rows still refer to a row that was deleted. What was done has to be taken back then. */
  endDeletes(status: Status): Status {
    return this.statements.endDeletes(status);
  }

  /** Reads the row at `address`: its bytes go into `body`, which `row` then points into. */
  read(table: Table, address: RecordAddress, row: Row, body: ByteBuffer): Status {
    return this.statements.readRow(table, address, row, body);
  }

  // ---- tables ----

  /**
   * Makes a table. Its foreign keys must name existing tables (or itself), and a column of the same type that is unique there. With
   * `forward` they may name tables that are still to be made: the caller then checks them itself. With `adopted` they may name anything:
   * the table is another file's.
   */
  createTable(schema: TableSchemaSnapshot, forward: bool = false, adopted: bool = false): Status {
    let status = this.flushChanges();
    if (status == OK) status = this.beginStatement();
    if (status == OK) status = this.checkChangeable();
    if (status != OK) return status;
    if (this.manager.layout == LAYOUT_0_11) schema = schema.withoutTwins();
    status = checkNewTable(this.openTables, schema, forward, adopted);
    if (status != OK) return status;
    this.schemaChanged = true;
    this.statementChangesSchema = true;
    const table = writeTable(this.access, schema);
    if (!table) return this.endStatement(lastError.status);
    this.watchAgain(table);
    return this.endStatement(this.openTables.add(table));
  }

  /** `OK` where tables can come and go. */
  private checkChangeable(): Status {
    if (hasDefinitions(this.manager.layout)) return OK;
    const what = "a file of layout " + layoutName(this.manager.layout) + " keeps the tables that it has";
    return fail(UNSUPPORTED, what, "convert OUT --layout 0.9 makes one that can be changed");
  }

  /** The hash over the definitions of all tables as they are now; 0 on failure. */
  schemaHash(): u64 {
    return this.openTables.schemaHash();
  }

  /** Drops a table and gives back all of its pages. Other tables may not refer to it. */
  dropTable(name: string): Status {
    let status = this.mayChangeRows();
    if (status == OK) status = this.flushChanges();
    if (status == OK) status = this.beginStatement();
    if (status == OK) status = this.checkChangeable();
    if (status != OK) return status;
    const table = this.table(name);
    if (!table) return lastError.status;
    for (let i = 0; i < table.references.length; i++) {
      const other = table.references[i].table;
      if (other === table) continue;
      return fail(FOREIGN_KEY_RESTRICT, "table " + other.name + " refers to " + name, "drop that table first");
    }
    this.schemaChanged = true;
    this.statementChangesSchema = true;
    status = releaseTable(this.access, table);
    if (status == OK) status = this.openTables.remove(table);
    const watch = table.watch;
    if (watch) watch.lose();
    return this.endStatement(status);
  }

  // ---- access control ----

  /** Runs as a statement: starts it, to be followed by `endChange`. For changes of the access control list. */
  beginChange(): Status {
    return this.beginStatement();
  }

  /** Ends what `beginChange` started. */
  endChange(status: Status): Status {
    return this.endStatement(status);
  }

  /** Closes the store; an open transaction is rolled back. */
  close(): Status {
    if (this.active) this.rollback();
    this.openTables.free();
    this.statements.free();
    this.watch.free();
    return this.manager.close();
  }
}
