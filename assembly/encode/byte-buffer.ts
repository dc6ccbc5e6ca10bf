/**
 * A growing run of bytes outside the garbage-collected heap: what text, JSON and records are built in.
 *
 * Only the owner of the buffer calls `reset`. The pointer is stable until the next call that adds bytes. All integers are
 * little-endian. Growth doubles, so that adding n bytes costs O(n) in all.
 */
import { copyBytes } from "./bytes";

/** Room that `empty` leaves at most. */
const MOST_KEPT: u32 = 4096;

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

  /** Forgets the bytes, and gives back more room than what is used over and over needs. */
  empty(): void {
    this.len = 0;
    if (this.capacity <= MOST_KEPT) return;
    heap.free(this.ptr);
    this.capacity = MOST_KEPT;
    this.ptr = heap.alloc(MOST_KEPT);
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
