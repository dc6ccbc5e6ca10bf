/**
 * Finds what belongs to which table in a damaged file: by the numbers in its ledgers where they make sense, else by what pages hold.
 *
 * Tables are those that the registry leads to, and those whose definitions are found on pages of nobody. A ledger that its number does
 * not lead to is looked for where a new table has it, right behind the definition, then everywhere. Record pages are those that the page
 * ledger lists, those that the primary key's index points to, which is believed when the two disagree, and if both are lost those
 * of nobody that hold nothing but rows of just one table.
 */
import { NO_PAGE } from "../status";
import { MemoryAccess } from "../memory/memory-access";
import { U32Map } from "../memory/u32-map";
import { useExactJsonNumbers } from "../encode/json-compare";
import { ByteBuffer } from "../encode/byte-buffer";
import { LAYOUT_0_11, PAGE_SIZE } from "../memory/layout";
import { isZero } from "../encode/bytes";
import { fingerprintOf } from "../schema/schema-registry";
import { TableSchemaSnapshot, definitionOn } from "../schema/table-schema-snapshot";
import { addressOffset, addressPage } from "../table/page-ledger";
import { entryCount, leafAddress, nodeFrame, isLeaf } from "../index/node";
import { Frame } from "../memory/page-cache";
import { Table } from "../store/table";
import { CheckReport } from "../check/check-report";
import { CheckedIndex, CheckedTable } from "../check/checked-table";
import { checkIndex } from "../check/index-check";
import {
  OwnerMap,
  OWNER_AUTOINCREMENT,
  OWNER_FREE_LEDGER,
  OWNER_INDEX_LEDGER,
  OWNER_LEAF,
  OWNER_INNER,
  OWNER_NONE,
  OWNER_PAGE_LEDGER,
  OWNER_RECORDS,
  OWNER_SNAPSHOT,
} from "../check/owner-map";
import { checkRegistry } from "../check/registry-check";
import { Survey, SURVEY_ALL } from "../check/survey";
import { readLedgers } from "../check/table-check";
import { autoColumns, isAutoincrementLedger, isFreeSegmentsLedger, isIndexLedger, isPageLedger } from "./page-shapes";
import { SlotWalk } from "./slot-walk";

/** A page that indexes of several tables point to. */
const DISPUTED: u32 = 0xffffffff;

/** What is known of a table whose rows are to be saved. */
export class FoundTable {
  /** Pages u32 that hold its records. */
  readonly records: ByteBuffer = new ByteBuffer(64);
  /** Its page ledger was found, and makes sense. */
  hasLedger: bool = false;
  /** Its definition is the user's: it is told of only when rows of it are found. */
  assumed: bool = false;
  /** Its ledgers have been read. */
  read: bool = false;

  constructor(readonly checked: CheckedTable) {}

  /** The primary key's index; null when there is none that can be read. */
  get primary(): CheckedIndex | null {
    const table = this.checked.table;
    return table ? this.checked.checkedIndexOf(table.primary) : null;
  }

  /** Whether the primary key's index could be read as a whole, and nothing is wrong with it. */
  get isIndexed(): bool {
    const primary = this.primary;
    return primary != null && !primary.incomplete && !primary.unsound;
  }

  addRecords(pageNo: u32): void {
    this.records.addU32(pageNo);
  }

  get recordCount(): u32 {
    return this.records.len >> 2;
  }

  recordPage(i: u32): u32 {
    return load<u32>(this.records.ptr + ((<usize>i) << 2));
  }

  dropRecords(pageNo: u32): void {
    const list = this.records;
    let kept: u32 = 0;
    for (let i: u32 = 0; i < list.len; i += 4) {
      const at = load<u32>(list.ptr + i);
      if (at == pageNo) continue;
      store<u32>(list.ptr + kept, at);
      kept += 4;
    }
    list.len = kept;
  }
}

export class SalvageSearch {
  readonly survey: Survey;
  tables: Array<FoundTable> = new Array<FoundTable>();
  /** Pages of nobody that hold rows which fit several tables. */
  ambiguous: Array<u32> = new Array<u32>();

  private constructor(
    private readonly access: MemoryAccess,
    owners: OwnerMap,
    private readonly given: Array<TableSchemaSnapshot>,
  ) {
    // What is wrong is told by what can't be saved; the survey's own faults are check's business.
    this.survey = new Survey(access, new CheckReport(0), owners, SURVEY_ALL);
  }

  /** Searches the file; `given` are definitions for tables whose own can't be read. Null when there is no memory for it. */
  static run(access: MemoryAccess, given: Array<TableSchemaSnapshot>): SalvageSearch | null {
    const owners = OwnerMap.create(access.manager.pageCount);
    if (!owners) return null;
    useExactJsonNumbers(access.manager.layout == LAYOUT_0_11);
    const search = new SalvageSearch(access, owners, given);
    if (access.manager.pageCount > 0) search.find();
    return search;
  }

  private get least(): u32 {
    return this.access.manager.reservedPages;
  }

  private get end(): u32 {
    return this.access.manager.pageCount;
  }

  private find(): void {
    checkRegistry(this.survey);
    const listed = this.survey.tables;
    for (let i = 0; i < listed.length; i++) this.tables.push(new FoundTable(listed[i]));
    for (let i = 0; i < listed.length; i++) this.defineListed(listed[i]);
    for (let i = 0; i < listed.length; i++) this.dropWrongLedgers(listed[i]);
    for (let i = 0; i < this.tables.length; i++) if (this.isWhole(this.tables[i])) this.readTable(this.tables[i]);
    this.findDefinitions();
    this.useGiven();
    for (let i = 0; i < this.tables.length; i++) this.findNear(this.tables[i]);
    for (let i = 0; i < this.tables.length; i++) this.findAnywhere(this.tables[i]);
    for (let i = 0; i < this.tables.length; i++) this.readTable(this.tables[i]);
    this.followIndexes();
    this.doubtIndexes();
    this.takeUnowned();
  }

  // ---- definitions ----

  private define(checked: CheckedTable, schema: TableSchemaSnapshot): void {
    checked.schema = schema;
    checked.name = schema.name;
  }

  /** Takes the definition that the registry leads to, or else the user's of the same fingerprint. */
  private defineListed(checked: CheckedTable): void {
    const pageNo = checked.pages.snapshot;
    const page = pageNo != NO_PAGE ? this.access.page(pageNo) : 0;
    const schema = page != 0 ? definitionOn(page) : null;
    if (schema && fingerprintOf(schema.name) == checked.fingerprint && !this.tableNamed(schema.name))
      return this.define(checked, schema);
    for (let i = 0; i < this.given.length; i++) {
      if (fingerprintOf(this.given[i].name) == checked.fingerprint && !this.tableNamed(this.given[i].name)) {
        return this.define(checked, this.given[i]);
      }
    }
    if (schema && !this.tableNamed(schema.name)) this.define(checked, schema);
  }

  private tableNamed(name: string): FoundTable | null {
    for (let i = 0; i < this.tables.length; i++) {
      const schema = this.tables[i].checked.schema;
      if (schema && schema.name == name) return this.tables[i];
    }
    return null;
  }

  /** Looks for definitions on pages of nobody. */
  private findDefinitions(): void {
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      if (this.survey.owners.kind(pageNo) != OWNER_NONE) continue;
      const page = this.access.page(pageNo);
      const schema = page != 0 ? definitionOn(page) : null;
      if (!schema || this.tableNamed(schema.name)) continue;
      let found: FoundTable | null = null;
      for (let i = 0; i < this.tables.length && !found; i++) {
        const checked = this.tables[i].checked;
        if (!checked.schema && checked.fingerprint == fingerprintOf(schema.name)) found = this.tables[i];
      }
      if (!found) found = this.addTable(schema.name);
      found.checked.pages.snapshot = pageNo;
      this.define(found.checked, schema);
      this.survey.owners.set(pageNo, OWNER_SNAPSHOT, found.checked.number, 0);
    }
  }

  private addTable(name: string): FoundTable {
    const checked = new CheckedTable(this.survey.tables.length + 1, 0, fingerprintOf(name));
    this.survey.tables.push(checked);
    const found = new FoundTable(checked);
    this.tables.push(found);
    return found;
  }

  /** Adds the tables that only the user knows of, and lets go of what is left of those that nobody does. */
  private useGiven(): void {
    for (let i = 0; i < this.given.length; i++) {
      if (this.tableNamed(this.given[i].name)) continue;
      const found = this.addTable(this.given[i].name);
      found.assumed = true;
      this.define(found.checked, this.given[i]);
    }
    for (let i = 0; i < this.tables.length; i++) {
      const checked = this.tables[i].checked;
      if (checked.schema) continue;
      const pages = checked.pages;
      this.release(pages.snapshot);
      this.release(pages.pageLedger);
      this.release(pages.freeSegments);
      this.release(pages.indexLedger);
      this.release(pages.autoincrement);
    }
  }

  private release(pageNo: u32): void {
    if (pageNo != NO_PAGE) this.survey.owners.set(pageNo, OWNER_NONE, 0, 0);
  }

  // ---- ledgers ----

  private fits(kind: u32, pageNo: u32, schema: TableSchemaSnapshot): bool {
    const page = this.access.page(pageNo);
    if (page == 0) return false;
    if (kind == OWNER_PAGE_LEDGER) return isPageLedger(page, this.least, this.end);
    if (kind == OWNER_FREE_LEDGER) return isFreeSegmentsLedger(page, this.least, this.end);
    if (kind == OWNER_INDEX_LEDGER) return isIndexLedger(page, schema, this.least, this.end);
    return isAutoincrementLedger(page, schema);
  }

  /** Lets go of pages that the registry names, and that can't be what it says. */
  private dropWrongLedgers(checked: CheckedTable): void {
    const schema = checked.schema;
    if (!schema) return;
    const pages = checked.pages;
    if (pages.pageLedger != NO_PAGE && !this.fits(OWNER_PAGE_LEDGER, pages.pageLedger, schema)) {
      this.release(pages.pageLedger);
      pages.pageLedger = NO_PAGE;
    }
    if (pages.indexLedger != NO_PAGE && !this.fits(OWNER_INDEX_LEDGER, pages.indexLedger, schema)) {
      this.release(pages.indexLedger);
      pages.indexLedger = NO_PAGE;
    }
    if (pages.autoincrement != NO_PAGE && !this.fits(OWNER_AUTOINCREMENT, pages.autoincrement, schema)) {
      this.release(pages.autoincrement);
      pages.autoincrement = NO_PAGE;
    }
  }

  private isWhole(found: FoundTable): bool {
    const pages = found.checked.pages;
    const schema = found.checked.schema;
    if (!schema || pages.pageLedger == NO_PAGE || pages.indexLedger == NO_PAGE) return false;
    return pages.autoincrement != NO_PAGE || autoColumns(schema) == 0;
  }

  /** Looks for missing ledgers where a new table has them: page ledger, free segments, index ledger, numbers, behind its definition. */
  private findNear(found: FoundTable): void {
    const pages = found.checked.pages;
    if (!found.checked.schema || found.read || pages.snapshot == NO_PAGE) return;
    for (let i: u32 = 1; i <= 4; i++) this.tryLedger(found, i, pages.snapshot + i);
  }

  /** Looks for ledgers that are still missing on all pages of nobody; not for free segments, which rows are read without. */
  private findAnywhere(found: FoundTable): void {
    if (!found.checked.schema || found.read || this.isWhole(found)) return;
    for (let pageNo = this.least; pageNo < this.end && !this.isWhole(found); pageNo++) {
      for (let i: u32 = 1; i <= 4; i++) if (i != 2) this.tryLedger(found, i, pageNo);
    }
  }

  /**
   * Takes page `pageNo` for a ledger that is missing, if it can be that: `which` is 1 for the page ledger, 2 the free segments', 3 the
   * indexes', 4 the numbers'.
   */
  private tryLedger(found: FoundTable, which: u32, pageNo: u32): void {
    const pages = found.checked.pages;
    const schema = found.checked.schema!;
    let known = pages.autoincrement;
    let kind = OWNER_AUTOINCREMENT;
    if (which == 1) {
      known = pages.pageLedger;
      kind = OWNER_PAGE_LEDGER;
    } else if (which == 2) {
      known = pages.freeSegments;
      kind = OWNER_FREE_LEDGER;
    } else if (which == 3) {
      known = pages.indexLedger;
      kind = OWNER_INDEX_LEDGER;
    }
    if (known != NO_PAGE || pageNo >= this.end || this.survey.owners.kind(pageNo) != OWNER_NONE) return;
    if (which == 4 && autoColumns(schema) == 0) return;
    if (!this.fits(kind, pageNo, schema) || (which == 1 && !this.listsRowsOf(pageNo, schema))) return;
    if (which == 1) pages.pageLedger = pageNo;
    else if (which == 2) pages.freeSegments = pageNo;
    else if (which == 3) pages.indexLedger = pageNo;
    else pages.autoincrement = pageNo;
    this.survey.owners.set(pageNo, kind, found.checked.number, 0);
  }

  /** Whether the pages that a page ledger lists hold rows of the table, as far as they are anybody's to take: at least one does. */
  private listsRowsOf(ledger: u32, schema: TableSchemaSnapshot): bool {
    const count = load<u32>(this.access.page(ledger));
    if (count == 0) return false;
    const table = this.openTable(schema, null);
    const walk = new SlotWalk(table);
    let good: u32 = 0;
    let bad: u32 = 0;
    for (let i: u32 = 0; i < count; i++) {
      const ledgerPage = this.access.page(ledger);
      const pageNo = ledgerPage == 0 ? NO_PAGE : load<u32>(ledgerPage + 4 + i * 12);
      if (pageNo == NO_PAGE || this.survey.owners.kind(pageNo) != OWNER_NONE) bad += 1;
      else if (this.holdsOnly(walk, pageNo)) good += 1;
    }
    walk.free();
    table.free();
    return good > bad;
  }

  /** Whether the page has rows of the walk's table and nothing else. */
  private holdsOnly(walk: SlotWalk, pageNo: u32): bool {
    walk.start();
    let rows: u32 = 0;
    let page = this.access.page(pageNo);
    while (page != 0 && walk.next(page)) {
      if (!walk.regular || !walk.isSound) return false;
      rows += 1;
      page = this.access.page(pageNo);
    }
    return rows > 0 && walk.badPlaces == 0;
  }

  private openTable(schema: TableSchemaSnapshot, checked: CheckedTable | null): Table {
    const encoded = new ByteBuffer(1024);
    schema.encode(encoded);
    const len = encoded.len;
    encoded.free();
    return new Table(this.access, checked ? checked.pages : new CheckedTable(0, 0, 0).pages, schema, len);
  }

  /** Reads the table's ledgers and trees, and claims the pages that they lead to. */
  private readTable(found: FoundTable): void {
    const checked = found.checked;
    const schema = checked.schema;
    if (!schema || found.read) return;
    found.read = true;
    found.hasLedger = checked.pages.pageLedger != NO_PAGE;
    checked.table = this.openTable(schema, checked);
    readLedgers(this.survey, checked);
    for (let i: u32 = 0; i < checked.recordPageCount; i++) found.addRecords(checked.recordPage(i));
    for (let i = 0; i < checked.indexes.length; i++) checkIndex(this.survey, checked, checked.indexes[i]);
  }

  // ---- record pages ----

  /** The leaf `pageNo` when it is one of a primary key's index that is sound, else null; its table goes to `leafTable`. */
  private leafOf(pageNo: u32): Frame | null {
    const owners = this.survey.owners;
    const found = owners.kind(pageNo) == OWNER_LEAF ? this.ofNumber(owners.table(pageNo)) : null;
    const primary = found ? found.primary : null;
    if (!found || !primary || !found.isIndexed || owners.index(pageNo) != <u32>primary.number) return null;
    this.leafTable = found;
    const frame = nodeFrame(this.access, pageNo);
    return frame && isLeaf(frame) ? frame : null;
  }

  private leafTable: FoundTable | null = null;

  /** Takes the pages that primary keys' indexes point to, also from a ledger that lists them for another table. */
  private followIndexes(): void {
    const owners = this.survey.owners;
    const votes = new U32Map();
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      const frame = this.leafOf(pageNo);
      const count: u32 = frame ? entryCount(frame) : 0;
      const number = frame ? this.leafTable!.checked.number : 0;
      for (let i: u32 = 0; i < count && frame; i++) {
        const target = addressPage(leafAddress(frame, i));
        const vote = votes.get(target, number);
        votes.set(target, vote == number ? number : DISPUTED);
      }
    }
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      const number = votes.get(pageNo, 0);
      const kind = owners.kind(pageNo);
      if (number == 0 || number == DISPUTED || kind == OWNER_LEAF || kind == OWNER_INNER) continue;
      if (kind == OWNER_RECORDS && owners.table(pageNo) == number) continue;
      const before = kind == OWNER_RECORDS ? this.ofNumber(owners.table(pageNo)) : null;
      if (before) before.dropRecords(pageNo);
      this.ofNumber(number)!.addRecords(pageNo);
      owners.set(pageNo, OWNER_RECORDS, number, 0);
    }
    votes.free();
  }

  /** An index that points to what can't be a record of its table is not to be relied on, though its keys are in order. */
  private doubtIndexes(): void {
    const owners = this.survey.owners;
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      const frame = this.leafOf(pageNo);
      const count: u32 = frame ? entryCount(frame) : 0;
      for (let i: u32 = 0; i < count && frame; i++) {
        const found = this.leafTable!;
        const address = leafAddress(frame, i);
        const target = addressPage(address);
        const isRecord =
          target < this.end && owners.kind(target) == OWNER_RECORDS && owners.table(target) == found.checked.number;
        if (isRecord && addressOffset(address) % found.checked.table!.registry.slotAlignment == 0) continue;
        found.primary!.unsound = true;
        break;
      }
    }
  }

  private ofNumber(number: u32): FoundTable | null {
    return number > 0 && number <= <u32>this.tables.length ? this.tables[number - 1] : null;
  }

  /** Gives pages of nobody to tables of which neither the page ledger nor the index could be read. */
  private takeUnowned(): void {
    const lost = new Array<FoundTable>();
    const walks = new Array<SlotWalk>();
    for (let i = 0; i < this.tables.length; i++) {
      const table = this.tables[i].checked.table;
      if (!table || this.tables[i].hasLedger || this.tables[i].isIndexed) continue;
      lost.push(this.tables[i]);
      walks.push(new SlotWalk(table));
    }
    for (let pageNo = this.least; pageNo < this.end && lost.length > 0; pageNo++) {
      if (!this.isUnowned(pageNo)) continue;
      let taker = -1;
      let takers = 0;
      for (let i = 0; i < lost.length; i++) {
        if (!this.holdsOnly(walks[i], pageNo)) continue;
        taker = i;
        takers += 1;
      }
      if (takers > 1) this.ambiguous.push(pageNo);
      if (takers != 1) continue;
      lost[taker].addRecords(pageNo);
      this.survey.owners.set(pageNo, OWNER_RECORDS, lost[taker].checked.number, 0);
    }
    for (let i = 0; i < walks.length; i++) walks[i].free();
  }

  /** Whether the page holds something and is nobody's. */
  private isUnowned(pageNo: u32): bool {
    if (this.survey.owners.kind(pageNo) != OWNER_NONE) return false;
    const page = this.access.page(pageNo);
    return page != 0 && !isZero(page, PAGE_SIZE);
  }

  /** The pages that hold something and were found to be nobody's. */
  unownedPages(): Array<u32> {
    const pages = new Array<u32>();
    for (let pageNo = this.least; pageNo < this.end; pageNo++) if (this.isUnowned(pageNo)) pages.push(pageNo);
    return pages;
  }

  free(): void {
    for (let i = 0; i < this.tables.length; i++) this.tables[i].records.free();
    this.survey.free();
  }
}
