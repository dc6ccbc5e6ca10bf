/**
 * Reading a file that another program writes: what a reader says is of one state of the file, or it says that the file was changed, whenever
 * the other one comes. (Who writes at the same time: tests/torture/writers.ts.)
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { join } from "node:path";
import { open } from "../host/index.js";
import { fails, openUnlocked } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";
import { type CommandRun, runCommand } from "./torture/command.js";
import { Disk, type Image } from "./torture/disk.js";
import { commandStore } from "./torture/commands.js";
import { compileModule } from "./torture/module.js";

let module: WebAssembly.Module;
before(async () => {
  module = await compileModule("command", []);
});

const FILE = "data/store.db";
const CHANGED = 4;

/** One transaction, and the checkpoint when it ends. It changes rows, makes some, and takes the place of others. */
const SCRIPT = [
  '{"op":"begin"}',
  ...Array.from(
    { length: 12 },
    (_, at) => `{"op":"insert","table":"items","row":{"id":${at + 200},"name":"new","price":"${at}"}}`,
  ),
  ...Array.from({ length: 8 }, (_, at) => `{"op":"delete","table":"items","key":${at * 3}}`),
  '{"op":"update","table":"items","key":1,"set":{"name":"a longer name than before","price":"99"}}',
  '{"op":"commit"}',
].join("\n");

function write(disk: Disk): CommandRun {
  const run = runCommand(module, disk, [FILE, "serve"], { stdin: SCRIPT });
  assert.equal(run.status, 0, run.stderr + run.trap);
  return run;
}

/** What the command reads, and the file it makes besides. */
const READERS: readonly (readonly string[])[] = [
  ["dump"],
  ["export", "items", "--format", "csv"],
  ["scan", "items", "--index", "price"],
  ["get", "items", "1"],
  ["hash"],
  ["check"],
  ["stats"],
  ["diff", "data/same.db", "--count"],
  ["backup", "data/out.db"],
  ["compact", "data/out.db"],
  ["convert", "data/out.db", "--layout", "0.11", "--drop-acl"],
  ["repair", "data/out.db"],
];

/** A disk with `images`, and a copy of the store called same.db. */
function diskOf(images: ReadonlyMap<string, Image>, closed: ReadonlyMap<string, Image>): Disk {
  return Disk.of(new Map([...images, ["same.db", closed.get("store.db")!]]));
}

/** The rows of a file that a command made. */
function rowsOf(disk: Disk): string {
  const run = runCommand(module, disk, ["data/out.db", "dump"]);
  assert.equal(run.status, 0, run.stderr);
  const check = runCommand(module, disk, ["data/out.db", "check"]);
  assert.equal(check.status, 0, check.stdout + check.stderr);
  return run.stdout.slice(run.stdout.indexOf("\n"));
}

/** What the command comes to on a store that nobody touches: its output, and the rows of the file it makes. */
function outcome(run: CommandRun, disk: Disk): string {
  return `${run.status} ${run.stdout}${disk.files.has("out.db") ? rowsOf(disk) : ""}`;
}

for (const hot of [false, true]) {
  const state = hot ? "with a log to replay" : "of a closed file";
  test(`a writer that comes between any two calls of a reader, ${state}`, (t) => {
    const start = commandStore(module, hot);
    const closed = commandStore(module, false);
    const after = diskOf(start, closed);
    write(after);
    for (const words of READERS) {
      const untouched = [diskOf(start, closed), Disk.of(after.images())].map((disk) =>
        outcome(runCommand(module, disk, [FILE, ...words]), disk),
      );
      let told = 0;
      let place = 1;
      for (; ; place++) {
        const disk = diskOf(start, closed);
        let calls = 0;
        const run = runCommand(module, disk, [FILE, ...words], {
          hook: () => {
            if (++calls === place) write(disk);
            return undefined;
          },
        });
        if (calls < place) break;
        const what = `${words.join(" ")}, call ${place}: ${run.stdout}${run.stderr}${run.trap}`;
        if (run.status === CHANGED) {
          assert.match(run.stderr, /^quire: FILE_CHANGED: another program changed data\/store\.db while it was read/, what);
          assert.ok(!disk.files.has("out.db"), what);
          told++;
        } else assert.ok(untouched.includes(outcome(run, disk)), what);
      }
      // With a log to replay, most of what is read is read at the opening, which is tried again; and so is all of a backup.
      assert.ok(told > 0 || hot || words[0] === "backup", `${words[0]} never noticed`);
      t.diagnostic(`${words[0]}: ${told} of ${place - 1} places told`);
    }
  });

  test(`a reader that comes between any two calls of a writer, ${state}`, () => {
    const start = commandStore(module, hot);
    const closed = commandStore(module, false);
    const after = diskOf(start, closed);
    write(after);
    for (const words of READERS.filter(([name]) => ["dump", "check", "backup"].includes(name as string))) {
      const untouched = [diskOf(start, closed), Disk.of(after.images())].map((disk) =>
        outcome(runCommand(module, disk, [FILE, ...words]), disk),
      );
      for (let place = 1, calls = place; calls >= place; place++) {
        const disk = diskOf(start, closed);
        calls = 0;
        let seen = "";
        const run = runCommand(module, disk, [FILE, "serve"], {
          stdin: SCRIPT,
          hook: () => {
            if (++calls !== place) return undefined;
            const reader = Disk.of(disk.images());
            seen = outcome(runCommand(module, reader, [FILE, ...words]), reader);
            return undefined;
          },
        });
        assert.equal(run.status, 0, run.stderr);
        if (calls >= place) assert.ok(untouched.includes(seen), `${words.join(" ")}, call ${place}: ${seen}`);
      }
    }
  });
}

testOnRuntimes("an open reader says when the file has changed under it, and goes on saying so", async (t, runtime) => {
  const path = join(tempFolder(t), "app.db");
  await using writer = await open(path);
  await writer.create("t", ["k:uint32:pk"]);
  for (let k = 0; k < 10; k++) await writer.table("t").insert({ k });
  await writer.close();
  await using reader = await open(path, { runtime, readonly: true });
  assert.equal((await reader.tables())[0]?.name, "t");
  await using second = await open(path);
  await second.table("t").insert({ k: 10 });
  await second.close();
  await fails("FILE_CHANGED", /app\.db/, () => reader.table("t").get(3));
  await fails("FILE_CHANGED", /open it again/, () => reader.table("t").scan().toArray());
  await fails("FILE_CHANGED", /./, () => reader.check());
  await using again = await open(path, { runtime, readonly: true });
  assert.equal(await again.table("t").count(), 11);
});

test("a session that another one took over says so when it reads on, and mixes no states", (t) => {
  const file = join(tempFolder(t), "two.db");
  const row = (id: number, v: number): { id: number; v: number; pad: string } => ({
    id,
    v,
    pad: "x".repeat(1500 + 1000 * (v - 1)),
  });
  using first = openUnlocked(file, { cacheBytes: 65536 });
  first.request({ op: "create", table: "t", columns: ["id:uint32:pk", "v:uint32:index", "pad:text"] });
  first.table("t").insertMany(Array.from({ length: 3000 }, (_, id) => row(id, 1)));
  first.sync();
  const second = openUnlocked(file);
  second.transaction(() => {
    for (let id = 0; id < 3000; id++) second.table("t").update(id, row(id, 2));
    for (let id = 0; id < 3000; id += 3) second.table("t").delete(id);
  });
  second.close();
  const poisoned = { code: "HANDLE_POISONED", message: /another program has opened .*two\.db-log for writing/ };
  assert.throws(() => first.table("t").scan().toArray(), poisoned);
  assert.throws(() => first.table("t").scan({ index: "v" }).toArray(), poisoned);
  assert.throws(() => first.table("t").get(2999), poisoned);
  assert.throws(() => first.request({ op: "check" }), poisoned);
  using third = openUnlocked(file);
  assert.equal(third.table("t").count(), 2000);
});

test("a session that another one took over in its transaction does not go on behind the rollback", (t) => {
  const file = join(tempFolder(t), "two.db");
  using first = openUnlocked(file, { cacheBytes: 65536 });
  first.request({ op: "create", table: "t", columns: ["id:uint32:pk", "pad:text"] });
  const rows = (from: number): object[] => Array.from({ length: 2000 }, (_, at) => ({ id: from + at, pad: "x".repeat(2000) }));
  first.table("t").insertMany(rows(0));
  first.begin();
  first.table("t").insertMany(rows(5000));
  const second = openUnlocked(file);
  second.table("t").update(0, { pad: "second" });
  assert.throws(() => first.rollback(), { code: "HANDLE_POISONED" });
  assert.throws(() => first.table("t").get(0), { code: "HANDLE_POISONED" });
  second.close();
});
