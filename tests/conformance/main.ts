/** `npm run conformance`: the scenarios and the probes on every runtime that is here. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runtimes } from "../../host/runtimes/index.js";
import { componentHosts, conform } from "./component.js";
import { type Difference, judge } from "./judge.js";
import { type Answers, DOCUMENT, componentText, documentText, judgeProbes, probe, staleCells, versionOf } from "./probes.js";
import { type Outcome, runScenario } from "./run.js";
import { type Scenario, loadScenarios } from "./scenario.js";

const HELP = `npm run conformance [-- OPTIONS]: the same work on every runtime that is here has to come to the same

  --only NAME      only the scenario of that name, or "probes", or "component"
  --runtime NAME   only that runtime (Node and wasmtime run, too, to compare with)
  --quick          only the scenarios that npm test runs
  --list           print the scenarios' names
  --write          write docs/conformance.md anew; columns of runtimes that are not here stay
  --help           this

Exit status: 0 all as expected, 1 a failure, 2 wrong usage.`;

/** Those whose outcome others are compared with, where nothing else is said. */
const YARDSTICKS = ["node", "wasmtime"];
/** Characters of a difference that are shown. */
const SHOWN = 600;

const tally = new Map<string, { pass: number; known: number; fail: number }>();

function count(runtime: string, result: "pass" | "known" | "fail"): void {
  const one = tally.get(runtime) ?? { pass: 0, known: 0, fail: 0 };
  one[result]++;
  tally.set(runtime, one);
}

function show(text: string): string {
  const short = text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;
  return JSON.stringify(short);
}

function report(name: string, runtime: string, differences: readonly Difference[]): void {
  console.log(`FAIL ${name} (${runtime}): npm run conformance -- --only ${name} --runtime ${runtime}`);
  for (const { aspect, expected, got } of differences) {
    console.log(`  ${aspect}\n    expected ${show(expected)}\n    got      ${show(got)}`);
  }
}

async function runOne(scenario: Scenario, here: readonly string[], judged: readonly string[]): Promise<void> {
  const outcomes = new Map<string, Outcome>();
  for (const runtime of here) {
    const outcome = await runScenario(scenario, runtime);
    if (outcome === null) {
      console.log(`SKIPPED: ${scenario.name}: it takes a mount, which is not allowed here`);
      return;
    }
    outcomes.set(runtime, outcome);
  }
  for (const runtime of judged) {
    const { result, differences } = judge(scenario, runtime, outcomes);
    count(runtime, result);
    if (result === "fail") report(scenario.name, runtime, differences);
  }
}

/** The component on its hosts: their columns. */
async function runComponent(): Promise<Map<string, Answers>> {
  const found = new Map<string, Answers>();
  for (const host of await componentHosts()) {
    const answers = await conform(host);
    found.set(`${host.name} ${host.version}`, answers);
    const differences = [...answers].filter(([, got]) => got !== "✓");
    count(`component (${host.name})`, differences.length > 0 ? "fail" : "pass");
    for (const [task, got] of differences) console.log(`FAIL component (${host.name}): ${task}: ${got}`);
  }
  return found;
}

async function runProbes(judged: readonly string[], write: boolean): Promise<void> {
  const found = new Map<string, Answers>();
  for (const runtime of judged) {
    const answers = await probe(runtime);
    found.set(runtime, answers);
    const { result, differences } = judgeProbes(runtime, answers);
    const stale = write ? [] : staleCells(runtime, answers);
    count(runtime, stale.length > 0 ? "fail" : result);
    if (result === "fail") report("probes", runtime, differences);
    if (stale.length > 0)
      console.log(`FAIL docs/conformance.md (${runtime}): npm run conformance -- --write; stale: ${stale.join(", ")}`);
  }
  if (write) writeDocument(documentText(found, documentBefore()), componentText(new Map(), documentBefore()));
}

const documentBefore = (): string => (existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "");
const writeDocument = (runtimesPart: string, componentPart: string): void =>
  writeFileSync(DOCUMENT, `${runtimesPart}\n${componentPart}`);

function usage(message: string): never {
  console.error(`conformance: ${message}\n\n${HELP}`);
  process.exit(2);
}

function optionsOf(words: string[]) {
  const boolean = { type: "boolean", default: false } as const;
  const string = { type: "string" } as const;
  const options = { only: string, runtime: string, quick: boolean, list: boolean, write: boolean, help: boolean };
  try {
    return parseArgs({ args: words, options }).values;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const options = optionsOf(process.argv.slice(2));
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const { only, runtime } = options;
const scenarios = loadScenarios().filter(({ name, quick }) => (only ?? name) === name && (!options.quick || quick === true));
if (options.list) {
  console.log(["probes", "component", ...scenarios.map(({ name }) => name)].join("\n"));
  process.exit(0);
}
if (scenarios.length === 0 && only !== "probes" && only !== "component")
  usage(`there is no scenario ${only ?? ""}; --list prints them`);
const found = runtimes.filter((adapter) => adapter.find() !== null).map(({ name }) => name);
if (runtime !== undefined && !found.some((name) => name === runtime))
  usage(`${runtime} is not here; there are ${found.join(", ")}`);
for (const { name } of runtimes) {
  if (!found.includes(name) && runtime === undefined) console.log(`SKIPPED: ${name} is not here (npm run runtimes gets it)`);
}
const judged = found.filter((name) => (runtime ?? name) === name);
const here = found.filter((name) => judged.includes(name) || YARDSTICKS.includes(name));
for (const scenario of scenarios) await runOne(scenario, here, judged);
if (only === undefined || only === "probes") await runProbes(judged, options.write);
if (runtime === undefined && (only === undefined || only === "component")) {
  const found = await runComponent();
  if (options.write) writeDocument(documentText(new Map(), documentBefore()), componentText(found, documentBefore()));
}
for (const [name, { pass, known, fail }] of tally) {
  const version = name.startsWith("component") ? "" : ` ${versionOf(name)}`;
  console.log(`${name}${version}: ${pass} passed, ${fail} failed, ${known} with known faults`);
}
process.exit([...tally.values()].some(({ fail }) => fail > 0) ? 1 : 0);
