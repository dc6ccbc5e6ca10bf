/** What programs get wherever they run. */
export { QuireError } from "./errors.js";
export {
  type AnyRow,
  type CheckedColumns,
  type Columns,
  type InsertOf,
  type JsonValue,
  type KeyOf,
  type RowOf,
  type TableDefinition,
  type UpdateOf,
  defineTable,
} from "./define-table.js";
export type { FileUrl, OpenOptions } from "./options.js";
export type {
  BackupResult,
  CheckOptions,
  CheckResult,
  ColumnRules,
  CountOptions,
  DeleteOptions,
  DeleteResult,
  DeleteWhereRequest,
  ExecResult,
  Fault,
  FileInfo,
  HashResult,
  IdentityRights,
  LookupOptions,
  Params,
  PrepareOptions,
  RunResult,
  ScanOptions,
  SchemaInfo,
  SqlResult,
  StatementColumn,
  TableInfo,
  TableSchemaInfo,
  TableStats,
  TimeOptions,
  UpdateResult,
  WhereOptions,
  WhereRequest,
} from "./requests.js";
export {
  DestructiveChangeError,
  type DriftOptions,
  type MigrateOptions,
  type MigrationPolicy,
  type Renames,
  type RowFunction,
  type SchemaChange,
} from "./migration.js";
export type { RuntimeName } from "./runtime-names.js";
export { Session, SyncSession } from "./session.js";
export { type Arguments, Statement, SyncStatement } from "./statement.js";
export type { RowFrom } from "./row-types.js";
export { Scan, SyncScan } from "./scan.js";
export { SyncTable, Table } from "./table.js";
export { type ReadOptions, Rows, SyncRows, SyncWhere, Where } from "./where.js";
export type { UsualValues, ValueForms, ValueTypes, ValuesOf } from "./value-forms.js";
