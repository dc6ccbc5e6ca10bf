/** `alter`, `index` and `diff --schema`: definitions changed and compared in the words of `create`. */
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Store, openStore } from "./helpers/store.js";

async function users(t: TestContext): Promise<Store> {
  const store = openStore(t);
  await store.ok(["create", "users", "id:uint32:pk:auto", "name:text", "age:uint8:null"]);
  await store.ok(["create", "posts", "id:uint32:pk", "user:uint32:references=users.id", "title:text:index"]);
  await store.ok(["insert", "users", '{"name":"Ada","age":36}', '{"name":"Bo"}']);
  await store.ok(["insert", "posts", '{"id":1,"user":1,"title":"On engines"}']);
  return store;
}

const schemaOf = async (store: Store, table: string): Promise<string> => (await store.ok(["schema", table])).trimEnd();

test("alter adds, changes, renames and drops columns, in the words of create", async (t) => {
  const store = await users(t);
  const steps: [words: string[], schema: string][] = [
    [
      ["users", "add", "score:decimal:index:default=1.5", "--after", "name"],
      "create users id:uint32:pk:auto name:text score:decimal:index:default=1.5 age:uint8:null",
    ],
    [
      ["users", "add", "label:text:unique", "--first", "--using", "name || '!'"],
      "create users label:text:unique id:uint32:pk:auto name:text score:decimal:index:default=1.5 age:uint8:null",
    ],
    [
      ["users", "set", "age:uint16:default=0", "--using", "coalesce(age, 1)"],
      "create users label:text:unique id:uint32:pk:auto name:text score:decimal:index:default=1.5 age:uint16:default=0",
    ],
    [
      ["users", "set", "label:text:null"],
      "create users label:text:null id:uint32:pk:auto name:text score:decimal:index:default=1.5 age:uint16:default=0",
    ],
    [["users", "drop", "score"], "create users label:text:null id:uint32:pk:auto name:text age:uint16:default=0"],
    [
      ["users", "rename", "name", "full name"],
      "create users label:text:null id:uint32:pk:auto 'full name:text' age:uint16:default=0",
    ],
    [
      ["users", "set", "age:int32:null:references=users.id:cascade"],
      "create users label:text:null id:uint32:pk:auto 'full name:text' age:int32:null:references=users.id:cascade",
    ],
  ];
  for (const [words, schema] of steps.slice(0, 6)) {
    assert.equal(await store.ok(["alter", ...words]), "altered users\n", words.join(" "));
    assert.equal(await schemaOf(store, "users"), schema, words.join(" "));
  }
  // A reference is to a column of its own type.
  await store.fails("BAD_SCHEMA", 1, ["alter", ...(steps[6] as [string[], string])[0]]);
  assert.equal(await store.ok(["SELECT * FROM users", "--format", "csv"]), "label,id,full name,age\nAda!,1,Ada,36\nBo!,2,Bo,1\n");
  assert.equal(await store.ok(["alter", "users", "rename", "people", "--json"]), '{"ok":{}}\n');
  assert.equal(await schemaOf(store, "posts"), "create posts id:uint32:pk user:uint32:references=people.id title:text:index");
  await store.ok(["alter", "posts", "set", "user:uint32"]);
  await store.ok(["alter", "posts", "set", "user:uint32:null:references=people.id:cascade"]);
  assert.equal(
    await schemaOf(store, "posts"),
    "create posts id:uint32:pk user:uint32:null:references=people.id:cascade title:text:index",
  );
});

test("what alter can't do is refused by name, and nothing is changed", async (t) => {
  const store = await users(t);
  const before = await store.ok(["hash"]);
  const refused: [words: string[], code: string, status: number, message: RegExp][] = [
    [["users", "drop", "nmae"], "COLUMN_NOT_FOUND", 1, /^quire: COLUMN_NOT_FOUND: there is no column nmae; did you mean name\?/u],
    [["users", "drop", "id"], "BAD_SCHEMA", 1, /id is of the primary key/u],
    [["users", "set", "nmae:text"], "COLUMN_NOT_FOUND", 1, /did you mean name\?/u],
    [["users", "set", "age:uint8"], "NOT_NULL", 1, /the row id = 2 of users: users\.age has no value/u],
    [["users", "set", "name:uint8"], "BAD_VALUE", 1, /the row id = 1 of users/u],
    [["users", "set", "name:text:pk"], "BAD_SCHEMA", 1, /does not move a primary key; migrate does/u],
    [["users", "add", "n:uint8:auto"], "BAD_SCHEMA", 1, /no column that counts; migrate does/u],
    [["users", "add", "n:custom(3):null"], "BAD_SCHEMA", 1, /no column of type custom\(3\); migrate does/u],
    [["users", "add", "n:text:pk"], "BAD_SCHEMA", 1, /one primary key/u],
    [["users", "add", "n:uint8:null", "--using", "age + 'x'"], "SQL_TYPE", 1, /./u],
    [["users", "add", "n"], "BAD_SCHEMA", 1, /has no type/u],
    [["users", "ad", "n:text"], "USAGE", 2, /there is no change ad; did you mean add\?/u],
    [["users", "add", "n:text", "m:text"], "USAGE", 2, /alter add takes one word/u],
    [["users", "add"], "USAGE", 2, /usage: quire FILE alter TABLE/u],
    [["users", "add", "n:text:null:trim"], "BAD_SCHEMA", 1, /rules are a session's/u],
    [["users", "set", "age:uint8:null", "--first"], "USAGE", 2, /only alter add has --after and --first; migrate moves columns/u],
    [["users", "add", "n:text:null", "--first", "--after", "id"], "USAGE", 2, /two places/u],
    [["users", "drop", "age", "--using", "1"], "USAGE", 2, /alter drop has no --using/u],
    [["users", "set", "age:date:null"], "SQL_TYPE", 1, /column age is date, the value integer$/mu],
    [["usres", "drop", "age"], "TABLE_NOT_FOUND", 1, /did you mean users\?/u],
  ];
  for (const [words, code, status, message] of refused)
    assert.match(await store.fails(code, status, ["alter", ...words]), message, words.join(" "));
  assert.equal(await store.ok(["hash"]), before);
});

test("what hints of alter and migrate name can be done", async (t) => {
  const store = await users(t);
  await store.ok(["drop", "posts"]);
  const source = join(store.folder, "app.schema");
  const migrate = async (text: string, ...words: string[]): Promise<string> => {
    writeFileSync(source, text);
    return store.ok(["migrate", "data/app.schema", ...words]);
  };
  // migrate does: columns that count, of custom types, other places and keys.
  await store.ok(["alter", "users", "add", "note:text:null"]);
  const told = await migrate(
    "create users n:uint32:auto name:text:pk own:custom(3):null id:uint32 note:text:null age:uint8:null\n",
  );
  assert.match(told, /^column users\.n comes: uint32, counts$/mu);
  assert.equal(await store.ok(["SELECT n, name, id FROM users ORDER BY n", "--format", "csv"]), "n,name,id\n1,Ada,1\n2,Bo,2\n");
  // ALTER TABLE does several changes in one statement.
  const [, sql = ""] = /: (ALTER TABLE .*)$/mu.exec(await store.fails("BAD_SCHEMA", 1, ["alter", "users", "drop", "name"])) ?? [];
  assert.equal(sql, 'ALTER TABLE "users" …, DROP COLUMN "name"');
  await store.ok([sql.replace("…", "DROP PRIMARY KEY")]);
  // What goes is named, and allowed, or renamed.
  const short = "create users rowid:int64:pk:auto n:uint32:auto id:uint32 comment:text:null\n";
  writeFileSync(source, short);
  const refusal = await store.fails("DESTRUCTIVE_CHANGE", 1, ["migrate", "data/app.schema", "users.comment=note"]);
  assert.match(refusal, /takes away: column users\.own goes.*--allow-destructive lets it; NEW=OLD says/su);
  assert.match(await store.fails("BAD_REQUEST", 1, ["migrate", "data/app.schema", "users:=5"]), /values are of columns/u);
  await migrate(short, "users.comment=note", "--allow-destructive");
  assert.equal(await schemaOf(store, "users"), short.trim());
});

test("index lists, makes and removes indexes", async (t) => {
  const store = await users(t);
  assert.equal(await store.ok(["index", "create", "users", "age", "name", "--unique"]), "created users_age_name_unique\n");
  assert.equal(await store.ok(["index", "create", "users", "name", "--name", "by name"]), "created by name\n");
  // In the order of definitions: the primary key's, those of a column, and those of several.
  assert.equal(
    await store.ok(["index", "list", "users", "--json"]),
    '{"ok":{"indexes":[{"name":"sqlite_autoindex_users_1","table":"users","columns":["id"],"unique":true},{"name":"by name","table":"users","columns":["name"],"unique":false},{"name":"users_age_name_unique","table":"users","columns":["age","name"],"unique":true}]}}\n',
  );
  assert.match(await store.ok(["index", "list"]), /^index +table +columns +unique\n.*\nposts_title_idx +posts +title +no\n/su);
  assert.equal(await store.ok(["index", "drop", "by name"]), "dropped by name\n");
  assert.equal(await store.ok(["index", "drop", "users_age_name_unique", "--json"]), '{"ok":{}}\n');
  assert.equal(await schemaOf(store, "users"), "create users id:uint32:pk:auto name:text age:uint8:null");
  await store.ok(["insert", "users", '{"name":"Ada","age":1}']);
  await store.fails("UNIQUE_CONFLICT", 1, ["index", "create", "users", "name", "--unique"]);
  await store.fails("INDEX_NOT_FOUND", 1, ["index", "drop", "users_name_idx"]);
  await store.fails("COLUMN_NOT_FOUND", 1, ["index", "create", "users", "nmae"]);
  await store.fails("TABLE_NOT_FOUND", 1, ["index", "list", "usres"]);
  await store.fails("USAGE", 2, ["index", "crate", "users", "name"]);
  await store.fails("USAGE", 2, ["index", "create", "users"]);
  await store.fails("USAGE", 2, ["index", "drop"]);
});

test("diff --schema tells what migrate would change, beside a page file or a text", async (t) => {
  const store = await users(t);
  const beside = (name: string): string => join(dirname(store.path), name);
  writeFileSync(beside("app.schema"), await store.ok(["schema"]));
  copyFileSync(store.path, beside("old.db"));
  for (const other of ["data/app.schema", "data/old.db"])
    assert.equal(await store.ok(["diff", "--schema", other]), "the definitions are equal\n");
  await store.ok(["alter", "users", "add", "stock:int32:default=3"]);
  for (const other of ["data/app.schema", "data/old.db"]) {
    const { status, stdout } = await store.run(["diff", "--schema", other]);
    assert.deepEqual(
      [status, stdout],
      [1, "column users.stock goes, with its values (destructive)\n1 change between them\n"],
      other,
    );
  }
  const { stdout } = await store.run(["diff", "--schema", "data/old.db", "--json"]);
  assert.deepEqual(JSON.parse(stdout), {
    changes: [
      {
        change: "dropColumn",
        table: "users",
        column: "stock",
        text: "column users.stock goes, with its values",
        destructive: true,
        rewrites: true,
      },
    ],
  });
  await store.fails("USAGE", 2, ["diff"]);
  await store.fails("FILE_NOT_FOUND", 1, ["diff", "--schema", "data/none.db"]);
  writeFileSync(beside("bad.schema"), "create users\n");
  await store.fails("BAD_SCHEMA", 1, ["diff", "--schema", "data/bad.schema"]);
});

test("rows that are written anew and indexes that are filled are told of while somebody watches", async (t) => {
  const store = openStore(t);
  await store.ok(["sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT)"]);
  await store.ok(["sql", "INSERT INTO t (a, b) SELECT 'text ' || value, value FROM generate_series(1, 120000)"]);
  const { stderr, stdout } = await store.run(["alter", "t", "add", "c:int32:default=1", "--progress"]);
  assert.equal(stdout, "altered t\n");
  // The line is taken away in the end; a machine that is done within the line's fifth of a second has none.
  if (stderr !== "")
    assert.match(stderr.replaceAll("\u001B[K", "|"), /^(\r(writing|index \(.*\) of) t: [\d,]+ rows, [\d,]+ rows\/s\|)+/u);
  if (stderr !== "") assert.ok(stderr.includes("\r\u001B[K"));
  assert.equal((await store.run(["alter", "t", "drop", "c"])).stderr, "");
});
