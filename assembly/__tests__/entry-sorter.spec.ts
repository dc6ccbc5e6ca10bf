/** Entries that are sorted before a tree is filled with them: by what orders keys, in memory and in runs, and the tree that comes of it. */
import { OK } from "../status";
import { compareKeys } from "../encode/key";
import {
  VALUE_BLOB,
  VALUE_BOOLEAN,
  VALUE_DECIMAL,
  VALUE_INT16,
  VALUE_INT32,
  VALUE_INT64,
  VALUE_NULL,
  VALUE_TEXT,
  VALUE_UINT64,
  VALUE_UINT8,
} from "../encode/data-type";
import { WORDS_OVER, WORDS_UNKNOWN, WORD_GIVEN, findWord, foundWord } from "../index/key-words";
import { IndexTree } from "../index/index-tree";
import { MAX_KEY_SIZE, addressIn } from "../index/node";
import { TreeBuilder } from "../index/tree-builder";
import { TreeCursor } from "../index/tree-cursor";
import { MemoryAccess } from "../memory/access/memory-access";
import { HeapMemoryProvider, MemoryProvider } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { EntrySorter } from "../store/entry-sorter";
import { StatementMemory } from "../store/statement-memory";

/** In memory, with room for what a statement can't keep. */
class Spilling extends HeapMemoryProvider {
  get spills(): bool {
    return true;
  }

  openScratch(): MemoryProvider | null {
    return new HeapMemoryProvider();
  }
}

let seed: u32 = 7;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

const KINDS: StaticArray<u8> = [
  VALUE_NULL,
  VALUE_BOOLEAN,
  VALUE_UINT8,
  VALUE_INT16,
  VALUE_INT32,
  VALUE_INT64,
  VALUE_UINT64,
  VALUE_TEXT,
  VALUE_BLOB,
  VALUE_DECIMAL,
];

/** Appends a value of `kind`, one of few, at `at`; its bytes. */
function putValue(kind: u8, at: usize): u32 {
  store<u8>(at, kind);
  memory.fill(at + 1, 0, 16);
  switch (kind) {
    case VALUE_NULL:
      return 1;
    case VALUE_BOOLEAN:
      store<u8>(at, <u8>random(2), 1);
      return 2;
    case VALUE_UINT8:
      store<u8>(at, <u8>random(5), 1);
      return 2;
    case VALUE_INT16:
      store<i16>(at, <i16>random(5) - 2, 1);
      return 3;
    case VALUE_INT32:
      store<i32>(at, <i32>random(5) - 2, 1);
      return 5;
    case VALUE_INT64:
    case VALUE_UINT64: {
      // At both ends, about 0, and about what seven bytes hold.
      const bases: StaticArray<i64> = [i64.MIN_VALUE + 2, -(1 << 55), 0, 1 << 55, (1 << 56) - 2, i64.MAX_VALUE - 2];
      store<i64>(at, bases[random(6)] + <i64>random(5) - 2, 1);
      return 9;
    }
    case VALUE_DECIMAL:
      store<u8>(at, <u8>random(4), 1);
      return 17;
    default: {
      const len = random(4) == 0 ? random(40) : random(4) * 7 + random(3);
      store<u16>(at, <u16>len, 1);
      // Texts that begin alike, and that end in zeros.
      for (let i: u32 = 0; i < len; i++) store<u8>(at + 3 + i, random(12) == 0 ? <u8>random(3) * 127 : 0);
      return 3 + len;
    }
  }
}

/** Makes the bytes at `key` one of `kinds`, any of which may be null; its length. */
function makeKey(kinds: Array<u8>, key: usize): u32 {
  let at: u32 = 4;
  store<u32>(key, kinds.length);
  for (let k = 0; k < kinds.length; k++) {
    const len = putValue(random(9) == 0 ? VALUE_NULL : kinds[k], key + at + 4);
    store<u32>(key + at, len);
    at += 4 + len;
  }
  return at;
}

function someKinds(): Array<u8> {
  const kinds = new Array<u8>();
  for (let count = 1 + random(3); count > 0; count--) kinds.push(KINDS[random(KINDS.length)]);
  return kinds;
}

const first: usize = heap.alloc(70000);
const second: usize = heap.alloc(70000);

describe("words of keys", () => {
  test("they order as the keys do, as far as they go", () => {
    let told = 0;
    let equal = 0;
    let wrong = 0;
    for (let round = 0; round < 40000; round++) {
      const kinds = someKinds();
      makeKey(kinds, first);
      makeKey(kinds, second);
      const order = compareKeys(first, second);
      for (let depth: u32 = 0; depth < 100; depth++) {
        const one = findWord(first, depth);
        const word = foundWord;
        const other = findWord(second, depth);
        if (one == WORDS_UNKNOWN || other == WORDS_UNKNOWN) break;
        if (one == WORD_GIVEN && other == WORD_GIVEN && word == foundWord) continue;
        if (one == WORDS_OVER || other == WORDS_OVER) {
          equal += 1;
          if (one != other || order != 0) wrong += 1;
        } else {
          told += 1;
          if (word < foundWord != order < 0 || order == 0) wrong += 1;
        }
        break;
      }
    }
    expect(wrong).toBe(0);
    expect(told).toBeGreaterThan(20000);
    expect(equal).toBeGreaterThan(500);
  });
});

/** Sorts `count` entries of `kinds` with so much kept in memory; whether they come in order, and all of them. */
function sortsWell(kinds: Array<u8>, count: u32, kept: u64): bool {
  const sorter = new EntrySorter(new StatementMemory(1 << 16, new Spilling()), kept);
  let wanted: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const len = makeKey(kinds, first);
    // Records that do not come in their order, too.
    const address = <u64>(i ^ 5) + 1;
    if (sorter.add(first, len, address) != OK) return false;
    wanted += address * address;
  }
  if (sorter.finish() != OK) return false;
  let found: u64 = 0;
  let before: u64 = 0;
  for (let entry = sorter.next(); entry != 0; entry = sorter.next()) {
    const address = addressIn(entry);
    const order = before == 0 ? -1 : compareKeys(second, entry + 2);
    if (order > 0 || (order == 0 && before >= address)) return false;
    memory.copy(second, entry + 2, load<u16>(entry));
    before = address;
    found += address * address;
    count -= 1;
  }
  const good = sorter.status == OK && count == 0 && found == wanted;
  sorter.free();
  return good;
}

describe("sorting entries", () => {
  test("in memory, in some runs, and in more than may be read at once", () => {
    for (let round = 0; round < 60; round++) {
      const kinds = someKinds();
      const count = random(3) == 0 ? random(30) : 1000;
      expect(sortsWell(kinds, count, 1 << 24)).toBe(true);
      expect(sortsWell(kinds, count, 1 << 17)).toBe(true);
    }
    expect(sortsWell([VALUE_INT32, VALUE_TEXT], 20000, 1 << 17)).toBe(true);
  });
});

/** Makes the bytes at `key` one text of `len` bytes that goes by `number`; its length. */
function makeText(number: u32, len: u32, key: usize): u32 {
  store<u32>(key, 1);
  store<u32>(key, 3 + len, 4);
  store<u8>(key, VALUE_TEXT, 8);
  store<u16>(key, <u16>len, 9);
  memory.fill(key + 11, 0x61, len);
  store<u32>(key, bswap<u32>(number), 11);
  return 11 + len;
}

/** Fills a tree with `count` keys, and takes others in between: whether all are found, in order. */
function buildsWell(count: u32, lengthOf: (i: u32) => u32): bool {
  const access = new MemoryAccess(new MemoryManager(new HeapMemoryProvider(), 4 << 20));
  while (access.manager.pageCount < 3) access.growOnePage();
  const tree = new IndexTree(access, IndexTree.create(access));
  const builder = new TreeBuilder(tree);
  for (let i: u32 = 0; i < count; i++) {
    const len = makeText(2 * i, lengthOf(i), first + 2);
    store<u16>(first, <u16>len);
    store<u32>(first + 2 + len, 2 * i);
    store<u16>(first + 2 + len, 0, 4);
    if (builder.add(first) != OK) return false;
  }
  if (builder.finish() != OK) return false;
  builder.free();
  for (let i: u32 = 0; i < count; i += 3) {
    const len = makeText(2 * i + 1, lengthOf(i), first);
    if (tree.insert(first, len, (<u64>(2 * i + 1)) << 16) != OK) return false;
  }
  const cursor = new TreeCursor(tree);
  let more = cursor.seekFirst();
  for (let i: u32 = 0; i < 2 * count; i++) {
    if (i % 2 == 1 && (i >> 1) % 3 != 0) continue;
    const len = makeText(i, lengthOf(i >> 1), first);
    if (!more || cursor.address() != (<u64>i) << 16 || compareKeys(cursor.key(), first) != 0) return false;
    if (cursor.keyLen() != len || tree.find(first) != (<u64>i) << 16) return false;
    more = cursor.next();
  }
  return !more && cursor.status == OK;
}

describe("a tree that is filled in order", () => {
  test("small keys, several levels of large ones, and keys that fill a node", () => {
    for (let count: u32 = 0; count < 4; count++) expect(buildsWell(count, (i: u32) => 10)).toBe(true);
    expect(buildsWell(20000, (i: u32) => 10 + (i % 7))).toBe(true);
    expect(buildsWell(300, (i: u32) => 9000)).toBe(true);
    expect(buildsWell(60, (i: u32) => 30000)).toBe(true);
    expect(buildsWell(40, (i: u32) => MAX_KEY_SIZE - 11)).toBe(true);
    expect(buildsWell(200, (i: u32) => (i % 5 == 0 ? 40000 : 100))).toBe(true);
  });
});
