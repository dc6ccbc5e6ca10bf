/** What opening a store takes, and that it gives all of it back: descriptors, and the compiled module. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { open, openSync } from "../host/index.js";
import { TRAPPING_LIBRARY, fails, moduleOf, runProgram } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

const PAGE = 65536;

const noProc = existsSync("/proc/self/fd") ? false : "SKIPPED: no /proc/self/fd here to count descriptors in";

/** A program that opens and closes stores in all ways, and says by how many descriptors it has more then than after the first time. */
const OPENS = (rounds: number, trapping: string): string => `
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
const descriptors = () => readdirSync("/proc/self/fd").length;
writeFileSync("bad.db", "no page file");
writeFileSync("bad.wasm", "no module");
mkdirSync("folder.db");
const told = new Map();
const tell = ({ code }) => void told.set(code, (told.get(code) ?? 0) + 1);
const library = process.env.QUIRE_LIBRARY;
const withLibrary = (path, call) => {
  process.env.QUIRE_LIBRARY = path;
  try { return call(); } catch (error) { tell(error); }
  finally { if (library === undefined) delete process.env.QUIRE_LIBRARY; else process.env.QUIRE_LIBRARY = library; }
};
const made = openSync("good.db");
made.create("t", ["k:uint32:pk"]);
made.close();
const ways = [
  () => { const db = openSync("good.db"); db.table("t").count(); db.close(); db.close(); },
  async () => { const db = await open("good.db", { readonly: true }); await db.tables(); await db[Symbol.asyncDispose](); },
  async () => { const db = await open("good.db"); await db.begin(); await db.close(); },
  () => openSync("bad.db"),
  () => open("bad.db"),
  () => open("folder.db", { readonly: true }),
  () => openSync("none.db", { mustExist: true }),
  () => open("none/none.db"),
  () => openSync("good.db", { layout: "0.11" }),
  () => openSync("good.db", { zzz: 1 }),
  () => withLibrary("bad.wasm", () => openSync("good.db")),
  () => withLibrary("none.wasm", () => openSync("good.db")),
  () => withLibrary(${JSON.stringify(trapping)}, () => { const db = openSync("good.db"); try { db.tables(); } finally { db.close(); } }),
  () => withLibrary("other.wasm", () => openSync("good.db")),
];
// A module that can't be instantiated: it wants an import that there is not.
writeFileSync("other.wasm", new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 120, 1, 121, 0, 0]));
const all = async () => { for (const way of ways) try { await way(); } catch (error) { tell(error); } };
await all();
const before = descriptors();
for (let round = 1; round < ${rounds}; round++) await all();
// Deno opens and closes some of its own.
console.log(Math.max(0, descriptors() - before), [...told].sort().map(([code, times]) => code + " " + times / ${rounds}).join(", "));
`;

const TOLD =
  "BAD_OPTION 1, BAD_VALUE 1, FILE_NOT_FOUND 1, FOLDER_NOT_FOUND 1, IO_ERROR 1, MODULE_INVALID 1, MODULE_NOT_FOUND 1, " +
  "NOT_A_PAGE_FILE 2, RUNTIME_TRAP 2";

/** 2,000 openings under Node, and some hundred under the others. */
const ROUNDS: Readonly<Record<string, number>> = { node: 143, deno: 20, bun: 20 };

testOnRuntimes(
  "2,000 openings, good and bad ones, leave as many descriptors as before",
  async (t: TestContext, runtime) => {
    if (noProc !== false) {
      t.skip(noProc);
      return;
    }
    const trapping = moduleOf("trapping-library", TRAPPING_LIBRARY);
    const { said, ended } = await runProgram(t, OPENS(ROUNDS[runtime] as number, trapping), runtime);
    assert.equal(said, `0 ${TOLD}\n`);
    assert.equal(ended, 0);
  },
  ["node", "deno", "bun"],
);

testOnRuntimes("sessions in a process of their own leave no descriptor either", async (t, runtime) => {
  if (noProc !== false) {
    t.skip(noProc);
    return;
  }
  const program = `
    import { readdirSync, writeFileSync } from "node:fs";
    writeFileSync("bad.db", "no page file");
    const runtime = ${JSON.stringify(runtime)};
    const all = async () => {
      await (await open("good.db", { runtime })).close();
      for (const path of ["bad.db", "none/none.db"]) await open(path, { runtime }).catch(() => undefined);
    };
    await all();
    const before = readdirSync("/proc/self/fd").length;
    for (let round = 0; round < 5; round++) await all();
    console.log(readdirSync("/proc/self/fd").length - before);`;
  assert.deepEqual(await runProgram(t, program), { said: "0\n", ended: 0 });
});

test("the module is compiled once in a process, however often it is opened and in whichever way", async (t) => {
  const program = `
    let compiled = 0;
    WebAssembly.Module = class extends WebAssembly.Module { constructor(bytes) { super(bytes); compiled++; } };
    const compile = WebAssembly.compile;
    WebAssembly.compile = (bytes) => { compiled++; return compile(bytes); };
    for (let i = 0; i < 20; i++) openSync("a.db").close();
    await Promise.all(Array.from({ length: 20 }, async (_, i) => (await open("b" + i + ".db")).close()));
    console.log(compiled);`;
  assert.deepEqual(await runProgram(t, program), { said: "1\n", ended: 0 });
});

testOnRuntimes("a file that info finds damaged opens in every runtime, and gives its rows", async (t, runtime) => {
  const path = join(tempFolder(t), "a.db");
  const made = openSync(path);
  made.create("t", ["id:uint32:pk"]);
  made.table("t").insert({ id: 7 });
  made.close();
  const bytes = readFileSync(path);
  // Page 2 of layout 0.9 lists pages that belong to nobody; only what takes new pages, and info, read it.
  bytes.fill(255, 2 * PAGE, 3 * PAGE);
  writeFileSync(path, bytes);
  const db = await open(path, { runtime, readonly: true });
  await fails("DAMAGED", /page 2/, () => db.info());
  assert.deepEqual(await db.table("t").get(7), { id: 7 });
  await db.close();
});

test("a path that the system has nothing to do with is an error with a code, whichever step finds out", async (t) => {
  const folder = tempFolder(t);
  symlinkSync("b", join(folder, "a"));
  symlinkSync("a", join(folder, "b"));
  const circle = join(folder, "a");
  const long = join(folder, "n".repeat(256));
  const calls: [path: string, code: string, said: RegExp][] = [
    [long, "IO_ERROR", /can't look at .*n \(ENAMETOOLONG\)$/],
    [join(folder, "x/".repeat(3000), "a.db"), "IO_ERROR", /\(ENAMETOOLONG\)$/],
    [circle, "IO_ERROR", /can't look at .* \(ELOOP\)$/],
    [join(folder, "\ud800.db"), "BAD_OPTION", /: a path can't hold half of a surrogate pair$/],
  ];
  for (const [path, code, message] of calls) {
    assert.throws(() => openSync(path), { name: "QuireError", code, message });
    await assert.rejects(open(path), { name: "QuireError", code, message });
  }
});

test("an empty file is no page file to who only reads it, and a new one to who writes", async (t) => {
  const path = join(tempFolder(t), "empty.db");
  writeFileSync(path, "");
  const expected = {
    name: "QuireError",
    code: "NOT_A_PAGE_FILE",
    message: /the file has 0 pages, a store has at least 3; open it for writing/,
  };
  assert.throws(() => openSync(path, { readonly: true }), expected);
  await assert.rejects(open(path, { readonly: true }), expected);
  const db = openSync(path);
  assert.deepEqual(db.tables(), []);
  db.close();
});
