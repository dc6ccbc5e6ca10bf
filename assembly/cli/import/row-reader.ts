/** From what a source's row holds to a table's row: the cells of a delimited one, the members of a JSON object. */
import { Status, OK, BAD_VALUE, COLUMN_NOT_FOUND, NOT_NULL, fail, lastError } from "../../status";
import { TYPE_BLOB, TYPE_JSON, TYPE_TEXT } from "../../encode/data-type";
import { JSON_FALSE, JSON_NULL, JSON_NUMBER, JSON_TRUE, JsonTape } from "../../encode/json";
import { Row, CELL_MISSING } from "../../encode/row";
import { isUtf8 } from "../../encode/utf8";
import { parseJsonValue, parseValue } from "../../encode/value-text";
import { Column } from "../../schema/column";
import { MOST_COLUMNS, TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { unknownColumn } from "../../schema/column-names";
import { CatalogEntry } from "../../store/catalog";
import { DelimitedReader } from "./delimited-reader";
import { ExtraColumns } from "./extra-columns";
import { GuessGuard } from "./infer-guard";

/** The column whose value was wrong last; "" when something else was. */
export let badColumn: string = "";

/** Puts the column's name before what was wrong with its value. */
function inColumn(column: Column, status: Status): Status {
  badColumn = column.name;
  lastError.what = "column " + column.name + ": " + lastError.what;
  return status;
}

/** The names in a header row; null when they are none. */
export function readHeader(reader: DelimitedReader): Array<string> | null {
  const names = new Array<string>();
  if (reader.cellCount > <u32>MOST_COLUMNS) {
    fail(
      BAD_VALUE,
      "the header has " + reader.cellCount.toString() + " names, a table at most " + MOST_COLUMNS.toString() + " columns",
    );
    return null;
  }
  for (let i: u32 = 0; i < reader.cellCount; i++) {
    const ptr = reader.textPtr(i);
    const len = reader.textLen(i);
    if (!isUtf8(ptr, len)) {
      fail(BAD_VALUE, "the header's name " + (i + 1).toString() + " is not valid UTF-8");
      return null;
    }
    const name = String.UTF8.decodeUnsafe(ptr, len);
    if (name != "" && names.includes(name)) {
      fail(BAD_VALUE, "the header names " + name + " twice");
      return null;
    }
    names.push(name);
  }
  return names;
}

/** What may stand between a source's cells, and the option that says so. */
const DELIMITERS: StaticArray<string> = [
  ";",
  "--delimiter ';'",
  "\t",
  "--format tsv",
  "|",
  "--delimiter '|'",
  ",",
  "--format csv",
];

/**
 * The option that the source may lack: a character that is not its `delimiter` divides the header, which has these `names`, into more of
 * them. "" when there is none.
 */
export function lackingOption(names: Array<string>, delimiter: u32): string {
  const header = names.join("\n");
  for (let i = 0; i < DELIMITERS.length; i += 2) {
    if (<u32>DELIMITERS[i].charCodeAt(0) != delimiter && header.split(DELIMITERS[i]).length > names.length)
      return DELIMITERS[i + 1];
  }
  return "";
}

/** Where the cells of a delimited row go. */
export class CellMapping {
  /** For each cell the position of its column. */
  private readonly positions: StaticArray<i32>;
  /** UTF-8 of the text that stands for null. */
  private readonly nullText: ArrayBuffer;

  private constructor(
    private readonly schema: TableSchemaSnapshot,
    cellCount: i32,
    nullText: string,
  ) {
    this.positions = new StaticArray<i32>(cellCount);
    this.nullText = String.UTF8.encode(nullText);
  }

  /**
   * Maps the cells called `names`; null when a name is no column (`hint` says what may be the reason), or a column that needs a value has
   * no cell. `defaults` are those that are worked out for each row. What is no column is left out and told to `extra`, if there is one;
   * with `isPart` rows need not have all columns.
   */
  static byNames(
    schema: TableSchemaSnapshot,
    names: Array<string>,
    nullText: string,
    hint: string,
    defaults: Array<CatalogEntry>,
    extra: ExtraColumns | null,
    isPart: bool,
  ): CellMapping | null {
    const mapping = new CellMapping(schema, names.length, nullText);
    for (let i = 0; i < names.length; i++) {
      const position = schema.columnIndex(names[i]);
      if (position < 0 && extra) {
        const name = String.UTF8.encode(names[i]);
        extra.add(changetype<usize>(name), name.byteLength);
      } else if (position < 0) {
        unknownColumn(schema, names[i]);
        if (hint != "") fail(COLUMN_NOT_FOUND, lastError.what, hint);
        return null;
      }
      mapping.positions[i] = position;
    }
    for (let i = 0; i < schema.columns.length && !isPart; i++) {
      const column = schema.columns[i];
      if (mapping.positions.includes(i) || column.auto || column.nullable || column.defaultOffset() != 0) continue;
      let d = 0;
      while (d < defaults.length && defaults[d].name != column.name) d += 1;
      if (d < defaults.length) continue;
      fail(NOT_NULL, "the source has no column " + column.name + ", which has no default and can't be null");
      return null;
    }
    return mapping;
  }

  /** Maps `cellCount` cells to the columns in their order; columns that count by themselves may be left out, all of them. */
  static byOrder(schema: TableSchemaSnapshot, cellCount: u32, nullText: string): CellMapping | null {
    const mapping = new CellMapping(schema, cellCount, nullText);
    const all = schema.columns.length == cellCount;
    let used: u32 = 0;
    for (let i = 0; i < schema.columns.length; i++) {
      if (!all && schema.columns[i].auto) continue;
      if (used < cellCount) mapping.positions[used] = i;
      used += 1;
    }
    if (used == cellCount) return mapping;
    fail(BAD_VALUE, "the row has " + cellCount.toString() + " cells, the table " + schema.columns.length.toString() + " columns");
    return null;
  }

  /** Reads the reader's row into `row`. `guard` looks at values of guessed types. */
  fill(reader: DelimitedReader, row: Row, guard: GuessGuard | null): Status {
    row.reset();
    badColumn = "";
    const columns = this.schema.columns;
    const positions = this.positions;
    const nullPtr = changetype<usize>(this.nullText);
    const nullLen = <u32>this.nullText.byteLength;
    for (let i: u32 = 0; i < <u32>positions.length; i++) {
      const position = unchecked(positions[i]);
      if (position < 0) continue;
      const column = unchecked(columns[position]);
      const type = column.type;
      const isEmptyText = type == TYPE_TEXT || type == TYPE_BLOB;
      if (reader.isBare(i, nullPtr, nullLen) && (column.nullable || column.auto || nullLen > 0 || !isEmptyText)) {
        row.setNull(position);
        continue;
      }
      const ptr = reader.textPtr(i);
      const len = reader.textLen(i);
      if (len == 0 && !isEmptyText && (column.nullable || column.auto)) {
        row.setNull(position);
        continue;
      }
      const start = row.values.len;
      let status = guard ? guard.checkText(column, position, ptr, len) : OK;
      if (status == OK) status = parseValue(type, column.customSize, ptr, len, row.values);
      if (status != OK) return inColumn(column, status);
      row.setFromArena(position, start);
    }
    return OK;
  }
}

/**
 * Reads the object of `tape` into `row`. Numbers and booleans are taken as text where a column is text. Members that are no columns are
 * left out and told to `extra`, if there is one.
 */
export function fillFromObject(
  schema: TableSchemaSnapshot,
  tape: JsonTape,
  row: Row,
  guard: GuessGuard | null = null,
  extra: ExtraColumns | null = null,
): Status {
  row.reset();
  badColumn = "";
  const columns = schema.columns;
  let position = 0;
  for (let key = tape.first(0); key != 0; key = tape.next(key)) {
    const name = tape.stringPtr(key);
    const nameLen = tape.stringLen(key);
    if (position >= columns.length || !unchecked(columns[position]).isNamed(name, nameLen)) {
      position = schema.columnIndexOf(name, nameLen);
      if (position < 0 && extra) {
        extra.add(name, nameLen);
        position = 0;
        continue;
      }
      if (position < 0) return unknownColumn(schema, String.UTF8.decodeUnsafe(name, nameLen));
    }
    const column = unchecked(columns[position]);
    if (row.state(position) != CELL_MISSING) return fail(BAD_VALUE, "the row names column " + column.name + " twice");
    let status = guard ? guard.checkNode(column, position, tape, key + 1) : OK;
    if (status == OK) status = fillFromNode(column, position, tape, key + 1, row);
    if (status != OK) return inColumn(column, status);
    position += 1;
  }
  return OK;
}


@inline
function fillFromNode(column: Column, position: i32, tape: JsonTape, node: u32, row: Row): Status {
  const kind = tape.kind(node);
  // In a JSON column that can't be null, null is a document.
  if (kind == JSON_NULL && (column.type != TYPE_JSON || column.nullable)) {
    row.setNull(position);
    return OK;
  }
  const start = row.values.len;
  let status: Status;
  if (column.type == TYPE_TEXT && (kind == JSON_NUMBER || kind == JSON_TRUE || kind == JSON_FALSE)) {
    status = parseValue(TYPE_TEXT, 0, tape.rawPtr(node), tape.rawLen(node), row.values);
  } else status = parseJsonValue(column.type, column.customSize, tape, node, row.values);
  if (status == OK) row.setFromArena(position, start);
  return status;
}
