/** Rows of a file into a table, one way or another: all or none, those that are fine, or those whose key is there already as changes of it. */
import { JsonText } from "../api/document.js";
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { type Adapter, adapterOf, textOf } from "./adapt.js";
import { type AnySession, CALL_ROWS, type Watch, inAnyOrder, insertPart } from "./insert-rows.js";
import type { FileColumn, RowFile } from "./row-file.js";
import { Unfit } from "./values.js";

/** A column of a table that takes values of a file's. */
export interface Target {
  readonly name: string;
  readonly type: string;
}

export interface LoadOptions extends Watch {
  /** Texts of values that are null: `NaN`. */
  readonly nulls: readonly string[];
  /** Rows after which what is done so far is committed; 0: all are one transaction. */
  readonly batch: number;
  /** What becomes of a row whose key is there already. */
  readonly onConflict: "error" | "skip" | "update";
  /** The columns that tell which row it is. */
  readonly key: readonly string[];
  /** Rows that are refused are left out. */
  readonly skipBad: boolean;
  /** Errors that are about all rows, whatever `skipBad` says. */
  readonly decisive: readonly string[];
  /** All is taken back in the end. */
  readonly dryRun: boolean;
}

/** A row that was refused. */
export interface BadRow {
  /** Its number, from 1. */
  readonly row: number;
  readonly code: string;
  readonly message: string;
}

/** What became of the rows. */
export interface Loaded {
  /** Rows that were inserted or changed. */
  rows: number;
  /** Rows that were refused. */
  skipped: number;
  /** The first of them. */
  readonly bad: BadRow[];
  changed: number;
  /** Rows that were there with just these values, or were left as they were. */
  same: number;
}

/** Refused rows that are told of; more are counted. */
const MOST_LISTED = 20;
/** Errors of one row, behind which others may be fine. */
const OF_ONE_ROW: ReadonlySet<string> = new Set([
  ...["BAD_VALUE", "PRIMARY_KEY_CONFLICT", "UNIQUE_CONFLICT", "FOREIGN_KEY_BROKEN", "FOREIGN_KEY_RESTRICT", "NOT_NULL"],
  ...["CHECK_FAILED", "RECORD_TOO_LARGE", "KEY_TOO_LARGE"],
]);

/** The column that values go into, and what they go through before. */
interface Way {
  readonly name: string;
  readonly adapt: Adapter | null;
  readonly isText: boolean;
}

type Row = Record<string, unknown>;

/** A row of the file, or why there is none. */
export interface Read {
  readonly number: number;
  readonly row: Row | QuireError;
}

/** Ends a transaction that was only tried. */
class Tried extends Error {}

function wayOf({ name, type }: FileColumn, target: Target | null): Way | null {
  if (target === null) return null;
  const adapt = adapterOf(type, target.type);
  if (adapt !== undefined) return { name: target.name, adapt, isText: target.type === "text" };
  throw new QuireError(
    "BAD_VALUE",
    `column ${name} of the file is ${type}, which no ${target.type} can be made of`,
    EXIT_NOT_DONE,
  );
}

/** `message` without the number that a row had in its call, with that which it has in the file. */
const inRow = (row: number, message: string): string => `row ${row}: ${message.replace(/^row \d+: /, "")}`;

class Loader {
  readonly #db: AnySession;
  readonly #table: string;
  readonly #options: LoadOptions;
  readonly #find: string;
  readonly result: Loaded = { rows: 0, skipped: 0, bad: [], changed: 0, same: 0 };

  constructor(db: AnySession, table: string, keyColumn: string, targets: readonly Target[], options: LoadOptions) {
    this.#db = db;
    this.#table = table;
    this.#options = options;
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    const shown = targets.map(({ name, type }) => (type === "json" ? `CAST(${quoted(name)} AS text)` : quoted(name)));
    const isIt = options.key.map((name) => `${quoted(name)} = ?`).join(" AND ");
    this.#find = `SELECT ${[quoted(keyColumn), ...shown].join(", ")} FROM ${quoted(table)} WHERE ${isIt}`;
  }

  /** Takes rows that lie behind each other. */
  async take(reads: readonly Read[]): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const { onConflict, skipBad, dryRun } = this.#options;
    const rows = reads.map(({ row }) => row).filter((row): row is Row => !(row instanceof QuireError));
    if (onConflict === "error" && rows.length === reads.length) {
      try {
        await insertPart(this.#db, this.#table, rows, (reads[0] as Read).number - 1);
        this.result.rows += rows.length;
        return;
      } catch (error) {
        if (!(skipBad || dryRun) || !this.#canSkip(error)) throw error;
      }
    }
    for (const read of reads) await this.#takeOne(read);
  }

  #canSkip(error: unknown): error is QuireError {
    return error instanceof QuireError && OF_ONE_ROW.has(error.code) && !this.#options.decisive.includes(error.code);
  }

  async #takeOne({ number, row }: Read): Promise<void> {
    try {
      if (row instanceof QuireError) throw row;
      await this.#put(row);
    } catch (error) {
      const told =
        error instanceof QuireError
          ? new QuireError(error.code, inRow(number, error.message), EXIT_NOT_DONE, { cause: error })
          : error;
      if (!(this.#options.skipBad || this.#options.dryRun) || !this.#canSkip(told)) throw told;
      this.refuse(number, told);
    }
  }

  /** Counts a row that is refused. */
  refuse(row: number, { code, message }: QuireError): void {
    this.result.skipped++;
    if (this.result.bad.length < MOST_LISTED) this.result.bad.push({ row, code, message });
  }

  /** Inserts the row, or changes the one that has its key. */
  async #put(row: Row): Promise<void> {
    const { onConflict, key } = this.#options;
    const found = onConflict === "error" ? undefined : await this.#found(row);
    const table = this.#db.table(this.#table);
    if (found === undefined) {
      await table.insert(row);
      this.result.rows++;
      return;
    }
    if (onConflict === "update") {
      const set = Object.fromEntries(Object.entries(row).filter(([name]) => !key.includes(name)));
      if (Object.keys(set).length > 0) await table.update(found[0] as never, set);
      const now = await this.#found(row);
      if (now?.slice(1).join() !== found.slice(1).join()) {
        this.result.rows++;
        this.result.changed++;
        return;
      }
    }
    this.result.same++;
  }

  /** The key and the values of the row that is there with these; undefined: there is none. */
  async #found(row: Row): Promise<readonly unknown[] | undefined> {
    const values = this.#options.key.map((name) => row[name]);
    // Null is the key of no row.
    if (values.some((value) => value === null || value === undefined)) return undefined;
    const given = values.map((value) => (value instanceof JsonText ? value.text : value));
    const found = await (await this.#db.prepare(this.#find)).raw().get(...(given as never[]));
    if (found === undefined) return undefined;
    const [id, ...others] = found as readonly unknown[];
    return [id, ...others.map((value) => (value === null ? "null" : `${typeof value} ${textOf(value)}`))];
  }
}

/** Puts the rows of `file` into `table`, whose columns `targets` are in the order of the file's, null for those that are left out. */
export function loadFile(
  db: AnySession,
  table: string,
  file: RowFile,
  targets: readonly (Target | null)[],
  options: LoadOptions,
  make?: () => Promise<unknown>,
): Promise<Loaded> {
  const ways = file.columns.map((column, i) => wayOf(column, targets[i] as Target | null));
  const told = targets.filter((target) => target !== null);
  return loadRows(db, table, { reads: readsOf(file, ways, options.nulls), of: file.rows, targets: told }, options, make);
}

/** Rows that are to be put into a table. */
export interface Source {
  readonly reads: AsyncGenerator<Read, void, undefined>;
  /** How many there are; null: not known. */
  readonly of: number | null;
  /** The columns that they have values for. */
  readonly targets: readonly Target[];
}

/** Puts rows into `table`; `make` comes before them in the same transaction, where there is one. */
export async function loadRows(
  db: AnySession,
  table: string,
  { reads, of, targets }: Source,
  options: LoadOptions,
  make: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Loaded> {
  const { skipBad, dryRun, onConflict, batch } = options;
  const begin = async (): Promise<Loader> => {
    await make();
    const primary = onConflict === "error" ? "" : ((await db.schema(table)).tables[0]?.primaryKey ?? "");
    const key = options.key.length === 0 ? [primary] : options.key;
    const missing = onConflict === "error" ? undefined : key.find((name) => !targets.some((target) => target.name === name));
    if (missing !== undefined) {
      const hint = "--key NAMES tells them by other columns";
      throw new QuireError("BAD_VALUE", `the file has no ${missing}, which tells the row that it is; ${hint}`, EXIT_NOT_DONE);
    }
    if (onConflict !== "error") await checkKey(db, table, key);
    return new Loader(db, table, primary, targets, { ...options, key });
  };
  // Rows that are left out, or change others, have to come behind what they refer to.
  const free = !skipBad && onConflict === "error";
  const once = async (body: () => Promise<void>): Promise<void> => (free ? inAnyOrder(db, body) : db.transaction(body));
  let next = await reads.next();
  const fill = async (loader: Loader, most: number): Promise<void> => {
    for (let done = 0; next.done !== true && done < most;) {
      const part: Read[] = [];
      for (const room = Math.min(CALL_ROWS, most - done); next.done !== true && part.length < room; next = await reads.next()) {
        part.push(next.value);
      }
      done += part.length;
      await loader.take(part);
      options.onProgress?.((part.at(-1) as Read).number, of);
    }
  };
  let loader: Loader | null = null;
  if (dryRun) {
    try {
      await db.transaction(async () => {
        const tried = await begin();
        loader = tried;
        try {
          await once(() => fill(tried, Infinity));
        } catch (error) {
          // What rows refer to is looked for when all of them are there.
          if (!(error instanceof QuireError) || error.code !== "FOREIGN_KEY_BROKEN") throw error;
          const row = Number(/^row (\d+)/.exec(error.message)?.[1] ?? 0);
          tried.result.rows--;
          tried.refuse(row, error);
        }
        throw new Tried();
      });
    } catch (error) {
      if (!(error instanceof Tried)) throw error;
    }
  } else if (batch > 0) {
    const begun = await begin();
    loader = begun;
    do await once(() => fill(begun, batch));
    while ((next as IteratorResult<Read>).done !== true);
  } else {
    await db.transaction(async () => {
      const begun = await begin();
      loader = begun;
      await once(() => fill(begun, Infinity));
    });
  }
  return loader?.result as Loaded;
}

/** Refuses columns that don't tell rows: `INDEX_NOT_FOUND`. */
async function checkKey(db: AnySession, table: string, key: readonly string[]): Promise<void> {
  const indexes = (await db.schema(table)).tables[0]?.indexes ?? [];
  const isIt = ({ unique, columns }: { unique: boolean; columns: readonly string[] }): boolean =>
    unique && columns.length === key.length && key.every((name) => columns.includes(name));
  if (indexes.some(isIt)) return;
  throw new QuireError("INDEX_NOT_FOUND", `table ${table} has no key or unique index on ${key.join(",")}`, EXIT_NOT_DONE);
}

/** The rows as objects. */
async function* readsOf(
  file: RowFile,
  ways: readonly (Way | null)[],
  nulls: readonly string[],
): AsyncGenerator<Read, void, undefined> {
  let number = 0;
  for await (const { rows, values } of file.batches()) {
    for (let row = 0; row < rows; row++) {
      number++;
      const made: Row = {};
      let refused: QuireError | null = null;
      for (let i = 0; i < ways.length; i++) {
        const way = ways[i];
        if (way === null || way === undefined) continue;
        try {
          made[way.name] = valueOf(values[i] as (row: number) => unknown, row, way, nulls);
        } catch (error) {
          if (!(error instanceof Unfit)) throw error;
          refused ??= new QuireError("BAD_VALUE", `${(file.columns[i] as FileColumn).name}: ${error.message}`, EXIT_NOT_DONE);
        }
      }
      yield { number, row: refused ?? made };
    }
  }
}

function valueOf(values: (row: number) => unknown, row: number, { adapt, isText }: Way, nulls: readonly string[]): unknown {
  try {
    const value = values(row);
    if (value === null || (nulls.length > 0 && nulls.includes(textOf(value)))) return null;
    return adapt === null ? value : adapt(value);
  } catch (error) {
    if (!(error instanceof Unfit) || error.text === null) throw error;
    if (nulls.includes(error.text)) return null;
    if (isText) return error.text;
    throw error;
  }
}
