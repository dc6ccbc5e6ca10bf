/** Definitions of tables, `table-schema` of `wit/types.wit`, both ways. */
import { Status, OK, BAD_SCHEMA, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_CUSTOM } from "../encode/data-type";
import { MAX_BODY } from "../encode/row";
import {
  Column,
  FLAG_AUTO,
  FLAG_NULLABLE,
  FLAG_PRIMARY_KEY,
  FLAG_UNIQUE,
  ForeignKey,
  ON_DELETE_CASCADE,
  ON_DELETE_RESTRICT,
} from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { results } from "./calls";
import { liftDefault } from "./lift-values";
import { lowerValue } from "./lower-values";
import { liftString, liftStrings, lowerString, lowerStrings } from "./results";
import { CASE_NULL, caseOfType, typeOfCase } from "./value-cases";

// table-schema: name, primary-key, alignment (option), columns, indexes.
const SCHEMA_KEY: usize = 8;
const SCHEMA_ALIGNMENT: usize = 16;
const SCHEMA_COLUMNS: usize = 24;
const SCHEMA_INDEXES: usize = 32;

// column: name, data-type (case, and for custom tag and size), nullable, auto-increment, unique, foreign-key and default (options).
const COLUMN_SIZE: u32 = 80;
// result-column: name, data-type.
const RESULT_COLUMN_SIZE: u32 = 28;
const COLUMN_TYPE: usize = 8;
const COLUMN_TAG: usize = 12;
const COLUMN_BYTES: usize = 20;
const COLUMN_NULLABLE: usize = 28;
const COLUMN_AUTO: usize = 29;
const COLUMN_UNIQUE: usize = 30;
const COLUMN_KEY: usize = 32;
const COLUMN_DEFAULT: usize = 56;
const COLUMN_VALUE: usize = 64;

// foreign-key, from the option on: table, column, on-delete.
const KEY_TABLE: usize = 4;
const KEY_COLUMN: usize = 12;
const KEY_ON_DELETE: usize = 20;
const CASE_CASCADE: u8 = 1;

// index: columns, unique.
const INDEX_SIZE: u32 = 12;
const INDEX_UNIQUE: usize = 8;

/** Writes a definition to the 40 bytes at `to`. */
export function lowerSchema(schema: TableSchemaSnapshot, to: usize): void {
  lowerString(schema.name, to);
  lowerString(schema.primaryKey, to + SCHEMA_KEY);
  store<u8>(to + SCHEMA_ALIGNMENT, 1);
  store<u32>(to + SCHEMA_ALIGNMENT, schema.alignment, 4);
  const columns = schema.columns;
  const list = results.take(<u32>columns.length * COLUMN_SIZE, 8);
  for (let i = 0; i < columns.length; i++) lowerColumn(columns[i], list + <usize>i * COLUMN_SIZE);
  store<u32>(to + SCHEMA_COLUMNS, <u32>list);
  store<u32>(to + SCHEMA_COLUMNS, columns.length, 4);
  const indexes = schema.indexes;
  const lists = results.take(<u32>indexes.length * INDEX_SIZE, 4);
  for (let i = 0; i < indexes.length; i++) {
    const at = lists + <usize>i * INDEX_SIZE;
    lowerStrings(indexes[i].columns, at);
    store<u8>(at + INDEX_UNIQUE, u8(indexes[i].unique));
  }
  store<u32>(to + SCHEMA_INDEXES, <u32>lists);
  store<u32>(to + SCHEMA_INDEXES, indexes.length, 4);
}

/** Writes the name and the type of a column, the first 28 bytes of it, to `to`. */
function lowerType(column: Column, to: usize): void {
  lowerString(column.name, to);
  // A data-type has no null.
  store<u8>(to + COLUMN_TYPE, caseOfType(column.type) - 1);
  if (column.type != TYPE_CUSTOM) return;
  lowerString(column.customTag, to + COLUMN_TAG);
  store<u8>(to + COLUMN_BYTES, u8(column.customSize != 0));
  store<u32>(to + COLUMN_BYTES, column.customSize, 4);
}

/** Writes the place of a list of `result-column` to `to`. */
export function lowerResultColumns(columns: Array<Column>, to: usize): void {
  const list = results.take(<u32>columns.length * RESULT_COLUMN_SIZE, 4);
  for (let i = 0; i < columns.length; i++) lowerType(columns[i], list + <usize>i * RESULT_COLUMN_SIZE);
  store<u32>(to, <u32>list);
  store<u32>(to, columns.length, 4);
}

function lowerColumn(column: Column, to: usize): void {
  memory.fill(to, 0, COLUMN_SIZE);
  lowerType(column, to);
  store<u8>(to + COLUMN_NULLABLE, u8(column.nullable));
  store<u8>(to + COLUMN_AUTO, u8(column.auto));
  store<u8>(to + COLUMN_UNIQUE, u8(column.unique));
  const key = column.foreignKey;
  if (key) {
    store<u8>(to + COLUMN_KEY, 1);
    lowerString(key.table, to + COLUMN_KEY + KEY_TABLE);
    lowerString(key.column, to + COLUMN_KEY + KEY_COLUMN);
    if (key.onDelete == ON_DELETE_CASCADE) store<u8>(to + COLUMN_KEY + KEY_ON_DELETE, CASE_CASCADE);
  }
  const value = column.defaultValue;
  if (!value) return;
  store<u8>(to + COLUMN_DEFAULT, 1);
  const offset = column.defaultOffset();
  if (offset != 0) lowerValue(column, changetype<usize>(value) + offset, <u32>value.byteLength - offset, to + COLUMN_VALUE);
}

/** The definition of a new table, with these columns and indexes; null on failure. `alignment` -1 is the usual one. */
export function liftSchema(
  name: string,
  primaryKey: string,
  alignment: i64,
  columns: usize,
  columnCount: u32,
  indexes: usize,
  indexCount: u32,
): TableSchemaSnapshot | null {
  const schema = new TableSchemaSnapshot(name, primaryKey);
  for (let i: u32 = 0; i < columnCount; i++) {
    const column = liftColumn(schema, columns + i * COLUMN_SIZE);
    if (!column) return null;
    schema.columns.push(column);
  }
  if (liftIndexes(schema, indexes, indexCount) != OK) return null;
  schema.alignment = alignment >= 0 ? <u32>alignment : schema.usualAlignment;
  return schema.validate() == OK ? schema : null;
}

function liftColumn(schema: TableSchemaSnapshot, at: usize): Column | null {
  const name = liftString(at);
  let flags: u32 = load<u8>(at + COLUMN_NULLABLE) != 0 ? FLAG_NULLABLE : 0;
  if (load<u8>(at + COLUMN_AUTO) != 0) flags |= FLAG_AUTO;
  if (load<u8>(at + COLUMN_UNIQUE) != 0) flags |= FLAG_UNIQUE;
  if (name == schema.primaryKey) flags |= FLAG_PRIMARY_KEY | FLAG_UNIQUE;
  const column = new Column(name, typeOfCase(load<u8>(at + COLUMN_TYPE) + 1), flags);
  if (column.type == TYPE_CUSTOM) {
    column.customTag = liftString(at + COLUMN_TAG);
    const isSized = load<u8>(at + COLUMN_BYTES) != 0;
    const size = isSized ? load<u32>(at + COLUMN_BYTES, 4) : 0;
    if (isSized && (size == 0 || size > MAX_BODY)) {
      fail(BAD_SCHEMA, "column " + name + ": a custom type has values of 1 to 65533 bytes");
      return null;
    }
    column.customSize = size;
  }
  const key = at + COLUMN_KEY;
  if (load<u8>(key) != 0) {
    const onDelete = load<u8>(key + KEY_ON_DELETE) == CASE_CASCADE ? ON_DELETE_CASCADE : ON_DELETE_RESTRICT;
    column.foreignKey = new ForeignKey(liftString(key + KEY_TABLE), liftString(key + KEY_COLUMN), onDelete);
  }
  return load<u8>(at + COLUMN_DEFAULT) == 0 || liftColumnDefault(column, at + COLUMN_VALUE) == OK ? column : null;
}

function liftColumnDefault(column: Column, at: usize): Status {
  if (load<u8>(at) == CASE_NULL) {
    column.setDefault(0, 0);
    return OK;
  }
  const value = new ByteBuffer(64);
  const status = liftDefault(column, at, value);
  if (status == OK) column.setDefault(value.ptr, value.len);
  value.free();
  return status == OK ? OK : fail(BAD_SCHEMA, "column " + column.name + ": default: " + lastError.what);
}

/** Adds the indexes in the order in which they are given; those of keys come first, unless the primary key's begins the list. */
function liftIndexes(schema: TableSchemaSnapshot, indexes: usize, count: u32): Status {
  const lists = new Array<Array<string>>();
  const uniques = new Array<bool>();
  for (let i: u32 = 0; i < count; i++) {
    const at = indexes + i * INDEX_SIZE;
    const columns = liftStrings(load<u32>(at), load<u32>(at, 4));
    const status = checkIndex(schema, columns, load<u8>(at + INDEX_UNIQUE) != 0);
    if (status != OK) return status;
    lists.push(columns);
    uniques.push(load<u8>(at + INDEX_UNIQUE) != 0);
  }
  const isWhole = lists.length > 0 && lists[0].length == 1 && lists[0][0] == schema.primaryKey;
  if (!isWhole) schema.addKeyIndexes();
  for (let i = 0; i < lists.length; i++) schema.addIndex(lists[i], uniques[i]);
  schema.addKeyIndexes();
  return OK;
}

function checkIndex(schema: TableSchemaSnapshot, columns: Array<string>, isUnique: bool): Status {
  if (columns.length == 0) return fail(BAD_SCHEMA, "an index of " + schema.name + " has no columns");
  for (let i = 0; i < columns.length; i++) {
    if (columns.indexOf(columns[i]) < i)
      return fail(BAD_SCHEMA, "an index of " + schema.name + " names column " + columns[i] + " twice");
  }
  const position = schema.columnIndex(columns[0]);
  if (columns.length > 1 || position < 0) return OK;
  const hasUnique = schema.columns[position].unique;
  if (hasUnique == isUnique) return OK;
  const what = "the index of " + schema.name + " on " + columns.join(", ") + (hasUnique ? " is unique" : " can't be unique");
  return fail(BAD_SCHEMA, what, "the index of one column is unique if the column is");
}
