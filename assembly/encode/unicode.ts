/**
 * Letters beyond ASCII: their cases, what counts as a letter or digit, and white space. Tables are unpacked when they are first needed.
 */
import { ByteBuffer } from "./byte-buffer";
import { codePointAt, lastCharacter } from "./characters";
import { isDigit } from "./digits";
import {
  ALPHANUMERIC,
  ALPHANUMERIC_LENGTH,
  CASE_IGNORABLE,
  CASE_IGNORABLE_LENGTH,
  LOWERCASE,
  LOWERCASE_LENGTH,
  SPECIAL_UPPER,
  SPECIAL_UPPER_LENGTH,
  TITLECASE,
  TITLECASE_LENGTH,
  TO_LOWER,
  TO_LOWER_LENGTH,
  TO_UPPER,
  TO_UPPER_LENGTH,
  UPPERCASE,
  UPPERCASE_LENGTH,
} from "./unicode-data";
import { addCodePoint } from "./utf8";

/** Bytes of a run: its first and last code point, how far one is from the next, and what a mapping adds. */
const RUN: usize = 16;

/** A table of runs of code points. */
class Runs {
  private runs: usize = 0;
  private count: u32 = 0;

  constructor(
    private readonly packed: usize,
    private readonly length: u32,
    private readonly isMapping: bool = false,
  ) {}

  /** The run that has `code`; 0 for none. */
  find(code: u32): usize {
    if (this.runs == 0) this.unpack();
    let low: u32 = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const run = this.runs + <usize>middle * RUN;
      if (code < load<u32>(run)) high = middle;
      else if (code > load<u32>(run, 4)) low = middle + 1;
      else return (code - load<u32>(run)) % load<u32>(run, 8) == 0 ? run : 0;
    }
    return 0;
  }


  @inline has(code: u32): bool {
    return this.find(code) != 0;
  }

  /** What `code` becomes. */
  map(code: u32): u32 {
    const run = this.find(code);
    return run == 0 ? code : code + load<u32>(run, 12);
  }

  private unpack(): void {
    const out = new ByteBuffer(this.length * 4);
    let end: u32 = 0;
    at = this.packed;
    while (at < this.packed + this.length) {
      const start = end + nextNumber();
      const size = nextNumber();
      const stride: u32 = 1 + (size & 1);
      end = start + ((size >> 1) - 1) * stride;
      out.addU32(start);
      out.addU32(end);
      out.addU32(stride);
      const change = this.isMapping ? nextNumber() : 0;
      out.addU32(change & 1 ? 0 - ((change + 1) >> 1) : change >> 1);
      end += 1;
      this.count += 1;
    }
    this.runs = out.ptr;
  }
}

/** Where a packed table goes on. */
let at: usize = 0;

function nextNumber(): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; ; shift += 7) {
    const byte = <u32>load<u8>(at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return 0; // never reached, but the compiler cannot tell
}

const alphanumeric: Runs = new Runs(ALPHANUMERIC, ALPHANUMERIC_LENGTH);
const lowercase: Runs = new Runs(LOWERCASE, LOWERCASE_LENGTH);
const uppercase: Runs = new Runs(UPPERCASE, UPPERCASE_LENGTH);
const titlecase: Runs = new Runs(TITLECASE, TITLECASE_LENGTH);
const caseIgnorable: Runs = new Runs(CASE_IGNORABLE, CASE_IGNORABLE_LENGTH);
const toLower: Runs = new Runs(TO_LOWER, TO_LOWER_LENGTH, true);
const toUpper: Runs = new Runs(TO_UPPER, TO_UPPER_LENGTH, true);

const CAPITAL_I_WITH_DOT: u32 = 0x130;
const DOT_ABOVE: u32 = 0x307;
const CAPITAL_SIGMA: u32 = 0x3a3;
const SMALL_SIGMA: u32 = 0x3c3;
const FINAL_SIGMA: u32 = 0x3c2;

/** Whether `code` is an ASCII letter or digit. */
@inline
export function isAsciiAlphanumeric(code: u32): bool {
  return (code | 0x20) - 0x61 < 26 || isDigit(code);
}

/** Whether `code` is a letter or a digit of any script. */
export function isAlphanumeric(code: u32): bool {
  return code < 0x80 ? isAsciiAlphanumeric(code) : alphanumeric.has(code);
}

/** Whether it is a small letter. */
export function isLowercase(code: u32): bool {
  return code < 0x80 ? code - 0x61 < 26 : lowercase.has(code);
}

/** Whether it is a capital letter. */
export function isUppercase(code: u32): bool {
  return code < 0x80 ? code - 0x41 < 26 : uppercase.has(code);
}

/** Whether it is white space: White_Space, which has neither U+200B nor U+FEFF. */
export function isWhiteSpace(code: u32): bool {
  if (code < 0x80) return code == 0x20 || code - 9 < 5;
  if (code == 0x85 || code == 0xa0 || code == 0x1680 || code == 0x3000) return true;
  return code - 0x2000 < 11 || code - 0x2028 < 2 || code == 0x202f || code == 0x205f;
}

/** Bytes of the character at `ptr`, where valid UTF-8 is. */
@inline
export function sizeAt(ptr: usize): u32 {
  const first = <u32>load<u8>(ptr);
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** The character at `ptr`, where valid UTF-8 is. */
@inline
export function characterAt(ptr: usize): u32 {
  return codePointAt(ptr, sizeAt(ptr));
}

/** Adds the valid UTF-8 of `len` bytes at `ptr`, not in `out`, in lower case: Unicode's full mapping, of no language. */
export function addLower(ptr: usize, len: u32, out: ByteBuffer): void {
  const end = ptr + len;
  for (let next = ptr; next < end; next += sizeAt(next)) {
    const code = characterAt(next);
    if (code < 0x80) out.addU8(code - 0x41 < 26 ? code | 0x20 : code);
    else if (code == CAPITAL_SIGMA) addCodePoint(isFinal(ptr, next, end) ? FINAL_SIGMA : SMALL_SIGMA, out);
    else if (code == CAPITAL_I_WITH_DOT) {
      out.addU8(0x69);
      addCodePoint(DOT_ABOVE, out);
    } else addCodePoint(toLower.map(code), out);
  }
}

/** The same in upper case: ß becomes SS. */
export function addUpper(ptr: usize, len: u32, out: ByteBuffer): void {
  const end = ptr + len;
  for (; ptr < end; ptr += sizeAt(ptr)) {
    const code = characterAt(ptr);
    if (code < 0x80) {
      out.addU8(code - 0x61 < 26 ? code ^ 0x20 : code);
      continue;
    }
    let special = code < 0x10000 ? SPECIAL_UPPER : SPECIAL_UPPER + (SPECIAL_UPPER_LENGTH << 1);
    while (special < SPECIAL_UPPER + (SPECIAL_UPPER_LENGTH << 1) && load<u16>(special) < code) special += 8;
    if (special == SPECIAL_UPPER + (SPECIAL_UPPER_LENGTH << 1) || load<u16>(special) != code) {
      addCodePoint(toUpper.map(code), out);
      continue;
    }
    addCodePoint(load<u16>(special, 2), out);
    addCodePoint(load<u16>(special, 4), out);
    if (load<u16>(special, 6) != 0) addCodePoint(load<u16>(special, 6), out);
  }
}

/** Whether the sigma at `ptr` of the text from `start` to `end` ends a word: Unicode's Final_Sigma. */
function isFinal(start: usize, ptr: usize, end: usize): bool {
  let before = ptr;
  while (before > start) {
    before = lastCharacter(start, before);
    const code = characterAt(before);
    if (isCaseIgnorable(code)) continue;
    if (!isCased(code)) return false;
    for (let after = ptr + sizeAt(ptr); after < end; after += sizeAt(after)) {
      if (!isCaseIgnorable(characterAt(after))) return !isCased(characterAt(after));
    }
    return true;
  }
  return false;
}

function isCased(code: u32): bool {
  return isLowercase(code) || isUppercase(code) || titlecase.has(code);
}

/** Whether it is a mark on or a modifier of the character before it, or punctuation inside of words: Case_Ignorable. Not for ASCII. */
export function isMark(code: u32): bool {
  return caseIgnorable.has(code);
}

/** Of ASCII these are ' . : ^ and `. */
function isCaseIgnorable(code: u32): bool {
  if (code < 0x80) return code == 0x27 || code == 0x2e || code == 0x3a || code == 0x5e || code == 0x60;
  return isMark(code);
}
