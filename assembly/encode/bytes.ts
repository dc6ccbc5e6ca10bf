/** Runs of bytes in memory: copied, cleared and compared, eight bytes at a time where that is no call out of the module. */

/**
 * Copies `len` bytes between runs that do not overlap. Short ones take no `memory.copy`, which in Wasmtime is a call out of
 * the module.
 */
export function copyBytes(to: usize, from: usize, len: u32): void {
  if (len > 96) {
    memory.copy(to, from, len);
  } else if (len >= 8) {
    // The last eight bytes may overlap what the loop has copied.
    const end = from + len - 8;
    const last = to + len - 8;
    for (; from < end; from += 8, to += 8) store<u64>(to, load<u64>(from));
    store<u64>(last, load<u64>(end));
  } else if (len >= 4) {
    const first = load<u32>(from);
    store<u32>(to + len - 4, load<u32>(from + len - 4));
    store<u32>(to, first);
  } else if (len >= 2) {
    const first = load<u16>(from);
    store<u16>(to + len - 2, load<u16>(from + len - 2));
    store<u16>(to, first);
  } else if (len == 1) store<u8>(to, load<u8>(from));
}

/** Zeroes `len` bytes; `memory.fill` is such a call, too. */
export function clearBytes(ptr: usize, len: u32): void {
  if (len > 96) {
    memory.fill(ptr, 0, len);
    return;
  }
  const end = ptr + len;
  for (; ptr + 8 <= end; ptr += 8) store<u64>(ptr, 0);
  for (; ptr < end; ptr++) store<u8>(ptr, 0);
}

/** Whether the `a` bytes at `aPtr` equal the `b` bytes at `bPtr`. */
@inline
export function bytesEqual(aPtr: usize, a: u32, bPtr: usize, b: u32): bool {
  return a == b && (aPtr == bPtr || compareBytes(aPtr, a, bPtr, b) == 0);
}

/** The order of two runs of bytes: below, at or above 0, a prefix before what it starts. Eight bytes at a time. */
export function compareBytes(aPtr: usize, a: u32, bPtr: usize, b: u32): i32 {
  const len = min(a, b);
  if (len >= 8) {
    // The last eight bytes may overlap what the loop has found equal.
    const last = aPtr + len - 8;
    for (; aPtr < last; aPtr += 8, bPtr += 8) {
      const x = load<u64>(aPtr);
      const y = load<u64>(bPtr);
      if (x != y) return orderOf(x, y);
    }
    bPtr -= aPtr - last;
    const x = load<u64>(last);
    const y = load<u64>(bPtr);
    if (x != y) return orderOf(x, y);
  } else {
    for (let i: u32 = 0; i < len; i++) {
      const order = <i32>load<u8>(aPtr + i) - <i32>load<u8>(bPtr + i);
      if (order != 0) return order;
    }
  }
  return <i32>(a > b) - <i32>(a < b);
}

/** The order of eight bytes that differ: that of the first one that does. */
@inline
function orderOf(x: u64, y: u64): i32 {
  const first = ctz(x ^ y) & 56;
  return ((x >> first) & 0xff) > ((y >> first) & 0xff) ? 1 : -1;
}

/** How many of the `len` bytes at `a` and at `b` are the same, from the first on. */
export function equalBytesBefore(a: usize, b: usize, len: u32): u32 {
  let same: u32 = 0;
  for (; same + 8 <= len; same += 8) {
    const differ = load<u64>(a + same) ^ load<u64>(b + same);
    if (differ != 0) return same + <u32>(ctz(differ) >> 3);
  }
  while (same < len && load<u8>(a + same) == load<u8>(b + same)) same += 1;
  return same;
}

/** How many are the same from the last one back. */
export function equalBytesBehind(a: usize, b: usize, len: u32): u32 {
  let left = len;
  for (; left >= 8; left -= 8) {
    const differ = load<u64>(a + left - 8) ^ load<u64>(b + left - 8);
    if (differ != 0) return len - left + <u32>(clz(differ) >> 3);
  }
  while (left > 0 && load<u8>(a + left - 1) == load<u8>(b + left - 1)) left -= 1;
  return len - left;
}

/** Whether `len` bytes are all zero. */
export function isZero(ptr: usize, len: u32): bool {
  const end = ptr + len;
  for (; ptr + 32 <= end; ptr += 32) {
    if ((load<u64>(ptr) | load<u64>(ptr, 8) | load<u64>(ptr, 16) | load<u64>(ptr, 24)) != 0) return false;
  }
  const left = <u32>(end - ptr);
  return firstNonZero(ptr, left) == left;
}

/** Where the first byte of `len` at `ptr` that is not zero is; `len` when there is none. */
export function firstNonZero(ptr: usize, len: u32): u32 {
  let at: u32 = 0;
  while (at + 8 <= len && load<u64>(ptr + at) == 0) at += 8;
  while (at < len && load<u8>(ptr + at) == 0) at += 1;
  return at;
}
