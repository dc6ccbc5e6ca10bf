/**
 * The page ledger: the pages that hold a table's records, and how much of each one's tail is unused (`docs/format.md`, "Page ledger").
 *
 *   | count u32 | { page u32 | free u64 } … |
 *
 * Entries are kept in ascending order of page numbers, because the scan of reference 0.9.0 goes from a page to the next *higher* one
 * and would pass by a lower page that comes later in the list.
 */
import { Status, OK, TOO_MANY_RECORD_PAGES, RECORD_TOO_LARGE, NO_PAGE, fail, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE, LAYOUT_0_8, LAYOUT_0_11 } from "../memory/base/layout";

/** The most record pages of a table: one more and the reference's 16-bit size of the list wraps to 0. */
export const MAX_RECORD_PAGES: u32 = 5460;
/** The most entries that fit the page, and that a file may therefore have. */
const ROOM: u32 = 5461;

/** Bytes that crates up to 0.8.0 charge a page of slots of one size too many (`docs/format.md`, "Fragile"). */
export const OVERCHARGE: u32 = 2;

const NO_ENTRY: u32 = 0xffffffff;
const ENTRIES_OFFSET: u32 = 4;
export const PAGE_ENTRY_SIZE: u32 = 12;

/** Where a record stands: page << 16 | byte. Ordered like the pair. */
export type RecordAddress = u64;

/** No record. */
export const NO_ADDRESS: RecordAddress = 0xffffffffffffffff;


@inline
export function addressOf(pageNo: u32, pageOffset: u32): RecordAddress {
  return ((<u64>pageNo) << 16) | pageOffset;
}


@inline
export function addressPage(address: RecordAddress): u32 {
  return <u32>(address >> 16);
}


@inline
export function addressOffset(address: RecordAddress): u32 {
  return (<u32>address) & 0xffff;
}

export class PageLedger {
  /**
   * Entries before this one have no tail that holds `hintSize` bytes, but for `skippedEntry` and later ones, which were passed by because
   * a record of `skippedSize` would have ended at their page's end. Trusted while `hintEpoch` is the manager's.
   */
  private hintEntry: u32 = 0;
  private skippedEntry: u32 = NO_ENTRY;
  private skippedSize: u32 = 0;
  private hintSize: u32 = 0;
  private hintEpoch: u32 = 0;

  /** What `bytes` was last, until a page has less room; trusted while `bytesEpoch` is the manager's. */
  private knownBytes: u64 = 0;
  private bytesEpoch: u32 = 0;
  private knowsBytes: bool = false;

  constructor(
    private access: MemoryAccess,
    readonly pageNo: u32,
  ) {}

  /** How many pages are listed; 0xffffffff when the ledger can't be read. */
  get count(): u32 {
    const page = this.access.page(this.pageNo);
    if (page == 0) return 0xffffffff;
    const count = load<u32>(page);
    if (count > ROOM) {
      damaged(this.pageNo, 0, "the page ledger counts " + count.toString() + " pages, at most 5461 fit");
      return 0xffffffff;
    }
    return count;
  }

  /** The page of entry `index` (below `count`), or `NO_PAGE` when the ledger can't be read or names a page that can't hold records. */
  pageAt(index: u32): u32 {
    const page = this.access.page(this.pageNo);
    if (page == 0) return NO_PAGE;
    const listed = load<u32>(page + ENTRIES_OFFSET + index * PAGE_ENTRY_SIZE);
    if (listed < this.access.manager.reservedPages || listed >= this.access.manager.pageCount) {
      damaged(
        this.pageNo,
        ENTRIES_OFFSET + index * PAGE_ENTRY_SIZE,
        "the page ledger lists page " + listed.toString() + ", which can't hold records",
      );
      return NO_PAGE;
    }
    return listed;
  }

  /** The unused bytes at the end of entry `index`'s page; more than a page holds counts as none. */
  freeAt(index: u32): u32 {
    const page = this.access.page(this.pageNo);
    if (page == 0) return 0;
    const free = load<u64>(page + ENTRIES_OFFSET + index * PAGE_ENTRY_SIZE, 4);
    return free > PAGE_SIZE ? 0 : <u32>free;
  }

  /** Bytes of all of the pages, but for what is unused in the last one; 0 where there are none, and where the ledger can't be read. */
  get bytes(): u64 {
    const epoch = this.access.manager.epoch;
    if (this.knowsBytes && this.bytesEpoch == epoch) return this.knownBytes;
    const page = this.access.page(this.pageNo);
    const count: u32 = page == 0 ? 0 : load<u32>(page);
    if (count == 0 || count > ROOM) return 0;
    const free = load<u64>(page + ENTRIES_OFFSET + (count - 1) * PAGE_ENTRY_SIZE, 4);
    this.knownBytes = <u64>count * PAGE_SIZE - (free > PAGE_SIZE ? 0 : free);
    this.bytesEpoch = epoch;
    this.knowsBytes = true;
    return this.knownBytes;
  }

  /**
   * Takes room for a slot of `slotSize` bytes, whose record ends `recordSize` (≤ `slotSize`) bytes after its start, from the first page
   * that has it, or a new page. `NO_ADDRESS` on failure. A record never ends exactly where its page does (the reference's scan would wrap).
   */
  place(slotSize: u32, recordSize: u32, alignment: u32): RecordAddress {
    if (slotSize > PAGE_SIZE || recordSize >= PAGE_SIZE) {
      fail(RECORD_TOO_LARGE, "the record needs " + slotSize.toString() + " bytes, a page holds 65535");
      return NO_ADDRESS;
    }
    this.knowsBytes = false;
    const count = this.count;
    if (count == 0xffffffff) return NO_ADDRESS;
    const epoch = this.access.manager.epoch;
    let entry: u32 = 0;
    let skipped = NO_ENTRY;
    if (this.hintEpoch == epoch && slotSize >= this.hintSize) {
      const sameSizes = slotSize == this.hintSize && recordSize == this.skippedSize;
      entry = min(sameSizes ? this.hintEntry : min(this.hintEntry, this.skippedEntry), count);
      if (sameSizes) skipped = this.skippedEntry;
    }
    const ledger = this.access.page(this.pageNo);
    const layout = this.access.manager.layout;
    for (; entry < count; entry++) {
      const free = load<u64>(ledger + ENTRIES_OFFSET + entry * PAGE_ENTRY_SIZE, 4);
      if (free < slotSize || free > PAGE_SIZE) continue;
      const start = tailStart(<u32>free, slotSize, alignment, layout);
      if (start + slotSize > PAGE_SIZE) continue;
      if (start + recordSize < PAGE_SIZE) break;
      skipped = min(skipped, entry);
    }
    this.skippedEntry = skipped;
    this.skippedSize = recordSize;
    this.hintEpoch = epoch;
    this.hintEntry = entry;
    this.hintSize = slotSize;
    if (entry == count) {
      entry = this.addPage(count);
      if (entry == 0xffffffff) return NO_ADDRESS;
      this.hintEntry = entry;
    }
    const pageNo = this.pageAt(entry);
    if (pageNo == NO_PAGE) return NO_ADDRESS;
    const start = tailStart(this.freeAt(entry), slotSize, alignment, layout);
    let free = PAGE_SIZE - start - slotSize;
    // The last slot of a page that slots of one size fill exactly must stay empty: reference 0.9.0 would fill it, and then scan for ever.
    if (free == slotSize && alignment == slotSize && recordSize == slotSize && layout != LAYOUT_0_11) free = 0;
    const status = this.access.writeU64(this.pageNo, ENTRIES_OFFSET + entry * PAGE_ENTRY_SIZE + 4, free);
    return status == OK ? addressOf(pageNo, start) : NO_ADDRESS;
  }

  /** Lists a page more, of which nothing is used: its entry's index, or 0xffffffff. */
  append(): u32 {
    const count = this.count;
    this.knowsBytes = false;
    return count == 0xffffffff ? count : this.addPage(count);
  }

  /** Says how many bytes at the end of entry `index`'s page are unused. */
  setFree(index: u32, free: u32): Status {
    return this.access.writeU64(this.pageNo, ENTRIES_OFFSET + index * PAGE_ENTRY_SIZE + 4, free);
  }

  /** Claims a page and lists it in its place: the entry's index, or 0xffffffff. */
  private addPage(count: u32): u32 {
    if (count >= MAX_RECORD_PAGES) {
      fail(TOO_MANY_RECORD_PAGES, "the table has " + count.toString() + " record pages, the most that its page ledger lists");
      return 0xffffffff;
    }
    const pageNo = this.access.claimPage();
    if (pageNo == NO_PAGE) return 0xffffffff;
    const ledger = this.access.page(this.pageNo);
    if (ledger == 0) return 0xffffffff;
    let entry = count;
    while (entry > 0 && load<u32>(ledger + ENTRIES_OFFSET + (entry - 1) * PAGE_ENTRY_SIZE) > pageNo) entry -= 1;
    store<u32>(newEntry, pageNo);
    store<u64>(newEntry, PAGE_SIZE, 4);
    const at = ENTRIES_OFFSET + entry * PAGE_ENTRY_SIZE;
    let status = this.access.insertBytes(this.pageNo, at, newEntry, PAGE_ENTRY_SIZE, (count - entry) * PAGE_ENTRY_SIZE);
    if (status == OK) status = this.access.writeU32(this.pageNo, 0, count + 1);
    return status == OK ? entry : 0xffffffff;
  }

  /** Unclaims every listed page and the ledger's own. */
  release(): Status {
    const count = this.count;
    if (count == 0xffffffff) return lastError.status;
    for (let i: u32 = 0; i < count; i++) {
      const pageNo = this.pageAt(i);
      if (pageNo == NO_PAGE) return lastError.status;
      const status = this.access.unclaimPage(pageNo);
      if (status != OK) return status;
    }
    return this.access.unclaimPage(this.pageNo);
  }
}

const newEntryBytes: StaticArray<u8> = new StaticArray<u8>(16);
const newEntry: usize = changetype<usize>(newEntryBytes);

/**
 * Where the next slot of a page stands that has `free` unused bytes at its end. Crates up to 0.8.0 charge a page of slots of one size two
 * bytes too many; they are no reason to leave a slot empty, behind which these crates can't read.
 */
@inline
function tailStart(free: u32, slotSize: u32, alignment: u32, layout: u8): u32 {
  const used = PAGE_SIZE - free;
  if (layout == LAYOUT_0_8 && slotSize == alignment && alignment > OVERCHARGE && used % alignment == OVERCHARGE)
    return used - OVERCHARGE;
  return alignUp(used, alignment);
}

/** The next multiple of `alignment` (any number above 0) at or after `value`. */
@inline
export function alignUp(value: u32, alignment: u32): u32 {
  const over = value % alignment;
  return over == 0 ? value : value + alignment - over;
}
