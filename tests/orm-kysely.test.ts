/** Kysely on Quire: its own package, with sessions of all kinds. Cases are those of Kysely's tests of its SQLite dialect, besides what is Quire's own. */
import assert from "node:assert/strict";
import {
  AbortedTransactionError,
  CompiledQuery,
  type Generated,
  Kysely,
  type Migration,
  Migrator,
  type SqlBool,
  sql,
} from "kysely";
import { jsonArrayFrom, jsonObjectFrom } from "kysely/helpers/sqlite";
import { test } from "node:test";
import { QuireError, type Session, type SyncSession, openSync } from "../host/index.js";
import { QuireDialect } from "../host/orm/kysely.js";
import { testOnAllSessions } from "./helpers/sessions.js";

interface Person {
  id: Generated<number>;
  name: string;
  email: string | null;
  score: Generated<number>;
  balance: number | null;
  active: Generated<boolean>;
  born: string | null;
  about: unknown;
  raw: Uint8Array | null;
}

interface Pet {
  id: Generated<number>;
  name: string;
  owner: number;
}

interface Tables {
  person: Person;
  pet: Pet;
}

const migrations: Record<string, Migration> = {
  "001 tables": {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("person")
        .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
        .addColumn("name", "varchar(80)", (column) => column.notNull())
        .addColumn("email", "text", (column) => column.unique())
        .addColumn("score", "real", (column) => column.notNull().defaultTo(0))
        .addColumn("balance", "decimal(10, 2)")
        .addColumn("active", "boolean", (column) => column.notNull().defaultTo(true))
        .addColumn("born", "date")
        .addColumn("about", "json")
        .addColumn("raw", "blob")
        .addCheckConstraint("known_score", sql`score >= 0`)
        .execute();
      await db.schema
        .createTable("pet")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .addColumn("name", "text", (column) => column.notNull())
        .addColumn("owner", "integer", (column) => column.notNull().references("person.id").onDelete("cascade"))
        .addUniqueConstraint("pet_owner_name", ["owner", "name"])
        .execute();
      await db.schema.createIndex("pet_name_idx").on("pet").column("name").execute();
    },
    async down(db: Kysely<unknown>) {
      await db.schema.dropTable("pet").execute();
      await db.schema.dropTable("person").execute();
    },
  },
  "002 rows": {
    async up(db: Kysely<Tables>) {
      await db.insertInto("person").values({ name: "Ada", email: "ada@example.org", score: 1.5 }).execute();
    },
    async down(db: Kysely<Tables>) {
      await db.deleteFrom("person").execute();
    },
  },
  "003 view": {
    async up(db: Kysely<Tables>) {
      await db.schema
        .createView("active_person")
        .as(db.selectFrom("person").select(["id", "name"]).where("active", "=", true))
        .execute();
    },
    async down(db: Kysely<unknown>) {
      await db.schema.dropView("active_person").execute();
    },
  },
};

function migratorOf(db: Kysely<never>, list: Record<string, Migration> = migrations): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve(list) } });
}

/** Kysely on `database`, with the tables there. */
async function migrated(database: Session | SyncSession): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({ dialect: new QuireDialect({ database }) });
  const { error } = await migratorOf(db as Kysely<never>).migrateToLatest();
  assert.equal(error, undefined);
  return db;
}

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => assert.fail("nothing went wrong"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof QuireError, String(error));
  return error.code;
};

testOnAllSessions("Kysely: rows go in and out as its programs have them", async (_, openFile) => {
  const db = await migrated(await openFile());
  const inserted = await db.insertInto("person").values({ name: "Bob", balance: 12.25, born: "1990-02-03" }).executeTakeFirst();
  assert.deepEqual([inserted.insertId, inserted.numInsertedOrUpdatedRows], [2n, 1n]);
  const cid = { name: "Cid", active: false, about: JSON.stringify({ likes: ["tea"] }), raw: new Uint8Array([1, 255]) };
  assert.deepEqual(await db.insertInto("person").values(cid).returningAll().executeTakeFirstOrThrow(), {
    id: 3,
    name: "Cid",
    email: null,
    score: 0,
    balance: null,
    active: false,
    born: null,
    about: { likes: ["tea"] },
    raw: new Uint8Array([1, 255]),
  });
  await db
    .insertInto("pet")
    .values([
      { name: "Rex", owner: 1 },
      { name: "Tom", owner: 1 },
      { name: "Rex", owner: 3 },
    ])
    .execute();

  assert.deepEqual(
    await db
      .selectFrom("person")
      .leftJoin("pet", "pet.owner", "person.id")
      .select(["person.name as person", "pet.name as pet"])
      .orderBy("person.id")
      .orderBy("pet.id")
      .execute(),
    [
      { person: "Ada", pet: "Rex" },
      { person: "Ada", pet: "Tom" },
      { person: "Bob", pet: null },
      { person: "Cid", pet: "Rex" },
    ],
  );
  const nested = await db
    .selectFrom("person")
    .select((eb) => [
      "person.id",
      jsonArrayFrom(eb.selectFrom("pet").select("pet.name").whereRef("pet.owner", "=", "person.id").orderBy("pet.name")).as(
        "pets",
      ),
      jsonObjectFrom(
        eb.selectFrom("pet").select("pet.id").whereRef("pet.owner", "=", "person.id").where("pet.name", "=", "Tom"),
      ).as("tom"),
    ])
    .orderBy("person.id")
    .execute();
  assert.deepEqual(nested, [
    { id: 1, pets: [{ name: "Rex" }, { name: "Tom" }], tom: { id: 2 } },
    { id: 2, pets: [], tom: null },
    { id: 3, pets: [{ name: "Rex" }], tom: null },
  ]);
  const sums = db
    .selectFrom("person")
    .select(({ fn }) => [
      fn.countAll<number>().as("n"),
      fn.avg<number>("score").as("avg"),
      fn.sum<number>("id").as("ids"),
      fn.max("balance").as("most"),
      sql<SqlBool>`max(id) > 2`.as("more"),
    ]);
  assert.deepEqual(await sums.executeTakeFirst(), { n: 3, avg: 0.5, ids: 6, most: 12.25, more: true });

  const updated = await db.updateTable("person").set({ score: 2.5 }).where("id", "in", [1, 2, 77]).executeTakeFirst();
  assert.equal(updated.numUpdatedRows, 2n);
  const upsert = db
    .insertInto("person")
    .values({ name: "Other", email: "ada@example.org" })
    .onConflict((conflict) => conflict.column("email").doUpdateSet((eb) => ({ name: eb.ref("excluded.name") })))
    .returning(["id", "name"]);
  assert.deepEqual(await upsert.execute(), [{ id: 1, name: "Other" }]);
  const ignored = await db
    .insertInto("person")
    .values({ name: "None", email: "ada@example.org" })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  assert.deepEqual([ignored.insertId, ignored.numInsertedOrUpdatedRows], [undefined, 0n]);
  assert.equal((await db.deleteFrom("person").where("id", "=", 1).executeTakeFirst()).numDeletedRows, 1n);
  // The pets go with their owner.
  assert.deepEqual(await db.selectFrom("pet").select("id").execute(), [{ id: 3 }]);
});

testOnAllSessions("Kysely: integers and decimals have the form that the dialect asks for", async (_, openFile) => {
  const database = await openFile();
  const create = sql`CREATE TABLE t (id INTEGER PRIMARY KEY, big INTEGER, price DECIMAL)`;
  const plain = new Kysely<never>({ dialect: new QuireDialect({ database }) });
  await create.execute(plain);
  await sql`INSERT INTO t VALUES (${1}, ${2n ** 62n}, ${"0.10000000000000000001"})`.execute(plain);
  const query = sql<Record<string, unknown>>`SELECT id, price, big FROM t`;
  assert.equal(await codeOf(query.execute(plain)), "BAD_VALUE");
  assert.deepEqual((await sql`SELECT id, price FROM t`.execute(plain)).rows, [{ id: 1, price: 0.1 }]);
  const exact = new Kysely<never>({ dialect: new QuireDialect({ database, integers: "bigint", decimals: "string" }) });
  assert.deepEqual((await query.execute(exact)).rows, [{ id: 1n, price: "0.10000000000000000001", big: 2n ** 62n }]);
  const changed = await sql`UPDATE t SET big = 1`.execute(plain);
  assert.deepEqual([changed.numAffectedRows, changed.rows], [1n, []]);
});

testOnAllSessions("Kysely: what a constraint forbids is an error with its code", async (_, openFile) => {
  const db = await migrated(await openFile());
  assert.equal(
    await codeOf(db.insertInto("person").values({ name: "A", email: "ada@example.org" }).execute()),
    "UNIQUE_CONFLICT",
  );
  assert.equal(await codeOf(db.insertInto("pet").values({ name: "A", owner: 99 }).execute()), "FOREIGN_KEY_BROKEN");
  assert.equal(
    await codeOf(
      db
        .insertInto("person")
        .values({ name: null as never })
        .execute(),
    ),
    "NOT_NULL",
  );
  assert.equal(await codeOf(db.updateTable("person").set({ score: -1 }).execute()), "CHECK_FAILED");
  assert.equal(await codeOf(sql`SELECT nope FROM person`.execute(db)), "COLUMN_NOT_FOUND");
  assert.equal(
    await codeOf(db.schema.createIndex("some").on("person").column("name").where("name", ">", "a").execute()),
    "SQL_UNSUPPORTED",
  );
});

testOnAllSessions("Kysely: transactions and savepoints", async (_, openFile) => {
  const db = await migrated(await openFile());
  const names = async (of: Kysely<Tables> = db) =>
    (await of.selectFrom("person").select("name").orderBy("id").execute()).map(({ name }) => name);
  const add = (of: Kysely<Tables>, name: string) => of.insertInto("person").values({ name }).execute();

  const failed = db.transaction().execute(async (trx) => {
    await add(trx, "lost");
    assert.deepEqual(await names(trx), ["Ada", "lost"]);
    throw new Error("on purpose");
  });
  await assert.rejects(failed, /on purpose/);
  assert.deepEqual(await names(), ["Ada"]);

  const trx = await db.startTransaction().execute();
  await add(trx, "kept");
  const inner = await trx.savepoint("some name").execute();
  await add(inner, "lost");
  const innermost = await inner.savepoint("other").execute();
  await add(innermost, "lost, too");
  await (await innermost.releaseSavepoint("other").execute()).rollbackToSavepoint("some name").execute();
  await trx.commit().execute();
  assert.deepEqual(await names(), ["Ada", "kept"]);

  // An error is the statement's only: the transaction goes on.
  await db.transaction().execute(async (outer) => {
    assert.equal(
      await codeOf(outer.insertInto("person").values({ name: "x", email: "ada@example.org" }).execute()),
      "UNIQUE_CONFLICT",
    );
    await add(outer, "after");
  });
  assert.deepEqual(await names(), ["Ada", "kept", "after"]);

  // A transaction that was ended in between can't be committed, and is none to roll back either.
  const ended = db.transaction().execute(async (of) => {
    await add(of, "lost");
    await of.executeQuery(CompiledQuery.raw("rollback"));
  });
  await assert.rejects(ended, (error: unknown) => {
    assert.ok(error instanceof AbortedTransactionError);
    assert.equal((error.cause as QuireError).code, "NO_TRANSACTION");
    return true;
  });
  await add(db, "last");
  assert.deepEqual(await names(), ["Ada", "kept", "after", "last"]);
});

testOnAllSessions("Kysely: what comes at the same time has the connection in turn", async (_, openFile) => {
  const db = await migrated(await openFile());
  // Each reads, waits and writes: without turns, additions would be lost.
  const add = () =>
    db.transaction().execute(async (trx) => {
      const { score } = await trx.selectFrom("person").select("score").where("id", "=", 1).executeTakeFirstOrThrow();
      await new Promise((resolve) => setImmediate(resolve));
      await trx
        .updateTable("person")
        .set({ score: score + 1 })
        .where("id", "=", 1)
        .execute();
    });
  const others = Array.from({ length: 20 }, (_, i) => db.selectFrom("person").select("id").where("id", "<=", i).execute());
  await Promise.all([...Array.from({ length: 20 }, add), ...others]);
  assert.deepEqual(await db.selectFrom("person").select("score").execute(), [{ score: 21.5 }]);
});

testOnAllSessions("Kysely: rows are streamed, and a stream may end early", async (_, openFile) => {
  const session = await openFile();
  const db = await migrated(session);
  await sql`INSERT INTO pet (name, owner) SELECT 'pet ' || value, 1 FROM generate_series(1, 2500)`.execute(db);
  const query = db.selectFrom("pet").select("id").orderBy("id");
  let sum = 0;
  for await (const { id } of query.stream()) sum += id;
  assert.equal(sum, (2500 * 2501) / 2);
  const first: number[] = [];
  for await (const { id } of query.stream(70)) {
    first.push(id);
    if (id === 150) break;
  }
  assert.equal(first.length, 150);
  // Whoever comes in the middle of a stream waits for its end: rows of a query whose tables are changed would be no answer.
  const order: string[] = [];
  let change: Promise<unknown> | undefined;
  for await (const { id } of query.stream()) {
    change ??= db
      .deleteFrom("pet")
      .where("id", "=", 2500)
      .execute()
      .then(() => order.push("change"));
    if (id === 2500) order.push("end of stream");
  }
  await change;
  assert.deepEqual(order, ["end of stream", "change"]);
  await assert.rejects(
    async () => {
      // Behind its first page.
      for await (const row of db
        .selectFrom("pet")
        .select(sql`1 / (id - 1500)`.as("x"))
        .orderBy("id")
        .stream())
        assert.ok(row);
    },
    { code: "DIVISION_BY_ZERO" },
  );
  assert.deepEqual(await query.limit(1).execute(), [{ id: 1 }]);

  // Closed in the middle: the rows that were fetched come, and then an error that says so.
  let seen = 0;
  const closed = async () => {
    for await (const { id } of query.stream()) {
      seen = id;
      if (id === 1) await session.close();
    }
  };
  await assert.rejects(closed, { code: "SESSION_ENDED" });
  assert.equal(seen, 100);
  assert.equal(await codeOf(query.execute()), "SESSION_ENDED");
});

testOnAllSessions("Kysely's migrator goes up and down, and a migration that fails leaves nothing", async (_, openFile) => {
  const db = new Kysely<never>({ dialect: new QuireDialect({ database: await openFile() }) });
  const migrator = migratorOf(db);
  const names = async () => (await db.introspection.getTables()).map(({ name }) => name);
  const status = async () => (await migrator.getMigrations()).map(({ executedAt }) => executedAt instanceof Date);

  const up = await migrator.migrateUp();
  assert.deepEqual(up.results, [{ migrationName: "001 tables", direction: "Up", status: "Success" }]);
  assert.deepEqual(await status(), [true, false, false]);
  // Two at once: one has something to do.
  const both = await Promise.all([migrator.migrateToLatest(), migratorOf(db).migrateToLatest()]);
  assert.deepEqual(both.map(({ results, error }) => [results?.length, error]).sort(), [
    [0, undefined],
    [2, undefined],
  ]);
  assert.deepEqual(await names(), ["active_person", "person", "pet"]);

  // Tables that have rows are changed, too.
  const changing: Record<string, Migration> = {
    ...migrations,
    "004 other columns": {
      async up(of: Kysely<unknown>) {
        const age = of.schema.alterTable("person").addColumn("age", "integer", (column) => column.notNull().defaultTo(18));
        await age.execute();
        await of.schema.alterTable("person").renameColumn("balance", "amount").execute();
        await of.schema.alterTable("pet").renameTo("animal").execute();
      },
      async down(of: Kysely<unknown>) {
        await of.schema.alterTable("animal").renameTo("pet").execute();
        await of.schema.alterTable("person").renameColumn("amount", "balance").execute();
        await of.schema.alterTable("person").dropColumn("age").execute();
      },
    },
  };
  assert.equal((await migratorOf(db, changing).migrateToLatest()).error, undefined);
  assert.deepEqual((await sql`SELECT name, amount, age FROM person`.execute(db)).rows, [{ name: "Ada", amount: null, age: 18 }]);
  assert.deepEqual(await names(), ["active_person", "animal", "person"]);
  assert.equal((await migratorOf(db, changing).migrateDown()).error, undefined);
  assert.deepEqual(await names(), ["active_person", "person", "pet"]);

  const wrong: Record<string, Migration> = {
    ...migrations,
    "004 half": {
      async up(of: Kysely<unknown>) {
        await of.schema
          .createTable("half")
          .addColumn("id", "integer", (column) => column.primaryKey())
          .execute();
        await sql`INSERT INTO person (name) VALUES ('half')`.execute(of);
        await sql`CREATE INDEX some ON person (name) WHERE id > 1`.execute(of);
      },
    },
  };
  const half = await migratorOf(db, wrong).migrateToLatest();
  assert.deepEqual(half.results, [{ migrationName: "004 half", direction: "Up", status: "Error" }]);
  assert.equal((half.error as QuireError).code, "SQL_UNSUPPORTED");
  assert.deepEqual(await names(), ["active_person", "person", "pet"]);
  assert.deepEqual((await sql`SELECT name FROM person`.execute(db)).rows, [{ name: "Ada" }]);

  for (const name of Object.keys(migrations).reverse()) {
    const { results, error } = await migrator.migrateDown();
    assert.equal(error, undefined);
    assert.deepEqual(results, [{ migrationName: name, direction: "Down", status: "Success" }]);
  }
  assert.deepEqual(await names(), []);
  assert.deepEqual(await status(), [false, false, false]);
});

testOnAllSessions("Kysely's introspection knows tables, views, types and keys", async (_, openFile) => {
  const db = await migrated(await openFile());
  const column = (name: string, dataType: string, rest: object = {}) => ({
    name,
    dataType,
    isNullable: true,
    isAutoIncrementing: false,
    hasDefaultValue: false,
    comment: undefined,
    ...rest,
  });
  const required = { isNullable: false };
  const counted = { isAutoIncrementing: true };
  assert.deepEqual(await db.introspection.getTables(), [
    { name: "active_person", isView: true, columns: [column("id", "INTEGER"), column("name", "TEXT")] },
    {
      name: "person",
      isView: false,
      columns: [
        column("id", "INTEGER", counted),
        column("name", "TEXT", required),
        column("email", "TEXT"),
        column("score", "DECIMAL", { ...required, hasDefaultValue: true }),
        column("balance", "DECIMAL"),
        column("active", "BOOLEAN", { ...required, hasDefaultValue: true }),
        column("born", "DATE"),
        column("about", "JSON"),
        column("raw", "BLOB"),
      ],
    },
    {
      name: "pet",
      isView: false,
      columns: [column("id", "INTEGER", counted), column("name", "TEXT", required), column("owner", "INTEGER", required)],
    },
  ]);
  const internal = await db.introspection.getTables({ withInternalKyselyTables: true });
  assert.deepEqual(
    internal.map(({ name }) => name),
    ["active_person", "kysely_migration", "kysely_migration_lock", "person", "pet"],
  );
});

testOnAllSessions("Kysely: two connections, and the end of one", async (_, openFile) => {
  const first = await migrated(await openFile());
  await assert.rejects(openFile("store.db", { wait: 0 }), { code: "LOCKED" });
  const other = await migrated(await openFile("other.db"));
  await other.insertInto("person").values({ name: "elsewhere" }).execute();
  assert.deepEqual(
    await first
      .selectFrom("person")
      .select(({ fn }) => fn.countAll().as("n"))
      .execute(),
    [{ n: 1 }],
  );
  // destroy() closes the session, and an open transaction is taken back.
  const trx = await first.startTransaction().execute();
  await trx.insertInto("person").values({ name: "lost" }).execute();
  await first.destroy();
  const again = new Kysely<Tables>({ dialect: new QuireDialect({ database: () => openFile() }) });
  assert.deepEqual(await again.selectFrom("person").select("name").execute(), [{ name: "Ada" }]);
  await again.destroy();
});

test("Kysely: what is no session and no option is refused", async () => {
  const database = openSync(":memory:");
  const refused = { name: "QuireError", code: "BAD_OPTION" };
  assert.throws(() => new QuireDialect({ database: "app.db" as never }), refused);
  assert.throws(() => new QuireDialect({} as never), refused);
  assert.throws(() => new QuireDialect({ database, integers: "string" as never }), refused);
  const texts: string[] = [];
  const db = new Kysely<never>({
    dialect: new QuireDialect({
      database,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw("CREATE TEMP VIEW here AS SELECT 1 AS one"));
      },
    }),
    log: ({ query }) => {
      texts.push(query.sql);
    },
  });
  assert.deepEqual((await sql`SELECT one FROM here`.execute(db)).rows, [{ one: 1 }]);
  assert.deepEqual(texts, ["SELECT one FROM here"]);
  await db.destroy();
});
