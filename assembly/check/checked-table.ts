/** A table and its indexes as the check sees them: what could be read, and what was counted. */
import { NO_PAGE } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { U32Map } from "../memory/base/u32-map";
import { ByteBuffer } from "../encode/byte-buffer";
import { TablePages } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { IndexTree } from "../index/index-tree";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";

/** An index that the index ledger lists. */
export class CheckedIndex {
  readonly tree: IndexTree;
  /** The snapshot's index on the same columns; null when the snapshot can't be read or has none. */
  index: TableIndex | null = null;
  /** The snapshot lists it more than once (0.9.0 does for `unique` with `index`): each row may have several entries. */
  repeated: bool = false;

  entries: u64 = 0;
  /** Levels; 1 is a root that is a leaf. */
  height: u32 = 0;
  innerNodes: u32 = 0;
  leaves: u32 = 0;
  emptyLeaves: u32 = 0;
  /** Bytes in use in all nodes, headers included. */
  usedBytes: u64 = 0;
  /** Sum of the hashes of all entries. */
  hash: u64 = 0;
  /** Some node could not be read, or was reached twice. */
  incomplete: bool = false;
  /** Errors were found in it. */
  unsound: bool = false;
  /** Errors were found in what could be read of it. */
  disordered: bool = false;
  /** For each leaf in the order of the tree: page u32, prev u32, next u32, entries u32. Only for a full check. */
  readonly leafList: ByteBuffer = new ByteBuffer(64);

  constructor(
    access: MemoryAccess,
    /** Its number among the ledger's entries, from 0. */
    readonly number: u32,
    readonly columns: Array<string>,
    rootPage: u32,
    /** Where the root's number stands in the index ledger. */
    readonly rootOffset: u32,
  ) {
    this.tree = new IndexTree(access, rootPage);
  }

  /** Whether all of it could be read, and nothing is wrong with it: it has an entry for each row. */
  get isWhole(): bool {
    return !this.incomplete && !this.unsound;
  }

  /** `name` or `a,b`. */
  get columnsText(): string {
    return this.columns.join(",");
  }
}

export class CheckedTable {
  /** Ledgers that the registry names; `NO_PAGE` for one that can't be the table's. */
  readonly pages: TablePages = new TablePages();
  /** What the table is called in messages. */
  name: string;
  schema: TableSchemaSnapshot | null = null;
  /** With its indexes' roots as the ledger has them; null when the snapshot can't be used. */
  table: Table | null = null;
  indexes: Array<CheckedIndex> = new Array<CheckedIndex>();
  /** For each record page: page u32, bytes before its unused tail u32, in the ledger's order. */
  readonly recordPages: ByteBuffer = new ByteBuffer(64);
  /** The place of each record page in that list. */
  readonly pageOrdinals: U32Map = new U32Map();
  /** For each segments page its number u32, in the ledger's order. */
  readonly segmentsPages: ByteBuffer = new ByteBuffer(64);
  /** Addresses of what should be records and can't be read. */
  readonly badRecords: Set<u64> = new Set<u64>();

  rows: u64 = 0;
  bodyBytes: u64 = 0;
  longestBody: u32 = 0;
  /** Bytes of the slots that records stand in. */
  slotBytes: u64 = 0;
  tailBytes: u64 = 0;
  segments: u64 = 0;
  segmentBytes: u64 = 0;
  /** For each of the table's indexes the sum of the hashes of the entries that its rows should have. */
  rowHashes: StaticArray<u64> = new StaticArray<u64>(0);

  constructor(
    /** From 1, in the registry's order: its number in the owner map. */
    readonly number: u32,
    /** Where the entry stands in the registry. */
    readonly entryOffset: u32,
    readonly fingerprint: u64,
  ) {
    this.name = "#" + number.toString();
  }

  get recordPageCount(): u32 {
    return this.recordPages.len >> 3;
  }


  @inline recordPage(ordinal: u32): u32 {
    return load<u32>(this.recordPages.ptr + ((<usize>ordinal) << 3));
  }

  /** Bytes of the record page before its unused tail. */
  @inline usedOf(ordinal: u32): u32 {
    return load<u32>(this.recordPages.ptr + ((<usize>ordinal) << 3), 4);
  }

  get segmentsPageCount(): u32 {
    return this.segmentsPages.len >> 2;
  }


  @inline segmentsPage(ordinal: u32): u32 {
    return load<u32>(this.segmentsPages.ptr + ((<usize>ordinal) << 2));
  }

  /** Pages that the table owns, as far as they are known. */
  get pageTotal(): u32 {
    let sum = this.recordPageCount + this.segmentsPageCount;
    const pages = this.pages;
    sum += <u32>(pages.snapshot != NO_PAGE) + <u32>(pages.pageLedger != NO_PAGE) + <u32>(pages.freeSegments != NO_PAGE);
    sum += <u32>(pages.indexLedger != NO_PAGE) + <u32>(pages.autoincrement != NO_PAGE);
    for (let i = 0; i < this.indexes.length; i++) sum += this.indexes[i].innerNodes + this.indexes[i].leaves;
    return sum;
  }

  /** The index that the ledger lists on this one's columns, or null. */
  checkedIndexOf(index: TableIndex): CheckedIndex | null {
    for (let i = 0; i < this.indexes.length; i++) {
      if (this.indexes[i].index == index) return this.indexes[i];
    }
    return null;
  }

  free(): void {
    this.recordPages.free();
    this.pageOrdinals.free();
    this.segmentsPages.free();
    for (let i = 0; i < this.indexes.length; i++) this.indexes[i].leafList.free();
    const table = this.table;
    if (table) table.free();
  }
}
