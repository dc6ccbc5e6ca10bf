/**
 * A position in a tree: the path from the root to a leaf entry.
 *
 * It walks the tree and not the leaf chain, because reference 0.9.0 takes emptied leaves out of the chain but leaves them in the tree,
 * where later entries may still go. A change of the tree makes the path stale (`fresh` says so); seek again then.
 */
import { Status, OK, NO_PAGE, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { Frame } from "../memory/cache/page-cache";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { compareKeyToProbe } from "../encode/key";
import {
  MAX_DEPTH,
  MAX_ENTRIES,
  nodeFrame,
  isLeaf,
  entryCount,
  childPage,
  searchNode,
  searchLeaf,
  entryKey,
  entryKeyLen,
  leafAddress,
  leafHeader,
  leafCount,
} from "./node";
import { startsAbove } from "./first-entry";
import { TreeRoot } from "./tree-root";

/** Whether entry `slot` is (`key`, `address`). */
@inline
export function isEntry(frame: Frame, slot: u32, key: usize, address: RecordAddress): bool {
  return slot < entryCount(frame) && leafAddress(frame, slot) == address && compareKeyToProbe(entryKey(frame, slot), key) == 0;
}

export class TreeCursor {
  /** The node of each level, the root first. */
  readonly pages: StaticArray<u32> = new StaticArray<u32>(MAX_DEPTH);
  /** The child taken on each level; on the last, the entry. */
  readonly slots: StaticArray<u32> = new StaticArray<u32>(MAX_DEPTH);
  /** Levels in the path; 0 when it leads nowhere. */
  depth: u32 = 0;
  status: Status = OK;
  /** Whether `leftmost`, `nextLeaf` and `prevLeaf` go from leaf to leaf without reading more of one than its header. */
  byHeaders: bool = false;
  private version: u32 = 0;
  /** Leaves (in `findParent`, nodes) passed since the cursor was placed: more than the file has pages form a cycle. */
  private passed: u32 = 0;

  constructor(readonly tree: TreeRoot) {}

  /** Whether the tree is as it was when the cursor was placed. */
  get fresh(): bool {
    return this.version == this.tree.currentVersion;
  }

  /** The leaf's frame, or null on failure. */
  @inline leaf(): Frame | null {
    return nodeFrame(this.tree.access, unchecked(this.pages[this.depth - 1]));
  }


  @inline get slot(): u32 {
    return unchecked(this.slots[this.depth - 1]);
  }


  @inline set slot(value: u32) {
    unchecked((this.slots[this.depth - 1] = value));
  }

  private failed(): bool {
    this.status = lastError.status;
    this.depth = 0;
    return false;
  }

  /**
   * Places the cursor where the entry (`key`, `address`) goes; with `NO_ADDRESS` behind all entries with the key. `key` is a whole one.
   * Keys often come in order: the cursor's last place is tried first.
   */
  descendToInsert(key: usize, address: RecordAddress): bool {
    if (this.depth > 0 && this.fresh && (this.luck > 0 || (++this.tries & 15) == 0)) {
      if (this.isPlaceOf(key, address)) {
        this.luck = 4;
        this.streak += 1;
        return true;
      }
      this.luck -= 1;
    }
    this.streak = 0;
    return this.descend(key, true, address);
  }

  /** Whether keys came in order lately, so that the next one will probably go to the cursor's place. */
  get isLucky(): bool {
    return this.depth > 0 && this.fresh && this.luck > 0;
  }

  /** How many of the last insertions went each right behind the one before. */
  streak: u32 = 0;
  private luck: i32 = 1;
  private tries: u32 = 0;

  /**
   * Whether a search for the entry would come to just where the cursor stands. Between two entries of a leaf it would: keys in a node are
   * within its separators. Behind the last one the next separator decides.
   */
  private isPlaceOf(key: usize, address: RecordAddress): bool {
    const frame = this.leaf();
    if (!frame) return false;
    const slot = this.slot;
    const count = entryCount(frame);
    if (slot == 0 || slot > count) return false;
    const order = compareKeyToProbe(entryKey(frame, slot - 1), key);
    if (order > 0 || (order == 0 && leafAddress(frame, slot - 1) > address)) return false;
    return slot < count ? compareKeyToProbe(entryKey(frame, slot), key) > 0 : this.endsAbove(key);
  }

  /** Whether the separator behind the cursor's leaf is above `key`, or the leaf is the tree's last. */
  endsAbove(key: usize): bool {
    for (let level = <i32>this.depth - 2; level >= 0; level--) {
      const frame = nodeFrame(this.tree.access, unchecked(this.pages[level]));
      if (!frame) return false;
      const slot = unchecked(this.slots[level]);
      if (slot < entryCount(frame)) return compareKeyToProbe(entryKey(frame, slot), key) > 0;
    }
    return true;
  }

  /** Whether the cursor's leaf is the last of the tree. */
  atRightEnd(): bool {
    for (let level = <i32>this.depth - 2; level >= 0; level--) {
      const frame = nodeFrame(this.tree.access, unchecked(this.pages[level]));
      if (!frame || unchecked(this.slots[level]) != entryCount(frame)) return false;
    }
    return true;
  }

  /** An entry was put in at the cursor, or taken away, and no node came or went: the cursor is still good, and now at `slot`. */
  @inline stay(slot: u32): void {
    this.slot = slot;
    this.version = this.tree.currentVersion;
  }

  /**
   * Places the cursor at the leaf where `probe` belongs: before the first equal key, or (`after`) behind the last, or in the leaf
   * before the entry that is not below (`probe`, `address`). False on failure.
   */
  descend(probe: usize, after: bool, address: RecordAddress = NO_ADDRESS): bool {
    this.start();
    return this.goDown(probe, after, address);
  }

  private goDown(probe: usize, after: bool, address: RecordAddress): bool {
    let pageNo = this.tree.rootPage;
    for (let level: u32 = 0; level < MAX_DEPTH; level++) {
      const frame = nodeFrame(this.tree.access, pageNo);
      if (!frame) return this.failed();
      unchecked((this.pages[level] = pageNo));
      if (isLeaf(frame)) {
        const slot = address == NO_ADDRESS ? searchNode(frame, probe, after) : searchLeaf(frame, probe, address);
        unchecked((this.slots[level] = slot));
        this.depth = level + 1;
        return true;
      }
      const slot = searchNode(frame, probe, after);
      unchecked((this.slots[level] = slot));
      pageNo = childPage(frame, slot);
    }
    return this.tooDeep();
  }

  /**
   * Places the cursor at the leaf that has the entry (`probe`, `address`) if entries with equal keys are in the order of their addresses
   * from leaf to leaf, too. The format does not promise that, but new entries go to the end of their run, and records to the end
   * of their table, so that it is mostly so.
   */
  descendNear(probe: usize, address: RecordAddress): bool {
    this.start();
    const access = this.tree.access;
    let pageNo = this.tree.rootPage;
    for (let level: u32 = 0; level < MAX_DEPTH; level++) {
      let frame = nodeFrame(access, pageNo);
      if (!frame) return this.failed();
      unchecked((this.pages[level] = pageNo));
      if (isLeaf(frame)) {
        unchecked((this.slots[level] = searchLeaf(frame, probe, address)));
        this.depth = level + 1;
        return true;
      }
      let high = searchNode(frame, probe, true);
      let low = high;
      if (high > 0 && compareKeyToProbe(entryKey(frame, high - 1), probe) == 0) low = searchNode(frame, probe, false);
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        const above = startsAbove(access, childPage(frame, middle), probe, address);
        if (above < 0) return this.failed();
        if (above == 1) high = middle - 1;
        else low = middle;
        frame = nodeFrame(access, pageNo);
        if (!frame) return this.failed();
      }
      unchecked((this.slots[level] = low));
      pageNo = childPage(frame, low);
    }
    return this.tooDeep();
  }

  private start(): void {
    assert(!this.tree.waiting);
    this.standNowhere();
  }

  private standNowhere(): void {
    this.depth = 0;
    this.passed = 0;
    this.status = OK;
    this.version = this.tree.currentVersion;
  }

  private tooDeep(): bool {
    this.cycle();
    return this.failed();
  }

  /** Records that the tree's nodes form a cycle. */
  cycle(): Status {
    return damaged(this.tree.rootPage, -1, "the index has too many nodes or levels: they form a cycle");
  }

  /** Entries of the whole tree, as the headers of its leaves tell, or -1 on failure. The cursor stands nowhere afterwards. */
  countEntries(): i64 {
    let sum: i64 = 0;
    this.byHeaders = true;
    for (let found = this.leftmost(); found; found = this.status == OK && this.nextLeaf()) {
      const header = leafHeader(this.tree.access, this.leafPage);
      if (header == 0 || leafCount(header) > MAX_ENTRIES) {
        if (header != 0) damaged(this.leafPage, 0, "a leaf of an index counts more entries than fit");
        this.failed();
      } else sum += leafCount(header);
    }
    this.byHeaders = false;
    return this.status == OK ? sum : -1;
  }

  /** To the start of the first leaf, empty or not. */
  leftmost(): bool {
    this.start();
    return this.descendEdge(this.tree.rootPage, 0, false);
  }

  /** Goes down from `pageNo` at `level` along the first or the last children. */
  private descendEdge(pageNo: u32, level: u32, last: bool): bool {
    for (; level < MAX_DEPTH; level++) {
      unchecked((this.pages[level] = pageNo));
      if (this.byHeaders) {
        const header = leafHeader(this.tree.access, pageNo);
        if (header != 0) {
          unchecked((this.slots[level] = last ? leafCount(header) : 0));
          this.depth = level + 1;
          return true;
        }
      }
      const frame = nodeFrame(this.tree.access, pageNo);
      if (!frame) return this.failed();
      const slot = last ? entryCount(frame) : 0;
      unchecked((this.slots[level] = slot));
      if (isLeaf(frame)) {
        this.depth = level + 1;
        return true;
      }
      pageNo = childPage(frame, slot);
    }
    return this.tooDeep();
  }

  /** To the first entry that is not below `probe` (`after`: that is above it). False when there is none, and on failure. */
  seek(probe: usize, after: bool): bool {
    return this.descend(probe, after) && this.settle();
  }

  /**
   * `seek` for no others than the entries with the key `probe`: changes of other keys may wait. False when the tree ends before it, and on
   * failure.
   */
  seekEqual(probe: usize): bool {
    const waiting = this.tree.waiting;
    assert(!waiting || !waiting.concerns(probe));
    this.standNowhere();
    return this.goDown(probe, false, NO_ADDRESS) && this.settle();
  }

  /** To the entry (`key`, `address`); false when there is none, and on failure. */
  seekEntry(key: usize, address: RecordAddress): bool {
    // Where it should be; but a run of equal keys over several leaves may be out of order.
    if (!this.descendNear(key, address)) return false;
    let frame = this.leaf();
    if (!frame) return this.failed();
    if (isEntry(frame, this.slot, key, address)) return true;
    if (!this.descend(key, true)) return false;
    do {
      frame = this.leaf();
      if (!frame) return this.failed();
      this.slot = searchLeaf(frame, key, address);
      if (isEntry(frame, this.slot, key, address)) return true;
      // The entry may be in an earlier leaf only if this one starts with the key, or is empty.
      if (entryCount(frame) > 0 && compareKeyToProbe(entryKey(frame, 0), key) < 0) return false;
    } while (this.prevLeaf());
    return false;
  }

  /**
   * Places the cursor where (`key`, `address`) was, or would be, in leaf `pageNo`: `settle`, or `prev`, then leads to an entry. False when
   * that is no leaf any more where the key may be, and on failure.
   */
  placeInLeaf(key: usize, address: RecordAddress, pageNo: u32): bool {
    if (!this.descend(key, false)) return false;
    do {
      const frame = this.leaf();
      if (!frame) return this.failed();
      if (this.leafPage == pageNo) {
        this.slot = searchLeaf(frame, key, address);
        return true;
      }
      const count = entryCount(frame);
      if (count > 0 && compareKeyToProbe(entryKey(frame, count - 1), key) > 0) return false;
    } while (this.nextLeaf());
    return false;
  }

  /** To the last entry that is not above `probe` (`before`: that is below it). */
  seekBack(probe: usize, before: bool): bool {
    return this.descend(probe, !before) && this.prev();
  }

  seekFirst(): bool {
    return this.leftmost() && this.settle();
  }

  seekLast(): bool {
    this.start();
    return this.descendEdge(this.tree.rootPage, 0, true) && this.prev();
  }

  /** To the next entry. */
  next(): bool {
    this.slot += 1;
    return this.settle();
  }

  /** From behind a leaf's last entry to the first entry of a later leaf, if there is one; elsewhere the cursor stays. */
  settle(): bool {
    do {
      const frame = this.leaf();
      if (!frame) return this.failed();
      if (this.slot < entryCount(frame)) return true;
    } while (this.nextLeaf());
    return false;
  }

  /** To the previous entry. */
  prev(): bool {
    while (this.slot == 0) {
      if (!this.prevLeaf()) return false;
    }
    this.slot -= 1;
    return true;
  }

  /** To the start of the next leaf in tree order; false at the end (the cursor then stands nowhere) and on failure. */
  nextLeaf(): bool {
    if (this.passed++ > this.tree.access.manager.pageCount) return this.tooDeep();
    for (let level = <i32>this.depth - 2; level >= 0; level--) {
      const frame = nodeFrame(this.tree.access, unchecked(this.pages[level]));
      if (!frame) return this.failed();
      const slot = unchecked(this.slots[level]);
      if (slot >= entryCount(frame)) continue;
      unchecked((this.slots[level] = slot + 1));
      return this.descendEdge(childPage(frame, slot + 1), level + 1, false);
    }
    this.depth = 0;
    return false;
  }

  /** Behind the end of the previous leaf in tree order; false at the start and on failure. */
  prevLeaf(): bool {
    if (this.passed++ > this.tree.access.manager.pageCount) return this.tooDeep();
    for (let level = <i32>this.depth - 2; level >= 0; level--) {
      const slot = unchecked(this.slots[level]);
      if (slot == 0) continue;
      const frame = nodeFrame(this.tree.access, unchecked(this.pages[level]));
      if (!frame) return this.failed();
      unchecked((this.slots[level] = slot - 1));
      return this.descendEdge(childPage(frame, slot - 1), level + 1, true);
    }
    this.depth = 0;
    return false;
  }

  /** The entry's key; valid for the next `GUARANTEE` page lookups. 0 when the leaf can't be read. */
  @inline key(): usize {
    const frame = this.leaf();
    return frame ? entryKey(frame, this.slot) : 0;
  }

  /** Bytes of the entry's key. */
  keyLen(): u32 {
    const frame = this.leaf();
    return frame ? entryKeyLen(frame, this.slot) : 0;
  }

  /** The record that the entry points to. */
  address(): RecordAddress {
    const frame = this.leaf();
    return frame ? leafAddress(frame, this.slot) : 0;
  }

  /** The leaf's page number. */
  get leafPage(): u32 {
    return this.depth == 0 ? NO_PAGE : this.pages[this.depth - 1];
  }

  /** Takes the other cursor's place; both must be of one tree. */
  copyFrom(other: TreeCursor): void {
    this.depth = other.depth;
    this.version = other.version;
    for (let i: u32 = 0; i < other.depth; i++) {
      this.pages[i] = other.pages[i];
      this.slots[i] = other.slots[i];
    }
  }

  /**
   * The path to the inner node that has `child` as a child, among those that `probe` can be under; the node's level, or -1 when there is
   * none, and on failure.
   */
  findParent(child: u32, probe: usize): i32 {
    this.start();
    return this.findBelow(this.tree.rootPage, 0, child, probe);
  }

  private findBelow(pageNo: u32, level: u32, child: u32, probe: usize): i32 {
    if (level >= MAX_DEPTH || this.passed++ > this.tree.access.manager.pageCount) return -1;
    let frame = nodeFrame(this.tree.access, pageNo);
    if (!frame) this.status = lastError.status;
    if (!frame || isLeaf(frame)) return -1;
    this.pages[level] = pageNo;
    const last = searchNode(frame, probe, true);
    for (let slot = searchNode(frame, probe, false); slot <= last; slot++) {
      frame = nodeFrame(this.tree.access, pageNo);
      if (!frame) {
        this.status = lastError.status;
        return -1;
      }
      const next = childPage(frame, slot);
      this.slots[level] = slot;
      if (next == child) return level;
      const found = this.findBelow(next, level + 1, child, probe);
      if (found >= 0 || this.status != OK) return found;
    }
    return -1;
  }
}

/** A tree with the cursor that its changes use; free between calls. */
export class ChangeableTree extends TreeRoot {
  readonly path: TreeCursor;

  constructor(access: MemoryAccess, rootPage: u32) {
    super(access, rootPage);
    this.path = changetype<TreeCursor>(0);
    this.path = new TreeCursor(this);
  }
}
