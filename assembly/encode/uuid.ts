/**
 * Hexadecimal, and UUIDs: 16 raw bytes, written `9e3779b9-7f4a-7c15-f39c-c0605cedc832`, read with or without the hyphens and in
 * either case.
 */
import { ByteBuffer } from "./byte-buffer";
import { UUID_SIZE } from "./data-type";

/** The value of a hexadecimal digit, or 0xff. */
@inline
export function hexDigit(byte: u32): u32 {
  if (byte - 0x30 < 10) return byte - 0x30;
  const letter = (byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : 0xff;
}

/** The two lower-case hexadecimal digits of `byte`, as a u16 to be stored. */
@inline
function hexPair(byte: u32): u16 {
  const high = byte >> 4;
  const low = byte & 15;
  return <u16>((high + (high < 10 ? 0x30 : 0x57)) | ((low + (low < 10 ? 0x30 : 0x57)) << 8));
}

/** Adds the `len` bytes at `ptr` (not in `out`) as lower-case hexadecimal. */
export function addHex(ptr: usize, len: u32, out: ByteBuffer): void {
  const target = out.reserve(len << 1);
  for (let i: usize = 0; i < <usize>len; i++) store<u16>(target + (i << 1), hexPair(load<u8>(ptr + i)));
  out.len += len << 1;
}

/** The same in capitals. */
export function addUpperHex(ptr: usize, len: u32, out: ByteBuffer): void {
  const start = out.len;
  addHex(ptr, len, out);
  for (let at = out.ptr + start; at < out.ptr + out.len; at++) {
    if (load<u8>(at) >= 0x61) store<u8>(at, load<u8>(at) - 0x20);
  }
}

/** Writes the bytes that the `len` hexadecimal digits at `ptr` spell to `target`, len / 2 of them; false when they spell none. */
export function parseHex(ptr: usize, len: u32, target: usize): bool {
  if (len & 1) return false;
  const bytes = <usize>(len >> 1);
  for (let i: usize = 0; i < bytes; i++) {
    const high = hexDigit(load<u8>(ptr + (i << 1)));
    const low = hexDigit(load<u8>(ptr + (i << 1), 1));
    if ((high | low) > 15) return false;
    store<u8>(target + i, <u8>((high << 4) | low));
  }
  return true;
}

/** Adds the UUID at `ptr` in its hyphenated lower-case form, 36 bytes. */
export function addUuid(ptr: usize, out: ByteBuffer): void {
  let target = out.reserve(36);
  for (let i: usize = 0; i < <usize>UUID_SIZE; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) store<u8>(target++, 0x2d);
    store<u16>(target, hexPair(load<u8>(ptr + i)));
    target += 2;
  }
  out.len += 36;
}

/** Writes the UUID that the `len` bytes at `ptr` spell to the 16 bytes at `target`; false when they spell none. */
export function parseUuid(ptr: usize, len: u32, target: usize): bool {
  if (len == 32) return parseHex(ptr, len, target);
  if (len != 36) return false;
  return (
    load<u8>(ptr, 8) == 0x2d &&
    load<u8>(ptr, 13) == 0x2d &&
    load<u8>(ptr, 18) == 0x2d &&
    load<u8>(ptr, 23) == 0x2d &&
    parseHex(ptr, 8, target) &&
    parseHex(ptr + 9, 4, target + 4) &&
    parseHex(ptr + 14, 4, target + 6) &&
    parseHex(ptr + 19, 4, target + 8) &&
    parseHex(ptr + 24, 12, target + 10)
  );
}

/** 16 lower-case hexadecimal digits. */
export function hex64(value: u64): string {
  let digits = "";
  for (let shift = 60; shift >= 0; shift -= 4) {
    const digit = <i32>((value >> shift) & 15);
    digits += String.fromCharCode(digit + (digit < 10 ? 0x30 : 0x57));
  }
  return digits;
}
