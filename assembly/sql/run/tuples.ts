/** Rows that an operator keeps, and keys that it knows. */
import { OUT_OF_MEMORY, fail } from "../../status";
import { compareBytes, copyBytes } from "../../encode/bytes";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addOrderedDecimal } from "../../encode/decimal-arithmetic";
import { addOrderedJson } from "../../encode/json-compare";
import { addOrderedBytes } from "../../encode/ordered-bytes";
import { xxh3 } from "../../encode/xxh3";
import { mayStep } from "../../wasi/deadline";
import { Arena } from "../eval/arena";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch, keepValue, selectBetween } from "../eval/batch";
import { K_BOOLEAN, K_DATE, K_DATETIME, K_DECIMAL, K_INT, K_JSON, K_UINT, K_UUID, isBytes } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Run, RunReader } from "../../store/run";

/**
 * A kept row:
 *
 *     next u32 · hash u32 · key's address u32 · key's length u32 · mark u32 · place u32 · a byte for each value, padded to 8 · slots
 *
 * In a `Run` key and bytes follow right behind it, in the order of the columns.
 */
const NEXT: usize = 0;
const HASH: usize = 4;
const KEY: usize = 8;
const KEY_LEN: usize = 12;
const MARK: usize = 16;
const PLACE: usize = 20;
const HEAD: u32 = 24;
/** A value's byte: it is null, its slot has the address and length of bytes, or neither. */
const IS_NULL: u8 = 1;
const IS_BYTES: u8 = 2;


@inline
export function nextTuple(tuple: usize): usize {
  return <usize>load<u32>(tuple, NEXT);
}

/** Which of all rows it is, where that is noted. */
@inline
export function tuplePlace(tuple: usize): u32 {
  return load<u32>(tuple, PLACE);
}


@inline
export function setTuplePlace(tuple: usize, place: u32): void {
  store<u32>(tuple, place, PLACE);
}

/** Its key's hash. */
@inline
export function tupleHash(tuple: usize): u32 {
  return load<u32>(tuple, HASH);
}

/** Where the row's key is. */
@inline
export function tupleKey(tuple: usize): usize {
  return <usize>load<u32>(tuple, KEY);
}


@inline
export function tupleKeyLen(tuple: usize): u32 {
  return load<u32>(tuple, KEY_LEN);
}

/** The number that whoever keeps the row has given it. */
@inline
export function tupleNumber(tuple: usize): u32 {
  return load<u32>(tuple, MARK);
}


@inline
export function setTupleNumber(tuple: usize, number: u32): void {
  store<u32>(tuple, number, MARK);
}

/** The hash of a key; of one integer, which is there most, in some steps. */
function hashOf(key: usize, len: u32): u32 {
  return len == 9 ? hashOfOne(load<u8>(key), bswap<u64>(load<u64>(key, 1))) : <u32>xxh3(key, len);
}

/** The same of the key of one integer: its first byte, and the number that the others are. */
@inline
function hashOfOne(first: u8, rest: u64): u32 {
  let mixed = rest + first;
  mixed = (mixed ^ (mixed >> 32)) * 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 29)) * 0xbf58476d1ce4e5b9;
  return <u32>(mixed >> 32);
}

/** The order of two kept rows by their keys. */
export function compareTuples(a: usize, b: usize): i32 {
  return compareBytes(<usize>load<u32>(a, KEY), load<u32>(a, KEY_LEN), <usize>load<u32>(b, KEY), load<u32>(b, KEY_LEN));
}

export class Tuples {
  private readonly arena: Arena;
  private readonly slots: u32;
  private readonly size: u32;

  /** Rows of `columns` values; with `spills` they are written to runs when they are too many (`isFull`). */
  constructor(
    private readonly columns: i32,
    private readonly budget: MemoryBudget,
    spills: bool = false,
  ) {
    this.arena = new Arena(budget, spills);
    if (spills) budget.spillers += 1;
    this.slots = HEAD + ((<u32>columns + 7) & ~7);
    this.size = this.slots + ((<u32>columns) << 4);
  }

  /** Keeps row `i` of the vectors, with a key: its address; 0 on failure. Vectors that are null are columns that nobody wants. */
  add(vectors: Array<Vector | null>, i: u32, key: ByteBuffer, copies: bool = true): usize {
    const tuple = this.begin(key.len, hashOf(key.ptr, key.len));
    if (tuple == 0) return 0;
    copyBytes(tuple + this.size, key.ptr, key.len);
    return this.setAll(tuple, vectors, i, copies) ? tuple : 0;
  }

  /** The same with an integer for its key. */
  addInteger(vectors: Array<Vector | null>, i: u32, key: i64): usize {
    const tuple = this.begin(9, hashOfOne(1, key ^ turnOf(0)));
    if (tuple == 0) return 0;
    const at = tuple + this.size;
    const bytes = bswap<u64>(key ^ turnOf(0));
    store<u8>(at, 1);
    store<u64>(at, bytes, 1);
    return this.setAll(tuple, vectors, i, true) ? tuple : 0;
  }

  /** Takes room for a row with a key of `keyLen` bytes; 0 when there is no memory. */
  @inline private begin(keyLen: u32, hash: u32): usize {
    const tuple = this.arena.take(this.size + keyLen);
    if (tuple == 0) return 0;
    store<u32>(tuple, 0, NEXT);
    store<u32>(tuple, hash, HASH);
    store<u32>(tuple, <u32>(tuple + this.size), KEY);
    store<u32>(tuple, keyLen, KEY_LEN);
    store<u64>(tuple, 0, MARK);
    return tuple;
  }

  private setAll(tuple: usize, vectors: Array<Vector | null>, i: u32, copies: bool): bool {
    for (let c = 0; c < this.columns; c++) {
      const vector = unchecked(vectors[c]);
      if (vector && !this.set(tuple, c, vector, i, copies)) return false;
      if (!vector) store<u8>(tuple + HEAD + c, IS_NULL);
    }
    return true;
  }

  /** Whether there are so many of them that they are to be written to a run. */
  get isFull(): bool {
    return this.budget.isFull(this.arena.held);
  }

  /** Bytes that they take. */
  get held(): u64 {
    return this.arena.held;
  }

  /** Adds a row to a run; false on failure. */
  write(tuple: usize, run: Run): bool {
    const keyLen = load<u32>(tuple, KEY_LEN);
    let len = this.size + keyLen;
    for (let c = 0; c < this.columns; c++) {
      if (load<u8>(tuple + HEAD + c) == IS_BYTES) len += load<u32>(this.slotOf(tuple, c), 4);
    }
    if (!run.begin(len) || !run.add(tuple, this.size) || !run.add(<usize>load<u32>(tuple, KEY), keyLen)) return false;
    for (let c = 0; c < this.columns; c++) {
      if (load<u8>(tuple + HEAD + c) != IS_BYTES) continue;
      const slot = this.slotOf(tuple, c);
      if (!run.add(<usize>load<u32>(slot), load<u32>(slot, 4))) return false;
    }
    return true;
  }

  /** Makes what a run has at `tuple` a row there, for as long as the bytes stay. */
  settle(tuple: usize): void {
    let at = tuple + this.size;
    store<u32>(tuple, <u32>at, KEY);
    at += load<u32>(tuple, KEY_LEN);
    for (let c = 0; c < this.columns; c++) {
      if (load<u8>(tuple + HEAD + c) != IS_BYTES) continue;
      const slot = this.slotOf(tuple, c);
      store<u32>(slot, <u32>at);
      at += load<u32>(slot, 4);
    }
  }

  /** Keeps the row that a reader has come to; 0 when there is no memory. */
  take(reader: RunReader): usize {
    const tuple = this.arena.take(reader.len);
    if (tuple == 0) return 0;
    memory.copy(tuple, reader.ptr, reader.len);
    store<u32>(tuple, 0, NEXT);
    this.settle(tuple);
    return tuple;
  }

  /** Makes the value of column `c` that of row `i`, whose bytes without `copies` stay where they are; false when there is no memory. */
  set(tuple: usize, c: i32, vector: Vector, i: u32, copies: bool = true): bool {
    const isNull = vector.isNull(i);
    const hasBytes = !isNull && isBytes(vector.kind);
    store<u8>(tuple + HEAD + c, isNull ? IS_NULL : hasBytes ? IS_BYTES : 0);
    const to = this.slotOf(tuple, c);
    const from = vector.at(i);
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    if (!hasBytes || !copies) return true;
    const len = vector.len(i);
    const at = this.arena.take(max<u32>(len, 1));
    if (at == 0) return false;
    copyBytes(at, vector.ptr(i), len);
    store<u32>(to, <u32>at);
    return true;
  }

  isNull(tuple: usize, c: i32): bool {
    return load<u8>(tuple + HEAD + c) == IS_NULL;
  }


  @inline slotOf(tuple: usize, c: i32): usize {
    return tuple + this.slots + ((<usize>c) << 4);
  }

  /** Makes row `i` of `vector` the value of column `c`. */
  @inline get(tuple: usize, c: i32, vector: Vector, i: u32): void {
    const from = this.slotOf(tuple, c);
    const to = vector.at(i);
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    store<u8>(vector.nulls + i, load<u8>(tuple + HEAD + c) & IS_NULL);
  }

  /** Makes row `i` of the vectors the row's values, whose bytes are copied; false when there is no memory. */
  copy(tuple: usize, vectors: Array<Vector>, batch: Batch, i: u32): bool {
    for (let c = 0; c < this.columns; c++) {
      const vector = unchecked(vectors[c]);
      this.get(tuple, c, vector, i);
      if (!keepValue(vector, i, batch)) return false;
    }
    return true;
  }

  /** Makes the vectors' rows the next ones of a reader, with the batch's memory: how many, 0 at the end, or -1 on failure. */
  read(reader: RunReader, vectors: Array<Vector>, batch: Batch): i32 {
    batch.begin(0);
    let count = 0;
    for (; count < BATCH_ROWS && reader.read(); count++) {
      this.settle(reader.ptr);
      if (!this.copy(reader.ptr, vectors, batch, count)) return -1;
      reader.leave();
    }
    batch.selectAll(count);
    return reader.failed ? -1 : count;
  }

  /** Makes the vectors' rows, from the first on, those of the list from number `at` on: how many, as many as a batch holds. */
  fill(list: TupleList, at: u32, vectors: Array<Vector>): i32 {
    const count = <i32>min<u32>(list.count - at, BATCH_ROWS);
    for (let i = 0; i < count; i++) {
      const tuple = list.at(at + i);
      for (let c = 0; c < vectors.length; c++) this.get(tuple, c, unchecked(vectors[c]), i);
    }
    return count;
  }

  /** Forgets all rows, and keeps the memory. */
  reset(): void {
    this.arena.reset();
  }

  free(): void {
    this.arena.free();
  }
}

const FIRST_SLOTS: u32 = 256;
/** Rows that there is room for before they come, at most. */
const MOST_RESERVED: f64 = 196608;

function emptySlots(count: u32): usize {
  const slots = heap.alloc((<usize>count) << 3);
  memory.fill(slots, 0, (<usize>count) << 3);
  return slots;
}

/** What was read of the slots of a batch's rows, u64 each, and the key of one of them. */
const seen: usize = heap.alloc(BATCH_ROWS << 3);
const oneKey: usize = memory.data(9, 8);

/** Kept rows by their keys. A slot has a row's address u32 and its hash u32, or 0. */
export class TupleTable {
  private slots: usize = emptySlots(FIRST_SLOTS);
  private mask: u32 = FIRST_SLOTS - 1;
  count: u32 = 0;

  constructor(private readonly budget: MemoryBudget) {}

  /** The first row with the key, or 0; others follow by `nextTuple`. */
  find(key: usize, len: u32): usize {
    return this.search(hashOf(key, len), key, len);
  }

  private search(hash: u32, key: usize, len: u32): usize {
    for (let slot = hash & this.mask; ; slot = (slot + 1) & this.mask) {
      const entry = load<u64>(this.slots + ((<usize>slot) << 3));
      if (entry == 0) return 0;
      const tuple = <usize>(<u32>entry);
      if (<u32>(entry >> 32) != hash || load<u32>(tuple, KEY_LEN) != len) continue;
      if (compareBytes(<usize>load<u32>(tuple, KEY), len, key, len) == 0) return tuple;
    }
    return 0; // never reached, but the compiler cannot tell
  }

  /**
   * For each selected row of a batch the first row whose key is its one integer, or 0: to `found`, by the row's number. First all slots are
   * read, then all rows, so that their ways through memory are waited for together.
   */
  findIntegers(values: Vector, batch: Batch, found: StaticArray<u32>): void {
    this.readSlots(values, batch);
    const count = batch.selected;
    for (let k = 0; k < count; k++) {
      const i = batch.row(k);
      const hash = hashOfOne(1, values.int(i) ^ turnOf(0));
      let entry = load<u64>(seen + ((<usize>k) << 3));
      let slot = hash & this.mask;
      while (entry != 0 && <u32>(entry >> 32) != hash) {
        slot = (slot + 1) & this.mask;
        entry = load<u64>(this.slots + ((<usize>slot) << 3));
      }
      unchecked((found[i] = values.isNull(i) ? 0 : <u32>entry));
    }
    for (let k = 0; k < count; k++) {
      const i = batch.row(k);
      const tuple = <usize>unchecked(found[i]);
      const rest = bswap<u64>(values.int(i) ^ turnOf(0));
      if (tuple == 0 || (load<u32>(tuple, KEY_LEN) == 9 && load<u64>(<usize>load<u32>(tuple, KEY), 1) == rest)) continue;
      // Another one with the same hash.
      store<u8>(oneKey, 1);
      store<u64>(oneKey, rest, 1);
      unchecked((found[i] = <u32>this.find(oneKey, 9)));
    }
  }

  /** Reads the slots where the integers of the selected rows may be: for what comes next they are at hand. */
  private readSlots(values: Vector, batch: Batch): void {
    for (let k = 0; k < batch.selected; k++) {
      const hash = hashOfOne(1, values.int(batch.row(k)) ^ turnOf(0));
      store<u64>(seen + ((<usize>k) << 3), load<u64>(this.slots + ((<usize>(hash & this.mask)) << 3)));
    }
  }

  /** Reads what is looked at when rows with the integers of the selected ones are added. */
  readAhead(values: Vector, batch: Batch): void {
    this.readSlots(values, batch);
    for (let k = 0; k < batch.selected; k++) {
      const at = seen + ((<usize>k) << 3);
      const entry = load<u64>(at);
      const isSame = <u32>(entry >> 32) == hashOfOne(1, values.int(batch.row(k)) ^ turnOf(0));
      if (isSame && entry != 0) store<u64>(at, load<u64>(tupleKey(<usize>(<u32>entry))));
    }
  }

  /** Makes an empty one as large as `rows` rows of different keys take, unless that is much. */
  reserve(rows: f64): void {
    const wanted = <u32>min(rows, MOST_RESERVED);
    const before = this.mask + 1;
    let count = before;
    while (count - (count >> 2) < wanted && this.budget.isLittle((<u64>count) << 4)) count <<= 1;
    if (this.count > 0 || count == before) return;
    this.budget.take((<u64>(count - before)) << 3, 0);
    heap.free(this.slots);
    this.slots = emptySlots(count);
    this.mask = count - 1;
  }

  /** Adds a kept row: behind those with its key, if there are any. False when there is no memory. */
  add(tuple: usize): bool {
    const hash = tupleHash(tuple);
    const known = this.search(hash, tupleKey(tuple), tupleKeyLen(tuple));
    if (known == 0) return this.addNew(tuple);
    // Behind the first one: the order among equal keys is not asked for.
    store<u32>(tuple, load<u32>(known, NEXT), NEXT);
    store<u32>(known, <u32>tuple, NEXT);
    return true;
  }

  /** The same of a row whose key is known to be none of theirs. */
  addNew(tuple: usize): bool {
    if (this.count >= this.mask - (this.mask >> 2) && !this.grow()) return false;
    this.put(((<u64>tupleHash(tuple)) << 32) | (<u64>tuple));
    this.count += 1;
    return true;
  }

  get slotCount(): u32 {
    return this.mask + 1;
  }

  /** The first row with the key of a slot; 0 where there is none. */
  at(slot: u32): usize {
    return <usize>load<u32>(this.slots + ((<usize>slot) << 3));
  }

  private put(entry: u64): void {
    let slot = (<u32>(entry >> 32)) & this.mask;
    while (load<u64>(this.slots + ((<usize>slot) << 3)) != 0) slot = (slot + 1) & this.mask;
    store<u64>(this.slots + ((<usize>slot) << 3), entry);
  }

  private grow(): bool {
    const before = this.slots;
    const count = this.mask + 1;
    if (count >= 1 << 28) {
      fail(OUT_OF_MEMORY, "too many different keys for a statement");
      return false;
    }
    this.budget.take((<u64>count) << 3, 0);
    this.slots = emptySlots(count << 1);
    this.mask = count * 2 - 1;
    for (let slot: u32 = 0; slot < count; slot++) {
      const entry = load<u64>(before + ((<usize>slot) << 3));
      if (entry != 0) this.put(entry);
    }
    heap.free(before);
    return true;
  }

  /** Forgets all. */
  close(): void {
    if (this.mask == FIRST_SLOTS - 1 && this.count == 0) return;
    this.free();
    this.slots = emptySlots(FIRST_SLOTS);
    this.mask = FIRST_SLOTS - 1;
    this.count = 0;
  }

  free(): void {
    this.budget.give((<u64>(this.mask + 1 - FIRST_SLOTS)) << 3);
    heap.free(this.slots);
  }
}

/** Addresses of kept rows, to be sorted. */
export class TupleList {
  private items: usize = heap.alloc(1024 << 2);
  private capacity: u32 = 1024;
  count: u32 = 0;

  constructor(private readonly budget: MemoryBudget) {}

  push(tuple: usize): void {
    if (this.count == this.capacity) {
      // Besides the list there is what it is sorted in.
      this.budget.take((<u64>this.capacity) << 3, 0);
      this.capacity <<= 1;
      this.items = heap.realloc(this.items, (<usize>this.capacity) << 2);
    }
    store<u32>(this.items + ((<usize>this.count) << 2), <u32>tuple);
    this.count += 1;
  }


  @inline at(i: u32): usize {
    return <usize>load<u32>(this.items + ((<usize>i) << 2));
  }

  set(i: u32, tuple: usize): void {
    store<u32>(this.items + ((<usize>i) << 2), <u32>tuple);
  }

  /** Forgets all but the first `count`. */
  cut(count: u32): void {
    this.count = min(this.count, count);
  }

  /** By their keys; equal ones stay in their order (merge sort). False when there is no time for it. */
  sort(): bool {
    const count = this.count;
    if (count < 2) return true;
    const bytes = (<usize>count) << 4;
    const entries = heap.alloc(bytes << 1);
    // Where all keys begin with the same byte the eight behind it tell more.
    const first = load<u8>(tupleKey(this.at(0)));
    let skipped: u32 = 1;
    for (let i: u32 = 1; i < count && skipped != 0; i++) skipped = u32(load<u8>(tupleKey(this.at(i))) == first);
    for (let i: u32 = 0; i < count; i++) {
      const tuple = this.at(i);
      const entry = entries + ((<usize>i) << 4);
      const len = load<u32>(tuple, KEY_LEN);
      store<u64>(entry, len < skipped ? 0 : startOf(tupleKey(tuple) + skipped, len - skipped));
      store<u32>(entry, <u32>tuple, 8);
    }
    let from = entries;
    let to = entries + bytes;
    let good = true;
    for (let width: u32 = 1; width < count && good; width <<= 1) {
      for (let start: u32 = 0; start < count && good; start += width << 1) {
        const end = min(start + (width << 1), count);
        merge(from, to, start, min(start + width, count), end);
        good = mayStep(end - start);
      }
      const swap = from;
      from = to;
      to = swap;
    }
    for (let i: u32 = 0; i < count && good; i++)
      store<u32>(this.items + ((<usize>i) << 2), load<u32>(from + ((<usize>i) << 4), 8));
    heap.free(entries);
    return good;
  }

  /** Forgets all. */
  close(): void {
    this.count = 0;
    if (this.capacity == 1024) return;
    this.free();
    this.items = heap.alloc(1024 << 2);
    this.capacity = 1024;
  }

  free(): void {
    this.budget.give((<u64>(this.capacity - 1024)) << 3);
    heap.free(this.items);
  }
}

/** The first eight bytes as a number, in their order; zeros where there are fewer. */
function startOf(ptr: usize, len: u32): u64 {
  if (len >= 8) return bswap<u64>(load<u64>(ptr));
  let start: u64 = 0;
  for (let b: u32 = 0; b < len; b++) start |= (<u64>load<u8>(ptr + b)) << (56 - (b << 3));
  return start;
}

/** Merges the runs from `start` and from `middle` on, of entries of what a key starts with, u64, and a kept row. */
function merge(from: usize, to: usize, start: u32, middle: u32, end: u32): void {
  let left = from + ((<usize>start) << 4);
  let right = from + ((<usize>middle) << 4);
  let at = to + ((<usize>start) << 4);
  const leftEnd = right;
  const rightEnd = from + ((<usize>end) << 4);
  while (left < leftEnd && right < rightEnd) {
    const a = load<u64>(left);
    const b = load<u64>(right);
    const takesLeft = a != b ? a < b : compareTuples(<usize>load<u32>(left, 8), <usize>load<u32>(right, 8)) <= 0;
    store<u64>(at, takesLeft ? a : b);
    store<u64>(at, load<u64>(takesLeft ? left : right, 8), 8);
    at += 16;
    if (takesLeft) left += 16;
    else right += 16;
  }
  copyBytes(at, left, <u32>(leftEnd - left));
  copyBytes(at + (leftEnd - left), right, <u32>(rightEnd - right));
}

/**
 * Leaves those of the selected rows out that come behind a row's key whatever follows, by the first value that they are ordered by, where
 * that is an integer.
 */
export function leaveOutBehind(key: usize, values: Vector, order: u32, batch: Batch): void {
  if ((values.kind != K_INT && values.kind != K_DATE) || load<u8>(key) != 1) return;
  const isDown = (order & DESCENDING) != 0;
  const bound = <i64>(bswap<u64>(load<u64>(key, 1)) ^ turnOf(order));
  selectBetween(batch, values, isDown ? bound : i64.MIN_VALUE, isDown ? i64.MAX_VALUE : bound, true);
  batch.settle();
}

/** Which of the values of rows come first. */
export const NULLS_FIRST: u32 = 1;
export const DESCENDING: u32 = 2;
/** The case of ASCII letters says nothing. */
export const NO_CASE: u32 = 4;

/** What makes a number that orders as an integer does of it, and the integer of that. */
@inline
function turnOf(order: u32): u64 {
  return (order & DESCENDING) != 0 ? 0x7fffffffffffffff : 0x8000000000000000;
}

/**
 * Appends row `i`'s value so that the order of the bytes is that of the values (and equal values have equal bytes), whatever is appended
 * behind it. `order` has `NULLS_FIRST`, `DESCENDING` and `NO_CASE`.
 */
export function addOrdered(vector: Vector, i: u32, order: u32, out: ByteBuffer): void {
  addOrderedSlot(vector.kind, vector.at(i), vector.isNull(i), order, out);
}

/** The same of a value of `kind` in a slot. */
export function addOrderedSlot(kind: u8, slot: usize, isNull: bool, order: u32, out: ByteBuffer): void {
  if (!isNull && (kind == K_INT || kind == K_DATE)) {
    const at = out.reserve(9);
    store<u8>(at, 1);
    store<u64>(at, bswap<u64>(load<u64>(slot) ^ turnOf(order)), 1);
    out.len += 9;
    return;
  }
  out.addU8(isNull ? ((order & NULLS_FIRST) != 0 ? 0 : 2) : 1);
  if (isNull) return;
  const start = out.len;
  switch (kind) {
    case K_BOOLEAN:
      out.addU8(<u32>load<u8>(slot));
      break;
    case K_UINT:
      out.addU64(bswap<u64>(load<u64>(slot)));
      break;
    case K_DECIMAL:
      addOrderedDecimal(slot, out);
      break;
    case K_DATETIME: {
      const at = <usize>load<u32>(slot);
      out.addU16(bswap<u16>(load<u16>(at)));
      out.addBytes(at + 2, 5);
      out.addU32(bswap<u32>(load<u32>(at, 7)));
      out.addU16(bswap<u16>(load<u16>(at, 11) ^ 0x8000));
      break;
    }
    case K_UUID:
      out.addBytes(<usize>load<u32>(slot), 16);
      break;
    case K_JSON:
      addOrderedJson(<usize>load<u32>(slot), load<u32>(slot, 4), out);
      break;
    default:
      addOrderedBytes(<usize>load<u32>(slot), load<u32>(slot, 4), (order & NO_CASE) != 0, out);
  }
  if ((order & DESCENDING) == 0) return;
  for (let at = start; at < out.len; at++) store<u8>(out.ptr + at, ~load<u8>(out.ptr + at));
}
