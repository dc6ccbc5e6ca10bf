/** Updates, and the rows that follow a key which others refer to. */
import { Status, OK, NOT_NULL, FOREIGN_KEY_RESTRICT, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { compareKeyToProbe } from "../encode/key";
import { Row, CELL_MISSING } from "../encode/row";
import { Column } from "../schema/column";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { Inserts } from "./inserts";
import { FOUND_ROWS } from "./cascade";
import { columnPath } from "./cell-text";
import { TableWatch } from "./scan-watch";
import { Reference, Table } from "./table";
import { addKeyPart } from "./table-index";

/** Key updates that pass from table to table through foreign keys at most: more means a cycle of keys that follow each other. */
const MAX_KEY_CHAIN: i32 = 64;

export class Updates extends Inserts {
  /** Rows that cascading deletes and key updates removed or changed besides the ones asked for. */
  cascaded: u64 = 0;

  /** Replaces the row at `address` by `row`, all of whose columns are set or null; its new address, or `NO_ADDRESS` on failure. */
  update(table: Table, address: RecordAddress, row: Row, chain: i32 = 0): RecordAddress {
    if (table.refresh() != OK) return NO_ADDRESS;
    if (chain == 0) return this.replace(table, address, row, table.oldRow, table.oldBody, chain);
    // A key that is carried on may come back to a table whose own buffers are in use.
    const old = new Row(table.layout);
    const oldBody = new ByteBuffer(256);
    const newAddress = this.replace(table, address, row, old, oldBody, chain);
    old.free();
    oldBody.free();
    return newAddress;
  }

  private replace(table: Table, address: RecordAddress, row: Row, old: Row, oldBody: ByteBuffer, chain: i32): RecordAddress {
    table.registry.expectChange(address);
    if (this.readRow(table, address, old, oldBody) != OK) return NO_ADDRESS;
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      if (row.state(i) == CELL_MISSING) row.copyCell(i, old);
      if (!row.isSet(i) && !columns[i].nullable) {
        fail(NOT_NULL, columnPath(table, columns[i]) + " can't be null");
        return NO_ADDRESS;
      }
    }
    // A key that is carried on is as the other table has it.
    let status = this.catalog.check(table, row, chain == 0, old);
    this.body.reset();
    if (status == OK) status = row.encode(this.body);
    if (status == OK && bytesEqual(this.body.ptr, this.body.len, oldBody.ptr, oldBody.len)) return address;
    if (status != OK) return NO_ADDRESS;
    status = this.checkChangedUnique(table, row, old);
    if (status == OK && this.looksAtKeys(table)) status = this.checkForeignKeys(table, row, old);
    if (status == OK) status = this.raiseCounters(table, row, old);
    if (status != OK) return NO_ADDRESS;
    const newAddress = table.registry.update(address, this.body.ptr, this.body.len);
    if (newAddress == NO_ADDRESS) return NO_ADDRESS;
    table.updates += 1;
    const watch = table.watch;
    if (watch) tellOfUpdate(watch, table, row, old, address, newAddress);
    status = this.moveEntries(table, row, old, address, newAddress);
    if (status == OK && table.references.length > 0 && this.catalog.foreignKeys) status = this.carryKeys(table, old, row, chain);
    return status == OK ? newAddress : NO_ADDRESS;
  }

  /** Entries whose key or record changed are removed and inserted anew. */
  private moveEntries(table: Table, row: Row, old: Row, from: RecordAddress, to: RecordAddress): Status {
    for (let i = 0; i < table.indexes.length; i++) {
      const index = unchecked(table.indexes[i]);
      if (!this.changedKey(table, index, row, old, from != to)) continue;
      const status = this.moveEntry(table, i, from, to);
      if (status != OK) return status;
    }
    return OK;
  }

  /** Puts the entry with `keys` in the place of the one with `oldKeys` in index number `i`, now or later. */
  private moveEntry(table: Table, i: i32, from: RecordAddress, to: RecordAddress): Status {
    const keys = this.keys;
    const changes = this.changes;
    const waits = changes !== null && changes.takes(table, i, true);
    if (!waits && bytesEqual(keys.ptr, keys.len, this.oldKeys.ptr, this.oldKeys.len))
      return table.moveEntry(unchecked(table.indexes[i]), keys.ptr, keys.len, from, to);
    const status = this.removeEntry(table, i, this.oldKeys, from);
    return status == OK ? this.addEntry(table, i, keys.ptr, keys.len, to, false) : status;
  }

  private raiseCounters(table: Table, row: Row, old: Row): Status {
    const ledger = table.autoincrement;
    if (!ledger) return OK;
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      if (!columns[i].auto || bytesEqual(row.ptr(i), row.len(i), old.ptr(i), old.len(i))) continue;
      const status = ledger.raiseTo(columns[i], row.ptr(i));
      if (status != OK) return status;
    }
    return OK;
  }

  /** Rows that refer to a value that changed get the new one, as in the reference. */
  private carryKeys(table: Table, old: Row, row: Row, chain: i32): Status {
    for (let i = 0; i < table.references.length; i++) {
      const position = table.referencedColumn(i);
      if (position < 0 || !old.isSet(position) || !this.changesKey(table.schema.columns[position], position, old, row)) continue;
      if (chain >= MAX_KEY_CHAIN)
        return fail(
          FOREIGN_KEY_RESTRICT,
          "the key of " + table.name + " changes rows over more than 64 foreign keys: they form a cycle",
        );
      const status = this.carryKey(table, table.references[i], position, old, row, chain);
      if (status != OK) return status;
    }
    return OK;
  }

  /** Gives the rows that refer by `reference` to the value of column number `position` in `old` the one in `row`. */
  private carryKey(table: Table, reference: Reference, position: i32, old: Row, row: Row, chain: i32): Status {
    const follower = reference.table;
    const column = reference.column;
    const found = new ByteBuffer(64);
    let after = NO_ADDRESS;
    let status = OK;
    do {
      found.reset();
      this.buildProbe(follower.schema.columns[column], table.schema.columns[position], old.ptr(position), old.len(position));
      status = this.findFollowers(follower, column, after, found);
      for (let at: u32 = 0; at < found.len && status == OK; at += 8) {
        after = load<u64>(found.ptr + at);
        const updates = follower.updates;
        status = this.follow(follower, column, after, row, position, chain);
        if (follower.updates == updates + 1) continue;
        // The row was followed by others of its own table: what was found may be elsewhere by now.
        after = NO_ADDRESS;
        break;
      }
    } while (status == OK && found.len > 0);
    found.free();
    return status;
  }

  /** Appends rows whose column equals `probe` to `found`: the first one by an index, else those behind `after`. */
  private findFollowers(table: Table, column: i32, after: RecordAddress, found: ByteBuffer): Status {
    const status = table.refresh();
    if (status != OK) return status;
    if (!table.indexStartingWith(column)) return this.scanForRows(table, column, after, NO_ADDRESS, FOUND_ROWS, found);
    const first = this.findRow(table, column, NO_ADDRESS);
    if (first == NO_ADDRESS) return lastError.status;
    found.addU64(first);
    return OK;
  }

  /** Gives `column` of the row at `address` the value that column `position` of `row` has. */
  private follow(table: Table, column: i32, address: RecordAddress, row: Row, position: i32, chain: i32): Status {
    const change = new Row(table.layout);
    if (row.isSet(position)) change.set(column, row.ptr(position), row.len(position));
    else change.setNull(column);
    const moved = this.update(table, address, change, chain + 1);
    change.free();
    if (moved == NO_ADDRESS) return lastError.status;
    this.cascaded += 1;
    return OK;
  }

  /** Whether the rows' values of a column are other keys: equal ones, as 1.0 and 1.00, may have other bytes. */
  private changesKey(column: Column, position: i32, old: Row, row: Row): bool {
    if (!row.isSet(position)) return true;
    if (bytesEqual(old.ptr(position), old.len(position), row.ptr(position), row.len(position))) return false;
    this.buildProbe(column, column, old.ptr(position), old.len(position));
    this.keys.reset();
    this.keys.addU32(1);
    addKeyPart(column, row.ptr(position), row.len(position), this.keys);
    return compareKeyToProbe(this.keys.ptr, this.probe.ptr) != 0;
  }
}

/** Tells `watch` that the row `old` at `from` is `row` at `to` now. */
function tellOfUpdate(watch: TableWatch, table: Table, row: Row, old: Row, from: RecordAddress, to: RecordAddress): void {
  if (from != to) {
    watch.left(from);
    watch.moved(from, to);
  }
  for (let i = 0; i < table.indexes.length; i++) {
    if (unchecked(table.indexes[i]).differs(row, old)) watch.rekeyed(i, from, to);
  }
}
