/** `create`, `drop`, `tables`, `schema` and `info`. */
import { Status, OK, BAD_REQUEST, fail, lastError } from "../status";
import { PAGE_SIZE, layoutName } from "../memory/base/layout";
import { unclaimedPageCount } from "../memory/access/unclaimed-pages";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { hex64 } from "../encode/uuid";
import { writeJsonValue } from "../encode/value-text";
import { Column, ON_DELETE_CASCADE } from "../schema/column";
import { columnSpecs, defineTable, isExpressible } from "../schema/column-spec";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { DbmsContext } from "../store/dbms-context";
import { Table } from "../store/table";
import { Session } from "./session";
import { FIELD_ALIGNMENT, FIELD_COLUMNS, FIELD_TABLE } from "./request";
import { addAscii, addString, addStrings } from "../encode/json-pieces";

/** The definition that a `create` request gives; null on failure. Needs no open store. */
function requestedTable(session: Session): TableSchemaSnapshot | null {
  const request = session.request;
  if (request.needText(FIELD_TABLE) != OK) return null;
  const specs = request.texts(FIELD_COLUMNS);
  const alignment = request.count(FIELD_ALIGNMENT, 0);
  if (!specs || alignment < 0) return null;
  if (alignment > 0xffffffff) {
    fail(BAD_REQUEST, "create: an alignment of " + alignment.toString());
    return null;
  }
  return defineTable(request.text(FIELD_TABLE), specs, <u32>alignment);
}

export function handleCreate(session: Session, out: ByteBuffer): Status {
  const schema = requestedTable(session);
  if (!schema) return lastError.status;
  const status = session.db.createTable(schema);
  addAscii(out, "{}");
  return status;
}

export function handleDrop(session: Session, out: ByteBuffer): Status {
  const table = session.table();
  if (!table) return lastError.status;
  const status = session.db.dropTable(table.name);
  addAscii(out, "{}");
  return status;
}

export function handleTables(session: Session, out: ByteBuffer): Status {
  const tables = session.db.tables;
  addAscii(out, '{"tables":[');
  let count = 0;
  for (let i = 0; i < tables.length; i++) {
    if (tables[i].isCatalog) continue;
    const rows = tables[i].countRows();
    if (rows < 0) return lastError.status;
    addAscii(out, count++ > 0 ? ',{"name":' : '{"name":');
    addString(out, tables[i].name);
    addAscii(out, ',"rows":');
    addUnsigned(rows, out);
    out.addU8(0x7d);
  }
  addAscii(out, "]}");
  return OK;
}

export function handleSchema(session: Session, out: ByteBuffer): Status {
  const db = session.db;
  let only: Table | null = null;
  if (session.request.has(FIELD_TABLE)) {
    only = session.table();
    if (!only) return lastError.status;
  }
  out.addU8(0x7b);
  const status = addFileFacts(db, out);
  if (status != OK) return status;
  addAscii(out, ',"tables":[');
  if (only) addTable(only.schema, out);
  let count = 0;
  for (let i = 0; i < db.tables.length && !only; i++) {
    if (db.tables[i].isCatalog) continue;
    if (count++ > 0) out.addU8(0x2c);
    addTable(db.tables[i].schema, out);
  }
  addAscii(out, "]}");
  return OK;
}

/** Appends `"layout":…,"schemaHash":…`. */
function addFileFacts(db: DbmsContext, out: ByteBuffer): Status {
  const hash = db.tables.length == 0 ? 0 : db.store.schemaHash();
  if (hash == 0 && db.tables.length > 0) return lastError.status;
  addAscii(out, '"layout":"');
  addAscii(out, layoutName(db.manager.layout));
  addAscii(out, '","schemaHash":"');
  addAscii(out, hex64(hash));
  out.addU8(0x22);
  return OK;
}

function addTable(schema: TableSchemaSnapshot, out: ByteBuffer): void {
  addAscii(out, '{"name":');
  addString(out, schema.name);
  addAscii(out, ',"columns":');
  addStrings(out, columnSpecs(schema));
  addAscii(out, ',"alignment":');
  addUnsigned(schema.alignment, out);
  if (!isExpressible(schema)) addAscii(out, ',"inexact":true');
  addAscii(out, ',"primaryKey":');
  addString(out, schema.primaryKey);
  addAscii(out, ',"fields":[');
  for (let i = 0; i < schema.columns.length; i++) {
    if (i > 0) out.addU8(0x2c);
    addField(schema.columns[i], out);
  }
  addAscii(out, '],"indexes":[');
  for (let i = 0; i < schema.indexes.length; i++) {
    addAscii(out, i > 0 ? ',{"columns":' : '{"columns":');
    addStrings(out, schema.indexes[i].columns);
    addAscii(out, schema.indexes[i].unique ? ',"unique":true}' : ',"unique":false}');
  }
  addAscii(out, "]}");
}

function addField(column: Column, out: ByteBuffer): void {
  addAscii(out, '{"name":');
  addString(out, column.name);
  addAscii(out, ',"type":');
  addString(out, column.typeText);
  addAscii(out, column.nullable ? ',"null":true' : ',"null":false');
  if (column.auto) addAscii(out, ',"auto":true');
  if (column.unique) addAscii(out, ',"unique":true');
  const key = column.foreignKey;
  if (key) {
    addAscii(out, ',"references":{"table":');
    addString(out, key.table);
    addAscii(out, ',"column":');
    addString(out, key.column);
    addAscii(out, key.onDelete == ON_DELETE_CASCADE ? ',"cascade":true}' : ',"cascade":false}');
  }
  const value = column.defaultValue;
  if (value) {
    addAscii(out, ',"default":');
    const offset = column.defaultOffset();
    if (offset == 0) addAscii(out, "null");
    else writeJsonValue(column.type, column.customSize, changetype<usize>(value) + offset, out);
  }
  out.addU8(0x7d);
}

export function handleInfo(session: Session, out: ByteBuffer): Status {
  const db = session.db;
  const unclaimed = unclaimedPageCount(db.access);
  if (unclaimed == 0xffffffff) return lastError.status;
  out.addU8(0x7b);
  const status = addFileFacts(db, out);
  addAscii(out, ',"pages":');
  addUnsigned(db.manager.pageCount, out);
  addAscii(out, ',"bytes":');
  addUnsigned(<u64>db.manager.pageCount * PAGE_SIZE, out);
  addAscii(out, ',"unclaimedPages":');
  addUnsigned(unclaimed, out);
  addAscii(out, ',"tables":');
  addUnsigned(db.tables.length - i32(db.catalog.table !== null), out);
  addAscii(out, db.inTransaction ? ',"inTransaction":true' : ',"inTransaction":false');
  addAscii(out, db.manager.readOnly ? ',"readOnly":true' : ',"readOnly":false');
  if (db.manager.logWarning != "") {
    addAscii(out, ',"warning":');
    addString(out, db.manager.logWarning);
  }
  out.addU8(0x7d);
  return status;
}
