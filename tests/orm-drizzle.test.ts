/** Drizzle on Quire: its own package, with sessions of all kinds. Cases are those of Drizzle's tests of its SQLite drivers, besides what is Quire's own. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DrizzleError, DrizzleQueryError, TransactionRollbackError, count, eq, gt, relations, sql, sum } from "drizzle-orm";
import * as c from "drizzle-orm/sqlite-core";
import { QuireError, Session, type SyncSession, openSync } from "../host/index.js";
import { drizzle, migrate } from "../host/orm/drizzle.js";
import { testOnAllSessions, testOnSessions } from "./helpers/sessions.js";
import { tempFolder } from "./helpers/store.js";

const users = c.sqliteTable("users", {
  id: c.integer("id").primaryKey({ autoIncrement: true }),
  name: c.text("name").notNull(),
  email: c.text("email", { length: 100 }).unique(),
  active: c.integer("active", { mode: "boolean" }).notNull().default(true),
  score: c.real("score").default(0),
  price: c.numeric("price").default("0"),
  at: c.integer("at", { mode: "timestamp" }),
  about: c.text("about", { mode: "json" }),
  raw: c.blob("raw", { mode: "buffer" }),
  big: c.blob("big", { mode: "bigint" }),
});
const posts = c.sqliteTable("posts", {
  id: c.integer("id").primaryKey(),
  owner: c
    .integer("owner")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  title: c.text("title").notNull(),
});
const comments = c.sqliteTable("comments", {
  id: c.integer("id").primaryKey(),
  post: c
    .integer("post")
    .notNull()
    .references(() => posts.id, { onDelete: "cascade" }),
  by: c.integer("by").references(() => users.id),
  text: c.text("text"),
});
const schema = {
  users,
  posts,
  comments,
  ofUsers: relations(users, ({ many }) => ({ posts: many(posts) })),
  ofPosts: relations(posts, ({ one, many }) => ({
    owner: one(users, { fields: [posts.owner], references: [users.id] }),
    comments: many(comments),
  })),
  ofComments: relations(comments, ({ one }) => ({
    post: one(posts, { fields: [comments.post], references: [posts.id] }),
    by: one(users, { fields: [comments.by], references: [users.id] }),
  })),
};

/** Migrations as drizzle-kit 0.31 writes them for these tables: the statements of each, and its time. */
const FIRST = [
  "CREATE TABLE `comments` (\n\t`id` integer PRIMARY KEY NOT NULL,\n\t`post` integer NOT NULL,\n\t`by` integer,\n\t`text` text,\n\tFOREIGN KEY (`post`) REFERENCES `posts`(`id`) ON UPDATE no action ON DELETE cascade,\n\tFOREIGN KEY (`by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action\n);\n",
  "CREATE TABLE `posts` (\n\t`id` integer PRIMARY KEY NOT NULL,\n\t`owner` integer NOT NULL,\n\t`title` text NOT NULL,\n\tFOREIGN KEY (`owner`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade\n);\n",
  "CREATE TABLE `users` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,\n\t`name` text NOT NULL,\n\t`email` text(100),\n\t`active` integer DEFAULT true NOT NULL,\n\t`score` real DEFAULT 0,\n\t`price` numeric DEFAULT '0',\n\t`at` integer,\n\t`about` text,\n\t`raw` blob,\n\t`big` blob\n);\n",
  "CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);",
];
const SECOND = ["CREATE INDEX `posts_title_idx` ON `posts` (`title`);", "INSERT INTO users (name) VALUES ('from a migration');"];
const CHANGED = [
  "ALTER TABLE `users` ADD `age` integer DEFAULT 18 NOT NULL;",
  "ALTER TABLE `posts` RENAME COLUMN `title` TO `head`;",
];

/** Writes a folder as drizzle-kit does. */
function writeMigrations(folder: string, ...list: readonly (readonly string[])[]): string {
  mkdirSync(join(folder, "meta"), { recursive: true });
  const entries = list.map((statements, idx) => {
    const tag = `000${idx}_of_test`;
    writeFileSync(join(folder, `${tag}.sql`), statements.join("--> statement-breakpoint\n"));
    return { idx, version: "6", when: 1_700_000_000_000 + idx, tag, breakpoints: true };
  });
  writeFileSync(join(folder, "meta", "_journal.json"), JSON.stringify({ version: "7", dialect: "sqlite", entries }));
  return folder;
}

/** Drizzle on a session of either kind: what both have is asked for with `await`. */
function drizzleOn(session: Session | SyncSession) {
  return session instanceof Session ? drizzle(session, { schema }) : (drizzle(session, { schema }) as never);
}

type Database = ReturnType<typeof drizzleOn>;

/** Drizzle with the tables there, and rows in them. */
async function filled(session: Session | SyncSession): Promise<Database> {
  for (const statement of FIRST) await session.sql(statement);
  const db = drizzleOn(session);
  await db.insert(users).values([
    {
      name: "Ada",
      email: "ada@example.org",
      score: 1.5,
      price: "12.25",
      at: new Date(1_700_000_000_000),
      about: { likes: ["tea"] },
      raw: Buffer.from([1, 255]),
      big: 123_456_789_012_345_678_901n,
    },
    { name: "Bob", active: false },
  ]);
  await db.insert(posts).values([
    { owner: 1, title: "First" },
    { owner: 1, title: "Second" },
    { owner: 2, title: "Third" },
  ]);
  await db.insert(comments).values([
    { post: 1, by: 2, text: "good" },
    { post: 1, by: 1, text: "thanks" },
    { post: 3, text: null },
  ]);
  return db;
}

const ADA = {
  id: 1,
  name: "Ada",
  email: "ada@example.org",
  active: true,
  score: 1.5,
  price: "12.25",
  at: new Date(1_700_000_000_000),
  about: { likes: ["tea"] },
  raw: Buffer.from([1, 255]),
  big: 123_456_789_012_345_678_901n,
};
const BOB = {
  id: 2,
  name: "Bob",
  email: null,
  active: false,
  score: 0,
  price: "0",
  at: null,
  about: null,
  raw: null,
  big: null,
};

testOnAllSessions("Drizzle: rows go in and out as columns' modes say", async (_, openFile) => {
  const db = await filled(await openFile());
  assert.deepEqual(await db.select().from(users).orderBy(users.id), [ADA, BOB]);
  const joined = db.select({ name: users.name, title: posts.title }).from(users).leftJoin(posts, eq(posts.owner, users.id));
  assert.deepEqual(await joined.orderBy(posts.id), [
    { name: "Ada", title: "First" },
    { name: "Ada", title: "Second" },
    { name: "Bob", title: "Third" },
  ]);
  // Both tables have a column id, and one side has no row.
  const whole = db
    .select({ user: users.id, post: { id: posts.id } })
    .from(users)
    .leftJoin(posts, sql`${posts.id} = 77`);
  assert.deepEqual(await whole.where(eq(users.id, 1)), [{ user: 1, post: null }]);
  assert.deepEqual(await db.select({ n: count(), score: sum(users.score).mapWith(Number) }).from(users), [{ n: 2, score: 1.5 }]);
  assert.equal(await db.$count(posts, gt(posts.id, 1)), 2);

  assert.deepEqual(await db.update(users).set({ score: 3 }).where(eq(users.id, 2)).returning({ score: users.score }), [
    { score: 3 },
  ]);
  const upsert = db.insert(users).values({ name: "Eve", email: "ada@example.org" });
  const merged = upsert.onConflictDoUpdate({ target: users.email, set: { name: sql`excluded.name` } });
  assert.deepEqual(await merged.returning({ id: users.id, name: users.name }), [{ id: 1, name: "Eve" }]);
  assert.deepEqual(await db.insert(users).values({ name: "Cid" }).run(), { changes: 1, lastId: 3 });
  assert.deepEqual(await db.delete(users).where(eq(users.id, 1)).run(), { changes: 1, lastId: undefined });
  assert.deepEqual(await db.select({ id: posts.id }).from(posts), [{ id: 3 }]);

  const byId = db
    .select({ name: users.name })
    .from(users)
    .where(eq(users.id, sql.placeholder("id")))
    .prepare();
  assert.deepEqual(
    [await byId.all({ id: 2 }), await byId.get({ id: 3 }), await byId.get({ id: 99 })],
    [[{ name: "Bob" }], { name: "Cid" }, undefined],
  );
  assert.deepEqual(await byId.values({ id: 2 }), [["Bob"]]);
  assert.deepEqual(await db.all(sql`select ${users.name} from ${users} order by id`), [{ name: "Bob" }, { name: "Cid" }]);
  assert.deepEqual(await db.get(sql`select 1 as one`), { one: 1 });
  assert.deepEqual(await db.values(sql`select 1, 2`), [[1, 2]]);
});

testOnAllSessions("Drizzle: relational queries several levels deep have values as rows have them", async (_, openFile) => {
  const db = await filled(await openFile());
  const found = await db.query.users.findMany({
    columns: { name: true },
    orderBy: users.id,
    with: {
      posts: {
        columns: { title: true },
        orderBy: posts.id,
        with: {
          comments: {
            columns: { text: true },
            orderBy: comments.id,
            with: { by: true, post: { with: { owner: { columns: { id: true } } } } },
          },
        },
      },
    },
  });
  const first = { id: 1, title: "First", owner: { id: 1 } };
  assert.deepEqual(found, [
    {
      name: "Ada",
      posts: [
        {
          title: "First",
          comments: [
            { text: "good", by: BOB, post: first },
            { text: "thanks", by: ADA, post: first },
          ],
        },
        { title: "Second", comments: [] },
      ],
    },
    {
      name: "Bob",
      posts: [{ title: "Third", comments: [{ text: null, by: null, post: { id: 3, title: "Third", owner: { id: 2 } } }] }],
    },
  ]);
  const one = await db.query.posts.findFirst({
    where: (post, { eq: is }) => is(post.title, "Second"),
    with: { owner: true, comments: true },
    extras: { loud: sql<string>`upper(${posts.title})`.as("loud") },
  });
  assert.deepEqual(one, { id: 2, title: "Second", owner: ADA, comments: [], loud: "SECOND" });
  assert.equal(await db.query.users.findFirst({ where: eq(users.id, 99) }), undefined);
  const limited = await db.query.users.findMany({
    columns: { id: true },
    with: { posts: { columns: { id: true }, limit: 1 } },
    limit: 1,
    offset: 1,
  });
  assert.deepEqual(limited, [{ id: 2, posts: [{ id: 3 }] }]);
});

test("Drizzle: inner rows of relational queries have the forms that were asked for", () => {
  using session = openSync(":memory:");
  const items = c.sqliteTable("items", { id: c.integer("id").primaryKey(), of: c.integer("of"), price: c.real("price") });
  const both = {
    items,
    ofItems: relations(items, ({ one }) => ({ parent: one(items, { fields: [items.of], references: [items.id] }) })),
  };
  session.exec(
    "CREATE TABLE items (id INTEGER PRIMARY KEY, of INTEGER, price REAL); INSERT INTO items VALUES (1, NULL, 0.1), (2, 1, NULL)",
  );
  const exact = drizzle(session, { schema: both, integers: "bigint", decimals: "string" });
  const query = { where: eq(items.id, 2), with: { parent: true } } as const;
  assert.deepEqual(exact.query.items.findFirst(query).sync(), {
    id: 2n,
    of: 1n,
    price: null,
    parent: { id: 1n, of: null, price: "0.1" },
  });
  assert.deepEqual(drizzle(session, { schema: both }).query.items.findFirst(query).sync(), {
    id: 2,
    of: 1,
    price: null,
    parent: { id: 1, of: null, price: 0.1 },
  });
});

testOnSessions("Drizzle: transactions, and transactions inside of them", async (_, openFile) => {
  const session = await openFile();
  const db = await filled(session);
  const names = async (of: { select: typeof db.select }) =>
    (await of.select({ name: users.name }).from(users).orderBy(users.id)).map(({ name }) => name);
  const result = await db.transaction(async (tx) => {
    await tx.insert(users).values({ name: "kept" });
    const inner = tx.transaction(async (nested) => {
      await nested.insert(users).values({ name: "lost" });
      await nested.transaction(async (deeper) => deeper.insert(users).values({ name: "lost, too" }));
      assert.equal(await nested.$count(users), 5);
      nested.rollback();
    });
    await assert.rejects(inner, TransactionRollbackError);
    // What the database is asked for in here belongs to the transaction as well.
    assert.deepEqual(await names(db), ["Ada", "Bob", "kept"]);
    return tx.query.users.findFirst({ columns: { name: true }, where: eq(users.name, "kept") });
  });
  assert.deepEqual(result, { name: "kept" });
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx.delete(users);
      throw new Error("on purpose");
    }),
    /on purpose/,
  );
  assert.deepEqual(await names(db), ["Ada", "Bob", "kept"]);

  // Others wait for the end of a transaction, and so do other transactions.
  const add = () =>
    db.transaction(async (tx) => {
      const [{ score } = { score: 0 }] = await tx.select({ score: users.score }).from(users).where(eq(users.id, 2));
      await new Promise((resolve) => setImmediate(resolve));
      await tx
        .update(users)
        .set({ score: (score ?? 0) + 1 })
        .where(eq(users.id, 2));
    });
  await Promise.all([...Array.from({ length: 20 }, add), ...Array.from({ length: 20 }, () => db.$count(posts))]);
  assert.deepEqual(await db.select({ score: users.score }).from(users).where(eq(users.id, 2)), [{ score: 20 }]);

  // Closed in the middle of one, it is taken back.
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx.insert(users).values({ name: "lost" });
      await session.close();
      await tx.insert(users).values({ name: "lost, too" });
    }),
    (error: unknown) => (error as { cause?: { code?: string } }).cause?.code === "SESSION_ENDED",
  );
  assert.equal(await drizzle(await openFile()).$count(users), 3);
});

test("Drizzle: transactions that wait for nothing", async (t) => {
  const session = openSync(":memory:");
  t.after(() => session.close());
  await filled(session);
  const db = drizzle(session, { schema });
  db.transaction(
    (tx) => {
      tx.insert(users).values({ name: "kept" }).run();
      assert.throws(
        () =>
          tx.transaction((nested) => {
            nested.delete(users).run();
            nested.rollback();
          }),
        TransactionRollbackError,
      );
      assert.equal(tx.select().from(users).all().length, 3);
    },
    { behavior: "immediate" },
  );
  assert.throws(
    () =>
      db.transaction((tx) => {
        tx.delete(users).run();
        throw new Error("on purpose");
      }),
    /on purpose/,
  );
  assert.equal(db.select().from(users).all().length, 3);
  // One that returns a promise would be over before it had begun.
  assert.throws(() => db.transaction(async (tx) => Promise.resolve(tx.delete(users).run())), { code: "BAD_REQUEST" });
  assert.equal(db.select().from(users).all().length, 3);
});

testOnAllSessions("Drizzle: errors are those of its drivers, with Quire's as the cause", async (_, openFile) => {
  const session = await openFile();
  const db = await filled(session);
  const check = async (query: () => unknown, code: string) => {
    const error: unknown = await (async () => await query())().then(
      () => assert.fail("nothing went wrong"),
      (reason: unknown) => reason,
    );
    // Drivers that wait for nothing throw what happened as it is.
    if (session instanceof Session) assert.ok(error instanceof DrizzleQueryError, String(error));
    const cause = session instanceof Session ? (error as DrizzleQueryError).cause : error;
    assert.ok(cause instanceof QuireError, String(cause));
    assert.equal(cause.code, code);
  };
  await check(() => db.insert(users).values({ name: "x", email: "ada@example.org" }), "UNIQUE_CONFLICT");
  await check(() => db.insert(posts).values({ owner: 99, title: "x" }), "FOREIGN_KEY_BROKEN");
  await check(() => db.insert(posts).values({ owner: 1, title: null as never }), "NOT_NULL");
  await check(() => db.delete(users).where(eq(users.id, 2)), "FOREIGN_KEY_RESTRICT");
  await check(() => db.select({ x: sql`nope` }).from(users), "COLUMN_NOT_FOUND");
});

testOnAllSessions("drizzle's migrate runs what drizzle-kit wrote, all of it or nothing", async (t, openFile) => {
  const session = await openFile();
  const db = drizzleOn(session);
  const folder = tempFolder(t);
  const tables = async () =>
    (await db.values<[string]>(sql`select name from sqlite_master where type = 'table' order by name`)).map(([name]) => name);
  const mine = ["__drizzle_migrations", "comments", "posts", "users"];
  const run = (...list: readonly (readonly string[])[]) => migrate(db, { migrationsFolder: writeMigrations(folder, ...list) });

  await run(FIRST);
  assert.deepEqual(await tables(), mine);
  // The second time there is nothing to do, and then what is new.
  await run(FIRST);
  await run(FIRST, SECOND);
  assert.deepEqual(await db.select({ name: users.name }).from(users), [{ name: "from a migration" }]);
  assert.deepEqual(await db.values(sql`select id, created_at from __drizzle_migrations order by id`), [
    [1, 1_700_000_000_000],
    [2, 1_700_000_000_001],
  ]);

  const third = [
    "CREATE TABLE `half` (`id` integer PRIMARY KEY NOT NULL);",
    "CREATE INDEX `some` ON `users` (`name`) WHERE id > 1;",
  ];
  const failed: unknown = await (async () => await run(FIRST, SECOND, third))().then(
    () => assert.fail("nothing went wrong"),
    (reason: unknown) => reason,
  );
  assert.ok(failed instanceof DrizzleError || failed instanceof DrizzleQueryError, String(failed));
  assert.equal((failed.cause as QuireError).code, "SQL_UNSUPPORTED");
  assert.deepEqual(await tables(), mine);
  assert.equal(await db.$count(sql`__drizzle_migrations`), 2);

  // Tables that have rows are changed, too.
  await db.insert(posts).values({ owner: 1, title: "First" });
  await run(FIRST, SECOND, CHANGED);
  assert.deepEqual(await db.values(sql`select name, age, head from users join posts on owner = users.id`), [
    ["from a migration", 18, "First"],
  ]);

  // A table made anew that others refer to: refused in the transaction, as long as foreign keys are looked at.
  const anew = [
    "PRAGMA foreign_keys=OFF;",
    "CREATE TABLE `__new_users` (`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL, `name` text);",
    'INSERT INTO `__new_users`("id", "name") SELECT "id", "name" FROM `users`;',
    "DROP TABLE `users`;",
    "ALTER TABLE `__new_users` RENAME TO `users`;",
    "PRAGMA foreign_keys=ON;",
  ];
  const all = [FIRST, SECOND, CHANGED, anew];
  await assert.rejects(
    async () => await run(...all),
    ({ cause }: Error) => (cause as QuireError).code === "FOREIGN_KEY_RESTRICT",
  );
  await session.sql("PRAGMA foreign_keys = OFF");
  await run(...all);
  await session.sql("PRAGMA foreign_keys = ON");
  assert.deepEqual(await db.values(sql`select * from pragma_foreign_key_check()`), []);
  assert.deepEqual(await db.values(sql`select users.*, head from users join posts on owner = users.id`), [
    [1, "from a migration", "First"],
  ]);
});

test("Drizzle: what is no session and no option is refused; queries are logged", () => {
  const refused = { name: "QuireError", code: "BAD_OPTION" };
  assert.throws(() => drizzle("app.db" as never), refused);
  using session = openSync(":memory:");
  assert.throws(() => drizzle(session, { decimals: "exact" as never }), refused);
  const logged: [string, unknown[]][] = [];
  const db = drizzle(session, { casing: "snake_case", logger: { logQuery: (text, params) => logged.push([text, params]) } });
  db.run(sql`CREATE TABLE things (id INTEGER PRIMARY KEY, first_name TEXT)`);
  const things = c.sqliteTable("things", { id: c.integer().primaryKey(), firstName: c.text() });
  assert.deepEqual(db.insert(things).values({ firstName: "Ada" }).returning().all(), [{ id: 1, firstName: "Ada" }]);
  assert.deepEqual(logged.at(-1), [
    'insert into "things" ("id", "first_name") values (null, ?) returning "id", "first_name"',
    ["Ada"],
  ]);
  assert.equal(db.$client, session);
});
