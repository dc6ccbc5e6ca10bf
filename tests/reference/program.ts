/** Builds the reference programs (see README.md beside this file) and runs them. */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { packageRoot, runtimesCache } from "../../host/paths.js";
import { requireRuntime } from "../../host/node/run-command.js";
import { runtimeNamed } from "../../host/runtimes/index.js";
import type { Json, Layout, Row } from "../helpers/golden.js";

/** The oldest cargo that is known to build all: 0.11.0 asks for 1.96, but does without. */
const OLDEST_CARGO = { major: 1, minor: 95 };

/** A run that takes longer hangs: 0.9.0 does, on a record that ends at a page's last byte. Milliseconds. */
const TIMEOUT_MS = 60_000;

/** Where the programs are; `wasi`: as modules, which run under wasmtime. */
export interface BuiltReference {
  readonly folder: string;
  readonly wasi: boolean;
}

export type ReferenceBuild = BuiltReference | { readonly skip: string };

const WASI_TARGET = "wasm32-wasip1";

/** What the programs are made of, in this folder. */
const SOURCES = [
  "Cargo.toml",
  "Cargo.lock.template",
  "v0.8/Cargo.toml",
  "v0.9/Cargo.toml",
  "v0.11/Cargo.toml",
  ...["exercise", "json", "main", "random", "schemas"].map((name) => `src/${name}.rs`),
];

/** Layouts that the reference writes here: 0.8 holds no definitions, and is gone on with by the build that made the file only. */
export type ReferenceLayout = Layout | "0.8";

const PROGRAMS: Record<ReferenceLayout, string> = {
  "0.8": "quire-reference-08",
  "0.9": "quire-reference-09",
  "0.11": "quire-reference-011",
};

/**
 * Builds the programs into the user's cache folder, by a hash of their sources and the compiler: minutes the first time, nothing
 * in any clone after that. Where there is no cargo, or it can't get the crates, the answer is the line to skip with; a program
 * that does not compile throws. `wasi`: for wasm32-wasip1, to be run under wasmtime.
 */
export function buildReference(wasi = false): ReferenceBuild {
  const version = spawnSync("cargo", ["--version"], { encoding: "utf8" });
  // Without the program, stdout is null.
  const numbers = version.error === undefined ? /^cargo (\d+)\.(\d+)/.exec(version.stdout) : null;
  if (numbers === null) {
    return { skip: "SKIPPED: no cargo here, so nothing is compared with the reference" };
  }
  const [major, minor] = [Number(numbers[1]), Number(numbers[2])];
  if (major < OLDEST_CARGO.major || (major === OLDEST_CARGO.major && minor < OLDEST_CARGO.minor)) {
    const needed = `${OLDEST_CARGO.major}.${OLDEST_CARGO.minor}`;
    return { skip: `SKIPPED: cargo ${major}.${minor} is older than ${needed}, which the reference needs` };
  }
  if (wasi) {
    if (runtimeNamed("wasmtime")?.find() == null) return { skip: "SKIPPED: no wasmtime here (npm run runtimes gets it), so the reference is not run under it" };
    const targets = spawnSync("rustc", ["--print", "target-libdir", "--target", WASI_TARGET], { encoding: "utf8" });
    if (targets.status !== 0 || !existsSync(targets.stdout.trim()))
      return { skip: `SKIPPED: rustup target add ${WASI_TARGET} is needed for the reference under wasmtime` };
  }
  const programs = Object.values(PROGRAMS).map((name) => (wasi ? `${name}.wasm` : name));
  const sources = join(packageRoot, "tests", "reference");
  const hash = createHash("sha256").update(version.stdout);
  for (const source of SOURCES) hash.update(readFileSync(join(sources, source)));
  const cache = dirname(runtimesCache());
  const folder = join(cache, `reference-${hash.digest("hex").slice(0, 16)}`);
  if (programs.every((program) => existsSync(join(folder, program)))) return { folder, wasi };

  const target = join(cache, "reference-target");
  const copy = join(cache, "reference-sources");
  cpSync(sources, copy, { recursive: true });
  const lock = readFileSync(join(sources, "Cargo.lock.template"), "utf8");
  writeFileSync(join(copy, "Cargo.lock"), lock.replaceAll('"REGISTRY"', registrySource(join(cache, "reference-registry"))));
  const words = ["build", "--release", "--locked", "--ignore-rust-version", "--manifest-path", join(copy, "Cargo.toml")];
  if (wasi) words.push("--target", WASI_TARGET);
  const build = spawnSync("cargo", words, { encoding: "utf8", env: { ...process.env, CARGO_TARGET_DIR: target } });
  if (build.status !== 0) {
    if (/failed to (download|get|fetch)|could ?n.t resolve|network|spurious/i.test(build.stderr)) {
      return { skip: `SKIPPED: cargo can't get the reference's crates: ${build.stderr.trim().split("\n").at(-1) ?? ""}` };
    }
    throw new Error(`cargo ${words.join(" ")}: status ${build.status}\n${build.stderr}`);
  }
  mkdirSync(folder, { recursive: true });
  for (const program of programs) {
    // Renamed into place whole: another test run may be looking.
    const partial = join(folder, `${program}.${process.pid}`);
    copyFileSync(join(target, ...(wasi ? [WASI_TARGET] : []), "release", program), partial);
    renameSync(partial, join(folder, program));
  }
  return { folder, wasi };
}

/** How this machine's cargo spells its registry in lock files, quotes and all: read from the lock file of a crate with one dependency. */
export function registrySource(folder: string): string {
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "src", "lib.rs"), "");
  writeFileSync(join(folder, "Cargo.toml"), '[package]\nname = "probe"\nversion = "0.1.0"\n[dependencies]\nitoa = "1"\n[workspace]\n');
  spawnSync("cargo", ["generate-lockfile", "--manifest-path", join(folder, "Cargo.toml")], { encoding: "utf8" });
  const lock = join(folder, "Cargo.lock");
  return (existsSync(lock) ? /^source = (".*")$/m.exec(readFileSync(lock, "utf8"))?.[1] : undefined) ?? '"REGISTRY"';
}

/** The reference of one layout, working on one file with one of its databases. */
export class Reference {
  readonly #build: BuiltReference;
  readonly #program: string;
  readonly #path: string;
  readonly #schema: string;

  constructor(build: BuiltReference, layout: ReferenceLayout, path: string, schema: string) {
    this.#build = build;
    this.#program = join(build.folder, PROGRAMS[layout]);
    this.#path = path;
    this.#schema = schema;
  }

  /** The program to start, and its words. */
  #invocation(words: readonly string[]): [string, readonly string[]] {
    if (!this.#build.wasi) return [this.#program, [this.#path, "--schema", this.#schema, ...words]];
    const { adapter, program } = requireRuntime("wasmtime");
    return [
      program,
      adapter.argv({
        module: `${this.#program}.wasm`,
        preopens: [{ guest: "data", host: dirname(this.#path) }],
        args: [`data/${basename(this.#path)}`, "--schema", this.#schema, ...words],
        env: {},
      }),
    ];
  }

  #run(words: readonly string[]): SpawnSyncReturns<string> & { said: string } {
    const [program, args] = this.#invocation(words);
    const run = spawnSync(program, args, { encoding: "utf8", timeout: TIMEOUT_MS, maxBuffer: 1 << 28 });
    const said = `reference ${words.join(" ").slice(0, 200)}: status ${run.status}, signal ${run.signal}\n${run.stderr}`;
    return { ...run, said };
  }

  /** Runs a command, which has to succeed, and returns its standard output. */
  ok(...words: readonly string[]): string {
    const { status, stdout, said } = this.#run(words);
    assert.equal(status, 0, said);
    return stdout;
  }

  /** Runs a command, which has to be refused, and returns what it says. */
  fails(...words: readonly string[]): string {
    const { status, stderr, said } = this.#run(words);
    assert.equal(status, 1, said);
    return stderr;
  }

  /** All rows of `table` in the reference's scan order. */
  rows(table: string): Row[] {
    return parseRows(this.ok("dump", table));
  }

  /** The rows whose `column` is `value`, looked up through the column's index where it has one. */
  lookUp(table: string, column: string, value: Json): Row[] {
    return parseRows(this.ok("get", table, column, JSON.stringify(value)));
  }
}

function parseRows(text: string): Row[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Row);
}
