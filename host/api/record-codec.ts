/**
 * Rows between TypeScript and the record encoding of `docs/format.md`, in the module's memory.
 *
 * Only what is certainly right is encoded here. Everything else (wrong types, texts that spell numbers, unknown columns, values out of
 * range) returns false: the same call then goes to the module as JSON, which takes it or says what is wrong, the same under every runtime.
 */
import { JsonText, checkDocument } from "./document.js";
import { BYTE_HEX, dateFromText, dateText } from "./json-values.js";
import type { MemoryViews } from "./memory-views.js";
import type { Column, TableSchema } from "./table-schema.js";
import { type ValueForms, inexact } from "./value-forms.js";

const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

function readDate(view: DataView, at: number): string {
  return `${pad(view.getUint16(at, true), 4)}-${pad(view.getUint8(at + 2), 2)}-${pad(view.getUint8(at + 3), 2)}`;
}

function readDateTime(view: DataView, at: number): string {
  const time = `${pad(view.getUint8(at + 4), 2)}:${pad(view.getUint8(at + 5), 2)}:${pad(view.getUint8(at + 6), 2)}`;
  const offset = view.getInt16(at + 11, true);
  const minutes = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
  return `${readDate(view, at)}T${time}.${pad(view.getUint32(at + 7, true), 6)}${zone}`;
}

function readDecimal(view: DataView, at: number): string {
  const flags = view.getUint32(at, true);
  const high = view.getUint32(at + 12, true);
  const low = view.getBigUint64(at + 4, true);
  const scale = (flags >>> 16) & 0xff;
  const digits = String(high === 0 ? low : (BigInt(high) << 64n) | low).padStart(scale + 1, "0");
  const sign = flags >>> 31 === 1 ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Whether the text of a UUID has a dash before its byte `i`: the 4th, 6th, 8th and 10th. */
const hasDash = (i: number): boolean => ((0x550 >> i) & 1) === 1;

function readUuid(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = 0; i < 16; i++) {
    if (hasDash(i)) text += "-";
    text += BYTE_HEX[bytes[at + i] as number] as string;
  }
  return text;
}

/** The value of a hexadecimal digit by its code: letters are 1 to 6 above 0x40 or 0x60. */
const hexDigit = (code: number): number => (code & 15) + (code >> 6) * 9;

/** Writes the UUID that `text`, which is one, spells. */
function writeUuid(bytes: Uint8Array, text: string, at: number): void {
  let from = 0;
  for (let i = 0; i < 16; i++) {
    if (hasDash(i)) from++;
    bytes[at + i] = hexDigit(text.charCodeAt(from)) * 16 + hexDigit(text.charCodeAt(from + 1));
    from += 2;
  }
}

/** Bytes of the longest text that a record has. */
const LONGEST = 65535;

/** Texts up to this many bytes are tried as ASCII, which is faster than the start of what knows all of UTF-8. */
export const SHORT_TEXT = 24;

function readText(memory: MemoryViews, at: number, end: number): string {
  if (end - at > SHORT_TEXT) return memory.text(at, end);
  const { bytes } = memory;
  const byte = (i: number): number => bytes[i] as number;
  let text = "";
  let i = at;
  // One text of eight characters is made in the time of two.
  for (; i + 8 <= end; i += 8) {
    const a = byte(i);
    const b = byte(i + 1);
    const c = byte(i + 2);
    const d = byte(i + 3);
    const e = byte(i + 4);
    const f = byte(i + 5);
    const g = byte(i + 6);
    const h = byte(i + 7);
    if ((a | b | c | d | e | f | g | h) >= 0x80) return memory.text(at, end);
    text += String.fromCharCode(a, b, c, d, e, f, g, h);
  }
  for (; i < end; i++) {
    if (byte(i) >= 0x80) return memory.text(at, end);
    text += String.fromCharCode(byte(i));
  }
  return text;
}

/** Puts the text at `at` if it is ASCII; whether it is. */
export function putAscii(bytes: Uint8Array, text: string, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/** Arrays and objects inside each other that the module reads in a JSON column; deeper ones are shown as text. */
const JSON_DEPTH = 127;

function readJson(text: string): unknown {
  if (text.length > 2 * JSON_DEPTH && isDeep(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isDeep(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/g)) {
    if (token === "[" || token === "{") {
      if (++depth > JSON_DEPTH) return true;
    } else if (token === "]" || token === "}") depth--;
  }
  return false;
}

/** The 64-bit integer at `at`, whose upper half is `high`, as the number that is nearest: in halves, for a bigint would be garbage. */
function wideNumber(view: DataView, at: number, high: number): number {
  return high * 2 ** 32 + view.getUint32(at, true);
}

/** Reads records; with `long` the rows of statements, whose values may be longer than a record's (docs/abi.md, "step"). */
export class RecordReader {
  /** Where the last value ended. */
  end = 0;

  constructor(
    readonly forms: ValueForms,
    readonly long = false,
  ) {}

  /** The values of these columns, whose record starts at `at`. */
  values(memory: MemoryViews, columns: readonly Column[], at: number): unknown[] {
    const values = new Array<unknown>(columns.length);
    this.end = at;
    for (let i = 0; i < columns.length; i++) values[i] = this.field(memory, columns[i] as Column);
    return values;
  }

  /** The column's value where the last one ended, null or not. */
  field(memory: MemoryViews, column: Column): unknown {
    if (column.nullable && memory.bytes[this.end++] === 0) return null;
    return this.value(memory, column, this.end);
  }

  /** The column's value at `at`; `end` is behind it afterwards. */
  value(memory: MemoryViews, column: Column, at: number): unknown {
    const { bytes, view } = memory;
    if (column.size !== 0) {
      this.end = at + column.size;
      switch (column.type) {
        case "int8":
          return view.getInt8(at);
        case "int16":
          return view.getInt16(at, true);
        case "int32":
          return view.getInt32(at, true);
        case "int64":
          if (this.forms.integers === "number") return this.#exact(column, view, at, view.getInt32(at + 4, true));
          return view.getBigInt64(at, true);
        case "uint8":
          return view.getUint8(at);
        case "uint16":
          return view.getUint16(at, true);
        case "uint32":
          return view.getUint32(at, true);
        case "uint64":
          if (this.forms.integers === "number") return this.#exact(column, view, at, view.getUint32(at + 4, true));
          return view.getBigUint64(at, true);
        case "boolean":
          return bytes[at] !== 0;
        case "decimal":
          return this.forms.decimals === "number" ? Number(readDecimal(view, at)) : readDecimal(view, at);
        case "date":
          return this.#date(readDate(view, at));
        case "datetime":
          return this.#date(readDateTime(view, at));
        case "uuid":
          return readUuid(bytes, at);
        default:
          return new Uint8Array(bytes.subarray(at, this.end));
      }
    }
    let start = at + 2;
    let length = view.getUint16(at, true);
    if (length === LONGEST && this.long) {
      length = view.getUint32(start, true);
      start += 4;
    }
    const end = start + length;
    this.end = end;
    if (column.type === "text") return readText(memory, start, end);
    if (column.type === "json") return readJson(memory.text(start, end));
    return new Uint8Array(bytes.subarray(column.type === "blob" ? start : at, end));
  }

  /** The key at `at` of a row that is in the table by now: an integer that no number is exact for is a bigint all the same. */
  key(memory: MemoryViews, column: Column, at: number): unknown {
    const { integers } = this.forms;
    if (integers === "bigint" || column.size !== 8) return this.value(memory, column, at);
    this.end = at + 8;
    const { view } = memory;
    const isSigned = column.type === "int64";
    const value = wideNumber(view, at, isSigned ? view.getInt32(at + 4, true) : view.getUint32(at + 4, true));
    if (Number.isSafeInteger(value)) return value;
    return isSigned ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
  }

  /** The 64-bit integer at `at`, whose upper half is `high`, as a number. */
  #exact({ name, type }: Column, view: DataView, at: number, high: number): number {
    const value = wideNumber(view, at, high);
    if (Number.isSafeInteger(value)) return value;
    throw inexact(name, type === "int64" ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
  }

  #date(text: string): string | Date {
    return this.forms.dates === "date" ? dateFromText(text) : text;
  }
}

const INTEGER_RANGES: Readonly<Partial<Record<string, readonly [number, number]>>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  int32: [-0x80000000, 0x7fffffff],
  uint8: [0, 0xff],
  uint16: [0, 0xffff],
  uint32: [0, 0xffffffff],
};

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function hasDay(year: number, month: number, day: number): boolean {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month >= 1 && month <= 12 && day >= 1 && day <= (DAYS[month - 1] as number) + Number(leap);
}

/** Writes the decimal that `text` spells, if it has 28 digits behind the point and 96 bits hold all of them; false when not. */
export function writeDecimal(view: DataView, text: string, at: number): boolean {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return false;
  const [, sign, whole = "", fraction = ""] = match;
  if (fraction.length > 28 || whole.length + fraction.length > 29) return false;
  const value = BigInt(whole + fraction);
  if (value >> 96n !== 0n) return false;
  view.setUint32(at, (fraction.length << 16) | (sign === "-" && value !== 0n ? 0x80000000 : 0), true);
  view.setBigUint64(at + 4, BigInt.asUintN(64, value), true);
  view.setUint32(at + 12, Number(value >> 64n), true);
  return true;
}

/** Writes records. The memory must have the room that `roomForRow` or `roomForValue` has just told for the same row or value. */
export class RecordWriter {
  /** Where the last value ended. */
  end = 0;
  /** The documents that room was told for, as text, by the positions of their columns. */
  readonly #documents: (string | undefined)[] = [];

  /** The most bytes that writing `row` can take. */
  roomForRow({ columns }: TableSchema, row: unknown): number {
    let room = 8 + columns.length * 2;
    if (typeof row !== "object" || row === null) return room;
    for (const column of columns) room += this.roomForValue(column, (row as Record<string, unknown>)[column.name]);
    return room;
  }

  /** The most bytes that writing `value` can take. */
  roomForValue(column: Column, value: unknown): number {
    let text = value;
    if (column.type === "json") this.#documents[column.position] = text = documentText(value);
    if (typeof text === "string") return 3 * Math.min(text.length, LONGEST) + 2;
    return value instanceof Uint8Array ? value.length + 2 : 20;
  }

  /** Writes `row` as `insert` takes it, from `at` on; false when it has to go as JSON. */
  row(memory: MemoryViews, schema: TableSchema, row: unknown, at: number): boolean {
    if (typeof row !== "object" || row === null || Object.getPrototypeOf(row) !== Object.prototype) return false;
    const { columns } = schema;
    const mask = at + 4;
    const start = mask + ((columns.length + 7) >> 3);
    const { bytes } = memory;
    for (let i = mask; i < start; i++) bytes[i] = 0;
    this.end = start;
    let given = 0;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i] as Column;
      const value = (row as Record<string, unknown>)[column.name];
      if (value === undefined) continue;
      given++;
      bytes[mask + (i >> 3)] = (bytes[mask + (i >> 3)] as number) | (1 << (i & 7));
      if (column.nullable) {
        bytes[this.end++] = value === null ? 0 : 1;
        if (value === null) continue;
      }
      if (!this.value(memory, column, value, this.end)) return false;
    }
    memory.view.setUint32(at, this.end - mask, true);
    // Columns that the table does not have are the module's to name.
    for (const name in row) {
      if ((row as Record<string, unknown>)[name] !== undefined) given--;
    }
    return given === 0;
  }

  /** Writes the column's value at `at`; false when it has to go as JSON. */
  value(memory: MemoryViews, column: Column, value: unknown, at: number): boolean {
    const { bytes, view } = memory;
    this.end = at + column.size;
    switch (column.type) {
      case "int8":
      case "int16":
      case "int32":
      case "uint8":
      case "uint16":
      case "uint32": {
        const [least, most] = INTEGER_RANGES[column.type] as readonly [number, number];
        if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) return false;
        if (column.size === 1) view.setUint8(at, value as number);
        else if (column.size === 2) view.setUint16(at, value as number, true);
        else view.setUint32(at, value as number, true);
        return true;
      }
      case "int64":
      case "uint64":
        return this.#wide(view, column, value, at);
      case "boolean":
        if (typeof value !== "boolean") return false;
        bytes[at] = value ? 1 : 0;
        return true;
      case "decimal":
        return typeof value === "string" && writeDecimal(view, value, at);
      case "date":
      case "datetime":
        return this.#date(view, column, value, at);
      case "uuid":
        if (typeof value !== "string" || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return false;
        writeUuid(bytes, value, at);
        return true;
      case "text":
        return typeof value === "string" && this.#text(memory, value, at);
      case "json":
        return this.#json(memory, this.#documents[column.position], at);
      case "blob":
        if (!(value instanceof Uint8Array) || value.length > LONGEST) return false;
        view.setUint16(at, value.length, true);
        bytes.set(value, at + 2);
        this.end = at + 2 + value.length;
        return true;
      case "custom":
        if (!(value instanceof Uint8Array) || value.length > LONGEST + 2) return false;
        if (column.size === 0 ? !hasPrefix(value) : value.length !== column.size) return false;
        bytes.set(value, at);
        this.end = at + value.length;
        return true;
    }
  }

  #wide(view: DataView, { type }: Column, value: unknown, at: number): boolean {
    if (typeof value !== "bigint" && !Number.isInteger(value)) return false;
    const wide = BigInt(value as bigint | number);
    if ((type === "int64" ? BigInt.asIntN(64, wide) : BigInt.asUintN(64, wide)) !== wide) return false;
    view.setBigUint64(at, wide, true);
    return true;
  }

  #date(view: DataView, column: Column, value: unknown, at: number): boolean {
    const text = value instanceof Date && !Number.isNaN(value.getTime()) ? dateText(column, value) : value;
    if (typeof text !== "string") return false;
    const match = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)\.(\d{3}|\d{6})(?:Z|([+-])(\d\d):(\d\d)))?$/.exec(text);
    if (match === null || (match[4] === undefined) === (column.type === "datetime")) return false;
    const part = (i: number): number => Number(match[i] ?? 0);
    if (!hasDay(part(1), part(2), part(3)) || part(4) > 23 || part(5) > 59 || part(6) > 59) return false;
    if (part(9) > 23 || part(10) > 59) return false;
    view.setUint16(at, part(1), true);
    view.setUint8(at + 2, part(2));
    view.setUint8(at + 3, part(3));
    if (column.type === "date") return true;
    view.setUint8(at + 4, part(4));
    view.setUint8(at + 5, part(5));
    view.setUint8(at + 6, part(6));
    view.setUint32(at + 7, Number((match[7] as string).padEnd(6, "0")), true);
    view.setInt16(at + 11, (part(9) * 60 + part(10)) * (match[8] === "-" ? -1 : 1), true);
    return true;
  }

  #text(memory: MemoryViews, text: string, at: number): boolean {
    if (text.length > LONGEST) return false;
    const { bytes, view } = memory;
    let byteLen = text.length;
    if (byteLen > SHORT_TEXT || !putAscii(bytes, text, at + 2)) {
      if (!text.isWellFormed()) return false;
      byteLen = memory.putText(text, at + 2);
    }
    if (byteLen > LONGEST) return false;
    view.setUint16(at, byteLen, true);
    this.end = at + 2 + byteLen;
    return true;
  }

  #json(memory: MemoryViews, text: string | undefined, at: number): boolean {
    return text !== undefined && this.#text(memory, text, at);
  }
}

/** The text of a document; undefined when it is none, which the way as JSON tells. */
function documentText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof JsonText) return value.text;
  try {
    checkDocument("", value);
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function hasPrefix(value: Uint8Array): boolean {
  return value.length >= 2 && (value[0] as number) + ((value[1] as number) << 8) === value.length - 2;
}
