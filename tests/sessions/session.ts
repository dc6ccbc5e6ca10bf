/**
 * Long sessions with transactions larger than the cache, against the model: what a session did is compared, in another one on a copy of
 * its files, row by row and index by index. The session itself is hardly ever asked for all it has: reading a page again heals what is
 * wrong with it in the cache.
 */
import { Random } from "../torture/random.js";
import { compareTable, compareTables, diff } from "./compare.js";
import { Generator } from "./generator.js";
import { FILE, Library, PlainDisk, type Outcome } from "./library.js";
import { cell, checkRow, cloned, deleteRows, insertRows, keyOf, referencesTo, Refused, same, Table, updateRow } from "./model.js";
import type { Model, Row, Value } from "./model.js";
import { framed, givenColumns, recordValue } from "./records.js";

interface RowChange {
  readonly op: string;
  readonly table: string;
  readonly rows?: readonly Row[];
  readonly key?: Value;
  readonly keys?: readonly Value[];
  readonly set?: Row;
  readonly cascade?: boolean;
}

export interface Options {
  readonly seed: number;
  readonly steps: number;
  /** Once in so many steps some of the calls fail; 0 never. */
  readonly faults: number;
  readonly cache: number;
  readonly big: number;
  /** Rows of a table at most, about. */
  readonly rows: number;
  readonly log?: (line: string) => void;
}

export interface Totals {
  requests: number;
  direct: number;
  readers: number;
  changed: number;
  rows: number;
  compared: number;
  reopened: number;
  killed: number;
  failed: number;
  poisoned: number;
  maxPages: number;
}

/** Errors that come from a fault and from nothing else. */
const FROM_FAULTS: ReadonlySet<string> = new Set([
  "DISK_FULL",
  "IO_ERROR",
  "HANDLE_POISONED",
  "OUTCOME_UNKNOWN",
  "OUT_OF_MEMORY",
]);
/** Errors for which the model has no opinion. */
const LIMITS: ReadonlySet<string> = new Set(["KEY_TOO_LARGE", "RECORD_TOO_LARGE", "AUTOINCREMENT_OVERFLOW"]);
/** Numbers that the store hands out are known to the model only when they were. */
const OF_COUNTERS: ReadonlySet<string> = new Set(["PRIMARY_KEY_CONFLICT", "FOREIGN_KEY_BROKEN"]);

export class LongSession {
  readonly totals: Totals = {
    requests: 0,
    direct: 0,
    readers: 0,
    changed: 0,
    rows: 0,
    compared: 0,
    reopened: 0,
    killed: 0,
    failed: 0,
    poisoned: 0,
    maxPages: 0,
  };
  readonly #random: Random;
  readonly #generator: Generator;
  readonly #module: WebAssembly.Module;
  readonly #options: Options;
  #disk = new PlainDisk();
  #library!: Library;
  /** As of the last commit, and as the session sees it. */
  #committed: Model = new Map();
  #model: Model = new Map();
  /** What may be committed as well: the fault came in the middle of a commit. */
  #maybe: Model | null = null;
  #active = false;
  #savepoints: { name: string; model: Model }[] = [];
  #layout: string;
  #durability: string;
  #uniqueNulls: string;
  #reading: boolean;
  #armed = 0;
  #step = 0;
  #tables = 0;

  constructor(module: WebAssembly.Module, options: Options) {
    this.#module = module;
    this.#options = options;
    this.#random = new Random(options.seed, 77);
    this.#uniqueNulls = options.seed % 4 === 0 ? "one" : "many";
    this.#generator = new Generator(this.#random, options.big, this.#uniqueNulls === "one");
    this.#layout = this.#random.pick(["0.9", "0.11"]);
    this.#durability = this.#random.pick(["commit", "checkpoint"]);
    this.#reading = this.#random.oneIn(3);
  }

  run(): void {
    try {
      this.#open();
      for (this.#step = 0; this.#step < this.#options.steps; this.#step++) this.#next();
      this.#reopen(false);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${this.#options.seed}, step ${this.#step}: ${what}`, { cause: error });
    }
  }

  #say(line: string): void {
    this.#options.log?.(`${this.#step} ${line}`);
  }

  #open(): void {
    this.#library = new Library(this.#module, this.#disk, this.#random.u32());
    const outcome = this.#library.open({
      create: true,
      cacheBytes: this.#options.cache,
      layout: this.#layout,
      durability: this.#durability,
      uniqueNulls: this.#uniqueNulls,
    });
    if (outcome.ok === null) throw new Error(`open: ${outcome.code} ${outcome.message}`);
  }

  #request(body: object): Outcome {
    this.totals.requests += 1;
    const outcome = this.#library.request(body);
    this.totals.maxPages = Math.max(this.totals.maxPages, this.#library.pages);
    this.#say(
      `${JSON.stringify(body).slice(0, 160)} -> ${outcome.code || "ok"}${outcome.message === "" ? "" : ` ${outcome.message.slice(0, 120)}`}`,
    );
    return outcome;
  }

  /** Compares a copy of the files with what is committed. */
  #compareCopy(): void {
    this.totals.compared += 1;
    const copy = new Library(this.#module, this.#disk.copy(), this.#random.u32());
    const readonly = this.#random.oneIn(2);
    const opened = copy.open({ cacheBytes: this.#random.pick([0, 0, 64 << 20]), readonly });
    if (opened.ok === null && this.#disk.files.get(FILE)?.current.size === 0 && this.#committed.size === 0) return;
    if (opened.ok === null) throw new Error(`the copy does not open: ${opened.code} ${opened.message}`);
    const layout = copy.request({ op: "info" }).ok?.["layout"];
    if (layout !== this.#layout && this.#committed.size > 0) throw new Error(`the copy is of layout ${String(layout)}`);
    if (this.#maybe !== null) {
      try {
        compareTables(copy, this.#maybe, this.#random);
        this.#committed = this.#maybe;
        this.#maybe = null;
        return;
      } catch {
        // Then it is not committed.
      }
      this.#maybe = null;
    }
    compareTables(copy, this.#committed, this.#random);
  }

  #reopen(kill: boolean): void {
    this.#say(kill ? "kill" : "close");
    this.#library.host.hook = null;
    if (kill) this.totals.killed += 1;
    else {
      this.totals.reopened += 1;
      const closed = this.#library.close();
      if (closed.ok === null && !FROM_FAULTS.has(closed.code)) throw new Error(`close: ${closed.code} ${closed.message}`);
    }
    this.#compareCopy();
    this.#active = false;
    this.#savepoints = [];
    this.#model = cloned(this.#committed);
    this.#open();
  }

  /** What follows when a call failed because of a fault: the model stays, or nothing can be done any more. */
  #afterFault(outcome: Outcome, committing: Model | null): void {
    this.totals.failed += 1;
    this.#library.host.hook = null;
    const info = this.#library.request({ op: "info" });
    const begin = this.#library.request({ op: info.ok?.["inTransaction"] === true ? "sync" : "begin" });
    this.#say(`after ${outcome.code}: ${begin.code}`);
    if (begin.code === "TRANSACTION_ACTIVE" && this.#request({ op: "rollback" }).ok !== null) {
      // Changes of indexes could not be carried out: nothing but a rollback is of use then.
      if (!this.#active) throw new Error("a transaction is open that should not be");
      this.#active = false;
      this.#savepoints = [];
      this.#model = cloned(this.#committed);
      return;
    }
    if (begin.ok === null) {
      this.totals.poisoned += 1;
      this.#maybe = committing;
      const read = this.#library.request({ op: "tables" });
      if (read.ok !== null) throw new Error("a handle that can't be used any more answers");
      this.#reopen(this.#random.oneIn(2));
      return;
    }
    if (info.ok!["inTransaction"] === true) {
      if (!this.#active) throw new Error("a transaction is open that should not be");
    } else {
      this.#library.request({ op: "rollback" });
      if (this.#active) {
        // A commit that failed is a rollback.
        if (committing === null) throw new Error("the transaction is gone");
        this.#active = false;
        this.#savepoints = [];
        this.#model = cloned(this.#committed);
      }
    }
  }

  /** Arms a fault for the statement that comes. */
  #arm(): void {
    const { faults } = this.#options;
    if (faults === 0 || !this.#random.oneIn(faults)) return;
    const random = this.#random;
    let left = random.pick([0, 1, 2, 3, 5, 8, 20, 60]);
    const errno = random.pick([51, 51, 51, 29]);
    const forever = random.oneIn(2);
    const only = random.pick(["", "", "-log", "-spill"]);
    this.#armed = 1;
    this.#library.host.hook = (name, file) => {
      if (name !== "write" && name !== "size" && (errno === 51 || (name !== "sync" && name !== "read"))) return undefined;
      if (only !== "" && !file.endsWith(only)) return undefined;
      if (left-- > 0) return undefined;
      if (!forever && left < -1) return undefined;
      return { errno };
    };
  }

  /** A change of rows by the library's direct calls, when there is one for it; else as a request. */
  #do(body: RowChange): Outcome {
    const table = this.#model.get(body.table);
    if (table === undefined || !this.#random.oneIn(2)) return this.#request(body);
    const { op, rows, keys, key, set } = body;
    const pk = table.shape.columns[0]!;
    let call: { status: number; reply: Buffer };
    if (op === "insert")
      call = this.#library.direct("insert", table.name, Buffer.concat(rows!.map((row) => givenColumns(table, row))));
    else if (op === "update")
      call = this.#library.direct(
        "update",
        table.name,
        Buffer.concat([framed(recordValue(pk, key!)), givenColumns(table, set!)]),
      );
    else if (op === "delete" && keys!.length === 1 && body.cascade === undefined)
      call = this.#library.direct("remove", table.name, recordValue(pk, keys![0]!));
    else return this.#request(body);
    this.totals.requests += 1;
    this.totals.direct += 1;
    this.#say(`${op} ${table.name} as records -> ${call.status}`);
    if (call.status < 0)
      return { ok: null, ...(JSON.parse(call.reply.toString("utf8")) as { error: { code: string; message: string } }).error };
    if (op !== "insert" && call.status !== 1) throw new Error(`${op}: there is no such row`);
    const made: Value[] = [];
    if (op === "insert" && pk.kind === "uint32auto")
      for (let at = 0; at < call.reply.length; at += 4) made.push(call.reply.readUInt32LE(at));
    return { ok: { keys: made }, code: "", message: "" };
  }

  #change(body: object, apply: (model: Model, outcome: Outcome) => void, counted = false): void {
    const after = cloned(this.#model);
    // What such an insertion would have made is not known when it fails.
    if (this.#active || !counted) this.#arm();
    const outcome = "table" in body ? this.#do(body as RowChange) : this.#request(body);
    this.#settle(outcome, after, apply, counted);
  }

  #settle(outcome: Outcome, after: Model, apply: (model: Model, outcome: Outcome) => void, counted = false): void {
    const armed = this.#armed === 1;
    this.#armed = 0;
    let refused = "";
    try {
      apply(after, outcome);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused = error.message;
    }
    if (outcome.ok !== null) {
      this.#library.host.hook = null;
      if (refused !== "") throw new Error(`done, though it should be refused (${refused})`);
      this.#model = after;
      if (!this.#active) this.#committed = cloned(after);
      if (armed) this.#probe();
      return;
    }
    if (armed && FROM_FAULTS.has(outcome.code)) {
      this.#afterFault(outcome, this.#active ? null : refused === "" ? after : null);
      return;
    }
    this.#library.host.hook = null;
    if (FROM_FAULTS.has(outcome.code)) throw new Error(`${outcome.code} ${outcome.message}`);
    if (refused === "" && !LIMITS.has(outcome.code) && !(counted && OF_COUNTERS.has(outcome.code)))
      throw new Error(`refused, though it should be done: ${outcome.code} ${outcome.message}`);
  }

  /** A statement was done while a fault was armed: a checkpoint after it may have failed, which the next one says. */
  #probe(): void {
    if (this.#active) return;
    const begin = this.#library.request({ op: "begin" });
    if (begin.ok === null) {
      this.totals.poisoned += 1;
      this.#say(`poisoned: ${begin.code}`);
      this.#reopen(this.#random.oneIn(2));
      return;
    }
    this.#library.request({ op: "rollback" });
  }

  /** A reader beside the session: it sees what was committed when it was opened, or says that the file has changed. */
  #reader: { library: Library; model: Model } | null = null;

  #beside(): void {
    if (this.#reader === null) {
      const library = new Library(this.#module, this.#disk, this.#random.u32());
      const opened = library.open({ readonly: true, cacheBytes: this.#random.pick([0, 1 << 22]) });
      if (opened.ok === null) {
        if (this.#committed.size > 0) throw new Error(`a reader can't open: ${opened.code} ${opened.message}`);
        return;
      }
      this.#reader = { library, model: cloned(this.#committed) };
    }
    this.totals.readers += 1;
    const { library, model } = this.#reader;
    try {
      if (this.#random.oneIn(4)) compareTables(library, model, this.#random);
      else if (model.size > 0) compareTable(library, this.#random.pick([...model.values()]), this.#random);
    } catch (error) {
      if (!String(error).includes("FILE_CHANGED")) throw error;
      this.totals.changed += 1;
      this.#reader = null;
      return;
    }
    if (this.#random.oneIn(3)) this.#reader = null;
  }

  /** A copy made by the session itself. */
  #backup(): void {
    const name = "copy.db";
    this.#disk.files.delete(name);
    const outcome = this.#request({ op: "backup", path: `data/${name}` });
    if (this.#active) {
      if (outcome.ok === null) return;
    }
    if (outcome.ok === null) throw new Error(`backup: ${outcome.code} ${outcome.message}`);
    const copy = new Library(this.#module, this.#disk.copy(), this.#random.u32());
    const opened = copy.open({ path: `data/${name}`, readonly: true });
    if (opened.ok === null) throw new Error(`the backup does not open: ${opened.code} ${opened.message}`);
    compareTables(copy, this.#committed, this.#random);
  }

  #next(): void {
    const random = this.#random;
    const what = random.below(100);
    if (this.#model.size === 0 || (what < 3 && this.#model.size < 6)) this.#create();
    else if (what < 4) this.#drop();
    else if (what < 40) this.#insert();
    else if (what < 58) this.#update();
    else if (what < 68) this.#delete();
    else if (what < 74) {
      if (!this.#active) this.#begin();
    } else if (what < 82) {
      if (this.#active) this.#savepoint();
    } else if (what < 86) {
      if (this.#active && random.oneIn(3)) this.#commit();
    } else if (what < 89) {
      if (this.#active && random.oneIn(3)) this.#rollback();
    } else if (what < 90) {
      if (random.oneIn(3)) this.#reopen(random.oneIn(2));
    } else if (what < 91) {
      if (random.oneIn(3)) this.#compareCopy();
    } else if (what < 92) this.#request({ op: "sync" });
    else if (what < 94) this.#beside();
    else if (what < 95) {
      if (random.oneIn(4)) this.#backup();
    } else if (this.#reading || what < 97) this.#read();
  }

  #begin(): void {
    const outcome = this.#request({ op: "begin" });
    if (outcome.ok === null) throw new Error(outcome.message);
    this.#active = true;
  }

  #commit(): void {
    this.#arm();
    const armed = this.#armed === 1;
    this.#armed = 0;
    const outcome = this.#request({ op: "commit" });
    if (outcome.ok === null) {
      if (!armed || !FROM_FAULTS.has(outcome.code)) throw new Error(outcome.message);
      this.#afterFault(outcome, cloned(this.#model));
      return;
    }
    this.#library.host.hook = null;
    this.#active = false;
    this.#savepoints = [];
    this.#committed = cloned(this.#model);
    if (armed) this.#probe();
  }

  #rollback(): void {
    const outcome = this.#request({ op: "rollback" });
    if (outcome.ok === null) throw new Error(`rollback: ${outcome.message}`);
    this.#active = false;
    this.#savepoints = [];
    this.#model = cloned(this.#committed);
  }

  #savepoint(): void {
    const random = this.#random;
    const way = random.below(4);
    const at = this.#savepoints.length === 0 ? -1 : random.below(this.#savepoints.length);
    const chosen = this.#savepoints[at];
    if (way < 2 || chosen === undefined) {
      if (this.#savepoints.length > 6) return;
      const name = `s${this.#step}`;
      const outcome = this.#request({ op: "savepoint", name });
      if (outcome.ok === null) throw new Error(outcome.message);
      this.#savepoints.push({ name, model: cloned(this.#model) });
    } else if (way === 2) {
      const outcome = this.#request({ op: "rollbackTo", name: chosen.name });
      if (outcome.ok === null) throw new Error(`rollbackTo: ${outcome.message}`);
      this.#savepoints.length = at + 1;
      this.#model = cloned(chosen.model);
    } else {
      const outcome = this.#request({ op: "release", name: chosen.name });
      if (outcome.ok === null) throw new Error(outcome.message);
      this.#savepoints.length = at;
    }
  }

  #create(): void {
    const name = `t${this.#tables++}`;
    const shape = this.#generator.shape(name, this.#model);
    const varies =
      shape.columns.some(({ kind }) => ["text", "key", "big", "blob", "json"].includes(kind)) ||
      shape.columns.some(({ nullable }) => nullable);
    const alignment = this.#random.pick([8, 32, 32, 32, 100]);
    this.#change({ op: "create", table: name, columns: shape.words, ...(varies ? { alignment } : {}) }, (model) =>
      model.set(name, new Table(name, shape)),
    );
  }

  #drop(): void {
    const table = this.#random.pick([...this.#model.values()]);
    this.#change({ op: "drop", table: table.name }, (model) => {
      if (referencesTo(model, table).some(({ from }) => from.name !== table.name)) throw new Refused("referenced");
      model.delete(table.name);
    });
  }

  #insert(): void {
    const random = this.#random;
    const table = random.pick([...this.#model.values()]);
    if (table.rows.size > this.#options.rows && !random.oneIn(4)) return;
    const count = random.pick([1, 1, 2, 5, 20, 60, 100]);
    const rows: Row[] = [];
    // Rows of one batch seldom collide: a batch that is refused is little of a test.
    const scratch = new Map(this.#model);
    scratch.set(table.name, table.clone());
    const careful = !random.oneIn(6);
    for (let i = 0; i < count; i++) {
      const row = this.#generator.row(table, scratch);
      if (careful && row["id"] !== undefined) {
        try {
          checkRow(scratch, scratch.get(table.name)!, row, null);
        } catch {
          continue;
        }
        scratch.get(table.name)!.rows.set(keyOf(row["id"]), row);
      }
      rows.push(row);
    }
    if (rows.length === 0) return;
    this.totals.rows += rows.length;
    this.#change(
      { op: "insert", table: table.name, rows },
      (model, outcome) => {
        const mine = model.get(table.name)!;
        const keys = outcome.ok === null ? undefined : (outcome.ok["keys"] as Value[]);
        let made = 5_000_000_000;
        const whole = rows.map((given, i) => {
          const row: Row = {};
          for (const column of table.shape.columns) row[column.name] = given[column.name] ?? null;
          if (given["id"] === undefined) row["id"] = keys?.[i] ?? made++;
          return row;
        });
        insertRows(model, mine, whole);
      },
      table.shape.columns[0]!.kind === "uint32auto",
    );
  }

  #update(): void {
    const random = this.#random;
    const table = random.pick([...this.#model.values()]);
    const keys = [...table.rows.keys()];
    const count = random.pick([1, 1, 3, 10]);
    const start = random.below(keys.length);
    for (let i = 0; i < count && start + i < keys.length; i++) {
      const name = table.name;
      const now = this.#model.get(name);
      const key = keys[start + i]!;
      const old = now?.rows.get(key);
      if (now === undefined || old === undefined) return;
      const set: Row = {};
      for (const column of now.shape.columns) {
        if (column.name === "id" && !random.oneIn(8)) continue;
        if (random.oneIn(2)) set[column.name] = this.#generator.value(column, this.#model);
      }
      if (Object.keys(set).length === 0) continue;
      this.#change({ op: "update", table: name, key: old["id"], set }, (model) =>
        updateRow(model, model.get(name)!, key, { ...old, ...set }),
      );
      if (this.#step < 0) return;
    }
  }

  #delete(): void {
    const random = this.#random;
    const table = random.pick([...this.#model.values()]);
    const keys = [...table.rows.keys()];
    if (keys.length === 0) return;
    const count = random.pick([1, 2, 10, 40, table.rows.size > this.#options.rows ? 400 : 10]);
    const start = random.below(keys.length);
    const chosen = keys.slice(start, start + count);
    const cascade = random.oneIn(2) ? undefined : random.oneIn(2);
    const values = chosen.map((key) => table.rows.get(key)!["id"]!);
    this.#change({ op: "delete", table: table.name, keys: values, ...(cascade === undefined ? {} : { cascade }) }, (model) => {
      deleteRows(model, model.get(table.name)!, chosen, cascade);
    });
  }

  /** A little of what there is. */
  #read(): void {
    const random = this.#random;
    const table = random.pick([...this.#model.values()]);
    const keys = [...table.rows.keys()];
    if (keys.length === 0) return;
    if (this.#reading && random.oneIn(30)) {
      compareTable(this.#library, table, random);
      return;
    }
    const row = table.rows.get(random.pick(keys))!;
    if (random.oneIn(2)) {
      const found = this.#library.direct("get", table.name, recordValue(table.shape.columns[0]!, row["id"]!));
      const parts = table.shape.columns.map((column) => {
        const value = cell(row, column.name);
        const bytes = value === null ? Buffer.alloc(0) : recordValue(column, value);
        return column.nullable ? Buffer.concat([Buffer.from([value === null ? 0 : 1]), bytes]) : bytes;
      });
      if (found.status !== 1 || !found.reply.equals(Buffer.concat(parts)))
        throw new Error(`get ${table.name} as a record: ${found.status}`);
      return;
    }
    const reply = this.#library.request({ op: "get", table: table.name, key: row["id"] });
    if (reply.ok === null) throw new Error(`get ${table.name} ${JSON.stringify(row["id"])}: ${reply.code} ${reply.message}`);
    const found = reply.ok["row"] as Row;
    if (!same(row, found, Object.keys(row))) throw new Error(`get ${table.name}: ${diff(row, found)}`);
  }
}
