/** Failures with SQLite's names for them. */
import { QuireError } from "../api/errors.js";

/** SQLite's result codes, by Quire's; all others are `SQLITE_ERROR`. */
const SQLITE_CODES: Readonly<Partial<Record<string, string>>> = {
  PRIMARY_KEY_CONFLICT: "SQLITE_CONSTRAINT_PRIMARYKEY",
  UNIQUE_CONFLICT: "SQLITE_CONSTRAINT_UNIQUE",
  FOREIGN_KEY_BROKEN: "SQLITE_CONSTRAINT_FOREIGNKEY",
  FOREIGN_KEY_RESTRICT: "SQLITE_CONSTRAINT_FOREIGNKEY",
  NOT_NULL: "SQLITE_CONSTRAINT_NOTNULL",
  CHECK_FAILED: "SQLITE_CONSTRAINT_CHECK",
  CONSTRAINT_VIOLATION: "SQLITE_CONSTRAINT",
  BAD_VALUE: "SQLITE_CONSTRAINT_DATATYPE",
  SQL_TYPE: "SQLITE_MISMATCH",
  RECORD_TOO_LARGE: "SQLITE_TOOBIG",
  KEY_TOO_LARGE: "SQLITE_TOOBIG",
  AUTOINCREMENT_OVERFLOW: "SQLITE_FULL",
  OUT_OF_PAGES: "SQLITE_FULL",
  DISK_FULL: "SQLITE_FULL",
  OUT_OF_MEMORY: "SQLITE_NOMEM",
  IO_ERROR: "SQLITE_IOERR",
  READ_ONLY: "SQLITE_READONLY",
  LOCKED: "SQLITE_BUSY",
  SCAN_OUTDATED: "SQLITE_ABORT",
  SQL_INTERRUPTED: "SQLITE_INTERRUPT",
  SQL_TIMEOUT: "SQLITE_INTERRUPT",
  NOT_A_PAGE_FILE: "SQLITE_NOTADB",
  DAMAGED: "SQLITE_CORRUPT",
  FILE_NOT_FOUND: "SQLITE_CANTOPEN",
  FOLDER_NOT_FOUND: "SQLITE_CANTOPEN",
  ACCESS_DENIED: "SQLITE_CANTOPEN",
  HARD_LINKS: "SQLITE_CANTOPEN",
};

/** A failure: `code` is one of SQLite's result codes. Where Quire's error says more, it is the `cause`. */
export class SqliteError extends Error {
  readonly code: string;

  constructor(message: string, code: string, options?: ErrorOptions) {
    if (typeof code !== "string") throw new TypeError("the second argument is a code, which is a string");
    super(message, options);
    this.code = code;
  }
}

// As a property of all of them, which programs that show errors expect.
Object.defineProperty(SqliteError.prototype, "name", { value: "SqliteError", writable: true, configurable: true });

/** What a failure becomes here. */
export function sqliteError(error: unknown): unknown {
  if (!(error instanceof QuireError)) return error;
  if (error.code === "SQL_SYNTAX") {
    if (error.message.endsWith("there is no statement")) return new RangeError("the SQL has no statement", { cause: error });
    if (error.message.endsWith("found another statement")) {
      return new RangeError("the SQL has more than one statement; use exec()", { cause: error });
    }
  }
  return new SqliteError(error.message, SQLITE_CODES[error.code] ?? "SQLITE_ERROR", { cause: error });
}

/** Does what is asked for; failures of Quire are thrown as SQLite's. */
export function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw sqliteError(error);
  }
}
