/** Reports of other engines and tools about definitions that change, tried here: what stood there went wrong, or is what they came to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";

interface Report {
  readonly from: string;
  readonly script: string;
  readonly query: string;
  readonly columns?: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

const REPORTS: readonly Report[] = [
  {
    from: "tursodatabase/turso#5486: a column of a view can't be renamed",
    script: "CREATE TABLE t (a, b INT); CREATE VIEW v AS SELECT a, b FROM t; ALTER TABLE t RENAME COLUMN b TO c".replace(
      "(a,",
      "(a INT,",
    ),
    query: "SELECT sql FROM sqlite_master WHERE name = 'v'",
    rows: [['CREATE VIEW v AS SELECT a, "c" FROM t']],
  },
  {
    from: "tursodatabase/turso#5505: queries inside, names that hide others, and views on views",
    script: `
      CREATE TABLE t (a INT, b INT); CREATE TABLE s (a INT, c INT);
      INSERT INTO t VALUES (1, 10), (2, 20); INSERT INTO s VALUES (1, 100), (1, 200);
      CREATE VIEW v AS SELECT a, (SELECT sum(c) FROM s WHERE s.a = t.a) AS total, (SELECT count(a) FROM s) AS pieces FROM t;
      CREATE VIEW w AS SELECT x.a, total FROM v AS x WHERE a < 2;
      ALTER TABLE t RENAME COLUMN a TO key`,
    query: "SELECT w.*, v.pieces FROM w JOIN v USING (key)",
    columns: ["key", "total", "pieces"],
    rows: [["1", "300", "2"]],
  },
  {
    from: "citusdata/citus#5932: views of all columns, with and without names of their own",
    script: `
      CREATE TABLE test_t (a INT); INSERT INTO test_t VALUES (7);
      CREATE VIEW v1 AS SELECT * FROM test_t; CREATE VIEW v2 (k) AS SELECT * FROM test_t;
      ALTER TABLE test_t RENAME COLUMN a TO b`,
    query: "SELECT v1.b, v2.k FROM v1, v2",
    rows: [["7", "7"]],
  },
  {
    from: "tursodatabase/turso#4009, tarantool/tarantool#3746: a view follows its table, which then can go",
    script: `
      CREATE TABLE t1 (id INT); CREATE VIEW v AS SELECT * FROM t1 WHERE t1.id > 0; INSERT INTO t1 VALUES (0), (1);
      ALTER TABLE t1 RENAME TO "t1 new"; CREATE TABLE copy AS SELECT * FROM v; DROP TABLE "t1 new"`,
    query: "SELECT * FROM copy",
    rows: [["1"]],
  },
  {
    from: "duckdb/duckdb#625: a column goes in front of a unique one",
    script:
      "CREATE TABLE t0 (c0 INT, c INT UNIQUE); INSERT INTO t0 VALUES (1, 2); ALTER TABLE t0 DROP c0; INSERT OR IGNORE INTO t0 VALUES (2)",
    query: "SELECT * FROM t0",
    rows: [["2"]],
  },
  {
    from: "matrixorigin/matrixone#26855: a column goes that two indexes side by side are of, and a third",
    script: `
      CREATE TABLE t (id INT PRIMARY KEY, b INT, c INT); CREATE UNIQUE INDEX uk_b ON t (b); CREATE INDEX idx_b ON t (b);
      CREATE INDEX both ON t (c, b); CREATE INDEX of_c ON t (c); INSERT INTO t VALUES (1, 10, 5), (2, 20, 6);
      ALTER TABLE t DROP COLUMN b`,
    query: "SELECT name, (SELECT count(*) FROM t WHERE c = 6) FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    rows: [["of_c", "1"]],
  },
  {
    from: "zettadb/kunlun#492: USING where the type stays",
    script:
      "CREATE TABLE atacc1 (test INT); INSERT INTO atacc1 VALUES (2), (3), (4); ALTER TABLE atacc1 ALTER COLUMN test TYPE integer USING 0",
    query: "SELECT test FROM atacc1",
    rows: [["0"], ["0"], ["0"]],
  },
  {
    from: "yugabyte/yugabyte-db#15553, #4415, matrixorigin/matrixone#16078: columns with defaults come in a transaction that goes on with their rows",
    script: `
      BEGIN; CREATE TABLE test (id uuid NOT NULL PRIMARY KEY);
      INSERT INTO test (id) VALUES ('10000000-0000-0000-0000-000000000000');
      ALTER TABLE test ADD COLUMN IF NOT EXISTS test BOOLEAN NOT NULL DEFAULT FALSE;
      ALTER TABLE test ADD COLUMN IF NOT EXISTS test2 TEXT NOT NULL DEFAULT 'foo';
      ALTER TABLE test ADD COLUMN IF NOT EXISTS test2 TEXT;
      UPDATE test SET id = id; COMMIT`,
    query: `SELECT test, test2, (SELECT group_concat("notnull") FROM pragma_table_info('test')) FROM test`,
    rows: [[false, "foo", "1,1,1"]],
  },
  {
    from: "CherryHQ/cherry-studio#17568: a table is made anew where PRAGMA foreign_keys has no effect, below rows that refer to it",
    script: `
      PRAGMA foreign_keys = OFF;
      BEGIN;
      CREATE TABLE parent (id INTEGER PRIMARY KEY, a INT); CREATE TABLE child (id INTEGER PRIMARY KEY, parent INT REFERENCES parent (id) ON DELETE CASCADE);
      INSERT INTO parent VALUES (1, 5); INSERT INTO child VALUES (1, 1);
      CREATE TABLE __new_parent (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO __new_parent SELECT * FROM parent;
      DROP TABLE parent; ALTER TABLE __new_parent RENAME TO parent;
      COMMIT; PRAGMA foreign_keys = ON`,
    query: "SELECT child.id, a FROM child JOIN parent ON parent.id = child.parent",
    rows: [["1", "5"]],
  },
];

for (const { from, script, query, columns, rows } of REPORTS) {
  test(from, () => {
    for (const layout of ["0.9", "0.11"] as const) {
      using db = openSync(":memory:", { layout });
      db.exec(script);
      const found = db.sql(query);
      assert.deepEqual(found.rows, rows);
      if (columns !== undefined) assert.deepEqual(found.columns, columns);
      assert.equal(db.check().errors, 0);
    }
  });
}

test("zettadb/kunlun#492, yugabyte/yugabyte-db#5543, tursodatabase/turso#4638: what does not fit is refused, and can be tried again otherwise", () => {
  using db = openSync(":memory:");
  db.exec("CREATE TABLE foobar (k text PRIMARY KEY, v int UNIQUE); INSERT INTO foobar VALUES ('a', 1), ('b', 2)");
  assert.throws(() => db.sql("ALTER TABLE foobar ALTER v TYPE int USING 0"), { code: "UNIQUE_CONFLICT" });
  assert.throws(() => db.sql("ALTER TABLE foobar ADD COLUMN v2 text NOT NULL"), { code: "NOT_NULL" });
  db.sql("ALTER TABLE foobar ADD COLUMN v2 text NOT NULL DEFAULT 'abc'");
  db.sql("ALTER TABLE foobar DROP COLUMN v2");
  assert.deepEqual(db.sql("SELECT * FROM foobar").rows, [
    ["a", "1"],
    ["b", "2"],
  ]);
});

test("dotnet/efcore#37598, drizzle-team/drizzle-orm#4938: a table that rows refer to is not dropped with what refers to it, deferred or not", () => {
  using db = openSync(":memory:");
  db.exec(`
    CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id INTEGER PRIMARY KEY REFERENCES parent (id) ON DELETE CASCADE);
    INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1)`);
  for (const before of ["PRAGMA foreign_keys = ON", "PRAGMA defer_foreign_keys = ON"]) {
    db.sql(before);
    assert.throws(() => db.exec("BEGIN; DROP TABLE parent"), { code: "FOREIGN_KEY_RESTRICT" });
    db.sql("ROLLBACK");
    assert.deepEqual(db.sql("SELECT count(*) FROM child").rows, [["1"]]);
  }
});
