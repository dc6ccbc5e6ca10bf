/** The rows of a table, by an access path. */
import { OK, lastError } from "../../status";
import { fixedValueSize } from "../../encode/data-type";
import { Row } from "../../encode/row";
import { AccessPath } from "../../query/access-path";
import { KeyRows } from "../../query/key-rows";
import { RowScan, RowSource, Table } from "../../query/store";
import { Batch, Columns, keepBytes, keepValue } from "../eval/batch";
import { takeCell } from "../eval/cells";
import { isBytes, kindOfType } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Operator } from "./operator";
import { BOUNDS_EMPTY, BOUNDS_FAILED, BOUNDS_FILLED, ScanBounds } from "./scan-bounds";

/**
 * A batch ends when so many pages were looked up for it: what its rows point to stays for 24 lookups (`PageCache`), and one more row takes
 * a few, twice the depth of an index at most.
 */
const MOST_LOOKUPS: u32 = 8;

/**
 * Columns of a table's rows. Where they are is noted when a row is read; a column is decoded when it is asked for, of the rows that are
 * left.
 */
class TableColumns extends Columns {
  /** Of each wanted column, for each row: its bytes as pointer u32 and length u32, 0 for null. */
  private readonly cells: usize;
  /** Of each of the table's columns: its place among the wanted ones, or -1. */
  private readonly places: StaticArray<i32>;
  private readonly vectors: Array<Vector> = new Array<Vector>();
  private readonly isDecoded: StaticArray<bool>;

  constructor(
    readonly table: Table,
    /** The column that is the first of this table's in the statement's rows. */
    readonly base: i32,
    readonly wanted: Array<i32>,
  ) {
    super();
    const places = new StaticArray<i32>(table.schema.columns.length);
    places.fill(-1);
    this.places = places;
    this.isDecoded = new StaticArray<bool>(wanted.length);
    this.cells = heap.alloc(<usize>max(wanted.length, 1) * ((<usize>BATCH_ROWS) << 3));
    for (let w = 0; w < wanted.length; w++) {
      places[wanted[w]] = w;
      const vector = new Vector();
      vector.kind = kindOfType(table.schema.columns[wanted[w]].type);
      this.vectors.push(vector);
    }
  }

  /** Begins a batch, of which columns are noted to be decoded later; or not noted but taken. */
  begin(isTaken: bool): void {
    for (let w = 0; w < this.isDecoded.length; w++) unchecked((this.isDecoded[w] = isTaken));
  }

  /** Takes a row whose values do not stay where they are as row `i`; false when there is no memory. */
  take(row: Row, i: i32, batch: Batch): bool {
    for (let w = 0; w < this.wanted.length; w++) {
      const column = unchecked(this.wanted[w]);
      const vector = unchecked(this.vectors[w]);
      const isNull = !row.isSet(column);
      vector.setNull(i, isNull);
      if (isNull) continue;
      const subject = this.table.schema.columns[column];
      const isFixed = fixedValueSize(subject.type, subject.customSize) != 0;
      takeCell(subject.type, isFixed, row.ptr(column), row.len(column), vector, i);
      if (isBytes(vector.kind) && !keepValue(vector, i, batch)) return false;
    }
    return true;
  }

  /** Notes where the columns of a row are, as row `i`. */
  note(row: Row, i: i32): void {
    let at = this.cells + ((<usize>i) << 3);
    for (let w = 0; w < this.wanted.length; w++) {
      const column = unchecked(this.wanted[w]);
      store<u64>(at, row.isSet(column) ? ((<u64>row.len(column)) << 32) | (<u64>row.ptr(column)) : 0);
      at += (<usize>BATCH_ROWS) << 3;
    }
  }

  vector(column: i32, batch: Batch): Vector | null {
    const place = unchecked(this.places[column - this.base]);
    const vector = unchecked(this.vectors[place]);
    if (unchecked(this.isDecoded[place])) return vector;
    unchecked((this.isDecoded[place] = true));
    const subject = this.table.schema.columns[column - this.base];
    const type = subject.type;
    const isFixed = fixedValueSize(type, subject.customSize) != 0;
    const cells = this.cells + <usize>place * ((<usize>BATCH_ROWS) << 3);
    for (let k = 0; k < batch.settledCount; k++) {
      const i = batch.settledRow(k);
      const cell = load<u64>(cells + ((<usize>i) << 3));
      const isNull = cell == 0;
      vector.setNull(i, isNull);
      if (!isNull) takeCell(type, isFixed, <usize>(cell & 0xffffffff), <u32>(cell >> 32), vector, i);
    }
    return vector;
  }

  keep(batch: Batch): bool {
    for (let w = 0; w < this.wanted.length; w++) {
      const vector = this.vector(this.base + this.wanted[w], batch);
      if (!vector || !keepBytes(vector, batch)) return false;
    }
    return true;
  }

  free(): void {
    heap.free(this.cells);
    for (let w = 0; w < this.vectors.length; w++) this.vectors[w].free();
  }
}

export class TableScan extends Operator {
  private readonly scan: RowScan;
  /** Whether rows are those of the index's keys, without records. */
  private readonly isOfKeys: bool;
  private readonly source: RowSource;
  private readonly columns: TableColumns;
  /** Rows of the next batch at most: few at first, so that a LIMIT that ends soon costs little. */
  private most: i32 = 8;
  private isOver: bool = false;

  /**
   * `bounds` are of the path's index, whose rows with null among the bounded columns may come or not. `wanted` are positions of the table's
   * columns, `base` the place of its first one among the columns of the statement's rows.
   */
  constructor(
    readonly path: AccessPath,
    private readonly bounds: ScanBounds | null,
    base: i32,
    wanted: Array<i32>,
  ) {
    const columns = new TableColumns(path.table, base, wanted);
    super(new Batch(columns));
    if (bounds) bounds.addTo(path);
    const scan = path.rows();
    this.columns = columns;
    this.scan = scan;
    const isOfKeys = wanted.length > 0 && path.covers(StaticArray.fromArray(wanted));
    this.isOfKeys = isOfKeys;
    if (isOfKeys) this.source = new KeyRows(scan);
    else {
      this.source = scan;
      let first = 0;
      for (let w = 0; w < wanted.length; w++) first = max(first, wanted[w] + 1);
      scan.wantFirst(first);
    }
  }

  open(): bool {
    if (!super.open()) return false;
    this.most = 8;
    this.isOver = false;
    const bounds = this.bounds;
    return !bounds ? this.begin(BOUNDS_FILLED) : this.begin(bounds.open(this.path, this.batch));
  }

  /** Begins a range whose bounds were filled in. */
  private begin(filled: i32): bool {
    if (filled == BOUNDS_FAILED) return this.failed(lastError.status);
    this.isOver = filled == BOUNDS_EMPTY;
    this.source.status = OK;
    this.scan.rebind(this.path.lower, this.path.upper);
    return true;
  }

  next(): bool {
    const source = this.source;
    const cache = this.path.table.access.manager.cache;
    const before = cache.lookups;
    const batch = this.batch;
    const isTaken = this.isOfKeys;
    let count = 0;
    this.columns.begin(isTaken);
    if (isTaken) batch.begin(0);
    while (!this.isOver && count < this.most && (count == 0 || cache.lookups - before <= MOST_LOOKUPS)) {
      if (source.next()) {
        if (!isTaken) this.columns.note(source.row, count);
        else if (!this.columns.take(source.row, count, batch)) return this.failed(lastError.status);
        count += 1;
        continue;
      }
      const bounds = this.bounds;
      if (source.status != OK) return this.failed(source.status);
      this.isOver = true;
      if (bounds && !this.begin(bounds.next(this.path, this.batch))) return false;
    }
    if (source.status != OK) return this.failed(source.status);
    this.most = min(this.most << 1, BATCH_ROWS);
    if (isTaken) batch.selectAll(count);
    else batch.begin(count);
    return count > 0 && this.give();
  }

  describe(): string {
    const index = this.path.index;
    return "scan of " + this.path.table.name + (index ? " by " + index.definition.columns.join(", ") : "");
  }

  free(): void {
    super.free();
    this.scan.free();
    const bounds = this.bounds;
    if (bounds) bounds.free();
    this.columns.free();
  }
}
