/**
 * The package's tests with the component under it: what they show of the core library in this process they show of the component. Here the
 * quick ones; `npm run test:component` is all of them.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../host/paths.js";

const { THROUGH_COMPONENT } = (await import(pathToFileURL(join(packageRoot, "scripts", "test-plan.mjs")).href)) as {
  THROUGH_COMPONENT: readonly string[];
};

/** What takes seconds, and finds no library where it looks for one. */
const QUICK = ["catalogues", "library", "library-direct", "library-values", "refused-openings", "sql", "sql-changes"];

const env = { ...process.env, QUIRE_TEST_COMPONENT: "1", QUIRE_LIBRARY: join(packageRoot, "no-library.wasm") };
// Else the runner takes this process for one of its own.
delete (env as Record<string, string | undefined>)["NODE_TEST_CONTEXT"];

for (const name of QUICK) {
  test(`tests/${name}.test.ts`, (t) => {
    const preload = pathToFileURL(join(packageRoot, "build", "tests", "helpers", "with-component.js")).href;
    const file = join(packageRoot, "build", "tests", `${name}.test.js`);
    const words = ["--import", preload, "--enable-source-maps", "--test-reporter=tap", "--test", file];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: packageRoot, env, encoding: "utf8" });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
    t.diagnostic(`${passed} tests`);
    assert.ok(passed > 2);
  });
}

test("the command's list has files that are there, and these among them", () => {
  for (const name of THROUGH_COMPONENT) assert.ok(existsSync(join(packageRoot, "tests", `${name}.test.ts`)), name);
  assert.deepEqual(
    QUICK.filter((name) => !THROUGH_COMPONENT.includes(name)),
    [],
  );
});
