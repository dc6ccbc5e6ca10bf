/** Rows of a range or a statement, a page at a time: what a `cursor` of `wit/database.wit` does. */
import { Status, OK, CLOSED, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Column } from "../schema/column";
import { allPositions, firstColumns } from "../schema/column-names";
import { AccessPath } from "../query/access-path";
import { RowSink } from "../query/scan-loop";
import { OpenTable } from "../request/open-table";
import { PAGE_BYTES, PagedScan } from "../request/paged-scan";
import { Session } from "../request/session";
import { ScanPlace } from "../store/row-scan";
import { RowSource } from "../store/row-source";
import { TableWatch } from "../store/scan-watch";
import { Table } from "../store/table";
import { NO_ADDRESS } from "../table/page-ledger";
import { results } from "./calls";
import { lowerRow } from "./lower-values";

/** The rows of a page, as the host is to find them. */
class LoweredRows extends RowSink {
  /** Where each row is, and how many values it has: a u32 each. */
  readonly list: ByteBuffer = new ByteBuffer(64);
  count: u32 = 0;
  private most: u32 = 0;

  constructor(
    private readonly all: Array<Column>,
    readonly positions: StaticArray<i32>,
  ) {
    super(firstColumns(positions));
  }

  /** The names of the columns. */
  get names(): Array<string> {
    const positions = this.positions;
    const names = new Array<string>(positions.length);
    for (let i = 0; i < positions.length; i++) names[i] = this.all[positions[i]].name;
    return names;
  }

  /** Begins a page of at most so many rows. */
  begin(most: u32): void {
    this.list.reset();
    this.count = 0;
    this.most = most;
    this.isFull = false;
  }

  take(source: RowSource): void {
    const positions = this.positions;
    const list = this.list;
    list.addU32(<u32>lowerRow(this.all, changetype<usize>(positions), positions.length, source.row));
    list.addU32(positions.length);
    this.count += 1;
    this.isFull = this.count == this.most || results.taken >= PAGE_BYTES;
  }
}

export abstract class Cursor {
  constructor(readonly session: Session) {}

  /** The names of the columns. */
  abstract get names(): Array<string>;

  /** The rows of the last page: where each is, and how many values it has: a u32 each. */
  abstract get page(): ByteBuffer;

  /** Makes `page` the next rows, at most so many; none at the end. The session has to be usable. */
  abstract next(most: u32): Status;

  /** Gives back what is not garbage-collected. */
  abstract free(): void;
}

/** Fails for a cursor that can't go on. */
export function cursorHasFailed(): Status {
  return fail(CLOSED, "the cursor has failed before", "make it anew");
}

export class TableCursor extends Cursor {
  private scan: PagedScan;
  private readonly rows: LoweredRows;
  /** Rows were given, and others may follow. */
  private isBetween: bool = false;
  private isAtEnd: bool = false;
  private hasFailed: bool = false;
  /** Between two pages: where it is, and what the table's watch had noted by then. */
  private readonly place: ScanPlace = new ScanPlace(NO_ADDRESS);
  private notes: u32 = 0;

  /** Of the columns at `positions`, or of all; `path` becomes the cursor's own. */
  constructor(
    private readonly open: OpenTable,
    path: AccessPath,
    positions: StaticArray<i32> | null,
    offset: i64,
    limit: i64,
  ) {
    super(open.session);
    const schema = open.table.schema;
    this.scan = new PagedScan(open.session.db, path, offset, limit);
    this.rows = new LoweredRows(schema.columns, positions || allPositions(schema));
  }

  get names(): Array<string> {
    return this.rows.names;
  }

  get page(): ByteBuffer {
    return this.rows.list;
  }

  next(most: u32): Status {
    this.rows.begin(most);
    if (this.hasFailed) return cursorHasFailed();
    if (this.isAtEnd) return OK;
    const open = this.open;
    let status = open.isStale ? open.renew() : open.enter();
    if (status != OK) return status;
    if (open.table !== this.scan.table) status = this.changeTable(open.table);
    else if (this.isBetween && this.watch.notes != this.notes) status = this.scan.goOn(this.place, null, this.scan.begun());
    if (status == OK) status = this.scan.run(this.rows);
    status = open.session.leave(status);
    if (status == OK) this.endPage();
    else this.hasFailed = true;
    return status;
  }

  private get watch(): TableWatch {
    return this.open.session.db.store.watchOf(this.scan.table);
  }

  /** Goes on in the same table, which was opened anew. */
  private changeTable(table: Table): Status {
    const old = this.scan;
    const scan = old.inTable(table);
    this.scan = scan;
    const status = this.isBetween ? scan.goOn(this.place, old.source.resumeKey, old.begun()) : OK;
    old.source.free();
    return status;
  }

  private endPage(): void {
    // Only a full page may have others behind it.
    this.isAtEnd = !this.rows.isFull;
    if (this.isAtEnd) return;
    const since = this.scan.begun();
    const watch = this.watch;
    this.scan.source.placeHere(watch.now(), this.place);
    if (!this.isBetween) this.scan.source.leaveOutNew(watch, since);
    this.isBetween = true;
    this.notes = watch.notes;
  }

  free(): void {
    this.scan.free();
    this.rows.list.free();
  }
}
