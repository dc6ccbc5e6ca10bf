/// <reference lib="esnext.disposable" preserve="true" />
/** `import Database from "quire-db/better-sqlite3"`: page files with better-sqlite3's methods. */
import { Database } from "./database.js";

export { type Options, Database } from "./database.js";
export { SqliteError } from "./sqlite-error.js";
export type { BindValue, ColumnDefinition, RunResult, Statement } from "./statement.js";
export type { Transaction } from "./transaction.js";
export default Database;
// What require() gives where it loads modules of this kind.
export { Database as "module.exports" };
