/** What may stand where the cursor is: keywords, functions, names of tables and columns, commands and files. */
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { sqlName } from "../../api/sql-text.js";
import { COMMAND_NAMES, completesWith } from "./commands.js";
import { FORMAT_NAMES } from "./formats.js";

/** Tables and views, and the columns of each. */
export type Names = ReadonlyMap<string, readonly string[]>;

/** Words of statements; those that the module takes for no name unless it has quotes are the reserved ones. */
export const RESERVED_WORDS: readonly string[] = (
  "add all alter and as asc between by case cast check collate commit constraint create cross current_date current_time " +
  "current_timestamp default delete desc distinct drop else end escape except exists explain filter for foreign from full glob group " +
  "having ilike in index inner insert intersect into is isnull join left like limit natural not notnull null offset on or order outer " +
  "over primary references returning right select set table then to transaction union unique update using values when where window with"
).split(" ");
const OTHER_WORDS = (
  "analyze autoincrement begin cascade conflict do false first following groups if ignore immediate key last nothing nulls partition " +
  "pragma preceding range recursive release replace restrict rollback row rows savepoint temp true unbounded view"
).split(" ");
export const FUNCTION_NAMES: readonly string[] = (
  "abs avg cast ceil changes char char_length coalesce concat concat_ws count cume_dist date date_trunc datetime dense_rank extract " +
  "first_value floor format gen_random_uuid generate_series greatest group_concat hex ifnull iif instr json json_array json_array_length " +
  "json_contains json_each json_extract json_group_array json_group_object json_insert json_object json_patch json_quote json_remove " +
  "json_replace json_set json_tree json_type json_valid lag last_insert_rowid last_value lead least left length lower lpad ltrim max min " +
  "mod now nth_value ntile nullif octet_length percent_rank position pow power printf quote random randomblob rank replace reverse right " +
  "round row_number rpad rtrim sign strftime string_agg substr substring sum total total_changes trim trunc typeof unhex unicode unixepoch upper uuid"
).split(" ");

/** Words behind which a table's name stands. */
const BEFORE_TABLE = new Set(["from", "join", "into", "update", "table", "view", "using"]);
/** Words that begin another part of a statement. */
const CLAUSES = new Set([
  "select",
  "where",
  "group",
  "order",
  "having",
  "set",
  "values",
  "returning",
  "on",
  "limit",
  "window",
  "from",
]);

interface Token {
  readonly text: string;
  readonly at: number;
  /** It is a name: a word that may be one, or something in quotes. */
  readonly name: string | null;
  /** It is a text or a comment that is not closed, where nothing is to be completed. */
  readonly isOpenText: boolean;
}

const TOKEN =
  /(?<word>[\p{L}_][\p{L}\p{N}\p{M}_$]*)|(?<name>"[^"]*"?|`[^`]*`?|\[[^\]]*\]?)|(?<text>'[^']*'?|--[^\n]*|\/\*(?:[^*]|\*(?!\/))*(?:\*\/)?)|\S/gu;

function tokens(sql: string): Token[] {
  return Array.from(sql.matchAll(TOKEN), ({ 0: text, index: at, groups = {} }) => {
    const { word, name, text: quoted } = groups;
    const isOpen = quoted !== undefined && at + text.length === sql.length && !/^'[^]*'$|\*\/$/.test(quoted);
    return { text, at, name: word ?? name?.replace(/^["`[]|["`\]]$/g, "") ?? null, isOpenText: isOpen };
  });
}

/** A name as it has to be written. */
function written(name: string): string {
  const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED_WORDS.includes(name.toLowerCase());
  return isPlain ? name : sqlName(name);
}

/** Names that nobody would type are left out, and so is what a terminal may not get. */
// eslint-disable-next-line no-control-regex
const isTypable = (name: string): boolean => !/[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.test(name);

const startsLike = (text: string, prefix: string): boolean => text.toLowerCase().startsWith(prefix.toLowerCase());

/** Tables that the statement names, by what it calls them: a table's own name, or its alias. */
function namedTables(list: readonly Token[], names: Names): Map<string, readonly string[]> {
  const byLower = new Map(Array.from(names, ([name, columns]) => [name.toLowerCase(), columns]));
  const found = new Map<string, readonly string[]>();
  list.forEach(({ name }, i) => {
    const columns = name === null || list[i - 1]?.text === "." ? undefined : byLower.get(name.toLowerCase());
    if (name === null || columns === undefined) return;
    found.set(name.toLowerCase(), columns);
    const next = list[i + 1]?.name?.toLowerCase() === "as" ? list[i + 2] : list[i + 1];
    const alias = next?.name?.toLowerCase();
    if (alias !== undefined && !RESERVED_WORDS.includes(alias)) found.set(alias, columns);
  });
  return found;
}

/** Whether a table's name is to come behind `list`. */
function wantsTable(list: readonly Token[]): boolean {
  const last = list.at(-1)?.text.toLowerCase() ?? "";
  if (BEFORE_TABLE.has(last)) return true;
  if (last === "exists") return list.some(({ text }) => text.toLowerCase() === "drop");
  if (last !== ",") return false;
  const clause = list.findLast(({ text }) => CLAUSES.has(text.toLowerCase()) || text === "(" || text.toLowerCase() === "join");
  return clause !== undefined && /^(?:from|join)$/i.test(clause.text);
}

/** Completions, and the text before the cursor that they take the place of. */
export type Completions = [string[], string];

/** What may stand behind `before`, the statement up to the cursor, which goes on with `behind`. */
export function completeSql(before: string, behind: string, names: Names): Completions {
  const list = tokens(before);
  const last = list.at(-1);
  if (last?.isOpenText === true) return [[], ""];
  const isTyping = last !== undefined && last.name !== null && last.at + last.text.length === before.length;
  const prefix = isTyping ? last.text : "";
  const begun = isTyping ? list.slice(0, -1) : list;
  const quote = /^["`[]/.test(prefix);
  const fits = (name: string): boolean =>
    isTypable(name) && (quote ? startsLike(name, prefix.slice(1)) : startsLike(name, prefix));
  const shown = (found: Iterable<string>): string[] =>
    Array.from(new Set(found))
      .filter(fits)
      .sort()
      .map((name) => (quote ? sqlName(name) : written(name)));
  const used = namedTables([...list, ...tokens(behind)], names);
  if (begun.at(-1)?.text === ".") {
    const owner = begun.at(-2)?.name?.toLowerCase();
    return [shown(owner === undefined ? [] : (used.get(owner) ?? [])), prefix];
  }
  if (wantsTable(begun)) return [shown(names.keys()), prefix];
  const columns = used.size > 0 ? [...used.values()].flat() : [...names.values()].flat();
  const found = shown([...columns, ...used.keys(), ...names.keys()]);
  if (prefix === "" || quote) return [found, prefix];
  const isLower = prefix === prefix.toLowerCase();
  const words = [...new Set([...RESERVED_WORDS, ...OTHER_WORDS])]
    .filter(fits)
    .map((word) => (isLower ? word : word.toUpperCase()));
  const functions = FUNCTION_NAMES.filter((name) => startsLike(name, prefix)).map(
    (name) => `${isLower ? name : name.toUpperCase()}(`,
  );
  return [[...new Set([...found, ...words, ...functions])], prefix];
}

/** What may stand behind a command that begins with a point. */
export function completeCommand(line: string, names: Names): Completions {
  const words = line.trimStart().split(/\s+/);
  const prefix = words.pop() as string;
  if (words.length === 0) return [COMMAND_NAMES.map((name) => `.${name}`).filter((name) => name.startsWith(prefix)), prefix];
  const kinds = completesWith((words[0] as string).slice(1)) ?? [];
  const kind = kinds[Math.min(words.length - 1, kinds.length - 1)];
  if (kind === "file") return [completeFile(prefix), prefix];
  const among: Readonly<Record<"table" | "format" | "switch" | "command", readonly string[]>> = {
    table: [...names.keys()].filter(isTypable),
    format: FORMAT_NAMES,
    switch: ["on", "off"],
    command: COMMAND_NAMES,
  };
  return [kind === undefined ? [] : among[kind].filter((word) => startsLike(word, prefix)), prefix];
}

function completeFile(prefix: string): string[] {
  const slash = prefix.lastIndexOf("/") + 1;
  const folder = prefix.slice(0, slash);
  const begin = prefix.slice(slash);
  try {
    return readdirSync(folder.startsWith("~/") ? join(homedir(), folder.slice(2)) : folder || ".", { withFileTypes: true })
      .filter(
        ({ name }) => name.startsWith(begin) && isTypable(name) && !/\s/.test(name) && (begin !== "" || !name.startsWith(".")),
      )
      .map((entry) => folder + entry.name + (entry.isDirectory() ? "/" : ""))
      .sort();
  } catch {
    return [];
  }
}
