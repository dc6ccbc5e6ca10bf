/** What an SQLite file has: tables with their columns, keys and indexes, views, and what has no place in a store here. */
import { sqlText } from "../api/sql-text.js";
import type { SqliteFile, SqliteValue } from "./sqlite-reader.js";

export interface SqliteColumn {
  readonly name: string;
  /** The type as it was written, "" without one. */
  readonly declared: string;
  readonly notNull: boolean;
  /** The text of its default; null: it has none. */
  readonly default: string | null;
  /** Its place in the primary key from 1 on, 0: it is none of it. */
  readonly key: number;
  readonly generated: boolean;
}

export interface SqliteIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
  /** `c`: CREATE INDEX made it, `u`: a UNIQUE, `pk`: the primary key. */
  readonly origin: string;
  /** What keeps it from being an index here; null: nothing. */
  readonly unfit: string | null;
}

export interface SqliteForeignKey {
  readonly id: number;
  readonly columns: readonly string[];
  readonly table: string;
  /** Null: the primary key. */
  readonly references: readonly (string | null)[];
  readonly onDelete: string;
}

export interface SqliteTable {
  readonly name: string;
  readonly columns: readonly SqliteColumn[];
  readonly indexes: readonly SqliteIndex[];
  readonly foreignKeys: readonly SqliteForeignKey[];
  readonly checks: readonly { readonly name: string | null; readonly text: string }[];
  /** Collations that its text names, but BINARY. */
  readonly collations: readonly string[];
  /** Whether its rows have a number of their own besides. */
  readonly hasRowid: boolean;
  /** The number that its counter gave last; null: it has no counter of its own. */
  readonly sequence: bigint | null;
}

export interface SqliteSchema {
  readonly tables: readonly SqliteTable[];
  readonly views: readonly { readonly name: string; readonly sql: string }[];
  /** Triggers, virtual tables and what those keep: their names and what they are. */
  readonly others: readonly string[];
}

const textOf = (value: SqliteValue | undefined): string => (value === null || value === undefined ? "" : String(value));

/** Texts, names, words, and all else by itself; comments and white space are none. */
const TOKEN = /(?:\s|--[^\n]*|\/\*[^]*?\*\/)+|('(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\p{L}\p{N}_$]+|[^])/gu;

interface Token {
  readonly text: string;
  readonly at: number;
  readonly end: number;
}

const tokensOf = (sql: string): Token[] =>
  Array.from(sql.matchAll(TOKEN)).flatMap(({ 1: text, index }) =>
    text === undefined ? [] : [{ text, at: index, end: index + text.length }],
  );

const isWord = (token: Token | undefined, word: string): boolean => token?.text.toUpperCase() === word;
function unquoted(text: string): string {
  const quote = text.charAt(0);
  if (quote === "[") return text.slice(1, -1);
  return /["`]/.test(quote) ? text.slice(1, -1).replaceAll(quote + quote, quote) : text;
}

/** The conditions of a CREATE TABLE, and the collations that it names. */
export function readConstraints(sql: string): Pick<SqliteTable, "checks" | "collations"> {
  const tokens = tokensOf(sql);
  const checks: { name: string | null; text: string }[] = [];
  const collations = new Set<string>();
  let depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    if (token.text === "(") depth++;
    else if (token.text === ")") depth--;
    if (isWord(token, "COLLATE") && !isWord(tokens[i + 1], "BINARY")) collations.add(unquoted(tokens[i + 1]?.text ?? ""));
    if (depth !== 1 || !isWord(token, "CHECK") || tokens[i + 1]?.text !== "(") continue;
    const name = isWord(tokens[i - 2], "CONSTRAINT") ? unquoted((tokens[i - 1] as Token).text) : null;
    const start = i + 2;
    let open = 1;
    for (i += 2; open > 0 && i < tokens.length; i++) open += tokens[i]?.text === "(" ? 1 : tokens[i]?.text === ")" ? -1 : 0;
    i--;
    checks.push({ name, text: sql.slice(tokens[start]?.at, tokens[i]?.at).trim() });
  }
  return { checks, collations: Array.from(collations) };
}

/** Reads what a file has. */
export function readSchema(file: SqliteFile): SqliteSchema {
  const all = (sql: string): (readonly SqliteValue[])[] => Array.from(file.rows(sql));
  const objects = all("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid").map((row) => row.map(textOf));
  const kinds = new Map(
    all("SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'").map(([name, type, wr]) => [
      textOf(name),
      { type: textOf(type), withoutRowid: Number(wr) === 1 },
    ]),
  );
  const has = (name: string): boolean => objects.some(([, table]) => table === name);
  const sequences = new Map<string, bigint>();
  if (has("sqlite_sequence")) {
    for (const [name, seq] of all("SELECT name, seq FROM sqlite_sequence")) {
      if (typeof seq === "bigint" || typeof seq === "number") sequences.set(textOf(name), BigInt(seq));
    }
  }
  const others: string[] = [];
  const tables: SqliteTable[] = [];
  for (const [type = "", name = "", table = "", sql = ""] of objects) {
    if (type === "trigger") others.push(`trigger ${name} of ${table}`);
    if (type !== "table" || name.startsWith("sqlite_")) continue;
    const kind = kinds.get(name);
    if (kind?.type === "virtual" || kind?.type === "shadow") {
      others.push(`${kind.type} table ${name}`);
      continue;
    }
    const isCounted = /\bAUTOINCREMENT\b/i.test(sql);
    tables.push({
      name,
      columns: readColumns(all, name),
      indexes: readIndexes(all, name),
      foreignKeys: readForeignKeys(all, name),
      ...readConstraints(sql),
      hasRowid: kind?.withoutRowid !== true,
      sequence: isCounted ? (sequences.get(name) ?? 0n) : null,
    });
  }
  const views = objects.flatMap(([type, name = "", , sql = ""]) => (type === "view" ? [{ name, sql }] : []));
  return { tables, views, others };
}

type All = (sql: string) => (readonly SqliteValue[])[];

function readColumns(all: All, table: string): SqliteColumn[] {
  const rows = all(`SELECT name, type, "notnull" AS n, dflt_value, pk, hidden FROM pragma_table_xinfo(${sqlText(table)})`);
  return rows.flatMap(([name, type, notNull, value, key, hidden]) =>
    // 1 is a hidden column of a virtual table.
    Number(hidden) === 1
      ? []
      : [
          {
            name: textOf(name),
            declared: textOf(type),
            notNull: Number(notNull) === 1,
            default: value === null || value === undefined ? null : textOf(value),
            key: Number(key),
            generated: Number(hidden) > 1,
          },
        ],
  );
}

function readIndexes(all: All, table: string): SqliteIndex[] {
  const rows = all(`SELECT name, "unique" AS u, origin, partial FROM pragma_index_list(${sqlText(table)}) ORDER BY seq DESC`);
  return rows.map(([name, unique, origin, partial]) => {
    const parts = all(`SELECT cid, name, coll FROM pragma_index_xinfo(${sqlText(textOf(name))}) WHERE "key" = 1 ORDER BY seqno`);
    const collation = parts.map(([, , coll]) => textOf(coll)).find((coll) => coll !== "BINARY");
    const unfit =
      Number(partial) === 1
        ? "it is of some rows only"
        : parts.some(([cid]) => Number(cid) < 0)
          ? "it is of an expression"
          : collation !== undefined
            ? `it is in the order of ${collation}`
            : null;
    const columns = parts.map(([, column]) => textOf(column));
    return { name: textOf(name), columns, unique: Number(unique) === 1, origin: textOf(origin), unfit };
  });
}

function readForeignKeys(all: All, table: string): SqliteForeignKey[] {
  const rows = all(
    `SELECT id, "table" AS t, "from" AS f, "to" AS o, on_delete FROM pragma_foreign_key_list(${sqlText(table)}) ORDER BY id DESC, seq`,
  );
  const keys = new Map<
    number,
    { id: number; columns: string[]; table: string; references: (string | null)[]; onDelete: string }
  >();
  for (const [id, other, from, to, onDelete] of rows) {
    const key = keys.get(Number(id)) ?? {
      id: Number(id),
      columns: [],
      table: textOf(other),
      references: [],
      onDelete: textOf(onDelete),
    };
    key.columns.push(textOf(from));
    key.references.push(to === null || to === undefined ? null : textOf(to));
    keys.set(Number(id), key);
  }
  return Array.from(keys.values());
}
