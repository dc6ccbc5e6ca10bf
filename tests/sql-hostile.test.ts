/**
 * Hostile SQL: a fixed part of `npm run sql:hostile`, and texts that are small and would be much work, or large. Each is an answer or an error, in
 * little time and memory.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Hostile, allStatements } from "./sql/hostile.js";
import { AbiHost } from "./helpers/abi.js";
import { tempFolder } from "./helpers/store.js";
import { compileModule } from "./torture/module.js";
import { Random } from "./torture/random.js";

const TABLES = [
  "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b BOOLEAN, s TEXT)",
  "INSERT INTO t VALUES (1, 2, TRUE, 'x'), (2, 3, NULL, NULL)",
];

test("statements of tests and documentation, cut and changed, are answers or errors, and the session goes on", async (t) => {
  const statements = allStatements();
  assert.ok(statements.length > 500, String(statements.length));
  const hostile = new Hostile(await compileModule("library", []), 1, statements);
  hostile.run(8, 7, 8);
  const { statements: count, answers, errors, slowest, memory } = hostile.totals;
  t.diagnostic(`${count} statements, ${answers} answers, the slowest ${slowest.toFixed(0)} ms, ${memory >> 20} MiB`);
  assert.ok(count > 1500 && answers > 50 && (errors.get("SQL_SYNTAX") ?? 0) > 500, JSON.stringify([...errors]));
});

/** `text` put into itself so many times. */
function nested(times: number, text: string, into: (inner: string) => string): string {
  let made = text;
  for (let n = 0; n < times; n++) made = into(made);
  return made;
}

/** `count` times what `make` says, with commas between. */
const list = (count: number, make: (n: number) => string): string => Array.from({ length: count }, (_, n) => make(n)).join(", ");

/** WITH of queries each of which names the one before it twice. */
const doubled = (query: (before: string) => string): string =>
  `WITH c0 AS (SELECT 1 AS x), ${list(40, (n) => `c${n + 1} AS (${query(`c${n}`)})`)} SELECT COUNT(*) FROM c40`;

test("a short text that is made of itself twice, and twice again, is an error soon", async () => {
  const hostile = new Hostile(await compileModule("library", []), 1, TABLES);
  const texts = [
    `SELECT ${nested(90, "b", (x) => `(${x} IN (b, b))`)} FROM t`,
    `SELECT ${nested(90, "b", (x) => `(${x} BETWEEN b AND b)`)} FROM t`,
    `SELECT ${nested(90, "b", (x) => `CASE ${x} WHEN b THEN b WHEN TRUE THEN b END`)} FROM t`,
    `SELECT ${nested(90, "b", (x) => `((${x}, b) < (b, b))`)} FROM t`,
    `SELECT ${nested(90, "b", (x) => `((${x}, b) IN ((b, b), (b, TRUE)))`)} FROM t`,
    `SELECT ${nested(90, "b", (x) => `((${x}, b) BETWEEN (b, b) AND (b, TRUE))`)} FROM t`,
    doubled((c) => `SELECT p.x FROM ${c} p, ${c} q`),
    doubled((c) => `SELECT x FROM ${c} UNION SELECT x FROM ${c}`),
    doubled((c) => `SELECT (SELECT MAX(x) FROM ${c}) + (SELECT MAX(x) FROM ${c}) AS x`),
  ];
  for (const sql of texts) assert.equal(hostile.ask(sql), "SQL_LIMIT", sql.slice(0, 60));
  hostile.goesOn("texts made of themselves");
  assert.ok(hostile.totals.slowest < 3000 && hostile.totals.memory < 150 << 20, JSON.stringify(hostile.totals));
});

test("ten thousand of anything, and a megabyte of it, are an answer or an error", async () => {
  const hostile = new Hostile(await compileModule("library", []), 1, TABLES);
  const from = (what: string): string => `SELECT ${what} FROM t`;
  const of = (n: number): string[] => [
    from(list(n, () => "a + 1")),
    from(list(n, (i) => `SUM(a + ${i})`)),
    from(list(n, () => "(SELECT MAX(a) FROM t)")),
    from(`concat(${list(n, () => "a")})`),
    `SELECT COUNT(*) FROM t GROUP BY ${list(n, () => "a + 1")}`,
    `SELECT a FROM t ORDER BY ${list(n, () => "a + 1")}`,
    `SELECT * FROM t WHERE a IN (a, ${list(n, String)})`,
    `SELECT * FROM t WHERE (a, id) IN (${list(n, (i) => `(${i}, ${i})`)})`,
    `SELECT * FROM t WHERE ${Array.from({ length: n }, (_, i) => `a = ${i + 10}`).join(" OR ")}`,
    `SELECT * FROM t x JOIN t y ON ${Array.from({ length: n }, (_, i) => `x.a = y.a + ${i}`).join(" AND ")}`,
    `VALUES ${list(n, (i) => `(${i}, 'x', NULL)`)}`,
    `WITH ${list(n, (i) => `c${i} AS (SELECT 1)`)} SELECT 1`,
    `SELECT COUNT(*) FROM ${list(n, (i) => `t t${i}`)}`,
    `SELECT * FROM t t0 ${Array.from({ length: n }, (_, i) => `JOIN t t${i + 1} ON t${i + 1}.id = t${i}.id`).join(" ")}`,
    Array.from({ length: n }, () => "SELECT a FROM t").join(" UNION ALL "),
    `UPDATE t SET a = a RETURNING ${list(n, () => "a + 1")}`,
    `CREATE TABLE w (id INTEGER PRIMARY KEY, ${list(n, (i) => `c${i} INTEGER`)})`,
  ];
  const codes = of(10_000).map((sql) => hostile.ask(sql));
  assert.equal(codes.filter((code) => code === "").length, 5, codes.join(" "));
  for (const sql of of(60_000)) hostile.ask(sql);
  hostile.goesOn("large texts");
});

test("values and rows without a measure end with an error by name", async () => {
  const hostile = new Hostile(await compileModule("library", []), 1, TABLES);
  const rows = (n: number): string => `WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${n})`;
  for (const [code, sql] of [
    ["OVERFLOW", "SELECT lpad('x', 2147483647)"],
    ["OVERFLOW", `${rows(60)} SELECT MAX(${nested(8, "'a'", (x) => `replace(${x}, 'a', 'aaaaaaaaaa')`)}) FROM c`],
    ["OVERFLOW", "WITH RECURSIVE c (x) AS (SELECT 'x' UNION ALL SELECT x || x FROM c) SELECT length(x) FROM c"],
    ["SQL_LIMIT", "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT COUNT(*) FROM c"],
    [
      "SQL_LIMIT",
      "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT p.x + 1 FROM c p, (VALUES (1), (2)) q) SELECT COUNT(*) FROM c",
    ],
    ["BAD_VALUE", "SELECT printf('%2147483647d', 1)"],
    ["OVERFLOW", "SELECT -9223372036854775808 / -1, abs(-9223372036854775808)"],
    ["OVERFLOW", `SELECT ${"9".repeat(100_000)}`],
    ["", "SELECT 1 << 9223372036854775807, 1 >> -9223372036854775808, -9223372036854775808 % -1"],
    ["", "SELECT a FROM t LIMIT 9223372036854775807 OFFSET 9223372036854775807"],
    ["", "SELECT substr('abc', -9223372036854775808, 9223372036854775807), round(1.5, 9223372036854775807)"],
  ] as const)
    assert.equal(hostile.ask(sql), code, sql.slice(0, 80));
  hostile.goesOn("large values");
});

test("calls of statements in any order, with handles of any kind and any bytes, are answers or errors", (t) => {
  const host = new AbiHost(tempFolder(t));
  const store = host.open(":memory:");
  for (const sql of TABLES) host.ask(store, { op: "sql", sql });
  const random = new Random(11);
  const handles = [0, -1, 1, store, 0x7fffffff, host.call("open_table", "t", store)];
  const texts = [
    "SELECT * FROM t WHERE a > ? AND s LIKE ?2",
    "SELECT x.id, y.s FROM t x, t y, t z ORDER BY 1, 2",
    "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000) SELECT x FROM c",
    "INSERT INTO t (a, s) VALUES (:a, :s) RETURNING id, s || s",
    "UPDATE t SET a = a + ? WHERE id % 2 = 0",
    "DELETE FROM t WHERE id > ?",
    "SELECT 1 / (a - 2) FROM t",
    "CREATE TABLE u (id INTEGER PRIMARY KEY)",
    "DROP TABLE IF EXISTS u",
    "BEGIN",
    "SAVEPOINT s",
    "ROLLBACK",
    "COMMIT",
    "SELECT * FROM u",
  ];
  const bytes = (): Buffer => {
    const cells = [
      [0],
      [4, 5, 0, 0, 0, 0, 0, 0, 0],
      [0x51, 2, 0, 0x61, 0x25],
      [0x51, 1, 0, 0xff],
      [0x60, 1, 0, 0x7b],
      [0x30, 7],
      [0xf0],
    ];
    const some = Array.from({ length: random.below(4) }, () => random.pick(cells)).flat();
    return Buffer.from(random.oneIn(4) ? some.slice(0, random.below(some.length)) : some);
  };
  const seen = new Map<string, number>();
  for (let n = 0; n < 6000; n++) {
    const handle = random.pick(handles);
    const call = random.pick([
      "prepare",
      "prepare",
      "bind",
      "bind",
      "step",
      "step",
      "step",
      "reset",
      "describe",
      "finalize",
      "interrupt",
    ]);
    let status: number;
    if (call === "prepare") {
      const text = Buffer.from(random.pick(texts));
      if (random.oneIn(6)) text[random.below(text.length)] = random.pick([0, 0xff, 0xc3, 0x80, 0x27]);
      status = host.call("prepare", text, random.oneIn(8) ? handle : store);
      if (status > 0) handles.push(status);
      if (handles.length > 40) host.direct("finalize", handles.splice(6 + random.below(20), 1)[0] as number);
    } else if (call === "bind") status = host.call("bind", bytes(), handle);
    else if (call === "step") status = host.direct("step", handle, random.pick([0, 1, 2, 1000, -1]));
    else status = host.direct(call, handle);
    const what = `call ${n}: ${call} of ${handle}`;
    assert.ok(status >= -1, what);
    // It leaves the reply of the call that it may come from alone.
    const hasReply = call !== "interrupt";
    const outcome = status === -1 ? (hasReply ? host.error : "not interrupted") : "ok";
    assert.ok(!["DAMAGED", "BAD_RECORD", "OUT_OF_MEMORY"].includes(outcome), `${what}: ${outcome}`);
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  for (const code of ["ok", "CLOSED", "BAD_REQUEST", "SQL_SYNTAX", "DIVISION_BY_ZERO", "SQL_INTERRUPTED", "SCAN_OUTDATED"])
    assert.ok(seen.has(code), `${code}: ${JSON.stringify([...seen])}`);
  host.ask(store, { op: "rollback" });
  assert.deepEqual((host.ask(store, { op: "check" }) as { errors: number }).errors, 0);
  assert.deepEqual((host.ask(store, { op: "sql", sql: "SELECT 1 + 1" }) as { rows: unknown }).rows, [["2"]]);
});
