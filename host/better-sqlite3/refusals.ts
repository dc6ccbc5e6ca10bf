/** What better-sqlite3 has and this has not. */
import { SqliteError } from "./sqlite-error.js";

/** Refuses `what`, and says what to do instead. */
export function notHere(what: string, instead: string): never {
  throw new SqliteError(`${what} is not there in quire-db/better-sqlite3; ${instead}`, "SQLITE_ERROR");
}
