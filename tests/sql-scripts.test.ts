/** Scripts of several statements: where each begins and ends, what is kept of them, and what is said of the one that fails. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import sqlite from "node-sqlite3-wasm";
import { QuireError, type RuntimeName, open, openSync } from "../host/index.js";
import { StatementSplitter } from "../host/api/statement-splitter.js";
import { sessionsOfAllKinds } from "./helpers/library.js";
import { defaultRuntime } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";
import { Random } from "./torture/random.js";

async function failure(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof QuireError, String(error));
    return `${error.code}: ${error.message}`;
  }
  return "none";
}

test("a script runs one statement after the other, and tells how many there were and what they changed", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    const made = await db.exec(`
      -- a; comment
      CREATE TABLE "a;b" (id INTEGER PRIMARY KEY, /* ; */ text TEXT);
      INSERT INTO "a;b" (text) VALUES ('one;'), ('it''s; two');;
      INSERT INTO [a;b] (text) VALUES (';') RETURNING id;
      SELECT * FROM \`a;b\`, "a;b" AS other;
      UPDATE "a;b" SET text = text || '!' WHERE id < 3
    `);
    assert.deepEqual(made, { statements: 5, changes: 5 });
    assert.deepEqual(await db.sql`SELECT text FROM "a;b" ORDER BY id`, [
      { text: "one;!" },
      { text: "it's; two!" },
      { text: ";" },
    ]);
    for (const nothing of ["", " ;; ", "-- only", "/* ; */;"]) {
      assert.deepEqual(await db.exec(nothing), { statements: 0, changes: 0 });
    }
    // More rows than a page, of which none are kept.
    assert.deepEqual(
      await db.exec("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i FROM n"),
      {
        statements: 1,
        changes: 0,
      },
    );
  }
});

test("a script's transactions are its own or those around it; what was done before a failure stays outside of one", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await db.exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY); BEGIN; INSERT INTO t VALUES (1); SAVEPOINT s; INSERT INTO t VALUES (2); ROLLBACK TO s; COMMIT",
    );
    const count = async (): Promise<number> => await db.table("t").count();
    assert.equal(await count(), 1);
    const broken = "INSERT INTO t VALUES (3);\nINSERT INTO t VALUES (3); INSERT INTO t VALUES (4)";
    assert.match(
      await failure(() => db.exec(broken)),
      /^PRIMARY_KEY_CONFLICT: statement 2, line 2, column 1: t has a row with id = 3 already$/,
    );
    assert.equal(await count(), 2);
    // As SQLite has it, a transaction that a script began is open when it fails.
    assert.match(await failure(() => db.exec("BEGIN; INSERT INTO t VALUES (5); INSERT INTO t VALUES (5)")), /^PRIMARY_KEY/);
    assert.equal(await count(), 3);
    await db.exec("ROLLBACK");
    assert.equal(await count(), 2);
    assert.match(
      await failure(() => db.transaction((inner) => inner.exec(`INSERT INTO t VALUES (6);${broken}`))),
      /^PRIMARY_KEY/,
    );
    assert.match(
      await failure(() => db.transaction((inner) => inner.exec("INSERT INTO t VALUES (6); COMMIT"))),
      /^TRANSACTION_ACTIVE: statement 2/,
    );
    assert.equal(await count(), 2);
    await db.transaction((inner) => inner.exec("INSERT INTO t VALUES (6); INSERT INTO t VALUES (7)"));
    assert.equal(await count(), 4);
  }
});

test("what is wrong in a script is told with its place in all of it, the same everywhere", async (t) => {
  const told: string[][] = [];
  for (const db of await sessionsOfAllKinds(t)) {
    const words: string[] = [];
    for (const script of [
      "SELECT 1; SELEC 2",
      "SELECT 1;\n\n  SELECT 'ä', nme",
      "SELECT 'ä'; SELECT\n nme FROM x",
      "SELECT 1; SELECT 'open;\n SELECT 2",
      "SELECT ?",
      "SELECT 1; SELECT '\ud800'",
      "SELECT 1;\u00a0SELECT 2",
      7 as unknown as string,
    ])
      words.push(await failure(() => db.exec(script)));
    told.push(words);
  }
  assert.match((told[0] as string[])[0] as string, /^SQL_SYNTAX: statement 2, line 1, column 11: /);
  assert.match((told[0] as string[])[1] as string, /^COLUMN_NOT_FOUND: statement 2, line 3, column 15: /);
  assert.match((told[0] as string[])[2] as string, /^TABLE_NOT_FOUND: statement 2, line 2, column 11: /);
  assert.match((told[0] as string[])[3] as string, /^SQL_SYNTAX: statement 2, line 1, column 18: /);
  assert.match((told[0] as string[])[4] as string, /^BAD_REQUEST: statement 1, line 1, column 8: /);
  assert.deepEqual((told[0] as string[])[7], "BAD_REQUEST: exec: a script is a text");
  for (const words of told) assert.deepEqual(words, told[0]);
});

/** Pieces of SQL in which a semicolon may be anything. */
const VALUES = [
  "'a;b'",
  "'it''s; '",
  "';;'",
  "'--'",
  "'/*'",
  "1 -- ;\n",
  "2 /* ; ' */",
  '"id"',
  "[id]",
  "`id`",
  "3/1",
  "4-1",
  "'\n;'",
];

// tursodatabase/libsql-js#31 and #78 of libsql-client-ts: split at semicolons in texts; gjsify/gjsify#536: at those in comments.
test("statements of a script end where SQLite has them end", () => {
  const random = new Random(7);
  for (let round = 0; round < 150; round++) {
    const statements = Array.from({ length: 1 + random.below(6) }, (_, i) => {
      const values = Array.from({ length: 1 + random.below(3) }, () => random.pick(VALUES));
      const value = values.map((text) => `CAST(${text} AS TEXT)`).join(" || ");
      return `${random.pick(["", "-- ;'\n", '/* " */ ', "\n "])}INSERT INTO t SELECT ${i + 1}, ${value} FROM one`;
    });
    const script = statements.map((sql) => sql + random.pick([";", ";;", " ; ; ", ";-- x\n"])).join("");
    const other = new sqlite.Database();
    const mine = openSync(":memory:");
    const start =
      "CREATE TABLE one (id INTEGER PRIMARY KEY); INSERT INTO one VALUES (7); CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT);";
    other.exec(start + script);
    assert.equal(mine.exec(start + script).statements, statements.length + 3, script);
    const all = "SELECT id, text FROM t ORDER BY id";
    assert.deepEqual(
      mine.prepare(all, { integers: "number" }).all(),
      other.all(all).map((row) => ({ ...row })),
      script,
    );
    other.close();
    mine.close();
  }
});

test("scripts of any length take no more than they are: quotes that are not closed, comments, blanks", () => {
  for (const [long, count] of [
    [`SELECT '${"x".repeat(3_000_000)}`, 1],
    ["-- x\n".repeat(500_000), 0],
    [`/*${";".repeat(3_000_000)}`, 0],
    [" ".repeat(3_000_000), 0],
    ["SELECT 1;".repeat(100_000), 100_000],
  ] as const) {
    const splitter = new StatementSplitter();
    assert.equal([...splitter.feed(long)].length + Number(splitter.end() !== null), count);
  }
});

test("a session that ends in the middle of a script or an iteration says so, and keeps what was done", async (t) => {
  for (const runtime of new Set<RuntimeName>(["node", defaultRuntime])) {
    for (const how of ["close", "kill"] as const) {
      const path = join(tempFolder(t), "app.db");
      // Commits that wait for no disk: the first one could take longer than calls may before others have their turn.
      const db = await open(path, { runtime, durability: "checkpoint" });
      await db.exec(
        "CREATE TABLE t (id INTEGER PRIMARY KEY); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i FROM n",
      );
      const rows = (await db.prepare("SELECT id FROM t")).iterate();
      await rows.next();
      // What is called now is begun at once, however long it took to come here.
      await new Promise((resolve) => setImmediate(resolve));
      const script = db.exec("INSERT INTO t DEFAULT VALUES;".repeat(50_000));
      const told = assert.rejects(script, { code: "SESSION_ENDED", message: /^statement \d+, line 1, column \d+: / });
      const { engine } = db as unknown as { engine: { kill?: () => Promise<void> } };
      if (how === "kill" && engine.kill !== undefined) await engine.kill();
      else await db.close();
      await told;
      const rest = async (): Promise<void> => {
        while ((await rows.next()).done !== true);
      };
      await assert.rejects(rest, { code: "SESSION_ENDED" });
      await db.close().catch(() => undefined);
      const after = openSync(path);
      assert.ok(after.table("t").count() >= 3000 && after.table("t").count() < 53_000);
      assert.equal(after.check().errors, 0);
      after.close();
    }
  }
});
