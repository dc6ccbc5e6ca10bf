/** Values and rows from records to where the host reads them. Leaves no garbage. */
import { copyBytes } from "../encode/bytes";
import { ByteBuffer } from "../encode/byte-buffer";
import {
  TYPE_BLOB,
  TYPE_BOOLEAN,
  TYPE_CUSTOM,
  TYPE_INT16,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_INT8,
  TYPE_JSON,
  TYPE_TEXT,
  TYPE_UINT16,
  TYPE_UINT32,
  TYPE_UINT64,
  TYPE_UINT8,
} from "../encode/data-type";
import { Row } from "../encode/row";
import { isUtf8 } from "../encode/utf8";
import { isLongValue, resultValueLength, writeTextValue } from "../encode/value-text";
import { Column } from "../schema/column";
import { results } from "./calls";
import { CASE_NULL, PAYLOAD, VALUE_SIZE, caseOfType } from "./value-cases";

const text: ByteBuffer = new ByteBuffer(256);

/** Writes the value of `len` bytes at `ptr`, as a record has it, to the 16 bytes at `to`. */
export function lowerValue(column: Column, ptr: usize, len: u32, to: usize): void {
  const type = column.type;
  store<u8>(to, caseOfType(type));
  switch (type) {
    case TYPE_BOOLEAN:
      // The host takes nothing but 0 and 1; a damaged record may have another byte.
      store<u8>(to, u8(load<u8>(ptr) != 0), PAYLOAD);
      return;
    case TYPE_INT8:
    case TYPE_UINT8:
      store<u8>(to, load<u8>(ptr), PAYLOAD);
      return;
    case TYPE_INT16:
    case TYPE_UINT16:
      store<u16>(to, load<u16>(ptr), PAYLOAD);
      return;
    case TYPE_INT32:
    case TYPE_UINT32:
      store<u32>(to, load<u32>(ptr), PAYLOAD);
      return;
    case TYPE_INT64:
    case TYPE_UINT64:
      store<u64>(to, load<u64>(ptr), PAYLOAD);
      return;
    case TYPE_CUSTOM:
      lowerBytes(ptr, len, to);
      return;
    case TYPE_BLOB:
    case TYPE_TEXT:
    case TYPE_JSON: {
      const head: u32 = isLongValue(len) ? 6 : 2;
      if (type == TYPE_BLOB || isUtf8(ptr + head, len - head)) {
        lowerBytes(ptr + head, len - head, to);
        return;
      }
    }
  }
  // Bytes that are not UTF-8, which a damaged record may have, come as U+FFFD.
  text.reset();
  writeTextValue(type, column.customSize, ptr, text, isLongValue(len));
  lowerBytes(text.ptr, text.len, to);
}


@inline
function lowerBytes(ptr: usize, len: u32, to: usize): void {
  const place = results.take(len, 1);
  copyBytes(place, ptr, len);
  store<u32>(to, <u32>place, PAYLOAD);
  store<u32>(to, len, PAYLOAD + 4);
}

/** Writes the row's values in the columns at the `count` positions at `positions`, or in the first `count` ones (0): where they are. */
export function lowerRow(columns: Array<Column>, positions: usize, count: u32, row: Row): usize {
  const values = results.take(count * VALUE_SIZE, 8);
  let to = values;
  for (let i: u32 = 0; i < count; i++, to += VALUE_SIZE) {
    const position = positions != 0 ? load<u32>(positions + ((<usize>i) << 2)) : i;
    if (row.isSet(position)) lowerValue(unchecked(columns[position]), row.ptr(position), row.len(position), to);
    else store<u8>(to, CASE_NULL);
  }
  return values;
}

/** Writes the values of a statement's row, whose record is at `at`: where they are. */
export function lowerRecord(columns: Array<Column>, at: usize): usize {
  const values = results.take(<u32>columns.length * VALUE_SIZE, 8);
  let to = values;
  for (let c = 0; c < columns.length; c++, to += VALUE_SIZE) {
    if (load<u8>(at++) == 0) {
      store<u8>(to, CASE_NULL);
      continue;
    }
    const column = unchecked(columns[c]);
    const len = resultValueLength(column.type, column.customSize, at);
    lowerValue(column, at, len, to);
    at += len;
  }
  return values;
}
