/** Statements of SQL in requests: results in pages, prepared statements, plans, and long values, as docs/protocol.md has them. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Params } from "../host/api/requests.js";
import { openSync } from "../host/index.js";
import { AbiHost } from "./helpers/abi.js";
import { tempFolder } from "./helpers/store.js";

interface Reply {
  columns: string[];
  types: string[];
  rows: unknown[][];
  changes: number;
  lastId?: string;
  after?: string | null;
}

interface Step {
  step: string;
  estimate: number;
  rows?: number;
  loops?: number;
  inputs?: Step[];
}

class Store {
  readonly host: AbiHost;
  readonly handle: number;

  constructor(t: TestContext, path = ":memory:") {
    this.host = new AbiHost(tempFolder(t));
    this.handle = this.host.open(path);
  }

  ask(request: object): Reply {
    const ok = this.host.ask(this.handle, request) as Reply | undefined;
    assert.ok(ok, this.host.reply.toString());
    return ok;
  }

  sql(sql: string, fields: object = {}): Reply {
    return this.ask({ op: "sql", sql, ...fields });
  }

  /** The code that a request fails with. */
  fails(request: object): string {
    assert.equal(this.host.call("request", JSON.stringify(request), this.handle), -1, this.host.reply.toString());
    return this.host.error;
  }

  /** All rows of a request, in pages of `maxRows`; `between` is called between two of them. */
  pages(request: object, maxRows: number, between?: (page: number) => void): unknown[][] {
    const rows: unknown[][] = [];
    let after: string | null | undefined = null;
    for (let page = 1; ; page++) {
      const reply = this.ask({ ...request, maxRows, after });
      rows.push(...reply.rows);
      after = reply.after;
      assert.notEqual(after, undefined);
      if (after === null) return rows;
      assert.equal(reply.rows.length, maxRows);
      between?.(page);
    }
  }
}

/** A store with table `t` of so many rows: keys from 1, a group, a text that is null in some. */
function filled(t: TestContext, rows: number, path?: string): Store {
  const store = new Store(t, path);
  store.sql("CREATE TABLE t (id INT4 PRIMARY KEY, g INT4, s TEXT)");
  store.sql("CREATE INDEX t_g_idx ON t (g)");
  store.sql(
    "INSERT INTO t WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?1) " +
      "SELECT i, i % 10, CASE WHEN i % 3 > 0 THEN 'row ' || i END FROM c",
    { params: [rows] },
  );
  return store;
}

const QUERIES = [
  "SELECT id, s FROM t",
  "SELECT id FROM t WHERE g = 3",
  "SELECT * FROM t ORDER BY s, id",
  "SELECT g, count(*) FROM t GROUP BY g",
  "SELECT DISTINCT g FROM t ORDER BY g DESC",
  "SELECT a.id, b.id FROM t a JOIN t b ON a.g = b.g AND b.id < 20",
  "SELECT id FROM t WHERE id > (SELECT avg(id) FROM t u WHERE u.g = t.g)",
  "SELECT id FROM t UNION SELECT g FROM t ORDER BY 1",
  "SELECT 1 WHERE FALSE",
  "VALUES (1), (2), (3)",
];

test("pages of a result are the result", (t) => {
  const store = filled(t, 1500, "data/a.db");
  for (const sql of QUERIES) {
    const whole = store.sql(sql);
    assert.equal(whole.after, undefined);
    for (const maxRows of [7, 100, 1024, 100_000]) {
      const rows = store.pages({ op: "sql", sql }, maxRows, (page) => {
        // Requests that change nothing do no harm, nor do other statements under way.
        if (page % 3 === 0) assert.deepEqual(store.pages({ op: "sql", sql: "SELECT id FROM t WHERE id <= 4" }, 2).length, 4);
        if (page % 5 === 0) store.ask({ op: "scan", table: "t", limit: 3 });
      });
      assert.deepEqual(rows, whole.rows, `${sql} by ${maxRows}`);
    }
  }
  const first = store.sql("SELECT id FROM t ORDER BY id LIMIT 2", { maxRows: 2 });
  assert.deepEqual(first.rows, [[1], [2]]);
  assert.equal(first.after, null, "there are no more");
});

test("the rows of a query that is under way are those of one moment, or refused", (t) => {
  const store = filled(t, 100);
  const sql = "SELECT id FROM t ORDER BY g, id";
  const begun = (): object => ({ op: "sql", sql, maxRows: 10, after: store.sql(sql, { maxRows: 10 }).after });
  for (const change of [
    { op: "sql", sql: "INSERT INTO t VALUES (1000, 1, NULL)" },
    { op: "sql", sql: "UPDATE t SET s = 'x' WHERE id = 50" },
    { op: "sql", sql: "UPDATE t SET g = 9 WHERE id = 50" },
    { op: "sql", sql: "DELETE FROM t WHERE id = 1000" },
    { op: "insert", table: "t", row: { id: 2000, g: 1 } },
    { op: "update", table: "t", key: 2000, set: { g: 2 } },
    { op: "delete", table: "t", key: 2000 },
    { op: "sql", sql: "CREATE TABLE u (id INTEGER PRIMARY KEY)" },
    { op: "drop", table: "u" },
  ]) {
    const next = begun();
    store.ask(change);
    assert.equal(store.fails(next), "SCAN_OUTDATED", JSON.stringify(change));
    assert.equal(store.fails(next), "SCAN_OUTDATED", "it does not come back");
  }
  const expected = store.sql(sql).rows.slice(10, 20);
  // What changes nothing is no change.
  for (const nothing of [
    { op: "begin" },
    { op: "sql", sql: "UPDATE t SET g = 1 WHERE FALSE" },
    { op: "savepoint", name: "a" },
    { op: "rollbackTo", name: "a" },
    { op: "commit" },
  ]) {
    const next = begun();
    store.ask(nothing);
    assert.deepEqual(store.ask(next).rows, expected, JSON.stringify(nothing));
  }
  // Behind its own changes it goes on over a commit, and not over a rollback, which takes them back.
  for (const [end, goesOn] of [
    ["commit", true],
    ["rollback", false],
  ] as const) {
    store.ask({ op: "begin" });
    store.sql("UPDATE t SET s = 'changed' WHERE id < 10");
    const next = begun();
    store.ask({ op: end });
    if (goesOn) assert.deepEqual(store.ask(next).rows, expected);
    else assert.equal(store.fails(next), "SCAN_OUTDATED");
  }
});

test("what a statement has changed is told in pages, too, and is done by the first", (t) => {
  const store = filled(t, 30);
  const sql = "UPDATE t SET g = g + 100 WHERE id <= 25 RETURNING id, g";
  const first = store.sql(sql, { maxRows: 10 });
  assert.equal(first.changes, 25);
  assert.deepEqual(store.sql("SELECT count(*) FROM t WHERE g >= 100").rows, [["25"]]);
  store.sql("DELETE FROM t");
  const second = store.sql(sql, { maxRows: 10, after: first.after });
  const third = store.sql(sql, { maxRows: 10, after: second.after });
  assert.equal(third.after, null);
  assert.deepEqual(
    [...first.rows, ...second.rows, ...third.rows].map(([id, g]) => [id, g]),
    Array.from({ length: 25 }, (_, i) => [i + 1, 100 + ((i + 1) % 10)]),
  );
});

test("a token is good once, for its statement, and as long as that waits", (t) => {
  const store = filled(t, 100);
  const sql = "SELECT id FROM t";
  const first = store.sql(sql, { maxRows: 10 }).after;
  const second = store.sql(sql, { maxRows: 10, after: first }).after;
  assert.equal(store.fails({ op: "sql", sql, maxRows: 10, after: first }), "SCAN_OUTDATED");
  for (const after of ["", "12", "x".repeat(16), `${second}00`, 7])
    assert.equal(store.fails({ op: "sql", sql, maxRows: 10, after }), "BAD_REQUEST", String(after));
  assert.equal(store.fails({ op: "sql", sql: "SELECT g FROM t", maxRows: 10, after: second }), "BAD_REQUEST");
  assert.equal(store.fails({ op: "sql", sql, maxRows: 0, after: second }), "BAD_REQUEST");
  // That ended it.
  assert.equal(store.fails({ op: "sql", sql, maxRows: 10, after: second }), "SCAN_OUTDATED");
  assert.equal(store.fails({ op: "sql", sql, maxRows: -1 }), "BAD_REQUEST");
  const waiting = Array.from({ length: 17 }, () => store.sql(sql, { maxRows: 10 }).after);
  assert.equal(store.fails({ op: "sql", sql, maxRows: 10, after: waiting[0] }), "SCAN_OUTDATED");
  for (const after of waiting.slice(1)) assert.equal(store.sql(sql, { maxRows: 10, after }).rows.length, 10);
});

test("prepared statements", (t) => {
  const store = filled(t, 100);
  const select = store.ask({ op: "prepare", sql: "SELECT id, s AS said, count(*) FROM t WHERE g = ? AND id > :n GROUP BY id" });
  assert.deepEqual(select, {
    statement: 1,
    columns: ["id", "said", "count(*)"],
    types: ["int32", "text", "int64"],
    parameters: [null, "n"],
    reader: true,
  });
  for (const g of [1, 2, "3", 1, null, 7]) {
    const { rows } = store.ask({ op: "run", statement: 1, params: [g, 80] });
    assert.deepEqual(
      rows.map(([id]) => id),
      g === null ? [] : [Number(g) + 80, Number(g) + 90],
    );
  }
  const insert = store.ask({ op: "prepare", sql: "INSERT INTO t VALUES (:id, 1, :s)" });
  assert.deepEqual(insert, { statement: 2, columns: [], types: [], parameters: ["id", "s"], reader: false });
  for (const id of [101, 102]) {
    const reply = store.ask({ op: "run", statement: 2, params: { id, s: "new" } });
    assert.deepEqual(reply, { columns: [], types: [], rows: [], changes: 1, lastId: id, lastIdType: "int32" });
  }
  assert.equal(store.fails({ op: "run", statement: 2, params: { id: 102, s: "again" } }), "PRIMARY_KEY_CONFLICT");
  assert.equal(store.ask({ op: "run", statement: 2, params: { id: 103, s: "new" } }).changes, 1);
  const returning = store.ask({ op: "prepare", sql: "DELETE FROM t WHERE id > 100 RETURNING id" });
  assert.deepEqual(returning, { statement: 3, columns: ["id"], types: ["int32"], parameters: [], reader: true });
  assert.deepEqual(store.ask({ op: "run", statement: 3 }).rows, [[101], [102], [103]]);
  assert.deepEqual(store.ask({ op: "run", statement: 3 }).rows, []);

  // In pages; a run without a token begins anew, and the earlier one's token is none any more.
  const pages = { op: "run", statement: 1, params: [1, 0] };
  assert.equal(store.pages(pages, 3).length, 10);
  const { after } = store.ask({ ...pages, maxRows: 3 });
  store.ask({ ...pages, maxRows: 3 });
  assert.equal(store.fails({ ...pages, maxRows: 3, after }), "SCAN_OUTDATED");
  const last = store.ask({ ...pages, maxRows: 3 }).after;
  assert.equal(store.fails({ op: "sql", sql: "SELECT id FROM t", maxRows: 3, after: last }), "BAD_REQUEST");
  assert.equal(store.fails({ op: "run", statement: 2, maxRows: 3, after: last }), "BAD_REQUEST");
  assert.equal(store.ask({ ...pages, maxRows: 3, after: last }).rows.length, 3);

  // Other tables: it is planned anew.
  store.sql("DROP TABLE t");
  assert.equal(store.fails(pages), "TABLE_NOT_FOUND");
  store.sql("CREATE TABLE t (s JSON, g TEXT, id INTEGER PRIMARY KEY)");
  store.sql(`INSERT INTO t VALUES ('{"a":1}', '1', 5)`);
  const anew = store.ask({ ...pages, params: ["1", 0] });
  assert.deepEqual([anew.types, anew.rows], [["int64", "json", "int64"], [["5", { a: 1 }, "1"]]]);

  assert.equal(store.fails({ op: "prepare", sql: "SELECT nope FROM t" }), "COLUMN_NOT_FOUND");
  assert.equal(store.fails({ op: "prepare", sql: "SELECT 1; SELECT 2" }), "SQL_SYNTAX");
  store.ask({ op: "finalize", statement: 1 });
  for (const op of ["run", "finalize"]) assert.equal(store.fails({ op, statement: 1 }), "BAD_REQUEST");
  for (const statement of [0, 99, -1, "1", 1.5]) assert.equal(store.fails({ op: "run", statement }), "BAD_REQUEST");
  // With the two that are there.
  for (let n = 0; n < 254; n++) store.ask({ op: "prepare", sql: "SELECT 1" });
  assert.equal(store.fails({ op: "prepare", sql: "SELECT 1" }), "SQL_LIMIT");
  store.ask({ op: "finalize", statement: 2 });
  store.ask({ op: "prepare", sql: "SELECT 1" });
  assert.equal(store.host.direct("close", store.handle), 0);
});

test("plans as trees in JSON", (t) => {
  const store = filled(t, 1000);
  for (const sql of QUERIES) {
    const { plan, pageLookups } = store.sql(sql, { explain: "analyze" }) as unknown as { plan: Step[]; pageLookups: number };
    assert.ok(pageLookups >= 0);
    // The same steps as those of EXPLAIN, in the same order.
    const flat: [string, string, number, number][] = [];
    const walk = (steps: Step[], depth: number): void => {
      for (const { step, rows, loops, estimate, inputs, ...rest } of steps) {
        assert.deepEqual(rest, {});
        assert.ok(estimate >= 0);
        flat.push(["  ".repeat(depth) + step, String(estimate), rows as number, loops as number]);
        walk(inputs ?? [], depth + 1);
      }
    };
    walk(plan, 0);
    const lines = store.sql(`EXPLAIN ANALYZE ${sql}`).rows.slice(0, -1);
    assert.deepEqual(
      flat.map(([step, estimate, rows, loops]) => [step, estimate, String(rows), String(loops)]),
      lines,
    );
    assert.equal(plan[0]?.rows, store.sql(sql).rows.length, "the rows that are counted are the rows");
    const planned = store.sql(sql, { explain: true }) as unknown as { plan: Step[]; pageLookups?: number };
    const top = planned.plan[0] as Step;
    assert.equal(top.rows, undefined);
    assert.equal(planned.pageLookups, undefined);
    assert.equal(top.step, plan[0].step);
  }
  assert.deepEqual(store.sql("SELECT id FROM t WHERE id = ?", { explain: false, params: [5] }).rows, [[5]]);
  const withParameter = store.sql("SELECT id FROM t WHERE id = ?", { explain: true, params: [5] }) as unknown as { plan: Step[] };
  assert.match(JSON.stringify(withParameter), /scan of t by id/);
  for (const fields of [{ explain: "yes" }, { explain: 1 }, { explain: true, maxRows: 1 }])
    assert.equal(store.fails({ op: "sql", sql: "SELECT 1", ...fields }), "BAD_REQUEST");
  assert.equal(store.fails({ op: "sql", sql: "DELETE FROM t", explain: "analyze" }), "SQL_UNSUPPORTED");
  assert.equal(store.sql("SELECT id FROM t").rows.length, 1000);
});

test("values longer than a record's", (t) => {
  const store = filled(t, 10_000);
  const [[all]] = store.sql("SELECT json_group_array(json_object('id', id, 's', s)) FROM t").rows as [
    [{ id: number; s: string | null }[]],
  ];
  assert.equal(all.length, 10_000);
  assert.deepEqual(all[9_999], { id: 10_000, s: "row 10000" });
  const [[text]] = store.sql("SELECT group_concat(s, ',') FROM t").rows as [[string]];
  assert.equal(text, all.flatMap(({ s }) => s ?? []).join(","));
  // Around the length that a u16 can say, in bytes.
  for (const len of [65_533, 65_534, 65_535, 65_536, 65_540, 65_541, 65_542, 200_000]) {
    const [row] = store.sql(
      "SELECT lpad('', ?1, 'x') AS a, CAST(lpad('', ?1, 'é') AS text) AS b, length(lpad('', ?1, '-')) AS n",
      {
        params: [len],
      },
    ).rows;
    assert.deepEqual(row, ["x".repeat(len), "é".repeat(len), String(len)]);
    const [[blob]] = store.sql("SELECT randomblob(?)", { params: [len] }).rows as [[string]];
    assert.match(blob, /^[0-9a-f]+$/);
    assert.equal(blob.length, 2 * len);
    const [given] = store.sql("SELECT length(?1), ?1", { params: ["y".repeat(len)] }).rows;
    assert.deepEqual(given, [String(len), "y".repeat(len)]);
  }
  // A table has no room for them.
  store.sql("CREATE TABLE u (id INTEGER PRIMARY KEY, s TEXT)");
  for (const len of [65_534, 65_536, 200_000])
    assert.match(
      store.fails({ op: "sql", sql: "INSERT INTO u VALUES (1, lpad('', ?, 'x'))", params: [len] }),
      /^RECORD_TOO_LARGE|OVERFLOW$/,
    );
  assert.deepEqual(store.sql("SELECT count(*) FROM u").rows, [["0"]]);
  // One that is as large as a reply's rows may be, and more of them.
  assert.equal(store.sql("SELECT lpad('', 9000000, 'x')").rows.length, 1);
  assert.equal(store.fails({ op: "sql", sql: "SELECT lpad('', 9000000, 'x') FROM t LIMIT 2" }), "SQL_LIMIT");
  assert.equal(store.pages({ op: "sql", sql: "SELECT lpad('', 9000000, 'x') FROM t LIMIT 3" }, 1).length, 3);
});

test("bytes as parameters are blobs wherever they stand, in requests and in programs", (t) => {
  const db = openSync(":memory:");
  t.after(() => db.close());
  db.create("t", ["id:int64:pk:auto", "b:blob:null", "u:uuid:null", "s:text:null"]);
  const bytes = new Uint8Array([0, 255]);
  const key = new Uint8Array(16).fill(0x11);
  const long = new Uint8Array(70_000).fill(7);
  const both = (sql: string, params: Params): unknown[] => {
    const direct = db.prepare(sql).raw().all(params);
    const asked = db.sql(sql, params).rows;
    return [direct, asked];
  };
  assert.deepEqual(both("SELECT ? AS b, typeof(?), length(?), typeof('00ff')", [bytes, bytes, bytes]), [
    [[bytes, "blob", 2n, "text"]],
    [["00ff", "blob", "2", "text"]],
  ]);
  assert.deepEqual(both("SELECT typeof(:one), typeof(:two)", { one: bytes, two: "00ff" }), [
    [["blob", "text"]],
    [["blob", "text"]],
  ]);
  // With a number that only JSON has.
  assert.deepEqual(both("SELECT length(?), ? > 1", [long, 1e20]), [[[70_000n, true]], [["70000", true]]]);
  for (const one of both("INSERT INTO t (b, u) VALUES (?, ?) RETURNING u", [bytes, key]))
    assert.deepEqual(one, [["11111111-1111-1111-1111-111111111111"]]);
  assert.deepEqual(both("SELECT id FROM t WHERE b = ? AND u = ?", [bytes, key]), [
    [[1n], [2n]],
    [["1"], ["2"]],
  ]);
  assert.deepEqual(db.sql("SELECT count(*) FROM t WHERE u = x'11111111111111111111111111111111'").rows, [["2"]]);
  assert.equal(db.table("t").count({ where: "b = ?", params: [bytes] }), 2);
  assert.equal([...db.table("t").scan({ where: "b = :b", params: { b: bytes } })].length, 2);
  assert.equal(db.table("t").updateWhere({ s: "x" }, { where: "b = ?", params: [bytes] }).updated, 2);
  assert.equal(db.table("t").deleteWhere({ where: "b = ? AND id = 2", params: [bytes] }).deleted, 1);
  assert.throws(() => db.sql("INSERT INTO t (s) VALUES (?)", [bytes]), { code: "SQL_TYPE" });
  assert.throws(() => db.prepare("INSERT INTO t (s) VALUES (?)").run([bytes]), { code: "SQL_TYPE" });
  assert.throws(() => db.sql("SELECT id FROM t WHERE u = ?", [bytes]), { code: "SQL_TYPE" });
  const ask = (params: unknown, blobs: unknown, sql = "SELECT typeof(?)"): unknown =>
    db.request({ op: "sql", sql, params, blobs });
  for (const [params, blobs] of [
    [["zz"], [1]],
    [["000"], [1]],
    [[5], [1]],
    [["00"], [2]],
    [["00"], [0]],
    [["00"], [1, 1]],
    [["00"], ["one"]],
    [["00"], "1"],
    [["00"], [1.5]],
  ])
    assert.throws(() => ask(params, blobs), { code: "BAD_REQUEST" }, JSON.stringify([params, blobs]));
  assert.deepEqual((ask({ a: "" }, ["a"], "SELECT typeof(:a)") as Reply).rows, [["blob"]]);
});

test("semicolons behind a statement say nothing", (t) => {
  const store = new Store(t);
  for (const sql of ["SELECT 1;", "SELECT 1;;", ";;SELECT 1 ; ; -- and no more\n;", "SELECT 1; /* no more */"])
    assert.deepEqual(store.sql(sql).rows, [["1"]], sql);
  for (const sql of [";", "", ";;-- nothing", "SELECT 1;; SELECT 2", "SELECT 1; x"])
    assert.equal((store.host.ask(store.handle, { op: "sql", sql }) as { code: string }).code, "SQL_SYNTAX", sql);
});
