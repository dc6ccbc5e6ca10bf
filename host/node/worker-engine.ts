/** The module in a thread of this process, which goes on while that works, and may stop it. Loaded by those only that want one. */
import { Worker } from "node:worker_threads";
import type { Engine } from "../api/engine.js";
import { EXIT_RUNTIME, QuireError } from "../api/errors.js";
import { closedError } from "../api/instance.js";
import type { FileUrl, OpenOptions } from "../api/options.js";
import type { WriteLock } from "./lock/write-lock.js";
import { type Place, pathInside } from "./place.js";

/** What the thread is to open. */
export interface WorkerTask {
  readonly place: Place;
  readonly options: OpenOptions;
  /** Shared by both: 1 when what runs has to stop. */
  readonly stop: Int32Array;
}

/** What the thread sends: first whether the store is open, then a reply for each request, and last whether it was closed. */
export type WorkerReply =
  | { readonly text: string }
  | { readonly error: { readonly code: string; readonly message: string; readonly exitStatus: number } };

interface Waiting {
  resolve(text: string): void;
  reject(error: Error): void;
}

export class WorkerEngine implements Engine<"async"> {
  readonly instance = null;
  readonly #place: Place;
  readonly #worker: Worker;
  readonly #stop: Int32Array;
  readonly #waiting: Waiting[] = [];
  readonly #gone: Promise<void>;
  #closing: Promise<void> | null = null;
  #isGone = false;

  private constructor(place: Place, options: OpenOptions, lock: WriteLock | null) {
    this.#place = place;
    this.#stop = new Int32Array(new SharedArrayBuffer(4));
    const workerData: WorkerTask = { place, options, stop: this.#stop };
    this.#worker = new Worker(new URL("../worker-main.js", import.meta.url), { workerData });
    let reason = "its thread was ended";
    this.#worker.on("message", (reply: WorkerReply) => this.#settle(reply));
    this.#worker.on("error", (error) => (reason = error.message));
    this.#gone = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        this.#isGone = true;
        lock?.release();
        const ended = new QuireError("SESSION_ENDED", `the session ended: ${reason}; open the file again`);
        for (const waiting of this.#waiting.splice(0)) waiting.reject(ended);
        resolve();
      });
    });
  }

  /** Starts the thread, and waits until it has opened the file or said why it can't. `lock` is given back when it has ended. */
  static async open(place: Place, options: OpenOptions, lock: WriteLock | null): Promise<WorkerEngine> {
    const engine = new WorkerEngine(place, options, lock);
    await new Promise<string>((resolve, reject) => engine.#waiting.push({ resolve, reject }));
    return engine;
  }

  #settle(reply: WorkerReply): void {
    const waiting = this.#waiting.shift();
    if ("text" in reply) waiting?.resolve(reply.text);
    else waiting?.reject(new QuireError(reply.error.code, reply.error.message, reply.error.exitStatus));
  }

  #send(message: string | null): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  pathOf(call: string, path: string | FileUrl): string {
    return pathInside(this.#place, call, path);
  }

  request(text: string): Promise<string> {
    if (this.#closing !== null || this.#isGone) return Promise.reject(closedError());
    Atomics.store(this.#stop, 0, 0);
    return this.#send(text);
  }

  /** Ends the request that runs, if it has a timeout, as if its time were over. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  /** Ends the thread wherever it is, as a crash would. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
    await this.#gone;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#isGone) return;
    try {
      await this.#send(null);
    } finally {
      await this.#gone;
    }
  }
}

/** An error as the thread sends it. */
export function sendable(error: unknown): WorkerReply {
  const known = error instanceof QuireError ? error : new QuireError("RUNTIME_FAILED", String(error), EXIT_RUNTIME);
  return { error: { code: known.code, message: known.message, exitStatus: known.exitStatus } };
}
