/**
 * npm run bench:prices: what each mechanism of the memory layer is worth. The bench's workload is compiled with the mechanism switched off, at the
 * line that the comment `// off: NAME` marks, and counted beside the one as it is. docs/memory.md has the table; `-- --update` writes it anew.
 * `-- --only WORDS` takes those with WORDS in their names, `-- --rows WORKLOAD` shows what each changes most there.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../host/paths.js";
import { compileFile, type Patch } from "../tests/torture/module.js";
import { countProgram } from "./counting.js";

export interface Price {
  /** The mechanism, as the mark says it. */
  readonly name: string;
  /** What switches it off: the marked line, or `part` of it, becomes `off`. */
  readonly off: string;
  readonly part?: string;
  /** What of bench/counts.json would grow without it; or, of what is there for safety, would shrink. */
  readonly row: string;
  /** The mutants that show a mistake in it (tests/torture/mutants.ts); or a test, as `FILE: NAME`, where a mistake costs time and no data. */
  readonly guards: readonly string[];
}

const SMALL_CACHE = "full 20000 cache=2097152";
const LARGE_TABLE = "amplify 100000 cache=2097152";
const RANDOM = "random 100000 cache=2097152";
const COUNTS =
  "tests/counts.test.ts: fixed workloads ask no more of their host than the baseline has (npm run bench:counts -- --update makes a new one)";
const MEMORY_SPEC = "assembly/__tests__/memory.spec.ts";

/** In the order of the table: what saves something, then what is there so that nothing is lost. */
export const PRICES: readonly Price[] = [
  {
    name: "reading sectors",
    off: "return this.page(pageNo);",
    row: `${SMALL_CACHE} / get_unique / bytesRead`,
    guards: ["a page that is changed does not forget its sectors"],
  },
  {
    name: "derived cache",
    off: "return 0;",
    row: `${SMALL_CACHE} / get_unique / bytesRead`,
    guards: ["a page that is changed does not forget its fences"],
  },
  {
    name: "compact leaves",
    off: "if (true) return 0;",
    row: `${RANDOM} / get_after_random / fd_pread`,
    guards: ["a page that is changed does not forget its compact form"],
  },
  {
    name: "whole-page policy",
    part: "this.readAhead.wantsAll(pageNo)",
    off: "false",
    row: `${SMALL_CACHE} / delete_before_commit / fd_pread`,
    guards: [COUNTS],
  },
  {
    name: "records age faster",
    off: "",
    row: `${SMALL_CACHE} / get_unique / fd_pread`,
    guards: [COUNTS],
  },
  {
    name: "writing sectors",
    part: "sectorsOf(pageOffset, len)",
    off: "0xffff",
    row: `${LARGE_TABLE} / amplify_insert / bytesWritten`,
    guards: [`${MEMORY_SPEC}: only dirty sectors are written`, "a page's sectors in the spill do not count as changed"],
  },
  {
    name: "reading over gaps",
    off: "return sectors;",
    row: `${LARGE_TABLE} / amplify_update / fd_pread`,
    guards: [COUNTS],
  },
  {
    name: "deferred writes",
    off: "return 0;",
    row: `${LARGE_TABLE} / amplify_update_open / bytesRead`,
    guards: [
      "a page that is read does not get the changes that wait for it",
      "a checkpoint does not write the changes that wait for their pages",
    ],
  },
  {
    name: "write buffer",
    part: "this.active",
    off: "false",
    row: `${SMALL_CACHE} / update_before_commit / fd_pread`,
    guards: ["a commit leaves changes of indexes waiting"],
  },
  {
    name: "splices",
    off: "changes.advance();\nbreak;",
    row: `${SMALL_CACHE} / insert_bulk / bytesWritten`,
    guards: [
      "of splices that are done together the removals are not logged",
      "of splices that are done together the insertions are logged where they are before the others",
    ],
  },
  {
    name: "spill",
    off: 'const slot = NO_SLOT;\nfail(OUT_OF_MEMORY, "there is no spill");',
    row: `${SMALL_CACHE} / insert / bytesWritten`,
    guards: ["sectors are always read from the page file", "a rollback does not forget what was read of the spill"],
  },
  {
    name: "slots of sectors",
    off: "return PAGE_SECTORS;",
    row: `${LARGE_TABLE} / amplify_update_open / pagesWritten`,
    guards: ["sectors that the spill had are forgotten"],
  },
  {
    name: "undo cutting",
    part: "this.undo.mark > UNDO_LIMIT",
    off: "false",
    row: `${SMALL_CACHE} / insert_bulk / fd_pwrite`,
    guards: ["a rollback does not forget the sectors of pages that changes wait for"],
  },
  {
    name: "block pool",
    off: "",
    row: `${SMALL_CACHE} / delete / memory`,
    guards: [`${MEMORY_SPEC}: a transaction that goes to the spill and back again and again takes no more memory for it`],
  },
  {
    name: "zeros behind frames",
    part: "end <= this.fileBytes",
    off: "true",
    row: `tables 100 cache=2097152 / tables_first_insert / bytesWritten`,
    guards: [COUNTS],
  },
  {
    name: "checkpoint images",
    off: "",
    row: `${SMALL_CACHE} / close / bytesWritten`,
    guards: ["a checkpoint writes no images", "the images are not applied"],
  },
  {
    name: "bases",
    off: "",
    row: `${SMALL_CACHE} / durable_insert / bytesWritten`,
    guards: ["pages are not compared with their hashes"],
  },
  {
    name: "owner mark",
    off: "return OK;",
    row: `${SMALL_CACHE} / durable_insert / fd_pread`,
    guards: ["nobody asks who owns the file"],
  },
];

export const patchOf = ({ name, part, off }: Price): Patch =>
  part === undefined ? { mark: `off: ${name}`, replace: off } : { mark: `off: ${name}`, find: part, replace: off };

/** Counts a workload with `patches`: null when it can't be done so. */
async function countWorkload(patches: readonly Patch[], workload: string): Promise<Record<string, number> | null> {
  const module = await compileFile("bench", patches, "-O1");
  const folder = mkdtempSync(join(tmpdir(), "quire-prices-"));
  const [mode = "", n = "", ...options] = workload.split(" ");
  const all: Record<string, number> = {};
  try {
    for (const { op, counts } of await countProgram(module, [mode, "quire", "/data/counts.db", n, ...options], folder)) {
      const { calls, ...numbers } = counts;
      for (const [name, value] of Object.entries({ ...calls, ...numbers })) all[`${workload} / ${op} / ${name}`] = value;
    }
    return all;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("the program says")) return null;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const workloadOf = (row: string): string => row.split(" / ")[0] ?? "";

/** The lines of the table in docs/memory.md that are measured. */
const TABLE = /(?<=<!-- prices -->\n)[\s\S]*?(?=\n<!-- end of prices -->)/;
const DOC = join(packageRoot, "docs", "memory.md");

/** A row of the table: `without` is null where the workload can't be done. */
export interface Measured {
  readonly name: string;
  readonly row: string;
  readonly before: number;
  readonly without: number | null;
  readonly guards: readonly string[];
}

/** The table of docs/memory.md, as it is there. */
export function readTable(): Measured[] {
  const lines = (TABLE.exec(readFileSync(DOC, "utf8"))?.[0] ?? "").split("\n").slice(2);
  return lines.map((line) => {
    const [, name = "", row = "", before = "", without = "", guards = ""] = line.split("|").map((cell) => cell.trim());
    const number = (text: string): number => Number(text.replaceAll(",", ""));
    return {
      name,
      row: row.replaceAll("`", ""),
      before: number(before),
      without: without === "fails" ? null : number(without),
      guards: guards.split("; "),
    };
  });
}

function tableOf(all: readonly Measured[]): string {
  const number = (value: number | null): string => (value === null ? "fails" : value.toLocaleString("en"));
  const lines = all.map(
    ({ name, row, before, without, guards }) =>
      `| ${name} | \`${row}\` | ${number(before)} | ${number(without)} | ${guards.join("; ")} |`,
  );
  return ["| mechanism | count | with it | without | what tells of a mistake |", "|---|---|---|---|---|", ...lines].join("\n");
}

/** What a mechanism changes most in a workload. */
async function showRows(prices: readonly Price[], workload: string): Promise<void> {
  const before = (await countWorkload([], workload)) ?? {};
  const change = (now: Record<string, number>, name: string): number =>
    Math.abs(Math.log(((now[name] ?? 0) + 1) / ((before[name] ?? 0) + 1)));
  for (const price of prices) {
    const now = await countWorkload([patchOf(price)], workload);
    console.log(`${price.name}${now === null ? ": fails" : ""}`);
    if (now === null) continue;
    const names = Object.keys({ ...before, ...now }).filter((name) => now[name] !== before[name]);
    names.sort((a, b) => change(now, b) - change(now, a));
    for (const name of names.slice(0, 8)) console.log(`  ${name}: ${before[name] ?? 0} -> ${now[name] ?? 0}`);
  }
}

async function main(words: readonly string[]): Promise<number> {
  const option = (name: string): string | null => (words.includes(name) ? (words[words.indexOf(name) + 1] ?? "") : null);
  const prices = PRICES.filter(({ name }) => name.includes(option("--only") ?? ""));
  const workload = option("--rows");
  if (workload !== null) {
    await showRows(prices, workload);
    return 0;
  }
  const asItIs = new Map<string, Record<string, number> | null>();
  const all: Measured[] = [];
  for (const price of prices) {
    const { name, row, guards } = price;
    const workload = workloadOf(row);
    if (!asItIs.has(workload)) asItIs.set(workload, await countWorkload([], workload));
    const before = asItIs.get(workload)?.[row] ?? 0;
    const now = await countWorkload([patchOf(price)], workload);
    const without = now === null ? null : (now[row] ?? 0);
    all.push({ name, row, before, without, guards });
    console.log(`${name}: ${row}: ${before.toLocaleString("en")} -> ${without?.toLocaleString("en") ?? "fails"}`);
  }
  if (words.includes("--update")) {
    // What was not measured stays.
    const kept = readTable();
    const lines = PRICES.flatMap(
      ({ name }) => all.find((one) => one.name === name) ?? kept.find((one) => one.name === name) ?? [],
    );
    writeFileSync(
      DOC,
      readFileSync(DOC, "utf8").replace(TABLE, () => tableOf(lines)),
    );
  }
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exit(await main(process.argv.slice(2)));
