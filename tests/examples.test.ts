/** The examples do what they say: Quire's core in an AssemblyScript program, and a host in Python. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { runInThisContext } from "node:vm";
import ts from "typescript";
import { libraryPath, packageRoot, pythonWithWasmtime } from "../host/paths.js";
import { openSync } from "../host/index.js";
import { runCommand } from "../host/node/run-command.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

const run = promisify(execFile);

/** The notes program, compiled in a project that has the package installed; once for all tests of a run. */
let notes: Promise<string> | null = null;

async function compileNotes(): Promise<string> {
  const project = join(packageRoot, "build", "tests", "notes");
  const output = join(project, "notes.wasm");
  mkdirSync(join(project, "node_modules"), { recursive: true });
  if (!existsSync(join(project, "node_modules", "quire-db")))
    symlinkSync(packageRoot, join(project, "node_modules", "quire-db"), "dir");
  const source = join(packageRoot, "examples", "assembly", "program.ts");
  const built = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  // The library is built from the same sources, and is up to date when tests run.
  if (built > statSync(source).mtimeMs && built > statSync(libraryPath()).mtimeMs) return output;
  copyFileSync(source, join(project, "program.ts"));
  const asc = join(packageRoot, "node_modules", "assemblyscript", "bin", "asc.js");
  const abort = "abort=~lib/quire-db/assembly/wasi/abort/abort";
  const flags = [
    "--config",
    "none",
    "--outFile",
    "notes.wasm",
    "--runtime",
    "minimal",
    "--exportStart",
    "_start",
    "-O1",
    "--use",
    abort,
  ];
  await run(process.execPath, [asc, "program.ts", ...flags], { cwd: project });
  return output;
}

testOnRuntimes("examples/assembly: a program with its own tables, and Quire's core in it", async (t, runtime) => {
  const folder = tempFolder(t);
  const module = await (notes ??= compileNotes());
  const call = (...words: string[]) => runCommand(runtime, folder, ["data/notes.db", ...words], { module });
  const says = async (stdout: string, ...words: string[]) => {
    const result = await call(...words);
    assert.deepEqual([result.stdout, result.stderr, result.status], [stdout, "", 0]);
  };
  await says("1\twork\twater the plants\n", "add", "work", "water the plants");
  await says("2\thome\tétagère\n", "add", "home", "étagère");
  await says("3\twork\tcall Bob\n", "add", "Work ", " call Bob");
  const empty = await call("add", "work", " ");
  assert.match(empty.stderr, /^notes: CHECK_FAILED: notes\.id = \d+: text breaks the rule minstrlen=1/);
  await says("1\twork\twater the plants\n3\twork\tcall Bob\n", "list", "work");
  await says("1\twork\twater the plants\n2\thome\tétagère\n", "find", "t");
  await says("", "find", "nothing");
  await says("4\thome\ta\\x1b[31m\\tb\n", "add", "home", "a\x1b[31m\tb");
  for (const id of ["4", "1"]) await says("", "done", id);
  await says("3\twork\tcall Bob\n", "list", "work");
  const { stderr, status } = await call("done", "x");
  assert.match(stderr, /^notes: BAD_VALUE: "x" is not a uint32/);
  assert.equal(status, 1);
  const db = openSync(join(folder, "notes.db"), { readonly: true });
  assert.deepEqual(db.check().faults, []);
  assert.deepEqual(db.table("notes").scan({ index: "topic" }).toArray(), [
    { id: 2, topic: "home", text: "étagère" },
    { id: 3, topic: "work", text: "call Bob" },
  ]);
  db.close();
});

test("examples/script: a log that is read twice counts once", async (t) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(packageRoot, join(folder, "node_modules", "quire-db"), "dir");
  writeFileSync(join(folder, "package.json"), "{}");
  copyFileSync(join(packageRoot, "examples", "script", "visits.mjs"), join(folder, "visits.mjs"));
  const log = `10.0.0.1 - - [10/Oct/2026:13:55:36 +0200] "GET /index.html HTTP/1.1" 200 2326
10.0.0.2 - - [10/Oct/2026:13:55:37 +0200] "GET /index.html?x=1 HTTP/1.1" 200 2326
10.0.0.1 - - [10/Oct/2026:13:56:00 +0200] "GET /about.html HTTP/1.1" 304 -
10.0.0.1 - - [10/Oct/2026:13:57:00 +0200] "GET /none.html HTTP/1.1" 404 10
what is this
`;
  for (const added of [4, 0]) {
    const program = run(process.execPath, ["visits.mjs", "visits.db"], { cwd: folder });
    program.child.stdin?.end(log);
    const { stdout, stderr } = await program;
    assert.equal(stderr, "skipped: what is this\n");
    assert.match(stdout, new RegExp(`^new visits: ${added}; failures in all: 1\n`));
    assert.match(stdout, /'\/index\.html' +│ 2 +│ 2 +│ 4652 +│\n.*'\/about\.html' +│ 1 +│ 1 +│ 0 +│\n/);
  }
  const db = openSync(join(folder, "visits.db"), { readonly: true });
  assert.deepEqual(db.sql("SELECT at FROM visits WHERE page = '/about.html'").rows, [["2026-10-10T13:56:00.000000+02:00"]]);
  db.close();
});

/** Of docs/typescript.md, the block of TypeScript with these words, as a function of `names`. */
function exampleWith(words: string, names: readonly string[]): (...values: unknown[]) => Promise<void> {
  const text = readFileSync(join(packageRoot, "docs", "typescript.md"), "utf8");
  const block = Array.from(text.matchAll(/```ts\n([^]*?)```/g), ([, code]) => code as string).find((code) =>
    code.includes(words),
  );
  const { outputText } = ts.transpileModule(block as string, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  return runInThisContext(`(async (${names.join()}) => {${outputText}})`) as (...values: unknown[]) => Promise<void>;
}

test("docs/typescript.md: the examples of statements and of conditions do what they say", async () => {
  const said: unknown[] = [];
  const console = { log: (...values: unknown[]) => void said.push(...values) };
  const db = openSync(":memory:");
  db.exec(
    "CREATE TABLE cities (id INTEGER PRIMARY KEY, name TEXT, people BIGINT); INSERT INTO cities VALUES (5, 'Rome', 2800000), (6, 'Milan', 1400000)",
  );
  await exampleWith("lastId: 7n", ["db", "name", "console"])(db, "Turin", console);
  assert.deepEqual(said, ["Milan", "Rome"]);
  assert.deepEqual(db.sql`SELECT * FROM cities WHERE name = 'Turin'`, [{ id: 7n, name: "Turin", people: 841600n }]);
  db.create("users", ["id:uint32:pk:auto", "email:text:unique", "age:uint8:null:index", "about:json:null"]);
  const people = db.table("users");
  people.insertMany(Array.from({ length: 40 }, (_, i) => ({ email: `${i}@example.${i % 2 === 0 ? "org" : "com"}`, age: i })));
  await exampleWith("const grown =", ["people"])(people);
  assert.equal(people.count(), 29);
  assert.equal(people.where("age >= ? AND email LIKE ?", 18, "%.org").count(), 0);
  db.close();
});

const python = pythonWithWasmtime();
const skip = existsSync(python) ? false : "SKIPPED: no Python with wasmtime here; npm run runtimes gets it";

test("examples/python-host: a host that is not JavaScript", { skip }, async (t) => {
  const folder = join(tempFolder(t), "data");
  const script = join(packageRoot, "examples", "python-host", "quire_host.py");
  const start = () => run(python, [script, libraryPath(), folder], { env: { ...process.env, PYTHONIOENCODING: "utf-8" } });
  const { stdout, stderr } = await start();
  assert.equal(stderr, "");
  assert.deepEqual(await start(), { stdout, stderr }, "the second run");
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    "get: 東京 14178000 None",
    "get, none: 0",
    "scan: Zürich 447082 408",
    "scan: La Paz 755732 3640",
    "scan: Amsterdam 931298 -2",
    "scan: 東京 14178000 None",
    "sql: ('La Paz', 755732, True) ('Amsterdam', 931298, False) ('東京', 14178000, None)",
    "sql: ('東京', 14178000, None)",
    "request: [{'name': 'Amsterdam', 'height': -2}, {'name': 'La Paz', 'height': 3640}]",
    "error: PRIMARY_KEY_CONFLICT: row 2: cities has a row with name = La Paz already",
    "stale: [{'name': 'cities', 'rows': 4}]",
    "check: []",
  ]);
  const db = openSync(join(folder, "cities.db"), { readonly: true });
  assert.deepEqual(db.table("cities").get("Amsterdam"), { name: "Amsterdam", people: 931298, height: -2 });
  db.close();
});
