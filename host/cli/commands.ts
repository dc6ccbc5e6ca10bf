/**
 * What the host has to know of the commands, each in a line: `assembly/cli/command-table.ts` has the same commands and all else of them.
 * A table of its own is simpler than one that is generated: that would need a listing in the module, and a file beside the build that can
 * be missing or of another build. tests/catalogues.test.ts compares the two in full, by what the module's help says and what its commands do.
 */

import { TEXT_FORMATS } from "../files/kinds.js";

/** A word of a command that is a file: how many words are between it and the command's name. */
export interface FileArgument {
  readonly behind: number;
  /** `source`: it is read, may be a pipe, and `-` is standard input. `other`: another page file. `made`: a page file that the command makes. */
  readonly is: "source" | "other" | "made";
}

export interface HostCommand {
  /** It writes to FILE, if it is not with `--readonly` and makes no other file. */
  readonly writes: boolean;
  /** It may take long. Its module runs in a process of its own, so that the host's hears signals while it runs. */
  readonly long: boolean;
  readonly file: FileArgument | null;
}

const SOURCE_FIRST: FileArgument = { behind: 0, is: "source" };
const SOURCE_SECOND: FileArgument = { behind: 1, is: "source" };
const OTHER: FileArgument = { behind: 0, is: "other" };
const MADE: FileArgument = { behind: 0, is: "made" };

const command = (writes: boolean, long: boolean, file: FileArgument | null): HostCommand => ({ writes, long, file });
const reads = command(false, false, null);
const writes = command(true, false, null);

export const COMMANDS: ReadonlyMap<string, HostCommand> = new Map([
  ["create", writes],
  ["drop", writes],
  ["tables", reads],
  ["schema", reads],
  ["alter", command(true, true, null)],
  ["index", command(true, true, null)],
  ["migrate", command(true, true, SOURCE_FIRST)],
  ["import", command(true, true, SOURCE_SECOND)],
  ["export", reads],
  ["dump", reads],
  ["load", command(true, true, SOURCE_FIRST)],
  ["insert", writes],
  ["update", writes],
  ["delete", writes],
  ["get", reads],
  ["scan", reads],
  ["sql", writes],
  ["info", reads],
  ["stats", reads],
  ["map", reads],
  ["page", reads],
  ["check", reads],
  ["hash", reads],
  ["diff", command(false, false, OTHER)],
  ["backup", command(false, true, MADE)],
  ["compact", command(true, true, MADE)],
  ["convert", command(false, true, MADE)],
  ["recover", writes],
  ["repair", command(false, true, MADE)],
  ["acl", writes],
  ["serve", command(true, true, null)],
  ["help", reads],
]);

/** Options whose value is the next word. */
export const VALUE_OPTIONS: ReadonlySet<string> = new Set(
  [
    ...["alignment", "layout", "format", "key", "batch", "index", "eq", "from", "to", "offset", "limit", "columns", "cache"],
    ...[
      "durability",
      "null",
      "delimiter",
      "acl",
      "rules",
      "schema",
      "table",
      "types",
      "rows",
      "key-as",
      "on-conflict",
      "encoding",
      "quote",
      "escape",
      "comment",
      "skip",
      "decimal",
      "thousands",
      "dates",
      "unique-nulls",
      "file",
      "where",
      "order",
      "timeout",
      "sql-memory",
      "after",
      "using",
      "name",
    ],
  ].map((name) => `--${name}`),
);

/** Options whose value is a file. */
export const PATH_OPTIONS: ReadonlySet<string> = new Set(["--schema", "--rules", "--acl", "--file"]);

/** The commands whose output `--out` takes, and the formats that the extension of its file stands for there. */
export const OUT_FORMATS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ...["export", "scan", "get", "sql"].map(
    (name) => [name, new Map<string, string>([...TEXT_FORMATS, [".md", "markdown"]])] as const,
  ),
  ["dump", new Map()],
]);
