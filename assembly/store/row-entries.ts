/** Entries of rows in the indexes of their tables: added and removed at once, or left to wait. */
import { Status, OK, PRIMARY_KEY_CONFLICT, UNIQUE_CONFLICT, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeyToProbe } from "../encode/key";
import { CELL_MISSING, Row } from "../encode/row";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { WriteBuffer } from "./write-buffer";
import { RowLookup, keyText } from "./row-lookup";
import { Table } from "./table";
import { TableIndex } from "./table-index";

export class RowEntries extends RowLookup {
  protected keys: ByteBuffer = new ByteBuffer(1024);
  protected oldKeys: ByteBuffer = new ByteBuffer(1024);
  /** Takes changes of indexes that may wait; null while none do. */
  changes: WriteBuffer | null = null;
  /** Whether only one row may have null in a unique column, or the same key with a null in a unique index of several. */
  oneNull: bool = false;
  /** Whether errors say which key another row has, or which row is missing: not where they may come to nothing, for many rows. */
  tellsConflicts: bool = true;

  /** Adds an entry to index number `i`, now or later. With `placed` the tree's `place` has looked for the key. */
  protected addEntry(table: Table, i: i32, key: usize, keyLen: u32, address: RecordAddress, placed: bool): Status {
    const changes = this.changes;
    if (changes && changes.takes(table, i, false)) return changes.add(table, i, false, key, keyLen, address);
    return table.addEntry(unchecked(table.indexes[i]), key, keyLen, address, placed);
  }

  /** Removes an entry of index number `i`, now or later. */
  protected removeEntry(table: Table, i: i32, key: ByteBuffer, address: RecordAddress): Status {
    const changes = this.changes;
    if (changes && changes.takes(table, i, true)) return changes.add(table, i, true, key.ptr, key.len, address);
    return table.removeEntry(unchecked(table.indexes[i]), key.ptr, address);
  }

  /** Fails because the row at `address` has a key in index number `i` of `table` that another row has. */
  failOfConflict(table: Table, i: i32, address: RecordAddress): Status {
    const status = this.readRow(table, address, table.oldRow, table.oldBody);
    return status == OK ? this.conflict(table, table.indexes[i], table.oldRow) : status;
  }

  /**
   * Has changes carried out that wait for unique indexes in which `row` has null, before anything is changed for it: another row may have
   * that, too.
   */
  protected settleNulls(table: Table, row: Row): Status {
    const changes = this.changes;
    if (!changes || changes.batchTable) return OK;
    const columns = table.schema.columns;
    for (let i = 0; i < table.indexes.length; i++) {
      const index = unchecked(table.indexes[i]);
      let hasNull = false;
      for (let c = 0; c < index.columns.length; c++)
        hasNull = hasNull || (columns[index.columns[c]].nullable && !row.isSet(index.columns[c]));
      const status = index.unique && hasNull ? index.settle() : OK;
      if (status != OK) return status;
    }
    return OK;
  }

  /** Looks for other rows with the unique ones of `keys` (in a batch only the primary one), and for the places in their trees. */
  protected checkUnique(table: Table, row: Row): Status {
    const changes = this.changes;
    const inBatch = changes !== null && changes.batchTable !== null;
    const count = inBatch && !this.oneNull ? 1 : table.indexes.length;
    let at: u32 = 0;
    for (let i = 0; i < count; i++) {
      const index = unchecked(table.indexes[i]);
      const key = this.keys.ptr + at + 4;
      at += 4 + load<u32>(this.keys.ptr + at);
      if (!index.unique) continue;
      let found = NO_ADDRESS;
      if (!index.isOnce(key)) {
        if (!this.oneNull) continue;
        // A batch has its changes carried out for it: there can't be many.
        found = index.find(key);
      } else if (inBatch && i > 0) continue;
      else found = changes && changes.takesNew(table, i, key) ? index.find(key) : index.tree.place(key);
      if (found != NO_ADDRESS) return this.conflict(table, index, row);
      if (lastError.status != OK) return lastError.status;
    }
    return OK;
  }

  /**
   * The row that has `row`'s key in the unique `index`; `NO_ADDRESS` when none has, also where a column is missing that gets a new number,
   * and with an error.
   */
  findConflict(table: Table, index: TableIndex, row: Row): RecordAddress {
    lastError.status = OK;
    for (let c = 0; c < index.columns.length; c++) {
      if (row.state(index.columns[c]) == CELL_MISSING) return NO_ADDRESS;
    }
    this.keys.reset();
    index.addKey(table.schema, row, this.keys);
    if (!this.oneNull && !index.isOnce(this.keys.ptr)) return NO_ADDRESS;
    return index.find(this.keys.ptr);
  }

  /** Looks for other rows with the keys of unique indexes that differ from the `old` ones. */
  protected checkChangedUnique(table: Table, row: Row, old: Row): Status {
    for (let i = 0; i < table.indexes.length; i++) {
      const index = unchecked(table.indexes[i]);
      if (!index.unique || !this.changedKey(table, index, row, old)) continue;
      if (compareKeyToProbe(this.keys.ptr, this.oldKeys.ptr) == 0) continue;
      if (!this.oneNull && !index.isOnce(this.keys.ptr)) continue;
      const found = index.find(this.keys.ptr);
      if (found != NO_ADDRESS) return this.conflict(table, index, row);
      if (lastError.status != OK) return lastError.status;
    }
    return OK;
  }

  /** Makes `keys` and `oldKeys` the rows' keys in `index`, if they differ. */
  protected changedKey(table: Table, index: TableIndex, row: Row, old: Row, always: bool = false): bool {
    if (!always && !index.differs(row, old)) return false;
    this.keys.reset();
    index.addKey(table.schema, row, this.keys);
    this.oldKeys.reset();
    index.addKey(table.schema, old, this.oldKeys);
    return true;
  }

  protected buildKeys(table: Table, row: Row, out: ByteBuffer): void {
    out.reset();
    for (let i = 0; i < table.indexes.length; i++) {
      const at = out.len;
      out.addU32(0);
      unchecked(table.indexes[i]).addKey(table.schema, row, out);
      store<u32>(out.ptr + at, out.len - at - 4);
    }
  }

  protected conflict(table: Table, index: TableIndex, row: Row): Status {
    if (!this.tellsConflicts) return fail(UNIQUE_CONFLICT, "");
    const position = index.columns[0];
    const column = table.schema.columns[position];
    const value = keyText(table.schema, index, row);
    if (column.primaryKey && index.columns.length == 1)
      return fail(PRIMARY_KEY_CONFLICT, table.name + " has a row with " + value + " already");
    return fail(UNIQUE_CONFLICT, "another row of " + table.name + " has " + value);
  }
}
