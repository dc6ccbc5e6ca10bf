/**
 * npm run bench: measures Quire and its peers, one after the other in one run, interleaved over several rounds.
 *
 *   npm run bench -- [--quick] [--rows 1000,10000] [--rounds 3] [--only quire,sqlite*,…] [--modes full,open,…] [--anyway] [--report]
 *
 * --quick: 1,000 and 10,000 rows, one round. --only: peers by their names, or sqlite* for all that start so. --report: only docs/benchmarks.md anew, from
 * what was measured last. With --only or --modes nothing is written but what the run prints; --write writes all the same. What is written is measured from a
 * commit and on a machine at rest, or refused; --anyway measures all the same, and the report says so.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, readdirSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../host/paths.js";
import { commitOf, refusal, settledLoad, uncommitted } from "./conditions.js";
import { SQLITE_FLAGS, WASI_FLAGS, versionOf } from "./build.js";
import { countProgram } from "./counting.js";
import { Collector, type Line, type Results, readResults, writeResults } from "./figures.js";
import { type Command, type Mode, type Peer, type Peers, gatherPeers } from "./peers.js";
import { OPENINGS, printSummary, writeReport } from "./report.js";
import { leaveOut, leftOut, say } from "./say.js";

const GROUPS = ["raw", "full", "random", "wide1k", "wide20k", "posts", "open", "amplify", "sizes"] as const;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rows: { type: "string" },
    rounds: { type: "string" },
    only: { type: "string" },
    modes: { type: "string" },
    report: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    anyway: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`usage: npm run bench -- [OPTIONS]

Measures Quire and its peers, interleaved over several rounds, and writes bench/results/latest.json and docs/benchmarks.md.

  --quick               1,000 and 10,000 rows, one round
  --rows 1000,10000     tables of so many rows (1000,10000,100000,1000000)
  --rounds N            5
  --only NAME,…         these peers only; sqlite* for all that start so. Nothing is written but what the run prints
  --modes NAME,…        these parts only: ${GROUPS.join(", ")}
  --write               write the results all the same
  --anyway              also with changes that are no commit, or on a busy machine; the report says so
  --report              only docs/benchmarks.md anew, from what was measured last`);
  process.exit(0);
}

const numbers = (text: string): number[] => text.split(",").map((word) => Number(word.replaceAll("_", "")));
const rows = numbers(options.rows ?? (options.quick ? "1000,10000" : "1000,10000,100000,1000000"));
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const only = options.only?.split(",");
const wanted = (name: string): boolean =>
  only === undefined || only.some((word) => (word.endsWith("*") ? name.startsWith(word.slice(0, -1)) : name === word));
type Group = (typeof GROUPS)[number];
const groups = (options.modes?.split(",") ?? GROUPS) as readonly Group[];
/** Rows of 20 KB and more of them than this are only the disk. */
const MOST_ROWS: Partial<Record<Group, number>> = { wide1k: 100_000, wide20k: 10_000 };
const count = (n: number): string => n.toLocaleString("en");
const TIMEOUT_MS = 900_000;
/** Rows of the table whose changes are counted in bytes; fewer where a peer can't bear them. */
const AMPLIFIED_ROWS = 10_000;

const collector = new Collector();
const folder = mkdtempSync(join(process.env["QUIRE_BENCH_DATA"] ?? join(packageRoot, "build"), "bench-data-"));
const notes = new Map<string, string>();
/** What the sources are, and how busy the machine was: before the bench itself changes either. */
const commit = commitOf(packageRoot);
let loadBefore = 0;

function clean(): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** What a failed program said last, without this machine's folders. */
function complaint(status: number | null, text: string): string {
  const line = text.trim().split("\n").at(-1) ?? "";
  return `status ${status}: ${line.replaceAll(folder, "").slice(0, 200)}`;
}

/** Runs `what`, which is left out when it fails. */
function start(what: string, { program, args }: Command): readonly Line[] | null {
  const done = spawnSync(program, args, { encoding: "utf8", timeout: TIMEOUT_MS, maxBuffer: 1 << 26 });
  if (done.status !== 0) {
    leaveOut(what, complaint(done.status, done.stderr || done.stdout));
    return null;
  }
  const note = /^# (.*)$/m.exec(done.stderr)?.[1];
  const lines = done.stdout.split("\n").filter((line) => line.startsWith("{"));
  const peer = (JSON.parse(lines[0] ?? "{}") as { peer?: string }).peer;
  if (note !== undefined && peer !== undefined) notes.set(peer, note);
  return lines.map((line) => JSON.parse(line) as Line);
}

/** Peers in another order each round, so that none is always the first after another. */
const rotated = <T>(list: readonly T[], by: number): T[] => list.map((_, at) => list[(at + by) % list.length] as T);

function note(group: Group, { name: peer, kind }: Peer, n: number, lines: readonly Line[]): void {
  for (const { op, us } of lines) {
    collector.add(group, op, peer, n, us);
    // Who has no other way to insert many rows is compared with this one.
    if (op === "insert" && kind !== "node" && !lines.some((line) => line.op === "insert_bulk"))
      collector.add(group, "insert_bulk", peer, n, us);
  }
  const unit = lines.find(({ op }) => op === "sync_unit");
  const durable = lines.find(({ op }) => op === "durable_insert");
  if (unit !== undefined && durable !== undefined)
    collector.add(group, "durable_in_syncs", peer, n, durable.us / unit.us, "units");
  const memory = Math.max(...lines.map((line) => line.memory));
  if (memory > 0) collector.add(group, "memory", peer, n, memory, "bytes");
}

function measure(group: Group, mode: Mode, peers: readonly Peer[]): void {
  for (const n of rows) {
    if (n > (MOST_ROWS[group] ?? Infinity)) continue;
    const able = peers.filter(({ most }) => n <= (most[mode] ?? 0));
    for (let round = 1; round <= rounds; round++) {
      for (const peer of rotated(able, round)) {
        if (round > (peer.rounds ?? rounds)) continue;
        clean();
        const started = Date.now();
        const lines = start(`${peer.name}, ${group} with ${count(n)} rows`, peer.command(mode, folder, "bench.db", n));
        const seconds = ((Date.now() - started) / 1000).toFixed(1);
        say(`${group} ${count(n)} rows, round ${round}/${rounds}: ${peer.name} ${seconds} s`);
        if (lines !== null) note(group, peer, n, lines);
      }
    }
  }
}

/** Microseconds that a process takes from start to end. */
function wall(what: string, { program, args }: Command): number | null {
  const started = process.hrtime.bigint();
  const done = spawnSync(program, args, { encoding: "utf8", timeout: TIMEOUT_MS });
  const us = Number(process.hrtime.bigint() - started) / 1e3;
  if (done.status === 0) return us;
  leaveOut(what, complaint(done.status, done.stderr));
  return null;
}

/** A file that is there, opened by a process that reads one row and ends. And what the file weighs. */
function measureOpening({ list, wasmtime, nothing, quireCommand }: Peers): void {
  for (const n of rows) {
    clean();
    const able = list.filter(({ most }) => n <= (most.open ?? 0));
    const jobs: { name: string; command: Command }[] = [];
    for (const peer of able) {
      const file = `${peer.name}.db`;
      if (start(`${peer.name}, a file of ${count(n)} rows`, peer.command("fill", folder, file, n)) === null) continue;
      const bytes = readdirSync(folder)
        .filter((name) => name === file || (name.startsWith(`${file}-`) && !name.endsWith("-lock")))
        .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
      collector.add("sizes", "file_bytes", peer.name, n, bytes, "bytes");
      jobs.push({ name: peer.name, command: peer.command("open", folder, file, n) });
      if (n === rows[0]) jobs.push({ name: `start of ${peer.name}`, command: peer.command("null", folder, file, 0) });
    }
    if (wasmtime !== null && quireCommand !== null && able.some(({ name }) => name === "quire")) {
      const module = ["run", "--allow-precompiled", "--dir", `${folder}::data`, quireCommand];
      const get = ["data/quire.db", "get", "users", String((n / 10) * 9)];
      jobs.push({ name: "quire.wasm get", command: { program: wasmtime, args: [...module, ...get] } });
      jobs.push({ name: "quire.wasm --readonly get", command: { program: wasmtime, args: [...module, "--readonly", ...get] } });
      const stats = execFileSync(wasmtime, [...module, "--json", "data/quire.db", "stats"], { encoding: "utf8" });
      const { tables } = JSON.parse(stats) as { tables: { indexes: { columns: string[]; height: number }[] }[] };
      for (const { columns, height } of tables[0]?.indexes ?? []) {
        collector.add("sizes", `height of the index on ${columns.join(", ")}`, "quire", n, height, "units");
      }
    }
    if (wasmtime !== null && nothing !== null && n === rows[0]) {
      jobs.push({
        name: "start of an empty module",
        command: { program: wasmtime, args: ["run", "--allow-precompiled", nothing] },
      });
    }
    const failed = new Set<string>();
    for (let round = 0; round < rounds * OPENINGS; round++) {
      for (const { name, command } of rotated(jobs, round)) {
        const us = failed.has(name) ? null : wall(name, command);
        if (us === null) failed.add(name);
        else collector.add("open", "process", name, name.startsWith("start of") ? 0 : n, us);
      }
    }
    say(`open ${count(n)} rows: ${rounds * OPENINGS} processes each of ${jobs.length} kinds`);
  }
}

/** What a change writes to its files, by what a counting host sees; nothing here varies, so once is enough. */
async function measureAmplification(peers: readonly Peer[]): Promise<void> {
  for (const peer of peers) {
    const n = Math.min(AMPLIFIED_ROWS, peer.most.amplify ?? 0);
    if (peer.module === undefined || n === 0) continue;
    clean();
    say(`bytes written, ${count(n)} rows: ${peer.name}`);
    const args = ["amplify", peer.name, "/data/bench.db", String(n), ...peer.options];
    const lines = await countProgram(peer.module, args, folder);
    // What the reference writes is what its calls write: it has nothing left to write at the end.
    for (const op of ["insert", "update"]) {
      const own = lines.filter((line) => line.op === `amplify_${op}` || line.op === `amplify_${op}_open`);
      const bytes = own.reduce((sum, { counts }) => sum + counts.bytesWritten, 0);
      const syncs = own.reduce((sum, { counts: { calls } }) => sum + (calls["fd_datasync"] ?? 0) + (calls["fd_sync"] ?? 0), 0);
      collector.add("amplify", `bytes_per_${op}`, peer.name, AMPLIFIED_ROWS, bytes / 1000, "units");
      collector.add("amplify", `syncs_per_${op}`, peer.name, AMPLIFIED_ROWS, syncs / 1000, "units");
    }
  }
}

function measureSizes({ modules }: Peers): void {
  for (const [name, path] of modules) collector.add("sizes", "module_bytes", name, 0, statSync(path).size, "bytes");
}

function about({ wasmtime, list }: Peers): [string, string][] {
  const disk = spawnSync("df", ["--output=fstype", folder], { encoding: "utf8" });
  const facts: [string, string][] = [
    [
      "machine",
      `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    ],
    ["load before the run", loadBefore.toFixed(1)],
    ["load at its end", (loadavg()[0] ?? 0).toFixed(1)],
    ["file system", disk.status === 0 ? (disk.stdout.trim().split("\n").at(-1) ?? "?") : "?"],
    ["Quire", commit],
    ["wasmtime", wasmtime === null ? "none" : (versionOf(wasmtime) ?? "?")],
    ["Node", process.version],
    ["clang", versionOf("clang-14") ?? "none"],
    ["cargo", versionOf("cargo") ?? "none"],
    ["how Quire is built", "scripts/compile.mjs: asc, then wasm-opt -O3"],
    ["how SQLite is built", `\`clang-14 ${SQLITE_FLAGS.join(" ")}\`, for WASI also \`${WASI_FLAGS.join(" ")}\``],
    [
      "how the reference is built",
      "`cargo build --release --target wasm32-wasip1`; opt-level 3, fat LTO, one codegen unit, panic = abort",
    ],
    ["WASI programs", "`wasmtime compile` once, then `wasmtime run --allow-precompiled --dir DIR::/data`"],
  ];
  for (const { name } of list) {
    const said = notes.get(name);
    if (said !== undefined) facts.push([name, said]);
  }
  return facts;
}

const writes = (only === undefined && options.modes === undefined && !options.quick) || options.write;

function resultsOf(peers: Peers): Results {
  const words = process.argv.slice(2);
  return {
    date: new Date().toISOString().slice(0, 10),
    command: `npm run bench${words.length > 0 ? ` -- ${words.join(" ")}` : ""}`,
    rounds,
    quick: options.quick,
    about: about(peers),
    missing: leftOut(),
    figures: collector.figures(),
  };
}

async function main(): Promise<void> {
  if (options.report) {
    writeReport(readResults());
    return;
  }
  const strange = groups.find((group) => !GROUPS.includes(group));
  if (strange !== undefined) throw new Error(`--modes knows ${GROUPS.join(", ")}, not ${strange}`);
  if (rows.some((n) => !(n >= 100)) || !(rounds >= 1)) throw new Error("--rows wants numbers from 100, --rounds one from 1");
  if (writes) {
    loadBefore = options.anyway ? (loadavg()[0] ?? 0) : await settledLoad(say);
    const reason = refusal(uncommitted(packageRoot), loadBefore);
    if (reason !== null && !options.anyway) throw new Error(reason);
    if (reason !== null) say(`NOT TO BE RELIED ON: ${reason}`);
  }
  const peers = gatherPeers(wanted);
  say(`measuring ${peers.list.map(({ name }) => name).join(", ")}`);
  const has = (group: Group): boolean => groups.includes(group);
  const quire = peers.list.find(({ name }) => name === "quire");
  if (has("raw") && quire?.command !== undefined) {
    for (let round = 1; round <= rounds; round++) {
      clean();
      const { program, args } = quire.command("full", folder, "raw.bin", 0);
      const lines = start("raw calls", { program, args: args.map((word) => (word === "full" ? "raw" : word)) });
      for (const { op, us } of lines ?? []) collector.add("raw", op, "wasmtime", 0, us);
      say(`raw, round ${round}/${rounds}`);
    }
  }
  for (const group of ["full", "random", "wide1k", "wide20k", "posts"] as const) {
    if (!has(group)) continue;
    measure(group, group, peers.list);
    // What was measured so far is kept, should a later part come to grief.
    if (writes) writeResults(resultsOf(peers));
  }
  if (has("open")) measureOpening(peers);
  if (has("amplify")) await measureAmplification(peers.list);
  if (has("sizes")) measureSizes(peers);
  const results = resultsOf(peers);
  printSummary(results);
  if (!writes) {
    say("nothing was written: this was a part of the bench, or a quick one (--write writes it all the same)");
    return;
  }
  writeResults(results);
  writeReport(results);
  say("wrote bench/results/latest.json and docs/benchmarks.md");
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
