/**
 * Many insertions into, and removals from, the bytes at a page's start, that are to be done in one go: each byte moves once, however
 * many splices are in front of it. They are noted in the undo list and in the redo records as if they were done one after the other,
 * from the lowest offset up.
 */
import { clearBytes, copyBytes } from "../../encode/bytes";
import { allocBlock, freeBlock, BLOCK_SIZE } from "./block-pool";
import { PAGE_SIZE } from "./layout";
import { CHANGE_INSERT, CHANGE_REMOVE } from "./page-change";


@unmanaged
class Splice {
  /** Where it is in the page as it is before the first splice. */
  at: u32;
  len: u32;
  /** The bytes to insert; 0 for a removal. */
  bytes: usize;
}

export class Splices {
  count: u32 = 0;
  /** Where the page's content ends: before the first splice, behind the last one, and at most in between. */
  used: u32 = 0;
  end: u32 = 0;
  highest: u32 = 0;
  private readonly list: usize;
  private readonly scratch: usize;

  constructor() {
    this.list = allocBlock();
    this.scratch = allocBlock();
  }

  /** Whether there was memory for it; without, it must not be used. */
  get isUsable(): bool {
    return this.list != 0 && this.scratch != 0;
  }

  /** How many there can be. */
  get capacity(): u32 {
    return BLOCK_SIZE / offsetof<Splice>();
  }

  /** Starts anew, with a page whose content ends at `used`. */
  start(used: u32): void {
    this.count = 0;
    this.used = used;
    this.end = used;
    this.highest = used;
  }

  /** Whether `len` more bytes fit the page. */
  @inline hasRoom(len: u32): bool {
    return this.end + len <= PAGE_SIZE;
  }


  @inline private add(at: u32, len: u32, bytes: usize): void {
    const splice = this.at(this.count++);
    splice.at = at;
    splice.len = len;
    splice.bytes = bytes;
  }

  /** Adds an insertion, in front of what is at `at` now. Splices come in the order of their offsets; there must be room. */
  insert(at: u32, bytes: usize, len: u32): void {
    this.add(at, len, bytes);
    this.end += len;
    this.highest = max(this.highest, this.end);
  }

  /** Adds the removal of the `len` bytes that are at `at` now. */
  remove(at: u32, len: u32): void {
    this.add(at, len, 0);
    this.end -= len;
  }


  @inline private at(i: u32): Splice {
    return changetype<Splice>(this.list + <usize>i * offsetof<Splice>());
  }

  // ---- as changes that are made one after the other ----

  private step: u32 = 0;
  /** The change that `next` has come to: INSERT or REMOVE, where and of what in the page as the changes before it leave it. */
  kind: u32 = 0;
  pageOffset: u32 = 0;
  len: u32 = 0;
  tailLen: u32 = 0;
  bytes: usize = 0;
  /** Where it is in the page as it is before the first splice. */
  original: u32 = 0;
  /** Where the content ends then. */
  private contentEnd: u32 = 0;

  /** Begins with the first splice again. */
  rewind(): void {
    this.step = 0;
    this.contentEnd = this.used;
  }

  /** Goes on to the next splice, as a change: false when there is none. */
  next(): bool {
    if (this.step == this.count) return false;
    const splice = this.at(this.step++);
    const before = this.contentEnd;
    this.original = splice.at;
    this.pageOffset = splice.at + before - this.used;
    this.len = splice.len;
    this.bytes = splice.bytes;
    this.kind = splice.bytes != 0 ? CHANGE_INSERT : CHANGE_REMOVE;
    this.tailLen = before - this.pageOffset - (splice.bytes != 0 ? 0 : splice.len);
    this.contentEnd = splice.bytes != 0 ? before + splice.len : before - splice.len;
    return true;
  }

  /** The first byte that changes. */
  get from(): u32 {
    return this.at(0).at;
  }

  /** Changes the bytes of `page`. What stood behind the content stays but where a splice overwrote it; room that becomes free is zeroed. */
  apply(page: usize): void {
    const from = this.from;
    let out = this.scratch;
    let rest = from;
    for (let i: u32 = 0; i < this.count; i++) {
      const splice = this.at(i);
      copyBytes(out, page + rest, splice.at - rest);
      out += splice.at - rest;
      rest = splice.at;
      if (splice.bytes != 0) {
        copyBytes(out, splice.bytes, splice.len);
        out += splice.len;
      } else rest += splice.len;
    }
    memory.copy(out, page + rest, this.used - rest);
    memory.copy(page + from, this.scratch, this.end - from);
    clearBytes(page + this.end, this.highest - this.end);
  }

  free(): void {
    if (this.list != 0) freeBlock(this.list);
    if (this.scratch != 0) freeBlock(this.scratch);
  }
}
