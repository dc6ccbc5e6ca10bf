/** The command line of a shell: `quire [OPTIONS] FILE`. */
import { type OpenOptions, checkOptions, nearest } from "../../api/options.js";
import { filePosition, takeRuntime, takeWait } from "../command-line.js";
import { OPENING, OPENING_FLAGS, openingValue, optionValue, readOption, wrongWords } from "../opening.js";
import { FORMAT_NAMES, type FormatName } from "./formats.js";

export interface ShellWords {
  readonly file: string;
  readonly open: OpenOptions;
  readonly format: FormatName;
  readonly nullText: string | null;
  readonly headers: boolean;
  /** Whether colours are wanted; null: as the terminal has them. */
  readonly color: boolean | null;
  /** The words that a command on the same file needs as well. */
  readonly passed: readonly string[];
}

const FLAGS: ReadonlySet<string> = new Set([...OPENING_FLAGS, "no-header", "color", "no-color"]);
const OTHERS = ["format", "null", "no-header", "color", "no-color"];

/** The format called `name`, also as other shells call it. */
export function formatNamed(name: string): FormatName {
  const aliases: Readonly<Partial<Record<string, FormatName>>> = {
    ...{ column: "table", box: "table", tabs: "tsv", jsonlines: "ndjson", jsonl: "ndjson", vertical: "line", md: "markdown" },
  };
  const format = FORMAT_NAMES.find((known) => known === name) ?? (Object.hasOwn(aliases, name) ? aliases[name] : undefined);
  if (format !== undefined) return format;
  const like = nearest(name, FORMAT_NAMES);
  throw wrongWords(
    `there is no format ${name}; ${like === undefined ? `formats: ${FORMAT_NAMES.join(", ")}` : `did you mean ${like}?`}`,
  );
}

/** Reads the words behind `quire`; throws a `QuireError` with `USAGE` for what a shell has no use for. */
export function readWords(words: readonly string[]): ShellWords {
  const { waitSeconds, rest } = takeWait(words);
  const { runtime, rest: args } = takeRuntime(rest);
  const position = filePosition(args);
  const open: Record<string, unknown> = { runtime, wait: waitSeconds };
  const other: Record<string, string> = {};
  const passed = ["--runtime", runtime, "--wait", String(waitSeconds)];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (i === position || word === "--") continue;
    const { name, told } = readOption(word) ?? { name: "", told: undefined };
    const option = OPENING.get(name);
    if (option === undefined && !OTHERS.includes(name)) {
      const like = nearest(name, [...OPENING.keys(), ...OTHERS]);
      throw wrongWords(
        `a shell has no option ${word}${like === undefined ? "; quire help lists commands" : `; did you mean --${like}?`}`,
      );
    }
    const isFlag = FLAGS.has(name);
    const value = optionValue(name, told, isFlag, () => args[++i]);
    if (option === undefined) other[name] = value;
    else open[option] = isFlag ? true : openingValue(name, value, open[option]);
    if (option !== undefined && name !== "layout") passed.push(`--${name}`, ...(isFlag ? [] : [value]));
  }
  return {
    file: args[position] as string,
    open: checkOptions("quire", open),
    format: formatNamed(other["format"] ?? "table"),
    nullText: other["null"] ?? null,
    headers: other["no-header"] === undefined,
    color: other["no-color"] !== undefined ? false : other["color"] !== undefined ? true : null,
    passed,
  };
}
