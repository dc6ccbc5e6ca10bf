/** What a statement may keep (`--sql-memory`, in programs `sqlMemory`), and the file for the rest of it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import sqlite from "node-sqlite3-wasm";
import { type SyncSession, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { AbiHost } from "./helpers/abi.js";
import { moduleMemory } from "./helpers/module-memory.js";
import { openStore, tempFolder } from "./helpers/store.js";
import { Random } from "./torture/random.js";

/** Rows that take some hundred KiB to sort. */
const COUNT = "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 5000)";

/** Queries that keep what they are asked about: {A} and {B} are tables, {n} a number. */
const QUERIES = [
  "SELECT k, s, id FROM {A} ORDER BY s DESC, k, id",
  "SELECT s, id FROM {A} ORDER BY k % {n}, s, id LIMIT 900 OFFSET 100",
  "SELECT DISTINCT k, s FROM {A}",
  "SELECT DISTINCT id % {n}, k FROM {A}",
  "SELECT k, COUNT(*), SUM(id), MAX(s), MIN(s) FROM {A} GROUP BY k",
  "SELECT s, k, COUNT(*), COUNT(DISTINCT id % 3), SUM(id) FILTER (WHERE id % 2 = 0) FROM {A} GROUP BY s, k HAVING COUNT(*) < {n}",
  "SELECT k, s FROM {A} INTERSECT SELECT k, s FROM {B}",
  "SELECT k, s FROM {A} EXCEPT SELECT k, s FROM {B} WHERE id % {n} > 0",
  "SELECT k, s FROM {A} UNION SELECT s, k FROM (SELECT k AS s, s AS k FROM {B}) q",
  "SELECT a.id, b.id AS other, a.s, b.s AS text FROM {A} a JOIN {B} b ON a.k = b.k",
  "SELECT a.id, b.id AS other FROM {A} a LEFT JOIN {B} b ON a.k = b.k AND a.id % {n} < b.id % {n}",
  "SELECT a.id, b.id AS other, a.s FROM {A} a RIGHT JOIN {B} b ON a.s = b.s AND a.k = b.k",
  "SELECT a.id, b.id AS other FROM {A} a FULL JOIN {B} b ON a.k + 1 = b.k",
  "SELECT a.id, b.id AS other FROM (SELECT * FROM {A} WHERE id < 60) a FULL JOIN {B} b ON a.id % 9 < b.id % {n}",
  "SELECT a.k, COUNT(*), MAX(b.s) FROM {A} a JOIN {B} b ON a.k = b.k GROUP BY a.k ORDER BY 3, 1",
  "SELECT id FROM {A} WHERE k IN (SELECT k FROM {B} ORDER BY s LIMIT 500) ORDER BY s, id",
  "SELECT a.id, b.s FROM {A} a JOIN {B} b ON a.k = b.k ORDER BY a.id",
];

/** A value in SQL. */
const literal = (value: number | string | null): string =>
  value === null ? "NULL" : typeof value === "number" ? String(value) : `'${value}'`;

/** Two tables in both engines; of `b` many rows have the same key. */
function fill(random: Random, run: (sql: string) => unknown): void {
  for (const name of ["a", "b"]) {
    run(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, k INTEGER, s TEXT)`);
    const rows = Array.from({ length: 1200 + random.below(1800) }, () => {
      const k = random.oneIn(20) ? null : name === "b" && random.oneIn(5) ? 7 : random.below(900);
      return `(${[k, random.oneIn(20) ? null : `${"x".repeat(random.below(90))}${random.below(400)}`].map(literal).join(", ")})`;
    });
    run(`INSERT INTO ${name} (k, s) VALUES ${rows.join(", ")}`);
  }
}

const shown = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => row.map(String).join("|")).sort();

test("with 64 KiB, and some more, queries give the rows that they give in SQLite, and the file is gone behind each", (t) => {
  for (let seed = 1; seed <= 2; seed++) {
    const random = new Random(seed, 9);
    const folder = tempFolder(t);
    using db = openSync(join(folder, "a.db"), { sqlMemory: seed === 1 ? 1 << 16 : 1 << 18 });
    const other = new sqlite.Database(":memory:");
    fill(random, (sql) => {
      db.sql(sql);
      other.exec(sql);
    });
    let spilled = 0;
    for (const query of QUERIES) {
      const turned = random.oneIn(2);
      const sql = query
        .replaceAll("{A}", turned ? "b" : "a")
        .replaceAll("{B}", turned ? "a" : "b")
        .replaceAll("{n}", String(2 + random.below(9)));
      const ours = db.sql(sql).rows;
      const theirs = other.all(sql).map((row) => Object.values(row as object) as unknown[]);
      assert.deepEqual(shown(ours), shown(theirs), sql);
      if (sql.includes("ORDER BY a.id"))
        assert.ok(ours.every((row, at) => at === 0 || Number(ours[at - 1]?.[0]) <= Number(row[0])));
      const plan = db.sql(`EXPLAIN ANALYZE ${sql}`).rows.map(([line]) => String(line));
      spilled += plan.filter((line) => /, \d+ bytes spilled$/u.test(line)).length;
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes("spill")),
        [],
        sql,
      );
    }
    other.close();
    assert.ok(spilled >= 12, `${spilled} of ${QUERIES.length}`);
  }
});

/** A thousand rows, of which each pair makes a million. */
function thousand(db: SyncSession): void {
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  db.table("t").insertMany(Array.from({ length: 1000 }, () => ({})));
}

test("a million rows are sorted in 4 MiB: memory grows by no more than that and what batches take", (t) => {
  const memory = moduleMemory(t);
  using db = openSync(join(tempFolder(t), "a.db"), { sqlMemory: 4 << 20 });
  thousand(db);
  const before = memory();
  const sql =
    "SELECT count(*), sum(k), min(id) FROM (SELECT (a.id * 7919 + b.id * 104729) % 1000003 AS k, b.id FROM t a, t b ORDER BY k, b.id LIMIT 999999) q";
  const { rows } = db.sql(sql);
  // The last of them, with the largest of 1,000,003 remainders, is left out.
  const keys = Array.from(
    { length: 1_000_000 },
    (_, i) => ((Math.floor(i / 1000) + 1) * 7919 + ((i % 1000) + 1) * 104729) % 1000003,
  );
  const sum = keys.reduce((a, b) => a + b, 0) - keys.reduce((a, b) => Math.max(a, b), 0);
  assert.deepEqual(rows, [["999999", String(sum), "1"]]);
  // (The component's memory is not seen here.)
  const pages = (memory() - before) / 65536;
  assert.ok(pages < 160, `${pages} pages`);
});

test("a store in memory, and one that is only read, has nowhere to put what is more than a statement may keep", (t) => {
  using db = openSync(":memory:", { sqlMemory: 1 << 16 });
  using free = openSync(":memory:");
  const sql = `${COUNT} SELECT x FROM c ORDER BY x % 77, x`;
  assert.throws(() => db.sql(sql), { code: "SQL_LIMIT", message: /no file .*sqlMemory/u });
  assert.equal(free.sql(sql).rows.length, 5000);
  assert.throws(() => openSync(":memory:", { sqlMemory: 1.5 }), { code: "BAD_OPTION" });
  const folder = tempFolder(t);
  openSync(join(folder, "a.db")).close();
  const names = readdirSync(folder);
  using reader = openSync(join(folder, "a.db"), { sqlMemory: 1 << 16, readonly: true });
  assert.throws(() => reader.sql(sql), { code: "SQL_LIMIT" });
  assert.deepEqual(readdirSync(folder), names);
});

test("the command: --sql-memory, and a file that has no name where the store is only read", async (t) => {
  const store = openStore(t);
  await store.ok(["sql", "CREATE TABLE t (n INTEGER PRIMARY KEY)"]);
  const names = readdirSync(store.folder);
  const sql = `${COUNT} SELECT x FROM c ORDER BY x % 77 DESC, x LIMIT 4999`;
  const rows = await store.ok(["sql", sql, "--sql-memory", "65536", "--format", "csv"]);
  assert.equal(rows, await store.ok(["sql", sql, "--format", "csv"]));
  assert.deepEqual(readdirSync(store.folder), names);
  await store.fails("SQL_LIMIT", 1, ["sql", sql, "--sql-memory", "65536", "--readonly"]);
  await store.fails("USAGE", 2, ["sql", "SELECT 1", "--sql-memory", "much"]);
});

test("a disk that is full while a statement writes to its file: an error by name, and nothing is lost", (t) => {
  const folder = tempFolder(t);
  let left = Infinity;
  const host = new AbiHost(folder, (imports) => {
    const write = imports["fd_pwrite"] as (...args: number[]) => number;
    // 51 is NOSPC.
    imports["fd_pwrite"] = (...args) => (left-- > 0 ? write(...args) : 51);
  });
  const store = host.open("data/a.db", { sqlMemory: 1 << 16 });
  const ask = (sql: string): unknown => (host.ask(store, { op: "sql", sql }) as { rows: unknown }).rows;
  ask("CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)");
  ask(`${COUNT} INSERT INTO t (s) SELECT 'row ' || x FROM c`);
  const sql = "SELECT count(*) FROM (SELECT s, id FROM t ORDER BY s, id LIMIT 4999) q";
  for (const query of [
    sql,
    "SELECT count(*) FROM (SELECT DISTINCT s FROM t) q",
    "SELECT count(*) FROM t a JOIN t b ON a.s = b.s",
  ]) {
    for (const writes of [0, 1, 7]) {
      left = writes;
      const status = host.call("request", JSON.stringify({ op: "sql", sql: query }), store);
      left = Infinity;
      assert.equal(status, -1, query);
      assert.equal(host.error, "DISK_FULL", query);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.includes("spill")),
        [],
      );
    }
    assert.deepEqual(ask(query), query === sql ? [["4999"]] : [["5000"]]);
  }
  assert.deepEqual(host.ask(store, { op: "check" }), { errors: 0, warnings: 0, notes: 0, omitted: 0, faults: [] });
});

/** A session in a process of its own, which is killed when its statement has written to its file. */
async function killed(t: TestContext, path: string): Promise<void> {
  const program = `
    import { openSync } from ${JSON.stringify(pathToFileURL(join(packageRoot, "build", "host", "index.js")).href)};
    const db = openSync(${JSON.stringify(path)}, { sqlMemory: 65536 });
    db.sql("INSERT INTO t DEFAULT VALUES");
    for (;;) db.sql("SELECT count(*) FROM (SELECT DISTINCT a.id, b.id AS b FROM t a, t b) q");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
  const ended = once(child, "exit");
  for (let n = 0; n < 400 && !existsSync(`${path}-sql-spill`); n++) await sleep(25);
  assert.ok(existsSync(`${path}-sql-spill`));
  child.kill("SIGKILL");
  await ended;
  t.diagnostic(readdirSync(join(path, "..")).join(", "));
}

test("the file of a session that was killed is removed by the next one", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "a.db");
  {
    using db = openSync(path);
    thousand(db);
  }
  await killed(t, path);
  {
    using db = openSync(path);
    assert.deepEqual(db.sql("SELECT count(*) FROM t").rows, [["1001"]]);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("spill")),
    [],
  );
});

test("values that functions make of a batch of rows have a limit together", () => {
  using db = openSync(":memory:");
  db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT)");
  db.table("t").insertMany(Array.from({ length: 2000 }, (_, i) => ({ id: i + 1, s: "a" })));
  for (const sql of [
    "SELECT sum(length(lpad(s, 10000000))) FROM t",
    "SELECT id FROM t ORDER BY lpad(s, 5000000) LIMIT 1",
    "SELECT (SELECT lpad(t.s, 3000000) || u.s FROM t u WHERE u.id = t.id) FROM t",
  ])
    assert.throws(() => db.sql(sql), { code: "SQL_LIMIT" }, sql);
  // One is fine, and so are many that are not too long.
  assert.deepEqual(db.sql("SELECT length(lpad(s, 10000000)) FROM t WHERE id = 7").rows, [["10000000"]]);
  assert.deepEqual(db.sql("SELECT sum(length(lpad(s, 65535))) FROM t").rows, [["131070000"]]);
  assert.equal(db.check().errors, 0);
});
