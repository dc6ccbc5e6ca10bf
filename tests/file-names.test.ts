/** A log without its file, and a file with several names: no row that was acknowledged is lost by them, and none comes back that is gone. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { open, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { fails, runProgram } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, quire, tempFolder } from "./helpers/store.js";
import { runCommand } from "./torture/command.js";
import { Disk, type Image } from "./torture/disk.js";
import { commandStore } from "./torture/commands.js";
import { compileModule } from "./torture/module.js";

let command: WebAssembly.Module;
let hot: Map<string, Image>;
before(async () => {
  command = await compileModule("command", []);
  hot = commandStore(command, true);
});

const bytesOf = (part: "" | "-log"): Uint8Array => hot.get(`store.db${part}`)!.bytes();
const ORPHAN = "store.db-log.orphan";
/** The numbers of the rows that only the log has. */
const HOT_ROWS = [50, 51, 52, 53, 54];

/** A log but for the mark of who opened it last. */
function unmarked(bytes: Uint8Array): Buffer {
  const log = Buffer.from(bytes);
  // A copy that was not made to its end may be shorter.
  if (log.length >= 1032) log.fill(0, 1024, 1032);
  return log;
}

testOnRuntimes(
  "a new file begins empty beside the log of one that is gone, which is kept under another name",
  async (t, runtime) => {
    const store = openStore(t, { runtime });
    const log = `${store.path}-log`;
    writeFileSync(log, bytesOf("-log"));
    const gone = /there is no file data\/store\.db; its log data\/store\.db-log is there: put the file back, or make a new one/;
    for (const words of [["tables"], ["insert", "items", '{"id":1}'], ["check"]]) {
      assert.match(await store.fails("FILE_NOT_FOUND", 1, words), gone);
    }
    assert.deepEqual(readFileSync(log), Buffer.from(bytesOf("-log")));
    const ways: [words: string[], stdin: string][] = [
      [["create", "fresh", "id:uint32:pk"], ""],
      [["serve"], '{"op":"create","table":"fresh","columns":["id:uint32:pk"]}\n'],
      [["import", "fresh", "-", "--create", "--format", "csv"], "id\n1\n"],
    ];
    for (const [at, [words, stdin]] of ways.entries()) {
      const { status, stderr } = await store.run(words, { stdin });
      const name = at === 0 ? ORPHAN : `${ORPHAN}-${at + 1}`;
      assert.equal(status, 0, stderr);
      const note = `quire: note: there was no file data/store.db, but a log of one with transactions: it is data/${name} now, and data/store.db begins empty;`;
      // Import has something to say, too.
      const notes = stderr.split("\n").filter((line) => line.startsWith("quire: "));
      assert.equal(notes.length, 1, stderr);
      assert.ok(notes[0]!.startsWith(note), stderr);
      assert.match(await store.ok(["tables", "--json"]), /^\{"ok":\{"tables":\[\{"name":"fresh",/);
      assert.deepEqual(unmarked(readFileSync(join(store.folder, name))), unmarked(bytesOf("-log")));
      rmSync(store.path);
      writeFileSync(log, bytesOf("-log"));
    }
    // As the note says.
    writeFileSync(store.path, bytesOf(""));
    renameSync(join(store.folder, ORPHAN), log);
    const ids = (await store.rows("items")).map(({ id }) => id);
    assert.deepEqual(ids.slice(-HOT_ROWS.length), HOT_ROWS);
  },
);

test("the log of a file that was new is all there was: with an empty file it has it again", async (t) => {
  const made = new Disk();
  const requests = ['{"op":"create","table":"t","columns":["id:uint32:pk"]}', '{"op":"insert","table":"t","row":{"id":7}}'];
  runCommand(command, made, ["data/store.db", "serve"], { stdin: requests.join("\n") });
  const killed = new Disk();
  for (const change of made.changes) {
    // The first change of the page file but for its making is the checkpoint at the end.
    if (change.file === "store.db" && (change.kind === "size" || change.kind === "write")) break;
    killed.apply(change);
  }
  const store = openStore(t);
  const log = `${store.path}-log`;
  writeFileSync(log, killed.images().get("store.db-log")!.bytes());
  assert.match((await store.run(["create", "u", "id:uint8:pk"])).stderr, /quire: note: there was no file/);
  assert.match(await store.ok(["tables"]), /^table.*\n.*\nu +0\n$/);
  writeFileSync(store.path, "");
  renameSync(`${log}.orphan`, log);
  assert.equal((await store.rows("t")).length, 1);
});

test("programs begin anew as well, in their process and out of it, and are told", async (t) => {
  for (const runtime of ["node", "deno"]) {
    const folder = tempFolder(t);
    writeFileSync(join(folder, "store.db-log"), bytesOf("-log"));
    const where = runtime === "node" ? "openSync" : "await open";
    const program = `const db = ${where}("store.db"${runtime === "node" ? "" : ', { runtime: "node", wait: 0 }'});
      console.log(JSON.stringify(await db.tables())); await db.close();`;
    const { said, ended } = await runProgram(t, program, "node", folder);
    assert.equal(ended, 0, said);
    assert.match(said, /^\[\]$/m);
    assert.match(said, /^quire: note: there was no file store\.db, but a log of one with transactions/m);
    assert.deepEqual(unmarked(readFileSync(join(folder, ORPHAN))), unmarked(bytesOf("-log")));
  }
});

test("killed at any call, with names that change or without, the log is there under the one name or the other, whole", () => {
  for (const noRename of [false, true]) {
    const disk = Disk.of(new Map([["store.db-log", hot.get("store.db-log")!]]));
    const hook = (name: string) => (noRename && name === "rename" ? { errno: 52 } : undefined);
    const run = runCommand(command, disk, ["data/store.db", "create", "fresh", "id:uint32:pk"], { hook });
    assert.equal(run.status, 0, run.stderr);
    const killed = Disk.of(new Map([["store.db-log", hot.get("store.db-log")!]]));
    const wanted = unmarked(bytesOf("-log"));
    for (const [at, change] of disk.changes.entries()) {
      killed.apply(change);
      const next = Disk.of(killed.images());
      const again = runCommand(command, next, ["data/store.db", "create", "other", "id:uint32:pk"], { hook });
      assert.equal(again.status, 0, `killed after change ${at}: ${again.stderr}`);
      const logs = [...next.images()].filter(([name]) => name.includes(".orphan")).map(([, image]) => unmarked(image.bytes()));
      assert.ok(
        logs.some((log) => log.equals(wanted)),
        `killed after change ${at}: the old log is not there`,
      );
      const { stdout } = runCommand(command, next, ["data/store.db", "tables", "--json"]);
      assert.match(stdout, /^\{"ok":\{"tables":\[(\{"name":"fresh","rows":0\},)?\{"name":"other","rows":0\}\]\}\}\n$/);
    }
  }
});

test("a log that can't be set aside stays, and nothing is made; one without transactions is in nobody's way", () => {
  for (const words of [["create", "fresh", "id:uint32:pk"], ["serve"]]) {
    const disk = Disk.of(new Map([["store.db-log", hot.get("store.db-log")!]]));
    const hook = (name: string) => (name === "rename" ? { errno: 2 } : undefined);
    const run = runCommand(command, disk, ["data/store.db", ...words], { hook });
    assert.match(run.stderr, /^quire: ACCESS_DENIED: can't rename data\/store\.db-log to data\/store\.db-log\.orphan/);
    assert.deepEqual([...disk.images().keys()], ["store.db-log"]);
    assert.deepEqual(unmarked(disk.images().get("store.db-log")!.bytes()), unmarked(bytesOf("-log")));
  }
  const closed = Disk.of(new Map([["store.db-log", commandStore(command, false).get("store.db-log")!]]));
  const run = runCommand(command, closed, ["data/store.db", "create", "fresh", "id:uint32:pk"]);
  assert.deepEqual([run.status, run.stderr], [0, ""]);
  assert.deepEqual([...closed.images().keys()].sort(), ["store.db", "store.db-log"]);
});

test("no new file gets the name of what is beside another one, which would be written over or removed", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk"]);
  rmSync(`${store.path}-log`);
  for (const ending of ["log", "spill", "lock", "unfinished"]) {
    const name = `data/store.db-${ending}`;
    const ways = [
      ["backup", name],
      ["compact", name],
      ["convert", name, "--layout", "0.11"],
      ["repair", name],
    ];
    for (const words of ways) {
      const said = await store.fails("BAD_VALUE", 1, words);
      assert.match(said, /store\.db-\w+ is a name that goes with the file data\/store\.db, there or not; choose another name/);
    }
    for (const words of [["create", "u", "id:uint32:pk"], ["serve"]]) {
      const { status, stderr } = await quire([name, ...words], { folder: store.folder, stdin: '{"op":"tables"}\n' });
      assert.match(stderr, /is a name that goes with/);
      assert.equal(status, 1);
    }
    assert.equal(existsSync(`${store.path}-${ending}`), false, ending);
    assert.throws(() => openSync(`${store.path}-${ending}`), { code: "BAD_VALUE", message: /is a name that goes with/ });
    assert.equal(existsSync(`${store.path}-${ending}`), false, ending);
  }
  // One that is there already is a page file as any, and what has no name before the ending goes with nothing.
  renameSync(store.path, join(store.folder, "web-log"));
  const { stdout } = await quire(["data/web-log", "insert", "t", '{"id":1}'], { folder: store.folder });
  assert.match(stdout, /inserted 1 row/);
  renameSync(join(store.folder, "web-log"), store.path);
});

testOnRuntimes("a file with two names is not written to, unless that is wanted", async (t, runtime) => {
  const store = openStore(t, { runtime });
  await store.ok(["create", "t", "id:uint32:pk"]);
  const other = join(store.folder, "other.db");
  linkSync(store.path, other);
  const quire = (...words: string[]) => {
    const cli = join(packageRoot, "build", "host", "cli.js");
    return spawnSync(process.execPath, [cli, "--runtime", runtime, "other.db", ...words], {
      cwd: store.folder,
      encoding: "utf8",
    });
  };
  const refused = quire("insert", "t", '{"id":1}');
  assert.match(refused.stderr, /^quire: HARD_LINKS: other\.db has 2 names \(hard links\), and its log .*; --allow-links .*\n$/);
  assert.equal(refused.status, 1);
  await fails("HARD_LINKS", /has 2 names/, () => open(other, { runtime }));
  // Deno and Wasmer do not tell the module how many names a file has.
  const isTold = runtime !== "deno" && runtime !== "wasmer";
  if (isTold) assert.match(await store.fails("HARD_LINKS", 1, ["insert", "t", '{"id":1}']), /data\/store\.db has 2 names/);
  const read = quire("scan", "t", "--count");
  assert.deepEqual([read.stdout, read.status], ["0\n", 0]);
  if (isTold) assert.match(read.stderr, /^quire: note: other\.db has 2 names \(hard links\): what a session .* is not seen\n$/);
  assert.equal(quire("insert", "t", '{"id":1}', "--allow-links").status, 0);
  const db = await open(other, { runtime, allowLinks: true });
  await db.table("t").insert({ id: 2 });
  await db.close();
  const reader = openSync(other, { readonly: true });
  assert.equal(reader.table("t").count(), 2);
  reader.close();
  rmSync(other);
  await store.ok(["insert", "t", '{"id":3}']);
  assert.equal(existsSync(`${store.path}-log`), true);
});

test("the harness refuses a file with two names in the words of the module", async (t) => {
  const store = openStore(t, { runtime: "node", checkStatus: null });
  await store.ok(["create", "t", "id:uint32:pk"]);
  linkSync(store.path, join(store.folder, "other.db"));
  const said = await store.fails("HARD_LINKS", 1, ["insert", "t", '{"id":1}']);
  assert.ok(said.startsWith("quire: HARD_LINKS: data/store.db has "), said);
  await assert.rejects(open(store.path), {
    code: "HARD_LINKS",
    message: said.slice("quire: HARD_LINKS: ".length).replace("data/store.db", store.path),
  });
});
