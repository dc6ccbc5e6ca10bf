/** Comparing with the first entry below a node: halving a run of equal keys over many leaves reads no more of each than a sector. */
import { MemoryAccess } from "../memory/access/memory-access";
import { RecordAddress } from "../table/page-ledger";
import { SECTOR_SHIFT } from "../memory/cache/page-cache";
import { isKey, compareKeyToProbe } from "../encode/key";
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

/** What one read brings, in bytes. */
const FIRST_SECTOR: u32 = 1 << SECTOR_SHIFT;

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
