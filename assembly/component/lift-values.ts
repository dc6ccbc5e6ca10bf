/** Values and rows from where the host put them to records. Leaves no garbage, unless something is wrong with them. */
import { Status, OK, BAD_REQUEST, BAD_VALUE, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_BLOB, TYPE_BOOLEAN, TYPE_CUSTOM, TYPE_DECIMAL, fixedValueSize, isInteger } from "../encode/data-type";
import { addSigned, addUnsigned } from "../encode/digits";
import { Row } from "../encode/row";
import { addRawBytes, parseValue, wrongKind } from "../encode/value-text";
import { Column } from "../schema/column";
import { unknownColumn } from "../schema/column-names";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { addKeyPart } from "../store/table-index";
import { LIST_SIZE } from "./result-place";
import {
  CASE_BLOB,
  CASE_BOOLEAN,
  CASE_CUSTOM,
  CASE_INT16,
  CASE_INT32,
  CASE_INT64,
  CASE_INT8,
  CASE_NULL,
  CASE_TEXT,
  CASE_UINT16,
  CASE_UINT32,
  CASE_UINT64,
  CASE_UINT8,
  PAYLOAD,
  VALUE_SIZE,
  isList,
  typeOfCase,
} from "./value-cases";

const digits: ByteBuffer = new ByteBuffer(32);
const part: ByteBuffer = new ByteBuffer(256);

/**
 * Appends to `out`, as a record has it, the value of case `kind` that is no null: `bits`, or for strings and lists the `high` bytes at
 * `bits`. `BAD_VALUE` and `RECORD_TOO_LARGE`; `out` is then as before.
 */
function liftValue(column: Column, kind: u8, bits: u64, high: u32, out: ByteBuffer): Status {
  if (kind <= CASE_UINT64) return liftInteger(column, kind, bits, out);
  const type = column.type;
  if (kind != CASE_TEXT && typeOfCase(kind) != type) return wrongCase(column, kind);
  if (kind == CASE_BOOLEAN) {
    out.addU8((bits & 0xff) != 0 ? 1 : 0);
    return OK;
  }
  const ptr = (<usize>bits) & 0xffffffff;
  const raw = kind == CASE_BLOB || kind == CASE_CUSTOM;
  return raw ? addRawBytes(type, column.customSize, ptr, high, out) : parseValue(type, column.customSize, ptr, high, out);
}

/** The same of a value that is an integer: what is above the case's own bits does not count. */
function liftInteger(column: Column, kind: u8, bits: u64, out: ByteBuffer): Status {
  const isSigned = kind <= CASE_INT64;
  if (kind == CASE_INT8) bits = <u64>(<i64>(<i8>bits));
  else if (kind == CASE_INT16) bits = <u64>(<i64>(<i16>bits));
  else if (kind == CASE_INT32) bits = <u64>(<i64>(<i32>bits));
  else if (kind == CASE_UINT8) bits &= 0xff;
  else if (kind == CASE_UINT16) bits &= 0xffff;
  else if (kind == CASE_UINT32) bits &= 0xffffffff;
  const type = column.type;
  if (typeOfCase(kind) == type) {
    const size = fixedValueSize(type, 0);
    store<u64>(out.reserve(8), bits);
    out.len += size;
    return OK;
  }
  if (!isInteger(type) && type != TYPE_DECIMAL) return wrongCase(column, kind);
  digits.reset();
  if (isSigned) addSigned(<i64>bits, digits);
  else addUnsigned(bits, digits);
  return parseValue(type, column.customSize, digits.ptr, digits.len, out);
}

function wrongCase(column: Column, kind: u8): Status {
  const type = typeOfCase(kind);
  let given = type == TYPE_BLOB ? "a blob" : type == TYPE_CUSTOM ? "a custom value" : type == TYPE_BOOLEAN ? "a boolean" : "";
  if (given == "") given = "a value of another type";
  return wrongKind(column.type, column.customSize, given);
}

/** The same of the value at `at`. */
@inline
export function liftValueAt(column: Column, kind: u8, at: usize, out: ByteBuffer): Status {
  return isList(kind)
    ? liftValue(column, kind, load<u32>(at, PAYLOAD), load<u32>(at, PAYLOAD + 4), out)
    : liftValue(column, kind, load<u64>(at, PAYLOAD), 0, out);
}

/** Says in the last error which column it is about. */
function ofColumn(schema: TableSchemaSnapshot, column: Column, status: Status): Status {
  lastError.what = schema.name + "." + column.name + ": " + lastError.what;
  return status;
}

function neverNull(): Status {
  return fail(BAD_VALUE, "this column is never null");
}

/**
 * Makes `out` the value of a key that is given as three words: nothing for null. `BAD_VALUE` says of which column.
 */
export function liftKey(schema: TableSchemaSnapshot, column: Column, kind: u8, bits: u64, high: u32, out: ByteBuffer): Status {
  out.reset();
  let status = OK;
  if (kind != CASE_NULL) status = liftValue(column, kind, bits, high, out);
  else if (!column.nullable) status = neverNull();
  return status == OK ? OK : ofColumn(schema, column, status);
}

/** Appends the value at `at` as a key's part. */
export function liftKeyPart(schema: TableSchemaSnapshot, column: Column, at: usize, out: ByteBuffer): Status {
  const kind = load<u8>(at);
  if (kind == CASE_NULL) {
    if (!column.nullable) return ofColumn(schema, column, neverNull());
    addKeyPart(column, 0, 0, out);
    return OK;
  }
  part.reset();
  const status = liftValueAt(column, kind, at, part);
  if (status != OK) return ofColumn(schema, column, status);
  addKeyPart(column, part.ptr, part.len, out);
  return OK;
}

/** Appends the default at `at` of a column as a record has it; nothing for null. */
export function liftDefault(column: Column, at: usize, out: ByteBuffer): Status {
  const kind = load<u8>(at);
  return kind == CASE_NULL ? OK : liftValueAt(column, kind, at, out);
}

/**
 * Makes `row` that of the `count` values at `values`, in the columns at the `wanted` positions at `positions` (0: the first ones); the
 * other columns are missing. Without positions a row may also have no values at all.
 */
export function liftRow(schema: TableSchemaSnapshot, positions: usize, wanted: u32, values: usize, count: u32, row: Row): Status {
  row.reset();
  if (count == 0 && positions == 0) return OK;
  if (count != wanted) {
    return fail(BAD_REQUEST, "the row has " + count.toString() + " values for " + wanted.toString() + " columns");
  }
  const columns = schema.columns;
  let at = values;
  for (let i: u32 = 0; i < count; i++, at += VALUE_SIZE) {
    const position = positions != 0 ? load<u32>(positions + ((<usize>i) << 2)) : i;
    const kind = load<u8>(at);
    if (kind == CASE_NULL) {
      row.setNull(position);
      continue;
    }
    const start = row.values.len;
    const column = unchecked(columns[position]);
    const status = liftValueAt(column, kind, at, row.values);
    if (status != OK) return ofColumn(schema, column, status);
    row.setFromArena(position, start);
  }
  return OK;
}

/**
 * Makes `out` the positions, a u32 each, of the columns whose names are the `count` strings at `names`. `COLUMN_NOT_FOUND`, and
 * `BAD_REQUEST` when one is named twice.
 */
export function liftColumns(schema: TableSchemaSnapshot, names: usize, count: u32, out: ByteBuffer): Status {
  out.reset();
  // More names than columns: one comes twice, or is none.
  for (let i: u32 = 0; i < count; i++) {
    const at = names + i * LIST_SIZE;
    const position = schema.columnIndexOf(load<u32>(at), load<u32>(at, 4));
    if (position < 0) return unknownColumn(schema, String.UTF8.decodeUnsafe(load<u32>(at), load<u32>(at, 4)));
    for (let before: u32 = 0; before < out.len; before += 4) {
      if (load<u32>(out.ptr + before) == position)
        return fail(BAD_REQUEST, "column " + schema.columns[position].name + " is named twice");
    }
    out.addU32(position);
  }
  return OK;
}
