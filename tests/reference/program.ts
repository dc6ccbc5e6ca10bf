/** Builds the reference programs (see README.md beside this file) and runs them. */
import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { requireRuntime } from "../../host/node/run-command.js";
import { runtimeNamed } from "../../host/runtimes/index.js";
import { buildWithCargo } from "../helpers/cargo.js";
import type { Json, Layout, Row } from "../helpers/golden.js";

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

/** Builds the programs; `wasi`: for wasm32-wasip1, to be run under wasmtime. */
export function buildReference(wasi = false): ReferenceBuild {
  if (wasi && runtimeNamed("wasmtime")?.find() == null)
    return { skip: "SKIPPED: no wasmtime here (npm run runtimes gets it), so the reference is not run under it" };
  const folder = join("tests", "reference");
  const workspace = {
    name: "reference",
    files: new Map(SOURCES.map((path) => [join(folder, path), path])),
    lock: join(folder, "Cargo.lock.template"),
  };
  const products = Object.values(PROGRAMS).map((name) =>
    wasi ? join(WASI_TARGET, "release", `${name}.wasm`) : join("release", name),
  );
  const build = buildWithCargo(workspace, {
    words: ["--ignore-rust-version"],
    products,
    ...(wasi ? { target: WASI_TARGET } : {}),
  });
  return "skip" in build ? build : { folder: build.folder, wasi };
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
