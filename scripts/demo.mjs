// npm start: puts a real data set into data/demo.db with quire.wasm and looks things up in it. A second run begins anew.
//
// The data is of the npm package vega-datasets: 3,376 airports of the United States, and 20,000 flights between them in 2001.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { isatty } from "node:tty";
import { pathToFileURL } from "node:url";
import { root, runNode } from "./lib.mjs";

const FILE = "data/demo.db";
const SOURCES = join(root, "node_modules", "vega-datasets", "data");

/** What is shown: a title, the words for the module (FILE comes before them), and the file that becomes its standard input. */
const STEPS = [
  [
    "Airports: the types of the columns are found out from the data",
    ["import", "airports", "-", "--create", "--key", "iata", "--layout", "0.11", "--format", "csv"],
    "airports.csv",
  ],
  [
    "Flights: with a key that counts by itself, three indexes, and two foreign keys",
    [
      "create",
      "flights",
      "id:uint32:pk:auto",
      "date:text",
      "delay:int32:index",
      "distance:uint32:index",
      "origin:text:index:references=airports.iata",
      "destination:text:references=airports.iata",
    ],
  ],
  ["", ["import", "flights", "-", "--format", "json"], "flights-20k.json"],
  ["The schema, in a form that create takes back", ["schema"]],
  ["A few rows", ["scan", "airports", "--from", "SEA", "--limit", "5"]],
  ["One airport by its key", ["get", "airports", "SFO"]],
  ["Flights from Seattle, by an index", ["scan", "flights", "--index", "origin", "--eq", "SEA", "--limit", "5"]],
  [
    "The longest flights: a range of another index, from its end",
    ["scan", "flights", "--index", "distance", "--from", "2700", "--reverse", "--limit", "5"],
  ],
  ["How many were over an hour late", ["scan", "flights", "--index", "delay", "--from", "61", "--count"]],
  ["Everything is where it should be", ["check"]],
  ["The page file, one cell for each page of 64 KiB", ["map"]],
];

function stop(message, status = 1) {
  console.error(message);
  process.exit(status);
}

const status = await runNode([join(root, "scripts/build.mjs")]);
if (status !== 0) stop("npm start: the build failed", status);
if (!existsSync(SOURCES)) stop("npm start: the data sets are missing; npm ci installs them (npm package vega-datasets)");

const { runtimeNamed } = await import(pathToFileURL(join(root, "build/host/runtimes/index.js")).href);
const { modulePath } = await import(pathToFileURL(join(root, "build/host/paths.js")).href);
const wasmtime = runtimeNamed("wasmtime");
const runtime = wasmtime.find() === null ? runtimeNamed("node") : wasmtime;
const program = runtime.find();

const color = isatty(1) && !process.env.NO_COLOR;
const bold = (text) => (color ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text) => (color ? `\x1b[2m${text}\x1b[0m` : text);
const env = { QUIRE_TTY: isatty(2) ? "1" : "0", QUIRE_COLOR: color ? "1" : "0" };
if (isatty(1) && process.stdout.columns) env.COLUMNS = String(process.stdout.columns);

/** Runs the module with these words; resolves with how long the whole process took, in milliseconds. */
async function quire(words, source) {
  const invocation = {
    module: modulePath(),
    preopens: [{ guest: "data", host: join(root, "data") }],
    args: words,
    env,
  };
  const stdin = source === undefined ? "ignore" : openSync(join(SOURCES, source), "r");
  const started = performance.now();
  const child = spawn(program, runtime.argv(invocation), { stdio: [stdin, "inherit", "inherit"] });
  const code = await new Promise((resolve) => {
    child.on("error", (error) => stop(`npm start: ${program}: ${error.message}`));
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  if (code !== 0) stop(`npm start: quire ${words.join(" ")} ended with ${code}`);
  return performance.now() - started;
}

/** A word as one would type it. */
const quoted = (word) => (/^[\w.,:=/+-]+$/.test(word) ? word : `'${word}'`);

const demo = join(root, FILE);
mkdirSync(dirname(demo), { recursive: true });
for (const path of [demo, `${demo}-log`]) rmSync(path, { force: true });

if (runtime === wasmtime) console.log(`Runtime: wasmtime (${program})`);
else
  console.log(
    "Runtime: Node's WASI, as there is no wasmtime here (npm run runtimes gets it); starting takes longer than with wasmtime",
  );
const first = await quire(["--version"]);
console.log(dim(`${first.toFixed(0)} ms to compile the module and to start it; the times below are of whole processes\n`));

const total = performance.now();
for (const [title, words, source] of STEPS) {
  if (title !== "") console.log(bold(title));
  // What one would type for it: the host passes a SOURCE of another folder as standard input, too.
  const typed = words.map((word) => (word === "-" ? `node_modules/vega-datasets/data/${source}` : word));
  console.log(dim(`$ npx quire ${[FILE, ...typed].map(quoted).join(" ")}`));
  const ms = await quire([FILE, ...words], source);
  console.log(dim(`${ms.toFixed(ms < 100 ? 1 : 0)} ms\n`));
}

const megabytes = (statSync(demo).size / 1e6).toFixed(1);
console.log(`Done in ${((performance.now() - total) / 1000).toFixed(1)} s: ${FILE} has ${megabytes} MB. What to try next:

  npx quire ${FILE} info
  npx quire ${FILE} scan airports --eq SEA --columns name,city,state
  npx quire ${FILE} update airports SEA '{"city": "SeaTac"}'
  npx quire ${FILE} delete airports SEA          (refused: flights refer to it; add --cascade)
  npx quire ${FILE} export airports --format markdown
  npx quire help`);
