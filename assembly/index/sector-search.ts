/**
 * Looking up a key in a leaf that is not in memory, without reading all of it: in a file larger than the cache that is most of a
 * lookup's cost. It takes keys of one column of integers, so that entry n is where it must be, and guesses from the values how far
 * into the leaf the key is (interpolation search), because each wrong guess costs a read. For other keys there are fences.ts.
 */
import { MemoryAccess } from "../memory/access/memory-access";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { PAGE_SIZE } from "../memory/base/layout";
import { SECTOR_SHIFT } from "../memory/cache/page-cache";
import { isKey, compareKeyToProbe } from "../encode/key";
import { VALUE_INT32, VALUE_INT64, VALUE_UINT32, VALUE_UINT64 } from "../encode/data-type";
import {
  COUNT_OFFSET,
  LEAF_ENTRY,
  LEAF_HEADER,
  MAX_DEPTH,
  NODE_LEAF,
  addressIn,
  childPage,
  entryCount,
  entryOffset,
  isLeaf,
  nodeFrame,
} from "./node";

/** `findInSectors` can't tell: the node is no leaf, or its entries are not of one size. Search all of it. */
export const SEARCH_UNKNOWN: i32 = 0;
export const SEARCH_ABSENT: i32 = 1;
/** The record is `foundAddress`. */
export const SEARCH_FOUND: i32 = 2;

/** The record that was found. */
export let foundAddress: RecordAddress = NO_ADDRESS;

/** Makes `foundAddress` the record that the leaf entry at `entry` points to. */
@inline
export function foundAt(entry: usize): void {
  foundAddress = addressIn(entry);
}

/** What one read brings, in bytes. */
const FIRST_SECTOR: u32 = 1 << SECTOR_SHIFT;

/** Guesses before the range is just halved: values may be spread unevenly. */
const GUESSES: i32 = 4;

/** Whether `key` is of one column of integers. */
@inline
export function isPartSearchable(key: usize): bool {
  // off: sector search
  return load<u32>(key) == 1 && !isNaN(numberIn(key));
}

/**
 * Looks `key` up in the leaf `pageNo`. `bound`: a key that is not below any in the leaf, or 0. Every entry that is looked at is checked
 * to be of the one size.
 */
export function findInSectors(access: MemoryAccess, pageNo: u32, key: usize, bound: usize): i32 {
  let high = bound != 0 ? numberIn(bound) : NaN;
  let page = access.part(pageNo, 0, LEAF_HEADER + 2 + 8);
  if (page == 0 || load<u8>(page) != NODE_LEAF) return SEARCH_UNKNOWN;
  const keyLen = 8 + load<u32>(key, 4);
  const stride = keyLen + LEAF_ENTRY;
  const count = <u32>load<u16>(page, COUNT_OFFSET);
  if (count == 0 || <u64>LEAF_HEADER + <u64>stride * count > <u64>PAGE_SIZE) return SEARCH_UNKNOWN;
  const target = numberIn(key);
  let low = NaN;
  let from: u32 = 0;
  let to = count;
  // The ends first, as far as their values are not known: the leaf's first sector is there anyway.
  let at: u32 = 0;
  let guesses = GUESSES;
  for (;;) {
    const offset = LEAF_HEADER + at * stride;
    page = access.part(pageNo, offset, stride);
    if (page == 0) return SEARCH_UNKNOWN;
    const entry = page + offset;
    if (load<u16>(entry) != keyLen || load<u64>(entry, 2) != load<u64>(key) || load<u8>(entry, 10) != load<u8>(key, 8)) {
      return SEARCH_UNKNOWN;
    }
    if (compareKeyToProbe(entry + 2, key) < 0) {
      from = at + 1;
      low = numberIn(entry + 2);
    } else {
      to = at;
      high = numberIn(entry + 2);
    }
    if (from >= to) break;
    if (guesses > 0 && isNaN(high)) at = count - 1;
    else if (guesses > 0 && high > low) {
      at = from + <u32>min<f64>(((target - low) / (high - low)) * <f64>(to - from), <f64>(to - from - 1));
      guesses -= 1;
    } else at = (from + to) >> 1;
  }
  if (from == count) return SEARCH_ABSENT;
  const offset = LEAF_HEADER + from * stride;
  page = access.part(pageNo, offset, stride);
  if (page == 0) return SEARCH_UNKNOWN;
  const entry = page + offset;
  if (compareKeyToProbe(entry + 2, key) != 0) return SEARCH_ABSENT;
  foundAt(entry);
  return SEARCH_FOUND;
}

/**
 * Whether the first entry below node `pageNo` is above (`key`, `address`): 1 or 0; -1 on failure. Entries are compared by their
 * addresses where keys are equal. A leaf that is not in memory is read no further than its first entry.
 */
export function startsAbove(access: MemoryAccess, pageNo: u32, key: usize, address: RecordAddress): i32 {
  for (let level: u32 = 0; level < MAX_DEPTH; level++) {
    const page = access.part(pageNo, 0, FIRST_SECTOR);
    if (page == 0) return -1;
    const first = page + LEAF_HEADER;
    const keyLen = <u32>load<u16>(first);
    if (load<u8>(page) == NODE_LEAF && load<u16>(page, COUNT_OFFSET) != 0 && LEAF_HEADER + LEAF_ENTRY + keyLen <= FIRST_SECTOR) {
      if (isKey(first + 2, keyLen)) return entryAbove(first, key, address) ? 1 : 0;
    }
    const frame = nodeFrame(access, pageNo);
    if (!frame) return -1;
    if (isLeaf(frame)) return entryCount(frame) > 0 && entryAbove(frame.data + entryOffset(frame, 0), key, address) ? 1 : 0;
    pageNo = childPage(frame, 0);
  }
  return -1;
}

/** Whether the leaf entry at `entry` is above (`key`, `address`). */
function entryAbove(entry: usize, key: usize, address: RecordAddress): bool {
  const order = compareKeyToProbe(entry + 2, key);
  return order > 0 || (order == 0 && addressIn(entry) > address);
}

/** The value of a one-column integer key, for guessing; NaN for other types. */
function numberIn(key: usize): f64 {
  switch (load<u8>(key, 8)) {
    case VALUE_UINT32:
      return <f64>load<u32>(key, 9);
    case VALUE_UINT64:
      return <f64>load<u64>(key, 9);
    case VALUE_INT32:
      return <f64>load<i32>(key, 9);
    case VALUE_INT64:
      return <f64>load<i64>(key, 9);
    default:
      return NaN;
  }
}
