/** Small helpers on raw bytes. */

/** Where the first byte of `len` at `ptr` that is not zero is; `len` when there is none. */
export function firstNonZero(ptr: usize, len: u32): u32 {
  let at: u32 = 0;
  while (at + 8 <= len && load<u64>(ptr + at) == 0) at += 8;
  while (at < len && load<u8>(ptr + at) == 0) at += 1;
  return at;
}
