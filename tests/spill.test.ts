/** Transactions that go to the spill, one after another in a session. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { runCommand } from "./torture/command.js";
import { Disk, type Image } from "./torture/disk.js";
import { Exit, type Hook } from "./torture/host.js";
import { compileModule } from "./torture/module.js";

const FILE = "data/store.db";
/** Of 20,000 bytes each, three to a page: 500 pages, where the smallest cache has 32. */
const ROWS = 1500;

let module: WebAssembly.Module;
before(async () => {
  module = await compileModule("command", []);
});

const text = (id: number, letter: string): string => `${id} ${letter.repeat(20_000)}`;
const update = (id: number, letter: string): object => ({ op: "update", table: "t", key: id, set: { v: text(id, letter) } });
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

test("a transaction larger than the cache is whole after one that was rolled back with its undo list in the spill", () => {
  const requests: object[] = [{ op: "create", table: "t", columns: ["id:uint32:pk", "v:text"] }];
  for (const from of range(0, ROWS / 100))
    requests.push({
      op: "insert",
      table: "t",
      rows: range(from * 100, from * 100 + 100).map((id) => ({ id, v: text(id, "a") })),
    });
  // The undo list is dropped after 1 MiB, and starts anew with the savepoint: 2 MiB of it stay in memory.
  requests.push({ op: "begin" }, ...range(0, 200).map((id) => update(id, "b")), { op: "savepoint", name: "s" });
  requests.push(...range(200, 600).map((id) => update(id, "c")), { op: "rollback" });
  requests.push({ op: "begin" }, ...range(0, ROWS).map((id) => update(id, "d")), { op: "commit" }, { op: "check" });
  const asked = range(0, ROWS).filter((id) => id % 25 === 0);
  requests.push(...asked.map((key) => ({ op: "get", table: "t", key })));
  const stdin = requests.map((request) => JSON.stringify(request)).join("\n");
  const run = runCommand(module, new Disk(), ["--cache", "65536", FILE, "serve"], { stdin });
  assert.equal(run.status, 0, run.stderr);
  const replies = run.stdout.split("\n").slice(0, -1);
  assert.equal(replies.length, requests.length);
  const rows = replies.splice(-asked.length);
  replies.forEach((reply, at) => assert.ok(reply.startsWith('{"ok":'), `${at}: ${reply.slice(0, 300)}`));
  assert.match(replies.at(-1)!, /"errors":0/);
  rows.forEach((reply, at) => {
    const id = asked[at]!;
    assert.equal(reply, JSON.stringify({ ok: { row: { id, v: text(id, "d") } } }), `row ${id}`);
  });
});

test("what changes after a checkpoint of a transaction that was larger than the cache, and had the schema registry in the spill, is kept", () => {
  const create = (table: string): object => ({ op: "create", table, columns: ["id:uint32:pk", "v:text"] });
  const insert = (from: number): object => ({
    op: "insert",
    table: "one",
    rows: range(from, from + 100).map((id) => ({ id, v: text(id, "a") })),
  });
  // The first commit makes a checkpoint: its log is much longer than one may become. The last one is at the end of the session.
  const requests = [{ op: "begin" }, create("one"), ...range(0, ROWS / 100).map((at) => insert(at * 100)), { op: "commit" }];
  requests.push(create("two"), { op: "tables" });
  const disk = new Disk();
  const stdin = requests.map((request) => JSON.stringify(request)).join("\n");
  const run = runCommand(module, disk, ["--cache", "65536", FILE, "serve"], { stdin });
  assert.equal(run.status, 0, run.stderr);
  assert.doesNotMatch(run.stdout, /"error"/);
  const after = runCommand(module, disk, [FILE, "check"]);
  assert.equal(after.status, 0, after.stdout + after.stderr);
  assert.match(runCommand(module, disk, [FILE, "tables"]).stdout, /^two\b/m);
});

test("the spill of a killed session is removed by the next one that writes", () => {
  const requests: object[] = [{ op: "create", table: "t", columns: ["id:uint32:pk", "v:text"] }, { op: "begin" }];
  requests.push({ op: "insert", table: "t", rows: range(0, 300).map((id) => ({ id, v: text(id, "a") })) });
  const disk = new Disk();
  const stdin = requests.map((request) => JSON.stringify(request)).join("\n");
  let writes = 0;
  const hook: Hook = (name, file) => {
    if (name === "write" && file === "store.db-spill" && ++writes === 5) throw new Exit(137);
    return undefined;
  };
  assert.equal(runCommand(module, disk, ["--cache", "65536", FILE, "serve"], { stdin, hook }).status, 137);
  assert.ok(disk.images().has("store.db-spill"));
  assert.equal(runCommand(module, disk, [FILE, "check"]).status, 0);
  assert.ok(disk.images().has("store.db-spill"), "a command that only reads changes nothing");
  assert.equal(runCommand(module, disk, [FILE, "insert", "t", '{"id":1,"v":""}']).status, 0);
  assert.deepEqual([...disk.images().keys()].sort(), ["store.db", "store.db-log"]);
});

/** Of 250 bytes each: 80 pages. */
const SHORT_ROWS = 20_000;

/** A session in the smallest cache in which nothing fails. */
function serve(disk: Disk, requests: readonly object[]): void {
  const stdin = requests.map((request) => JSON.stringify(request)).join("\n");
  const run = runCommand(module, disk, ["--cache", "65536", FILE, "serve"], { stdin });
  assert.equal(run.status, 0, run.stderr);
  assert.ok(!run.stdout.includes('"error"'));
}

/** The files of a store with table t of so many rows. */
function shortRows(): Map<string, Image> {
  const disk = new Disk();
  const rows = range(0, SHORT_ROWS).map((id) => ({ id, v: "a".repeat(250), age: 0, size: 0 }));
  const create = { op: "create", table: "t", columns: ["id:uint32:pk", "v:text", "age:uint32", "size:uint32"] };
  serve(disk, [create, { op: "insert", table: "t", rows }]);
  return disk.images();
}

test("changes that wait for pages, some of them in the spill, survive a kill anywhere in the checkpoint", () => {
  const filled = shortRows();
  const disk = Disk.of(filled);
  // While the cache has room a change has its page read; later ones wait. A scan sends the changed pages to the spill; after some rows here
  // and there no page is read as a whole for one row any more, and changes of those in the spill wait, too.
  const keys = range(0, 80).map((at) => at * 250 + 7);
  const changed = (column: string, by: number): object[] => [
    { op: "begin" },
    ...keys.map((key) => ({ op: "update", table: "t", key, set: { [column]: key + by } })),
    { op: "commit" },
  ];
  const scan = { op: "scan", table: "t", count: true };
  const look = range(0, 400).map((at) => ({ op: "get", table: "t", key: (at * 7919) % SHORT_ROWS }));
  serve(disk, [...changed("age", 1), scan, ...look, ...changed("size", 2)]);
  assert.ok(disk.changes.some(({ file }) => file === "store.db-spill"));
  // Nothing is written to the page file but by the checkpoint at the end.
  const first = disk.changes.findIndex(({ file }) => file === "store.db");
  assert.ok(first > 0);
  const killed = Disk.of(filled);
  disk.changes.forEach((change, index) => {
    killed.apply(change);
    if (index < first - 2 || (index % 9 > 0 && index < disk.changes.length - 2)) return;
    const left = Disk.of(killed.images());
    const run = runCommand(module, left, [FILE, "get", "t", ...keys.map(String), "--json"]);
    assert.equal(run.status, 0, `after change ${index}: ${run.stderr}`);
    const reply = JSON.parse(run.stdout) as { ok: { rows: { id: number; age: number; size: number }[] } };
    assert.deepEqual(
      reply.ok.rows.map(({ id, age, size }) => [id, age, size]),
      keys.map((key) => [key, key + 1, key + 2]),
      `after change ${index}`,
    );
    assert.equal(runCommand(module, left, [FILE, "check"]).status, 0, `after change ${index}`);
  });
});

test("transactions that are rolled back, with changes that wait, leave nothing for the next commit to write", () => {
  const filled = shortRows();
  const update = (key: number): object => ({ op: "update", table: "t", key, set: { age: 7 } });
  /** Bytes of the frames of transactions that a session writes in which so many are rolled back between the others. */
  const logged = (rollbacks: number): number => {
    const disk = Disk.of(filled);
    const before = range(0, 400).map((at) => update((at * 7919) % SHORT_ROWS));
    const taken = range(0, rollbacks).flatMap((at) => [{ op: "begin" }, update((at * 4973) % SHORT_ROWS), { op: "rollback" }]);
    serve(disk, [...before, ...taken, update(4321)]);
    let sum = 0;
    for (const change of disk.changes) {
      if (change.kind !== "write" || change.file !== "store.db-log" || change.offset < 4096) continue;
      const head = new DataView(change.bytes.buffer, change.bytes.byteOffset);
      if (head.getUint32(4, true) <= 2) sum += head.getUint32(0, true);
    }
    return sum;
  };
  // What was noted of a sector (17 bytes) for a transaction that was rolled back may stand in the next one.
  const without = logged(0);
  assert.ok(without > 400 * 20);
  assert.ok(logged(40) <= without + 40 * 17);
});

test("tables that outgrow the cache leave no gaps in the spill: what a file system keeps of it is no piece for each page", () => {
  const disk = new Disk();
  const columns = ["id:uint32:pk", "v:text"];
  serve(
    disk,
    range(0, 150).map((at) => ({ op: "create", table: `t${at}`, columns })),
  );
  const written = disk.changes.flatMap((change) => (change.kind === "write" && change.file === "store.db-spill" ? [change] : []));
  assert.ok(written.length > 300);
  written.sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, bytes } of written) {
    assert.ok(offset <= end, `nothing was written from byte ${end} to ${offset}`);
    end = Math.max(end, offset + bytes.length);
  }
});
