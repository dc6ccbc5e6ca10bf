/** A table of a session: its rows. The same methods for both kinds of sessions. */
import type { AnyRow, TableShape } from "./define-table.js";
import { type Operations, ScanState, listOf } from "./operations.js";
import { errorOfPart, partsOf } from "./parts.js";
import type {
  BoundOptions,
  ColumnNames,
  CountOptions,
  DeleteOptions,
  DeleteResult,
  LookupKey,
  LookupOptions,
  Picked,
  ScanOptions,
  UpdateResult,
} from "./requests.js";
import type { AsyncRunner, SyncRunner } from "./runner.js";

/** A scan with the columns it gives. */
export interface ScanRequest<Name extends string> extends Omit<ScanOptions, "columns"> {
  readonly columns?: readonly Name[];
}

/** What a lookup gives, and by which column. */
export interface LookupRequest<Name extends string, Column extends string> extends LookupOptions {
  readonly columns?: readonly Name[];
  readonly index?: Column;
}

/** Whether a lookup may go without a request: it chooses no columns, and there is no other option to be refused. */
function isDirect(options: LookupOptions | undefined): boolean {
  if (options === undefined) return true;
  // Null, and what else is no object, is the request's to refuse.
  if (typeof options !== "object" || (options as unknown) === null) return false;
  for (const name in options) if (name !== "index") return false;
  return true;
}

/** Rows one after the other, fetched in pages as they are used up. It can be gone through more than once, each time from the start. */
export class Scan<Row extends object> implements AsyncIterable<Row> {
  readonly #runner: AsyncRunner;
  readonly #start: () => ScanState;

  /** @internal */
  constructor(runner: AsyncRunner, start: () => ScanState) {
    this.#runner = runner;
    this.#start = start;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    for (const state = this.#start(); !state.done;) {
      yield* (await this.#runner.run(state.page)) as Row[];
    }
  }

  /** All rows at once. */
  async toArray(): Promise<Row[]> {
    const rows: Row[] = [];
    for (const state = this.#start(); !state.done;) {
      for (const row of await this.#runner.run(state.page)) rows.push(row as Row);
    }
    return rows;
  }
}

/** The same for a session in this process. */
export class SyncScan<Row extends object> implements Iterable<Row> {
  readonly #runner: SyncRunner;
  readonly #start: () => ScanState;

  /** @internal */
  constructor(runner: SyncRunner, start: () => ScanState) {
    this.#runner = runner;
    this.#start = start;
  }

  *[Symbol.iterator](): Generator<Row, void, undefined> {
    for (const state = this.#start(); !state.done;) {
      yield* this.#runner.run(state.page) as Row[];
    }
  }

  /** All rows at once. */
  toArray(): Row[] {
    const rows: Row[] = [];
    for (const state = this.#start(); !state.done;) {
      for (const row of this.#runner.run(state.page)) rows.push(row as Row);
    }
    return rows;
  }
}

/** The parts of one insertion: rows may refer to some of a later part. */
const ANY_ORDER = { anyOrder: true } as const;

/** A table of an asynchronous session. */
export class Table<Shape extends TableShape> {
  readonly name: string;
  readonly #runner: AsyncRunner;
  readonly #operations: Operations;

  /** @internal */
  constructor(name: string, runner: AsyncRunner, operations: Operations) {
    this.name = name;
    this.#runner = runner;
    this.#operations = operations;
  }

  /** Inserts a row and returns its primary key. */
  insert(row: Shape["insert"]): Promise<Shape["key"]> {
    const { name } = this;
    return this.#runner.run<Shape["key"]>({
      call: "insert",
      table: name,
      steps: () => this.#operations.insert(name, row),
      shortcut: (direct) => direct.insert(name, [row])?.[0],
    });
  }

  /** Inserts all rows or none, and returns their primary keys. Many rows go in parts, in one transaction. */
  async insertMany(rows: readonly Shape["insert"][]): Promise<Shape["key"][]> {
    const parts = partsOf(listOf("insertMany", "rows", rows));
    if (parts.length === 1) return this.#insertPart(rows);
    return this.#runner.transaction(async () => {
      const keys: Shape["key"][] = [];
      for (const part of parts) {
        try {
          for (const key of await this.#insertPart(part)) keys.push(key);
        } catch (error) {
          throw errorOfPart(error, keys.length);
        }
      }
      return keys;
    }, ANY_ORDER);
  }

  #insertPart(rows: readonly Shape["insert"][]): Promise<Shape["key"][]> {
    const { name } = this;
    return this.#runner.run<Shape["key"][]>({
      call: "insertMany",
      table: name,
      steps: () => this.#operations.insertMany(name, rows),
      shortcut: (direct) => (rows.length > 1 ? direct.insert(name, rows) : undefined),
    });
  }

  /** The row with that primary key, or with that value in the unique column `index`; `ROW_NOT_FOUND` when there is none. */
  get<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    key: LookupKey<Shape, Column>,
    options?: LookupRequest<Name, Column>,
  ): Promise<Picked<Shape["row"], Name>> {
    const { name } = this;
    return this.#runner.run({
      call: "get",
      table: name,
      steps: () => this.#operations.get(name, key, options),
      shortcut: (direct) => (isDirect(options) ? (direct.get(name, key, options?.index) ?? undefined) : undefined),
    }) as Promise<Picked<Shape["row"], Name>>;
  }

  /** The same row, or undefined when there is none. */
  async find<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    key: LookupKey<Shape, Column>,
    options?: LookupRequest<Name, Column>,
  ): Promise<Picked<Shape["row"], Name> | undefined> {
    const { name } = this;
    try {
      const row = await this.#runner.run<AnyRow | null>({
        call: "find",
        table: name,
        steps: () => this.#operations.get(name, key, options),
        shortcut: (direct) => (isDirect(options) ? direct.get(name, key, options?.index) : undefined),
      });
      return (row ?? undefined) as Picked<Shape["row"], Name> | undefined;
    } catch (error) {
      if ((error as { code?: unknown }).code === "ROW_NOT_FOUND") return undefined;
      throw error;
    }
  }

  /** The rows with these primary keys, or values of `index`, in their order; `ROW_NOT_FOUND` when one is missing. */
  getMany<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    keys: readonly LookupKey<Shape, Column>[],
    options?: LookupRequest<Name, Column>,
  ): Promise<Picked<Shape["row"], Name>[]> {
    return this.#runner.run({
      call: "getMany",
      table: this.name,
      steps: () => this.#operations.getMany(this.name, keys, options),
    }) as Promise<Picked<Shape["row"], Name>[]>;
  }

  /** Changes the columns in `set` of the row with that primary key. */
  update(key: Shape["keyInput"], set: Shape["update"]): Promise<UpdateResult> {
    const { name } = this;
    return this.#runner.run({
      call: "update",
      table: name,
      steps: () => this.#operations.update(name, key, set),
      shortcut: (direct) => direct.update(name, key, set),
    }) as Promise<UpdateResult>;
  }

  /** Deletes the row with that primary key. */
  delete(key: Shape["keyInput"], options?: DeleteOptions): Promise<DeleteResult> {
    const { name } = this;
    return this.#runner.run({
      call: "delete",
      table: name,
      steps: () => this.#operations.delete(name, key, options),
      shortcut: (direct) => (options === undefined ? direct.delete(name, key) : undefined),
    }) as Promise<DeleteResult>;
  }

  /** Deletes all rows with these primary keys or none. */
  deleteMany(keys: readonly Shape["keyInput"][], options?: DeleteOptions): Promise<DeleteResult> {
    return this.#runner.run({
      call: "deleteMany",
      table: this.name,
      steps: () => this.#operations.deleteMany(this.name, keys, options),
    }) as Promise<DeleteResult>;
  }

  /** Rows as they are stored, or a range of an index. */
  scan<Name extends ColumnNames<Shape["row"]> = never>(options: ScanRequest<Name> = {}): Scan<Picked<Shape["row"], Name>> {
    return new Scan(this.#runner, () => new ScanState(this.#operations, this.name, options));
  }

  /** How many rows there are, in all or in a range of an index. */
  count(options?: CountOptions & BoundOptions): Promise<number> {
    return this.#runner.run({ call: "count", table: this.name, steps: () => this.#operations.count(this.name, options) });
  }
}

/** A table of a session in this process. */
export class SyncTable<Shape extends TableShape> {
  readonly name: string;
  readonly #runner: SyncRunner;
  readonly #operations: Operations;

  /** @internal */
  constructor(name: string, runner: SyncRunner, operations: Operations) {
    this.name = name;
    this.#runner = runner;
    this.#operations = operations;
  }

  /** Inserts a row and returns its primary key. */
  insert(row: Shape["insert"]): Shape["key"] {
    const { name } = this;
    return this.#runner.run<Shape["key"]>({
      call: "insert",
      table: name,
      steps: () => this.#operations.insert(name, row),
      shortcut: (direct) => direct.insert(name, [row])?.[0],
    });
  }

  /** Inserts all rows or none, and returns their primary keys. Many rows go in parts, in one transaction. */
  insertMany(rows: readonly Shape["insert"][]): Shape["key"][] {
    const parts = partsOf(listOf("insertMany", "rows", rows));
    if (parts.length === 1) return this.#insertPart(rows);
    return this.#runner.transaction(() => {
      const keys: Shape["key"][] = [];
      for (const part of parts) {
        try {
          for (const key of this.#insertPart(part)) keys.push(key);
        } catch (error) {
          throw errorOfPart(error, keys.length);
        }
      }
      return keys;
    }, ANY_ORDER);
  }

  #insertPart(rows: readonly Shape["insert"][]): Shape["key"][] {
    const { name } = this;
    return this.#runner.run<Shape["key"][]>({
      call: "insertMany",
      table: name,
      steps: () => this.#operations.insertMany(name, rows),
      shortcut: (direct) => (rows.length > 1 ? direct.insert(name, rows) : undefined),
    });
  }

  /** The row with that primary key, or with that value in the unique column `index`; `ROW_NOT_FOUND` when there is none. */
  get<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    key: LookupKey<Shape, Column>,
    options?: LookupRequest<Name, Column>,
  ): Picked<Shape["row"], Name> {
    if (isDirect(options)) {
      const row = this.#runner.direct.get(this.name, key, options?.index);
      if (row != null) return row as Picked<Shape["row"], Name>;
    }
    return this.#runner.run({
      call: "get",
      table: this.name,
      steps: () => this.#operations.get(this.name, key, options),
    }) as Picked<Shape["row"], Name>;
  }

  /** The same row, or undefined when there is none. */
  find<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    key: LookupKey<Shape, Column>,
    options?: LookupRequest<Name, Column>,
  ): Picked<Shape["row"], Name> | undefined {
    if (isDirect(options)) {
      const row = this.#runner.direct.get(this.name, key, options?.index);
      if (row !== undefined) return (row ?? undefined) as Picked<Shape["row"], Name> | undefined;
    }
    try {
      return this.#runner.run({
        call: "find",
        table: this.name,
        steps: () => this.#operations.get(this.name, key, options),
      }) as Picked<Shape["row"], Name>;
    } catch (error) {
      if ((error as { code?: unknown }).code === "ROW_NOT_FOUND") return undefined;
      throw error;
    }
  }

  /** The rows with these primary keys, or values of `index`, in their order; `ROW_NOT_FOUND` when one is missing. */
  getMany<Name extends ColumnNames<Shape["row"]> = never, Column extends ColumnNames<Shape["row"]> = never>(
    keys: readonly LookupKey<Shape, Column>[],
    options?: LookupRequest<Name, Column>,
  ): Picked<Shape["row"], Name>[] {
    return this.#runner.run({
      call: "getMany",
      table: this.name,
      steps: () => this.#operations.getMany(this.name, keys, options),
    }) as Picked<Shape["row"], Name>[];
  }

  /** Changes the columns in `set` of the row with that primary key. */
  update(key: Shape["keyInput"], set: Shape["update"]): UpdateResult {
    const { name } = this;
    return this.#runner.run({
      call: "update",
      table: name,
      steps: () => this.#operations.update(name, key, set),
      shortcut: (direct) => direct.update(name, key, set),
    }) as UpdateResult;
  }

  /** Deletes the row with that primary key. */
  delete(key: Shape["keyInput"], options?: DeleteOptions): DeleteResult {
    const { name } = this;
    return this.#runner.run({
      call: "delete",
      table: name,
      steps: () => this.#operations.delete(name, key, options),
      shortcut: (direct) => (options === undefined ? direct.delete(name, key) : undefined),
    }) as DeleteResult;
  }

  /** Deletes all rows with these primary keys or none. */
  deleteMany(keys: readonly Shape["keyInput"][], options?: DeleteOptions): DeleteResult {
    return this.#runner.run({
      call: "deleteMany",
      table: this.name,
      steps: () => this.#operations.deleteMany(this.name, keys, options),
    }) as DeleteResult;
  }

  /** Rows as they are stored, or a range of an index. */
  scan<Name extends ColumnNames<Shape["row"]> = never>(options: ScanRequest<Name> = {}): SyncScan<Picked<Shape["row"], Name>> {
    return new SyncScan(this.#runner, () => new ScanState(this.#operations, this.name, options));
  }

  /** How many rows there are, in all or in a range of an index. */
  count(options?: CountOptions & BoundOptions): number {
    return this.#runner.run({ call: "count", table: this.name, steps: () => this.#operations.count(this.name, options) });
  }
}
