/**
 * Changes of an index's entries that are carried out together, in the order of the leaves (`apply-changes.ts`). They lie in blocks of their
 * maker's; lists of them hold their addresses.
 */
import { copyBytes } from "../encode/bytes";
import { compareKeys, hasNull } from "../encode/key";
import { RecordAddress, addressOffset, addressPage } from "../table/page-ledger";
import { isExact, rankOf } from "./key-words";
import { LEAF_ENTRY } from "./node";

/** An entry that comes or goes. The entry itself, as it is in a leaf, is behind these fields. */
@unmanaged
export class EntryChange {
  /** In the order of the keys as far as it goes; equal keys have the same. */
  rank: u64;
  address: RecordAddress;
  /** Whose change it is; not smaller than that of one before. */
  tag: u64;
  /** The change before it in the same index. */
  previous: EntryChange | null;
  removes: bool;
  /** Whether keys of the same rank are equal. */
  exact: bool;

  /** Bytes of a change whose key has `keyLen`. */
  @inline static size(keyLen: u32): u32 {
    return (offsetof<EntryChange>() + LEAF_ENTRY + keyLen + 7) & ~7;
  }

  /** Makes the `size(keyLen)` bytes at `ptr` a change. */
  static make(
    ptr: usize,
    removes: bool,
    key: usize,
    keyLen: u32,
    address: RecordAddress,
    tag: u64,
    previous: EntryChange | null,
  ): EntryChange {
    const change = changetype<EntryChange>(ptr);
    change.address = address;
    change.tag = tag;
    change.previous = previous;
    change.removes = removes;
    const rank = rankOf(key);
    change.rank = rank;
    change.exact = isExact(key, rank);
    const entry = change.entry;
    store<u16>(entry, <u16>keyLen);
    copyBytes(entry + 2, key, keyLen);
    store<u32>(entry + keyLen, addressPage(address), 2);
    store<u16>(entry + keyLen, <u16>addressOffset(address), 6);
    return change;
  }


  @inline get entry(): usize {
    return changetype<usize>(this) + offsetof<EntryChange>();
  }


  @inline get entryLen(): u32 {
    return LEAF_ENTRY + this.keyLen;
  }


  @inline get key(): usize {
    return this.entry + 2;
  }


  @inline get keyLen(): u32 {
    return load<u16>(this.entry);
  }
}

/** The change number `i` of the list at `list`. */
@inline
export function changeAt(list: usize, i: u32): EntryChange {
  return changetype<EntryChange>(<usize>load<u32>(list + ((<usize>i) << 2)));
}

/** Changes are sorted by key, and within a key by time; within one that has a null by record, as several may have it. */
export const BY_TIME: bool = true;
/** Changes are sorted by key, within a key by record, and changes of one entry by time. */
export const BY_RECORD: bool = false;

/** Sorts the `count` changes of the list at `list`, which are in the order of time; true when the sorted list is at `other` instead. */
export function sortChanges(list: usize, other: usize, count: u32, byTime: bool): bool {
  let from = list;
  let to = other;
  // Runs of 1, 2, 4… changes go from one list to the other.
  for (let run: u32 = 1; run < count; run <<= 1) {
    for (let start: u32 = 0; start < count; start += run << 1) {
      merge(from, to, start, min(start + run, count), min(start + (run << 1), count), byTime);
    }
    const next = from;
    from = to;
    to = next;
  }
  return from == other;
}

/** Merges the changes from `a` and from `b` on, which end at `b` and `end`. */
function merge(from: usize, to: usize, a: u32, b: u32, end: u32, byTime: bool): void {
  const middle = b;
  let at = to + ((<usize>a) << 2);
  if (b == end || !isBefore(changeAt(from, b), changeAt(from, b - 1), byTime)) {
    copyBytes(at, from + ((<usize>a) << 2), (end - a) << 2);
    return;
  }
  while (a < middle && b < end) {
    const left = changeAt(from, a);
    const right = changeAt(from, b);
    if (isBefore(right, left, byTime)) {
      store<u32>(at, <u32>changetype<usize>(right));
      b += 1;
    } else {
      store<u32>(at, <u32>changetype<usize>(left));
      a += 1;
    }
    at += 4;
  }
  const rest = (middle - a) << 2;
  copyBytes(at, from + ((<usize>a) << 2), rest);
  copyBytes(at + rest, from + ((<usize>b) << 2), (end - b) << 2);
}

/** Whether `later`, which came after `earlier`, goes before it. */
@inline
function isBefore(later: EntryChange, earlier: EntryChange, byTime: bool): bool {
  if (later.rank != earlier.rank) return later.rank < earlier.rank;
  const order = earlier.exact ? 0 : compareKeys(later.key, earlier.key);
  if (order != 0) return order < 0;
  return later.address < earlier.address && (!byTime || hasNull(later.key));
}
