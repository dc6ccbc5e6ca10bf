/**
 * Which pages hold which table's records: those of its page ledger, those that its indexes point to, where the primary key's is believed
 * when the two disagree, and if both are lost those of nobody that hold nothing but its rows. Ledgers and indexes that can't be the
 * table's own are let go of on the way.
 */
import { NO_PAGE } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { U32Map } from "../memory/base/u32-map";
import { Frame } from "../memory/cache/page-cache";
import { PAGE_SIZE } from "../memory/base/layout";
import { isZero } from "../encode/bytes";
import { entryCount, entryKey, leafAddress, nodeFrame, isLeaf } from "../index/node";
import { addressOffset, addressPage } from "../table/page-ledger";
import { CheckedIndex } from "../check/checked-table";
import { OWNER_INNER, OWNER_LEAF, OWNER_NONE, OWNER_RECORDS } from "../check/owner-map";
import { checkUnclaimed } from "../check/registry-check";
import { Survey } from "../check/survey";
import { FoundTable } from "./found-table";
import { SlotWalk } from "./slot-walk";

/** A page that indexes of several tables point to. */
const DISPUTED: u32 = 0xffffffff;

export class RecordSearch {
  /** Pages of nobody that hold rows which fit several tables. */
  readonly ambiguous: Array<u32> = new Array<u32>();
  private leafTable: FoundTable | null = null;
  private leafIndex: CheckedIndex | null = null;

  constructor(
    private readonly access: MemoryAccess,
    private readonly survey: Survey,
    private readonly tables: Array<FoundTable>,
  ) {}

  /** Finds the pages, after all ledgers and trees were read. */
  run(): void {
    this.doubtKeys();
    this.followIndexes(true);
    this.followIndexes(false);
    this.doubtAddresses();
    for (let i = 0; i < this.tables.length; i++) this.judgeLedger(this.tables[i]);
    this.takeUnowned();
  }

  private get least(): u32 {
    return this.access.manager.reservedPages;
  }

  private get end(): u32 {
    return this.access.manager.pageCount;
  }

  /**
   * The leaf `pageNo` when it is one of an index that can be believed, else null; with `sure` one of a primary key's index that is
   * whole. Its table goes to `leafTable`, the index to `leafIndex`.
   */
  private leafOf(pageNo: u32, sure: bool): Frame | null {
    const owners = this.survey.owners;
    const found = owners.kind(pageNo) == OWNER_LEAF ? this.ofNumber(owners.table(pageNo)) : null;
    const number = owners.index(pageNo);
    if (!found || !found.checked.table || number >= <u32>found.checked.indexes.length) return null;
    const index = found.checked.indexes[number];
    if (!index.index || (sure ? index != found.primary || !index.isWhole : index.disordered)) return null;
    this.leafTable = found;
    this.leafIndex = index;
    const frame = nodeFrame(this.access, pageNo);
    return frame && isLeaf(frame) ? frame : null;
  }

  /**
   * Takes the pages that indexes point to: pages of nobody, and with `sure`, by whole indexes of primary keys, also from a ledger that
   * lists them for another table.
   */
  private followIndexes(sure: bool): void {
    const owners = this.survey.owners;
    const votes = new U32Map();
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      const frame = this.leafOf(pageNo, sure);
      const count: u32 = frame ? entryCount(frame) : 0;
      const number = frame ? this.leafTable!.checked.number : 0;
      for (let i: u32 = 0; i < count && frame; i++) {
        const target = addressPage(leafAddress(frame, i));
        // The file need not have such a page, and no other is looked for.
        if (target >= this.end) continue;
        const vote = votes.get(target, number);
        votes.set(target, vote == number ? number : DISPUTED);
      }
    }
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      const number = votes.get(pageNo, 0);
      const kind = owners.kind(pageNo);
      if (number == 0 || number == DISPUTED || kind == OWNER_LEAF || kind == OWNER_INNER) continue;
      if (kind == OWNER_RECORDS && owners.table(pageNo) == number) continue;
      if (!sure && kind != OWNER_NONE) continue;
      const before = kind == OWNER_RECORDS ? this.ofNumber(owners.table(pageNo)) : null;
      if (before) before.dropRecords(pageNo);
      this.ofNumber(number)!.addRecords(pageNo);
      owners.set(pageNo, OWNER_RECORDS, number, 0);
    }
    votes.free();
  }

  private doubtLeaf(): void {
    this.leafIndex!.unsound = true;
    this.leafIndex!.disordered = true;
  }

  /** An index with keys of other types is another one's, though they are in order. */
  private doubtKeys(): void {
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      const frame = this.leafOf(pageNo, false);
      const count: u32 = frame ? entryCount(frame) : 0;
      for (let i: u32 = 0; i < count && frame; i++) {
        if (this.leafIndex!.index!.hasKeysLike(this.leafTable!.checked.schema!, entryKey(frame, i))) continue;
        this.doubtLeaf();
        break;
      }
    }
  }

  /** Nor is one to be relied on that points to what can't be a record of its table. */
  private doubtAddresses(): void {
    let sound = NO_PAGE;
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      const leaf = this.leafOf(pageNo, false);
      const count: u32 = leaf ? entryCount(leaf) : 0;
      for (let i: u32 = 0; i < count; i++) {
        // Looking at records may have pushed the leaf out of the cache.
        const frame = nodeFrame(this.access, pageNo);
        if (!frame) break;
        const address = leafAddress(frame, i);
        const target = addressPage(address);
        const isRecord = target == sound || this.canHaveRecords(this.leafTable!, target);
        if (isRecord) sound = target;
        if (isRecord && addressOffset(address) % this.leafTable!.checked.table!.registry.slotAlignment == 0) continue;
        this.doubtLeaf();
        break;
      }
      sound = NO_PAGE;
    }
    for (let i = 0; i < this.tables.length; i++) this.doubtUnvouched(this.tables[i]);
  }

  /** Without a page ledger nothing but a row shows that an index is the table's own. */
  private doubtUnvouched(found: FoundTable): void {
    if (found.checked.recordPageCount > 0) return;
    const indexes = found.checked.indexes;
    for (let i = 0; i < indexes.length; i++) {
      if (indexes[i].entries == 0 || found.vouched.has(indexes[i].number)) continue;
      indexes[i].unsound = true;
      indexes[i].disordered = true;
    }
  }

  /** Whether an index of the table may point to the page: it is the table's by its page ledger, else by the rows on it. */
  private canHaveRecords(found: FoundTable, pageNo: u32): bool {
    if (pageNo >= this.end) return found.isBeyond(pageNo);
    const owners = this.survey.owners;
    if (owners.kind(pageNo) != OWNER_RECORDS || owners.table(pageNo) != found.checked.number) return false;
    if (found.checked.pageOrdinals.has(pageNo)) return true;
    const walk = new SlotWalk(found.checked.table!);
    const fits = walk.startsWithRow(this.access, pageNo);
    walk.free();
    if (fits) found.vouched.add(this.leafIndex!.number);
    return fits || (found.checked.recordPageCount == 0 && !this.hasContent(pageNo));
  }

  /** Lets go of a page ledger that lists nothing, pages of others, or only pages without a row of its table: it may be another one's. */
  private judgeLedger(found: FoundTable): void {
    const table = found.checked.table;
    const page = found.hasLedger ? this.access.page(found.checked.pages.pageLedger) : 0;
    found.hasLedger = false;
    if (!table || page == 0) return;
    const owners = this.survey.owners;
    const walk = new SlotWalk(table);
    const listed = found.checked.recordPageCount;
    // Pages that were listed and not claimed are another's.
    let foreign = listed + <u32>found.beyond.size < load<u32>(page);
    let good: u32 = 0;
    let bad: u32 = 0;
    for (let i: u32 = 0; i < listed; i++) {
      const pageNo = found.checked.recordPage(i);
      if (owners.kind(pageNo) != OWNER_RECORDS || owners.table(pageNo) != found.checked.number) foreign = true;
      else if (walk.startsWithRow(this.access, pageNo)) good += 1;
      else bad += <u32>this.hasContent(pageNo);
    }
    walk.free();
    found.hasLedger = !foreign && listed + found.beyond.size > 0 && (good > 0 || bad == 0);
  }

  private ofNumber(number: u32): FoundTable | null {
    return number > 0 && number <= <u32>this.tables.length ? this.tables[number - 1] : null;
  }

  /** Gives pages of nobody to tables of which neither the page ledger nor the index could be read, and notes those that fit others. */
  private takeUnowned(): void {
    const fitting = new Array<FoundTable>();
    const walks = new Array<SlotWalk>();
    for (let i = 0; i < this.tables.length; i++) {
      const table = this.tables[i].checked.table;
      if (!table || this.tables[i].isIndexed) continue;
      fitting.push(this.tables[i]);
      walks.push(new SlotWalk(table));
    }
    for (let pageNo = this.least; pageNo < this.end && fitting.length > 0; pageNo++) {
      if (!this.isUnowned(pageNo)) continue;
      let taker = -1;
      let takers = 0;
      for (let i = 0; i < fitting.length; i++) {
        if (!walks[i].holdsOnly(this.access, pageNo)) continue;
        if (fitting[i].hasLedger) {
          if (!fitting[i].isComplete) fitting[i].strays.push(pageNo);
          continue;
        }
        taker = i;
        takers += 1;
      }
      if (takers > 1) this.ambiguous.push(pageNo);
      if (takers != 1) continue;
      fitting[taker].addRecords(pageNo);
      this.survey.owners.set(pageNo, OWNER_RECORDS, fitting[taker].checked.number, 0);
    }
    for (let i = 0; i < walks.length; i++) walks[i].free();
  }

  /** Whether the page holds something and is nobody's. */
  private isUnowned(pageNo: u32): bool {
    return this.survey.owners.kind(pageNo) == OWNER_NONE && this.hasContent(pageNo);
  }

  private hasContent(pageNo: u32): bool {
    const page = this.access.page(pageNo);
    return page != 0 && !isZero(page, PAGE_SIZE);
  }

  /** The pages that hold something and were found to be nobody's. */
  unownedPages(): Array<u32> {
    const pages = new Array<u32>();
    for (let pageNo = this.least; pageNo < this.end; pageNo++) if (this.isUnowned(pageNo)) pages.push(pageNo);
    return pages;
  }

  /** Whether each page is somebody's. */
  get isAllOwned(): bool {
    for (let pageNo = this.least; pageNo < this.end; pageNo++) if (this.survey.owners.kind(pageNo) == OWNER_NONE) return false;
    return true;
  }

  /** How many empty pages are nobody's, nor listed as unclaimed. */
  emptyPages(): u32 {
    checkUnclaimed(this.survey);
    let count: u32 = 0;
    for (let pageNo = this.least; pageNo < this.end; pageNo++) {
      count += <u32>(this.survey.owners.kind(pageNo) == OWNER_NONE && !this.hasContent(pageNo));
    }
    return count;
  }
}
