/**
 * Looking up a key in a leaf that was in memory before, with one read of a sector: for each of the leaf's sectors its first entry's
 * place and key are kept (fence pointers, as LSM trees have them for their blocks).
 *
 *   count u16 | end of the last entry u16 | the size of each entry u16, or 0 where they differ | sectors read by them u16
 *     of one size: | { the key's value, with its discriminant } … |      where the entry is follows from its size
 *     else:        | { the entry's offset u16 | where its key is in all this u16 } … | keys |
 */
import { MemoryAccess } from "../memory/access/memory-access";
import { Frame, PAGE_SECTORS, SECTOR_SHIFT } from "../memory/cache/page-cache";
import { MAX_DERIVED } from "../memory/cache/derived-cache";
import { copyBytes } from "../encode/bytes";
import { compareKeyToProbe, compareKeyValues, isKey } from "../encode/key";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { LEAF_ENTRY, LEAF_HEADER, addressIn, entryCount, entryKey, entryKeyLen, entryOffset } from "./node";

/** `findByFences` can't tell: nothing is known of the node, or it is damaged. Search all of it. */
const SEARCH_UNKNOWN: i32 = 0;
export const SEARCH_ABSENT: i32 = 1;
/** The record is `foundAddress`. */
export const SEARCH_FOUND: i32 = 2;

/** The record that `findByFences` found. */
export let foundAddress: RecordAddress = NO_ADDRESS;

const FENCES: u32 = 8;
const SECTORS_READ: u32 = 6;
/**
 * When so many sectors of a leaf were read one by one all of it is read once more, to have it compact: that costs as much again, and saves
 * all that would come.
 */
const READS_FOR_ALL: u32 = PAGE_SECTORS;
/** For their number where the leaf is of no kind that there is compact. */
const NEVER_ALL: u32 = 0xffff;
const FENCE: u32 = 4;
/** What stands before the value in a key of one column. */
const KEY_HEADER: u32 = 8;

/** Bytes of a value with its discriminant, where all entries have `stride` bytes. */
@inline
function valueLen(stride: u32): u32 {
  return stride - LEAF_ENTRY - KEY_HEADER;
}

/** Keeps the fences of a leaf that was read for a lookup. `isCompactable`: it would be kept compact if there is room. */
export function noteFences(access: MemoryAccess, leaf: Frame, isCompactable: bool): void {
  const count = entryCount(leaf);
  const stride = leaf.stride;
  let fences: u32 = 0;
  let size = FENCES;
  let slot: u32 = 0;
  for (let sector: u32 = 0; sector < PAGE_SECTORS; sector++) {
    slot = firstIn(leaf, sector, slot);
    if (slot == count) break;
    // None starts in a sector that a long one fills: the next one is the fence of a later sector only.
    if (entryOffset(leaf, slot) >> SECTOR_SHIFT != sector) continue;
    unchecked((slots[fences++] = slot));
    size += stride != 0 ? valueLen(stride) : FENCE + entryKeyLen(leaf, slot);
  }
  if (fences == 0 || size > MAX_DERIVED || leaf.used > 0xffff) return;
  const derived = access.manager.makeDerived(leaf, size);
  if (derived == 0) return;
  store<u16>(derived, <u16>fences);
  store<u16>(derived, <u16>leaf.used, 2);
  store<u16>(derived, <u16>stride, 4);
  store<u16>(derived, isCompactable ? 0 : <u16>NEVER_ALL, SECTORS_READ);
  if (stride != 0) {
    const len = valueLen(stride);
    for (let i: u32 = 0; i < fences; i++)
      copyBytes(derived + FENCES + len * i, entryKey(leaf, unchecked(slots[i])) + KEY_HEADER, len);
    return;
  }
  let keyAt = FENCES + FENCE * fences;
  for (let i: u32 = 0; i < fences; i++) {
    const entry = unchecked(slots[i]);
    store<u16>(derived + FENCE * i, <u16>entryOffset(leaf, entry), FENCES);
    store<u16>(derived + FENCE * i, <u16>keyAt, FENCES + 2);
    memory.copy(derived + keyAt, entryKey(leaf, entry), entryKeyLen(leaf, entry));
    keyAt += entryKeyLen(leaf, entry);
  }
}

const slots: StaticArray<u32> = new StaticArray<u32>(PAGE_SECTORS);

/** The first entry from `slot` on that starts in a sector or behind it; the count when there is none. */
function firstIn(leaf: Frame, sector: u32, slot: u32): u32 {
  let low = slot;
  let high = entryCount(leaf);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entryOffset(leaf, middle) >> SECTOR_SHIFT < sector) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the entry of a fence is in its leaf. */
function offsetOf(derived: usize, fence: u32): u32 {
  const stride = <u32>load<u16>(derived, 4);
  if (stride == 0) return load<u16>(derived + FENCE * fence, FENCES);
  // The first one that starts in the sector: each has some.
  return fence == 0 ? LEAF_HEADER : LEAF_HEADER + (((fence << SECTOR_SHIFT) - LEAF_HEADER + stride - 1) / stride) * stride;
}

/** The order of a fence's key and `key`, a whole one. */
function compareFence(derived: usize, fence: u32, key: usize): i32 {
  const stride = <u32>load<u16>(derived, 4);
  if (stride == 0) return compareKeyToProbe(derived + load<u16>(derived + FENCE * fence, FENCES + 2), key);
  return compareKeyValues(derived + FENCES + valueLen(stride) * fence, key + KEY_HEADER);
}

/** Looks `key` up in the leaf `pageNo`, which is not in memory: one of `SEARCH_…`. */
export function findByFences(access: MemoryAccess, pageNo: u32, key: usize): i32 {
  const derived = access.manager.derived.find(pageNo);
  if (derived == 0) return SEARCH_UNKNOWN;
  const manager = access.manager;
  const sectors = <u32>load<u16>(derived, SECTORS_READ);
  if (sectors == READS_FOR_ALL && manager.mayCompact) return SEARCH_UNKNOWN;
  const misses = manager.cache.misses;
  const outcome = searchFences(access, pageNo, derived, key);
  if (sectors < READS_FOR_ALL && manager.cache.misses != misses) store<u16>(derived, <u16>(sectors + 1), SECTORS_READ);
  return outcome;
}

function searchFences(access: MemoryAccess, pageNo: u32, derived: usize, key: usize): i32 {
  const count = <u32>load<u16>(derived);
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareFence(derived, middle, key) < 0) low = middle + 1;
    else high = middle;
  }
  const isFence = low < count && compareFence(derived, low, key) == 0;
  if (low > 0) {
    const outcome = findBehind(access, pageNo, derived, low - 1, key);
    if (outcome != SEARCH_ABSENT || !isFence) return outcome;
  }
  return isFence ? findBehind(access, pageNo, derived, low, key) : SEARCH_ABSENT;
}

/** Looks `key` up from a fence to the next one. All entries but the last are in one sector: the next is read only for that. */
function findBehind(access: MemoryAccess, pageNo: u32, derived: usize, fence: u32, key: usize): i32 {
  const start = offsetOf(derived, fence);
  const isLast = fence + 1 == <u32>load<u16>(derived);
  const end = isLast ? <u32>load<u16>(derived, 2) : offsetOf(derived, fence + 1);
  const stride = <u32>load<u16>(derived, 4);
  return stride != 0 ? findByHalving(access, pageNo, start, end, stride, key) : findInTurn(access, pageNo, start, end, key);
}

/** `findBehind` where entries are of one size. Every entry that is looked at is checked. */
function findByHalving(access: MemoryAccess, pageNo: u32, start: u32, end: u32, stride: u32, key: usize): i32 {
  let there = min(end, ((start >> SECTOR_SHIFT) + 1) << SECTOR_SHIFT);
  let page = access.part(pageNo, start, there - start);
  let outcome = SEARCH_ABSENT;
  let low: u32 = 0;
  let high = (end - start) / stride;
  while (page != 0 && low < high) {
    const middle = (low + high) >> 1;
    const at = start + middle * stride;
    if (at + stride > there) {
      there = end;
      page = access.part(pageNo, start, end - start);
      continue;
    }
    const entry = page + at;
    if (<u32>load<u16>(entry) != stride - LEAF_ENTRY || !isKey(entry + 2, stride - LEAF_ENTRY)) return SEARCH_UNKNOWN;
    const order = compareKeyToProbe(entry + 2, key);
    if (order < 0) low = middle + 1;
    else high = middle;
    if (order != 0) continue;
    foundAddress = addressIn(entry);
    outcome = SEARCH_FOUND;
  }
  return page == 0 ? SEARCH_UNKNOWN : outcome;
}

/** `findBehind` by a look at each entry, which is checked. */
function findInTurn(access: MemoryAccess, pageNo: u32, start: u32, end: u32, key: usize): i32 {
  let there = min(end, ((start >> SECTOR_SHIFT) + 1) << SECTOR_SHIFT);
  let page = access.part(pageNo, start, there - start);
  let at = start;
  while (page != 0 && at < end) {
    const next = at + 2 <= there ? at + LEAF_ENTRY + load<u16>(page + at) : there + 1;
    if (next > there) {
      if (there == end) return SEARCH_UNKNOWN;
      there = end;
      page = access.part(pageNo, start, end - start);
      continue;
    }
    if (!isKey(page + at + 2, next - at - LEAF_ENTRY)) return SEARCH_UNKNOWN;
    const order = compareKeyToProbe(page + at + 2, key);
    if (order == 0) {
      foundAddress = addressIn(page + at);
      return SEARCH_FOUND;
    }
    if (order > 0) return SEARCH_ABSENT;
    at = next;
  }
  return page == 0 ? SEARCH_UNKNOWN : SEARCH_ABSENT;
}
