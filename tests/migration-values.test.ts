/** Values that functions of a program give in `db.migrate`, what it would change, and what it may not destroy. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DestructiveChangeError, type SyncSession, defineTable, open, openSync } from "../host/index.js";
import { tempFolder } from "./helpers/store.js";
import { testOnRuntimes } from "./helpers/runtimes.js";

const before = defineTable("users", { id: "int64:pk:auto", first: "text", last: "text:null", born: "text" });
const after = defineTable("people", {
  id: "int64:pk:auto",
  "full:name": "text:unique",
  born: "int32",
  tags: "json",
  size: "custom(7):null",
  initial: "text:null",
});
const renames = { people: "users" };

/** More than a page of rows. */
const ROWS = 2500;

function filled(path = ":memory:"): SyncSession {
  const db = openSync(path, { cacheBytes: 1 << 20 });
  db.migrate([before]);
  db.table(before).insertMany(
    Array.from({ length: ROWS }, (_, n) => ({ first: `F${n}`, last: n % 2 === 0 ? null : "L", born: String(1900 + (n % 100)) })),
  );
  return db;
}

interface User {
  readonly id: bigint;
  readonly first: string;
  readonly last: string | null;
  readonly born: string;
}

const functions = {
  "people.full:name": (row: User) => [row.first, row.last ?? ""].join(" "),
  "people.tags": (row: User) => [row.first, Number(row.id)],
  "people.size": (row: User) => (row.id === 1n ? null : new Uint8Array([1, 0, 9])),
  "people.initial": "substr(first, 1, 1)",
};
const options = { renames, values: functions, allowDestructive: true };

const expected = (n: number): object => ({
  id: BigInt(n + 1),
  "full:name": `F${n} ${n % 2 === 0 ? "" : "L"}`,
  born: 1900 + (n % 100),
  tags: [`F${n}`, n + 1],
  size: n === 0 ? null : new Uint8Array([1, 0, 9]),
  initial: "F",
});

test("functions give values of columns, of rows as they were, in one transaction, beside SQL and what follows by itself", () => {
  using db = filled();
  db.sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, who INTEGER REFERENCES users (id))");
  db.sql("INSERT INTO notes VALUES (1, 7)");
  const notes = defineTable("notes", { id: "int64:pk:auto", who: "int64:null:references=people.id" });
  let calls = 0;
  const counted = {
    ...functions,
    "people.full:name": (row: User) => {
      calls++;
      return functions["people.full:name"](row);
    },
  };
  const changes = db.migrate([after, notes], { ...options, values: counted });
  assert.equal(calls, ROWS);
  assert.ok(!changes.some(({ table }) => table.startsWith("__quire")), JSON.stringify(changes));
  const rows = [...db.table(after).scan({ index: "id" })];
  assert.deepEqual(
    rows,
    Array.from({ length: ROWS }, (_, n) => expected(n)),
  );
  assert.deepEqual(
    db.tables().map(({ name }) => name),
    ["notes", "people"],
  );
  // Neither the function nor a row is needed once more.
  assert.deepEqual(db.migrate([after, notes], { ...options, values: counted }), []);
  assert.equal(calls, ROWS);
  assert.equal(db.check().errors, 0);
});

test("the first start of a program has no rows for functions, and a table that comes has none", () => {
  using db = openSync(":memory:");
  db.migrate([after], { renames, values: functions });
  db.table(after).insert({ "full:name": "Ada", born: 1815, tags: null });
  const other = defineTable("others", { id: "int64:pk:auto", n: "int64" });
  assert.equal(db.migrate([after, other], { renames, values: { ...functions, "others.n": () => 1n } }).length, 1);
  assert.equal(db.table(after).count(), 1);
});

test("what a function throws or gives that is no value of its column leaves all as it was", () => {
  using db = filled();
  const state = db.hash();
  const migrate = (born: (row: User) => number): unknown =>
    db.migrate([after], { ...options, values: { ...functions, "people.born": born } });
  const own = new Error("not this one");
  const throwing = (row: User): number => {
    if (row.id === 2000n) throw own;
    return 1;
  };
  assert.throws(() => migrate(throwing), own);
  assert.throws(() => migrate(({ id }) => (id === 1500n ? 3e9 : 1)), {
    code: "BAD_VALUE",
    message: /^the row id = 1500 of users: the value of born: /u,
  });
  assert.throws(() => migrate(() => null as unknown as number), {
    code: "NOT_NULL",
    message: /^the row id = 1 of users: people\.born has no value/u,
  });
  assert.throws(() => migrate((async () => await Promise.resolve(1)) as never), {
    code: "BAD_VALUE",
    message: /gave a promise/u,
  });
  const twice = { ...functions, "people.full:name": () => "the same" };
  assert.throws(() => db.migrate([after], { ...options, values: twice }), { code: "UNIQUE_CONFLICT" });
  // @ts-expect-error: text is no number.
  assert.throws(() => db.migrate([after], { ...options, values: { "people.born": () => "x" } }), { code: "BAD_VALUE" });
  // @ts-expect-error: there is no such column.
  assert.throws(() => db.migrate([after], { ...options, values: { "people.bron": () => 1 } }), {
    code: "BAD_REQUEST",
    message: /no column people\.bron; did you mean born\?/u,
  });
  assert.deepEqual(db.hash(), state);
  db.begin();
  db.migrate([after], options);
  assert.equal(db.table(after).count(), ROWS);
  db.rollback();
  assert.deepEqual(db.hash(), state);
  assert.equal(db.check().errors, 0);
});

test("what would be lost is an error that lists it, before a function is called", () => {
  using db = filled();
  const call = (): never => assert.fail("called");
  assert.throws(
    () => db.migrate([after], { renames, values: { "people.tags": call } }),
    (error) => {
      assert.ok(error instanceof DestructiveChangeError);
      assert.equal(error.code, "DESTRUCTIVE_CHANGE");
      assert.deepEqual(
        error.changes.map(({ change, column }) => [change, column]),
        [
          ["dropColumn", "first"],
          ["dropColumn", "last"],
        ],
      );
      return true;
    },
  );
});

test("a dry run calls the functions, names the row whose value does not fit, and leaves nothing", (t) => {
  const path = join(tempFolder(t), "app.db");
  filled(path).close();
  const bytes = readFileSync(path);
  const db = openSync(path);
  const planned = db.pendingMigrations([after], { renames });
  assert.deepEqual(db.migrate([after], { ...options, dryRun: true }), planned);
  const twice = { ...functions, "people.full:name": (row: User) => (row.id > 2000n ? "same" : String(row.id)) };
  assert.throws(() => db.migrate([after], { ...options, values: twice, dryRun: true }), {
    code: "UNIQUE_CONFLICT",
    message: /full:name = same/u,
  });
  const none = { ...functions, "people.tags": (row: User) => (row.id === 2001n ? null : []) };
  assert.throws(() => db.migrate([after], { ...options, values: none, dryRun: true }), {
    code: "NOT_NULL",
    message: /id = 2001/u,
  });
  assert.deepEqual(
    db.tables().map(({ name, rows }) => [name, rows]),
    [["users", ROWS]],
  );
  db.close();
  assert.ok(bytes.equals(readFileSync(path)));
});

test("hasDrift and pendingMigrations tell what migrate would do, and change nothing", () => {
  using db = filled();
  assert.equal(db.hasDrift([before]), false);
  assert.deepEqual(db.pendingMigrations([before]), []);
  assert.equal(db.hasDrift([after]), true);
  const [first] = db.pendingMigrations([after], { renames });
  assert.deepEqual(first, {
    change: "renameTable",
    table: "people",
    was: "users",
    text: "table users is called people",
    destructive: false,
    rewrites: true,
  });
  assert.equal(db.table(before).count(), ROWS);
});

testOnRuntimes("functions give values over a runtime", async (t, runtime) => {
  const path = join(tempFolder(t), "store.db");
  filled(path).close();
  await using db = await open(path, { runtime });
  assert.equal(await db.hasDrift([before]), false);
  const wrong = { ...options, values: { ...functions, "people.born": () => 3e9 } };
  await assert.rejects(db.migrate([after], wrong), { code: "BAD_VALUE" });
  await db.migrate([after], options);
  assert.deepEqual(await db.table(after).get(2n), expected(1));
  assert.equal(await db.table(after).count(), ROWS);
  assert.equal((await db.check()).errors, 0);
});
