/** `create`, `drop`, `tables` and `schema`: definitions as words, and the same bytes as the reference writes for them. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { golden, goldenNames, goldenRows, layouts, type Layout } from "./helpers/golden.js";
import { openStore } from "./helpers/store.js";

/** The words of a line as a shell reads them: single quotes and backslashes. */
function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)) {
    words.push(match[0].replace(/'([^']*)'|\\(.)/g, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ""));
  }
  return words;
}

const PAGE_SIZE = 65536;

/** What the registry of a page file says: the schema hash, and each table's snapshot page, by fingerprint (docs/format.md). */
function registry(bytes: Buffer): { hash: string; snapshots: Map<string, Buffer> } {
  const snapshots = new Map<string, Buffer>();
  let at = 16;
  for (let left = bytes.readBigUInt64LE(8); left > 0n; left--) {
    const page = bytes.readUInt32LE(at + 8) * PAGE_SIZE;
    snapshots.set(bytes.toString("hex", at, at + 8), bytes.subarray(page, page + PAGE_SIZE));
    at += bytes[at + 24] === 1 ? 29 : 25;
  }
  return { hash: bytes.toString("hex", 0, 8), snapshots };
}

/** `page` without the zeros at its end. */
function trimmed(page: Buffer): Buffer {
  let end = page.length;
  while (end > 0 && page[end - 1] === 0) end--;
  return page.subarray(0, end);
}

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`what schema prints makes the same definitions: ${name}, layout ${layout}`, async (t) => {
      const store = openStore(t, { golden: name, layout, checkStatus: null });
      const lines = (await store.ok(["schema"])).split("\n").filter((line) => line !== "");
      const original = registry(golden(name, layout));
      assert.equal(lines.length, original.snapshots.size);
      if (lines.length === 0) return;
      const copy = openStore(t);
      for (const line of lines) await copy.ok(shellWords(line));
      assert.equal(await copy.ok(["schema"]), `${lines.join("\n")}\n`);
      const made = registry(copy.bytes());
      assert.equal(made.hash, original.hash);
      assert.equal((await copy.ok(["info", "--json"])).includes(`"${layout}"`), true);
      for (const [fingerprint, page] of made.snapshots) {
        const bytes = trimmed(page);
        // The golden page may have older bytes behind the snapshot.
        assert.deepEqual(original.snapshots.get(fingerprint)?.subarray(0, bytes.length), bytes);
      }
    });
  }
}

test("schema of one table, and how words are quoted", async (t) => {
  const store = openStore(t);
  await store.ok([
    "create",
    "it's",
    "a b:text:pk",
    "c\\:d:custom(x\\)y,3):null",
    "e:text:default=it's: \\ ok",
    'f:json:default={"a": [1]}',
  ]);
  const line = await store.ok(["schema", "it's"]);
  assert.equal(
    line,
    `create 'it'\\''s' 'a b:text:pk' 'c\\:d:custom(x\\)y,3):null' 'e:text:default=it'\\''s: \\ ok' 'f:json:default={"a":[1]}'\n`,
  );
  const copy = openStore(t);
  await copy.ok(shellWords(line));
  assert.equal(await copy.ok(["schema"]), line);
  const { ok } = JSON.parse(await store.ok(["schema", "--json"])) as { ok: { tables: { fields: unknown }[] } };
  assert.deepEqual(ok.tables[0]?.fields, [
    { name: "a b", type: "text", null: false, unique: true },
    { name: "c:d", type: "custom(x)y,3)", null: true },
    { name: "e", type: "text", null: false, default: "it's: \\ ok" },
    { name: "f", type: "json", null: false, default: { a: [1] } },
  ]);
});

test("a default's value ends the column: what looks like a flag there needs a backslash in front of its colon", async (t) => {
  const store = openStore(t);
  // As written, and the value.
  const taken: [word: string, value: string][] = [
    ["red\\:x", "red:x"],
    ["x\\:unique", "x:unique"],
    ["C:\\dir\\", "C:\\dir\\"],
    ["a\\\\:b", "a\\:b"],
    ["a\\\\:unique", "a\\:unique"],
    ["12:30:00", "12:30:00"],
    ["a:nul:uniques:", "a:nul:uniques:"],
    ["unique", "unique"],
    ["::Trims\\:range=0,1:", "::Trims:range=0,1:"],
  ];
  const words = taken.map(([word], n) => `c${n}:text:default=${word}`);
  await store.ok(["create", "t", "id:uint32:pk:auto", ...words]);
  const valuesOf = async (from: typeof store): Promise<unknown[]> => {
    const { ok } = JSON.parse(await from.ok(["schema", "--json"])) as { ok: { tables: { fields: { default?: string }[] }[] } };
    return (ok.tables[0]?.fields ?? []).slice(1).map((field) => field.default);
  };
  assert.deepEqual(
    await valuesOf(store),
    taken.map(([, value]) => value),
  );
  const line = await store.ok(["schema"]);
  const copy = openStore(t);
  await copy.ok(shellWords(line));
  assert.equal(await copy.ok(["schema"]), line);
  assert.deepEqual(await valuesOf(copy), await valuesOf(store));
  for (const behind of ["unique", "null", "index=g", "references=t.id", "trim", "Email", "maxstrlen=3"])
    assert.match(
      await store.fails("BAD_SCHEMA", 1, ["create", "u", "id:uint32:pk", `c:text:default=a:${behind}`]),
      new RegExp(`${behind} behind default= .*write \\\\: for a colon`, "u"),
    );
  await store.fails("BAD_SCHEMA", 1, ["alter", "t", "add", "d:int32:default=5:null"]);
});

interface TableReply {
  columns: string[];
  alignment: number;
  indexes: { columns: string[]; unique: boolean }[];
}

async function definition(t: Parameters<typeof openStore>[0], specs: string[], options: string[] = []): Promise<TableReply> {
  const store = openStore(t);
  await store.ok(["create", "t", ...specs, ...options]);
  return (JSON.parse(await store.ok(["schema", "t", "--json"])) as { ok: { tables: [TableReply] } }).ok.tables[0];
}

test("indexes stand in the reference's order, each list of columns once", async (t) => {
  const { indexes, columns } = await definition(t, [
    "z:int8:index=b:index",
    "y:text:index=B:unique:index",
    "k:uint8:index:pk:index=b",
    "x:uuid:index=b:index=é",
    "w:date:index=é:unique:index=solo",
    "v:blob:index=solo2",
  ]);
  assert.deepEqual(
    indexes.map(({ columns, unique }) => columns.join(",") + (unique ? "!" : "")),
    // pk; unique in declaration order; plain; then the groups B (= y, there already), b, solo (= w, there already), solo2, é
    ["k!", "y!", "w!", "z", "z,k,x", "v", "x,w"],
  );
  assert.deepEqual(columns, [
    "z:int8:index:index=g1",
    "y:text:unique",
    "k:uint8:pk:index=g1",
    "x:uuid:index=g1:index=g3",
    "w:date:unique:index=g3",
    "v:blob:index=g2",
  ]);
});

test("numbers behind a group's name give its columns their places", async (t) => {
  const specs = [
    "k:uint8:pk:unique=g.3",
    "a:int8:index=v1.x:index=h",
    "b:int8:unique=g.1:index=v1.x",
    "c:int8:unique=g.2:index=h.1",
  ];
  const first = await definition(t, specs);
  assert.deepEqual(
    first.indexes.map(({ columns, unique }) => columns.join(",") + (unique ? "!" : "")),
    ["k!", "b,c,k!", "a,c", "a,b"],
  );
  assert.deepEqual(await definition(t, first.columns), first);
});

test("more than nine groups keep their order", async (t) => {
  const specs = ["k:uint8:pk", ...Array.from({ length: 12 }, (_, n) => `c${n}:int8:index=a${String(n).padStart(2, "0")}`)];
  const all = specs.map((spec, n) => (n === 0 ? spec : `${spec}:index=z${String(20 - n).padStart(2, "0")}`));
  const last = Array.from({ length: 12 }, (_, n) => `:index=z${String(n + 8).padStart(2, "0")}`).join("");
  const first = await definition(t, [...all, `last:int8${last}`]);
  const again = await definition(t, first.columns);
  assert.deepEqual(again, first);
  // c0 is in z19, c11 in z08: the groups' names decide.
  const groups = Array.from({ length: 12 }, (_, n) => `c${11 - n},last`);
  assert.deepEqual(
    first.indexes.slice(13).map(({ columns }) => columns.join(",")),
    groups,
  );
});

test("the alignment: the body's size when all is fixed, else 32 or what is asked for", async (t) => {
  assert.equal((await definition(t, ["k:uint32:pk", "d:datetime", "b:boolean"])).alignment, 4 + 13 + 1);
  assert.equal((await definition(t, ["k:uint32:pk", "c:custom(rgb,3)"])).alignment, 7);
  assert.equal((await definition(t, ["k:uint32:pk", "d:datetime:null"])).alignment, 32);
  assert.equal((await definition(t, ["k:text:pk"], ["--alignment", "48"])).alignment, 48);
  const store = openStore(t);
  await store.ok(["create", "t", "k:text:pk", "--alignment", "48"]);
  assert.equal(await store.ok(["schema"]), "create t k:text:pk --alignment 48\n");
  await store.fails("BAD_SCHEMA", 1, ["create", "u", "k:text:pk", "--alignment", "7"]);
  await store.fails("BAD_SCHEMA", 1, ["create", "u", "k:uint32:pk", "--alignment", "32"]);
});

const badSpecs: [string[], RegExp][] = [
  [["k"], /column k has no type; write it like k:text/],
  [[":text:pk"], /no name/],
  [["k:txt:pk"], /there is no type txt; did you mean text\?/],
  [["k:float32:pk"], /there is no type float32; did you mean decimal\?/],
  [["k:String:pk"], /there is no type String; did you mean text\?/],
  [["k:int:pk"], /there is no type int; did you mean int32\?/],
  [["k:xyz:pk"], /there is no type xyz; types: int8, .*custom$/m],
  [["k:text:pk", "v:text:nullable"], /there is no flag nullable; did you mean null\?/],
  [["k:uint32:pk", "v:text:uniqe"], /column v: there is no flag uniqe; did you mean unique\?/],
  [["k:uint32:pk", "v:text:index="], /column v: index= needs a group's name/],
  [["k:uint32:pk", "v:text:pk=1"], /column v: pk takes no value/],
  [["k:uint32"], /0 primary key columns/],
  [["k:uint32:pk", "l:uint32:pk"], /2 primary key columns/],
  [["k:uint32:pk:null"], /t\.k is the primary key and can't be null/],
  [["k:uint32:pk", "k:text"], /two columns t\.k/],
  [["k:text:pk:auto"], /only integer columns/],
  [["k:uint32:pk", "v:uint8:default=256"], /column v: default: "256" is not a uint8/],
  [["k:uint32:pk", "v:custom(x"], /parentheses/],
  [["k:uint32:pk", "v:custom(x,0)"], /1 to 65533/],
  [["k:uint32:pk", "v:text(3)"], /parentheses/],
  [["k:uint32:pk", "v:custom"], /custom needs a tag/],
  [["k:uint32:pk", "v:text:cascade"], /cascade comes behind references/],
  [["k:uint32:pk", "v:text:references=users"], /references= needs TABLE\.COLUMN/],
  [["k:uint32:pk", "v:text:references"], /references needs =TABLE\.COLUMN/],
];

test("a definition that can't be says what is wrong with which column, and makes no file", async (t) => {
  const store = openStore(t);
  for (const [specs, pattern] of badSpecs) {
    assert.match(await store.fails("BAD_SCHEMA", 1, ["create", "t", ...specs]), pattern);
    assert.equal(existsSync(store.path), false, specs.join(" "));
  }
});

test("foreign keys must name a unique column of the same type of a table that is there", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "users", "id:uint32:pk", "email:text:unique", "age:uint8"]);
  const wrong: [string, RegExp][] = [
    ["u:uint32:references=user.id", /there is no such table; create that table first/],
    ["u:uint32:references=users.di", /there is no such column/],
    ["u:uint8:references=users.age", /which is not unique/],
    ["u:uint16:references=users.id", /which is a uint32 and not a uint16/],
  ];
  for (const [spec, pattern] of wrong)
    assert.match(await store.fails("BAD_SCHEMA", 1, ["create", "t", "id:uint8:pk", spec]), pattern);
  await store.ok([
    "create",
    "t",
    "id:uint8:pk",
    "u:uint32:null:references=users.id:cascade",
    "e:text:references=users.email:restrict",
    "up:uint8:null:references=t.id",
  ]);
  const lines = (await store.ok(["schema"])).trimEnd().split("\n");
  // Sorted by name t comes first, but users has to be made before it.
  assert.deepEqual(lines, [
    "create users id:uint32:pk email:text:unique age:uint8",
    "create t id:uint8:pk u:uint32:null:references=users.id:cascade e:text:references=users.email up:uint8:null:references=t.id",
  ]);
  await store.fails("FOREIGN_KEY_RESTRICT", 1, ["drop", "users"]);
  assert.equal(await store.ok(["drop", "t"]), "dropped t\n");
  await store.ok(["drop", "users"]);
  assert.equal(await store.ok(["schema"]), "");
});

test("names: 255 bytes fit, taken ones do not, and layouts do not mix", async (t) => {
  const store = openStore(t);
  const longest = "é".repeat(127) + "x";
  await store.ok(["create", longest, `${longest}:uint8:pk`]);
  await store.fails("NAME_TOO_LONG", 1, ["create", `${longest}x`, "k:uint8:pk"]);
  await store.fails("NAME_TOO_LONG", 1, ["create", "t", `${longest}x:uint8:pk`]);
  await store.fails("TABLE_EXISTS", 1, ["create", longest, "k:uint8:pk"]);
  await store.fails("BAD_VALUE", 1, ["create", "t", "k:uint8:pk", "--layout", "0.11"]);
  await store.fails("USAGE", 2, ["create", "t", "k:uint8:pk", "--layout", "0.10"]);
  assert.match(await store.fails("TABLE_NOT_FOUND", 1, ["drop", "tt"]), /there is no table tt/);
});

test("tables: sorted by name, with their rows, for people and as JSON", async (t) => {
  for (const layout of ["0.9", "0.11"] as Layout[]) {
    const store = openStore(t, { golden: "blog", layout });
    const rows = goldenRows("blog", layout);
    const counts = { posts: rows["posts"]?.length, users: rows["users"]?.length };
    assert.deepEqual(JSON.parse(await store.ok(["tables", "--json"])), {
      ok: {
        tables: [
          { name: "posts", rows: counts.posts },
          { name: "users", rows: counts.users },
        ],
      },
    });
    assert.equal(await store.ok(["tables"]), `table  rows\n─────  ────\nposts   ${counts.posts}\nusers    ${counts.users}\n`);
  }
});
