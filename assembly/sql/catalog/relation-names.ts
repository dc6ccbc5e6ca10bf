/** What the lists of the catalog are called, and their columns. */
import { asciiLower } from "../../encode/ascii";

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
];

/** The number of the relation called `name`; -1 when there is none. */
export function catalogNumber(name: string): i32 {
  const wanted = asciiLower(name);
  for (let r = 0; r < RELATIONS.length; r += 2) if (RELATIONS[r] == wanted) return r;
  return -1;
}

/** The columns of relation `number`, those of numbers with `#` in front. */
export function catalogColumns(number: i32): Array<string> {
  return RELATIONS[number + 1].split(",");
}
