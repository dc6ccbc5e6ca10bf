/**
 * JSON numbers: the grammar, and the values that the reference's JSON reader (serde_json) makes of them, which decide both
 * whether it accepts a document and how documents compare.
 *
 * An integer that fits i64 or u64 stays one; everything else (a fraction, an exponent, `-0`, larger integers) becomes an f64 by
 * serde_json's own arithmetic, which is not always correctly rounded: up to 64 bits of significand, then one or two
 * multiplications or divisions by a power of ten. It is followed to the bit here.
 */
import { ByteBuffer } from "./byte-buffer";
import { isDigit } from "./digits";
import { JSON_BAD_NUMBER, JSON_ENDS_EARLY, JSON_NUMBER_RANGE, scanFault } from "./json-error";

/** The value of the number last read: an integer, or `numberFloat` when `numberIsFloat`. */
let numberIsFloat: bool = false;
let numberFloat: f64 = 0;
/** An integer: its sign and its distance from zero. */
let numberNegative: bool = false;
let numberMagnitude: u64 = 0;

const POWERS_OF_TEN: usize = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39, 1e40, 1e41, 1e42, 1e43,
  1e44, 1e45, 1e46, 1e47, 1e48, 1e49, 1e50, 1e51, 1e52, 1e53, 1e54, 1e55, 1e56, 1e57, 1e58, 1e59, 1e60, 1e61, 1e62, 1e63, 1e64,
  1e65, 1e66, 1e67, 1e68, 1e69, 1e70, 1e71, 1e72, 1e73, 1e74, 1e75, 1e76, 1e77, 1e78, 1e79, 1e80, 1e81, 1e82, 1e83, 1e84, 1e85,
  1e86, 1e87, 1e88, 1e89, 1e90, 1e91, 1e92, 1e93, 1e94, 1e95, 1e96, 1e97, 1e98, 1e99, 1e100, 1e101, 1e102, 1e103, 1e104, 1e105,
  1e106, 1e107, 1e108, 1e109, 1e110, 1e111, 1e112, 1e113, 1e114, 1e115, 1e116, 1e117, 1e118, 1e119, 1e120, 1e121, 1e122, 1e123,
  1e124, 1e125, 1e126, 1e127, 1e128, 1e129, 1e130, 1e131, 1e132, 1e133, 1e134, 1e135, 1e136, 1e137, 1e138, 1e139, 1e140, 1e141,
  1e142, 1e143, 1e144, 1e145, 1e146, 1e147, 1e148, 1e149, 1e150, 1e151, 1e152, 1e153, 1e154, 1e155, 1e156, 1e157, 1e158, 1e159,
  1e160, 1e161, 1e162, 1e163, 1e164, 1e165, 1e166, 1e167, 1e168, 1e169, 1e170, 1e171, 1e172, 1e173, 1e174, 1e175, 1e176, 1e177,
  1e178, 1e179, 1e180, 1e181, 1e182, 1e183, 1e184, 1e185, 1e186, 1e187, 1e188, 1e189, 1e190, 1e191, 1e192, 1e193, 1e194, 1e195,
  1e196, 1e197, 1e198, 1e199, 1e200, 1e201, 1e202, 1e203, 1e204, 1e205, 1e206, 1e207, 1e208, 1e209, 1e210, 1e211, 1e212, 1e213,
  1e214, 1e215, 1e216, 1e217, 1e218, 1e219, 1e220, 1e221, 1e222, 1e223, 1e224, 1e225, 1e226, 1e227, 1e228, 1e229, 1e230, 1e231,
  1e232, 1e233, 1e234, 1e235, 1e236, 1e237, 1e238, 1e239, 1e240, 1e241, 1e242, 1e243, 1e244, 1e245, 1e246, 1e247, 1e248, 1e249,
  1e250, 1e251, 1e252, 1e253, 1e254, 1e255, 1e256, 1e257, 1e258, 1e259, 1e260, 1e261, 1e262, 1e263, 1e264, 1e265, 1e266, 1e267,
  1e268, 1e269, 1e270, 1e271, 1e272, 1e273, 1e274, 1e275, 1e276, 1e277, 1e278, 1e279, 1e280, 1e281, 1e282, 1e283, 1e284, 1e285,
  1e286, 1e287, 1e288, 1e289, 1e290, 1e291, 1e292, 1e293, 1e294, 1e295, 1e296, 1e297, 1e298, 1e299, 1e300, 1e301, 1e302, 1e303,
  1e304, 1e305, 1e306, 1e307, 1e308,
]);
const LARGEST_POWER: i32 = 308;


@inline
function skipDigits(at: usize, end: usize): usize {
  while (at < end && isDigit(load<u8>(at))) at++;
  return at;
}


@inline
function digitFault(at: usize, end: usize): usize {
  return scanFault(at < end ? JSON_BAD_NUMBER : JSON_ENDS_EARLY, at);
}

/** Where the number ends that was out of range last. */
export let wideNumberEnd: usize = 0;

/** Where the number ends that starts at `at` with a digit or `-`; 0 for a fault, a number beyond the range of f64 among them. */
export function scanNumber(at: usize, end: usize): usize {
  const start = at;
  if (load<u8>(at) == 0x2d) at++;
  const first = at < end ? <u32>load<u8>(at) : 0;
  if (!isDigit(first)) return digitFault(at, end);
  at = first == 0x30 ? at + 1 : skipDigits(at, end);
  if (at < end && isDigit(load<u8>(at))) return scanFault(JSON_BAD_NUMBER, at);
  if (at < end && load<u8>(at) == 0x2e) {
    at++;
    const fraction = at;
    at = skipDigits(at, end);
    if (at == fraction) return digitFault(at, end);
  }
  let hasExponent = false;
  if (at < end && (load<u8>(at) | 0x20) == 0x65) {
    hasExponent = true;
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const digits = at;
    at = skipDigits(at, end);
    if (at == digits) return digitFault(at, end);
  }
  // Fewer than 300 digits without an exponent cannot leave the range.
  if ((!hasExponent && at - start <= 300) || readNumber(start, <u32>(at - start))) return at;
  wideNumberEnd = at;
  return scanFault(JSON_NUMBER_RANGE, start);
}

/** Whether 10 times `significand` and `digit` is above the largest u64. */
@inline
function overflows(significand: u64, digit: u64): bool {
  return significand >= 1844674407370955161 && (significand > 1844674407370955161 || digit > 5);
}

function setFloat(value: f64, negative: bool): bool {
  numberIsFloat = true;
  numberFloat = negative ? -value : value;
  return true;
}

/** Sets the number to `significand` times 10^`exponent`; false beyond the range. */
function setScaled(significand: u64, exponent: i64, negative: bool): bool {
  let value = <f64>significand;
  let power = exponent;
  while (power < -LARGEST_POWER) {
    if (value == 0) return setFloat(value, negative);
    value /= 1e308;
    power += 308;
  }
  if (power > LARGEST_POWER) return value == 0 ? setFloat(value, negative) : false;
  if (power < 0) {
    value /= load<f64>(POWERS_OF_TEN + ((<usize>-power) << 3));
  } else {
    value *= load<f64>(POWERS_OF_TEN + ((<usize>power) << 3));
    if (value == Infinity) return false;
  }
  return setFloat(value, negative);
}

/** Reads the number that the `len` bytes at `ptr`, which `scanNumber` took, spell; false beyond the range. */
function readNumber(ptr: usize, len: u32): bool {
  const end = ptr + len;
  let at = ptr;
  const negative = load<u8>(at) == 0x2d;
  if (negative) at++;
  let significand: u64 = 0;
  let exponent: i64 = 0;
  let full = false;
  for (; at < end && isDigit(load<u8>(at)); at++) {
    const digit = <u64>load<u8>(at) - 0x30;
    full = full || overflows(significand, digit);
    if (full) exponent++;
    else significand = significand * 10 + digit;
  }
  if (at == end && !full) {
    // `-0`, and what is below the smallest i64, are floats.
    if (negative && (significand == 0 || significand > 0x8000000000000000)) return setFloat(<f64>significand, true);
    numberIsFloat = false;
    numberNegative = negative;
    numberMagnitude = significand;
    return true;
  }
  if (at < end && load<u8>(at) == 0x2e) {
    full = false;
    for (at++; at < end && isDigit(load<u8>(at)); at++) {
      const digit = <u64>load<u8>(at) - 0x30;
      full = full || overflows(significand, digit);
      if (full) continue;
      significand = significand * 10 + digit;
      exponent--;
    }
  }
  if (at == end) return setScaled(significand, exponent, negative);

  at++;
  const sign = load<u8>(at);
  if (sign == 0x2b || sign == 0x2d) at++;
  let written: i64 = 0;
  for (; at < end; at++) {
    written = written * 10 + (<i64>load<u8>(at) - 0x30);
    if (written > i32.MAX_VALUE) {
      return significand != 0 && sign != 0x2d ? false : setFloat(0, negative);
    }
  }
  return setScaled(significand, exponent + (sign == 0x2d ? -written : written), negative);
}

/** The number's value as an f64, as the reference converts it. */
function toFloat(isFloat: bool, value: f64, negative: bool, magnitude: u64): f64 {
  return isFloat ? value : negative ? <f64>-(<i64>magnitude) : <f64>magnitude;
}

/** The order of the integer `negative`, `magnitude` and the finite `value`, exactly. */
function compareIntegerFloat(negative: bool, magnitude: u64, value: f64): i32 {
  if (value >= 18446744073709551616.0) return -1;
  if (value < -9223372036854775808.0) return 1;
  const whole = trunc<f64>(value);
  if (negative) {
    if (whole >= 0) return -1;
    const a = -(<i64>magnitude);
    const b = <i64>whole;
    if (a != b) return a < b ? -1 : 1;
  } else {
    if (whole < 0) return 1;
    const b = <u64>whole;
    if (magnitude != b) return magnitude < b ? -1 : 1;
  }
  return value > whole ? -1 : value < whole ? 1 : 0;
}

/**
 * The order of two valid numbers. `exact` is what the reference does since 0.11: by exact value, an integer before the float that
 * equals it, -0.0 equal to 0.0. Otherwise as in 0.9: two i64 or two u64 as integers, everything else as f64, -0.0 before 0.0.
 */
export function compareNumbers(aPtr: usize, aLen: u32, bPtr: usize, bLen: u32, exact: bool): i32 {
  readNumber(aPtr, aLen);
  const aIsFloat = numberIsFloat;
  const aFloat = numberFloat;
  const aNegative = numberNegative;
  const aMagnitude = numberMagnitude;
  readNumber(bPtr, bLen);
  const bIsFloat = numberIsFloat;
  if (!aIsFloat && !bIsFloat) return compareIntegers(aNegative, aMagnitude, numberNegative, numberMagnitude);
  if (exact) {
    if (aIsFloat && bIsFloat) return <i32>(aFloat > numberFloat) - <i32>(aFloat < numberFloat);
    if (bIsFloat) return compareIntegerFloat(aNegative, aMagnitude, numberFloat) > 0 ? 1 : -1;
    return compareIntegerFloat(numberNegative, numberMagnitude, aFloat) > 0 ? -1 : 1;
  }
  const a = toFloat(aIsFloat, aFloat, aNegative, aMagnitude);
  const b = toFloat(bIsFloat, numberFloat, numberNegative, numberMagnitude);
  if (a != b) return a < b ? -1 : 1;
  // Equal values differ at most in the sign of zero.
  return <i32>(reinterpret<i64>(a) >= 0) - <i32>(reinterpret<i64>(b) >= 0);
}

/**
 * The order of two integers. A u64 above the largest i64 and a negative integer go through f64 in 0.9; the outcome is the same.
 */
function compareIntegers(aNegative: bool, aMagnitude: u64, bNegative: bool, bMagnitude: u64): i32 {
  if (aNegative != bNegative) return aNegative ? -1 : 1;
  if (aMagnitude == bMagnitude) return 0;
  return aMagnitude < bMagnitude != aNegative ? -1 : 1;
}

/**
 * Appends bytes in the order of `compareNumbers`. Without `exact` an integer beyond 2^53 is not the float that it is equal to there: no
 * bytes could be equal to those of both.
 */
export function addOrderedNumber(ptr: usize, len: u32, exact: bool, out: ByteBuffer): void {
  readNumber(ptr, len);
  const value = toFloat(numberIsFloat, numberFloat, numberNegative, numberMagnitude);
  const bits = exact && value == 0 ? 0 : reinterpret<u64>(value);
  out.addU64(bswap<u64>(bits >> 63 != 0 ? ~bits : bits | 0x8000000000000000));
  // How far an integer is from its float, which is as near as 1,024.
  let distance: i64 = 0;
  if (!numberIsFloat && numberNegative) distance = -(<i64>numberMagnitude) - <i64>value;
  else if (!numberIsFloat) distance = <i64>(numberMagnitude - (value >= 18446744073709551616.0 ? 0 : <u64>value));
  out.addU16(bswap<u16>(<u16>(distance + 0x8000)));
  out.addU8(exact && numberIsFloat ? 1 : 0);
}
