/**
 * The kinds of faults that the check tells apart: a stable name, how bad it is, what is lost, and what mends it.
 *
 * An error contradicts the format: something can't be read, or different programs will read different things. A warning is a
 * thing that is readable but odd, of no use, or a trap for the reference. A note is only worth knowing. A doubt is `repair`'s: whether
 * something was lost can't be known.
 */
const NOTE: u8 = 0;
export const WARNING: u8 = 1;
export const ERROR: u8 = 2;
export const DOUBT: u8 = 3;

/** The name of a severity. */
export function severityName(severity: u8): string {
  return severity == ERROR ? "error" : severity == DOUBT ? "doubt" : severity == WARNING ? "warning" : "note";
}

export class FaultKind {
  constructor(
    /** Position among the kinds, from 0. */
    readonly id: i32,
    /** Stable, for programs and tests. */
    readonly name: string,
    readonly severity: u8,
    /** What can't be had any more; "" when it is nothing. */
    readonly lost: string,
    /** The command that mends it, as it is called behind FILE; "" for none. */
    readonly mend: string,
    /** What can be done about it; never empty. */
    readonly hint: string,
  ) {}

  /** Whether something is broken that a copy made through the indexes would not survive, or would hide. */
  get structural(): bool {
    return this.severity == ERROR && this.mend.startsWith("repair");
  }
}

let kinds: i32 = 0;

function kind(severity: u8, name: string, mend: string, hint: string, lost: string = ""): FaultKind {
  return new FaultKind(kinds++, name, severity, lost, mend, hint);
}

/** How many kinds there are. */
export function kindCount(): i32 {
  return kinds;
}

const REPAIR = "repair OUT";
const COMPACT = "compact OUT";
const CONVERT = "convert OUT --layout 0.11";

const SAVE = "repair saves the rows that can be read in a new file";
const REBUILD = "repair makes a new file with whole indexes";
const FOR_REFERENCE = "Quire reads it; before the reference works with the file, compact it";
const HARMLESS = "harmless; compact makes a file without it";
const CHANGE_NOTHING = "change nothing in this file: compact makes a sound one";
const UPDATE = "the reference can't read the row: update the column";
const DEFINITION = "dump the table and load it into a new file with the schema put right";

// ---- the file ----
export const FILE_SHORT = kind(WARNING, "FILE_SHORT", "", "open it for writing to complete it");
export const FILE_PADDED = kind(
  NOTE,
  "FILE_PADDED",
  COMPACT,
  "the memory of a canister is often larger than what it holds: harmless",
);
export const PAGE_UNREADABLE = kind(
  ERROR,
  "PAGE_UNREADABLE",
  REPAIR,
  "the disk or the runtime fails: copy the file elsewhere and check the copy",
  "what the page holds",
);
export const REGISTRY_DAMAGED = kind(
  ERROR,
  "REGISTRY_DAMAGED",
  REPAIR,
  "repair finds tables by their definitions",
  "the way to tables that are not listed",
);
export const PAGE_NUMBER_WRONG = kind(ERROR, "PAGE_NUMBER_WRONG", REPAIR, SAVE, "the way to the page that is meant");
export const PAGE_OWNED_TWICE = kind(
  ERROR,
  "PAGE_OWNED_TWICE",
  REPAIR,
  "change nothing in this file: " + SAVE,
  "what one of the two had there",
);
export const PAGE_LEAKED = kind(
  WARNING,
  "PAGE_LEAKED",
  COMPACT,
  "harmless in a file without errors; compact makes a file without it",
);
/** Layouts before 0.9 give no page back: what is on one came there through a ledger or a node that knows it no more. */
export const PAGE_UNLISTED = kind(
  ERROR,
  "PAGE_UNLISTED",
  REPAIR,
  "change nothing in this file, and don't convert it: repair looks for rows on such pages",
  "the way to what is on the page",
);
export const TABLE_UNLISTED = kind(
  ERROR,
  "TABLE_UNLISTED",
  REPAIR,
  "change nothing in this file: repair finds tables by their definitions",
  "the way to the table",
);
export const FINGERPRINT_WRONG = kind(ERROR, "FINGERPRINT_WRONG", REPAIR, "repair goes by the definitions");
export const SCHEMA_HASH_WRONG = kind(
  ERROR,
  "SCHEMA_HASH_WRONG",
  COMPACT,
  "the reference refuses the file; compact, create and drop write the hash anew",
);
export const UNCLAIMED_DAMAGED = kind(ERROR, "UNCLAIMED_DAMAGED", COMPACT, CHANGE_NOTHING);
export const UNCLAIMED_NOT_EMPTY = kind(ERROR, "UNCLAIMED_NOT_EMPTY", COMPACT, CHANGE_NOTHING);
export const ACL_DAMAGED = kind(
  ERROR,
  "ACL_DAMAGED",
  REPAIR,
  "the reference takes such a list for empty, and repair leaves it out: grant the rights again",
  "the access control list",
);
export const ACL_OLD = kind(
  WARNING,
  "ACL_OLD",
  REPAIR,
  "repair makes a file in which these identities have all rights, as they had before 0.9",
  "the access control list, for the reference 0.9.0",
);
export const ACL_ORDER = kind(
  ERROR,
  "ACL_ORDER",
  "acl grant",
  "identities out of order are not found; grant and revoke write the list anew",
);
export const ACL_ODD = kind(WARNING, "ACL_ODD", "acl grant", "readers ignore it; grant and revoke write the list anew");

// ---- a table's pages ----
export const SNAPSHOT_DAMAGED = kind(
  ERROR,
  "SNAPSHOT_DAMAGED",
  "repair OUT --schema FILE",
  "repair needs the definition, as schema prints it for a copy of the file",
  "the table's definition, and without it the rows",
);
export const SCHEMA_MISFIT = kind(
  ERROR,
  "SCHEMA_MISFIT",
  "",
  "the definition may be another table's, or of another version of the program; else the file is damaged: repair OUT --schema FILE",
);
export const SCHEMA_ODD = kind(WARNING, "SCHEMA_ODD", "dump", DEFINITION);
export const LEDGER_DAMAGED = kind(ERROR, "LEDGER_DAMAGED", REPAIR, SAVE);
export const PAGE_EMPTIED = kind(ERROR, "PAGE_EMPTIED", REPAIR, SAVE, "the rows that stood there");
export const PAGE_FREE_WRONG = kind(ERROR, "PAGE_FREE_WRONG", REPAIR, "new rows may be written over old ones: " + SAVE);
export const INDEX_LEDGER_WRONG = kind(ERROR, "INDEX_LEDGER_WRONG", REPAIR, REBUILD);
export const AUTOINCREMENT_DAMAGED = kind(
  ERROR,
  "AUTOINCREMENT_DAMAGED",
  REPAIR,
  "repair starts from the highest numbers in the rows",
  "the last numbers handed out",
);
export const AUTOINCREMENT_MISSING = kind(
  WARNING,
  "AUTOINCREMENT_MISSING",
  REPAIR,
  "repair starts from the highest numbers in the rows",
  "the last number handed out",
);
export const AUTOINCREMENT_BEHIND = kind(
  WARNING,
  "AUTOINCREMENT_BEHIND",
  "insert",
  "the next numbers may be taken already; an insert of a higher one moves the counter",
);

// ---- records ----
export const RECORD_MALFORMED = kind(ERROR, "RECORD_MALFORMED", REPAIR, SAVE, "the row");
export const TEXT_NOT_UTF8 = kind(ERROR, "TEXT_NOT_UTF8", "update", UPDATE);
export const JSON_INVALID = kind(WARNING, "JSON_INVALID", "update", UPDATE);
export const DATE_ODD = kind(WARNING, "DATE_ODD", "update", "no calendar has it; update the column if that is not meant");
export const BOOLEAN_ODD = kind(WARNING, "BOOLEAN_ODD", "update", "it is read as true; update the column to make it 1");
export const DECIMAL_ODD = kind(WARNING, "DECIMAL_ODD", "update", "the value may not be what was meant: update the column");
export const PADDING_NOT_ZERO = kind(WARNING, "PADDING_NOT_ZERO", COMPACT, HARMLESS);
export const SLOT_NOT_EMPTY = kind(
  ERROR,
  "SLOT_NOT_EMPTY",
  REPAIR,
  "compare with a backup; repair leaves the bytes out",
  "maybe a row",
);
export const TAIL_NOT_EMPTY = kind(
  ERROR,
  "TAIL_NOT_EMPTY",
  REPAIR,
  "compare with a backup; repair leaves the bytes out",
  "maybe rows",
);
export const SEGMENT_WRONG = kind(ERROR, "SEGMENT_WRONG", COMPACT, CHANGE_NOTHING);
export const SEGMENT_NOT_EMPTY = kind(ERROR, "SEGMENT_NOT_EMPTY", COMPACT, CHANGE_NOTHING);
export const SEGMENT_OVERLAP = kind(ERROR, "SEGMENT_OVERLAP", COMPACT, CHANGE_NOTHING);
export const SPACE_LOST = kind(NOTE, "SPACE_LOST", COMPACT, HARMLESS);

// ---- indexes ----
export const NODE_DAMAGED = kind(ERROR, "NODE_DAMAGED", REPAIR, REBUILD);
export const TREE_TOO_DEEP = kind(ERROR, "TREE_TOO_DEEP", REPAIR, REBUILD);
export const KEY_ORDER = kind(ERROR, "KEY_ORDER", REPAIR, REBUILD);
export const ADDRESS_ORDER = kind(ERROR, "ADDRESS_ORDER", COMPACT, CHANGE_NOTHING);
export const SEPARATOR_WRONG = kind(ERROR, "SEPARATOR_WRONG", REPAIR, REBUILD);
export const UNIQUE_TWICE = kind(ERROR, "UNIQUE_TWICE", "delete", "delete or update one of the rows");
export const UNIQUE_NULLS = kind(
  NOTE,
  "UNIQUE_NULLS",
  "",
  "as SQL has it; a program of the reference reads such rows, and refuses to update one while others have null there, too",
);
export const CHAIN_BROKEN = kind(ERROR, "CHAIN_BROKEN", COMPACT, "the reference's range scans go astray: " + CHANGE_NOTHING);
export const LEAF_UNCHAINED = kind(
  WARNING,
  "LEAF_UNCHAINED",
  COMPACT,
  "range scans of the reference miss its entries (0.9.0 makes such leaves): compact mends it",
);
export const LEAF_EMPTY = kind(
  NOTE,
  "LEAF_EMPTY",
  COMPACT,
  "0.9.0 leaves them behind; they go when an entry is added or removed near one",
);
export const ENTRY_WITHOUT_ROW = kind(ERROR, "ENTRY_WITHOUT_ROW", REPAIR, REBUILD, "maybe a row");
export const ENTRY_WRONG_KEY = kind(ERROR, "ENTRY_WRONG_KEY", REPAIR, REBUILD);
export const ENTRY_TWICE = kind(ERROR, "ENTRY_TWICE", REPAIR, REBUILD);
export const ROW_WITHOUT_ENTRY = kind(ERROR, "ROW_WITHOUT_ENTRY", REPAIR, REBUILD);
export const INDEX_UNCHECKED = kind(NOTE, "INDEX_UNCHECKED", REPAIR, "put the errors above right first");

// ---- between tables ----
export const FOREIGN_KEY_BROKEN = kind(
  ERROR,
  "FOREIGN_KEY_BROKEN",
  "insert",
  "insert the missing row, or update or delete this one",
  "maybe the row that is referred to",
);
export const FOREIGN_KEY_ODD = kind(WARNING, "FOREIGN_KEY_ODD", "dump", DEFINITION);

// ---- what SQL keeps in the file ----
export const CATALOG_ODD = kind(
  NOTE,
  "CATALOG_ODD",
  "",
  "DROP VIEW or DROP INDEX takes it away, of a constraint DELETE FROM __quire_catalog; or make again what it is about",
);
export const RULE_BROKEN = kind(
  ERROR,
  "RULE_BROKEN",
  "",
  "nothing is damaged, but the value is not as the rules that were given want it: update the row in a session that has them",
);
export const CHECK_BROKEN = kind(
  NOTE,
  "CHECK_BROKEN",
  "update",
  "rows that were there before the constraint stay until they change",
);

// ---- what the reference makes of it ----
export const REFERENCE_LEDGER_ORDER = kind(WARNING, "REFERENCE_LEDGER_ORDER", COMPACT, FOR_REFERENCE);
export const REFERENCE_PAGES = kind(WARNING, "REFERENCE_PAGES", COMPACT, FOR_REFERENCE);
export const REFERENCE_HOLES = kind(WARNING, "REFERENCE_HOLES", COMPACT, FOR_REFERENCE);
export const REFERENCE_ONE_ROW = kind(
  WARNING,
  "REFERENCE_ONE_ROW",
  COMPACT,
  "Quire reads it; the crates that wrote the file can insert no more rows into the table",
);
export const REFERENCE_PAGE_END = kind(WARNING, "REFERENCE_PAGE_END", COMPACT, FOR_REFERENCE);
export const REFERENCE_PADDING = kind(WARNING, "REFERENCE_PADDING", COMPACT, FOR_REFERENCE);
export const REFERENCE_COLUMN = kind(
  WARNING,
  "REFERENCE_COLUMN",
  CONVERT,
  "Quire reads it; for the reference make the column the last one, or use layout 0.11",
);
export const REFERENCE_NULL_KEY = kind(
  WARNING,
  "REFERENCE_NULL_KEY",
  CONVERT,
  "Quire and 0.11 take it for fine; 0.9.0 reads the rows but can't insert or update such ones",
);
export const REFERENCE_FOREIGN_KEY = kind(
  WARNING,
  "REFERENCE_FOREIGN_KEY",
  CONVERT,
  "Quire and 0.11 look it up in the column that is named",
);
export const REFERENCE_EMPTY_LEAF = kind(
  WARNING,
  "REFERENCE_EMPTY_LEAF",
  COMPACT,
  "0.9.0 may miss equal keys before it; an insert or delete near it takes it away",
);
export const REFERENCE_NAME = kind(
  NOTE,
  "REFERENCE_NAME",
  "",
  "Quire doesn't mind; a Rust struct can't be declared with such a name",
);
export const REFERENCE_DRIFT = kind(
  NOTE,
  "REFERENCE_DRIFT",
  "",
  "Quire doesn't mind; the reference sees schema drift and refuses to work with the file",
);
export const REFERENCE_CATALOG = kind(
  NOTE,
  "REFERENCE_CATALOG",
  "convert OUT --for-reference",
  "Quire needs it; the reference sees schema drift and refuses to work with the file",
);

// ---- what repair could not save ----
export const TABLE_LOST = kind(
  ERROR,
  "TABLE_LOST",
  "repair OUT --schema FILE",
  "repair needs its definition, as schema prints it",
  "a table",
);
export const FILE_CUT = kind(ERROR, "FILE_CUT", "", "copy the file again, whole", "what the page and all behind it held");
export const ROW_LOST = kind(ERROR, "ROW_LOST", "", "insert it again, from a backup if there is one", "the row");
export const ROWS_LOST = kind(ERROR, "ROWS_LOST", "", "compare with a backup", "rows");
export const ROW_ODD = kind(
  DOUBT,
  "ROW_ODD",
  "update",
  "compare the row with a backup, and update what is wrong",
  "maybe some values",
);
export const ROW_TWICE = kind(DOUBT, "ROW_TWICE", "", "compare it with the row that was kept", "one version of a row");
export const ROWS_DOUBTFUL = kind(DOUBT, "ROWS_DOUBTFUL", "", "compare with a backup", "maybe rows");
export const TABLE_DOUBTFUL = kind(DOUBT, "TABLE_DOUBTFUL", "", "compare the table with a backup", "maybe rows");
export const TABLES_DOUBTFUL = kind(
  DOUBT,
  "TABLES_DOUBTFUL",
  "repair OUT --schema FILE",
  "compare with a backup; with all definitions given, as schema prints them, repair knows the tables",
  "maybe tables",
);
export const ACL_DOUBTFUL = kind(
  DOUBT,
  "ACL_DOUBTFUL",
  "acl grant",
  "compare with a backup, and grant the rights again",
  "maybe the access control list",
);
export const ACL_LOST = kind(ERROR, "ACL_LOST", "acl grant", "grant the rights again", "the access control list");
export const COUNTER_LOST = kind(
  WARNING,
  "COUNTER_LOST",
  "",
  "the counter now starts from the highest number in the rows",
  "the last number handed out",
);
