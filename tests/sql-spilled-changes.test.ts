/** What statements keep besides sorts, groups and joins: rows of changes, of a recursion and of RETURNING, values of DISTINCT and ORDER BY in aggregates. */
import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { AbiHost } from "./helpers/abi.js";
import { moduleMemory } from "./helpers/module-memory.js";
import { tempFolder } from "./helpers/store.js";

const count = (rows: number): string => `WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < ${rows})`;

/** A table of rows of about 60 bytes. */
const fill = (rows: number): string[] => [
  "CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER UNIQUE, s TEXT NOT NULL)",
  `${count(rows)} INSERT INTO t (k, s) SELECT x, printf('%06d', x * 7919 % 100003) || ' xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' FROM c`,
];

/** Statements of each kind, and what a query says behind them of a table of `n` rows. */
const KINDS: readonly (readonly [sql: string, query: string, rows: (n: number) => string])[] = [
  ["UPDATE t SET s = s || '.', k = k", "SELECT count(*), min(length(s)), max(length(s)) FROM t", (n) => `${n},40,40`],
  // Each row but the last one has to wait for the one behind it.
  ["UPDATE t SET k = k + 1", "SELECT count(*), sum(k) FROM t", (n) => `${n},${(n * (n + 3)) / 2}`],
  [
    "UPDATE t SET id = id + 1 RETURNING id, length(s) + 1 AS s",
    "SELECT count(*), sum(id) FROM t",
    (n) => `${n},${(n * (n + 3)) / 2}`,
  ],
  [
    "DELETE FROM t WHERE k % 100 > 0 RETURNING *",
    "SELECT count(*), sum(k) FROM t",
    (n) => `${n / 100},${(n * (n / 100 + 1)) / 2}`,
  ],
  ["INSERT INTO t (k, s) SELECT k + 1000000, s FROM t", "SELECT count(*), count(DISTINCT k) FROM t", (n) => `${2 * n},${2 * n}`],
  [
    "INSERT INTO t (k, s) SELECT k, s || s FROM t WHERE k % 2 = 0 ON CONFLICT (k) DO UPDATE SET s = 'new'",
    "SELECT s = 'new', count(*) FROM t GROUP BY s = 'new' ORDER BY 1",
    (n) => `false,${n / 2};true,${n / 2}`,
  ],
  ["CREATE TABLE made AS SELECT * FROM t", "SELECT count(*), sum(k) FROM made", (n) => `${n},${(n * (n + 1)) / 2}`],
];

/** Queries of each kind. */
const QUERIES: readonly (readonly [sql: string, rows: (n: number) => string])[] = [
  [
    "WITH RECURSIVE r(n, k, s) AS (SELECT 1, k, s FROM t UNION ALL SELECT n + 1, k, s FROM r WHERE n < 3) SELECT n, count(*), sum(k) FROM r GROUP BY n ORDER BY n",
    (n) => [1, 2, 3].map((step) => `${step},${n},${(n * (n + 1)) / 2}`).join(";"),
  ],
  [
    "SELECT count(DISTINCT s), count(DISTINCT k % 10), sum(DISTINCT k / 2) FROM t",
    (n) => `${n},10,${((n / 2) * (n / 2 + 1)) / 2}`,
  ],
  ["SELECT k % 2 AS g, count(DISTINCT s) FROM t GROUP BY 1 ORDER BY 1", (n) => `0,${n / 2};1,${n / 2}`],
  ["SELECT length(group_concat(k % 10, '' ORDER BY s, k)) FROM t", (n) => String(n)],
  ["SELECT min(m), max(m) FROM (SELECT k % 3, max(s) AS m FROM (SELECT * FROM t ORDER BY s) q GROUP BY k % 3) w", () => ""],
];

const told = (rows: readonly (readonly unknown[])[]): string => rows.map((row) => row.map(String).join(",")).join(";");

test("whatever a statement keeps, memory grows by what it may keep and some more", (t) => {
  const memory = moduleMemory(t);
  const rows = 40_000;
  const folder = tempFolder(t);
  const path = join(folder, "a.db");
  const options = { sqlMemory: 1 << 18, cacheBytes: 1 << 20 };
  {
    using db = openSync(path, options);
    for (const sql of fill(rows)) db.sql(sql);
  }
  /** What a statement makes memory grow by, in a session of its own (the component's is not seen here). */
  const ask = (sql: string, expected: string, query = ""): void => {
    using db = openSync(path, options);
    const before = memory();
    if (query !== "") db.sql("BEGIN");
    const given = db.sql(sql).rows;
    const grown = (memory() - before) / 65536;
    assert.equal(told(query === "" ? given : db.sql(query).rows), expected, sql);
    if (query !== "") db.sql("ROLLBACK");
    t.diagnostic(`${grown} pages: ${sql.slice(0, 60)}`);
    // Besides what is kept of rows changes have what scans are told of them, and what is told of them all.
    assert.ok(grown < (query === "" ? 80 : 320), `${grown} pages: ${sql}`);
    assert.equal(given.length > 0, query === "" || sql.includes("RETURNING"));
  };
  for (const [sql, expected] of QUERIES) if (expected(rows) !== "") ask(sql, expected(rows));
  for (const [sql, query, expected] of KINDS) ask(sql, expected(rows), query);
  using db = openSync(path, options);
  const before = memory();
  db.request({ op: "update", table: "t", set: { s: "new" }, where: "k > 5" });
  db.request({ op: "delete", table: "t", where: "k > 100" });
  assert.ok((memory() - before) / 65536 < 320);
  assert.equal(told(db.sql("SELECT count(*), count(DISTINCT s) FROM t").rows), "100,6");
});

test("windows look back and ahead to rows that are in the file", (t) => {
  const memory = moduleMemory(t);
  const folder = tempFolder(t);
  using db = openSync(join(folder, "a.db"), { sqlMemory: 1 << 20, cacheBytes: 1 << 20 });
  for (const sql of fill(40_000)) db.sql(sql);
  const before = memory();
  const windows = [
    "count(*) OVER ()",
    "sum(k) OVER ()",
    "max(s) OVER ()",
    "first_value(s) OVER (ORDER BY k)",
    "last_value(k) OVER (ORDER BY k ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
    "nth_value(k, 39000) OVER (ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
    "lag(k, 20000) OVER (ORDER BY k)",
    "lead(s, 30000) OVER (ORDER BY k)",
    "sum(k) OVER (ORDER BY k ROWS BETWEEN 9000 PRECEDING AND 9000 FOLLOWING)",
    "ntile(7) OVER (ORDER BY k)",
  ];
  const list = windows.map((window, i) => `${window} AS w${i}`).join(", ");
  const { rows } = db.sql(`SELECT * FROM (SELECT k, ${list} FROM t) q WHERE k IN (1, 20000, 39999) ORDER BY k`);
  const text = (k: number): string | null =>
    k > 40_000 ? null : `${String((k * 7919) % 100_003).padStart(6, "0")} xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`;
  const all = Array.from({ length: 40_000 }, (_, i) => text(i + 1) ?? "");
  const sum = (from: number, to: number): number => ((to - from + 1) * (from + to)) / 2;
  assert.deepEqual(
    rows,
    [1, 20_000, 39_999].map((k) =>
      [
        k,
        40_000,
        sum(1, 40_000),
        all.toSorted().at(-1),
        text(1),
        40_000,
        39_000,
        k > 20_000 ? k - 20_000 : null,
        text(k + 30_000),
        sum(Math.max(1, k - 9000), Math.min(40_000, k + 9000)),
        // The first two buckets have a row more.
        k === 1 ? 1 : k === 20_000 ? 4 : 7,
      ].map((value) => (typeof value === "number" ? String(value) : value)),
    ),
  );
  assert.match(JSON.stringify(db.sql(`EXPLAIN ANALYZE SELECT ${list} FROM t`).rows), /windows: [^"]*, \d+ bytes spilled/u);
  const grown = (memory() - before) / 65536;
  t.diagnostic(`${grown} pages`);
  assert.ok(grown < 100, `${grown} pages`);
});

/** The library, and the calls that touch the statements' file. */
class SpillHost extends AbiHost {
  /** Called with the number of each such call; what it returns fails the call, 0 lets it be done. */
  onCall: (call: number) => number = () => 0;
  calls = 0;

  constructor(folder: string) {
    const files = new Set<number>();
    super(folder, (imports) => {
      const wrap = (name: string, isIt: (...args: number[]) => boolean): void => {
        const call = imports[name] as (...args: number[]) => number;
        imports[name] = (...args) => {
          const failure = isIt(...args) ? this.onCall(this.calls++) : 0;
          return failure === 0 ? call(...args) : failure;
        };
      };
      const isNamed = (ptr: number, len: number): boolean =>
        Buffer.from(this.memory.buffer, ptr, len).toString().endsWith("-sql-spill");
      const open = imports["path_open"] as (...args: number[]) => number;
      imports["path_open"] = (...args) => {
        const [, , path = 0, len = 0] = args;
        const isIt = isNamed(path, len);
        const failure = isIt ? this.onCall(this.calls++) : 0;
        const status = failure === 0 ? open(...args) : failure;
        if (isIt && status === 0) files.add(Buffer.from(this.memory.buffer).readUInt32LE(args[8]));
        return status;
      };
      for (const name of ["fd_pwrite", "fd_pread", "fd_filestat_set_size"]) wrap(name, (fd = -1) => files.has(fd));
      wrap("path_unlink_file", (_, path = 0, len = 0) => isNamed(path, len));
      const close = imports["fd_close"] as (fd: number) => number;
      imports["fd_close"] = (fd = -1) => {
        files.delete(fd);
        return close(fd);
      };
    });
  }
}

test("faults and kills at the calls of a statement's file: all or nothing was done, and the file does no harm", (t) => {
  const rows = 3000;
  const state = "SELECT count(*), sum(id), sum(k), min(s), max(s) FROM t";
  const folder = tempFolder(t);
  const host = new SpillHost(folder);
  const store = host.open("data/a.db", { sqlMemory: 1 << 16 });
  const ask = (sql: string): string => {
    const { rows: given } = host.ask(store, { op: "sql", sql }) as { rows?: unknown[][] };
    assert.ok(given, `${sql}: ${host.reply.toString()}`);
    return told(given);
  };
  for (const sql of fill(rows)) ask(sql);
  const before = ask(state);
  const restore = (sql: string): void => {
    ask(sql.startsWith("CREATE") ? "DROP TABLE made" : "DELETE FROM t");
    if (!sql.startsWith("CREATE")) ask(fill(rows)[1]?.replace("(k, s) SELECT x,", "(id, k, s) SELECT x, x,") ?? "");
    assert.equal(ask(state), before);
  };
  const spilled = (of = folder): string[] => readdirSync(of).filter((name) => name.endsWith("-sql-spill"));
  let all = 0;
  for (const [sql, query, expected] of KINDS) {
    host.calls = 0;
    ask("BEGIN");
    ask(sql);
    const calls = host.calls;
    ask("ROLLBACK");
    all += calls;
    assert.ok(calls > 10, `${sql}: ${calls} calls`);
    const points = [0, 1, 2, Math.floor(calls / 3), Math.floor(calls / 2), calls - 3];
    for (const point of points) {
      host.calls = 0;
      // 51 is NOSPC, 29 is IO.
      host.onCall = (call) => (call === point ? (point % 2 === 0 ? 51 : 29) : 0);
      assert.equal(host.call("request", JSON.stringify({ op: "sql", sql }), store), -1, `${sql}: ${point} of ${calls}`);
      assert.match(host.error, /^(?:DISK_FULL|IO_ERROR|OUTCOME_UNKNOWN)$/u);
      host.onCall = () => 0;
      // What RETURNING gives is read when all else is done.
      const isDone = host.error === "OUTCOME_UNKNOWN";
      assert.equal(isDone, sql.includes("RETURNING") && point === calls - 3, `${sql}: ${point} of ${calls}`);
      assert.equal(ask(isDone ? query : state), isDone ? expected(rows) : before, `${sql}: ${point} of ${calls}`);
      if (isDone) restore(sql);
      assert.deepEqual(spilled(), [], `${sql}: ${point} of ${calls}`);
    }
    const copies = new Map<number, string>();
    host.calls = 0;
    host.onCall = (call) => {
      if (points.includes(call)) {
        const copy = join(tempFolder(t), "copy");
        cpSync(folder, copy, { recursive: true });
        copies.set(call, copy);
      }
      return 0;
    };
    ask(sql);
    host.onCall = () => 0;
    assert.equal(ask(query), expected(rows), sql);
    restore(sql);
    for (const [point, copy] of copies) {
      const next = new AbiHost(copy);
      const opened = next.open("data/a.db", { sqlMemory: 1 << 16 });
      const at = `${sql}: killed at ${point} of ${calls}`;
      const rowsOf = (of: string): string => told((next.ask(opened, { op: "sql", sql: of }) as { rows: unknown[][] }).rows);
      if (!sql.includes("RETURNING") || point !== calls - 3) {
        assert.equal(rowsOf(state), before, at);
        rowsOf(sql);
      }
      assert.equal(rowsOf(query), expected(rows), at);
      assert.deepEqual(next.ask(opened, { op: "check" }), { errors: 0, warnings: 0, notes: 0, omitted: 0, faults: [] });
      assert.deepEqual(spilled(copy), [], at);
    }
  }
  t.diagnostic(`${all} calls`);
});

test("statements that are open at the same time share one file, and what they may keep", (t) => {
  const folder = tempFolder(t);
  const memory = moduleMemory(t);
  using db = openSync(join(folder, "a.db"), { sqlMemory: 1 << 16, cacheBytes: 1 << 20 });
  for (const sql of fill(20_000)) db.sql(sql);
  interface Page {
    statement: number;
    rows: unknown[][];
    after: unknown;
  }
  const ask = (request: object): Page => db.request(request as { op: string }) as Page;
  const before = memory();
  const open = Array.from({ length: 12 }, (_, i) => {
    const { statement } = ask({ op: "prepare", sql: `SELECT s, k FROM t ORDER BY s${i % 2 === 0 ? "" : " DESC"}, k` });
    return { statement, page: ask({ op: "run", statement, maxRows: 10 }), keys: [] as string[] };
  });
  // (The component's memory is not seen here.)
  assert.ok((memory() - before) / 65536 < 100, `${(memory() - before) / 65536} pages`);
  const spilled = (): string[] => readdirSync(folder).filter((name) => name.endsWith("-sql-spill"));
  assert.deepEqual(spilled(), ["a.db-sql-spill"]);
  for (let turn = 0; turn < 3; turn++) {
    for (const each of open) {
      each.keys.push(...each.page.rows.map(([s]) => String(s)));
      if (turn < 2) each.page = ask({ op: "run", statement: each.statement, maxRows: 3000, after: each.page.after });
    }
  }
  for (const [i, { keys }] of open.entries()) {
    const sorted = keys.toSorted();
    assert.deepEqual(keys, i % 2 === 0 ? sorted : sorted.toReversed());
    assert.equal(keys.length, 6010);
  }
  for (const { statement } of open) ask({ op: "finalize", statement });
  assert.deepEqual(spilled(), []);
});

test("a store in memory has no file: what is too much for it ends by name, and has changed nothing", () => {
  using db = openSync(":memory:", { sqlMemory: 1 << 16 });
  for (const sql of fill(12_000)) db.sql(sql);
  const state = "SELECT count(*), sum(id), sum(k), max(s) FROM t";
  const before = told(db.sql(state).rows);
  for (const sql of [...KINDS, ...QUERIES.slice(0, 4)].map(([kind]) => kind)) {
    assert.throws(() => db.sql(sql), { code: "SQL_LIMIT" }, sql);
    assert.equal(told(db.sql(state).rows), before, sql);
  }
  assert.throws(() => db.request({ op: "delete", table: "t", where: "k > 0" }), { code: "SQL_LIMIT" });
  // The greatest of texts that come in their order is one text.
  assert.equal(told(db.sql("SELECT max(s || k), min(s || k) FROM t").rows).length > 80, true);
  assert.equal(db.check().errors, 0);
});
