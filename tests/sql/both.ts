/** The same statements on Quire and on SQLite, one by one. */
import assert from "node:assert/strict";
import sqlite from "node-sqlite3-wasm";
import { QuireError, type SyncSession, openSync } from "../../host/index.js";
import { render } from "./generator.js";
import type { Reply } from "./oracle.js";

/** A value as both engines would write it. */
function plain(value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  const text = typeof value === "object" ? JSON.stringify(value) : (value as string | number).toString();
  if (/^-?\d+\.\d+$/u.test(text)) return text.replace(/\.?0+$/u, "");
  return text.replace(/^(\d{4}-\d\d-\d\d)T(.*)\.000000\+00:00$/u, "$1 $2");
}

/** Both engines, empty. */
export class Both {
  readonly quire: SyncSession = openSync(":memory:");
  readonly differences: string[] = [];
  readonly #sqlite = new sqlite.Database(":memory:");

  run(sql: string): void {
    this.#sqlite.exec(sql);
  }

  quireRows(sql: string, params: readonly unknown[] = []): readonly (readonly unknown[])[] {
    return (this.quire.request({ op: "sql", sql, params }) as Reply).rows;
  }

  sqliteRows(sql: string): string[][] {
    const statement = this.#sqlite.prepare(sql);
    try {
      return statement.all().map((row) => Object.values(row as object).map(plain));
    } finally {
      statement.finalize();
    }
  }

  /** Notes a statement, in which `⟦Quire's¦SQLite's⟧` differ, that gives other rows. */
  same(sql: string): void {
    let ours: unknown;
    try {
      ours = this.quireRows(render(sql, "quire")).map((row) => row.map(plain));
    } catch (error) {
      ours = String(error);
    }
    const [found, expected] = [JSON.stringify(ours), JSON.stringify(this.sqliteRows(render(sql, "sqlite")))];
    if (found !== expected) this.differences.push(`${sql}\n  Quire: ${found}\n  SQLite: ${expected}`);
  }

  close(): void {
    this.quire.close();
    this.#sqlite.close();
  }
}

export function withBoth(run: (both: Both) => void): void {
  const both = new Both();
  try {
    run(both);
    assert.equal(both.differences.slice(0, 5).join("\n"), "", `${both.differences.length} differences`);
  } finally {
    both.close();
  }
}

/** Quire's code for a statement that fails, or what it gave. */
export function outcome(db: SyncSession, sql: string, params: readonly unknown[] = []): string {
  try {
    return JSON.stringify((db.request({ op: "sql", sql, params }) as Reply).rows);
  } catch (error) {
    assert.ok(error instanceof QuireError, String(error));
    assert.match(error.message, /^line \d+, column \d+: /u, sql);
    return error.code;
  }
}
