/** Prepared statements with better-sqlite3's methods. */
import type { StatementColumn } from "../api/requests.js";
import type { SyncStatement } from "../api/statement.js";
import type { Connection, OpenDatabase } from "./connection.js";
import { type BindValue, valuesFor } from "./parameters.js";
import { notHere } from "./refusals.js";
import { attempt, sqliteError } from "./sqlite-error.js";

/** What a change came to. */
export interface RunResult {
  /** Rows that were inserted, updated or deleted; not those that went or changed with them. */
  changes: number;
  /** The key of the row that was inserted last, by this statement or one before it, if that is a number; 0 before any. */
  lastInsertRowid: number | bigint;
}

/** A column of a statement's rows. Which table a value comes from is not told. */
export interface ColumnDefinition {
  name: string;
  column: null;
  table: null;
  database: null;
  type: string;
}

/** Values for parameters. */
export type Parameters<Given> = Given extends readonly unknown[] ? Given : [Given];

type Form = "rows" | "raw" | "pluck";

/** Words of SQL that change rows, which a query that starts with WITH does not have. */
const CHANGES = /\b(?:insert|update|delete|replace)\b/i;
const READS = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*(?:select|values|explain|pragma|(with))\b/i;

type Convert = (value: unknown) => unknown;

/** What becomes of a column's values that are others in SQLite; null where they stay. */
function converterFor({ type }: StatementColumn, safeIntegers: boolean): Convert | null {
  if (type === "boolean") return safeIntegers ? (value) => BigInt(value as boolean) : Number;
  if (type === "json") return JSON.stringify;
  if (type === "blob" || type.startsWith("custom")) return asBuffer;
  return null;
}

function asBuffer(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

export class Statement<Given = unknown[], Row = unknown> {
  readonly source: string;
  readonly database: OpenDatabase;
  /** Whether it gives rows. */
  readonly reader: boolean;
  /** Whether it changes nothing. */
  readonly readonly: boolean;
  readonly #connection: Connection;
  readonly #names: readonly (string | null)[];
  /** The statement in the forms that were wanted, by what tells them apart. */
  readonly #forms = new Map<number, SyncStatement>();
  #current: SyncStatement | null = null;
  /** What becomes of values, by their names or places in a row. */
  #converters: ReadonlyMap<string | number, Convert> = new Map();
  #form: Form = "rows";
  #safeIntegers: boolean;
  #bound: unknown[] | null = null;
  #iterations = 0;

  /** @internal */
  constructor(connection: Connection, source: string) {
    this.#connection = connection;
    this.#safeIntegers = connection.safeIntegers;
    this.database = connection.database;
    this.source = source;
    const { reader, parameters } = this.#prepared();
    this.reader = reader;
    this.#names = parameters;
    const words = READS.exec(source);
    this.readonly = words !== null && (words[1] === undefined || !CHANGES.test(source));
  }

  /** Whether an iteration of it goes on. */
  get busy(): boolean {
    return this.#iterations > 0;
  }

  /** The statement in the form that is wanted. */
  #prepared(): SyncStatement {
    const session = this.#connection.session();
    if (this.#current !== null) return this.#current;
    const isList = this.#form !== "rows";
    const key = Number(isList) + 2 * Number(this.#safeIntegers);
    let statement = this.#forms.get(key);
    if (statement === undefined) {
      const integers = this.#safeIntegers ? "bigint" : "number";
      const whole = attempt(() => session.prepare(this.source, { integers, decimals: "number", dates: "string" }));
      statement = (isList ? whole.raw() : whole) as SyncStatement;
      this.#forms.set(key, statement);
    }
    const converters = new Map<string | number, Convert>();
    for (const [i, column] of statement.columns.entries()) {
      const place = isList ? i : column.name;
      const convert = converterFor(column, this.#safeIntegers);
      // Of several columns of one name the last one is in the row.
      if (convert === null) converters.delete(place);
      else converters.set(place, convert);
    }
    this.#converters = converters;
    this.#current = statement;
    return statement;
  }

  /** The values to run with. */
  #values(given: readonly unknown[]): unknown[] {
    if (this.#bound === null) return valuesFor(this.#names, given);
    if (given.length > 0) throw new TypeError("the statement has its values for good, by bind()");
    return this.#bound;
  }

  /** Nothing is done with a statement of which an iteration goes on. */
  #refuseBusy(): void {
    if (this.#iterations > 0) throw new TypeError("an iteration of the statement goes on; end it before");
  }

  /** Looks whether it may run now. */
  #begin(givesRows: boolean): SyncStatement {
    const statement = this.#prepared();
    this.#refuseBusy();
    if (givesRows && !this.reader) throw new TypeError("the statement gives no rows; use run()");
    if (!this.readonly && this.#connection.iterations > 0) {
      throw new TypeError("an iteration goes on; nothing is changed before its end");
    }
    return statement;
  }

  #tell(): void {
    this.#connection.verbose?.(this.source);
  }

  /** What a row of Quire is here. */
  #row(row: unknown): Row {
    const values = row as Record<string | number, unknown>;
    for (const [place, convert] of this.#converters) if (values[place] !== null) values[place] = convert(values[place]);
    return (this.#form === "pluck" ? values[0] : row) as Row;
  }

  get #keepsRows(): boolean {
    return this.#converters.size === 0 && this.#form !== "pluck";
  }

  /** Runs it: what it changed. */
  run(...given: Parameters<Given>): RunResult {
    const statement = this.#begin(false);
    const values = this.#values(given);
    const connection = this.#connection;
    this.#tell();
    try {
      const { changes, lastId } = statement.run(values);
      if (typeof lastId === "number" || typeof lastId === "bigint") connection.lastKey = BigInt(lastId);
      const key = connection.lastKey;
      return { changes, lastInsertRowid: this.#safeIntegers ? key : Number(key) };
    } catch (error) {
      throw sqliteError(error);
    }
  }

  /** The first row; undefined when there is none. */
  get(...given: Parameters<Given>): Row | undefined {
    const statement = this.#begin(true);
    const values = this.#values(given);
    this.#tell();
    try {
      const row = statement.get(values);
      return row === undefined || this.#keepsRows ? (row as Row | undefined) : this.#row(row);
    } catch (error) {
      throw sqliteError(error);
    }
  }

  /** All rows. */
  all(...given: Parameters<Given>): Row[] {
    const statement = this.#begin(true);
    const values = this.#values(given);
    this.#tell();
    try {
      const rows = statement.all(values);
      return this.#keepsRows ? (rows as Row[]) : rows.map((row) => this.#row(row));
    } catch (error) {
      throw sqliteError(error);
    }
  }

  /** The rows one after the other. Until its end nothing can be changed. */
  iterate(...given: Parameters<Given>): IterableIterator<Row> {
    const statement = this.#begin(true);
    const rows = statement.iterate(this.#values(given));
    const connection = this.#connection;
    let isBegun = false;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      this.#iterations--;
      connection.iterations--;
    };
    this.#iterations++;
    connection.iterations++;
    const iterator: IterableIterator<Row> = {
      [Symbol.iterator]: () => iterator,
      next: () => {
        if (isOver) return { value: undefined, done: true };
        try {
          connection.session();
          if (!isBegun) this.#tell();
          isBegun = true;
          const next = rows.next();
          if (next.done !== true) return { value: this.#row(next.value), done: false };
          end();
          return { value: undefined, done: true };
        } catch (error) {
          end();
          throw sqliteError(error);
        }
      },
      return: () => {
        if (!isOver) rows.return();
        end();
        return { value: undefined, done: true };
      },
    };
    return iterator;
  }

  /** Gives it values for good. */
  bind(...given: Parameters<Given>): this {
    this.#connection.session();
    this.#refuseBusy();
    if (this.#bound !== null) throw new TypeError("the statement has its values already; bind() is called once");
    this.#bound = valuesFor(this.#names, given).map((value) => (value instanceof Uint8Array ? new Uint8Array(value) : value));
    return this;
  }

  #toggle(form: Form, on: boolean): this {
    this.#needsRows();
    this.#refuseBusy();
    if (typeof on !== "boolean") throw new TypeError("the argument is true or false");
    if (on || this.#form === form) this.#form = on ? form : "rows";
    this.#current = null;
    this.#prepared();
    return this;
  }

  #needsRows(): void {
    if (!this.reader) throw new TypeError("the statement gives no rows");
  }

  /** Whether rows are lists of their values. */
  raw(on = true): this {
    return this.#toggle("raw", on);
  }

  /** Whether of each row just the first value is given. */
  pluck(on = true): this {
    return this.#toggle("pluck", on);
  }

  /** Whether integers are bigints. */
  safeIntegers(on = true): this {
    if (typeof on !== "boolean") throw new TypeError("the argument is true or false");
    this.#refuseBusy();
    this.#safeIntegers = on;
    this.#current = null;
    this.#prepared();
    return this;
  }

  /** Rows by table are not there. */
  expand(): never {
    return notHere("expand()", "name the columns with AS");
  }

  /** The columns of its rows. */
  columns(): ColumnDefinition[] {
    this.#needsRows();
    return this.#prepared().columns.map(({ name, type }) => {
      return { name, column: null, table: null, database: null, type: type === "int64" ? "INTEGER" : type.toUpperCase() };
    });
  }

  /** Its text. */
  toString(): string {
    return this.source;
  }
}

export type { BindValue };
