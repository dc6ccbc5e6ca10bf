/** What indexes are called in SQL. A file keeps no names of them: they are made of the names of table and columns, as tools make them. */
import { asciiLower } from "../encode/ascii";
import { IndexDefinition } from "./column";

/** What may stand behind the names of table and columns, or in front of them. */
const SUFFIXES: string = ",_idx,_index,_key,_unique,_uniq,_uindex,_uidx,_uq,_uk,_unique_idx,_unique_index,_pk,_pkey,";
const PREFIXES: string = ",idx_,index_,ix_,uidx_,uix_,ux_,uq_,uk_,uniq_,unique_,key_,";

/** The name that an index is listed by: `users_email_unique`, `posts_owner_at_idx`. */
export function indexName(table: string, index: IndexDefinition): string {
  return table + "_" + index.columns.join("_") + (index.unique ? "_unique" : "_idx");
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
  if (name.startsWith(whole)) return SUFFIXES.includes("," + name.substring(whole.length) + ",");
  return more > 0 && name.endsWith(whole) && PREFIXES.includes("," + name.substring(0, more) + ",");
}
