/** What is true of SQL without another engine: a fixed part of `npm run sql:properties`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { OFTEN } from "./sessions/often.js";
import { CASES, failedCase } from "./sql/cases.js";
import type { Reply } from "./sql/oracle.js";
import { Properties, type PropertyTotals } from "./sql/properties.js";
import { compileModule } from "./torture/module.js";

test("queries give the same with any indexes, in batches of three rows, in transactions, and add up", async (t) => {
  const modules = [await compileModule("library", OFTEN)];
  const sum: PropertyTotals = { compared: 0, rows: 0, overflows: 0 };
  for (let seed = 1; seed <= 3; seed++) {
    const properties = new Properties(seed, modules);
    try {
      properties.run(20);
    } finally {
      properties.close();
    }
    for (const key of Object.keys(sum) as (keyof PropertyTotals)[]) sum[key] += properties.totals[key];
  }
  t.diagnostic(JSON.stringify(sum));
  assert.ok(sum.compared > 500 && sum.overflows < sum.compared / 10);
});

test("short queries, each of one thing that may go wrong, give what SQLite gives", () => {
  const db = openSync(":memory:");
  assert.equal(
    failedCase((sql) => db.request({ op: "sql", sql }) as Reply),
    null,
  );
  assert.equal(db.check().errors, 0);
  assert.ok(CASES.length > 50);
  db.close();
});
