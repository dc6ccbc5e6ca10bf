/** Each function of wit/ through the component on Node: what it does, what it refuses, and what becomes of handles. */
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  CREATE,
  NULL,
  type Column,
  type Connection,
  type TableSchema,
  type Value,
  excluded,
  errorOf,
  included,
  jsonOf,
  range,
  refuses,
  rowsOf,
  text,
  u32,
  u8,
} from "./helpers/component.js";
import { type Component, componentIn } from "./helpers/component-folder.js";
import {
  golden,
  goldenNames,
  goldenRows,
  goldenSchema,
  layouts,
  oldLayouts,
  type Layout,
  type OldLayout,
} from "./helpers/golden.js";
import { tempFolder } from "./helpers/store.js";

const column = (name: string, tag: ColumnTag, more: Partial<Column> = {}): Column => ({
  name,
  dataType: { tag },
  nullable: false,
  autoIncrement: false,
  unique: false,
  ...more,
});

const USERS: TableSchema = {
  name: "users",
  primaryKey: "id",
  columns: [
    column("id", "uint32", { autoIncrement: true }),
    column("name", "text", { unique: true }),
    column("age", "uint8", { nullable: true }),
    column("score", "int64", { default: { tag: "int64", val: -7n } }),
  ],
  indexes: [{ columns: ["age"], unique: false }],
};

const POSTS: TableSchema = {
  name: "posts",
  primaryKey: "id",
  columns: [
    column("id", "uint64"),
    column("author", "uint32", { foreignKey: { table: "users", column: "id", onDelete: "cascade" } }),
  ],
  indexes: [{ columns: ["author"], unique: false }],
};

interface Opened {
  readonly component: Component;
  readonly folder: string;
  readonly db: Connection;
}

/** A new file with the two tables; checked when the test ends. */
async function openNew(t: TestContext, path = "data/app.db"): Promise<Opened> {
  const folder = tempFolder(t);
  const component = await componentIn(folder);
  const db = component.Connection.open(path, CREATE);
  db.createTable(USERS);
  db.createTable(POSTS);
  return { component, folder, db };
}

function assertSound(db: Connection): void {
  const { faults } = JSON.parse(db.request('{"op":"check"}')) as { faults: { severity: string }[] };
  assert.deepEqual(
    faults.filter(({ severity }) => severity === "error"),
    [],
  );
}

const names = (rows: Value[][], at = 1): unknown[] => rows.map((row) => jsonOf(row[at] as Value));

test("each function does what it says", async (t) => {
  const { component, folder, db } = await openNew(t);
  assert.deepEqual(db.tables(), ["posts", "users"]);
  const users = db.table("users");
  const posts = db.table("posts");

  assert.deepEqual(users.insert(["name", "age"], [[text("ann"), u8(41)]]), [u32(1)]);
  const more = [
    [u32(7), text("bob"), NULL, { tag: "int64", val: 5n }],
    [u32(9), text("cid 😀"), u8(41), { tag: "int64", val: -(2n ** 63n) }],
  ] as const;
  assert.deepEqual(users.insert([], more), [u32(7), u32(9)]);
  assert.deepEqual(users.insert(["name"], []), []);
  refuses("constraint", "NOT_NULL", /users.name has no value/, () => users.insert([], [[]]));
  assert.deepEqual(users.get(u32(1)), [u32(1), text("ann"), u8(41), { tag: "int64", val: -7n }]);
  assert.deepEqual(users.get(u32(9)), more[1]);
  assert.equal(users.get(u32(2)), undefined);
  assert.deepEqual(users.getBy("name", text("bob")), more[0]);
  assert.equal(users.getBy("name", text("bobby")), undefined);
  assert.deepEqual(users.getBy("id", u8(7)), more[0]);

  posts.insert([], [[{ tag: "uint64", val: 2n ** 64n - 1n }, u32(7)]]);
  assert.equal(users.update(u32(7), ["id", "age"], [u32(70), u8(3)]), 1n);
  assert.equal(users.update(u32(7), ["age"], [u8(3)]), undefined);
  assert.deepEqual(posts.get({ tag: "uint64", val: 2n ** 64n - 1n }), [{ tag: "uint64", val: 2n ** 64n - 1n }, u32(70)]);
  refuses("constraint", "FOREIGN_KEY_RESTRICT", /posts/, () => users.delete(u32(70), "restrict"));
  assert.equal(users.delete(u32(70), "by-schema"), 1n);
  assert.equal(users.delete(u32(70), "cascade"), undefined);
  assert.equal(posts.count(range()), 0n);

  assert.deepEqual(names(rowsOf(users)), ["ann", "cid 😀"]);
  assert.equal(users.count(range()), 2n);
  assert.deepEqual(JSON.parse(db.request('{"op":"tables","id":"x"}')), {
    tables: [
      { name: "posts", rows: 0 },
      { name: "users", rows: 2 },
    ],
  });
  db.sync();
  db.dropTable("posts");
  assert.deepEqual(db.tables(), ["users"]);
  assertSound(db);
  db.close();
  assert.equal(statSync(join(folder, "app.db")).size % 65536, 0);

  const again = component.Connection.open("data/app.db", { ...CREATE, readOnly: true });
  assert.deepEqual(names(rowsOf(again.table("users"))), ["ann", "cid 😀"]);
  refuses("state", "READ_ONLY", /reading only/, () => again.table("users").insert(["name"], [[text("x")]]));
  again[Symbol.dispose]();
});

test("what makes no sense is refused with a code, a kind and a message, and changes nothing", async (t) => {
  const { db } = await openNew(t);
  const users = db.table("users");
  users.insert(["name", "age"], [[text("ann"), u8(41)]]);
  const before = rowsOf(users);

  refuses("not-found", "TABLE_NOT_FOUND", /no table user; did you mean users/, () => db.table("user"));
  refuses("not-found", "TABLE_NOT_FOUND", /no table user/, () => db.dropTable("user"));
  refuses("exists", "TABLE_EXISTS", /users already/, () => db.createTable(USERS));
  refuses("constraint", "FOREIGN_KEY_RESTRICT", /table posts refers/, () => db.dropTable("users"));
  refuses("not-found", "COLUMN_NOT_FOUND", /no column nmae; did you mean name/, () => users.insert(["nmae"], [[text("x")]]));
  refuses("invalid", "BAD_REQUEST", /name is named twice/, () => users.insert(["name", "name"], [[text("x"), text("y")]]));
  refuses("invalid", "BAD_REQUEST", /row 2: the row has 1 values for 2/, () =>
    users.insert(["name", "age"], [[text("x"), NULL], [text("y")]]),
  );
  refuses("constraint", "UNIQUE_CONFLICT", /row 2: another row of users has name = ann/, () =>
    users.insert(["name"], [[text("eve")], [text("ann")]]),
  );
  refuses("constraint", "PRIMARY_KEY_CONFLICT", /id = 1/, () => users.insert(["id", "name"], [[u32(1), text("x")]]));
  refuses("constraint", "NOT_NULL", /users.name/, () => users.insert(["name"], [[NULL]]));
  refuses("constraint", "NOT_NULL", /users.name/, () => users.update(u32(1), ["name"], [NULL]));
  refuses("constraint", "FOREIGN_KEY_BROKEN", /posts.author = 8/, () =>
    db.table("posts").insert([], [[{ tag: "uint64", val: 1n }, u32(8)]]),
  );
  refuses("invalid", "BAD_VALUE", /users.id: this column is never null/, () => users.get(NULL));
  refuses("invalid", "BAD_VALUE", /users.id: "-1" is not a uint32/, () => users.get({ tag: "int8", val: -1 }));
  refuses("invalid", "BAD_VALUE", /users.id: a blob is not a uint32/, () => users.get({ tag: "blob", val: new Uint8Array(4) }));
  refuses("invalid", "BAD_VALUE", /users.name: a value of another type is not a text/, () => users.getBy("name", u32(1)));
  refuses("invalid", "BAD_REQUEST", /users.age is not unique/, () => users.getBy("age", u8(41)));
  refuses("not-found", "COLUMN_NOT_FOUND", /no column nam/, () => users.getBy("nam", text("ann")));
  refuses("not-found", "COLUMN_NOT_FOUND", /no column x/, () => users.update(u32(1), ["x"], [NULL]));
  refuses("invalid", "BAD_REQUEST", /the row has 0 values for 1 columns/, () => users.update(u32(1), ["age"], []));
  refuses("not-found", "INDEX_NOT_FOUND", /no index on score/, () => users.scan(range({ index: ["score"] })));
  refuses("not-found", "COLUMN_NOT_FOUND", /no column x/, () => users.scan(range({ columns: ["x"] })));
  refuses("invalid", "BAD_REQUEST", /a bound of 0 values; the index is on id/, () => users.scan(range({ lower: included() })));
  refuses("invalid", "BAD_REQUEST", /a bound of 2 values; the index is on age/, () =>
    users.count(range({ index: ["age"], upper: excluded(u8(1), u8(2)) })),
  );
  refuses("invalid", "BAD_VALUE", /users.id: this column is never null/, () => users.scan(range({ lower: included(NULL) })));
  refuses("invalid", "BAD_VALUE", /users.age: "256" is not a uint8/, () =>
    users.scan(range({ index: ["age"], lower: included({ tag: "int16", val: 256 }) })),
  );
  refuses("invalid", "BAD_REQUEST", /ask for one or more/, () => users.scan(range()).next(0));
  refuses("invalid", "BAD_REQUEST", /no operation "tabels"/, () => db.request('{"op":"tabels"}'));
  refuses("invalid", "BAD_REQUEST", /not JSON/, () => db.request("{"));
  refuses("invalid", "BAD_REQUEST", /at most 67108864 bytes/, () => db.request(" ".repeat(67108865)));
  refuses("not-found", "ROW_NOT_FOUND", /users has no row/, () => db.request('{"op":"get","table":"users","key":5}'));

  assert.deepEqual(rowsOf(users), before);
  assertSound(db);
  db.close();
});

test("a file is opened as the options say, and what can't be opened leaves nothing", async (t) => {
  const folder = tempFolder(t);
  const { Connection } = await componentIn(folder);
  const missing = { ...CREATE, create: false };
  refuses("not-found", "FILE_NOT_FOUND", /data\/none\.db/, () => Connection.open("data/none.db", missing));
  refuses("access-denied", "ACCESS_DENIED", /other\/none.db is in no folder/, () => Connection.open("other/none.db", CREATE));
  refuses("not-found", "FOLDER_NOT_FOUND", /none/, () => Connection.open("data/none/x.db", CREATE));
  refuses("invalid", "BAD_REQUEST", /a cache of 2147483649 bytes/, () =>
    Connection.open("data/a.db", { ...CREATE, cacheBytes: 2147483649n }),
  );
  refuses("invalid", "BAD_REQUEST", /always new/, () => Connection.open(":memory:", missing));
  refuses("invalid", "BAD_REQUEST", /no field cacheBites; did you mean cacheBytes/, () =>
    Connection.openJson('{"path":"data/a.db","create":true,"cacheBites":1}'),
  );
  writeFileSync(join(folder, "foreign"), "not a page file");
  refuses("damaged", "NOT_A_PAGE_FILE", /15 bytes long/, () => Connection.open("data/foreign", missing));

  const newer = Connection.open("data/b.db", { ...CREATE, layout: "v0-11", cacheBytes: 300_000n, durability: "checkpoint" });
  assert.equal((JSON.parse(newer.request('{"op":"info"}')) as { layout: string }).layout, "0.11");
  newer.createTable({ ...USERS, columns: USERS.columns.slice(0, 2), indexes: [] });
  newer.sync();
  newer.close();
  refuses("invalid", "BAD_VALUE", /layout 0.11, not 0.9/, () => Connection.open("data/b.db", { ...CREATE, layout: "v0-9" }));
  const memory = Connection.open(":memory:", CREATE);
  assert.deepEqual(memory.tables(), []);
  memory.close();
  const told = Connection.openJson('{"path":"data/b.db","readonly":true,"layout":"0.11"}');
  assert.deepEqual(told.tables(), ["users"]);
  told.close();
});

test("a transaction is all or nothing; dropping it, or its connection, takes it back", async (t) => {
  const { component, db } = await openNew(t);
  const users = db.table("users");
  const insert = (name: string): unknown => users.insert(["name"], [[text(name)]]);
  refuses("state", "NO_TRANSACTION", /no transaction/, () => db.request('{"op":"commit"}'));
  assert.equal(db.inTransaction(), false);

  const first = db.beginTransaction();
  assert.equal(db.inTransaction(), true);
  refuses("state", "TRANSACTION_ACTIVE", /open already/, () => db.beginTransaction());
  insert("a");
  first.savepoint("one");
  insert("b");
  first.savepoint("two");
  insert("c");
  first.rollbackTo("one");
  refuses("state", "NO_TRANSACTION", /no savepoint two/, () => first.release("two"));
  insert("d");
  first.release("one");
  refuses("state", "NO_TRANSACTION", /no savepoint one/, () => first.rollbackTo("one"));
  first.commit();
  assert.deepEqual(names(rowsOf(users)), ["a", "d"]);
  for (const call of [() => first.commit(), () => first.rollback(), () => first.savepoint("x"), () => first.release("x")])
    refuses("closed", "CLOSED", /transaction is over/, call);
  refuses("closed", "CLOSED", /transaction is over/, () => first.rollbackTo("x"));

  const second = db.beginTransaction();
  insert("e");
  second.rollback();
  second[Symbol.dispose]();
  const third = db.beginTransaction();
  insert("f");
  third[Symbol.dispose]();
  assert.equal(db.inTransaction(), false);
  assert.deepEqual(names(rowsOf(users)), ["a", "d"]);

  // A handle that is over does nothing to a later transaction.
  const fourth = db.beginTransaction();
  first[Symbol.dispose]();
  insert("g");
  fourth.commit();
  assert.deepEqual(names(rowsOf(users)), ["a", "d", "g"]);

  // Requests end transactions as well, and begin some that have no handle.
  const fifth = db.beginTransaction();
  insert("h");
  db.request('{"op":"commit"}');
  refuses("closed", "CLOSED", /transaction is over/, () => fifth.rollback());
  db.request('{"op":"begin"}');
  assert.equal(db.inTransaction(), true);
  refuses("closed", "CLOSED", /transaction is over/, () => fifth.rollback());
  fifth[Symbol.dispose]();
  assert.equal(db.inTransaction(), true);
  db.request('{"op":"rollback"}');
  assert.deepEqual(names(rowsOf(users)), ["a", "d", "g", "h"]);

  // A commit that fails has rolled back.
  const sixth = db.beginTransaction();
  db.request('{"op":"savepoint","name":"s","anyOrder":true}');
  db.table("posts").insert([], [[{ tag: "uint64", val: 1n }, u32(99)]]);
  refuses("constraint", "FOREIGN_KEY_BROKEN", /posts.author = 99/, () => sixth.commit());
  refuses("closed", "CLOSED", /transaction is over/, () => sixth.rollback());
  assert.equal(db.inTransaction(), false);

  const last = db.beginTransaction();
  insert("i");
  db[Symbol.dispose]();
  refuses("closed", "CLOSED", /connection is closed/, () => last.commit());
  refuses("closed", "CLOSED", /connection is closed/, () => insert("j"));
  last[Symbol.dispose]();
  const again = component.Connection.open("data/app.db", CREATE);
  assert.deepEqual(names(rowsOf(again.table("users"))), ["a", "d", "g", "h"]);
  assertSound(again);
  again.close();
});

test("behind a close everything says so, and handles are dropped in any order", async (t) => {
  const folder = tempFolder(t);
  const { Connection } = await componentIn(folder);
  const orders = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].map((c) => [a, b, c])));
  for (const order of orders.filter((order) => new Set(order).size === 3)) {
    const db = Connection.open("data/app.db", CREATE);
    if (db.tables().length === 0) db.createTable(USERS);
    const users = db.table("users");
    if (users.count(range()) === 0n) users.insert(["name"], [[text("a")], [text("b")], [text("c")]]);
    const transaction = db.beginTransaction();
    users.insert(["name"], [[text("d")]]);
    const cursor = users.scan(range());
    assert.equal(cursor.next(2).length, 2);
    const handles: readonly Disposable[] = [db, users, transaction, cursor];
    for (const [at, which] of order.entries()) {
      handles[which]?.[Symbol.dispose]();
      const dropped = order.slice(0, at + 1);
      const isClosed = dropped.includes(0);
      const left = [() => db.tables(), () => users.get(u32(1)), () => transaction.savepoint("s"), () => cursor.next(1)];
      for (const [handle, call] of left.entries()) {
        if (dropped.includes(handle)) continue;
        if (isClosed) refuses("closed", "CLOSED", /the connection is closed/, call);
        // It began behind changes that the rollback took back.
        else if (handle === 3 && dropped.includes(2)) assert.match(errorOf(call).message, /begin it anew|make it anew/);
        else call();
      }
    }
    handles[[0, 1, 2, 3].find((which) => !order.includes(which)) ?? 0]?.[Symbol.dispose]();
  }

  const db = Connection.open("data/app.db", CREATE);
  const users = db.table("users");
  const transaction = db.beginTransaction();
  const cursor = users.scan(range({ columns: ["name"] }));
  db.close();
  db.close();
  const said: readonly (() => unknown)[] = [
    () => db.request('{"op":"tables"}'),
    () => db.tables(),
    () => db.table("users"),
    () => db.createTable(USERS),
    () => db.dropTable("users"),
    () => db.beginTransaction(),
    () => db.sync(),
    () => transaction.commit(),
    () => transaction.rollback(),
    () => transaction.savepoint("s"),
    () => transaction.rollbackTo("s"),
    () => transaction.release("s"),
    () => users.schema(),
    () => users.get(u32(1)),
    () => users.getBy("name", text("a")),
    () => users.insert([], []),
    () => users.update(u32(1), [], []),
    () => users.delete(u32(1), "cascade"),
    () => users.scan(range()),
    () => users.count(range()),
    () => cursor.next(1),
  ];
  for (const call of said) refuses("closed", "CLOSED", /^the connection is closed; open the file again$/, call);
  assert.equal(db.inTransaction(), false);
  assert.deepEqual(cursor.columns(), ["name"]);
  const again = Connection.open("data/app.db", CREATE);
  assert.deepEqual(names(rowsOf(again.table("users"))), ["a", "b", "c"]);
  assertSound(again);
  again.close();
});

test("a table's handle survives other tables, and says when it is another table", async (t) => {
  const { db } = await openNew(t);
  const users = db.table("users");
  users.insert(["name"], [[text("ann")]]);
  db.createTable({ ...USERS, name: "people" });
  assert.deepEqual(names([users.get(u32(1)) ?? []]), ["ann"]);
  db.dropTable("people");
  assert.deepEqual(names([users.get(u32(1)) ?? []]), ["ann"]);
  // A rollback of a change of tables opens all of them anew.
  const first = db.beginTransaction();
  users.insert(["name"], [[text("bob")]]);
  db.dropTable("posts");
  users.insert(["name"], [[text("cid")]]);
  first.rollback();
  assert.deepEqual(names(rowsOf(users)), ["ann"]);

  const second = db.beginTransaction();
  db.dropTable("posts");
  db.dropTable("users");
  refuses("not-found", "TABLE_NOT_FOUND", /no table users/, () => users.get(u32(1)));
  db.createTable({ ...USERS, columns: USERS.columns.slice(0, 2), indexes: [] });
  refuses("closed", "CLOSED", /another definition; look it up again/, () => users.get(u32(1)));
  refuses("closed", "CLOSED", /another definition/, () => users.schema());
  db.table("users").insert(["name"], [[text("new")]]);
  second.rollback();
  assert.deepEqual(names(rowsOf(users)), ["ann"]);

  db.dropTable("posts");
  db.dropTable("users");
  db.createTable(USERS);
  assert.equal(users.count(range()), 0n);
  users.insert(["name"], [[text("eve")]]);
  assert.deepEqual(names(rowsOf(users)), ["eve"]);
  assertSound(db);
  db.close();
});

test("a range has bounds that are in or out, a direction, columns, an offset and a limit", async (t) => {
  const { db } = await openNew(t, ":memory:");
  const users = db.table("users");
  const ages = [10, 20, 20, 30, null, 40];
  users.insert(
    ["name", "age"],
    ages.map((age, i) => [text(`n${i}`), age === null ? NULL : u8(age)]),
  );
  const age = (said: object): unknown[] => names(rowsOf(users, { index: ["age"], columns: ["name"], ...said }), 0);
  // Null comes first among values of a uint8.
  assert.deepEqual(age({}), ["n4", "n0", "n1", "n2", "n3", "n5"]);
  assert.deepEqual(age({ reverse: true }), ["n5", "n3", "n2", "n1", "n0", "n4"]);
  assert.deepEqual(age({ lower: included(u8(20)) }), ["n1", "n2", "n3", "n5"]);
  assert.deepEqual(age({ lower: excluded(u8(20)) }), ["n3", "n5"]);
  assert.deepEqual(age({ lower: excluded(NULL), upper: included(u8(20)) }), ["n0", "n1", "n2"]);
  assert.deepEqual(age({ lower: excluded(NULL), upper: excluded(u8(20)) }), ["n0"]);
  assert.deepEqual(age({ lower: included(u8(20)), upper: included(u8(20)) }), ["n1", "n2"]);
  assert.deepEqual(age({ lower: excluded(u8(20)), upper: included(u8(20)) }), []);
  assert.deepEqual(age({ lower: included(NULL), upper: included(NULL) }), ["n4"]);
  assert.deepEqual(age({ lower: excluded(u8(10)), upper: excluded(u8(40)), reverse: true }), ["n3", "n2", "n1"]);
  assert.deepEqual(age({ offset: 2n, limit: 3n }), ["n1", "n2", "n3"]);
  assert.deepEqual(age({ offset: 2n ** 64n - 1n }), []);
  assert.deepEqual(age({ limit: 0n }), []);
  assert.deepEqual(age({ limit: 2n ** 64n - 1n, offset: 5n }), ["n5"]);
  assert.equal(users.count(range({ index: ["age"], lower: excluded(u8(20)) })), 2n);
  assert.equal(users.count(range({ offset: 2n, limit: 3n })), 3n);
  assert.equal(users.count(range({ offset: 5n })), 1n);
  assert.equal(users.count(range({ offset: 2n ** 63n })), 0n);
  // Without an index bounds and a direction are the primary key's.
  assert.deepEqual(names(rowsOf(users, { lower: excluded(u8(2)), upper: excluded(text("5")) })), ["n2", "n3"]);
  assert.deepEqual(names(rowsOf(users, { reverse: true, limit: 2n })), ["n5", "n4"]);
  const cursor = users.scan(range({ columns: ["score", "name"], limit: 1n }));
  assert.deepEqual(cursor.columns(), ["score", "name"]);
  assert.deepEqual(cursor.next(5), [[{ tag: "int64", val: -7n }, text("n0")]]);
  assert.deepEqual(cursor.next(5), []);
  assert.deepEqual(users.scan(range()).columns(), ["id", "name", "age", "score"]);
  db.close();
});

test("a cursor goes on behind its last row whatever becomes of rows and tables", async (t) => {
  for (const index of [[], ["id"], ["name"], ["age"]]) {
    for (const page of [1, 2, 7]) {
      const { db } = await openNew(t, ":memory:");
      const users = db.table("users");
      const all = Array.from({ length: 30 }, (_, i) => i);
      users.insert(
        ["name", "age"],
        all.map((i) => [text(`row ${String(i).padStart(2, "0")}`), u8(i % 3)]),
      );
      const cursor = users.scan(range({ index, columns: ["id"] }));
      const given: number[] = [];
      let step = 0;
      for (let rows = cursor.next(page); rows.length > 0; rows = cursor.next(page)) {
        const ids = rows.map(([id]) => jsonOf(id as Value) as number);
        given.push(...ids);
        step += 1;
        const last = ids.at(-1) as number;
        // The row where it stands goes, others come; tables come and go, and are opened anew.
        users.delete(u32(last), "by-schema");
        users.insert(["name", "age"], [[text(`new ${step}`), u8(step % 3)]]);
        const transaction = db.beginTransaction();
        db.createTable({ ...USERS, name: `t${step}` });
        if (step % 2 === 0) transaction.commit();
        else transaction[Symbol.dispose]();
      }
      assert.equal(new Set(given).size, given.length, `${index.join()}: no row comes twice`);
      assert.deepEqual(
        given.toSorted((a, b) => a - b),
        all.map((i) => i + 1),
        `${index.join()}: every row that was there comes`,
      );
      assert.deepEqual(cursor.next(1), [], "the end is the end");
      assertSound(db);
      db.close();
    }
  }
});

test("a cursor that can't go on says so, and stays so", async (t) => {
  const { db } = await openNew(t);
  const users = db.table("users");
  users.insert(
    ["name"],
    ["a", "b", "c", "d"].map((name) => [text(name)]),
  );
  const transaction = db.beginTransaction();
  users.insert(["name"], [[text("e")]]);
  const inside = users.scan(range({ index: ["name"] }));
  inside.next(2);
  transaction.rollback();
  refuses("closed", "SCAN_OUTDATED", /begin it anew/, () => inside.next(1));
  refuses("closed", "CLOSED", /the cursor has failed before; make it anew/, () => inside.next(1));

  const begun = users.scan(range());
  const fresh = users.scan(range());
  begun.next(2);
  db.dropTable("posts");
  db.dropTable("users");
  refuses("not-found", "TABLE_NOT_FOUND", /no table users/, () => begun.next(1));
  db.createTable(USERS);
  users.insert(["name"], [[text("z")]]);
  refuses("closed", "SCAN_OUTDATED", /begin it anew/, () => begun.next(1));
  // One that has not begun begins with what is there.
  assert.deepEqual(names(fresh.next(5)), ["z"]);
  const third = users.scan(range());
  db.dropTable("users");
  db.createTable({ ...USERS, columns: USERS.columns.slice(0, 2), indexes: [] });
  refuses("closed", "CLOSED", /another definition/, () => third.next(1));
  db.close();
});

// ---- values ----

const bytes = (...list: number[]): Uint8Array => Uint8Array.from(list);
const LONGEST = 65_535;

type ColumnTag = Exclude<Value["tag"], "null" | "custom">;

const of = (tag: ColumnTag, ...values: unknown[]): readonly Value[] => values.map((val) => ({ tag, val }) as Value);

/** Values at both ends of each type, as they come back. */
const EXTREMES: readonly (readonly Value[])[] = [
  of("int8", -128, 127, 0),
  of("int16", -32768, 32767),
  of("int32", -(2 ** 31), 2 ** 31 - 1),
  of("int64", -(2n ** 63n), 2n ** 63n - 1n),
  of("uint8", 0, 255),
  of("uint16", 0, 65535),
  of("uint32", 0, 2 ** 32 - 1),
  of("uint64", 0n, 2n ** 64n - 1n),
  of("decimal", "-79228162514264337593543950335", "0.0000000000000000000000000001", "-12.50"),
  of("boolean", false, true),
  of("date", "0001-01-01", "9999-12-31"),
  of("datetime", "2026-02-28T23:59:58.999999+05:30", "2000-02-29T00:00:00.000000-12:00"),
  of("blob", bytes(), bytes(0, 255, 128), new Uint8Array(60_000).fill(254)),
  of("text", "", "0", "\0 ä 漢 😀", "x".repeat(60_000)),
  of("uuid", "00000000-0000-0000-0000-000000000000", "9e3779b9-7f4a-7c15-f39c-c0605cedc832"),
  of("json", "null", '{"a":[1,2.50,"é"],"b":{}}'),
];

/** Texts that spell one of them, by its place. */
const SPELLED: readonly (readonly [ColumnTag, string, number])[] = [
  ["int8", "-128", 0],
  ["int16", "32767", 1],
  ["int32", "-2147483648", 0],
  ["int64", "9223372036854775807", 1],
  ["uint8", "255", 1],
  ["uint16", "65535", 1],
  ["uint32", "4294967295", 1],
  ["uint64", "18446744073709551615", 1],
  ["decimal", "-12.50", 2],
  ["boolean", "true", 1],
  ["date", "9999-12-31", 1],
  ["datetime", "2026-02-28T23:59:58.999999+05:30", 0],
  ["blob", "00ff80", 1],
  ["text", "0", 1],
  ["uuid", "9E3779B9-7F4A-7C15-F39C-C0605CEDC832", 1],
  ["json", ' { "a" : [1, 2.50, "é"], "b": {} } ', 1],
];

test("values of every type come back as they went in, at both ends of what they can be", async (t) => {
  const { db } = await openNew(t);
  for (const values of EXTREMES) {
    const type = values[0]?.tag as ColumnTag;
    db.createTable({
      name: type,
      primaryKey: "id",
      columns: [column("id", "uint32", { autoIncrement: true }), column("v", type, { nullable: true })],
      indexes: [],
    });
    const table = db.table(type);
    const keys = table.insert(
      ["v"],
      [...values, NULL].map((value) => [value]),
    );
    assert.deepEqual(
      keys.map((key) => table.get(key)?.[1]),
      [...values, NULL],
      type,
    );
    assert.deepEqual(
      rowsOf(table, { columns: ["v"] }).map(([value]) => value),
      [...values, NULL],
      type,
    );
    for (const [, words, at] of SPELLED.filter(([tag]) => tag === type)) {
      const [key] = table.insert(["v"], [[text(words)]]);
      assert.deepEqual(table.get(key as Value)?.[1], values[at], `${type} ${words}`);
    }
    // What the library says of the same rows.
    const { rows } = JSON.parse(db.request(`{"op":"scan","table":"${type}","columns":["v"]}`)) as { rows: { v: unknown }[] };
    assert.deepEqual(
      rows.slice(0, values.length).map(({ v }) => v),
      values.map(jsonOf),
      type,
    );
  }
  assertSound(db);
  db.close();
});

test("values are keys and bounds of every type, and defaults", async (t) => {
  const { db } = await openNew(t, ":memory:");
  for (const all of EXTREMES) {
    const type = all[0]?.tag as ColumnTag;
    const values = all.filter((value) => String((value as { val: unknown }).val).length < 100);
    db.createTable({
      name: type,
      primaryKey: "k",
      columns: [
        column("k", type),
        column("d", type, { default: values[0] }),
        column("n", type, { nullable: true, default: NULL }),
      ],
      indexes: [],
    });
    const table = db.table(type);
    assert.deepEqual(table.schema().columns[1]?.default, values[0], type);
    assert.deepEqual(table.schema().columns[2]?.default, NULL, type);
    table.insert(
      ["k"],
      values.map((value) => [value]),
    );
    for (const value of values) {
      assert.deepEqual(table.get(value), [value, values[0], NULL], type);
      assert.equal(table.count(range({ lower: included(value), upper: included(value) })), 1n, type);
      const below = table.count(range({ upper: excluded(value) }));
      const above = table.count(range({ lower: excluded(value) }));
      assert.equal(below + above + 1n, BigInt(values.length), type);
    }
    assert.equal(table.update(values[0] as Value, ["d"], [values[1] as Value]), 0n);
    assert.deepEqual(table.get(values[0] as Value)?.[1], values[1], type);
    assert.equal(table.delete(values[1] as Value, "restrict"), 0n);
    assert.equal(table.get(values[1] as Value), undefined);
  }
  assertSound(db);
  db.close();
});

test("any integer case does where the number fits, and no other case does but text", async (t) => {
  const { db } = await openNew(t, ":memory:");
  const types = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "decimal"] as const;
  const limits: Readonly<Record<string, readonly [bigint, bigint]>> = {
    decimal: [-(2n ** 96n), 2n ** 96n],
  };
  const ends = (type: string): readonly [bigint, bigint] => {
    const bits = BigInt(/\d+/.exec(type)?.[0] ?? 0);
    return limits[type] ?? (type.startsWith("u") ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]);
  };
  for (const type of types) {
    db.createTable({ name: type, primaryKey: "k", columns: [column("k", type)], indexes: [] });
    const table = db.table(type);
    const [least, most] = ends(type);
    for (const given of types.slice(0, 8)) {
      for (const val of ends(given).flatMap((end) => [end, end / 2n, end === 0n ? 1n : end - (end > 0n ? 1n : -1n)])) {
        const value = { tag: given, val: given.endsWith("64") ? val : Number(val) } as Value;
        const place = `${val} as ${given} in ${type}`;
        if (val < least || val > most) refuses("invalid", "BAD_VALUE", /is not an? /, () => table.insert([], [[value]]));
        else {
          if (table.get(value) === undefined) table.insert([], [[value]]);
          assert.equal(String(jsonOf(table.get(value)?.[0] ?? NULL)), String(val), place);
        }
      }
    }
  }
  const wrong: readonly Value[] = [
    { tag: "boolean", val: true },
    { tag: "date", val: "2026-02-28" },
    { tag: "decimal", val: "1" },
    { tag: "blob", val: bytes(1) },
    { tag: "custom", val: bytes(1) },
    { tag: "uuid", val: "9e3779b9-7f4a-7c15-f39c-c0605cedc832" },
    { tag: "json", val: "1" },
    { tag: "datetime", val: "2026-02-28T23:59:58.999999+05:30" },
  ];
  for (const [type] of SPELLED) {
    if (!db.tables().includes(type)) db.createTable({ name: type, primaryKey: "k", columns: [column("k", type)], indexes: [] });
    for (const value of wrong.filter(({ tag }) => tag !== type))
      refuses("invalid", "BAD_VALUE", / is not an? /, () => db.table(type).insert([], [[value]]));
  }
  db.close();
});

test("custom types with and without a size; values that are too long, and such that are none", async (t) => {
  const { db } = await openNew(t);
  const custom = (name: string, size?: number): Column => ({
    ...column(name, "text", { nullable: true }),
    dataType: { tag: "custom", val: size === undefined ? { tag: "any 😀" } : { tag: "rgb", size } },
  });
  db.createTable({
    name: "c",
    primaryKey: "id",
    columns: [
      column("id", "uint32", { autoIncrement: true }),
      custom("sized", 3),
      custom("free"),
      column("t", "text", { nullable: true }),
    ],
    indexes: [{ columns: ["free", "sized"], unique: false }],
  });
  const table = db.table("c");
  assert.deepEqual(table.schema().columns[1]?.dataType, { tag: "custom", val: { tag: "rgb", size: 3 } });
  assert.deepEqual(table.schema().columns[2]?.dataType, { tag: "custom", val: { tag: "any 😀", size: undefined } });
  const row: Value[] = [u32(1), { tag: "custom", val: bytes(1, 2, 3) }, { tag: "custom", val: bytes(2, 0, 254, 255) }, NULL];
  table.insert([], [row]);
  assert.deepEqual(table.get(u32(1)), row);
  assert.deepEqual(rowsOf(table, { index: ["free"], lower: included(row[2] as Value) }), [row]);
  const insert = (name: string, value: Value): unknown => table.insert([name], [[value]]);
  refuses("invalid", "BAD_VALUE", /c.sized: 2 bytes are not a custom value of 3/, () =>
    insert("sized", { tag: "custom", val: bytes(1, 2) }),
  );
  refuses("invalid", "BAD_VALUE", /c.free: 3 bytes are not a custom value/, () =>
    insert("free", { tag: "custom", val: bytes(2, 0, 1) }),
  );
  refuses("invalid", "BAD_VALUE", /c.free: 1 bytes are not/, () => insert("free", { tag: "custom", val: bytes(0) }));
  refuses("limit", "RECORD_TOO_LARGE", /65535/, () => insert("t", text("x".repeat(LONGEST + 1))));
  refuses("limit", "RECORD_TOO_LARGE", /page holds at most 65533/, () => insert("t", text("x".repeat(LONGEST))));
  refuses("limit", "RECORD_TOO_LARGE", /65535/, () => insert("free", { tag: "custom", val: new Uint8Array(LONGEST + 3) }));
  refuses("invalid", "BAD_VALUE", /c.t: a blob is not a text/, () =>
    insert("t", { tag: "blob", val: new Uint8Array(LONGEST + 1) }),
  );
  // Id, two flags of null, a flag and a length: the largest row that a page holds.
  const largest = text("ä".repeat((65_533 - 9) / 2));
  const [key] = table.insert(["t"], [[largest]]);
  assert.deepEqual(table.get(key as Value)?.[3], largest);
  assertSound(db);
  db.close();
});

test("definitions: what schema tells makes the same table, and what contradicts itself is refused", async (t) => {
  const { db } = await openNew(t);
  const words = [
    "id:uint64:pk:auto",
    "name:text:unique",
    "a:int8:null:index:default",
    "b:decimal:index=g:default=-12.50",
    "c:uint32:index=g:null:references=users.id:cascade",
    "d:custom(rgb,3):index=f:default=00ff00",
    "e:uint32:index=f:references=users.id",
  ];
  db.request(JSON.stringify({ op: "create", table: "made", columns: words, alignment: 64 }));
  const schema = db.table("made").schema();
  assert.equal(schema.alignment, 64);
  assert.deepEqual(
    schema.indexes.map(({ columns, unique }) => `${columns.join()}${unique ? "!" : ""}`),
    ["id!", "name!", "a", "d,e", "b,c"],
  );
  db.createTable({ ...schema, name: "copy" });
  assert.deepEqual(db.table("copy").schema(), { ...schema, name: "copy" });
  const told = (name: string): unknown => {
    const { tables } = JSON.parse(db.request(JSON.stringify({ op: "schema", table: name }))) as { tables: { name: string }[] };
    return { ...tables[0], name: "" };
  };
  assert.deepEqual(told("copy"), told("made"));
  // Indexes of keys may be left out; those that are there twice are made once.
  db.createTable({ ...schema, name: "short", indexes: [...schema.indexes.slice(2), { columns: ["a"], unique: false }] });
  assert.deepEqual(told("short"), told("made"));
  db.createTable({ ...USERS, name: "pairs", indexes: [{ columns: ["name", "age"], unique: true }] });
  assert.deepEqual(
    db
      .table("pairs")
      .schema()
      .indexes.map(({ columns, unique }) => `${columns.join()}${unique ? "!" : ""}`),
    ["id!", "name!", "name,age!"],
  );
  assert.equal(db.table("posts").schema().alignment, 12);

  const bad = (more: Partial<TableSchema>, message: RegExp): void =>
    refuses("invalid", "BAD_SCHEMA", message, () => db.createTable({ ...USERS, name: "bad", ...more }));
  const columns = USERS.columns;
  bad({ primaryKey: "none" }, /needs one/);
  bad({ columns: [] }, /needs one/);
  bad({ name: "" }, /no name/);
  bad({ columns: [...columns, column("id", "text")] }, /two columns|needs one/);
  bad({ columns: [...columns, column("", "text")] }, /has no name/);
  bad({ columns: [...columns, column("x", "text", { autoIncrement: true })] }, /can't be auto-incremented/);
  bad(
    { columns: [...columns, column("x", "uint8", { default: { tag: "int16", val: 256 } })] },
    /x: default: "256" is not a uint8/,
  );
  bad(
    { columns: [...columns, { ...column("x", "text"), dataType: { tag: "custom", val: { tag: "t", size: 0 } } }] },
    /1 to 65533/,
  );
  bad({ indexes: [{ columns: [], unique: false }] }, /no columns/);
  bad({ indexes: [{ columns: ["age", "age"], unique: false }] }, /age twice/);
  bad({ indexes: [{ columns: ["none"], unique: false }] }, /names a column none/);
  bad({ indexes: [{ columns: ["age"], unique: true }] }, /can't be unique/);
  bad({ indexes: [{ columns: ["name"], unique: false }] }, /is unique/);
  bad({ alignment: 0 }, /must be 8 to 32768/);
  bad({ alignment: 2 ** 32 - 1 }, /must be 8 to 32768/);
  refuses("limit", "NAME_TOO_LONG", /256 bytes/, () => db.createTable({ ...USERS, name: "x".repeat(256) }));
  assertSound(db);
  db.close();
});

// ---- amounts ----

test("many rows and long ones: pages end at 8 MiB, and memory comes to an end", async (t) => {
  const folder = tempFolder(t);
  const component = await componentIn(folder);
  const db = component.Connection.open("data/app.db", { ...CREATE, cacheBytes: 4n << 20n });
  db.createTable({
    name: "t",
    primaryKey: "id",
    columns: [column("id", "uint32", { autoIncrement: true }), column("v", "text")],
    indexes: [],
  });
  const table = db.table("t");
  const long = text("y".repeat(60_000));
  for (let i = 0; i < 4; i++)
    table.insert(
      ["v"],
      Array.from({ length: 100 }, () => [long]),
    );
  const cursor = table.scan(range());
  const pages: number[] = [];
  for (let rows = cursor.next(2 ** 32 - 1); rows.length > 0; rows = cursor.next(2 ** 32 - 1)) pages.push(rows.length);
  assert.deepEqual(pages, [140, 140, 120]);
  const short = Array.from({ length: 20_000 }, (_, i) => [text(`v ${i}`)]);
  assert.equal(table.insert(["v"], short).length, 20_000);
  assert.equal(rowsOf(table, { lower: excluded(u32(400)) }, 3000).length, 20_000);
  const before = component.memory.buffer.byteLength;
  for (let i = 0; i < 3; i++) {
    assert.equal(table.insert(["v"], short).length, 20_000);
    assert.equal(rowsOf(table, { lower: excluded(u32(400)) }, 3000).length, 20_000 * (i + 2));
  }
  assert.ok(component.memory.buffer.byteLength <= before * 1.25, `${before} bytes, then ${component.memory.buffer.byteLength}`);
  assertSound(db);
  db.close();
});

test("calls on rows leave no garbage", async (t) => {
  const { component, db } = await openNew(t, ":memory:");
  const users = db.table("users");
  users.insert(
    ["name", "age"],
    Array.from({ length: 1000 }, (_, i) => [text(`n${i}`), u8(i % 100)]),
  );
  const cursor = users.scan(range({ index: ["age"] }));
  const stored = users.scan(range());
  const repeat = (times: number): void => {
    for (let i = 0; i < times; i++) {
      users.get(u32(1 + (i % 1000)));
      users.getBy("name", text(`n${i % 1000}`));
      users.get(u32(5000));
    }
  };
  repeat(10);
  const before = component.memory.buffer.byteLength;
  // A row's object of 32 bytes would be 600 KiB by then, and nothing asks for a collection but memory that grows.
  repeat(20_000);
  for (let i = 0; i < 900; i++) assert.equal(cursor.next(1).length + stored.next(1).length, 2);
  assert.equal(component.memory.buffer.byteLength, before);
  db.close();
});

test("handles that are dropped give their memory back", async (t) => {
  const { component, folder, db } = await openNew(t);
  db.table("users").insert(
    ["name"],
    Array.from({ length: 100 }, (_, i) => [text(`n${i}`)]),
  );
  db.close();
  const once = (): void => {
    const again = component.Connection.open("data/app.db", { ...CREATE, cacheBytes: 262144n });
    const users = again.table("users");
    const cursor = users.scan(range({ index: ["name"] }));
    cursor.next(5);
    users.update(u32(3), ["age"], [u8(1)]);
    cursor.next(5);
    again.beginTransaction()[Symbol.dispose]();
    for (const handle of [cursor, users, again]) handle[Symbol.dispose]();
  };
  for (let i = 0; i < 20; i++) once();
  const before = component.memory.buffer.byteLength;
  for (let i = 0; i < 200; i++) once();
  assert.equal(component.memory.buffer.byteLength, before);
  assert.ok(statSync(join(folder, "app.db")).size > 0);
});

// ---- files that are not as they should be ----

test("text of a damaged file that is not UTF-8 comes with U+FFFD", async (t) => {
  const { component, folder, db } = await openNew(t);
  db.table("users").insert(["name"], [[text("needle")]]);
  db.close();
  const path = join(folder, "app.db");
  const file = readFileSync(path);
  for (let at = file.indexOf("needle"); at >= 0; at = file.indexOf("needle", at + 1)) file[at + 1] = 0xff;
  writeFileSync(path, file);
  const again = component.Connection.open("data/app.db", CREATE);
  assert.deepEqual(again.table("users").get(u32(1))?.[1], text("n\ufffdedle"));
  assert.deepEqual(rowsOf(again.table("users"), { columns: ["name"] }), [[text("n\ufffdedle")]]);
  again.close();
});

test("a failure of the host: the connection is lost, closes, and the file opens again", async (t) => {
  const folder = tempFolder(t);
  let failing = "";
  const component = await componentIn(folder, (call) => {
    if (call === failing) throw Object.assign(new Error("of the test"), { code: "EIO" });
  });
  const db = component.Connection.open("data/app.db", CREATE);
  db.createTable(USERS);
  const users = db.table("users");
  users.insert(["name"], [[text("ann")]]);
  failing = "sync-data";
  const failure = errorOf(() => users.insert(["name"], [[text("bob")]]));
  assert.ok(["io", "lost"].includes(failure.kind), JSON.stringify(failure));
  failing = "";
  for (const call of [() => users.get(u32(1)), () => db.tables(), () => users.scan(range()), () => db.request('{"op":"tables"}')])
    refuses("lost", "HANDLE_POISONED", /open the file again/, call);
  assert.equal(errorOf(() => db.beginTransaction()).code, "HANDLE_POISONED");
  db[Symbol.dispose]();
  const again = component.Connection.open("data/app.db", CREATE);
  assert.deepEqual(names(rowsOf(again.table("users"))).slice(0, 1), ["ann"]);
  assertSound(again);
  again.close();
});

/** A row as a text, whatever the order of its columns. */
const spelled = (row: Readonly<Record<string, unknown>>): string => JSON.stringify(row, Object.keys(row).sort());

/** All tables with all rows, as requests have them. */
function contents(db: Connection): Record<string, unknown[]> {
  const tables = db.tables().map((name) => {
    using table = db.table(name);
    const columns = table.schema().columns;
    const rows = rowsOf(table, {}, 50).map((row) =>
      Object.fromEntries(row.map((value, at) => [columns[at]?.name ?? "", jsonOf(value)])),
    );
    return [name, rows.map(spelled).sort()] as const;
  });
  return Object.fromEntries(tables);
}

const expected = (name: string, layout: Layout | OldLayout): Record<string, unknown[]> =>
  Object.fromEntries(
    Object.entries(goldenRows(name, layout))
      .filter(([table]) => table !== "(acl)")
      .map(([table, rows]) => [table, rows.map(spelled).sort()]),
  );

test("golden files of all layouts have the rows that the crates read", async (t) => {
  const folder = tempFolder(t);
  const { Connection } = await componentIn(folder);
  let files = 0;
  for (const layout of [...layouts, ...oldLayouts]) {
    for (const name of goldenNames(layout)) {
      const path = `data/${layout}-${name}.db`;
      writeFileSync(join(folder, `${layout}-${name}.db`), golden(name, layout));
      const isOld = layout === "0.6" || layout === "0.8";
      if (isOld && name === "empty") continue;
      files += 1;
      let db: Connection;
      if (isOld) {
        const schema = `${layout}-${name}.schema`;
        refuses("invalid", "SCHEMA_NEEDED", /definitions/, () => Connection.open(path, { ...CREATE, readOnly: true }));
        writeFileSync(join(folder, schema), JSON.stringify(goldenSchema(name, layout)));
        db = Connection.openJson(JSON.stringify({ path, readonly: true, schema: `data/${schema}` }));
      } else db = Connection.open(path, { ...CREATE, readOnly: true });
      assert.deepEqual(contents(db), expected(name, layout), `${layout} ${name}`);
      db.close();
    }
  }
  assert.ok(files > 20, `${files} files`);
});
