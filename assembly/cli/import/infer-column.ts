/**
 * What type the values of a column have, as far as they were seen.
 *
 * A type stays possible as long as every value could be of it without loss: numbers with leading zeros, say, are text. Of those that
 * are left the narrowest is taken: boolean, int32, int64, uint64, decimal, date, datetime, uuid, text. Cells of CSV may be numbers and
 * dates in other forms than `parseValue` reads (`cell-form.ts`): `infer-form.ts` takes one of those that fit all of them.
 */
import { OK } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { parseJsonValue, parseValue } from "../../encode/value-text";
import { Column, FLAG_NULLABLE } from "../../schema/column";
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
} from "../../encode/data-type";
import { isDigit, parsedUnsigned, parseUnsigned } from "../../encode/digits";
import { parseDate, parseDateTime } from "../../encode/date";
import { isNegative, parseDecimal } from "../../encode/decimal";
import { parseUuid } from "../../encode/uuid";
import { JSON_ARRAY, JSON_FALSE, JSON_NULL, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JSON_TRUE, JsonTape } from "../../encode/json";
import {
  FORM_COMMA,
  FORM_DMY,
  FORM_PLAIN,
  FORM_POINT,
  FORM_YMD,
  FormChoices,
  blanksBefore,
  blanksBehind,
  dateMark,
  hasTime,
  nullWordAt,
  plain,
  toPlainDate,
  toPlainNumber,
} from "./cell-form";
import { ValueSet } from "./infer-unique";

const MAYBE_INTEGER: u32 = 1;
const MAYBE_DECIMAL: u32 = 2;
const MAYBE_BOOLEAN: u32 = 4;
export const MAYBE_DATE: u32 = 8;
export const MAYBE_DATETIME: u32 = 16;
const MAYBE_UUID: u32 = 32;
const MAYBE_ANYTHING: u32 = 63;
export const MAYBE_NUMBER: u32 = MAYBE_INTEGER | MAYBE_DECIMAL;
/** Numbers with a decimal comma: the two above, by this many bits to the left. */
export const COMMA_SHIFT: u32 = 6;
export const MAYBE_COMMA: u32 = MAYBE_NUMBER << COMMA_SHIFT;
/** Dates in the order of `FORM_DMY` and those behind it, a bit each, and the same with a time of day. */
export const ORDER_SHIFT: u32 = 8;
export const TIMED_SHIFT: u32 = 11;
const ORDERS: u32 = 7;
export const MAYBE_ORDERED: u32 = ORDERS << ORDER_SHIFT;
export const MAYBE_TIMED: u32 = ORDERS << TIMED_SHIFT;
const MAYBE_FORM: u32 = MAYBE_COMMA | MAYBE_ORDERED | MAYBE_TIMED;

/** Longest text that becomes a primary key by itself, in bytes. */
const LONGEST_KEY: u32 = 255;

/** What cells had: a mark of numbers, with which two forms differ; a comma; dates without points between their parts; an exponent; -0. */
export const SAW_MARK: u32 = 1;
export const SAW_COMMA: u32 = 2;
export const SAW_NO_POINT: u32 = 4;
export const SAW_EXPONENT: u32 = 8;
export const SAW_MINUS_ZERO: u32 = 16;

const HALF: u64 = 0x8000000000000000;

/** Where the parsers put a value; the longest is 16 bytes. */
const SCRATCH: usize = memory.data(16, 8);
const DATETIME_SIZE: u32 = 13;
const UUID_SIZE: u32 = 16;
/** A value of a chosen type. */
const chosenValue: ByteBuffer = new ByteBuffer(64);

export class ColumnGuess {
  /** UTF-8 of the name. */
  readonly nameBytes: ArrayBuffer;
  /** Values that are not null. */
  values: u64 = 0;
  /** Nulls, and cells without a value. */
  nulls: u64 = 0;
  /** Cells that are there but empty: text if the others are, else null. */
  private empties: u64 = 0;
  /** Which types are possible still: `MAYBE_…`. */
  maybe: u32 = MAYBE_ANYTHING;
  private largest: u64 = 0;
  /** Distance of the smallest integer from zero. */
  private smallest: u64 = 0;
  private longest: u32 = 0;
  private sawContainer: bool = false;
  /** Cells with a word for a missing value: null in a column of numbers, dates or booleans. */
  private nullWords: u64 = 0;
  /** `SAW_…`. */
  saw: u32 = 0;
  /** The form of the column's cells, when it was decided. */
  form: u8 = FORM_PLAIN;
  /** The first cell whose form is not plain. */
  example: string = "";
  /** Its numbers are of two forms, and so text. */
  isUnclear: bool = false;
  /** The texts of the values, where it matters whether they are unique. */
  unique: ValueSet | null = null;
  /** The values of those texts, as long as all of them are of a type that has several spellings for a value. */
  private uniqueValues: ValueSet | null = null;
  private sawZero: bool = false;

  /**
   * `chosen` has the type that the column is to have, whatever its values are; null: to be found out. With `choices` its cells are those
   * of CSV, which may have other forms, and words for missing values if `takesNullWords`.
   */
  constructor(
    readonly name: string,
    readonly chosen: Column | null = null,
    readonly choices: FormChoices | null = null,
    private readonly takesNullWords: bool = false,
  ) {
    this.nameBytes = String.UTF8.encode(name);
    if (choices) {
      if (!choices.allows(FORM_POINT)) this.maybe &= ~MAYBE_NUMBER;
      if (choices.allows(FORM_COMMA)) this.maybe |= MAYBE_COMMA;
      const orders = choices.dates == 0 ? ORDERS : (<u32>1) << (choices.dates - FORM_DMY);
      this.maybe |= (orders << ORDER_SHIFT) | (orders << TIMED_SHIFT);
    }
  }

  free(): void {
    const texts = this.unique;
    if (texts) texts.free();
    const values = this.uniqueValues;
    if (values) values.free();
  }


  @inline isNamed(ptr: usize, len: u32): bool {
    return <u32>this.nameBytes.byteLength == len && memory.compare(changetype<usize>(this.nameBytes), ptr, len) == 0;
  }

  addNull(): void {
    this.nulls += 1;
  }

  /** Takes a cell's text, not null, into account. */
  addText(ptr: usize, len: u32): void {
    if (this.choices && len > 1) {
      // Blanks around a number or a date are none of it. One is left where there is nothing else.
      const before = blanksBefore(ptr, len - 1);
      ptr += before;
      len -= before;
      len -= blanksBehind(ptr + 1, len - 1);
    }
    this.noteUnique(ptr, len);
    if (len == 0) {
      this.empties += 1;
      return;
    }
    if (this.takesNullWords && nullWordAt(ptr, len) >= 0) {
      this.nullWords += 1;
      return;
    }
    this.values += 1;
    this.longest = max(this.longest, len);
    const chosen = this.chosen;
    let maybe = this.maybe;
    if (chosen) {
      chosenValue.reset();
      if (this.unique && parseValue(chosen.type, chosen.customSize, ptr, len, chosenValue) == OK)
        this.noteValue(chosenValue.ptr, chosenValue.len);
      if ((maybe & MAYBE_FORM) == 0) return;
    }
    if (maybe == 0) return;
    if (!chosen && (maybe & MAYBE_NUMBER) != 0 && this.tryUsual(maybe, ptr, len)) return;
    if (this.choices) {
      if ((maybe & (MAYBE_NUMBER | MAYBE_COMMA)) != 0) maybe = this.tryNumberForms(maybe, ptr, len);
      if ((maybe & (MAYBE_ORDERED | MAYBE_TIMED)) != 0) maybe = this.tryDateForms(maybe, ptr, len);
    } else if ((maybe & MAYBE_NUMBER) != 0) maybe = this.tryPlain(maybe, ptr, len);
    if ((maybe & MAYBE_BOOLEAN) != 0 && !isBooleanWord(ptr, len)) maybe &= ~MAYBE_BOOLEAN;
    this.maybe = this.tryOthers(maybe, ptr, len);
  }

  /** Takes what most numbers are into account, as the rest of `addText` does; false for all else. */
  private tryUsual(maybe: u32, ptr: usize, len: u32): bool {
    const end = ptr + len;
    const negative = load<u8>(ptr) == 0x2d;
    let at = ptr + (negative ? 1 : 0);
    const digits = end - at;
    if (digits - 1 > 17 || (load<u8>(at) == 0x30 && digits > 1 && isDigit(load<u8>(at, 1)))) return false;
    let value: u64 = 0;
    let byte: u32 = 0;
    for (; at < end; at++) {
      byte = load<u8>(at);
      if (!isDigit(byte)) break;
      value = value * 10 + (byte - 0x30);
    }
    if (negative && value == 0) return false;
    if (at == end) {
      this.maybe = maybe & (MAYBE_NUMBER | MAYBE_COMMA);
      if ((maybe & MAYBE_INTEGER) != 0) this.noteInteger(value, negative);
      return true;
    }
    // Others may be dates, or of two forms.
    if (byte != 0x2e || (maybe & ~MAYBE_NUMBER) != 0 || digits < 2) return false;
    while (++at < end) if (!isDigit(load<u8>(at))) return false;
    this.maybe = maybe & MAYBE_DECIMAL;
    this.saw |= SAW_MARK;
    this.noteExample(ptr, len);
    return true;
  }

  private noteInteger(value: u64, negative: bool): void {
    if (value == 0) {
      if (negative) this.saw |= SAW_MINUS_ZERO;
      else this.sawZero = true;
    }
    if (negative) this.smallest = max(this.smallest, value);
    else this.largest = max(this.largest, value);
  }

  /** Which forms of numbers the text leaves possible. */
  private tryNumberForms(maybe: u32, ptr: usize, len: u32): u32 {
    let point = maybe & MAYBE_NUMBER;
    let comma = (maybe >> COMMA_SHIFT) & MAYBE_NUMBER;
    if (!isDigit(load<u8>(ptr)) && load<u8>(ptr) - 0x2b > 3) return maybe & ~(MAYBE_NUMBER | MAYBE_COMMA);
    const marks = marksIn(ptr, len, this.choices!.thousands);
    if (marks == 0) {
      const left = this.tryPlain(MAYBE_NUMBER, ptr, len);
      point &= left;
      comma &= left;
    } else {
      const isPlain = (marks & SAW_COMMA) == 0;
      if (point != 0) point = isPlain ? this.tryPlain(point, ptr, len) : this.tryForm(point, ptr, len, FORM_POINT);
      if (comma != 0) comma = this.tryForm(comma, ptr, len, FORM_COMMA);
      this.saw |= marks;
      this.noteExample(ptr, len);
    }
    return (maybe & ~(MAYBE_NUMBER | MAYBE_COMMA)) | point | (comma << COMMA_SHIFT);
  }

  /** What of `maybe` is left for a number as `parseValue` reads it. */
  private tryPlain(maybe: u32, ptr: usize, len: u32): u32 {
    if (!isPlainly(ptr, len)) return 0;
    if (hasExponent) this.saw |= SAW_EXPONENT;
    return this.tryNumber(maybe, ptr, len);
  }

  /** What of `maybe` is left for a number that has marks, in the form. */
  private tryForm(maybe: u32, ptr: usize, len: u32, form: u8): u32 {
    if (!toPlainNumber(ptr, len, form, this.choices!)) return 0;
    return this.tryNumber(maybe, plain.ptr, plain.len);
  }

  /** Which orders of dates the text leaves possible. */
  private tryDateForms(maybe: u32, ptr: usize, len: u32): u32 {
    // As most are written, it is of one order alone: that of years first.
    if (len == 10 && (maybe & MAYBE_DATE) != 0 && parseDate(ptr, len, SCRATCH)) {
      const yearFirst: u32 = (<u32>1) << (ORDER_SHIFT + FORM_YMD - FORM_DMY);
      return maybe & (yearFirst | ~(MAYBE_ORDERED | MAYBE_TIMED));
    }
    if (len < 8 || len > 32 || !isDigit(load<u8>(ptr))) return maybe & ~(MAYBE_ORDERED | MAYBE_TIMED);
    let left: u32 = 0;
    for (let form = FORM_DMY; form <= FORM_YMD; form++) {
      const bit = (<u32>1) << (form - FORM_DMY);
      if ((maybe & ((bit << ORDER_SHIFT) | (bit << TIMED_SHIFT))) == 0 || !toPlainDate(ptr, len, form)) continue;
      left |= bit << (hasTime ? TIMED_SHIFT : ORDER_SHIFT);
      if (dateMark != 0x2e) this.saw |= SAW_NO_POINT;
      this.noteExample(ptr, len);
    }
    return maybe & (left | ~(MAYBE_ORDERED | MAYBE_TIMED));
  }

  private noteExample(ptr: usize, len: u32): void {
    if (this.example.length == 0) this.example = String.UTF8.decodeUnsafe(ptr, min<u32>(len, 32));
  }

  /** Takes a JSON value into account. Strings are text, dates, date-times or UUIDs, never numbers. */
  addNode(tape: JsonTape, node: u32): void {
    const kind = tape.kind(node);
    if (kind == JSON_NULL) {
      this.nulls += 1;
      return;
    }
    this.values += 1;
    const chosen = this.chosen;
    if (chosen) {
      const raw = kind != JSON_STRING;
      this.noteUnique(raw ? tape.rawPtr(node) : tape.stringPtr(node), raw ? tape.rawLen(node) : tape.stringLen(node));
      this.longest = max(this.longest, tape.rawLen(node));
      chosenValue.reset();
      if (parseJsonValue(chosen.type, chosen.customSize, tape, node, chosenValue) == OK) {
        this.noteValue(chosenValue.ptr, chosenValue.len);
      }
      return;
    }
    if (kind == JSON_STRING) {
      const ptr = tape.stringPtr(node);
      const len = tape.stringLen(node);
      this.noteUnique(ptr, len);
      this.longest = max(this.longest, len);
      const maybe = this.maybe & ~(MAYBE_NUMBER | MAYBE_BOOLEAN);
      this.maybe = this.tryOthers(maybe, ptr, len);
    } else if (kind == JSON_NUMBER) {
      this.noteUnique(tape.rawPtr(node), tape.rawLen(node));
      this.maybe = this.tryNumber(this.maybe & MAYBE_NUMBER, tape.rawPtr(node), tape.rawLen(node));
    } else if (kind == JSON_TRUE || kind == JSON_FALSE) {
      this.noteUnique(tape.rawPtr(node), tape.rawLen(node));
      this.maybe &= MAYBE_BOOLEAN;
    } else if (kind == JSON_ARRAY || kind == JSON_OBJECT) {
      this.sawContainer = true;
      this.maybe = 0;
    }
  }

  private noteUnique(ptr: usize, len: u32): void {
    const unique = this.unique;
    if (unique) unique.add(ptr, len);
  }

  private noteValue(ptr: usize, len: u32): void {
    if (!this.unique) return;
    let values = this.uniqueValues;
    if (!values) {
      values = new ValueSet();
      this.uniqueValues = values;
    }
    values.add(ptr, len);
  }

  /** Which of the types that are not numbers the text leaves possible. */
  private tryOthers(maybe: u32, ptr: usize, len: u32): u32 {
    if ((maybe & MAYBE_DATE) != 0 && !parseDate(ptr, len, SCRATCH)) maybe &= ~MAYBE_DATE;
    if ((maybe & MAYBE_DATETIME) != 0) {
      if (parseDateTime(ptr, len, SCRATCH)) this.noteValue(SCRATCH, DATETIME_SIZE);
      else maybe &= ~MAYBE_DATETIME;
    }
    if ((maybe & MAYBE_UUID) != 0) {
      if (len == 36 && parseUuid(ptr, len, SCRATCH)) this.noteValue(SCRATCH, UUID_SIZE);
      else maybe &= ~MAYBE_UUID;
    }
    return maybe;
  }

  private tryNumber(maybe: u32, ptr: usize, len: u32): u32 {
    const negative = load<u8>(ptr) == 0x2d;
    const first = ptr + (negative ? 1 : 0);
    const digits = len - (negative ? 1 : 0);
    // 007 is not how a number is written.
    const start = <u32>(digits > 0 ? load<u8>(first) : 0);
    if ((!isDigit(start) && start != 0x2e) || (digits > 1 && start == 0x30 && isDigit(load<u8>(first, 1)))) {
      return maybe & ~MAYBE_NUMBER;
    }
    if ((maybe & MAYBE_INTEGER) != 0) {
      if (parseUnsigned(first, digits, negative ? HALF : u64.MAX_VALUE)) this.noteInteger(parsedUnsigned, negative);
      else maybe &= ~MAYBE_INTEGER;
    }
    if (!parseDecimal(ptr, len, SCRATCH)) return maybe & ~MAYBE_DECIMAL;
    if (negative && !isNegative(SCRATCH)) this.saw |= SAW_MINUS_ZERO;
    return maybe;
  }

  /** Whether the column can be the primary key without being named. */
  get canBeKey(): bool {
    if (this.values == 0 || this.missing > 0 || this.empties > 0 || !this.unique || this.isRepeated) return false;
    // With another form a value may have been written in two ways.
    if (this.form != FORM_PLAIN) return false;
    const type = this.type(false);
    if (type == TYPE_TEXT) return this.longest <= LONGEST_KEY;
    return type != TYPE_DECIMAL && type != TYPE_BOOLEAN && type != TYPE_JSON;
  }

  /** Cells of all kinds but nulls. */
  get seen(): u64 {
    return this.values + this.nullWords;
  }

  /** Cells that are null. */
  get missing(): u64 {
    return this.nulls + (this.type(false) == TYPE_TEXT ? 0 : this.nullWords);
  }

  /** Whether a value came twice, however it was written. */
  private get isRepeated(): bool {
    const texts = this.unique;
    if (texts && texts.repeated) return true;
    if ((this.maybe & MAYBE_INTEGER) != 0 && !this.chosen) return this.sawZero && (this.saw & SAW_MINUS_ZERO) != 0;
    const values = this.uniqueValues;
    return values != null && values.repeated && (this.chosen != null || (this.maybe & (MAYBE_DATETIME | MAYBE_UUID)) != 0);
  }

  /** The type; with `wide`, because not all values were seen, no 32-bit integer. */
  private type(wide: bool): u8 {
    const chosen = this.chosen;
    if (chosen) return chosen.type;
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
    const chosen = this.chosen;
    if (chosen) {
      column.customTag = chosen.customTag;
      column.customSize = chosen.customSize;
    }
    const present = this.values + (type == TYPE_TEXT ? this.empties + this.nullWords : 0);
    if (wide || present < rows) column.flags |= FLAG_NULLABLE;
    return column;
  }
}

/** Whether there are marks in a number: `SAW_MARK`, with a comma `SAW_COMMA`, too; `thousands` is one that was chosen. */
function marksIn(ptr: usize, len: u32, thousands: u32): u32 {
  let marks: u32 = 0;
  const end = ptr + len;
  for (let at = ptr; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x2e) marks |= SAW_MARK;
    else if (byte == 0x2c || (byte == thousands && byte != 0)) marks |= SAW_MARK | SAW_COMMA;
  }
  return marks;
}

/** The number that was looked at last has an exponent. */
let hasExponent: bool = false;

/** Whether a number is not one of the codes that look like it: 12e4 is one, where programs write 1.2e5 or 12e+4. */
function isPlainly(ptr: usize, len: u32): bool {
  const end = ptr + len;
  let hasPoint = false;
  hasExponent = false;
  for (let at = ptr; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x2e) hasPoint = true;
    if ((byte | 0x20) != 0x65) continue;
    hasExponent = true;
    return hasPoint || (at + 1 < end && !isDigit(load<u8>(at + 1)));
  }
  return true;
}

/** Whether the text is `true` or `false`, in any case. */
export function isBooleanWord(ptr: usize, len: u32): bool {
  if (len == 4) return (load<u32>(ptr) | 0x20202020) == 0x65757274;
  return len == 5 && (load<u8>(ptr) | 0x20) == 0x66 && (load<u32>(ptr, 1) | 0x20202020) == 0x65736c61;
}

/** Asked for single values: what it remembers of them is of no use. */
const judge: ColumnGuess = new ColumnGuess("");

/** What a guess would have to have left for a column to get the type; 0: any value is taken. */
function maybeOf(type: u8): u32 {
  switch (type) {
    case TYPE_BOOLEAN:
      return MAYBE_BOOLEAN;
    case TYPE_INT32:
    case TYPE_INT64:
    case TYPE_UINT64:
      return MAYBE_INTEGER;
    case TYPE_DECIMAL:
      return MAYBE_DECIMAL;
    case TYPE_DATE:
      return MAYBE_DATE;
    case TYPE_DATETIME:
      return MAYBE_DATETIME;
    case TYPE_UUID:
      return MAYBE_UUID;
    default:
      return 0;
  }
}

/** Whether a guess that made a column `type` would have taken this cell, not empty, for one as well. */
export function guessTakesText(type: u8, ptr: usize, len: u32): bool {
  const maybe = maybeOf(type);
  if (maybe == 0) return true;
  judge.maybe = maybe;
  judge.addText(ptr, len);
  return judge.maybe != 0;
}

/** The same of a JSON value that is not null. */
export function guessTakesNode(type: u8, tape: JsonTape, node: u32): bool {
  const maybe = maybeOf(type);
  if (maybe == 0) return true;
  judge.maybe = maybe;
  judge.addNode(tape, node);
  return judge.maybe != 0;
}
