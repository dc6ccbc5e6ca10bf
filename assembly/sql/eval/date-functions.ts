/** Functions of dates and times. */
import { BAD_VALUE, OVERFLOW, SQL_UNSUPPORTED, lastError } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { civilDay, civilMonth, civilYear, dayNumber, floorDivide, toCivil } from "../../encode/calendar";
import { decimalOfInteger } from "../../encode/decimal-arithmetic";
import { addPadded, addSigned } from "../../encode/digits";
import { NO_CLOCK } from "../../wasi/clock";
import { Batch } from "./batch";
import { Call, scratch } from "./call";
import { F_DATE_PART, F_DATE_TRUNC, F_STRFTIME, F_UNIXEPOCH } from "./function-names";
import { K_DATE, K_DATETIME, K_TEXT, fixedBytes } from "./kinds";
import {
  DAY,
  SECOND,
  clock,
  day,
  isNumber,
  isTime,
  modifyTime,
  offset,
  setTime,
  takeTime,
  truncateTo,
  weekday,
} from "./time-value";
import { Vector } from "./vector";

/** What EXTRACT knows, each by the letter of STRFTIME that is it, or one of the capitals for what none is. */
const PARTS: string = " year=Y month=m day=d hour=H minute=M dow=w isodow=u doy=j week=V isoyear=G quarter=Q second=S epoch=E ";

/** The letter of EXTRACT's part called `name`; 0 for none. */
export function partOf(name: string): u32 {
  const at = PARTS.indexOf(" " + name + "=");
  return at < 0 ? 0 : PARTS.charCodeAt(at + name.length + 2);
}

/** Whether the part is a decimal, with a fraction of seconds. */
export function isFractionPart(letter: u32): bool {
  return letter == 0x53 || letter == 0x45;
}

export class DateCall extends Call {
  /** For F_DATE_PART: which one. */
  part: u32 = 0;

  protected call(batch: Batch, args: Array<Vector>, result: Vector, i: u32): bool {
    const isFirst = this.fn != F_STRFTIME && this.fn != F_DATE_TRUNC;
    let at = isFirst ? 0 : 1;
    if (args.length == at || isNow(args[at], i)) {
      const now = this.around.now();
      if (now == NO_CLOCK) return this.fails(lastError.status, lastError.what, lastError.hint);
      setTime(0, now, 0);
    } else if (!takeTime(args[at].kind, args[at].at(i))) {
      const text = args[at].kind == K_TEXT ? ": " + shown(args[at], i) : "";
      return this.fails(BAD_VALUE, "no date or time" + text, "like 2026-02-28 or 2026-02-28T23:59:58");
    }
    for (at += 1; at < args.length; at++) {
      if (modifyTime(args[at].ptr(i), args[at].len(i))) continue;
      if (asciiLower(shown(args[at], i)) == "localtime")
        return this.fails(SQL_UNSUPPORTED, "nothing tells here what the local time is", "'+02:00' makes it of a time in UTC");
      const hint = "like +1 day, -2 months, start of month, weekday 0, unixepoch, utc, +01:30";
      return this.fails(BAD_VALUE, "no modifier of a time: " + shown(args[at], i), hint);
    }
    if (!isTime()) return this.noTime();
    switch (this.fn) {
      case F_UNIXEPOCH:
        result.setInt(i, floorDivide(unixMicroseconds(), SECOND));
        return true;
      case F_STRFTIME:
        scratch.reset();
        return this.format(args[0].ptr(i), args[0].len(i)) && this.kept(batch, result, i);
      case F_DATE_PART:
        this.takePart(result, i);
        return true;
      case F_DATE_TRUNC:
        if (!truncateTo(args[0].ptr(i), args[0].len(i)))
          return this.fails(
            BAD_VALUE,
            "no unit of time: " + shown(args[0], i),
            "second, minute, hour, day, week, month, quarter, year",
          );
    }
    toCivil(day);
    if (this.kind == K_DATE) {
      result.setInt(i, (civilYear << 16) | (civilMonth << 8) | civilDay);
      return true;
    }
    const to = batch.arena.take(16);
    if (to == 0) return false;
    const seconds = clock / SECOND;
    store<u16>(to, <u16>civilYear);
    store<u8>(to, <u8>civilMonth, 2);
    store<u8>(to, <u8>civilDay, 3);
    store<u8>(to, <u8>(seconds / 3600), 4);
    store<u8>(to, <u8>((seconds / 60) % 60), 5);
    store<u8>(to, <u8>(seconds % 60), 6);
    store<u32>(to, <u32>(clock % SECOND), 7);
    store<i16>(to, <i16>offset, 11);
    result.setBytes(i, to, fixedBytes(K_DATETIME));
    return true;
  }

  private noTime(): bool {
    if (isNumber)
      return this.fails(BAD_VALUE, "a number is no time by itself", "'unixepoch' behind it makes seconds since 1970 of it");
    return this.fails(OVERFLOW, "the year is not one of 0 to 65535 any more");
  }

  private takePart(result: Vector, i: u32): void {
    const letter = this.part;
    if (isFractionPart(letter)) {
      decimalOfInteger(letter == 0x53 ? clock % (60 * SECOND) : unixMicroseconds(), result.at(i));
      store<u8>(result.at(i), 6, 2);
      return;
    }
    toCivil(day);
    result.setInt(i, letter == 0x51 ? (civilMonth + 2) / 3 : fieldOf(letter));
  }

  /** STRFTIME's letters, as SQLite has them. */
  private format(ptr: usize, len: u32): bool {
    const end = ptr + len;
    for (let at = ptr; at < end; at++) {
      const byte = <u32>load<u8>(at);
      if (byte != 0x25) {
        scratch.addU8(byte);
        continue;
      }
      const letter = ++at < end ? <u32>load<u8>(at) : 0;
      if (!addField(letter)) {
        const what = letter == 0 ? "% at the end of a format" : "no field of a time: %" + String.fromCharCode(letter);
        return this.fails(letter == 0x4a ? SQL_UNSUPPORTED : BAD_VALUE, what, "like %Y-%m-%d %H:%M:%S, %j, %w, %s");
      }
    }
    return true;
  }
}

function shown(text: Vector, i: u32): string {
  return String.UTF8.decodeUnsafe(text.ptr(i), min<u32>(text.len(i), 40));
}

function isNow(value: Vector, i: u32): bool {
  const ptr = value.ptr(i);
  return value.kind == K_TEXT && value.len(i) == 3 && (load<u16>(ptr) | 0x2020) == 0x6f6e && (load<u8>(ptr, 2) | 0x20) == 0x77;
}

/** Microseconds since 1970 in UTC. */
function unixMicroseconds(): i64 {
  return day * DAY + clock - <i64>offset * 60 * SECOND;
}

/** The day of the year from 0 on. */
function dayOfYear(): i64 {
  return day - dayNumber(civilYear, 1, 1);
}

/** The year that the Thursday of the day's week is in, by ISO 8601; `isoWeek` is the week. */
function isoYear(): i64 {
  const thursday = day + 3 - weekday(day + 6);
  toCivil(thursday);
  const year = civilYear;
  isoWeek = (thursday - dayNumber(year, 1, 1)) / 7 + 1;
  toCivil(day);
  return year;
}

let isoWeek: i64 = 0;

/** No field. */
const NONE: i64 = i64.MIN_VALUE;

/** A field that is a number, by STRFTIME's letter; `NONE` for none. The week's year may be below 0. */
function fieldOf(letter: u32): i64 {
  const seconds = clock / SECOND;
  switch (letter) {
    case 0x59: // Y
      return civilYear;
    case 0x6d: // m
      return civilMonth;
    case 0x64: // d
    case 0x65: // e
      return civilDay;
    case 0x48: // H
    case 0x6b: // k
      return seconds / 3600;
    case 0x49: // I
    case 0x6c: // l
      return ((seconds / 3600 + 11) % 12) + 1;
    case 0x4d: // M
      return (seconds / 60) % 60;
    case 0x53: // S
      return seconds % 60;
    case 0x77: // w
      return weekday(day);
    case 0x75: // u
      return weekday(day + 6) + 1;
    case 0x6a: // j
      return dayOfYear() + 1;
    case 0x47: // G
      return isoYear();
    case 0x67: // g
      return isoYear() % 100;
    case 0x56: // V
      isoYear();
      return isoWeek;
    case 0x55: // U
      return (dayOfYear() + 7 - weekday(day)) / 7;
    case 0x57: // W
      return (dayOfYear() + 7 - weekday(day + 6)) / 7;
    default:
      return NONE;
  }
}

/** Several fields, with what stands between them. */
function addFields(letters: string): bool {
  for (let l = 0; l < letters.length; l++) {
    const letter = letters.charCodeAt(l);
    if (!addField(letter)) scratch.addU8(letter);
  }
  return true;
}

/** Appends the field of the time that STRFTIME's letter means; false for none. */
function addField(letter: u32): bool {
  toCivil(day);
  switch (letter) {
    case 0x25:
      scratch.addU8(letter);
      return true;
    case 0x46: // F
      return addFields("Y-m-d");
    case 0x52: // R
      return addFields("H:M");
    case 0x54: // T
      return addFields("H:M:S");
    case 0x66: // f
      // Milliseconds, rounded, but never up to the next second.
      addPadded(fieldOf(0x53), 2, scratch);
      scratch.addU8(0x2e);
      addPadded(min<i64>(((clock % SECOND) + 500) / 1000, 999), 3, scratch);
      return true;
    case 0x70: // p
    case 0x50: // P
      scratch.addU8((clock < DAY / 2 ? 0x41 : 0x50) | (letter == 0x50 ? 0x20 : 0));
      scratch.addU8(letter == 0x50 ? 0x6d : 0x4d);
      return true;
    case 0x73: // s
      addSigned(floorDivide(unixMicroseconds(), SECOND), scratch);
      return true;
  }
  const value = fieldOf(letter);
  if (value == NONE) return false;
  const isBlank = letter == 0x65 || letter == 0x6b || letter == 0x6c;
  if (isBlank && value < 10) scratch.addU8(0x20);
  const width: u32 =
    letter == 0x59 || letter == 0x47 ? 4 : letter == 0x6a ? 3 : isBlank || letter == 0x77 || letter == 0x75 ? 1 : 2;
  if (value < 0) scratch.addU8(0x2d);
  addPadded(abs(value), value < 0 ? width - 1 : width, scratch);
  return true;
}
