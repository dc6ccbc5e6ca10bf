/** Which type a column of SQLite gets: by what it was declared to be, and by the values that are in it. */
import { JsonText } from "../api/document.js";
import { toHex } from "../api/json-values.js";
import type { SqliteValue } from "./sqlite-reader.js";
import { Unfit, decimalText, floatText, integerType, unpointed, uuidText } from "./values.js";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DECIMAL = /^[+-]?\d+(?:\.\d+)?$/;
const MOMENT = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,6})0*)?)?)? ?(?:(Z)|([+-])(\d\d):?(\d\d))?$/i;

/** A date or time as texts of SQLite have it: its parts; null when it is none. */
function momentOf(text: string): readonly [date: string, time: string | null] | null {
  const match = MOMENT.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute = "00", second = "00", fraction = "", utc, sign, hours = "00", minutes = "00"] = match;
  const date = `${String(year)}-${String(month)}-${String(day)}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  const isDay = !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
  if (
    !isDay ||
    Number(hour ?? 0) > 23 ||
    Number(minute) > 59 ||
    Number(second) > 59 ||
    Number(hours) > 23 ||
    Number(minutes) > 59
  )
    return null;
  if (hour === undefined) return utc === undefined && sign === undefined ? [date, null] : null;
  return [date, `${hour}:${minute}:${second}.${fraction.padEnd(6, "0")}${sign ?? "+"}${hours}:${minutes}`];
}

const isText = (value: SqliteValue): value is string => typeof value === "string";
/** Whole numbers; some packages have small ones as numbers. */
const isWhole = (value: SqliteValue): value is bigint | number =>
  typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value));

const fits = (make: () => unknown): boolean => {
  try {
    make();
    return true;
  } catch {
    return false;
  }
};

/** What the types take of SQLite's values; what is not here takes whole numbers of a range. */
const TAKES: Readonly<Record<string, (value: SqliteValue) => boolean>> = {
  text: isText,
  blob: (value) => value instanceof Uint8Array,
  boolean: (value) => isWhole(value) && (Number(value) === 0 || Number(value) === 1),
  decimal: (value) =>
    typeof value === "bigint" ||
    (typeof value === "number" && fits(() => floatText(value, false))) ||
    (isText(value) && DECIMAL.test(value) && fits(() => exactDecimal(value))),
  date: (value) => isText(value) && momentOf(value)?.[1] === null,
  datetime: (value) => isText(value) && momentOf(value) !== null,
  uuid: (value) => (isText(value) ? UUID.test(value) : value instanceof Uint8Array && value.length === 16),
  json: (value) => isText(value) && fits(() => new JsonText(value)),
};

function exactDecimal(text: string): string {
  const { digits, scale } = unpointed(text.replace("+", ""));
  return decimalText(digits, scale);
}

const rangeOf = (type: string): readonly [bigint, bigint] => {
  const { isSigned, bits } = integerType(type) as NonNullable<ReturnType<typeof integerType>>;
  const all = 1n << BigInt(bits);
  return isSigned ? [-all / 2n, all / 2n - 1n] : [0n, all - 1n];
};

function takes(type: string): (value: SqliteValue) => boolean {
  const take = TAKES[type];
  if (take !== undefined) return take;
  const [least, most] = rangeOf(type);
  return (value) => {
    const number = isText(value) && type === "uint64" && /^\d{1,20}$/.test(value) ? BigInt(value) : value;
    return isWhole(number) && number >= least && number <= most;
  };
}

/** Names of types that SQLite has no values of their own for, and what is tried for each, the narrowest first. */
const NAMED: readonly (readonly [RegExp, readonly string[]])[] = [
  [/BOOL/, ["boolean"]],
  [/UUID|GUID|UNIQUEIDENTIFIER/, ["uuid"]],
  [/JSON/, ["json"]],
  // As a dump for SQLite has what its numbers do not hold.
  [/^DECIMAL TEXT$/, ["decimal"]],
  [/^UNSIGNED TEXT$/, ["uint64"]],
  [/DATETIME|TIMESTAMP/, ["datetime"]],
  [/^DATE\b/, ["date", "datetime"]],
];
/** Whole numbers by their names; all others are int64. */
const INTEGERS: readonly (readonly [RegExp, string])[] = [
  [/^TINYINT$|^INT1$/, "int8"],
  [/^(?:SMALLINT|INT2|INT16)$/, "int16"],
  [/^(?:MEDIUMINT|INT4|INT32)$/, "int32"],
  [/^UINT8$/, "uint8"],
  [/^UINT16$/, "uint16"],
  [/^UINT32$/, "uint32"],
  [/^(?:UNSIGNED (?:BIG ?INT|INTEGER)|BIG ?INT(?:EGER)? UNSIGNED|UINT64)$/, "uint64"],
];
/** What values are when nothing but they tell. */
const ANY = ["int64", "decimal", "text", "blob"] as const;

/** What may be tried for a declared type, and which of it was meant: what comes behind that is said. */
interface Choice {
  readonly types: readonly string[];
  /** How many of the types are what was declared. */
  readonly meant: number;
}

function choiceOf(declared: string): Choice {
  const name = declared
    .toUpperCase()
    .replace(/\s*\(.*\)/, "")
    .trim();
  const [, named] = NAMED.find(([pattern]) => pattern.test(name)) ?? [];
  if (named !== undefined) return { types: [...named, ...ANY], meant: named.length };
  if (name.includes("INT")) {
    const [, type = "int64"] = INTEGERS.find(([pattern]) => pattern.test(name)) ?? [];
    return { types: type === "int64" ? ["int64", "decimal"] : [type, "int64", "decimal"], meant: 1 };
  }
  if (/CHAR|CLOB|TEXT/.test(name)) return { types: ["text"], meant: 1 };
  if (name === "" || name === "ANY") return { types: ANY, meant: ANY.length };
  if (/BLOB|BINARY|BYTEA|IMAGE/.test(name)) return { types: ["blob", ...ANY], meant: 1 };
  if (/REAL|FLOA|DOUB|DEC|NUM|MONEY|CURRENCY/.test(name)) return { types: ["decimal"], meant: 1 };
  if (name === "STRING" || /^TIME\b|ENUM|SET/.test(name)) return { types: ["text", ...ANY], meant: 1 };
  return { types: ANY, meant: ANY.length };
}

/** What is known of a column's values when all have been looked at. */
export class ColumnProfile {
  readonly #choice: Choice;
  readonly #able: ((value: SqliteValue) => boolean)[];
  /** The types that all values are taken by so far. */
  readonly #left: Set<number>;
  /** The first value, and its row's number, that the declared type has no place for. */
  #odd: { readonly value: SqliteValue; readonly row: number } | null = null;
  #oddCount = 0;
  nulls = 0;
  values = 0;
  /** Whether a text may have been made of bytes that are none. */
  hasReplacement = false;

  constructor(
    readonly declared: string,
    /** The type that it is to have; null: the one that is found. */
    readonly wanted: string | null,
  ) {
    this.#choice = choiceOf(declared);
    this.#able = this.#choice.types.map(takes);
    this.#left = new Set(this.#able.keys());
  }

  add(value: SqliteValue, row: number): void {
    if (value === null) {
      this.nulls++;
      return;
    }
    this.values++;
    if (typeof value === "string" && (value.includes("\ufffd") || !value.isWellFormed())) this.hasReplacement = true;
    let isMeant = false;
    for (const i of this.#left) {
      if (!(this.#able[i] as (value: SqliteValue) => boolean)(value)) this.#left.delete(i);
      else if (i < this.#choice.meant) isMeant = true;
    }
    if (isMeant) return;
    // What was meant may have gone with another value already.
    if (this.#able.slice(0, this.#choice.meant).some((able) => able(value))) return;
    this.#odd ??= { value, row };
    this.#oddCount++;
  }

  /**
   * The type; and what is to be said about it, null for nothing. `isLenient`: values that SQLite itself has no place for in such a column make
   * it text, and are an error otherwise, which is `fault`.
   */
  decide(isLenient: boolean): { readonly type: string; readonly note: string | null; readonly fault: string | null } {
    if (this.wanted !== null) return { type: this.wanted, note: null, fault: null };
    const { types, meant } = this.#choice;
    const at = Math.min(...this.#left);
    const declared = this.declared === "" ? "without a type" : `declared as ${this.declared}`;
    const odd =
      this.#odd === null
        ? ""
        : ` and has ${shown(this.#odd.value)}${this.#oddCount === 1 ? "" : ` and ${this.#oddCount - 1} more such`}`;
    if (Number.isFinite(at)) {
      const type = (this.values === 0 && this.declared === "" ? "text" : types[at]) as string;
      return { type, note: at < meant ? null : `it is ${declared}${odd}; it becomes ${type}`, fault: null };
    }
    const row = this.#odd === null ? "" : ` in row ${this.#odd.row}`;
    if (isLenient) return { type: "text", note: `it is ${declared}${odd}; it becomes text`, fault: null };
    const values = odd === "" ? " and has values of several kinds" : odd;
    return { type: "text", note: null, fault: `it is ${declared}${values}${row}` };
  }
}

/** A value as messages have it. */
function shown(value: SqliteValue): string {
  if (typeof value === "string") return value.length > 40 ? `the text '${value.slice(0, 40)}…'` : `the text '${value}'`;
  if (value instanceof Uint8Array) return `a blob of ${value.length} bytes`;
  return String(value);
}

/** What makes a value of the type of one of SQLite's. Throws `Unfit`. */
export function makerOf(type: string): (value: SqliteValue) => unknown {
  const able = takes(type);
  const make = MAKERS[type] ?? (type.endsWith("64") ? (value: SqliteValue) => BigInt(value as number) : Number);
  return (value) => {
    if (value === null) return null;
    if (type !== "text" && !able(value)) throw new Unfit(`${shown(value)} is no ${type}`);
    return make(value);
  };
}

const MAKERS: Readonly<Record<string, (value: SqliteValue) => unknown>> = {
  text: (value) => (value instanceof Uint8Array ? toHex(value) : String(value)),
  blob: (value) => value,
  boolean: (value) => Number(value) === 1,
  decimal: (value) => (typeof value === "number" ? floatText(value, false) : isText(value) ? exactDecimal(value) : String(value)),
  date: (value) => (momentOf(value as string) as readonly [string, string | null])[0],
  datetime: (value) => {
    const [date, time] = momentOf(value as string) as readonly [string, string | null];
    return `${date}T${time ?? "00:00:00.000000+00:00"}`;
  },
  uuid: (value) => (isText(value) ? value.toLowerCase() : uuidText(value as Uint8Array)),
  json: (value) => new JsonText(value as string),
};
