/**
 * `quire-db/files`: files of other formats, and of other engines. Parquet is read by hyparquet and written by hyparquet-writer, Arrow by apache-arrow,
 * SQLite by what Node has or node-sqlite3-wasm or better-sqlite3: a program installs what it has use for.
 */
export type { DialectName } from "./dialects.js";
export { type ExportOptions, type ExportResult, type RowFormat, exportFile } from "./export-file.js";
export { type ImportOptions, type ImportResult, importFile } from "./import-file.js";
export type { TextFormat } from "./kinds.js";
export type { TextOptions } from "./text-file.js";
export type { Watch } from "./insert-rows.js";
export { type DumpOptions, dumpSql } from "./sql-script.js";
export { type SqliteImportOptions, type SqliteImportResult, importSqlite } from "./sqlite-import.js";
