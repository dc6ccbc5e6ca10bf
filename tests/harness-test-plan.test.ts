/** What `npm test` says of its length, and what a quick run leaves out. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../host/paths.js";

interface Times {
  readonly date: string;
  readonly cores: number;
  readonly specs: number;
  readonly suite: number;
  readonly runtimes: readonly string[];
  readonly files: Readonly<Record<string, number>>;
}
interface Plan {
  readonly LEFT_OUT: ReadonlyMap<string, string>;
  isLeftOut(path: string): boolean;
  slowestFirst(suites: readonly string[], times: Times | null): string[];
  expectation(withSpecs: boolean, suites: readonly string[], isWhole: boolean, lanes: number, times: Times | null): string;
}
const plan = (await import(pathToFileURL(join(packageRoot, "scripts", "test-plan.mjs")).href)) as Plan;

test("a quick run leaves out files that are there, each with what is lost", () => {
  for (const [name, why] of plan.LEFT_OUT) {
    assert.ok(existsSync(join(packageRoot, "tests", `${name}.test.ts`)), name);
    assert.ok(why.length > 3);
    assert.equal(plan.isLeftOut(`tests/${name}.test.ts`), true);
  }
  for (const path of ["tests/protocol.test.ts", "tests/check.test.ts", "tests/library.test.ts", "tests/not-sessions.test.ts"])
    assert.equal(plan.isLeftOut(path), false);
});

test("how long a run takes is told from what was measured", () => {
  const files = { "tests/a.test.ts": 100, "tests/b.test.ts": 50, "tests/c.test.ts": 3 };
  const times = { date: "2026-01-02", cores: 2, specs: 70, suite: 200, runtimes: ["node", "bun"], files };
  const say = (withSpecs: boolean, names: string[], isWhole: boolean, lanes: number) =>
    plan.expectation(withSpecs, names, isWhole, lanes, times);
  const measured = "(measured 2026-01-02 on 2 cores with node, bun)";
  assert.equal(say(true, Object.keys(files), true, 1), `about 5 minutes ${measured}`);
  assert.equal(say(false, ["tests/a.test.ts", "tests/b.test.ts"], false, 2), `about 75 seconds ${measured}`);
  assert.equal(say(false, ["tests/c.test.ts", "tests/new.test.ts"], false, 1), `about 3 seconds ${measured}`);
  assert.match(plan.expectation(true, [], true, 1, null), /not known yet: npm test -- --record measures it/);
});

test("the slowest files come first, those that were not measured yet last", () => {
  const files = { "tests/a.test.ts": 1, "tests/b.test.ts": 50, "tests/c.test.ts": 3 };
  const times = { date: "2026-01-02", cores: 2, specs: 70, suite: 200, runtimes: ["node"], files };
  const suites = ["a", "new", "b", "c"].map((name) => `tests/${name}.test.ts`);
  const order = ["b", "c", "a", "new"].map((name) => `tests/${name}.test.ts`);
  assert.deepEqual(plan.slowestFirst(suites, times), order);
  assert.deepEqual(plan.slowestFirst(suites, null), suites);
});

test("words that npm test does not know are refused before anything runs", () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [join(packageRoot, "scripts", "test.mjs"), ...words], { encoding: "utf8" });
  for (const [words, says] of [
    [["--quik"], /there is no option --quik; there are --quick and --record/],
    [["--record", "spec"], /--record is for a whole run/],
    [["--record", "--quick"], /--record is for a whole run/],
  ] as const) {
    const { status, stdout, stderr } = run(...words);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, says);
  }
  const none = run("host", "no-such-file");
  assert.deepEqual([none.status, none.stdout], [1, "test: there is none of that name\n"]);
});
