/** The calls of the module that take and give rows as records, without JSON in between. For sessions in this process. */
import type { LibraryInstance } from "./instance.js";
import { ModuleStatements } from "./module-statement.js";
import { RecordReader, RecordWriter } from "./record-codec.js";
import type { DeleteResult, UpdateResult } from "./requests.js";
import { RowMaker } from "./row-maker.js";
import type { Column, TableSchema } from "./table-schema.js";
import type { ValueForms } from "./value-forms.js";

/** What the module answers. */
const ROW = 1;
const NO_ROW = 0;
const FAILED = -1;

/** Failures whose message comes from the same call as JSON: the module knows there what the caller wrote. */
const TOLD_BY_JSON: ReadonlySet<string> = new Set(["BAD_VALUE", "BAD_REQUEST"]);

interface OpenTable {
  readonly schema: TableSchema;
  readonly handle: number;
  readonly rows: RowMaker;
}

/** A page of a scan. */
export interface RowsPage {
  readonly rows: Record<string, unknown>[];
  readonly after: string | null;
}

/** All methods return undefined when the call has to go as JSON. */
export class DirectAccess {
  readonly #instance: LibraryInstance;
  readonly #schemas: ReadonlyMap<string, TableSchema>;
  readonly #reader: RecordReader;
  readonly #writer = new RecordWriter();
  readonly #tables = new Map<string, OpenTable>();
  readonly statements: ModuleStatements;

  /** `schemas` are those that the session knows at the time. */
  constructor(instance: LibraryInstance, schemas: ReadonlyMap<string, TableSchema>, forms: ValueForms) {
    this.#instance = instance;
    this.#schemas = schemas;
    this.#reader = new RecordReader(forms);
    this.statements = new ModuleStatements(instance);
  }

  #table(name: string): OpenTable | undefined {
    const schema = this.#schemas.get(name);
    const table = this.#tables.get(name);
    if (table !== undefined && table.schema === schema) return table;
    if (table !== undefined) this.#drop(name, table);
    // An object takes no such name for a property of its own by mere assignment.
    if (schema?.column("__proto__") !== undefined) return undefined;
    if (schema === undefined || !name.isWellFormed()) return undefined;
    const handle = this.#instance.callText("open_table", name);
    if (handle < 0) return undefined;
    const opened = { schema, handle, rows: new RowMaker(schema.columns) };
    this.#tables.set(name, opened);
    return opened;
  }

  #drop(name: string, table: OpenTable): void {
    this.#tables.delete(name);
    this.#instance.call("close_table", table.handle, 0);
  }

  /** The row with that primary key, or with that value in the unique column `index`; null when there is none. */
  get(name: string, key: unknown, index?: string): Record<string, unknown> | null | undefined {
    const table = this.#table(name);
    if (table === undefined) return undefined;
    const status = index === undefined ? this.#callWithKey("get", table, key) : this.#getBy(table, key, index);
    if (status === undefined) return undefined;
    const instance = this.#instance;
    if (status === ROW) return table.rows.row(this.#reader, instance.memory, instance.replyStart);
    if (status === NO_ROW) return null;
    this.#drop(name, table);
    return undefined;
  }

  /** Inserts the rows, all or none: their primary keys. */
  insert(name: string, rows: readonly unknown[]): unknown[] | undefined {
    const table = this.#table(name);
    if (table === undefined || rows.length === 0) return undefined;
    const instance = this.#instance;
    const { schema } = table;
    const writer = this.#writer;
    let used = 0;
    for (const row of rows) {
      const start = instance.scratch(used + writer.roomForRow(schema, row), used);
      if (!writer.row(instance.memory, schema, row, start + used)) return undefined;
      used = writer.end - start;
    }
    const status = instance.call("insert", table.handle, used);
    if (status >= 0) return this.#keys(schema.key, rows.length);
    this.#failed(name, table, status);
    return undefined;
  }

  /** Changes the columns in `set` of the row with that primary key. */
  update(name: string, key: unknown, set: unknown): UpdateResult | undefined {
    const table = this.#table(name);
    if (table === undefined) return undefined;
    const instance = this.#instance;
    const { schema } = table;
    const writer = this.#writer;
    let start = instance.scratch(4 + writer.roomForValue(schema.key, key));
    if (!writer.value(instance.memory, schema.key, key, start + 4)) return undefined;
    const used = writer.end - start;
    start = instance.scratch(used + writer.roomForRow(schema, set), used);
    instance.memory.view.setUint32(start, used - 4, true);
    if (!writer.row(instance.memory, schema, set, start + used)) return undefined;
    const status = instance.call("update", table.handle, writer.end - start);
    if (status === ROW) return { updated: 1, cascaded: this.#count() };
    this.#failed(name, table, status);
    return undefined;
  }

  /** Deletes the row with that primary key, and with it what its foreign keys say. */
  delete(name: string, key: unknown): DeleteResult | undefined {
    const table = this.#table(name);
    if (table === undefined) return undefined;
    const status = this.#callWithKey("remove", table, key);
    if (status === undefined) return undefined;
    if (status === ROW) return { deleted: 1, cascaded: this.#count() };
    this.#failed(name, table, status);
    return undefined;
  }

  /** What `get_by` answers; undefined when that has to go as JSON. */
  #getBy({ schema, handle }: OpenTable, value: unknown, name: string): number | undefined {
    const column = schema.uniqueColumn(name);
    // Without a value, or a document that is just null: the module knows.
    if (column === undefined || (value === null && column.nullable)) return undefined;
    const instance = this.#instance;
    const at = instance.scratch(this.#writer.roomForValue(column, value));
    if (!this.#writer.value(instance.memory, column, value, at)) return undefined;
    return instance.callBy(handle, column.position, this.#writer.end - at);
  }

  /** What a call about one row answers; undefined when the key is none that can be written. */
  #callWithKey(call: "get" | "remove", { schema, handle }: OpenTable, key: unknown): number | undefined {
    const instance = this.#instance;
    const at = instance.scratch(this.#writer.roomForValue(schema.key, key));
    if (!this.#writer.value(instance.memory, schema.key, key, at)) return undefined;
    return instance.call(call, handle, this.#writer.end - at);
  }

  /** The count that is the reply. */
  #count(): number {
    return Number(this.#instance.memory.view.getBigUint64(this.#instance.replyStart, true));
  }

  /** What to do about a call that did not do what it was asked for: throws, or leaves it to the same request as JSON. */
  #failed(name: string, table: OpenTable, status: number): void {
    if (status === NO_ROW) return;
    if (status !== FAILED) {
      this.#drop(name, table);
      return;
    }
    const failure = this.#instance.failure();
    if (!TOLD_BY_JSON.has(failure.code)) throw failure;
  }

  #keys(column: Column, count: number): unknown[] {
    const keys = new Array<unknown>(count);
    const { memory } = this.#instance;
    this.#reader.end = this.#instance.replyStart;
    for (let i = 0; i < count; i++) keys[i] = this.#reader.key(memory, column, this.#reader.end);
    return keys;
  }

  /** Does the scan that `request` asks for; its rows have these columns. */
  scan(request: string, columns: readonly Column[]): RowsPage {
    const instance = this.#instance;
    if (instance.callText("scan", request) < 0) throw instance.failure();
    const start = instance.replyStart;
    const end = start + instance.replyLength;
    const { memory } = instance;
    const count = memory.view.getUint32(start, true);
    const tokenStart = start + memory.view.getUint32(start + 4, true);
    const rows = new Array<Record<string, unknown>>(count);
    const maker = new RowMaker(columns);
    let at = start + 8;
    for (let i = 0; i < count; i++) {
      rows[i] = maker.row(this.#reader, memory, at + 4);
      at += 4 + memory.view.getUint32(at, true);
    }
    return { rows, after: tokenStart === end ? null : memory.text(tokenStart, end) };
  }
}
