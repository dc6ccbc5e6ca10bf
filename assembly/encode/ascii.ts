/**
 * Names in requests and files are UTF-8 bytes, names in schemas are strings: comparing them without making either into the other; and
 * the case of ASCII letters.
 */

/** Whether the `len` bytes at `ptr` are the UTF-8 form of `text`. */
export function isText(ptr: usize, len: u32, text: string): bool {
  return <u32>text.length <= len && compareText(ptr, len, text) == 0;
}

/** The order of the `len` bytes at `ptr` and the UTF-8 form of `text`: below 0 where the bytes come first, 0 where they are that. */
export function compareText(ptr: usize, len: u32, text: string): i32 {
  const textLen = <u32>text.length;
  const common = min(textLen, len);
  for (let i: u32 = 0; i < common; i++) {
    const unit = <i32>load<u16>(changetype<usize>(text) + ((<usize>i) << 1));
    if (unit >= 0x80) return compareInFull(ptr, len, text);
    const order = <i32>load<u8>(ptr + i) - unit;
    if (order != 0) return order;
  }
  return <i32>len - <i32>textLen;
}

function compareInFull(ptr: usize, len: u32, text: string): i32 {
  const bytes = String.UTF8.encode(text);
  const textLen = <u32>bytes.byteLength;
  const order = memory.compare(ptr, changetype<usize>(bytes), min(len, textLen));
  return order != 0 ? order : <i32>len - <i32>textLen;
}

/** An ASCII letter, as a byte or a unit of UTF-16, in lower case; anything else as it is. */
@inline
export function lowerLetter(unit: u32): u32 {
  return unit - 0x41 < 26 ? unit | 0x20 : unit;
}

/** Whether `len` bytes at two places are the same but for the case of ASCII letters. */
export function isSameFolded(a: usize, b: usize, len: u32): bool {
  for (let i: u32 = 0; i < len; i++) if (lowerLetter(load<u8>(a + i)) != lowerLetter(load<u8>(b + i))) return false;
  return true;
}

/** `text` with its ASCII letters in lower case; for short words. `toLowerCase` knows all of Unicode: 5 KB of tables in the module. */
export function asciiLower(text: string): string {
  let lower = "";
  for (let i = 0; i < text.length; i++) {
    lower += String.fromCharCode(lowerLetter(text.charCodeAt(i)));
  }
  return lower;
}

/** The same in upper case. */
export function asciiUpper(text: string): string {
  let upper = "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    upper += String.fromCharCode(unit - 0x61 < 26 && unit >= 0x61 ? unit ^ 0x20 : unit);
  }
  return upper;
}

/** The order of names by their UTF-8 bytes. */
export function compareNames(a: string, b: string): i32 {
  const len = min(a.length, b.length);
  for (let i = 0; i < len; i++) {
    const left = byBytes(a.charCodeAt(i));
    const right = byBytes(b.charCodeAt(i));
    if (left != right) return left - right;
  }
  return a.length - b.length;
}

/** A UTF-16 unit as a number that orders as the bytes of its character do: halves of characters above U+FFFF come behind all others. */
@inline
function byBytes(unit: i32): i32 {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
