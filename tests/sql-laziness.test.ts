/** What is worked out for which rows: a value that can't be is an error only where a row comes to it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { outcome } from "./sql/both.js";

/** Rows of which every fourth has x = 0, over more than one batch, with indexes that conditions could go by. */
function store() {
  const db = openSync(":memory:");
  db.create("t", ["id:int64:pk", "x:int64:index", "y:int64:null:index", "s:text"]);
  db.create("u", ["id:int64:pk", "x:int64:index", "y:int64:index"]);
  db.table("t").insertMany(
    Array.from({ length: 3000 }, (_, id) => ({
      id,
      x: id % 4,
      y: id % 3 === 0 ? null : id % 50,
      s: id % 4 === 0 ? "none" : String(id),
    })),
  );
  db.table("u").insertMany(Array.from({ length: 100 }, (_, id) => ({ id, x: id % 5, y: id % 13 })));
  return db;
}

test("CASE, COALESCE, IIF, AND and OR work out for a row what counts for it alone", () => {
  using db = store();
  const one = (sql: string): unknown => db.sql(sql).rows[0]?.[0];
  // 6 / x of x = 1, 2, 3 is 6, 3, 2: of 750 rows each.
  const sum = String(750 * (6 + 3 + 2));
  for (const value of [
    "CASE WHEN x <> 0 THEN 6 / x END",
    "CASE x WHEN 0 THEN 0 ELSE 6 / x END",
    "CASE WHEN x = 0 THEN NULL WHEN 6 / x > 100 THEN 1 / 0 ELSE 6 / x END",
    "iif(x <> 0, 6 / x, 0)",
    "6 / nullif(x, 0)",
    "coalesce(CASE WHEN x = 0 THEN 0 END, 6 / x)",
    "coalesce(nullif(x, 0) * 0, 0) + CASE WHEN s <> 'none' THEN 6 / CAST(CAST(s AS integer) % 4 AS integer) ELSE 0 END",
  ])
    assert.equal(one(`SELECT sum(${value}) FROM t`), sum, value);
  for (const where of [
    "x <> 0 AND 6 / x > 2",
    "NOT (x = 0 OR 6 / x <= 2)",
    "x IN (1, 2, 3) AND 6 / x IN (6, 3)",
    "(x <> 0) AND (6 / x BETWEEN 3 AND 6)",
    "s <> 'none' AND CAST(s AS integer) % 4 < 3",
    "x > 0 AND (6 / x = 6 OR 6 / x = 3)",
    "CASE WHEN x = 0 THEN FALSE ELSE 6 / x > 2 END",
  ])
    assert.equal(one(`SELECT count(*) FROM t WHERE ${where}`), "1500", where);
  assert.equal(one("SELECT count(*) FROM t WHERE x = 0 OR 6 / x > 2"), "2250");
  assert.equal(one("SELECT count(*) FROM t WHERE x = 0 OR 6 / x = 6 OR x = 3"), "2250");
  assert.equal(one("SELECT sum(6 / x) FILTER (WHERE x <> 0) FROM t"), sum);
  assert.equal(one("SELECT count(*) FROM (SELECT x FROM t GROUP BY x HAVING x > 0 AND 6 / x > 2) q"), "2");
  assert.equal(one("SELECT sum(n) FROM (SELECT 6 / x AS n FROM t WHERE x > 0) q WHERE n > 0"), sum);
  // What is left is an error.
  for (const sql of ["SELECT sum(6 / x) FROM t", "SELECT id FROM t WHERE 6 / x > 2", "SELECT max(CAST(s AS integer)) FROM t"])
    assert.match(outcome(db, sql), /DIVISION_BY_ZERO|BAD_VALUE/u, sql);
});

test("conditions of joins guard those behind them, keys and bounds of indexes too", () => {
  using db = store();
  const rows = (sql: string): string => JSON.stringify(db.sql(sql).rows);
  for (const key of ["u.y", "u.y + 0"]) {
    const guarded = `t.x <> 0 AND ${key} = 6 / t.x`;
    const safe = `${key} = 6 / nullif(t.x, 0)`;
    for (const join of ["JOIN", "LEFT JOIN", "FULL JOIN"]) {
      const sql = (on: string): string =>
        `SELECT count(*), count(u.id), count(t.id), sum(u.id) FROM (SELECT * FROM t WHERE id < 90) t ${join} u ON ${on}`;
      assert.equal(rows(sql(guarded)), rows(sql(safe)), `${join} ${key}`);
    }
    const table = (on: string): string => `SELECT count(*), count(u.id), sum(u.id) FROM t LEFT JOIN u ON ${on} WHERE t.id < 90`;
    assert.equal(rows(table(guarded)), rows(table(safe)));
    const right = (on: string): string => `SELECT count(*), count(u.id), sum(u.id) FROM u RIGHT JOIN t ON ${on} WHERE t.id < 90`;
    assert.equal(rows(right(guarded)), rows(right(safe)));
    const inner = (where: string): string =>
      `SELECT t.id, (SELECT count(*) FROM u WHERE ${where}) FROM t WHERE id < 50 ORDER BY 1`;
    assert.equal(rows(inner(guarded)), rows(inner(safe)), key);
    const exists = (where: string): string =>
      `SELECT id FROM t WHERE id < 50 AND EXISTS (SELECT 1 FROM u WHERE ${where}) ORDER BY 1`;
    assert.equal(rows(exists(guarded)), rows(exists(safe)), key);
  }
  // A bound of an index that can't be worked out, behind a condition that is false.
  for (const bound of ["x = 1 / ?", "x > 1 / ?", "x BETWEEN 1 / ? AND 5", "x = 1 OR y = 1 / ?", "x = 1 AND y = 1 / ?"]) {
    const params = (bound.match(/\?/gu) ?? []).map(() => 0);
    assert.deepEqual(db.sql(`SELECT id FROM u WHERE ? <> 0 AND (${bound})`, [0, ...params]).rows, [], bound);
    assert.equal(outcome(db, `SELECT id FROM u WHERE ${bound}`, params), "DIVISION_BY_ZERO", bound);
  }
  assert.deepEqual(db.sql("SELECT id FROM u WHERE id < 0 AND x = 1 / 0").rows, []);
});

test("what is not given is not worked out: behind LIMIT, and in EXISTS", () => {
  using db = store();
  assert.deepEqual(db.sql("SELECT 6 / x FROM t WHERE id > 0 LIMIT 3").rows, [["6"], ["3"], ["2"]]);
  assert.deepEqual(db.sql("SELECT 6 / x FROM t ORDER BY id DESC LIMIT 2 OFFSET 1").rows, [["3"], ["6"]]);
  assert.equal(outcome(db, "SELECT 6 / x FROM t ORDER BY id DESC LIMIT 4"), "DIVISION_BY_ZERO");
  assert.deepEqual(db.sql("SELECT (SELECT 6 / x FROM t WHERE id > 4 ORDER BY id LIMIT 1)").rows, [["6"]]);
  assert.deepEqual(
    db.sql("SELECT EXISTS (SELECT 1 / 0), EXISTS (SELECT 1 / x FROM t), EXISTS (SELECT 1 / 0 FROM t WHERE id < 0)").rows,
    [[true, true, false]],
  );
  assert.deepEqual(db.sql("SELECT id FROM t LIMIT 2 OFFSET 2999").rows, [["2999"]]);
  assert.deepEqual(db.sql("SELECT x + 1 FROM (SELECT x FROM t ORDER BY id LIMIT 3) q LIMIT 1 OFFSET 1").rows, [["2"]]);
});
