/**
 * Rows that are added to a table that has none, one behind the other: each page is made in memory and written once, where `TableRegistry`
 * writes each record, and how much room is left, by itself.
 */
import { NO_PAGE, OK, RECORD_TOO_LARGE, Status, fail, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { LAYOUT_0_11, PAGE_SIZE } from "../memory/base/layout";
import { PageLedger, alignUp } from "./page-ledger";
import { RECORD_HEADER_SIZE, TableRegistry } from "./table-registry";

export class RecordAppender {
  private readonly page: usize = heap.alloc(PAGE_SIZE);
  private readonly ledger: PageLedger;
  /** The page that is being made, its entry in the ledger, and the end of its last slot. */
  private pageNo: u32 = NO_PAGE;
  private entry: u32 = 0;
  private end: u32 = 0;

  constructor(
    private readonly access: MemoryAccess,
    private readonly registry: TableRegistry,
  ) {
    this.ledger = registry.pageLedger;
  }

  /** Adds a record: `bodyLen` bytes behind the first two at `record`, which are for the length. */
  add(record: usize, bodyLen: u32): Status {
    const registry = this.registry;
    const slotSize = registry.slotSize(bodyLen);
    const size = bodyLen + RECORD_HEADER_SIZE;
    // A record never ends exactly where its page does: the reference's scan would wrap.
    if (slotSize > PAGE_SIZE || size >= PAGE_SIZE)
      return fail(RECORD_TOO_LARGE, "the record needs " + slotSize.toString() + " bytes, a page holds 65535");
    const alignment = registry.slotAlignment;
    let start = alignUp(this.end, alignment);
    if (this.pageNo == NO_PAGE || start + slotSize > PAGE_SIZE || start + size >= PAGE_SIZE) {
      const status = this.begin();
      if (status != OK) return status;
      start = 0;
    }
    store<u16>(record, <u16>bodyLen);
    const at = this.page + start;
    memory.copy(at, record, size);
    memory.fill(at + size, 0, slotSize - size);
    this.end = start + slotSize;
    // The last slot of a page that slots of one size fill exactly must stay empty: reference 0.9.0 would fill it, and then scan for ever.
    const isLast = PAGE_SIZE - this.end == slotSize && alignment == slotSize && size == slotSize;
    if (isLast && this.access.manager.layout != LAYOUT_0_11) this.end = PAGE_SIZE;
    return OK;
  }

  /** Writes the page and begins another. */
  private begin(): Status {
    const status = this.finish();
    if (status != OK) return status;
    this.entry = this.ledger.append();
    if (this.entry == 0xffffffff) return lastError.status;
    this.pageNo = this.ledger.pageAt(this.entry);
    this.end = 0;
    memory.fill(this.page, 0, PAGE_SIZE);
    return this.pageNo == NO_PAGE ? lastError.status : OK;
  }

  /** Writes what is not written yet. */
  finish(): Status {
    const pageNo = this.pageNo;
    if (pageNo == NO_PAGE) return OK;
    const status = this.access.writeFresh(pageNo, this.page, this.end);
    return status == OK ? this.ledger.setFree(this.entry, PAGE_SIZE - this.end) : status;
  }

  free(): void {
    heap.free(this.page);
  }
}
