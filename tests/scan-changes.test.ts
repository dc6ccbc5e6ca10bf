/**
 * Rows change while a scan goes on: it gives each row that was there at its start at most once, and none that was moved or added since. Rows
 * whose place nothing has changed are given just once.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type SyncSession, open, openSync } from "../host/index.js";
import { openStore, tempFolder } from "./helpers/store.js";
import { Random } from "./torture/random.js";

const COLUMNS = ["id:int32:pk", "k:text:index", "u:int32:unique", "body:text", "tag:uint32"];
const ORDERS = ["records", "id", "k", "u"] as const;
type Order = (typeof ORDERS)[number];

interface Row {
  readonly id: number;
  readonly k: string;
  readonly u: number;
  readonly body: string;
  /** Tells which row it is, whatever becomes of the other columns. */
  readonly tag: number;
}

type Rows = Map<number, Row>;

/** What a scan knows of the model: which rows were there, were given, and may be left out. */
class Walk {
  readonly seen = new Set<number>();
  /** Rows that need not be given any more. */
  excused = new Set<number>();
  /** Rows that were not in their places at some page: a rollback brings them back where the scan may have been already. */
  readonly missed = new Set<number>();
  /** It began behind changes that were rolled back; or may be taken for one that did, since such came and went before it. */
  isOver = false;
  mayBeOver = false;
  /** The key at which it stands, in the order of k. */
  key: string | undefined;

  constructor(
    readonly order: Order,
    readonly pageRows: number,
    readonly rows: Iterator<Row>,
    /** The rows that it is to give, as they were. */
    readonly start: Rows,
    /** How many statements there had been, and which one made the state. */
    readonly statements: number,
    readonly state: number,
  ) {}

  /** A row leaves its place: among those with the key at which the scan stands it is a new one even if a rollback brings it back. */
  leaves(row: Row): void {
    if (this.order === "k" && row.k === this.key) this.missed.add(row.tag);
  }

  /** Whether the change of `old` to `row` may hide it. */
  hides(old: Row, row: Row): boolean {
    const moves = old.body.length !== row.body.length || old.k.length !== row.k.length;
    if (this.order === "records") return moves;
    return old[this.order] !== row[this.order] || (this.order === "k" && moves && old.k === this.key);
  }
}

interface Mark {
  readonly rows: Rows;
  readonly excused: ReadonlyMap<Walk, ReadonlySet<number>>;
  readonly statements: number;
  readonly state: number;
}

class World {
  rows: Rows = new Map();
  readonly walks = new Set<Walk>();
  /** The transaction's start and its savepoints. */
  readonly marks: Mark[] = [];
  #tag = 0;
  #statements = 0;
  #state = 0;

  constructor(
    readonly db: SyncSession,
    readonly random: Random,
    readonly keys: readonly string[],
  ) {
    db.create("t", COLUMNS);
  }

  get #table() {
    return this.db.table<Row>("t");
  }

  any(): Row | undefined {
    const list = [...this.rows.values()];
    return list.length === 0 ? undefined : this.random.pick(list);
  }

  #body(): string {
    return "x".repeat(this.random.pick([0, 5, 5, 40, 300, 3000, 15000]));
  }

  #free(column: "id" | "u"): number {
    const taken = new Set([...this.rows.values()].map((row) => row[column]));
    for (;;) {
      const value = this.random.below(600) - 300;
      if (!taken.has(value)) return value;
    }
  }

  newRow(id = this.#free("id")): Row {
    return { id, k: this.random.pick(this.keys), u: this.#free("u"), body: this.#body(), tag: ++this.#tag };
  }

  insert(row = this.newRow()): void {
    this.#state = ++this.#statements;
    this.#table.insert(row);
    this.rows.set(row.tag, row);
  }

  update(old: Row): void {
    const set: Record<string, unknown> = {};
    if (this.random.oneIn(2)) set["body"] = this.#body();
    if (this.random.oneIn(4)) set["k"] = this.random.pick(this.keys);
    if (this.random.oneIn(5)) set["id"] = this.#free("id");
    if (this.random.oneIn(5)) set["u"] = this.#free("u");
    const row = { ...old, ...set };
    this.#state = ++this.#statements;
    this.#table.update(old.id, set);
    this.rows.set(row.tag, row);
    for (const walk of this.walks) {
      if (walk.hides(old, row)) walk.excused.add(row.tag);
      walk.leaves(old);
    }
  }

  remove(row: Row): void {
    const { id, tag } = row;
    this.#state = ++this.#statements;
    this.#table.delete(id);
    this.rows.delete(tag);
    for (const walk of this.walks) walk.leaves(row);
  }

  #mark(): Mark {
    const excused = new Map([...this.walks].map((walk) => [walk, new Set(walk.excused)]));
    return { rows: new Map(this.rows), excused, statements: this.#statements, state: this.#state };
  }

  #takeBack({ rows, excused, statements, state }: Mark): void {
    for (const [tag, row] of rows) if (this.rows.get(tag) !== row) for (const walk of this.walks) walk.leaves(row);
    this.rows = new Map(rows);
    this.#state = state;
    for (const walk of this.walks) {
      walk.mayBeOver ||= walk.statements > statements;
      if (walk.statements > statements && walk.state !== state) walk.isOver = true;
      else walk.excused = new Set(excused.get(walk));
    }
  }

  /** Begins, commits, rolls back, or goes back to a savepoint. */
  transact(): void {
    const { db, marks, random } = this;
    if (marks.length === 0) {
      marks.push(this.#mark());
      db.begin();
    } else if (random.oneIn(4)) {
      marks.length = 0;
      db.commit();
    } else if (random.oneIn(5)) {
      this.#takeBack(marks[0]!);
      marks.length = 0;
      db.rollback();
    } else if (marks.length > 1 && random.oneIn(2)) {
      const at = 1 + random.below(marks.length - 1);
      this.#takeBack(marks[at]!);
      marks.length = at + 1;
      db.rollbackTo(`s${at}`);
    } else if (marks.length < 4) {
      db.savepoint(`s${marks.length}`);
      marks.push(this.#mark());
    }
  }

  /** Rows of which the last has a key that is there: none of them come in, and what they took is given back. */
  insertInVain(): void {
    const last = this.any();
    if (last === undefined) return;
    const rows = [this.newRow(), this.newRow(), { ...this.newRow(), id: last.id }];
    if (new Set(rows.map(({ id }) => id)).size < 3 || new Set(rows.map(({ u }) => u)).size < 3) return;
    this.#state = ++this.#statements;
    assert.throws(() => this.#table.insertMany(rows), { code: "PRIMARY_KEY_CONFLICT" });
  }

  change(): void {
    const { random } = this;
    const row = this.any();
    switch (random.below(9)) {
      case 0:
      case 1: {
        this.insert();
        return;
      }
      case 2: {
        this.transact();
        return;
      }
      case 3: {
        this.insertInVain();
        return;
      }
      case 4: {
        if (row !== undefined) this.remove(row);
        return;
      }
      case 5:
        if (row === undefined) return;
        this.remove(row);
        {
          this.insert(this.newRow(row.id));
          return;
        }
      default: {
        if (row !== undefined) this.update(row);
        return;
      }
    }
  }

  begin(): void {
    const { random } = this;
    const order = random.pick(ORDERS);
    const pageRows = random.pick([1, 1, 2, 3, 7, 20]);
    const reverse = order !== "records" && random.oneIn(2);
    const from = order === "k" && random.oneIn(2) ? random.pick(this.keys) : "";
    const options = { pageRows, ...(order === "records" ? {} : { index: order, reverse }), ...(from === "" ? {} : { from }) };
    const rows = this.#table.scan(options)[Symbol.iterator]();
    const start = new Map(
      [...this.rows].filter(([, row]) => from === "" || Buffer.compare(Buffer.from(row.k), Buffer.from(from)) >= 0),
    );
    const walk = new Walk(order, pageRows, rows, start, this.#statements, this.#state);
    // The first page is what starts it.
    this.walks.add(walk);
    this.step(walk);
  }

  /** The walk's next row; undefined where it is told that it is over, which it may be. */
  #next(walk: Walk): IteratorResult<Row, undefined> | undefined {
    try {
      return walk.rows.next() as IteratorResult<Row, undefined>;
    } catch (error) {
      if (!walk.mayBeOver || (error as { code?: unknown }).code !== "SCAN_OUTDATED") throw error;
      this.walks.delete(walk);
      return undefined;
    }
  }

  /** Takes one page. */
  step(walk: Walk): void {
    if (walk.isOver) {
      this.walks.delete(walk);
      assert.throws(
        () => {
          // At its end it need not be told.
          if (walk.rows.next().done === true) throw Object.assign(new Error(), { code: "SCAN_OUTDATED" });
        },
        { code: "SCAN_OUTDATED" },
      );
      return;
    }
    for (const tag of walk.start.keys()) if (!this.rows.has(tag) || walk.excused.has(tag)) walk.missed.add(tag);
    for (let i = 0; i < walk.pageRows; i++) {
      const next = this.#next(walk);
      if (next === undefined) return;
      const { value, done } = next;
      if (done === true) {
        this.walks.delete(walk);
        for (const tag of walk.start.keys()) {
          if (!this.rows.has(tag) || walk.excused.has(tag) || walk.missed.has(tag)) continue;
          assert.ok(walk.seen.has(tag), `in the order of ${walk.order}: row ${tag} was left out`);
        }
        return;
      }
      assert.ok(!walk.seen.has(value.tag), `in the order of ${walk.order}: row ${value.tag} came twice`);
      assert.ok(walk.start.has(value.tag), `in the order of ${walk.order}: row ${value.tag} is new`);
      assert.deepEqual(value, this.rows.get(value.tag));
      walk.seen.add(value.tag);
      walk.key = value.k;
    }
  }
}

const ROUNDS = Number(process.env["QUIRE_SCANS"] ?? 24);
const FIRST_SEED = Number(process.env["QUIRE_SCANS_SEED"] ?? 1);

test("random changes during scans in every order: no row comes twice, none that is new, and all whose places stay", (t) => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const random = new Random(seed, 5);
    const db = openSync(join(tempFolder(t), "app.db"), { cacheBytes: 0 });
    const long = random.pick([1, 200, 3000, 9000]);
    const keys = Array.from({ length: random.pick([1, 3, 6]) }, (_, at) => "abcdef"[at]!.repeat(long + at));
    const world = new World(db, random, keys);
    try {
      for (let i = random.pick([10, 60, 150]); i > 0; i--) world.insert();
      for (let turn = 0; turn < 250; turn++) {
        if (world.walks.size < 4 && random.oneIn(3)) world.begin();
        for (const walk of world.walks) if (random.oneIn(2)) world.step(walk);
        for (let i = random.below(4); i > 0; i--) world.change();
      }
      if (world.marks.length > 0) db.commit();
      for (const walk of world.walks) while (world.walks.has(walk)) world.step(walk);
      assert.deepEqual(db.check().faults, []);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    } finally {
      db.close();
    }
  }
});

/** Rows of one key that fill several leaves of its index, those at its end with the lowest addresses. */
function longRun(db: SyncSession): void {
  db.create("t", ["id:uint32:pk", "k:text:index", "body:text"]);
  const row = (id: number) => ({ id, k: "k".repeat(9000), body: "" });
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => row(from + at));
  db.table("t").insertMany(ids(1, 31));
  for (let id = 1; id <= 15; id++) db.table("t").delete(id);
  db.table("t").insertMany(ids(31, 46));
}

/** What statements do between two pages of a scan that has given `given`, with `ahead` still to come; they return what is excused. */
const BETWEEN: Readonly<
  Record<string, (db: SyncSession, given: readonly number[], ahead: readonly number[]) => readonly number[]>
> = {
  "the last row and the next are deleted, and a leaf is split": (db, given, ahead) => {
    const gone = [...given.slice(-1), ...ahead.slice(0, 1)];
    for (const id of gone) db.table("t").delete(id);
    for (let id = 101; id < 111; id++) db.table("t").insert({ id, k: "k".repeat(9000), body: "" });
    return gone;
  },
  "the last row and the next get longer": (db, given, ahead) => {
    const moved = [...given.slice(-1), ...ahead.slice(0, 1)];
    for (const id of moved) db.table("t").update(id, { body: "y".repeat(20_000) });
    return moved;
  },
  "all that was given and the next row are deleted, and the leaves with them": (db, given, ahead) => {
    const gone = [...given, ...ahead.slice(0, 1)];
    for (const id of gone) db.table("t").delete(id);
    return gone;
  },
  "the next nine and the last row are deleted, and others come": (db, given, ahead) => {
    const gone = [...given.slice(-1), ...ahead.slice(0, 9)];
    for (const id of gone) db.table("t").delete(id);
    for (let id = 101; id < 109; id++) db.table("t").insert({ id, k: "k".repeat(9000), body: "" });
    return gone;
  },
  "leaves were split in what a rollback took back, after which tables are opened anew": (db, given, ahead) => {
    const gone = [...given.slice(-1), ...ahead.slice(0, 1)];
    db.begin();
    db.savepoint("s");
    db.create("other", ["id:uint32:pk"]);
    for (let id = 101; id < 121; id++) db.table("t").insert({ id, k: "k".repeat(9000), body: "" });
    db.rollbackTo("s");
    for (const id of gone) db.table("t").delete(id);
    for (let id = 101; id < 111; id++) db.table("t").insert({ id, k: "k".repeat(9000), body: "" });
    db.commit();
    return gone;
  },
};

for (const [what, change] of Object.entries(BETWEEN)) {
  test(`in a run of equal keys each row that stays comes once: ${what}`, (t) => {
    const folder = tempFolder(t);
    for (const reverse of [false, true]) {
      for (let at = 1; at < 30; at += 3) {
        const db = openSync(join(folder, `${String(reverse)}-${at}.db`), { durability: "checkpoint" });
        longRun(db);
        const options = { index: "k", reverse, pageRows: 1 } as const;
        const order = [...db.table<{ id: number; k: unknown }>("t").scan(options)].map(({ id }) => id);
        assert.equal(order.length, 30);
        const seen: number[] = [];
        let excused: readonly number[] = [];
        for (const { id } of db.table<{ id: number; k: unknown }>("t").scan(options)) {
          seen.push(id);
          if (seen.length === at) excused = change(db, seen.slice(), order.slice(at));
        }
        const place = `${reverse ? "backwards, " : ""}at row ${at}`;
        assert.equal(new Set(seen).size, seen.length, `${place}: a row came twice`);
        assert.deepEqual(
          seen.filter((id) => !order.includes(id)),
          [],
          `${place}: new rows`,
        );
        assert.deepEqual(
          order.filter((id) => !seen.includes(id) && !excused.includes(id)),
          [],
          `${place}: left out`,
        );
        db.close();
      }
    }
  });
}

const longer = { body: "y".repeat(900) };

function filled(db: SyncSession, rows: number): void {
  db.create("t", ["id:uint32:pk", "n:int32:index", "body:text"]);
  db.table("t").insertMany(Array.from({ length: rows }, (_, at) => ({ id: at + 1, n: at % 5, body: "short" })));
}

test("rows that a loop over them makes longer, moves ahead in the index, or adds come once, sync and async", async (t) => {
  const db = openSync(join(tempFolder(t), "app.db"), { durability: "checkpoint" });
  filled(db, 3000);
  const rows = db.table<{ id: number; n: number; body: string }>("t");
  const once = (list: readonly number[]): void => {
    assert.equal(list.length, 3000);
    assert.equal(new Set(list).size, 3000);
  };
  const ways: readonly { readonly index?: "id" | "n"; readonly reverse?: boolean; readonly pageRows?: number }[] = [
    {},
    { index: "id" },
    { index: "n" },
    { index: "n", reverse: true },
    { pageRows: 1 },
    { index: "n", pageRows: 7 },
  ];
  for (const options of ways) {
    const seen: number[] = [];
    for (const { id } of rows.scan(options)) {
      rows.update(id, { body: `${id} `.repeat(seen.length % 200) });
      seen.push(id);
    }
    once(seen);
    const ahead: number[] = [];
    for (const { id, n } of rows.scan({ ...options, index: "n" })) {
      rows.update(id, { n: n + ("reverse" in options ? -1 : 1) });
      ahead.push(id);
    }
    once(ahead);
  }
  const before = rows.count();
  let added = 0;
  for (const { n } of rows.scan({ index: "n", pageRows: 100 })) rows.insert({ id: 10_000 + added++, n: n + 1, body: "new" });
  assert.equal(added, before);
  db.close();

  const session = await open(join(tempFolder(t), "app.db"));
  await session.create("t", ["id:uint32:pk", "n:int32:index", "body:text"]);
  await session.table("t").insertMany(Array.from({ length: 3000 }, (_, at) => ({ id: at + 1, n: at % 5, body: "short" })));
  const table = session.table<{ id: number; n: number }>("t");
  const seen: number[] = [];
  await session.transaction(async () => {
    for await (const { id, n } of table.scan({ index: "n" })) {
      await table.update(id, { n: n + 1, ...longer });
      seen.push(id);
    }
  });
  once(seen);
  await session.close();
});

test("a scan by requests goes on with its tokens, and one of another session from where it was", async (t) => {
  const store = openStore(t);
  const session = store.serve();
  const ask = async (request: object): Promise<Record<string, unknown>> => {
    const reply = (await session.request(request)) as { ok?: Record<string, unknown> };
    assert.ok(reply.ok !== undefined, JSON.stringify(reply));
    return reply.ok;
  };
  await ask({ op: "create", table: "t", columns: ["id:uint32:pk", "body:text"] });
  await ask({ op: "insert", table: "t", rows: Array.from({ length: 50 }, (_, at) => ({ id: at + 1, body: "" })) });
  const ids: unknown[] = [];
  let token: unknown = null;
  let middle: unknown = null;
  do {
    const page = await ask({ op: "scan", table: "t", limit: 10, after: token });
    for (const { id } of page["rows"] as { id: number }[]) {
      ids.push(id);
      await ask({ op: "update", table: "t", key: id, set: longer });
      await ask({ op: "insert", table: "t", row: { id: id + 1000, body: "" } });
    }
    token = page["after"];
    if (ids.length === 30) middle = token;
  } while (token !== null);
  assert.deepEqual(
    ids,
    Array.from({ length: 50 }, (_, at) => at + 1),
  );
  await store.endSessions();
  const other = store.serve();
  const { ok } = (await other.request({ op: "scan", table: "t", after: middle })) as { ok: { rows: unknown[]; after: unknown } };
  assert.ok(ok.rows.length > 0);
  assert.equal(ok.after, null);
});

test("a scan that can't know any more what is new says so", (t) => {
  const db = openSync(join(tempFolder(t), "app.db"));
  filled(db, 70_000);
  const rows = db.table<{ id: number; n: number }>("t");
  const outdated = { code: "SCAN_OUTDATED", message: /begin it anew/ };
  const scan = rows.scan({ index: "n", pageRows: 10 })[Symbol.iterator]();
  scan.next();
  // More rows than are remembered leave their places, and all of them come back.
  assert.throws(() =>
    db.transaction(() => {
      for (let id = 1; id <= 70_000; id++) rows.delete(id);
      throw new Error("back");
    }),
  );
  assert.throws(() => [...scan], outdated);
  assert.equal([...rows.scan({ index: "n" })].length, 70_000);

  const dropped = rows.scan({ pageRows: 10 })[Symbol.iterator]();
  dropped.next();
  db.drop("t");
  filled(db, 30);
  assert.throws(() => [...dropped], outdated);
  assert.equal([...rows.scan({ pageRows: 7 })].length, 30);
  db.close();
});
