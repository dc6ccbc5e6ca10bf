/**
 * Changes of records whose pages are not in memory. They are kept until something needs the page as a whole, or a checkpoint writes them to
 * the main file: where rows are changed at random, in a table larger than the cache, a page of 64 KiB is then neither read for each of them
 * nor kept.
 *
 *   entry | next u32 | sectors u32 | pageOffset u16 | len u16 | bytes, padded to 4 |
 *
 * A page's entries form a ring in their order: `next` of the last one is the first. `sectors` has the bits of those that this entry and the
 * ones before it change. An entry's place is its block * 65,536 and its offset in it.
 */
import { copyBytes, clearBytes } from "../../encode/bytes";
import { allocBlock, freeBlock, BLOCK_SIZE } from "../base/block-pool";
import { PAGE_SIZE } from "../base/layout";
import { sectorsOf } from "./page-cache";
import { U32Map } from "../base/u32-map";

const HEAD: u32 = 12;
/** Blocks that entries may fill: 512 KiB. */
const MOST_BLOCKS: u32 = 8;
/** The most bytes of one that waits. */
const LONGEST: u32 = 4096;
/** No entry's place. */
const NO_PLACE: u32 = 0xffffffff;

/** Bytes of an entry of `len` bytes. */
@inline
function sizeOf(len: u32): u32 {
  return (HEAD + len + 3) & ~3;
}

export class DeferredWrites {
  private readonly blocks: StaticArray<usize> = new StaticArray<usize>(MOST_BLOCKS);
  /** The place of the next entry. */
  private end: u32 = 0;
  /** Of each page the place of its last entry. */
  private readonly last: U32Map = new U32Map();

  get isEmpty(): bool {
    return this.last.count == 0;
  }

  /** Whether so many wait, or did until the room was free last, that they had better be carried out. */
  get areMany(): bool {
    return this.end >= (MOST_BLOCKS - 1) << 16;
  }

  /** Whether some are of page `pageNo`. */
  @inline has(pageNo: u32): bool {
    return this.last.count != 0 && this.last.has(pageNo);
  }

  /** The pages, in ascending order. */
  pages(): StaticArray<u32> {
    return this.last.sortedKeys();
  }


  @inline private at(place: u32): usize {
    return unchecked(this.blocks[place >> 16]) + (place & 0xffff);
  }

  /** Where an entry of `size` bytes goes. */
  private placeFor(size: u32): u32 {
    const end = this.end;
    return (end & 0xffff) + size <= BLOCK_SIZE ? end : ((end >> 16) + 1) << 16;
  }

  /** Whether one of `len` bytes is not too long. */
  @inline takes(len: u32): bool {
    return len <= LONGEST;
  }

  /** Makes sure of room for one of `len` bytes; false when there is none. */
  hasRoom(len: u32): bool {
    const index = this.placeFor(sizeOf(len)) >> 16;
    if (!this.takes(len) || index >= MOST_BLOCKS) return false;
    if (unchecked(this.blocks[index]) == 0) unchecked((this.blocks[index] = allocBlock()));
    return unchecked(this.blocks[index]) != 0;
  }

  /** Adds one that there is room for: the `len` bytes at `ptr`, or zeros when that is 0. */
  add(pageNo: u32, pageOffset: u32, ptr: usize, len: u32): void {
    const place = this.placeFor(sizeOf(len));
    const entry = this.at(place);
    const last = this.last.get(pageNo, place);
    const sectors = sectorsOf(pageOffset, len);
    store<u32>(entry, last == place ? sectors : sectors | load<u32>(this.at(last), 4), 4);
    store<u32>(entry, last == place ? place : load<u32>(this.at(last)));
    store<u32>(this.at(last), place);
    store<u16>(entry, <u16>pageOffset, 8);
    store<u16>(entry, <u16>len, 10);
    if (ptr != 0) copyBytes(entry + HEAD, ptr, len);
    else clearBytes(entry + HEAD, len);
    this.last.set(pageNo, place);
    this.end = place + sizeOf(len);
  }

  /** The bits of the sectors of page `pageNo` that they change. */
  sectorsIn(pageNo: u32): u32 {
    const last = this.last.get(pageNo, NO_PLACE);
    return last != NO_PLACE ? load<u32>(this.at(last), 4) : 0;
  }

  /** Makes those of page `pageNo`, which has some, in its bytes `from` … `end` (excluded). The page would start at `page`. */
  show(pageNo: u32, page: usize, from: u32, end: u32): void {
    const last = this.last.get(pageNo, 0);
    let place = last;
    do {
      place = load<u32>(this.at(place));
      const entry = this.at(place);
      const pageOffset = <u32>load<u16>(entry, 8);
      const first = max(from, pageOffset);
      const behind = min(end, pageOffset + <u32>load<u16>(entry, 10));
      if (first >= behind) continue;
      copyBytes(page + first, entry + HEAD + (first - pageOffset), behind - first);
    } while (place != last);
  }

  /** Makes all those of page `pageNo`, which has some and starts at `page`, and forgets them. */
  carryOut(pageNo: u32, page: usize): void {
    this.show(pageNo, page, 0, PAGE_SIZE);
    this.last.delete(pageNo);
    if (this.last.count == 0) this.end = 0;
  }

  /** Forgets all. */
  clear(): void {
    this.last.clear();
    this.end = 0;
  }

  /** Gives all memory back. */
  free(): void {
    this.clear();
    this.last.free();
    for (let i: u32 = 0; i < MOST_BLOCKS; i++) {
      if (unchecked(this.blocks[i]) != 0) freeBlock(unchecked(this.blocks[i]));
      unchecked((this.blocks[i] = 0));
    }
  }
}
