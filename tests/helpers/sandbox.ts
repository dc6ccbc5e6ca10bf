/** Runs the module in a thread, thousands of times if need be: under Node's WASI, with a time limit, its memory measured. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { compileModule } from "../../host/node-wasi.js";
import { modulePath } from "../../host/paths.js";

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
/** After so many runs a new thread takes over: what an engine keeps of instances that are gone adds up. */
const RUNS_OF_A_THREAD = 300;

export class Sandbox {
  readonly #folder = mkdtempSync(join(tmpdir(), "quire-sandbox-"));
  readonly #module: WebAssembly.Module;
  #worker: Worker | null = null;
  #runs = 0;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  static async open(): Promise<Sandbox> {
    return new Sandbox(await compileModule(modulePath()));
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
  async run(request: SandboxRequest): Promise<SandboxResult> {
    if (++this.#runs % RUNS_OF_A_THREAD === 0) {
      await this.#worker?.terminate();
      this.#worker = null;
    }
    this.#worker ??= new Worker(new URL("./sandbox-worker.js", import.meta.url), {
      workerData: { folder: this.#folder, module: this.#module },
      execArgv: ["--no-warnings"],
    });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#worker = null;
        void worker.terminate();
        resolve({ status: -2, trap: null, memoryBytes: 0, stdout: "", stderr: "", bytes: null });
      }, TIMEOUT_MS);
      worker.removeAllListeners();
      worker.once("message", (result: SandboxResult) => {
        clearTimeout(timer);
        resolve(result);
      });
      worker.once("error", (error) => {
        clearTimeout(timer);
        reject(error);
      });
      worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = null;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
