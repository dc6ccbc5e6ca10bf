/** What sanitizers make of a value: it lies in `result` then, or is as it was. */
import { BAD_VALUE, OK, Status, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { civilYear } from "../encode/calendar";
import { lastCharacter } from "../encode/characters";
import { TYPE_TEXT, fixedValueSize } from "../encode/data-type";
import { addDateTime, isDateTimeValue, moveToOffset } from "../encode/date";
import { ROUND_HALF_EVEN, roundDecimal } from "../encode/decimal-arithmetic";
import { addLower, addUpper, characterAt, isAlphanumeric, isAsciiAlphanumeric, isWhiteSpace, sizeAt } from "../encode/unicode";
import { addUpperHex } from "../encode/uuid";
import { Rule } from "./rule";
import {
  CLAMP,
  CLAMP_UNSIGNED,
  COLLAPSE_WHITESPACE,
  LOWER_CASE,
  NULL_IF_EMPTY,
  ROUND_TO_SCALE,
  SLUG,
  TRIM,
  UPPER_CASE,
} from "./rule-kinds";

/** Where the value is after `sanitize`, as in a record but without a text's length, and its bytes; 0 for null. */
export let sanitized: usize = 0;
export let sanitizedLength: u32 = 0;

const HYPHEN: u32 = 0x2d;
const BLANK: u32 = 0x20;
const PERCENT: u32 = 0x25;

/** What is being read lies in one of them, what is made of it in the other. */
let from: ByteBuffer = new ByteBuffer(256);
let to: ByteBuffer = new ByteBuffer(256);

/**
 * Applies sanitizers of a column of `type` in their order to the value of `len` bytes at `ptr`, as in a record but without a text's
 * length. What comes of it is at `sanitized` until the next call: at `ptr`, or in a buffer. `BAD_VALUE` does not name column or row.
 */
export function sanitize(rules: Array<Rule>, type: u8, ptr: usize, len: u32): Status {
  sanitized = ptr;
  sanitizedLength = len;
  for (let r = 0; r < rules.length && sanitized != 0; r++) {
    const rule = unchecked(rules[r]);
    if (type == TYPE_TEXT) sanitizeText(rule.kind);
    else {
      const status = sanitizeFixed(rule, type);
      if (status != OK) return status;
    }
  }
  return OK;
}

function sanitizeText(kind: i32): void {
  const ptr = sanitized;
  const len = sanitizedLength;
  if (kind == NULL_IF_EMPTY) {
    if (len == 0) sanitized = 0;
    return;
  }
  if (kind == TRIM) {
    trim();
    return;
  }
  to.reset();
  switch (kind) {
    case LOWER_CASE:
      addLower(ptr, len, to);
      break;
    case UPPER_CASE:
      addUpper(ptr, len, to);
      break;
    case COLLAPSE_WHITESPACE:
      collapse(ptr, len, BLANK);
      break;
    case SLUG: {
      addLower(ptr, len, to);
      turn();
      collapse(sanitized, sanitizedLength, HYPHEN);
      turn();
      keepLetters(sanitized, sanitizedLength);
      break;
    }
    default:
      encode(ptr, len);
  }
  turn();
}

/** What was made is what is read from now on. */
function turn(): void {
  const made = to;
  to = from;
  from = made;
  sanitized = made.ptr;
  sanitizedLength = made.len;
  to.reset();
}

function trim(): void {
  let end = sanitized + sanitizedLength;
  let ptr = sanitized;
  while (ptr < end && isWhiteSpace(characterAt(ptr))) ptr += sizeAt(ptr);
  while (end > ptr) {
    const last = lastCharacter(ptr, end);
    if (!isWhiteSpace(characterAt(last))) break;
    end = last;
  }
  sanitized = ptr;
  sanitizedLength = <u32>(end - ptr);
}

/** Words with `between` between them, without the white space that there was. */
function collapse(ptr: usize, len: u32, between: u32): void {
  let isBehindWord = false;
  for (const end = ptr + len; ptr < end;) {
    const size = sizeAt(ptr);
    if (isWhiteSpace(characterAt(ptr))) isBehindWord = to.len > 0;
    else {
      if (isBehindWord) to.addU8(between);
      isBehindWord = false;
      to.addBytes(ptr, size);
    }
    ptr += size;
  }
}

function keepLetters(ptr: usize, len: u32): void {
  for (const end = ptr + len; ptr < end;) {
    const size = sizeAt(ptr);
    const code = characterAt(ptr);
    if (code == HYPHEN || isAlphanumeric(code)) to.addBytes(ptr, size);
    ptr += size;
  }
}

function encode(ptr: usize, len: u32): void {
  for (const end = ptr + len; ptr < end; ptr++) {
    const byte = <u32>load<u8>(ptr);
    if (isAsciiAlphanumeric(byte)) to.addU8(byte);
    else {
      to.addU8(PERCENT);
      addUpperHex(ptr, 1, to);
    }
  }
}

function sanitizeFixed(rule: Rule, type: u8): Status {
  const size = fixedValueSize(type, 0);
  to.reset();
  to.addBytes(sanitized, size);
  let status: Status = OK;
  switch (rule.kind) {
    case CLAMP:
      clamp(to.ptr, size, rule.first, rule.second);
      break;
    case CLAMP_UNSIGNED:
      clampUnsigned(to.ptr, size, rule.first, rule.second);
      break;
    case ROUND_TO_SCALE:
      // Digits behind the point are fewer afterwards, so that it can't overflow.
      roundDecimal(sanitized, <i32>min<i64>(rule.first, i32.MAX_VALUE), ROUND_HALF_EVEN, to.ptr);
      break;
    default:
      status = toOffset(to.ptr, <i32>rule.first);
  }
  if (status == OK) turn();
  return status;
}

/** Bounds that the type does not have are its own. */
function clamp(ptr: usize, size: u32, low: i64, high: i64): void {
  const shift: i64 = 64 - size * 8;
  const most = i64.MAX_VALUE >> shift;
  memory.copy(VALUE, ptr, size);
  const value = (load<i64>(VALUE) << shift) >> shift;
  store<i64>(VALUE, max(min(max(min(value, high), low), most), ~most));
  memory.copy(ptr, VALUE, size);
}

function clampUnsigned(ptr: usize, size: u32, low: u64, high: u64): void {
  const most = u64.MAX_VALUE >> (64 - size * 8);
  store<u64>(VALUE, 0);
  memory.copy(VALUE, ptr, size);
  store<u64>(VALUE, min(max(min(load<u64>(VALUE), high), low), most));
  memory.copy(ptr, VALUE, size);
}

const VALUE: usize = memory.data(8, 8);

/** Makes the date-time at `ptr` the same moment, `offset` minutes away from UTC. */
function toOffset(ptr: usize, offset: i32): Status {
  if (!isDateTimeValue(ptr)) {
    const text = new ByteBuffer(64);
    addDateTime(ptr, text);
    const fields = text.toText();
    text.free();
    return fail(BAD_VALUE, "invalid date time fields: " + fields);
  }
  if (moveToOffset(ptr, offset)) return OK;
  return fail(BAD_VALUE, "converted year " + civilYear.toString() + " is outside the supported range 0..=65535");
}
