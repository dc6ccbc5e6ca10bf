/** Columns of a table's rows, decoded from where they lie. */
import { TYPE_CUSTOM, TYPE_INT32, TYPE_INT64, fixedValueSize } from "../../encode/data-type";
import { COLUMN_STRIDE, Row } from "../../encode/row";
import { PAGE_SIZE } from "../../memory/base/layout";
import { Table } from "../../query/store";
import { Batch, Columns, keepBytes, keepValue } from "../eval/batch";
import { takeCell } from "../eval/cells";
import { fixedBytes, kindOfType } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";

/** Bytes of the cells of a column. */
export const CELLS: usize = (<usize>BATCH_ROWS) << 3;

/** Values that vary in size before the last wanted column, at most, where columns are placed. */
const MOST_GAPS: i32 = 8;

/**
 * Where they are is noted when a row is read; a column is decoded when it is asked for, of the rows that are left.
 */
export class TableColumns extends Columns {
  /**
   * Of each wanted column, for each row: its bytes as pointer u32 and length u32, 0 for null. Where columns are placed, of each row where
   * its body is, and where what is behind each of the values that vary in size.
   */
  private readonly cells: usize;
  /** Of each of the table's columns: its place among the wanted ones, or -1. */
  readonly places: StaticArray<i32>;
  private readonly vectors: Array<Vector> = new Array<Vector>();
  private readonly isDecoded: StaticArray<bool>;
  /** Where columns are placed: behind which of the values that vary in size each wanted one is, from 0 on, and how far. */
  private readonly anchors: StaticArray<i32>;
  private readonly offsets: StaticArray<u32>;
  /** How many bytes there are before each value that varies in size, and behind the last one. */
  private readonly gaps: Array<u32>;
  private readonly tail: u32;
  /** Whether only values that vary in size are between a record's start and the wanted columns, so that no others need be looked at. */
  private readonly isPlaced: bool;
  /** Whether there are none of these either, and how many bytes of a record then have all of the wanted columns. */
  readonly isFixed: bool;
  readonly start: u32;
  /** How many of the table's columns there are up to the last wanted one. */
  readonly first: i32;

  constructor(
    readonly table: Table,
    /** The column that is the first of this table's in the statement's rows. */
    readonly base: i32,
    readonly wanted: Array<i32>,
    /** Whether the rows are read as records, one after the other. */
    isOfRecords: bool,
  ) {
    super();
    const layout = table.layout;
    const places = new StaticArray<i32>(layout.columnCount);
    places.fill(-1);
    let first = 0;
    for (let w = 0; w < wanted.length; w++) {
      places[wanted[w]] = w;
      first = max(first, wanted[w] + 1);
    }
    const anchors = new StaticArray<i32>(wanted.length);
    const offsets = new StaticArray<u32>(wanted.length);
    const gaps = new Array<u32>();
    let at: u32 = 0;
    for (let c = 0; c < first; c++) {
      const place = places[c];
      if (place >= 0) {
        anchors[place] = gaps.length;
        offsets[place] = at;
      }
      const size = layout.fixedSize(c);
      isOfRecords = isOfRecords && !layout.nullable(c) && (place < 0 || table.schema.columns[c].type != TYPE_CUSTOM);
      at += size;
      if (size != 0) continue;
      gaps.push(at);
      at = 0;
    }
    isOfRecords = isOfRecords && gaps.length <= MOST_GAPS;
    this.places = places;
    this.isDecoded = new StaticArray<bool>(wanted.length);
    this.first = first;
    this.anchors = anchors;
    this.offsets = offsets;
    this.gaps = gaps;
    this.tail = at;
    this.isPlaced = isOfRecords;
    this.isFixed = isOfRecords && gaps.length == 0;
    this.start = this.isFixed ? at : 0;
    this.cells = heap.alloc(<usize>max(wanted.length, isOfRecords ? gaps.length + 1 : 1) * CELLS);
    for (let w = 0; w < wanted.length; w++) {
      const vector = new Vector();
      vector.kind = kindOfType(table.schema.columns[wanted[w]].type);
      this.vectors.push(vector);
    }
  }

  /** Begins a batch, of which columns are noted to be decoded later; or not noted but taken. */
  begin(isTaken: bool): void {
    for (let w = 0; w < this.isDecoded.length; w++) unchecked((this.isDecoded[w] = isTaken));
  }

  /** The cell of row `i` in the first wanted column; those of others are `CELLS` bytes behind each other. */
  @inline cellOf(i: i32): usize {
    return this.cells + ((<usize>i) << 3);
  }

  /** Notes where the columns of a row are, as row `i`: the first ones, one behind the other as in a record. */
  note(row: Row, i: i32): void {
    let at = this.cellOf(i);
    if (this.isPlaced) {
      store<u64>(at, <u64>row.ptr(0));
      this.placeRecord(at, PAGE_SIZE);
      return;
    }
    for (let w = 0; w < this.wanted.length; w++) {
      const column = unchecked(this.wanted[w]);
      store<u64>(at, row.isSet(column) ? ((<u64>row.len(column)) << 32) | (<u64>row.ptr(column)) : 0);
      at += CELLS;
    }
  }

  /**
   * Notes where the columns are of the `count` records whose bodies are noted from row `from` on, `header` bytes behind their lengths u16:
   * how many of them fit the table's columns, before one that does not.
   */
  noteRecords(from: i32, count: i32, header: u32): i32 {
    let done = 0;
    for (let at = this.cellOf(from); done < count; done++, at += 8) {
      const body = <usize>load<u64>(at);
      const len = <u32>load<u16>(body - header);
      if (this.isPlaced ? this.placeRecord(at, len) : this.noteRecord(body, len, from + done)) continue;
      // Who tells of the damage asks where it is.
      store<u64>(at, <u64>body);
      break;
    }
    return done;
  }

  /** The same of one whose body, of `len` bytes, is noted at `at`. */
  @inline private placeRecord(at: usize, len: u32): bool {
    const gaps = this.gaps;
    let place = <usize>load<u64>(at);
    const end = place + len;
    for (let g = 0; g < gaps.length; g++) {
      place += unchecked(gaps[g]);
      if (place + 2 > end) return false;
      place += 2 + <usize>load<u16>(place);
      at += CELLS;
      store<u64>(at, <u64>place);
    }
    place += this.tail;
    return place == end || (place < end && <u32>this.first < this.table.layout.columnCount);
  }

  /** Notes where the columns of the record of `len` bytes at `body` are, as row `i`; false when it does not fit the table's columns. */
  private noteRecord(body: usize, len: u32, i: i32): bool {
    const end = body + len;
    const at = this.cellOf(i);
    let shape = this.table.layout.start;
    const first = this.first;
    for (let c = 0; c < first; c++, shape += COLUMN_STRIDE) {
      const bits = load<u32>(shape);
      const place = unchecked(this.places[c]);
      let size = bits & 0xffff;
      if (size != bits) {
        if (body >= end) return false;
        const flag = load<u8>(body++);
        if (flag > 1) return false;
        if (flag == 0) {
          if (place >= 0) store<u64>(at + <usize>place * CELLS, 0);
          continue;
        }
      }
      if (size == 0) {
        if (body + 2 > end) return false;
        size = 2 + <u32>load<u16>(body);
      }
      if (body + size > end) return false;
      if (place >= 0) store<u64>(at + <usize>place * CELLS, ((<u64>size) << 32) | (<u64>body));
      body += size;
    }
    return body == end || <u32>first < this.table.layout.columnCount;
  }

  /** Takes what was noted of the rows from `from` up to `to`, which does not stay where it is; false when there is no memory. */
  take(from: i32, to: i32, batch: Batch): bool {
    for (let w = 0; w < this.wanted.length; w++) {
      const vector = unchecked(this.vectors[w]);
      const subject = unchecked(this.table.schema.columns[unchecked(this.wanted[w])]);
      const type = subject.type;
      const isFixed = fixedValueSize(type, subject.customSize) != 0;
      const cells = this.cells + <usize>w * CELLS;
      if (type == TYPE_INT64 || type == TYPE_INT32) {
        for (let i = from; i < to; i++) {
          const cell = load<u64>(cells + ((<usize>i) << 3));
          store<u8>(vector.nulls + i, u8(cell == 0));
          vector.setInt(i, type == TYPE_INT64 ? load<i64>(<usize>(<u32>cell)) : <i64>load<i32>(<usize>(<u32>cell)));
        }
        continue;
      }
      for (let i = from; i < to; i++) {
        const cell = load<u64>(cells + ((<usize>i) << 3));
        vector.setNull(i, cell == 0);
        if (cell == 0) continue;
        takeCell(type, isFixed, <usize>(cell & 0xffffffff), <u32>(cell >> 32), vector, i);
        if (!keepValue(vector, i, batch)) return false;
      }
    }
    return true;
  }

  vector(column: i32, batch: Batch): Vector | null {
    const place = unchecked(this.places[column - this.base]);
    const vector = unchecked(this.vectors[place]);
    if (unchecked(this.isDecoded[place])) return vector;
    unchecked((this.isDecoded[place] = true));
    const subject = unchecked(this.table.schema.columns[column - this.base]);
    const type = subject.type;
    const isPlaced = this.isPlaced;
    const cells = this.cellsOf(place);
    const offset = this.offsetOf(place);
    const count = batch.settledCount;
    if (type == TYPE_INT64 || type == TYPE_INT32) {
      for (let k = 0; k < count; k++) {
        const i = batch.settledRow(k);
        const cell = load<u64>(cells + ((<usize>i) << 3));
        const at = <usize>(<u32>cell) + offset;
        store<u8>(vector.nulls + i, u8(cell == 0));
        vector.setInt(i, type == TYPE_INT64 ? load<i64>(at) : <i64>load<i32>(at));
      }
      return vector;
    }
    const isFixed = fixedValueSize(type, subject.customSize) != 0;
    for (let k = 0; k < count; k++) {
      const i = batch.settledRow(k);
      const cell = load<u64>(cells + ((<usize>i) << 3));
      vector.setNull(i, cell == 0);
      if (cell == 0) continue;
      const at = <usize>(<u32>cell) + offset;
      const len = !isPlaced ? <u32>(cell >> 32) : isFixed ? fixedBytes(vector.kind) : 2 + <u32>load<u16>(at);
      takeCell(type, isFixed, at, len, vector, i);
    }
    return vector;
  }

  private cellsOf(place: i32): usize {
    return this.cells + <usize>(this.isPlaced ? unchecked(this.anchors[place]) : place) * CELLS;
  }

  private offsetOf(place: i32): usize {
    return this.isPlaced ? <usize>unchecked(this.offsets[place]) : 0;
  }

  selectBetween(column: i32, low: i64, high: i64, batch: Batch): bool {
    const place = unchecked(this.places[column - this.base]);
    const type = this.table.schema.columns[column - this.base].type;
    if (unchecked(this.isDecoded[place]) || (type != TYPE_INT64 && type != TYPE_INT32))
      return super.selectBetween(column, low, high, batch);
    const cells = this.cellsOf(place);
    const offset = this.offsetOf(place);
    const span = <u64>(high - low);
    const selection = batch.selection;
    const count = batch.selected;
    let kept = selection;
    for (let k = 0; k < count; k++) {
      const i = <usize>load<u16>(selection + ((<usize>k) << 1));
      const cell = load<u64>(cells + (i << 3));
      // Where there is none something is read, and left out.
      const at = <usize>(<u32>cell) + offset;
      const value = type == TYPE_INT64 ? load<i64>(at) : <i64>load<i32>(at);
      store<u16>(kept, <u16>i);
      kept += (u32(<u64>(value - low) <= span) & u32(cell != 0)) << 1;
    }
    batch.selected = <i32>((kept - selection) >> 1);
    return true;
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
