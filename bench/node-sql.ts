/**
 * npm run bench:node-sql: SQL from a program on Node, in its process, beside better-sqlite3, node-sqlite3-wasm, node:sqlite and PGlite.
 *
 *   npm run bench:node-sql [-- --rows 90000] [--rounds 5] [--quire] [--write]
 *
 * The median of several parts in several processes, which take turns; in brackets how many times Quire's it is. --quire: Quire alone. --write:
 * also docs/node-sql-benchmarks.md. What npm offers is installed into the user's cache, better-sqlite3 built there.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../host/paths.js";
import { installNpmPeers } from "./build.js";
import { BUSY } from "./conditions.js";
import { median } from "./figures.js";
import { leaveOut, leftOut, say } from "./say.js";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "90000" },
    rounds: { type: "string", default: "5" },
    quire: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const OURS = "quire";
const OPERATIONS: Readonly<Record<string, string>> = {
  get: "SELECT by key, prepared, row as object",
  get1: "the same, one column",
  all: "SELECT of 1,000 rows, objects",
  insert: "INSERT in a transaction, prepared",
  kysely: "Kysely, SELECT by key",
};

interface Line {
  readonly op: string;
  readonly us: readonly number[];
  readonly cpu: readonly number[];
}

/** Figures by operation and peer. */
type Figures = ReadonlyMap<string, ReadonlyMap<string, number>>;

const TIMEOUT_MS = 600_000;
const script = join(packageRoot, "bench", "peers", "npm", "sql.mjs");
const load = loadavg()[0] ?? 0;

function peersHere(): { readonly names: readonly string[]; readonly modules: string } {
  const ours = [OURS, "quire-db/better-sqlite3"];
  const npm = options.quire ? null : installNpmPeers();
  if (npm === null) return { names: ours, modules: packageRoot };
  const native = npm.native ? ["better-sqlite3", "better-sqlite3-exclusive"] : [];
  return { names: [...ours, ...native, "node-sqlite3-wasm", "node:sqlite", "pglite"], modules: npm.folder };
}

/** Microseconds of each part, by operation. */
function run(name: string, modules: string, folder: string): readonly Line[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const words = [script, name, folder, options.rows, `quire=${packageRoot}`, `modules=${modules}`];
  const done = spawnSync(process.execPath, words, { encoding: "utf8", timeout: TIMEOUT_MS });
  if (done.status !== 0) throw new Error(`${name}: status ${done.status}: ${done.stderr}`.slice(0, 500));
  const lines = done.stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Line);
}

/** The medians of all rounds: of the time that passed, and of the processor's. */
function measured(names: readonly string[], modules: string): readonly [passed: Figures, processor: Figures] {
  const folder = mkdtempSync(join(process.env["QUIRE_BENCH_DATA"] ?? join(packageRoot, "build"), "bench-node-sql-"));
  const passed = new Map<string, Map<string, number[]>>();
  const processor = new Map<string, Map<string, number[]>>();
  try {
    for (let round = 1; round <= Number(options.rounds); round++) {
      for (const name of names) {
        const lines = run(name, modules, join(folder, "data"));
        if (lines.length === 0) leaveOut(name, `Node ${process.version} has none`);
        for (const { op, us, cpu } of lines) {
          add(passed, op, name, us);
          add(processor, op, name, cpu);
        }
        say(`round ${round}/${options.rounds}: ${name}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return [mediansOf(passed), mediansOf(processor)];
}

function add(times: Map<string, Map<string, number[]>>, op: string, name: string, us: readonly number[]): void {
  const byPeer = times.get(op) ?? new Map<string, number[]>();
  times.set(op, byPeer.set(name, [...(byPeer.get(name) ?? []), ...us]));
}

function mediansOf(times: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>): Figures {
  return new Map([...times].map(([op, byPeer]) => [op, new Map([...byPeer].map(([name, us]) => [name, median(us)]))]));
}

function cellOf(us: number | undefined, ours: number, isOurs: boolean): string {
  if (us === undefined) return "–";
  const shown = us.toFixed(us < 100 ? 2 : 0);
  return isOurs ? shown : `${shown} (${(us / ours).toFixed(2)}×)`;
}

const { names, modules } = peersHere();
const [passed, processor] = measured(names, modules);
const present = names.filter((name) => [...passed.values()].some((byPeer) => byPeer.has(name)));

function tableOf(medians: Figures): readonly (readonly string[])[] {
  const rows = Object.entries(OPERATIONS).flatMap(([op, title]) => {
    const byPeer = medians.get(op);
    if (byPeer === undefined) return [];
    // Kysely runs over the class in better-sqlite3's shape.
    const base = byPeer.has(OURS) ? OURS : "quire-db/better-sqlite3";
    const ours = byPeer.get(base) ?? NaN;
    return [[title, ...present.map((name) => cellOf(byPeer.get(name), ours, name === base))]];
  });
  return [["", ...present], ...rows];
}

/** A table as Markdown. */
function markdown([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|---|${present.map(() => "---:|").join("")}`, ...rows.map(line)];
}

const tables = { "Time that passed": tableOf(passed), "Time of the processor": tableOf(processor) };
const busy =
  load > BUSY
    ? ` The machine was busy with other things (its load was ${load.toFixed(1)}): figures are higher than they need be.`
    : "";
for (const [title, table] of Object.entries(tables)) {
  console.log(`\n${title}`);
  for (const cells of table) console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(42) : cell.padStart(26))).join(""));
}
if (busy !== "") console.log(busy.trim());
if (options.write) {
  const lines = [
    "<!-- Generated by npm run bench:node-sql -- --write. Do not edit. -->",
    "",
    "# SQL on Node",
    "",
    `Measured ${new Date().toISOString().slice(0, 10)} by \`npm run bench:node-sql -- --rows ${options.rows} --rounds ${options.rounds} --write\` with Node ${process.version} on ${cpus().length} cores of ${cpus()[0]?.model ?? "?"}.${busy}`,
    "Microseconds: of each operation the median of several parts in several processes, which take turns; a figure in brackets is a peer's time over Quire's: above 1× Quire is faster.",
    `A table of ${Number(options.rows).toLocaleString("en")} rows with four columns and a unique text in a file, everything in the program's process; 16 MiB of cache. better-sqlite3 is set as its documentation advises, with WAL, and with \`synchronous = FULL\`, so that a commit survives a power cut as all others' do; better-sqlite3-exclusive is the same with \`locking_mode = EXCLUSIVE\`, as Quire's files are always: it looks for no other program's changes before each statement. PGlite has a fiftieth of the rows and operations.`,
    "`quire` is `openSync` of this package, `quire-db/better-sqlite3` its class in [better-sqlite3's shape](better-sqlite3.md), which Kysely's own dialect runs on here.",
    "Processor time, the user's and the system's, is without the waits for the disk, and changes little when the machine is busy with other things.",
    ...(leftOut().length === 0 ? [] : ["", ...leftOut().map((text) => `- Left out: ${text}.`)]),
    ...Object.entries(tables).flatMap(([title, table]) => ["", `## ${title}`, "", ...markdown(table)]),
  ];
  writeFileSync(join(packageRoot, "docs", "node-sql-benchmarks.md"), `${lines.join("\n")}\n`);
}
