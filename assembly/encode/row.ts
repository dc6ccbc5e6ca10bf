/**
 * A row between its record and the rim: for each column whether it has a value, and where the value's bytes are.
 *
 * A record's body is the columns one after the other; a nullable column starts with 0 (null) or 1. Cells point into the record they
 * were decoded from, or into the arena of values that were set. A row is made once for a table and used again and again.
 */
import { Status, OK, RECORD_TOO_LARGE, fail } from "../status";
import { ByteBuffer } from "./byte-buffer";

/** No value was given. */
export const CELL_MISSING: u8 = 0;
/** Null. */
export const CELL_NULL: u8 = 1;
/** A value, in its record encoding. */
export const CELL_SET: u8 = 2;

/** The most bytes of a record's body: with its length it must end before the page does (see docs/format.md, "Fragile"). */
export const MAX_BODY: u32 = 65533;

/** Bytes that are expected of a value whose size varies. */
const USUAL_VALUE: u32 = 256;

/** What the layout of a row needs to know of a column: 4 bytes each, in `RowLayout.columns`. */
export const COLUMN_STRIDE: u32 = 4;

/** How a table's records are laid out. */
export class RowLayout {
  /** For each column: u16 fixed size (0: a u16 length stands before the bytes), u8 nullable, u8 0. */
  private columns: usize;

  constructor(readonly columnCount: u32) {
    this.columns = heap.alloc(max<u32>(columnCount, 1) * COLUMN_STRIDE);
    memory.fill(this.columns, 0, columnCount * COLUMN_STRIDE);
  }

  /** Where the columns' entries start. */
  @inline get start(): usize {
    return this.columns;
  }

  setColumn(column: u32, fixedSize: u32, nullable: bool): void {
    const at = this.columns + column * COLUMN_STRIDE;
    store<u16>(at, <u16>fixedSize);
    store<u8>(at, nullable ? 1 : 0, 2);
  }

  /** Bytes of a value of this column, or 0 when they vary. */
  @inline fixedSize(column: u32): u32 {
    return load<u16>(this.columns + column * COLUMN_STRIDE);
  }


  @inline nullable(column: u32): bool {
    return load<u8>(this.columns + column * COLUMN_STRIDE, 2) != 0;
  }

  /** Bytes of a body when no column's size varies, else 0. */
  get fixedBody(): u32 {
    let sum: u32 = 0;
    for (let i: u32 = 0; i < this.columnCount; i++) {
      if (this.nullable(i) || this.fixedSize(i) == 0) return 0;
      sum += this.fixedSize(i);
    }
    return sum;
  }

  /** Bytes that the first `columns` columns mostly take: all of those of a fixed size, some for each of the others. */
  usualBytesOfFirst(columns: u32): u32 {
    let sum: u32 = 0;
    for (let i: u32 = 0; i < columns; i++)
      sum += u32(this.nullable(i)) + (this.fixedSize(i) != 0 ? this.fixedSize(i) : USUAL_VALUE);
    return sum;
  }

  free(): void {
    heap.free(this.columns);
  }
}

const CELL_STRIDE: u32 = 12;

/** What `decodeFirst` comes to: the columns are there; they go on behind the bytes that are; the bytes are no record of the layout. */
export const DECODED: i32 = 0;
export const NOT_PRESENT: i32 = 1;
const NO_RECORD: i32 = 2;

export class Row {
  private cells: usize;
  private arena: ByteBuffer = new ByteBuffer(1024);
  /** Whether sanitizers have been at its values, since `reset`. */
  isSanitized: bool = false;

  constructor(readonly layout: RowLayout) {
    this.cells = heap.alloc(max<u32>(layout.columnCount, 1) * CELL_STRIDE);
    this.reset();
  }

  /** Makes every column missing and forgets the values that were set. */
  reset(): void {
    memory.fill(this.cells, 0, this.layout.columnCount * CELL_STRIDE);
    this.arena.reset();
    this.isSanitized = false;
  }


  @inline private cell(column: u32): usize {
    return this.cells + column * CELL_STRIDE;
  }

  /** `CELL_MISSING`, `CELL_NULL` or `CELL_SET`. */
  @inline state(column: u32): u8 {
    return load<u8>(this.cell(column), 8);
  }


  @inline isSet(column: u32): bool {
    return this.state(column) == CELL_SET;
  }

  /** Where a set column's value is: a value as in a record, a length first where it varies. Valid until the next `set…`. */
  @inline ptr(column: u32): usize {
    const at = load<u32>(this.cell(column));
    return load<u8>(this.cell(column), 9) != 0 ? this.arena.ptr + at : at;
  }

  /** Bytes of that value. */
  @inline len(column: u32): u32 {
    return load<u32>(this.cell(column), 4);
  }

  setNull(column: u32): void {
    store<u64>(this.cell(column), 0);
    store<u16>(this.cell(column), <u16>CELL_NULL, 8);
  }

  setMissing(column: u32): void {
    store<u64>(this.cell(column), 0);
    store<u16>(this.cell(column), 0, 8);
  }

  /** Copies a value into the row. `ptr` may not point into this row. */
  set(column: u32, ptr: usize, len: u32): void {
    const start = this.arena.len;
    this.arena.addBytes(ptr, len);
    this.setFromArena(column, start);
  }

  /** Makes the value of `len` bytes at `ptr` the column's, where it lies: valid as long as that is. */
  @inline setAt(column: u32, ptr: usize, len: u32): void {
    const cell = this.cell(column);
    store<u64>(cell, ((<u64>len) << 32) | (<u64>ptr));
    store<u16>(cell, <u16>CELL_SET, 8);
  }

  /** The buffer to append a value to, before `setFromArena`. */
  get values(): ByteBuffer {
    return this.arena;
  }

  /** Makes what was appended to `values` since it was `start` bytes long the column's value. */
  setFromArena(column: u32, start: u32): void {
    const cell = this.cell(column);
    store<u32>(cell, start);
    store<u32>(cell, this.arena.len - start, 4);
    store<u8>(cell, CELL_SET, 8);
    store<u8>(cell, 1, 9);
  }

  /** Takes the other row's cell for this column; the value is copied. Both rows must be of one table. */
  copyCell(column: u32, other: Row): void {
    const state = other.state(column);
    if (state == CELL_SET) this.set(column, other.ptr(column), other.len(column));
    else if (state == CELL_NULL) this.setNull(column);
    else this.setMissing(column);
  }

  /** Points the cells into the `bodyLen` bytes at `body`; false when they are not a record of this layout. */
  @inline decode(body: usize, bodyLen: u32): bool {
    return this.decodeFirst(this.layout.columnCount, body, bodyLen, bodyLen) == DECODED;
  }

  /**
   * The same for the first `columns` columns of a record of which only the first `present` bytes are there: `DECODED`, `NOT_PRESENT` or
   * `NO_RECORD`. Other cells stay as they are; what is behind the columns is looked at only when they are all.
   */
  decodeFirst(columns: u32, body: usize, bodyLen: u32, present: u32): i32 {
    const end = body + present;
    let cell = this.cells;
    let column = this.layout.start;
    const last = column + columns * COLUMN_STRIDE;
    for (; column < last; column += COLUMN_STRIDE, cell += CELL_STRIDE) {
      const shape = load<u32>(column);
      let len = shape & 0xffff;
      if (len != shape) {
        if (body >= end) return behind(bodyLen, present);
        const flag = load<u8>(body++);
        if (flag == 0) {
          store<u64>(cell, 0);
          store<u16>(cell, <u16>CELL_NULL, 8);
          continue;
        }
        if (flag != 1) return NO_RECORD;
      }
      if (len == 0) {
        if (body + 2 > end) return behind(bodyLen, present);
        len = 2 + <u32>load<u16>(body);
      }
      if (body + len > end) return behind(bodyLen, present);
      store<u64>(cell, ((<u64>len) << 32) | (<u64>body));
      store<u16>(cell, <u16>CELL_SET, 8);
      body += len;
    }
    return body == end || columns < this.layout.columnCount ? DECODED : NO_RECORD;
  }

  /** Bytes that the first `columns` columns take in a record. */
  bytesOfFirst(columns: u32): u32 {
    let sum: u32 = 0;
    for (let i: u32 = 0; i < columns; i++) sum += u32(this.layout.nullable(i)) + (this.isSet(i) ? this.len(i) : 0);
    return sum;
  }

  /** Appends the record's body to `out`. Every column must be set, or null where it is nullable. */
  encode(out: ByteBuffer): Status {
    const layout = this.layout;
    const start = out.len;
    for (let i: u32 = 0; i < layout.columnCount; i++) {
      const set = this.isSet(i);
      if (layout.nullable(i)) out.addU8(set ? 1 : 0);
      if (set) out.addBytes(this.ptr(i), this.len(i));
    }
    const len = out.len - start;
    if (len > MAX_BODY) {
      return fail(RECORD_TOO_LARGE, "the record needs " + len.toString() + " bytes, a page holds at most " + MAX_BODY.toString());
    }
    return OK;
  }

  free(): void {
    heap.free(this.cells);
    this.arena.free();
  }
}

/** A column goes on behind the `present` bytes of a record of `bodyLen`. */
@inline
function behind(bodyLen: u32, present: u32): i32 {
  return present < bodyLen ? NOT_PRESENT : NO_RECORD;
}
