/** The store that a shell works on: statements of SQL, whose rows come in pages, and what becomes of it when somebody stops one. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { EXIT_NOT_DONE, EXIT_RUNTIME, EXIT_USAGE, QuireError } from "../../api/errors.js";
import { IN_MEMORY, type OpenOptions } from "../../api/options.js";
import { statementWords } from "../../api/sql-words.js";
import type { ChildEngine } from "../../node/child-engine.js";
import { openEngine } from "../../node/open.js";
import { WorkerEngine } from "../../node/worker-engine.js";
import { type RowsReply, readRows } from "./rows.js";

/** Rows that are fetched at once. */
const PAGE_ROWS = 1000;
/** Milliseconds that a statement may take: what has a time can be stopped. */
const LONGEST = 2 ** 32 - 1;

/** Codes after which the file has to be opened again. */
const ENDS_SESSION: ReadonlySet<string> = new Set([
  ...["SESSION_ENDED", "RUNTIME_TRAP", "HANDLE_POISONED", "OUTCOME_UNKNOWN", "FILE_CHANGED"],
]);

const DAMAGED: ReadonlySet<string> = new Set(["NOT_A_PAGE_FILE", "DAMAGED", "ACL_LAYOUT_UNSUPPORTED", "OUT_OF_BOUNDS"]);
const FAILS_BELOW: ReadonlySet<string> = new Set([
  ...["HANDLE_POISONED", "OUTCOME_UNKNOWN", "FOLDER_NOT_FOUND", "ACCESS_DENIED", "IO_ERROR", "DISK_FULL", "OUT_OF_MEMORY"],
  ...["UNSUPPORTED", "FILE_CHANGED", "SESSION_ENDED", "BAD_REPLY"],
]);

/** The exit status for an error of the module, which commands have by themselves, or of the host. */
export function exitStatusOf(error: QuireError): number {
  const { code } = error;
  if (DAMAGED.has(code)) return 3;
  if (FAILS_BELOW.has(code) || /^(?:RUNTIME|MODULE)_/.test(code)) return EXIT_RUNTIME;
  return code === "USAGE" || code === "BAD_OPTION" ? EXIT_USAGE : EXIT_NOT_DONE;
}

/** An error of a statement, and the byte of its text that it is about. */
export class StatementError extends QuireError {
  constructor(
    code: string,
    message: string,
    readonly offset: number | null,
  ) {
    super(code, message);
  }
}

export class ShellStore {
  /** What the user calls it. */
  readonly name: string;
  /** The file's path. */
  readonly path: string;
  readonly options: OpenOptions;
  inTransaction = false;
  /** A view was made that goes with the session. */
  #hasTemporary = false;
  #engine: WorkerEngine | ChildEngine | null = null;
  /** The store is in a folder that goes with the shell. */
  readonly #folder: string | null;
  readonly #wasMissing: boolean;
  #stops = 0;

  private constructor(name: string, options: OpenOptions) {
    this.name = name;
    if (name === IN_MEMORY && options.readonly === true)
      throw new QuireError("USAGE", `a store in memory is always new: ${IN_MEMORY} takes no --readonly`, EXIT_USAGE);
    // Commands like .import work on a file, and what is there must outlast a thread or a child that had to be ended.
    this.#folder = name === IN_MEMORY ? mkdtempSync(join(tmpdir(), "quire-memory-")) : null;
    this.path = this.#folder === null ? name : join(this.#folder, "memory.db");
    this.options = this.#folder === null ? options : { ...options, durability: "checkpoint" };
    this.#wasMissing = !existsSync(resolve(this.path));
    if (this.#folder !== null) process.on("exit", () => this.#removeFolder());
  }

  /** Opens the file, which is made when it is missing. */
  static async open(name: string, options: OpenOptions): Promise<ShellStore> {
    const store = new ShellStore(name, options);
    try {
      await store.#ready();
    } catch (error) {
      store.#removeFolder();
      throw error;
    }
    return store;
  }

  /** Whether the shell has made the file. */
  get isNew(): boolean {
    return this.#wasMissing && this.#folder === null;
  }

  /** Opens the file if it isn't. */
  async #ready(): Promise<WorkerEngine | ChildEngine> {
    const here = (...of: Parameters<typeof WorkerEngine.open>): Promise<WorkerEngine> => WorkerEngine.open(...of);
    this.#engine ??= await openEngine(this.path, this.options, here, "quire");
    return this.#engine;
  }

  /** The text of the reply to a request: `{"ok": …}`. Throws a `StatementError` for one that fails. */
  async #request(request: { readonly op: string } & Readonly<Record<string, unknown>>): Promise<string> {
    try {
      const engine = await this.#ready();
      const time = engine instanceof WorkerEngine && request.op === "sql" ? { timeout: LONGEST } : {};
      const text = await engine.request(JSON.stringify({ ...request, ...time }));
      if (!text.startsWith('{"error"')) return text;
      const { error } = JSON.parse(text) as { error: { code: string; message: string; offset?: number } };
      throw new StatementError(error.code, error.message, error.offset ?? null);
    } catch (error) {
      if (!(error instanceof QuireError)) throw error;
      throw await this.#failed(error);
    }
  }

  /** What an error comes to: the session may have gone with it, or somebody has stopped what failed. */
  async #failed(error: QuireError): Promise<QuireError> {
    const isOver = ENDS_SESSION.has(error.code);
    let note = "";
    if (isOver && this.#engine !== null) {
      note = this.#lost();
      const engine = this.#engine;
      this.#engine = null;
      await engine.kill();
    }
    if (this.#stops === 0) return note === "" ? error : new QuireError(error.code, error.message + note);
    if (!isOver && error.code !== "SQL_TIMEOUT") return error;
    return new QuireError("SQL_INTERRUPTED", `the statement was stopped, and has changed nothing${note}`);
  }

  /** What goes with the session. */
  #lost(): string {
    const transaction = this.inTransaction ? "; the transaction was rolled back" : "";
    const views = this.#hasTemporary ? "; temporary views are gone" : "";
    this.inTransaction = this.#hasTemporary = false;
    return transaction + views;
  }

  /** Runs a statement: its rows in pages, of which the first may have none, and how many it changed. */
  async *run(sql: string): AsyncGenerator<RowsReply> {
    this.#stops = 0;
    const { transaction } = statementWords(sql);
    try {
      for (let after: unknown = null; ;) {
        const reply = readRows(await this.#request({ op: "sql", sql, maxRows: PAGE_ROWS, ...(after === null ? {} : { after }) }));
        if (/^(?:create|drop)\s+temp/i.test(sql)) this.#hasTemporary = true;
        yield reply;
        after = reply.after;
        if (after === null) break;
        if (this.#stops > 0) throw new QuireError("SQL_INTERRUPTED", "its other rows were not asked for");
      }
    } catch (error) {
      if (this.inTransaction) await this.#look();
      throw error;
    }
    if (transaction !== null) await this.#look();
  }

  /** Finds out whether a transaction is open. */
  async #look(): Promise<void> {
    const info = await this.ask<{ inTransaction: boolean }>({ op: "info" }).catch(() => null);
    if (info !== null) this.inTransaction = info.inTransaction;
  }

  /** All rows of a query of the shell's own, as texts. */
  async query(sql: string): Promise<string[][]> {
    const { rows } = await this.ask<{ rows: string[][] }>({ op: "sql", sql });
    return rows;
  }

  async ask<T>(request: { readonly op: string } & Readonly<Record<string, unknown>>): Promise<T> {
    this.#stops = 0;
    return (JSON.parse(await this.#request(request)) as { ok: T }).ok;
  }

  /** Stops the statement that runs: so that the session goes on, where that can be had and it is the first time, and else with the session. */
  stop(): void {
    const engine = this.#engine;
    if (this.#stops++ === 0 && engine instanceof WorkerEngine) engine.stop();
    else void engine?.kill();
  }

  /** Closes the session so that another program may write to the file: what went with it. The next statement opens it again. */
  async rest(): Promise<string> {
    const engine = this.#engine;
    this.#engine = null;
    await engine?.close();
    return this.#lost();
  }

  /** Closes the file. One that was made, and has no tables, is taken away again. */
  async close(): Promise<void> {
    try {
      if (this.#engine === null) return;
      const info = this.isNew ? await this.ask<{ tables: number }>({ op: "info" }).catch(() => null) : null;
      const isEmpty = info?.tables === 0 && !this.inTransaction;
      await this.rest();
      if (isEmpty) for (const path of [this.path, `${this.path}-log`]) rmSync(resolve(path), { force: true });
    } finally {
      this.#removeFolder();
    }
  }

  #removeFolder(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }
}
