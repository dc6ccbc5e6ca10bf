/**
 * A walk over a page file that copes with any damage: what a part makes no sense of is a fault, and the walk goes on with the
 * next.
 *
 * Nothing is written, nothing read from the file is trusted: page numbers are claimed in the owner map before they are followed,
 * so that every page is walked once at most and no cycle is possible.
 */
import { NO_PAGE, lastError, DAMAGED, OUT_OF_BOUNDS, Status, OK } from "../status";
import { referenceVersion } from "../memory/base/layout";
import { MemoryAccess } from "../memory/access/memory-access";
import { mayStep } from "../wasi/deadline";
import { GivenTables } from "../schema/given-tables";
import { CheckReport } from "./check-report";
import { CheckedIndex, CheckedTable } from "./checked-table";
import { PAGE_NUMBER_WRONG, PAGE_OWNED_TWICE, PAGE_UNREADABLE } from "./fault-kinds";
import { OwnerMap, ownerName, OWNER_NONE, OWNER_INNER, OWNER_LEAF } from "./owner-map";

/** Who owns which page, and the trees: what `info`, `map` and `page` need. */
export const SURVEY_OWNERS: u8 = 0;
/** Records and free segments as well, for `stats`. */
export const SURVEY_RECORDS: u8 = 1;
/** Everything. */
export const SURVEY_ALL: u8 = 2;

export class Survey {
  tables: Array<CheckedTable> = new Array<CheckedTable>();
  /** Entries of the unclaimed-pages ledger. */
  unclaimed: u32 = 0;
  /** Pages that nobody owns. */
  leaked: u32 = 0;
  /** Empty pages of nobody at the file's end, which are not counted as leaked. */
  padding: u32 = 0;
  /** Definitions of tables, for a file whose layout holds none. */
  given: GivenTables | null = null;
  /** The first failure that is not the file's content's fault: I/O, memory, time. */
  status: Status = OK;

  constructor(
    readonly access: MemoryAccess,
    readonly report: CheckReport,
    readonly owners: OwnerMap,
    readonly level: u8,
  ) {}

  get pageCount(): u32 {
    return this.access.manager.pageCount;
  }

  /** What messages call the crates that write this layout. */
  get reference(): string {
    return "reference " + referenceVersion(this.access.manager.layout);
  }

  /** The bytes of a page that is in the file; 0, and a fault, when it can't be read. */
  page(pageNo: u32): usize {
    const page = this.access.page(pageNo);
    if (page == 0) this.unreadable(pageNo);
    return page;
  }

  /** Whether there is time to walk on; where there is not, that is the survey's status. */
  mayGoOn(steps: u32): bool {
    if (mayStep(steps)) return true;
    if (this.status == OK) this.status = lastError.status;
    return false;
  }

  /** Notes that page `pageNo` could not be read, for the reason in `lastError`. */
  unreadable(pageNo: u32): void {
    const status = lastError.status;
    if (status != DAMAGED && status != OUT_OF_BOUNDS && this.status == OK) this.status = status;
    if (this.report.add(PAGE_UNREADABLE, pageNo)) this.report.say("the page can't be read: " + lastError.what);
  }

  /**
   * Notes that `pageNo` belongs to table number `table`; false, and a fault, when the file has no such page or it has an owner
   * already. The number stands on page `fromPage` at `fromOffset`.
   */
  claim(pageNo: u32, kind: u32, table: u32, index: u32, fromPage: u32, fromOffset: u32): bool {
    const least = this.access.manager.reservedPages;
    if (pageNo < least || pageNo >= this.pageCount) {
      if (this.report.add(PAGE_NUMBER_WRONG, fromPage, fromOffset)) {
        const named = pageNo == NO_PAGE ? "no page" : "page " + pageNo.toString();
        const range = least < this.pageCount ? least.toString() + " to " + (this.pageCount - 1).toString() : "none";
        this.report.say(named + " is named here as " + ownerName(kind) + "; pages that can be one: " + range);
      }
      return false;
    }
    if (this.owners.kind(pageNo) != OWNER_NONE) {
      if (this.report.add(PAGE_OWNED_TWICE, fromPage, fromOffset)) {
        this.report.say(
          "page " + pageNo.toString() + " is named here as " + ownerName(kind) + ", but it is already " + this.describe(pageNo),
        );
      }
      return false;
    }
    this.owners.set(pageNo, kind, table, index);
    return true;
  }

  /** The table that owns the page, or null. */
  tableOf(pageNo: u32): CheckedTable | null {
    const number = this.owners.table(pageNo);
    return number > 0 && number <= <u32>this.tables.length ? this.tables[number - 1] : null;
  }

  /** What the page is, and whose: `record page of table users`. */
  describe(pageNo: u32): string {
    const owner = ownerName(this.owners.kind(pageNo));
    const table = this.tableOf(pageNo);
    if (!table) return owner;
    const index = this.indexOf(pageNo);
    return owner + " of table " + table.name + (index ? ", index " + index.columnsText : "");
  }

  /** The index that has the page as a node, or null. */
  indexOf(pageNo: u32): CheckedIndex | null {
    const kind = this.owners.kind(pageNo);
    const table = this.tableOf(pageNo);
    if (!table || (kind != OWNER_INNER && kind != OWNER_LEAF)) return null;
    const index = this.owners.index(pageNo);
    return index < <u32>table.indexes.length ? table.indexes[index] : null;
  }

  free(): void {
    for (let i = 0; i < this.tables.length; i++) this.tables[i].free();
    this.tables = new Array<CheckedTable>();
    this.owners.free();
  }
}
