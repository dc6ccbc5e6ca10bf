/**
 * Changes of a tree's entries that were not carried out yet, newest first; and by a hash table of their keys what they make of a key (of
 * a unique tree of one column), or whether any is of it (of one that is looked into for rows that refer to a key).
 */
import { bytesEqual } from "../encode/bytes";
import {
  VALUE_BLOB,
  VALUE_INT8,
  VALUE_INT16,
  VALUE_INT32,
  VALUE_INT64,
  VALUE_TEXT,
  VALUE_UINT8,
  VALUE_UINT16,
  VALUE_UINT32,
  VALUE_UINT64,
  VALUE_UUID,
} from "../encode/data-type";
import { BLOCK_SIZE, allocBlock, freeBlock } from "../memory/base/block-pool";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { EntryChange } from "./entry-change";

/** `BufferedChanges.find` knows nothing of the key: the tree does. */
export const NOT_BUFFERED: RecordAddress = NO_ADDRESS - 1;

/** Slots of a hash table: four bytes each, a block. */
const SLOT_BITS: u32 = 14;
const SLOTS: u32 = 1 << SLOT_BITS;
/** So many changes are enough: a list of them fits a block, and a quarter of the slots is free. A statement adds one or two. */
const ENOUGH: u32 = (BLOCK_SIZE >> 2) - 8;
const ENOUGH_FINDABLE: u32 = (SLOTS >> 2) * 3;

export class BufferedChanges {
  newest: EntryChange | null = null;
  count: u32 = 0;
  /**
   * A hash table with the newest change of each key: its address, and three bits of the key's hash in the address's lowest, so that hardly
   * any other key is compared. 0 when there is none, and keys can't be looked for.
   */
  private slots: usize = 0;

  constructor(private readonly unique: bool) {}

  /** Makes the hash table, for keys that are equal only if their bytes are; false when there is no memory. */
  makeFindable(): bool {
    this.slots = allocBlock();
    if (this.slots != 0) memory.fill(this.slots, 0, BLOCK_SIZE);
    return this.slots != 0;
  }

  /** Whether `find` can be asked. */
  get isFindable(): bool {
    return this.slots != 0 && this.unique;
  }

  /** Whether a change may be of `key`. */
  concerns(key: usize): bool {
    return this.slots == 0 || this.newestOf(key) !== null;
  }

  get isFull(): bool {
    return this.count >= (this.slots != 0 ? ENOUGH_FINDABLE : ENOUGH);
  }

  /** Adds a change that was made to have `newest` as its previous one. */
  add(change: EntryChange): void {
    this.newest = change;
    this.count += 1;
    if (this.slots == 0) return;
    const hash = hashOf(change.key, change.keyLen);
    store<u32>(this.slotOf(change.key, change.keyLen, hash), slotValue(change, hash));
  }

  /** Forgets the newest changes as far as they have `tag`. */
  forget(tag: u64): void {
    const count = this.count;
    let newest = this.newest;
    while (newest && newest.tag == tag) {
      newest = newest.previous;
      this.count -= 1;
    }
    this.newest = newest;
    if (this.slots == 0 || count == this.count) return;
    memory.fill(this.slots, 0, BLOCK_SIZE);
    for (let left = this.count; left > 0 && newest; left--) {
      const hash = hashOf(newest.key, newest.keyLen);
      const slot = this.slotOf(newest.key, newest.keyLen, hash);
      if (load<u32>(slot) == 0) store<u32>(slot, slotValue(newest, hash));
      newest = newest.previous;
    }
  }

  /** The record with `key`, `NO_ADDRESS` when there is none any more, and `NOT_BUFFERED` when no change is about it. */
  find(key: usize): RecordAddress {
    const change = this.newestOf(key);
    if (!change) return NOT_BUFFERED;
    return change.removes ? NO_ADDRESS : change.address;
  }

  private newestOf(key: usize): EntryChange | null {
    const keyLen = 8 + load<u32>(key, 4);
    return changeIn(load<u32>(this.slotOf(key, keyLen, hashOf(key, keyLen))));
  }

  /** The slot with the change of `key`, which has the hash `hash`, or where it goes. */
  private slotOf(key: usize, keyLen: u32, hash: u32): usize {
    let slot = hash;
    let at = this.slotAt(slot);
    let known = load<u32>(at);
    while (known != 0) {
      const change = changeIn(known)!;
      if (known == slotValue(change, hash) && bytesEqual(change.key, change.keyLen, key, keyLen)) break;
      slot += 1;
      at = this.slotAt(slot);
      known = load<u32>(at);
    }
    return at;
  }


  @inline private slotAt(slot: u32): usize {
    return this.slots + ((<usize>(slot & (SLOTS - 1))) << 2);
  }

  free(): void {
    if (this.slots != 0) freeBlock(this.slots);
    this.slots = 0;
  }
}

/** What a slot has for a change whose key has the hash `hash`; changes lie at multiples of eight. */
@inline
function slotValue(change: EntryChange, hash: u32): u32 {
  return (<u32>changetype<usize>(change)) | ((hash >> SLOT_BITS) & 7);
}

/** The change in a slot, or null. */
@inline
function changeIn(value: u32): EntryChange | null {
  return changetype<EntryChange | null>(<usize>(value & ~7));
}

/** A hash of 24 bits of a key's bytes: multiplications and shifts over words of eight. */
function hashOf(key: usize, keyLen: u32): u32 {
  const end = key + keyLen - 8;
  let hash: u64 = keyLen;
  // A key has at least nine bytes; the last word may overlap the one before it.
  for (; key < end; key += 8) {
    hash = (hash ^ load<u64>(key)) * FACTOR;
    hash ^= hash >> 32;
  }
  hash = (hash ^ load<u64>(end)) * FACTOR;
  return <u32>(hash >> 40);
}

const FACTOR: u64 = 0x9e3779b97f4a7c15;

/** Whether keys of a column of this type are equal only if their bytes are. */
export function isPlainKeyType(discriminant: u32): bool {
  switch (discriminant) {
    case VALUE_TEXT:
    case VALUE_BLOB:
    case VALUE_UUID:
    case VALUE_UINT8:
    case VALUE_UINT16:
    case VALUE_UINT32:
    case VALUE_UINT64:
    case VALUE_INT8:
    case VALUE_INT16:
    case VALUE_INT32:
    case VALUE_INT64:
      return true;
    default:
      return false;
  }
}
