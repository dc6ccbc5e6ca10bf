/** What the lists of the catalog are called, and their columns. */
import { asciiLower } from "../../encode/ascii";
import { CATALOG } from "../../store/catalog-table";

/** Names, and their columns: `#` for numbers, the others are text. */
const RELATIONS: StaticArray<string> = [
  "sqlite_master",
  "type,name,tbl_name,#rootpage,sql",
  "sqlite_schema",
  "type,name,tbl_name,#rootpage,sql",
  "pragma_table_list",
  "schema,name,type,#ncol,#wr,#strict,",
  "pragma_table_info",
  "#cid,name,type,#notnull,dflt_value,#pk,",
  "pragma_table_xinfo",
  "#cid,name,type,#notnull,dflt_value,#pk,#hidden,",
  "pragma_index_list",
  "#seq,name,#unique,origin,#partial,",
  "pragma_index_info",
  "#seqno,#cid,name,",
  "pragma_index_xinfo",
  "#seqno,#cid,name,#desc,coll,#key,",
  "pragma_foreign_key_list",
  "#id,#seq,table,from,to,on_update,on_delete,match,",
  "pragma_database_list",
  "#seq,name,file",
  "pragma_collation_list",
  "#seq,name",
  "pragma_foreign_key_check",
  "table,#rowid,parent,#fkid,",
  "sqlite_sequence",
  "name,#seq",
  "pragma_foreign_keys",
  "#foreign_keys",
  "pragma_page_count",
  "#page_count",
  "pragma_freelist_count",
  "#freelist_count",
  "pragma_journal_mode",
  "journal_mode",
  "pragma_synchronous",
  "#synchronous",
  "pragma_user_version",
  "#user_version",
  "pragma_application_id",
  "#application_id",
  "pragma_integrity_check",
  "integrity_check",
  "pragma_quick_check",
  "quick_check",
];

/**
 * Numbers of them: up to `TABLE_XINFO` they tell of tables and views, from there on up to `INDEX_XINFO` of indexes; from `FIRST_LIVE` on
 * their rows do not follow from definitions.
 */
export const MASTER: i32 = 0;
/** Another name of the same. */
const SCHEMA: i32 = 2;
export const TABLE_LIST: i32 = 4;
export const TABLE_XINFO: i32 = 8;
export const INDEX_LIST: i32 = 10;
export const INDEX_XINFO: i32 = 14;
export const FOREIGN_KEY_LIST: i32 = 16;
export const DATABASE_LIST: i32 = 18;
export const COLLATION_LIST: i32 = 20;
/** A query of its own for each foreign key. */
export const FOREIGN_KEY_CHECK: i32 = 22;
export const SEQUENCE: i32 = 24;
export const FIRST_LIVE: i32 = SEQUENCE;
export const FOREIGN_KEYS: i32 = 26;
export const PAGE_COUNT: i32 = 28;
export const FREELIST_COUNT: i32 = 30;
export const JOURNAL_MODE: i32 = 32;
export const SYNCHRONOUS: i32 = 34;
export const USER_VERSION: i32 = 36;
export const APPLICATION_ID: i32 = 38;
export const QUICK_CHECK: i32 = 42;

/** The number of the relation called `name`; -1 when there is none. */
export function catalogNumber(name: string): i32 {
  const wanted = asciiLower(name);
  for (let r = 0; r < RELATIONS.length; r += 2) if (RELATIONS[r] == wanted) return r == SCHEMA ? MASTER : r;
  return -1;
}

/** What is said of names that no table may be given. */
export const RESERVED: string = "names that begin with sqlite_, and " + CATALOG + ", are for the catalog";

/** Whether `name` is one of those. */
export function isReservedName(name: string): bool {
  const lower = asciiLower(name);
  return lower.startsWith("sqlite_") || lower == CATALOG;
}

/** What a PRAGMA is called whose rows are those of relation `number`. */
export function pragmaOf(number: i32): string {
  return RELATIONS[number].substring("pragma_".length);
}

/** The columns of relation `number`, those of numbers with `#` in front. */
export function catalogColumns(number: i32): Array<string> {
  return RELATIONS[number + 1].split(",");
}

/** Whether a function of relation `number` needs the name of a table or index as PRAGMA. */
export function needsName(number: i32): bool {
  return number > TABLE_LIST && number <= FOREIGN_KEY_LIST;
}
