/** The one loop that gives rows to whoever wants them: commands, replies, records for hosts in the same process. */
import { OK, Status, lastError } from "../status";
import { RowSource, mayRun } from "./store";

/** What takes rows. */
export abstract class RowSink {
  /** It takes no more rows: the loop ends here. */
  isFull: bool = false;

  /** It wants the first `columns` columns of rows. */
  constructor(readonly columns: u32) {}

  /** Takes the source's current row, which is gone afterwards. */
  abstract take(source: RowSource): void;
}

/** Says which of a source's rows are given. */
export abstract class RowFilter {
  /** It looks at the first `firstColumns` columns of rows. */
  constructor(readonly firstColumns: u32) {}

  /** Whether the source's row is given; false also on failure, which is the source's status then. */
  abstract passes(source: RowSource): bool;

  abstract free(): void;
}

/** Takes rows and does nothing with them: the loop counts. */
export class CountedRows extends RowSink {
  constructor() {
    super(0);
  }

  take(source: RowSource): void {}
}

/** Rows of one source. Source and sink are known when it is compiled: a row costs no more calls than in a loop written for the two. */
export class ScanLoop<S extends RowSource> {
  /** Rows that were given so far. */
  given: i64 = 0;
  protected isAtEnd: bool = false;
  /** Rows that were looked for. */
  private sought: u32 = 0;
  /** Null: all rows are given. */
  filter: RowFilter | null = null;

  /** Rows of `source` behind the first `offset` ones, `limit` of them at most. */
  constructor(
    readonly source: S,
    protected offset: i64 = 0,
    protected readonly limit: i64 = i64.MAX_VALUE,
  ) {}

  /** Gives rows to `sink`, until there are no more, it is full or the limit is reached. Another call goes on behind the last one. */
  run<K extends RowSink>(sink: K): Status {
    const source = this.source;
    if (!this.skip()) return source.status;
    source.wantFirst(this.needed(sink.columns));
    while (this.given < this.limit && !sink.isFull && this.hasMore()) {
      sink.take(source);
      this.given += 1;
    }
    return source.status;
  }

  /** Passes the first rows by; false when there are no others. */
  private skip(): bool {
    if (this.offset == 0) return true;
    this.source.wantFirst(this.needed(0));
    for (let left = this.offset; left > 0; left--) {
      if (!this.hasMore()) return false;
    }
    this.offset = 0;
    return true;
  }

  /** How many of the first columns are needed where `columns` are wanted. */
  private needed(columns: u32): u32 {
    const filter = this.filter;
    return filter ? max(columns, filter.firstColumns) : columns;
  }

  /** Goes on to the next row; false when there is none, and on failure. Behind `run`: whether the rows go on behind the last one given. */
  hasMore(): bool {
    this.sought += 1;
    if ((this.sought & 1023) == 0 && !mayRun()) {
      this.source.status = lastError.status;
      this.isAtEnd = true;
    }
    if (!this.isAtEnd) this.isAtEnd = !this.source.next();
    const filter = this.filter;
    if (filter) this.pass(filter);
    return !this.isAtEnd;
  }

  /** Passes by the rows that the filter does not let through. */
  private pass(filter: RowFilter): void {
    const source = this.source;
    while (!this.isAtEnd && !filter.passes(source)) this.isAtEnd = source.status != OK || !source.next();
  }
}
