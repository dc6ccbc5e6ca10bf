/** A scan whose rows are given in pages, between which statements may change its table (`docs/protocol.md`, "scan"). */
import { Status, OK, BAD_REQUEST, SQL_LIMIT, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { AccessPath, KeyBound } from "../query/access-path";
import { CountedRows, ScanLoop } from "../query/scan-loop";
import { DbmsContext } from "../store/dbms-context";
import { RowScan, ScanPlace } from "../store/row-scan";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";

/** A page that has grown to this many bytes ends with the row in hand. */
export const PAGE_BYTES: u32 = 8 << 20;

export class PagedScan extends ScanLoop<RowScan> {
  readonly table: Table;
  readonly index: TableIndex | null;
  /** When the scan started; 0 until its first page has ended. */
  protected since: u32 = 0;

  /** The path becomes the scan's own. */
  constructor(
    protected readonly db: DbmsContext,
    protected readonly path: AccessPath,
    offset: i64,
    limit: i64,
  ) {
    super(path.rows(), offset, limit);
    this.table = path.table;
    this.index = path.index;
  }

  /** The first page has ended: when the scan started. From here on what happens to rows is noted for it. */
  begun(): u32 {
    if (this.since == 0) this.since = this.db.store.beginScan(this.table, this.index);
    return this.since;
  }

  /**
   * Goes on behind `place` with `key` (null: the scan's own) in a scan that started at `since`: leaves out of it what this session moved or
   * added since then; of one that another session started, since now. `SCAN_OUTDATED` when it can't go on.
   */
  goOn(place: ScanPlace, key: ByteBuffer | null, since: u32): Status {
    this.source.resume(place, key);
    this.since = since;
    const watch = this.db.store.watchOf(this.table);
    const status = watch.check(since);
    if (status != OK) return status;
    if (!watch.knows(this.table.positionOf(this.index), since)) this.since = this.db.store.beginScan(this.table, this.index);
    else this.source.leaveOutNew(watch, since);
    return OK;
  }

  /**
   * What is left of the scan, in the same table opened anew; `goOn` tells it where that is. This one must not be used any more, and only
   * its source be freed.
   */
  inTable(table: Table): PagedScan {
    const position = this.table.positionOf(this.index);
    const path = new AccessPath(table, position < 0 ? null : table.indexes[position], this.path.reverse);
    path.lower = this.path.lower;
    path.upper = this.path.upper;
    return new PagedScan(this.db, path, this.offset, this.limit - this.given);
  }

  /** How many rows there are behind the offset, at most as many as the limit; -1 on failure. Before any page is given. */
  count(): i64 {
    if (!this.path.isWhole || this.filter !== null || this.since != 0) return this.run(new CountedRows()) == OK ? this.given : -1;
    const count = this.table.countRows();
    return count < 0 ? -1 : min<i64>(max<i64>(count - this.offset, 0), this.limit);
  }

  free(): void {
    this.source.free();
    this.path.free();
  }
}

/** Fails for a reply that can't go on in another one. */
export function tooManyRows(): Status {
  return fail(
    SQL_LIMIT,
    "the rows take more than 8 MiB, which a reply can't have",
    "ask for some of them, with LIMIT and OFFSET",
  );
}

/** Begins `bound`, one of `count` values of the first columns of `index`. `BAD_REQUEST` when it has no such columns. */
export function beginBound(index: TableIndex, count: u32, bound: KeyBound): Status {
  if (count == 0 || count > <u32>index.columns.length) {
    const what = "scan: a bound of " + count.toString() + " values; the index is on " + index.definition.columns.join(", ");
    return fail(BAD_REQUEST, what, "an array is a list of values for these columns");
  }
  bound.begin(count);
  return OK;
}
