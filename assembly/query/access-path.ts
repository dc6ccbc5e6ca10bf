/**
 * How rows of a table are got at: in stored order, or by an index between two bounds, forwards or backwards.
 *
 * Bounds are values of as many of the index's first columns as one likes. Rows come in the order of the index's keys (docs/format.md), in
 * which null's place depends on the column's type.
 */
import { ByteBuffer } from "../encode/byte-buffer";
import { KeyRows } from "./key-rows";
import { RowScan, Table, TableIndex, keysHaveBytesOf } from "./store";

/** Where a range of an index ends: a key of the index's first columns. */
export class KeyBound extends ByteBuffer {
  /** Rows that have its values are in the range, unless it is exclusive. */
  constructor(public isExclusive: bool = false) {
    super(64);
  }

  /** Makes it a bound of `count` values, whose parts are to be added. */
  begin(count: u32): void {
    this.reset();
    this.addU32(count);
  }
}

export class AccessPath {
  /** Null where the range is open. Both may be one. */
  lower: KeyBound | null = null;
  upper: KeyBound | null = null;

  /** `index` null is the table in its stored order, which has no bounds and goes forwards. */
  constructor(
    readonly table: Table,
    readonly index: TableIndex | null = null,
    readonly reverse: bool = false,
  ) {}

  /** Whether it leads to all rows. */
  get isWhole(): bool {
    return !this.lower && !this.upper;
  }

  /** How many of the index's first columns have one value in all rows of the range. */
  get fixedColumns(): i32 {
    const from = this.lower;
    const to = this.upper;
    if (!from || !to || from.isExclusive || to.isExclusive) return 0;
    const lower = from.ptr;
    const upper = to.ptr;
    const most = min(load<u32>(lower), load<u32>(upper));
    let count: u32 = 0;
    // What is the same byte for byte is as long in both.
    for (let at: u32 = 4; count < most; count++) {
      const size = 4 + load<u32>(lower + at);
      if (load<u32>(lower + at) != load<u32>(upper + at) || memory.compare(lower + at, upper + at, size) != 0) break;
      at += size;
    }
    return count;
  }

  /** Whether rows come in the order of the columns at `positions`, all of them descending or none. */
  isInOrderOf(positions: StaticArray<i32>, descending: bool): bool {
    const index = this.index;
    const columns = index ? index.columns : new StaticArray<i32>(0);
    const fixed = this.fixedColumns;
    let at = 0;
    for (let i = 0; i < positions.length; i++) {
      const fixedAt = columns.indexOf(positions[i]);
      if (fixedAt >= 0 && fixedAt < fixed) continue;
      at = max(at, fixed);
      if (descending != this.reverse || at >= columns.length || columns[at++] != positions[i]) return false;
    }
    return true;
  }

  /** Whether the index's keys tell all about the columns at `positions`. */
  covers(positions: StaticArray<i32>): bool {
    const index = this.index;
    if (!index) return false;
    for (let i = 0; i < positions.length; i++) {
      const column = this.table.schema.columns[positions[i]];
      if (!index.columns.includes(positions[i]) || !keysHaveBytesOf(column)) return false;
    }
    return true;
  }

  /** Its rows. The path must live as long; after a change of the bounds' keys `RowScan.rebind` starts them anew. */
  rows(): RowScan {
    const scan = new RowScan(this.table, this.index, this.reverse);
    this.bind(scan);
    return scan;
  }

  /** Starts such rows anew after any change of the bounds. */
  bind(scan: RowScan): void {
    const lower = this.lower;
    const upper = this.upper;
    scan.setBounds(lower, upper, lower !== null && lower.isExclusive, upper !== null && upper.isExclusive);
    scan.rebind(lower, upper);
  }

  /** Its rows as far as the index's keys tell of them (`covers`); no records are read. */
  keyRows(): KeyRows {
    return new KeyRows(this.rows());
  }

  free(): void {
    const lower = this.lower;
    const upper = this.upper;
    if (lower) lower.free();
    if (upper && upper !== lower) upper.free();
  }
}
