/**
 * Finds what belongs to which table in a damaged file: by the numbers in its ledgers where they make sense, else by what pages hold.
 *
 * Tables are those that the registry leads to, and those whose definitions are found on pages of nobody. A ledger that its number does
 * not lead to is looked for where a new table has it, right behind the definition, then everywhere. `RecordSearch` finds the record pages.
 */
import { NO_PAGE } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";

import { useExactJsonNumbers } from "../encode/json-compare";
import { ByteBuffer } from "../encode/byte-buffer";
import { LAYOUT_0_11, hasDefinitions, hasIndexes } from "../memory/base/layout";
import { GivenTables } from "../schema/given-tables";
import { adoptLedgers } from "../store/schema-fit";

import { fingerprintOf } from "../schema/schema-registry";
import { TableSchemaSnapshot, definitionOn } from "../schema/table-schema-snapshot";
import { PAGE_ENTRY_SIZE } from "../table/page-ledger";

import { Table } from "../store/table";
import { CheckReport } from "../check/check-report";
import { CheckedTable } from "../check/checked-table";
import { checkIndex } from "../check/index-check";
import {
  OwnerMap,
  OWNER_AUTOINCREMENT,
  OWNER_FREE_LEDGER,
  OWNER_INDEX_LEDGER,
  OWNER_NONE,
  OWNER_PAGE_LEDGER,
  OWNER_SNAPSHOT,
} from "../check/owner-map";
import { checkRegistry } from "../check/registry-check";
import { Survey, SURVEY_ALL } from "../check/survey";
import { defineByGiven, readLedgers } from "../check/table-check";
import {
  LEDGER_ROOM,
  autoColumns,
  isAutoincrementLedger,
  isFreeSegmentsLedger,
  isIndexLedger,
  isPageLedger,
} from "./page-shapes";
import { FoundTable } from "./found-table";
import { RecordSearch } from "./record-search";
import { SlotWalk } from "./slot-walk";

export class SalvageSearch {
  readonly survey: Survey;
  readonly tables: Array<FoundTable>;
  readonly records: RecordSearch;

  private constructor(
    private readonly access: MemoryAccess,
    owners: OwnerMap,
    private readonly givenTables: GivenTables,
  ) {
    // What is wrong is told by what can't be saved; the survey's own faults are check's business.
    const survey = new Survey(access, new CheckReport(0), owners, SURVEY_ALL);
    const tables = new Array<FoundTable>();
    this.survey = survey;
    this.tables = tables;
    this.records = new RecordSearch(access, survey, tables);
  }

  /** Searches the file; `given` are definitions for tables whose own can't be read. Null when there is no memory for it. */
  static run(access: MemoryAccess, given: GivenTables): SalvageSearch | null {
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
    if (!hasDefinitions(this.access.manager.layout)) this.defineByOrder(listed);
    else for (let i = 0; i < listed.length; i++) this.defineListed(listed[i]);
    for (let i = 0; i < listed.length; i++) this.dropWrongLedgers(listed[i]);
    for (let i = 0; i < this.tables.length; i++) if (this.isWhole(this.tables[i])) this.readTable(this.tables[i]);
    this.findDefinitions();
    this.useGiven();
    for (let i = 0; i < this.tables.length; i++) this.findNear(this.tables[i]);
    for (let i = 0; i < this.tables.length; i++) this.findAnywhere(this.tables[i]);
    for (let i = 0; i < this.tables.length; i++) this.readTable(this.tables[i]);
    this.records.run();
  }

  // ---- definitions ----

  private define(checked: CheckedTable, schema: TableSchemaSnapshot): void {
    checked.schema = schema;
    checked.name = schema.name;
  }

  private get given(): Array<TableSchemaSnapshot> {
    return this.givenTables.schemas;
  }

  /** In a layout without definitions tables are told by the order of their pages, and what ledgers know better is taken from them. */
  private defineByOrder(listed: Array<CheckedTable>): void {
    if (!defineByGiven(this.survey, this.givenTables)) return;
    for (let i = 0; i < listed.length; i++) {
      const schema = listed[i].schema;
      if (!schema) continue;
      adoptLedgers(this.access, listed[i].pages, schema);
      this.define(listed[i], schema);
    }
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
      this.dropWrongLedgers(found.checked);
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

  /** Whether the page can be such a ledger, of a table with pages up to `end`. */
  private fits(kind: u32, pageNo: u32, schema: TableSchemaSnapshot, end: u32): bool {
    const page = this.access.page(pageNo);
    if (page == 0) return false;
    if (kind == OWNER_PAGE_LEDGER) return isPageLedger(page, this.least, end);
    if (kind == OWNER_FREE_LEDGER) return isFreeSegmentsLedger(page, this.least, end);
    if (kind == OWNER_INDEX_LEDGER) return isIndexLedger(page, schema, this.least, end);
    return isAutoincrementLedger(page, schema);
  }

  /** Lets go of pages that the registry names, and that can't be what it says; they may name pages that were cut off the file. */
  private dropWrongLedgers(checked: CheckedTable): void {
    const schema = checked.schema;
    if (!schema) return;
    const pages = checked.pages;
    if (pages.pageLedger != NO_PAGE && !this.fits(OWNER_PAGE_LEDGER, pages.pageLedger, schema, NO_PAGE)) {
      this.release(pages.pageLedger);
      pages.pageLedger = NO_PAGE;
    }
    if (pages.indexLedger != NO_PAGE && !this.fits(OWNER_INDEX_LEDGER, pages.indexLedger, schema, NO_PAGE)) {
      this.release(pages.indexLedger);
      pages.indexLedger = NO_PAGE;
    }
    if (pages.autoincrement != NO_PAGE && !this.fits(OWNER_AUTOINCREMENT, pages.autoincrement, schema, NO_PAGE)) {
      this.release(pages.autoincrement);
      pages.autoincrement = NO_PAGE;
    }
  }

  private isWhole(found: FoundTable): bool {
    const pages = found.checked.pages;
    const schema = found.checked.schema;
    const indexed = hasIndexes(this.access.manager.layout);
    if (!schema || pages.pageLedger == NO_PAGE || (indexed && pages.indexLedger == NO_PAGE)) return false;
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
    if (!this.fits(kind, pageNo, schema, this.end) || (which == 1 && !this.listsRowsOf(pageNo, schema))) return;
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
      else if (walk.holdsOnly(this.access, pageNo)) good += 1;
    }
    walk.free();
    table.free();
    return good > bad;
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
    const page = found.hasLedger ? this.access.page(checked.pages.pageLedger) : 0;
    const count: u32 = page != 0 ? min(load<u32>(page), LEDGER_ROOM) : 0;
    for (let i: u32 = 0; i < count; i++) {
      const pageNo = load<u32>(page + <usize>i * PAGE_ENTRY_SIZE, 4);
      if (pageNo >= this.end) found.beyond.add(pageNo);
    }
    for (let i = 0; i < checked.indexes.length; i++) checkIndex(this.survey, checked, checked.indexes[i]);
  }

  free(): void {
    for (let i = 0; i < this.tables.length; i++) this.tables[i].records.free();
    this.survey.free();
  }
}
