// Makes a release ready, from the last commit: nothing is published, committed or tagged here.
//
//   node scripts/release.mjs VERSION [--dry-run]
//
// The version stands in package.json, and from there in package-lock.json and in what `quire --version` prints; CHANGELOG.md's "Unreleased"
// gets it, with the day. The modules are built twice in a fresh clone and compared byte by byte, the package is packed, installed into an empty
// folder and used, and SHA-256 sums are written beside it in build/release/. Only when all of that is done do the four files change here.
// --dry-run: they stay as they are.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { root } from "./lib.mjs";

const CHANGED = ["package.json", "package-lock.json", "assembly/cli/help.ts", "CHANGELOG.md"];
const MODULES = ["build/quire.wasm", "build/quire-lib.wasm", "build/quire-component.wasm", "build/quire-kv.wasm"];

function stop(message) {
  console.error(`release: ${message}`);
  process.exit(1);
}

/** Runs a program in `folder`; returns what it prints. */
function run(folder, program, ...args) {
  return execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** `text` with the one place of `find` replaced. */
function replaced(text, find, by, file) {
  const parts = text.split(find);
  if (parts.length !== 2) stop(`${file} has ${parts.length - 1} places, not one, that say ${find}`);
  return parts.join(by);
}

const numbers = (version) => version.split(/[.-]/).slice(0, 3).map(Number);

function isLater(version, than) {
  const [a, b] = [numbers(version), numbers(than)];
  const at = a.findIndex((number, i) => number !== b[i]);
  return at >= 0 && a[at] > b[at];
}

const sum = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Writes `version` wherever it stands in the checkout `folder`. */
function stamp(folder, version, former) {
  run(folder, "npm", "version", "--no-git-tag-version", "--ignore-scripts", version);
  const write = (file, find, by) => {
    const path = join(folder, file);
    writeFileSync(path, replaced(readFileSync(path, "utf8"), find, by, file));
  };
  write("assembly/cli/help.ts", `VERSION: string = "${former}"`, `VERSION: string = "${version}"`);
  const day = new Date().toISOString().slice(0, 10);
  write("CHANGELOG.md", "\n## Unreleased\n", `\n## Unreleased\n\n## ${version} (${day})\n`);
}

/** Builds the modules of the checkout `folder` again and stops when a byte differs. */
function buildAgain(folder) {
  const first = MODULES.map((path) => sum(join(folder, path)));
  run(folder, "npm", "run", "-s", "build", "--", "--force");
  for (const [i, path] of MODULES.entries()) if (sum(join(folder, path)) !== first[i]) stop(`two builds of ${path} differ`);
}

/** Packs the checkout `folder` into `target` and uses what was packed as a stranger would; returns the package's name. */
function pack(folder, target, version) {
  run(folder, "npm", "pack", "--silent", "--pack-destination", target);
  const [name] = readdirSync(target).filter((file) => file.endsWith(".tgz"));
  const empty = mkdtempSync(join(tmpdir(), "quire-install-"));
  try {
    writeFileSync(join(empty, "package.json"), '{"private":true}\n');
    run(empty, "npm", "install", "--silent", "--no-audit", "--no-fund", "--offline", join(target, name));
    const quire = (...words) =>
      run(empty, process.execPath, join("node_modules", "quire-db", "build", "host", "cli.js"), ...words);
    if (!quire("--version").includes(version)) stop(`the package says that it is ${quire("--version").trim()}`);
    quire("a.db", "create", "t", "id:uint32:pk", "name:text");
    quire("a.db", "insert", "t", '{"id":1,"name":"a"}');
    if (!/^id,name\r?\n1,a\r?\n$/.test(quire("a.db", "export", "t", "--format", "csv")))
      stop("the package does not give back what went in");
    const program = 'import { openSync } from "quire-db"; console.log(openSync("a.db").table("t").count());';
    if (run(empty, process.execPath, "--input-type=module", "--eval", program) !== "1\n") stop("the package can't be imported");
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
  return name;
}

const dryRun = process.argv.includes("--dry-run");
const [version] = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const { version: former } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
if (!/^\d+\.\d+\.\d+$/.test(version ?? "") || !isLater(version, former)) stop(`a version after ${former} is needed, as in 1.2.3`);
if (run(root, "git", "status", "--porcelain") !== "") stop("there are changes that are not committed");

const clone = mkdtempSync(join(tmpdir(), "quire-release-"));
try {
  run(root, "git", "clone", "--quiet", root, clone);
  stamp(clone, version, former);
  console.log(`release: building ${version} twice`);
  run(clone, "npm", "ci", "--silent", "--no-audit", "--no-fund");
  buildAgain(clone);
  const target = join(root, "build", "release");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  pack(clone, target, version);
  for (const path of MODULES) copyFileSync(join(clone, path), join(root, path.replace("build/", "build/release/")));
  const sums = readdirSync(target).map((name) => `${sum(join(target, name))}  ${name}\n`);
  writeFileSync(join(target, "SHA256SUMS"), sums.join(""));
  if (!dryRun) for (const file of CHANGED) copyFileSync(join(clone, file), join(root, file));
  process.stdout.write(sums.join(""));
  const next = dryRun
    ? "nothing was changed here"
    : `commit the ${CHANGED.length} files that changed, and tag the commit v${version}`;
  console.log(`release: build/release/ has what belongs to ${version}; ${next}`);
} finally {
  rmSync(clone, { recursive: true, force: true });
}
