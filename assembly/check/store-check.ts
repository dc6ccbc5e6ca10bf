/**
 * The check: walks everything in a page file and reports every fault (`docs/format.md` is what it holds the file against).
 *
 * It only reads, and works on any `MemoryAccess`, a running transaction's too. Memory: 4 bytes for each page of the file, 16 for
 * each leaf of an index, a bit for each slot of a table whose indexes do not agree with it, and the faults.
 */
import { Status, OK, NO_PAGE, lastError } from "../status";
import {
  PAGE_SIZE,
  LAYOUT_0_9,
  LAYOUT_0_11,
  layoutName,
  reservedPages,
  ACL_PAGE,
  SCHEMA_PAGE,
  hasDefinitions,
  hasIndexes,
  unclaimedPagesPage,
} from "../memory/base/layout";
import { isZero } from "../encode/bytes";
import { MemoryAccess } from "../memory/access/memory-access";
import { fingerprintOf, storedSchemaHash } from "../schema/schema-registry";
import { TableSchemaSnapshot, definitionOn } from "../schema/table-schema-snapshot";
import { GivenTables } from "../schema/given-tables";
import { detectLayout } from "../schema/layout-detection";
import { useExactJsonNumbers } from "../encode/json-compare";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeys } from "../encode/key";
import { NODE_LEAF, COUNT_OFFSET } from "../index/node";
import { TreeCursor } from "../index/tree-cursor";
import { addressOffset, addressPage } from "../table/page-ledger";
import { FileChecker, useFileChecker } from "../store/catalog";
import { OpenTables } from "../store/open-tables";
import { Table } from "../store/table";
import { CheckReport, counted } from "./check-report";
import { CheckedTable } from "./checked-table";
import { checkRegistry, checkSchemaHash, checkUnclaimed, checkAcl, listedHash } from "./registry-check";
import { defineByGiven, openDefinition, readLedgers } from "./table-check";
import { AutoincrementCheck } from "./autoincrement-check";
import { checkCatalog, noteCatalog } from "./catalog-check";
import { checkRecords } from "./record-check";
import { checkIndex } from "./index-check";
import { checkEntries } from "./entry-check";
import { checkForeignKeys } from "./foreign-key-check";
import { Survey, SURVEY_ALL, SURVEY_OWNERS, SURVEY_RECORDS } from "./survey";
import {
  CHECK_BROKEN,
  ERROR,
  FILE_PADDED,
  FILE_SHORT,
  FOREIGN_KEY_BROKEN,
  PAGE_LEAKED,
  PAGE_UNLISTED,
  REGISTRY_DAMAGED,
  SCHEMA_MISFIT,
  TABLE_UNLISTED,
  UNIQUE_TWICE,
} from "./fault-kinds";
import { OwnerMap, OWNER_NONE, OWNER_PADDING } from "./owner-map";

/**
 * Checks the whole file, or with `quick` what `quickCheck` does. What is wrong with it goes to `report`; the status is not `OK` only
 * when the check itself could not be done. Of a store with an open transaction `DbmsContext.flushChanges` comes first.
 */
export function checkStore(
  access: MemoryAccess,
  report: CheckReport,
  quick: bool = false,
  given: GivenTables | null = null,
): Status {
  const survey = quick ? quickCheck(access, report, given) : surveyStore(access, report, SURVEY_ALL, given);
  if (!survey) return lastError.status;
  const status = survey.status;
  survey.free();
  return status;
}

/**
 * Walks the file as far as `level` (one of `SURVEY_…`) says. The caller frees the survey. Null when there is no memory for it, or when the
 * definitions that were `given` for a layout without any can't be those of its tables.
 */
export function surveyStore(
  access: MemoryAccess,
  report: CheckReport,
  level: u8,
  given: GivenTables | null = null,
): Survey | null {
  const manager = access.manager;
  const owners = OwnerMap.create(manager.pageCount);
  if (!owners) return null;
  const survey = new Survey(access, report, owners, level);
  useExactJsonNumbers(manager.layout == LAYOUT_0_11);
  report.isOld = !hasDefinitions(manager.layout);
  report.enter("");
  const least = reservedPages(manager.layout);
  if (manager.pageCount < least && report.add(FILE_SHORT)) {
    report.say(
      "the file has " +
        manager.pageCount.toString() +
        " pages; layout " +
        layoutName(manager.layout) +
        " starts with " +
        least.toString(),
    );
  }
  if (manager.pageCount == 0) return survey;
  checkRegistry(survey);
  const tables = survey.tables;
  if (given && !defineByGiven(survey, given)) {
    survey.free();
    return null;
  }
  for (let i = 0; i < tables.length; i++) {
    report.enter(tables[i].name);
    openDefinition(survey, tables[i]);
  }
  for (let i = 0; i < tables.length; i++) {
    report.enter(tables[i].name);
    readLedgers(survey, tables[i]);
  }
  for (let i = 0; i < tables.length; i++) checkTable(survey, tables[i]);
  // What is left would only tell of what was not walked.
  if (!survey.mayGoOn(0)) return survey;
  report.enter("");
  if (level == SURVEY_ALL) {
    checkSchemaHash(survey);
    checkAcl(survey);
  }
  checkUnclaimed(survey);
  findLeaks(survey);
  noteCatalog(survey);
  if (level < SURVEY_ALL) return survey;
  for (let i = 0; i < tables.length; i++) {
    const table = tables[i].table;
    if (!table || !table.hasForeignKeys) continue;
    report.enter(table.name);
    checkForeignKeys(survey, tables[i], table);
  }
  checkCatalog(survey, given);
  return survey;
}

function checkTable(survey: Survey, checked: CheckedTable): void {
  survey.report.enter(checked.name);
  const table = checked.table;
  if (table && survey.level >= SURVEY_RECORDS) {
    checkRecords(survey, checked, table);
    if (!hasDefinitions(survey.access.manager.layout)) doubtDefinition(survey, checked);
  }
  for (let i = 0; i < checked.indexes.length; i++) checkIndex(survey, checked, checked.indexes[i]);
  if (table && survey.level == SURVEY_ALL) {
    if (hasIndexes(survey.access.manager.layout)) checkEntries(survey, checked, table);
    else checkUniqueKeys(survey, table);
  }
}

/** Where there are no indexes in the file: whether keys that the definition says are unique are. */
function checkUniqueKeys(survey: Survey, table: Table): void {
  const previous = new ByteBuffer(256);
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    if (!index.unique) continue;
    previous.reset();
    const cursor = new TreeCursor(index.tree);
    for (let found = index.settle() == OK && cursor.seekFirst(); found && survey.mayGoOn(64); found = cursor.next()) {
      const key = cursor.key();
      if (key == 0) break;
      const address = cursor.address();
      const isTwice = previous.len > 0 && compareKeys(previous.ptr, key) == 0;
      previous.reset();
      previous.addBytes(key, cursor.keyLen());
      if (!isTwice || !survey.report.add(UNIQUE_TWICE, addressPage(address), addressOffset(address))) continue;
      survey.report.say("another row has the same " + index.definition.columnsText + ", which the definition says is unique");
    }
  }
  previous.free();
}

/** Where most of what should be records is none, it is rather the definition from outside that is wrong. */
function doubtDefinition(survey: Survey, checked: CheckedTable): void {
  const bad = <u64>checked.badRecords.size;
  if (bad <= checked.rows || !survey.report.add(SCHEMA_MISFIT)) return;
  survey.report.say(
    "more places hold no row of this definition than do: " + bad.toString() + ", and " + counted(checked.rows, "row"),
  );
}

/** What the structures tell without a look at rows and index entries: definitions, ledgers, nodes, owners, rights. */
export function quickCheck(access: MemoryAccess, report: CheckReport, given: GivenTables | null = null): Survey | null {
  const survey = surveyStore(access, report, SURVEY_OWNERS, given);
  if (!survey) return null;
  for (let i = 0; i < survey.tables.length; i++) {
    const table = survey.tables[i].table;
    if (!table) continue;
    report.enter(table.name);
    new AutoincrementCheck(survey, survey.tables[i], table);
  }
  report.enter("");
  if (survey.pageCount > 0) checkSchemaHash(survey);
  checkAcl(survey);
  return survey;
}

/** The empty pages of nobody at the file's end: a canister's memory is often longer than what is used of it. */
function findPadding(survey: Survey): void {
  let end = survey.pageCount;
  for (; end > survey.access.manager.reservedPages && survey.owners.kind(end - 1) == OWNER_NONE; end--) {
    const page = survey.access.page(end - 1);
    if (page == 0 || !isZero(page, PAGE_SIZE)) break;
    survey.owners.set(end - 1, OWNER_PADDING, 0, 0);
    survey.padding += 1;
  }
  if (survey.padding > 0 && survey.report.add(FILE_PADDED, end)) {
    const what = survey.padding == 1 ? "the last page is empty" : "the last " + survey.padding.toString() + " pages are empty";
    survey.report.say(what + ", and nothing leads there");
  }
}

/** Pages that nothing leads to: of no use, if the schema hash says that the registry lists all tables; else they may be a table's. */
function findLeaks(survey: Survey): void {
  findPadding(survey);
  const report = survey.report;
  // Without definitions on pages there is nothing that could be found out.
  const defined = hasDefinitions(survey.access.manager.layout);
  const hash = defined ? listedHash(survey) : 1;
  const allListed = !defined || (hash != 0 && hash == storedSchemaHash(survey.access));
  let used: u32 = 0;
  let unlisted: u32 = 0;
  for (let pageNo = survey.access.manager.reservedPages; pageNo < survey.pageCount; pageNo++) {
    if (survey.owners.kind(pageNo) != OWNER_NONE) continue;
    survey.leaked += 1;
    const page = survey.access.page(pageNo);
    let definition: TableSchemaSnapshot | null = null;
    if (page != 0 && !allListed) definition = definitionOn(page);
    if (definition && !isListed(survey, definition)) {
      unlisted += 1;
      if (report.add(TABLE_UNLISTED, pageNo)) {
        report.say("this page defines a table " + definition.name + ", which the schema registry does not list");
      }
      continue;
    }
    const isUsed = page != 0 && !isZero(page, PAGE_SIZE);
    if (isUsed) used += 1;
    // Crates before 0.10 leave an empty leaf of nobody where a column is unique and indexed.
    const isLost = isUsed && !defined && !isEmptyLeaf(page);
    if (report.add(isLost ? PAGE_UNLISTED : PAGE_LEAKED, pageNo))
      report.say("nothing leads to this page" + (page == 0 ? "" : "; " + looksLike(page)));
  }
  if (allListed || hash == 0 || used == 0 || unlisted > 0) return;
  if (!report.add(REGISTRY_DAMAGED, SCHEMA_PAGE, 0)) return;
  const pages = counted(used, "page") + (used == 1 ? " that is" : " that are") + " not empty belong";
  report.say(
    "tables may be missing from the schema registry: its hash is not that of those that it lists, and " + pages + " to none",
  );
}

/** Whether the registry lists a table of that name, though its definition may not be found. */
function isListed(survey: Survey, definition: TableSchemaSnapshot): bool {
  const fingerprint = fingerprintOf(definition.name);
  for (let i = 0; i < survey.tables.length; i++) if (survey.tables[i].fingerprint == fingerprint) return true;
  return false;
}

/** What a page of nobody holds, as far as one can see. */
export function looksLike(page: usize): string {
  if (isZero(page, PAGE_SIZE)) return "it is empty";
  if (isRootLeaf(page)) return "it looks like an index leaf of " + load<u16>(page, COUNT_OFFSET).toString() + " entries";
  return "it is not empty";
}

function isRootLeaf(page: usize): bool {
  return load<u8>(page) == NODE_LEAF && load<u32>(page, 1) == NO_PAGE;
}

function isEmptyLeaf(page: usize): bool {
  return isRootLeaf(page) && load<u16>(page, COUNT_OFFSET) == 0;
}

/** So many findings of a kind are told of each table. */
const TOLD: u32 = 100;

/** What `PRAGMA integrity_check` tells: as in SQLite of rows that a CHECK is false for, and not of those that refer to none. */
class Findings extends FileChecker {
  findings(tables: OpenTables, quick: bool): Array<string> | null {
    const report = new CheckReport(TOLD);
    if (checkStore(tables.access, report, quick, tables.given) != OK) return null;
    const lines = new Array<string>();
    for (let f = 0; f < report.faults.length; f++) {
      const fault = report.faults[f];
      const kind = fault.kind;
      if ((kind.severity != ERROR && kind !== CHECK_BROKEN) || kind === FOREIGN_KEY_BROKEN) continue;
      const where = fault.table == "" ? fault.place : "table " + fault.table + (fault.place == "" ? "" : ", " + fault.place);
      lines.push((where == "" ? "" : where + ": ") + fault.what);
    }
    return lines;
  }
}

useFileChecker(new Findings());

/** Which layout a file has, as far as one can tell from a damaged one. */
export function guessLayout(access: MemoryAccess): u8 {
  const layout = detectLayout(access);
  if (layout != 0) return layout;
  // The registry has an entry that can't be. Another one may name page 2.
  const page = access.page(0);
  const one = access.page(ACL_PAGE);
  if (page == 0 || one == 0) return LAYOUT_0_9;
  const count = min<u64>(load<u64>(page, 8), 2621);
  let at: u32 = 16;
  for (let i: u64 = 0; i < count && at + 29 <= PAGE_SIZE; i++) {
    const auto = load<u8>(page + at, 24) == 1;
    const last: u32 = auto ? 25 : 20;
    for (let j: u32 = 8; j <= last; j += j == 20 ? 5 : 4) {
      if (load<u32>(page + at + j) == unclaimedPagesPage(LAYOUT_0_9)) return LAYOUT_0_11;
    }
    at += auto ? 29 : 25;
  }
  return LAYOUT_0_9;
}
