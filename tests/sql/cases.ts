/** Short queries, each of which shows one thing that a planner or an evaluator may get wrong: SQLite says what they give. */
import sqlite from "node-sqlite3-wasm";
import { QuireError } from "../../host/index.js";
import type { Ask } from "./properties.js";

const rows = (count: number, row: (n: number) => string): string => Array.from({ length: count }, (_, n) => row(n)).join(", ");
const orNull = (isNull: boolean, value: string | number): string => (isNull ? "NULL" : String(value));

/** 2,000 rows with indexes, 300 without, and a few. */
const TABLES = [
  "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b SMALLINT, s TEXT, u INTEGER UNIQUE)",
  `INSERT INTO t VALUES ${rows(2000, (n) => `(${n + 1}, ${n % 250}, ${orNull(n % 7 === 0, n % 60)}, ${orNull(n % 11 === 0, `'s${n % 90}'`)}, ${orNull(n % 3 === 0, 5000 - n)})`)}`,
  "CREATE INDEX t_a_b_idx ON t (a, b)",
  "CREATE INDEX t_b_idx ON t (b)",
  "CREATE INDEX t_s_idx ON t (s)",
  "CREATE TABLE v (id INTEGER PRIMARY KEY, x INTEGER, y TEXT)",
  `INSERT INTO v VALUES ${rows(300, (n) => `(${n + 1}, ${orNull(n % 9 === 0, n % 40)}, 's${n % 30}')`)}`,
  "CREATE TABLE few (id INTEGER PRIMARY KEY, f BOOLEAN, n INTEGER)",
  "INSERT INTO few VALUES (1, TRUE, 1), (2, FALSE, NULL), (3, NULL, 3), (4, TRUE, NULL), (5, NULL, NULL), (6, FALSE, 1)",
];

/** What is shown, and the query, whose rows come in an order that is told or are sorted here. */
export const CASES: readonly (readonly [string, string])[] = [
  ["a range has its bound in", "SELECT id FROM t WHERE a = 5 AND b >= 15 AND b <= 55"],
  ["a range has its bound out", "SELECT id FROM t WHERE a = 5 AND b > 15 AND b < 55"],
  ["a bound that the column can't have", "SELECT id FROM t WHERE a = 5 AND b < 100000"],
  ["a range behind an equal column", "SELECT COUNT(*) FROM t WHERE a = 7 AND b > 20"],
  ["a range of an index", "SELECT COUNT(*), MIN(id), MAX(id) FROM t WHERE s >= 's7' AND s < 's71'"],
  ["LIKE with a start", "SELECT COUNT(*) FROM t WHERE s LIKE 's8%'"],
  ["every value of a list", "SELECT COUNT(*) FROM t WHERE a IN (9, 3, 200, 3, 77, 4)"],
  ["LIMIT in a batch", "SELECT COUNT(*) FROM (SELECT id FROM t LIMIT 3)"],
  ["LIMIT over several batches", "SELECT COUNT(*) FROM (SELECT id FROM t LIMIT 1500)"],
  ["OFFSET over several batches", "SELECT COUNT(*), MIN(id) FROM (SELECT id FROM t ORDER BY id LIMIT 600 OFFSET 1200)"],
  ["OFFSET in the first of two batches", "SELECT COUNT(*) FROM (SELECT id FROM t ORDER BY id LIMIT 1900 OFFSET 100)"],
  ["a hash join with several partners", "SELECT COUNT(*), SUM(v.id), SUM(w.id) FROM v JOIN v w ON v.x + 0 = w.x + 0"],
  ["null is no partner of null", "SELECT COUNT(*) FROM v JOIN v w ON v.x + 0 = w.x + 0 AND v.x IS NULL"],
  [
    "LEFT JOIN: rows without a partner",
    "SELECT v.id, few.id AS other, few.n FROM v LEFT JOIN few ON v.x + 0 = few.n WHERE v.id < 60",
  ],
  ["LEFT JOIN over several batches", "SELECT COUNT(*), COUNT(v.id) FROM t LEFT JOIN v ON v.x + 0 = t.b + 20"],
  ["LEFT JOIN by an index", "SELECT few.id, t.id AS other FROM few LEFT JOIN t ON t.a = few.n AND t.b > 50"],
  ["RIGHT JOIN: rows without a partner", "SELECT few.id, v.id AS other FROM few RIGHT JOIN v ON v.x + 0 = few.n WHERE v.id < 60"],
  ["FULL JOIN", "SELECT COUNT(*), COUNT(few.id), COUNT(v.id) FROM few FULL JOIN v ON v.x + 0 = few.n AND v.id > 50"],
  ["WHERE comes behind LEFT JOIN", "SELECT few.id FROM few LEFT JOIN v ON v.x + 0 = few.n WHERE v.id IS NULL"],
  ["a condition on the right side in ON", "SELECT few.id, v.id AS other FROM few LEFT JOIN v ON v.x + 0 = few.n AND v.id > 200"],
  ["a condition on the left side in ON", "SELECT few.id, v.id AS other FROM few LEFT JOIN v ON v.x + 0 = few.n AND few.id > 2"],
  ["NOT IN with null among the values", "SELECT id FROM few WHERE 5 NOT IN (SELECT n FROM few) OR id = 2"],
  ["null IN a query", "SELECT id FROM few WHERE (n IN (SELECT x FROM v WHERE x = 3)) IS NULL"],
  ["null IN a query of no rows", "SELECT id FROM few WHERE n NOT IN (SELECT x FROM v WHERE x > 1000)"],
  ["NOT IN a list with null", "SELECT id FROM few WHERE id NOT IN (1, NULL)"],
  ["null IN a list", "SELECT id FROM few WHERE (n IN (1, 2)) IS NULL"],
  ["IN a query that depends on the row", "SELECT id FROM few WHERE n IN (SELECT x FROM v WHERE v.id > few.id * 10)"],
  [
    "EXISTS and NOT EXISTS",
    "SELECT id, EXISTS (SELECT 1 FROM v WHERE v.x = few.n) AND NOT EXISTS (SELECT 1 FROM v WHERE v.x = few.n + 38) FROM few",
  ],
  ["NOT EXISTS in a comparison", "SELECT id FROM few WHERE f = NOT EXISTS (SELECT 1 FROM v WHERE v.x = few.n + 38)"],
  [
    "a query that depends on two around it",
    "SELECT a.id, (SELECT SUM((SELECT COUNT(*) FROM v WHERE v.x > a.id AND v.x < b.id + 9)) FROM few b WHERE b.f IS NOT FALSE) FROM few a",
  ],
  ["DISTINCT of null", "SELECT DISTINCT f, n FROM few"],
  ["GROUP BY null", "SELECT f, COUNT(*), COUNT(n), SUM(n) FROM few GROUP BY f"],
  ["groups of filtered rows", "SELECT a % 5, COUNT(*), MAX(b), MIN(b), SUM(b) FROM t WHERE id % 3 = 1 GROUP BY a % 5"],
  ["FILTER of one aggregate", "SELECT COUNT(*) FILTER (WHERE b > 30), COUNT(*), COUNT(b) FROM t"],
  ["HAVING with null", "SELECT f FROM few GROUP BY f HAVING NOT MAX(n) > 2"],
  [
    "MIN and MAX by an index",
    "SELECT (SELECT MIN(b) FROM t), (SELECT MAX(b) FROM t), (SELECT MIN(u) FROM t), (SELECT MAX(s) FROM t)",
  ],
  ["NOT of null", "SELECT id, (NOT f) IS NULL, (NOT n > 2) IS NULL FROM few WHERE NOT f OR TRUE"],
  ["NOT of a condition with null", "SELECT id FROM few WHERE NOT (n = 1 AND f)"],
  ["AND of null and false", "SELECT id, (n > 2 AND f) IS NULL, (f AND n > 2) IS NULL FROM few"],
  ["OR of null and true", "SELECT id, (n > 2 OR f) IS NULL, (f OR n > 2) IS NULL FROM few"],
  [
    "CASE goes on behind null",
    "SELECT id, CASE WHEN n > 2 THEN 'a' WHEN f THEN 'b' WHEN n IS NULL THEN 'c' ELSE 'd' END FROM few",
  ],
  ["<= has its value in", "SELECT COUNT(*) FROM v WHERE x + 0 <= 10"],
  ["ORDER BY both ways, in order", "SELECT n, id FROM few ORDER BY n DESC, id"],
  ["ORDER BY with NULLS FIRST and LAST, in order", "SELECT n, f, id FROM few ORDER BY n NULLS LAST, f DESC NULLS FIRST, id DESC"],
  ["ORDER BY of an index with nulls, in order", "SELECT b, id FROM t WHERE id < 40 OR b IS NULL ORDER BY b, id LIMIT 20"],
  ["ORDER BY of an index alone, in order", "SELECT b FROM t ORDER BY b LIMIT 290"],
  ["ORDER BY of an index backwards, in order", "SELECT b FROM t ORDER BY b DESC LIMIT 30"],
  ["ORDER BY more than the index has, in order", "SELECT a, id FROM t ORDER BY a, b NULLS LAST, id DESC LIMIT 50"],
  [
    "ORDER BY with LIMIT of many rows, in order",
    "SELECT s, t.id, few.id AS other FROM t, few ORDER BY s DESC, t.id DESC, few.id LIMIT 5",
  ],
  ["INTERSECT gives each once", "SELECT x FROM v INTERSECT SELECT b FROM t"],
  ["EXCEPT", "SELECT b FROM t EXCEPT SELECT x FROM v"],
  ["UNION of null", "SELECT n FROM few UNION SELECT x FROM v WHERE x IS NULL OR x = 3"],
  ["a recursion gives each row once", "WITH RECURSIVE c (x) AS (SELECT 1 UNION SELECT (x * 7) % 10 FROM c) SELECT x FROM c"],
  ["IS DISTINCT FROM", "SELECT id FROM few WHERE n IS DISTINCT FROM 1"],
  ["BETWEEN with null", "SELECT id FROM few WHERE n NOT BETWEEN NULL AND 2"],
];

const plain = (value: unknown): string =>
  value === null
    ? "NULL"
    : typeof value === "boolean"
      ? String(Number(value))
      : typeof value === "string"
        ? value
        : JSON.stringify(value);

function shown(name: string, found: readonly (readonly unknown[])[]): string {
  const lines = found.map((row) => row.map(plain).join("|"));
  return (name.includes("in order") ? lines : lines.sort()).join("\n");
}

let known: string[] | null = null;

/** What SQLite gives for each case. */
function expected(): string[] {
  if (known !== null) return known;
  const db = new sqlite.Database(":memory:");
  for (const sql of TABLES) db.exec(sql);
  known = CASES.map(([name, sql]) =>
    shown(
      name,
      db.all(sql).map((row) => Object.values(row as Record<string, unknown>)),
    ),
  );
  db.close();
  return known;
}

/** The first case that gives something else, with what; null when all are as they should be. */
export function failedCase(ask: Ask): string | null {
  for (const sql of TABLES) ask(sql);
  for (const [at, [name, sql]] of CASES.entries()) {
    let found: string;
    try {
      found = shown(name, ask(sql).rows);
    } catch (error) {
      found = error instanceof QuireError ? error.code : String(error);
    }
    if (found !== expected()[at])
      return `${name}: ${sql}\n  ${found.split("\n").slice(0, 3).join(" ")}, not ${expected()[at]?.split("\n").slice(0, 3).join(" ")}`;
  }
  return null;
}
