/** Which way a query takes: indexes, orders, joins, as EXPLAIN tells, and that the rows are the same as without. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { plan } from "./helpers/plans.js";

const ROWS = 4000;

function store() {
  const db = openSync(":memory:");
  db.create("a", ["id:int64:pk", "n:int32:index=both", "s:text:index=both", "u:uint32:null:index", "x:int64"]);
  db.create("b", ["id:int64:pk", "a_id:int64:index", "plain:int64", "t:text"]);
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    id: i,
    n: i % 400,
    s: `s${String((i * 7919) % ROWS).padStart(5, "0")}`,
    u: i % 7 === 0 ? null : i % 50,
    x: (i * 31) % 1000,
  }));
  db.table("a").insertMany(rows);
  db.table("b").insertMany(
    Array.from({ length: ROWS }, (_, i) => ({ id: i, a_id: (i * 3) % ROWS, plain: (i * 5) % ROWS, t: `t${i}` })),
  );
  return db;
}

test("points, ranges, lists, prefixes and orders go by an index, and give what a scan of all gives", () => {
  using db = store();
  // `+ 0` and `|| ''` hide a column from the indexes.
  const queries: [sql: string, way: RegExp, plain: string][] = [
    ["SELECT x FROM a WHERE id = 17", /scan of a by id/, "SELECT x FROM a WHERE id + 0 = 17"],
    ["SELECT x FROM a WHERE n = 17 AND s > 's02'", /scan of a by n, s/, "SELECT x FROM a WHERE n + 0 = 17 AND s || '' > 's02'"],
    ["SELECT n, s FROM a WHERE n = 5", /scan of a by n, s/, "SELECT n, s FROM a WHERE n + 0 = 5"],
    ["SELECT x FROM a WHERE id IN (3, 99999, 5, 3)", /scan of a by id/, "SELECT x FROM a WHERE id + 0 IN (3, 5)"],
    ["SELECT x FROM a WHERE id IN (3, 5) OR FALSE", /scan of a/, "SELECT x FROM a WHERE id + 0 IN (3, 5)"],
    [
      "SELECT count(*) FROM b WHERE a_id BETWEEN 30 AND 32",
      /scan of b by a_id/,
      "SELECT count(*) FROM b WHERE a_id + 0 BETWEEN 30 AND 32",
    ],
  ];
  for (const [sql, way, plain] of queries) {
    assert.match(plan(db, sql), way, sql);
    const sorted = (text: string): string[] =>
      db
        .sql(text)
        .rows.map((row) => JSON.stringify(row))
        .sort();
    assert.deepEqual(sorted(sql), sorted(plain), sql);
  }
});

test("what an index's bounds say wholly is not asked of each row again, and all else is", () => {
  using db = openSync(":memory:");
  db.create("k", ["id:int64:pk", "small:int32:index", "wide:int64:null:index", "a:int64:index=ab", "b:int64:index=ab"]);
  const rows = Array.from({ length: ROWS }, (_, i) => ({ id: i, small: i - 9, wide: i % 7 === 0 ? null : i, a: i, b: 7 }));
  db.table("k").insertMany(rows);
  const cases: [where: string, isAsked: boolean][] = [
    ["id = 5", false],
    ["id BETWEEN 5 AND 9", false],
    ["id > 5 AND id <= 7 AND id > 6", true],
    ["small = 5", false],
    ["small = 3000000000", false],
    ["small > 3000000000", true],
    ["small < -3000000000", true],
    ["wide = 5", false],
    ["wide < 5", true],
    ["wide = 5.0", true],
    ["a = 5 AND b = 7", false],
    ["a = 5 AND b = 8 AND small = -4", true],
    ["id IN (3, 5)", true],
  ];
  for (const [where, isAsked] of cases) {
    assert.equal(plan(db, `SELECT id FROM k WHERE ${where}`).includes("filter"), isAsked, where);
    const hidden = where.replaceAll(/\b(id|small|wide|a|b)\b/g, "$1 + 0");
    const ids = (condition: string): unknown => db.sql(`SELECT id FROM k WHERE ${condition} ORDER BY id`).rows;
    assert.deepEqual(ids(where), ids(hidden), where);
  }
  const kept = db.prepare("SELECT id FROM k WHERE small = ?");
  for (const value of [5, 3000000000, null, "6", -9]) {
    const ids = rows.filter(({ small }) => value !== null && small === Number(value)).map(({ id }) => [BigInt(id)]);
    assert.deepEqual(kept.raw().all(value), ids, String(value));
  }
  // Where the first bound is none there is no second one: no row comes to the value that can't be worked out.
  assert.deepEqual(db.sql("SELECT id FROM k WHERE b = 8 AND a = 10 / 0").rows, []);
});

test("an order that an index has needs no sort, if nulls are where they are wanted", () => {
  using db = store();
  const isSorted = (sql: string): boolean => /(^|\n) *sort/.test(plan(db, sql));
  assert.equal(isSorted("SELECT x FROM a ORDER BY id LIMIT 5"), false);
  assert.equal(isSorted("SELECT x FROM a ORDER BY id DESC LIMIT 5"), false);
  assert.equal(isSorted("SELECT x FROM a ORDER BY n, s LIMIT 5"), false);
  assert.equal(isSorted("SELECT x FROM a ORDER BY n, s DESC LIMIT 5"), true);
  assert.equal(isSorted("SELECT x FROM a ORDER BY x LIMIT 5"), true);
  // The keys of unsigned integers have null first.
  assert.equal(isSorted("SELECT x FROM a ORDER BY u LIMIT 5"), false);
  assert.equal(isSorted("SELECT x FROM a ORDER BY u NULLS LAST LIMIT 5"), false);
  assert.equal(isSorted("SELECT x FROM a ORDER BY u DESC LIMIT 5"), false);
  for (const order of ["id", "id DESC", "n, s", "n DESC, s DESC", "u, id", "u DESC, id", "u NULLS LAST, id"]) {
    const by = order.replaceAll(/\b(id|n|u)\b/g, "$1 + 0").replaceAll(/\bs\b/g, "s || ''");
    const first = db.sql(`SELECT id, n, s, u FROM a ORDER BY ${order} LIMIT 60 OFFSET 7`).rows;
    const keyed = (rows: readonly (readonly unknown[])[]): unknown => (order.startsWith("u") ? rows.map((row) => row[3]) : rows);
    assert.deepEqual(keyed(first), keyed(db.sql(`SELECT id, n, s, u FROM a ORDER BY ${by} LIMIT 60 OFFSET 7`).rows), order);
  }
});

test("joins go by an index for few rows and by kept keys for many; queries inside of queries know both", () => {
  using db = store();
  const few = "SELECT count(*), sum(b.id) FROM a JOIN b ON b.a_id = a.id WHERE a.n = 3";
  const many = "SELECT count(*), sum(b.id) FROM a JOIN b ON b.plain = a.id";
  assert.match(plan(db, few), /loop join\n[^]*scan of a by n[^]*scan of b by a_id/);
  assert.match(plan(db, many), /hash join/);
  assert.deepEqual(
    db.sql(few).rows,
    db.sql("SELECT count(*), sum(b.id) FROM a JOIN b ON b.a_id + 0 = a.id + 0 WHERE a.n + 0 = 3").rows,
  );
  assert.deepEqual(db.sql(many).rows, [[String(ROWS), String((ROWS * (ROWS - 1)) / 2)]]);
  const left = (key: string): unknown =>
    db.sql(`SELECT a.id, b.t FROM a LEFT JOIN b ON b.a_id${key} = a.id AND b.id < 9 WHERE a.n = 3 ORDER BY 1, 2`).rows;
  assert.deepEqual(left(""), left(" + 0"));
  // Six tables: the small one first, whatever the text says.
  const six =
    "FROM a a1 JOIN a a2 ON a2.id = a1.id JOIN a a3 ON a3.id = a2.id JOIN b b1 ON b1.a_id = a3.id JOIN a a4 ON a4.id = b1.id JOIN a a5 ON a5.id = a4.id WHERE a5.id = 4";
  assert.deepEqual(db.sql(`SELECT count(*), a1.id ${six} GROUP BY a1.id`).rows, [["1", "12"]]);
  assert.doesNotMatch(plan(db, `SELECT count(*) ${six}`), /hash join/);
  const inner = (column: string): unknown =>
    db.sql(`SELECT id, (SELECT max(b.id) FROM b WHERE b.${column} = a.id) m FROM a WHERE n < 9 ORDER BY id`).rows;
  assert.match(plan(db, "SELECT (SELECT max(b.id) FROM b WHERE b.plain = a.id) FROM a"), /rows kept by their keys/);
  assert.match(plan(db, "SELECT (SELECT max(b.id) FROM b WHERE b.a_id = a.id) FROM a"), /scan of b by a_id/);
  const expected = (from: number) =>
    Array.from({ length: ROWS }, (_, i) => i)
      .filter((i) => i % 400 < 9)
      .map((i) => {
        const ids = Array.from({ length: ROWS }, (_, b) => b).filter((b) => (b * from) % ROWS === i);
        return [String(i), ids.length === 0 ? null : String(Math.max(...ids))];
      });
  assert.deepEqual(inner("plain"), expected(5));
  assert.deepEqual(inner("a_id"), expected(3));
});

test("counts and extremes of a table come from its indexes; ANALYZE counts what there is", () => {
  using db = store();
  assert.match(plan(db, "SELECT count(*) FROM a"), /number of rows of a/);
  assert.deepEqual(db.sql("SELECT count(*) FROM a").rows, [[String(ROWS)]]);
  assert.match(plan(db, "SELECT max(u) FROM a"), /limit\n[^]*scan of a by u/);
  assert.deepEqual(db.sql("SELECT max(s), min(s) FROM a").rows, [["s03999", "s00000"]]);
  assert.deepEqual(db.sql("SELECT min(u) FROM a").rows, [[0]]);
  assert.deepEqual(db.sql("SELECT max(n) FROM a WHERE x < 0").rows, [[null]]);
  const { columns, rows } = db.sql("EXPLAIN ANALYZE SELECT id FROM a WHERE n = 3 AND x > 100");
  assert.deepEqual(columns, ["plan", "estimate", "rows", "loops"]);
  const ids = db.sql("SELECT id FROM a WHERE n = 3 AND x > 100").rows;
  assert.equal(rows[0]?.[2], String(ids.length));
  assert.equal(rows.at(-1)?.[0], "page look-ups");
});

test("EXPLAIN of a change tells how its rows are found, and changes nothing", () => {
  using db = store();
  const all = "SELECT count(*), sum(x), min(id), max(id) FROM a";
  const before = db.sql(all).rows;
  assert.match(plan(db, "DELETE FROM a WHERE n = 3"), /^delete from a\n[^]*scan of a by n/);
  assert.match(plan(db, "UPDATE a SET x = 1 WHERE id = 7"), /^update a\n[^]*scan of a by id/);
  assert.match(plan(db, "INSERT INTO a (id) SELECT id + 100000 FROM a WHERE n = 3"), /^insert into a\n[^]*scan of a by n/);
  assert.equal(plan(db, "INSERT INTO a (id) VALUES (-1), (-2)"), "insert into a");
  assert.deepEqual(db.sql("EXPLAIN INSERT INTO a (id) VALUES (-1), (-2)").rows, [["insert into a", "2"]]);
  assert.deepEqual(db.sql(all).rows, before);
  const tree = db.request({ op: "sql", sql: "DELETE FROM a WHERE id = 7", explain: true }) as { plan: { step: string }[] };
  assert.equal(tree.plan[0]?.step, "delete from a");
  for (const sql of ["EXPLAIN ANALYZE DELETE FROM a", "EXPLAIN DROP TABLE a", "EXPLAIN BEGIN"])
    assert.throws(() => db.sql(sql), { code: "SQL_UNSUPPORTED" }, sql);
});
