/**
 * SQL against SQLite: a fixed part of `npm run sql:oracle`, which goes on with other seeds; decimals against whole numbers without a bound;
 * statements that are cut and changed; and faults that were found so, each with the least statement that showed it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { QuireError, type SyncSession, openSync } from "../host/index.js";
import { parse, print, worked } from "./sql/decimal-model.js";
import { Generator, render } from "./sql/generator.js";
import { ChangeOracle } from "./sql/changes.js";
import { Oracle, type Reply } from "./sql/oracle.js";
import { Random } from "./torture/random.js";

test("queries and changes from seeds give what SQLite gives, with indexes and without", (t) => {
  const sum = { queries: 0, changes: 0, rows: 0, overflows: 0 };
  for (let seed = 1; seed <= 40; seed++) {
    const oracle = new Oracle(seed);
    try {
      for (let q = 0; q < 50; q++) oracle.query();
      for (let c = 0; c < 6; c++) oracle.change();
      oracle.check();
    } finally {
      oracle.close();
    }
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += oracle.totals[key];
  }
  t.diagnostic(`${sum.queries} queries, ${sum.changes} changes, ${sum.rows} rows, ${sum.overflows} overflows`);
  assert.equal(sum.queries, 2000);
  assert.ok(sum.rows > 100_000 && sum.overflows < 100);
});

test("changes of all forms do what they do in SQLite, fail as they fail there, and return the same rows", (t) => {
  const sum = { statements: 0, failures: 0, returned: 0, shifts: 0, later: 0 };
  for (let seed = 1; seed <= 40; seed++) {
    const oracle = new ChangeOracle(seed);
    try {
      oracle.run(50);
    } finally {
      oracle.close();
    }
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += oracle.totals[key];
  }
  t.diagnostic(JSON.stringify(sum));
  assert.equal(sum.statements, 2000);
  assert.ok(sum.returned > 2000 && sum.failures > 200 && sum.failures < 700 && sum.shifts + sum.later < 40);
});

/** A store in memory with the table t: an id, a, u of 64 bits without a sign, s, n. */
function withTable(run: (db: SyncSession, rows: (sql: string) => readonly (readonly unknown[])[]) => void): void {
  const db = openSync(":memory:");
  try {
    db.create("t", ["id:int64:pk", "a:int64:null", "u:uint64:null", "s:text:null", "n:decimal:null", "d:date:null"]);
    db.table("t").insertMany([
      { id: 1, a: 5, u: 7, s: "one", n: "1.5", d: "2024-01-01" },
      { id: 2, a: null, u: null, s: null, n: null, d: null },
      { id: 3, a: -1, u: "18446744073709551614", s: "three", n: "2", d: "2024-02-29" },
    ]);
    run(db, (sql) => (db.request({ op: "sql", sql }) as Reply).rows);
  } finally {
    db.close();
  }
}

test("what is always null goes with any kind: CAST of it, a query's column of it, an aggregate of it", () => {
  withTable((_, rows) => {
    assert.deepEqual(rows("SELECT CAST(NULL AS date) UNION ALL SELECT d FROM t WHERE id = 1"), [[null], ["2024-01-01"]]);
    assert.deepEqual(rows("SELECT q.c FROM (SELECT NULL AS c) q WHERE q.c OR q.c = 5 OR q.c = 'x' OR q.c IS NULL"), [[null]]);
    assert.deepEqual(rows("SELECT COALESCE(MIN(NULL), 5), COALESCE((SELECT MAX(CAST(NULL AS text)) FROM t), 'none') FROM t"), [
      ["5", "none"],
    ]);
    // A value of the query around is one for all that ask for it: a function that takes it for text leaves it as it is.
    for (const text of ["DATE(q.c)", "q.c -> '$'", "'{}' ->> q.c", "LENGTH(q.c)", "q.c || ''"]) {
      const inner = `SELECT COUNT(*) FROM t WHERE ${text} IS NULL AND COALESCE(q.c, d) IS NOT NULL AND q.c IS DISTINCT FROM a`;
      assert.deepEqual(rows(`SELECT (${inner}) FROM (SELECT NULL AS c) q`), [["2"]], text);
    }
  });
});

test("a column of a query in FROM is still itself after another expression has used it", () => {
  withTable((_, rows) => {
    const inner = "(SELECT s || '!' AS x, UPPER(s) AS y FROM t WHERE id <> 2) q";
    assert.deepEqual(rows(`SELECT q.x || q.y, REPLACE(q.x, '!', '?'), q.x, q.y FROM ${inner} WHERE q.x <> q.y`), [
      ["one!ONE", "one?", "one!", "ONE"],
      ["three!THREE", "three?", "three!", "THREE"],
    ]);
  });
});

test("what is chosen from numbers with and without a sign is of one kind, whatever comes first", () => {
  withTable((_, rows) => {
    assert.deepEqual(rows("SELECT CASE WHEN id = 1 THEN a WHEN id = 3 THEN u ELSE 3 END FROM t ORDER BY id"), [
      ["5"],
      ["3"],
      ["18446744073709551614"],
    ]);
    assert.deepEqual(rows("SELECT CASE id WHEN 1 THEN NULLIF(2, 40) WHEN 3 THEN CAST(NULL AS uint64) END FROM t ORDER BY id"), [
      ["2"],
      [null],
      [null],
    ]);
    assert.deepEqual(rows("SELECT COALESCE(3, a, u), MAX(1, a, u) FROM t WHERE id = 1"), [["3", "7"]]);
  });
});

test("SET takes a number of any kind that the column has exactly", () => {
  withTable((db, rows) => {
    const change = (sql: string): unknown => db.request({ op: "sql", sql });
    change("UPDATE t SET u = u + 1, a = n * 2, n = a WHERE id IN (1, 3)");
    assert.deepEqual(rows("SELECT a, u, n FROM t WHERE id <> 2 ORDER BY id"), [
      ["3", "8", "5"],
      ["4", "18446744073709551615", "-1"],
    ]);
    for (const set of ["u = u + 1", "u = a - 100", "a = n / 2.5", "a = u + 0.5"]) {
      assert.throws(
        () => change(`UPDATE t SET ${set} WHERE id = 3`),
        (error) => error instanceof QuireError && error.code === "OVERFLOW",
        set,
      );
    }
  });
});

test("decimals are worked out as rust_decimal does", () => {
  const random = new Random(7);
  const number = (): string => {
    const digits = 1 + random.below(random.oneIn(2) ? 6 : 29);
    let mantissa = Array.from({ length: digits }, () => random.below(10)).join("");
    if (random.oneIn(6)) mantissa = "79228162514264337593543950335";
    if (random.oneIn(8)) mantissa = `1${"0".repeat(random.below(28))}`;
    if (BigInt(mantissa) >= 1n << 96n) mantissa = mantissa.slice(1);
    const sign = random.oneIn(3) && BigInt(mantissa) !== 0n ? -1n : 1n;
    return print({ mantissa: sign * BigInt(mantissa), scale: random.pick([0, 0, 1, 2, 28, random.below(29)]) });
  };
  const db = openSync(":memory:");
  let overflows = 0;
  for (let n = 0; n < 6000; n++) {
    const [a, b, op] = [number(), number(), random.pick(["+", "-", "*", "/", "%"])];
    if ((op === "/" || op === "%") && parse(b).mantissa === 0n) continue;
    const expected = worked(parse(a), op, parse(b));
    let found: unknown = null;
    try {
      const sql = `SELECT CAST(? AS decimal) ${op} CAST(? AS decimal)`;
      found = (db.request({ op: "sql", sql, params: [a, b] }) as Reply).rows[0]?.[0];
    } catch (error) {
      assert.ok(error instanceof QuireError && error.code === "OVERFLOW", String(error));
      overflows += 1;
    }
    assert.equal(found, expected && print(expected), `${a} ${op} ${b}`);
  }
  db.close();
  assert.ok(overflows > 100);
});

/** What a statement gave or which error: whatever else is a fault. */
function outcome(db: SyncSession, sql: string): string {
  try {
    db.request({ op: "sql", sql });
    return "OK";
  } catch (error) {
    assert.ok(
      error instanceof QuireError && /^[A-Z_]+$/u.test(error.code) && error.code !== "ENGINE_FAILED",
      `${sql}\n${String(error)}`,
    );
    return error.code;
  }
}

test("statements that are cut, changed, nested or huge end with an answer or an error", () => {
  const db = openSync(":memory:");
  const random = new Random(3);
  const generator = new Generator(new Random(5));
  for (const table of generator.tables) {
    db.create(
      table.name,
      table.columns.map((column) => `${column.name}:${column.words}`),
    );
  }
  const codes = new Map<string, number>();
  const count = (sql: string): void => {
    const code = outcome(db, sql);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  };
  for (let n = 0; n < 12; n++) {
    const sql = render(n % 4 === 3 ? generator.change() : generator.query().sql, "quire");
    for (let at = 0; at < sql.length; at += 1 + Math.floor(sql.length / 150)) count(sql.slice(0, at));
    for (let m = 0; m < 60; m++) {
      const bytes = Buffer.from(sql);
      for (let k = 1 + random.below(3); k > 0; k--) bytes[random.below(bytes.length)] = 32 + random.below(95);
      count(bytes.toString("utf8"));
      const words = sql.split(" ");
      const [from, to] = [random.below(words.length), random.below(words.length)];
      [words[from], words[to]] = [words[to] as string, words[from] as string];
      count(words.join(" "));
    }
  }
  assert.ok((codes.get("SQL_SYNTAX") ?? 0) > 500, JSON.stringify([...codes]));
  const many = 10_000;
  const huge = [
    `SELECT ${"(".repeat(many)}1${")".repeat(many)}`,
    `SELECT ${"(".repeat(many)}`,
    `SELECT ${"NOT ".repeat(many)}TRUE`,
    `SELECT ${"- ".repeat(many)}1`,
    `SELECT ${"CASE WHEN TRUE THEN ".repeat(many)}1`,
    `SELECT ${"(SELECT ".repeat(many)}1`,
    `SELECT * FROM ${"(SELECT * FROM ".repeat(many)}t0`,
    `SELECT 1${" + 1".repeat(many)}`,
    `SELECT 1${" || 1".repeat(many)}`,
    `SELECT TRUE${" AND TRUE".repeat(many)}`,
    `SELECT TRUE${" OR (TRUE AND FALSE)".repeat(many)}`,
    `SELECT 1${" UNION SELECT 1".repeat(many)}`,
    `SELECT ${"1, ".repeat(many)}1`,
    `SELECT 1 IN (${"1, ".repeat(many)}1)`,
    `VALUES ${"(1), ".repeat(many)}(1)`,
    `SELECT '${"x".repeat(1 << 20)}'`,
    `SELECT ${"9".repeat(1 << 20)}`,
    `SELECT x'${"00".repeat(1 << 19)}'`,
    `SELECT ${"a".repeat(1 << 20)}`,
    `SELECT * FROM t0${", t0".repeat(many)}`,
    `SELECT COALESCE(${"NULL, ".repeat(many)}1)`,
    `SELECT '${"%a".repeat(20_000)}' LIKE '${"%a".repeat(20_000)}b'`,
    `SELECT ROUND(1.5, -2147483648), ROUND(1.5, 9223372036854775807), SUBSTR('abc', -9223372036854775808, 9223372036854775807)`,
    `SELECT REPLACE(REPLACE(REPLACE('${"a".repeat(60_000)}', 'a', '${"b".repeat(250)}'), 'b', '${"c".repeat(250)}'), 'c', 'dd')`,
  ];
  for (const sql of huge) {
    const start = performance.now();
    const code = outcome(db, sql);
    const took = performance.now() - start;
    assert.ok(took < 8000, `${code} after ${took} ms: ${sql.slice(0, 40)}`);
  }
  assert.equal(db.check().errors, 0);
  db.close();
});

test("outer joins and NOT IN give what other engines once got wrong", () => {
  const db = openSync(":memory:");
  db.create("a", ["id:int64:pk", "x:int64:null:index"]);
  db.create("b", ["id:int64:pk", "y:int64:null:index"]);
  db.table("a").insertMany([
    { id: 1, x: 3 },
    { id: 2, x: 7 },
    { id: 3, x: null },
  ]);
  db.table("b").insertMany([
    { id: 1, y: null },
    { id: 2, y: 3 },
  ]);
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["SELECT x FROM a WHERE x > 5 AND x NOT IN (SELECT y FROM b WHERE y IS NULL)", []],
    ["SELECT a.id FROM a LEFT JOIN b ON FALSE WHERE b.y IS NOT NULL", []],
    ["SELECT a.id FROM a LEFT JOIN b ON a.x = b.y WHERE b.y IS NULL ORDER BY 1", ["2", "3"]],
    ["SELECT a.id FROM a LEFT JOIN b ON b.y = a.x WHERE b.y <> 0", ["1"]],
    ["SELECT b.id FROM a RIGHT JOIN b ON '' LIKE 'q' WHERE 'abc' NOT LIKE 'abc'", []],
    ["SELECT DISTINCT 61 FROM a LEFT JOIN b ON NOT NULL IS NOT NULL", ["61"]],
    ["SELECT COUNT(q.flag) FROM a LEFT JOIN (SELECT y, 1 AS flag FROM b) q ON q.y = a.x", ["1"]],
    ["SELECT COUNT(*) FROM a FULL JOIN b ON a.x = b.y AND a.x <> b.y", ["5"]],
  ];
  for (const [sql, expected] of cases) {
    const { rows } = db.request({ op: "sql", sql }) as Reply;
    assert.deepEqual(
      rows.map(([value]) => String(value)),
      expected,
      sql,
    );
  }
  db.close();
});
