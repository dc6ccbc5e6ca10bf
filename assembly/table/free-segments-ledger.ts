/**
 * The free-segments ledger: the holes that deleted and moved records left (`docs/format.md`, "Free-segments ledger").
 *
 *   ledger page     | count u16 | segments page u32 | …
 *   segments page   | count u16 | { page u32 | offset u16 | size u16 } … |
 *
 * A segment goes to the first segments page that is not full, merged with its neighbours on that page; a search takes the first that is
 * large enough, in list order; what it leaves stays as a segment. A page that is free as a whole has the size 65,535, for 65,536 does
 * not fit; its last byte is free all the same.
 *
 * The order of segments means nothing to the format. They are kept in ascending order of (page, offset), so that neighbours are found by
 * a binary search; a page that the reference wrote in another order is sorted by the first change.
 */
import { Status, OK, PAGE_FULL, NO_PAGE, fail, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { isZero } from "../encode/bytes";
import { PAGE_SIZE } from "../memory/base/layout";
import { Frame, FLAG_SORTED } from "../memory/cache/page-cache";
import { RecordAddress, NO_ADDRESS, addressOf, addressPage, addressOffset } from "./page-ledger";

const MAX_SEGMENTS: u32 = 8191;
const MAX_SEGMENTS_PAGES: u32 = (PAGE_SIZE - 2) / 4;
const SEGMENT_SIZE: u32 = 8;

export class FreeSegmentsLedger {
  /** No listed segment is larger than this; trusted while `boundEpoch` is the manager's. */
  private sizeBound: u32 = 0xffffffff;
  private boundEpoch: u32 = 0;
  /** So many of the first segments pages are full; trusted as long. */
  private fullPages: u32 = 0;

  constructor(
    private access: MemoryAccess,
    readonly pageNo: u32,
  ) {}

  /** How many segments pages there are; 0xffffffff when the ledger can't be read. */
  get pageTotal(): u32 {
    const page = this.access.page(this.pageNo);
    if (page == 0) return 0xffffffff;
    const count = <u32>load<u16>(page);
    if (count > MAX_SEGMENTS_PAGES) {
      damaged(this.pageNo, 0, "the free-segments ledger counts " + count.toString() + " pages, more than fit");
      return 0xffffffff;
    }
    return count;
  }

  /** The segments page of entry `index` (below `pageTotal`), or `NO_PAGE`. */
  segmentsPageAt(index: u32): u32 {
    const page = this.access.page(this.pageNo);
    if (page == 0) return NO_PAGE;
    const listed = load<u32>(page + 2 + (index << 2));
    if (listed < this.access.manager.reservedPages || listed >= this.access.manager.pageCount) {
      damaged(
        this.pageNo,
        2 + (index << 2),
        "the free-segments ledger lists page " + listed.toString() + ", which can't be its own",
      );
      return NO_PAGE;
    }
    return listed;
  }

  /** Segments on a segments page; 0xffffffff when it can't be read. */
  countOn(segmentsPage: u32): u32 {
    const page = this.access.page(segmentsPage);
    if (page == 0) return 0xffffffff;
    const count = <u32>load<u16>(page);
    if (count > MAX_SEGMENTS) {
      damaged(segmentsPage, 0, "the segments page counts " + count.toString() + " segments, at most 8191 fit");
      return 0xffffffff;
    }
    return count;
  }

  /**
   * Takes a slot of `slotSize` bytes, whose record ends `recordSize` bytes after its start, out of the first segment that holds it.
   * `NO_ADDRESS` when there is none (`lastError.status` is then `OK`) or on failure.
   */
  take(slotSize: u32, recordSize: u32, alignment: u32): RecordAddress {
    lastError.status = OK;
    this.forgetOld();
    if (slotSize > this.sizeBound) return NO_ADDRESS;
    const pages = this.pageTotal;
    if (pages == 0xffffffff) return NO_ADDRESS;
    let largest: u32 = 0;
    for (let i: u32 = 0; i < pages; i++) {
      const segmentsPage = this.segmentsPageAt(i);
      const count = segmentsPage == NO_PAGE ? 0xffffffff : this.countOn(segmentsPage);
      if (count == 0xffffffff) return NO_ADDRESS;
      const page = this.access.page(segmentsPage);
      for (let j: u32 = 0; j < count; j++) {
        const segment = page + 2 + j * SEGMENT_SIZE;
        const pageOffset = <u32>load<u16>(segment, 4);
        // Crates up to 0.9.0 may list what a slot's padding had behind its page's end.
        const size = min(usableSize(pageOffset, load<u16>(segment, 6)), PAGE_SIZE - pageOffset);
        if (size > largest) largest = size;
        if (size < slotSize || pageOffset % alignment != 0 || pageOffset + recordSize == PAGE_SIZE) continue;
        return this.takeFrom(segmentsPage, j, count, slotSize);
      }
    }
    this.sizeBound = largest;
    return NO_ADDRESS;
  }

  /** Forgets what is known of another state than the file has now. */
  private forgetOld(): void {
    if (this.boundEpoch == this.access.manager.epoch) return;
    this.boundEpoch = this.access.manager.epoch;
    this.sizeBound = 0xffffffff;
    this.fullPages = 0;
  }

  /** Takes the first `slotSize` bytes of segment `index`; the rest stays a segment. */
  private takeFrom(segmentsPage: u32, index: u32, count: u32, slotSize: u32): RecordAddress {
    const at = 2 + index * SEGMENT_SIZE;
    const segment = this.access.page(segmentsPage) + at;
    const pageNo = load<u32>(segment);
    const pageOffset = <u32>load<u16>(segment, 4);
    const listedSize = <u32>load<u16>(segment, 6);
    if (
      pageNo < this.access.manager.reservedPages ||
      pageNo >= this.access.manager.pageCount ||
      pageOffset + slotSize > PAGE_SIZE
    ) {
      damaged(segmentsPage, at, "a free segment lies outside of the file's pages");
      return NO_ADDRESS;
    }
    // What is written there next may wait for the rest of the page.
    const access = this.access;
    const page = access.manager.writeMayWait(slotSize) ? access.recordPart(pageNo, pageOffset, slotSize) : access.page(pageNo);
    if (page == 0) return NO_ADDRESS;
    if (!isZero(page + pageOffset, slotSize)) {
      damaged(pageNo, pageOffset, "bytes that are listed as a free segment are not empty");
      return NO_ADDRESS;
    }
    const status =
      listedSize > slotSize
        ? this.resize(segmentsPage, index, pageOffset + slotSize, listedSize - slotSize)
        : this.removeAt(segmentsPage, index, count);
    return status == OK ? addressOf(pageNo, pageOffset) : NO_ADDRESS;
  }

  /** Lists the `size` zeroed bytes at `address` as free: 65,536 of them are a page as a whole. */
  give(address: RecordAddress, size: u32): Status {
    size = min<u32>(size, 0xffff);
    const pages = this.pageTotal;
    if (pages == 0xffffffff) return lastError.status;
    this.forgetOld();
    for (let i = this.fullPages; i < pages; i++) {
      const segmentsPage = this.segmentsPageAt(i);
      const count = segmentsPage == NO_PAGE ? 0xffffffff : this.countOn(segmentsPage);
      if (count == 0xffffffff) return lastError.status;
      if (count < MAX_SEGMENTS) return this.giveOn(segmentsPage, count, address, size);
      this.fullPages = i + 1;
    }
    const segmentsPage = this.addPage(pages);
    return segmentsPage == NO_PAGE ? lastError.status : this.giveOn(segmentsPage, 0, address, size);
  }

  private giveOn(segmentsPage: u32, count: u32, address: RecordAddress, size: u32): Status {
    const frame = this.sortedFrame(segmentsPage, count);
    if (!frame) return lastError.status;
    const list = frame.data + 2;
    const pageNo = addressPage(address);
    let start = addressOffset(address);
    // The first segment that is not before the new one.
    let index: u32 = 0;
    let high = count;
    while (index < high) {
      const middle = (index + high) >> 1;
      const segment = list + middle * SEGMENT_SIZE;
      if (addressOf(load<u32>(segment), load<u16>(segment, 4)) < address) index = middle + 1;
      else high = middle;
    }
    const after = list + index * SEGMENT_SIZE;
    if (index < count && load<u32>(after) == pageNo && load<u16>(after, 4) == start + size) {
      size = min<u32>(size + load<u16>(after, 6), 0xffff);
      const status = this.removeAt(segmentsPage, index, count);
      if (status != OK) return status;
      count -= 1;
    }
    const before = after - SEGMENT_SIZE;
    if (index > 0 && load<u32>(before) == pageNo && <u32>load<u16>(before, 4) + load<u16>(before, 6) == start) {
      start = load<u16>(before, 4);
      size = min<u32>(size + load<u16>(before, 6), 0xffff);
      this.sizeBound = max(this.sizeBound, usableSize(start, size));
      return this.resize(segmentsPage, index - 1, start, size);
    }
    this.sizeBound = max(this.sizeBound, usableSize(start, size));
    store<u32>(scratch, pageNo);
    store<u16>(scratch, <u16>start, 4);
    store<u16>(scratch, <u16>size, 6);
    const status = this.access.insertBytes(
      segmentsPage,
      2 + index * SEGMENT_SIZE,
      scratch,
      SEGMENT_SIZE,
      (count - index) * SEGMENT_SIZE,
    );
    return status == OK ? this.access.writeU16(segmentsPage, 0, count + 1) : status;
  }

  /** Changes a segment's start and size; its place in the order stays. */
  private resize(segmentsPage: u32, index: u32, start: u32, size: u32): Status {
    return this.access.writeU32(segmentsPage, 2 + index * SEGMENT_SIZE + 4, start | (size << 16));
  }

  /** Removes segment `index` of `count`. */
  private removeAt(segmentsPage: u32, index: u32, count: u32): Status {
    const at = 2 + index * SEGMENT_SIZE;
    this.fullPages = 0;
    const status = this.access.removeBytes(segmentsPage, at, SEGMENT_SIZE, (count - index - 1) * SEGMENT_SIZE);
    return status == OK ? this.access.writeU16(segmentsPage, 0, count - 1) : status;
  }

  /** The frame of a segments page that is in order; null on failure. */
  private sortedFrame(segmentsPage: u32, count: u32): Frame | null {
    const frame = this.access.manager.frame(segmentsPage);
    if (!frame || (frame.flags & FLAG_SORTED) != 0) return frame;
    const list = frame.data + 2;
    let sorted = true;
    for (let i: u32 = 1; i < count && sorted; i++) sorted = orderOf(list, i - 1) < orderOf(list, i);
    if (!sorted) {
      const copy = sortedCopy(list, count);
      const status = this.access.writeAtRaw(segmentsPage, 2, copy, count * SEGMENT_SIZE);
      heap.free(copy);
      if (status != OK) return null;
    }
    frame.flags |= FLAG_SORTED;
    return frame;
  }

  /** Claims and lists a segments page: its number, or `NO_PAGE`. */
  private addPage(pages: u32): u32 {
    if (pages >= MAX_SEGMENTS_PAGES) {
      fail(PAGE_FULL, "the free-segments ledger has no room for one more page");
      return NO_PAGE;
    }
    const segmentsPage = this.access.claimPage();
    if (segmentsPage == NO_PAGE) return NO_PAGE;
    const frame = this.access.manager.frame(segmentsPage);
    if (!frame) return NO_PAGE;
    // Whatever the page was before.
    frame.flags &= ~FLAG_SORTED;
    let status = this.access.writeU32(this.pageNo, 2 + (pages << 2), segmentsPage);
    if (status == OK) status = this.access.writeU16(this.pageNo, 0, pages + 1);
    return status == OK ? segmentsPage : NO_PAGE;
  }

  /** Unclaims every segments page and the ledger's own. */
  release(): Status {
    const pages = this.pageTotal;
    if (pages == 0xffffffff) return lastError.status;
    for (let i: u32 = 0; i < pages; i++) {
      const segmentsPage = this.segmentsPageAt(i);
      if (segmentsPage == NO_PAGE) return lastError.status;
      const status = this.access.unclaimPage(segmentsPage);
      if (status != OK) return status;
    }
    return this.access.unclaimPage(this.pageNo);
  }
}

const scratchBytes: StaticArray<u8> = new StaticArray<u8>(8);
const scratch: usize = changetype<usize>(scratchBytes);

/** What segments are ordered by: page, then offset. */
@inline
function orderOf(list: usize, index: u32): u64 {
  const segment = list + index * SEGMENT_SIZE;
  return addressOf(load<u32>(segment), load<u16>(segment, 4));
}

/** The segments at `list` in order, in memory that the caller frees (Shell sort: it happens once a page). */
function sortedCopy(list: usize, count: u32): usize {
  const copy = heap.alloc(count * SEGMENT_SIZE);
  memory.copy(copy, list, count * SEGMENT_SIZE);
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; i++) {
      const value = load<u64>(copy + i * SEGMENT_SIZE);
      const order = orderOf(copy, i);
      let at = i;
      for (; at >= gap && orderOf(copy, at - gap) > order; at -= gap) {
        store<u64>(copy + at * SEGMENT_SIZE, load<u64>(copy + (at - gap) * SEGMENT_SIZE));
      }
      store<u64>(copy + at * SEGMENT_SIZE, value);
    }
  }
  return copy;
}

/** The bytes of a segment: one more than listed when it ends one byte before its page does. */
@inline
export function usableSize(pageOffset: u32, listedSize: u32): u32 {
  return pageOffset + listedSize == 0xffff ? listedSize + 1 : listedSize;
}
