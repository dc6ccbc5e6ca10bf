/** Kysely on Quire: `new Kysely<Database>({ dialect: new QuireDialect({ database: await open("app.db") }) })`. */
import {
  AbortedTransactionError,
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  IdentifierNode,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  RawNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  createQueryId,
} from "kysely";
import { QuireError } from "../api/errors.js";
import { EXECUTE, RowsState, StatementCall } from "../api/statement-operations.js";
import type { ValueForms } from "../api/value-forms.js";
import { type AnySession, type FormOptions, type Performer, formsOf, pagesOf } from "./sessions.js";

export interface QuireDialectConfig extends FormOptions {
  /** The session, or a function that opens one when the first query is run. `destroy()` of the Kysely instance closes it. */
  readonly database: AnySession | (() => AnySession | Promise<AnySession>);
  /** Called once, before the first query. */
  readonly onCreateConnection?: (connection: DatabaseConnection) => Promise<void>;
}

/** The one connection of a session. */
class QuireConnection implements DatabaseConnection {
  readonly #session: Performer;
  readonly #forms: ValueForms;

  constructor(session: Performer, forms: ValueForms) {
    this.#session = session;
    this.#forms = forms;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const call = new StatementCall(sql, false, this.#forms);
    const { givesRows, rows, changes, lastId } = await this.#session.perform(EXECUTE, call, parameters);
    if (givesRows) return { rows: rows as R[] };
    // For a key that is no number Kysely has no place.
    const hasId = typeof lastId === "number" || typeof lastId === "bigint";
    return { rows: [], numAffectedRows: BigInt(changes), ...(hasId ? { insertId: BigInt(lastId) } : {}) };
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery, chunkSize?: number): AsyncGenerator<QueryResult<R>> {
    const state = new RowsState(new StatementCall(sql, false, this.#forms), parameters, chunkSize);
    for await (const rows of pagesOf(this.#session, state)) yield { rows: rows as R[] };
  }
}

/** Lets one after the other have the connection. */
class Turns {
  #last: Promise<void> = Promise.resolve();
  #end: () => void = () => undefined;

  async next(): Promise<void> {
    const before = this.#last;
    let end: () => void = () => undefined;
    this.#last = new Promise((resolve) => (end = resolve));
    await before;
    this.#end = end;
  }

  done(): void {
    this.#end();
  }
}

class QuireDriver implements Driver {
  readonly #config: QuireDialectConfig;
  readonly #forms: ValueForms;
  readonly #turns = new Turns();
  #session: AnySession | undefined;
  #connection: QuireConnection | undefined;

  constructor(config: QuireDialectConfig, forms: ValueForms) {
    this.#config = config;
    this.#forms = forms;
  }

  async init(): Promise<void> {
    const { database, onCreateConnection } = this.#config;
    this.#session ??= typeof database === "function" ? await database() : database;
    this.#connection = new QuireConnection(this.#session, this.#forms);
    await onCreateConnection?.(this.#connection);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turns.next();
    return this.#connection as QuireConnection;
  }

  releaseConnection(): Promise<void> {
    this.#turns.done();
    return Promise.resolve();
  }

  /** All transactions are serializable; nothing has to be said for that. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await connection.executeQuery(CompiledQuery.raw("commit"));
    } catch (error) {
      // A commit that fails has taken all back: Kysely would roll back what is no transaction any more, and throw the error of that.
      throw Object.assign(new AbortedTransactionError(), { cause: error });
    }
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async savepoint(connection: DatabaseConnection, name: string, compileQuery: QueryCompiler["compileQuery"]): Promise<void> {
    await connection.executeQuery(savepointQuery("savepoint", name, compileQuery));
  }

  async rollbackToSavepoint(
    connection: DatabaseConnection,
    name: string,
    compileQuery: QueryCompiler["compileQuery"],
  ): Promise<void> {
    await connection.executeQuery(savepointQuery("rollback to", name, compileQuery));
  }

  async releaseSavepoint(
    connection: DatabaseConnection,
    name: string,
    compileQuery: QueryCompiler["compileQuery"],
  ): Promise<void> {
    await connection.executeQuery(savepointQuery("release", name, compileQuery));
  }

  async destroy(): Promise<void> {
    await this.#session?.close();
  }
}

function savepointQuery(words: string, name: string, compileQuery: QueryCompiler["compileQuery"]): CompiledQuery {
  return compileQuery(RawNode.create([`${words} `, ""], [IdentifierNode.create(name)]), createQueryId());
}

/** SQLite's, but that definitions of tables are part of a transaction: a migration that fails leaves nothing behind. */
class QuireAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** A dialect of Kysely for a session of Quire, in this process or any other one. */
export class QuireDialect implements Dialect {
  readonly #config: QuireDialectConfig;
  readonly #forms: ValueForms;

  /** Throws a `QuireError`, `BAD_OPTION`, for what is no session or no form of numbers. */
  constructor(config: QuireDialectConfig) {
    const { database } = config as { readonly database?: unknown };
    if (typeof database !== "function" && typeof (database as Partial<Performer> | undefined)?.perform !== "function")
      throw new QuireError(
        "BAD_OPTION",
        "QuireDialect: database must be a session of open or openSync, or a function that gives one",
      );
    this.#forms = formsOf("QuireDialect", config);
    this.#config = config;
  }

  createDriver(): Driver {
    return new QuireDriver(this.#config, this.#forms);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): SqliteAdapter {
    return new QuireAdapter();
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Kysely's own signature.
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}
