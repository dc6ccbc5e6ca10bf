/** What validators say of a value. */
import { ByteBuffer } from "../encode/byte-buffer";
import { lowerLetter } from "../encode/ascii";
import { characters } from "../encode/characters";
import { compareKeyValues } from "../encode/key";
import { TYPE_TEXT, valueDiscriminant } from "../encode/data-type";
import { isDigit } from "../encode/digits";
import {
  characterAt,
  isAlphanumeric,
  isAsciiAlphanumeric,
  isLowercase,
  isUppercase,
  isWhiteSpace,
  sizeAt,
} from "../encode/unicode";
import { hexDigit } from "../encode/uuid";
import { isCountry, isLanguage } from "./codes";
import { BACKSLASH, likes } from "./like";
import { Rule } from "./rule";
import {
  CAMEL_CASE,
  COUNTRY_ISO_3166,
  COUNTRY_ISO_639,
  EMAIL,
  KEBAB_CASE,
  LIKE,
  MAX_STRLEN,
  MIME_TYPE,
  MIN_STRLEN,
  ONE_OF,
  PHONE_NUMBER,
  RANGE,
  RANGE_STRLEN,
  RGB_COLOR,
  SNAKE_CASE,
  URL,
} from "./rule-kinds";
import { isUrl } from "./url";

const AT: u32 = 0x40;
const DOT: u32 = 0x2e;
const HYPHEN: u32 = 0x2d;
const SLASH: u32 = 0x2f;
const UNDERSCORE: u32 = 0x5f;
const HASH: u32 = 0x23;
/** Most bytes of each part of a MIME type. */
const MIME_PART: u32 = 127;

/** A value as a key has it. */
const value: ByteBuffer = new ByteBuffer(32);

/**
 * Whether the value of `len` bytes at `ptr` of a column of `type` is as a rule wants it: as in a record, but without a text's length.
 * All of them take null, which is no value.
 */
export function isValid(rule: Rule, type: u8, ptr: usize, len: u32): bool {
  switch (rule.kind) {
    case EMAIL:
      return isEmail(ptr, ptr + len);
    case URL:
      return isUrl(ptr, len);
    case PHONE_NUMBER:
      return isPhoneNumber(ptr, ptr + len);
    case MAX_STRLEN:
      return characters(ptr, len) <= rule.first;
    case MIN_STRLEN:
      return characters(ptr, len) >= rule.first;
    case RANGE_STRLEN: {
      const count = characters(ptr, len);
      return count >= rule.first && count <= rule.second;
    }
    case MIME_TYPE:
      return mimeProblem(ptr, len) == MIME_FINE;
    case RGB_COLOR:
      return isRgbColor(ptr, len);
    case SNAKE_CASE:
      return isSmall(ptr, ptr + len, UNDERSCORE);
    case KEBAB_CASE:
      return isSmall(ptr, ptr + len, HYPHEN);
    case CAMEL_CASE:
      return isCamelCase(ptr, ptr + len);
    case COUNTRY_ISO_3166:
      return isCountry(ptr, len);
    case COUNTRY_ISO_639:
      return isLanguage(ptr, len);
    case LIKE:
      return likes(ptr, ptr + len, valuesOf(rule), valuesOf(rule) + rule.values.byteLength, BACKSLASH, false);
    default:
      return isAmong(rule, type, ptr, len);
  }
}

/** `[A-Za-z0-9_%+-]` */
function isLocal(byte: u32): bool {
  return isAsciiAlphanumeric(byte) || byte == UNDERSCORE || byte == 0x25 || byte == 0x2b || byte == HYPHEN;
}

/** `^[A-Za-z0-9][A-Za-z0-9_%+-]*(\.[A-Za-z0-9_%+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$` */
function isEmail(at: usize, end: usize): bool {
  if (at == end || !isAsciiAlphanumeric(load<u8>(at))) return false;
  for (; ; at++) {
    const start = at;
    while (at < end && isLocal(load<u8>(at))) at++;
    if (at == start || at == end) return false;
    const byte = <u32>load<u8>(at);
    if (byte == AT) break;
    if (byte != DOT) return false;
  }
  for (let labels = 1; ; labels++) {
    const start = ++at;
    let letters = true;
    while (at < end && load<u8>(at) != DOT) {
      const byte = <u32>load<u8>(at);
      if (!isAsciiAlphanumeric(byte) && byte != HYPHEN) return false;
      letters = letters && lowerLetter(byte) - 0x61 < 26;
      at++;
    }
    if (at == end) return labels > 1 && letters && at - start >= 2;
    if (at == start || load<u8>(start) == HYPHEN || load<u8>(at - 1) == HYPHEN) return false;
  }
  return false; // never reached, but the compiler cannot tell
}

/** `^\+?[0-9\s().-]{7,20}$` */
function isPhoneNumber(at: usize, end: usize): bool {
  if (at < end && load<u8>(at) == 0x2b) at++;
  let count = 0;
  for (; at < end; at += sizeAt(at), count++) {
    const code = characterAt(at);
    const fits = isDigit(code) || code == 0x28 || code == 0x29 || code == DOT || code == HYPHEN || isWhiteSpace(code);
    if (!fits || count == 20) return false;
  }
  return count >= 7;
}

const MIME_FINE: i32 = 0;
const MIME_SLASHES: i32 = 1;
const MIME_TYPE_PART: i32 = 2;
const MIME_SUBTYPE_PART: i32 = 3;

function mimeProblem(ptr: usize, len: u32): i32 {
  let slash: u32 = 0;
  let slashes = 0;
  for (let at: u32 = 0; at < len; at++) {
    if (load<u8>(ptr + at) != SLASH) continue;
    slash = at;
    slashes += 1;
  }
  if (slashes != 1) return MIME_SLASHES;
  if (!isMimePart(ptr, slash)) return MIME_TYPE_PART;
  return isMimePart(ptr + slash + 1, len - slash - 1) ? MIME_FINE : MIME_SUBTYPE_PART;
}

function isMimePart(ptr: usize, len: u32): bool {
  if (len == 0 || len > MIME_PART || !isAsciiAlphanumeric(load<u8>(ptr))) return false;
  for (let at: u32 = 1; at < len; at++) {
    const byte = <u32>load<u8>(ptr + at);
    const isMark =
      byte == 0x21 ||
      byte == HASH ||
      byte == 0x24 ||
      byte == 0x26 ||
      byte == HYPHEN ||
      byte == 0x5e ||
      byte == UNDERSCORE ||
      byte == DOT;
    if (!isMark && byte != 0x2b && !isAsciiAlphanumeric(byte)) return false;
  }
  return true;
}

function isRgbColor(ptr: usize, len: u32): bool {
  if (len != 7 || load<u8>(ptr) != HASH) return false;
  for (let at: usize = 1; at < 7; at++) if (hexDigit(load<u8>(ptr + at)) > 15) return false;
  return true;
}

/** Small letters, ASCII digits and `mark`, a small letter first, or an underscore where that is the mark. */
function isSmall(at: usize, end: usize, mark: u32): bool {
  const start = at;
  for (; at < end; at += sizeAt(at)) {
    const code = characterAt(at);
    if (isLowercase(code)) continue;
    if (at == start ? code != UNDERSCORE || mark != UNDERSCORE : code != mark && !isDigit(code)) return false;
  }
  return at > start;
}

function isCamelCase(at: usize, end: usize): bool {
  if (at == end || !isUppercase(characterAt(at))) return false;
  for (; at < end; at += sizeAt(at)) if (!isAlphanumeric(characterAt(at))) return false;
  return true;
}


@inline
function valuesOf(rule: Rule): usize {
  return changetype<usize>(rule.values);
}

/** Whether a value is within the rule's bounds, or one of its list. */
function isAmong(rule: Rule, type: u8, ptr: usize, len: u32): bool {
  value.reset();
  value.addU8(valueDiscriminant(type));
  if (type == TYPE_TEXT) value.addU16(len);
  value.addBytes(ptr, len);
  let at = valuesOf(rule);
  const end = at + rule.values.byteLength;
  if (rule.kind == RANGE) {
    const low = load<u32>(at);
    const high = load<u32>(at + 4 + low);
    return (
      (low == 0 || compareKeyValues(value.ptr, at + 4) >= 0) && (high == 0 || compareKeyValues(value.ptr, at + 8 + low) <= 0)
    );
  }
  while (at < end) {
    if (compareKeyValues(value.ptr, at + 4) == 0) return true;
    at += 4 + load<u32>(at);
  }
  return false;
}

/**
 * What is wrong with a value that is not valid by the rule, in the reference's words where it has the rule; `shown` is how the value
 * is written, perhaps shortened.
 */
export function problem(rule: Rule, ptr: usize, len: u32, shown: string): string {
  const value = "Value '" + shown + "' is not ";
  const least = rule.first.toString();
  const length = "String length " + characters(ptr, len).toString();
  switch (rule.kind) {
    case EMAIL:
      return value + "a valid email address";
    case URL:
      return value + "a valid URL";
    case PHONE_NUMBER:
      return value + "a valid phone number";
    case MAX_STRLEN:
      return length + " exceeds maximum allowed length of " + least;
    case MIN_STRLEN:
      return length + " is less than minimum required length of " + least;
    case RANGE_STRLEN:
      return length + " is not within the allowed range of " + least + " to " + rule.second.toString();
    case MIME_TYPE: {
      const found = mimeProblem(ptr, len);
      const part = found == MIME_TYPE_PART ? "type" : "subtype";
      return (
        "MIME type '" + shown + "' " + (found == MIME_SLASHES ? "must contain exactly one '/'" : "has invalid " + part + " part")
      );
    }
    case RGB_COLOR:
      return "Invalid RGB color format";
    case SNAKE_CASE:
      return len == 0 ? "Empty string is not valid snake_case" : value + "in snake_case format";
    case KEBAB_CASE:
      return len == 0 ? "Empty string is not valid kebab-case" : value + "in kebab-case format";
    case CAMEL_CASE:
      return len == 0 ? "Empty string is not valid CamelCase" : value + "in CamelCase format";
    case COUNTRY_ISO_3166:
      return value + "a valid ISO3166 country code";
    case COUNTRY_ISO_639:
      return value + "a valid ISO639 country code";
    case LIKE:
      return value + "like the pattern";
    case ONE_OF:
      return value + "one of these";
    default:
      return value + "in the range";
  }
}
