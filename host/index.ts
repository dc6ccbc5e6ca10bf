/// <reference lib="esnext.disposable" preserve="true" />
/** The package: `import { open, openSync, defineTable, QuireError } from "quire-db"`. */
export { QuireError } from "./api/errors.js";
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
} from "./api/define-table.js";
export type { FileUrl, OpenOptions } from "./api/options.js";
export type {
  BackupResult,
  CheckOptions,
  CheckResult,
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
  MigrateOptions,
  Params,
  PrepareOptions,
  RunResult,
  ScanOptions,
  SchemaChange,
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
} from "./api/requests.js";
export type { RuntimeName } from "./api/runtime-names.js";
export { Session, SyncSession } from "./api/session.js";
export { type Arguments, Statement, SyncStatement } from "./api/statement.js";
export type { RowFrom } from "./api/row-types.js";
export { Scan, SyncScan } from "./api/scan.js";
export { SyncTable, Table } from "./api/table.js";
export { type ReadOptions, Rows, SyncRows, SyncWhere, Where } from "./api/where.js";
export type { UsualValues, ValueForms, ValueTypes, ValuesOf } from "./api/value-forms.js";
export { open, openSync } from "./node/open.js";
