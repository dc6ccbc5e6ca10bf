/** Forms of SQL that are easy to get wrong: columns that joins show as one, rows of values and queries, changes of the first rows of an order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Both, outcome, withBoth } from "./sql/both.js";

/** A query whose columns have the same names: rows of SQLite are objects here, and in a query in FROM it gives columns names of their own. */
function wide(sql: string): string {
  return `⟦¦SELECT * FROM (⟧${sql}⟦¦)⟧`;
}

function prepare(both: Both): void {
  both.quire.create("a", ["id:int64:pk", "x:int64:null:index", "s:text:null", "only_a:int64:null"]);
  both.quire.create("b", ["id:int64:pk", "x:int64:null", "s:text:null:index", "only_b:int64:null"]);
  both.quire.create("c", ["id:int64:pk", "x:int64:null", "only_c:int64:null"]);
  for (const [table, columns] of [
    ["a", "x INTEGER, s TEXT, only_a INTEGER"],
    ["b", "x INTEGER, s TEXT, only_b INTEGER"],
    ["c", "x INTEGER, only_c INTEGER"],
  ] as const)
    both.run(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, ${columns})`);
  const rows = [
    "INSERT INTO a VALUES (1, 10, 'one', 100), (2, 20, 'Two', 200), (3, NULL, 'three', NULL), (5, 20, NULL, 500)",
    "INSERT INTO b VALUES (2, 20, 'two', 1), (3, NULL, 'THREE', 2), (4, 40, 'four', NULL), (6, NULL, NULL, 6)",
    "INSERT INTO c VALUES (1, 10, 7), (4, 40, 8), (6, 60, 9), (7, NULL, NULL)",
  ];
  for (const sql of rows) {
    both.run(sql);
    both.quireRows(sql);
  }
}

test("USING and NATURAL with joins of all kinds show a column once, with the value of the side that has a row", () => {
  withBoth((both) => {
    prepare(both);
    const joins = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"];
    for (const join of joins) {
      both.same(wide(`SELECT * FROM a ${join} b USING (id) ORDER BY id`));
      both.same(wide(`SELECT id, a.id, b.id FROM a ${join} b USING (id) ORDER BY id, a.id, b.id`));
      both.same(`SELECT x, count(*), max(a.id) FROM a ${join} b USING (x) GROUP BY x ORDER BY x`);
      both.same(`SELECT id, x, only_a, only_b FROM a NATURAL ${join} (SELECT id, x, only_b FROM b) q ORDER BY 1, 2, 3, 4`);
      both.same(`SELECT id + 1 FROM a ${join} b USING (id) WHERE id > 1 AND id < 6 ORDER BY -id`);
      both.same(`SELECT DISTINCT id FROM a ${join} b USING (id) WHERE id IN (SELECT id FROM c) ORDER BY id`);
      both.same(`SELECT (SELECT count(*) FROM c WHERE c.id = q.id) FROM (SELECT id FROM a ${join} b USING (id)) q ORDER BY 1`);
      both.same(`SELECT id, (SELECT count(*) FROM c WHERE only_c > b.only_b + 0) FROM a ${join} b USING (id) ORDER BY id`);
      for (const other of joins) {
        both.same(wide(`SELECT * FROM a ${join} b USING (id) ${other} c USING (id) ORDER BY id, a.x, b.x, c.x`));
        both.same(wide(`SELECT id, a.id, b.id, c.id FROM a ${join} (b ${other} c USING (id)) USING (id) ORDER BY 1, 2, 3, 4`));
      }
    }
    // Names in a query inside mean the merged column of the one around it.
    both.same(
      "SELECT id, (SELECT max(q.only_c) FROM c q WHERE q.only_c > m.id) FROM (SELECT id FROM a FULL JOIN b USING (id)) m ORDER BY id",
    );
    both.same("SELECT id FROM a FULL JOIN b USING (id) GROUP BY id HAVING id > 2 ORDER BY id DESC");
    both.same("SELECT count(DISTINCT id), sum(id) FROM a FULL JOIN b USING (id)");
  });
});

test("IN (query) of rows of values and without regard to case has three values", () => {
  withBoth((both) => {
    prepare(both);
    for (const not of ["", "NOT "]) {
      both.same(`SELECT id, (id, x) ${not}IN (SELECT id, x FROM b) FROM a ORDER BY id`);
      both.same(`SELECT id, (x, id) ${not}IN (SELECT x, id FROM b WHERE x IS NOT NULL) FROM a ORDER BY id`);
      both.same(`SELECT id, (id, x) ${not}IN (SELECT id, x FROM b WHERE FALSE) FROM a ORDER BY id`);
      both.same(`SELECT id, (id, x) ${not}IN (SELECT b.id, b.x FROM b WHERE b.id >= a.id) FROM a ORDER BY id`);
      both.same(`SELECT id, (x, s) ${not}IN (VALUES (20, 'Two'), (NULL, 'three'), (10, NULL)) FROM a ORDER BY id`);
      both.same(`SELECT id, (NULL, id) ${not}IN (SELECT x, id FROM b) FROM a ORDER BY id`);
      both.same(`SELECT id, s COLLATE NOCASE ${not}IN (SELECT s FROM b) FROM a ORDER BY id`);
      both.same(`SELECT id, s COLLATE NOCASE ${not}IN (SELECT s FROM b WHERE b.id = a.id) FROM a ORDER BY id`);
      both.same(`SELECT id, s ${not}IN (SELECT s FROM b) FROM a ORDER BY id`);
      both.same(`SELECT id, (id, s COLLATE NOCASE) ${not}IN (SELECT id, s FROM b) FROM a ORDER BY id`);
      both.same(`SELECT id, 3 ${not}IN (SELECT id FROM b), x ${not}IN (SELECT x FROM c) FROM a ORDER BY id`);
    }
    both.run("CREATE TABLE one (x INTEGER)");
    both.quireRows("CREATE TABLE one (x INTEGER)");
    for (const sql of ["INSERT INTO one VALUES (20), (40)"]) {
      both.run(sql);
      both.quireRows(sql);
    }
    both.same("SELECT id FROM a WHERE x IN one ORDER BY id");
    both.same("SELECT id FROM a WHERE x NOT IN one ORDER BY id");
    assert.equal(outcome(both.quire, "SELECT 1 WHERE (1, 2) IN (SELECT 1)"), "SQL_TYPE");
    assert.equal(outcome(both.quire, "SELECT 1 WHERE 1 IN a"), "SQL_TYPE");
  });
});

test("rows of values are compared with the row of a query, and set from one", () => {
  withBoth((both) => {
    prepare(both);
    for (const op of ["=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"]) {
      both.same(`SELECT id, (id, x) ${op} (SELECT id, x FROM b WHERE id = 2) FROM a ORDER BY id`);
      both.same(`SELECT id, (SELECT id, x FROM b WHERE id = 3) ${op} (id, x) FROM a ORDER BY id`);
      both.same(`SELECT id, (x, s) ${op} (SELECT x, s FROM b WHERE b.id = a.id) FROM a ORDER BY id`);
      both.same(`SELECT id, (x, s) ${op} (SELECT x, s FROM b WHERE FALSE) FROM a ORDER BY id`);
    }
    // The query is run once for all of its values.
    assert.deepEqual(both.quireRows("SELECT (y, z) = (y, z) FROM (SELECT 1 y, 2 z)"), [[true]]);
    const twice = "UPDATE a SET (x, only_a) = (SELECT n, n FROM (SELECT random() n))";
    both.quireRows(twice);
    assert.deepEqual(both.quireRows("SELECT count(*) FROM a WHERE x = only_a"), [["4"]]);
    for (const sql of [
      "UPDATE a SET (x, s) = (SELECT b.x, b.s FROM b WHERE b.id = a.id), only_a = a.id",
      "INSERT INTO c VALUES (1, 1, 1), (8, 8, 8) ON CONFLICT (id) DO UPDATE SET (x, only_c) = (SELECT max(id), min(id) FROM b WHERE b.id > excluded.id)",
    ]) {
      both.run(sql);
      both.quireRows(sql);
    }
    both.same("SELECT * FROM a ORDER BY id");
    both.same("SELECT * FROM c ORDER BY id");
    assert.equal(outcome(both.quire, "UPDATE a SET (x, s) = (SELECT 1)"), "SQL_TYPE");
    assert.equal(outcome(both.quire, "UPDATE a SET (x, s) = (SELECT id, s FROM b)"), "SQL_TYPE");
  });
});

test("UPDATE and DELETE take the first rows of an order, also by an index, and give them in that order", () => {
  withBoth((both) => {
    prepare(both);
    const changes: [sql: string, ids: string, order: string][] = [
      ["UPDATE a SET x = coalesce(x, 0) + 1 ORDER BY x DESC LIMIT 2 RETURNING id", "id IN (2, 5)", "25"],
      ["UPDATE a SET x = 7 WHERE id > 1 ORDER BY s COLLATE NOCASE, id LIMIT 1 OFFSET 1 RETURNING id", "id IN (3)", "3"],
      ["UPDATE a SET x = 8 RETURNING id ORDER BY id DESC LIMIT 1", "id = 5", "5"],
      ["UPDATE a SET x = 9 WHERE id < 5 LIMIT 0 RETURNING id", "FALSE", ""],
      ["UPDATE a SET s = 'z' LIMIT -1 RETURNING id", "TRUE", "1235"],
      ["DELETE FROM a ORDER BY id DESC LIMIT 2 RETURNING id", "id IN (3, 5)", "35"],
      ["DELETE FROM a ORDER BY x + 0, id LIMIT 1 RETURNING id", "id = 1", "1"],
    ];
    for (const [sql, ids, order] of changes) {
      const found = both.quireRows(sql).map(([id]) => String(id));
      assert.equal(found.sort().join(""), order, sql);
      const text = sql.replace(/ RETURNING id/u, "").replace(/(?: WHERE .*?)?(?: ORDER BY .*?)? LIMIT .*$/u, ` WHERE ${ids}`);
      both.run(text);
      both.same("SELECT * FROM a ORDER BY id");
    }
    assert.deepEqual(both.quireRows("DELETE FROM b USING c WHERE b.id = c.id RETURNING b.id"), [["4"], ["6"]]);
    assert.equal(outcome(both.quire, "UPDATE a SET x = 1 FROM b WHERE a.id = b.id LIMIT 1"), "SQL_UNSUPPORTED");
    assert.equal(outcome(both.quire, "DELETE FROM a LIMIT 1 RETURNING id LIMIT 1"), "SQL_SYNTAX");
  });
});

test("ON CONFLICT behind a query that joins is no condition of the join", () => {
  withBoth((both) => {
    prepare(both);
    both.quireRows("INSERT INTO c SELECT a.id, b.id, 1 FROM a CROSS JOIN b ON CONFLICT (id) DO UPDATE SET only_c = excluded.x");
    both.run(
      "INSERT INTO c SELECT a.id, b.id, 1 FROM a CROSS JOIN b WHERE TRUE ON CONFLICT (id) DO UPDATE SET only_c = excluded.x",
    );
    both.same("SELECT id FROM c ORDER BY id");
    both.quireRows("INSERT INTO c SELECT id, 1, 2 FROM a ON CONFLICT DO NOTHING");
    both.same("SELECT id FROM c ORDER BY id");
  });
});

test("an aggregate of columns of a query around it is that query's", () => {
  withBoth((both) => {
    prepare(both);
    for (const sql of [
      "SELECT (SELECT count(a.id) FROM b LIMIT 1) FROM a",
      "SELECT (SELECT count(a.id) FROM b WHERE FALSE) FROM a",
      "SELECT (SELECT count(a.id + b.id) FROM b) FROM a",
      "SELECT (SELECT sum(a.x) + count(*) FROM b) FROM a",
      "SELECT x, (SELECT max(a.id) || '-' || min(b.id) FROM b) FROM a GROUP BY x ORDER BY x",
      "SELECT x, count(*), (SELECT count(a.s) FROM b WHERE b.x = a.x LIMIT 1) FROM a GROUP BY x ORDER BY x",
      "SELECT x FROM a GROUP BY x ORDER BY (SELECT max(a.id) FROM c LIMIT 1) DESC",
      "SELECT (SELECT (SELECT sum(a.id) FROM c LIMIT 1) FROM b LIMIT 1) FROM a",
      "SELECT (SELECT sum(b.id) || (SELECT sum(a.id) || sum(b.id) FROM c LIMIT 1) FROM b) FROM a",
      "SELECT (SELECT group_concat(a.id, ',') FROM b LIMIT 1), count(*) FROM a",
      "SELECT (SELECT count(a.x) FILTER (WHERE a.id > 1) FROM b LIMIT 1) FROM a",
      "SELECT sum((SELECT count(*) FROM b WHERE b.x = a.x)) FROM a",
      "SELECT (SELECT sum(b.x + n) FROM b) FROM (SELECT count(*) n FROM a) q",
    ])
      both.same(sql);
    // SQLite knows none in a condition; here the groups of x have 1, 2 and 1 rows.
    const having = "SELECT x FROM a GROUP BY x HAVING EXISTS (SELECT 1 FROM b WHERE b.id = count(a.id) + 2) ORDER BY x";
    assert.deepEqual(both.quireRows(having), [[null], ["10"], ["20"]]);
    assert.deepEqual(both.quireRows(having.replace("+ 2", "+ 4")), [["20"]]);
    // Where no aggregate may be it is an error, and not another query's.
    for (const sql of [
      "SELECT id FROM a WHERE (SELECT count(a.id) FROM b) > 0",
      "SELECT sum((SELECT count(a.id) FROM b LIMIT 1)) FROM a",
      "SELECT a.x, (SELECT count(a.id) FROM b LIMIT 1) FROM a",
      "UPDATE a SET x = (SELECT count(a.id) FROM b)",
    ])
      assert.equal(outcome(both.quire, sql), "SQL_TYPE", sql);
  });
});

test("what other engines were reported to get wrong", () => {
  withBoth((both) => {
    const make = (sql: string): void => void both.quireRows(sql);
    make("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER)");
    make("INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2), (5, 1, NULL), (6, NULL, 9)");
    make("CREATE TABLE allow (a INTEGER, b INTEGER)");
    make("INSERT INTO allow VALUES (1, 2), (2, 1)");
    make("CREATE TABLE ranked (id TEXT PRIMARY KEY, at DATE)");
    make("CREATE INDEX ranked_at_idx ON ranked (at)");
    make("INSERT INTO ranked VALUES ('b', '2026-09-01'), ('a', '2026-09-02'), ('d', NULL), ('c', NULL)");
    make("CREATE TABLE either (id INTEGER PRIMARY KEY, c INTEGER, d INTEGER, s TEXT)");
    make("CREATE INDEX either_c_idx ON either (c)");
    make("CREATE INDEX either_d_idx ON either (d)");
    const many = Array.from({ length: 400 }, (_, n) => `(${n + 10}, ${n + 100}, ${n + 100}, 'x')`).join(", ");
    make(`INSERT INTO either VALUES (1, 10, NULL, 'a'), (2, 10, 1, 'b'), (3, NULL, 2, 'c'), ${many}`);
    const expected: [report: string, sql: string, rows: unknown][] = [
      ["tursodatabase/turso#9087", "SELECT group_concat(id, '') FROM t WHERE (a, b) NOT IN (SELECT a, b FROM allow)", [["146"]]],
      ["duckdb/duckdb#24320", "SELECT (10, 100) NOT IN (SELECT NULL, 6000), (10, 100) NOT IN ((NULL, 6000))", [[true, true]]],
      ["dolthub/dolt#11480", "SELECT count(*) FROM t WHERE (a, b) IN (SELECT 1, NULL) OR (a, b) IN ((1, NULL))", [["0"]]],
      [
        "apache/datafusion#22873",
        "SELECT k, x, y FROM (SELECT 1 k, 10 x) a FULL JOIN (SELECT 4 k, 400 y) b USING (k) WHERE k = 4",
        [["4", null, "400"]],
      ],
      [
        "matrixorigin/matrixone#24247",
        "SELECT k, count(*) FROM (VALUES (1), (2)) a (k) NATURAL FULL JOIN (VALUES (2), (4)) b (k) GROUP BY k ORDER BY k",
        [
          ["1", "1"],
          ["2", "1"],
          ["4", "1"],
        ],
      ],
      [
        "cockroachdb/cockroach#44029",
        "SELECT a IS NULL, a FROM (VALUES (2)) x (b) FULL JOIN (VALUES (1)) y (a) ON FALSE ORDER BY a NULLS FIRST",
        [
          [true, null],
          [false, "1"],
        ],
      ],
      [
        "duckdb/duckdb#22727",
        "SELECT (SELECT count(t.a) FROM (VALUES (1)) u (a) WHERE u.a > 0) FROM (VALUES (1), (2)) t (a)",
        [["2"]],
      ],
      ["duckdb/duckdb-postgres#564", "SELECT id FROM ranked ORDER BY at NULLS FIRST, id LIMIT 3", [["c"], ["d"], ["b"]]],
      [
        "rjwalters/vibesql#5689",
        "SELECT group_concat(id, '') FROM (SELECT id FROM either WHERE c = 10 OR d IS NULL) q",
        [["12"]],
      ],
      ["pingcap/tidb#41273", "SELECT count(*) FROM either WHERE c BETWEEN 10 AND 11 OR d < 2 OR d IN (2, NULL)", [["3"]]],
      [
        "ClickHouse/ClickHouse#112570",
        "SELECT DISTINCT (SELECT count(*) FROM allow WHERE allow.a = t.a OR 1 = 0) FROM t WHERE a IS NOT NULL",
        [["1"]],
      ],
      [
        "h2database/h2database#2088",
        "SELECT count(x) FROM t LEFT JOIN (SELECT 6 / b AS x FROM (VALUES (0), (3)) v (b) WHERE b > 0) i ON i.x = t.id",
        [["1"]],
      ],
      ["MonetDB/MonetDB#3546", "SELECT sum(CASE WHEN NOT (b IS NULL) AND b > 1 THEN 6 / (b - 1) ELSE -1 END) FROM t", [["9"]]],
      [
        "MonetDB/MonetDB#1943",
        "SELECT count(*) FROM (SELECT a, sum(b - 1) y FROM t WHERE id < 5 GROUP BY a HAVING sum(b - 1) > 0) q WHERE y / y > 0",
        [["2"]],
      ],
    ];
    for (const [report, sql, rows] of expected) assert.deepEqual(both.quireRows(sql), rows, `${report}: ${sql}`);
  });
});
