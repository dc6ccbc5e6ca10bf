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
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { EntryChange } from "./entry-change";

/** `BufferedChanges.find` knows nothing of the key: the tree does. */
export const NOT_BUFFERED: RecordAddress = NO_ADDRESS - 1;

/** Slots that a hash table begins with, four bytes each; it is made twice as large before a quarter of them is all that is free. */
const FIRST_SLOTS: u32 = 256;

export class BufferedChanges {
  newest: EntryChange | null = null;
  count: u32 = 0;
  /**
   * A hash table with the newest change of each key: its address, and three bits of the key's hash in the address's lowest, so that hardly
   * any other key is compared. 0 when there is none, and keys can't be looked for.
   */
  private slots: usize = 0;
  private mask: u32 = FIRST_SLOTS - 1;

  constructor(private readonly unique: bool) {}

  /** Makes the hash table, for keys that are equal only if their bytes are. */
  makeFindable(): void {
    this.slots = heap.alloc(FIRST_SLOTS << 2);
    this.fillSlots();
  }

  /** Whether `find` can be asked. */
  get isFindable(): bool {
    return this.slots != 0 && this.unique;
  }

  /** Whether a change may be of `key`. */
  concerns(key: usize): bool {
    return this.slots == 0 || this.newestOf(key) !== null;
  }

  /** Adds a change that was made to have `newest` as its previous one. */
  add(change: EntryChange): void {
    this.newest = change;
    this.count += 1;
    if (this.slots == 0) return;
    if (this.count > (this.mask >> 2) * 3) return this.grow();
    const hash = hashOf(change.key, change.keyLen);
    store<u32>(this.slotOf(change.key, change.keyLen, hash), slotValue(change, hash));
  }

  private grow(): void {
    this.mask = this.mask * 2 + 1;
    heap.free(this.slots);
    this.slots = heap.alloc((this.mask + 1) << 2);
    this.fillSlots();
  }

  /** Makes the table anew. */
  private fillSlots(): void {
    memory.fill(this.slots, 0, (this.mask + 1) << 2);
    let change = this.newest;
    for (let left = this.count; left > 0 && change; left--) {
      const hash = hashOf(change.key, change.keyLen);
      const slot = this.slotOf(change.key, change.keyLen, hash);
      if (load<u32>(slot) == 0) store<u32>(slot, slotValue(change, hash));
      change = change.previous;
    }
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
    if (this.slots != 0 && count != this.count) this.fillSlots();
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
    return this.slots + ((<usize>(slot & this.mask)) << 2);
  }

  free(): void {
    if (this.slots != 0) heap.free(this.slots);
    this.slots = 0;
  }
}

/** What a slot has for a change whose key has the hash `hash`; changes lie at multiples of eight. */
@inline
function slotValue(change: EntryChange, hash: u32): u32 {
  return (<u32>changetype<usize>(change)) | (hash >> (HASH_BITS - 3));
}

/** The change in a slot, or null. */
@inline
function changeIn(value: u32): EntryChange | null {
  return changetype<EntryChange | null>(<usize>(value & ~7));
}

const HASH_BITS: u32 = 24;

/** A hash of so many bits of a key's bytes: multiplications and shifts over words of eight. */
function hashOf(key: usize, keyLen: u32): u32 {
  const end = key + keyLen - 8;
  let hash: u64 = keyLen;
  // A key has at least nine bytes; the last word may overlap the one before it.
  for (; key < end; key += 8) {
    hash = (hash ^ load<u64>(key)) * FACTOR;
    hash ^= hash >> 32;
  }
  hash = (hash ^ load<u64>(end)) * FACTOR;
  return <u32>(hash >> (64 - HASH_BITS));
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
