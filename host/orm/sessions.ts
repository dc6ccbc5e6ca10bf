/** What the adapters of query builders have in common: sessions of both kinds, and what values are in rows. */
import type { Operation } from "../api/operations.js";
import type { Session, SyncSession } from "../api/session.js";
import { END, NEXT, type RowsState } from "../api/statement-operations.js";
import { type ValueForms, type ValueTypes, checkForms, formsWith } from "../api/value-forms.js";

/** A session of `open` or `openSync`. */
export type AnySession = Session<ValueTypes> | SyncSession<ValueTypes>;

/** What an adapter does with a session of either kind. */
export interface Performer {
  perform<First, Second, T>(operation: Operation<First, Second, T>, first: First, second: Second): T | Promise<T>;
}

/**
 * What values are in rows: 64-bit integers and decimals are numbers unless told, as those who come from SQLite expect. An integer beyond 2^53 is an
 * error then, `BAD_VALUE`, and a decimal the number that is nearest; `integers: "bigint"` and `decimals: "string"` have all digits.
 */
export type FormOptions = Partial<ValueForms>;

const NUMBERS: ValueForms = { integers: "number", decimals: "number", dates: "string" };

/** The forms that options of `call` ask for, which may have others beside them; throws a `QuireError`, `BAD_OPTION`. */
export function formsOf(call: string, options: FormOptions): ValueForms {
  const forms = formsWith(NUMBERS, options);
  checkForms(call, forms);
  return forms;
}

/** The rows of a statement, in pages; ended early, the statement is ended, too. */
export async function* pagesOf(session: Performer, state: RowsState): AsyncGenerator<unknown[], void, undefined> {
  try {
    while (!state.done) yield await session.perform(NEXT, state, undefined);
  } finally {
    if (!state.done) await session.perform(END, state, undefined);
  }
}
