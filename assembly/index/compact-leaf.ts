/**
 * A leaf whose keys are one integer each, in less than half of its room: of an entry it has how far its key is from the first one, and
 * its record's address. An index whose leaves don't fit into memory then mostly does, and a lookup reads nothing but the record.
 *
 *   count u16 | bytes of a distance u8 (2 or 4) | the keys' discriminant u8 | lowest page u32 | first key u64 |
 *   { address less the lowest page's start u32 } … | { distance } … |
 */
import { MemoryAccess } from "../memory/access/memory-access";
import { Frame } from "../memory/cache/page-cache";
import { MAX_COMPACT } from "../memory/cache/compact-cache";
import { VALUE_INT32, VALUE_INT64, VALUE_UINT32, VALUE_UINT64 } from "../encode/data-type";
import { NO_ADDRESS, RecordAddress, addressOf, addressPage } from "../table/page-ledger";
import { entryCount, entryKey, leafAddress } from "./node";

/** `findCompact` can't tell. */
export const NOT_COMPACT: RecordAddress = NO_ADDRESS - 1;

const LOWEST: u32 = 4;
const FIRST: u32 = 8;
const ADDRESSES: u32 = 16;
/** Where a key of one value has its discriminant, and the value. */
const KEY_TYPE: u32 = 8;
const KEY_VALUE: u32 = 9;

/** How far the value of `key` is from `first`; more than any entry's where it is below it. */
@inline
function distanceOf(key: usize, type: u32, first: u64): u64 {
  if (type == VALUE_INT32 || type == VALUE_UINT32) return <u64>(load<u32>(key, KEY_VALUE) - <u32>first);
  return load<u64>(key, KEY_VALUE) - first;
}

/** Whether the keys of a leaf are of a type that it can be compact with. */
function isCompactable(type: u32): bool {
  return type == VALUE_INT32 || type == VALUE_UINT32 || type == VALUE_INT64 || type == VALUE_UINT64;
}

/** Bytes of a leaf's compact form; 0 when it has none. All entries are looked at. */
export function compactLen(leaf: Frame): u32 {
  const count = entryCount(leaf);
  // All are of one size, and of the first one's type.
  if (leaf.stride == 0 || count == 0) return 0;
  const start = entryKey(leaf, 0);
  const type = <u32>load<u8>(start, KEY_TYPE);
  if (load<u32>(start) != 1 || !isCompactable(type)) return 0;
  const first = distanceOf(start, type, 0);
  let lowest = u32.MAX_VALUE;
  let highest: u32 = 0;
  let before: u64 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    const page = addressPage(leafAddress(leaf, slot));
    lowest = min(lowest, page);
    highest = max(highest, page);
    const distance = distanceOf(entryKey(leaf, slot), type, first);
    // A damaged one.
    if (distance < before) return 0;
    before = distance;
  }
  const size = ADDRESSES + count * (4 + widthOf(before));
  return before > u32.MAX_VALUE || highest - lowest > u16.MAX_VALUE || size > MAX_COMPACT ? 0 : size;
}

/** Bytes that distances up to `last` take. */
@inline
function widthOf(last: u64): u32 {
  return last > u16.MAX_VALUE ? 4 : 2;
}

/** Keeps a leaf in its compact form of `len` bytes, if there is room; its frame, which was read just now, is free then. */
export function keepCompact(access: MemoryAccess, leaf: Frame, len: u32): void {
  const compact = access.manager.makeCompact(leaf, len);
  if (compact == 0) return;
  const count = entryCount(leaf);
  const start = entryKey(leaf, 0);
  const type = <u32>load<u8>(start, KEY_TYPE);
  const first = distanceOf(start, type, 0);
  const width = widthOf(distanceOf(entryKey(leaf, count - 1), type, first));
  let lowest = u32.MAX_VALUE;
  for (let slot: u32 = 0; slot < count; slot++) lowest = min(lowest, addressPage(leafAddress(leaf, slot)));
  store<u16>(compact, <u16>count);
  store<u8>(compact, <u8>width, 2);
  store<u8>(compact, <u8>type, 3);
  store<u32>(compact, lowest, LOWEST);
  store<u64>(compact, first, FIRST);
  const distances = compact + ADDRESSES + (count << 2);
  for (let slot: u32 = 0; slot < count; slot++) {
    store<u32>(compact + (slot << 2), <u32>(leafAddress(leaf, slot) - addressOf(lowest, 0)), ADDRESSES);
    const distance = <u32>distanceOf(entryKey(leaf, slot), type, first);
    if (width == 2) store<u16>(distances + (slot << 1), <u16>distance);
    else store<u32>(distances + (slot << 2), distance);
  }
  access.manager.cache.letGo(leaf);
}

/**
 * The record of the first entry with the key `key` in leaf `pageNo`, `NO_ADDRESS` when it has none, `NOT_COMPACT` when nothing is known
 * of the leaf.
 */
export function findCompact(access: MemoryAccess, pageNo: u32, key: usize): RecordAddress {
  const compact = access.manager.compact.find(pageNo);
  if (compact == 0) return NOT_COMPACT;
  const type = <u32>load<u8>(compact, 3);
  // A key of another type is none that the leaf has; of its order the leaf's own search knows.
  if (load<u32>(key) != 1 || load<u8>(key, KEY_TYPE) != type) return NOT_COMPACT;
  const wanted = distanceOf(key, type, load<u64>(compact, FIRST));
  const count = <u32>load<u16>(compact);
  const distances = compact + ADDRESSES + (count << 2);
  const slot = load<u8>(compact, 2) == 2 ? slotOf<u16>(distances, count, wanted) : slotOf<u32>(distances, count, wanted);
  if (slot == count) return NO_ADDRESS;
  return addressOf(load<u32>(compact, LOWEST), 0) + load<u32>(compact + (slot << 2), ADDRESSES);
}

/** The first of `count` ascending distances, of which the first is 0, that is `wanted`; the count when there is none. */
function slotOf<T>(distances: usize, count: u32, wanted: u64): u32 {
  const size = <u32>sizeof<T>();
  const last = <u64>load<T>(distances + (count - 1) * size);
  if (wanted > last) return count;
  // Where it is if they are spread evenly, as keys are that were given out one by one.
  let at: u32 = 0;
  let left = count;
  const guess = last == 0 ? 0 : <u32>((wanted * (count - 1)) / last);
  if (<u64>load<T>(distances + guess * size) < wanted) {
    at = guess + 1;
    left = count - at;
  } else if (guess > 0 && <u64>load<T>(distances + (guess - 1) * size) < wanted) {
    at = guess;
    left = 0;
  } else left = guess;
  while (left > 0) {
    const half = left >> 1;
    const isBelow = <u64>load<T>(distances + (at + half) * size) < wanted;
    at = select(at + half + 1, at, isBelow);
    left = select(left - half - 1, half, isBelow);
  }
  return <u64>load<T>(distances + at * size) == wanted ? at : count;
}
