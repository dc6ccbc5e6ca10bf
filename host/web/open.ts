/** `open` gives a session over a worker, `openHere` one in this thread. */
import { QuireError } from "../api/errors.js";
import { Operations } from "../api/operations.js";
import { IN_MEMORY, TRANSACTION_WAIT, checkOptions } from "../api/options.js";
import { AsyncRunner, SyncRunner } from "../api/runner.js";
import { Session, SyncSession } from "../api/session.js";
import { ThreadMessages, type ThreadReply } from "../api/thread-messages.js";
import { USUAL_FORMS, type UsualValues, type ValueTypes, type ValuesOf, formsWith } from "../api/value-forms.js";
import {
  OpenedFile,
  type Source,
  type MadeResult,
  type WebOptions,
  loadLibrary,
  loadModule,
  nameOf,
  refusePath,
} from "./opened.js";
import { type PageEngine, RemoteEngine } from "./remote.js";
import type { WebQuestion, WebTask } from "./worker-main.js";

/** Where the command's module and the worker are; undefined: where the package has it. */
interface Places {
  readonly commandModule: string | URL;
  readonly worker: string | URL | undefined;
}

/** The module in a worker. */
class WorkerEngine implements PageEngine {
  readonly instance = null;
  readonly #worker: Worker;
  readonly #messages: ThreadMessages;
  readonly #stop: Int32Array | null;
  /** Where `quire.wasm` is, and what becomes of it when a command is first run. */
  readonly #commandAt: string | URL;
  #command: Promise<WebAssembly.Module> | null = null;
  #closing: Promise<void> | null = null;

  private constructor(task: WebTask, { commandModule, worker }: Places) {
    this.#stop = task.stop;
    this.#commandAt = commandModule;
    this.#worker =
      // Bundlers know this form, and no other.
      worker === undefined
        ? new Worker(new URL("./worker-main.js", import.meta.url), { type: "module", name: "quire" })
        : new Worker(worker, { type: "module", name: "quire" });
    this.#messages = new ThreadMessages((message) => this.#worker.postMessage(message));
    this.#worker.onmessage = ({ data }: MessageEvent<ThreadReply>) => this.#messages.settle(data);
    this.#worker.onerror = ({ message }) => this.#messages.end(message || "its worker could not be loaded");
    this.#worker.postMessage(task);
  }

  static async open(source: Source, options: WebOptions, module: WebAssembly.Module, places: Places): Promise<WorkerEngine> {
    // WebKit without threads calls pages isolated, and has no memory to share.
    const shares = globalThis.crossOriginIsolated && "SharedArrayBuffer" in globalThis;
    const stop = shares ? new Int32Array(new SharedArrayBuffer(4)) : null;
    const engine = new WorkerEngine({ source, options, module, stop }, places);
    try {
      await engine.#messages.opened();
    } catch (error) {
      engine.kill("it was never open");
      throw error;
    }
    return engine;
  }

  readonly pathOf = refusePath;

  request(text: string): Promise<string> {
    if (this.#stop !== null) Atomics.store(this.#stop, 0, 0);
    return this.#messages.ask(text) as Promise<string>;
  }

  contents(): Promise<Blob> {
    return this.#question({ contents: true }) as Promise<Blob>;
  }

  async command(words: readonly string[], other: Blob | null): Promise<MadeResult> {
    this.#command ??= loadModule(this.#commandAt);
    return this.#question({ command: words, other, module: await this.#command }) as Promise<MadeResult>;
  }

  #question(question: WebQuestion): Promise<unknown> {
    return this.#messages.ask(question);
  }

  stop(): boolean {
    if (this.#stop === null) return false;
    Atomics.store(this.#stop, 0, 1);
    return true;
  }

  /** Ends the worker wherever it is, as a crash would. */
  kill(reason = "its worker was ended"): void {
    this.#worker.terminate();
    this.#messages.end(reason);
  }

  close(): Promise<void> {
    this.#closing ??= this.#messages.close().finally(() => this.#worker.terminate());
    return this.#closing;
  }
}

/** A session of a page: what sessions are everywhere, and the file's bytes. */
export class WebSession<Values extends ValueTypes = UsualValues> extends Session<Values> {
  readonly #engine: PageEngine;

  /** @internal */
  constructor(path: string, engine: PageEngine, runner: AsyncRunner) {
    super(path, "web", engine, runner);
    this.#engine = engine;
  }

  /** @internal */
  protected override inside(runner: AsyncRunner): this {
    return new WebSession(this.path, this.#engine, runner) as this;
  }

  /**
   * The page file as it was last committed, to be downloaded or kept. Of a session that began with a `File` what is unchanged is not copied: the
   * result reads it from there. Not inside of a transaction.
   */
  contents(): Promise<Blob> {
    return this.runner.attempt(() => this.#engine.contents());
  }

  /**
   * Runs a command of `quire` that reads the file, as it was last committed; `words` are those behind FILE, like `["page", "7"]`. One that is
   * `OUT` is a file that is made, whose bytes come with the result: `["repair", "OUT"]`; `OTHER` is the file `other`: `["diff", "OTHER"]`.
   */
  command(words: readonly string[], other: Blob | null = null): Promise<MadeResult> {
    return this.runner.attempt(() => this.#engine.command(words, other));
  }

  /** Ends the request that runs, if it has a timeout, as if its time were over; false where the page is not isolated from others, and so can't. */
  stop(): boolean {
    return this.#engine.stop();
  }

  /** Ends the worker wherever it is, as a crash would: what was not committed is lost, and of a store in memory all. */
  kill(): void {
    this.#engine.kill();
  }
}

/** The options without what only a browser has, checked. */
function checked(call: string, source: unknown, options: WebOptions): WebOptions {
  const known =
    typeof source === "string" || source instanceof Blob || source instanceof ArrayBuffer || source instanceof Uint8Array;
  if (!known)
    throw new QuireError("BAD_OPTION", `${call} takes the path of a private file, a File, or bytes, not ${String(source)}`);
  const { module, commandModule, worker, ...rest } = options;
  const { runtime, allowLinks, ...others } = checkOptions(call, rest);
  if (runtime !== undefined || allowLinks !== undefined)
    throw new QuireError("BAD_OPTION", `${call}: runtime and allowLinks have no meaning in a browser`);
  const places = Object.entries({ module, commandModule, worker }).filter(([, place]) => place !== undefined);
  return { ...others, ...(Object.fromEntries(places) as WebOptions) };
}

/**
 * Opens a page file, in a worker: a private file of this page's origin by its path, which is made when it is missing; a `File` or bytes, which
 * stay as they are, what is changed is kept in memory (`contents`); or `":memory:"`, a new store in memory.
 */
export async function open<const Options extends WebOptions = WebOptions>(
  source: Source,
  options?: Options,
): Promise<WebSession<ValuesOf<Options>>> {
  const given = checked("open", source, options ?? {});
  const { module, commandModule, worker, ...sent } = given;
  const places = { commandModule: commandModule ?? new URL("../../quire.wasm", import.meta.url), worker };
  const engine = await WorkerEngine.open(source, sent, await loadLibrary(module), places);
  const { transactionWait = TRANSACTION_WAIT } = given;
  const runner = AsyncRunner.over(engine, new Operations(formsWith(USUAL_FORMS, given)), transactionWait, null);
  return new WebSession(nameOf(source), engine, runner);
}

/** A session over the server of `quire FILE studio`, whose addresses begin with `base`; the file is called `name`. */
export function connect(base: string, name: string): WebSession {
  const engine = new RemoteEngine(base);
  return new WebSession(name, engine, AsyncRunner.over(engine, new Operations(USUAL_FORMS), TRANSACTION_WAIT, null));
}

/**
 * The same in this thread, for a session whose methods don't return promises: in a worker of any kind, and for bytes and `":memory:"` in a page,
 * which it keeps from its other work.
 */
export async function openHere<const Options extends WebOptions = WebOptions>(
  source: Source,
  options?: Options,
): Promise<SyncWebSession<ValuesOf<Options>>> {
  const given = checked("openHere", source, options ?? {});
  const needsWorker = typeof source === "string" ? source !== IN_MEMORY : source instanceof Blob;
  if (needsWorker && !("FileReaderSync" in globalThis))
    throw new QuireError(
      "UNSUPPORTED",
      "openHere: what is read from a disk can't be waited for in a page; use open, or a worker",
    );
  const opened = await OpenedFile.open(source, given, await loadLibrary(given.module));
  const runner = new SyncRunner(opened.engine, new Operations(formsWith(USUAL_FORMS, given)));
  return new SyncWebSession(nameOf(source), opened, runner);
}

/** A session in this thread, and the file's bytes. */
export class SyncWebSession<Values extends ValueTypes = UsualValues> extends SyncSession<Values> {
  readonly #opened: OpenedFile;

  /** @internal */
  constructor(path: string, opened: OpenedFile, runner: SyncRunner) {
    super(path, opened.engine, runner);
    this.#opened = opened;
  }

  /** The page file as it was last committed, to be downloaded or kept: see `WebSession.contents`. */
  contents(): Blob {
    return this.#opened.contents();
  }

  override close(): void {
    try {
      super.close();
    } finally {
      // Names without files may stay for a moment.
      void this.#opened.tidy();
    }
  }
}
