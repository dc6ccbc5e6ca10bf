/** How values and definitions are written in the SQL of other engines. */
import { sqlText } from "../api/sql-text.js";
import { integerType } from "./values.js";

export const DIALECTS = ["sqlite", "postgres", "duckdb"] as const;
export type DialectName = (typeof DIALECTS)[number];

/** What of a column's values decides about its type elsewhere. */
export interface ColumnFacts {
  readonly type: string;
  /** Digits that all decimals have room in, before the point and behind it. */
  readonly whole: number;
  readonly scale: number;
  /** Whether a value is none of a signed integer of 64 bits, or a decimal has more digits than floating point keeps. */
  readonly isWide: boolean;
}

/** A literal of a value of rows, which is not null. */
export type Literal = (value: unknown) => string;

export interface Dialect {
  readonly name: DialectName;
  /** The type of a column, and how its values are written; `note` says what it is not like. */
  column(facts: ColumnFacts): { readonly type: string; readonly literal: Literal; readonly note?: string };
  /** A text that has a NUL character in it. */
  nul(text: string): string;
}

const digits: Literal = (value) => String(value);
const quoted: Literal = (value) => sqlText(String(value));
const hexOf = (value: unknown): string => Buffer.from(value as Uint8Array).toString("hex");

/** Texts in pieces, with the character that no literal holds between them. */
function around(text: string, nul: string): string {
  return text.split("\0").map(sqlText).join(` || ${nul} || `);
}

const sqlite: Dialect = {
  name: "sqlite",
  column({ type, isWide }) {
    if (integerType(type) !== null) {
      if (isWide)
        return {
          type: "UNSIGNED TEXT",
          literal: quoted,
          note: "has numbers above 9223372036854775807, which SQLite has not: it is text",
        };
      return { type: SQLITE_INTEGERS[type] as string, literal: digits };
    }
    switch (type) {
      case "decimal":
        if (!isWide) return { type: "DECIMAL", literal: digits };
        return { type: "DECIMAL TEXT", literal: quoted, note: "has more digits than SQLite's numbers keep: it is text" };
      case "boolean":
        return { type: "BOOLEAN", literal: (value) => (value === true ? "1" : "0") };
      case "text":
        return { type: "TEXT", literal: quoted };
      case "json":
        return { type: "JSON TEXT", literal: quoted };
      case "date":
      case "datetime":
      case "uuid":
        return { type: type.toUpperCase(), literal: quoted };
      default:
        return { type: "BLOB", literal: (value) => `x'${hexOf(value)}'` };
    }
  },
  nul: (text) => around(text, "char(0)"),
};

/** The names of whole numbers that an SQLite file's columns get the same types by. */
export const SQLITE_INTEGERS: Readonly<Partial<Record<string, string>>> = {
  ...{ int8: "TINYINT", int16: "SMALLINT", int32: "INT4", int64: "BIGINT" },
  ...{ uint8: "UINT8", uint16: "UINT16", uint32: "UINT32", uint64: "UINT64" },
};

const postgres: Dialect = {
  name: "postgres",
  column({ type }) {
    const integer = POSTGRES_INTEGERS[type];
    if (integer !== undefined) return { type: integer, literal: digits };
    switch (type) {
      case "decimal":
        return { type: "numeric", literal: digits };
      case "boolean":
        return { type: "boolean", literal: digits };
      case "date":
      case "uuid":
      case "text":
      case "json":
        return { type, literal: quoted };
      case "datetime":
        return { type: "timestamptz", literal: quoted };
      default:
        return { type: "bytea", literal: (value) => `'\\x${hexOf(value)}'` };
    }
  },
  nul: (text) => sqlText(text),
};

const POSTGRES_INTEGERS: Readonly<Partial<Record<string, string>>> = {
  ...{ int8: "smallint", int16: "smallint", int32: "integer", int64: "bigint" },
  ...{ uint8: "smallint", uint16: "integer", uint32: "bigint", uint64: "numeric(20)" },
};

const duckdb: Dialect = {
  name: "duckdb",
  column({ type, whole, scale }) {
    const integer = integerType(type);
    if (integer !== null) {
      const name = DUCKDB_INTEGERS[integer.bits] as string;
      return { type: integer.isSigned ? name : `U${name}`, literal: digits };
    }
    switch (type) {
      case "decimal":
        // In quotes: a list of decimals of several scales would be one of floating point numbers.
        if (whole + scale <= 38) return { type: `DECIMAL(38, ${scale})`, literal: quoted };
        return { type: "VARCHAR", literal: quoted, note: "has more digits than DuckDB's decimals: it is text" };
      case "boolean":
        return { type: "BOOLEAN", literal: digits };
      case "datetime":
        return { type: "TIMESTAMPTZ", literal: quoted };
      case "text":
        return { type: "VARCHAR", literal: quoted };
      case "date":
      case "uuid":
      case "json":
        return { type: type.toUpperCase(), literal: quoted };
      default:
        return { type: "BLOB", literal: (value) => `'${hexOf(value).replace(/../g, "\\x$&")}'` };
    }
  },
  nul: (text) => around(text, "chr(0)"),
};

const DUCKDB_INTEGERS: Readonly<Partial<Record<number, string>>> = { 8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT" };

export const dialects: Readonly<Record<DialectName, Dialect>> = { sqlite, postgres, duckdb };
