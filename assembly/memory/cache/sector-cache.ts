/**
 * Sectors of 4 KiB of pages that are not in memory as a whole: a row that is looked up in a file larger than the cache costs a read of
 * one of them, and its room, not a page's.
 *
 * They stand in frames of the page cache, sixteen in each in the order in which they were read, and go with the frame when that was not
 * used for longest. Records have frames of their own, which go earlier: a sector of an index leads to hundreds of rows and is soon wanted
 * again, one of a table has a few. A page's sectors are as the main file, or over that the spill, has them; they are forgotten before that
 * changes. What is in a frame of its own is not looked for here.
 */
import { Frame, PageCache, PAGE_SECTORS, SECTOR_SHIFT, FLAG_RECORDS } from "./page-cache";
import { NO_PAGE } from "../../status";

/** What a frame of sectors has for a page number; no page has it, since a file has fewer. */
export const SECTORS_FRAME: u32 = NO_PAGE - 1;

const SLOT_SHIFT: u32 = 4;
/** An entry: the page u32, and the next entry of its chain u32 with the sector in the four highest bits. */
const ENTRY_SHIFT: u32 = 3;
const NEXT_BITS: u32 = 28;
const NEXT_MASK: u32 = (1 << NEXT_BITS) - 1;

export class SectorCache {
  /** Entry 16 f + s is of slot s of frame f; entry 0 is of no frame, and means none. */
  private entries: usize;
  private buckets: usize;
  private readonly bucketMask: u32;
  /** The frames that are being filled, or null, the one of records as the second. How many slots of one are taken is its `used`. */
  private readonly filling: StaticArray<Frame | null> = [null, null];
  /** Sectors in memory. */
  count: u32 = 0;

  /** The tables are made while memory is small: the heap doubles all of it when it has to grow. */
  constructor(private readonly cache: PageCache) {
    const most = cache.mostFrames << SLOT_SHIFT;
    let buckets: u32 = 256;
    while (buckets < most) buckets <<= 1;
    this.bucketMask = buckets - 1;
    this.buckets = heap.alloc((<usize>buckets) << 2);
    memory.fill(this.buckets, 0, (<usize>buckets) << 2);
    this.entries = heap.alloc((<usize>most) << ENTRY_SHIFT);
  }

  /**
   * Where page `pageNo` would start for its `count` (> 0) sectors from `first` on to be where they are; 0 when they are not all here, one
   * behind the other. Valid for the next `GUARANTEE` lookups.
   */
  find(pageNo: u32, first: u32, count: u32): usize {
    if (this.count == 0) return 0;
    const entry = this.entryOf(pageNo, first);
    if (entry == 0 || (entry & (PAGE_SECTORS - 1)) + count > PAGE_SECTORS) return 0;
    for (let i: u32 = 1; i < count; i++) {
      const next = this.entries + ((<usize>(entry + i)) << ENTRY_SHIFT);
      if (load<u32>(next) != pageNo || load<u32>(next, 4) >> NEXT_BITS != first + i) return 0;
    }
    const frame = this.cache.frameAt(entry >> SLOT_SHIFT);
    this.cache.stamp(frame);
    return pageStart(frame, entry, first);
  }

  /** How many sectors of a page are in memory. */
  countOf(pageNo: u32): u32 {
    let found: u32 = 0;
    for (let sector: u32 = 0; sector < PAGE_SECTORS && this.count != 0; sector++) found += u32(this.entryOf(pageNo, sector) != 0);
    return found;
  }

  /** The frame that has room for `count` more sectors (`ofRecords`: of records), or null when a new one is to be filled. */
  roomFor(count: u32, ofRecords: bool): Frame | null {
    const frame = unchecked(this.filling[i32(ofRecords)]);
    return frame && frame.used + count <= PAGE_SECTORS ? frame : null;
  }

  /** Goes on with a detached frame. */
  fill(frame: Frame, ofRecords: bool): void {
    frame.pageNo = SECTORS_FRAME;
    frame.flags = ofRecords ? FLAG_RECORDS : 0;
    frame.used = 0;
    memory.fill(this.entries + ((<usize>this.firstEntry(frame)) << ENTRY_SHIFT), 0xff, (<usize>PAGE_SECTORS) << ENTRY_SHIFT);
    unchecked((this.filling[i32(ofRecords)] = frame));
  }

  /** Where the next sectors go of a frame that has room. */
  static placeIn(frame: Frame): usize {
    return frame.data + ((<usize>frame.used) << SECTOR_SHIFT);
  }

  /** The `count` sectors of `pageNo` from `first` on have been read to the place in `frame`: as `find`. */
  add(frame: Frame, pageNo: u32, first: u32, count: u32): usize {
    const start = this.firstEntry(frame) + frame.used;
    for (let i: u32 = 0; i < count; i++) {
      // One that is here already, without the others that are wanted.
      this.remove(pageNo, first + i);
      const bucket = this.bucketOf(pageNo, first + i);
      const entry = this.entries + ((<usize>(start + i)) << ENTRY_SHIFT);
      store<u32>(entry, pageNo);
      store<u32>(entry, load<u32>(bucket) | ((first + i) << NEXT_BITS), 4);
      store<u32>(bucket, start + i);
    }
    frame.used += count;
    this.count += count;
    this.cache.stamp(frame);
    return pageStart(frame, start, first);
  }

  /** Forgets the sectors of a page, which is to be changed. */
  forget(pageNo: u32): void {
    for (let sector: u32 = 0; sector < PAGE_SECTORS && this.count != 0; sector++) this.remove(pageNo, sector);
  }

  /** Forgets what is in a frame of sectors, which is to be used for something else. */
  empty(frame: Frame): void {
    const start = this.firstEntry(frame);
    for (let entry = start; entry < start + PAGE_SECTORS; entry++) {
      const at = this.entries + ((<usize>entry) << ENTRY_SHIFT);
      if (load<u32>(at) != NO_PAGE) this.remove(load<u32>(at), load<u32>(at, 4) >> NEXT_BITS);
    }
    const records = i32((frame.flags & FLAG_RECORDS) != 0);
    if (unchecked(this.filling[records]) === frame) unchecked((this.filling[records] = null));
    frame.pageNo = NO_PAGE;
    frame.flags = 0;
  }

  free(): void {
    heap.free(this.entries);
    heap.free(this.buckets);
    this.entries = 0;
    this.buckets = 0;
    this.count = 0;
    this.filling[0] = null;
    this.filling[1] = null;
  }


  @inline private firstEntry(frame: Frame): u32 {
    return this.cache.indexOf(frame) << SLOT_SHIFT;
  }


  @inline private bucketOf(pageNo: u32, sector: u32): usize {
    return this.buckets + ((<usize>(((pageNo << SLOT_SHIFT) | sector) & this.bucketMask)) << 2);
  }

  /** The entry of a sector, or 0. */
  private entryOf(pageNo: u32, sector: u32): u32 {
    let entry = load<u32>(this.bucketOf(pageNo, sector));
    while (entry != 0) {
      const at = this.entries + ((<usize>entry) << ENTRY_SHIFT);
      const link = load<u32>(at, 4);
      if (load<u32>(at) == pageNo && link >> NEXT_BITS == sector) break;
      entry = link & NEXT_MASK;
    }
    return entry;
  }

  private remove(pageNo: u32, sector: u32): void {
    const entry = this.entryOf(pageNo, sector);
    if (entry == 0) return;
    const at = this.entries + ((<usize>entry) << ENTRY_SHIFT);
    const next = load<u32>(at, 4) & NEXT_MASK;
    const bucket = this.bucketOf(pageNo, sector);
    if (load<u32>(bucket) == entry) store<u32>(bucket, next);
    else {
      let before = this.entries + ((<usize>load<u32>(bucket)) << ENTRY_SHIFT);
      while ((load<u32>(before, 4) & NEXT_MASK) != entry) {
        before = this.entries + ((<usize>(load<u32>(before, 4) & NEXT_MASK)) << ENTRY_SHIFT);
      }
      store<u32>(before, (load<u32>(before, 4) & ~NEXT_MASK) | next, 4);
    }
    store<u32>(at, NO_PAGE);
    this.count -= 1;
  }
}

/** Where the page would start that has its sector `first` in the slot of `entry`. */
@inline
function pageStart(frame: Frame, entry: u32, first: u32): usize {
  return frame.data + ((<usize>(entry & (PAGE_SECTORS - 1))) << SECTOR_SHIFT) - ((<usize>first) << SECTOR_SHIFT);
}
