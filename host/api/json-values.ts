/** Values between TypeScript and the JSON of requests and replies (`docs/protocol.md`, "Values"). */
import { QuireError } from "./errors.js";
import { JsonText, checkDocument, describe } from "./document.js";
import type { Column, ColumnType, TableSchema } from "./table-schema.js";
import { type ValueForms, inexact, numberIfExact } from "./value-forms.js";

/** Each byte in hexadecimal. */
export const BYTE_HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes in hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += BYTE_HEX[byte] as string;
  return text;
}

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function bad(table: string, column: Column, what: string): QuireError {
  return new QuireError("BAD_VALUE", `${table}.${column.name}: ${what}`);
}

/** Texts of Dates that were read and can't hold all of it: its microseconds below the millisecond, its offset. And the time that each had. */
const readDates = new WeakMap<Date, { readonly text: string; readonly time: number }>();

/**
 * A valid `Date` as the module reads it: its day, or its time in UTC. One that was read, and is as it was, is the text that was stored. What the
 * years of a column don't reach is the module's to refuse.
 */
export function dateText(column: Column, value: Date): string {
  const read = readDates.get(value);
  if (column.type === "datetime" && read?.time === value.getTime()) return read.text;
  const text = value.toISOString().replace(/^\+0?/, "");
  return column.type === "date" ? text.slice(0, -14) : text;
}

/** The types whose columns hold whole numbers that JSON's shortest spelling of a number is not exact for. */
const WIDE_TYPES: ReadonlySet<ColumnType> = new Set(["int64", "uint64", "decimal"]);

/** Whether JSON spells `value` as the number that it is: above 2^53 it writes the shortest text that reads as the same `number`. */
const isExact = (value: number): boolean => Number.isSafeInteger(value) || !Number.isInteger(value);

/** The JSON form of `value` for `column`. What no column of that type can be is refused here; the module judges the rest. */
export function toJson(table: string, column: Column, value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw bad(table, column, `a ${typeof value} is no value`);
  if (value === null) return value;
  if (column.type === "json") {
    checkDocument(`${table}.${column.name}`, value);
    return value;
  }
  switch (typeof value) {
    case "bigint":
      return String(value);
    case "number":
      // JSON has no word for these; the module says what it thinks of the text.
      if (!Number.isFinite(value)) return String(value);
      return isExact(value) || !WIDE_TYPES.has(column.type) ? value : String(BigInt(value));
    case "string":
      if (!value.isWellFormed()) throw bad(table, column, "the text has half of a surrogate pair, which UTF-8 can't spell");
      return value;
    case "object":
      if (value instanceof Uint8Array && (column.type === "blob" || column.type === "custom")) return toHex(value);
      if (value instanceof Date && (column.type === "date" || column.type === "datetime")) {
        if (Number.isNaN(value.getTime())) throw bad(table, column, "the Date is invalid");
        return dateText(column, value);
      }
      throw bad(table, column, `${describe(value)} is not a ${column.type}`);
    default:
      return value;
  }
}

/** Fields of requests that give parameters of SQL their values. */
export interface ParameterFields {
  /** A list of them, or an object with a member for each name. */
  readonly params: unknown;
  /** Those of them that are bytes, by their numbers or names; missing where none is. */
  readonly blobs?: readonly (number | string)[];
}

/** The values of parameters of SQL, a list or an object, as fields of a request. */
export function parameterFields(params: unknown): ParameterFields {
  // What is no object is the module's to refuse.
  if (typeof params !== "object" || params === null) return { params };
  const isList = Array.isArray(params);
  const given = isList ? Array.from(params, (value: unknown, at) => [at + 1, value] as const) : Object.entries(params);
  const values = given.map(([name, value]) => parameterToJson(value, isList ? name : `:${name}`));
  const blobs = given.filter(([, value]) => value instanceof Uint8Array).map(([name]) => name);
  return {
    params: isList ? values : Object.fromEntries(given.map(([name], at) => [name, values[at]])),
    ...(blobs.length > 0 && { blobs }),
  };
}

/**
 * A value for a parameter of SQL in JSON: what has no type there is text, which is read as the type of what it meets; bytes, of which a request tells by
 * `blobs`, in hexadecimal. `name` is the parameter's
 * number or its name.
 */
export function parameterToJson(value: unknown, name: number | string): unknown {
  if (typeof value === "bigint") return isExact(Number(value)) ? Number(value) : JsonText.of(String(value));
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new QuireError("BAD_VALUE", `parameter ${name}: ${value} is no number of SQL`);
    return isExact(value) ? value : JsonText.of(String(BigInt(value)));
  }
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new QuireError("BAD_VALUE", `parameter ${name}: the Date is invalid`);
    return value.toISOString().replace(/^\+0?/, "");
  }
  if (value === undefined || typeof value === "function" || typeof value === "symbol")
    throw new QuireError("BAD_VALUE", `parameter ${name}: ${typeof value} is no value`);
  return value;
}

/** A row's values in their JSON form; columns that are undefined are left out, unknown ones stay for the module to name. */
export function rowToJson(schema: TableSchema, row: unknown): unknown {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return row;
  const json = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(row)) {
    if (value === undefined) continue;
    const column = schema.column(name);
    json[name] = column === undefined ? null : toJson(schema.name, column, value);
  }
  return json;
}

/** A bound of a scan: one value, or a list of values of an index's first columns. */
export function boundToJson(schema: TableSchema, columns: readonly Column[], bound: unknown): unknown {
  const one = (value: unknown, i: number): unknown => {
    const column = columns[i];
    return column === undefined ? null : toJson(schema.name, column, value);
  };
  return Array.isArray(bound) ? bound.map(one) : one(bound, 0);
}

const DATE_PARTS = /^(\d{4,5})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)\.(\d{3})(\d{3})([+-])(\d\d):(\d\d))?$/;

/**
 * The time of a date or date-time as a `Date`, to the millisecond, which remembers what it can't hold; as the text that it is where no
 * calendar has it, or no clock (a file may hold 0000-00-00).
 */
export function dateFromText(text: string): Date | string {
  const match = DATE_PARTS.exec(text);
  if (match === null) return text;
  const part = (i: number): number => Number(match[i] ?? 0);
  const [hour, minute, second, hours, minutes] = [part(4), part(5), part(6), part(10), part(11)];
  if (hour > 23 || minute > 59 || second > 59 || hours > 23 || minutes > 59) return text;
  const date = new Date(0);
  date.setUTCFullYear(part(1), part(2) - 1, part(3));
  if (date.getUTCMonth() !== part(2) - 1 || date.getUTCDate() !== part(3)) return text;
  const offset = (hours * 60 + minutes) * (match[9] === "-" ? -1 : 1);
  date.setUTCHours(hour, minute - offset, second, part(7));
  if (offset !== 0 || part(8) !== 0) readDates.set(date, { text, time: date.getTime() });
  return date;
}

/** Types whose values may be something else in rows than in JSON. */
const OTHER_THAN_JSON: ReadonlySet<ColumnType> = new Set(["int64", "uint64", "decimal", "blob", "custom", "date", "datetime"]);

/** A value of a reply as rows hold it. */
export function fromJson(column: Column, value: unknown, { integers, decimals, dates }: ValueForms): unknown {
  if (value === null) return null;
  switch (column.type) {
    case "int64":
    case "uint64":
      return integers === "number" ? exactNumber(column.name, value as string) : BigInt(value as string);
    case "decimal":
      return decimals === "number" ? Number(value) : value;
    case "blob":
    case "custom":
      return fromHex(value as string);
    case "date":
    case "datetime":
      return dates === "date" ? dateFromText(value as string) : value;
    default:
      return value;
  }
}

/** The same of the key of a row that is in the table by now: an integer that no number is exact for is a bigint all the same. */
export function keyFromJson(column: Column, value: unknown, forms: ValueForms): unknown {
  const isWide = column.type === "int64" || column.type === "uint64";
  return isWide && forms.integers === "number" ? numberIfExact(BigInt(value as string)) : fromJson(column, value, forms);
}

/** Gives the values of a reply's row, which is changed in place, the form that rows have. */
export function rowFromJson(
  columns: readonly Column[],
  row: Record<string, unknown>,
  forms: ValueForms,
): Record<string, unknown> {
  for (const column of columns) {
    const { type, name } = column;
    if (OTHER_THAN_JSON.has(type)) row[name] = fromJson(column, row[name], forms);
  }
  return row;
}

/** The number that `text`, a whole one, spells; `BAD_VALUE` when none is exactly that. `name`: what it is the value of. */
function exactNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw inexact(name, BigInt(text));
  return value;
}
