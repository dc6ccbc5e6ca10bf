/** `recover`: what a killed session left in the log, and logs that do not belong to their file. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { openStore, type Store } from "./helpers/store.js";
import { runCommand } from "./torture/command.js";
import { Disk, Image } from "./torture/disk.js";
import { commandStore } from "./torture/commands.js";
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

/** Where the frames of a log start and end: the whole ones, up to zeros. */
function framesOf(log: Buffer): { start: number; end: number }[] {
  const frames: { start: number; end: number }[] = [];
  for (let start = 4096; start + 24 <= log.length && log.readUInt32LE(start + 4) !== 0;) {
    const end = start + 24 + ((log.readUInt32LE(start) + 7) & ~7);
    frames.push({ start, end });
    start = end;
  }
  return frames;
}

/** What `recover` says of the file with this log, and the files that it leaves. */
function recoverOver(images: Map<string, Image>, log: Buffer): { said: string; warning: string; disk: Disk } {
  const disk = Disk.of(new Map([...images, ["store.db-log", Image.of(new Uint8Array(log))]]));
  const { status, stdout, stderr, trap } = runCommand(command, disk, ["data/store.db", "recover"]);
  assert.equal(status, 0, stderr + trap);
  return { said: stdout, warning: stderr, disk };
}

test("a flipped bit in the middle of a log: it is said that commits behind it can't be read, and the log is kept", () => {
  const images = commandStore(command, true);
  const log = Buffer.from(images.get("store.db-log")!.bytes());
  const frames = framesOf(log);
  assert.equal(frames.length, HOT_ROWS.length);
  frames.slice(0, -1).forEach(({ start, end }, at) => {
    for (let byte = start; byte < end; byte += 1) {
      // The last bytes of a frame may be padding, which says nothing; and a checksum's own bit leaves one that can be made anew.
      if (byte >= start + 24 + log.readUInt32LE(start)) continue;
      const bad = Buffer.from(log);
      bad[byte]! ^= 1 << (byte % 8);
      const { said, warning, disk } = recoverOver(images, bad);
      const where = `frame ${at}, byte ${byte - start}`;
      const lost = frames.at(-1)!.end - start;
      assert.equal(
        warning,
        `quire: warning: ${lost} bytes of data/store.db-log behind the last whole commit look like commits that can't be read; ` +
          `data/store.db-log.damaged is a copy of it as it was\n`,
        where,
      );
      assert.match(
        said,
        at === 0 ? /: no whole transaction to recover\n$/ : new RegExp(`: ${at} transactions? recovered `),
        where,
      );
      const kept = Buffer.from(disk.files.get("store.db-log.damaged")!.current.bytes());
      for (const copy of [kept, bad]) copy.fill(0, 1024, 1032);
      assert.ok(kept.equals(bad), where);
      // It is said once: the log is empty now.
      assert.equal(runCommand(command, disk, ["data/store.db", "recover"]).stderr, "", where);
    }
  });
});

test("a flipped bit in the log's header: its commits can't be told, which is said, and the log is kept", () => {
  const images = commandStore(command, true);
  const log = Buffer.from(images.get("store.db-log")!.bytes());
  const lost = framesOf(log).at(-1)!.end - 4096;
  const [newest, older] = log.readUInt32LE(12) > log.readUInt32LE(524) ? [0, 512] : [512, 0];
  for (let byte = 0; byte < 48; byte += 1) {
    const bad = Buffer.from(log);
    bad[newest + byte]! ^= 1 << (byte % 8);
    const { said, warning, disk } = recoverOver(images, bad);
    const where = `byte ${byte}`;
    assert.equal(
      warning,
      `quire: warning: ${lost} bytes of data/store.db-log behind the last whole commit look like commits that can't be read; ` +
        `data/store.db-log.damaged is a copy of it as it was\n`,
      where,
    );
    assert.match(said, /: no whole transaction to recover\n$/, where);
    const kept = Buffer.from(disk.files.get("store.db-log.damaged")!.current.bytes());
    for (const copy of [kept, bad]) copy.fill(0, 1024, 1032);
    assert.ok(kept.equals(bad), where);
    // The other one says nothing that is needed.
    const fine = Buffer.from(log);
    fine[older + byte]! ^= 1 << (byte % 8);
    const found = recoverOver(images, fine);
    assert.equal(found.warning, "", where);
    assert.match(found.said, /: 5 transactions recovered /, where);
    // Both: there is no header any more.
    fine[newest + byte]! ^= 1 << (byte % 8);
    if (byte >= 8) assert.match(recoverOver(images, fine).warning, /look like commits that can't be read/, where);
  }
});

test("frames that are in the page file already are nothing lost, whatever becomes of their header", () => {
  const images = commandStore(command, true);
  const disk = Disk.of(images);
  // What is brought into the file stays in the log until it is closed: all but the last change, which cuts it.
  assert.equal(runCommand(command, disk, ["data/store.db", "recover"]).status, 0);
  const killed = Disk.of(images);
  for (const change of disk.changes) {
    if (change.kind === "size" && change.file === "store.db-log") break;
    killed.apply(change);
  }
  const log = Buffer.from(killed.images().get("store.db-log")!.bytes());
  assert.ok(framesOf(log).length > HOT_ROWS.length);
  const older = log.readUInt32LE(12) > log.readUInt32LE(524) ? 512 : 0;
  for (const byte of [0, 8, 16, 24, 32, 40]) {
    const bad = Buffer.from(log);
    bad[older + byte]! ^= 1;
    const { said, warning } = recoverOver(killed.images(), bad);
    assert.equal(warning, "", `byte ${byte}`);
    assert.match(said, /: nothing to recover/);
  }
});

test("a file that is no log is not taken for one, and stays as it is", async (t) => {
  const store = openStore(t, { checkStatus: null });
  const other = openStore(t);
  await other.ok(["create", "t", "id:uint32:pk"]);
  for (const bytes of [Buffer.from("notes"), Buffer.alloc(9000, "notes\n"), readFileSync(other.path)]) {
    layOut(store, true, [""]);
    writeFileSync(`${store.path}-log`, bytes);
    for (const words of [["tables"], ["delete", "items", "1"], ["recover"], ["check"]]) {
      const said = await store.fails("DAMAGED", 3, words);
      assert.match(
        said,
        /data\/store\.db-log is there, and does not start as a log does; if it is something else, give it another name/,
      );
    }
    assert.deepEqual(readFileSync(`${store.path}-log`), bytes);
    // Nor is it set aside for a new file of that name.
    rmSync(store.path);
    await store.fails("DAMAGED", 3, ["create", "u", "id:uint32:pk"]);
    assert.deepEqual(readFileSync(`${store.path}-log`), bytes);
    assert.equal(existsSync(store.path), false);
  }
  layOut(store, true, [""]);
  assert.match(await store.ok(["recover", "--force"]), /the log is data\/store\.db-log\.refused now/);
  await store.ok(["tables"]);
});

test("every opening says it; one that only reads leaves the log as it is", async (t) => {
  const store = openStore(t);
  layOut(store, true, ["", "-log"]);
  const log = readFileSync(`${store.path}-log`);
  const [, second] = framesOf(log);
  log[second!.start + 30]! ^= 4;
  writeFileSync(`${store.path}-log`, log);
  const said =
    /^quire: warning: \d+ bytes of data\/store\.db-log behind the last whole commit look like commits that can't be read; /;
  for (const words of [["tables"], ["check"], ["scan", "items"]]) {
    const { status, stderr } = await store.run(words);
    assert.equal(status, 0);
    assert.match(stderr, said);
    assert.match(stderr, /; keep a copy of it: the next change to the file clears it\n$/);
    assert.deepEqual(readFileSync(`${store.path}-log`), log);
  }
  const { stdout, stderr } = await store.run(["serve"], { stdin: '{"op":"info"}\n' });
  assert.match(stderr, said);
  assert.match(
    (JSON.parse(stdout) as { ok: { warning: string } }).ok.warning,
    /store\.db-log\.damaged is a copy of it as it was$/,
  );
  const { warning } = JSON.parse(await store.ok(["info", "--json"])) as { warning?: string };
  assert.equal(warning, undefined);
});

test("what a crash leaves is no such log: cut anywhere, with zeros behind, or with frames of an earlier generation", () => {
  const images = commandStore(command, true);
  const log = Buffer.from(images.get("store.db-log")!.bytes());
  const frames = framesOf(log);
  for (let cut = 4096; cut < frames.at(-1)!.end; cut += 13) {
    for (const torn of [log.subarray(0, cut), Buffer.concat([log.subarray(0, cut), Buffer.alloc(4096)])])
      assert.equal(recoverOver(images, Buffer.from(torn)).warning, "", `cut at ${cut}`);
    // The rest is of the same log with another salt, as it is after a checkpoint.
    const stale = Buffer.from(log);
    for (const { start } of frames) if (start >= cut) stale.writeBigUInt64LE(stale.readBigUInt64LE(start + 16) ^ 1n, start + 16);
    assert.equal(recoverOver(images, stale).warning, "", `stale from ${cut}`);
  }
  // A session killed after each of its changes, on a log that has frames of the one before.
  const disk = Disk.of(images);
  const requests = [60, 61, 62, 63].map((id) => JSON.stringify({ op: "insert", table: "items", row: { id, name: "n" } }));
  assert.equal(runCommand(command, disk, ["data/store.db", "serve"], { stdin: requests.join("\n") }).status, 0);
  const killed = Disk.of(images);
  for (const change of disk.changes) {
    killed.apply(change);
    const run = runCommand(command, Disk.of(killed.images()), ["data/store.db", "recover"]);
    assert.deepEqual([run.status, run.stderr], [0, ""]);
  }
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

/** What version 1 left in a log: two headers, and one transaction. */
function formerLog(): Buffer {
  const log = Buffer.alloc(8192);
  const put = (at: number, hex: string): number => log.write(hex.replaceAll(" ", ""), at, "hex");
  put(0, "51554952454c4f47 01000000 04000000 6d3ade0901c65528 09000000 00000000 e299484f9606a7d6 6b370aae1e05b511");
  put(512, "51554952454c4f47 01000000 05000000 ab5604f76c8652cb 09000000 00000000 e299484f9606a7d6 47ec5d00e84ed964");
  put(4096, "17000000 02000000 0100000000000000 bc699e3ec9c0bb4d 0108000000060001000606 08000000d0e804030ed83b69");
  return log;
}

test("a log of version 1 is taken over when it has no transactions, and else refused and left as it is", async (t) => {
  const store = openStore(t, { checkStatus: null });
  layOut(store, false, [""]);
  const log = formerLog();
  writeFileSync(`${store.path}-log`, log);
  await store.fails("NOT_A_PAGE_FILE", 3, ["delete", "items", "1"]);
  await store.fails("NOT_A_PAGE_FILE", 3, ["tables"]);
  const kept = readFileSync(`${store.path}-log`);
  kept.fill(0, 1024, 1032);
  assert.deepEqual(kept, log);
  // What it has behind its headers is no frame of the second one.
  log[4100]! += 1;
  writeFileSync(`${store.path}-log`, log);
  await store.ok(["delete", "items", "1"]);
  assert.equal((await ids(store)).length, 29);
  const header = readFileSync(`${store.path}-log`);
  assert.deepEqual([header.readUInt32LE(8), header.readUInt32LE(12)], [2, 6]);
});

test("the first session that takes over a log of version 1 can be killed anywhere, or its new header be lost", () => {
  const images = commandStore(command, false);
  images.set("store.db-log", Image.of(new Uint8Array(formerLog()).subarray(0, 4096)));
  const disk = Disk.of(images);
  const requests = [50, 51].map((id) => JSON.stringify({ op: "insert", table: "items", row: { id, name: "n" } }));
  // Words of their own, and so random numbers of their own (the log was written by `data/store.db serve`).
  const run = runCommand(command, disk, ["--cache", "65536", "data/store.db", "serve"], { stdin: requests.join("\n") });
  assert.equal(run.status, 0, run.stderr);
  const look = (killed: Disk, what: string): number => {
    const stdin = '{"op":"scan","table":"items","from":50,"count":true}';
    const found = runCommand(command, Disk.of(killed.images()), ["--cache", "65537", "data/store.db", "serve"], { stdin });
    assert.equal(found.status, 0, `${what}: ${found.stderr}`);
    return Number(/"count":(\d)/.exec(found.stdout)?.[1]);
  };
  const killed = Disk.of(images);
  const cut = Disk.of(images);
  let counts = "";
  let syncs = 0;
  disk.changes.forEach((change, index) => {
    killed.apply(change);
    counts += String(look(killed, `killed after change ${index}`));
    // Until the log's first sync its header may be lost, whatever else is there.
    if (change.kind === "sync" && change.file === "store.db-log") syncs += 1;
    if (change.kind === "write" && change.file === "store.db-log" && change.offset === 0) return;
    cut.apply(change);
    if (syncs === 0) assert.equal(look(cut, `cut after change ${index}`), 0);
  });
  assert.match(counts, /^0+1+2+$/);
});
