/**
 * Dates and date-times.
 *
 * A date is 4 bytes, `year u16 · month u8 · day u8`, written `2026-02-28`. A date-time is 13 bytes, `year u16 · month · day ·
 * hour · minute · second (u8 each) · microsecond u32 · offset in minutes i16`, written `2026-02-28T23:59:58.999999+05:30`; the
 * fields are local time. The order is field by field, offset last, as the reference derives it: not the order of instants.
 *
 * A file can hold fields that no calendar has (the reference's default date is 0000-00-00). They are written as they are, with
 * more digits where a number needs them. Reading is strict unless `lenient` is asked for, which takes back everything that is
 * written.
 */
import { ByteBuffer } from "./byte-buffer";
import { civilDay, civilMonth, civilYear, dayNumber, floorDivide, toCivil } from "./calendar";
import { addPadded, isDigit, parsedUnsigned, parseUnsigned } from "./digits";

/** Where the fields of a date-time lie; the first three are those of a date. */
const MONTH: usize = 2;
const DAY: usize = 3;
const HOUR: usize = 4;
const MINUTE: usize = 5;
const SECOND: usize = 6;
const MICROSECOND: usize = 7;
const OFFSET: usize = 11;

const HYPHEN: u8 = 0x2d;
const COLON: u8 = 0x3a;

/** Where the text being read goes on, and where it ends. */
let at: usize = 0;
let end: usize = 0;

/** Reads a run of `least` to `most` digits, of a value up to `limit`, into `parsedUnsigned`. */
function readField(least: u32, most: u32, limit: u64): bool {
  const start = at;
  while (at < end && isDigit(load<u8>(at))) at++;
  const len = <u32>(at - start);
  return len >= least && len <= most && parseUnsigned(start, len, limit);
}


@inline
function readByte(byte: u8): bool {
  if (at >= end || load<u8>(at) != byte) return false;
  at++;
  return true;
}

/** Days of `month` (1 to 12) in the Gregorian calendar, which is taken back to year 0. */
export function daysInMonth(year: u32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

function readDateFields(target: usize, lenient: bool): bool {
  const start = at;
  if (!readField(4, 5, 65535)) return false;
  if (at - start == 5 && load<u8>(start) == 0x30) return false;
  const year = <u32>parsedUnsigned;
  const most: u32 = lenient ? 3 : 2;
  if (!readByte(HYPHEN) || !readField(2, most, 255)) return false;
  const month = <u32>parsedUnsigned;
  if (!readByte(HYPHEN) || !readField(2, most, 255)) return false;
  const day = <u32>parsedUnsigned;
  if (!lenient && (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))) return false;
  store<u16>(target, <u16>year);
  store<u8>(target, <u8>month, MONTH);
  store<u8>(target, <u8>day, DAY);
  return true;
}

/** Whether a calendar has the date whose 4 bytes are at `ptr`. */
export function isDateValue(ptr: usize): bool {
  const month = <u32>load<u8>(ptr, MONTH);
  const day = <u32>load<u8>(ptr, DAY);
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(load<u16>(ptr), month);
}

/** Whether the 13 bytes at `ptr` are a date-time that `parseDateTime` could have read. */
export function isDateTimeValue(ptr: usize): bool {
  return (
    isDateValue(ptr) &&
    load<u8>(ptr, HOUR) < 24 &&
    load<u8>(ptr, MINUTE) < 60 &&
    load<u8>(ptr, SECOND) < 60 &&
    load<u32>(ptr, MICROSECOND) < 1000000 &&
    abs<i32>(load<i16>(ptr, OFFSET)) < 24 * 60
  );
}

/**
 * Gives the date-time at `ptr`, which `isDateTimeValue`, another offset in minutes and the fields that the same moment has there; false,
 * and nothing changes, where its year there, `civilYear`, is none of 0 to 65535.
 */
export function moveToOffset(ptr: usize, offset: i32): bool {
  const minutes = <i32>load<u8>(ptr, HOUR) * 60 + <i32>load<u8>(ptr, MINUTE) + offset - <i32>load<i16>(ptr, OFFSET);
  const days = floorDivide(minutes, 24 * 60);
  toCivil(dayNumber(load<u16>(ptr), load<u8>(ptr, MONTH), load<u8>(ptr, DAY)) + days);
  if (<u64>civilYear > 65535) return false;
  const ofDay = minutes - <i32>days * 24 * 60;
  store<u16>(ptr, <u16>civilYear);
  store<u8>(ptr, <u8>civilMonth, MONTH);
  store<u8>(ptr, <u8>civilDay, DAY);
  store<u8>(ptr, <u8>(ofDay / 60), HOUR);
  store<u8>(ptr, <u8>(ofDay % 60), MINUTE);
  store<i16>(ptr, <i16>offset, OFFSET);
  return true;
}

/** Writes the date that the `len` bytes at `ptr` spell to the 4 bytes at `target`; false when they spell none. */
export function parseDate(ptr: usize, len: u32, target: usize, lenient: bool = false): bool {
  if (len == 10 && load<u8>(ptr, 4) == HYPHEN && load<u8>(ptr, 7) == HYPHEN) {
    const year = pairAt(ptr) * 100 + pairAt(ptr + 2);
    const month = pairAt(ptr + 5);
    const day = pairAt(ptr + 8);
    if (year <= 9999 && month - 1 < 12 && day - 1 < daysInMonth(year, month)) {
      store<u32>(target, year | (month << 16) | (day << 24));
      return true;
    }
    if (!lenient) return false;
  }
  at = ptr;
  end = ptr + len;
  return readDateFields(target, lenient) && at == end;
}

/** The number of the two digits at `ptr`; 10,000 or more when one of them is none. */
@inline
function pairAt(ptr: usize): u32 {
  const tens = <u32>load<u8>(ptr) - 0x30;
  const ones = <u32>load<u8>(ptr, 1) - 0x30;
  return tens < 10 && ones < 10 ? tens * 10 + ones : 10000;
}

/** The fraction: up to six digits, more when they are zeros. Lenient: more than six are a count of microseconds, as written. */
function readFraction(target: usize, lenient: bool): bool {
  const start = at;
  while (at < end && isDigit(load<u8>(at))) at++;
  const len = <u32>(at - start);
  if (len == 0) return false;
  if (lenient && len > 6 && load<u8>(start) != 0x30) {
    if (!parseUnsigned(start, len, u32.MAX_VALUE)) return false;
    store<u32>(target, <u32>parsedUnsigned, MICROSECOND);
    return true;
  }
  let micros: u32 = 0;
  for (let i: u32 = 0; i < max<u32>(len, 6); i++) {
    const digit = i < len ? <u32>load<u8>(start + i) - 0x30 : 0;
    if (i < 6) micros = micros * 10 + digit;
    else if (digit != 0) return false;
  }
  store<u32>(target, micros, MICROSECOND);
  return true;
}

/** The offset: nothing, `Z`, `+05:30`, `+0530` or `+05`. */
function readOffset(target: usize, lenient: bool): bool {
  store<i16>(target, 0, OFFSET);
  if (at == end) return true;
  const sign = load<u8>(at++);
  if (sign == 0x5a || sign == 0x7a) return true;
  if (sign != 0x2b && sign != HYPHEN) return false;
  const start = at;
  while (at < end && isDigit(load<u8>(at))) at++;
  const digits = <u32>(at - start);
  const compact = digits == 4;
  const hourDigits: u32 = compact ? 2 : digits;
  if (hourDigits < 2 || hourDigits > (lenient ? 3 : 2) || !parseUnsigned(start, hourDigits, lenient ? 546 : 23)) return false;
  let minutes = <i32>parsedUnsigned * 60;
  if (compact) at = start + 2;
  if (compact || at < end) {
    if (!compact && !readByte(COLON)) return false;
    if (!readField(2, 2, 59)) return false;
    minutes += <i32>parsedUnsigned;
  }
  if (sign == HYPHEN) minutes = -minutes;
  if (minutes < i16.MIN_VALUE || minutes > i16.MAX_VALUE) return false;
  store<i16>(target, <i16>minutes, OFFSET);
  return true;
}

/**
 * Writes the date-time that the `len` bytes at `ptr` spell to the 13 bytes at `target`; false when they spell none. Besides the
 * form above: a space or `t` for the `T`, no seconds or no fraction (zero), no offset or `Z` (+00:00), an offset without its
 * colon.
 */
export function parseDateTime(ptr: usize, len: u32, target: usize, lenient: bool = false): bool {
  at = ptr;
  end = ptr + len;
  if (!readDateFields(target, lenient) || at >= end) return false;
  const separator = load<u8>(at++);
  if (separator != 0x54 && separator != 0x74 && separator != 0x20) return false;
  const most: u32 = lenient ? 3 : 2;
  if (!readField(2, most, lenient ? 255 : 23)) return false;
  store<u8>(target, <u8>parsedUnsigned, HOUR);
  if (!readByte(COLON) || !readField(2, most, lenient ? 255 : 59)) return false;
  store<u8>(target, <u8>parsedUnsigned, MINUTE);
  store<u8>(target, 0, SECOND);
  store<u32>(target, 0, MICROSECOND);
  if (readByte(COLON)) {
    if (!readField(2, most, lenient ? 255 : 59)) return false;
    store<u8>(target, <u8>parsedUnsigned, SECOND);
    if (readByte(0x2e) && !readFraction(target, lenient)) return false;
  }
  return readOffset(target, lenient) && at == end;
}

/** Adds the date at `ptr`. */
export function addDate(ptr: usize, out: ByteBuffer): void {
  addPadded(load<u16>(ptr), 4, out);
  out.addU8(HYPHEN);
  addPadded(load<u8>(ptr, MONTH), 2, out);
  out.addU8(HYPHEN);
  addPadded(load<u8>(ptr, DAY), 2, out);
}

/** Adds the date-time at `ptr`, always with six digits of microseconds and an offset. */
export function addDateTime(ptr: usize, out: ByteBuffer): void {
  addDate(ptr, out);
  out.addU8(0x54);
  addPadded(load<u8>(ptr, HOUR), 2, out);
  out.addU8(COLON);
  addPadded(load<u8>(ptr, MINUTE), 2, out);
  out.addU8(COLON);
  addPadded(load<u8>(ptr, SECOND), 2, out);
  out.addU8(0x2e);
  addPadded(load<u32>(ptr, MICROSECOND), 6, out);
  const offset = <i32>load<i16>(ptr, OFFSET);
  out.addU8(offset < 0 ? HYPHEN : 0x2b);
  const minutes = <u32>abs<i32>(offset);
  addPadded(minutes / 60, 2, out);
  out.addU8(COLON);
  addPadded(minutes % 60, 2, out);
}

/** The order of the dates at `a` and `b`: below, at or above 0. */
export function compareDate(a: usize, b: usize): i32 {
  const order = <i32>load<u16>(a) - <i32>load<u16>(b);
  return order != 0 ? order : memory.compare(a + MONTH, b + MONTH, 2);
}

/** The order of the date-times at `a` and `b`: below, at or above 0. */
export function compareDateTime(a: usize, b: usize): i32 {
  let order = <i32>load<u16>(a) - <i32>load<u16>(b);
  if (order == 0) order = memory.compare(a + MONTH, b + MONTH, 5);
  if (order != 0) return order;
  const aMicros = load<u32>(a, MICROSECOND);
  const bMicros = load<u32>(b, MICROSECOND);
  if (aMicros != bMicros) return aMicros < bMicros ? -1 : 1;
  return <i32>load<i16>(a, OFFSET) - <i32>load<i16>(b, OFFSET);
}
