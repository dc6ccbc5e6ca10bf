/** Where a scan by an index begins and ends: values that are worked out whenever the scan is opened. */
import { BAD_VALUE, DIVISION_BY_ZERO, OK, OVERFLOW, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { TYPE_UINT64, isInteger } from "../../encode/data-type";
import { isWholeNumber, wholeNumber } from "../../encode/decimal-arithmetic";
import { AccessPath, KeyBound } from "../../query/access-path";
import { addKeyPart } from "../../query/store";
import { Batch } from "../eval/batch";
import { addSlot, fitsType } from "../eval/cells";
import { Expression, Fixed } from "../eval/expression";
import { K_DECIMAL, K_INT, K_TEXT } from "../eval/kinds";
import { addPlainStart } from "../eval/like";
import { Points } from "../eval/points";

export const NULLS_BELOW: u8 = 1;
export const NULLS_ABOVE: u8 = 2;

/** What came of filling bounds. */
export const BOUNDS_FILLED: i32 = 0;
/** No row can be between them. */
export const BOUNDS_EMPTY: i32 = 1;
export const BOUNDS_FAILED: i32 = 2;
/** A value can't be worked out, which only counts if a row comes to the condition: that may stand behind others which are false. */
const BOUNDS_OPEN: i32 = 3;

const cell: ByteBuffer = new ByteBuffer(64);
const slot: usize = memory.data(16, 8);
const prefix: ByteBuffer = new ByteBuffer(64);
let isNull: bool = false;

function takeSlot(from: usize): void {
  store<u64>(slot, load<u64>(from));
  store<u64>(slot, load<u64>(from, 8), 8);
}

/** Puts a value into `slot`; false when it is null (`isNull`), or on failure. `batch` is for working it out. */
function valueOf(value: Expression, batch: Batch): bool {
  lastError.status = OK;
  if (value instanceof Fixed) {
    const fixed = <Fixed>value;
    takeSlot(fixed.slot);
    isNull = fixed.isNull;
    return !isNull;
  }
  isNull = false;
  batch.begin(1);
  const vector = value.evaluate(batch);
  if (!vector) return false;
  isNull = vector.isNull(0);
  takeSlot(vector.at(0));
  batch.pool.give(vector);
  return !isNull;
}

/** Appends the value in `slot` as a part of a key of the path's index; false when the column can't have it. */
function addPart(path: AccessPath, part: i32, bound: KeyBound, kind: u8): bool {
  const column = unchecked(path.table.schema.columns[unchecked(path.index!.columns[part])]);
  let isInt = kind == K_INT;
  if (kind == K_DECIMAL && isInteger(column.type)) {
    // A whole number may be one of the column.
    if (!isWholeNumber(slot, column.type == TYPE_UINT64)) return false;
    store<i64>(slot, wholeNumber);
    isInt = column.type != TYPE_UINT64;
  }
  if (isInt && !fitsType(column.type, load<i64>(slot))) return false;
  cell.reset();
  if (!addSlot(column.type, column.customSize, slot, cell)) return false;
  addKeyPart(column, cell.ptr, cell.len, bound);
  return true;
}

/** What it means that there is no value. */
function failure(): i32 {
  const status = lastError.status;
  if (status == OK) return BOUNDS_EMPTY;
  return status == DIVISION_BY_ZERO || status == OVERFLOW || status == BAD_VALUE ? BOUNDS_OPEN : BOUNDS_FAILED;
}

/** Appends null as a part of a key. */
function addNull(path: AccessPath, part: i32, bound: KeyBound): void {
  addKeyPart(path.table.schema.columns[path.index!.columns[part]], 0, 0, bound);
}

export class ScanBounds {
  /** Values that the index's first columns have; the last of them may be one of a list instead. */
  readonly equals: Array<Expression> = new Array<Expression>();
  /** For each whether null is a value like others. */
  readonly takesNull: Array<bool> = new Array<bool>();
  list: Points | null = null;
  /** What the column behind them is above and below, or what its text begins like. */
  lower: Expression | null = null;
  upper: Expression | null = null;
  like: Expression | null = null;
  likeOp: u8 = 0;
  lowerIsOut: bool = false;
  upperIsOut: bool = false;
  /** Whether the column behind them is not null, and where null would be among its keys: `NULLS_BELOW` or `NULLS_ABOVE`. */
  nullsOut: u8 = 0;
  /** Whether not all of the equal values could be worked out, so that the range is of those before them. */
  isCut: bool = false;
  /** The list's value that comes next. */
  private at: i32 = 0;
  private from: KeyBound | null = null;
  private to: KeyBound | null = null;

  addEqual(value: Expression, takesNull: bool): void {
    this.equals.push(value);
    this.takesNull.push(takesNull);
  }

  /** Whether it has one value for each of the first `columns` columns, and none of them is null. */
  isOf(columns: i32): bool {
    return this.equals.length == columns && !this.list && !this.takesNull.includes(true);
  }

  /** Adds what its values read to `columns`. */
  addColumns(columns: Array<i32>): void {
    const lower = this.lower;
    const upper = this.upper;
    const like = this.like;
    for (let e = 0; e < this.equals.length; e++) this.equals[e].addColumns(columns);
    if (lower) lower.addColumns(columns);
    if (upper) upper.addColumns(columns);
    if (like) like.addColumns(columns);
  }

  /** Gives the path bounds, whose values are still to be filled in. */
  addTo(path: AccessPath): void {
    const at = this.equals.length + (this.list ? 1 : 0);
    const from = new KeyBound();
    const to = new KeyBound(this.like !== null);
    this.from = from;
    this.to = to;
    path.lower = at > 0 || this.lower || this.like || this.nullsOut == NULLS_BELOW ? from : null;
    path.upper = at > 0 || this.upper || this.like || this.nullsOut == NULLS_ABOVE ? to : null;
  }

  /** Fills in the values that there are by now; for a list, with its first one. `batch` is for working them out. */
  open(path: AccessPath, batch: Batch): i32 {
    this.at = 0;
    const list = this.list;
    if (list && !list.prepare()) return BOUNDS_FAILED;
    return this.fill(path, batch);
  }

  /** The same with the list's next value; BOUNDS_EMPTY where there is none. */
  next(path: AccessPath, batch: Batch): i32 {
    this.at += 1;
    return this.list ? this.fill(path, batch) : BOUNDS_EMPTY;
  }

  private fill(path: AccessPath, batch: Batch): i32 {
    const from = this.from!;
    const to = this.to!;
    const count = this.equals.length + (this.list ? 1 : 0);
    this.isCut = false;
    from.begin(count);
    to.begin(count);
    for (let e = 0; e < this.equals.length; e++) {
      const filled = this.add(path, e, unchecked(this.equals[e]), batch, from);
      if (filled == BOUNDS_EMPTY && isNull && unchecked(this.takesNull[e])) addNull(path, e, from);
      else if (filled == BOUNDS_OPEN) {
        this.isCut = true;
        store<u32>(from.ptr, e);
        store<u32>(to.ptr, e);
        to.addBytes(from.ptr + 4, from.len - 4);
        return BOUNDS_FILLED;
      } else if (filled != BOUNDS_FILLED) return filled;
    }
    const list = this.list;
    if (list) {
      for (;;) {
        if (this.at >= list.count) return BOUNDS_EMPTY;
        takeSlot(list.slotAt(this.at));
        if (addPart(path, count - 1, from, list.kind)) break;
        this.at += 1;
      }
    }
    to.addBytes(from.ptr + 4, from.len - 4);
    if (this.nullsOut != 0) {
      const out = this.nullsOut == NULLS_BELOW ? from : to;
      addNull(path, count, out);
      store<u32>(out.ptr, count + 1);
      out.isExclusive = true;
    }
    const lower = this.lower;
    const upper = this.upper;
    const like = this.like;
    let filled = BOUNDS_FILLED;
    if (like) filled = this.fillLike(path, count, like, batch);
    if (lower) filled = this.addRange(path, count, lower, this.lowerIsOut, batch, from);
    if (upper && filled == BOUNDS_FILLED) filled = this.addRange(path, count, upper, this.upperIsOut, batch, to);
    return filled;
  }

  private add(path: AccessPath, part: i32, value: Expression, batch: Batch, bound: KeyBound): i32 {
    if (!valueOf(value, batch)) return failure();
    // A value that the column can't have is equal to none.
    return addPart(path, part, bound, value.kind) ? BOUNDS_FILLED : BOUNDS_EMPTY;
  }

  /** Adds one end of a range; where the column can't have its value that end is open, and the condition decides. */
  private addRange(path: AccessPath, part: i32, value: Expression, isOut: bool, batch: Batch, bound: KeyBound): i32 {
    const len = bound.len;
    const filled = this.add(path, part, value, batch, bound);
    bound.isExclusive = isOut && filled == BOUNDS_FILLED;
    if (filled == BOUNDS_FAILED) return filled;
    if (filled == BOUNDS_FILLED) store<u32>(bound.ptr, part + 1);
    else if (isNull) return BOUNDS_EMPTY;
    else bound.len = len;
    return BOUNDS_FILLED;
  }

  /** Between what a pattern begins with and what comes behind all that does. */
  private fillLike(path: AccessPath, part: i32, like: Expression, batch: Batch): i32 {
    if (!valueOf(like, batch)) {
      const failed = failure();
      return failed == BOUNDS_OPEN ? BOUNDS_FILLED : failed;
    }
    prefix.reset();
    addPlainStart(this.likeOp, <usize>load<u32>(slot), load<u32>(slot, 4), prefix);
    this.addPrefix(path, part, this.from!);
    // The first text behind all with the prefix: the last byte is one more, and none follows. No byte of UTF-8 is 255.
    if (prefix.len == 0) prefix.addU8(0xfe);
    const last = prefix.ptr + prefix.len - 1;
    store<u8>(last, load<u8>(last) + 1);
    this.addPrefix(path, part, this.to!);
    return BOUNDS_FILLED;
  }

  private addPrefix(path: AccessPath, part: i32, bound: KeyBound): void {
    store<u32>(slot, <u32>prefix.ptr);
    store<u32>(slot, prefix.len, 4);
    if (addPart(path, part, bound, K_TEXT)) store<u32>(bound.ptr, part + 1);
  }

  free(): void {
    const from = this.from;
    const to = this.to;
    if (from) from.free();
    if (to) to.free();
  }
}
