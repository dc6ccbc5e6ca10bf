/** Pipes, sockets, devices and folders where a file is meant: refused at once, in the same words everywhere, and nothing is made beside them. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { open, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { golden } from "./helpers/golden.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { quire, tempFolder } from "./helpers/store.js";

const NO_FILE = "a pipe, a socket or a device, and no file";

/** A folder with a store, and a pipe, a socket and a folder beside it. */
async function otherThings(t: TestContext): Promise<string> {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "store.db"), golden("deep"));
  for (const name of ["pipe.db", "a.db-log", "c.db-spill"]) execFileSync("mkfifo", [join(folder, name)]);
  for (const name of ["folder.db", "b.db-log", "d.db-spill"]) mkdirSync(join(folder, name));
  for (const name of ["a.db", "b.db", "c.db", "d.db"]) writeFileSync(join(folder, name), golden("deep"));
  const server = createServer().listen(join(folder, "socket.db"));
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => server.close());
  return folder;
}

testOnRuntimes("what is no file is refused by its kind, and not waited for", async (t, runtime) => {
  const folder = await otherThings(t);
  const before = readdirSync(folder);
  const run = async (...words: string[]) => {
    // Who waits for a pipe's other end waits for ever.
    const { status, stderr } = await quire(words, { runtime, folder, timeoutMs: 60_000 });
    return `${status} ${stderr.trimEnd()}`;
  };
  for (const kind of ["pipe", "socket", "folder"]) {
    const name = `data/${kind}.db`;
    const is = kind === "folder" ? "a folder, not a file" : NO_FILE;
    const refused = `4 quire: IO_ERROR: ${name} is ${is}`;
    assert.equal(await run(name, "tables", "--readonly"), refused);
    assert.equal(await run(name, "create", "t", "id:uint32:pk"), refused);
    assert.equal(await run("data/store.db", "backup", name), refused);
    if (kind !== "pipe") continue;
    for (const words of [["compact"], ["convert", "--layout", "0.11"], ["repair"]]) {
      const [command = "", ...options] = words;
      assert.equal(await run("data/store.db", command, name, ...options), refused, command);
    }
    assert.equal(await run("data/store.db", "import", "deep", name, "--format", "csv"), refused);
    assert.equal(await run("data/store.db", "diff", name), refused);
  }
  assert.equal(await run("data/a.db", "tables", "--readonly"), `4 quire: IO_ERROR: data/a.db-log is ${NO_FILE}`);
  assert.equal(await run("data/a.db", "insert", "deep", "{}"), `4 quire: IO_ERROR: data/a.db-log is ${NO_FILE}`);
  assert.equal(await run("data/b.db", "tables", "--readonly"), "4 quire: IO_ERROR: data/b.db-log is a folder, not a file");
  for (const name of ["data/store.db/", "data/none.db/", "data/pipe.db/.", "data/folder.db/.."]) {
    assert.equal(await run(name, "tables", "--readonly"), `1 quire: BAD_VALUE: ${name} is a folder's name, and no file's`);
  }
  assert.deepEqual(readdirSync(folder), before);
  // What is in the way of a spill file is none of its owner's.
  for (const name of ["c", "d"]) assert.match(await run(`data/${name}.db`, "check"), /^0/);
});

testOnRuntimes("a copy to a place outside of the opened folders is denied", async (t, runtime) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "store.db"), golden("deep"));
  for (const command of ["backup", "compact", "repair"]) {
    const { status, stderr } = await quire(["data/store.db", command, "/elsewhere/copy.db"], { runtime, folder });
    // In Wasmer there is a root of its own, which is empty.
    const expected = runtime === "wasmer" ? "FOLDER_NOT_FOUND: the folder of" : "ACCESS_DENIED:";
    assert.match(`${status} ${stderr}`, new RegExp(`^4 quire: ${expected} /elsewhere/copy\\.db`), command);
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("copy")),
    [],
  );
});

/** Runs `npx quire WORDS…`, with what it reads and a limit that only a hang comes to. */
function command(folder: string, words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(packageRoot, "build", "host", "cli.js"), ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  return new Promise((resolve) => child.on("close", (code) => resolve(`${code} ${said.trimEnd()}`)));
}

test("the command refuses them before it takes a lock", async (t) => {
  const folder = await otherThings(t);
  const before = readdirSync(folder);
  const devices = readdirSync("/dev");
  for (const name of ["pipe.db", "socket.db", "/dev/null", "/dev/zero"]) {
    for (const words of [["tables"], ["create", "t", "id:uint32:pk"], ["load", "-"]])
      assert.equal(await command(folder, [name, ...words]), `4 quire: IO_ERROR: ${name} is ${NO_FILE}`, words[0]);
    for (const words of [["backup"], ["compact"], ["repair"]])
      assert.equal(await command(folder, ["store.db", ...words, name]), `4 quire: IO_ERROR: ${name} is ${NO_FILE}`, words[0]);
    assert.equal(await command(folder, ["store.db", "info", "--schema", name]), `4 quire: IO_ERROR: ${name} is ${NO_FILE}`);
  }
  assert.equal(await command(folder, ["folder.db", "tables"]), "4 quire: IO_ERROR: folder.db is a folder, not a file");
  assert.equal(await command(folder, ["x.db/", "tables"]), `2 quire: USAGE: "x.db/" is a folder's name, and no file's`);
  assert.equal(await command(folder, [".", "tables"]), `2 quire: USAGE: "." is a folder's name, and no file's`);
  assert.deepEqual(readdirSync(folder), before);
  assert.deepEqual(
    readdirSync("/dev").filter((name) => name.includes("-lock")),
    devices.filter((name) => name.includes("-lock")),
  );
});

test("a pipe is a source like any other", async (t) => {
  const folder = await otherThings(t);
  const writer = spawn("sh", ["-c", 'printf "id,name\\n1,a\\n2,b\\n" > pipe.db'], { cwd: folder });
  const ended = new Promise((resolve) => writer.on("close", resolve));
  const said = await command(folder, ["new.db", "import", "t", "pipe.db", "--create", "--format", "csv"]);
  await ended;
  assert.match(said, /^0 /);
  assert.match(await command(folder, ["new.db", "scan", "t", "--count"]), /2/);
});

test("the package refuses them", async (t) => {
  const folder = await otherThings(t);
  for (const name of ["pipe.db", "socket.db"]) {
    const refused = { code: "IO_ERROR", message: /is a pipe, a socket or a device, and no file/ };
    assert.throws(() => openSync(join(folder, name)), refused);
    await assert.rejects(open(join(folder, name), { runtime: "node", readonly: true }), refused);
  }
  assert.throws(() => openSync(join(folder, "x.db/")), { code: "BAD_OPTION", message: /a folder's name/ });
  const db = openSync(join(folder, "store.db"));
  const before = readFileSync(join(folder, "store.db"));
  for (const name of ["pipe.db", "folder.db"])
    assert.throws(() => db.backup(join(folder, name)), /IO_ERROR|FILE_EXISTS|no file|not a file|exists/);
  db.close();
  assert.ok(readFileSync(join(folder, "store.db")).equals(before));
});
