/**
 * JSON strings as bytes: finding the end of one, taking its escapes out, and writing one.
 *
 * A string must not hold control characters below U+0020, and every escape must spell a character: a surrogate escape only as the
 * first half of a pair followed by the second. That is what the reference's JSON reader accepts.
 */
import { ByteBuffer } from "./byte-buffer";
import { JSON_BAD_ESCAPE, JSON_CONTROL_CHARACTER, JSON_ENDS_EARLY, JSON_LONE_SURROGATE, scanFault } from "./json-error";
import { addCodePoint, utf8CharacterLength, utf8ValidLength } from "./utf8";
import { hexDigit } from "./uuid";

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

/** Whether the last string scanned holds escapes. */
export let scanHasEscapes: bool = false;

/** The first byte from `at` on that a string cannot hold as it is (a quote, a backslash, a control character), or `end`. */
function plainEnd(at: usize, end: usize): usize {
  while (at + 8 <= end) {
    const word = load<u64>(at);
    const quotes = word ^ 0x2222222222222222;
    const backslashes = word ^ 0x5c5c5c5c5c5c5c5c;
    // The high bit of a byte is set when it is below 0x20, or zero after the exclusive or: exact up to the first that is.
    const below = (word - 0x2020202020202020) & ~word;
    const hits = below | ((quotes - 0x0101010101010101) & ~quotes) | ((backslashes - 0x0101010101010101) & ~backslashes);
    const bits = hits & 0x8080808080808080;
    if (bits != 0) return at + ((<usize>ctz<u64>(bits)) >> 3);
    at += 8;
  }
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte < 0x20 || byte == QUOTE || byte == BACKSLASH) break;
    at++;
  }
  return at;
}

/** The four hexadecimal digits at `at`, or a number above 0xffff. */
function hexFour(at: usize, end: usize): u32 {
  if (at + 4 > end) return 0x10000;
  let value: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const digit = hexDigit(load<u8>(at + i));
    if (digit > 15) return 0x10000;
    value = (value << 4) | digit;
  }
  return value;
}

/** Where the escape goes on after the `u` at `at`: behind its four digits, or the twelve bytes of a pair; 0 for a fault. */
function scanUnicodeEscape(at: usize, end: usize): usize {
  if (end - at < 5) return scanFault(JSON_ENDS_EARLY, end);
  const first = hexFour(at + 1, end);
  if (first > 0xffff) return scanFault(JSON_BAD_ESCAPE, at - 1);
  if (first < 0xd800 || first > 0xdfff) return at + 5;
  if (first > 0xdbff) return scanFault(JSON_LONE_SURROGATE, at - 1);
  if (at + 11 > end || load<u8>(at, 5) != BACKSLASH || load<u8>(at, 6) != 0x75) return scanFault(JSON_LONE_SURROGATE, at - 1);
  const second = hexFour(at + 7, end);
  if (second > 0xffff) return scanFault(JSON_BAD_ESCAPE, at + 5);
  if (second < 0xdc00 || second > 0xdfff) return scanFault(JSON_LONE_SURROGATE, at - 1);
  return at + 11;
}

/** Whether `byte` makes an escape by itself: one of "\\/bfnrt. */
function isEscapeLetter(byte: u32): bool {
  switch (byte) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}

/** Where the string ends whose first byte behind the opening quote is at `at`: at its closing quote. 0 for a fault. */
export function scanString(at: usize, end: usize): usize {
  scanHasEscapes = false;
  for (;;) {
    at = plainEnd(at, end);
    if (at >= end) return scanFault(JSON_ENDS_EARLY, end);
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) return at;
    if (byte != BACKSLASH) return scanFault(JSON_CONTROL_CHARACTER, at);
    scanHasEscapes = true;
    if (++at >= end) return scanFault(JSON_ENDS_EARLY, end);
    if (load<u8>(at) == 0x75) {
      at = scanUnicodeEscape(at, end);
      if (at == 0) return 0;
    } else {
      if (!isEscapeLetter(load<u8>(at))) return scanFault(JSON_BAD_ESCAPE, at - 1);
      at++;
    }
  }
  return 0; // never reached, but the compiler cannot tell
}

/** The character that the escape letter `letter` stands for. */
function escapedByte(letter: u32): u32 {
  switch (letter) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return letter;
  }
}

/** Adds what the `len` bytes at `ptr` (the inside of a string that `scanString` took; not in `out`) stand for. */
export function unescapeJson(ptr: usize, len: u32, out: ByteBuffer): void {
  const end = ptr + len;
  let at = ptr;
  for (;;) {
    const plain = plainEnd(at, end);
    out.addBytes(at, <u32>(plain - at));
    if (plain >= end) return;
    const letter = <u32>load<u8>(plain, 1);
    at = plain + 2;
    if (letter != 0x75) {
      out.addU8(escapedByte(letter));
      continue;
    }
    let codePoint = hexFour(at, end);
    at += 4;
    if (codePoint >= 0xd800 && codePoint <= 0xdbff) {
      codePoint = 0x10000 + ((codePoint - 0xd800) << 10) + (hexFour(at + 2, end) - 0xdc00);
      at += 6;
    }
    addCodePoint(codePoint, out);
  }
}

/** Adds valid UTF-8 with its escapes. */
function addEscaped(ptr: usize, len: u32, out: ByteBuffer): void {
  const end = ptr + len;
  let at = ptr;
  for (;;) {
    const plain = plainEnd(at, end);
    out.addBytes(at, <u32>(plain - at));
    if (plain >= end) return;
    const byte = <u32>load<u8>(plain);
    at = plain + 1;
    switch (byte) {
      case 0x08:
        out.addU16(0x625c);
        break;
      case 0x09:
        out.addU16(0x745c);
        break;
      case 0x0a:
        out.addU16(0x6e5c);
        break;
      case 0x0c:
        out.addU16(0x665c);
        break;
      case 0x0d:
        out.addU16(0x725c);
        break;
      case QUOTE:
      case BACKSLASH:
        out.addU16(0x5c | (byte << 8));
        break;
      default: {
        out.addU32(0x3030755c); // \u00
        const digit = byte & 15;
        out.addU16((byte >> 4) + 0x30 + ((digit + (digit < 10 ? 0x30 : 0x57)) << 8));
      }
    }
  }
}

/**
 * Adds the `len` bytes at `ptr` (not in `out`) as a JSON string with its quotes. Only what must be is escaped; bytes that are not
 * UTF-8 become U+FFFD.
 */
export function addJsonString(ptr: usize, len: u32, out: ByteBuffer): void {
  out.addU8(QUOTE);
  let at = ptr;
  let left = len;
  for (;;) {
    const valid = utf8ValidLength(at, left);
    addEscaped(at, valid, out);
    at += valid;
    left -= valid;
    if (left == 0) break;
    const skipped = <u32>-utf8CharacterLength(at, left);
    addCodePoint(0xfffd, out);
    at += skipped;
    left -= skipped;
  }
  out.addU8(QUOTE);
}
