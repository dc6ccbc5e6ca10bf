/** `migrate`: the definitions that a program wants, from those that a file has. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { type SchemaChange, type SyncSession, type TableDefinition, defineTable, openSync } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { openStore, tempFolder } from "./helpers/store.js";

// ---- what the crates 0.11 do ----

interface SnapshotColumn {
  readonly name: string;
  readonly data_type: string;
  readonly nullable: boolean;
  readonly auto_increment: boolean;
  readonly unique: boolean;
  readonly primary_key: boolean;
  readonly default: Readonly<Record<string, unknown>> | null;
  readonly foreign_key: { readonly table: string; readonly column: string; readonly on_delete: string } | null;
}

interface Snapshot {
  readonly name: string;
  readonly alignment: number;
  readonly columns: readonly SnapshotColumn[];
  readonly indexes: readonly { readonly columns: readonly string[]; readonly unique: boolean }[];
}

interface Pending {
  readonly RenameColumn?: { readonly table: string; readonly old: string; readonly new: string };
}

/** One migration of the crates: docs/testing.md says where they are from. */
interface Case {
  readonly case: string;
  readonly before: string;
  readonly after: string;
  readonly allow_destructive: boolean;
  readonly disputed?: string;
  readonly migrate: "ok" | { readonly error: { readonly kind: string; readonly message: string } };
  /** What it would do; an error where that can't be told. */
  readonly pending: readonly Pending[] | { readonly error: unknown };
  readonly to: readonly Snapshot[];
  readonly rows_after?: Readonly<Record<string, readonly (readonly unknown[])[]>>;
}

const folder = join(packageRoot, "tests", "golden", "migrations");
const unpacked = (name: string): Buffer => gunzipSync(readFileSync(join(folder, name)));
const cases = unpacked("migrations.ndjson.gz")
  .toString()
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

/** What `create` takes for a table of the crates. */
function definitionOf({ name, alignment, columns, indexes }: Snapshot): TableDefinition {
  const words = columns.map((column) => {
    const flags = [column.name, column.data_type.toLowerCase()];
    if (column.primary_key) flags.push("pk");
    else if (column.unique) flags.push("unique");
    if (column.nullable) flags.push("null");
    if (column.auto_increment) flags.push("auto");
    for (const [n, index] of indexes.entries()) {
      if (!index.columns.includes(column.name) || index.columns[0] === (columns.find((one) => one.primary_key)?.name ?? ""))
        continue;
      if (index.columns.length > 1) flags.push(`index=g${n}`);
      else if (!column.unique) flags.push("index");
    }
    const key = column.foreign_key;
    if (key) flags.push(`references=${key.table}.${key.column}`);
    if (column.default !== null) flags.push(`default=${String(Object.values(column.default)[0])}`);
    return flags.join(":");
  });
  return { name, columns: {}, words, alignment: columns.some(({ data_type }) => data_type === "Text") ? alignment : 0 };
}

/** The hash over all definitions, which is what a program of the crates compares. */
const hashOf = (bytes: Buffer): string => bytes.subarray(0, 8).toString("hex");

/** What the columns that the crates rename were called. */
function renamesOf({ pending }: Case): Record<string, string> {
  const renames: Record<string, string> = {};
  for (const { RenameColumn: rename } of "error" in pending ? [] : pending)
    if (rename) renames[`${rename.table}.${rename.new}`] = rename.old;
  return renames;
}

/** What the program's functions of these cases give: `Migrate::default_value` and `Migrate::transform_column`. */
const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "add-hook-default": { "t.level": "99", "t.mark": "'m'" },
  transform: { "t.k": "'k' || k" },
};

/** How it ends here where the crates refuse, or do something else than they say. */
const OURS: Readonly<Record<string, string>> = {
  "add-no-default": "NOT_NULL",
  // No row is without a value.
  "add-no-default-empty": "ok",
  "add-unique": "UNIQUE_CONFLICT",
  "drop-column-denied": "DESTRUCTIVE_CHANGE",
  "rename-lost": "NOT_NULL",
  // All of the values are there in the other type; the functions of the program would not have it.
  narrow: "ok",
  "same-width": "ok",
  "transform-error": "ok",
  "tighten-nulls": "NOT_NULL",
  "unique-duplicates": "UNIQUE_CONFLICT",
  "drop-table-denied": "DESTRUCTIVE_CHANGE",
  "foreign-key-broken": "FOREIGN_KEY_BROKEN",
  "foreign-key": "FOREIGN_KEY_BROKEN",
  "many-denied": "DESTRUCTIVE_CHANGE",
  "widen-then-fail": "UNIQUE_CONFLICT",
};

const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe("migrations of the crates", () => {
  for (const one of cases) {
    test(one.case, (t) => {
      const path = join(tempFolder(t), "app.db");
      writeFileSync(path, unpacked(one.before));
      const db = openSync(path, { integers: "number" });
      t.after(() => db.close());
      const before = new Map(db.tables().map(({ name }) => [name, db.sql(`SELECT * FROM ${name}`)]));
      const hash = db.hash().hash;
      const tables = one.to.map(definitionOf);
      const options = { renames: renamesOf(one), values: VALUES[one.case] ?? {}, allowDestructive: one.allow_destructive };
      const planned = db.pendingMigrations(tables, { renames: options.renames });
      const wanted = one.migrate === "ok" ? "ok" : OURS[one.case];
      const dry = (): readonly SchemaChange[] => db.migrate(tables, { ...options, dryRun: true });
      if (wanted === "ok" || wanted === "DESTRUCTIVE_CHANGE") assert.deepEqual(dry(), planned);
      else assert.throws(dry, { code: wanted });
      assert.equal(db.hash().hash, hash, "a dry run changes nothing");
      if (wanted !== "ok") {
        assert.throws(() => db.migrate(tables, options), { code: wanted });
        assert.equal(db.hash().hash, hash, "it leaves all as it was");
        assert.equal(db.check().errors, 0);
        return;
      }
      const isNone = one.case === "none" || one.case === "sanitizers-only";
      assert.equal(planned.length > 0, !isNone);
      assert.deepEqual(db.migrate(tables, options), planned);
      assert.deepEqual(
        db.migrate(tables, options).filter(({ change }) => change !== "setValue"),
        [],
      );
      const found = db.check();
      assert.equal(found.errors, 0, JSON.stringify(found.faults));
      for (const { name, columns } of one.to) {
        const after = db.sql(`SELECT * FROM ${name}`);
        assert.deepEqual(
          after.columns,
          columns.map((column) => column.name),
        );
        if (one.disputed === undefined && one.rows_after?.[name] !== undefined && OURS[one.case] === undefined) {
          const theirs = one.rows_after[name].map((row) =>
            row.map((value) => (typeof value === "bigint" ? String(value) : value)),
          );
          assert.deepEqual(sorted(after.rows), sorted(theirs));
          continue;
        }
        // Their rows are those of a table that they have destroyed, or were not changed: what was there is there still.
        const old = before.get(name);
        const shared = after.columns.filter((column) => old?.columns.includes(column));
        const only = ({ columns: all, rows }: { columns: readonly string[]; rows: readonly (readonly unknown[])[] }) =>
          sorted(rows.map((row) => shared.map((column) => String(row[all.indexOf(column)]))));
        if (old) assert.deepEqual(only(after), only(old));
      }
      db.close();
      // A program that is compiled with the definitions sees no drift.
      const anew = join(tempFolder(t), "anew.db");
      const made = openSync(anew, { layout: "0.11" });
      made.migrate(tables);
      made.close();
      assert.equal(hashOf(readFileSync(path)), hashOf(readFileSync(anew)));
      if (one.disputed === undefined && OURS[one.case] === undefined)
        assert.equal(hashOf(readFileSync(path)), hashOf(unpacked(one.after)), "as the crates have it");
    });
  }
});

// ---- in programs ----

const users = defineTable("users", { id: "int64:pk:auto", name: "text", age: "text:null" });

const kinds = (changes: readonly SchemaChange[]): string[] =>
  changes.map(({ change, table, column }) => `${change} ${table}${column === undefined ? "" : `.${column}`}`);

function filled(): SyncSession {
  const db = openSync(":memory:");
  assert.deepEqual(kinds(db.migrate([users])), ["createTable users"]);
  db.table(users).insertMany([{ name: "Ada", age: "36" }, { name: "Bo" }]);
  return db;
}

test("a program's tables are made by its first start, and changed by later ones", () => {
  using db = filled();
  assert.deepEqual(db.migrate([users]), []);
  const people = defineTable("people", {
    id: "int64:pk:auto",
    fullName: "text:unique",
    age: "uint8:null:index",
    boss: "int64:null:references=people.id",
    team: "text:references=teams.name:default=none",
  });
  const teams = defineTable("teams", { name: "text:pk" });
  const renames = { people: "users", "people.fullName": "name" };
  assert.deepEqual(kinds(db.pendingMigrations([people, teams], { renames })), [
    "renameTable people",
    "renameColumn people.fullName",
    "alterType people.age",
    "addColumn people.boss",
    "addReference people.boss",
    "addColumn people.team",
    "addReference people.team",
    "addIndex people",
    "addIndex people",
    "createTable teams",
  ]);
  // No team is called so yet.
  assert.throws(() => db.migrate([people, teams], { renames }), {
    code: "FOREIGN_KEY_BROKEN",
    message: /team = none: teams has no row/u,
  });
  assert.deepEqual(
    db.tables().map(({ name }) => name),
    ["users"],
  );
  db.migrate([users, teams]);
  db.table(teams).insert({ name: "none" });
  db.migrate([people, teams], { renames });
  assert.deepEqual(
    [...db.table(people).scan()],
    [
      { id: 1n, fullName: "Ada", age: 36, boss: null, team: "none" },
      { id: 2n, fullName: "Bo", age: null, boss: null, team: "none" },
    ],
  );
  assert.throws(() => db.migrate([teams]), {
    code: "DESTRUCTIVE_CHANGE",
    message: /takes away: table people goes, with its rows/u,
  });
  assert.deepEqual(kinds(db.migrate([teams], { allowDestructive: true })), ["dropTable people"]);
  assert.equal(db.check().errors, 0);
});

test("values come from expressions; views, constraints and what rows say are kept to", () => {
  using db = filled();
  db.exec("CREATE VIEW ages AS SELECT age FROM users; CREATE TABLE notes (id INTEGER PRIMARY KEY, n INT, CHECK (n > 0))");
  const others = defineTable("notes", { id: "int64:pk:auto", n: "int64:null" });
  const later = defineTable("users", { id: "int64:pk:auto", name: "text", born: "int32:null" });
  const values = { "users.born": "2026 - CAST(age AS integer)" };
  const options = { values, allowDestructive: true };
  assert.throws(() => db.migrate([later, others], options), {
    code: "COLUMN_NOT_FOUND",
    message: /^view ages, .* no column age/u,
  });
  db.sql("DROP VIEW ages");
  assert.throws(() => db.migrate([later, others], { ...options, values: { "users.born": "nobody" } }), {
    code: "COLUMN_NOT_FOUND",
    message: /^the value of users\.born, line 1, column 1: /,
  });
  // @ts-expect-error: there is no such column.
  assert.throws(() => db.migrate([later, others], { ...options, values: { "users.old": "1" } }), { code: "BAD_REQUEST" });
  db.migrate([later, others], options);
  assert.deepEqual(db.sql("SELECT id, born FROM users").rows, [
    ["1", 1990],
    ["2", null],
  ]);
  db.migrate([later, defineTable("notes", { id: "int64:pk:auto", count: "int64:null" })], { renames: { "notes.count": "n" } });
  assert.throws(() => db.sql("INSERT INTO notes (count) VALUES (0)"), { code: "CHECK_FAILED" });
  db.begin();
  db.migrate([later, others], { renames: { "notes.n": "count" } });
  db.rollback();
  assert.throws(() => db.sql("INSERT INTO notes (n) VALUES (1)"), { code: "COLUMN_NOT_FOUND" });
  assert.equal(db.sql("INSERT INTO notes (count) VALUES (1)").changes, 1);
});

const pair = (a: string, b: string): TableDefinition =>
  defineTable("t", { id: "int64:pk:auto", [a]: "int32:null", [b]: "int32:null" });

test("names go on in a chain, and what was renamed once is not renamed again", () => {
  using db = openSync(":memory:");
  const renames = { "t.b": "a", "t.c": "b" };
  db.migrate([pair("a", "b")]);
  db.exec("INSERT INTO t (a, b) VALUES (1, 2); ALTER TABLE t ADD CHECK (a < b)");
  assert.deepEqual(kinds(db.migrate([pair("b", "c")], { renames })), ["renameColumn t.b", "renameColumn t.c"]);
  assert.deepEqual(db.sql("SELECT b, c FROM t").rows, [[1, 2]]);
  assert.throws(() => db.sql("INSERT INTO t (b, c) VALUES (2, 1)"), { code: "CHECK_FAILED" });
  assert.deepEqual(db.migrate([pair("b", "c")], { renames }), []);
  assert.throws(() => db.migrate([pair("x", "y")], { renames: { "t.x": "b", "t.y": "b" }, allowDestructive: true }), {
    code: "BAD_SCHEMA",
    message: /two columns are to be made of t\.b/u,
  });
  // What is called so now is another column than before.
  const three = defineTable("t", { id: "int64:pk:auto", c: "int32:null", b: "int32:null", old: "int32:null" });
  db.migrate([three], { renames: { "t.old": "b" } });
  assert.deepEqual(db.sql("SELECT c, b, old FROM t").rows, [[2, null, 1]]);
});

test("names that are only swapped are refused, in migrations; ALTER TABLE swaps them", () => {
  using db = openSync(":memory:");
  db.migrate([pair("a", "b"), defineTable("u", { id: "int64:pk:auto" })]);
  db.exec("INSERT INTO t (a, b) VALUES (1, 2)");
  const message = (of: string): RegExp => new RegExp(`^${of} are to get each other's names`, "u");
  const swapped: [tables: TableDefinition[], renames: Record<string, string>, what: RegExp][] = [
    [[pair("a", "b")], { "t.a": "b", "t.b": "a" }, message("t.a and t.b")],
    [[pair("b", "a")], { "t.a": "b", "t.b": "a" }, message("t.b and t.a")],
    [[{ ...pair("a", "b"), name: "u" }, defineTable("t", { id: "int64:pk:auto" })], { u: "t", t: "u" }, message("u and t")],
  ];
  for (const [tables, renames, what] of swapped)
    assert.throws(() => db.migrate(tables, { renames, allowDestructive: true }), { code: "BAD_REQUEST", message: what });
  const three = (a: string, b: string, c: string): TableDefinition =>
    defineTable("t", { id: "int64:pk:auto", [a]: "int32:null", [b]: "int32:null", [c]: "int32:null" });
  const circle = { "t.a": "b", "t.b": "c", "t.c": "a" };
  assert.throws(() => db.migrate([three("a", "b", "c")], { renames: circle }), { code: "BAD_REQUEST" });
  db.sql("ALTER TABLE t RENAME a TO x, RENAME b TO a, RENAME x TO b");
  assert.deepEqual(db.sql("SELECT a, b FROM t").rows, [[2, 1]]);
});

test("a foreign key that names a table which goes, or is called otherwise by then, is refused so", () => {
  using db = filled();
  const posts = defineTable("posts", { id: "int64:pk", user: "int64:references=users.id" });
  db.migrate([users, posts]);
  const refusal = {
    code: "BAD_SCHEMA",
    message: /^posts\.user refers to users\.id, and there is no such table; the definitions have it not, or under another name$/u,
  };
  assert.throws(() => db.migrate([posts], { allowDestructive: true }), refusal);
  assert.throws(() => db.migrate([{ ...users, name: "people" }, posts], { renames: { people: "users" } }), refusal);
  assert.deepEqual(db.pendingMigrations([users, posts]), []);
});

test("a dry run finds all that speaks against a migration, names the row, and leaves the file as it was", (t) => {
  const path = join(tempFolder(t), "app.db");
  const first = openSync(path);
  const items = (rest: Record<string, string>): TableDefinition => defineTable("items", { id: "int64:pk:auto", ...rest });
  first.migrate([items({ a: "int32:null", b: "text" })]);
  first
    .table(items({ a: "int32:null", b: "text" }))
    .insertMany(Array.from({ length: 3000 }, (_, n) => ({ a: n === 7 ? null : n % 2999, b: `${n}${"x".repeat(600)}` })));
  first.close();
  const bytes = readFileSync(path);
  // A table larger than the cache.
  const db = openSync(path, { cacheBytes: 1 });
  const refused: [rest: Record<string, string>, values: Record<string, string>, code: string, message: RegExp][] = [
    [{ a: "int32", b: "text" }, {}, "NOT_NULL", /^the row id = 8 of items: items\.a has no value/u],
    [{ a: "int32:null:unique", b: "text" }, {}, "UNIQUE_CONFLICT", /^two rows of items have a = 0/u],
    [{ a: "int8:null", b: "text" }, {}, "OVERFLOW", /^the row id = 129 of items: .*128/u],
    [{ a: "int32:null:references=items.id", b: "text" }, {}, "BAD_SCHEMA", /^items\.a refers to items\.id, which is a int64/u],
    [{ a: "int64:null:references=items.id", b: "text" }, {}, "FOREIGN_KEY_BROKEN", /items\.a = 0/u],
    [{ a: "int32:null", b: "text", c: "text" }, { "items.c": "b ||" }, "SQL_SYNTAX", /^the value of items\.c, line 1/u],
    [{ a: "int32:null", b: "text", c: "text" }, { "items.c": "d" }, "COLUMN_NOT_FOUND", /no column d/u],
    [
      { a: "int32:null", b: "text", c: "int32" },
      { "items.c": "id / nullif(id - 5, 0)" },
      "NOT_NULL",
      /^the row id = 5 of items/u,
    ],
    [{ a: "int32:null", b: "date" }, {}, "BAD_VALUE", /^the row id = 1 of items: /u],
  ];
  for (const isDry of [true, false]) {
    for (const [rest, values, code, message] of refused) {
      const what = `${code} ${String(message)}`;
      assert.throws(() => db.migrate([items(rest)], { values, dryRun: isDry }), { code, message }, what);
    }
  }
  const narrow = items({ b: "text:unique", c: "int64:index" });
  const options = { values: { "items.c": "coalesce(a, 0)" }, dryRun: true } as never;
  const planned = ["dropColumn items.a", "addColumn items.c", "addIndex items", "addIndex items"];
  assert.deepEqual(kinds(db.migrate([narrow], options)), planned);
  assert.throws(() => db.pendingMigrations([narrow], options).concat(db.migrate([narrow])), {
    code: "DESTRUCTIVE_CHANGE",
  });
  // Inside of a transaction what came before stays.
  db.begin();
  db.sql("UPDATE items SET a = 1 WHERE id = 8");
  assert.deepEqual(kinds(db.migrate([narrow], options)), planned);
  assert.deepEqual(db.sql("SELECT a FROM items WHERE id = 8").rows, [[1]]);
  db.rollback();
  assert.equal(db.check().errors, 0);
  db.close();
  assert.ok(bytes.equals(readFileSync(path)), "the file is as it was, byte for byte");
});

test("a file's own definitions, as schema prints them, are no change", async (t) => {
  const store = openStore(t);
  await store.ok([
    "sql",
    `CREATE TABLE a (x INT, y TEXT, z DATE, PRIMARY KEY (y, x), UNIQUE (z, x)); CREATE INDEX zyx ON a (z, y, x); CREATE INDEX xy ON a (x, y);
     CREATE TABLE b (id INTEGER PRIMARY KEY, a TEXT DEFAULT 'x:unique', b TEXT DEFAULT 'a\\:index', c INT UNIQUE, d INT);
     CREATE INDEX bd ON b (d, c); CREATE UNIQUE INDEX bdc ON b (d); CREATE INDEX bac ON b (c, a)`,
  ]);
  const text = await store.ok(["schema"]);
  assert.doesNotMatch(text, /create can't make/u);
  writeFileSync(join(store.folder, "own.schema"), text);
  assert.equal(await store.ok(["migrate", "data/own.schema"]), "nothing to change\n");
  assert.equal(await store.ok(["diff", "--schema", "data/own.schema"]), "the definitions are equal\n");
  const copy = openStore(t);
  writeFileSync(join(copy.folder, "own.schema"), text);
  await copy.ok(["migrate", "data/own.schema"]);
  assert.equal(await copy.ok(["schema"]), text);
});

test("tables get each other's names in a chain, and those of tables that go or come", () => {
  const table = (name: string, column: string): TableDefinition =>
    defineTable(name, { id: "int64:pk:auto", [column]: "int32:null" });
  const of = (db: SyncSession, name: string, column: string): unknown => db.sql(`SELECT ${column} FROM ${name}`).rows;
  const before = (): SyncSession => {
    const db = openSync(":memory:");
    db.migrate([table("a", "x"), table("b", "y")]);
    db.exec("INSERT INTO a (x) VALUES (1); INSERT INTO b (y) VALUES (2)");
    return db;
  };
  const chain = [table("b", "x"), table("c", "y"), table("a", "z")];
  using first = before();
  assert.deepEqual(kinds(first.migrate(chain, { renames: { b: "a", c: "b" } })), [
    "renameTable b",
    "renameTable c",
    "createTable a",
  ]);
  assert.deepEqual([of(first, "b", "x"), of(first, "c", "y"), of(first, "a", "z")], [[[1]], [[2]], []]);
  assert.deepEqual(first.migrate(chain, { renames: { b: "a", c: "b" } }).length, 0);
  using second = before();
  const options = { renames: { b: "a" }, allowDestructive: true };
  assert.deepEqual(kinds(second.migrate([table("b", "x")], options)), ["renameTable b", "dropTable b"]);
  assert.deepEqual(of(second, "b", "x"), [[1]]);
  assert.equal(first.check().errors + second.check().errors, 0);
});

test("values are given once, where the column is another one, and foreign keys that name it are looked at", () => {
  using db = openSync(":memory:");
  const items = (price: string): TableDefinition => defineTable("items", { id: "int64:pk", price });
  const values = { "items.price": "price * 100" };
  db.migrate([items("int32:null")]);
  db.sql("INSERT INTO items VALUES (1, 5)");
  db.migrate([items("int64:null")], { values });
  db.migrate([items("int64:null"), defineTable("others", { id: "int64:pk" })], { values });
  assert.deepEqual(db.sql("SELECT price FROM items").rows, [["500"]]);
  db.sql("INSERT INTO items VALUES (2, NULL)");
  db.migrate([items("int64")], { values: { "items.price": "coalesce(price, 0)" }, allowDestructive: true });
  assert.deepEqual(db.sql("SELECT price FROM items ORDER BY id").rows, [["500"], ["0"]]);

  const sales = (key: string): TableDefinition =>
    defineTable("sales", { id: "int64:pk", item: `int64:null:references=items.${key}` });
  db.migrate([items("int64"), sales("id")]);
  db.sql("INSERT INTO sales VALUES (1, 1)");
  const keyed = defineTable("items", { key: "int64:pk", price: "int64" });
  const renames = { "items.key": "id" };
  assert.throws(() => db.migrate([keyed, sales("key")], { renames, values: { "items.key": "id + 5" } }), {
    code: "FOREIGN_KEY_BROKEN",
    message: /sales\.item = 1: items has no row with that key/u,
  });
  // The values of another column under the name that is referred to.
  const priced = defineTable("items", { id: "int64:pk" });
  assert.throws(() => db.migrate([priced, sales("id")], { renames: { "items.id": "price" }, allowDestructive: true }), {
    code: "FOREIGN_KEY_BROKEN",
    message: /sales\.item = 1: items has no row with that id/u,
  });
  db.migrate([keyed, sales("key")], { renames });
  assert.equal(db.check().errors, 0);
});

test("names that are misspelled, and those of the catalog, are refused before anything is changed", () => {
  using db = filled();
  const later = defineTable("users", { id: "int64:pk:auto", full_name: "text", age: "text:null" });
  const refused: [tables: TableDefinition[], renames: Record<string, string>, code: string, what: RegExp][] = [
    [[later], { "users.full_name": "nmae" }, "BAD_REQUEST", /there is no users\.nmae that .*; did you mean name\?/u],
    [[later], { "users.ful_name": "name" }, "BAD_REQUEST", /no column users\.ful_name; did you mean full_name\?/u],
    [[later], { "user.full_name": "name" }, "BAD_REQUEST", /no table user; did you mean users\?/u],
    [
      [{ ...later, name: "people" }],
      { people: "usres" },
      "BAD_REQUEST",
      /there is no usres that people .*; did you mean users\?/u,
    ],
    [[users, { ...users, name: "sqlite_users" }], {}, "BAD_SCHEMA", /sqlite_users can't come: names that begin with sqlite_/u],
    [[{ ...users, name: "__quire_catalog" }], { __quire_catalog: "users" }, "BAD_SCHEMA", /__quire_catalog can't come/u],
  ];
  for (const [tables, renames, code, message] of refused)
    assert.throws(() => db.migrate(tables, { renames, allowDestructive: true }), { code, message }, Object.keys(renames)[0]);
  // A file of before the column was there is not of a wrong name.
  db.migrate([users, defineTable("others", { id: "int64:pk:auto" })]);
  const other = defineTable("others", { id: "int64:pk:auto", last: "text:null" });
  db.migrate([users, other], { renames: { "others.last": "final" } });
  assert.equal(db.table("users").count(), 2);
});

test("more tables than a file can have are refused in the time that it takes to read them", () => {
  using db = openSync(":memory:");
  const tables = Array.from({ length: 20_000 }, (_, n) => defineTable(`t${n}`, { id: "uint32:pk:auto" }));
  const timeOf = (count: number): number => {
    const begun = performance.now();
    assert.equal(db.pendingMigrations(tables.slice(0, count)).length, count);
    return performance.now() - begun;
  };
  timeOf(2500);
  // Eight times as many take some eight times as long; 64 times, where each name is looked for in all others.
  const few = Math.max(timeOf(2500), timeOf(2500), 10);
  const many = timeOf(20_000);
  assert.ok(many < 30 * few, `${many} and ${few} ms`);
  assert.throws(() => db.migrate(tables), { code: "PAGE_FULL" });
  assert.deepEqual(db.tables(), []);
});

test("on the command line: a schema that was edited, said before it is done, and a new file", async (t) => {
  const store = openStore(t);
  const source = "data/app.schema";
  const write = (text: string): void => writeFileSync(join(dirname(store.path), "app.schema"), text);
  write("create users id:uint32:pk:auto name:text age:int32:null\n");
  assert.equal(await store.ok(["migrate", source, "--dry-run"]), "table users comes\n1 change to make\n");
  await store.fails("FILE_NOT_FOUND", 1, ["tables"]);
  assert.equal(await store.ok(["migrate", source]), "table users comes\n1 change made\n");
  const dry = await store.run(["migrate", source, "users.age:=nobody", "--dry-run"]);
  assert.deepEqual([dry.stdout, dry.status], ["nothing to change\n", 0]);
  await store.ok(["insert into users (name, age) values ('Ada', 36)"]);
  write("create people id:uint32:pk:auto name:text:unique born:int32:null\n");
  await store.fails("DESTRUCTIVE_CHANGE", 1, ["migrate", source]);
  const words = ["migrate", source, "people=users", "people.born=age", "people.born:=2026 - age"];
  assert.equal(
    await store.ok(words),
    "table users is called people\ncolumn people.age is called born\nthe unique index (name) of people comes\n3 changes made\n",
  );
  assert.equal(await store.ok(["SELECT name, born FROM people", "--format", "csv"]), "name,born\nAda,1990\n");
  assert.equal(await store.ok(words), "nothing to change\n");
  await store.fails("BAD_SCHEMA", 1, ["migrate", "data/store.db"]);
});
