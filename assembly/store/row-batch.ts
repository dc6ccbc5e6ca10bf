/**
 * Many new rows of one statement: entries of indexes are added together, in the order of keys, and rows may refer to others that come
 * later. What is wrong with a row may then come to light only with a later one or at the end: `badRow` tells which it was.
 *
 *   begin → { add, or refuse where the row could not even be read } … → finish (as often as there are rows to be sure of) → end
 *
 * It needs an open transaction. After a failure what was done since `begin` has to be taken back.
 */
import { Status, OK, lastError, savedError, restoreError } from "../status";
import { Row } from "../encode/row";
import { DbmsContext } from "./dbms-context";
import { Table } from "./table";
import { canBatch } from "./write-buffer";

export class RowBatch {
  /** After a failure: the tag of the row that it is about; 0 when it is about none. */
  badRow: u64 = 0;
  private table: Table | null = null;
  /** Whether this batch, and nothing around it, lets rows come in any order. */
  private ownsOrder: bool = false;

  constructor(private readonly db: DbmsContext) {}

  /**
   * Rows of `table` follow. With `together` entries of indexes are added together, where the table lets that be; with `anyOrder` rows
   * may refer to later ones, until `end` or the end of the transaction.
   */
  begin(table: Table, together: bool, anyOrder: bool): void {
    const transaction = this.db.transaction;
    this.badRow = 0;
    this.table = table;
    this.ownsOrder = anyOrder && transaction.beginAnyOrder();
    if (together && canBatch(table) && transaction.flushChanges() == OK) transaction.changes.batchTable = table;
  }

  /** Inserts `row`, whose `tag` is above those before it. */
  add(row: Row, tag: u64): Status {
    const status = this.db.insertNext(this.table!, row, tag);
    return status == OK ? OK : this.refuse(tag);
  }

  /** The row `tag` failed, as the last error says: makes that the error of the first bad row, maybe an earlier one. */
  refuse(tag: u64): Status {
    this.badRow = this.conflict();
    if (this.badRow == 0 && this.db.transaction.changes.batchTable) {
      const error = savedError();
      this.db.flushChanges();
      this.badRow = this.conflict();
      if (this.badRow == 0) restoreError(error);
    }
    if (this.badRow == 0) this.badRow = tag;
    return lastError.status;
  }

  private conflict(): u64 {
    const transaction = this.db.transaction;
    const tag = transaction.changes.conflictTag;
    return tag != 0 ? tag : transaction.anyOrder.broken;
  }

  /** Carries out what waits, and looks whether what the rows refer to is there. */
  finish(): Status {
    const transaction = this.db.transaction;
    let status = transaction.flushChanges();
    if (status == OK && this.ownsOrder) status = transaction.anyOrder.check();
    if (status != OK) this.badRow = this.conflict();
    return status;
  }

  /** No more rows. What `finish` did not see has to be taken back. */
  end(): void {
    const transaction = this.db.transaction;
    transaction.changes.batchTable = null;
    if (this.ownsOrder) transaction.anyOrder.end();
    this.ownsOrder = false;
    this.table = null;
  }
}
