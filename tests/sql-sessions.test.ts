/** Sessions of programs whose tables and transactions are changed by SQL: what the host knows of them has to follow. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { statementWords } from "../host/api/sql-words.js";
import { sessionsOfAllKinds } from "./helpers/library.js";

/** Statements, and what is behind them. */
const WORDS: readonly (readonly [string, "begin" | "end" | null, boolean])[] = [
  ["SELECT 1", null, false],
  ["create table t (id int)", null, true],
  ["-- first\n/* drop */ ; DROP TABLE t", null, true],
  ["/**/alter table t rename to u", null, true],
  ["BEGIN IMMEDIATE", "begin", false],
  ["start transaction", "begin", false],
  ["commit", "end", true],
  ["END TRANSACTION", "end", true],
  ["rollback", "end", true],
  ["ROLLBACK TRANSACTION TO a", null, true],
  ["rollback to savepoint a", null, true],
  ["savepoint begin", null, false],
  ["", null, false],
  ["/* create", null, false],
  ["constructor", null, false],
];

test("what a statement may do to transactions and definitions is told by its first words", () => {
  for (const [sql, transaction, changesSchema] of WORDS)
    assert.deepEqual(statementWords(sql), { transaction, changesSchema }, sql);
  assert.deepEqual(statementWords(7), { transaction: null, changesSchema: false });
  assert.deepEqual(statementWords(`${"/* */ ".repeat(100_000)}x`), { transaction: null, changesSchema: false });
});

test("a table that SQL makes anew has the columns that it has now", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
    await db.table("t").insert({ a: "x" });
    assert.deepEqual(await db.table("t").get(1), { id: 1n, a: "x" });
    await db.sql("DROP TABLE t");
    await db.sql("CREATE TABLE t (id TEXT PRIMARY KEY, b BIGINT)");
    await db.table("t").insert({ id: "k", b: 5n });
    assert.deepEqual(await db.table("t").get("k"), { id: "k", b: 5n });
    // Rolled back, the old one is there again.
    await db.sql("BEGIN");
    await db.sql("DROP TABLE t");
    await db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, c BOOLEAN)");
    await db.table("t").insert({ id: 1n, c: true });
    assert.deepEqual(await db.table("t").get(1), { id: 1n, c: true });
    await db.sql("ROLLBACK");
    assert.deepEqual(await db.table("t").get("k"), { id: "k", b: 5n });
  }
});

test("transaction() inside of one that SQL began is a savepoint; in its function SQL ends none", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    await db.sql("BEGIN");
    await db.transaction((inner) => inner.sql("INSERT INTO t VALUES (1)"));
    await db.sql("ROLLBACK");
    assert.equal(await db.table("t").count(), 0);
    for (const sql of ["COMMIT", "/* c */ rollback", "BEGIN", "end"]) {
      let code = "";
      try {
        await db.transaction((inner) => inner.sql(sql));
      } catch (error) {
        code = (error as { code: string }).code;
      }
      assert.equal(code, "TRANSACTION_ACTIVE", sql);
    }
    // A commit that has nothing to commit leaves no trace.
    let refused = "";
    try {
      await db.sql("COMMIT");
    } catch (error) {
      refused = (error as { code: string }).code;
    }
    assert.equal(refused, "NO_TRANSACTION");
    await db.transaction((inner) => inner.sql("INSERT INTO t VALUES (2)"));
    assert.equal(await db.table("t").count(), 1);
  }
});
