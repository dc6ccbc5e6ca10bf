// npm test: builds what is out of date, then runs the AssemblyScript specs (as-pect) and the TypeScript suite (node:test).
//
//   node scripts/test.mjs [spec|host] [NAME…]     only the specs or only the suite; only the files whose name contains one of NAME
import { execFileSync } from "node:child_process";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { dirname, join } from "node:path";
import { filesBelow, packageProgram, root, runNode } from "./lib.mjs";

const words = process.argv.slice(2);
const part = words[0] === "spec" || words[0] === "host" ? words.shift() : null;
const wanted = (path) => words.length === 0 || words.some((word) => path.includes(word));

function has(program) {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** One loud line for each thing that is missing, and for what it means. */
async function sayWhatIsSkipped() {
  const { runtimes } = await import(pathToFileURL(join(root, "build/host/runtimes/index.js")).href);
  const found = runtimes.filter((adapter) => adapter.find() !== null);
  console.log(`Runtimes: ${found.map(({ name }) => name).join(", ")}`);
  for (const { name } of runtimes.filter((adapter) => !found.includes(adapter))) {
    console.log(`SKIPPED: ${name} is not here (npm run runtimes gets it): nothing runs under it`);
  }
  if (!has("cargo")) console.log("SKIPPED: cargo is not here: the round trips with the reference crates do not run");
}

async function runSpecs() {
  const specs = filesBelow("assembly/__tests__", ".spec.ts").filter(wanted);
  if (specs.length === 0) {
    console.log(`specs: there is none of that name`);
    return words.length > 0 && part === null ? 0 : 1;
  }
  // Its own program, bin/asp.js, ends with 0 when the process that it starts is killed by a signal.
  const asp = join(dirname(packageProgram("@as-pect/cli", "asp")), "..", "lib", "test.js");
  return runNode([asp, "--no-logo", ...(words.length === 0 ? [] : specs)]);
}

async function runSuite() {
  const suites = filesBelow("tests", ".test.ts").filter(wanted);
  if (suites.length === 0) {
    console.log(`suite: there is none of that name`);
    return words.length > 0 && part === null ? 0 : 1;
  }
  const compiled = await runNode([packageProgram("typescript", "tsc"), "-p", "tsconfig.tests.json"]);
  if (compiled !== 0) {
    console.log("suite: the tests do not compile");
    return compiled;
  }
  const files = suites.map((path) => join("build", path.replace(/\.ts$/, ".js")));
  return runNode(["--enable-source-maps", "--test", "--test-reporter=spec", ...files]);
}

const built = await runNode([join(root, "scripts/build.mjs")]);
if (built !== 0) process.exit(built);
await sayWhatIsSkipped();
const specs = part === "host" ? 0 : await runSpecs();
if (specs !== 0) console.log("specs: FAILED (see above); the suite runs all the same");
const suite = part === "spec" ? 0 : await runSuite();
process.exit(specs || suite);
