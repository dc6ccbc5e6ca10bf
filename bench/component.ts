/**
 * What calls of the component cost, against calls of the core library on the same host: the table in docs/component.md.
 *
 *   npm run bench:component [-- --write]     (--write: the table of docs/component.md is made anew)
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openSync } from "../host/index.js";
import { libraryPath, packageRoot, pythonWithWasmtime } from "../host/paths.js";
import { type Database, ALL, componentPath, text } from "../tests/helpers/component.js";

/** Microseconds of each kind of call. */
type Costs = Readonly<Record<Call, number>>;
type Call = keyof typeof CALLS;

const CALLS = {
  smallest: "the smallest call (`in-transaction`; `abi_version`)",
  get: "a row of two columns by its key",
  request: "the same by a request, as JSON text",
  insert: "insert a row (`durability: checkpoint`, no sync)",
  scan: "a row of a scan of 200",
};

const ROWS = 5000;
const BATCHES = 30;
const DOCUMENT = join(packageRoot, "docs", "component.md");
/** What stands around the table. */
const BEGIN = "<!-- npm run bench:component -- --write -->\n";
const END = "<!-- end -->\n";

/** Microseconds of a call of `work`, of the fastest batch: others that are at work on the machine only ever make it slower. */
function fastest(count: number, work: (i: number) => unknown): number {
  let best = Infinity;
  for (let batch = 0; batch < BATCHES; batch++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) work(i);
    best = Math.min(best, performance.now() - start);
  }
  return (best / count) * 1e3;
}

const keyOf = (i: number): number => 1 + ((i * 7) % ROWS);
const requestOf = (i: number): string => `{"op":"get","table":"t","key":${keyOf(i)}}`;

/** The package `quire-db`: rows as objects, by the core library in this process. */
function ofPackage(folder: string): Costs {
  const db = openSync(join(folder, "calls.db"), { durability: "checkpoint" });
  const table = db.table("t");
  const costs = {
    smallest: NaN,
    get: fastest(2000, (i) => table.get(keyOf(i))),
    request: NaN,
    insert: fastest(500, () => table.insert({ name: "a name" })),
    scan: fastest(20, () => table.scan({ limit: 200 }).toArray()) / 200,
  };
  db.close();
  return costs;
}

/** The component by jco, over its shim of WASI. */
function ofComponent(database: Database): Costs {
  const connection = database.Connection.open("data/calls.db", { create: false, readOnly: false, durability: "checkpoint" });
  const table = connection.table("t");
  const row = [text("a name")];
  const costs = {
    smallest: fastest(5000, () => connection.inTransaction()),
    get: fastest(2000, (i) => table.get({ tag: "uint32", val: keyOf(i) })),
    request: fastest(1000, (i) => connection.request(requestOf(i))),
    insert: fastest(20, () => table.insert(["name"], [row])),
    scan: fastest(20, () => table.scan({ ...ALL, limit: 200n }).next(1000)) / 200,
  };
  connection.close();
  return costs;
}

function makeFile(folder: string): void {
  const db = openSync(join(folder, "calls.db"));
  db.create("t", ["id:uint32:pk:auto", "name:text"]);
  db.table("t").insertMany(Array.from({ length: ROWS }, (_, at) => ({ name: `the name of row ${at}` })));
  db.close();
}

const shown = (value: number): string => (Number.isNaN(value) ? "–" : Number(value.toPrecision(2)).toString());

const folder = mkdtempSync(join(tmpdir(), "quire-component-bench-"));
const columns = new Map<string, Costs>();
try {
  makeFile(folder);
  columns.set("Node: package `quire-db`, the core library", ofPackage(folder));
  const example = join(packageRoot, "examples", "component-javascript", "instantiate.mjs");
  const { transpileInto, instantiate } = (await import(pathToFileURL(example).href)) as {
    transpileInto: (made: string, component: string) => Promise<void>;
    instantiate: (made: string, folder: string) => Promise<Database>;
  };
  await transpileInto(join(folder, "made"), componentPath());
  columns.set("Node: the component, by jco", ofComponent(await instantiate(join(folder, "made"), folder)));
  const python = pythonWithWasmtime();
  if (existsSync(python)) {
    const words = [join(packageRoot, "bench", "component-calls.py"), componentPath(), libraryPath(), folder];
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
    const found = JSON.parse(execFileSync(python, words, { encoding: "utf8", env })) as Record<string, Costs>;
    for (const [name, costs] of Object.entries(found)) columns.set(`Python, wasmtime: ${name}`, costs);
  } else console.log("SKIPPED: no Python with wasmtime here; npm run runtimes gets it");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const names = [...columns.keys()];
const rows = Object.entries(CALLS).map(
  ([call, what]) => `| ${[what, ...names.map((name) => shown(columns.get(name)?.[call as Call] ?? NaN))].join(" | ")} |`,
);
const table = `Microseconds a call, the fastest of many batches; ${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model ?? "?"}, at a load of ${loadavg()[0]?.toFixed(1) ?? "?"} (this program is one of it).

| ${["", ...names].join(" | ")} |
|${"---|".repeat(names.length + 1)}
${rows.join("\n")}
`;
console.log(table);
if (process.argv.includes("--write")) {
  const document = readFileSync(DOCUMENT, "utf8");
  const [before, rest] = document.split(BEGIN) as [string, string | undefined];
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${DOCUMENT} has no place for the table`);
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n${table}\n${END}${after}`);
}
// The shim's worker would keep the process alive.
process.exit(0);
