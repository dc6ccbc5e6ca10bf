/** The quick part of `npm run conformance`: the marked scenarios and the probes, on every runtime that is here; and how it judges. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Outcome, runScenario } from "./conformance/run.js";
import { judge } from "./conformance/judge.js";
import { COMPONENT_TASKS, componentHosts, conform } from "./conformance/component.js";
import { componentText, documentText, judgeProbes, probe, readTable, staleCells } from "./conformance/probes.js";
import { type Scenario, loadScenarios } from "./conformance/scenario.js";
import { hasRuntime, testOnRuntimes, testedRuntimes } from "./helpers/runtimes.js";

for (const scenario of loadScenarios().filter(({ quick }) => quick === true)) {
  test(`conformance: ${scenario.name}`, async (t) => {
    const outcomes = new Map<string, Outcome>();
    for (const runtime of testedRuntimes.filter(hasRuntime)) {
      const outcome = await runScenario(scenario, runtime);
      if (outcome === null) {
        t.skip("SKIPPED: it takes a mount, which is not allowed here");
        return;
      }
      outcomes.set(runtime, outcome);
    }
    for (const runtime of outcomes.keys()) {
      const { result, differences } = judge(scenario, runtime, outcomes);
      assert.notEqual(result, "fail", `${runtime}: ${JSON.stringify(differences, null, 2)}`);
    }
  });
}

testOnRuntimes("conformance: the calls that the provider relies on", async (_, runtime) => {
  const answers = await probe(runtime);
  const { result, differences } = judgeProbes(runtime, answers);
  assert.notEqual(result, "fail", JSON.stringify(differences, null, 2));
  assert.deepEqual(staleCells(runtime, answers), [], "npm run conformance -- --write");
});

test("conformance: the component answers and writes what the core library does, on each of its hosts", async (t) => {
  const expected = Object.fromEntries(COMPONENT_TASKS.map((task) => [task, "✓"]));
  const hosts = await componentHosts();
  for (const host of hosts) assert.deepEqual(Object.fromEntries(await conform(host)), expected, host.name);
  t.diagnostic(hosts.map(({ name, version }) => `${name} ${version}`).join("; "));
  if (!hosts.some(({ name }) => name.startsWith("wasmtime"))) t.diagnostic("SKIPPED: no Python with wasmtime here");
});

test("conformance: a host of the component that does otherwise is told", async () => {
  const [host] = await componentHosts();
  assert.ok(host);
  const answers = await conform({ ...host, start: (folder) => host.start(`${folder}/missing`) });
  assert.deepEqual([...answers.keys()], COMPONENT_TASKS);
  for (const got of answers.values()) assert.match(got, /^.+ and not .+/s);
});

const scenario: Scenario = {
  name: "example",
  steps: [{ args: [], stdout: "yes", stderrMatch: "^no" }],
  known: { two: { reason: "it says maybe", at: ["step 1 stdout"] } },
};
const outcome = (stdout: string, file: string): Outcome =>
  new Map([
    ["step 1 status", "0"],
    ["step 1 stdout", stdout],
    ["step 1 stderr", "nothing"],
    ["file a", file],
  ]);

test("a known difference is no failure, its absence and any other one are", () => {
  const outcomes = new Map([
    ["one", outcome("yes", "x")],
    ["two", outcome("maybe", "x")],
  ]);
  assert.equal(judge(scenario, "one", outcomes).result, "pass");
  assert.equal(judge(scenario, "two", outcomes).result, "known");
  outcomes.set("two", outcome("yes", "x"));
  assert.equal(judge(scenario, "two", outcomes).result, "fail");
  outcomes.set("two", outcome("maybe", "y"));
  assert.deepEqual(judge(scenario, "two", outcomes).differences, [{ aspect: "file a", expected: "as under one: x", got: "y" }]);
});

test("a file that one runtime leaves and another does not is a difference, even from a yardstick that is silent about it", () => {
  const without = new Map([...outcome("yes", "x")].filter(([name]) => name !== "file a"));
  const outcomes = new Map([
    ["one", outcome("yes", "x")],
    ["three", without],
  ]);
  assert.equal(judge(scenario, "three", outcomes).result, "fail");
});

test("the document keeps the columns of runtimes that are not here", () => {
  const first = documentText(new Map([["node", new Map([["sync of a file", "7"]])]]), "");
  const [column] = readTable(first).keys();
  assert.match(column ?? "", /^node \d+\.\d+\.\d+$/);
  assert.equal(
    readTable(first)
      .get(column ?? "")
      ?.get("sync of a file"),
    "7",
  );
  assert.equal(documentText(new Map(), first), first);
});

test("so does the part of the component, and neither takes the other's columns for its own", () => {
  const runtimesPart = documentText(new Map([["node", new Map([["sync of a file", "7"]])]]), "");
  const componentPart = componentText(new Map([["jco, node 20.0.0", new Map([["a task", "✓"]])]]), "");
  const both = `${runtimesPart}\n${componentPart}`;
  assert.equal(`${documentText(new Map(), both)}\n${componentText(new Map(), both)}`, both);
  const newer = componentText(new Map([["jco, node 22.0.0", new Map([["a task", "no"]])]]), both);
  assert.match(newer, /^\| task \| jco, node 22\.0\.0 \|\n\|---\|---\|\n\| a task \| no \|$/m);
});
