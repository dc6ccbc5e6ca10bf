/** `npm run torture`: see `USAGE`. Crashes run in one thread for each core, the rest in this one. */
import { availableParallelism } from "node:os";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { OFTEN } from "../sessions/often.js";
import { liveThrough } from "../sql/alterations.js";
import { DiskStore } from "../sql/life-stores.js";
import { CrashTorture, type CrashTotals, type Modules } from "./crash.js";
import {
  COMMANDS,
  commandFault,
  commandKill,
  commandMemory,
  commandStore,
  OLD_COMMANDS,
  oldCommandStore,
  type TestedCommand,
} from "./commands.js";
import { FAULT_KINDS, lostSync, lostWrite, workloadFault, workloadMemory } from "./faults.js";
import type { Image } from "./disk.js";
import { GULLIBLE, hostileLog, hotStores } from "./hostile-logs.js";
import { READ_ONLY } from "./engine.js";
import { kills, takeOverProcess } from "./kills.js";
import { allRuns, intactFiles, losePages, totalsText, WAYS, type Totals } from "./lost-pages.js";
import { compileModule, SMALL_LIMITS } from "./module.js";
import { judge, type Mutant, MUTANTS } from "./mutants.js";
import { judgeSql, SQL_MUTANTS } from "./sql-mutants.js";
import { SqlWriter } from "./sql-writer.js";
import { OLD_FILES, oldStart, type Start } from "./start.js";
import {
  firstGoesOn,
  foreignFile,
  lateWrites,
  makesLogBetweenCalls,
  opensBetweenCalls,
  outcomes,
  secondBetweenCalls,
  takeOver,
} from "./writers.js";
import { REWRITES, rewriteStore } from "./rewrites.js";
import { Random } from "./random.js";
import { runtimes } from "../../host/runtimes/index.js";

const USAGE = `usage: npm run torture -- [PART…] [--seconds N] [--seed N] [--threads N] [--kills N] [--only WORDS]
       npm run torture -- --replay SEED:POINT:OUTCOME[:FILE]

Parts: crash (N seconds of it, 60), sql (statements in which calls fail or that are killed, N seconds of it), lives (of tables whose definitions change 1,000 times, killed on the way, N seconds of it), old (the same on page files of layout 0.8, and calls that fail there), writers, faults, rewrites (tables larger than the cache, at all places), mutants (only those with WORDS in their names), kills (N of each runtime, 100),
logs (changed at random, N seconds of it), pages (every run of pages of every golden file lost in every way; only files with WORDS in
their names).
Without a part: all of them.`;

const PARTS = ["crash", "sql", "lives", "old", "writers", "faults", "rewrites", "mutants", "kills", "logs", "pages"] as const;
type Part = (typeof PARTS)[number];

interface Options {
  parts: Part[];
  seconds: number;
  seed: number;
  threads: number;
  kills: number;
  only: string;
  replay: string | null;
}

function readOptions(words: readonly string[]): Options {
  const options: Options = {
    parts: [],
    seconds: 60,
    seed: 1,
    threads: availableParallelism(),
    kills: 100,
    only: "",
    replay: null,
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const part = PARTS.find((name) => name === word);
    if (part !== undefined) {
      options.parts.push(part);
      continue;
    }
    const value = words[++at];
    if (value === undefined) stop(USAGE);
    if (word === "--seconds") options.seconds = Number(value);
    else if (word === "--seed") options.seed = Number(value);
    else if (word === "--threads") options.threads = Number(value);
    else if (word === "--kills") options.kills = Number(value);
    else if (word === "--only") options.only = value;
    else if (word === "--replay") options.replay = value;
    else stop(USAGE);
  }
  if (options.parts.length === 0) options.parts.push(...PARTS);
  return options;
}

function stop(message: string): never {
  console.log(message);
  process.exit(2);
}

async function modules(): Promise<Modules> {
  return { usual: await compileModule("workload", []), small: await compileModule("workload", SMALL_LIMITS) };
}

/** What a thread says at its end. */
interface Report {
  readonly totals: CrashTotals;
  readonly failures: string[];
  readonly seeds: number;
}

interface Share {
  /** On page files of layout 0.8, by turns. */
  readonly old: boolean;
  readonly first: number;
  readonly step: number;
  readonly seconds: number;
}

/** Every `step`th seed from `first` on, for so many seconds. */
async function crashShare({ old, first, step, seconds }: Share): Promise<Report> {
  const both = await modules();
  const deadline = performance.now() + seconds * 1000;
  const totals: CrashTotals = { points: 0, outcomes: 0, nested: 0 };
  const failures: string[] = [];
  const starts = old ? OLD_FILES.map((name) => oldStart(both.small, name)) : [null];
  let seeds = 0;
  for (let seed = first; performance.now() < deadline && failures.length < 3; seed += step) {
    const torture = new CrashTorture(both, seed, starts[Math.floor(seed / step) % starts.length]);
    try {
      torture.run(deadline, 3);
    } catch (error) {
      failures.push(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
    seeds += 1;
    totals.points += torture.totals.points;
    totals.outcomes += torture.totals.outcomes;
    totals.nested += torture.totals.nested;
  }
  return { totals, failures, seeds };
}

const crash = (options: Options): Promise<string[]> => crashes(options, false);

async function crashes(options: Options, old: boolean): Promise<string[]> {
  await modules();
  const shares = Array.from({ length: options.threads }, (_, at) => ({
    old,
    first: options.seed + at,
    step: options.threads,
    seconds: options.seconds,
  }));
  const reports = await Promise.all(
    shares.map(
      (share) =>
        new Promise<Report>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: share });
          worker.once("message", resolve).once("error", reject);
        }),
    ),
  );
  const sum = (of: (report: Report) => number): number => reports.reduce((total, report) => total + of(report), 0);
  console.log(
    `${old ? "old" : "crash"}: seeds from ${options.seed} on, ${sum((r) => r.seeds)} workloads, ${sum((r) => r.totals.points)} points, ` +
      `${sum((r) => r.totals.outcomes)} outcomes, ${sum((r) => r.totals.nested)} of them of crashes inside a recovery, in ${options.seconds} s`,
  );
  return reports.flatMap((report) => report.failures);
}

/** Runs `body`; what it throws becomes a line. */
async function tried(failures: string[], body: () => void | Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
}

async function writers(options: Options): Promise<string[]> {
  const failures: string[] = [];
  const { small, usual } = await modules();
  let places = 0;
  let windows = 0;
  for (const seed of [options.seed, options.seed + 1, options.seed + 2]) {
    for (const module of [small, usual]) {
      for (let when = 0; when < 4; when++) await tried(failures, () => takeOver(module, seed, when));
      for (const big of [0, 70]) {
        for (const torn of [false, true]) await tried(failures, () => foreignFile(module, seed, torn, big));
      }
    }
    await tried(failures, () => {
      for (const result of [
        firstGoesOn(small, seed, false),
        firstGoesOn(small, seed, true),
        secondBetweenCalls(small, seed, true),
        secondBetweenCalls(small, seed, false),
      ]) {
        places += result.places;
        windows += result.windows;
      }
      for (const more of [0, 1, 5]) outcomes(small, seed, more);
      for (const flags of [0, READ_ONLY]) places += opensBetweenCalls(small, seed, flags);
      places += makesLogBetweenCalls(small, seed);
      places += lateWrites(small, seed);
    });
  }
  console.log(
    `writers: one between two calls of the other at ${places} places; ${windows} more lie between a question and its write`,
  );
  return failures;
}

/** Runs something with every place in turn until there are no more, or three have failed. */
class Loop {
  readonly failures: string[] = [];
  runs = 0;

  over(one: (place: number) => boolean): void {
    const before = this.failures.length;
    for (let place = 1; this.failures.length < before + 3; place++) {
      this.runs += 1;
      try {
        if (!one(place)) return;
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  }

  overWorkload(module: WebAssembly.Module, seed: number, start: Start | null): void {
    for (const kind of FAULT_KINDS) this.over((place) => workloadFault(module, seed, kind, place, start));
  }

  overCommands(module: WebAssembly.Module, store: ReadonlyMap<string, Image>, commands: readonly TestedCommand[]): void {
    for (const tested of commands) {
      for (const kind of FAULT_KINDS) this.over((place) => commandFault(module, store, tested, kind, place));
      this.over((place) => commandMemory(module, store, tested, place));
      if (!tested.reads) this.over((place) => commandKill(module, store, tested, place));
    }
  }
}

async function faults(options: Options): Promise<string[]> {
  const { small } = await modules();
  const command = await compileModule("command", []);
  const loop = new Loop();
  loop.overWorkload(small, options.seed, null);
  loop.over((place) => workloadMemory(small, options.seed, place));
  for (const lost of [lostSync, lostWrite]) await tried(loop.failures, () => void (loop.runs += lost(small, options.seed)));
  console.log(`faults: ${loop.runs} runs of workloads`);
  for (const hot of [false, true]) loop.overCommands(command, commandStore(command, hot), COMMANDS);
  console.log(`faults: ${loop.runs} runs with those of commands`);
  return loop.failures;
}

async function rewrites(): Promise<string[]> {
  const command = await compileModule("command", []);
  const loop = new Loop();
  loop.overCommands(command, rewriteStore(command), REWRITES);
  console.log(`rewrites: ${loop.runs} runs`);
  return loop.failures;
}

async function old(options: Options): Promise<string[]> {
  const failures = await crashes(options, true);
  const { small } = await modules();
  const command = await compileModule("command", []);
  const loop = new Loop();
  for (const name of OLD_FILES) loop.overWorkload(small, options.seed, oldStart(small, name));
  console.log(`old: ${loop.runs} runs of workloads in which calls fail`);
  for (const hot of [false, true]) loop.overCommands(command, oldCommandStore(command, hot), OLD_COMMANDS);
  console.log(`old: ${loop.runs} runs with those of commands`);
  return [...failures, ...loop.failures];
}

async function sql(options: Options): Promise<string[]> {
  const module = await compileModule("library", OFTEN);
  const deadline = performance.now() + options.seconds * 1000;
  const loop = new Loop();
  let seeds = 0;
  let statements = 0;
  for (let seed = options.seed; performance.now() < deadline && loop.failures.length === 0; seed++) {
    const writer = new SqlWriter(module, seed);
    await tried(loop.failures, () => writer.whole());
    for (const kind of FAULT_KINDS) loop.over((place) => performance.now() < deadline && writer.fault(kind, place));
    loop.over((place) => performance.now() < deadline && writer.kill(place));
    seeds += 1;
    statements += writer.statements;
  }
  console.log(
    `sql: seeds from ${options.seed} on, ${statements} statements of ${seeds} sessions, ${loop.runs} runs of them with a failure or a kill`,
  );
  return loop.failures;
}

/** Changes of a table in one life, and rows that it has at first in every second one. */
const LIFE_STEPS = 1000;
const LIFE_ROWS = 400;

async function lives(options: Options): Promise<string[]> {
  const module = await compileModule("library", OFTEN);
  const deadline = performance.now() + options.seconds * 1000;
  const failures: string[] = [];
  const all = { done: 0, refused: 0, killed: 0 };
  let seed = options.seed;
  for (; performance.now() < deadline && failures.length === 0; seed++) {
    const store = new DiskStore(module, seed % 2 === 0 ? "0.9" : "0.11", new Random(seed, 24));
    await tried(failures, () => {
      const { done, refused, killed } = liveThrough(seed, store, LIFE_STEPS, seed % 4 < 2 ? LIFE_ROWS : 0);
      all.done += done;
      all.refused += refused;
      all.killed += killed;
    });
  }
  const { done, refused, killed } = all;
  console.log(`lives: seeds ${options.seed} to ${seed - 1}, ${done} statements done, ${refused} refused, ${killed} kills`);
  return failures;
}

async function mutants(options: Options): Promise<string[]> {
  const failures: string[] = [];
  for (const mutant of [...MUTANTS, ...SQL_MUTANTS]) {
    if (!mutant.name.includes(options.only)) continue;
    const { caught, ms } = await ("catcher" in mutant ? judge(mutant as Mutant) : judgeSql(mutant));
    const time = `${(ms / 1000).toFixed(1)} s`;
    console.log(
      `mutant ${caught === null ? "ALIVE " : "caught"} ${time.padStart(6)}  ${mutant.name}: ${caught?.split("\n")[0]?.slice(0, 100) ?? ""}`,
    );
    if (caught === null) failures.push(`the planted fault was not found: ${mutant.name}`);
  }
  return failures;
}

async function killed(options: Options): Promise<string[]> {
  const failures: string[] = [];
  const found: string[] = [];
  for (const adapter of runtimes) {
    if (adapter.find() !== null) found.push(adapter.name);
    else console.log(`SKIPPED: ${adapter.name} is not here (npm run runtimes gets it): none of its processes is killed`);
  }
  for (const runtime of found) {
    await tried(failures, async () => {
      const totals = await kills(runtime, options.kills, options.seed);
      console.log(
        `kills: ${totals.kills} processes of ${runtime} killed, ${totals.acknowledged} acknowledged rows, none missing`,
      );
    });
    for (const other of found) await tried(failures, () => takeOverProcess(runtime, other));
  }
  return failures;
}

async function hostileLogs(options: Options): Promise<string[]> {
  const failures: string[] = [];
  const gullible = await compileModule("workload", GULLIBLE);
  const { small } = await modules();
  const deadline = performance.now() + options.seconds * 1000;
  let stores: Map<string, Image>[] = [];
  let opened = 0;
  let taken = 0;
  for (let seed = options.seed; performance.now() < deadline && failures.length < 3; seed++) {
    // The stores of a seed depend on the seed's hundred only, so that one of them can be made again.
    if (seed % 100 === 0 || stores.length === 0) stores = hotStores(small, Math.floor(seed / 100), 20);
    for (const module of [gullible, small]) {
      await tried(failures, () => {
        opened += 2;
        taken += hostileLog(module, stores[seed % stores.length]!, seed);
      });
    }
  }
  console.log(`logs: seeds from ${options.seed} on, ${opened} openings with a changed log, ${taken} of which took it`);
  return failures;
}

function lostPages(options: Options): Promise<string[]> {
  const failures: string[] = [];
  for (const intact of intactFiles().filter(({ title }) => title.includes(options.only))) {
    const totals: Totals = { files: 0, lost: 0, overcautious: 0 };
    for (const way of Object.keys(WAYS)) {
      for (const run of allRuns(intact.file.pageCount)) {
        try {
          losePages(intact, way, run, totals);
        } catch (error) {
          failures.push(error instanceof Error ? error.message : String(error));
        }
      }
    }
    console.log(`pages: ${intact.title}: ${totalsText(totals)}`);
  }
  return Promise.resolve(failures);
}

async function replay(words: string): Promise<void> {
  const [numbers, file] = [words.split(":").slice(0, 3).map(Number), words.split(":")[3]];
  const [seed = 1, point = 0, outcome = 0] = numbers;
  const both = await modules();
  const torture = new CrashTorture(both, seed, file === undefined ? null : oldStart(both.small, file));
  torture.trace = (line) => console.log(line);
  torture.run(Infinity, 1, { point, outcome });
  console.log("this outcome is fine");
}

if (isMainThread) {
  const options = readOptions(process.argv.slice(2));
  if (options.replay !== null) await replay(options.replay);
  else {
    const parts = {
      crash,
      sql,
      lives,
      old,
      writers,
      faults,
      rewrites,
      mutants,
      kills: killed,
      logs: hostileLogs,
      pages: lostPages,
    };
    const failures: string[] = [];
    for (const part of options.parts) failures.push(...(await parts[part](options)));
    for (const failure of failures) console.log(`FAILED: ${failure}`);
    console.log(failures.length === 0 ? "torture: nothing is lost" : `torture: ${failures.length} failures`);
    process.exitCode = failures.length === 0 ? 0 : 1;
  }
} else parentPort?.postMessage(await crashShare(workerData as Share));
