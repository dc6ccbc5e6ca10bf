/** A table of a session: its rows. */
import type { TableShape } from "./define-table.js";
import type { Kind, Result } from "./kind.js";
import { listOf } from "./operations.js";
import { partsOf } from "./parts.js";
import type {
  CountRequest,
  DeleteOptions,
  DeleteResult,
  IndexNames,
  LookupKey,
  LookupOptions,
  Picked,
  ScanRequest,
  UpdateResult,
  WhichRequest,
} from "./requests.js";
import type { CheckedCondition } from "./condition-types.js";
import { paramsOf, type Arguments } from "./statement.js";
import type { Runner } from "./runner.js";
import { Scan, SyncScan } from "./scan.js";
import { SyncWhere, Where } from "./where.js";
import * as does from "./table-operations.js";

/** What a lookup gives, and by which column. */
export interface LookupRequest<Name extends string, Column extends string> extends LookupOptions {
  readonly columns?: readonly Name[];
  readonly index?: Column;
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
  insert(row: Shape["inputs"]["insert"]): Result<K, Shape["key"]> {
    return this.runner.run(does.INSERT, this.name, row, undefined);
  }

  /** Inserts all rows or none, and returns their primary keys. Many rows go in parts, in one transaction. */
  insertMany(rows: readonly Shape["inputs"]["insert"][]): Result<K, Shape["key"][]> {
    const { name, runner } = this;
    return runner.attempt(() => {
      const parts = partsOf(listOf("insertMany", "rows", rows));
      if (parts.length === 1) return runner.run(does.INSERT_MANY, name, rows, undefined);
      return runner.transaction((inner) => inner.run(does.INSERT_PARTS, name, parts, undefined), ANY_ORDER);
    });
  }

  /** The row with that primary key, or with that value in the unique column `index`; `ROW_NOT_FOUND` when there is none. */
  get<Name extends Shape["inputs"]["names"] = never, Column extends Shape["inputs"]["names"] = never>(
    key: LookupKey<Shape["inputs"], Column>,
    options?: LookupRequest<Name, Column>,
  ): Result<K, Picked<Shape["row"], Name>> {
    return this.runner.run(does.GET, this.name, key, options) as Result<K, Picked<Shape["row"], Name>>;
  }

  /** The same row, or undefined when there is none. */
  find<Name extends Shape["inputs"]["names"] = never, Column extends Shape["inputs"]["names"] = never>(
    key: LookupKey<Shape["inputs"], Column>,
    options?: LookupRequest<Name, Column>,
  ): Result<K, Picked<Shape["row"], Name> | undefined> {
    return this.runner.run(does.FIND, this.name, key, options) as Result<K, Picked<Shape["row"], Name> | undefined>;
  }

  /** The rows with these primary keys, or values of `index`, in their order; `ROW_NOT_FOUND` when one is missing. */
  getMany<Name extends Shape["inputs"]["names"] = never, Column extends Shape["inputs"]["names"] = never>(
    keys: readonly LookupKey<Shape["inputs"], Column>[],
    options?: LookupRequest<Name, Column>,
  ): Result<K, Picked<Shape["row"], Name>[]> {
    return this.runner.run(does.GET_MANY, this.name, keys, options) as Result<K, Picked<Shape["row"], Name>[]>;
  }

  /** Changes the columns in `set` of the row with that primary key. */
  update(key: Shape["inputs"]["keyInput"], set: Shape["inputs"]["update"]): Result<K, UpdateResult> {
    return this.runner.run(does.UPDATE, this.name, key, set) as Result<K, UpdateResult>;
  }

  /** Deletes the row with that primary key. */
  delete(key: Shape["inputs"]["keyInput"], options?: DeleteOptions): Result<K, DeleteResult> {
    return this.runner.run(does.DELETE, this.name, key, options) as Result<K, DeleteResult>;
  }

  /** Deletes all rows with these primary keys or none. */
  deleteMany(keys: readonly Shape["inputs"]["keyInput"][], options?: DeleteOptions): Result<K, DeleteResult> {
    return this.runner.run(does.DELETE_MANY, this.name, keys, options) as Result<K, DeleteResult>;
  }

  /** Changes the columns in `set` of all rows for which a condition in SQL is true, or of none of them. */
  updateWhere<const Text extends string>(
    set: Shape["inputs"]["update"],
    which: WhichRequest<Shape["inputs"], Text>,
  ): Result<K, UpdateResult> {
    return this.runner.run(does.UPDATE_WHERE, this.name, set, which) as Result<K, UpdateResult>;
  }

  /** Deletes all rows for which a condition in SQL is true, or none. */
  deleteWhere<const Text extends string>(which: WhichRequest<Shape["inputs"], Text> & DeleteOptions): Result<K, DeleteResult> {
    return this.runner.run(does.DELETE_WHERE, this.name, which, undefined) as Result<K, DeleteResult>;
  }

  /** How many rows there are, in all, in a range of an index, or with a condition. */
  count<const Index extends IndexNames<Shape["inputs"]> = never, const Text extends string = string>(
    options?: CountRequest<Shape["inputs"], Index, Text>,
  ): Result<K, number> {
    return this.runner.run(does.COUNT, this.name, options, undefined);
  }
}

/** A table of an asynchronous session. */
export class Table<Shape extends TableShape> extends TableOf<"async", Shape> {
  /** Rows as they are stored, a range of an index, or those that a condition in SQL is true for. */
  scan<
    Name extends Shape["inputs"]["names"] = never,
    const Index extends IndexNames<Shape["inputs"]> = never,
    const Text extends string = string,
  >(options: ScanRequest<Shape["inputs"], Name, Index, Text> = {}): Scan<Picked<Shape["row"], Name>> {
    return new Scan(this.runner, this.name, options);
  }

  /** The rows for which a condition in SQL is true, `where("age > ?", 18)`, to be read, counted, changed or deleted. */
  where<const Text extends string>(
    condition: Text & CheckedCondition<Text, Shape["inputs"]["names"]>,
    ...params: Arguments
  ): Where<Shape> {
    return new Where(this.runner, this.name, { where: condition, params: paramsOf(params) });
  }
}

/** A table of a session in this process. */
export class SyncTable<Shape extends TableShape> extends TableOf<"sync", Shape> {
  /** Rows as they are stored, a range of an index, or those that a condition in SQL is true for. */
  scan<
    Name extends Shape["inputs"]["names"] = never,
    const Index extends IndexNames<Shape["inputs"]> = never,
    const Text extends string = string,
  >(options: ScanRequest<Shape["inputs"], Name, Index, Text> = {}): SyncScan<Picked<Shape["row"], Name>> {
    return new SyncScan(this.runner, this.name, options);
  }

  /** The rows for which a condition in SQL is true, `where("age > ?", 18)`, to be read, counted, changed or deleted. */
  where<const Text extends string>(
    condition: Text & CheckedCondition<Text, Shape["inputs"]["names"]>,
    ...params: Arguments
  ): SyncWhere<Shape> {
    return new SyncWhere(this.runner, this.name, { where: condition, params: paramsOf(params) });
  }
}
