/** Values that JavaScript has and a column has not: refused by name, or kept as what they are; and that lists of rows cost what is in them. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type RuntimeName, open, openSync } from "../host/index.js";
import { moduleMemory } from "./helpers/module-memory.js";
import { fails, openFor, sessionsOfAllKinds } from "./helpers/library.js";
import { hasRuntime, testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, tempFolder } from "./helpers/store.js";
import { Random } from "./torture/random.js";

class Opaque {
  readonly #inside = 1;
  get inside(): number {
    return this.#inside;
  }
}
class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}

const cyclic: { list: unknown[] } = { list: [] };
cyclic.list.push(0, cyclic);
const sparse = [1, 2, 3];
Reflect.deleteProperty(sparse, "1");

/** What JSON has no word for, and what the error says about it: first the place, then what is there. */
const NO_DOCUMENTS: readonly (readonly [unknown, string])[] = [
  [NaN, ": JSON has no NaN"],
  [{ a: [1, -Infinity] }, ".a[1]: JSON has no -Infinity"],
  [{ a: Infinity }, ".a: JSON has no Infinity"],
  [{ a: { b: undefined } }, ".a.b: JSON has no undefined; leave the member out, or write null"],
  [[undefined], "[0]: JSON has no undefined"],
  [sparse, "[1]: JSON has no undefined"],
  [{ "odd name": new Map([[1, 2]]) }, '["odd name"]: JSON can\'t spell a Map'],
  [new Map(), ": JSON can't spell a Map"],
  [[[new Set([1])]], "[0][0]: JSON can't spell a Set"],
  [{ raw: new Uint8Array(2) }, ".raw: an Uint8Array is no JSON; Array.from makes a list of it"],
  [new Float64Array(2), ": a Float64Array is no JSON"],
  [Buffer.from("x"), ": a Buffer is no JSON"],
  [new ArrayBuffer(2), ": JSON can't spell an ArrayBuffer"],
  [new DataView(new ArrayBuffer(1)), ": a DataView is no JSON"],
  [/x/, ": JSON can't spell a RegExp"],
  [new Error("x"), ": JSON can't spell an Error"],
  [Promise.resolve(1), ": JSON can't spell a Promise"],
  [new WeakMap(), ": JSON can't spell a WeakMap"],
  [new Opaque(), ": JSON can't spell an Opaque"],
  [{ f: () => 1 }, ".f: a function is no value"],
  [[Symbol("s")], "[0]: a symbol is no value"],
  [{ n: 5n }, ".n: JSON can't spell a bigint; write 5 as a text or a number"],
  [new Date(NaN), ": the Date is invalid"],
  [{ made: { toJSON: () => NaN } }, ".made: JSON has no NaN"],
  [{ made: { toJSON: () => undefined } }, ".made: JSON has no undefined"],
  [Object(NaN), ": JSON has no NaN"],
  [cyclic, ".list[1]: the object is inside of itself"],
  [{ a: "x\ud800" }, ".a: the text has half of a surrogate pair"],
];

/** Documents that are no plain JSON, and what they are as JSON. */
const DOCUMENTS: readonly (readonly [unknown, unknown])[] = [
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [new URL("http://a.b/c"), "http://a.b/c"],
  [new Point(1, -0), { x: 1, y: 0 }],
  [Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  [
    [Object(5), Object("x"), Object(false)],
    [5, "x", false],
  ],
  [{ made: { toJSON: (name: string) => [name] } }, { made: ["made"] }],
  [{ toJSON: 5 }, { toJSON: 5 }],
  [
    { twice: [sparse.length], again: {} },
    { twice: [3], again: {} },
  ],
];

testOnRuntimes(
  "what is no JSON is refused by its place in the document, by every call, and leaves nothing",
  async (t, runtime) => {
    const db = await openFor(t, runtime);
    await db.create("t", ["id:uint32:pk:auto", "doc:json:null:index"]);
    const table = db.table("t");
    const calls: readonly ((doc: unknown) => unknown)[] = [
      (doc) => table.insert({ doc }),
      (doc) => table.insertMany([{ doc: 1 }, { doc }]),
      (doc) => table.insertMany([{ doc }]),
      (doc) => table.update(1, { doc }),
      (doc) => table.count({ index: "doc", eq: [doc] }),
      (doc) => table.scan({ index: "doc", from: [doc] }).toArray(),
    ];
    // The first call of a session goes as JSON, and later ones as records.
    for (let round = 0; round < 2; round++) {
      for (const [doc, said] of NO_DOCUMENTS) {
        const start = new RegExp(`^t\\.doc${said.replace(/[.[\]"]/g, "\\$&")}`);
        for (const call of calls) await fails("BAD_VALUE", start, () => call(doc));
      }
      assert.equal(await table.count(), 0);
      await table.insert({ id: 1, doc: null });
      await table.delete(1);
    }
    const shared = { twice: 1 };
    for (const [doc, expected] of [
      ...DOCUMENTS,
      [
        { a: shared, b: [shared, shared] },
        { a: shared, b: [shared, shared] },
      ],
    ] as const) {
      for (const id of [await table.insert({ doc }), ...(await table.insertMany([{ doc }, { doc }]))]) {
        assert.deepEqual((await table.get(id as number))["doc"], expected);
      }
    }
  },
);

testOnRuntimes("a raw request is refused where JSON can't spell it, too", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await db.create("t", ["id:uint64:pk", "doc:json:null"]);
  for (const [doc, said] of NO_DOCUMENTS) {
    if (typeof doc === "object" && doc !== null && "n" in doc) continue;
    const start = new RegExp(`^request\\.row\\.doc${said.replace(/[.[\]"]/g, "\\$&")}`);
    await fails("BAD_VALUE", start, () => db.request({ op: "insert", table: "t", row: { id: 1, doc } }));
  }
  await db.request({ op: "insert", table: "t", row: { id: 2n ** 63n, doc: { n: 5n } }, rows: undefined });
  assert.deepEqual(await db.request({ op: "get", table: "t", key: 2n ** 63n }), {
    row: { id: "9223372036854775808", doc: { n: "5" } },
  });
  await fails("BAD_REQUEST", /^id must be a string or a number$/, () => db.request({ op: "tables", id: null }));
  assert.deepEqual(await db.request({ op: "tables", id: undefined }), { tables: [{ name: "t", rows: 1 }] });
});

/** A random date-time that a column can hold, as text. */
function dateTime(random: Random): string {
  const pad = (number: number, digits = 2): string => String(number).padStart(digits, "0");
  const year = random.pick([0, 1, 1969, 1970, 9999, 10_000, 65_535, random.below(10_000), random.below(65_536)]);
  const day = `${pad(year, 4)}-${pad(1 + random.below(12))}-${pad(1 + random.below(28))}`;
  const micros = random.pick([0, 1, 999, 1000, 999_999, 999_000, random.below(1_000_000)]);
  const offset = random.pick(["+00:00", "+05:30", "-08:00", "+23:59", "-23:59", "-00:01"]);
  return `${day}T${pad(random.below(24))}:${pad(random.below(60))}:${pad(random.below(60))}.${pad(micros, 6)}${offset}`;
}

testOnRuntimes("every Date that was read can be written back, and is then what was stored", async (t, runtime) => {
  const seed = Number(process.env["QUIRE_SEED"] ?? 20263);
  t.diagnostic(`seed ${seed}`);
  const random = new Random(seed);
  const folder = tempFolder(t);
  const texts = await open(join(folder, "a.db"), { runtime });
  await texts.create("t", ["at:datetime:pk", "day:date:index", "twin:datetime:null:index"]);
  const stored = Array.from({ length: 300 }, () => dateTime(random)).map((at) => ({
    at,
    day: at.slice(0, at.indexOf("T")),
    twin: at,
  }));
  await texts.table("t").insertMany(stored);
  const expected = await texts.table("t").scan({ index: "at" }).toArray();
  await texts.create("copy", ["at:datetime:pk", "day:date:index", "twin:datetime:null:index"]);
  await texts.close();

  const db = await open(join(folder, "a.db"), { runtime, dates: "date" });
  const table = db.table<{ at: Date; day: Date; twin: Date }>("t");
  const rows = await table.scan({ index: "at" }).toArray();
  for (const [i, row] of rows.entries()) {
    const { at, day } = expected[i] as { at: string; day: string };
    const parts = /^(\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})\d{3}([+-]\d\d:\d\d)$/.exec(at) as RegExpExecArray;
    const [, year = "", month, dayOfMonth, hour, minute, second, millis, offset] = parts;
    const iso = `+${year.padStart(6, "0")}-${month}-${dayOfMonth}`;
    assert.equal(row.at.getTime(), Date.parse(`${iso}T${hour}:${minute}:${second}.${millis}${offset}`), at);
    assert.equal(row.day.getTime(), Date.parse(`${iso}T00:00Z`), day);
    // It is what the row is found by, in its own index too.
    assert.deepEqual(await table.get(row.at), row);
    assert.equal(await table.count({ index: "twin", eq: row.twin }), 1);
    if (i % 3 === 0) await table.update(row.at, { day: row.day, twin: row.twin });
    if (i % 3 === 1) await table.update(row.at, row);
  }
  await db.table("copy").insertMany(rows.slice(0, 200));
  for (const row of rows.slice(200)) await db.table("copy").insert({ ...row });
  // A Date that was set, and a new one of the same time, are what they say: to the millisecond, in UTC.
  const own = new Date(Date.UTC(2026, 1, 28, 23, 59, 58, 999));
  const [first] = rows as [{ at: Date; day: Date; twin: Date }];
  first.twin.setTime(own.getTime());
  await table.update(first.at, { twin: first.twin });
  await fails("BAD_VALUE", /t\.day: /, () => table.update(first.at, { day: new Date(8.64e15) }));
  await fails("BAD_VALUE", /t\.day: /, () => table.update(first.at, { day: new Date("-000001-12-31") }));
  await db.close();

  const after = await open(join(folder, "a.db"), { runtime });
  assert.deepEqual(await after.table("copy").scan({ index: "at" }).toArray(), expected);
  const [changed, ...others] = await after.table("t").scan({ index: "at" }).toArray();
  assert.deepEqual(others, expected.slice(1));
  assert.deepEqual(changed, { ...expected[0], twin: "2026-02-28T23:59:58.999000+00:00" });
  await after.close();
});

test("a date that no calendar has is the text that it is, and no Date that says something else", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint8:pk", "day:date", "at:datetime"]);
  await store.ok(["insert", "t", '{"id":1,"day":"2026-02-28","at":"2026-02-28T23:59:58.999999+00:00"}']);
  const dump = await store.ok(["dump"]);
  rmSync(store.path);
  rmSync(`${store.path}-log`, { force: true });
  const odd: readonly (readonly [string, string])[] = [
    ["0000-00-00", "0000-00-00T00:00:00.000000+00:00"],
    ["2026-02-29", "2026-02-29T00:00:00.000000+00:00"],
    ["2026-13-01", "2026-01-01T24:00:00.000000+00:00"],
    ["2026-01-255", "2026-01-01T00:60:00.000000+00:00"],
    ["65535-255-00", "2026-01-01T00:00:60.000000+00:00"],
    ["0000-01-00", "2026-01-01T00:00:00.1000000+00:00"],
    ["0000-00-01", "2026-01-01T00:00:00.000000+24:00"],
    ["2100-02-29", "2026-01-01T00:00:00.000000-546:07"],
  ];
  const [head, table, row = ""] = dump.split("\n");
  const lines = odd.map(([day, at], i) =>
    row
      .replace("2026-02-28T23:59:58.999999+00:00", at)
      .replace("2026-02-28", day)
      .replace('"id":1', `"id":${i + 2}`),
  );
  const count = `"rows":${odd.length + 1}`;
  const made = [head, table?.replace('"rows":1', count), row, ...lines, `{"end":{${count}}}`];
  await store.ok(["load", "-"], { stdin: `${made.join("\n")}\n` });
  const db = openSync(store.path, { readonly: true, dates: "date" });
  const rows = db.table("t").scan({ index: "id" }).toArray();
  assert.deepEqual(rows.shift(), { id: 1, day: new Date("2026-02-28"), at: new Date("2026-02-28T23:59:58.999Z") });
  assert.deepEqual(
    rows,
    odd.map(([day, at], i) => ({ id: i + 2, day, at })),
  );
  assert.deepEqual(db.table("t").getMany(rows.map(({ id }) => id)), rows);
  db.close();
});

/** A row of each type whose size varies, with `bytes` in each of them. */
const wideRow = (id: number, bytes: number): Record<string, unknown> => ({
  id,
  doc: bytes === 0 ? {} : { text: "d".repeat(bytes) },
  text: "t".repeat(bytes),
  raw: new Uint8Array(bytes),
  own: new Uint8Array([bytes & 255, bytes >> 8, ...new Uint8Array(bytes)]),
});
const WIDE = ["id:uint32:pk", "doc:json:null", "text:text:null", "raw:blob:null", "own:custom(Own):null"];

test("a list of rows costs what is in the rows, and not what their types could hold", (t) => {
  const memoryBytes = moduleMemory(t);
  const db = openSync(join(tempFolder(t), "app.db"), { cacheBytes: 1 << 20 });
  db.create("t", WIDE);
  const table = db.table("t");
  // The first call goes as JSON, the others as records.
  table.insertMany([wideRow(0, 0)]);
  const before = memoryBytes();
  table.insertMany(Array.from({ length: 5000 }, (_, i) => wideRow(1 + i, 0)));
  table.insertMany(Array.from({ length: 1000 }, (_, i) => wideRow(10_001 + i, 100)));
  assert.equal(table.count(), 6001);
  // 5,000 rows have 35 bytes each, and 1,000 some 450.
  assert.ok(memoryBytes() - before <= 5 << 20, `${before} became ${memoryBytes()}`);
  // 20 MB of rows: their cache and what waits have a limit, and so has what one call passes.
  table.insertMany(Array.from({ length: 1000 }, (_, i) => wideRow(20_001 + i, 5000)));
  assert.ok(memoryBytes() <= 32 << 20, `${before} became ${memoryBytes()}`);
  assert.equal(db.check().errors, 0);
  db.close();
});

test("rows that go in parts are one transaction, and leave the same file by every way", async (t) => {
  const folder = tempFolder(t);
  const runtimes = (["node", "wasmtime", "wazero"] as RuntimeName[]).filter(hasRuntime);
  const words = ["id:uint32:pk", "name:text:unique", "doc:json:null", "n:int64:index"];
  const row = (id: number): Record<string, unknown> => ({
    id,
    name: `name ${(id * 7919) % 100_003}`,
    doc: { id, text: "x".repeat(id % 300) },
    n: BigInt(id % 1000),
  });
  // The first row is much longer than the others, which says nothing about them.
  const rows = Array.from({ length: 16_000 }, (_, id) => (id === 0 ? { ...row(0), doc: "y".repeat(30_000) } : row(id)));
  const bad = [...rows.slice(0, -1), { ...row(15_999), name: row(17)["name"] }].map((each, i) => ({ ...each, id: i }));
  const files: Buffer[] = [];
  const make = async (name: string, runtime: RuntimeName, known: boolean): Promise<void> => {
    const db = await open(join(folder, name), { runtime });
    await db.create("t", words);
    const table = db.table("t");
    // A session that has read the definition passes records.
    if (known) assert.equal(await table.count(), 0);
    await fails("UNIQUE_CONFLICT", /^row 16000: another row of t has name = /, () => table.insertMany(bad));
    assert.equal(await table.count(), 0);
    await db.transaction(async () => {
      await table.insert({ ...row(40_000), name: "first" });
      await fails("UNIQUE_CONFLICT", /^row 16000: /, () => table.insertMany(bad));
      assert.equal(await table.count(), 1);
      await table.delete(40_000);
    });
    const [keys, counted] = await Promise.all([table.insertMany(rows), table.count()]);
    assert.deepEqual(
      keys,
      rows.map(({ id }) => id),
    );
    // Whoever else calls meanwhile sees all or nothing.
    assert.ok(counted === 0 || counted === rows.length, `${counted} rows`);
    assert.equal((await db.check()).errors, 0);
    await db.close();
    files.push(readFileSync(join(folder, name)));
  };
  for (const runtime of runtimes) await make(`${runtime}.db`, runtime, false);
  await make("records.db", "node", true);
  for (const bytes of files) assert.ok(bytes.equals(files[0] as Buffer), "the files differ");
});

test("a hundred rows after a long one leave the same file as records and as JSON", (t) => {
  const folder = tempFolder(t);
  const rows = Array.from({ length: 100 }, (_, id) => ({
    id,
    name: `n${(id * 37) % 101}`,
    text: id === 0 ? "x".repeat(20_000) : "",
  }));
  const files = [false, true].map((known) => {
    const db = openSync(join(folder, `${known}.db`));
    db.create("t", ["id:uint32:pk", "name:text:unique", "text:text:index"]);
    if (known) db.table("t").count();
    db.begin();
    db.table("t").insertMany(rows);
    db.table("t").insertMany(rows.map((row) => ({ ...row, id: row.id + 100, name: `${row.name}+` })).reverse());
    db.commit();
    db.close();
    return readFileSync(join(folder, `${known}.db`));
  });
  assert.ok(files[0]?.equals(files[1] as Buffer), "the files differ");
});

test("a custom type's tag that ends as one with a size does says nothing of the size", async (t) => {
  const names = ["a\\,3", "b\\\\\\,2", "c\\:d\\,1", "e\\(1\\,1\\)"];
  for (const db of await sessionsOfAllKinds(t)) {
    const columns = names.map((tag, i) => `c${i}\\:x:custom(${tag})`);
    await db.create("t", ["id:int64:pk", ...columns, "sized:custom(rgb,3)", "s:text"]);
    const value = Uint8Array.of(2, 0, 7, 8);
    const row = { id: 1n, sized: Uint8Array.of(1, 2, 3), s: "x", ...Object.fromEntries(names.map((_, i) => [`c${i}:x`, value])) };
    await db.table("t").insert(row);
    assert.deepEqual(await db.table("t").get(1n), row);
    assert.deepEqual(await db.table("t").scan().toArray(), [row]);
    await db.table("t").update(1n, { "c0:x": Uint8Array.of(0, 0) });
    assert.deepEqual(await db.table("t").get(1n), { ...row, "c0:x": Uint8Array.of(0, 0) });
  }
});
