/** Hosts and guests of the component that cargo builds, or what they need: the examples in Rust and C. See cargo/README.md. */
import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { runtimes } from "../host/runtimes/index.js";
import { buildWithCargo } from "./helpers/cargo.js";
import { saysCities } from "./helpers/cities.js";
import { componentPath } from "./helpers/component.js";
import { tempFolder } from "./helpers/store.js";

const run = promisify(execFile);

/** Files that stand in the workspace as they do in the clone. */
const FILES = [
  ...["types", "database", "sql", "world"].map((name) => `wit/${name}.wit`),
  ...["component-guest-rust", "component-rust"].flatMap((name) => [
    `examples/${name}/Cargo.toml`,
    `examples/${name}/src/main.rs`,
  ]),
  ...["compose/Cargo.toml", "compose/src/main.rs", "wasmtime-c/Cargo.toml", "wasmtime-c/src/lib.rs"].map(
    (path) => `tests/cargo/${path}`,
  ),
];
const WORKSPACE = {
  name: "component",
  files: new Map([["tests/cargo/Cargo.toml", "Cargo.toml"], ...FILES.map((path): [string, string] => [path, path])]),
  lock: "tests/cargo/Cargo.lock.template",
};

const SHARED = process.platform === "darwin" ? "libwasmtime.dylib" : "libwasmtime.so";

/** What the C API's headers are told of it: what tests/cargo/wasmtime-c has. */
const CONF_H = ["WASI", "ASYNC", "CRANELIFT", "COMPILER", "COMPONENT_MODEL"]
  .map((name) => `#define WASMTIME_FEATURE_${name}\n`)
  .join("");

/** Puts the C API's headers beside its library: the crate has them, but for the one that says what was built. */
function copyHeaders(manifest: string, folder: string): void {
  const words = ["metadata", "--locked", "--format-version", "1", "--manifest-path", manifest];
  const { packages } = JSON.parse(execFileSync("cargo", words, { encoding: "utf8", maxBuffer: 1 << 26 })) as {
    packages: { name: string; manifest_path: string }[];
  };
  const crate = packages.find(({ name }) => name === "wasmtime-c-api-impl");
  assert.ok(crate);
  cpSync(join(dirname(crate.manifest_path), "include"), join(folder, "include"), { recursive: true });
  writeFileSync(join(folder, "include", "wasmtime", "conf.h"), CONF_H);
}

const hosts = buildWithCargo(
  WORKSPACE,
  {
    words: ["-p", "quire-component-host", "-p", "quire-compose", "-p", "quire-wasmtime-c"],
    products: ["quire-component-host", "quire-compose", SHARED].map((name) => join("release", name)),
  },
  copyHeaders,
);
const noHosts = "skip" in hosts ? hosts.skip : false;
const built = (name: string): string => ("skip" in hosts ? "" : join(hosts.folder, name));

test("examples/component-rust: wasmtime, bindings made of wit/", { skip: noHosts }, async (t) => {
  await saysCities(t, built("quire-component-host"));
});

const noCompiler = spawnSync("cc", ["--version"]).status === 0 ? false : "SKIPPED: no C compiler here";

test("examples/component-c: wasmtime's C API", { skip: noHosts || noCompiler }, async (t) => {
  const program = join(tempFolder(t), "quire_component");
  const source = join(packageRoot, "examples", "component-c", "quire_component.c");
  const words = ["-Wall", "-Wextra", "-Werror", "-I", built("include"), source, built(SHARED), `-Wl,-rpath,${built("")}`];
  await run("cc", [...words, "-o", program]);
  await saysCities(t, program);
});

const TARGET = "wasm32-wasip2";
const guest = buildWithCargo(WORKSPACE, {
  words: ["-p", "quire-notes"],
  products: [join(TARGET, "release", "quire-notes.wasm")],
  target: TARGET,
});
const wasmtime = runtimes.find(({ name }) => name === "wasmtime")?.find() ?? null;
const noGuest =
  noHosts ||
  ("skip" in guest ? guest.skip : wasmtime === null ? "SKIPPED: wasmtime is not here; npm run runtimes gets it" : false);

test("examples/component-guest-rust: composed by wac's library, under plain wasmtime", { skip: noGuest }, async (t) => {
  const folder = tempFolder(t);
  const composed = join(folder, "notes.wasm");
  assert.ok("folder" in guest);
  await run(built("quire-compose"), [join(guest.folder, "quire-notes.wasm"), componentPath(), composed]);
  const data = join(folder, "data");
  mkdirSync(data);
  const notes = async (...words: string[]) => {
    const { stdout } = await run(wasmtime!, ["run", "--dir", `${data}::data`, composed, ...words]);
    return stdout.trimEnd().split("\n");
  };
  assert.deepEqual(await notes("add", "water the plants", "étagère"), ["1\twater the plants", "2\tétagère"]);
  assert.deepEqual(await notes("add", "call Bob"), ["3\tcall Bob"]);
  assert.deepEqual(await notes("list"), ["3\tcall Bob", "1\twater the plants", "2\tétagère"]);
  assert.deepEqual(await notes("remove", "1", "7"), ["there is no note 7; nothing was removed"]);
  assert.deepEqual(await notes("remove", "3", "2"), [""]);
  assert.deepEqual(await notes("list"), ["1\twater the plants"]);
  const failed = await run(wasmtime!, ["run", "--dir", `${data}::elsewhere`, composed, "list"]).catch((error: unknown) => error);
  assert.match((failed as { stderr: string }).stderr, /^ACCESS_DENIED: data\/notes\.db is in no folder/);
  const db = openSync(join(data, "notes.db"), { readonly: true });
  assert.deepEqual(db.check().faults, []);
  assert.deepEqual(db.table("notes").get(1), { id: 1, text: "water the plants" });
  db.close();
});
