import { OK, DAMAGED, IO_ERROR, NO_PAGE, OUT_OF_BOUNDS, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { MemoryManager } from "../memory/manager/memory-manager";
import { IndexTree } from "../index/index-tree";
import { PAGE_SIZE } from "../memory/base/layout";
import { CountingProvider } from "./counting-provider";
import { VALUE_INT32, VALUE_INT64, VALUE_NULL, VALUE_TEXT, VALUE_UINT32, VALUE_UINT64 } from "../encode/data-type";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";

const key: usize = heap.alloc(10000);

/** Makes `key` the one-column key of `value`; the integer's type is `discriminant`. */
function makeKey(discriminant: u8, value: i64): u32 {
  const size: u32 = discriminant == VALUE_UINT64 || discriminant == VALUE_INT64 ? 8 : 4;
  store<u32>(key, 1);
  store<u32>(key, 1 + size, 4);
  store<u8>(key, discriminant, 8);
  store<u64>(key, value, 9);
  return 9 + size;
}

/** Makes `key` the key of a text: six digits, and letters: 40, or up to 63, which follow from the digits. */
function makeTextKey(value: u32): u32 {
  const letters = value >= 30000 ? 40 : (value * 7919) % 64;
  const len = 6 + letters;
  store<u32>(key, 1);
  store<u32>(key, 3 + len, 4);
  store<u8>(key, VALUE_TEXT, 8);
  store<u16>(key, <u16>len, 9);
  for (let i: u32 = 0; i < 6; i++) {
    store<u8>(key + 16 - i, <u8>(0x30 + (value % 10)));
    value /= 10;
  }
  memory.fill(key + 17, 0x61, letters);
  return 11 + len;
}

/** Makes `key` the key of a text of six digits and, of every 32nd, more letters than two sectors have. */
function makeLongKey(value: u32): u32 {
  const letters = value % 32 == 31 ? 9000 : 40;
  const len = makeTextKey(value + 30000) - 40 + letters;
  memory.fill(key + 17, 0x61, letters);
  store<u32>(key, len - 8, 4);
  store<u16>(key, <u16>(len - 11), 9);
  return len;
}

/** A tree of `count` entries, value(i) → address i + 1, in a provider; as a handle with the smallest cache finds it. */
function bigTree(provider: CountingProvider, discriminant: u8, count: u32, value: (i: u32) => i64): IndexTree {
  const manager = new MemoryManager(provider, 64 << 20);
  const access = new MemoryAccess(manager);
  while (manager.pageCount < 3) access.growOnePage();
  const tree = new IndexTree(access, IndexTree.create(access));
  for (let i: u32 = 0; i < count; i++) {
    const len = discriminant == VALUE_TEXT ? makeTextKey(<u32>value(i)) : makeKey(discriminant, value(i));
    if (tree.insert(key, len, i + 1) != OK) expect(i).toBe(0xffffffff, "insert failed");
    manager.undo.clear();
  }
  expect(manager.commit()).toBe(OK);
  const again = new MemoryManager(provider, 0);
  return new IndexTree(new MemoryAccess(again), tree.rootPage);
}

let seed: u32 = 7;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

/** Looks 2,000 entries up, and as many keys that are not there, twice; the bytes read for each the second time, on average. */
function lookUp(discriminant: u8, count: u32, value: (i: u32) => i64): u64 {
  const provider = new CountingProvider();
  const tree = bigTree(provider, discriminant, count, value);
  for (let round = 0; round < 2; round++) {
    provider.bytesRead = 0;
    for (let i = 0; i < 2000; i++) {
      const at = random(count);
      makeKey(discriminant, value(at));
      const found = tree.find(key);
      if (found != at + 1) expect(found).toBe(at + 1);
      makeKey(discriminant, value(at) + 1);
      const none = tree.find(key);
      if (none != NO_ADDRESS || lastError.status != OK) expect(at).toBe(0xffffffff, "a key that is not there was found");
    }
  }
  return provider.bytesRead / 4000;
}

/**
 * Looks up 100,000 entries and what is next to them, and keys of another type, until all leaves were read often; the bytes read for
 * each at last, on average.
 */
function findAll(discriminant: u8, value: (i: u32) => i64): u64 {
  const count: u32 = 100000;
  const provider = new CountingProvider();
  const tree = bigTree(provider, discriminant, count, value);
  const other: u8 = discriminant == VALUE_UINT32 ? VALUE_INT32 : VALUE_UINT32;
  for (let round: u32 = 0; round < 24; round++) {
    provider.bytesRead = 0;
    for (let i: u32 = 0; i < 3000; i++) {
      const at = (i * 34 + round) % count;
      makeKey(discriminant, value(at));
      const found = tree.find(key);
      if (found != at + 1) expect(found).toBe(at + 1);
      const isNext = (at > 0 && value(at - 1) == value(at) + 1) || (at + 1 < count && value(at + 1) == value(at) + 1);
      makeKey(discriminant, value(at) + 1);
      // The last one's successor may be the first of its type, which is another entry.
      if (!isNext && at > 0 && at + 1 < count && tree.find(key) != NO_ADDRESS)
        expect(at).toBe(0xffffffff, "a key that is not there was found");
      makeKey(other, value(at));
      if (tree.find(key) != NO_ADDRESS) expect(at).toBe(0xffffffff, "a key of another type was found");
    }
  }
  return provider.bytesRead / 9000;
}

describe("Looking for a node's parent", () => {
  test("tells a read that fails from a parent that is not there", () => {
    for (let failIn: u32 = 0; failIn < 3; failIn++) {
      const provider = new CountingProvider();
      const tree = bigTree(provider, VALUE_UINT32, 20000, (i: u32) => i);
      makeKey(VALUE_UINT32, 5);
      provider.failIn = failIn;
      // Page 2 is in no tree: the root is read, and the leaf that has the key.
      expect(tree.path.findParent(2, key)).toBe(-1);
      expect(tree.path.status).toBe(failIn == 0 ? OK : IO_ERROR);
      expect(provider.failIn).toBe(0);
    }
  });
});

describe("A lookup in a tree larger than the cache", () => {
  test("reads a sector of a leaf that was read before, and finds what is there and nothing else", () => {
    // About 115 leaves, with 32 frames: a whole leaf for each of the two would be 23,000 bytes.
    expect(lookUp(VALUE_UINT32, 200000, (i: u32) => <i64>i * 3)).toBeLessThan(4500);
    expect(lookUp(VALUE_UINT64, 200000, (i: u32) => <i64>i * 1000000007)).toBeLessThan(4500);
    expect(lookUp(VALUE_INT32, 200000, (i: u32) => <i64>i * 2 - 200000)).toBeLessThan(4500);
  });

  test("reads nothing of a leaf that is kept compact, whatever integers its keys are and however they are spread", () => {
    // 60 leaves or more, with 32 frames.
    expect(findAll(VALUE_UINT32, (i: u32) => 0xffffffff - <i64>i * 3)).toBe(0);
    expect(findAll(VALUE_INT32, (i: u32) => i32.MIN_VALUE + <i64>i * 70000)).toBe(0);
    expect(findAll(VALUE_UINT64, (i: u32) => -1 - <i64>i)).toBe(0);
    expect(findAll(VALUE_INT64, (i: u32) => i64.MIN_VALUE + <i64>i * 7)).toBe(0);
    expect(findAll(VALUE_INT64, (i: u32) => (i < 30000 ? <i64>i * 5 - 70000 : i64.MAX_VALUE - i))).toBeLessThan(3000);
    // Too far from each other: by fences.
    const far = findAll(VALUE_UINT64, (i: u32) => (<i64>i) << 40);
    expect(far).toBeGreaterThan(0);
    expect(far).toBeLessThan(4500);
  });

  test("finds the first of equal keys, as before", () => {
    const provider = new CountingProvider();
    const tree = bigTree(provider, VALUE_UINT32, 120000, (i: u32) => <i64>(i / 3));
    for (let round = 0; round < 30; round++) {
      provider.bytesRead = 0;
      for (let i: u32 = 1; i < 40000; i += 13) {
        makeKey(VALUE_UINT32, i);
        const found = tree.find(key);
        // Where a run goes on from one leaf to the next the later one is searched.
        if (found < i * 3 + 1 || found > i * 3 + 3) expect(found).toBe(i * 3 + 1);
      }
    }
    expect(provider.bytesRead).toBe(0);
  });

  test("finds entries of two sizes in one leaf", () => {
    const provider = new CountingProvider();
    const tree = bigTree(provider, VALUE_UINT32, 200000, (i: u32) => <i64>i);
    // A null in a leaf of integers: an entry of another size in front of the others.
    store<u32>(key, 1);
    store<u32>(key, 1, 4);
    store<u8>(key, VALUE_NULL, 8);
    expect(tree.insert(key, 9, 500000)).toBe(OK);
    expect(tree.access.manager.commit()).toBe(OK);
    const again = new IndexTree(new MemoryAccess(new MemoryManager(provider, 0)), tree.rootPage);
    for (let round = 0; round < 2; round++) {
      store<u32>(key, 1, 4);
      store<u8>(key, VALUE_NULL, 8);
      expect(again.find(key)).toBe(500000);
      for (let i: u32 = 0; i < 200000; i += 97) {
        makeKey(VALUE_UINT32, i);
        const found = again.find(key);
        if (found != i + 1) expect(found).toBe(i + 1);
      }
    }
    expect(provider.partsRead).toBeGreaterThan(500);
  });

  test("says so when what it reads of a leaf that it knows is damaged by now", () => {
    const provider = new CountingProvider();
    const tree = bigTree(provider, VALUE_UINT32, 200000, (i: u32) => <i64>i);
    for (let i: u32 = 0; i < 200000; i += 500) {
      makeKey(VALUE_UINT32, i);
      expect(tree.find(key)).toBe(i + 1);
    }
    // All entries of all leaves.
    const damage: usize = heap.alloc(PAGE_SIZE);
    memory.fill(damage, 0xff, PAGE_SIZE);
    for (let pageNo: u32 = 3; pageNo < provider.pages; pageNo++) {
      if (pageNo == tree.rootPage) continue;
      expect(provider.write(((<u64>pageNo) << 16) + 15, damage, PAGE_SIZE - 15)).toBe(OK);
    }
    provider.partsRead = 0;
    let damaged = 0;
    for (let i: u32 = 250; i < 200000; i += 500) {
      makeKey(VALUE_UINT32, i);
      const found = tree.find(key);
      if (found == NO_ADDRESS) {
        expect(lastError.status).toBe(DAMAGED);
        damaged += 1;
        // Leaves that are in memory are still good.
      } else expect(found).toBe(i + 1);
    }
    // Of about 115 leaves at most 32 were; of each of the others a sector was read first.
    expect(damaged).toBeGreaterThan(200);
    expect(provider.partsRead).toBeGreaterThan(50);
    heap.free(damage);
  });
});

describe("A lookup of a text in a tree larger than the cache", () => {
  test("reads a sector or two of a leaf that was read before, and finds what is there and nothing else", () => {
    const provider = new CountingProvider();
    const tree = bigTree(provider, VALUE_TEXT, 60000, (i: u32) => <i64>i * 2);
    for (let round = 0; round < 2; round++) {
      provider.bytesRead = 0;
      for (let i: u32 = 0; i < 4000; i++) {
        const at = random(60000);
        makeTextKey(at * 2);
        const found = tree.find(key);
        if (found != at + 1) expect(found).toBe(at + 1);
        makeTextKey(at * 2 + 1);
        const none = tree.find(key);
        if (none != NO_ADDRESS || lastError.status != OK) expect(at).toBe(0xffffffff, "a key that is not there was found");
      }
    }
    // About 80 leaves, with 32 frames: a whole one each would be 40,000 bytes.
    expect(provider.bytesRead / 8000).toBeLessThan(4500);
  });

  test("says so when a node leads to a page that there can't be", () => {
    const provider = new CountingProvider();
    const tree = bigTree(provider, VALUE_TEXT, 4000, (i: u32) => <i64>i);
    const access = tree.access;
    // Now fences of a leaf are known.
    makeTextKey(10);
    expect(tree.find(key)).toBe(11);
    // The root's rightmost child.
    store<u32>(key, NO_PAGE);
    expect(access.writeAtRaw(tree.rootPage, 7, key, 4)).toBe(OK);
    makeTextKey(3999);
    expect(tree.find(key)).toBe(NO_ADDRESS);
    expect(lastError.status).toBe(OUT_OF_BOUNDS);
  });

  test("finds every one where some are longer than a sector, in which then none starts", () => {
    const provider = new CountingProvider();
    const manager = new MemoryManager(provider, 64 << 20);
    const access = new MemoryAccess(manager);
    while (manager.pageCount < 3) access.growOnePage();
    const tree = new IndexTree(access, IndexTree.create(access));
    const count: u32 = 16000;
    for (let i: u32 = 0; i < count; i++) {
      const len = makeLongKey(i);
      if (tree.insert(key, len, i + 1) != OK) expect(i).toBe(0xffffffff, "insert failed");
      manager.undo.clear();
    }
    expect(manager.commit()).toBe(OK);
    const again = new IndexTree(new MemoryAccess(new MemoryManager(provider, 0)), tree.rootPage);
    let missed = 0;
    for (let round = 0; round < 2; round++) {
      for (let i: u32 = 0; i < count; i++) {
        const at = (i * 7919) % count;
        makeLongKey(at);
        missed += i32(again.find(key) != at + 1);
      }
    }
    expect(missed).toBe(0);
    // Leaves that have no long key at the start of a sector were read by their fences.
    expect(provider.partsRead).toBeGreaterThan(1000);
  });
});

/** Looks up and changes entries of a tree larger than the cache, with commits, rollbacks and spills: it is always what a list of them says. */
function changeAndLookUp(discriminant: u8): void {
  const count: u32 = 120000;
  const provider = new CountingProvider();
  const tree = bigTree(provider, discriminant, count, (i: u32) => <i64>i);
  const manager = tree.access.manager;
  // The address that each key has, 0 for none; and at the last commit.
  const now = new StaticArray<u32>(<i32>count);
  const then = new StaticArray<u32>(<i32>count);
  for (let i: u32 = 0; i < count; i++) now[i] = then[i] = i + 1;
  let root = tree.rootPage;
  let wrong = 0;
  let rolledBack = 0;
  for (let step: u32 = 0; step < 40000; step++) {
    // Two hundred keys in fifty places are wanted again and again.
    const at = random(4) > 0 ? random(50) * (count / 50) + random(4) * 40 : random(count);
    const len = discriminant == VALUE_TEXT ? makeTextKey(at) : makeKey(discriminant, at);
    const what = random(400);
    if (what < 300) {
      const found = tree.find(key);
      wrong += i32(found != (now[at] == 0 ? NO_ADDRESS : <RecordAddress>now[at]));
    } else if (what < 399) {
      const status = now[at] == 0 ? tree.insert(key, len, step + count) : tree.remove(key, now[at]);
      wrong += i32(status != OK);
      now[at] = now[at] == 0 ? step + count : 0;
    } else if (random(2) == 0) {
      expect(manager.commit()).toBe(OK);
      root = tree.rootPage;
      memory.copy(changetype<usize>(then), changetype<usize>(now), (<usize>count) << 2);
    } else {
      expect(manager.rollback()).toBe(OK);
      tree.rootPage = root;
      memory.copy(changetype<usize>(now), changetype<usize>(then), (<usize>count) << 2);
      rolledBack += 1;
    }
  }
  expect(wrong).toBe(0);
  expect(provider.spill!.partsRead).toBeGreaterThan(100);
  expect(rolledBack).toBeGreaterThan(10);
  for (let i: u32 = 0; i < count; i++) {
    if (discriminant == VALUE_TEXT) makeTextKey(i);
    else makeKey(discriminant, i);
    const found = tree.find(key);
    if (found != (now[i] == 0 ? NO_ADDRESS : <RecordAddress>now[i])) expect(i).toBe(0xffffffff, "a key is not what it was made");
  }
}

describe("A tree larger than the cache, of which parts are read and that is changed", () => {
  test("of integers", () => {
    changeAndLookUp(VALUE_UINT32);
  });

  test("of texts", () => {
    changeAndLookUp(VALUE_TEXT);
  });
});

describe("A run of equal keys over many leaves", () => {
  test("an entry in it is removed without a walk through the run", () => {
    const provider = new CountingProvider();
    // 150,000 entries of one key and as many of another: about 90 leaves each.
    const tree = bigTree(provider, VALUE_UINT32, 300000, (i: u32) => <i64>(i & 1));
    const manager = tree.access.manager;
    const before = manager.cache.misses;
    for (let i: u32 = 0; i < 200; i++) {
      const address = random(300000);
      makeKey(VALUE_UINT32, address & 1);
      const status = tree.remove(key, address + 1);
      if (status != OK && status != DAMAGED) expect(status).toBe(OK);
      manager.undo.clear();
    }
    // Halving 90 leaves takes 7 looks; a walk from the end would take 45.
    expect(manager.cache.misses - before).toBeLessThan(200 * 10);
  });

  test("an entry that is out of order in it is found all the same", () => {
    const provider = new CountingProvider();
    const tree = bigTree(provider, VALUE_UINT32, 40000, (i: u32) => <i64>7);
    // Addresses below all the others, at the end of the run, and the last ones removed first.
    for (let i: u32 = 0; i < 10000; i++) {
      const len = makeKey(VALUE_UINT32, 7);
      const address: RecordAddress = 100000 - i;
      if (tree.insert(key, len, address) != OK) expect(i).toBe(0xffffffff, "insert failed");
      tree.access.manager.undo.clear();
    }
    for (let i: u32 = 0; i < 10000; i += 7) {
      makeKey(VALUE_UINT32, 7);
      if (tree.remove(key, 100000 - i) != OK) expect(i).toBe(0xffffffff, "remove failed");
      tree.access.manager.undo.clear();
    }
    expect(tree.rootPage).not.toBe(NO_PAGE);
  });
});

describe("A removal in a tree larger than the cache", () => {
  test("that empties a leaf does not read all others", () => {
    const provider = new CountingProvider();
    const tree = bigTree(provider, VALUE_UINT32, 200000, (i: u32) => <i64>i);
    const pages = provider.pages;
    provider.bytesRead = 0;
    for (let i: u32 = 0; i < 4000; i++) {
      makeKey(VALUE_UINT32, i);
      if (tree.remove(key, i + 1) != OK) expect(i).toBe(0xffffffff, "not removed");
    }
    // The first leaf went: a page is free. Of about 115 leaves two were read, and of the others a sector.
    expect(tree.access.claimPage()).toBeLessThan(pages);
    expect(provider.bytesRead).toBeLessThan(1000000);
    makeKey(VALUE_UINT32, 3999);
    expect(tree.find(key)).toBe(NO_ADDRESS);
    makeKey(VALUE_UINT32, 4000);
    expect(tree.find(key)).toBe(4001);
  });
});
