/**
 * Frames: copies of pages in memory, found by page number, with a limit on how many there are.
 *
 * A frame's `data` is the page, in a 64 KiB block; `aux` is a quarter block that the index layer keeps a node's entry offsets in;
 * `dirty` has a bit for each 4 KiB of the page that was changed since it was read. Some frames have no page, but sectors of many
 * (`sector-cache.ts`).
 *
 * Frames hang in hash chains by page number; pages are numbered densely, so a lookup is one probe. An eighth of the limit is for aux
 * blocks; when they run out, one is taken from the node that was not used for longest.
 *
 * Every lookup stamps its frame with a growing tick, and only frames that were not used for `GUARANTEE` lookups are evicted:
 * **a pointer from `find` or the manager stays valid for the next `GUARANTEE` lookups**. Code that loops over pages
 * looks its page up again.
 */
import { PAGE_SIZE } from "../base/layout";
import { allocBlock, freeBlock, allocQuarter, freeQuarter, BLOCK_SIZE, QUARTER_SIZE } from "../base/block-pool";
import { NO_PAGE } from "../../status";

/** How many lookups a frame's pointer survives. */
const GUARANTEE: u32 = 24;
/** The fewest frames a cache has. */
export const MIN_FRAMES: u32 = 32;
/** Bytes of a page that share a dirty bit. */
export const SECTOR_SHIFT: u32 = 12;
/** How many of them a page has. */
export const PAGE_SECTORS: u32 = PAGE_SIZE >> SECTOR_SHIFT;
/** How many frames an eviction looks at, at least; the oldest of them goes. */
const EVICTION_WINDOW: u32 = 64;

/** What the index layer derived from the page (`aux`, `used`, `stride`, `base`) is true of it as it is now. */
export const FLAG_NODE_VALID: u32 = 1;
/** The page was read from the spill, in part. */
export const FLAG_SPILLED: u32 = 2;
/** The page is a segments page whose segments are known to be in order. */
export const FLAG_SORTED: u32 = 4;
/** The frame has sectors of records, which are less likely to be wanted again than anything else. */
export const FLAG_RECORDS: u32 = 8;
/** So much older (a shift) such a frame counts as. */
const RECORDS_AGE: u64 = 2;
/**
 * The page was read by a scan that had looked up all others since it began: the next ones of the scan take its place, so that of what is
 * larger than the cache the next scan finds all but that.
 */
export const FLAG_PASSING: u32 = 16;
const PASSING_AGE: u64 = 6;
/** The frame has what was made of pages (`compact-cache.ts`), no sectors. */
export const FLAG_COMPACT: u32 = 32;


@unmanaged
export class Frame {
  pageNo: u32;
  tick: u32;
  data: usize;
  aux: usize;
  dirty: u32;
  flags: u32;
  next: u32;
  /** Of a node: where its last entry ends. */
  used: u32;
  /** Of a node whose entries are all of one size, with keys of one type: that size, and where the first one starts; else 0. */
  stride: u32;
  base: u32;
}

export class PageCache {
  private frames: usize;
  private buckets: usize;
  private bucketMask: u32;
  /** Frames that exist; frame 0 is never used, so that 0 can mean none. */
  private count: u32 = 1;
  private readonly capacity: u32;
  private freeList: u32 = 0;
  /** The frame that `letGo` gave up, or 0. */
  private spare: u32 = 0;
  private tick: u32 = GUARANTEE;
  private hand: u32 = 1;
  private auxCount: u32 = 0;
  private readonly auxCapacity: u32;
  /** When the page was used last that `take` evicted last. */
  evictedTick: u32 = 0;
  /** Pages read from the file or the spill since the cache was made. */
  misses: u64 = 0;

  /** A cache of about `byteLimit` bytes, offset arrays included, but at least `MIN_FRAMES` frames. */
  constructor(byteLimit: u64) {
    const forAux = byteLimit >> 3;
    this.capacity = <u32>max<u64>(min<u64>((byteLimit - forAux) / BLOCK_SIZE, 50000), MIN_FRAMES) + 1;
    this.auxCapacity = <u32>max<u64>(min<u64>(forAux / QUARTER_SIZE, 50000), MIN_FRAMES);
    let buckets: u32 = 64;
    while (buckets < this.capacity) buckets <<= 1;
    this.bucketMask = buckets - 1;
    this.buckets = heap.alloc((<usize>buckets) << 2);
    memory.fill(this.buckets, 0, (<usize>buckets) << 2);
    this.frames = heap.alloc(<usize>this.capacity * offsetof<Frame>());
  }


  @inline private at(index: u32): Frame {
    return changetype<Frame>(this.frames + <usize>index * offsetof<Frame>());
  }

  /** The frame of `pageNo`, or null when the page is not in memory. */
  @inline find(pageNo: u32): Frame | null {
    let index = load<u32>(this.buckets + ((<usize>(pageNo & this.bucketMask)) << 2));
    while (index != 0) {
      const frame = this.at(index);
      if (frame.pageNo == pageNo) {
        this.stamp(frame);
        return frame;
      }
      index = frame.next;
    }
    return null;
  }

  /** Takes note that the frame was looked up. */
  @inline stamp(frame: Frame): void {
    frame.tick = ++this.tick;
  }

  /**
   * A frame to fill with `pageNo`, which must not be in the cache: a new one, or the one evicted, whose `pageNo` is then still the
   * evicted page's and must be saved by the caller if it is dirty, before `install`. Null when there is neither memory nor an old frame.
   */
  take(): Frame | null {
    if (this.spare != 0) {
      const frame = this.at(this.spare);
      this.spare = 0;
      return frame;
    }
    if (this.freeList != 0) {
      const frame = this.at(this.freeList);
      this.freeList = frame.next;
      return frame;
    }
    if (this.count < this.capacity) {
      const data = allocBlock();
      if (data != 0) {
        const frame = this.at(this.count++);
        frame.data = data;
        frame.aux = 0;
        frame.pageNo = NO_PAGE;
        frame.dirty = 0;
        frame.flags = 0;
        return frame;
      }
    }
    const frame = this.oldest();
    if (frame) this.evictedTick = frame.tick;
    return frame;
  }

  /** The least recently used frame of a window (`withAux`: that has an aux block), or null when all were used just now. */
  private oldest(withAux: bool = false): Frame | null {
    let best: Frame | null = null;
    let bestAge: u64 = 0;
    let seen: u32 = 0;
    for (let step: u32 = 1; step < this.count; step++) {
      if (++this.hand >= this.count) this.hand = 1;
      const frame = this.at(this.hand);
      if (withAux ? frame.aux == 0 : frame.pageNo == NO_PAGE) continue;
      let age: u64 = this.tick - frame.tick;
      if (age < GUARANTEE) continue;
      if (frame.flags & FLAG_PASSING) age <<= PASSING_AGE;
      // off: records age faster
      if (frame.flags & FLAG_RECORDS) age <<= RECORDS_AGE;
      if (age > bestAge) {
        best = frame;
        bestAge = age;
      }
      if (++seen >= EVICTION_WINDOW && best) break;
    }
    return best;
  }

  /** Takes the frame's page out of the cache; its content is no longer wanted. The frame can be installed again. */
  detach(frame: Frame): void {
    const bucket = this.buckets + ((<usize>(frame.pageNo & this.bucketMask)) << 2);
    const index = this.indexOf(frame);
    let at = load<u32>(bucket);
    if (at == index) store<u32>(bucket, frame.next);
    else {
      while (at != 0) {
        const before = this.at(at);
        if (before.next == index) {
          before.next = frame.next;
          break;
        }
        at = before.next;
      }
    }
    frame.pageNo = NO_PAGE;
    frame.dirty = 0;
    frame.flags = 0;
  }

  /** Puts a detached or new frame into the cache as `pageNo`. */
  install(frame: Frame, pageNo: u32): void {
    const bucket = this.buckets + ((<usize>(pageNo & this.bucketMask)) << 2);
    frame.pageNo = pageNo;
    frame.dirty = 0;
    frame.flags = 0;
    frame.next = load<u32>(bucket);
    this.stamp(frame);
    store<u32>(bucket, this.indexOf(frame));
  }

  /** Gives a detached frame back. */
  release(frame: Frame): void {
    frame.next = this.freeList;
    this.freeList = this.indexOf(frame);
  }

  /** Takes out a page, which has not changed, to have its room for the next one: the cache is as full as before. */
  letGo(frame: Frame): void {
    this.detach(frame);
    if (this.spare != 0) this.release(this.at(this.spare));
    this.spare = this.indexOf(frame);
  }

  /** The index that `frameAt` has the frame by. */
  @inline indexOf(frame: Frame): u32 {
    return <u32>((changetype<usize>(frame) - this.frames) / offsetof<Frame>());
  }

  /** The aux block of `frame`, 16 KiB; 0 when there is no memory. */
  auxOf(frame: Frame): usize {
    if (frame.aux != 0) return frame.aux;
    if (this.auxCount >= this.auxCapacity) {
      const owner = this.oldest(true);
      if (owner) {
        frame.aux = owner.aux;
        owner.aux = 0;
        owner.flags &= ~FLAG_NODE_VALID;
        return frame.aux;
      }
    }
    frame.aux = allocQuarter();
    if (frame.aux != 0) this.auxCount += 1;
    return frame.aux;
  }

  /** Lookups so far, modulo 2^32: a pointer is good while they are fewer than `GUARANTEE` more than when it was looked up. */
  @inline get lookups(): u32 {
    return this.tick;
  }

  /** Whether a page that comes has to take another one's place. */
  get isFull(): bool {
    return this.count >= this.capacity && this.freeList == 0;
  }

  /** More than any frame's index ever is. */
  get mostFrames(): u32 {
    return this.capacity;
  }

  /** How many frames there are to walk with `frameAt`, from 1. */
  get frameCount(): u32 {
    return this.count;
  }

  /** A frame by index, in use when its `pageNo` is not `NO_PAGE`. Does not count as a use. */
  frameAt(index: u32): Frame {
    return this.at(index);
  }

  /** Gives all memory back. */
  free(): void {
    for (let i: u32 = 1; i < this.count; i++) {
      const frame = this.at(i);
      freeBlock(frame.data);
      if (frame.aux != 0) freeQuarter(frame.aux);
    }
    heap.free(this.frames);
    heap.free(this.buckets);
    this.frames = 0;
    this.buckets = 0;
    this.count = 1;
  }
}

/** The bits of all the sectors of a page. */
export const ALL_SECTORS: u32 = (1 << PAGE_SECTORS) - 1;

/** Where the first of some sectors (not none) starts in its page. */
@inline
export function firstByte(sectors: u32): u32 {
  return (<u32>ctz(sectors)) << SECTOR_SHIFT;
}

/** Where the last of some sectors (not none) ends. */
@inline
export function endByte(sectors: u32): u32 {
  return (<u32>(32 - clz(sectors))) << SECTOR_SHIFT;
}

/** Bytes of the first of some sectors (not none) and of those that follow it without a gap. */
@inline
export function runBytes(sectors: u32): u32 {
  return (<u32>ctz(~(sectors >> ctz(sectors)))) << SECTOR_SHIFT;
}

/** The bits of the sectors that the `len` (> 0) bytes at `pageOffset` are in. */
@inline
export function sectorsOf(pageOffset: u32, len: u32): u32 {
  const first = pageOffset >> SECTOR_SHIFT;
  const last = (pageOffset + len - 1) >> SECTOR_SHIFT;
  return (((<u32>2) << last) - 1) & ~(((<u32>1) << first) - 1);
}
