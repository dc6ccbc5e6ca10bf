// Builds build/quire.wasm (the command), build/quire-lib.wasm (the library), build/quire-component.wasm (the component) and build/quire-kv.wasm
// (wasi:keyvalue over it) from assembly/ and wit/, build/host/ from host/, and build/web/, the page, from web/.
//
//   node scripts/build.mjs             all, each only when a source is newer than the result
//   node scripts/build.mjs --force     all, in any case
//   node scripts/build.mjs --debug     also build/quire.debug.wasm, with names and no optimisation
//   node scripts/build.mjs --host      only build/host
//   node scripts/build.mjs --prepare   what npm runs after an install: without the sources it says so and is content
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { buildWeb } from "./build-web.mjs";
import { asc, compileModule, wasmOpt } from "./compile.mjs";
import { COMPONENT, KEYVALUE, buildComponent, buildKeyvalue } from "./component.mjs";
import { changedAt, filesBelow, packageProgram, root, runNode } from "./lib.mjs";

const ENTRY = "assembly/command.ts";
const MODULE = "build/quire.wasm";
const LIBRARY_ENTRY = "assembly/library.ts";
const LIBRARY = "build/quire-lib.wasm";
const DEBUG_MODULE = "build/quire.debug.wasm";
const HOST_STAMP = "build/host/cli.js";
const PAGE_STAMP = "build/web/index.html";

const options = new Set(process.argv.slice(2));
const preparing = options.has("--prepare");
const force = options.has("--force");

function newest(paths) {
  return Math.max(0, ...paths.map(changedAt));
}

function stop(message, status) {
  console.log(message);
  process.exit(status);
}

const tsc = packageProgram("typescript", "tsc");
if (!existsSync(join(root, ENTRY)) || !existsSync(join(root, "host")) || asc === null || wasmOpt === null || tsc === null) {
  const missing =
    asc === null || wasmOpt === null || tsc === null ? "the compilers (npm ci installs them)" : `the sources (${ENTRY}, host/)`;
  const built = existsSync(join(root, MODULE)) ? `; ${MODULE} is there already` : "";
  stop(`SKIPPED: build: ${missing} are not here${built}`, preparing ? 0 : 1);
}

/** Whether `outFile` is newer than all that a module is made of, and than `others`. */
function isBuilt(outFile, others = []) {
  const sources = filesBelow("assembly", ".ts").filter((path) => !path.includes("__tests__"));
  return !force && changedAt(outFile) > newest([...sources, ...others, "asconfig.json", "package-lock.json"]);
}

function tellBuilt(outFile, started) {
  const { size } = statSync(join(root, outFile));
  console.log(`build: ${outFile}, ${size.toLocaleString("en")} bytes, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

async function buildModule(entry, target, outFile) {
  if (isBuilt(outFile)) return;
  const started = Date.now();
  const status =
    target === "debug" ? await runNode([asc, entry, "--target", target]) : await compileModule(entry, target, outFile);
  if (status !== 0) stop(`build: ${outFile} could not be built`, status);
  tellBuilt(outFile, started);
}

/** A component, which `build` builds. */
async function buildOne(outFile, build) {
  if (isBuilt(outFile, [...filesBelow("wit", ".wit"), ...filesBelow("assembly", ".wit")])) return;
  const started = Date.now();
  const faults = await build();
  for (const fault of faults) console.error(`build: ${outFile}: ${fault}`);
  if (faults.length > 0) stop(`build: ${outFile} could not be built`, 1);
  tellBuilt(outFile, started);
}

async function buildHost() {
  const sources = [...filesBelow("host", ".ts"), "tsconfig.json", "tsconfig.host.json", "package-lock.json"];
  if (!force && changedAt(HOST_STAMP) > newest(sources)) return;
  const started = Date.now();
  // What a source that is gone left would be packed.
  rmSync(join(root, "build/host"), { recursive: true, force: true });
  // What runs in browsers has other types, and writes host/api/ once more.
  for (const project of ["tsconfig.host.json", "host/web"]) {
    const status = await runNode([tsc, "-p", project]);
    if (status !== 0) stop("build: build/host could not be built", status);
  }
  chmodSync(join(root, HOST_STAMP), 0o755);
  console.log(`build: build/host, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** The page of web/, of the library and the host. */
async function buildPage() {
  const sources = [
    ...filesBelow("web", ""),
    LIBRARY,
    HOST_STAMP,
    "scripts/build-web.mjs",
    "scripts/sample.mjs",
    "package-lock.json",
  ];
  if (!force && changedAt(PAGE_STAMP) > newest(sources)) return;
  const started = Date.now();
  const missing = await buildWeb();
  console.log(
    missing === null
      ? `build: build/web, ${((Date.now() - started) / 1000).toFixed(1)} s`
      : `SKIPPED: build/web: ${missing} is not here`,
  );
}

mkdirSync(join(root, "build"), { recursive: true });
if (!options.has("--host"))
  await Promise.all([buildModule(ENTRY, "release", MODULE), buildModule(LIBRARY_ENTRY, "library", LIBRARY)]);
if (!options.has("--host")) {
  await buildOne(COMPONENT, buildComponent);
  await buildOne(KEYVALUE, buildKeyvalue);
}
if (options.has("--debug")) await buildModule(ENTRY, "debug", DEBUG_MODULE);
await buildHost();
if (!options.has("--host")) await buildPage();
