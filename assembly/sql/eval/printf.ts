/** PRINTF: %d %i %u %f %x %X %o %s %c %q %Q %%, with - + blank 0 and comma, a width and a precision, each of which may be *. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { characters, skip } from "../../encode/characters";
import { addDecimal } from "../../encode/decimal";
import {
  ROUND_HALF_AWAY,
  ROUND_TRUNCATE,
  decimalOfInteger,
  decimalOfUnsigned,
  roundDecimal,
} from "../../encode/decimal-arithmetic";
import { isDigit } from "../../encode/digits";
import { addText } from "./cast";
import { K_BOOLEAN, K_DECIMAL, K_INT, K_UINT } from "./kinds";
import { addDoubled, addQuoted } from "./quoted";
import { Vector } from "./vector";

const MINUS: u32 = 1;
const PLUS: u32 = 2;
const BLANK: u32 = 4;
const ZERO: u32 = 8;
const COMMAS: u32 = 16;
/** Widths and precisions are no more than this. */
const MOST_WIDTH: i64 = 1000000;

/** Why `addFormatted` made nothing. */
export let formatProblem: string = "";

const decimal: usize = memory.data(16, 8);
const piece: ByteBuffer = new ByteBuffer(64);
const digits: ByteBuffer = new ByteBuffer(64);

/** The flag that a character is; 0 for none. */
function flagOf(byte: u32): u32 {
  switch (byte) {
    case 0x2d:
      return MINUS;
    case 0x2b:
      return PLUS;
    case 0x20:
      return BLANK;
    case 0x30:
      return ZERO;
    case 0x2c:
      return COMMAS;
    default:
      return 0;
  }
}

/** Appends what the format, the first of the values, makes of the others; false, with `formatProblem`, where they do not fit. */
export function addFormatted(args: Array<Vector>, i: u32, out: ByteBuffer): bool {
  let at = args[0].ptr(i);
  const end = at + args[0].len(i);
  let next = 1;
  while (at < end) {
    const byte = <u32>load<u8>(at++);
    if (byte != 0x25) {
      out.addU8(byte);
      continue;
    }
    let flags: u32 = 0;
    for (; at < end && flagOf(load<u8>(at)) != 0; at++) flags |= flagOf(load<u8>(at));
    // The width, then the precision.
    let width: i64 = 0;
    let precision: i64 = -1;
    for (let part = 0; part < 2; part++) {
      let number: i64 = 0;
      if (part == 1) {
        if (at >= end || load<u8>(at) != 0x2e) break;
        at += 1;
      }
      if (at < end && load<u8>(at) == 0x2a) {
        at += 1;
        if (next >= args.length || args[next].kind != K_INT) return fails("needs an integer for *");
        number = args[next].isNull(i) ? 0 : args[next].int(i);
        if (part == 0 && number < 0) {
          flags |= MINUS;
          number = -number;
        }
        next += 1;
      } else while (at < end && isDigit(load<u8>(at)) && number <= MOST_WIDTH) number = number * 10 + (load<u8>(at++) - 0x30);
      if (number > MOST_WIDTH) return fails("has a width that is too large");
      if (part == 0) width = number;
      else precision = max<i64>(number, 0);
    }
    while (at < end && load<u8>(at) == 0x6c) at += 1; // l says nothing
    const what = at < end ? <u32>load<u8>(at++) : 0;
    if (what == 0x25) {
      out.addU8(what);
      continue;
    }
    if (next >= args.length) return fails("has fewer values than its format asks for");
    if (!addPiece(what, flags, precision, args[next++], i)) return false;
    addWide(flags, width, isNumeric(what), out);
  }
  return true;
}

function fails(what: string): bool {
  formatProblem = what;
  return false;
}

function isNumeric(what: u32): bool {
  return what != 0x73 && what != 0x63 && (what | 0x20) != 0x71;
}

/** Makes `piece` what one value is; a number's sign is its first character. */
function addPiece(what: u32, flags: u32, precision: i64, value: Vector, i: u32): bool {
  piece.reset();
  const isNull = value.isNull(i);
  switch (what) {
    case 0x63: // c
    case 0x73: // s
      if (!isNull) addText(value.kind, value.at(i), piece);
      if (what == 0x63) precision = 1;
      if (precision >= 0) piece.len = <u32>(skip(piece.ptr, piece.ptr + piece.len, precision) - piece.ptr);
      return true;
    case 0x51: // Q
      addQuoted(value, i, piece);
      return true;
    case 0x71: // q
      digits.reset();
      if (isNull) digits.addText("(NULL)");
      else addText(value.kind, value.at(i), digits);
      addDoubled(digits.ptr, digits.len, piece);
      return true;
    case 0x64: // d
    case 0x69: // i
    case 0x75: // u
    case 0x66: // f
    case 0x78: // x
    case 0x58: // X
    case 0x6f: // o
      break;
    default:
      return fails("has a % without one of d i u f x X o s c q Q % behind it");
  }
  const kind = value.kind;
  if (isNull || kind == K_INT || kind == K_BOOLEAN) decimalOfInteger(isNull ? 0 : value.int(i), decimal);
  else if (kind == K_UINT) decimalOfUnsigned(value.int(i), decimal);
  else if (kind == K_DECIMAL) memory.copy(decimal, value.at(i), 16);
  else return fails("needs a number for %" + String.fromCharCode(what));
  digits.reset();
  if (what == 0x66) {
    const places = <i32>(precision < 0 ? 6 : precision);
    if (!roundDecimal(decimal, min(places, 28), ROUND_HALF_AWAY, decimal)) return fails("has a number that is too large");
    addDecimal(decimal, digits);
    let has = (<i32>(load<u32>(decimal) >> 16)) & 0xff;
    if (has == 0 && places > 0) digits.addU8(0x2e);
    for (; has < places; has++) digits.addU8(0x30);
    precision = 0;
  } else {
    roundDecimal(decimal, 0, ROUND_TRUNCATE, decimal);
    if (what != 0x78 && what != 0x58 && what != 0x6f) addDecimal(decimal, digits);
    else addBits(what == 0x6f ? 3 : 4, what == 0x58 ? 0x37 : 0x57, digits);
  }
  addSigned(flags, precision);
  return true;
}

/** Appends the bits of the integer in `decimal`, so many for each digit. */
function addBits(bits: u32, letters: u32, out: ByteBuffer): void {
  let value = load<u64>(decimal, 4);
  if (load<u8>(decimal, 3) >> 7 != 0) value = 0 - value;
  let shift: u32 = 0;
  while (shift + bits < 64 && value >> (shift + bits) != 0) shift += bits;
  for (; shift < 64; shift -= bits) {
    const digit = (<u32>(value >> shift)) & ((1 << bits) - 1);
    out.addU8(digit + (digit < 10 ? 0x30 : letters));
  }
}

/** The number in `digits` with its sign, so many digits at least, and commas. */
function addSigned(flags: u32, precision: i64): void {
  let from = digits.ptr;
  const end = from + digits.len;
  if (load<u8>(from) == 0x2d) {
    piece.addU8(0x2d);
    from += 1;
  } else if ((flags & PLUS) != 0) piece.addU8(0x2b);
  else if ((flags & BLANK) != 0) piece.addU8(0x20);
  let point = from;
  while (point < end && load<u8>(point) != 0x2e) point += 1;
  for (let more = precision - <i64>(point - from); more > 0; more--) piece.addU8(0x30);
  for (let at = from; at < end; at++) {
    if ((flags & COMMAS) != 0 && at > from && at < point && (point - at) % 3 == 0) piece.addU8(0x2c);
    piece.addU8(load<u8>(at));
  }
}

/** Appends `piece` with blanks or zeros up to the width. */
function addWide(flags: u32, width: i64, isNumber: bool, out: ByteBuffer): void {
  let missing = width - characters(piece.ptr, piece.len);
  const isLeft = (flags & MINUS) != 0;
  const isZero = (flags & ZERO) != 0 && isNumber && !isLeft;
  let at: u32 = 0;
  if (isZero && piece.len > 0 && !isDigit(load<u8>(piece.ptr))) {
    out.addU8(load<u8>(piece.ptr));
    at = 1;
  }
  for (; !isLeft && missing > 0; missing--) out.addU8(isZero ? 0x30 : 0x20);
  out.addBytes(piece.ptr + at, piece.len - at);
  for (; missing > 0; missing--) out.addU8(0x20);
}
