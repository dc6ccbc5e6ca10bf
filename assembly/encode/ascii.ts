/** Names in requests and files are UTF-8 bytes, names in schemas are strings: comparing them without making either into the other. */

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
