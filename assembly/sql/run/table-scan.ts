/** The rows of a table, by an access path. */
import { OK, lastError } from "../../status";
import { AccessPath } from "../../query/access-path";
import { KeyRows } from "../../query/key-rows";
import { RowScan } from "../../query/store";
import { RecordPrefix, damagedRecord } from "../../store/record-prefix";
import { NO_ADDRESS, RecordAddress } from "../../table/page-ledger";
import { TableReader } from "../../table/table-reader";
import { RECORD_HEADER_SIZE } from "../../table/table-registry";
import { mayRun } from "../../wasi/deadline";
import { Batch } from "../eval/batch";
import { BATCH_ROWS, FIRST_ROWS } from "../eval/vector";
import { Operator } from "./operator";
import { BOUNDS_EMPTY, BOUNDS_FAILED, BOUNDS_FILLED, ScanBounds } from "./scan-bounds";
import { CELLS, TableColumns } from "./table-columns";

/**
 * A batch ends when so many pages were looked up for it: what its rows point to stays for 24 lookups (`PageCache`), and one more row takes
 * a few, twice the depth of an index at most.
 */
const MOST_LOOKUPS: u32 = 8;

export class TableScan extends Operator {
  private readonly scan: RowScan;
  /** Whether values are taken at once, and not noted: by an index each row is in another page, and keys do not stay. */
  private readonly isTaken: bool;
  private readonly columns: TableColumns;
  /** Reads the records one after the other, or what keys tell of rows, where that is all there is to do; else `scan` does. */
  private reader: TableReader | null = null;
  private readonly keys: KeyRows | null;
  private readonly prefix: RecordPrefix;
  /** Where the batch's rows are, if anyone wants to know: u64 each. */
  private addresses: usize = 0;
  /** Rows of the next batch at most. */
  private most: i32 = FIRST_ROWS;
  private isOver: bool = false;
  /** Whether its bounds may be those of one row, and whether they are. */
  private readonly hasPoint: bool;
  private isPoint: bool = false;

  /**
   * `bounds` are of the path's index, whose rows with null among the bounded columns may come or not. `wanted` are positions of the table's
   * columns, `base` the place of its first one among the columns of the statement's rows.
   */
  constructor(
    readonly path: AccessPath,
    private readonly bounds: ScanBounds | null,
    base: i32,
    wanted: Array<i32>,
  ) {
    const columns = new TableColumns(path.table, base, wanted, !path.index);
    super(new Batch(columns));
    if (bounds) bounds.addTo(path);
    const scan = path.rows();
    const prefix = new RecordPrefix(path.table.layout, columns.first);
    this.columns = columns;
    this.scan = scan;
    this.prefix = prefix;
    const index = path.index;
    let isPoint = false;
    if (index && bounds) isPoint = index.unique && bounds.isOf(index.columns.length);
    this.isTaken = index !== null;
    this.hasPoint = isPoint;
    this.keys = !isPoint && wanted.length > 0 && path.covers(StaticArray.fromArray(wanted)) ? new KeyRows(scan) : null;
    if (!this.keys) scan.wantFirst(columns.first);
    if (!path.index) {
      const reader = path.table.reader();
      reader.wanted = columns.isFixed ? columns.start : prefix.bytes;
      this.reader = reader;
    }
  }

  /** From the next batch on `addressOf` tells where its rows are. */
  wantAddresses(): void {
    if (this.addresses == 0) this.addresses = heap.alloc(CELLS);
  }

  /** Where row `i` of the batch is. */
  addressOf(i: u32): RecordAddress {
    return load<u64>(this.addresses + ((<usize>i) << 3));
  }

  open(): bool {
    if (!super.open()) return false;
    this.most = FIRST_ROWS;
    this.isOver = false;
    const reader = this.reader;
    if (reader) reader.rewind();
    const bounds = this.bounds;
    return !bounds ? this.begin(BOUNDS_FILLED) : this.begin(bounds.open(this.path, this.batch));
  }

  /** Begins a range whose bounds were filled in. */
  private begin(filled: i32): bool {
    if (filled == BOUNDS_FAILED) return this.failed(lastError.status);
    this.isOver = filled == BOUNDS_EMPTY;
    const bounds = this.bounds;
    const path = this.path;
    this.isPoint = this.hasPoint && !this.isOver && !bounds!.isCut && path.index!.isOnce(path.lower!.ptr);
    if (!this.isPoint) path.bind(this.scan);
    return true;
  }

  skip(count: i64): i64 {
    const reader = this.reader;
    let passed: i64 = 0;
    if (reader) reader.mostLookups = u32.MAX_VALUE;
    while (passed < count && !this.isOver && !this.isPoint) {
      const most = min<i64>(count - passed, BATCH_ROWS);
      const found = reader
        ? reader.nextBodies(this.columns.cellOf(0), <i32>most, this.columns.start)
        : <i32>this.scan.skip(<u32>most);
      if (found == 0) this.status = reader ? reader.status : this.scan.status;
      else if (!mayRun()) this.status = lastError.status;
      if (this.status != OK) break;
      passed += found;
      if (found > 0) continue;
      this.isOver = true;
      const bounds = this.bounds;
      if (bounds && !this.begin(bounds.next(this.path, this.batch))) break;
    }
    this.rows += passed;
    return passed;
  }

  next(): bool {
    const cache = this.path.table.access.manager.cache;
    const before = cache.lookups;
    const batch = this.batch;
    const columns = this.columns;
    // What one row points to stays.
    const isTaken = this.isTaken && !this.isPoint;
    if (this.isOver) return false;
    let count = 0;
    const reader = this.reader;
    columns.begin(isTaken);
    if (reader) reader.since = before;
    if (isTaken) batch.begin(0);
    while (!this.isOver && count < this.most && (isTaken || count == 0 || cache.lookups - before <= MOST_LOOKUPS)) {
      // Pages without rows may be many.
      if (reader) reader.mostLookups = count == 0 ? u32.MAX_VALUE : MOST_LOOKUPS;
      const found = this.noteRows(count);
      if (this.status != OK) return false;
      if (found > 0) {
        if (isTaken && !columns.take(count, count + found, batch)) return this.failed(lastError.status);
        count += found;
        continue;
      }
      const bounds = this.bounds;
      if (this.isPoint || (reader && reader.isPaused)) break;
      this.isOver = true;
      if (bounds && !this.begin(bounds.next(this.path, batch))) return false;
    }
    this.most = min(this.most << 1, BATCH_ROWS);
    if (isTaken) batch.selectAll(count);
    else batch.begin(count);
    return count > 0 && this.give();
  }

  /** Notes the rows that come next, from row `count` of the batch on: how many; 0 at the end, and on failure. */
  private noteRows(count: i32): i32 {
    const reader = this.reader;
    if (reader) return this.noteRecords(reader, count);
    const at: usize = this.addresses == 0 ? 0 : this.addresses + ((<usize>count) << 3);
    const keys = this.keys;
    if (keys) {
      const found = keys.nextCells(this.columns.cellOf(count), CELLS, this.columns.places, at, this.most - count);
      this.status = keys.status;
      return found;
    }
    const scan = this.scan;
    if (this.isPoint) return this.notePoint(scan, count, at);
    if (!scan.next()) {
      this.status = scan.status;
      return 0;
    }
    this.columns.note(scan.row, count);
    if (at != 0) store<u64>(at, scan.address);
    return 1;
  }

  /** Notes the one row there can be: what waits in the index for other keys goes on waiting. */
  private notePoint(scan: RowScan, count: i32, at: usize): i32 {
    const address = this.path.index!.find(this.path.lower!.ptr);
    this.isOver = true;
    this.status = address == NO_ADDRESS ? lastError.status : OK;
    if (address == NO_ADDRESS) return 0;
    scan.address = address;
    if (!scan.readAgain()) {
      this.status = scan.status;
      return 0;
    }
    this.columns.note(scan.row, count);
    if (at != 0) store<u64>(at, address);
    return 1;
  }

  private noteRecords(reader: TableReader, count: i32): i32 {
    const columns = this.columns;
    const at = columns.cellOf(count);
    const found = reader.nextBodies(at, this.most - count, columns.start);
    this.status = reader.status;
    // All of them are in one page.
    for (let f = 0; f < found && this.addresses != 0; f++) {
      const before = reader.body - <usize>load<u64>(at + ((<usize>f) << 3));
      store<u64>(this.addresses + ((<usize>(count + f)) << 3), reader.address - before);
    }
    if (columns.isFixed) {
      if (found > 0 && reader.bodyLen < columns.start) this.status = damagedRecord(reader.address);
    } else if (found > 0 && reader.present < reader.bodyLen) {
      const table = this.path.table;
      const row = this.scan.row;
      this.status = this.prefix.decode(table.registry, reader.address, row, reader.body, reader.bodyLen, reader.present);
      reader.wanted = this.prefix.bytes;
      if (this.status == OK) columns.note(row, count);
    } else {
      const good = columns.noteRecords(count, found, RECORD_HEADER_SIZE);
      if (good < found) {
        const body = <usize>load<u64>(at + ((<usize>good) << 3));
        this.status = damagedRecord(reader.address - (reader.body - body));
      }
    }
    return found;
  }

  describe(): string {
    const index = this.path.index;
    return "scan of " + this.path.table.name + (index ? " by " + index.definition.columns.join(", ") : "");
  }

  free(): void {
    super.free();
    const keys = this.keys;
    if (keys) keys.free();
    else this.scan.free();
    if (this.addresses != 0) heap.free(this.addresses);
    const bounds = this.bounds;
    if (bounds) bounds.free();
    this.columns.free();
  }
}
