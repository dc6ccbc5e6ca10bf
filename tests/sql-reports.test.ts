/** Wrong rows and failures that other engines were reported for, most of them found by SQLancer: here each gives what SQLite gives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { outcome, withBoth } from "./sql/both.js";

/** The report, what makes its tables, and its queries. */
const REPORTS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    "apache/datafusion#25347, #25340, #8241, #25473: NOT IN (query) and null",
    [
      "CREATE TABLE o (id INTEGER PRIMARY KEY, g INTEGER)",
      "CREATE TABLE i (n INTEGER, g INTEGER)",
      "INSERT INTO o VALUES (1, 1), (2, 2), (3, 3)",
      "INSERT INTO i VALUES (1, 1), (NULL, 2)",
    ],
    [
      "SELECT id FROM o WHERE 3 NOT IN (SELECT n FROM i WHERE i.g = o.g)",
      "SELECT id FROM o WHERE 3 NOT IN (SELECT n FROM i)",
      "SELECT id FROM o WHERE 3 NOT IN (SELECT n FROM i) OR id = 1",
      "SELECT id FROM o WHERE (3 NOT IN (SELECT n FROM i)) IS NULL",
      "SELECT id FROM o WHERE NULLIF(1, 1) NOT IN (SELECT g FROM i)",
      "SELECT id FROM o WHERE NULLIF(1, 1) NOT IN (SELECT g FROM i WHERE g > 5)",
      "SELECT id FROM o WHERE id <> 1 AND id NOT IN (SELECT n FROM i WHERE n IS NULL)",
    ],
  ],
  [
    "apache/datafusion#25336: NOT IN (query) whose condition is no equality, and leaves its null out",
    [
      "CREATE TABLE a (id INTEGER, z INTEGER)",
      "CREATE TABLE b (id INTEGER, z INTEGER)",
      "INSERT INTO a VALUES (1, 10), (2, 20), (NULL, 30), (4, 40)",
      "INSERT INTO b VALUES (1, 5), (NULL, 99), (2, 15)",
    ],
    [
      "SELECT id, z FROM a WHERE id NOT IN (SELECT id FROM b WHERE b.z < a.z)",
      "SELECT id, z FROM a WHERE id NOT IN (SELECT id FROM b WHERE b.z < a.z) OR z = 30",
      "SELECT z, id IN (SELECT id FROM b WHERE b.z > a.z) FROM a",
    ],
  ],
  [
    "tursodatabase/turso#8306: a row of values in a list, with null in it",
    [],
    [
      "SELECT (1, NULL) IN ((1, 2), (3, 4))⟦¦⟧",
      "SELECT (1, NULL) IN ((2, 2), (3, 4))⟦¦⟧",
      "SELECT (NULL, 2) NOT IN ((1, 3))⟦¦⟧",
    ].map((sql) => sql.replace("⟦¦⟧", "").replace(/IN \(\((.*)\)\)/u, "IN (⟦¦VALUES ⟧($1))")),
  ],
  [
    "tursodatabase/turso#662: conditions inside each other",
    ["CREATE TABLE t (c2 INTEGER, c3 INTEGER, c5 INTEGER)", "INSERT INTO t VALUES (-1, -2, -3)"],
    ["SELECT c2 FROM t WHERE (((c5 < -4 OR (c5 <> 0 AND c2 = -1))))"],
  ],
  [
    "tursodatabase/turso#6073: HAVING with a query that depends on a group, in one more query",
    ["CREATE TABLE t (grp TEXT, cat TEXT, val INTEGER)", "INSERT INTO t VALUES ('a', 'x', 1), ('a', 'y', 2)"],
    [
      "SELECT grp, cat, SUM(val) FROM t GROUP BY grp, cat HAVING SUM(val) = (SELECT sq FROM (SELECT MAX(val) AS sq FROM t t2 WHERE t2.grp = t.grp))",
    ],
  ],
  [
    "tursodatabase/turso#8711: GROUP BY over a join by a list",
    [
      "CREATE TABLE a (id INTEGER PRIMARY KEY, k INTEGER)",
      "CREATE TABLE b (id INTEGER PRIMARY KEY, k INTEGER)",
      "CREATE TABLE c (k INTEGER, n INTEGER)",
      "INSERT INTO a VALUES (1, 3), (2, 4)",
      "INSERT INTO b (k) VALUES (3), (4)",
      "INSERT INTO c VALUES (3, 10), (4, 30), (3, 10)",
      "CREATE INDEX a_k_idx ON a (k)",
    ],
    [
      "SELECT a.id, COUNT(*) FROM a JOIN c ON c.k = a.k WHERE a.k IN (3, 4) GROUP BY a.id",
      "SELECT a.k, COUNT(*) FROM a JOIN b ON a.k = b.k JOIN c ON b.k = c.k GROUP BY a.k",
    ],
  ],
  [
    "tursodatabase/turso#8574: ORDER BY of a join without an index",
    [
      "CREATE TABLE a (id INTEGER PRIMARY KEY, k INTEGER)",
      "INSERT INTO a VALUES (1, 10), (2, 20), (3, 30)",
      "CREATE TABLE b (k INTEGER)",
      "INSERT INTO b VALUES (30), (10), (20)",
    ],
    [
      "SELECT a.id FROM a JOIN b ON b.k = a.k WHERE a.id > 0 ORDER BY a.id",
      "SELECT a.id FROM a JOIN b ON b.k = a.k WHERE a.id > 0 ORDER BY a.id DESC",
    ],
  ],
  [
    "tursodatabase/turso#5728: GROUP BY with COLLATE beside an index without",
    [
      "CREATE TABLE t (a TEXT, b INT)",
      "CREATE INDEX t_a_idx ON t (a)",
      "INSERT INTO t VALUES ('a', 1), ('A', 2), ('b', 3), ('B', 4), ('a', 5)",
    ],
    [
      "SELECT LOWER(MIN(a)), SUM(b) FROM t GROUP BY a COLLATE NOCASE ORDER BY 1",
      "SELECT COUNT(DISTINCT a COLLATE NOCASE) FROM t",
    ],
  ],
  [
    "tursodatabase/turso#6485: an aggregate of a query that depends on the row",
    [
      "CREATE TABLE t1 (grp TEXT, val INTEGER)",
      "CREATE TABLE t2 (grp TEXT, factor INTEGER)",
      "INSERT INTO t1 VALUES ('a', 1), ('a', 2), ('b', 3), ('b', 4)",
      "INSERT INTO t2 VALUES ('a', 10), ('b', 20)",
    ],
    ["SELECT grp, SUM((SELECT factor FROM t2 WHERE t2.grp = t1.grp)) FROM t1 GROUP BY grp ORDER BY grp"],
  ],
  [
    "tursodatabase/turso#2923: ORDER BY an aggregate that is no result, with LIMIT",
    ["CREATE TABLE t (g TEXT, x TEXT)", "INSERT INTO t VALUES ('a', 'm'), ('b', 'z'), ('c', 'k'), ('a', 'n'), ('b', 'a')"],
    ["SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY MAX(x) DESC LIMIT 2"],
  ],
  [
    "tursodatabase/turso#6078: a join with LIMIT and OFFSET",
    [
      "CREATE TABLE t1 (a INT)",
      "CREATE TABLE t2 (b INT)",
      "INSERT INTO t1 VALUES (1), (2), (3)",
      "INSERT INTO t2 VALUES (1), (2)",
    ],
    [
      "SELECT * FROM t1 JOIN t2 ON t1.a = t2.b ORDER BY 1 LIMIT 1 OFFSET 0",
      "SELECT * FROM t1 JOIN t2 ON t1.a = t2.b ORDER BY 1 LIMIT 1 OFFSET 1",
    ],
  ],
  [
    "tursodatabase/turso#5135: DO UPDATE that changes the primary key",
    [
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER UNIQUE)",
      "INSERT INTO t VALUES (1, 10), (2, 20)",
      "INSERT INTO t VALUES (999, 10) ON CONFLICT (a) DO UPDATE SET id = 500",
    ],
    ["SELECT * FROM t ORDER BY id", "SELECT * FROM t WHERE a = 10"],
  ],
  [
    "amelielabs/amelie#67: DO UPDATE that its WHERE leaves out",
    [
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)",
      "INSERT INTO t VALUES (1, 10)",
      "INSERT INTO t VALUES (1, 20) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE FALSE",
    ],
    ["SELECT * FROM t"],
  ],
  [
    "gluesql/gluesql#944, #1897: aggregates and null",
    ["CREATE TABLE t (v INTEGER)", "INSERT INTO t VALUES (NULL), (5), (3)"],
    ["SELECT COUNT(NULL), COUNT(v), SUM(v), MIN(v), MAX(v), AVG(v) FROM t", "SELECT SUM(v), COUNT(*) FROM t WHERE v > 9"],
  ],
  [
    "duckdb/duckdb#23688, #8328: joins with IS DISTINCT FROM",
    [
      "CREATE TABLE l (id INT, n INT)",
      "CREATE TABLE r (id INT, n INT)",
      "INSERT INTO l VALUES (1, NULL), (2, 2), (3, 3)",
      "INSERT INTO r VALUES (2, 2), (3, 99), (4, NULL)",
    ],
    [
      "SELECT COUNT(*) FROM l LEFT JOIN r ON l.id = r.id WHERE l.n IS NOT DISTINCT FROM r.n",
      "SELECT l.id, r.id AS other FROM l JOIN r ON l.id = r.id AND l.n IS DISTINCT FROM r.n",
      "SELECT l.id, r.id AS other FROM l FULL JOIN r ON l.n IS NOT DISTINCT FROM r.n ORDER BY 1, 2",
    ],
  ],
  [
    "duckdb/duckdb#4252, databendlabs/databend#14334: FULL JOIN of queries, with a condition behind it",
    ["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2), (3)"],
    [
      "SELECT * FROM (SELECT a, 'A' AS name FROM t) p FULL JOIN (SELECT a + 1 AS n FROM t) q ON p.a = q.n WHERE p.name IS NOT NULL ORDER BY 1",
      "SELECT COALESCE(p.a, q.n) AS m, SUM(COALESCE(p.a, 0) + COALESCE(q.n, 0)) FROM t p FULL JOIN (SELECT a + 1 AS n FROM t) q ON p.a = q.n GROUP BY m ORDER BY 1",
    ],
  ],
  [
    "apache/datafusion#14335: FULL JOIN with LIMIT",
    [
      "CREATE TABLE a (x INT)",
      "CREATE TABLE b (y INT)",
      "INSERT INTO a VALUES (1), (2), (3), (4), (5)",
      "INSERT INTO b VALUES (5), (4), (3), (2), (1)",
    ],
    ["SELECT COUNT(*) FROM (SELECT x, y FROM a FULL JOIN b ON x = y LIMIT 2) q WHERE x = y"],
  ],
  [
    "MonetDB/MonetDB#4049, apache/datafusion#10881, #2271: OR above and in joins",
    [
      "CREATE TABLE d (a INT, c INT)",
      "CREATE TABLE e (a INT, b INT, d INT)",
      "INSERT INTO d VALUES (1, 1), (1, 2)",
      "INSERT INTO e VALUES (1, 2, 1), (1, 3, 2), (2, 2, 1), (2, 3, 2)",
    ],
    [
      "SELECT d.* FROM d JOIN e p ON p.a = d.a AND p.d = 1 LEFT JOIN e q ON q.a = d.a AND q.d = 2 WHERE d.c = 1 OR d.c = 3",
      "SELECT d.c, e.b FROM d LEFT JOIN e ON d.a = e.a AND (d.c = 2 OR e.b > 2) ORDER BY 1, 2",
      "SELECT d.c, e.b FROM d JOIN e ON (d.a = e.a AND e.b = 3) OR d.c = e.d ORDER BY 1, 2",
    ],
  ],
  [
    "MonetDB/MonetDB#3747, hyrise/hyrise#538: null and joins",
    [
      "CREATE TABLE a (x INT, y TEXT)",
      "INSERT INTO a VALUES (0, 'p'), (NULL, 'q'), (1, 'r'), (NULL, 's')",
      "CREATE INDEX a_x_idx ON a (x)",
    ],
    [
      "SELECT l.y, r.y AS other FROM a l JOIN a r ON l.x = r.x ORDER BY 1",
      "SELECT l.y, r.y AS other FROM a l LEFT JOIN a r ON l.x = r.x ORDER BY 1",
    ],
  ],
  [
    "MaterializeInc/materialize#7052: COUNT of an outer join in FROM",
    [
      "CREATE TABLE t1 (f1 INTEGER, f2 INTEGER)",
      "CREATE TABLE t3 (f1 INTEGER, f2 INTEGER)",
      "INSERT INTO t1 VALUES (NULL, 0)",
      "INSERT INTO t3 VALUES (NULL, 0), (NULL, 0), (1, 1), (6, 6)",
    ],
    [
      "SELECT q.n FROM t1 JOIN (SELECT COUNT(*) AS n, MAX(t2.f2) AS m FROM t1 t2 RIGHT JOIN t3 ON t3.f2 = 6) q ON TRUE WHERE t1.f2 = q.m",
    ],
  ],
  [
    "duckdb/duckdb#22267, polardb/polardbx-sql#276: EXISTS over a query in FROM that depends on the row",
    [
      "CREATE TABLE p (id INT, likes INT, views INT)",
      "INSERT INTO p VALUES (1, 10, 100), (2, 20, 150), (3, 5, NULL), (4, NULL, 50), (5, 40, 7)",
    ],
    [
      "SELECT COUNT(*) FROM p a WHERE EXISTS (SELECT 1 FROM (SELECT a.id AS c0, b.views AS c1 FROM p b WHERE a.likes > b.likes) q WHERE q.c1 <> a.likes)",
      "SELECT COUNT(*) FROM p a RIGHT JOIN p b ON EXISTS (SELECT 1 FROM p c WHERE c.id > a.id AND c.likes < b.likes)",
    ],
  ],
  [
    "openlink/virtuoso-opensource#1424, #1425, #1429: what a condition that is null splits",
    ["CREATE TABLE p (id INT, views INT)", "INSERT INTO p VALUES (1, 100), (2, 150), (3, NULL), (4, 50), (5, 0)"],
    [
      "SELECT COUNT(*) FILTER (WHERE views <> views OR views > 60), COUNT(*) FILTER (WHERE NOT (views <> views OR views > 60)), COUNT(*) FILTER (WHERE (views <> views OR views > 60) IS NULL) FROM p",
      "SELECT SUM(CASE WHEN (id < views OR views IS NOT NULL) THEN 1 ELSE 0 END) FROM p",
    ],
  ],
  [
    "duckdb/duckdb#6061: a condition behind a query with LIMIT and one with DISTINCT",
    ["CREATE TABLE t (i INT, j INT)", "INSERT INTO t VALUES (1, 10), (1, 3), (2, 1), (2, 3)"],
    [
      "SELECT * FROM (SELECT i, j FROM t ORDER BY j DESC LIMIT 2) q WHERE j < 10",
      "SELECT * FROM (SELECT i, MAX(j) AS j FROM t GROUP BY i) q WHERE j < 10",
      "SELECT * FROM (SELECT DISTINCT i FROM t) q WHERE i > 1",
    ],
  ],
  [
    "sqlancer of SQLite: a column that is not null in an outer join; a constant in one; LIKE of an index; BETWEEN of a text",
    [
      "CREATE TABLE t0 (id INTEGER PRIMARY KEY, c INTEGER NOT NULL)",
      "CREATE TABLE t1 (id INTEGER PRIMARY KEY, s TEXT)",
      "CREATE INDEX t1_s_idx ON t1 (s)",
      "INSERT INTO t0 VALUES (1, 1), (2, 2)",
      "INSERT INTO t1 VALUES (1, ''), (2, 'a'), (3, NULL)",
    ],
    [
      "SELECT t1.id FROM t1 LEFT JOIN t0 ON t0.id = t1.id WHERE t0.c IS NULL",
      "SELECT t1.id FROM t1 LEFT JOIN t0 ON t0.id = t1.id WHERE NOT (t0.c IS NOT NULL)",
      "SELECT t1.id, q.k FROM t1 LEFT JOIN (SELECT id, 5 AS k FROM t0) q ON q.id = t1.id WHERE q.k IS NULL OR q.k = 5 ORDER BY 1",
      "SELECT id FROM t1 WHERE s LIKE ''",
      "SELECT id FROM t1 WHERE s NOT LIKE 'a%' ORDER BY id",
      "SELECT id FROM t1 WHERE '' BETWEEN s AND 'b'",
      "SELECT COUNT(*) FROM t0, t1 WHERE (t0.c, t1.s) > (1, 'a')",
      "SELECT DISTINCT t0.c IS NULL FROM t1 LEFT JOIN t0 ON FALSE",
      "SELECT t1.id FROM t1 CROSS JOIN t0 WHERE t1.s IS NOT DISTINCT FROM NULL",
    ],
  ],
  [
    "duckdb/duckdb#24307, #11647, #24442: frames far away, EXCLUDE without an order that tells rows apart, and beside FILTER",
    ["CREATE TABLE s (i INTEGER PRIMARY KEY, k BOOLEAN)", "INSERT INTO s VALUES (0, TRUE), (1, FALSE), (2, TRUE)"],
    [
      "SELECT i, COUNT(*) OVER (ORDER BY i ROWS BETWEEN 9223372036854775807 FOLLOWING AND 9223372036854775807 FOLLOWING) FROM s ORDER BY i",
      "SELECT i, SUM(i) OVER (ORDER BY i ROWS BETWEEN 9223372036854775807 PRECEDING AND 9223372036854775807 FOLLOWING) FROM s ORDER BY i",
      "SELECT i, COUNT(*) OVER (ORDER BY i DESC RANGE BETWEEN 9223372036854775807 PRECEDING AND 1 PRECEDING) FROM s ORDER BY i",
      "SELECT COUNT(*) OVER (ORDER BY 1 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) FROM s",
      "SELECT i, GROUP_CONCAT(i) FILTER (WHERE k) OVER (ORDER BY i ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM s ORDER BY i",
    ],
  ],
  [
    "tursodatabase/turso#5535, #5904, #6303: json_each of a column with a path, an order, or a condition on what it gives",
    [
      "CREATE TABLE t (id INTEGER PRIMARY KEY, d TEXT)",
      `INSERT INTO t VALUES (1, '{"tags":["a","b"]}'), (2, '{"tags":["c"]}'), (3, NULL), (4, '{"tags":{}}'), (5, '{"x":1}')`,
    ],
    [
      "SELECT t.id, j.value FROM t, json_each(t.d, '$.tags') j ORDER BY t.id, j.key",
      "SELECT t.id, j.value FROM t, json_tree(t.d) j WHERE j.type = 'text' ORDER BY t.id, j.id",
      "SELECT t.id, j.value FROM t LEFT JOIN json_each(t.d, '$.tags') AS j ON j.value > 'a' ORDER BY 1, 2",
      "SELECT t.id, j.value FROM t, json_each(json_extract(t.d, '$.tags')) AS j WHERE j.value <> 'b' ORDER BY 1, 2",
    ],
  ],
  [
    "cockroachdb/cockroach#79384, #78681: joins by an index whose columns a list and a range bound",
    [
      "CREATE TABLE a (m INTEGER)",
      "CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER NOT NULL CHECK (b IN (1, 2, 3)), c INTEGER NOT NULL)",
      "CREATE INDEX b_a_b_c_idx ON b (a, b, c)",
      "CREATE INDEX b_b_c_idx ON b (b, c)",
      "INSERT INTO a VALUES (1)",
      "INSERT INTO b VALUES (1, 1, 1, 1), (2, 1, 2, 1), (3, 1, 3, 1), (4, 1, 3, -1)",
    ],
    [
      "SELECT m FROM a JOIN b ON b IN (1, 2, 3) AND c > 0 AND m = b.a",
      "SELECT m FROM a WHERE EXISTS (SELECT * FROM b WHERE m = c)",
      "SELECT m, b.id FROM a LEFT JOIN b ON m = b.a AND b IN (5) AND c > 0",
    ],
  ],
  [
    "tobymao/sqlglot#7964, #8278: a condition behind RIGHT and FULL JOIN, and one in ON of a query's rows",
    [
      "CREATE TABLE x (a INTEGER)",
      "CREATE TABLE y (b INTEGER)",
      "INSERT INTO x VALUES (1), (2), (3)",
      "INSERT INTO y VALUES (1), (2), (99)",
    ],
    [
      "SELECT a, b FROM x RIGHT JOIN y ON a = b WHERE b = 1",
      "SELECT a, b FROM x RIGHT JOIN (SELECT b FROM y) AS y ON a = b AND b = 1 ORDER BY 1, 2",
      "SELECT a, b FROM x FULL JOIN (SELECT b FROM y) AS y ON a = b AND b = 3 ORDER BY 1, 2",
      "SELECT a, b FROM (SELECT a FROM x) AS x FULL JOIN y ON a = b WHERE a = 1",
    ],
  ],
];

test("what other engines were reported for", () => {
  for (const [report, tables, queries] of REPORTS) {
    withBoth((both) => {
      for (const sql of tables) {
        both.quire.sql(sql);
        both.run(sql);
      }
      for (const sql of queries) both.same(sql);
      assert.equal(both.differences.length, 0, `${report}\n${both.differences.join("\n")}`);
      assert.equal(both.quire.check().errors, 0, report);
    });
  }
});

test("what is decided otherwise than in SQLite is an error, or said in docs/sql.md", () => {
  withBoth(({ quire }) => {
    quire.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT)");
    quire.sql("INSERT INTO t VALUES (1, 1, 'x'), (2, NULL, 'y')");
    // tursodatabase/turso#4606: a blob is no condition, with a collation or without.
    assert.equal(outcome(quire, "SELECT id FROM t WHERE x'' COLLATE NOCASE"), "SQL_TYPE");
    // tursodatabase/turso#6293: no bare columns beside MIN and MAX.
    assert.equal(outcome(quire, "SELECT b, MAX(a) FROM t"), "SQL_TYPE");
    // duckdb/duckdb#10463: more than one row where a value is wanted.
    assert.equal(outcome(quire, "SELECT id FROM t WHERE a = (SELECT id FROM t ORDER BY id LIMIT 2)"), "SQL_TYPE");
    // duckdb/duckdb#24563: HAVING without GROUP BY is of one group, in EXISTS and as a value.
    assert.equal(
      outcome(
        quire,
        "SELECT EXISTS (SELECT COUNT(*) FROM t x WHERE x.a = t.id HAVING TRUE), (SELECT COUNT(*) FROM t x WHERE x.a = t.id HAVING TRUE) FROM t",
      ),
      '[[true,"1"],[true,"0"]]',
    );
    // duckdb/duckdb#15554: HAVING names what is in no group.
    assert.equal(outcome(quire, "SELECT a FROM t GROUP BY a HAVING b > 'x'"), "SQL_TYPE");
  });
});
