/**
 * Text that is safe for a terminal. Names, values and paths are data, and may hold what a terminal acts upon (escape sequences), what
 * shows text in another order than it has (bidirectional controls), what starts a line, and what nobody sees (zero-width characters).
 * All of these are written as escapes: `\n`, `\r`, `\t`, `\x1b` for other control characters, `\u{202e}` for the rest.
 *
 * All text output goes through here: `Output.text`, `Output.line` and the tables call it. `host/cli/printable.ts` is the same for what the
 * harness says; a test compares them.
 */
import { ByteBuffer } from "./byte-buffer";
import { codePointAt } from "./characters";
import { utf8CharacterLength } from "./utf8";

/** First and last of the hidden characters behind the control characters: Unicode's format characters that show nothing, line ends. */
const HIDDEN: StaticArray<u32> = [
  0xad, 0xad, 0x61c, 0x61c, 0x180e, 0x180e, 0x200b, 0x200f, 0x2028, 0x202e, 0x2060, 0x206f, 0xfeff, 0xfeff, 0xfff9, 0xfffb,
  0xe0000, 0xe007f,
];

/** Whether the character must not reach a terminal as it is. */
export function isHidden(codePoint: u32): bool {
  if (codePoint < 0x7f) return codePoint < 0x20;
  if (codePoint < 0xa0) return true;
  for (let i = 0; i < HIDDEN.length; i += 2) {
    if (codePoint >= unchecked(HIDDEN[i]) && codePoint <= unchecked(HIDDEN[i + 1])) return true;
  }
  return false;
}

/** How many of the `len` bytes of UTF-8 at `ptr`, from the start, a terminal may have as they are. */
export function printableLength(ptr: usize, len: u32): u32 {
  let at: u32 = 0;
  while (at < len) {
    const byte = <u32>load<u8>(ptr + at);
    if (byte >= 0x20 && byte < 0x7f) {
      at += 1;
      continue;
    }
    const size = utf8CharacterLength(ptr + at, len - at);
    if (size < 0 || isHidden(codePointAt(ptr + at, size))) return at;
    at += size;
  }
  return len;
}

/**
 * Appends the `len` bytes of UTF-8 at `ptr`, which are not in `out`, with escapes for hidden characters: how wide that is on a terminal.
 * With a `limit`, text that is wider is not copied much further.
 */
export function addPrintable(ptr: usize, len: u32, limit: u32, out: ByteBuffer): u32 {
  let width: u32 = 0;
  let at: u32 = 0;
  while (at < len && (limit == 0 || width <= limit)) {
    const byte = <u32>load<u8>(ptr + at);
    if (byte >= 0x20 && byte < 0x7f) {
      out.addU8(byte);
      width += 1;
      at += 1;
      continue;
    }
    const size = utf8CharacterLength(ptr + at, len - at);
    const codePoint = size < 0 ? byte : codePointAt(ptr + at, size);
    if (size < 0) width += addByteEscape(byte, out);
    else if (isHidden(codePoint)) width += addEscape(codePoint, out);
    else {
      out.addBytes(ptr + at, size);
      width += characterWidth(codePoint);
    }
    at += max(size, 1);
  }
  return width;
}

/** Appends the escape of a hidden character: how many characters that is. */
function addEscape(codePoint: u32, out: ByteBuffer): u32 {
  const letter: u32 = codePoint == 10 ? 0x6e : codePoint == 13 ? 0x72 : codePoint == 9 ? 0x74 : 0;
  if (letter != 0) {
    out.addU8(0x5c);
    out.addU8(letter);
    return 2;
  }
  if (codePoint < 0xa0) return addByteEscape(codePoint, out);
  const digits = codePoint < 0x100 ? 2 : codePoint < 0x1000 ? 3 : codePoint < 0x10000 ? 4 : 5;
  out.addU8(0x5c);
  out.addU16(0x7b75);
  for (let i = digits - 1; i >= 0; i--) out.addU8(hexDigitOf((codePoint >> ((<u32>i) << 2)) & 15));
  out.addU8(0x7d);
  return 4 + digits;
}

/** Appends `\x9b`, for a control character and for a byte that is no text. */
function addByteEscape(byte: u32, out: ByteBuffer): u32 {
  out.addU16(0x785c);
  out.addU8(hexDigitOf(byte >> 4));
  out.addU8(hexDigitOf(byte & 15));
  return 4;
}

function hexDigitOf(value: u32): u32 {
  return value + (value < 10 ? 0x30 : 0x57);
}

/** Columns that a character takes on a terminal: 0 for marks that go onto the one before, 2 for wide ones (Unicode's East Asian Width). */
export function characterWidth(codePoint: u32): u32 {
  if (codePoint < 0x300) return 1;
  for (let i = 0; i < ZERO_WIDTH.length; i += 2) {
    if (codePoint >= unchecked(ZERO_WIDTH[i]) && codePoint <= unchecked(ZERO_WIDTH[i + 1])) return 0;
  }
  for (let i = 0; i < DOUBLE_WIDTH.length; i += 2) {
    if (codePoint >= unchecked(DOUBLE_WIDTH[i]) && codePoint <= unchecked(DOUBLE_WIDTH[i + 1])) return 2;
  }
  return 1;
}

const ZERO_WIDTH: StaticArray<u32> = [
  0x300, 0x36f, 0x483, 0x489, 0x591, 0x5bd, 0x610, 0x61a, 0x64b, 0x65f, 0xe31, 0xe31, 0xe34, 0xe3a, 0xe47, 0xe4e, 0x1ab0, 0x1aff,
  0x1dc0, 0x1dff, 0x20d0, 0x20ff, 0xfe00, 0xfe0f, 0xfe20, 0xfe2f,
];
const DOUBLE_WIDTH: StaticArray<u32> = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2e80, 0x303e, 0x3041, 0x33ff, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xa000, 0xa4cf, 0xa960, 0xa97f,
  0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe30, 0xfe6f, 0xff00, 0xff60, 0xffe0, 0xffe6, 0x1f300, 0x1f64f, 0x1f680, 0x1f6ff, 0x1f900,
  0x1f9ff, 0x20000, 0x3fffd,
];
