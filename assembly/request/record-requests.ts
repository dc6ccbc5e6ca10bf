/**
 * `get`, `insert`, `update`, `delete` and `scan` with rows in the record encoding of `docs/format.md`, for hosts in the same process
 * (`docs/abi.md`). Everything else about them is as in the requests of the same names.
 *
 *   key             the primary key's value, as in a record
 *   update          | keyLen u32 | key | what changes, like a row to insert |
 *   row to insert   | byteLen u32 | given, one bit a column, lowest first, in whole bytes | the given columns, as in a record |
 *   reply of scan   | row count u32 | tokenOffset u32 | { byteLen u32 | columns, as in a record } … | token |
 */
import { Status, OK, BAD_REQUEST, BAD_VALUE, ROW_NOT_FOUND, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { fixedValueSize } from "../encode/data-type";
import { isRecordValue } from "../encode/record-value";
import { Row } from "../encode/row";
import { columnPositions } from "../schema/column-names";
import { Records } from "../query/row-sinks";
import { DELETE_BY_SCHEMA } from "../store/deletes";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { findByValue } from "../store/value-lookup";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { BATCH_ROWS } from "../store/insertion";
import { FIELD_COLUMNS, FIELD_COUNT, FIELD_ORDER_BY } from "./request";
import { PAGE_BYTES } from "./paged-scan";
import { SCAN_LIMIT, ScanPlan } from "./scan-request";
import { Session } from "./session";

/**
 * The address of the row that has the value of `keyLen` bytes at `key` in the one column of the unique `index`; `NO_ADDRESS` with
 * `ROW_NOT_FOUND` and other errors.
 */
export function findRecord(table: Table, key: usize, keyLen: u32, index: TableIndex = table.primary): RecordAddress {
  const column = table.schema.columns[index.columns[0]];
  const fixed = fixedValueSize(column.type, column.customSize);
  const fits = fixed != 0 ? keyLen == fixed : keyLen >= 2 && keyLen == 2 + <u32>load<u16>(key);
  if (!fits) {
    fail(BAD_VALUE, table.name + "." + column.name + ": " + keyLen.toString() + " bytes are not a " + column.typeText);
    return NO_ADDRESS;
  }
  return findValue(table, key, keyLen, index);
}

/** The same for bytes that are a value of the column, or for null, which is at 0. */
export function findValue(table: Table, ptr: usize, len: u32, index: TableIndex): RecordAddress {
  const address = findByValue(table, index, ptr, len);
  // The message is made where it is wanted: most callers only want to know.
  if (address == NO_ADDRESS && lastError.status == OK) lastError.status = ROW_NOT_FOUND;
  return address;
}

/** Inserts the rows in the `len` bytes at `ptr`, all or none; appends their primary keys, as in records, to `out`. */
export function insertRecords(session: Session, table: Table, ptr: usize, len: u32, out: ByteBuffer): Status {
  const row = table.callersRow;
  const insertion = session.insertion;
  const end = ptr + len;
  let rowLen = rowLength(ptr, end);
  const many = rowLen != 0 && ptr + 4 + rowLen < end;
  let status = insertion.begin(table, many, many && hasRows(ptr, end, BATCH_ROWS));
  if (status != OK) return status;
  do {
    status = insertion.add(table, row, rowLen == 0 ? badRow(table) : readRow(table, ptr + 4, rowLen, row));
    if (status == OK) out.addBytes(row.ptr(table.keyColumn), row.len(table.keyColumn));
    ptr += 4 + rowLen;
    if (status == OK && ptr < end) rowLen = rowLength(ptr, end);
  } while (status == OK && ptr < end);
  return insertion.end(status);
}

/**
 * Changes the given columns of a row, both in the `len` bytes at `ptr`; appends to `out` how many other rows changed with it (u64).
 * `ROW_NOT_FOUND` is without a message.
 */
export function updateRecord(session: Session, table: Table, ptr: usize, len: u32, out: ByteBuffer): Status {
  const end = ptr + len;
  const keyLen = rowLength(ptr, end);
  const set = ptr + 4 + keyLen;
  const setLen = keyLen != 0 ? rowLength(set, end) : 0;
  if (setLen == 0 || set + 4 + setLen != end) return badRow(table);
  const address = findRecord(table, ptr + 4, keyLen);
  if (address == NO_ADDRESS) return lastError.status;
  const row = table.callersRow;
  let status = readRow(table, set + 4, setLen, row);
  if (status == OK) status = session.db.update(table, address, row);
  if (status == OK) out.addU64(session.db.cascaded);
  return status;
}

/** Deletes the row whose primary key is the `len` bytes at `ptr`, and what its foreign keys say; the same reply and errors. */
export function deleteRecord(session: Session, table: Table, ptr: usize, len: u32, out: ByteBuffer): Status {
  const address = findRecord(table, ptr, len);
  if (address == NO_ADDRESS) return lastError.status;
  const status = session.db.delete(table, address, DELETE_BY_SCHEMA);
  if (status == OK) out.addU64(session.db.cascaded);
  return status;
}

/** Bytes of the row (or key) at `ptr` behind its length; 0 when it is not whole. */
function rowLength(ptr: usize, end: usize): u32 {
  if (end - ptr < 4) return 0;
  const len = load<u32>(ptr);
  return <usize>len <= end - ptr - 4 ? len : 0;
}

/** Whether there are `count` rows from `ptr` on, as in a request with as many. */
function hasRows(ptr: usize, end: usize, count: u32): bool {
  for (; count > 0 && ptr < end; count--) ptr += 4 + rowLength(ptr, end);
  return count == 0;
}

function badRow(table: Table): Status {
  return fail(BAD_REQUEST, "the bytes are not a row of " + table.name, "docs/abi.md says what a row to insert is");
}

/** Reads the given columns of a row to insert; the others stay missing. */
function readRow(table: Table, ptr: usize, len: u32, row: Row): Status {
  row.reset();
  const layout = table.layout;
  const columnCount = layout.columnCount;
  const end = ptr + len;
  const mask = ptr;
  ptr += (columnCount + 7) >> 3;
  if (ptr > end) return badRow(table);
  for (let i: u32 = 0; i < columnCount; i++) {
    if ((load<u8>(mask + (i >> 3)) & (1 << (i & 7))) == 0) continue;
    if (layout.nullable(i)) {
      if (ptr >= end || load<u8>(ptr) > 1) return badRow(table);
      if (load<u8>(ptr++) == 0) {
        row.setNull(i);
        continue;
      }
    }
    let valueLen = layout.fixedSize(i);
    if (valueLen == 0) {
      if (end - ptr < 2) return badRow(table);
      valueLen = 2 + <u32>load<u16>(ptr);
    }
    if (<usize>valueLen > end - ptr) return badRow(table);
    const column = unchecked(table.schema.columns[i]);
    if (!isRecordValue(column.type, ptr)) {
      return fail(BAD_VALUE, table.name + "." + column.name + ": the bytes are not a " + column.typeText);
    }
    row.set(i, ptr, valueLen);
    ptr += valueLen;
  }
  return ptr == end ? OK : badRow(table);
}

/** Does the scan that the session's request asks for, and appends its rows to `out`, which is empty. */
export function scanRecords(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  if (request.operation!.name != "scan" || request.has(FIELD_COUNT) || request.has(FIELD_ORDER_BY)) {
    return fail(BAD_REQUEST, "only scans for rows have their replies as records", "use request for all others");
  }
  const plan = ScanPlan.open(session, SCAN_LIMIT);
  if (!plan) return lastError.status;
  const status = addRecords(session, plan, out);
  plan.free();
  return status;
}

function addRecords(session: Session, plan: ScanPlan, out: ByteBuffer): Status {
  let positions: StaticArray<i32> | null = null;
  if (session.request.has(FIELD_COLUMNS)) {
    const names = session.request.texts(FIELD_COLUMNS);
    positions = names ? columnPositions(plan.table.schema, names) : null;
    if (!positions) return lastError.status;
  }
  out.addU64(0);
  plan.run(new Records(positions, plan.table.layout.columnCount, out, PAGE_BYTES));
  const goesOn = plan.hasMore();
  const given = <u32>plan.given;
  store<u32>(out.ptr, given);
  store<u32>(out.ptr, out.len, 4);
  if (goesOn && given > 0) plan.addToken(out);
  return plan.source.status;
}
