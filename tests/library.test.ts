/** The package's API does the same over every runtime: methods, values, errors, transactions, scans. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type QuireError, type Session, defineTable, open, openSync } from "../host/index.js";
import { fails, openFor, openUnlocked } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

const users = defineTable("users", {
  id: "uint32:pk:auto",
  name: "text:unique",
  age: "uint8:null:index",
  about: "json:null",
});
const posts = defineTable("posts", {
  id: "uint64:pk",
  author: "uint32:index:references=users.id",
  at: "datetime:index=when",
  day: "date:index=when",
  score: "int64:default=0",
});

/** What a runtime left, to be compared with what the others leave. */
const files = new Map<string, Buffer>();

testOnRuntimes("every method, and the same bytes in the file", async (t, runtime) => {
  const folder = tempFolder(t);
  const db = await open(join(folder, "app.db"), { runtime });
  assert.equal(db.runtime, runtime);
  await db.create(users);
  await db.create(posts);
  const people = db.table(users);
  const texts = db.table(posts);

  assert.equal(await people.insert({ name: "ann", age: 41, about: { likes: ["tea", 2] } }), 1);
  assert.deepEqual(
    await people.insertMany([
      { id: 7, name: "bob" },
      { name: "cid", age: null },
      { name: "dot", age: 3 },
    ]),
    [7, 8, 9],
  );
  assert.deepEqual(await people.insertMany([]), []);
  assert.deepEqual(await people.get(1), { id: 1, name: "ann", age: 41, about: { likes: ["tea", 2] } });
  assert.deepEqual(await people.get(7, { columns: ["name", "age"] }), { name: "bob", age: null });
  assert.deepEqual(await people.getMany([9, 7], { columns: ["id"] }), [{ id: 9 }, { id: 7 }]);
  assert.equal(await people.find(2), undefined);
  assert.deepEqual(await people.find(8), { id: 8, name: "cid", age: null, about: null });
  const byName: { id: number; age: number | null } | undefined = await people.find("cid", { index: "name" });
  assert.deepEqual(byName, { id: 8, name: "cid", age: null, about: null });
  assert.equal(await people.find("no one", { index: "name" }), undefined);
  assert.deepEqual(await people.find("dot", { index: "name", columns: ["age"] }), { age: 3 });
  assert.deepEqual(await people.get("bob", { index: "name", columns: ["id"] }), { id: 7 });
  assert.deepEqual(await people.get(7, { index: "id", columns: ["name"] }), { name: "bob" });
  assert.deepEqual(await people.getMany(["dot", "ann"], { index: "name", columns: ["id"] }), [{ id: 9 }, { id: 1 }]);

  const at = "2026-02-28T23:59:58.999999+05:30";
  assert.equal(await texts.insert({ id: 2n ** 64n - 1n, author: 7, at, day: "2026-02-28" }), 2n ** 64n - 1n);
  assert.equal(await texts.insert({ id: 1, author: 7, at: new Date(5), day: new Date(0), score: -5n }), 1n);
  const old = { id: 1n, author: 7, at: "1970-01-01T00:00:00.005000+00:00", day: "1970-01-01", score: -5n };
  assert.deepEqual(await texts.get(1n), old);
  assert.deepEqual(await texts.scan({ index: ["at", "day"], to: [new Date(6)] }).toArray(), [old]);
  assert.deepEqual(await texts.scan({ index: "at", eq: [at, "2026-02-28"], columns: ["score"] }).toArray(), [{ score: 0n }]);

  assert.deepEqual(await people.update(7, { id: 70, age: 12 }), { updated: 1, cascaded: 2 });
  assert.deepEqual(await people.delete(70, { cascade: true }), { deleted: 1, cascaded: 2 });
  assert.deepEqual(await people.deleteMany([8, 9]), { deleted: 2, cascaded: 0 });
  assert.deepEqual(await people.deleteMany([]), { deleted: 0, cascaded: 0 });
  assert.equal(await people.count(), 1);
  assert.equal(await people.count({ index: "age", from: 42 }), 0);

  assert.deepEqual(await db.tables(), [
    { name: "posts", rows: 0 },
    { name: "users", rows: 1 },
  ]);
  const { tables } = await db.schema(users);
  assert.deepEqual(tables[0]?.columns, ["id:uint32:pk:auto", "name:text:unique", "age:uint8:null:index", "about:json:null"]);
  assert.equal((await db.schema()).tables.length, 2);
  const { layout, inTransaction, readOnly, bytes } = await db.info();
  assert.deepEqual({ layout, inTransaction, readOnly }, { layout: "0.9", inTransaction: false, readOnly: false });
  const stats = await db.stats("posts");
  assert.deepEqual(
    stats.map(({ name, rows, indexes }) => ({ name, rows, on: indexes.map(({ columns }) => columns.join()) })),
    [{ name: "posts", rows: 0, on: ["id", "author", "at,day"] }],
  );
  assert.equal((await db.stats()).length, 2);

  await db.aclGrant("text:ann", ["manage-acl", "users:read"]);
  await db.aclGrant("00ff", ["read"]);
  await db.aclRevoke("text:ann", ["users:read"]);
  await db.aclRemove("00ff");
  assert.deepEqual(await db.aclList(), [{ identity: "616e6e", text: "ann", rights: ["manage-acl"] }]);

  await db.begin();
  await people.insert({ name: "eve" });
  await db.savepoint("s");
  await people.insert({ name: "fay" });
  await db.rollbackTo("s");
  await db.release("s");
  await db.commit();
  await db.begin();
  await db.drop("posts");
  await db.rollback();
  assert.deepEqual(await db.request({ op: "scan", table: "users", columns: ["id", "name"], from: 2n }), {
    rows: [{ id: 71, name: "eve" }],
    after: null,
  });
  await db.create("list", ["a:int8:pk", "b:text:null"], { alignment: 64 });
  assert.equal((await db.schema("list")).tables[0]?.alignment, 64);
  await db.drop("list");
  assert.deepEqual(await db.check(), { errors: 0, warnings: 0, notes: 0, omitted: 0, faults: [] });
  await db.close();

  const file = readFileSync(join(folder, "app.db"));
  assert.ok(file.length >= bytes);
  files.set(runtime, file);
  for (const [other, theirs] of files) assert.ok(file.equals(theirs), `the file differs from that of ${other}`);
});

const everything = defineTable("everything", {
  k: "uint32:pk",
  i8: "int8:null",
  i16: "int16:null",
  i32: "int32:null",
  i64: "int64:null",
  u8: "uint8:null",
  u16: "uint16:null",
  u32: "uint32:null",
  u64: "uint64:null",
  dec: "decimal:null",
  flag: "boolean:null",
  day: "date:null",
  at: "datetime:null",
  raw: "blob:null",
  text: "text:null",
  uuid: "uuid:null",
  doc: "json:null",
  fix: "custom(Point,3):null",
  own: "custom(Tag):null",
});

const extremes = [
  { k: 1, i8: -128, i16: -32768, i32: -2147483648, i64: -(2n ** 63n), u8: 255, u16: 65535, u32: 4294967295, u64: 2n ** 64n - 1n },
  { k: 2, i8: 127, i16: 32767, i32: 2147483647, i64: 2n ** 63n - 1n, u8: 0, u16: 0, u32: 0, u64: 0n },
  { k: 3, dec: "79228162514264337593543950335", flag: true, day: "0000-01-01", at: "9999-12-31T23:59:59.999999-23:59" },
  { k: 4, dec: "-0.0000000000000000000000000001", flag: false, day: "65535-12-31", at: "0001-01-01T00:00:00.000000+00:00" },
  { k: 5, dec: "1.10", raw: new Uint8Array(), text: "", uuid: "00000000-0000-0000-0000-000000000000", doc: {} },
  {
    k: 6,
    raw: new Uint8Array(20000).fill(255),
    text: "é".repeat(10000),
    uuid: "ffffffff-ffff-ffff-ffff-ffffffffffff",
    doc: [[], "x", -1.5e300],
  },
  { k: 7, fix: new Uint8Array([0, 1, 255]), own: new Uint8Array([2, 0, 9, 8]), doc: "text" },
  { k: 8, doc: [true, null, { a: { b: [0.1, 1e21, '\u2028"\\\n'] } }], dec: "-12.50" },
];
const nothing = Object.fromEntries(Object.keys(everything.columns).map((name) => [name, null]));

testOnRuntimes("every type at its extremes, by every way in and out", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create(everything);
  const table = db.table<Record<string, unknown>>("everything");
  for (const row of extremes) assert.equal(await table.insert(row), row.k);
  const more = extremes.map((row) => ({ ...row, k: row.k + 100 }));
  assert.deepEqual(
    await table.insertMany(more),
    more.map(({ k }) => k),
  );
  const expected = [...extremes, ...more].map((row) => ({ ...nothing, ...row }));
  assert.deepEqual(await table.scan({ index: "k" }).toArray(), expected);
  assert.deepEqual(await table.getMany(expected.map(({ k }) => k)), expected);
  for (const row of expected) assert.deepEqual(await table.get(row.k), row);
  // A row as it was read can be put back as it is.
  for (const row of extremes) await table.update(row.k, { ...nothing, ...row });
  assert.deepEqual(await table.scan({ to: 99 }).toArray(), expected.slice(0, extremes.length));
});

testOnRuntimes("a whole number is stored as what it is, also where JSON would round it", async (t, runtime) => {
  const db = await openFor(t, runtime);
  const wide = defineTable("wide", { id: "uint64:pk", i: "int64:null:index", d: "decimal:null", doc: "json:null" });
  await db.create(wide);
  const table = db.table(wide);
  const numbers = [2 ** 53, 2 ** 53 + 2, 2 ** 56, 2 ** 60, 2 ** 60 + 256, 2 ** 63 - 1024, 1e18, -(2 ** 63)];
  for (const number of numbers) {
    const exact = BigInt(number);
    const id = Math.abs(number);
    assert.equal(await table.insert({ id, i: number, d: number }), BigInt(id));
    const row = { id: BigInt(id), i: exact, d: String(exact), doc: null };
    for (const key of [id, BigInt(id)]) assert.deepEqual(await table.find(key), row);
    for (const bound of [number, exact]) {
      assert.equal(await table.count({ index: "i", eq: bound }), 1);
      assert.deepEqual(await table.scan({ index: "i", from: bound, to: [bound] }).toArray(), [row]);
    }
    await table.update(id, { i: null, d: 2 ** 95, doc: number });
    const changed = { ...row, i: null, d: "39614081257132168796771975168", doc: number };
    assert.deepEqual(await table.getMany([id]), [changed]);
    assert.equal((await table.deleteMany([id])).deleted, 1);
    // A row in a list goes as JSON.
    assert.deepEqual(await table.insertMany([{ id, i: number, d: number }]), [BigInt(id)]);
    assert.deepEqual(await table.get(id), row);
    assert.equal((await table.delete(id)).deleted, 1);
  }
  await fails("BAD_VALUE", /wide\.i: "9223372036854775808" is not an? int64/, () => table.insert({ id: 1, i: 2 ** 63 }));
  await fails("BAD_VALUE", /wide\.d: /, () => table.insert({ id: 1, d: 2 ** 96 }));
  await fails("BAD_VALUE", /wide\.d: /, () => table.insert({ id: 1, d: 1e300 }));
});

testOnRuntimes(
  "hundreds of rows in one call are all there, by every index, or none is and the first bad one is named",
  async (t, runtime) => {
    const db = await openFor(t, runtime);
    await db.create(users);
    const table = db.table(users);
    const row = (id: number): { id: number; name: string; age: number } => ({
      id,
      name: `name ${(id * 7919) % 10_007}`,
      age: (id * 31) % 90,
    });
    const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
    assert.deepEqual(await table.insertMany(range(1, 501).map(row)), range(1, 501));
    await db.transaction(async () => {
      await table.insertMany(range(501, 801).map(row));
      const taken = (at: number, name: string): object[] =>
        range(801, 1201).map((id) => (id === at ? { ...row(id), name } : row(id)));
      const firstOfTwo = taken(1100, row(3).name).map((each, at) => (at === 300 ? { ...each, name: row(850).name } : each));
      for (const [rows, code, message] of [
        [taken(900, row(700).name), "UNIQUE_CONFLICT", /^row 100: another row of users has name = name 9429$/],
        [taken(1000, row(950).name), "UNIQUE_CONFLICT", /^row 200: /],
        [firstOfTwo, "UNIQUE_CONFLICT", /^row 300: /],
        [[...taken(1000, row(950).name), { id: 5, name: "x" }], "UNIQUE_CONFLICT", /^row 200: /],
        [[...range(801, 1201).map(row), { id: 5, name: "x" }], "PRIMARY_KEY_CONFLICT", /^row 401: /],
      ] as const)
        await assert.rejects(
          table.insertMany(rows as never),
          (error: QuireError) => error.code === code && message.test(error.message),
        );
      await table.insertMany(range(801, 1201).map(row));
    });
    const all = range(1, 1201).map((id) => ({ ...row(id), about: null }));
    assert.deepEqual(await table.scan().toArray(), all);
    const byName = [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
    assert.deepEqual(await table.scan({ index: "name" }).toArray(), byName);
    const ages = (await table.scan({ index: "age", columns: ["age"] }).toArray()).map(({ age }) => age);
    assert.deepEqual(
      ages,
      all.map(({ age }) => age).sort((a, b) => a - b),
    );
    assert.equal((await db.check()).errors, 0);
  },
);

testOnRuntimes("the first bad row of many is named in a transaction that made their table as well", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.transaction(async () => {
    await db.create(users);
    const table = db.table(users);
    const rows = Array.from({ length: 200 }, (_, at) => ({ id: at + 1, name: at === 150 ? "name 20" : `name ${at}` }));
    const bad = [...rows, { id: 7, name: "" }];
    await assert.rejects(table.insertMany(bad), { message: "row 151: another row of users has name = name 20" });
    await assert.rejects(table.insertMany(rows.slice(0, 150).concat(bad.slice(200))), {
      message: "row 151: users has a row with id = 7 already",
    });
    assert.equal((await table.insertMany(rows.slice(0, 150))).length, 150);
  });
  assert.equal((await db.table(users).scan({ index: "name" }).toArray()).length, 150);
  assert.equal((await db.check()).errors, 0);
});

testOnRuntimes("texts of every kind, and those that are none", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create("t", ["k:text:pk", "j:json:null", "v:text:null"]);
  const table = db.table("t");
  const good = [
    "",
    "\0",
    "a\0b\0",
    "\u{10ffff}",
    "👩‍👩‍👧‍👦",
    "\uffff\ufeff",
    "\ufeffbom",
    "\u2028\u2029\u0085\r\n",
    "\u007f\u0001\u001f",
    '"\\/',
    "𝒳".repeat(300),
  ];
  for (const text of good) {
    assert.equal(await table.insert({ k: text, v: text, j: [text, { [text]: text }] }), text);
    assert.deepEqual(await table.get(text), { k: text, v: text, j: [text, { [text]: text }] });
    assert.deepEqual(await table.scan({ eq: text, columns: ["v"] }).toArray(), [{ v: text }]);
  }
  assert.equal(await table.count(), good.length);
  for (const text of ["\ud800", "x\udfff", "\udc00\ud800", `${"long ".repeat(20)}\ud83d`]) {
    await fails("BAD_VALUE", /half of a surrogate pair/, () => table.insert({ k: text }));
    await fails("BAD_VALUE", /half of a surrogate pair/, () => table.insert({ k: "v", v: text }));
    await fails("BAD_VALUE", /half of a surrogate pair/, () => table.get(text));
    await fails("BAD_VALUE", /^t\.j\.a: the text has half of a surrogate pair/, () => table.insert({ k: "j", j: { a: text } }));
    await fails("BAD_VALUE", /^t\.j.*: the name has half of a surrogate pair/, () =>
      table.insert({ k: "j", j: [{ [text]: 1 }] }),
    );
    await fails("BAD_REQUEST", /half of a surrogate pair/, () => db.drop(text));
  }
  assert.equal(await table.count(), good.length);
});

/** Calls that fail, with the code that each has. */
const failing: readonly (readonly [string, (db: Session) => unknown])[] = [
  ["ROW_NOT_FOUND", (db) => db.table(users).get(99)],
  ["ROW_NOT_FOUND", (db) => db.table(users).getMany([1, 99])],
  ["ROW_NOT_FOUND", (db) => db.table(users).get("no one", { index: "name" })],
  ["BAD_VALUE", (db) => db.table("users").get(true, { index: "name" })],
  ["BAD_REQUEST", (db) => db.table(users).get(41, { index: "age" })],
  ["BAD_REQUEST", (db) => db.table("users").get(1, { colums: ["name"] } as never)],
  ["BAD_REQUEST", (db) => db.table("users").find(1, { colums: ["name"] } as never)],
  ["BAD_REQUEST", (db) => db.table("users").find(1, null as never)],
  ["BAD_REQUEST", (db) => db.table("users").get(1, "name" as never)],
  ["BAD_REQUEST", (db) => db.table("users").getMany([1], null as never)],
  ["INDEX_NOT_FOUND", (db) => db.table("users").get("x", { index: "about" })],
  ["INDEX_NOT_FOUND", (db) => db.table("users").get("x", { index: "nmae" })],
  ["ROW_NOT_FOUND", (db) => db.table(users).update(99, { age: 1 })],
  ["ROW_NOT_FOUND", (db) => db.table(users).delete(99)],
  ["TABLE_NOT_FOUND", (db) => db.table("user").get(1)],
  ["TABLE_NOT_FOUND", (db) => db.table("user").insert({})],
  ["TABLE_NOT_FOUND", (db) => db.table("\0").scan().toArray()],
  ["COLUMN_NOT_FOUND", (db) => db.table("users").insert({ nmae: "x" })],
  ["COLUMN_NOT_FOUND", (db) => db.table("users").insertMany([{ name: "x" }, { toString: 1 }])],
  ["COLUMN_NOT_FOUND", (db) => db.table("users").get(1, { columns: ["nmae"] })],
  [
    "COLUMN_NOT_FOUND",
    (db) =>
      db
        .table("users")
        .scan({ columns: ["nmae"] })
        .toArray(),
  ],
  ["INDEX_NOT_FOUND", (db) => db.table("users").scan({ index: "about" }).toArray()],
  ["INDEX_NOT_FOUND", (db) => db.table("users").count({ index: ["age", "id"], eq: 1 })],
  ["NOT_NULL", (db) => db.table("users").insert({ age: 1 })],
  ["NOT_NULL", (db) => db.table("users").insert({ name: null })],
  ["NOT_NULL", (db) => db.table("users").insertMany([{ name: "x" }, { name: "y" }, { name: undefined }])],
  ["UNIQUE_CONFLICT", (db) => db.table(users).insert({ name: "ann" })],
  ["UNIQUE_CONFLICT", (db) => db.table(users).insertMany([{ name: "x" }, { name: "ann" }])],
  ["UNIQUE_CONFLICT", (db) => db.table(users).insertMany([{ name: "ann" }])],
  ["PRIMARY_KEY_CONFLICT", (db) => db.table(users).insert({ id: 1, name: "x" })],
  ["FOREIGN_KEY_BROKEN", (db) => db.table(posts).insert({ id: 1n, author: 99, at: new Date(), day: new Date() })],
  ["FOREIGN_KEY_RESTRICT", (db) => db.drop(users)],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", age: 256 })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", age: -1 })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", age: 1.5 })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", age: NaN })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", age: {} })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", age: () => 1 })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: 5 })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: new Date(0) })],
  ["BAD_VALUE", (db) => db.table("users").insertMany([{ name: "x" }, { name: "y", age: 300 }])],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", about: 5n })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", about: [[5n]] })],
  ["BAD_VALUE", (db) => db.table("users").insert({ name: "x", about: JSON.parse("[".repeat(128) + "]".repeat(128)) as unknown })],
  ["BAD_VALUE", (db) => db.table("users").get("x")],
  ["BAD_VALUE", (db) => db.table("users").get(null as never)],
  ["BAD_VALUE", (db) => db.table("users").get(undefined as never)],
  ["BAD_VALUE", (db) => db.table("posts").insert({ id: -1n, author: 1, at: new Date(), day: "2026-01-01" })],
  ["BAD_VALUE", (db) => db.table("posts").insert({ id: 2n ** 64n, author: 1, at: new Date(), day: "2026-01-01" })],
  ["BAD_VALUE", (db) => db.table("posts").insert({ id: 1n, author: 1, at: new Date(NaN), day: "2026-01-01" })],
  ["BAD_VALUE", (db) => db.table("posts").insert({ id: 1n, author: 1, at: new Date(8.64e15), day: "2026-01-01" })],
  ["BAD_VALUE", (db) => db.table("posts").insert({ id: 1n, author: 1, at: new Date(), day: "2026-02-29" })],
  [
    "BAD_VALUE",
    (db) =>
      db
        .table("users")
        .scan({ from: [1, 2n].slice(0, 1), to: "x" })
        .toArray(),
  ],
  ["BAD_REQUEST", (db) => db.table("users").insert([] as never)],
  ["BAD_REQUEST", (db) => db.table("users").insert(null as never)],
  ["BAD_REQUEST", (db) => db.table("users").insertMany({} as never)],
  ["BAD_REQUEST", (db) => db.table("users").insertMany(undefined as never)],
  ["BAD_REQUEST", (db) => db.table("users").getMany(1 as never)],
  ["BAD_REQUEST", (db) => db.table("users").deleteMany("12" as never)],
  [
    "BAD_REQUEST",
    (db) =>
      db
        .table("users")
        .scan(null as never)
        .toArray(),
  ],
  ["BAD_REQUEST", (db) => db.table(undefined as never)],
  ["BAD_REQUEST", (db) => db.request(undefined as never)],
  ["BAD_REQUEST", (db) => db.table("users").get(1, { colums: ["id"] } as never)],
  ["BAD_REQUEST", (db) => db.table("users").delete(1, { cascade: 1 } as never)],
  [
    "BAD_REQUEST",
    (db) =>
      db
        .table("users")
        .scan({ revrse: true } as never)
        .toArray(),
  ],
  ["BAD_REQUEST", (db) => db.table("users").scan({ limit: -1 }).toArray()],
  ["BAD_REQUEST", (db) => db.table("users").scan({ limit: 1.5 }).toArray()],
  ["BAD_REQUEST", (db) => db.table("users").scan({ pageRows: 0 }).toArray()],
  ["BAD_REQUEST", (db) => db.table("users").scan({ eq: 1, from: 1 }).toArray()],
  [
    "BAD_REQUEST",
    (db) =>
      db
        .table("users")
        .scan({ index: "age", eq: [1, 2] })
        .toArray(),
  ],
  ["BAD_REQUEST", (db) => db.table("users").count({ offst: 1 } as never)],
  ["BAD_REQUEST", (db) => db.request({ op: "tabels" })],
  ["TABLE_EXISTS", (db) => db.create(users)],
  ["BAD_SCHEMA", (db) => db.create("t", ["id:uint23:pk"])],
  ["NO_TRANSACTION", (db) => db.commit()],
  ["NO_TRANSACTION", (db) => db.savepoint("s")],
  ["IDENTITY_NOT_FOUND", (db) => db.aclRemove("text:bob")],
];
/** The messages that the first runtime gave. */
const messages: string[] = [];

testOnRuntimes("what can't be sent is told of by the call and the column", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create(users);
  const table = db.table(users);
  await fails("BAD_REQUEST", /^insert: there is no row$/, () => table.insert(undefined as never));
  const round: Record<string, unknown> = {};
  round["self"] = round;
  for (const [about, refused] of [
    [5n, /^users\.about: JSON can't spell a bigint; write 5 as a text or a number$/],
    [{ deep: [5n] }, /^users\.about\.deep\[0\]: JSON can't spell a bigint/],
    [round, /^users\.about\.self: the object is inside of itself, which JSON can't spell$/],
  ] as [object, RegExp][]) {
    await fails("BAD_VALUE", refused, () => table.insert({ name: "ann", about }));
    await fails("BAD_VALUE", refused, () => table.insertMany([{ name: "ann" }, { name: "bob", about }]));
    await fails("BAD_VALUE", refused, () => table.update(1, { about }));
  }
  assert.equal(await table.count(), 0);
});

testOnRuntimes("every failing call has its code, the same message everywhere, and leaves nothing", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create(users);
  await db.create(posts);
  await db.table(users).insert({ name: "ann" });
  for (const [i, [code, call]] of failing.entries()) {
    await fails(code, /./, async () => {
      try {
        await call(db);
        assert.fail(`${code}: ${String(call)} does not fail`);
      } catch (error) {
        const { message } = error as Error;
        messages[i] ??= message;
        assert.equal(message, messages[i]);
        throw error;
      }
    });
  }
  assert.deepEqual(await db.tables(), [
    { name: "posts", rows: 0 },
    { name: "users", rows: 1 },
  ]);
  // Texts that spell values are taken as on the command line.
  const key = await db.table<Record<string, unknown>>("users").insert({ name: "eve", age: "7" });
  assert.deepEqual(await db.table(users).get(key as number), { id: key, name: "eve", age: 7, about: null });
});

testOnRuntimes("transactions commit, roll back, and nest", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create(users);
  const people = db.table(users);
  const names = async () => (await people.scan({ columns: ["name"] }).toArray()).map(({ name }) => name);
  const boom = new Error("boom");

  assert.equal(await db.transaction(async (tx) => (await tx.table(users).insert({ name: "a" })) + 1), 2);
  await assert.rejects(
    db.transaction(async () => {
      await people.insert({ name: "b" });
      throw boom;
    }),
    boom,
  );
  assert.deepEqual(await names(), ["a"]);

  await db.transaction(async () => {
    await people.insert({ name: "c" });
    await assert.rejects(
      db.transaction(async () => {
        await people.insert({ name: "d" });
        await db.transaction(() => people.insert({ name: "e" }));
        throw boom;
      }),
      boom,
    );
    await db.transaction(async () => {
      await people.insert({ name: "f" });
      await assert.rejects(
        db.transaction(() => people.insert({ name: "f" })),
        { code: "UNIQUE_CONFLICT" },
      );
    });
    assert.deepEqual(await names(), ["a", "c", "f"]);
  });
  assert.deepEqual(await names(), ["a", "c", "f"]);

  // A table that comes and goes with its transaction; what was known of it goes as well.
  await assert.rejects(
    db.transaction(async () => {
      await db.create("t", ["k:uint8:pk"]);
      await db.table("t").insert({ k: 1 });
      throw boom;
    }),
    boom,
  );
  await db.create("t", ["k:text:pk"]);
  assert.equal(await db.table("t").insert({ k: "x" }), "x");
  assert.deepEqual(await db.table("t").get("x"), { k: "x" });

  // transaction() inside of begin and commit is a savepoint.
  await db.begin();
  await people.insert({ name: "g" });
  await assert.rejects(
    db.transaction(() => Promise.reject(boom)),
    boom,
  );
  await db.commit();
  assert.deepEqual(await names(), ["a", "c", "f", "g"]);
  await fails("TRANSACTION_ACTIVE", /commits/, () => db.transaction(() => db.commit()));
  await db.transaction(() => 1);
});

testOnRuntimes("calls from outside wait for a transaction's end, and those that come too late are told", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create("t", ["k:uint32:pk"]);
  const table = db.table("t");
  const inserted = async (keys: number[], fail = false) => {
    for (const k of keys) {
      await table.insert({ k });
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (fail) throw new Error("fail");
  };
  const results = await Promise.allSettled([
    db.transaction(() => inserted([1, 2, 3], true)),
    db.transaction(() => inserted([4, 5, 6])),
    inserted([7, 8]),
    db.transaction(() =>
      Promise.allSettled([db.transaction(() => inserted([9, 10], true)), db.transaction(() => inserted([11]))]),
    ),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled", "fulfilled"],
  );
  assert.deepEqual(
    (await table.scan({ index: "k" }).toArray()).map(({ k }) => k),
    [4, 5, 6, 7, 8, 11],
  );

  let late: Promise<unknown> | undefined;
  await db.transaction(() => {
    late = new Promise((resolve) => setTimeout(resolve, 20)).then(() => table.insert({ k: 99 }));
    late.catch(() => undefined);
  });
  await fails("NO_TRANSACTION", /await all calls/, () => late);
});

testOnRuntimes("scans go through all rows in pages, in either direction, and may be left early", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create("t", ["k:uint32:pk", "g:uint8:index", "v:text"]);
  const table = db.table<{ k: number; g: number; v: string }>("t");
  const rows = Array.from({ length: 120 }, (_, k) => ({ k, g: k % 3, v: `row ${k}` }));
  await table.insertMany(rows);
  for (const pageRows of [1, 7, 119, 120, 121, undefined]) {
    const options = pageRows === undefined ? {} : { pageRows };
    assert.deepEqual(await table.scan(options).toArray(), rows);
    const back: number[] = [];
    for await (const { k } of table.scan({ ...options, reverse: true, columns: ["k"], offset: 10, limit: 50 })) back.push(k);
    assert.deepEqual(
      back,
      rows
        .map(({ k }) => k)
        .reverse()
        .slice(10, 60),
    );
    const group = await table.scan({ ...options, index: "g", eq: 1, columns: ["v", "k"] }).toArray();
    assert.deepEqual(
      group,
      rows.filter(({ g }) => g === 1).map(({ v, k }) => ({ v, k })),
    );
  }
  const seen: number[] = [];
  const scan = table.scan({ pageRows: 10 });
  for await (const { k } of scan) {
    seen.push(k);
    // Rows that go while the scan is on its way are not seen, and stop nothing.
    if (k === 5) await table.deleteMany([9, 10, 11, 12]);
    if (k === 20) break;
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 20]);
  assert.equal((await scan.toArray()).length, 116);
  assert.deepEqual(await table.scan({ limit: 0 }).toArray(), []);
});

testOnRuntimes("dates are Dates on request", async (t, runtime) => {
  const folder = tempFolder(t);
  const db = await open(join(folder, "app.db"), { runtime, dates: "date" });
  const when = defineTable("when", { day: "date:pk", at: "datetime:null" });
  await db.create(when);
  const table = db.table(when);
  const at = "2026-02-28T23:59:58.999999+05:30";
  const key: Date = await table.insert({ day: "2026-02-28", at });
  assert.deepEqual(key, new Date("2026-02-28"));
  const expected = { day: new Date("2026-02-28"), at: new Date("2026-02-28T18:29:58.999Z") };
  assert.deepEqual(await table.get(key), expected);
  assert.deepEqual(await table.getMany([key]), [expected]);
  assert.deepEqual(await table.scan().toArray(), [expected]);
  await fails("ROW_NOT_FOUND", /day = 2026-03-01/, () => table.get(new Date("2026-03-01")));
  await table.insert({ day: new Date("0050-01-01T00:00:00Z"), at: new Date(-1) });
  assert.deepEqual(await table.get("0050-01-01"), { day: new Date("0050-01-01T00:00:00Z"), at: new Date(-1) });
  await db.close();
});

testOnRuntimes("a backup is beside the file, and has its content", async (t, runtime) => {
  const folder = tempFolder(t);
  const db = await open(join(folder, "app.db"), { runtime });
  await db.create(users);
  await db.table(users).insert({ name: "ann" });
  const { hash, tables } = await db.hash();
  assert.match(hash ?? "", /^[0-9a-f]{16}$/);
  assert.deepEqual(await db.hash(users), { tables });
  const copy = join(folder, "ü copy.db");
  const { pages, bytes } = await db.backup(copy);
  assert.equal(bytes, pages * 65536);
  assert.equal(statSync(copy).size, bytes);
  await fails("FILE_EXISTS", new RegExp(`there is a file ${copy} already`), () => db.backup(copy));
  await fails("BAD_OPTION", /is not in .* or below it/, () => db.backup(join(folder, "..", "copy.db")));
  await fails("BAD_OPTION", /the path is a string/, () => db.backup(1 as never));
  await db.close();
  const second = openSync(copy, { readonly: true });
  assert.equal(second.hash().hash, hash);
  second.close();
});

testOnRuntimes("a file that is opened by a link has one log", async (t, runtime) => {
  const folder = tempFolder(t);
  const path = join(folder, "app.db");
  openSync(path).close();
  symlinkSync("app.db", join(folder, "link.db"));
  const first = await open(join(folder, "link.db"), { runtime });
  await first.create(users);
  await fails("LOCKED", /app\.db is open for writing by /, () => open(path, { runtime, wait: 0 }));
  // As after a kill: what was committed is in the log alone.
  const second = openUnlocked(path);
  assert.deepEqual(second.tables(), [{ name: "users", rows: 0 }]);
  await fails("HANDLE_POISONED", /another program has opened/, () => first.table(users).insert({ name: "ann" }));
  await first.close();
  second.close();
  assert.equal(existsSync(join(folder, "link.db-log")), false);
});

test("openSync has the same methods, and its transactions", (t) => {
  const folder = tempFolder(t);
  const db = openSync(join(folder, "app.db"));
  db.create(users);
  const people = db.table(users);
  assert.equal(people.insert({ name: "ann", about: null }), 1);
  assert.deepEqual(people.insertMany([{ name: "bob" }, { name: "cid" }]), [2, 3]);
  const ann: { id: number; name: string; age: number | null } = people.get(1);
  assert.deepEqual(ann, { id: 1, name: "ann", age: null, about: null });
  assert.equal(people.find(9), undefined);
  assert.deepEqual(people.getMany([3, 2], { columns: ["name"] }), [{ name: "cid" }, { name: "bob" }]);
  assert.deepEqual(people.get("ann", { index: "name" }), ann);
  assert.equal(people.find("no one", { index: "name" }), undefined);
  assert.throws(() => people.get("no one", { index: "name" }), /users has no row with name = no one/);
  assert.deepEqual(people.update(2, { age: 7 }), { updated: 1, cascaded: 0 });
  assert.deepEqual(people.delete(3), { deleted: 1, cascaded: 0 });
  assert.deepEqual([...people.scan({ pageRows: 1, columns: ["id"] })], [{ id: 1 }, { id: 2 }]);
  assert.equal(people.count({ index: "age", from: 1 }), 1);

  const boom = new Error("boom");
  const raise = () => {
    throw boom;
  };
  assert.throws(
    () =>
      db.transaction(() => {
        people.insert({ name: "dot" });
        raise();
      }),
    boom,
  );
  db.transaction(() => {
    people.insert({ name: "eve" });
    assert.throws(() => db.transaction(() => people.insert({ name: "fay" }) && raise()), boom);
    db.transaction(() => people.insert({ name: "gil" }));
    assert.throws(() => db.commit(), { code: "TRANSACTION_ACTIVE" });
  });
  assert.deepEqual(
    people
      .scan({ columns: ["name"] })
      .toArray()
      .map(({ name }) => name),
    ["ann", "bob", "eve", "gil"],
  );
  assert.throws(() => db.transaction(async () => await Promise.reject(boom)), { code: "BAD_REQUEST" });
  assert.equal(db.info().inTransaction, false);
  assert.throws(() => people.get(99), { code: "ROW_NOT_FOUND", message: "users has no row with id = 99" });
  assert.throws(() => people.insert({ name: "ann" }), { code: "UNIQUE_CONFLICT" });
  assert.equal(db.check().errors, 0);
  db.close();
  db.close();
  assert.throws(() => people.get(1), { code: "SESSION_ENDED", message: "the session is closed" });
  assert.throws(() => db.tables(), { code: "SESSION_ENDED" });
});

test("a row that moves to an earlier place in a transaction is found by its key when the key's leaf is split there", (t) => {
  const db = openSync(join(tempFolder(t), "moved.db"));
  db.create("t", ["id:uint32:pk", "v:text"]);
  const table = db.table("t");
  // A leaf has room for 3,120 entries of 21 bytes: the first one is full, and is split before its entry 1,560, that of row 1,560.
  table.insertMany(Array.from({ length: 4000 }, (_, id) => ({ id, v: "v".repeat(id === 5 ? 1000 : 10) })));
  // Its place becomes free.
  table.update(5, { v: "v".repeat(2000) });
  const row = { id: 1560, v: "w".repeat(1000) };
  db.begin();
  table.update(row.id, { v: row.v });
  db.commit();
  assert.deepEqual(table.find(row.id), row);
  assert.throws(() => table.insert(row), { code: "PRIMARY_KEY_CONFLICT" });
  assert.equal(db.check().errors, 0);
  db.close();
});
