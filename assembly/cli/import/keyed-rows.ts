/** Rows that may have the key of one that is there already, which then gets their values or stays as it is: `--on-conflict`. */
import { BAD_VALUE, INDEX_NOT_FOUND, OK, Status, USAGE, fail, lastError } from "../../status";
import { CELL_MISSING, Row } from "../../encode/row";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addAscii } from "../../encode/json-pieces";
import { DbmsContext } from "../../store/dbms-context";
import { Table } from "../../store/table";
import { TableIndex } from "../../store/table-index";
import { NO_ADDRESS } from "../../table/page-ledger";

export class KeyedRows {
  private inserted: u64 = 0;
  private changed: u64 = 0;
  /** Rows that were there with just these values, or are left as they are. */
  private same: u64 = 0;

  private constructor(
    private readonly db: DbmsContext,
    private readonly table: Table,
    /** By whose columns rows are matched. */
    private readonly index: TableIndex,
    private readonly updates: bool,
  ) {}

  /** For rows of `table` that are matched by the columns `names`, or without any by the primary key; null with `INDEX_NOT_FOUND`. */
  static of(db: DbmsContext, table: Table, names: Array<string>, updates: bool): KeyedRows | null {
    const index = names.length > 0 ? table.indexOn(names) : table.primary;
    if (index && index.unique) return new KeyedRows(db, table, index, updates);
    fail(
      INDEX_NOT_FOUND,
      "table " + table.name + " has no key or unique index on " + names.join(","),
      "schema shows what it has",
    );
    return null;
  }

  /** Inserts the row, or changes the one that has its key. */
  put(row: Row): Status {
    const table = this.table;
    const columns = this.index.columns;
    let isWhole = true;
    const taken = this.db.catalog.take(table, row);
    if (taken != OK) return taken;
    for (let c = 0; c < columns.length; c++) {
      const state = row.state(columns[c]);
      if (state == CELL_MISSING) {
        const name = table.schema.columns[columns[c]].name;
        return fail(
          BAD_VALUE,
          "the row has no " + name + ", which tells the row that it is",
          "--key NAMES tells them by other columns",
        );
      }
      isWhole = isWhole && row.isSet(columns[c]);
    }
    // Null is the key of no row, and a number that is counted.
    const address = isWhole ? this.db.findConflict(table, this.index, row) : NO_ADDRESS;
    if (address == NO_ADDRESS) {
      const status = isWhole && lastError.status != OK ? lastError.status : this.db.insert(table, row);
      if (status == OK) this.inserted += 1;
      return status;
    }
    const updates = table.updates;
    const status = this.updates ? this.db.update(table, address, row) : OK;
    if (status == OK && table.updates != updates) this.changed += 1;
    else if (status == OK) this.same += 1;
    return status;
  }

  /** Rows that were inserted or changed. */
  get done(): u64 {
    return this.inserted + this.changed;
  }

  /** What became of the rows, for people. */
  get text(): string {
    const changed = this.updates ? ", " + this.changed.toString() + " changed" : "";
    const same = this.updates ? " the same)" : " there already)";
    return " (" + this.inserted.toString() + " new" + changed + ", " + this.same.toString() + same;
  }

  /** The same as members of a JSON object. */
  addJson(out: ByteBuffer): void {
    addAscii(out, ',"new":' + this.inserted.toString() + ',"changed":' + this.changed.toString());
    addAscii(out, ',"same":' + this.same.toString());
  }
}

/** Whether `--on-conflict` can say this: a key that is there already is an `error` unless it says something else. `USAGE` when not. */
export function checkConflict(choice: string): Status {
  if (choice == "update" || choice == "skip" || choice == "error") return OK;
  return fail(USAGE, "--on-conflict is update, skip or error");
}
