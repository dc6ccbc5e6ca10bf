/**
 * quire-db/better-sqlite3: what of better-sqlite3's public behaviour applies, on Quire and, where QUIRE_PEERS names a folder whose node_modules
 * has it (the bench's), on better-sqlite3 itself; and libraries that take such an object.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import knex from "knex";
import { Kysely, SqliteDialect } from "kysely";
import Database, { SqliteError } from "../host/better-sqlite3/index.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

type Class = typeof Database;
type Opened = InstanceType<Class>;

const require = createRequire(import.meta.url);
const kinds: [name: string, Class][] = [["quire-db/better-sqlite3", Database]];
const peers = process.env["QUIRE_PEERS"];
if (peers !== undefined) kinds.push(["better-sqlite3", createRequire(join(peers, "/"))("better-sqlite3") as Class]);

/** The same on both. */
function onBoth(title: string, body: (t: TestContext, open: (path?: string) => Opened, kind: Class) => void): void {
  for (const [name, kind] of kinds) {
    test(`${title} (${name})`, (t) => {
      const opened: Opened[] = [];
      t.after(() => opened.forEach((db) => db.close()));
      const open = (path?: string): Opened => {
        const db = new kind(path);
        opened.push(db);
        return db;
      };
      body(t, open, kind);
    });
  }
}

/** A database with a table of ten rows. */
function filled(open: () => Opened): Opened {
  const db = open();
  db.exec("CREATE TABLE entries (a TEXT, b INTEGER, c REAL, d BLOB, e TEXT)");
  const insert = db.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, ?)");
  for (let b = 1; b <= 10; b++) insert.run("foo", b, 3.25, Buffer.from("dddd", "hex"), null);
  return db;
}

const row = (b: number): object => ({ a: "foo", b, c: 3.25, d: Buffer.from("dddd", "hex"), e: null });
const codeOf = (code: string) => ({ name: "SqliteError", code });
const loose = (value: unknown): never => value as never;

onBoth("what a database is opened with, and what it tells of itself", (t, open, kind) => {
  for (const args of [[""], [], [null], ["", { timeout: 2000 }]] as [string?, object?][]) {
    const db = new kind(...args);
    assert.deepEqual([db.name, db.memory, db.readonly, db.open, db.inTransaction], ["", true, false, true, false]);
    assert.equal(db.close(), db);
    assert.equal(db.open, false);
    assert.equal(db.close(), db);
  }
  assert.equal(open(":memory:").name, ":memory:");
  const folder = tempFolder(t);
  const path = join(folder, "a.db");
  for (const options of [{ readonly: true }, { fileMustExist: true }]) {
    assert.throws(() => new kind(path, options), codeOf("SQLITE_CANTOPEN"));
    assert.equal(existsSync(path), false);
  }
  const db = new kind(path);
  assert.deepEqual([db.name, db.memory], [path, false]);
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  db.close();
  const read = new kind(path, { readonly: true });
  assert.equal(read.readonly, true);
  assert.throws(() => read.prepare("INSERT INTO t VALUES (1)").run(), codeOf("SQLITE_READONLY"));
  assert.throws(() => read.exec("CREATE TABLE u (id INTEGER PRIMARY KEY)"), codeOf("SQLITE_READONLY"));
  read.close();
  for (const first of [0, {}, () => path, [path]]) assert.throws(() => new kind(loose(first)), TypeError);
  for (const options of [
    "",
    { readOnly: false },
    { readonly: undefined },
    { fileMustExist: 1 },
    { timeout: null },
    { timeout: -1 },
    { timeout: 1.5 },
    { verbose: true },
    { verbose: {} },
    { memory: true },
  ]) {
    assert.throws(() => new kind(path, loose(options)), TypeError, JSON.stringify(options));
  }
  assert.throws(() => new kind(path, { timeout: 0x80000000 }), RangeError);
  assert.throws(() => new kind("", { readonly: true }), TypeError);
  assert.throws(() => new kind(join(folder, "none", "a.db")), TypeError);
  class Mine extends kind {
    answer(): number {
      return 42;
    }
  }
  const mine = new Mine();
  assert.ok(mine instanceof kind);
  assert.equal(mine.answer(), 42);
  mine.close();
});

onBoth("a closed database does nothing", (_, open) => {
  const db = filled(open);
  const select = db.prepare("SELECT * FROM entries");
  const insert = db.prepare("INSERT INTO entries (a) VALUES (?)");
  db.close();
  for (const call of [
    () => db.exec("SELECT 1"),
    () => db.prepare("SELECT 1"),
    () => db.transaction(() => 1),
    () => db.pragma("foreign_keys"),
    () => db.function(),
    () => select.get(),
    () => select.all(),
    () => select.iterate(),
    () => select.bind(),
    () => insert.run("x"),
  ]) {
    assert.throws(call, TypeError);
  }
});

onBoth("statements: what they are, and what is none", (_, open) => {
  const db = filled(open);
  for (const wrong of [123, null, undefined, new String("SELECT 1")]) {
    assert.throws(() => db.prepare(loose(wrong)), TypeError);
    assert.throws(() => db.exec(loose(wrong)), TypeError);
    assert.throws(() => db.pragma(loose(wrong)), TypeError);
  }
  for (const wrong of ["CREATE TABLE t (a TEXT", "INSERT INTO nothing VALUES (?)", "SELEKT 1"]) {
    assert.throws(() => db.prepare(wrong), codeOf("SQLITE_ERROR"));
  }
  for (const wrong of ["", ";", "SELECT 1; SELECT 2", "SELECT 1;--\nSELECT 2"])
    assert.throws(() => db.prepare(wrong), RangeError);
  for (const [sql, reader, readonly] of [
    ["SELECT 555", true, true],
    ["SELECT 555;-- comment\n/* comment */", true, true],
    ["DELETE FROM entries RETURNING *", true, false],
    ["INSERT INTO entries (a) VALUES (1)", false, false],
    ["WITH x AS (SELECT 1 AS n) SELECT n FROM x", true, true],
    ["WITH x AS (SELECT 1 AS n) DELETE FROM entries WHERE b IN (SELECT n FROM x)", false, false],
  ] as const) {
    const statement = db.prepare(sql);
    assert.deepEqual([statement.source, statement.reader, statement.readonly], [sql, reader, readonly]);
    assert.equal(statement.database, db);
    assert.equal(statement.busy, false);
  }
  const insert = db.prepare("INSERT INTO entries (a) VALUES ('x')");
  for (const call of [
    () => insert.get(),
    () => insert.all(),
    () => insert.iterate(),
    () => insert.columns(),
    () => insert.raw(),
    () => insert.pluck(),
  ]) {
    assert.throws(call, TypeError);
  }
});

onBoth("rows as objects, lists and first values", (_, open) => {
  const db = filled(open);
  const select = db.prepare("SELECT * FROM entries ORDER BY b");
  const list = ["foo", 1, 3.25, Buffer.from("dddd", "hex"), null];
  assert.deepEqual(select.get(), row(1));
  assert.deepEqual(select.pluck(true).get(), "foo");
  assert.deepEqual(select.get(), "foo");
  assert.deepEqual(select.pluck(false).get(), row(1));
  assert.deepEqual(select.raw().get(), list);
  assert.deepEqual(select.pluck().get(), "foo");
  // The other one does not end it.
  assert.deepEqual(select.raw(false).get(), "foo");
  assert.deepEqual(select.raw(true).get(), list);
  assert.deepEqual(select.raw(false).get(), row(1));
  assert.deepEqual(
    select.all(),
    Array.from({ length: 10 }, (_, i) => row(i + 1)),
  );
  const none = db.prepare("SELECT * FROM entries WHERE b = 999");
  assert.deepEqual([none.get(), none.all(), none.pluck().get(), [...none.iterate()]], [undefined, [], undefined, []]);
  assert.deepEqual(
    db
      .prepare("SELECT a, b AS x FROM entries")
      .columns()
      .map(({ name }) => name),
    ["a", "x"],
  );
  assert.ok(db.prepare("SELECT d FROM entries").pluck().get() instanceof Buffer);
});

onBoth("what a change came to", (_, open) => {
  const db = open();
  assert.deepEqual(db.prepare("SELECT 555").run(), { changes: 0, lastInsertRowid: 0 });
  assert.deepEqual(db.prepare("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)").run(), { changes: 0, lastInsertRowid: 0 });
  const insert = db.prepare("INSERT INTO t (v) VALUES (?)");
  assert.deepEqual(insert.run("a"), { changes: 1, lastInsertRowid: 1 });
  assert.deepEqual(insert.run("b"), { changes: 1, lastInsertRowid: 2 });
  assert.deepEqual(db.prepare("INSERT INTO t (v) VALUES ('c'), ('d')").run(), { changes: 2, lastInsertRowid: 4 });
  assert.deepEqual(insert.safeIntegers().run("e"), { changes: 1, lastInsertRowid: 5n });
  assert.equal(db.prepare("UPDATE t SET v = 'x' WHERE id < 3").run().changes, 2);
  assert.equal(db.prepare("DELETE FROM t WHERE id = 1").run().changes, 1);
  const returning = db.prepare("INSERT INTO t (v) VALUES ('f'), ('g') RETURNING id, v");
  assert.deepEqual(returning.get(), { id: 6, v: "f" });
  assert.deepEqual(returning.all(), [
    { id: 8, v: "f" },
    { id: 9, v: "g" },
  ]);
  assert.equal(db.prepare("SELECT count(*) FROM t").pluck().get(), 8);
});

onBoth("errors have SQLite's codes", (_, open, kind) => {
  const db = open();
  db.pragma("foreign_keys = ON");
  db.exec("CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, n INTEGER CHECK (n > 0));");
  db.exec("CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id)); INSERT INTO p VALUES (1, 'a', 1)");
  for (const [code, sql] of [
    ["PRIMARYKEY", "INSERT INTO p VALUES (1, 'b', 1)"],
    ["UNIQUE", "INSERT INTO p VALUES (2, 'a', 1)"],
    ["NOTNULL", "INSERT INTO p VALUES (2, NULL, 1)"],
    ["CHECK", "INSERT INTO p VALUES (2, 'b', 0)"],
    ["FOREIGNKEY", "INSERT INTO c VALUES (1, 9)"],
  ] as const) {
    assert.throws(() => db.prepare(sql).run(), { ...codeOf(`SQLITE_CONSTRAINT_${code}`), constructor: kind.SqliteError });
    assert.throws(() => db.exec(sql), codeOf(`SQLITE_CONSTRAINT_${code}`));
  }
  const { SqliteError: error } = kind;
  assert.deepEqual([new error("foo", "bar").message, new error("foo", "bar").code], ["foo", "bar"]);
  assert.ok(new error("foo", "bar") instanceof Error);
  assert.throws(() => new error("foo", loose(undefined)), TypeError);
});

onBoth("values for parameters", (_, open) => {
  const db = filled(open);
  const blob = Buffer.from("dddd", "hex");
  const byPlace = db.prepare("SELECT * FROM entries WHERE a = ? AND b = ? AND c = ? AND d = ? AND e IS ?");
  for (const given of [["foo", 1, 3.25, blob, null], [["foo", 1, 3.25, blob, null]], [["foo", 1], [3.25], blob, [undefined]]]) {
    assert.deepEqual(byPlace.get(...given), row(1));
    assert.deepEqual([...byPlace.iterate(...given)], [row(1)]);
  }
  const byName = db.prepare("SELECT * FROM entries WHERE a = @a AND b = :b AND c = $c AND d = @d AND e IS @e");
  const named = { a: "foo", b: 1, c: 3.25, d: blob, e: undefined };
  assert.deepEqual(byName.all(named), [row(1)]);
  assert.deepEqual(byName.all(Object.assign(Object.create(null), named)), [row(1)]);
  assert.deepEqual(byName.all({ ...named, other: 1 }), [row(1)]);
  const few = { a: "foo", b: 1, c: 3.25, d: blob };
  for (const [statement, kind, ...given] of [
    [byPlace, RangeError],
    [byPlace, RangeError, "foo", 1, 3.25, blob],
    [byPlace, RangeError, "foo", 1, 3.25, blob, null, null],
    [byPlace, RangeError, { length: 5, 0: "foo" }],
    [byPlace, TypeError, "foo", new Number(1), 3.25, blob, null],
    [byPlace, TypeError, "foo", new Date(), 3.25, blob, null],
    [byPlace, TypeError, "foo", () => 1, 3.25, blob, null],
    [byPlace, RangeError, "foo", 2n ** 63n, 3.25, blob, null],
    [byName, TypeError],
    [byName, RangeError, {}],
    [byName, RangeError, few],
    [byName, TypeError, named, {}],
    [byName, TypeError, Object.assign(new Date(), named)],
  ] as const) {
    assert.throws(() => statement.get(...given), kind);
    assert.throws(() => statement.iterate(...given), kind);
  }
  const mixed = db.prepare("INSERT INTO entries (a, e, b) VALUES (@a, @a, ?)");
  mixed.run({ a: "123" }, 11);
  mixed.run(12, { a: "456" });
  assert.deepEqual(db.prepare("SELECT a, b, e FROM entries WHERE b > 10 ORDER BY b").raw().all(), [
    ["123", 11, "123"],
    ["456", 12, "456"],
  ]);
  const insert = db.prepare("INSERT INTO entries (a, d) VALUES (?, ?)");
  const bytes = Buffer.from("cafe", "hex");
  assert.equal(insert.bind("bound", bytes), insert);
  bytes.fill(0);
  insert.run();
  assert.throws(() => insert.run("x", null), TypeError);
  assert.throws(() => insert.bind("x", null), TypeError);
  assert.deepEqual(db.prepare("SELECT d FROM entries WHERE a = 'bound'").pluck().get(), Buffer.from("cafe", "hex"));
  db.prepare("INSERT INTO entries (a, d, b) VALUES (?, ?, 77)").run("", Buffer.alloc(0));
  assert.deepEqual(db.prepare("SELECT a, d FROM entries WHERE b = 77").get(), { a: "", d: Buffer.alloc(0) });
});

onBoth("integers are numbers, or bigints where that is wanted", (_, open) => {
  const db = open();
  db.exec("CREATE TABLE t (a INTEGER, b REAL)");
  const large = 1006028374637854687n;
  db.prepare("INSERT INTO t VALUES (?, ?)").run(large, 1.5);
  const select = db.prepare("SELECT a FROM t").pluck();
  assert.equal(select.safeIntegers().get(), large);
  assert.equal(select.get(), large);
  db.prepare("UPDATE t SET a = ?").run(12n);
  assert.equal(select.get(), 12n);
  assert.equal(select.safeIntegers(false).get(), 12);
  assert.equal(db.defaultSafeIntegers(), db);
  assert.deepEqual(db.prepare("SELECT * FROM t").get(), { a: 12n, b: 1.5 });
  assert.deepEqual(select.get(), 12);
  db.defaultSafeIntegers(false);
  assert.deepEqual(db.prepare("SELECT * FROM t").get(), { a: 12, b: 1.5 });
  assert.throws(() => select.safeIntegers(loose(1)), TypeError);
});

onBoth("rows one after the other, and changes in between", (_, open) => {
  const db = filled(open);
  const select = db.prepare("SELECT * FROM entries ORDER BY b");
  const rows = select.iterate();
  assert.equal(rows[Symbol.iterator](), rows);
  assert.deepEqual([select.busy, typeof rows.throw], [true, "undefined"]);
  assert.deepEqual(rows.next(), { value: row(1), done: false });
  // Others may read.
  assert.equal(db.prepare("SELECT count(*) FROM entries").pluck().get(), 10);
  const insert = db.prepare("INSERT INTO entries (a) VALUES ('x')");
  for (const change of [() => insert.run(), () => db.exec("DELETE FROM entries"), () => db.close()])
    assert.throws(change, TypeError);
  assert.deepEqual(rows.return?.(), { value: undefined, done: true });
  assert.equal(select.busy, false);
  assert.deepEqual(rows.next(), { value: undefined, done: true });
  const failure = new Error("mine");
  assert.throws(() => {
    for (const one of select.iterate()) if (one !== undefined) throw failure;
  }, failure);
  assert.equal(select.busy, false);
  assert.deepEqual(
    [...select.iterate()],
    Array.from({ length: 10 }, (_, i) => row(i + 1)),
  );
  assert.equal(insert.run().changes, 1);
});

// What other projects' users met: WiseLibs/better-sqlite3 576, denodrivers/sqlite3 143, tursodatabase/libsql-js 238, oven-sh/bun 36712.
onBoth("values by number, bound ones, changes that give rows, and a statement in the midst of its iteration", (_, open) => {
  const db = filled(open);
  assert.equal(db.prepare("SELECT ?1 - ?2").pluck().get({ 1: 10, 2: 3 }), 7);
  assert.throws(() => db.prepare("SELECT ?1 - ?2").get({ 1: 10 }), RangeError);
  const bound = db.prepare("SELECT b FROM entries WHERE b > ? ORDER BY b").pluck().bind(8);
  assert.deepEqual([...bound.iterate(), ...bound.iterate()], [9, 10, 9, 10]);
  const { changes } = db.prepare("INSERT INTO entries (b) VALUES (11), (12) RETURNING b").run();
  assert.equal(changes, 2);
  assert.equal(db.prepare("SELECT count(*) FROM entries").pluck().get(), 12);
  db.exec("BEGIN; DELETE FROM entries WHERE b = 12; COMMIT");
  const select = db.prepare("SELECT a, b FROM entries ORDER BY b");
  const rows = select.iterate();
  rows.next();
  for (const call of [
    () => select.get(),
    () => select.all(),
    () => select.iterate(),
    () => select.raw(),
    () => select.pluck(),
    () => select.safeIntegers(),
    () => select.bind(),
  ]) {
    assert.throws(call, TypeError);
  }
  assert.deepEqual(rows.next().value, { a: "foo", b: 2 });
  rows.return?.();
  assert.equal(select.pluck().get(), "foo");
});

onBoth("transactions, and such in transactions", (_, open) => {
  const db = open();
  db.exec("CREATE TABLE data (x INTEGER UNIQUE); INSERT INTO data VALUES (1), (2), (3)");
  const all = (): unknown[] => db.prepare("SELECT x FROM data ORDER BY x").pluck().all();
  for (const wrong of [1, null, undefined, "BEGIN", []]) assert.throws(() => db.transaction(loose(wrong)), TypeError);
  const echo = db.transaction(function (this: unknown, ...given: unknown[]) {
    assert.equal(db.inTransaction, true);
    return [this, ...given];
  });
  const self = {};
  assert.deepEqual(echo.call(self, "a", 1), [self, "a", 1]);
  for (const form of ["default", "deferred", "immediate", "exclusive"] as const)
    assert.deepEqual(echo[form].call(self, 2), [self, 2]);
  assert.deepEqual([echo.default, echo.immediate.database], [echo, db]);
  assert.equal(db.inTransaction, false);
  const insert = db.prepare("INSERT INTO data VALUES (?)");
  const one = db.transaction((x: number) => insert.run(x).changes);
  const many = db.transaction((...values: number[]) => values.reduce((sum, x) => sum + one(x), 0));
  assert.equal(many(10, 20), 2);
  assert.throws(() => many(40, 50, 3), codeOf("SQLITE_CONSTRAINT_UNIQUE"));
  assert.deepEqual(all(), [1, 2, 3, 10, 20]);
  const outer = db.transaction(() => {
    assert.throws(() => many(40, 50, 3, 60), codeOf("SQLITE_CONSTRAINT_UNIQUE"));
    assert.equal(db.inTransaction, true);
    one(555);
    db.prepare("SAVEPOINT foo").run();
    many(456, 789);
    db.prepare("ROLLBACK TO foo").run();
    return many(1000);
  });
  assert.equal(outer(), 1);
  assert.deepEqual(all(), [1, 2, 3, 10, 20, 555, 1000]);
  assert.throws(() => db.transaction(() => Promise.resolve(insert.run(5)))(), TypeError);
  const failure = new Error("mine");
  assert.throws(
    db.transaction(() => {
      insert.run(6);
      throw failure;
    }),
    failure,
  );
  assert.equal(db.inTransaction, false);
  db.prepare("BEGIN").run();
  assert.equal(db.inTransaction, true);
  insert.run(7);
  db.exec("ROLLBACK");
  assert.equal(db.inTransaction, false);
  db.exec("BEGIN; INSERT INTO data VALUES (8)");
  assert.equal(db.inTransaction, true);
  db.exec("COMMIT");
  assert.deepEqual(all(), [1, 2, 3, 8, 10, 20, 555, 1000]);
});

onBoth("pragmas", (_, open) => {
  const db = open();
  assert.deepEqual(db.pragma("foreign_keys = ON"), []);
  assert.deepEqual(db.pragma("foreign_keys"), [{ foreign_keys: 1 }]);
  assert.equal(db.pragma("foreign_keys", { simple: true }), 1);
  assert.equal(db.pragma("table_info(none_such)", { simple: true }), undefined);
  assert.equal(db.pragma("integrity_check", { simple: true }), "ok");
  assert.throws(() => db.pragma("PRAGMA foreign_keys"), codeOf("SQLITE_ERROR"));
  assert.throws(() => db.pragma("foreign_keys; PRAGMA foreign_keys"), RangeError);
  for (const options of [true, 123, { simple: undefined }])
    assert.throws(() => db.pragma("foreign_keys", loose(options)), TypeError);
});

onBoth("a function is told of what runs", (_, __, kind) => {
  const told: string[] = [];
  const db = new kind("", { verbose: (sql) => void told.push(sql) });
  db.exec("SELECT 5");
  const select = db.prepare("SELECT 6");
  select.get();
  select.all();
  select.iterate().return?.();
  db.pragma("foreign_keys");
  assert.deepEqual(told, ["SELECT 5", "SELECT 6", "SELECT 6", "PRAGMA foreign_keys"]);
  db.close();
  const failing = new kind("", {
    verbose: () => {
      throw new RangeError("mine");
    },
  });
  assert.throws(() => failing.exec("CREATE TABLE t (a TEXT)"), RangeError);
  assert.throws(() => failing.prepare("SELECT 1").get(), RangeError);
  failing.close();
});

test("what is not there is refused by name", () => {
  const db = new Database();
  for (const [name, call] of [
    ["function()", () => db.function()],
    ["aggregate()", () => db.aggregate()],
    ["table()", () => db.table()],
    ["loadExtension()", () => db.loadExtension()],
    ["serialize()", () => db.serialize()],
    ["explain()", () => db.explain()],
    ["unsafeMode()", () => db.unsafeMode()],
    ["expand()", () => db.prepare("SELECT 1").expand()],
    ["a database from a buffer", () => new Database(loose(Buffer.alloc(1)))],
  ] as const) {
    assert.throws(call, (error: unknown) => error instanceof SqliteError && error.message.startsWith(`${name} is not there`));
  }
  assert.equal(String(db.prepare("SELECT 1")), "SELECT 1");
  db.close();
});

test("values of types that SQLite has not are what they would be there", () => {
  const db = new Database();
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, ok BOOLEAN, doc JSON, at DATE, price DECIMAL(10, 2))");
  db.prepare("INSERT INTO t VALUES (1, ?, ?, ?, ?)").run(true, '{"a": [1]}', "2026-01-02", 1.25);
  assert.deepEqual(db.prepare("SELECT * FROM t").get(), { id: 1, ok: 1, doc: '{"a":[1]}', at: "2026-01-02", price: 1.25 });
  assert.deepEqual(db.prepare("SELECT ok, doc, id > 0, NULL AND ok FROM t").raw().get(), [1, '{"a":[1]}', 1, null]);
  assert.deepEqual(db.prepare("SELECT ok AS x, doc AS x, at AS x FROM t").get(), { x: "2026-01-02" });
  assert.equal(db.prepare("SELECT ok FROM t").pluck().safeIntegers().get(), 1n);
  // No number is exactly that.
  db.prepare("UPDATE t SET id = ?").run(2n ** 60n + 1n);
  assert.throws(() => db.prepare("SELECT id FROM t").get(), codeOf("SQLITE_CONSTRAINT_DATATYPE"));
  assert.deepEqual(db.prepare("SELECT id FROM t").safeIntegers().get(), { id: 2n ** 60n + 1n });
  db.close();
});

test("a file that is open is busy, and a copy of it is not", async (t) => {
  const folder = tempFolder(t);
  const db = new Database(join(folder, "a.db"));
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
  assert.throws(() => new Database(join(folder, "a.db"), { timeout: 0 }), codeOf("SQLITE_BUSY"));
  const { totalPages, remainingPages } = await db.backup(join(folder, "b.db"));
  assert.deepEqual([totalPages > 0, remainingPages], [true, 0]);
  db.close();
  using copy = new Database(join(folder, "b.db"));
  assert.equal(copy.prepare("SELECT count(*) FROM t").pluck().get(), 1);
});

test("the example of docs/better-sqlite3.md prints what it says", (t) => {
  const [, example = ""] = /```js\n([^]*?)```/.exec(readFileSync(join(packageRoot, "docs", "better-sqlite3.md"), "utf8")) ?? [];
  const here = JSON.stringify(new URL("../host/better-sqlite3/index.js", import.meta.url).href);
  const program = example.replace('"quire-db/better-sqlite3"', here);
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: tempFolder(t), encoding: "utf8" });
  const expected = Array.from(example.matchAll(/console\.log\(.*; \/\/ (.*)/g), ([, comment]) => comment);
  assert.equal(expected.length, 3);
  assert.deepEqual(said.trim().split("\n"), expected);
});

test("Kysely's own dialect of SQLite takes it", async () => {
  interface Tables {
    people: { id?: number; name: string; age: number | null };
  }
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database() }) });
  await db.schema
    .createTable("people")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("name", "varchar(255)", (column) => column.notNull().unique())
    .addColumn("age", "real")
    .execute();
  const people = [
    { name: "ann", age: 1.5 },
    { name: "bob", age: null },
  ];
  const { insertId, numInsertedOrUpdatedRows } = await db.insertInto("people").values(people).executeTakeFirstOrThrow();
  assert.deepEqual([insertId, numInsertedOrUpdatedRows], [2n, 2n]);
  await assert.rejects(
    db.transaction().execute(async (inner) => {
      await inner.updateTable("people").set({ age: 7 }).execute();
      await inner.insertInto("people").values({ name: "ann", age: 1 }).execute();
    }),
    codeOf("SQLITE_CONSTRAINT_UNIQUE"),
  );
  assert.deepEqual(await db.selectFrom("people").selectAll().orderBy("id").execute(), [
    { id: 1, ...people[0] },
    { id: 2, ...people[1] },
  ]);
  const streamed: string[] = [];
  for await (const { name } of db.selectFrom("people").select("name").orderBy("name").stream()) streamed.push(name);
  assert.deepEqual(streamed, ["ann", "bob"]);
  const [table] = await db.introspection.getTables();
  assert.deepEqual(
    table?.columns.map(({ name, isAutoIncrementing, isNullable }) => [name, isAutoIncrementing, isNullable]),
    [
      ["id", true, true],
      ["name", false, false],
      ["age", false, true],
    ],
  );
  await db.destroy();
});

test("Knex's own client for better-sqlite3 takes it", async () => {
  const Client = require("knex/lib/dialects/better-sqlite3/index.js") as new () => object;
  class QuireClient extends Client {
    _driver(): Class {
      return Database;
    }
  }
  const config = {
    client: QuireClient as unknown as typeof knex.Client,
    connection: { filename: ":memory:" },
    useNullAsDefault: true,
  };
  const db = knex(config);
  await db.schema.createTable("people", (table) => {
    table.increments("id");
    table.string("name").notNullable().unique();
    table.float("age");
    table.boolean("ok").defaultTo(true);
  });
  assert.deepEqual(await db("people").insert([{ name: "ann", age: 1.5 }, { name: "bob" }]), [2]);
  assert.deepEqual(await db("people").select().where({ name: "ann" }), [{ id: 1, name: "ann", age: 1.5, ok: 1 }]);
  assert.deepEqual(await db("people").insert({ name: "cid" }).returning(["id", "name"]), [{ id: 3, name: "cid" }]);
  await db.transaction(async (inner) => {
    await inner("people").where({ name: "bob" }).update({ age: 3 });
  });
  await assert.rejects(async () => await db("people").insert({ name: "ann" }), codeOf("SQLITE_CONSTRAINT_UNIQUE"));
  assert.deepEqual(await db("people").sum({ ages: "age" }), [{ ages: 4.5 }]);
  assert.equal(await db.schema.hasColumn("people", "name"), true);
  await db.destroy();
});

test("rate-limiter-flexible takes it", async () => {
  const { RateLimiterSQLite } = await import("rate-limiter-flexible");
  const db = new Database();
  const limiter = await new Promise<InstanceType<typeof RateLimiterSQLite>>((done, failed) => {
    const options = { storeClient: db, storeType: "better-sqlite3", tableName: "limits", points: 2, duration: 60 };
    const made = new RateLimiterSQLite(options, (error?: Error) => {
      if (error === undefined) setImmediate(() => done(made));
      else failed(error);
    });
  });
  assert.equal((await limiter.consume("me")).remainingPoints, 1);
  assert.equal((await limiter.consume("me")).remainingPoints, 0);
  await assert.rejects(limiter.consume("me"), (refused: { consumedPoints?: number }) => refused.consumedPoints === 3);
  assert.equal((await limiter.get("me"))?.consumedPoints, 3);
  assert.equal(await limiter.delete("me"), true);
  assert.equal(await limiter.get("me"), null);
  await limiter.block("you", 60);
  assert.equal((await limiter.get("you"))?.remainingPoints, 0);
  db.close();
});
