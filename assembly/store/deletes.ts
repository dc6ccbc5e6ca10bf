/** Deletes, and the rows that go with the ones that they refer to, or forbid that these go. */
import { Status, OK, FOREIGN_KEY_RESTRICT, fail, lastError } from "../status";
import { compareKeyToProbe } from "../encode/key";
import { Row } from "../encode/row";
import { ON_DELETE_CASCADE } from "../schema/column";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { FOUND_ROWS, PendingDelete, Cascade, Refusal } from "./cascade";
import { cellText } from "./cell-text";
import { Table } from "./table";
import { Updates } from "./updates";

/** What a delete does about rows that refer to the one that goes. */
export const DELETE_BY_SCHEMA: u8 = 0;
/** Delete them too, whatever the schema says. */
export const DELETE_CASCADE: u8 = 1;
/** Refuse, whatever the schema says. */
export const DELETE_RESTRICT: u8 = 2;

/** So many rows that forbid a deletion are remembered: if most are still there by then, it fails. */
const MOST_REFUSALS: i32 = 16384;

export class Deletes extends Updates {
  protected readonly pending: Cascade = new Cascade();
  private readonly refusals: Array<Refusal> = new Array<Refusal>();
  /** Whether several deletes are one: rows that refer to a deleted one may be deleted until `endDeletes`. */
  severalDeletes: bool = false;

  /** Deletes the row at `address`, and rows that refer to it where `mode` and the schema say so. */
  delete(table: Table, address: RecordAddress, mode: u8): Status {
    const pending = this.pending;
    let status = this.deleteOne(table, address, mode);
    for (let next = pending.last; status == OK && next; next = pending.last) {
      const found = next.take();
      if (found == NO_ADDRESS && next.isComplete) pending.pop();
      else if (found == NO_ADDRESS) status = this.findRows(next);
      else status = this.deleteFound(next, found, mode);
    }
    pending.clear();
    return this.severalDeletes && status == OK ? OK : this.endDeletes(status);
  }

  /** Deletes that are one came to `status`: fails if rows still refer to a row that was deleted, in a way that forbids it. */
  endDeletes(status: Status): Status {
    const refusals = this.refusals;
    for (let i = 0; i < refusals.length && status == OK; i++) status = this.checkRefusal(refusals[i]);
    refusals.length = 0;
    this.severalDeletes = false;
    return status;
  }

  private checkRefusal(refusal: Refusal): Status {
    const table = this.tableNamed(refusal.from);
    if (!table) return lastError.status;
    this.probe.reset();
    this.probe.addBytes(changetype<usize>(refusal.key), refusal.key.byteLength);
    const found = this.findRow(table, refusal.column, NO_ADDRESS);
    if (found == NO_ADDRESS) return lastError.status;
    // Another row may have taken the place of the one that was deleted.
    const foreignKey = table.schema.columns[refusal.column].foreignKey!;
    const target = this.tableNamed(foreignKey.table);
    if (!target) return lastError.status;
    const other = this.findRow(target, target.schema.columnIndex(foreignKey.column), NO_ADDRESS);
    if (other != NO_ADDRESS) return OK;
    return lastError.status == OK ? refused(refusal.what) : lastError.status;
  }

  /** Rows forbid the deletion that the statement starts or goes on with: it fails now if nothing else of it can delete them. */
  private refuse(from: Table, column: i32, what: string, mode: u8): Status {
    if (!this.severalDeletes) {
      if (mode == DELETE_RESTRICT) return refused(what);
      // Should it fail behind changes of its own, those of others must not be among them.
      const changes = this.changes;
      const status = changes ? changes.flush() : OK;
      if (status != OK) return status;
    }
    const key = new ArrayBuffer(this.probe.len);
    memory.copy(changetype<usize>(key), this.probe.ptr, this.probe.len);
    this.refusals.push(new Refusal(from.name, column, key, what));
    return OK;
  }

  /** Forgets the refusals whose rows have gone by now: fails when these are few. */
  private settleRefusals(): Status {
    const refusals = this.refusals;
    let kept = 0;
    for (let i = 0; i < refusals.length; i++) {
      const status = this.checkRefusal(refusals[i]);
      if (status == FOREIGN_KEY_RESTRICT) refusals[kept++] = refusals[i];
      else if (status != OK) return status;
    }
    refusals.length = kept;
    return kept > MOST_REFUSALS / 2 ? refused(refusals[0].what) : OK;
  }

  /** Deletes the row at `address`, which `pending` found. */
  private deleteFound(pending: PendingDelete, address: RecordAddress, mode: u8): Status {
    if (!pending.index) {
      // Rows that refer to one before it were deleted since it was found, and it may have been among them.
      const there = pending.table.registry.hasRecord(address);
      if (there <= 0) return there == 0 ? OK : lastError.status;
    }
    const status = this.deleteOne(pending.table, address, mode);
    pending.goOn();
    this.cascaded += 1;
    const changes = this.changes;
    return status == OK && changes && changes.isFull ? changes.flush() : status;
  }

  /** Looks for the next rows of `pending`. */
  private findRows(pending: PendingDelete): Status {
    const table = pending.table;
    let status = table.refresh();
    if (status != OK) return status;
    const index = table.indexStartingWith(pending.column);
    pending.start(index);
    const key = pending.key.ptr;
    if (!index) {
      this.probe.reset();
      this.probe.addBytes(key, pending.key.len);
      status = this.scanForRows(table, pending.column, pending.last, NO_ADDRESS, FOUND_ROWS, pending.found);
      pending.isComplete = pending.hasRoom;
      return status;
    }
    const cursor = index.cursor;
    let found = index.seekEqual(key);
    let last = NO_ADDRESS;
    while (found && pending.hasRoom && compareKeyToProbe(cursor.key(), key) == 0) {
      // Where two indexes are one tree each row has two entries.
      if (cursor.address() != last) pending.add(cursor.address());
      last = cursor.address();
      found = cursor.next();
    }
    pending.isComplete = pending.hasRoom;
    pending.goOn();
    return cursor.status;
  }

  /** Deletes one row and adds to `pending` what has to follow it. The row goes first, so that rows in a circle end. */
  private deleteOne(table: Table, address: RecordAddress, mode: u8): Status {
    let status = this.refusals.length < MOST_REFUSALS ? OK : this.settleRefusals();
    if (status == OK) status = table.refresh();
    if (status != OK) return status;
    const row = table.oldRow;
    table.registry.expectChange(address);
    status = this.readRow(table, address, row, table.oldBody);
    // One that says itself what becomes of rows that refer is heard in any case.
    if (status == OK && (mode != DELETE_BY_SCHEMA || this.catalog.foreignKeys))
      status = this.followReferences(table, address, row, mode);
    if (status == OK) {
      const key = this.oldKeys;
      for (let i = 0; i < table.indexes.length && status == OK; i++) {
        key.reset();
        unchecked(table.indexes[i]).addKey(table.schema, row, key);
        status = this.removeEntry(table, i, key, address);
      }
    }
    if (status != OK) return status;
    const watch = table.watch;
    if (watch) watch.left(address);
    return table.registry.deleteRead(address, table.oldBody.len);
  }

  private followReferences(table: Table, address: RecordAddress, row: Row, mode: u8): Status {
    for (let i = 0; i < table.references.length; i++) {
      const reference = table.references[i];
      const column = reference.table.schema.columns[reference.column];
      const foreignKey = column.foreignKey;
      const position = table.referencedColumn(i);
      if (!foreignKey || position < 0 || !row.isSet(position)) continue;
      this.buildProbe(column, table.schema.columns[position], row.ptr(position), row.len(position));
      if (mode == DELETE_CASCADE || (mode == DELETE_BY_SCHEMA && foreignKey.onDelete == ON_DELETE_CASCADE)) {
        this.pending.push(reference.table, reference.column, this.probe.ptr, this.probe.len);
        continue;
      }
      const found = this.findRow(reference.table, reference.column, reference.table === table ? address : NO_ADDRESS);
      if (found == NO_ADDRESS && lastError.status != OK) return lastError.status;
      if (found == NO_ADDRESS) continue;
      const value = cellText(table.schema.columns[position], row, position);
      const key = " (" + column.name + " = " + value + ")";
      const what = "rows of " + reference.table.name + " refer to this row of " + table.name + key;
      const status = this.refuse(reference.table, reference.column, what, mode);
      if (status != OK) return status;
    }
    return OK;
  }
}

function refused(what: string): Status {
  return fail(FOREIGN_KEY_RESTRICT, what, "delete them first, or delete with --cascade");
}
