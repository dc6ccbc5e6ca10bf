/** Rows as JSON objects: reading them into a `Row`, and writing them. */
import { Status, OK, BAD_REQUEST, COLUMN_NOT_FOUND, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_JSON } from "../encode/data-type";
import { JsonTape, JSON_NULL, JSON_OBJECT } from "../encode/json";
import { addJsonString } from "../encode/json-string";
import { Row, CELL_MISSING } from "../encode/row";
import { parseJsonValue, writeJsonValue } from "../encode/value-text";
import { Column } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { suggestion } from "../schema/nearest";
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

/** Fails with `COLUMN_NOT_FOUND` and the name that was probably meant. */
export function unknownColumn(schema: TableSchemaSnapshot, name: string): Status {
  const names = new Array<string>();
  for (let i = 0; i < schema.columns.length; i++) names.push(schema.columns[i].name);
  return fail(COLUMN_NOT_FOUND, "table " + schema.name + " has no column " + name, suggestion(name, names, "columns"));
}

/** Which columns to write, with their names ready as JSON. Made once for many rows; `free` it. */
export class RowWriter {
  /** `"name":` of each column, preceded by `{` or `,`; and where each ends. */
  private names: ByteBuffer = new ByteBuffer(256);
  private ends: StaticArray<u32>;
  /** How many of the schema's first columns are needed. */
  readonly firstColumns: u32;

  /** Writes the columns at `positions` of the schema, in that order. */
  constructor(
    private readonly schema: TableSchemaSnapshot,
    readonly positions: StaticArray<i32>,
  ) {
    const ends = new StaticArray<u32>(positions.length);
    this.ends = ends;
    this.firstColumns = firstColumns(positions);
    for (let i = 0; i < positions.length; i++) {
      const name = schema.columns[positions[i]].nameBytes;
      this.names.addU8(i == 0 ? 0x7b : 0x2c);
      addJsonString(changetype<usize>(name), name.byteLength, this.names);
      this.names.addU8(0x3a);
      ends[i] = this.names.len;
    }
  }

  /** A writer of all columns, in the schema's order. */
  static all(schema: TableSchemaSnapshot): RowWriter {
    const positions = new StaticArray<i32>(schema.columns.length);
    for (let i = 0; i < positions.length; i++) positions[i] = i;
    return new RowWriter(schema, positions);
  }

  /** Appends the row as a JSON object on one line. */
  write(row: Row, out: ByteBuffer): void {
    const columns = this.schema.columns;
    const positions = this.positions;
    let start: u32 = 0;
    for (let i = 0; i < positions.length; i++) {
      const end = unchecked(this.ends[i]);
      out.addBytes(this.names.ptr + start, end - start);
      start = end;
      const position = unchecked(positions[i]);
      writeJsonCell(columns[position], position, row, out);
    }
    out.addU8(0x7d);
  }

  free(): void {
    this.names.free();
  }
}

/** Appends one value of a row in its JSON form. */
export function writeJsonCell(column: Column, position: i32, row: Row, out: ByteBuffer): void {
  if (row.isSet(position)) writeJsonValue(column.type, column.customSize, row.ptr(position), out);
  else out.addU32(0x6c6c756e);
}

/** How many of a schema's first columns the ones at `positions` are among. */
export function firstColumns(positions: StaticArray<i32>): u32 {
  let count = 0;
  for (let i = 0; i < positions.length; i++) count = max(count, positions[i] + 1);
  return count;
}

/** The positions of the columns called `names`; null with `COLUMN_NOT_FOUND`, or with `BAD_REQUEST` when one is named twice. */
export function columnPositions(schema: TableSchemaSnapshot, names: Array<string>): StaticArray<i32> | null {
  const positions = new StaticArray<i32>(names.length);
  for (let i = 0; i < names.length; i++) {
    const position = schema.columnIndex(names[i]);
    if (position < 0) {
      unknownColumn(schema, names[i]);
      return null;
    }
    if (names.indexOf(names[i]) < i) {
      fail(BAD_REQUEST, "column " + names[i] + " is named twice");
      return null;
    }
    positions[i] = position;
  }
  return positions;
}
