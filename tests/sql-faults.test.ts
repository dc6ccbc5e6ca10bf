/** What SQL once gave wrong rows for, found by properties, hostile statements and reading: each with the least statement that showed it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type SyncSession, openSync } from "../host/index.js";
import { tempFolder } from "./helpers/store.js";
import { outcome } from "./sql/both.js";

/** A store in memory after some statements. */
function withStore(statements: readonly string[], run: (db: SyncSession, ids: (sql: string) => string) => void): void {
  const db = openSync(":memory:");
  try {
    for (const sql of statements) db.sql(sql);
    run(db, (sql) =>
      db
        .sql(sql)
        .rows.map((row) => row.join(":"))
        .join(" "),
    );
    assert.equal(db.check().errors, 0);
  } finally {
    db.close();
  }
}

test("a bound that the column can't have leaves its side of the index open, also of a range without its ends", () => {
  const made = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TINYINT, u UINT8)",
    "CREATE INDEX t_a_b_idx ON t (a, b)",
    "CREATE INDEX t_u_idx ON t (u)",
  ];
  withStore(made, (db, ids) => {
    db.table("t").insertMany(
      Array.from({ length: 2000 }, (_, i) => ({ id: i + 1, a: i % 500, b: i % 3 === 0 ? null : i % 100, u: i % 200 })),
    );
    const where = (condition: string): string => ids(`SELECT id FROM t WHERE ${condition} ORDER BY id`);
    // Rows 6, 506, 1006 and 1506 have 5 in a; b of the second one and of the last is null.
    for (const condition of ["b > -1000", "b >= -1000", "b < 1000", "b <= 1000", "b > 0 AND b < 1000", "b > -1000 AND b < 99"])
      assert.equal(
        where(`a = 5 AND ${condition}`),
        "6 506 1506"
          .split(" ")
          .filter((id) => (Number(id) - 1) % 3 !== 0)
          .join(" "),
        condition,
      );
    assert.equal(ids("SELECT COUNT(*) FROM t WHERE u > -1"), "2000");
    assert.equal(ids("SELECT COUNT(*) FROM t WHERE u < 256 AND u > 198"), "10");
    assert.equal(ids("SELECT COUNT(*) FROM t WHERE u > 255"), "0");
    assert.match(JSON.stringify(db.sql("EXPLAIN SELECT id FROM t WHERE a = 5 AND b < 1000").rows), /scan of t by a, b/u);
  });
});

test("a condition of ON that has to be asked of each pair is asked", () => {
  withStore(["CREATE TABLE t (id INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)"], (_, ids) => {
    assert.equal(ids("SELECT a.id, b.id FROM t a JOIN t b ON a.id = b.id AND random() IS NULL"), "");
    assert.equal(ids("SELECT a.id, b.id FROM t a JOIN t b ON random() IS NULL JOIN t c ON c.id = a.id"), "");
    assert.equal(ids("SELECT a.id, b.id FROM t a LEFT JOIN t b ON a.id = b.id AND random() IS NULL"), "1: 2:");
    assert.equal(ids("SELECT a.id, b.id FROM t a RIGHT JOIN t b ON random() IS NULL"), ":1 :2");
    assert.equal(ids("SELECT COUNT(*) FROM t a FULL JOIN t b ON a.id = b.id AND random() IS NULL"), "4");
  });
});

test("ON knows what it joins, not what stands before the parenthesis", () => {
  const made = ["a", "b", "c"].map((name) => `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, x TEXT)`);
  withStore(made, (db, ids) => {
    for (const join of ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]) {
      for (const on of ["b.x = a.x", "a.rowid = b.id", "EXISTS (SELECT 1 FROM c d WHERE d.x = a.x)"]) {
        assert.match(
          outcome(db, `SELECT * FROM a ${join} (b ${join} c ON ${on}) ON TRUE`),
          /^(?:COLUMN|TABLE)_NOT_FOUND$/u,
          `${join} ${on}`,
        );
      }
    }
    db.sql("INSERT INTO a VALUES (1, 'x')");
    db.sql("INSERT INTO b VALUES (1, 'x')");
    assert.equal(ids("SELECT a.id, b.id FROM a LEFT JOIN (b LEFT JOIN c ON b.x = c.x) ON b.x = a.x"), "1:1");
    assert.equal(ids("SELECT (SELECT COUNT(*) FROM b LEFT JOIN c ON c.x = a.x) FROM a"), "1");
  });
});

test("rows stay as they are while a scan goes over pages that have none", (t) => {
  // Of more pages than the cache has only the first ones keep rows.
  using db = openSync(join(tempFolder(t), "a.db"), { cacheBytes: 1 << 20 });
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)");
  db.table("t").insertMany(Array.from({ length: 6000 }, (_, i) => ({ id: i + 1, s: `${i + 1}${"x".repeat(500)}` })));
  db.sql("DELETE FROM t WHERE id > 100");
  const { rows } = db.sql("SELECT id, substr(s, 1, length(s) - 500) FROM t");
  assert.deepEqual(
    rows,
    Array.from({ length: 100 }, (_, i) => [String(i + 1), String(i + 1)]),
  );
});

test("queries in FROM need no names", () => {
  withStore([], (_, ids) => {
    assert.equal(ids("SELECT * FROM (SELECT 1 AS x), (SELECT 2 AS y)"), "1:2");
    assert.equal(ids("SELECT x, z FROM (SELECT 1 AS x, 2 AS y) JOIN (SELECT 2 AS y, 3 AS z) USING (y)"), "1:3");
  });
});
