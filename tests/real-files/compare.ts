/** Imports a file, and compares every value with what an independent reader has: csv-parse for CSV and TSV, JSON.parse for JSON. */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { modulePath } from "../../host/paths.js";
import { runCommand } from "../torture/command.js";
import { Disk, Image } from "../torture/disk.js";

const module = new WebAssembly.Module(readFileSync(modulePath()));

/** What came of a file. */
export interface Outcome {
  readonly rows: number;
  /** Each column's name and type. */
  readonly columns: readonly (readonly [string, string])[];
  readonly notes: readonly string[];
  /** Why it was not imported, "" if it was. */
  readonly refused: string;
  /** The first values that differ, as text. */
  readonly differences: readonly string[];
}

type Values = Readonly<Record<string, unknown>>;

/** Texts that stand for no value in a column of other values. */
const NULLS: ReadonlySet<string> = new Set(["", "na", "n/a", "null", "-", "nan", "\\n", "none", "."]);

/** Imports the text of the file called `name` with these options, and compares. */
export function tryFile(name: string, bytes: Buffer, options: readonly string[]): Outcome {
  const format = name.slice(name.lastIndexOf(".") + 1);
  const disk = Disk.of(new Map([[`in.${format}`, Image.of(bytes)]]));
  const words = ["data/store.db", "import", "t", `data/in.${format}`, "--create", "--json", "--layout", "0.11", ...options];
  const { status, stdout, stderr, trap } = runCommand(module, disk, words);
  if (trap !== "") throw new Error(`${name}: ${trap}`);
  const reply = (stdout === "" ? {} : JSON.parse(stdout)) as {
    error?: { message: string };
    columns?: string[];
    imported?: number;
    notes?: string[];
  };
  if (status !== 0) {
    const refused = (reply.error?.message ?? stderr).replace(/; nothing was imported$/, "");
    return { rows: 0, columns: [], notes: [], refused, differences: [] };
  }
  const columns = (reply.columns ?? []).map(columnOf);
  const key = (reply.columns ?? []).findIndex((definition) => /(?<!\\):pk/.test(definition));
  const exported = runCommand(module, disk, ["data/store.db", "export", "t", "--format", "ndjson"]).stdout;
  const ours = exported.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Values]));
  const differences =
    format === "json"
      ? compareJson(bytes.toString(), options, columns, columns[key], ours)
      : compareCells(bytes, format, reply.notes ?? [], columns, key, ours);
  if (ours.length !== reply.imported) differences.push(`${reply.imported} rows were imported, ${ours.length} are there`);
  return { rows: ours.length, columns, notes: reply.notes ?? [], refused: "", differences };
}

/** The name and the type in a column's definition, in which a backslash takes a colon's meaning away. */
function columnOf(definition: string): readonly [string, string] {
  const [, name = "", type = ""] = /^((?:\\[^]|[^\\:])*):([^:]*)/.exec(definition) ?? [];
  return [name.replace(/\\([^])/g, "$1"), type];
}

/** Whether the table has a column that counts, before those of the file. */
const hasCounter = (columns: Outcome["columns"], names: readonly string[]): boolean => columns.length === names.length + 1;

/** The numbers of a date in the order of a calendar, which has its year first or last, and of a time. */
function momentKey(text: string): string {
  const [a = 0, b = 0, c = 0, ...time] = (text.match(/\d+/g) ?? []).map(Number);
  return [...(a > 31 ? [a, b, c] : [c, b, a]), ...time.filter((part) => part !== 0)].join();
}

/** A value as it is looked up, whatever it is written like. */
const lookupKey = (type: string, text: string): string =>
  /^(u?int|decimal)/.test(type)
    ? plainNumber(text.trim())
    : type.startsWith("date")
      ? momentKey(text)
      : type === "text"
        ? text.trim()
        : text.trim().toLowerCase();

/**
 * Our rows in the order of the file: they are stored where there is room. `key` is the column that tells which is which, and `keyOf` what a
 * row of the file has in it; a column that counts, which the file has not, tells their order.
 */
function inFileOrder(
  ours: readonly Values[],
  key: readonly [string, string] | undefined,
  count: number,
  keyOf: ((row: number) => string) | null,
): readonly (Values | undefined)[] {
  if (key === undefined) return ours;
  const [name, type] = key;
  if (keyOf === null) return [...ours].sort((a, b) => Number(a[name]) - Number(b[name]));
  const rows = new Map(ours.map((row) => [lookupKey(type, textOf(row[name])), row]));
  return Array.from({ length: count }, (_, row) => rows.get(lookupKey(type, keyOf(row))));
}

function compareRows(
  columns: Outcome["columns"],
  ours: readonly (Values | undefined)[],
  count: number,
  same: (row: number, column: number, name: string, type: string, value: unknown) => string,
): string[] {
  const differences: string[] = [];
  if (ours.length !== count) differences.push(`${ours.length} rows, and ${count} in the file`);
  for (let row = 0; row < Math.min(count, ours.length) && differences.length < 3; row++) {
    columns.forEach(([name, type], column) => {
      const value = ours[row]?.[name];
      const wrong = value === undefined ? "a row" : same(row, column, name, type, value);
      if (wrong !== "") differences.push(`row ${row + 1}, ${name} (${type}): ${JSON.stringify(value)}, and ${wrong} in the file`);
    });
  }
  return differences;
}

// ---- CSV and TSV ----

function compareCells(
  bytes: Buffer,
  format: string,
  notes: readonly string[],
  columns: Outcome["columns"],
  key: number,
  rows: readonly Values[],
): string[] {
  const utf8 = bytes.toString("utf8");
  const text = (utf8.includes("\ufffd") ? bytes.toString("latin1") : utf8).replace(/^\ufeff/, "");
  // What was decided is followed; what is in the cells is read independently.
  const said = notes.find((note) => note.startsWith("read with ")) ?? "";
  const [, skipped = said.includes("its first line left out") ? "1" : "0"] = /its first (\d+) lines left out/.exec(said) ?? [];
  const [, divides] = /read with (tabs|.) between cells/.exec(said) ?? [];
  const delimiter = format === "tsv" || divides === "tabs" ? "\t" : (divides ?? ",");
  const quote = format === "tsv" ? false : said.includes("' as quotes") ? "'" : '"';
  const fromLine = Number(skipped) + 1;
  const data: string[][] = parse(text, {
    delimiter,
    quote,
    from_line: fromLine,
    skip_empty_lines: true,
    relax_column_count: true,
  });
  const header = !said.includes("no header");
  const names = header ? (data.shift() ?? []) : [];
  const width = data[0]?.length ?? names.length;
  const offset = hasCounter(columns, Array.from({ length: width })) ? 1 : 0;
  if (header && names.length !== width && names.length !== width - 1) return [`${names.length} names, and ${width} cells`];
  const keyOf = key < offset ? null : (row: number): string => data[row]?.[key - offset] ?? "";
  const ours = inFileOrder(rows, columns[key], data.length, keyOf);
  return compareRows(columns.slice(offset), ours, data.length, (row, column, _, type, value) => {
    const cell = data[row]?.[column] ?? "";
    return isSameCell(type, value, cell) ? "" : JSON.stringify(cell);
  });
}

/** The numbers in a text without zeros at their ends, in an order that does not depend on how dates are written. */
const parts = (text: string): string =>
  (text.match(/\d+/g) ?? [])
    .map(Number)
    .filter((part) => part !== 0)
    .sort((a, b) => a - b)
    .join();

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The moment of a text, which is in UTC where it says nothing. */
const momentOf = (text: string): number => new Date(/Z|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`).getTime();

/** Whether a value is that of the cell: by decisions, null may be the texts of `NULLS`, and numbers may have been written for people. */
function isSameCell(type: string, value: unknown, cell: string): boolean {
  const text = cell.trim();
  if (value === null) return NULLS.has(text.toLowerCase());
  const own = textOf(value);
  if (type === "text") return own === cell || own === text;
  if (type === "boolean") return own === text.toLowerCase();
  if (type === "date") return parts(own) === parts(text);
  if (type === "datetime") return momentOf(own) === momentOf(text) || parts(own) === parts(text);
  const digits = plainNumber(own);
  return [text, text.replaceAll(",", ""), text.replaceAll(".", "").replace(",", ".")].some((one) => plainNumber(one) === digits);
}

/** A number's text without what does not change it. */
function plainNumber(text: string): string {
  const [, sign = "", before = "", behind = "", exponent = "0"] = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [
    "",
    "",
    text,
  ];
  const point = before.length + Number(exponent);
  const padded =
    "0".repeat(Math.max(0, -point)) + before + behind + "0".repeat(Math.max(0, point - before.length - behind.length));
  const at = Math.max(0, point);
  const [whole, fraction] = [padded.slice(0, at), padded.slice(at)];
  const digits = `${whole.replace(/^0+(?=\d)/, "") || "0"}.${fraction.replace(/0+$/, "")}`.replace(/\.$/, "");
  return sign === "-" && digits !== "0" ? `-${digits}` : digits;
}

// ---- JSON ----

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Arrays of objects that are inside of objects: where they are. */
function arraysIn(object: Values, path: readonly string[] = []): string[][] {
  return Object.entries(object).flatMap(([name, value]) => {
    if (isObject(value)) return arraysIn(value, [...path, name]);
    return Array.isArray(value) && isObject(value[0]) ? [[...path, name]] : [];
  });
}

const option = (options: readonly string[], name: string): string | undefined =>
  options.includes(name) ? options[options.indexOf(name) + 1] : undefined;

/** The rows of a document, by what docs/import.md says of them. */
function rowsOf(document: unknown, options: readonly string[]): Values[] {
  const key = option(options, "--key-as") ?? "key";
  const membersOf = (object: Values): Values[] =>
    Object.entries(object).map(([name, value]) => ({ [key]: name, ...(value as object) }));
  const at = (path: readonly string[]): unknown => path.reduce((value, name) => (value as Values)[name], document);
  const asRows = (value: unknown): Values[] => (Array.isArray(value) ? (value as Values[]) : membersOf(value as Values));
  const named = option(options, "--rows");
  if (named === ".") return asRows(document);
  if (named !== undefined && named !== "") return asRows(at(named.split(".")));
  if (!isObject(document)) return document as Values[];
  if (named === "") return [document];
  const [found, other] = arraysIn(document);
  if (found !== undefined && other === undefined) return at(found) as Values[];
  const values = Object.values(document);
  return found === undefined && values.length > 1 && values.every(isObject) ? membersOf(document) : [document];
}

/** Features as rows: their members, and their properties. */
function ofFeatures(rows: Values[]): Values[] {
  const isFeature = (row: Values): boolean => row["type"] === "Feature" && "properties" in row && "geometry" in row;
  const [first] = rows;
  if (first === undefined || !isFeature(first)) return rows;
  const properties = (first["properties"] ?? {}) as Values;
  return rows.map((row) => {
    const { properties: own, ...members } = row;
    const named = Object.entries(members).filter(([name]) => name !== "type");
    return {
      ...(own as object),
      ...Object.fromEntries(named.map(([name, value]) => [name in properties ? `feature_${name}` : name, value])),
    };
  });
}

function flattened(object: Values, before = ""): Values {
  return Object.assign(
    {},
    ...Object.entries(object).map(([name, value]) =>
      isObject(value) && Object.keys(value).length > 0 ? flattened(value, `${before}${name}_`) : { [before + name]: value },
    ),
  ) as Values;
}

function compareJson(
  text: string,
  options: readonly string[],
  columns: Outcome["columns"],
  key: readonly [string, string] | undefined,
  stored: readonly Values[],
): string[] {
  const rows = ofFeatures(rowsOf(JSON.parse(text.replace(/^\ufeff/, "")), options));
  const theirs = options.includes("--flatten") ? rows.map((row) => flattened(row)) : rows;
  const names = new Set(theirs.flatMap((row) => Object.keys(row)));
  const shown = columns.filter(([name]) => names.has(name));
  const keyOf = key === undefined || !names.has(key[0]) ? null : (row: number): string => textOf(theirs[row]?.[key[0]]);
  const ours = inFileOrder(stored, key, theirs.length, keyOf);
  const differences = compareRows(shown, ours, theirs.length, (row, _, name, type, value) => {
    const member = theirs[row]?.[name] ?? null;
    return isSameMember(type, value, member) ? "" : JSON.stringify(member).slice(0, 200);
  });
  if (shown.length !== names.size) differences.push(`${shown.length} columns, and ${names.size} names in the file`);
  return differences;
}

/** Whether a value is that of a member. A number is the one that JSON.parse makes of it. */
function isSameMember(type: string, value: unknown, member: unknown): boolean {
  if (type === "json" || value === null || member === null) return isDeepStrictEqual(value, member);
  if (typeof member === "number") return Number(value) === member;
  if (type === "datetime") return momentOf(textOf(value)) === momentOf(textOf(member));
  return (
    value === member ||
    (type === "uuid" && value === textOf(member).toLowerCase()) ||
    (type === "text" && value === textOf(member))
  );
}
