/** Searches that guess, insertions that go on where the last one was, and leaves that keys in order leave full. */
import { OK } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { HeapMemoryProvider } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { NO_ADDRESS } from "../table/page-ledger";
import { IndexTree } from "../index/index-tree";
import { TreeCursor } from "../index/tree-cursor";
import { entryCount, nodeFrame, searchLeaf, searchNode } from "../index/node";

const key: usize = heap.alloc(16);

/** Makes `key` the key of one uint32. */
function makeKey(value: u32): void {
  store<u32>(key, 1);
  store<u32>(key, 5, 4);
  store<u8>(key, 14, 8);
  store<u32>(key, value, 9);
}

function newTree(): IndexTree {
  const manager = new MemoryManager(new HeapMemoryProvider(), 0);
  const access = new MemoryAccess(manager);
  while (manager.pageCount < 3) access.growOnePage();
  return new IndexTree(access, IndexTree.create(access));
}

function insert(tree: IndexTree, value: u32, address: u64): void {
  makeKey(value);
  if (tree.insert(key, 13, address) != OK) expect(value).toBe(0, "insert failed");
  tree.access.manager.undo.clear();
}

/** Searches for each value near those in the root, a leaf, and compares with counting. */
function expectSearches(values: Array<u32>): void {
  const tree = newTree();
  for (let i = 0; i < values.length; i++) insert(tree, values[i], 100 + i);
  const frame = nodeFrame(tree.access, tree.rootPage)!;
  expect(entryCount(frame)).toBe(values.length);
  for (let i = 0; i < values.length; i++) {
    for (let by = -1; by <= 1; by++) {
      const wanted = values[i] + by;
      let below: u32 = 0;
      let upTo: u32 = 0;
      for (let j = 0; j < values.length; j++) {
        below += u32(values[j] < wanted);
        upTo += u32(values[j] <= wanted);
      }
      makeKey(wanted);
      if (searchNode(frame, key, false) != below) expect(wanted).toBe(0, "the first not below");
      if (searchNode(frame, key, true) != upTo) expect(wanted).toBe(0, "the first above");
      if (searchLeaf(frame, key, 0) != below) expect(wanted).toBe(0, "with the lowest address");
      if (searchLeaf(frame, key, 0xffffffffff) != upTo) expect(wanted).toBe(0, "with a high address");
    }
    makeKey(values[i]);
    expect(searchLeaf(frame, key, 100 + i)).toBe(i);
  }
}

describe("searches in a node of numbers", () => {
  test("find values that lie close, far apart, in clusters and at the ends of the type", () => {
    const dense = new Array<u32>();
    const squares = new Array<u32>();
    const clusters = new Array<u32>();
    const ends = new Array<u32>();
    const doubled = new Array<u32>();
    for (let i: u32 = 0; i < 300; i++) {
      dense.push(1000 + i);
      squares.push(1 + i * i * 40000);
      clusters.push(1 + (i / 50) * 700000000 + (i % 50));
      ends.push(i < 150 ? i : 0xffffffff - 299 + i);
      doubled.push(5 + (i / 2) * 9);
    }
    expectSearches(dense);
    expectSearches(squares);
    expectSearches(clusters);
    expectSearches(ends);
    expectSearches(doubled);
  });
});

describe("keys in order", () => {
  test("inside of a tree fill their leaves, and leave it in order", () => {
    const tree = newTree();
    // So many entries fill three leaves (of 3,119), and what goes between the first and the last half one more.
    for (let i: u32 = 0; i < 6000; i++) insert(tree, i < 3000 ? i : 1000000 + i, i);
    const before = new Array<u32>();
    expect(tree.collectPages(before)).toBe(OK);
    for (let i: u32 = 0; i < 31190; i++) insert(tree, 10000 + i, 10000 + i);
    const after = new Array<u32>();
    expect(tree.collectPages(after)).toBe(OK);
    // Ten leaves full of new entries, and the one that the first of them had to split. Halves would be twenty.
    expect(after.length - before.length).toBeLessThan(13);
    const cursor = new TreeCursor(tree);
    let count = 0;
    let last: i64 = -1;
    for (let found = cursor.seekFirst(); found; found = cursor.next()) {
      const value = <i64>load<u32>(cursor.key(), 9);
      if (value <= last) expect(value).toBe(0, "out of order");
      last = value;
      count += 1;
    }
    expect(count).toBe(37190);
    for (let i: u32 = 0; i < 31190; i += 97) {
      makeKey(10000 + i);
      expect(tree.find(key)).toBe(10000 + i);
    }
  });

  test("an entry goes where `place` has looked for its key, also when the tree changed in between", () => {
    const tree = newTree();
    for (let i: u32 = 0; i < 5000; i++) insert(tree, i * 2, i);
    makeKey(4001);
    expect(tree.place(key)).toBe(NO_ADDRESS);
    expect(tree.insertPlaced(key, 13, 70001)).toBe(OK);
    makeKey(4003);
    expect(tree.place(key)).toBe(NO_ADDRESS);
    for (let i: u32 = 0; i < 4000; i++) insert(tree, 100001 + i, i);
    makeKey(4003);
    expect(tree.insertPlaced(key, 13, 70003)).toBe(OK);
    expect(tree.place(key)).toBe(70003);
    for (let value: u32 = 4000; value < 4008; value++) {
      makeKey(value);
      const expected: u64 = value % 2 == 0 ? value / 2 : value < 4004 ? 66000 + value : NO_ADDRESS;
      expect(tree.find(key)).toBe(expected);
    }
  });

  test("a removal finds entries that go in their order, and one that is not there is a fault", () => {
    const tree = newTree();
    for (let i: u32 = 0; i < 9000; i++) insert(tree, i, i);
    for (let i: u32 = 2000; i < 6000; i++) {
      makeKey(i);
      if (tree.remove(key, i) != OK) expect(i).toBe(0, "remove failed");
    }
    makeKey(6000);
    expect(tree.remove(key, 5999)).not.toBe(OK, "another record's");
    expect(tree.path.countEntries()).toBe(5000);
    makeKey(6000);
    expect(tree.find(key)).toBe(6000);
  });
});
