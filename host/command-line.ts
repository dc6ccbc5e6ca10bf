/**
 * What the host has to understand of the command line: which word is FILE, and which words are SOURCE and other files that a
 * command works with, because their folders are opened to the module. Everything else is the module's business and is passed
 * through untouched.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, parse, relative, resolve, sep } from "node:path";
import { EXIT_NOT_DONE, EXIT_USAGE, QuireError } from "./errors.js";
import { guestName, realFile } from "./guest-files.js";
import type { Preopen } from "./runtimes/adapter.js";
import { RUNTIME_NAMES, isRuntimeName } from "./runtime-names.js";

/** Options whose value is the next word: those of `assembly/cli/invocation.ts`. */
export const VALUE_OPTIONS: ReadonlySet<string> = new Set(
  [
    ...["alignment", "layout", "format", "key", "batch", "index", "eq", "from", "to", "offset", "limit", "columns", "cache"],
    ...["durability", "null", "delimiter", "acl", "schema"],
  ].map((name) => `--${name}`),
);

/** The commands that read a SOURCE, and how many words precede it. */
const SOURCE_COMMANDS: ReadonlyMap<string, number> = new Map([
  ["import", 1],
  ["load", 0],
]);

/** The commands whose first word is another file, which may be one that they make. */
const PATH_COMMANDS: ReadonlySet<string> = new Set(["diff", "backup", "compact", "convert", "repair"]);

/** Options of theirs whose value is a file. */
const PATH_OPTIONS: ReadonlySet<string> = new Set(["--schema", "--acl"]);

/** The formats that a file's extension stands for. */
const FORMATS: Readonly<Record<string, string>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".tab": "tsv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".json": "json",
};

/** A command line made ready for the module. */
export interface PreparedCommand {
  /** The runtime that the user asked for, or "node". */
  readonly runtime: string;
  /** The words for the module. */
  readonly args: readonly string[];
  /** The folders that it may reach: FILE's, and those of other files that the command works with. */
  readonly preopens: readonly Preopen[];
  /** The file that becomes its standard input, or null: the host's own. */
  readonly stdinFile: string | null;
}

/** Takes `--runtime NAME` out of `words`. It may stand anywhere before a `--`; the last one counts. */
export function takeRuntime(words: readonly string[]): { runtime: string; rest: string[] } {
  let runtime = "node";
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "--") {
      rest.push(...words.slice(i));
      break;
    }
    if (word === "--runtime") runtime = words[++i] ?? "";
    else if (word.startsWith("--runtime=")) runtime = word.slice("--runtime=".length);
    else rest.push(word);
  }
  if (!isRuntimeName(runtime)) {
    const given = runtime === "" ? "--runtime has no name" : `there is no runtime "${runtime}"`;
    throw new QuireError("USAGE", `${given}; use one of ${RUNTIME_NAMES.join(", ")}`, EXIT_USAGE);
  }
  return { runtime, rest };
}

/** Where in `words` the FILE is, or -1: `quire --version`, `quire help create` and a bare `quire` have none. */
export function filePosition(words: readonly string[]): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (VALUE_OPTIONS.has(word)) i++;
    else if (!word.startsWith("-")) return word === "help" ? -1 : i;
  }
  return -1;
}

/** Where in `words` the SOURCE of the command at `commandPosition` is, or -1. */
function sourcePosition(words: readonly string[], commandPosition: number): number {
  const before = SOURCE_COMMANDS.get(words[commandPosition] ?? "");
  if (before === undefined) return -1;
  let seen = 0;
  for (let i = commandPosition + 1; i < words.length; i++) {
    const word = words[i] as string;
    if (VALUE_OPTIONS.has(word)) i++;
    else if (word === "-" || !word.startsWith("--")) {
      if (seen++ === before) return word === "-" ? -1 : i;
    }
  }
  return -1;
}

/** `folder` as seen by the module (`guest`), when `path` lies in it; null when it does not, also by way of a symbolic link. */
function insideFolder(path: string, folder: string): string | null {
  if (!existsSync(path)) return null;
  const within = relative(realpathSync(folder), realpathSync(path));
  if (within.startsWith("..") || isAbsolute(within)) return null;
  const named = relative(folder, path);
  return named.startsWith("..") || isAbsolute(named) ? null : named.split(sep).join("/");
}

/** Opens the folder of the file that the user called `typed`, unless it is in reach already; returns what the module calls the file. */
function openPath(typed: string, cwd: string, preopens: Preopen[]): string {
  const path = realFile(resolve(cwd, typed));
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new QuireError("FOLDER_NOT_FOUND", `there is no folder ${folder} for ${basename(path)}; make it first`);
  }
  for (const { guest, host } of preopens) {
    const within = insideFolder(folder, host);
    if (within !== null) return [guest, ...(within === "" ? [] : [within]), basename(path)].join("/");
  }
  let guest = guestName(folder);
  while (preopens.some((preopen) => preopen.guest === guest)) guest += "_";
  preopens.push({ guest, host: folder });
  return `${guest}/${basename(path)}`;
}

/** Puts the module's names in place of the files that the words behind a command of `PATH_COMMANDS` name. */
function openPaths(args: string[], commandPosition: number, cwd: string, preopens: Preopen[]): void {
  let seen = 0;
  for (let i = commandPosition + 1; i < args.length; i++) {
    const word = args[i] as string;
    const equals = word.indexOf("=");
    const option = equals < 0 ? word : word.slice(0, equals);
    if (PATH_OPTIONS.has(option) && equals >= 0) args[i] = `${option}=${openPath(word.slice(equals + 1), cwd, preopens)}`;
    else if (PATH_OPTIONS.has(word) && i + 1 < args.length) args[++i] = openPath(args[i] as string, cwd, preopens);
    else if (VALUE_OPTIONS.has(word)) i++;
    else if (!word.startsWith("--") && seen++ === 0) args[i] = openPath(word, cwd, preopens);
  }
}

/** Makes the words that the user typed in folder `cwd` ready for the module. Throws a `QuireError` for what can't work. */
export function prepareCommand(words: readonly string[], cwd: string): PreparedCommand {
  const { runtime, rest: args } = takeRuntime(words);
  const position = filePosition(args);
  if (position < 0) return { runtime, args, preopens: [], stdinFile: null };

  const typed = args[position] as string;
  const file = realFile(resolve(cwd, typed));
  const folder = dirname(file);
  if (file === parse(file).root || typed === "") {
    throw new QuireError("USAGE", `"${typed}" is no name of a page file`, EXIT_USAGE);
  }
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new QuireError("FOLDER_NOT_FOUND", `there is no folder ${folder} for ${basename(file)}; make it first`);
  }
  const guest = guestName(folder);
  args[position] = `${guest}/${basename(file)}`;
  const preopens: Preopen[] = [{ guest, host: folder }];
  if (PATH_COMMANDS.has(args[position + 1] ?? "")) openPaths(args, position + 1, cwd, preopens);

  let stdinFile: string | null = null;
  const at = sourcePosition(args, position + 1);
  if (at >= 0) {
    const source = resolve(cwd, args[at] as string);
    const stat = statSync(source, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory()) {
      throw new QuireError("FILE_NOT_FOUND", `there is no file ${args[at]} to read from`, EXIT_NOT_DONE);
    }
    if (stat.isFile()) args[at] = openPath(args[at] as string, cwd, preopens);
    else {
      // A pipe, like that of the shell's <(…), is the host's to open.
      stdinFile = source;
      args[at] = "-";
      const format = FORMATS[extname(source).toLowerCase()];
      const given = args.some((word) => word === "--format" || word.startsWith("--format="));
      if (format !== undefined && !given && args[position + 1] === "import") args.push("--format", format);
    }
  }
  return { runtime, args, preopens, stdinFile };
}
