/** The commands that begin with a point. */
import { createReadStream, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { EXIT_NOT_DONE, EXIT_USAGE, QuireError } from "../../api/errors.js";
import { nearest } from "../../api/options.js";
import { sqlName, sqlText } from "../../api/sql-text.js";
import { plainPosition } from "../command-line.js";
import { printable } from "../printable.js";
import { FORMAT_NAMES } from "./formats.js";
import { linesOf } from "./lines.js";
import type { Shell } from "./shell.js";
import { widthOf } from "./width.js";
import { formatNamed } from "./words.js";

interface DotCommand {
  /** What comes behind the name. */
  readonly form: string;
  readonly summary: string;
  /** Fewest and most words. */
  readonly words: readonly [number, number];
  /** What its words are, for completion; the last one goes for all behind it. */
  readonly completes?: readonly ("file" | "table" | "format" | "switch" | "command")[];
  run(shell: Shell, words: readonly string[]): Promise<void> | void;
}

const usage = (message: string): QuireError => new QuireError("USAGE", message, EXIT_USAGE);

function isOn(word: string): boolean {
  if (/^(?:on|yes|true|1)$/i.test(word)) return true;
  if (/^(?:off|no|false|0)$/i.test(word)) return false;
  throw usage(`it is on or off, not ${word}`);
}

/** Texts side by side, as many as a line takes. */
async function showNames(shell: Shell, names: readonly string[]): Promise<void> {
  const shown = names.map(printable);
  const widest = Math.max(0, ...shown.map(widthOf)) + 2;
  const columns = Math.max(1, Math.floor(((shell.lineWidth || 80) + 2) / widest));
  const rows = Math.ceil(shown.length / columns);
  let text = "";
  for (let row = 0; row < rows; row++) {
    const line = shown.filter((_, i) => i % rows === row).map((name) => name + " ".repeat(widest - widthOf(name)));
    text += `${line.join("").trimEnd()}\n`;
  }
  await shell.output.write(text);
}

/** Names in the catalog that are like the pattern. */
async function names(shell: Shell, condition: string): Promise<string[]> {
  const rows = await shell.store.query(`SELECT name FROM sqlite_master WHERE ${condition} ORDER BY name`);
  return rows.map(([name = ""]) => name);
}

const like = (column: string, pattern: string | undefined): string =>
  pattern === undefined ? "TRUE" : `${column} ILIKE ${sqlText(pattern)}`;

/** Runs a command of `quire`, which sees what is committed. */
async function runOther(shell: Shell, words: readonly string[]): Promise<void> {
  if (shell.store.inTransaction) throw usage(`${words[0] as string} sees what is committed: COMMIT or ROLLBACK before it`);
  await shell.runQuire(words);
}

async function importFile(shell: Shell, words: readonly string[]): Promise<void> {
  const { store } = shell;
  const options = words.map((word) => (/^--(?:csv|tsv|json|ndjson)$/.test(word) ? `--format=${word.slice(2)}` : word));
  const fileAt = plainPosition(options, 0);
  const tableAt = fileAt < 0 ? -1 : plainPosition(options, fileAt + 1);
  if (tableAt < 0) throw usage("use .import FILE TABLE, and options of quire import");
  if (store.inTransaction) throw usage("an import is a transaction of its own: COMMIT or ROLLBACK before it");
  const table = options[tableAt] as string;
  const isThere = (await names(shell, `type = 'table' AND lower(name) = ${sqlText(table.toLowerCase())}`)).length > 0;
  const rest = options.filter((_, at) => at !== fileAt && at !== tableAt);
  const making = isThere || rest.includes("--create") ? [] : ["--create"];
  // It has to have the file alone.
  const lost = await store.rest();
  if (lost !== "") process.stderr.write(`quire: note: ${lost.replace(/^; /, "")}\n`);
  shell.onSchemaChange();
  await shell.runQuire(["import", table, options[fileAt] as string, ...making, ...rest]);
}

const EXPORT_FORMATS: ReadonlyMap<string, string> = new Map([
  ...([".csv", ".tsv", ".ndjson", ".jsonl", ".json", ".md"] as const).map((name): [string, string] => [name, name.slice(1)]),
  [".tab", "tsv"],
]);

async function exportTable(shell: Shell, [table = "", file]: readonly string[]): Promise<void> {
  const told = file === undefined ? undefined : EXPORT_FORMATS.get(extname(file).toLowerCase());
  if (file !== undefined) shell.output.redirect(file, 1);
  await shell.show(`SELECT * FROM ${sqlName(table)}`, told === undefined ? shell.settings.format : formatNamed(told));
}

async function readFile(shell: Shell, [file = ""]: readonly string[]): Promise<void> {
  const path = resolve(file);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true)
    throw new QuireError("FILE_NOT_FOUND", `there is no file ${file} to read`, EXIT_NOT_DONE);
  await shell.read(linesOf(createReadStream(path)));
}

async function showSchema(shell: Shell, [pattern]: readonly string[]): Promise<void> {
  const rows = await shell.store.query(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND ${like("tbl_name", pattern)}`);
  const text = rows.map(([sql = ""]) => `${sql.split("\n").map(printable).join("\n")};\n`);
  await shell.output.write(text.join(""));
}

async function explain(shell: Shell, words: readonly string[]): Promise<void> {
  const [word = "on"] = words;
  if (words.length <= 1 && /^\w+$/.test(word)) shell.settings.explain = isOn(word);
  else await shell.showPlan(words.join(" ").replace(/;\s*$/, ""));
}

async function help(shell: Shell, [name]: readonly string[]): Promise<void> {
  const shown = name === undefined ? Object.keys(COMMANDS) : [commandNamed(name)];
  const forms = shown.map((known) => `.${known} ${(COMMANDS[known] as DotCommand).form}`.trimEnd());
  const widest = Math.max(...forms.map((form) => form.length));
  const lines = shown.map((known, i) => `${(forms[i] as string).padEnd(widest)}  ${(COMMANDS[known] as DotCommand).summary}\n`);
  const about =
    "Statements of SQL end with a semicolon. Tab completes, Ctrl-C stops a statement or drops what was typed, Ctrl-D ends.\n";
  await shell.output.write(lines.join("") + (name === undefined ? about : ""));
}

async function mode(shell: Shell, [name]: readonly string[]): Promise<void> {
  if (name === undefined) await shell.output.write(`${shell.settings.format} (${FORMAT_NAMES.join(", ")})\n`);
  else shell.settings.format = formatNamed(name);
}

const COMMANDS: Readonly<Record<string, DotCommand>> = {
  backup: {
    ...{ form: "FILE", summary: "copy what is committed into a new file", words: [1, 1], completes: ["file"] },
    run: (shell, words) => runOther(shell, ["backup", ...words]),
  },
  check: {
    ...{ form: "", summary: "look for faults in the whole file", words: [0, 0] },
    run: (shell) => runOther(shell, ["check"]),
  },
  dump: {
    ...{ form: "", summary: "write all tables and rows as NDJSON, for quire load", words: [0, 0] },
    run: (shell) => runOther(shell, ["dump"]),
  },
  explain: {
    ...{ form: "on|off|QUERY", summary: "show how each query is run, or this one", words: [1, Infinity], completes: ["switch"] },
    run: explain,
  },
  export: {
    ...{ form: "TABLE [FILE]", summary: "write all rows of a table, in the format of FILE's ending", words: [1, 2] },
    ...{ completes: ["table", "file"] },
    run: exportTable,
  },
  headers: {
    ...{ form: "on|off", summary: "whether names of columns come before rows", words: [1, 1], completes: ["switch"] },
    run: (shell, [word = ""]) => void (shell.settings.headers = isOn(word)),
  },
  help: {
    ...{ form: "[COMMAND]", summary: "this list", words: [0, 1], completes: ["command"] },
    run: help,
  },
  import: {
    ...{
      form: "FILE TABLE [OPTION…]",
      summary: "insert rows from a file, as quire import does; makes the table",
      words: [2, Infinity],
    },
    ...{ completes: ["file", "table"] },
    run: importFile,
  },
  indexes: {
    ...{ form: "[TABLE]", summary: "the indexes", words: [0, 1], completes: ["table"] },
    run: async (shell, [table]) => showNames(shell, await names(shell, `type = 'index' AND ${like("tbl_name", table)}`)),
  },
  info: {
    ...{ form: "", summary: "what the file is", words: [0, 0] },
    run: (shell) => runOther(shell, ["info"]),
  },
  mode: {
    ...{ form: "[FORMAT]", summary: `how rows are shown: ${FORMAT_NAMES.join(", ")}`, words: [0, 1], completes: ["format"] },
    run: mode,
  },
  nullvalue: {
    ...{ form: "TEXT", summary: "what is shown for null", words: [1, 1] },
    run: (shell, [text = ""]) => void (shell.settings.nullText = text),
  },
  once: {
    ...{ form: "FILE", summary: "write to FILE what the next statement gives", words: [1, 1], completes: ["file"] },
    run: (shell, [file = ""]) => shell.output.redirect(file, 2),
  },
  output: {
    ...{ form: "[FILE]", summary: "write to FILE from now on; without one, here again", words: [0, 1], completes: ["file"] },
    run: (shell, [file]) => shell.output.redirect(file === "stdout" ? null : (file ?? null), Infinity),
  },
  print: {
    ...{ form: "TEXT…", summary: "write these words", words: [0, Infinity] },
    run: (shell, words) => shell.output.write(`${printable(words.join(" "))}\n`),
  },
  quit: {
    ...{ form: "[STATUS]", summary: "end, with an exit status", words: [0, 1] },
    run: quit,
  },
  read: {
    ...{ form: "FILE", summary: "run the statements and commands of a file", words: [1, 1], completes: ["file"] },
    run: readFile,
  },
  schema: {
    ...{
      form: "[TABLE]",
      summary: "the statements that make the tables, indexes and views",
      words: [0, 1],
      completes: ["table"],
    },
    run: showSchema,
  },
  stats: {
    ...{ form: "", summary: "how many pages tables and indexes have", words: [0, 0] },
    run: (shell) => runOther(shell, ["stats"]),
  },
  tables: {
    ...{ form: "[PATTERN]", summary: "the tables and views", words: [0, 1], completes: ["table"] },
    run: async (shell, [pattern]) =>
      showNames(shell, await names(shell, `type IN ('table', 'view') AND ${like("name", pattern)}`)),
  },
  timer: {
    ...{ form: "on|off", summary: "tell how long each statement took", words: [1, 1], completes: ["switch"] },
    run: (shell, [word = ""]) => void (shell.settings.timer = isOn(word)),
  },
  width: {
    ...{ form: "[N…]", summary: "the widths of a table's columns; 0 for what they need", words: [0, Infinity] },
    run: setWidths,
  },
};

function quit(shell: Shell, [status = "0"]: readonly string[]): void {
  if (!/^\d{1,3}$/.test(status) || Number(status) > 255) throw usage(`a status is a number from 0 to 255, not ${status}`);
  shell.status = Number(status);
  shell.isOver = true;
}

function setWidths(shell: Shell, words: readonly string[]): void {
  const wrong = words.find((word) => !/^\d{1,4}$/.test(word));
  if (wrong !== undefined) throw usage(`a width is a number from 0 to 9999, not ${wrong}`);
  shell.settings.widths = words.map(Number);
}

/** What other shells call it, and what does it here. */
const INSTEAD: Readonly<Record<string, string>> = {
  exit: "quit",
  index: "indexes",
  indices: "indexes",
  header: "headers",
  eqp: "explain",
  save: "backup",
  fullschema: "schema",
};
const REFUSED: Readonly<Record<string, string>> = {
  open: "end this shell, and start quire with the other file",
  databases: "a shell has one file: .info tells of it",
  attach: "a shell has one file",
  shell: "use another terminal",
  system: "use another terminal",
  parameter: "write the values into the statement, or use quire FILE sql STATEMENT PARAMETER…",
  restore: "copy the file before the shell begins",
  recover: "use quire FILE repair OUT",
  separator: "use .mode csv or .mode tsv",
  clone: "use .backup",
  echo: ".print writes words; statements are not shown again",
  bail: "a script ends with its first error",
  show: ".help lists what can be set",
  changes: "at a terminal each statement tells what it changed; SELECT changes()",
  log: "errors go to standard error",
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** What the words behind a command are, for completion. */
export function completesWith(name: string): DotCommand["completes"] {
  return Object.hasOwn(COMMANDS, name) ? (COMMANDS[name] as DotCommand).completes : undefined;
}

/** The command that is meant by `given`, with a point before it or not: by its name, another shell's name for it, or the beginning of one. */
function commandNamed(given: string): string {
  const name = given.replace(/^\./, "").toLowerCase();
  if (Object.hasOwn(COMMANDS, name)) return name;
  if (Object.hasOwn(INSTEAD, name)) return INSTEAD[name] as string;
  if (Object.hasOwn(REFUSED, name)) throw usage(`.${name} is not there: ${REFUSED[name] as string}`);
  const begin = COMMAND_NAMES.filter((known) => name !== "" && known.startsWith(name));
  if (begin.length === 1) return begin[0] as string;
  if (begin.length > 1) throw usage(`.${name} may be .${begin.join(", .")}`);
  const near = nearest(name, [...COMMAND_NAMES, ...Object.keys(INSTEAD)]);
  throw usage(`there is no command .${printable(name)}; ${near === undefined ? ".help lists them" : `did you mean .${near}?`}`);
}

/** The words of a line: those in quotes are one, and `"…"` has escapes. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/'((?:[^']|'')*)'?|"((?:[^"\\]|\\[^])*)"?|[^\s'"][^\s]*/g)) {
    const [whole, single, double] = match;
    if (single !== undefined) words.push(single.replaceAll("''", "'"));
    else if (double !== undefined) words.push(double.replace(/\\([^])/g, (_, letter: string) => ESCAPES[letter] ?? letter));
    else words.push(whole);
  }
  return words;
}

const ESCAPES: Readonly<Partial<Record<string, string>>> = { n: "\n", t: "\t", r: "\r" };

/** Runs a line that begins with a point. */
export async function runDotCommand(shell: Shell, line: string): Promise<void> {
  const [first = "", ...words] = splitWords(line);
  const name = commandNamed(first);
  const command = COMMANDS[name] as DotCommand;
  const { form, words: allowed } = command;
  if (words.length < allowed[0] || words.length > allowed[1]) throw usage(`use .${name} ${form}`.trimEnd());
  await command.run(shell, words);
}
