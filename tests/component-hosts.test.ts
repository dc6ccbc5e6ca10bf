/** Hosts of the component: the examples do what they say, and under wasmtime it makes the same system calls as the core library. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";
import { openSync } from "../host/index.js";
import { libraryPath, packageRoot, pythonWithWasmtime } from "../host/paths.js";
import { runtimes } from "../host/runtimes/index.js";
import { saysCities } from "./helpers/cities.js";
import { componentPath } from "./helpers/component.js";
import { composedGuest } from "./helpers/compose.js";
import { tempFolder } from "./helpers/store.js";

const run = promisify(execFile);
const env = { ...process.env, PYTHONIOENCODING: "utf-8", PYTHONDONTWRITEBYTECODE: "1" };

const python = pythonWithWasmtime();
const noPython = existsSync(python) ? false : "SKIPPED: no Python with wasmtime here; npm run runtimes gets it";

test("examples/component-python: wasmtime", { skip: noPython }, async (t) => {
  await saysCities(t, python, join(packageRoot, "examples", "component-python", "quire_component.py"));
});

test("examples/component-javascript: jco, Node", async (t) => {
  await saysCities(t, process.execPath, join(packageRoot, "examples", "component-javascript", "quire-component.mjs"));
});

const wasmtime = runtimes.find(({ name }) => name === "wasmtime")?.find() ?? null;
const noWasmtime = wasmtime === null ? "SKIPPED: wasmtime is not here; npm run runtimes gets it" : false;

test("a component that imports quire:db, composed with it, under plain wasmtime", { skip: noWasmtime }, async (t) => {
  const folder = tempFolder(t);
  const composed = await composedGuest();
  const wit = await componentWit(composed);
  const own = await componentWit(readFileSync(componentPath()));
  const imports = (text: string) => text.match(/^ {2}import .*/gm);
  assert.deepEqual(imports(wit), imports(own), "nothing is imported besides");
  assert.match(wit, /^ {2}export run: func\(path: string\) -> string;$/m);
  const path = join(folder, "composed.wasm");
  writeFileSync(path, composed);
  mkdirSync(join(folder, "data"));
  const words = ["run", "--dir", `${join(folder, "data")}::data`, "--invoke"];
  const invoke = async (file: string) => {
    const { stdout } = await run(wasmtime!, [...words, `run("${file}")`, path]);
    // Invoked functions answer in WAVE, whose strings are JSON's.
    return JSON.parse(stdout) as string;
  };
  const first = { id: 1, what: "a run" };
  assert.deepEqual(JSON.parse(await invoke("data/runs.db")), { rows: [first], after: null });
  assert.deepEqual(JSON.parse(await invoke("data/runs.db")), { rows: [first, { ...first, id: 2 }], after: null });
  assert.match(await invoke("elsewhere/runs.db"), /^ACCESS_DENIED: elsewhere\/runs\.db is in no folder/);
  const db = openSync(join(folder, "data", "runs.db"), { readonly: true });
  assert.deepEqual(db.check().faults, []);
  assert.equal(db.table("runs").count(), 2);
  db.close();
});

// ---- system calls ----

const noStrace = spawnSync("strace", ["-V"]).status === 0 ? false : "SKIPPED: no strace here";

/** Requests that make, grow, sync, copy and rename files. */
const REQUESTS = [
  { op: "create", table: "t", columns: ["id:uint32:pk:auto", "name:text:index"] },
  ...Array.from({ length: 20 }, (_, at) => ({ op: "insert", table: "t", row: { name: `row ${at}` } })),
  { op: "begin" },
  { op: "insert", table: "t", rows: Array.from({ length: 600 }, (_, at) => ({ name: `${at} `.repeat(100) })) },
  { op: "rollback" },
  { op: "scan", table: "t", index: "name", limit: 3 },
  { op: "insert", table: "t", row: { id: 3, name: "again" } },
  { op: "backup", path: "data/copy.db" },
  { op: "check" },
];

/** Whatever a file may be opened, looked at, read, changed, named or made durable by. */
const CALLS =
  "openat,openat2,statx,newfstatat,fstat,ftruncate,fallocate,lseek,read,write,pread64,pwrite64,preadv,pwritev,preadv2,pwritev2," +
  "fsync,fdatasync,renameat,renameat2,unlinkat,linkat,mkdirat,fcntl";

/** Calls that ask for no more than whether a file is there, and how large it is. */
const isLook = (call: string): boolean => /^(?:statx|newfstatat|fstat|look) /.test(call);

/** The system calls on files of the folder, in their order, with the file's name; and the replies. */
async function systemCalls(folder: string, kind: string, wasm: string): Promise<{ calls: string[]; replies: string }> {
  mkdirSync(folder);
  const trace = `${folder}.trace`;
  const words = ["-f", "-y", "-qq", "-s", "0", "-e", "signal=none", "-e", `trace=${CALLS}`, "-o", trace];
  const script = join(packageRoot, "tests", "fixtures", "component-serve.py");
  const options = JSON.stringify({ path: "data/calls.db", create: true });
  const input = REQUESTS.map((request) => `${JSON.stringify(request)}\n`).join("");
  const child = run("strace", [...words, python, script, kind, wasm, folder, options], { env });
  child.child.stdin?.end(input);
  const { stdout, stderr } = await child;
  assert.equal(stderr, "");
  const calls = readFileSync(trace, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, name, rest = ""] = /^\d+ +(\w+)\((.*)/.exec(line) ?? [];
      const file = /\b(?:calls|copy)\.db[\w-]*/.exec(rest);
      if (name === undefined || file === null) return [];
      // Opened only to be looked at.
      return [`${rest.includes("O_PATH") ? "look" : name} ${file[0]}`];
    });
  return { calls, replies: stdout };
}

test("wasmtime: the same system calls as the core library, in the same order", { skip: noPython || noStrace }, async (t) => {
  const folder = tempFolder(t);
  const core = await systemCalls(join(folder, "core"), "core", libraryPath());
  const component = await systemCalls(join(folder, "component"), "component", componentPath());
  assert.equal(component.replies, core.replies);
  assert.match(component.replies, /PRIMARY_KEY_CONFLICT/);
  const done = component.calls.filter((call) => !isLook(call));
  assert.deepEqual(
    done,
    core.calls.filter((call) => !isLook(call)),
  );
  // Under preview 1 wasmtime looks once more at a file that is there, for the number of its inode.
  const looks = [core, component].map(({ calls }) => calls.filter(isLook).length) as [number, number];
  assert.ok(looks[1] <= looks[0], `${looks[1]} looks, and the core library ${looks[0]}`);
  const syncs = done.filter((call) => call.startsWith("fdatasync")).length;
  t.diagnostic(`${done.length} calls, ${syncs} of them fdatasync; looks besides: core ${looks[0]}, component ${looks[1]}`);
  assert.ok(syncs > 20 && done.some((call) => call.startsWith("renameat")));
  for (const name of readdirSync(join(folder, "core"))) {
    // Random numbers are in the log only.
    if (name.endsWith("-log")) continue;
    assert.ok(readFileSync(join(folder, "core", name)).equals(readFileSync(join(folder, "component", name))), name);
  }
});
