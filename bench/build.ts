/**
 * Builds what the bench runs: Quire's workload into build/bench, the peers into the user's cache, each only when a source changed. A peer whose
 * toolchain is not here is left out, loudly.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { packageRoot, runtimesCache } from "../host/paths.js";
import { registrySource } from "../tests/helpers/cargo.js";
import { leaveOut, say } from "./say.js";

/** The crate whose source has the SQLite amalgamation, and its version. */
const SQLITE_CRATE = ["libsqlite3-sys", "0.38.2"] as const;
export const SQLITE_FLAGS = [
  "-O2",
  "-DSQLITE_THREADSAFE=0",
  "-DSQLITE_OMIT_LOAD_EXTENSION",
  "-DSQLITE_TEMP_STORE=2",
  "-DSQLITE_DQS=0",
];
export const WASI_FLAGS = ["--target=wasm32-wasi", "--sysroot=/usr"];

const cache = join(dirname(runtimesCache()), "bench");
const sources = join(packageRoot, "bench", "peers");
const products = join(packageRoot, "build", "bench");

interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** Both streams, or why the program did not start. */
  readonly text: string;
}

function run(program: string, args: readonly string[], cwd = packageRoot, env: NodeJS.ProcessEnv = {}): Ran {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
  const text = done.error === undefined ? `${done.stdout}${done.stderr}` : done.error.message;
  return { ok: done.status === 0, stdout: done.error === undefined ? done.stdout : "", text };
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** The version that `program --version` tells, or null when it is not here. */
export function versionOf(program: string): string | null {
  const { ok, text } = run(program, ["--version"]);
  return ok ? firstLine(text) : null;
}

function hashOf(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 12);
}

const textOf = (...path: readonly string[]): string => readFileSync(join(sources, ...path), "utf8");

/** A file in the cache by the hash of what it is made of; `make` writes it to the path it is given, and says null or what went wrong. */
function cached(name: string, hash: string, make: (path: string) => string | null): string | null {
  const at = name.lastIndexOf(".");
  const path = join(cache, at > 0 ? `${name.slice(0, at)}-${hash}${name.slice(at)}` : `${name}-${hash}`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  say(`building ${name}`);
  const temporary = `${path}.${process.pid}`;
  const problem = make(temporary);
  if (problem !== null) {
    leaveOut(name, problem);
    return null;
  }
  renameSync(temporary, path);
  return path;
}

/** What is counted does not depend on optimization, and this compiles in seconds. */
const FAST = ["--target", "debug", "--optimizeLevel", "1"];

/** Quire's workload, or another program of bench/quire, compiled as the released modules are, or `fast`. */
export function buildWorkload(fast: boolean, program = "workload"): string {
  const files = ["assembly", "bench/quire"].flatMap((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.includes("__tests__"))
      .sort()
      .map((name) => join(packageRoot, folder, name)),
  );
  const compiler = readFileSync(join(packageRoot, "scripts", "compile.mjs"), "utf8");
  const hash = hashOf(fast ? FAST.join(" ") : compiler, ...files.map((file) => readFileSync(file, "utf8")));
  const output = join(products, `${program}-${fast ? "fast-" : ""}${hash}.wasm`);
  if (existsSync(output)) return output;
  mkdirSync(products, { recursive: true });
  for (const old of readdirSync(products)) {
    if (old.startsWith(fast ? `${program}-fast-` : `${program}-`) && old.includes("fast") === fast) rmSync(join(products, old));
  }
  say(`building ${program}${fast ? ", without much optimization" : ""}`);
  const temporary = `${output}.${process.pid}`;
  const entry = `bench/quire/${program}.ts`;
  const asc = join(packageRoot, "node_modules", "assemblyscript", "bin", "asc.js");
  const words = fast
    ? [asc, entry, ...FAST, "--outFile", temporary]
    : [join(packageRoot, "scripts", "compile.mjs"), entry, "release", relative(packageRoot, temporary)];
  const built = run(process.execPath, words);
  if (!built.ok) throw new Error(`${program} does not compile:\n${built.text}`);
  renameSync(temporary, output);
  return output;
}

/** The module that does nothing: what starting a process costs. */
export function buildNothing(): string {
  mkdirSync(products, { recursive: true });
  const path = join(products, "nothing.wat");
  writeFileSync(path, '(module (memory (export "memory") 1) (func (export "_start")))\n');
  return path;
}

/** The folder of the amalgamation, fetched by cargo. */
function sqliteSource(): string | null {
  const folder = join(cache, "sqlite-fetch");
  const [name, version] = SQLITE_CRATE;
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "src", "lib.rs"), "");
  const manifest = `[package]\nname = "fetch"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n${name} = { version = "=${version}", features = ["bundled"] }\n[workspace]\n`;
  writeFileSync(join(folder, "Cargo.toml"), manifest);
  const fetched = run("cargo", ["metadata", "--format-version", "1"], folder);
  if (!fetched.ok) return null;
  const line = fetched.text.split("\n").find((text) => text.startsWith("{")) ?? "{}";
  const { packages } = JSON.parse(line) as { packages?: readonly { name: string; manifest_path: string }[] };
  const crate = packages?.find((one) => one.name === name);
  return crate === undefined ? null : join(dirname(crate.manifest_path), "sqlite3");
}

function buildSqlite(name: string, compiler: string, target: readonly string[], libraries: readonly string[]): string | null {
  const version = versionOf(compiler);
  if (version === null) {
    leaveOut(name, `${compiler} is not here (Debian: clang-14 lld-14 wasi-libc libclang-rt-14-dev-wasm32)`);
    return null;
  }
  const hash = hashOf(textOf("sqlite", "bench.c"), version, SQLITE_CRATE.join(" "), ...SQLITE_FLAGS, ...target);
  return cached(name, hash, (path) => {
    const source = sqliteSource();
    if (source === null) return `cargo can't get ${SQLITE_CRATE.join(" ")}, whose source has SQLite`;
    const files = [join(sources, "sqlite", "bench.c"), join(source, "sqlite3.c")];
    const built = run(compiler, [...target, ...SQLITE_FLAGS, `-I${source}`, ...files, "-o", path, ...libraries]);
    return built.ok ? null : `${compiler}: ${lastLine(built.text)}`;
  });
}

export const buildSqliteWasi = (): string | null => buildSqlite("sqlite.wasm", "clang-14", WASI_FLAGS, []);
export const buildSqliteNative = (): string | null => buildSqlite("sqlite-native", "clang-14", [], ["-lm"]);

/** The reference crates for wasm32-wasip1, by version. */
export function buildReference(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const cargo = versionOf("cargo");
  if (cargo === null) {
    leaveOut("reference", "cargo is not here");
    return found;
  }
  const files = ["Cargo.toml", "Cargo.lock.template", "src/main.rs", "v0.9/Cargo.toml", "v0.11/Cargo.toml"];
  const hash = hashOf(cargo, ...files.map((file) => textOf("reference", file)));
  const programs = [
    ["0.9.0", "bench-reference-09.wasm"],
    ["0.11.0", "bench-reference-011.wasm"],
  ] as const;
  let built: Ran | null = null;
  for (const [version, file] of programs) {
    const path = cached(file, hash, (output) => {
      built ??= buildCrates();
      const product = join(cache, "reference-target", "wasm32-wasip1", "release", file);
      if (!built.ok) return `cargo: ${/error.*/.exec(built.text)?.[0] ?? lastLine(built.text)}`;
      copyFileSync(product, output);
      return null;
    });
    if (path !== null) found.set(version, path);
  }
  return found;
}

function buildCrates(): Ran {
  const copy = join(cache, "reference-sources");
  cpSync(join(sources, "reference"), copy, { recursive: true });
  const registry = registrySource(join(cache, "reference-registry"));
  writeFileSync(join(copy, "Cargo.lock"), textOf("reference", "Cargo.lock.template").replaceAll('"REGISTRY"', registry));
  const target = ["--target", "wasm32-wasip1", "--target-dir", join(cache, "reference-target")];
  return run("cargo", ["build", "--release", "--locked", "--ignore-rust-version", ...target], copy);
}

/** The folder whose node_modules has what npm offers; better-sqlite3 is null where it could not be built. */
export function installNpmPeers(): { readonly folder: string; readonly native: boolean } | null {
  const names = ["package.json", "package-lock.json"];
  const folder = join(cache, `npm-${hashOf(process.version, ...names.map((name) => textOf("npm", name)))}`);
  const done = join(folder, "installed");
  const addon = join(folder, "node_modules", "better-sqlite3", "build", "Release", "better_sqlite3.node");
  if (!existsSync(done)) {
    say("installing the peers of npm");
    mkdirSync(folder, { recursive: true });
    for (const name of names) copyFileSync(join(sources, "npm", name), join(folder, name));
    const installed = run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
    if (!installed.ok) {
      leaveOut("better-sqlite3, node-sqlite3-wasm, lmdb", `npm: ${lastLine(installed.text)}`);
      return null;
    }
    writeFileSync(done, "");
  }
  if (!existsSync(addon)) {
    say("building better-sqlite3");
    const gyp = join(run("npm", ["root", "-g"]).stdout.trim(), "npm", "node_modules", "node-gyp", "bin", "node-gyp.js");
    const prefix = dirname(dirname(process.execPath));
    const headers = existsSync(join(prefix, "include", "node", "node.h")) ? [`--nodedir=${prefix}`] : [];
    const words = [gyp, "rebuild", "--release", ...headers];
    const built = run(process.execPath, words, join(folder, "node_modules", "better-sqlite3"));
    if (!built.ok) leaveOut("better-sqlite3", `it is built from source, and that failed: ${lastLine(built.text)}`);
  }
  return { folder, native: existsSync(addon) };
}

/** `module` compiled ahead by wasmtime, so that starting it compiles nothing. */
export function precompile(wasmtime: string, module: string): string {
  const hash = hashOf(versionOf(wasmtime) ?? "", readFileSync(module).toString("base64"));
  mkdirSync(cache, { recursive: true });
  const path = join(cache, `${hash}.cwasm`);
  if (existsSync(path)) return path;
  const temporary = `${path}.${process.pid}`;
  const compiled = run(wasmtime, ["compile", module, "-o", temporary]);
  if (!compiled.ok) throw new Error(`wasmtime compile ${module}: ${compiled.text}`);
  renameSync(temporary, path);
  return path;
}
