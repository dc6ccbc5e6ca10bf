// Records what Kysely, Drizzle and Knex send for everyday work into tests/sql/tools.json: the real packages run against SQLite (node-sqlite3-wasm),
// and each statement is kept with its parameters. tests/sql-tools.test.ts runs them on Quire and on SQLite.
//
//   npm run sql:record
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import { migrate } from "drizzle-orm/sqlite-proxy/migrator";
import * as d from "drizzle-orm";
import * as c from "drizzle-orm/sqlite-core";
import * as kysely from "kysely";
import { jsonArrayFrom, jsonObjectFrom } from "kysely/helpers/sqlite";
import sqlite from "node-sqlite3-wasm";
import { root } from "./lib.mjs";

const require = createRequire(import.meta.url);
const version = (name) => JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
const programs = [];

/** A parameter as drivers take it, dates as their text; the time of migrations is always the same. */
function bound(value) {
  if (value instanceof Date) return "2026-01-01T00:00:00.000Z";
  if (typeof value === "string" && /^20\d\d-\d\d-\d\dT.*Z$/u.test(value)) return "2026-01-01T00:00:00.000Z";
  return typeof value === "boolean" ? Number(value) : (value ?? null);
}

/** SQLite, with what is asked of it kept under `name`. */
class Recorder {
  #db = new sqlite.Database(":memory:");
  #statements = [];
  constructor(name) {
    programs.push({ name, statements: this.#statements });
  }

  run(sql, given = []) {
    const params = given.map(bound);
    const shown = params.map((value) => (value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value));
    // SQLite's own names of a query's columns are all different: rows are objects here.
    const asked = /^\s*(?:select|with|values)\b/iu.test(sql) ? `SELECT * FROM (${sql.replace(/;\s*$/u, "")})` : sql;
    const statement = this.#db.prepare(asked);
    try {
      const rows = statement.all(params);
      // What SQLite refuses nobody needs.
      this.#statements.push(params.length > 0 ? { sql, params: shown } : { sql });
      const [counts] = this.#db.all("SELECT changes() AS changes, last_insert_rowid() AS id");
      return { rows, changes: counts.changes, id: counts.id };
    } finally {
      statement.finalize();
    }
  }
}

// ---- Kysely ----

async function recordKysely() {
  const recorder = new Recorder(`Kysely ${version("kysely")}`);
  const connection = {
    async executeQuery({ sql, parameters }) {
      const { rows, changes, id } = recorder.run(sql, parameters);
      return { rows, numAffectedRows: BigInt(changes), insertId: BigInt(id) };
    },
  };
  const compiled = (sql) => connection.executeQuery(kysely.CompiledQuery.raw(sql));
  const savepoint = (word) => (_, name, compile) => connection.executeQuery(compile(word(name), kysely.createQueryId()));
  const driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    destroy: async () => {},
    beginTransaction: () => compiled("begin"),
    commitTransaction: () => compiled("commit"),
    rollbackTransaction: () => compiled("rollback"),
    savepoint: savepoint((name) => kysely.RawNode.create(["savepoint ", ""], [kysely.IdentifierNode.create(name)])),
    rollbackToSavepoint: savepoint((name) => kysely.RawNode.create(["rollback to ", ""], [kysely.IdentifierNode.create(name)])),
    releaseSavepoint: savepoint((name) => kysely.RawNode.create(["release ", ""], [kysely.IdentifierNode.create(name)])),
  };
  const db = new kysely.Kysely({
    dialect: {
      createAdapter: () => new kysely.SqliteAdapter(),
      createDriver: () => driver,
      createIntrospector: (of) => new kysely.SqliteIntrospector(of),
      createQueryCompiler: () => new kysely.SqliteQueryCompiler(),
    },
  });
  const { sql } = kysely;
  const up = async (of) => {
    await of.schema
      .createTable("person")
      .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("first_name", "varchar(255)", (column) => column.notNull())
      .addColumn("age", "integer", (column) => column.defaultTo(0))
      .addColumn("active", "boolean", (column) => column.notNull().defaultTo(true))
      .addColumn("balance", "decimal(10, 2)", (column) => column.notNull().defaultTo(1.5))
      .addColumn("data", "json")
      .addColumn("token", "blob")
      .execute();
    await of.schema
      .createTable("pet")
      .ifNotExists()
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("owner_id", "integer", (column) => column.references("person.id").onDelete("cascade").onUpdate("no action"))
      .addColumn("species", "text")
      .addUniqueConstraint("pet_owner_name", ["owner_id", "name"])
      .execute();
    await of.schema
      .createTable("person_group")
      .addColumn("person_id", "integer", (column) => column.references("person.id"))
      .addColumn("group_id", "integer")
      .addPrimaryKeyConstraint("person_group_pk", ["person_id", "group_id"])
      .execute();
    await of.schema.createIndex("pet_owner_id_index").on("pet").column("owner_id").execute();
    await of.schema
      .createIndex("person_first_name_age_index")
      .ifNotExists()
      .on("person")
      .columns(["first_name", "age desc"])
      .execute();
  };
  const down = async (of) => {
    await of.schema.dropIndex("person_first_name_age_index").execute();
    await of.schema.dropTable("person_group").ifExists().execute();
  };
  const provider = { getMigrations: async () => ({ "2026_01_first": { up, down } }) };
  const migrator = new kysely.Migrator({ db, provider });
  const migrated = await migrator.migrateToLatest();
  if (migrated.error) throw migrated.error;
  await db.introspection.getTables();
  await db
    .insertInto("person")
    .values([
      { first_name: "Ada", age: 36, data: '{"langs":["en","fr"],"tags":{"a":[1,2]}}', token: new Uint8Array([0, 255]) },
      { first_name: "Bob", age: null, data: null, token: null },
      { first_name: "Cy", age: 5, data: "[]", token: null },
    ])
    .execute();
  await db
    .insertInto("person")
    .values({ first_name: "Dee", active: false, balance: 12.25 })
    .returning(["id", "first_name"])
    .execute();
  const pet = { name: "Rex", owner_id: 1, species: "dog" };
  await db
    .insertInto("pet")
    .values([pet, { name: "Tom", owner_id: 1, species: "cat" }, { name: "Io", owner_id: 3, species: "cat" }])
    .execute();
  await db
    .insertInto("pet")
    .values(pet)
    .onConflict((on) => on.column("name").doUpdateSet({ species: "wolf" }))
    .execute();
  await db
    .insertInto("pet")
    .values(pet)
    .onConflict((on) =>
      on
        .columns(["owner_id", "name"])
        .doUpdateSet((eb) => ({ species: eb.ref("excluded.species") }))
        .where("pet.species", "!=", "dog"),
    )
    .execute()
    .catch(() => {});
  await db.insertInto("pet").orIgnore().values(pet).execute();
  await db.replaceInto("person_group").values({ person_id: 1, group_id: 7 }).execute();
  await db
    .insertInto("person_group")
    .columns(["person_id", "group_id"])
    .expression((eb) =>
      eb
        .selectFrom("person")
        .select(["id", sql.lit(9).as("group_id")])
        .where("age", ">", 1),
    )
    .execute();
  await db.selectFrom("person").selectAll().where("first_name", "in", ["Ada", "Cy"]).orderBy("id").execute();
  await db.selectFrom("person").select("id").where("id", "in", []).execute();
  await db.selectFrom("person").select("id").where("age", "is", null).execute();
  await db.selectFrom("person").select(["first_name as name"]).distinct().orderBy("name", "desc").limit(2).offset(1).execute();
  await db
    .selectFrom("person as p")
    .innerJoin("pet", "pet.owner_id", "p.id")
    .select(["p.id", "pet.id as pet_id", "pet.name"])
    .orderBy("pet.name")
    .execute();
  await db
    .selectFrom("person")
    .leftJoin("pet", (on) => on.onRef("pet.owner_id", "=", "person.id").on("species", "=", "cat"))
    .select(["first_name", "pet.name"])
    .orderBy("person.id")
    .execute();
  await db
    .selectFrom("pet")
    .select((eb) => ["species", eb.fn.countAll().as("n"), eb.fn.max("id").as("last"), eb.fn.count("id").distinct().as("ids")])
    .groupBy("species")
    .having((eb) => eb.fn.countAll(), ">", 1)
    .execute();
  await db
    .selectFrom("person")
    .select((eb) => [eb.fn.sum("age").as("sum"), eb.fn.avg("age").as("avg"), eb.fn.coalesce("age", eb.lit(0)).as("one")])
    .groupBy("age")
    .orderBy("age")
    .execute();
  await db
    .selectFrom("person")
    .select((eb) => [
      "id",
      eb.case().when("age", ">", 18).then("adult").when("age", "is", null).then("?").else("child").end().as("kind"),
    ])
    .orderBy("id")
    .execute();
  await db
    .selectFrom("person")
    .select("id")
    .where((eb) => eb.or([eb("age", "<", 10), eb.and([eb("first_name", "like", "A%"), eb.not(eb("active", "=", false))])]))
    .orderBy("id")
    .execute();
  await db
    .selectFrom("person")
    .select("id")
    .where((eb) => eb.exists(eb.selectFrom("pet").select("pet.id").whereRef("owner_id", "=", "person.id")))
    .orderBy("id")
    .execute();
  await db
    .selectFrom("pet")
    .select("name")
    .where((eb) => eb(eb.refTuple("owner_id", "species"), "in", [eb.tuple(1, "cat"), eb.tuple(3, "cat")]))
    .orderBy("name")
    .execute();
  await db
    .selectFrom("person")
    .select("id")
    .where((eb) => eb.between("age", 1, 40))
    .orderBy(sql`${sql.ref("first_name")} collate nocase`, "desc")
    .execute();
  await db
    .selectFrom("person")
    .select((eb) => [
      "id",
      jsonArrayFrom(
        eb.selectFrom("pet").select(["pet.id", "pet.name"]).whereRef("owner_id", "=", "person.id").orderBy("pet.name"),
      ).as("pets"),
    ])
    .orderBy("id")
    .execute();
  await db
    .selectFrom("pet")
    .select((eb) => [
      "name",
      jsonObjectFrom(eb.selectFrom("person").select(["person.id", "first_name"]).whereRef("person.id", "=", "pet.owner_id")).as(
        "owner",
      ),
    ])
    .orderBy("pet.id")
    .execute();
  await db
    .selectFrom("person")
    .select((eb) => [
      "id",
      eb.ref("data", "->>$").key("langs").at(0).as("lang"),
      eb.ref("data", "->$").key("tags").key("a").at("#-1").as("last"),
    ])
    .orderBy("id")
    .execute();
  await db
    .with("old", (of) => of.selectFrom("person").select(["id", "age"]).where("age", ">", 5))
    .selectFrom("old")
    .selectAll()
    .execute();
  await db
    .withRecursive("n(i)", (of) =>
      of.selectNoFrom(sql.lit(1).as("i")).unionAll(
        of
          .selectFrom("n")
          .select(sql`i + 1`.as("i"))
          .where("i", "<", 5),
      ),
    )
    .selectFrom("n")
    .select("i")
    .execute();
  await db.selectFrom("person").select("first_name as name").union(db.selectFrom("pet").select("name")).orderBy("name").execute();
  await db.selectFrom("person").select("id").except(db.selectFrom("person_group").select("person_id as id")).execute();
  await db
    .updateTable("person")
    .set((eb) => ({ age: eb("age", "+", 1), active: true }))
    .where("id", "=", 1)
    .execute();
  await db
    .updateTable("pet")
    .from("person")
    .set((eb) => ({ species: eb.ref("person.first_name") }))
    .whereRef("pet.owner_id", "=", "person.id")
    .where("person.id", "=", 3)
    .returningAll()
    .execute();
  await db.selectFrom("pet").selectAll().orderBy("id").execute();
  await db.deleteFrom("pet").where("species", "=", "cat").returning("name").execute();
  await db.transaction().execute(async (of) => {
    await of.insertInto("person").values({ first_name: "Eve" }).execute();
    await of.updateTable("person").set({ age: 77 }).where("first_name", "=", "Eve").execute();
  });
  await db
    .transaction()
    .execute(async (of) => {
      await of.deleteFrom("pet").execute();
      throw new Error("back");
    })
    .catch(() => {});
  const controlled = await db.startTransaction().execute();
  await controlled.insertInto("pet").values({ name: "Moby" }).execute();
  const inner = await controlled.savepoint("sp").execute();
  await inner.deleteFrom("pet").execute();
  await inner.rollbackToSavepoint("sp").execute();
  await inner.releaseSavepoint("sp").execute();
  await controlled.commit().execute();
  await db
    .selectFrom("pet")
    .select((eb) => eb.fn.countAll().as("n"))
    .execute();
  await db.schema
    .createTable("names")
    .as(db.selectFrom("person").select(["id", "first_name"]))
    .execute();
  await db.selectFrom("names").selectAll().orderBy("id").execute();
  await db.schema.dropTable("names").execute();
  await db.schema
    .createView("adults")
    .as(db.selectFrom("person").selectAll().where("age", ">", 18))
    .execute();
  await db.selectFrom("adults").select("first_name").orderBy("id").execute();
  await db.schema.dropView("adults").ifExists().execute();
  await migrator.migrateDown();
  await db.schema.alterTable("person").renameTo("people").execute();
  await db.schema.alterTable("people").addColumn("note", "text").execute();
}

// ---- Drizzle ----

async function recordDrizzle() {
  const recorder = new Recorder(`Drizzle ${version("drizzle-orm")}`);
  const users = c.sqliteTable(
    "users",
    {
      id: c.integer("id").primaryKey({ autoIncrement: true }),
      name: c.text("name").notNull(),
      email: c.text("email", { length: 100 }).unique(),
      active: c.integer("active", { mode: "boolean" }).notNull().default(true),
      score: c.real("score").default(0),
      price: c.numeric("price").default("0"),
      at: c.integer("at", { mode: "timestamp" }),
      kind: c.text("kind", { enum: ["a", "b"] }).default("a"),
      data: c.text("data", { mode: "json" }),
      raw: c.blob("raw", { mode: "buffer" }),
    },
    (table) => [c.index("users_name_idx").on(table.name)],
  );
  const posts = c.sqliteTable("posts", {
    id: c.integer("id").primaryKey(),
    owner: c
      .integer("owner")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    slug: c.text("slug").notNull(),
    title: c.text("title"),
  });
  const schema = {
    users,
    posts,
    usersRelations: d.relations(users, ({ many }) => ({ posts: many(posts) })),
    postsRelations: d.relations(posts, ({ one }) => ({ owner: one(users, { fields: [posts.owner], references: [users.id] }) })),
  };
  const db = drizzle(
    async (text, params, method) => {
      const rows = recorder.run(text, params).rows.map((row) => Object.values(row));
      return { rows: method === "get" ? rows[0] : rows };
    },
    { schema },
  );
  await migrateDrizzle(db, recorder);
  await db.insert(users).values([
    { name: "Ada", email: "ada@x", at: new Date(1_700_000_000_000), data: { langs: ["en"] }, raw: Buffer.from([1, 2]) },
    { name: "Bob", active: false, score: 1.5, price: "12.25", kind: "b" },
    { name: "Cy", email: null },
  ]);
  await db
    .insert(posts)
    .values([
      { owner: 1, slug: "a", title: "A" },
      { owner: 1, slug: "b" },
      { owner: 2, slug: "c", title: "C" },
    ])
    .returning();
  await db
    .insert(users)
    .values({ id: 1, name: "Ada 2" })
    .onConflictDoUpdate({ target: users.id, set: { name: d.sql`excluded.name` } });
  await db.insert(users).values({ name: "Dup", email: "ada@x" }).onConflictDoNothing();
  await db
    .insert(users)
    .values({ name: "Dup", email: "ada@x" })
    .onConflictDoUpdate({ target: users.email, set: { score: 9 }, setWhere: d.eq(users.active, true) })
    .returning({ id: users.id });
  await db.select().from(users).orderBy(users.id);
  await db
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(d.and(d.eq(users.active, true), d.like(users.name, "A%")));
  await db.select().from(users).leftJoin(posts, d.eq(users.id, posts.owner)).orderBy(users.id, posts.id);
  await db
    .select({ id: users.id, post: posts.id })
    .from(posts)
    .innerJoin(users, d.eq(users.id, posts.owner))
    .where(d.inArray(posts.slug, ["a", "c"]))
    .orderBy(d.desc(posts.id));
  await db
    .select({ owner: posts.owner, n: d.count(), last: d.max(posts.id) })
    .from(posts)
    .groupBy(posts.owner)
    .having(({ n }) => d.gt(n, 1));
  await db
    .select({ n: d.countDistinct(posts.owner), avg: d.avg(users.score), sum: d.sum(posts.id) })
    .from(posts)
    .innerJoin(users, d.eq(posts.owner, users.id));
  await db.$count(users, d.isNotNull(users.email));
  await db.selectDistinct({ kind: users.kind }).from(users).orderBy(users.kind).limit(5).offset(0);
  await db
    .select()
    .from(users)
    .where(
      d.or(
        d.isNull(users.email),
        d.between(users.id, 2, 3),
        d.not(d.exists(db.select().from(posts).where(d.eq(posts.owner, users.id)))),
      ),
    )
    .orderBy(users.id);
  await db.select().from(posts).where(d.notInArray(posts.id, [])).orderBy(posts.id);
  const counted = db.$with("counted").as(
    db
      .select({ owner: posts.owner, n: d.sql`count(*)`.as("n") })
      .from(posts)
      .groupBy(posts.owner),
  );
  await db.with(counted).select().from(counted).orderBy(counted.owner);
  const sub = db
    .select({ id: users.id, upper: d.sql`upper(${users.name})`.as("upper") })
    .from(users)
    .as("sub");
  await db
    .select({ upper: sub.upper, title: posts.title })
    .from(posts)
    .leftJoin(sub, d.eq(sub.id, posts.owner))
    .orderBy(posts.id);
  await c
    .union(db.select({ name: users.name }).from(users), db.select({ name: posts.slug }).from(posts))
    .orderBy(d.asc(d.sql`name`))
    .limit(3);
  await db.query.users.findMany();
  await db.query.users.findMany({ with: { posts: true }, orderBy: [d.asc(users.id)] });
  await db.query.users.findFirst({
    columns: { id: true, name: true },
    where: d.eq(users.id, 1),
    with: { posts: { columns: { slug: true }, orderBy: [d.desc(posts.slug)], limit: 1 } },
  });
  await db.query.posts.findMany({
    with: { owner: { columns: { name: true } } },
    orderBy: [d.asc(posts.id)],
    limit: 2,
    offset: 1,
    extras: { loud: d.sql`upper(${posts.slug})`.as("loud") },
  });
  await db
    .update(users)
    .set({ score: d.sql`${users.score} + 1`, active: true })
    .where(d.lt(users.id, 3))
    .returning({ id: users.id, score: users.score });
  await db.update(posts).set({ title: "?" }).where(d.isNull(posts.title));
  await db.delete(posts).where(d.eq(posts.slug, "c")).returning();
  await db.transaction(async (tx) => {
    await tx.insert(posts).values({ owner: 2, slug: "d" });
    await tx.transaction(async (nested) => nested.delete(posts)).catch(() => {});
  });
  await db
    .transaction(async (tx) => {
      await tx.delete(users);
      tx.rollback();
    })
    .catch(() => {});
  await db.get(d.sql`select count(*) as n from ${posts}`);
  await db.values(d.sql`select name, sql from sqlite_master where type = 'table' order by name`).catch(() => {});
}

/** Migrations as drizzle-kit 0.31.11 writes them: the first one makes the tables, the second one makes a table anew to change a column. */
async function migrateDrizzle(db, recorder) {
  const first = [
    "CREATE TABLE `posts` (\n\t`id` integer PRIMARY KEY NOT NULL,\n\t`owner` integer NOT NULL,\n\t`slug` text NOT NULL,\n\t`title` text,\n\tFOREIGN KEY (`owner`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
    "CREATE UNIQUE INDEX `posts_owner_slug_unique` ON `posts` (`owner`,`slug`);",
    "CREATE TABLE `users` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,\n\t`name` text NOT NULL,\n\t`email` text(100),\n\t`active` integer DEFAULT true NOT NULL,\n\t`score` real DEFAULT 0,\n\t`price` numeric DEFAULT '0',\n\t`at` integer,\n\t`kind` text DEFAULT 'a',\n\t`data` text,\n\t`raw` blob\n);\n",
    "CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);",
    "CREATE INDEX `users_name_idx` ON `users` (`name`);",
  ];
  const second = [
    "PRAGMA foreign_keys=OFF;",
    "CREATE TABLE `__new_users` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,\n\t`name` text NOT NULL,\n\t`email` text(100)\n);\n",
    'INSERT INTO `__new_users`("id", "name", "email") SELECT "id", "name", "email" FROM `users`;',
    "DROP TABLE `users`;",
    "ALTER TABLE `__new_users` RENAME TO `users`;",
    "PRAGMA foreign_keys=ON;",
    "CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);",
  ];
  const folder = mkdtempSync(join(tmpdir(), "quire-record-"));
  mkdirSync(join(folder, "meta"));
  const entries = [{ idx: 0, version: "6", when: 1_700_000_000_000, tag: "0000_first", breakpoints: true }];
  writeFileSync(join(folder, "meta", "_journal.json"), JSON.stringify({ version: "7", dialect: "sqlite", entries }));
  writeFileSync(join(folder, "0000_first.sql"), first.join("--> statement-breakpoint\n"));
  await migrate(db, async (queries) => queries.forEach((text) => recorder.run(text)), { migrationsFolder: folder });
  await migrate(db, async (queries) => queries.forEach((text) => recorder.run(text)), { migrationsFolder: folder });
  rmSync(folder, { recursive: true });
  const rebuild = new Recorder("drizzle-kit 0.31.11, a table made anew");
  for (const text of [
    ...first,
    "INSERT INTO users (name) VALUES ('Ada')",
    "INSERT INTO posts (owner, slug) VALUES (1, 'a')",
    ...second,
  ])
    rebuild.run(text);
  rebuild.run("SELECT posts.slug, users.name FROM posts JOIN users ON users.id = posts.owner");
  rebuild.run("SELECT sql FROM sqlite_master WHERE tbl_name = 'users' AND sql GLOB '*AUTOINCREMENT*'");
}

// ---- Knex ----

async function recordKnex() {
  const recorder = new Recorder(`Knex ${version("knex")}`);
  const { knex } = require("knex");
  const Sqlite3 = require("knex/lib/dialects/sqlite3/index.js");
  class Client extends Sqlite3 {
    _driver() {
      return {};
    }
    async acquireRawConnection() {
      return recorder;
    }
    async destroyRawConnection() {}
    async _query(connection, query) {
      const { rows, changes, id } = connection.run(query.sql, query.bindings);
      query.response = rows;
      query.context = { lastID: id, changes };
      return query;
    }
  }
  const db = knex({ client: Client, useNullAsDefault: true, connection: {} });
  await db.schema.createTable("users", (table) => {
    table.increments("id");
    table.string("name").notNullable();
    table.string("email", 100).unique();
    table.boolean("active").defaultTo(true);
    table.float("score").defaultTo(0);
    table.integer("age").unsigned().index();
    table.decimal("balance", 10, 2);
    table.json("data");
    table.date("born");
    table.dateTime("seen");
    table.bigInteger("big");
    table.binary("raw");
    table.uuid("token");
  });
  await db.schema.createTable("accounts", (table) => {
    table.bigIncrements();
    table.integer("user_id").unsigned().notNullable().references("id").inTable("users").onDelete("CASCADE");
    table.string("kind");
    table.unique(["user_id", "kind"]);
    table.index(["kind", "user_id"], "my_index");
  });
  await db.schema.createTable("user_groups", (table) => {
    table.integer("user_id");
    table.integer("group_id");
    table.primary(["user_id", "group_id"]);
  });
  await db.schema.hasTable("users");
  await db.schema.hasColumn("users", "email");
  await db("users").columnInfo();
  await db("users").insert([
    { name: "Ada", email: "ada@x", age: 36, balance: 12.25, data: '{"a":1}', born: "1815-12-10", big: 9_007_199_254_740_991 },
    { name: "Bob", age: 7 },
    { name: "cy", active: false, score: 2.5 },
  ]);
  await db("users").insert({ name: "Dee", raw: Buffer.from([1, 255]) }, ["id", "name"]);
  await db("users").insert({ name: "Ada", email: "ada@x" }).onConflict("email").ignore();
  await db("users").insert({ name: "Ada 2", email: "ada@x" }).onConflict("email").merge();
  await db("users").insert({ name: "Ada 3", email: "ada@x" }).onConflict("email").merge(["name"]).where("users.age", ">", 10);
  await db("accounts").insert([
    { user_id: 1, kind: "a" },
    { user_id: 1, kind: "b" },
    { user_id: 2, kind: "a" },
  ]);
  await db("user_groups").insert(
    db("users")
      .select("id", db.raw("?", [5]))
      .where("age", ">", 1),
  );
  await db("users").select();
  await db("users").first("id", "name").where({ email: "ada@x" });
  await db("users").where("age", ">", 5).orWhereNull("age").andWhereNot("name", "Bob").orderBy("name", "asc").pluck("name");
  await db("users")
    .whereIn("id", [1, 3])
    .whereBetween("id", [1, 9])
    .whereNotNull("score")
    .orderBy([{ column: "id", order: "desc" }])
    .limit(1)
    .offset(1);
  await db("users").whereIn("id", []).count();
  await db("users").whereLike("name", "A%").orWhereILike("name", "C%").orderBy("id").pluck("id");
  await db("users as u").join("accounts as a", "u.id", "a.user_id").select("u.name", "a.kind").orderBy("a.id");
  await db("users")
    .leftJoin("accounts", "users.id", "accounts.user_id")
    .select("users.id", "accounts.kind")
    .orderBy(["users.id", "accounts.id"]);
  await db("accounts")
    .groupBy("user_id")
    .select("user_id")
    .count({ n: "*" })
    .max("kind as last")
    .having("n", ">", 1)
    .orderBy("user_id")
    .catch(() => {});
  await db("accounts").groupBy("user_id").select("user_id").count({ n: "*" }).havingRaw("count(*) > ?", [1]);
  await db("users").sum("age as sum").avg("score as avg").min("id as min");
  await db("accounts").countDistinct("user_id as n");
  await db("users")
    .select("name")
    .whereExists(db("accounts").select(db.raw("1")).whereRaw("accounts.user_id = users.id"))
    .orderBy("id");
  await db("users").select("id", db("accounts").count("*").whereRaw("accounts.user_id = users.id").as("accounts")).orderBy("id");
  await db
    .with("rich", db("users").where("balance", ">", 1))
    .select("name")
    .from("rich");
  await db("users").select("name as x").union(db("accounts").select("kind")).orderBy("x");
  await db("users").distinct("age").orderBy("age", "desc", "last");
  await db("users").jsonExtract("data", "$.a", "found").whereNotNull("data");
  await db("users").where({ id: 1 }).increment("age", 2);
  await db("users").where({ id: 2 }).update({ score: 4.5, seen: "2026-01-02 03:04:05" });
  await db("users")
    .where({ id: 2 })
    .update({ name: db.raw("upper(name)") }, ["id", "name"]);
  await db("accounts").where({ kind: "b" }).del();
  await db.transaction(async (trx) => {
    await trx("users").insert({ name: "In" });
    await trx.transaction(async (nested) => nested("users").where({ name: "In" }).update({ age: 1 }));
    await trx
      .transaction(async (nested) => {
        await nested("accounts").del();
        throw new Error("back");
      })
      .catch(() => {});
  });
  await db
    .transaction(async (trx) => {
      await trx("users").del();
      throw new Error("back");
    })
    .catch(() => {});
  await db("accounts").count("* as n");
  await db("user_groups").truncate();
  await db.migrate.latest({ migrationSource: knexMigrations() });
  await db.migrate.list({ migrationSource: knexMigrations() });
  await db.migrate.rollback({ migrationSource: knexMigrations() });
  await db.schema.alterTable("users", (table) => {
    table.index("name");
    table.dropIndex("name");
    table.unique(["name", "age"]);
    table.dropUnique(["name", "age"]);
  });
  await db.schema.dropTableIfExists("user_groups");
  await db.schema.createTable("times", (table) => {
    table.increments();
    table.timestamps(true, true);
  });
  await db.schema.createTable("kinds", (table) => {
    table.increments();
    table.enu("kind", ["a", "b"]);
  });
  await db.schema.alterTable("users", (table) => table.string("nick"));
  await db.destroy();
}

/** Two migrations without files. */
function knexMigrations() {
  const make = (name) => ({
    name,
    up: (db) => db.schema.createTable(name, (table) => table.increments()),
    down: (db) => db.schema.dropTable(name),
  });
  return {
    getMigrations: async () => [make("one"), make("two")],
    getMigrationName: ({ name }) => name,
    getMigration: async (migration) => migration,
  };
}

await recordKysely();
await recordDrizzle();
await recordKnex();
writeFileSync(join(root, "tests", "sql", "tools.json"), `${JSON.stringify(programs, null, 2)}\n`);
for (const { name, statements } of programs) console.log(`${name}: ${statements.length} statements`);
