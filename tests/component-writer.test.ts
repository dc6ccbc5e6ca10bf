/**
 * The component as the writer, under jco, on a simulated disk: it asks its host for the same as the core library does, in the same order, and
 * writes the same files to the byte; what it acknowledged the core library finds after every call that fails and every kill.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  type Connection,
  type Database,
  type DatabaseError,
  type NewInstance,
  type Table,
  ALL,
  errorOf,
  loadComponent,
  text,
  u32,
} from "./helpers/component.js";
import { ComponentHost, Killed } from "./torture/component-host.js";
import { CoreLibrary } from "./torture/core-library.js";
import { afterPowerCut, Disk, type Image } from "./torture/disk.js";
import { FAULT_KINDS, type FaultKind, failing, places } from "./torture/faults.js";
import { compileModule } from "./torture/module.js";
import { Random } from "./torture/random.js";

const PATH = "data/store.db";
const SEED = 7;
/** Of the calls that may fail, every so manieth does: `QUIRE_COMPONENT_STEP=1` is all of them. */
const STEP = Number(process.env["QUIRE_COMPONENT_STEP"] ?? 5);

let library: WebAssembly.Module;
let newInstance: NewInstance;
before(async () => {
  library = await compileModule("library", []);
  newInstance = await loadComponent();
});

/** A component on a disk. */
function componentOn(disk: Disk, seed = SEED): { host: ComponentHost; database: Database } {
  const host = new ComponentHost();
  host.use(disk, seed);
  return { host, database: newInstance(host.imports()).database };
}

const open = (database: Database): Connection => database.Connection.openJson(JSON.stringify({ path: PATH, create: true }));

test("there is no clock: SQL has the time from a parameter, and random numbers from the host", () => {
  const { database } = componentOn(new Disk());
  const connection = open(database);
  const sql = (text: string, ...params: unknown[]): unknown =>
    JSON.parse(connection.request(JSON.stringify({ op: "sql", sql: text, params })));
  for (const call of ["now()", "current_date", "unixepoch()", "strftime('%Y', 'now')"])
    assert.equal(errorOf(() => sql(`SELECT ${call}`)).code, "SQL_UNSUPPORTED", call);
  const { rows } = sql("SELECT date(?, '+1 day'), uuid() = uuid()", "2024-02-28") as { rows: unknown[][] };
  assert.deepEqual(rows, [["2024-02-29", false]]);
});

// ---- the same calls ----

/** Requests whose pages and log records are of every kind: tables, keys, texts of every length, undone and cascaded changes. */
const REQUESTS: readonly object[] = [
  { op: "create", table: "authors", columns: ["id:uint32:pk:auto", "name:text:unique", "born:date:null"] },
  { op: "create", table: "books", columns: ["id:int64:pk", "title:text", "author:uint32:index:references=authors.id:cascade"] },
  { op: "insert", table: "authors", rows: Array.from({ length: 300 }, (_, at) => ({ name: `author ${at} ${"é".repeat(at)}` })) },
  { op: "begin" },
  {
    op: "insert",
    table: "books",
    rows: Array.from({ length: 500 }, (_, at) => ({ id: at * 7, title: `book ${at}`, author: 1 + (at % 300) })),
  },
  { op: "savepoint", name: "here" },
  { op: "update", table: "authors", key: 5, set: { name: "x".repeat(30_000) } },
  { op: "rollbackTo", name: "here" },
  { op: "commit" },
  { op: "insert", table: "authors", row: { name: "author 7 ééééééé" } },
  { op: "delete", table: "authors", key: 9 },
  { op: "get", table: "authors", key: 10 },
  { op: "begin" },
  { op: "update", table: "authors", key: 11, set: { born: "1815-12-10" } },
  { op: "rollback" },
  { op: "scan", table: "books", limit: 50, reverse: true },
  { op: "drop", table: "books" },
  { op: "check" },
];

/** What a request is answered by the component. */
function answer(connection: Connection, request: string): string {
  try {
    return `{"ok":${connection.request(request)}}`;
  } catch (error) {
    const { payload } = error as { payload?: DatabaseError };
    if (payload === undefined) throw error;
    return `{"error":${JSON.stringify({ code: payload.code, message: payload.message })}}`;
  }
}

/** The calls of `Host` by the names that `ComponentHost` has for them; what both have no system call for is left out. */
const NAMES = new Map([
  ["path_open", "open"],
  ["path_unlink_file", "unlink"],
  ["path_rename", "rename"],
  ["path_filestat_get", "look"],
  ["fd_close", "close"],
  ["fd_filestat_get", "stat"],
  ["fd_seek", "stat"],
  ["fd_pread", "read"],
  ["fd_pwrite", "write"],
  ["fd_filestat_set_size", "size"],
  ["fd_datasync", "sync"],
  ["fd_sync", "sync"],
  ["random_get", "random"],
]);

test("the same requests: the same answers, the same calls in the same order, the same files to the byte", (t) => {
  const coreCalls: string[] = [];
  const core = new CoreLibrary(library, new Disk(), SEED, (name) => {
    const known = NAMES.get(name);
    if (known !== undefined) coreCalls.push(known);
  });
  const { host, database } = componentOn(new Disk());
  const requests = REQUESTS.map((request) => JSON.stringify(request));
  const answers: string[] = [];
  // The second time the first table is there already.
  for (let round = 0; round < 2; round++) {
    const store = core.open({ path: PATH, create: true });
    const expected = requests.map((request) => core.request(store, request));
    core.close(store);
    const connection = open(database);
    const answered = requests.map((request) => answer(connection, request));
    connection.close();
    assert.deepEqual(answered, expected);
    answers.push(...answered);
  }
  const codes = answers.flatMap((text) => /^\{"error":\{"code":"(\w+)"/.exec(text)?.[1] ?? []);
  // A name that is taken; then all of what was done once already.
  const again = ["TABLE_EXISTS", "UNIQUE_CONFLICT", "FOREIGN_KEY_BROKEN", "UNIQUE_CONFLICT", "ROW_NOT_FOUND"];
  assert.deepEqual(codes, ["UNIQUE_CONFLICT", ...again]);
  const calls = host.log.map((line) => line.split(" ")[0]!);
  assert.deepEqual(calls, coreCalls);
  const count = (name: string): number => calls.filter((call) => call === name).length;
  for (const name of ["open", "close", "look", "stat", "read", "write", "size", "sync", "random"])
    assert.ok(count(name) > 1, name);
  t.diagnostic(`${calls.length} calls, ${count("write")} of them write and ${count("sync")} sync`);
  assert.deepEqual(host.disk.changes, core.host.disk.changes);
  // Only the preopened folder's.
  assert.equal(host.open, 1);
});

// ---- calls that fail, and kills ----

/** Rows of the store, as one text; null when there is no table yet. */
type State = string | null;

/** What a workload has come to. */
interface Progress {
  /** The state after what was acknowledged last, and the one that is being made; the same when nothing is. */
  acknowledged: State;
  next: State;
  failures: DatabaseError[];
}

const ROWS = "rows";
const rowText = (rows: ReadonlyMap<number, string>): State =>
  JSON.stringify([...rows].sort(([a], [b]) => a - b).map(([id, name]) => ({ id, name })));

/** The store's rows, as the component's own cursor has them. */
function stateOf(connection: Connection): State {
  if (!connection.tables().includes(ROWS)) return null;
  const rows = new Map<number, string>();
  const cursor = connection.table(ROWS).scan(ALL);
  for (let page = cursor.next(7); page.length > 0; page = cursor.next(7))
    for (const [id, name] of page) rows.set(id!.val as number, name!.val as string);
  return rowText(rows);
}

/** Some transactions, each with what it makes of the rows. A model in a map says what is to be there. */
const TRANSACTIONS: readonly ((table: Table, connection: Connection, rows: Map<number, string>) => void)[] = [
  (table, _connection, rows) => insert(table, rows, 1, 40, 10),
  (table, connection, rows) => {
    const transaction = connection.beginTransaction();
    insert(table, rows, 41, 60, 3000);
    const before = new Map(rows);
    transaction.savepoint("here");
    insert(table, rows, 61, 70, 100);
    for (let id = 1; id < 20; id++) table.delete(u32(id), "by-schema");
    transaction.rollbackTo("here");
    rows.clear();
    for (const [id, name] of before) rows.set(id, name);
    table.update(u32(50), ["name"], [text("fifty")]);
    rows.set(50, "fifty");
    transaction.commit();
  },
  (table, _connection, rows) => {
    table.delete(u32(3), "by-schema");
    rows.delete(3);
  },
  (table, connection, rows) => {
    const transaction = connection.beginTransaction();
    for (let id = 10; id < 40; id++) {
      table.update(u32(id), ["name"], [text(`again ${id}`)]);
      rows.set(id, `again ${id}`);
    }
    transaction.commit();
  },
  (table, _connection, rows) => insert(table, rows, 100, 130, 2000),
];

function insert(table: Table, rows: Map<number, string>, from: number, to: number, length: number): void {
  const made: [number, string][] = [];
  for (let id = from; id < to; id++) made.push([id, `${id} `.repeat(length / 4)]);
  table.insert(
    ["id", "name"],
    made.map(([id, name]) => [u32(id), text(name)]),
  );
  for (const [id, name] of made) rows.set(id, name);
}

/** The states that the transactions lead to, the empty table's first. */
const STATES: readonly State[] = (() => {
  const rows = new Map<number, string>();
  const noTable = { insert: () => [], update: () => 0n, delete: () => 0n } as unknown as Table;
  const over = { savepoint: () => undefined, rollbackTo: () => undefined, commit: () => undefined };
  const noConnection = { beginTransaction: () => over } as unknown as Connection;
  return [
    rowText(rows),
    ...TRANSACTIONS.map((transaction) => {
      transaction(noTable, noConnection, rows);
      return rowText(rows);
    }),
  ];
})();

/** What fails in a call of the component; a trap and what is no error of its own are thrown on. */
function failureOf(call: () => void): DatabaseError | null {
  try {
    call();
    return null;
  } catch (error) {
    const { payload } = error as { payload?: DatabaseError };
    if (payload === undefined) throw error;
    return payload;
  }
}

/**
 * Runs the transactions, in two sessions. After a failure the connection shows what was acknowledged, or is good for nothing: then the file is
 * opened anew. `failed` is told of each failure.
 */
function workload(database: Database, progress: Progress, failed: (failure: DatabaseError) => void): void {
  /** Does one step, again when it has failed: each fault is there once, or nothing goes on. */
  const step = <T>(what: () => T): T | null => {
    for (let again = 0; again < 2; again++) {
      let result: T | null = null;
      const failure = failureOf(() => {
        result = what();
      });
      if (failure === null) return result;
      failed(failure);
    }
    return null;
  };
  for (const half of [TRANSACTIONS.slice(0, 3), TRANSACTIONS.slice(3)]) {
    let connection = step(() => open(database));
    if (connection === null) return;
    for (const transaction of half) {
      for (let again = 0; ; again++) {
        if (progress.acknowledged === null) {
          progress.next = STATES[0]!;
          const made = step(() => {
            if (!connection!.tables().includes(ROWS)) connection!.request(JSON.stringify(CREATE));
            return true;
          });
          if (made !== true) return;
          progress.acknowledged = progress.next;
        }
        progress.next = STATES[1 + TRANSACTIONS.indexOf(transaction)]!;
        const failure = failureOf(() => transaction(connection!.table(ROWS), connection!, new Map()));
        if (failure === null) break;
        failed(failure);
        if (again > 1) return;
        failureOf(() => connection!.request('{"op":"rollback"}'));
        const seen = stateAfter(connection, failed);
        if (seen === undefined) {
          failureOf(() => connection!.close());
          connection = step(() => open(database));
          if (connection === null) return;
          const found = stateAfter(connection, failed);
          if (found === undefined) return;
          assert.ok(found === progress.acknowledged || found === progress.next, "a state that never was");
          if (found === progress.next) break;
        } else assert.equal(seen, progress.acknowledged);
      }
      progress.acknowledged = progress.next;
    }
    const failure = failureOf(() => connection.close());
    if (failure !== null) failed(failure);
  }
}

/** The rows, or undefined when the connection is good for nothing any more. */
function stateAfter(connection: Connection, failed: (failure: DatabaseError) => void): State | undefined {
  let state: State | undefined;
  const failure = failureOf(() => {
    state = stateOf(connection);
  });
  if (failure !== null) failed(failure);
  return failure === null ? state : undefined;
}

const CREATE = { op: "create", table: ROWS, columns: ["id:uint32:pk", "name:text:index"] };

/** What the core library finds in the files; `check` has to find nothing. */
function foundByCore(images: ReadonlyMap<string, Image>, what: string): State {
  const core = new CoreLibrary(library, Disk.of(images), 3);
  const store = core.open({ path: PATH, create: true });
  const ask = (request: object): Record<string, unknown> => {
    const reply = JSON.parse(core.request(store, JSON.stringify(request))) as { ok?: Record<string, unknown> };
    assert.ok(reply.ok, `${what}: ${JSON.stringify(reply)}`);
    return reply.ok;
  };
  assert.deepEqual(ask({ op: "check" })["faults"], [], what);
  const { tables } = ask({ op: "tables" }) as { tables: { name: string }[] };
  const state = tables.length === 0 ? null : JSON.stringify(ask({ op: "scan", table: ROWS, index: "id" })["rows"]);
  core.close(store);
  return state;
}

/** How many calls of the host the workload makes without a fault; in the end all is there. */
function wholeWorkload(): number {
  const { host, database } = componentOn(new Disk());
  const progress: Progress = { acknowledged: null, next: null, failures: [] };
  workload(database, progress, (failure) => assert.fail(failure.message));
  assert.equal(progress.acknowledged, STATES.at(-1));
  assert.equal(foundByCore(host.disk.images(), "without a fault"), STATES.at(-1));
  return host.calls;
}

test("without a fault the core library finds what was written", () => {
  assert.ok(wholeWorkload() > 100);
});

/** Kinds of errors that a call of the host that fails may lead to. */
const KINDS = new Set(["io", "lost"]);

/** Runs the workload with a fault at the `place`th call that `kind` is about; false when there are fewer. */
function faulty(kind: FaultKind, place: number): boolean {
  const what = `${kind.name}, call ${place}`;
  const { host, database } = componentOn(new Disk());
  const { hook, reached } = failing(kind, place);
  host.hook = hook;
  const progress: Progress = { acknowledged: null, next: null, failures: [] };
  workload(database, progress, (failure) => {
    assert.ok(!kind.harmless, `${what}: ${failure.code}: ${failure.message}`);
    assert.ok(KINDS.has(failure.kind), `${what}: ${failure.kind} ${failure.code}: ${failure.message}`);
  });
  const allowed = new Set([progress.acknowledged, progress.next]);
  assert.ok(allowed.has(foundByCore(host.disk.images(), what)), what);
  const cut = afterPowerCut(host.disk, place % 5, new Random(SEED, place));
  assert.ok(allowed.has(foundByCore(cut, `${what}, power cut`)), `${what}, power cut`);
  return reached();
}

for (const kind of FAULT_KINDS) {
  test(`${kind.name}: what the component acknowledged the core library finds`, (t) => {
    const count = places((place) => faulty(kind, place), 1, STEP);
    t.diagnostic(`${count} places`);
    assert.ok(count > 5);
  });
}

/** The process dies at the `place`th call: false when there are fewer. */
function killedAt(place: number): boolean {
  const { host, database } = componentOn(new Disk());
  host.hook = () => {
    if (host.calls === place) throw new Killed();
    return undefined;
  };
  const progress: Progress = { acknowledged: null, next: null, failures: [] };
  try {
    workload(database, progress, (failure) => assert.fail(failure.message));
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  const allowed = new Set([progress.acknowledged, progress.next]);
  assert.ok(allowed.has(foundByCore(host.disk.images(), `killed at call ${place}`)), `killed at call ${place}`);
  for (let outcome = 0; outcome < 4; outcome++) {
    const what = `killed at call ${place}, power cut ${outcome}`;
    assert.ok(allowed.has(foundByCore(afterPowerCut(host.disk, outcome, new Random(place, outcome)), what)), what);
  }
  return true;
}

test("killed at every call: what the component acknowledged the core library finds", (t) => {
  const count = places(killedAt);
  t.diagnostic(`${count} places`);
  assert.ok(count > 100);
});
