/**
 * What a higher layer derived from pages that have not changed since they were read, to have it when they are not in memory any more:
 * some bytes for a page. They are forgotten before the page is changed, and all of them when their room is used up.
 */
import { PAGE_SIZE } from "../base/layout";
import { allocBlock, freeBlock } from "../base/block-pool";
import { U32Map } from "../base/u32-map";
import { NO_PAGE } from "../../status";

/** The most bytes for a page. */
export const MAX_DERIVED: u32 = 4096;
/** Of the cache's limit this may take a sixteenth, but no more than this. */
const LIMIT_SHIFT: u64 = 4;
const MOST_BYTES: u64 = 1 << 20;

export class DerivedCache {
  private readonly addresses: U32Map = new U32Map();
  private readonly blocks: Array<usize> = new Array<usize>();
  private readonly mostBlocks: i32;
  /** Bytes used of the last block. */
  private used: u32 = PAGE_SIZE;

  constructor(cacheBytes: u64) {
    this.mostBlocks = <i32>max<u64>(min(cacheBytes >> LIMIT_SHIFT, MOST_BYTES) / PAGE_SIZE, 1);
  }

  /** What was derived from a page, or 0; `pageNo` may be any number. */
  find(pageNo: u32): usize {
    // A map has no such key.
    if (this.addresses.count == 0 || pageNo == NO_PAGE) return 0;
    return <usize>this.addresses.get(pageNo, 0);
  }

  /** Room for `len` bytes, at most `MAX_DERIVED`, of a page; 0 when there is no memory. */
  make(pageNo: u32, len: u32): usize {
    if (this.used + len > PAGE_SIZE) {
      if (this.blocks.length >= this.mostBlocks) this.clear();
      const block = allocBlock();
      if (block == 0) return 0;
      this.blocks.push(block);
      this.used = 0;
    }
    const at = this.blocks[this.blocks.length - 1] + this.used;
    this.used += (len + 3) & ~3;
    this.addresses.set(pageNo, <u32>at);
    return at;
  }

  /** Forgets what was derived from a page, which is to be changed. */
  forget(pageNo: u32): void {
    if (this.addresses.count != 0) this.addresses.delete(pageNo);
  }

  private clear(): void {
    this.addresses.clear();
    while (this.blocks.length > 0) freeBlock(this.blocks.pop());
    this.used = PAGE_SIZE;
  }

  free(): void {
    this.clear();
    this.addresses.free();
  }
}
