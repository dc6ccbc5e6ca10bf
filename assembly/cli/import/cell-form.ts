/**
 * Numbers and dates as people write them: 1.234,50 and 31.12.2026. A column's form is found out or chosen; then each of its cells is
 * made what `parseValue` reads, or is none of it.
 */
import { ByteBuffer } from "../../encode/byte-buffer";
import { daysInMonth } from "../../encode/date";
import { addPadded, isDigit, parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { COMMA, POINT, TAB } from "./dialect";

/** As `parseValue` reads it. */
export const FORM_PLAIN: u8 = 0;
/** A decimal point, and commas between thousands. */
export const FORM_POINT: u8 = 1;
/** A decimal comma, and points between thousands. */
export const FORM_COMMA: u8 = 2;
/** Dates, with or without a time of day: the order of year, month and day. */
export const FORM_DMY: u8 = 3;
export const FORM_MDY: u8 = 4;
export const FORM_YMD: u8 = 5;

const MINUS: u32 = 0x2d;
const SLASH: u32 = 0x2f;
const SPACE: u32 = 0x20;
const COLON: u32 = 0x3a;

/** What a cell was made of last, by the functions below. */
export const plain: ByteBuffer = new ByteBuffer(64);

/** The marks of numbers and the order of dates, where options choose them. */
export class FormChoices {
  /** What comes before the fraction, and between thousands: a byte, 0 where it is not chosen. */
  decimal: u32 = 0;
  thousands: u32 = 0;
  /** `FORM_DMY`, `FORM_MDY`, `FORM_YMD`, or 0. */
  dates: u8 = 0;

  /** Whether numbers may be of the form. */
  allows(form: u8): bool {
    const mark = form == FORM_COMMA ? COMMA : POINT;
    return this.decimal != 0 ? this.decimal == mark : this.thousands != mark;
  }

  /** What stands between thousands. */
  groupMark(form: u8): u32 {
    return this.thousands != 0 ? this.thousands : form == FORM_COMMA ? POINT : COMMA;
  }
}

/**
 * Writes the number of `len` bytes at `ptr` to `plain` with a decimal point and nothing between thousands; false when it is none of the
 * form: groups have three digits, the first one to three and no zero in front.
 */
export function toPlainNumber(ptr: usize, len: u32, form: u8, choices: FormChoices): bool {
  const decimal = form == FORM_COMMA ? COMMA : POINT;
  const group = choices.groupMark(form);
  plain.reset();
  const end = ptr + len;
  let at = ptr;
  if (at < end && load<u8>(at) == MINUS) {
    plain.addU8(MINUS);
    at += 1;
  }
  const first = at;
  let run: u32 = 0;
  let groups: u32 = 0;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (isDigit(byte)) {
      plain.addU8(byte);
      run += 1;
    } else if (byte == group && (groups == 0 ? run - 1 < 3 : run == 3)) {
      groups += 1;
      run = 0;
    } else break;
  }
  if (groups > 0 && (run != 3 || load<u8>(first) == 0x30)) return false;
  let digits = at > first;
  const hasFraction = at < end && load<u8>(at) == decimal;
  if (hasFraction) {
    plain.addU8(POINT);
    for (at += 1; at < end && isDigit(load<u8>(at)); at++) {
      plain.addU8(load<u8>(at));
      digits = true;
    }
  }
  if (at == end || !digits) return digits;
  // 12e4 is a code; programs write 1.2e5 and 12e+4.
  if ((load<u8>(at) | 0x20) != 0x65 || (!hasFraction && at + 1 < end && isDigit(load<u8>(at + 1)))) return false;
  plain.addBytes(at, <u32>(end - at));
  return true;
}

/** Where the date being read goes on, and where it ends. */
let at: usize = 0;
let end: usize = 0;
/** Digits of the number read last. */
let digits: u32 = 0;

/** What stands between the parts of the date read last. */
export let dateMark: u32 = 0;
/** The date read last has a time of day. */
export let hasTime: bool = false;

function readNumber(): u32 {
  const start = at;
  while (at < end && isDigit(load<u8>(at))) at += 1;
  digits = <u32>(at - start);
  return digits < 5 && parseUnsigned(start, digits, 9999) ? <u32>parsedUnsigned : u32.MAX_VALUE;
}

function next(): u32 {
  return at < end ? load<u8>(at++) : 0;
}

/**
 * Writes the date of `len` bytes at `ptr`, with or without a time of day (23:59, 11:59:58.5 PM), to `plain` as `parseValue` reads it; false
 * when it is none of the form. Years have four digits; the parts are divided by two points, slashes or hyphens.
 */
export function toPlainDate(ptr: usize, len: u32, form: u8): bool {
  at = ptr;
  end = ptr + len;
  plain.reset();
  const a = readNumber();
  const aDigits = digits;
  dateMark = next();
  if (dateMark != POINT && dateMark != SLASH && dateMark != MINUS) return false;
  const b = readNumber();
  const bDigits = digits;
  if (next() != dateMark) return false;
  const c = readNumber();
  const yearDigits = form == FORM_YMD ? aDigits : digits;
  const dayDigits = form == FORM_YMD ? digits : aDigits;
  if (yearDigits != 4 || dayDigits - 1 > 1 || bDigits - 1 > 1) return false;
  const year = form == FORM_YMD ? a : c;
  const month = form == FORM_MDY ? a : b;
  const day = form == FORM_DMY ? a : form == FORM_MDY ? b : c;
  if (month - 1 > 11 || day - 1 >= daysInMonth(year, month)) return false;
  addPadded(year, 4, plain);
  plain.addU8(MINUS);
  addPadded(month, 2, plain);
  plain.addU8(MINUS);
  addPadded(day, 2, plain);
  hasTime = at < end;
  return !hasTime || addTime();
}

/** Adds the time of day that the rest of the cell is. */
function addTime(): bool {
  const mark = next();
  if (mark != SPACE && (mark | 0x20) != 0x74) return false;
  let hour = readNumber();
  if (digits - 1 > 1 || hour > 23 || next() != COLON) return false;
  const minute = readNumber();
  if (digits != 2 || minute > 59) return false;
  let second: u32 = 0;
  let fraction = at;
  let fractionDigits: u32 = 0;
  if (at < end && load<u8>(at) == COLON) {
    at += 1;
    second = readNumber();
    if (digits != 2 || second > 59) return false;
    if (at < end && load<u8>(at) == POINT) {
      at += 1;
      fraction = at;
      while (at < end && isDigit(load<u8>(at))) at += 1;
      fractionDigits = <u32>(at - fraction);
      if (fractionDigits - 1 > 5) return false;
    }
  }
  if (at < end) {
    // A clock of twelve hours: its 12 is the first of them.
    if (load<u8>(at) == SPACE) at += 1;
    const half = next() | 0x20;
    if ((half != 0x61 && half != 0x70) || (next() | 0x20) != 0x6d || at < end || hour - 1 > 11) return false;
    hour = (hour % 12) + (half == 0x70 ? 12 : 0);
  }
  plain.addU8(0x54);
  addPadded(hour, 2, plain);
  plain.addU8(COLON);
  addPadded(minute, 2, plain);
  plain.addU8(COLON);
  addPadded(second, 2, plain);
  if (fractionDigits > 0) {
    plain.addU8(POINT);
    plain.addBytes(fraction, fractionDigits);
  }
  return true;
}

/** Makes the cell of `len` bytes at `ptr` what `parseValue` reads, in `plain`; false when it is none of the form. */
export function toPlain(ptr: usize, len: u32, form: u8, choices: FormChoices): bool {
  return form >= FORM_DMY ? toPlainDate(ptr, len, form) : toPlainNumber(ptr, len, form, choices);
}

/** Whether `byte` is a space or a tab. */
@inline
function isBlank(byte: u32): bool {
  return byte == SPACE || byte == TAB;
}

/** How many blanks the `len` bytes at `ptr` begin with. */
export function blanksBefore(ptr: usize, len: u32): u32 {
  let count: u32 = 0;
  while (count < len && isBlank(load<u8>(ptr + count))) count += 1;
  return count;
}

/** How many blanks they end with. */
export function blanksBehind(ptr: usize, len: u32): u32 {
  let rest = len;
  while (rest > 0 && isBlank(load<u8>(ptr + rest - 1))) rest -= 1;
  return len - rest;
}

/** Words for a value that is missing, as programs write them. */
const NULL_WORDS: StaticArray<string> = ["NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "-", "#N/A", "empty"];
/** The last of them is no word, but a cell of nothing in quotes. */
const EMPTY_WORD: i32 = 10;

/** The number of the word for a missing value that the cell is; -1 for none. */
export function nullWordAt(ptr: usize, len: u32): i32 {
  if (len == 0) return EMPTY_WORD;
  const first = <u32>load<u8>(ptr);
  if (len > 4 || (first != 0x4e && first != 0x6e && first != MINUS && first != 0x23)) return -1;
  for (let i = 0; i < EMPTY_WORD; i++) {
    const word = unchecked(NULL_WORDS[i]);
    if (<u32>word.length != len) continue;
    let same = true;
    for (let k: u32 = 0; k < len && same; k++) same = <u32>load<u8>(ptr + k) == <u32>word.charCodeAt(k);
    if (same) return i;
  }
  return -1;
}

/** The word with this number. */
export function nullWord(word: i32): string {
  return NULL_WORDS[word];
}
