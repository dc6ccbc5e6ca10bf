/** What differs between two tables: their definitions, and their rows by primary key. */
import { Status, OK, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { TYPE_JSON } from "../encode/data-type";
import { compareKeyToProbe } from "../encode/key";
import { useExactJsonNumbers } from "../encode/json-compare";
import { Row } from "../encode/row";
import { LAYOUT_0_11 } from "../memory/base/layout";
import { columnSpecs } from "../schema/column-spec";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { NO_ADDRESS } from "../table/page-ledger";
import { DbmsContext } from "../store/dbms-context";
import { RowScan } from "../store/row-scan";
import { Table } from "../store/table";

/** What the definitions differ in: lines that start with `- ` for what only `one` has, `+ ` for `other`. None when they are the same. */
export function schemaDifferences(one: TableSchemaSnapshot, other: TableSchemaSnapshot): Array<string> {
  // That a list of columns is indexed twice is a matter of the layout.
  const a = one.withoutTwins();
  const b = other.withoutTwins();
  const lines = new Array<string>();
  const left = columnSpecs(a);
  const right = columnSpecs(b);
  for (let i = 0; i < left.length; i++) if (!right.includes(left[i])) lines.push("- " + left[i]);
  for (let i = 0; i < right.length; i++) if (!left.includes(right[i])) lines.push("+ " + right[i]);
  if (a.alignment != b.alignment && !(isFixed(a) && isFixed(b))) {
    lines.push("- alignment " + a.alignment.toString());
    lines.push("+ alignment " + b.alignment.toString());
  }
  if (lines.length > 0 || sameEncoding(a, b)) return lines;
  // What the words of a definition do not say: their order, and indexes that only other programs make.
  lines.push("- " + orderText(a, left));
  lines.push("+ " + orderText(b, right));
  return lines;
}

/** Whether no column's size varies: then the alignment follows from the columns. */
function isFixed(schema: TableSchemaSnapshot): bool {
  const layout = schema.rowLayout();
  const fixed = layout.fixedBody != 0;
  layout.free();
  return fixed;
}

function orderText(schema: TableSchemaSnapshot, specs: Array<string>): string {
  let text = specs.join(" ") + " indexes";
  for (let i = 0; i < schema.indexes.length; i++) text += " " + schema.indexes[i].columnsText;
  return text;
}

function sameEncoding(a: TableSchemaSnapshot, b: TableSchemaSnapshot): bool {
  const left = new ByteBuffer(1024);
  const right = new ByteBuffer(1024);
  a.encode(left);
  b.encode(right);
  const same = bytesEqual(left.ptr, left.len, right.ptr, right.len);
  left.free();
  right.free();
  return same;
}

/** Columns that both tables have, of one name and type: their positions here and there. */
export class SharedColumns {
  readonly inA: Array<i32> = new Array<i32>();
  readonly inB: Array<i32> = new Array<i32>();

  constructor(a: TableSchemaSnapshot, b: TableSchemaSnapshot) {
    for (let i = 0; i < a.columns.length; i++) {
      const position = b.columnIndex(a.columns[i].name);
      if (position < 0 || b.columns[position].typeText != a.columns[i].typeText) continue;
      this.inA.push(i);
      this.inB.push(position);
    }
  }
}

/** Whether rows of the two can be found by each other's primary keys. */
export function haveOneKey(a: TableSchemaSnapshot, b: TableSchemaSnapshot): bool {
  const right = b.columnIndex(b.primaryKey);
  return a.primaryKey == b.primaryKey && a.columns[a.columnIndex(a.primaryKey)].typeText == b.columns[right].typeText;
}

export const SAME_ROWS: u8 = 0;
export const ROW_ONLY_A: u8 = 1;
export const ROW_ONLY_B: u8 = 2;
export const ROW_CHANGED: u8 = 3;

/** One of two databases that are compared. */
class Side {
  readonly scan: RowScan;
  /** A row that was looked up here, and its record. */
  readonly found: Row;
  private body: ByteBuffer = new ByteBuffer(256);
  private key: ByteBuffer = new ByteBuffer(64);

  constructor(
    readonly db: DbmsContext,
    readonly table: Table,
  ) {
    this.scan = new RowScan(table, table.primary);
    this.found = new Row(table.layout);
  }

  /** Finds the row with `key` and reads it into `found`; false when there is none, and on failure (`lastError.status`). */
  find(key: usize): bool {
    useExactJsonNumbers(this.db.manager.layout == LAYOUT_0_11);
    const table = this.table;
    const address = table.primary.find(key);
    if (address == NO_ADDRESS || this.db.read(table, address, this.found, this.body) != OK) return false;
    if (table.schema.columns[table.keyColumn].type != TYPE_JSON) return true;
    // Layout 0.9 takes some long numbers in JSON for equal that are not.
    useExactJsonNumbers(true);
    this.key.reset();
    table.primary.addKey(table.schema, this.found, this.key);
    lastError.status = OK;
    return compareKeyToProbe(key, this.key.ptr) == 0;
  }

  free(): void {
    this.scan.free();
    this.found.free();
    this.body.free();
    this.key.free();
  }
}

/**
 * The rows that differ: first those of `a`, then those that only `b` has, each in the order of primary keys. Each row is looked up in the
 * other table, because JSON keys have another order in the other layout.
 */
export class RowDiff {
  /** The rows that `next` found, where there is one. */
  rowA: Row;
  rowB: Row;
  status: Status = OK;
  private a: Side;
  private b: Side;
  private matched: u64 = 0;
  private second: bool = false;

  constructor(
    dbA: DbmsContext,
    tableA: Table,
    dbB: DbmsContext,
    tableB: Table,
    private readonly shared: SharedColumns,
  ) {
    const a = new Side(dbA, tableA);
    const b = new Side(dbB, tableB);
    this.a = a;
    this.b = b;
    this.rowA = a.scan.row;
    this.rowB = b.found;
  }

  /** The next difference, one of `ROW_…`; `SAME_ROWS` at the end, and on failure. */
  next(): u8 {
    if (!this.second) {
      const scan = this.a.scan;
      while (scan.next()) {
        if (!this.b.find(scan.resumeKey.ptr)) return lastError.status == OK ? ROW_ONLY_A : this.end(lastError.status);
        this.matched += 1;
        if (this.isDirty()) return ROW_CHANGED;
      }
      if (scan.status != OK) return this.end(scan.status);
      const rows = this.b.table.countRows();
      if (rows < 0) return this.end(lastError.status);
      if (<u64>rows == this.matched) return SAME_ROWS;
      this.second = true;
      this.rowB = this.b.scan.row;
    }
    const scan = this.b.scan;
    while (scan.next()) {
      if (this.a.find(scan.resumeKey.ptr)) continue;
      return lastError.status == OK ? ROW_ONLY_B : this.end(lastError.status);
    }
    return this.end(scan.status);
  }

  private end(status: Status): u8 {
    this.status = status;
    return SAME_ROWS;
  }

  private isDirty(): bool {
    for (let i = 0; i < this.shared.inA.length; i++) {
      if (this.differs(i)) return true;
    }
    return false;
  }

  /** Whether the rows differ in shared column number `i`. */
  differs(i: i32): bool {
    const left = unchecked(this.shared.inA[i]);
    const right = unchecked(this.shared.inB[i]);
    if (this.rowA.state(left) != this.rowB.state(right)) return true;
    return (
      this.rowA.isSet(left) && !bytesEqual(this.rowA.ptr(left), this.rowA.len(left), this.rowB.ptr(right), this.rowB.len(right))
    );
  }

  free(): void {
    this.a.free();
    this.b.free();
  }
}
