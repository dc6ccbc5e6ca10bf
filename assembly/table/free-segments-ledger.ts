/**
 * The free-segments ledger: the holes that deleted and moved records left (`docs/format.md`, "Free-segments ledger").
 *
 *   ledger page     | count u16 | segments page u32 | …
 *   segments page   | count u16 | { page u32 | offset u16 | size u16 } … |
 *
 * A segment goes to the first segments page that is not full, merged with its neighbours on that page of the list; a search takes the
 * first that is large enough, in list order; what it leaves becomes a segment. A page that is free as a whole has the size 65,535, for
 * 65,536 does not fit; its last byte is free all the same.
 */
import { Status, OK, PAGE_FULL, NO_PAGE, fail, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/memory-access";
import { isZero } from "../memory/journaled-access";
import { PAGE_SIZE } from "../memory/layout";
import { RecordAddress, NO_ADDRESS, addressOf, addressPage, addressOffset } from "./page-ledger";

const MAX_SEGMENTS: u32 = 8191;
const MAX_SEGMENTS_PAGES: u32 = (PAGE_SIZE - 2) / 4;
const SEGMENT_SIZE: u32 = 8;

export class FreeSegmentsLedger {
  /** No listed segment is larger than this; trusted while `boundEpoch` is the manager's. */
  private sizeBound: u32 = 0xffffffff;
  private boundEpoch: u32 = 0;

  constructor(private access: MemoryAccess, readonly pageNo: u32) {}

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
      damaged(this.pageNo, 2 + (index << 2), "the free-segments ledger lists page " + listed.toString() + ", which can't be its own");
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
    if (this.boundEpoch != this.access.manager.epoch) {
      this.boundEpoch = this.access.manager.epoch;
      this.sizeBound = 0xffffffff;
    }
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
        const size = usableSize(pageOffset, load<u16>(segment, 6));
        if (size > largest) largest = size;
        if (size < slotSize || pageOffset % alignment != 0 || pageOffset + recordSize == PAGE_SIZE) continue;
        return this.takeFrom(segmentsPage, j, count, slotSize);
      }
    }
    this.sizeBound = largest;
    return NO_ADDRESS;
  }

  /** Takes the first `slotSize` bytes of segment `index`; the rest becomes a segment. */
  private takeFrom(segmentsPage: u32, index: u32, count: u32, slotSize: u32): RecordAddress {
    const segment = this.access.page(segmentsPage) + 2 + index * SEGMENT_SIZE;
    const pageNo = load<u32>(segment);
    const pageOffset = <u32>load<u16>(segment, 4);
    const listedSize = <u32>load<u16>(segment, 6);
    if (pageNo < this.access.manager.reservedPages || pageNo >= this.access.manager.pageCount || pageOffset + slotSize > PAGE_SIZE) {
      damaged(segmentsPage, 2 + index * SEGMENT_SIZE, "a free segment lies outside of the file's pages");
      return NO_ADDRESS;
    }
    const page = this.access.page(pageNo);
    if (page == 0) return NO_ADDRESS;
    if (!isZero(page + pageOffset, slotSize)) {
      damaged(pageNo, pageOffset, "bytes that are listed as a free segment are not empty");
      return NO_ADDRESS;
    }
    if (this.removeAt(segmentsPage, index, count) != OK) return NO_ADDRESS;
    if (listedSize > slotSize) {
      if (this.append(segmentsPage, count - 1, pageNo, pageOffset + slotSize, listedSize - slotSize) != OK) return NO_ADDRESS;
    }
    return addressOf(pageNo, pageOffset);
  }

  /** Lists the `size` zeroed bytes at `address` as free. */
  give(address: RecordAddress, size: u32): Status {
    const pages = this.pageTotal;
    if (pages == 0xffffffff) return lastError.status;
    for (let i: u32 = 0; i < pages; i++) {
      const segmentsPage = this.segmentsPageAt(i);
      const count = segmentsPage == NO_PAGE ? 0xffffffff : this.countOn(segmentsPage);
      if (count == 0xffffffff) return lastError.status;
      if (count < MAX_SEGMENTS) return this.giveOn(segmentsPage, count, address, size);
    }
    const segmentsPage = this.addPage(pages);
    return segmentsPage == NO_PAGE ? lastError.status : this.giveOn(segmentsPage, 0, address, size);
  }

  private giveOn(segmentsPage: u32, count: u32, address: RecordAddress, size: u32): Status {
    const pageNo = addressPage(address);
    let start = addressOffset(address);
    let index: u32 = 0;
    // A merge may meet the neighbour on the other side: start over with the result, as the reference does.
    while (index < count) {
      const segment = this.access.page(segmentsPage) + 2 + index * SEGMENT_SIZE;
      const otherStart = <u32>load<u16>(segment, 4);
      const otherSize = <u32>load<u16>(segment, 6);
      const before = otherStart + otherSize == start;
      if (load<u32>(segment) != pageNo || (!before && start + size != otherStart)) {
        index += 1;
        continue;
      }
      const status = this.removeAt(segmentsPage, index, count);
      if (status != OK) return status;
      count -= 1;
      if (before) start = otherStart;
      size = min<u32>(size + otherSize, 0xffff);
      index = 0;
    }
    this.sizeBound = max(this.sizeBound, usableSize(start, size));
    return this.append(segmentsPage, count, pageNo, start, size);
  }

  private append(segmentsPage: u32, count: u32, pageNo: u32, start: u32, size: u32): Status {
    store<u32>(scratch, pageNo);
    store<u16>(scratch, <u16>start, 4);
    store<u16>(scratch, <u16>size, 6);
    const status = this.access.writeAtRaw(segmentsPage, 2 + count * SEGMENT_SIZE, scratch, SEGMENT_SIZE);
    return status == OK ? this.access.writeU16(segmentsPage, 0, count + 1) : status;
  }

  /** Removes segment `index` of `count`: the last one takes its place. */
  private removeAt(segmentsPage: u32, index: u32, count: u32): Status {
    const last = 2 + (count - 1) * SEGMENT_SIZE;
    let status = OK;
    if (index != count - 1) {
      store<u64>(scratch, load<u64>(this.access.page(segmentsPage) + last));
      status = this.access.writeAtRaw(segmentsPage, 2 + index * SEGMENT_SIZE, scratch, SEGMENT_SIZE);
    }
    if (status == OK) status = this.access.zeroRaw(segmentsPage, last, SEGMENT_SIZE);
    return status == OK ? this.access.writeU16(segmentsPage, 0, count - 1) : status;
  }

  /** Claims and lists a segments page: its number, or `NO_PAGE`. */
  private addPage(pages: u32): u32 {
    if (pages >= MAX_SEGMENTS_PAGES) {
      fail(PAGE_FULL, "the free-segments ledger has no room for one more page");
      return NO_PAGE;
    }
    const segmentsPage = this.access.claimPage();
    if (segmentsPage == NO_PAGE) return NO_PAGE;
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

/** The bytes of a segment: one more than listed when it ends one byte before its page does. */
@inline
export function usableSize(pageOffset: u32, listedSize: u32): u32 {
  return pageOffset + listedSize == 0xffff ? listedSize + 1 : listedSize;
}
