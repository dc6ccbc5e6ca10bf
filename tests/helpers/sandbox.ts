/** Runs the module thousands of times if need be: under Node's WASI in a process of its own, with a time limit, its memory measured. */
import { fork, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireModule } from "../../host/node-wasi.js";
import { modulePath } from "../../host/paths.js";

/** What the process is asked to run, and what it replies; files go through the folder. */
export interface SandboxRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
export interface SandboxReply {
  status: number;
  trap: string | null;
  memoryBytes: number;
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

export interface SandboxResult {
  /** The exit status; -1 after a trap, -2 when the time limit ended the run. */
  readonly status: number;
  /** What the engine said of the trap. */
  readonly trap: string | null;
  /** Linear memory at the end. */
  readonly memoryBytes: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Uint8Array | null;
}

/** A run that takes longer hangs. Milliseconds. */
const TIMEOUT_MS = 20_000;
/** After so many runs a new process takes over: instances that are gone hold files open until they are collected. */
const RUNS_OF_A_PROCESS = 200;

export class Sandbox {
  readonly #folder = mkdtempSync(join(tmpdir(), "quire-sandbox-"));
  readonly #path = join(this.#folder, "store.db");
  #child: ChildProcess | null = null;
  #runs = 0;

  static open(): Sandbox {
    requireModule(modulePath());
    return new Sandbox();
  }

  private constructor() {
    writeFileSync(join(this.#folder, "stdin"), "");
  }

  /** Runs `quire data/store.db WORDS…` on a file of `bytes`. */
  on(bytes: Uint8Array, words: readonly string[], keep = false): Promise<SandboxResult> {
    return this.run({ args: ["data/store.db", ...words], bytes, keep });
  }

  /** Runs the module with these words. */
  async run({ args, bytes, env = {}, keep = false }: SandboxRequest): Promise<SandboxResult> {
    if (bytes) writeFileSync(this.#path, bytes);
    else if (!keep) rmSync(this.#path, { force: true });
    const reply = await this.#ask({ args, env });
    return {
      ...reply,
      stdout: this.#said("stdout"),
      stderr: this.#said("stderr"),
      bytes: keep && existsSync(this.#path) ? readFileSync(this.#path) : null,
    };
  }

  #said(stream: string): string {
    const path = join(this.#folder, stream);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  #ask(run: SandboxRun): Promise<SandboxReply> {
    if (++this.#runs % RUNS_OF_A_PROCESS === 0) this.#end();
    const program = fileURLToPath(new URL("./sandbox-child.js", import.meta.url));
    const child = (this.#child ??= fork(program, [this.#folder, modulePath()]));
    return new Promise((resolve) => {
      const settle = (reply: SandboxReply): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (reply.status < 0) this.#end();
        resolve(reply);
      };
      const timer = setTimeout(() => settle({ status: -2, trap: null, memoryBytes: 0 }), TIMEOUT_MS);
      child.once("message", (reply) => settle(reply as SandboxReply));
      child.once("exit", (code, signal) => settle({ status: -1, trap: `the process ended: ${signal ?? code}`, memoryBytes: 0 }));
      child.send(run);
    });
  }

  #end(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  close(): void {
    this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
