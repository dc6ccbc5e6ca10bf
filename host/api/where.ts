/** Rows of a table for which a condition in SQL is true. */
import type { TableShape } from "./define-table.js";
import type { Kind, Result } from "./kind.js";
import type { ColumnsOption, DeleteOptions, DeleteResult, Picked, TimeOptions, UpdateResult, WhereRequest } from "./requests.js";
import type { Runner } from "./runner.js";
import { Scan, SyncScan } from "./scan.js";
import { COUNT, DELETE_WHERE, FIRST, UPDATE_WHERE } from "./table-operations.js";

/** How rows of a condition are read. */
export interface ReadOptions<Name extends string> extends TimeOptions, ColumnsOption {
  readonly columns?: readonly Name[];
  /** Rows that are fetched at once: 1,000 unless told. */
  readonly pageRows?: number;
}

/** Which rows, in which order, and how many of them. */
interface Selected extends WhereRequest {
  readonly orderBy?: string;
  readonly limit?: number;
  readonly offset?: number;
}

/** The methods of rows that are only read, for sessions of both kinds. Nothing is asked of the file before `scan`, `first` or `count`. */
abstract class RowsOf<K extends Kind, Shape extends TableShape> {
  /** @internal */
  protected readonly runner: Runner<K>;
  /** @internal */
  protected readonly table: string;
  /** @internal */
  protected readonly which: Selected;

  /** @internal */
  constructor(runner: Runner<K>, table: string, which: Selected) {
    this.runner = runner;
    this.table = table;
    this.which = which;
  }

  /** The first row; undefined when there is none. */
  first<Name extends Shape["inputs"]["names"] = never>(
    options: ReadOptions<Name> = {},
  ): Result<K, Picked<Shape["row"], Name> | undefined> {
    const first = { ...options, ...this.which, limit: Math.min(this.which.limit ?? 1, 1) };
    return this.runner.run(FIRST, this.table, first, undefined) as Result<K, Picked<Shape["row"], Name> | undefined>;
  }

  /** How many there are. */
  count(options: TimeOptions = {}): Result<K, number> {
    const { where, params, limit, offset } = this.which;
    const which = { where, ...(params && { params }), ...(limit === undefined ? {} : { limit, offset: offset ?? 0 }) };
    return this.runner.run(COUNT, this.table, { ...options, ...which }, undefined);
  }
}

/** Rows of a table of an asynchronous session, in an order, or so many of them. */
export class Rows<Shape extends TableShape> extends RowsOf<"async", Shape> {
  /** The rows, with `for await`, or all at once with `toArray`. */
  scan<Name extends Shape["inputs"]["names"] = never>(options: ReadOptions<Name> = {}): Scan<Picked<Shape["row"], Name>> {
    return new Scan(this.runner, this.table, { ...options, ...this.which });
  }

  /** The same in an order, as behind `ORDER BY`, like `"price DESC, name"`. */
  orderBy(terms: string): Rows<Shape> {
    return new Rows(this.runner, this.table, { ...this.which, orderBy: terms });
  }

  /** So many of them at most, behind the first `offset` ones. */
  limit(rows: number, offset = 0): Rows<Shape> {
    return new Rows(this.runner, this.table, { ...this.which, limit: rows, offset });
  }
}

/** Rows of a table of a session in this process, in an order, or so many of them. */
export class SyncRows<Shape extends TableShape> extends RowsOf<"sync", Shape> {
  /** The rows, with `for`, or all at once with `toArray`. */
  scan<Name extends Shape["inputs"]["names"] = never>(options: ReadOptions<Name> = {}): SyncScan<Picked<Shape["row"], Name>> {
    return new SyncScan(this.runner, this.table, { ...options, ...this.which });
  }

  /** The same in an order, as behind `ORDER BY`, like `"price DESC, name"`. */
  orderBy(terms: string): SyncRows<Shape> {
    return new SyncRows(this.runner, this.table, { ...this.which, orderBy: terms });
  }

  /** So many of them at most, behind the first `offset` ones. */
  limit(rows: number, offset = 0): SyncRows<Shape> {
    return new SyncRows(this.runner, this.table, { ...this.which, limit: rows, offset });
  }
}

/** All rows of a table of an asynchronous session for which a condition is true. */
export class Where<Shape extends TableShape> extends Rows<Shape> {
  /** Changes the columns in `set` of all of them, or of none. */
  update(set: Shape["inputs"]["update"], options: TimeOptions = {}): Promise<UpdateResult> {
    return this.runner.run(UPDATE_WHERE, this.table, set, { ...options, ...this.which }) as Promise<UpdateResult>;
  }

  /** Deletes all of them, or none. */
  delete(options: TimeOptions & DeleteOptions = {}): Promise<DeleteResult> {
    return this.runner.run(DELETE_WHERE, this.table, { ...options, ...this.which }, undefined) as Promise<DeleteResult>;
  }
}

/** All rows of a table of a session in this process for which a condition is true. */
export class SyncWhere<Shape extends TableShape> extends SyncRows<Shape> {
  /** Changes the columns in `set` of all of them, or of none. */
  update(set: Shape["inputs"]["update"], options: TimeOptions = {}): UpdateResult {
    return this.runner.run(UPDATE_WHERE, this.table, set, { ...options, ...this.which }) as UpdateResult;
  }

  /** Deletes all of them, or none. */
  delete(options: TimeOptions & DeleteOptions = {}): DeleteResult {
    return this.runner.run(DELETE_WHERE, this.table, { ...options, ...this.which }, undefined) as DeleteResult;
  }
}
