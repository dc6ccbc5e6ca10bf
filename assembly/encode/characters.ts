/** Characters of UTF-8 text: how many, where, and which. */

/** How many characters the UTF-8 at `ptr` has. */
export function characters(ptr: usize, len: u32): i64 {
  let count: i64 = 0;
  for (let at: u32 = 0; at < len; at++) count += i64((load<u8>(ptr + at) & 0xc0) != 0x80);
  return count;
}

/** Behind the character at `at`. */
@inline
export function behind(at: usize, end: usize): usize {
  at += 1;
  while (at < end && (load<u8>(at) & 0xc0) == 0x80) at += 1;
  return at;
}

/** Bytes of the character at `at`. */
export function characterLength(at: usize, end: usize): u32 {
  return <u32>(behind(at, end) - at);
}

/** The character that starts at `ptr` and has `size` bytes. */
export function codePointAt(ptr: usize, size: u32): u32 {
  const first = <u32>load<u8>(ptr);
  if (size <= 1) return first;
  let codePoint = first & (0x7f >> size);
  for (let i: u32 = 1; i < size; i++) codePoint = (codePoint << 6) | (load<u8>(ptr + i) & 0x3f);
  return codePoint;
}

/** Where the text goes on behind `count` characters. */
export function skip(at: usize, end: usize, count: i64): usize {
  for (; count > 0 && at < end; count--) at = behind(at, end);
  return at;
}

/** Where the last character of the text from `at` to `end`, which is not empty, begins. */
export function lastCharacter(at: usize, end: usize): usize {
  end -= 1;
  while (end > at && (load<u8>(end) & 0xc0) == 0x80) end -= 1;
  return end;
}

/** Whether the character of `len` bytes at `ptr` is one of those of a text. */
export function hasCharacter(set: usize, setLen: u32, ptr: usize, len: u32): bool {
  const end = set + setLen;
  while (set < end) {
    const one = characterLength(set, end);
    if (one == len && memory.compare(set, ptr, len) == 0) return true;
    set += one;
  }
  return false;
}
