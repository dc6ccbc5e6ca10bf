/** The parts of Knex's own client for SQLite that are built on here, which Knex has no types for. */
declare module "knex/lib/dialects/sqlite3/index.js" {
  import { Knex } from "knex";

  export default class Client_SQLite3 extends Knex.Client {
    _escapeBinding(value: unknown, context?: unknown): string;
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

declare module "knex/lib/dialects/sqlite3/schema/sqlite-columncompiler.js" {
  export default class ColumnCompiler_SQLite3 {
    constructor(client: unknown, table: unknown, builder: unknown);
    readonly columnBuilder: { readonly alterType: boolean; readonly alterNullable: boolean };
    readonly modified: { readonly defaultTo?: readonly unknown[]; readonly nullable?: readonly unknown[] };
    protected readonly tableCompiler: { tableName(): string };
    protected readonly formatter: { wrap(name: string): string };
    getColumnName(): string;
    getColumnType(): string;
    defaultTo(...value: readonly unknown[]): string;
    protected pushQuery(sql: string): void;
    protected pushAdditional(push: () => void): void;
    protected _pushAlterCheckQuery(predicate: string, name?: string): void;
  }
}

declare module "knex/lib/dialects/sqlite3/schema/sqlite-tablecompiler.js" {
  /** What `foreign` takes. */
  export interface ForeignData {
    readonly column: string | readonly string[];
    readonly references: string | readonly string[];
    readonly inTable: string;
    readonly keyName?: string;
    readonly onDelete?: string;
    readonly onUpdate?: string;
  }

  export default class TableCompiler_SQLite3 {
    constructor(client: unknown, builder: unknown);
    protected readonly client: {
      customWrapIdentifier(name: string, wrap: (name: string) => string): string;
      wrapIdentifierImpl(name: string): string;
    };
    /** `create`, `alter` and the like. */
    protected readonly method: string;
    protected readonly tableNameRaw: string;
    protected readonly alterColumnsPrefix: string;
    protected readonly formatter: { wrap(name: string): string; columnize(columns: readonly string[]): string };
    protected tableName(): string;
    protected addColumns(columns: unknown, prefix: string, compilers: unknown): void;
    protected dropColumn(...columns: readonly (string | readonly string[])[]): void;
    protected primary(columns: string | readonly string[], name?: string | { readonly constraintName?: string }): void;
    protected dropPrimary(): void;
    protected dropPrimaryIfExists(): void;
    protected foreign(data: ForeignData): void;
    protected dropForeign(columns: string | readonly string[], name?: string): void;
    protected dropForeignIfExists(columns: string | readonly string[], name?: string): void;
    protected pushQuery(sql: string): void;
    protected _setNullableState(column: string, isNullable: boolean): void;
  }
}
