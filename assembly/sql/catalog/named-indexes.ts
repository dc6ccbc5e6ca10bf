/** Names of indexes that the catalog keeps. */
import { OK } from "../../status";
import { Catalog, CatalogEntry, INDEX } from "../../store/catalog";
import { findTable } from "../../store/table-list";
import { sameName } from "../bind/scope";
import { StoredText } from "../sql-text";
import { readStatement, sqlRoot } from "../syntax/statements";
import { FLAG_DISTINCT, N_CREATE_INDEX, SqlTree } from "../syntax/tree";

/** An index's name that the catalog keeps. */
export class NamedIndex {
  constructor(
    readonly entry: CatalogEntry,
    /** As CREATE INDEX says; empty where its text is none. */
    readonly columns: Array<string>,
    readonly unique: bool,
  ) {}

  /** Whether it is of the index of its table on these columns. */
  isOn(table: string, columns: Array<string>): bool {
    return this.entry.table == table && this.columns.length > 0 && isSameList(this.columns, columns);
  }
}

export function isSameList(a: Array<string>, b: Array<string>): bool {
  return a.join("\0") == b.join("\0");
}

/** Reads the text of an entry. */
export function namedIndex(catalog: Catalog, entry: CatalogEntry): NamedIndex {
  const tree = new SqlTree();
  const columns = new Array<string>();
  const table = findTable(catalog.tables, entry.table);
  const isRead = readStatement(new StoredText(entry.sql, "index " + entry.name, -1), tree, 0) == OK && sqlRoot != 0;
  const root = isRead && table && tree.kind(sqlRoot) == N_CREATE_INDEX ? sqlRoot : 0;
  for (let node = root == 0 ? 0 : tree.c(root); node != 0; node = tree.next(node)) {
    const name = tree.text(node);
    const known = table!.schema.columns;
    let found = "";
    for (let c = 0; c < known.length && found == ""; c++) if (sameName(known[c].name, name)) found = known[c].name;
    columns.push(found);
  }
  if (!table || table.schema.indexOn(columns) < 0) columns.length = 0;
  const unique = root != 0 && tree.has(root, FLAG_DISTINCT);
  tree.free();
  return new NamedIndex(entry, columns, unique);
}

/** All names that are kept; null on failure. Of several with one name the first counts. */
export function namedIndexes(catalog: Catalog): Array<NamedIndex> | null {
  const entries = catalog.of(INDEX);
  if (!entries) return null;
  const named = new Array<NamedIndex>();
  for (let e = 0; e < entries.length; e++) {
    if (nameIn(named, entries[e].name) < 0) named.push(namedIndex(catalog, entries[e]));
  }
  return named;
}

/** The place of the index called `name` in any case; -1 for none. */
export function nameIn(named: Array<NamedIndex>, name: string): i32 {
  for (let n = 0; n < named.length; n++) if (sameName(named[n].entry.name, name)) return n;
  return -1;
}

/** Those of `named` that are of index number `i` of a table. */
export function namesOf(named: Array<NamedIndex>, table: string, columns: Array<string>): Array<NamedIndex> {
  const found = new Array<NamedIndex>();
  for (let n = 0; n < named.length; n++) if (named[n].isOn(table, columns)) found.push(named[n]);
  return found;
}

/** How many of `named` say that the index of a table on these columns is unique. */
export function uniqueNames(named: Array<NamedIndex>, table: string, columns: Array<string>): i32 {
  let count = 0;
  for (let n = 0; n < named.length; n++) if (named[n].unique && named[n].isOn(table, columns)) count += 1;
  return count;
}
