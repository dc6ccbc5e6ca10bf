/** The module in a thread of this process, which goes on while that works, and may stop it. Loaded by those only that want one. */
import { Worker } from "node:worker_threads";
import type { Engine } from "../api/engine.js";
import type { FileUrl, OpenOptions } from "../api/options.js";
import { ThreadMessages, type ThreadReply } from "../api/thread-messages.js";
import type { WriteLock } from "./lock/write-lock.js";
import { type Place, pathInside } from "./place.js";

/** What the thread is to open. */
export interface WorkerTask {
  readonly place: Place;
  readonly options: OpenOptions;
  /** Shared by both: 1 when what runs has to stop. */
  readonly stop: Int32Array;
}

export class WorkerEngine implements Engine<"async"> {
  readonly instance = null;
  readonly #place: Place;
  readonly #worker: Worker;
  readonly #stop: Int32Array;
  readonly #messages: ThreadMessages;
  readonly #gone: Promise<void>;
  #closing: Promise<void> | null = null;

  private constructor(place: Place, options: OpenOptions, lock: WriteLock | null) {
    this.#place = place;
    this.#stop = new Int32Array(new SharedArrayBuffer(4));
    const workerData: WorkerTask = { place, options, stop: this.#stop };
    const worker = new Worker(new URL("../worker-main.js", import.meta.url), { workerData });
    this.#worker = worker;
    this.#messages = new ThreadMessages((message) => worker.postMessage(message));
    let reason = "its thread was ended";
    worker.on("message", (reply: ThreadReply) => this.#messages.settle(reply));
    worker.on("error", (error) => (reason = error.message));
    this.#gone = new Promise((resolve) => {
      worker.on("exit", () => {
        lock?.release();
        this.#messages.end(reason);
        resolve();
      });
    });
  }

  /** Starts the thread, and waits until it has opened the file or said why it can't. `lock` is given back when it has ended. */
  static async open(place: Place, options: OpenOptions, lock: WriteLock | null): Promise<WorkerEngine> {
    const engine = new WorkerEngine(place, options, lock);
    await engine.#messages.opened();
    return engine;
  }

  pathOf(call: string, path: string | FileUrl): string {
    return pathInside(this.#place, call, path);
  }

  request(text: string): Promise<string> {
    Atomics.store(this.#stop, 0, 0);
    return this.#messages.ask(text) as Promise<string>;
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
    try {
      await this.#messages.close();
    } finally {
      await this.#gone;
    }
  }
}
