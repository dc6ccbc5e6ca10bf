/** What can go wrong around a session has an error that says so: no hang, no rejection that nobody handles. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { QuireError, Session, defineTable, open, openSync } from "../host/index.js";
import { ChildEngine } from "../host/node/child-engine.js";
import { placeOf } from "../host/node/place.js";
import { Operations } from "../host/api/operations.js";
import { USUAL_FORMS } from "../host/api/value-forms.js";
import { AsyncRunner } from "../host/api/runner.js";
import type { Scope } from "../host/api/scope.js";
import { libraryPath } from "../host/paths.js";
import { TRAPPING_LIBRARY, fails, moduleOf, runProgram } from "./helpers/library.js";
import { defaultRuntime, testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

/** Sets an environment variable until the test ends. */
function setVariable(t: TestContext, name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  t.after(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = before;
  });
}

testOnRuntimes("options that are none, and files that can't be opened", async (t, runtime) => {
  const folder = tempFolder(t);
  const path = join(folder, "app.db");
  const openWith = (options: object) => open(path, { runtime, ...options });
  await fails("BAD_OPTION", /no option readOnly; did you mean readonly\?/, () => openWith({ readOnly: true }));
  await fails("BAD_OPTION", /no option mustexists; did you mean mustExist\?/, () => openWith({ mustexists: true }));
  await fails("BAD_OPTION", /no option zzz; options: runtime, /, () => openWith({ zzz: 1 }));
  await fails("BAD_OPTION", /readonly must be true or false, not 1/, () => openWith({ readonly: 1 }));
  await fails("BAD_OPTION", /cacheBytes must be a whole number/, () => openWith({ cacheBytes: -1 }));
  await fails("BAD_OPTION", /layout must be "0.9" or "0.11"/, () => openWith({ layout: "0.10" }));
  await fails("BAD_OPTION", /durability must be "commit" or "checkpoint"/, () => openWith({ durability: "never" }));
  await fails("BAD_OPTION", /the path is a string/, () => open(5 as never, { runtime }));
  await fails("BAD_OPTION", /NUL/, () => open("a\0b", { runtime }));
  await fails("BAD_OPTION", /"" is no name of a file/, () => open("", { runtime }));
  await fails("FOLDER_NOT_FOUND", /there is no folder .*nowhere.* make it first/, () =>
    open(join(folder, "nowhere", "a.db"), { runtime }),
  );
  await fails("FILE_NOT_FOUND", /there is no file .*app.db/, () => openWith({ mustExist: true }));
  await fails("FILE_NOT_FOUND", /there is no file .*app.db/, () => openWith({ readonly: true }));
  assert.equal(existsSync(path), false);

  writeFileSync(join(folder, "short.db"), "not a page file");
  await fails("NOT_A_PAGE_FILE", /short.db is 15 bytes long/, () => open(join(folder, "short.db"), { runtime }));
  assert.equal(readFileSync(join(folder, "short.db"), "utf8"), "not a page file");
  mkdirSync(join(folder, "sub.db"));
  await fails("IO_ERROR", /sub.db/, () => open(join(folder, "sub.db"), { runtime }));

  const db = await openWith({ layout: "0.11", cacheBytes: 1 << 20 });
  await db.create("t", ["k:uint8:pk"]);
  assert.equal((await db.info()).layout, "0.11");
  await db.close();
  await fails("BAD_VALUE", /has layout 0.11, not 0.9/, () => openWith({ layout: "0.9" }));
  const reader = await openWith({ readonly: true, mustExist: true, cacheBytes: undefined });
  assert.equal((await reader.info()).readOnly, true);
  await fails("READ_ONLY", /./, () => reader.table("t").insert({ k: 1 }));
  await fails("READ_ONLY", /./, () => reader.transaction(() => 1));
  await reader.close();
});

testOnRuntimes("commits that wait for sync(), or for the close", async (t, runtime) => {
  const path = join(tempFolder(t), "app.db");
  const db = await open(path, { runtime, durability: "checkpoint" });
  await db.create("t", ["k:uint32:pk"]);
  for (let k = 0; k < 10; k++) await db.table("t").insert({ k });
  await db.sync();
  await db.table("t").insert({ k: 10 });
  await db.close();
  await fails("SESSION_ENDED", /closed/, () => db.sync());
  await using reader = await open(path, { runtime, readonly: true });
  await reader.sync();
  assert.equal(await reader.table("t").count(), 11);
});

testOnRuntimes("a closed session says so, and closing twice is fine", async (t, runtime) => {
  const path = join(tempFolder(t), "app.db");
  const db = await open(path, { runtime });
  const table = db.table("t");
  await db.create("t", ["k:uint8:pk"]);
  await table.insert({ k: 1 });
  await db.begin();
  await table.insert({ k: 2 });
  const answered = table.count();
  await Promise.all([db.close(), db.close()]);
  assert.equal(await answered, 2);
  for (const call of [
    () => table.get(1),
    () => table.insert({ k: 3 }),
    () => table.scan().toArray(),
    () => db.tables(),
    () => db.transaction(() => 1),
  ]) {
    await fails("SESSION_ENDED", /^the session is closed$/, call);
  }
  await db.close();
  // The transaction that was open is gone, and `using` closes.
  const again = await open(path, { runtime });
  assert.equal(await again.table("t").count(), 1);
  await again[Symbol.asyncDispose]();
  await fails("SESSION_ENDED", /closed/, () => again.info());
});

testOnRuntimes("a runtime or a module that is missing or none", async (t, runtime) => {
  const folder = tempFolder(t);
  const path = join(folder, "app.db");
  const variable = runtime === "node" ? "QUIRE_LIBRARY" : "QUIRE_MODULE";
  setVariable(t, variable, join(folder, "missing.wasm"));
  await fails("MODULE_NOT_FOUND", /missing.wasm: there is no such file; npm run build makes it/, () => open(path, { runtime }));
  if (runtime === "node") {
    process.env[variable] = join(folder, "bad.wasm");
    writeFileSync(join(folder, "bad.wasm"), "no module");
    await fails("MODULE_INVALID", /bad.wasm/, () => open(path, { runtime }));
    assert.throws(() => openSync(path), { code: "MODULE_INVALID" });
    process.env[variable] = moduleOf(
      "other-version",
      '(module (memory (export "memory") 1) (func (export "_initialize")) (func (export "abi_version") (result i32) (i32.const 99)))',
    );
    await fails("MODULE_INVALID", /version 99/, () => open(path, { runtime }));
  } else {
    setVariable(t, `QUIRE_${runtime.toUpperCase()}`, join(folder, "no-program"));
    await fails("RUNTIME_NOT_FOUND", /use --runtime node/, () => open(path, { runtime }));
    writeFileSync(join(folder, "no-program"), "#!/nowhere/at/all\n");
    chmodSync(join(folder, "no-program"), 0o755);
    Reflect.deleteProperty(process.env, variable);
    await fails("RUNTIME_FAILED", /could not be started/, () => open(path, { runtime }));
  }
});

test("an error that nobody catches shows its code, and no exit status: that is the command line's", async (t) => {
  const { said, ended } = await runProgram(t, 'openSync("a.db").table("t").get(1);');
  assert.equal(ended, 1);
  assert.match(said, /QuireError: there is no table t/);
  assert.match(said, /code: 'TABLE_NOT_FOUND'/);
  assert.doesNotMatch(said, /exitStatus/);
});

test("runtimes that there are not", async (t) => {
  const path = join(tempFolder(t), "app.db");
  await fails("BAD_OPTION", /there is no runtime "wasmtim"; use one of node, wasmtime/, () =>
    open(path, { runtime: "wasmtim" as never }),
  );
  assert.throws(() => openSync(path, { runtime: "wasmtime" } as never), { code: "BAD_OPTION" });
});

/** A module that answers the first line that it reads, and traps at the second. */
const TRAPPING_MODULE = `(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "{\\22ok\\22:{}}\\0a")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 4096))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 10))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 4096))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
    (unreachable)))`;

testOnRuntimes("after a trap the session is dead, and says so", async (t, runtime) => {
  if (runtime === "node") setVariable(t, "QUIRE_LIBRARY", moduleOf("trapping-library", TRAPPING_LIBRARY));
  else setVariable(t, "QUIRE_MODULE", moduleOf("trapping-module", TRAPPING_MODULE));
  const db = await open(join(tempFolder(t), "app.db"), { runtime });
  const first = db.tables();
  const second = db.tables().catch((error: unknown) => error);
  await fails("RUNTIME_TRAP", /unreachable|ended with status (45|134)\b|was ended by SIGABRT/i, () => first);
  assert.ok((await second) instanceof QuireError);
  await fails("SESSION_ENDED", /open the file again/, () => db.tables());
  await fails("SESSION_ENDED", /open the file again/, () => db.table("t").insert({}));
  await db.close();
});

test("a trap takes no other session with it", async (t) => {
  const folder = tempFolder(t);
  const good = await open(join(folder, "good.db"));
  setVariable(t, "QUIRE_LIBRARY", moduleOf("trapping-library", TRAPPING_LIBRARY));
  const bad = openSync(join(folder, "bad.db"));
  assert.throws(() => bad.tables(), { code: "RUNTIME_TRAP" });
  assert.throws(() => bad.tables(), { code: "SESSION_ENDED" });
  assert.deepEqual(await good.tables(), []);
  await good.close();
});

test("a child that is killed ends what waits for it, and keeps what it answered", async (t) => {
  const path = join(tempFolder(t), "app.db");
  const engine = await ChildEngine.open(defaultRuntime, placeOf(defaultRuntime, path, false), {}, null);
  const db = new Session(
    path,
    defaultRuntime,
    engine,
    AsyncRunner.over(engine, new Operations(USUAL_FORMS), 10, new AsyncLocalStorage<Scope>()),
  );
  const table = db.table(defineTable("t", { k: "uint32:pk" }));
  await db.create("t", ["k:uint32:pk"]);
  await table.insert({ k: 1 });
  const waiting = db.transaction(async () => {
    await table.insert({ k: 2 });
    await engine.kill();
    await table.insert({ k: 3 });
  });
  await fails("SESSION_ENDED", /was ended by SIGKILL.*open the file again/, () => waiting);
  await fails("SESSION_ENDED", /open the file again/, () => table.count());
  await fails("SESSION_ENDED", /open the file again/, () => db.transaction(() => 1));
  await db.close();
  const again = await open(path, { runtime: defaultRuntime });
  assert.deepEqual(await again.table("t").scan().toArray(), [{ k: 1 }]);
  await again.close();
});

testOnRuntimes("a program that forgets to close ends by itself, without a word", async (t, runtime) => {
  const { said, ended } = await runProgram(
    t,
    `const db = await open("app.db", { runtime: ${JSON.stringify(runtime)} });
     await db.create("t", ["k:uint8:pk"]);
     db.table("t").insert({ k: 1 }).then(() => console.log("inserted"));`,
  );
  assert.equal(said, "inserted\n");
  assert.equal(ended, 0);
});

/** What a program does with a store in its own process: every way in and out, and more rows than the first memory holds. */
const IN_PROCESS = `
const rows = defineTable("rows", { id: "uint64:pk:auto", name: "text:unique", raw: "blob:null", at: "datetime:null:index", doc: "json:null", d: "decimal:null" });
const db = await open("a.db");
await db.create(rows);
const table = db.table(rows);
console.log(await table.insert({ name: "ünï", raw: new Uint8Array([0, 255]), at: new Date(0), doc: { a: [1, null] }, d: 2 ** 60 }));
const many = (from) => Array.from({ length: 2000 }, (_, i) => ({ name: "n" + (from + i), raw: new Uint8Array(3000).fill(i) }));
console.log((await table.insertMany(many(0))).at(-1));
await db.transaction(async () => { for (const row of many(2000)) await table.insert(row); });
await db.transaction(async () => { await table.delete(2); throw new Error("back"); }).catch((error) => console.log(error.message));
console.log(await table.get(1n), await table.find("n7", { index: "name", columns: ["id"] }), await table.find(9999));
await table.update(3, { doc: [true], at: "2026-02-28T23:59:58.5Z" });
let seen = 0;
for await (const { raw } of table.scan({ pageRows: 700 })) seen += raw.length;
console.log(seen, await table.count({ index: "at", from: new Date(1) }), await db.tables());
for (const call of [() => table.insert({ name: "n7" }), () => table.get(9999), () => open("none/b.db"), () => db.backup("a.db"), () => db.create(rows)])
  await call().then(() => console.log("!"), ({ code, message }) => console.log(code, code === "FOLDER_NOT_FOUND" || message));
console.log(await db.backup("b.db"), (await db.check()).errors);
await db.close();
const copy = openSync("b.db", { dates: "date" });
copy.transaction(() => { for (let i = 0; i < 3000; i++) copy.table("rows").update(3, { doc: "x".repeat(i % 500) }); });
console.log(copy.table("rows").get(3).at, copy.hash().hash, copy.check().errors);
copy.close();
`;

/** What it said and left under Node. */
let underNode: { said: string; files: Buffer[] } | null = null;

testOnRuntimes(
  "a program that is itself run by another runtime has the store in its own process, the same to the byte",
  async (t, runtime) => {
    const folder = tempFolder(t);
    const { said, ended } = await runProgram(t, IN_PROCESS, runtime, folder);
    assert.equal(ended, 0, said);
    const files = ["a.db", "b.db"].map((name) => readFileSync(join(folder, name)));
    underNode ??= { said, files };
    assert.doesNotMatch(said, /!|TRAP|Warning/);
    // How a console shows values is its own.
    const plain = (text: string): string => text.replace(/\s+|[,'"]/g, "");
    assert.equal(plain(said), plain(underNode.said));
    for (const [at, bytes] of files.entries()) assert.ok(bytes.equals(underNode.files[at] as Buffer), `${at}: the files differ`);
  },
  ["node", "deno", "bun"],
);

test("the module can be elsewhere", (t) => {
  const folder = tempFolder(t);
  copyFileSync(libraryPath(), join(folder, "copy.wasm"));
  setVariable(t, "QUIRE_LIBRARY", join(folder, "copy.wasm"));
  const db = openSync(join(folder, "app.db"));
  assert.deepEqual(db.tables(), []);
  db[Symbol.dispose]();
});

test("a program that inserts row by row does not crash: V8 of Node 20 reads nonsense in inlined calls of the module", async (t) => {
  const { said, ended } = await runProgram(
    t,
    `const db = openSync("app.db");
     db.request({ op: "create", table: "t", columns: ["id:uint32:pk", "t:text", "body:blob"] });
     const table = db.table("t");
     db.begin();
     for (let id = 1; id <= 30000; id++) table.insert({ id, t: "t".repeat(id % 50), body: new Uint8Array(id % 2000) });
     db.commit();
     console.log(table.count());
     db.close();`,
  );
  assert.deepEqual([ended, said], [0, "30000\n"]);
});
