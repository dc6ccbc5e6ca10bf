/**
 * A walk over the slots of a table's record pages that goes on behind damage: every record that can be read is found.
 *
 * Behind a record that can't be read, a table of fixed slots goes on with the next slot; any other looks for the next slot that
 * holds a whole record. Bytes of a free segment are no record unless a whole one stands there.
 */
import { PAGE_SIZE, LAYOUT_0_11, hasDefinitions } from "../memory/base/layout";
import { isZero, firstNonZero } from "../encode/bytes";
import { Row } from "../encode/row";
import { OVERCHARGE, RecordAddress, addressOf } from "../table/page-ledger";
import { TableRegistry, RECORD_HEADER_SIZE } from "../table/table-registry";
import { Table } from "../store/table";
import { CheckReport } from "./check-report";
import { CheckedTable } from "./checked-table";
import { SegmentList } from "./segment-list";
import { Survey } from "./survey";
import {
  FaultKind,
  RECORD_MALFORMED,
  PAGE_EMPTIED,
  PAGE_FREE_WRONG,
  PADDING_NOT_ZERO,
  SLOT_NOT_EMPTY,
  TAIL_NOT_EMPTY,
  SEGMENT_NOT_EMPTY,
} from "./fault-kinds";

export class RecordWalk {
  /** The record that `next` found; valid for the next `GUARANTEE` page lookups. */
  readonly row: Row;
  address: RecordAddress = 0;
  body: usize = 0;
  bodyLen: u32 = 0;
  /** The record's page in the table's list, and its byte there. */
  ordinal: u32 = 0xffffffff;
  pageNo: u32 = 0;
  pageOffset: u32 = 0;

  /** Bytes of slots that are empty and in front of the pages' unused tails. */
  gapBytes: u64 = 0;
  /** How many records end exactly where their page does, and the first of them. */
  pageEndRecords: u64 = 0;
  pageEndAddress: RecordAddress = 0;
  /** How many pages of fixed slots end two bytes behind a slot, as crates up to 0.8.0 leave them, and the first of them. */
  overchargedPages: u32 = 0;
  overchargedPage: u32 = 0;
  /** How many pages have a record behind an empty slot, and the first of them. */
  holePages: u32 = 0;
  holePage: u32 = 0;

  private registry: TableRegistry;
  private at: u32 = PAGE_SIZE;
  /** Where the page's slots end: nothing but zeros from here on. */
  private limit: u32 = 0;
  private used: u32 = 0;
  /** The page's free segments: the next one, and how many there are. */
  private segment: u32 = 0;
  private segmentCount: u32 = 0;
  /** The empty slot just seen, in this page. */
  private hole: bool = false;
  private holeCounted: bool = false;
  /** Looking for a whole record. */
  private skipping: bool = false;
  private tailReported: bool = false;
  private strayReported: bool = false;

  /** With `segments`, faults are reported; without, the walk is silent. */
  constructor(
    private survey: Survey,
    private checked: CheckedTable,
    table: Table,
    private segments: SegmentList | null,
  ) {
    this.row = new Row(table.layout);
    this.registry = table.registry;
  }

  /** Makes `next` start with the record pages from `ordinal` on. */
  start(ordinal: u32): void {
    this.ordinal = ordinal - 1;
    this.at = PAGE_SIZE;
    this.limit = 0;
  }

  private get report(): CheckReport {
    return this.survey.report;
  }

  private add(kind: FaultKind, at: u32): bool {
    return this.segments != null && this.survey.report.add(kind, this.pageNo, at);
  }

  /** Finds the next record; false behind the last one. */
  next(): bool {
    const step = this.registry.slotAlignment;
    if (!this.survey.mayGoOn(64)) return false;
    while (this.at + RECORD_HEADER_SIZE <= this.limit || this.nextPage()) {
      if (this.at + RECORD_HEADER_SIZE > this.limit) continue;
      const page = this.survey.access.page(this.pageNo);
      if (page == 0) {
        this.at = PAGE_SIZE;
        continue;
      }
      const at = this.at;
      const len = <u32>load<u16>(page + at);
      const end = len == 0 ? 0 : this.inSegment(at);
      if (len == 0) this.emptySlot(page, at, min(step, PAGE_SIZE - at));
      else if (this.isRecord(page, at, len)) {
        this.found(page, at, len, end != 0);
        return true;
      } else if (end != 0) {
        this.strayInSegment(at);
        this.gapBytes += end - at;
        this.at = end;
        this.skipping = false;
      } else this.badRecord(at, len, step);
    }
    return false;
  }

  private nextPage(): bool {
    const ordinal = this.ordinal + 1;
    if (ordinal >= this.checked.recordPageCount) return false;
    this.ordinal = ordinal;
    this.pageNo = this.checked.recordPage(ordinal);
    this.used = this.checked.usedOf(ordinal);
    this.at = 0;
    this.limit = 0;
    this.segment = 0;
    this.hole = false;
    this.holeCounted = false;
    this.skipping = false;
    this.tailReported = false;
    this.strayReported = false;
    const segments = this.segments;
    this.segmentCount = segments ? segments.count(ordinal) : 0;
    const page = segments ? this.survey.page(this.pageNo) : this.survey.access.page(this.pageNo);
    this.mendUsed();
    if (page != 0) this.limit = isZero(page + this.used, PAGE_SIZE - this.used) ? this.used : PAGE_SIZE;
    if (page != 0 && segments && this.used > 0 && isZero(page, this.used)) this.emptyPage(segments);
    return true;
  }

  /** A page whose used part is empty: free segments have to say so. */
  private emptyPage(segments: SegmentList): void {
    let at: u32 = 0;
    for (let i: u32 = 0; i < this.segmentCount && segments.start(this.ordinal, i) <= at; i++) {
      at = max(at, segments.end(this.ordinal, i));
    }
    // For the sake of reference 0.9.0 a slot that ends exactly where its page does is left empty.
    if (at >= this.used || (this.used == PAGE_SIZE && at + this.registry.slotAlignment >= PAGE_SIZE)) return;
    if (!this.survey.report.add(PAGE_EMPTIED, this.pageNo)) return;
    this.report.say(
      "the page is empty, but by the page ledger there are records up to byte " +
        this.used.toString() +
        ", and no free segment is listed from byte " +
        at.toString() +
        " on",
    );
  }

  /** The two bytes that crates up to 0.8.0 charge a page of fixed slots too many are no slot. */
  private mendUsed(): void {
    const registry = this.registry;
    const isOld = !hasDefinitions(this.survey.access.manager.layout);
    if (!isOld || registry.fixedBody == 0 || this.used % registry.slotAlignment != OVERCHARGE) return;
    this.used -= OVERCHARGE;
    if (this.overchargedPages == 0) this.overchargedPage = this.pageNo;
    this.overchargedPages += 1;
  }

  /** Where the free segment that covers byte `at` ends; 0 when none does. */
  private inSegment(at: u32): u32 {
    const segments = this.segments;
    if (!segments) return 0;
    while (this.segment < this.segmentCount && segments.end(this.ordinal, this.segment) <= at) {
      this.segment += 1;
      this.strayReported = false;
    }
    if (this.segment == this.segmentCount || segments.start(this.ordinal, this.segment) > at) return 0;
    return segments.end(this.ordinal, this.segment);
  }

  private isRecord(page: usize, at: u32, len: u32): bool {
    const fixed = this.registry.fixedBody;
    if (at + RECORD_HEADER_SIZE + len > PAGE_SIZE || (fixed != 0 && len != fixed)) return false;
    return this.row.decode(page + at + RECORD_HEADER_SIZE, len);
  }

  private emptySlot(page: usize, at: u32, size: u32): void {
    this.at = at + size;
    if (at < this.used) {
      // For the sake of reference 0.9.0 a slot that ends exactly where its page does is left empty: that is no loss.
      if (at + size != PAGE_SIZE || this.inSegment(at) != 0 || this.survey.access.manager.layout == LAYOUT_0_11)
        this.gapBytes += size;
      this.hole = true;
    }
    if (this.skipping || isZero(page + at, size)) return;
    const where = at + firstNonZero(page + at, size);
    if (this.inSegment(at) != 0) this.strayInSegment(where);
    else if (at >= this.used) {
      if (!this.tailReported && this.add(TAIL_NOT_EMPTY, where)) {
        this.report.say("bytes in the unused end of a record page are not zero");
      }
      this.tailReported = true;
    } else {
      if (!this.strayReported && this.add(SLOT_NOT_EMPTY, where)) {
        this.report.say("a slot has the length 0, but its bytes are not zero");
      }
      this.strayReported = true;
    }
  }

  private strayInSegment(at: u32): void {
    if (!this.strayReported && this.add(SEGMENT_NOT_EMPTY, at)) {
      this.report.say("bytes that are listed as a free segment are not zero");
    }
    this.strayReported = true;
  }

  private badRecord(at: u32, len: u32, step: u32): void {
    this.at = at + step;
    if (at >= this.used) {
      // What should be unused has something, but no record.
      if (!this.tailReported && this.add(TAIL_NOT_EMPTY, at)) {
        this.report.say("bytes in the unused end of a record page are not zero");
      }
      this.tailReported = true;
      return;
    }
    if (this.skipping) return;
    this.skipping = this.registry.fixedBody == 0;
    if (this.segments) this.checked.badRecords.add(addressOf(this.pageNo, at));
    if (!this.add(RECORD_MALFORMED, at)) return;
    const says = "a record says that it is " + len.toString() + " bytes long, ";
    if (at + RECORD_HEADER_SIZE + len > PAGE_SIZE) this.report.say(says + "which leaves the page");
    else if (this.registry.fixedBody != 0 && len != this.registry.fixedBody) {
      this.report.say(says + "but in this table all have " + this.registry.fixedBody.toString());
    } else this.report.say(says + "and its bytes are no row of this table");
  }

  private found(page: usize, at: u32, len: u32, inSegment: bool): void {
    const slotEnd = min(at + this.registry.slotSize(len), PAGE_SIZE);
    this.at = slotEnd;
    this.skipping = false;
    this.address = addressOf(this.pageNo, at);
    this.pageOffset = at;
    this.body = page + at + RECORD_HEADER_SIZE;
    this.bodyLen = len;
    if (this.hole && !this.holeCounted) {
      if (this.holePages == 0) this.holePage = this.pageNo;
      this.holePages += 1;
      this.holeCounted = true;
    }
    const end = at + RECORD_HEADER_SIZE + len;
    if (end == PAGE_SIZE) {
      if (this.pageEndRecords == 0) this.pageEndAddress = this.address;
      this.pageEndRecords += 1;
    }
    if (this.segments) this.checkFound(page, at, end, slotEnd, inSegment);
  }

  private checkFound(page: usize, at: u32, end: u32, slotEnd: u32, inSegment: bool): void {
    const segments = this.segments!;
    if (end > this.used && !this.tailReported) {
      this.tailReported = true;
      if (this.report.add(PAGE_FREE_WRONG, this.checked.pages.pageLedger, 8 + this.ordinal * 12)) {
        this.report.say(
          "the bytes from " +
            this.used.toString() +
            " on of page " +
            this.pageNo.toString() +
            " are said to be unused, but a record ends at byte " +
            end.toString(),
        );
      }
    }
    if (!isZero(page + end, slotEnd - end) && this.add(PADDING_NOT_ZERO, end)) {
      this.report.say("the padding behind a record is not zero");
    }
    if (!inSegment) this.inSegment(at);
    while (this.segment < this.segmentCount && segments.start(this.ordinal, this.segment) < slotEnd) {
      segments.overlap(this.ordinal, this.segment, "the record at byte " + at.toString());
      this.segment += 1;
      this.strayReported = false;
    }
    this.strayReported = false;
  }

  free(): void {
    this.row.free();
  }
}
