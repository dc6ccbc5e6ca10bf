/** What a delete still has to take along: a stack, whose places are used again, so that deletes leave nothing for the collector. */
import { ByteBuffer } from "../encode/byte-buffer";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { Table } from "./table";
import { TableIndex } from "./table-index";

/** So many places are kept from one delete to the next. */
const KEPT_PLACES: i32 = 16;
/** So many rows are looked for at once. */
export const FOUND_ROWS: u32 = 1024;

/** Rows that are still to be deleted: those of `table` whose column equals `key`. */
export class PendingDelete {
  /** The addresses of rows that were found, the next one, and whether there are no others. */
  readonly found: ByteBuffer = new ByteBuffer(64);
  private at: u32 = 0;
  isComplete: bool = false;
  /** The last row that `take` gave. */
  last: RecordAddress = NO_ADDRESS;
  /** Where they were found, as it was: a deletion of rows that refer to one of them may have come to others of them. */
  index: TableIndex | null = null;
  private version: u32 = 0;

  readonly key: ByteBuffer = new ByteBuffer(32);

  constructor(
    public table: Table,
    public column: i32,
  ) {}

  /** Makes it one of another key: no rows of it were looked for yet. */
  begin(table: Table, column: i32, key: usize, keyLen: u32): void {
    this.table = table;
    this.column = column;
    this.key.reset();
    this.key.addBytes(key, keyLen);
    this.isComplete = false;
    this.last = NO_ADDRESS;
    this.start(null);
  }

  /** Starts a new list of rows, of what `index` has; null when there is none. */
  start(index: TableIndex | null): void {
    this.found.reset();
    this.at = 0;
    this.index = index;
  }

  get hasRoom(): bool {
    return this.found.len < FOUND_ROWS << 3;
  }

  add(address: RecordAddress): void {
    this.found.addU64(address);
  }

  /** The list is as the index is now, but for what was taken from it. */
  goOn(): void {
    const index = this.index;
    if (index) this.version = index.tree.currentVersion;
  }

  /** The next row; `NO_ADDRESS` when others are to be looked for, if it is not complete. */
  take(): RecordAddress {
    const index = this.index;
    if (this.at == this.found.len) return NO_ADDRESS;
    if (index && this.version != index.tree.currentVersion) {
      this.isComplete = false;
      return NO_ADDRESS;
    }
    this.last = load<u64>(this.found.ptr + this.at);
    this.at += 8;
    return this.last;
  }

  free(): void {
    this.found.free();
    this.key.free();
  }
}

/** Rows of the table called `from` refer to the key of one that was deleted, in a way that forbids it: they have to go, too. */
export class Refusal {
  constructor(
    readonly from: string,
    readonly column: i32,
    readonly key: ArrayBuffer,
    readonly what: string,
  ) {}
}

export class Cascade {
  private readonly places: Array<PendingDelete> = new Array<PendingDelete>();
  private count: i32 = 0;

  /** The one that came last; null when there is none. */
  get last(): PendingDelete | null {
    return this.count == 0 ? null : this.places[this.count - 1];
  }

  push(table: Table, column: i32, key: usize, keyLen: u32): void {
    if (this.count == this.places.length) this.places.push(new PendingDelete(table, column));
    this.places[this.count].begin(table, column, key, keyLen);
    this.count += 1;
  }

  pop(): void {
    this.count -= 1;
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0;
    while (this.places.length > KEPT_PLACES) this.places.pop().free();
  }

  free(): void {
    while (this.places.length > 0) this.places.pop().free();
    this.count = 0;
  }
}
