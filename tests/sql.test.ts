/** SQL through the real module: what docs/sql.md says, errors and their places, changes, and the command. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { QuireError, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { prepareCommand } from "../host/cli/command-line.js";
import { moduleMemory } from "./helpers/module-memory.js";
import { openStore } from "./helpers/store.js";

/** A store in memory with people, some of whom have a boss, and what they were paid. */
function people() {
  const db = openSync(":memory:");
  db.create("people", ["id:uint32:pk", "name:text", "boss:uint32:null:index", "born:date:null", "wage:decimal:null"]);
  db.create("pay", ["id:int64:pk:auto", "person:uint32:index:references=people.id", "month:uint8:index", "cents:int64"]);
  const rows = [
    { id: 1, name: "Ada", boss: null, born: "1815-12-10", wage: "10.50" },
    { id: 2, name: "Bob", boss: 1, born: "1950-01-02", wage: "3.00" },
    { id: 3, name: "cid", boss: 1, born: null, wage: null },
    { id: 4, name: "Dot", boss: 2, born: "1999-09-09", wage: "3" },
  ];
  for (const row of rows) db.table("people").insert(row);
  for (let i = 0; i < 12; i++) db.table("pay").insert({ person: (i % 3) + 1, month: i + 1, cents: 100 * i });
  return db;
}

test("each example of docs/sql.md is what it says", () => {
  const page = readFileSync(join(packageRoot, "docs", "sql.md"), "utf8");
  const examples = [...page.matchAll(/^\| `(.+)` \| `(.+)` \|$/gm)];
  assert.ok(examples.length > 45);
  using db = openSync(":memory:");
  for (const [, expression, value] of examples as unknown as [string, string, string][]) {
    try {
      const { rows } = db.sql(`SELECT ${expression.replaceAll("\\|", "|")}`);
      assert.deepEqual(rows, [[JSON.parse(value)]], expression);
    } catch (error) {
      // The component has no clock (docs/component.md).
      if (!(error instanceof QuireError) || !/\b(now|current_\w+)\b/.test(expression)) throw error;
      assert.match(error.message, /there is no clock here/);
    }
  }
});

test("what is not there yet is refused by name, at its place", () => {
  using db = people();
  const refused = ["ALTER INDEX people_name_idx RENAME TO x", "SELECT julianday('now')", "SELECT current_time"];
  for (const sql of refused) assert.throws(() => db.sql(sql), { code: "SQL_UNSUPPORTED", message: /^line 1, column \d+: / }, sql);
});

test("joins, groups, compounds and queries inside of queries", () => {
  using db = people();
  const rows = (sql: string, ...params: unknown[]): unknown => db.sql(sql, params).rows;
  // Worked out by hand from the rows above.
  assert.deepEqual(rows("SELECT p.name, b.name FROM people p LEFT JOIN people b ON b.id = p.boss ORDER BY p.id"), [
    ["Ada", null],
    ["Bob", "Ada"],
    ["cid", "Ada"],
    ["Dot", "Bob"],
  ]);
  assert.deepEqual(rows("SELECT p.name, b.name FROM people b RIGHT JOIN people p ON b.id = p.boss WHERE b.id IS NULL"), [
    ["Ada", null],
  ]);
  assert.deepEqual(
    rows("SELECT name, count(cents), sum(cents) FROM people LEFT JOIN pay ON person = people.id GROUP BY people.id ORDER BY 1"),
    [
      ["Ada", "4", "1800"],
      ["Bob", "4", "2200"],
      ["Dot", "0", null],
      ["cid", "4", "2600"],
    ],
  );
  assert.deepEqual(rows("SELECT month FROM pay WHERE cents BETWEEN 300 AND 500 ORDER BY month DESC"), [[6], [5], [4]]);
  assert.deepEqual(rows("SELECT DISTINCT wage FROM people ORDER BY wage"), [[null], ["3.00"], ["10.50"]]);
  assert.deepEqual(rows("SELECT id FROM people WHERE id IN (SELECT person FROM pay WHERE cents > ?) ORDER BY id", 900), [
    [2],
    [3],
  ]);
  assert.deepEqual(rows("SELECT id FROM people EXCEPT SELECT person FROM pay"), [[4]]);
  assert.deepEqual(rows("SELECT id FROM people INTERSECT SELECT person FROM pay ORDER BY 1 DESC"), [[3], [2], [1]]);
  assert.deepEqual(rows("WITH t (n) AS (VALUES (1), (2)) SELECT a.n, b.n FROM t a, t b WHERE a.n < b.n"), [["1", "2"]]);
  assert.deepEqual(rows("SELECT max(born), min(born) FROM people WHERE born > '1900-01-01'"), [["1999-09-09", "1950-01-02"]]);
  assert.deepEqual(rows("SELECT count(*) FILTER (WHERE wage = 3), count(DISTINCT wage) FROM people"), [["2", "2"]]);
  assert.deepEqual(rows("SELECT * FROM people WHERE id = 9"), []);
  assert.deepEqual(rows("SELECT count(*), sum(wage) FROM people WHERE id = 9"), [["0", null]]);
});

test("what a query gives for a row stays as it is while others are worked out, however much that is", () => {
  using db = openSync(":memory:");
  db.sql("CREATE TABLE p (id INTEGER PRIMARY KEY)");
  db.sql("CREATE TABLE big (body TEXT)");
  const count = 2000;
  db.table("p").insertMany(Array.from({ length: count }, (_, i) => ({ id: i + 1 })));
  db.sql("INSERT INTO big VALUES (?)", ["x".repeat(60_000)]);
  // Half of what a statement may keep is used up by number 1,025; longer ones then come to lie where those before were.
  const size = "CASE WHEN p.id > 1025 THEN 56000 ELSE 34000 END";
  const value = `(SELECT substr(body, 1, ${size}) || '-' || p.id FROM big)`;
  const { rows } = db.sql(`SELECT id, length(v), substr(v, -5) FROM (SELECT id, ${value} AS v FROM p) s`);
  assert.equal(rows.length, count);
  for (const [id, length, end] of rows) {
    const text = `x-${String(id)}`;
    assert.deepEqual([length, end], [String((Number(id) > 1025 ? 55_999 : 33_999) + text.length), `xxxxx${text}`.slice(-5)]);
  }
});

test("a query by WITH RECURSIVE goes on from its own rows", () => {
  using db = people();
  const rows = (sql: string): unknown => db.sql(sql).rows;
  const count = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c";
  assert.deepEqual(rows(`${count} WHERE x < 5) SELECT x FROM c`), [["1"], ["2"], ["3"], ["4"], ["5"]]);
  assert.deepEqual(rows(`${count}) SELECT x FROM c LIMIT 2`), [["1"], ["2"]]);
  assert.deepEqual(rows(`${count} LIMIT 4) SELECT sum(x) FROM c`), [["10"]]);
  assert.throws(() => db.sql(`${count}) SELECT count(*) FROM c`), { code: "SQL_LIMIT" });
  // 1, 2, 4, and then 8 % 7 = 1 again.
  assert.deepEqual(rows("WITH RECURSIVE c(x) AS (VALUES (1) UNION SELECT x * 2 % 7 FROM c) SELECT x FROM c"), [
    ["1"],
    ["2"],
    ["4"],
  ]);
  assert.deepEqual(
    rows(
      "WITH RECURSIVE below(id, depth) AS (SELECT id, 0 FROM people WHERE boss IS NULL UNION ALL SELECT p.id, depth + 1 FROM below JOIN people p ON p.boss = below.id) SELECT name, depth FROM below JOIN people USING (id) ORDER BY depth, id",
    ),
    [
      ["Ada", "0"],
      ["Bob", "1"],
      ["cid", "1"],
      ["Dot", "2"],
    ],
  );
  assert.throws(() => db.sql("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 0.5 FROM c) SELECT x FROM c"), {
    code: "SQL_TYPE",
  });
});

test("updates and deletes by a condition are all or nothing, and see nothing of what they change", () => {
  using db = people();
  assert.equal(db.sql("UPDATE pay SET month = month + 1 WHERE month < 12").changes, 11);
  assert.deepEqual(db.sql("SELECT min(month), max(month), count(*) FROM pay").rows, [[2, 12, "12"]]);
  // The tenth row's cents are too many for the column that they go to: none has changed.
  assert.throws(() => db.sql("UPDATE pay SET month = cents / 4"), { code: "OVERFLOW" });
  assert.deepEqual(db.sql("SELECT min(month), max(month) FROM pay").rows, [[2, 12]]);
  db.begin();
  assert.equal(db.sql("DELETE FROM pay WHERE cents >= 500").changes, 7);
  assert.throws(() => db.sql("DELETE FROM people WHERE id < 3"), { code: "FOREIGN_KEY_RESTRICT" });
  assert.deepEqual(db.sql("SELECT count(*) FROM pay").rows, [["5"]], "the transaction stays");
  db.rollback();
  assert.deepEqual(db.sql("SELECT count(*) FROM pay").rows, [["12"]]);
  assert.throws(() => db.sql("UPDATE people SET name = NULL WHERE id = 1"), { code: "NOT_NULL" });
  assert.equal(db.sql("UPDATE people SET wage = NULL, born = ? WHERE name = :name", ["2000-02-29", "Ada"]).changes, 1);
  assert.deepEqual(db.sql("SELECT born, wage FROM people WHERE id = 1").rows, [["2000-02-29", null]]);
  assert.equal(db.check().errors, 0);
});

test("an error tells its place, and what was probably meant", () => {
  using db = people();
  const fails = (sql: string, code: string, message: RegExp): void => assert.throws(() => db.sql(sql), { code, message }, sql);
  fails("SELECT naem\nFROM people", "COLUMN_NOT_FOUND", /^line 1, column 8: .*did you mean name\?/);
  fails("SELECT 1\n  FROM peple", "TABLE_NOT_FOUND", /^line 2, column 8: .*did you mean people\?/);
  fails("SELECT 1 FRM people", "SQL_SYNTAX", /^line 1, column 14: expected the end of the statement, found people/);
  fails("SELECT id FROM people JOIN pay ON person = people.id", "AMBIGUOUS_COLUMN", /^line 1, column 8: /);
  fails("SELECT 'a' + 1", "SQL_TYPE", /^line 1, column 8: /);
  fails("SELECT name FROM people WHERE born > 'yesterday'", "SQL_TYPE", /^line 1, column 38: /);
  fails("SELECT name, count(*) FROM people", "SQL_TYPE", /column name is neither in GROUP BY/);
  fails("SELECT 9223372036854775807 + 1", "OVERFLOW", /^line 1, column 8: /);
  fails("SELECT 1 / (id - 1) FROM people", "DIVISION_BY_ZERO", /^line 1, column 8: /);
  fails("SELECT ?", "BAD_REQUEST", /parameter 1 has no value/);
  fails("SELECT 'open", "SQL_SYNTAX", /quote is not closed/);
  assert.deepEqual(db.sql("SELECT CASE WHEN id = 1 THEN 0 ELSE 1 / (id - 1) END FROM people ORDER BY id LIMIT 2").rows, [
    ["0"],
    ["1"],
  ]);
});

test("deep and wide statements are answered or refused", () => {
  using db = people();
  const repeated = (count: number, text: string): string => text.repeat(count);
  assert.throws(() => db.sql(`SELECT ${repeated(10_000, "(")}1${repeated(10_000, ")")}`), { code: "SQL_LIMIT" });
  assert.throws(() => db.sql(`SELECT ${repeated(10_000, "-")}1`), { code: "SQL_SYNTAX" });
  assert.throws(() => db.sql(`SELECT ${repeated(10_000, "- ")}1`), { code: "SQL_LIMIT" });
  assert.throws(() => db.sql(`SELECT 1${repeated(10_000, "+1")}`), { code: "SQL_LIMIT" });
  assert.deepEqual(db.sql(`SELECT count(*) FROM people WHERE id = 1${repeated(10_000, " OR id = 2")}`).rows, [["2"]]);
  assert.deepEqual(db.sql(`SELECT count(*) FROM people WHERE id IN (1${repeated(10_000, ",2")})`).rows, [["2"]]);
  assert.equal(db.sql(`SELECT 1${repeated(2_000, ",2")}`).columns.length, 2001);
});

test("the command: formats, parameters, a statement in the command's place, and what it opens the file for", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "n:decimal:null"]);
  await store.ok(["insert", "t", '{"id":1,"n":"1.50"}']);
  await store.ok(["insert", "t", '{"id":2}']);
  assert.equal(await store.ok(["sql", "SELECT * FROM t ORDER BY id DESC", "--format", "csv"]), "id,n\n2,\n1,1.50\n");
  assert.equal(
    await store.ok(["SELECT n * ? AS twice FROM t WHERE id = ?", "2", "1", "--format", "ndjson"]),
    '{"twice":"3.00"}\n',
  );
  assert.equal(await store.ok(["UPDATE t SET n = 0 WHERE n IS NULL"]), "changed 1 row\n");
  assert.equal(await store.ok(["sql", "SELECT sum(n) FROM t", "--readonly", "--format", "csv"]), "sum(n)\n1.50\n");
  await store.fails("READ_ONLY", 1, ["sql", "DELETE FROM t", "--readonly"]);
  await store.fails("SQL_SYNTAX", 1, ["sql", "SELECT"]);
  const locked = (statement: string): boolean => prepareCommand([store.path, "sql", statement], store.folder).lock !== null;
  assert.ok(!locked("SELECT 1") && !locked("/* update */\nVALUES (1)") && locked("/* a */ -- b\n Update t set n = 1"));
});

test("rows that fill pages, through an index with keys that fill leaves, in the smallest cache", () => {
  using db = openSync(":memory:", { cacheBytes: 1 << 21 });
  db.create("t", ["id:uint32:pk", "name:text:index", "body:text"]);
  const body = (i: number): string => String.fromCharCode(97 + (i % 26)).repeat(20_000 + i);
  const name = (i: number): string => `${String((i * 7919) % 211).padStart(4, "0")}${"k".repeat(9000)}`;
  for (let i = 0; i < 211; i++) db.table("t").insert({ id: i, name: name(i), body: body(i) });
  const wanted = Array.from({ length: 211 }, (_, i) => i).filter((i) => name(i) >= "0020" && name(i) < "0180");
  wanted.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  const { rows } = db.sql(
    "SELECT id, substr(name, 1, 4), substr(body, 1, 3), length(body) FROM t WHERE name >= '0020' AND name < '0180' ORDER BY name",
  );
  assert.deepEqual(
    rows,
    wanted.map((i) => [i, name(i).slice(0, 4), body(i).slice(0, 3), String(20_000 + i)]),
  );
  const joined = db.sql("SELECT count(*), sum(length(a.body)) FROM t a JOIN t b ON a.name = b.name WHERE b.body LIKE 'a%'").rows;
  const firsts = Array.from({ length: 211 }, (_, i) => i).filter((i) => i % 26 === 0);
  assert.deepEqual(joined, [[String(firsts.length), String(firsts.reduce((sum, i) => sum + 20_000 + i, 0))]]);
});

test("statements leave no memory behind, those that fail as little as others", (t) => {
  const memoryBytes = moduleMemory(t);
  using db = people();
  const from = "FROM (SELECT id, name FROM people) p, (SELECT count(*) n FROM pay GROUP BY month) q WHERE n IN (1, 2, 3)";
  const bytesAfter = (count: number): number => {
    for (let i = 0; i < count; i++) {
      assert.throws(() => db.sql(`SELECT nothing ${from}`), { code: "COLUMN_NOT_FOUND" });
      assert.throws(() => db.sql(`SELECT 1 / (n - 1) ${from}`), { code: "DIVISION_BY_ZERO" });
      assert.equal(db.sql(`SELECT * ${from} UNION SELECT 1, 'a', 2 ORDER BY 1`).rows.length, 5);
      const inner = "(SELECT max(cents) FROM pay WHERE person = p.id AND month IN (1, 2, 3))";
      const joined = `SELECT p.name, b.name, ${inner} FROM people p JOIN people b ON b.id = p.boss JOIN pay ON pay.person = p.id`;
      assert.equal(db.sql(`${joined} WHERE p.name LIKE 'B%' ORDER BY pay.id LIMIT 2`).rows.length, 2);
    }
    return memoryBytes();
  };
  const before = bytesAfter(200);
  assert.equal(bytesAfter(400), before);
});
