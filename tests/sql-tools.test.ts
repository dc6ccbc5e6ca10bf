/**
 * What Kysely, Drizzle (with drizzle-kit) and Knex send for everyday work, recorded from the real packages (scripts/record-statements.mjs), on Quire
 * and on SQLite: the same answers, but for values that Quire has types for. Booleans are 1 and 0, whole numbers of 64 bits and decimals
 * numbers, date-times the text or number that was given, and JSON is its text.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import sqlite from "node-sqlite3-wasm";
import { QuireError, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";

interface Statement {
  readonly sql: string;
  readonly params?: readonly (string | number | null | { readonly hex: string })[];
}

interface Program {
  readonly name: string;
  readonly statements: readonly Statement[];
}

const programs = JSON.parse(readFileSync(join(packageRoot, "tests", "sql", "tools.json"), "utf8")) as readonly Program[];

/** What Quire refuses by name, so that SQLite is not asked either. */
const REFUSED: readonly (readonly [RegExp, string])[] = [[/delete from sqlite_sequence/u, "SQL_UNSUPPORTED"]];

/** SERIAL is null in SQLite, and counted in Quire. */
const COUNTED = 'SELECT id, hash, created_at FROM "__drizzle_migrations"';

interface Answer {
  readonly rows: readonly string[];
  readonly changes: number | null;
}

/** A value as both have it; `type` is Quire's. */
function plain(value: unknown, type = ""): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  const text = typeof value === "object" ? JSON.stringify(value) : (value as string | number).toString();
  if (["int64", "uint64", "decimal"].includes(type)) return String(Number(text));
  if (/^[[{]/u.test(text)) return JSON.stringify(JSON.parse(text));
  return text.replace(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.0+)?(?:Z|\+00:00)?$/u, "$1 $2");
}

/** What each has its own way to tell of tables: pages, texts of definitions, names of types. */
const OWN = ["rootpage", "sql", "type", "notnull", "dflt_value"];

/** Rows as text. */
function texts(
  sql: string,
  rows: readonly (readonly unknown[])[],
  names: readonly string[],
  types: readonly string[] = [],
): string[] {
  const isCatalog = /sqlite_master|pragma/iu.test(sql);
  const shown = rows
    .filter((row) => !isCatalog || !row.includes("sqlite_sequence"))
    .map((row) => row.map((value, c) => (isCatalog && OWN.includes(names[c] ?? "") ? "" : plain(value, types[c]))).join(" | "));
  // Where it says the order of all rows.
  return /order by (?!\(`age` is null)/iu.test(sql) ? shown : shown.sort();
}

for (const { name, statements } of programs) {
  test(name, (t) => {
    const quire = openSync(":memory:");
    t.after(() => quire.close());
    const theirs = new sqlite.Database(":memory:");
    t.after(() => theirs.close());
    // By decision it is so in Quire, too.
    theirs.exec("PRAGMA case_sensitive_like = ON");
    const onSqlite = ({ sql, params = [] }: Statement): Answer => {
      const isQuery = /^\s*(?:select|with|values)\b/iu.test(sql);
      const statement = theirs.prepare(isQuery ? `SELECT * FROM (${sql.replace(/;\s*$/u, "")})` : sql);
      try {
        const values = params.map((value) =>
          typeof value === "object" && value !== null ? new Uint8Array(Buffer.from(value.hex, "hex")) : value,
        );
        const rows = statement.all(values);
        const names = Object.keys(rows[0] ?? {});
        const [counts] = theirs.all("SELECT changes() AS n");
        const isChange = /^\s*(?:insert|update|delete|replace)\b/iu.test(sql);
        return {
          rows: texts(
            sql,
            rows.map((row): unknown[] => Object.values(row)),
            names,
          ),
          changes: isChange ? Number(counts?.["n"]) : null,
        };
      } finally {
        statement.finalize();
      }
    };
    const wrong: string[] = [];
    for (const statement of statements) {
      const { sql, params = [] } = statement;
      const refused = REFUSED.find(([pattern]) => pattern.test(sql));
      let ours: Answer;
      try {
        const values = params.map((value) => (typeof value === "object" && value !== null ? value.hex : value));
        const reply = quire.sql(sql, values);
        ours = {
          rows: texts(sql, reply.rows, reply.columns, reply.types),
          changes: /^\s*(?:insert|update|delete|replace)\b/iu.test(sql) ? reply.changes : null,
        };
      } catch (error) {
        const what = error instanceof QuireError ? error.code : String(error);
        if (refused?.[1] !== what) wrong.push(`${sql} ${JSON.stringify(params)}\n    Quire: ${String(error)}`);
        if (!refused) onSqlite(statement);
        continue;
      }
      let expected = onSqlite(statement);
      if (refused) wrong.push(`${sql}: not refused`);
      if (sql.startsWith(COUNTED)) expected = { ...expected, rows: expected.rows.map((row) => row.replace("NULL", "1")) };
      if (JSON.stringify(ours) !== JSON.stringify(expected))
        wrong.push(
          `${sql} ${JSON.stringify(params)}\n    Quire:  ${JSON.stringify(ours)}\n    SQLite: ${JSON.stringify(expected)}`,
        );
    }
    assert.equal(wrong.join("\n"), "", `${wrong.length} of ${statements.length}`);
  });
}
