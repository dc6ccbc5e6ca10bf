/**
 * Entries whose records move: the pointer is written over, six bytes, where the entry stays in its order. Removing it and inserting it anew
 * would move all that is behind it in the leaf, twice.
 */
import { Status, lastError, OK } from "../status";
import { bytesEqual } from "../encode/bytes";
import { compareKeys } from "../encode/key";
import { MemoryAccess } from "../memory/access/memory-access";
import { Frame } from "../memory/cache/page-cache";
import { RecordAddress, addressOffset, addressPage } from "../table/page-ledger";
import { insertIntoTree } from "./insert";
import { entryCount, entryKey, entryKeyLen, entryOffset, leafAddress } from "./node";
import { leadToEntry, removeAtPath } from "./remove";
import { ChangeableTree } from "./tree-cursor";

/** `moveEntry` has done nothing. */
export const NOT_MOVED: Status = -1;

// @ts-ignore: decorator
@lazy
const pointer: usize = heap.alloc(6);

/**
 * Makes the entry (`key`, `from`), whose key has `keyLen` bytes, point to the record at `to`; `DAMAGED` when it is not there. One that
 * would not be in its place among others of the key goes and comes again.
 */
export function moveInTree(tree: ChangeableTree, key: usize, keyLen: u32, from: RecordAddress, to: RecordAddress): Status {
  let status = leadToEntry(tree, key, from);
  if (status != OK) return status;
  const frame = tree.path.leaf();
  if (!frame) return lastError.status;
  status = moveEntry(tree.access, frame, tree.path.slot, key, keyLen, to);
  if (status != NOT_MOVED) return status;
  status = removeAtPath(tree);
  return status == OK ? insertIntoTree(tree, key, keyLen, to, false) : status;
}

/**
 * Has leaf entry `slot` point to the record at `to`; `NOT_MOVED` when it would not be in order there, or its key is not these bytes (one
 * that equals them may have others). That the tree changes is for the caller to note.
 */
export function moveEntry(access: MemoryAccess, frame: Frame, slot: u32, key: usize, keyLen: u32, to: RecordAddress): Status {
  if (!bytesEqual(entryKey(frame, slot), entryKeyLen(frame, slot), key, keyLen) || !staysInOrder(frame, slot, to))
    return NOT_MOVED;
  store<u32>(pointer, addressPage(to));
  store<u16>(pointer, <u16>addressOffset(to), 4);
  return access.writeAtRaw(frame.pageNo, entryOffset(frame, slot) + 2 + keyLen, pointer, 6);
}

/** Whether leaf entry `slot` would be in order among those of its key if it pointed to the record at `to`. */
function staysInOrder(frame: Frame, slot: u32, to: RecordAddress): bool {
  const key = entryKey(frame, slot);
  if (slot > 0 && leafAddress(frame, slot - 1) >= to && compareKeys(entryKey(frame, slot - 1), key) == 0) return false;
  if (slot + 1 == entryCount(frame)) return true;
  return leafAddress(frame, slot + 1) > to || compareKeys(key, entryKey(frame, slot + 1)) != 0;
}
