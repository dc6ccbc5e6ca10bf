/**
 * Lists of open tables, sorted by name or by fingerprint: what is where in them.
 */
import { compareNames, compareText } from "../encode/ascii";
import { Table } from "./table";

/** Where in `tables`, which are sorted by name, `name` is or belongs. */
export function tablePosition(tables: Array<Table>, name: string): i32 {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(tables[middle].name, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The table of `tables`, which are sorted by name, that is called `name`, or null. */
export function findTable(tables: Array<Table>, name: string): Table | null {
  const at = tablePosition(tables, name);
  return at < tables.length && tables[at].name == name ? tables[at] : null;
}

/** The same for the name whose UTF-8 form is the `len` bytes at `ptr`. */
export function findTableByText(tables: Array<Table>, ptr: usize, len: u32): Table | null {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const table = unchecked(tables[middle]);
    const order = compareText(ptr, len, table.name);
    if (order == 0) return table;
    if (order > 0) low = middle + 1;
    else high = middle;
  }
  return null;
}

/** Where in `tables`, which are sorted by fingerprint, that with `fingerprint` is or belongs. */
export function fingerprintPosition(tables: Array<Table>, fingerprint: u64): i32 {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (unchecked(tables[middle]).pages.fingerprint < fingerprint) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What they are called, but for the catalog. */
export function tableNames(tables: Array<Table>): Array<string> {
  const names = new Array<string>();
  for (let i = 0; i < tables.length; i++) if (!tables[i].isCatalog) names.push(tables[i].name);
  return names;
}

/** Puts `table` into `tables` in front of number `at`. */
export function insertTable(tables: Array<Table>, at: i32, table: Table): void {
  tables.push(table);
  for (let i = tables.length - 1; i > at; i--) unchecked((tables[i] = tables[i - 1]));
  tables[at] = table;
}
