/**
 * The component and the library do the same: random calls with typed values on one file, the same as requests on another. Replies, errors, the
 * pages of scans under way and the files' bytes are equal.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type QuireError, type SyncSession, openSync } from "../host/index.js";
import {
  CREATE,
  NULL,
  UNBOUNDED,
  type Bound,
  type Connection,
  type Cursor,
  type DatabaseError,
  type Table,
  type Transaction,
  type Value,
  errorOf,
  excluded,
  included,
  jsonOf,
  range,
  rowsOf,
  text,
  u32,
  u8,
} from "./helpers/component.js";
import { type Component, componentIn } from "./helpers/component-folder.js";
import { tempFolder } from "./helpers/store.js";
import { Random } from "./torture/random.js";

const SEED = Number(process.env["QUIRE_SEED"] ?? 20);
const ROUNDS = Number(process.env["QUIRE_COMPONENT_ROUNDS"] ?? 4);
const CALLS = 400;

/** Tables as the words that `create` takes. */
const TABLES = {
  people: [
    "id:uint32:pk:auto",
    "name:text:unique",
    "age:uint8:null:index",
    "born:date:null:index=when",
    "at:int64:index=when:default=-1",
  ],
  pets: [
    "tag:text:pk",
    "owner:uint32:null:index:references=people.id:cascade",
    "weight:decimal:null",
    "chip:custom(chip,2):null:unique",
  ],
  notes: ["id:int16:pk", "on:text:null:references=pets.tag", "body:json:null", "raw:blob:null", "sure:boolean:default=true"],
} as const;
type TableName = keyof typeof TABLES;
const NAMES = Object.keys(TABLES) as TableName[];

/** The columns of each, its unique ones but for the key, and its indexes. */
const COLUMNS = Object.fromEntries(NAMES.map((name) => [name, TABLES[name].map((words) => words.split(":")[0] as string)]));
const UNIQUE: Readonly<Record<TableName, readonly string[]>> = { people: ["name"], pets: ["chip"], notes: [] };
const INDEXES: Readonly<Record<TableName, readonly (readonly string[])[]>> = {
  people: [["id"], ["name"], ["age"], ["born", "at"]],
  pets: [["tag"], ["owner"], ["chip"]],
  notes: [["id"]],
};

const columnsOf = (table: TableName): readonly string[] => COLUMNS[table] ?? [];
const keyOf = (table: TableName): string => columnsOf(table)[0] ?? "";

/** A value that a column can have. */
function goodValue(random: Random, column: string): Value {
  const small = random.below(30);
  switch (column) {
    case "people.id":
    case "pets.owner":
      return random.oneIn(6) && column === "pets.owner" ? NULL : random.oneIn(2) ? u32(small) : u8(small);
    case "people.name":
      return text(`name ${small}${random.oneIn(4) ? " é😀".repeat(random.below(60)) : ""}`);
    case "people.age":
      return random.oneIn(5) ? NULL : u8(small % 7);
    case "people.born":
      return random.oneIn(5) ? NULL : { tag: "date", val: `2026-0${1 + (small % 3)}-1${small % 10}` };
    case "people.at":
      return { tag: "int64", val: random.oneIn(3) ? BigInt(small) - 2n ** 63n : BigInt(small % 4) };
    case "pets.tag":
    case "notes.on":
      return random.oneIn(6) && column === "notes.on" ? NULL : text(`tag ${small}`);
    case "pets.weight":
      return random.oneIn(5) ? NULL : { tag: "decimal", val: `${small}.${small % 10}0` };
    case "pets.chip":
      return random.oneIn(3) ? NULL : { tag: "custom", val: Uint8Array.of(small, random.below(256)) };
    case "notes.id":
      return random.oneIn(2) ? { tag: "int16", val: small - 15 } : { tag: "int64", val: BigInt(small - 15) };
    case "notes.body":
      return random.oneIn(5) ? NULL : { tag: "json", val: random.pick(["{}", '[1,"é",null]', `"${"x".repeat(small * 40)}"`]) };
    case "notes.raw":
      return random.oneIn(5) ? NULL : { tag: "blob", val: new Uint8Array(random.below(300)).fill(small) };
    default:
      return { tag: "boolean", val: random.oneIn(2) };
  }
}

/** The same, now and then one that it can't have. A request takes any text for a document, and 1 for true. */
function valueFor(random: Random, table: TableName, column: string): Value {
  const isPlain = column === "body" || column === "sure";
  if (random.oneIn(60)) return isPlain ? NULL : random.pick([NULL, text("?"), { tag: "int32", val: -70_000 } as const]);
  return goodValue(random, `${table}.${column}`);
}

/** What a call came to: what it gave, or the error's code and message. */
type Outcome = { readonly ok: unknown } | { readonly code: string; readonly message: string };

function outcomeOf(call: () => unknown): Outcome {
  let ok: unknown;
  let failed: Pick<DatabaseError | QuireError, "code" | "message"> | null = null;
  try {
    ok = call();
  } catch (error) {
    const known = error as QuireError;
    failed = typeof known.code === "string" ? known : errorOf(() => throwAgain(error));
  }
  if (failed === null) return { ok };
  // Each has its own words for a value that is none, and the component none for a row that is not there.
  const ownWords = ["BAD_VALUE", "ROW_NOT_FOUND"].includes(failed.code);
  return { code: failed.code, message: ownWords ? "" : failed.message };
}

function throwAgain(error: unknown): never {
  throw error;
}

/** A scan in pages that is under way in both. */
interface Walk {
  readonly table: TableName;
  readonly cursor: Cursor;
  readonly request: Readonly<Record<string, unknown>>;
  readonly page: number;
  after: string | undefined;
}

/** The two stores. */
class Pair {
  #component: Component;
  #folders: readonly [string, string];
  #db!: Connection;
  #library!: SyncSession;
  #tables = new Map<TableName, Table>();
  #transaction: Transaction | null = null;
  #walks: Walk[] = [];
  /** How many calls came to what. */
  readonly seen = new Map<string, number>();

  constructor(component: Component, folders: readonly [string, string]) {
    this.#component = component;
    this.#folders = folders;
    this.#open();
  }

  #open(): void {
    this.#db = this.#component.Connection.open("data/app.db", CREATE);
    this.#library = openSync(join(this.#folders[1], "app.db"));
  }

  /** Closes both: the files are equal. */
  close(): void {
    for (const { cursor } of this.#walks.splice(0)) cursor[Symbol.dispose]();
    for (const table of this.#tables.values()) table[Symbol.dispose]();
    this.#tables.clear();
    this.#transaction = null;
    if (this.#db.inTransaction()) this.#library.request({ op: "rollback" });
    this.#db.close();
    this.#db[Symbol.dispose]();
    this.#library.close();
    const [one, other] = this.#folders.map((folder) => readFileSync(join(folder, "app.db")));
    assert.ok(one?.equals(other as Buffer), "the files differ");
  }

  reopen(): void {
    this.close();
    this.#open();
  }

  /** Does a call on both, and compares what they come to. */
  both(what: string, component: () => unknown, request: () => unknown): Outcome {
    const ours = outcomeOf(component);
    const theirs = outcomeOf(request);
    assert.deepEqual(ours, theirs, what);
    const name = `${what.split(" ")[0]} ${"ok" in ours ? "ok" : ours.code}`;
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
    return ours;
  }

  #ask(request: { readonly op: string } & Readonly<Record<string, unknown>>): Record<string, unknown> {
    return this.#library.request(request) as Record<string, unknown>;
  }

  create(): void {
    for (const name of NAMES) {
      this.#db.request(JSON.stringify({ op: "create", table: name, columns: TABLES[name] }));
      this.#ask({ op: "create", table: name, columns: TABLES[name] });
    }
  }

  #table(name: TableName): Table {
    const table = this.#tables.get(name) ?? this.#db.table(name);
    this.#tables.set(name, table);
    return table;
  }

  /** A row of the component as a request's reply has it. */
  #object(name: TableName, row: readonly Value[] | undefined): unknown {
    return row && Object.fromEntries(row.map((value, at) => [columnsOf(name)[at] ?? "", jsonOf(value)]));
  }

  insert(random: Random): void {
    const name = random.pick(NAMES);
    const columns = random.shuffled(columnsOf(name)).filter((column) => column === keyOf(name) || !random.oneIn(5));
    if (name === "people" && random.oneIn(2)) columns.splice(columns.indexOf("id"), 1);
    const many = random.oneIn(3) ? 2 + random.below(random.oneIn(4) ? 150 : 6) : 1;
    const rows = Array.from({ length: many }, (_, at) =>
      columns.map((column) => {
        // Of many rows some have a chance to go in.
        const isName = many > 6 && (column === "name" || column === "tag");
        if (many > 6 && name === "notes" && column === "id")
          return { tag: "int16", val: 100 + at + random.below(30_000) } as const;
        return isName ? text(`${name} ${at} ${random.u32()}`) : valueFor(random, name, column);
      }),
    );
    const objects = rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at] ?? "", jsonOf(value)])));
    this.both(
      `insert ${JSON.stringify(objects).slice(0, 300)}`,
      () => this.#table(name).insert(columns, rows).map(jsonOf),
      () => this.#ask({ op: "insert", table: name, ...(many > 1 ? { rows: objects } : { row: objects[0] }) })["keys"],
    );
  }

  get(random: Random): void {
    const name = random.pick(NAMES);
    const column = random.pick([keyOf(name), ...UNIQUE[name]]);
    const key = valueFor(random, name, column);
    const found = this.both(
      `get ${name}.${column} ${JSON.stringify(jsonOf(key))}`,
      () => {
        const table = this.#table(name);
        const row = column === keyOf(name) ? table.get(key) : table.getBy(column, key);
        return this.#object(name, row ?? throwAgain({ kind: "not-found", code: "ROW_NOT_FOUND", message: "" }));
      },
      () => this.#ask({ op: "get", table: name, key: jsonOf(key), ...(column === keyOf(name) ? {} : { index: column }) })["row"],
    );
    assert.ok(found);
  }

  update(random: Random): void {
    const name = random.pick(NAMES);
    const key = valueFor(random, name, keyOf(name));
    const columns = random.shuffled(columnsOf(name)).slice(0, 1 + random.below(3));
    const values = columns.map((column) => valueFor(random, name, column));
    const set = Object.fromEntries(values.map((value, at) => [columns[at] ?? "", jsonOf(value)]));
    this.both(
      `update ${name} ${JSON.stringify({ key: jsonOf(key), set }).slice(0, 300)}`,
      () => Number(this.#table(name).update(key, columns, values) ?? throwAgain({ kind: "", code: "ROW_NOT_FOUND" })),
      () => this.#ask({ op: "update", table: name, key: jsonOf(key), set })["cascaded"],
    );
  }

  delete(random: Random): void {
    const name = random.pick(NAMES);
    const key = valueFor(random, name, keyOf(name));
    const behavior = random.pick(["by-schema", "restrict", "cascade"] as const);
    const cascade = behavior === "by-schema" ? {} : { cascade: behavior === "cascade" };
    this.both(
      `delete ${name} ${JSON.stringify(jsonOf(key))} ${behavior}`,
      () => Number(this.#table(name).delete(key, behavior) ?? throwAgain({ kind: "", code: "ROW_NOT_FOUND" })),
      () => this.#ask({ op: "delete", table: name, key: jsonOf(key), ...cascade })["cascaded"],
    );
  }

  /** A range for both: with bounds that are in, which is what requests have. */
  #range(
    random: Random,
    name: TableName,
  ): { index: readonly string[]; lower: Bound; upper: Bound; reverse: boolean; fields: object } {
    const index = random.oneIn(4) ? [] : random.pick(INDEXES[name]);
    const on = index.length > 0 ? index : [keyOf(name)];
    const bound = (): readonly Value[] =>
      on.slice(0, 1 + random.below(on.length)).map((column) => valueFor(random, name, column));
    const [from, to] = [random.oneIn(2) ? bound() : null, random.oneIn(2) ? bound() : null];
    const reverse = random.oneIn(3);
    return {
      index,
      lower: from ? included(...from) : UNBOUNDED,
      upper: to ? included(...to) : UNBOUNDED,
      reverse,
      fields: {
        table: name,
        ...(index.length > 0 ? { index } : {}),
        ...(from ? { from: from.map(jsonOf) } : {}),
        ...(to ? { to: to.map(jsonOf) } : {}),
        ...(reverse ? { reverse } : {}),
      },
    };
  }

  scan(random: Random): void {
    const name = random.pick(NAMES);
    const { fields, ...said } = this.#range(random, name);
    const [offset, limit] = [random.oneIn(3) ? random.below(5) : 0, random.oneIn(3) ? random.below(9) : 1000];
    const place = { offset: BigInt(offset), limit: BigInt(limit) };
    this.both(
      `scan ${JSON.stringify({ fields, offset, limit })}`,
      () => rowsOf(this.#table(name), { ...said, ...place }, 3).map((row) => this.#object(name, row)),
      () => this.#ask({ op: "scan", ...fields, offset, limit })["rows"],
    );
    this.both(
      `count ${JSON.stringify({ fields, offset, limit })}`,
      () => Number(this.#table(name).count(range({ ...said, ...place }))),
      () => this.#ask({ op: "scan", ...fields, offset, limit, count: true })["count"],
    );
    if (said.lower.tag !== "included") return;
    const { val } = said.lower;
    this.both(
      `scan exclusive ${JSON.stringify(fields)}`,
      () => Number(this.#table(name).count(range({ ...said, lower: excluded(...val) }))),
      () => {
        // Those with the bound's very values are not there, unless the other bound leaves them out.
        const all = Number(this.#table(name).count(range(said)));
        return Math.max(all - Number(this.#table(name).count(range({ ...said, upper: included(...val) }))), 0);
      },
    );
  }

  walk(random: Random): void {
    if (this.#walks.length < 4 && random.oneIn(3)) {
      const name = random.pick(NAMES);
      const { fields, ...said } = this.#range(random, name);
      const made = outcomeOf(() => this.#table(name).scan(range(said)));
      if (!("ok" in made)) return;
      this.#walks.push({
        table: name,
        cursor: made.ok as Cursor,
        request: { ...fields },
        page: 1 + random.below(5),
        after: undefined,
      });
    }
    if (this.#walks.length === 0) return;
    const walk = random.pick(this.#walks);
    const reply: { after?: unknown } = {};
    const page = this.both(
      `walk ${JSON.stringify(walk.request)}`,
      () => walk.cursor.next(walk.page).map((row) => this.#object(walk.table, row)),
      () => {
        const after = walk.after === undefined ? {} : { after: walk.after };
        return Object.assign(reply, this.#ask({ op: "scan", ...walk.request, limit: walk.page, ...after }))["rows"];
      },
    );
    if (typeof reply.after === "string") walk.after = reply.after;
    else {
      if ("ok" in page) assert.deepEqual(walk.cursor.next(5), [], "the end of both");
      walk.cursor[Symbol.dispose]();
      this.#walks.splice(this.#walks.indexOf(walk), 1);
    }
  }

  transact(random: Random): void {
    const savepoint = random.pick(["a", "b"]);
    if (this.#transaction === null) {
      this.both(
        "begin",
        () => void (this.#transaction = this.#db.beginTransaction()),
        () => void this.#ask({ op: "begin" }),
      );
      return;
    }
    const transaction = this.#transaction;
    const what = random.pick([
      "commit",
      "commit",
      "rollback",
      "drop",
      "savepoint",
      "savepoint",
      "rollbackTo",
      "release",
    ] as const);
    const calls = {
      commit: () => transaction.commit(),
      rollback: () => transaction.rollback(),
      drop: () => transaction[Symbol.dispose](),
      savepoint: () => transaction.savepoint(savepoint),
      rollbackTo: () => transaction.rollbackTo(savepoint),
      release: () => transaction.release(savepoint),
    };
    const isEnd = what === "commit" || what === "rollback" || what === "drop";
    const op = what === "drop" ? "rollback" : what;
    this.both(what, calls[what], () => void this.#ask({ op, ...(isEnd ? {} : { name: savepoint }) }));
    if (isEnd) this.#transaction = null;
  }

  /** A table comes, or goes; the others are opened anew by a rollback of that. */
  define(): void {
    const isThere = this.#db.tables().includes("extra");
    const columns = [{ name: "id", dataType: { tag: "int8" }, nullable: false, autoIncrement: true, unique: false }] as const;
    this.both(
      isThere ? "drop-table" : "create-table",
      () =>
        isThere ? this.#db.dropTable("extra") : this.#db.createTable({ name: "extra", primaryKey: "id", columns, indexes: [] }),
      () =>
        void this.#ask(isThere ? { op: "drop", table: "extra" } : { op: "create", table: "extra", columns: ["id:int8:pk:auto"] }),
    );
  }

  check(): void {
    assert.deepEqual(JSON.parse(this.#db.request('{"op":"tables"}')), this.#ask({ op: "tables" }));
    const { faults } = JSON.parse(this.#db.request('{"op":"check"}')) as { faults: { severity: string }[] };
    assert.deepEqual(
      faults.filter(({ severity }) => severity === "error"),
      [],
    );
  }
}

function step(pair: Pair, random: Random): void {
  const kind = random.below(100);
  if (kind < 30) pair.insert(random);
  else if (kind < 42) pair.get(random);
  else if (kind < 54) pair.update(random);
  else if (kind < 64) pair.delete(random);
  else if (kind < 72) pair.scan(random);
  else if (kind < 86) pair.walk(random);
  else if (kind < 96) pair.transact(random);
  else if (kind < 98) pair.define();
  else if (kind < 99) pair.check();
  else pair.reopen();
}

async function runRound(t: TestContext, round: number): Promise<ReadonlyMap<string, number>> {
  const folders = [tempFolder(t), tempFolder(t)] as const;
  const pair = new Pair(await componentIn(folders[0]), folders);
  const random = new Random(SEED, round);
  pair.create();
  for (let call = 0; call < CALLS; call++) {
    try {
      step(pair, random);
    } catch (error) {
      if (error instanceof Error) error.message = `QUIRE_SEED=${SEED}, round ${round}, call ${call}: ${error.message}`;
      throw error;
    }
  }
  pair.check();
  pair.close();
  return pair.seen;
}

test("random calls do the same through the component and through the library, and leave the same bytes", async (t) => {
  const seen = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, times] of await runRound(t, round)) seen.set(name, (seen.get(name) ?? 0) + times);
  }
  const told = [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, times]) => `${name} ${times}`);
  t.diagnostic(told.join(", "));
  // What the calls are to come to, so that the comparison is of something.
  for (const name of [
    "insert ok",
    "get ok",
    "update ok",
    "delete ok",
    "scan ok",
    "walk ok",
    "commit ok",
    "rollback ok",
    "drop ok",
  ])
    assert.ok(seen.has(name), `no ${name} in ${told.join(", ")}`);
  for (const code of ["UNIQUE_CONFLICT", "PRIMARY_KEY_CONFLICT", "FOREIGN_KEY_BROKEN", "NOT_NULL", "BAD_VALUE", "ROW_NOT_FOUND"])
    assert.ok(
      told.some((name) => name.includes(code)),
      `no ${code} in ${told.join(", ")}`,
    );
});
