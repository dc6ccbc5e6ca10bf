/** A page file in the shape of better-sqlite3's class of that name, for code and libraries that were written for it. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { SyncSession } from "../api/session.js";
import { openSync } from "../node/open.js";
import type { Connection } from "./connection.js";
import { notHere } from "./refusals.js";
import { SqliteError, attempt } from "./sqlite-error.js";
import { Statement } from "./statement.js";
import { type AnyFunction, type Transaction, transactionOf } from "./transaction.js";

export interface Options {
  /** Nothing can be changed; a missing file is an error. */
  readonly?: boolean;
  /** A missing file is an error. */
  fileMustExist?: boolean;
  /** Milliseconds to wait for a file that another session writes, 5,000 unless told; then opening fails with `SQLITE_BUSY`. */
  timeout?: number;
  /** Called with the text of each statement that runs, its parameters as they stand there. */
  verbose?: ((sql: string) => void) | null;
  /** Not used: there is no such thing here. */
  nativeBinding?: unknown;
}

const LONGEST_TIMEOUT = 0x7fffffff;
const USUAL_TIMEOUT = 5000;

function flag(options: Options, name: "readonly" | "fileMustExist"): boolean {
  const value: unknown = name in options ? options[name] : false;
  if (typeof value !== "boolean") throw new TypeError(`the option "${name}" is true or false`);
  return value;
}

/** Milliseconds. */
function timeoutOf(options: Options): number {
  const timeout: unknown = "timeout" in options ? options.timeout : USUAL_TIMEOUT;
  if (typeof timeout !== "number" || !Number.isInteger(timeout) || timeout < 0) {
    throw new TypeError('the option "timeout" is a whole number of milliseconds, and not below 0');
  }
  if (timeout > LONGEST_TIMEOUT) throw new RangeError(`the option "timeout" is at most ${LONGEST_TIMEOUT}`);
  return timeout;
}

function verboseOf(options: Options): Connection["verbose"] {
  const verbose: unknown = options.verbose ?? null;
  if (verbose !== null && typeof verbose !== "function") throw new TypeError('the option "verbose" is a function');
  return verbose as Connection["verbose"];
}

export class Database {
  static readonly SqliteError = SqliteError;

  /** What was opened, as it was given. */
  readonly name: string;
  /** Whether it is in memory only. */
  readonly memory: boolean;
  readonly readonly: boolean;
  readonly #session: SyncSession;
  readonly #connection: Connection;
  #isOpen = true;

  /** Opens the page file at `path`, which is made when it is missing; without a path, or for `":memory:"`, a new store in memory. */
  constructor(path?: string | null, options?: Options | null) {
    const given: unknown = path ?? "";
    const wanted: unknown = options ?? {};
    if (given instanceof Uint8Array) notHere("a database from a buffer", "write it to a file, and open that");
    if (typeof given !== "string") throw new TypeError("the first argument is a path, which is a string");
    if (typeof wanted !== "object" || wanted === null) throw new TypeError("the second argument is an object of options");
    if ("readOnly" in wanted) throw new TypeError('the option is called "readonly", not "readOnly"');
    if ("memory" in wanted) throw new TypeError('there is no option "memory"; the path is ":memory:"');
    const checked: Options = wanted;
    const file = given.trim();
    this.name = given;
    this.memory = file === "" || file === ":memory:";
    this.readonly = flag(checked, "readonly");
    const mustExist = flag(checked, "fileMustExist");
    if (this.readonly && this.memory) throw new TypeError("what is in memory is new, and can't be readonly");
    const wait = timeoutOf(checked) / 1000;
    const verbose = verboseOf(checked);
    if (!this.memory && !existsSync(dirname(file))) throw new TypeError(`there is no folder ${dirname(file)}`);
    this.#session = attempt(() =>
      this.memory ? openSync(":memory:") : openSync(file, { readonly: this.readonly, mustExist, wait }),
    );
    const opened = (): SyncSession => this.#opened();
    this.#connection = { database: this, session: opened, verbose, safeIntegers: false, lastKey: 0n, iterations: 0 };
  }

  /** Whether it is open. */
  get open(): boolean {
    return this.#isOpen;
  }

  /** Whether a transaction was begun that is not at its end. */
  get inTransaction(): boolean {
    return this.#isOpen && this.#session.inTransaction;
  }

  #opened(): SyncSession {
    if (!this.#isOpen) throw new TypeError("the database is closed");
    return this.#session;
  }

  #refuseBusy(): void {
    if (this.#connection.iterations > 0) throw new TypeError("an iteration goes on; end it before");
  }

  /** Reads a statement, to be run once or often. */
  prepare<Given = unknown[], Row = unknown>(sql: string): Statement<Given, Row> {
    this.#opened();
    if (typeof sql !== "string") throw new TypeError("the statement is a string");
    return new Statement<Given, Row>(this.#connection, sql);
  }

  /** Makes a function of `body` that runs as a transaction. */
  transaction<F extends AnyFunction>(body: F): Transaction<F> {
    return transactionOf(this.#connection, body);
  }

  /** Runs several statements, up to the first that fails. */
  exec(sql: string): this {
    const session = this.#opened();
    if (typeof sql !== "string") throw new TypeError("the statements are a string");
    this.#refuseBusy();
    this.#connection.verbose?.(sql);
    attempt(() => session.exec(sql));
    return this;
  }

  /** The rows of `PRAGMA source`; with `simple` the first value of the first one. */
  pragma(source: string, options?: { simple?: boolean } | null): unknown {
    this.#opened();
    if (typeof source !== "string") throw new TypeError("the pragma is a string");
    const wanted: unknown = options ?? {};
    if (typeof wanted !== "object" || wanted === null) throw new TypeError("the second argument is an object of options");
    const simple = "simple" in wanted ? wanted.simple : false;
    if (typeof simple !== "boolean") throw new TypeError('the option "simple" is true or false');
    const statement = this.prepare(`PRAGMA ${source}`);
    if (statement.reader) return simple ? statement.pluck().get() : statement.all();
    statement.run();
    return simple ? undefined : [];
  }

  /** Whether integers are bigints in statements that are prepared from now on. */
  defaultSafeIntegers(on = true): this {
    if (typeof on !== "boolean") throw new TypeError("the argument is true or false");
    this.#opened();
    this.#connection.safeIntegers = on;
    return this;
  }

  /** Copies what is committed into a new page file, in the folder of the database's file or below it. */
  async backup(path: string): Promise<{ totalPages: number; remainingPages: number }> {
    const session = this.#opened();
    const { pages } = await Promise.resolve(attempt(() => session.backup(path)));
    return { totalPages: pages, remainingPages: 0 };
  }

  /** Closes it; an open transaction is rolled back. */
  close(): this {
    if (!this.#isOpen) return this;
    this.#refuseBusy();
    this.#isOpen = false;
    attempt(() => this.#session.close());
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Functions of the program are not there. */
  function(): never {
    return this.#refuse("function()", "work it out in the program, or with the functions of docs/sql.md");
  }

  /** Aggregates of the program are not there. */
  aggregate(): never {
    return this.#refuse("aggregate()", "work it out in the program, or with the aggregates of docs/sql.md");
  }

  /** Virtual tables are not there. */
  table(): never {
    return this.#refuse("table()", "insert the rows into a table");
  }

  /** Extensions of SQLite are not there. */
  loadExtension(): never {
    return this.#refuse("loadExtension()", "Quire runs no code of SQLite's extensions");
  }

  /** There is no such thing. */
  serialize(): never {
    return this.#refuse("serialize()", "use backup(), which makes a file");
  }

  /** There is no such thing. */
  explain(): never {
    return this.#refuse("explain()", "prepare EXPLAIN with the query behind it, which tells how Quire runs it");
  }

  /** There is no such thing. */
  unsafeMode(): never {
    return this.#refuse("unsafeMode()", "take all rows with all() before something is changed");
  }

  #refuse(what: string, instead: string): never {
    this.#opened();
    return notHere(what, instead);
  }
}
