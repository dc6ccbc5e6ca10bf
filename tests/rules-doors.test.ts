/** Rules hold for all rows that a session writes, by whatever door; and docs/rules.md is true. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { defineTable, open, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { CREATE, NULL, refuses, text, u32, u8 } from "./helpers/component.js";
import { componentIn } from "./helpers/component-folder.js";
import { testOnSessions } from "./helpers/sessions.js";
import { openStore, tempFolder } from "./helpers/store.js";

const users = defineTable("users", {
  id: "uint32:pk:auto",
  email: "text:unique:trim:lowercase:email",
  nick: "text:null:trim:nullifempty",
  age: "uint8:null:range=0,150",
  path: "text:null:urlencoding",
  kind: "text:oneof=a,b:default=a",
});

/** The code and the words of what fails. */
function failure(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
  return "";
}

const BAD = "CHECK_FAILED: users.id = 2: email breaks the rule email: Value 'x' is not a valid email address";

test("rows and records, one and many, and updates of them", () => {
  using db = openSync(":memory:");
  db.create(users);
  const table = db.table(users);
  assert.equal(table.insert({ email: " A@B.co ", nick: "  ", path: "a b" }), 1);
  const first = { id: 1, email: "a@b.co", nick: null, age: null, path: "a%20b", kind: "a" };
  assert.deepEqual(table.get(1), first);
  assert.equal(
    failure(() => table.insert({ email: "x" })),
    BAD,
  );
  assert.match(
    failure(() => table.insert({ email: "A@b.CO" })),
    /^UNIQUE_CONFLICT/u,
    "keys are as rules make them",
  );
  assert.match(
    failure(() => table.insertMany([{ email: "b@b.co" }, { email: "c@b.co", age: 151 }])),
    /^CHECK_FAILED: row 2: users\.id = 3: age breaks the rule range=0,150: Value '151'/u,
  );
  const many = Array.from({ length: 100 }, (_, i) => ({ email: i === 77 ? "-" : `U${i}@B.co` }));
  assert.match(
    failure(() => table.insertMany(many)),
    /^CHECK_FAILED: row 78: users\.id = \d+: email breaks/u,
  );
  assert.equal(table.count(), 1);
  // What an update leaves as it was is not encoded again; what it sets is.
  table.update(1, { age: 7 });
  assert.deepEqual(table.get(1), { ...first, age: 7 });
  table.update(1, { nick: " n ", path: "c d" });
  assert.deepEqual(table.get(1), { ...first, age: 7, nick: "n", path: "c%20d" });
  assert.match(
    failure(() => table.update(1, { kind: "c" })),
    /^CHECK_FAILED: users\.id = 1: kind breaks the rule oneof=a,b: Value 'c'/u,
  );
  assert.deepEqual(db.request({ op: "update", table: "users", where: "age = 7", set: { email: "\tNEW@b.co" } }), {
    updated: 1,
    cascaded: 0,
  });
  assert.equal(table.get(1).email, "new@b.co");
  assert.match(
    failure(() => db.request({ op: "insert", table: "users", row: { email: "d@b.co", age: 200 } })),
    /^CHECK_FAILED/u,
  );
});

test("INSERT, UPDATE, their conflicts and FROM, RETURNING, and prepared statements", () => {
  using db = openSync(":memory:");
  db.migrate([users]);
  const rows = (sql: string, params: readonly unknown[] = []) => db.sql(sql, params).rows;
  assert.deepEqual(rows("INSERT INTO users (email, path) VALUES (' A@B.co', '/') RETURNING email, path, kind"), [
    ["a@b.co", "%2F", "a"],
  ]);
  assert.equal(
    failure(() => db.sql("INSERT INTO users (email) VALUES ('x')")),
    BAD,
  );
  assert.equal(
    failure(() => db.sql("INSERT INTO users (email) SELECT 'x'")),
    BAD,
  );
  // The row that has the key is found by the key as it will be; and nothing is encoded twice.
  assert.deepEqual(
    rows(
      "INSERT INTO users (email, path) VALUES ('A@b.CO ', ' ') ON CONFLICT (email) DO UPDATE SET path = excluded.path, nick = ' ' RETURNING path, nick",
    ),
    [["%20", null]],
  );
  assert.deepEqual(rows("INSERT OR REPLACE INTO users (email, path) VALUES ('A@B.co', 'é') RETURNING email, path"), [
    ["a@b.co", "%C3%A9"],
  ]);
  assert.deepEqual(rows("SELECT count(*) FROM users"), [["1"]]);
  db.sql("INSERT OR IGNORE INTO users (email) VALUES ('x'), ('B@b.co'), ('b@B.co'), ('')");
  assert.deepEqual(rows("SELECT email FROM users ORDER BY email"), [["a@b.co"], ["b@b.co"]]);
  db.sql("UPDATE users SET nick = upper(email) || ' ' WHERE email = 'b@b.co'");
  db.sql(
    "UPDATE users SET nick = other.nick || '  ' FROM users AS other WHERE other.email = 'b@b.co' AND users.email = 'a@b.co'",
  );
  assert.deepEqual(rows("SELECT nick FROM users"), [["B@B.CO"], ["B@B.CO"]]);
  assert.match(
    failure(() => db.sql("UPDATE users SET age = 151")),
    /^CHECK_FAILED: users\.id = \d+: age breaks the rule range=0,150/u,
  );
  db.sql("UPDATE OR REPLACE users SET email = ' A@B.co' WHERE email = 'b@b.co'");
  assert.deepEqual(rows("SELECT email FROM users"), [["a@b.co"]]);
  const insert = db.prepare("INSERT INTO users (email, age) VALUES (?, ?)");
  for (let i = 0; i < 5; i++) insert.run(`  P${i}@b.co`, i);
  assert.match(
    failure(() => insert.run("q@b.co", 151)),
    /^CHECK_FAILED/u,
  );
  assert.deepEqual(rows("SELECT email FROM users WHERE age = 4"), [["p4@b.co"]]);
  assert.match(
    failure(() => db.sql("UPDATE users SET email = '' WHERE age = 4")),
    /^CHECK_FAILED/u,
  );
});

test("keys that are carried on, and rows that ALTER TABLE writes, stay as they are", () => {
  using db = openSync(":memory:");
  db.create("p", ["k:text:pk"]);
  db.create("c", ["id:uint32:pk:auto", "p:text:references=p.k:lowercase:url", "n:text:null:lowercase"]);
  const sql = (text: string) => db.sql(text).rows;
  sql("INSERT INTO p VALUES ('a:b')");
  sql("INSERT INTO c (p, n) VALUES ('A:B', 'N')");
  sql("UPDATE p SET k = 'NO URL'");
  assert.deepEqual(sql("SELECT p, n FROM c"), [["NO URL", "n"]]);
  // An update looks at all columns.
  assert.match(
    failure(() => db.sql("UPDATE c SET n = 'x'")),
    /^CHECK_FAILED: c\.id = 1: p breaks the rule url: Value 'no url'/u,
  );
  sql("ALTER TABLE c ADD CHECK (id > 0)");
  sql("ALTER TABLE c RENAME TO d");
  assert.match(
    failure(() => db.sql("INSERT INTO d (p) VALUES ('NO URL')")),
    /^CHECK_FAILED/u,
    "rules follow a table that is called otherwise",
  );
  sql("ALTER TABLE d DROP COLUMN n");
  assert.match(
    failure(() => db.sql("INSERT INTO d (p) VALUES ('x:y')")),
    /^COLUMN_NOT_FOUND: .*rules declares them anew/u,
  );
  db.request({ op: "rules", table: "d", columns: [] });
  sql("INSERT INTO d (p) VALUES ('NO URL')");
});

test("declaring: what there is, what there is not, and until when", async () => {
  using db = openSync(":memory:");
  db.create("t", ["id:uint32:pk", "v:text:null", "n:int16:null"]);
  const declare = (...columns: string[]) => db.request({ op: "rules", table: "t", columns });
  for (const [word, message] of [
    ["v:text:trimm", "BAD_SCHEMA: column v: there is no flag trimm; did you mean trim?"],
    [
      "n:int16:clampunsigned=0,1",
      "BAD_SCHEMA: column n: clampunsigned is not for columns of int16; rules of int16: clamp, range, oneof",
    ],
    ["v:text:maxstrlen", "BAD_SCHEMA: column v: maxstrlen needs =LENGTH; rules of text: trim"],
    ["v:text:maxstrlen=-1", "BAD_SCHEMA: column v: maxstrlen=-1 is not like maxstrlen=LENGTH"],
    ["v:text:trim=1", "BAD_SCHEMA: column v: trim takes no value"],
    ["n:int16:range=5,1", "BAD_SCHEMA: column n: range=5,1 has the larger value first"],
    ["n:int16:range=,", "BAD_SCHEMA: column n: range=, is not like range=LEAST,MOST"],
    ["n:int16:oneof=1,x", 'BAD_SCHEMA: column n: oneof=1,x: "x" is not an int16'],
    ["v:int32:range=1,2", "BAD_SCHEMA: t.v is text, and its rules are for int32; rules declares them anew"],
    ["w:text:trim", "COLUMN_NOT_FOUND: there are rules for the column w, which table t does not have; did you mean v?"],
  ] as const)
    assert.ok(failure(() => declare(word)).startsWith(message), `${word}: ${failure(() => declare(word))}`);
  assert.match(
    failure(() => db.request({ op: "rules", table: "u", columns: ["v:text:trim"] })),
    /^TABLE_NOT_FOUND/u,
  );
  assert.deepEqual(declare("v:text:Trim:RangeStrlen=1,3:like=a\\:\\\\%%:oneof=a\\,b,c"), {
    rules: [{ table: "t", column: "v", rules: ["trim", "rangestrlen=1,3", "like=a\\:\\\\%%", "oneof=a\\,b,c"] }],
  });
  assert.deepEqual(db.rules(), [
    { table: "t", column: "v", rules: ["trim", "rangestrlen=1,3", "like=a\\:\\\\%%", "oneof=a\\,b,c"] },
  ]);
  // What is listed declares the same again.
  declare(`v:text:${db.rules()[0]?.rules.join(":")}`);
  assert.match(
    failure(() => db.sql("INSERT INTO t VALUES (1, 'a', 0)")),
    /^CHECK_FAILED: t\.id = 1: v breaks the rule like=/u,
  );
  // A transaction does not take them back.
  db.begin();
  declare("v:text:uppercase");
  db.rollback();
  db.sql("INSERT INTO t VALUES (1, 'a', 0)");
  assert.equal((db.table("t").get(1) as { v: string }).v, "A");
  assert.deepEqual(declare(), { rules: [] });
  // Definitions: with table() from the next call on, also of a table that is made later; a definition that does not fit stops all calls.
  const later = defineTable("later", { id: "uint32:pk", v: "text:uppercase" });
  db.table(later);
  db.sql("CREATE TABLE later (id UNSIGNED INT PRIMARY KEY, v TEXT NOT NULL)");
  db.sql("INSERT INTO later VALUES (1, 'b')");
  assert.equal(db.table(later).get(1).v, "B");
  const session = await open(":memory:");
  await session.create("t", ["id:uint32:pk", "v:text"]);
  const wrong = session.table(defineTable("t", { id: "uint32:pk", v: "int32:range=1,2" }));
  await assert.rejects(wrong.insert({ id: 1, v: 1 }), { code: "BAD_SCHEMA" });
  await assert.rejects(session.sql("INSERT INTO t VALUES (1, 'x')"), { code: "BAD_SCHEMA" });
  await session.close();
});

test("the compiler knows the rules of each type", () => {
  const { words } = defineTable("t", {
    id: "uint32:pk",
    a: "text:trim:LowerCase:maxstrlen=3:oneof=x,y:like=%",
    b: "int8:null:clamp=-1,5:range=0,",
    c: "decimal:roundtoscale=2",
    d: "datetime:timezone=-60",
  });
  assert.equal(words.length, 5);
  // @ts-expect-error: not for numbers
  defineTable("t", { id: "uint32:pk", a: "int8:trim" });
  // @ts-expect-error: there is no such rule
  defineTable("t", { id: "uint32:pk", a: "text:trimm" });
  // @ts-expect-error: it needs a number
  defineTable("t", { id: "uint32:pk", a: "text:maxstrlen=x" });
});

test("commands: --rules for what writes and for check", async (t) => {
  const store = openStore(t);
  const folder = store.folder;
  writeFileSync(
    join(folder, "app.rules"),
    "create users id:uint32:pk email:text:unique:trim:lowercase:email age:uint8:null:range=0,99\n",
  );
  writeFileSync(join(folder, "odd.rules"), "create user id:uint32:pk email:text:trim\n");
  writeFileSync(
    join(folder, "app.json"),
    JSON.stringify([
      {
        table: "users",
        primary_key: "id",
        columns: [
          { name: "id", type: "Uint32" },
          { name: "email", type: "Text", rules: ["trim", "maxstrlen=4"] },
        ],
        indexes: [],
      },
    ]),
  );
  const rules = ["--rules", "data/app.rules"];
  assert.match(await store.fails("BAD_SCHEMA", 1, ["create", "users", "id:uint32:pk", "email:text:trim"]), /--rules SCHEMA/u);
  await store.ok(["create", "users", "id:uint32:pk", "email:text:unique", "age:uint8:null"]);
  await store.ok(["insert", "users", '{"id":1,"email":" A@B.co"}', ...rules]);
  await store.fails("CHECK_FAILED", 1, ["insert", "users", '{"id":2,"email":"x"}', ...rules]);
  await store.fails("CHECK_FAILED", 1, ["update", "users", "1", '{"age":100}', ...rules]);
  await store.fails("CHECK_FAILED", 1, ["sql", "UPDATE users SET age = 100", ...rules]);
  writeFileSync(join(folder, "rows.csv"), "id,email,age\n2, C@d.co ,5\n3,nobody,6\n4,e@f.co,\n");
  const told = await store.fails("CHECK_FAILED", 1, ["import", "users", "data/rows.csv", ...rules]);
  assert.match(told, /3.*users\.id = 3: email breaks the rule email: Value 'nobody'/su);
  const skipped = await store.run(["import", "users", "data/rows.csv", "--skip-bad", ...rules]);
  assert.match(`${skipped.stdout}${skipped.stderr}`, /users\.id = 3: email breaks the rule email/u);
  assert.equal(await store.ok(["export", "users", "--format", "csv"]), "id,email,age\n1,a@b.co,\n2,c@d.co,5\n4,e@f.co,\n");
  assert.match(await store.ok(["check", ...rules]), /no faults/u);
  writeFileSync(join(folder, "again.csv"), "email,age\n C@D.CO,7\n");
  await store.ok(["import", "users", "data/again.csv", "--on-conflict", "update", "--key", "email", ...rules]);
  assert.equal(await store.ok(["export", "users", "--format", "csv"]), "id,email,age\n1,a@b.co,\n2,c@d.co,7\n4,e@f.co,\n");
  await store.ok(["insert", "users", '{"id":5,"email":" Z@z.co","age":100}']);
  const report = await store.fails("DAMAGED", 3, ["check", ...rules]);
  const found = (await store.run(["check", ...rules])).stdout;
  assert.match(
    `${report}${found}`,
    /error RULE_BROKEN page \d+, byte \d+: users\.id = 5: email = {2}Z@z\.co breaks the rule email\n/u,
  );
  assert.match(found, /users\.id = 5: age = 100 breaks the rule range=0,99\n/u);
  assert.match(
    (await store.run(["check", "--rules", "data/app.json"])).stdout,
    /users\.id = 1: email = a@b\.co breaks the rule maxstrlen=4\n/u,
  );
  await store.fails("TABLE_NOT_FOUND", 1, ["check", "--rules", "data/odd.rules"]);
  await store.fails("TABLE_NOT_FOUND", 1, ["insert", "users", '{"id":9,"email":"q@q.co"}', "--rules", "data/odd.rules"]);
  assert.match(await store.ok(["check"]), /no faults/u);
});

test("serve and load: rules of the command line, and those that a request declares", async (t) => {
  const store = openStore(t);
  writeFileSync(join(store.folder, "app.rules"), "create t id:uint32:pk:auto a:text:trim:lowercase b:uint8:null:range=0,9\n");
  await store.ok(["create", "t", "id:uint32:pk:auto", "a:text", "b:uint8:null"]);
  const requests = [
    { op: "insert", table: "t", row: { a: " X ", b: 9 } },
    { op: "insert", table: "t", rows: [{ a: "Y" }, { a: "z", b: 10 }] },
    { op: "sql", sql: "INSERT INTO t (a, b) VALUES ('S ', 10)" },
    { op: "update", table: "t", key: 1, set: { a: "U " } },
    { op: "rules", table: "t", columns: ["a:text:uppercase"] },
    { op: "sql", sql: "INSERT INTO t (a, b) VALUES ('s', 10) RETURNING a" },
    { op: "scan", table: "t", columns: ["a", "b"] },
  ];
  const stdin = requests.map((request) => JSON.stringify(request)).join("\n");
  const { stdout } = await store.run(["serve", "--rules", "data/app.rules"], { stdin });
  const replies = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { ok?: Record<string, unknown>; error?: { code: string; message: string } });
  assert.deepEqual(
    replies.map(({ error }) => error?.code ?? ""),
    ["", "CHECK_FAILED", "CHECK_FAILED", "", "", "", ""],
  );
  assert.match(replies[1]?.error?.message ?? "", /^row 2: t\.id = \d+: b breaks the rule range=0,9/u);
  assert.deepEqual(replies[5]?.ok?.["rows"], [["S"]]);
  assert.deepEqual(replies[6]?.ok?.["rows"], [
    { a: "u", b: 9 },
    { a: "S", b: 10 },
  ]);
  // A dump's rows are written, too.
  writeFileSync(join(store.folder, "rows.ndjson"), await store.ok(["dump"]));
  const other = openStore(t);
  for (const name of ["rows.ndjson", "app.rules"])
    writeFileSync(join(other.folder, name), readFileSync(join(store.folder, name)));
  const told = await other.fails("CHECK_FAILED", 1, ["load", "data/rows.ndjson", "--rules", "data/app.rules"]);
  assert.match(told, /t\.id = \d+: b breaks the rule range=0,9: Value '10'/u);
  assert.ok(!existsSync(other.path));
  writeFileSync(join(other.folder, "app.rules"), "create t id:uint32:pk:auto a:text:lowercase b:uint8:null\n");
  await other.ok(["load", "data/rows.ndjson", "--rules", "data/app.rules"]);
  assert.equal(
    await other.ok(["export", "t", "--format", "csv"]),
    (await store.ok(["export", "t", "--format", "csv"])).toLowerCase(),
  );
});

test("the component: what a request declares holds for rows, SQL and statements of the connection", async (t) => {
  const { Connection, sql } = await componentIn(tempFolder(t));
  using db = Connection.open("data/app.db", CREATE);
  db.request(
    '{"op":"create","table":"t","columns":["id:uint32:pk:auto","a:text:unique:trim:lowercase:email","n:uint8:null:range=0,9"]}',
  );
  using table = db.table("t");
  const refused = (what: RegExp, call: () => unknown): void => refuses("constraint", "CHECK_FAILED", what, call);
  assert.deepEqual(table.insert(["a"], [[text(" A@B.co ")]]), [u32(1)]);
  assert.deepEqual(table.get(u32(1)), [u32(1), text("a@b.co"), NULL]);
  refused(/^row 2: .*a breaks the rule email/u, () => table.insert(["a"], [[text("b@b.co")], [text("b")]]));
  refused(/n breaks the rule range=0,9/u, () => table.update(u32(1), ["n"], [u8(10)]));
  table.update(u32(1), ["a"], [text(" C@B.co")]);
  refused(/a breaks the rule email/u, () => sql.execute(db, "INSERT INTO t (a) VALUES (?)", [text("x")]));
  using statement = sql.Statement.prepare(db, "UPDATE t SET n = ?, a = a || ' '");
  refused(/n breaks the rule range=0,9/u, () => statement.execute([u8(10)]));
  statement.execute([u8(9)]);
  assert.deepEqual(table.get(u32(1)), [u32(1), text("c@b.co"), u8(9)]);
  assert.match(db.request('{"op":"rules"}'), /"rules":\["trim","lowercase","email"\]/u);
  // Another connection has none, as another session.
  db.close();
  using other = Connection.open("data/app.db", CREATE);
  using same = other.table("t");
  same.insert(["a"], [[text(" X")]]);
});

testOnSessions("sessions over runtimes", async (_, openFile) => {
  const db = await openFile();
  await db.migrate([users]);
  const table = db.table(users);
  const id = await table.insert({ email: " A@B.co " });
  assert.equal((await table.get(id)).email, "a@b.co");
  await assert.rejects(async () => table.insertMany([{ email: "b@b.co" }, { email: "x" }]), {
    code: "CHECK_FAILED",
    message: /^row 2: users\.id = \d+: email breaks the rule email/u,
  });
  await assert.rejects(async () => db.sql("UPDATE users SET age = 151"), { code: "CHECK_FAILED" });
  await db.close();
});

/** The cells of a table in a page, code spans without their ticks. */
function* tableRows(page: string): Generator<string[]> {
  for (const line of page.split("\n")) {
    if (/^\| `\w+(?:=[^`]*)?` \|/u.test(line))
      yield line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim());
  }
}

const code = (cell: string): string[] => [...cell.matchAll(/`([^`]*)`/gu)].map(([, text]) => text as string);

test("the examples of docs/rules.md", () => {
  using db = openSync(":memory:");
  const page = readFileSync(join(packageRoot, "docs", "rules.md"), "utf8");
  const names = new Set<string>();
  for (const [rule, of, , example, not] of tableRows(page)) {
    const [word] = code(rule as string) as [string];
    const type = (of as string).startsWith("int8 to")
      ? "int16"
      : /^(?:uint8 to|integers)/u.test(of as string)
        ? "uint16"
        : (of as string).replace(/,.*/su, "");
    const table = word.replace(/=.*/su, "");
    names.add(table);
    db.create(table, ["id:int32:pk:auto", `v:${type}:null:${word}`]);
    const put = (value: unknown): unknown => {
      const { keys } = db.request({ op: "insert", table, row: { v: value } }) as { keys: unknown[] };
      return (db.request({ op: "get", table, key: keys[0] }) as { row: { v: unknown } }).row.v;
    };
    const [value, made] = code(example as string).map((text) => JSON.parse(text) as unknown);
    assert.deepEqual(put(value), made === undefined ? value : made, word);
    if (not !== undefined)
      assert.equal(failure(() => put(JSON.parse(code(not)[0] as string))).slice(0, 12), "CHECK_FAILED", word);
  }
  assert.equal(names.size, 28);
});
