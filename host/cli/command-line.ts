/**
 * What the host has to understand of the command line: which word is FILE, and which words are SOURCE and other files that a
 * command works with, because their folders are opened to the module. Everything else is the module's business and is passed
 * through untouched.
 */
import { statSync } from "node:fs";
import { extname, parse, resolve } from "node:path";
import { IN_MEMORY } from "../api/options.js";
import { EXIT_NOT_DONE, EXIT_USAGE, QuireError } from "../api/errors.js";
import { COMMANDS, OUT_FORMATS, PATH_OPTIONS, VALUE_OPTIONS } from "./commands.js";
import { compressionNamed, compressionOf, nameInside, requireCompression } from "../node/compression.js";
import { TEXT_FORMATS } from "../files/kinds.js";
import { GuestFolders, realFile, refuseLinks, refusedName } from "../node/guest-files.js";
import type { Preopen } from "../runtimes/adapter.js";
import { OutFile, type PackedSource } from "../node/packed-streams.js";
import { type LockRequest, WAIT_SECONDS } from "../node/lock/write-lock.js";
import { RUNTIME_NAMES, type RuntimeName, isRuntimeName } from "../api/runtime-names.js";

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
  /** The compressed file that is unpacked into its standard input, or null. */
  readonly packed: PackedSource | null;
  /** The file that its standard output goes into, or null: the host's own. */
  readonly out: OutFile | null;
  /** The file that it writes to and has to have alone meanwhile, or null: it writes to none. */
  readonly lock: LockRequest | null;
}

/** Takes the option `--NAME VALUE` out of `words`: its value, undefined when it is not there. It may stand anywhere before a `--`; the last one counts. */
export function takeOption(name: string, words: readonly string[]): { value: string | undefined; rest: string[] } {
  let value: string | undefined;
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "--") {
      rest.push(...words.slice(i));
      break;
    }
    if (word === `--${name}`) value = words[++i] ?? "";
    else if (word.startsWith(`--${name}=`)) value = word.slice(name.length + 3);
    else rest.push(word);
  }
  return { value, rest };
}

/** Whether the option `--NAME` with a value is among `words`. */
const hasOption = (name: string, words: readonly string[]): boolean =>
  words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));

/** Takes `--runtime NAME` out of `words`. */
export function takeRuntime(words: readonly string[]): { runtime: RuntimeName; rest: string[] } {
  const { value: runtime = "node", rest } = takeOption("runtime", words);
  if (!isRuntimeName(runtime)) {
    const given = runtime === "" ? "--runtime has no name" : `there is no runtime "${runtime}"`;
    throw new QuireError("USAGE", `${given}; use one of ${RUNTIME_NAMES.join(", ")}`, EXIT_USAGE);
  }
  return { runtime, rest };
}

/** Takes `--wait SECONDS` out of `words`. */
export function takeWait(words: readonly string[]): { waitSeconds: number; rest: string[] } {
  const { value = String(WAIT_SECONDS), rest } = takeOption("wait", words);
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(value)) {
    throw new QuireError("USAGE", `--wait needs a number of seconds, not "${value}"`, EXIT_USAGE);
  }
  return { waitSeconds: Number(value), rest };
}

/** Takes the OUT of `export TABLE OUT` out of `words`: a word whose ending tells a format, where no option tells it. */
function takeOutWord(words: string[]): string | undefined {
  const commandAt = plainPosition(words, filePosition(words) + 1);
  if (words[commandAt] !== "export" || hasOption("format", words)) return undefined;
  const at = plainPosition(words, plainPosition(words, commandAt + 1) + 1);
  const isOut = at > commandAt + 1 && OUT_FORMATS.get("export")?.has(formatEnding(words[at] as string)) === true;
  return isOut ? words.splice(at, 1)[0] : undefined;
}

/** The ending of a file's name that tells its format. */
const formatEnding = (name: string): string => extname(nameInside(name)).toLowerCase();

/** Takes `--out OUT`, or the OUT of `export TABLE OUT`, out of `words`. */
function takeOut(words: readonly string[], cwd: string): { out: OutFile | null; rest: string[] } {
  const { value, rest } = takeOption("out", words);
  const named = value ?? takeOutWord(rest);
  if (named === undefined) return { out: null, rest };
  const refuse = (message: string): QuireError => new QuireError("USAGE", message, EXIT_USAGE);
  const path = resolve(cwd, named);
  const at = filePosition(rest);
  const commandAt = plainPosition(rest, at + 1);
  const word = rest[commandAt] ?? "";
  const command = isStatement(word) ? "sql" : word;
  if (at < 0 || !OUT_FORMATS.has(command)) throw refuse(`--out goes with ${[...OUT_FORMATS.keys()].join(", ")}`);
  if (named === "" || statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw refuse(`--out needs the name of a file, not "${named}"`);
  if (realFile(path) === realFile(resolve(cwd, rest[at] as string)))
    throw refuse(`--out can't be ${named}, which has the tables`);
  if (rest.includes("--json"))
    throw refuse("--out goes without --json, whose errors would be lost: a name that ends in .json is JSON");
  const format = OUT_FORMATS.get(command)?.get(formatEnding(named));
  if (format !== undefined && !hasOption("format", rest)) rest.splice(commandAt + 1, 0, "--format", format);
  const compression = compressionNamed(named);
  if (compression !== null) requireCompression(compression, `quire … ${command} … | zstd > ${named}`);
  return { out: new OutFile(path, named, compression), rest };
}

/** Where in `words`, from `start` on, the first one is that is neither an option nor an option's value; -1 when all are. */
export function plainPosition(words: readonly string[], start: number): number {
  for (let i = start; i < words.length; i++) {
    const word = words[i] as string;
    if (VALUE_OPTIONS.has(word)) i++;
    else if (!word.startsWith("-")) return i;
  }
  return -1;
}

/** Commands that are the host's own: `cli/types/run.ts` and `cli/studio/run.ts`. */
const OWN_COMMANDS = ["types", "studio"] as const;

/** The command that `words` are, if it is one of the host's own. */
export function ownCommand(words: readonly string[]): (typeof OWN_COMMANDS)[number] | null {
  let { rest } = takeRuntime(takeWait(words).rest);
  for (const option of ["for", "port"]) ({ rest } = takeOption(option, rest));
  const file = plainPosition(rest, 0);
  const word = file < 0 ? undefined : rest[plainPosition(rest, file + 1)];
  return OWN_COMMANDS.find((name) => name === word) ?? null;
}

/** Whether a word is a statement of SQL, and no name. */
export const isStatement = (word: string): boolean => /[ \n]/.test(word);

/** Where in `words` the FILE is, or -1: `quire --version`, `quire help create` and a bare `quire` have none. */
export function filePosition(words: readonly string[]): number {
  const position = plainPosition(words, 0);
  return words[position] === "help" ? -1 : position;
}

/** Whether `words` ask for help or the version, and no file is opened: the word where FILE is may be a command, as in `quire scan --help`. */
function asksForHelp(words: readonly string[]): boolean {
  for (let i = 0; i < words.length && words[i] !== "--"; i++) {
    const word = words[i] as string;
    if (VALUE_OPTIONS.has(word)) i++;
    else if (word === "--help" || word === "--version") return true;
  }
  return false;
}

/** Where in `words` the SOURCE of the command at `commandPosition` is, or -1. */
function sourcePosition(words: readonly string[], commandPosition: number): number {
  const argument = COMMANDS.get(words[commandPosition] ?? "")?.file;
  if (argument?.is !== "source") return -1;
  let seen = 0;
  for (let i = commandPosition + 1; i < words.length; i++) {
    const word = words[i] as string;
    if (VALUE_OPTIONS.has(word)) i++;
    else if (word === "-" || !word.startsWith("--")) {
      if (seen++ === argument.behind) return word === "-" ? -1 : i;
    }
  }
  return -1;
}

/** A word, or the end of one, that names a file. */
interface FileWord {
  readonly at: number;
  /** What is before the name: `--schema=`, or nothing. */
  readonly before: string;
  readonly name: string;
}

/** The files besides FILE that the words name: those of options, and the page file that the command at `commandPosition` reads or makes. */
function otherFiles(words: readonly string[], commandPosition: number): FileWord[] {
  const files: FileWord[] = [];
  const argument = COMMANDS.get(words[commandPosition] ?? "")?.file ?? null;
  const isPath = argument !== null && argument.is !== "source";
  let seen = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const equals = word.indexOf("=");
    const option = equals < 0 ? word : word.slice(0, equals);
    if (PATH_OPTIONS.has(option) && equals >= 0) files.push({ at: i, before: `${option}=`, name: word.slice(equals + 1) });
    else if (PATH_OPTIONS.has(word) && i + 1 < words.length) files.push({ at: ++i, before: "", name: words[i] as string });
    else if (VALUE_OPTIONS.has(word)) i++;
    else if (isPath && i > commandPosition && !word.startsWith("--") && seen++ === argument.behind)
      files.push({ at: i, before: "", name: word });
  }
  return files;
}

/**
 * Whether a text of SQL only reads, behind white space and comments; what is taken for that here can't write, for its folder is only read.
 * Where it is not plain, as behind a semicolon, it is taken for something that writes.
 */
function onlyReads(sql: string): boolean {
  const [, word] = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*(select|values|explain|with)\b/i.exec(sql) ?? [];
  if (word === undefined || /;\s*\S/.test(sql)) return false;
  return /^(?:select|values)$/i.test(word) || !/\b(?:insert|replace|update|delete)\b/i.test(sql);
}

/** The file that the command at `commandAt` writes to, by the name that was typed; null when it writes to none. */
function writtenFile(words: readonly string[], commandAt: number, file: string, files: readonly FileWord[]): string | null {
  const command = words[commandAt] ?? "";
  const at = plainPosition(words, commandAt + 1);
  const statement = command === "sql" ? (words[at] ?? "") : isStatement(command) ? command : null;
  const isScript = hasOption("file", words);
  if (statement !== null) return (isScript || !onlyReads(statement)) && !words.includes("--readonly") ? file : null;
  const facts = COMMANDS.get(command);
  const made = facts?.file?.is === "made" ? files.find((word) => word.at === at) : undefined;
  if (made !== undefined) return made.name;
  const reads = facts?.writes !== true || (command === "acl" && words[at] === "list") || words.includes("--readonly");
  return reads ? null : file;
}

function refuseName(name: string): void {
  const reason = refusedName(name);
  if (reason !== null) throw new QuireError("USAGE", reason, EXIT_USAGE);
}

/** Whether `words` name a FILE and no command: a shell speaks to it then. */
export function isShell(words: readonly string[]): boolean {
  const { rest } = takeOption("wait", takeOption("runtime", words).rest);
  const position = filePosition(rest);
  return position >= 0 && plainPosition(rest, position + 1) < 0 && !asksForHelp(rest) && !COMMANDS.has(rest[position] ?? "");
}

/** Makes the words that the user typed in folder `cwd` ready for the module. Throws a `QuireError` for what can't work. */
export function prepareCommand(words: readonly string[], cwd: string): PreparedCommand {
  const { waitSeconds, rest } = takeWait(words);
  const { runtime, rest: others } = takeRuntime(rest);
  const { out, rest: args } = takeOut(others, cwd);
  const position = filePosition(args);
  if (position < 0 || asksForHelp(args)) return { runtime, args, preopens: [], stdinFile: null, packed: null, out, lock: null };

  const typed = args[position] as string;
  const inMemory = typed === IN_MEMORY;
  const file = realFile(resolve(cwd, typed));
  if (file === parse(file).root || typed === "") {
    throw new QuireError("USAGE", `"${typed}" is no name of a page file`, EXIT_USAGE);
  }
  const files: FileWord[] = inMemory ? [] : [{ at: position, before: "", name: typed }];
  const commandAt = plainPosition(args, position + 1);
  const command = args[commandAt] ?? "";
  files.push(...otherFiles(args, commandAt));
  const written = writtenFile(args, commandAt, typed, files);
  if (written === typed && !inMemory && !args.includes("--allow-links")) refuseLinks(file, typed);
  const lock =
    written === null || written === IN_MEMORY
      ? null
      : { file: realFile(resolve(cwd, written)), named: written, command: `quire ${command}`, waitSeconds };

  let stdinFile: string | null = null;
  let packed: PackedSource | null = null;
  const at = sourcePosition(args, commandAt);
  if (at >= 0) {
    const name = args[at] as string;
    refuseName(name);
    const source = resolve(cwd, name);
    const stat = statSync(source, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory()) {
      throw new QuireError("FILE_NOT_FOUND", `there is no file ${name} to read from`, EXIT_NOT_DONE);
    }
    const compression = stat.isFile() && command !== "migrate" ? compressionOf(source) : null;
    if (stat.isFile() && compression === null) files.push({ at, before: "", name });
    else {
      // A pipe, like that of the shell's <(…), is the host's to open, and so is what it has to unpack.
      if (compression === null) stdinFile = source;
      else {
        requireCompression(compression, `zstd -dc ${name} | quire … ${command} … -`);
        packed = { path: source, named: name, compression };
      }
      args[at] = "-";
      const format = TEXT_FORMATS.get(formatEnding(source));
      if (format !== undefined && !hasOption("format", args) && command === "import") args.push("--format", format);
    }
  }
  for (const { name } of files) refuseName(name);
  // A request may back a store in memory up.
  const beside = inMemory && command === "serve" ? ["copy"] : [];
  const folders = new GuestFolders(runtime, cwd, [...files.map(({ name }) => name), ...beside]);
  for (const name of beside) folders.open(name);
  for (const { at, before, name } of files) args[at] = before + folders.open(name);
  return { runtime, args, preopens: folders.preopens, stdinFile, packed, out, lock };
}
