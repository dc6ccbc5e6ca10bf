/** JSON in SQL: its order, what is equal, and the functions that make rows of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openSync } from "../host/index.js";
import { tempFolder } from "./helpers/store.js";
import { outcome, withBoth } from "./sql/both.js";

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

test("JSON_EACH and JSON_TREE give what SQLite gives, of literals and of columns before them", () => {
  withBoth((both) => {
    const documents = [
      '[1,"x",null,{"a b":[true,1.5],"c":{}}]',
      '{"a":1,"b_c":[2,3],"9":null}',
      "5",
      "[]",
      "{}",
      '{"a":{"b":[1,{"c":2}]}}',
    ];
    const table = "CREATE TABLE t (id INTEGER PRIMARY KEY, doc TEXT)";
    const rows = `INSERT INTO t (doc) VALUES ${documents.map((text) => `('${text}')`).join(", ")}, (NULL)`;
    for (const sql of [table, rows]) {
      both.run(sql);
      both.quire.sql(sql);
    }
    // Every value is text in Quire, as ->> gives it, true and false with it.
    const value = "CASE WHEN type IN ('true', 'false') THEN type ELSE value END AS v";
    const atom = "CASE WHEN type IN ('true', 'false') THEN type ELSE atom END AS w";
    for (const text of documents) {
      for (const name of ["json_each", "json_tree"]) {
        both.same(`SELECT key, ${value}, type, ${atom}, fullkey, path FROM ${name}('${text}')`);
        for (const path of ["$", "$.a", "$[3]", '$[3]."a b"', "$.a.b", "$.a.b[1].c", "$.nope"])
          both.same(`SELECT key, ${value}, type, ${atom}, fullkey, path FROM ${name}('${text}', '${path}')`);
      }
    }
    for (const sql of [
      "SELECT count(*) FROM json_each(NULL)",
      "SELECT count(*) FROM json_tree('[1]', NULL)",
      "SELECT t.id, e.key, e.value FROM t, json_each(t.doc) e WHERE e.type <> 'true' ORDER BY t.id, e.id",
      "SELECT t.id, e.key FROM t LEFT JOIN json_each(t.doc) e ON e.type <> 'null' ORDER BY t.id, e.id",
      "SELECT t.id, e.key FROM t CROSS JOIN json_tree(t.doc, '$.a') AS e ORDER BY t.id, e.id",
      "SELECT t.id FROM t WHERE EXISTS (SELECT 1 FROM json_each(t.doc) WHERE value = '2') ORDER BY id",
      "SELECT t.id, (SELECT count(*) FROM json_tree(t.doc)) FROM t ORDER BY id",
      "SELECT t.id, f.fullkey FROM t JOIN json_each(t.doc) e JOIN json_each(CASE WHEN e.type IN ('array', 'object') THEN e.value ELSE '[]' END) f ORDER BY t.id, e.id, f.id",
      "SELECT a.id, count(*) FROM t a JOIN t b ON a.id <= b.id JOIN json_tree(a.doc) e ON e.type <> 'object' WHERE b.id < 5 GROUP BY a.id ORDER BY a.id",
      'SELECT p.fullkey AS a, c.fullkey AS b FROM json_tree(\'{"a":[1,{"b":2}]}\') p JOIN json_tree(\'{"a":[1,{"b":2}]}\') c ON c.parent = p.id ORDER BY p.fullkey, c.fullkey',
      "SELECT group_concat(k.value, '') FROM json_tree('[[1,[2]],3]') k WHERE k.atom IS NOT NULL",
      'WITH e AS (SELECT value AS v FROM json_each(\'["a","b"]\')) SELECT v FROM e ORDER BY v DESC',
      "SELECT type, count(*) FROM t, json_tree(t.doc) GROUP BY type ORDER BY type",
    ])
      both.same(sql);
    const db = both.quire;
    // SQLite has a.b[1] for the key, and $ for the path.
    const root = "SELECT key, fullkey, path FROM json_tree('{\"a\":{\"b\":[1,{}]}}', '$.a.b[1]')";
    assert.equal(outcome(db, root), '[["1","$.a.b[1]","$.a.b"]]');
    assert.deepEqual(db.sql("SELECT value FROM json_each(?) ORDER BY id", ["[3,1]"]).rows, [["3"], ["1"]]);
    const deep = `${"[".repeat(127)}${"]".repeat(127)}`;
    assert.equal(outcome(db, "SELECT count(*), max(length(fullkey)) FROM json_tree(?)", [deep]), '[["127","379"]]');
    const long = JSON.stringify(Array.from({ length: 5000 }, (_, n) => n));
    assert.equal(
      outcome(db, "SELECT count(*), sum(CAST(value AS integer)), max(CAST(key AS integer)) FROM json_each(?)", [long]),
      '[["5000","12497500","4999"]]',
    );
    for (const [sql, code] of [
      ["SELECT * FROM json_each('[')", "BAD_VALUE"],
      ["SELECT * FROM json_each('[1]', 'x')", "BAD_VALUE"],
      ["SELECT * FROM json_each('1', '$', '$')", "SQL_TYPE"],
      ["SELECT * FROM json_each(nope)", "COLUMN_NOT_FOUND"],
      ["SELECT * FROM json_each", "TABLE_NOT_FOUND"],
      ["SELECT * FROM json_each(t.doc), t", "TABLE_NOT_FOUND"],
      ["SELECT * FROM t RIGHT JOIN json_each(t.doc) e ON TRUE", "SQL_UNSUPPORTED"],
      ["SELECT * FROM t JOIN (t b LEFT JOIN json_each(t.doc) e ON TRUE) ON TRUE", "SQL_UNSUPPORTED"],
    ] as const)
      assert.equal(outcome(db, sql), code, sql);
  });
});

test("GENERATE_SERIES", (t) => {
  const db = openSync(":memory:");
  t.after(() => db.close());
  const ask = (args: string): string => outcome(db, `SELECT value FROM generate_series(${args})`);
  assert.equal(ask("1, 3"), '[["1"],["2"],["3"]]');
  assert.equal(ask("5, 1, -2"), '[["5"],["3"],["1"]]');
  assert.equal(ask("3, 1"), "[]");
  assert.equal(ask("1, NULL"), "[]");
  assert.equal(ask("9223372036854775806, 9223372036854775807"), '[["9223372036854775806"],["9223372036854775807"]]');
  assert.equal(ask("-9223372036854775807, -9223372036854775808, -1"), '[["-9223372036854775807"],["-9223372036854775808"]]');
  assert.equal(ask("1, 3, 0"), "BAD_VALUE");
  assert.equal(ask("1, 'x'"), "SQL_TYPE");
  assert.equal(ask("1"), "SQL_TYPE");
  assert.equal(ask("1, 1.5"), "SQL_TYPE");
  assert.equal(outcome(db, "SELECT count(*), sum(value) FROM generate_series(1, 5000)"), '[["5000","12502500"]]');
  assert.equal(
    outcome(
      db,
      "SELECT a.value, b.value FROM generate_series(1, 3) a JOIN generate_series(a.value, 3) b ON b.value > 2 ORDER BY 1",
    ),
    '[["1","3"],["2","3"],["3","3"]]',
  );
  // A limit ends it.
  assert.equal(outcome(db, "SELECT value FROM generate_series(1, 9223372036854775807) LIMIT 2"), '[["1"],["2"]]');
});
