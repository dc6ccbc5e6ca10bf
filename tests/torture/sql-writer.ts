/**
 * A session of SQL over a simulated disk, whose calls fail or in which it is killed: changes of rows by conditions, upserts, tables and indexes
 * that come and go, transactions and savepoints. What is in the store after each statement SQLite says. A statement that fails leaves nothing, and
 * the transaction it is in goes on: run again, it does what it would have done; what is acknowledged is there behind a kill and a power cut.
 */
import sqlite from "node-sqlite3-wasm";
import { Library } from "../sessions/library.js";
import { afterPowerCut, Disk, type Image } from "./disk.js";
import { failing, type FaultKind } from "./faults.js";
import type { Hook } from "./host.js";
import { Random } from "./random.js";

/** What a handle says that was poisoned by a failure: what became of the last commit the file tells. */
const POISONED = new Set(["HANDLE_POISONED", "OUTCOME_UNKNOWN"]);
/** What a failure of the disk may be called. */
const FAILURES = new Set([...POISONED, "IO_ERROR", "DISK_FULL", "OUT_OF_MEMORY"]);

/** Tables that there may be. */
const NAMES = ["p", "c", "m0", "m1"];

const text = (n: number, len: number): string => `${n}-`.padEnd(len, String.fromCharCode(97 + (n % 26)));

/** Statements from a seed that both engines take alike. */
function script(seed: number): string[] {
  const random = new Random(seed, 8);
  const id = (): number => 1 + random.below(60);
  const rows = (count: number, row: (n: number) => string): string => Array.from({ length: count }, (_, n) => row(n)).join(", ");
  const made = [
    "CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT NOT NULL UNIQUE, n INTEGER)",
    "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE, n INTEGER, s TEXT)",
    "CREATE INDEX c_n_idx ON c (n)",
    `INSERT INTO p VALUES ${rows(40, (n) => `(${n + 1}, 'k${n + 1}', ${n % 7})`)}`,
    `INSERT INTO c VALUES ${rows(60, (n) => `(${n + 1}, ${(n % 40) + 1}, ${n % 5}, '${text(n, 300)}')`)}`,
  ];
  let depth = 0;
  let fresh = 1000;
  while (made.length < 46) {
    switch (random.below(17)) {
      case 0:
        made.push(`INSERT INTO p VALUES ${rows(1 + random.below(9), () => `(${++fresh}, 'k${fresh}', ${random.below(9)})`)}`);
        break;
      case 1:
        // Often one of them is there, and nothing of it is done.
        made.push(
          `INSERT INTO c VALUES ${rows(20, () => `(${++fresh}, ${id() % 50}, ${random.below(9)}, '${text(fresh, 200)}')`)}`,
        );
        break;
      case 2:
        made.push(`INSERT INTO c SELECT id + ${(fresh += 3000)}, p, n + 1, s || '!' FROM c WHERE n = ${random.below(5)}`);
        break;
      case 3:
        made.push(
          `INSERT INTO p VALUES (${id()}, 'x${++fresh}', 5), (${id()}, 'k${id()}', 6) ON CONFLICT (id) DO UPDATE SET n = p.n + 100, k = excluded.k ON CONFLICT (k) DO NOTHING`,
        );
        break;
      case 4:
        made.push(`INSERT OR REPLACE INTO c VALUES (${id()}, NULL, ${random.below(5)}, '${text(++fresh, 900)}')`);
        break;
      case 5:
        made.push(
          `UPDATE c SET n = n + 1, s = s || '${text(fresh, 40)}' WHERE n ${random.pick(["=", ">", "<="])} ${random.below(6)}`,
        );
        break;
      case 6:
        made.push(`UPDATE p SET k = k || 'u', n = NULL WHERE id IN (${id()}, ${id()}, ${id()})`);
        break;
      case 7:
        made.push(`UPDATE c SET p = (SELECT MIN(id) FROM p) WHERE p > ${id()}`);
        break;
      case 8:
        made.push(`DELETE FROM c WHERE n IN (SELECT n FROM p WHERE id < ${id()}) AND id % 3 = 0`);
        break;
      case 9:
        made.push(`DELETE FROM p WHERE id BETWEEN ${id()} AND ${id()}`);
        break;
      case 10:
        made.push(random.pick(["DROP INDEX IF EXISTS c_n_idx", "CREATE INDEX IF NOT EXISTS c_n_idx ON c (n)"]));
        break;
      case 11:
        made.push(`CREATE TABLE IF NOT EXISTS ${random.pick(["m0", "m1"])} (id INTEGER PRIMARY KEY, s TEXT UNIQUE)`);
        made.push(`INSERT INTO ${random.pick(["m0", "m1"])} SELECT id, s FROM c WHERE id % 4 = ${random.below(4)}`);
        break;
      case 12:
        made.push(`DROP TABLE IF EXISTS ${random.pick(["m0", "m1"])}`);
        break;
      case 13:
        // Rows of c are written anew; what inserts all of its columns is refused until this one goes.
        made.push(random.pick(["ALTER TABLE c ADD COLUMN w TEXT DEFAULT 'w'", "ALTER TABLE c DROP COLUMN w"]));
        break;
      case 14:
        made.push(
          random.pick([
            "ALTER TABLE m0 RENAME TO m1",
            "ALTER TABLE m1 RENAME TO m0",
            "ALTER TABLE m0 ADD COLUMN x INTEGER NOT NULL DEFAULT 7",
            "ALTER TABLE p RENAME COLUMN n TO m",
            "ALTER TABLE p RENAME COLUMN m TO n",
          ]),
        );
        break;
      default:
        if (depth === 0) {
          made.push("BEGIN");
          depth = 1;
        } else if (depth === 1 && random.oneIn(2)) {
          made.push("SAVEPOINT s");
          depth = 2;
        } else if (depth === 2) {
          made.push(random.pick(["ROLLBACK TO s", "RELEASE s"]));
          depth = made.at(-1) === "RELEASE s" ? 1 : 2;
        } else {
          made.push(random.pick(["COMMIT", "COMMIT", "ROLLBACK"]));
          depth = 0;
        }
    }
  }
  if (depth > 0) made.push("COMMIT");
  return made;
}

/** What a store holds, as a text. */
type Content = string;

const contentOf = (rows: (sql: string) => unknown[][] | null): Content =>
  NAMES.map((name) => {
    const found = rows(`SELECT * FROM ${name} ORDER BY id`);
    return `${name}: ${found === null ? "none" : found.map((row) => row.map(String).join(",")).join(";")}`;
  }).join("\n");

/** A statement, whether it does what it says, and what is there behind it. */
interface Step {
  readonly sql: string;
  readonly isDone: boolean;
  readonly content: Content;
  /** What a new session finds. */
  readonly kept: Content;
}

/** What SQLite makes of a script. */
function steps(seed: number): Step[] {
  const db = new sqlite.Database(":memory:");
  db.exec("PRAGMA foreign_keys = ON");
  let kept = "";
  let active = false;
  const made = script(seed).map((sql) => {
    let isDone = true;
    try {
      db.exec(sql);
    } catch {
      isDone = false;
    }
    if (sql === "BEGIN") active = true;
    if (sql === "COMMIT" || sql === "ROLLBACK") active = false;
    const content = contentOf((query) => {
      try {
        return db.all(query).map((row) => Object.values(row as Record<string, unknown>));
      } catch {
        return null;
      }
    });
    if (!active) kept = content;
    return { sql, isDone, content, kept };
  });
  db.close();
  return made;
}

const EMPTY = contentOf(() => null);

/** A session over a disk. */
class Session {
  readonly library: Library;

  constructor(
    module: WebAssembly.Module,
    readonly disk: Disk,
    seed: number,
  ) {
    this.library = new Library(module, disk, seed);
    const opened = this.library.open({ create: true, cacheBytes: 0 });
    if (opened.ok === null) throw new Error(`open: ${opened.code} ${opened.message}`);
  }

  /** The code of the statement's error, "" for none. */
  run(sql: string, hook: Hook | null): { code: string; message: string } {
    this.library.host.hook = hook;
    try {
      return this.library.request({ op: "sql", sql });
    } finally {
      this.library.host.hook = null;
    }
  }

  /** What is there; null where the handle says nothing any more. */
  content(): Content | null {
    let poisoned = false;
    const content = contentOf((sql) => {
      const { ok, code } = this.library.request({ op: "sql", sql });
      poisoned ||= POISONED.has(code);
      if (ok === null && code !== "TABLE_NOT_FOUND" && !POISONED.has(code)) throw new Error(`${sql}: ${code}`);
      return ok === null ? null : (ok["rows"] as unknown[][]);
    });
    return poisoned ? null : content;
  }
}

export class SqlWriter {
  readonly #steps: readonly Step[];

  constructor(
    readonly module: WebAssembly.Module,
    readonly seed: number,
  ) {
    this.#steps = steps(seed);
  }

  get statements(): number {
    return this.#steps.length;
  }

  /** How many of the statements do what they say. */
  get done(): number {
    return this.#steps.filter(({ isDone }) => isDone).length;
  }

  /** Without a failure: what SQLite says after each statement. */
  whole(): void {
    const session = new Session(this.module, new Disk(), this.seed);
    for (const [at, step] of this.#steps.entries()) {
      const { code, message } = session.run(step.sql, null);
      if ((code === "") !== step.isDone) throw new Error(`${this.#what(at)}: ${code === "" ? "it is done" : message}`);
      if (session.content() !== step.content) throw new Error(`${this.#what(at)}: other rows than in SQLite`);
    }
    this.#expect(session.disk.images(), [this.#kept(this.#steps.length)], "at the end");
  }

  #what(at: number): string {
    return `seed ${this.seed}, statement ${at}, ${this.#steps[at]?.sql.slice(0, 120)}`;
  }

  #before(at: number): Content {
    return this.#steps[at - 1]?.content ?? EMPTY;
  }

  /** What a new session finds in front of a statement. */
  #kept(at: number): Content {
    return this.#steps[at - 1]?.kept ?? EMPTY;
  }

  /** A new session finds one of these, and `check` nothing. */
  #expect(images: ReadonlyMap<string, Image>, contents: readonly Content[], what: string): void {
    const session = new Session(this.module, Disk.of(images), 3);
    const found = session.content();
    if (found === null || !contents.includes(found)) throw new Error(`${what}: other rows than acknowledged`);
    const checked = session.library.request({ op: "check" });
    if (checked.ok?.["errors"] !== 0) throw new Error(`${what}: check: ${JSON.stringify(checked)}`);
    session.library.close();
  }

  /** The `place`th call of statements fails; false when there are fewer. */
  fault(kind: FaultKind, place: number): boolean {
    const session = new Session(this.module, new Disk(), this.seed);
    const { hook, reached } = failing(kind, place);
    for (const [at, step] of this.#steps.entries()) {
      const what = `${kind.name}, call ${place}: ${this.#what(at)}`;
      const had = reached();
      const { code, message } = session.run(step.sql, kind.forEver || !had ? hook : null);
      if ((code === "") === step.isDone && !FAILURES.has(code)) continue;
      if (kind.harmless || !FAILURES.has(code)) throw new Error(`${what}: ${code} ${message}`);
      const images = session.disk.images();
      const ends = step.sql === "COMMIT" || this.#before(at) === this.#kept(at);
      const content = session.content();
      const allowed = ends && (content === null || POISONED.has(code)) ? [this.#kept(at), step.kept] : [this.#kept(at)];
      this.#expect(images, allowed, what);
      if (content === null) return true;
      // A commit that failed takes all back.
      if (content !== this.#before(at) && !(step.sql === "COMMIT" && content === this.#kept(at)))
        throw new Error(`${what}: it failed, and left something`);
      if (step.sql === "COMMIT" || kind.forEver) return true;
      const again = session.run(step.sql, null);
      if ((again.code === "") !== step.isDone) throw new Error(`${what}: run again: ${again.code} ${again.message}`);
      if (session.content() !== step.content) throw new Error(`${what}: run again, it does something else`);
    }
    if (!reached()) return false;
    const last = this.#kept(this.#steps.length);
    this.#expect(session.disk.images(), [last], `${kind.name}, call ${place}, seed ${this.seed}, at the end`);
    return true;
  }

  /** The session is killed at the `place`th call of statements, and then the power is cut; false when there are fewer. */
  kill(place: number): boolean {
    const session = new Session(this.module, new Disk(), this.seed);
    let count = 0;
    for (const [at, step] of this.#steps.entries()) {
      try {
        session.run(step.sql, () => {
          if (++count === place) throw new Killed();
          return undefined;
        });
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        const allowed = [this.#kept(at), step.kept];
        const what = `killed at call ${place}: ${this.#what(at)}`;
        this.#expect(session.disk.images(), allowed, what);
        const cut = afterPowerCut(session.disk, place % 5, new Random(this.seed, place));
        this.#expect(cut, allowed, `${what}, power cut`);
        return true;
      }
    }
    return false;
  }
}

/** A process was killed in the middle of a call. */
class Killed extends Error {}
