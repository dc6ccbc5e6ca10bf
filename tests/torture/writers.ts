/**
 * Two writers on one simulated file, and files that do not belong to their log.
 *
 * WASI has no locks. A session that opens the file for writing leaves its mark in the log, and every session asks for the mark before each
 * of its writes: the older one finds out, says so, and writes nothing more. What is left is the time between the asking and the write itself.
 */
import { type Change, Disk, type Image } from "./disk.js";
import { describe, LOG_FILE, PAGE_FILE } from "./crash.js";
import { CREATE, Engine, READ_ONLY } from "./engine.js";
import { Random } from "./random.js";

/** Status codes of assembly/status.ts that are expected here. */
const HANDLE_POISONED = 53;
const DAMAGED = 61;
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
    let asked = false;
    let window = false;
    /** Whether the second had row `id` when it came; if it is closed by now, its file. */
    const had = (id: number): boolean => {
      if (!closing) return second.has(id);
      const reader = new Engine(module).use(Disk.of(left), 7);
      return reader.open({ flags: READ_ONLY }) === 0 && reader.has(id);
    };
    let left = start;
    first.host.hook = (name, file) => {
      if (first.host.calls === place) {
        window = asked && (name === "write" || name === "size");
        entered = true;
        taken = disk.changes.some((change) => change.kind === "write" && change.file === LOG_FILE && change.bytes.length === 8);
        ok(second.open({ checkpoint: 1500 }), second, `place ${place}: the second can't open`);
        ok(second.put(100), second, `place ${place}: the second can't insert`);
        acknowledged.push(100);
        if (closing) ok(second.close(), second, `place ${place}: the second can't be closed`);
        left = disk.images();
      }
      asked = name === "read" && file === LOG_FILE;
      return undefined;
    };
    const status = first.open({ checkpoint: 1500 });
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
