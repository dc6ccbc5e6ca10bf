/** `import`, `export` and `dump` of files of other formats, which the host reads and writes: in a session of its own. */
import { existsSync, rmSync, statSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { EXIT_NOT_DONE, EXIT_RUNTIME, QuireError } from "../../api/errors.js";
import { type RowFormat, exportFile, writeRows } from "../../files/export-file.js";
import { kindNamed } from "../../files/kinds.js";
import { importFile } from "../../files/import-file.js";
import { importSqlite } from "../../files/sqlite-import.js";
import { DIALECTS, type DialectName } from "../../files/dialects.js";
import { dumpSql } from "../../files/sql-script.js";
import type { AnySession, Watch } from "../../files/insert-rows.js";
import { compressionNamed } from "../../node/compression.js";
import { open } from "../../node/open.js";
import { writeAll, writeWhole } from "../../node/whole-file.js";
import { isStatement } from "../command-line.js";
import { ENDING_SIGNALS, Interrupted } from "../interruption.js";
import { wrongWords } from "../opening.js";
import { counted, printable } from "../printable.js";
import { report } from "../report.js";
import { type FileWords, readFileWords, readTypes, splitNames } from "./options.js";
import { type FileCommandName, sourceKind } from "./words.js";

/** Milliseconds between two looks of the line of progress. */
const EVERY = 200;

const grouped = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");

/** What a command tells while it runs, and when it is done. */
class Teller {
  readonly isJson: boolean;
  readonly #watched: boolean;
  readonly #start = performance.now();
  #shown = 0;
  #isShown = false;

  constructor(
    readonly command: string,
    options: ReadonlyMap<string, string>,
  ) {
    this.isJson = options.has("json");
    this.#watched = options.has("progress") || (isatty(2) && !options.has("no-progress") && !this.isJson);
  }

  get seconds(): string {
    return ((performance.now() - this.#start) / 1000).toFixed(2);
  }

  readonly progress = (rows: number, of: number | null): void => {
    const now = performance.now();
    if (!this.#watched || now - Math.max(this.#shown, this.#start) < EVERY) return;
    this.#shown = now;
    this.#isShown = true;
    const speed = grouped(Math.round((rows * 1000) / (now - this.#start)));
    const share = of === null || of === 0 ? "" : `, ${Math.floor((rows * 100) / of)} %`;
    writeSync(2, `\r${this.command}: ${grouped(rows)} rows, ${speed} rows/s${share}\x1b[K`);
  };

  /** Takes the line of progress away. */
  clear(): void {
    if (this.#isShown) writeSync(2, "\r\x1b[K");
    this.#isShown = false;
  }

  /** Says something beside the result. */
  note(text: string): void {
    this.clear();
    if (!this.isJson) writeSync(2, `${printable(text)}\n`);
  }

  /** The result, for people or for programs, with its time. */
  done(text: string, json: object): void {
    this.told(`${text} in ${this.seconds} s`, json);
  }

  /** The same without a time for people. */
  told(text: string, json: object): void {
    this.clear();
    writeSync(1, `${this.isJson ? JSON.stringify({ ...json, seconds: Number(this.seconds) }) : printable(text)}\n`);
  }
}

/** A word as a shell reads it. */
const shellWord = (word: string): string => (/^[\w:=.,/+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** `import FILE.sqlite`, or `import TABLE FILE.sqlite` for one table of it. */
async function runSqliteImport(db: AnySession, { plain, options }: FileWords, teller: Teller, watch: Watch): Promise<void> {
  const source = plain.at(-1) as string;
  const refused = ["key", "batch", "null", "on-conflict", "ignore-extra", "skip-bad", "dry-run"].find((name) =>
    options.has(name),
  );
  if (refused !== undefined || plain.length > 2) {
    throw wrongWords(`import of an SQLite file takes no ${refused === undefined ? String(plain[2]) : `--${refused}`}`);
  }
  const { tables, rows, notes } = await importSqlite(db, source, {
    ...watch,
    lenient: options.has("lenient"),
    types: readTypes(options.get("types")),
    ...(plain.length === 1 ? {} : { tables: plain.slice(0, 1) }),
  });
  for (const note of notes) teller.note(`note: ${note}`);
  const text = `imported ${counted(rows, "row")} into ${counted(tables.length, "table")}`;
  teller.done(text, { tables: tables.map(({ table, rows: imported }) => ({ table, imported })), imported: rows, notes });
}

/** The file that `--out` names. */
function outOf(options: ReadonlyMap<string, string>): string | undefined {
  const out = options.get("out");
  if (out === undefined) return undefined;
  if (compressionNamed(out) !== null)
    throw wrongWords(`${out} can't be compressed as it is written; name it without that ending`);
  if (out === "" || statSync(out, { throwIfNoEntry: false })?.isFile() === false)
    throw wrongWords(`--out needs the name of a file, not "${out}"`);
  return out;
}

async function runDump(db: AnySession, { plain, options }: FileWords, teller: Teller, watch: Watch): Promise<void> {
  const dialect = options.get("dialect") ?? "sqlite";
  if (plain.length > 0) throw wrongWords(`dump takes no ${plain.join(" ")}`);
  const format = options.get("format") ?? "sql";
  if (format !== "sql") throw wrongWords(`--dialect goes with --format sql, not ${format}`);
  if (!DIALECTS.some((name) => name === dialect))
    throw wrongWords(`there is no dialect ${dialect}; use one of ${DIALECTS.join(", ")}`);
  const dump = async (write: (bytes: Uint8Array) => void): Promise<void> => {
    for await (const text of dumpSql(db, { ...watch, dialect: dialect as DialectName })) write(Buffer.from(text));
  };
  const out = outOf(options);
  await (out === undefined ? dump((bytes) => writeAll(1, bytes)) : writeWhole(out, dump));
  teller.clear();
}

const CONFLICTS = ["error", "skip", "update"] as const;

/** The exit status is that of a failed import where a dry run says that it would be one. */
async function runImport(db: AnySession, words: FileWords, teller: Teller, watch: Watch): Promise<number> {
  const { plain, options } = words;
  if (sourceKind(plain, options.get("format")) === "sqlite") {
    await runSqliteImport(db, words, teller, watch);
    return 0;
  }
  const [table, source, more] = plain;
  if (table === undefined || source === undefined || more !== undefined) {
    throw wrongWords("import of such a file needs a TABLE and the file, and nothing else");
  }
  const key = options.get("key");
  const batch = options.get("batch");
  const told = options.get("on-conflict") ?? "error";
  const onConflict = CONFLICTS.find((choice) => choice === told);
  const create = options.has("create");
  const [skipBad, dryRun] = [options.has("skip-bad"), options.has("dry-run")];
  if (batch !== undefined && !/^[1-9]\d{0,8}$/.test(batch)) throw wrongWords(`--batch needs a number of rows, not ${batch}`);
  if (onConflict === undefined) throw wrongWords("--on-conflict is update, skip or error");
  if (create && options.has("ignore-extra"))
    throw wrongWords("--ignore-extra goes without --create: a table that is made has all columns");
  if (!create && options.has("types")) throw wrongWords("--types goes with --create: a table that is there has its types");
  if (!create && key !== undefined && onConflict === "error") {
    throw wrongWords("--key goes with --create or --on-conflict");
  }
  const result = await importFile(db, source, {
    ...watch,
    table,
    create,
    onConflict,
    skipBad,
    dryRun,
    ignoreExtra: options.has("ignore-extra"),
    types: readTypes(options.get("types")),
    nulls: options.has("null") ? splitNames(options.get("null") as string) : [],
    ...(key === undefined ? {} : { key: create ? key : splitNames(key) }),
    ...(batch === undefined ? {} : { batch: Number(batch) }),
  });
  const { rows, columns, notes, skipped, bad, changed, same } = result;
  if (!teller.isJson) for (const { message } of bad) teller.note(`${dryRun ? "refused" : "skipped"} ${message}`);
  if (columns !== undefined)
    teller.note(`${dryRun ? "would create" : "created"} ${[table, ...columns].map(shellWord).join(" ")}`);
  for (const note of notes) teller.note(`note: ${note}`);
  if (skipped > bad.length) teller.note(`${dryRun ? "refused" : "skipped"} ${grouped(skipped - bad.length)} more`);
  const isKeyed = options.has("on-conflict") && onConflict !== "error";
  const became = `${rows - changed} new${onConflict === "update" ? `, ${changed} changed, ${same} the same` : `, ${same} there already`}`;
  const into = `${counted(rows, "row")} into ${table}${isKeyed ? ` (${became})` : ""}`;
  const json = {
    table,
    imported: rows,
    skipped,
    ...(isKeyed ? { new: rows - changed, changed, same } : {}),
    ...(dryRun ? { dryRun } : {}),
    ...(bad.length === 0 ? {} : { bad }),
    ...(columns === undefined ? {} : { columns }),
    ...(notes.length === 0 ? {} : { notes }),
  };
  const fails = dryRun && skipped > 0 && !skipBad;
  const without = skipped === 0 ? "" : `, and refuses ${skipped}: without --skip-bad it would fail`;
  if (dryRun) teller.told(`would import ${into}${without}`, json);
  else teller.done(`imported ${into}${skipped === 0 ? "" : `, skipped ${skipped} bad ${skipped === 1 ? "one" : "ones"},`}`, json);
  return fails ? EXIT_NOT_DONE : 0;
}

async function runExport(db: AnySession, { plain, options }: FileWords, teller: Teller, watch: Watch): Promise<void> {
  const [what, ...others] = plain;
  if (what === undefined) throw wrongWords("export needs a TABLE, or a query");
  const format = options.get("format") as RowFormat | undefined;
  const [where, orderBy, codec, names] = ["where", "order", "codec", "columns"].map((name) => options.get(name));
  const isQuery = isStatement(what);
  // A file is known by its name. Without one rows go to standard output, in the format that is told.
  const isFile = kindNamed(others[0] ?? "") !== null;
  const out = outOf(options) ?? (isFile || format === undefined ? others.shift() : undefined);
  if (isQuery && (where ?? orderBy ?? names) !== undefined) throw wrongWords("--where, --order and --columns go with a table");
  const which = {
    ...watch,
    ...(isQuery ? { sql: what } : { table: what }),
    ...(others.length === 0 ? {} : { params: others }),
    ...(where === undefined ? {} : { where }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(codec === undefined ? {} : { codec }),
    ...(names === undefined ? {} : { columns: splitNames(names) }),
    ...(format === undefined ? {} : { format }),
  };
  if (out === undefined) {
    if (isatty(1)) throw wrongWords(`${String(format)} is not for a terminal; name a file, or send it into one`);
    await writeRows(db, (bytes) => writeAll(1, bytes), format as RowFormat, which);
    teller.clear();
    return;
  }
  const { rows } = await exportFile(db, out, which);
  teller.done(`exported ${counted(rows, "row")} to ${out}`, { file: out, exported: rows });
}

/** What was not there before and has no tables is taken away again. */
async function removeEmpty(path: string): Promise<void> {
  const db = await open(path, { readonly: true });
  const isEmpty = (await db.tables()).length === 0;
  await db.close();
  if (isEmpty) for (const name of [path, `${path}-log`]) rmSync(name, { force: true });
}

/** Does it: the exit status, or the signal that ended it. What goes wrong is a `QuireError`. */
export async function runFileCommand(command: FileCommandName, words: readonly string[]): Promise<number | NodeJS.Signals> {
  const read = readFileWords(words, command);
  const { file, open: how } = read;
  const teller = new Teller(command, read.options);
  const reads = command !== "import";
  const isNew = !reads && !existsSync(file) && file !== ":memory:";
  const stop = new AbortController();
  const end = (signal: NodeJS.Signals): void => stop.abort(new Interrupted(signal));
  // A second signal ends it the hard way.
  for (const signal of ENDING_SIGNALS) process.once(signal, end);
  const watch: Watch = { signal: stop.signal, onProgress: teller.progress };
  let db: AnySession | null = null;
  try {
    db = await open(file, reads ? { ...how, readonly: true } : how);
    if (command === "import") return await runImport(db, read, teller, watch);
    if (command === "dump") await runDump(db, read, teller, watch);
    else await runExport(db, read, teller, watch);
    return 0;
  } catch (error) {
    teller.clear();
    if ((error as { code?: unknown }).code === "EPIPE") return EXIT_RUNTIME;
    if (error instanceof QuireError) {
      // Errors of sessions have no exit status of their own.
      const { exitStatusOf } = await import("../shell/store.js");
      throw new QuireError(error.code, error.message, exitStatusOf(error), { cause: error });
    }
    if (!(error instanceof Interrupted) || db === null) throw error;
    report(new QuireError("INTERRUPTED", `${command} was ended by ${error.signal}; ${await kept(db, command, read)}`), words);
    return error.signal;
  } finally {
    for (const signal of ENDING_SIGNALS) process.off(signal, end);
    if (db !== null) {
      await db.close();
      if (isNew) await removeEmpty(file);
    }
  }
}

/** What of a command that a signal ended is there. */
async function kept(db: AnySession, command: FileCommandName, { plain, options }: FileWords): Promise<string> {
  if (command !== "import") return "nothing was written";
  const [table = ""] = plain;
  if (options.has("batch") && (await db.tables()).some(({ name }) => name === table)) {
    return `what was committed is kept: ${table} has ${await db.table(table).count()} rows now`;
  }
  return "nothing was imported";
}
