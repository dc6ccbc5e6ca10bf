/** `table.where(condition, …values)`: its rows read, counted, changed and deleted, in all kinds of sessions; and what the compiler says of tables that are known. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Session, type SyncSession, type ValueTypes, defineTable, openSync } from "../host/index.js";
import { fails, openFor, sessionsOfAllKinds } from "./helpers/library.js";
import { testOnRuntimes } from "./helpers/runtimes.js";

const people = defineTable("people", {
  id: "int64:pk:auto",
  name: "text:unique",
  Age: "uint8:null:index",
  city: "text:index=place",
  street: "text:index=place:default=",
  about: "json:null",
});
const boss = defineTable("boss", { id: "uint32:pk", of: "int64:references=people.id" });

async function fill(db: Session): Promise<void> {
  await db.create(people);
  await db.create(boss);
  const rows = Array.from({ length: 30 }, (_, i) => ({
    name: `p${i}`,
    Age: i % 10 === 9 ? null : i,
    city: i % 2 === 0 ? "Turin" : "Bari",
  }));
  await db.table(people).insertMany(rows);
  await db.table(boss).insert({ id: 1, of: 3 });
}

testOnRuntimes("rows of a condition are read, counted, changed and deleted", async (t, runtime) => {
  const db = await openFor(t, runtime);
  await fill(db);
  const table = db.table(people);
  const young = table.where("age < ? AND city = ?", 10, "Turin");
  assert.equal(await young.count(), 5);
  assert.deepEqual((await young.scan({ columns: ["name"] }).toArray()).map(({ name }) => name).sort(), [
    "p0",
    "p2",
    "p4",
    "p6",
    "p8",
  ]);
  const seen: string[] = [];
  for await (const { name } of young.orderBy("age DESC").scan({ pageRows: 2 })) seen.push(name);
  assert.deepEqual(seen, ["p8", "p6", "p4", "p2", "p0"]);
  assert.deepEqual(
    await young
      .orderBy("age")
      .limit(2, 1)
      .scan({ columns: ["Age"] })
      .toArray(),
    [{ Age: 2 }, { Age: 4 }],
  );
  assert.deepEqual(await young.orderBy("age DESC").first({ columns: ["id", "name"] }), { id: 9n, name: "p8" });
  assert.deepEqual(
    await young
      .orderBy("age DESC")
      .limit(9, 2)
      .first({ columns: ["name"] }),
    { name: "p4" },
  );
  assert.equal(await young.limit(0).first(), undefined);
  assert.equal(await young.orderBy("age").limit(3, 1).count(), 3);
  assert.equal(await table.where("age > :least", { least: 100 }).first(), undefined);
  assert.equal(await table.where("age IN (?, ?)", [3, 4]).count(), 2);
  assert.deepEqual(await young.update({ about: { young: true } }), { updated: 5, cascaded: 0 });
  assert.equal(await table.where("about ->> '$.young' = 'true'").count(), 5);
  await fails("FOREIGN_KEY_RESTRICT", /boss/, () => table.where("age < ?", 5).delete());
  assert.equal(await table.count(), 30);
  assert.deepEqual(await table.where("age < ?", 5).delete({ cascade: true }), { deleted: 5, cascaded: 1 });
  assert.deepEqual(await table.where("age IS NULL").delete({ timeout: 10_000 }), { deleted: 3, cascaded: 0 });
  assert.equal(await table.count(), 22);
});

test("what is wrong with a condition is told when it is asked, the same everywhere", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await fill(db);
    const table = db.table("people");
    await fails("COLUMN_NOT_FOUND", /^where, line 1, column 1: there is no column agee; did you mean Age\?/, () =>
      table.where("agee > 5").count(),
    );
    await fails("BAD_REQUEST", /parameter 2 has no value/, () => table.where("age > ? AND name = ?", 5).first());
    await fails("BAD_VALUE", /parameter 1: NaN/, () => table.where("age > ?", NaN).scan().toArray());
    await fails("COLUMN_NOT_FOUND", /^orderBy, /, () => table.where("true").orderBy("nme").first());
    await fails("BAD_REQUEST", /limit/, () => table.where("true").limit(-1).scan().toArray());
    await fails("BAD_REQUEST", /offset/, () => table.where("true").limit(1, 0.5).count());
    await fails("BAD_REQUEST", /where must be a string/, () => table.where(7 as unknown as string).update({}));
    await fails("BAD_VALUE", /^people.Age: /, () => table.where("true").update({ Age: "old" }));
    await fails("SQL_TIMEOUT", /./, () =>
      table
        .where("(SELECT count(*) FROM people a, people b, people c, people d, people e WHERE a.id + e.id > ?) > 0", 7)
        .count({ timeout: 1 }),
    );
    assert.equal(await table.count(), 30);
  }
});

/** Never run: what the compiler has to refuse. */
export function refusedByCompiler(): void {
  const db = openSync(":memory:");
  const table = db.table(people);
  table.where("age > ? AND (NAME = ? OR street LIKE 'a and b') AND lower(name) = ?", 1, "x", "y");
  table.where("age BETWEEN 1 AND 5 OR city IS NOT NULL").update({ Age: 5 });
  table.where("id IN (SELECT of FROM boss WHERE other = 1)").delete();
  // @ts-expect-error: there is no such column
  table.where("agee > ?", 1);
  // @ts-expect-error: there is no such column
  table.where("age > ? AND (nme = ?)", 1, "x");
  // @ts-expect-error: there is no such column
  table.scan({ where: "nme = ?", params: ["x"] });
  // @ts-expect-error: there is no such column
  table.count({ where: "NOT nme = ?", params: ["x"] });
  // @ts-expect-error: there is no such column
  table.updateWhere({ Age: 5 }, { where: "nme=?" });
  // @ts-expect-error: there is no such column
  table.deleteWhere({ where: "nme = ?", cascade: true });
  // @ts-expect-error: there is no such column
  table.where("true").update({ nme: 5 });
  // @ts-expect-error: a name is no number
  table.where("true").update({ name: 5 });
  // @ts-expect-error: there is no such column
  table.where("true").first({ columns: ["nme"] });
  // What is only a part of the rows is not changed.
  const some = table.where("true").limit(5);
  some.count();
  const parts: ("delete" | "update")[] & (keyof typeof some)[] = [];

  table.scan({ index: "Age", from: 5, to: [7] });
  table.scan({ index: "city", eq: ["Turin", "here"] });
  table.scan({ index: ["city", "street"], from: ["Turin", "a"] });
  table.count({ from: 5n, to: 10 });
  // @ts-expect-error: no index begins with it
  table.scan({ index: "about" });
  // @ts-expect-error: there is no such column
  table.scan({ index: "agee" });
  // @ts-expect-error: there is no such column
  table.scan({ index: ["city", "stret"] });
  // @ts-expect-error: an age is a number
  table.scan({ index: "Age", from: "5" });
  // @ts-expect-error: a city is a text
  table.count({ index: ["city", "street"], eq: [5] });
  // @ts-expect-error: keys are numbers
  table.scan({ from: "x" });

  const row = db.prepare<typeof people>("SELECT * FROM people").get();
  const [other] = db.sql<typeof people>`SELECT * FROM people`;
  const age: number | null | undefined = row?.Age ?? other?.Age;
  // @ts-expect-error: it is a bigint
  const id: number | undefined = row?.id;
  // @ts-expect-error: there is no such column
  console.log(row?.nme, age, id, parts satisfies never[]);
  // What is done with any session takes each.
  const any: SyncSession<ValueTypes> = db;
  any.table(people).scan({ index: "Age", from: 5 });
  // Of a table of which nothing is known all goes.
  db.table("people").scan({ index: "any", from: "x", where: "some = ?" });
  db.table<{ id: number; name: string }>("people").where("name = ?", "x");
  // @ts-expect-error: there is no such column
  db.table<{ id: number; name: string }>("people").where("nme = ?", "x");
}
