/** `hash` and `diff`: content compared, whatever the layout, the order of rows and pages, and the history of the file. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { golden, goldenNames, goldenRows, layouts, type Row } from "./helpers/golden.js";
import { PageFile } from "./helpers/page-file.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, type Store } from "./helpers/store.js";

interface Hashes {
  readonly hash: string;
  readonly tables: { name: string; rows: number; hash: string }[];
}

async function hashes(store: Store, words: readonly string[] = []): Promise<Hashes> {
  const reply = JSON.parse(await store.ok(["hash", ...words, "--json"])) as { ok: Hashes };
  return reply.ok;
}

interface Difference {
  readonly name: string;
  readonly in: "a" | "b" | "both";
  readonly schema: string[];
  readonly rows: { a: unknown; b: unknown }[];
  readonly onlyA: number;
  readonly onlyB: number;
  readonly changed: number;
  readonly comparable?: boolean;
}

/** `diff` of the store with `data/other.db`. */
async function diff(store: Store, words: readonly string[] = []): Promise<{ equal: boolean; tables: Difference[] }> {
  const { status, stdout, stderr } = await store.run(["diff", "data/other.db", "--json", ...words]);
  const reply = JSON.parse(stdout) as { equal: boolean; tables: Difference[] };
  assert.equal(status, reply.equal ? 0 : 1);
  assert.equal(stderr, "");
  return reply;
}

const other = (store: Store): string => join(store.folder, "other.db");

for (const name of goldenNames("0.9").filter((name) => goldenNames("0.11").includes(name))) {
  test(`${name} of both layouts has the same content`, async (t) => {
    const old = openStore(t, { golden: name });
    const found = await hashes(old);
    const rows = goldenRows(name);
    assert.deepEqual(Object.fromEntries(found.tables.map((table) => [table.name, table.rows])), mapLengths(rows));
    assert.deepEqual(await hashes(openStore(t, { golden: name, layout: "0.11" })), found);
    writeFileSync(other(old), golden(name, "0.11"));
    assert.deepEqual(await diff(old), { tables: [], equal: true });
    assert.equal(new Set([found.hash, ...found.tables.map(({ hash }) => hash)]).size, found.tables.length + 1);
  });
}

function mapLengths(rows: Record<string, unknown[]>): Record<string, number> {
  return Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, list.length]));
}

testOnRuntimes("the hash does not depend on how rows came and where they stand, and shows any change", async (t, runtime) => {
  const rows = Array.from({ length: 200 }, (_, id) => JSON.stringify({ id, name: `row ${id}`.padEnd(id % 50, "."), n: id % 7 }));
  const create = ["create", "t", "id:uint32:pk", "name:text", "n:int32:null:index"];
  const one = openStore(t, { runtime });
  await one.ok(create);
  await one.ok(["insert", "t", ...rows]);
  const two = openStore(t, { runtime });
  await two.ok(["create", "gone", "id:uint32:pk"]);
  await two.ok([...create]);
  await two.ok(["drop", "gone"]);
  await two.ok(["insert", "t", ...rows.toReversed()]);
  await two.ok(["delete", "t", "3", "77", "150"]);
  await two.ok(["insert", "t", ...[77, 3, 150].map((id) => rows[id]!)]);
  assert.notEqual(Buffer.compare(one.bytes(), two.bytes()), 0);
  const same = await hashes(one);
  assert.deepEqual(await hashes(two), same);
  assert.deepEqual((await hashes(one, ["t"])).tables, same.tables);
  const seen = new Set([same.hash]);
  const changes = [
    ["update", "t", "5", '{"n":null}'],
    ["update", "t", "5", '{"n":5,"name":"x"}'],
    ["delete", "t", "9"],
    ["insert", "t", '{"id":1000,"name":"","n":0}'],
    ["create", "u", "id:uint32:pk"],
  ];
  for (const words of changes) {
    await two.ok(words);
    const { hash } = await hashes(two);
    assert.ok(!seen.has(hash), words.join(" "));
    seen.add(hash);
  }
});

test("the hash of no tables is that of no bytes", async (t) => {
  // XXH3-64 of nothing, as xxHash's own tests have it.
  for (const layout of layouts)
    assert.deepEqual(await hashes(openStore(t, { golden: "empty", layout })), { hash: "2d06800538d394c2", tables: [] });
});

test("hash prints a table, and fails on rows that an index does not have", async (t) => {
  const store = openStore(t, { golden: "log" });
  const { hash, tables } = await hashes(store);
  const lines = (await store.ok(["hash"])).split("\n");
  assert.deepEqual(lines[0]!.split(/ +/), ["table", "rows", "hash"]);
  assert.deepEqual(lines[2]!.split(/ +/), [tables[0]!.name, "40", tables[0]!.hash]);
  assert.equal(lines[4], `database  ${hash}`);
  const file = PageFile.golden("deep");
  const page = file.recordPage("points");
  file.page(page).fill(0, 0, 14);
  const damaged = openStore(t, { bytes: file.bytes, checkStatus: null });
  await damaged.fails("DAMAGED", 3, ["hash"]);
});

test("diff lists rows by primary key: only here, only there, and changed columns", async (t) => {
  const store = openStore(t, { golden: "blog" });
  writeFileSync(other(store), store.bytes());
  const before = goldenRows("blog");
  const [nine, eleven] = before["users"]!.slice(0, 2) as [Row, Row];
  const session = store.serve();
  await session.request({ op: "update", table: "users", key: nine["id"], set: { name: "Zoë", age: 77 } });
  await session.request({ op: "insert", table: "users", row: { id: 1000, name: "new", email: "n@example.org", age: 1 } });
  await session.request({ op: "delete", table: "users", key: eleven["id"], cascade: true });
  await store.endSessions();
  const { equal, tables } = await diff(store);
  assert.equal(equal, false);
  assert.deepEqual(
    tables.map((table) => [table.name, table.in, table.schema]),
    [
      ["posts", "both", []],
      ["users", "both", []],
    ].filter(([name]) => name === "users" || before["posts"]!.some((row) => row["author"] === eleven["id"])),
  );
  const users = tables.find(({ name }) => name === "users")!;
  assert.deepEqual(
    users.rows.map(({ a, b }) => [a, b]),
    [
      [{ ...nine, name: "Zoë", age: 77 }, nine],
      [{ id: 1000, name: "new", email: "n@example.org", age: 1 }, null],
      [null, eleven],
    ],
  );
  assert.deepEqual([users.onlyA, users.onlyB, users.changed], [1, 1, 1]);
  const counted = await diff(store, ["--count"]);
  assert.deepEqual(
    counted.tables.map((table) => [table.rows.length, table.onlyA, table.onlyB, table.changed]),
    tables.map((table) => [0, table.onlyA, table.onlyB, table.changed]),
  );
  const limited = await diff(store, ["--limit", "2"]);
  assert.deepEqual(
    limited.tables.find(({ name }) => name === "users"),
    { ...users, rows: users.rows.slice(0, 2) },
  );
  await store.fails("USAGE", 2, ["diff", "data/other.db", "--limit", "x"]);
  const text = await store.run(["diff", "data/other.db"]);
  assert.equal(text.status, 1);
  assert.equal(text.stderr, "");
  const age = JSON.stringify(nine["age"]);
  assert.ok(
    text.stdout.includes(
      `\n  ~ id ${JSON.stringify(nine["id"])}: name "Zoë" → ${JSON.stringify(nine["name"])}, age 77 → ${age}\n`,
    ),
    text.stdout,
  );
  assert.ok(text.stdout.includes('\n  - {"id":1000,"name":"new","email":"n@example.org","age":1}\n'));
  assert.ok(text.stdout.includes(`\n  + {"id":${JSON.stringify(eleven["id"])},`));
  assert.match(text.stdout, /\ndata\/store\.db and data\/other\.db differ in \d tables?\n$/);
});

test("diff tells tables and definitions apart, and compares the columns that both have", async (t) => {
  const store = openStore(t);
  const there = openStore(t);
  await store.ok(["create", "only", "id:uint32:pk"]);
  await store.ok(["create", "t", "id:uint32:pk", "a:text", "b:int32:index"]);
  await store.ok(["create", "k", "id:uint32:pk"]);
  await store.ok(["create", "wide", "id:uint32:pk", "s:text", "--alignment", "64"]);
  await there.ok(["create", "k", "id:uint64:pk"]);
  await there.ok(["create", "t", "id:uint32:pk", "a:text", "b:int64", "c:text:null"]);
  await there.ok(["create", "wide", "id:uint32:pk", "s:text"]);
  await store.ok(["insert", "t", '{"id":1,"a":"x","b":1}', '{"id":2,"a":"y","b":2}']);
  await there.ok(["insert", "t", '{"id":1,"a":"x","b":7}', '{"id":2,"a":"z","b":2}']);
  writeFileSync(other(store), there.bytes());
  const { tables } = await diff(store);
  assert.deepEqual(
    tables.map((table) => [table.name, table.in, table.schema, table.comparable]),
    [
      ["k", "both", ["- id:uint32:pk", "+ id:uint64:pk"], false],
      ["only", "a", undefined, undefined],
      ["t", "both", ["- b:int32:index", "+ b:int64", "+ c:text:null"], undefined],
      ["wide", "both", ["- alignment 64", "+ alignment 32"], undefined],
    ],
  );
  assert.deepEqual(tables[2]!.rows, [{ a: { id: 2, a: "y", b: 2 }, b: { id: 2, a: "z", b: "2", c: null } }]);
});

test("diff finds rows by JSON keys, which the two layouts order in different ways", async (t) => {
  const rows = ["9007199254740993", "9007199254740992.0", "1", "1.5", "[1,2]", '{"b":1,"a":2}'];
  const make = async (layout: string): Promise<Store> => {
    const store = openStore(t);
    await store.ok(["create", "t", "doc:json:pk", "n:int32", "--layout", layout]);
    for (const [n, doc] of rows.entries())
      if (layout === "0.11" || n !== 1) await store.ok(["insert", "t", `{"doc":${doc},"n":${n}}`]);
    return store;
  };
  const old = await make("0.9");
  const fresh = await make("0.11");
  writeFileSync(other(old), fresh.bytes());
  const { tables } = await diff(old);
  assert.deepEqual([tables[0]!.onlyA, tables[0]!.onlyB + tables[0]!.changed], [0, tables[0]!.rows.length]);
  await fresh.ok(["delete", "t", "9007199254740992.0"]);
  writeFileSync(other(old), fresh.bytes());
  assert.equal((await diff(old)).equal, true);
  assert.equal((await hashes(old)).hash, (await hashes(fresh)).hash);
});

test("diff of a missing or damaged file is an error and no difference", async (t) => {
  const store = openStore(t, { golden: "blog" });
  await store.fails("FILE_NOT_FOUND", 1, ["diff", "data/other.db"]);
  writeFileSync(other(store), Buffer.alloc(100));
  await store.fails("NOT_A_PAGE_FILE", 3, ["diff", "data/other.db"]);
  for (const layout of layouts) {
    const file = PageFile.golden("blog", layout);
    file.page(file.recordPage("users")).fill(0xff);
    writeFileSync(other(store), file.bytes);
    assert.equal((await store.run(["diff", "data/other.db"])).status, 3);
  }
});
