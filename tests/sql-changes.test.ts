/** INSERT, UPDATE and DELETE in all their forms, and transactions as statements, through the real module. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSync, type SyncSession } from "../host/index.js";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { moduleMemory } from "./helpers/module-memory.js";
import { openStore } from "./helpers/store.js";

/** A store in memory with users, and posts that go with them. */
function blog(): SyncSession {
  const db = openSync(":memory:");
  db.create("users", ["id:int64:pk:auto", "email:text:unique", "name:text:default=nobody", "age:uint8:null:index"]);
  db.create("posts", ["id:int64:pk:auto", "owner:int64:index:references=users.id:cascade", "title:text:null"]);
  return db;
}

function rowsOf(db: SyncSession, sql: string, ...params: unknown[]): unknown {
  return db.sql(sql, params).rows;
}

function fails(db: SyncSession, sql: string, code: string, message = /./u): void {
  assert.throws(() => db.sql(sql), { code, message }, sql);
}

test("INSERT: columns, several rows, DEFAULT, null for the next number, and what it tells", () => {
  using db = blog();
  assert.deepEqual(db.sql("INSERT INTO users (email, age) VALUES ('a', 1), ('b', NULL)"), {
    columns: [],
    types: [],
    rows: [],
    changes: 2,
    lastId: "2",
    lastIdType: "int64",
  });
  assert.equal(db.sql("insert into users values (null, 'c', default, ?)", [7]).lastId, "3");
  assert.equal(db.sql('INSERT INTO "users" ("id", "email") VALUES (10, $1)', ["d"]).lastId, "10");
  assert.equal(db.sql("INSERT INTO users (email) VALUES ('e')").lastId, "11", "numbers go on behind one that was given");
  db.create("marks", ["id:int64:pk:auto", "at:text:default=now"]);
  assert.equal(db.sql("INSERT INTO marks DEFAULT VALUES").lastId, "1");
  assert.deepEqual(rowsOf(db, "SELECT * FROM marks"), [["1", "now"]]);
  assert.deepEqual(rowsOf(db, "SELECT * FROM users ORDER BY id"), [
    ["1", "a", "nobody", 1],
    ["2", "b", "nobody", null],
    ["3", "c", "nobody", 7],
    ["10", "d", "nobody", null],
    ["11", "e", "nobody", null],
  ]);
  assert.equal(
    db.sql("INSERT INTO posts (owner, title) SELECT id, email || '!' FROM users WHERE age > 0 ORDER BY id").changes,
    2,
  );
  assert.equal(db.sql("INSERT INTO posts (title, owner) (SELECT 'x', max(id) FROM users) RETURNING id").rows[0]?.[0], "3");
  assert.equal(db.sql("WITH old AS (SELECT * FROM users WHERE id < 3) INSERT INTO posts (owner) SELECT id FROM old").changes, 2);
  assert.equal(db.sql("INSERT INTO posts (owner) SELECT id FROM users WHERE id > 99").changes, 0);
  assert.equal(db.sql("INSERT INTO posts (owner) VALUES ((SELECT min(id) FROM users)), (1 + 1)").changes, 2);
  assert.equal(db.check().errors, 0);
});

test("INSERT refuses what does not fit, at its place, and all of it", () => {
  using db = blog();
  fails(
    db,
    "INSERT INTO users (email, age) VALUES ('a', 1), ('b', 256)",
    "OVERFLOW",
    /^line 1, column 55: column age can't hold 256$/u,
  );
  fails(db, "INSERT INTO users (email, age) VALUES ('a')", "SQL_SYNTAX", /^line 1, column 39: 1 values for 2 columns/u);
  fails(db, "INSERT INTO users (email) SELECT 'a', 2", "SQL_SYNTAX", /2 values for 1 columns/u);
  fails(db, "INSERT INTO users (email, Email) VALUES ('a', 'b')", "SQL_SYNTAX", /column 27: column Email is there twice/u);
  fails(db, "INSERT INTO users (mail) VALUES ('a')", "COLUMN_NOT_FOUND", /column 20: .*did you mean email/u);
  fails(db, "INSERT INTO user (email) VALUES ('a')", "TABLE_NOT_FOUND", /did you mean users/u);
  fails(db, "INSERT INTO users (email) VALUES (email)", "COLUMN_NOT_FOUND");
  fails(db, "INSERT INTO users (email) VALUES (1 + DEFAULT)", "SQL_SYNTAX", /column 39: expected a value/u);
  fails(db, "INSERT INTO users (age) VALUES (1)", "NOT_NULL", /users\.email has no value and no default/u);
  fails(db, "INSERT INTO users (email) VALUES (NULL)", "NOT_NULL");
  fails(db, "INSERT INTO users (email) VALUES ('a'), ('b'), ('a')", "UNIQUE_CONFLICT", /^row 3: /u);
  fails(db, "INSERT INTO users (id, email) VALUES (1, 'a'), (1, 'b')", "PRIMARY_KEY_CONFLICT", /^row 2: /u);
  fails(db, "INSERT INTO posts (owner) VALUES (1)", "FOREIGN_KEY_BROKEN");
  fails(db, "INSERT INTO users (email, age) VALUES ('a', 'x')", "SQL_TYPE", /column 45: "x" is not/u);
  fails(db, "INSERT INTO users (email, age) VALUES ('a', '1.5')", "OVERFLOW", /column 45/u);
  fails(
    db,
    "INSERT INTO users (email, age) VALUES ('a', CAST('2024-01-31' AS date))",
    "SQL_TYPE",
    /column age is uint8, the value date/u,
  );
  fails(db, "INSERT INTO users (email, age) SELECT 'a' || id, 1 / (2 - id) FROM (VALUES (1), (2)) v(id)", "DIVISION_BY_ZERO");
  assert.deepEqual(rowsOf(db, "SELECT count(*) FROM users"), [["0"]]);
});

test("values become what the column is, where nothing is lost", () => {
  using db = openSync(":memory:");
  db.create("v", ["id:int64:pk:auto", "i:int32:null", "u:uint64:null", "n:decimal:null", "t:text:null", "f:boolean:null"]);
  db.create("w", ["id:int64:pk:auto", "d:date:null", "m:datetime:null", "g:uuid:null", "j:json:null", "x:blob:null"]);
  db.sql("INSERT INTO v (i, u, n, t, f) VALUES ('-7', 18446744073709551615, 5, 1.50, 1), (- 3, '8', 1e2, -4, '0')");
  db.sql("INSERT INTO v (i, u, n, t, f) VALUES (?, ?, ?, ?, ?)", ["12", 3, "1.25", 0x10, 0]);
  db.sql("INSERT INTO v (i, u, n, t, f) SELECT t, i, u, n, f FROM (VALUES (7.0, '21', 9, 2, TRUE)) s(i, t, u, n, f)");
  assert.deepEqual(rowsOf(db, "SELECT i, u, n, t, f FROM v ORDER BY id"), [
    [-7, "18446744073709551615", "5", "1.50", true],
    [-3, "8", "100", "-4", false],
    [12, "3", "1.25", "16", false],
    [21, "7", "9", "2", true],
  ]);
  const uuid = "9e3779b9-7f4a-7c15-f39c-c0605cedc832";
  db.sql("INSERT INTO w (d, m, g, j, x) VALUES ('2024-02-29', '2024-02-29T10:00:00Z', ?, '{\"a\": [1]}', x'00ff')", [uuid]);
  db.sql(`INSERT INTO w (d, m, g, j, x) SELECT '2024-' || '01-31', CAST('2024-01-31' AS date), '${uuid}', '[' || ']', x'0a'`);
  assert.deepEqual(rowsOf(db, "SELECT d, m, g, j, x FROM w ORDER BY id"), [
    ["2024-02-29", "2024-02-29T10:00:00.000000+00:00", uuid, { a: [1] }, "00ff"],
    ["2024-01-31", "2024-01-31T00:00:00.000000+00:00", uuid, [], "0a"],
  ]);
  db.sql("INSERT INTO v (t) SELECT d FROM w ORDER BY id LIMIT 1");
  assert.deepEqual(rowsOf(db, "SELECT t FROM v WHERE id = 5"), [["2024-02-29"]]);
  fails(db, "INSERT INTO v (i) SELECT t || 'x' FROM v", "BAD_VALUE");
  fails(db, "INSERT INTO v (i) SELECT 1.5 + id FROM v", "OVERFLOW");
  fails(db, "INSERT INTO w (x) SELECT t FROM v", "SQL_TYPE");
  // 1 and 0 of an expression are true and false, and the other way round.
  db.sql("INSERT INTO v (id, f, i) SELECT id + 100, CASE WHEN i > 0 THEN 1 ELSE 0 END, NOT f FROM v WHERE id < 5");
  assert.deepEqual(rowsOf(db, "SELECT f, i FROM v WHERE id > 100 ORDER BY id"), [
    [false, 0],
    [false, 1],
    [true, 1],
    [true, 0],
  ]);
  fails(db, "INSERT INTO v (f) VALUES (2)", "OVERFLOW");
  fails(db, "INSERT INTO v (f) SELECT 2 - id FROM v WHERE id = 4", "OVERFLOW");
  fails(db, "INSERT INTO w (j) VALUES ('{')", "SQL_TYPE");
  fails(db, "UPDATE v SET id = '1.5'", "OVERFLOW");
});

test("RETURNING gives rows as they are when all is done", () => {
  using db = blog();
  const { columns, types, rows, changes } = db.sql(
    "INSERT INTO users (email, age) VALUES ('a', 1), ('b', 2) RETURNING id, upper(email) AS mail, age * 2, *",
  );
  assert.deepEqual(columns, ["id", "mail", "age * 2", "id", "email", "name", "age"]);
  assert.deepEqual(types, ["int64", "text", "int64", "int64", "text", "text", "uint8"]);
  assert.deepEqual(rows, [
    ["1", "A", "2", "1", "a", "nobody", 1],
    ["2", "B", "4", "2", "b", "nobody", 2],
  ]);
  assert.equal(changes, 2);
  assert.deepEqual(rowsOf(db, "UPDATE users AS u SET age = u.age + 1, name = 'x' WHERE u.id = 2 RETURNING u.age, name"), [
    [3, "x"],
  ]);
  assert.deepEqual(rowsOf(db, "DELETE FROM users WHERE id = 1 RETURNING *"), [["1", "a", "nobody", 1]]);
  assert.deepEqual(rowsOf(db, "DELETE FROM users WHERE id = 1 RETURNING *"), []);
  // A value that can't be worked out takes the statement back.
  for (const change of ["INSERT INTO users (email) VALUES ('n')", "UPDATE users SET name = 'y'", "DELETE FROM users"])
    fails(db, `${change} RETURNING 1 / (id - id)`, "DIVISION_BY_ZERO");
  fails(db, "DELETE FROM users RETURNING count(*)", "SQL_TYPE");
  fails(db, "DELETE FROM users RETURNING nothing", "COLUMN_NOT_FOUND");
  assert.deepEqual(rowsOf(db, "SELECT id, name FROM users"), [["2", "x"]]);
  // More than a reply of a query has: what is done is told.
  const long = "z".repeat(60_000);
  const all = db.sql(
    `INSERT INTO posts (owner, title) SELECT 2, '${long}' FROM (VALUES ${"(1),".repeat(199)}(1)) v RETURNING title`,
  );
  assert.equal(all.rows.length, 200);
  assert.equal(all.rows[199]?.[0], long);
});

test("ON CONFLICT, OR IGNORE, OR REPLACE and REPLACE", () => {
  using db = blog();
  const users = (): unknown => rowsOf(db, "SELECT id, email, name, age FROM users ORDER BY id");
  db.sql("INSERT INTO users (email, age) VALUES ('a', 1), ('b', 2)");
  assert.deepEqual(
    rowsOf(
      db,
      `INSERT INTO users (email, age) VALUES ('b', 5), ('c', 9), ('b', 6)
       ON CONFLICT ("users"."email") DO UPDATE SET age = users.age + excluded.age, name = excluded.email || name RETURNING id, name, age`,
    ),
    [
      ["2", "bnobody", 7],
      ["3", "nobody", 9],
      ["2", "bbnobody", 13],
    ],
  );
  assert.equal(
    db.sql("INSERT INTO users (email, age) VALUES ('b', 0) ON CONFLICT (email) DO UPDATE SET age = 0 WHERE age > 99").changes,
    0,
  );
  assert.equal(db.sql("INSERT INTO users (email) VALUES ('a'), ('d') ON CONFLICT DO NOTHING").lastId, "4", "no number is lost");
  assert.equal(db.sql("INSERT INTO users (email) VALUES ('a') ON CONFLICT (email) DO NOTHING").changes, 0);
  assert.equal(
    db.sql("INSERT INTO users (id, email) VALUES (1, 'z') ON CONFLICT (email) DO NOTHING ON CONFLICT DO UPDATE SET age = 50")
      .changes,
    1,
  );
  fails(db, "INSERT INTO users (id, email) VALUES (1, 'z') ON CONFLICT (email) DO NOTHING", "PRIMARY_KEY_CONFLICT");
  fails(db, "INSERT INTO users (email) VALUES ('a') ON CONFLICT (age) DO NOTHING", "INDEX_NOT_FOUND", /column 53: /u);
  fails(db, "INSERT INTO users (email) VALUES ('a') ON CONFLICT (email) DO UPDATE SET email = 'b'", "UNIQUE_CONFLICT");
  fails(db, "INSERT INTO users (email) VALUES ('a') ON CONFLICT (email) DO UPDATE SET age = 300", "OVERFLOW");
  fails(db, "INSERT INTO users (email) VALUES ('a') ON CONFLICT (email) WHERE age > 1 DO NOTHING", "SQL_UNSUPPORTED");
  fails(db, "INSERT INTO users (email) VALUES ('a') ON CONFLICT ON CONSTRAINT c DO NOTHING", "SQL_UNSUPPORTED");
  assert.deepEqual(users(), [
    ["1", "a", "nobody", 50],
    ["2", "b", "bbnobody", 13],
    ["3", "c", "nobody", 9],
    ["4", "d", "nobody", null],
  ]);
  const ignored =
    "INSERT OR IGNORE INTO users (id, email, name) VALUES (1, 'q', 'q'), (9, NULL, 'q'), (9, 'i', 'q'), (8, 'i', 'q')";
  assert.deepEqual(rowsOf(db, `${ignored} RETURNING id`), [["9"]]);
  db.sql("INSERT INTO posts (owner) VALUES (1), (2), (9)");
  // The new row has the key of one and the e-mail of another: both go, and what goes with them.
  assert.equal(db.sql("REPLACE INTO users (id, email) VALUES (1, 'b')").changes, 1);
  assert.deepEqual(rowsOf(db, "SELECT owner FROM posts"), [["9"]]);
  db.sql("INSERT OR REPLACE INTO users (id, email, name) VALUES (3, 'c', NULL)");
  assert.deepEqual(users(), [
    ["1", "b", "nobody", null],
    ["3", "c", "nobody", null],
    ["4", "d", "nobody", null],
    ["9", "i", "q", null],
  ]);
  assert.equal(db.sql("UPDATE OR IGNORE users SET email = 'b' WHERE id IN (3, 9)").changes, 0);
  assert.equal(db.sql("UPDATE OR REPLACE users SET email = 'b' WHERE id = 3").changes, 1);
  assert.deepEqual(rowsOf(db, "SELECT id FROM users ORDER BY 1"), [["3"], ["4"], ["9"]]);
  for (const how of ["FAIL", "ROLLBACK"])
    fails(db, `INSERT OR ${how} INTO users (email) VALUES ('a')`, "SQL_UNSUPPORTED", /OR ABORT/u);
  assert.equal(db.check().errors, 0);
});

test("a row that others refer to and must not go can be replaced by one with its key", () => {
  using db = openSync(":memory:");
  db.create("p", ["id:int64:pk", "n:int64:null"]);
  db.create("c", ["id:int64:pk", "p:int64:null:index:references=p.id:restrict"]);
  db.sql("INSERT INTO p VALUES (1, 1), (2, 2)");
  db.sql("INSERT INTO c VALUES (1, 1), (2, 2)");
  assert.equal(db.sql("REPLACE INTO p SELECT id, n + 10 FROM p").changes, 2);
  assert.deepEqual(rowsOf(db, "SELECT * FROM p"), [
    ["1", "11"],
    ["2", "12"],
  ]);
  assert.equal(db.sql("UPDATE OR REPLACE p SET id = 2 WHERE id = 1").changes, 1);
  assert.deepEqual(rowsOf(db, "SELECT p FROM c"), [["2"], ["2"]]);
  fails(db, "DELETE FROM p", "FOREIGN_KEY_RESTRICT");
  assert.equal(db.check().errors, 0);
});

test("UPDATE: several columns at once, FROM, queries, keys that move into each other's places", () => {
  using db = blog();
  db.sql("INSERT INTO users (email, age) VALUES ('a', 1), ('b', 2), ('c', 3)");
  db.sql("INSERT INTO posts (owner, title) VALUES (1, 'x'), (1, 'y'), (3, 'z')");
  assert.equal(db.sql("UPDATE users SET (name, age) = (email, age + 10), email = email || '@' WHERE id < 3").changes, 2);
  const joined =
    "UPDATE users SET name = p.n || 'posts' FROM (SELECT owner, count(*) AS n FROM posts GROUP BY owner) p WHERE p.owner = users.id";
  assert.deepEqual(rowsOf(db, `${joined} RETURNING id, name`), [
    ["1", "2posts"],
    ["3", "1posts"],
  ]);
  assert.equal(db.sql("UPDATE users u SET age = 99 FROM posts p WHERE p.owner = u.id").changes, 2, "a row is changed once");
  assert.equal(db.sql("UPDATE users SET age = DEFAULT, name = DEFAULT WHERE age = (SELECT max(age) FROM users)").changes, 2);
  assert.deepEqual(rowsOf(db, "SELECT name, age FROM users ORDER BY id"), [
    ["nobody", null],
    ["b", 12],
    ["nobody", null],
  ]);
  // Forwards and backwards; what refers to them follows.
  assert.equal(db.sql("UPDATE users SET id = id + 1").changes, 3);
  assert.equal(db.sql("UPDATE users SET id = id - 1").changes, 3);
  assert.deepEqual(rowsOf(db, "SELECT owner FROM posts ORDER BY id"), [["1"], ["1"], ["3"]]);
  fails(db, "UPDATE users SET id = 5", "PRIMARY_KEY_CONFLICT");
  fails(db, "UPDATE users SET id = 4 - id", "PRIMARY_KEY_CONFLICT");
  fails(db, "UPDATE users SET (name, age) = ('x', 1, 2)", "SQL_SYNTAX", /column 32: /u);
  fails(db, "UPDATE users SET name = 'x', name = 'y'", "SQL_SYNTAX", /set twice/u);
  fails(db, "UPDATE users SET name = 'x' FROM users WHERE 1 = 1", "AMBIGUOUS_COLUMN");
  fails(db, "TRUNCATE TABLE users", "SQL_UNSUPPORTED", /DELETE FROM/u);
  assert.equal(
    db.sql("WITH w AS (SELECT owner FROM posts) DELETE FROM users AS u WHERE u.id IN (SELECT owner FROM w)").changes,
    2,
  );
  assert.deepEqual(rowsOf(db, "SELECT count(*) FROM posts"), [["0"]]);
  assert.equal(db.check().errors, 0);
});

test("a statement never sees what it changes itself", () => {
  using db = openSync(":memory:");
  db.create("t", ["id:int64:pk:auto", "n:int64:index", "s:text:null"]);
  db.sql(`INSERT INTO t (n) VALUES ${Array.from({ length: 3000 }, (_, i) => `(${i})`).join(",")}`);
  assert.equal(db.sql("INSERT INTO t (n, s) SELECT n + 3000, 'copy' FROM t").changes, 3000);
  assert.equal(db.sql("INSERT INTO t (n) SELECT n FROM t AS a WHERE n NOT IN (SELECT n FROM t WHERE n < 5900)").changes, 100);
  assert.equal(db.sql("INSERT INTO t (n) VALUES ((SELECT count(*) FROM t)), ((SELECT count(*) FROM t))").changes, 2);
  assert.deepEqual(rowsOf(db, "SELECT n FROM t ORDER BY id DESC LIMIT 2"), [["6100"], ["6100"]]);
  assert.equal(db.sql("UPDATE t SET n = n + 10000 WHERE n >= 3000").changes, 3102);
  assert.equal(db.sql("UPDATE t SET id = id + 100000 WHERE id > 0").changes, 6102);
  assert.equal(db.sql("UPDATE t SET n = (SELECT max(n) FROM t) WHERE id > 106000").changes, 102);
  assert.deepEqual(rowsOf(db, "SELECT count(DISTINCT n), max(n), min(id) FROM t"), [["6001", "16100", "100001"]]);
  assert.equal(db.sql("DELETE FROM t WHERE n < (SELECT avg(n) FROM t)").changes, 3000);
  assert.equal(db.check().errors, 0);
});

test("rows of one INSERT may refer to each other in any order", () => {
  using db = openSync(":memory:");
  db.create("tree", ["id:int64:pk", "up:int64:null:index:references=tree.id:cascade"]);
  assert.equal(db.sql("INSERT INTO tree VALUES (3, 2), (2, 1), (1, NULL)").changes, 3);
  assert.equal(
    db.sql(`INSERT INTO tree VALUES ${Array.from({ length: 500 }, (_, i) => `(${i + 4}, ${i + 5})`).join(",")}, (504, 3)`)
      .changes,
    501,
  );
  fails(db, "INSERT INTO tree VALUES (600, 601), (602, 600)", "FOREIGN_KEY_BROKEN", /^row 1: /u);
  assert.deepEqual(rowsOf(db, "DELETE FROM tree WHERE id < 3 RETURNING id"), [["1"], ["2"]], "one goes with the other");
  assert.deepEqual(rowsOf(db, "SELECT count(*) FROM tree"), [["0"]]);
});

test("transactions and savepoints as statements are the session's", () => {
  using db = blog();
  const count = (): unknown => (rowsOf(db, "SELECT count(*) FROM users") as unknown[][])[0]?.[0];
  const insert = (email: string): unknown => db.sql("INSERT INTO users (email) VALUES (?)", [email]);
  for (const begin of ["BEGIN", "begin immediate transaction", "BEGIN EXCLUSIVE", "BEGIN DEFERRED;", "START TRANSACTION"]) {
    db.sql(begin);
    insert("a");
    fails(db, "BEGIN", "TRANSACTION_ACTIVE");
    db.sql("ROLLBACK TRANSACTION");
    assert.equal(count(), "0");
  }
  db.sql("BEGIN");
  insert("a");
  db.sql('SAVEPOINT "Sp"');
  insert("b");
  fails(db, "INSERT INTO users (email) VALUES ('c'), ('a')", "UNIQUE_CONFLICT");
  db.sql("savepoint sp2");
  insert("c");
  db.sql("ROLLBACK TO sp2");
  assert.equal(count(), "2", "what failed was taken back alone");
  db.sql("rollback to savepoint SP");
  assert.equal(count(), "1");
  fails(db, "RELEASE sp2", "NO_TRANSACTION", /there is no savepoint sp2/u);
  db.sql("RELEASE SAVEPOINT sp");
  db.sql("END");
  for (const sql of ["COMMIT", "ROLLBACK", "SAVEPOINT x", "ROLLBACK TO x", "RELEASE x"]) fails(db, sql, "NO_TRANSACTION");
  assert.equal(count(), "1");
  db.begin();
  insert("z");
  db.sql("COMMIT");
  assert.throws(() => db.rollback(), { code: "NO_TRANSACTION" });
  assert.equal(count(), "2");
});

test("single changes in a transaction leave the write buffer be, and unique keys are found in it", () => {
  using db = blog();
  db.begin();
  for (let i = 0; i < 500; i++) db.sql("INSERT INTO users (email, age) VALUES (?, ?)", [`u${(i * 7919) % 500}`, i % 100]);
  fails(db, "INSERT INTO users (email) VALUES ('u7')", "UNIQUE_CONFLICT");
  for (let i = 0; i < 500; i += 2) db.sql("UPDATE users SET age = age + 1 WHERE id = ?", [i]);
  for (let i = 0; i < 500; i += 5) db.sql("DELETE FROM users WHERE email = ?", [`u${i}`]);
  assert.equal(db.sql("INSERT INTO users (email) VALUES ('u5') ON CONFLICT (email) DO UPDATE SET age = 0").lastId, "501");
  assert.equal(db.sql("INSERT INTO users (email) VALUES ('u6') ON CONFLICT (email) DO UPDATE SET age = 0").changes, 1);
  db.commit();
  assert.deepEqual(rowsOf(db, "SELECT count(*), count(DISTINCT email) FROM users"), [["401", "401"]]);
  assert.equal(db.check().errors, 0);
});

test("changes leave no memory behind, those that fail as little as others", (t) => {
  const memoryBytes = moduleMemory(t);
  using db = blog();
  db.sql("INSERT INTO users (email) VALUES ('a'), ('b')");
  const bytesAfter = (count: number): number => {
    for (let i = 0; i < count; i++) {
      db.sql("INSERT INTO users (email, age) VALUES (?, 1 + 1), ('d', 3) RETURNING id, age + 1", ["c"]);
      db.sql(
        "INSERT INTO users (email) SELECT email FROM users WHERE true ON CONFLICT (email) DO UPDATE SET age = 1 RETURNING *",
      );
      fails(db, "INSERT INTO users (email, age) SELECT 'x', 300", "OVERFLOW");
      fails(db, "INSERT INTO users (email) SELECT email FROM users", "UNIQUE_CONFLICT");
      fails(db, "INSERT INTO users (email) VALUES ('q'), (nothing) RETURNING 1", "COLUMN_NOT_FOUND");
      fails(db, "UPDATE users SET age = v.n FROM (VALUES (300)) v(n) RETURNING id", "OVERFLOW");
      fails(db, "UPDATE users SET age = nothing FROM (VALUES (300)) v(n)", "COLUMN_NOT_FOUND");
      fails(db, "DELETE FROM users RETURNING nothing", "COLUMN_NOT_FOUND");
      assert.equal(db.sql("DELETE FROM users WHERE email IN ('c', 'd') RETURNING id").changes, 2);
    }
    return memoryBytes();
  };
  const before = bytesAfter(200);
  assert.equal(bytesAfter(400), before);
});

test("scripts: from a word, a file and standard input; the first failure ends them, with its place", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:int64:pk:auto", "n:int32:unique"]);
  const csv = ["--format", "csv"];
  const rows = (): Promise<string> => store.ok(["SELECT n FROM t ORDER BY n", ...csv]);
  assert.equal(
    await store.ok(["sql", "INSERT INTO t (n) VALUES (1); INSERT INTO t (n) VALUES (2), (?);", "3"]),
    "changed 3 rows\n",
  );
  writeFileSync(
    join(store.folder, "script.sql"),
    "-- a script\nBEGIN;\nUPDATE t SET n = n + 10 WHERE n < ?;\nDELETE FROM t WHERE n = 3;;\nCOMMIT;\n",
  );
  assert.equal(await store.ok(["sql", "--file", "data/script.sql", "3"]), "changed 3 rows\n");
  assert.equal(await rows(), "n\n11\n12\n");
  assert.equal(
    await store.ok(["sql", ...csv], { stdin: "INSERT INTO t (n) VALUES (5) RETURNING n; SELECT 'x;y' AS s -- ;\n" }),
    "n\n5\ns\nx;y\n",
  );
  // A statement alone takes all words; of several each takes what it has parameters for.
  assert.match(await store.fails("BAD_REQUEST", 1, ["sql", "SELECT ?", "1", "2"]), /2 values for 1 parameters/u);
  assert.match(await store.ok(["--json", "sql", "SELECT ?; SELECT 'x', ?2", "1", "2"]), /\[\["1"\]\].*\n.*\[\["x","2"\]\]/u);
  // What was done before a failure stays, but in a transaction.
  const failing = "INSERT INTO t (n) VALUES (6);\n INSERT INTO t (n) VALUES (7),\n (6);\nSELECT 1";
  assert.match(
    await store.fails("UNIQUE_CONFLICT", 1, ["sql", failing]),
    /statement 2, line 2, column 2: row 2: another row of t has n = 6/u,
  );
  assert.match(
    await store.fails("SQL_TYPE", 1, ["sql", "DELETE FROM t; SELECT 1 + 'x'; SELECT 2"]),
    /statement 2, line 1, column 27: /u,
  );
  assert.match(
    await store.fails("SQL_SYNTAX", 1, ["sql", "BEGIN; INSERT INTO t (n) VALUES (8);\nDELETE t"]),
    /statement 3, line 2, column 8: .*rolled back/u,
  );
  assert.match(
    await store.fails("TRANSACTION_ACTIVE", 1, ["sql", "BEGIN; INSERT INTO t (n) VALUES (9)"]),
    /not committed.*rolled back/u,
  );
  assert.match(await store.fails("TRANSACTION_ACTIVE", 1, ["sql", "BEGIN"]), /rolled back/u);
  await store.fails("NO_TRANSACTION", 1, ["sql", "COMMIT"]);
  assert.match(await store.fails("SQL_SYNTAX", 1, ["sql"], { stdin: ";" }), /there is no statement/u);
  await store.fails("FILE_NOT_FOUND", 1, ["sql", "--file", "data/nothing.sql"]);
  await store.fails("USAGE", 2, ["INSERT INTO t (n) VALUES (10) RETURNING n", "--format", "nothing"]);
  assert.equal(await rows(), "n\n");
  const replies = await store.ok(["sql", "--json", "INSERT INTO t (n) VALUES (1); SELECT n FROM t"]);
  assert.equal(replies.trim().split("\n").length, 2);
});

test("a script may make the file that it works on", async (t) => {
  const store = openStore(t);
  await store.ok(["sql"], {
    stdin: "BEGIN; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t (n) VALUES (1); COMMIT",
  });
  assert.equal(await store.ok(["SELECT * FROM t", "--format", "csv"]), "id,n\n1,1\n");
  const other = openStore(t, { checkStatus: null });
  await other.fails("SQL_SYNTAX", 1, ["sql", "BEGIN; CREATE TABLE t (id INTEGER PRIMARY KEY); nothing"]);
  await other.fails("FILE_NOT_FOUND", 1, ["SELECT 1"]);
});

test("changes of indexes that wait come in the order of keys, of all whole numbers", () => {
  using db = openSync(":memory:");
  db.create("t", ["id:int64:pk", "v:int64:index", "u:uint64:index"]);
  const edges = [0n, 1n, 255n, 256n, 1n << 32n, 1n << 54n, 1n << 55n, (1n << 55n) + 256n, 1n << 56n, 1n << 62n, (1n << 63n) - 1n];
  const near = edges.flatMap((edge) => [edge - 2n, edge - 1n, edge, edge + 1n, edge + 2n]);
  const keys = [...new Set([...near, ...near.map((key) => -key - 1n)])].filter((key) => BigInt.asIntN(64, key) === key);
  const shuffled = keys.map((key, i) => ({ key, at: (i * 7919) % 1013 })).sort((a, b) => a.at - b.at);
  db.exec("BEGIN");
  for (const { key } of shuffled) db.sql("INSERT INTO t VALUES (?, ?, ?)", [key, -1n - key, BigInt.asUintN(64, key)]);
  const gone = shuffled.filter(({ at }) => at % 3 === 0).map(({ key }) => key);
  for (const key of gone) db.sql("DELETE FROM t WHERE id = ?", [key]);
  for (const { key } of shuffled) if (key % 5n === 0n) db.sql("UPDATE t SET v = v - 0, u = u WHERE id = ?", [key]);
  db.exec("COMMIT");
  const left = keys.filter((key) => !gone.includes(key));
  const inOrder = (values: bigint[]): string[][] =>
    values.sort((a, b) => (a < b ? -1 : Number(a > b))).map((value) => [`${value}`]);
  assert.equal(db.check().errors, 0);
  assert.deepEqual(rowsOf(db, "SELECT id FROM t ORDER BY id"), inOrder([...left]));
  assert.deepEqual(rowsOf(db, "SELECT v FROM t ORDER BY v"), inOrder(left.map((key) => -1n - key)));
  assert.deepEqual(rowsOf(db, "SELECT u FROM t ORDER BY u"), inOrder(left.map((key) => BigInt.asUintN(64, key))));
});

test("what conditions compare with may be worked out of parameters, and fails only where a row comes to it", () => {
  using db = openSync(":memory:");
  db.create("t", ["id:int64:pk", "v:int32", "s:text"]);
  const rows = Array.from({ length: 3000 }, (_, id) => ({ id, v: id % 100, s: "x".repeat(id % 7) }));
  db.table("t").insertMany(rows);
  const count = (where: string, ...params: unknown[]): unknown => rowsOf(db, `SELECT count(*) FROM t WHERE ${where}`, ...params);
  assert.deepEqual(count("v >= ?1 * 10 AND v < ?1 * 10 + 10", 3), [["300"]]);
  assert.deepEqual(count("v >= ?1 * 10 AND v < ?1 * 10 + 10", null), [["0"]]);
  assert.deepEqual(count("v > length('ab' || ?1) AND length(s) <= length(?1) - 1", "cd"), [
    [`${rows.filter(({ v, s }) => v > 4 && s.length <= 1).length}`],
  ]);
  assert.deepEqual(count("v > 200 AND v < 1 / (?1 - 1)", 1), [["0"]]);
  assert.throws(() => count("v > 50 AND v < 1 / (?1 - 1)", 1), { code: "DIVISION_BY_ZERO" });
  assert.equal(db.sql("DELETE FROM t WHERE v >= ?1 * 10 + 5 AND v <= ?1 * 10 + 6", [9]).changes, 60);
});
