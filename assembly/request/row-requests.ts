/** `insert`, `update`, `delete` and `get`. Several rows of one request are all done or none. */
import { Status, OK, BAD_REQUEST, ROW_NOT_FOUND, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { columnPositions } from "../schema/column-names";
import { Row } from "../encode/row";
import { DELETE_BY_SCHEMA, DELETE_CASCADE, DELETE_RESTRICT } from "../store/deletes";
import { RowSource } from "../store/row-source";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { NO_ADDRESS } from "../table/page-ledger";
import { JsonObjects } from "../query/row-sinks";
import { RowWriter, writeJsonCell } from "../query/row-writer";
import { ScanLoop } from "../query/scan-loop";
import { BATCH_ROWS, beginTogether, endTogether } from "../store/insertion";
import { Session } from "./session";
import { FIELD_CASCADE, FIELD_COLUMNS, FIELD_KEY, FIELD_KEYS, FIELD_ROW, FIELD_ROWS, FIELD_SET, FIELD_WHERE } from "./request";
import { FoundKeys, refuseParameters } from "./row-conditions";
import { readJsonRow } from "./row-json";
import { addAscii } from "../encode/json-pieces";

/** The one node of field `one`, or the first of the list `many`; 0 with `BAD_REQUEST` unless just one of the two is there. */
function oneOrMany(session: Session, one: i32, many: i32): u32 {
  const request = session.request;
  if (request.has(one) == request.has(many)) {
    fail(BAD_REQUEST, one == FIELD_KEY ? "give either key or keys" : "give either row or rows");
    return 0;
  }
  if (request.has(one)) return request.node(one);
  return request.needList(many) == OK ? request.tape.first(request.node(many)) : 0;
}

export function handleInsert(session: Session, out: ByteBuffer): Status {
  const table = session.table();
  const first = table ? oneOrMany(session, FIELD_ROW, FIELD_ROWS) : 0;
  if (!table || first == 0) return lastError.status;
  const many = session.request.has(FIELD_ROWS);
  const row = table.callersRow;
  const insertion = session.insertion;
  const tape = session.request.tape;
  let status = insertion.begin(table, many, many && tape.count(session.request.node(FIELD_ROWS)) >= BATCH_ROWS);
  if (status != OK) return status;
  addAscii(out, '{"keys":[');
  for (let node = first; node != 0 && status == OK; node = many ? tape.next(node) : 0) {
    status = insertion.add(table, row, readJsonRow(table, tape, node, row));
    if (status == OK) {
      if (node != first) out.addU8(0x2c);
      writeJsonCell(table.schema.columns[table.keyColumn], table.keyColumn, row, out);
    }
  }
  status = insertion.end(status);
  addAscii(out, "]}");
  return status;
}

export function handleUpdate(session: Session, out: ByteBuffer): Status {
  const table = session.table();
  if (!table) return lastError.status;
  const request = session.request;
  if (request.has(FIELD_KEY) == request.has(FIELD_WHERE)) return fail(BAD_REQUEST, "give either key or where");
  if (refuseParameters(session) != OK) return BAD_REQUEST;
  if (request.has(FIELD_WHERE)) return updateFound(session, table, out);
  const address = session.find(table, request.node(FIELD_KEY));
  if (address == NO_ADDRESS) return lastError.status;
  const row = table.callersRow;
  let status = readJsonRow(table, request.tape, request.node(FIELD_SET), row);
  if (status == OK) status = session.db.update(table, address, row);
  if (status != OK) return status;
  addCounts("updated", 1, session.db.cascaded, out);
  return OK;
}

/** Changes all rows that the condition is true for, or none. */
function updateFound(session: Session, table: Table, out: ByteBuffer): Status {
  const db = session.db;
  const request = session.request;
  const inner = db.inTransaction;
  const row = table.callersRow;
  const found = new FoundKeys(session, table);
  let status = found.find();
  // What can't be said of any row is an error also where there is none.
  if (status == OK) status = readJsonRow(table, request.tape, request.node(FIELD_SET), row);
  if (status == OK) status = beginTogether(db);
  if (status != OK) {
    found.free();
    return status;
  }
  let updated: u64 = 0;
  let cascaded: u64 = 0;
  while (!found.isOver && status == OK) {
    const address = found.next();
    status = lastError.status;
    if (address == NO_ADDRESS) continue;
    status = readJsonRow(table, request.tape, request.node(FIELD_SET), row);
    if (status == OK) status = db.update(table, address, row);
    updated += 1;
    cascaded += db.cascaded;
  }
  found.free();
  status = endTogether(db, inner, status);
  addCounts("updated", updated, cascaded, out);
  return status;
}

/** Deletes all rows that the condition is true for, or none. */
function deleteFound(session: Session, table: Table, how: u8, out: ByteBuffer): Status {
  const db = session.db;
  const inner = db.inTransaction;
  const found = new FoundKeys(session, table);
  let status = found.find();
  if (status == OK) status = beginTogether(db);
  if (status != OK) {
    found.free();
    return status;
  }
  db.beginDeletes();
  let deleted: u64 = 0;
  let cascaded: u64 = 0;
  while (!found.isOver && status == OK) {
    const address = found.next();
    status = lastError.status;
    if (address == NO_ADDRESS) continue;
    status = db.delete(table, address, how);
    deleted += 1;
    cascaded += db.cascaded;
  }
  found.free();
  status = endTogether(db, inner, db.endDeletes(status));
  addCounts("deleted", deleted, cascaded, out);
  return status;
}

function addCounts(what: string, count: u64, cascaded: u64, out: ByteBuffer): void {
  addAscii(out, '{"' + what + '":');
  addUnsigned(count, out);
  addAscii(out, ',"cascaded":');
  addUnsigned(cascaded, out);
  out.addU8(0x7d);
}

export function handleDelete(session: Session, out: ByteBuffer): Status {
  const table = session.table();
  if (!table) return lastError.status;
  const request = session.request;
  const cascade = request.flag(FIELD_CASCADE, 2);
  if (cascade < 0 || refuseParameters(session) != OK) return BAD_REQUEST;
  if (request.has(FIELD_WHERE)) {
    if (request.has(FIELD_KEY) || request.has(FIELD_KEYS)) return fail(BAD_REQUEST, "delete: where goes without key and keys");
    return deleteFound(session, table, deletesBy(cascade), out);
  }
  const first = oneOrMany(session, FIELD_KEY, FIELD_KEYS);
  if (first == 0) return lastError.status;
  const many = request.has(FIELD_KEYS);
  const db = session.db;
  const inner = db.inTransaction;
  // Every row must be there at first; a cascade from one of them may then take another with it.
  for (let node = first; node != 0; node = many ? request.tape.next(node) : 0) {
    if (session.find(table, node) == NO_ADDRESS) return lastError.status;
  }
  let status = many ? beginTogether(db) : OK;
  if (status != OK) return status;
  if (many) db.beginDeletes();
  let deleted: u64 = 0;
  let cascaded: u64 = 0;
  for (let node = first; node != 0 && status == OK; node = many ? request.tape.next(node) : 0) {
    status = table.refresh();
    const address = status == OK ? session.find(table, node) : NO_ADDRESS;
    if (status == OK && address == NO_ADDRESS) {
      status = lastError.status == ROW_NOT_FOUND ? OK : lastError.status;
      continue;
    }
    if (status == OK) status = db.delete(table, address, deletesBy(cascade));
    deleted += 1;
    cascaded += db.cascaded;
  }
  if (many) status = endTogether(db, inner, db.endDeletes(status));
  addCounts("deleted", deleted, cascaded, out);
  return status;
}

/** What the field `cascade` means: 1 true, 0 false, 2 that it is not there. */
function deletesBy(cascade: i32): u8 {
  return cascade == 2 ? DELETE_BY_SCHEMA : cascade == 1 ? DELETE_CASCADE : DELETE_RESTRICT;
}

/** A writer of the columns that the request names, or of all; null on failure. */
export function requestedColumns(session: Session, table: Table): RowWriter | null {
  if (!session.request.has(FIELD_COLUMNS)) return RowWriter.all(table.schema);
  const names = session.request.texts(FIELD_COLUMNS);
  const positions = names ? columnPositions(table.schema, names) : null;
  return positions ? new RowWriter(table.schema, positions) : null;
}

/** The rows that have the keys of a request, in the order of the keys. A key that no row has is a failure. */
export class RowsOfKeys extends RowSource {
  private node: u32;
  /** Whether the request has a list of keys. */
  readonly isMany: bool;
  private columns: u32;

  /** `index` is the one that the keys are of. */
  constructor(
    private readonly session: Session,
    readonly table: Table,
    private readonly index: TableIndex,
    firstKey: u32,
  ) {
    super(table.callersRow);
    this.node = firstKey;
    this.isMany = session.request.has(FIELD_KEYS);
    this.columns = table.layout.columnCount;
  }

  next(): bool {
    const node = this.node;
    if (node == 0) return false;
    this.node = this.isMany ? this.session.request.tape.next(node) : 0;
    this.status = readRowOf(this.session, this.table, this.index, node, this.row, this.columns);
    return this.status == OK;
  }

  wantFirst(columns: u32): void {
    this.columns = columns;
  }
}

/** The rows of the request's key, or keys; null on failure. */
export function requestedRows(session: Session, table: Table): RowsOfKeys | null {
  const first = oneOrMany(session, FIELD_KEY, FIELD_KEYS);
  const index = first != 0 ? session.keyIndex(table) : null;
  return index ? new RowsOfKeys(session, table, index, first) : null;
}

/** Reads the first `columns` columns of the row with the key at `node` into `row`; `ROW_NOT_FOUND` and other errors. */
@inline
function readRowOf(session: Session, table: Table, index: TableIndex, node: u32, row: Row, columns: u32): Status {
  const address = session.find(table, node, index);
  return address == NO_ADDRESS ? lastError.status : table.readColumns(address, row, columns);
}

export function handleGet(session: Session, out: ByteBuffer): Status {
  const table = session.table();
  const first = table ? oneOrMany(session, FIELD_KEY, FIELD_KEYS) : 0;
  const index = table && first != 0 ? session.keyIndex(table) : null;
  const writer = table && index ? requestedColumns(session, table) : null;
  if (!table || !index || !writer) return lastError.status;
  const status = session.request.has(FIELD_KEYS)
    ? addRowsOf(new RowsOfKeys(session, table, index, first), writer, out)
    : addRowOf(session, table, index, first, writer, out);
  writer.free();
  return status;
}

function addRowsOf(rows: RowsOfKeys, writer: RowWriter, out: ByteBuffer): Status {
  addAscii(out, '{"rows":[');
  const status = new ScanLoop<RowsOfKeys>(rows).run(new JsonObjects(writer, out));
  addAscii(out, "]}");
  return status;
}

function addRowOf(session: Session, table: Table, index: TableIndex, key: u32, writer: RowWriter, out: ByteBuffer): Status {
  const row = table.callersRow;
  const status = readRowOf(session, table, index, key, row, writer.firstColumns);
  addAscii(out, '{"row":');
  if (status == OK) writer.write(row, out);
  out.addU8(0x7d);
  return status;
}
