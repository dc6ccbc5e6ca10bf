/** Who has which page: claimed from the unclaimed-pages ledger or the file's end, and given back. */
import { Status, OK, OUT_OF_PAGES, NO_PAGE, fail } from "../../status";
import { PageAccess } from "./page-access";
import { popUnclaimedPage, poppedPage, pushUnclaimedPage } from "./unclaimed-pages";

export class MemoryAccess extends PageAccess {
  /** A zeroed page for a new owner: the one unclaimed last, or a new one at the end. `NO_PAGE` on failure. */
  claimPage(): u32 {
    const status = popUnclaimedPage(this);
    if (status != OK) return NO_PAGE;
    if (poppedPage != NO_PAGE) return poppedPage;
    const pageNo = this.growOnePage();
    if (pageNo != NO_PAGE) this.manager.sparePages.forget(pageNo);
    return pageNo;
  }

  /** Zeroes a page and gives it to the unclaimed-pages ledger. */
  unclaimPage(pageNo: u32): Status {
    if (pageNo < this.manager.reservedPages)
      return fail(OUT_OF_PAGES, "page " + pageNo.toString() + " is reserved and can't be unclaimed");
    const status = this.zeroPage(pageNo);
    return status == OK ? pushUnclaimedPage(this, pageNo) : status;
  }
}
