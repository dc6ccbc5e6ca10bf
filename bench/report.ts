/** docs/benchmarks.md from what was measured last. Nothing in it is written by hand. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../host/paths.js";
import { BUSY, BUSY_AT_END, UNSTEADY } from "./conditions.js";
import { type Figure, type Results } from "./figures.js";
import { GROUP_TITLES, OPERATIONS, type Operation, PEERS } from "./words.js";

const PATH = join(packageRoot, "docs", "benchmarks.md");
/** Processes a round where a whole process is measured. */
export const OPENINGS = 7;
/** Stands behind what is not steady. */
const MARK = "†";
/** Ratios nearer to one than this are noise. */
const NOISE = 0.05;

const isNode = (peer: string): boolean => PEERS.get(peer)?.node === true;
const baseOf = (peer: string): string => PEERS.get(peer)?.base ?? (isNode(peer) ? "quire-node" : "quire");

function number(value: number | undefined): string {
  if (value === undefined) return "";
  if (value < 1) return value.toFixed(value < 0.1 ? 4 : 3);
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

/** An operation's title where its group's is not above it. */
const fullTitle = ({ group, title }: Operation): string =>
  group.startsWith("wide") ? `${GROUP_TITLES.get(group)?.title ?? group}: ${title}` : title;

const times = (value: number): string => `${value < 10 ? value.toPrecision(2) : Math.round(value).toLocaleString("en")}×`;
const count = (n: number): string => n.toLocaleString("en");

class Tables {
  readonly #byKey = new Map<string, Figure>();

  constructor(readonly results: Results) {
    for (const figure of results.figures) this.#byKey.set(this.#key(figure.group, figure.op, figure.peer, figure.n), figure);
  }

  #key(group: string, op: string, peer: string, n: number): string {
    return JSON.stringify([group, op, peer, n]);
  }

  get(group: string, op: string, peer: string, n: number): number | undefined {
    return this.#byKey.get(this.#key(group, op, peer, n))?.median;
  }

  /** The mark of a figure whose rounds are too far apart, or of its ratio to Quire's, if either's are; else nothing. */
  mark(group: string, op: string, peer: string, n: number, asRatio = false): string {
    const peers = asRatio ? [peer, baseOf(peer)] : [peer];
    const figures = peers.map((name) => this.#byKey.get(this.#key(group, op, name, n)));
    return figures.some((figure) => figure !== undefined && figure.unit !== "bytes" && figure.spread > UNSTEADY) ? MARK : "";
  }

  sizes(group: string, op: string): number[] {
    const found = this.results.figures.filter((figure) => figure.group === group && figure.op === op).map(({ n }) => n);
    return [...new Set(found)].sort((a, b) => a - b);
  }

  peers(group: string, op: string): string[] {
    const there = this.results.figures.filter((figure) => figure.group === group && figure.op === op).map(({ peer }) => peer);
    const known = [...PEERS.keys()].filter((name) => there.includes(name));
    return [...known, ...[...new Set(there)].filter((name) => !known.includes(name))];
  }

  /** A peer's time over Quire's for the same: above one, Quire is faster. */
  ratio(group: string, op: string, peer: string, n: number): number | undefined {
    const [own, base] = [this.get(group, op, peer, n), this.get(group, op, baseOf(peer), n)];
    return own === undefined || base === undefined || base === 0 ? undefined : own / base;
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|---|${"---:|".repeat(head.length - 1)}`, ...rows.map(line)].join("\n");
}

/** Peers by rows; with each figure how much slower (or, below 1, faster) than Quire. */
function operationTable(tables: Tables, { group, op }: Operation, names: readonly string[]): string | null {
  const peers = tables.peers(group, op).filter((peer) => names.includes(peer));
  const sizes = tables.sizes(group, op).filter((n) => peers.some((peer) => tables.get(group, op, peer, n) !== undefined));
  if (peers.length === 0) return null;
  const rows = peers.map((peer) => {
    const cells = sizes.map((n) => {
      const ratio = peer === baseOf(peer) ? undefined : tables.ratio(group, op, peer, n);
      const own = number(tables.get(group, op, peer, n)) + tables.mark(group, op, peer, n);
      return own + (ratio === undefined ? "" : ` (${times(ratio)}${tables.mark(group, op, peer, n, true)})`);
    });
    return [PEERS.get(peer)?.title ?? peer, ...cells];
  });
  return table(["", ...sizes.map((n) => (n === 0 ? "" : `${count(n)} rows`))], rows);
}

const SHORT = [
  "quire",
  "sqlite-wasi",
  "sqlite-wasi-16m",
  "sqlite-wasi-wal",
  "sqlite-native",
  "reference-0.11.0",
  "reference-0.9.0",
];

/** At 100,000 rows, or what comes nearest below; the reference at the most rows that it was measured with. */
function inShort(tables: Tables): string {
  const peers = SHORT.filter((peer) => tables.results.figures.some((figure) => figure.peer === peer));
  const rows = OPERATIONS.filter(({ short }) => short === true).flatMap(({ group, op, title }) => {
    const measured = tables.sizes(group, op).filter((n) => tables.get(group, op, "quire", n) !== undefined);
    const usual = measured.filter((n) => n <= 100_000);
    const sizes = usual.length > 0 ? usual : measured;
    const n = sizes.at(-1);
    if (n === undefined) return [];
    const cells = peers.map((peer) => {
      if (peer === "quire") return number(tables.get(group, op, peer, n)) + tables.mark(group, op, peer, n);
      const most = sizes.filter((size) => tables.get(group, op, peer, size) !== undefined).at(-1);
      const ratio = most === undefined ? undefined : tables.ratio(group, op, peer, most);
      if (ratio === undefined) return "";
      return times(ratio) + tables.mark(group, op, peer, most ?? 0, true) + (most === n ? "" : ` (at ${count(most ?? 0)})`);
    });
    return [[`${fullTitle({ group, op, title })}, ${count(n)} rows`, ...cells]];
  });
  const head = peers.map((peer) => (peer === "quire" ? "Quire" : (PEERS.get(peer)?.title ?? peer)));
  return table(["", ...head], rows);
}

/** What has tables of its own, but can be lost all the same. */
const BESIDES: readonly Operation[] = [
  { group: "open", op: "process", title: "open and read one row, the whole process" },
  { group: "sizes", op: "file_bytes", title: "bytes of the file" },
  { group: "full", op: "memory", title: "memory" },
  { group: "amplify", op: "bytes_per_insert", title: "bytes written by an insert" },
  { group: "amplify", op: "bytes_per_update", title: "bytes written by an update" },
];

function whereOthersWin(tables: Tables): string {
  const lines: string[] = [];
  for (const [peer, { title }] of PEERS) {
    if (peer.startsWith("quire")) continue;
    const judged = [...OPERATIONS.filter(({ unmatched }) => unmatched !== true), ...BESIDES];
    const won = judged.flatMap((operation) => {
      const { group, op } = operation;
      const found = tables.sizes(group, op).flatMap((n) => {
        const ratio = tables.ratio(group, op, peer, n);
        return ratio !== undefined && ratio < 1 - NOISE
          ? [`${n === 0 ? "" : `${count(n)}: `}${ratio.toPrecision(2)}${tables.mark(group, op, peer, n, true)}`]
          : [];
      });
      return found.length === 0 ? [] : [`${fullTitle(operation)} (${found.join(", ")})`];
    });
    if (won.length > 0)
      lines.push(`- **${title}** takes less than ${PEERS.get(baseOf(peer))?.title ?? "Quire"} for: ${won.join("; ")}.`);
  }
  return lines.length === 0 ? "Nowhere in what was measured." : lines.join("\n");
}

/** What Quire's operations cost with more rows, against what they cost with the fewest. */
function growth(tables: Tables): string {
  const sizes = tables.sizes("full", "get").filter((n) => tables.get("full", "get", "quire", n) !== undefined);
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first === undefined || last === undefined || sizes.length < 2) return "Only one size was measured.";
  const ops = OPERATIONS.filter(({ grows }) => grows === true);
  const line = (peer: string, { group, op, title }: Operation): string[] => {
    const values = sizes.map((n) => tables.get(group, op, peer, n));
    const [from, to] = [values[0], values.at(-1)];
    const cells = sizes.map((n, at) => number(values[at]) + tables.mark(group, op, peer, n));
    return [title, ...cells, from === undefined || to === undefined ? "" : times(to / from)];
  };
  const heights = tables.results.figures.filter(({ op }) => op.startsWith("height"));
  const heightRows = [...new Set(heights.map(({ op }) => op))].map((op) => [
    op,
    ...sizes.map((n) => number(tables.get("sizes", op, "quire", n)).replace(/\.00$/, "")),
    "",
  ]);
  const head = ["", ...sizes.map((n) => `${count(n)} rows`), `${count(last)} over ${count(first)}`];
  const linesOf = (peer: string): string[][] => ops.map((op) => line(peer, op)).filter((cells) => cells[1] !== "");
  const own = table(head, [...linesOf("quire"), ...heightRows]);
  const others = [
    ["SQLite in WASI with the same cache", "sqlite-wasi-16m"],
    [
      "Quire with a cache of 512 MiB, which holds the whole file: what the tables and trees cost without the file's being read again",
      "quire-512m",
    ],
    ["SQLite in WASI with as much", "sqlite-wasi-512m"],
  ] as const;
  const parts = others.flatMap(([title, peer]) => {
    const lines = linesOf(peer);
    return lines.length === 0 ? [] : [`${title}, µs:`, table(head, lines)];
  });
  return ["Quire, µs:", own, ...parts].join("\n\n");
}

function opening(tables: Tables): string {
  const sizes = tables.sizes("open", "process").filter((n) => n > 0);
  const peers = tables.peers("open", "process");
  const rows = peers
    .filter((peer) => !peer.startsWith("start of"))
    .map((peer) => {
      const start = tables.get("open", "process", `start of ${peer}`, 0);
      const cells = sizes.map((n) => {
        const us = tables.get("open", "process", peer, n);
        return us === undefined ? "" : (us / 1000).toFixed(2) + tables.mark("open", "process", peer, n);
      });
      return [PEERS.get(peer)?.title ?? `\`${peer}\``, start === undefined ? "" : (start / 1000).toFixed(2), ...cells];
    });
  const empty = tables.get("open", "process", "start of an empty module", 0);
  const note = empty === undefined ? "" : `An empty module starts and ends in ${(empty / 1000).toFixed(2)} ms.\n\n`;
  return note + table(["ms", "start and end, no file", ...sizes.map((n) => `${count(n)} rows`)], rows);
}

function sizes(tables: Tables): string {
  const parts: string[] = [];
  const modules = tables
    .peers("sizes", "module_bytes")
    .map((name) => [name, count(tables.get("sizes", "module_bytes", name, 0) ?? 0)]);
  if (modules.length > 0) parts.push(table(["module", "bytes"], modules));
  const lists: [string, string, string, (bytes: number, n: number) => string][] = [
    ["sizes", "file_bytes", "file, bytes a row", (bytes, n) => number(bytes / n)],
    ["full", "memory", "memory at the end of `full`, MiB", (bytes) => number(bytes / 2 ** 20)],
    ["wide20k", "memory", "memory at the end of `wide20k`, MiB", (bytes) => number(bytes / 2 ** 20)],
  ];
  for (const [group, op, title, spell] of lists) {
    const columns = tables.sizes(group, op);
    const rows = tables.peers(group, op).map((peer) => [
      PEERS.get(peer)?.title ?? peer,
      ...columns.map((n) => {
        const bytes = tables.get(group, op, peer, n);
        return bytes === undefined ? "" : spell(bytes, n);
      }),
    ]);
    if (rows.length > 0) parts.push(table([title, ...columns.map((n) => `${count(n)} rows`)], rows));
  }
  return parts.join("\n\n");
}

function amplification(tables: Tables): string {
  const ops = [
    ["bytes_per_insert", "bytes an insert"],
    ["syncs_per_insert", "syncs an insert"],
    ["bytes_per_update", "bytes an update"],
    ["syncs_per_update", "syncs an update"],
  ] as const;
  const peers = tables.peers("amplify", "bytes_per_insert");
  const rows = peers.map((peer) => [
    PEERS.get(peer)?.title ?? peer,
    ...ops.map(([op]) => number(tables.get("amplify", op, peer, 10_000))),
  ]);
  return table(["", ...ops.map(([, title]) => title)], rows);
}

function spreadNote({ figures, rounds }: Results): string {
  const spreads = figures.filter(({ unit, runs }) => unit === "us" && runs.length > 1).map(({ spread }) => spread);
  if (rounds === 1 || spreads.length === 0)
    return "There was one round, so nothing is known of the spread: no more than a first look.";
  spreads.sort((a, b) => a - b);
  const at = (share: number): string => (spreads[Math.floor(share * (spreads.length - 1))] ?? 1).toFixed(2);
  return `Medians of ${rounds} rounds (two for the reference; ${OPENINGS} processes a round where a whole process is measured). Slowest round over fastest: ${at(0.5)} in the middle, ${at(0.9)} for one in ten, ${at(1)} at worst. ${MARK} stands behind figures whose slowest round took more than ${UNSTEADY} times as long as their fastest, and behind ratios of such: don't rely on them.`;
}

/** The text of docs/benchmarks.md. */
export function page(results: Results): string {
  const tables = new Tables(results);
  const wasi = [...PEERS.keys()].filter((peer) => !isNode(peer));
  const node = [...PEERS.keys()].filter(isNode);
  const parts: string[] = [
    "<!-- Generated by npm run bench; `npm run bench -- --report` makes it anew from bench/results/latest.json. Do not edit. -->",
    "# Benchmarks",
    `Measured ${results.date} by \`${results.command}\`${results.quick ? ", a quick look and nothing to rely on" : ""}. ${spreadNote(results)} Every round is in [bench/results/latest.json](../bench/results/latest.json).`,
    "All peers run one after the other in one run, in another order each round, on files that are warm in the page cache; the WASI peers under the same wasmtime, their modules compiled ahead. " +
      "Absolute times are this machine's; ratios travel better. A figure in brackets is a peer's time over Quire's: above 1× Quire is faster, below it the peer.",
    table(
      ["", ""],
      results.about.map(([what, value]) => [PEERS.get(what)?.title ?? what, value]),
    ).replace("---:|", "---|"),
  ];
  const fact = (what: string): string => results.about.find(([name]) => name === what)?.[1] ?? "";
  const [before, after] = [Number(fact("load before the run")), Number(fact("load at its end"))];
  if (before > BUSY || after > BUSY_AT_END) {
    const loads = after > 0 ? `${before} before the run and ${after} at its end` : `${before} before the run`;
    parts.push(
      `**The machine was busy with other things: its load was ${loads}. Don't rely on these figures, not even on ratios.**`,
    );
  }
  if (/-dirty$|^\?$/.test(fact("Quire"))) {
    parts.push("**Measured from sources that are no commit: nobody can measure the same again. Don't rely on these figures.**");
  }
  if (results.missing.length > 0)
    parts.push(`**Left out on this machine:**\n\n${results.missing.map((line) => `- ${line}`).join("\n")}`);
  parts.push("## In short", "Quire in µs, the others as a multiple of it.", inShort(tables));
  parts.push("## Where others win", whereOthersWin(tables));
  parts.push("## How cost grows", growth(tables));
  for (const [group, text] of GROUP_TITLES) {
    const list = OPERATIONS.filter((operation) => operation.group === group);
    const found = list.flatMap((operation) => {
      const made = operationTable(tables, operation, wasi);
      return made === null ? [] : [`### ${operation.title}`, ...(operation.note === undefined ? [] : [operation.note]), made];
    });
    if (found.length > 0) parts.push(`## ${text.title}`, text.about, ...found);
  }
  const nodeTables = OPERATIONS.filter(({ group }) => group === "full").flatMap((operation) => {
    const made = operationTable(tables, operation, node);
    return made === null ? [] : [`### On Node: ${operation.title}`, made];
  });
  if (nodeTables.length > 0) {
    const text =
      "`openSync` of Quire against what npm offers, each at its best: better-sqlite3 with WAL, EXCLUSIVE locking and 16 MiB of cache, node-sqlite3-wasm " +
      "with EXCLUSIVE locking and 16 MiB, lmdb with three sub-databases (rows, e-mail → id, age → id). Rows are whole objects. Brackets are against Quire on Node.";
    parts.push("## On Node, in process", text, ...nodeTables);
  }
  const starts =
    "A process that opens a file, reads one row by its key and ends. `quire.wasm` is the command line as users have it, the others are the programs of this bench.";
  parts.push("## Open and read one row, the whole process", starts, opening(tables));
  parts.push(
    "## Sizes",
    "The memory of WASI peers is their linear memory; on Node it is what the process grew by.",
    sizes(tables),
  );
  const written =
    "1,000 inserts of a row of about 34 bytes, and 1,000 updates of a four-byte indexed column, in a synced transaction each, in a table of 10,000 rows (the reference: 1,000), until the file is closed: " +
    "what goes to all files together, as a counting WASI host sees it (Node; nothing here varies). The reference has no log and never syncs.";
  parts.push("## Bytes written", written, amplification(tables));
  const raw = tables.peers("raw", "raw_read_100");
  if (raw.length > 0) {
    const ops = results.figures.filter(({ group }) => group === "raw");
    const rows = ops.map(({ op, median }) => [op.replace(/^raw_/, "").replaceAll("_", " "), number(median)]);
    parts.push("## What the host's calls cost", "Under wasmtime, µs; the number is of bytes.", table(["", "µs"], rows));
  }
  return `${parts.join("\n\n")}\n`;
}

export function writeReport(results: Results): void {
  writeFileSync(PATH, page(results));
}

/** The short table, for whoever sits before it. */
export function printSummary(results: Results): void {
  const tables = new Tables(results);
  console.log(`${inShort(tables)}\n\n${whereOthersWin(tables)}`);
}
