/** Knex on Quire: `knex({ client: QuireClient, connection: { filename: "app.db" } })`. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Knex } from "knex";
import Sqlite3 from "knex/lib/dialects/sqlite3/index.js";
import SqliteQueryCompiler from "knex/lib/dialects/sqlite3/query/sqlite-querycompiler.js";
import SqliteColumnCompiler from "knex/lib/dialects/sqlite3/schema/sqlite-columncompiler.js";
import SqliteTableCompiler, { type ForeignData } from "knex/lib/dialects/sqlite3/schema/sqlite-tablecompiler.js";
import type { OpenOptions } from "../api/options.js";
import { EXECUTE, RowsState, StatementCall } from "../api/statement-operations.js";
import type { ValueForms } from "../api/value-forms.js";
import { open } from "../node/open.js";
import { type AnySession, formsOf, pagesOf } from "./sessions.js";

/** A connection of the pool, which has one; Knex writes its own notes on it. */
interface Connection {
  readonly session: AnySession;
  readonly forms: ValueForms;
  /** Why it is of no use any more: Knex then opens another one. */
  __knex__disposed?: unknown;
}

/** A query as Knex has it. */
interface QueryObject {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  response?: unknown;
  context?: { readonly lastID: unknown; readonly changes: number };
}

/** What `connection` says of a configuration. */
interface Settings {
  readonly filename: string;
  readonly options?: OpenOptions;
}

/** Knex's own message for a query without text. */
function needSql({ sql }: QueryObject): void {
  if (!sql) throw new Error("The query is empty");
}

/** A connection that has ended is the pool's to replace. */
function noteEnd(connection: Connection, error: unknown): void {
  if ((error as { readonly code?: unknown }).code === "SESSION_ENDED") connection.__knex__disposed = error;
}

/** The rows of a query one after the other. */
async function* rowsOf(connection: Connection, query: QueryObject): AsyncGenerator<unknown, void, undefined> {
  const state = new RowsState(new StatementCall(query.sql, false, connection.forms), query.bindings ?? []);
  for await (const rows of pagesOf(connection.session, state)) yield* rows;
}

/** SQLite's, where it makes of several rows a query whose values have types of their own, and goes round what SQLite has not. */
class QueryCompiler extends SqliteQueryCompiler {
  /** Rows are listed, so that values are read as what their columns are, and `DEFAULT` stands for what a row leaves out. */
  override insert(): unknown {
    const { insert: rows, onConflict, ignore, merge, returning } = this.single;
    // One row without columns has words of its own, and what is raw is as it is.
    const prepared = this._prepInsert(rows);
    if (typeof prepared === "string" || prepared.columns.length === 0) return super.insert();
    const { columns, values } = prepared;
    const missing: unknown = this.client.valueForUndefined;
    const lists = values.map((row) => this.client.parameterize(row, missing, this.builder, this.bindingsHolder));
    let sql = `${this.with()}insert into ${this.tableName} (${this.formatter.columnize(columns)}) values (${lists.join("), (")})`;
    if (onConflict && ignore) sql += this._ignore(onConflict);
    if (onConflict && merge) sql += `${this._merge(merge.updates, onConflict, rows)} ${this.where() ?? ""}`;
    return { sql: sql + this._returning(returning), returning };
  }

  /** LIKE tells cases of letters apart here. */
  override whereILike(condition: unknown): string {
    return `${this._columnClause(condition)} ${this._not(condition, "ilike ")}${this._valueClause(condition)}`;
  }

  /** Counting goes on: there is no `sqlite_sequence` to forget the last number. */
  override truncate(): unknown {
    return { sql: `delete from ${this.tableName}` };
  }
}

/** The type of an enumeration, as SQLite's client has it: a text, and a constraint behind that. */
const CHECKED_TYPE = /^(\w+) (check .*)$/s;

/** Columns are changed as SQLite's client says, whose own constraints come behind as well. */
class ColumnCompiler extends SqliteColumnCompiler {
  override _pushAlterCheckQuery(predicate: string, name?: string): void {
    const rule = `${name === undefined ? "" : `constraint ${this.formatter.wrap(name)} `}check (${predicate})`;
    const sql = `alter table ${this.tableCompiler.tableName()} add ${rule}`;
    // Called on another compiler of the column.
    this.pushAdditional(function (this: ColumnCompiler) {
      this.pushQuery(sql);
    });
  }
}

/** Tables are changed by ALTER TABLE, also those that others refer to: SQLite's client makes them anew. */
class TableCompiler extends SqliteTableCompiler {
  #alter(...changes: readonly string[]): void {
    this.pushQuery(`alter table ${this.tableName()} ${changes.join(", ")}`);
  }

  /** The name of a constraint that has none of its own, by the names that table and columns have in the file. */
  #constraint(columns: readonly string[], end: string): string {
    const names = [this.tableNameRaw, ...columns].map((name) => this.client.customWrapIdentifier(name, (same) => same));
    return this.client.wrapIdentifierImpl([...names, end].join("_"));
  }

  /** `drop constraint` of a foreign key, whose name in the file is that of its columns; by a name that is given where there are none. */
  #dropForeign(columns: string | readonly string[], name: string | undefined, words: string): void {
    const names = [columns].flat();
    const constraint = names.length === 0 && name !== undefined ? this.formatter.wrap(name) : this.#constraint(names, "fkey");
    this.#alter(`${words} ${constraint}`);
  }

  override addColumns(columns: unknown, prefix: string, compilers: readonly ColumnCompiler[] = []): void {
    if (prefix !== this.alterColumnsPrefix) super.addColumns(columns, prefix, compilers);
    else for (const column of compilers) this.#alterColumn(column);
  }

  #alterColumn(column: ColumnCompiler): void {
    const { columnBuilder: builder, modified } = column;
    const alter = `alter column ${this.formatter.wrap(column.getColumnName())}`;
    const whole = column.getColumnType();
    const [, type = whole, check = ""] = CHECKED_TYPE.exec(whole) ?? [];
    const changes = [
      modified.defaultTo === undefined ? `${alter} drop default` : `${alter} set ${column.defaultTo(...modified.defaultTo)}`,
    ];
    if (builder.alterType) changes.unshift(`${alter} drop default`, `${alter} type ${type}`);
    if (builder.alterType && check !== "") changes.push(`add ${check}`);
    if (builder.alterNullable) changes.push(`${alter} ${modified.nullable?.[0] === false ? "set" : "drop"} not null`);
    this.#alter(...changes);
  }

  override _setNullableState(column: string, isNullable: boolean): void {
    this.#alter(`alter column ${this.formatter.wrap(column)} ${isNullable ? "drop" : "set"} not null`);
  }

  override dropColumn(...columns: readonly (string | readonly string[])[]): void {
    this.#alter(...columns.flat().map((column) => `drop column ${this.formatter.wrap(column)}`));
  }

  override primary(columns: string | readonly string[], name?: string | { readonly constraintName?: string }): void {
    if (this.method !== "alter") return;
    const given = typeof name === "object" ? name.constraintName : name;
    const rule = `${given === undefined ? "" : `constraint ${this.formatter.wrap(given)} `}primary key`;
    // It takes the place of one that is there.
    this.#alter(
      `drop constraint if exists ${this.#constraint([], "pkey")}`,
      `add ${rule} (${this.formatter.columnize([columns].flat())})`,
    );
  }

  override dropPrimary(): void {
    this.#alter("drop primary key");
  }

  override dropPrimaryIfExists(): void {
    this.#alter(`drop constraint if exists ${this.#constraint([], "pkey")}`);
  }

  override foreign({ column, references, inTable, keyName, onDelete, onUpdate }: ForeignData): void {
    if (this.method !== "alter") return;
    const { formatter } = this;
    const name = keyName === undefined ? "" : `constraint ${formatter.wrap(keyName)} `;
    let rule = `${name}foreign key (${formatter.columnize([column].flat())}) references ${formatter.wrap(inTable)}`;
    rule += ` (${formatter.columnize([references].flat())})`;
    if (onDelete !== undefined) rule += ` on delete ${onDelete}`;
    if (onUpdate !== undefined) rule += ` on update ${onUpdate}`;
    this.#alter(`add ${rule}`);
  }

  override dropForeign(columns: string | readonly string[], name?: string): void {
    this.#dropForeign(columns, name, "drop constraint");
  }

  override dropForeignIfExists(columns: string | readonly string[], name?: string): void {
    this.#dropForeign(columns, name, "drop constraint if exists");
  }
}

/** SQLite's client over a session of Quire. Knex makes copies of it by its prototype, so that it has no private fields. */
class Client extends Sqlite3 {
  constructor(config: Knex.Config) {
    // What says nothing of it is warned that SQLite has no DEFAULT.
    super({ useNullAsDefault: false, ...config });
  }

  override queryCompiler(builder: unknown, formatter?: unknown): QueryCompiler {
    return new QueryCompiler(this, builder, formatter);
  }

  override columnCompiler(table: unknown, builder: unknown): ColumnCompiler {
    return new ColumnCompiler(this, table, builder);
  }

  override tableCompiler(builder: unknown): TableCompiler {
    return new TableCompiler(this, builder);
  }

  /** A value in the text of a query, of which Knex makes one for each that fails; it knows no bigints. */
  override _escapeBinding(value: unknown, context?: unknown): string {
    return typeof value === "bigint" ? String(value) : super._escapeBinding(value, context);
  }

  /** Nothing has to be loaded. */
  _driver(): object {
    return {};
  }

  override async acquireRawConnection(): Promise<Connection> {
    const { filename, options = {} } = this.connectionSettings as Settings;
    const forms = formsOf("knex", options);
    return { session: await open(filename, options), forms };
  }

  override async destroyRawConnection({ session }: Connection): Promise<void> {
    await session.close();
  }

  async _query(connection: Connection, query: QueryObject): Promise<QueryObject> {
    needSql(query);
    const call = new StatementCall(query.sql, false, connection.forms);
    try {
      const { givesRows, rows, changes, lastId } = await connection.session.perform(EXECUTE, call, query.bindings ?? []);
      query.response = givesRows ? rows : { changes, lastId };
      query.context = { lastID: lastId, changes };
    } catch (error) {
      noteEnd(connection, error);
      throw error;
    }
    return query;
  }

  /** Writes the rows to `stream` as it takes them; resolves when that has ended, also when it was destroyed before the last row. */
  async _stream(connection: Connection, query: QueryObject, stream: NodeJS.ReadWriteStream): Promise<void> {
    needSql(query);
    try {
      await pipeline(Readable.from(rowsOf(connection, query)), stream);
    } catch (error) {
      noteEnd(connection, error);
      if ((error as { readonly code?: unknown }).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    }
  }
}
Object.assign(Client.prototype, { driverName: "quire" });

/** The class that `client` of Knex's configuration is. */
export const QuireClient: typeof Knex.Client = Client;

/** `connection` of Knex's configuration, whose types know nothing of Quire's options: those of `open`. Numbers are numbers there unless told. */
export function connectionTo(filename: string, options: OpenOptions = {}): Knex.StaticConnectionConfig {
  return { filename, options };
}
