/**
 * UTF-8 as bytes: a validity check, and what to do with bytes that are not valid.
 *
 * Valid means what Unicode and Rust's `str` mean: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
import { ByteBuffer } from "./byte-buffer";

const HIGH_BITS: u64 = 0x8080808080808080;


@inline
function isContinuation(byte: u32): bool {
  return (byte & 0xc0) == 0x80;
}

/**
 * Bytes of the character that starts at `ptr`, of which `room` (at least 1) may be read: 1 to 4. For bytes that start none, minus
 * the length of their longest prefix that some character starts with (at least 1): what one U+FFFD stands for.
 */
export function utf8CharacterLength(ptr: usize, room: usize): i32 {
  const first = <u32>load<u8>(ptr);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return -1;
  if (room < 2) return -1;
  const second = <u32>load<u8>(ptr, 1);
  if (!isContinuation(second)) return -1;
  if (first < 0xe0) return 2;
  if (first < 0xf0) {
    if (first == 0xe0 && second < 0xa0) return -1; // overlong
    if (first == 0xed && second > 0x9f) return -1; // surrogate
    return room > 2 && isContinuation(load<u8>(ptr, 2)) ? 3 : -2;
  }
  if (first == 0xf0 && second < 0x90) return -1; // overlong
  if (first == 0xf4 && second > 0x8f) return -1; // above U+10FFFF
  if (room < 3 || !isContinuation(load<u8>(ptr, 2))) return -2;
  return room > 3 && isContinuation(load<u8>(ptr, 3)) ? 4 : -3;
}

/** How many of the `len` bytes at `ptr`, from the start, are whole valid characters; `len` exactly when all is valid. */
export function utf8ValidLength(ptr: usize, len: u32): u32 {
  const end = ptr + len;
  let at = ptr;
  while (at < end) {
    if (at + 8 <= end && (load<u64>(at) & HIGH_BITS) == 0) {
      at += 8;
      continue;
    }
    if (load<u8>(at) < 0x80) {
      at += 1;
      continue;
    }
    const size = utf8CharacterLength(at, end - at);
    if (size < 0) break;
    at += size;
  }
  return <u32>(at - ptr);
}

/** Whether the `len` bytes at `ptr` are valid UTF-8. */
@inline
export function isUtf8(ptr: usize, len: u32): bool {
  return utf8ValidLength(ptr, len) == len;
}

/**
 * Adds the `len` bytes at `ptr` (not in `out`), with U+FFFD in place of each run that is no character (as the WHATWG decoder
 * does).
 */
export function addUtf8Lossy(ptr: usize, len: u32, out: ByteBuffer): void {
  let at = ptr;
  let left = len;
  for (;;) {
    const valid = utf8ValidLength(at, left);
    out.addBytes(at, valid);
    at += valid;
    left -= valid;
    if (left == 0) return;
    const skipped = <u32>-utf8CharacterLength(at, left);
    addCodePoint(0xfffd, out);
    at += skipped;
    left -= skipped;
  }
}

/** Adds the character `codePoint`, which must be one (no surrogate, at most 0x10FFFF). */
export function addCodePoint(codePoint: u32, out: ByteBuffer): void {
  if (codePoint < 0x80) {
    out.addU8(codePoint);
  } else if (codePoint < 0x800) {
    out.addU16(0x80c0 | (codePoint >> 6) | ((codePoint & 63) << 8));
  } else {
    if (codePoint < 0x10000) {
      out.addU8(0xe0 | (codePoint >> 12));
    } else {
      out.addU16(0x80f0 | (codePoint >> 18) | (((codePoint >> 12) & 63) << 8));
    }
    out.addU16(0x8080 | ((codePoint >> 6) & 63) | ((codePoint & 63) << 8));
  }
}
