/**
 * Every request of `docs/protocol.md` as a few steps: each yields a request and goes on with what its reply holds. Sessions in this process
 * and those with a child run the same steps; only how a step is done differs.
 */
import { QuireError } from "./errors.js";
import type { DirectAccess, RowsPage } from "./direct.js";
import type { AnyRow, TableDefinition } from "./define-table.js";
import { type DateForm, boundToJson, fromJson, rowFromJson, rowToJson, toJson } from "./json-values.js";
import type { BoundOptions, CountOptions, DeleteOptions, LookupOptions, ScanOptions } from "./requests.js";
import { type Column, type TableReply, TableSchema } from "./table-schema.js";

/** One request. */
export interface Step {
  readonly request: Readonly<Record<string, unknown>>;
  /** For a scan: the columns that its rows have. Its reply may then come as records. */
  readonly columns?: readonly Column[];
}

/** A method's way to its result. What comes back from a step is the reply's `ok`; a failed one ends the way. */
export type Steps<T> = Generator<Step, T, unknown>;

/** A page of a scan whose rows have been made from records already. */
export class DecodedPage {
  constructor(readonly page: RowsPage) {}
}

/** Does one step in this process. */
export type Shortcut = (direct: DirectAccess) => unknown;

/** What a method does: its steps, and the shortcut that is tried first where there is one. */
export interface Method<T> {
  /** Its name, and that of the table it is of: for messages. */
  readonly call: string;
  readonly table?: string;
  readonly steps: () => Steps<T>;
  readonly shortcut?: Shortcut;
}

/** Rows of a page, unless the caller says otherwise. */
const PAGE_ROWS = 1000;

export class Operations {
  /** The definitions that are known. Requests that may change one make all be forgotten. */
  readonly schemas = new Map<string, TableSchema>();

  constructor(readonly dates: DateForm) {}

  *#schema(name: string): Steps<TableSchema> {
    const known = this.schemas.get(name);
    if (known !== undefined) return known;
    const { tables } = (yield { request: { op: "schema", table: name } }) as { tables: TableReply[] };
    const schema = new TableSchema(tables[0] as TableReply);
    this.schemas.set(name, schema);
    return schema;
  }

  *create(definition: TableDefinition): Steps<void> {
    const { name, words, alignment } = definition;
    yield { request: { op: "create", table: name, columns: words, ...(alignment === 0 ? {} : { alignment }) } };
  }

  *insert(table: string, row: unknown): Steps<unknown> {
    // A request without the field would be one for several rows.
    if (row === undefined) throw new QuireError("BAD_REQUEST", "insert: there is no row");
    const schema = yield* this.#schema(table);
    const { keys } = (yield { request: { op: "insert", table, row: rowToJson(schema, row) } }) as { keys: unknown[] };
    return fromJson(schema.key, keys[0], this.dates);
  }

  *insertMany(table: string, rows: readonly unknown[]): Steps<unknown[]> {
    if (rows.length === 0) return [];
    const schema = yield* this.#schema(table);
    const list = rows.map((row) => rowToJson(schema, row));
    const { keys } = (yield { request: { op: "insert", table, rows: list } }) as { keys: unknown[] };
    return keys.map((key) => fromJson(schema.key, key, this.dates));
  }

  *get(table: string, key: unknown, options: LookupOptions = {}): Steps<AnyRow> {
    needOptions("get", options);
    const schema = yield* this.#schema(table);
    const request = { ...options, op: "get", table, key: keyToJson(schema, key, options.index) };
    const { row } = (yield { request }) as { row: AnyRow };
    return rowFromJson(chosen(schema, options.columns), row, this.dates);
  }

  *getMany(table: string, keys: readonly unknown[], options: LookupOptions = {}): Steps<AnyRow[]> {
    needOptions("getMany", options);
    if (listOf("getMany", "keys", keys).length === 0) return [];
    const schema = yield* this.#schema(table);
    const request = { ...options, op: "get", table, keys: keys.map((key) => keyToJson(schema, key, options.index)) };
    const { rows } = (yield { request }) as { rows: AnyRow[] };
    const columns = chosen(schema, options.columns);
    for (const row of rows) rowFromJson(columns, row, this.dates);
    return rows;
  }

  *update(table: string, key: unknown, set: unknown): Steps<unknown> {
    const schema = yield* this.#schema(table);
    return yield { request: { op: "update", table, key: keyToJson(schema, key), set: rowToJson(schema, set) } };
  }

  *delete(table: string, key: unknown, options: DeleteOptions = {}): Steps<unknown> {
    const schema = yield* this.#schema(table);
    return yield { request: { ...options, op: "delete", table, key: keyToJson(schema, key) } };
  }

  *deleteMany(table: string, keys: readonly unknown[], options: DeleteOptions = {}): Steps<unknown> {
    if (listOf("deleteMany", "keys", keys).length === 0) return { deleted: 0, cascaded: 0 };
    const schema = yield* this.#schema(table);
    return yield { request: { ...options, op: "delete", table, keys: keys.map((key) => keyToJson(schema, key)) } };
  }

  *count(table: string, options: CountOptions = {}): Steps<number> {
    const schema = yield* this.#schema(table);
    const request: Record<string, unknown> = { ...options, op: "scan", table, count: true };
    addBounds(schema, options, request);
    return ((yield { request }) as { count: number }).count;
  }

  /** One page of a scan; `after` is the token of the page before it. */
  *scanPage(table: string, options: ScanOptions, limit: number | undefined, after: string | null): Steps<RowsPage> {
    const schema = yield* this.#schema(table);
    const request: Record<string, unknown> = {};
    // Options that are none are the module's to refuse. (A spread and `delete` would take a third of a lookup's time.)
    for (const name of Object.keys(options)) request[name] = options[name as keyof ScanOptions];
    request["op"] = "scan";
    request["table"] = table;
    addBounds(schema, options, request);
    request["limit"] = limit;
    request["pageRows"] = undefined;
    if (after !== null) {
      request["offset"] = undefined;
      request["after"] = after;
    }
    const columns = chosen(schema, options.columns);
    // Records become rows by mere assignment, with which an object takes no such name for a property of its own.
    const reply = yield columns.some(({ name }) => name === "__proto__") ? { request } : { request, columns };
    if (reply instanceof DecodedPage) return reply.page;
    const page = reply as RowsPage;
    for (const row of page.rows) rowFromJson(columns, row, this.dates);
    return page;
  }

  /** A request whose reply is the result as it is. */
  *plain(op: string, fields: Readonly<Record<string, unknown>> = {}): Steps<unknown> {
    return yield { request: { op, ...fields } };
  }
}

/** Where a scan is: which page to ask for next. */
export class ScanState {
  #left: number;
  #after: string | null = null;
  done = false;

  constructor(
    readonly operations: Operations,
    readonly table: string,
    readonly options: ScanOptions,
  ) {
    needOptions("scan", options);
    const { limit, pageRows = PAGE_ROWS } = options;
    if (!Number.isSafeInteger(pageRows) || pageRows < 1) {
      throw new QuireError("BAD_REQUEST", `scan: pageRows must be a whole number above 0, not ${String(pageRows)}`);
    }
    this.#left = typeof limit === "number" && Number.isSafeInteger(limit) ? limit : Infinity;
  }

  /** What gives the next page. */
  get page(): Method<AnyRow[]> {
    return { call: "scan", table: this.table, steps: () => this.#next() };
  }

  *#next(): Steps<AnyRow[]> {
    const { limit, pageRows = PAGE_ROWS } = this.options;
    // A limit that is none is the module's to refuse.
    const wanted = this.#left === Infinity && limit !== undefined ? limit : Math.min(this.#left, pageRows);
    const { rows, after } = yield* this.operations.scanPage(this.table, this.options, wanted, this.#after);
    this.#left -= rows.length;
    this.#after = after;
    this.done = after === null || this.#left <= 0;
    return rows;
  }
}

/** Refuses options that are none. */
function needOptions(call: string, options: unknown): void {
  if (typeof options !== "object" || options === null) throw new QuireError("BAD_REQUEST", `${call}: the options are an object`);
}

/** The rows or keys that a caller gave for several. */
export function listOf<T>(call: string, what: string, given: readonly T[]): readonly T[] {
  const isArray: boolean = Array.isArray(given);
  if (!isArray) throw new QuireError("BAD_REQUEST", `${call}: the ${what} are a list`);
  return given;
}

/** A value of the primary key, or of another column; one that is none is the module's to refuse. */
function keyToJson(schema: TableSchema, key: unknown, column?: string): unknown {
  const of = column === undefined ? schema.key : (schema.column(column) ?? schema.key);
  return toJson(schema.name, of, key === undefined ? null : key);
}

/** The columns that a request asks for; names that are none are the module's to refuse. */
function chosen(schema: TableSchema, names: readonly string[] | undefined): readonly Column[] {
  if (names === undefined) return schema.columns;
  const list: readonly string[] = Array.isArray(names) ? names : [String(names)];
  return list.flatMap((name) => schema.column(name) ?? []);
}

const BOUNDS = ["eq", "from", "to"] as const;

/** Puts the bounds into `request` as JSON has them. */
function addBounds(schema: TableSchema, options: BoundOptions, request: Record<string, unknown>): void {
  const columns = schema.boundColumns(options.index);
  for (const name of BOUNDS) {
    if (options[name] !== undefined) request[name] = boundToJson(schema, columns, options[name]);
  }
}

/** The text of a request. What JSON can't spell is an error with a code, like any other. */
export function requestText(request: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(request);
  } catch (error) {
    const what = `${String(request["op"])}: JSON can't spell the request (${(error as Error).message})`;
    throw new QuireError("BAD_VALUE", what, undefined, { cause: error });
  }
}

/** Operations after which no definition is known any more. */
export const CHANGES_SCHEMA: ReadonlySet<unknown> = new Set(["create", "drop", "rollback", "rollbackTo"]);
