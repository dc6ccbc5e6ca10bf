/** Insertions, and what foreign keys ask of the row that comes or changes. */
import { Status, OK, NOT_NULL, FOREIGN_KEY_BROKEN, BAD_SCHEMA, fail, damaged, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { Row, CELL_MISSING, CELL_NULL } from "../encode/row";
import { Column, giveDefault } from "../schema/column";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { RowEntries } from "./row-entries";
import { cellText, columnPath } from "./cell-text";
import { Table } from "./table";

export class Inserts extends RowEntries {
  protected body: ByteBuffer = new ByteBuffer(1024);
  /** Whether rows that are inserted may refer to rows that come later; and whether the last one does. */
  mayRefer: bool = false;
  refersLater: bool = false;

  /**
   * Inserts `row`, whose missing columns are filled in: its address, or `NO_ADDRESS` on failure. In a batch unique keys but the primary
   * one are checked when the changes are carried out.
   */
  insert(table: Table, row: Row): RecordAddress {
    let status = table.refresh();
    if (status == OK && this.oneNull) status = this.settleNulls(table, row);
    if (status == OK) status = this.catalog.fill(table, row);
    if (status == OK) status = this.fill(table, row);
    if (status == OK) status = this.catalog.check(table, row);
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
    if (status == OK && this.looksAtKeys(table)) status = this.checkForeignKeys(table, row, null);
    if (status != OK) return NO_ADDRESS;
    const address = table.registry.insertFramed(body.ptr, body.len - RECORD_HEADER_SIZE);
    if (address == NO_ADDRESS) return NO_ADDRESS;
    const watch = table.watch;
    if (watch) watch.added(address);
    // `keys` holds the keys of all indexes one after the other, each with its length.
    let at: u32 = 0;
    for (let i = 0; i < table.indexes.length; i++) {
      const len = load<u32>(this.keys.ptr + at);
      const key = this.keys.ptr + at + 4;
      status = this.addEntry(table, i, key, len, address, unchecked(table.indexes[i]).isOnce(key));
      if (status != OK) return NO_ADDRESS;
      at += 4 + len;
    }
    return address;
  }

  /** Gives missing columns a value: the next number, the default, or null; and refuses nulls where they can't be. */
  protected fill(table: Table, row: Row): Status {
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
        giveDefault(column, row, i);
        if (row.state(i) == CELL_MISSING) return fail(NOT_NULL, columnPath(table, column) + " has no value and no default");
      } else if (state == CELL_NULL && !column.nullable) {
        return fail(NOT_NULL, columnPath(table, column) + " can't be null");
      }
    }
    return OK;
  }

  protected fillAuto(table: Table, row: Row, position: i32, column: Column): Status {
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

  /** Whether rows of `table` have to refer to others that there are. */
  @inline protected looksAtKeys(table: Table): bool {
    return table.hasForeignKeys && this.catalog.foreignKeys;
  }

  /** `OK` when every foreign key of `row` that differs from `old`'s (all of them when there is no old row) names a row. */
  protected checkForeignKeys(table: Table, row: Row, old: Row | null): Status {
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
        if (!this.tellsConflicts) return fail(FOREIGN_KEY_BROKEN, "");
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
}
