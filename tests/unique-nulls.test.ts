/** Any number of rows has null in a unique column, unless a store is opened for one: in every way that rows come, change and go. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { QuireError, type SyncSession, openSync } from "../host/index.js";
import { openFor } from "./helpers/library.js";
import { openStore, tempFolder } from "./helpers/store.js";
import { Random } from "./torture/random.js";

interface Part {
  readonly id: number;
  readonly code: string | null;
  readonly serial: number | null;
  readonly kind: number;
}

/** In `code` null comes first, in `serial` last. */
const PARTS = ["id:uint32:pk", "code:text:unique:null", "serial:int32:unique:null", "kind:uint32:index"];

const part = (id: number, code: string | null, serial: number | null): Part => ({ id, code, serial, kind: id % 5 });

/** More than three leaves of nulls in each index, and values among them. */
const MANY: readonly Part[] = Array.from({ length: 7000 }, (_, i) =>
  part(i, i % 40 === 7 ? `c${i}` : null, i % 40 === 9 ? i : null),
);

const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof QuireError, String(error));
    return `${error.code} ${error.message}`;
  }
  return "";
};

/** The table has these rows, each found by its keys, and nothing is wrong with the file. */
function assertRows(db: SyncSession, rows: Iterable<Part>): void {
  const expected = [...rows].sort((a, b) => a.id - b.id);
  const table = db.table<Part>("parts");
  assert.deepEqual(table.scan({ index: "id" }).toArray(), expected);
  for (const [name, pick] of [
    ["code", (row: Part) => row.code],
    ["serial", (row: Part) => row.serial],
  ] as const) {
    const nulls = expected.filter((row) => pick(row) === null).map(({ id }) => id);
    const found = table.scan({ index: name, eq: [null], columns: ["id"] }).toArray();
    assert.deepEqual(found.map(({ id }) => id).sort((a, b) => a - b), nulls, name); // prettier-ignore
    for (const row of expected.filter((one) => pick(one) !== null)) assert.deepEqual(table.find(pick(row), { index: name }), row);
    if (nulls.length > 0) assert.equal(table.find(null, { index: name })?.[name], null);
  }
  const { errors, faults } = db.check();
  assert.equal(errors, 0, JSON.stringify(faults.slice(0, 3)));
}

for (const layout of ["0.9", "0.11"] as const) {
  test(`thousands of nulls come in a batch, go from either end and from the middle, and come again (layout ${layout})`, (t) => {
    const db = openSync(join(tempFolder(t), "app.db"), { layout });
    db.create("parts", PARTS);
    const table = db.table<Part>("parts");
    const rows = new Map(MANY.map((row) => [row.id, row]));
    table.insertMany([...MANY]);
    assertRows(db, rows.values());
    const { faults } = db.check();
    assert.deepEqual(
      faults.map(({ severity, code, message }) => `${severity} ${code} ${message}`),
      ["code", "serial"].map(
        (name) =>
          `note UNIQUE_NULLS 6825 rows have null in the unique ${name}: the reference can't update them unless they get a value there`,
      ),
    );
    const random = new Random(5, 1);
    const orders: ((ids: number[]) => number[])[] = [
      (ids) => ids.slice(-4500).reverse(),
      (ids) => ids.slice(0, 4500),
      (ids) => ids.filter(() => !random.oneIn(4)),
    ];
    for (const [round, order] of orders.entries()) {
      const gone = order([...rows.keys()].sort((a, b) => a - b));
      // By itself each, or in one transaction, where changes of indexes wait.
      if (round === 1) db.transaction(() => gone.forEach((id) => table.delete(id)));
      else table.deleteMany(gone);
      for (const id of gone) rows.delete(id);
      assertRows(db, rows.values());
      const back = gone.map((id) => part(id, id % 40 === 7 ? `c${id}` : null, id % 40 === 9 ? id : null));
      if (round === 1) db.transaction(() => back.forEach((row) => table.insert(row)));
      else table.insertMany(back);
      for (const row of back) rows.set(row.id, row);
      assertRows(db, rows.values());
    }
    db.close();
  });
}

for (const uniqueNulls of ["many", "one"] as const) {
  test(`inserts, updates, batches and transactions by the rule: ${uniqueNulls}`, (t) => {
    const random = new Random(9, uniqueNulls === "many" ? 1 : 2);
    const path = join(tempFolder(t), "app.db");
    const open = (): SyncSession => openSync(path, { uniqueNulls });
    let db = open();
    db.create("parts", PARTS);
    let rows = new Map<number, Part>();
    const taken = (row: Part, except: number): boolean => {
      for (const other of rows.values()) {
        if (other.id === except) continue;
        for (const name of ["code", "serial"] as const) {
          if (other[name] !== row[name]) continue;
          // A row that keeps its null is not in the way.
          if (row[name] === null && (uniqueNulls === "many" || rows.get(except)?.[name] === null)) continue;
          return true;
        }
      }
      return false;
    };
    const value = <T>(made: T): T | null => (random.oneIn(uniqueNulls === "many" ? 2 : 6) ? null : made);
    const refused = { insert: 0, update: 0, batch: 0 };
    for (let step = 0; step < 900; step++) {
      const table = db.table<Part>("parts");
      const id = random.below(250);
      const row = part(id, value(`c${random.below(600)}`), value(random.below(600)));
      const old = rows.get(id);
      const isIn = random.below(6);
      const work = (): void => {
        if (old === undefined && isIn < 5) {
          const bad = taken(row, -1);
          const said = codeOf(() => table.insert(row));
          assert.equal(said.startsWith("UNIQUE_CONFLICT"), bad, said);
          if (bad) refused.insert += 1;
          else rows.set(id, row);
        } else if (old !== undefined && isIn < 5) {
          const bad = taken(row, id);
          const said = codeOf(() => table.update(id, { code: row.code, serial: row.serial, kind: row.kind }));
          assert.equal(said.startsWith("UNIQUE_CONFLICT"), bad, said);
          if (bad) refused.update += 1;
          else rows.set(id, row);
        } else if (old !== undefined) {
          table.delete(id);
          rows.delete(id);
        } else {
          const batch = Array.from({ length: 70 }, (_, i) => part(1000 + i, value(`b${i}`), value(2000 + i)));
          const before = new Map(rows);
          let bad = false;
          for (const one of batch) {
            bad = bad || taken(one, -1) || rows.has(one.id);
            rows.set(one.id, one);
          }
          const said = codeOf(() => table.insertMany(batch));
          assert.equal(said !== "", bad, said);
          if (bad) {
            rows = before;
            refused.batch += 1;
          } else {
            table.deleteMany(batch.map((one) => one.id));
            rows = before;
          }
        }
      };
      if (random.oneIn(3)) {
        const before = new Map(rows);
        const isKept = !random.oneIn(3);
        db.begin();
        work();
        for (let i = 0; i < 2; i++) {
          const other = [...rows.keys()][random.below(Math.max(1, rows.size))];
          if (other !== undefined && random.oneIn(2)) {
            table.delete(other);
            rows.delete(other);
          }
        }
        if (isKept) db.commit();
        else {
          db.rollback();
          rows = before;
        }
      } else work();
      if (step % 150 === 149) {
        assertRows(db, rows.values());
        db.close();
        db = open();
      }
    }
    if (uniqueNulls === "one")
      assert.ok(refused.insert > 20 && refused.update > 20 && refused.batch > 5, JSON.stringify(refused));
    db.close();
  });
}

test("one null: of two in a batch the second one is refused by its number, also when there were thousands before", (t) => {
  const path = join(tempFolder(t), "app.db");
  const strict = openSync(path, { uniqueNulls: "one" });
  strict.create("parts", PARTS);
  const batch = Array.from({ length: 100 }, (_, i) => part(i, i === 20 || i === 60 ? null : `c${i}`, i));
  assert.equal(
    codeOf(() => strict.table<Part>("parts").insertMany(batch)),
    "UNIQUE_CONFLICT row 61: another row of parts has code = null",
  );
  // An earlier row that is wrong with a value comes first.
  const twice = batch.map((row, i) => (i === 50 ? { ...row, code: "c49" } : row));
  assert.equal(
    codeOf(() => strict.table<Part>("parts").insertMany(twice)),
    "UNIQUE_CONFLICT row 51: another row of parts has code = c49",
  );
  strict.table<Part>("parts").insertMany(batch.slice(0, 60));
  strict.close();
  const lax = openSync(path);
  lax.table<Part>("parts").insertMany(MANY.filter(({ id }) => id >= 100).map((row) => ({ ...row, serial: row.id })));
  lax.close();
  const again = openSync(path, { uniqueNulls: "one" });
  const table = again.table<Part>("parts");
  for (const call of [
    () => table.insert(part(70_000, null, 8000)),
    () => table.update(5, { code: null }),
    () => table.insertMany(Array.from({ length: 80 }, (_, i) => part(8000 + i, i === 79 ? null : `x${i}`, 8000 + i))),
  ])
    assert.match(codeOf(call), /UNIQUE_CONFLICT .*parts has code = null/);
  // Rows that have it already may change otherwise, and be given values.
  table.update(200, { kind: 77 });
  table.update(201, { code: "given" });
  assert.equal(again.check().errors, 0);
  again.close();
});

test("rows that refer to a nullable unique column: null refers to nothing, whoever else has it", (t) => {
  const db = openSync(join(tempFolder(t), "app.db"));
  db.create("parents", ["id:uint32:pk", "mail:text:unique:null"]);
  db.create("kids", ["id:uint32:pk", "mail:text:null:index:references=parents.mail:cascade"]);
  db.create("seats", ["id:uint32:pk", "mail:text:null:unique:references=parents.mail"]);
  db.table("parents").insertMany([{ id: 1 }, { id: 2 }, { id: 3, mail: "a" }, { id: 4, mail: "b" }]);
  db.table("kids").insertMany([{ id: 1 }, { id: 2 }, { id: 3, mail: "a" }, { id: 4, mail: "b" }]);
  db.table("seats").insertMany([{ id: 1 }, { id: 2 }, { id: 3, mail: "a" }]);
  const mails = (name: string): unknown[] => db.table<{ mail: unknown }>(name).scan().toArray().map((row) => row.mail); // prettier-ignore
  db.table("parents").delete(1);
  db.table("parents").update(2, { mail: "c" });
  assert.deepEqual(mails("kids"), [null, null, "a", "b"]);
  // A key that others have goes to null, and they follow; one of them is unique, and shares null then.
  db.table("parents").update(3, { mail: null });
  assert.deepEqual(mails("kids"), [null, null, null, "b"]);
  assert.deepEqual(mails("seats"), [null, null, null]);
  db.table("parents").delete(4);
  assert.deepEqual(mails("kids"), [null, null, null]);
  assert.equal(db.check().errors, 0);
  db.close();
});

test("copies keep such rows, whatever they are told about nulls", async (t) => {
  const store = openStore(t, { options: ["--unique-nulls", "one"] });
  const lax = openSync(store.path);
  lax.create("parts", PARTS);
  lax.table<Part>("parts").insertMany([...MANY]);
  lax.close();
  const hash = /[0-9a-f]{16}/.exec(await store.ok(["hash"]))?.[0] as string;
  for (const [out, words] of [
    ["compact.db", ["compact", "data/compact.db"]],
    ["backup.db", ["backup", "data/backup.db"]],
    ["convert.db", ["convert", "data/convert.db", "--layout", "0.11"]],
    ["repair.db", ["repair", "data/repair.db"]],
  ] as const) {
    await store.ok(words);
    const db = openSync(join(store.folder, out));
    assertRows(db, MANY);
    db.close();
  }
  const dump = await store.ok(["dump"]);
  const strict = openStore(t, { options: ["--unique-nulls", "one"], checkStatus: null });
  await strict.fails("UNIQUE_CONFLICT", 1, ["load"], { stdin: dump });
  const loaded = openStore(t);
  await loaded.ok(["load"], { stdin: dump });
  assert.equal(/[0-9a-f]{16}/.exec(await loaded.ok(["hash"]))?.[0], hash);
  const csv = await store.ok(["export", "parts", "--format", "csv"]);
  const imported = openStore(t);
  await imported.ok(["create", "parts", ...PARTS]);
  await imported.ok(["import", "parts", "-", "--format", "csv"], { stdin: csv });
  assert.equal(/[0-9a-f]{16}/.exec(await imported.ok(["hash"]))?.[0], hash);
});

test("the option, in the command, in requests of serve, in the library, and misspelled", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "parts", ...PARTS]);
  await store.ok(["insert", "parts", '{"id":1,"kind":0}', '{"id":2,"kind":0}']);
  await store.fails("UNIQUE_CONFLICT", 1, ["insert", "parts", '{"id":3,"kind":0}', "--unique-nulls", "one"]);
  await store.fails("USAGE", 2, ["insert", "parts", '{"id":3,"kind":0}', "--unique-nulls", "none"]);
  const db = await openFor(t, "wasmtime", { uniqueNulls: "one" });
  await db.create("parts", PARTS);
  await db.table<Part>("parts").insert(part(1, null, null));
  await assert.rejects(async () => db.table<Part>("parts").insert(part(2, null, 1)), { code: "UNIQUE_CONFLICT" });
  assert.throws(() => openSync(store.path, { uniqueNulls: "none" as never }), { code: "BAD_OPTION" });
});

test("SQL's changes: a null is in nobody's way, be it for ON CONFLICT, OR REPLACE or OR IGNORE", (t) => {
  for (const uniqueNulls of ["many", "one"] as const) {
    const db = openSync(join(tempFolder(t), "app.db"), { uniqueNulls });
    db.create("parts", PARTS);
    const run = (sql: string): void => void db.request({ op: "sql", sql });
    run("INSERT INTO parts VALUES (1, NULL, 1, 0), (2, 'a', 2, 0)");
    run("INSERT INTO parts VALUES (3, NULL, 3, 0) ON CONFLICT (code) DO UPDATE SET kind = 7");
    run("INSERT OR REPLACE INTO parts VALUES (4, NULL, 4, 0)");
    run("INSERT OR IGNORE INTO parts VALUES (5, NULL, 5, 0)");
    const ids = db.table<Part>("parts").scan().toArray().map(({ id, kind }) => `${id}:${kind}`); // prettier-ignore
    assert.deepEqual(ids.sort(), uniqueNulls === "many" ? ["1:0", "2:0", "3:0", "4:0", "5:0"] : ["2:0", "4:0"]);
    assert.equal(db.check().errors, 0);
    db.close();
  }
});

test("one null: an insert that is refused in a transaction leaves it as it is, also where numbers are given and changes wait", (t) => {
  const db = openSync(join(tempFolder(t), "app.db"), { uniqueNulls: "one" });
  db.create("users", ["id:int64:pk:auto", "email:text:null:unique"]);
  db.begin();
  db.table("users").insert({ email: null });
  for (let n = 0; n < 3; n++) db.table("users").insert({ email: `u${n}` });
  for (let n = 0; n < 2; n++) {
    assert.match(
      codeOf(() => db.table("users").insert({ email: null })),
      /^UNIQUE_CONFLICT/u,
    );
    assert.match(
      codeOf(() => db.sql("INSERT INTO users (email) VALUES (NULL)")),
      /^UNIQUE_CONFLICT/u,
    );
    db.table("users").insert({ email: `v${n}` });
  }
  db.commit();
  assert.deepEqual(
    [...db.table("users").scan()].map(({ email }) => email),
    [null, "u0", "u1", "u2", "v0", "v1"],
  );
  assert.equal(db.check().errors, 0);
  db.close();
});
