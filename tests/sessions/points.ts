/**
 * Sessions of single rows, in tables of which hardly anything is in memory: lookups by key, changes, transactions that are taken back in
 * part or as a whole, a reader beside them. What comes of each is known from maps.
 */
import { Random } from "../torture/random.js";
import { Library, PlainDisk, type Outcome } from "./library.js";

interface Row {
  readonly id: string | number;
  readonly u: string;
  readonly d: string;
  readonly n: number;
  readonly ref: string | number | null;
  readonly body: string;
}
type Id = Row["id"];

/** How the keys of a session look, by number. */
const ID_TYPES: Readonly<Record<string, (n: number) => Id>> = {
  uint32: (n) => n * 7,
  text: (n) => textOf(n, 60, 120),
  uuid: (n) => `${((n * 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}-0000-0000-0000-${n.toString(16).padStart(12, "0")}`,
  int64: (n) => (n % 2 === 0 ? n : -n),
};

/** The text of a number, from which its length follows, too; of one in 200 it is longer than a sector or two. */
function textOf(n: number, least: number, most: number): string {
  const head = ((n * 0x9e3779b1) >>> 0).toString(36).padStart(7, "0") + n.toString(36);
  const len = n % 200 === 199 ? 4200 + (n % 7) * 900 : least + ((n * 31) % (most - least));
  return head + "x".repeat(Math.max(0, len - head.length));
}

/** The rows of one table, and what has to be there once. */
class Rows {
  readonly byId = new Map<string, Row>();
  readonly byU = new Map<string, string>();
  readonly byD = new Map<string, string>();
}

export interface PointTotals {
  statements: number;
  refused: number;
  rolledBack: number;
  compared: number;
  looked: number;
  failed: number;
}

export interface PointOptions {
  readonly seed: number;
  readonly rows: number;
  readonly steps: number;
  readonly cache: number;
  /** Once in so many statements of transactions a call fails; 0 never. */
  readonly faults: number;
  readonly log?: (line: string) => void;
}

const REFUSALS = new Set(["PRIMARY_KEY_CONFLICT", "UNIQUE_CONFLICT", "FOREIGN_KEY_BROKEN", "FOREIGN_KEY_RESTRICT"]);
const FROM_FAULTS = new Set(["DISK_FULL", "IO_ERROR", "HANDLE_POISONED", "OUTCOME_UNKNOWN", "OUT_OF_MEMORY"]);

export class PointSession {
  readonly totals: PointTotals = { statements: 0, refused: 0, rolledBack: 0, compared: 0, looked: 0, failed: 0 };
  readonly #random: Random;
  #disk = new PlainDisk();
  #library!: Library;
  #rows: Readonly<Record<"p" | "c", Rows>> = { p: new Rows(), c: new Rows() };
  /** Rows of `c` that refer to a row of `p`. */
  #references = new Map<string, number>();
  /** What takes back the changes since the last commit, newest last. */
  #undo: (() => void)[] = [];
  #savepoints: { name: string; at: number }[] = [];
  #active = false;
  #step = 0;
  #reader: { library: Library; rows: ReadonlyMap<string, Row> } | null = null;
  readonly #idOf: (n: number) => Id;
  readonly #type: string;
  /** Whether there are savepoints, and how long transactions last. */
  readonly #saves: boolean;
  readonly #patience: number;

  constructor(
    readonly module: WebAssembly.Module,
    readonly options: PointOptions,
  ) {
    this.#random = new Random(options.seed, 79);
    this.#type = this.#random.pick(Object.keys(ID_TYPES));
    this.#idOf = ID_TYPES[this.#type]!;
    this.#saves = this.#random.oneIn(3);
    this.#patience = this.#random.pick([1, 3, 6]);
  }

  run(): void {
    try {
      this.#open();
      this.#fill();
      for (this.#step = 1; this.#step <= this.options.steps; this.#step++) this.#next();
      if (this.#active) this.#end("commit");
      this.#compare();
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${this.options.seed}, step ${this.#step}: ${what}`, { cause: error });
    }
  }

  #open(): void {
    this.#library = new Library(this.module, this.#disk, this.#random.u32());
    const opened = this.#library.open({ create: true, cacheBytes: this.options.cache });
    if (opened.ok === null) throw new Error(`open: ${opened.code} ${opened.message}`);
  }

  #ask(body: object): Outcome {
    const outcome = this.#library.request(body);
    this.options.log?.(
      `${this.#step} ${JSON.stringify(body).slice(0, 200)} -> ${outcome.code || "ok"} ${outcome.message.slice(0, 200)}`,
    );
    return outcome;
  }

  #must(body: object): void {
    const outcome = this.#ask(body);
    if (outcome.ok === null) throw new Error(`${JSON.stringify(body).slice(0, 100)}: ${outcome.code} ${outcome.message}`);
  }

  /** Into how many groups rows fall that have one key in an index: runs of a few hundred, or longer than a leaf. */
  get #groups(): number {
    return this.options.seed % 3 === 0 ? 1 : 20;
  }

  #fill(): void {
    const columns = [`id:${this.#type}:pk`, "u:text:unique", "d:decimal:unique", "n:uint32:index=g"];
    const ref = `ref:${this.#type}:null:index:references=p.id`;
    this.#must({ op: "create", table: "p", columns: [...columns, "body:text"] });
    this.#must({ op: "create", table: "c", columns: [...columns, ref, "body:text"] });
    const { rows } = this.options;
    for (const table of ["p", "c"] as const) {
      for (let start = 0; start < rows; start += 200) {
        const batch: Row[] = [];
        for (let i = start; i < start + 200; i++) batch.push(this.#row(table, i * 2, i * 2, i * 2));
        this.#must({ op: "insert", table, rows: batch.map((row) => given(table, row)) });
        for (const row of batch) this.#add(table, row);
      }
    }
    this.#undo = [];
    this.#library.close();
    this.#open();
  }

  #row(table: "p" | "c", n: number, u: number, d: number): Row {
    const random = this.#random;
    const id = this.#idOf(n);
    const known = [...(table === "c" && random.oneIn(2) ? [random.below(this.options.rows) * 2] : [])];
    const ref = table === "p" || known.length === 0 ? null : this.#idOf(known[0]! + (random.oneIn(15) ? 1 : 0));
    const there = ref === null || this.#rows.p.byId.has(String(ref)) || this.#step > 0 ? ref : null;
    const long = random.oneIn(40) ? 5000 + random.below(35_000) : random.below(900);
    return {
      id,
      u: textOf(u, 40, 150),
      d: `${d}.5`,
      n: random.below(this.#groups),
      ref: there,
      body: "b".repeat(long) + String(random.u32()),
    };
  }

  // ---- the model ----

  #refer(row: Row, by: number): void {
    if (row.ref !== null) this.#references.set(String(row.ref), (this.#references.get(String(row.ref)) ?? 0) + by);
  }

  #put(table: "p" | "c", row: Row): void {
    const rows = this.#rows[table];
    rows.byId.set(String(row.id), row);
    rows.byU.set(row.u, String(row.id));
    rows.byD.set(row.d, String(row.id));
    this.#refer(row, 1);
  }

  #take(table: "p" | "c", row: Row): void {
    const rows = this.#rows[table];
    rows.byId.delete(String(row.id));
    rows.byU.delete(row.u);
    rows.byD.delete(row.d);
    this.#refer(row, -1);
  }

  #add(table: "p" | "c", row: Row): void {
    this.#put(table, row);
    this.#undo.push(() => this.#take(table, row));
  }

  #remove(table: "p" | "c", row: Row): void {
    this.#take(table, row);
    this.#undo.push(() => this.#put(table, row));
  }

  #back(to: number): void {
    while (this.#undo.length > to) this.#undo.pop()!();
  }

  /** Whether `row` may come in the place of `old`. */
  #fits(table: "p" | "c", row: Row, old: Row | null): boolean {
    const rows = this.#rows[table];
    if (row.id !== old?.id && rows.byId.has(String(row.id))) return false;
    if (row.u !== old?.u && rows.byU.has(row.u)) return false;
    if (row.d !== old?.d && rows.byD.has(row.d)) return false;
    return row.ref === null || row.ref === old?.ref || this.#rows.p.byId.has(String(row.ref));
  }

  // ---- what is done ----

  #next(): void {
    const random = this.#random;
    const what = random.below(100);
    if (what < 30) this.#look();
    else if (what < 52) this.#insert();
    else if (what < 68) this.#update();
    else if (what < 84) this.#delete();
    else if (what < 88) {
      if (!this.#active) {
        this.#must({ op: "begin" });
        this.#active = true;
      }
    } else if (what < 92) {
      if (this.#active && this.#saves) this.#savepoint();
    } else if (what < 94) {
      if (this.#active && random.oneIn(this.#patience)) this.#end("commit");
    } else if (what < 96) {
      if (this.#active && random.oneIn(this.#patience)) this.#end("rollback");
    } else if (what < 98) this.#beside();
    else if (random.oneIn(20)) {
      if (random.oneIn(2)) this.#library.close();
      this.#back(0);
      this.#active = false;
      this.#savepoints = [];
      if (random.oneIn(3)) this.#compare();
      this.#open();
    }
  }

  #end(op: "commit" | "rollback"): void {
    // What is read just before is what may be read of memory just after.
    const numbers = op === "rollback" ? this.#recent.slice(-40) : [];
    this.#lookAt(numbers);
    this.#must({ op });
    if (op === "rollback") {
      this.totals.rolledBack += this.#undo.length;
      this.#back(0);
    }
    this.#lookAt(numbers);
    this.#undo = [];
    this.#active = false;
    this.#savepoints = [];
  }

  #savepoint(): void {
    const at = this.#savepoints.length === 0 ? -1 : this.#random.below(this.#savepoints.length);
    const way = this.#random.below(3);
    if (way === 0 || at < 0) {
      const name = `s${this.#step}`;
      this.#must({ op: "savepoint", name });
      this.#savepoints.push({ name, at: this.#undo.length });
      return;
    }
    const chosen = this.#savepoints[at]!;
    this.#must({ op: way === 1 ? "rollbackTo" : "release", name: chosen.name });
    if (way === 1) {
      this.#back(chosen.at);
      this.#look();
    }
    this.#savepoints.length = way === 1 ? at + 1 : at;
  }

  /** The numbers that were drawn last. */
  readonly #recent: number[] = [0];

  /** A number of a row: often one of those drawn last, or near others, so that what is read again may be stale. */
  #number(): number {
    const random = this.#random;
    const most = this.options.rows * 2;
    if (random.oneIn(3)) return random.pick(this.#recent);
    const number = random.oneIn(2) ? (random.below(8) * 997 + random.below(30)) % most : random.below(most);
    if (this.#recent.length > 60) this.#recent.shift();
    this.#recent.push(number);
    return number;
  }

  #table(): "p" | "c" {
    return this.#random.oneIn(2) ? "p" : "c";
  }

  #look(): void {
    // What waits is carried out first.
    if (this.#active && this.#random.oneIn(60)) this.#count();
    this.#lookAt([1, 2, 3, 4, 5].map(() => this.#number()));
  }

  #lookAt(numbers: readonly number[]): void {
    for (const number of numbers) {
      const table = this.#table();
      const id = this.#idOf(number);
      const row = this.#rows[table].byId.get(String(id));
      const outcome = this.#ask({ op: "get", table, key: id });
      this.totals.looked += 1;
      checkRow(outcome, row, `${table} ${String(id).slice(0, 20)}`);
      if (this.#random.oneIn(3)) this.#lookByU(table, number);
    }
  }

  /** Looks for a row by its other unique column. */
  #lookByU(table: "p" | "c", number: number): void {
    const rows = this.#rows[table];
    const u = textOf(number, 40, 150);
    const outcome = this.#ask({ op: "get", table, index: "u", key: u });
    this.totals.looked += 1;
    checkRow(outcome, rows.byId.get(rows.byU.get(u) ?? ""), `${table} by u = ${u.slice(0, 20)}`);
  }

  #count(): void {
    const outcome = this.#ask({ op: "tables" });
    const counts = (outcome.ok?.["tables"] as { rows: number }[] | undefined)?.map(({ rows }) => rows);
    const wanted = [this.#rows.c.byId.size, this.#rows.p.byId.size];
    if (counts?.join() !== wanted.join()) throw new Error(`tables have ${counts?.join() ?? "no"} rows, not ${wanted.join()}`);
    const faults = faultsOf(this.#ask({ op: "check" }));
    if (faults !== "") throw new Error(`check in a transaction: ${faults}`);
  }

  /** Does one statement; `change` is what it makes of the model if `allowed`. */
  #statement(body: object, allowed: boolean, change: () => void): void {
    this.totals.statements += 1;
    const { faults } = this.options;
    const armed = faults > 0 && this.#active && this.#random.oneIn(faults);
    if (armed) {
      let left = this.#random.pick([0, 0, 1, 2, 4]);
      const only = this.#random.pick(["-spill", ".db", ""]);
      this.#library.host.hook = (name, file) =>
        file.endsWith(only) && (name === "write" || name === "read" || name === "size") && left-- <= 0
          ? { errno: name === "read" ? 29 : 51 }
          : undefined;
    }
    const outcome = this.#ask(body);
    if (armed) this.#library.host.hook = null;
    if (outcome.ok !== null) {
      if (!allowed) throw new Error(`${JSON.stringify(body).slice(0, 160)} was done, and should have been refused`);
      change();
      if (!this.#active) this.#undo = [];
    } else if (armed && FROM_FAULTS.has(outcome.code)) {
      this.totals.failed += 1;
      const back = this.#ask({ op: "rollback" });
      this.#back(0);
      this.#active = false;
      this.#savepoints = [];
      if (back.ok === null) {
        this.#compare();
        this.#open();
      }
    } else if (allowed || !REFUSALS.has(outcome.code)) {
      throw new Error(`${JSON.stringify(body).slice(0, 160)}: ${outcome.code} ${outcome.message}`);
    } else this.totals.refused += 1;
  }

  #insert(): void {
    const table = this.#table();
    const count = this.#random.oneIn(6) ? 2 + this.#random.below(30) : 1;
    const rows: Row[] = [];
    for (let i = 0; i < count; i++) {
      const n = this.#number();
      const apart = this.#random.oneIn(8);
      rows.push(this.#row(table, n, apart ? this.#number() : n, apart && this.#random.oneIn(2) ? this.#number() : n));
    }
    // Those of a batch that fit one after the other, and now and then all.
    const start = this.#undo.length;
    const fitting: Row[] = [];
    let refused = false;
    const all = count === 1 || this.#random.oneIn(8);
    for (const row of rows) {
      const fits = this.#fits(table, row, null);
      if (!fits && !all) continue;
      refused ||= !fits;
      if (fits) this.#add(table, row);
      fitting.push(row);
    }
    this.#back(start);
    if (fitting.length === 0) return;
    this.#statement({ op: "insert", table, rows: fitting.map((row) => given(table, row)) }, !refused, () => {
      for (const row of fitting) this.#add(table, row);
    });
  }

  #update(): void {
    const table = this.#table();
    const old = this.#rows[table].byId.get(String(this.#idOf(this.#number())));
    if (old === undefined) return;
    const random = this.#random;
    const other = this.#row(table, this.#number(), this.#number(), this.#number());
    const set: Partial<Row> = {
      ...(random.oneIn(3) ? { id: other.id } : {}),
      ...(random.oneIn(3) ? { u: other.u } : {}),
      ...(random.oneIn(3) ? { d: other.d } : {}),
      ...(random.oneIn(2) ? { n: other.n } : {}),
      ...(table === "c" && random.oneIn(3) ? { ref: other.ref } : {}),
      ...(random.oneIn(2) ? { body: other.body } : {}),
    };
    if (Object.keys(set).length === 0) return;
    const row: Row = { ...old, ...set };
    const followers = table === "p" && row.id !== old.id ? this.#followers(old.id) : [];
    this.#statement({ op: "update", table, key: old.id, set }, this.#fits(table, row, old), () => {
      this.#remove(table, old);
      this.#add(table, row);
      for (const follower of followers) {
        this.#remove("c", follower);
        this.#add("c", { ...follower, ref: row.id });
      }
    });
  }

  #delete(): void {
    const table = this.#table();
    const old = this.#rows[table].byId.get(String(this.#idOf(this.#number())));
    if (old === undefined) return;
    const followers = table === "c" ? [] : this.#followers(old.id);
    const cascade = this.#random.oneIn(2);
    this.#statement({ op: "delete", table, keys: [old.id], cascade }, cascade || followers.length === 0, () => {
      this.#remove(table, old);
      for (const row of followers) this.#remove("c", row);
    });
  }

  /** The rows of `c` that refer to a row of `p`. */
  #followers(id: Id): readonly Row[] {
    return (this.#references.get(String(id)) ?? 0) === 0 ? [] : [...this.#rows.c.byId.values()].filter(({ ref }) => ref === id);
  }

  /** A reader sees what there was when it was opened, or that the file has changed. */
  #beside(): void {
    if (this.#reader === null) {
      if (this.#active) return;
      const library = new Library(this.module, this.#disk, this.#random.u32());
      const opened = library.open({ readonly: true, cacheBytes: this.options.cache });
      if (opened.ok === null) throw new Error(`a reader: ${opened.code} ${opened.message}`);
      const rows = new Map(this.#rows.p.byId);
      this.#reader = { library, rows };
    }
    const { library, rows } = this.#reader;
    for (let i = 0; i < 40; i++) {
      const id = this.#idOf(this.#number());
      const outcome = library.request({ op: "get", table: "p", key: id });
      this.totals.looked += 1;
      if (outcome.code === "FILE_CHANGED") {
        this.#reader = null;
        return;
      }
      checkRow(outcome, rows.get(String(id)), `a reader: p ${String(id).slice(0, 20)}`);
    }
    if (this.#random.oneIn(6)) this.#reader = null;
  }

  /** Compares a copy of the files, row by row, and asks for `check`. */
  #compare(): void {
    this.totals.compared += 1;
    const copy = new Library(this.module, this.#disk.copy(), this.#random.u32());
    const opened = copy.open({ cacheBytes: 64 << 20 });
    if (opened.ok === null) throw new Error(`the copy: ${opened.code} ${opened.message}`);
    const faults = faultsOf(copy.request({ op: "check" }));
    if (faults !== "") throw new Error(`check: ${faults}`);
    for (const table of ["p", "c"] as const) {
      for (const way of [{}, { index: "n", limit: 70 }, { index: "n", reverse: true, limit: 70 }])
        this.#compareScan(copy, table, way);
    }
  }

  /** Compares all rows, page by page: each comes once. */
  #compareScan(copy: Library, table: "p" | "c", way: object): void {
    const what = `${table} by ${JSON.stringify(way)}`;
    const rows = this.#rows[table].byId;
    const seen = new Set<string>();
    let after: string | null = null;
    do {
      const outcome = copy.request({ op: "scan", table, ...way, ...(after === null ? {} : { after }) });
      if (outcome.ok === null) throw new Error(`${what}: ${outcome.code} ${outcome.message}`);
      for (const row of outcome.ok["rows"] as Row[]) {
        const id = String(row.id);
        const mine = rows.get(id);
        if (mine === undefined || !isSame(mine, row)) throw new Error(`${what}: ${id.slice(0, 20)} differs, or should not be`);
        if (seen.has(id)) throw new Error(`${what}: ${id.slice(0, 20)} comes twice`);
        seen.add(id);
      }
      after = outcome.ok["after"] as string | null;
    } while (after !== null);
    if (seen.size !== rows.size) throw new Error(`${what}: ${seen.size} rows, and not ${rows.size}`);
  }
}

/** What `check` found, "" for nothing. */
function faultsOf(check: Outcome): string {
  if (check.ok === null) return `${check.code} ${check.message}`;
  const faults = (check.ok["faults"] as { severity: string; code: string }[]).filter(
    ({ severity, code }) => severity !== "note" && !code.startsWith("REFERENCE_"),
  );
  return faults.length === 0 ? "" : JSON.stringify(faults.slice(0, 3)).slice(0, 600);
}

function given(table: "p" | "c", row: Row): Partial<Row> {
  const { ref, ...rest } = row;
  return table === "c" ? { ...rest, ref } : rest;
}

function isSame(mine: Row, found: Partial<Row>): boolean {
  const same = String(found.id) === String(mine.id) && found.u === mine.u && found.n === mine.n && found.body === mine.body;
  return same && Number(found.d) === Number(mine.d) && String(found.ref ?? null) === String(mine.ref);
}

function checkRow(outcome: Outcome, row: Row | undefined, what: string): void {
  if (outcome.ok === null && outcome.code !== "ROW_NOT_FOUND") throw new Error(`${what}: ${outcome.code} ${outcome.message}`);
  const found = outcome.ok?.["row"] ?? null;
  if ((found === null) !== (row === undefined)) throw new Error(`${what} is ${found === null ? "not " : ""}there`);
  if (row !== undefined && !isSame(row, found!)) throw new Error(`${what} differs`);
}
