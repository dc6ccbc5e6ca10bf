/**
 * Changes of index entries that wait: of a transaction's statements, or of a batch of new rows. They are carried out index by index, in the
 * order of keys, so that each leaf is looked for, read and written once for many rows. Row by row, an index costs a move of half a leaf
 * for each of them, and one that is larger than the cache a page out and a page in.
 *
 * Of a transaction's statements, changes of most indexes wait (`TableIndex.mayWait`), but not those of an update that other rows' keys
 * follow. A unique key is looked for among them (`BufferedChanges.find`), and the rows that refer to a key in the tree while none of them
 * is of that key (`TableIndex.seekEqual`); whoever looks into one of the trees otherwise has all changes carried out first
 * (`TableIndex.settle`). Entries of primary keys that come in order cost little where they go: those wait only behind removals, or
 * where the leaf that the first of them belongs to is not in memory.
 *
 * Of a batch's rows all entries but the primary key's wait, and with them the check of unique ones.
 */
import { Status, OK, OUT_OF_MEMORY, fail } from "../status";
import { allocBlock, freeBlock, BLOCK_SIZE } from "../memory/base/block-pool";
import { MemoryManager } from "../memory/manager/memory-manager";
import { BY_RECORD, BY_TIME, EntryChange, sortChanges } from "../index/entry-change";
import { conflicting } from "../index/apply-changes";
import { checkKeySize } from "../index/index-tree";
import { BufferedChanges } from "../index/buffered-changes";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { Table } from "./table";
import { EntryKeeper, TableIndex } from "./table-index";
import { findTable } from "./table-list";

/** As many blocks are enough as are a quarter of the cache, but no fewer and no more than these. */
const FEWEST_BLOCKS: i32 = 32;
const MOST_BLOCKS: i32 = 256;

function noMemory(): Status {
  return fail(OUT_OF_MEMORY, "no memory for the entries of indexes");
}

/** An index with changes that wait. */
class WaitingIndex {
  constructor(
    readonly table: string,
    readonly index: TableIndex,
    readonly position: i32,
    readonly changes: BufferedChanges,
    /** Whether it is a unique one of a batch: its keys are still to be checked. */
    readonly unverified: bool,
  ) {}
}

export class WriteBuffer {
  private readonly enough: i32;
  private readonly blocks: Array<usize> = new Array<usize>();
  /** Bytes used of the last block. */
  private used: u32 = 0;
  /** Changes that are larger than a block, of keys that almost fill a page: on the heap. */
  private readonly large: Array<usize> = new Array<usize>();
  private readonly waiting: Array<WaitingIndex> = new Array<WaitingIndex>();
  /** The table of a batch. */
  batchTable: Table | null = null;
  /** Whose changes come next: grows from statement to statement, or from row to row of a batch. */
  tag: u64 = 0;
  /** Of a batch: a row with a key that another one has, the one that came first. */
  conflictTable: string = "";
  conflictIndex: i32 = -1;
  conflictAddress: RecordAddress = NO_ADDRESS;
  conflictTag: u64 = 0;
  /** Why the changes could not be carried out. What that left can only be rolled back. */
  failure: Status = OK;
  isFull: bool = false;

  /** `keeper` is asked to carry the changes out before anything looks into a tree that they are of. */
  constructor(
    private readonly keeper: EntryKeeper,
    manager: MemoryManager,
  ) {
    this.enough = min(max((<i32>manager.cache.mostFrames) >> 2, FEWEST_BLOCKS), MOST_BLOCKS);
  }

  get isEmpty(): bool {
    return this.waiting.length == 0;
  }

  /** Whether a change of index number `i` of `table` is to wait. */
  @inline takes(table: Table, i: i32, removes: bool): bool {
    if (this.batchTable !== null) return i > 0;
    const index = unchecked(table.indexes[i]);
    return index.mayWait && (i > 0 || removes || index.tree.waiting !== null);
  }

  /** Whether the entry with `key` of a new row is to wait, too, in index number `i`, whose leaf for it may be far away. */
  takesNew(table: Table, i: i32, key: usize): bool {
    if (this.takes(table, i, false)) return true;
    const index = unchecked(table.indexes[i]);
    if (this.batchTable !== null || !index.mayWait || index.tree.isAtHand(key)) return false;
    this.startWaiting(table, i, index);
    return true;
  }

  /** Takes a change of an entry in index number `i`. */
  add(table: Table, i: i32, removes: bool, key: usize, keyLen: u32, address: RecordAddress): Status {
    const status = checkKeySize(keyLen);
    if (status != OK) return status;
    const index = unchecked(table.indexes[i]);
    const changes = index.tree.waiting || this.startWaiting(table, i, index);
    const at = this.room(EntryChange.size(keyLen));
    if (at == 0) return noMemory();
    changes.add(EntryChange.make(at, removes, key, keyLen, address, this.tag, changes.newest));
    index.tree.noteChange();
    this.isFull = this.isFull || this.blocks.length + this.large.length + this.waiting.length >= this.enough;
    return OK;
  }

  /** Room for a change of `size` bytes; 0 when there is no memory. */
  private room(size: u32): usize {
    if (size > BLOCK_SIZE) {
      const large = heap.alloc(size);
      this.large.push(large);
      return large;
    }
    if (this.blocks.length == 0 || this.used + size > BLOCK_SIZE) {
      const block = allocBlock();
      if (block == 0) return 0;
      this.blocks.push(block);
      this.used = 0;
    }
    const at = unchecked(this.blocks[this.blocks.length - 1]) + this.used;
    this.used += size;
    return at;
  }

  /** Makes index number `i` of `table` one with changes. */
  private startWaiting(table: Table, i: i32, index: TableIndex): BufferedChanges {
    const inBatch = this.batchTable !== null;
    const late = inBatch && index.unique;
    const changes = new BufferedChanges(index.unique);
    if (!inBatch && index.isSearched) changes.makeFindable();
    index.tree.waiting = changes;
    index.keeper = this.keeper;
    this.waiting.push(new WaitingIndex(table.name, index, i, changes, late));
    return changes;
  }

  /** Carries all changes out, also in the middle of a statement: if that fails, so does the transaction. */
  flush(): Status {
    return this.keeper.flushChanges();
  }

  /** Whether there are changes of the statement that `tag` is of. */
  get hasOfStatement(): bool {
    for (let k = 0; k < this.waiting.length; k++) {
      const newest = this.waiting[k].changes.newest;
      if (newest && newest.tag == this.tag) return true;
    }
    return false;
  }

  /** Forgets the changes of the statement that `tag` is of. */
  forgetStatement(): void {
    for (let k = 0; k < this.waiting.length; k++) this.waiting[k].changes.forget(this.tag);
  }

  /**
   * Carries out all changes, in the indexes of `tables`. In a batch a row whose key another one has is left out: the first such row is
   * `conflict…`. Unless all of it is to be `undoable`, the undo list is cut on the way where it grows long.
   */
  carryOut(tables: Array<Table>, undoable: bool): Status {
    let status = OK;
    // Carrying them out looks into the trees itself.
    for (let k = 0; k < this.waiting.length; k++) this.waiting[k].index.tree.waiting = null;
    for (let k = 0; k < this.waiting.length && status == OK; k++) {
      const waiting = this.waiting[k];
      // A statement that failed in a transaction that made or dropped tables has them all opened anew.
      const table = findTable(tables, waiting.table)!;
      status = table.refresh();
      if (status == OK) status = this.carryOutOne(table, waiting, undoable);
    }
    if (status == OK) this.clear();
    // Else nothing can be found in the trees, not even by key, until a rollback.
    for (let k = 0; k < this.waiting.length; k++) {
      const waiting = this.waiting[k];
      waiting.changes.free();
      waiting.index.tree.waiting = waiting.changes;
    }
    return status;
  }

  private carryOutOne(table: Table, waiting: WaitingIndex, undoable: bool): Status {
    const count = waiting.changes.count;
    const list = heap.alloc((<usize>count) << 2);
    const other = heap.alloc((<usize>count) << 2);
    let change = waiting.changes.newest;
    for (let i = count; i > 0 && change; i--) {
      store<u32>(list + ((<usize>(i - 1)) << 2), <u32>changetype<usize>(change));
      change = change.previous;
    }
    const index = table.indexes[waiting.position];
    const sorted = sortChanges(list, other, count, waiting.unverified ? BY_TIME : BY_RECORD) ? other : list;
    const status = table.applyChanges(index, sorted, count, waiting.unverified, undoable);
    const late = conflicting;
    if (late && (this.conflictIndex < 0 || late.tag < this.conflictTag)) {
      this.conflictTable = waiting.table;
      this.conflictIndex = waiting.position;
      this.conflictAddress = late.address;
      this.conflictTag = late.tag;
    }
    heap.free(list);
    heap.free(other);
    return status;
  }

  /** Forgets all changes. */
  private clear(): void {
    while (this.blocks.length > 0) freeBlock(this.blocks.pop());
    while (this.large.length > 0) heap.free(this.large.pop());
    while (this.waiting.length > 0) {
      const waiting = this.waiting.pop();
      waiting.index.tree.waiting = null;
      waiting.changes.free();
    }
    this.isFull = false;
  }

  /** Forgets everything, also that there was a failure: the transaction is taken back, at least to where nothing waited. */
  reset(): void {
    this.clear();
    this.batchTable = null;
    this.conflictIndex = -1;
    this.conflictTag = 0;
    this.failure = OK;
  }
}

/** Whether a batch of new rows of `table` can wait: not when the checks of its rows need one of the indexes, or one is there twice. */
export function canBatch(table: Table): bool {
  if (table.isCatalog) return false;
  for (let i = 0; i < table.references.length; i++) {
    const reference = table.references[i];
    if (reference.table !== table) continue;
    const key = reference.table.schema.columns[reference.column].foreignKey;
    if (!key || key.column != table.schema.primaryKey) return false;
  }
  for (let i = 0; i < table.indexes.length; i++) {
    if (table.indexOn(table.indexes[i].definition.columns) !== table.indexes[i]) return false;
  }
  return true;
}
