/** Pages that belong to the file as a whole: the schema registry, the access control list, and the unclaimed-pages ledger. */
import { NO_PAGE } from "../status";
import { PAGE_SIZE, SCHEMA_PAGE, ACL_PAGE, hasAcl, hasDefinitions } from "../memory/base/layout";
import { isZero, compareBytes, firstNonZero } from "../encode/bytes";
import { MAX_UNCLAIMED_PAGES } from "../memory/access/unclaimed-pages";
import {
  RegistryForm,
  computeSchemaHash,
  fingerprintText,
  isOldRegistry,
  registryForm,
  storedSchemaHash,
} from "../schema/schema-registry";
import { identitiesOfVersion1 } from "../schema/layout-detection";
import { ACL_VERSION, isVersion1, version1Text } from "../acl/access-control-list";
import { compareNames } from "../encode/ascii";
import { CheckedTable } from "./checked-table";
import { Survey, SURVEY_ALL } from "./survey";
import {
  REGISTRY_DAMAGED,
  FINGERPRINT_WRONG,
  SCHEMA_HASH_WRONG,
  UNCLAIMED_DAMAGED,
  UNCLAIMED_NOT_EMPTY,
  ACL_DAMAGED,
  ACL_OLD,
  ACL_ORDER,
  ACL_ODD,
} from "./fault-kinds";
import {
  OWNER_REGISTRY,
  OWNER_ACL,
  OWNER_UNCLAIMED_LEDGER,
  OWNER_SNAPSHOT,
  OWNER_PAGE_LEDGER,
  OWNER_FREE_LEDGER,
  OWNER_INDEX_LEDGER,
  OWNER_AUTOINCREMENT,
  OWNER_UNCLAIMED,
} from "./owner-map";
import { hex64 } from "../encode/uuid";

/** Reads the registry's entries into `survey.tables` and claims the ledgers that they name. */
export function checkRegistry(survey: Survey): void {
  const manager = survey.access.manager;
  const owners = survey.owners;
  owners.set(SCHEMA_PAGE, OWNER_REGISTRY, 0, 0);
  const unclaimedPage = manager.unclaimedPagesPage;
  if (hasAcl(manager.layout) && survey.pageCount > ACL_PAGE) owners.set(ACL_PAGE, OWNER_ACL, 0, 0);
  if (unclaimedPage < survey.pageCount) owners.set(unclaimedPage, OWNER_UNCLAIMED_LEDGER, 0, 0);

  const report = survey.report;
  const page = survey.page(SCHEMA_PAGE);
  if (page == 0) return;
  const form = registryForm(manager.layout);
  const count = load<u64>(page + form.countAt);
  // A count that can't be: go on as long as entries look like entries.
  const guessing = count > form.most;
  if (guessing && report.add(REGISTRY_DAMAGED, SCHEMA_PAGE, form.countAt)) {
    report.say("the schema registry counts " + count.toString() + " tables, more than a page holds");
  }
  let at = form.entriesAt;
  const starts = new Array<u32>();
  for (let i: u64 = 0; i < count; i++) {
    const size = form.entrySize;
    if (at + size > PAGE_SIZE || at + size + (form.hasAuto(page + at) ? 4 : 0) > PAGE_SIZE) {
      if (!guessing && report.add(REGISTRY_DAMAGED, SCHEMA_PAGE, at)) report.say("the schema registry runs over its page");
      break;
    }
    if (guessing && !looksLikeEntry(survey, form, page + at)) break;
    starts.push(at);
    at += size + (form.hasAuto(page + at) ? 4 : 0);
  }
  if (form.snapshotAt == 0) sortByPages(page, form, starts);
  for (let i = 0; i < starts.length; i++) readEntry(survey, form, starts[i]);
  checkOldRegistry(survey);
}

/** Puts the entries at `starts` in the order in which their tables were registered. */
function sortByPages(page: usize, form: RegistryForm, starts: Array<u32>): void {
  for (let i = 1; i < starts.length; i++) {
    const start = starts[i];
    const pageNo = load<u32>(page + start + form.pageLedgerAt);
    let to = i;
    for (; to > 0 && load<u32>(page + starts[to - 1] + form.pageLedgerAt) > pageNo; to--) starts[to] = starts[to - 1];
    starts[to] = start;
  }
}

/** What can be told of a registry of a layout that has no hash over it: its tables' own pages follow each other. */
function checkOldRegistry(survey: Survey): void {
  const access = survey.access;
  const isEmpty = survey.tables.length == 0 && isZero(access.page(SCHEMA_PAGE), PAGE_SIZE);
  if (hasDefinitions(access.manager.layout) || isEmpty || isOldRegistry(access, access.manager.layout)) return;
  if (survey.report.errors > 0 || !survey.report.add(REGISTRY_DAMAGED, SCHEMA_PAGE)) return;
  survey.report.say("the tables' own pages do not follow each other, or something is behind the last entry");
}

function looksLikeEntry(survey: Survey, form: RegistryForm, entry: usize): bool {
  for (let i: u32 = 0; i < form.pageFields; i++) {
    const pageNo = load<u32>(entry + 8 + i * 4);
    if (pageNo < survey.access.manager.reservedPages || pageNo >= survey.pageCount) return false;
  }
  return form.autoAt == 0 || load<u8>(entry + form.autoAt) <= 1;
}

/** Reads the entry at byte `at`. */
function readEntry(survey: Survey, form: RegistryForm, at: u32): void {
  const report = survey.report;
  const entry = survey.access.page(SCHEMA_PAGE) + at;
  const fingerprint = load<u64>(entry);
  const tables = survey.tables;
  const table = new CheckedTable(tables.length + 1, at, fingerprint);
  if (form.snapshotAt == 0) table.name = fingerprintText(fingerprint);
  for (let i = 0; i < tables.length; i++) {
    if (tables[i].fingerprint == fingerprint && report.add(FINGERPRINT_WRONG, SCHEMA_PAGE, at)) {
      report.say("two tables have this fingerprint");
    }
  }
  tables.push(table);
  const pages = table.pages;
  pages.fingerprint = fingerprint;
  if (form.snapshotAt != 0) pages.snapshot = claimLedger(survey, table, at + form.snapshotAt, OWNER_SNAPSHOT);
  pages.pageLedger = claimLedger(survey, table, at + form.pageLedgerAt, OWNER_PAGE_LEDGER);
  pages.freeSegments = claimLedger(survey, table, at + form.freeSegmentsAt, OWNER_FREE_LEDGER);
  if (form.indexLedgerAt != 0) pages.indexLedger = claimLedger(survey, table, at + form.indexLedgerAt, OWNER_INDEX_LEDGER);
  const flag: u32 = form.autoAt == 0 ? 0 : load<u8>(survey.access.page(SCHEMA_PAGE) + at + form.autoAt);
  if (flag > 1 && report.add(REGISTRY_DAMAGED, SCHEMA_PAGE, at + form.autoAt)) {
    report.say("the mark of an autoincrement page is " + flag.toString() + ", not 0 or 1 (the reference takes it for 0)");
  }
  if (flag == 1) pages.autoincrement = claimLedger(survey, table, at + form.entrySize, OWNER_AUTOINCREMENT);
}

function claimLedger(survey: Survey, table: CheckedTable, at: u32, kind: u32): u32 {
  const pageNo = load<u32>(survey.access.page(SCHEMA_PAGE) + at);
  return survey.claim(pageNo, kind, table.number, 0, SCHEMA_PAGE, at) ? pageNo : NO_PAGE;
}

/** The hash over the definitions of the tables that the registry lists; 0 when some can't be read. */
export function listedHash(survey: Survey): u64 {
  const sorted = new Array<CheckedTable>();
  for (let i = 0; i < survey.tables.length; i++) {
    const table = survey.tables[i];
    if (!table.table) return 0;
    let at = sorted.length;
    while (at > 0 && compareNames(sorted[at - 1].name, table.name) > 0) at -= 1;
    sorted.push(table);
    for (let j = sorted.length - 1; j > at; j--) sorted[j] = sorted[j - 1];
    sorted[at] = table;
  }
  const pages = new Array<u32>();
  const lens = new Array<u32>();
  for (let i = 0; i < sorted.length; i++) {
    pages.push(sorted[i].pages.snapshot);
    lens.push(sorted[i].table!.snapshotLen);
  }
  return computeSchemaHash(survey.access, pages, lens);
}

/** Compares the schema hash with the snapshots, when all of them could be read. */
export function checkSchemaHash(survey: Survey): void {
  if (!hasDefinitions(survey.access.manager.layout)) return;
  const stored = storedSchemaHash(survey.access);
  const hash = listedHash(survey);
  if (hash == 0 || hash == stored || (survey.tables.length == 0 && stored == 0)) return;
  if (survey.report.add(SCHEMA_HASH_WRONG, SCHEMA_PAGE, 0)) {
    survey.report.say("the schema hash is " + hex64(stored) + ", that of the tables' definitions is " + hex64(hash));
  }
}

/** Claims the pages of the unclaimed-pages ledger; after all others, so that a page with two owners is found here. */
export function checkUnclaimed(survey: Survey): void {
  const report = survey.report;
  const ledger = survey.access.manager.unclaimedPagesPage;
  if (ledger >= survey.pageCount) return;
  let page = survey.page(ledger);
  if (page == 0) return;
  const count = load<u32>(page);
  const guessing = count > MAX_UNCLAIMED_PAGES;
  if (guessing && report.add(UNCLAIMED_DAMAGED, ledger, 0)) {
    report.say(
      "the unclaimed-pages ledger counts " + count.toString() + " pages, at most " + MAX_UNCLAIMED_PAGES.toString() + " fit",
    );
  }
  for (let i: u32 = 0; i < min(count, MAX_UNCLAIMED_PAGES); i++) {
    page = survey.access.page(ledger);
    if (page == 0) return;
    const pageNo = load<u32>(page + 4 + (i << 2));
    if (guessing && (pageNo < survey.access.manager.reservedPages || pageNo >= survey.pageCount)) return;
    survey.unclaimed += 1;
    if (!survey.claim(pageNo, OWNER_UNCLAIMED, 0, 0, ledger, 4 + (i << 2)) || survey.level < SURVEY_ALL) continue;
    const listed = survey.page(pageNo);
    if (listed == 0 || isZero(listed, PAGE_SIZE)) continue;
    if (report.add(UNCLAIMED_NOT_EMPTY, pageNo, firstNonZero(listed, PAGE_SIZE))) {
      report.say("the page is listed as unclaimed but is not empty");
    }
  }
}

/** Checks the form and the order of the access control list. */
export function checkAcl(survey: Survey): void {
  const report = survey.report;
  const layout = survey.access.manager.layout;
  if (!hasAcl(layout) || survey.pageCount <= ACL_PAGE) return;
  const page = survey.page(ACL_PAGE);
  if (page == 0) return;
  if (!hasDefinitions(layout)) return checkVersion1(survey, page);
  const version = load<u8>(page);
  if (version == 0 && isZero(page, PAGE_SIZE)) return;
  if (isVersion1(page)) {
    if (report.add(ACL_OLD, ACL_PAGE)) report.say(version1Text(page));
    return;
  }
  if (version != ACL_VERSION) {
    if (report.add(ACL_DAMAGED, ACL_PAGE, 0)) report.say("the access control list has version " + version.toString() + ", not 2");
    return;
  }
  const count = load<u32>(page, 1);
  const listed = identitiesOn(page, count);
  if (listed < count && report.add(ACL_DAMAGED, ACL_PAGE, 1)) {
    report.say(
      "the access control list counts " +
        count.toString() +
        " identities, but number " +
        (listed + 1).toString() +
        " runs over the page",
    );
  }
  if (listed < count) return;
  let at: u32 = 5;
  let previous: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const idLen = <u32>load<u8>(page + at);
    const rights = at + 1 + idLen;
    const grants = <u32>load<u16>(page + rights, 2);
    if (i > 0) {
      const order = compareBytes(page + previous + 1, load<u8>(page + previous), page + at + 1, idLen);
      if (order >= 0 && report.add(ACL_ORDER, ACL_PAGE, at)) {
        report.say(order == 0 ? "the identity is listed twice" : "the identity should stand before the one in front of it");
      }
    }
    previous = at;
    checkRights(survey, page, rights, grants);
    at = rights + 4 + grants * 9;
  }
}

function checkVersion1(survey: Survey, page: usize): void {
  if (identitiesOfVersion1(page) >= 0 || !survey.report.add(ACL_DAMAGED, ACL_PAGE, 0)) return;
  survey.report.say("the access control list counts " + load<u32>(page).toString() + " identities, and the page holds none such");
}

/** How many of `count` identities the page holds as a whole. */
function identitiesOn(page: usize, count: u32): u32 {
  let at: u32 = 5;
  for (let i: u32 = 0; i < count; i++) {
    const rights = at < PAGE_SIZE ? at + 1 + <u32>load<u8>(page + at) : PAGE_SIZE;
    const grants: u32 = rights + 4 > PAGE_SIZE ? 0 : load<u16>(page + rights, 2);
    at = rights + 4 + grants * 9;
    if (at > PAGE_SIZE) return i;
  }
  return count;
}

function checkRights(survey: Survey, page: usize, rights: u32, grants: u32): void {
  const report = survey.report;
  if ((load<u8>(page + rights) & 0xf8) != 0 || (load<u8>(page + rights, 1) & 0xf0) != 0) {
    if (report.add(ACL_ODD, ACL_PAGE, rights)) report.say("the identity has rights that don't exist");
  }
  for (let i: u32 = 0; i < grants; i++) {
    const at = rights + 4 + i * 9;
    const fingerprint = load<u64>(page + at);
    if (i > 0 && load<u64>(page + at - 9) >= fingerprint && report.add(ACL_ORDER, ACL_PAGE, at)) {
      report.say("the tables of an identity are not in the order of their fingerprints");
    }
    if ((load<u8>(page + at, 8) & 0xf0) != 0 && report.add(ACL_ODD, ACL_PAGE, at + 8)) {
      report.say("the identity has rights on a table that don't exist");
    }
  }
}
