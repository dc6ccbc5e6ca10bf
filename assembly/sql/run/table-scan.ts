/** The rows of a table, by an access path. */
import { OK } from "../../status";
import { fixedValueSize } from "../../encode/data-type";
import { AccessPath } from "../../query/access-path";
import { RowScan, Table } from "../../query/store";
import { Batch, Columns } from "../eval/batch";
import { takeCell } from "../eval/cells";
import { kindOfType } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Operator } from "./operator";

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

  begin(): void {
    for (let w = 0; w < this.isDecoded.length; w++) unchecked((this.isDecoded[w] = false));
  }

  /** Notes where the columns of the scan's current row are, as row `i`. */
  note(scan: RowScan, i: i32): void {
    const row = scan.row;
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

  free(): void {
    heap.free(this.cells);
    for (let w = 0; w < this.vectors.length; w++) this.vectors[w].free();
  }
}

export class TableScan extends Operator {
  private readonly scan: RowScan;
  private readonly columns: TableColumns;
  /** Rows of the next batch at most: few at first, so that a LIMIT that ends soon costs little. */
  private most: i32 = 8;
  private isOver: bool = false;

  /** `wanted` are positions of the table's columns, `base` the place of its first one among the columns of the statement's rows. */
  constructor(
    readonly path: AccessPath,
    base: i32,
    wanted: Array<i32>,
  ) {
    const columns = new TableColumns(path.table, base, wanted);
    super(new Batch(columns));
    const scan = path.rows();
    this.columns = columns;
    this.scan = scan;
    let first = 0;
    for (let w = 0; w < wanted.length; w++) first = max(first, wanted[w] + 1);
    scan.wantFirst(first);
  }

  next(): bool {
    const scan = this.scan;
    const cache = this.path.table.access.manager.cache;
    const before = cache.lookups;
    let count = 0;
    this.columns.begin();
    while (count < this.most && cache.lookups - before <= MOST_LOOKUPS && !this.isOver) {
      if (!scan.next()) {
        this.isOver = true;
        break;
      }
      this.columns.note(scan, count++);
    }
    if (scan.status != OK) return this.failed(scan.status);
    this.most = min(this.most << 1, BATCH_ROWS);
    this.batch.begin(count);
    return count > 0;
  }

  free(): void {
    this.scan.free();
    this.path.free();
    this.columns.free();
    this.batch.free();
  }
}
