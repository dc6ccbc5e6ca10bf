/** What values of 64-bit integers, decimals and dates are in rows, as a session or one statement wants them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { fails, openFor, sessionsOfAllKinds } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";

const MOST = BigInt(Number.MAX_SAFE_INTEGER);
const TABLE = ["id:int64:pk:auto", "big:uint64:null", "price:decimal:null", "day:date:null"];

testOnRuntimes("integers and decimals are numbers on request, in tables and statements alike", async (t, runtime) => {
  const db = await openFor(t, runtime, { integers: "number", decimals: "number", dates: "date" });
  await db.create("t", TABLE);
  const table = db.table("t");
  const row = { id: -Number(MOST), big: Number(MOST), price: -1.5, day: new Date("2020-02-29") };
  assert.equal(await table.insert(row), row.id);
  assert.deepEqual(await table.insertMany([{}, { price: "12345678901234567.89" }]), [1, 2]);
  const rows = [row, { id: 1, big: null, price: null, day: null }, { id: 2, big: null, price: 12345678901234568, day: null }];
  assert.deepEqual(await table.get(row.id), row);
  assert.deepEqual(await table.scan({ index: "id" }).toArray(), rows);
  assert.deepEqual(await table.scan({ orderBy: "id" }).toArray(), rows);
  const select = await db.prepare("SELECT * FROM t ORDER BY id");
  assert.deepEqual(await select.all(), rows);
  assert.deepEqual(await select.raw().get(), Object.values(row));
  assert.deepEqual(await db.sql`SELECT count(*) AS n, sum(price) AS total FROM t WHERE id = ${1}`, [{ n: 1, total: null }]);
  assert.deepEqual(await (await db.prepare("INSERT INTO t (big) VALUES (?)")).run(5), { changes: 1, lastId: 3 });
  // A statement has its own forms, as lists too.
  const usual = await db.prepare("SELECT * FROM t ORDER BY id LIMIT 1", {
    integers: "bigint",
    decimals: "string",
    dates: "string",
  });
  assert.deepEqual(await usual.raw().all(), [[-MOST, MOST, "-1.5", "2020-02-29"]]);
  const seen: unknown[] = [];
  for await (const one of usual.iterate()) seen.push(one["id"]);
  assert.deepEqual(seen, [-MOST]);
});

test("a number that would not be the integer is refused, and what was changed is told all the same", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await db.create("t", TABLE);
    await db.table("t").insertMany([{ id: 1 }, { id: 2, big: MOST + 1n }, { id: -MOST - 1n }]);
    const select = await db.prepare("SELECT id, big FROM t ORDER BY id DESC", { integers: "number" });
    const rest = async (): Promise<void> => {
      for await (const row of select.iterate()) assert.ok(row["id"] === 2 || row["id"] === 1);
    };
    for (const call of [() => select.all(), () => select.get(), () => select.raw().get(), rest]) {
      await fails("BAD_VALUE", /^big: 9007199254740992 is beyond the numbers that are exact; ask for integers: "bigint"$/, call);
    }
    await (await db.prepare("UPDATE t SET big = NULL")).run();
    await fails("BAD_VALUE", /^id: -9007199254740992 is beyond /, () => select.all());
    assert.deepEqual(await (await db.prepare("SELECT id FROM t WHERE id > 0 ORDER BY id", { integers: "number" })).all(), [
      { id: 1 },
      { id: 2 },
    ]);
    // The key of what is in the table by now is no error, and is not rounded (nodejs/node#65177, tursodatabase/libsql-js#95).
    const insert = await db.prepare("INSERT INTO t (id) VALUES (?)", { integers: "number" });
    assert.deepEqual(await insert.run(MOST), { changes: 1, lastId: Number(MOST) });
    assert.deepEqual(await insert.run(MOST + 1n), { changes: 1, lastId: MOST + 1n });
  }
  using db = openSync(":memory:", { integers: "number" });
  db.create("t", TABLE);
  assert.deepEqual(db.table("t").insertMany([{}, { id: MOST + 7n }]), [1, MOST + 7n]);
  assert.equal(db.table("t").insert({ id: MOST + 8n }), MOST + 8n);
});

test("forms that are none are refused by name", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await fails("BAD_OPTION", /^prepare: integers must be "bigint" or "number", not text$/, () =>
      db.prepare("SELECT 1", { integers: "text" as "number" }),
    );
    await fails("BAD_OPTION", /^prepare has no option integer; options: integers, decimals, dates$/, () =>
      db.prepare("SELECT 1", { integer: "number" } as object),
    );
    await fails("BAD_OPTION", /^prepare: the options are an object$/, () => db.prepare("SELECT 1", null as unknown as object));
  }
  await fails("BAD_OPTION", /^openSync: decimals must be "string" or "number", not 7$/, () =>
    openSync(":memory:", { decimals: 7 as unknown as "number" }),
  );
});
