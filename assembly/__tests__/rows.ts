/** Rows that specs make and look for. */
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { Table } from "../store/table";
import { RecordAddress } from "../table/page-ledger";

const value = new ByteBuffer(64);
const key = new ByteBuffer(64);

/** Gives a text column a value. */
export function setText(row: Row, column: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  value.reset();
  value.addU16(bytes.byteLength);
  value.addBytes(changetype<usize>(bytes), bytes.byteLength);
  row.set(column, value.ptr, value.len);
}

/** The record with the primary key that `row` has, or `NO_ADDRESS`. */
export function recordLike(table: Table, row: Row): RecordAddress {
  key.reset();
  table.primary.addKey(table.schema, row, key);
  return table.primary.find(key.ptr);
}
