/** Sessions: an open store. */
import type { AnyRow, Columns, DefinedShape, TableDefinition } from "./define-table.js";
import { checkDocument } from "./document.js";
import type { EngineFor } from "./engine.js";
import { QuireError } from "./errors.js";
import type { Given, Kind, Result } from "./kind.js";
import { Operation, type Operations, type Steps } from "./operations.js";
import type { FileUrl } from "./options.js";
import type {
  BackupResult,
  CheckOptions,
  CheckResult,
  ColumnRules,
  ExecResult,
  FileInfo,
  HashResult,
  IdentityRights,
  Params,
  PrepareOptions,
  Request,
  SchemaInfo,
  SqlResult,
  TableInfo,
  TableStats,
  TimeOptions,
} from "./requests.js";
import { parameterFields } from "./json-values.js";
import { type DriftOptions, type MigrateOptions, type SchemaChange, comparison, migrate } from "./migration.js";
import type { RowFrom, TypedShape } from "./row-types.js";
import { type Runner, needFunction } from "./runner.js";
import { EXEC } from "./script.js";
import { Statement, SyncStatement } from "./statement.js";
import { ALL, PREPARE, StatementCall } from "./statement-operations.js";
import { SyncTable, Table } from "./table.js";
import { type UsualValues, type ValueTypes, checkForms, formsWith } from "./value-forms.js";

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
function plainRequest(request: Readonly<Record<string, unknown>>): Request {
  if (typeof request !== "object" || (request as unknown) === null) {
    throw new QuireError("BAD_REQUEST", 'a request is an object; write it like { op: "tables" }');
  }
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  checkDocument("request", given, true);
  const text = JSON.stringify(given, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  const { op, ...fields } = JSON.parse(text) as Request;
  // As many kinds of requests as there are can't be told apart by the compiler any more.
  return { op, ...fields } as Request;
}

function isTemplate(sql: string | TemplateStringsArray): sql is TemplateStringsArray {
  return Array.isArray(sql) && Array.isArray((sql as Partial<TemplateStringsArray>).raw);
}

/** The field `table` of a request that may be about one. */
function ofTable(table: string | TableDefinition | undefined): { readonly table?: string } {
  return table === undefined ? {} : { table: nameOf(table) };
}

/** The methods of sessions, of both kinds. */
abstract class SessionOf<K extends Kind, Values extends ValueTypes> {
  /** The file, as it was given. */
  readonly path: string;
  /** @internal */
  protected readonly engine: EngineFor<K>;
  /** @internal */
  protected readonly runner: Runner<K>;

  /** @internal */
  constructor(path: string, engine: EngineFor<K>, runner: Runner<K>) {
    this.path = path;
    this.engine = engine;
    this.runner = runner;
  }

  /** The same session, for the function of a transaction. @internal */
  protected abstract inside(runner: Runner<K>): this;

  /** The table's name; the rules of a definition are noted. @internal */
  protected named(table: string | TableDefinition): string {
    const name = nameOf(table);
    if (typeof table !== "string") this.runner.note(table);
    return name;
  }

  /** Does an operation, for the adapters of other packages. @internal */
  perform<First, Second, T>(operation: Operation<First, Second, T>, first: First, second: Second): Result<K, T> {
    return this.runner.run(operation, "", first, second);
  }

  #do(call: string, steps: (operations: Operations) => Steps<unknown>): Result<K, unknown> {
    return this.runner.run(new Operation(call, steps), "", undefined, undefined);
  }

  #done(call: string, request: () => Request): Result<K, void> {
    return this.#do(call, (operations) => operations.done(request())) as Result<K, void>;
  }

  /** Makes a table. */
  create(definition: TableDefinition): Result<K, void>;
  create(name: string, words: readonly string[], options?: { readonly alignment?: number }): Result<K, void>;
  create(table: string | TableDefinition, words?: readonly string[], options?: { readonly alignment?: number }): Result<K, void> {
    const steps = (operations: Operations) => operations.create(definitionOf(table, words, options?.alignment));
    return this.#do("create", steps) as Result<K, void>;
  }

  /** Removes a table with its rows. */
  drop(table: string | TableDefinition): Result<K, void> {
    return this.#done("drop", () => ({ op: "drop", table: nameOf(table) }));
  }

  /**
   * Makes the definitions of all tables those of `tables`, in one transaction: tables and columns come and go, are called otherwise and get
   * other types, keys and indexes. What it changed, nothing where all is so already. A `DestructiveChangeError` where values would go, unless
   * that is allowed; rows that do not fit are an error which names one. Functions of `values` are called for each row, some at a time.
   */
  migrate<const Tables extends readonly TableDefinition[]>(
    tables: Tables,
    options: MigrateOptions<Tables[number]> = {},
  ): Result<K, readonly SchemaChange[]> {
    return this.runner.attempt(() => migrate(this.runner, tables, options));
  }

  /** What `migrate` would change, in the order in which it is done. */
  pendingMigrations(tables: readonly TableDefinition[], options: DriftOptions = {}): Result<K, readonly SchemaChange[]> {
    return this.runner.attempt(() => comparison(this.runner, "pendingMigrations", tables, options, (changes) => changes));
  }

  /** Whether the file's definitions are others than those of `tables`. */
  hasDrift(tables: readonly TableDefinition[], options: DriftOptions = {}): Result<K, boolean> {
    return this.runner.attempt(() => comparison(this.runner, "hasDrift", tables, options, ({ length }) => length > 0));
  }

  /**
   * Declares the rules that definitions have among their flags, in the place of those that their tables had: values of rows that this session
   * writes are sanitized and validated by them. `create`, `migrate` and `table` do so with the definitions that they are given. What the session
   * has then; without `tables` only that.
   */
  rules(tables: readonly TableDefinition[] = []): Result<K, readonly ColumnRules[]> {
    return this.#do("rules", (operations) => operations.rules(tables)) as Result<K, readonly ColumnRules[]>;
  }

  /** The tables, sorted by name, and how many rows they have. */
  tables(): Result<K, readonly TableInfo[]> {
    const steps = (operations: Operations) => operations.member({ op: "tables" }, "tables");
    return this.#do("tables", steps) as Result<K, readonly TableInfo[]>;
  }

  /** The definitions of all tables, or of one. */
  schema(table?: string | TableDefinition): Result<K, SchemaInfo> {
    const steps = (operations: Operations) => operations.ask({ op: "schema", ...ofTable(table) });
    return this.#do("schema", steps) as Result<K, SchemaInfo>;
  }

  /** What the file is: its layout, its size, how many tables it has. */
  info(): Result<K, FileInfo> {
    return this.#do("info", (operations) => operations.ask({ op: "info" })) as Result<K, FileInfo>;
  }

  /** How many pages the tables' parts have. */
  stats(table?: string | TableDefinition): Result<K, readonly TableStats[]> {
    const steps = (operations: Operations) => operations.member({ op: "stats", ...ofTable(table) }, "tables");
    return this.#do("stats", steps) as Result<K, readonly TableStats[]>;
  }

  /** Walks the whole file and lists every fault. */
  check(options: CheckOptions = {}): Result<K, CheckResult> {
    return this.#do("check", (operations) => operations.ask({ ...options, op: "check" })) as Result<K, CheckResult>;
  }

  /** A hash of the content of all tables, or of one: the same for the same definitions and rows, however they are stored. */
  hash(table?: string | TableDefinition): Result<K, HashResult> {
    const steps = (operations: Operations) => operations.ask({ op: "hash", ...ofTable(table) });
    return this.#do("hash", steps) as Result<K, HashResult>;
  }

  /** Copies what is committed into a new file at `path`, which is in the folder of the session's file or below it. Not inside of a transaction. */
  backup(path: string | FileUrl): Result<K, BackupResult> {
    const steps = (operations: Operations) => operations.ask({ op: "backup", path: this.engine.pathOf("backup", path) });
    return this.#do("backup", steps) as Result<K, BackupResult>;
  }

  /**
   * Runs `body` as a transaction: committed when it is done, rolled back when it fails, whose error is then the call's. Inside of another one it
   * is a savepoint. Of an asynchronous session calls that are made in `body` belong to it; all others wait for its end. Of one whose methods
   * return when they are done `body` has to be done when it returns: one that returns a promise is rolled back.
   */
  transaction<T>(body: (session: this) => Given<K, T>): Result<K, T> {
    return this.runner.attempt(() => {
      needFunction(body);
      return this.runner.transaction<T>((inner) => body(inner === this.runner ? this : this.inside(inner)));
    });
  }

  /** Whether a transaction was begun, by whatever call or statement, that is not at its end. */
  get inTransaction(): boolean {
    return this.runner.inTransaction;
  }

  /** Starts a transaction that `commit` or `rollback` ends. */
  begin(): Result<K, void> {
    return this.#done("begin", () => ({ op: "begin" }));
  }

  /** Ends it, and keeps what was done in it. */
  commit(): Result<K, void> {
    return this.#done("commit", () => ({ op: "commit" }));
  }

  /** Ends it, and takes back what was done in it. */
  rollback(): Result<K, void> {
    return this.#done("rollback", () => ({ op: "rollback" }));
  }

  /** Makes a mark in the transaction, to which `rollbackTo` goes back. */
  savepoint(name: string): Result<K, void> {
    return this.#done("savepoint", () => ({ op: "savepoint", name }));
  }

  /** Takes back what was done since that mark, which stays. */
  rollbackTo(name: string): Result<K, void> {
    return this.#done("rollbackTo", () => ({ op: "rollbackTo", name }));
  }

  /** Forgets that mark, and keeps what was done since. */
  release(name: string): Result<K, void> {
    return this.#done("release", () => ({ op: "release", name }));
  }

  /** Makes durable what was committed with `durability: "checkpoint"`; with `"commit"` it is so already. */
  sync(): Result<K, void> {
    return this.#done("sync", () => ({ op: "sync" }));
  }

  /** Brings the page file up to date, so that a copy of it is complete without the log beside it. Not inside of a transaction. */
  checkpoint(): Result<K, void> {
    return this.#done("checkpoint", () => ({ op: "checkpoint" }));
  }

  /**
   * Runs a statement of SQL (docs/sql.md), with values for its parameters: a list in the order of their numbers, or an object with the value of
   * each `:name`. Bigints and Dates become the text that the column's type is read from; bytes are blobs.
   */
  sql(sql: string, params?: Params, options?: TimeOptions): Result<K, SqlResult>;
  /** The rows of a statement that is written behind the name, with values in it that become parameters: `` db.sql`… WHERE name = ${name}` ``. */
  sql<Row = AnyRow>(sql: TemplateStringsArray, ...values: unknown[]): Result<K, RowFrom<Row, Values>[]>;
  sql(sql: string | TemplateStringsArray, ...given: unknown[]): Result<K, unknown> {
    if (isTemplate(sql)) return this.runner.run(ALL, "", new StatementCall(sql.join("?"), false, this.runner.forms), given);
    const [params = [], options = {}] = given as [Params?, TimeOptions?];
    const request = { ...options, op: "sql" as const, sql, ...parameterFields(params) };
    const steps = (operations: Operations) => operations.ask(request);
    return this.#do("sql", steps);
  }

  /**
   * Runs the statements of `script` one after the other, up to the first that fails, whose error tells its number and place; what those before it
   * did stays, unless it is in a transaction, which the script may begin and end itself. Rows are not kept.
   */
  exec(script: string): Result<K, ExecResult> {
    return this.runner.run(EXEC, "", script, undefined);
  }

  /** A statement as its operations know it. @internal */
  protected callOf(sql: string, options: PrepareOptions): StatementCall {
    return new StatementCall(sql, false, formsWith(this.runner.forms, checkForms("prepare", options)));
  }

  /** Gives an identity rights. */
  aclGrant(identity: string, rights: readonly string[]): Result<K, void> {
    return this.#done("aclGrant", () => ({ op: "aclGrant", identity, rights }));
  }

  /** Takes rights from an identity. */
  aclRevoke(identity: string, rights: readonly string[]): Result<K, void> {
    return this.#done("aclRevoke", () => ({ op: "aclRevoke", identity, rights }));
  }

  /** The identities, and the rights that each has. */
  aclList(): Result<K, readonly IdentityRights[]> {
    const steps = (operations: Operations) => operations.member({ op: "aclList" }, "identities");
    return this.#do("aclList", steps) as Result<K, readonly IdentityRights[]>;
  }

  /** Removes an identity with its rights. */
  aclRemove(identity: string): Result<K, void> {
    return this.#done("aclRemove", () => ({ op: "aclRemove", identity }));
  }

  /** Any request of `docs/protocol.md`, as it stands there: what its reply has in `ok`. Values have their JSON form. */
  request(request: { readonly op: string } & Readonly<Record<string, unknown>>): Result<K, unknown> {
    return this.runner.attempt(() => {
      const plain = plainRequest(request);
      return this.#do(plain.op, (operations) => operations.ask(plain));
    });
  }
}

/** An open store, whose methods return promises. */
export class Session<Values extends ValueTypes = UsualValues> extends SessionOf<"async", Values> implements AsyncDisposable {
  readonly runtime: string;
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(path: string, runtime: string, engine: EngineFor<"async">, runner: Runner<"async">) {
    super(path, engine, runner);
    this.runtime = runtime;
  }

  /** @internal */
  protected override inside(runner: Runner<"async">): this {
    return new Session(this.path, this.runtime, this.engine, runner) as this;
  }

  /** A table by its definition, which types its rows and whose rules hold from now on, or by its name. Nothing is asked of the file. */
  table<C extends Columns>(definition: TableDefinition<C>): Table<DefinedShape<C, Values>>;
  table<Row extends object = AnyRow>(name: string): Table<TypedShape<Row>>;
  table(table: string | TableDefinition): unknown {
    return new Table(this.named(table), this.runner);
  }

  /** Reads a statement of SQL, to be run once or often; `Row` is what its rows are. `options`: what values are in them. */
  async prepare<Row = AnyRow>(sql: string, options: PrepareOptions = {}): Promise<Statement<RowFrom<Row, Values>>> {
    const call = this.callOf(sql, options);
    return new Statement(call, await this.runner.run(PREPARE, "", sql, undefined), this.runner);
  }

  /** Closes the file, after what was asked for; an open transaction is rolled back. A second call does nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.runner.attempt(async () => await this.engine.close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** An open store in this process, whose methods return when they are done. */
export class SyncSession<Values extends ValueTypes = UsualValues> extends SessionOf<"sync", Values> implements Disposable {
  /** @internal */
  protected override inside(): this {
    return this;
  }

  /** A table by its definition, which types its rows and whose rules hold from now on, or by its name. Nothing is asked of the file. */
  table<C extends Columns>(definition: TableDefinition<C>): SyncTable<DefinedShape<C, Values>>;
  table<Row extends object = AnyRow>(name: string): SyncTable<TypedShape<Row>>;
  table(table: string | TableDefinition): unknown {
    return new SyncTable(this.named(table), this.runner);
  }

  /** Reads a statement of SQL, to be run once or often; `Row` is what its rows are. `options`: what values are in them. */
  prepare<Row = AnyRow>(sql: string, options: PrepareOptions = {}): SyncStatement<RowFrom<Row, Values>> {
    const call = this.callOf(sql, options);
    return new SyncStatement(call, this.runner.run(PREPARE, "", sql, undefined), this.runner);
  }

  /** Closes the file; an open transaction is rolled back. A second call does nothing. */
  close(): void {
    this.engine.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
