/** A session with `quire FILE serve`: requests as NDJSON to its standard input, one reply a line from its standard output. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { QuireError } from "./errors.js";
import { modulePath } from "./paths.js";
import { requireRuntime, type RunOptions } from "./run-command.js";

interface Waiting {
  resolve(reply: unknown): void;
  reject(error: Error): void;
}

export class Session {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  readonly #closed: Promise<number>;
  #stderr = "";

  /** Starts `quire WORDS… serve` (WORDS end with FILE, as the guest sees it) with `folder` preopened: see `runCommand`. */
  constructor(runtime: string, folder: string | null, words: readonly string[], options: Omit<RunOptions, "stdin"> = {}) {
    const { adapter, program } = requireRuntime(runtime);
    const argv = adapter.argv({
      module: options.module ?? modulePath(),
      preopens: folder === null ? [] : [{ guest: options.guest ?? "data", host: folder }],
      args: [...words, "serve"],
      env: options.env ?? {},
    });
    this.#child = spawn(program, argv);
    this.#child.stdin.on("error", () => undefined);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#settle(line));
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => this.#child.kill("SIGKILL"), options.timeoutMs);
    this.#closed = new Promise((resolve) => {
      const ended = (status: number): void => {
        clearTimeout(timer);
        const error = new QuireError("SESSION_ENDED", `serve ended with status ${status}: ${this.#stderr.trim()}`);
        for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
        resolve(status);
      };
      this.#child.on("error", (error) => {
        this.#stderr += error.message;
        ended(-1);
      });
      this.#child.on("close", (code) => ended(code ?? -1));
    });
  }

  #settle(line: string): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    try {
      next.resolve(JSON.parse(line));
    } catch {
      next.reject(new QuireError("BAD_REPLY", `serve answered with something that is no JSON: ${line.slice(0, 200)}`));
    }
  }

  /** Sends one request and resolves with its reply. Requests may be sent before earlier ones are answered; replies keep the order. */
  request(request: unknown): Promise<unknown> {
    return this.requestText(JSON.stringify(request));
  }

  /** The same with a line that need not be JSON. */
  requestText(line: string): Promise<unknown> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return Promise.reject(new QuireError("SESSION_ENDED", `serve has ended: ${this.#stderr.trim()}`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  /** What the module has said on standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Ends the input and resolves with the exit status. */
  close(): Promise<number> {
    this.#child.stdin.end();
    return this.#closed;
  }

  /** Kills the process, as a crash would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, "close");
      this.#child.kill("SIGKILL");
      await gone;
    }
  }
}
