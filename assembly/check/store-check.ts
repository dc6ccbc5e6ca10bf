/**
 * The check: walks everything in a page file and reports every fault (`docs/format.md` is what it holds the file against).
 *
 * It only reads, and works on any `MemoryAccess`, a running transaction's too. Memory: 4 bytes for each page of the file, 16 for
 * each leaf of an index, a bit for each slot of a table whose indexes do not agree with it, and the faults.
 */
import { Status, OUT_OF_MEMORY, NO_PAGE } from "../status";
import { PAGE_SIZE, LAYOUT_0_9, LAYOUT_0_11, layoutName, reservedPages, ACL_PAGE, unclaimedPagesPage } from "../memory/layout";
import { isZero } from "../memory/journaled-access";
import { MemoryAccess } from "../memory/memory-access";
import { detectLayout } from "../schema/layout-detection";
import { useExactJsonNumbers } from "../encode/json-compare";
import { NODE_LEAF, COUNT_OFFSET } from "../index/node";
import { CheckReport } from "./check-report";
import { CheckedTable } from "./checked-table";
import { checkRegistry, checkSchemaHash, checkUnclaimed, checkAcl } from "./registry-check";
import { openDefinition, readLedgers } from "./table-check";
import { checkRecords } from "./record-check";
import { checkIndex } from "./index-check";
import { checkEntries } from "./entry-check";
import { checkForeignKeys } from "./foreign-key-check";
import { Survey, SURVEY_ALL, SURVEY_RECORDS } from "./survey";
import { FILE_SHORT, PAGE_LEAKED } from "./fault-kinds";
import { OwnerMap, OWNER_NONE } from "./owner-map";

/**
 * Checks the whole file. What is wrong with it goes to `report`; the status is not `OK` only when the check itself could not be
 * done.
 */
export function checkStore(access: MemoryAccess, report: CheckReport): Status {
  const survey = surveyStore(access, report, SURVEY_ALL);
  if (!survey) return lastStatus;
  const status = survey.status;
  survey.free();
  return status;
}

let lastStatus: Status = 0;

/**
 * Walks the file as far as `level` (one of `SURVEY_…`) says. The caller frees the survey. Null when there is no memory for it.
 */
export function surveyStore(access: MemoryAccess, report: CheckReport, level: u8): Survey | null {
  const manager = access.manager;
  const owners = OwnerMap.create(manager.pageCount);
  if (!owners) {
    lastStatus = OUT_OF_MEMORY;
    return null;
  }
  const survey = new Survey(access, report, owners, level);
  useExactJsonNumbers(manager.layout == LAYOUT_0_11);
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
  for (let i = 0; i < tables.length; i++) {
    report.enter(tables[i].name);
    openDefinition(survey, tables[i]);
  }
  for (let i = 0; i < tables.length; i++) {
    report.enter(tables[i].name);
    readLedgers(survey, tables[i]);
  }
  for (let i = 0; i < tables.length; i++) checkTable(survey, tables[i]);
  report.enter("");
  if (level == SURVEY_ALL) {
    checkSchemaHash(survey);
    checkAcl(survey);
  }
  checkUnclaimed(survey);
  findLeaks(survey);
  if (level < SURVEY_ALL) return survey;
  for (let i = 0; i < tables.length; i++) {
    const table = tables[i].table;
    if (!table || !table.hasForeignKeys) continue;
    report.enter(table.name);
    checkForeignKeys(survey, tables[i], table);
  }
  return survey;
}

function checkTable(survey: Survey, checked: CheckedTable): void {
  survey.report.enter(checked.name);
  const table = checked.table;
  if (table && survey.level >= SURVEY_RECORDS) checkRecords(survey, checked, table);
  for (let i = 0; i < checked.indexes.length; i++) checkIndex(survey, checked, checked.indexes[i]);
  if (table && survey.level == SURVEY_ALL) checkEntries(survey, checked, table);
}

/** Pages that nothing leads to. */
function findLeaks(survey: Survey): void {
  for (let pageNo = survey.access.manager.reservedPages; pageNo < survey.pageCount; pageNo++) {
    if (survey.owners.kind(pageNo) != OWNER_NONE) continue;
    survey.leaked += 1;
    if (!survey.report.add(PAGE_LEAKED, pageNo)) continue;
    const page = survey.access.page(pageNo);
    survey.report.say("nothing leads to this page" + (page == 0 ? "" : "; " + looksLike(page)));
  }
}

/** What a page of nobody holds, as far as one can see. */
export function looksLike(page: usize): string {
  if (isZero(page, PAGE_SIZE)) return "it is empty";
  const isLeaf = load<u8>(page) == NODE_LEAF && load<u32>(page, 1) == NO_PAGE;
  if (isLeaf) return "it looks like an index leaf of " + load<u16>(page, COUNT_OFFSET).toString() + " entries";
  return "it is not empty";
}

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
