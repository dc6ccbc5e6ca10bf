/**
 * Files of rows as text: CSV, TSV, JSON and NDJSON, compressed or not. The command's module reads them, in a process of its own: it finds out how
 * they are written, and prints their rows as lines of JSON.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { JsonText } from "../api/document.js";
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { nameInSpec, nameOfSpec, typeOfSpec } from "../api/table-schema.js";
import { compressionOf, requireCompression } from "../node/compression.js";
import { GuestFolders } from "../node/guest-files.js";
import { open } from "../node/open.js";
import { unpackInto } from "../node/packed-streams.js";
import { requireRuntime } from "../node/run-command.js";
import { modulePath } from "../paths.js";
import type { AnySession } from "./insert-rows.js";
import type { TextFormat } from "./kinds.js";
import { type LoadOptions, type Loaded, type Read, loadRows } from "./load-rows.js";

/** How a file of text is written, where that is not to be found out: options of the command `import` (docs/csv.md, docs/import.md). */
export interface TextOptions {
  readonly format?: TextFormat;
  readonly delimiter?: string;
  /** What stands around cells, `""` for nothing. */
  readonly quote?: string;
  /** A backslash where it begins escapes, `""` where it does not. */
  readonly escape?: "\\" | "";
  /** What lines begin with that are no rows. */
  readonly comment?: string;
  /** Lines before the header. */
  readonly skip?: number;
  readonly header?: boolean;
  /** Takes rows that are too short. */
  readonly ragged?: boolean;
  readonly decimal?: "," | ".";
  readonly thousands?: string;
  readonly dates?: "dmy" | "mdy" | "ymd";
  readonly encoding?: "utf-8" | "utf-16le" | "utf-16be" | "windows-1252" | "latin1";
  /** Where in JSON the rows are: `"data.items"`; `""`: the outermost objects. */
  readonly rows?: string;
  /** The column for the names of members that are rows. */
  readonly keyAs?: string;
  /** Makes columns `a_b` of objects in rows. */
  readonly flatten?: boolean;
  /** Leaves rows out that can't be read, and counts them. */
  readonly skipBad?: boolean;
  /** Leaves out what the table has no column for. */
  readonly ignoreExtra?: boolean;
}

const OPTIONS: readonly (keyof TextOptions)[] = [
  ...(["delimiter", "quote", "escape", "comment", "skip", "ragged", "decimal", "thousands", "dates", "encoding"] as const),
  ...(["rows", "keyAs", "flatten", "skipBad", "ignoreExtra"] as const),
];

/** What is done with the rows. */
interface Task extends Omit<TextOptions, "skipBad">, LoadOptions {
  readonly table: string;
  readonly create?: boolean;
  readonly types?: Readonly<Record<string, string>>;
}

export interface TextResult extends Loaded {
  readonly table: string;
  readonly columns?: readonly string[];
  /** What was found out about the file, and what is null in it, a line each. */
  readonly notes: readonly string[];
}

/** The words for the module. */
function wordsOf(format: TextFormat, task: Task): string[] {
  const words = ["--print", "--json", "--format", format];
  for (const name of OPTIONS) {
    const value = task[name];
    const word = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === true) words.push(word);
    else if (value !== undefined && value !== false) words.push(word, String(value));
  }
  if (task.header !== undefined) words.push(task.header ? "--header" : "--no-header");
  if (task.create === true) words.push("--create");
  const [key] = task.key;
  if (key !== undefined && task.create === true) words.push("--key", key);
  if (Object.keys(task.types ?? {}).length > 0) words.push("--types", JSON.stringify(task.types));
  for (const text of task.nulls) words.push("--null", text);
  return words;
}

/** Makes of a value as JSON has it one of the type, where these differ. */
function converterOf(type: string): ((value: unknown) => unknown) | null {
  if (type === "int64" || type === "uint64") return (value) => BigInt(value as string);
  if (type === "json") return (value) => new JsonText(value as string);
  return type === "blob" || type.startsWith("custom") ? (value) => Buffer.from(value as string, "hex") : null;
}

/** The lines of a text, some at a time. */
async function* linesOf(stream: Readable): AsyncGenerator<string[]> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = chunk.split("\n");
    lines[0] = rest + (lines[0] as string);
    rest = lines.pop() as string;
    yield lines;
  }
}

/** The module at work on a file. */
class Reading {
  readonly #child;
  readonly #ended: Promise<number | null>;
  readonly #lines: AsyncGenerator<string[]>;
  readonly #stop = (): boolean => this.#child.kill("SIGKILL");
  #said = "";
  #failure: Error | null = null;
  /** Lines that were read, and not asked for: the last one is no row. */
  #waiting: string[] = [];

  constructor(
    path: string,
    words: (source: string, scratch: string) => readonly string[],
    scratch: string | null,
    readonly signal: AbortSignal | undefined,
  ) {
    const compression = compressionOf(path);
    if (compression !== null) requireCompression(compression, `unpack ${path} first`);
    const folders = new GuestFolders("node", process.cwd(), scratch === null ? [path] : [path, scratch]);
    const source = compression === null ? folders.open(path) : "-";
    const args = words(source, scratch === null ? ":memory:" : folders.open(scratch));
    const { adapter, program } = requireRuntime("node");
    const invocation = { module: modulePath(), preopens: folders.preopens, args, env: {} };
    this.#child = spawn(program, adapter.argv(invocation), { stdio: ["pipe", "pipe", "pipe"] });
    const { stdin, stdout, stderr } = this.#child;
    stderr.on("data", (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#ended = new Promise((resolve, reject) => this.#child.once("error", reject).once("close", resolve));
    this.#ended.catch(() => undefined);
    this.#lines = linesOf(stdout);
    signal?.addEventListener("abort", this.#stop, { once: true });
    stdin.on("error", () => undefined);
    if (compression === null) stdin.end();
    else {
      unpackInto({ path, named: path, compression }, stdin).catch((error: unknown) => {
        this.#failure = error as Error;
        this.#stop();
      });
    }
  }

  /** Lines of rows; undefined when they are over. */
  async next(): Promise<readonly string[] | undefined> {
    while (this.#waiting.length < 2) {
      const lines = await this.#lines.next();
      if (lines.done === true) return undefined;
      this.#waiting.push(...lines.value);
    }
    return this.#waiting.splice(0, this.#waiting.length - 1);
  }

  /** The first line, if it is not the last one. */
  async first(): Promise<string | undefined> {
    const lines = await this.next();
    if (lines === undefined) return undefined;
    this.#waiting.unshift(...lines.slice(1));
    return lines[0];
  }

  /** What the last line tells, behind all rows. What went wrong is thrown. */
  async report(): Promise<{ readonly skipped: number; readonly notes?: readonly string[] }> {
    const status = await this.#ended;
    this.signal?.throwIfAborted();
    if (this.#failure !== null) throw this.#failure;
    const last = this.#waiting.at(-1) ?? "";
    if (status === 0) return JSON.parse(last) as { skipped: number };
    const { error } = (last.startsWith('{"error":') ? JSON.parse(last) : {}) as { error?: { code: string; message: string } };
    throw new QuireError(error?.code ?? "RUNTIME_FAILED", error?.message ?? this.#said.trim(), EXIT_NOT_DONE);
  }

  async close(): Promise<void> {
    this.signal?.removeEventListener("abort", this.#stop);
    this.#stop();
    // What is not read any more would keep it open.
    this.#child.stdout.destroy();
    await this.#ended;
  }
}

/** The rows that are left, as objects with values of these types. Where they end before the file does, that is thrown behind them. */
async function* objectsOf(reading: Reading, columns: readonly string[]): AsyncGenerator<Read, void, undefined> {
  let number = 0;
  const converters = columns.flatMap((word) => {
    const convert = converterOf(typeOfSpec(word));
    return convert === null ? [] : [[nameOfSpec(word), convert] as const];
  });
  for (let lines = await reading.next(); lines !== undefined; lines = await reading.next()) {
    for (const line of lines) {
      const row = JSON.parse(line) as Record<string, unknown>;
      for (const [name, convert] of converters) {
        if (Object.hasOwn(row, name) && row[name] !== null) row[name] = convert(row[name]);
      }
      yield { number: ++number, row };
    }
  }
  await reading.report();
}

/** Puts the rows of the file into a table, which is made if it is to be. */
export async function importText(db: AnySession, path: string, format: TextFormat, task: Task): Promise<TextResult> {
  if (task.create === true) return readInto(db, path, format, task, null, null);
  const [definition] = (await db.schema(task.table)).tables;
  const { columns = [], fields = [], primaryKey } = definition ?? {};
  // Cells are read as the table's columns have them: the module gets a table that has the same ones.
  const words = fields.map(({ name, auto, null: nullable }, i) => {
    const flags = [name === primaryKey && "pk", auto === true && "auto", nullable && "null"];
    return [nameInSpec(name), typeOfSpec(columns[i] as string), ...flags.filter((flag) => flag !== false)].join(":");
  });
  const folder = mkdtempSync(join(tmpdir(), "quire-import-"));
  try {
    const scratch = join(folder, "table.db");
    const made = await open(scratch);
    await made.create(task.table, words);
    await made.close();
    return await readInto(db, path, format, task, scratch, words);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readInto(
  db: AnySession,
  path: string,
  format: TextFormat,
  task: Task,
  scratch: string | null,
  known: readonly string[] | null,
): Promise<TextResult> {
  const { table } = task;
  const options = wordsOf(format, task);
  const words = (source: string, file: string): string[] => [file, "import", ...options, "--", table, source];
  const reading = new Reading(path, words, scratch, task.signal);
  try {
    const made = known === null ? await reading.first() : undefined;
    if (known === null && made === undefined) await reading.report();
    const columns = known ?? (JSON.parse(made ?? "") as { columns: string[] }).columns;
    const targets = columns.map((word) => ({ name: nameOfSpec(word), type: typeOfSpec(word) }));
    const make = async (): Promise<void> => (known === null ? db.create(table, columns) : undefined);
    const loaded = await loadRows(db, table, { reads: objectsOf(reading, columns), of: null, targets }, task, make);
    const { skipped, notes = [] } = await reading.report();
    return { table, ...loaded, ...(known === null ? { columns } : {}), notes, skipped: loaded.skipped + skipped };
  } finally {
    await reading.close();
  }
}
