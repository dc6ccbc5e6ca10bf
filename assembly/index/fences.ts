/**
 * Looking up a key in a leaf that was in memory before, with one read of a sector: for each of the leaf's sectors its first entry's
 * place and key are kept (fence pointers, as LSM trees have them for their blocks).
 *
 *   count u16 | end of the last entry u16 | { the entry's offset u16 | where its key is in all this u16 } … | keys
 */
import { MemoryAccess } from "../memory/access/memory-access";
import { Frame, PAGE_SECTORS, SECTOR_SHIFT } from "../memory/cache/page-cache";
import { MAX_DERIVED } from "../memory/cache/derived-cache";
import { compareKeyToProbe, isKey } from "../encode/key";
import { LEAF_ENTRY, entryCount, entryKey, entryKeyLen, entryOffset } from "./node";
import { SEARCH_ABSENT, SEARCH_FOUND, SEARCH_UNKNOWN, foundAt } from "./sector-search";

const FENCES: u32 = 4;
const FENCE: u32 = 4;

/** Keeps the fences of a leaf that was read for a lookup. */
export function noteFences(access: MemoryAccess, leaf: Frame): void {
  const count = entryCount(leaf);
  let fences: u32 = 0;
  let size = FENCES;
  let slot: u32 = 0;
  for (let sector: u32 = 0; sector < PAGE_SECTORS; sector++) {
    slot = firstIn(leaf, sector, slot);
    if (slot == count) break;
    // None starts in a sector that a long one fills: the next one is the fence of a later sector only.
    if (entryOffset(leaf, slot) >> SECTOR_SHIFT != sector) continue;
    unchecked((slots[fences++] = slot));
    size += FENCE + entryKeyLen(leaf, slot);
  }
  if (fences == 0 || size > MAX_DERIVED || leaf.used > 0xffff) return;
  const derived = access.manager.makeDerived(leaf, size);
  if (derived == 0) return;
  store<u16>(derived, <u16>fences);
  store<u16>(derived, <u16>leaf.used, 2);
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

/** Looks `key` up in the leaf `pageNo`, which is not in memory, as `findInSectors` does: `SEARCH_UNKNOWN` when it has no fences. */
export function findByFences(access: MemoryAccess, pageNo: u32, key: usize): i32 {
  const derived = access.manager.derived.find(pageNo);
  if (derived == 0) return SEARCH_UNKNOWN;
  let low: u32 = 0;
  let high = <u32>load<u16>(derived);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeyToProbe(derived + load<u16>(derived + FENCE * middle, FENCES + 2), key) < 0) low = middle + 1;
    else high = middle;
  }
  const fence = derived + FENCE * low;
  const isLast = low == <u32>load<u16>(derived);
  const end = isLast ? <u32>load<u16>(derived, 2) : <u32>load<u16>(fence, FENCES);
  const isFence = !isLast && compareKeyToProbe(derived + load<u16>(fence, FENCES + 2), key) == 0;
  if (low > 0) {
    const outcome = findBetween(access, pageNo, load<u16>(fence - FENCE, FENCES), end, key);
    if (outcome != SEARCH_ABSENT || !isFence) return outcome;
  }
  if (!isFence) return SEARCH_ABSENT;
  const next = low + 1 == <u32>load<u16>(derived) ? <u32>load<u16>(derived, 2) : <u32>load<u16>(fence, FENCE + FENCES);
  return findBetween(access, pageNo, end, next, key);
}

/**
 * Looks `key` up among the entries from byte `start` to `end`, all but the last of which are in one sector: the next one is read only for
 * that. Every entry that is looked at is checked.
 */
function findBetween(access: MemoryAccess, pageNo: u32, start: u32, end: u32, key: usize): i32 {
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
      foundAt(page + at);
      return SEARCH_FOUND;
    }
    if (order > 0) return SEARCH_ABSENT;
    at = next;
  }
  return page == 0 ? SEARCH_UNKNOWN : SEARCH_ABSENT;
}
