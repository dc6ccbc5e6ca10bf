/** Memory that is taken piece by piece, and given back all at once. Pieces stay where they are. */
import { ByteBuffer } from "../encode/byte-buffer";

/** Bytes of the first chunk; each one after it is twice as large, up to the largest, unless a piece needs more. */
const FIRST_CHUNK: u32 = 64 << 10;
const LARGEST_CHUNK: u32 = 1 << 20;

export class Arena {
  /** Where the next piece may start, and where the newest chunk ends. */
  private at: usize = 0;
  private end: usize = 0;
  /** The newest chunk, its size, and those before it. */
  private chunk: usize = 0;
  private chunkSize: u32 = 0;
  private readonly full: ByteBuffer = new ByteBuffer(64);
  /** Bytes that were taken since `reset`. */
  taken: u32 = 0;

  /** `len` bytes at a multiple of `align`, a power of two up to 16. */
  @inline take(len: u32, align: u32): usize {
    const start = (this.at + align - 1) & ~(<usize>align - 1);
    if (<u64>start + len > this.end) return this.takeFromNew(len);
    this.at = start + len;
    this.taken += len;
    return start;
  }

  private takeFromNew(len: u32): usize {
    if (this.chunk != 0) this.full.addU32(<u32>this.chunk);
    this.chunkSize = this.chunkSize == 0 ? FIRST_CHUNK : min(this.chunkSize << 1, LARGEST_CHUNK);
    // A chunk of the heap starts at a multiple of 16. What can't be had is a trap, as everywhere.
    const size = max(len, this.chunkSize);
    this.chunk = heap.alloc(size);
    this.at = this.chunk + len;
    this.end = this.chunk + size;
    this.taken += len;
    return this.chunk;
  }

  /** Makes `len` bytes of the piece of `oldLen` bytes at `old`: where they are now, with as much of what was in them. */
  resize(old: usize, oldLen: u32, align: u32, len: u32): usize {
    const isLast = old + oldLen == this.at;
    if (isLast && <u64>old + len <= this.end) {
      this.at = old + len;
      this.taken += len - oldLen;
      return old;
    }
    if (len <= oldLen) return old;
    const ptr = this.take(len, align);
    memory.copy(ptr, old, oldLen);
    return ptr;
  }

  /** Gives all pieces back. One chunk of the usual size stays for the next ones. */
  @inline reset(): void {
    this.taken = 0;
    this.at = this.chunk;
    if (this.full.len != 0 || this.end - this.chunk > LARGEST_CHUNK) this.trim();
  }

  private trim(): void {
    const full = this.full;
    for (let i: u32 = 0; i < full.len; i += 4) heap.free(load<u32>(full.ptr + i));
    full.reset();
    if (this.end - this.chunk <= LARGEST_CHUNK) return;
    heap.free(this.chunk);
    this.chunk = 0;
    this.chunkSize = 0;
    this.at = 0;
    this.end = 0;
  }
}
