/** What messages say of columns and values. */
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { writeTextValue } from "../encode/value-text";
import { Column } from "../schema/column";
import { Table } from "./table";

/** A column as messages name it. */
export function columnPath(table: Table, column: Column): string {
  return table.name + "." + column.name;
}

/** A cell's value for a message, cut to 60 characters. */
export function cellText(column: Column, row: Row, position: i32): string {
  if (!row.isSet(position)) return "null";
  const out = new ByteBuffer(128);
  writeTextValue(column.type, column.customSize, row.ptr(position), out);
  const text = out.toText();
  out.free();
  return text.length > 60 ? text.substring(0, 60) + "…" : text;
}
