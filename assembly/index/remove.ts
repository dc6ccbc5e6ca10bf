/**
 * Removal. A leaf that becomes empty is taken out of the leaf chain and out of the tree, and its page is given back; so is an inner
 * node that loses its last child, and a root with a single child. (The reference leaves empty leaves in the tree for ever.)
 */
import { Status, OK, NO_PAGE, damaged, lastError } from "../status";
import { reserveUnclaimed } from "../memory/access/unclaimed-pages";
import { RecordAddress } from "../table/page-ledger";
import { ChangeableTree, TreeCursor, isEntry } from "./tree-cursor";
import {
  MAX_DEPTH,
  NODE_LEAF,
  PARENT_OFFSET,
  PREV_OFFSET,
  NEXT_OFFSET,
  RIGHTMOST_OFFSET,
  nodeFrame,
  isLeaf,
  entryCount,
  leafCount,
  leafHeader,
  childPage,
  removeEntry,
  writeNode,
} from "./node";

/** Removes (`key`, `address`) from `tree`; `DAMAGED` when it is not there. */
export function removeFromTree(tree: ChangeableTree, key: usize, address: RecordAddress): Status {
  const status = leadToEntry(tree, key, address);
  return status == OK ? removeAtPath(tree) : status;
}

/** Leads the tree's path to the entry (`key`, `address`), which is to change; `DAMAGED` when it is not there. */
export function leadToEntry(tree: ChangeableTree, key: usize, address: RecordAddress): Status {
  const path = tree.path;
  if (path.depth > 0 && path.fresh) {
    // Where the last change was: entries often go in their order.
    const last = path.leaf();
    if (last && isEntry(last, path.slot, key, address)) {
      tree.noteChange();
      path.stay(path.slot);
      return OK;
    }
  }
  tree.noteChange();
  return findEntry(tree, key, address);
}

/** Leads the tree's path to the entry (`key`, `address`); `DAMAGED` when it is not there. */
export function findEntry(tree: ChangeableTree, key: usize, address: RecordAddress): Status {
  const path = tree.path;
  if (path.seekEntry(key, address)) return OK;
  return path.status != OK ? path.status : damaged(tree.rootPage, -1, "an index has no entry for a row that it should have");
}

/** Removes the entry that the tree's path leads to. */
export function removeAtPath(tree: ChangeableTree): Status {
  const frame = tree.path.leaf();
  if (!frame) return lastError.status;
  const count = entryCount(frame);
  const status = removeEntry(tree.access, frame, tree.path.slot);
  return status == OK && count == 1 && tree.path.depth > 1 ? dropEmptyLeaves(tree) : status;
}

/** Gives back the leaf that just became empty, and every other one that is. */
function dropEmptyLeaves(tree: ChangeableTree): Status {
  if (tree.purgedEpoch == tree.access.manager.epoch) {
    return roomToDrop(tree) ? dropLeaf(tree) : OK;
  }
  // Empty leaves of the reference's may name this one as their neighbour: none may stay when it goes.
  return roomToDrop(tree) ? purgeEmptyLeaves(tree) : OK;
}

/** Whether the unclaimed-pages ledger can take a whole path. If not, the empty leaf stays, in the tree and in the chain. */
function roomToDrop(tree: ChangeableTree): bool {
  return reserveUnclaimed(tree.access, tree.path.depth) == OK;
}

/**
 * Takes all empty leaves out of `tree`, and makes the chain follow the tree: a leaf that reference 0.9.0 took out of the chain when it was
 * empty stays outside when it gets entries again; its neighbours name each other, and one of them may be about to go.
 */
export function purgeEmptyLeaves(tree: ChangeableTree): Status {
  const walker = new TreeCursor(tree);
  walker.byHeaders = true;
  let status = OK;
  let before = NO_PAGE;
  let found = walker.leftmost();
  while (found && status == OK) {
    const pageNo = walker.leafPage;
    const header = leafHeader(tree.access, pageNo);
    if (header == 0) return lastError.status;
    if (leafCount(header) == 0 && walker.depth > 1) {
      tree.path.copyFrom(walker);
      status = dropLeaf(tree);
      before = NO_PAGE;
      found = status == OK && walker.leftmost();
    } else {
      status = linkLeaves(tree, before, pageNo);
      before = pageNo;
      found = walker.nextLeaf();
    }
  }
  if (status == OK) status = walker.status;
  if (status == OK) status = linkLeaves(tree, before, NO_PAGE);
  if (status == OK) tree.purgedEpoch = tree.access.manager.epoch;
  return status;
}

/** Makes two leaves (`NO_PAGE`: the chain's end) each other's neighbours. */
function linkLeaves(tree: ChangeableTree, before: u32, after: u32): Status {
  const status = before != NO_PAGE ? linkLeaf(tree, before, NEXT_OFFSET, after) : OK;
  return status == OK && after != NO_PAGE ? linkLeaf(tree, after, PREV_OFFSET, before) : status;
}

/** Makes a leaf name `neighbour` at `offset`. */
function linkLeaf(tree: ChangeableTree, pageNo: u32, offset: u32, neighbour: u32): Status {
  const header = leafHeader(tree.access, pageNo);
  if (header == 0) return lastError.status;
  if (load<u32>(header + offset) == neighbour) return OK;
  // Nothing is written to what only looks like a leaf.
  return nodeFrame(tree.access, pageNo) ? tree.access.writeU32(pageNo, offset, neighbour) : lastError.status;
}

/** Whether both neighbours that a leaf names name it too. */
export function isLinked(tree: ChangeableTree, pageNo: u32): bool {
  const frame = nodeFrame(tree.access, pageNo);
  if (!frame) return false;
  const prev = load<u32>(frame.data, PREV_OFFSET);
  const next = load<u32>(frame.data, NEXT_OFFSET);
  return (
    (prev == NO_PAGE || names(tree, prev, NEXT_OFFSET, pageNo)) && (next == NO_PAGE || names(tree, next, PREV_OFFSET, pageNo))
  );
}

function names(tree: ChangeableTree, leaf: u32, offset: usize, pageNo: u32): bool {
  if (leaf >= tree.access.manager.pageCount) return false;
  const header = leafHeader(tree.access, leaf);
  return header != 0 && load<u32>(header + offset) == pageNo;
}

/** Takes the path's leaf, which is empty, out of the chain and the tree. */
function dropLeaf(tree: ChangeableTree): Status {
  const access = tree.access;
  const path = tree.path;
  let status = unlinkLeaf(tree);
  tree.noteChange();
  let level = <i32>path.depth - 1;
  // Nodes that lose their last child go as well; the root becomes an empty leaf instead.
  while (status == OK && level > 0) {
    const frame = nodeFrame(access, path.pages[level - 1]);
    if (!frame) return lastError.status;
    status = access.unclaimPage(path.pages[level]);
    if (status != OK) return status;
    if (entryCount(frame) > 0) {
      status = removeChild(tree, path.pages[level - 1], path.slots[level - 1]);
      break;
    }
    level -= 1;
  }
  if (status == OK && level == 0) {
    status = access.zeroPage(tree.rootPage);
    if (status == OK) status = writeNode(access, tree.rootPage, NODE_LEAF, NO_PAGE, 0, NO_PAGE, NO_PAGE, 0, 0);
  }
  return status == OK ? lowerRoot(tree) : status;
}

/** Links the leaves before and behind the path's leaf, in tree order, with each other. */
function unlinkLeaf(tree: ChangeableTree): Status {
  const before = neighbour(tree, false);
  if (before < 0) return lastError.status;
  const after = neighbour(tree, true);
  if (after < 0) return lastError.status;
  const beforePage = before == 0 ? NO_PAGE : <u32>(before - 1);
  const afterPage = after == 0 ? NO_PAGE : <u32>(after - 1);
  const history = tree.history;
  if (history) history.drop(tree.path.leafPage, beforePage, afterPage, tree.rootPage);
  return linkLeaves(tree, beforePage, afterPage);
}

/** The page before or behind the path's leaf in tree order, plus 1; 0 when there is none, -1 on failure. */
function neighbour(tree: ChangeableTree, forward: bool): i64 {
  const cursor = new TreeCursor(tree);
  cursor.byHeaders = true;
  cursor.copyFrom(tree.path);
  const found = forward ? cursor.nextLeaf() : cursor.prevLeaf();
  if (found) return <i64>cursor.leafPage + 1;
  return cursor.status == OK ? 0 : -1;
}

/** Removes child `slot` of an inner node that has at least one entry. */
function removeChild(tree: ChangeableTree, pageNo: u32, slot: u32): Status {
  const frame = nodeFrame(tree.access, pageNo);
  if (!frame) return lastError.status;
  const count = entryCount(frame);
  if (slot < count) return removeEntry(tree.access, frame, slot);
  const last = childPage(frame, count - 1);
  const status = removeEntry(tree.access, frame, count - 1);
  return status == OK ? tree.access.writeU32(pageNo, RIGHTMOST_OFFSET, last) : status;
}

/** While the root has a single child, the child becomes the root. */
function lowerRoot(tree: ChangeableTree): Status {
  for (let level: u32 = 0; level < MAX_DEPTH; level++) {
    const frame = nodeFrame(tree.access, tree.rootPage);
    if (!frame) return lastError.status;
    if (isLeaf(frame) || entryCount(frame) > 0) return OK;
    const child = childPage(frame, 0);
    let status = tree.access.unclaimPage(tree.rootPage);
    if (status == OK) status = tree.access.writeU32(child, PARENT_OFFSET, NO_PAGE);
    if (status != OK) return status;
    tree.rootPage = child;
  }
  return tree.path.cycle();
}
