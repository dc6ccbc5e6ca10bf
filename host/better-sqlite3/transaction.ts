/** Functions that run as transactions. */
import { isStrayPromise } from "../api/kind.js";
import type { Connection, OpenDatabase } from "./connection.js";
import { attempt } from "./sqlite-error.js";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function may be one.
export type AnyFunction = (...given: any[]) => unknown;

/** A function that runs as a transaction, or as a savepoint inside of one. There is one kind of them, so all its forms are the same. */
export interface Transaction<F extends AnyFunction> {
  (...given: Parameters<F>): ReturnType<F>;
  readonly default: Transaction<F>;
  readonly deferred: Transaction<F>;
  readonly immediate: Transaction<F>;
  readonly exclusive: Transaction<F>;
  readonly database: OpenDatabase;
}

/** How many functions run inside of each other, for names of savepoints. */
let depth = 0;

/** Makes a transaction of a function: what it returns is returned, what it throws rolls back. */
export function transactionOf<F extends AnyFunction>(connection: Connection, body: F): Transaction<F> {
  if (typeof body !== "function") throw new TypeError("what is to be done is a function");
  connection.session();
  const { database } = connection;

  function transaction(this: unknown, ...given: Parameters<F>): ReturnType<F> {
    const session = connection.session();
    const savepoint = database.inTransaction ? `better-sqlite3 ${depth}` : null;
    attempt(() => (savepoint === null ? session.begin() : session.savepoint(savepoint)));
    depth++;
    try {
      const result = body.apply(this, given) as ReturnType<F>;
      if (isStrayPromise(result)) throw new TypeError("a transaction can't wait for a promise");
      attempt(() => (savepoint === null ? session.commit() : session.release(savepoint)));
      return result;
    } catch (error) {
      // Where a statement or a commit has rolled back there is nothing left to take back.
      if (database.inTransaction) {
        attempt(() => {
          if (savepoint === null) session.rollback();
          else {
            session.rollbackTo(savepoint);
            session.release(savepoint);
          }
        });
      }
      throw error;
    } finally {
      depth--;
    }
  }

  const made = transaction as unknown as Transaction<F>;
  const forms = ["default", "deferred", "immediate", "exclusive"].map((name) => [name, { value: made }] as const);
  Object.defineProperties(made, { ...Object.fromEntries(forms), database: { value: database, enumerable: true } });
  return made;
}
