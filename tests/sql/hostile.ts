/**
 * Statements that nobody would write: those of the tests and of the documentation cut at every byte, with words swapped, doubled, left out and
 * taken from others, and bytes changed. Each is an answer or an error, in little time and memory, and the session goes on.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../host/paths.js";
import { Library, PlainDisk } from "../sessions/library.js";
import { Random } from "../torture/random.js";
import { Generator, render } from "./generator.js";
import { definitionOf } from "./properties.js";

const KINDS =
  "SELECT|VALUES|WITH|INSERT|REPLACE|UPDATE|DELETE|CREATE|DROP|BEGIN|SAVEPOINT|RELEASE|ROLLBACK|COMMIT|EXPLAIN|PRAGMA|ALTER";
const STATEMENT = new RegExp(`^\\s*(?:${KINDS})\\b`, "iu");
/** Words that may stand anywhere. */
const WORDS =
  `( ) , ; . * ? ?1 :a - + / % || = <> < >= NULL TRUE 0 1 -1 9223372036854775807 9223372036854775808 1e400 0.1 '' 'x' x'00' "t" t
  a id b SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET JOIN LEFT FULL ON USING AS NOT IN EXISTS BETWEEN AND OR LIKE ESCAPE IS DISTINCT UNION ALL
  EXCEPT INTERSECT WITH RECURSIVE VALUES CASE WHEN THEN ELSE END CAST COLLATE NOCASE INSERT INTO UPDATE SET DELETE RETURNING DEFAULT CONFLICT DO NOTHING
  count( max( random( coalesce( json_object( PRIMARY KEY UNIQUE REFERENCES CREATE TABLE INDEX DROP IF -- /* */ -> ->> << ~ [ ] \` " '`.split(
    /\s+/u,
  );

/** The statements in string literals of the tests about SQL, and in docs/sql.md. */
export function allStatements(): string[] {
  const found = new Set<string>();
  const add = (text: string): void => {
    const sql = text.trim().replace(/;$/u, "");
    if (STATEMENT.test(sql) && sql.length < 600) found.add(sql);
  };
  const folder = join(packageRoot, "tests");
  for (const name of readdirSync(folder)) {
    if (!/^(?:library-)?sql.*\.test\.ts$/u.test(name)) continue;
    const source = readFileSync(join(folder, name), "utf8");
    for (const [, double, tick] of source.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/gu)) {
      const text = double !== undefined ? double.replaceAll(/\\(.)/gu, "$1") : (tick ?? "").replaceAll(/\$\{[^}]*\}/gu, "1");
      add(text);
    }
  }
  const page = readFileSync(join(packageRoot, "docs", "sql.md"), "utf8");
  for (const [, block = ""] of page.matchAll(/```sql\n([^`]*)```/gu)) block.split(/;\n/u).forEach(add);
  for (const [, code = ""] of page.matchAll(/^\| `([^`]+)` \|/gmu)) add(`SELECT ${code.replaceAll("\\|", "|")}`);
  return [...found];
}

/** Tables of the generator, and queries and changes of them. */
function generated(seed: number): string[] {
  const generator = new Generator(new Random(seed, 6));
  const queries = Array.from({ length: 40 }, () => generator.query().sql).filter((sql) => sql.length < 600);
  const changes = Array.from({ length: 10 }, () => generator.change());
  return [...generator.tables.flatMap(definitionOf), ...[...queries, ...changes].map((sql) => render(sql, "quire"))];
}

/** What a run did. */
export interface HostileTotals {
  statements: number;
  answers: number;
  errors: Map<string, number>;
  /** The longest one took so many milliseconds, and the memory came to so many bytes at most. */
  slowest: number;
  memory: number;
}

/** A statement that broke something. */
export class Broken extends Error {}

/** What no statement may answer. */
const NEVER = new Set(["ENGINE_FAILED", "DAMAGED", "BAD_RECORD", "INTERNAL"]);
/** Longer than this no statement of one line takes over a few rows, and it has no need of so much memory. */
const MOST_MS = 4000;
const MOST_BYTES = 272 << 20;

export class Hostile {
  readonly totals: HostileTotals = { statements: 0, answers: 0, errors: new Map(), slowest: 0, memory: 0 };
  readonly #random: Random;
  readonly #all: readonly string[];
  readonly #made: readonly string[];
  readonly #words: readonly string[];
  #library!: Library;
  #age = 0;

  constructor(
    readonly module: WebAssembly.Module,
    readonly seed: number,
    statements: readonly string[] = allStatements(),
  ) {
    this.#random = new Random(seed, 5);
    this.#made = generated(seed);
    this.#all = [...statements, ...this.#made.filter((sql) => sql.length < 600)];
    this.#words = [...new Set(statements.flatMap((sql) => sql.split(/\s+/u)))].concat(WORDS);
    this.#begin();
  }

  /** A new session with the tables that statements name. */
  #begin(): void {
    this.#library = new Library(this.module, new PlainDisk(), this.seed);
    this.#library.open({ create: true });
    this.#age = 0;
    for (const sql of this.#made) if (/^(?:CREATE|INSERT)/u.test(sql)) this.#library.request({ op: "sql", sql });
    for (const sql of this.#all) if (/^\s*CREATE/iu.test(sql)) this.#library.request({ op: "sql", sql });
    for (const sql of this.#all) if (/^\s*INSERT/iu.test(sql)) this.#library.request({ op: "sql", sql });
    this.#library.request({ op: "rollback" });
  }

  /** Runs a statement, and sees to it that the session goes on. */
  ask(sql: string, params?: readonly unknown[]): string {
    const { totals } = this;
    const library = this.#library;
    const what = `seed ${this.seed}: ${sql.length > 2000 ? `${sql.slice(0, 300)}… (${sql.length} characters)` : sql}`;
    const started = performance.now();
    let code: string;
    try {
      ({ code } = library.request({ op: "sql", sql, ...(params && { params }) }));
    } catch (error) {
      throw new Broken(`${what}\n  ${String(error)}`);
    }
    const took = performance.now() - started;
    totals.statements += 1;
    totals.slowest = Math.max(totals.slowest, took);
    totals.memory = Math.max(totals.memory, library.pages * 65536);
    if (code === "") totals.answers += 1;
    else totals.errors.set(code, (totals.errors.get(code) ?? 0) + 1);
    if (NEVER.has(code)) throw new Broken(`${what}\n  ${code}`);
    if (took > MOST_MS) throw new Broken(`${what}\n  takes ${took.toFixed(0)} ms (${code})`);
    if (library.pages * 65536 > MOST_BYTES) throw new Broken(`${what}\n  memory has come to ${library.pages} pages (${code})`);
    if (/foreign_keys/iu.test(sql)) {
      // Rows that refer to nothing would be no fault of the store's.
      library.request({ op: "rollback" });
      library.request({ op: "sql", sql: "PRAGMA foreign_keys = ON" });
    }
    this.#age += 1;
    if (this.#age % 500 === 0) this.goesOn(what);
    return code;
  }

  /** The session answers, and the store is whole. */
  goesOn(what: string): void {
    const library = this.#library;
    library.request({ op: "rollback" });
    const { ok } = library.request({ op: "sql", sql: "SELECT x + 1 FROM (VALUES (1), (2)) v (x) WHERE x > 1" });
    if (JSON.stringify(ok?.["rows"]) !== '[["3"]]') throw new Broken(`${what}\n  the session is broken: ${JSON.stringify(ok)}`);
    const checked = library.request({ op: "check" });
    if (checked.ok?.["errors"] !== 0) throw new Broken(`${what}\n  check: ${JSON.stringify(checked)}`);
    if (this.#age >= 4000) {
      library.close();
      this.#begin();
    }
  }

  /** A statement cut in front of every `step`th byte, or other ones for another seed. */
  cuts(sql: string, step: number): void {
    for (let at = this.#random.below(step); at <= sql.length; at += step) this.ask(sql.slice(0, at));
  }

  /** `count` mutations of a statement. */
  mutations(sql: string, count: number): void {
    for (let n = 0; n < count; n++) this.ask(this.#mutated(sql));
  }

  #mutated(sql: string): string {
    const random = this.#random;
    // Words, numbers, texts and signs, with the blanks between them.
    const tokens = sql.match(/'(?:[^']|'')*'|"[^"]*"|\w+|\s+|[^\w\s]/gu) ?? [];
    for (let n = 1 + random.below(3); n > 0; n--) {
      const [at, other] = [random.below(tokens.length), random.below(tokens.length)];
      const [token = "", second = ""] = [tokens[at], tokens[other]];
      switch (random.below(7)) {
        case 0:
          tokens[at] = second;
          tokens[other] = token;
          break;
        case 1:
          tokens.splice(other, 0, token, " ");
          break;
        case 2:
          tokens.splice(at, 1);
          break;
        case 3:
          tokens[at] = random.pick(this.#words);
          break;
        case 4:
          tokens.splice(at, 0, " ", random.pick(this.#words), " ");
          break;
        case 5:
          tokens[at] = `(${token})`;
          break;
        default:
          // A part of another one.
          tokens.splice(at, 1, random.pick(this.#all).slice(random.below(40)));
      }
    }
    const text = tokens.join("");
    if (!random.oneIn(8)) return text;
    const at = random.below(text.length + 1);
    return (
      text.slice(0, at) + random.pick(["\0", "\u{10ffff}", "é", "\ufeff", "\u2028", "'", '"', "\\", "\n", "\t"]) + text.slice(at)
    );
  }

  /** Of every `step`th statement, from another one on for each seed, cuts and mutations. */
  run(step: number, cutStep: number, mutations: number): void {
    for (let at = this.seed % step; at < this.#all.length; at += step) {
      const sql = this.#all[at] as string;
      this.cuts(sql, cutStep);
      this.mutations(sql, mutations);
    }
    this.goesOn("the end");
  }
}
