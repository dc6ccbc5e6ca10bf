/** `recover`: what a killed session left in the log, and logs that do not belong to their file. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { openStore, type Store } from "./helpers/store.js";
import { runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";
import { commandStore } from "./torture/faults.js";
import { compileModule } from "./torture/module.js";

let command: WebAssembly.Module;
before(async () => {
  command = await compileModule("command", []);
});

/** Writes the simulated files to the store's folder, under its name: `parts` of them. */
function layOut(store: Store, hot: boolean, parts: readonly ("" | "-log")[]): void {
  const images = commandStore(command, hot);
  for (const part of parts) writeFileSync(`${store.path}${part}`, images.get(`store.db${part}`)!.bytes());
}

/** The numbers of the rows that only the log has: five transactions (`commandStore`). */
const HOT_ROWS = [50, 51, 52, 53, 54];

async function ids(store: Store): Promise<unknown[]> {
  return (await store.rows("items")).map(({ id }) => id);
}

test("transactions that are only in the log are brought into the file, and counted", async (t) => {
  const store = openStore(t);
  layOut(store, true, ["", "-log"]);
  const said = await store.ok(["recover"]);
  assert.match(said, /: 5 transactions recovered from \d+ bytes of the log\n$/);
  assert.equal(await store.ok(["recover"]), `${said.split(":")[0]!}: nothing to recover: the file has everything\n`);
  // The file alone has them.
  writeFileSync(`${store.path}-log`, "");
  const found = await ids(store);
  for (const id of HOT_ROWS) assert.ok(found.includes(id), `row ${id}`);
});

test("without a log, or with an empty one, there is nothing to recover; --force throws no good log away", async (t) => {
  const store = openStore(t);
  layOut(store, false, [""]);
  assert.match(await store.ok(["recover"]), /nothing to recover/);
  assert.ok(!existsSync(`${store.path}-log`));
  layOut(store, true, ["", "-log"]);
  const reply = JSON.parse(await store.ok(["recover", "--force", "--json"])) as Record<string, unknown>;
  assert.deepEqual([reply["transactions"], reply["setAside"]], [5, null]);
  assert.ok((await ids(store)).includes(54));
});

test("a log of another state of the file is refused with what can be done; --force sets it aside, byte for byte", async (t) => {
  const store = openStore(t);
  layOut(store, false, [""]);
  await store.ok(["delete", "items", "1", "2", "3"]);
  const file = readFileSync(store.path);
  layOut(store, true, ["-log"]);
  const log = readFileSync(`${store.path}-log`);
  for (const words of [["recover"], ["tables"], ["insert", "items", '{"id":1,"name":"x","price":null}']]) {
    const { status, stderr } = await store.run(words);
    assert.equal(status, 3, words[0]);
    assert.match(stderr, /^quire: DAMAGED: .*the log does not belong to this file.*recover --force, which sets the log aside/);
  }
  assert.deepEqual(readFileSync(store.path), file);
  const said = await store.ok(["recover", "--force"]);
  assert.match(said, /store\.db-log\.refused now; what is only in it is lost/);
  // The mark of who asked is the only thing that a refused session leaves in a log: 8 bytes at 1024.
  const kept = readFileSync(`${store.path}-log.refused`);
  log.fill(0, 1024, 1032);
  kept.fill(0, 1024, 1032);
  assert.deepEqual(kept, log);
  assert.deepEqual(readFileSync(store.path), file);
  assert.equal((await ids(store)).length, 27);
  // The next one gets a name of its own.
  layOut(store, true, ["-log"]);
  const reply = JSON.parse(await store.ok(["recover", "--force", "--json"])) as { setAside: string; why: string };
  assert.match(reply.setAside, /store\.db-log\.refused-2$/);
  assert.match(reply.why, /the log does not belong to this file/);
  await store.ok(["check"]);
});

test("a log that starts with an empty file is refused beside another file", async (t) => {
  // All that a killed session made, up to its first change of the page file.
  const whole = new Disk();
  assert.equal(runCommand(command, whole, ["data/store.db", "create", "old", "id:uint32:pk"]).status, 0);
  const killed = new Disk();
  for (const change of whole.changes) {
    if (change.file === "store.db" && (change.kind === "size" || change.kind === "write")) break;
    killed.apply(change);
  }
  const log = killed.images().get("store.db-log")!.bytes();
  const store = openStore(t);
  // It is one to recover from: that the file is empty is right.
  writeFileSync(store.path, "");
  writeFileSync(`${store.path}-log`, log);
  assert.deepEqual(await store.ok(["tables", "--json"]), '{"ok":{"tables":[{"name":"old","rows":0}]}}\n');
  layOut(store, false, [""]);
  const file = readFileSync(store.path);
  for (const words of [["recover"], ["tables"], ["insert", "items", '{"id":1,"name":"x","price":null}']]) {
    const { status, stderr } = await store.run(words);
    assert.equal(status, 3, words[0]);
    assert.match(stderr, /^quire: DAMAGED: .*the log does not belong to this file/);
  }
  assert.deepEqual(readFileSync(store.path), file);
  await store.ok(["recover", "--force"]);
  assert.equal((await ids(store)).length, 30);
});

test("a missing file is an error, and its log is left alone", async (t) => {
  const store = openStore(t, { checkStatus: null });
  layOut(store, true, ["-log"]);
  await store.fails("FILE_NOT_FOUND", 1, ["recover", "--force"]);
  assert.ok(existsSync(join(`${store.path}-log`)));
});

test("a log of version 1 is taken over when it has no frames, and else refused and left as it is", async (t) => {
  const store = openStore(t, { checkStatus: null });
  layOut(store, false, [""]);
  // What the last version that wrote it left behind a clean close, of another file.
  const log = Buffer.alloc(4096);
  log.write(
    "5155495245 4c4f4701000000 02000000e010334472743977 0800000000000000ab2b90eb97e4f928 5ce60242ea04182e".replaceAll(" ", ""),
    "hex",
  );
  const framed = Buffer.concat([log, Buffer.alloc(512, 7)]);
  writeFileSync(`${store.path}-log`, framed);
  await store.fails("NOT_A_PAGE_FILE", 3, ["delete", "items", "1"]);
  await store.fails("NOT_A_PAGE_FILE", 3, ["tables"]);
  const kept = readFileSync(`${store.path}-log`);
  kept.fill(0, 1024, 1032);
  assert.deepEqual(kept, framed);
  writeFileSync(`${store.path}-log`, log);
  await store.ok(["delete", "items", "1"]);
  assert.equal((await ids(store)).length, 29);
  assert.equal(readFileSync(`${store.path}-log`).readUInt32LE(520), 2);
});
