/** Rows of a table one after the other. */
import type { Kind, Result } from "./kind.js";
import { ScanState } from "./operations.js";
import type { ScanOptions } from "./requests.js";
import type { Runner } from "./runner.js";
import { SCAN_ALL, SCAN_PAGE } from "./table-operations.js";

/** Rows one after the other, fetched in pages as they are used up. It can be gone through more than once, each time from the start. */
abstract class ScanOf<K extends Kind, Row extends object> {
  readonly #table: string;
  readonly #runner: Runner<K>;
  /** Starts anew. @internal */
  protected readonly start: () => ScanState;

  /** @internal */
  constructor(runner: Runner<K>, table: string, options: ScanOptions) {
    this.#table = table;
    this.#runner = runner;
    this.start = () => new ScanState(table, options);
  }

  /** All rows at once. */
  toArray(): Result<K, Row[]> {
    return this.#runner.run(SCAN_ALL, this.#table, this.start, undefined) as Result<K, Row[]>;
  }

  /** @internal */
  protected page(state: ScanState): Result<K, Row[]> {
    return this.#runner.run(SCAN_PAGE, this.#table, state, undefined) as Result<K, Row[]>;
  }
}

/** Rows of a table of an asynchronous session: for `for await`, or all at once with `toArray`. */
export class Scan<Row extends object> extends ScanOf<"async", Row> implements AsyncIterable<Row> {
  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    for (const state = this.start(); !state.done;) yield* await this.page(state);
  }
}

/** Rows of a table of a session in this process: for `for`, or all at once with `toArray`. */
export class SyncScan<Row extends object> extends ScanOf<"sync", Row> implements Iterable<Row> {
  *[Symbol.iterator](): Generator<Row, void, undefined> {
    for (const state = this.start(); !state.done;) yield* this.page(state);
  }
}
