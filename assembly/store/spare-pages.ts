/**
 * Pages that are nobody's in a layout which keeps no list of them: what a failed commit of the crates left, leaves that became empty
 * here, and what a canister's memory has at its end. An opening for writing looks for them once, by the ledgers and the inner nodes of
 * trees; new pages are taken from them first. What is given up later comes to them (`pushUnclaimedPage`).
 */
import { NO_PAGE } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { IndexLedger } from "../index/index-ledger";
import { MAX_DEPTH, childPage, entryCount, isLeaf, nodeFrame } from "../index/node";
import { TablePages } from "../schema/schema-registry";
import { FreeSegmentsLedger } from "../table/free-segments-ledger";
import { PageLedger } from "../table/page-ledger";

/** The pages that none of `entries`, all tables of the file, leads to, highest first; none when the ledgers or trees are damaged. */
export function findSparePages(access: MemoryAccess, entries: Array<TablePages>): Array<u32> {
  const search = new SpareSearch(access);
  let good = true;
  for (let i = 0; i < entries.length && good; i++) good = search.addTable(entries[i]);
  return good ? search.rest() : new Array<u32>();
}

class SpareSearch {
  /** Of each page whether it is somebody's. */
  private readonly owned: Uint8Array;

  constructor(private readonly access: MemoryAccess) {
    const manager = access.manager;
    this.owned = new Uint8Array(manager.pageCount);
    for (let pageNo: u32 = 0; pageNo < manager.reservedPages; pageNo++) this.own(pageNo);
  }

  /** Notes that the page is somebody's; false when it is not of the file, or noted already. */
  private own(pageNo: u32): bool {
    if (pageNo >= <u32>this.owned.length || this.owned[pageNo] != 0) return false;
    this.owned[pageNo] = 1;
    return true;
  }

  addTable(pages: TablePages): bool {
    // mutant: segments' ledgers count as nobody's
    if (!this.own(pages.pageLedger) || !this.own(pages.freeSegments) || !this.own(pages.indexLedger)) return false;
    if (pages.autoincrement != NO_PAGE && !this.own(pages.autoincrement)) return false;
    return this.addRecords(pages.pageLedger) && this.addSegments(pages.freeSegments) && this.addTrees(pages.indexLedger);
  }

  private addRecords(ledgerPage: u32): bool {
    const ledger = new PageLedger(this.access, ledgerPage);
    const count = ledger.count;
    if (count == u32.MAX_VALUE) return false;
    // mutant: record pages count as nobody's
    for (let i: u32 = 0; i < count; i++) if (!this.own(ledger.pageAt(i))) return false;
    return true;
  }

  private addSegments(ledgerPage: u32): bool {
    const ledger = new FreeSegmentsLedger(this.access, ledgerPage);
    const count = ledger.pageTotal;
    if (count == u32.MAX_VALUE) return false;
    for (let i: u32 = 0; i < count; i++) if (!this.own(ledger.segmentsPageAt(i))) return false;
    return true;
  }

  private addTrees(ledgerPage: u32): bool {
    const ledger = new IndexLedger(this.access, ledgerPage);
    const list = ledger.list();
    if (!list) return false;
    for (let i = 0; i < list.length; i++) if (!this.addTree(ledger.root(list[i]))) return false;
    return true;
  }

  private addTree(root: u32): bool {
    const height = this.heightOf(root);
    return height > 0 && this.addNode(root, height);
  }

  /** How many levels the tree has, all of its leaves being on the last one; 0 when it can't be read. */
  private heightOf(root: u32): u32 {
    let pageNo = root;
    for (let level: u32 = 1; level <= MAX_DEPTH && pageNo != NO_PAGE; level++) {
      const frame = nodeFrame(this.access, pageNo);
      if (!frame) return 0;
      if (isLeaf(frame)) return level;
      pageNo = childPage(frame, 0);
    }
    return 0;
  }

  /** Notes a node with `levels` levels from it on, and all below it. Leaves are not read. */
  private addNode(pageNo: u32, levels: u32): bool {
    if (!this.own(pageNo)) return false;
    if (levels == 1) return true;
    const frame = nodeFrame(this.access, pageNo);
    if (!frame || isLeaf(frame)) return false;
    const count = entryCount(frame);
    for (let i: u32 = 0; i <= count; i++) {
      const node = nodeFrame(this.access, pageNo);
      if (!node || !this.addNode(childPage(node, i), levels - 1)) return false;
    }
    return true;
  }

  /** The pages that were not noted, highest first. */
  rest(): Array<u32> {
    const list = new Array<u32>();
    for (let pageNo = this.owned.length - 1; pageNo >= 0; pageNo--) if (this.owned[pageNo] == 0) list.push(pageNo);
    return list;
  }
}
