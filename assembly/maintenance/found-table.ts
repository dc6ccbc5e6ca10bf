/** A table of a damaged file: its definition, its ledgers and indexes as far as they can be read, and the pages that hold its records. */
import { NO_PAGE } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { CheckedIndex, CheckedTable } from "../check/checked-table";

/** What is known of a table whose rows are to be saved. */
export class FoundTable {
  /** Pages u32 that hold its records. */
  readonly records: ByteBuffer = new ByteBuffer(64);
  /** Its page ledger was found, and tells which pages it has. */
  hasLedger: bool = false;
  /** Pages that its page ledger lists and the file does not have. */
  readonly beyond: Set<u32> = new Set<u32>();
  /** Numbers of its indexes that point to rows of it. */
  readonly vouched: Set<u32> = new Set<u32>();
  /** Pages of nobody that hold nothing but rows of it, though its page ledger does not list them. */
  readonly strays: Array<u32> = new Array<u32>();
  /** Its definition is the user's: it is told of only when rows of it are found. */
  assumed: bool = false;
  /** Its ledgers have been read. */
  read: bool = false;

  constructor(readonly checked: CheckedTable) {}

  /** The primary key's index; null when there is none that can be read. */
  get primary(): CheckedIndex | null {
    const table = this.checked.table;
    return table ? this.checked.checkedIndexOf(table.primary) : null;
  }

  /** Whether the primary key's index could be read as a whole, and nothing is wrong with it. */
  get isIndexed(): bool {
    const primary = this.primary;
    return primary != null && primary.isWhole;
  }

  /** Whether one of its indexes is whole, and tells which rows there were. */
  get isComplete(): bool {
    const indexes = this.checked.indexes;
    for (let i = 0; i < indexes.length; i++) {
      if (indexes[i].index && !indexes[i].repeated && indexes[i].isWhole) return true;
    }
    return false;
  }

  /** Whether the file may have had page `pageNo`, which is behind its end, for records of this table. */
  isBeyond(pageNo: u32): bool {
    return this.checked.pages.pageLedger == NO_PAGE || this.beyond.has(pageNo);
  }

  addRecords(pageNo: u32): void {
    this.records.addU32(pageNo);
  }

  get recordCount(): u32 {
    return this.records.len >> 2;
  }

  recordPage(i: u32): u32 {
    return load<u32>(this.records.ptr + ((<usize>i) << 2));
  }

  dropRecords(pageNo: u32): void {
    const list = this.records;
    let kept: u32 = 0;
    for (let i: u32 = 0; i < list.len; i += 4) {
      const at = load<u32>(list.ptr + i);
      if (at == pageNo) continue;
      store<u32>(list.ptr + kept, at);
      kept += 4;
    }
    list.len = kept;
  }
}
