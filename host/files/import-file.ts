/** `importFile`: a file of rows into a table, which is made if it is to be. */
import { statSync } from "node:fs";
import { extname } from "node:path";
import { EXIT_NOT_DONE, EXIT_USAGE, QuireError } from "../api/errors.js";
import { nameInSpec } from "../api/table-schema.js";
import type { AnySession, Watch } from "./insert-rows.js";
import { nameInside } from "../node/compression.js";
import { TEXT_FORMATS, type TextFormat, kindNamed, kindOfFile } from "./kinds.js";
import { type BadRow, type LoadOptions, type Loaded, type Target, loadFile } from "./load-rows.js";
import type { FileColumn, RowFile } from "./row-file.js";
import { type ReadOptions, openInThread } from "./rows-thread.js";
import { type TextOptions, importText } from "./text-file.js";

export interface ImportOptions extends Watch, ReadOptions, TextOptions {
  /** The table that the rows go into. */
  readonly table: string;
  /** Makes the table, with the types of the file's columns. */
  readonly create?: boolean;
  /**
   * The column that becomes the primary key of a table that is made: one called id, or the first, if its values are all there and differ, unless
   * told; else one more that counts. Of a table that is there: the columns that tell rows for `onConflict`, the primary key unless told.
   */
  readonly key?: string | readonly string[];
  /** Other types for columns of a table that is made, as `{ price: "text" }`. */
  readonly types?: Readonly<Record<string, string>>;
  /** Texts of values that are null, as `["NaN"]`; in text nothing else is null then. */
  readonly nulls?: readonly string[];
  /** Rows after which what is done so far is committed; absent: all rows are one transaction. */
  readonly batch?: number;
  /** What becomes of a row whose key is there already: an error unless told, or it is left as it is, or gets the values of the file. */
  readonly onConflict?: "error" | "skip" | "update";
  /** Columns that the table has not are left out, which a note says. */
  readonly ignoreExtra?: boolean;
  /** Rows that are refused are left out, and told of in `bad`. */
  readonly skipBad?: boolean;
  /** Does all of it, says what it would do, and takes it back. */
  readonly dryRun?: boolean;
}

export interface ImportResult {
  readonly table: string;
  /** Rows that were inserted or changed. */
  readonly rows: number;
  /** Rows that were refused, and the first twenty of them, but those of text that can't be read. */
  readonly skipped: number;
  readonly bad: readonly BadRow[];
  /** With `onConflict`: rows of the table that were changed, and those that are the same as before. */
  readonly changed: number;
  readonly same: number;
  /** The words for `create` of a table that was made. */
  readonly columns?: readonly string[];
  /** What people should know of the file, and of text how it was read and what is null in it, a line each. */
  readonly notes: readonly string[];
}

/** What `onConflict` may be. Programs without types give others, which would be taken for "skip". */
const CONFLICTS: readonly string[] = ["error", "skip", "update"];

/** The format of text that the options or the file's name tell. */
function textFormatOf(path: string, { format }: ImportOptions): TextFormat | null {
  return format ?? TEXT_FORMATS.get(extname(nameInside(path)).toLowerCase()) ?? null;
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Opens a file of rows; the kind is that of its first bytes, or else of its name. */
async function openRows(path: string, options: ReadOptions): Promise<RowFile> {
  if (!isFile(path)) {
    throw new QuireError("FILE_NOT_FOUND", `there is no file ${path} to read from`, EXIT_NOT_DONE);
  }
  const kind = kindOfFile(path) ?? kindNamed(path);
  if (kind !== null && kind !== "sqlite") return openInThread({ path, kind }, options);
  const other =
    kind === "sqlite" ? "an SQLite file, which importSqlite reads" : "neither Parquet nor Arrow; CSV and JSON are told by format";
  throw new QuireError("BAD_FILE", `${path} is ${other}`, EXIT_NOT_DONE);
}

/**
 * Puts the rows of a Parquet, Arrow, CSV, TSV, JSON or NDJSON file into a table, or none of them: a row group, or a record batch, is in memory
 * at a time. Values keep what they are: one that its column can't hold without a loss is `BAD_VALUE`, which names row and column.
 */
export async function importFile(db: AnySession, path: string, options: ImportOptions): Promise<ImportResult> {
  const { table, create = false, nulls = [], batch = 0, onConflict = "error", skipBad = false, dryRun = false } = options;
  if (!CONFLICTS.includes(onConflict)) {
    const known = CONFLICTS.map((name) => `"${name}"`).join(", ");
    throw new QuireError("BAD_OPTION", `importFile: onConflict must be one of ${known}, not ${onConflict}`, EXIT_USAGE);
  }
  const key = options.key === undefined ? [] : typeof options.key === "string" ? [options.key] : options.key;
  const how: LoadOptions = { ...options, nulls, batch, onConflict, skipBad, dryRun, key, decisive: [] };
  if (create && key.length > 1) throw new QuireError("USAGE", "a table that is made has a key of one column", EXIT_USAGE);
  const format = textFormatOf(path, options);
  if (format !== null && isFile(path) && (options.format !== undefined || kindOfFile(path) === null))
    return importText(db, path, format, { ...options, ...how });
  const file = await openRows(path, options);
  try {
    if (create) return await importAnew(db, file, options, how);
    const extra: string[] = [];
    const targets = await targetsIn(db, table, file.columns, options.ignoreExtra === true ? extra : null);
    const loaded = await loadFile(db, table, file, targets, how);
    const note = `left out, as the table has no such columns: ${extra.join(", ")}`;
    return { table, ...loaded, notes: extra.length === 0 ? file.notes : [...file.notes, note] };
  } finally {
    await file.close();
  }
}

/** The columns of a table that is there for those of a file; null for what goes into `extra`, if there is one. */
async function targetsIn(
  db: AnySession,
  table: string,
  columns: readonly FileColumn[],
  extra: string[] | null,
): Promise<(Target | null)[]> {
  const [definition] = (await db.schema(table)).tables;
  const fields = definition?.fields ?? [];
  return columns.map(({ name }) => {
    const field = fields.find((candidate) => candidate.name === name);
    if (field !== undefined) return field;
    if (extra !== null) {
      extra.push(name);
      return null;
    }
    const there = fields.map((candidate) => candidate.name).join(", ");
    throw new QuireError(
      "COLUMN_NOT_FOUND",
      `${table} has no column ${name}, which the file has; it has ${there}; --ignore-extra leaves it out`,
      EXIT_NOT_DONE,
    );
  });
}

/** A column's name and type as `create` takes them. */
function columnWord(name: string, type: string, ...flags: readonly string[]): string {
  return [nameInSpec(name), type, ...flags].join(":");
}

/** Types that a key is chosen from. */
const KEY_TYPES = /^(?:u?int(?:8|16|32|64)|text|uuid)$/;

/** Makes the table in the transaction that its rows come in. */
async function importAnew(db: AnySession, file: RowFile, options: ImportOptions, how: LoadOptions): Promise<ImportResult> {
  const { table, types = {} } = options;
  const [key] = how.key;
  const unknown = Object.keys(types).find((name) => !file.columns.some((column) => column.name === name));
  const absent = unknown ?? (key !== undefined && !file.columns.some(({ name }) => name === key) ? key : undefined);
  if (absent !== undefined) {
    const there = file.columns.map(({ name }) => name).join(", ");
    throw new QuireError("COLUMN_NOT_FOUND", `the file has no column ${absent}; it has ${there}`, EXIT_NOT_DONE);
  }
  const targets = file.columns.map(({ name, type }) => ({ name, type: types[name] ?? type }));
  // Without a key that is told none is there twice: the values are looked at for one.
  const chosenHow: LoadOptions = key === undefined ? { ...how, onConflict: "error" } : how;
  const attempt = async (chosen: string | null, decisive: readonly string[]): Promise<ImportResult> => {
    const words = file.columns.map(({ name, nullable }, i) => {
      const isKey = name === chosen;
      return columnWord(name, (targets[i] as Target).type, ...(isKey ? ["pk"] : nullable ? ["null"] : []));
    });
    if (chosen === null) words.unshift(columnWord(freeName(file.columns), "uint32", "pk", "auto"));
    const loaded: Loaded = await loadFile(db, table, file, targets, { ...chosenHow, decisive }, () => db.create(table, words));
    return { table, ...loaded, columns: words, notes: file.notes };
  };
  if (key !== undefined) return attempt(key, []);
  const guess = how.batch > 0 && !how.dryRun ? undefined : likelyKey(targets);
  if (guess === undefined) return attempt(null, []);
  const isNoKey = ["PRIMARY_KEY_CONFLICT", "NOT_NULL"];
  try {
    return await attempt(guess, isNoKey);
  } catch (error) {
    if (!isNoKey.includes((error as { code?: unknown }).code as string)) throw error;
    return attempt(null, []);
  }
}

function likelyKey(targets: readonly Target[]): string | undefined {
  const able = targets.filter(({ type }, i) => KEY_TYPES.test(type) && (i === 0 || isId(targets[i] as Target)));
  return (able.find(isId) ?? able[0])?.name;
}

const isId = ({ name }: Target): boolean => name.toLowerCase() === "id";

/** A name for a column that counts. */
function freeName(columns: readonly FileColumn[]): string {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  let name = "id";
  for (let i = 1; taken.has(name); i++) name = i === 1 ? "row_id" : `row_id${i}`;
  return name;
}
