/** Rows as JSON objects, written. */
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_DECIMAL, TYPE_JSON, TYPE_TEXT, isInteger } from "../encode/data-type";
import { addJsonString } from "../encode/json-string";
import { CELL_MISSING, Row } from "../encode/row";
import { isLongValue, writeJsonValue, writeTextValue } from "../encode/value-text";
import { Column } from "../schema/column";
import { allPositions, firstColumns } from "../schema/column-names";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";

/** Which columns to write, with their names ready as JSON. Made once for many rows; `free` it. */
export class RowWriter {
  /** `"name":` of each column, preceded by `{` or `,`; and where each ends. */
  private names: ByteBuffer = new ByteBuffer(256);
  private ends: StaticArray<u32>;
  /** How many of the schema's first columns are needed. */
  readonly firstColumns: u32;

  /** Writes the columns at `positions` of the schema, in that order. With `numbers` all integers and decimals are numbers. */
  constructor(
    private readonly schema: TableSchemaSnapshot,
    readonly positions: StaticArray<i32>,
    private readonly numbers: bool = false,
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

  /** Columns that a row does not have are left out, not null. */
  leavesOut: bool = false;
  /** Documents are strings of their texts, which keep all digits of their numbers wherever they are read. */
  documentsAsText: bool = false;

  /** A writer of all columns, in the schema's order. */
  static all(schema: TableSchemaSnapshot): RowWriter {
    return new RowWriter(schema, allPositions(schema));
  }

  /** Appends the row as a JSON object on one line. */
  write(row: Row, out: ByteBuffer): void {
    const columns = this.schema.columns;
    const positions = this.positions;
    let start: u32 = 0;
    const before = out.len;
    for (let i = 0; i < positions.length; i++) {
      const end = unchecked(this.ends[i]);
      const position = unchecked(positions[i]);
      if (this.leavesOut && row.state(position) == CELL_MISSING) {
        start = end;
        continue;
      }
      out.addBytes(this.names.ptr + start, end - start);
      start = end;
      const column = unchecked(columns[position]);
      const isNumber = this.numbers && row.isSet(position) && (isInteger(column.type) || column.type == TYPE_DECIMAL);
      if (isNumber) writeTextValue(column.type, 0, row.ptr(position), out);
      else if (this.documentsAsText && column.type == TYPE_JSON && row.isSet(position)) {
        writeJsonValue(TYPE_TEXT, 0, row.ptr(position), out, isLongValue(row.len(position)));
      } else writeJsonCell(column, position, row, out);
    }
    if (this.leavesOut) {
      if (out.len == before) out.addU8(0x7b);
      else store<u8>(out.ptr + before, 0x7b);
    }
    out.addU8(0x7d);
  }

  free(): void {
    this.names.free();
  }
}

/** Appends one value of a row in its JSON form. */
export function writeJsonCell(column: Column, position: i32, row: Row, out: ByteBuffer): void {
  const isLong = isLongValue(row.len(position));
  if (row.isSet(position)) writeJsonValue(column.type, column.customSize, row.ptr(position), out, isLong);
  else out.addU32(0x6c6c756e);
}
