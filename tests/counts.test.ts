/** Calls, bytes, pages and memory of fixed workloads don't get worse unnoticed; see docs/testing.md. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareCounts, countAll, readBaseline, spell } from "../bench/counts.js";

test("a count that grows by more than two percent is worse, one that shrinks by as much better", () => {
  const before = { a: 1000, b: 1000, c: 1000, d: 0, gone: 5 };
  const now = { a: 1021, b: 1020, c: 979, d: 1, added: 7 };
  const { worse, better } = compareCounts(before, now);
  assert.deepEqual(
    worse.map(({ name }) => name),
    ["a", "d", "added"],
  );
  assert.deepEqual(
    better.map(({ name }) => name),
    ["c", "gone"],
  );
});

test("fixed workloads ask no more of their host than the baseline has (npm run bench:counts -- --update makes a new one)", async () => {
  const { worse } = compareCounts(readBaseline(), await countAll());
  assert.deepEqual(worse.map(spell), []);
});
