/** Values between TypeScript and the JSON of requests and replies (`docs/protocol.md`, "Values"). */
import { QuireError } from "../errors.js";
import type { Column, ColumnType, TableSchema } from "./table-schema.js";

/** What dates and date-times are in rows. */
export type DateForm = "string" | "date";

const BYTE_HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += BYTE_HEX[byte] as string;
  return text;
}

export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function bad(table: string, column: Column, what: string): QuireError {
  return new QuireError("BAD_VALUE", `${table}.${column.name}: ${what}`);
}

/** A `Date` as the module reads it: its day, or its time in UTC. */
export function dateText(column: Column, value: Date): string {
  const text = value.toISOString();
  return column.type === "date" ? text.slice(0, -14) : text;
}

/** The types whose columns hold whole numbers that JSON's shortest spelling of a number is not exact for. */
const WIDE_TYPES: ReadonlySet<ColumnType> = new Set(["int64", "uint64", "decimal"]);

/** Whether JSON spells `value` as the number that it is: above 2^53 it writes the shortest text that reads as the same `number`. */
const isExact = (value: number): boolean => Number.isSafeInteger(value) || !Number.isInteger(value);

/** The JSON form of `value` for `column`. What no column of that type can be is refused here; the module judges the rest. */
export function toJson(table: string, column: Column, value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw bad(table, column, `a ${typeof value} is no value`);
  if (value === null || column.type === "json") return value;
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

function describe(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  const name = typeof constructor === "function" ? constructor.name : "object";
  return /^[AEIOU]/i.test(name) ? `an ${name}` : `a ${name}`;
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

/** The time of a date or date-time as a `Date`: in UTC, to the millisecond. Invalid for one that no calendar has. */
export function dateFromText(text: string): Date {
  const match = /^(\d{4,5})-(\d{2,3})-(\d{2,3})(?:T(\d{2,3}):(\d{2,3}):(\d{2,3})\.(\d{6,10})([+-])(\d{2,3}):(\d{2}))?$/.exec(
    text,
  );
  if (match === null) return new Date(NaN);
  const [year, month, day, hour, minute, second, micros] = match
    .slice(1, 8)
    .map((digits: string | undefined) => Number(digits ?? 0)) as [number, number, number, number, number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return new Date(NaN);
  date.setUTCHours(hour, minute, second, Math.floor(micros / 1000));
  const offset = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * (match[8] === "-" ? -1 : 1);
  return new Date(date.getTime() - offset * 60_000);
}

/** A value of a reply as rows hold it. */
export function fromJson(column: Column, value: unknown, dates: DateForm): unknown {
  if (value === null) return null;
  switch (column.type) {
    case "int64":
    case "uint64":
      return BigInt(value as string);
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

/** Gives the values of a reply's row, which is changed in place, the form that rows have. */
export function rowFromJson(columns: readonly Column[], row: Record<string, unknown>, dates: DateForm): Record<string, unknown> {
  for (const column of columns) {
    const { type, name } = column;
    if (type === "int64" || type === "uint64" || type === "blob" || type === "custom" || type === "date" || type === "datetime") {
      row[name] = fromJson(column, row[name], dates);
    }
  }
  return row;
}
