/**
 * Crashes at every point of a workload, with many outcomes each, and crashes inside the recovery from those.
 *
 * A workload is run once, over a disk that remembers every change. A crash point is a prefix of these changes, an outcome is what a power
 * cut might leave of it. The store that is opened from it has to be, byte for byte, the one after the last acknowledged transaction or the
 * one after the transaction that was in flight; `check` finds nothing; the next transaction leads to what it led to without the crash;
 * reading handles see the same and change nothing; and the page file alone is everything once the store is closed.
 */
import { afterPowerCut, type Change, Disk, type Image } from "./disk.js";
import { CREATE, Engine, GIVEN, LAYOUT_11, READ_ONLY, UNSYNCED } from "./engine.js";
import { Random } from "./random.js";
import { checkKept, diskOf, PAGE_FILE, type Start } from "./start.js";

export const LOG_FILE = "store.db-log";
const SPILL_FILE = "store.db-spill";
/** How deep crashes inside a recovery are nested. */
const MAX_DEPTH = 3;
/** Outcomes of a crash point, those of crashes inside its recoveries not counted. */
const OUTCOMES = 7;
/** Holds every page of a workload. Bytes. */
const LARGE_CACHE = 32 << 20;
/** The outcome that is no power cut: the process was killed, and what it did not sync is there, but may still be lost. */
const KILLED = 7;

/** A state of the store: after `at` changes of the disk it was acknowledged. */
interface Mark {
  readonly at: number;
  readonly pages: string;
  readonly content: string;
  /** Whether a power cut may not lose it. */
  readonly durable: boolean;
  /** The number of the transaction that comes next. */
  readonly next: number;
  /** The store without anything in it: there may as well be no store yet. */
  readonly empty: boolean;
}

/** What happened on a disk. */
interface Run {
  readonly changes: readonly Change[];
  readonly marks: readonly Mark[];
}

interface Plan {
  readonly seed: number;
  readonly steps: number;
  readonly cache: number;
  readonly checkpoint: number;
  readonly flags: number;
  readonly big: number;
  /**
   * A second store does the same and is asked what is in it after each transaction. Else the first is: that brings all pages into its
   * cache, and others out of it, which heals what was wrong with them.
   */
  readonly twin: boolean;
}

/** What a seed stands for, on a new store or on one that came with its tables. */
function planOf(seed: number, start: Start | null): Plan {
  const random = new Random(seed, 77);
  const plan = {
    seed,
    steps: 8 + random.below(16),
    cache: random.pick([0, 0, 4 << 20]),
    checkpoint: random.pick([1500, 12_000, 60_000, 300_000]),
    flags: (random.oneIn(4) ? UNSYNCED : 0) | (random.oneIn(3) ? LAYOUT_11 : 0),
    // Two rows to a page, in a cache of 26 or 56: page 0 goes to the spill.
    big: random.oneIn(4) ? 50 + random.below(80) : 0,
    twin: random.oneIn(2),
  };
  // Pages of nobody come of many rows that have gone, and matter when others have come.
  if (start !== null) return { ...plan, steps: 2 * plan.steps, flags: (plan.flags & UNSYNCED) | start.flags, big: 0 };
  return { ...plan, flags: plan.flags | CREATE, twin: plan.twin || plan.big > 0 };
}

/** A wrong outcome, and how to see it again. */
export class TortureFailure extends Error {
  constructor(
    readonly seed: number,
    readonly point: number,
    readonly outcome: number,
    what: string,
    start: string | undefined,
  ) {
    const file = start === undefined ? "" : `:${start}`;
    super(`${what}\n  seen again by: npm run torture -- --replay ${seed}:${point}:${outcome}${file}`);
  }
}

export interface CrashTotals {
  points: number;
  outcomes: number;
  nested: number;
}

/** Modules for the torture: with the product's limits, and with small ones. */
export interface Modules {
  readonly usual: WebAssembly.Module;
  readonly small: WebAssembly.Module;
}

export class CrashTorture {
  readonly totals: CrashTotals = { points: 0, outcomes: 0, nested: 0 };
  #engine: Engine | null = null;
  #twin: Engine | null = null;
  readonly #module: WebAssembly.Module;
  readonly #plan: Plan;
  readonly #checked = new Set<string>();
  /** Says what happens, for a replay. */
  trace: ((line: string) => void) | null = null;

  constructor(
    modules: Modules,
    readonly seed: number,
    /** What is there before the workload; null: nothing. */
    readonly start: Start | null = null,
  ) {
    // One seed in six is for the limits as they are.
    this.#module = seed % 6 === 5 ? modules.usual : modules.small;
    this.#plan = planOf(seed, start);
  }

  /** An engine whose store is closed. One in which something went wrong is never used again. */
  #on(disk: Disk, seed: number): Engine {
    this.#engine ??= new Engine(this.#module);
    return this.#engine.use(disk, seed);
  }

  /** Goes through the points, every `stride`th and the last, or those that `only` allows, until it is `deadline` (as `performance.now`). */
  run(deadline = Infinity, stride = 1, only?: { point: number; outcome: number }): void {
    const run = this.#workload();
    const disk = diskOf(this.start);
    for (let point = 0; point <= run.changes.length; point++) {
      const change = run.changes[point - 1];
      if (change !== undefined) disk.apply(change);
      if (only !== undefined ? only.point !== point : (point + this.seed) % stride !== 0 && point < run.changes.length) continue;
      if (change?.file === SPILL_FILE && point % 7 !== 0) continue;
      if (performance.now() > deadline) return;
      this.totals.points += 1;
      const outcomes = disk.settled ? 1 : OUTCOMES + 1;
      for (let outcome = 0; outcome < outcomes; outcome++) {
        if (only !== undefined && only.outcome !== outcome) continue;
        this.trace?.(`point ${point} of ${run.changes.length}: ${describe(change)}, outcome ${outcome}`);
        const random = new Random(this.seed, point, outcome);
        this.#guard(point, outcome, () => this.#verify(leftOf(disk, outcome, random), run, point, random, 0));
      }
    }
  }

  #guard(point: number, outcome: number, body: () => void): void {
    try {
      body();
    } catch (error) {
      if (error instanceof TortureFailure) throw error;
      const what = error instanceof Error ? error : new Error(String(error));
      const said = this.#engine?.host.stderr ?? "";
      const where = what instanceof WebAssembly.RuntimeError ? `a trap: ${what.stack ?? what.message} ${said}` : what.message;
      this.#engine = null;
      this.#twin = null;
      throw new TortureFailure(this.seed, point, outcome, where, this.start?.name);
    }
  }

  /** Runs the workload without a crash. */
  #workload(): Run {
    const { seed, steps, cache, checkpoint, flags, big, twin } = this.#plan;
    const disk = diskOf(this.start);
    const marks: Mark[] = [];
    const random = new Random(seed, 78);
    this.#guard(0, 0, () => {
      const engine = this.#on(disk, seed);
      const twinDisk = diskOf(this.start);
      const asked = twin ? (this.#twin ??= new Engine(this.#module)).use(twinDisk, seed) : engine;
      /** What both stores do. */
      const both = (what: string, action: (engine: Engine) => number): void => {
        if (action(engine) !== 0) throw new Error(`${what} without any crash: ${engine.message()}`);
        if (twin && action(asked) !== 0) throw new Error(`${what} with a large cache: ${asked.message()}`);
      };
      const mark = (next: number, durable: boolean): void => {
        const pages = asked.pagesHash();
        const content = asked.contentHash();
        marks.push({ at: disk.changes.length, pages, content, durable, next, empty: this.start === null && marks.length === 0 });
        if (pages === "" || content === "")
          throw new Error(`transaction ${next - 1}: the store can't be read: ${asked.message()}`);
        if (this.#checked.has(pages)) return;
        const faults = asked.check();
        if (faults !== "") throw new Error(`transaction ${next - 1} leaves faults without any crash: ${faults}`);
        this.#checked.add(pages);
      };
      const opening = (): void =>
        both("open", (which) => which.open({ cache: which === engine ? cache : LARGE_CACHE, checkpoint, flags }));
      opening();
      mark(0, this.start !== null);
      for (let n = 0; n < steps; n++) {
        both(`transaction ${n}`, (which) => which.step(seed, n, big));
        mark(n + 1, (flags & UNSYNCED) === 0);
        // What a page of nobody is found by is an opening.
        const then = random.below(this.start === null ? 16 : 5);
        if (then === 0 || n === steps - 1) {
          both("close", (which) => which.close());
          const closed = marks.at(-1)!;
          marks.push({ ...closed, at: disk.changes.length, durable: true });
          // Other random numbers than the session before: no two generations of a log have one salt.
          engine.use(disk, seed + n + 1);
          if (twin) asked.use(twinDisk, seed + n + 1);
          if (n < steps - 1) opening();
        } else if (then === 1 && (flags & UNSYNCED) !== 0) {
          both("sync", (which) => which.sync());
          marks.push({ ...marks.at(-1)!, at: disk.changes.length, durable: true });
        } else if (then === 2) both("checkpoint", (which) => which.checkpoint());
      }
      checkKept(this.start, disk);
    });
    return { changes: disk.changes, marks };
  }

  /** Opens what a crash left of `run` at `point`, which must be one of the states that it may be, and goes on from there. */
  #verify(left: Disk, run: Run, at: number, random: Random, depth: number): void {
    this.totals.outcomes += 1;
    if (depth > 0) this.totals.nested += 1;
    const { seed, cache, checkpoint, flags } = this.#plan;
    const allowed = allowedMarks(run.marks, at);
    const images = left.images();
    const seen = random.oneIn(2) ? this.#readOnly(images, allowed[0]?.empty === true, "before the recovery") : "";

    const disk = left.clone();
    const engine = this.#on(disk, random.u32());
    if (engine.open({ cache, checkpoint, flags }) !== 0) throw new Error(`can't be opened after the crash: ${engine.message()}`);
    const pages = engine.pagesHash();
    if (pages === "") throw new Error(`can't be read after the crash: ${engine.message()}`);
    const found = allowed.find((mark) => mark.pages === pages);
    if (found === undefined) {
      const other = run.marks.findIndex((mark) => mark.pages === pages);
      const what = other >= 0 ? `the state of mark ${other}` : `no state that ever was (check: ${engine.check() || "no faults"})`;
      throw new Error(
        `after the crash there is ${what}, allowed: transactions ${allowed.map((mark) => mark.next - 1).join(", ")}`,
      );
    }
    if (seen !== "" && seen !== pages) throw new Error("a reading handle saw another state than the recovery came to");
    this.trace?.(`${"  ".repeat(depth + 1)}recovered to transaction ${found.next - 1}`);
    const marks: Mark[] = [{ ...found, at: disk.changes.length, durable: true }];
    if (!this.#checked.has(pages)) {
      const faults = engine.check();
      if (faults !== "") throw new Error(`check after the crash: ${faults}`);
      this.#checked.add(pages);
    }

    // One more transaction: without the crash it led to the same rows. Or another one, or none.
    const other = random.below(6);
    const next = found.next + (other === 0 ? 1000 : 0);
    if (other !== 1 && engine.step(seed, next, 0) !== 0) throw new Error(`the next transaction fails: ${engine.message()}`);
    const after = other === 1 ? { pages, content: found.content } : { pages: engine.pagesHash(), content: engine.contentHash() };
    const expected =
      this.#plan.big > 0 || depth > 0 || other < 2 ? undefined : run.marks.find((mark) => mark.next === found.next + 1);
    if (expected !== undefined && expected.content !== after.content)
      throw new Error("the next transaction leads to other rows than without the crash");
    const durable = (flags & UNSYNCED) === 0;
    const empty = other === 1 && found.empty;
    marks.push({ at: disk.changes.length, ...after, durable, next: next + 1, empty });
    if (random.oneIn(16)) {
      const faults = engine.check();
      if (faults !== "") throw new Error(`check after the next transaction: ${faults}`);
    }
    if (engine.close() !== 0) throw new Error(`can't be closed after the recovery: ${engine.message()}`);
    marks.push({ at: disk.changes.length, ...after, durable: true, next: next + 1, empty });

    const closed = disk.images();
    const logSize = closed.get(LOG_FILE)?.size ?? 0;
    if (logSize > 4096) throw new Error(`the log has ${logSize} bytes after close`);
    if (closed.has(SPILL_FILE) && !images.has(SPILL_FILE)) throw new Error("the spill file is still there after close");
    // The page file by itself, or with its log.
    if (random.oneIn(2)) closed.delete(LOG_FILE);
    if (random.oneIn(2) && this.#readOnly(closed, false, "after close") !== after.pages) {
      throw new Error("after close the file has another state than before");
    }

    if (depth < MAX_DEPTH && disk.changes.length > 0 && (depth > 0 || random.oneIn(2))) {
      // Until the recovery has synced the log, a power cut may take what a kill left.
      const sure = left.settled ? { ...found, at: 0, durable: true } : null;
      const before: readonly Mark[] = sure ? [sure] : [...allowed, found].map((mark) => ({ ...mark, at: 0, durable: false }));
      const again: Run = { changes: disk.changes, marks: [...before, ...marks] };
      const opened = marks[0]!.at;
      const point = random.oneIn(3) || opened === 0 ? random.below(disk.changes.length + 1) : random.below(opened + 1);
      const cut = left.clone();
      for (const change of disk.changes.slice(0, point)) cut.apply(change);
      const outcome = random.below(OUTCOMES + 1);
      this.trace?.(
        `${"  ".repeat(depth + 1)}crash at change ${point} of ${disk.changes.length}: ${describe(disk.changes[point - 1])}`,
      );
      this.#verify(leftOf(cut, outcome, random), again, point, random, depth + 1);
    }
  }

  /** The state that a reading handle sees, which may not change any file; "" when there is none yet. */
  #readOnly(images: Map<string, Image>, mayBeNothing: boolean, when: string): string {
    if (!images.has(PAGE_FILE) && mayBeNothing) return "";
    const disk = Disk.of(images);
    const engine = this.#on(disk, 5);
    if (engine.open({ cache: 8 << 20, flags: READ_ONLY | (this.#plan.flags & GIVEN) }) !== 0) {
      if (mayBeNothing) return "";
      throw new Error(`can't be opened for reading ${when}: ${engine.message()}`);
    }
    const pages = engine.pagesHash();
    if (pages === "") throw new Error(`can't be read by a reading handle ${when}: ${engine.message()}`);
    if (engine.close() !== 0) throw new Error(`a reading handle can't be closed ${when}: ${engine.message()}`);
    if (disk.changes.length > 0) throw new Error(`a reading handle changed the disk ${when}: ${describe(disk.changes[0])}`);
    return pages;
  }
}

/** What there is after a crash of the outcome `outcome`. */
function leftOf(disk: Disk, outcome: number, random: Random): Disk {
  return outcome === KILLED ? disk.clone() : Disk.of(afterPowerCut(disk, outcome, random));
}

/** The states that a crash after `point` changes may lead to: from the last durable one to the one in flight. */
function allowedMarks(marks: readonly Mark[], point: number): readonly Mark[] {
  let first = 0;
  let last = 0;
  marks.forEach((mark, at) => {
    if (mark.at > point) return;
    if (mark.durable) first = at;
    last = at;
  });
  // What is in flight: up to the next mark that differs in its place.
  let end = last + 1;
  while (end < marks.length && marks[end]!.at <= point) end += 1;
  return marks.slice(first, end + 1);
}

export function describe(change: Change | undefined): string {
  if (change === undefined) return "the start";
  if (change.kind === "write") return `write ${change.bytes.length} bytes at ${change.offset} of ${change.file}`;
  return change.kind === "size" ? `set the size of ${change.file} to ${change.size}` : `${change.kind} ${change.file}`;
}
