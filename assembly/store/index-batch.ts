/**
 * Index entries of new rows, collected and then added in the order of their keys: each leaf is looked for, read and written once for many
 * rows. Row by row, an index that is larger than the cache costs a page out and a page in for almost each of them.
 *
 * The primary key's entries are not among them. Until the batch is flushed the other indexes lack its rows, and nothing may read them.
 */
import { Status, OK, OUT_OF_MEMORY, fail, lastError } from "../status";
import { copyBytes } from "../encode/byte-buffer";
import { compareKeys } from "../encode/key";
import { allocBlock, freeBlock } from "../memory/block-pool";
import { PAGE_SIZE } from "../memory/layout";
import { checkKeySize } from "../index/index-tree";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { Table } from "./table";

/** Entries are kept in blocks of 64 KiB, and so are lists of them. So many blocks of entries, or a full list, are to be flushed. */
const FULL_BLOCKS: i32 = 32;
const FULL_LIST: u32 = PAGE_SIZE >> 2;
/** An entry: address u64, tag u64, length of the key u32, key. */
const TAG: usize = 8;
const KEY_LEN: usize = 16;
const KEY: usize = 20;

function noMemory(): Status {
  return fail(OUT_OF_MEMORY, "no memory for the entries of indexes");
}

export class IndexBatch {
  private readonly blocks: Array<usize> = new Array<usize>();
  /** Bytes used of the last block. */
  private used: u32 = 0;
  /** For each index where its entries are (u32), and how many; for the primary key's none. */
  private readonly lists: StaticArray<usize>;
  private readonly counts: StaticArray<u32>;
  /** A row with a key that another one has: the one that came first. */
  conflictIndex: i32 = -1;
  conflictAddress: RecordAddress = NO_ADDRESS;
  conflictTag: u64 = 0;
  /** Why a flush failed. What it left can only be rolled back. */
  failure: Status = OK;

  private constructor(public table: Table) {
    this.lists = new StaticArray<usize>(table.indexes.length);
    this.counts = new StaticArray<u32>(table.indexes.length);
  }

  /** A batch for new rows of `table`; null when the checks of its rows need one of the indexes that wait, or one is there twice. */
  static of(table: Table): IndexBatch | null {
    for (let i = 0; i < table.references.length; i++) {
      const reference = table.references[i];
      if (reference.table !== table) continue;
      const key = reference.table.schema.columns[reference.column].foreignKey;
      if (!key || key.column != table.schema.primaryKey) return null;
    }
    for (let i = 0; i < table.indexes.length; i++) {
      if (table.indexOn(table.indexes[i].definition.columns) !== table.indexes[i]) return null;
    }
    return new IndexBatch(table);
  }

  get isEmpty(): bool {
    return this.blocks.length == 0;
  }

  /** Whether it is time for a flush. */
  get isFull(): bool {
    return this.blocks.length >= FULL_BLOCKS || (this.counts.length > 1 && unchecked(this.counts[1]) == FULL_LIST);
  }

  /** Takes the entry of the record at `address` in index number `i`. `tag` tells its row from others, and is larger for later ones. */
  add(i: i32, key: usize, keyLen: u32, address: RecordAddress, tag: u64): Status {
    const status = checkKeySize(keyLen);
    if (status != OK) return status;
    // The largest one fits into a block.
    const size = <u32>KEY + keyLen;
    if (this.blocks.length == 0 || this.used + size > PAGE_SIZE) {
      const block = allocBlock();
      if (block == 0) return noMemory();
      this.blocks.push(block);
      this.used = 0;
    }
    if (unchecked(this.lists[i]) == 0) {
      const list = allocBlock();
      if (list == 0) return noMemory();
      unchecked((this.lists[i] = list));
    }
    const at = unchecked(this.blocks[this.blocks.length - 1]) + this.used;
    this.used += size;
    store<u64>(at, address);
    store<u64>(at, tag, TAG);
    store<u32>(at, keyLen, KEY_LEN);
    copyBytes(at + KEY, key, keyLen);
    const count = unchecked(this.counts[i]);
    store<u32>(unchecked(this.lists[i]) + ((<usize>count) << 2), <u32>at);
    unchecked((this.counts[i] = count + 1));
    return OK;
  }

  /**
   * Adds the entries to their indexes; `isEmpty` when all are done. A row whose key another one has is not added: the first such row is
   * `conflict…`. Unless all of it is to be `undoable`, the undo list is cut on the way where it grows long.
   */
  flush(undoable: bool): Status {
    const manager = this.table.access.manager;
    for (let i = 0; i < this.lists.length; i++) {
      const count = unchecked(this.counts[i]);
      let status = this.sort(i, count);
      const list = unchecked(this.lists[i]);
      for (let j: u32 = 0; j < count && status == OK; j++) {
        status = this.addEntry(i, <usize>load<u32>(list + ((<usize>j) << 2)));
        if (!undoable) manager.statementDone();
      }
      if (status != OK) return status;
    }
    this.clear();
    return OK;
  }

  private addEntry(i: i32, at: usize): Status {
    const index = unchecked(this.table.indexes[i]);
    const address = load<u64>(at);
    if (index.unique) {
      if (index.tree.place(at + KEY) != NO_ADDRESS) {
        const tag = load<u64>(at, TAG);
        if (this.conflictIndex < 0 || tag < this.conflictTag) {
          this.conflictIndex = i;
          this.conflictAddress = address;
          this.conflictTag = tag;
        }
        return OK;
      }
      if (lastError.status != OK) return lastError.status;
    }
    return this.table.addEntry(index, at + KEY, load<u32>(at, KEY_LEN), address, index.unique);
  }

  /** Forgets all entries. */
  private clear(): void {
    while (this.blocks.length > 0) freeBlock(this.blocks.pop());
    this.counts.fill(0);
  }

  free(): void {
    this.clear();
    for (let i = 0; i < this.lists.length; i++) {
      if (this.lists[i] != 0) freeBlock(this.lists[i]);
      this.lists[i] = 0;
    }
  }

  /** Merge sort of a list by key, and by time within a key: runs of 1, 2, 4… entries go from one block to another. */
  private sort(i: i32, count: u32): Status {
    if (count < 2) return OK;
    let from = unchecked(this.lists[i]);
    let to = allocBlock();
    if (to == 0) return noMemory();
    for (let run: u32 = 1; run < count; run <<= 1) {
      for (let start: u32 = 0; start < count; start += run << 1) {
        this.merge(from, to, start, min(start + run, count), min(start + (run << 1), count));
      }
      const other = from;
      from = to;
      to = other;
    }
    freeBlock(to);
    unchecked((this.lists[i] = from));
    return OK;
  }

  /** Merges the entries from `a` and from `b` on, which end at `b` and `end`. */
  private merge(from: usize, to: usize, a: u32, b: u32, end: u32): void {
    const middle = b;
    let at = to + ((<usize>a) << 2);
    while (a < middle && b < end) {
      const left = load<u32>(from + ((<usize>a) << 2));
      const right = load<u32>(from + ((<usize>b) << 2));
      if (compareKeys(<usize>left + KEY, <usize>right + KEY) <= 0) {
        store<u32>(at, left);
        a += 1;
      } else {
        store<u32>(at, right);
        b += 1;
      }
      at += 4;
    }
    const rest = (middle - a) << 2;
    memory.copy(at, from + ((<usize>a) << 2), rest);
    memory.copy(at + rest, from + ((<usize>b) << 2), (end - b) << 2);
  }
}
