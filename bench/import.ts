/**
 * npm run bench:import: how long CSV takes to be a table, beside sqlite3's .import and DuckDB's read_csv.
 *
 *   npm run bench:import [-- --rows 1000000] [--rounds 3] [--against FOLDER] [--write]
 *
 * The median of several processes, which take turns; in brackets how many times Quire's it is. --against: also the build of another
 * checkout, by its folder. --write: also docs/import-benchmarks.md. sqlite3 is the machine's, DuckDB npm's, in the user's cache.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { modulePath, packageRoot } from "../host/paths.js";
import { wasmtime as wasmtimeAdapter } from "../host/runtimes/wasmtime.js";
import { duckdb } from "../tests/helpers/engines.js";
import { BUSY } from "./conditions.js";
import { median } from "./figures.js";
import { leaveOut, leftOut, say } from "./say.js";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "3" },
    against: { type: "string" },
    write: { type: "boolean", default: false },
  },
});

const data = join(packageRoot, "node_modules", "vega-datasets", "data");
const folder = mkdtempSync(join(process.env["QUIRE_BENCH_DATA"] ?? join(packageRoot, "build"), "bench-import-"));
const load = loadavg()[0] ?? 0;

/** Rows of a number, a text that is unique, a category, a decimal and a date. */
function generated(rows: number): string {
  const lines = ["id,name,kind,price,day"];
  for (let id = 1; id <= rows; id++) {
    const mixed = (id * 7919) % 1_000_003;
    const day = `20${10 + (mixed % 15)}-0${1 + (mixed % 9)}-1${mixed % 10}`;
    lines.push(`${id},name ${mixed},kind ${mixed % 97},${(mixed / 100).toFixed(2)},${day}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The sources, by what the table calls them: their CSV. */
function makeSources(): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  const add = (title: string, name: string, text: string | null): void => {
    if (text === null) copyFileSync(join(data, name), join(folder, name));
    else writeFileSync(join(folder, name), text);
    sources.set(`${title}, ${(statSync(join(folder, name)).size / 1e6).toFixed(1)} MB`, name);
  };
  add("airports, 3,376 rows", "airports.csv", null);
  const flights = JSON.parse(readFileSync(join(data, "flights-200k.json"), "utf8")) as Record<string, unknown>[];
  const names = Object.keys(flights[0] ?? {});
  const lines = flights.map((flight) => names.map((name) => String(flight[name])).join(","));
  const count = flights.length.toLocaleString("en");
  add(`flights, ${count} rows`, "flights.csv", [names.join(","), ...lines, ""].join("\n"));
  const rows = Number(options.rows);
  add(`generated, ${rows.toLocaleString("en")} rows`, "generated.csv", generated(rows));
  return sources;
}

/** One way to import: seconds that the source takes. */
interface Peer {
  readonly name: string;
  run(source: string): number | Promise<number>;
}

/** A process's seconds; the file that it makes is removed before. */
function timed(program: string, words: readonly string[]): number {
  for (const ending of ["", "-log", "-journal"]) rmSync(join(folder, `t.db${ending}`), { force: true });
  const begun = performance.now();
  const done = spawnSync(program, words, { cwd: folder, encoding: "utf8" });
  const seconds = (performance.now() - begun) / 1000;
  if (done.status !== 0) throw new Error(`${program} ${words.join(" ")}: ${done.status}: ${done.stderr}`.slice(0, 500));
  return seconds;
}

const quireBuild = (name: string, root: string): Peer => ({
  name,
  run: (source) => timed(process.execPath, [join(root, "build/host/cli.js"), "t.db", "import", "t", source, "--create"]),
});

async function peersHere(): Promise<readonly Peer[]> {
  const peers: Peer[] = [quireBuild("quire", packageRoot)];
  if (options.against !== undefined) peers.push(quireBuild("quire, other build", options.against));
  const wasmtime = wasmtimeAdapter.find();
  if (wasmtime === null) leaveOut("wasmtime", "not found");
  else {
    const words = ["run", "--dir", `${folder}::data`, modulePath(), "data/t.db", "import", "t"];
    peers.push({
      name: "quire, wasmtime",
      run: (source) => timed(wasmtime, [...words, `data/${source}`, "--create"]),
    });
  }
  if (spawnSync("sqlite3", ["--version"]).status !== 0) leaveOut("sqlite3", "not found");
  else {
    peers.push({
      name: "sqlite3 .import",
      run: (source) => timed("sqlite3", ["t.db", `.import --csv ${source} t`]),
    });
  }
  const found = await duckdb();
  if ("skip" in found) leaveOut("DuckDB", found.skip);
  else {
    peers.push({
      name: "DuckDB",
      async run(source) {
        for (const ending of ["", ".wal"]) rmSync(join(folder, `t.duck${ending}`), { force: true });
        const begun = performance.now();
        await found.duck.run(`ATTACH '${join(folder, "t.duck")}' AS made`);
        await found.duck.run(`CREATE TABLE made.t AS FROM read_csv('${join(folder, source)}')`);
        await found.duck.run("DETACH made");
        return (performance.now() - begun) / 1000;
      },
    });
  }
  return peers;
}

const times = new Map<string, number[]>();
try {
  const sources = makeSources();
  const peers = await peersHere();
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const [title, source] of sources) {
      for (const peer of peers) {
        const key = `${title}\n${peer.name}`;
        times.set(key, [...(times.get(key) ?? []), await peer.run(source)]);
      }
      say(`round ${round}/${options.rounds}: ${title}`);
    }
  }
  const cell = (title: string, name: string): string => {
    const seconds = median(times.get(`${title}\n${name}`) ?? []);
    const ours = median(times.get(`${title}\nquire`) ?? []);
    return name === "quire" ? `${seconds.toFixed(2)} s` : `${seconds.toFixed(2)} s (${(seconds / ours).toFixed(2)}×)`;
  };
  const rows = [...sources.keys()].map((title) => [title, ...peers.map((peer) => cell(title, peer.name))]);
  const names = ["", ...peers.map((peer) => peer.name)];
  for (const cells of [names, ...rows])
    console.log(cells.map((text, at) => (at === 0 ? text.padEnd(40) : text.padStart(20))).join(""));
  if (options.write) {
    const busy =
      load > BUSY
        ? ` The machine was busy with other things (its load was ${load.toFixed(1)}): figures are higher than they need be.`
        : "";
    const lines = [
      "<!-- Generated by npm run bench:import -- --write. Do not edit. -->",
      "",
      "# Import of CSV",
      "",
      `Measured ${new Date().toISOString().slice(0, 10)} by \`npm run bench:import -- --rows ${options.rows} --rounds ${options.rounds} --write\` with Node ${process.version} on ${cpus().length} cores of ${cpus()[0]?.model ?? "?"}.${busy}`,
      "Seconds from a CSV file to a table in a file: the median of several processes, which take turns, with their start; a figure in brackets is a peer's time over Quire's: above 1× Quire is faster.",
      "`import --create` finds out types from all rows, and reads the file twice for that; sqlite3's `.import` makes columns of text, and DuckDB's `read_csv` takes types from a sample, on one thread, in a process that runs.",
      ...(leftOut().length === 0 ? [] : ["", ...leftOut().map((text) => `- Left out: ${text}.`)]),
      "",
      `| ${names.join(" | ")} |`,
      `|---|${peers.map(() => "---:|").join("")}`,
      ...rows.map((cells) => `| ${cells.join(" | ")} |`),
    ];
    writeFileSync(join(packageRoot, "docs", "import-benchmarks.md"), `${lines.join("\n")}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
