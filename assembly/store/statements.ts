/**
 * Changes of single rows, in step with all indexes and constraints. They leave what they did when they fail: the context takes a
 * failed statement back.
 *
 * Order of checks: values for all columns, primary key, unique columns, foreign keys (the reference's order). Null counts as a value in a
 * unique index, as in the reference: one row can have it. A null foreign key refers to nothing and is fine.
 *
 * Inserts, updates and deletes are together because a foreign key leads from each of them to the others.
 */
import {
  Status,
  OK,
  NOT_NULL,
  PRIMARY_KEY_CONFLICT,
  UNIQUE_CONFLICT,
  FOREIGN_KEY_BROKEN,
  FOREIGN_KEY_RESTRICT,
  TABLE_NOT_FOUND,
  BAD_SCHEMA,
  fail,
  damaged,
  lastError,
} from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { compareKeyToProbe } from "../encode/key";
import { Row, CELL_MISSING, CELL_NULL } from "../encode/row";
import { writeTextValue } from "../encode/value-text";
import { Column, ON_DELETE_CASCADE } from "../schema/column";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { IndexChanges } from "./index-changes";
import { FOUND_ROWS, PendingDelete, PendingDeletes, Refusal } from "./pending-deletes";
import { OpenTables } from "./open-tables";
import { RowScan } from "./row-scan";
import { TableWatch } from "./scan-watch";
import { Reference, Table, TableIndex, addKeyPart, findTable } from "./table";
import { damagedRecord } from "./wanted-columns";

/** What a delete does about rows that refer to the one that goes. */
export const DELETE_BY_SCHEMA: u8 = 0;
/** Delete them too, whatever the schema says. */
export const DELETE_CASCADE: u8 = 1;
/** Refuse, whatever the schema says. */
export const DELETE_RESTRICT: u8 = 2;

/** Key updates that pass from table to table through foreign keys at most: more means a cycle of keys that follow each other. */
const MAX_KEY_CHAIN: i32 = 64;

/** So many rows that forbid a deletion are remembered: if most are still there by then, it fails. */
const MOST_REFUSALS: i32 = 16384;

/** Statements of one context: the buffers that they use over and over. */
export class Statements {
  private body: ByteBuffer = new ByteBuffer(1024);
  private keys: ByteBuffer = new ByteBuffer(1024);
  private oldKeys: ByteBuffer = new ByteBuffer(1024);
  private probe: ByteBuffer = new ByteBuffer(256);
  private readonly pending: PendingDeletes = new PendingDeletes();
  private readonly refusals: Array<Refusal> = new Array<Refusal>();
  /** Whether several deletes are one: rows that refer to a deleted one may be deleted until `endDeletes`. */
  severalDeletes: bool = false;
  /** Takes changes of indexes that may wait; null while none do. */
  changes: IndexChanges | null = null;
  /** Rows that cascading deletes and key updates removed or changed besides the ones asked for. */
  cascaded: u64 = 0;
  /** Whether rows that are inserted may refer to rows that come later; and whether the last one does. */
  mayRefer: bool = false;
  refersLater: bool = false;

  /** `tables` are where foreign keys look their tables up. */
  constructor(private readonly tables: OpenTables) {}

  /** Gives the buffers back. The statements must not be used afterwards. */
  free(): void {
    this.body.free();
    this.keys.free();
    this.oldKeys.free();
    this.probe.free();
    this.pending.free();
  }

  private tableNamed(name: string): Table | null {
    const table = findTable(this.tables.list, name);
    if (!table) fail(TABLE_NOT_FOUND, "a foreign key names the table " + name + ", which does not exist");
    return table;
  }

  // ---- insert ----

  /**
   * Inserts `row`, whose missing columns are filled in: its address, or `NO_ADDRESS` on failure. In a batch unique keys but the primary
   * one are checked when the changes are carried out.
   */
  insert(table: Table, row: Row): RecordAddress {
    let status = table.refresh();
    if (status == OK) status = this.fill(table, row);
    if (status != OK) return NO_ADDRESS;
    this.refersLater = false;
    const body = this.body;
    body.reset();
    // Room for the record's length.
    body.addU16(0);
    status = row.encode(body);
    if (status != OK) return NO_ADDRESS;
    this.buildKeys(table, row, this.keys);
    status = this.checkUnique(table, row);
    if (status == OK && table.hasForeignKeys) status = this.checkForeignKeys(table, row, null);
    if (status != OK) return NO_ADDRESS;
    const address = table.registry.insertFramed(body.ptr, body.len - RECORD_HEADER_SIZE);
    if (address == NO_ADDRESS) return NO_ADDRESS;
    const watch = table.watch;
    if (watch) watch.added(address);
    // `keys` holds the keys of all indexes one after the other, each with its length.
    let at: u32 = 0;
    for (let i = 0; i < table.indexes.length; i++) {
      const len = load<u32>(this.keys.ptr + at);
      status = this.addEntry(table, i, this.keys.ptr + at + 4, len, address, unchecked(table.indexes[i]).unique);
      if (status != OK) return NO_ADDRESS;
      at += 4 + len;
    }
    return address;
  }

  /** Adds an entry to index number `i`, now or later. With `placed` the tree's `place` has looked for the key. */
  private addEntry(table: Table, i: i32, key: usize, keyLen: u32, address: RecordAddress, placed: bool): Status {
    const changes = this.changes;
    if (changes && changes.takes(table, i, false)) return changes.add(table, i, false, key, keyLen, address);
    return table.addEntry(unchecked(table.indexes[i]), key, keyLen, address, placed);
  }

  /** Removes an entry of index number `i`, now or later. */
  private removeEntry(table: Table, i: i32, key: ByteBuffer, address: RecordAddress): Status {
    const changes = this.changes;
    if (changes && changes.takes(table, i, true)) return changes.add(table, i, true, key.ptr, key.len, address);
    return table.removeEntry(unchecked(table.indexes[i]), key.ptr, address);
  }

  /** Fails because the row at `address` has a key in index number `i` of `table` that another row has. */
  failOfConflict(table: Table, i: i32, address: RecordAddress): Status {
    const status = this.readRow(table, address, table.oldRow, table.oldBody);
    return status == OK ? this.conflict(table, table.indexes[i], table.oldRow) : status;
  }

  /** Gives missing columns a value: the next number, the default, or null; and refuses nulls where they can't be. */
  private fill(table: Table, row: Row): Status {
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      const state = row.state(i);
      const column = unchecked(columns[i]);
      if (column.auto) {
        const status = this.fillAuto(table, row, i, column);
        if (status != OK) return status;
        continue;
      }
      if (state == CELL_MISSING) {
        const value = column.defaultValue;
        const offset = column.defaultOffset();
        if (value && offset != 0) row.set(i, changetype<usize>(value) + offset, value.byteLength - offset);
        else if (column.nullable) row.setNull(i);
        else return fail(NOT_NULL, columnPath(table, column) + " has no value and no default");
      } else if (state == CELL_NULL && !column.nullable) {
        return fail(NOT_NULL, columnPath(table, column) + " can't be null");
      }
    }
    return OK;
  }

  private fillAuto(table: Table, row: Row, position: i32, column: Column): Status {
    const ledger = table.autoincrement;
    if (!ledger)
      return damaged(
        table.pages.snapshot,
        -1,
        "column " + column.name + " is auto-incremented, but the table has no ledger for it",
      );
    if (row.isSet(position)) return ledger.raiseTo(column, row.ptr(position));
    const start = row.values.len;
    const status = ledger.next(column, row.values);
    if (status == OK) row.setFromArena(position, start);
    return status;
  }

  /** Looks for other rows with the unique ones of `keys` (in a batch only the primary one), and for the places in their trees. */
  private checkUnique(table: Table, row: Row): Status {
    const changes = this.changes;
    const count = changes && changes.batchTable ? 1 : table.indexes.length;
    let at: u32 = 0;
    for (let i = 0; i < count; i++) {
      const index = unchecked(table.indexes[i]);
      const key = this.keys.ptr + at + 4;
      at += 4 + load<u32>(this.keys.ptr + at);
      if (!index.unique) continue;
      const found = changes && changes.takesNew(table, i, key) ? index.tree.find(key) : index.tree.place(key);
      if (found != NO_ADDRESS) return this.conflict(table, index, row);
      if (lastError.status != OK) return lastError.status;
    }
    return OK;
  }

  /** Looks for other rows with the keys of unique indexes that differ from the `old` ones. */
  private checkChangedUnique(table: Table, row: Row, old: Row): Status {
    for (let i = 0; i < table.indexes.length; i++) {
      const index = unchecked(table.indexes[i]);
      if (!index.unique || !this.changedKey(table, index, row, old)) continue;
      if (compareKeyToProbe(this.keys.ptr, this.oldKeys.ptr) == 0) continue;
      const found = index.tree.find(this.keys.ptr);
      if (found != NO_ADDRESS) return this.conflict(table, index, row);
      if (lastError.status != OK) return lastError.status;
    }
    return OK;
  }

  /** Makes `keys` and `oldKeys` the rows' keys in `index`, if they differ. */
  private changedKey(table: Table, index: TableIndex, row: Row, old: Row, always: bool = false): bool {
    if (!always && !index.differs(row, old)) return false;
    this.keys.reset();
    index.addKey(table.schema, row, this.keys);
    this.oldKeys.reset();
    index.addKey(table.schema, old, this.oldKeys);
    return true;
  }

  private buildKeys(table: Table, row: Row, out: ByteBuffer): void {
    out.reset();
    for (let i = 0; i < table.indexes.length; i++) {
      const at = out.len;
      out.addU32(0);
      unchecked(table.indexes[i]).addKey(table.schema, row, out);
      store<u32>(out.ptr + at, out.len - at - 4);
    }
  }

  private conflict(table: Table, index: TableIndex, row: Row): Status {
    const position = index.columns[0];
    const column = table.schema.columns[position];
    const value = cellText(column, row, position);
    if (column.primaryKey)
      return fail(PRIMARY_KEY_CONFLICT, table.name + " has a row with " + column.name + " = " + value + " already");
    return fail(UNIQUE_CONFLICT, "another row of " + table.name + " has " + column.name + " = " + value);
  }

  // ---- foreign keys ----

  /** `OK` when every foreign key of `row` that differs from `old`'s (all of them when there is no old row) names a row. */
  private checkForeignKeys(table: Table, row: Row, old: Row | null): Status {
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      const column = unchecked(columns[i]);
      const foreignKey = column.foreignKey;
      if (!foreignKey || !row.isSet(i)) continue;
      if (old && old.isSet(i) && bytesEqual(old.ptr(i), old.len(i), row.ptr(i), row.len(i))) continue;
      const target = this.tableNamed(foreignKey.table);
      if (!target) return lastError.status;
      const position = target.schema.columnIndex(foreignKey.column);
      if (position < 0)
        return fail(
          BAD_SCHEMA,
          columnPath(table, column) + " refers to " + foreignKey.table + "." + foreignKey.column + ", which does not exist",
        );
      // A row may refer to itself.
      if (target === table && row.isSet(position) && bytesEqual(row.ptr(position), row.len(position), row.ptr(i), row.len(i)))
        continue;
      this.buildProbe(target.schema.columns[position], column, row.ptr(i), row.len(i));
      const found = this.findRow(target, position, NO_ADDRESS);
      if (found == NO_ADDRESS) {
        if (lastError.status != OK) return lastError.status;
        if (this.mayRefer && !old) {
          this.refersLater = true;
          continue;
        }
        return fail(
          FOREIGN_KEY_BROKEN,
          columnPath(table, column) +
            " = " +
            cellText(column, row, i) +
            ": " +
            foreignKey.table +
            " has no row with that " +
            foreignKey.column,
        );
      }
    }
    return OK;
  }

  /** Looks again for what the row at `address` refers to. With `mayRefer` `refersLater` tells whether it is there, else the status. */
  checkReferences(table: Table, address: RecordAddress): Status {
    let status = table.refresh();
    if (status == OK) status = this.readRow(table, address, table.oldRow, table.oldBody);
    this.refersLater = false;
    return status == OK ? this.checkForeignKeys(table, table.oldRow, null) : status;
  }

  /** Makes `probe` the key of one value, which is of `from`'s type and tag and looked for in column `to`. */
  private buildProbe(to: Column, from: Column, ptr: usize, len: u32): void {
    this.probe.reset();
    this.probe.addU32(1);
    addKeyPart(to.type == from.type ? to : from, ptr, len, this.probe);
  }

  /** A row of `table`, other than `except`, whose column equals `probe`: through an index that starts with the column, else by a scan. */
  private findRow(table: Table, position: i32, except: RecordAddress): RecordAddress {
    if (table.refresh() != OK) return NO_ADDRESS;
    const index = table.indexStartingWith(position);
    if (!index) return this.scanForRow(table, position, except);
    if (index.unique && except == NO_ADDRESS) return index.tree.find(this.probe.ptr);
    const cursor = index.cursor;
    for (let found = cursor.seekEqual(this.probe.ptr); found; found = cursor.next()) {
      if (compareKeyToProbe(cursor.key(), this.probe.ptr) != 0) break;
      if (cursor.address() != except) return cursor.address();
    }
    lastError.status = cursor.status;
    return NO_ADDRESS;
  }

  /** `findRow` without an index. */
  private scanForRow(table: Table, position: i32, except: RecordAddress): RecordAddress {
    const found = new ByteBuffer(8);
    lastError.status = this.scanForRows(table, position, NO_ADDRESS, except, 1, found);
    const address = found.len > 0 ? load<u64>(found.ptr) : NO_ADDRESS;
    found.free();
    return address;
  }

  /**
   * Appends the addresses of rows whose column equals `probe` to `found`, in stored order: `limit` of them at most, and only of rows
   * behind the one at `after`, which may have gone.
   */
  private scanForRows(
    table: Table,
    position: i32,
    after: RecordAddress,
    except: RecordAddress,
    limit: u32,
    found: ByteBuffer,
  ): Status {
    const key = new ByteBuffer(64);
    const scan = new RowScan(table);
    if (after != NO_ADDRESS) scan.resumeAfter(after);
    scan.wantFirst(position + 1);
    const row = scan.row;
    while (limit > 0 && scan.next()) {
      if (!row.isSet(position) || scan.address == except) continue;
      key.reset();
      key.addU32(1);
      addKeyPart(table.schema.columns[position], row.ptr(position), row.len(position), key);
      if (compareKeyToProbe(key.ptr, this.probe.ptr) != 0) continue;
      found.addU64(scan.address);
      limit -= 1;
    }
    const status = scan.status;
    scan.free();
    key.free();
    return status;
  }

  // ---- update ----

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
    this.body.reset();
    let status = row.encode(this.body);
    if (status == OK && bytesEqual(this.body.ptr, this.body.len, oldBody.ptr, oldBody.len)) return address;
    if (status != OK) return NO_ADDRESS;
    status = this.checkChangedUnique(table, row, old);
    if (status == OK && table.hasForeignKeys) status = this.checkForeignKeys(table, row, old);
    if (status == OK) status = this.raiseCounters(table, row, old);
    if (status != OK) return NO_ADDRESS;
    const newAddress = table.registry.update(address, this.body.ptr, this.body.len);
    if (newAddress == NO_ADDRESS) return NO_ADDRESS;
    table.updates += 1;
    const watch = table.watch;
    if (watch) tellOfUpdate(watch, table, row, old, address, newAddress);
    status = this.moveEntries(table, row, old, address, newAddress);
    if (status == OK && table.references.length > 0) status = this.carryKeys(table, old, row, chain);
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

  // ---- delete ----

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
    return found == NO_ADDRESS ? lastError.status : refused(refusal.what);
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
    if (this.refusals.length >= MOST_REFUSALS) {
      const status = this.settleRefusals();
      if (status != OK) return status;
    }
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
    let found = cursor.seekEqual(key);
    while (found && pending.hasRoom && compareKeyToProbe(cursor.key(), key) == 0) {
      pending.add(cursor.address());
      found = cursor.next();
    }
    pending.isComplete = pending.hasRoom;
    pending.goOn();
    return cursor.status;
  }

  /** Deletes one row and adds to `pending` what has to follow it. The row goes first, so that rows in a circle end. */
  private deleteOne(table: Table, address: RecordAddress, mode: u8): Status {
    let status = table.refresh();
    if (status != OK) return status;
    const row = table.oldRow;
    table.registry.expectChange(address);
    status = this.readRow(table, address, row, table.oldBody);
    if (status == OK) status = this.followReferences(table, address, row, mode);
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
    return table.registry.delete(address);
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

  // ---- reading ----

  /** Copies the record at `address` into `body` and decodes it into `row`. */
  readRow(table: Table, address: RecordAddress, row: Row, body: ByteBuffer): Status {
    const len = table.registry.bodyLength(address);
    if (len == 0) return lastError.status;
    body.reset();
    body.addBytes(table.registry.body(address, len), len);
    return row.decode(body.ptr, len) ? OK : damagedRecord(address);
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

function refused(what: string): Status {
  return fail(FOREIGN_KEY_RESTRICT, what, "delete them first, or delete with --cascade");
}

function columnPath(table: Table, column: Column): string {
  return table.name + "." + column.name;
}

/** A cell's value for a message, cut to 60 characters. */
function cellText(column: Column, row: Row, position: i32): string {
  if (!row.isSet(position)) return "null";
  const out = new ByteBuffer(128);
  writeTextValue(column.type, column.customSize, row.ptr(position), out);
  const text = out.toText();
  out.free();
  return text.length > 60 ? text.substring(0, 60) + "…" : text;
}
