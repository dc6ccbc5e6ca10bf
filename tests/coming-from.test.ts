/** docs/coming-from.md: what each row of its tables says of here is so. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type OpenOptions, QuireError, type Session, type SyncSession, open, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

interface Here {
  readonly db: SyncSession;
  readonly folder: string;
  readonly again: (options?: OpenOptions) => Promise<Session>;
}

type Check = (here: Here) => unknown;

const TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, big BIGINT, price NUMERIC, ok BOOLEAN, at DATETIME, doc JSON)";
const ROW = "INSERT INTO t VALUES (1, 'a', 9007199254740993, 1.50, 1, '2026-01-02T03:04:05Z', '{\"a\": [1]}')";

/** The code of what goes wrong. */
async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof QuireError, String(error));
    return error.code;
  }
  return "none";
}

/** Each of these is refused, with a word of its own in what is said. */
function refused(db: SyncSession, statements: Readonly<Record<string, RegExp>>): void {
  for (const [sql, words] of Object.entries(statements)) {
    assert.throws(
      () => db.prepare(sql).run(),
      (error: QuireError) => /^SQL_(?:UNSUPPORTED|SYNTAX|TYPE)$/.test(error.code) && words.test(error.message),
      sql,
    );
  }
}

const lacks = (db: object, names: string): void => {
  for (const name of names.split(" ")) assert.ok(!(name in db), name);
};

const rows = (db: SyncSession): unknown[][] => db.prepare("SELECT id, name FROM t").raw().all();

/** By the first words of a row. */
const NODE_SQLITE: Readonly<Record<string, Check>> = {
  "`new DatabaseSync(path)`": async ({ again }) => {
    openSync(":memory:").close();
    assert.equal((await (await again()).tables()).length, 1);
  },
  "`{ readOnly: true }`": async ({ folder }) => {
    const path = join(folder, "app.db");
    assert.equal(await codeOf(() => openSync(path, { readonly: true }).exec("DELETE FROM t")), "READ_ONLY");
    assert.equal(await codeOf(() => openSync(path, { wait: 0.1 })), "LOCKED");
  },
  "`{ enableForeignKeyConstraints: false }`": async ({ db }) => {
    db.exec("CREATE TABLE o (t INTEGER PRIMARY KEY REFERENCES t)");
    assert.equal(await codeOf(() => db.exec("INSERT INTO o VALUES (9)")), "FOREIGN_KEY_BROKEN");
    db.exec("PRAGMA foreign_keys = OFF; INSERT INTO o VALUES (9)");
  },
  "`db.exec(sql)` gives nothing": ({ db }) => {
    assert.deepEqual(db.exec("SELECT 1; DELETE FROM t"), { statements: 2, changes: 1 });
    assert.throws(() => db.exec("SELECT 1;\nSELECT x"), /^QuireError: statement 2, line 2, column 8: /);
  },
  "`db.prepare(sql)`": ({ db }) => {
    const select = db.prepare("SELECT name FROM t WHERE id = ?");
    assert.deepEqual([select.get(1), select.all(1), [...select.iterate(1)]], [{ name: "a" }, [{ name: "a" }], [{ name: "a" }]]);
    for (const sign of [":", "$", "@"]) assert.deepEqual(db.prepare(`SELECT ${sign}x AS x`).get({ x: "y" }), { x: "y" });
  },
  "some values by name": async ({ db }) => {
    const both = db.prepare("SELECT :a AS a, ? AS b");
    assert.deepEqual(both.get("1", "2"), { a: "1", b: "2" });
    assert.equal(await codeOf(() => both.get({ a: "1" })), "BAD_REQUEST");
  },
  "`run()` gives": ({ db }) => {
    assert.deepEqual(db.prepare("INSERT INTO t (name) VALUES ('b')").run(), { changes: 1, lastId: 2n });
    db.exec("CREATE TABLE k (id TEXT PRIMARY KEY)");
    assert.deepEqual(db.prepare("INSERT INTO k VALUES ('x')").run(), { changes: 1, lastId: "x" });
    assert.deepEqual(db.prepare("DELETE FROM k").run(), { changes: 1, lastId: undefined });
  },
  "integers are numbers": async ({ db, again }) => {
    assert.deepEqual(db.prepare("SELECT id FROM t").get(), { id: 1n });
    const numbers = db.prepare("SELECT id, big FROM t", { integers: "number" });
    assert.equal(await codeOf(() => numbers.get()), "BAD_VALUE");
    const other = await again({ integers: "number" });
    assert.deepEqual(await (await other.prepare("SELECT id FROM t")).get(), { id: 1 });
  },
  "`returnArrays`": ({ db }) => assert.deepEqual(db.prepare("SELECT id, name FROM t").raw().get(), [1n, "a"]),
  "`statement.columns()`": ({ db }) =>
    assert.deepEqual(db.prepare("SELECT id AS one, name FROM t").columns, [
      { name: "one", type: "int64" },
      { name: "name", type: "text" },
    ]),
  "`` createTagStore()": ({ db }) => assert.deepEqual(db.sql`SELECT name FROM t WHERE id = ${1}`, [{ name: "a" }]),
  "`sqlite.backup(db, path)`": ({ db, folder }) => {
    db.backup(join(folder, "copy.db"));
    using copy = openSync(join(folder, "copy.db"));
    assert.deepEqual(rows(copy), [[1n, "a"]]);
  },
  floats: ({ db }) => {
    assert.deepEqual(db.prepare("SELECT price, ok FROM t").get(), { price: "1.50", ok: true });
    assert.deepEqual(db.prepare("SELECT price FROM t", { decimals: "number" }).get(), { price: 1.5 });
  },
  "columns of any type": async ({ db }) => {
    assert.equal(await codeOf(() => db.exec("INSERT INTO t (big) VALUES ('x')")), "SQL_TYPE");
    assert.equal(await codeOf(() => db.exec("SELECT 1 / 0")), "DIVISION_BY_ZERO");
  },
  "`isTransaction`": ({ db }) => {
    assert.throws(() => db.transaction(() => db.exec("DELETE FROM t; SELECT x")));
    db.exec("BEGIN; DELETE FROM t");
    assert.equal(db.inTransaction, true);
    db.exec("ROLLBACK");
    assert.deepEqual(rows(db), [[1n, "a"]]);
  },
  "`error.errcode`": async ({ db }) =>
    assert.equal(await codeOf(() => db.exec("INSERT INTO t (id) VALUES (1)")), "PRIMARY_KEY_CONFLICT"),
  "`function`": ({ db }) => lacks(db, "function aggregate loadExtension setAuthorizer createSession applyChangeset serialize"),
  "`ATTACH`": ({ db }) =>
    refused(db, {
      "ATTACH 'x.db' AS x": /ATTACH/,
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END": /trigger/,
      "CREATE VIRTUAL TABLE f USING fts5(x)": /virtual/i,
    }),
};

const PGLITE: Readonly<Record<string, Check>> = {
  "`await PGlite.create(folder)`": async ({ again }) => assert.deepEqual(await (await again()).table("t").count(), 1),
  "`await db.query(sql, [1, 2])`": async ({ again }) => {
    const db = await again();
    assert.deepEqual(await (await db.prepare("SELECT id FROM t WHERE id IN ($1, $2)")).all(1, 2), [{ id: 1n }]);
    assert.deepEqual(await (await db.prepare("DELETE FROM t")).run(), { changes: 1, lastId: undefined });
    assert.deepEqual((await db.prepare("SELECT id FROM t")).columns, [{ name: "id", type: "int64" }]);
  },
  "`$1`, `$2`": ({ db }) => {
    for (const sql of ["SELECT $1 AS a, $2 AS b", "SELECT ?1 AS a, ?2 AS b", "SELECT ? AS a, ? AS b"])
      assert.deepEqual(db.prepare(sql).get("x", "y"), { a: "x", b: "y" });
  },
  "`` db.sql`… ${x}` ``": async ({ db }) => {
    assert.deepEqual(db.sql`SELECT name FROM t WHERE name = ${"a"}`, [{ name: "a" }]);
    assert.match(await codeOf(() => db.sql`SELECT 1 FROM ${"t"}`), /^SQL_/);
  },
  "`db.exec(script)`": ({ db }) => {
    assert.throws(() => db.exec("INSERT INTO t (id) VALUES (2); SELECT x"));
    assert.throws(() => db.transaction(() => db.exec("INSERT INTO t (id) VALUES (3); SELECT x")));
    assert.deepEqual(rows(db), [
      [1n, "a"],
      [2n, null],
    ]);
  },
  "`db.transaction(async (tx) => …)`": async ({ again }) => {
    const db = await again();
    await db.transaction(async (tx) => (await tx.prepare("INSERT INTO t (id) VALUES (2)")).run());
    await assert.rejects(
      db.transaction(async () => (await db.exec("DELETE FROM t"), Promise.reject(new Error("back")))),
      /back/,
    );
    assert.equal(await db.table("t").count(), 2);
  },
  '`rowMode: "array"`': ({ db }) => assert.deepEqual(db.prepare("SELECT id FROM t").raw().all(), [[1n]]),
  "`parsers`, `serializers`": ({ db }) => {
    const forms = { integers: "number", decimals: "number", dates: "date" } as const;
    const at = new Date("2026-01-02T03:04:05Z");
    assert.deepEqual(db.prepare("SELECT id, price, at FROM t", forms).get(), { id: 1, price: 1.5, at });
  },
  "`int8` is a number": ({ db }) => assert.deepEqual(db.prepare("SELECT id FROM t").get(), { id: 1n }),
  "`numeric` is text": ({ db }) => {
    db.exec("CREATE TABLE f (a float8, b real)");
    db.exec("INSERT INTO f VALUES (0.1, 0.2)");
    assert.deepEqual(db.prepare("SELECT a + b AS sum FROM f").get(), { sum: "0.3" });
  },
  "`timestamptz` and `date`": ({ db }) => {
    assert.deepEqual(db.prepare("SELECT at FROM t").get(), { at: "2026-01-02T03:04:05.000000+00:00" });
    const dates = db.prepare("SELECT at FROM t", { dates: "date" });
    assert.deepEqual(dates.get(), { at: new Date("2026-01-02T03:04:05Z") });
  },
  "`jsonb`": ({ db }) => {
    db.exec("CREATE TABLE j (a jsonb)");
    db.prepare("INSERT INTO j VALUES (?)").run([{ x: [1] }]);
    assert.deepEqual(db.prepare("SELECT a, a -> 'x' AS b, a ->> '$.x[0]' AS c, json_array_length(a, '$.x') AS d FROM j").get(), {
      a: { x: [1] },
      b: [1],
      c: "1",
      d: 1n,
    });
  },
  "`serial`, `uuid`": ({ db }) => {
    db.exec("CREATE TABLE s (id serial PRIMARY KEY, u uuid UNIQUE, b boolean)");
    const insert = db.prepare("INSERT INTO s (u, b) VALUES (?, true) ON CONFLICT (u) DO UPDATE SET b = false RETURNING id, b");
    const u = "01234567-89ab-cdef-0123-456789abcdef";
    assert.deepEqual([insert.get(u)?.["b"], insert.get(u)?.["b"]], [true, false]);
    const more =
      "WITH n (x) AS (VALUES (1), (NULL)) SELECT x IS DISTINCT FROM 1 AS d, x <> 1 AS e, count(*) OVER () AS c FROM n ORDER BY x";
    assert.deepEqual(db.prepare(more, { integers: "number" }).raw().all(), [
      [true, null, 2],
      [false, false, 2],
    ]);
  },
  "`::type`": ({ db }) => assert.deepEqual(db.prepare("SELECT CAST('12' AS integer) AS n").get(), { n: 12n }),
  "arrays, enums": ({ db }) =>
    refused(db, {
      "CREATE TABLE a (x integer[])": /./,
      "CREATE TYPE mood AS ENUM ('sad')": /./,
      "CREATE DOMAIN d AS integer": /./,
      "CREATE SCHEMA s": /./,
      "CREATE SEQUENCE s": /./,
      "CREATE FUNCTION f() RETURNS integer AS 'SELECT 1' LANGUAGE sql": /./,
      "CREATE EXTENSION x": /./,
    }),
  "`dumpDataDir()`": ({ db, folder }) => {
    db.backup(join(folder, "copy.db"));
    openSync(join(folder, "copy.db")).close();
  },
  "`listen`, `notify`": ({ db }) => lacks(db, "listen notify live"),
};

async function check(t: TestContext, run: Check): Promise<void> {
  const folder = tempFolder(t);
  const path = join(folder, "app.db");
  const db = openSync(path);
  t.after(() => db.close());
  db.exec(`${TABLE}; ${ROW}`);
  const again = async (options: OpenOptions = {}): Promise<Session> => {
    db.close();
    const session = await open(path, options);
    t.after(() => session.close());
    return session;
  };
  await run({ db, folder, again });
}

test("what changes for programs that come from node:sqlite and from PGlite", async (t) => {
  const page = readFileSync(join(packageRoot, "docs", "coming-from.md"), "utf8");
  const [, nodeSqlite = "", pglite = ""] = page.split(/^## .*$/m);
  for (const [name, text, checks] of [
    ["node:sqlite", nodeSqlite, NODE_SQLITE],
    ["PGlite", pglite, PGLITE],
  ] as const) {
    const lines = text.split("\n").filter((line) => /^\| (?!there)/.test(line));
    const unchecked = new Set(Object.keys(checks));
    for (const line of lines) {
      const [starts, ...more] = Object.keys(checks).filter((words) => line.startsWith(`| ${words}`));
      assert.ok(starts !== undefined && more.length === 0, `${name}: nothing, or too much, is checked of ${line}`);
      unchecked.delete(starts);
      await t.test(`${name}: ${starts}`, (inner) => check(inner, checks[starts] as Check));
    }
    assert.deepEqual([...unchecked], [], `${name}: the page has no such rows`);
  }
});
