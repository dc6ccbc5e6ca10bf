/** A table's definition and its ledgers: they are read as far as they make sense, and the pages they list are claimed. */
import { OK, NO_PAGE, WRONG_SCHEMA, lastError } from "../status";
import { PAGE_SIZE, LAYOUT_0_9, LAYOUT_0_11, hasDefinitions } from "../memory/base/layout";
import { GivenTables } from "../schema/given-tables";
import { TablePages } from "../schema/schema-registry";
import { openGiven } from "../store/made-index";
import { adoptLedgers } from "../store/schema-fit";
import { isEnteredTwice } from "../store/twin-index";
import { ByteBuffer } from "../encode/byte-buffer";
import { fingerprintOf } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { MAX_RECORD_PAGES } from "../table/page-ledger";
import { isUtf8 } from "../encode/utf8";
import { Table } from "../store/table";
import { CheckedIndex, CheckedTable } from "./checked-table";
import { Survey } from "./survey";
import { checkDefinition } from "./definition-check";
import {
  SNAPSHOT_DAMAGED,
  SCHEMA_MISFIT,
  FINGERPRINT_WRONG,
  LEDGER_DAMAGED,
  PAGE_FREE_WRONG,
  INDEX_LEDGER_WRONG,
  REFERENCE_LEDGER_ORDER,
  REFERENCE_PAGES,
} from "./fault-kinds";
import { OWNER_RECORDS, OWNER_SEGMENTS } from "./owner-map";

/** Entries that a page ledger has room for. */
const LEDGER_ROOM: u32 = 5461;
/** Segments pages that a free-segments ledger has room for. */
const SEGMENTS_PAGES_ROOM: u32 = (PAGE_SIZE - 2) / 4;

/**
 * Gives the tables of a layout without definitions those that were given, by the order of their pages. False with `WRONG_SCHEMA` when it
 * can't be told which is which.
 */
export function defineByGiven(survey: Survey, given: GivenTables): bool {
  if (hasDefinitions(survey.access.manager.layout) || survey.tables.length == 0) return true;
  const entries = new Array<TablePages>();
  for (let i = 0; i < survey.tables.length; i++) entries.push(survey.tables[i].pages);
  const schemas = given.match(entries);
  if (!schemas) return false;
  for (let i = 0; i < schemas.length; i++) survey.tables[i].schema = schemas[i];
  return true;
}

/** Takes the definition that was given. What its ledgers can't tell is told of where they are read. */
function openByGiven(survey: Survey, table: CheckedTable): void {
  const schema = table.schema;
  if (!schema) return;
  table.name = schema.name;
  survey.report.enter(table.name);
  if (adoptLedgers(survey.access, table.pages, schema) != OK && lastError.status == WRONG_SCHEMA) {
    survey.report.addLastError(SCHEMA_MISFIT, NO_PAGE);
    table.schema = null;
    return;
  }
  table.table = openGiven(survey.access, table.pages, schema);
  checkDefinition(survey, table, schema);
}

/** Reads the snapshot: `table.name`, `table.schema`, and `table.table` when it can be worked with. */
export function openDefinition(survey: Survey, table: CheckedTable): void {
  if (!hasDefinitions(survey.access.manager.layout)) return openByGiven(survey, table);
  const report = survey.report;
  const pageNo = table.pages.snapshot;
  const page = pageNo != NO_PAGE ? survey.page(pageNo) : 0;
  if (page == 0) return;
  const schema = TableSchemaSnapshot.decode(page, PAGE_SIZE);
  if (!schema) {
    if (report.add(SNAPSHOT_DAMAGED, pageNo, 0)) {
      report.say("the page holds no table definition, though the schema registry says so");
    }
    return;
  }
  let twice = false;
  for (let i = 0; i < survey.tables.length; i++) twice = twice || survey.tables[i].name == schema.name;
  table.name = schema.name;
  report.enter(table.name);
  if (fingerprintOf(schema.name) != table.fingerprint && report.add(FINGERPRINT_WRONG, pageNo, 0)) {
    report.say("the definition is of a table " + schema.name + ", whose fingerprint is not the registry's");
  }
  if (twice && report.add(FINGERPRINT_WRONG, pageNo, 0)) report.say("there is another table " + schema.name);
  if (schema.validate() != OK) {
    if (report.add(SNAPSHOT_DAMAGED, pageNo)) report.say(lastError.what);
    return;
  }
  const encoded = new ByteBuffer(1024);
  const status = schema.encode(encoded);
  const len = encoded.len;
  const same = status == OK && memory.compare(encoded.ptr, page, len) == 0;
  encoded.free();
  if (!same) {
    if (report.add(SNAPSHOT_DAMAGED, pageNo)) {
      report.say("the definition is not written as it should be: some part of it is longer than what it holds");
    }
    return;
  }
  table.schema = schema;
  table.table = new Table(survey.access, table.pages, schema, len);
  checkDefinition(survey, table, schema);
}

/** Claims record pages, segments pages, and reads the index ledger. */
export function readLedgers(survey: Survey, table: CheckedTable): void {
  if (table.pages.pageLedger != NO_PAGE) readPageLedger(survey, table, table.pages.pageLedger);
  if (table.pages.freeSegments != NO_PAGE) readFreeSegments(survey, table, table.pages.freeSegments);
  if (table.pages.indexLedger != NO_PAGE) readIndexLedger(survey, table, table.pages.indexLedger);
  matchIndexes(survey, table);
}

function readPageLedger(survey: Survey, table: CheckedTable, ledger: u32): void {
  const report = survey.report;
  const layout = survey.access.manager.layout;
  // Before 0.9 pages are only ever added at the end.
  const isOld = layout == LAYOUT_0_9;
  const page = survey.page(ledger);
  if (page == 0) return;
  const count = load<u32>(page);
  const guessing = count > LEDGER_ROOM;
  if (guessing && report.add(LEDGER_DAMAGED, ledger, 0)) {
    report.say("the page ledger counts " + count.toString() + " pages, at most 5461 fit");
  }
  let last: u32 = 0;
  let sorted = true;
  for (let i: u32 = 0; i < min(count, LEDGER_ROOM); i++) {
    const at = 4 + i * 12;
    const pageNo = load<u32>(page + at);
    const free = load<u64>(page + at, 4);
    if (guessing && (pageNo < survey.access.manager.reservedPages || pageNo >= survey.pageCount)) break;
    if (!survey.claim(pageNo, OWNER_RECORDS, table.number, 0, ledger, at)) continue;
    if (free > PAGE_SIZE && report.add(PAGE_FREE_WRONG, ledger, at + 4)) {
      report.say(free.toString() + " bytes of page " + pageNo.toString() + " are said to be unused, more than it has");
    }
    table.pageOrdinals.set(pageNo, table.recordPageCount);
    table.recordPages.addU32(pageNo);
    table.recordPages.addU32(free > PAGE_SIZE ? PAGE_SIZE : PAGE_SIZE - <u32>free);
    if (pageNo < last && sorted) {
      sorted = false;
      if (isOld && report.add(REFERENCE_LEDGER_ORDER, ledger, at)) {
        report.say(
          "page " +
            pageNo.toString() +
            " is listed behind page " +
            last.toString() +
            ": the scan of reference 0.9.0 passes by its rows",
        );
      }
    }
    last = pageNo;
  }
  if (count > MAX_RECORD_PAGES && !guessing && layout != LAYOUT_0_11 && report.add(REFERENCE_PAGES, ledger, 0)) {
    report.say("the table has " + count.toString() + " record pages; the reference's arithmetic holds up to 5460");
  }
}

function readFreeSegments(survey: Survey, table: CheckedTable, ledger: u32): void {
  const report = survey.report;
  const page = survey.page(ledger);
  if (page == 0) return;
  const count = <u32>load<u16>(page);
  const guessing = count > SEGMENTS_PAGES_ROOM;
  if (guessing && report.add(LEDGER_DAMAGED, ledger, 0)) {
    report.say("the free-segments ledger counts " + count.toString() + " pages, more than fit");
  }
  for (let i: u32 = 0; i < min(count, SEGMENTS_PAGES_ROOM); i++) {
    const pageNo = load<u32>(page + 2 + (i << 2));
    if (guessing && (pageNo < survey.access.manager.reservedPages || pageNo >= survey.pageCount)) break;
    if (survey.claim(pageNo, OWNER_SEGMENTS, table.number, 0, ledger, 2 + (i << 2))) table.segmentsPages.addU32(pageNo);
  }
}

function readIndexLedger(survey: Survey, table: CheckedTable, ledger: u32): void {
  const page = survey.page(ledger);
  if (page == 0) return;
  let at: u32 = 8;
  for (let left = load<u64>(page); left > 0; left--) {
    const start = at;
    let columnCount: u64 = at + 8 <= PAGE_SIZE ? load<u64>(page + at) : u64.MAX_VALUE;
    at += 8;
    const columns = new Array<string>();
    for (; columnCount > 0; columnCount--) {
      const nameLen: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
      if (at + 1 + nameLen + 4 > PAGE_SIZE || columns.length == 255 || !isUtf8(page + at + 1, nameLen)) {
        return badIndexLedger(survey, ledger, start);
      }
      columns.push(String.UTF8.decodeUnsafe(page + at + 1, nameLen, false));
      at += 1 + nameLen;
    }
    if (columns.length == 0 || at + 4 > PAGE_SIZE) return badIndexLedger(survey, ledger, start);
    table.indexes.push(new CheckedIndex(survey.access, table.indexes.length, columns, load<u32>(page + at), at));
    at += 4;
  }
}

function badIndexLedger(survey: Survey, ledger: u32, at: u32): void {
  if (survey.report.add(LEDGER_DAMAGED, ledger, min(at, PAGE_SIZE - 1))) {
    survey.report.say("the index ledger makes no sense from here on");
  }
}

/** Without a definition an index shows that it is there twice. */
function findRepeated(survey: Survey, table: CheckedTable): void {
  if (hasDefinitions(survey.access.manager.layout)) return;
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    index.repeated = index.columns.length == 1 && isEnteredTwice(survey.access, index.tree.rootPage);
  }
}

/** Brings the ledger's indexes and the snapshot's together. */
function matchIndexes(survey: Survey, table: CheckedTable): void {
  const opened = table.table;
  const ledger = table.pages.indexLedger;
  if (!opened) return findRepeated(survey, table);
  if (ledger == NO_PAGE) return;
  const report = survey.report;
  for (let i = 0; i < table.indexes.length; i++) {
    const checked = table.indexes[i];
    const index = opened.indexOn(checked.columns);
    if (!index || table.checkedIndexOf(index)) {
      if (report.add(INDEX_LEDGER_WRONG, ledger, checked.rootOffset)) {
        report.say(
          "the index ledger lists an index on " +
            checked.columnsText +
            (index ? " twice" : ", which the definition does not have"),
        );
      }
      continue;
    }
    checked.index = index;
    index.tree.rootPage = checked.tree.rootPage;
  }
  for (let i = 0; i < opened.indexes.length; i++) {
    const first = opened.indexOn(opened.indexes[i].definition.columns);
    const checked = first ? table.checkedIndexOf(first) : null;
    if (checked && first != opened.indexes[i]) checked.repeated = true;
    if (!checked && report.add(INDEX_LEDGER_WRONG, ledger)) {
      report.say("the index ledger has no index on " + opened.indexes[i].definition.columnsText);
    }
  }
}
