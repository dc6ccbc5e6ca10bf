/**
 * A bucket: a table with the columns `key`, a text that is the primary key, and `value`, a blob. What the functions here return false for
 * is the call's failure.
 */
import { CASE_BLOB, CASE_TEXT, PAYLOAD, VALUE_SIZE } from "../component/value-cases";
import { LIST_SIZE, LONG, WORD } from "../component/result-place";
import { enterFile, leaveFile, openFile, reply } from "./file";
import { createTable, deleteRow, dropTable, getRow, insertRows, openTable, schemaOf, updateRow } from "./quire";
import { KIND_NOT_FOUND, failAsQuire, failUnknown } from "./results";

/** Two lists of names, one behind the other: the second one is of the value's alone. */
const NAMES: usize = memory.data(16, 4);
const KEY_NAME: usize = memory.data<u8>([0x6b, 0x65, 0x79]);
const KEY_NAME_LEN: u32 = 3;
const VALUE_NAME: usize = memory.data<u8>([0x76, 0x61, 0x6c, 0x75, 0x65]);
const VALUE_NAME_LEN: u32 = 5;
store<u32>(NAMES, <u32>KEY_NAME);
store<u32>(NAMES, KEY_NAME_LEN, 4);
store<u32>(NAMES, <u32>VALUE_NAME, 8);
store<u32>(NAMES, VALUE_NAME_LEN, 12);
/** The names of both columns, of the key alone, and of the value alone. */
export const COLUMN_NAMES: usize = NAMES;
const VALUE_NAMES: usize = NAMES + LIST_SIZE;

/** What the bucket `""` is called. */
const DEFAULT_NAME: usize = memory.data<u8>([0x64, 0x65, 0x66, 0x61, 0x75, 0x6c, 0x74]);
const DEFAULT_NAME_LEN: u32 = 7;

// table-schema, as `ok` of a result: the primary key's name, and the columns.
const SCHEMA_KEY: usize = WORD + 8;
const SCHEMA_COLUMNS: usize = WORD + 24;
// column: name, data-type, nullable.
const COLUMN_SIZE: u32 = 80;
const COLUMN_TYPE: usize = 8;
const COLUMN_NULLABLE: usize = 28;
/** `data-type` has the cases of `value`, without null. */
const TYPE_TEXT: u8 = CASE_TEXT - 1;
const TYPE_BLOB: u8 = CASE_BLOB - 1;

/** The columns of a new table, which have neither a foreign key nor a default: whatever is not written is 0. */
const COLUMNS: usize = memory.data(160, 8);
store<u32>(COLUMNS, <u32>KEY_NAME);
store<u32>(COLUMNS, KEY_NAME_LEN, 4);
store<u8>(COLUMNS, TYPE_TEXT, COLUMN_TYPE);
store<u32>(COLUMNS + COLUMN_SIZE, <u32>VALUE_NAME);
store<u32>(COLUMNS + COLUMN_SIZE, VALUE_NAME_LEN, 4);
store<u8>(COLUMNS + COLUMN_SIZE, TYPE_BLOB, COLUMN_TYPE);

/** The values of a row, key and value; and a list of this one row. */
const row: usize = memory.data(32, 8);
const rows: usize = memory.data(8, 4);
store<u8>(row, CASE_TEXT);
store<u8>(row + VALUE_SIZE, CASE_BLOB);
store<u32>(rows, <u32>row);
store<u32>(rows, 2, 4);

/** What the host's handles stand for. */
@unmanaged
export class Bucket {
  /** The table's handle. */
  table: u32;
  /** The handle of the bucket, and those of its compare-and-swaps. */
  users: u32;
}

/** The bucket of this name, which is made if it is not there; 0 on failure. */
export function openBucket(name: usize, len: u32): usize {
  if (!enterFile()) return 0;
  const table = len == 0 ? openOrCreate(DEFAULT_NAME, DEFAULT_NAME_LEN) : openOrCreate(name, len);
  if (table == 0) {
    leaveFile();
    return 0;
  }
  const ptr = heap.alloc(offsetof<Bucket>());
  const bucket = changetype<Bucket>(ptr);
  bucket.table = table;
  bucket.users = 1;
  return ptr;
}

/** Takes back a handle of the bucket. */
export function leaveBucket(bucket: Bucket): void {
  if (--bucket.users > 0) return;
  dropTable(bucket.table);
  heap.free(changetype<usize>(bucket));
  leaveFile();
}

/** The handle of the table of this name, which is made if it is not there; 0 on failure. */
function openOrCreate(name: usize, len: u32): u32 {
  const connection = openFile();
  openTable(connection, name, len, reply);
  if (load<u8>(reply) != 0 && load<u8>(reply, WORD) == KIND_NOT_FOUND) {
    createTable(connection, name, len, KEY_NAME, KEY_NAME_LEN, 0, 0, COLUMNS, 2, 0, 0, reply);
    if (load<u8>(reply) == 0) openTable(connection, name, len, reply);
  }
  if (load<u8>(reply) != 0) {
    failAsQuire(reply + WORD);
    return 0;
  }
  const table = load<u32>(reply, WORD);
  if (isBucket(table)) return table;
  dropTable(table);
  return 0;
}

/** Whether the table is one that was made here, or one like it. */
function isBucket(table: u32): bool {
  schemaOf(table, reply);
  if (load<u8>(reply) != 0) return failAsQuire(reply + WORD);
  const columns: usize = load<u32>(reply, SCHEMA_COLUMNS);
  const fits =
    load<u32>(reply, SCHEMA_COLUMNS + 4) == 2 &&
    isNamed(reply + SCHEMA_KEY, KEY_NAME, KEY_NAME_LEN) &&
    isColumn(columns, KEY_NAME, KEY_NAME_LEN, TYPE_TEXT) &&
    isColumn(columns + COLUMN_SIZE, VALUE_NAME, VALUE_NAME_LEN, TYPE_BLOB);
  return fits || failUnknown();
}

function isColumn(column: usize, name: usize, len: u32, type: u8): bool {
  return isNamed(column, name, len) && load<u8>(column, COLUMN_TYPE) == type && load<u8>(column, COLUMN_NULLABLE) == 0;
}

function isNamed(place: usize, name: usize, len: u32): bool {
  return load<u32>(place, 4) == len && memory.compare(load<u32>(place), name, len) == 0;
}

/** The value that `find` found: whether there is one, and where. */
export let isThere: bool = false;
export let valuePtr: usize = 0;
export let valueLen: u32 = 0;

/** Looks a key up. */
export function find(bucket: Bucket, key: usize, len: u32): bool {
  getRow(bucket.table, CASE_TEXT, key, len, reply);
  if (load<u8>(reply) != 0) return failAsQuire(reply + WORD);
  isThere = load<u8>(reply, WORD) != 0;
  if (!isThere) return true;
  const value = load<u32>(reply, WORD + 4) + VALUE_SIZE;
  valuePtr = load<u32>(value, PAYLOAD);
  valueLen = load<u32>(value, PAYLOAD + 4);
  return true;
}

/** Gives a key a value, be it there or not. */
export function put(bucket: Bucket, key: usize, keyLen: u32, value: usize, valueLength: u32): bool {
  store<u32>(row, <u32>key, PAYLOAD);
  store<u32>(row, keyLen, PAYLOAD + 4);
  store<u32>(row + VALUE_SIZE, <u32>value, PAYLOAD);
  store<u32>(row + VALUE_SIZE, valueLength, PAYLOAD + 4);
  updateRow(bucket.table, CASE_TEXT, key, keyLen, VALUE_NAMES, 1, row + VALUE_SIZE, 1, reply);
  if (load<u8>(reply) != 0) return failAsQuire(reply + LONG);
  const wasThere = load<u8>(reply, LONG) != 0;
  if (wasThere) return true;
  insertRows(bucket.table, COLUMN_NAMES, 2, rows, 1, reply);
  return load<u8>(reply) == 0 || failAsQuire(reply + WORD);
}

/** Takes a key away, if it is there. */
export function remove(bucket: Bucket, key: usize, len: u32): bool {
  deleteRow(bucket.table, CASE_TEXT, key, len, 0, reply);
  return load<u8>(reply) == 0 || failAsQuire(reply + LONG);
}

/** A value that outlives the call: where it is kept. To be freed. */
export function kept(ptr: usize, len: u32): usize {
  const copy = heap.alloc(len);
  memory.copy(copy, ptr, len);
  return copy;
}
