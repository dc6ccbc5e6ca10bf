/** Changes of indexes that wait in a transaction: what statements, scans, savepoints and commits make of them. */
import { OK, Status, DAMAGED, KEY_TOO_LARGE, NO_TRANSACTION, PRIMARY_KEY_CONFLICT, UNIQUE_CONFLICT } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { parseDecimal } from "../encode/decimal";
import { Row } from "../encode/row";
import { TYPE_DECIMAL, TYPE_TEXT, TYPE_UINT32 } from "../encode/data-type";
import { Column, IndexDefinition, FLAG_NULLABLE, FLAG_PRIMARY_KEY, FLAG_UNIQUE } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { LAYOUT_0_11 } from "../memory/base/layout";
import { NO_ADDRESS } from "../table/page-ledger";
import { DELETE_BY_SCHEMA } from "../store/deletes";
import { RowScan } from "../store/row-scan";
import { CheckReport } from "../check/check-report";
import { checkStore } from "../check/store-check";
import { recordLike, setText } from "./rows";

const value: ByteBuffer = new ByteBuffer(70000);
const key: ByteBuffer = new ByteBuffer(70000);

/** A store with items(id pk, code unique null, tag null, price null), the last three indexed. */
function newStore(oneNull: bool): DbmsContext {
  const options = new OpenOptions();
  options.oneNull = oneNull;
  options.cacheBytes = 0;
  // There decimals may be null.
  options.layout = LAYOUT_0_11;
  const db = DbmsContext.openHeap(options)!;
  const schema = new TableSchemaSnapshot("items", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("code", TYPE_TEXT, FLAG_UNIQUE | FLAG_NULLABLE));
  schema.columns.push(new Column("age", TYPE_UINT32));
  schema.columns.push(new Column("tag", TYPE_TEXT, FLAG_NULLABLE));
  schema.columns.push(new Column("price", TYPE_DECIMAL, FLAG_NULLABLE));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["code"], true));
  schema.indexes.push(new IndexDefinition(["age"], false));
  schema.indexes.push(new IndexDefinition(["price"], false));
  schema.indexes.push(new IndexDefinition(["tag"], false));
  expect(db.createTable(schema)).toBe(OK);
  db.manager.syncCommits = false;
  return db;
}

function setNumber(row: Row, column: i32, number: u32): void {
  value.reset();
  value.addU32(number);
  row.set(column, value.ptr, 4);
}

function setDecimal(row: Row, column: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  value.reset();
  expect(parseDecimal(changetype<usize>(bytes), bytes.byteLength, value.reserve(16))).toBe(true);
  row.set(column, value.ptr, 16);
}

/** Fills what an empty text, or 0, does not leave out. */
function fill(row: Row, code: string, age: u32, price: string): Row {
  row.reset();
  if (code.length > 0) setText(row, 1, code);
  if (age > 0) setNumber(row, 2, age);
  if (price.length > 0) setDecimal(row, 4, price);
  return row;
}

/** `tagLen`: bytes of the tag. */
function add(db: DbmsContext, id: u32, code: string, age: u32 = 1, tagLen: u32 = 0): Status {
  const table = db.table("items")!;
  const row = fill(new Row(table.layout), code, age, tagLen == 0 ? "1.50" : "");
  setNumber(row, 0, id);
  if (tagLen > 0) setText(row, 3, "x".repeat(tagLen));
  const status = db.insert(table, row);
  row.free();
  return status;
}

/** The record of item `id`, which `get` would read. */
function find(db: DbmsContext, id: u32): u64 {
  const table = db.table("items")!;
  const row = new Row(table.layout);
  setNumber(row, 0, id);
  const address = recordLike(table, row);
  row.free();
  return address;
}

function change(db: DbmsContext, id: u32, code: string, age: u32 = 0, price: string = ""): Status {
  const table = db.table("items")!;
  const row = fill(new Row(table.layout), code, age, price);
  const status = db.update(table, find(db, id), row);
  row.free();
  return status;
}

function remove(db: DbmsContext, id: u32): Status {
  return db.delete(db.table("items")!, find(db, id), DELETE_BY_SCHEMA);
}

/** Ids and ages in the order of index number `i`. */
function listed(db: DbmsContext, i: i32): string {
  const table = db.table("items")!;
  const scan = new RowScan(table, table.indexes[i]);
  let text = "";
  while (scan.next()) text += " " + load<u32>(scan.row.ptr(0)).toString() + ":" + load<u32>(scan.row.ptr(2)).toString();
  expect(scan.status).toBe(OK);
  scan.free();
  return text;
}

/** Nothing is wrong with the store, and each index has `rows` entries. */
function expectSound(db: DbmsContext, rows: i64): void {
  const report = new CheckReport();
  expect(db.flushChanges()).toBe(OK);
  expect(checkStore(db.access, report)).toBe(OK);
  for (let i = 0; i < report.faults.length; i++) expect(report.faults[i].what).toBe("");
  const indexes = db.table("items")!.indexes;
  for (let i = 0; i < indexes.length; i++) expect(indexes[i].tree.path.countEntries()).toBe(rows);
}

/** Takes item `id` out of the index on age, and commits that. */
function loseEntry(db: DbmsContext, id: u32): void {
  const table = db.table("items")!;
  const row = new Row(table.layout);
  const body = new ByteBuffer(256);
  const address = find(db, id);
  expect(db.read(table, address, row, body)).toBe(OK);
  key.reset();
  table.indexes[2].addKey(table.schema, row, key);
  expect(db.begin()).toBe(OK);
  expect(table.removeEntry(table.indexes[2], key.ptr, address)).toBe(OK);
  expect(db.commit()).toBe(OK);
}

/** A store with items 1 to `count`, whose codes are c1, c2 … and ages 10, 20 … */
function storeOf(count: u32, oneNull: bool = false): DbmsContext {
  const db = newStore(oneNull);
  for (let id: u32 = 1; id <= count; id++) expect(add(db, id, "c" + id.toString(), id * 10)).toBe(OK);
  return db;
}

describe("changes of indexes that wait in a transaction", () => {
  test("unique keys are seen among them: in conflict, removed and taken again, and by key", () => {
    const db = storeOf(3, true);
    db.begin();
    expect(add(db, 4, "c4")).toBe(OK);
    expect(add(db, 5, "c4")).toBe(UNIQUE_CONFLICT);
    expect(add(db, 4, "c5")).toBe(PRIMARY_KEY_CONFLICT);
    expect(add(db, 5, "")).toBe(OK);
    expect(add(db, 6, "")).toBe(UNIQUE_CONFLICT, "only one row may have null");
    expect(remove(db, 1)).toBe(OK);
    expect(find(db, 1)).toBe(NO_ADDRESS);
    expect(change(db, 2, "c1")).toBe(OK, "c1 is free");
    expect(change(db, 3, "c1")).toBe(UNIQUE_CONFLICT);
    expect(change(db, 3, "c2")).toBe(OK);
    expect(change(db, 2, "c3")).toBe(OK, "2 and 3 have changed their codes");
    expect(add(db, 1, "c1", 70)).toBe(OK);
    expect(find(db, 1) != NO_ADDRESS).toBe(true);
    expect(add(db, 1, "c9")).toBe(PRIMARY_KEY_CONFLICT);
    expect(listed(db, 1)).toBe(" 5:1 1:70 3:30 2:20 4:1");
    expect(db.commit()).toBe(OK);
    expectSound(db, 5);
    db.close();
  });

  test("any number of rows has null in a unique column, and each is found among them", () => {
    const db = storeOf(3);
    db.begin();
    expect(add(db, 5, "", 50)).toBe(OK);
    expect(add(db, 6, "", 60)).toBe(OK);
    expect(change(db, 5, "c1")).toBe(UNIQUE_CONFLICT);
    expect(remove(db, 5)).toBe(OK);
    expect(add(db, 7, "", 70)).toBe(OK);
    expect(change(db, 6, "c6")).toBe(OK);
    expect(add(db, 8, "c6")).toBe(UNIQUE_CONFLICT);
    expect(listed(db, 1)).toBe(" 7:70 1:10 2:20 3:30 6:60");
    expect(db.commit()).toBe(OK);
    expectSound(db, 5);
    db.close();
  });

  test("a scan by an index sees them, also those that come while it runs", () => {
    const db = storeOf(3);
    db.begin();
    change(db, 1, "", 25);
    remove(db, 3);
    add(db, 9, "c9", 5);
    expect(listed(db, 2)).toBe(" 9:5 2:20 1:25");
    const table = db.table("items")!;
    const scan = new RowScan(table, table.indexes[2]);
    expect(scan.next()).toBe(true);
    add(db, 7, "c7", 6);
    remove(db, 2);
    expect(scan.next()).toBe(true);
    expect(load<u32>(scan.row.ptr(0))).toBe(7);
    expect(scan.next()).toBe(true);
    expect(load<u32>(scan.row.ptr(0))).toBe(1);
    expect(scan.next()).toBe(false);
    expect(db.commit()).toBe(OK);
    expectSound(db, 3);
    db.close();
  });

  test("a statement that fails leaves none, and savepoints and rollbacks take them back", () => {
    const db = storeOf(2);
    db.begin();
    expect(add(db, 3, "c3", 30)).toBe(OK);
    expect(add(db, 4, "c4", 40, 65503)).toBe(KEY_TOO_LARGE, "the last index refuses it");
    expect(add(db, 4, "c4", 50)).toBe(OK, "the key is still free");
    expect(db.savepoint("s")).toBe(OK);
    remove(db, 4);
    change(db, 3, "c4", 5);
    expect(db.rollbackTo("s")).toBe(OK);
    expect(listed(db, 2)).toBe(" 1:10 2:20 3:30 4:50");
    remove(db, 1);
    expect(db.commit()).toBe(OK);
    expectSound(db, 3);
    db.begin();
    remove(db, 2);
    add(db, 8, "c2");
    expect(db.rollback()).toBe(OK);
    expect(listed(db, 1)).toBe(" 2:20 3:30 4:50");
    expectSound(db, 3);
    db.close();
  });

  test("a key that becomes an equal one of other bytes is changed in the index", () => {
    const db = storeOf(3);
    db.begin();
    expect(change(db, 1, "", 0, "1.5")).toBe(OK);
    expect(change(db, 2, "", 0, "1.5000")).toBe(OK);
    expect(change(db, 2, "", 0, "1.50")).toBe(OK, "as it was");
    expect(change(db, 3, "", 0, "1.5")).toBe(OK);
    expect(change(db, 3, "", 0, "1.500")).toBe(OK);
    expect(db.commit()).toBe(OK);
    expectSound(db, 3);
    db.close();
  });

  test("keys that almost fill a page can wait, too", () => {
    const db = storeOf(1);
    db.begin();
    for (let id: u32 = 2; id < 60; id++) expect(add(db, id, "c" + id.toString(), id, 65443 + id)).toBe(OK);
    expect(remove(db, 59)).toBe(OK);
    expect(db.commit()).toBe(OK);
    expectSound(db, 58);
    db.close();
  });

  test("an index that lacks an entry: the commit fails, or a look into it, from which a savepoint leads back", () => {
    const db = storeOf(5);
    loseEntry(db, 3);
    db.begin();
    expect(remove(db, 1)).toBe(OK);
    expect(remove(db, 3)).toBe(OK);
    expect(db.commit()).toBe(DAMAGED);
    expect(db.commit()).toBe(NO_TRANSACTION);
    expect(listed(db, 1)).toBe(" 1:10 2:20 3:30 4:40 5:50");
    expect(listed(db, 2)).toBe(" 1:10 2:20 4:40 5:50");

    db.begin();
    expect(remove(db, 1)).toBe(OK);
    db.savepoint("s");
    expect(remove(db, 3)).toBe(OK);
    expect(db.flushChanges()).toBe(DAMAGED);
    expect(add(db, 7, "c7")).toBe(DAMAGED, "the transaction is incomplete");
    expect(db.rollbackTo("s")).toBe(OK);
    expect(add(db, 6, "c6", 60)).toBe(OK);
    expect(db.commit()).toBe(OK);
    expect(listed(db, 1)).toBe(" 2:20 3:30 4:40 5:50 6:60");
    expect(listed(db, 2)).toBe(" 2:20 4:40 5:50 6:60");
    db.close();
  });

  test("there may be more of them than are kept at once", () => {
    const db = storeOf(1);
    db.begin();
    let failed = 0;
    for (let id: u32 = 2; id <= 14000; id++) failed |= add(db, id, "c" + (id * 7919).toString(), 1 + (id % 977));
    for (let id: u32 = 2; id <= 14000; id += 2) failed |= change(db, id, "d" + (id * 31).toString(), 1 + (id % 13));
    for (let id: u32 = 3; id <= 14000; id += 4) failed |= remove(db, id);
    expect(failed).toBe(OK);
    expect(db.commit()).toBe(OK);
    expectSound(db, 10500);
    db.close();
  });
});
