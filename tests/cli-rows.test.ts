/** `insert`, `update`, `delete`, `get` and `acl`: what they do, what they say, and that they do all or nothing. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { goldenRows } from "./helpers/golden.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, type Store } from "./helpers/store.js";

async function shop(t: TestContext, runtime?: string): Promise<Store> {
  const store = openStore(t, runtime === undefined ? {} : { runtime });
  await store.ok(["create", "makers", "code:text:pk", "name:text"]);
  await store.ok([
    ...["create", "items", "id:uint32:pk:auto", "name:text:unique", "price:decimal:null:index"],
    ...["maker:text:null:references=makers.code:cascade", "since:date:default=2026-02-28"],
  ]);
  await store.ok(["create", "notes", "id:int8:pk", "item:uint32:references=items.id", "doc:json"]);
  return store;
}

testOnRuntimes("rows come and go", async (t, runtime) => {
  const store = await shop(t, runtime);
  assert.equal(await store.ok(["insert", "makers", '{"code":"acme","name":"Acme"}']), "inserted 1 row: code = acme\n");
  assert.equal(
    await store.ok([
      "insert",
      "items",
      '{"name":"pen","price":1.50,"maker":"acme"}',
      '{"id":7,"name":"ink"}',
      '{"name":"","price":"-0.10"}',
    ]),
    "inserted 3 rows: id = 1, 7, 8\n",
  );
  assert.deepEqual(await store.rows("items"), [
    { id: 1, name: "pen", price: "1.50", maker: "acme", since: "2026-02-28" },
    { id: 7, name: "ink", price: null, maker: null, since: "2026-02-28" },
    { id: 8, name: "", price: "-0.10", maker: null, since: "2026-02-28" },
  ]);
  assert.equal(await store.ok(["get", "items", "1"]), "id     1\nname   pen\nprice  1.50\nmaker  acme\nsince  2026-02-28\n");
  assert.equal(
    await store.ok(["get", "items", "7", "8", "--columns", "price,name"]),
    "price  name\n─────  ────\n NULL  ink\n-0.10\n".replace("-0.10\n", "-0.10  \n"),
  );
  assert.deepEqual(JSON.parse(await store.ok(["get", "items", "8", "--json", "--columns", '["name"]'])), {
    ok: { row: { name: "" } },
  });
  assert.equal(await store.ok(["insert", "notes", '{"id":-1,"item":1,"doc":null}']), "inserted 1 row: id = -1\n");
  assert.equal(await store.ok(["update", "items", "1", '{"id":2,"price":null}']), "updated 1 row, and 1 row that refers to it\n");
  assert.deepEqual(await store.rows("notes"), [{ id: -1, item: 2, doc: null }]);
  assert.equal(await store.ok(["update", "items", "2", "{}"]), "updated 1 row\n");
  await store.fails("FOREIGN_KEY_RESTRICT", 1, ["delete", "makers", "acme"]);
  assert.equal(await store.ok(["delete", "makers", "acme", "--cascade"]), "deleted 1 row, and 2 rows that referred to them\n");
  assert.equal(await store.ok(["delete", "items", "7", "8"]), "deleted 2 rows\n");
  assert.deepEqual(await store.rows("items"), []);
});

test("delete follows the schema, or --cascade, or --restrict", async (t) => {
  const store = await shop(t);
  await store.ok(["insert", "makers", '{"code":"a","name":"A"}', '{"code":"b","name":"B"}']);
  await store.ok(["insert", "items", '{"name":"x","maker":"a"}', '{"name":"y","maker":"b"}']);
  await store.fails("FOREIGN_KEY_RESTRICT", 1, ["delete", "makers", "a", "--restrict"]);
  await store.fails("USAGE", 2, ["delete", "makers", "a", "--restrict", "--cascade"]);
  assert.equal(await store.ok(["delete", "makers", "a"]), "deleted 1 row, and 1 row that referred to them\n");
  // A row that a cascade took along is deleted, and so is one that is named twice.
  await store.ok(["create", "tree", "id:uint8:pk", "up:uint8:null:references=tree.id"]);
  await store.ok(["insert", "tree", '{"id":1}', '{"id":2,"up":1}', '{"id":3,"up":2}', '{"id":4}']);
  assert.equal(
    await store.ok(["delete", "tree", "1", "3", "4", "4", "--cascade"]),
    "deleted 2 rows, and 2 rows that referred to them\n",
  );
});

const badInserts: [string[], string, number, RegExp][] = [
  [["items", "{}"], "NOT_NULL", 1, /items\.name has no value and no default/],
  [["items", '{"name":"pen"}', '{"name":"pen"}'], "UNIQUE_CONFLICT", 1, /row 2: another row of items has name = pen/],
  [
    ["items", '{"id":1,"name":"a"}', '{"id":1,"name":"b"}'],
    "PRIMARY_KEY_CONFLICT",
    1,
    /row 2: items has a row with id = 1 already/,
  ],
  [
    ["items", '{"name":"a"}', '{"name":"b","maker":"nobody"}'],
    "FOREIGN_KEY_BROKEN",
    1,
    /items\.maker = nobody: makers has no row with that code/,
  ],
  [
    ["items", '{"name":"a"}', '{"nmae":"b"}'],
    "COLUMN_NOT_FOUND",
    1,
    /row 2: table items has no column nmae; did you mean name\?/,
  ],
  [["items", '{"name":"a","price":"1,5"}'], "BAD_VALUE", 1, /items\.price: "1,5" is not a decimal/],
  [["items", '{"name":1}'], "BAD_VALUE", 1, /items\.name: "1" is not a text; write it as a JSON string/],
  [["items", '{"name":"a","id":-1}'], "BAD_VALUE", 1, /items\.id: "-1" is not a uint32/],
  [["items", '{"name":"a","name":"b"}'], "BAD_REQUEST", 1, /names column name twice/],
  [["items", "[]"], "BAD_VALUE", 1, /must be a JSON object/],
  [["items", '{"name":"a"', "}"], "BAD_VALUE", 1, /row 1 is not JSON/],
  [["items", '{"name":"a"}]}'], "BAD_VALUE", 1, /the row is not JSON/],
  [["items", `{"name":"${"x".repeat(65533)}"}`], "RECORD_TOO_LARGE", 1, /65533/],
  [["itms", "{}"], "TABLE_NOT_FOUND", 1, /there is no table itms; did you mean items\?/],
];

test("an insert that fails leaves nothing, not even the rows before the bad one", async (t) => {
  const store = await shop(t);
  for (const [words, code, status, pattern] of badInserts) {
    assert.match(await store.fails(code, status, ["insert", ...words]), pattern);
    assert.deepEqual(await store.rows("items"), [], words.join(" ").slice(0, 100));
  }
  // In an auto column null is the same as nothing.
  await store.ok(["insert", "items", '{"name":"a","id":null}']);
});

test("a key that is not there, and one that can't be", async (t) => {
  const store = openStore(t, { golden: "blog" });
  const before = store.bytes();
  assert.match(await store.fails("ROW_NOT_FOUND", 1, ["get", "users", "1", "12345"]), /users has no row with id = 12345$/);
  await store.fails("ROW_NOT_FOUND", 1, ["update", "users", "12345", "{}"]);
  await store.fails("ROW_NOT_FOUND", 1, ["delete", "users", "12345"]);
  await store.fails("ROW_NOT_FOUND", 1, ["delete", "users", "1", "12345", "--cascade"]);
  assert.match(await store.fails("BAD_VALUE", 1, ["get", "users", "ann"]), /users\.id: "ann" is not a uint32/);
  await store.fails("BAD_VALUE", 1, ["get", "users", "-1"]);
  await store.fails("BAD_VALUE", 1, ["get", "users", ""]);
  assert.match(
    await store.fails("COLUMN_NOT_FOUND", 1, ["get", "users", "1", "--columns", "id,nam"]),
    /no column nam; did you mean name\?/,
  );
  assert.deepEqual(store.bytes(), before);
});

test("a row by another unique column", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "u", "id:uint32:pk", "mail:text:unique:null", "doc:json:unique", "age:uint8:index"]);
  await store.ok(["insert", "u", '{"id":1,"mail":"a@x","doc":{"k":[1]},"age":3}', '{"id":2,"mail":"b@x","doc":[],"age":3}']);
  await store.ok(["insert", "u", '{"id":3,"mail":null,"doc":7,"age":4}']);
  assert.match(await store.ok(["get", "u", "b@x", "--index", "mail"]), /^id +2$/m);
  const rows = await store.ok(["get", "u", "b@x", "a@x", "--index=mail", "--columns", "id", "--json"]);
  assert.deepEqual(JSON.parse(rows), { ok: { rows: [{ id: 2 }, { id: 1 }] } });
  assert.match(await store.ok(["get", "u", '{"k":[1]}', "--index", "doc"]), /^id +1$/m);
  assert.match(await store.ok(["get", "u", "3", "--index", "id"]), /^doc +7$/m);
  assert.match(await store.fails("ROW_NOT_FOUND", 1, ["get", "u", "c@x", "--index", "mail"]), /u has no row with mail = c@x$/);
  assert.match(await store.fails("BAD_REQUEST", 1, ["get", "u", "3", "--index", "age"]), /the index on age is not unique/);
  assert.match(await store.fails("INDEX_NOT_FOUND", 1, ["get", "u", "3", "--index", "mial"]), /its indexes: id; mail; doc; age/);
  await store.fails("INDEX_NOT_FOUND", 1, ["get", "u", "3", "--index", "id,mail"]);
  await store.fails("BAD_VALUE", 1, ["get", "u", "{", "--index", "doc"]);
});

test("keys are read as the primary key's type", async (t) => {
  const store = openStore(t);
  const keys: [string, string, string][] = [
    ["int64", "-9223372036854775808", "-9223372036854775808"],
    ["text", 'a [1]\n"b"', 'a [1]\n"b"'],
    ["uuid", "9E3779B9-7F4A-7C15-F39C-C0605CEDC832", "9e3779b9-7f4a-7c15-f39c-c0605cedc832"],
    ["datetime", "2026-02-28T23:59:58+05:30", "2026-02-28T23:59:58.000000+05:30"],
    ["blob", "00FF", "00ff"],
    ["boolean", "TRUE", "true"],
    ["decimal", "1.50", "1.50"],
    ["json", '{"b": [1, "x"]}', '{"b":[1,"x"]}'],
    ["json", '"s"', '"s"'],
    ["custom(rgb,3)", "0A0b0C", "0a0b0c"],
    ["date", "2024-02-29", "2024-02-29"],
  ];
  for (const [n, [type, key, shown]] of keys.entries()) {
    await store.ok(["create", `t${n}`, `k:${type}:pk`, "v:uint8"]);
    const isDocument = type === "json";
    await store.ok(["insert", `t${n}`, `{"k":${isDocument ? key : JSON.stringify(key)},"v":1}`]);
    const row = (JSON.parse(await store.ok(["get", `t${n}`, key, "--json"])) as { ok: { row: { k: unknown } } }).ok.row;
    assert.equal(typeof row.k === "string" && !isDocument ? row.k : JSON.stringify(row.k), shown);
    await store.ok(["update", `t${n}`, key, '{"v":2}']);
    await store.ok(["delete", `t${n}`, key]);
  }
  await store.fails("BAD_VALUE", 1, ["get", "t7", "{"]);
});

test("tables for people: wide characters, null and nothing, line breaks, numbers to the right", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "k:uint16:pk", "v:text:null"]);
  await store.ok([
    "insert",
    "t",
    '{"k":1,"v":"日本"}',
    '{"k":22,"v":null}',
    '{"k":333,"v":""}',
    '{"k":4,"v":"a\\nb\\u0000\\t"}',
    '{"k":5,"v":"e\\u0301"}',
  ]);
  assert.equal(
    await store.ok(["scan", "t"]),
    ["  k  v", "───  ──────────", "  1  日本", " 22  NULL", "333  ", "  4  a\\nb\\x00\\t", "  5  e\u0301", ""].join("\n"),
  );
  const env = { COLUMNS: "14", QUIRE_COLOR: "1" };
  assert.equal(
    (await store.ok(["scan", "t"], { env })).replaceAll("\x1b[0m", ">").replaceAll("\x1b[1m", "<").replaceAll("\x1b[2m", "<"),
    ["<  k>  <v>", "───  ─────────", "  1  日本", " 22  <NULL>", "333  ", "  4  a\\nb\\x00…", "  5  e\u0301", ""]
      .join("\n")
      .replace("<  k>", "  <k>"),
  );
});

test("rows of every type print as the golden files have them", async (t) => {
  const store = openStore(t, { golden: "types" });
  for (const [table, rows] of Object.entries(goldenRows("types"))) {
    const { ok } = JSON.parse(await store.ok(["scan", table, "--json"])) as { ok: { rows: unknown[] } };
    assert.deepEqual(sorted(ok.rows), sorted(rows));
  }
});

/** `rows` in an order that depends on nothing but them. */
function sorted(rows: readonly unknown[]): unknown[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row as object)))].sort();
  const key = (row: unknown): string => JSON.stringify(row, names);
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

test("acl: rights are granted, listed, revoked, and the last manager stays", async (t) => {
  const store = openStore(t, { golden: "blog" });
  assert.equal(await store.ok(["acl", "list"]), "identity  text  rights\n────────  ────  ──────\n");
  assert.equal(
    await store.ok(["acl", "grant", "text:ann", "manage-acl", "users:read", "users:insert", "posts:all"]),
    "granted\n",
  );
  assert.equal(await store.ok(["acl", "grant", "00ff", "admin", "read", "insert", "update", "delete"]), "granted\n");
  const list = async (): Promise<unknown> =>
    (JSON.parse(await store.ok(["acl", "list", "--json"])) as { ok: { identities: unknown } }).ok.identities;
  const ann = { identity: "616e6e", text: "ann", rights: ["manage-acl", "posts:all", "users:read", "users:insert"] };
  const granted = (await list()) as (typeof ann)[];
  assert.deepEqual(granted[0], { identity: "00ff", rights: ["admin", "all"] });
  assert.deepEqual({ ...granted[1], rights: granted[1]?.rights.toSorted() }, { ...ann, rights: ann.rights.toSorted() });
  await store.fails("CONSTRAINT_VIOLATION", 1, ["acl", "revoke", "616e6e", "manage-acl"]);
  await store.fails("CONSTRAINT_VIOLATION", 1, ["acl", "remove", "text:ann"]);
  await store.ok(["acl", "revoke", "text:ann", "users:insert", "posts:all"]);
  await store.ok(["acl", "revoke", "00ff", "admin", "all"]);
  assert.deepEqual(await list(), [{ identity: "616e6e", text: "ann", rights: ["manage-acl", "users:read"] }]);
  await store.ok(["acl", "grant", "text:bob", "manage-acl", "#0123456789abcdef:delete"]);
  await store.ok(["acl", "remove", "text:ann"]);
  assert.equal(
    await store.ok(["acl", "list"]),
    "identity  text  rights\n────────  ────  ───────────────────────────────────\n626f62    bob   manage-acl #0123456789abcdef:delete\n",
  );
  await store.fails("IDENTITY_NOT_FOUND", 1, ["acl", "revoke", "text:ann", "read"]);
  await store.fails("BAD_VALUE", 1, ["acl", "grant", "text:ann", "raed"]);
  await store.fails("BAD_VALUE", 1, ["acl", "grant", "text:ann", "users:admin"]);
  await store.fails("BAD_VALUE", 1, ["acl", "grant", "ann", "read"]);
  await store.fails("TABLE_NOT_FOUND", 1, ["acl", "grant", "text:ann", "user:read"]);
  await store.fails("NAME_TOO_LONG", 1, ["acl", "grant", "00".repeat(256), "read"]);
});

test("layout 0.11 has no access control list", async (t) => {
  const store = openStore(t, { golden: "blog", layout: "0.11" });
  await store.fails("UNSUPPORTED", 4, ["acl", "list"]);
  await store.fails("UNSUPPORTED", 4, ["acl", "grant", "00", "read"]);
});
