/** What the names of tables and indexes mean in an open store. */
import { Status, INDEX_NOT_FOUND, TABLE_NOT_FOUND, fail } from "../status";
import { suggestion } from "../schema/nearest";
import { DbmsContext } from "./dbms-context";
import { Table } from "./table";
import { TableIndex } from "./table-index";
import { findTableByText, tableNames } from "./table-list";

/** The table whose name is the `len` bytes at `name`; null with `TABLE_NOT_FOUND` and the name that was probably meant. */
export function tableNamed(db: DbmsContext, name: usize, len: u32): Table | null {
  const table = findTableByText(db.tables, name, len);
  if (table) return table;
  const text = String.UTF8.decodeUnsafe(name, len);
  const view = db.catalog.view(text);
  if (view) fail(TABLE_NOT_FOUND, view.name + " is a view", "SQL reads it: SELECT * FROM " + view.name);
  else unknownTable(db.tables, text);
  return null;
}

/** Fails with `TABLE_NOT_FOUND` and the name that was probably meant, or those there are, of `tables`. */
export function unknownTable(tables: Array<Table>, name: string): Status {
  const names = tableNames(tables);
  const hint = names.length == 0 ? "the file has no tables yet" : suggestion(name, names, "tables");
  return fail(TABLE_NOT_FOUND, "there is no table " + name, hint);
}

/** The index on just these columns, or else the first that starts with them; null with `INDEX_NOT_FOUND`. */
export function findIndex(table: Table, names: Array<string>): TableIndex | null {
  const exact = table.indexOn(names);
  if (exact) return exact;
  let list = "";
  for (let i = 0; i < table.indexes.length; i++) {
    const columns = table.indexes[i].definition.columns;
    let starts = columns.length > names.length;
    for (let j = 0; j < names.length && starts; j++) starts = columns[j] == names[j];
    if (starts) return table.indexes[i];
    list += (i > 0 ? "; " : "") + columns.join(",");
  }
  fail(INDEX_NOT_FOUND, "table " + table.name + " has no index on " + names.join(","), "its indexes: " + list);
  return null;
}
