/**
 * The transaction of an open store: its statements, which are all or nothing, its savepoints, and the changes of indexes that wait in its
 * write buffer.
 *
 * Without `begin` each statement is a transaction of its own. A statement that fails is taken back by the undo list, which reaches
 * back to the oldest savepoint, or to the start of the statement; a whole transaction is taken back by dropping its pages.
 */
import { Status, OK, NO_TRANSACTION, TRANSACTION_ACTIVE, fail, lastError, savedError, restoreError } from "../status";
import { MemoryManager, WRITE } from "../memory/manager/memory-manager";
import { AnyOrder } from "./any-order";
import { ScanWatch } from "./scan-watch";
import { Statements } from "./statements";
import { Store } from "./store";
import { EntryKeeper } from "./table-index";
import { WriteBuffer } from "./write-buffer";

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

export class Transaction extends EntryKeeper {
  private readonly manager: MemoryManager;
  private readonly watch: ScanWatch;
  /** Changes of indexes that wait. */
  readonly changes: WriteBuffer;
  /** Rows that refer to others that have not come yet. */
  readonly anyOrder: AnyOrder;
  private savepoints: Array<Savepoint> = new Array<Savepoint>();
  private active: bool = false;
  /** A table was created or dropped since the last commit. */
  private schemaChanged: bool = false;
  /** The running statement has begun to create or drop a table. */
  private statementChangesSchema: bool = false;
  /** The running statement changes rows of the catalog. */
  private statementChangesCatalog: bool = false;
  private statementMark: u64 = 0;
  private statementRedoMark: u64 = 0;
  private statementWatchMark: u64 = 0;
  /** Whether a statement on rows is running; whether changes of others wait, and whether such were carried out behind its own. */
  private inRows: bool = false;
  private othersWait: bool = false;
  private flushedOthers: bool = false;

  constructor(
    private readonly store: Store,
    private readonly statements: Statements,
  ) {
    super();
    this.manager = store.manager;
    this.watch = store.watch;
    this.anyOrder = new AnyOrder(store, statements);
    this.changes = changetype<WriteBuffer>(0);
    this.changes = new WriteBuffer(this, store.manager);
  }

  /** Whether `begin` was called and neither `commit` nor `rollback` yet. */
  @inline get isOpen(): bool {
    return this.active;
  }

  begin(): Status {
    if (this.active) return fail(TRANSACTION_ACTIVE, "a transaction is open already", "use a savepoint to nest");
    const status = this.manager.enter(WRITE);
    if (status != OK) return status;
    this.active = true;
    this.watch.beginTransaction();
    return OK;
  }

  /** Makes the transaction durable. On failure it is over, and nothing of it is left; or nothing can be done with this handle any more. */
  commit(): Status {
    if (!this.active) return fail(NO_TRANSACTION, "there is no transaction to commit");
    // mutant: a commit leaves changes of indexes waiting
    let status = this.flushChanges();
    if (status == OK) status = this.anyOrder.endInside(0);
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

  /** Takes the whole transaction back. */
  rollback(): Status {
    if (!this.active) return fail(NO_TRANSACTION, "there is no transaction to roll back");
    this.active = false;
    this.changes.reset();
    this.anyOrder.end();
    this.watch.takeBackAll();
    if (this.savepoints.length > 0) this.savepoints = new Array<Savepoint>();
    const status = this.manager.rollback();
    return status == OK ? this.reloadChangedSchema() : status;
  }

  private reloadChangedSchema(): Status {
    if (!this.schemaChanged) return OK;
    this.schemaChanged = false;
    return this.store.reloadTables();
  }

  /** Sets a savepoint inside the transaction; a later one of the same name hides an earlier one. */
  savepoint(name: string): Status {
    if (!this.active) return fail(NO_TRANSACTION, "a savepoint needs a transaction", "begin one first");
    const status = this.flushChanges();
    if (status != OK) return status;
    const manager = this.manager;
    const later = this.anyOrder.later;
    const now = this.watch.now();
    this.savepoints.push(
      new Savepoint(name, manager.undo.mark, manager.redoMark, this.watch.mark, now, later.count, later.before),
    );
    return OK;
  }

  /** Rows that had come in any order when the newest savepoint was set. */
  get laterAtSavepoint(): u32 {
    const newest = this.savepoints.length - 1;
    return newest < 0 ? 0 : this.savepoints[newest].laterCount;
  }

  /** Rows of the transaction may come in any order until its end or that of the newest savepoint: `AnyOrder.begin`. */
  beginAnyOrder(): bool {
    return this.anyOrder.begin(this.savepoints.length);
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
    this.anyOrder.takeBack(savepoint.laterCount, savepoint.laterBefore, at + 1);
    this.watch.takeBack(savepoint.watchMark, savepoint.moment);
    savepoint.moment = this.watch.now();
    const status = this.manager.undoTo(savepoint.mark, savepoint.redoMark);
    // The schema may still differ from the file's: what is known to have changed stays so until the transaction ends.
    return status == OK && this.schemaChanged ? this.store.reloadTables() : status;
  }

  /** Forgets the savepoint and later ones; what was done since stays. */
  release(name: string): Status {
    const at = this.findSavepoint(name);
    if (at < 0) return NO_TRANSACTION;
    const status = this.anyOrder.endInside(at + 1);
    if (status != OK) return status;
    while (this.savepoints.length > at) this.savepoints.pop();
    if (this.savepoints.length == 0) this.manager.statementDone();
    return OK;
  }

  // ---- statements ----

  /** Starts a statement, to be followed by `endStatement` if it is `OK`. */
  beginStatement(): Status {
    this.store.useFormat();
    const status = this.manager.enter(WRITE);
    this.statementMark = this.manager.undo.mark;
    this.statementRedoMark = this.manager.redoMark;
    if (!this.active) this.watch.beginTransaction();
    this.statementWatchMark = this.watch.mark;
    this.watch.pass();
    this.statements.cascaded = 0;
    this.statementChangesSchema = false;
    this.statementChangesCatalog = false;
    return status;
  }

  /** The running statement creates or drops a table. */
  noteSchemaChange(): void {
    this.schemaChanged = true;
    this.statementChangesSchema = true;
  }

  /** The running statement changes rows of the catalog: whoever knows them looks again, also where it is taken back. */
  noteCatalogChange(): void {
    this.schemaChanged = true;
    this.statementChangesCatalog = true;
    this.statements.catalog.changed();
  }

  /** `beginStatement` for rows: in a transaction changes of indexes wait if the statement `lets` them, none of others if it is `alone`. */
  beginRows(lets: bool, alone: bool = false): Status {
    const changes = this.changes;
    // Tables that a failing statement has opened anew would know nothing of changes that wait.
    // off: write buffer
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

  /** Ends what `beginRows` started. */
  endRows(status: Status): Status {
    this.inRows = false;
    if (status != OK) {
      this.changes.forgetStatement();
      // Taken back with the statement, they are in no list any more.
      if (this.flushedOthers && this.active) this.changes.failure = status;
    }
    return this.endStatement(status);
  }

  /** Ends a statement that came to `status`: keeps and (outside of a transaction) commits it, or takes it back. */
  endStatement(status: Status): Status {
    if (status == OK) {
      if (!this.active) return this.finishCommit();
      if (this.savepoints.length == 0) this.manager.statementDone();
      return OK;
    }
    const failure = savedError();
    this.watch.takeBack(this.statementWatchMark, u32.MAX_VALUE);
    let undone = this.manager.undoTo(this.statementMark, this.statementRedoMark);
    if (undone == OK && !this.active) undone = this.manager.rollback();
    if (this.statementChangesCatalog) this.statements.catalog.changed();
    if (undone == OK && this.statementChangesSchema)
      undone = this.active ? this.store.reloadTables() : this.reloadChangedSchema();
    return undone == OK ? restoreError(failure) : undone;
  }

  // ---- the write buffer ----

  /** Carries out the changes of indexes that wait. After a failure the transaction is to be rolled back. */
  flushChanges(): Status {
    const changes = this.changes;
    if (changes.isEmpty && changes.failure == OK) return OK;
    if (changes.failure != OK) return fail(changes.failure, "an earlier failure left the transaction incomplete", "roll it back");
    this.store.useFormat();
    let status = this.manager.enter(WRITE);
    const undo = this.manager.undo;
    const begun = this.inRows && (undo.mark != this.statementMark || changes.hasOfStatement);
    if (status == OK) status = changes.carryOut(this.store.tables, begun || this.savepoints.length > 0);
    if (begun) this.flushedOthers = this.flushedOthers || this.othersWait;
    else {
      // A statement that has changed nothing yet starts here.
      this.statementMark = undo.mark;
      this.statementRedoMark = this.manager.redoMark;
    }
    this.othersWait = false;
    if (status == OK && changes.conflictIndex >= 0) {
      const table = this.store.table(changes.conflictTable)!;
      status = this.statements.failOfConflict(table, changes.conflictIndex, changes.conflictAddress);
    }
    changes.failure = status;
    return status;
  }
}
