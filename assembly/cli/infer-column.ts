/**
 * What type the values of a column have, as far as they were seen.
 *
 * A type stays possible as long as every value could be of it without loss: numbers with leading zeros, say, are text. Of those that
 * are left the narrowest is taken: boolean, int32, int64, uint64, decimal, date, datetime, uuid, text.
 */
import { Column, FLAG_NULLABLE } from "../schema/column";
import {
  TYPE_BOOLEAN,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_JSON,
  TYPE_TEXT,
  TYPE_UINT64,
  TYPE_UUID,
} from "../encode/data-type";
import { isDigit, parsedUnsigned, parseUnsigned } from "../encode/digits";
import { parseDate, parseDateTime } from "../encode/date";
import { parseDecimal } from "../encode/decimal";
import { parseUuid } from "../encode/uuid";
import { xxh3 } from "../encode/xxh3";
import { JSON_ARRAY, JSON_FALSE, JSON_NULL, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JSON_TRUE, JsonTape } from "../encode/json";
import { HashSet } from "./infer-unique";

const MAYBE_INTEGER: u32 = 1;
const MAYBE_DECIMAL: u32 = 2;
const MAYBE_BOOLEAN: u32 = 4;
const MAYBE_DATE: u32 = 8;
const MAYBE_DATETIME: u32 = 16;
const MAYBE_UUID: u32 = 32;
const MAYBE_ANYTHING: u32 = 63;

/** Longest text that becomes a primary key by itself, in bytes. */
const LONGEST_KEY: u32 = 255;

const HALF: u64 = 0x8000000000000000;

/** Where the parsers put a value that nobody looks at; the longest is 16 bytes. */
const SCRATCH: usize = memory.data(16, 8);

export class ColumnGuess {
  /** UTF-8 of the name. */
  readonly nameBytes: ArrayBuffer;
  /** Values that are not null. */
  values: u64 = 0;
  /** Nulls, and cells without a value. */
  nulls: u64 = 0;
  /** Cells that are there but empty: text if the others are, else null. */
  private empties: u64 = 0;
  private maybe: u32 = MAYBE_ANYTHING;
  private largest: u64 = 0;
  /** Distance of the smallest integer from zero. */
  private smallest: u64 = 0;
  private longest: u32 = 0;
  private sawContainer: bool = false;
  /** The values, where it matters whether they are unique. */
  unique: HashSet | null = null;

  constructor(readonly name: string) {
    this.nameBytes = String.UTF8.encode(name);
  }


  @inline isNamed(ptr: usize, len: u32): bool {
    return <u32>this.nameBytes.byteLength == len && memory.compare(changetype<usize>(this.nameBytes), ptr, len) == 0;
  }

  addNull(): void {
    this.nulls += 1;
  }

  /** Takes a cell's text, not null, into account. */
  addText(ptr: usize, len: u32): void {
    this.noteUnique(ptr, len);
    if (len == 0) {
      this.empties += 1;
      return;
    }
    this.values += 1;
    this.longest = max(this.longest, len);
    let maybe = this.maybe;
    if (maybe == 0) return;
    if ((maybe & (MAYBE_INTEGER | MAYBE_DECIMAL)) != 0) maybe = this.tryNumber(maybe, ptr, len);
    if ((maybe & MAYBE_BOOLEAN) != 0 && !isBooleanWord(ptr, len)) maybe &= ~MAYBE_BOOLEAN;
    this.maybe = tryOthers(maybe, ptr, len);
  }

  /** Takes a JSON value into account. Strings are text, dates, date-times or UUIDs, never numbers. */
  addNode(tape: JsonTape, node: u32): void {
    const kind = tape.kind(node);
    if (kind == JSON_NULL) {
      this.nulls += 1;
      return;
    }
    this.values += 1;
    if (kind == JSON_STRING) {
      const ptr = tape.stringPtr(node);
      const len = tape.stringLen(node);
      this.noteUnique(ptr, len);
      this.longest = max(this.longest, len);
      this.maybe = tryOthers(this.maybe & ~(MAYBE_INTEGER | MAYBE_DECIMAL | MAYBE_BOOLEAN), ptr, len);
    } else if (kind == JSON_NUMBER) {
      this.noteUnique(tape.rawPtr(node), tape.rawLen(node));
      this.maybe = this.tryNumber(this.maybe & (MAYBE_INTEGER | MAYBE_DECIMAL), tape.rawPtr(node), tape.rawLen(node));
    } else if (kind == JSON_TRUE || kind == JSON_FALSE) {
      this.maybe &= MAYBE_BOOLEAN;
    } else if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
      this.sawContainer = true;
      this.maybe = 0;
    }
  }

  private noteUnique(ptr: usize, len: u32): void {
    const unique = this.unique;
    if (unique) unique.add(xxh3(ptr, len));
  }

  private tryNumber(maybe: u32, ptr: usize, len: u32): u32 {
    const negative = load<u8>(ptr) == 0x2d;
    const first = ptr + (negative ? 1 : 0);
    const digits = len - (negative ? 1 : 0);
    // 007 is not how a number is written.
    const start = <u32>(digits > 0 ? load<u8>(first) : 0);
    if ((!isDigit(start) && start != 0x2e) || (digits > 1 && start == 0x30 && isDigit(load<u8>(first, 1)))) {
      return maybe & ~(MAYBE_INTEGER | MAYBE_DECIMAL);
    }
    if ((maybe & MAYBE_INTEGER) != 0) {
      if (parseUnsigned(first, digits, negative ? HALF : u64.MAX_VALUE)) {
        if (negative) this.smallest = max(this.smallest, parsedUnsigned);
        else this.largest = max(this.largest, parsedUnsigned);
      } else maybe &= ~MAYBE_INTEGER;
    }
    return parseDecimal(ptr, len, SCRATCH) ? maybe : maybe & ~MAYBE_DECIMAL;
  }

  /** Whether the column can be the primary key without being named. */
  get canBeKey(): bool {
    const unique = this.unique;
    if (this.values == 0 || this.nulls > 0 || this.empties > 0 || !unique || unique.repeated) return false;
    const type = this.type(false);
    if (type == TYPE_TEXT) return this.longest <= LONGEST_KEY;
    return type != TYPE_DECIMAL && type != TYPE_BOOLEAN && type != TYPE_JSON;
  }

  /** The type; with `wide`, because not all values were seen, no 32-bit integer. */
  private type(wide: bool): u8 {
    const maybe = this.maybe;
    if (this.sawContainer) return TYPE_JSON;
    if (this.values == 0) return TYPE_TEXT;
    if ((maybe & MAYBE_BOOLEAN) != 0) return TYPE_BOOLEAN;
    if ((maybe & MAYBE_INTEGER) != 0) {
      if (!wide && this.largest < 0x80000000 && this.smallest <= 0x80000000) return TYPE_INT32;
      if (this.largest < HALF) return TYPE_INT64;
      if (this.smallest == 0) return TYPE_UINT64;
    }
    if ((maybe & MAYBE_DECIMAL) != 0) return TYPE_DECIMAL;
    if ((maybe & MAYBE_DATE) != 0) return TYPE_DATE;
    if ((maybe & MAYBE_DATETIME) != 0) return TYPE_DATETIME;
    return (maybe & MAYBE_UUID) != 0 ? TYPE_UUID : TYPE_TEXT;
  }

  /** The column that holds the values of `rows` rows. With `wide`, more rows are to come. */
  column(rows: u64, wide: bool): Column {
    const type = this.type(wide);
    const column = new Column(this.name, type);
    const present = this.values + (type == TYPE_TEXT ? this.empties : 0);
    if (wide || present < rows) column.flags |= FLAG_NULLABLE;
    return column;
  }
}

/** Which of the types that are not numbers the text leaves possible. */
function tryOthers(maybe: u32, ptr: usize, len: u32): u32 {
  if ((maybe & MAYBE_DATE) != 0 && !parseDate(ptr, len, SCRATCH)) maybe &= ~MAYBE_DATE;
  if ((maybe & MAYBE_DATETIME) != 0 && !parseDateTime(ptr, len, SCRATCH)) maybe &= ~MAYBE_DATETIME;
  if ((maybe & MAYBE_UUID) != 0 && (len != 36 || !parseUuid(ptr, len, SCRATCH))) maybe &= ~MAYBE_UUID;
  return maybe;
}

/** Whether the text is `true` or `false`, in any case. */
function isBooleanWord(ptr: usize, len: u32): bool {
  if (len == 4) return (load<u32>(ptr) | 0x20202020) == 0x65757274;
  return len == 5 && (load<u8>(ptr) | 0x20) == 0x66 && (load<u32>(ptr, 1) | 0x20202020) == 0x65736c61;
}
