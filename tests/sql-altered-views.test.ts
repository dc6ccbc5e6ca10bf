/** Views whose tables and columns are called otherwise: they go on to give the same, or the change is refused by name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import sqlite from "node-sqlite3-wasm";
import { defineTable, openSync } from "../host/index.js";

const TABLES = `
  CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, city INTEGER, born INTEGER);
  CREATE TABLE cities (id INTEGER PRIMARY KEY, name TEXT, land TEXT);
  INSERT INTO users VALUES (1, 'Ada', 1, 1815), (2, 'Bo', 2, 1990), (3, 'Cy', NULL, 1990), (4, 'Di', 1, 2001);
  INSERT INTO cities VALUES (1, 'London', 'GB'), (2, 'Oslo', 'NO'), (3, 'Rome', 'IT');
`;

/** Each with ORDER BY where there is more than a row, so that both give them in one order. */
const VIEWS: readonly string[] = [
  "SELECT name FROM users ORDER BY name",
  "SELECT users.name AS who, born FROM users WHERE users.name > 'B' ORDER BY 1",
  "SELECT u.name, c.name AS city FROM users u JOIN cities c ON c.id = u.city ORDER BY u.name",
  "SELECT born, count(*) AS pieces, max(name) AS last FROM users GROUP BY born HAVING max(name) > 'A' ORDER BY born",
  "SELECT born + 1 AS next FROM users GROUP BY born + 1 ORDER BY born + 1",
  "SELECT upper(name) AS name FROM users ORDER BY name",
  "SELECT name FROM cities WHERE EXISTS (SELECT 1 FROM users WHERE users.city = cities.id AND born > 1900) ORDER BY name",
  "SELECT (SELECT name FROM cities WHERE id = users.city) AS city, name FROM users ORDER BY users.id",
  "SELECT name FROM users UNION SELECT name FROM cities ORDER BY name",
  "SELECT name, row_number() OVER (PARTITION BY born ORDER BY name DESC) AS place FROM users ORDER BY born, name",
  "SELECT CASE WHEN born > 1900 THEN name ELSE 'old' END AS who FROM users ORDER BY users.id",
  'SELECT "name", "users"."born" FROM "users" WHERE "born" IN (1990, 1815) ORDER BY "name"',
  "SELECT main.users.name FROM main.users ORDER BY main.users.born, name",
  "SELECT max(name) AS top, sum(born) FILTER (WHERE name <> 'Bo') AS years FROM users",
  "SELECT *, name AS again FROM users WHERE name LIKE 'A%'",
  "SELECT users.* FROM users, cities WHERE city = cities.id ORDER BY users.id",
];

/** SQLite refuses to rename below these: names of queries inside do not follow there. */
const DEEPER: readonly string[] = [
  "WITH grown AS (SELECT name, born FROM users WHERE born < 2000) SELECT grown.name FROM grown ORDER BY born, grown.name",
  "SELECT d.name FROM (SELECT name, city FROM users WHERE city IS NOT NULL) d ORDER BY d.city, d.name",
];

const CHANGES: readonly string[] = [
  "ALTER TABLE users RENAME COLUMN name TO full_name",
  'ALTER TABLE users RENAME COLUMN born TO "year of birth"',
  "ALTER TABLE users RENAME TO people",
  "ALTER TABLE cities RENAME COLUMN id TO number",
  "ALTER TABLE people RENAME COLUMN city TO lives",
];

test("views go on to give what they gave when what they name is called otherwise, as in SQLite", () => {
  using db = openSync(":memory:");
  const peer = new sqlite.Database();
  try {
    db.exec(TABLES);
    peer.exec(TABLES);
    for (const [v, sql] of VIEWS.entries()) {
      const made = `CREATE VIEW v${v} AS ${sql}`;
      db.sql(made);
      peer.exec(made);
    }
    for (const [v, sql] of DEEPER.entries()) db.sql(`CREATE VIEW deeper${v} AS ${sql}`);
    const deeper = (): unknown[] => DEEPER.map((_, v) => db.sql(`SELECT * FROM deeper${v}`).rows);
    const before = deeper();
    assert.deepEqual(before, [
      [["Ada"], ["Bo"], ["Cy"]],
      [["Ada"], ["Di"], ["Bo"]],
    ]);
    for (const change of CHANGES) {
      db.sql(change);
      assert.deepEqual(deeper(), before, change);
      peer.exec(change);
      for (const [v, sql] of VIEWS.entries()) {
        const mine = db.sql(`SELECT * FROM v${v}`);
        const statement = peer.prepare(`SELECT * FROM v${v}`);
        const theirs = statement.all() as Record<string, string | number | null>[];
        statement.finalize();
        const values = theirs.map((row) => Object.values(row).map((value) => (value === null ? null : String(value))));
        assert.deepEqual(mine.rows, values, `${change}: ${sql}`);
        assert.deepEqual(mine.columns, Object.keys(theirs[0] ?? {}), `${change}: ${sql}`);
      }
    }
    assert.equal(db.check().errors, 0);
  } finally {
    peer.close();
  }
});

test("views that read views follow, and where a view would be of other columns it is refused, and nothing is changed", () => {
  using db = openSync(":memory:");
  db.exec(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, z TEXT);
    CREATE TABLE u (a TEXT, c TEXT);
    INSERT INTO t VALUES (1, 'A', 'B', 'Z');
    INSERT INTO u VALUES ('A', 'C');
    CREATE VIEW inner_one AS SELECT a, b FROM t;
    CREATE VIEW outer_one AS SELECT a FROM inner_one WHERE b = 'B';
    CREATE VIEW fixed AS SELECT a AS a, b AS b FROM t;
  `);
  const swap = "ALTER TABLE t RENAME a TO x, RENAME b TO a, RENAME x TO b";
  // Each of them is of what it was of.
  db.sql(swap);
  assert.deepEqual(db.sql("SELECT * FROM inner_one").rows, [["A", "B"]]);
  assert.deepEqual(db.sql("SELECT * FROM outer_one").rows, [["A"]]);
  assert.deepEqual(db.sql("SELECT a, b FROM fixed").rows, [["A", "B"]]);
  db.sql(swap);
  const refused: [view: string, change: string][] = [
    // The names that a view gives its columns stay, and are not those of the table's.
    ["SELECT a FROM fixed", swap],
    ["SELECT a FROM t NATURAL JOIN u", swap],
    ["SELECT c FROM t NATURAL JOIN u", "ALTER TABLE t RENAME a TO x"],
    ["SELECT t.a FROM t JOIN u USING (a)", "ALTER TABLE u RENAME c TO x, RENAME a TO c, RENAME x TO a"],
    ["SELECT z FROM t NATURAL JOIN u", "ALTER TABLE t ADD COLUMN c TEXT"],
    ["SELECT (SELECT c FROM t) FROM u", "ALTER TABLE t ADD COLUMN c TEXT DEFAULT 'other'"],
    ["SELECT z FROM t", "ALTER TABLE t DROP COLUMN z, RENAME b TO z"],
    ["SELECT z FROM t", "ALTER TABLE t DROP COLUMN z"],
  ];
  for (const [sql, change] of refused) {
    db.sql(`CREATE VIEW last AS ${sql}`);
    const before = db.sql("SELECT * FROM last").rows;
    assert.throws(() => db.sql(change), { message: /DROP VIEW last before, and make it anew behind/u }, `${sql}: ${change}`);
    assert.deepEqual(db.sql("SELECT * FROM last").rows, before);
    db.sql("DROP VIEW last");
  }
  db.sql("CREATE TEMP VIEW mine AS SELECT a FROM t");
  assert.throws(() => db.sql("ALTER TABLE t RENAME a TO x"), { message: /DROP VIEW mine before/u });
  db.sql("ALTER TABLE t RENAME z TO y");
});

test("migrate has views follow, over several tables at once", () => {
  using db = openSync(":memory:");
  db.exec(`
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL, title TEXT NOT NULL);
    CREATE VIEW lines AS SELECT users.name, posts.title FROM posts JOIN users ON users.id = posts.author;
    INSERT INTO users VALUES (1, 'Ada');
    INSERT INTO posts VALUES (1, 1, 'On engines');
  `);
  db.migrate(
    [
      defineTable("people", { id: "int64:pk:auto", title: "text" }),
      defineTable("users", { id: "int64:pk:auto", person: "int64", name: "text" }),
    ],
    { renames: { people: "users", "people.title": "name", users: "posts", "users.person": "author", "users.name": "title" } },
  );
  const { columns, rows } = db.sql("SELECT * FROM lines");
  assert.deepEqual([columns, rows], [["title", "name"], [["Ada", "On engines"]]]);
});
