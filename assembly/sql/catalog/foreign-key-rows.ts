/** `pragma_foreign_key_check`: the rows whose foreign keys name none, as a view of the tables that there are. */
import { TYPE_UINT64, isInteger } from "../../encode/data-type";
import { Column } from "../../schema/column";
import { CatalogEntry, VIEW } from "../../store/catalog";
import { Table } from "../../store/table";
import { findTable } from "../../store/table-list";
import { literal, quoted } from "./definition-text";

const COLUMNS: string = ' ("table", "rowid", "parent", "fkid", "key") AS ';

/** The view called `name`, whose last column is the table's name as it is looked for. */
export function foreignKeyRows(name: string, tables: Array<Table>): CatalogEntry {
  let sql = "CREATE VIEW " + name + COLUMNS + "SELECT '', 0, '', 0, '' WHERE FALSE";
  for (let t = 0; t < tables.length; t++) {
    const columns = tables[t].schema.columns;
    let number = 0;
    for (let c = 0; c < columns.length; c++) {
      if (columns[c].foreignKey) sql += " UNION ALL " + brokenRows(tables, tables[t], columns[c], number++);
    }
  }
  return new CatalogEntry(VIEW, name, "", sql);
}

/** The rows of `table` whose foreign key `column`, its number `number`, names no row. */
function brokenRows(tables: Array<Table>, table: Table, column: Column, number: i32): string {
  const foreign = column.foreignKey!;
  const key = table.schema.columns[table.keyColumn];
  const isNumber = isInteger(key.type) && key.type != TYPE_UINT64;
  const rowid = isNumber ? "CAST(c." + quoted(key.name) + " AS integer)" : "CAST(NULL AS integer)";
  const name = literal(table.name);
  const value = "c." + quoted(column.name);
  const sql =
    "SELECT " + name + ", " + rowid + ", " + literal(foreign.table) + ", " + number.toString() + ", lower(" + name + ")";
  const from = sql + " FROM " + quoted(table.name) + " AS c WHERE " + value + " IS NOT NULL";
  const target = findTable(tables, foreign.table);
  if (!target || target.schema.columnIndex(foreign.column) < 0) return from;
  const other = " AND NOT EXISTS (SELECT 1 FROM " + quoted(target.name) + " AS p WHERE p.";
  return from + other + quoted(foreign.column) + " = " + value + ")";
}
