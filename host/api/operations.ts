/**
 * Every request of `docs/protocol.md` as a few steps: each yields a request and goes on with what its reply holds. Sessions of both kinds,
 * in this process and with a child, go the same steps; only how a step is done differs (`runner.ts`).
 */
import { QuireError } from "./errors.js";
import type { DirectAccess, RowsPage } from "./direct.js";
import { type AnyRow, type TableDefinition, hasRules } from "./define-table.js";
import { boundToJson, keyFromJson, parameterFields, rowFromJson, rowToJson, toJson } from "./json-values.js";
import { withExactDocuments } from "./document.js";
import { errorOfPart } from "./parts.js";
import type {
  BoundOptions,
  CountOptions,
  DeleteOptions,
  DeleteWhereRequest,
  LookupOptions,
  Request,
  ScanOptions,
  WhereRequest,
} from "./requests.js";
import { type Column, type TableReply, TableSchema } from "./table-schema.js";
import type { ValueForms } from "./value-forms.js";

/** A request. What comes back is the `ok` of its reply; a failed one throws its error. */
export interface RequestStep {
  readonly request: Request;
}

/** The same without a request, where the module is in this process; what comes back elsewhere is undefined. */
export interface DirectStep {
  readonly direct: (direct: DirectAccess) => unknown;
}

export type Step = RequestStep | DirectStep;

/** A way to a result. */
export type Steps<T> = Generator<Step, T, unknown>;

/** What a direct call answers when the operation has to go its steps. */
export const BY_STEPS: unique symbol = Symbol("by steps");

/** What a method of a session or a table does: its steps; where the module is in this process, what is tried before, with records instead of JSON. */
export class Operation<First, Second, T> {
  constructor(
    /** Its name in messages. */
    readonly call: string,
    readonly steps: (operations: Operations, table: string, first: First, second: Second) => Steps<T>,
    readonly direct: ((direct: DirectAccess, table: string, first: First, second: Second) => T | typeof BY_STEPS) | null = null,
  ) {}
}

/** Rows of a page, unless the caller says otherwise. */
const PAGE_ROWS = 1000;

export class Operations {
  /** The definitions that are known. Requests that may change one make all be forgotten. */
  readonly schemas = new Map<string, TableSchema>();
  /** Definitions whose rules are still to be declared. */
  readonly undeclared: TableDefinition[] = [];
  readonly #noted = new WeakSet<TableDefinition>();

  constructor(readonly forms: ValueForms) {}

  *#schema(name: string): Steps<TableSchema> {
    const known = this.schemas.get(name);
    if (known !== undefined) return known;
    const { tables } = (yield { request: { op: "schema", table: name } }) as { tables: TableReply[] };
    const schema = new TableSchema(tables[0] as TableReply);
    this.schemas.set(name, schema);
    return schema;
  }

  /** A request whose reply is the result as it is. */
  *ask(request: Request): Steps<unknown> {
    return yield { request };
  }

  /** A request of whose reply one member is the result. */
  *member(request: Request, name: string): Steps<unknown> {
    return ((yield { request }) as Record<string, unknown>)[name];
  }

  /** A request that has no result. */
  *done(request: Request): Steps<void> {
    yield { request };
  }

  create(definition: TableDefinition): Steps<void> {
    return this.done({ op: "create", ...definitionToJson(definition) });
  }

  /** Notes the rules of a definition: they are declared before the next request. */
  note(definition: TableDefinition): void {
    if (this.#noted.has(definition) || !hasRules(definition)) return;
    this.#noted.add(definition);
    this.undeclared.push(definition);
  }

  /** Declares the rules that were noted. Where that fails the next call will fail so, too: no row is written without them. */
  *declare(): Steps<void> {
    const noted = this.undeclared.splice(0);
    try {
      yield { request: { op: "rules", schema: noted.map(definitionToJson) } };
    } catch (error) {
      this.undeclared.unshift(...noted);
      throw error;
    }
  }

  /** Declares rules, for definitions: what the session has then. */
  *rules(tables: readonly TableDefinition[]): Steps<unknown> {
    const schema = tables.length === 0 ? {} : { schema: tables.map(definitionToJson) };
    return yield* this.member({ op: "rules", ...schema }, "rules");
  }

  *insert(table: string, row: unknown): Steps<unknown> {
    // A request without the field would be one for several rows.
    if (row === undefined) throw new QuireError("BAD_REQUEST", "insert: there is no row");
    const schema = yield* this.#schema(table);
    const { keys } = (yield { request: { op: "insert", table, row: rowToJson(schema, row) } }) as { keys: unknown[] };
    return keyFromJson(schema.key, keys[0], this.forms);
  }

  *insertMany(table: string, rows: readonly unknown[]): Steps<unknown[]> {
    if (rows.length === 0) return [];
    const schema = yield* this.#schema(table);
    const list = rows.map((row) => rowToJson(schema, row));
    const { keys } = (yield { request: { op: "insert", table, rows: list } }) as { keys: unknown[] };
    return keys.map((key) => keyFromJson(schema.key, key, this.forms));
  }

  /** The parts of one insertion, in a transaction of their own. */
  *insertParts(table: string, parts: readonly (readonly unknown[])[]): Steps<unknown[]> {
    const keys: unknown[] = [];
    for (const part of parts) {
      try {
        const direct = yield { direct: (access) => (part.length > 1 ? access.insert(table, part) : undefined) };
        for (const key of (direct as unknown[] | undefined) ?? (yield* this.insertMany(table, part))) keys.push(key);
      } catch (error) {
        throw errorOfPart(error, keys.length);
      }
    }
    return keys;
  }

  *get(table: string, key: unknown, options: LookupOptions = {}): Steps<AnyRow> {
    needOptions("get", options);
    const schema = yield* this.#schema(table);
    const { row } = (yield {
      request: { ...options, op: "get", table, key: keyToJson(schema, key, options.index) },
    }) as { row: AnyRow };
    return rowFromJson(chosen(schema, options.columns), row, this.forms);
  }

  *find(table: string, key: unknown, options?: LookupOptions): Steps<AnyRow | undefined> {
    try {
      return yield* this.get(table, key, options);
    } catch (error) {
      if ((error as { code?: unknown }).code === "ROW_NOT_FOUND") return undefined;
      throw error;
    }
  }

  *getMany(table: string, keys: readonly unknown[], options: LookupOptions = {}): Steps<AnyRow[]> {
    needOptions("getMany", options);
    if (listOf("getMany", "keys", keys).length === 0) return [];
    const schema = yield* this.#schema(table);
    const { rows } = (yield {
      request: { ...options, op: "get", table, keys: keys.map((key) => keyToJson(schema, key, options.index)) },
    }) as { rows: AnyRow[] };
    const columns = chosen(schema, options.columns);
    for (const row of rows) rowFromJson(columns, row, this.forms);
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

  *updateWhere(table: string, set: unknown, which: WhereRequest): Steps<unknown> {
    needOptions("updateWhere", which);
    const schema = yield* this.#schema(table);
    return yield { request: { ...withParams(which), op: "update", table, set: rowToJson(schema, set) } };
  }

  *deleteWhere(table: string, which: DeleteWhereRequest): Steps<unknown> {
    needOptions("deleteWhere", which);
    return yield { request: { ...withParams(which), op: "delete", table } };
  }

  *count(table: string, options: CountOptions = {}): Steps<number> {
    const schema = yield* this.#schema(table);
    const request = { ...withParams(options), op: "scan" as const, table, count: true };
    addBounds(schema, options, request);
    return ((yield { request }) as { count: number }).count;
  }

  /** One page of a scan; `after` is the token of the page before it. */
  *scanPage(table: string, options: ScanOptions, limit: number | undefined, after: string | null): Steps<RowsPage> {
    const schema = yield* this.#schema(table);
    const fields: Record<string, unknown> = {};
    // Options that are none are the module's to refuse. (A spread and `delete` would take a third of a lookup's time.)
    for (const name of Object.keys(options)) fields[name] = options[name as keyof ScanOptions];
    fields["op"] = "scan";
    fields["table"] = table;
    addBounds(schema, options, fields);
    fields["limit"] = limit;
    fields["pageRows"] = undefined;
    if (options.params !== undefined) Object.assign(fields, parameterFields(options.params));
    if (after !== null) {
      fields["offset"] = undefined;
      fields["after"] = after;
    }
    const request = fields as unknown as Request;
    const columns = chosen(schema, options.columns);
    // Records become rows by mere assignment, with which an object takes no such name for a property of its own.
    if (options.orderBy === undefined && !columns.some(({ name }) => name === "__proto__")) {
      const direct = yield { direct: (access) => access.scan(requestText(request), columns) };
      if (direct !== undefined) return direct as RowsPage;
    }
    const page = (yield { request }) as RowsPage;
    for (const row of page.rows) rowFromJson(columns, row, this.forms);
    return page;
  }
}

/** Where a scan is: which page to ask for next. */
export class ScanState {
  #left: number;
  #after: string | null = null;
  done = false;

  constructor(
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

  /** The rows of the next page. */
  *next(operations: Operations): Steps<AnyRow[]> {
    const { limit, pageRows = PAGE_ROWS } = this.options;
    // A limit that is none is the module's to refuse.
    const isWhole = this.options.orderBy !== undefined || (this.#left === Infinity && limit !== undefined);
    const wanted = isWhole ? limit : Math.min(this.#left, pageRows);
    const { rows, after } = yield* operations.scanPage(this.table, this.options, wanted, this.#after);
    this.#left -= rows.length;
    this.#after = after;
    this.done = after === null || this.#left <= 0;
    return rows;
  }

  /** The rows of all pages that are left. */
  *rest(operations: Operations): Steps<AnyRow[]> {
    const rows: AnyRow[] = [];
    while (!this.done) for (const row of yield* this.next(operations)) rows.push(row);
    return rows;
  }
}

/** Options whose parameters, if they have some, are as JSON has them. */
function withParams<T extends object>(options: T & { readonly params?: unknown }): T {
  return options.params === undefined ? options : { ...options, ...parameterFields(options.params) };
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
export function requestText(request: Request): string {
  try {
    return withExactDocuments(JSON.stringify(request));
  } catch (error) {
    const what = `${request.op}: JSON can't spell the request (${(error as Error).message})`;
    throw new QuireError("BAD_VALUE", what, undefined, { cause: error });
  }
}

/** A definition as requests take it. */
export function definitionToJson({ name, words, alignment }: TableDefinition): Readonly<Record<string, unknown>> {
  return { table: name, columns: words, ...(alignment === 0 ? {} : { alignment }) };
}
