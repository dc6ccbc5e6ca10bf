/** `:memory:`, a store without a file: the same over every runtime, and nothing of it is left. And names that are no names of files. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { open, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { fails, runProgram } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { quire, tempFolder } from "./helpers/store.js";

/** What a session does that has no file: more rows in one transaction than its cache holds, kept, taken back, and again; a copy of it all. */
const PROGRAM = (runtime: string): string => `
const db = await open(":memory:", { runtime: ${JSON.stringify(runtime)}, cacheBytes: 1 << 18, durability: "checkpoint" });
await db.create("t", ["id:uint32:pk", "name:text:unique", "body:text"]);
const table = db.table("t");
const rows = (from, to) => Array.from({ length: to - from }, (_, i) => ({ id: from + i, name: "n" + ((from + i) * 7919) % 100003, body: "b".repeat(600) }));
const rollback = async (from, to) => db.transaction(async () => { await table.insertMany(rows(from, to)); throw new Error("back"); }).catch(({ message }) => message);
console.log(db.path, await rollback(0, 1200), await table.count());
await db.transaction(async () => { await table.insertMany(rows(0, 1200)); });
console.log(await rollback(1200, 2400), await table.count(), (await table.get("n7919", { index: "name" })).id);
await table.update(1, { body: "short" });
await table.delete(2);
await db.sync();
const { hash } = await db.hash();
console.log((await db.check()).errors, (await db.info()).readOnly, hash);
const other = await open(":memory:", { runtime: ${JSON.stringify(runtime)} });
console.log(await other.tables());
await other.close();
await db.backup("copy.db");
await db.backup("../out.db").catch(({ code }) => console.log(code));
await db.close();
const copy = openSync("copy.db", { readonly: true });
console.log(copy.hash().hash === hash, copy.table("t").count(), copy.check().errors);
copy.close();`;

const SAID = [":memory: back 0", "back 1200 1", /^0 false [0-9a-f]{16}$/, "[]", "BAD_OPTION", "true 1199 0"];

function expectSaid(said: string): void {
  const lines = said.trimEnd().split("\n");
  assert.equal(lines.length, SAID.length, said);
  for (const [i, expected] of SAID.entries()) {
    if (expected instanceof RegExp) assert.match(lines[i] as string, expected);
    else assert.equal(lines[i], expected);
  }
}

testOnRuntimes("a session in memory does what one with a file does, and leaves no file", async (t, runtime) => {
  const folder = tempFolder(t);
  const { said, ended } = await runProgram(t, PROGRAM(runtime), "node", folder);
  expectSaid(said);
  assert.equal(ended, 0);
  assert.deepEqual(readdirSync(folder).sort(), ["copy.db", "program.mjs"]);
});

testOnRuntimes(
  "a program of another runtime has a store in memory in its own process",
  async (t, runtime) => {
    const folder = tempFolder(t);
    const { said, ended } = await runProgram(t, PROGRAM("node"), runtime, folder);
    expectSaid(said);
    assert.equal(ended, 0);
    assert.deepEqual(readdirSync(folder).sort(), ["copy.db", "program.mjs"]);
  },
  ["deno", "bun"],
);

const REQUESTS = [
  '{"op":"create","table":"t","columns":["id:uint32:pk:auto","name:text:unique"]}',
  '{"op":"insert","table":"t","rows":[{"name":"a"},{"name":"b"}]}',
  '{"op":"begin"}',
  '{"op":"insert","table":"t","row":{"name":"c"}}',
  '{"op":"rollback"}',
  '{"op":"scan","table":"t"}',
  '{"op":"check"}',
].join("\n");
const REPLIES = `{"ok":{}}
{"ok":{"keys":[1,2]}}
{"ok":{}}
{"ok":{"keys":[3]}}
{"ok":{}}
{"ok":{"rows":[{"id":1,"name":"a"},{"id":2,"name":"b"}],"after":null}}
{"ok":{"errors":0,"warnings":0,"notes":0,"omitted":0,"faults":[]}}
`;

testOnRuntimes("the module needs no folder for a store in memory", async (_, runtime) => {
  const run = (words: readonly string[], stdin = "") => quire([":memory:", ...words], { runtime, stdin });
  assert.deepEqual(await run(["serve"], `${REQUESTS}\n`).then(({ stdout, status }) => [stdout, status]), [REPLIES, 0]);
  const readonly = await run(
    ["--readonly", "serve"],
    '{"op":"create","table":"t","columns":["id:uint32:pk"]}\n{"op":"tables"}\n',
  );
  assert.match(readonly.stdout, /^\{"error":\{"code":"READ_ONLY".*\}\n\{"ok":\{"tables":\[\]\}\}\n$/);
  // Commands of one call begin with nothing: import and load try a source.
  const tried = await run(["import", "t", "-", "--create", "--format", "csv"], "id,name\n1,a\n1,b\n");
  assert.deepEqual([tried.status, tried.stderr.includes("quire: ")], [0, false]);
  const bad = await run(["import", "t", "-", "--create", "--key", "id", "--format", "csv"], "id,name\n1,a\n1,b\n");
  assert.match(bad.stderr, /^quire: [A-Z_]+: .*line 3/);
  assert.equal((await run(["tables"])).status, 0);
  assert.match((await run(["get", "t", "1"])).stderr, /^quire: TABLE_NOT_FOUND: /);
  for (const words of [["info"], ["stats"], ["map"], ["page", "0"], ["check"], ["hash"], ["dump"], ["schema"]]) {
    assert.equal((await run(words)).status, 0, words.join(" "));
  }
  for (const words of [["recover"], ["compact"]])
    assert.match((await run(words)).stderr, /^quire: BAD_VALUE: :memory: is a store in memory, and no file; /);
  assert.match(
    (await quire(["file:a.db", "tables"], { runtime })).stderr,
    /^quire: BAD_VALUE: file:a\.db is a URL, and no path; /,
  );
});

testOnRuntimes(
  "repair of a store in memory saves the nothing that is there, and opens no file of that name",
  async (t, runtime) => {
    const folder = tempFolder(t);
    const run = (...words: string[]) => quire(words, { runtime, folder });
    const { stdout, stderr, status } = await run(":memory:", "repair", "data/out.db");
    assert.deepEqual([stdout, stderr, status], ["data/out.db: 0 tables with 0 rows saved: all there was\n", "", 0]);
    assert.equal((await run("data/out.db", "check")).status, 0);
    assert.deepEqual(readdirSync(folder), ["out.db"]);
  },
);

testOnRuntimes("quire :memory: serve works in the folder that one is in, and leaves nothing there but copies", (t, runtime) => {
  const folder = tempFolder(t);
  const cli = (words: readonly string[], input = "") =>
    spawnSync(process.execPath, [join(packageRoot, "build", "host", "cli.js"), "--runtime", runtime, ...words], {
      cwd: folder,
      input,
      encoding: "utf8",
      timeout: 60_000,
    });
  // Wasmer's root is its own: what is opened has its whole path there.
  const path = runtime === "wasmer" ? join(realpathSync(folder), "copy.db") : "copy.db";
  const { stdout, stderr, status } = cli([":memory:", "serve"], `${REQUESTS}\n${JSON.stringify({ op: "backup", path })}\n`);
  assert.deepEqual([stderr, status], ["", 0]);
  assert.ok(stdout.startsWith(REPLIES), stdout);
  assert.match(stdout.slice(REPLIES.length), /^\{"ok":\{"pages":\d+,"bytes":\d+\}\}\n$/);
  assert.deepEqual(readdirSync(folder), ["copy.db"]);
  assert.match(cli(["copy.db", "export", "t", "--format", "csv"]).stdout, /^id,name\r?\n1,a\r?\n2,b\r?\n$/);
  for (const name of ["file:a.db", "file:///a.db", ":memory", " :memory: ", ":Memory:"]) {
    assert.match(cli([name, "serve"]).stderr, /^quire: USAGE: ".*" is (?:a URL, and no path|no name of a file)/);
  }
  assert.match(cli(["copy.db", "backup", ":memory:"]).stderr, /^quire: USAGE: ":memory:" is a store in memory, and no file/);
  assert.deepEqual(readdirSync(folder), ["copy.db"]);
});

testOnRuntimes("a path may be a file's URL, and a text that is none is refused", async (t, runtime) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, "ü b#c"));
  const path = join(folder, "ü b#c", "app?.db");
  const db = await open(pathToFileURL(path), { runtime });
  assert.equal(db.path, path);
  await db.create("t", ["k:uint8:pk"]);
  await db.backup(pathToFileURL(join(folder, "ü b#c", "copy.db")));
  await db.close();
  assert.ok(existsSync(path) && existsSync(join(folder, "ü b#c", "copy.db")));
  for (const url of ["http://a.b/c.db", "data:,x", "file://host/a.db"]) {
    await fails("BAD_OPTION", /^open: .* is no file's URL \(/, () => open(new URL(url), { runtime }));
  }
  await fails("BAD_OPTION", /^"file:.*" is a URL, and no path; a file of that name is \.\/file:/, () =>
    open(pathToFileURL(path).href, { runtime }),
  );
  await fails("BAD_OPTION", /did you mean :memory:\?/, () => open(":MEMORY:", { runtime }));
  for (const options of [{ readonly: true }, { mustExist: true }]) {
    await fails("BAD_OPTION", /^a store in memory is always new/, () => open(":memory:", { runtime, ...options }));
  }
  const layout = await open(":memory:", { runtime, layout: "0.11" });
  assert.equal((await layout.info()).layout, "0.11");
  await layout.close();
});

test("files may have such names, when a path says so", (t) => {
  const folder = tempFolder(t);
  for (const name of [":memory:", "file:a.db", ":memory:-log.db"]) {
    const db = openSync(join(folder, name));
    db.create("t", ["k:uint8:pk"]);
    db.close();
    assert.ok(readdirSync(folder).includes(name));
  }
  assert.throws(() => openSync(":memory:").backup(":memory:"), { code: "BAD_OPTION" });
});

test("sessions in memory know nothing of each other, and one of them has limits like any other", () => {
  const [one, two] = [openSync(":memory:"), openSync(":memory:", { cacheBytes: 0 })];
  one.create("t", ["id:uint32:pk", "body:blob"]);
  assert.deepEqual(two.tables(), []);
  one.table("t").insertMany(Array.from({ length: 200 }, (_, id) => ({ id, body: new Uint8Array(60_000).fill(id) })));
  assert.equal(one.table("t").count(), 200);
  assert.deepEqual(one.table("t").get(199)["body"], new Uint8Array(60_000).fill(199));
  assert.throws(() => one.table("t").insert({ id: 200, body: new Uint8Array(65_535) }), { code: "RECORD_TOO_LARGE" });
  assert.equal(one.check().errors, 0);
  one.close();
  two.close();
  assert.throws(() => one.tables(), { code: "SESSION_ENDED" });
});
