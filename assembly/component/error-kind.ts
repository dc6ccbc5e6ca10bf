/** `error-kind` of `wit/types.wit`: what a caller can do about an error. */
import {
  Status,
  ACCESS_DENIED,
  ACL_LAYOUT_UNSUPPORTED,
  AMBIGUOUS_COLUMN,
  AUTOINCREMENT_OVERFLOW,
  BAD_REQUEST,
  BAD_SCHEMA,
  BAD_VALUE,
  CHECK_FAILED,
  CLOSED,
  COLUMN_NOT_FOUND,
  CONSTRAINT_VIOLATION,
  DAMAGED,
  DESTRUCTIVE_CHANGE,
  DISK_FULL,
  DIVISION_BY_ZERO,
  FILE_CHANGED,
  FILE_EXISTS,
  FILE_NOT_FOUND,
  FOLDER_NOT_FOUND,
  FOREIGN_KEY_BROKEN,
  FOREIGN_KEY_RESTRICT,
  HANDLE_POISONED,
  HARD_LINKS,
  IDENTITY_NOT_FOUND,
  INDEX_NOT_FOUND,
  IO_ERROR,
  KEY_TOO_LARGE,
  NAME_COLLISION,
  NAME_TOO_LONG,
  NOT_A_PAGE_FILE,
  NOT_NULL,
  NO_TRANSACTION,
  OUTCOME_UNKNOWN,
  OUT_OF_BOUNDS,
  OUT_OF_MEMORY,
  OUT_OF_PAGES,
  OVERFLOW,
  PAGE_FULL,
  PRIMARY_KEY_CONFLICT,
  READ_ONLY,
  RECORD_TOO_LARGE,
  ROW_NOT_FOUND,
  SCAN_OUTDATED,
  SCHEMA_NEEDED,
  SQL_INTERRUPTED,
  SQL_LIMIT,
  SQL_TIMEOUT,
  SQL_SYNTAX,
  SQL_TYPE,
  SQL_UNSUPPORTED,
  TABLE_EXISTS,
  TABLE_NOT_FOUND,
  TOO_MANY_RECORD_PAGES,
  TRANSACTION_ACTIVE,
  UNCLAIMED_PAGES_FULL,
  UNIQUE_CONFLICT,
  UNSUPPORTED,
  WRONG_SCHEMA,
} from "../status";

const INVALID: u8 = 0;
const NOT_FOUND: u8 = 1;
const EXISTS: u8 = 2;
const CONSTRAINT: u8 = 3;
const LIMIT: u8 = 4;
const STATE: u8 = 5;
const OVER: u8 = 6;
const LOST: u8 = 7;
const CONTRADICTORY: u8 = 8;
const REFUSED: u8 = 9;
const IO: u8 = 10;
const OTHER: u8 = 11;

/** The kind of an error with this status, as the case's number. */
export function errorKind(status: Status): u8 {
  switch (status) {
    case BAD_REQUEST:
    case BAD_VALUE:
    case BAD_SCHEMA:
    case SCHEMA_NEEDED:
    case WRONG_SCHEMA:
    case SQL_SYNTAX:
    case SQL_TYPE:
    case SQL_UNSUPPORTED:
    case AMBIGUOUS_COLUMN:
      return INVALID;
    case TABLE_NOT_FOUND:
    case COLUMN_NOT_FOUND:
    case INDEX_NOT_FOUND:
    case ROW_NOT_FOUND:
    case IDENTITY_NOT_FOUND:
    case FILE_NOT_FOUND:
    case FOLDER_NOT_FOUND:
      return NOT_FOUND;
    case TABLE_EXISTS:
    case NAME_COLLISION:
    case FILE_EXISTS:
      return EXISTS;
    case PRIMARY_KEY_CONFLICT:
    case UNIQUE_CONFLICT:
    case FOREIGN_KEY_BROKEN:
    case FOREIGN_KEY_RESTRICT:
    case NOT_NULL:
    case CHECK_FAILED:
    case CONSTRAINT_VIOLATION:
    case DESTRUCTIVE_CHANGE:
    case DIVISION_BY_ZERO:
    case OVERFLOW:
      return CONSTRAINT;
    case RECORD_TOO_LARGE:
    case KEY_TOO_LARGE:
    case NAME_TOO_LONG:
    case TOO_MANY_RECORD_PAGES:
    case UNCLAIMED_PAGES_FULL:
    case AUTOINCREMENT_OVERFLOW:
    case PAGE_FULL:
    case OUT_OF_PAGES:
    case SQL_LIMIT:
      return LIMIT;
    case NO_TRANSACTION:
    case TRANSACTION_ACTIVE:
    case READ_ONLY:
    case HARD_LINKS:
    case UNSUPPORTED:
    case SQL_INTERRUPTED:
    case SQL_TIMEOUT:
      return STATE;
    case CLOSED:
    case SCAN_OUTDATED:
      return OVER;
    case HANDLE_POISONED:
    case FILE_CHANGED:
    case OUTCOME_UNKNOWN:
      return LOST;
    case NOT_A_PAGE_FILE:
    case DAMAGED:
    case ACL_LAYOUT_UNSUPPORTED:
    case OUT_OF_BOUNDS:
      return CONTRADICTORY;
    case ACCESS_DENIED:
      return REFUSED;
    case IO_ERROR:
    case DISK_FULL:
    case OUT_OF_MEMORY:
      return IO;
    default:
      return OTHER;
  }
}
