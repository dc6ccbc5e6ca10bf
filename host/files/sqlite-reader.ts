/** SQLite files, by Node's own SQLite, or else by a package that the user installs. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../api/errors.js";
import { firstBytes } from "../node/whole-file.js";
import { badFile } from "./bad-file.js";
import { missing } from "./packages.js";

/** A value of SQLite: whole numbers are bigints, or numbers where the package has no others. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

/** A file that is only read. */
export interface SqliteFile {
  /** Whether the package ends texts at their first NUL character. */
  readonly cutsTexts: boolean;
  /** The rows of a query whose columns are called differently, as lists. */
  rows(sql: string): Iterable<readonly SqliteValue[]>;
  close(): void;
}

/** A row as an object: the values are in the order of the columns, for no name is a number. */
const listOf = (row: unknown): readonly SqliteValue[] => Object.values(row as object) as SqliteValue[];

function* listsOf(rows: Iterable<unknown>): Iterable<readonly SqliteValue[]> {
  for (const row of rows) yield listOf(row);
}

interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { readOnly: boolean },
  ) => {
    prepare(sql: string): { setReadBigInts(on: boolean): void; iterate?(): Iterable<unknown>; all(): unknown[] };
    close(): void;
  };
}

type BetterSqlite = new (
  path: string,
  options: { readonly: boolean },
) => {
  prepare(sql: string): { safeIntegers(on: boolean): { raw(on: boolean): { iterate(): Iterable<readonly SqliteValue[]> } } };
  close(): void;
};

interface WasmSqlite {
  readonly Database: new (
    path: string,
    options: { readOnly: boolean; fileMustExist: boolean },
  ) => {
    prepare(sql: string): { iterate(): Iterable<unknown>; finalize(): void };
    close(): void;
  };
}

const require = createRequire(import.meta.url);

/** The module of this name; null when it is not there, or does not run on this machine. */
function load(name: string): unknown {
  try {
    return require(name) as unknown;
  } catch {
    return null;
  }
}

function openBy(path: string): SqliteFile | null {
  const node = load("node:sqlite") as NodeSqlite | null;
  if (node !== null) {
    const db = new node.DatabaseSync(path, { readOnly: true });
    return {
      cutsTexts: false,
      rows(sql) {
        const statement = db.prepare(sql);
        statement.setReadBigInts(true);
        return listsOf(statement.iterate?.() ?? statement.all());
      },
      close: () => db.close(),
    };
  }
  const Better = load("better-sqlite3") as BetterSqlite | null;
  if (Better !== null) {
    try {
      const db = new Better(path, { readonly: true });
      return { cutsTexts: false, rows: (sql) => db.prepare(sql).safeIntegers(true).raw(true).iterate(), close: () => db.close() };
    } catch (error) {
      // Its part in C may be missing, or be for another Node.
      if (!/bindings|\.node|NODE_MODULE_VERSION/.test(reasonOf(error))) throw error;
    }
  }
  const wasm = load("node-sqlite3-wasm") as WasmSqlite | null;
  if (wasm === null) return null;
  const db = new wasm.Database(path, { readOnly: true, fileMustExist: true });
  return {
    cutsTexts: true,
    *rows(sql) {
      const statement = db.prepare(sql);
      try {
        yield* listsOf(statement.iterate());
      } finally {
        statement.finalize();
      }
    },
    close: () => db.close(),
  };
}

const WAL_HINT =
  "the file is in WAL mode, which node-sqlite3-wasm can't read: install better-sqlite3, use Node 22.13, or PRAGMA journal_mode = DELETE";

/** Whether a file's header says that its last changes may be in a file beside it. */
const isInWalMode = (path: string): boolean => firstBytes(path, 20)[19] === 2;

/** What went wrong, told of the file. */
function badSqlite(path: string, error: unknown): QuireError {
  const hint = isInWalMode(path) ? `; ${WAL_HINT}` : "";
  return badFile(path, reasonOf(error) + hint, error);
}

function* guarded(path: string, rows: () => Iterable<readonly SqliteValue[]>): Iterable<readonly SqliteValue[]> {
  try {
    yield* rows();
  } catch (error) {
    throw badSqlite(path, error);
  }
}

/** Opens an SQLite file to be read: `BAD_FILE` where it is none, `PACKAGE_NOT_FOUND` where nothing here can read it. */
export function openSqlite(path: string): SqliteFile {
  if (!existsSync(path)) throw new QuireError("FILE_NOT_FOUND", `there is no file ${path} to read from`, EXIT_NOT_DONE);
  let file: SqliteFile | null;
  try {
    file = openBy(path);
  } catch (error) {
    throw badSqlite(path, error);
  }
  if (file === null) throw missing(["node-sqlite3-wasm", "better-sqlite3"]);
  return { ...file, rows: (sql) => guarded(path, () => file.rows(sql)) };
}
