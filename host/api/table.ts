/** A table of a session: its rows. */
import type { TableShape } from "./define-table.js";
import type { Kind, Result } from "./kind.js";
import { ScanState, listOf } from "./operations.js";
import { partsOf } from "./parts.js";
import type {
  BoundOptions,
  ColumnNames,
  CountOptions,
  DeleteOptions,
  DeleteResult,
  DeleteWhereRequest,
  LookupKey,
  LookupOptions,
  Picked,
  ScanOptions,
  UpdateResult,
  WhereRequest,
} from "./requests.js";
import type { Runner } from "./runner.js";
import * as does from "./table-operations.js";

/** A scan with the columns it gives. */
export interface ScanRequest<Name extends string> extends Omit<ScanOptions, "columns"> {
  readonly columns?: readonly Name[];
}

/** What a lookup gives, and by which column. */
export interface LookupRequest<Name extends string, Column extends string> extends LookupOptions {
  readonly columns?: readonly Name[];
  readonly index?: Column;
}

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
    return this.#runner.run(does.SCAN_ALL, this.#table, this.start, undefined) as Result<K, Row[]>;
  }

  /** @internal */
  protected page(state: ScanState): Result<K, Row[]> {
    return this.#runner.run(does.SCAN_PAGE, this.#table, state, undefined) as Result<K, Row[]>;
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

/** The parts of one insertion: rows may refer to some of a later part. */
const ANY_ORDER = { anyOrder: true } as const;

/** The methods of tables, for sessions of both kinds. */
abstract class TableOf<K extends Kind, Shape extends TableShape> {
  readonly name: string;
  /** @internal */
  protected readonly runner: Runner<K>;

  /** @internal */
  constructor(name: string, runner: Runner<K>) {
    this.name = name;
    this.runner = runner;
  }

  /** Inserts a row and returns its primary key. */
  insert(row: Shape["insert"]): Result<K, Shape["key"]> {
    return this.runner.run(does.INSERT, this.name, row, undefined);
  }

  /** Inserts all rows or none, and returns their primary keys. Many rows go in parts, in one transaction. */
  insertMany(rows: readonly Shape["insert"][]): Result<K, Shape["key"][]> {
    const { name, runner } = this;
    return runner.attempt(() => {
      const parts = partsOf(listOf("insertMany", "rows", rows));
      if (parts.length === 1) return runner.run(does.INSERT_MANY, name, rows, undefined);
      return runner.transaction((inner) => inner.run(does.INSERT_PARTS, name, parts, undefined), ANY_ORDER);
    });
  }

  /** The row with that primary key, or with that value in the unique column `index`; `ROW_NOT_FOUND` when there is none. */
  get<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    key: LookupKey<Shape, Column>,
    options?: LookupRequest<Name, Column>,
  ): Result<K, Picked<Shape["row"], Name>> {
    return this.runner.run(does.GET, this.name, key, options) as Result<K, Picked<Shape["row"], Name>>;
  }

  /** The same row, or undefined when there is none. */
  find<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    key: LookupKey<Shape, Column>,
    options?: LookupRequest<Name, Column>,
  ): Result<K, Picked<Shape["row"], Name> | undefined> {
    return this.runner.run(does.FIND, this.name, key, options) as Result<K, Picked<Shape["row"], Name> | undefined>;
  }

  /** The rows with these primary keys, or values of `index`, in their order; `ROW_NOT_FOUND` when one is missing. */
  getMany<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    keys: readonly LookupKey<Shape, Column>[],
    options?: LookupRequest<Name, Column>,
  ): Result<K, Picked<Shape["row"], Name>[]> {
    return this.runner.run(does.GET_MANY, this.name, keys, options) as Result<K, Picked<Shape["row"], Name>[]>;
  }

  /** Changes the columns in `set` of the row with that primary key. */
  update(key: Shape["keyInput"], set: Shape["update"]): Result<K, UpdateResult> {
    return this.runner.run(does.UPDATE, this.name, key, set) as Result<K, UpdateResult>;
  }

  /** Deletes the row with that primary key. */
  delete(key: Shape["keyInput"], options?: DeleteOptions): Result<K, DeleteResult> {
    return this.runner.run(does.DELETE, this.name, key, options) as Result<K, DeleteResult>;
  }

  /** Deletes all rows with these primary keys or none. */
  deleteMany(keys: readonly Shape["keyInput"][], options?: DeleteOptions): Result<K, DeleteResult> {
    return this.runner.run(does.DELETE_MANY, this.name, keys, options) as Result<K, DeleteResult>;
  }

  /** Changes the columns in `set` of all rows for which a condition in SQL is true, or of none of them. */
  updateWhere(set: Shape["update"], which: WhereRequest): Result<K, UpdateResult> {
    return this.runner.run(does.UPDATE_WHERE, this.name, set, which) as Result<K, UpdateResult>;
  }

  /** Deletes all rows for which a condition in SQL is true, or none. */
  deleteWhere(which: DeleteWhereRequest): Result<K, DeleteResult> {
    return this.runner.run(does.DELETE_WHERE, this.name, which, undefined) as Result<K, DeleteResult>;
  }

  /** How many rows there are, in all, in a range of an index, or with a condition. */
  count(options?: CountOptions & BoundOptions): Result<K, number> {
    return this.runner.run(does.COUNT, this.name, options, undefined);
  }
}

/** A table of an asynchronous session. */
export class Table<Shape extends TableShape> extends TableOf<"async", Shape> {
  /** Rows as they are stored, a range of an index, or those that a condition in SQL is true for. */
  scan<Name extends ColumnNames<Shape["row"]> = never>(options: ScanRequest<Name> = {}): Scan<Picked<Shape["row"], Name>> {
    return new Scan(this.runner, this.name, options);
  }
}

/** A table of a session in this process. */
export class SyncTable<Shape extends TableShape> extends TableOf<"sync", Shape> {
  /** Rows as they are stored, a range of an index, or those that a condition in SQL is true for. */
  scan<Name extends ColumnNames<Shape["row"]> = never>(options: ScanRequest<Name> = {}): SyncScan<Picked<Shape["row"], Name>> {
    return new SyncScan(this.runner, this.name, options);
  }
}
