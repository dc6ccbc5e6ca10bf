import { Status, OK, KEY_TOO_LARGE, DAMAGED, NO_PAGE, errorMessage } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { HeapMemoryProvider } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { unclaimedPageCount } from "../memory/access/unclaimed-pages";
import { IndexTree } from "../index/index-tree";
import { TreeCursor } from "../index/tree-cursor";
import { NEXT_OFFSET, PREV_OFFSET, MAX_KEY_SIZE, entryCount } from "../index/node";
import { EntryChange, BY_RECORD, BY_TIME, sortChanges } from "../index/entry-change";
import { applyChanges, conflicting } from "../index/apply-changes";
import { compareKeys } from "../encode/key";

let seed: u32 = 7;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

const key: usize = heap.alloc(70000);
let keyLen: u32 = 0;

/** Makes `key` the one-column key of `value`: a uint32, or a text of varying and great length. */
function makeKey(value: u32, longest: u32): void {
  store<u32>(key, 1);
  if (longest == 0) {
    store<u32>(key, 5, 4);
    store<u8>(key, 14, 8);
    store<u32>(key, value, 9);
    keyLen = 13;
    return;
  }
  const len = 8 + (((value * 2654435761) >> 4) % longest);
  store<u32>(key, 3 + len, 4);
  store<u8>(key, 11, 8);
  store<u16>(key, <u16>len, 9);
  memory.fill(key + 11, 0x78, len);
  for (let i: u32 = 0; i < 8; i++) store<u8>(key + 11 + i, <u8>(48 + ((value >> (28 - i * 4)) & 15)));
  keyLen = 11 + len;
}

function newTree(): IndexTree {
  const manager = new MemoryManager(new HeapMemoryProvider(), 0);
  const access = new MemoryAccess(manager);
  while (manager.pageCount < 3) access.growOnePage();
  return new IndexTree(access, IndexTree.create(access));
}

/** The model: (value << 32 | address), sorted. */
function sorted(model: Map<u64, bool>): Array<u64> {
  const list = model.keys();
  list.sort((a: u64, b: u64) => (a < b ? -1 : a > b ? 1 : 0));
  return list;
}

/** Walks the tree both ways and the leaf chain, and compares with the model. */
function expectEqual(tree: IndexTree, model: Map<u64, bool>, longest: u32): void {
  const list = sorted(model);
  const seen = new Map<u64, bool>();
  const cursor = new TreeCursor(tree);
  let at = 0;
  let lastLeaf = NO_PAGE;
  let lastAddress: u64 = 0;
  let disorder = 0;
  for (let found = cursor.seekFirst(); found; found = cursor.next()) {
    if (at >= list.length) break;
    makeKey(<u32>(list[at] >> 32), longest);
    if (compareKeys(cursor.key(), key) != 0) break;
    const sameRun = at > 0 && list[at] >> 32 == list[at - 1] >> 32 && cursor.leafPage == lastLeaf;
    disorder += i32(sameRun && cursor.address() <= lastAddress);
    lastLeaf = cursor.leafPage;
    lastAddress = cursor.address();
    seen.set((list[at] & 0xffffffff00000000) | lastAddress, true);
    at += 1;
  }
  expect(disorder).toBe(0, "in a leaf the entries of a key are in the order of their records");
  expect(cursor.status).toBe(OK);
  expect(at).toBe(list.length, "entries forwards");
  expect(seen.size).toBe(model.size, "addresses");
  for (let i = 0; i < list.length; i++) {
    if (!seen.has(list[i])) expect(list[i]).toBe(0, "an entry is missing");
  }
  let back = 0;
  for (let found = cursor.seekLast(); found; found = cursor.prev()) back += 1;
  expect(back).toBe(list.length, "entries backwards");

  // The leaf chain is the tree's order, and no leaf but the root is empty.
  let previous: u32 = NO_PAGE;
  let more = cursor.leftmost();
  while (more) {
    const page = tree.access.page(cursor.leafPage);
    expect(load<u32>(page, PREV_OFFSET)).toBe(previous);
    if (cursor.depth > 1) expect(load<u16>(page, 5)).toBeGreaterThan(0);
    previous = cursor.leafPage;
    const next = load<u32>(page, NEXT_OFFSET);
    more = cursor.nextLeaf();
    expect(next).toBe(more ? cursor.leafPage : NO_PAGE);
  }
}

/** Where `moveOne` found the entry that it moved, and where it is now. */
let movedFrom: u64 = 0;
let movedTo: u64 = 0;

/**
 * Moves an entry of the model to another address, `unused` or, in half of the cases, one near its own, and makes `key` its key; false when
 * there is one already.
 */
function moveOne(model: Map<u64, bool>, unused: u64, longest: u32): bool {
  const list = model.keys();
  const victim = list[random(list.length)];
  movedFrom = victim & 0xffffffff;
  movedTo = random(2) == 0 ? unused : ((victim & 0xffffff) + 0x1000000 * (1 + <u64>random(100))) & 0xffffffff;
  const moved = (victim & 0xffffffff00000000) | movedTo;
  if (model.has(moved)) return false;
  makeKey(<u32>(victim >> 32), longest);
  model.delete(victim);
  model.set(moved, true);
  return true;
}

/** Random inserts, removals and moves against the model; then everything is removed. Pages that the tree gave back and holds add up. */
function modelRun(rounds: i32, values: u32, longest: u32, removeBias: u32): void {
  const tree = newTree();
  const model = new Map<u64, bool>();
  let address: u64 = 1;
  for (let i = 0; i < rounds; i++) {
    const value = random(values);
    if (model.size > 0 && random(100) < removeBias) {
      const list = model.keys();
      const victim = list[random(list.length)];
      makeKey(<u32>(victim >> 32), longest);
      if (tree.remove(key, victim & 0xffffffff) != OK) expect(i).toBe(-1, "remove failed");
      model.delete(victim);
    } else if (model.size > 0 && random(100) < 25) {
      if (!moveOne(model, address, longest)) continue;
      if (tree.move(key, keyLen, movedFrom, movedTo) != OK) expect(i).toBe(-1, "move failed");
      address = (address + 7919) & 0xffffff;
    } else {
      makeKey(value, longest);
      if (tree.insert(key, keyLen, address) != OK) expect(i).toBe(-1, "insert failed");
      model.set(((<u64>value) << 32) | address, true);
      address = (address + 7919) & 0xffffff;
    }
    tree.access.manager.undo.clear();
    if (i % (rounds / 8) == rounds / 8 - 1) expectEqual(tree, model, longest);
  }
  const pages = new Array<u32>();
  expect(tree.collectPages(pages)).toBe(OK);
  expect(<u32>pages.length + unclaimedPageCount(tree.access) + 3).toBe(tree.access.manager.pageCount, "no page is lost");
  const list = sorted(model);
  while (list.length > 0) {
    const victim = list.splice(random(list.length), 1)[0];
    makeKey(<u32>(victim >> 32), longest);
    if (tree.remove(key, victim & 0xffffffff) != OK) expect(victim).toBe(0, "the last removals");
    model.delete(victim);
    if (list.length == 20) expectEqual(tree, model, longest);
  }
  expectEqual(tree, model, longest);
  expect(tree.path.countEntries()).toBe(0);
  expect(unclaimedPageCount(tree.access) + 4).toBe(tree.access.manager.pageCount, "one empty leaf is left");
  expect(tree.release()).toBe(OK);
  tree.access.manager.close();
}

describe("B+ tree against a model", () => {
  test("few values, long runs of equal keys", () => {
    seed = 11;
    modelRun(12000, 5, 0, 30);
  });
  test("many values", () => {
    seed = 12;
    modelRun(12000, 100000, 0, 30);
  });
  test("keys of up to 9,000 bytes: a few fill a node, three levels and more", () => {
    seed = 13;
    modelRun(1600, 3000, 9000, 25);
  });
  test("keys of up to 65,000 bytes: a node holds one or two", () => {
    seed = 14;
    modelRun(400, 500, 65000, 25);
  });
  test("runs of equal long keys over many leaves, more removals than inserts at the end", () => {
    seed = 15;
    modelRun(1200, 12, 6000, 45);
  });
});

const lists: usize = heap.alloc(32768);
const changeBytes: usize = heap.alloc(4 << 20);
let changeEnd: usize = changeBytes;
let changeCount: u32 = 0;

/** Adds a change of `key`'s entry to the list. */
function addChange(removes: bool, address: u64): void {
  EntryChange.make(changeEnd, removes, key, keyLen, address, changeCount, null);
  store<u32>(lists + ((<usize>changeCount) << 2), <u32>changeEnd);
  changeCount += 1;
  const size = EntryChange.size(keyLen);
  changeEnd += size;
}

/** Carries out the list's changes, and empties it. */
function applyList(tree: IndexTree, unverified: bool, unique: bool = unverified): Status {
  const other = lists + 16384;
  const moved = sortChanges(lists, other, changeCount, unverified ? BY_TIME : BY_RECORD);
  const status = applyChanges(tree, moved ? other : lists, changeCount, unique, unverified, true);
  changeCount = 0;
  changeEnd = changeBytes;
  return status;
}

/** A tree of `count` keys in order, with addresses from 1,000 on. */
function treeInOrder(count: u32): IndexTree {
  const tree = newTree();
  for (let value: u32 = 0; value < count; value++) {
    makeKey(value, 0);
    if (tree.insert(key, keyLen, 1000 + value) != OK) expect(value).toBe(NO_PAGE, "insert failed");
  }
  tree.access.manager.undo.clear();
  return tree;
}

describe("A unique key whose record moves", () => {
  test("costs six bytes of its leaf, at once and in a list of changes", () => {
    const tree = treeInOrder(3000);
    const manager = tree.access.manager;
    for (let round = 0; round < 2; round++) {
      expect(manager.commit()).toBe(OK);
      makeKey(700, 0);
      if (round == 0) expect(tree.move(key, keyLen, 1700, 9)).toBe(OK);
      else {
        addChange(true, 9);
        addChange(false, 90000);
        expect(applyList(tree, false, true)).toBe(OK);
      }
      // What is behind the entry in the leaf would be many sectors.
      expect(popcnt(manager.frame(tree.rootPage)!.dirty)).toBe(1);
      makeKey(700, 0);
      expect(tree.find(key)).toBe(round == 0 ? 9 : 90000);
    }
    manager.close();
  });

  test("is found where it then is, if the leaf is full, too", () => {
    const sample = treeInOrder(6000);
    const cursor = new TreeCursor(sample);
    expect(cursor.leftmost()).toBe(true);
    // Such a leaf is split in the middle.
    const middle = entryCount(cursor.leaf()!) / 2;
    expect(cursor.nextLeaf()).toBe(true, "the first leaf is full");
    for (let value = middle - 3; value < middle + 4; value++) {
      const tree = treeInOrder(6000);
      makeKey(value, 0);
      // To a record before, so that the entry that comes is in front of the one that goes.
      addChange(true, 1000 + value);
      addChange(false, 7);
      expect(applyList(tree, false, true)).toBe(OK);
      makeKey(value, 0);
      expect(tree.find(key)).toBe(7);
      tree.access.manager.close();
    }
    sample.access.manager.close();
  });
});

/** Random changes in lists of up to `most`, some of which take others of their list back, against the model; all can be undone. */
function changesRun(rounds: i32, most: u32, values: u32, longest: u32, removeBias: u32): void {
  const tree = newTree();
  const manager = tree.access.manager;
  const model = new Map<u64, bool>();
  let address: u64 = 1;
  for (let i = 0; i < rounds; i++) {
    const undoMark = manager.undo.mark;
    const before = i % 4 == 3 ? sorted(model) : new Array<u64>();
    const root = tree.rootPage;
    const recent = new Array<u64>();
    for (let left = 1 + random(most); left > 0; left--) {
      if (model.size > 0 && random(100) < removeBias) {
        const list = recent.length > 0 && random(3) == 0 ? recent : model.keys();
        const victim = list[random(list.length)];
        makeKey(<u32>(victim >> 32), longest);
        addChange(model.has(victim), victim & 0xffffffff);
        if (!model.delete(victim)) model.set(victim, true);
        recent.push(victim);
      } else if (model.size > 0 && random(100) < 25) {
        // The record moves.
        if (!moveOne(model, address, longest)) continue;
        addChange(true, movedFrom);
        addChange(false, movedTo);
        address = (address + 7919) & 0xffffff;
      } else {
        const value = random(values);
        makeKey(value, longest);
        addChange(false, address);
        model.set(((<u64>value) << 32) | address, true);
        recent.push(((<u64>value) << 32) | address);
        address = (address + 7919) & 0xffffff;
      }
    }
    if (applyList(tree, false) != OK) expect(i).toBe(-1, "changes failed");
    if (i % 4 == 3 && i % 8 != 7) {
      expect(manager.undoTo(undoMark, 0)).toBe(OK);
      tree.rootPage = root;
      model.clear();
      for (let k = 0; k < before.length; k++) model.set(before[k], true);
    }
    if (i % 4 == 3) expectEqual(tree, model, longest);
    manager.undo.clear();
  }
  expectEqual(tree, model, longest);
  const pages = new Array<u32>();
  expect(tree.collectPages(pages)).toBe(OK);
  expect(<u32>pages.length + unclaimedPageCount(tree.access) + 3).toBe(manager.pageCount, "no page is lost");
  const list = sorted(model);
  while (list.length > 0) {
    for (let left = min(list.length, <i32>most); left > 0; left--) {
      const victim = list.splice(random(list.length), 1)[0];
      makeKey(<u32>(victim >> 32), longest);
      addChange(true, victim & 0xffffffff);
    }
    if (applyList(tree, false) != OK) expect(list.length).toBe(-1, "the last removals");
    manager.undo.clear();
  }
  expect(tree.path.countEntries()).toBe(0);
  expect(unclaimedPageCount(tree.access) + 4).toBe(manager.pageCount, "one empty leaf is left");
  manager.close();
}

describe("lists of changes against a model", () => {
  test("few values, long runs of equal keys", () => {
    seed = 21;
    changesRun(80, 900, 5, 0, 35);
  });
  test("many values", () => {
    seed = 22;
    changesRun(80, 900, 100000, 0, 40);
  });
  test("a few changes at a time", () => {
    seed = 23;
    changesRun(600, 6, 1000, 0, 50);
  });
  test("texts", () => {
    seed = 24;
    changesRun(60, 900, 5000, 90, 40);
  });
  test("keys of up to 9,000 bytes", () => {
    seed = 25;
    changesRun(60, 60, 300, 9000, 40);
  });
  test("keys of up to 65,000 bytes", () => {
    seed = 26;
    changesRun(40, 12, 50, 65000, 45);
  });

  test("of rows with the same unique key the first one is added, and the second one named", () => {
    const tree = newTree();
    for (let i: u32 = 0; i < 1000; i++) {
      makeKey(i * 3, 0);
      tree.insert(key, keyLen, i);
    }
    // Tags are 0, 1, 2…: 3,000 is new, and the others are there or come twice.
    const values: StaticArray<u32> = [7, 3000, 1000, 7, 2000, 1000, 2997, 7];
    for (let i = 0; i < values.length; i++) {
      makeKey(values[i], 0);
      addChange(false, 5000 + i);
    }
    expect(applyList(tree, true)).toBe(OK);
    expect(conflicting!.tag).toBe(3);
    expect(tree.path.countEntries()).toBe(1004);
    makeKey(7, 0);
    expect(tree.find(key)).toBe(5000);
    makeKey(2997, 0);
    expect(tree.find(key)).toBe(999);
    tree.access.manager.close();
  });

  test("an entry that is not there can't be removed", () => {
    const tree = newTree();
    for (let i: u32 = 0; i < 100; i++) {
      makeKey(i, 0);
      addChange(false, i);
    }
    expect(applyList(tree, false)).toBe(OK);
    makeKey(50, 0);
    addChange(true, 50);
    makeKey(51, 0);
    addChange(true, 52);
    expect(applyList(tree, false)).toBe(DAMAGED);
    tree.access.manager.close();
  });
});

describe("B+ tree", () => {
  test("ascending keys fill their leaves", () => {
    const tree = newTree();
    for (let i: u32 = 0; i < 30000; i++) {
      makeKey(i, 0);
      tree.insert(key, keyLen, i);
      tree.access.manager.undo.clear();
    }
    const pages = new Array<u32>();
    tree.collectPages(pages);
    // A leaf holds (65536 - 15) / 21 = 3,120 entries; 30,000 need 10 leaves and a root.
    expect(pages.length).toBe(11);
    tree.access.manager.close();
  });

  test("seek finds bounds in both directions", () => {
    const tree = newTree();
    for (let i: u32 = 0; i < 9000; i++) {
      makeKey(i * 2, 0);
      tree.insert(key, keyLen, i);
    }
    const cursor = new TreeCursor(tree);
    for (let i: u32 = 1; i < 17998; i += 37) {
      makeKey(i, 0);
      expect(cursor.seek(key, false)).toBe(true);
      expect(cursor.address()).toBe((i + 1) >> 1);
      makeKey(i, 0);
      expect(cursor.seekBack(key, false)).toBe(true);
      expect(cursor.address()).toBe(i >> 1);
    }
    makeKey(8, 0);
    cursor.seek(key, true);
    expect(cursor.address()).toBe(5, "after an equal key");
    makeKey(8, 0);
    cursor.seekBack(key, true);
    expect(cursor.address()).toBe(3, "before an equal key");
    makeKey(17999, 0);
    expect(cursor.seek(key, false)).toBe(false);
    expect(cursor.status).toBe(OK);
    tree.access.manager.close();
  });

  test("a key that no node holds is refused, the largest that fits is not", () => {
    const tree = newTree();
    store<u32>(key, 1);
    store<u8>(key, 11, 8);
    memory.fill(key + 11, 0x61, 65535);
    const largest = MAX_KEY_SIZE - 11;
    store<u32>(key, largest + 3, 4);
    store<u16>(key, <u16>largest, 9);
    const mark = tree.access.manager.undo.mark;
    for (let i: u32 = 0; i < 5; i++) expect(tree.insert(key, largest + 11, i)).toBe(OK);
    expect(tree.insert(key, largest + 12, 9)).toBe(KEY_TOO_LARGE);
    expect(tree.path.countEntries()).toBe(5);
    for (let i: u32 = 0; i < 5; i++) expect(tree.remove(key, i)).toBe(OK);
    expect(tree.path.countEntries()).toBe(0);
    expect(tree.access.manager.undoTo(mark, 0)).toBe(OK);
    tree.access.manager.close();
  });

  test("removing what is not there is damage, and changes nothing", () => {
    const tree = newTree();
    makeKey(5, 0);
    tree.insert(key, keyLen, 50);
    expect(tree.remove(key, 51)).toBe(DAMAGED);
    makeKey(6, 0);
    expect(tree.remove(key, 50)).toBe(DAMAGED);
    expect(tree.path.countEntries()).toBe(1);
    tree.access.manager.close();
  });

  test("an undone split leaves the tree as it was", () => {
    const tree = newTree();
    const manager = tree.access.manager;
    for (let i: u32 = 0; i < 3000; i++) {
      makeKey(i * 10, 0);
      tree.insert(key, keyLen, i);
    }
    const mark = manager.undo.mark;
    const root = tree.rootPage;
    for (let i: u32 = 0; i < 6000; i++) {
      makeKey(i * 3 + 1, 0);
      tree.insert(key, keyLen, 100000 + i);
    }
    for (let i: u32 = 0; i < 2500; i++) {
      makeKey(i * 10, 0);
      expect(tree.remove(key, i)).toBe(OK);
    }
    expect(tree.rootPage).not.toBe(root);
    expect(manager.undoTo(mark, 0)).toBe(OK);
    tree.rootPage = root;
    const model = new Map<u64, bool>();
    for (let i: u64 = 0; i < 3000; i++) model.set(((i * 10) << 32) | i, true);
    expectEqual(tree, model, 0);
    manager.close();
  });
});

function makeLongKey(value: u32): void {
  makeKey(value, 1);
  store<u32>(key, 3 + 40000, 4);
  store<u16>(key, 40000, 9);
  memory.fill(key + 19, 0x78, 40000 - 8);
  keyLen = 11 + 40000;
}

/** Inserts keys of 40,000 bytes: the `i`th of `order`, which are all numbers below its length. */
function longRun(order: Array<u32>): void {
  const tree = newTree();
  const count = <u32>order.length;
  for (let i: u32 = 0; i < count; i++) {
    makeLongKey(order[i]);
    if (tree.insert(key, keyLen, order[i]) != OK) expect(i).toBe(count, errorMessage());
    tree.access.manager.undo.clear();
  }
  // Twice what halves of halves need.
  expect(tree.path.seekFirst()).toBe(true);
  expect(tree.path.depth).toBeLessThan(14);
  for (let value: u32 = 0; value < count; value++) {
    expect(tree.path.address()).toBe(value);
    expect(tree.path.next()).toBe(value + 1 < count);
  }
  for (let value: u32 = 0; value < count; value++) {
    makeLongKey(value);
    expect(tree.find(key)).toBe(value);
  }
  for (let i: u32 = 0; i < count; i++) {
    makeLongKey(order[(i * 7) % count]);
    expect(tree.remove(key, order[(i * 7) % count])).toBe(OK);
    tree.access.manager.undo.clear();
  }
  expect(tree.path.countEntries()).toBe(0);
  expect(unclaimedPageCount(tree.access) + 4).toBe(tree.access.manager.pageCount, "one empty leaf is left");
  tree.access.manager.close();
}

describe("keys of which a node holds one", () => {
  test("in order, backwards, from both ends to the middle and the other way round, and at random", () => {
    const up = new Array<u32>();
    const inwards = new Array<u32>();
    const mixed = new Array<u32>();
    for (let i: u32 = 0; i < 60; i++) {
      up.push(i);
      inwards.push(i % 2 == 0 ? i / 2 : 59 - i / 2);
      mixed.push((i * 37) % 60);
    }
    longRun(up);
    longRun(up.reverse());
    longRun(inwards);
    longRun(inwards.reverse());
    longRun(mixed);
  });
});
