// npm run runtimes: gets the WASI runtimes that the tests use, unless they are here already.
//
//   node scripts/runtimes.mjs [--minutes N] [--from KIND] [NAME…]
//
// NAME: a runtime of host/runtimes/; python-wasmtime, which the test of examples/python-host needs; chromium, for the tests in a browser; or
// node22 or node24, for those under other releases of Node; without a name: all but those that their adapter leaves out, the quick ones first. --minutes, or QUIRE_BUILD_MINUTES: how long a cargo build may take before it is given up,
// instead of what the adapter says; the next try goes on where it was. --from: only from sources of this kind (release, cargo, …).
//
// A runtime on PATH, or named by QUIRE_NAME, or in this user's cache folder is left alone. Otherwise it is installed into
// CACHE/quire/runtimes/NAME-VERSION (CACHE: XDG_CACHE_HOME, else ~/.cache), where all clones on the machine find it. Nothing else on
// the machine changes, but for the caches of cargo, go and npm. Each attempt and its outcome is one line. That none worked is no
// failure: the tests then run without, and say so.
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { root, runNode } from "./lib.mjs";
import * as cargo from "./runtimes/cargo.mjs";
import { install as installChromium } from "./runtimes/chromium.mjs";
import * as debian from "./runtimes/debian.mjs";
import * as go from "./runtimes/go.mjs";
import { withLock } from "./runtimes/lock.mjs";
import * as npm from "./runtimes/npm.mjs";
import { versionOf } from "./runtimes/program.mjs";
import { install as installPython } from "./runtimes/python-wasmtime.mjs";
import * as release from "./runtimes/release.mjs";

/** How each kind of source that an adapter may name is used. */
const installers = { cargo, debian, go, npm, release };

// The adapters know the version, where to look, and where to get it.
const hostFile = (name) => join(root, "build", "host", name);
if ((await runNode([join(root, "scripts/build.mjs"), "--host"])) !== 0) process.exit(1);
const importHost = (name) => import(pathToFileURL(hostFile(name)).href);
const { runtimes } = await importHost("runtimes/index.js");
const { cacheFolder, cachedProgram, findProgram, isProgram } = await importHost("runtimes/find-program.js");
const { OTHER_NODES } = await importHost("paths.js");

function usage(what) {
  console.error(`runtimes: ${what}`);
  process.exit(2);
}

const {
  values: { minutes: typedMinutes = process.env.QUIRE_BUILD_MINUTES, from },
  positionals,
} = parseArgs({ options: { minutes: { type: "string" }, from: { type: "string" } }, allowPositionals: true });
const minutes = typedMinutes ? Number(typedMinutes) : undefined;
/** The longest that a timer of Node waits is 24 days. */
if (minutes !== undefined && !(minutes > 0 && minutes <= 30_000)) usage(`--minutes is a number up to 30000, not ${typedMinutes}`);
if (from !== undefined && !Object.hasOwn(installers, from))
  usage(`--from is one of ${Object.keys(installers).join(", ")}, not ${from}`);

/** What is no runtime, and which seconds it takes to get. */
const OTHERS = [
  { name: "python-wasmtime", installSeconds: 10, folder: "pythonFolder", install: installPython },
  { name: "chromium", installSeconds: 15, folder: "chromiumFolder", install: installChromium },
];

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(0)} s`;
}

/** Gets one runtime, unless it is here. */
async function get(adapter) {
  const { name, version, sources, homepage } = adapter;
  const say = (text) => console.log(`runtimes: ${name}: ${text}`);
  const here = adapter.find();
  if (here !== null) return say(`already here: ${here}`);
  const folder = cacheFolder(name, version);
  const program = cachedProgram(name, version);
  return withLock(`${folder}.lock`, say, async () => {
    if (isProgram(program)) return say(`installed meanwhile by another process: ${program}`);
    for (const source of sources.filter(({ kind }) => from === undefined || kind === from)) {
      const { title, install } = installers[source.kind];
      const started = Date.now();
      if (process.stderr.isTTY) process.stderr.write(`${name}: trying ${title(source)} …\r`);
      try {
        await install(source, { name, version, folder, program, minutes });
        return say(`installed by ${title(source)} in ${seconds(started)}: ${program} (${versionOf(program)})`);
      } catch (error) {
        const reason = (error.cause?.message ?? error.message).replaceAll("\n", " ");
        say(`${title(source)} did not work after ${seconds(started)}: ${reason}`);
      }
    }
    const variable = `QUIRE_${name.toUpperCase()}`;
    return say(
      `NOT INSTALLED. Get version ${version} or newer from ${homepage}; put it on PATH, or set ${variable} to the program.`,
    );
  });
}

/** Other releases of Node, which npm has for each kind of machine; found, named and installed as runtimes are. */
const nodes = OTHER_NODES.map(({ name, version }) => ({
  name,
  version,
  sources: [{ kind: "npm", package: `node-${process.platform}-${process.arch}`, program: "node" }],
  homepage: "https://nodejs.org",
  installSeconds: 5,
  find: () => findProgram(name, version),
}));

const installable = runtimes.filter(({ sources }) => sources.length > 0);
const getters = new Map([...installable, ...nodes].map((adapter) => [adapter.name, () => get(adapter)]));
for (const { name, folder, install } of OTHERS) {
  getters.set(name, async () => {
    const paths = await importHost("paths.js");
    const path = paths[folder]();
    const say = (text) => console.log(`runtimes: ${name}: ${text}`);
    await withLock(`${path}.lock`, say, () => install(path, say, paths.CHROMIUM_VERSION));
  });
}

let wanted = positionals;
for (const name of wanted) {
  if (!getters.has(name)) usage(`${name} can't be installed by this script; it knows ${[...getters.keys()].join(", ")}`);
}
if (wanted.length === 0) {
  const usual = installable.filter(({ onlyWhenNamed }) => onlyWhenNamed !== true);
  wanted = [...usual, ...OTHERS, ...nodes].sort((a, b) => a.installSeconds - b.installSeconds).map(({ name }) => name);
}
for (const name of wanted) await getters.get(name)();
