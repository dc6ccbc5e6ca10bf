/** Which commands are about files that the host reads and writes, by packages that the user installs: all others are the module's. */
import { resolve } from "node:path";
import { type FileKind, kindNamed, kindOfFile } from "../../files/kinds.js";
import { filePosition, isStatement, plainPosition, takeRuntime, takeWait } from "../command-line.js";
import { VALUE_OPTIONS } from "../commands.js";
import { readOption } from "../opening.js";

/** Formats of `export` and `dump` that are the host's. */
const FILE_FORMATS: readonly string[] = ["parquet", "arrow", "arrows"];

/** Options that only these commands have, with their values. */
const FILE_OPTIONS: readonly string[] = ["codec", "dialect", "out"];

export type FileCommandName = "import" | "export" | "dump";

/** The command, the words behind it that are no options, and what options have for values: "" for none. */
interface Parts {
  readonly command: string;
  readonly plain: readonly string[];
  readonly option: (name: string) => string | undefined;
}

function partsOf(words: readonly string[]): Parts {
  const args = takeRuntime(takeWait(words).rest).rest;
  const commandAt = plainPosition(args, filePosition(args) + 1);
  const plain: string[] = [];
  const options = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    const option = readOption(word);
    if (option === null) {
      if (i > commandAt) plain.push(word);
      continue;
    }
    const { name, told } = option;
    if (told === undefined && (VALUE_OPTIONS.has(word) || FILE_OPTIONS.includes(name))) options.set(name, args[++i] ?? "");
    else options.set(name, told ?? "");
  }
  return { command: args[commandAt] ?? "", plain, option: (name) => options.get(name) };
}

/** What the source of an import is, when the host is to read it. */
export function sourceKind(plain: readonly string[], format: string | undefined): FileKind | null {
  if (format !== undefined) return FILE_FORMATS.includes(format) || format === "sqlite" ? (format as FileKind) : null;
  const source = plain[1] ?? plain[0];
  if (source === undefined || source === "-") return null;
  const kind = kindOfFile(resolve(source)) ?? kindNamed(source);
  // A single word is a table, but for an SQLite file, which has all of them.
  return plain[1] === undefined && kind !== "sqlite" ? null : kind;
}

/** The command of the host's that these words are; null when they are the module's. */
export function fileCommand(words: readonly string[]): FileCommandName | null {
  if (words.includes("--help")) return null;
  const { command, plain, option } = partsOf(words);
  const format = option("format");
  if (command === "import") return sourceKind(plain, format) === null ? null : command;
  if (command === "dump") return format === "sql" || option("dialect") !== undefined ? command : null;
  // The rows of a query, which `sql` prints in the module's formats.
  const isQuery = command === "sql" || isStatement(command);
  if (command !== "export" && !isQuery) return null;
  if (format !== undefined) return FILE_FORMATS.includes(format) ? "export" : null;
  const kind = kindNamed(option("out") ?? (isQuery ? "" : (plain[1] ?? "")));
  return kind === null || kind === "sqlite" ? null : "export";
}
