/** What indexes are called in SQL where a file keeps no names of them: what the names of table and columns make, as tools make it. */
import { asciiLower } from "../encode/ascii";
import { IndexDefinition } from "./column";

/** What may stand behind the names of table and columns, or in front of them. */
const SUFFIXES: string = ",_idx,_index,_key,_unique,_uniq,_uindex,_uidx,_uq,_uk,_unique_idx,_unique_index,_pk,_pkey,";
const PREFIXES: string = ",idx_,index_,ix_,uidx_,uix_,ux_,uq_,uk_,uniq_,unique_,key_,";

/** What a name may have behind table and columns that says by itself which index it is; the first two are those that are listed. */
const DERIVED: string = ",_idx,_unique,_index,_key,";

/** The name that an index is listed by: `users_email_unique`, `posts_owner_at_idx`. */
export function indexName(table: string, index: IndexDefinition): string {
  return table + "_" + index.columns.join("_") + (index.unique ? "_unique" : "_idx");
}

/** Whether `name` says which index of `table` it is, so that it has not to be kept. */
export function isDerived(name: string, table: string, columns: Array<string>): bool {
  return hasEnd(asciiLower(name), asciiLower(table + "_" + columns.join("_")), DERIVED);
}

/** Whether `name` may be that of an index of `table` on these columns: of the table's name and theirs, or of theirs alone. */
export function isIndexName(name: string, table: string, columns: Array<string>): bool {
  const given = asciiLower(name);
  const short = asciiLower(columns.join("_"));
  return isMadeOf(given, asciiLower(table) + "_" + short) || isMadeOf(given, short);
}

/** Whether `name` is `whole`, maybe with one of the words before or behind it. */
function isMadeOf(name: string, whole: string): bool {
  if (name == whole) return true;
  if (name.includes(",")) return false;
  const more = name.length - whole.length;
  if (name.startsWith(whole)) return hasEnd(name, whole, SUFFIXES);
  return more > 0 && name.endsWith(whole) && PREFIXES.includes("," + name.substring(0, more) + ",");
}

/** Whether `name` is `start` and one of the words of `ends` behind it. */
export function hasEnd(name: string, start: string, ends: string): bool {
  const end = name.substring(start.length);
  return name.startsWith(start) && !end.includes(",") && ends.includes("," + end + ",");
}
