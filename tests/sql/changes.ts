/**
 * Seeded tables with unique and foreign keys, and statements that change their rows in all forms, on Quire and on SQLite: what each changes
 * and returns, how it fails, and all rows afterwards have to be the same.
 */
import sqlite from "node-sqlite3-wasm";
import { QuireError, type SyncSession, openSync } from "../../host/index.js";
import { Random } from "../torture/random.js";
import { render } from "./generator.js";
import { Difference } from "./oracle.js";

interface Table {
  readonly name: string;
  /** Columns behind `id`: their type for Quire and for SQLite. */
  readonly columns: readonly (readonly [name: string, quire: string, sqlite: string])[];
}

/** What a statement came to: rows and how many it changed, or the kind of its error. */
interface Outcome {
  readonly kind: "ok" | "unique" | "foreign" | "null";
  readonly changes: number;
  readonly rows: readonly string[];
}

const KINDS: Readonly<Record<string, Outcome["kind"]>> = {
  PRIMARY_KEY_CONFLICT: "unique",
  UNIQUE_CONFLICT: "unique",
  FOREIGN_KEY_BROKEN: "foreign",
  FOREIGN_KEY_RESTRICT: "foreign",
  NOT_NULL: "null",
};

export interface ChangeTotals {
  statements: number;
  failures: number;
  returned: number;
  /** Updates whose keys move into each other's places, which SQLite refuses, by the order of rows. */
  shifts: number;
  /** New rows of ON CONFLICT DO UPDATE and OR REPLACE that refer to later ones, which Quire refuses. */
  later: number;
}

const LETTERS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

export class ChangeOracle {
  readonly totals: ChangeTotals = { statements: 0, failures: 0, returned: 0, shifts: 0, later: 0 };
  readonly #random: Random;
  readonly #quire: SyncSession;
  readonly #sqlite: InstanceType<typeof sqlite.Database>;
  readonly #tables: readonly Table[];
  /** Names of savepoints that are open, behind "" for the transaction. */
  readonly #open: string[] = [];

  /** `quire`: an empty store, which it closes. */
  constructor(
    readonly seed: number,
    quire: SyncSession = openSync(":memory:"),
  ) {
    const random = new Random(seed, 3);
    this.#random = random;
    const reference = (to: string): [string, string] => {
      const cascades = random.oneIn(2);
      const index = random.pick(["", ":index"]);
      return [
        `int64:null${index}:references=${to}.id:${cascades ? "cascade" : "restrict"}`,
        `INTEGER REFERENCES ${to} (id) ON UPDATE CASCADE${cascades ? " ON DELETE CASCADE" : ""}`,
      ];
    };
    const index = (): string => random.pick(["", ":index"]);
    this.#tables = [
      {
        name: "p",
        columns: [
          ["k", "text:unique", "TEXT NOT NULL UNIQUE"],
          ["n", `int32:null${index()}`, "INTEGER"],
          ["s", "text:default=usual", "TEXT NOT NULL DEFAULT 'usual'"],
        ],
      },
      {
        name: "c",
        columns: [
          ["p", ...reference("p")],
          random.pick([
            ["k", "int16:unique", "INTEGER NOT NULL UNIQUE"],
            ["k", "int16:null:unique", "INTEGER UNIQUE"],
            ["k", `int16${index()}`, "INTEGER NOT NULL"],
          ]),
          ["n", `int32:null${index()}`, "INTEGER"],
        ],
      },
      {
        name: "t",
        columns: [
          ["up", ...reference("t")],
          ["k", "text", "TEXT NOT NULL"],
          ["n", `int32:null${index()}`, "INTEGER"],
        ],
      },
    ];
    this.#quire = quire;
    this.#sqlite = new sqlite.Database(":memory:");
    this.#sqlite.exec("PRAGMA foreign_keys = ON");
    for (const { name, columns } of this.#tables) {
      this.#quire.create(name, ["id:int64:pk:auto", ...columns.map(([column, words]) => `${column}:${words}`)]);
      const list = columns.map(([column, , type]) => `${column} ${type}`);
      this.#sqlite.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY AUTOINCREMENT, ${list.join(", ")})`);
    }
  }

  close(): void {
    this.#quire.close();
    this.#sqlite.close();
  }

  // ---- statements ----

  #value(table: Table, column: string): string {
    const random = this.#random;
    if (column === "id" || column === "p" || column === "up") return random.oneIn(6) ? "NULL" : String(1 + random.below(14));
    if (column === "n") return random.oneIn(6) ? "NULL" : String(random.below(6));
    const isNull = table.columns.some(([name, words]) => name === column && words.includes(":null"));
    if (random.oneIn(isNull ? 4 : 40)) return "NULL";
    if (column === "s") return random.oneIn(4) ? "⟦DEFAULT¦'usual'⟧" : `'${random.pick(LETTERS)}'`;
    return table.name === "c" ? String(random.below(20)) : `'${random.pick(LETTERS)}${random.below(3)}'`;
  }

  #condition(table: string): string {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return `${table}.id = ${1 + random.below(14)}`;
      case 1:
        return `${table}.id IN (${Array.from({ length: random.below(5) }, () => 1 + random.below(14)).join(", ")})`;
      case 2:
        return `${table}.id BETWEEN ${random.below(8)} AND ${random.below(20)}`;
      case 3:
        return `${table}.n IN (SELECT n FROM ${random.pick(["p", "c", "t"])} WHERE n > ${random.below(5)})`;
      case 4:
        return `${table}.id < (SELECT avg(id) FROM ${random.pick(["p", "c", "t"])})`;
      default:
        return `${table}.n ${random.pick(["=", ">", "IS NULL OR 1 >"])} ${random.below(4)}`;
    }
  }

  /** SET's list of some columns; `of` is where values may come from besides. */
  #sets(table: Table, isOne: boolean, of: string): string {
    const random = this.#random;
    const names = random.shuffled([...table.columns.map(([name]) => name), ...(random.oneIn(4) ? ["id"] : [])]);
    const sets = names.slice(0, 1 + random.below(2)).map((name) => {
      if (name === "n" && of !== "" && random.oneIn(2)) return `n = ${of}.n`;
      if (name === "n") return `n = COALESCE(${table.name}.n, 0) + ${random.below(3)}`;
      if (name === "id" && !isOne) return `id = ${table.name}.id + ${random.pick([1, 2, 30])}`;
      if (name === "k" && table.name !== "c" && random.oneIn(2)) return `k = ${table.name}.k || '${random.pick(LETTERS)}'`;
      return `${name} = ${name === "id" ? String(1 + random.below(16)) : this.#value(table, name)}`;
    });
    if (sets.length < 2 || random.oneIn(2)) return sets.join(", ");
    const pairs = sets.map((set) => set.split(" = ") as [string, string]);
    return `(${pairs.map(([name]) => name).join(", ")}) = (${pairs.map(([, value]) => value).join(", ")})`;
  }

  #returning(table: Table): string {
    if (!this.#random.oneIn(2)) return "";
    const { name } = table;
    return ` RETURNING ${this.#random.pick(["*", "id", `id, n + 1 AS m`, `${name}.k || '!' AS o, id * 2, n IS NULL, *`])}`;
  }

  #insert(table: Table): string {
    const random = this.#random;
    const or = random.pick(["", "", " OR IGNORE", " OR REPLACE", " OR ABORT"]);
    const hasUpsert = or === "" && random.oneIn(2);
    // SQLite uses numbers up for rows that come to nothing.
    const isNumbered = hasUpsert || / OR [IR]/u.test(or);
    const all = ["id", ...table.columns.map(([name]) => name)];
    const names = all.filter((name) => name === "k" || (name === "id" && isNumbered) || !random.oneIn(5));
    const next = this.#next(table.name);
    const head = `${or === " OR REPLACE" && random.oneIn(2) ? "REPLACE" : `INSERT${or}`} INTO ${table.name} (${names.join(", ")})`;
    let source: string;
    if (random.oneIn(4)) {
      const from = random.pick(this.#tables);
      const values = names.map((name) => {
        if (name === "id") return random.pick(["id", "id + 7", isNumbered ? "id + 2" : "NULL"]);
        if (name === "n") return "n";
        if (name === "k")
          return table.name === "c" ? "id + 3" : random.pick([`'${random.pick(LETTERS)}' || id`, "CAST(k AS text)"]);
        if (name === "s") return `'${random.pick(LETTERS)}'`;
        return random.pick(["id", "NULL", this.#value(table, name)]);
      });
      source = `SELECT ${values.join(", ")} FROM ${from.name} WHERE ${this.#condition(from.name)} ORDER BY id`;
    } else {
      const count = random.oneIn(12) ? 80 : 1 + random.below(4);
      const rows = Array.from({ length: count }, (_, i) => {
        const values = names.map((name) => {
          if (name === "id" && isNumbered) return String(count < 80 ? 1 + random.below(16) : next + i);
          if (count < 80) return this.#value(table, name);
          if (name === "id") return "NULL";
          return name === "k"
            ? table.name === "c"
              ? String(100 + i)
              : `'x${i}'`
            : name === "n"
              ? "1"
              : name === "s"
                ? "'y'"
                : "NULL";
        });
        return `(${values.join(", ")})`;
      });
      source = `VALUES ${rows.join(", ")}`;
    }
    let upsert = "";
    if (hasUpsert) {
      const hasKey = table.name === "p";
      const targets = random.shuffled(hasKey ? ["(id)", "(k)", `("${table.name}"."k")`] : ["(id)", `(${table.name}.id)`]);
      const rule = (target: string): string => {
        if (random.oneIn(3)) return ` ON CONFLICT ${target} DO NOTHING`;
        const where = random.oneIn(3) ? ` WHERE ${table.name}.n > ${random.below(4)} OR excluded.n IS NULL` : "";
        const sets = random.oneIn(3) ? `n = excluded.n + ${table.name}.n` : this.#sets(table, true, "excluded");
        return ` ON CONFLICT ${target} DO UPDATE SET ${sets}${where}`;
      };
      upsert = random.oneIn(4) ? " ON CONFLICT DO NOTHING" : rule(targets[0] as string);
      if (hasKey && random.oneIn(4) && upsert.includes("(")) upsert += ` ON CONFLICT DO NOTHING`;
    }
    return head + " " + source + upsert + this.#returning(table);
  }

  /** A statement that changes rows, and whether it is an update of several rows, for which their order may decide. */
  #change(): { readonly sql: string; readonly mayShift: boolean } {
    const random = this.#random;
    const table = random.pick(this.#tables);
    const { name } = table;
    const common = random.oneIn(8) ? `WITH w AS (SELECT id FROM ${random.pick(["p", "c", "t"])} WHERE n > 1) ` : "";
    const also = common === "" ? "" : ` AND ${name}.id IN (SELECT id FROM w)`;
    if (random.oneIn(2)) return { sql: this.#insert(table), mayShift: false };
    if (random.oneIn(4)) {
      const where = random.oneIn(10) ? "" : ` WHERE (${this.#condition(name)})${also}`;
      return { sql: `${where === "" ? "" : common}DELETE FROM ${name}${where}${this.#returning(table)}`, mayShift: false };
    }
    const or = random.pick(["", "", "", " OR IGNORE", " OR REPLACE"]);
    // Which of several rows comes first is not said.
    const isOne = or !== "" || random.oneIn(3);
    const where = isOne ? `${name}.id = ${1 + random.below(14)}` : this.#condition(name);
    if (or === "" && random.oneIn(4)) {
      const other = random.pick(this.#tables);
      const sets = this.#sets(table, isOne, "o");
      const sql = `${common}UPDATE ${name} SET ${sets} FROM ${other.name} AS o WHERE o.id = ${name}.id AND (${where})${also}`;
      return { sql: sql + this.#returning(table), mayShift: !isOne };
    }
    const sql = `${common}UPDATE${or} ${name} SET ${this.#sets(table, isOne, "")} WHERE (${where})${also}${this.#returning(table)}`;
    return { sql, mayShift: !isOne };
  }

  // ---- both of them ----

  /** The number that the next row gets, on both: SQLite's does not follow keys that an update has given. */
  #next(table: string): number {
    const inside = this.#open.length > 0;
    this.#quire.sql(inside ? "SAVEPOINT next" : "BEGIN");
    const next = Number(this.#quire.sql(`INSERT INTO ${table} (k) VALUES (${table === "c" ? "9999" : "'next'"})`).lastId);
    this.#quire.sql(inside ? "ROLLBACK TO next" : "ROLLBACK");
    if (inside) this.#quire.sql("RELEASE next");
    this.#sqlite.exec(`DELETE FROM sqlite_sequence WHERE name = '${table}'`);
    this.#sqlite.exec(`INSERT INTO sqlite_sequence VALUES ('${table}', ${next - 1})`);
    return next;
  }

  #onQuire(sql: string): Outcome {
    try {
      const { rows, changes } = this.#quire.sql(render(sql, "quire"));
      return { kind: "ok", changes, rows: shown(rows) };
    } catch (error) {
      const kind = error instanceof QuireError ? KINDS[error.code] : undefined;
      if (kind === undefined) throw new Difference(`seed ${this.seed}: ${sql}\n  Quire: ${String(error)}`);
      return { kind, changes: 0, rows: [] };
    }
  }

  #onSqlite(sql: string): Outcome {
    try {
      const statement = this.#sqlite.prepare(render(sql, "sqlite"));
      try {
        if (!sql.includes(" RETURNING ")) return { kind: "ok", changes: statement.run().changes, rows: [] };
        const rows = statement.all().map((row) => Object.values(row as Record<string, unknown>));
        const [{ n }] = this.#sqlite.all("SELECT changes() AS n") as unknown as [{ n: number }];
        return { kind: "ok", changes: n, rows: shown(rows) };
      } finally {
        statement.finalize();
      }
    } catch (error) {
      const text = String(error);
      const kind = text.includes("UNIQUE constraint")
        ? "unique"
        : text.includes("FOREIGN KEY")
          ? "foreign"
          : text.includes("NOT NULL")
            ? "null"
            : null;
      if (kind === null) throw new Difference(`seed ${this.seed}: ${render(sql, "sqlite")}\n  SQLite: ${text}`);
      return { kind, changes: 0, rows: [] };
    }
  }

  /** Runs a statement on both. */
  change(): void {
    const { sql, mayShift } = this.#change();
    this.totals.statements += 1;
    const inside = this.#open.length > 0;
    if (!inside) this.#both("BEGIN");
    this.#both("SAVEPOINT one");
    const ours = this.#onQuire(sql);
    const theirs = this.#onSqlite(sql);
    if (ours.kind !== "ok") this.totals.failures += 1;
    this.totals.returned += ours.rows.length;
    // SQLite looks for what rows refer to when all of them are there.
    const bothFail = ours.kind === theirs.kind || (ours.kind === "foreign" && theirs.kind !== "ok");
    const isLater = ours.kind === "foreign" && / REPLACE |^REPLACE | DO UPDATE /u.test(sql) && /\), \(|SELECT/u.test(sql);
    // How many rows SQLite deletes itself, and how many go along with those, depends on their order.
    const isTree = ours.kind === "ok" && theirs.kind === "ok" && sql.includes("DELETE FROM t");
    const same = isTree || (bothFail && ours.changes === theirs.changes && ours.rows.join("\n") === theirs.rows.join("\n"));
    if (!same && (isLater || (mayShift && ours.kind === "ok" && theirs.kind === "unique"))) {
      if (isLater) this.totals.later += 1;
      else this.totals.shifts += 1;
      this.#both("ROLLBACK TO one");
    } else if (!same) {
      throw new Difference(
        `seed ${this.seed}, statement ${this.totals.statements}: ${render(sql, "quire")}\n  Quire: ${JSON.stringify(ours)}\n  SQLite: ${JSON.stringify(theirs)}`,
      );
    }
    this.#both("RELEASE one");
    if (!inside) this.#both("COMMIT");
    this.#compare(sql);
  }

  #both(sql: string): void {
    this.#quire.sql(sql);
    this.#sqlite.exec(sql);
  }

  /** Begins, marks or ends a transaction. */
  #mark(): void {
    const random = this.#random;
    const open = this.#open;
    if (open.length === 0) {
      this.#both(random.pick(["BEGIN", "BEGIN IMMEDIATE TRANSACTION"]));
      open.push("");
      return;
    }
    const name = random.pick(open.slice(1).concat(""));
    if (random.oneIn(3) || name === "") {
      if (random.oneIn(2)) {
        open.push(`s${random.below(3)}`);
        this.#both(`SAVEPOINT ${open.at(-1)}`);
      } else {
        this.#both(random.pick(["COMMIT", "END TRANSACTION", "ROLLBACK"]));
        open.length = 0;
      }
    } else if (random.oneIn(2)) {
      this.#both(`ROLLBACK TO SAVEPOINT ${name}`);
      open.length = open.lastIndexOf(name) + 1;
    } else {
      this.#both(`RELEASE ${name}`);
      open.length = open.lastIndexOf(name);
    }
    this.#compare("a transaction's statement");
  }

  /** All rows are the same. */
  #compare(sql: string): void {
    for (const { name } of this.#tables) {
      const ours = shown(this.#quire.sql(`SELECT * FROM ${name}`).rows).join("\n");
      const theirs = shown(
        this.#sqlite.all(`SELECT * FROM ${name}`).map((row) => Object.values(row as Record<string, unknown>)),
      ).join("\n");
      if (ours !== theirs) {
        throw new Difference(
          `seed ${this.seed}, statement ${this.totals.statements}, ${name} behind ${render(sql, "quire")}\n  Quire:\n${ours}\n  SQLite:\n${theirs}`,
        );
      }
    }
  }

  /** Runs so many statements, in transactions and not; the store is whole afterwards. */
  run(statements: number): void {
    for (let n = 0; n < statements; n++) {
      this.change();
      if (n % 3 === 0) this.#mark();
    }

    if (this.#open.length > 0) this.#both("COMMIT");
    this.#open.length = 0;
    const { errors, faults } = this.#quire.check();
    if (errors > 0) throw new Difference(`seed ${this.seed}: check: ${JSON.stringify(faults)}`);
  }
}

/** Rows in an order that is no matter, their values as SQL would write them. */
function shown(rows: readonly (readonly unknown[])[]): string[] {
  return rows
    .map((row) => row.map((value) => (typeof value === "boolean" ? String(Number(value)) : String(value))).join("|"))
    .sort();
}
