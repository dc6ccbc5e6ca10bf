/**
 * What is true of SQL without another engine that knows better: a query gives the same rows with any of its tables' indexes, whatever the
 * size of batches, inside of a transaction and outside; what it is split into adds up; EXPLAIN ANALYZE counts the rows that there are.
 */
import { QuireError, type SyncSession, openSync } from "../../host/index.js";
import { Library, PlainDisk } from "../sessions/library.js";
import { Random } from "../torture/random.js";
import { Generator, type How, type Query, type Table, render } from "./generator.js";
import { keptChanges, keptQueries } from "./kept.js";
import { Difference, type Reply } from "./oracle.js";

/** What a run did. */
export interface PropertyTotals {
  /** Pairs of queries that have to give the same. */
  compared: number;
  rows: number;
  /** Statements of which one side says that a number is too large. */
  overflows: number;
}

/** Which rows overflow first depends on how they are got at. */
const DEPENDS = new Set(["OVERFLOW", "SQL_LIMIT", "DIVISION_BY_ZERO"]);

/** A value as all ways show it: of equal decimals any one may be there. */
function shown(value: unknown, how: How): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (how === "pieces") return text.split("|").sort().join("|");
  return /^-?\d+\.\d+$/u.test(text) ? text.replace(/\.?0+$/u, "") : text;
}

/** Something that answers statements. */
export type Ask = (sql: string) => Reply;

/** A module over a simulated disk. */
export function askLibrary(module: WebAssembly.Module, seed: number): Ask {
  const library = new Library(module, new PlainDisk(), seed);
  const opened = library.open({ create: true });
  if (opened.ok === null) throw new Error(opened.message);
  return (sql) => {
    const outcome = library.request({ op: "sql", sql });
    if (outcome.ok === null) throw new QuireError(outcome.code, outcome.message);
    return outcome.ok as unknown as Reply;
  };
}

/** The statements that make a table and its rows. */
export function definitionOf({ name, columns, rows }: Table): string[] {
  const names: Readonly<Record<string, string>> = { int64: "BIGINT", int32: "INT4", int16: "SMALLINT", boolean: "BOOLEAN" };
  const sets = new Map<string, string[]>();
  const list = columns.map(({ name: column, words }) => {
    const [type = "", ...flags] = words.split(":");
    for (const flag of flags) {
      if (!flag.startsWith("index")) continue;
      const set = flag.split("=")[1] ?? column;
      sets.set(set, [...(sets.get(set) ?? []), column]);
    }
    const unique = flags.includes("unique") ? " UNIQUE" : "";
    const key = flags.includes("pk") ? " PRIMARY KEY" : "";
    return `${column} ${names[type] ?? type.toUpperCase()}${flags.includes("null") ? "" : " NOT NULL"}${unique}${key}`;
  });
  const made = [`CREATE TABLE ${name} (${list.join(", ")})`];
  for (const set of sets.values()) made.push(`CREATE INDEX ${name}_${set.join("_")}_idx ON ${name} (${set.join(", ")})`);
  for (let at = 0; at < rows.length; at += 200)
    made.push(
      `INSERT INTO ${name} VALUES ${rows
        .slice(at, at + 200)
        .map((row) => `(${row.join(", ")})`)
        .join(", ")}`,
    );
  return made;
}

export class Properties {
  readonly totals: PropertyTotals = { compared: 0, rows: 0, overflows: 0 };
  readonly #random: Random;
  readonly #generator: Generator;
  readonly #session: SyncSession;
  readonly #usual: Ask = (sql) => this.#session.request({ op: "sql", sql }) as Reply;
  readonly #others: readonly Ask[];
  readonly #indexes: readonly { readonly name: string; readonly table: string }[];

  /** `modules` are asked as well; `session` is an empty store, which it closes. */
  constructor(
    readonly seed: number,
    modules: readonly WebAssembly.Module[],
    session: SyncSession = openSync(":memory:"),
  ) {
    this.#session = session;
    this.#random = new Random(seed, 3);
    this.#generator = new Generator(new Random(seed, 4));
    this.#others = modules.map((module) => askLibrary(module, seed));
    const tables = this.#generator.tables;
    for (const ask of [this.#usual, ...this.#others]) for (const sql of tables.flatMap(definitionOf)) ask(sql);
    const list =
      "SELECT t.name, i.name FROM sqlite_master t, pragma_index_list(t.name) i WHERE t.type = 'table' AND i.origin <> 'pk'";
    this.#indexes = this.#usual(list).rows.map(([table, name]) => ({ name: String(name), table: String(table) }));
  }

  close(): void {
    this.#session.close();
  }

  /** The rows of a query, as texts; null where it can't be said which of them come to nothing. */
  #ask(ask: Ask, sql: string, how: readonly How[] = []): string[] | null {
    try {
      return ask(sql).rows.map((row) => row.map((value, c) => shown(value, how[c] ?? "exact")).join("\t"));
    } catch (error) {
      if (error instanceof QuireError && DEPENDS.has(error.code)) return null;
      throw new Difference(`seed ${this.seed}: ${sql}\n  ${String(error)}`);
    }
  }

  #same(what: string, ours: string[] | null, theirs: string[] | null, isOrdered: boolean): void {
    if (ours === null || theirs === null) {
      this.totals.overflows += 1;
      return;
    }
    this.totals.compared += 1;
    this.totals.rows += ours.length;
    const [a, b] = isOrdered ? [ours, theirs] : [ours.toSorted(), theirs.toSorted()];
    if (a.join("\n") === b.join("\n")) return;
    const only = (from: string[], other: string[]): string =>
      from
        .filter((row) => !other.includes(row))
        .slice(0, 3)
        .join(" / ");
    throw new Difference(
      `seed ${this.seed}: ${what}\n  ${ours.length} rows and ${theirs.length}; only the first: ${only(ours, theirs)}; only the second: ${only(theirs, ours)}`,
    );
  }

  /** One query in all ways. */
  query(): void {
    const query = this.#generator.query();
    this.#everywhere({ ...query, sql: render(query.sql, "quire") });
    const random = this.#random;
    if (random.oneIn(2)) for (const [a, b] of this.#split()) this.#pair(a, b);
    if (random.oneIn(2)) for (const [a, b] of this.#joins()) this.#pair(a, b);
  }

  #pair(a: string, b: string): void {
    this.#same(`${a}\n  against ${b}`, this.#ask(this.#usual, a), this.#ask(this.#usual, b), false);
  }

  #everywhere({ sql, how, ordered }: Query): void {
    const rows = this.#ask(this.#usual, sql, how);
    for (const ask of this.#others) this.#same(`${sql}\n  in other batches`, rows, this.#ask(ask, sql, how), ordered);
    const explained = this.#ask(this.#usual, `EXPLAIN ANALYZE ${sql}`);
    if (rows && explained)
      this.#same(`EXPLAIN ANALYZE ${sql}`, [String(rows.length)], [explained[0]?.split("\t")[2] ?? ""], true);
    const used = this.#indexes.filter(({ table }) => new RegExp(`\\b${table}\\b`, "u").test(sql));
    for (const dropped of this.#subsets(used)) {
      this.#usual("BEGIN");
      for (const { name } of dropped) this.#usual(`DROP INDEX ${name}`);
      const left = this.#ask(this.#usual, sql, how);
      this.#usual("ROLLBACK");
      this.#same(`${sql}\n  without ${dropped.map(({ name }) => name).join(", ")}`, rows, left, ordered);
    }
  }

  /** Every subset of a few of them, and all, but not none. */
  #subsets<T>(from: readonly T[]): T[][] {
    const few = this.#random.shuffled(from).slice(0, 2);
    const subsets: T[][] = from.length > few.length ? [[...from]] : [];
    for (let bits = 1; bits < 1 << few.length; bits++) subsets.push(few.filter((_, at) => ((bits >> at) & 1) === 1));
    return subsets;
  }

  /** Queries over rows for which a condition is true, false and null, against the same over all rows. */
  #split(): [string, string][] {
    const parts = this.#generator.parts();
    const text = (sql: string): string => render(sql, "quire");
    const [from, p, v, k] = [text(parts.from), text(parts.condition()), text(parts.value("int")), text(parts.value("text"))];
    const three = (select: string, tail = ""): string =>
      [`(${p})`, `(NOT (${p}))`, `((${p}) IS NULL)`]
        .map((where) => `SELECT ${select} FROM ${from} WHERE ${where}${tail}`)
        .join(" UNION ALL ");
    const list = `${v} AS v, ${k} AS k`;
    return [
      [`SELECT ${list} FROM ${from}`, three(list)],
      [`SELECT DISTINCT ${list} FROM ${from}`, `SELECT DISTINCT v, k FROM (${three(list)}) q`],
      [
        `SELECT COUNT(*), COUNT(${v}), SUM(${v}), MIN(${v}), MAX(${k}) FROM ${from}`,
        `SELECT SUM(a), SUM(b), SUM(c), MIN(d), MAX(e) FROM (${three(`COUNT(*) AS a, COUNT(${v}) AS b, SUM(${v}) AS c, MIN(${v}) AS d, MAX(${k}) AS e`)}) q`,
      ],
      [
        `SELECT k, COUNT(*), COUNT(DISTINCT v) FROM (SELECT ${list} FROM ${from}) q GROUP BY k`,
        `SELECT k, COUNT(*), COUNT(DISTINCT v) FROM (${three(list)}) q GROUP BY k`,
      ],
      [
        `SELECT k, MIN(v) FROM (SELECT ${list} FROM ${from}) q GROUP BY k`,
        ["MIN(v) > 1", "NOT MIN(v) > 1", "(MIN(v) > 1) IS NULL"]
          .map((having) => `SELECT k, MIN(v) FROM (SELECT ${list} FROM ${from}) q GROUP BY k HAVING ${having}`)
          .join(" UNION ALL "),
      ],
      [`SELECT COUNT(*) FROM ${from} WHERE ${p}`, `SELECT COALESCE(SUM(CASE WHEN ${p} THEN 1 ELSE 0 END), 0) FROM ${from}`],
      [`SELECT COUNT(*) FROM ${from} WHERE ${p}`, `SELECT COUNT(*) FILTER (WHERE ${p}) FROM ${from}`],
    ];
  }

  /** Joins against what they are made of. */
  #joins(): [string, string][] {
    const { a, b, on: text } = this.#generator.pair();
    const on = render(text, "quire");
    const inner = `SELECT COUNT(*) AS n FROM ${a} JOIN ${b} ON ${on}`;
    const lonely = (of: string, other: string): string =>
      `SELECT COUNT(*) AS n FROM ${of} WHERE NOT EXISTS (SELECT 1 FROM ${other} WHERE ${on})`;
    const sum = (...of: string[]): string => `SELECT SUM(n) FROM (${of.join(" UNION ALL ")}) q`;
    const count = (join: string): string => `SELECT COUNT(*) FROM ${join}`;
    return [
      [count(`${a} JOIN ${b} ON ${on}`), count(`${a}, ${b} WHERE ${on}`)],
      [count(`${a} JOIN ${b} ON ${on}`), count(`${b} JOIN ${a} ON ${on}`)],
      [
        count(`${a} CROSS JOIN ${b}`),
        sum(...[`(${on})`, `NOT (${on})`, `(${on}) IS NULL`].map((p) => `SELECT COUNT(*) AS n FROM ${a} JOIN ${b} ON ${p}`)),
      ],
      [count(`${a} LEFT JOIN ${b} ON ${on}`), sum(inner, lonely(a, b))],
      [count(`${a} RIGHT JOIN ${b} ON ${on}`), sum(inner, lonely(b, a))],
      [count(`${a} LEFT JOIN ${b} ON ${on}`), count(`${b} RIGHT JOIN ${a} ON ${on}`)],
      [count(`${a} FULL JOIN ${b} ON ${on}`), sum(inner, lonely(a, b), lonely(b, a))],
    ];
  }

  /** A change, in a transaction that stays open here and is over elsewhere: queries give the same, and again when it is over here. */
  change(): void {
    const sql = render(this.#generator.change(), "quire");
    const before = this.#random.oneIn(3) ? render(this.#generator.change(), "quire") : null;
    const done = [this.#usual, ...this.#others].map((ask, at) => {
      if (at === 0) ask("BEGIN");
      if (at === 0 && before !== null) {
        // What is taken back leaves nothing.
        ask("SAVEPOINT s");
        this.#changed(ask, before);
        ask("ROLLBACK TO s");
      }
      return this.#changed(ask, sql);
    });
    if (new Set(done).size > 1) throw new Difference(`seed ${this.seed}: ${sql}\n  changes ${done.join(" and ")} rows`);
    for (let n = 0; n < 3; n++) {
      const query = this.#generator.query();
      this.#outside({ ...query, sql: render(query.sql, "quire") });
    }
    this.#usual("COMMIT");
    for (const { name } of this.#generator.tables)
      this.#outside({ sql: `SELECT * FROM ${name} ORDER BY id`, how: [], ordered: true });
  }

  /** What keeps rows or values, everywhere; changes are taken back. */
  kept(): void {
    const random = this.#random;
    const table = random.pick(this.#generator.tables);
    for (const sql of keptQueries(table, random)) this.#outside({ sql, how: [], ordered: true });
    for (const { sql, then } of keptChanges(table, random)) {
      const [ours, ...theirs] = [this.#usual, ...this.#others].map((ask) => {
        ask("BEGIN");
        const rows = this.#ask(ask, sql);
        const behind = this.#ask(ask, then);
        ask("ROLLBACK");
        return { rows, behind };
      });
      for (const { rows, behind } of theirs) {
        this.#same(sql, ours?.rows ?? null, rows, false);
        this.#same(`${sql}\n  ${then}`, ours?.behind ?? null, behind, true);
      }
    }
  }

  /** How many rows a statement changes; -1 where a value is none for its column. */
  #changed(ask: Ask, sql: string): number {
    try {
      return ask(sql).changes;
    } catch (error) {
      if (error instanceof QuireError && (DEPENDS.has(error.code) || error.code === "NOT_NULL")) return -1;
      throw new Difference(`seed ${this.seed}: ${sql}\n  ${String(error)}`);
    }
  }

  #outside({ sql, how, ordered }: Query): void {
    const rows = this.#ask(this.#usual, sql, how);
    for (const ask of this.#others) this.#same(`${sql}\n  in a transaction`, rows, this.#ask(ask, sql, how), ordered);
  }

  /** The store is whole. */
  check(): void {
    const { faults } = this.#session.check();
    if (faults.some(({ severity }) => severity === "error"))
      throw new Difference(`seed ${this.seed}: check: ${JSON.stringify(faults)}`);
  }

  /** So many queries, with changes between them. */
  run(queries: number): void {
    for (let q = 1; q <= queries; q++) {
      this.query();
      if (q % 10 === 0) this.change();
      if (q % 10 === 5) this.kept();
    }
    this.check();
  }
}
