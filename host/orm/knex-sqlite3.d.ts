/** The parts of Knex's own client for SQLite that are built on here, which Knex has no types for. */
declare module "knex/lib/dialects/sqlite3/index.js" {
  import { Knex } from "knex";

  export default class Client_SQLite3 extends Knex.Client {
    parameterize(values: readonly unknown[], missing: unknown, builder: unknown, bindings: unknown): string;
  }
}

declare module "knex/lib/dialects/sqlite3/query/sqlite-querycompiler.js" {
  import type Client_SQLite3 from "knex/lib/dialects/sqlite3/index.js";

  export default class QueryCompiler_SQLite3 {
    constructor(client: unknown, builder: unknown, formatter: unknown);
    protected readonly client: Client_SQLite3;
    protected readonly builder: unknown;
    protected readonly bindingsHolder: unknown;
    protected readonly formatter: { columnize(columns: readonly string[]): string };
    protected readonly tableName: string;
    protected readonly single: {
      readonly insert?: unknown;
      readonly onConflict?: unknown;
      readonly ignore?: unknown;
      readonly merge?: { readonly updates: unknown };
      readonly returning?: unknown;
    };
    protected with(): string;
    protected where(): string | undefined;
    protected insert(): unknown;
    protected truncate(): unknown;
    protected _prepInsert(rows: unknown): string | { readonly columns: readonly string[]; readonly values: readonly unknown[][] };
    protected _ignore(conflict: unknown): string;
    protected _merge(updates: unknown, conflict: unknown, rows: unknown): string;
    protected _returning(columns: unknown): string;
    protected whereILike(condition: unknown): string;
    protected _columnClause(condition: unknown): string;
    protected _not(condition: unknown, operator: string): string;
    protected _valueClause(condition: unknown): string;
  }
}

declare module "knex/lib/dialects/sqlite3/schema/sqlite-tablecompiler.js" {
  export default class TableCompiler_SQLite3 {
    constructor(client: unknown, builder: unknown);
    protected readonly tableNameRaw: string;
    protected readonly formatter: { wrap(name: string): string };
    protected tableName(): string;
    protected dropForeign(columns: unknown, name?: string): void;
    protected pushQuery(sql: string): void;
    protected _indexCommand(kind: string, table: string, columns: unknown): string;
  }
}
