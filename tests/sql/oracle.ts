/** The same statements on Quire and on SQLite: what differs is a fault, but where the dialects were decided to differ. */
import sqlite from "node-sqlite3-wasm";
import { QuireError, type SyncSession, openSync } from "../../host/index.js";
import { Random } from "../torture/random.js";
import { type Column, Generator, type How, type Query, type Table, type Type, render } from "./generator.js";

export interface Reply {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly changes: number;
}

/** What a run did. */
export interface Totals {
  queries: number;
  changes: number;
  rows: number;
  /** Statements of which Quire says that a number is too large, where SQLite goes on with floats, or that it takes too much memory. */
  overflows: number;
}

const AFFINITIES: Readonly<Record<Type, string>> = {
  int: "INTEGER",
  uint: "INTEGER",
  text: "TEXT",
  bool: "INTEGER",
  date: "TEXT",
  dec: "REAL",
  blob: "BLOB",
};

/** What SQL calls the types of columns. */
const SQL_TYPES: Readonly<Record<string, string>> = {
  int64: "BIGINT",
  int32: "INT4",
  int16: "SMALLINT",
  uint32: "UINT32",
  uint64: "UINT64",
  text: "TEXT",
  boolean: "BOOLEAN",
  date: "DATE",
  decimal: "DECIMAL",
  blob: "BLOB",
};

/** A number as SQL would write it, shortest; other values as they are. */
function plain(value: unknown, type: string): string {
  if (value === null) return "NULL";
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "number" || typeof value === "bigint") return Object.is(value, -0) ? "0" : String(value);
  const text = value as string;
  if (type !== "decimal" || !text.includes(".")) return text;
  // SQLite shows as few digits as tell a float from others.
  return text.length > 16 ? String(Number(text)) : text.replace(/\.?0+$/u, "");
}

function comparable(value: unknown, type: string, how: How): string {
  const text = plain(value, type);
  if (text === "NULL" || how === "exact") return text;
  if (how === "pieces") return text.split("|").sort().join("|");
  return Number(text).toPrecision(9);
}

/** A difference, with what is needed to see it again. */
export class Difference extends Error {}

export class Oracle {
  readonly totals: Totals = { queries: 0, changes: 0, rows: 0, overflows: 0 };
  readonly #quire: SyncSession;
  /** The same without any index. */
  readonly #plain: SyncSession;
  readonly #sqlite: InstanceType<typeof sqlite.Database>;
  readonly #generator: Generator;
  readonly #random: Random;

  /** `quire`: an empty store, which it closes. */
  constructor(
    readonly seed: number,
    quire: SyncSession = openSync(":memory:"),
  ) {
    this.#random = new Random(seed, 1);
    this.#generator = new Generator(new Random(seed, 2));
    this.#quire = quire;
    this.#plain = openSync(":memory:");
    this.#sqlite = new sqlite.Database(":memory:");
    this.#sqlite.exec("PRAGMA case_sensitive_like = ON");
    for (const table of this.#generator.tables) this.#make(table);
  }

  #make(table: Table): void {
    const { name, columns, rows } = table;
    this.#quire.create(
      name,
      columns.map((column) => `${column.name}:${column.words}`),
    );
    this.#plain.create(
      name,
      columns.map((column) => `${column.name}:${column.words.replaceAll(/:(?:index(?:=\w+)?|unique)/gu, "")}`),
    );
    const list = columns.map(
      (column) =>
        `${column.name} ${column.name === "id" ? "INTEGER PRIMARY KEY" : AFFINITIES[column.type]}${column.isNull ? "" : " NOT NULL"}`,
    );
    this.#sqlite.exec(`CREATE TABLE ${name} (${list.join(", ")})`);
    for (let at = 0; at < rows.length; at += 200) {
      const values = rows.slice(at, at + 200).map((row) => `(${row.join(", ")})`);
      this.#sqlite.exec(`INSERT INTO ${name} VALUES ${values.join(", ")}`);
    }
    const objects = rows.map((row) => Object.fromEntries(columns.map((column, c) => [column.name, valueOf(row[c] as string)])));
    for (const db of [this.#quire, this.#plain]) {
      if (objects.length > 0) db.table(name).insertMany(objects);
    }
  }

  close(): void {
    this.#quire.close();
    this.#plain.close();
    this.#sqlite.close();
  }

  /** What Quire says; null where it says that a number is too large, or what the statement keeps. */
  ask(db: SyncSession, sql: string): Reply | null {
    try {
      return db.request({ op: "sql", sql }) as Reply;
    } catch (error) {
      if (error instanceof QuireError && (error.code === "OVERFLOW" || error.code === "SQL_LIMIT")) return null;
      throw new Difference(`seed ${this.seed}: ${sql}\n  Quire: ${String(error)}`);
    }
  }

  /**
   * What SQLite says; null where a sum is too large for it on the way, in the order of its rows, and where it moves a condition into a view that
   * is no group, and calls that a HAVING.
   */
  #rows(sql: string, how: readonly How[]): string[] | null {
    try {
      const statement = this.#sqlite.prepare(sql);
      try {
        // Names may be there twice: rows as objects would lose a column.
        return arraysOf(statement).map((row) => row.map((value, c) => comparable(value, "", how[c] ?? "exact")).join("\t"));
      } finally {
        statement.finalize();
      }
    } catch (error) {
      if (/integer overflow|HAVING clause on a non-aggregate query/.test(String(error))) return null;
      throw new Difference(`seed ${this.seed}: ${sql}\n  SQLite: ${String(error)}`);
    }
  }

  #same(sql: string, how: readonly How[], ordered: boolean, db: SyncSession): void {
    const reply = this.ask(db, render(sql, "quire"));
    if (!reply) {
      this.totals.overflows += 1;
      return;
    }
    const ours = reply.rows.map((row) =>
      row.map((value, c) => comparable(value, reply.types[c] ?? "", how[c] ?? "exact")).join("\t"),
    );
    const theirs = this.#rows(render(sql, "sqlite"), how);
    if (!theirs) {
      this.totals.overflows += 1;
      return;
    }
    this.totals.rows += ours.length;
    if (!ordered) {
      ours.sort();
      theirs.sort();
    }
    if (ours.join("\n") === theirs.join("\n")) return;
    const extra = ours.filter((row) => !theirs.includes(row)).slice(0, 3);
    const missing = theirs.filter((row) => !ours.includes(row)).slice(0, 3);
    throw new Difference(
      `seed ${this.seed}${db === this.#plain ? " without indexes" : ""}: ${render(sql, "quire")}\n  Quire ${ours.length} rows, SQLite ${theirs.length}; only Quire: ${extra.join(" / ")}; only SQLite: ${missing.join(" / ")}`,
    );
  }

  /** Compares one query, whose rows may come in any order. */
  compare(sql: string): void {
    const columns = this.ask(this.#quire, render(sql, "quire"))?.columns ?? [];
    for (const db of [this.#quire, this.#plain])
      this.#same(
        sql,
        columns.map(() => "exact"),
        false,
        db,
      );
  }

  /** One query more: compared, now and then also without indexes and in three parts. */
  query(): void {
    const query: Query = this.#generator.query();
    this.totals.queries += 1;
    this.#same(query.sql, query.how, query.ordered, this.#quire);
    if (this.#random.oneIn(4)) this.#same(query.sql, query.how, query.ordered, this.#plain);
    if (this.#random.oneIn(6)) this.#threeParts();
    if (this.#random.oneIn(8)) this.#viewed(query);
    if (this.#random.oneIn(20)) this.#checked();
  }

  /** The query as a view, by itself and in a query that counts its rows by a column. */
  #viewed({ sql, how }: Query): void {
    const names = how.map((_, c) => `c${c}`).join(", ");
    const view = `CREATE VIEW viewed (${names}) AS ${sql}`;
    for (const db of [this.#quire, this.#plain]) db.request({ op: "sql", sql: render(view, "quire") });
    this.#sqlite.exec(render(view, "sqlite"));
    for (const db of [this.#quire, this.#plain]) this.#same("SELECT * FROM viewed AS v", how, false, db);
    if (how[0] === "exact")
      this.#same("SELECT c0, COUNT(*) FROM (SELECT c0 FROM viewed WHERE c0 IS NOT NULL) q GROUP BY c0", [], false, this.#quire);
    for (const db of [this.#quire, this.#plain]) db.request({ op: "sql", sql: "DROP VIEW viewed" });
    this.#sqlite.exec("DROP VIEW viewed");
  }

  /** A condition as CHECK of a table: the same rows come in, or the same constraint is refused. */
  #checked(): void {
    const table = this.#random.pick(this.#generator.tables);
    const condition = this.#generator.conditionOf(table).replaceAll(`${table.name}.`, "");
    // A list of rows is a query in SQLite, and refused as one.
    if (condition.includes("¦VALUES ")) return;
    const definition = (types: (column: Column) => string): string =>
      `CREATE TABLE checked (${table.columns.map((column) => `${column.name} ${types(column)}`).join(", ")}, CHECK (${condition}))`;
    const theirs = this.#fails(() =>
      this.#sqlite.exec(
        render(
          definition((column) => (column.name === "id" ? "INTEGER PRIMARY KEY" : AFFINITIES[column.type])),
          "sqlite",
        ),
      ),
    );
    const type = ({ words }: Column): string =>
      `${SQL_TYPES[words.split(":")[0] as string] ?? ""}${words.includes(":pk") ? " PRIMARY KEY" : ""}`;
    const ours = this.#fails(() => this.#quire.request({ op: "sql", sql: render(definition(type), "quire") }));
    if ((ours === "") !== (theirs === ""))
      throw new Difference(`seed ${this.seed}: CHECK (${condition})\n  Quire: ${ours}; SQLite: ${theirs}`);
    if (ours !== "") return;
    for (const row of table.rows.slice(0, 12)) {
      const sql = `INSERT INTO checked SELECT * FROM ${table.name} WHERE id = ${row[0] as string}`;
      const found = this.#fails(() => this.#quire.request({ op: "sql", sql }));
      const expected = this.#fails(() => this.#sqlite.exec(sql));
      this.totals.changes += 1;
      if (found.includes("OVERFLOW") || (found === "") === (expected === "")) continue;
      throw new Difference(
        `seed ${this.seed}: CHECK (${condition}) of ${row.join(", ")}\n  Quire: ${found}; SQLite: ${expected}`,
      );
    }
    this.#quire.drop("checked");
    this.#sqlite.exec("DROP TABLE checked");
  }

  /** What an action fails with; "" if it does not. */
  #fails(action: () => unknown): string {
    try {
      action();
      return "";
    } catch (error) {
      return error instanceof QuireError ? `${error.code} ${error.message}` : String(error);
    }
  }

  /** Rows for which a condition is true, false and null are all rows. */
  #threeParts(): void {
    const table = this.#random.pick(this.#generator.tables);
    const condition = render(this.#generator.conditionOf(table), "quire");
    const count = (where: string): number | null => {
      const reply = this.ask(this.#quire, `SELECT COUNT(*) FROM ${table.name}${where}`);
      return reply ? Number(reply.rows[0]?.[0]) : null;
    };
    const all = count("");
    const parts = [` WHERE ${condition}`, ` WHERE NOT (${condition})`, ` WHERE (${condition}) IS NULL`].map(count);
    if (all === null || parts.includes(null)) return;
    if (parts.reduce<number>((sum, part) => sum + (part ?? 0), 0) !== all) {
      throw new Difference(`seed ${this.seed}: ${table.name} WHERE ${condition}: ${parts.join(" + ")} rows of ${all}`);
    }
  }

  /** Some changes, in a transaction or not, taken back or not; the tables are the same afterwards. */
  change(): void {
    const inside = this.#random.oneIn(2);
    const back = inside && this.#random.oneIn(2);
    const both = [this.#quire, this.#plain];
    if (inside) {
      for (const db of both) db.begin();
      this.#sqlite.exec("BEGIN");
    }
    for (let n = 1 + this.#random.below(3); n > 0; n--) {
      const sql = this.#generator.change();
      this.totals.changes += 1;
      if (this.#overflows(sql, inside)) {
        this.totals.overflows += 1;
        continue;
      }
      const { replies, changes } = this.#everywhere(sql);
      const fits = (reply: number | string): boolean =>
        reply === changes || (typeof reply === "string" && typeof changes === "string");
      if (!replies.every(fits)) {
        throw new Difference(
          `seed ${this.seed}: ${render(sql, "quire")}\n  Quire: ${replies.join(", without indexes ")}; SQLite: ${changes}`,
        );
      }
    }
    if (inside && !back) {
      for (const db of both) db.commit();
      this.#sqlite.exec("COMMIT");
    } else if (back) {
      for (const db of both) db.rollback();
      this.#sqlite.exec("ROLLBACK");
    }
    for (const { name, columns } of this.#generator.tables) {
      const how = columns.map(() => "exact" as const);
      for (const db of both) this.#same(`SELECT * FROM ${name} ORDER BY id`, how, true, db);
    }
  }

  /** What a change comes to on all three. */
  #everywhere(sql: string): { readonly replies: readonly (number | string)[]; readonly changes: number | string } {
    const replies = [this.#quire, this.#plain].map((db) => this.#try(db, render(sql, "quire")));
    try {
      return { replies, changes: this.#sqlite.run(render(sql, "sqlite")).changes };
    } catch (error) {
      return { replies, changes: String(error) };
    }
  }

  /** Whether a number of a change is too large for one of them, by the order in which it asks its conditions: it is tried, and taken back. */
  #overflows(sql: string, inside: boolean): boolean {
    const all = (text: string): void => {
      for (const db of [this.#quire, this.#plain]) db.sql(text);
      this.#sqlite.exec(text);
    };
    all(inside ? "SAVEPOINT one" : "BEGIN");
    const { replies, changes } = this.#everywhere(sql);
    all(inside ? "ROLLBACK TO one" : "ROLLBACK");
    if (inside) all("RELEASE one");
    return replies.includes("OVERFLOW") || String(changes).includes("integer overflow");
  }

  #try(db: SyncSession, sql: string): number | string {
    try {
      return (db.request({ op: "sql", sql }) as Reply).changes;
    } catch (error) {
      if (!(error instanceof QuireError)) throw error;
      if (!["OVERFLOW", "NOT_NULL"].includes(error.code))
        throw new Difference(`seed ${this.seed}: ${sql}\n  Quire: ${String(error)}`);
      return error.code;
    }
  }

  /** The store is whole. */
  check(): void {
    for (const db of [this.#quire, this.#plain]) {
      const { faults } = db.check();
      if (faults.some(({ severity }) => severity === "error"))
        throw new Difference(`seed ${this.seed}: check: ${JSON.stringify(faults)}`);
    }
  }
}

/** The rows of a SQLite statement as arrays. */
function arraysOf(statement: { all(values?: unknown, options?: { expand?: boolean }): unknown[] }): unknown[][] {
  return statement.all().map((row) => Object.values(row as Record<string, unknown>));
}

/** A literal as a value of JSON. */
function valueOf(literal: string): unknown {
  if (literal === "NULL") return null;
  if (literal === "TRUE") return true;
  if (literal === "FALSE") return false;
  if (literal.startsWith("x'")) return literal.slice(2, -1);
  if (literal.startsWith("'")) return literal.slice(1, -1);
  return literal;
}
