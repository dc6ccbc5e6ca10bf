/**
 * Two writers on one simulated file, and files that do not belong to their log.
 *
 * WASI has no locks. A session that opens the file for writing leaves its mark in the log, and every session asks for the mark before each
 * of its writes: the older one finds out, says so, and writes nothing more. What is left is the time between the asking and the write itself.
 */
import { type Change, Disk, type Image } from "./disk.js";
import { describe, LOG_FILE } from "./crash.js";
import { CREATE, Engine, READ_ONLY } from "./engine.js";
import { Random } from "./random.js";
import { PAGE_FILE } from "./start.js";

/** Status codes of assembly/status.ts that are expected here. */
const HANDLE_POISONED = 53;
const OUTCOME_UNKNOWN = 55;
const DAMAGED = 61;
const FILE_CHANGED = 77;
/** A log shorter than this many bytes of frames is not followed by a checkpoint. */
const CHECKPOINTS = [1500, 4 << 20] as const;

function ok(status: number, engine: Engine, what: string): void {
  if (status !== 0) throw new Error(`${what}: ${engine.message()}`);
}

/** Opens the store and looks at it: `check` finds nothing, and the rows of `wanted` are there. */
function expectRows(
  module: WebAssembly.Module,
  images: ReadonlyMap<string, Image>,
  wanted: Iterable<number>,
  what: string,
): void {
  const engine = new Engine(module).use(Disk.of(images), 9);
  ok(engine.open({}), engine, `${what}: the store can't be opened`);
  const faults = engine.check();
  if (faults !== "") throw new Error(`${what}: ${faults}`);
  for (const id of wanted) if (!engine.has(id)) throw new Error(`${what}: row ${id} is missing`);
  ok(engine.close(), engine, `${what}: the store can't be closed`);
}

/** A store with a few transactions of `seed`, closed. */
function prepared(module: WebAssembly.Module, seed: number, steps: number): Map<string, Image> {
  const engine = new Engine(module).use(new Disk(), seed);
  ok(engine.open({ flags: CREATE }), engine, "open");
  for (let n = 0; n < steps; n++) ok(engine.step(seed, n), engine, `transaction ${n}`);
  ok(engine.put(1), engine, "the first row");
  ok(engine.close(), engine, "close");
  return engine.host.disk.images();
}

/**
 * The second writer comes while the first is between two statements: the first writes nothing more, and acknowledges nothing. `when` is
 * what the first has done by then: 0 nothing, 1 transactions, 2 part of a transaction, 3 so much of one that it is in the log already.
 */
export function takeOver(module: WebAssembly.Module, seed: number, when: number): void {
  const start = prepared(module, seed, 4);
  const disk = Disk.of(start);
  const random = new Random(seed, when);
  const checkpoint = random.pick(CHECKPOINTS);
  const first = new Engine(module).use(disk, 1);
  const second = new Engine(module).use(disk, 2);
  const acknowledged = [1];
  ok(first.open({ checkpoint }), first, "the first can't open");
  if (when > 0) {
    ok(first.put(2), first, "the first can't insert");
    acknowledged.push(2);
  }
  if (when > 1) {
    ok(first.begin(), first, "the first can't begin");
    for (let id = 3; id < (when > 2 ? 60 : 5); id++) ok(first.put(id), first, "the first can't insert");
  }
  ok(second.open({ checkpoint }), second, "the second can't open");
  const stopped = random.oneIn(2);
  if (stopped) {
    ok(second.put(100), second, "the second can't insert");
    acknowledged.push(100);
  }
  const before = disk.changes.length;
  // Enough to need chunks, spilled pages, and images.
  let refused = 0;
  if (when > 1) {
    for (let id = 200; id < 300 && refused === 0; id++) refused = first.put(id);
    if (refused === 0) refused = first.commit();
  } else refused = first.put(3);
  if (refused !== HANDLE_POISONED)
    throw new Error(`the first was told ${refused}, not that another has taken over: ${first.message()}`);
  if (!first.message().includes("another program")) throw new Error(`the first was told only: ${first.message()}`);
  if (first.put(4) === 0) throw new Error("the first goes on after it was told");
  if (first.checkpoint() === 0) throw new Error("the first makes a checkpoint after it was told");
  first.close();
  const wrote = disk.changes.slice(before).filter(isWrite);
  if (wrote.length > 0) throw new Error(`the first wrote all the same: ${describe(wrote[0])}`);
  ok(second.put(101), second, "the second can't go on");
  acknowledged.push(101);
  ok(second.close(), second, "the second can't be closed");
  expectRows(module, disk.images(), acknowledged, "after both");
}

function isWrite(change: Change): boolean {
  return change.kind === "write" || change.kind === "size" || change.kind === "make";
}

/**
 * Follows a session's calls: between the question who owns the log and the write that it was for, another session may come in, and WASI has
 * nothing to close that window with; writers' locks do (tests/write-lock.test.ts).
 */
class OwnerWindow {
  #asked = false;

  /** Takes the session's next call; whether it is such a write. */
  isBefore(name: string, file: string): boolean {
    const isWindow = this.#asked && (name === "write" || name === "size");
    this.#asked = name === "read" && file === LOG_FILE;
    return isWindow;
  }
}

export interface Interleaved {
  /** Places where the one came in between two calls of the other. */
  places: number;
  /** Places between the question for the owner and the write it was for, which nothing can close: all that is sure there is the reply. */
  windows: number;
}

/**
 * The second writer opens, inserts and (`closing`) closes between any two calls of the first. What either has acknowledged is there in the
 * end. Where the second comes between the first's question and its write, the first finds out before it acknowledges what the second
 * does not have.
 */
export function secondBetweenCalls(module: WebAssembly.Module, seed: number, closing: boolean): Interleaved {
  const start = prepared(module, seed, 5);
  const totals: Interleaved = { places: 0, windows: 0 };
  for (let place = 1; ; place++) {
    const disk = Disk.of(start);
    const first = new Engine(module).use(disk, 1);
    const second = new Engine(module).use(disk, 2);
    const acknowledged = [1];
    let entered = false;
    /** The first had left its mark by then: from the second's on it is the older one. Else the second is. */
    let taken = false;
    const owner = new OwnerWindow();
    let window = false;
    /** Whether the second had row `id` when it came; if it is closed by now, its file. */
    const had = (id: number): boolean => {
      if (!closing) return second.has(id);
      const reader = new Engine(module).use(Disk.of(left), 7);
      return reader.open({ flags: READ_ONLY }) === 0 && reader.has(id);
    };
    let left = start;
    first.host.hook = (name, file) => {
      const isWindow = owner.isBefore(name, file);
      if (first.host.calls === place) {
        window = isWindow;
        entered = true;
        taken = disk.changes.some((change) => change.kind === "write" && change.file === LOG_FILE && change.bytes.length === 8);
        ok(second.open({ checkpoint: 1500 }), second, `place ${place}: the second can't open`);
        ok(second.put(100), second, `place ${place}: the second can't insert`);
        acknowledged.push(100);
        if (closing) ok(second.close(), second, `place ${place}: the second can't be closed`);
        left = disk.images();
      }
      return undefined;
    };
    const status = first.open({ checkpoint: 1500 });
    if (status !== 0 && status !== HANDLE_POISONED) throw new Error(`place ${place}: the first can't open: ${first.message()}`);
    for (let id = 2; id < 6 && status === 0; id++) {
      const wasIn = entered;
      if (first.put(id) === 0) {
        // What was durable when the second came, at a checkpoint of the first's, the second has; nothing else may be acknowledged.
        if (taken && (wasIn || (entered && window && !had(id))))
          throw new Error(`place ${place}: the first acknowledged row ${id} after the second had come`);
        acknowledged.push(id);
      }
    }
    first.close();
    if (window) {
      totals.windows += 1;
      continue;
    }
    if (!entered) return totals;
    totals.places += 1;
    const rest = acknowledged.filter((id) => id < 100 || entered);
    if (!closing) {
      const status = second.put(101);
      if (taken) ok(status, second, `place ${place}: the second can't go on`);
      else if (status === 0) throw new Error(`place ${place}: the second goes on after the first has taken over`);
      if (taken) rest.push(101);
      // Killed, or closed.
      if (place % 2 === 0 && taken) ok(second.close(), second, `place ${place}: the second can't be closed`);
    }
    expectRows(module, disk.images(), rest, `place ${place}`);
  }
}

/**
 * The first goes on with a transaction between any two calls of the second's opening. The second then inserts a row, or so much (`growing`)
 * that the file grows.
 */
export function firstGoesOn(module: WebAssembly.Module, seed: number, growing: boolean): Interleaved {
  const start = prepared(module, seed, 5);
  const totals: Interleaved = { places: 0, windows: 0 };
  for (let place = 1; ; place++) {
    const disk = Disk.of(start);
    const checkpoint = place % 2 === 0 ? 1500 : 4 << 20;
    const first = new Engine(module).use(disk, 1);
    const second = new Engine(module).use(disk, 2);
    const acknowledged = [1, 2];
    ok(first.open({ checkpoint }), first, "the first can't open");
    ok(first.put(2), first, "the first can't insert");
    let entered = false;
    second.host.hook = () => {
      if (second.host.calls === place) {
        entered = true;
        // With checkpoints, and with so much that the file grows.
        for (let id = 10; id < 13; id++) {
          if (first.put(id) === 0) acknowledged.push(id);
          if (place % 2 === 0) {
            for (let n = 0; n < 4; n++) first.step(seed, 10 * id + n, 40);
            first.checkpoint();
          }
        }
      }
      return undefined;
    };
    ok(second.open({ checkpoint: 1500 }), second, `place ${place}: the second can't open`);
    second.host.hook = null;
    first.close();
    if (!entered) return totals;
    totals.places += 1;
    ok(second.put(100), second, `place ${place}: the second can't insert`);
    acknowledged.push(100);
    // The pages that it adds follow the first's.
    for (let n = 0; growing && n < 4; n++)
      ok(second.step(seed, 1000 + n, 40), second, `place ${place}: the second's transaction ${n}`);
    if (place % 3 > 0) ok(second.close(), second, `place ${place}: the second can't be closed`);
    expectRows(module, disk.images(), acknowledged, `place ${place}`);
  }
}

/**
 * A log beside a page file that it does not go on from is refused, and nothing is changed by that; beside its own file it is fine
 * afterwards. `torn`: the crash was in the middle of a checkpoint. `big`: a table of so many long rows, more than the cache has.
 */
export function foreignFile(module: WebAssembly.Module, seed: number, torn: boolean, big = 0): void {
  const older = prepared(module, seed, 3);
  const engine = new Engine(module).use(Disk.of(older), 3);
  ok(engine.open({}), engine, "open");
  for (let n = 4; n < 9; n++) ok(engine.step(seed, n), engine, `transaction ${n}`);
  if (big > 0) ok(engine.fill(seed, big), engine, "long rows");
  ok(engine.close(), engine, "close");
  const base = engine.host.disk.images();
  const disk = Disk.of(base);
  const writer = new Engine(module).use(disk, 4);
  ok(writer.open({}), writer, "open");
  // Of a file that it does not hold, the cache is full then.
  writer.contentHash();
  for (let n = 9; n < 14; n++) ok(writer.step(seed, n, big), writer, `transaction ${n}`);
  ok(writer.put(7), writer, "insert");
  const before = disk.changes.length;
  if (torn) ok(writer.checkpoint(), writer, "checkpoint");
  // Until a few writes to the main file are done.
  const cut = Disk.of(base);
  let mainWrites = 0;
  for (const [at, change] of disk.changes.entries()) {
    if (at >= before && change.file === PAGE_FILE && change.kind === "write") mainWrites += 1;
    if (mainWrites > 1) break;
    cut.apply(change);
  }
  const hot = cut.images();
  const log = hot.get(LOG_FILE)!;
  const own = hot.get(PAGE_FILE)!;
  // What the log has changes for: what a session that recovers it writes.
  const recovering = new Engine(module).use(Disk.of(hot), 8);
  ok(recovering.open({}), recovering, "recovery");
  ok(recovering.close(), recovering, "close after recovery");
  const touched = new Set<number>();
  for (const change of recovering.host.disk.changes)
    if (change.file === PAGE_FILE && change.kind === "write") touched.add(change.offset);

  const refuse = (main: Image, what: string): void => {
    const reader = new Engine(module).use(
      Disk.of(
        new Map([
          [PAGE_FILE, main],
          [LOG_FILE, log],
        ]),
      ),
      5,
    );
    if (reader.open({ flags: READ_ONLY }) !== DAMAGED) throw new Error(`${what}: a reading handle takes it: ${reader.message()}`);
    if (reader.host.disk.changes.length > 0)
      throw new Error(`${what}: a reading handle changed ${reader.host.disk.changes[0]?.file}`);
    const opener = new Engine(module).use(
      Disk.of(
        new Map([
          [PAGE_FILE, main],
          [LOG_FILE, log],
        ]),
      ),
      6,
    );
    if (opener.open({}) !== DAMAGED) throw new Error(`${what}: it is taken: ${opener.message()}`);
    if (!opener.message().includes("log")) throw new Error(`${what}: it says only ${opener.message()}`);
    const after = opener.host.disk.images();
    if (!main.equals(after.get(PAGE_FILE)!)) throw new Error(`${what}: the refused page file was changed`);
    // The log is as good as before, but for the mark of who asked.
    expectRows(
      module,
      new Map([
        [PAGE_FILE, own],
        [LOG_FILE, after.get(LOG_FILE)!],
      ]),
      [1, 7],
      `${what}: then with its own file`,
    );
  };

  if (!torn) refuse(older.get(PAGE_FILE)!, "an older copy");
  const shorter = own.clone();
  shorter.setSize(65536 * 3);
  refuse(shorter, "a shorter file");
  // A page that the log has changes for was changed by another program.
  const offsets = [...touched];
  for (const offset of new Set([...offsets.slice(0, 6), ...offsets.slice(-12)])) {
    if (offset >= base.get(PAGE_FILE)!.size) continue;
    const changed = own.clone();
    changed.write(offset + 77, Uint8Array.of(0x5a, 0xa5));
    refuse(changed, `a change at ${offset + 77}`);
  }
}

/** A process was killed in the middle of a call. */
class Killed extends Error {}

/** What `body` comes to; undefined when the process was killed meanwhile. */
function unlessKilled<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof Killed) return undefined;
    throw error;
  }
}

/** The second session is killed at every so manieth call, and at other ones for the next place. */
const KILL_STEP = 3;

/** How often an insert that another session came into was said to be done, not to be done, or not to be known. */
export interface Outcomes {
  done: number;
  none: number;
  unknown: number;
}

/**
 * A second session opens the file between any two calls of the first's insert, and is killed at any call of that, or lives, maybe with
 * `more` sessions behind it: what the first is told of its row is what the next opening finds. It is told that nothing is known only where the
 * second one did not come to the end of its opening.
 */
export function outcomes(module: WebAssembly.Module, seed: number, more: number): Outcomes {
  const start = prepared(module, seed, 5);
  const totals: Outcomes = { done: 0, none: 0, unknown: 0 };
  for (let place = 1; ; place++) {
    for (let until = more > 0 ? 1000 : 1 + (place % KILL_STEP); ; until += KILL_STEP) {
      const disk = Disk.of(start);
      const first = new Engine(module).use(disk, 1);
      ok(first.open({}), first, "the first can't open");
      ok(first.put(2), first, "the first can't insert");
      const before = first.host.calls;
      let entered = false;
      let killed = false;
      const owner = new OwnerWindow();
      let window = false;
      first.host.hook = (name, file) => {
        const isWindow = owner.isBefore(name, file);
        window ||= first.host.calls - before === place && isWindow;
        if (first.host.calls - before !== place) return undefined;
        entered = true;
        for (let n = 0; n <= more; n++) {
          const second = new Engine(module).use(disk, 2 + n);
          second.host.hook = () => {
            if (second.host.calls === until) throw new Killed();
            return undefined;
          };
          const status = unlessKilled(() => second.open({}));
          killed = status === undefined;
          if (status !== undefined) ok(status, second, `place ${place}: the second can't open`);
          if (n < more) {
            ok(second.put(100 + n), second, `place ${place}: the second can't insert`);
            ok(second.close(), second, `place ${place}: the second can't be closed`);
          }
        }
        return undefined;
      };
      const told = first.put(3);
      const what = `place ${place}, the second killed at call ${until}: the first was told ${told} (${first.message()})`;
      if (!entered) return totals;
      // What the second was writing is written over then, which nothing can prevent: all that is sure is the reply of one that lives.
      if (window && killed) continue;
      const next = new Engine(module).use(Disk.of(disk.images()), 9);
      ok(next.open({}), next, `${what}, and the store can't be opened`);
      if (!next.has(2)) throw new Error(`${what}, and row 2 is missing`);
      if (told === 0 && !next.has(3)) throw new Error(`${what}, and the row is missing`);
      if (told === HANDLE_POISONED && next.has(3)) throw new Error(`${what}, and the row is there`);
      if (told === OUTCOME_UNKNOWN && !killed) throw new Error(`${what}, though the log tells`);
      if (told === 0) totals.done += 1;
      else if (told === HANDLE_POISONED) totals.none += 1;
      else if (told === OUTCOME_UNKNOWN) totals.unknown += 1;
      else throw new Error(what);
      // Another one has it now: all that the first has said to be done the next one has.
      if (told !== 0 || !killed) ok(first.close(), first, `${what}; its close`);
      if (!killed) break;
    }
  }
}

/**
 * A killed session's log is recovered while another session comes in between any two calls of that, goes on and makes checkpoints: the
 * older one is told of the other one, and not that the file is damaged. The same for a session that only reads. At every `step`th call, from
 * another one on for each kind of session; how many there were.
 */
export function opensBetweenCalls(module: WebAssembly.Module, seed: number, flags: number, step = 1): number {
  const hot = new Engine(module).use(Disk.of(prepared(module, seed, 5)), 3);
  ok(hot.open({}), hot, "open");
  for (let n = 5; n < 9; n++) ok(hot.step(seed, n), hot, `transaction ${n}`);
  ok(hot.put(2), hot, "insert");
  const start = hot.host.disk.images();
  const from = 1 + ((seed + flags) % step);
  for (let place = from; ; place += step) {
    const disk = Disk.of(start);
    const first = new Engine(module).use(disk, 1);
    const second = new Engine(module).use(disk, 2);
    let entered = false;
    const owner = new OwnerWindow();
    let window = false;
    first.host.hook = (name, file) => {
      const isWindow = owner.isBefore(name, file);
      if (first.host.calls === place) {
        entered = true;
        window = isWindow;
        ok(second.open({ checkpoint: 1500 }), second, `place ${place}: the second can't open`);
        for (let n = 9; n < 12; n++) ok(second.step(seed, n, 40), second, `place ${place}: the second's transaction ${n}`);
        if (place % 2 === 0) ok(second.close(), second, `place ${place}: the second can't be closed`);
      }
      return undefined;
    };
    const status = first.open({ flags });
    if (!entered) return (place - from) / step;
    const expected = flags === READ_ONLY ? FILE_CHANGED : HANDLE_POISONED;
    if (status !== 0 && status !== expected) throw new Error(`place ${place}: the first was told ${first.message()}`);
    first.close();
    // What was asked for before the second came is written over what that has written.
    if (window) continue;
    expectRows(module, disk.images(), [1, 2], `place ${place}`);
  }
}

/**
 * Another session opens a file that has no log yet, changes it and closes it (at every other place: is killed) between any two calls of
 * the first one's opening, which has read the file before it makes its log: what the other one was told is there, for the first one, too.
 */
export function makesLogBetweenCalls(module: WebAssembly.Module, seed: number): number {
  const start = prepared(module, seed, 5);
  start.delete(LOG_FILE);
  for (let place = 1; ; place++) {
    const disk = Disk.of(start);
    const first = new Engine(module).use(disk, 1);
    const second = new Engine(module).use(disk, 2);
    const closes = place % 2 === 0;
    const owner = new OwnerWindow();
    let window = false;
    let content = "";
    first.host.hook = (name, file) => {
      const isWindow = owner.isBefore(name, file);
      if (content !== "" || first.host.calls < place) return undefined;
      window = isWindow;
      ok(second.open({ checkpoint: 1500 }), second, `place ${place}: the second can't open`);
      for (let n = 9; n < 12; n++) ok(second.step(seed, n, 40), second, `place ${place}: the second's transaction ${n}`);
      content = second.contentHash();
      if (closes) ok(second.close(), second, `place ${place}: the second can't be closed`);
      return undefined;
    };
    const status = first.open({});
    if (content === "") return place - 1;
    if (status !== 0 && status !== HANDLE_POISONED) throw new Error(`place ${place}: the first was told ${first.message()}`);
    if (window) {
      first.close();
      continue;
    }
    if (status === 0) {
      const seen = first.contentHash();
      // The first may have had its mark in place before the second came: then it is told so when it asks.
      const put = first.put(3);
      if (put === 0 && seen !== content) throw new Error(`place ${place}: the first goes on from what was there before`);
      if (put !== 0 && put !== HANDLE_POISONED) throw new Error(`place ${place}: the first was told ${first.message()}`);
      if (put === 0) content = first.contentHash();
    }
    first.close();
    const after = new Engine(module).use(Disk.of(disk.images()), 9);
    ok(after.open({}), after, `place ${place}: the store can't be opened`);
    if (after.contentHash() !== content) throw new Error(`place ${place}: other rows than were acknowledged`);
    const faults = after.check();
    if (faults !== "") throw new Error(`place ${place}: ${faults}`);
  }
}

const LATE_STEP = 9;

/**
 * One write of a session that was just overtaken is still under way, and comes between any two calls of the next one's opening: that
 * one opens, and does not find the file damaged. At every `step`th call, from another one on for each write.
 */
export function lateWrites(module: WebAssembly.Module, seed: number, step = LATE_STEP): number {
  const start = prepared(module, seed, 5);
  const whole = Disk.of(start);
  const first = new Engine(module).use(whole, 1);
  ok(first.open({ checkpoint: 1500 }), first, "the first can't open");
  for (let id = 2; id < 5; id++) ok(first.put(id), first, "the first can't insert");
  ok(first.step(seed, 9, 40), first, "the first's transaction");
  ok(first.close(), first, "the first can't be closed");
  let places = 0;
  for (const [at, late] of whole.changes.entries()) {
    if (late.kind !== "write" && late.kind !== "size") continue;
    // Its own mark is what makes it the older one.
    if (late.kind === "write" && late.file === LOG_FILE && late.bytes.length === 8) continue;
    // A few calls of each, other ones of the next.
    for (let place = 1 + (at % step); ; place += step) {
      const disk = Disk.of(start);
      for (const change of whole.changes.slice(0, at)) disk.apply(change);
      const second = new Engine(module).use(Disk.of(disk.images()), 2);
      let came = false;
      second.host.hook = () => {
        if (second.host.calls === place) {
          came = true;
          second.host.disk.apply(late);
        }
        return undefined;
      };
      ok(second.open({}), second, `change ${at} (${describe(late)}) at call ${place} of the next opening`);
      second.host.hook = null;
      if (!came) break;
      places += 1;
    }
  }
  return places;
}
