/** Conditions and orders in SQL in requests for rows: `where`, `params` and `orderBy` of scan, update and delete, and in TypeScript. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type SyncSession, openSync } from "../host/index.js";

interface Item {
  id: number;
  name: string;
  kind: string | null;
  price: number;
  note: string;
}

/** 300 items, of which the same are chosen by plain TypeScript. */
function items(): { db: SyncSession; rows: Item[] } {
  const db = openSync(":memory:");
  db.create("items", ["id:uint32:pk", "name:text:unique", "kind:text:null:index", "price:int32:index=p", "note:text"]);
  db.create("marks", ["id:uint32:pk", "item:uint32:index:references=items.id:cascade"]);
  const rows: Item[] = [];
  for (let i = 0; i < 300; i++) {
    const kind = i % 7 === 0 ? null : `k${i % 5}`;
    rows.push({ id: i + 1, name: `n${(i * 37) % 300}`, kind, price: ((i * 13) % 50) - 20, note: "x".repeat(i % 400) });
  }
  db.table("items").insertMany(rows.map((row) => ({ ...row })));
  return { db, rows };
}

const ids = (rows: readonly unknown[]): number[] => rows.map((row) => (row as Item).id).sort((a, b) => a - b);

test("a scan gives the rows that its condition is true for, by whatever index, in pages of any size", () => {
  const { db, rows } = items();
  const table = db.table("items");
  const cases: [string, unknown, (row: Item) => boolean][] = [
    ["price > ?", [10], (r) => r.price > 10],
    ["kind = 'k2'", undefined, (r) => r.kind === "k2"],
    ["kind IS NULL", undefined, (r) => r.kind === null],
    ["kind = :kind AND price < :most", { kind: "k3", most: 0 }, (r) => r.kind === "k3" && r.price < 0],
    ["name = ?", ["n37"], (r) => r.name === "n37"],
    ["id = 7 AND price = 12345", undefined, () => false],
    ["id = -1", undefined, () => false],
    ["id IN (3, 5, 1000)", undefined, (r) => [3, 5].includes(r.id)],
    ["kind IN ('k1', 'k4')", undefined, (r) => r.kind === "k1" || r.kind === "k4"],
    ["name LIKE 'n1%'", undefined, (r) => r.name.startsWith("n1")],
    ["length(note) BETWEEN 10 AND 20 OR price % 10 = 0", undefined, (r) => (r.id > 10 && r.id < 22) || r.price % 10 === 0],
    ["items.price = (SELECT max(price) FROM items)", undefined, (r) => r.price === 29],
    [
      "EXISTS (SELECT 1 FROM items o WHERE o.id = items.id + 1 AND o.price > items.price)",
      undefined,
      (r) => {
        const next = rows[r.id];
        return next !== undefined && next.price > r.price;
      },
    ],
    ["true -- and no more", undefined, () => true],
    ["NULL", undefined, () => false],
  ];
  for (const [where, params, fits] of cases) {
    const wanted = rows.filter(fits);
    const which = { where, ...(params === undefined ? {} : { params: params as unknown[] }) };
    for (const pageRows of [1, 7, 1000]) {
      const given = table.scan({ ...which, pageRows }).toArray() as unknown as Item[];
      assert.deepEqual(
        given.sort((a, b) => a.id - b.id),
        wanted,
        where,
      );
    }
    assert.equal(table.count(which), wanted.length, where);
    assert.equal(table.count({ ...which, offset: 2, limit: 5 }), Math.max(0, Math.min(5, wanted.length - 2)), where);
    // With an index that is named the rows come in its order.
    const byPrice = table.scan({ ...which, index: "price", reverse: true, pageRows: 3, columns: ["id", "price"] }).toArray();
    assert.deepEqual(ids(byPrice), ids(wanted), where);
    const prices = byPrice.map((row) => Number(row.price));
    assert.deepEqual(
      prices,
      prices.toSorted((a, b) => b - a),
      where,
    );
    const bounded = table.scan({ ...which, index: "price", from: 0, to: 20, pageRows: 2 }).toArray();
    assert.deepEqual(ids(bounded), ids(wanted.filter((r) => r.price >= 0 && r.price <= 20)), where);
  }
});

test("a loop over a scan with a condition may change what it likes", () => {
  const { db, rows } = items();
  const table = db.table("items");
  const seen: number[] = [];
  for (const row of table.scan({ where: "price >= 0", pageRows: 4 })) {
    seen.push(row["id"] as number);
    table.update(row["id"] as number, { price: -100, note: "y".repeat(700) });
  }
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    ids(rows.filter((r) => r.price >= 0)),
  );
  assert.equal(table.count({ where: "price >= 0" }), 0);
});

test("orderBy sorts, and offset and limit are of what is sorted", () => {
  const { db, rows } = items();
  const table = db.table("items");
  const sorted = rows.toSorted((a, b) => b.price - a.price || a.id - b.id);
  const all = table.scan({ orderBy: "price DESC, id", pageRows: 3 }).toArray();
  assert.deepEqual(all, sorted);
  const some = table.scan({
    where: "kind = ?",
    params: ["k1"],
    orderBy: "kind, price DESC, id",
    offset: 3,
    limit: 4,
    columns: ["id"],
  });
  const wanted = sorted.filter((r) => r.kind === "k1").slice(3, 7);
  assert.deepEqual(
    some.toArray(),
    wanted.map(({ id }) => ({ id })),
  );
  assert.deepEqual(table.scan({ orderBy: "length(note) + :n, id", params: { n: 1 }, limit: 1 }).toArray(), [rows[0]]);
  assert.deepEqual(table.scan({ orderBy: "kind NULLS LAST, id DESC", limit: 1, columns: ["kind"] }).toArray(), [{ kind: "k0" }]);
  assert.deepEqual(table.scan({ orderBy: "id", limit: 0 }).toArray(), []);
});

test("updates and deletes by a condition change all rows or none, and tell how many", () => {
  const { db, rows } = items();
  const table = db.table("items");
  for (let i = 1; i <= 20; i++) db.table("marks").insert({ id: i, item: i });
  const cheap = rows.filter((r) => r.price < -10);
  assert.deepEqual(table.updateWhere({ kind: "cheap" }, { where: "price < ?", params: [-10] }), {
    updated: cheap.length,
    cascaded: 0,
  });
  assert.deepEqual(ids(table.scan({ where: "kind = 'cheap'" }).toArray()), ids(cheap));
  // Each row's new key is the same: the second one can't have it, and the first one loses it again.
  assert.throws(() => table.updateWhere({ name: "same" }, { where: "id < 3" }), { code: "UNIQUE_CONFLICT" });
  assert.equal(table.count({ where: "name = 'same'" }), 0);
  assert.deepEqual(table.updateWhere({ id: 1000 }, { where: "id = 4" }), { updated: 1, cascaded: 1 });
  assert.deepEqual(table.updateWhere({ kind: null }, { where: "id = 4" }), { updated: 0, cascaded: 0 });
  assert.throws(() => table.updateWhere({ price: "many" }, { where: "id = 4" }), { code: "BAD_VALUE" });
  assert.throws(() => table.deleteWhere({ where: "id <= 10", cascade: false }), { code: "FOREIGN_KEY_RESTRICT" });
  assert.equal(table.count(), 300);
  db.begin();
  assert.deepEqual(table.deleteWhere({ where: "id <= :n", params: { n: 10 } }), { deleted: 9, cascaded: 9 });
  assert.throws(() => table.deleteWhere({ where: "1 / (id - 20) = 0" }), { code: "DIVISION_BY_ZERO" });
  assert.equal(db.info().inTransaction, true);
  db.commit();
  assert.equal(table.count(), 291);
  assert.equal(db.check().errors, 0);
});

test("what is wrong with a condition or an order is told with its place there", () => {
  const { db } = items();
  const table = db.table("items");
  const fails = (options: object, code: string, message: RegExp): void =>
    assert.throws(() => table.scan(options).toArray(), { code, message }, JSON.stringify(options));
  fails({ where: "prise > 1" }, "COLUMN_NOT_FOUND", /^where, line 1, column 1: .*did you mean price\?/);
  fails({ where: "id > 1 AND\n  nam = 'x'" }, "COLUMN_NOT_FOUND", /^where, line 2, column 3: /);
  fails({ where: "id >" }, "SQL_SYNTAX", /^where, line 1, column \d+: /);
  fails({ where: "" }, "SQL_SYNTAX", /^where, line 1, column 1: /);
  fails({ where: "id = 1; DELETE FROM items" }, "SQL_SYNTAX", /^where, line 1, column 7: /);
  fails({ where: "id = 1 ORDER BY id" }, "SQL_SYNTAX", /^where, line 1, column 8: .*the end of the condition/);
  fails({ where: "name = 'x", orderBy: "y' ; id" }, "SQL_SYNTAX", /expected the end of the condition/);
  fails({ where: "id = 1 /*", orderBy: "*/ ; id" }, "SQL_SYNTAX", /expected the end of the condition/);
  fails({ where: "1) OR (1" }, "SQL_SYNTAX", /^where, line 1, column 2: /);
  fails({ where: "id + 1" }, "SQL_TYPE", /^where, line 1, column 1: /);
  fails({ where: "1 / (price - price) = 1" }, "DIVISION_BY_ZERO", /^where, line 1/);
  fails({ where: "count(*) > 1" }, "SQL_TYPE", /^where, line 1, column 1: /);
  fails({ where: "id = ?" }, "BAD_REQUEST", /^where, line 1, column 6: parameter 1 has no value/);
  fails(
    { where: "id = :a", params: { b: 1 } },
    "BAD_REQUEST",
    /there is no parameter :b; did you mean a\?|there is no parameter :b/,
  );
  fails({ where: "id = :a", params: {} }, "BAD_REQUEST", /parameter :a has no value/);
  fails({ where: "id = ?", params: { a: 1 } }, "BAD_REQUEST", /there is no parameter :a/);
  fails({ where: "id = :a OR id = ?", params: { a: 1 } }, "BAD_REQUEST", /parameter 2 has no name/);
  fails({ where: "id = ?", params: 7 }, "BAD_REQUEST", /params must be a list, or an object/);
  fails({ where: 7 }, "BAD_REQUEST", /where must be a string/);
  fails({ params: [1] }, "BAD_REQUEST", /params goes with where/);
  fails({ orderBy: "price DESC LIMIT 3" }, "SQL_SYNTAX", /^orderBy, line 1, column 12: .*the end of the list/);
  fails({ orderBy: "price,\n  pric" }, "COLUMN_NOT_FOUND", /^orderBy, line 2, column 3: .*did you mean price\?/);
  fails({ orderBy: "7" }, "SQL_SYNTAX", /^orderBy, line 1, column 1: there is no column number 7/);
  fails({ orderBy: "" }, "SQL_SYNTAX", /^orderBy, line 1, column 1: /);
  fails({ orderBy: "count(*)" }, "SQL_TYPE", /./);
  for (const [name, value] of Object.entries({ index: "kind", eq: 1, from: 1, to: 1, reverse: true })) {
    fails({ orderBy: "id", [name]: value }, "BAD_REQUEST", new RegExp(`orderBy goes without ${name}`));
  }
  assert.throws(() => db.request({ op: "update", table: "items", key: 1, where: "true", set: {} }), { code: "BAD_REQUEST" });
  assert.throws(() => db.request({ op: "update", table: "items", set: {} }), { code: "BAD_REQUEST", message: /key or where/ });
  assert.throws(() => db.request({ op: "delete", table: "items", key: 1, where: "true" }), { code: "BAD_REQUEST" });
  assert.throws(() => db.request({ op: "delete", table: "items", key: 1, params: [] }), { code: "BAD_REQUEST" });
  assert.throws(() => db.request({ op: "scan", table: "items", where: "id > 5", after: "00" }), { code: "BAD_REQUEST" });
  assert.throws(() => db.request({ op: "scan", table: "items", where: "id > 5", after: "ff".repeat(30) }), {
    code: "BAD_REQUEST",
  });
  assert.equal(table.count(), 300);
});

test("a statement takes its parameters by name", () => {
  const { db } = items();
  const sql = "SELECT count(*) FROM items WHERE kind = :kind AND price < :most OR kind = :kind AND id = 2";
  const first = db.sql(sql, { kind: "k1", most: 0 }).rows;
  assert.deepEqual(first, db.sql(sql, ["k1", 0]).rows);
  assert.throws(() => db.sql("SELECT :a", { b: 1 }), { code: "BAD_REQUEST", message: /there is no parameter :b/ });
  assert.throws(() => db.sql("SELECT :a, @b", { a: 1 }), { code: "BAD_REQUEST", message: /parameter :b has no value/ });
});
