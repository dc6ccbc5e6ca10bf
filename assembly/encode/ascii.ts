/**
 * Names in requests and files are UTF-8 bytes, names in schemas are strings: comparing them without making either into the other; and
 * the case of ASCII letters.
 */

/** Whether the `len` bytes at `ptr` are the UTF-8 form of `text`. */
export function isText(ptr: usize, len: u32, text: string): bool {
  const textLen = <u32>text.length;
  if (textLen > len) return false;
  for (let i: u32 = 0; i < textLen; i++) {
    const unit = <u32>load<u16>(changetype<usize>(text) + ((<usize>i) << 1));
    if (unit >= 0x80) return textInFull(ptr, len, text);
    if (unit != <u32>load<u8>(ptr + i)) return false;
  }
  return textLen == len;
}

function textInFull(ptr: usize, len: u32, text: string): bool {
  const bytes = String.UTF8.encode(text);
  return <u32>bytes.byteLength == len && memory.compare(ptr, changetype<usize>(bytes), len) == 0;
}

/** `text` with its ASCII letters in lower case; for short words. `toLowerCase` knows all of Unicode: 5 KB of tables in the module. */
export function asciiLower(text: string): string {
  let lower = "";
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    lower += String.fromCharCode(unit >= 0x41 && unit <= 0x5a ? unit | 0x20 : unit);
  }
  return lower;
}
