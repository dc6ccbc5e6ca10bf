/**
 * Arithmetic of decimals (decimal.ts), as Rust's `rust_decimal` does it: exact while the result has 96 bits and a scale of at most 28; else
 * the scale is made smaller and the last digit rounded to the nearest, halves to the even one. What does not fit even without a fraction is
 * an overflow. A quotient has as many digits as fit, without zeros at the end that the division added.
 */
import { ByteBuffer } from "./byte-buffer";

const LOW: usize = 4;
const HIGH: usize = 12;
const MAX_SCALE: i32 = 28;
const SIGN: u32 = 0x80000000;

/** Integers of 256 bits: eight words of 32, the lowest first. */
const LIMBS: i32 = 8;
const BYTES: usize = 32;
const SCRATCH: usize = memory.data(128, 8);
const A: usize = SCRATCH;
const B: usize = SCRATCH + BYTES;
const Q: usize = SCRATCH + 2 * BYTES;
const R: usize = SCRATCH + 3 * BYTES;

/** Makes `x` the integer of the decimal at `ptr`. */
function takeInteger(x: usize, ptr: usize): void {
  memory.fill(x, 0, BYTES);
  store<u64>(x, load<u64>(ptr, LOW));
  store<u32>(x, load<u32>(ptr, HIGH), 8);
}


@inline
function scaleOf(ptr: usize): i32 {
  return <i32>((load<u32>(ptr) >> 16) & 0xff);
}


@inline
function isNegative(ptr: usize): bool {
  return (load<u32>(ptr) & SIGN) != 0;
}

function isZero(x: usize): bool {
  return (load<u64>(x) | load<u64>(x, 8) | load<u64>(x, 16) | load<u64>(x, 24)) == 0;
}

/** Whether it has more than 96 bits. */
function isLarge(x: usize): bool {
  return (load<u32>(x, 12) | load<u64>(x, 16) | load<u64>(x, 24)) != 0;
}

function multiplySmall(x: usize, factor: u64): void {
  let carry: u64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    const at = x + ((<usize>i) << 2);
    const product = <u64>load<u32>(at) * factor + carry;
    store<u32>(at, <u32>product);
    carry = product >> 32;
  }
}

/** Times 10^`tens`. */
function scaleUp(x: usize, tens: i32): void {
  for (; tens >= 9; tens -= 9) multiplySmall(x, 1000000000);
  for (; tens > 0; tens--) multiplySmall(x, 10);
}

/** Divides by `divisor`, of up to 32 bits; returns the remainder. */
function divideSmall(x: usize, divisor: u64): u64 {
  let rest: u64 = 0;
  for (let i = LIMBS - 1; i >= 0; i--) {
    const at = x + ((<usize>i) << 2);
    const part = (rest << 32) | (<u64>load<u32>(at));
    const quotient = part / divisor;
    store<u32>(at, <u32>quotient);
    rest = part - quotient * divisor;
  }
  return rest;
}

function compare(x: usize, y: usize): i32 {
  for (let i = LIMBS - 1; i >= 0; i--) {
    const a = load<u32>(x + ((<usize>i) << 2));
    const b = load<u32>(y + ((<usize>i) << 2));
    if (a != b) return a < b ? -1 : 1;
  }
  return 0;
}

function addTo(x: usize, y: usize): void {
  let carry: u64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    const at = x + ((<usize>i) << 2);
    const sum = <u64>load<u32>(at) + <u64>load<u32>(y + ((<usize>i) << 2)) + carry;
    store<u32>(at, <u32>sum);
    carry = sum >> 32;
  }
}

/** `x` less `y`, which is not above it. */
function subtractFrom(x: usize, y: usize): void {
  let borrow: i64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    const at = x + ((<usize>i) << 2);
    const difference = <i64>load<u32>(at) - <i64>load<u32>(y + ((<usize>i) << 2)) + borrow;
    store<u32>(at, <u32>difference);
    borrow = difference >> 32;
  }
}

function addOne(x: usize): void {
  for (let i = 0; i < LIMBS; i++) {
    const at = x + ((<usize>i) << 2);
    const sum = load<u32>(at) + 1;
    store<u32>(at, sum);
    if (sum != 0) return;
  }
}

/**
 * Writes `x` · 10^-`scale` as a decimal to `target`, its digits reduced and rounded as far as needed; false when it does not fit. `more`
 * tells that the exact value is a little above.
 */
function storeRounded(x: usize, scale: i32, negative: bool, target: usize, more: bool = false): bool {
  let drop = max(scale - MAX_SCALE, 0);
  // The digits that go have to be known before any is dropped, to round once.
  memory.copy(R, x, BYTES);
  for (let i = 0; i < drop; i++) divideSmall(R, 10);
  while (isLarge(R)) {
    divideSmall(R, 10);
    drop += 1;
  }
  if (drop > scale) return false;
  for (;;) {
    memory.copy(R, x, BYTES);
    let sticky = more;
    let last: u64 = 0;
    for (let i = 0; i < drop; i++) {
      sticky = sticky || last != 0;
      last = divideSmall(R, 10);
    }
    const half = last == 5 && !sticky;
    if (last > 5 || (last == 5 && (!half || (load<u32>(R) & 1) != 0))) addOne(R);
    if (!isLarge(R)) break;
    // Rounding made it a digit longer.
    drop += 1;
    if (drop > scale) return false;
  }
  store<u32>(target, ((<u32>(scale - drop)) << 16) | (negative && !isZero(R) ? SIGN : 0));
  store<u64>(target, load<u64>(R), LOW);
  store<u32>(target, load<u32>(R, 8), HIGH);
  return true;
}

/** Writes the sum of the decimals at `a` and `b`, or with `minus` their difference, to `target`; false on overflow. All may be one. */
export function addDecimals(a: usize, b: usize, minus: bool, target: usize): bool {
  const scale = max(scaleOf(a), scaleOf(b));
  const aNegative = isNegative(a);
  const bNegative = isNegative(b) != minus;
  takeInteger(A, a);
  takeInteger(B, b);
  scaleUp(A, scale - scaleOf(a));
  scaleUp(B, scale - scaleOf(b));
  if (aNegative == bNegative) {
    addTo(A, B);
    return storeRounded(A, scale, aNegative, target);
  }
  if (compare(A, B) >= 0) {
    subtractFrom(A, B);
    return storeRounded(A, scale, aNegative, target);
  }
  subtractFrom(B, A);
  return storeRounded(B, scale, bNegative, target);
}

/** Writes the product to `target`; false on overflow. */
export function multiplyDecimals(a: usize, b: usize, target: usize): bool {
  const scale = scaleOf(a) + scaleOf(b);
  const negative = isNegative(a) != isNegative(b);
  takeInteger(A, a);
  memory.fill(Q, 0, BYTES);
  for (let i: usize = 0; i < 3; i++) {
    const word = <u64>load<u32>(b + LOW + (i << 2));
    let carry: u64 = 0;
    for (let j: usize = 0; i + j < 8; j++) {
      const at = Q + ((i + j) << 2);
      const sum = <u64>load<u32>(A + (j << 2)) * word + <u64>load<u32>(at) + carry;
      store<u32>(at, <u32>sum);
      carry = sum >> 32;
    }
  }
  return storeRounded(Q, scale, negative, target);
}

/** Q = A / B, A = the remainder: bit by bit from the highest that is set. */
function divideLarge(): void {
  memory.fill(Q, 0, BYTES);
  memory.fill(R, 0, BYTES);
  let bit = 255;
  while (bit >= 0 && (load<u32>(A + (((<usize>bit) >> 5) << 2)) & ((<u32>1) << (bit & 31))) == 0) bit -= 1;
  for (; bit >= 0; bit--) {
    let carry = (load<u32>(A + (((<usize>bit) >> 5) << 2)) >> (bit & 31)) & 1;
    for (let i = 0; i < LIMBS; i++) {
      const at = R + ((<usize>i) << 2);
      const word = load<u32>(at);
      store<u32>(at, (word << 1) | carry);
      carry = word >> 31;
    }
    if (compare(R, B) < 0) continue;
    subtractFrom(R, B);
    const at = Q + (((<usize>bit) >> 5) << 2);
    store<u32>(at, load<u32>(at) | ((<u32>1) << (bit & 31)));
  }
  memory.copy(A, R, BYTES);
}

/** Writes the quotient to `target`; false on overflow. `b` is not zero. */
export function divideDecimals(a: usize, b: usize, target: usize): bool {
  const negative = isNegative(a) != isNegative(b);
  let scale = scaleOf(a) - scaleOf(b);
  takeInteger(A, a);
  takeInteger(B, b);
  if (scale < 0) {
    scaleUp(A, -scale);
    scale = 0;
  }
  const exact = scale;
  // One digit more than a decimal has, or as many as there is room for: with 252 bits the quotient has more than 96, whatever the divisor.
  for (; scale <= MAX_SCALE && load<u32>(A, 28) < 0x10000000; scale++) multiplySmall(A, 10);
  divideLarge();
  const isExact = isZero(A);
  if (isExact) {
    // Zeros that the division added go again.
    for (; scale > exact; scale--) {
      memory.copy(A, Q, BYTES);
      if (divideSmall(A, 10) != 0) break;
      memory.copy(Q, A, BYTES);
    }
  }
  if (!storeRounded(Q, scale, negative, target, !isExact)) return false;
  return true;
}

/** Writes what is left of `a` after whole multiples of `b`, which is not zero: its sign is that of `a`. False on overflow. */
export function remainderDecimals(a: usize, b: usize, target: usize): bool {
  const scale = max(scaleOf(a), scaleOf(b));
  const negative = isNegative(a);
  takeInteger(A, a);
  takeInteger(B, b);
  scaleUp(A, scale - scaleOf(a));
  scaleUp(B, scale - scaleOf(b));
  divideLarge();
  memory.copy(Q, A, BYTES);
  return storeRounded(Q, scale, negative, target);
}

/** How `roundDecimal` rounds: to the nearest, halves away from zero; towards zero; down; up; to the nearest, halves to an even digit. */
export const ROUND_HALF_AWAY: i32 = 0;
export const ROUND_TRUNCATE: i32 = 1;
export const ROUND_FLOOR: i32 = 2;
export const ROUND_CEILING: i32 = 3;
export const ROUND_HALF_EVEN: i32 = 4;

/**
 * Writes the decimal at `a` with no more than `digits` digits behind the point (below 0: tens before it) to `target`; false on overflow.
 */
export function roundDecimal(a: usize, digits: i32, mode: i32, target: usize): bool {
  const scale = scaleOf(a);
  const negative = isNegative(a);
  if (digits >= scale) {
    memory.copy(target, a, 16);
    return true;
  }
  takeInteger(A, a);
  const drop = scale - digits;
  let last: u64 = 0;
  let sticky = false;
  for (let i = 0; i < drop; i++) {
    sticky = sticky || last != 0;
    last = divideSmall(A, 10);
  }
  const rest = last != 0 || sticky;
  const up =
    mode == ROUND_HALF_AWAY
      ? last >= 5
      : mode == ROUND_FLOOR
        ? rest && negative
        : mode == ROUND_CEILING
          ? rest && !negative
          : mode == ROUND_HALF_EVEN && (last > 5 || (last == 5 && (sticky || (load<u8>(A) & 1) != 0)));
  if (up) addOne(A);
  if (digits < 0) scaleUp(A, min(-digits, 40));
  return storeRounded(A, max(digits, 0), negative, target);
}

/** Writes `value` as a decimal without a fraction. */
export function decimalOfInteger(value: i64, target: usize): void {
  store<u32>(target, value < 0 ? SIGN : 0);
  store<u64>(target, value < 0 ? <u64>(0 - value) : <u64>value, LOW);
  store<u32>(target, 0, HIGH);
}

/** The same for an integer of 128 bits, of which 96 and a sign are in use. */
export function decimalOfWide(low: u64, high: i64, target: usize): void {
  store<u32>(target, high < 0 ? SIGN : 0);
  store<u64>(target, high < 0 ? 0 - low : low, LOW);
  store<u32>(target, <u32>(high < 0 ? ~high + i64(low == 0) : high), HIGH);
}

/** The same for a number without a sign. */
export function decimalOfUnsigned(value: u64, target: usize): void {
  store<u32>(target, 0);
  store<u64>(target, value, LOW);
  store<u32>(target, 0, HIGH);
}

/** Whether the decimal at `ptr` is a whole number of 64 bits, with a sign or without; then `wholeNumber` is it. */
export function isWholeNumber(ptr: usize, unsigned: bool = false): bool {
  takeInteger(A, ptr);
  for (let scale = scaleOf(ptr); scale > 0; scale--) {
    if (divideSmall(A, 10) != 0) return false;
  }
  if (isLarge(A) || load<u32>(A, 8) != 0) return false;
  const magnitude = load<u64>(A);
  const negative = isNegative(ptr);
  if (unsigned && !negative) {
    wholeNumber = <i64>magnitude;
    return true;
  }
  if (magnitude > (unsigned ? 0 : negative ? 0x8000000000000000 : 0x7fffffffffffffff)) return false;
  wholeNumber = negative ? 0 - <i64>magnitude : <i64>magnitude;
  return true;
}

export let wholeNumber: i64 = 0;

/** Changes the sign of the decimal at `ptr` where it lies. */
export function negateDecimal(ptr: usize): void {
  takeInteger(A, ptr);
  if (!isZero(A)) store<u32>(ptr, load<u32>(ptr) ^ SIGN);
}

/**
 * Appends bytes whose order is that of the decimals, the same for equal ones: a sign, how many digits are before the point, and the digits
 * without zeros at the end; of negative ones all bits turned over.
 */
export function addOrderedDecimal(ptr: usize, out: ByteBuffer): void {
  takeInteger(A, ptr);
  if (isZero(A)) {
    out.addU8(0x80);
    return;
  }
  const negative = isNegative(ptr);
  const flip: u32 = negative ? 0xff : 0;
  const digits = Q;
  let count = 0;
  for (; !isZero(A); count++) {
    const digit = divideSmall(A, 10);
    store<u8>(digits + 30 - <usize>count, <u8>(digit + 1));
  }
  // Digits from 1 to 10, so that what ends earlier comes first.
  let end = digits + 31;
  const start = end - <usize>count;
  while (end > start && load<u8>(end - 1) == 1) end -= 1;
  out.addU8(negative ? 0x7f : 0x81);
  out.addU8(((<u32>(count - scaleOf(ptr) + 64)) ^ flip) & 0xff);
  for (let at = start; at < end; at++) out.addU8(((<u32>load<u8>(at)) ^ flip) & 0xff);
  out.addU8(flip);
}
