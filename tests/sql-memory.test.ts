/** What a statement may keep: `--sql-memory`, and `sqlMemory` in programs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { openStore } from "./helpers/store.js";

/** Rows that take some hundred KiB to sort. */
const COUNT = "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 5000)";

test("a store in memory has nowhere to put what is more than a statement may keep", () => {
  using db = openSync(":memory:", { sqlMemory: 1 << 16 });
  using free = openSync(":memory:");
  const sql = `${COUNT} SELECT x FROM c ORDER BY x % 77, x`;
  assert.throws(() => db.sql(sql), { code: "SQL_LIMIT", message: /sqlMemory/ });
  assert.equal(free.sql(sql).rows.length, 5000);
  assert.throws(() => openSync(":memory:", { sqlMemory: 1.5 }), { code: "BAD_OPTION" });
});

test("the command: --sql-memory", async (t) => {
  const store = openStore(t);
  await store.ok(["sql", "CREATE TABLE t (n INTEGER PRIMARY KEY)"]);
  await store.ok(["sql", "SELECT n FROM t", "--sql-memory", "100000"]);
  await store.fails("USAGE", 2, ["sql", "SELECT 1", "--sql-memory", "much"]);
});
