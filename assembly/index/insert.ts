/**
 * Insertion and splits.
 *
 * A full leaf is split so that both halves hold about the same number of bytes; at the right end of the tree it is split at its end, so
 * that ascending keys fill their leaves; and where several keys came in order inside of the tree, behind the last of them. The first key
 * of the right half becomes the separator. An inner node that is full is split at a middle entry, whose key moves up (again at the end
 * when the new entry goes there); one with room for a single key stays, and the new separator moves up.
 */
import { Status, OK, NO_PAGE, damaged, lastError } from "../status";
import { Frame } from "../memory/cache/page-cache";
import { PAGE_SIZE } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { copyBytes } from "../encode/bytes";
import { RecordAddress, addressPage, addressOffset } from "../table/page-ledger";
import { isLinked, purgeEmptyLeaves } from "./remove";
import {
  NODE_INNER,
  NODE_LEAF,
  LEAF_ENTRY,
  LEAF_HEADER,
  INNER_ENTRY,
  PARENT_OFFSET,
  PREV_OFFSET,
  NEXT_OFFSET,
  RIGHTMOST_OFFSET,
  nodeFrame,
  isLeaf,
  entryCount,
  entryOffset,
  entryKey,
  entryKeyLen,
  childPage,
  leafAddress,
  insertEntry,
  truncateNode,
  writeNode,
} from "./node";
import { ChangeableTree } from "./tree-cursor";

/** The entry that is being inserted. */
const entryBuffer: ByteBuffer = new ByteBuffer(512);
/** Separators on their way up: the one to be inserted, and the one that its insertion pushes out. */
const separators: StaticArray<ByteBuffer> = [new ByteBuffer(512), new ByteBuffer(512)];

/** Inserts (`key`, `address`) into `tree`; the key fits a node. With `placed` the tree's path is where it goes. */
export function insertIntoTree(tree: ChangeableTree, key: usize, keyLen: u32, address: RecordAddress, placed: bool): Status {
  if (placed) {
    const status = insertAtPath(tree, key, keyLen, address, tree.path.slot);
    if (status != AGAIN) return status;
  }
  // A few tries are enough in a tree that is one.
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const status = tryInsert(tree, key, keyLen, address);
    if (status != AGAIN) return status;
  }
  return tree.path.cycle();
}

const MAX_TRIES: i32 = 100;
/** So many insertions behind one another are not by chance. */
const ORDERLY: u32 = 4;

/** The tree was changed on the way, but the entry has no place yet. */
const AGAIN: Status = -1;

function tryInsert(tree: ChangeableTree, key: usize, keyLen: u32, address: RecordAddress): Status {
  const path = tree.path;
  return path.descendToInsert(key, address) ? insertAtPath(tree, key, keyLen, address, path.slot) : path.status;
}

/** Inserts the entry into the path's leaf, at `slot`. */
function insertAtPath(tree: ChangeableTree, key: usize, keyLen: u32, address: RecordAddress, slot: u32): Status {
  const path = tree.path;
  const frame = path.leaf();
  if (!frame) return lastError.status;
  tree.noteChange();
  if (entryCount(frame) == 0 && path.depth > 1) {
    // Left empty by the reference, and maybe outside of the leaf chain: nothing may go there.
    const status = purgeEmptyLeaves(tree);
    return status == OK ? AGAIN : status;
  }
  path.slot = slot;
  buildLeafEntry(key, keyLen, address);
  if (frame.used + entryBuffer.len <= PAGE_SIZE) {
    const status = insertEntry(tree.access, frame, slot, entryBuffer.ptr, entryBuffer.len);
    if (status == OK) path.stay(slot + 1);
    return status;
  }
  return splitLeaf(tree, frame.pageNo, slot, key, keyLen);
}

function buildLeafEntry(key: usize, keyLen: u32, address: RecordAddress): void {
  entryBuffer.reset();
  const entry = entryBuffer.reserve(LEAF_ENTRY + keyLen);
  store<u16>(entry, <u16>keyLen);
  copyBytes(entry + 2, key, keyLen);
  store<u32>(entry + keyLen, addressPage(address), 2);
  store<u16>(entry + keyLen, <u16>addressOffset(address), 6);
  entryBuffer.len = LEAF_ENTRY + keyLen;
}

/** The entry at or behind which half of the node's bytes are, from 1 to count - 1 (0 when there is just one entry). */
function middleEntry(frame: Frame): u32 {
  const count = entryCount(frame);
  const first = entryOffset(frame, 0);
  const half = first + ((frame.used - first) >> 1);
  let low: u32 = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (entryOffset(frame, middle) <= half) low = middle;
    else high = middle - 1;
  }
  return low == 0 && count > 1 ? 1 : low;
}

/**
 * Splits the path's full leaf and puts the entry in `entryBuffer` at `slot` of what were its entries; `AGAIN` when
 * neither half has room.
 */
function splitLeaf(tree: ChangeableTree, leftPage: u32, slot: u32, key: usize, keyLen: u32): Status {
  if (!isLinked(tree, leftPage)) {
    // Left outside of the leaf chain by the reference: its new neighbour would be half inside.
    const status = purgeEmptyLeaves(tree);
    return status == OK ? AGAIN : status;
  }
  const isLast = tree.path.atRightEnd();
  // That looked at as many pages as the tree has levels.
  const frame = nodeFrame(tree.access, leftPage);
  if (!frame) return lastError.status;
  const count = entryCount(frame);
  const need = entryBuffer.len;
  // Keys that come in order, if inside of the tree: what comes next then goes to the left leaf's end, and moves nothing.
  const inOrder = slot > 0 && tree.path.streak >= ORDERLY;
  const rightEnd = slot == count && (inOrder || isLast);
  let at = rightEnd || inOrder ? slot : count > 1 ? middleEntry(frame) : slot;
  let end = at < count ? entryOffset(frame, at) : frame.used;
  let goesLeft = !rightEnd && (slot < at || (slot == at && end + need <= PAGE_SIZE));
  let fits = (goesLeft ? end : LEAF_HEADER + frame.used - end) + need <= PAGE_SIZE;
  if (!fits) {
    at = slot;
    end = at < count ? entryOffset(frame, at) : frame.used;
    goesLeft = end + need <= PAGE_SIZE;
    fits = goesLeft || LEAF_HEADER + frame.used - end + need <= PAGE_SIZE;
  }
  const separator = separators[0];
  separator.reset();
  if (fits && !goesLeft && slot == at) separator.addBytes(key, keyLen);
  else separator.addBytes(entryKey(frame, at), entryKeyLen(frame, at));

  const rightPage = moveLeafTail(tree, frame, at);
  if (rightPage == NO_PAGE) return lastError.status;
  let status = OK;
  if (fits) {
    const target = nodeFrame(tree.access, goesLeft ? leftPage : rightPage);
    if (!target) return lastError.status;
    status = insertEntry(tree.access, target, goesLeft ? slot : slot - at, entryBuffer.ptr, need);
  }
  if (status == OK && tree.history !== null) status = noteSplit(tree, leftPage, rightPage);
  if (status == OK) status = insertIntoParent(tree, <i32>tree.path.depth - 2, 0, leftPage, rightPage);
  return status == OK && !fits ? AGAIN : status;
}

/** Tells the tree's history that `right` has the last entries of `left`, and the new one at an end of one of them. */
function noteSplit(tree: ChangeableTree, left: u32, right: u32): Status {
  const frame = nodeFrame(tree.access, right);
  if (!frame) return lastError.status;
  tree.history!.split(left, right, entryKey(frame, 0), entryKeyLen(frame, 0), leafAddress(frame, 0));
  return OK;
}

/** Moves the entries of leaf `frame` from `at` on into a new leaf behind it: the new leaf's page, or `NO_PAGE`. */
function moveLeafTail(tree: ChangeableTree, frame: Frame, at: u32): u32 {
  const access = tree.access;
  const leftPage = frame.pageNo;
  const rightPage = access.claimPage();
  if (rightPage == NO_PAGE) return NO_PAGE;
  const left = nodeFrame(access, leftPage);
  if (!left) return NO_PAGE;
  const count = entryCount(left);
  const end = at < count ? entryOffset(left, at) : left.used;
  const parent = load<u32>(left.data, PARENT_OFFSET);
  const next = load<u32>(left.data, NEXT_OFFSET);
  let status = writeNode(access, rightPage, NODE_LEAF, parent, count - at, leftPage, next, left.data + end, left.used - end);
  if (status == OK) status = truncateNode(access, left, at);
  if (status == OK) status = access.writeU32(leftPage, NEXT_OFFSET, rightPage);
  if (status == OK && next != NO_PAGE) {
    const after = nodeFrame(access, next);
    if (!after) return NO_PAGE;
    if (!isLeaf(after)) {
      damaged(leftPage, NEXT_OFFSET, "the leaf's next page is no leaf");
      return NO_PAGE;
    }
    status = access.writeU32(next, PREV_OFFSET, rightPage);
  }
  return status == OK ? rightPage : NO_PAGE;
}

/** Tells the node on `level` of the path that its child `left` was split: `separators[which]` and `right` are new. */
function insertIntoParent(tree: ChangeableTree, level: i32, which: i32, left: u32, right: u32): Status {
  const access = tree.access;
  const separator = separators[which];
  if (level < 0) return growRoot(tree, separator, left, right);
  const pageNo = tree.path.pages[level];
  const slot = tree.path.slots[level];
  const frame = nodeFrame(access, pageNo);
  if (!frame) return lastError.status;
  if (frame.used + INNER_ENTRY + separator.len <= PAGE_SIZE) return insertSeparator(tree, frame, slot, separator, left, right);

  // Full: the entry `at` moves up, what is behind it moves to a new node.
  const count = entryCount(frame);
  if (count == 1) return splitSingle(tree, level, which, left, right);
  const at = slot == count ? count - 1 : middleEntry(frame);
  const pushedOut = separators[1 - which];
  pushedOut.reset();
  pushedOut.addBytes(entryKey(frame, at), entryKeyLen(frame, at));
  const rightNode = moveInnerTail(tree, pageNo, at);
  if (rightNode == NO_PAGE) return lastError.status;
  const target = nodeFrame(access, slot <= at ? pageNo : rightNode);
  if (!target) return lastError.status;
  if (target.used + INNER_ENTRY + separator.len <= PAGE_SIZE) {
    const status = insertSeparator(tree, target, slot <= at ? slot : slot - at - 1, separator, left, right);
    return status == OK ? insertIntoParent(tree, level - 1, 1 - which, pageNo, rightNode) : status;
  }
  // Very long keys: the half is too small still. Finish this split, then find the child's parent again and go on with that.
  const copy = new ByteBuffer(separator.len);
  copy.addBytes(separator.ptr, separator.len);
  let status = insertIntoParent(tree, level - 1, 1 - which, pageNo, rightNode);
  if (status == OK) {
    separators[0].reset();
    separators[0].addBytes(copy.ptr, copy.len);
    const parentLevel = tree.path.findParent(left, copy.ptr);
    status = tree.path.status;
    if (parentLevel >= 0) status = insertIntoParent(tree, parentLevel, 0, left, right);
    else if (status == OK) status = damaged(left, -1, "the index node is not under its parent");
  }
  copy.free();
  return status;
}

/**
 * Splits an inner node that has room for one key only: the new separator moves up, and one of the nodes has none. Were it the node's own
 * key, the new one would fill a node in turn, and keys in order would each make the tree higher.
 */
function splitSingle(tree: ChangeableTree, level: i32, which: i32, left: u32, right: u32): Status {
  const access = tree.access;
  const pageNo = tree.path.pages[level];
  const newPage = access.claimPage();
  const frame = newPage != NO_PAGE ? nodeFrame(access, pageNo) : null;
  if (!frame) return lastError.status;
  const parent = load<u32>(frame.data, PARENT_OFFSET);
  let status: Status;
  if (tree.path.slots[level] == 0) {
    // The key and the child behind it move, `left` is all that stays.
    entryBuffer.reset();
    entryBuffer.addU16(entryKeyLen(frame, 0));
    entryBuffer.addBytes(entryKey(frame, 0), entryKeyLen(frame, 0));
    entryBuffer.addU32(right);
    const last = childPage(frame, 1);
    status = writeNode(access, newPage, NODE_INNER, parent, 1, last, 0, entryBuffer.ptr, entryBuffer.len);
    if (status == OK) status = truncateNode(access, frame, 0);
    if (status == OK) status = access.writeU32(pageNo, RIGHTMOST_OFFSET, left);
  } else status = writeNode(access, newPage, NODE_INNER, parent, 0, right, 0, 0, 0);
  return status == OK ? insertIntoParent(tree, level - 1, which, pageNo, newPage) : status;
}

/** Inserts a separator that fits: child `slot` was `left` and becomes `right`, `left` gets the new entry before it. */
function insertSeparator(tree: ChangeableTree, frame: Frame, slot: u32, separator: ByteBuffer, left: u32, right: u32): Status {
  entryBuffer.reset();
  entryBuffer.addU16(separator.len);
  entryBuffer.addBytes(separator.ptr, separator.len);
  entryBuffer.addU32(left);
  const status = insertEntry(tree.access, frame, slot, entryBuffer.ptr, entryBuffer.len);
  if (status != OK) return status;
  if (slot + 1 == entryCount(frame)) return tree.access.writeU32(frame.pageNo, RIGHTMOST_OFFSET, right);
  const entry = entryOffset(frame, slot + 1);
  return tree.access.writeU32(frame.pageNo, entry + 2 + load<u16>(frame.data + entry), right);
}

/** Moves the entries behind `at` of inner node `pageNo` to a new node; entry `at` goes, its child becomes the rightmost. */
function moveInnerTail(tree: ChangeableTree, pageNo: u32, at: u32): u32 {
  const access = tree.access;
  const newPage = access.claimPage();
  if (newPage == NO_PAGE) return NO_PAGE;
  const frame = nodeFrame(access, pageNo);
  if (!frame) return NO_PAGE;
  const count = entryCount(frame);
  const from = at + 1 < count ? entryOffset(frame, at + 1) : frame.used;
  const parent = load<u32>(frame.data, PARENT_OFFSET);
  const rightmost = childPage(frame, count);
  const newRightmost = childPage(frame, at);
  let status = writeNode(access, newPage, NODE_INNER, parent, count - at - 1, rightmost, 0, frame.data + from, frame.used - from);
  if (status == OK) status = truncateNode(access, frame, at);
  if (status == OK) status = access.writeU32(pageNo, RIGHTMOST_OFFSET, newRightmost);
  return status == OK ? newPage : NO_PAGE;
}

/** Puts a new root above `left` and `right`. */
function growRoot(tree: ChangeableTree, separator: ByteBuffer, left: u32, right: u32): Status {
  const access = tree.access;
  const root = access.claimPage();
  if (root == NO_PAGE) return lastError.status;
  entryBuffer.reset();
  entryBuffer.addU16(separator.len);
  entryBuffer.addBytes(separator.ptr, separator.len);
  entryBuffer.addU32(left);
  let status = writeNode(access, root, NODE_INNER, NO_PAGE, 1, right, 0, entryBuffer.ptr, entryBuffer.len);
  if (status == OK) status = access.writeU32(left, PARENT_OFFSET, root);
  if (status == OK) status = access.writeU32(right, PARENT_OFFSET, root);
  tree.rootPage = root;
  return status;
}
