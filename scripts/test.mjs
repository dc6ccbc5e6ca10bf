// npm test: builds what is out of date, then runs the AssemblyScript specs (as-pect) and the TypeScript suite (node:test).
//
//   node scripts/test.mjs [--quick] [--record] [spec|host|component|runtimes] [NAME…]
//
// spec, host: only the specs or only the suite. component: the files of the suite that have sessions in their own process, with the component
// under them instead of the library. runtimes: the files that go through the fast runtimes only (tests/helpers/runtimes.ts), through all that are
// here. NAME: only the files whose name contains one. --quick: what tells of nearly every fault in three
// minutes on two cores: the suite without the files that scripts/test-plan.mjs lists, under Node and wasmtime, and no specs. --record: keep how
// long everything took in scripts/test-times.json, which the next runs' first line and the order of files are made from; for a machine at rest.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { basename, dirname, join } from "node:path";
import { filesBelow, packageProgram, root, runNode } from "./lib.mjs";
import { LEFT_OUT, THROUGH_COMPONENT, expectation, isLeftOut, keepFiles, keepTimes, slowestFirst } from "./test-plan.mjs";

const options = new Set(process.argv.slice(2).filter((word) => word.startsWith("--")));
const strange = [...options].find((option) => option !== "--quick" && option !== "--record");
if (strange !== undefined) {
  console.error(`test: there is no option ${strange}; there are --quick and --record`);
  process.exit(2);
}
const quick = options.has("--quick");
const words = process.argv.slice(2).filter((word) => !options.has(word));
const part = ["spec", "host", "component", "runtimes"].includes(words[0]) ? words.shift() : null;
const wanted = (path) => words.length === 0 || words.some((word) => path.includes(word));
const isWhole = words.length === 0 && part === null && !quick;
const record = options.has("--record");
if (record && (quick || (part !== null && part !== "host"))) {
  console.error("test: --record is for a whole run, or for files of the suite: without --quick, spec, component and runtimes");
  process.exit(2);
}
const specs = (part !== null && part !== "spec") || quick ? [] : filesBelow("assembly/__tests__", ".spec.ts").filter(wanted);
const suites =
  part === "spec" ? [] : filesBelow("tests", ".test.ts").filter((path) => wanted(path) && !(quick && isLeftOut(path)));
const throughComponent = (path) => THROUGH_COMPONENT.includes(basename(path, ".test.ts"));
if (part === "component") {
  suites.splice(0, suites.length, ...suites.filter(throughComponent));
  process.env.QUIRE_TEST_COMPONENT = "1";
}
if (part === "runtimes") {
  const isShort = (path) => /fastRuntimes|testOn(?:All)?Sessions/.test(readFileSync(join(root, path), "utf8"));
  suites.splice(0, suites.length, ...suites.filter(isShort));
  process.env.QUIRE_TEST_RUNTIMES = "all";
}
const cores = availableParallelism();
/** Files of the suite that run at a time: Node's own choice leaves a core to others, here only where that is not the half of the machine. */
const lanes = quick || cores < 3 ? cores : cores - 1;
if (quick) process.env.QUIRE_TEST_QUICK = "1";

function has(program) {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** What is to come, and how long it takes. */
function sayWhatRuns() {
  const files = [specs.length > 0 ? `${specs.length} specs` : "", suites.length > 0 ? `${suites.length} files of the suite` : ""];
  const what = files.filter((text) => text !== "").join(" and ");
  console.log(`test: ${what}, ${expectation(specs.length > 0, suites, isWhole, lanes)}`);
  if (isWhole)
    console.log(
      "test: npm test -- --quick tells of nearly every fault in three minutes; npm run test:host -- NAME runs some files",
    );
}

/** One loud line for each thing that is missing, and for what it means. The names of the runtimes that are here. */
async function sayWhatIsSkipped() {
  const { runtimes } = await import(pathToFileURL(join(root, "build/host/runtimes/index.js")).href);
  const found = runtimes.filter((adapter) => adapter.find() !== null);
  console.log(`Runtimes: ${found.map(({ name }) => name).join(", ")}`);
  for (const { name } of runtimes.filter((adapter) => !found.includes(adapter))) {
    console.log(`SKIPPED: ${name} is not here (npm run runtimes gets it): nothing runs under it`);
  }
  if (!has("cargo") && !quick) console.log("SKIPPED: cargo is not here: the round trips with the reference crates do not run");
  return found.map(({ name }) => name);
}

async function runSpecs() {
  if (specs.length === 0) return 0;
  // Its own program, bin/asp.js, ends with 0 when the process that it starts is killed by a signal.
  const asp = join(dirname(packageProgram("@as-pect/cli", "asp")), "..", "lib", "test.js");
  return runNode([asp, "--no-logo", ...(words.length === 0 ? [] : specs)]);
}

async function runSuite(timesFile) {
  if (suites.length === 0) return 0;
  const compiled = await runNode([packageProgram("typescript", "tsc"), "-p", "tsconfig.tests.json"]);
  if (compiled !== 0) {
    console.log("suite: the tests do not compile");
    return compiled;
  }
  const files = slowestFirst(suites).map((path) => join("build", path.replace(/\.ts$/, ".js")));
  const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  if (record)
    reporters.push(`--test-reporter=${join(root, "scripts/time-reporter.mjs")}`, `--test-reporter-destination=${timesFile}`);
  const preload = pathToFileURL(join(root, "build/tests/helpers/with-component.js")).href;
  const loaded = part === "component" ? ["--import", preload] : [];
  return runNode([...loaded, "--enable-source-maps", "--test", `--test-concurrency=${lanes}`, ...reporters, ...files]);
}

/** Runs `body`: its status, and the seconds that it took. */
async function timed(body) {
  const started = Date.now();
  return [await body(), (Date.now() - started) / 1000];
}

if (specs.length + suites.length === 0) {
  console.log("test: there is none of that name");
  process.exit(1);
}
sayWhatRuns();
const built = await runNode([join(root, "scripts/build.mjs")]);
if (built !== 0) process.exit(built);
const runtimes = await sayWhatIsSkipped();
const timesFile = join(root, "build", "test-times.json");
const [specStatus, specSeconds] = await timed(runSpecs);
if (specStatus !== 0) console.log("specs: FAILED (see above); the suite runs all the same");
const [suiteStatus, suiteSeconds] = await timed(() => runSuite(timesFile));
if (quick) {
  const left = filesBelow("tests", ".test.ts").filter((path) => wanted(path) && isLeftOut(path));
  const names = left.map((path) => `${path} (${LEFT_OUT.get(basename(path, ".test.ts"))})`).join(", ");
  console.log(`test: LEFT OUT by --quick: the specs, other runtimes than Node and wasmtime, ${names}; npm test runs all`);
}
if (record) {
  const files = JSON.parse(readFileSync(timesFile, "utf8"));
  if (isWhole) keepTimes({ specs: specSeconds, suite: suiteSeconds, runtimes, files });
  else keepFiles(files);
}
process.exit(specStatus || suiteStatus);
