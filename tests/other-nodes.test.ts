/** The package under other releases of Node than the one that runs the tests: some files of the suite once more. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { OTHER_NODES, packageRoot } from "../host/paths.js";
import { findProgram } from "../host/runtimes/find-program.js";

/** What depends on Node and takes seconds: the module in the process, statements over runtimes, values, what others bring. */
const FILES = ["library-direct", "library-sql", "better-sqlite3"];
/** Of Node 24 it found that lines that were pasted were run from the last to the first. */
const PASTED = ["--test-name-pattern=what is pasted", join(packageRoot, "build", "tests", "shell-terminal.test.js")];

for (const { name, version } of OTHER_NODES) {
  const program = findProgram(name, version);
  const skip = program === null ? `SKIPPED: no Node ${version} here; npm run runtimes gets it` : false;
  test(`sessions, statements and the shell under Node ${version}`, { skip }, () => {
    const run = (words: readonly string[]): void => {
      const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => key !== "NODE_TEST_CONTEXT"));
      const all = ["--test", "--test-reporter=tap", "--test-concurrency=1", ...words];
      const { status, stdout, stderr } = spawnSync(program as string, all, { env, encoding: "utf8", timeout: 240_000 });
      const failures = stdout.split("\n").filter((line) => /^\s*not ok |^\s*error: /u.test(line));
      assert.equal(status, 0, `${failures.join("\n")}\n${stderr}`.slice(0, 3000));
      const [, passed = "0"] = /^# pass (\d+)$/mu.exec(stdout) ?? [];
      assert.ok(Number(passed) > 0, stdout.slice(-1000));
    };
    run(FILES.map((file) => join(packageRoot, "build", "tests", `${file}.test.js`)));
    run(PASTED);
  });
}
