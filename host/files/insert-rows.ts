/** Rows into a table, many at once, and what is told of while that goes on. */
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import type { Session } from "../api/session.js";
import type { ValueTypes } from "../api/value-forms.js";

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
