/**
 * What a damaged file tells of a table's rows that were not saved: entries of its indexes, bytes that its page ledger counts as used, its
 * counters. What is sure is a loss, what may be one a doubt; and where nothing tells which rows there were, that is said.
 */
import { Status, OK, NO_PAGE, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { LAYOUT_0_9, PAGE_SIZE, hasIndexes } from "../memory/base/layout";
import { U32Map } from "../memory/base/u32-map";
import { isZero } from "../encode/bytes";
import { ByteBuffer } from "../encode/byte-buffer";
import { VALUE_CUSTOM, VALUE_NULL } from "../encode/data-type";
import { writeTextValue } from "../encode/value-text";
import { entryCount, entryKey, isLeaf, leafAddress, nodeFrame } from "../index/node";
import { integerText } from "../table/autoincrement-ledger";
import { NO_ADDRESS, RecordAddress, addressOf, addressOffset, addressPage } from "../table/page-ledger";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { CheckReport, counted } from "../check/check-report";
import { CheckedIndex } from "../check/checked-table";
import { SegmentList } from "../check/segment-list";
import { ROWS_DOUBTFUL, ROWS_LOST, ROW_LOST, ROW_ODD, TABLE_DOUBTFUL } from "../check/fault-kinds";
import { OWNER_LEAF, OWNER_NONE } from "../check/owner-map";
import { FoundTable } from "./found-table";
import { SalvageSearch } from "./salvage-search";
import { SlotWalk } from "./slot-walk";

export class RowEvidence {
  /** Rows that were found to be lost here. */
  lost: u64 = 0;
  /** Rows that were saved, or left out for another one. */
  private rows: u64 = 0;
  /** Where rows are missing that were told of. */
  private told: Set<u64> = new Set<u64>();
  /** For each slot of each page of records a bit: a row was read there. */
  private bits: usize;
  private slotsOfPage: u32;
  private ordinals: U32Map = new U32Map();
  /** Pages on which something that is no row was told of. */
  private badPages: Set<u32> = new Set<u32>();
  /** Pages with rows that are missing. */
  private toldPages: Set<u32> = new Set<u32>();
  private step: u32;

  constructor(
    private readonly access: MemoryAccess,
    private readonly search: SalvageSearch,
    private readonly found: FoundTable,
    private readonly source: Table,
    private readonly target: Table,
    private readonly report: CheckReport,
  ) {
    this.step = source.registry.slotAlignment;
    this.slotsOfPage = PAGE_SIZE / this.step + 1;
    const bytes = ((<usize>found.recordCount * this.slotsOfPage) >> 3) + 8;
    this.bits = heap.alloc(bytes);
    memory.fill(this.bits, 0, bytes);
    for (let i: u32 = 0; i < found.recordCount; i++) this.ordinals.set(found.recordPage(i), i);
  }

  /** A row stands at `address`: it was saved, or told of. */
  noteRow(address: RecordAddress, bodyLen: u32): void {
    this.rows += 1;
    const ordinal = this.ordinals.get(addressPage(address), NO_PAGE);
    if (ordinal == NO_PAGE) return;
    const first = <u64>ordinal * this.slotsOfPage + addressOffset(address) / this.step;
    const count = this.source.registry.slotSize(bodyLen) / this.step;
    for (let slot = first; slot < first + count; slot++) {
      const byte = this.bits + <usize>(slot >> 3);
      store<u8>(byte, load<u8>(byte) | ((<u8>1) << ((<u8>slot) & 7)));
    }
  }

  /** It was told that the row at `address` is missing. */
  noteMissing(address: RecordAddress): void {
    this.told.add(address);
    this.toldPages.add(addressPage(address));
  }

  /** Something on the page is no row; without a whole index that was told of. */
  noteBad(pageNo: u32): void {
    this.badPages.add(pageNo);
  }

  private hasRow(address: RecordAddress): bool {
    const ordinal = this.ordinals.get(addressPage(address), NO_PAGE);
    if (ordinal == NO_PAGE) return false;
    const slot = <u64>ordinal * this.slotsOfPage + addressOffset(address) / this.step;
    return (load<u8>(this.bits + <usize>(slot >> 3)) & ((<u8>1) << ((<u8>slot) & 7))) != 0;
  }

  /** Tells of everything that there is evidence of and that was not saved, `saved` rows being so. */
  tell(saved: u64): Status {
    const indexes = this.source.indexes;
    let status = OK;
    for (let i = 0; i < indexes.length && status == OK; i++) {
      const index = this.found.checked.checkedIndexOf(indexes[i]);
      // What is missing in a whole index of the primary key was told of by its keys.
      if (index && !(index == this.found.primary && index.isWhole)) status = this.tellEntries(index, indexes[i], i);
    }
    if (status == OK) this.tellMissingPages();
    if (status == OK && this.found.hasLedger) status = this.tellGaps();
    for (let i = 0; i < this.found.strays.length; i++) {
      if (this.report.add(ROWS_DOUBTFUL, this.found.strays[i]))
        this.report.say("the page has rows that would fit, but nothing leads to it");
    }
    if (status == OK) this.tellUnknown(saved);
    return status;
  }

  // ---- indexes ----

  private tellEntries(index: CheckedIndex, definition: TableIndex, position: i32): Status {
    const owners = this.search.survey.owners;
    for (let pageNo: u32 = 0; pageNo < this.access.manager.pageCount; pageNo++) {
      if (owners.kind(pageNo) != OWNER_LEAF || owners.table(pageNo) != this.found.checked.number) continue;
      if (owners.index(pageNo) != <u32>index.number) continue;
      const leaf = nodeFrame(this.access, pageNo);
      const count: u32 = leaf && isLeaf(leaf) ? entryCount(leaf) : 0;
      for (let slot: u32 = 0; slot < count; slot++) {
        const frame = nodeFrame(this.access, pageNo);
        if (!frame) return lastError.status;
        const status = this.tellEntry(index, definition, position, entryKey(frame, slot), leafAddress(frame, slot));
        if (status != OK) return status;
      }
    }
    return OK;
  }

  private tellEntry(index: CheckedIndex, definition: TableIndex, position: i32, key: usize, address: RecordAddress): Status {
    if (this.told.has(address) || !definition.hasKeysLike(this.source.schema, key)) return OK;
    const isRow = this.hasRow(address);
    const isUnique = definition.isOnce(key);
    if (!isUnique && isRow) return OK;
    const isKnown = this.target.indexOn(definition.definition.columns)!.find(key) != NO_ADDRESS;
    if (!isKnown && lastError.status != OK) return lastError.status;
    // As many rows as the index has are there: where the row was is not where it is.
    const rows = definition.isTwin ? index.entries / 2 : index.entries;
    const isFewer = index.isWhole && this.rows + this.lost < rows;
    if (isKnown && (isUnique || (index.isWhole && !isFewer))) return OK;
    // Another row stands there, or one with this value elsewhere: the entry may be what is damaged.
    const isBelieved = !isRow && !index.disordered && (position == 0 || !this.found.isIndexed);
    const sure = isBelieved && (!isKnown || isFewer) && this.canBeRow(address);
    this.noteMissing(address);
    if (sure) this.lost += 1;
    if (!this.report.add(sure ? ROW_LOST : ROWS_DOUBTFUL, addressPage(address), addressOffset(address))) return OK;
    const what = index.columnsText + (index.columns.length == 1 ? " = " + this.keyText(definition, key) : "");
    if (sure) this.report.say("the row with " + what + " can't be read");
    else this.report.say("by an index there is a row with " + what + " here, but it can't be found");
    return OK;
  }

  /** Whether the address can be one of the table's. */
  private canBeRow(address: RecordAddress): bool {
    if (addressOffset(address) % this.step != 0) return false;
    const pageNo = addressPage(address);
    if (pageNo >= this.access.manager.pageCount) return this.found.isBeyond(pageNo);
    return this.ordinals.has(pageNo) || this.search.survey.owners.kind(pageNo) == OWNER_NONE;
  }

  /** The value of a key of one column, cut to 60 characters. */
  keyText(definition: TableIndex, key: usize): string {
    const column = this.source.schema.columns[definition.columns[0]];
    if (load<u8>(key, 8) == VALUE_NULL) return "null";
    let ptr = key + 4 + 4 + 1;
    if (load<u8>(key, 8) == VALUE_CUSTOM) ptr += 2 + <usize>load<u16>(ptr) + 2;
    const out = new ByteBuffer(128);
    writeTextValue(column.type, column.customSize, ptr, out);
    const text = out.toText();
    out.free();
    return text.length > 60 ? text.substring(0, 60) + "…" : text;
  }

  // ---- the page ledger ----

  /** Pages that the list has and the file does not: a whole index tells of their rows, and is doubted when it has none there. */
  private tellMissingPages(): void {
    const beyond = this.found.beyond.values();
    const sure = !this.found.isComplete;
    for (let i = 0; i < beyond.length; i++) {
      if (!sure && this.toldPages.has(beyond[i])) continue;
      if (!this.report.add(sure ? ROWS_LOST : ROWS_DOUBTFUL, beyond[i])) continue;
      this.report.say(
        "the file ends before this page, which has rows of the table" + (sure ? "" : ", though by an index it has none"),
      );
    }
  }

  /** Bytes that are used by the page ledger, and neither a row nor a free segment. */
  private tellGaps(): Status {
    const checked = this.found.checked;
    const segments = new SegmentList(this.search.survey, checked, this.step);
    const listed = segments.unsound == 0 && this.knowsSegments();
    let status = OK;
    for (let i: u32 = 0; i < checked.recordPageCount && status == OK; i++) {
      const pageNo = checked.recordPage(i);
      const page = this.access.page(pageNo);
      if (page == 0) status = lastError.status;
      else if (!this.badPages.has(pageNo)) this.tellGapsOf(i, segments, isZero(page, PAGE_SIZE), listed);
      else if (this.found.isIndexed && !this.toldPages.has(pageNo) && this.report.add(ROWS_DOUBTFUL, pageNo)) {
        this.report.say("bytes that are no row, though by the index no row is missing here");
      }
    }
    segments.free();
    return status;
  }

  /** Whether the free segments that can be read are all: a page of them that is empty may be one that was lost. */
  private knowsSegments(): bool {
    const checked = this.found.checked;
    if (checked.pages.freeSegments == NO_PAGE || checked.segmentsPageCount == 0) return false;
    for (let i: u32 = 0; i < checked.segmentsPageCount; i++) {
      const page = this.access.page(checked.segmentsPage(i));
      if (page == 0 || isZero(page, PAGE_SIZE)) return false;
    }
    return true;
  }

  private tellGapsOf(ordinal: u32, segments: SegmentList, isEmpty: bool, segmentsKnown: bool): void {
    const pageNo = this.found.checked.recordPage(ordinal);
    const used = this.found.checked.usedOf(ordinal);
    const count = segments.count(ordinal);
    let segment: u32 = 0;
    let start: u32 = PAGE_SIZE;
    let isTold = false;
    for (let at: u32 = 0; at < used; at += this.step) {
      while (segment < count && segments.end(ordinal, segment) <= at) segment += 1;
      const isFree = segment < count && segments.start(ordinal, segment) <= at;
      // For the sake of reference 0.9.0 a slot that ends exactly where its page does is left empty.
      const isSpare = at + this.step >= PAGE_SIZE && this.access.manager.layout == LAYOUT_0_9;
      if (!isFree && !isSpare && !this.hasRow(addressOf(pageNo, at))) {
        if (start == PAGE_SIZE) {
          start = at;
          isTold = false;
        }
        isTold = isTold || this.told.has(addressOf(pageNo, at));
        continue;
      }
      this.tellGap(pageNo, start, at, isEmpty, isTold, segmentsKnown);
      start = PAGE_SIZE;
    }
    this.tellGap(pageNo, start, used, isEmpty, isTold, segmentsKnown);
  }

  /** Tells of the bytes from `start` up to `end`, in which `isTold` rows that are missing were told of. */
  private tellGap(pageNo: u32, start: u32, end: u32, isEmpty: bool, isTold: bool, segmentsKnown: bool): void {
    const isFixed = this.source.registry.fixedBody != 0;
    // Crates up to 0.8.0 charge two bytes too many for the only row of a page: there is no room for another one.
    if (start >= end || (isFixed && end - start < this.step)) return;
    // A whole index tells of each row. It is doubted where a whole page is empty that should not be.
    const isComplete = this.found.isComplete;
    if (isComplete && !isTold && !isEmpty) return;
    this.tellCutRow(pageNo, start);
    if (isComplete && isTold) return;
    const sure = !isComplete && (isEmpty || segmentsKnown);
    if (!this.report.add(sure ? ROWS_LOST : ROWS_DOUBTFUL, pageNo, start)) return;
    const room = isFixed ? ", room for " + counted((end - start) / this.step, "row") : "";
    const bytes = "bytes " + start.toString() + " to " + (end - 1).toString() + " of the page are empty" + room;
    this.report.say(bytes + (sure ? ", and were in use" : ", and may have been in use"));
  }

  /** What made the bytes from `end` on zero may have begun inside of the row in front of them. */
  private tellCutRow(pageNo: u32, end: u32): void {
    const walk = new SlotWalk(this.source);
    walk.start();
    let page = this.access.page(pageNo);
    while (page != 0 && walk.next(page)) {
      page = this.access.page(pageNo);
      const start = walk.pageOffset;
      if (page == 0 || start + this.source.registry.slotSize(walk.bodyLen) < end) continue;
      const last = page + start + RECORD_HEADER_SIZE + walk.bodyLen - 1;
      if (start < end && walk.bodyLen > 0 && load<u8>(last) == 0 && this.report.add(ROW_ODD, pageNo, start)) {
        this.report.say("the row ends with zeros, and rows are missing behind it: it may have been longer");
      }
      break;
    }
    walk.free();
  }

  // ---- what nothing tells ----

  private tellUnknown(saved: u64): void {
    const found = this.found;
    const counters = this.countersText();
    // A table that ever had a row has a page of records.
    const ledger = found.checked.pages.pageLedger;
    const wasUsed = found.recordCount == 0 && found.beyond.size == 0 && (counters != "" || ledger == NO_PAGE);
    if (found.hasLedger || (found.isComplete && !wasUsed) || this.neverHadRows()) return;
    if (!this.report.add(TABLE_DOUBTFUL, ledger)) return;
    const what = found.isComplete
      ? "neither the list of the table's pages nor its indexes have a row"
      : "neither the list of the table's pages nor an index can be relied on: nothing tells which rows are missing";
    this.report.say(what + "; " + counted(saved, "row") + " could be read" + counters);
  }

  /**
   * Whether an empty ledger is enough to know that there never was a row, in a layout without indexes. Pages are never given back there:
   * had another ledger been in its place, the pages that it listed would be nobody's now.
   */
  private neverHadRows(): bool {
    const ledger = this.found.checked.pages.pageLedger;
    if (hasIndexes(this.access.manager.layout) || ledger == NO_PAGE || this.found.recordCount > 0) return false;
    const page = this.access.page(ledger);
    return page != 0 && isZero(page, PAGE_SIZE) && this.search.records.isAllOwned;
  }

  /** `, and the counter of id is at 7`, for those above 0 that can be read. */
  private countersText(): string {
    const ledger = this.source.autoincrement;
    const columns = this.source.schema.columns;
    let text = "";
    for (let i = 0; i < columns.length && ledger; i++) {
      if (!columns[i].auto) continue;
      const value = ledger.current(columns[i]);
      if (lastError.status != OK || value == 0) continue;
      text += ", and the counter of " + columns[i].name + " is at " + integerText(columns[i].type, value);
    }
    lastError.status = OK;
    return text;
  }

  free(): void {
    heap.free(this.bits);
    this.ordinals.free();
  }
}
