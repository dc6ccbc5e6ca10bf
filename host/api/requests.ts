/** The requests, and what the methods of sessions and tables take and give, beside rows. */
import type { CheckedCondition } from "./condition-types.js";
import type { AnyRow, Columns, DefinedShape, TableDefinition, TableInputs, TableShape } from "./define-table.js";
import type { FieldReply, IndexReply } from "./table-schema.js";
import type { ValueForms } from "./value-forms.js";

/** The operations of `docs/protocol.md`, and the fields that each takes, but `op` and `id`: a test compares them with the module's. */
export const OPERATION_FIELDS = {
  get: ["table", "key", "keys", "columns", "index"],
  scan: [
    "table",
    "index",
    "eq",
    "from",
    "to",
    "reverse",
    "offset",
    "limit",
    "columns",
    "count",
    "after",
    "where",
    "params",
    "blobs",
    "orderBy",
    "timeout",
  ],
  insert: ["table", "row", "rows"],
  update: ["table", "key", "set", "where", "params", "blobs", "timeout"],
  delete: ["table", "key", "keys", "cascade", "where", "params", "blobs", "timeout"],
  begin: ["anyOrder"],
  commit: [],
  rollback: [],
  savepoint: ["name", "anyOrder"],
  rollbackTo: ["name"],
  release: ["name"],
  create: ["table", "columns", "alignment"],
  drop: ["table"],
  migrate: ["schema", "renames", "values", "staged", "plan", "dryRun", "allowDestructive", "timeout"],
  rules: ["table", "columns", "schema"],
  tables: [],
  schema: ["table"],
  info: [],
  stats: ["table"],
  check: ["quick"],
  aclList: [],
  aclGrant: ["identity", "rights"],
  aclRevoke: ["identity", "rights"],
  aclRemove: ["identity"],
  hash: ["table"],
  backup: ["path"],
  sync: [],
  checkpoint: [],
  sql: ["sql", "params", "blobs", "maxRows", "after", "explain", "timeout"],
  prepare: ["sql"],
  run: ["statement", "params", "blobs", "maxRows", "after", "timeout"],
  finalize: ["statement"],
} as const;

type OperationName = keyof typeof OPERATION_FIELDS;

/** A request of the operation `Op`: no field that it does not take. */
export type RequestOf<Op extends OperationName> = { readonly op: Op } & Readonly<
  Partial<Record<(typeof OPERATION_FIELDS)[Op][number], unknown>>
>;

/** What is sent. */
export type Request = { [Op in OperationName]: RequestOf<Op> }[OperationName];

/** Operations after which no definition is known any more. */
export const CHANGES_SCHEMA: ReadonlySet<string> = new Set<OperationName>([
  "create",
  "drop",
  "migrate",
  "rollback",
  "rollbackTo",
]);

/** What a statement of SQL came to. Values have the JSON form of `docs/protocol.md`. */
export interface SqlResult {
  /** Names of the result's columns, and their types: none for a statement that gives no rows. */
  readonly columns: readonly string[];
  readonly types: readonly string[];
  /** A row's values are in the order of the columns, which may have names twice. */
  readonly rows: readonly (readonly unknown[])[];
  /** Rows that were changed. */
  readonly changes: number;
  /** The key of the row that was inserted last, where there is one. */
  readonly lastId?: unknown;
  /** The type of that key. */
  readonly lastIdType?: string;
}

/** What a session makes and asks of the values of a column. */
export interface ColumnRules {
  readonly table: string;
  readonly column: string;
  /** As they are declared, in their order. */
  readonly rules: readonly string[];
}

/** A column of a statement's rows. */
export interface StatementColumn {
  readonly name: string;
  /** The name of its type, as schemas have it. */
  readonly type: string;
}

/** What values are in the rows of a statement, where it is not what the session says. */
export type PrepareOptions = Partial<ValueForms>;

/** What is known of a statement before it runs. */
export interface StatementDescription {
  /** Whether it gives rows. */
  readonly reader: boolean;
  readonly columns: readonly StatementColumn[];
  /** The name of each parameter, without the sign before it; null for one that has just a number. */
  readonly parameters: readonly (string | null)[];
}

/** What a statement without rows came to. */
export interface RunResult {
  /** Rows that were changed. */
  readonly changes: number;
  /** The key of the row that was inserted last; undefined where none was. A number where the session has those and it is exact, else a bigint. */
  readonly lastId: unknown;
}

/** What a script came to. */
export interface ExecResult {
  /** Statements that were run. */
  readonly statements: number;
  /** Rows that they changed. */
  readonly changes: number;
}

export interface ColumnsOption {
  /** The columns that are wanted. */
  readonly columns?: readonly string[];
}

export interface LookupOptions extends ColumnsOption {
  /** A unique column that the keys are values of; absent: the primary key. */
  readonly index?: string;
}

/** Which rows: as of `scan` in `docs/protocol.md`. */
export interface BoundOptions {
  /** The columns of the index. */
  readonly index?: string | readonly string[];
  /** Bounds, inclusive: a value of the index's first column, or a list of values of its first columns. */
  readonly eq?: unknown;
  readonly from?: unknown;
  readonly to?: unknown;
}

/** Values of parameters in SQL: by their numbers, or by their names. */
export type Params = readonly unknown[] | Readonly<Record<string, unknown>>;

/** How long something may take. */
export interface TimeOptions {
  /** Milliseconds, then it ends with `SQL_TIMEOUT` and has changed nothing; 0, or absent: any number. Of a scan, those of each page. */
  readonly timeout?: number;
}

/** Which rows, in SQL: docs/sql.md, "Conditions". */
export interface WhereOptions extends TimeOptions {
  /** A condition as behind `WHERE`, like `"price < ? AND name LIKE 'b%'"`. */
  readonly where?: string;
  /** Values for its parameters. */
  readonly params?: Params;
}

/** The rows to change: those that the condition is true for. */
export interface WhereRequest extends WhereOptions {
  readonly where: string;
}

export interface DeleteWhereRequest extends WhereRequest, DeleteOptions {}

export interface CountOptions extends BoundOptions, WhereOptions {
  readonly offset?: number;
  readonly limit?: number;
}

export interface ScanOptions extends CountOptions, ColumnsOption {
  /** Backwards. */
  readonly reverse?: boolean;
  /** Rows that are fetched at once: 1,000 unless told. */
  readonly pageRows?: number;
  /** Another order, as behind `ORDER BY`, like `"price DESC, name"`. It goes without an index, bounds and `reverse`; all rows come at once. */
  readonly orderBy?: string;
}

export interface DeleteOptions {
  /** Whether rows that refer to the deleted one go with it or stop it; absent: as the schema says. */
  readonly cascade?: boolean;
}

export interface UpdateResult {
  readonly updated: number;
  readonly cascaded: number;
}

export interface DeleteResult {
  readonly deleted: number;
  readonly cascaded: number;
}

export interface TableInfo {
  readonly name: string;
  readonly rows: number;
}

export interface TableSchemaInfo {
  readonly name: string;
  /** The words that `create` takes. */
  readonly columns: readonly string[];
  readonly alignment: number;
  /** Another program made the table, and `create` would make it a little differently. */
  readonly inexact?: true;
  readonly primaryKey: string;
  readonly fields: readonly FieldReply[];
  readonly indexes: readonly IndexReply[];
}

export interface SchemaInfo {
  readonly layout: string;
  readonly schemaHash: string;
  readonly tables: readonly TableSchemaInfo[];
}

export interface FileInfo {
  readonly layout: string;
  readonly schemaHash: string;
  readonly pages: number;
  readonly bytes: number;
  readonly unclaimedPages: number;
  readonly tables: number;
  readonly inTransaction: boolean;
  readonly readOnly: boolean;
  /** There when the log held commits that can't be read (docs/log.md). */
  readonly warning?: string;
}

export interface TableStats {
  readonly name: string;
  readonly rows: number;
  readonly recordPages: number;
  readonly segmentsPages: number;
  readonly indexes: readonly (IndexReply & { readonly pages: number })[];
}

export interface HashResult {
  /** Of the whole content; absent when one table was asked for. */
  readonly hash?: string;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly hash: string }[];
}

export interface BackupResult {
  readonly pages: number;
  readonly bytes: number;
}

export interface Fault {
  readonly severity: "error" | "warning" | "note";
  readonly code: string;
  readonly table: string | null;
  readonly page: number | null;
  readonly byte: number | null;
  readonly message: string;
  readonly hint: string | null;
  /** What can't be had any more. */
  readonly lost: string | null;
  /** The command that mends it. */
  readonly mend: string | null;
}

export interface CheckOptions {
  /** Definitions, ledgers, nodes, counters and rights only, and not single rows and index entries. */
  readonly quick?: boolean;
}

export interface CheckResult {
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  /** Faults that were found and are not in the list. */
  readonly omitted: number;
  readonly faults: readonly Fault[];
}

export interface IdentityRights {
  readonly identity: string;
  readonly text?: string;
  readonly rights: readonly string[];
}

/** Columns of a row, or all of them. */
export type Picked<Row extends object, Name extends string> = [Name] extends [never]
  ? Row
  : { [Column in Name]: Column extends keyof Row ? Row[Column] : unknown };

/** The names that may be chosen from a row. */
export type ColumnNames<Row extends object> = AnyRow extends Row ? string : keyof Row & string;

/** The values of a column as calls take them. */
type ColumnInput<Inputs extends TableInputs, Name> = Name extends keyof Inputs["update"]
  ? Exclude<Inputs["update"][Name], undefined>
  : unknown;

/** A bound in an index that begins with the column `Name`: a value of that one, or a list with others behind it. */
type BoundOf<Inputs extends TableInputs, Name> =
  ColumnInput<Inputs, Name> | readonly [ColumnInput<Inputs, Name>, ...(readonly unknown[])];

/** Names of an index's columns: that which it begins with, or a list. */
export type IndexNames<Inputs extends TableInputs> =
  | Inputs["indexed"]
  | readonly [Inputs["indexed"], ...(readonly Inputs["names"][])]
  | (string extends Inputs["indexed"] ? readonly string[] : never);

/** A bound of a scan in that index; without one it is a primary key. */
type Bound<Inputs extends TableInputs, Index> = [Index] extends [never]
  ? Inputs["keyInput"] | readonly Inputs["keyInput"][]
  : Index extends readonly [infer First, ...(readonly unknown[])]
    ? BoundOf<Inputs, First>
    : BoundOf<Inputs, Index>;

/** `BoundOptions` of a table whose indexes and columns are known. */
interface Range<Inputs extends TableInputs, Index> {
  readonly index?: Index;
  readonly eq?: Bound<Inputs, Index>;
  readonly from?: Bound<Inputs, Index>;
  readonly to?: Bound<Inputs, Index>;
}

/** A condition for rows of that table: `Text`, as far as the compiler can check it. */
type ConditionOf<Inputs extends TableInputs, Text extends string> = Text & CheckedCondition<Text, Inputs["names"]>;

/** `WhereRequest` of a table whose columns are known. */
export interface WhichRequest<Inputs extends TableInputs, Text extends string> extends WhereOptions {
  readonly where: ConditionOf<Inputs, Text>;
}

/** `CountOptions` of a table whose columns and indexes are known. */
export interface CountRequest<Inputs extends TableInputs, Index, Text extends string>
  extends Omit<CountOptions, keyof BoundOptions | "where">, Range<Inputs, Index> {
  readonly where?: ConditionOf<Inputs, Text>;
}

/** `ScanOptions` of such a table, with the columns that rows have. */
export interface ScanRequest<Inputs extends TableInputs, Name extends string, Index, Text extends string>
  extends Omit<ScanOptions, keyof CountOptions | "columns">, CountRequest<Inputs, Index, Text> {
  readonly columns?: readonly Name[];
}

/** What a row is looked up by: its primary key, or a value of the unique column `Column`. */
export type LookupKey<Inputs extends TableInputs, Column extends string> = [Column] extends [never]
  ? Inputs["keyInput"]
  : Column extends keyof Inputs["update"]
    ? Exclude<Inputs["update"][Column], undefined>
    : unknown;

export type { Columns, DefinedShape, TableDefinition, TableShape };
