/** Rows that cross as records are the same as those that cross as JSON, in both directions, for any value. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type SyncSession, type TableSchemaInfo, type ValuesOf, openSync } from "../host/index.js";
import { golden } from "./helpers/golden.js";
import { tempFolder } from "./helpers/store.js";

/** Numbers below `limit`, the same in every run. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type Random = (limit: number) => number;

const digits = (random: Random, count: number): string => Array.from({ length: count }, () => random(10)).join("");
const bytes = (random: Random, count: number): Uint8Array => Uint8Array.from({ length: count }, () => random(256));
const hex = (random: Random, count: number): string => Buffer.from(bytes(random, count)).toString("hex");

function texts(random: Random): string {
  const pieces = ["a", "é", "€", "👍", "\0", "\ufeff", "\u2028", "\ud800", "\udc00", '"', "\\", "0123456789abcdef"];
  return Array.from({ length: random(12) }, () => pieces[random(pieces.length)] as string).join("");
}

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));

function document(random: Random, depth = 0): unknown {
  switch (random(depth > 3 ? 5 : 8)) {
    case 0:
      return random(2) === 0;
    case 1:
      return random(1e9) / 10 ** random(12);
    case 2:
      return -random(2 ** 31) * 10 ** random(300);
    case 3:
      return texts(random).toWellFormed();
    case 4:
      return null;
    case 5:
      return Array.from({ length: random(4) }, () => document(random, depth + 1));
    case 6:
      return {
        [texts(random).toWellFormed()]: document(random, depth + 1),
        toJSON: 5,
        ...(random(40) === 0 ? { odd: [undefined, NaN, new Map(), 5n, "\ud800"][random(5)] } : {}),
      };
    default:
      return random(20) === 0 ? nested(124 + random(6)) : {};
  }
}

const day = (random: Random): string => `${digits(random, 4)}-0${random(10)}-${random(4)}${random(10)}`;
const zone = (random: Random): string => ["Z", "", "+05:30", "-23:59", "+0530", "+24:00", "-00:00", " "][random(8)] as string;

/** For each column a value of its type, often an odd one, now and then one that is none. */
const values: Readonly<Record<string, (random: Random) => unknown>> = {
  "int8:null": (random) => random(300) - 150,
  "int16:null": (random) => random(2) * 65535 - random(40000),
  "int32:null": (random) => random(2 ** 32) - 2 ** 31 + random(2) / 2,
  "int64:null": (random) =>
    [2n ** 63n - BigInt(random(2)), -(2n ** 63n) + BigInt(random(3)) - 1n, random(1e9), "-7", 1e300, 0.5][random(6)],
  "uint8:null": (random) => [random(256), "7", -0, true, NaN, 255.5][random(6)],
  "uint16:null": (random) => random(70000),
  "uint32:null": (random) => random(2 ** 32),
  "uint64:null": (random) => [2n ** 64n - BigInt(random(3)), 0n, -1n, 5, 2 ** 60, "18446744073709551615"][random(6)],
  "decimal:null": (random) =>
    [
      `-${digits(random, 1 + random(20))}.${digits(random, 1 + random(12))}`,
      digits(random, 27 + random(4)),
      "-0.00",
      "+1.5",
      "1e3",
      ".5",
      "5.",
      12.5,
      7n,
    ][random(9)],
  "boolean:null": (random) => [true, false, "true", 1, 0, "no"][random(6)],
  "date:null": (random) => [day(random), new Date(random(4e9) * 1000), "12345-01-01", "2000-02-29", "1900-02-29"][random(5)],
  "datetime:null": (random) =>
    [
      `${day(random)}T${digits(random, 2)}:${digits(random, 2)}:${digits(random, 2)}.${digits(random, random(8))}${zone(random)}`,
      `2026-01-0${random(10)}T1${random(10)}:2${random(10)}:3${random(10)}.${digits(random, random(2) * 3 + 3)}${zone(random)}`,
      new Date(random(4e9) * 1001 - 1e12),
      "2026-01-01 10:00",
    ][random(4)],
  "blob:null": (random) => [bytes(random, random(40)), bytes(random, 3), hex(random, 5), "abc", Buffer.from("x")][random(5)],
  "text:null": (random) => texts(random),
  "uuid:null": (random) =>
    [
      hex(random, 16),
      `${hex(random, 4)}-${hex(random, 2)}-${hex(random, 2)}-${hex(random, 2)}-${hex(random, 6)}`.toUpperCase(),
      "x",
    ][random(random(8) === 0 ? 3 : 2)],
  "json:null": (random) => document(random),
  "custom(A,4):null": (random) => bytes(random, random(8) === 0 ? 3 : 4),
  "custom(B):null": (random) =>
    [new Uint8Array([2, 0, random(256), 1]), new Uint8Array([1, 0, 2, 3]), new Uint8Array()][random(random(8) === 0 ? 3 : 1)],
};

type Outcome = { key: unknown } | { code: unknown; message: unknown };

function outcome(call: () => unknown): Outcome {
  try {
    return { key: call() };
  } catch (error) {
    const { code, message } = error as { code: unknown; message: unknown };
    return { code, message };
  }
}

test("insertions of any values leave the same file and the same errors", (t) => {
  const folder = tempFolder(t);
  const seed = Number(process.env["QUIRE_SEED"] ?? 20261);
  const random = generator(seed);
  t.diagnostic(`seed ${seed}`);
  const types = Object.keys(values);
  const words = ["id:uint32:pk:auto", ...types.map((type, i) => `c${i}:${type}`)];
  const [direct, json] = ["direct", "json"].map((name) => {
    const db = openSync(join(folder, `${name}.db`));
    db.create("t", words);
    return db;
  }) as [SyncSession, SyncSession];
  let refused = 0;
  for (const db of [direct, json]) db.begin();
  for (let i = 0; i < 3000; i++) {
    const row: Record<string, unknown> = {};
    for (const [column, type] of types.entries()) {
      if (random(4) === 0) row[`c${column}`] = random(6) === 0 ? null : (values[type] as (random: Random) => unknown)(random);
    }
    const one = outcome(() => direct.table("t").insert(row));
    // A single row in a list goes as JSON.
    const other = outcome(() => json.table("t").insertMany([row])[0]);
    if ("message" in other) {
      other.message = String(other.message).replace(/^row 1: /, "");
      refused++;
    }
    if ("message" in one) one.message = String(one.message).replace(/ at byte \d+/, "");
    if ("message" in other) other.message = String(other.message).replace(/ at byte \d+/, "");
    assert.deepEqual(
      one,
      other,
      JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)),
    );
  }
  t.diagnostic(`${refused} of 3000 rows refused`);
  assert.ok(refused > 300 && refused < 2700);
  for (const db of [direct, json]) db.commit();
  compareReading(direct);
  for (const db of [direct, json]) {
    assert.equal(db.check().errors, 0);
    db.close();
  }
  assert.ok(readFileSync(join(folder, "direct.db")).equals(readFileSync(join(folder, "json.db"))), "the files differ");
});

/** The same values in an object that goes as JSON: its prototype is not that of plain objects. */
const sentAsJson = (row: Record<string, unknown>): Record<string, unknown> => Object.assign(Object.create({}) as object, row);

test("updates and deletions of any values leave the same file, the same counts and the same errors", (t) => {
  const folder = tempFolder(t);
  const seed = Number(process.env["QUIRE_SEED"] ?? 20262);
  const random = generator(seed);
  t.diagnostic(`seed ${seed}`);
  const types = Object.keys(values);
  const words = ["id:uint32:pk", ...types.map((type, i) => `c${i}:${type}`), "twin:uint32:unique"];
  const [direct, json] = ["direct", "json"].map((name) => {
    const db = openSync(join(folder, `${name}.db`));
    db.create("t", words);
    // The rows of one follow what becomes of a row of t, those of the other stand in its way.
    db.create("follows", ["id:uint32:pk", "t:uint32:null:index:references=t.id:cascade"]);
    db.create("stays", ["id:uint32:pk", "t:uint32:references=t.id"]);
    db.begin();
    for (let id = 0; id < 200; id++) db.table("t").insert({ id, twin: id });
    for (let id = 0; id < 300; id++) db.table("follows").insert({ id, t: (id * 7) % 150 });
    for (let id = 0; id < 20; id++) db.table("stays").insert({ id, t: id });
    return db;
  }) as [SyncSession, SyncSession];
  const told = new Map<string, number>();
  for (let i = 0; i < 3000; i++) {
    const id = random(40) === 0 ? -1 : random(210);
    let one: Outcome;
    let other: Outcome;
    let what: string;
    if (random(20) === 0) {
      what = `delete ${id}`;
      one = outcome(() => direct.table("t").delete(id));
      other = outcome(() => json.table("t").delete(id, {}));
    } else {
      const set: Record<string, unknown> = {};
      for (const [column, type] of types.entries()) {
        if (random(10) === 0) set[`c${column}`] = random(6) === 0 ? null : (values[type] as (random: Random) => unknown)(random);
      }
      if (random(10) === 0) set["twin"] = random(150);
      if (random(30) === 0) set["id"] = random(210);
      if (random(60) === 0) set["none"] = 1;
      what = `update ${id} ${Object.keys(set).join(" ")}`;
      one = outcome(() => direct.table("t").update(id, set));
      other = outcome(() => json.table("t").update(id, sentAsJson(set)));
    }
    for (const said of [one, other]) if ("message" in said) said.message = String(said.message).replace(/ at byte \d+/, "");
    assert.deepEqual(one, other, what);
    const kind = "code" in one ? String(one.code) : JSON.stringify(one.key).replace(/[1-9]\d*}$/, "some}");
    told.set(kind, (told.get(kind) ?? 0) + 1);
  }
  t.diagnostic([...told].map(([kind, times]) => `${kind} ${times}`).join(", "));
  const wanted = ["UNIQUE_CONFLICT", "PRIMARY_KEY_CONFLICT", "FOREIGN_KEY_RESTRICT", "ROW_NOT_FOUND", "BAD_VALUE"];
  const replies = ['{"updated":1,"cascaded":some}', '{"deleted":1,"cascaded":some}', '{"deleted":1,"cascaded":0}'];
  for (const kind of [...wanted, ...replies]) assert.ok(told.has(kind), `${kind} was never the outcome`);
  for (const db of [direct, json]) {
    db.commit();
    assert.equal(db.check().errors, 0);
    db.close();
  }
  assert.ok(readFileSync(join(folder, "direct.db")).equals(readFileSync(join(folder, "json.db"))), "the files differ");
});

test("null in a unique json column that may be null is no document: the row without a value has it", (t) => {
  const db = openSync(join(tempFolder(t), "null.db"));
  db.create("t", ["id:uint32:pk", "j:json:unique:null"]);
  db.create("never", ["id:uint32:pk", "j:json:unique"]);
  db.table("t").insertMany([{ id: 1, j: { a: null } }, { id: 2 }]);
  db.table("never").insert({ id: 3, j: null });
  for (const options of [{ index: "j" }, { index: "j", columns: ["id", "j"] }]) {
    assert.deepEqual(db.table("t").find(null, options), { id: 2, j: null });
    assert.deepEqual(db.table("never").find(null, options), { id: 3, j: null });
  }
  db.close();
});

/** Every row of every table, read as a record and as JSON. Returns how many there are. */
function compareReading(db: SyncSession<ValuesOf<{ dates: "string" | "date" }>>): number {
  let count = 0;
  for (const { name } of db.tables()) {
    const table = db.table(name);
    const { primaryKey, indexes } = db.schema(name).tables[0] as TableSchemaInfo;
    const unique = indexes
      .filter((index) => index.unique && index.columns.length === 1)
      .map(({ columns }) => columns[0] as string);
    const rows = table.scan({ pageRows: 100 }).toArray();
    assert.equal(rows.length, table.count());
    for (let start = 0; start < rows.length; start += 100) {
      const part = rows.slice(start, start + 100);
      const keys = part.map((row) => row[primaryKey] as number);
      assert.deepEqual(table.getMany(keys), part);
      for (const [i, key] of keys.entries()) assert.deepEqual(table.get(key), part[i]);
      for (const index of unique) {
        const values = part.map((row) => row[index]);
        assert.deepEqual(table.getMany(values, { index }), part);
        for (const [i, value] of values.entries()) assert.deepEqual(table.get(value, { index }), part[i]);
      }
    }
    count += rows.length;
  }
  return count;
}

test("every row of the golden files reads the same as a record and as JSON", (t) => {
  const folder = tempFolder(t);
  let count = 0;
  for (const layout of ["0.9", "0.11"] as const) {
    for (const name of ["types", "blog", "log", "acl", "migrated", "tree"]) {
      for (const dates of ["string", "date"] as const) {
        const path = join(folder, `${name}.db`);
        writeFileSync(path, golden(name, layout));
        const db = openSync(path, { readonly: true, dates });
        count += compareReading(db);
        db.close();
      }
    }
  }
  t.diagnostic(`${count} rows`);
  assert.ok(count > 1000);
});

test("a table may have columns with the names of an object's own members", (t) => {
  const db = openSync(join(tempFolder(t), "app.db"));
  db.create("t", ["constructor:uint8:pk", "toString:text:null", "__proto__:text:null", "1:uint8:null"]);
  const row = JSON.parse('{"constructor":1,"toString":"x","__proto__":"y","1":2}') as Record<string, unknown>;
  db.table("t").insert(row);
  const [scanned] = db.table("t").scan().toArray();
  for (const read of [db.table("t").get(1), scanned ?? {}]) {
    assert.equal(JSON.stringify(Object.entries(read).sort()), JSON.stringify(Object.entries(row).sort()));
  }
  assert.deepEqual(
    [...db.table("t").scan({ columns: ["__proto__"] })].map((one) => Object.entries(one)),
    [[["__proto__", "y"]]],
  );
  assert.throws(() => db.table("t").insert({}), { code: "NOT_NULL" });
  db.create("u", ["constructor:uint8:pk", "hasOwnProperty:text:null"]);
  db.table("u").insert({ constructor: 5 });
  assert.deepEqual(db.table("u").get(5), { constructor: 5, hasOwnProperty: null });
  // What an object inherits is none of its columns.
  assert.throws(() => db.table("u").insert(Object.create({ constructor: 6 }) as object), { code: "NOT_NULL" });
  db.close();
});
