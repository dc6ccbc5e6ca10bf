/** One store in a folder of its own, worked on through the real module; checked and removed when its test ends. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { runCommand, type RunOptions, type RunResult } from "../../host/node/run-command.js";
import { ServeProcess } from "../../host/node/serve-process.js";
import { golden, type Layout, type Row } from "./golden.js";
import { defaultRuntime } from "./runtimes.js";

/** A run that takes longer hangs, for all that a test cares. Milliseconds. */
const TIMEOUT_MS = 120_000;

/** A folder that is removed when the test ends. */
export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "quire-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs the module with exactly these words; the preopened `data` is `folder` (null: nothing is preopened). */
export function quire(
  args: readonly string[],
  options: RunOptions & { runtime?: string; folder?: string | null } = {},
): Promise<RunResult> {
  const { runtime = defaultRuntime, folder = null, ...rest } = options;
  return runCommand(runtime, folder, args, { timeoutMs: TIMEOUT_MS, ...rest });
}

export interface StoreOptions {
  readonly runtime?: string;
  /** What the page file holds at first; no file when absent. */
  readonly bytes?: Uint8Array;
  /** Start with a copy of this golden file. */
  readonly golden?: string;
  readonly layout?: Layout;
  /** Options for every command, before FILE: `["--cache", "262144"]`. */
  readonly options?: readonly string[];
  /**
   * The exit status that `check` has to have at the end: 0 unless told; null for "do not check", for tests that damage the file.
   */
  readonly checkStatus?: number | null;
}

export class Store {
  readonly runtime: string;
  /** The host folder that the module sees as `data`. */
  readonly folder: string;
  /** The page file's host path. */
  readonly path: string;
  readonly #options: readonly string[];
  readonly #sessions: ServeProcess[] = [];

  constructor(runtime: string, folder: string, options: readonly string[]) {
    this.runtime = runtime;
    this.folder = folder;
    this.path = join(folder, "store.db");
    this.#options = options;
  }

  /** Runs `quire FILE WORDS…`, whatever comes of it. */
  run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const args = [...this.#options, "data/store.db", ...words];
    return quire(args, { runtime: this.runtime, folder: this.folder, ...options });
  }

  /** Runs `quire FILE WORDS…`, which has to succeed, and returns its standard output. */
  async ok(words: readonly string[], options: RunOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(words, options);
    assert.equal(status, 0, `quire ${words.join(" ")}: status ${status}\n${stderr}${stdout.slice(0, 2000)}`);
    return stdout;
  }

  /** Runs `quire FILE WORDS…`, which has to fail with `code` and `status` in the one line that the conventions ask for. Returns it. */
  async fails(code: string, status: number, words: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.run(words, options);
    const said = result.stderr.trimEnd();
    assert.match(said, new RegExp(`^quire: ${code}: .+$`), `quire ${words.join(" ")}: ${said}`);
    assert.equal(result.status, status, `quire ${words.join(" ")}: ${said}`);
    return said;
  }

  /** Opens a session with `serve`; it is ended before the check at the end of the test. */
  serve(options: Omit<RunOptions, "stdin"> = {}): ServeProcess {
    const words = [...this.#options, "data/store.db"];
    const session = new ServeProcess(this.runtime, this.folder, words, { timeoutMs: TIMEOUT_MS, ...options });
    this.#sessions.push(session);
    return session;
  }

  /** Ends all sessions. */
  async endSessions(): Promise<void> {
    for (const session of this.#sessions.splice(0)) await session.close();
  }

  /** All rows of `table` in scan order, with 64-bit integers, dates and the like as strings. */
  async rows(table: string): Promise<Row[]> {
    const text = await this.ok(["export", table, "--format", "ndjson"]);
    return text === ""
      ? []
      : text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as Row);
  }

  /** The page file's bytes. */
  bytes(): Buffer {
    return readFileSync(this.path);
  }
}

/** Opens a store for the test `t`. When the test ends, `check` walks the whole file and has to find nothing; then the folder goes. */
export function openStore(t: TestContext, options: StoreOptions = {}): Store {
  const folder = mkdtempSync(join(tmpdir(), "quire-test-"));
  const store = new Store(options.runtime ?? defaultRuntime, folder, options.options ?? []);
  const bytes = options.golden === undefined ? options.bytes : golden(options.golden, options.layout);
  if (bytes !== undefined) writeFileSync(store.path, bytes);
  const checkStatus = options.checkStatus === undefined ? 0 : options.checkStatus;
  t.after(async () => {
    try {
      await store.endSessions();
      if (checkStatus !== null && existsSync(store.path)) {
        const { status, stdout, stderr } = await store.run(["check"]);
        assert.equal(status, checkStatus, `check at the end of the test: status ${status}\n${stdout}${stderr}`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return store;
}
