/**
 * Queries of aggregates that are worked out for all rows around them together, in groups, and rows that OFFSET passes by without reading them:
 * the same rows as SQLite gives. Reports of other engines are named where they showed what to try.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { plan } from "./helpers/plans.js";
import { Random } from "./torture/random.js";
import { type Both, outcome, withBoth } from "./sql/both.js";

/** Rows of `a`, and of `b`, which refers to some of them, to others that are not there, and to none. */
function fill(both: Both, seed: number, count: number, indexes: readonly string[]): void {
  const random = new Random(seed);
  const statements = [
    "CREATE TABLE a (id INTEGER PRIMARY KEY, k INTEGER, s TEXT)",
    "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER, k INTEGER, s TEXT, v INTEGER)",
    ...indexes,
  ];
  const key = (): string => (random.oneIn(5) ? "NULL" : String(random.below(count)));
  const text = (): string => random.pick(["NULL", "''", "'a'", "'A'", "'b'", "'long enough to be kept elsewhere'"]);
  const rows = (n: number, row: () => string): string => Array.from({ length: n }, () => `(${row()})`).join(", ");
  statements.push(`INSERT INTO a (k, s) VALUES ${rows(count, () => `${key()}, ${text()}`)}`);
  statements.push(
    `INSERT INTO b (a_id, k, s, v) VALUES ${rows(2 * count, () => `${key()}, ${key()}, ${text()}, ${random.below(100) - 20}`)}`,
  );
  for (const sql of statements) {
    both.run(sql);
    both.quire.sql(sql);
  }
}

const VALUES = [
  "count(*)",
  "count(b.v)",
  "count(DISTINCT b.s)",
  "sum(b.v)",
  "total(b.v) + 1",
  "min(b.s)",
  "max(b.v) - min(b.v)",
  "group_concat(b.v, '-' ORDER BY b.id)",
  "coalesce(sum(b.v), -1) * 2",
  "count(*) FILTER (WHERE b.v > 50)",
  "CASE WHEN count(*) = 0 THEN 'none' ELSE max(b.s) END",
  "CAST(json_group_array(b.v ORDER BY b.id) AS text)",
  "(count(*) > 2)",
  "max(b.v + a.k)",
  "min(b.v) + a.id",
];
const TIES = [
  "b.a_id = a.id",
  "a.id = b.a_id AND b.v > 0",
  "b.k = a.k",
  "b.s = a.s AND b.k = a.k",
  "b.k + 1 = a.k",
  "b.a_id = a.id AND b.s IS NOT NULL AND b.k < 20",
  "b.a_id = a.id AND b.v > a.k",
  "b.a_id = a.id AND a.k > 3",
];

test("aggregates of a query inside of another one, for rows with partners and without, by an index and without", () => {
  for (const [seed, count, indexes] of [
    [1, 1, []],
    [2, 40, []],
    [3, 300, []],
    [4, 300, ["CREATE INDEX b_a_idx ON b (a_id)", "CREATE INDEX b_k_idx ON b (k, s)"]],
  ] as const) {
    withBoth((both) => {
      fill(both, seed, count, indexes);
      for (const tie of TIES) {
        for (const value of VALUES) both.same(`SELECT a.id, (SELECT ${value} FROM b WHERE ${tie}) AS x FROM a ORDER BY a.id`);
        both.same(`SELECT a.id FROM a WHERE (SELECT count(*) FROM b WHERE ${tie}) > 1 ORDER BY a.id`);
        both.same(`SELECT a.id FROM a WHERE (SELECT sum(v) FROM b WHERE ${tie}) IS NULL ORDER BY a.id`);
        both.same(`SELECT a.k AS g, sum((SELECT count(*) FROM b WHERE ${tie})) AS n FROM a GROUP BY a.k ORDER BY 1`);
        both.same(`SELECT a.id, (SELECT count(*) FROM b JOIN a c ON c.id = b.k WHERE ${tie}) AS x FROM a ORDER BY a.id`);
        both.same(`SELECT a.id FROM a WHERE (1, 2) < (SELECT count(*), max(v) FROM b WHERE ${tie}) ORDER BY a.id`);
        both.same(
          `SELECT a.id FROM a LEFT JOIN a c ON (SELECT count(*) FROM b WHERE ${tie}) = c.id WHERE a.id < 20 ORDER BY a.id, c.id`,
        );
      }
    });
  }
});

test("what other engines made of such queries", () => {
  withBoth((both) => {
    fill(both, 7, 60, []);
    for (const sql of [
      // datafusion issue 10553, ClickHouse issues 111615 and 112511, duckdb issue 24049: of no rows a count is 0, the others are null.
      "SELECT a.id, (SELECT count(*) FROM b WHERE b.a_id = a.id AND b.v = 1000) AS x FROM a ORDER BY 1",
      "SELECT a.id, (SELECT count(DISTINCT v) + 1 FROM b WHERE b.a_id = a.id + 1000) AS x FROM a ORDER BY 1",
      // spark pull request 40865: IS NULL of a count of no rows.
      "SELECT a.id, (SELECT count(*) IS NULL FROM b WHERE b.a_id = a.id) AS x FROM a ORDER BY 1",
      "SELECT a.id FROM a WHERE (SELECT count(*) FROM b WHERE b.a_id = a.id) IS NULL",
      // tidb issue 66619: HAVING leaves no row, which is null.
      "SELECT a.id, (SELECT count(1) AS n FROM b WHERE b.a_id = a.id HAVING n > 0) AS x FROM a ORDER BY 1",
      // duckdb issue 22727: a count of the row around it alone.
      "SELECT (SELECT count(a.id) FROM b WHERE b.v > 1000) AS x FROM a",
      // duckdb issue 4753: an aggregate has a row whatever it is of.
      "SELECT a.id, EXISTS (SELECT sum(v) FROM b WHERE b.a_id = a.id) AS x FROM a ORDER BY 1",
      "SELECT a.id, 5 IN (SELECT count(*) FROM b WHERE b.a_id = a.id) AS x FROM a ORDER BY 1",
      // duckdb issue 23639: beside a window, under a condition.
      "SELECT w, n FROM (SELECT sum(k) OVER () AS w, (SELECT sum(v) FROM b WHERE b.k = a.k) AS n FROM a) WHERE w IS DISTINCT FROM n ORDER BY 1, 2",
      // axiom issue 846.
      "SELECT a.id, (SELECT count(*) FROM b WHERE b.a_id = a.id + 2) AS x FROM a ORDER BY 1",
      // Two queries around each other, and one in an aggregate.
      "SELECT a.id, (SELECT sum((SELECT count(*) FROM a c WHERE c.k = b.k)) FROM b WHERE b.a_id = a.id) AS x FROM a ORDER BY 1",
      "SELECT a.id, (SELECT count(*) FROM b WHERE b.a_id = a.id AND b.v > (SELECT avg(c.v) FROM b c WHERE c.k = b.k)) AS x FROM a ORDER BY 1",
      "SELECT a.id, (SELECT (SELECT count(*) FROM b WHERE b.a_id = a.id AND b.k = c.k) FROM a c WHERE c.id = a.id) AS x FROM a ORDER BY 1",
      // turso issue 5157: functions in FROM inside of each other.
      "SELECT EXISTS (SELECT 1 FROM json_each('[1,2]') WHERE value IN (SELECT value FROM json_each('[2]'))) AS x",
      'SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM json_each(\'["a","b"]\') j WHERE j.value IN (SELECT value FROM json_each(\'["b"]\')) AND a.s = j.value) ORDER BY 1',
    ])
      both.same(sql);
    const update = "UPDATE a SET k = (SELECT count(*) FROM b WHERE b.a_id = a.id), s = (SELECT max(s) FROM b WHERE b.k = a.k)";
    both.run(update);
    both.quire.sql(update);
    both.same("SELECT * FROM a ORDER BY id");
    const remove = "DELETE FROM a WHERE (SELECT count(*) FROM a c WHERE c.k = a.k) > 3";
    both.run(remove);
    both.quire.sql(remove);
    both.same("SELECT * FROM a ORDER BY id");
  });
});

test("groups that nobody asks for are no errors, and too many of them are looked for one by one", (t) => {
  const db = openSync(":memory:", { sqlMemory: 300_000 });
  t.after(() => db.close());
  db.sql("CREATE TABLE a (id INTEGER PRIMARY KEY)");
  db.sql("CREATE TABLE b (k INTEGER, v INTEGER, d TEXT)");
  db.sql("INSERT INTO a SELECT value FROM generate_series(1, 50)");
  db.sql("INSERT INTO b SELECT value, value, 'x' FROM generate_series(1, 50)");
  db.sql("INSERT INTO b VALUES (99, 9223372036854775807, '0'), (99, 1, '1'), (1, NULL, '5')");
  const sums = "SELECT sum((SELECT sum(v) FROM b WHERE k = a.id)) FROM a";
  assert.equal(outcome(db, sums), '[["1275"]]');
  assert.equal(
    outcome(db, "SELECT sum((SELECT sum(CAST(d AS integer)) FROM b WHERE k = a.id)) FROM a WHERE id > 98"),
    "[[null]]",
  );
  db.sql("INSERT INTO a VALUES (99)");
  assert.equal(outcome(db, sums), "OVERFLOW");
  db.sql("DELETE FROM a WHERE id = 99");
  // In the plan there are both ways; of a prepared statement each run sees the rows as they are.
  assert.equal(plan(db, sums).match(/query as a value/gu)?.length, 2);
  const statement = db.prepare("SELECT sum((SELECT count(*) FROM b WHERE k = a.id)) FROM a").raw();
  assert.deepEqual(statement.all(), [[51n]]);
  db.sql("DELETE FROM b WHERE k < 11");
  assert.deepEqual(statement.all(), [[40n]]);
  db.sql("CREATE INDEX b_k_idx ON b (k)");
  db.sql("INSERT INTO b SELECT value + 100, value, 'long enough to take some room: ' || value FROM generate_series(1, 20000)");
  db.sql("INSERT INTO a SELECT value + 100 FROM generate_series(1, 8000)");
  assert.equal(outcome(db, "SELECT count((SELECT max(d) FROM b WHERE k = a.id)) FROM a"), '[["8040"]]');
});

test("OFFSET passes rows by, forwards and backwards, by tables, indexes and ranges of these", () => {
  withBoth((both) => {
    fill(both, 9, 700, ["CREATE INDEX b_k_idx ON b (k)", "CREATE INDEX b_s_idx ON b (s, v)"]);
    both.quire.sql("DELETE FROM b WHERE id % 7 = 0");
    both.run("DELETE FROM b WHERE id % 7 = 0");
    const offsets = [0, 1, 2, 63, 64, 500, 1100, 1199, 1200, 1201, 5000];
    for (const offset of offsets) {
      // materialize issue 22577, turso pull request 9137: LIMIT counts behind OFFSET.
      for (const limit of [1, 3, -1]) {
        const some = `LIMIT ${limit} OFFSET ${offset}`;
        for (const sql of [
          `SELECT * FROM b ORDER BY id ${some}`,
          `SELECT id, v FROM b ORDER BY id DESC ${some}`,
          `SELECT id FROM b WHERE id > 200 AND id <= 1300 ORDER BY id ${some}`,
          `SELECT id FROM b WHERE id >= 200 AND id < 1300 ORDER BY id DESC ${some}`,
          `SELECT k FROM b WHERE k > 10 ORDER BY k ${some}`,
          `SELECT k FROM b WHERE k BETWEEN 10 AND 600 ORDER BY k DESC ${some}`,
          `SELECT k FROM b ORDER BY k ${some}`,
          `SELECT s, v FROM b WHERE s = 'a' ORDER BY v ${some}`,
          `SELECT s, v FROM b WHERE s = 'a' ORDER BY v DESC ${some}`,
          `SELECT id FROM b WHERE id IN (5, 6, 8, 900, 901, 1300, 77777) ORDER BY id ${some}`,
          `SELECT id FROM b WHERE id < 600 AND v > 10 ORDER BY id ${some}`,
          `SELECT count(*) FROM (SELECT * FROM b ${some})`,
          `SELECT id + 1 FROM (SELECT id FROM b ORDER BY id) ${some}`,
          `SELECT b.id, a.id AS x FROM b JOIN a ON a.id = b.a_id ORDER BY b.id ${some}`,
          `SELECT id, v FROM b UNION ALL SELECT id + 5000, v FROM b ORDER BY id ${some}`,
        ])
          both.same(sql);
      }
    }
    // A limit of a query inside of another one is for each row around it.
    both.same(
      "SELECT a.id, (SELECT b.id FROM b WHERE b.k < a.id ORDER BY b.k, b.id LIMIT 1 OFFSET 3) AS x FROM a WHERE a.id < 60 ORDER BY 1",
    );
    const db = both.quire;
    assert.equal(outcome(db, "SELECT id FROM b ORDER BY id LIMIT 0 OFFSET 100"), "[]");
    const rows = db.sql("EXPLAIN ANALYZE SELECT * FROM b ORDER BY id LIMIT 2 OFFSET 1000").rows;
    assert.deepEqual(
      rows.filter(([line]) => String(line).includes("limit")).map((row) => Number(row[2])),
      [2],
    );
  });
});
