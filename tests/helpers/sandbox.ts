/** Runs the module thousands of times if need be: under Node's WASI in a process of its own, with a time limit, its memory measured. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ModuleChild, type RunReport } from "./module-child.js";

/** What the process is asked to run, and what it replies; files go through the folder. */
export interface SandboxRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
export interface SandboxRequest {
  readonly args: readonly string[];
  /** What `data/store.db` holds before the run; absent: nothing, or with `keep` what the last run left. */
  readonly bytes?: Uint8Array;
  /** The module's environment; empty when absent. */
  readonly env?: Readonly<Record<string, string>>;
  /** Return what the file holds afterwards, and leave it there. */
  readonly keep?: boolean;
}

export interface SandboxResult extends RunReport {
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Uint8Array | null;
}

/** After so many runs a new process takes over: instances that are gone hold files open until they are collected. */
const RUNS_OF_A_PROCESS = 200;

export class Sandbox {
  readonly #child = new ModuleChild<RunReport>("sandbox", "sandbox-child.js", (report) => report);
  readonly #folder = this.#child.folder;
  readonly #path = join(this.#folder, "store.db");
  #runs = 0;

  constructor() {
    writeFileSync(join(this.#folder, "stdin"), "");
  }

  /** The host path of `data/NAME`: other files than the store stay there from run to run. */
  path(name: string): string {
    return join(this.#folder, name);
  }

  /** Runs `quire data/store.db WORDS…` on a file of `bytes`. */
  on(bytes: Uint8Array, words: readonly string[], keep = false): Promise<SandboxResult> {
    return this.run({ args: ["data/store.db", ...words], bytes, keep });
  }

  /** Runs the module with these words. */
  async run({ args, bytes, env = {}, keep = false }: SandboxRequest): Promise<SandboxResult> {
    if (bytes) writeFileSync(this.#path, bytes);
    else if (!keep) rmSync(this.#path, { force: true });
    if (++this.#runs % RUNS_OF_A_PROCESS === 0) this.#child.end();
    const order: SandboxRun = { args, env };
    const [report] = (await this.#child.ask(order, 1)) as [RunReport];
    return {
      ...report,
      stdout: this.#said("stdout"),
      stderr: this.#said("stderr"),
      bytes: keep && existsSync(this.#path) ? readFileSync(this.#path) : null,
    };
  }

  #said(stream: string): string {
    const path = join(this.#folder, stream);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  close(): void {
    this.#child.close();
  }
}
