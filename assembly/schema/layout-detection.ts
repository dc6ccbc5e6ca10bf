/**
 * Which layout a file has; the file doesn't say (`docs/format.md`, "The file" and "Layouts before 0.9").
 *
 * Layouts before 0.9 come first: a registry of theirs begins with a small count, where later ones have a hash. Where no reading of it makes
 * sense, it is one of theirs if it begins so and can't be a later one.
 *
 * Of the later two it is 0.11 when the schema registry, or a ledger it leads to, names page 2 (in 0.9 that is the unclaimed-pages ledger),
 * or when the file is two pages long, or when page 2 is a definition or a node of a tree; else 0.9.
 * A definition and the registry decide first, because page 1 of a 0.11 file begins with a count whose low byte can look like the ACL's
 * version.
 */
import { MemoryAccess } from "../memory/access/memory-access";
import { LAYOUT_0_6, LAYOUT_0_8, LAYOUT_0_9, LAYOUT_0_11, PAGE_SIZE, ACL_PAGE, SCHEMA_PAGE } from "../memory/base/layout";
import { checkHead } from "../memory/file/foreign-file";
import { MAX_UNCLAIMED_PAGES } from "../memory/access/unclaimed-pages";
import { isOldRegistry, readRegistry, registryForm } from "./schema-registry";
import { definitionOn } from "./table-schema-snapshot";
import { isZero } from "../encode/bytes";
import { isKey } from "../encode/key";
import { Status, NO_PAGE, lastError } from "../status";

/** The page that a table's own pages start at in layout 0.11. */
const FIRST_0_11_PAGE: u32 = 2;

/** `OK`, or `NOT_A_PAGE_FILE` when the file's first bytes are those of something else. */
export function checkFormat(access: MemoryAccess): Status {
  const page = access.page(SCHEMA_PAGE);
  return page != 0 ? checkHead(page) : lastError.status;
}

/** The layout of the file, or 0 when its registry can't be read (the status is in `lastError`). */
export function detectLayout(access: MemoryAccess): u8 {
  const pages = access.manager.pageCount;
  if (pages < 2) return LAYOUT_0_9;
  const old = detectOldLayout(access);
  if (old != 0) return old;
  if (pages == 2) return LAYOUT_0_11;
  // What layout 0.9 has there, a ledger, is no definition.
  const first = access.page(FIRST_0_11_PAGE);
  if (first == 0) return 0;
  if (definitionOn(first)) return LAYOUT_0_11;
  const registry = readRegistry(access, LAYOUT_0_9);
  if (!registry) return 0;
  for (let i = 0; i < registry.length; i++) {
    const table = registry[i];
    if (
      table.snapshot == FIRST_0_11_PAGE ||
      table.pageLedger == FIRST_0_11_PAGE ||
      table.freeSegments == FIRST_0_11_PAGE ||
      table.indexLedger == FIRST_0_11_PAGE ||
      table.autoincrement == FIRST_0_11_PAGE
    ) {
      return LAYOUT_0_11;
    }
    if (ledgerNames(access.page(table.pageLedger), 4, 12, 4) || ledgerNames(access.page(table.freeSegments), 2, 4, 2))
      return LAYOUT_0_11;
    if (indexLedgerNames(access.page(table.indexLedger))) return LAYOUT_0_11;
  }
  // A page 2 that is reached only through a tree or the unclaimed pages: page 1 as an unclaimed ledger that lists it, or an ACL.
  const one = access.page(ACL_PAGE);
  if (one != 0 && unclaimedNames(one) && (load<u8>(one) != 2 || unclaimedPagesExist(one, pages))) return LAYOUT_0_11;
  const two = access.page(FIRST_0_11_PAGE);
  if (two != 0 && looksLikeNode(two, pages)) return LAYOUT_0_11;
  // A node below the root, which only its tree names.
  if (one != 0 && two != 0 && isUnclaimedLedger(one, FIRST_0_11_PAGE, pages) && isLowerNode(two, pages)) return LAYOUT_0_11;
  return LAYOUT_0_9;
}

/** The layout of a file from before 0.9; 0 for another one. */
function detectOldLayout(access: MemoryAccess): u8 {
  const page = access.page(SCHEMA_PAGE);
  if (page == 0) return 0;
  const count = load<u64>(page);
  if (count > PAGE_SIZE) return 0;
  if (count == 0) return isEmptyOld(access, page) ? LAYOUT_0_8 : 0;
  if (isOldRegistry(access, LAYOUT_0_8)) return LAYOUT_0_8;
  if (isOldRegistry(access, LAYOUT_0_6)) return LAYOUT_0_6;
  return looksOld(access, page);
}

/** Whether the file has no tables, but an access control list of version 1. What it was made by, 0.6 or later, nothing tells. */
function isEmptyOld(access: MemoryAccess, page: usize): bool {
  if (access.manager.pageCount != 2 || !isZero(page, PAGE_SIZE)) return false;
  const list = access.page(ACL_PAGE);
  return list != 0 && identitiesOfVersion1(list) > 0;
}

/**
 * How many identities the page lists as an access control list of version 1; -1 when it is none. No identity is in a list twice; a page of
 * another kind may read as one of many empty ones.
 */
export function identitiesOfVersion1(page: usize): i32 {
  const count = load<u32>(page);
  let at: u32 = 4;
  let empty = 0;
  for (let i: u32 = 0; i < count; i++) {
    const len: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
    if (len == 0) empty += 1;
    at += 1 + len;
    if (at > PAGE_SIZE || empty > 1) return -1;
  }
  return <i32>count;
}

/**
 * The layout before 0.9 whose registry this damaged one is most like; 0 when it may be a later one, which has its count where those have a
 * fingerprint.
 */
function looksOld(access: MemoryAccess, page: usize): u8 {
  if (load<u64>(page, 8) <= PAGE_SIZE) return 0;
  const eight = likelyEntries(access, page, LAYOUT_0_8);
  const six = likelyEntries(access, page, LAYOUT_0_6);
  return eight == 0 && six == 0 ? 0 : eight >= six ? LAYOUT_0_8 : LAYOUT_0_6;
}

/** How many of the first entries name pages of the file that follow each other. */
function likelyEntries(access: MemoryAccess, page: usize, layout: u8): u32 {
  const form = registryForm(layout);
  const end = access.manager.pageCount;
  const count = min<u64>(load<u64>(page + form.countAt), form.most);
  let at = form.entriesAt;
  let good: u32 = 0;
  for (let i: u64 = 0; i < count && at + form.entrySize + 4 <= PAGE_SIZE; i++) {
    const first = load<u32>(page + at + form.pageLedgerAt);
    if (first >= FIRST_0_11_PAGE && first < end && load<u32>(page + at + form.freeSegmentsAt) == first + 1) good += 1;
    at += form.entrySize + (form.hasAuto(page + at) ? 4 : 0);
  }
  return good;
}

/** Whether a list of u32 page numbers, `stride` bytes apart from `start`, names page 2; `countSize` bytes of count come first. */
function ledgerNames(page: usize, start: u32, stride: u32, countSize: u32): bool {
  if (page == 0) return false;
  const count = countSize == 2 ? <u32>load<u16>(page) : load<u32>(page);
  for (let i: u32 = 0; i < count && start + (i + 1) * stride <= PAGE_SIZE; i++) {
    if (load<u32>(page + start + i * stride) == FIRST_0_11_PAGE) return true;
  }
  return false;
}

/**
 * Whether all entries of what may be an unclaimed-pages ledger are pages of the file; in an ACL, whose version is then the count's low
 * byte, zeros follow.
 */
function unclaimedPagesExist(page: usize, pages: u32): bool {
  const count = load<u32>(page);
  for (let i: u32 = 0; i < count; i++) {
    const pageNo = load<u32>(page + 4 + i * 4);
    if (pageNo < FIRST_0_11_PAGE || pageNo >= pages) return false;
  }
  return true;
}

function unclaimedNames(page: usize): bool {
  const count: u32 = page == 0 ? 0 : load<u32>(page);
  return count <= MAX_UNCLAIMED_PAGES && ledgerNames(page, 4, 4, 4);
}

function indexLedgerNames(page: usize): bool {
  if (page == 0) return false;
  const end = page + PAGE_SIZE;
  let count = load<u64>(page);
  let at = page + 8;
  for (; count > 0; count--) {
    if (at + 8 > end) return false;
    let columns = load<u64>(at);
    at += 8;
    for (; columns > 0 && at < end; columns--) at += 1 + <usize>load<u8>(at);
    if (at + 4 > end) return false;
    if (load<u32>(at) == FIRST_0_11_PAGE) return true;
    at += 4;
  }
  return false;
}

/** Whether page 2 is a leaf or an inner node of a tree and not an unclaimed-pages ledger, whose first byte is a count's. */
function looksLikeNode(page: usize, pages: u32): bool {
  const kind = load<u8>(page);
  const parent = load<u32>(page, 1);
  const count = <u32>load<u16>(page, 5);
  if (kind > 1 || (parent != NO_PAGE && parent >= pages) || (kind == 0 && parent == 0)) return false;
  const first = kind == 1 ? load<u32>(page, 7) : 0;
  const second = kind == 1 ? load<u32>(page, 11) : load<u32>(page, 7);
  // An unclaimed ledger that starts so would list page 0 or 255 and up in its first two entries, out of step with its count.
  return count > 0 && (first == NO_PAGE || first < pages) && (second == NO_PAGE || second < pages) && parent == NO_PAGE;
}

/** Whether the page is a list of nothing but pages of the file, `first` the lowest that may be in it, with zeros behind. */
function isUnclaimedLedger(page: usize, first: u32, pages: u32): bool {
  const count = load<u32>(page);
  if (count > MAX_UNCLAIMED_PAGES) return false;
  for (let i: u32 = 0; i < count; i++) {
    const pageNo = load<u32>(page + 4 + i * 4);
    if (pageNo < first || pageNo >= pages) return false;
  }
  return isZero(page + 4 + count * 4, PAGE_SIZE - 4 - count * 4);
}

/** Whether page 2 is a node that is not its tree's root, entries and all (`index/node.ts` has the layout), and no list of pages. */
function isLowerNode(page: usize, pages: u32): bool {
  const leaf = load<u8>(page) == 1;
  const count = <u32>load<u16>(page, 5);
  if (load<u8>(page) > 1 || !isTablePage(load<u32>(page, 1), pages)) return false;
  if (leaf) {
    const before = load<u32>(page, 7);
    const next = load<u32>(page, 11);
    if ((before != NO_PAGE && !isTablePage(before, pages)) || (next != NO_PAGE && !isTablePage(next, pages))) return false;
  } else if (!isTablePage(load<u32>(page, 7), pages)) return false;
  const tail: u32 = leaf ? 6 : 4;
  let at: u32 = leaf ? 15 : 11;
  for (let i: u32 = 0; i < count; i++) {
    if (at + 2 > PAGE_SIZE) return false;
    const keyLen = <u32>load<u16>(page + at);
    const end = at + 2 + keyLen;
    if (end + tail > PAGE_SIZE || !isKey(page + at + 2, keyLen) || !isTablePage(load<u32>(page + end), pages)) return false;
    at = end + tail;
  }
  return !isUnclaimedLedger(page, FIRST_0_11_PAGE + 1, pages);
}

function isTablePage(pageNo: u32, pages: u32): bool {
  return pageNo >= FIRST_0_11_PAGE && pageNo < pages;
}
