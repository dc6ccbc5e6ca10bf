/**
 * npm run bench:counts: what does not vary from machine to machine, against the baseline in bench/counts.json. Fails when something got worse by
 * more than 2 percent; `-- --update` makes what is counted now the baseline.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../host/paths.js";
import { buildWorkload } from "./build.js";
import { countProgram } from "./counting.js";

const BASELINE = join(packageRoot, "bench", "counts.json");
const ALLOWED = 0.02;
const MIB = 1 << 20;

/** Each name is the workload's words. The small cache makes reads of pages count. */
const WORKLOADS = [
  "full 10000",
  `full 20000 cache=${2 * MIB}`,
  "random 10000",
  "wide 1000 bytes=1024",
  "wide 200 bytes=20480",
  "posts 5000",
  "amplify 2000",
  "open 2000",
  `tables 100 cache=${2 * MIB}`,
  `tables 2000 cache=${2 * MIB}`,
  // Indexes and table are larger than the cache.
  `amplify 100000 cache=${2 * MIB}`,
  `random 100000 cache=${2 * MIB}`,
] as const;

/** Everything counted, by a name that says what it is: "full 10000 / insert / bytesWritten". */
export type AllCounts = Readonly<Record<string, number>>;

/** Runs the workloads and weighs the modules. */
export async function countAll(): Promise<AllCounts> {
  const all: Record<string, number> = {};
  for (const name of ["quire.wasm", "quire-lib.wasm", "quire-component.wasm", "quire-kv.wasm"])
    all[`build/${name} / bytes`] = statSync(join(packageRoot, "build", name)).size;
  const module = buildWorkload(true);
  const folder = mkdtempSync(join(tmpdir(), "quire-counts-"));
  try {
    for (const workload of WORKLOADS) {
      const [mode = "", n = "", ...options] = workload.split(" ");
      // `open` opens what `amplify`, which comes before it, left.
      for (const { op, counts } of await countProgram(module, [mode, "quire", "/data/counts.db", n, ...options], folder)) {
        const { calls, ...numbers } = counts;
        for (const [name, value] of Object.entries({ ...calls, ...numbers })) all[`${workload} / ${op} / ${name}`] = value;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return all;
}

export function readBaseline(): AllCounts {
  return JSON.parse(readFileSync(BASELINE, "utf8")) as AllCounts;
}

export interface Difference {
  readonly name: string;
  readonly before: number;
  readonly now: number;
}

/** What differs by more than is allowed, in either direction. What only one side has counts as zero on the other. */
export function compareCounts(
  before: AllCounts,
  now: AllCounts,
): { readonly worse: Difference[]; readonly better: Difference[] } {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const all = names.map((name) => ({ name, before: before[name] ?? 0, now: now[name] ?? 0 }));
  return {
    worse: all.filter((one) => one.now > one.before * (1 + ALLOWED)),
    better: all.filter((one) => one.now < one.before * (1 - ALLOWED)),
  };
}

export const spell = ({ name, before, now }: Difference): string =>
  `${name}: ${before.toLocaleString("en")} -> ${now.toLocaleString("en")}${before > 0 ? ` (${((now / before - 1) * 100).toFixed(1)} %)` : ""}`;

async function main(): Promise<number> {
  const now = await countAll();
  if (process.argv.includes("--update")) {
    writeFileSync(BASELINE, `${JSON.stringify(now, null, 2)}\n`);
    console.log(`bench/counts.json has ${Object.keys(now).length} counts now`);
    return 0;
  }
  const { worse, better } = compareCounts(readBaseline(), now);
  for (const one of better) console.log(`better  ${spell(one)}`);
  for (const one of worse) console.log(`WORSE   ${spell(one)}`);
  console.log(`${Object.keys(now).length} counts: ${worse.length} worse, ${better.length} better`);
  if (worse.length + better.length > 0) console.log("npm run bench:counts -- --update makes this the baseline");
  return worse.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exit(await main());
