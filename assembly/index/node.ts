/**
 * B+ tree nodes where they lie in their pages (`docs/format.md`, "Index ledger").
 *
 *   inner   | 00 | parent u32 | count u16 | rightmost child u32 |            { key_len u16 | key | child u32 } … |
 *   leaf    | 01 | parent u32 | count u16 | prev leaf u32 | next leaf u32 |  { key_len u16 | key | page u32 | offset u16 } … |
 *
 * A node is searched, not decoded. When it is first touched after it was read, every length and key in it is checked, and where its
 * entries start is noted: entries that are all of one size, with keys of one type, need no more than that size (`frame.stride`);
 * otherwise the frame's aux block gets the u16 offset of each. From then on keys are compared where they lie. Insertion and removal
 * keep this up to date; an undo throws it away. `frame.used` is the end of the last entry.
 */
import { Status, OK, OUT_OF_MEMORY, fail, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { Splices } from "../memory/base/splices";
import { Frame, FLAG_NODE_VALID } from "../memory/cache/page-cache";
import { PAGE_SIZE } from "../memory/base/layout";
import { isKey, isFixedKeyValue, compareKeyToProbe } from "../encode/key";
import { VALUE_INT32, VALUE_INT64, VALUE_TEXT, VALUE_UINT32 } from "../encode/data-type";
import { compareBytes } from "../encode/bytes";
import { RecordAddress, addressOf, addressPage, addressOffset } from "../table/page-ledger";

export const NODE_INNER: u32 = 0;
export const NODE_LEAF: u32 = 1;

export const PARENT_OFFSET: u32 = 1;
export const COUNT_OFFSET: u32 = PARENT_OFFSET + 4;
export const RIGHTMOST_OFFSET: u32 = COUNT_OFFSET + 2;
export const INNER_HEADER: u32 = RIGHTMOST_OFFSET + 4;
export const PREV_OFFSET: u32 = COUNT_OFFSET + 2;
export const NEXT_OFFSET: u32 = PREV_OFFSET + 4;
export const LEAF_HEADER: u32 = NEXT_OFFSET + 4;
/** Bytes of an entry besides its key. */
export const INNER_ENTRY: u32 = 2 + 4;
export const LEAF_ENTRY: u32 = 2 + 6;
/** The longest key that fits a leaf by itself, and therefore an inner node. */
export const MAX_KEY_SIZE: u32 = PAGE_SIZE - LEAF_HEADER - LEAF_ENTRY;
/** The most levels of a tree. Even with keys so long that two fill a node, 2^32 pages make fewer; more means a cycle. */
export const MAX_DEPTH: u32 = 40;
/** Offsets that fit the aux block. */
export const MAX_ENTRIES: u32 = 8192;

/** The frame of node `pageNo` with valid offsets, or null on failure. */
@inline
export function nodeFrame(access: MemoryAccess, pageNo: u32): Frame | null {
  const frame = access.manager.frame(pageNo);
  return frame ? validNode(access, frame) : null;
}

/** The same of a node that is in memory. */
@inline
export function validNode(access: MemoryAccess, frame: Frame): Frame | null {
  return (frame.flags & FLAG_NODE_VALID) != 0 ? frame : indexNode(access, frame);
}

/** Where leaf `pageNo` starts, of which only the header is sure to be there, and unchecked; 0 when it is no leaf, and on failure. */
export function leafHeader(access: MemoryAccess, pageNo: u32): usize {
  const page = access.part(pageNo, 0, LEAF_HEADER);
  return page != 0 && load<u8>(page) == NODE_LEAF ? page : 0;
}

/** How many entries the leaf with this header has. */
@inline
export function leafCount(header: usize): u32 {
  return load<u16>(header, COUNT_OFFSET);
}

/** Checks the node in `frame` and notes where its entries are. */
function indexNode(access: MemoryAccess, frame: Frame): Frame | null {
  const page = frame.data;
  const kind = <u32>load<u8>(page);
  const count = <u32>load<u16>(page, COUNT_OFFSET);
  if (kind > NODE_LEAF || count > MAX_ENTRIES) {
    damaged(frame.pageNo, 0, "an index leads here, but this is no index node");
    return null;
  }
  const isLeafNode = kind == NODE_LEAF;
  frame.base = isLeafNode ? LEAF_HEADER : INNER_HEADER;
  const tail: u32 = isLeafNode ? 6 : 4;
  if (!indexUniform(frame, count, tail)) {
    frame.stride = 0;
    if (!indexOffsets(access, frame, count, tail)) return null;
  }
  frame.flags |= FLAG_NODE_VALID;
  return frame;
}

/** Notes the entries' size, if they are all of the first one's, with keys of one column of the same type. */
function indexUniform(frame: Frame, count: u32, tail: u32): bool {
  if (count == 0) return false;
  const first = frame.data + frame.base;
  const keyLen = <u32>load<u16>(first);
  const stride = 2 + keyLen + tail;
  const used = <u64>frame.base + <u64>stride * count;
  if (used > PAGE_SIZE || load<u32>(first, 2) != 1 || !isKey(first + 2, keyLen) || !isFixedKeyValue(first + 10)) return false;
  const head = load<u64>(first, 2);
  const discriminant = load<u8>(first, 10);
  const end = frame.data + <usize>used;
  for (let at = first + stride; at < end; at += stride) {
    if (load<u16>(at) != keyLen || load<u64>(at, 2) != head || load<u8>(at, 10) != discriminant) return false;
  }
  frame.stride = stride;
  frame.used = <u32>used;
  return true;
}

/** Fills the aux block with the entries' offsets. */
function indexOffsets(access: MemoryAccess, frame: Frame, count: u32, tail: u32): bool {
  const aux = access.manager.cache.auxOf(frame);
  if (aux == 0) {
    fail(OUT_OF_MEMORY, "no memory for an index node's offsets");
    return false;
  }
  const page = frame.data;
  let at = frame.base;
  for (let i: u32 = 0; i < count; i++) {
    if (at + 2 > PAGE_SIZE) return badNode(frame, at);
    const keyLen = <u32>load<u16>(page + at);
    const next = at + 2 + keyLen + tail;
    if (next > PAGE_SIZE || !isKey(page + at + 2, keyLen)) return badNode(frame, at);
    store<u16>(aux + (i << 1), <u16>at);
    at = next;
  }
  frame.used = at;
  return true;
}

function badNode(frame: Frame, at: u32): bool {
  damaged(frame.pageNo, at, "an index node's entry is malformed");
  return false;
}


@inline
export function isLeaf(frame: Frame): bool {
  return load<u8>(frame.data) == NODE_LEAF;
}


@inline
export function entryCount(frame: Frame): u32 {
  return load<u16>(frame.data, COUNT_OFFSET);
}

/** Where entry `index` (below the count) starts. */
@inline
export function entryOffset(frame: Frame, index: u32): u32 {
  return frame.stride != 0 ? frame.base + index * frame.stride : <u32>load<u16>(frame.aux + (index << 1));
}

/** The key of entry `index`. */
@inline
export function entryKey(frame: Frame, index: u32): usize {
  return frame.data + entryOffset(frame, index) + 2;
}

/** Bytes of the key of entry `index`. */
@inline
export function entryKeyLen(frame: Frame, index: u32): u32 {
  return load<u16>(frame.data + entryOffset(frame, index));
}

/** The record that the leaf entry at `entry`, which has been checked, points to. */
@inline
export function addressIn(entry: usize): RecordAddress {
  const pointer = entry + 2 + load<u16>(entry);
  return addressOf(load<u32>(pointer), load<u16>(pointer, 4));
}

/** The record that leaf entry `index` points to. */
@inline
export function leafAddress(frame: Frame, index: u32): RecordAddress {
  return addressIn(frame.data + entryOffset(frame, index));
}

/** Child `index` of an inner node; the rightmost one is `index` = count. */
@inline
export function childPage(frame: Frame, index: u32): u32 {
  if (index >= entryCount(frame)) return load<u32>(frame.data, RIGHTMOST_OFFSET);
  const entry = frame.data + entryOffset(frame, index);
  return load<u32>(entry + 2 + load<u16>(entry));
}

/** The first entry whose key is not below `probe` (`after`: is above it); the count when there is none. */
export function searchNode(frame: Frame, probe: usize, after: bool): u32 {
  const count = entryCount(frame);
  if (frame.stride != 0 && load<u64>(probe) == load<u64>(frame.data + frame.base, 2)) {
    const type = <u32>load<u8>(probe, 8);
    if (type == load<u8>(frame.data + frame.base, 10)) {
      if (type == VALUE_UINT32) return searchNumber<u32>(frame, count, load<u32>(probe, 9), after);
      if (type == VALUE_INT64) return searchNumber<i64>(frame, count, load<i64>(probe, 9), after);
      if (type == VALUE_INT32) return searchNumber<i32>(frame, count, load<i32>(probe, 9), after);
    }
  }
  const limit: i32 = after ? 0 : -1;
  if (load<u32>(probe) == 1 && load<u8>(probe, 8) == VALUE_TEXT) return searchText(frame, count, probe, limit);
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeyToProbe(entryKey(frame, middle), probe) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `searchNode` for one text. */
function searchText(frame: Frame, count: u32, probe: usize, limit: i32): u32 {
  const text = probe + 11;
  const textLen = <u32>load<u16>(probe, 9);
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = entryKey(frame, middle);
    // In an index of more columns the first one's value stands in the same place.
    const order =
      load<u8>(key, 8) == VALUE_TEXT ? compareBytes(key + 11, load<u16>(key, 9), text, textLen) : compareKeyToProbe(key, probe);
    if (order <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A node of more entries than this is worth a guess; how far it may be off to be worth something. */
const GUESS_FROM: u32 = 32;
const GUESS_RANGE: u32 = 8;

/** `searchNode` in a node of nothing but keys of one number each. */
function searchNumber<T>(frame: Frame, count: u32, value: T, after: bool): u32 {
  if (after) {
    // Only the greatest one has none behind it.
    const next = <T>(value + 1);
    if (next < value) return count;
    value = next;
  }
  const stride = frame.stride;
  const start = frame.data + frame.base + 11;
  let at = start;
  let left = count;
  if (count > GUESS_FROM) {
    const first = load<T>(start);
    const last = load<T>(start + (count - 1) * stride);
    if (value <= first) return 0;
    if (value > last) return count;
    const range = distance<T>(first, last);
    if (range >= count - 1) {
      // They may all differ, and mostly do: where it would be if they were spread evenly, and some entries to either side.
      const guess = min(<u32>((<f64>distance<T>(first, value) * <f64>(count - 1)) / <f64>range), count - 1);
      const guessed = start + guess * stride;
      if (load<T>(guessed) < value) {
        const ahead = min(guess + GUESS_RANGE, count - 1);
        at = guessed + stride;
        left = (load<T>(start + ahead * stride) < value ? count : ahead) - guess - 1;
      } else {
        const behind = guess - min(guess, GUESS_RANGE);
        left = guess;
        if (load<T>(start + behind * stride) < value) {
          at = start + (behind + 1) * stride;
          left = guess - behind - 1;
        }
      }
    }
  }
  // The first value that is not below `value`: the range shrinks by a half each time, with no branch to mispredict.
  while (left > 0) {
    const half = left >> 1;
    const middle = at + half * stride;
    const below = load<T>(middle) < value;
    at = select(middle + stride, at, below);
    left = select(left - half - 1, half, below);
  }
  return <u32>((at - start) / stride);
}

/** By how much `to` is above `from`, which it is or which it equals. */
@inline
function distance<T>(from: T, to: T): u64 {
  return sizeof<T>() == 4 ? <u64>(<u32>to - <u32>from) : <u64>to - <u64>from;
}

/** The first leaf entry that is not below (`probe`, `address`). */
export function searchLeaf(frame: Frame, probe: usize, address: RecordAddress): u32 {
  const base = frame.data + frame.base;
  if (frame.stride == U32_LEAF_STRIDE && load<u64>(probe) == load<u64>(base, 2) && load<u8>(probe, 8) == VALUE_UINT32) {
    if (load<u8>(base, 10) == VALUE_UINT32) return searchU32Leaf(frame, entryCount(frame), load<u32>(probe, 9), address);
  }
  let high = searchNode(frame, probe, true);
  if (high == 0 || leafAddress(frame, high - 1) < address) return high;
  let low = searchNode(frame, probe, false);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (leafAddress(frame, middle) < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same among the entries from `from` on: a few steps when it is near. */
export function searchLeafFrom(frame: Frame, from: u32, probe: usize, address: RecordAddress): u32 {
  const count = entryCount(frame);
  let low = from;
  let high = count;
  for (let step: u32 = 1; low + step <= count; step <<= 1) {
    if (!isBelow(frame, low + step - 1, probe, address)) {
      high = low + step - 1;
      break;
    }
    low += step;
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBelow(frame, middle, probe, address)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a leaf's entry is below (`probe`, `address`). */
@inline
function isBelow(frame: Frame, slot: u32, probe: usize, address: RecordAddress): bool {
  const order = compareKeyToProbe(entryKey(frame, slot), probe);
  return order < 0 || (order == 0 && leafAddress(frame, slot) < address);
}

/** Bytes of a leaf's entry with a key of one uint32. */
const U32_LEAF_STRIDE: u32 = LEAF_ENTRY + 13;

/** `searchLeaf` in a leaf of nothing but one-column uint32 keys: value and page are compared as one number. */
function searchU32Leaf(frame: Frame, count: u32, value: u32, address: RecordAddress): u32 {
  const wanted = ((<u64>value) << 32) | addressPage(address);
  const offset = addressOffset(address);
  const start = frame.data + frame.base + 11;
  const lastEntry = start + (count - 1) * U32_LEAF_STRIDE;
  if (count > GUESS_FROM && load<u32>(lastEntry) - load<u32>(start) >= count - 1) {
    // Perhaps the value is there once: then its address alone decides.
    const slot = searchNumber<u32>(frame, count, value, false);
    const entry = start + slot * U32_LEAF_STRIDE;
    if (slot == count || load<u32>(entry) != value) return slot;
    if (entry == lastEntry || load<u32>(entry, U32_LEAF_STRIDE) != value) return slot + u32(leafAddress(frame, slot) < address);
  }
  let at = start;
  let left = count;
  while (left > 0) {
    const half = left >> 1;
    const middle = at + half * U32_LEAF_STRIDE;
    const here = ((<u64>load<u32>(middle)) << 32) | load<u32>(middle, 4);
    const below = (here < wanted) | ((here == wanted) & (<u32>load<u16>(middle, 8) < offset));
    at = select(middle + U32_LEAF_STRIDE, at, below);
    left = select(left - half - 1, half, below);
  }
  return <u32>(at - start) / U32_LEAF_STRIDE;
}

/** Inserts an entry of `len` bytes at position `index` of a node that has room for it. */
export function insertEntry(access: MemoryAccess, frame: Frame, index: u32, entry: usize, len: u32): Status {
  const count = entryCount(frame);
  const at = index < count ? entryOffset(frame, index) : frame.used;
  let status = access.insertBytes(frame.pageNo, at, entry, len, frame.used - at);
  if (status == OK) status = access.writeU16(frame.pageNo, COUNT_OFFSET, count + 1);
  if (status != OK) return status;
  if (frame.stride != 0) {
    const first = frame.data + (index == 0 && count > 0 ? frame.base + len : frame.base);
    if (len == frame.stride && load<u64>(first, 2) == load<u64>(entry, 2) && load<u8>(first, 10) == load<u8>(entry, 10)) {
      frame.used += len;
      return OK;
    }
    frame.flags &= ~FLAG_NODE_VALID;
    return nodeFrame(access, frame.pageNo) ? OK : lastError.status;
  }
  if (count == 0) {
    frame.flags &= ~FLAG_NODE_VALID;
    return nodeFrame(access, frame.pageNo) ? OK : lastError.status;
  }
  const slot = frame.aux + (index << 1);
  openOffsets(slot, count - index, len);
  store<u16>(slot, <u16>at);
  frame.used += len;
  return OK;
}

/** Removes entry `index`. */
export function removeEntry(access: MemoryAccess, frame: Frame, index: u32): Status {
  const count = entryCount(frame);
  const at = entryOffset(frame, index);
  const end = index + 1 < count ? entryOffset(frame, index + 1) : frame.used;
  const len = end - at;
  let status = access.removeBytes(frame.pageNo, at, len, frame.used - end);
  if (status == OK) status = access.writeU16(frame.pageNo, COUNT_OFFSET, count - 1);
  if (status != OK) return status;
  if (frame.stride == 0) {
    const slot = frame.aux + (index << 1);
    closeOffsets(slot, count - index - 1, len);
  }
  frame.used -= len;
  return OK;
}

/** Inserts whole entries into a leaf that is not empty, and removes some, as `splices` say; it then has `added` more. */
export function spliceEntries(access: MemoryAccess, frame: Frame, splices: Splices, added: i32): Status {
  const count = entryCount(frame);
  const known = frame.stride == 0 || isOfStride(frame, splices);
  let status = access.splice(frame.pageNo, splices);
  if (status == OK && added != 0) status = access.writeU16(frame.pageNo, COUNT_OFFSET, count + added);
  if (status != OK || !known) {
    frame.flags &= ~FLAG_NODE_VALID;
    return status != OK || nodeFrame(access, frame.pageNo) ? status : lastError.status;
  }
  frame.used = splices.end;
  if (frame.stride == 0) noteOffsets(frame, count, count + added, splices.from);
  return OK;
}

/** Whether the entries that `splices` insert are like those that are there. */
function isOfStride(frame: Frame, splices: Splices): bool {
  const first = frame.data + frame.base;
  for (let i: u32 = 0; i < splices.count; i++) {
    const splice = splices.at(i);
    const entry = splice.bytes;
    if (entry == 0) continue;
    if (splice.len != frame.stride) return false;
    if (load<u64>(first, 2) != load<u64>(entry, 2) || load<u8>(first, 10) != load<u8>(entry, 10)) return false;
  }
  return true;
}

/** Notes where a leaf's entries are that start at or behind `from`, a boundary: it had `before` entries, and has `count`. */
function noteOffsets(frame: Frame, before: u32, count: u32, from: u32): void {
  const aux = frame.aux;
  let low: u32 = 0;
  let high = before;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<u32>load<u16>(aux + (middle << 1)) < from) low = middle + 1;
    else high = middle;
  }
  let at = from;
  for (; low < count; low++) {
    store<u16>(aux + (low << 1), <u16>at);
    at += LEAF_ENTRY + load<u16>(frame.data + at);
  }
}

/**
 * Moves the `count` offsets at `ptr` up by one and adds `by` to each, four at a time: no sum leaves its 16 bits, so none carries into
 * the next.
 */
function openOffsets(ptr: usize, count: u32, by: u32): void {
  const four = <u64>by * 0x0001000100010001;
  let at = ptr + (count << 1);
  for (; at >= ptr + 8; at -= 8) store<u64>(at - 6, load<u64>(at - 8) + four);
  for (; at > ptr; at -= 2) store<u16>(at, <u16>(load<u16>(at - 2) + <u16>by));
}

/** Moves the `count` offsets behind `ptr` down by one, over that at `ptr`, and subtracts `by` from each. */
function closeOffsets(ptr: usize, count: u32, by: u32): void {
  const four = <u64>by * 0x0001000100010001;
  const end = ptr + (count << 1);
  for (; ptr + 8 <= end; ptr += 8) store<u64>(ptr, load<u64>(ptr, 2) - four);
  for (; ptr < end; ptr += 2) store<u16>(ptr, <u16>(load<u16>(ptr, 2) - <u16>by));
}

/** Cuts the node off at entry `index`: that entry and all behind it are zeroed. */
export function truncateNode(access: MemoryAccess, frame: Frame, index: u32): Status {
  if (index >= entryCount(frame)) return OK;
  const at = entryOffset(frame, index);
  let status = access.zeroRaw(frame.pageNo, at, frame.used - at);
  if (status == OK) status = access.writeU16(frame.pageNo, COUNT_OFFSET, index);
  if (status == OK) frame.used = at;
  return status;
}

/**
 * Writes a whole node into a zeroed page: `count` entries of `len` bytes in all at `entries`; `a`, `b`: rightmost child,
 * or prev and next.
 */
export function writeNode(
  access: MemoryAccess,
  pageNo: u32,
  kind: u32,
  parent: u32,
  count: u32,
  a: u32,
  b: u32,
  entries: usize,
  len: u32,
): Status {
  store<u8>(header, <u8>kind);
  store<u32>(header, parent, PARENT_OFFSET);
  store<u16>(header, <u16>count, COUNT_OFFSET);
  store<u32>(header, a, RIGHTMOST_OFFSET);
  store<u32>(header, b, NEXT_OFFSET);
  const headerLen = kind == NODE_LEAF ? LEAF_HEADER : INNER_HEADER;
  const frame = access.manager.frame(pageNo);
  if (!frame) return lastError.status;
  frame.flags &= ~FLAG_NODE_VALID;
  const status = access.writeAtRaw(pageNo, 0, header, headerLen);
  return status == OK && len > 0 ? access.writeAtRaw(pageNo, headerLen, entries, len) : status;
}

/** Writes the `len` bytes at `node`, a whole node, into a zeroed page, or over an empty root; `writeFresh` tells of what is behind them. */
export function writeWholeNode(access: MemoryAccess, pageNo: u32, node: usize, len: u32): Status {
  const frame = access.manager.frame(pageNo);
  if (!frame) return lastError.status;
  frame.flags &= ~FLAG_NODE_VALID;
  return access.writeFresh(pageNo, node, len);
}

const headerBytes: StaticArray<u8> = new StaticArray<u8>(16);
const header: usize = changetype<usize>(headerBytes);
