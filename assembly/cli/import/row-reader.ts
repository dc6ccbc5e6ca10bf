/** From what a source's row holds to a table's row: the cells of a delimited one, the members of a JSON object. */
import { Status, OK, BAD_VALUE, fail, lastError } from "../../status";
import { TYPE_JSON, TYPE_TEXT } from "../../encode/data-type";
import { JSON_FALSE, JSON_NULL, JSON_NUMBER, JSON_TRUE, JsonTape } from "../../encode/json";
import { Row, CELL_MISSING } from "../../encode/row";
import { isUtf8 } from "../../encode/utf8";
import { parseJsonValue, parseValue } from "../../encode/value-text";
import { Column } from "../../schema/column";
import { MOST_COLUMNS, TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { unknownColumn } from "../../schema/column-names";
import { DelimitedReader } from "./delimited-reader";
import { ExtraColumns } from "./extra-columns";
import { GuessGuard } from "./infer-guard";

/** The column whose value was wrong last; "" when something else was. */
export let badColumn: string = "";

/** No value was wrong yet. */
export function forgetBadColumn(): void {
  badColumn = "";
}

/** Puts the column's name before what was wrong with its value. */
export function inColumn(column: Column, status: Status): Status {
  badColumn = column.name;
  lastError.what = "column " + column.name + ": " + lastError.what;
  return status;
}

/** The names in a header row, without blanks around them that none of the columns of `schema` has; null when they are none. */
export function readHeader(reader: DelimitedReader, schema: TableSchemaSnapshot | null): Array<string> | null {
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
    const asItIs = reader.isQuoted(i) || (schema != null && schema.columnIndex(name) >= 0);
    names.push(asItIs ? name : name.trim());
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
