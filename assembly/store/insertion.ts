/** Rows that are inserted by one call: all of them, or none. */
import { Status, OK, HANDLE_POISONED, lastError, savedError, restoreError } from "../status";
import { Row } from "../encode/row";
import { DbmsContext } from "./dbms-context";
import { RowBatch } from "./row-batch";
import { Table } from "./table";

/** A name for savepoints that no request uses. */
const OWN_SAVEPOINT: string = "\0";

/** Rows of one call from which on their index entries are added in batches. */
export const BATCH_ROWS: u32 = 64;

/** Starts something of several statements that is all or nothing, also inside a transaction. To be followed by `endTogether`. */
export function beginTogether(db: DbmsContext): Status {
  return db.inTransaction ? db.savepoint(OWN_SAVEPOINT) : db.begin();
}

/**
 * Ends it: keeps (and outside of a transaction commits) what was done, or takes it back when `status` is a failure, or it was only to be
 * tried (`isTrial`).
 */
export function endTogether(db: DbmsContext, inner: bool, status: Status, isTrial: bool = false): Status {
  if (status == OK) status = db.flushChanges();
  if (status == OK && !isTrial) return inner ? db.release(OWN_SAVEPOINT) : db.commit();
  const failure = savedError();
  let undone = inner ? db.rollbackTo(OWN_SAVEPOINT) : db.rollback();
  if (undone == OK && inner) undone = db.release(OWN_SAVEPOINT);
  // A handle that can't be used any more is so since the failure that `status` is: that one is to be told.
  if (undone != OK && (status == OK || undone != HANDLE_POISONED)) return undone;
  return status == OK ? OK : restoreError(failure);
}

/** The insertion that is under way in a store: there is one at a time. */
export class Insertion {
  private readonly batch: RowBatch;
  /** Rows so far, the one in hand among them. */
  private count: u64 = 0;
  private isMany: bool = false;
  /** Whether there was a transaction before. */
  private isInner: bool = false;

  constructor(private readonly db: DbmsContext) {
    this.batch = new RowBatch(db);
  }

  /**
   * Begins one of a single row, or of several (`isMany`), which are as many as `BATCH_ROWS` or more if it `isLarge`. In `anyOrder` rows may
   * refer to later ones, and nothing is changed besides.
   */
  begin(table: Table, isMany: bool, isLarge: bool, anyOrder: bool = true): Status {
    const db = this.db;
    this.count = 0;
    this.isMany = isMany;
    this.isInner = db.inTransaction;
    const status = isMany ? beginTogether(db) : OK;
    if (isMany && status == OK) this.batch.begin(table, isLarge, anyOrder);
    return status;
  }

  /** Inserts the next row, if it could be read (`read`); what it came to. After a failure none may follow. */
  add(table: Table, row: Row, read: Status): Status {
    this.count += 1;
    if (!this.isMany) return read == OK ? this.db.insertNext(table, row, this.count) : read;
    return read == OK ? this.batch.add(row, this.count) : this.batch.refuse(this.count);
  }

  /** Passes a row by, which counts. */
  pass(): void {
    this.count += 1;
  }

  /** Looks whether all is right with the rows so far, which others may follow. */
  settle(): Status {
    return this.isMany ? this.batch.finish() : OK;
  }

  /** All rows have come, or the last one failed: makes it all or nothing, and says in the error which row it is about. */
  end(status: Status): Status {
    const db = this.db;
    if (this.isMany) status = endTogether(db, this.isInner, this.endBatch(status));
    if (status == OK) db.transaction.anyOrder.countRows(this.count);
    return status;
  }

  private endBatch(status: Status): Status {
    const batch = this.batch;
    if (status == OK) status = batch.finish();
    if (status != OK && batch.badRow != 0) lastError.what = "row " + batch.badRow.toString() + ": " + lastError.what;
    batch.end();
    return status;
  }
}
