/**
 * Entries of an index that are sorted by key, and within a key by record: in memory, or in runs of the statements' file when they are too
 * many (run.ts). Numbers that are made of the keys (key-words.ts) are sorted digit by digit; keys are compared only where these don't tell.
 */
import { Status, OK, OUT_OF_MEMORY, fail, lastError } from "../status";
import { copyBytes } from "../encode/bytes";
import { compareKeys } from "../encode/key";
import { WORDS_OVER, WORD_GIVEN, findWord, foundWord } from "../index/key-words";
import { addressIn, LEAF_ENTRY } from "../index/node";
import { checkKeySize } from "../index/index-tree";
import { allocBlock, freeBlock, BLOCK_SIZE } from "../memory/base/block-pool";
import { RecordAddress, addressOffset, addressPage } from "../table/page-ledger";
import { mayStep } from "../wasi/deadline";
import { MemoryBudget } from "./memory-budget";
import { Run, RunReader, Spilled } from "./run";
import { StatementMemory } from "./statement-memory";

/** An item of the list that is sorted: a word of the key u64, and where the entry is u32. */
const ITEM_SHIFT: u32 = 4;
const FIRST_ITEMS: u32 = 1024;
/** So few items are sorted by putting each into its place. */
const FEW: u32 = 24;
/** Behind so many words that don't tell keys apart these are compared. */
const MOST_WORDS: u32 = 40;
/** Bytes that are kept in memory at least, and no more than these. */
const LEAST_KEPT: u32 = 1 << 20;
const MOST_KEPT: u32 = 64 << 20;

export class EntrySorter {
  private readonly blocks: Array<usize> = new Array<usize>();
  private readonly large: Array<usize> = new Array<usize>();
  private largeBytes: u32 = 0;
  /** Bytes used of the last block. */
  private used: u32 = BLOCK_SIZE;
  private items: usize = heap.alloc(FIRST_ITEMS << ITEM_SHIFT);
  private room: u32 = FIRST_ITEMS;
  private count: u32 = 0;
  /** Whether the entries have come in their order. */
  private inOrder: bool = true;
  private at: u32 = 0;
  private readonly budget: MemoryBudget;
  private readonly spilled: Spilled = new Spilled();
  private readonly runs: Array<Run> = new Array<Run>();
  private merge: EntryMerge | null = null;

  /** Keeps up to `mostKept` bytes, and as much again to sort them with, unless there is no file for the rest. */
  constructor(
    memory: StatementMemory,
    private readonly mostKept: u64,
  ) {
    this.budget = new MemoryBudget(memory);
  }

  /** Adds an entry. `KEY_TOO_LARGE` when no node can hold it. */
  add(key: usize, keyLen: u32, address: RecordAddress): Status {
    const status = checkKeySize(keyLen);
    if (status != OK) return status;
    const entry = this.take(LEAF_ENTRY + keyLen);
    if (entry == 0) return fail(OUT_OF_MEMORY, "no memory for the entries of an index");
    store<u16>(entry, <u16>keyLen);
    copyBytes(entry + 2, key, keyLen);
    store<u32>(entry + keyLen, addressPage(address), 2);
    store<u16>(entry + keyLen, <u16>addressOffset(address), 6);
    if (this.count == this.room) {
      this.room <<= 1;
      this.items = heap.realloc(this.items, (<usize>this.room) << ITEM_SHIFT);
    }
    const item = this.items + ((<usize>this.count) << ITEM_SHIFT);
    findWord(entry + 2, 0);
    store<u64>(item, foundWord);
    store<u32>(item, <u32>entry, 8);
    this.count += 1;
    if (this.inOrder && this.count > 1) this.inOrder = !isBehind(item - (1 << ITEM_SHIFT), item);
    return this.kept < this.mostKept || !this.budget.memory.spills ? OK : this.putAside();
  }

  private get kept(): u64 {
    return <u64>this.blocks.length * BLOCK_SIZE + this.largeBytes + ((<u64>this.count) << (ITEM_SHIFT + 1));
  }

  /** Room for an entry of `len` bytes; 0 when there is no memory. */
  private take(len: u32): usize {
    const size = (len + 7) & ~7;
    if (size > BLOCK_SIZE) {
      const large = heap.alloc(size);
      this.large.push(large);
      this.largeBytes += size;
      return large;
    }
    if (this.used + size > BLOCK_SIZE) {
      const block = allocBlock();
      if (block == 0) return 0;
      this.blocks.push(block);
      this.used = 0;
    }
    const at = unchecked(this.blocks[this.blocks.length - 1]) + this.used;
    this.used += size;
    return at;
  }

  private entryAt(i: u32): usize {
    return <usize>load<u32>(this.items + ((<usize>i) << ITEM_SHIFT), 8);
  }

  private sort(): Status {
    if (this.inOrder) return OK;
    const other = heap.alloc((<usize>this.count) << ITEM_SHIFT);
    const good = sortByWords(this.items, other, this.count, 0);
    heap.free(other);
    return good ? OK : lastError.status;
  }

  /** Writes what is kept to a run, and forgets it. */
  private putAside(): Status {
    let status = this.sort();
    if (status != OK) return status;
    // No more than may be read at once are to be there.
    if (this.runs.length + 1 == this.budget.memory.ways) status = this.joinRuns();
    if (status != OK) return status;
    const run = new Run(this.budget, this.spilled);
    this.runs.push(run);
    let good = true;
    for (let i: u32 = 0; i < this.count && good; i++) {
      const entry = this.entryAt(i);
      good = run.addRecord(entry, LEAF_ENTRY + <u32>load<u16>(entry));
    }
    good = run.finish() && good;
    this.forget();
    return good ? OK : lastError.status;
  }

  /** Makes one run of all that there are. */
  private joinRuns(): Status {
    const merge = new EntryMerge(this.runs);
    const run = new Run(this.budget, this.spilled);
    let good = true;
    for (let entry = merge.next(); entry != 0 && good; entry = merge.next())
      good = run.addRecord(entry, LEAF_ENTRY + <u32>load<u16>(entry));
    good = run.finish() && good && merge.status == OK;
    merge.free();
    while (this.runs.length > 0) this.runs.pop().free();
    this.runs.push(run);
    return good ? OK : lastError.status;
  }

  /** All entries are there. */
  finish(): Status {
    if (this.runs.length == 0) return this.sort();
    const status = this.count > 0 ? this.putAside() : OK;
    if (status == OK) this.merge = new EntryMerge(this.runs);
    return status;
  }

  /** The next entry, as it is in a leaf, until the next call; 0 at the end, and on failure (`status`). */
  next(): usize {
    const merge = this.merge;
    if (merge) return merge.next();
    return this.at < this.count ? this.entryAt(this.at++) : 0;
  }

  /** Why there may be other entries behind those that `next` gave. */
  get status(): Status {
    const merge = this.merge;
    return merge ? merge.status : OK;
  }

  /** Forgets what is kept in memory. */
  private forget(): void {
    while (this.blocks.length > 0) freeBlock(this.blocks.pop());
    while (this.large.length > 0) heap.free(this.large.pop());
    this.largeBytes = 0;
    this.used = BLOCK_SIZE;
    this.count = 0;
    this.inOrder = true;
  }

  free(): void {
    const merge = this.merge;
    if (merge) merge.free();
    this.merge = null;
    while (this.runs.length > 0) this.runs.pop().free();
    this.budget.end();
    this.forget();
    heap.free(this.items);
  }
}

/** How many bytes of entries are to be kept by a store that has `cacheBytes` of cache. */
export function entryBytes(cacheBytes: u64): u64 {
  return min<u64>(max<u64>(cacheBytes / 4, LEAST_KEPT), MOST_KEPT);
}

/** Sorts items whose keys have the same words before number `depth`, which is in the items; false when there is no time. */
function sortByWords(items: usize, other: usize, count: u32, depth: u32): bool {
  if (!mayStep(count)) return false;
  if (count < FEW) return placeEach(items, count);
  sortByDigits(items, other, count);
  const end = items + ((<usize>count) << ITEM_SHIFT);
  for (let from = items; from < end;) {
    const word = load<u64>(from);
    let to = from + (1 << ITEM_SHIFT);
    while (to < end && load<u64>(to) == word) to += 1 << ITEM_SHIFT;
    if (to - from > 1 << ITEM_SHIFT && !sortTied(from, other, <u32>((to - from) >> ITEM_SHIFT), depth + 1)) return false;
    from = to;
  }
  return true;
}

/** Sorts items whose keys have the same words before number `depth`. */
function sortTied(items: usize, other: usize, count: u32, depth: u32): bool {
  const end = items + ((<usize>count) << ITEM_SHIFT);
  let words = depth < MOST_WORDS ? WORD_GIVEN : WORDS_OVER;
  for (let item = items; item < end && words == WORD_GIVEN; item += 1 << ITEM_SHIFT) {
    words = findWord(keyOf(item), depth);
    store<u64>(item, foundWord);
  }
  if (words == WORD_GIVEN) return sortByWords(items, other, count, depth);
  // Their words say no more: those that are in order, as equal keys come, need nothing.
  for (let item = items; item < end; item += 1 << ITEM_SHIFT) store<u64>(item, 0);
  return mergeEach(items, other, count);
}

/** By the words, of which equal ones stay as they are: digit by digit, from the lowest to the highest in which any two differ. */
function sortByDigits(items: usize, other: usize, count: u32): void {
  const end = (<usize>count) << ITEM_SHIFT;
  const first = load<u64>(items);
  let differing: u64 = 0;
  for (let at: usize = 0; at < end; at += 1 << ITEM_SHIFT) differing |= load<u64>(items + at) ^ first;
  let from = items;
  let to = other;
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    if (((differing >> shift) & 0xff) == 0) continue;
    memory.fill(places, 0, 256 << 2);
    for (let at: usize = 0; at < end; at += 1 << ITEM_SHIFT) {
      const place = places + (((<usize>(load<u64>(from + at) >> shift)) & 0xff) << 2);
      store<u32>(place, load<u32>(place) + (1 << ITEM_SHIFT));
    }
    let sum: u32 = 0;
    for (let place = places; place < places + (256 << 2); place += 4) {
      const bytes = load<u32>(place);
      store<u32>(place, sum);
      sum += bytes;
    }
    for (let at: usize = 0; at < end; at += 1 << ITEM_SHIFT) {
      const word = load<u64>(from + at);
      const place = places + (((<usize>(word >> shift)) & 0xff) << 2);
      const target = to + load<u32>(place);
      store<u64>(target, word);
      store<u64>(target, load<u64>(from + at, 8), 8);
      store<u32>(place, load<u32>(place) + (1 << ITEM_SHIFT));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != items) copyBytes(items, from, <u32>end);
}

const places: usize = memory.data(256 << 2, 4);

/** Puts each of a few items to its place among those before it. */
function placeEach(items: usize, count: u32): bool {
  for (let i: u32 = 1; i < count; i++) {
    let at = items + ((<usize>i) << ITEM_SHIFT);
    const word = load<u64>(at);
    const entry = load<u64>(at, 8);
    store<u64>(placed, word);
    store<u64>(placed, entry, 8);
    for (; at > items && isBehind(at - (1 << ITEM_SHIFT), placed); at -= 1 << ITEM_SHIFT) {
      store<u64>(at, load<u64>(at - (1 << ITEM_SHIFT)));
      store<u64>(at, load<u64>(at - (1 << ITEM_SHIFT), 8), 8);
    }
    store<u64>(at, word);
    store<u64>(at, entry, 8);
  }
  return true;
}

const placed: usize = memory.data(1 << ITEM_SHIFT, 8);

/** Sorts items by what they are compared by: runs of some, then of twice as many, are merged. */
function mergeEach(items: usize, other: usize, count: u32): bool {
  const bytes = (<usize>count) << ITEM_SHIFT;
  let from = items;
  let to = other;
  for (let run: usize = 1 << ITEM_SHIFT; run < bytes; run <<= 1) {
    if (!mayStep(count)) return false;
    for (let start: usize = 0; start < bytes; start += run << 1)
      mergeTwo(from, to, start, min(start + run, bytes), min(start + (run << 1), bytes));
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != items) copyBytes(items, from, <u32>bytes);
  return true;
}

/** Merges the items from `a` and from `b` on, which end at `b` and `end`. */
function mergeTwo(from: usize, to: usize, a: usize, b: usize, end: usize): void {
  const middle = b;
  let at = a;
  if (b < end && isBehind(from + b - (1 << ITEM_SHIFT), from + b)) {
    while (a < middle && b < end) {
      const takesRight = isBehind(from + a, from + b);
      const item = takesRight ? from + b : from + a;
      store<u64>(to + at, load<u64>(item));
      store<u64>(to + at, load<u64>(item, 8), 8);
      at += 1 << ITEM_SHIFT;
      if (takesRight) b += 1 << ITEM_SHIFT;
      else a += 1 << ITEM_SHIFT;
    }
    memory.copy(to + at, from + a, middle - a);
    memory.copy(to + at + middle - a, from + b, end - b);
  } else memory.copy(to + a, from + a, end - a);
}


@inline
function keyOf(item: usize): usize {
  return <usize>load<u32>(item, 8) + 2;
}

/** Whether the item at `a` goes behind that at `b`, where the words before theirs are the same. */
@inline
function isBehind(a: usize, b: usize): bool {
  const left = load<u64>(a);
  const right = load<u64>(b);
  return left != right ? left > right : compareEntries(keyOf(a) - 2, keyOf(b) - 2) > 0;
}

/** The order of two entries: by key, then by record. */
function compareEntries(a: usize, b: usize): i32 {
  const order = compareKeys(a + 2, b + 2);
  if (order != 0) return order;
  const left = addressIn(a);
  const right = addressIn(b);
  return <i32>(left > right) - <i32>(left < right);
}

/** Entries of several runs in the order of all. */
class EntryMerge {
  private readonly readers: Array<RunReader> = new Array<RunReader>();
  /** The rank of each reader's entry, and the readers that have one, as a heap: none comes before the one at half its place. */
  private readonly ranks: Array<u64> = new Array<u64>();
  private readonly heap: Array<i32> = new Array<i32>();
  private isBegun: bool = false;
  status: Status = OK;

  constructor(runs: Array<Run>) {
    for (let r = 0; r < runs.length; r++) {
      this.readers.push(new RunReader(runs[r]));
      this.ranks.push(0);
    }
  }

  /** The next entry, until the next call; 0 at the end, and on failure. */
  next(): usize {
    const heap = this.heap;
    if (!this.isBegun) {
      this.isBegun = true;
      for (let r = 0; r < this.readers.length; r++) if (this.read(r)) heap.push(r);
      for (let at = heap.length >> 1; at >= 0; at--) this.sink(at);
    } else if (heap.length > 0) {
      if (!this.read(unchecked(heap[0]))) {
        const last = heap.pop();
        if (heap.length > 0) heap[0] = last;
      }
      this.sink(0);
    }
    return this.status != OK || heap.length == 0 ? 0 : unchecked(this.readers[unchecked(heap[0])]).ptr;
  }

  private read(r: i32): bool {
    const reader = unchecked(this.readers[r]);
    if (!reader.read()) {
      if (reader.failed) this.status = lastError.status;
      return false;
    }
    findWord(reader.ptr + 2, 0);
    unchecked((this.ranks[r] = foundWord));
    return true;
  }

  private isBefore(a: i32, b: i32): bool {
    const left = unchecked(this.ranks[a]);
    const right = unchecked(this.ranks[b]);
    if (left != right) return left < right;
    return compareEntries(unchecked(this.readers[a]).ptr, unchecked(this.readers[b]).ptr) < 0;
  }

  /** Puts the one at `at` to its place. */
  private sink(at: i32): void {
    const heap = this.heap;
    for (;;) {
      let least = at * 2 + 1;
      if (least >= heap.length) return;
      if (least + 1 < heap.length && this.isBefore(unchecked(heap[least + 1]), unchecked(heap[least]))) least += 1;
      const reader = unchecked(heap[at]);
      if (!this.isBefore(unchecked(heap[least]), reader)) return;
      unchecked((heap[at] = unchecked(heap[least])));
      unchecked((heap[least] = reader));
      at = least;
    }
  }

  free(): void {
    for (let r = 0; r < this.readers.length; r++) this.readers[r].free();
  }
}
