/**
 * Foreign keys of a dump that name a table which comes later, or their own: while a table's rows come in they are put aside, and when
 * everything is there they are checked, row by row.
 */
import { Status, OK, BAD_SCHEMA, FOREIGN_KEY_BROKEN, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { writeTextValue } from "../../encode/value-text";
import { Column, ForeignKey } from "../../schema/column";
import { NO_ADDRESS } from "../../table/page-ledger";
import { DbmsContext } from "../../store/dbms-context";
import { RowScan } from "../../store/row-scan";
import { Table } from "../../store/table";
import { findByValue } from "../../store/value-lookup";

class LaterKey {
  constructor(
    readonly table: string,
    readonly column: i32,
    readonly key: ForeignKey,
  ) {}
}

export class LaterKeys {
  private readonly keys: Array<LaterKey> = new Array<LaterKey>();
  private readonly text: ByteBuffer = new ByteBuffer(256);

  /** Takes those foreign keys out of `table` whose rows may not be there yet: those that name none of `tables`, or the table itself. */
  putAside(table: Table, tables: Array<Table>): void {
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      const key = columns[i].foreignKey;
      if (!key) continue;
      let isThere = false;
      for (let j = 0; j < tables.length; j++) isThere = isThere || (tables[j].name == key.table && tables[j] !== table);
      if (isThere) continue;
      this.keys.push(new LaterKey(table.name, i, key));
      columns[i].foreignKey = null;
    }
  }

  /** Puts the foreign keys of `table` back. */
  putBack(table: Table): void {
    for (let i = 0; i < this.keys.length; i++) {
      const later = this.keys[i];
      if (later.table == table.name) table.schema.columns[later.column].foreignKey = later.key;
    }
  }

  /** Checks all foreign keys that were put aside. */
  check(db: DbmsContext): Status {
    for (let i = 0; i < this.keys.length; i++) {
      const table = db.table(this.keys[i].table);
      if (!table) return lastError.status;
      const status = this.checkKey(db, table, this.keys[i]);
      if (status != OK) return status;
    }
    return OK;
  }

  private checkKey(db: DbmsContext, table: Table, later: LaterKey): Status {
    const column = table.schema.columns[later.column];
    const where = table.name + "." + column.name;
    const target = db.table(later.key.table);
    if (!target) return fail(BAD_SCHEMA, where + " refers to the table " + later.key.table + ", which is not in the dump");
    const position = target.schema.columnIndex(later.key.column);
    const named = where + " refers to " + target.name + "." + later.key.column;
    if (position < 0) return fail(BAD_SCHEMA, named + ", and there is no such column");
    if (target.schema.columns[position].typeText != column.typeText)
      return fail(BAD_SCHEMA, named + ", which is of another type");
    const index = target.schema.columns[position].unique ? target.indexStartingWith(position) : null;
    if (!index || !index.unique) return fail(BAD_SCHEMA, named + ", which is not unique");
    const scan = new RowScan(table);
    scan.wantFirst(later.column + 1);
    let status = OK;
    while (status == OK && scan.next()) {
      if (!scan.row.isSet(later.column)) continue;
      const ptr = scan.row.ptr(later.column);
      if (findByValue(target, index, ptr, scan.row.len(later.column)) != NO_ADDRESS) continue;
      status = lastError.status;
      if (status == OK) status = this.broken(where, column, ptr, target.name + " has no row with that " + later.key.column);
    }
    if (status == OK) status = scan.status;
    scan.free();
    return status;
  }

  private broken(where: string, column: Column, ptr: usize, what: string): Status {
    const text = this.text;
    text.reset();
    writeTextValue(column.type, column.customSize, ptr, text);
    return fail(FOREIGN_KEY_BROKEN, where + " = " + text.toText().substring(0, 60) + ": " + what);
  }
}
