/** Sessions: an open store. `open` gives one over any runtime, `openSync` one in this process. */
import { AsyncRunner, SyncRunner, needFunction } from "./runner.js";
import { type Engine, InProcessEngine, type Place, lockFor, pathInside, placeOf } from "../node/engine.js";
import { WriteLock } from "../node/lock/write-lock.js";
import { QuireError } from "./errors.js";
import type { AnyRow, Columns, DefinedShape, TableDefinition, TypedShape } from "./define-table.js";
import { checkDocument } from "./document.js";
import { Operations } from "./operations.js";
import { type FileUrl, type OpenOptions, TRANSACTION_WAIT, checkOptions, checkPath } from "./options.js";
import type {
  BackupResult,
  CheckOptions,
  CheckResult,
  FileInfo,
  HashResult,
  IdentityRights,
  SchemaInfo,
  TableInfo,
  TableStats,
} from "./requests.js";
import { SyncTable, Table } from "./table.js";

/** What dates and date-times are in the rows of a session with these options. */
export type DatesOf<Options> = Options extends { readonly dates: "date" } ? Date : string;

/** The definition that a caller gave in either form. */
function definitionOf(
  table: string | TableDefinition,
  words: readonly string[] | undefined,
  alignment: number | undefined,
): TableDefinition {
  if (typeof table !== "string") {
    nameOf(table);
    return table;
  }
  return { name: table, columns: {}, words: words ?? [], alignment: alignment ?? 0 };
}

function nameOf(table: string | { readonly name: string }): string {
  const name: unknown = typeof table === "string" ? table : (table as { readonly name?: unknown } | undefined)?.name;
  if (typeof name !== "string") throw new QuireError("BAD_REQUEST", "a table goes by its name or its definition");
  return name;
}

/** 64-bit integers of a raw request become text, which the module takes as well. */
function plainRequest(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (typeof request !== "object" || (request as unknown) === null) {
    throw new QuireError("BAD_REQUEST", 'a request is an object; write it like { op: "tables" }');
  }
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  checkDocument("request", given, true);
  const text = JSON.stringify(given, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  return JSON.parse(text) as Record<string, unknown>;
}

/** An open store, whose methods return promises. */
export class Session<Dates = string> implements AsyncDisposable {
  /** The file, as it was given. */
  readonly path: string;
  readonly runtime: string;
  readonly #engine: Engine;
  readonly #runner: AsyncRunner;
  readonly #operations: Operations;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(path: string, runtime: string, engine: Engine, operations: Operations, transactionWait = TRANSACTION_WAIT) {
    this.path = path;
    this.runtime = runtime;
    this.#engine = engine;
    this.#operations = operations;
    this.#runner = new AsyncRunner(engine, operations, transactionWait);
  }

  /** A table by its definition, which types its rows, or by its name. Nothing is asked of the file. */
  table<C extends Columns>(definition: TableDefinition<C>): Table<DefinedShape<C, Dates>>;
  table<Row extends object = AnyRow>(name: string): Table<TypedShape<Row>>;
  table(table: string | TableDefinition): unknown {
    return new Table(nameOf(table), this.#runner, this.#operations);
  }

  /** Makes a table. */
  create(definition: TableDefinition): Promise<void>;
  create(name: string, words: readonly string[], options?: { readonly alignment?: number }): Promise<void>;
  async create(
    table: string | TableDefinition,
    words?: readonly string[],
    options?: { readonly alignment?: number },
  ): Promise<void> {
    const definition = definitionOf(table, words, options?.alignment);
    return this.#runner.run({ call: "create", steps: () => this.#operations.create(definition) });
  }

  async #plain<T>(op: string, fields?: Readonly<Record<string, unknown>>): Promise<T> {
    return (await this.#runner.run({ call: op, steps: () => this.#operations.plain(op, fields) })) as T;
  }

  /** Removes a table with its rows. */
  async drop(table: string | TableDefinition): Promise<void> {
    await this.#plain("drop", { table: nameOf(table) });
  }

  /** The tables, sorted by name, and how many rows they have. */
  async tables(): Promise<readonly TableInfo[]> {
    return (await this.#plain<{ tables: TableInfo[] }>("tables")).tables;
  }

  /** The definitions of all tables, or of one. */
  schema(table?: string | TableDefinition): Promise<SchemaInfo> {
    return this.#plain("schema", table === undefined ? {} : { table: nameOf(table) });
  }

  info(): Promise<FileInfo> {
    return this.#plain("info");
  }

  /** How many pages the tables' parts have. */
  async stats(table?: string | TableDefinition): Promise<readonly TableStats[]> {
    return (await this.#plain<{ tables: TableStats[] }>("stats", table === undefined ? {} : { table: nameOf(table) })).tables;
  }

  /** Walks the whole file and lists every fault. */
  check(options: CheckOptions = {}): Promise<CheckResult> {
    return this.#plain("check", { ...options });
  }

  /** A hash of the content of all tables, or of one: the same for the same definitions and rows, however they are stored. */
  hash(table?: string | TableDefinition): Promise<HashResult> {
    return this.#plain("hash", table === undefined ? {} : { table: nameOf(table) });
  }

  /** Copies what is committed into a new file at `path`, which is in the folder of the session's file or below it. Not inside of a transaction. */
  async backup(path: string | FileUrl): Promise<BackupResult> {
    return this.#plain("backup", { path: pathInside(this.#engine.place, "backup", checkPath("backup", path)) });
  }

  /**
   * Runs `body` as a transaction: committed when it is done, rolled back when it fails, whose error is then the call's. Inside of another one it
   * is a savepoint. Calls that are made in `body` belong to it; all others wait for its end.
   */
  async transaction<T>(body: (session: this) => T | Promise<T>): Promise<T> {
    needFunction(body);
    return this.#runner.transaction(() => body(this));
  }

  async begin(): Promise<void> {
    await this.#plain("begin");
  }

  async commit(): Promise<void> {
    await this.#plain("commit");
  }

  async rollback(): Promise<void> {
    await this.#plain("rollback");
  }

  async savepoint(name: string): Promise<void> {
    await this.#plain("savepoint", { name });
  }

  async rollbackTo(name: string): Promise<void> {
    await this.#plain("rollbackTo", { name });
  }

  async release(name: string): Promise<void> {
    await this.#plain("release", { name });
  }

  /** Makes durable what was committed with `durability: "checkpoint"`; with `"commit"` it is so already. */
  async sync(): Promise<void> {
    await this.#plain("sync");
  }

  async aclGrant(identity: string, rights: readonly string[]): Promise<void> {
    await this.#plain("aclGrant", { identity, rights });
  }

  async aclRevoke(identity: string, rights: readonly string[]): Promise<void> {
    await this.#plain("aclRevoke", { identity, rights });
  }

  async aclList(): Promise<readonly IdentityRights[]> {
    return (await this.#plain<{ identities: IdentityRights[] }>("aclList")).identities;
  }

  async aclRemove(identity: string): Promise<void> {
    await this.#plain("aclRemove", { identity });
  }

  /** Any request of `docs/protocol.md`, as it stands there: what its reply has in `ok`. Values have their JSON form. */
  async request(request: { readonly op: string } & Readonly<Record<string, unknown>>): Promise<unknown> {
    const { op, ...fields } = plainRequest(request);
    return this.#plain(op as string, fields);
  }

  /** Closes the file, after what was asked for; an open transaction is rolled back. A second call does nothing more. */
  close(): Promise<void> {
    this.#closing ??= (async () => await this.#engine.close())();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** An open store in this process, whose methods return when they are done. */
export class SyncSession<Dates = string> implements Disposable {
  /** The file, as it was given. */
  readonly path: string;
  readonly #engine: InProcessEngine;
  readonly #runner: SyncRunner;
  readonly #operations: Operations;

  /** @internal */
  constructor(path: string, engine: InProcessEngine, operations: Operations) {
    this.path = path;
    this.#engine = engine;
    this.#operations = operations;
    this.#runner = new SyncRunner(engine, operations);
  }

  /** A table by its definition, which types its rows, or by its name. Nothing is asked of the file. */
  table<C extends Columns>(definition: TableDefinition<C>): SyncTable<DefinedShape<C, Dates>>;
  table<Row extends object = AnyRow>(name: string): SyncTable<TypedShape<Row>>;
  table(table: string | TableDefinition): unknown {
    return new SyncTable(nameOf(table), this.#runner, this.#operations);
  }

  /** Makes a table. */
  create(definition: TableDefinition): void;
  create(name: string, words: readonly string[], options?: { readonly alignment?: number }): void;
  create(table: string | TableDefinition, words?: readonly string[], options?: { readonly alignment?: number }): void {
    const definition = definitionOf(table, words, options?.alignment);
    this.#runner.run({ call: "create", steps: () => this.#operations.create(definition) });
  }

  #plain(op: string, fields?: Readonly<Record<string, unknown>>): unknown {
    return this.#runner.run({ call: op, steps: () => this.#operations.plain(op, fields) });
  }

  /** Removes a table with its rows. */
  drop(table: string | TableDefinition): void {
    this.#plain("drop", { table: nameOf(table) });
  }

  /** The tables, sorted by name, and how many rows they have. */
  tables(): readonly TableInfo[] {
    return (this.#plain("tables") as { tables: TableInfo[] }).tables;
  }

  /** The definitions of all tables, or of one. */
  schema(table?: string | TableDefinition): SchemaInfo {
    return this.#plain("schema", table === undefined ? {} : { table: nameOf(table) }) as SchemaInfo;
  }

  info(): FileInfo {
    return this.#plain("info") as FileInfo;
  }

  /** How many pages the tables' parts have. */
  stats(table?: string | TableDefinition): readonly TableStats[] {
    return (this.#plain("stats", table === undefined ? {} : { table: nameOf(table) }) as { tables: TableStats[] }).tables;
  }

  /** Walks the whole file and lists every fault. */
  check(options: CheckOptions = {}): CheckResult {
    return this.#plain("check", { ...options }) as CheckResult;
  }

  /** A hash of the content of all tables, or of one: the same for the same definitions and rows, however they are stored. */
  hash(table?: string | TableDefinition): HashResult {
    return this.#plain("hash", table === undefined ? {} : { table: nameOf(table) }) as HashResult;
  }

  /** Copies what is committed into a new file at `path`, which is in the folder of the session's file or below it. Not inside of a transaction. */
  backup(path: string | FileUrl): BackupResult {
    return this.#plain("backup", { path: pathInside(this.#engine.place, "backup", checkPath("backup", path)) }) as BackupResult;
  }

  /**
   * Runs `body` as a transaction: committed when it returns, rolled back when it throws, whose error is then the call's. Inside of another one it
   * is a savepoint. `body` has to be done when it returns: one that returns a promise is rolled back.
   */
  transaction<T>(body: (session: this) => T): T {
    needFunction(body);
    return this.#runner.transaction(() => body(this));
  }

  #outside(op: string): void {
    if (!this.#runner.inFunction) return;
    throw new QuireError(
      "TRANSACTION_ACTIVE",
      `${op} has no place inside of transaction(): its function's end commits, an error rolls back`,
    );
  }

  begin(): void {
    this.#outside("begin");
    this.#plain("begin");
  }

  commit(): void {
    this.#outside("commit");
    this.#plain("commit");
  }

  rollback(): void {
    this.#outside("rollback");
    this.#plain("rollback");
  }

  savepoint(name: string): void {
    this.#plain("savepoint", { name });
  }

  rollbackTo(name: string): void {
    this.#plain("rollbackTo", { name });
  }

  release(name: string): void {
    this.#plain("release", { name });
  }

  /** Makes durable what was committed with `durability: "checkpoint"`; with `"commit"` it is so already. */
  sync(): void {
    this.#plain("sync");
  }

  aclGrant(identity: string, rights: readonly string[]): void {
    this.#plain("aclGrant", { identity, rights });
  }

  aclRevoke(identity: string, rights: readonly string[]): void {
    this.#plain("aclRevoke", { identity, rights });
  }

  aclList(): readonly IdentityRights[] {
    return (this.#plain("aclList") as { identities: IdentityRights[] }).identities;
  }

  aclRemove(identity: string): void {
    this.#plain("aclRemove", { identity });
  }

  /** Any request of `docs/protocol.md`, as it stands there: what its reply has in `ok`. Values have their JSON form. */
  request(request: { readonly op: string } & Readonly<Record<string, unknown>>): unknown {
    const { op, ...fields } = plainRequest(request);
    if (op === "begin" || op === "commit" || op === "rollback") this.#outside(op);
    return this.#plain(op as string, fields);
  }

  /** Closes the file; an open transaction is rolled back. A second call does nothing. */
  close(): void {
    this.#engine.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens the page file at `path`, which is made when it is missing; for `":memory:"` a new store that is in memory only. Where it runs is `options.runtime`: in this process, under Node's own WASI,
 * unless told; all others in a process of their own.
 */
export async function open<const Options extends OpenOptions = OpenOptions>(
  path: string | FileUrl,
  options?: Options,
): Promise<Session<DatesOf<Options>>> {
  const checked = checkOptions("open", options ?? {});
  const { runtime = "node", readonly = false, mustExist = false, dates = "string" } = checked;
  const given = checkPath("open", path);
  const place = placeOf(runtime, given, mustExist || readonly);
  const wanted = lockFor(place, given, checked);
  const lock = wanted && (await WriteLock.take(wanted));
  try {
    const isHere = runtime === "node";
    const engine = isHere ? new InProcessEngine(place, checked, lock) : await openChild(runtime, place, checked, lock);
    return new Session(given, runtime, engine, new Operations(dates), checked.transactionWait);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Starts a child; what that takes is loaded when it is first needed. */
async function openChild(runtime: string, place: Place, options: OpenOptions, lock: WriteLock | null): Promise<Engine> {
  const { ChildEngine } = await import("../node/child-engine.js");
  return ChildEngine.open(runtime, place, options, lock);
}

/** The same in this process, for a session whose methods don't return promises. */
export function openSync<
  const Options extends Omit<OpenOptions, "runtime"> & { readonly runtime?: "node" } = Omit<OpenOptions, "runtime">,
>(path: string | FileUrl, options?: Options): SyncSession<DatesOf<Options>> {
  const checked = checkOptions("openSync", options ?? {});
  const { runtime = "node", readonly = false, mustExist = false, dates = "string" } = checked;
  if (runtime !== "node") throw new QuireError("BAD_OPTION", `openSync works in this process only; use open for ${runtime}`);
  const given = checkPath("openSync", path);
  const place = placeOf(runtime, given, mustExist || readonly);
  const wanted = lockFor(place, given, checked);
  const lock = wanted && WriteLock.takeSync(wanted);
  try {
    return new SyncSession(given, new InProcessEngine(place, checked, lock), new Operations(dates));
  } catch (error) {
    lock?.release();
    throw error;
  }
}
