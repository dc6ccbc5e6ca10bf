/**
 * `--durability`: after which commits the disk is asked to keep what it has, and what `sync` adds. Runs over the simulated disk of the torture,
 * which counts syncs and shows what a power cut leaves.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";
import { compileModule } from "./torture/module.js";

const FILE = "data/store.db";
const ROWS = 50;
/** A number of `wasi_snapshot_preview1`. */
const EIO = 29;

let module: WebAssembly.Module;
before(async () => {
  module = await compileModule("command", []);
});

const insert = (id: number): string => JSON.stringify({ op: "insert", table: "t", row: { id, v: "x" } });
const inserts = Array.from({ length: ROWS }, (_, id) => insert(id));
const SYNC = '{"op":"sync"}';

/** A disk with an empty table on it. */
function emptyTable(): Disk {
  const disk = new Disk();
  assert.equal(runCommand(module, disk, [FILE, "create", "t", "id:uint32:pk", "v:text"]).status, 0);
  return Disk.of(disk.images());
}

/** The replies of a session, and the number of syncs of the log before each of them (what the session did at its end left out). */
function serve(words: readonly string[], requests: readonly string[]): { replies: unknown[]; syncs: number; disk: Disk } {
  const disk = emptyTable();
  const run = runCommand(module, disk, [FILE, "serve", ...words], { stdin: requests.join("\n") });
  assert.equal(run.status, 0, run.stderr);
  const replies = run.stdout.split("\n").slice(0, -1);
  assert.equal(replies.length, requests.length);
  return { replies: replies.map((line) => JSON.parse(line) as unknown), syncs: logSyncs(disk), disk };
}

const logSyncs = (disk: Disk): number =>
  disk.changes.filter(({ kind, file }) => kind === "sync" && file === "store.db-log").length;

/** The rows that are there when the power is cut as soon as the `syncs`th sync of the log is done, and nothing that was not synced is kept. */
function rowsAfterCut(disk: Disk, syncs: number): number {
  const cut = Disk.of(emptyTable().images());
  let seen = 0;
  for (const change of disk.changes) {
    cut.apply(change);
    if (change.kind === "sync" && change.file === "store.db-log" && ++seen === syncs) break;
  }
  assert.equal(seen, syncs);
  const durable = Disk.of(new Map([...cut.files].map(([name, { durable }]) => [name, durable])));
  const reader = runCommand(module, durable, [FILE, "scan", "t", "--count"]);
  assert.equal(reader.status, 0, reader.stderr);
  return Number(reader.stdout);
}

test("commit: each transaction is synced before its reply", () => {
  const idle = serve([], []).syncs;
  const { syncs, disk } = serve(["--durability", "commit"], inserts);
  // The checkpoint at the end syncs twice: the images, and the next header.
  assert.equal(syncs - idle, ROWS + 2);
  for (const at of [1, 7, ROWS]) assert.equal(rowsAfterCut(disk, idle + at), at);
  assert.equal(serve([], inserts).syncs, syncs, "it is the default");
  assert.equal(serve([], [...inserts, SYNC]).syncs, syncs + 1);
});

test("checkpoint: transactions share the sync that is asked for, which makes all of them durable", () => {
  const idle = serve([], []).syncs;
  const { syncs, replies, disk } = serve(["--durability=checkpoint"], [...inserts.slice(0, 40), SYNC, ...inserts.slice(40)]);
  assert.deepEqual(replies[40], { ok: {} });
  assert.equal(syncs - idle, 1 + 2);
  assert.equal(rowsAfterCut(disk, idle + 1), 40);
  const end = runCommand(module, disk, [FILE, "scan", "t", "--count"]);
  assert.equal(end.stdout, `${ROWS}\n`);
});

test("sync in a transaction leaves it open, and says nothing of it; a reader's does nothing", () => {
  const { replies, disk } = serve(
    ["--durability", "checkpoint"],
    [insert(0), '{"op":"begin"}', insert(1), SYNC, '{"op":"rollback"}', SYNC],
  );
  assert.deepEqual(
    replies.filter((reply) => !("ok" in (reply as object))),
    [],
  );
  assert.equal(runCommand(module, disk, [FILE, "scan", "t", "--count"]).stdout, "1\n");
  const reader = runCommand(module, disk, ["--readonly", FILE, "serve"], { stdin: SYNC });
  assert.equal(reader.stdout, '{"ok":{}}\n');
});

test("a failed sync is an error, and the session can't go on, not even by reading", () => {
  const disk = emptyTable();
  let failed = false;
  const run = runCommand(module, disk, [FILE, "serve", "--durability", "checkpoint"], {
    stdin: [insert(0), SYNC, insert(1), '{"op":"get","table":"t","key":0}', '{"op":"tables"}', '{"op":"check"}'].join("\n"),
    hook: (name, file) => {
      if (file !== "store.db-log") return undefined;
      // The opening writes its header without a sync: the first one is that of the request.
      const fails = name === "sync" && !failed;
      failed ||= fails;
      return fails ? { errno: EIO } : undefined;
    },
  });
  const codes = run.stdout.trimEnd().split("\n");
  assert.match(codes[0]!, /"ok"/);
  assert.match(codes[1]!, /IO_ERROR/);
  for (const code of codes.slice(2)) assert.match(code, /HANDLE_POISONED/);
  assert.equal(codes.length, 6);
});

test("another value is refused", () => {
  const run = runCommand(module, emptyTable(), [FILE, "serve", "--durability", "never"]);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /there is no durability never; use commit or checkpoint/);
});
