/**
 * npm run bench:sql: SQL beside SQLite, both under wasmtime and inside of their modules, and SQLite as a program of this machine.
 *
 *   npm run bench:sql [-- --rows 100000,1000000] [--rounds 3] [--only NAME,…] [--quire] [--write]
 *
 * Of each statement the fastest of a process' runs, and of several processes, which take turns, the median; in brackets how many times
 * Quire's it is. All have 16 MiB of cache and give the same rows, or it says so. --only: what has a name that begins with one of these;
 * --quire: Quire alone. --write: also docs/sql-benchmarks.md, with what bench/sql-notes.md says of the figures.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../host/paths.js";
import { median } from "./figures.js";
import { type Peer, gatherSqlPeers } from "./peers.js";
import { say } from "./say.js";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
    quire: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

/** Tables of the bench, and how many rows of theirs there are: words as bench/quire/sql.ts tells. */
const TABLES = [
  "do||||CREATE TABLE fixed (id INTEGER PRIMARY KEY, a BIGINT NOT NULL, b INT NOT NULL, c INT NOT NULL, g INT NOT NULL, h INT NOT NULL)",
  "do||||CREATE INDEX fixed_g_h ON fixed (g, h)",
  "do||||CREATE TABLE texts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, a BIGINT NOT NULL, b INT NOT NULL)",
  "do||||CREATE TABLE parts (id INTEGER PRIMARY KEY, fixed_id BIGINT NOT NULL, v BIGINT NOT NULL, plain BIGINT NOT NULL)",
  "do||||CREATE INDEX parts_fixed_id ON parts (fixed_id)",
  "do||||BEGIN",
  "each|INSERT of one row, prepared|0|i r2147483647 r1000 rn r1000 r100000|INSERT INTO fixed VALUES (?, ?, ?, ?, ?, ?)",
  "each|the same with text|0|i t r2147483647 r1000|INSERT INTO texts VALUES (?, ?, ?, ?)",
  "each|the same with 4 numbers|0|i rn r1000 rn|INSERT INTO parts VALUES (?, ?, ?, ?)",
  "do||||COMMIT",
];

/** The issue's rows, and more: name, statement, and how it is asked if not as a query. */
const QUERIES = [
  "each|SELECT by key, prepared|200000|rn|SELECT a, b FROM fixed WHERE id = ?",
  "ask|count(*)|5||SELECT count(*) FROM fixed",
  "ask|filter, fixed columns|5||SELECT count(*), sum(c) FROM fixed WHERE a > 1000000000 AND b < 500",
  "ask|filter, text before them|5||SELECT count(*), sum(b) FROM texts WHERE a > 1000000000 AND b < 500",
  "ask|aggregates of all rows|5||SELECT sum(a), min(b), max(c) FROM fixed",
  "ask|average of all rows|5||SELECT avg(b) FROM fixed",
  "ask|GROUP BY, 1,000 groups|5||SELECT b, count(*), sum(c) FROM fixed GROUP BY b",
  "ask|range, from the keys alone|5||SELECT g, h FROM fixed WHERE g BETWEEN 100 AND 300",
  "ask|range, from the keys, sum|5||SELECT sum(h) FROM fixed WHERE g BETWEEN 100 AND 300",
  "ask|join by an index|3||SELECT count(*), sum(p.v) FROM fixed f JOIN parts p ON p.fixed_id = f.id WHERE f.b < 100",
  "ask|join without an index, all|2||SELECT count(*), sum(f.c) FROM parts p JOIN fixed f ON f.c = p.plain",
  "ask|ORDER BY … LIMIT 10|5||SELECT id, a FROM fixed ORDER BY a LIMIT 10",
  "ask|sort of all|3||SELECT id, a FROM fixed ORDER BY a, b",
  "ask|LIKE '%77%'|5||SELECT count(*) FROM texts WHERE name LIKE '%77%'",
  "ask|EXISTS, by an index|3||SELECT count(*) FROM fixed f WHERE b < 20 AND EXISTS (SELECT 1 FROM parts p WHERE p.fixed_id = f.id AND v > 500)",
];

/** A chain of so many tables, as many as SQLite joins. */
const CHAIN = 64;
const chain = Array.from({ length: CHAIN - 1 }, (_, at) => `JOIN parts p${at + 1} ON p${at + 1}.id = p${at}.fixed_id`).join(" ");
const PLANS = [`plan|64 tables, planned|5||SELECT count(*) FROM parts p0 ${chain}`];

const CHANGES = [
  "change|UPDATE of a tenth|3||UPDATE fixed SET c = c + 1 WHERE b < 100 AND ?1 >= 0",
  "change|UPDATE of a tenth, indexed|2||UPDATE fixed SET h = h + 1 WHERE b < 100 AND ?1 >= 0",
  "change|DELETE of a tenth|3||DELETE FROM texts WHERE b >= ?1 * 100 AND b < ?1 * 100 + 100",
  "change|DELETE of a tenth, indexed|2||DELETE FROM fixed WHERE b >= ?1 * 100 + 500 AND b < ?1 * 100 + 600",
  "do||||BEGIN",
  "each|UPDATE by key, prepared|20000|r1000 rn|UPDATE parts SET v = ? WHERE id = ?",
  "each|DELETE by key, prepared|5000|rn|DELETE FROM parts WHERE id = ?",
  "do||||COMMIT",
];

/** Between a statement and the one that does the same in SQLite, where that has another. */
const IN_SQLITE = " -- in SQLite: ";

/** Definitions that change on the rows that are there; without --only behind all others. */
const DEFINITIONS = [
  "change|CREATE INDEX on a number|1||CREATE INDEX fixed_a ON fixed (a)",
  "change|CREATE INDEX on text|1||CREATE INDEX texts_name ON texts (name)",
  "change|CREATE UNIQUE INDEX on two|1||CREATE UNIQUE INDEX fixed_two ON fixed (b, id)",
  "do||||DROP INDEX IF EXISTS texts_name",
  // SQLite adds a column to no row: what makes it one of all rows is a table that is made anew.
  `change|ADD COLUMN FIRST, all rows|1||ALTER TABLE texts ADD COLUMN z INT NOT NULL DEFAULT 7 FIRST${IN_SQLITE}CREATE TABLE texts2 AS SELECT 7 AS z, * FROM texts`,
  "change|DROP COLUMN, all rows|1||ALTER TABLE texts DROP COLUMN b",
  `change|a column's type, all rows|1||ALTER TABLE parts ALTER COLUMN plain TYPE TEXT${IN_SQLITE}CREATE TABLE parts2 AS SELECT id, fixed_id, v, CAST(plain AS TEXT) AS plain FROM parts`,
];

/** How many times as long SQLite on WASI is to take at least. */
const AIMS = new Map([
  ["SELECT by key, prepared", 2],
  ["filter, fixed columns", 5],
  ["filter, text before them", 3],
  ["aggregates of all rows", 4],
  ["GROUP BY, 1,000 groups", 4],
  ["range, from the keys alone", 4],
  ["range, from the keys, sum", 4],
  ["join by an index", 3],
  ["join without an index, all", 10],
  ["ORDER BY … LIMIT 10", 4],
  ["sort of all", 2],
  ["UPDATE of a tenth", 2],
  ["UPDATE of a tenth, indexed", 2],
  ["DELETE of a tenth", 2],
  ["DELETE of a tenth, indexed", 2],
  ["CREATE INDEX on a number", 2],
  ["CREATE INDEX on text", 2],
  ["CREATE UNIQUE INDEX on two", 2],
  ["ADD COLUMN FIRST, all rows", 2],
  ["DROP COLUMN, all rows", 2],
  ["a column's type, all rows", 2],
]);

interface Line {
  readonly op: string;
  readonly us: number;
  readonly rows: number;
  readonly sum?: string;
}

const TIMEOUT_MS = 900_000;
const rounds = Number(options.rounds);
const only = options.only?.split(",");
const wanted = (word: string): boolean =>
  word.startsWith("do|") || only === undefined || only.some((name) => word.split("|")[1]?.startsWith(name) === true);
const words = [...TABLES, ...[...QUERIES, ...PLANS, ...CHANGES, ...DEFINITIONS].filter(wanted)];
const folder = mkdtempSync(join(process.env["QUIRE_BENCH_DATA"] ?? join(packageRoot, "build"), "bench-sql-"));

/** What a peer's process prints. */
function run(peer: Peer, n: number): readonly Line[] {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  const { program, args } = peer.command("sql", folder, "bench.db", n);
  const own = words.map((word) => {
    const [statement = "", inSqlite] = word.split(IN_SQLITE);
    return inSqlite === undefined || peer.name === "quire"
      ? statement
      : `${statement.slice(0, statement.lastIndexOf("|"))}|${inSqlite}`;
  });
  const done = spawnSync(program, [...args, ...own], { encoding: "utf8", timeout: TIMEOUT_MS, maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`${peer.name}: status ${done.status}: ${done.stderr}${done.stdout}`.slice(0, 500));
  return done.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Line);
}

function measure(peers: readonly Peer[], n: number): void {
  const measured = new Map<string, Map<string, number[]>>();
  const told = new Map<string, string>();
  const others = new Set<string>();
  for (let round = 1; round <= rounds; round++) {
    for (const peer of peers) {
      for (const { op, us, rows, sum } of run(peer, n)) {
        const times = measured.get(op) ?? new Map<string, number[]>();
        measured.set(op, times.set(peer.name, [...(times.get(peer.name) ?? []), us]));
        const found = `${rows} ${sum}`;
        if ((told.get(op) ?? found) !== found && !op.includes("planned")) others.add(op);
        told.set(op, found);
      }
      say(`round ${round}/${rounds}: ${peer.name}`);
    }
  }
  const title = `${n.toLocaleString("en")} rows, microseconds`;
  console.log(`\n${title}\n\n${"".padEnd(32)}${peers.map(({ name }) => name.padStart(24)).join("")}`);
  report.push(
    "",
    `## ${title}`,
    "",
    `|  | ${peers.map(({ name }) => name).join(" | ")} | aim |`,
    `|---|${peers.map(() => "---:|").join("")}---:|`,
  );
  for (const [op, times] of measured) {
    const timeOf = (peer: string): number => median(times.get(peer) ?? []);
    const ours = timeOf("quire");
    const cells = peers.map(({ name }) => {
      const us = timeOf(name);
      const shown = us.toFixed(us < 100 ? 2 : 0);
      return name === "quire" ? shown : `${shown} (${(us / ours).toFixed(1)}×)`;
    });
    const different = others.has(op) ? "  OTHER ROWS" : "";
    console.log(`${op.padEnd(32)}${cells.map((cell) => cell.padStart(24)).join("")}${different}`);
    const aim = AIMS.get(op);
    const isMissed = aim !== undefined && timeOf("sqlite-wasi") / ours < aim;
    report.push(
      `| ${op}${different} | ${cells.join(" | ")} | ${aim === undefined ? "" : `${aim}×${isMissed ? ", missed" : ""}`} |`,
    );
  }
}

/** What is written besides the tables. */
const report = [
  "<!-- Generated by npm run bench:sql -- --write. Do not edit. -->",
  "",
  "# SQL beside SQLite",
  "",
  `Measured ${new Date().toISOString().slice(0, 10)} by \`npm run bench:sql -- --rows ${options.rows} --rounds ${options.rounds} --write\` on ${cpus().length} cores of ${cpus()[0]?.model ?? "?"}; the load before the run was ${(loadavg()[0] ?? NaN).toFixed(1)}.`,
  "Of each statement the fastest of a process' runs, and of several processes, which take turns, the median; a figure in brackets is SQLite's time over Quire's: above 1× Quire is faster.",
  "Quire and SQLite run under the same wasmtime, their modules compiled ahead, and SQLite as a program of the machine as well; all have 16 MiB of cache and a file that is synced at each commit.",
  "An aim is how many times as long SQLite on WASI is to take at least.",
  "The statements are in [bench/sql.ts](../bench/sql.ts).",
];

try {
  const peers = gatherSqlPeers().filter(({ name }) => !options.quire || name === "quire");
  for (const n of options.rows.split(",")) measure(peers, Number(n.replaceAll("_", "")));
  if (options.write) {
    const notes = readFileSync(join(packageRoot, "bench", "sql-notes.md"), "utf8");
    writeFileSync(join(packageRoot, "docs", "sql-benchmarks.md"), `${report.join("\n")}\n\n${notes}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
