/** Rows of a file into a table: in batches as records, in one transaction, or several. */
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import type { Session } from "../api/session.js";
import type { ValueTypes } from "../api/value-forms.js";
import { type Adapter, adapterOf, textOf } from "./adapt.js";
import type { FileColumn, RowFile } from "./row-file.js";
import { Unfit } from "./values.js";

export type AnySession = Session<ValueTypes>;

/** Rows of one call. */
export const CALL_ROWS = 1000;

/** What is told of while it goes on. */
export interface Watch {
  /** When it is aborted, the call fails with its reason, and what was not committed is taken back. */
  readonly signal?: AbortSignal;
  /** Is told how many rows there are so far, and of how many; null: not known. */
  readonly onProgress?: (rows: number, of: number | null) => void;
}

/** A column of a table that takes values of a file's. */
export interface Target {
  readonly name: string;
  readonly type: string;
}

/** The column that values go into, and what they go through before. */
interface Way {
  readonly name: string;
  readonly adapt: Adapter | null;
  readonly isText: boolean;
}

function wayOf({ name, type }: FileColumn, target: Target): Way {
  const adapt = adapterOf(type, target.type);
  if (adapt === undefined) {
    throw new QuireError(
      "BAD_VALUE",
      `column ${name} of the file is ${type}, which no ${target.type} can be made of`,
      EXIT_NOT_DONE,
    );
  }
  return { name: target.name, adapt, isText: target.type === "text" };
}

export interface InsertOptions extends Watch {
  /** Texts of values that are null: `NaN`. */
  readonly nulls: readonly string[];
  /** Rows after which what is done so far is committed; 0: all are one transaction. */
  readonly batch: number;
}

/** Puts all rows of `file` into `table`, whose columns `targets` are in the order of the file's: how many there were. */
export async function insertRows(
  db: AnySession,
  table: string,
  file: RowFile,
  targets: readonly Target[],
  options: InsertOptions,
): Promise<number> {
  const ways = file.columns.map((column, i) => wayOf(column, targets[i] as Target));
  return insertObjects(db, table, rowsOf(file, ways, options.nulls), file.rows, options);
}

/** The same of rows that are objects; `of` is how many there are, null where that is not known. */
export async function insertObjects(
  db: AnySession,
  table: string,
  rows: AsyncGenerator<object, void, undefined>,
  of: number | null,
  options: InsertOptions,
): Promise<number> {
  let done = 0;
  const insert = async (part: object[]): Promise<void> => {
    options.signal?.throwIfAborted();
    await insertPart(db, table, part, done);
    done += part.length;
    options.onProgress?.(done, of);
  };
  const { batch } = options;
  let next = await rows.next();
  do {
    // What is refused by foreign keys at the end is told of as rows from the transaction's first.
    await inAnyOrder(db, async () => {
      const end = batch === 0 ? Infinity : done + batch;
      while (next.done !== true && done < end) {
        const part: object[] = [];
        for (const room = Math.min(CALL_ROWS, end - done); next.done !== true && part.length < room; next = await rows.next()) {
          part.push(next.value);
        }
        await insert(part);
      }
    });
  } while (next.done !== true);
  return done;
}

/** Inserts rows behind `before` others, from which errors count. */
export async function insertPart(db: AnySession, table: string, part: readonly object[], before: number): Promise<void> {
  try {
    if (part.length === 1) await db.table(table).insert(part[0] as object);
    else await db.table(table).insertMany(part);
  } catch (error) {
    throw counted(error, before);
  }
}

/** Runs `body` in a transaction in which rows may refer to others that come later. */
export async function inAnyOrder(db: AnySession, body: () => Promise<void>): Promise<void> {
  await db.transaction(async () => {
    await db.request({ op: "savepoint", name: "rows", anyOrder: true });
    await body();
    await db.release("rows");
  });
}

/** An error of some rows, counted from the first of all. */
function counted(error: unknown, before: number): unknown {
  if (!(error instanceof QuireError)) return error;
  const message = error.message.replace(/^row (\d+): /, (_, row: string) => `row ${Number(row) + before}: `);
  return new QuireError(error.code, message, EXIT_NOT_DONE, { cause: error });
}

/** The rows as objects. */
async function* rowsOf(file: RowFile, ways: readonly Way[], nulls: readonly string[]): AsyncGenerator<object, void, undefined> {
  let number = 0;
  for await (const { rows, values } of file.batches()) {
    for (let row = 0; row < rows; row++) {
      number++;
      const made: Record<string, unknown> = {};
      for (let i = 0; i < ways.length; i++) {
        const way = ways[i] as Way;
        made[way.name] = valueOf(values[i] as (row: number) => unknown, row, way, nulls, (reason) => {
          const column = (file.columns[i] as FileColumn).name;
          return new QuireError("BAD_VALUE", `row ${number}: ${column}: ${reason}`, EXIT_NOT_DONE);
        });
      }
      yield made;
    }
  }
}

function valueOf(
  values: (row: number) => unknown,
  row: number,
  { adapt, isText }: Way,
  nulls: readonly string[],
  refuse: (reason: string) => QuireError,
): unknown {
  try {
    const value = values(row);
    if (value === null || (nulls.length > 0 && nulls.includes(textOf(value)))) return null;
    return adapt === null ? value : adapt(value);
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    if (error.text !== null && nulls.includes(error.text)) return null;
    if (error.text !== null && isText) return error.text;
    throw refuse(error.message);
  }
}
