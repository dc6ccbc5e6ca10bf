/// <reference lib="esnext.disposable" preserve="true" />
/** The package: `import { open, openSync, defineTable, QuireError } from "quire-db"`. */
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
} from "./library/define-table.js";
export type { FileUrl, OpenOptions } from "./library/options.js";
export type {
  BackupResult,
  CheckOptions,
  CheckResult,
  CountOptions,
  DeleteOptions,
  DeleteResult,
  Fault,
  FileInfo,
  HashResult,
  IdentityRights,
  LookupOptions,
  ScanOptions,
  SchemaInfo,
  TableInfo,
  TableSchemaInfo,
  TableStats,
  UpdateResult,
} from "./library/requests.js";
export type { RuntimeName } from "./runtime-names.js";
export { Session, SyncSession, open, openSync } from "./library/session.js";
export { Scan, SyncScan, SyncTable, Table } from "./library/table.js";
