/** A process that runs `quire FILE serve`: requests as NDJSON to its standard input, one reply a line from its standard output. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { QuireError, trapError } from "../api/errors.js";
import { type WriteLock, inheritedBy } from "./lock/write-lock.js";
import { requireModule } from "./wasi.js";
import { modulePath } from "../paths.js";
import { endedByTrap, requireRuntime, type RunOptions } from "./run-command.js";
import type { RuntimeAdapter } from "../runtimes/adapter.js";

interface Waiting {
  resolve(reply: string): void;
  reject(error: Error): void;
}

/** Bytes of its standard error that are kept: the last ones. */
const STDERR_BYTES = 65536;

export interface ServeOptions extends Omit<RunOptions, "stdin"> {
  /** The command and its options: `serve` unless told. */
  readonly command?: readonly string[];
  /** What the module notes on standard error is passed on to ours. */
  readonly passesNotes?: boolean;
  /** The lock of the file, which is given back when the process has ended. */
  readonly lock?: WriteLock | null;
}

export class ServeProcess {
  readonly runtime: string;
  readonly #adapter: RuntimeAdapter;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Waiting[] = [];
  readonly #closed: Promise<number>;
  /** Parts of the reply that is coming in. */
  #parts: Buffer[] = [];
  #stderr = "";
  #ended: QuireError | null = null;
  /** Somebody waits for its end. */
  #closing = false;

  /** Starts `quire WORDS… COMMAND` (WORDS end with FILE, as the guest sees it) with `folder` preopened: see `runCommand`. */
  constructor(runtime: string, folder: string | null, words: readonly string[], options: ServeOptions = {}) {
    const { adapter, program } = requireRuntime(runtime);
    this.runtime = runtime;
    this.#adapter = adapter;
    const module = options.module ?? modulePath();
    requireModule(module);
    const argv = adapter.argv({
      module,
      preopens: folder === null ? [] : [{ guest: options.guest ?? "data", host: folder }],
      args: [...words, ...(options.command ?? ["serve"])],
      env: options.env ?? {},
    });
    const { lock = null } = options;
    const stdio = ["pipe" as const, "pipe" as const, "pipe" as const, ...inheritedBy(lock)];
    // The first three are pipes.
    this.#child = spawn(program, argv, { stdio }) as ChildProcessWithoutNullStreams;
    lock?.addProcess(this.#child.pid);
    this.#child.stdin.on("error", () => undefined);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_BYTES);
      const notes = options.passesNotes === true ? text.match(/^quire: note: .*$/gm) : null;
      if (notes !== null) process.stderr.write(`${notes.join("\n")}\n`);
    });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => this.#child.kill("SIGKILL"), options.timeoutMs);
    this.#closed = new Promise((resolve) => {
      const finish = (status: number, error: QuireError): void => {
        clearTimeout(timer);
        lock?.release();
        this.#ended ??= error;
        for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#ended);
        resolve(status);
      };
      this.#child.on("error", (error) =>
        finish(-1, new QuireError("RUNTIME_FAILED", `${program} could not be started: ${error.message}`)),
      );
      this.#child.on("close", (code, signal) => finish(code ?? -1, this.#reason(code, signal)));
    });
    this.#hold(false);
  }

  /** Why the process ended: in its own words, if it had any. */
  #reason(code: number | null, signal: NodeJS.Signals | null): QuireError {
    const said = /^quire: ([A-Z_]+): (.*)$/m.exec(this.#stderr);
    if (said !== null && said[1] !== "BUG" && code !== null) return new QuireError(said[1] as string, said[2] as string);
    const how = signal !== null ? `was ended by ${signal}` : `ended with status ${code}`;
    const tail = this.#stderr.trim().split("\n").slice(-3).join(" ").slice(0, 500);
    const more = tail === "" ? "" : `: ${tail}`;
    if (endedByTrap(this.#adapter, code, signal, this.#stderr)) return trapError(`${this.runtime} ${how}${more}`);
    return new QuireError("SESSION_ENDED", `${this.runtime} ${how} before the session was closed${more}; open the file again`);
  }

  /** Lines end at byte 10 and nowhere else: texts may hold U+2028 and the like as they are. */
  #receive(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#parts.push(chunk.subarray(start, end));
      this.#settle(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts));
      this.#parts = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#parts.push(chunk.subarray(start));
  }

  #settle(line: Buffer): void {
    const next = this.#waiting.shift();
    if (this.#waiting.length === 0 && !this.#closing) this.#hold(false);
    next?.resolve(line.toString("utf8"));
  }

  /** A process that nobody waits for does not keep this one alive. */
  #hold(on: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const held of [this.#child, stdin, stdout, stderr] as unknown as { ref?(): void; unref?(): void }[]) {
      if (on) held.ref?.();
      else held.unref?.();
    }
  }

  /** Sends one line and resolves with the reply's. Requests may be sent before earlier ones are answered; replies keep the order. */
  requestLine(line: string): Promise<string> {
    if (this.#ended !== null) return Promise.reject(afterEnd(this.#ended));
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#hold(true);
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${line}\n`);
    });
  }

  /** The same, with the reply read. */
  async requestText(line: string): Promise<unknown> {
    const reply = await this.requestLine(line);
    try {
      return JSON.parse(reply);
    } catch {
      throw new QuireError("BAD_REPLY", `serve answered with something that is no JSON: ${reply.slice(0, 200)}`);
    }
  }

  /** The same for a value. */
  request(request: unknown): Promise<unknown> {
    return this.requestText(JSON.stringify(request));
  }

  /** What the module has said on standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Why no request can be made any more; null as long as they can. */
  get ended(): QuireError | null {
    return this.#ended;
  }

  /** Ends the input and resolves with the exit status, once what was asked for is answered. */
  close(): Promise<number> {
    this.#closing = true;
    this.#hold(true);
    this.#child.stdin.end();
    return this.#closed;
  }

  /** Kills the process, as a crash would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#closing = true;
      this.#hold(true);
      const gone = once(this.#child, "close");
      this.#child.kill("SIGKILL");
      await gone;
    }
  }
}

/** What a request comes to after the process ended. */
function afterEnd(end: QuireError): QuireError {
  if (end.code === "SESSION_ENDED") return end;
  return new QuireError("SESSION_ENDED", `the session ended: ${end.message}; open the file again`, undefined, { cause: end });
}
