/**
 * A B+ tree over the values of one or more columns: search and the entry points of change (`insert.ts` and `remove.ts` do the work).
 *
 * Keys below a separator's child are not above the separator, keys behind it are not below; equal keys go right when they are inserted,
 * so a key that is in the tree once is in the leaf that `descend(key, after)` finds. Entries are in (key, address) order within a leaf;
 * over the leaves of a long run of equal keys only the keys are in order, as in the reference.
 */
import { Status, OK, NO_PAGE, lastError, fail, KEY_TOO_LARGE } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { Frame } from "../memory/cache/page-cache";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { compareKeyToProbe } from "../encode/key";
import { ChangeableTree } from "./tree-cursor";
import { NOT_BUFFERED } from "./buffered-changes";
import {
  MAX_DEPTH,
  NODE_LEAF,
  MAX_KEY_SIZE,
  nodeFrame,
  validNode,
  isLeaf,
  entryCount,
  childPage,
  entryKey,
  leafAddress,
  searchNode,
  writeNode,
} from "./node";
import { findByFences, foundAddress, noteFences, SEARCH_ABSENT, SEARCH_FOUND } from "./fences";
import { NOT_COMPACT, compactLen, findCompact, keepCompact } from "./compact-leaf";
import { insertIntoTree } from "./insert";
import { moveInTree } from "./move";
import { removeFromTree } from "./remove";

/** `KEY_TOO_LARGE` when no node can hold a key of `keyLen` bytes. */
export function checkKeySize(keyLen: u32): Status {
  if (keyLen <= MAX_KEY_SIZE) return OK;
  return fail(KEY_TOO_LARGE, "an index key of " + keyLen.toString() + " bytes; a node holds at most " + MAX_KEY_SIZE.toString());
}

export class IndexTree extends ChangeableTree {
  /** Claims a page and makes it an empty root: its number, or `NO_PAGE`. */
  static create(access: MemoryAccess): u32 {
    const pageNo = access.claimPage();
    if (pageNo == NO_PAGE) return NO_PAGE;
    return writeNode(access, pageNo, NODE_LEAF, NO_PAGE, 0, NO_PAGE, NO_PAGE, 0, 0) == OK ? pageNo : NO_PAGE;
  }

  /**
   * The record of the (first) entry whose key equals `key`; `NO_ADDRESS` when there is none (`lastError.status` is then
   * `OK`) or on failure.
   */
  find(key: usize): RecordAddress {
    const waiting = this.waiting;
    if (waiting) {
      assert(waiting.isFindable);
      const address = waiting.find(key);
      if (address == NO_ADDRESS) lastError.status = OK;
      if (address != NOT_BUFFERED) return address;
    }
    let pageNo = this.rootPage;
    for (let level: u32 = 0; level < MAX_DEPTH; level++) {
      const cached = this.access.manager.cache.find(pageNo);
      if (!cached && level > 0) {
        const address = findCompact(this.access, pageNo, key);
        if (address == NO_ADDRESS) break;
        if (address != NOT_COMPACT) return address;
        const outcome = findByFences(this.access, pageNo, key);
        if (outcome == SEARCH_FOUND) return foundAddress;
        if (outcome == SEARCH_ABSENT) break;
      }
      const frame = cached ? validNode(this.access, cached) : nodeFrame(this.access, pageNo);
      if (!frame) return NO_ADDRESS;
      if (!isLeaf(frame)) {
        pageNo = childPage(frame, searchNode(frame, key, true));
        continue;
      }
      const slot = searchNode(frame, key, false);
      const isThere = slot < entryCount(frame) && compareKeyToProbe(entryKey(frame, slot), key) == 0;
      const address = isThere ? leafAddress(frame, slot) : NO_ADDRESS;
      if (!cached && level > 0) this.noteLeaf(frame);
      if (isThere) return address;
      break;
    }
    lastError.status = OK;
    return NO_ADDRESS;
  }

  /** Keeps of a leaf that was read for a lookup what the next ones need. */
  private noteLeaf(leaf: Frame): void {
    const len = compactLen(leaf);
    noteFences(this.access, leaf, len != 0);
    if (len != 0) keepCompact(this.access, leaf, len);
  }

  /** Whether the leaf that `key` belongs to is likely to be in memory. */
  isAtHand(key: usize): bool {
    const cache = this.access.manager.cache;
    if (!cache.isFull || this.path.isLucky) return true;
    let pageNo = this.rootPage;
    for (let level: u32 = 0; level < MAX_DEPTH; level++) {
      const cached = cache.find(pageNo);
      const frame = cached ? validNode(this.access, cached) : null;
      if (!frame) return false;
      if (isLeaf(frame)) break;
      pageNo = childPage(frame, searchNode(frame, key, true));
    }
    return true;
  }

  /** Adds an entry. `KEY_TOO_LARGE` when no node can hold it. */
  insert(key: usize, keyLen: u32, address: RecordAddress): Status {
    const status = checkKeySize(keyLen);
    return status == OK ? insertIntoTree(this, key, keyLen, address, false) : status;
  }

  /**
   * `find` of a key that will be inserted if it is not there: `insertPlaced` then need not search again, if nothing else changes the
   * tree in between.
   */
  place(key: usize): RecordAddress {
    const path = this.path;
    if (!path.descendToInsert(key, NO_ADDRESS)) return NO_ADDRESS;
    this.placedVersion = this.currentVersion;
    const frame = path.leaf();
    if (!frame) return NO_ADDRESS;
    const slot = path.slot;
    if (slot > 0 && compareKeyToProbe(entryKey(frame, slot - 1), key) == 0) return leafAddress(frame, slot - 1);
    lastError.status = OK;
    return NO_ADDRESS;
  }

  private placedVersion: u32 = 0xffffffff;

  /** `insert` of the key that `place` looked for last, and that is not in the tree. */
  insertPlaced(key: usize, keyLen: u32, address: RecordAddress): Status {
    if (keyLen > MAX_KEY_SIZE || this.path.depth == 0 || this.placedVersion != this.currentVersion)
      return this.insert(key, keyLen, address);
    return insertIntoTree(this, key, keyLen, address, true);
  }

  /** Removes the entry (`key`, `address`); `DAMAGED` when there is none. */
  remove(key: usize, address: RecordAddress): Status {
    return removeFromTree(this, key, address);
  }

  /** Makes the entry (`key`, `from`) point to another record; `DAMAGED` when there is none. */
  move(key: usize, keyLen: u32, from: RecordAddress, to: RecordAddress): Status {
    return moveInTree(this, key, keyLen, from, to);
  }

  /** Adds every page of the tree to `pages`, parents before children. */
  collectPages(pages: Array<u32>): Status {
    assert(!this.waiting);
    const start = pages.length;
    pages.push(this.rootPage);
    for (let i = start; i < pages.length; i++) {
      const frame = nodeFrame(this.access, pages[i]);
      if (!frame) return lastError.status;
      if (isLeaf(frame)) continue;
      const count = entryCount(frame);
      // More nodes than the file has pages: a cycle.
      if (<u32>pages.length + count > this.access.manager.pageCount + 1) return this.path.cycle();
      for (let slot: u32 = 0; slot <= count; slot++) pages.push(childPage(frame, slot));
    }
    return OK;
  }

  /** Unclaims every page of the tree. */
  release(): Status {
    const pages = new Array<u32>();
    let status = this.collectPages(pages);
    for (let i = 0; i < pages.length && status == OK; i++) status = this.access.unclaimPage(pages[i]);
    this.noteChange();
    return status;
  }
}
