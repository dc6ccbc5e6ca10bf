/** What sessions speak to: the module in this process, or a child that runs `serve`. */
import { existsSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { guestName, realFile } from "../command-line.js";
import { EXIT_NOT_DONE, QuireError } from "../errors.js";
import type { Preopen } from "../runtimes/adapter.js";
import { ServeProcess } from "../serve-process.js";
import { LibraryInstance, closedError } from "./instance.js";
import type { OpenOptions } from "./options.js";

/** Takes the text of a request and gives the text of its reply. */
export interface Engine {
  /** The folder that the module can reach. */
  readonly folder: Preopen;
  /** The module, when it is in this process. */
  readonly instance: LibraryInstance | null;
  request(text: string): string | Promise<string>;
  close(): void | Promise<void>;
}

/** Where a file is for the module. */
export interface Place {
  readonly folder: Preopen;
  /** The file's path as the module sees it. */
  readonly file: string;
}

/** Finds out where `path` is; a `QuireError` when its folder, or with `mustExist` the file itself, is not there. */
export function placeOf(path: string, mustExist: boolean): Place {
  const full = realFile(resolve(path));
  const host = dirname(full);
  if (path === "" || full === host) throw new QuireError("BAD_OPTION", `"${path}" is no name of a page file`);
  if (!statSync(host, { throwIfNoEntry: false })?.isDirectory()) {
    throw new QuireError("FOLDER_NOT_FOUND", `there is no folder ${host} for ${basename(full)}; make it first`);
  }
  if (mustExist && !existsSync(full)) throw new QuireError("FILE_NOT_FOUND", `there is no file ${path}`, EXIT_NOT_DONE);
  const guest = guestName(host);
  return { folder: { guest, host }, file: `${guest}/${basename(full)}` };
}

/** The path of a file that a call names, as the module sees it; a `QuireError` when the module can't reach it. */
export function pathInside({ guest, host }: Preopen, call: string, path: string): string {
  const within = relative(host, resolve(path));
  if (path === "" || within === "" || within.startsWith("..") || isAbsolute(within)) {
    throw new QuireError("BAD_OPTION", `${call}: "${path}" is not in ${host} or below it, which is where the session can write`);
  }
  return `${guest}/${within.split(sep).join("/")}`;
}

export class InProcessEngine implements Engine {
  readonly instance: LibraryInstance;
  readonly folder: Preopen;

  constructor({ folder, file }: Place, options: OpenOptions) {
    this.folder = folder;
    const { readonly = false, mustExist = false, cacheBytes, layout, durability } = options;
    this.instance = new LibraryInstance(folder, {
      path: file,
      readonly,
      create: !readonly && !mustExist,
      ...(cacheBytes === undefined ? {} : { cacheBytes }),
      ...(layout === undefined ? {} : { layout }),
      ...(durability === undefined ? {} : { durability }),
    });
  }

  request(text: string): string {
    this.instance.callText("request", text);
    return this.instance.replyText();
  }

  close(): void {
    this.instance.close();
  }
}

export class ChildEngine implements Engine {
  readonly instance = null;
  readonly #process: ServeProcess;
  #closing: Promise<void> | null = null;

  private constructor(
    readonly folder: Preopen,
    process: ServeProcess,
  ) {
    this.#process = process;
  }

  /** Starts the child, and waits until it has opened the file or said why it can't. */
  static async open(runtime: string, { folder, file }: Place, options: OpenOptions): Promise<ChildEngine> {
    const words = [
      ...(options.readonly === true ? ["--readonly"] : []),
      ...(options.cacheBytes === undefined ? [] : ["--cache", String(options.cacheBytes)]),
      ...(options.durability === undefined ? [] : ["--durability", options.durability]),
      file,
    ];
    const command = options.layout === undefined ? ["serve"] : ["serve", "--layout", options.layout];
    const engine = new ChildEngine(folder, new ServeProcess(runtime, folder.host, words, { guest: folder.guest, command }));
    await engine.request('{"op":"info"}');
    return engine;
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
