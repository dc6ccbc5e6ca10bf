/**
 * Rows one after the other: of a whole table in the order of its records, or of a range of an index, forwards or backwards.
 *
 * Bounds are keys (of as many of the index's first columns as the caller likes) and are inclusive; equal bounds give the rows with just
 * that key. A statement or rollback between two calls of `next` is noticed: the scan then finds its place again by the last row's key and
 * address, and the leaf where they were. A row that moves while the scan goes on may come twice, but in a unique index.
 */
import { Status, OK, NO_PAGE, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeyToProbe } from "../encode/key";
import { DECODED, Row } from "../encode/row";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { TableReader } from "../table/table-reader";
import { TreeCursor } from "../index/tree-cursor";
import { Table, TableIndex } from "./table";
import { WantedColumns, damagedRecord } from "./wanted-columns";

export class RowScan {
  /** The current row; its cells point into a page and are valid for the next `GUARANTEE` page lookups. */
  readonly row: Row;
  address: RecordAddress = NO_ADDRESS;
  /** Not `OK` after `next` came to damage. */
  status: Status = OK;
  /** The body of the current record; with `wantFirst` only those columns of it are sure to be there. */
  body: usize = 0;
  bodyLen: u32 = 0;

  private reader: TableReader | null = null;
  private cursor: TreeCursor | null = null;
  private from: ByteBuffer | null = null;
  private to: ByteBuffer | null = null;
  private lastKey: ByteBuffer = new ByteBuffer(64);
  /** The leaf in which the current row's entry is, or was; `NO_PAGE` where there is none. */
  leafPage: u32 = NO_PAGE;
  private started: bool = false;
  private wanted: WantedColumns;

  /** A scan over `index`, or over the records in their own order when it is null (`reverse` needs an index). */
  constructor(
    readonly table: Table,
    readonly index: TableIndex | null = null,
    readonly reverse: bool = false,
  ) {
    this.row = new Row(table.layout);
    this.wanted = new WantedColumns(table.layout, table.layout.columnCount);
    if (index) this.cursor = new TreeCursor(index.tree);
    else this.reader = table.reader();
  }

  /**
   * Keys to start and to end with, in the index's order; null is no bound. The buffers stay the caller's and must live
   * as long as the scan.
   */
  setBounds(from: ByteBuffer | null, to: ByteBuffer | null): void {
    this.from = from;
    this.to = to;
  }

  /**
   * From the next row on only the first `columns` columns are wanted, the others are missing: of long records the rest is not read. With
   * none a scan over an index reads no records at all.
   */
  wantFirst(columns: u32): void {
    this.row.reset();
    this.wanted = new WantedColumns(this.table.layout, columns);
    this.tellReader();
  }

  private tellReader(): void {
    const reader = this.reader;
    if (reader) reader.wanted = this.wanted.bytes;
  }

  /** Goes on behind a row that an earlier scan ended with. For a scan over an index, `key` is its key there, in leaf `leafPage`. */
  resumeAfter(address: RecordAddress, key: ByteBuffer | null = null, leafPage: u32 = NO_PAGE): void {
    this.address = address;
    this.leafPage = leafPage;
    this.started = true;
    const reader = this.reader;
    if (reader) reader.seekAfter(address);
    if (key) {
      this.lastKey.reset();
      this.lastKey.addBytes(key.ptr, key.len);
      const cursor = this.cursor;
      if (cursor) cursor.depth = 0;
    }
  }

  /** To the next row; false at the end, and on failure. */
  next(): bool {
    const reader = this.reader;
    if (reader) {
      if (!reader.next()) return this.end(reader.status);
      this.address = reader.address;
      return this.decode(reader.body, reader.bodyLen, reader.present);
    }
    if (!this.advance(this.cursor!)) return false;
    if (this.wanted.count == 0) return true;
    const registry = this.table.registry;
    const len = registry.bodyLength(this.address, this.wanted.bytes);
    if (len == 0) return this.end(lastError.status);
    return this.decode(registry.body(this.address, registry.present), len, registry.present);
  }

  /** Moves the cursor on and takes the entry's address; false at the end of the range. */
  private advance(cursor: TreeCursor): bool {
    let found: bool;
    if (!this.started) found = this.first(cursor);
    else if (cursor.depth > 0 && cursor.fresh) found = this.step(cursor);
    else found = this.findAgain(cursor);
    this.started = true;
    if (!found) return this.end(cursor.status);
    const key = cursor.key();
    // The leaf may have gone from memory since it was looked at.
    if (key == 0) return this.end(lastError.status);
    const bound = this.reverse ? this.from : this.to;
    if (bound) {
      const order = compareKeyToProbe(key, bound.ptr);
      if (this.reverse ? order < 0 : order > 0) return this.end(OK);
    }
    this.lastKey.reset();
    this.lastKey.addBytes(key, cursor.keyLen());
    this.address = cursor.address();
    this.leafPage = cursor.leafPage;
    return true;
  }

  private first(cursor: TreeCursor): bool {
    const bound = this.reverse ? this.to : this.from;
    if (this.reverse) return bound ? cursor.seekBack(bound.ptr, false) : cursor.seekLast();
    return bound ? cursor.seek(bound.ptr, false) : cursor.seekFirst();
  }

  /** The entry behind the last one in the scan's direction, after a change of the tree. */
  private findAgain(cursor: TreeCursor): bool {
    const key = this.lastKey.ptr;
    const address = this.address;
    if (cursor.seekEntry(key, address)) return this.step(cursor);
    if (cursor.status != OK) return false;
    // It has gone. A run of equal keys is in the order of addresses inside of a leaf only, so that the place is in the leaf where it was.
    const unique = this.index!.unique;
    const placed = cursor.placeInLeaf(key, address, this.leafPage);
    if (cursor.status != OK) return false;
    let found: bool;
    if (placed) found = this.reverse ? cursor.prev() : cursor.settle();
    else found = this.reverse ? cursor.seekBack(key, false) : cursor.seek(key, false);
    if (placed && !unique) return found;
    // The leaf has gone, too: on with the first row that was not given yet, by address. Where keys are unique it can only be the same
    // one, moved.
    while (found && compareKeyToProbe(cursor.key(), key) == 0) {
      const passed = this.reverse ? cursor.address() > address : cursor.address() < address;
      if (!passed && !unique) return true;
      found = this.step(cursor);
    }
    return found;
  }

  /** To the next entry in the scan's direction. */
  private step(cursor: TreeCursor): bool {
    return this.reverse ? cursor.prev() : cursor.next();
  }

  private decode(body: usize, bodyLen: u32, present: u32): bool {
    this.body = body;
    this.bodyLen = bodyLen;
    if (present < bodyLen || body == 0) return this.decodeStart(body, bodyLen, present);
    return this.row.decodeFirst(this.wanted.count, body, bodyLen, bodyLen) == DECODED || this.end(damagedRecord(this.address));
  }

  /** The same of a record of which only the start was read. By itself, since a detour costs a scan of whole records a tenth of its time. */
  private decodeStart(body: usize, bodyLen: u32, present: u32): bool {
    const status = this.wanted.decode(this.table.registry, this.address, this.row, body, bodyLen, present);
    this.tellReader();
    return status == OK || this.end(status);
  }

  private end(status: Status): bool {
    this.status = status;
    return false;
  }

  /** The last row's key in the index, for `resumeAfter`. Empty for a scan without an index. */
  get resumeKey(): ByteBuffer {
    return this.lastKey;
  }

  free(): void {
    this.row.free();
    this.lastKey.free();
  }
}
