/**
 * A growing run of bytes outside the garbage-collected heap: what text, JSON and records are built in.
 *
 * Only the owner of the buffer calls `reset`. The pointer is stable until the next call that adds bytes. All integers are
 * little-endian. Growth doubles, so that adding n bytes costs O(n) in all.
 */
export class ByteBuffer {
  /** Start of the bytes. */
  ptr: usize;
  /** Bytes in use. */
  len: u32 = 0;
  private capacity: u32;

  constructor(capacity: u32 = 256) {
    this.capacity = max<u32>(capacity, 16);
    this.ptr = heap.alloc(this.capacity);
  }

  /** Bytes that there is room for. */
  get capacityBytes(): u32 {
    return this.capacity;
  }

  /** Forgets the bytes and keeps the room. */
  @inline reset(): void {
    this.len = 0;
  }

  /** Gives the memory back. The buffer must not be used afterwards. */
  free(): void {
    heap.free(this.ptr);
    this.ptr = 0;
    this.capacity = 0;
    this.len = 0;
  }

  /** Makes room for `extra` more bytes and returns where they go; the caller adds to `len` what it wrote. */
  reserve(extra: u32): usize {
    const need = this.len + extra;
    if (need > this.capacity) this.grow(need);
    return this.ptr + this.len;
  }

  private grow(need: u32): void {
    let capacity = this.capacity;
    while (capacity < need) capacity = capacity < 0x40000000 ? capacity << 1 : need;
    this.ptr = heap.realloc(this.ptr, capacity);
    this.capacity = capacity;
  }


  @inline addU8(value: u32): void {
    store<u8>(this.reserve(1), <u8>value);
    this.len += 1;
  }


  @inline addU16(value: u32): void {
    store<u16>(this.reserve(2), <u16>value);
    this.len += 2;
  }


  @inline addU32(value: u32): void {
    store<u32>(this.reserve(4), value);
    this.len += 4;
  }


  @inline addU64(value: u64): void {
    store<u64>(this.reserve(8), value);
    this.len += 8;
  }

  /** Adds `len` bytes from `ptr`, which may not point into this buffer. */
  @inline addBytes(ptr: usize, len: u32): void {
    copyBytes(this.reserve(len), ptr, len);
    this.len += len;
  }

  /** Adds the UTF-8 form of `text` (a lone surrogate becomes U+FFFD). */
  addText(text: string): void {
    const room = <u32>text.length * 3;
    const start = this.reserve(room);
    this.len += <u32>String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, start, false, String.UTF8.ErrorMode.REPLACE);
  }

  /** The bytes from `start` on, read as UTF-8. For the rim and for tests; allocates. */
  toText(start: u32 = 0): string {
    return String.UTF8.decodeUnsafe(this.ptr + start, this.len - start, false);
  }
}

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
  let left = min(a, b);
  for (; left >= 8; left -= 8) {
    const x = load<u64>(aPtr);
    const y = load<u64>(bPtr);
    if (x != y) {
      // The first byte that differs decides.
      const first = ctz(x ^ y) & 56;
      return ((x >> first) & 0xff) > ((y >> first) & 0xff) ? 1 : -1;
    }
    aPtr += 8;
    bPtr += 8;
  }
  for (; left > 0; left--) {
    const order = <i32>load<u8>(aPtr++) - <i32>load<u8>(bPtr++);
    if (order != 0) return order;
  }
  return <i32>(a > b) - <i32>(a < b);
}
