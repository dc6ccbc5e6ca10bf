/**
 * The tree of an index: every node claimed once, entries in order, separators between their children, unique keys once.
 *
 * A node that can't be read is a fault; its children are lost with it, unless the entries in front of the bad one tell them.
 */
import { NO_PAGE, DAMAGED, lastError } from "../status";
import { PAGE_SIZE } from "../memory/base/layout";
import { Frame } from "../memory/cache/page-cache";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeys, hasNull, isKey } from "../encode/key";
import { xxh3 } from "../encode/xxh3";
import { MAX_DEPTH } from "../index/node";
import {
  nodeFrame,
  isLeaf,
  entryCount,
  entryOffset,
  entryKey,
  entryKeyLen,
  childPage,
  leafAddress,
  RIGHTMOST_OFFSET,
  INNER_HEADER,
  PREV_OFFSET,
  NEXT_OFFSET,
  COUNT_OFFSET,
  NODE_INNER,
} from "../index/node";
import { CheckedIndex, CheckedTable } from "./checked-table";
import { checkChain } from "./chain-check";
import { Survey, SURVEY_ALL } from "./survey";
import {
  NODE_DAMAGED,
  TREE_TOO_DEEP,
  KEY_ORDER,
  ADDRESS_ORDER,
  SEPARATOR_WRONG,
  UNIQUE_TWICE,
  UNIQUE_NULLS,
  ENTRY_TWICE,
} from "./fault-kinds";
import { OWNER_INNER, OWNER_LEAF } from "./owner-map";

/** What the entries of a node cost in steps (`mayStep`). */
const STEPS_OF_NODE: u32 = 8192;

/** Walks one index. */
export function checkIndex(survey: Survey, table: CheckedTable, index: CheckedIndex): void {
  const before = survey.report.errors;
  const walk = new TreeWalk(survey, table, index);
  walk.run();
  if (survey.level == SURVEY_ALL && !index.incomplete) checkChain(survey, table, index);
  const errors = survey.report.errors - before;
  if (errors > 0) index.unsound = true;
  if (errors > walk.missing) index.disordered = true;
}

class TreeWalk {
  /** Errors that are only about nodes that can't be read. */
  missing: u64 = 0;
  private full: bool;
  private unique: bool;
  /** The last key of the leaves so far; empty at first. */
  private lastKey: ByteBuffer = new ByteBuffer(256);
  /** Rows that share a key with a null, though the index is unique; where the second one stands, and whether the last entry is such. */
  private nullRows: u64 = 0;
  private nullsPage: u32 = NO_PAGE;
  private nullsOffset: u32 = 0;
  private inNulls: bool = false;
  /** The separator that was reported last: page << 16 | entry. */
  private reportedSeparator: u64 = u64.MAX_VALUE;

  constructor(
    private survey: Survey,
    private table: CheckedTable,
    private index: CheckedIndex,
  ) {
    this.full = survey.level == SURVEY_ALL;
    const definition = index.index;
    this.unique = definition != null && definition.unique && !index.repeated;
  }

  run(): void {
    const index = this.index;
    this.visit(index.tree.rootPage, 1, this.table.pages.indexLedger, index.rootOffset, NO_PAGE, 0, NO_PAGE, 0);
    this.lastKey.free();
    if (this.nullRows == 0 || !this.survey.report.add(UNIQUE_NULLS, this.nullsPage, this.nullsOffset)) return;
    const columns = index.columnsText;
    this.survey.report.say(
      this.nullRows.toString() +
        " rows have null in the unique " +
        columns +
        ": the reference can't update them unless they get a value there",
    );
  }

  /**
   * Walks the node `pageNo`, named on `fromPage` at `fromOffset`. Its keys must not be below entry `lowSlot` of node `lowPage`,
   * nor above entry `highSlot` of `highPage` (`NO_PAGE`: no bound).
   */
  private visit(
    pageNo: u32,
    level: u32,
    fromPage: u32,
    fromOffset: u32,
    lowPage: u32,
    lowSlot: u32,
    highPage: u32,
    highSlot: u32,
  ): void {
    const survey = this.survey;
    const index = this.index;
    if (!survey.mayGoOn(STEPS_OF_NODE)) {
      index.incomplete = true;
      return;
    }
    if (level > MAX_DEPTH) {
      index.incomplete = true;
      this.missing += 1;
      if (survey.report.add(TREE_TOO_DEEP, fromPage, fromOffset)) {
        survey.report.say("the tree has more than " + MAX_DEPTH.toString() + " levels");
      }
      return;
    }
    if (!survey.claim(pageNo, OWNER_LEAF, this.table.number, index.number, fromPage, fromOffset)) {
      index.incomplete = true;
      this.missing += 1;
      return;
    }
    index.height = max(index.height, level);
    const frame = nodeFrame(survey.access, pageNo);
    if (!frame) {
      this.damaged(pageNo, level);
      return;
    }
    index.usedBytes += frame.used;
    if (this.full && entryCount(frame) > 0) this.checkBounds(frame, lowPage, lowSlot, highPage, highSlot);
    if (isLeaf(frame)) {
      this.leaf(pageNo);
      return;
    }
    survey.owners.set(pageNo, OWNER_INNER, this.table.number, index.number);
    index.innerNodes += 1;
    if (this.full) this.checkSeparators(pageNo);
    const count = entryCount(frame);
    for (let slot: u32 = 0; slot <= count; slot++) {
      const node = nodeFrame(survey.access, pageNo);
      if (!node) return;
      const at = slot == count ? RIGHTMOST_OFFSET : entryOffset(node, slot) + 2 + entryKeyLen(node, slot);
      const left = slot == 0;
      const right = slot == count;
      this.visit(
        childPage(node, slot),
        level + 1,
        pageNo,
        at,
        left ? lowPage : pageNo,
        left ? lowSlot : slot - 1,
        right ? highPage : pageNo,
        right ? highSlot : slot,
      );
    }
  }

  /** A node that `nodeFrame` refused; the children that it still names are walked. */
  private damaged(pageNo: u32, level: u32): void {
    const survey = this.survey;
    this.index.incomplete = true;
    this.missing += 1;
    if (lastError.status != DAMAGED) {
      survey.unreadable(pageNo);
      return;
    }
    survey.report.addLastError(NODE_DAMAGED, pageNo);
    let page = survey.access.page(pageNo);
    this.index.leaves += 1;
    if (page == 0 || load<u8>(page) != NODE_INNER) return;
    this.index.leaves -= 1;
    this.index.innerNodes += 1;
    survey.owners.set(pageNo, OWNER_INNER, this.table.number, this.index.number);
    const count = <u32>load<u16>(page, COUNT_OFFSET);
    const rightmost = load<u32>(page, RIGHTMOST_OFFSET);
    let at = INNER_HEADER;
    for (let i: u32 = 0; i < count; i++) {
      page = survey.access.page(pageNo);
      if (page == 0 || at + 2 > PAGE_SIZE) break;
      const keyLen = <u32>load<u16>(page + at);
      const pointer = at + 2 + keyLen;
      if (pointer + 4 > PAGE_SIZE || !isKey(page + at + 2, keyLen)) break;
      this.visit(load<u32>(page + pointer), level + 1, pageNo, pointer, NO_PAGE, 0, NO_PAGE, 0);
      at = pointer + 4;
    }
    this.visit(rightmost, level + 1, pageNo, RIGHTMOST_OFFSET, NO_PAGE, 0, NO_PAGE, 0);
  }

  /** The first and the last key of a node against the separators around it. */
  private checkBounds(frame: Frame, lowPage: u32, lowSlot: u32, highPage: u32, highSlot: u32): void {
    const access = this.survey.access;
    const low: Frame | null = lowPage != NO_PAGE ? nodeFrame(access, lowPage) : null;
    if (low && compareKeys(entryKey(frame, 0), entryKey(low, lowSlot)) < 0) {
      this.wrongSeparator(low, lowSlot, frame, "above the first key of");
    }
    const high: Frame | null = highPage != NO_PAGE ? nodeFrame(access, highPage) : null;
    const last = entryCount(frame) - 1;
    const order = high ? compareKeys(entryKey(frame, last), entryKey(high, highSlot)) : -1;
    if (high && order > 0) this.wrongSeparator(high, highSlot, frame, "below the last key of");
    // A unique key is looked for behind a separator that equals it.
    else if (high && order == 0 && this.unique && isLeaf(frame) && !hasNull(entryKey(frame, last)))
      this.wrongSeparator(high, highSlot, frame, "the last key of");
  }

  private wrongSeparator(parent: Frame, slot: u32, child: Frame, how: string): void {
    const place = ((<u64>parent.pageNo) << 16) | slot;
    if (place == this.reportedSeparator) return;
    this.reportedSeparator = place;
    if (!this.survey.report.add(SEPARATOR_WRONG, parent.pageNo, entryOffset(parent, slot))) return;
    this.survey.report.say(
      "index " +
        this.index.columnsText +
        ": the separator is " +
        how +
        " page " +
        child.pageNo.toString() +
        " at its side: searches miss entries",
    );
  }

  private checkSeparators(pageNo: u32): void {
    const frame = nodeFrame(this.survey.access, pageNo);
    if (!frame) return;
    const count = entryCount(frame);
    for (let i: u32 = 1; i < count; i++) {
      if (compareKeys(entryKey(frame, i - 1), entryKey(frame, i)) > 0) this.wrongOrder(frame, i);
    }
  }

  private wrongOrder(frame: Frame, slot: u32): void {
    if (!this.survey.report.add(KEY_ORDER, frame.pageNo, entryOffset(frame, slot))) return;
    this.survey.report.say("index " + this.index.columnsText + ": the key is below the one in front of it");
  }

  private leaf(pageNo: u32): void {
    const frame = nodeFrame(this.survey.access, pageNo);
    if (!frame) return;
    const index = this.index;
    const count = entryCount(frame);
    index.leaves += 1;
    index.entries += count;
    if (count == 0) index.emptyLeaves += 1;
    if (!this.full) return;
    const list = index.leafList;
    list.addU32(pageNo);
    list.addU32(load<u32>(frame.data, PREV_OFFSET));
    list.addU32(load<u32>(frame.data, NEXT_OFFSET));
    list.addU32(count);
    if (count == 0) return;
    let hash: u64 = 0;
    let previous = this.lastKey.len != 0 ? this.lastKey.ptr : 0;
    for (let i: u32 = 0; i < count; i++) {
      const key = entryKey(frame, i);
      hash += xxh3(key, entryKeyLen(frame, i) + 6);
      if (i > 0 || (this.unique && previous != 0)) this.checkPair(frame, i, previous, key);
      previous = key;
    }
    index.hash += hash;
    if (!this.unique) return;
    this.lastKey.reset();
    this.lastKey.addBytes(previous, entryKeyLen(frame, count - 1));
  }

  /** Entry `slot` and the one in front of it, which may be in another leaf. */
  private checkPair(frame: Frame, slot: u32, previous: usize, key: usize): void {
    const order = compareKeys(previous, key);
    const inNulls = this.inNulls;
    this.inNulls = false;
    if (order < 0) return;
    const report = this.survey.report;
    const name = "index " + this.index.columnsText + ": ";
    const at = entryOffset(frame, slot);
    if (order > 0) {
      if (slot > 0) this.wrongOrder(frame, slot);
      return;
    }
    if (slot > 0) {
      const before = leafAddress(frame, slot - 1);
      const address = leafAddress(frame, slot);
      if (before == address) {
        if (!this.index.repeated && report.add(ENTRY_TWICE, frame.pageNo, at)) report.say(name + "the entry is there twice");
        return;
      }
      if (before > address && report.add(ADDRESS_ORDER, frame.pageNo, at)) {
        report.say(name + "entries of one key are not in the order of their records");
      }
    }
    if (!this.unique) return;
    if (hasNull(key)) {
      if (this.nullRows == 0) {
        this.nullsPage = frame.pageNo;
        this.nullsOffset = at;
      }
      this.nullRows += inNulls ? 1 : 2;
      this.inNulls = true;
    } else if (report.add(UNIQUE_TWICE, frame.pageNo, at)) {
      report.say(name + "the key is there twice, though the index is unique");
    }
  }
}
