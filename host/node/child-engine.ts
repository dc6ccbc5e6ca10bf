/** The module in a child that runs `serve`, under any runtime. Loaded by those sessions only that have one. */
import type { Engine } from "../api/engine.js";
import type { QuireError } from "../api/errors.js";
import type { WriteLock } from "./lock/write-lock.js";
import { ServeProcess } from "./serve-process.js";
import { type Place, pathInside } from "./place.js";
import { closedError } from "../api/instance.js";
import type { FileUrl, OpenOptions } from "../api/options.js";

export class ChildEngine implements Engine<"async"> {
  readonly instance = null;
  readonly #place: Place;
  readonly #process: ServeProcess;
  #closing: Promise<void> | null = null;

  private constructor(place: Place, process: ServeProcess) {
    this.#place = place;
    this.#process = process;
  }

  /** Starts the child, and waits until it has opened the file or said why it can't. `lock` is given back when the child has ended. */
  static async open(runtime: string, place: Place, options: OpenOptions, lock: WriteLock | null): Promise<ChildEngine> {
    const { folder, file } = place;
    const words = [
      ...(options.readonly === true ? ["--readonly"] : []),
      ...(options.allowLinks === true ? ["--allow-links"] : []),
      ...(options.cacheBytes === undefined ? [] : ["--cache", String(options.cacheBytes)]),
      ...(options.sqlMemory === undefined ? [] : ["--sql-memory", String(options.sqlMemory)]),
      ...(options.durability === undefined ? [] : ["--durability", options.durability]),
      ...(options.uniqueNulls === undefined ? [] : ["--unique-nulls", options.uniqueNulls]),
      ...(options.schema === undefined ? [] : ["--schema", pathInside(place, "open", options.schema)]),
      ...Object.entries(options.tables ?? {}).flatMap(([name, print]) => ["--table", `${name}=${print}`]),
      file,
    ];
    const command = options.layout === undefined ? ["serve"] : ["serve", "--layout", options.layout];
    const engine = new ChildEngine(
      place,
      new ServeProcess(runtime, folder.host, words, { guest: folder.guest, command, lock, passesNotes: true }),
    );
    // Any reply says that the file is open: a child that could not open it ends without one. That of info may be an error where pages are
    // damaged that info looks at; sessions in this process open such a file, too, and so this one does.
    await engine.request('{"op":"info"}');
    return engine;
  }

  pathOf(call: string, path: string | FileUrl): string {
    return pathInside(this.#place, call, path);
  }

  request(text: string): Promise<string> {
    return this.#closing === null ? this.#process.requestLine(text) : Promise.reject(closedError());
  }

  /** Kills the process, as a crash would. */
  kill(): Promise<void> {
    return this.#process.kill();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#process.ended !== null) return;
    const status = await this.#process.close();
    const ended = this.#process.ended as QuireError | null;
    if (status !== 0 && ended !== null) throw ended;
  }
}
