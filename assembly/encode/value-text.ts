/**
 * Values as people and JSON write them, and as records hold them: the bridge for rows in JSON, CSV cells, command-line values and
 * key arguments.
 *
 * JSON form: 8- to 32-bit integers are numbers; 64-bit integers, decimals, UUIDs, dates and date-times are strings (integers and
 * decimals may be read from numbers too); blobs and custom values are lower-case hexadecimal; a JSON column is the document
 * itself. The hexadecimal of a length-prefixed custom value holds its prefix, which is part of the value in the format. Text
 * form: the same without quotes. Null is the caller's business.
 */
import { BAD_VALUE, OK, RECORD_TOO_LARGE, Status, fail } from "../status";
import { ByteBuffer } from "./byte-buffer";
import {
  DATETIME_SIZE,
  DATE_SIZE,
  DECIMAL_SIZE,
  TYPE_BLOB,
  TYPE_BOOLEAN,
  TYPE_CUSTOM,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_INT8,
  TYPE_INT16,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_JSON,
  TYPE_TEXT,
  TYPE_UINT8,
  TYPE_UINT16,
  TYPE_UINT32,
  TYPE_UINT64,
  TYPE_UUID,
  UUID_SIZE,
  fixedValueSize,
  isInteger,
  typeName,
} from "./data-type";
import { addDate, addDateTime, parseDate, parseDateTime } from "./date";
import { addDecimal, parseDecimal } from "./decimal";
import { addSigned, addUnsigned, parseUnsigned, parsedUnsigned } from "./digits";
import { JSON_COLUMN_DEPTH, JSON_FALSE, JSON_NULL, JSON_NUMBER, JSON_STRING, JSON_TRUE, JsonTape } from "./json";
import { addCompactJson } from "./json-compact";
import { addJsonString } from "./json-string";
import { addUtf8Lossy, isUtf8, utf8ValidLength } from "./utf8";
import { addHex, addUuid, parseHex, parseUuid } from "./uuid";

/** Most bytes of a text, blob, JSON or length-prefixed custom value: what their u16 length can say. */
const LONGEST: u32 = 65535;
/**
 * What stands in the place of a u16 length before the true one, a u32, in values of a statement's result that have so many bytes or more.
 * No record has room for such a value.
 */
export const LONG_VALUE: u32 = 0xffff;
/** Bytes of an offending value that an error message shows. */
const SHOWN: u32 = 40;

/** Reads JSON columns; the request's own tape is another one. */
const documentTape: JsonTape = new JsonTape();
const messageBuffer: ByteBuffer = new ByteBuffer(128);

let lenientDates: bool = false;

/**
 * Whether dates and date-times that no calendar has (0000-00-00, which files may hold) are taken too: for loading a dump back.
 * Off at first.
 */
export function useLenientDates(on: bool): void {
  lenientDates = on;
}

/** The start of a value, quoted and without line breaks, for a message. */
function shown(ptr: usize, len: u32): string {
  const buffer = messageBuffer;
  buffer.reset();
  const cut = len > SHOWN ? max<u32>(utf8ValidLength(ptr, SHOWN), SHOWN - 3) : len;
  addJsonString(ptr, cut, buffer);
  return buffer.toText() + (cut < len ? "..." : "");
}

/** Fails with what a value that could be read as one of `type`, but is not written like one, looks like. */
export function notPlainly(type: u8, ptr: usize, len: u32): Status {
  return fail(BAD_VALUE, shown(ptr, len) + " is not plainly " + wanted(type, 0));
}

/** What a value of `type` is and looks like, for a message. */
function wanted(type: u8, customSize: u32): string {
  switch (type) {
    case TYPE_INT8:
      return "an int8 (-128 to 127)";
    case TYPE_INT16:
      return "an int16 (-32768 to 32767)";
    case TYPE_INT32:
      return "an int32 (-2147483648 to 2147483647)";
    case TYPE_INT64:
      return "an int64 (-9223372036854775808 to 9223372036854775807)";
    case TYPE_UINT8:
      return "a uint8 (0 to 255)";
    case TYPE_UINT16:
      return "a uint16 (0 to 65535)";
    case TYPE_UINT32:
      return "a uint32 (0 to 4294967295)";
    case TYPE_UINT64:
      return "a uint64 (0 to 18446744073709551615)";
    case TYPE_DECIMAL:
      return "a decimal (at most 28 fractional digits and 96 bits, like -12.50)";
    case TYPE_BOOLEAN:
      return "a boolean (true or false)";
    case TYPE_DATE:
      return "a date (like 2026-02-28)";
    case TYPE_DATETIME:
      return "a datetime (like 2026-02-28T23:59:58.999999+05:30)";
    case TYPE_UUID:
      return "a uuid (like 9e3779b9-7f4a-7c15-f39c-c0605cedc832)";
    case TYPE_BLOB:
      return "a blob (pairs of hexadecimal digits)";
    case TYPE_CUSTOM:
      if (customSize > 0) return "a custom value of " + customSize.toString() + " bytes (pairs of hexadecimal digits)";
      return "a custom value (hexadecimal: its length in two bytes, low byte first, then as many bytes)";
    default:
      return "a " + typeName(type);
  }
}

function notA(type: u8, customSize: u32, ptr: usize, len: u32): Status {
  return fail(BAD_VALUE, shown(ptr, len) + " is not " + wanted(type, customSize));
}

function tooLong(type: u8, byteLen: u32): Status {
  return fail(RECORD_TOO_LARGE, "a " + typeName(type) + " of " + byteLen.toString() + " bytes is above the limit of 65535");
}

/** The largest value of the integer type `type`, or with `negative` the distance of its smallest from zero. */
function integerLimit(type: u8, negative: bool): u64 {
  const bits: u64 = (<u64>fixedValueSize(type, 0)) << 3;
  if (type >= TYPE_UINT8) return negative ? 0 : u64.MAX_VALUE >> (64 - bits);
  const half: u64 = (<u64>1) << (bits - 1);
  return negative ? half : half - 1;
}

function parseInteger(type: u8, ptr: usize, len: u32, out: ByteBuffer): bool {
  const sign = len > 0 ? load<u8>(ptr) : 0;
  const negative = sign == 0x2d;
  const skip: u32 = negative || sign == 0x2b ? 1 : 0;
  if (!parseUnsigned(ptr + skip, len - skip, integerLimit(type, negative))) return false;
  store<u64>(out.reserve(8), negative ? 0 - parsedUnsigned : parsedUnsigned);
  const size = fixedValueSize(type, 0);
  out.len += size;
  return true;
}

/** `true`, `false`, `1` or `0`, in any case: 1 or 0; -1 for anything else. */
function parseBoolean(ptr: usize, len: u32): i32 {
  if (len == 1) return load<u8>(ptr) == 0x31 ? 1 : load<u8>(ptr) == 0x30 ? 0 : -1;
  if (len == 4 && (load<u32>(ptr) | 0x20202020) == 0x65757274) return 1;
  if (len == 5 && (load<u8>(ptr) | 0x20) == 0x66 && (load<u32>(ptr, 1) | 0x20202020) == 0x65736c61) return 0;
  return -1;
}

function parseText(ptr: usize, len: u32, out: ByteBuffer): Status {
  if (len > LONGEST) return tooLong(TYPE_TEXT, len);
  if (!isUtf8(ptr, len)) return fail(BAD_VALUE, shown(ptr, len) + " is not valid UTF-8");
  out.addU16(len);
  out.addBytes(ptr, len);
  return OK;
}

function parseBlob(ptr: usize, len: u32, out: ByteBuffer): Status {
  if (len > LONGEST << 1) return tooLong(TYPE_BLOB, len >> 1);
  const target = out.reserve(2 + (len >> 1));
  if (!parseHex(ptr, len, target + 2)) return notA(TYPE_BLOB, 0, ptr, len);
  store<u16>(target, <u16>(len >> 1));
  out.len += 2 + (len >> 1);
  return OK;
}

function parseCustom(customSize: u32, ptr: usize, len: u32, out: ByteBuffer): Status {
  const byteLen = len >> 1;
  if (customSize > 0 ? len != customSize << 1 : byteLen < 2) return notA(TYPE_CUSTOM, customSize, ptr, len);
  if (customSize == 0 && byteLen > LONGEST + 2) return tooLong(TYPE_CUSTOM, byteLen - 2);
  const target = out.reserve(byteLen);
  if (!parseHex(ptr, len, target)) return notA(TYPE_CUSTOM, customSize, ptr, len);
  if (customSize == 0 && <u32>load<u16>(target) != byteLen - 2) return notA(TYPE_CUSTOM, customSize, ptr, len);
  out.len += byteLen;
  return OK;
}

/**
 * Appends the blob or custom value of `len` bytes at `ptr` (not in `out`) as a record has it; a custom value of no fixed size brings its
 * length. `BAD_VALUE` and `RECORD_TOO_LARGE` as `parseValue`.
 */
export function addRawBytes(type: u8, customSize: u32, ptr: usize, len: u32, out: ByteBuffer): Status {
  const prefix: u32 = type == TYPE_BLOB || customSize > 0 ? 0 : 2;
  if (customSize == 0 && len > LONGEST + prefix) return tooLong(type, len - prefix);
  const suits = type == TYPE_BLOB || (customSize > 0 ? len == customSize : len >= 2 && <u32>load<u16>(ptr) == len - 2);
  if (!suits) return fail(BAD_VALUE, len.toString() + " bytes are not " + wanted(type, customSize));
  if (type == TYPE_BLOB) out.addU16(len);
  out.addBytes(ptr, len);
  return OK;
}

/** Fails with what kind of value (`given`, like "a blob") is not one of `type`. */
export function wrongKind(type: u8, customSize: u32, given: string): Status {
  return fail(BAD_VALUE, given + " is not " + wanted(type, customSize));
}

/** Adds the JSON document at `ptr`, valid as it is known to be, as a value: compact, with its length. */
function addDocument(ptr: usize, len: u32, out: ByteBuffer): Status {
  const start = out.len;
  out.addU16(0);
  addCompactJson(ptr, len, out);
  const byteLen = out.len - start - 2;
  if (byteLen > LONGEST) {
    out.len = start;
    return tooLong(TYPE_JSON, byteLen);
  }
  store<u16>(out.ptr + start, <u16>byteLen);
  return OK;
}

function parseDocument(ptr: usize, len: u32, out: ByteBuffer): Status {
  if (!documentTape.parse(ptr, len)) {
    return fail(BAD_VALUE, shown(ptr, len) + " is not JSON: " + documentTape.errorText());
  }
  return addDocument(ptr, len, out);
}

/**
 * Reads the text of a value (a CSV cell, a bare argument, the inside of a JSON string: `len` bytes at `ptr`, not in `out`) as
 * `type` and appends its record encoding to `out`. `customSize` is n of custom(TAG,n), 0 for custom(TAG). BAD_VALUE when the
 * text is none of that type, RECORD_TOO_LARGE when it is too long; `out` is then as before. The message names the value, not the
 * column.
 */
export function parseValue(type: u8, customSize: u32, ptr: usize, len: u32, out: ByteBuffer): Status {
  let fits = false;
  switch (type) {
    case TYPE_TEXT:
      return parseText(ptr, len, out);
    case TYPE_BLOB:
      return parseBlob(ptr, len, out);
    case TYPE_JSON:
      return parseDocument(ptr, len, out);
    case TYPE_CUSTOM:
      return parseCustom(customSize, ptr, len, out);
    case TYPE_BOOLEAN: {
      const value = parseBoolean(ptr, len);
      fits = value >= 0;
      if (fits) out.addU8(value);
      break;
    }
    case TYPE_DATE: {
      fits = parseDate(ptr, len, out.reserve(DATE_SIZE), lenientDates);
      if (fits) out.len += DATE_SIZE;
      break;
    }
    case TYPE_DATETIME: {
      fits = parseDateTime(ptr, len, out.reserve(DATETIME_SIZE), lenientDates);
      if (fits) out.len += DATETIME_SIZE;
      break;
    }
    case TYPE_DECIMAL: {
      fits = parseDecimal(ptr, len, out.reserve(DECIMAL_SIZE));
      if (fits) out.len += DECIMAL_SIZE;
      break;
    }
    case TYPE_UUID: {
      fits = parseUuid(ptr, len, out.reserve(UUID_SIZE));
      if (fits) out.len += UUID_SIZE;
      break;
    }
    default: {
      if (!isInteger(type)) return fail(BAD_VALUE, "there are no values of the type " + typeName(type));
      fits = parseInteger(type, ptr, len, out);
    }
  }
  return fits ? OK : notA(type, customSize, ptr, len);
}

/**
 * The same from `node` of `tape`. Strings are read like text; numbers serve integers, decimals and booleans; JSON takes anything.
 */
export function parseJsonValue(type: u8, customSize: u32, tape: JsonTape, node: u32, out: ByteBuffer): Status {
  const ptr = tape.rawPtr(node);
  const len = tape.rawLen(node);
  if (type == TYPE_JSON) {
    if (tape.height(node) > JSON_COLUMN_DEPTH) {
      const depth = JSON_COLUMN_DEPTH.toString();
      return fail(BAD_VALUE, shown(ptr, len) + " is nested deeper than the " + depth + " levels that a JSON column takes");
    }
    // Numbers that documents do not have, and the tape may have taken, are found by reading it as one.
    return tape.isWide ? parseValue(type, customSize, ptr, len, out) : addDocument(ptr, len, out);
  }
  const kind = tape.kind(node);
  let suits = false;
  if (kind == JSON_STRING) {
    const textLen = tape.stringLen(node);
    return parseValue(type, customSize, tape.stringPtr(node), textLen, out);
  } else if (kind == JSON_NUMBER) {
    suits = isInteger(type) || type == TYPE_DECIMAL || type == TYPE_BOOLEAN;
  } else if (kind == JSON_TRUE || kind == JSON_FALSE) {
    suits = type == TYPE_BOOLEAN;
  }
  if (suits) return parseValue(type, customSize, ptr, len, out);
  const hint = kind == JSON_NULL || isInteger(type) || type == TYPE_BOOLEAN ? "" : "write it as a JSON string";
  return fail(BAD_VALUE, shown(ptr, len) + " is not " + wanted(type, customSize), hint);
}

/** Whether a value that takes `len` bytes with the length before it, as `Row.len` has it, is one that `LONG_VALUE` stands before. */
@inline
export function isLongValue(len: u32): bool {
  return len > 2 + LONGEST;
}

/** Bytes that the value of a result at `ptr` takes, with the length that stands before it. */
export function resultValueLength(type: u8, customSize: u32, ptr: usize): u32 {
  const size = fixedValueSize(type, customSize);
  if (size != 0) return size;
  return load<u16>(ptr) == LONG_VALUE ? 6 + load<u32>(ptr, 2) : 2 + <u32>load<u16>(ptr);
}

/** Where the bytes of a value start that its length stands before. */
@inline
function bytesStart(ptr: usize, isLong: bool): usize {
  return ptr + (isLong ? 6 : 2);
}

/** How many they are. */
@inline
function bytesLength(ptr: usize, isLong: bool): u32 {
  return isLong ? load<u32>(ptr, 2) : <u32>load<u16>(ptr);
}

/** Adds the text of a value that needs no escapes in JSON. False for text and JSON, which do. */
function addPlain(type: u8, customSize: u32, ptr: usize, out: ByteBuffer, isLong: bool): bool {
  switch (type) {
    case TYPE_INT8:
      addSigned(load<i8>(ptr), out);
      break;
    case TYPE_INT16:
      addSigned(load<i16>(ptr), out);
      break;
    case TYPE_INT32:
      addSigned(load<i32>(ptr), out);
      break;
    case TYPE_INT64:
      addSigned(load<i64>(ptr), out);
      break;
    case TYPE_UINT8:
      addUnsigned(load<u8>(ptr), out);
      break;
    case TYPE_UINT16:
      addUnsigned(load<u16>(ptr), out);
      break;
    case TYPE_UINT32:
      addUnsigned(load<u32>(ptr), out);
      break;
    case TYPE_UINT64:
      addUnsigned(load<u64>(ptr), out);
      break;
    case TYPE_DECIMAL:
      addDecimal(ptr, out);
      break;
    case TYPE_DATE:
      addDate(ptr, out);
      break;
    case TYPE_DATETIME:
      addDateTime(ptr, out);
      break;
    case TYPE_UUID:
      addUuid(ptr, out);
      break;
    case TYPE_BLOB:
      addHex(bytesStart(ptr, isLong), bytesLength(ptr, isLong), out);
      break;
    case TYPE_CUSTOM:
      addHex(ptr, customSize > 0 ? customSize : 2 + <u32>load<u16>(ptr), out);
      break;
    case TYPE_BOOLEAN: {
      if (load<u8>(ptr) != 0) {
        out.addU32(0x65757274);
      } else {
        out.addU8(0x66);
        out.addU32(0x65736c61);
      }
      break;
    }
    default:
      return false;
  }
  return true;
}

/** Whether the JSON form of `type` is its text without quotes. */
@inline
function isBare(type: u8): bool {
  return type == TYPE_BOOLEAN || (isInteger(type) && type != TYPE_INT64 && type != TYPE_UINT64);
}

/**
 * Appends the JSON form of the value of `type` whose record encoding is at `ptr` (checked to be whole; not in `out`), always on
 * one line; of a result's that `isLongValue` the one that those have. A JSON column that holds no valid JSON becomes a JSON string; bytes
 * that are not UTF-8 become U+FFFD.
 */
export function writeJsonValue(type: u8, customSize: u32, ptr: usize, out: ByteBuffer, isLong: bool = false): void {
  if (type == TYPE_TEXT || type == TYPE_JSON) {
    const start = bytesStart(ptr, isLong);
    const len = bytesLength(ptr, isLong);
    if (type == TYPE_JSON && documentTape.parse(start, len)) addCompactJson(start, len, out);
    else addJsonString(start, len, out);
  } else if (isBare(type)) {
    addPlain(type, customSize, ptr, out, isLong);
  } else {
    out.addU8(0x22);
    addPlain(type, customSize, ptr, out, isLong);
    out.addU8(0x22);
  }
}

/** Appends the same value as plain text: no quotes, no escapes, text and JSON as stored but for bytes that are not UTF-8. */
export function writeTextValue(type: u8, customSize: u32, ptr: usize, out: ByteBuffer, isLong: bool = false): void {
  if (!addPlain(type, customSize, ptr, out, isLong)) addUtf8Lossy(bytesStart(ptr, isLong), bytesLength(ptr, isLong), out);
}
