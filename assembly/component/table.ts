/** `table` of `wit/database.wit`. Calls on rows leave no garbage. */
import { Status, OK, BAD_REQUEST, ROW_NOT_FOUND, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Column } from "../schema/column";
import { REQUEST_GARBAGE } from "../request/garbage";
import { BATCH_ROWS } from "../store/insertion";
import { OpenTable } from "../request/open-table";
import { PagedScan } from "../request/paged-scan";
import { findValue } from "../request/record-requests";
import { DELETE_BY_SCHEMA, DELETE_CASCADE, DELETE_RESTRICT } from "../store/deletes";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { NO_ADDRESS, RecordAddress } from "../table/page-ledger";
import { beginCall, endCall, results } from "./calls";
import { TableCursor } from "./cursor-rows";
import { liftColumns, liftKey, liftRow } from "./lift-values";
import { lowerRow, lowerValue } from "./lower-values";
import { liftPath } from "./ranges";
import { cursors, newCursor, tables } from "./resources";
import { LIST_SIZE, LONG, WORD, done, doneList, result } from "./result-place";
import { doneOption, failed } from "./results";
import { lowerSchema } from "./schemas";
import { CASE_NULL, VALUE_SIZE } from "./value-cases";

/** `delete-behavior`: the first one is as the schema says. */
const CASE_RESTRICT: i32 = 1;
const CASE_CASCADE: i32 = 2;

/** The key that a call is about, as a record has it; and the positions of the columns that it names. */
const key: ByteBuffer = new ByteBuffer(256);
const named: ByteBuffer = new ByteBuffer(256);

export function table_dtor(rep: i32): void {
  beginCall(1);
  tables.remove(rep);
  endCall(0);
}

/** The table, ready for a call; null on failure. */
function enter(open: OpenTable): Table | null {
  let status = open.session.enter();
  if (status == OK) status = open.isStale ? open.renew() : open.enter();
  return status == OK ? open.table : null;
}


@inline
function leave(open: OpenTable, status: Status): Status {
  return open.session.leave(status);
}

export function table_schema(rep: i32): usize {
  beginCall(1);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table || leave(open, OK) != OK) return endCall(failed());
  lowerSchema(table.schema, result + WORD);
  store<u8>(result, 0);
  return endCall(result);
}

/** The address of the row that has the value of the three words in the one column of `index`; `NO_ADDRESS` as `findValue`. */
function find(table: Table, index: TableIndex, kind: i32, bits: u64, high: u32): RecordAddress {
  const column = table.schema.columns[index.columns[0]];
  if (liftKey(table.schema, column, <u8>kind, bits, high, key) != OK) return NO_ADDRESS;
  return findValue(table, kind == CASE_NULL ? 0 : key.ptr, key.len, index);
}

/** Whether the row that was looked for is not there; else the last error is another one. */
@inline
function isMissing(open: OpenTable): bool {
  return leave(open, lastError.status) == ROW_NOT_FOUND;
}

/** `ok` with the row that was found at `address`, if it was found. */
function found(open: OpenTable, table: Table, address: RecordAddress): usize {
  if (address == NO_ADDRESS) {
    if (!isMissing(open)) return failed();
    store<u8>(result, 0);
    store<u8>(result, 0, WORD);
    return result;
  }
  const row = table.callersRow;
  const count = table.layout.columnCount;
  if (leave(open, table.readColumns(address, row, count)) != OK) return failed();
  store<u8>(result, 0);
  store<u8>(result, 1, WORD);
  store<u32>(result, <u32>lowerRow(table.schema.columns, 0, count, row), WORD + 4);
  store<u32>(result, count, WORD + 8);
  return result;
}

export function table_get(rep: i32, kind: i32, bits: u64, high: u32): usize {
  beginCall(0);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table) return endCall(failed());
  return endCall(found(open, table, find(table, table.primary, kind, bits, high)));
}

export function table_get_by(rep: i32, column: usize, columnLen: u32, kind: i32, bits: u64, high: u32): usize {
  beginCall(0);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table || liftColumns(table.schema, place(column, columnLen), 1, named) != OK) return endCall(failed());
  const position = load<u32>(named.ptr);
  const index = table.uniqueIndexOn(position);
  if (!index) {
    const name = table.name + "." + table.schema.columns[position].name;
    fail(BAD_REQUEST, name + " is not unique", "scan the index on it, if there is one");
    return endCall(failed());
  }
  return endCall(found(open, table, find(table, index, kind, bits, high)));
}

/** A list of one string, or of one list. */
function place(ptr: usize, len: u32): usize {
  const list = memory.data(8, 4);
  store<u32>(list, <u32>ptr);
  store<u32>(list, len, 4);
  return list;
}

export function table_insert(rep: i32, names: usize, nameCount: u32, rows: usize, rowCount: u32): usize {
  beginCall(rowCount);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table || liftColumns(table.schema, names, nameCount, named) != OK) return endCall(failed());
  const keys = results.take(rowCount * VALUE_SIZE, 8);
  const status = rowCount == 0 ? OK : insertRows(open, table, nameCount, rows, rowCount, keys);
  return endCall(leave(open, status) == OK ? doneList(keys, rowCount) : failed());
}

/** Inserts rows with values in the `named` columns, or in all; their keys go to `keys`. */
function insertRows(open: OpenTable, table: Table, nameCount: u32, rows: usize, rowCount: u32, keys: usize): Status {
  const insertion = open.session.insertion;
  const schema = table.schema;
  const positions = nameCount > 0 ? named.ptr : 0;
  const wanted = nameCount > 0 ? nameCount : table.layout.columnCount;
  const keyPosition = table.keyColumn;
  const keyColumn: Column = schema.columns[keyPosition];
  const row = table.callersRow;
  let status = insertion.begin(table, rowCount > 1, rowCount >= BATCH_ROWS);
  if (status != OK) return status;
  const end = rows + rowCount * LIST_SIZE;
  for (let at = rows; at < end && status == OK; at += LIST_SIZE, keys += VALUE_SIZE) {
    status = insertion.add(table, row, liftRow(schema, positions, wanted, load<u32>(at), load<u32>(at, 4), row));
    if (status == OK) lowerValue(keyColumn, row.ptr(keyPosition), row.len(keyPosition), keys);
  }
  return insertion.end(status);
}

/** `ok` with how many other rows changed. */
function cascaded(open: OpenTable, status: Status): usize {
  return leave(open, status) == OK ? doneOption(true, open.session.db.cascaded) : failed(LONG);
}

export function table_update(
  rep: i32,
  kind: i32,
  bits: u64,
  high: u32,
  names: usize,
  nameCount: u32,
  values: usize,
  valueCount: u32,
): usize {
  beginCall(1);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table || liftColumns(table.schema, names, nameCount, named) != OK) return endCall(failed(LONG));
  const address = find(table, table.primary, kind, bits, high);
  if (address == NO_ADDRESS) return endCall(isMissing(open) ? doneOption(false, 0) : failed(LONG));
  const row = table.callersRow;
  let status = liftRow(table.schema, named.ptr, nameCount, values, valueCount, row);
  if (status == OK) status = open.session.db.update(table, address, row);
  return endCall(cascaded(open, status));
}

export function table_delete(rep: i32, kind: i32, bits: u64, high: u32, behavior: i32): usize {
  beginCall(1);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table) return endCall(failed(LONG));
  const address = find(table, table.primary, kind, bits, high);
  if (address == NO_ADDRESS) return endCall(isMissing(open) ? doneOption(false, 0) : failed(LONG));
  const mode = behavior == CASE_RESTRICT ? DELETE_RESTRICT : behavior == CASE_CASCADE ? DELETE_CASCADE : DELETE_BY_SCHEMA;
  return endCall(cascaded(open, open.session.db.delete(table, address, mode)));
}

/** A number of rows, as scans have it. */
@inline
function rowsOf(count: u64): i64 {
  return <i64>min(count, <u64>i64.MAX_VALUE);
}

export function table_scan(
  rep: i32,
  index: usize,
  indexCount: u32,
  lowerKind: i32,
  lower: usize,
  lowerCount: u32,
  upperKind: i32,
  upper: usize,
  upperCount: u32,
  reverse: i32,
  names: usize,
  nameCount: u32,
  offset: u64,
  hasLimit: i32,
  limit: u64,
): usize {
  beginCall(REQUEST_GARBAGE);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table || liftColumns(table.schema, names, nameCount, named) != OK) return endCall(failed());
  const path = liftPath(table, index, indexCount, lowerKind, lower, lowerCount, upperKind, upper, upperCount, reverse != 0);
  if (!path) return endCall(failed());
  let positions: StaticArray<i32> | null = null;
  if (nameCount > 0) {
    positions = new StaticArray<i32>(nameCount);
    memory.copy(changetype<usize>(positions), named.ptr, named.len);
  }
  const cursor = new TableCursor(open, path, positions, rowsOf(offset), hasLimit != 0 ? rowsOf(limit) : i64.MAX_VALUE);
  return endCall(done(newCursor(cursors.add(cursor))));
}

export function table_count(
  rep: i32,
  index: usize,
  indexCount: u32,
  lowerKind: i32,
  lower: usize,
  lowerCount: u32,
  upperKind: i32,
  upper: usize,
  upperCount: u32,
  reverse: i32,
  names: usize,
  nameCount: u32,
  offset: u64,
  hasLimit: i32,
  limit: u64,
): usize {
  beginCall(REQUEST_GARBAGE);
  const open = tables.get(rep)!;
  const table = enter(open);
  if (!table || liftColumns(table.schema, names, nameCount, named) != OK) return endCall(failed(LONG));
  const path = liftPath(table, index, indexCount, lowerKind, lower, lowerCount, upperKind, upper, upperCount, reverse != 0);
  if (!path) return endCall(failed(LONG));
  const scan = new PagedScan(open.session.db, path, rowsOf(offset), hasLimit != 0 ? rowsOf(limit) : i64.MAX_VALUE);
  const count = scan.count();
  scan.free();
  if (leave(open, count < 0 ? lastError.status : OK) != OK) return endCall(failed(LONG));
  store<u8>(result, 0);
  store<u64>(result, count, LONG);
  return endCall(result);
}
