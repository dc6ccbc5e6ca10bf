/** Rows of one statement or import refer to each other in any order, and go in any order: what counts is what is there at its end. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Session, type SyncSession, openSync } from "../host/index.js";
import { Random } from "./helpers/damage.js";
import { fails, openFor } from "./helpers/library.js";
import { openStore, tempFolder } from "./helpers/store.js";
import { fastRuntimes, testOnRuntimes } from "./helpers/runtimes.js";

interface Node {
  id: number;
  up: number | null;
  text?: string;
}
const TREE = ["id:uint32:pk", "up:uint32:null:index:references=t.id", "text:text:default="];
const node = (id: number, up: number | null = null): Node => ({ id, up });
/** Ids from `first` on, each row referring to the next: `upTo` is what the last one refers to. */
const chain = (first: number, count: number, upTo: number | null): Node[] =>
  Array.from({ length: count }, (_, i) => node(first + i, i === count - 1 ? upTo : first + i + 1));

function openTree(t: TestContext): SyncSession {
  const db = openSync(join(tempFolder(t), "app.db"));
  t.after(() => {
    assert.equal(db.check().errors, 0);
    db.close();
  });
  db.create("t", TREE);
  return db;
}

/** A tree, a circle and rows that refer to themselves in one statement; then what has to be refused, and the row it is told of. */
async function insertsInAnyOrder(db: Session | SyncSession): Promise<void> {
  await db.create("t", TREE);
  const table = (db as Session).table<Node>("t");
  const insert = async (rows: Node[]): Promise<unknown> => await table.insertMany(rows);
  for (const [at, count] of [
    [0, 5],
    [1000, 200],
  ] as const) {
    await insert(chain(at + 1, count, null));
    await insert(chain(at + 301, count, at + 301));
    await insert([node(at + 601, at + 601), node(at + 602, at + 602)]);
    const before = await table.count();
    await fails("FOREIGN_KEY_BROKEN", /^row 2: t\.up = 99999: t has no row with that id/, () =>
      insert([node(at + 701, at + 702), node(at + 702, 99999), node(at + 703, 99998), ...chain(at + 710, count, null)]),
    );
    await fails("PRIMARY_KEY_CONFLICT", /^row 3: /, () => insert([node(at + 701, 99999), node(at + 702), node(at + 1)]));
    await fails("FOREIGN_KEY_BROKEN", /^t\.up = 99999/, async () => await table.insert(node(at + 701, 99999)));
    assert.equal(await table.count(), before);
  }
}

testOnRuntimes(
  "a tree, a circle and self references in one insertion",
  async (t, runtime) => {
    await insertsInAnyOrder(await openFor(t, runtime));
  },
  fastRuntimes,
);

test("the same as records, in this process", async (t) => {
  const db = openSync(join(tempFolder(t), "app.db"));
  await insertsInAnyOrder(db);
  assert.equal(db.check().errors, 0);
  db.close();
});

test("rows of an insertion in parts refer to later parts, also inside of a transaction, and are counted from the first", async (t) => {
  const long = (rows: Node[]): Node[] => rows.map((row) => ({ ...row, text: "x".repeat(60_000) }));
  const db = openTree(t);
  const table = db.table<Node>("t");
  table.insertMany(long(chain(1, 80, null)));
  await fails("FOREIGN_KEY_BROKEN", /^row 80: t\.up = 9999/, () => table.insertMany(long(chain(101, 80, 9999))));
  await fails("PRIMARY_KEY_CONFLICT", /^row 81: /, () => table.insertMany([...long(chain(101, 80, 1)), node(1)]));
  db.transaction(() => {
    assert.throws(() => table.insertMany(long(chain(101, 80, 9999))), /row 80: /);
    table.insertMany(long(chain(201, 80, 1)));
    table.update(201, { text: "" });
  });
  assert.equal(table.count(), 160);
  const other = await openFor(t, "node");
  await other.create("t", TREE);
  await other.table<Node>("t").insertMany(long(chain(1, 80, null)));
  await other.transaction(async () => {
    await fails("FOREIGN_KEY_BROKEN", /^row 80: /, () => other.table<Node>("t").insertMany(long(chain(101, 80, 9999))));
    await other.table<Node>("t").insert(node(100));
  });
  assert.equal(await other.table("t").count(), 81);
});

test("anyOrder: rows of a transaction, or of a savepoint, in any order over tables; nothing else until its end", async (t) => {
  const serving = openStore(t).serve();
  t.after(() => serving.close());
  const ask = async (request: object): Promise<string> => {
    const reply = (await serving.request(request)) as { error?: { code: string; message: string } };
    return reply.error === undefined ? "ok" : `${reply.error.code} ${reply.error.message}`;
  };
  const insert = (table: string, row: object): Promise<string> => ask({ op: "insert", table, row });
  await ask({ op: "create", table: "users", columns: ["id:uint32:pk", "name:text:unique:null"] });
  await ask({ op: "create", table: "posts", columns: ["id:uint32:pk", "by:uint32:index:references=users.id"] });
  assert.equal(await ask({ op: "begin", anyOrder: true }), "ok");
  assert.equal(await insert("posts", { id: 1, by: 7 }), "ok");
  assert.equal(await ask({ op: "insert", table: "posts", rows: [{ id: 2, by: 7 }, { id: 3, by: 8 }] }), "ok"); // prettier-ignore
  for (const refused of [
    { op: "delete", table: "posts", key: 1 },
    { op: "update", table: "posts", key: 1, set: { id: 5 } },
    { op: "drop", table: "posts" },
  ])
    assert.match(await ask(refused), /^BAD_REQUEST rows come in any order/);
  assert.equal(await ask({ op: "savepoint", name: "a" }), "ok");
  assert.equal(await insert("posts", { id: 4, by: 9 }), "ok");
  assert.equal(await ask({ op: "rollbackTo", name: "a" }), "ok");
  assert.equal(await insert("users", { id: 7 }), "ok");
  assert.match(await ask({ op: "commit" }), /^FOREIGN_KEY_BROKEN row 3: posts\.by = 8: users has no row/);
  assert.match(await ask({ op: "commit" }), /^NO_TRANSACTION/);
  await ask({ op: "begin" });
  await ask({ op: "savepoint", name: "b", anyOrder: true });
  assert.equal(await insert("posts", { id: 1, by: 7 }), "ok");
  assert.match(await ask({ op: "release", name: "b" }), /^FOREIGN_KEY_BROKEN row 1: /);
  assert.equal(await insert("users", { id: 7 }), "ok");
  assert.equal(await ask({ op: "release", name: "b" }), "ok");
  assert.match(await insert("posts", { id: 2, by: 8 }), /^FOREIGN_KEY_BROKEN posts/, "its order counts again");
  assert.equal(await ask({ op: "delete", table: "posts", key: 1 }), "ok");
  assert.equal(await ask({ op: "commit" }), "ok");
  assert.match(await ask({ op: "begin", anyOrder: 1 }), /^BAD_REQUEST/);
});

const csv = (rows: Node[]): string => ["id,up", ...rows.map(({ id, up }) => `${id},${up ?? ""}`)].join("\n");
const importRows = (rows: Node[], ...options: string[]): [string[], { stdin: string }] => [
  ["import", "t", "--format", "csv", ...options],
  { stdin: csv(rows) },
];

test("import: any order in all, or in each batch; with --skip-bad row by row", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", ...TREE]);
  await store.ok(...importRows(chain(1, 20_000, null)));
  const said = await store.fails("FOREIGN_KEY_BROKEN", 1, ...importRows(chain(30_001, 20_000, 99_999)));
  assert.match(said, /: line 20001: t\.up = 99999/);
  assert.equal(await store.ok(["scan", "t", "--count"]), "20000\n");
  await store.ok(...importRows([...chain(30_001, 3, null), ...chain(30_004, 3, 1)], "--batch", "3"));
  await store.fails("FOREIGN_KEY_BROKEN", 1, ...importRows(chain(40_001, 4, null), "--batch", "3"));
  await store.ok(...importRows([node(50_001, 50_002), node(50_002)], "--skip-bad"));
  await store.fails("ROW_NOT_FOUND", 1, ["get", "t", "50001"]);
  assert.match(await store.ok(["check"]), / 0 errors/);
});

test("load: a dump whose rows are in any order", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", ...TREE]);
  await store.ok(...importRows([...chain(1, 100, null), node(200, 200)]));
  const lines = (await store.ok(["dump"])).trimEnd().split("\n");
  const isRow = (line: string): boolean => line.startsWith('{"id":');
  const rows = lines.filter(isRow);
  assert.equal(rows.length, 101);
  const other = openStore(t);
  await other.ok(["load"], { stdin: lines.map((line) => (isRow(line) ? rows.pop() : line)).join("\n") });
  assert.equal(await other.ok(["scan", "t", "--count"]), "101\n");
});

test("delete: rows of one call in any order, and what a cascade takes along with them", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", ...TREE]);
  await store.ok(...importRows([...chain(1, 5, null), ...chain(11, 3, 11)]));
  const said = await store.fails("FOREIGN_KEY_RESTRICT", 1, ["delete", "t", "5", "4", "2"]);
  assert.match(said, /rows of t refer to this row of t \(up = 4\)/);
  await store.ok(["delete", "t", "5", "4", "3", "2", "1"]);
  await store.ok(["delete", "t", "12", "11", "13"]);
  assert.equal(await store.ok(["scan", "t", "--count"]), "0\n");
  // A note that goes with its user also refers to the user's post, in a way that forbids the post's deletion.
  await store.ok(["create", "users", "id:uint32:pk"]);
  await store.ok(["create", "posts", "id:uint32:pk", "by:uint32:index:references=users.id:cascade"]);
  const notes = ["id:uint32:pk", "post:uint32:index:references=posts.id", "by:uint32:index:references=users.id:cascade"];
  await store.ok(["create", "notes", ...notes]);
  for (const user of [1, 2]) await store.ok(["insert", "users", `{"id":${user}}`]);
  for (const post of [1, 2]) await store.ok(["insert", "posts", `{"id":${post},"by":${post}}`]);
  await store.ok(["insert", "notes", '{"id":1,"post":1,"by":1}', '{"id":2,"post":2,"by":1}']);
  await store.fails("FOREIGN_KEY_RESTRICT", 1, ["delete", "users", "2"]);
  await store.ok(["delete", "users", "1"]);
  assert.equal(await store.ok(["scan", "notes", "--count"]), "0\n");
  assert.match(await store.ok(["check"]), / 0 errors/);
});

test("random statements keep what sets say: every reference that is not null names a row", (t) => {
  const random = new Random(17);
  const below = (limit: number): number => random.below(limit);
  const db = openTree(t);
  const table = db.table<Node>("t");
  const outcomes = { kept: 0, refused: 0 };
  const rows = new Map<number, number | null>();
  const isWhole = (all: Map<number, number | null>): boolean => [...all.values()].every((up) => up === null || all.has(up));
  const attempt = (call: () => unknown, after: Map<number, number | null>): void => {
    const code = ((): string => {
      try {
        call();
        return "ok";
      } catch (error) {
        return (error as { code: string }).code;
      }
    })();
    const whole = isWhole(after);
    assert.equal(code.startsWith("FOREIGN_KEY") ? "refused" : code, whole ? "ok" : "refused");
    outcomes[whole ? "kept" : "refused"]++;
    if (!whole) return;
    rows.clear();
    for (const [id, up] of after) rows.set(id, up);
  };
  const round = (): void => {
    const after = new Map(rows);
    if (below(2) === 0) {
      const count = below(8) === 0 ? 70 : 2 + below(5);
      const ids = Array.from({ length: count }, () => below(400)).filter((id, i, all) => !rows.has(id) && all.indexOf(id) === i);
      if (ids.length < 2) return;
      const known = [...rows.keys(), ...ids];
      const added = ids.map((id) => node(id, below(3) === 0 ? null : below(60) === 0 ? 999 : known[below(known.length)]!));
      for (const { id, up } of added) after.set(id, up);
      attempt(() => table.insertMany(added), after);
      return;
    }
    // A row, and often those that refer to it, in any order.
    const keys = [...rows.keys()];
    const gone = new Set(keys.filter(() => below(keys.length) < 2));
    for (let depth = 0; depth < 12 && below(8) > 0; depth++)
      for (const id of keys) if (gone.has(rows.get(id) ?? -1)) gone.add(id);
    if (gone.size === 0) return;
    for (const id of gone) after.delete(id);
    const order = [...gone].map((id) => [below(1000), id] as const).sort(([a], [b]) => a - b);
    attempt(() => table.deleteMany(order.map(([, id]) => id)), after);
  };
  for (let i = 0; i < 600; i++) {
    if (below(4) > 0) round();
    else
      db.transaction(() => {
        for (let j = 0; j < 3; j++) round();
      });
  }
  const stored = [...table.scan()].map(({ id, up }) => [id, up] as const);
  assert.deepEqual(new Map(stored.sort(([a], [b]) => a - b)), new Map([...rows].sort(([a], [b]) => a - b)));
  assert.ok(outcomes.kept > 50 && outcomes.refused > 20, JSON.stringify(outcomes));
  t.diagnostic(JSON.stringify(outcomes));
});
