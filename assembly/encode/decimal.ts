/**
 * Decimals: 16 bytes, `flags u32 (scale in bits 16-23, sign in bit 31) · low u32 · mid u32 · high u32`, the value being the
 * 96-bit integer over 10^scale, with a scale of 0 to 28. The rules are those of Rust's `rust_decimal`: text keeps its scale
 * ("1.10"), values are compared numerically (1.0 equals 1.00, and -0 equals 0).
 */
import { ByteBuffer } from "./byte-buffer";
import { digitsBefore, isDigit } from "./digits";

const LOW: usize = 4;
const HIGH: usize = 12;

const MAX_SCALE: u32 = 28;
const SIGN: u32 = 0x80000000;
/** Flag bits that are zero in every decimal. */
const RESERVED: u32 = 0x7f00ffff;

/** The 96-bit integer that the functions below work on. */
let low: u64 = 0;
let high: u32 = 0;

/** Makes `factor` times the integer plus `addend` of it; false, and no change, when that needs more than 96 bits. */
function multiplyAdd(factor: u64, addend: u64): bool {
  const p0 = (low & 0xffffffff) * factor + addend;
  const p1 = (low >> 32) * factor + (p0 >> 32);
  const p2 = <u64>high * factor + (p1 >> 32);
  if (p2 >> 32 != 0) return false;
  low = (p0 & 0xffffffff) | (p1 << 32);
  high = <u32>p2;
  return true;
}

/** Divides the integer by `divisor` (up to 32 bits) and returns the remainder. */
function divide(divisor: u64): u32 {
  const d2 = <u64>high;
  const q2 = d2 / divisor;
  const d1 = ((d2 - q2 * divisor) << 32) | (low >> 32);
  const q1 = d1 / divisor;
  const d0 = ((d1 - q1 * divisor) << 32) | (low & 0xffffffff);
  const q0 = d0 / divisor;
  high = <u32>q2;
  low = (q1 << 32) | q0;
  return <u32>(d0 - q0 * divisor);
}

/** Multiplies the integer by up to `count` tens; returns how many fitted. */
function multiplyTens(count: i32): i32 {
  for (let done = 0; done < count; done++) {
    if (!multiplyAdd(10, 0)) return done;
  }
  return count;
}

/** Exponents beyond this are all the same: too large or too small. Keeps sums of exponents and text lengths in an i32. */
const EXPONENT_LIMIT: i32 = 0x10000000;

/** Where the exponent being read ends up; `readExponent` returns false when there is none. */
let exponent: i32 = 0;

function readExponent(ptr: usize, end: usize): bool {
  let at = ptr;
  const sign = at < end ? load<u8>(at) : 0;
  if (sign == 0x2b || sign == 0x2d) at++;
  if (at >= end) return false;
  let value = 0;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (!isDigit(byte)) return false;
    if (value < EXPONENT_LIMIT / 16) value = value * 10 + (<i32>byte - 0x30);
  }
  exponent = sign == 0x2d ? -value : value;
  return true;
}

/**
 * Writes the decimal that the `len` bytes at `ptr` spell to the 16 bytes at `target`; false when they spell none, or one that is
 * not exactly a decimal. Takes an optional sign, digits with at most one point, and an optional exponent. The scale is the
 * number of fractional digits as written, less an exponent; zeros at the end go only as far as the value would not fit with
 * them. Zero has no sign.
 */
export function parseDecimal(ptr: usize, len: u32, target: usize): bool {
  if (parseShort(ptr, len, target)) return true;
  if (len > <u32>EXPONENT_LIMIT) return false;
  const end = ptr + len;
  let at = ptr;
  const sign = at < end ? load<u8>(at) : 0;
  if (sign == 0x2b || sign == 0x2d) at++;

  low = 0;
  high = 0;
  let zeros = 0; // zeros read since the last other digit, not yet in the integer
  let digits = 0;
  let fraction = 0; // digits after the point
  let afterPoint = false;
  exponent = 0;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (isDigit(byte)) {
      digits++;
      fraction += <i32>afterPoint;
      if (byte == 0x30) {
        zeros++;
      } else {
        // Zeros in front multiply nothing.
        if ((low != 0 || high != 0) && multiplyTens(zeros) < zeros) return false;
        zeros = 0;
        if (!multiplyAdd(10, byte - 0x30)) return false;
      }
    } else if (byte == 0x2e && !afterPoint) {
      afterPoint = true;
    } else if ((byte | 0x20) == 0x65) {
      if (!readExponent(at + 1, end)) return false;
      break;
    } else {
      return false;
    }
  }
  if (digits == 0) return false;

  const written = fraction - exponent;
  let scale = min<i32>(max<i32>(written, 0), MAX_SCALE);
  if (low == 0 && high == 0) {
    storeDecimal(target, <u32>scale, false);
    return true;
  }
  // The value is integer · 10^(zeros - written) = (integer · 10^tens) · 10^-scale.
  const tens = zeros - written + scale;
  if (tens < 0) return false;
  scale -= tens - multiplyTens(tens);
  if (scale < 0) return false;
  storeDecimal(target, <u32>scale, sign == 0x2d);
  return true;
}

/** The same of what most decimals are, up to 19 digits with a point or none; false for all else. */
function parseShort(ptr: usize, len: u32, target: usize): bool {
  const end = ptr + len;
  let at = ptr;
  const negative = len > 0 && load<u8>(at) == 0x2d;
  if (negative) at++;
  const most = end - at;
  let value: u64 = 0;
  let point: usize = 0;
  if (most > 20) return false;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (isDigit(byte)) value = value * 10 + (byte - 0x30);
    else if (byte == 0x2e && point == 0) point = at + 1;
    else return false;
  }
  const digits = most - (point != 0 ? 1 : 0);
  if (digits - 1 > 18) return false;
  low = value;
  high = 0;
  storeDecimal(target, point != 0 ? <u32>(end - point) : 0, negative && value != 0);
  return true;
}

function storeDecimal(target: usize, scale: u32, negative: bool): void {
  store<u32>(target, (scale << 16) | (negative ? SIGN : 0));
  store<u64>(target, low, LOW);
  store<u32>(target, high, HIGH);
}


@inline
function scaleOf(ptr: usize): u32 {
  return (load<u32>(ptr) >> 16) & 0xff;
}

/** Whether the decimal at `ptr` is below zero. */
export function isNegative(ptr: usize): bool {
  return (load<u32>(ptr) & SIGN) != 0;
}


@inline
function isZero(ptr: usize): bool {
  return (load<u64>(ptr, LOW) | load<u32>(ptr, HIGH)) == 0;
}

/** Whether the 16 bytes at `ptr` are a decimal: a scale of at most 28, and no reserved bit set. */
export function isDecimal(ptr: usize): bool {
  return (load<u32>(ptr) & RESERVED) == 0 && scaleOf(ptr) <= MAX_SCALE;
}

/** Room for the digits of a 96-bit integer in 9s, or for the largest scale that 8 bits hold and a digit before the point. */
const ROOM: usize = 264;
const SCRATCH: usize = memory.data(<i32>ROOM, 8);

/**
 * Adds the decimal at `ptr` as text: an optional `-`, digits, and a point with as many digits as the scale when that is not 0.
 */
export function addDecimal(ptr: usize, out: ByteBuffer): void {
  low = load<u64>(ptr, LOW);
  high = load<u32>(ptr, HIGH);
  const scale = <usize>scaleOf(ptr);
  const end = SCRATCH + ROOM;
  let start = end;
  while (high != 0) {
    const chunk = start - 9;
    start = digitsBefore(start, divide(1000000000));
    while (start > chunk) store<u8>(--start, 0x30);
  }
  start = digitsBefore(start, low);
  while (<usize>(end - start) <= scale) store<u8>(--start, 0x30);

  if (load<u32>(ptr) & SIGN) out.addU8(0x2d);
  out.addBytes(start, <u32>(end - scale - start));
  if (scale > 0) {
    out.addU8(0x2e);
    out.addBytes(end - scale, <u32>scale);
  }
}

/** The order of the decimals at `a` and `b` by value: below, at or above 0. */
export function compareDecimal(a: usize, b: usize): i32 {
  const aNegative = (load<u32>(a) & SIGN) != 0;
  const bNegative = (load<u32>(b) & SIGN) != 0;
  const aZero = isZero(a);
  if (isZero(b)) return aZero ? 0 : aNegative ? -1 : 1;
  if (aZero || aNegative != bNegative) return bNegative ? 1 : -1;
  return aNegative ? compareMagnitude(b, a) : compareMagnitude(a, b);
}

/** The order of two decimals that are not zero, without their signs. */
function compareMagnitude(a: usize, b: usize): i32 {
  const aScale = scaleOf(a);
  const bScale = scaleOf(b);
  if (aScale < bScale) return -compareScaled(b, a, bScale - aScale);
  return compareScaled(a, b, aScale - bScale);
}

/** The order of the integer at `a` and 10^`tens` times the integer at `b`. */
function compareScaled(a: usize, b: usize, tens: u32): i32 {
  low = load<u64>(b, LOW);
  high = load<u32>(b, HIGH);
  // What needs more than 96 bits is above every integer that has 96.
  if (multiplyTens(<i32>tens) < <i32>tens) return -1;
  const aHigh = load<u32>(a, HIGH);
  if (aHigh != high) return aHigh < high ? -1 : 1;
  const aLow = load<u64>(a, LOW);
  return aLow == low ? 0 : aLow < low ? -1 : 1;
}
