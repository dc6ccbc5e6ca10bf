/**
 * About how many entries a tree has, and a range of it, from a few of its nodes: nothing is stored for it, and nothing is ever out of date.
 * (As InnoDB's index dives do.)
 */
import { isSamePrefix } from "../encode/key";
import { MAX_DEPTH, childPage, entryCount, entryKey, isLeaf, nodeFrame, searchNode } from "./node";
import { TreeRoot } from "./tree-root";

/** About how many entries there are: what the nodes on the way to the middle have, multiplied. 0 where they can't be read. */
export function estimateEntries(tree: TreeRoot): f64 {
  let pageNo = tree.rootPage;
  let product: f64 = 1;
  for (let level: u32 = 0; level < MAX_DEPTH; level++) {
    const frame = nodeFrame(tree.access, pageNo);
    if (!frame) return 0;
    const count = entryCount(frame);
    if (isLeaf(frame)) return product * <f64>count;
    product *= <f64>(count + 1);
    pageNo = childPage(frame, count >> 1);
  }
  return 0;
}

/** About which part of the entries is below `probe`, or (`after`) not above it: 0 to 1; all of them where nodes can't be read. */
export function estimateBelow(tree: TreeRoot, probe: usize, after: bool): f64 {
  let pageNo = tree.rootPage;
  let below: f64 = 0;
  let width: f64 = 1;
  for (let level: u32 = 0; level < MAX_DEPTH; level++) {
    const frame = nodeFrame(tree.access, pageNo);
    if (!frame) return 1;
    const slot = searchNode(frame, probe, after);
    const isLast = isLeaf(frame);
    const count = entryCount(frame) + (isLast ? 0 : 1);
    if (count == 0) return below;
    width /= <f64>count;
    below += <f64>slot * width;
    if (isLast) return below;
    pageNo = childPage(frame, slot);
  }
  return 1;
}

/** About how many entries have the same values in their first `columns` columns, from the entries of the leaf in the middle. */
export function estimateRun(tree: TreeRoot, columns: u32): f64 {
  let pageNo = tree.rootPage;
  for (let level: u32 = 0; level < MAX_DEPTH; level++) {
    const frame = nodeFrame(tree.access, pageNo);
    if (!frame) return 1;
    const count = entryCount(frame);
    if (!isLeaf(frame)) {
      pageNo = childPage(frame, count >> 1);
      continue;
    }
    let runs: u32 = 0;
    const looked = min<u32>(count, 512);
    for (let e: u32 = 1; e < looked; e++) {
      if (!isSamePrefix(entryKey(frame, e - 1), entryKey(frame, e), columns)) runs += 1;
    }
    return <f64>looked / <f64>(runs + 1);
  }
  return 1;
}
