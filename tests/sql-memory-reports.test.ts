/** What other engines were reported for when statements had more than fits their memory: here each gives what SQLite gives, in 64 KiB. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import sqlite from "node-sqlite3-wasm";
import { openSync } from "../host/index.js";
import { tempFolder } from "./helpers/store.js";

/** Rows 1 to 6,000: few groups, some nulls, texts of which many are alike. */
const TABLE = [
  "CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, one INTEGER, s TEXT, u INTEGER)",
  "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 6000) INSERT INTO t SELECT x, CASE WHEN x % 7 > 0 THEN x % 3 END, 1, 'text ' || (x * 7919 % 2311), x * 7 FROM c",
  "CREATE INDEX t_k ON t (k)",
];

/** The report, and statements: one that changes the table has a query behind it. */
const REPORTS: readonly (readonly [string, ...string[]])[] = [
  [
    "cockroachdb/cockroach#175541: an aggregate's ORDER BY is lost when groups are sorted anew",
    "SELECT k, GROUP_CONCAT(id % 9, '' ORDER BY s, id) FROM t GROUP BY k ORDER BY k",
    "SELECT GROUP_CONCAT(SUBSTR(s, -1), '' ORDER BY s, id DESC) FROM t",
    "SELECT id % 1500 AS g, GROUP_CONCAT(id ORDER BY s DESC, id) FROM t GROUP BY 1 ORDER BY 1",
  ],
  [
    "MariaDB/server#5574 (MDEV-21879): DISTINCT with ORDER BY gives values twice, or loses some, when those that are known are too many",
    "SELECT GROUP_CONCAT(DISTINCT s ORDER BY s), COUNT(DISTINCT s) FROM t",
    "SELECT k, COUNT(DISTINCT s), GROUP_CONCAT(DISTINCT SUBSTR(s, 6) ORDER BY SUBSTR(s, 6) DESC) FROM t GROUP BY k ORDER BY k",
    "SELECT CAST(JSON_GROUP_ARRAY(DISTINCT u ORDER BY u) AS text) FROM t",
  ],
  [
    "facebookincubator/velox#9219: DISTINCT gives values again that were put aside in two files",
    "SELECT COUNT(*), COUNT(DISTINCT s) FROM (SELECT DISTINCT s, u FROM t UNION ALL SELECT DISTINCT s, u FROM t) q",
    "SELECT s, COUNT(*) FROM (SELECT DISTINCT s, k FROM t) q GROUP BY s ORDER BY s",
  ],
  [
    "pingcap/tidb#27092, matrixorigin/matrixone#27698: one group whose different values are too many",
    "SELECT one, COUNT(DISTINCT u), SUM(DISTINCT u), COUNT(DISTINCT s) FILTER (WHERE k = 1) FROM t GROUP BY one",
    "SELECT COUNT(DISTINCT u), AVG(DISTINCT id % 4000), COUNT(DISTINCT one), MAX(DISTINCT s) FROM t",
  ],
  [
    "apache/datafusion#19286: groups whose rows come in their order keep what is too much",
    "SELECT k, COUNT(DISTINCT u), GROUP_CONCAT(DISTINCT SUBSTR(s, 6) ORDER BY SUBSTR(s, 6)) FROM t INDEXED BY t_k GROUP BY k ORDER BY k",
    "SELECT id, COUNT(DISTINCT s), MAX(s) FROM t GROUP BY id ORDER BY id",
  ],
  [
    "duckdb/duckdb#24033, StarRocks/starrocks#77389: few groups of texts that grow",
    "SELECT MAX(v), MIN(v) FROM (SELECT PRINTF('%06d', id) || s || s || s AS v FROM t ORDER BY id) q",
    "SELECT k, MAX(v), MIN(v) FROM (SELECT k, PRINTF('%06d', 9000 - id) || s || s || s AS v FROM t ORDER BY id) q GROUP BY k ORDER BY k LIMIT 1",
  ],
  [
    "greenplum-db/gpdb#17261: all rows of a join have one key",
    "SELECT COUNT(*), SUM(a.id), SUM(b.id) FROM t a JOIN t b ON a.one = b.one AND a.id % 100 = 0",
    "SELECT COUNT(*), COUNT(b.id) FROM t a LEFT JOIN t b ON a.one = b.one AND b.id % 1000 = a.id",
  ],
  [
    "duckdb/duckdb#8303: a recursion whose steps are many rows",
    "WITH RECURSIVE r(id, root) AS (SELECT id, id FROM t WHERE id > 3000 UNION ALL SELECT id / 2, root FROM r WHERE id > 1) SELECT id, COUNT(*), SUM(root) FROM r GROUP BY id ORDER BY id",
    "WITH RECURSIVE r(s, n) AS (SELECT s, 1 FROM t UNION ALL SELECT s || n, n + 1 FROM r WHERE n < 4) SELECT n, COUNT(*), MAX(s), SUM(LENGTH(s)) FROM r GROUP BY n ORDER BY n",
  ],
  [
    "cockroachdb/cockroach#28842, citusdata/citus#5180: INSERT from the table itself has no end",
    "INSERT INTO t SELECT id + 6000, k, one, s, u + 1 FROM t",
    "SELECT COUNT(*), SUM(id), COUNT(DISTINCT u) FROM t",
  ],
  [
    "stoneatom/stonedb#1616, cmu-db/peloton#1222: keys that move to those of other rows, each once",
    "UPDATE t SET id = id + 1",
    "SELECT COUNT(*), SUM(id), MIN(id), MAX(id) FROM t",
  ],
];

const told = (rows: readonly (readonly unknown[])[]): string[] =>
  rows.map((row) => row.map((value) => String(value).replace(/^(-?\d+\.\d*?)0+$/u, "$1")).join("|"));

function outcomeOf(rows: () => readonly (readonly unknown[])[]): string[] {
  try {
    return told(rows());
  } catch (error) {
    return [String(error)];
  }
}

/** SQLite has no order for this one, and moves no key to that of a row which is still there. */
const forSqlite = (sql: string): string =>
  sql === "UPDATE t SET id = id + 1" ? "UPDATE t SET id = -id; UPDATE t SET id = 1 - id" : sql;

test("reports of other engines about more than fits their memory", (t) => {
  for (const [report, ...statements] of REPORTS) {
    const folder = tempFolder(t);
    using db = openSync(join(folder, "a.db"), { sqlMemory: 1 << 16 });
    const other = new sqlite.Database(":memory:");
    for (const sql of TABLE) {
      db.sql(sql);
      other.exec(sql);
    }
    for (const sql of statements) {
      if (!/^(?:SELECT|WITH)/u.test(sql)) {
        db.sql(sql);
        other.exec(forSqlite(sql));
        continue;
      }
      const ours = outcomeOf(() => db.sql(sql.replace(" INDEXED BY t_k", "")).rows);
      const theirs = other.all(sql).map((row) => Object.values(row as object) as unknown[]);
      assert.deepEqual(ours, told(theirs), `${report}: ${sql}`);
    }
    assert.equal(db.check().errors, 0);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith("-sql-spill")),
      [],
    );
    other.close();
  }
});
