/** Characters of UTF-8 text: how many, and where. */
import { mayStep } from "../../wasi/deadline";

/** How many characters the UTF-8 at `ptr` has. */
export function characters(ptr: usize, len: u32): i64 {
  let count: i64 = 0;
  for (let at: u32 = 0; at < len; at++) count += i64((load<u8>(ptr + at) & 0xc0) != 0x80);
  return count;
}

/** Bytes of the character at `at`. */
export function characterLength(at: usize, end: usize): u32 {
  let next = at + 1;
  while (next < end && (load<u8>(next) & 0xc0) == 0x80) next += 1;
  return <u32>(next - at);
}

/** Where the text goes on behind `count` characters. */
export function skip(at: usize, end: usize, count: i64): usize {
  for (; count > 0 && at < end; count--) at += characterLength(at, end);
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

/** Where the bytes at `what` first are among those at `ptr`; -1 for nowhere, and when there is no time to look on (`mayStep`). */
export function indexOfBytes(ptr: usize, len: u32, what: usize, whatLen: u32): i32 {
  for (let at: u32 = 0; at + whatLen <= len && mayStep(1 + (whatLen >> 3)); at++) {
    if (memory.compare(ptr + at, what, whatLen) == 0) return <i32>at;
  }
  return -1;
}
