/** Knex on Quire: its own package, in this process and over wasmtime. Cases are those of Knex's tests of its SQLite clients, besides what is Quire's own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import knex, { type Knex } from "knex";
import { type OpenOptions, QuireError } from "../host/index.js";
import { QuireClient, connectionTo } from "../host/orm/knex.js";
import { fastRuntimes, testOnRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";

/** Opens Knex on `path`; it is ended when the test ends. */
function openKnex(t: TestContext, path: string, options: OpenOptions, rest: Knex.Config = {}): Knex {
  const db = knex({ client: QuireClient, connection: connectionTo(path, options), ...rest });
  t.after(() => db.destroy());
  return db;
}

/** Registers a test for Knex in this process and over wasmtime, with the tables there. */
function testKnex(name: string, body: (t: TestContext, db: Knex, path: string, options: OpenOptions) => Promise<void>): void {
  testOnRuntimes(
    `Knex: ${name}`,
    async (t, runtime) => {
      const path = join(tempFolder(t), "store.db");
      const db = openKnex(t, path, { runtime });
      await createTables(db);
      await body(t, db, path, { runtime });
    },
    fastRuntimes,
  );
}

async function createTables(db: Knex): Promise<void> {
  await db.schema.createTable("users", (table) => {
    table.increments("id");
    table.string("name").notNullable();
    table.string("email", 100).unique();
    table.boolean("active").notNullable().defaultTo(true);
    table.float("score").defaultTo(0);
    table.decimal("balance", 10, 2);
    table.json("about");
    table.date("born");
    table.dateTime("seen");
    table.bigInteger("big");
    table.binary("raw");
    table.enu("kind", ["a", "b"]).defaultTo("a");
  });
  await db.schema.createTable("accounts", (table) => {
    table.increments();
    table.integer("user_id").unsigned().notNullable().references("id").inTable("users").onDelete("CASCADE");
    table.string("kind");
    table.unique(["user_id", "kind"]);
    table.index(["kind"], "my_index");
  });
}

const codeOf = async (call: PromiseLike<unknown>): Promise<string> => {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof QuireError, String(error));
    return error.code;
  }
  return assert.fail("nothing went wrong");
};

const NOTHING = { email: null, balance: null, about: null, born: null, seen: null, big: null, raw: null };

testKnex("rows go in and out", async (_, db) => {
  const ada = {
    name: "Ada",
    email: "ada@example.org",
    balance: 12.25,
    about: JSON.stringify({ likes: ["tea"] }),
    born: "1815-12-10",
    seen: new Date(0),
    big: 2 ** 53 - 1,
    raw: Buffer.from([1, 255]),
  };
  assert.deepEqual(await db("users").insert(ada), [1]);
  // What a row of several leaves out is the column's default.
  const others = [{ name: "Bob" }, { name: "Cid", score: 2.5, raw: Buffer.from([3]) }, { name: "Dee", active: false, kind: "b" }];
  assert.deepEqual(await db("users").insert(others, ["id", "name"]), [
    { id: 2, name: "Bob" },
    { id: 3, name: "Cid" },
    { id: 4, name: "Dee" },
  ]);
  const usual = { ...NOTHING, active: true, score: 0, kind: "a" };
  assert.deepEqual(await db("users").orderBy("id"), [
    {
      ...ada,
      id: 1,
      active: true,
      score: 0,
      about: { likes: ["tea"] },
      seen: "1970-01-01T00:00:00.000000+00:00",
      raw: new Uint8Array([1, 255]),
      kind: "a",
    },
    { ...usual, id: 2, name: "Bob" },
    { ...usual, id: 3, name: "Cid", score: 2.5, raw: new Uint8Array([3]) },
    { ...usual, id: 4, name: "Dee", active: false, kind: "b" },
  ]);
  await db("accounts").insert([
    { user_id: 1, kind: "a" },
    { user_id: 1, kind: "b" },
    { user_id: 2, kind: null },
  ]);
  const joined = db("users as u").leftJoin("accounts as a", "u.id", "a.user_id").select("u.name", "a.id as account");
  assert.deepEqual(await joined.where("u.id", "<", 4).orderBy(["u.id", "a.id"]), [
    { name: "Ada", account: 1 },
    { name: "Ada", account: 2 },
    { name: "Bob", account: 3 },
    { name: "Cid", account: null },
  ]);
  const sums = await db("users").count({ n: "*" }).sum({ score: "score" }).avg({ avg: "score" }).first();
  assert.deepEqual(sums, { n: 4, score: 2.5, avg: 0.625 });
  assert.deepEqual(await db("users").whereLike("name", "a%").orWhereILike("name", "B%").pluck("name"), ["Bob"]);
  assert.deepEqual(await db("users").whereIn("id", [1, 3]).orderBy("id").pluck("name"), ["Ada", "Cid"]);
  assert.equal(await db("users").where({ name: "Bob" }).update({ score: 7 }), 1);
  assert.equal(await db("users").where({ name: "Nobody" }).update({ score: 7 }), 0);
  assert.deepEqual(await db("users").where({ id: 2 }).increment("score", 1).returning(["score"]), [{ score: 8 }]);
  const merge = db("users").insert([
    { name: "New", email: "ada@example.org" },
    { name: "Fay", email: "fay@example.org" },
  ]);
  assert.deepEqual(await merge.onConflict("email").merge(["name"]).returning(["id", "name"]), [
    { id: 1, name: "New" },
    { id: 5, name: "Fay" },
  ]);
  await db("users").insert({ name: "None", email: "ada@example.org" }).onConflict("email").ignore();
  const kept = db("users")
    .insert({ name: "Old", email: "ada@example.org" })
    .onConflict("email")
    .merge()
    .where("users.score", ">", 10);
  await kept;
  assert.deepEqual(await db("users").first("name"), { name: "New" });
  assert.equal(await db("users").where({ id: 1 }).del(), 1);
  assert.deepEqual(await db("accounts").count({ n: "*" }), [{ n: 1 }]);
  await db("accounts").truncate();
  assert.deepEqual(await db("accounts"), []);
  assert.deepEqual(await db.raw("SELECT ? AS one, ? AS two", [1, "b"]), [{ one: 1, two: "b" }]);
  assert.deepEqual(
    await db("users")
      .insert({})
      .then(undefined, (error: unknown) => (error as QuireError).code),
    "NOT_NULL",
  );
});

testKnex("what a constraint forbids is an error with its code", async (_, db) => {
  await db("users").insert({ name: "Ada", email: "ada@example.org" });
  assert.equal(await codeOf(db("users").insert({ name: "x", email: "ada@example.org" })), "UNIQUE_CONFLICT");
  assert.equal(await codeOf(db("accounts").insert({ user_id: 99 })), "FOREIGN_KEY_BROKEN");
  assert.equal(await codeOf(db("users").insert({ name: "x", kind: "c" })), "CHECK_FAILED");
  assert.equal(await codeOf(db("nothing").select()), "TABLE_NOT_FOUND");
  assert.equal(await codeOf(db.raw("CREATE INDEX some ON users (name) WHERE id > 1")), "SQL_UNSUPPORTED");
});

testKnex("transactions, and transactions inside of them", async (_, db) => {
  const names = async (of: Knex = db) =>
    (await of<{ name: string }>("users").orderBy("id").select("name")).map(({ name }) => name);
  await db.transaction(async (trx) => {
    await trx("users").insert({ name: "kept" });
    await trx.transaction(async (inner) => inner("users").insert({ name: "kept, too" }));
    const failed = trx.transaction(async (inner) => {
      await inner("users").del();
      throw new Error("on purpose");
    });
    await assert.rejects(failed, /on purpose/);
    assert.deepEqual(await names(trx), ["kept", "kept, too"]);
  });
  const failed = db.transaction(async (trx) => {
    await trx("users").del();
    throw new Error("on purpose");
  });
  await assert.rejects(failed, /on purpose/);
  const trx = await db.transaction();
  await trx("users").insert({ name: "lost" });
  await trx.rollback();
  assert.deepEqual(await names(), ["kept", "kept, too"]);
  // What comes at the same time has the connection in turn.
  const add = () =>
    db.transaction(async (of) => {
      const row: unknown = await of("users").where({ id: 1 }).first("score");
      const { score } = row as { readonly score: number };
      await new Promise((resolve) => setImmediate(resolve));
      await of("users")
        .where({ id: 1 })
        .update({ score: score + 1 });
    });
  await Promise.all([...Array.from({ length: 20 }, add), ...Array.from({ length: 20 }, () => names())]);
  assert.deepEqual(await db("users").where({ id: 1 }).first("score"), { score: 20 });
});

testKnex("rows are streamed, and a stream may end early", async (_, db) => {
  await db.raw("INSERT INTO users (name) SELECT 'user ' || value FROM generate_series(1, 2500)");
  const query = () => db<{ id: number }>("users").select("id").orderBy("id");
  let sum = 0;
  for await (const { id } of query().stream() as AsyncIterable<{ id: number }>) sum += id;
  assert.equal(sum, (2500 * 2501) / 2);
  // The pool has one connection: were it not given back, what follows would wait for it in vain.
  for await (const { id } of query().stream() as AsyncIterable<{ id: number }>) if (id === 1200) break;
  let last = 0;
  await query().stream(async (stream) => {
    for await (const { id } of stream as AsyncIterable<{ id: number }>) last = id;
  });
  assert.deepEqual([last, await db("users").count({ n: "*" })], [2500, [{ n: 2500 }]]);
  await assert.rejects(
    async () => {
      const stream = db("users").select(db.raw("1 / (id - 1500)")).orderBy("id").stream() as AsyncIterable<unknown>;
      for await (const row of stream) assert.ok(row);
    },
    { code: "DIVISION_BY_ZERO" },
  );
  assert.deepEqual(await query().first(), { id: 1 });
});

testKnex("the schema builder, and migrations up and down", async (_, db) => {
  assert.deepEqual([await db.schema.hasTable("users"), await db.schema.hasTable("nothing")], [true, false]);
  assert.deepEqual([await db.schema.hasColumn("users", "email"), await db.schema.hasColumn("users", "nick")], [true, false]);
  const { name, big } = (await db("users").columnInfo()) as unknown as Record<string, Knex.ColumnInfo>;
  assert.deepEqual([name?.type, name?.nullable, big?.type, big?.nullable], ["text", false, "integer", true]);
  await db.schema.createView("names", (view) => {
    view.columns(["name"]);
    view.as(db("users").select("name"));
  });
  await db("users").insert({ name: "Ada" });
  assert.deepEqual(await db("names"), [{ name: "Ada" }]);
  await db.schema.dropView("names");
  // Tables that have rows are changed, too: by statements, and by making them anew, which Knex does for SQLite.
  await db("accounts").insert({ user_id: 1, kind: "a" });
  await db.schema.alterTable("users", (table) => {
    table.index("name", "by_name");
    table.dropIndex("name", "by_name");
    table.integer("age").notNullable().defaultTo(18);
    table.renameColumn("email", "mail");
    table.dropColumn("raw");
  });
  await db.schema.alterTable("users", (table) => void table.dropNullable("score"));
  await db.schema.alterTable("accounts", (table) => void table.dropForeign("user_id"));
  await db("accounts").insert({ user_id: 99, kind: "of nobody" });
  await db.schema.renameTable("accounts", "logins");
  const changed = db("users").join("logins", "users.id", "logins.user_id").select("name", "mail", "age", "score", "logins.kind");
  assert.deepEqual(await changed, [{ name: "Ada", mail: null, age: 18, score: 0, kind: "a" }]);

  const table = (of: string): Knex.Migration & { name: string } => ({
    name: of,
    up: (to) => to.schema.createTable(of, (made) => void made.increments()),
    down: (to) => to.schema.dropTable(of),
  });
  const half: Knex.Migration & { name: string } = {
    name: "half",
    async up(to) {
      await to.schema.createTable("half", (made) => void made.increments());
      await to.raw("CREATE INDEX some ON users (name) WHERE id > 1");
    },
    down: () => Promise.resolve(),
  };
  const source = (...list: (Knex.Migration & { name: string })[]): Knex.MigratorConfig => ({
    migrationSource: {
      getMigrations: () => Promise.resolve(list),
      getMigrationName: (migration: { name: string }) => migration.name,
      getMigration: (migration: Knex.Migration) => Promise.resolve(migration),
    },
  });
  const [one, two] = [table("one"), table("two")];
  assert.deepEqual(await db.migrate.latest(source(one)), [1, ["one"]]);
  assert.deepEqual(await db.migrate.latest(source(one, two)), [2, ["two"]]);
  assert.deepEqual(await db.migrate.latest(source(one, two)), [2, []]);
  assert.equal(await codeOf(db.migrate.latest(source(one, two, half))), "SQL_UNSUPPORTED");
  assert.equal(await db.schema.hasTable("half"), false);
  assert.equal(await db.migrate.currentVersion(source(one, two)), "two");
  assert.deepEqual(await db.migrate.rollback(source(one, two), true), [2, ["two", "one"]]);
  assert.equal(await db.schema.hasTable("one"), false);
});

// knex/knex#6213: by a column that goes rows of others went, too; #4155, #5367: what others refer to could not be changed; #4524, #2089: nor could a
// column go that refers to others.
testKnex("tables are changed as they are, also those that others refer to, and their rows stay", async (_, db) => {
  await db("users").insert([
    { name: "Ada", email: "ada@example.org", score: 3, kind: "a" },
    { name: "Bob", email: "bob@example.org", kind: "b" },
  ]);
  await db("accounts").insert([{ user_id: 1, kind: "a" }, { user_id: 2 }]);
  await db.schema.alterTable("users", (table) => {
    table.string("name").nullable().defaultTo("nobody").alter();
    table.text("score").alter({ alterNullable: false });
    table.integer("big").checkPositive("big_positive").alter({ alterType: false });
    table.dropColumns("raw", "born");
    table.dropNullable("email");
  });
  await db("users").insert({ email: "x@example.org", big: 7 });
  assert.equal(await codeOf(db("users").insert({ email: "y@example.org", big: -7 })), "CHECK_FAILED");
  assert.equal(await codeOf(db("users").insert({ name: "no address" })), "NOT_NULL");
  const columns = ["id", "name", "email", "score", "kind"];
  assert.deepEqual(await db("users").select(columns).orderBy("id"), [
    { id: 1, name: "Ada", email: "ada@example.org", score: "3", kind: "a" },
    { id: 2, name: "Bob", email: "bob@example.org", score: "0", kind: "b" },
    { id: 3, name: "nobody", email: "x@example.org", score: null, kind: "a" },
  ]);
  await db.schema.alterTable("users", (table) => {
    table.dropChecks(["big_positive", "users_check"]);
    table.enu("kind", ["a", "b", "c"]).notNullable().alter();
  });
  assert.equal(await db("users").where({ id: 3 }).update({ big: -7, kind: "c" }), 1);
  assert.equal(await codeOf(db("users").where({ id: 3 }).update({ kind: "d" })), "CHECK_FAILED");
  assert.equal(await codeOf(db("users").where({ id: 3 }).update({ kind: null })), "NOT_NULL");
  // The other table still refers to this one.
  assert.equal(await codeOf(db("accounts").insert({ user_id: 99 })), "FOREIGN_KEY_BROKEN");
  await db("users").where({ id: 1 }).del();
  assert.deepEqual(await db("accounts").select("id", "user_id"), [{ id: 2, user_id: 2 }]);

  await db.schema.alterTable("accounts", (table) => void table.dropForeign("user_id"));
  await db.schema.alterTable("accounts", (table) => void table.dropForeignIfExists("user_id"));
  await db("accounts").insert({ user_id: 99 });
  const refer = () =>
    db.transaction((trx) =>
      trx.schema.alterTable("accounts", (table) => {
        table.foreign("user_id").references("id").inTable("users").onDelete("CASCADE");
        table.integer("boss").references("users.id");
      }),
    );
  assert.equal(await codeOf(refer()), "FOREIGN_KEY_BROKEN");
  await db("accounts").where({ user_id: 99 }).del();
  await refer();
  assert.equal(await codeOf(db("accounts").insert({ user_id: 2, boss: 99 })), "FOREIGN_KEY_BROKEN");
  await db.schema.alterTable("accounts", (table) => void table.dropColumn("boss"));
  await db.schema.alterTable("users", (table) => void table.renameColumn("id", "number"));
  assert.equal(await codeOf(db("accounts").insert({ user_id: 99 })), "FOREIGN_KEY_BROKEN");

  await db.schema.createTable("pairs", (table) => {
    table.integer("a");
    table.integer("b");
  });
  await db("pairs").insert([
    { a: 1, b: 1 },
    { a: 1, b: 2 },
  ]);
  assert.equal(await codeOf(db.schema.alterTable("pairs", (table) => void table.primary(["a"]))), "UNIQUE_CONFLICT");
  await db.schema.alterTable("pairs", (table) => void table.primary(["a", "b"]));
  assert.match(await codeOf(db("pairs").insert({ a: 1, b: 2 })), /CONFLICT/);
  await db.schema.alterTable("pairs", (table) => void table.primary(["b"], { constraintName: "by_b" }));
  assert.match(await codeOf(db("pairs").insert({ a: 2, b: 2 })), /CONFLICT/);
  await db.schema.alterTable("pairs", (table) => void table.dropPrimary());
  await db.schema.alterTable("pairs", (table) => void table.dropPrimaryIfExists());
  await db("pairs").insert({ a: 2, b: 2 });
});

testKnex("names of constraints are those of the file, where names in the program are others", async (t, _, path, options) => {
  const wrapIdentifier = (name: string, wrap: (name: string) => string): string =>
    wrap(name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const db = openKnex(t, `${path}-2`, options, { wrapIdentifier });
  await db.schema.createTable("bigThings", (table) => void table.increments("thingId"));
  await db.schema.createTable("smallThings", (table) => {
    table.integer("partOf").references("thingId").inTable("bigThings");
    table.integer("nextTo").notNullable();
  });
  await db.schema.alterTable("smallThings", (table) => {
    table.dropForeign("partOf");
    table.setNullable("nextTo");
    table.foreign("nextTo").references("thingId").inTable("bigThings");
    table.integer("howMany").notNullable().defaultTo(1);
  });
  await db("smallThings").insert({ partOf: 5 });
  assert.equal(await codeOf(db("smallThings").insert({ nextTo: 5 })), "FOREIGN_KEY_BROKEN");
  assert.deepEqual(await db("smallThings"), [{ part_of: 5, next_to: null, how_many: 1 }]);
});

testKnex("two connections, and the end of one", async (t, db, path, options) => {
  await db("users").insert({ name: "kept" });
  const second = openKnex(t, path, { ...options, wait: 0 });
  assert.equal(await codeOf(second("users").select()), "LOCKED");
  const trx = await db.transaction();
  await trx("users").insert({ name: "lost" });
  // The pool waits for what is under way, and closes the session then; the file is the other one's.
  const ended = db.destroy();
  await trx.rollback();
  await ended;
  assert.deepEqual(await second("users").pluck("name"), ["kept"]);
});

test("Knex: forms of values are those that are asked for; an option that is none is refused", async (t) => {
  const exact = openKnex(t, ":memory:", { integers: "bigint", decimals: "string", dates: "date" });
  await createTables(exact);
  assert.deepEqual(await exact("users").insert({ name: "x", big: 2n ** 62n, balance: "0.10", born: "2026-01-02" }), [1n]);
  const rows: unknown = await exact("users").select("id", "big", "balance", "born");
  assert.deepEqual(rows, [{ id: 1n, big: 2n ** 62n, balance: "0.10", born: new Date("2026-01-02") }]);
  const plain = openKnex(t, ":memory:", {});
  assert.equal(await codeOf(plain.raw("SELECT 9007199254740993 AS big")), "BAD_VALUE");
  // Of a query that failed Knex makes a text, for which it has no bigints: that was the error.
  assert.equal(await codeOf(plain.raw("SELECT ? AS big", [(2n ** 53n + 1n) as never])), "BAD_VALUE");
  assert.equal(plain.raw("SELECT ?", [(2n ** 60n) as never]).toQuery(), "SELECT 1152921504606846976");
  const wrong = openKnex(t, ":memory:", { integers: "string" as never });
  assert.equal(await codeOf(wrong.raw("SELECT 1")), "BAD_OPTION");
});
