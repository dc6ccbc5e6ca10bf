/**
 * The unclaimed-pages ledger: a stack of pages that belong to nobody (`docs/format.md`, "Unclaimed pages"). Layouts before 0.9 have none:
 * a page that is given up stays in the file, empty and nobody's. The session remembers it (`sparePages`), and another opening finds it.
 *
 *   | count u32 | page u32 | page u32 | …
 */
import { Status, OK, UNCLAIMED_PAGES_FULL, NO_PAGE, fail, damaged, lastError } from "../../status";
import { isZero } from "../../encode/bytes";
import { PAGE_SIZE } from "../base/layout";
import { PageAccess } from "./page-access";

/** The most pages that the ledger lists; the reference's bound, one below what a page holds. */
export const MAX_UNCLAIMED_PAGES: u32 = 16382;

/** So many pages of nobody are looked at for an empty one: who claims a page has frames that must not be evicted. */
const MOST_TRIES: i32 = 4;

/** How many pages the ledger lists, 0 where a layout has none; 0xffffffff on failure. */
export function unclaimedPageCount(access: PageAccess): u32 {
  const pageNo = access.manager.unclaimedPagesPage;
  if (pageNo == NO_PAGE) return 0;
  const page = access.page(pageNo);
  if (page == 0) return 0xffffffff;
  const count = load<u32>(page);
  if (count > MAX_UNCLAIMED_PAGES) {
    damaged(pageNo, 0, "the unclaimed-pages ledger counts " + count.toString() + " pages, at most 16382 fit");
    return 0xffffffff;
  }
  return count;
}

/** What `popUnclaimedPage` took off last, or `NO_PAGE` when the ledger was empty. */
export let poppedPage: u32 = NO_PAGE;

/** Takes the newest page off the ledger, into `poppedPage`. The page is checked to be zero. */
export function popUnclaimedPage(access: PageAccess): Status {
  poppedPage = NO_PAGE;
  if (access.manager.unclaimedPagesPage == NO_PAGE) return takeSparePage(access);
  const count = unclaimedPageCount(access);
  if (count == 0) return OK;
  if (count == 0xffffffff) return lastError.status;
  const ledgerPage = access.manager.unclaimedPagesPage;
  const pageOffset = count << 2;
  const pageNo = load<u32>(access.page(ledgerPage) + pageOffset);
  if (pageNo < access.manager.reservedPages || pageNo >= access.manager.pageCount) {
    return damaged(
      ledgerPage,
      pageOffset,
      "the unclaimed-pages ledger lists page " + pageNo.toString() + ", which can't be claimed",
    );
  }
  const page = access.page(pageNo);
  if (page == 0) return lastError.status;
  if (!isZero(page, PAGE_SIZE)) {
    return damaged(pageNo, -1, "the page is listed as unclaimed but is not empty; it may belong to a table");
  }
  let status = access.writeU32(ledgerPage, 0, count - 1);
  if (status == OK) status = access.zeroRaw(ledgerPage, pageOffset, 4);
  if (status == OK) poppedPage = pageNo;
  return status;
}

/** Takes a page that is nobody's, into `poppedPage`; only an empty one, as the file does not say whose it was. */
function takeSparePage(access: PageAccess): Status {
  const spares = access.manager.sparePages;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const pageNo = spares.pop();
    if (pageNo == NO_PAGE) return OK;
    // Made and given up behind a savepoint that all was taken back to.
    if (pageNo >= access.manager.pageCount) continue;
    const page = access.page(pageNo);
    if (page == 0) return lastError.status;
    // mutant: a page of nobody is taken without a look at what is on it
    if (!isZero(page, PAGE_SIZE)) continue;
    poppedPage = pageNo;
    break;
  }
  return OK;
}

/** Puts a (zeroed) page on the ledger, if there is one. */
export function pushUnclaimedPage(access: PageAccess, pageNo: u32): Status {
  if (access.manager.unclaimedPagesPage == NO_PAGE) {
    access.manager.sparePages.add(pageNo);
    return OK;
  }
  const status = reserveUnclaimed(access, 1);
  if (status != OK) return status;
  const ledgerPage = access.manager.unclaimedPagesPage;
  const count = unclaimedPageCount(access);
  const written = access.writeU32(ledgerPage, (count + 1) << 2, pageNo);
  return written == OK ? access.writeU32(ledgerPage, 0, count + 1) : written;
}

/** `OK` when the ledger has room for `extra` more pages, else `UNCLAIMED_PAGES_FULL`. */
export function reserveUnclaimed(access: PageAccess, extra: u32): Status {
  const count = unclaimedPageCount(access);
  if (count == 0xffffffff) return lastError.status;
  if (count + extra > MAX_UNCLAIMED_PAGES) {
    return fail(
      UNCLAIMED_PAGES_FULL,
      "giving back " +
        extra.toString() +
        " pages needs room in the unclaimed-pages ledger, which lists " +
        count.toString() +
        " of at most 16382",
    );
  }
  return OK;
}
