/** Drizzle on Quire: `drizzle(await open("app.db"), { schema })`, and `migrate(db, { migrationsFolder: "drizzle" })`. */
import {
  DefaultLogger,
  type DrizzleConfig,
  DrizzleQueryError,
  type ExtractTablesWithRelations,
  type Logger,
  NoopLogger,
  type Query,
  type RelationalSchemaConfig,
  type TablesRelationalConfig,
  createTableRelationsHelpers,
  entityKind,
  extractTablesRelationalConfig,
  fillPlaceholders,
  is,
} from "drizzle-orm";
import { type MigrationConfig, readMigrationFiles } from "drizzle-orm/migrator";
import {
  BaseSQLiteDatabase,
  type PreparedQueryConfig,
  SQLiteAsyncDialect,
  SQLiteColumn,
  type SQLiteExecuteMethod,
  SQLitePreparedQuery,
  SQLiteSession,
  SQLiteSyncDialect,
  SQLiteTransaction,
} from "drizzle-orm/sqlite-core";
import * as utils from "drizzle-orm/utils";
import { QuireError } from "../api/errors.js";
import type { Given, Kind, Result } from "../api/kind.js";
import type { Operation } from "../api/operations.js";
import type { RunResult } from "../api/requests.js";
import { Session, SyncSession } from "../api/session.js";
import { EXECUTE, GET, RUN, StatementCall } from "../api/statement-operations.js";
import type { ValueForms, ValueTypes } from "../api/value-forms.js";
import { type FormOptions, formsOf } from "./sessions.js";

type Schema = Record<string, unknown>;

/** What is done with a session of one kind. */
interface Client<K extends Kind> {
  perform<First, Second, T>(operation: Operation<First, Second, T>, first: First, second: Second): Result<K, T>;
  transaction<T>(body: (inner: Client<K>) => Given<K, T>): Result<K, T>;
}

/** What all queries of a database have in common. */
interface Surroundings<K extends Kind, TSchema extends TablesRelationalConfig> {
  readonly kind: K;
  readonly dialect: { sync: SQLiteSyncDialect; async: SQLiteAsyncDialect }[K];
  readonly schema: RelationalSchemaConfig<TSchema> | undefined;
  readonly logger: Logger;
  readonly forms: ValueForms;
}

/** Parts of Drizzle that all of its drivers use, and its types leave out. */
const { mapResultRow } = utils as unknown as {
  readonly mapResultRow: (fields: Fields, row: unknown[], notNull: unknown) => unknown;
};

type Fields = readonly unknown[];
type Mapper = (rows: unknown[][]) => unknown;

type RelationalQuery = ReturnType<SQLiteSyncDialect["buildRelationalQuery"]>;
type RelationalConfig = Parameters<SQLiteSyncDialect["buildRelationalQuery"]>[0];

/** Gives a value of a column that comes in a document the form that it has as a value of a row: documents have text of bytes and of long decimals. */
function fromDocument(type: string, value: unknown, { integers, decimals }: ValueForms): unknown {
  if (/^(?:blob|bytea|(?:var)?binary)/iu.test(type) && typeof value === "string") return Buffer.from(value, "hex");
  if (/^(?:real|float|double|numeric|decimal)/iu.test(type)) {
    if (decimals === "number") return Number(value);
    return typeof value === "number" ? value.toString() : value;
  }
  return integers === "bigint" && /^int/iu.test(type) ? BigInt(value as string | number) : value;
}

/** A relational query whose inner rows, which are documents, become rows as those outside are. */
function readFromDocuments(query: RelationalQuery, config: RelationalConfig, forms: ValueForms): RelationalQuery {
  if (config.nestedQueryRelation === undefined) return query;
  const selection = query.selection.map((item) => {
    const { field } = item;
    if (!is(field, SQLiteColumn)) return item;
    const type = field.getSQLType();
    const decoder = { mapFromDriverValue: (value: unknown) => field.mapFromDriverValue(fromDocument(type, value, forms)) };
    // Drizzle asks what it selects for nothing but its decoder from here on.
    return { ...item, field: { sql: { decoder } } as unknown as typeof field };
  });
  return { ...query, selection };
}

/** The dialect, whose relational queries give such rows. */
function readingDocuments<Dialect extends SQLiteSyncDialect | SQLiteAsyncDialect>(dialect: Dialect, forms: ValueForms): Dialect {
  const build = dialect.buildRelationalQuery.bind(dialect);
  dialect.buildRelationalQuery = (config) => readFromDocuments(build(config), config, forms);
  return dialect;
}

/** A query, which is read anew where it is run: the session keeps what the module made of its text. */
class QuirePreparedQuery<K extends Kind> extends SQLitePreparedQuery<PreparedQueryConfig & { type: K }> {
  static override readonly [entityKind]: string = "QuirePreparedQuery";
  readonly #client: Client<K>;
  readonly #of: Surroundings<K, TablesRelationalConfig>;
  readonly #fields: Fields | undefined;
  readonly #mapper: Mapper | undefined;
  readonly #isArray: boolean;

  constructor(
    client: Client<K>,
    of: Surroundings<K, TablesRelationalConfig>,
    query: Query,
    fields: Fields | undefined,
    method: SQLiteExecuteMethod,
    isArray: boolean,
    mapper: Mapper | undefined,
  ) {
    super(of.kind, method, query);
    this.#client = client;
    this.#of = of;
    this.#fields = fields;
    this.#mapper = mapper;
    this.#isArray = isArray;
  }

  run(values?: Record<string, unknown>): Result<K, RunResult> {
    return this.#perform(RUN, false, values, (result) => result);
  }

  all(values?: Record<string, unknown>): Result<K, unknown> {
    return this.#perform(EXECUTE, this.#isMapped, values, ({ rows }) => this.#map(rows));
  }

  get(values?: Record<string, unknown>): Result<K, unknown> {
    return this.#perform(GET, this.#isMapped, values, (row) => (row === undefined ? undefined : this.#mapOne(row)));
  }

  values(values?: Record<string, unknown>): Result<K, unknown> {
    return this.#perform(EXECUTE, true, values, ({ rows }) => rows);
  }

  /** @internal */
  isResponseInArrayMode(): boolean {
    return this.#isArray;
  }

  get #isMapped(): boolean {
    return this.#fields !== undefined || this.#mapper !== undefined;
  }

  #map(rows: unknown[]): unknown {
    if (this.#mapper !== undefined) return this.#mapper(rows as unknown[][]);
    const fields = this.#fields;
    if (fields === undefined) return rows;
    const { joinsNotNullableMap } = this as { joinsNotNullableMap?: unknown };
    return rows.map((row) => mapResultRow(fields, row as unknown[], joinsNotNullableMap));
  }

  #mapOne(row: unknown): unknown {
    const mapped = this.#map([row]);
    // What relational queries have for a mapper takes the first one itself.
    return this.#mapper === undefined ? (mapped as unknown[])[0] : mapped;
  }

  /** Runs it. Errors are those of Drizzle's own drivers: as they are where nothing is waited for, else with the query, and theirs as the cause. */
  #perform<T, R>(
    operation: Operation<StatementCall, unknown[], T>,
    raw: boolean,
    values: Record<string, unknown> | undefined,
    then: (result: T) => R,
  ): Result<K, R> {
    const { sql } = this.query;
    const params = fillPlaceholders(this.query.params, values ?? {});
    this.#of.logger.logQuery(sql, params);
    const result = this.#client.perform(operation, new StatementCall(sql, raw, this.#of.forms), params);
    if (this.#of.kind === "sync") return then(result as T) as Result<K, R>;
    const mapped = (result as Promise<T>).then(then, (error: unknown) => {
      throw new DrizzleQueryError(sql, params, error as Error);
    });
    return mapped as Result<K, R>;
  }
}

class QuireDrizzleSession<
  K extends Kind,
  TFullSchema extends Schema,
  TSchema extends TablesRelationalConfig,
> extends SQLiteSession<K, RunResult, TFullSchema, TSchema> {
  static override readonly [entityKind]: string = "QuireDrizzleSession";
  readonly #client: Client<K>;
  readonly #of: Surroundings<K, TSchema>;

  constructor(client: Client<K>, of: Surroundings<K, TSchema>) {
    super(of.dialect);
    this.#client = client;
    this.#of = of;
  }

  override prepareQuery(
    query: Query,
    fields: Fields | undefined,
    method: SQLiteExecuteMethod,
    isArray: boolean,
    mapper?: Mapper,
  ): QuirePreparedQuery<K> {
    return new QuirePreparedQuery(this.#client, this.#of, query, fields, method, isArray, mapper);
  }

  /** A transaction, or a savepoint inside of one. All are serializable, and none waits for a lock: there is nothing to choose. */
  override transaction<T>(
    body: (tx: SQLiteTransaction<K, RunResult, TFullSchema, TSchema>) => Result<K, T>,
    nestedIndex: unknown = 0,
  ): Result<K, T> {
    const depth = typeof nestedIndex === "number" ? nestedIndex : 0;
    return this.#client.transaction((inner) => {
      const session = new QuireDrizzleSession<K, TFullSchema, TSchema>(inner, this.#of);
      return body(new QuireTransaction(this.#of, session, depth));
    });
  }
}

class QuireTransaction<
  K extends Kind,
  TFullSchema extends Schema,
  TSchema extends TablesRelationalConfig,
> extends SQLiteTransaction<K, RunResult, TFullSchema, TSchema> {
  static override readonly [entityKind]: string = "QuireTransaction";
  readonly #session: QuireDrizzleSession<K, TFullSchema, TSchema>;

  constructor(of: Surroundings<K, TSchema>, session: QuireDrizzleSession<K, TFullSchema, TSchema>, nestedIndex: number) {
    super(of.kind, of.dialect, session, of.schema, nestedIndex);
    this.#session = session;
  }

  override transaction<T>(body: (tx: SQLiteTransaction<K, RunResult, TFullSchema, TSchema>) => Result<K, T>): Result<K, T> {
    return this.#session.transaction(body, this.nestedIndex + 1);
  }
}

/** A database of Drizzle over a session of Quire; its methods return when they are done over one of `openSync`. */
export class QuireDatabase<K extends Kind, TFullSchema extends Schema = Record<string, never>> extends BaseSQLiteDatabase<
  K,
  RunResult,
  TFullSchema
> {
  static override readonly [entityKind]: string = "QuireDatabase";
  /** The session, to be closed by whoever opened it. */
  readonly $client: { sync: SyncSession<ValueTypes>; async: Session<ValueTypes> }[K];
  /** @internal */
  readonly migrate: (config: MigrationConfig) => Result<K, void>;

  /** @internal */
  constructor(
    client: { sync: SyncSession<ValueTypes>; async: Session<ValueTypes> }[K],
    of: Surroundings<K, ExtractTablesWithRelations<TFullSchema>>,
  ) {
    const session = new QuireDrizzleSession<K, TFullSchema, ExtractTablesWithRelations<TFullSchema>>(
      client as unknown as Client<K>,
      of,
    );
    super(of.kind, of.dialect, session, of.schema);
    this.$client = client;
    this.migrate = (config) => of.dialect.migrate(readMigrationFiles(config), session as never, config) as Result<K, void>;
  }
}

export interface QuireDrizzleConfig<TFullSchema extends Schema> extends Omit<DrizzleConfig<TFullSchema>, "cache">, FormOptions {}

/** A database of Drizzle over a session, of `openSync` or `open`. Throws a `QuireError`, `BAD_OPTION`, for what is no session or no option. */
export function drizzle<TFullSchema extends Schema = Record<string, never>>(
  session: SyncSession<ValueTypes>,
  config?: QuireDrizzleConfig<TFullSchema>,
): QuireDatabase<"sync", TFullSchema>;
export function drizzle<TFullSchema extends Schema = Record<string, never>>(
  session: Session<ValueTypes>,
  config?: QuireDrizzleConfig<TFullSchema>,
): QuireDatabase<"async", TFullSchema>;
export function drizzle<TFullSchema extends Schema>(
  session: SyncSession<ValueTypes> | Session<ValueTypes>,
  config: QuireDrizzleConfig<TFullSchema> = {},
): unknown {
  const { casing } = config;
  const dialectConfig = casing === undefined ? {} : { casing };
  const common = { schema: schemaOf(config), logger: loggerOf(config), forms: formsOf("drizzle", config) };
  if (session instanceof SyncSession)
    return new QuireDatabase(session, {
      ...common,
      kind: "sync",
      dialect: readingDocuments(new SQLiteSyncDialect(dialectConfig), common.forms),
    });
  if (session instanceof Session)
    return new QuireDatabase(session, {
      ...common,
      kind: "async",
      dialect: readingDocuments(new SQLiteAsyncDialect(dialectConfig), common.forms),
    });
  throw new QuireError("BAD_OPTION", "drizzle: the first argument must be a session of open or openSync");
}

function schemaOf<TFullSchema extends Schema>({
  schema,
}: QuireDrizzleConfig<TFullSchema>): RelationalSchemaConfig<ExtractTablesWithRelations<TFullSchema>> | undefined {
  if (schema === undefined) return undefined;
  const { tables, tableNamesMap } = extractTablesRelationalConfig<ExtractTablesWithRelations<TFullSchema>>(
    schema,
    createTableRelationsHelpers,
  );
  return { fullSchema: schema, schema: tables, tableNamesMap };
}

function loggerOf({ logger = false }: { readonly logger?: boolean | Logger }): Logger {
  if (typeof logger === "object") return logger;
  return logger ? new DefaultLogger() : new NoopLogger();
}

/** Runs the migrations of a folder that drizzle-kit wrote, those that were not run before: all of them, or none. */
export function migrate<K extends Kind, TFullSchema extends Schema>(
  db: QuireDatabase<K, TFullSchema>,
  config: MigrationConfig,
): Result<K, void> {
  return db.migrate(config);
}
