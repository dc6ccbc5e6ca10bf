/**
 * The kinds of faults that the check tells apart: a stable name, how bad it is, and what can be done.
 *
 * An error contradicts the format: something can't be read, or different programs will read different things. A warning is a
 * thing that is readable but odd, of no use, or a trap for the reference. A note is only worth knowing.
 */
export const NOTE: u8 = 0;
export const WARNING: u8 = 1;
export const ERROR: u8 = 2;

/** The name of a severity. */
export function severityName(severity: u8): string {
  return severity == ERROR ? "error" : severity == WARNING ? "warning" : "note";
}

export class FaultKind {
  constructor(
    /** Position among the kinds, from 0. */
    readonly id: i32,
    /** Stable, for programs and tests. */
    readonly name: string,
    readonly severity: u8,
    /** What can be done about it; never empty. */
    readonly hint: string,
  ) {}
}

let kinds: i32 = 0;

function kind(severity: u8, name: string, hint: string): FaultKind {
  return new FaultKind(kinds++, name, severity, hint);
}

/** How many kinds there are. */
export function kindCount(): i32 {
  return kinds;
}

const RESTORE = "take the file from a backup; or dump what can still be read and load it into a new file";
const REBUILD = "dump and load make a new file with whole indexes";
const EXPORT_FIRST = "dump what can be read, mend the values, load them into a new file";
const FOR_REFERENCE = "Quire reads it; before the reference works with the file, dump it and load it into a new one";
const HARMLESS = "harmless; dump and load make a file without it";

// ---- the file ----
export const FILE_SHORT = kind(WARNING, "FILE_SHORT", "open it for writing to complete it");
export const PAGE_UNREADABLE = kind(
  ERROR,
  "PAGE_UNREADABLE",
  "the disk or the runtime fails: copy the file elsewhere and check the copy",
);
export const REGISTRY_DAMAGED = kind(ERROR, "REGISTRY_DAMAGED", RESTORE);
export const PAGE_NUMBER_WRONG = kind(ERROR, "PAGE_NUMBER_WRONG", RESTORE);
export const PAGE_OWNED_TWICE = kind(
  ERROR,
  "PAGE_OWNED_TWICE",
  "change nothing in this file; dump it and load it into a new one",
);
export const PAGE_LEAKED = kind(WARNING, "PAGE_LEAKED", HARMLESS);
export const FINGERPRINT_WRONG = kind(ERROR, "FINGERPRINT_WRONG", RESTORE);
export const SCHEMA_HASH_WRONG = kind(
  ERROR,
  "SCHEMA_HASH_WRONG",
  "the reference refuses the file; create or drop of any table writes the hash anew",
);
export const UNCLAIMED_DAMAGED = kind(
  ERROR,
  "UNCLAIMED_DAMAGED",
  "change nothing in this file; dump it and load it into a new one",
);
export const UNCLAIMED_NOT_EMPTY = kind(
  ERROR,
  "UNCLAIMED_NOT_EMPTY",
  "change nothing in this file; dump it and load it into a new one",
);
export const ACL_DAMAGED = kind(
  ERROR,
  "ACL_DAMAGED",
  "the reference takes such a list for empty; take the file from a backup, or grant the rights again in a new file",
);
export const ACL_ORDER = kind(ERROR, "ACL_ORDER", "identities out of order are not found; grant and revoke write the list anew");
export const ACL_ODD = kind(WARNING, "ACL_ODD", "readers ignore it; grant and revoke write the list anew");

// ---- a table's pages ----
export const SNAPSHOT_DAMAGED = kind(ERROR, "SNAPSHOT_DAMAGED", RESTORE);
export const SCHEMA_ODD = kind(WARNING, "SCHEMA_ODD", "dump the table and load it into a new file with the schema put right");
export const LEDGER_DAMAGED = kind(ERROR, "LEDGER_DAMAGED", RESTORE);
export const PAGE_FREE_WRONG = kind(
  ERROR,
  "PAGE_FREE_WRONG",
  "new rows may be written over old ones: dump the file and load it into a new one",
);
export const INDEX_LEDGER_WRONG = kind(ERROR, "INDEX_LEDGER_WRONG", REBUILD);
export const AUTOINCREMENT_DAMAGED = kind(ERROR, "AUTOINCREMENT_DAMAGED", REBUILD);
export const AUTOINCREMENT_MISSING = kind(
  WARNING,
  "AUTOINCREMENT_MISSING",
  "give the column's values yourself, or dump the file and load it into a new one",
);
export const AUTOINCREMENT_BEHIND = kind(
  WARNING,
  "AUTOINCREMENT_BEHIND",
  "the next numbers may be taken already; an insert of a higher one moves the counter",
);

// ---- records ----
export const RECORD_MALFORMED = kind(ERROR, "RECORD_MALFORMED", RESTORE);
export const TEXT_NOT_UTF8 = kind(ERROR, "TEXT_NOT_UTF8", "the reference can't read the row: update the column");
export const JSON_INVALID = kind(WARNING, "JSON_INVALID", "the reference can't read the row: update the column");
export const DATE_ODD = kind(WARNING, "DATE_ODD", "no calendar has it; update the column if that is not meant");
export const BOOLEAN_ODD = kind(WARNING, "BOOLEAN_ODD", "it is read as true; update the column to make it 1");
export const DECIMAL_ODD = kind(WARNING, "DECIMAL_ODD", EXPORT_FIRST);
export const PADDING_NOT_ZERO = kind(WARNING, "PADDING_NOT_ZERO", HARMLESS);
export const SLOT_NOT_EMPTY = kind(
  ERROR,
  "SLOT_NOT_EMPTY",
  "a row's length may be lost: compare with a backup; dump and load leave the bytes out",
);
export const TAIL_NOT_EMPTY = kind(ERROR, "TAIL_NOT_EMPTY", "dump and load leave the bytes out");
export const SEGMENT_WRONG = kind(
  ERROR,
  "SEGMENT_WRONG",
  "an insert may fail or write over rows: dump the file and load it into a new one",
);
export const SEGMENT_NOT_EMPTY = kind(
  ERROR,
  "SEGMENT_NOT_EMPTY",
  "an insert would fail: dump the file and load it into a new one",
);
export const SEGMENT_OVERLAP = kind(
  ERROR,
  "SEGMENT_OVERLAP",
  "an insert may write over rows: dump the file and load it into a new one",
);
export const SPACE_LOST = kind(NOTE, "SPACE_LOST", HARMLESS);

// ---- indexes ----
export const NODE_DAMAGED = kind(ERROR, "NODE_DAMAGED", REBUILD);
export const TREE_TOO_DEEP = kind(ERROR, "TREE_TOO_DEEP", REBUILD);
export const KEY_ORDER = kind(ERROR, "KEY_ORDER", REBUILD);
export const ADDRESS_ORDER = kind(ERROR, "ADDRESS_ORDER", REBUILD);
export const SEPARATOR_WRONG = kind(ERROR, "SEPARATOR_WRONG", REBUILD);
export const UNIQUE_TWICE = kind(ERROR, "UNIQUE_TWICE", "delete or update one of the rows");
export const UNIQUE_NULLS = kind(WARNING, "UNIQUE_NULLS", "the reference lets one row have null there; give the others values");
export const CHAIN_BROKEN = kind(ERROR, "CHAIN_BROKEN", "the reference's range scans go astray: " + REBUILD);
export const LEAF_UNCHAINED = kind(
  WARNING,
  "LEAF_UNCHAINED",
  "range scans of the reference miss its entries (0.9.0 makes such leaves): " + REBUILD,
);
export const LEAF_EMPTY = kind(
  NOTE,
  "LEAF_EMPTY",
  "0.9.0 leaves them behind; they go when an entry is added or removed near one",
);
export const ENTRY_WITHOUT_ROW = kind(ERROR, "ENTRY_WITHOUT_ROW", REBUILD);
export const ENTRY_WRONG_KEY = kind(ERROR, "ENTRY_WRONG_KEY", REBUILD);
export const ENTRY_TWICE = kind(ERROR, "ENTRY_TWICE", REBUILD);
export const ROW_WITHOUT_ENTRY = kind(ERROR, "ROW_WITHOUT_ENTRY", REBUILD);
export const INDEX_UNCHECKED = kind(NOTE, "INDEX_UNCHECKED", "put the errors above right first");

// ---- between tables ----
export const FOREIGN_KEY_BROKEN = kind(ERROR, "FOREIGN_KEY_BROKEN", "insert the missing row, or update or delete this one");
export const FOREIGN_KEY_ODD = kind(
  WARNING,
  "FOREIGN_KEY_ODD",
  "dump the table and load it into a new file with the schema put right",
);

// ---- what the reference makes of it ----
export const REFERENCE_LEDGER_ORDER = kind(WARNING, "REFERENCE_LEDGER_ORDER", FOR_REFERENCE);
export const REFERENCE_PAGES = kind(WARNING, "REFERENCE_PAGES", FOR_REFERENCE);
export const REFERENCE_HOLES = kind(WARNING, "REFERENCE_HOLES", FOR_REFERENCE);
export const REFERENCE_PAGE_END = kind(WARNING, "REFERENCE_PAGE_END", FOR_REFERENCE);
export const REFERENCE_PADDING = kind(WARNING, "REFERENCE_PADDING", FOR_REFERENCE);
export const REFERENCE_COLUMN = kind(
  WARNING,
  "REFERENCE_COLUMN",
  "Quire reads it; for the reference make the column the last one, or use layout 0.11",
);
export const REFERENCE_NULL_KEY = kind(
  WARNING,
  "REFERENCE_NULL_KEY",
  "Quire and 0.11 take it for fine; 0.9.0 reads the rows but can't insert or update such ones",
);
export const REFERENCE_FOREIGN_KEY = kind(
  WARNING,
  "REFERENCE_FOREIGN_KEY",
  "Quire and 0.11 look it up in the column that is named",
);
export const REFERENCE_EMPTY_LEAF = kind(
  WARNING,
  "REFERENCE_EMPTY_LEAF",
  "0.9.0 may miss equal keys before it; an insert or delete near it takes it away",
);
export const REFERENCE_NAME = kind(
  NOTE,
  "REFERENCE_NAME",
  "Quire doesn't mind; a Rust struct can't be declared with such a name",
);
export const REFERENCE_DRIFT = kind(
  NOTE,
  "REFERENCE_DRIFT",
  "Quire doesn't mind; the reference sees schema drift and refuses to work with the file",
);
