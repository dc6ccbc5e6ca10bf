/** Tables and indexes as SQL that makes them. */
import { asciiUpper, lowerLetter } from "../../encode/ascii";
import { ByteBuffer } from "../../encode/byte-buffer";
import { TYPE_BLOB, TYPE_BOOLEAN, TYPE_CUSTOM, TYPE_DECIMAL, TYPE_INT64, isInteger } from "../../encode/data-type";
import { writeTextValue } from "../../encode/value-text";
import { Column, ON_DELETE_CASCADE } from "../../schema/column";
import { indexName } from "../../schema/index-names";
import { CatalogEntry } from "../../store/catalog";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { sqlNameOfType } from "../bind/types";

/** A literal of `text`. */
export function literal(text: string): string {
  return "'" + text.replaceAll("'", "''") + "'";
}

/** A name in quotes. */
export function quoted(text: string): string {
  return '"' + text.replaceAll('"', '""') + '"';
}

/** Names in quotes, with commas between them. */
export function quotedNames(list: Array<string>): string {
  let text = "";
  for (let n = 0; n < list.length; n++) text += (n > 0 ? ", " : "") + quoted(list[n]);
  return text;
}

/** The first column that is shown: 1 where the key is one that SQL made for a table without one, or with one of several columns. */
export function shownFrom(schema: TableSchemaSnapshot): i32 {
  return schema.hasHiddenKey ? 1 : 0;
}

/** Whether index number `i` is the primary key's, be it of several columns. */
export function isKeyIndex(schema: TableSchemaSnapshot, i: i32): bool {
  const first = shownFrom(schema);
  if (first == 0 || i != 1) return i == 0 && first == 0;
  const index = schema.indexes[i];
  for (let c = 0; c < index.columns.length; c++) if (schema.columns[schema.columnIndex(index.columns[c])].nullable) return false;
  return index.unique && index.columns.length > 1;
}

/** What index number `i` is called where no name of it is kept: as SQLite names those of primary keys, else by its columns. */
export function indexLabel(schema: TableSchemaSnapshot, i: i32): string {
  return isKeyIndex(schema, i) ? "sqlite_autoindex_" + schema.name + "_1" : indexName(schema.name, schema.indexes[i]);
}

/** CREATE INDEX `name`, on `columns` of `table` as they stand in its parentheses. */
export function indexText(unique: bool, name: string, table: string, columns: string): string {
  const start = unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  return start + quoted(name) + " ON " + quoted(table) + " (" + columns + ")";
}

/** INTEGER is counted where it is the primary key: without that it is BIGINT, which is the same type. */
export function columnTypeText(column: Column): string {
  if (column.type == TYPE_CUSTOM) return column.typeText;
  return column.type == TYPE_INT64 && column.primaryKey && !column.auto ? "BIGINT" : asciiUpper(sqlNameOfType(column.type));
}

/** What a column of a table has by itself, as SQL has it: its own value, or what one of `defaults` works out; "" for nothing. */
export function defaultText(table: string, column: Column, defaults: Array<CatalogEntry>): string {
  for (let d = 0; d < defaults.length; d++)
    if (defaults[d].table == table && defaults[d].name == column.name) return defaults[d].sql;
  if (!column.defaultValue) return "";
  const offset = column.defaultOffset();
  if (offset == 0) return "NULL";
  const out = new ByteBuffer(64);
  writeTextValue(column.type, column.customSize, changetype<usize>(column.defaultValue!) + offset, out);
  const text = out.toText();
  out.free();
  if (isInteger(column.type) || column.type == TYPE_DECIMAL || column.type == TYPE_BOOLEAN) return text;
  return (column.type == TYPE_BLOB ? "x" : "") + literal(text);
}

/** What stands behind DEFAULT for an expression: words like CURRENT_DATE by themselves. */
function inParentheses(sql: string): string {
  for (let i = 0; i < sql.length; i++) {
    const unit = sql.charCodeAt(i);
    if (unit != 0x5f && lowerLetter(unit) - 0x61 >= 26) return "(" + sql + ")";
  }
  return sql;
}

/** A column of `table` as definitions have it, with its own one of `defaults`. */
export function columnText(table: string, column: Column, defaults: Array<CatalogEntry>): string {
  let text = quoted(column.name) + " " + columnTypeText(column);
  if (column.primaryKey) text += " PRIMARY KEY";
  if (column.auto) text += " AUTOINCREMENT";
  if (!column.nullable && !(column.primaryKey && column.auto)) text += " NOT NULL";
  if (column.unique && !column.primaryKey) text += " UNIQUE";
  const value = defaultText(table, column, defaults);
  if (value != "") text += " DEFAULT " + (column.defaultValue ? value : inParentheses(value));
  return text + referenceText(column);
}

/** REFERENCES, with a blank before it; "" without a foreign key. */
export function referenceText(column: Column): string {
  const foreign = column.foreignKey;
  if (!foreign) return "";
  const cascade = foreign.onDelete == ON_DELETE_CASCADE ? " ON DELETE CASCADE" : "";
  return " REFERENCES " + quoted(foreign.table) + " (" + quoted(foreign.column) + ")" + cascade;
}

/**
 * CREATE TABLE, with these CHECK constraints, and its own ones of `defaults`. Indexes of several columns, and those that are not unique,
 * have texts of their own.
 */
export function createTableText(schema: TableSchemaSnapshot, checks: Array<CatalogEntry>, defaults: Array<CatalogEntry>): string {
  let text = "CREATE TABLE " + quoted(schema.name) + " (";
  const first = shownFrom(schema);
  for (let c = first; c < schema.columns.length; c++) {
    text += (c > first ? ", " : "") + columnText(schema.name, schema.columns[c], defaults);
  }
  if (first == 1 && schema.indexes.length > 1 && isKeyIndex(schema, 1))
    text += ", PRIMARY KEY (" + quotedNames(schema.indexes[1].columns) + ")";
  for (let c = 0; c < checks.length; c++) {
    const constraint = checks[c].name == "" ? ", " : ", CONSTRAINT " + quoted(checks[c].name) + " ";
    text += constraint + "CHECK (" + checks[c].sql + ")";
  }
  return text + ")";
}

/** CREATE INDEX; "" of an index that CREATE TABLE makes. */
export function createIndexText(schema: TableSchemaSnapshot, i: i32): string {
  const index = schema.indexes[i];
  const isColumns = index.unique && index.columns.length == 1;
  if (isColumns || isKeyIndex(schema, i)) return "";
  return indexText(index.unique, indexLabel(schema, i), schema.name, quotedNames(index.columns));
}
