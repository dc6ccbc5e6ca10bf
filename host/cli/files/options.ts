/** The words of commands about files of other formats, taken apart. */
import { type OpenOptions, checkOptions, nearest } from "../../api/options.js";
import { filePosition, isStatement, plainPosition, takeRuntime, takeWait } from "../command-line.js";
import { OPENING, OPENING_FLAGS, openingValue, optionValue, readOption, wrongWords } from "../opening.js";
import type { FileCommandName } from "./words.js";

/** Options with a value of each command, and those that stand alone. */
const OPTIONS: Readonly<Record<FileCommandName, { readonly values: readonly string[]; readonly flags: readonly string[] }>> = {
  import: {
    values: ["format", "key", "types", "batch", "null", "on-conflict"],
    flags: ["create", "lenient", "ignore-extra", "skip-bad", "dry-run"],
  },
  export: { values: ["format", "columns", "where", "order", "codec", "out"], flags: [] },
  dump: { values: ["format", "dialect", "out"], flags: [] },
};
const ALL_FLAGS: readonly string[] = ["json", "progress", "no-progress", "color", "no-color"];

export interface FileWords {
  readonly file: string;
  readonly open: OpenOptions;
  /** The words behind the command that are no options. */
  readonly plain: readonly string[];
  /** Values of options, "" of those that stand alone. */
  readonly options: ReadonlyMap<string, string>;
}

/** Takes them apart; what the command does not take is `USAGE`. */
export function readFileWords(words: readonly string[], command: FileCommandName): FileWords {
  const { waitSeconds, rest } = takeWait(words);
  const { runtime, rest: args } = takeRuntime(rest);
  const fileAt = filePosition(args);
  const commandAt = plainPosition(args, fileAt + 1);
  const { values, flags } = OPTIONS[command];
  const open: Record<string, unknown> = { runtime, wait: waitSeconds };
  const options = new Map<string, string>();
  const plain: string[] = [];
  let isOver = false;
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    const option = isOver ? null : readOption(word);
    if (option === null) {
      if (word === "--" && !isOver) isOver = true;
      else if (i !== fileAt && (i !== commandAt || isStatement(word))) plain.push(word);
      continue;
    }
    const { name, told } = option;
    const opening = OPENING.get(name);
    const isFlag = OPENING_FLAGS.includes(name) || flags.includes(name) || ALL_FLAGS.includes(name);
    if (!isFlag && opening === undefined && !values.includes(name)) {
      const like = nearest(name, [...values, ...flags, ...OPENING.keys()]);
      const hint =
        like === undefined ? `it takes ${[...flags, ...values].map((one) => `--${one}`).join(", ")}` : `did you mean --${like}?`;
      throw wrongWords(`${command} has no option --${name} for such a file; ${hint}`);
    }
    const value = optionValue(name, told, isFlag, () => args[++i]);
    if (opening === undefined) options.set(name, value);
    else open[opening] = isFlag ? true : openingValue(name, value, open[opening]);
  }
  return { file: args[fileAt] as string, open: checkOptions("quire", open), plain, options };
}

/** Names with commas between them, in which a backslash takes a comma's meaning away. */
export function splitNames(text: string): string[] {
  const names = [""];
  for (const [, escaped, char] of text.matchAll(/\\([^])|([^])/gu)) {
    if (char === ",") names.push("");
    else names.push(`${names.pop() ?? ""}${escaped ?? char ?? ""}`);
  }
  return names;
}

/** The types of `--types NAME=TYPE,…`, or of a JSON object. */
export function readTypes(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  if (text.startsWith("{")) {
    try {
      return JSON.parse(text) as Record<string, string>;
    } catch {
      throw wrongWords('--types is no JSON object, as {"NAME": "TYPE"}');
    }
  }
  const pairs = splitNames(text).map((pair): [string, string] => {
    const at = pair.lastIndexOf("=");
    if (at < 1) throw wrongWords(`--types needs NAME=TYPE, with commas between them, not ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
