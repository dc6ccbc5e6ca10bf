/**
 * Calls that fail: the Nth one, for every N, once and for ever. What is to hold: an error that says what failed, no trap; and when the store
 * is opened again it is as before or after the transaction that failed, with nothing that `check` finds.
 */
import { afterPowerCut, Disk, type Image } from "./disk.js";
import { CREATE, Engine, INITIAL_PAGES } from "./engine.js";
import { EINTR, EIO, ENOSPC, type Fault, type Hook } from "./host.js";
import { Random } from "./random.js";
import { checkKept, diskOf, flagsOf, type Start } from "./start.js";

/** Status of assembly/status.ts. */
const HANDLE_POISONED = 53;

/**
 * A sync fails, and what it was for is lost for good though the file looks as if it had it, as Linux does it: nothing may be acknowledged
 * by this handle afterwards, and what was acknowledged before is there.
 */
export function lostSync(module: WebAssembly.Module, seed: number): number {
  let places = 0;
  for (let place = 1; ; place++) {
    const disk = new Disk();
    const engine = new Engine(module).use(disk, seed);
    let syncs = 0;
    let lost = false;
    let durable: ReadonlyMap<string, Image> | null = null;
    engine.host.hook = (name, file): Fault | undefined => {
      if (name !== "sync" || ++syncs !== place) return undefined;
      lost = true;
      // What a power cut leaves from now on; later syncs do not make up for it, so the file stays as it was at its last good sync.
      const state = disk.images();
      const hurt = disk.files.get(file);
      if (hurt !== undefined) state.set(file, hurt.durable.clone());
      durable = state;
      return { errno: EIO };
    };
    const acknowledged: number[] = [];
    const opened = engine.open({ checkpoint: 1500, flags: CREATE }) === 0;
    let told = !opened;
    for (let id = 1; id < 30 && !told; id++) {
      const status = engine.put(id);
      if (status === 0 && !lost) acknowledged.push(id);
      if (status === 0 && lost && id < 29 && engine.put(id + 1) === 0)
        throw new Error(`sync ${place} failed, and row ${id + 1} is acknowledged`);
      told = status !== 0;
    }
    if (told && opened && engine.put(50) !== HANDLE_POISONED) {
      throw new Error(`sync ${place} failed, and the handle goes on: ${engine.message()}`);
    }
    engine.close();
    if (!lost) return places;
    places += 1;
    const after = new Engine(module).use(Disk.of(durable ?? disk.images()), 2);
    if (after.open({ flags: CREATE }) !== 0) throw new Error(`after a lost sync ${place}: ${after.message()}`);
    for (const id of acknowledged) if (!after.has(id)) throw new Error(`after a lost sync ${place}: row ${id} is missing`);
    const faults = after.check();
    if (faults !== "") throw new Error(`after a lost sync ${place}: ${faults}`);
    after.close();
  }
}

/**
 * A transaction is rolled back when frames of it are in the log, and the next one has frames of the same lengths in their places. A power cut
 * that loses any one write of that one loses all of it: what was there before is not taken for a part of it. How many writes there were.
 */
export function lostWrite(module: WebAssembly.Module, seed: number): number {
  const disk = new Disk();
  const engine = new Engine(module).use(disk, seed);
  const rows = Array.from({ length: 60 }, (_, at) => 100 + at);
  const ok = (status: number): void => {
    if (status !== 0) throw new Error(engine.message());
  };
  const putAll = (letter: string): void => {
    ok(engine.begin());
    for (const id of rows) ok(engine.putEven(id, letter));
  };
  ok(engine.open({ flags: CREATE }));
  ok(engine.put(1));
  putAll("a");
  ok(engine.rollback());
  const before = disk.clone();
  const first = disk.changes.length;
  putAll("b");
  ok(engine.commit());
  const changes = disk.changes.slice(first);
  for (const lost of changes) {
    if (lost.kind !== "write") continue;
    const left = before.clone();
    for (const change of changes) if (change !== lost) left.apply(change);
    const what = `without the write of ${lost.bytes.length} bytes at ${lost.offset} of ${lost.file}`;
    const after = new Engine(module).use(left, 2);
    if (after.open() !== 0) throw new Error(`${what}: ${after.message()}`);
    const faults = after.check();
    if (faults !== "") throw new Error(`${what}: ${faults}`);
    for (const id of rows) if (after.has(id)) throw new Error(`${what}: row ${id} is there`);
    if (!after.has(1)) throw new Error(`${what}: the row of the transaction before is missing`);
    after.close();
  }
  return changes.filter(({ kind }) => kind === "write").length;
}

// ---- every call in turn ----

export interface FaultKind {
  readonly name: string;
  readonly fault: Fault;
  /** Only these calls. */
  readonly calls?: readonly string[];
  readonly forEver: boolean;
  /** Nobody notices: everything goes on as without it. */
  readonly harmless: boolean;
}

const WRITES = ["write", "size", "open"];

export const FAULT_KINDS: readonly FaultKind[] = [
  { name: "EIO once", fault: { errno: EIO }, forEver: false, harmless: false },
  { name: "EIO for ever", fault: { errno: EIO }, forEver: true, harmless: false },
  {
    name: "EIO once, though it was done",
    fault: { errno: EIO, after: true },
    calls: ["write", "size", "sync"],
    forEver: false,
    harmless: false,
  },
  { name: "ENOSPC once", fault: { errno: ENOSPC }, calls: WRITES, forEver: false, harmless: false },
  { name: "ENOSPC for ever", fault: { errno: ENOSPC }, calls: WRITES, forEver: true, harmless: false },
  { name: "EINTR once", fault: { errno: EINTR }, calls: ["read", "write", "size", "open"], forEver: false, harmless: true },
  { name: "a short read or write once", fault: { most: 7 }, calls: ["read", "write"], forEver: false, harmless: true },
  { name: "short reads and writes for ever", fault: { most: 1000 }, calls: ["read", "write"], forEver: true, harmless: true },
];

/** Fails the `place`th call that `kind` is about; `reached` tells whether it came to that. */
export function failing(kind: FaultKind, place: number): { hook: Hook; reached: () => boolean } {
  let count = 0;
  return {
    hook: (name) => {
      if (kind.calls !== undefined && !kind.calls.includes(name)) return undefined;
      count += 1;
      return count === place || (kind.forEver && count > place) ? kind.fault : undefined;
    },
    reached: () => count >= place,
  };
}

/** What a failure may say: a code, and the file, or the memory, or that the handle is not what it was. */
const SAYS_WHAT = /^[A-Z_]+: .*(store\.db|memory|another program|data\/)/;

/** Rows of the store on `images`, as a new session sees them; `check` has to find nothing. */
function contentOf(module: WebAssembly.Module, start: Start | null, images: ReadonlyMap<string, Image>, what: string): string {
  const engine = new Engine(module).use(Disk.of(images), 3);
  if (engine.open({ cache: 4 << 20, flags: flagsOf(start) }) !== 0)
    throw new Error(`${what}: the store can't be opened again: ${engine.message()}`);
  const faults = engine.check();
  if (faults !== "") throw new Error(`${what}: ${faults}`);
  const content = engine.contentHash();
  if (engine.close() !== 0) throw new Error(`${what}: the store can't be closed again: ${engine.message()}`);
  return content;
}

/**
 * Runs a workload in which the `place`th call fails, and goes on as long as the handle lets it. False when there are fewer calls. After each
 * failed transaction the handle shows what was there before it (or nothing any more), and so does the file after a kill; in the end a new
 * session finds just the acknowledged transactions, with or without the one that failed last for a handle that was poisoned by it.
 */
export function workloadFault(
  module: WebAssembly.Module,
  seed: number,
  kind: FaultKind,
  place: number,
  start: Start | null = null,
): boolean {
  const what = `${start === null ? "" : `${start.name} of layout 0.8: `}${kind.name}, call ${place}, seed ${seed}`;
  const disk = diskOf(start);
  const flags = flagsOf(start);
  const engine = new Engine(module).use(disk, seed);
  const { hook, reached } = failing(kind, place);
  const told = (doing: string): void => {
    const message = engine.message();
    if (kind.harmless) throw new Error(`${what}: ${doing} fails: ${message}`);
    if (!SAYS_WHAT.test(message)) throw new Error(`${what}: ${doing} says only ${message}`);
  };
  let current: string;
  let allowed: Set<string>;
  try {
    engine.host.hook = hook;
    let opened = engine.open({ checkpoint: 3000, flags }) === 0;
    if (!opened) {
      told("open");
      if (kind.forEver) return reached();
      opened = engine.open({ checkpoint: 3000, flags }) === 0;
      if (!opened) throw new Error(`${what}: open fails once more: ${engine.message()}`);
    }
    engine.host.hook = null;
    current = engine.contentHash();
    allowed = new Set([current]);
    let poisoned = false;
    for (let n = 0; n < 9 && !poisoned; n++) {
      const before = disk.images();
      engine.host.hook = hook;
      const status = engine.step(seed, n, 2);
      engine.host.hook = null;
      if (status === 0) {
        current = engine.contentHash();
        allowed = new Set([current]);
        continue;
      }
      told(`transaction ${n}`);
      // With it, if the failure came too late to take it back.
      const other = new Engine(module).use(Disk.of(before), 4);
      if (other.open({ flags }) !== 0 || other.step(seed, n, 2) !== 0)
        throw new Error(`${what}: transaction ${n} can't be done at all: ${other.message()}`);
      const after = other.contentHash();
      poisoned = engine.begin() !== 0;
      if (poisoned) allowed.add(after);
      else {
        if (contentOf(module, start, disk.images(), `${what}, killed after transaction ${n}`) !== current)
          throw new Error(`${what}: transaction ${n} failed, and is there all the same when the process is killed`);
        const rolledBack = engine.commit() === 0 ? engine.contentHash() : "";
        if (rolledBack !== current) {
          const rows = rolledBack === after ? "those that it was to bring" : rolledBack === "" ? engine.message() : "others";
          throw new Error(`${what}: transaction ${n} failed, and the rows are not those before it, but ${rows}`);
        }
      }
    }
    engine.host.hook = hook;
    if (engine.close() !== 0) told("close");
    engine.host.hook = null;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError)
      throw new Error(`${what}: a trap: ${error.stack ?? ""} ${engine.host.stderr}`, { cause: error });
    throw error;
  }
  const content = contentOf(module, start, disk.images(), what);
  if (!allowed.has(content)) throw new Error(`${what}: in the end there are other rows than acknowledged`);
  const cut = contentOf(module, start, afterPowerCut(disk, place % 5, new Random(seed, place)), `${what}, power cut`);
  if (!allowed.has(cut)) throw new Error(`${what}: after a power cut there are other rows than acknowledged`);
  checkKept(start, disk);
  return reached();
}

/**
 * Runs a workload with so little memory that the `place`th growth is refused, counted in pages. False when it needs no more. A transaction
 * that fails for it is taken back; a trap is the module's own heap that got nothing, which ends the session like a kill.
 */
export function workloadMemory(module: WebAssembly.Module, seed: number, place: number): boolean {
  const what = `${INITIAL_PAGES + place} pages of memory, seed ${seed}`;
  const disk = new Disk();
  let acknowledged = -1;
  const whole = new Engine(module).use(new Disk(), seed);
  let engine: Engine;
  try {
    engine = new Engine(module, INITIAL_PAGES + place).use(disk, seed);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw new Error(`${what}: a trap at the start`, { cause: error });
    throw error;
  }
  const states: string[] = [];
  whole.open({ flags: CREATE });
  for (let n = 0; n < 12; n++) {
    whole.step(seed, n, 30);
    states.push(whole.contentHash());
  }
  try {
    if (engine.open({ checkpoint: 3000, flags: CREATE }) !== 0) {
      if (!SAYS_WHAT.test(engine.message())) throw new Error(`${what}: open says only ${engine.message()}`);
    } else {
      for (let n = 0; n < 12; n++) {
        if (engine.step(seed, n, 30) !== 0) {
          if (!SAYS_WHAT.test(engine.message())) throw new Error(`${what}: transaction ${n} says only ${engine.message()}`);
          break;
        }
        acknowledged = n;
      }
      engine.close();
    }
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError)
      throw new Error(`${what}: a trap: ${error.stack ?? ""} ${engine.host.stderr}`, { cause: error });
    throw error;
  }
  const current = contentOf(module, null, disk.images(), what);
  const found = states.indexOf(current);
  if (found !== acknowledged && !(acknowledged < 0 && found < 0) && states[acknowledged] !== current) {
    throw new Error(`${what}: ${acknowledged} transactions were acknowledged, there are those up to ${found}`);
  }
  return engine.pages >= INITIAL_PAGES + place;
}

/** Calls `one` with every `step`th place from `first` on until there are no more: how many there were. */
export function places(one: (place: number) => boolean, first = 1, step = 1): number {
  let count = 0;
  for (let place = first; one(place); place += step) count += 1;
  return count;
}
