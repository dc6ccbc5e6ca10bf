/**
 * Status codes and the one global error detail.
 *
 * AssemblyScript has no exceptions, so a function that can fail returns a `Status` (`OK` is 0) or a documented sentinel
 * (`NO_PAGE`, a null pointer, -1) after calling one of the `fail…` functions, which fill the global `lastError`. The text that
 * a person reads is made at the rim, by `errorMessage()`; the success path never touches this file.
 *
 * Codes are grouped by the phase in which they turn up. `statusName` gives the stable name that users see (and test for).
 */

/** What a fallible function returns: `OK` or one of the codes below. */
export type Status = i32;

export const OK: Status = 0;

// ---- the request itself (exit status 2 for USAGE, else 1) ----
/** The command line or the request has a wrong shape. */
export const USAGE: Status = 1;
/** A request is not valid JSON, or a field has the wrong type. */
export const BAD_REQUEST: Status = 2;
/** A value cannot be read as its column's type. */
export const BAD_VALUE: Status = 3;
/** No table of that name. */
export const TABLE_NOT_FOUND: Status = 4;
/** No column of that name. */
export const COLUMN_NOT_FOUND: Status = 5;
/** No index on those columns. */
export const INDEX_NOT_FOUND: Status = 6;
/** No row with that key. */
export const ROW_NOT_FOUND: Status = 7;
/** No identity of that name in the access control list. */
export const IDENTITY_NOT_FOUND: Status = 8;
/** `diff` found that the two databases differ. */
export const DIFFERENT: Status = 9;
/** A file that is to be made is there already. */
export const FILE_EXISTS: Status = 10;

// ---- SQL ----
/** The text is no statement. */
export const SQL_SYNTAX: Status = 11;
/** Values of types that do not go together, or something that has another type than is wanted. */
export const SQL_TYPE: Status = 12;
/** Known, and not there; or not there yet. */
export const SQL_UNSUPPORTED: Status = 13;
/** A name that more than one column or table has. */
export const AMBIGUOUS_COLUMN: Status = 14;
/** A division by zero, for a row that counts. */
export const DIVISION_BY_ZERO: Status = 15;
/** A number that its type can't hold. */
export const OVERFLOW: Status = 16;
/** More than a statement may have or keep. */
export const SQL_LIMIT: Status = 17;
/** A host has stopped the statement. */
export const SQL_INTERRUPTED: Status = 18;
/** The time that a statement or request was given is over. */
export const SQL_TIMEOUT: Status = 19;

// ---- schema ----
/** A table of that name exists already. */
export const TABLE_EXISTS: Status = 20;
/** Another table's name has the same fingerprint. */
export const NAME_COLLISION: Status = 21;
/** A table definition contradicts itself. */
export const BAD_SCHEMA: Status = 22;

/** The file's layout holds no definitions, and none were given. */
export const SCHEMA_NEEDED: Status = 23;
/** The definitions that were given do not fit the file. */
export const WRONG_SCHEMA: Status = 24;
/** A migration would take values away, and may not. */
export const DESTRUCTIVE_CHANGE: Status = 25;

// ---- constraints ----
/** Another row has the same primary key. */
export const PRIMARY_KEY_CONFLICT: Status = 30;
/** Another row has the same value in a unique column. */
export const UNIQUE_CONFLICT: Status = 31;
/** The row that a foreign key names does not exist. */
export const FOREIGN_KEY_BROKEN: Status = 32;
/** Other rows refer to the row that is to be deleted or rekeyed. */
export const FOREIGN_KEY_RESTRICT: Status = 33;
/** A column that can't be null has no value. */
export const NOT_NULL: Status = 34;
/** A row is not as a CHECK constraint of its table wants it. */
export const CHECK_FAILED: Status = 36;
/** A rule of the access control list forbids it (the last manager). */
export const CONSTRAINT_VIOLATION: Status = 35;

// ---- limits of the format ----
/** A record is larger than a page holds. */
export const RECORD_TOO_LARGE: Status = 40;
/** An index key is larger than a node holds. */
export const KEY_TOO_LARGE: Status = 41;
/** A name is longer than 255 bytes. */
export const NAME_TOO_LONG: Status = 42;
/** A table has as many record pages as its page ledger can list. */
export const TOO_MANY_RECORD_PAGES: Status = 43;
/** The unclaimed-pages ledger has no room for the pages to be given back. */
export const UNCLAIMED_PAGES_FULL: Status = 44;
/** An autoincrement column has handed out its type's largest value. */
export const AUTOINCREMENT_OVERFLOW: Status = 45;
/** A structure that must fit one page (registry, snapshot, ledger, list) would outgrow it. */
export const PAGE_FULL: Status = 46;
/** The file would outgrow 2^32 - 1 pages, or the provider its limit. */
export const OUT_OF_PAGES: Status = 47;

// ---- transactions and handles ----
/** `commit`, `rollback` or a savepoint without `begin`. */
export const NO_TRANSACTION: Status = 50;
/** `begin` inside a transaction, or a statement that needs to be outside one. */
export const TRANSACTION_ACTIVE: Status = 51;
/** A change through a read-only handle. */
export const READ_ONLY: Status = 52;
/** A former I/O error left the handle unusable; reopen the file. */
export const HANDLE_POISONED: Status = 53;
/** A scan can't go on, since too much was changed and taken back meanwhile. */
export const SCAN_OUTDATED: Status = 54;
/** The change may have been made: what is in the file tells. */
export const OUTCOME_UNKNOWN: Status = 55;
/** The file has other names, under which its log would not be found. */
export const HARD_LINKS: Status = 56;
/** A host uses what is closed or over: a connection, a transaction, a table that has become another one, a cursor that has failed. */
export const CLOSED: Status = 57;

// ---- the file (exit status 3) ----
/** The file's size is not a multiple of 65,536, or its content is no page file. */
export const NOT_A_PAGE_FILE: Status = 60;
/** A structure in the file contradicts the format. */
export const DAMAGED: Status = 61;
/** The access control list has an unknown version. */
export const ACL_LAYOUT_UNSUPPORTED: Status = 62;
/** A read or write outside a page, or at an offset that is not aligned: a bug, or a damaged file. */
export const OUT_OF_BOUNDS: Status = 63;

// ---- input, output and the runtime (exit status 4) ----
/** There is no such file (exit status 1: most often a typing error). */
export const FILE_NOT_FOUND: Status = 70;
/** The path is in no preopened folder, or its parent folder is missing. */
export const FOLDER_NOT_FOUND: Status = 71;
/** The runtime or the system refuses access. */
export const ACCESS_DENIED: Status = 72;
/** A system call failed; the errno is in the detail. */
export const IO_ERROR: Status = 73;
/** No space left on the device. */
export const DISK_FULL: Status = 74;
/** `memory.grow` was refused. */
export const OUT_OF_MEMORY: Status = 75;
/** Not in this build or on this platform. */
export const UNSUPPORTED: Status = 76;
/** Another program has changed the file that is being read. */
export const FILE_CHANGED: Status = 77;

/** The stable name of `status`, as users and tests see it: `UNIQUE_CONFLICT`. */
export function statusName(status: Status): string {
  switch (status) {
    case OK:
      return "OK";
    case USAGE:
      return "USAGE";
    case BAD_REQUEST:
      return "BAD_REQUEST";
    case BAD_VALUE:
      return "BAD_VALUE";
    case TABLE_NOT_FOUND:
      return "TABLE_NOT_FOUND";
    case COLUMN_NOT_FOUND:
      return "COLUMN_NOT_FOUND";
    case INDEX_NOT_FOUND:
      return "INDEX_NOT_FOUND";
    case ROW_NOT_FOUND:
      return "ROW_NOT_FOUND";
    case IDENTITY_NOT_FOUND:
      return "IDENTITY_NOT_FOUND";
    case DIFFERENT:
      return "DIFFERENT";
    case FILE_EXISTS:
      return "FILE_EXISTS";
    case SQL_SYNTAX:
      return "SQL_SYNTAX";
    case SQL_TYPE:
      return "SQL_TYPE";
    case SQL_UNSUPPORTED:
      return "SQL_UNSUPPORTED";
    case AMBIGUOUS_COLUMN:
      return "AMBIGUOUS_COLUMN";
    case DIVISION_BY_ZERO:
      return "DIVISION_BY_ZERO";
    case OVERFLOW:
      return "OVERFLOW";
    case SQL_LIMIT:
      return "SQL_LIMIT";
    case SQL_INTERRUPTED:
      return "SQL_INTERRUPTED";
    case SQL_TIMEOUT:
      return "SQL_TIMEOUT";
    case TABLE_EXISTS:
      return "TABLE_EXISTS";
    case NAME_COLLISION:
      return "NAME_COLLISION";
    case BAD_SCHEMA:
      return "BAD_SCHEMA";
    case SCHEMA_NEEDED:
      return "SCHEMA_NEEDED";
    case WRONG_SCHEMA:
      return "WRONG_SCHEMA";
    case DESTRUCTIVE_CHANGE:
      return "DESTRUCTIVE_CHANGE";
    case PRIMARY_KEY_CONFLICT:
      return "PRIMARY_KEY_CONFLICT";
    case UNIQUE_CONFLICT:
      return "UNIQUE_CONFLICT";
    case FOREIGN_KEY_BROKEN:
      return "FOREIGN_KEY_BROKEN";
    case FOREIGN_KEY_RESTRICT:
      return "FOREIGN_KEY_RESTRICT";
    case NOT_NULL:
      return "NOT_NULL";
    case CHECK_FAILED:
      return "CHECK_FAILED";
    case CONSTRAINT_VIOLATION:
      return "CONSTRAINT_VIOLATION";
    case RECORD_TOO_LARGE:
      return "RECORD_TOO_LARGE";
    case KEY_TOO_LARGE:
      return "KEY_TOO_LARGE";
    case NAME_TOO_LONG:
      return "NAME_TOO_LONG";
    case TOO_MANY_RECORD_PAGES:
      return "TOO_MANY_RECORD_PAGES";
    case UNCLAIMED_PAGES_FULL:
      return "UNCLAIMED_PAGES_FULL";
    case AUTOINCREMENT_OVERFLOW:
      return "AUTOINCREMENT_OVERFLOW";
    case PAGE_FULL:
      return "PAGE_FULL";
    case OUT_OF_PAGES:
      return "OUT_OF_PAGES";
    case NO_TRANSACTION:
      return "NO_TRANSACTION";
    case TRANSACTION_ACTIVE:
      return "TRANSACTION_ACTIVE";
    case READ_ONLY:
      return "READ_ONLY";
    case HANDLE_POISONED:
      return "HANDLE_POISONED";
    case SCAN_OUTDATED:
      return "SCAN_OUTDATED";
    case HARD_LINKS:
      return "HARD_LINKS";
    case OUTCOME_UNKNOWN:
      return "OUTCOME_UNKNOWN";
    case CLOSED:
      return "CLOSED";
    case NOT_A_PAGE_FILE:
      return "NOT_A_PAGE_FILE";
    case DAMAGED:
      return "DAMAGED";
    case ACL_LAYOUT_UNSUPPORTED:
      return "ACL_LAYOUT_UNSUPPORTED";
    case OUT_OF_BOUNDS:
      return "OUT_OF_BOUNDS";
    case FILE_NOT_FOUND:
      return "FILE_NOT_FOUND";
    case FOLDER_NOT_FOUND:
      return "FOLDER_NOT_FOUND";
    case ACCESS_DENIED:
      return "ACCESS_DENIED";
    case IO_ERROR:
      return "IO_ERROR";
    case DISK_FULL:
      return "DISK_FULL";
    case OUT_OF_MEMORY:
      return "OUT_OF_MEMORY";
    case UNSUPPORTED:
      return "UNSUPPORTED";
    case FILE_CHANGED:
      return "FILE_CHANGED";
    default:
      return "UNKNOWN";
  }
}

/** The exit status of a command that ended with `status`: 0 fine, 1 not done, 2 usage, 3 damaged, 4 I/O or runtime. */
export function exitStatus(status: Status): i32 {
  if (status == OK) return 0;
  if (status == USAGE) return 2;
  if (status >= NOT_A_PAGE_FILE && status <= OUT_OF_BOUNDS) return 3;
  if (status == FILE_NOT_FOUND) return 1;
  if (status > FILE_NOT_FOUND || status == HANDLE_POISONED || status == OUTCOME_UNKNOWN) return 4;
  return 1;
}

/** No page is concerned. Also the page file's own mark for "none". */
export const NO_PAGE: u32 = 0xffffffff;

/** What went wrong last. Overwritten by the next failure; meaningful only after a function reported one. */
export class ErrorDetail {
  status: Status = OK;
  /** The page concerned, or `NO_PAGE`. */
  pageNo: u32 = NO_PAGE;
  /** The byte inside that page, or -1. */
  pageOffset: i32 = -1;
  /** The byte of a statement's text that it is about, or -1. */
  textOffset: i32 = -1;
  /** What went wrong and where, in words; never empty after a failure. */
  what: string = "";
  /** What the user can do about it; may be empty. */
  hint: string = "";
}

/** The one error record. */
export const lastError: ErrorDetail = new ErrorDetail();

/** Records a failure that concerns no page. `what` says what and where, `hint` what to do about it. Returns `status`. */
export function fail(status: Status, what: string, hint: string = ""): Status {
  lastError.status = status;
  lastError.pageNo = NO_PAGE;
  lastError.pageOffset = -1;
  lastError.textOffset = -1;
  lastError.what = what;
  lastError.hint = hint;
  return status;
}

/** Records damage: `what` contradicts the format on page `pageNo`, at byte `pageOffset` (-1: the page as a whole). Returns `DAMAGED`. */
export function damaged(pageNo: u32, pageOffset: i32, what: string): Status {
  lastError.status = DAMAGED;
  lastError.pageNo = pageNo;
  lastError.pageOffset = pageOffset;
  lastError.textOffset = -1;
  lastError.what = what;
  lastError.hint = "run check to see all that is wrong";
  return DAMAGED;
}

/** Copies what `from` tells to `to`: what comes between may fail as well, and what counts is the first failure. */
function copyError(from: ErrorDetail, to: ErrorDetail): void {
  to.status = from.status;
  to.pageNo = from.pageNo;
  to.pageOffset = from.pageOffset;
  to.textOffset = from.textOffset;
  to.what = from.what;
  to.hint = from.hint;
}

/** The last error, for `restoreError`. */
export function savedError(): ErrorDetail {
  const saved = new ErrorDetail();
  copyError(lastError, saved);
  return saved;
}

/** Makes `saved` the last error again: its status. */
export function restoreError(saved: ErrorDetail): Status {
  copyError(saved, lastError);
  return saved.status;
}

/** The last error in one line, without its code: what and where, and what to do about it. */
export function errorMessage(): string {
  let text = "";
  if (lastError.pageNo != NO_PAGE) {
    text = "page " + lastError.pageNo.toString();
    if (lastError.pageOffset >= 0) text += ", byte " + lastError.pageOffset.toString();
    text += ": ";
  }
  text += lastError.what;
  if (lastError.hint.length > 0) text += "; " + lastError.hint;
  return text;
}
