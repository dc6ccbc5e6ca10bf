/** JSON in SQL: its order, and what is equal. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { tempFolder } from "./helpers/store.js";
import { outcome } from "./sql/both.js";

/** Documents in files of layout 0.11 in the order of the reference (its `cmp_value`), those that are equal on one line. */
const ASCENDING = [
  ["null", " null"],
  ["false"],
  ["true"],
  ["-1.5"],
  ["-1"],
  ["0"],
  ["0.0", "-0.0", "0e5"],
  ["9007199254740992"],
  ["9007199254740992.0"],
  ["9007199254740993"],
  ["1e300"],
  ['""'],
  ['"a"'],
  ['"ab"', '"a\\u0062"'],
  ["[]"],
  ["[1]"],
  ["[1,0]", "[1 , 0]"],
  ["[2]"],
  ["{}"],
  ['{"a":1}', '{ "a" : 1 }'],
  ['{"a":1,"b":2}', '{"b":2,"a":1}'],
  ['{"a":2}'],
];

test("JSON is ordered, grouped and compared as the reference's indexes have it, by an index or without", (t) => {
  const db = openSync(join(tempFolder(t), "json.db"), { layout: "0.11" });
  t.after(() => db.close());
  const values = (sql: string, params: readonly unknown[] = []): unknown[] => db.sql(sql, params).rows.map((row) => row[0]);
  db.create("plain", ["id:int64:pk", "doc:json:null"]);
  db.create("indexed", ["id:int64:pk", "doc:json:null:index"]);
  // From the last to the first, and 0 for null.
  const documents = ASCENDING.flatMap((same, place) => same.map((text) => [place + 1, text] as const)).reverse();
  documents.forEach(([place, text], n) => {
    for (const table of ["plain", "indexed"]) db.sql(`INSERT INTO ${table} VALUES (?, ?)`, [place * 100 + n, text]);
  });
  for (const table of ["plain", "indexed"]) {
    db.sql(`INSERT INTO ${table} VALUES (0, NULL)`);
    const places = (sql: string): unknown[] => values(sql).map(Number);
    const ascending = [0, ...documents.map(([place]) => place).reverse()];
    assert.deepEqual(places(`SELECT id / 100 FROM ${table} ORDER BY doc, id`), ascending, table);
    assert.deepEqual(places(`SELECT id / 100 FROM ${table} ORDER BY doc DESC, id`), [...ascending].reverse(), table);
    assert.deepEqual(places(`SELECT id / 100 FROM ${table} ORDER BY doc NULLS LAST LIMIT 4`), [1, 1, 2, 3], table);
    const groups = values(`SELECT count(*) FROM ${table} GROUP BY doc ORDER BY doc`).map(Number);
    assert.deepEqual(groups, [1, ...ASCENDING.map((same) => same.length)], table);
    assert.deepEqual(places(`SELECT count(DISTINCT doc) FROM ${table}`), [ASCENDING.length], table);
    assert.deepEqual(values(`SELECT max(doc) FROM ${table}`), [{ a: 2 }], table);
    assert.deepEqual(values(`SELECT min(doc) FROM ${table}`), [null], table);
    const pairs = `SELECT count(*) FROM ${table} a JOIN ${table} b ON a.doc`;
    assert.deepEqual(places(`${pairs} = b.doc`), [ASCENDING.reduce((sum, same) => sum + same.length ** 2, 0)], table);
    assert.deepEqual(places(`${pairs} < b.doc AND a.id / 100 >= b.id / 100`), [0], table);
    assert.deepEqual(
      places(`SELECT count(*) FROM ${table} WHERE doc IN (SELECT doc FROM ${table} WHERE id >= 2000)`),
      [ASCENDING.slice(19).reduce((sum, same) => sum + same.length, 0)],
      table,
    );
  }
});

test("JSON_CONTAINS", (t) => {
  const db = openSync(":memory:");
  t.after(() => db.close());
  const contains = (whole: string, part: string): string => outcome(db, "SELECT json_contains(?, ?)", [whole, part]);
  for (const [whole, part, expected] of [
    ["[[3]]", "3", true],
    ["[[3]]", "[3]", true],
    ["[1]", "[1,1]", true],
    ["[[1,2],3]", "[[2],1]", true],
    ["[[1,2],3]", "[[2],4]", false],
    ["3", "[3]", false],
    ["3", "4", false],
    // In files of layout 0.9, and in memory.
    ["3", "3.0", true],
    ['{"a":{"b":[1,{"c":2}]}}', '{"a":{"b":[{"c":2}]}}', true],
    ['{"a":{"b":1}}', '{"b":1}', false],
    ['[{"a":1,"b":2}]', '[{"b":2}]', true],
    ['[{"a":1}]', '{"a":1}', false],
    ['{"a":1,"a":2}', '{"a":1}', false],
    ['"a\\u0062"', '"ab"', true],
    ["{}", "{}", true],
    ["[]", "[]", true],
    ["null", "null", true],
  ] as const)
    assert.equal(contains(whole, part), JSON.stringify([[expected]]), `${whole} ${part}`);
  assert.equal(outcome(db, "SELECT json_contains(NULL, '1'), json_contains('1', NULL)"), "[[null,null]]");
  assert.equal(contains("[", "1"), "BAD_VALUE");
  assert.equal(contains("1", "["), "BAD_VALUE");
  // Each of many elements looked for among as many others that are none of them, but for the last: an end is put to it.
  const many = (text: string, last: string): string => `[${`${text},`.repeat(20_000)}${last}]`;
  assert.equal(contains(many("1", "2"), many("2", "2")), "SQL_LIMIT");
  assert.equal(contains(many("1", "2"), many("1", "2")), "[[true]]");
});
