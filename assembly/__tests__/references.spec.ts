/** Rows that refer to others, in transactions where changes of indexes wait: what deletes take along, or are refused for. */
import { OK, Status, DAMAGED, FOREIGN_KEY_BROKEN, FOREIGN_KEY_RESTRICT, OUT_OF_MEMORY, errorMessage } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { TYPE_DECIMAL, TYPE_TEXT, TYPE_UINT32 } from "../encode/data-type";
import { parseDecimal } from "../encode/decimal";
import {
  Column,
  ForeignKey,
  IndexDefinition,
  FLAG_NULLABLE,
  FLAG_PRIMARY_KEY,
  FLAG_UNIQUE,
  ON_DELETE_CASCADE,
  ON_DELETE_RESTRICT,
} from "../schema/column";
import { NO_ADDRESS, addressOffset, addressPage } from "../table/page-ledger";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { RowScan } from "../store/row-scan";
import { DELETE_BY_SCHEMA } from "../store/deletes";
import { CheckReport } from "../check/check-report";
import { checkStore } from "../check/store-check";
import { CountingProvider } from "./counting-provider";
import { recordLike, setText } from "./rows";

const value: ByteBuffer = new ByteBuffer(16);
const key: ByteBuffer = new ByteBuffer(32);

/** Makes `name`(id pk, a, b); `a` and `b` are indexed, may be null, and refer to the ids of tables where these are named. */
function addTable(db: DbmsContext, name: string, a: string, aMode: u8, b: string = "", bMode: u8 = ON_DELETE_CASCADE): void {
  const schema = new TableSchemaSnapshot(name, "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("a", TYPE_UINT32, FLAG_NULLABLE));
  schema.columns.push(new Column("b", TYPE_UINT32, FLAG_NULLABLE));
  if (a != "") schema.columns[1].foreignKey = new ForeignKey(a, "id", aMode);
  if (b != "") schema.columns[2].foreignKey = new ForeignKey(b, "id", bMode);
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["a"], false));
  schema.indexes.push(new IndexDefinition(["b"], false));
  expect(db.createTable(schema)).toBe(OK);
}

function newStore(): DbmsContext {
  const options = new OpenOptions();
  options.cacheBytes = 0;
  const db = DbmsContext.openHeap(options)!;
  db.manager.syncCommits = false;
  return db;
}

function set(row: Row, column: i32, number: u32): void {
  value.reset();
  value.addU32(number);
  if (number == 0) row.setNull(column);
  else row.set(column, value.ptr, 4);
}

/** Inserts a row; 0 is null. */
function add(db: DbmsContext, name: string, id: u32, a: u32 = 0, b: u32 = 0): Status {
  const table = db.table(name)!;
  const row = new Row(table.layout);
  set(row, 0, id);
  set(row, 1, a);
  set(row, 2, b);
  const status = db.insert(table, row);
  row.free();
  return status;
}

/** The record of the row with that id. */
function find(db: DbmsContext, name: string, id: u32): u64 {
  const table = db.table(name)!;
  const row = new Row(table.layout);
  set(row, 0, id);
  const address = recordLike(table, row);
  row.free();
  return address;
}

function remove(db: DbmsContext, name: string, id: u32): Status {
  return db.delete(db.table(name)!, find(db, name, id), DELETE_BY_SCHEMA);
}

/** Gives column number `column` of a row another value. */
function change(db: DbmsContext, name: string, id: u32, column: i32, to: u32): Status {
  const table = db.table(name)!;
  const row = new Row(table.layout);
  set(row, column, to);
  const status = db.update(table, find(db, name, id), row);
  row.free();
  return status;
}

/** Commits; nothing is wrong with the store then, and the table has so many rows. */
function commitSound(db: DbmsContext, name: string, rows: i64): void {
  expect(db.commit()).toBe(OK);
  const report = new CheckReport();
  expect(checkStore(db.access, report)).toBe(OK);
  expect(report.errors).toBe(0, report.faults.length > 0 ? report.faults[0].what : "");
  const indexes = db.table(name)!.indexes;
  for (let i = 0; i < indexes.length; i++) expect(indexes[i].tree.path.countEntries()).toBe(rows);
}

describe("rows that refer to others, in a transaction", () => {
  test("a delete that they refuse leaves it as it was", () => {
    const db = newStore();
    addTable(db, "users", "", ON_DELETE_RESTRICT);
    addTable(db, "posts", "users", ON_DELETE_RESTRICT);
    add(db, "users", 1);
    add(db, "users", 2);
    db.begin();
    expect(add(db, "posts", 10, 1)).toBe(OK);
    expect(remove(db, "users", 1)).toBe(FOREIGN_KEY_RESTRICT, "the post waits for its place in the index");
    expect(add(db, "posts", 11, 2)).toBe(OK);
    expect(add(db, "posts", 12, 3)).toBe(FOREIGN_KEY_BROKEN);
    expect(remove(db, "posts", 10)).toBe(OK);
    expect(remove(db, "users", 1)).toBe(OK, "the post's removal waits");
    expect(add(db, "posts", 13, 1)).toBe(FOREIGN_KEY_BROKEN, "and so does the user's");
    commitSound(db, "posts", 1);
    db.close();
  });

  test("a refusal by rows of rows leaves it as it was, too", () => {
    const db = newStore();
    addTable(db, "users", "", ON_DELETE_RESTRICT);
    addTable(db, "posts", "users", ON_DELETE_CASCADE);
    addTable(db, "notes", "posts", ON_DELETE_RESTRICT);
    for (let id: u32 = 1; id < 6; id++) {
      add(db, "users", id);
      for (let k: u32 = 0; k < 3 && id > 1; k++) add(db, "posts", id * 10 + k, id);
    }
    db.begin();
    expect(add(db, "notes", 7, 41)).toBe(OK, "of the second post of user 4");
    expect(remove(db, "users", 3)).toBe(OK);
    expect(remove(db, "users", 4)).toBe(FOREIGN_KEY_RESTRICT);
    expect(add(db, "posts", 99, 4)).toBe(OK, "the user and the transaction are still there");
    expect(remove(db, "notes", 7)).toBe(OK);
    expect(remove(db, "users", 4)).toBe(OK);
    expect(db.cascaded).toBe(4);
    commitSound(db, "posts", 6);
    expect(db.table("users")!.indexes[0].tree.path.countEntries()).toBe(3);
    db.close();
  });

  test("deletes take along what came in it, and not what left", () => {
    const db = newStore();
    addTable(db, "users", "", ON_DELETE_RESTRICT);
    addTable(db, "posts", "users", ON_DELETE_CASCADE);
    for (let id: u32 = 1; id <= 40; id++) add(db, "users", id);
    db.begin();
    for (let id: u32 = 1; id <= 400; id++) expect(add(db, "posts", id, 1 + (id % 40))).toBe(OK);
    expect(change(db, "posts", 1, 1, 10)).toBe(OK, "from user 2 to 10");
    expect(change(db, "posts", 9, 1, 2)).toBe(OK, "from user 10 to 2");
    expect(change(db, "posts", 41, 1, 0)).toBe(OK, "from user 2 to nobody");
    expect(remove(db, "users", 2)).toBe(OK);
    expect(db.cascaded).toBe(9);
    expect(remove(db, "users", 10)).toBe(OK);
    expect(db.cascaded).toBe(10);
    expect(remove(db, "users", 3)).toBe(OK);
    expect(db.cascaded).toBe(10);
    commitSound(db, "posts", 371);
    db.begin();
    for (let id: u32 = 20; id < 30; id++) expect(remove(db, "users", id)).toBe(OK);
    expect(db.rollback()).toBe(OK);
    db.begin();
    commitSound(db, "posts", 371);
    db.close();
  });

  test("rows that another one's deletion takes along before their turn", () => {
    const db = newStore();
    addTable(db, "users", "", ON_DELETE_RESTRICT);
    // An item belongs to a user, and goes with another item.
    addTable(db, "items", "users", ON_DELETE_CASCADE, "items", ON_DELETE_CASCADE);
    add(db, "users", 1);
    add(db, "users", 2);
    db.begin();
    expect(add(db, "items", 1, 2, 1)).toBe(OK, "it refers to itself");
    for (let id: u32 = 2; id <= 300; id++) expect(add(db, "items", id, 1 + (id % 2), id - 1 - (id % 3 == 0 ? 1 : 0))).toBe(OK);
    expect(add(db, "items", 301, 2, 0)).toBe(OK);
    expect(remove(db, "users", 1)).toBe(OK);
    // Item 4 is user 1's, and all behind it hang on it. The other user's first and third stay, and the last.
    expect(db.cascaded).toBe(298);
    commitSound(db, "items", 3);
    db.begin();
    expect(remove(db, "items", 1)).toBe(OK);
    expect(db.cascaded).toBe(1);
    expect(remove(db, "users", 2)).toBe(OK);
    commitSound(db, "items", 0);
    db.close();
  });

  test("more rows go along than are looked for, or wait, at once", () => {
    const db = newStore();
    addTable(db, "users", "", ON_DELETE_RESTRICT);
    addTable(db, "posts", "users", ON_DELETE_CASCADE);
    add(db, "users", 1);
    add(db, "users", 2);
    db.begin();
    let failed = 0;
    for (let id: u32 = 1; id <= 30000; id++) failed |= add(db, "posts", id, id % 50 == 0 ? 2 : 1);
    expect(failed).toBe(OK);
    db.savepoint("s");
    expect(add(db, "users", 3)).toBe(OK);
    expect(remove(db, "users", 1)).toBe(OK);
    expect(db.cascaded).toBe(29400);
    expect(db.rollbackTo("s")).toBe(OK);
    expect(remove(db, "users", 1)).toBe(OK);
    commitSound(db, "posts", 600);
    db.close();
  });

  test("a delete that fails behind what it made of earlier statements' changes leaves nothing but a rollback", () => {
    const db = newStore();
    addTable(db, "users", "", ON_DELETE_RESTRICT);
    addTable(db, "posts", "users", ON_DELETE_CASCADE);
    add(db, "users", 1);
    add(db, "users", 2);
    for (let id: u32 = 1; id <= 3000; id++) add(db, "posts", id, 1);
    // The last post's record is no more, the entries lead to it.
    const last = find(db, "posts", 3000);
    expect(db.begin()).toBe(OK);
    expect(db.access.writeU16(addressPage(last), addressOffset(last), 0)).toBe(OK);
    expect(db.commit()).toBe(OK);
    db.begin();
    expect(add(db, "posts", 5000, 2)).toBe(OK);
    // The rows are looked for in three parts; for the second and the third what waits is carried out.
    expect(remove(db, "users", 1)).toBe(DAMAGED);
    expect(add(db, "posts", 5001, 2)).toBe(DAMAGED, "the entries of post 5000 went back with the delete");
    expect(db.commit()).toBe(DAMAGED);
    expect(find(db, "posts", 5000)).toBe(NO_ADDRESS);
    expect(db.table("posts")!.indexes[1].tree.path.countEntries()).toBe(3000);
    db.close();
  });

  test("a long chain goes along", () => {
    const db = newStore();
    addTable(db, "items", "items", ON_DELETE_CASCADE);
    db.begin();
    let failed = 0;
    for (let id: u32 = 1; id <= 20000; id++) failed |= add(db, "items", id, id - 1);
    expect(failed).toBe(OK);
    expect(remove(db, "items", 101)).toBe(OK);
    expect(db.cascaded).toBe(19899);
    commitSound(db, "items", 100);
    db.close();
  });

  test("an update of a column that nothing refers to waits, one of a key is followed", () => {
    const db = newStore();
    addTable(db, "users", "", ON_DELETE_RESTRICT);
    addTable(db, "posts", "users", ON_DELETE_RESTRICT);
    for (let id: u32 = 1; id <= 5; id++) {
      add(db, "users", id, id);
      add(db, "posts", id * 10, id);
    }
    db.begin();
    expect(change(db, "users", 2, 1, 77)).toBe(OK);
    expect(db.table("users")!.indexes[1].tree.waiting !== null).toBe(true);
    expect(change(db, "users", 2, 0, 8)).toBe(OK);
    expect(db.cascaded).toBe(1);
    expect(db.table("users")!.indexes[1].tree.waiting === null).toBe(true);
    expect(remove(db, "users", 8)).toBe(FOREIGN_KEY_RESTRICT);
    expect(add(db, "posts", 21, 2)).toBe(FOREIGN_KEY_BROKEN);
    expect(add(db, "posts", 22, 8)).toBe(OK);
    commitSound(db, "posts", 6);
    db.close();
  });

  test("a key that becomes an equal one of other bytes is no other key", () => {
    const db = newStore();
    const users = new TableSchemaSnapshot("users", "id");
    users.columns.push(new Column("id", TYPE_DECIMAL, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
    users.alignment = 16;
    users.indexes.push(new IndexDefinition(["id"], true));
    expect(db.createTable(users)).toBe(OK, errorMessage());
    const posts = new TableSchemaSnapshot("posts", "id");
    posts.columns.push(new Column("id", TYPE_DECIMAL, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
    posts.columns.push(new Column("owner", TYPE_DECIMAL));
    posts.columns[1].foreignKey = new ForeignKey("users", "id", ON_DELETE_RESTRICT);
    posts.indexes.push(new IndexDefinition(["id"], true));
    expect(db.createTable(posts)).toBe(OK, errorMessage());
    const user = new Row(db.table("users")!.layout);
    const post = new Row(db.table("posts")!.layout);
    setDecimal(user, 0, "1.0");
    expect(db.insert(db.table("users")!, user)).toBe(OK);
    setDecimal(post, 0, "7");
    setDecimal(post, 1, "1.00");
    expect(db.insert(db.table("posts")!, post)).toBe(OK);
    key.reset();
    db.table("users")!.primary.addKey(db.table("users")!.schema, user, key);
    user.reset();
    setDecimal(user, 0, "1.000");
    expect(db.update(db.table("users")!, db.table("users")!.primary.find(key.ptr), user)).toBe(OK);
    expect(db.cascaded).toBe(0);
    db.begin();
    commitSound(db, "posts", 1);
    user.free();
    post.free();
    db.close();
  });
});

/** What a provider and its spill have read. */
function bytesRead(provider: CountingProvider): u64 {
  const spill = provider.spill;
  return provider.bytesRead + (spill ? spill.bytesRead : 0);
}

/** Makes users(id pk), 1 to 3, and posts(id pk, owner, next, pad), 3,000 in some 150 pages: those with odd ids are of user 1. */
function addUnindexed(db: DbmsContext): void {
  const users = new TableSchemaSnapshot("users", "id");
  users.columns.push(new Column("id", TYPE_TEXT, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  users.indexes.push(new IndexDefinition(["id"], true));
  expect(db.createTable(users)).toBe(OK, errorMessage());
  const posts = new TableSchemaSnapshot("posts", "id");
  posts.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  posts.columns.push(new Column("owner", TYPE_TEXT));
  posts.columns.push(new Column("next", TYPE_UINT32, FLAG_NULLABLE));
  posts.columns.push(new Column("pad", TYPE_TEXT));
  posts.columns[1].foreignKey = new ForeignKey("users", "id", ON_DELETE_CASCADE);
  posts.columns[2].foreignKey = new ForeignKey("posts", "id", ON_DELETE_CASCADE);
  posts.indexes.push(new IndexDefinition(["id"], true));
  posts.indexes.push(new IndexDefinition(["next"], false));
  expect(db.createTable(posts)).toBe(OK, errorMessage());
  const user = new Row(db.table("users")!.layout);
  const post = new Row(db.table("posts")!.layout);
  expect(db.begin()).toBe(OK);
  for (let id: u32 = 1; id <= 3; id++) {
    setText(user, 0, id.toString());
    expect(db.insert(db.table("users")!, user)).toBe(OK);
  }
  const pad = "x".repeat(3000);
  let failed = 0;
  for (let id: u32 = 1; id <= 3000; id++) {
    set(post, 0, id);
    setText(post, 1, id % 2 == 1 ? "1" : "2");
    // Five of twelve follow the one of the same user six before.
    set(post, 2, id % 12 > 6 ? id - 6 : 0);
    setText(post, 3, pad);
    failed |= db.insert(db.table("posts")!, post);
  }
  expect(failed).toBe(OK);
  expect(db.commit()).toBe(OK);
  user.free();
  post.free();
}

/** The record of the user with that id. */
function findUser(db: DbmsContext, id: string): u64 {
  const table = db.table("users")!;
  const row = new Row(table.layout);
  setText(row, 0, id);
  const address = recordLike(table, row);
  row.free();
  return address;
}

/** How many posts a user has. */
function countPosts(db: DbmsContext, owner: string): u32 {
  const scan = new RowScan(db.table("posts")!);
  let count: u32 = 0;
  while (scan.next()) {
    count += u32(String.UTF8.decodeUnsafe(scan.row.ptr(1) + 2, load<u16>(scan.row.ptr(1))) == owner);
  }
  expect(scan.status).toBe(OK);
  scan.free();
  return count;
}

describe("rows that refer to others, by a column without an index,", () => {
  test("follow a key, and go with their row, in a few passes over their table", () => {
    const provider = new CountingProvider();
    const options = new OpenOptions();
    options.cacheBytes = 0;
    const db = DbmsContext.openProvider(provider, options)!;
    addUnindexed(db);
    const users = db.table("users")!;
    const row = new Row(users.layout);
    const pages = provider.pages;
    // Each post gets longer, and another place.
    setText(row, 0, "y".repeat(70));
    let before = bytesRead(provider);
    expect(db.update(users, findUser(db, "1"), row)).toBe(OK, errorMessage());
    expect(db.cascaded).toBe(1500);
    // The posts are found a thousand at a time. What is read: each page once for that, and again for its rows and for those that moved.
    expect(bytesRead(provider) - before).toBeLessThan((<u64>pages * 8) << 16);
    expect(countPosts(db, "y".repeat(70))).toBe(1500);
    before = bytesRead(provider);
    // Five of twelve go with the one that they follow, before their turn.
    expect(db.delete(users, findUser(db, "2"), DELETE_BY_SCHEMA)).toBe(OK, errorMessage());
    expect(db.cascaded).toBe(1500);
    expect(bytesRead(provider) - before).toBeLessThan((<u64>pages * 8) << 16);
    expect(countPosts(db, "2")).toBe(0);
    expect(db.begin()).toBe(OK);
    commitSound(db, "posts", 1500);
    row.free();
    db.close();
  });
});

function setDecimal(row: Row, column: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  value.reset();
  expect(parseDecimal(changetype<usize>(bytes), bytes.byteLength, value.reserve(16))).toBe(true);
  row.set(column, value.ptr, 16);
}

describe("rows in any order", () => {
  test("rows that wait for others are settled when they are many, and more than the limit are refused", () => {
    const db = newStore();
    addTable(db, "nodes", "nodes", ON_DELETE_RESTRICT);
    const row = new Row(db.table("nodes")!.layout);
    db.begin();
    const anyOrder = db.transaction.anyOrder;
    expect(db.transaction.beginAnyOrder()).toBe(true);
    expect(db.transaction.beginAnyOrder()).toBe(false, "it is so already");
    anyOrder.later.firstLook = anyOrder.later.lookAt = 8;
    anyOrder.later.most = 16;
    // Pairs whose second row is what the first refers to: settled in time.
    for (let id: u32 = 1; id <= 100; id += 2) {
      for (let k: u32 = 0; k < 2; k++) {
        set(row, 0, id + k);
        set(row, 1, k == 0 ? id + 1 : 0);
        set(row, 2, 0);
        expect(db.insertNext(db.table("nodes")!, row, id + k)).toBe(OK);
      }
    }
    let status: Status = OK;
    let inserted: u32 = 0;
    for (; status == OK && inserted < 100; inserted++) {
      set(row, 0, 1000 + inserted);
      set(row, 1, 5000);
      status = db.insertNext(db.table("nodes")!, row, 1000 + inserted);
    }
    expect(status).toBe(OUT_OF_MEMORY);
    expect(inserted).toBeLessThanOrEqual(17);
    expect(anyOrder.check()).toBe(FOREIGN_KEY_BROKEN);
    expect(anyOrder.broken).toBe(1000, "the first of them");
    db.rollback();
    db.begin();
    set(row, 0, 1);
    set(row, 1, 2);
    expect(db.insert(db.table("nodes")!, row)).toBe(FOREIGN_KEY_BROKEN, "order counts again");
    commitSound(db, "nodes", 0);
    db.close();
  });
});
