/**
 * sqlite_master, the functions and statements of PRAGMA: SQLite makes tables of the texts that sqlite_master has, and then tells the same
 * of them; and what tools ask for when they look at a database.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import sqlite from "node-sqlite3-wasm";
import { QuireError, type SyncSession, openSync } from "../host/index.js";
import { tempFolder } from "./helpers/store.js";

type Rows = readonly (readonly unknown[])[];

/** The protocol has numbers of 64 bits as text. */
const plain = (value: unknown): unknown => (typeof value === "string" && /^-?\d+$/u.test(value) ? Number(value) : value);

function opened(t: TestContext): { db: SyncSession; rows: (sql: string, params?: unknown[]) => Rows } {
  const db = openSync(join(tempFolder(t), "app.db"));
  t.after(() => db.close());
  db.create("users", [
    "id:int64:pk:auto",
    "email:text:unique:null",
    "age:int32:null:index",
    "Na'me:text:default=it's",
    'a"b:boolean:default=true',
  ]);
  db.create("posts", [
    "id:int64:pk",
    "owner:int64:index:references=users.id:cascade",
    "mail:text:null:references=users.email",
    "title:text:index=both",
    "at:datetime:null:index=both",
    "worth:decimal:default=1.50",
    "raw:blob:default=00ff",
    "n:uint16:default=7",
  ]);
  db.create("tags", ["word:text:pk", "day:date:null:index", "code:uuid:null:unique", "doc:json:null"]);
  return { db, rows: (sql, params = []) => db.sql(sql, params).rows.map((row) => row.map(plain)) };
}

test("SQLite makes tables by the texts of sqlite_master, and tells of them what Quire tells", (t) => {
  const { rows } = opened(t);
  const theirs = new sqlite.Database(":memory:");
  t.after(() => theirs.close());
  const texts = rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name");
  assert.ok(texts.length >= 5);
  for (const [text] of texts) theirs.exec(text as string);
  const compare = (sql: string): void => {
    const found = theirs.all(sql).map((row) => Object.values(row).map(plain));
    assert.ok(found.length > 0, sql);
    assert.deepEqual(rows(sql), found, sql);
  };
  compare("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
  compare("SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name");
  for (const table of ["users", "posts", "tags"]) {
    compare(`SELECT * FROM pragma_table_info('${table}')`);
    compare(`SELECT p.* FROM pragma_table_xinfo('${table.toUpperCase()}') AS p ORDER BY cid`);
    compare(`PRAGMA table_info(${table})`);
    compare(`PRAGMA main.table_info = "${table}"`);
    compare(`SELECT (SELECT count(*) FROM pragma_index_list('${table}') WHERE "unique" = 1)`);
    compare(
      `SELECT name, "unique", partial FROM pragma_index_list('${table}') WHERE origin = 'c' AND name LIKE '%idx' ORDER BY name`,
    );
  }
  compare(`SELECT "table", "from", "to", on_update, on_delete, match FROM pragma_foreign_key_list('posts') ORDER BY "from"`);
  compare("SELECT * FROM pragma_index_info('posts_title_at_idx')");
  compare('SELECT seqno, cid, name, "desc", coll, "key" FROM pragma_index_xinfo(\'posts_owner_idx\') WHERE "key" = 1');
  compare(
    "SELECT m.name AS t, p.name, p.pk FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, p.cid",
  );
  compare(
    "SELECT m.name, p.cid FROM sqlite_master m, pragma_table_xinfo(m.name) p WHERE m.type = 'table' AND p.\"notnull\" = 1 ORDER BY 1, 2",
  );
  compare(
    "SELECT m.name, f.\"table\" FROM sqlite_master m LEFT JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1, 2",
  );
  compare("SELECT name, type, ncol FROM pragma_table_list('posts')");
  compare("PRAGMA database_list");
  compare("SELECT name FROM pragma_database_list");
});

test("names, arguments and columns that are not there", (t) => {
  const { rows } = opened(t);
  assert.deepEqual(rows("SELECT name FROM pragma_table_info(?) WHERE pk > 0", ["tags"]), [["word"]]);
  assert.deepEqual(rows("SELECT * FROM pragma_table_info('nobody')"), []);
  assert.deepEqual(rows("SELECT * FROM pragma_table_info(NULL)"), []);
  assert.deepEqual(rows("SELECT name FROM pragma_index_list('USERS') ORDER BY seq"), [["users_email_unique"], ["users_age_idx"]]);
  assert.deepEqual(
    rows("SELECT il.name, ii.name FROM pragma_index_list('posts') il, pragma_index_info(il.name) ii ORDER BY 1, ii.seqno"),
    [
      ["posts_owner_idx", "owner"],
      ["posts_title_at_idx", "title"],
      ["posts_title_at_idx", "at"],
      ["sqlite_autoindex_posts_1", "id"],
    ],
  );
  assert.deepEqual(rows("SELECT name FROM pragma_table_list() WHERE schema = 'main' ORDER BY name"), [
    ["posts"],
    ["tags"],
    ["users"],
  ]);
  for (const [sql, code] of [
    ["SELECT * FROM pragma_table_info('a', 'b')", "SQL_SYNTAX"],
    ["SELECT * FROM pragma_table_info(7)", "SQL_TYPE"],
    ["SELECT * FROM pragma_nothing('a')", "SQL_UNSUPPORTED"],
    ["SELECT * FROM pragma_table_info('a'", "SQL_SYNTAX"],
    ["SELECT nope FROM sqlite_master", "COLUMN_NOT_FOUND"],
    ["UPDATE sqlite_master SET sql = ''", "SQL_UNSUPPORTED"],
    ["PRAGMA", "SQL_SYNTAX"],
    ["PRAGMA table_info", "SQL_SYNTAX"],
    ["PRAGMA nothing", "SQL_UNSUPPORTED"],
    ["PRAGMA foreign_keys = ", "SQL_SYNTAX"],
    ["PRAGMA case_sensitive_like = 0", "SQL_UNSUPPORTED"],
  ] as const)
    assert.throws(
      () => rows(sql),
      (error) => error instanceof QuireError && error.code === code,
      sql,
    );
});

test("pragmas that are so in any case are answered, those of SQLite's files are taken", (t) => {
  const { db, rows } = opened(t);
  assert.deepEqual(rows("PRAGMA foreign_keys"), [[1]]);
  for (const value of ["ON", "1", "true", "'yes'"]) assert.deepEqual(rows(`PRAGMA foreign_keys = ${value}`), []);
  assert.deepEqual(rows("PRAGMA user_version"), [[0]]);
  assert.deepEqual(rows("PRAGMA encoding"), [["UTF-8"]]);
  assert.deepEqual(rows('PRAGMA encoding = "UTF8"'), []);
  for (const sql of ["PRAGMA main.synchronous(NORMAL)", "PRAGMA cache_size = -2000", "PRAGMA optimize;"])
    assert.deepEqual(rows(sql), [], sql);
  // In a transaction as well, whose tables are told of.
  db.begin();
  db.create("more", ["id:int64:pk"]);
  assert.deepEqual(rows("SELECT sql FROM sqlite_master WHERE name = 'more'"), [
    ['CREATE TABLE "more" ("id" BIGINT PRIMARY KEY NOT NULL)'],
  ]);
  db.rollback();
  assert.deepEqual(rows("SELECT sql FROM sqlite_master WHERE name = 'more'"), []);
});

test("what Kysely's, Drizzle's and Knex's tools ask for", (t) => {
  const { rows } = opened(t);
  assert.deepEqual(
    rows(
      `with "table_list" as (select "name", "sql", "type" from "sqlite_master" where "type" in (?, ?) and "name" not like ? order by "name") ` +
        `select "tl"."name" as "table", "p"."cid", "p"."name", "p"."type", "p"."notnull", "p"."dflt_value", "p"."pk" ` +
        `from "table_list" as "tl", pragma_table_info(tl.name) as "p" order by "tl"."name", "p"."cid" limit 2`,
      ["table", "view", "sqlite_%"],
    ),
    [
      ["posts", 0, "id", "BIGINT", 1, null, 1],
      ["posts", 1, "owner", "INTEGER", 1, null, 0],
    ],
  );
  assert.deepEqual(rows("select name from sqlite_master where type = 'table' and sql GLOB '*AUTOINCREMENT*'"), [["users"]]);
  assert.deepEqual(rows(`select * from sqlite_master where type = 'table' and name = ?`, ["users"])[0]?.[1], "users");
  assert.deepEqual(rows("PRAGMA table_info(`tags`)").map((row) => row[1]), ["word", "day", "code", "doc"]); // prettier-ignore
});
