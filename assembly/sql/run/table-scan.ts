/** The rows of a table, by an access path. */
import { OK, lastError } from "../../status";
import { TYPE_CUSTOM, TYPE_INT32, TYPE_INT64, fixedValueSize } from "../../encode/data-type";
import { Row } from "../../encode/row";
import { AccessPath } from "../../query/access-path";
import { KeyRows } from "../../query/key-rows";
import { RowScan, RowSource, Table } from "../../query/store";
import { damagedRecord } from "../../store/record-prefix";
import { TableReader } from "../../table/table-reader";
import { Batch, Columns, keepBytes, keepValue } from "../eval/batch";
import { takeCell } from "../eval/cells";
import { fixedBytes, isBytes, kindOfType } from "../eval/kinds";
import { BATCH_ROWS, FIRST_ROWS, Vector } from "../eval/vector";
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
  /** Of each wanted column where it begins in all records; of no use unless `start` is not 0. */
  private readonly offsets: StaticArray<u32>;
  /** How many bytes of a record have all wanted columns, if each is at the same place in all records; else 0. */
  readonly start: u32;

  constructor(
    readonly table: Table,
    /** The column that is the first of this table's in the statement's rows. */
    readonly base: i32,
    readonly wanted: Array<i32>,
  ) {
    super();
    const places = new StaticArray<i32>(table.schema.columns.length);
    places.fill(-1);
    for (let w = 0; w < wanted.length; w++) places[wanted[w]] = w;
    this.places = places;
    this.isDecoded = new StaticArray<bool>(wanted.length);
    const offsets = new StaticArray<u32>(wanted.length);
    let at: u32 = 0;
    let placed = 0;
    for (let c: u32 = 0; c < table.layout.columnCount; c++) {
      const size = table.layout.fixedSize(c);
      if (size == 0 || table.layout.nullable(c)) break;
      const place = places[c];
      if (place >= 0) {
        offsets[place] = at;
        placed += 1;
      }
      at += size;
    }
    this.offsets = offsets;
    this.start = placed == wanted.length ? at : 0;
    this.cells = heap.alloc(<usize>max(wanted.length, 1) * ((<usize>BATCH_ROWS) << 3));
    for (let w = 0; w < wanted.length; w++) {
      const vector = new Vector();
      vector.kind = kindOfType(table.schema.columns[wanted[w]].type);
      this.vectors.push(vector);
    }
  }

  /** Whether of rows the bodies are noted. */
  isPlaced: bool = false;

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

  /** Notes where a record is whose columns are all at their places, as row `i`. */
  noteBody(body: usize, i: i32): void {
    store<u64>(this.cells + ((<usize>i) << 3), <u64>body);
  }

  /** Decodes a column that is at the same place in all records. */
  private decodePlaced(place: i32, type: u8, vector: Vector, batch: Batch): void {
    const cells = this.cells;
    const offset = <usize>unchecked(this.offsets[place]);
    const count = batch.settledCount;
    const size = fixedBytes(vector.kind);
    for (let k = 0; k < count; k++) store<u8>(vector.nulls + batch.settledRow(k), 0);
    switch (type) {
      case TYPE_INT64:
        for (let k = 0; k < count; k++) {
          const i = batch.settledRow(k);
          vector.setInt(i, load<i64>(<usize>load<u32>(cells + ((<usize>i) << 3)) + offset));
        }
        return;
      case TYPE_INT32:
        for (let k = 0; k < count; k++) {
          const i = batch.settledRow(k);
          vector.setInt(i, <i64>load<i32>(<usize>load<u32>(cells + ((<usize>i) << 3)) + offset));
        }
        return;
      default:
        for (let k = 0; k < count; k++) {
          const i = batch.settledRow(k);
          takeCell(type, true, <usize>load<u32>(cells + ((<usize>i) << 3)) + offset, size, vector, i);
        }
    }
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
    if (this.isPlaced) {
      this.decodePlaced(place, type, vector, batch);
      return vector;
    }
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
  /** Whether values are taken at once, and not noted: by an index each row is in another page, and keys do not stay. */
  private readonly isTaken: bool;
  private readonly source: RowSource;
  private readonly columns: TableColumns;
  /** Reads the records one after the other where that is all there is to do. */
  private reader: TableReader | null = null;
  /** Rows of the next batch at most. */
  private most: i32 = FIRST_ROWS;
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
    this.isTaken = path.index !== null;
    if (isOfKeys) this.source = new KeyRows(scan);
    else {
      this.source = scan;
      let first = 0;
      for (let w = 0; w < wanted.length; w++) first = max(first, wanted[w] + 1);
      scan.wantFirst(first);
    }
    if (!path.index && (columns.start > 0 || wanted.length == 0) && !isOfCustoms(path.table, wanted)) {
      const reader = path.table.reader();
      reader.wanted = columns.start;
      columns.isPlaced = true;
      this.reader = reader;
    }
  }

  open(): bool {
    if (!super.open()) return false;
    this.most = FIRST_ROWS;
    this.isOver = false;
    const reader = this.reader;
    if (reader) reader.rewind();
    const bounds = this.bounds;
    return !bounds ? this.begin(BOUNDS_FILLED) : this.begin(bounds.open(this.path, this.batch));
  }

  /** Begins a range whose bounds were filled in. */
  private begin(filled: i32): bool {
    if (filled == BOUNDS_FAILED) return this.failed(lastError.status);
    this.isOver = filled == BOUNDS_EMPTY;
    this.source.status = OK;
    this.path.bind(this.scan);
    return true;
  }

  /** A batch of records that are read one after the other. */
  private nextPlaced(reader: TableReader): bool {
    const cache = this.path.table.access.manager.cache;
    const before = cache.lookups;
    const columns = this.columns;
    let count = 0;
    columns.begin(false);
    while (count < this.most && cache.lookups - before <= MOST_LOOKUPS && reader.next()) {
      if (reader.bodyLen < columns.start) return this.failed(damagedRecord(reader.address));
      columns.noteBody(reader.body, count++);
    }
    if (reader.status != OK) return this.failed(reader.status);
    this.most = min(this.most << 1, BATCH_ROWS);
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  next(): bool {
    const reader = this.reader;
    if (reader) return this.nextPlaced(reader);
    const source = this.source;
    const cache = this.path.table.access.manager.cache;
    const before = cache.lookups;
    const batch = this.batch;
    const isTaken = this.isTaken;
    let count = 0;
    this.columns.begin(isTaken);
    if (isTaken) batch.begin(0);
    while (!this.isOver && count < this.most && (isTaken || count == 0 || cache.lookups - before <= MOST_LOOKUPS)) {
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

/** Whether one of the columns is of a type that the file defines. */
function isOfCustoms(table: Table, wanted: Array<i32>): bool {
  for (let w = 0; w < wanted.length; w++) if (table.schema.columns[wanted[w]].type == TYPE_CUSTOM) return true;
  return false;
}
