/** The one loop that gives rows to whoever wants them: commands, replies, records for hosts in the same process. */
import { Status } from "../status";
import { RowSource } from "./store";

/** What takes rows. */
export abstract class RowSink {
  /** It takes no more rows: the loop ends here. */
  isFull: bool = false;

  /** It wants the first `columns` columns of rows. */
  constructor(readonly columns: u32) {}

  /** Takes the source's current row, which is gone afterwards. */
  abstract take(source: RowSource): void;
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
  private isAtEnd: bool = false;

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
    source.wantFirst(sink.columns);
    while (this.given < this.limit && !sink.isFull && this.hasMore()) {
      sink.take(source);
      this.given += 1;
    }
    return source.status;
  }

  /** Passes the first rows by; false when there are no others. */
  private skip(): bool {
    if (this.offset == 0) return true;
    this.source.wantFirst(0);
    for (let left = this.offset; left > 0; left--) {
      if (!this.hasMore()) return false;
    }
    this.offset = 0;
    return true;
  }

  /** Goes on to the next row; false when there is none, and on failure. Behind `run`: whether the rows go on behind the last one given. */
  hasMore(): bool {
    if (!this.isAtEnd) this.isAtEnd = !this.source.next();
    return !this.isAtEnd;
  }
}
