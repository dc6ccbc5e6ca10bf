/**
 * Decimal digits of integers, both ways, on raw bytes and without allocation.
 */
import { ByteBuffer } from "./byte-buffer";

/** The 100 pairs of digits "00" to "99". */
const PAIRS: usize = memory.data<u16>([
  0x3030, 0x3130, 0x3230, 0x3330, 0x3430, 0x3530, 0x3630, 0x3730, 0x3830, 0x3930, 0x3031, 0x3131, 0x3231, 0x3331, 0x3431, 0x3531,
  0x3631, 0x3731, 0x3831, 0x3931, 0x3032, 0x3132, 0x3232, 0x3332, 0x3432, 0x3532, 0x3632, 0x3732, 0x3832, 0x3932, 0x3033, 0x3133,
  0x3233, 0x3333, 0x3433, 0x3533, 0x3633, 0x3733, 0x3833, 0x3933, 0x3034, 0x3134, 0x3234, 0x3334, 0x3434, 0x3534, 0x3634, 0x3734,
  0x3834, 0x3934, 0x3035, 0x3135, 0x3235, 0x3335, 0x3435, 0x3535, 0x3635, 0x3735, 0x3835, 0x3935, 0x3036, 0x3136, 0x3236, 0x3336,
  0x3436, 0x3536, 0x3636, 0x3736, 0x3836, 0x3936, 0x3037, 0x3137, 0x3237, 0x3337, 0x3437, 0x3537, 0x3637, 0x3737, 0x3837, 0x3937,
  0x3038, 0x3138, 0x3238, 0x3338, 0x3438, 0x3538, 0x3638, 0x3738, 0x3838, 0x3938, 0x3039, 0x3139, 0x3239, 0x3339, 0x3439, 0x3539,
  0x3639, 0x3739, 0x3839, 0x3939,
]);

/** Most digits of a u64. */
const ROOM: usize = 20;
const SCRATCH: usize = memory.data(<i32>ROOM, 8);

/** Writes the digits of `value` so that they end before `end`, and returns where they start. Room for 20 is needed. */
export function digitsBefore(end: usize, value: u64): usize {
  let at = end;
  let rest = value;
  while (rest >= 100) {
    const quotient = rest / 100;
    at -= 2;
    store<u16>(at, load<u16>(PAIRS + ((<usize>(rest - quotient * 100)) << 1)));
    rest = quotient;
  }
  if (rest >= 10) {
    at -= 2;
    store<u16>(at, load<u16>(PAIRS + ((<usize>rest) << 1)));
  } else {
    at -= 1;
    store<u8>(at, 0x30 + <u8>rest);
  }
  return at;
}

/** Adds `value` in decimal. */
export function addUnsigned(value: u64, out: ByteBuffer): void {
  const start = digitsBefore(SCRATCH + ROOM, value);
  out.addBytes(start, <u32>(SCRATCH + ROOM - start));
}

/** Adds `value` in decimal, with `-` when it is negative. */
export function addSigned(value: i64, out: ByteBuffer): void {
  if (value < 0) {
    out.addU8(0x2d);
    addUnsigned(0 - <u64>value, out);
  } else {
    addUnsigned(<u64>value, out);
  }
}

/** Adds `value` in decimal with zeros in front up to `width` digits (at most 20), or more digits when it has more. */
export function addPadded(value: u64, width: u32, out: ByteBuffer): void {
  let start = digitsBefore(SCRATCH + ROOM, value);
  const padded = SCRATCH + ROOM - width;
  while (start > padded) store<u8>(--start, 0x30);
  out.addBytes(start, <u32>(SCRATCH + ROOM - start));
}

/** Whether `byte` is an ASCII digit. */
@inline
export function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** What `parseUnsigned` read. */
export let parsedUnsigned: u64 = 0;

/** Reads the `len` bytes at `ptr` as a decimal number into `parsedUnsigned`; false when they are none, or it is above `limit`. */
export function parseUnsigned(ptr: usize, len: u32, limit: u64): bool {
  if (len == 0) return false;
  const end = ptr + len;
  let value: u64 = 0;
  for (let at = ptr; at < end; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return false;
    // 1844674407370955161 is the largest u64 that can take one more digit; with it, only 0 to 5.
    if (value >= 1844674407370955161 && (value > 1844674407370955161 || digit > 5)) return false;
    value = value * 10 + digit;
  }
  parsedUnsigned = value;
  return value <= limit;
}
