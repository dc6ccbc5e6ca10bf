/** Plans that are kept: of prepared statements, and of requests with the same text. They go with the tables' definitions, and with how large the tables are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";

const COUNT = "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 20000)";

test("a statement that was planned for an empty table is planned anew when that has grown", () => {
  using db = openSync(":memory:");
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, g INT NOT NULL)");
  db.sql("CREATE INDEX t_g_idx ON t (g)");
  const sql = "SELECT sum(a.id) AS s FROM t a JOIN t b ON a.g = b.g WHERE b.id = ?";
  const prepared = db.prepare(sql);
  assert.deepEqual(prepared.all(1), [{ s: null }]);
  assert.deepEqual(db.sql(sql, [1]).rows, [[null]]);
  db.sql(`INSERT INTO t ${COUNT} SELECT x, x % 10000 FROM c`);
  const started = performance.now();
  for (let id = 1; id <= 2000; id++) {
    const sum = BigInt(id < 10000 ? id + id + 10000 : id);
    assert.deepEqual(prepared.all(id), [{ s: sum }]);
    assert.deepEqual(db.sql(sql, [id]).rows, [[String(sum)]]);
  }
  console.log(`4,000 look-ups: ${Math.round(performance.now() - started)} ms`);
});

test("requests with the same text run by one plan, with other values, and other tables", () => {
  using db = openSync(":memory:");
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
  for (let n = 1; n <= 3; n++) db.sql("INSERT INTO t (v) VALUES (?)", [`v${n}`]);
  assert.throws(() => db.sql("INSERT INTO t (v) VALUES (?)"), { code: "BAD_REQUEST" });
  const select = "SELECT v FROM t WHERE id = ?";
  assert.deepEqual(db.sql(select, [2]).rows, [["v2"]]);
  assert.deepEqual(db.sql(select, ["3"]).rows, [["v3"]]);
  // What the values of before were is forgotten.
  assert.throws(() => db.sql(select), { code: "BAD_REQUEST" });
  assert.throws(() => db.sql(select, ["x"]), { code: "SQL_TYPE" });
  assert.deepEqual(db.sql(select, [1]).rows, [["v1"]]);
  assert.deepEqual(db.sql(select, [null]).rows, []);
  db.sql("DROP TABLE t");
  assert.throws(() => db.sql(select, [1]), { code: "TABLE_NOT_FOUND" });
  db.sql("CREATE TABLE t (v INT, id TEXT PRIMARY KEY)");
  db.sql("INSERT INTO t VALUES (7, '1')");
  assert.deepEqual(db.sql(select, ["1"]), { columns: ["v"], types: ["int64"], rows: [["7"]], changes: 0 });
  // More texts than are kept, and long ones.
  for (let n = 0; n < 100; n++) assert.deepEqual(db.sql(`SELECT ${n}${" ".repeat(n * 100)}`).rows, [[String(n)]]);
  for (let n = 0; n < 100; n++) assert.deepEqual(db.sql(`SELECT ${n}${" ".repeat(n * 100)}`).rows, [[String(n)]]);
});

test("pages of one text that are asked for in turns are each their own", () => {
  using db = openSync(":memory:");
  const sql = `${COUNT} SELECT x FROM c`;
  const ask = (after?: string): { rows: string[][]; after: string | null } =>
    db.request({ op: "sql", sql, maxRows: 3, ...(after === undefined ? {} : { after }) }) as { rows: string[][]; after: string };
  const [one, other] = [ask(), ask()];
  assert.notEqual(one.after, other.after);
  assert.deepEqual(ask(one.after as string).rows, [["4"], ["5"], ["6"]]);
  assert.deepEqual(ask(other.after as string).rows, [["4"], ["5"], ["6"]]);
  assert.throws(() => ask(one.after as string), { code: "SCAN_OUTDATED" });
  assert.equal(db.sql(sql).rows.length, 20000);
  assert.deepEqual(ask().rows, [["1"], ["2"], ["3"]]);
});

test("what a run keeps is given back, however often the plan runs", () => {
  using db = openSync(":memory:", { sqlMemory: 4 << 20 });
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, g INT NOT NULL, s TEXT)");
  db.sql(`INSERT INTO t ${COUNT} SELECT x, x % 100, 'text ' || x FROM c LIMIT 3000`);
  const statements = [
    "SELECT sum(x) AS n FROM (SELECT count(*) OVER (PARTITION BY g ORDER BY id) AS x FROM t) q",
    "SELECT max(x) AS n FROM (SELECT min(s) OVER (ORDER BY id ROWS BETWEEN 100 PRECEDING AND 10 FOLLOWING) AS x FROM t) q",
    "SELECT max(length(x)) AS n FROM (SELECT group_concat(s) OVER (PARTITION BY g ORDER BY id) AS x FROM t) q",
    "SELECT count(*) AS n FROM (SELECT DISTINCT s FROM t ORDER BY s DESC) q",
    "SELECT max(n) AS n FROM (SELECT g, count(DISTINCT s) AS n, group_concat(s ORDER BY id) AS c FROM t GROUP BY g) q",
    "SELECT count(*) AS n FROM t a JOIN t b ON a.s = b.s",
    "SELECT count(*) AS n FROM (SELECT s FROM t EXCEPT SELECT s FROM t WHERE g > 3) q",
    "SELECT count(*) AS n FROM t WHERE s IN (SELECT s FROM t WHERE g < 50)",
    "SELECT count(*) AS n FROM t a WHERE EXISTS (SELECT 1 FROM t b WHERE b.s = a.s AND b.g < 50)",
    "SELECT sum((SELECT count(*) FROM t b WHERE b.g = a.g)) AS n FROM t a",
  ];
  for (const sql of statements) {
    const prepared = db.prepare(sql);
    const [first] = prepared.all();
    for (let n = 0; n < 30; n++) assert.deepEqual(prepared.all(), [first], sql);
  }
  for (let n = 0; n < 30; n++) {
    db.sql("UPDATE t SET s = s || 'x' WHERE g < 50 RETURNING id, s");
    db.sql("INSERT INTO t (id, g, s) SELECT id, g, s FROM t WHERE g < 50 ON CONFLICT DO NOTHING");
  }
  assert.equal(db.check().errors, 0);
});
