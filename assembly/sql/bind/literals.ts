/** Literals and parameters as constants. */
import { BAD_VALUE, OK, OVERFLOW, SQL_TYPE, fail, lastError } from "../../status";
import { isText } from "../../encode/ascii";
import { ByteBuffer } from "../../encode/byte-buffer";
import { TYPE_BLOB, TYPE_INT64, TYPE_TEXT, fixedValueSize } from "../../encode/data-type";
import { parseDecimal } from "../../encode/decimal";
import { addDecimals } from "../../encode/decimal-arithmetic";
import { addUnsigned, isDigit, parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { addAscii } from "../../encode/json-pieces";
import { addHex, hexDigit } from "../../encode/uuid";
import { parseValue } from "../../encode/value-text";
import { Column } from "../../schema/column";
import { takeCell } from "../eval/cells";
import { Constant } from "../eval/expression";
import { K_BOOLEAN, K_CUSTOM, K_DATE, K_DECIMAL, K_INT, K_NULL, K_TEXT, K_UINT, kindOfType, typeOfKind } from "../eval/kinds";
import { takeRow } from "../eval/once";
import { Vector } from "../eval/vector";

const parsed: ByteBuffer = new ByteBuffer(256);
const decimal: usize = memory.data(16, 8);
/** Digits behind the point that a decimal has at most. */
const MOST_SCALE: u32 = 28;
const last: ByteBuffer = new ByteBuffer(16);
const unit: usize = memory.data(16, 8);
let oneValue: Vector | null = null;

function oneVector(): Vector {
  const known = oneValue;
  if (known) return known;
  const made = new Vector();
  oneValue = made;
  return made;
}

/** A number as it is written; null, with the last error but without its place, when it is none that fits. */
export function numberConstant(ptr: usize, len: u32, negative: bool): Constant | null {
  if (len > 2 && (load<u8>(ptr, 1) | 0x20) == 0x78) return hexConstant(ptr + 2, len - 2, negative);
  if (parseUnsigned(ptr, len, negative ? 0x8000000000000000 : u64.MAX_VALUE)) {
    const value = parsedUnsigned;
    const constant = new Constant(negative || value <= <u64>i64.MAX_VALUE ? K_INT : K_UINT);
    constant.low = negative ? 0 - value : value;
    return constant;
  }
  parsed.reset();
  if (negative) parsed.addU8(0x2d);
  parsed.addBytes(ptr, len);
  // "1." is a number of SQL, but no decimal's text.
  if (!parseDecimal(parsed.ptr, parsed.len, decimal) && !parseRounded(parsed.ptr, parsed.len)) {
    fail(OVERFLOW, "a number that needs more than 28 digits");
    return null;
  }
  const constant = new Constant(K_DECIMAL);
  constant.low = load<u64>(decimal);
  constant.high = load<u64>(decimal, 8);
  return constant;
}

/** A number whose fraction has more digits than fit, rounded to as many as do; false for one that is too large, or has an exponent. */
function parseRounded(ptr: usize, len: u32): bool {
  let dot: u32 = 0;
  while (dot < len && load<u8>(ptr + dot) != 0x2e) dot += 1;
  for (let at = dot + 1; at < len; at++) if (!isDigit(load<u8>(ptr + at))) return false;
  let kept = min(len, dot + 1 + MOST_SCALE);
  while (kept > dot && !parseDecimal(ptr, kept, decimal)) kept -= 1;
  if (kept <= dot) return false;
  if (kept >= len || load<u8>(ptr + kept) < 0x35) return true;
  // One more of the last digit that is kept.
  last.reset();
  if (load<u8>(ptr) == 0x2d) last.addU8(0x2d);
  addAscii(last, "1e-");
  addUnsigned(kept - dot - 1, last);
  return parseDecimal(last.ptr, last.len, unit) && addDecimals(decimal, unit, false, decimal);
}

function hexConstant(ptr: usize, len: u32, negative: bool): Constant | null {
  let value: u64 = 0;
  for (let i: u32 = 0; i < len; i++) {
    if (value >> 60 != 0) {
      fail(OVERFLOW, "0x… with more than 64 bits");
      return null;
    }
    value = (value << 4) | (<u64>hexDigit(load<u8>(ptr + i)));
  }
  const constant = new Constant(K_INT);
  constant.low = negative ? 0 - value : value;
  return constant;
}

/** Text; it may take the type of what it meets. */
export function textConstant(ptr: usize, len: u32): Constant {
  const constant = new Constant(K_TEXT);
  constant.isPlain = true;
  constant.setBytes(ptr, len);
  return constant;
}

/** The same of a string. */
export function stringConstant(text: string): Constant {
  const bytes = String.UTF8.encode(text);
  return textConstant(changetype<usize>(bytes), bytes.byteLength);
}

/** Bytes as the text of their hexadecimal digits. */
export function hexConstantOf(subject: Constant): Constant {
  parsed.reset();
  addHex(subject.bytesPtr, subject.bytesLen, parsed);
  const constant = textConstant(parsed.ptr, parsed.len);
  constant.start = subject.start;
  return constant;
}

/** A text as a value of another kind, or as a number with a fraction where an integer is asked for; null, with an error, for none. */
export function parseConstant(subject: Constant, kind: u8, column: Column | null): Constant | null {
  const type = column ? column.type : typeOfKind(kind);
  const customSize = column ? column.customSize : 0;
  // Any integer may be compared with a small one; it is equal to none.
  const parsedType = kind == K_INT ? typeOfKind(K_INT) : type;
  if (kind == K_CUSTOM && !column) return null;
  parsed.reset();
  let text = subject.bytesPtr;
  let len = subject.bytesLen;
  if (type == TYPE_BLOB && len >= 2 && (load<u16>(text) | 0x2000) == 0x7830) {
    // 0x before the digits of a blob says nothing.
    text += 2;
    len -= 2;
  } else if (kind == K_DATE && len == 24 && isText(text + 10, 14, "T00:00:00.000Z")) {
    // Programs have times for dates: a day begins at midnight.
    len = 10;
  }
  if (parseValue(parsedType, customSize, text, len, parsed) != OK) {
    if (kind == K_INT || kind == K_UINT) {
      // A number with a fraction is a number.
      if (parseDecimal(subject.bytesPtr, subject.bytesLen, decimal)) {
        const number = new Constant(K_DECIMAL);
        number.low = load<u64>(decimal);
        number.high = load<u64>(decimal, 8);
        number.start = subject.start;
        return number;
      }
    }
    if (lastError.status == BAD_VALUE) lastError.status = SQL_TYPE;
    return null;
  }
  const constant = cellConstant(parsedType, customSize, parsed.ptr, parsed.len);
  constant.start = subject.start;
  return constant;
}

/** The value of a column of `type` at `ptr`, of `len` bytes, as records have it. */
export function cellConstant(type: u8, customSize: u32, ptr: usize, len: u32): Constant {
  const constant = new Constant(kindOfType(type));
  takeValue(constant, type, customSize, ptr, len);
  return constant;
}

function takeValue(constant: Constant, type: u8, customSize: u32, ptr: usize, len: u32): void {
  const vector = oneVector();
  vector.kind = constant.kind;
  takeCell(type, fixedValueSize(type, customSize) != 0, ptr, len, vector, 0);
  vector.setNull(0, false);
  takeRow(constant, vector, 0);
}

/** The value of a parameter of `type` at `ptr`, of `len` bytes, as records have it. */
export function parameterConstant(type: u8, ptr: usize, len: u32): Constant {
  const constant = new Constant(K_NULL);
  setParameter(constant, type, ptr, len);
  return constant;
}

/** Makes `constant`, which was a parameter's value or null, that of a parameter of `type` at `ptr`; of the type 0 it is null. */
export function setParameter(constant: Constant, type: u8, ptr: usize, len: u32): void {
  constant.isPlain = type == TYPE_TEXT;
  constant.isNull = type == 0;
  constant.kind = type == 0 ? K_NULL : kindOfType(type);
  if (type == TYPE_TEXT) constant.replaceBytes(ptr + 2, len - 2);
  else if (type == TYPE_INT64) constant.low = load<u64>(ptr);
  else if (type != 0) takeValue(constant, type, 0, ptr, len);
  // What may have a sign goes with more.
  if (constant.kind == K_UINT && <i64>constant.low >= 0) constant.kind = K_INT;
}

/** Gives a constant, which was made of a parameter's value, another value; false when that can't be one of its kind. */
export function reuse(constant: Constant, given: Constant): bool {
  let value: Constant | null = given;
  const kind = constant.kind;
  if (!given.isNull && given.kind != kind) {
    if (given.isPlain) value = constant.isFitted ? parseConstant(given, kind, constant.column) : null;
    else if (given.kind != K_INT || (kind != K_UINT && kind != K_BOOLEAN)) return false;
    else if (<i64>given.low < 0 || (kind == K_BOOLEAN && given.low > 1)) return false;
    if (!value || (given.isPlain && value.kind != kind)) return false;
  }
  constant.take(value);
  return true;
}
