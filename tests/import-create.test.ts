/** `import --create`: the types that are found out from the data, the key, and real data sets. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../host/paths.js";
import { openStore, type Store } from "./helpers/store.js";
import type { TestContext } from "node:test";

/** The columns that `import --create` makes of `text`. */
async function columnsOf(t: TestContext, format: string, text: string, ...options: string[]): Promise<string[]> {
  const store = openStore(t);
  const reply = await store.ok(["import", "t", "--create", "--format", format, "--json", ...options], { stdin: text });
  return (JSON.parse(reply) as { columns: string[] }).columns;
}

/** The type of a CSV column with these values, beside a key. */
async function csvType(t: TestContext, ...values: string[]): Promise<string> {
  const columns = await columnsOf(t, "csv", `id,v\n${values.map((value, at) => `${at + 1},${value}`).join("\n")}\n`);
  assert.equal(columns[0], "id:int32:pk");
  return columns[1] ?? "";
}

const CSV_TYPES: [string[], string][] = [
  [["0", "-5", "2147483647", "-2147483648"], "v:int32"],
  [["1", "2147483648"], "v:int64"],
  [["1", "-2147483649"], "v:int64"],
  [["9223372036854775807", "-9223372036854775808"], "v:int64"],
  [["9223372036854775808", "1"], "v:uint64"],
  [["9223372036854775808", "-1"], "v:decimal"],
  [["1", "2.50"], "v:decimal"],
  [[".5", "-0.25", "1e+3"], "v:decimal"],
  [["1e3", "2e3"], "v:text"],
  [["79228162514264337593543950335"], "v:decimal"],
  [["79228162514264337593543950336"], "v:text"],
  [["007", "1"], "v:text"],
  [["+1"], "v:text"],
  [["1", "", "3"], "v:int32:null"],
  [["true", "FALSE"], "v:boolean"],
  [["true", "1"], "v:text"],
  [["2026-02-28", "1999-12-31"], "v:date"],
  [["2026-02-30"], "v:text"],
  [["2026-02-28T12:30", "2026-02-28 23:59:58.5Z"], "v:datetime"],
  [["2026-02-28", "2026-02-28T12:30"], "v:text"],
  [["9e3779b9-7f4a-7c15-f39c-c0605cedc832"], "v:uuid"],
  [["9e3779b97f4a7c15f39cc0605cedc832"], "v:text"],
  [["a", ""], "v:text:null"],
  [["a", '""'], "v:text"],
  [["1", '""'], "v:int32:null"],
  [['"12"', '"13"'], "v:int32"],
  [["", ""], "v:text:null"],
  [["NaN", "1"], "v:int32:null"],
  [["NaN", "a"], "v:text"],
];

test("CSV columns get the narrowest type that loses nothing", async (t) => {
  for (const [values, column] of CSV_TYPES) assert.equal(await csvType(t, ...values), column, values.join(" "));
});

test("JSON columns get their types from the values' kinds, and are null where a row lacks them", async (t) => {
  const rows = [
    { id: 1, n: 1, d: 1.5, s: "12", b: true, day: "2026-02-28", list: [1], mixed: 1, deep: { a: 1 }, late: 1 },
    { id: 2, n: -1, d: 2, s: "x", b: false, day: "2026-03-01", list: null, mixed: "a", deep: "text", only: null },
  ];
  const columns = await columnsOf(t, "json", JSON.stringify(rows));
  assert.deepEqual(columns, [
    "id:int32:pk",
    "n:int32",
    "d:decimal",
    "s:text",
    "b:boolean",
    "day:date",
    "list:json:null",
    "mixed:text",
    "deep:json",
    "late:int32:null",
    "only:text:null",
  ]);
});

test("the key is --key, else a column id, else the first column, if their values differ, else a column that counts", async (t) => {
  assert.equal((await columnsOf(t, "csv", "a,Id\n1,7\n1,8\n"))[1], "Id:int32:pk");
  assert.equal((await columnsOf(t, "csv", "a,id\n1,7\n2,7\n"))[0], "a:int32:pk");
  assert.deepEqual(await columnsOf(t, "csv", "a,id\n1,7\n1,7\n"), ["row_id:uint32:pk:auto", "a:int32", "id:int32"]);
  assert.deepEqual(await columnsOf(t, "csv", "a,b\n1,7\n1,8\n"), ["id:uint32:pk:auto", "a:int32", "b:int32"]);
  assert.deepEqual(await columnsOf(t, "csv", "a,b\n1.5,7\n2.5,8\n"), ["id:uint32:pk:auto", "a:decimal", "b:int32"]);
  assert.deepEqual(await columnsOf(t, "csv", "a,b\n,7\n1,8\n"), ["id:uint32:pk:auto", "a:int32:null", "b:int32"]);
  assert.deepEqual(await columnsOf(t, "csv", "a,b\n1,7\n1,8\n", "--key", "b"), ["a:int32", "b:int32:pk"]);
  assert.deepEqual(await columnsOf(t, "csv", "1,7\n2,7\n", "--no-header"), ["column1:int32:pk", "column2:int32"]);
  assert.deepEqual(await columnsOf(t, "csv", ",ß name\n0,a\n1,b\n"), ["column1:int32:pk", "ß name:text"]);
  assert.deepEqual(await columnsOf(t, "tsv", "k\tv\tw\nx\t\\N\t\n"), ["k:text:pk", "v:text:null", "w:text"]);
});

test("blank lines before the header are no rows, whatever the number of columns", async (t) => {
  const store = openStore(t);
  await store.ok(["import", "t", "--create", "--format", "csv", "--key", "a"], { stdin: "\r\n\n\ra\r\n1\r\n2\r\n" });
  assert.deepEqual(await store.rows("t"), [{ a: 1 }, { a: 2 }]);
});

test("mistakes with --create are named", async (t) => {
  const store = openStore(t);
  const fails = (code: string, text: string, ...options: string[]): Promise<string> =>
    store.fails(code, 1, ["import", "t", "--create", "--format", "csv", ...options], { stdin: text });
  assert.match(await fails("COLUMN_NOT_FOUND", "name,b\na,1\n", "--key", "nam"), /did you mean name\?/);
  assert.match(await fails("NOT_NULL", "a,b\n1,\n", "--key", "b"), /column b has rows without a value/);
  await fails("BAD_VALUE", "");
  await store.fails("BAD_VALUE", 1, ["import", "t", "--create", "--format", "json"], { stdin: "[]" });
});

test("what is behind the first 16 MiB of standard input may be wider than the sample", async (t) => {
  const store = openStore(t);
  const filler = "x".repeat(1000);
  const rows = Array.from({ length: 17_000 }, (_, at) => `${at},1,${filler}`);
  rows.push("17000,9000000000,");
  await store.ok(["import", "t", "--create", "--format", "csv"], { stdin: `id,n,s\n${rows.join("\n")}\n` });
  assert.equal((await store.ok(["schema", "t"])).trim(), "create t id:int64:pk n:int64:null s:text:null");
  rows.push("17001,no number,");
  const text = `id,n,s\n${rows.join("\n")}\n`;
  const said = await store.fails("BAD_VALUE", 1, ["import", "u", "--create", "--format", "csv"], { stdin: text });
  assert.match(
    said,
    /line 17003, column n: "no number" is not plainly an int64 .*import a file by its name, or add --types n=text/,
  );
});

/** Imports a data set of the package vega-datasets with --create. */
async function importDataSet(store: Store, table: string, file: string): Promise<void> {
  copyFileSync(join(packageRoot, "node_modules", "vega-datasets", "data", file), join(store.folder, file));
  await store.ok(["import", table, `data/${file}`, "--create"]);
}

test("real data sets: airports, flights, movies, cars, zip codes", async (t) => {
  const store = openStore(t);
  await importDataSet(store, "airports", "airports.csv");
  await importDataSet(store, "flights", "flights-20k.json");
  await importDataSet(store, "movies", "movies.json");
  await importDataSet(store, "cars", "cars.json");
  await importDataSet(store, "zipcodes", "zipcodes.csv");
  const schema = await store.ok(["schema"]);
  const lines = [
    "create airports iata:text:pk name:text city:text state:text country:text latitude:decimal longitude:decimal",
    "create flights id:uint32:pk:auto date:text delay:int32 distance:int32 origin:text destination:text",
    "create zipcodes zip_code:text:pk latitude:decimal longitude:decimal city:text state:text county:text",
  ];
  for (const line of lines) assert.ok(schema.includes(line), `${line}\n${schema}`);
  const count = async (table: string): Promise<number> => Number(await store.ok(["scan", table, "--count"]));
  const data = (file: string): string => readFileSync(join(packageRoot, "node_modules", "vega-datasets", "data", file), "utf8");
  assert.equal(await count("airports"), 3376);
  assert.equal(await count("zipcodes"), data("zipcodes.csv").trimEnd().split("\n").length - 1);
  const flights = JSON.parse(data("flights-20k.json")) as { delay: number }[];
  const rows = await store.rows("flights");
  assert.equal(rows.length, flights.length);
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row["delay"]), 0),
    flights.reduce((sum, flight) => sum + flight.delay, 0),
  );
  const movies = JSON.parse(data("movies.json")) as { Title: string | number | null; "IMDB Rating": number | null }[];
  const imported = (await store.rows("movies")).sort((a, b) => Number(a["id"]) - Number(b["id"]));
  assert.deepEqual(
    imported.map((row) => [row["Title"], row["IMDB Rating"] === null ? null : Number(row["IMDB Rating"])]),
    movies.map((movie) => [movie.Title === null ? null : String(movie.Title), movie["IMDB Rating"]]),
  );
});

test("a table that the Rust crates 0.9.0 could not read is announced", async (t) => {
  const source = { stdin: "id,share,name\n1,0.5,a\n" };
  const old = await openStore(t).run(["import", "t", "--create", "--format", "csv"], source);
  assert.match(old.stderr, /^created t id:int32:pk share:decimal name:text\nnote: .* --layout 0\.11/);
  const now = await openStore(t).run(["import", "t", "--create", "--format", "csv", "--layout", "0.11"], source);
  assert.equal(now.stderr, "created t id:int32:pk share:decimal name:text\n");
  const last = await openStore(t).run(["import", "t", "--create", "--format", "csv"], { stdin: "id,share\n1,0.5\n" });
  assert.equal(last.stderr, "created t id:int32:pk share:decimal\n");
});

test("one column that may be several is announced where the delimiter was chosen", async (t) => {
  const semicolons = { stdin: "a;b\n1;2\n" };
  const store = openStore(t);
  const made = await store.run(["import", "t", "--create", "--format", "csv", "--delimiter", ","], semicolons);
  assert.match(made.stderr, /^created t 'a;b:text:pk'\nnote: the header may name more columns; .* add --delimiter ';'\n$/);
  const said = await store.fails("COLUMN_NOT_FOUND", 1, ["import", "t", "--format", "csv", "--delimiter", ","], {
    stdin: "a\tb\n1\t2\n",
  });
  assert.match(said, /table t has no column a\\tb; if the header names several columns, add --format tsv/);
  const plain = await store.run(["import", "v", "--create", "--format", "csv"], { stdin: "a\n1\n" });
  assert.equal(plain.stderr, "created v a:int32:pk\n");
});
