/** Elements of JSON_EACH and JSON_TREE take the type of what they meet, and an index is used to look for them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "../host/better-sqlite3/index.js";
import { type SyncSession, openSync } from "../host/index.js";
import { plan } from "./helpers/plans.js";
import { packageRoot } from "../host/paths.js";
import { type Both, outcome, withBoth } from "./sql/both.js";

const SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, small SMALLINT, n INTEGER)";
const ROWS = "INSERT INTO t VALUES (1, 'a', 1, 7), (2, 'b', 2, NULL), (3, '3', 3, 10), (4, NULL, NULL, -1), (10, 'x y', 7, 10)";

function fill(both: Both): SyncSession {
  for (const sql of [SCHEMA, ROWS]) {
    both.run(sql);
    both.quire.sql(sql);
  }
  return both.quire;
}

test("lists as JSON: IN, joins, changes and orders as SQLite has them", () => {
  withBoth((both) => {
    fill(both);
    for (const list of ["[1, 3, 3, null, 99]", "[]", "[null]", "[2.0, 2.5]", '["1", 2]', "[9223372036854775807, 10]"]) {
      for (const not of ["", "NOT "]) {
        both.same(`SELECT id FROM t WHERE id ${not}IN (SELECT value FROM json_each('${list}')) ORDER BY id`);
        both.same(`SELECT id FROM t WHERE small ${not}IN (SELECT value FROM json_each('${list}')) ORDER BY id`);
        both.same(`SELECT id FROM t WHERE n ${not}IN (SELECT value FROM json_each('${list}') WHERE value > 1) ORDER BY id`);
      }
      both.same(`SELECT t.id, j.key FROM json_each('${list}') AS j JOIN t ON t.id = j.value ORDER BY j.key`);
      both.same(`SELECT t.id, j.key FROM t LEFT JOIN json_each('${list}') AS j ON j.value = t.n ORDER BY t.id, j.key`);
      both.same(`SELECT t.id, (SELECT count(*) FROM json_each('${list}') WHERE value = t.n) FROM t ORDER BY id`);
      both.same(`SELECT id FROM t WHERE id IN (SELECT value FROM json_each('${list}')) OR name = 'b' ORDER BY id`);
    }
    for (const sql of [
      `SELECT id FROM t WHERE name IN (SELECT value FROM json_each('["a","b","nope"]')) ORDER BY id`,
      `SELECT t.id FROM t JOIN json_each('["x y"]') j ON j.value = t.name`,
      `SELECT t.id FROM t, json_each('{"a":1,"x y":2}') j WHERE j.key = t.name ORDER BY 1`,
      // Orders, groups and what is made of JSON again.
      `SELECT value FROM json_each('[10,9,"b","a",null,100]') ORDER BY value`,
      `SELECT value, count(*) FROM json_each('[10,9,10,"a",null]') GROUP BY value ORDER BY value DESC`,
      `SELECT DISTINCT value FROM json_each('[10,9,"10",9,10,null]') ORDER BY value, typeof(value)`,
      `SELECT min(value), max(value), sum(value), count(DISTINCT value) FROM json_each('[10,9,100]')`,
      `SELECT json_group_array(value) FROM json_each('[1,"1",null,{"a":[2]}]')`,
      `SELECT json_group_array(json_object('k', key, 'v', value)) FROM json_each('{"a":1,"b":"x"}')`,
      `SELECT key, value FROM json_each('[5,6,7,8,9,10,11,12,13,14,15]') WHERE key > 8 ORDER BY key`,
      `SELECT max(key) FROM json_each('[5,6,7,8,9,10,11,12,13,14,15]')`,
      // Through queries and views.
      `SELECT v + 1 FROM (SELECT value AS v FROM json_each('[10,9]')) ORDER BY v`,
      `WITH e (v) AS (SELECT value FROM json_each('[10,9,2]')) SELECT id FROM t WHERE id IN (SELECT v FROM e WHERE v < 10)`,
      `SELECT value FROM json_each('[10]') UNION SELECT value FROM json_each('[9,10]') ORDER BY value`,
      `SELECT id FROM t WHERE id = (SELECT value FROM json_each('[3]'))`,
      `SELECT b.value FROM json_each('[[1,20],[3]]') a, json_each(a.value) b ORDER BY b.value`,
      `SELECT value, lag(value) OVER (ORDER BY value), min(value) OVER () FROM json_each('[10,9,100]') ORDER BY value`,
      `SELECT CASE WHEN value > 5 THEN value ELSE 0 END FROM json_each('[1,10]') ORDER BY key`,
      `SELECT coalesce(value, -1) FROM json_each('[1,null]') ORDER BY key`,
      `SELECT a.value FROM json_each('[1,9,10]') a JOIN json_each('[9,2]') b ON a.value > b.value ORDER BY 1, b.key`,
    ])
      both.same(sql);
    // Rows of values.
    for (const sql of [
      `INSERT INTO t (id, name) SELECT value, 'n' || value FROM json_each('[20,21,22]')`,
      `INSERT INTO t (id, name, small) SELECT value ->> 'id', value ->> 'name', json_extract(value, '$.s') FROM json_each('[{"id":30,"name":"q","s":4},{"id":31}]')`,
      `UPDATE t SET name = j.value ->> 'n', n = j.value ->> 'm' FROM json_each('[{"id":1,"n":"one","m":5},{"id":20,"n":"twenty"}]') j WHERE t.id = j.value ->> 'id'`,
      `DELETE FROM t WHERE id IN (SELECT value FROM json_each('[2,21,50]'))`,
    ]) {
      both.run(sql);
      both.quire.sql(sql);
      both.same("SELECT * FROM t ORDER BY id");
    }
  });
});

test("an element that is none of what it meets is an error that shows it", (t) => {
  const db = openSync(":memory:");
  t.after(() => db.close());
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, on_ BOOLEAN, d DATE, u UUID, x BLOB, k DECIMAL, j JSON)");
  db.sql(
    "INSERT INTO t SELECT value ->> 'id', value ->> 'on', value ->> 'd', value ->> 'u', NULL, value ->> 'k', value -> 'j' FROM json_each(?)",
    [
      '[{"id":1,"on":true,"d":"2024-05-17","u":"00000000-0000-0000-0000-000000000001","k":1.25,"j":{"a":[1]}},{"id":2,"on":false}]',
    ],
  );
  const ask = (sql: string, list: string): string => outcome(db, sql, [list]);
  const list = "(SELECT value FROM json_each(?))";
  assert.equal(ask(`SELECT id FROM t WHERE on_ IN ${list}`, "[true]"), '[["1"]]');
  assert.equal(ask(`SELECT id FROM t WHERE d IN ${list}`, '["2024-05-17"]'), '[["1"]]');
  assert.equal(ask(`SELECT id FROM t WHERE u IN ${list}`, '["00000000-0000-0000-0000-000000000001"]'), '[["1"]]');
  assert.equal(ask(`SELECT id FROM t WHERE k IN ${list}`, "[1.250]"), '[["1"]]');
  assert.equal(ask(`SELECT id FROM t WHERE j IN ${list}`, '[{ "a": [1] }]'), '[["1"]]');
  assert.equal(ask("SELECT count(*) FROM json_each(?) WHERE value", "[true,false,true]"), '[["2"]]');
  assert.equal(ask("SELECT sum(value) FROM json_each(?)", "[true,2.5]"), '[["3.5"]]');
  for (const [sql, values, code] of [
    [`SELECT id FROM t WHERE id IN ${list}`, '[1,"x"]', "BAD_VALUE"],
    [`SELECT id FROM t WHERE d IN ${list}`, "[5]", "BAD_VALUE"],
    ["SELECT t.id FROM t JOIN json_each(?) j ON j.value = t.id", "[[1]]", "BAD_VALUE"],
    ["INSERT INTO t (id) SELECT value FROM json_each(?)", "[3,1.5]", "OVERFLOW"],
    ["INSERT INTO t (id) SELECT value FROM json_each(?)", '[3,""]', "BAD_VALUE"],
    ["INSERT INTO t (on_) SELECT value FROM json_each(?)", "[2]", "BAD_VALUE"],
    ["SELECT count(*) FROM json_each(?) WHERE value", '["no"]', "BAD_VALUE"],
  ] as const)
    assert.equal(ask(sql, values), code, sql);
  assert.equal(outcome(db, "SELECT count(*) FROM t"), '[["2"]]');
  assert.throws(() => db.sql(`SELECT id FROM t WHERE id IN ${list}`, ['["x"]']), /"x" is not a decimal/u);
});

test("an index looks for the rows of IN (query), and for what is equal to numbers with a fraction", (t) => {
  const db = openSync(":memory:");
  t.after(() => db.close());
  db.sql("CREATE TABLE big (id INTEGER PRIMARY KEY, a INTEGER, name TEXT)");
  db.sql("CREATE INDEX big_a_idx ON big (a)");
  db.sql("INSERT INTO big (a, name) SELECT value % 1000, 'n' || value FROM generate_series(1, 20000)");
  db.sql("CREATE TABLE few AS SELECT value * 100 AS k FROM generate_series(1, 5)");
  const list = "(SELECT value FROM json_each('[300, 7, 300, null, 2.5, 123456789]'))";
  for (const [where, by, rows] of [
    [`id IN ${list}`, "big by id", [7, 300]],
    [`a IN ${list} AND id < 1500`, "big by a", [7, 300, 1007, 1300]],
    ["a IN (SELECT k FROM few) AND id < 1200", "big by a", [100, 200, 300, 400, 500, 1100]],
    [`id IN ${list} OR a = 5 AND id < 100`, "big by id", [5, 7, 300]],
    ["id = 7.0", "big by id", [7]],
    ["id = 7.5", "big by id", []],
    ["id = json_extract('{\"n\":8}', '$.n')", "big by id", [8]],
    ["id IN (3, 4.0, 4.5)", "big by id", [3, 4]],
    ["id = 12345678901234567890123", "big by id", []],
  ] as const) {
    const sql = `SELECT id FROM big WHERE ${where}`;
    assert.match(plan(db, sql), new RegExp(`scan of ${by}`, "u"), sql);
    assert.deepEqual(
      db.sql(`${sql} ORDER BY id`).rows.map(([id]) => Number(id)),
      rows,
      sql,
    );
  }
  const joined = "SELECT b.id FROM json_each('[5,3,5]') j JOIN big b ON b.id = j.value";
  assert.match(plan(db, joined), /loop join[^]*scan of big by id/u);
  assert.deepEqual(
    db.sql(`${joined} ORDER BY j.key`).rows,
    [[5n], [3n], [5n]].map(([id]) => [String(id)]),
  );
  // Rows of the same table: found before one of them is changed.
  assert.match(plan(db, `DELETE FROM big WHERE id IN ${list}`), /scan of big by id/u);
  assert.equal(db.sql("UPDATE big SET a = a + 1 WHERE a IN (SELECT a FROM big WHERE id < 3)").changes, 40);
  assert.equal(db.sql("DELETE FROM big WHERE id IN (SELECT id + 1 FROM big WHERE id < 4)").changes, 3);
  // What is looked for is asked anew in each run.
  const statement = db.prepare("SELECT id FROM big WHERE id IN (SELECT value FROM json_each(?))").raw();
  assert.deepEqual(
    ["[9]", "[]", "[11, 10]", "[null]"].map((text) => statement.all([text]).map(([id]) => Number(id))),
    [[9], [], [10, 11], []],
  );
});

test("the examples of docs/sql.md run", (t) => {
  const page = readFileSync(join(packageRoot, "docs", "sql.md"), "utf8");
  const [, block = ""] = /```sql\n(SELECT \* FROM users WHERE id IN \(SELECT value[^]+?)```/u.exec(page) ?? [];
  const db = openSync(":memory:");
  t.after(() => db.close());
  db.sql("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
  db.sql("CREATE TABLE tags (name TEXT)");
  db.sql("INSERT INTO users VALUES (1, 'Ada'), (2, 'Bo')");
  const people = '[{"id":3,"name":"Cy"},{"id":4,"name":"Di"}]';
  const lists = ["[1,2,9]", "[2,1]", '["a","b"]', people, people.replace("Cy", "Cyd")];
  const results = block
    .split(";\n")
    .filter((sql) => sql !== "")
    .map((sql, n) => db.sql(sql, [lists[n]]));
  assert.deepEqual(
    results.map(({ rows, changes }) => [rows.map(([id]) => id), changes]),
    [
      [["1", "2"], 0],
      [["2", "1"], 0],
      [[], 2],
      [[], 2],
      [[], 2],
    ],
  );
  assert.deepEqual(db.sql("SELECT name FROM users ORDER BY id").rows, [["Ada"], ["Bo"], ["Cyd"], ["Di"]]);
});

test("lists over requests, in programs, and by better-sqlite3's methods", (t) => {
  const db = openSync(":memory:");
  t.after(() => db.close());
  db.sql(SCHEMA);
  db.sql(ROWS);
  const sql = "SELECT id, name FROM t WHERE id IN (SELECT value FROM json_each(?))";
  const reply = db.request({ op: "sql", sql, params: ["[1,3]"] }) as { rows: unknown; types: unknown };
  assert.deepEqual(reply.rows, [
    ["1", "a"],
    ["3", "3"],
  ]);
  // An array is JSON.
  assert.deepEqual(db.sql(sql, [[1, 3]]).rows.length, 2);
  assert.deepEqual(db.prepare(sql).all([[2]]).length, 1);
  // Elements that meet nothing are text.
  const elements = db.request({ op: "sql", sql: "SELECT value, key FROM json_each('[1,\"a\"]')" }) as typeof reply;
  assert.deepEqual(elements, {
    ...elements,
    rows: [
      ["1", "0"],
      ["a", "1"],
    ],
    types: ["text", "text"],
  });
  const other = new Database(":memory:");
  other.exec(`${SCHEMA}; ${ROWS}`);
  assert.deepEqual(
    other
      .prepare("SELECT id FROM t WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id")
      .pluck()
      .all(JSON.stringify([3, 1])),
    [1, 3],
  );
  other.prepare("INSERT INTO t (id, name) SELECT value, 'new' || value FROM json_each(?)").run("[40,41]");
  assert.deepEqual(other.prepare("SELECT name FROM t WHERE id > 39").pluck().all(), ["new40", "new41"]);
  other.close();
});
