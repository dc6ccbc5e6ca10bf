/** Rows as JSON objects, read into a `Row`. */
import { Status, OK, BAD_REQUEST, fail, lastError } from "../status";
import { TYPE_JSON } from "../encode/data-type";
import { JsonTape, JSON_NULL, JSON_OBJECT } from "../encode/json";
import { Row, CELL_MISSING } from "../encode/row";
import { parseJsonValue } from "../encode/value-text";
import { Column } from "../schema/column";
import { unknownColumn } from "../schema/column-names";
import { Table } from "../store/table";

/**
 * Reads the object `node` into `row`, which is reset first; columns that it does not name stay missing. `BAD_REQUEST` when it is no
 * object or names a column twice, `COLUMN_NOT_FOUND`, or the value's own error with the column's name before it.
 */
export function readJsonRow(table: Table, tape: JsonTape, node: u32, row: Row): Status {
  row.reset();
  if (tape.kind(node) != JSON_OBJECT) {
    return fail(
      BAD_REQUEST,
      "a row of " + table.name + " is a JSON object",
      'write it like {"' + table.schema.primaryKey + '": …}',
    );
  }
  const columns = table.schema.columns;
  // Members mostly stand in the columns' order: look behind the last one first.
  let position = 0;
  for (let key = tape.first(node); key != 0; key = tape.next(key)) {
    const name = tape.stringPtr(key);
    const nameLen = tape.stringLen(key);
    if (position >= columns.length || !columns[position].isNamed(name, nameLen)) {
      position = table.schema.columnIndexOf(name, nameLen);
      if (position < 0) return unknownColumn(table.schema, String.UTF8.decodeUnsafe(name, nameLen));
    }
    const column = unchecked(columns[position]);
    if (row.state(position) != CELL_MISSING) return fail(BAD_REQUEST, "the row names column " + column.name + " twice");
    const status = readJsonCell(table, column, position, tape, key + 1, row);
    if (status != OK) return status;
    position += 1;
  }
  return OK;
}

/** Reads one value of a row. JSON null is null, but in a JSON column that can't be null it is the document `null`. */
function readJsonCell(table: Table, column: Column, position: i32, tape: JsonTape, node: u32, row: Row): Status {
  if (tape.kind(node) == JSON_NULL && (column.type != TYPE_JSON || column.nullable)) {
    row.setNull(position);
    return OK;
  }
  const start = row.values.len;
  const status = parseJsonValue(column.type, column.customSize, tape, node, row.values);
  if (status != OK) {
    lastError.what = table.name + "." + column.name + ": " + lastError.what;
    return status;
  }
  row.setFromArena(position, start);
  return OK;
}
