/**
 * PRAGMA: what docs/sql.md says that each gives, beside SQLite; foreign keys that are not looked at for a while, beside SQLite; and what a
 * check finds.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import sqlite from "node-sqlite3-wasm";
import { QuireError, type SyncSession, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

type Rows = readonly (readonly unknown[])[];

/** The protocol has numbers of 64 bits as text. */
const plain = (value: unknown): unknown => (typeof value === "string" && /^-?\d+$/u.test(value) ? Number(value) : value);

const ours = (db: SyncSession, sql: string): Rows => db.sql(sql).rows.map((row) => row.map(plain));

function opened(t: TestContext): { db: SyncSession; theirs: sqlite.Database } {
  const db = openSync(":memory:");
  const theirs = new sqlite.Database(":memory:");
  t.after(() => {
    db.close();
    theirs.close();
  });
  return { db, theirs };
}

function answer(theirs: sqlite.Database, sql: string): Rows {
  return theirs.all(sql).map((row): unknown[] => Object.values(row).map(plain));
}

test("each PRAGMA of docs/sql.md gives what stands there, and where it says so what SQLite gives", (t) => {
  const page = readFileSync(join(packageRoot, "docs", "sql.md"), "utf8");
  const examples = [...page.matchAll(/^\| `(PRAGMA [^`]+)` \| `(\[.*\])` \| ([^|]+) \|$/gmu)];
  assert.ok(examples.length > 50);
  const { db, theirs } = opened(t);
  const wrong: string[] = [];
  for (const [, sql = "", shown = "", inSqlite = ""] of examples) {
    const wanted = JSON.stringify(JSON.parse(shown));
    const found = JSON.stringify(ours(db, sql));
    if (found !== wanted) wrong.push(`${sql}: ${found}`);
    const other = answer(theirs, sql);
    // One that gives no row is none that a program could wait for a row of.
    const isAlike = inSqlite === "the same" ? JSON.stringify(other) === wanted : other.length > 0 === (wanted !== "[]");
    // Its build, which tells of itself, has no UTF-16, and so nothing to say of encodings.
    if (!isAlike && !/compile_options|encoding/u.test(sql)) wrong.push(`${sql}: in SQLite ${JSON.stringify(other)}`);
  }
  assert.deepEqual(wrong, []);
});

test("a PRAGMA that sets gives no columns, and one that tells is called as in SQLite", (t) => {
  const { db, theirs } = opened(t);
  for (const sql of ["PRAGMA foreign_keys = 1", "PRAGMA synchronous = 1", "PRAGMA temp_store = 2", "PRAGMA encoding = 'UTF-8'"])
    assert.deepEqual(db.sql(sql).columns, [], sql);
  for (const name of [
    "foreign_keys",
    "busy_timeout",
    "journal_mode",
    "wal_checkpoint",
    "integrity_check",
    "page_count",
    "user_version",
  ]) {
    const [row] = theirs.all(`PRAGMA ${name}`);
    assert.deepEqual(db.sql(`PRAGMA ${name}`).columns, Object.keys(row ?? {}), name);
  }
  for (const sql of [
    "PRAGMA user_version = three",
    "PRAGMA user_version = 2147483648",
    "PRAGMA application_id = -99999999999",
    "PRAGMA query_only = ON",
    "PRAGMA writable_schema = 1",
    "PRAGMA ignore_check_constraints = ON",
    "PRAGMA case_sensitive_like = OFF",
    "PRAGMA encoding = 'UTF-16'",
    "PRAGMA max_page_count = 10",
    "PRAGMA integrity_check(users)",
    "DELETE FROM sqlite_sequence",
    "UPDATE sqlite_master SET sql = ''",
  ])
    assert.throws(
      () => db.sql(sql),
      (error) => error instanceof QuireError && error.code === "SQL_UNSUPPORTED",
      sql,
    );
});

test("user_version and application_id are kept in the file, and taken back with a transaction", (t) => {
  const path = join(tempFolder(t), "app.db");
  let db = openSync(path);
  db.sql("PRAGMA user_version = 7");
  db.sql("PRAGMA user_version(8)");
  db.sql("BEGIN");
  db.sql("PRAGMA user_version = 9");
  db.sql("PRAGMA application_id = 16");
  assert.deepEqual(ours(db, "SELECT user_version, application_id FROM pragma_user_version, pragma_application_id"), [[9, 16]]);
  db.sql("ROLLBACK");
  db.close();
  db = openSync(path);
  assert.deepEqual(ours(db, "PRAGMA user_version"), [[8]]);
  assert.deepEqual(ours(db, "PRAGMA application_id"), [[0]]);
  assert.deepEqual(ours(db, "PRAGMA integrity_check"), [["ok"]]);
  db.sql("PRAGMA user_version = 0");
  assert.throws(() => db.sql("SELECT * FROM __quire_catalog"), { code: "TABLE_NOT_FOUND" }, "0 is what every file has");
  db.close();
  db = openSync(path, { readonly: true });
  t.after(() => db.close());
  assert.throws(() => db.sql("PRAGMA user_version = 1"), { code: "READ_ONLY" });
});

const TABLES = [
  "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE)",
  "CREATE TABLE posts (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, mail TEXT REFERENCES users (email))",
  "CREATE TABLE notes (word TEXT PRIMARY KEY, post INTEGER REFERENCES posts (id))",
  "INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('c@x')",
  "INSERT INTO posts (id, owner, mail) VALUES (1, 1, 'a@x'), (2, 1, NULL), (3, 2, 'b@x')",
  "INSERT INTO notes VALUES ('n', 1), ('m', NULL)",
];

/** Runs statements on both: each comes to the same, and leaves the same. */
function same(db: SyncSession, theirs: sqlite.Database, statements: readonly string[]): void {
  const look = ["SELECT * FROM posts ORDER BY id", "SELECT * FROM notes ORDER BY word", "PRAGMA foreign_keys"];
  // Numbers of foreign keys: SQLite counts from the last one of the table back.
  const broken = 'SELECT "table", parent FROM pragma_foreign_key_check ORDER BY 1, 2, rowid';
  for (const sql of statements) {
    let failed = "";
    let theyFailed = "";
    try {
      db.sql(sql);
    } catch (error) {
      failed = (error as Error).message;
    }
    try {
      theirs.exec(sql);
    } catch (error) {
      theyFailed = (error as Error).message;
    }
    assert.equal(failed !== "", theyFailed !== "", `${sql}: ${failed} / ${theyFailed}`);
    for (const query of [...look, broken]) assert.deepEqual(ours(db, query), answer(theirs, query), `${query} behind ${sql}`);
  }
}

test("while foreign keys are off nothing looks at other tables, and the check tells what is broken, as in SQLite", (t) => {
  const { db, theirs } = opened(t);
  for (const sql of ["PRAGMA foreign_keys = ON", ...TABLES]) {
    db.sql(sql);
    theirs.exec(sql);
  }
  same(db, theirs, [
    "INSERT INTO posts VALUES (4, 99, NULL)",
    "PRAGMA foreign_keys = OFF",
    "INSERT INTO posts VALUES (4, 99, 'nobody')",
    "UPDATE posts SET owner = 98 WHERE id = 2",
    "DELETE FROM users WHERE id = 1",
    "UPDATE users SET email = 'z@x' WHERE id = 2",
    "INSERT OR REPLACE INTO users (id, email) VALUES (3, 'b@x')",
    "DELETE FROM posts WHERE id = 1",
    // libsql issue 1006: Django asks for the number before it turns them off.
    "PRAGMA foreign_keys = yes",
    "INSERT INTO notes VALUES ('o', 77)",
    "UPDATE posts SET owner = 97 WHERE id = 3",
    // In a transaction it has no effect: drizzle-orm issue 5782 is about tables that were emptied so.
    "BEGIN",
    "PRAGMA foreign_keys = OFF",
    "INSERT INTO notes VALUES ('o', 77)",
    "ROLLBACK",
    "INSERT INTO notes VALUES ('o', 3)",
    "PRAGMA foreign_keys = 0",
    "BEGIN",
    "PRAGMA foreign_keys = 1",
    "INSERT INTO notes VALUES ('p', 78)",
    "COMMIT",
  ]);
  assert.deepEqual(ours(db, "PRAGMA foreign_key_check(NOTES)"), [
    ["notes", null, "posts", 0],
    ["notes", null, "posts", 0],
  ]);
  assert.deepEqual(ours(db, "SELECT rowid, fkid FROM pragma_foreign_key_check('posts') ORDER BY rowid, fkid"), [
    [2, 0],
    [4, 0],
    [4, 1],
  ]);
  // turso issue 5414: rows that refer to none are nothing for integrity_check.
  assert.deepEqual(ours(db, "PRAGMA integrity_check"), [["ok"]]);
  assert.deepEqual(ours(db, "SELECT * FROM sqlite_sequence ORDER BY name"), [
    ["posts", 4],
    ["users", 3],
  ]);
});

test("a delete that says what becomes of rows that refer is heard while they are off", (t) => {
  const { db } = opened(t);
  for (const sql of [...TABLES, "PRAGMA foreign_keys = OFF"]) db.sql(sql);
  assert.throws(() => db.sql("DELETE FROM posts WHERE id = 1 RESTRICT"), /refer to this row/u);
  db.sql("DELETE FROM users WHERE id = 2 CASCADE");
  assert.deepEqual(ours(db, "SELECT id FROM posts"), [[1], [2]]);
});

test("a table that others refer to is made anew, in a file that is then opened again", (t) => {
  const path = join(tempFolder(t), "app.db");
  let db = openSync(path);
  for (const sql of TABLES) db.sql(sql);
  assert.throws(
    () => db.sql("DROP TABLE users"),
    /refers to users; drop that table first, or say PRAGMA foreign_keys = OFF before the transaction begins$/u,
  );
  assert.deepEqual(ours(db, "PRAGMA journal_mode = DELETE"), [["wal"]]);
  // As in naoki-tomita/conmane, prisma/migrations/20210430123628_.
  for (const sql of [
    "PRAGMA foreign_keys=OFF",
    "CREATE TABLE \"new_users\" (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE, name TEXT NOT NULL DEFAULT '')",
    'INSERT INTO "new_users" (id, email) SELECT id, email FROM "users"',
    'DROP TABLE "users"',
    'ALTER TABLE "new_users" RENAME TO "users"',
    "PRAGMA foreign_key_check",
  ])
    db.sql(sql);
  assert.deepEqual(ours(db, "PRAGMA foreign_key_check"), []);
  assert.deepEqual(ours(db, "SELECT count(*) FROM posts"), [[3]], "drizzle-orm issue 5782: nothing went along");
  db.sql("PRAGMA foreign_keys=ON");
  assert.throws(() => db.sql("INSERT INTO posts VALUES (9, 99, NULL)"), /no row/u);
  db.sql("PRAGMA foreign_keys=OFF");
  db.sql("DROP TABLE users");
  db.close();
  db = openSync(path);
  t.after(() => db.close());
  assert.deepEqual(ours(db, "PRAGMA foreign_keys"), [[1]], "it is the session's");
  assert.equal(ours(db, "PRAGMA foreign_key_check").length, 5, "keys that are not null: their table is gone");
  assert.throws(() => db.sql("INSERT INTO posts VALUES (9, 1, NULL)"), /users, which does not exist/u);
  assert.throws(() => db.sql("CREATE TABLE users (id TEXT PRIMARY KEY)"), /posts.owner refers to users.id/u);
  // In a transaction, and taken back.
  db.sql("PRAGMA foreign_keys=OFF");
  db.sql("BEGIN");
  db.sql("DROP TABLE posts");
  db.sql("ROLLBACK");
  db.sql("CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE)");
  db.sql("INSERT INTO users (id, email) VALUES (1, 'a@x'), (2, 'b@x')");
  db.sql("PRAGMA foreign_keys=ON");
  assert.deepEqual(ours(db, "PRAGMA foreign_key_check"), []);
  db.sql("DELETE FROM notes");
  db.sql("DELETE FROM users WHERE id = 1");
  assert.deepEqual(ours(db, "SELECT id FROM posts"), [[3]], "rows follow again");
});

test("integrity_check tells what is wrong with a file", (t) => {
  const { db } = opened(t);
  db.sql("CREATE TABLE items (id INTEGER PRIMARY KEY, price INTEGER CONSTRAINT low CHECK (price < 100))");
  db.sql("INSERT INTO items (price) VALUES (1), (2), (3)");
  db.sql("UPDATE __quire_catalog SET sql = 'price < 2'");
  const lines = ours(db, "PRAGMA integrity_check");
  assert.equal(lines.length, 2);
  for (const [line] of lines)
    assert.match(line as string, /^table items, page \d+, byte \d+: items\.id = [23]: the row breaks CHECK low/u);
  assert.deepEqual(ours(db, "PRAGMA integrity_check(1)"), lines.slice(0, 1));
  assert.deepEqual(ours(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check LIKE '%low%'"), [[2]]);
  assert.deepEqual(ours(db, "PRAGMA quick_check"), [["ok"]]);
});
