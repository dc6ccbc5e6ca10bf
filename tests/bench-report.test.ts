/** The benchmark report: what it refuses to be made from, and how it marks what can't be relied on. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commitOf, refusal, uncommitted } from "../bench/conditions.js";
import { Collector, type Results } from "../bench/figures.js";
import { page } from "../bench/report.js";
import { tempFolder } from "./helpers/store.js";

test("sources that are no commit are refused, but not for the report itself", (t) => {
  const folder = tempFolder(t);
  assert.equal(uncommitted(folder), null);
  assert.equal(commitOf(folder), "?");
  const git = (...words: string[]) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.org", ...words], { encoding: "utf8" });
  git("init", "-q");
  mkdirSync(join(folder, "docs"));
  for (const name of ["a.ts", "docs/benchmarks.md"]) writeFileSync(join(folder, name), "1");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  const commit = git("rev-parse", "--short", "HEAD").trim();
  writeFileSync(join(folder, "docs", "benchmarks.md"), "2");
  assert.deepEqual(uncommitted(folder), []);
  assert.equal(commitOf(folder), commit);
  writeFileSync(join(folder, "a.ts"), "2");
  writeFileSync(join(folder, "b.ts"), "1");
  assert.deepEqual(uncommitted(folder), ["a.ts", "b.ts"]);
  assert.equal(commitOf(folder), `${commit}-dirty`);
  assert.match(refusal(["a.ts", "b.ts"], 0) ?? "", /a\.ts, b\.ts; commit or stash them first/);
  assert.match(refusal(null, 0) ?? "", /git can't tell/);
  assert.match(refusal([], 0.6) ?? "", /busy with other things: its load is 0\.6/);
  assert.equal(refusal([], 0.4), null);
});

function results(runs: Record<string, number[]>, about: [string, string][]): Results {
  const collector = new Collector();
  for (const [peer, values] of Object.entries(runs)) for (const us of values) collector.add("full", "get", peer, 1000, us);
  return {
    date: "2026-01-01",
    command: "npm run bench",
    rounds: 3,
    quick: false,
    about,
    missing: [],
    figures: collector.figures(),
  };
}

const calm: [string, string][] = [
  ["load before the run", "0.1"],
  ["load at its end", "1.0"],
  ["Quire", "abc1234"],
];

test("figures whose rounds are too far apart are marked, and so are ratios with them", () => {
  const steady = page(results({ quire: [10, 12, 13], "sqlite-wasi": [20, 20, 26] }, calm));
  const rows = (text: string) => text.split("\n").filter((line) => /^\| (Quire|SQLite, WASI) \| \d/.test(line));
  assert.deepEqual(rows(steady), ["| Quire | 12.0 |", "| SQLite, WASI | 20.0 (1.7×) |"]);
  const other = page(results({ quire: [10, 12, 13], "sqlite-wasi": [20, 20, 27] }, calm));
  assert.deepEqual(rows(other), ["| Quire | 12.0 |", "| SQLite, WASI | 20.0† (1.7×†) |"]);
  const own = page(results({ quire: [10, 12, 14], "sqlite-wasi": [20, 20, 20] }, calm));
  assert.deepEqual(rows(own), ["| Quire | 12.0† |", "| SQLite, WASI | 20.0 (1.7×†) |"]);
});

test("a busy machine and sources that are no commit are said loudly", () => {
  const warnings = (about: [string, string][]) =>
    page(results({ quire: [10] }, about))
      .split("\n")
      .filter((line) => line.startsWith("**"))
      .map((line) => line.slice(2, 30));
  assert.deepEqual(warnings(calm), []);
  const changed = (at: number, value: string) => calm.map(([what, was], i): [string, string] => [what, i === at ? value : was]);
  assert.deepEqual(warnings(changed(0, "0.6")), ["The machine was busy with ot"]);
  assert.deepEqual(warnings(changed(1, "2.3")), ["The machine was busy with ot"]);
  assert.deepEqual(warnings(changed(2, "abc1234-dirty")), ["Measured from sources that a"]);
  assert.deepEqual(warnings(changed(2, "?")), ["Measured from sources that a"]);
});
