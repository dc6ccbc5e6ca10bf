/** Defaults that are worked out for each row: CURRENT_TIMESTAMP and other expressions, by each way in which rows come. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sqlite from "node-sqlite3-wasm";
import { type SyncSession, openSync } from "../host/index.js";

const rows = (db: SyncSession, sql: string): readonly (readonly unknown[])[] => db.sql(sql).rows;

/** What ORMs write: Knex's timestamps, Drizzle's sql`…` of seconds and milliseconds, and random texts and keys. */
const TABLE = `CREATE TABLE t (
  id INTEGER PRIMARY KEY,
  n INT4 DEFAULT 5,
  made DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  day DATE DEFAULT CURRENT_DATE,
  said TEXT DEFAULT CURRENT_TIMESTAMP,
  seconds INTEGER NOT NULL DEFAULT (unixepoch()),
  millis INTEGER DEFAULT (CAST(strftime('%s', 'now') AS INTEGER) * 1000),
  code TEXT DEFAULT (lower(hex(randomblob(8)))),
  own UUID DEFAULT (uuid()),
  small INT4 DEFAULT (abs(-7)),
  none TEXT DEFAULT (NULLIF('a', lower('A'))),
  kept INTEGER DEFAULT (1 + 2)
)`;

test("each row that comes without a value gets one, all of a statement at one time", () => {
  using db = openSync(":memory:");
  db.sql(TABLE);
  const before = Math.floor(Date.now() / 1000);
  db.sql("INSERT INTO t (n) VALUES (1), (2), (3)");
  db.sql("INSERT INTO t DEFAULT VALUES");
  db.sql("INSERT INTO t (id, made, code) VALUES (10, DEFAULT, DEFAULT)");
  db.sql("INSERT INTO t (id, n) SELECT id + 20, n FROM t WHERE id < 3");
  db.table("t").insert({ id: 40n });
  db.table("t").insertMany([{ id: 41n }, { id: 42n }]);
  db.request({ op: "insert", table: "t", row: { id: 43 } });
  const after = Math.ceil(Date.now() / 1000) + 1;
  assert.deepEqual(rows(db, "SELECT count(*), count(DISTINCT code), count(DISTINCT own), min(length(code)) FROM t"), [
    ["11", "11", "11", "16"],
  ]);
  const isNow = `unixepoch(made) BETWEEN ${before} AND ${after} AND seconds BETWEEN ${before} AND ${after}`;
  const sql = `SELECT id FROM t WHERE NOT (${isNow} AND millis = seconds * 1000 AND day = CAST(made AS DATE) AND said = CAST(made AS TEXT)
    AND small = 7 AND none IS NULL AND kept = 3)`;
  assert.deepEqual(rows(db, sql), []);
  assert.deepEqual(rows(db, "SELECT count(DISTINCT made) FROM t WHERE id < 4"), [["1"]]);
  // crate issue 3910: a statement that is run again is at its own time.
  for (let run = 0; run < 2; run++) {
    db.sql("INSERT INTO t (n) VALUES (77)");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  assert.deepEqual(rows(db, "SELECT count(DISTINCT made) FROM t WHERE n = 77"), [["2"]]);
  assert.deepEqual(rows(db, "INSERT INTO t (made) VALUES (CURRENT_TIMESTAMP) RETURNING said = CAST(made AS TEXT)"), [[true]]);
});

test("null stays null, and a value stays what it is; conflicts and UPDATE have defaults, too", () => {
  using db = openSync(":memory:");
  db.sql(
    "CREATE TABLE t (k TEXT PRIMARY KEY, a TEXT DEFAULT (upper('new')), b TEXT NOT NULL DEFAULT (lower('NEW')), c INTEGER DEFAULT 3)",
  );
  assert.deepEqual(rows(db, "INSERT INTO t (k, a) VALUES ('x', NULL), ('y', 'own') RETURNING *"), [
    ["x", null, "new", "3"],
    ["y", "own", "new", "3"],
  ]);
  const upsert =
    "INSERT INTO t (k) VALUES ('x') ON CONFLICT (k) DO UPDATE SET a = excluded.a || '!', b = 'changed' RETURNING a, b";
  assert.deepEqual(rows(db, upsert), [["NEW!", "changed"]]);
  assert.deepEqual(rows(db, "UPDATE t SET a = DEFAULT, b = DEFAULT, c = DEFAULT RETURNING *"), [
    ["x", "NEW", "new", "3"],
    ["y", "NEW", "new", "3"],
  ]);
  assert.deepEqual(rows(db, "INSERT OR REPLACE INTO t (k, b) VALUES ('x', NULL) RETURNING a, b"), [["NEW", "new"]]);
  assert.throws(() => db.sql("INSERT INTO t (k, b) VALUES ('z', NULL)"), { code: "NOT_NULL" });
  db.sql("INSERT OR IGNORE INTO t (k) VALUES ('x'), ('w')");
  assert.deepEqual(rows(db, "SELECT k, a, b FROM t WHERE k = 'w'"), [["w", "NEW", "new"]]);
});

test("they are told of as SQLite tells of them, and SQLite makes the table of the text", (t) => {
  using db = openSync(":memory:");
  const theirs = new sqlite.Database(":memory:");
  t.after(() => theirs.close());
  const sql =
    "CREATE TABLE d (a DATETIME DEFAULT CURRENT_TIMESTAMP, b TEXT DEFAULT (lower('A') || 'b'), c BIGINT DEFAULT (abs(-1)))";
  db.sql(sql);
  theirs.exec(sql);
  const asked = "SELECT name, dflt_value FROM pragma_table_info('d') ORDER BY cid";
  const found = theirs.all(asked).map((row): unknown[] => Object.values(row));
  assert.deepEqual(rows(db, asked), found);
  const text = rows(db, "SELECT sql FROM sqlite_master WHERE name = 'd'")[0]?.[0] as string;
  assert.match(text, /"a" DATETIME DEFAULT CURRENT_TIMESTAMP, "b" TEXT DEFAULT \(lower\('A'\) \|\| 'b'\)/u);
  theirs.exec(text.replace('"d"', "e"));
  assert.deepEqual(theirs.all(asked.replace("'d'", "'e'")).map((row): unknown[] => Object.values(row)), found); // prettier-ignore
  using again = openSync(":memory:");
  again.sql(text);
  assert.deepEqual(rows(again, asked), found);
});

test("ALTER TABLE gives, takes away and renames them", () => {
  using db = openSync(":memory:");
  const entries = 'SELECT name, "table", sql FROM __quire_catalog ORDER BY id';
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT DEFAULT (lower('A')), b TEXT DEFAULT (lower('B')), c TEXT DEFAULT 'c')");
  db.sql("INSERT INTO t (id) VALUES (1)");
  db.sql("ALTER TABLE t RENAME COLUMN a TO x, ALTER c SET DEFAULT (upper('new')), ALTER b DROP DEFAULT");
  assert.deepEqual(rows(db, "INSERT INTO t (id) VALUES (2) RETURNING x, b, c"), [["a", null, "NEW"]]);
  db.sql("ALTER TABLE t RENAME TO u");
  assert.deepEqual(rows(db, "INSERT INTO u (id) VALUES (3) RETURNING x, b, c"), [["a", null, "NEW"]]);
  assert.deepEqual(rows(db, entries), [
    ["x", "u", "lower('A')"],
    ["c", "u", "upper('new')"],
  ]);
  db.sql(
    "ALTER TABLE u ALTER b SET DEFAULT (hex('b')), RENAME COLUMN b TO y, ALTER c SET DEFAULT 'plain', ALTER x SET DEFAULT (hex('x')), DROP COLUMN x",
  );
  assert.deepEqual(rows(db, "INSERT INTO u (id) VALUES (4) RETURNING y, c"), [["62", "plain"]]);
  assert.deepEqual(rows(db, entries), [["y", "u", "hex('b')"]]);
  assert.throws(() => db.sql("ALTER TABLE u ALTER y TYPE BLOB USING x'00'"), { message: /DROP DEFAULT/u });
  assert.throws(() => db.sql("ALTER TABLE u ADD COLUMN at DATETIME DEFAULT CURRENT_TIMESTAMP"), { code: "SQL_UNSUPPORTED" });
  db.sql("ALTER TABLE u ADD COLUMN at DATETIME, ALTER at SET DEFAULT CURRENT_TIMESTAMP, DROP COLUMN y");
  assert.deepEqual(rows(db, "INSERT INTO u (id) VALUES (5) RETURNING at IS NULL"), [[false]]);
  assert.deepEqual(rows(db, "SELECT count(at) FROM u"), [["1"]]);
  assert.deepEqual(rows(db, entries), [["at", "u", "CURRENT_TIMESTAMP"]]);
});

test("what can be none is refused", () => {
  using db = openSync(":memory:");
  for (const [column, code] of [
    ["a TEXT DEFAULT (SELECT 1)", "SQL_UNSUPPORTED"],
    ["a TEXT DEFAULT (lower((SELECT 'A')))", "SQL_UNSUPPORTED"],
    ["a TEXT DEFAULT (lower(?))", "SQL_UNSUPPORTED"],
    ["a TEXT DEFAULT (lower(b)), b TEXT", "COLUMN_NOT_FOUND"],
    ["a INTEGER DEFAULT (count(*))", "SQL_TYPE"],
    ["a INTEGER DEFAULT CURRENT_TIMESTAMP", "SQL_TYPE"],
    ["a TEXT DEFAULT CURRENT_TIME", "SQL_UNSUPPORTED"],
    ["a TEXT DEFAULT (nope())", "SQL_UNSUPPORTED"],
  ] as const)
    assert.throws(() => db.sql(`CREATE TABLE t (${column})`), { code }, column);
  assert.deepEqual(rows(db, "SELECT name FROM sqlite_master"), []);
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, small INT2 DEFAULT (abs(-70000)))");
  assert.throws(() => db.sql("INSERT INTO t DEFAULT VALUES"), { code: "OVERFLOW", message: /t\.small can't hold its default/u });
});

test("a default that can't be worked out any more is told of, and goes with its table", () => {
  using db = openSync(":memory:");
  const insert = "INSERT INTO t DEFAULT VALUES RETURNING v, made > '2020-01-01 00:00'";
  db.sql(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, made DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, v TEXT DEFAULT (lower('V')))",
  );
  assert.deepEqual(rows(db, insert), [["v", true]]);
  db.sql("UPDATE __quire_catalog SET sql = 'nope(' WHERE name = 'v'");
  assert.throws(() => db.sql(insert), {
    code: "BAD_SCHEMA",
    message: /DEFAULT of v of t, .*DELETE FROM __quire_catalog WHERE id = 2/u,
  });
  db.sql("DELETE FROM __quire_catalog WHERE id = 2");
  assert.deepEqual(rows(db, insert), [[null, true]]);
  db.sql("DROP TABLE t");
  assert.throws(() => db.sql("SELECT * FROM __quire_catalog"), { code: "TABLE_NOT_FOUND" }, "it goes with its last entry");
});
