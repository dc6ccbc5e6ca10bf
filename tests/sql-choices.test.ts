/**
 * Whether the planner takes a good way where rows are spread unevenly: how many rows are read, against all ways that it is left when columns
 * are hidden from their indexes, one by one and together; and how long many tables take to plan.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync } from "../host/index.js";

type Db = ReturnType<typeof openSync>;

/** Orders of which most are of one customer and done, with items of which a few orders have most, and half are of one product. */
function shop(): Db {
  const db = openSync(":memory:");
  db.create("customers", ["id:int64:pk", "city:int32:index"]);
  db.create("orders", ["id:int64:pk", "customer:int64:index", "status:text:index", "day:int32:index"]);
  db.create("items", ["id:int64:pk", "order_id:int64:index", "product:int64:index", "n:int32"]);
  db.create("products", ["id:int64:pk", "kind:int32:index"]);
  db.table("customers").insertMany(Array.from({ length: 500 }, (_, id) => ({ id, city: id < 450 ? 0 : id % 20 })));
  db.table("products").insertMany(Array.from({ length: 300 }, (_, id) => ({ id, kind: id === 7 ? 9 : id % 3 })));
  db.table("orders").insertMany(
    Array.from({ length: 8000 }, (_, id) => ({
      id,
      customer: id % 10 < 6 ? 1 : (id * 31) % 500,
      status: id % 50 === 3 ? "open" : id % 500 === 9 ? "lost" : "done",
      day: Math.floor(Math.sqrt(id * 50)),
    })),
  );
  db.table("items").insertMany(
    Array.from({ length: 16_000 }, (_, id) => ({
      id,
      order_id: id % 2 === 0 ? id % 16 : (id * 7) % 8000,
      product: id % 2 === 0 ? 7 : (id * 13) % 300,
      n: id % 5,
    })),
  );
  return db;
}

/** What a statement gives, and how many rows of tables are read for it. */
function run(db: Db, sql: string): { readonly rows: string; readonly read: number } {
  const read = db
    .sql(`EXPLAIN ANALYZE ${sql}`)
    .rows.filter(([line]) => String(line).includes("scan of"))
    .reduce((sum, [, , rows]) => sum + Number(rows), 0);
  return { rows: JSON.stringify(db.sql(sql).rows), read };
}

/** Columns in ‹…› may be hidden. */
const QUERIES = [
  "SELECT count(*), sum(id) FROM orders WHERE ‹customer› = 1 AND ‹status› = 'open'",
  "SELECT count(*), sum(id) FROM orders WHERE ‹customer› = 17 AND ‹status› = 'done'",
  "SELECT count(*), sum(id) FROM orders WHERE ‹customer› = 1 AND ‹day› < 9",
  "SELECT count(*), sum(id) FROM orders WHERE ‹customer› = 1 AND ‹day› > 9 AND ‹status› = 'lost'",
  "SELECT count(*), sum(id) FROM orders WHERE ‹customer› IN (3, 5, 8) OR ‹status› = 'lost'",
  "SELECT id FROM orders WHERE ‹status› = 'done' ORDER BY ‹day› DESC, id LIMIT 3",
  "SELECT count(*), sum(i.n) FROM orders o JOIN items i ON ‹i.order_id› = ‹o.id› WHERE ‹o.status› = 'lost'",
  "SELECT count(*), sum(i.n) FROM orders o JOIN items i ON ‹i.order_id› = ‹o.id› WHERE ‹i.product› = 8 AND ‹o.customer› = 1",
  "SELECT count(*), sum(i.n) FROM orders o JOIN items i ON ‹i.order_id› = ‹o.id› WHERE ‹i.product› = 7 AND ‹o.customer› = 17",
  "SELECT count(*), sum(i.n) FROM items i JOIN products p ON ‹p.id› = ‹i.product› WHERE ‹p.kind› = 9",
  "SELECT count(*), sum(i.n) FROM customers c JOIN orders o ON ‹o.customer› = ‹c.id› JOIN items i ON ‹i.order_id› = ‹o.id› WHERE ‹c.city› = 7",
  "SELECT count(*), sum(i.n) FROM customers c JOIN orders o ON ‹o.customer› = ‹c.id› JOIN items i ON ‹i.order_id› = ‹o.id› WHERE ‹o.day› = 20 AND ‹c.city› = 0",
  "SELECT count(*), max(p.kind) FROM products p JOIN items i ON ‹i.product› = ‹p.id› JOIN orders o ON ‹o.id› = ‹i.order_id› WHERE ‹o.status› = 'open' AND ‹p.kind› = 1",
  "SELECT c.city, (SELECT count(*) FROM orders o WHERE ‹o.customer› = ‹c.id›) FROM customers c WHERE ‹c.city› = 3 ORDER BY 2, 1",
];

test("of uneven rows no more than three times those are read that the best way reads", (t) => {
  using db = shop();
  let worst = 0;
  for (const query of QUERIES) {
    const places = query.match(/‹/gu)?.length ?? 0;
    const variants = Array.from({ length: 1 << places }, (_, hidden) => {
      let place = 0;
      return query.replaceAll(/‹([^›]*)›/gu, (_all, column: string) => {
        if (((hidden >> place++) & 1) === 0) return column;
        return column.endsWith("status") ? `(${column} || '')` : `(${column} + 0)`;
      });
    });
    const [chosen, ...others] = variants.map((sql) => run(db, sql));
    assert.ok(chosen);
    for (const other of others) assert.equal(other.rows, chosen.rows, query);
    const best = Math.min(...others.map(({ read }) => read), chosen.read);
    worst = Math.max(worst, chosen.read / (best + 20));
    assert.ok(chosen.read <= 3 * best + 60, `${query}: ${chosen.read} rows instead of ${best}`);
  }
  t.diagnostic(`at most ${worst.toFixed(2)} times as many`);
});

test("joins of 64 tables are planned at once, each table by an index", () => {
  using db = openSync(":memory:");
  const names = Array.from({ length: 64 }, (_, n) => `t${n}`);
  for (const [n, name] of names.entries()) {
    db.create(name, ["id:int64:pk", "a:int64:index", "b:int64:index", "c:int64"]);
    db.table(name).insertMany(Array.from({ length: 10 + ((n * 37) % 90) }, (_, id) => ({ id, a: id, b: id % 10, c: id % 3 })));
  }
  const joined = (count: number, on: readonly string[]): string =>
    `SELECT count(*) FROM ${names.slice(0, count).join(", ")} WHERE ${[...on, "t0.id = 3"].join(" AND ")}`;
  const chain = joined(
    64,
    names.slice(1).map((name, n) => `t${n}.id = ${name}.a`),
  );
  const star = joined(
    64,
    names.slice(1).map((name) => `t0.id = ${name}.a`),
  );
  const clique = joined(
    12,
    names.slice(0, 12).flatMap((a, n) => names.slice(0, n).map((b) => `${a}.a = ${b}.id`)),
  );
  for (const sql of [chain, star, clique]) {
    const { rows } = db.sql(`EXPLAIN ANALYZE ${sql}`);
    const read = rows.filter(([line]) => String(line).includes("scan of")).map(([, , found]) => Number(found));
    // One row of each is looked for by an index, but for tables that are as small as what that takes.
    assert.ok(Math.max(...read) <= 20 && read.length >= 12, read.join(" "));
    assert.deepEqual(db.sql(sql).rows, [["1"]]);
  }
});
