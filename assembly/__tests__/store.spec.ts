/** The store in memory: constraints, transactions, random changes against a model, rights. All work on the same few tables by the same helpers. */
import {
  OK,
  Status,
  PRIMARY_KEY_CONFLICT,
  UNIQUE_CONFLICT,
  FOREIGN_KEY_BROKEN,
  FOREIGN_KEY_RESTRICT,
  NOT_NULL,
  TABLE_EXISTS,
  BAD_SCHEMA,
  NO_TRANSACTION,
  TRANSACTION_ACTIVE,
  AUTOINCREMENT_OVERFLOW,
  KEY_TOO_LARGE,
  TABLE_NOT_FOUND,
  RECORD_TOO_LARGE,
  errorMessage,
} from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { TYPE_UINT32, TYPE_TEXT, TYPE_INT8, TYPE_BLOB } from "../encode/data-type";
import {
  Column,
  ForeignKey,
  IndexDefinition,
  FLAG_PRIMARY_KEY,
  FLAG_UNIQUE,
  FLAG_NULLABLE,
  FLAG_AUTO,
  ON_DELETE_CASCADE,
  ON_DELETE_RESTRICT,
} from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { DELETE_BY_SCHEMA, DELETE_CASCADE, DELETE_RESTRICT } from "../store/deletes";
import { RowScan } from "../store/row-scan";
import { addKeyPart } from "../store/table-index";
import { unclaimedPageCount } from "../memory/access/unclaimed-pages";
import { blocksGrown } from "../memory/base/block-pool";
import { AccessControlList, ACL_ADMIN, ACL_MANAGE, PERM_READ, PERM_INSERT, PERM_DELETE } from "../acl/access-control-list";
import { CONSTRAINT_VIOLATION, IDENTITY_NOT_FOUND, NAME_TOO_LONG, ACL_LAYOUT_UNSUPPORTED } from "../status";
import { setText } from "./rows";

let seed: u32 = 5;
function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

const scratch: usize = heap.alloc(70000);

function setNumber(row: Row, column: i32, value: u32): void {
  store<u32>(scratch, value);
  row.set(column, scratch, 4);
}

/** users(id pk, email unique, age indexed, note null) */
function usersSchema(): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("users", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("email", TYPE_TEXT, FLAG_UNIQUE));
  schema.columns.push(new Column("age", TYPE_UINT32));
  schema.columns.push(new Column("note", TYPE_TEXT, FLAG_NULLABLE));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["email"], true));
  schema.indexes.push(new IndexDefinition(["age"], false));
  return schema;
}

/** posts(id pk auto, owner -> users.id) */
function postsSchema(onDelete: u8): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("posts", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE | FLAG_AUTO));
  const owner = new Column("owner", TYPE_UINT32, FLAG_NULLABLE);
  owner.foreignKey = new ForeignKey("users", "id", onDelete);
  schema.columns.push(owner);
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["owner"], false));
  return schema;
}

function newStore(cacheBytes: u64 = 0): DbmsContext {
  const options = new OpenOptions();
  options.cacheBytes = cacheBytes;
  const context = DbmsContext.openHeap(options)!;
  context.manager.syncCommits = false;
  return context;
}

function insertTwoNulls(oneNull: bool): Status {
  const options = new OpenOptions();
  options.oneNull = oneNull;
  const context = DbmsContext.openHeap(options)!;
  const schema = new TableSchemaSnapshot("t", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("code", TYPE_TEXT, FLAG_UNIQUE | FLAG_NULLABLE));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["code"], true));
  context.createTable(schema);
  const table = context.table("t")!;
  const row = new Row(table.layout);
  setNumber(row, 0, 1);
  expect(context.insert(table, row)).toBe(OK);
  row.reset();
  setNumber(row, 0, 2);
  const status = context.insert(table, row);
  context.close();
  return status;
}

function addUser(context: DbmsContext, id: u32, email: string, age: u32): Status {
  const table = context.table("users")!;
  const row = new Row(table.layout);
  setNumber(row, 0, id);
  setText(row, 1, email);
  setNumber(row, 2, age);
  const status = context.insert(table, row);
  row.free();
  return status;
}

function addPost(context: DbmsContext, owner: u32): Status {
  const table = context.table("posts")!;
  const row = new Row(table.layout);
  setNumber(row, 1, owner);
  const status = context.insert(table, row);
  row.free();
  return status;
}

const keyBuffer: ByteBuffer = new ByteBuffer();

function addressOfKey(context: DbmsContext, name: string, id: u32): u64 {
  const table = context.table(name)!;
  store<u32>(scratch, id);
  keyBuffer.reset();
  keyBuffer.addU32(1);
  addKeyPart(table.schema.columns[table.keyColumn], scratch, 4, keyBuffer);
  return table.primary.find(keyBuffer.ptr);
}

function remove(context: DbmsContext, name: string, id: u32, mode: u8 = DELETE_BY_SCHEMA): Status {
  return context.delete(context.table(name)!, addressOfKey(context, name, id), mode);
}

/** Rows by a full scan, and by each index; all must agree. */
function countRows(context: DbmsContext, name: string): i32 {
  const table = context.table(name)!;
  let count = 0;
  const scan = new RowScan(table);
  while (scan.next()) count += 1;
  expect(scan.status).toBe(OK);
  scan.free();
  for (let i = 0; i < table.indexes.length; i++) {
    const byIndex = new RowScan(table, table.indexes[i], i == 1);
    let found = 0;
    while (byIndex.next()) found += 1;
    expect(byIndex.status).toBe(OK);
    expect(found).toBe(count, name + " by index " + i.toString());
    byIndex.free();
  }
  return count;
}

/** A hash over all pages: two stores, or one store at two times, are equal byte for byte. */
function fingerprint(context: DbmsContext): u32 {
  let sum: u32 = 17;
  for (let pageNo: u32 = 0; pageNo < context.manager.pageCount; pageNo++) {
    const page = context.access.page(pageNo);
    for (let i: u32 = 0; i < 65536; i += 4) sum = sum * 31 + load<u32>(page + i);
  }
  return sum;
}

describe("constraints", () => {
  test("a statement that fails leaves not a byte behind", () => {
    const context = newStore();
    expect(context.createTable(usersSchema())).toBe(OK);
    expect(addUser(context, 1, "a@x", 10)).toBe(OK);
    const before = fingerprint(context);
    expect(addUser(context, 1, "b@x", 10)).toBe(PRIMARY_KEY_CONFLICT);
    expect(errorMessage()).toBe("users has a row with id = 1 already");
    expect(addUser(context, 2, "a@x", 10)).toBe(UNIQUE_CONFLICT);
    expect(errorMessage()).toBe("another row of users has email = a@x");
    const table = context.table("users")!;
    const row = new Row(table.layout);
    setNumber(row, 0, 3);
    expect(context.insert(table, row)).toBe(NOT_NULL);
    setText(row, 1, "c@x");
    row.setNull(2);
    expect(context.insert(table, row)).toBe(NOT_NULL);
    expect(fingerprint(context)).toBe(before);
    expect(countRows(context, "users")).toBe(1);
    context.close();
  });

  test("a key too large for the last index takes the whole insert back", () => {
    const context = newStore();
    const schema = new TableSchemaSnapshot("wide", "id");
    schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
    schema.columns.push(new Column("data", TYPE_BLOB));
    schema.indexes.push(new IndexDefinition(["id"], true));
    schema.indexes.push(new IndexDefinition(["data"], false));
    context.createTable(schema);
    const before = fingerprint(context);
    const pages = context.manager.pageCount;
    const table = context.table("wide")!;
    const row = new Row(table.layout);
    setNumber(row, 0, 1);
    memory.fill(scratch, 7, 70000);
    store<u16>(scratch, 65510);
    row.set(1, scratch, 65512);
    expect(context.insert(table, row)).toBe(KEY_TOO_LARGE);
    expect(fingerprint(context)).toBe(before);
    expect(context.manager.pageCount).toBe(pages);
    store<u16>(scratch, 65535);
    setNumber(row, 0, 1);
    memory.fill(scratch, 7, 70000);
    store<u16>(scratch, 65535);
    row.set(1, scratch, 65537);
    expect(context.insert(table, row)).toBe(RECORD_TOO_LARGE);
    context.close();
  });

  test("foreign keys: broken, restricted, cascaded, null, and carried along with a changed key", () => {
    const context = newStore();
    context.createTable(usersSchema());
    expect(context.createTable(postsSchema(ON_DELETE_RESTRICT))).toBe(OK);
    expect(addPost(context, 1)).toBe(FOREIGN_KEY_BROKEN);
    addUser(context, 1, "a", 1);
    addUser(context, 2, "b", 1);
    expect(addPost(context, 1)).toBe(OK);
    expect(addPost(context, 1)).toBe(OK);
    expect(addPost(context, 2)).toBe(OK);
    expect(remove(context, "users", 1)).toBe(FOREIGN_KEY_RESTRICT);
    expect(context.dropTable("users")).toBe(FOREIGN_KEY_RESTRICT);
    const posts = context.table("posts")!;
    const free = new Row(posts.layout);
    free.setNull(1);
    expect(context.insert(posts, free)).toBe(OK, "null refers to nothing");
    // Changing a key changes what refers to it, as in the reference.
    const users = context.table("users")!;
    const change = new Row(users.layout);
    setNumber(change, 0, 9);
    expect(context.update(users, addressOfKey(context, "users", 1), change)).toBe(OK);
    expect(context.cascaded).toBe(2);
    expect(remove(context, "users", 9, DELETE_CASCADE)).toBe(OK, "whatever the schema says");
    expect(context.cascaded).toBe(2);
    expect(countRows(context, "posts")).toBe(2);
    expect(countRows(context, "users")).toBe(1);
    expect(remove(context, "users", 2, DELETE_RESTRICT)).toBe(FOREIGN_KEY_RESTRICT);
    context.close();
  });

  test("cascades end in rows that refer to each other in a circle, and go as deep as a chain of 3,000", () => {
    const context = newStore();
    const schema = new TableSchemaSnapshot("nodes", "id");
    schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
    const parent = new Column("parent", TYPE_UINT32, FLAG_NULLABLE);
    parent.foreignKey = new ForeignKey("nodes", "id", ON_DELETE_CASCADE);
    schema.columns.push(parent);
    schema.indexes.push(new IndexDefinition(["id"], true));
    schema.indexes.push(new IndexDefinition(["parent"], false));
    expect(context.createTable(schema)).toBe(OK);
    const table = context.table("nodes")!;
    const row = new Row(table.layout);
    context.begin();
    for (let i: u32 = 0; i < 3000; i++) {
      row.reset();
      setNumber(row, 0, i);
      setNumber(row, 1, i == 0 ? 0 : i - 1);
      expect(context.insert(table, row)).toBe(OK, "the first refers to itself");
    }
    row.reset();
    setNumber(row, 1, 2999);
    expect(context.update(table, addressOfKey(context, "nodes", 0), row)).toBe(OK, "now they form a circle");
    context.commit();
    expect(remove(context, "nodes", 1500)).toBe(OK);
    expect(context.cascaded).toBe(2999);
    expect(countRows(context, "nodes")).toBe(0);
    context.close();
  });

  test("in a unique column any number of rows has null, or one, as in the reference", () => {
    expect(insertTwoNulls(false)).toBe(OK);
    expect(insertTwoNulls(true)).toBe(UNIQUE_CONFLICT);
  });

  test("autoincrement: a failed insert gives its number back, an explicit value moves the counter, the end is an error", () => {
    const context = newStore();
    const schema = new TableSchemaSnapshot("t", "id");
    schema.columns.push(new Column("id", TYPE_INT8, FLAG_PRIMARY_KEY | FLAG_UNIQUE | FLAG_AUTO));
    schema.columns.push(new Column("name", TYPE_TEXT, FLAG_UNIQUE));
    schema.indexes.push(new IndexDefinition(["id"], true));
    schema.indexes.push(new IndexDefinition(["name"], true));
    context.createTable(schema);
    const table = context.table("t")!;
    const row = new Row(table.layout);
    setText(row, 1, "a");
    expect(context.insert(table, row)).toBe(OK);
    row.reset();
    setText(row, 1, "a");
    expect(context.insert(table, row)).toBe(UNIQUE_CONFLICT);
    row.reset();
    setText(row, 1, "b");
    expect(context.insert(table, row)).toBe(OK);
    expect(load<i8>(row.ptr(0))).toBe(2, "the number of the failed insert");
    row.reset();
    store<i8>(scratch, 127);
    row.set(0, scratch, 1);
    setText(row, 1, "c");
    expect(context.insert(table, row)).toBe(OK);
    row.reset();
    setText(row, 1, "d");
    expect(context.insert(table, row)).toBe(AUTOINCREMENT_OVERFLOW);
    context.close();
  });
});

describe("transactions", () => {
  test("rollback, nested savepoints and release", () => {
    const context = newStore();
    context.createTable(usersSchema());
    const before = fingerprint(context);
    expect(context.commit()).toBe(NO_TRANSACTION);
    expect(context.savepoint("s")).toBe(NO_TRANSACTION);
    expect(context.begin()).toBe(OK);
    expect(context.begin()).toBe(TRANSACTION_ACTIVE);
    addUser(context, 1, "a", 1);
    context.savepoint("s");
    for (let i: u32 = 2; i < 5000; i++) addUser(context, i, "u" + i.toString(), i % 50);
    context.savepoint("inner");
    remove(context, "users", 1);
    expect(countRows(context, "users")).toBe(4998);
    expect(context.rollbackTo("inner")).toBe(OK);
    expect(countRows(context, "users")).toBe(4999);
    expect(addUser(context, 1, "z", 1)).toBe(PRIMARY_KEY_CONFLICT);
    expect(context.rollbackTo("s")).toBe(OK);
    expect(countRows(context, "users")).toBe(1);
    expect(context.rollbackTo("inner")).toBe(NO_TRANSACTION, "gone with the outer one");
    addUser(context, 2, "b", 1);
    expect(context.release("s")).toBe(OK);
    expect(countRows(context, "users")).toBe(2);
    expect(context.rollback()).toBe(OK);
    expect(countRows(context, "users")).toBe(0);
    expect(fingerprint(context)).toBe(before);
    context.close();
  });

  test("tables made and dropped in a transaction come and go with it", () => {
    const context = newStore();
    context.createTable(usersSchema());
    addUser(context, 1, "a", 1);
    const before = fingerprint(context);
    context.begin();
    expect(context.createTable(usersSchema())).toBe(TABLE_EXISTS);
    expect(context.createTable(postsSchema(ON_DELETE_CASCADE))).toBe(OK);
    addPost(context, 1);
    context.savepoint("s");
    expect(context.dropTable("posts")).toBe(OK);
    expect(context.table("posts") == null).toBe(true);
    context.rollbackTo("s");
    expect(countRows(context, "posts")).toBe(1);
    expect(context.dropTable("posts")).toBe(OK);
    expect(context.dropTable("users")).toBe(OK);
    expect(context.dropTable("users")).toBe(TABLE_NOT_FOUND);
    context.rollback();
    expect(countRows(context, "users")).toBe(1);
    expect(context.table("posts") == null).toBe(true);
    expect(fingerprint(context)).toBe(before);
    context.close();
  });

  test("a row that fails in a transaction that made a table has no tables opened anew; a table that fails has", () => {
    const context = newStore();
    expect(context.begin()).toBe(OK);
    expect(context.createTable(usersSchema())).toBe(OK);
    expect(addUser(context, 1, "a@x", 10)).toBe(OK);
    const version = context.tablesVersion;
    const table = context.table("users")!;
    expect(addUser(context, 1, "b@x", 10)).toBe(PRIMARY_KEY_CONFLICT);
    expect(addUser(context, 2, "a@x", 10)).toBe(UNIQUE_CONFLICT);
    expect(context.tablesVersion).toBe(version);
    expect(context.table("users")! === table).toBe(true);
    for (let id: u32 = 2; id < 300; id++) expect(addUser(context, id, id.toString() + "@x", 10)).toBe(OK);
    expect(countRows(context, "users")).toBe(299);
    expect(context.rollback()).toBe(OK);
    expect(context.table("users") === null).toBe(true);
    expect(context.createTable(usersSchema())).toBe(OK);
    expect(countRows(context, "users")).toBe(0);
    context.close();
  });

  test("a dropped table gives back every page, and a new one of its kind takes just those", () => {
    const context = newStore();
    context.createTable(usersSchema());
    context.begin();
    for (let i: u32 = 0; i < 6000; i++) addUser(context, i, "someone-" + i.toString(), i);
    for (let i: u32 = 0; i < 6000; i += 2) remove(context, "users", i);
    context.commit();
    const pages = context.manager.pageCount;
    expect(context.dropTable("users")).toBe(OK);
    expect(unclaimedPageCount(context.access) + 3).toBe(pages);
    expect(context.store.schemaHash()).not.toBe(0);
    context.createTable(usersSchema());
    expect(context.manager.pageCount).toBe(pages);
    context.close();
  });

  test("foreign keys of a new table must name a unique column of the same type", () => {
    const context = newStore();
    expect(context.createTable(postsSchema(ON_DELETE_CASCADE))).toBe(BAD_SCHEMA);
    context.createTable(usersSchema());
    const schema = postsSchema(ON_DELETE_CASCADE);
    schema.columns[1].foreignKey = new ForeignKey("users", "age", ON_DELETE_CASCADE);
    expect(context.createTable(schema)).toBe(BAD_SCHEMA, "not unique");
    schema.columns[1].foreignKey = new ForeignKey("users", "email", ON_DELETE_CASCADE);
    expect(context.createTable(schema)).toBe(BAD_SCHEMA, "another type");
    context.close();
  });
});

describe("against a model", () => {
  test("statements, savepoints, rollbacks and commits agree with a map, with a cache of a few pages", () => {
    const context = newStore();
    context.createTable(usersSchema());
    const table = context.table("users")!;
    let model = new Map<u32, u32>();
    let committed = new Map<u32, u32>();
    let saved = new Map<u32, u32>();
    let hasSavepoint = false;
    const row = new Row(table.layout);
    for (let i = 0; i < 9000; i++) {
      const id = random(1500);
      const age = random(40);
      const choice = random(100);
      if (choice < 45) {
        const status = addUser(context, id, "user-" + "x".repeat(<i32>random(90)) + "-" + id.toString(), age);
        expect(status).toBe(model.has(id) ? PRIMARY_KEY_CONFLICT : OK);
        if (status == OK) model.set(id, age);
      } else if (choice < 70 && model.has(id)) {
        row.reset();
        setNumber(row, 2, age);
        if (random(2) == 0) setText(row, 3, "n".repeat(<i32>random(200)));
        expect(context.update(context.table("users")!, addressOfKey(context, "users", id), row)).toBe(OK);
        model.set(id, age);
      } else if (choice < 90 && model.has(id)) {
        expect(remove(context, "users", id)).toBe(OK);
        model.delete(id);
      } else if (choice < 94) {
        if (!context.inTransaction) context.begin();
        else if (!hasSavepoint) {
          context.savepoint("s");
          saved = copyOf(model);
          hasSavepoint = true;
        }
      } else if (choice < 96 && hasSavepoint) {
        expect(context.rollbackTo("s")).toBe(OK);
        model = copyOf(saved);
      } else if (choice < 98 && context.inTransaction) {
        expect(context.commit()).toBe(OK);
        hasSavepoint = false;
      } else if (context.inTransaction) {
        expect(context.rollback()).toBe(OK);
        model = copyOf(committed);
        hasSavepoint = false;
      }
      if (!context.inTransaction) committed = copyOf(model);
      if (i % 1500 == 0) {
        expect(countRows(context, "users")).toBe(model.size);
        const ids = model.keys();
        for (let j = 0; j < ids.length; j++) {
          const address = addressOfKey(context, "users", ids[j]);
          const body = context.table("users")!.registry.body(address, 1);
          if (load<u32>(body) != ids[j]) expect(j).toBe(-1, "another row");
          const emailLen = <u32>load<u16>(body, 4);
          if (load<u32>(body + 6 + emailLen) != model.get(ids[j])) expect(j).toBe(-1, "another age");
        }
      }
    }
    context.close();
  });

  test("10,000 statements in a warm store take no more memory", () => {
    const context = newStore();
    context.createTable(usersSchema());
    const table = context.table("users")!;
    const row = new Row(table.layout);
    const email = String.UTF8.encode("-user-@example.org");
    context.begin();
    let blocks: u32 = 0;
    let bytes: i32 = 0;
    for (let i: u32 = 0; i < 12000; i++) {
      row.reset();
      setNumber(row, 0, i % 1000);
      store<u16>(scratch, <u16>email.byteLength);
      memory.copy(scratch + 2, changetype<usize>(email), email.byteLength);
      store<u32>(scratch, i, 2);
      row.set(1, scratch, email.byteLength + 2);
      setNumber(row, 2, i % 90);
      expect(context.insert(table, row)).toBe(OK);
      if (i >= 500) remove(context, "users", (i - 500) % 1000);
      if (i == 2000) {
        blocks = blocksGrown;
        bytes = memory.size();
      }
    }
    expect(blocksGrown).toBe(blocks);
    expect(memory.size()).toBe(bytes);
    context.close();
  });
});

function copyOf(map: Map<u32, u32>): Map<u32, u32> {
  const copy = new Map<u32, u32>();
  const keys = map.keys();
  for (let i = 0; i < keys.length; i++) copy.set(keys[i], map.get(keys[i]));
  return copy;
}

describe("access control list", () => {
  test("grants add up, revokes take away, empty entries go, the last manager stays", () => {
    const context = newStore();
    const acl = context.acl;
    const alice = String.UTF8.encode("alice");
    const bob = String.UTF8.encode("bob");
    expect(acl.read()!.length).toBe(0, "a list that was never written");
    expect(acl.grant(bob, 0, PERM_READ, 0, 0)).toBe(OK);
    expect(acl.grant(alice, ACL_MANAGE, 0, 77, PERM_INSERT)).toBe(OK);
    expect(acl.grant(alice, 0, 0, 55, PERM_DELETE)).toBe(OK);
    let list = acl.read()!;
    expect(list.length).toBe(2);
    expect(AccessControlList.find(list, alice)).toBe(0, "sorted by identity");
    expect(list[0].tables.length).toBe(2);
    expect(list[0].tables[0].fingerprint).toBe(55, "sorted by fingerprint");
    expect(list[0].allows(77, PERM_INSERT)).toBe(true);
    expect(list[0].allows(77, PERM_INSERT | PERM_READ)).toBe(false);
    expect(list[1].allows(123, PERM_READ)).toBe(true);
    expect(acl.revoke(alice, ACL_MANAGE, 0, 0, 0)).toBe(CONSTRAINT_VIOLATION);
    expect(acl.remove(alice)).toBe(CONSTRAINT_VIOLATION);
    expect(acl.grant(bob, ACL_MANAGE | ACL_ADMIN, 0, 0, 0)).toBe(OK);
    expect(acl.remove(alice)).toBe(OK);
    expect(acl.remove(alice)).toBe(IDENTITY_NOT_FOUND);
    list = acl.read()!;
    expect(list[0].allows(1, 15)).toBe(true, "admin passes every table check");
    expect(acl.revoke(bob, ACL_MANAGE, 0, 0, 0)).toBe(CONSTRAINT_VIOLATION);
    acl.grant(alice, ACL_MANAGE, 0, 0, 0);
    expect(acl.revoke(bob, ACL_ADMIN | ACL_MANAGE, PERM_READ, 0, 0)).toBe(OK);
    expect(acl.read()!.length).toBe(1, "bob has no right left");
    expect(acl.grant(new ArrayBuffer(256), 1, 0, 0, 0)).toBe(NAME_TOO_LONG);
    context.access.writeU16(1, 0, 3);
    expect(acl.read() == null).toBe(true);
    expect(acl.grant(bob, 1, 0, 0, 0)).toBe(ACL_LAYOUT_UNSUPPORTED);
    context.close();
  });
});
