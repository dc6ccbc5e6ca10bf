/** What SQL keeps in a file, as commands see it: dump and load, import, info, check and convert. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "./helpers/store.js";

test("dump brings views, constraints and names along, and load and import keep to the constraints", async (t) => {
  const store = openStore(t);
  for (const sql of [
    "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL CONSTRAINT dear CHECK (price < 100))",
    "CREATE INDEX by_price ON items (price)",
    "CREATE VIEW cheap AS SELECT name FROM items WHERE price < 10",
    "INSERT INTO items (name, price) VALUES ('pen', 1), ('book', 20)",
  ])
    await store.ok([sql]);
  const dump = await store.ok(["dump"]);
  assert.match(dump.split("\n")[1] as string, /^\{"table":"__quire_catalog","rows":3,/, "the catalog comes first");
  const other = openStore(t);
  const file = join(other.folder, "dump.ndjson");
  writeFileSync(file, dump);
  await other.ok(["load", "data/dump.ndjson"]);
  assert.equal(await other.ok(["dump"]), dump);
  assert.equal(await other.ok(["SELECT * FROM cheap", "--format", "csv"]), "name\npen\n");
  await other.ok(["DROP INDEX by_price"]);
  writeFileSync(file, dump.replace('"price":"20"', '"price":"200"'));
  const third = openStore(t);
  writeFileSync(join(third.folder, "dump.ndjson"), readFileSync(file));
  await third.fails("CHECK_FAILED", 1, ["load", "data/dump.ndjson"]);
  const rows = join(other.folder, "rows.csv");
  writeFileSync(rows, "name,price\nmap,7\ncar,7000\nbag,\nbus,101\n");
  await other.fails("CHECK_FAILED", 1, ["import", "items", "data/rows.csv"]);
  assert.match(await other.ok(["SELECT count(*) FROM items", "--format", "csv"]), /\n2\n/);
  const told = await other.run(["import", "items", "data/rows.csv", "--skip-bad"]);
  assert.match(`${told.stdout}${told.stderr}`, /items\.id = \d+: the row breaks CHECK dear \(price < 100\)/);
  assert.match(await other.ok(["SELECT count(*) FROM items", "--format", "csv"]), /\n4\n/);
  // In no list of tables.
  assert.doesNotMatch(await other.ok(["tables"]), /quire/);
  assert.doesNotMatch(await other.ok(["schema"]), /quire/);
  const info = await other.ok(["info"]);
  assert.match(info, /catalog +1 of views, 1 of CHECK constraints, which SQL knows\n/);
  assert.match(info, /REFERENCE_CATALOG/);
  assert.doesNotMatch(info, /__quire_catalog/);
});

/** What keeps views, constraints, names and defaults: the words of a command, and the file that it makes, "" for the store itself. */
const KEEPS: readonly (readonly [words: readonly string[], file: string])[] = [
  [["compact", "data/out.db"], "out.db"],
  [["backup", "data/out.db"], "out.db"],
  [["repair", "data/out.db"], "out.db"],
  [["convert", "data/out.db", "--layout", "0.9"], "out.db"],
  [["convert", "data/out.db", "--layout", "0.11"], "out.db"],
  [["compact"], ""],
  [["migrate", "data/own.schema"], ""],
  [["migrate", "data/more.schema"], ""],
  [["alter", "items", "add", "more:text:default=m", "--first"], ""],
];

for (const layout of ["0.9", "0.11"] as const) {
  test(`copies and changes of a file keep what SQL keeps in it, layout ${layout}`, async (t) => {
    const first = openStore(t);
    await first.ok(["create", "items", "id:uint32:pk:auto", "name:text", "price:decimal:null", "--layout", layout]);
    await first.ok([
      "sql",
      `ALTER TABLE items ADD CONSTRAINT dear CHECK (price < 100); ALTER TABLE items ADD COLUMN made DATETIME;
       ALTER TABLE items ALTER made SET DEFAULT CURRENT_TIMESTAMP; CREATE INDEX by_price ON items (price);
       CREATE VIEW cheap AS SELECT name FROM items WHERE price < 10; INSERT INTO items (name, price) VALUES ('pen', 1), ('book', 20)`,
    ]);
    const schema = await first.ok(["schema"]);
    const bytes = readFileSync(first.path);
    for (const [words, file] of KEEPS.filter(([words]) => words[0] !== "convert" || words[3] !== layout)) {
      const store = openStore(t, { bytes });
      writeFileSync(join(store.folder, "own.schema"), schema);
      writeFileSync(join(store.folder, "more.schema"), schema.replace("name:text", "name:text more:uint8:default=1"));
      await store.ok([...words]);
      if (file !== "") {
        assert.match(await store.ok(["diff", "data/out.db"]), /are equal: 2 tables, 6 rows/u, words.join(" "));
        writeFileSync(store.path, readFileSync(join(store.folder, file)));
      }
      const csv = async (sql: string): Promise<string> => store.ok([sql, "--format", "csv"]);
      assert.equal(await csv("SELECT * FROM cheap"), "name\npen\n", words.join(" "));
      await store.fails("CHECK_FAILED", 1, ["INSERT INTO items (name, price) VALUES ('gold', 100)"]);
      assert.equal(
        await csv("INSERT INTO items (name) VALUES ('new') RETURNING made > '2020-01-01 00:00' AS ok"),
        "ok\ntrue\n",
        words.join(" "),
      );
      await store.ok(["DROP INDEX by_price"]);
    }
    // What differs in it is a difference of files.
    const other = openStore(t, { bytes });
    writeFileSync(join(other.folder, "first.db"), bytes);
    await other.ok(["ALTER TABLE items DROP CONSTRAINT dear"]);
    assert.match((await other.run(["diff", "data/first.db"])).stdout, /"name":"dear"/u);
  });
}

test("check notes what is of no use, and rows that were there before their constraint", async (t) => {
  const store = openStore(t);
  for (const sql of [
    "CREATE TABLE items (id INTEGER PRIMARY KEY, a INT)",
    "INSERT INTO items (a) VALUES (1), (-1), (NULL), (-2)",
    "CREATE VIEW good AS SELECT a FROM items",
    "CREATE VIEW broken AS SELECT a AS b FROM good",
    "CREATE INDEX mine ON items (a)",
  ])
    await store.ok([sql]);
  assert.doesNotMatch(await store.ok(["check"]), /CATALOG_ODD|CHECK_BROKEN/);
  const add = 'INSERT INTO __quire_catalog (kind, name, "table", sql) VALUES ';
  await store.ok([
    `${add} ('check', 'up', 'items', 'a > 0'), ('check', '', 'items', 'nope'), ('check', '', 'nobody', 'TRUE'), ('view', 'GOOD', '', ''), ('view', 'v', '', 'CREATE VIEW v AS SELECT * FROM v'), ('index', 'i', 'items', 'CREATE INDEX i ON items (b)'), ('thing', 't', '', '')`,
  ]);
  const text = await store.ok(["check"]);
  const notes = [...text.matchAll(/note (CATALOG_ODD|CHECK_BROKEN) page \d+, byte \d+: (.*)/g)].map(
    ([, code, what]) => `${code}: ${what}`,
  );
  assert.deepEqual(notes.sort(), [
    "CATALOG_ODD: CHECK (TRUE) of nobody, id 6: there is no table nobody",
    "CATALOG_ODD: CHECK (nope) of items, id 5: CHECK (nope) of items, line 1, column 1: there is no column nope",
    "CATALOG_ODD: index i of items, id 9: the table has no such index",
    "CATALOG_ODD: thing t, id 10: nothing is of this kind",
    "CATALOG_ODD: view GOOD, id 7: another one before it is called so",
    "CATALOG_ODD: view v, id 8: view v, line 1, column 32: view v is made of itself",
    "CHECK_BROKEN: items.id = 2: the row breaks CHECK up (a > 0)",
    "CHECK_BROKEN: items.id = 4: the row breaks CHECK up (a > 0)",
  ]);
  assert.match(text, /0 errors/);
});

test("convert --for-reference leaves the catalog out, tells of what it had, and gives the file that there would have been without it", async (t) => {
  const store = openStore(t);
  const plain = openStore(t);
  for (const [sql, isPlain] of [
    ["CREATE TABLE items (id INTEGER PRIMARY KEY, a INT)", true],
    ["CREATE TABLE more (id INTEGER PRIMARY KEY, a INT CHECK (a > 0))", false],
    ["CREATE VIEW v AS SELECT a FROM items", false],
    ["INSERT INTO items (a) VALUES (1), (2)", true],
    ["DROP TABLE more", false],
    ["CREATE INDEX mine ON items (a)", true],
  ] as const) {
    await store.ok([sql]);
    if (isPlain) await plain.ok([sql]);
  }
  const [out, same] = [join(store.folder, "out.db"), join(plain.folder, "out.db")];
  assert.equal(
    await store.ok(["convert", "data/out.db", "--for-reference"]),
    `data/out.db: layout 0.9, 1 table, 2 rows\nleft out: view v\nleft out: index mine of items\n`,
  );
  await plain.ok(["DELETE FROM __quire_catalog"]);
  await plain.ok(["DROP TABLE __quire_catalog"]);
  await plain.ok(["compact", "data/out.db"]);
  assert.deepEqual(readFileSync(out), readFileSync(same));
  const json = JSON.parse(
    await store.ok(["convert", "data/out11.db", "--layout", "0.11", "--for-reference", "--json"]),
  ) as object;
  assert.deepEqual(
    { ...json, pages: 0 },
    { layout: "0.11", pages: 0, tables: 1, dropped: ["view v", "index mine of items"], rows: 2, identities: 0, reference: "" },
  );
  await store.fails("BAD_VALUE", 1, ["convert", "data/again.db", "--layout", "0.9"]);
});

test("dump, load and convert keep defaults that are worked out for each row; for the reference they are left out", async (t) => {
  const store = openStore(t);
  await store.ok([
    "CREATE TABLE t (id INTEGER PRIMARY KEY, made DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, v TEXT DEFAULT (lower('V')))",
  ]);
  await store.ok(["INSERT INTO t (id) VALUES (1)"]);
  assert.match(await store.ok(["info"]), /catalog +2 of defaults, which SQL knows\n/);
  const insert = ["INSERT INTO t DEFAULT VALUES RETURNING v, made > '2020-01-01 00:00' AS ok", "--format", "csv"];
  const other = openStore(t);
  writeFileSync(join(other.folder, "dump.ndjson"), await store.ok(["dump"]));
  await other.ok(["load", "data/dump.ndjson"]);
  assert.equal(await other.ok(["dump"]), await store.ok(["dump"]));
  const csv = join(other.folder, "rows.csv");
  writeFileSync(csv, "id\n7\n8\n");
  await other.ok(["import", "t", "data/rows.csv"]);
  assert.equal(await other.ok(["SELECT count(*) AS n FROM t WHERE v = 'v'", "--format", "csv"]), "n\n3\n");
  assert.equal(
    await store.ok(["convert", "data/plain.db", "--for-reference"]),
    "data/plain.db: layout 0.9, 1 table, 1 row\nleft out: DEFAULT of made of t (CURRENT_TIMESTAMP)\nleft out: DEFAULT of v of t (lower('V'))\n",
  );
  await store.ok(["compact", "data/whole.db"]);
  for (const [name, gives] of [
    ["whole.db", true],
    ["plain.db", false],
  ] as const) {
    const copy = openStore(t);
    writeFileSync(copy.path, readFileSync(join(store.folder, name)));
    if (gives) assert.match(await copy.ok(insert), /^v,ok\nv,(true|1)\n$/);
    else await copy.fails("NOT_NULL", 1, insert);
  }
});
