/**
 * Calls that fail: the Nth one, for every N, once and for ever. What is to hold: an error that says what failed, no trap; and when the store
 * is opened again it is as before or after the transaction that failed, with nothing that `check` finds.
 */
import { runCommand } from "./command.js";
import { afterPowerCut, Disk, type Image } from "./disk.js";
import { CREATE, Engine, INITIAL_PAGES } from "./engine.js";
import { EINTR, EIO, ENOSPC, type Fault, type Hook } from "./host.js";
import { Random } from "./random.js";

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
function failing(kind: FaultKind, place: number): { hook: Hook; reached: () => boolean } {
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
function contentOf(module: WebAssembly.Module, images: ReadonlyMap<string, Image>, what: string): string {
  const engine = new Engine(module).use(Disk.of(images), 3);
  if (engine.open({ cache: 4 << 20, flags: CREATE }) !== 0)
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
export function workloadFault(module: WebAssembly.Module, seed: number, kind: FaultKind, place: number): boolean {
  const what = `${kind.name}, call ${place}, seed ${seed}`;
  const disk = new Disk();
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
    let opened = engine.open({ checkpoint: 3000, flags: CREATE }) === 0;
    if (!opened) {
      told("open");
      if (kind.forEver) return reached();
      opened = engine.open({ checkpoint: 3000, flags: CREATE }) === 0;
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
      if (other.open({ flags: CREATE }) !== 0 || other.step(seed, n, 2) !== 0)
        throw new Error(`${what}: transaction ${n} can't be done at all: ${other.message()}`);
      const after = other.contentHash();
      poisoned = engine.begin() !== 0;
      if (poisoned) allowed.add(after);
      else {
        if (contentOf(module, disk.images(), `${what}, killed after transaction ${n}`) !== current)
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
  const content = contentOf(module, disk.images(), what);
  if (!allowed.has(content)) throw new Error(`${what}: in the end there are other rows than acknowledged`);
  const cut = contentOf(module, afterPowerCut(disk, place % 5, new Random(seed, place)), `${what}, power cut`);
  if (!allowed.has(cut)) throw new Error(`${what}: after a power cut there are other rows than acknowledged`);
  return reached();
}

// ---- commands ----

interface TestedCommand {
  readonly words: readonly string[];
  readonly stdin?: string;
  readonly reads: boolean;
}

const ROWS = Array.from({ length: 40 }, (_, at) => `{"id":${at + 100},"name":"row ${at}","price":"${at}.50"}`);

/** Commands for the loops, on a store with table `items`; the script for `serve` has transactions, some of them rolled back. */
export const COMMANDS: readonly TestedCommand[] = [
  { words: ["create", "orders", "id:uint32:pk", "item:uint32:references=items.id", "at:datetime:null:index"], reads: false },
  { words: ["insert", "items", ...ROWS.slice(0, 5)], reads: false },
  { words: ["update", "items", "3", '{"name":"three"}'], reads: false },
  { words: ["delete", "items", "4", "5"], reads: false },
  { words: ["drop", "spare"], reads: false },
  { words: ["import", "items", "-", "--format", "ndjson"], stdin: ROWS.join("\n"), reads: false },
  {
    words: ["serve"],
    stdin: [
      '{"op":"begin"}',
      '{"op":"insert","table":"items","row":{"id":900,"name":"a","price":"1"}}',
      '{"op":"savepoint","name":"s"}',
      '{"op":"delete","table":"items","key":2}',
      '{"op":"rollbackTo","name":"s"}',
      '{"op":"commit"}',
    ].join("\n"),
    reads: false,
  },
  { words: ["compact"], reads: false },
  { words: ["compact", "data/packed.db"], reads: false },
  { words: ["backup", "data/backup.db"], reads: false },
  { words: ["convert", "data/converted.db", "--layout", "0.11"], reads: false },
  { words: ["repair", "data/repaired.db"], reads: false },
  { words: ["hash"], reads: true },
  { words: ["diff", "data/store.db"], reads: true },
  { words: ["export", "items", "--format", "csv"], reads: true },
  { words: ["dump"], reads: true },
  { words: ["get", "items", "3"], reads: true },
  { words: ["scan", "items", "--limit", "3"], reads: true },
  { words: ["schema"], reads: true },
  { words: ["info"], reads: true },
  { words: ["check"], reads: true },
];

function commandLine(command: TestedCommand): string[] {
  return ["data/store.db", ...command.words];
}

/** A store for the commands: closed, or (`hot`) with transactions that are only in its log. */
export function commandStore(module: WebAssembly.Module, hot: boolean): Map<string, Image> {
  const disk = new Disk();
  const must = (words: string[], stdin = ""): void => {
    const run = runCommand(module, disk, ["data/store.db", ...words], { stdin });
    if (run.status !== 0) throw new Error(`${words.join(" ")}: ${run.stderr}${run.trap}`);
  };
  must(["create", "items", "id:uint32:pk", "name:text", "price:decimal:null:index"]);
  must(["create", "spare", "id:uint32:pk"]);
  must(
    ["import", "items", "-", "--format", "ndjson"],
    Array.from({ length: 30 }, (_, at) => `{"id":${at},"name":"n ${at}","price":"1.${at}"}`).join("\n"),
  );
  if (!hot) return disk.images();
  // A session that is killed: what its sync made durable is in the log.
  const session = Disk.of(disk.images());
  const script = Array.from(
    { length: 5 },
    (_, at) => `{"op":"insert","table":"items","row":{"id":${at + 50},"name":"hot","price":"2"}}`,
  );
  runCommand(module, session, ["data/store.db", "serve"], { stdin: script.join("\n") });
  const cut = Disk.of(disk.images());
  let syncs = 0;
  for (const change of session.changes) {
    cut.apply(change);
    if (change.kind === "sync" && ++syncs === script.length) break;
  }
  return cut.images();
}

/** All rows and definitions, as `dump` prints them; `check` has to find nothing. */
function dumpOf(module: WebAssembly.Module, images: ReadonlyMap<string, Image>, what: string): string {
  const disk = Disk.of(images);
  // Without a session that recovers it there would only be half of it to check.
  const dump = runCommand(module, disk, ["data/store.db", "dump"]);
  if (dump.status !== 0) throw new Error(`${what}: the store can't be dumped: ${dump.stderr}${dump.trap}`);
  const check = runCommand(module, disk, ["data/store.db", "check"]);
  if (check.status !== 0) throw new Error(`${what}: check: ${check.stdout}${check.stderr}`);
  return dump.stdout;
}

/** Runs a command in which the `place`th call fails. False when there are fewer calls. */
export function commandFault(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  kind: FaultKind,
  place: number,
): boolean {
  const what = `${command.words[0]}: ${kind.name}, call ${place}`;
  const { hook, reached } = failing(kind, place);
  const disk = Disk.of(start);
  const run = runCommand(module, disk, commandLine(command), { stdin: command.stdin ?? "", hook });
  if (!reached()) return false;
  judgeCommand(module, start, command, disk, run, what, kind.harmless);
  return true;
}

/** Thrown into the module: what SIGKILL does. */
class Killed extends Error {}

/**
 * Kills a command at its `place`th call, and cuts the power then in several ways. False when there are fewer calls. What is left has to
 * be the store as before or as after.
 */
export function commandKill(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  place: number,
): boolean {
  const what = `${command.words[0]}: killed at call ${place}`;
  const disk = Disk.of(start);
  let calls = 0;
  const hook: Hook = () => {
    calls += 1;
    if (calls === place) throw new Killed();
    return undefined;
  };
  try {
    runCommand(module, disk, commandLine(command), { stdin: command.stdin ?? "", hook });
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  const expected = Object.values(expectedDumps(module, start, command));
  if (!expected.includes(dumpOf(module, disk.images(), what))) throw new Error(`${what}: neither as before nor as after`);
  // The first outcome of a power cut is that everything is kept, which is what the kill left.
  for (let outcome = 1; outcome < 4 && !disk.settled; outcome++) {
    const left = afterPowerCut(disk, outcome, new Random(place, outcome));
    if (!expected.includes(dumpOf(module, left, `${what}, power cut ${outcome}`)))
      throw new Error(`${what}, power cut ${outcome}: neither as before nor as after`);
  }
  return true;
}

/** Runs a command with so little memory that the `place`th growth is refused, counted in pages. False when it needs no more. */
export function commandMemory(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  place: number,
): boolean {
  const disk = Disk.of(start);
  const maximumPages = INITIAL_PAGES + place;
  const run = runCommand(module, disk, commandLine(command), { stdin: command.stdin ?? "", maximumPages });
  const what = `${command.words[0]}: ${maximumPages} pages of memory`;
  // The module's own heap that gets nothing is a trap (AssemblyScript knows no other way), and leaves what a kill leaves.
  const trapped = run.status === null && run.trap.includes("unreachable") && run.stderr === "";
  const { before, after } = expectedDumps(module, start, command);
  if (trapped && ![before, after].includes(dumpOf(module, disk.images(), what)))
    throw new Error(`${what}: neither as before nor as after`);
  if (!trapped) judgeCommand(module, start, command, disk, run, what, false);
  return trapped || run.pages >= maximumPages;
}

/** What `dump` prints before and after a command that nothing happens to; looked up for each store and command once. */
const expectations = new WeakMap<ReadonlyMap<string, Image>, Map<TestedCommand, { before: string; after: string }>>();

function expectedDumps(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
): { before: string; after: string } {
  const known = expectations.get(start) ?? new Map<TestedCommand, { before: string; after: string }>();
  expectations.set(start, known);
  let dumps = known.get(command);
  if (dumps === undefined) {
    const disk = Disk.of(start);
    runCommand(module, disk, commandLine(command), { stdin: command.stdin ?? "" });
    dumps = { before: dumpOf(module, start, "before"), after: dumpOf(module, disk.images(), "after") };
    known.set(command, dumps);
  }
  return dumps;
}

function judgeCommand(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  disk: Disk,
  run: ReturnType<typeof runCommand>,
  what: string,
  harmless: boolean,
): void {
  if (run.status === null) throw new Error(`${what}: a trap: ${run.trap} ${run.stderr}`);
  const failedReply = run.stdout.includes('"error":');
  if (run.status !== 0 && !/^quire: [A-Z_]+: .+/m.test(run.stderr) && !failedReply)
    throw new Error(`${what}: status ${run.status}, and it says ${run.stderr}`);
  if (harmless && (run.status !== 0 || failedReply)) throw new Error(`${what}: status ${run.status}: ${run.stderr}`);
  if (command.reads && disk.changes.length > 0) throw new Error(`${what}: a reading command changed ${disk.changes[0]?.file}`);
  const dump = dumpOf(module, disk.images(), what);
  const { before, after } = expectedDumps(module, start, command);
  if (dump !== before && dump !== after) throw new Error(`${what}: neither as before nor as after`);
  if (run.status === 0 && !failedReply && dump !== after)
    throw new Error(`${what}: it says that it went well, and nothing is there`);
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
  const current = contentOf(module, disk.images(), what);
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
