// npm run runtimes: gets the WASI runtimes that the tests use, unless they are here already.
//
//   node scripts/runtimes.mjs [NAME…]     (NAME: wasmtime, or python-wasmtime, which the test of examples/python-host needs)
//
// A runtime on PATH, or named by QUIRE_NAME, or in this user's cache folder is left alone. Otherwise it is installed into
// CACHE/quire/runtimes/NAME-VERSION (CACHE: XDG_CACHE_HOME, else ~/.cache), where all clones on the machine find it. Each attempt and
// its outcome is one line. That none worked is no failure: the tests then run without, and say so.
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { root, runNode } from "./lib.mjs";
import { withLock } from "./runtimes/lock.mjs";
import { install as installPython } from "./runtimes/python-wasmtime.mjs";
import * as wasmtime from "./runtimes/wasmtime.mjs";

/** What can be installed, in the order in which it is. One file each in scripts/runtimes/; its adapter is in host/runtimes/. */
const installers = new Map([["wasmtime", wasmtime]]);

// The adapters know the version and where to look.
const hostFile = (name) => join(root, "build", "host", name);
if (!existsSync(hostFile("cli.js")) && (await runNode([join(root, "scripts/build.mjs"), "--host"])) !== 0) process.exit(1);
const importHost = (name) => import(pathToFileURL(hostFile(name)).href);
const { runtimeNamed } = await importHost("runtimes/index.js");
const { cacheFolder, cachedProgram, isProgram } = await importHost("runtimes/find-program.js");

const PYTHON = "python-wasmtime";
const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!installers.has(name) && name !== PYTHON) {
    console.error(`runtimes: ${name} can't be installed by this script; it knows ${[...installers.keys(), PYTHON].join(", ")}`);
    process.exit(2);
  }
}

for (const name of wanted.length > 0 ? wanted.filter((name) => name !== PYTHON) : installers.keys()) {
  const adapter = runtimeNamed(name);
  const { version } = adapter;
  const say = (text) => console.log(`runtimes: ${name}: ${text}`);
  const here = adapter.find();
  if (here !== null) {
    say(`already here: ${here}`);
    continue;
  }
  const folder = cacheFolder(name, version);
  const program = cachedProgram(name, version);
  await withLock(`${folder}.lock`, say, async () => {
    if (isProgram(program)) return say(`installed meanwhile by another process: ${program}`);
    const { install, howToGetIt } = installers.get(name);
    await install({ version, folder, program, isProgram, say });
    if (isProgram(program)) say(`installed: ${program}`);
    else say(`NOT INSTALLED. ${howToGetIt(version)} Then put it on PATH, or set QUIRE_${name.toUpperCase()} to the program.`);
  });
}

if (wanted.length === 0 || wanted.includes(PYTHON)) {
  const { pythonFolder } = await importHost("paths.js");
  const say = (text) => console.log(`runtimes: ${PYTHON}: ${text}`);
  await withLock(`${pythonFolder()}.lock`, say, () => installPython(pythonFolder(), say));
}
