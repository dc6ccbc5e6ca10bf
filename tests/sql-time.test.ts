/** What takes too long ends: `timeout` of requests, in the package, and `--timeout` of the command. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { QuireError, type SyncSession, openSync } from "../host/index.js";
import { openStore } from "./helpers/store.js";

/** The code that what `run` does fails with, and its milliseconds. */
function failure(run: () => unknown): [code: string, milliseconds: number] {
  const start = performance.now();
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof QuireError, String(error));
    return [error.code, performance.now() - start];
  }
  return ["none", performance.now() - start];
}

/** Whether there is a clock: the component has none (docs/component.md). */
function hasClock(db: SyncSession): boolean {
  const [code] = failure(() => db.sql("SELECT 1", [], { timeout: 1000 }));
  if (code !== "none") assert.equal(code, "UNSUPPORTED");
  return code === "none";
}

/** Rows by the thousand, from 1. */
const COUNT = "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 100000)";

/** Statements that take minutes: each waits in another part of the engine. */
const ENDLESS = [
  "SELECT count(*) FROM t a, t b, t c WHERE a.n + b.n + c.n = -1",
  "SELECT count(*) FROM t a, t b, t c",
  "SELECT count(*) FROM t a JOIN t b ON a.one = b.one JOIN t c ON b.one = c.one",
  "SELECT max(a.n) FROM t a LEFT JOIN t b ON a.n < b.n LEFT JOIN t c ON b.n < c.n",
  "SELECT a.n FROM t a, t b, t c ORDER BY a.n + b.n LIMIT 1",
  "SELECT n FROM t WHERE (SELECT count(*) FROM t b, t c WHERE b.n <> c.n + t.n) < 0",
  "SELECT DISTINCT a.one FROM t a, t b, t c",
  "SELECT a.one FROM t a, t b, t c INTERSECT SELECT 2",
  "SELECT a.n FROM t a, t b, t c LIMIT 1 OFFSET 9000000000",
  `${COUNT} SELECT count(*) FROM c a, c b`,
  `WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT (x + 1) % 50 FROM c, t) SELECT count(*) FROM c`,
  // Long texts, of one row: a search that compares nearly all of the pattern at each place.
  `SELECT replace(rpad('', 4000000, 'a'), rpad('', 2000000, 'a') || 'b', 'c')`,
  `SELECT instr(rpad('', 4000000, 'a'), rpad('', 2000000, 'a') || 'b')`,
  `SELECT rpad('', 400000, 'a') LIKE '%' || rpad('', 200000, 'a') || 'b'`,
  `SELECT rpad('', 400000, 'a') GLOB '*' || rpad('', 200000, 'a') || 'b'`,
  "UPDATE t SET n = (SELECT count(*) FROM t b, t c WHERE b.n <> c.n + t.n)",
  "DELETE FROM t WHERE n = (SELECT count(*) FROM t b, t c WHERE b.n <> c.n + t.n)",
  "INSERT INTO t (n, one) SELECT a.n, b.one FROM t a, t b, t c",
  "CREATE TABLE u AS SELECT count(*) AS n FROM t a, t b, t c",
];

function filled(rows: number): SyncSession {
  const db = openSync(":memory:");
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, one INTEGER)");
  db.table("t").insertMany(Array.from({ length: rows }, (_, i) => ({ n: String(i), one: "1" })));
  return db;
}

test("a statement whose time is over ends with SQL_TIMEOUT, has changed nothing, and the transaction stays", () => {
  using db = filled(3000);
  if (!hasClock(db)) return;
  const state = "SELECT count(*), sum(n) FROM t";
  db.begin();
  db.sql("INSERT INTO t (n, one) VALUES (-1, 1)");
  const before = db.sql(state).rows;
  for (const sql of ENDLESS) {
    const [code, milliseconds] = failure(() => db.sql(sql, [], { timeout: 25 }));
    assert.equal(code, "SQL_TIMEOUT", sql);
    assert.ok(milliseconds >= 25 && milliseconds < 2000, `${sql}: ${milliseconds}`);
    assert.deepEqual(db.sql(state).rows, before, sql);
  }
  db.commit();
  assert.deepEqual(db.sql(state, [], { timeout: 0 }).rows, before);
  assert.equal(failure(() => db.sql("SELECT 1", [], { timeout: -1 }))[0], "BAD_REQUEST");
  assert.equal(failure(() => db.sql("SELECT 1", [], { timeout: 1.5 }))[0], "BAD_REQUEST");
});

test("a value that there is no time to look at is not one that breaks its rule", () => {
  using db = openSync(":memory:");
  if (!hasClock(db)) return;
  db.create("t", ["id:int32:pk:auto", `v:text:like=%${"a".repeat(30_000)}b`]);
  for (const or of ["", "OR IGNORE"]) {
    const sql = `INSERT ${or} INTO t (v) VALUES (rpad('', 65535, 'a'))`;
    const [code, milliseconds] = failure(() => db.sql(sql, [], { timeout: 25 }));
    assert.equal(code, "SQL_TIMEOUT", sql);
    assert.ok(milliseconds >= 25 && milliseconds < 2000, `${sql}: ${milliseconds}`);
  }
});

test("a check of the file ends with its time", () => {
  using db = openSync(":memory:");
  db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT); CREATE INDEX of_a ON t (a); CREATE INDEX of_b ON t (b, a)");
  db.sql("INSERT INTO t (a, b) SELECT 'text ' || value, value % 100 FROM generate_series(1, 100000)");
  const [code, milliseconds] = failure(() => db.sql("PRAGMA integrity_check", [], { timeout: 5 }));
  assert.equal(code, "SQL_TIMEOUT");
  assert.ok(milliseconds < 2000, `${milliseconds} ms`);
  assert.deepEqual(db.sql("PRAGMA integrity_check").rows, [["ok"]]);
});

test("a request's time is its own: scans, counts, updates and deletes by a condition", () => {
  using db = filled(3000);
  if (!hasClock(db)) return;
  const t = db.table("t");
  const where = "(SELECT count(*) FROM t b, t c WHERE b.n <> c.n + t.n) < 0";
  const late = { where, timeout: 25 };
  const calls: (() => unknown)[] = [
    () => [...t.scan(late)],
    () => [...t.scan({ ...late, orderBy: "n" })],
    () => t.count(late),
    () => t.updateWhere({ one: "2" }, late),
    () => t.deleteWhere(late),
  ];
  for (const call of calls) {
    const [code, milliseconds] = failure(call);
    assert.equal(code, "SQL_TIMEOUT", String(call));
    assert.ok(milliseconds >= 25 && milliseconds < 2000, String(call));
  }
  assert.equal(t.count({ where: "one = 1" }), 3000);
  assert.equal([...t.scan({ timeout: 10_000 })].length, 3000);
});

test("the command: --timeout", async (t) => {
  const store = openStore(t);
  await store.ok(["sql", "CREATE TABLE t (n INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)"]);
  const endless = `${COUNT} SELECT count(*) FROM c a, c b`;
  await store.fails("SQL_TIMEOUT", 1, ["sql", endless, "--timeout", "40"]);
  await store.fails("SQL_TIMEOUT", 1, [
    "sql",
    `INSERT INTO t VALUES (2); ${endless}; INSERT INTO t VALUES (3)`,
    "--timeout",
    "40",
  ]);
  const asJson = await store.run(["sql", endless, "--timeout", "40", "--json"]);
  assert.equal(asJson.status, 1);
  assert.match(asJson.stdout, /"code":"SQL_TIMEOUT"/u);
  await store.fails("SQL_TIMEOUT", 1, ["delete", "t", "--where", `n = (${endless})`, "--timeout", "40"]);
  assert.equal(await store.ok(["sql", "SELECT count(*) FROM t", "--format", "csv", "--timeout", "9000"]), "count(*)\n2\n");
  await store.fails("USAGE", 2, ["sql", "SELECT 1", "--timeout", "soon"]);
  await store.fails("USAGE", 2, ["info", "--timeout", "9"]);
});
