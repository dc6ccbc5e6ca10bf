/**
 * What functions of dates work on: a day, microseconds of it, and an offset from UTC. It is a datetime's own time, as its fields have it;
 * only 'utc' makes that of UTC of it.
 */
import { isText, lowerLetter } from "../../encode/ascii";
import { ByteBuffer } from "../../encode/byte-buffer";
import { civilDay, civilMonth, civilYear, dayNumber, floorDivide, toCivil } from "../../encode/calendar";
import { daysInMonth, isDateTimeValue, parseDate, parseDateTime } from "../../encode/date";
import { parseDecimal } from "../../encode/decimal";
import {
  ROUND_HALF_AWAY,
  decimalOfInteger,
  isWholeNumber,
  multiplyDecimals,
  roundDecimal,
  wholeNumber,
} from "../../encode/decimal-arithmetic";
import { isDigit } from "../../encode/digits";
import { K_DATE, K_DATETIME, K_DECIMAL } from "./kinds";

export const SECOND: i64 = 1000000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
export const DAY: i64 = 24 * HOUR;
/** A year of up to 65,535 is what a date can have. */
const LAST_DAY: i64 = 23217003;
const FIRST_DAY: i64 = -719528;

/** From 1970-01-01 on. */
export let day: i64 = 0;
/** Microseconds of the day. */
export let clock: i64 = 0;
/** Minutes. */
export let offset: i32 = 0;

/** Days by which a month's end was passed when months were added, which 'floor' takes back. */
let passed: i64 = 0;
/** It is a number that nothing has said the meaning of yet. */
export let isNumber: bool = false;

const number: usize = memory.data(16, 8);
const factor: usize = memory.data(16, 8);
const fields: usize = memory.data(16, 8);
const word: ByteBuffer = new ByteBuffer(32);

export function setTime(newDay: i64, microseconds: i64, newOffset: i32): void {
  const days = floorDivide(microseconds, DAY);
  day = newDay + days;
  clock = microseconds - days * DAY;
  offset = newOffset;
  passed = 0;
  isNumber = false;
}

/** Takes the time of the fields of a datetime. */
function setFields(ptr: usize): void {
  const time = <i64>load<u8>(ptr, 4) * HOUR + <i64>load<u8>(ptr, 5) * MINUTE + <i64>load<u8>(ptr, 6) * SECOND;
  const date = dayNumber(load<u16>(ptr), load<u8>(ptr, 2), load<u8>(ptr, 3));
  setTime(date, time + <i64>load<u32>(ptr, 7), load<i16>(ptr, 11));
}

/** Takes the value of a kind in `slot`: a date, a datetime, text of one, or a number, of which 'unixepoch' has to say what it means. */
export function takeTime(kind: u8, slot: usize): bool {
  memory.fill(fields, 0, 16);
  if (kind == K_DECIMAL) {
    memory.copy(number, slot, 16);
    isNumber = true;
    return true;
  }
  if (kind == K_DATE) {
    const date = load<u64>(slot);
    store<u16>(fields, <u16>(date >> 16));
    store<u8>(fields, <u8>(date >> 8), 2);
    store<u8>(fields, <u8>date, 3);
  } else {
    const ptr = <usize>load<u32>(slot);
    const len = load<u32>(slot, 4);
    if (kind == K_DATETIME) memory.copy(fields, ptr, 13);
    else if (!parseDate(ptr, len, fields) && !parseDateTime(ptr, len, fields)) return false;
  }
  if (!isDateTimeValue(fields)) return false;
  setFields(fields);
  return true;
}

/** Whether there is a time, and its year one of 0 to 65,535. */
export function isTime(): bool {
  return !isNumber && day >= FIRST_DAY && day <= LAST_DAY;
}

/** `number` times `unit` as whole microseconds: `wholeNumber`. */
function scaled(unit: i64): bool {
  decimalOfInteger(unit, factor);
  return (
    multiplyDecimals(number, factor, number) && roundDecimal(number, 0, ROUND_HALF_AWAY, number) && isWholeNumber(number, false)
  );
}

function pass(microseconds: i64): bool {
  const days = microseconds / DAY;
  setTime(day + days, clock + microseconds - days * DAY, offset);
  return true;
}

/** So many months later; a day that the month does not have becomes one of the next month, as in SQLite. */
function passMonths(months: i64): bool {
  if (months > 1200000 || months < -1200000) return false;
  toCivil(day);
  const dayOfMonth = civilDay;
  const first = dayNumber(civilYear, civilMonth + months, 1);
  toCivil(first);
  // A year that no date has is told of later.
  const most = daysInMonth(<u32>(civilYear + 1200000) % 400, <u32>civilMonth);
  day = first + dayOfMonth - 1;
  passed = max<i64>(dayOfMonth - most, 0);
  return true;
}

/** Back to where the unit begins: "day", "week" (on Monday), "month", "quarter", "year", "decade", "century", or one of a clock. */
export function truncateTo(unit: usize, len: u32): bool {
  if (isText(unit, len, "microsecond")) return true;
  const small = isText(unit, len, "millisecond")
    ? 1000
    : isText(unit, len, "second")
      ? SECOND
      : isText(unit, len, "minute")
        ? MINUTE
        : isText(unit, len, "hour")
          ? HOUR
          : 0;
  if (small != 0) {
    clock -= clock % small;
    return true;
  }
  toCivil(day);
  let year = civilYear;
  let month: i64 = 1;
  if (isText(unit, len, "day")) month = 0;
  else if (isText(unit, len, "week")) {
    const behindMonday = weekday(day + 6);
    day -= behindMonday;
    month = 0;
  } else if (isText(unit, len, "month")) month = civilMonth;
  else if (isText(unit, len, "quarter")) month = civilMonth - ((civilMonth - 1) % 3);
  else if (isText(unit, len, "decade")) year -= year % 10;
  else if (isText(unit, len, "century")) year -= (year + 99) % 100;
  else if (!isText(unit, len, "year")) return false;
  if (month != 0) day = dayNumber(year, month, 1);
  clock = 0;
  return true;
}

/** 0 for Sunday to 6. */
export function weekday(subject: i64): i64 {
  const found = (subject + 4) % 7;
  return found < 0 ? found + 7 : found;
}

/** Does what a modifier says, as SQLite's do: `+1 day`, `start of month`, `weekday 1`, `unixepoch` …; false where it is none. */
export function modifyTime(ptr: usize, len: u32): bool {
  word.reset();
  for (let at = ptr; at < ptr + len; at++) word.addU8(lowerLetter(load<u8>(at)));
  while (word.len > 0 && load<u8>(word.ptr + word.len - 1) == 0x20) word.len -= 1;
  const text = word.ptr;
  const size = word.len;
  if (isNumber) {
    if (!isText(text, size, "unixepoch") || !scaled(SECOND)) return false;
    setTime(0, wholeNumber, 0);
    return true;
  }
  if (isText(text, size, "utc")) {
    setTime(day, clock - <i64>offset * MINUTE, 0);
    return true;
  }
  if (isText(text, size, "floor")) {
    day -= passed;
    passed = 0;
    return true;
  }
  const first = size > 0 ? <u32>load<u8>(text) : 0;
  if (first == 0x73) return startOf(text, size);
  if (first == 0x77) {
    if (size != 9 || !isText(text, 8, "weekday ") || <u32>load<u8>(text, 8) - 0x30 > 6) return false;
    const now = weekday(day);
    day += (<i64>load<u8>(text, 8) - 0x30 + 7 - now) % 7;
    return true;
  }
  return first == 0x2b || first == 0x2d || isDigit(first) ? shift(text, size) : false;
}

function startOf(text: usize, size: u32): bool {
  if (size <= 9 || !isText(text, 9, "start of ")) return false;
  const unit = text + 9;
  const len = size - 9;
  return (isText(unit, len, "day") || isText(unit, len, "month") || isText(unit, len, "year")) && truncateTo(unit, len);
}

/** `+1.5 hours`, `-2 months`, or `+01:30`. */
function shift(text: usize, size: u32): bool {
  const end = text + size;
  let at = text + 1;
  while (at < end && (isDigit(load<u8>(at)) || load<u8>(at) == 0x2e)) at += 1;
  if (at < end && load<u8>(at) == 0x3a) return shiftByClock(text, end);
  if (!parseDecimal(text, <u32>(at - text), number)) return false;
  while (at < end && load<u8>(at) == 0x20) at += 1;
  let len = <u32>(end - at);
  if (len > 1 && load<u8>(end - 1) == 0x73) len -= 1;
  const isYears = isText(at, len, "year");
  if (isYears || isText(at, len, "month")) return isWholeNumber(number) && passMonths(isYears ? wholeNumber * 12 : wholeNumber);
  const unit = isText(at, len, "day")
    ? DAY
    : isText(at, len, "hour")
      ? HOUR
      : isText(at, len, "minute")
        ? MINUTE
        : isText(at, len, "second")
          ? SECOND
          : 0;
  return unit != 0 && scaled(unit) && pass(wholeNumber);
}

/** By hours, minutes and maybe seconds, which are read as those of a datetime. */
function shiftByClock(text: usize, end: usize): bool {
  const sign = <u32>load<u8>(text);
  const from = isDigit(sign) ? text : text + 1;
  const time = new ByteBuffer(32);
  time.addText("2000-01-01T");
  time.addBytes(from, <u32>(end - from));
  const good = end - from < 16 && parseDateTime(time.ptr, time.len, fields) && load<i16>(fields, 11) == 0;
  time.free();
  if (!good) return false;
  const by = <i64>load<u8>(fields, 4) * HOUR + <i64>load<u8>(fields, 5) * MINUTE + <i64>load<u8>(fields, 6) * SECOND;
  const microseconds = by + <i64>load<u32>(fields, 7);
  return pass(sign == 0x2d ? -microseconds : microseconds);
}
