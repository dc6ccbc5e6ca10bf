/** `scan`: ranges of every kind against the same ranges of a list, and what it says to what can't be. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { openStore, type Store } from "./helpers/store.js";

interface Row {
  k: number;
  g: string;
  n: number | null;
  d: string;
}

const ROWS: Row[] = Array.from({ length: 60 }, (_, i) => ({
  k: (i * 37) % 60,
  g: ["", "a", "a,b", "[x", "é"][i % 5] as string,
  n: i % 6 === 0 ? null : (i % 4) - 2,
  d: String(i - 30),
}));

async function filled(t: TestContext): Promise<Store> {
  const store = openStore(t);
  await store.ok(["create", "t", "k:uint32:pk", "g:text:index=gn", "n:int8:null:index:index=gn", "d:int64:unique"]);
  await store.ok(["insert", "t", ...ROWS.map((row) => JSON.stringify(row))]);
  return store;
}

async function scanned(store: Store, words: string[]): Promise<Row[]> {
  return (JSON.parse(await store.ok(["scan", "t", "--json", ...words])) as { ok: { rows: Row[] } }).ok.rows;
}

const bytes = (text: string): string => Buffer.from(text).toString("hex");
const byKey = (a: Row, b: Row): number => a.k - b.k;
/** The reference sorts Int8 before Null. */
const nOf = ({ n }: Row): number => n ?? 1000;
const byN = (a: Row, b: Row): number => nOf(a) - nOf(b);
const byG = (a: Row, b: Row): number => (bytes(a.g) < bytes(b.g) ? -1 : bytes(a.g) > bytes(b.g) ? 1 : 0);

interface Case {
  words: string[];
  keep: (row: Row) => boolean;
  order?: (a: Row, b: Row) => number;
}

const cases: Case[] = [
  { words: [], keep: () => true },
  { words: ["--from", "10", "--to", "20"], keep: ({ k }) => k >= 10 && k <= 20, order: byKey },
  { words: ["--eq", "10"], keep: ({ k }) => k === 10, order: byKey },
  { words: ["--eq", "99"], keep: () => false },
  { words: ["--reverse"], keep: () => true, order: (a, b) => b.k - a.k },
  { words: ["--from", "20", "--to", "10"], keep: () => false },
  { words: ["--index", "n"], keep: () => true, order: byN },
  { words: ["--index", "n", "--eq=-1"], keep: ({ n }) => n === -1, order: byN },
  { words: ["--index", "n", "--eq", "[null]"], keep: ({ n }) => n === null, order: byN },
  { words: ["--index", "n", "--from", "0", "--reverse"], keep: (row) => nOf(row) >= 0, order: (a, b) => byN(b, a) },
  { words: ["--index", "n", "--to", "0"], keep: (row) => nOf(row) <= 0, order: byN },
  {
    words: ["--index", "d", "--from=-3", "--to", "3"],
    keep: ({ d }) => Math.abs(Number(d)) <= 3,
    order: (a, b) => Number(a.d) - Number(b.d),
  },
  { words: ["--index", "g,n", "--eq", "a,b"], keep: ({ g }) => g === "a,b", order: byN },
  { words: ["--index", '["g","n"]', "--eq", '["a,b",1]'], keep: ({ g, n }) => g === "a,b" && n === 1 },
  { words: ["--index", "g,n", "--eq", '["[x"]'], keep: ({ g }) => g === "[x", order: byN },
  { words: ["--index", "g", "--eq", ""], keep: ({ g }) => g === "", order: byN },
  {
    words: ["--index", "g,n", "--from", '["a",-1]', "--to", '["a,b"]'],
    keep: (row) => (row.g === "a" && nOf(row) >= -1) || row.g === "a,b",
    order: (a, b) => byG(a, b) || byN(a, b),
  },
  { words: ["--index", "g", "--from", "b", "--reverse"], keep: ({ g }) => g === "é", order: (a, b) => byN(b, a) },
];

test("ranges give the rows of the range, in order", async (t) => {
  const store = await filled(t);
  for (const { words, keep, order } of cases) {
    const rows = await scanned(store, words);
    const expected = ROWS.filter(keep);
    assert.deepEqual(rows.toSorted(byKey), expected.toSorted(byKey), words.join(" "));
    if (order) rows.forEach((row, i) => assert.ok(i === 0 || order(rows[i - 1] as Row, row) <= 0, words.join(" ")));
    assert.equal(await store.ok(["scan", "t", "--count", ...words]), `${expected.length}\n`);
    const page = ["--offset", "2", "--limit", "5"];
    assert.deepEqual(await scanned(store, [...words, ...page]), rows.slice(2, 7));
    assert.equal(await store.ok(["scan", "t", "--count", ...words, ...page]), `${rows.slice(2, 7).length}\n`);
  }
});

test("offsets and limits beyond the rows", async (t) => {
  const store = await filled(t);
  for (const words of [[], ["--reverse"]]) {
    const rows = await scanned(store, words);
    for (const [offset, limit] of [
      [0, 0],
      [58, 5],
      [60, 1],
      [1000, 1],
      [0, 1e15],
    ] as const) {
      const page = [...words, "--offset", `${offset}`, "--limit", `${limit}`];
      assert.deepEqual(await scanned(store, page), rows.slice(offset, offset + limit));
      assert.equal(await store.ok(["scan", "t", "--count", ...page]), `${rows.slice(offset, offset + limit).length}\n`);
    }
  }
});

test("columns are printed as asked for", async (t) => {
  const store = await filled(t);
  const words = ["--columns", "n,k", "--from", "0", "--to", "1"];
  assert.equal(await store.ok(["scan", "t", ...words]), "   n  k\n────  ─\nNULL  0\n  -1  1\n");
  assert.deepEqual(await scanned(store, ["--columns", '["d"]', "--eq", "0"]), [{ d: "-30" }]);
});

test("what can't be scanned", async (t) => {
  const store = await filled(t);
  const wrong: [string[], string, number, RegExp][] = [
    [["u"], "TABLE_NOT_FOUND", 1, /there is no table u/],
    [["t", "--index", "k,g"], "INDEX_NOT_FOUND", 1, /no index on k,g; its indexes: k; d; n; g,n/],
    [["t", "--columns", "k,gg"], "COLUMN_NOT_FOUND", 1, /no column gg; did you mean g\?/],
    [["t", "--columns", "k,g,k"], "BAD_REQUEST", 1, /column k is named twice/],
    [["t", "--eq", "x"], "BAD_VALUE", 1, /k: "x" is not a uint32/],
    [["t", "--eq", "[null]"], "BAD_VALUE", 1, /k: this column is never null/],
    [["t", "--eq", "[1,2]"], "BAD_REQUEST", 1, /a bound of 2 values; the index is on k/],
    [["t", "--eq", "[]"], "BAD_REQUEST", 1, /a bound of 0 values/],
    [["t", "--eq", "[1"], "BAD_VALUE", 1, /--eq is not JSON/],
    [["t", "--eq", "1", "--to", "2"], "USAGE", 2, /--eq goes without --from and --to/],
    [["t", "--limit", "-1"], "USAGE", 2, /--limit needs a whole number/],
    [["t", "--offset", "1e3"], "USAGE", 2, /--offset needs a whole number/],
    [["t", "--index", "[1]"], "BAD_REQUEST", 1, /index must be a list of strings that is not empty/],
  ];
  for (const [words, code, status, pattern] of wrong) assert.match(await store.fails(code, status, ["scan", ...words]), pattern);
});

test("documents are bounds too: as they are, and in an array when they are arrays", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "k:uint8:pk", "d:json:index"]);
  const documents = ['{"a":1}', "[1,2]", '"x"', "null", "3"];
  await store.ok(["insert", "t", ...documents.map((d, k) => `{"k":${k},"d":${d}}`)]);
  for (const [k, document] of documents.entries()) {
    const bound = document.startsWith("[") ? `[${document}]` : document;
    const { ok } = JSON.parse(await store.ok(["scan", "t", "--index", "d", "--eq", bound, "--json"])) as {
      ok: { rows: { k: number }[] };
    };
    assert.deepEqual(
      ok.rows.map((row) => row.k),
      [k],
      document,
    );
  }
});
