/**
 * SQL beside SQLite in the same runtime: the library module and SQLite's WebAssembly build (node-sqlite3-wasm), both in Node and in memory.
 *
 *   npm run bench:sql [-- ROWS]     (100,000 unless it is told)
 *
 * Milliseconds of the fastest of some rounds, in turns, and how many times SQLite's is ours. Both give the same rows, or it says so.
 */
import process from "node:process";
import sqlite from "node-sqlite3-wasm";
import { openSync } from "../host/index.js";
import { Random } from "../tests/torture/random.js";

const rows = Number(process.argv[2] ?? 100_000);
const ROUNDS = 7;

/** What is asked; `once`: it changes rows, so that it runs a single time. */
const QUERIES: readonly { readonly name: string; readonly sql: string; readonly once?: boolean }[] = [
  { name: "count(*)", sql: "SELECT count(*) FROM fixed" },
  { name: "filter, fixed columns", sql: "SELECT count(*), sum(c) FROM fixed WHERE a > 1000000000 AND b < 500" },
  { name: "filter, text before them", sql: "SELECT count(*), sum(b) FROM texts WHERE a > 1000000000 AND b < 500" },
  { name: "aggregates of all rows", sql: "SELECT sum(a), min(b), max(c) FROM fixed" },
  { name: "average of all rows", sql: "SELECT avg(b) FROM fixed" },
  { name: "GROUP BY, 1,000 groups", sql: "SELECT b, count(*), sum(c) FROM fixed GROUP BY b" },
  { name: "range, from the keys alone", sql: "SELECT sum(h) FROM fixed WHERE g BETWEEN 100 AND 300" },
  { name: "join by an index", sql: "SELECT count(*), sum(p.v) FROM fixed f JOIN parts p ON p.fixed_id = f.id WHERE f.b < 100" },
  { name: "join without an index", sql: "SELECT count(*), sum(f.c) FROM parts p JOIN fixed f ON f.c = p.plain" },
  { name: "ORDER BY … LIMIT 10", sql: "SELECT id, a FROM fixed ORDER BY a LIMIT 10" },
  { name: "sort of all", sql: `SELECT max(a) FROM (SELECT a FROM fixed ORDER BY a, b LIMIT ${rows} OFFSET 1) s` },
  { name: "LIKE '%77%'", sql: "SELECT count(*) FROM texts WHERE name LIKE '%77%'" },
  {
    name: "EXISTS, by an index",
    sql: "SELECT count(*) FROM fixed f WHERE b < 20 AND EXISTS (SELECT 1 FROM parts p WHERE p.fixed_id = f.id AND v > 500)",
  },
  { name: "UPDATE of a tenth", sql: "UPDATE fixed SET c = c + 1 WHERE b < 100", once: true },
  { name: "DELETE of a tenth", sql: "DELETE FROM texts WHERE b < 100", once: true },
];

const ours = openSync(":memory:");
const theirs = new sqlite.Database(":memory:");

function make(
  table: string,
  columns: string,
  words: readonly string[],
  row: (i: number) => Record<string, number | string>,
): void {
  ours.create(table, [...words]);
  theirs.exec(`CREATE TABLE ${table} (${columns})`);
  const made = Array.from({ length: rows }, (_, i) => row(i));
  ours.table(table).insertMany(made);
  theirs.exec("BEGIN");
  const insert = theirs.prepare(`INSERT INTO ${table} VALUES (${words.map(() => "?").join(", ")})`);
  for (const values of made) insert.run(Object.values(values));
  insert.finalize();
  theirs.exec("COMMIT");
}

const random = new Random(1, 1);
const below = (n: number): number => random.below(n);
make(
  "fixed",
  "id INTEGER PRIMARY KEY, a INT, b INT, c INT, g INT, h INT",
  ["id:int64:pk", "a:int64", "b:int32", "c:int32", "g:int32:index=both", "h:int32:index=both"],
  (id) => ({ id, a: below(2 ** 31), b: below(1000), c: below(rows), g: below(1000), h: below(100_000) }),
);
theirs.exec("CREATE INDEX fixed_g_h ON fixed (g, h)");
make("texts", "id INTEGER PRIMARY KEY, name TEXT, a INT, b INT", ["id:int64:pk", "name:text", "a:int64", "b:int32"], (id) => ({
  id,
  name: `name ${below(100_000)}${"x".repeat(below(13))}`,
  a: below(2 ** 31),
  b: below(1000),
}));
make(
  "parts",
  "id INTEGER PRIMARY KEY, fixed_id INT, v INT, plain INT",
  ["id:int64:pk", "fixed_id:int64:index", "v:int64", "plain:int64"],
  (id) => ({ id, fixed_id: below(rows), v: below(1000), plain: below(rows) }),
);
theirs.exec("CREATE INDEX parts_fixed_id ON parts (fixed_id)");

function milliseconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

console.log(`${rows.toLocaleString("en")} rows, Node ${process.versions.node}, milliseconds`);
console.log(`${"".padEnd(28)}${"Quire".padStart(10)}${"SQLite".padStart(10)}${"SQLite/Quire".padStart(14)}`);
for (const { name, sql, once } of QUERIES) {
  let mine = Infinity;
  let other = Infinity;
  let differ = "";
  for (let round = 0; round < (once === true ? 1 : ROUNDS); round++) {
    let reply: readonly (readonly unknown[])[] = [];
    let answer: object[] = [];
    mine = Math.min(
      mine,
      milliseconds(() => (reply = ours.sql(sql).rows)),
    );
    other = Math.min(
      other,
      milliseconds(() => (answer = theirs.all(sql))),
    );
    const first = (values: readonly unknown[]): string => values.map((value) => Number(value).toPrecision(12)).join();
    if (
      reply.length !== answer.length ||
      (reply.length <= 10 && reply[0] && first(reply[0]) !== first(Object.values(answer[0] ?? {})))
    )
      differ = "  OTHER ROWS";
  }
  console.log(
    `${name.padEnd(28)}${mine.toFixed(2).padStart(10)}${other.toFixed(2).padStart(10)}${(other / mine).toFixed(2).padStart(13)}x${differ}`,
  );
}
ours.close();
theirs.close();
