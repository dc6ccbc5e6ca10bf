/**
 * A scan over a table's records, in the order of the page ledger and of the slots in a page.
 *
 * It stops at damage: `lastError` says what and where. Records that are changed or removed during the scan are seen as they are when
 * the scan comes to them.
 */
import { Status, OK, NO_PAGE, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE } from "../memory/base/layout";
import { PageCache } from "../memory/cache/page-cache";
import { RECORD_HEADER_SIZE, TableRegistry, readsStarts } from "./table-registry";
import { RecordAddress, addressOf, addressOffset, addressPage } from "./page-ledger";

export class TableReader {
  /** The record that `next` found. */
  address: RecordAddress = 0;
  /** Its body; valid for the next `GUARANTEE` page lookups. */
  body: usize = 0;
  bodyLen: u32 = 0;
  /** How many bytes of the body are in memory: all, or at least `wanted`. */
  present: u32 = 0;
  /** Bytes of a body's start that are wanted: of a long record no more is read. */
  wanted: u32 = PAGE_SIZE;
  status: Status = OK;
  /** No other page is begun when more than so many were looked up since the cache had come to `since`: then it pauses. */
  mostLookups: u32 = u32.MAX_VALUE;
  since: u32 = 0;
  /** Whether it found nothing as it paused: the next call goes on. */
  isPaused: bool = false;

  private entry: u32 = 0;
  private pageNo: u32 = NO_PAGE;
  private pageOffset: u32 = 0;
  private end: u32 = 0;
  /** Whether of the current page only the records' starts are read, one by one. */
  private inParts: bool = false;
  /** The page's bytes, and the cache's lookups and the epoch when they were looked up. */
  private page: usize = 0;
  private stamp: u32 = 0;
  /** The cache's lookups when the scan began. */
  private began: u32 = 0;
  private epoch: u32 = 0;
  private readonly cache: PageCache;

  constructor(
    private access: MemoryAccess,
    private registry: TableRegistry,
  ) {
    this.cache = access.manager.cache;
    this.began = this.cache.lookups;
  }

  /** The bytes of the current page, which are looked up again when others were looked up meanwhile; 0 on failure. */
  @inline private bytes(): usize {
    const manager = this.access.manager;
    if (this.page != 0 && this.cache.lookups == this.stamp && manager.epoch == this.epoch) return this.page;
    this.page = this.page == 0 ? manager.pageInPassing(this.pageNo, this.began) : manager.page(this.pageNo);
    this.stamp = this.cache.lookups;
    this.epoch = manager.epoch;
    return this.page;
  }

  /**
   * Goes on from just behind `address`, wherever its page is in the ledger; from the start when the page is not listed. On failure
   * `status` is not `OK`, and `next` finds nothing.
   */
  seekAfter(address: RecordAddress): void {
    const ledger = this.registry.pageLedger;
    const count = ledger.count;
    this.rewind();
    if (count == 0xffffffff) this.status = lastError.status;
    for (let i: u32 = 0; i < count && this.status == OK; i++) {
      const pageNo = ledger.pageAt(i);
      if (pageNo == NO_PAGE) this.status = lastError.status;
      if (pageNo != addressPage(address)) continue;
      if (this.openPage(i)) this.skipTo(addressOffset(address));
      return;
    }
  }

  /** Goes back to the start. */
  rewind(): void {
    this.entry = 0;
    this.pageNo = NO_PAGE;
    this.page = 0;
    this.began = this.cache.lookups;
    this.status = OK;
  }

  /**
   * Skips the slots up to byte `last`. From the page's start: the record there may have gone, or its place be inside of
   * another one by now.
   */
  private skipTo(last: u32): void {
    const page = this.access.page(this.pageNo);
    if (page == 0) {
      this.status = lastError.status;
      return;
    }
    const registry = this.registry;
    let at: u32 = 0;
    while (at <= last && at + RECORD_HEADER_SIZE <= this.end) {
      const len = <u32>load<u16>(page + at);
      at += len == 0 ? registry.slotAlignment : registry.slotSize(len);
    }
    this.pageOffset = at;
  }

  /** Finds the next record; false at the end, where it pauses, and on failure (then `status` is not `OK`, and stays so). */
  next(): bool {
    this.isPaused = false;
    while (this.status == OK) {
      if (this.pageNo == NO_PAGE || this.pageOffset + RECORD_HEADER_SIZE > this.end) {
        this.isPaused = this.cache.lookups - this.since > this.mostLookups;
        if (this.isPaused || !this.nextPage()) return false;
        continue;
      }
      const page = this.inParts ? this.start() : this.bytes();
      if (page == 0) {
        this.status = lastError.status;
        return false;
      }
      if (this.inParts && load<u16>(page + this.pageOffset) == 0) {
        // An empty slot: where the next record is, the whole page tells.
        this.inParts = false;
        continue;
      }
      const step = this.registry.slotAlignment;
      let at = this.pageOffset;
      const end = this.end - RECORD_HEADER_SIZE;
      while (at <= end && load<u16>(page + at) == 0) at += step;
      if (at > end) {
        this.pageOffset = at;
        continue;
      }
      return this.found(page, at);
    }
    return false;
  }

  /**
   * Finds the next record, and those behind it in the same page that have `least` bytes: where their bodies are, u64 each, goes to `to`.
   * How many, `most` at most; 0 where `next` is false. `address` and `body` are the last one's. Only one that is alone may be shorter.
   */
  nextBodies(to: usize, most: i32, least: u32): i32 {
    if (!this.next()) return 0;
    store<u64>(to, <u64>this.body);
    const page = this.page;
    // 0: of the page no more than this record was read.
    if (page == 0 || this.inParts || this.bodyLen < least) return 1;
    const registry = this.registry;
    const fixed = registry.fixedBody;
    const step = registry.slotAlignment;
    const last = this.end - RECORD_HEADER_SIZE;
    let at = this.pageOffset;
    let count = 1;
    while (count < most) {
      while (at <= last && load<u16>(page + at) == 0) at += step;
      if (at > last) break;
      const len = <u32>load<u16>(page + at);
      // What is wrong with one `next` tells.
      if (len < least || at + RECORD_HEADER_SIZE + len > PAGE_SIZE || (fixed != 0 && len != fixed)) break;
      this.address = addressOf(this.pageNo, at);
      this.body = page + at + RECORD_HEADER_SIZE;
      this.bodyLen = len;
      store<u64>(to + ((<usize>count) << 3), <u64>this.body);
      count += 1;
      at += fixed != 0 ? step : registry.slotSize(len);
    }
    this.present = this.bodyLen;
    this.pageOffset = at;
    return count;
  }

  /** As `bytes`, but no more is sure to be there than the record's header and what is wanted of it. */
  private start(): usize {
    const at = this.pageOffset;
    return this.access.recordPart(this.pageNo, at, min(RECORD_HEADER_SIZE + this.wanted, PAGE_SIZE - at), false);
  }

  private found(page: usize, at: u32): bool {
    const registry = this.registry;
    const len = <u32>load<u16>(page + at);
    if (at + RECORD_HEADER_SIZE + len > PAGE_SIZE || (registry.fixedBody != 0 && len != registry.fixedBody)) {
      this.status = damaged(this.pageNo, at, "a record says it is " + len.toString() + " bytes long, which does not fit here");
      return false;
    }
    this.address = addressOf(this.pageNo, at);
    this.body = page + at + RECORD_HEADER_SIZE;
    this.bodyLen = len;
    this.present = this.inParts ? min(len, this.wanted) : len;
    // The others of the page may be as short.
    this.inParts = this.inParts && readsStarts(len, this.wanted);
    this.pageOffset = at + registry.slotSize(len);
    return true;
  }

  private nextPage(): bool {
    const count = this.registry.pageLedger.count;
    if (count == 0xffffffff) {
      this.status = lastError.status;
      return false;
    }
    const entry = this.pageNo == NO_PAGE ? this.entry : this.entry + 1;
    return entry < count && this.openPage(entry);
  }

  private openPage(entry: u32): bool {
    const pageNo = this.registry.pageLedger.pageAt(entry);
    if (pageNo == NO_PAGE) {
      this.status = lastError.status;
      return false;
    }
    this.entry = entry;
    this.pageNo = pageNo;
    this.page = 0;
    this.pageOffset = 0;
    this.inParts = readsStarts(this.bodyLen, this.wanted);
    this.end = PAGE_SIZE - this.registry.pageLedger.freeAt(entry);
    return true;
  }
}
