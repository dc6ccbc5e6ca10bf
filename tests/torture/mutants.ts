/** Planted faults. The torture is worth as much as the faults it finds: each of these must be caught, most of them within seconds. */
import { OFTEN } from "../sessions/often.js";
import { PointSession } from "../sessions/points.js";
import { CrashTorture } from "./crash.js";
import { FAULT_KINDS, lostSync, lostWrite, workloadFault } from "./faults.js";
import { compileModule, type Patch, SMALL_LIMITS } from "./module.js";
import { oldStart } from "./start.js";
import { firstGoesOn, foreignFile, outcomes, secondBetweenCalls, takeOver } from "./writers.js";

/**
 * What has to catch a fault: crashes, the same on page files of layout 0.8, a second writer, a foreign file, calls that fail, or long
 * sessions of single rows.
 */
type Catcher = "crash" | "old" | "writers" | "foreign" | "faults" | "sessions";

export interface Mutant {
  /** What is wrong: the comment `// mutant: NAME` in the sources says where. */
  readonly name: string;
  readonly catcher: Catcher;
  readonly patches: readonly Patch[];
}

/** The line behind the mutant's comment becomes `replace`, or nothing; with `find`, only that part of the line does. */
function mutant(name: string, catcher: Catcher, replace = "", find?: string): Mutant {
  const mark = `mutant: ${name}`;
  return { name, catcher, patches: [find === undefined ? { mark, replace } : { mark, find, replace }] };
}

export const MUTANTS: readonly Mutant[] = [
  mutant(
    "of splices that are done together the removals are not logged",
    "crash",
    "if (splices.kind == CHANGE_REMOVE) continue;\nconst noted = redo.note(splices.kind, pageNo, splices.pageOffset, splices.bytes, splices.len, splices.tailLen);",
  ),
  mutant(
    "of splices that are done together the insertions are logged where they are before the others",
    "crash",
    "splices.original",
    "splices.pageOffset",
  ),
  mutant("a commit leaves changes of indexes waiting", "crash", "OK", "this.flushChanges()"),
  mutant("the log is not synced before a commit is acknowledged", "crash", "OK", "log.sync()"),
  mutant("the images are not synced before the page file is written", "crash", "OK", "log.sync()"),
  mutant("without images the log is not synced before the page file is written", "crash", "", "|| !this.syncCommits"),
  mutant("the page file is not synced before the log is reset", "crash"),
  mutant("the reset header is not synced before new frames", "crash", "return status;"),
  mutant(
    "the log is reset before the page file is written",
    "crash",
    "log.reset(this.pageCount, xxh3(this.page(0), PAGE_SIZE));\nlog.sync();",
  ),
  mutant("what a killed session left is not synced before it is read", "crash", "OK", "this.file.sync()"),
  mutant("a checkpoint writes no images", "crash"),
  mutant("the salt is not in the checksum", "crash", "0", "this.salt"),
  mutant("the checksum does not count the frame before", "faults", "0", "this.chain"),
  mutant("frames' checksums are not compared", "crash"),
  mutant(
    "the older header counts",
    "crash",
    "this.generation != 0 && load<u32>(slot, 12) >= this.generation",
    "load<u32>(slot, 12) <= this.generation",
  ),
  mutant("the images are not applied", "crash"),
  mutant("a page has no images though what overwrote it was taken back", "crash"),
  mutant("a page that the log overwrites is taken for one that has images", "crash"),
  mutant("a part of the images is enough", "crash", "> FRAME_COMMIT", "== FRAME_IMAGES_END"),
  mutant("a transaction without its end is replayed", "crash", "<=", "=="),
  mutant("the last transaction is not replayed", "crash", "offset", "next"),
  mutant("a recovery writes over the images that it needs", "crash", "true", "!recovery.images"),
  mutant("a recovery starts with the pages that the file has", "crash"),
  mutant("zeroing is not in the log", "crash", "journaled && redo && kind != CHANGE_ZERO", "journaled && redo"),
  mutant("a savepoint's records stay in the log", "crash", "if (mark == 0) this.records.len = 0;"),
  mutant("a new file is not synced", "crash", "OK", "this.provider.sync()"),
  mutant("a reading handle does not look into the log", "crash", 'write ? path : path + "-no"', "path"),
  mutant("nobody asks who owns the file", "writers", "return OK;"),
  mutant("the owner is asked for in commits only", "writers", "kind == FRAME_COMMIT && this.checkOwner()", "this.checkOwner()"),
  mutant("the owner is not asked for once more before the reply", "writers"),
  mutant("a session that was overtaken does not look what the new owner took over", "writers"),
  mutant("the log does not tell of generations before the last", "writers"),
  mutant("the header is read before the mark is left", "writers"),
  mutant(
    "page 0 is looked at before the changes are forgotten",
    "crash",
    "this.page(0);\nthis.forgetChanges();",
    "this.forgetChanges();",
  ),
  mutant("the size is read before the mark is left", "writers"),
  mutant("pages are not compared with their hashes", "foreign", "return OK;"),
  mutant("sectors are not compared with their hashes", "foreign", "continue;"),
  mutant("a shorter file is taken", "foreign", "false", "manager.provider.pages < log.mainPages"),
  mutant("a failed sync is forgotten", "faults"),
  mutant("a COMMIT frame whose append failed stays", "faults"),
  mutant("a page that is changed does not forget its sectors", "sessions"),
  mutant("a page that is changed does not forget its fences", "sessions"),
  mutant("a page that is changed does not forget its compact form", "sessions"),
  mutant("a rollback does not forget what was read of the spill", "sessions"),
  mutant("sectors are always read from the page file", "sessions", "slot == NO_SLOT || pageNo < mainPages", "slot == NO_SLOT"),
  mutant("sectors that the spill had are forgotten", "sessions", "sectors", "before | sectors"),
  mutant(
    "what lies between two spilled sectors is not written where the later one is new",
    "sessions",
    "firstByte(moves ? after : sectors)",
    "moves ? firstByte(after) : min(firstByte(sectors), endByte(before))",
  ),
  mutant(
    "what lies between two spilled sectors is not written where the earlier one is new",
    "sessions",
    "endByte(moves ? after : sectors)",
    "moves ? endByte(after) : max(endByte(sectors), firstByte(before))",
  ),
  mutant("a page's sectors in the spill do not count as changed", "crash", "return frame.dirty;"),
  mutant("a sector that is read does not show the changes that wait for its page", "sessions"),
  mutant("a sector in memory does not show a change that waits for its page", "sessions"),
  mutant("a page that is read does not get the changes that wait for it", "sessions"),
  mutant("a checkpoint does not write the changes that wait for their pages", "crash", "return status;"),
  mutant("the images of a checkpoint are without the changes that wait for their pages", "crash"),
  mutant("what the page file has of a sector is not noted when a change of it waits", "foreign"),
  mutant("a rollback does not forget the sectors of pages that changes wait for", "sessions"),
  mutant("a page of nobody is taken without a look at what is on it", "old"),
  mutant("segments' ledgers count as nobody's", "old", "", "!this.own(pages.freeSegments) || "),
  mutant("record pages count as nobody's", "old"),
  mutant("in an empty table a column that is unique and indexed is not known as such", "old", "return false;"),
  mutant("two entries for one row don't tell that a column is unique and indexed", "old", "return false;"),
];

/** How long a fault may live. Milliseconds of this process. */
const LIFETIME_MS = 60_000;

export interface Verdict {
  /** What found it, in its own words; null when nothing did. */
  readonly caught: string | null;
  readonly ms: number;
}

/** Builds the mutant and looks for its fault. */
export async function judge(mutant: Mutant): Promise<Verdict> {
  const module =
    mutant.catcher === "sessions"
      ? await compileModule("library", [...OFTEN, ...mutant.patches], "-O1")
      : await compileModule("workload", [...SMALL_LIMITS, ...mutant.patches], "-O1");
  const started = performance.now();
  let caught: string | null = null;
  try {
    look(module, mutant.catcher, started + LIFETIME_MS);
  } catch (error) {
    caught = error instanceof Error ? error.message : String(error);
  }
  return { caught, ms: performance.now() - started };
}

/** Runs what has to find the fault; throws when it does. */
function look(module: WebAssembly.Module, catcher: Catcher, deadline: number): void {
  if (catcher === "old") {
    const starts = ["unfilled", "twofold", "blog"].map((name) => oldStart(module, name));
    for (let seed = 1; performance.now() < deadline; seed++) {
      for (const start of starts) new CrashTorture({ usual: module, small: module }, seed, start).run(deadline, Infinity);
    }
  } else if (catcher === "crash") {
    const modules = { usual: module, small: module };
    // First the ends of many workloads, then a few points of some.
    for (let seed = 1; seed < 300; seed++) new CrashTorture(modules, seed).run(deadline, Infinity);
    for (let seed = 1; performance.now() < deadline; seed++) new CrashTorture(modules, seed).run(deadline, seed < 60 ? 9 : 1);
  } else if (catcher === "writers") {
    for (let when = 0; when < 4; when++) for (let seed = 1; seed < 4; seed++) takeOver(module, seed, when);
    for (let seed = 1; seed < 4; seed++) for (const growing of [false, true]) firstGoesOn(module, seed, growing);
    secondBetweenCalls(module, 1, true);
    secondBetweenCalls(module, 1, false);
    for (const more of [0, 1, 5]) outcomes(module, 1, more);
  } else if (catcher === "foreign") {
    for (let seed = 1; seed < 5; seed++) {
      for (const big of [0, 70]) {
        foreignFile(module, seed, false, big);
        foreignFile(module, seed, true, big);
      }
    }
  } else if (catcher === "sessions") {
    for (let seed = 1; performance.now() < deadline; seed++)
      new PointSession(module, { seed, rows: 4000, steps: 2000, cache: 0, faults: 0 }).run();
  } else {
    lostSync(module, 1);
    lostWrite(module, 1);
    const done = FAULT_KINDS.filter(({ fault }) => "after" in fault);
    for (const kind of done) {
      let place = 1;
      while (workloadFault(module, 1, kind, place)) place += 1;
    }
  }
}
