/** Quire and the Rust crates of the reference take turns on one file; see tests/reference/README.md. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { layouts, type Layout, type Row } from "./helpers/golden.js";
import { openStore, tempFolder } from "./helpers/store.js";
import { databaseNamed, databases } from "./reference/databases.js";
import { buildReference, type ReferenceLayout } from "./reference/program.js";
import {
  assertAgreement,
  assertIndexes,
  assertSameRows,
  changeByCommands,
  createdDatabase,
  filledByReference,
  importRows,
  keyWord,
  referenceOn,
  referencesFirst,
  schemaPages,
} from "./reference/turns.js";

/** How many rounds of turns each database gets, with other seeds each: `QUIRE_REFERENCE_ROUNDS`, for a longer look. */
const ROUNDS = Number(process.env["QUIRE_REFERENCE_ROUNDS"] ?? 1);

const build = buildReference();

/** Registers a test with the reference of each layout that `among` allows. */
function eachLayout(
  title: string,
  among: readonly ReferenceLayout[],
  body: (t: TestContext, layout: Layout) => Promise<void>,
): void {
  for (const layout of layouts.filter((one) => among.includes(one))) {
    const name = `${title} (layout ${layout})`;
    if ("skip" in build) test(name, { skip: build.skip }, () => undefined);
    else test(name, (t) => body(t, layout));
  }
}

for (const database of databases) {
  eachLayout(`create ${database.name}: the snapshots of the reference's macros`, database.layouts, async (t, layout) => {
    const { store, reference } = await createdDatabase(t, build, database, layout);
    const path = join(tempFolder(t), "reference.db");
    referenceOn(build, path, database, layout).ok("init");
    const theirs = readFileSync(path);
    const ours = store.bytes();
    assert.deepEqual(schemaPages(ours), schemaPages(theirs));
    assert.equal(schemaPages(ours).pages.size, database.tables.length);
    assert.equal(ours.length, theirs.length);
    assert.equal(reference.ok("drift"), "false\n");
  });

  eachLayout(`${database.name} made by the reference reads the same here`, database.layouts, async (t, layout) => {
    const path = filledByReference(t, build, database, layout, 40, 250);
    const reference = referenceOn(build, path, database, layout);
    const store = openStore(t, { bytes: readFileSync(path) });
    for (const { name } of database.tables) {
      assertSameRows(await store.rows(name), reference.rows(name), name);
    }
  });

  eachLayout(`turns on ${database.name}`, database.layouts, async (t, layout) => {
    const source = referenceOn(build, filledByReference(t, build, database, layout, 40, 150), database, layout);
    const { store, reference } = await createdDatabase(t, build, database, layout);
    for (const table of database.tables) {
      const rows = referencesFirst(table, source.rows(table.name));
      await importRows(store, table.name, rows);
      assertSameRows(reference.rows(table.name), rows, `${table.name} as imported`);
    }
    for (let round = 0; round < ROUNDS; round++) {
      reference.ok("exercise", String(1000 * round + 21), "200");
      await assertAgreement(store, reference, database);
      for (const table of database.tables) {
        const expected = await changeByCommands(store, database, table, layout);
        if (expected !== null) assertSameRows(reference.rows(table.name), expected, `${table.name} as changed`);
      }
      await assertAgreement(store, reference, database);
      for (const table of database.tables) assertIndexes(reference, table);
    }
    reference.ok("exercise", "22", "200");
    await assertAgreement(store, reference, database);
  });
}

eachLayout(
  "several rows with null in a unique column: the reference reads them, and refuses to update them",
  layouts,
  async (t, layout) => {
    const database = databaseNamed("shop");
    const { store, reference } = await createdDatabase(t, build, database, layout);
    const count = 7000;
    const maker = (id: number, vat: string | null): Row => ({ id, code: `c${id}`, country: `k${id % 9}`, vat, rank: 3 });
    // More than three leaves of nulls, with values between them and behind them.
    const rows = Array.from({ length: count }, (_, i) => maker(i + 1, i % 50 === 0 ? `v${i}` : null));
    await importRows(store, "makers", rows);
    assert.match(await store.ok(["check"]), /UNIQUE_NULLS .*: 6860 rows have null in the unique vat/);
    await assertAgreement(store, reference, database);
    assertSameRows(reference.lookUp("makers", "vat", null), rows.filter(({ vat }) => vat === null), "those with null"); // prettier-ignore
    assertSameRows(reference.lookUp("makers", "vat", "v100"), rows.filter(({ vat }) => vat === "v100"), "one of the others"); // prettier-ignore
    assert.match(reference.fails("update-json", "makers", "7", '{"country":"x"}'), /Unique constraint violation on field 'vat'/);
    assert.match(reference.fails("insert-json", "makers", JSON.stringify(maker(8000, null))), /Unique constraint violation/);
    // What it takes it does rightly, and so does Quire after it.
    reference.ok("update-json", "makers", "7", '{"vat":"given"}');
    reference.ok("update-json", "makers", "1", '{"country":"x"}');
    reference.ok("delete-json", "makers", "12");
    reference.ok("exercise", "41", "60");
    await assertAgreement(store, reference, database);
    for (const table of database.tables) assertIndexes(reference, table);
    const keys = (await store.rows("makers")).filter(({ vat }) => vat === null).map((row) => keyWord(row, "id")); // prettier-ignore
    // From the run's end, so that its last leaves become empty first.
    await store.ok(["delete", "makers", ...keys.reverse().slice(0, 6000), "--cascade"]);
    await assertAgreement(store, reference, database);
    const left = (await store.rows("makers")).filter(({ vat }) => vat === null);
    assertSameRows(reference.lookUp("makers", "vat", null), left, "those that are left");
    await store.ok(["update", "makers", keyWord(left[0], "id"), '{"country":"y","vat":null}']);
    await assertAgreement(store, reference, database);
  },
);

eachLayout("turns on trees of several levels", layouts, async (t, layout) => {
  const database = databaseNamed("blog");
  const { store, reference } = await createdDatabase(t, build, database, layout);
  const count = 6000;
  const users = Array.from({ length: count }, (_, i): Row => {
    const id = (i * 7919) % count;
    return { id, name: `user ${id} ${"né".repeat(id % 9)}`, email: `u${id}@example.org`, age: id % 3 };
  });
  const posts = users.map(({ id }, i): Row => ({ id: i, title: "t".repeat(i % 50), author: id ?? 0, published: i % 2 === 0 }));
  await importRows(store, "users", users);
  await importRows(store, "posts", posts);
  assertSameRows(reference.rows("users"), users, "users as imported");
  assertSameRows(
    reference.lookUp("users", "age", 1),
    users.filter(({ age }) => age === 1),
    "a run of equal keys over several leaves",
  );
  assertSameRows(
    reference.lookUp("users", "email", "u4321@example.org"),
    users.filter(({ id }) => id === 4321),
    "one email",
  );
  reference.ok("exercise", "31", "60");
  await assertAgreement(store, reference, database);
  const keys = (await store.rows("users")).map((row) => keyWord(row, "id")).slice(0, 900);
  await store.ok(["delete", "users", ...keys, "--cascade"]);
  await assertAgreement(store, reference, database);
  reference.ok("exercise", "32", "60");
  await assertAgreement(store, reference, database);
});

eachLayout("turns on a tree of keys of many kilobytes", layouts, async (t, layout) => {
  const database = databaseNamed("tall");
  const { store, reference } = await createdDatabase(t, build, database, layout);
  const row = (i: number): Row => ({ key: `${(i * 55_433) % 1009} ${"z".repeat(6000 + ((i * 37) % 900))}`, n: i });
  const rows = Array.from({ length: 330 }, (_, i) => row(i));
  await importRows(store, "wide", rows.slice(0, 300));
  for (const { key, n } of rows.slice(300)) reference.ok("insert-json", "wide", JSON.stringify({ key, n }));
  await assertAgreement(store, reference, database);
  const isLeft = (index: number): boolean => index % 5 < 2;
  for (const [index, { key }] of rows.entries()) {
    if (!isLeft(index) && index % 7 < 4) reference.ok("delete-json", "wide", JSON.stringify(key));
  }
  const gone = rows.filter((_, index) => !isLeft(index) && index % 7 >= 4).map((one) => keyWord(one, "key"));
  await store.ok(["delete", "wide", ...gone]);
  const left = rows.filter((_, index) => isLeft(index));
  assertSameRows(reference.rows("wide"), left, "what was not deleted");
  for (const one of [left[0], left[60], left.at(-1)]) {
    assert.ok(one);
    assertSameRows(reference.lookUp("wide", "key", one["key"] ?? null), [one], "by a long key");
  }
  reference.ok("insert-json", "wide", ...Array.from({ length: 12 }, (_, i) => JSON.stringify(row(400 + i))));
  await assertAgreement(store, reference, database);
});

eachLayout("records that could end at a page's last byte", layouts, async (t, layout) => {
  // 0.9.0 scans such a page for ever, so Quire has to leave that place free: in all-fixed tables and in others.
  const fixed = Array.from({ length: 9000 }, (_, i): Row => ({ id: i, a: String(i), b: -i % 1000 }));
  const edge = await createdDatabase(t, build, databaseNamed("edge"), layout);
  await importRows(edge.store, "sixteens", fixed);
  assertSameRows(edge.reference.rows("sixteens"), fixed, "slots of 16 bytes");
  edge.reference.ok("update-json", "sixteens", "8999", '{"b":7}');
  await assertAgreement(edge.store, edge.reference, databaseNamed("edge"));

  const slots = Array.from({ length: 4500 }, (_, i): Row => ({ key: String(i).padStart(24, "0"), n: i }));
  const tall = await createdDatabase(t, build, databaseNamed("tall"), layout);
  await importRows(tall.store, "wide", slots);
  assertSameRows(tall.reference.rows("wide"), slots, "slots of 32 bytes without padding");
});

eachLayout("counters go on where the other side left them", layouts, async (t, layout) => {
  const { store, reference } = await createdDatabase(t, build, databaseNamed("log"), layout);
  const event = { kind: "k", day: "2026-02-28", note: null };
  await store.ok(["insert", "events", JSON.stringify(event)]);
  reference.ok("insert-json", "events", JSON.stringify(event));
  await store.ok(["insert", "events", JSON.stringify({ ...event, id: "500", small: 70 })]);
  await store.ok(["insert", "events", JSON.stringify(event)]);
  reference.ok("insert-json", "events", JSON.stringify(event));
  const expected = [
    { id: "1", small: 1 },
    { id: "2", small: 2 },
    { id: "500", small: 70 },
    { id: "501", small: 71 },
    { id: "502", small: 72 },
  ];
  assertSameRows(
    reference.rows("events"),
    expected.map((row) => ({ ...event, ...row })),
    "events",
  );
  await assertAgreement(store, reference, databaseNamed("log"));
});

/** The tables of some databases in SQL, and the indexes that come when there are rows; what SQL can't say is `create`'s. */
const IN_SQL: Readonly<
  Record<string, { readonly tables: Readonly<Record<string, string>>; readonly indexes: readonly string[] }>
> = {
  blog: {
    tables: {
      users: "id uint32 PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, age uint32 NOT NULL",
      posts:
        "id uint32 PRIMARY KEY, title text NOT NULL, author uint32 NOT NULL REFERENCES users (id), published BOOLEAN NOT NULL",
    },
    indexes: ["CREATE UNIQUE INDEX users_email_unique ON users (email)", "CREATE INDEX users_age_idx ON users (age)"],
  },
  types: {
    tables: {
      numbers: `id uint64 PRIMARY KEY, a tinyint NOT NULL, b smallint NOT NULL, c int4 NOT NULL, d bigint NOT NULL, e uint8 NOT NULL,
        f uint16 NOT NULL, g uint32 NOT NULL, h bool NOT NULL, day date NOT NULL, at timestamp NOT NULL`,
      tokens: "id uint32 PRIMARY KEY, token uuid NOT NULL",
      prices: "sku text PRIMARY KEY, amount decimal(10, 2) NOT NULL",
    },
    indexes: ["CREATE UNIQUE INDEX tokens_token_key ON tokens (token)", "CREATE INDEX mixed_maybe_num_idx ON mixed (maybe_num)"],
  },
  log: {
    tables: {
      events:
        "id uint64 PRIMARY KEY AUTOINCREMENT, kind text NOT NULL, day date NOT NULL, small smallint AUTOINCREMENT, note text",
    },
    indexes: ["CREATE INDEX events_kind_day_idx ON events (kind, day)"],
  },
};

for (const [name, { tables, indexes }] of Object.entries(IN_SQL)) {
  eachLayout(`${name} made by SQL, its indexes over rows of the reference`, layouts, async (t, layout) => {
    const database = databaseNamed(name);
    const store = openStore(t);
    const words = (columns: readonly string[]): string[] =>
      columns.map((column) => (column.startsWith("maybe_num") ? column.replace(":index", "") : column));
    for (const table of database.tables) {
      const sql = tables[table.name];
      if (sql === undefined)
        await store.ok(["create", table.name, ...words(table.columns), ...(table.options ?? []), "--layout", layout]);
      else await store.ok([`CREATE TABLE ${table.name} (${sql})`, "--layout", layout]);
    }
    // The reference's own rows, in tables without the indexes.
    const source = referenceOn(build, filledByReference(t, build, database, layout, 60, 200), database, layout);
    for (const table of database.tables) {
      await importRows(store, table.name, referencesFirst(table, source.rows(table.name)));
    }
    for (const sql of indexes) assert.equal(await store.ok([sql]), "done\n");
    const reference = referenceOn(build, store.path, database, layout);
    const path = join(tempFolder(t), "theirs.db");
    referenceOn(build, path, database, layout).ok("init");
    assert.deepEqual(schemaPages(store.bytes()), schemaPages(readFileSync(path)));
    await assertAgreement(store, reference, database);
    for (const table of database.tables) assertIndexes(reference, table);
    reference.ok("exercise", "77", "150");
    await assertAgreement(store, reference, database);
    for (const table of database.tables) assertIndexes(reference, table);
    // One that goes and comes again, between changes of the reference.
    await store.ok([indexes[0]?.replace(/CREATE (UNIQUE )?INDEX (\w+) .*/, "DROP INDEX $2") ?? ""]);
    assert.equal(reference.ok("drift"), "true\n");
    await store.ok([indexes[0] ?? ""]);
    reference.ok("exercise", "78", "100");
    await assertAgreement(store, reference, database);
  });
}

eachLayout("tables of the reference whose definition was changed, and changed back", layouts, async (t, layout) => {
  const database = databaseNamed("blog");
  const bytes = readFileSync(filledByReference(t, build, database, layout, 71, 400));
  const store = openStore(t, { bytes });
  const reference = referenceOn(build, store.path, database, layout);
  const changes = [
    // Rows are written anew: all of a table's columns get other places, one another type and back.
    ["ALTER TABLE users ADD COLUMN extra text NOT NULL DEFAULT 'more' FIRST, ALTER COLUMN age TYPE text"],
    ["ALTER TABLE users DROP COLUMN extra, ALTER COLUMN age TYPE uint32"],
    // Nothing but names: those of the table and of the column that the other one refers to.
    ["ALTER TABLE users RENAME TO people", "ALTER TABLE people RENAME COLUMN id TO number"],
    ["ALTER TABLE people RENAME COLUMN number TO id", "ALTER TABLE people RENAME TO users"],
    ["ALTER TABLE posts DROP CONSTRAINT posts_author_fkey, ALTER COLUMN published DROP NOT NULL"],
    ["ALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users (id), ALTER COLUMN published SET NOT NULL"],
  ];
  for (const [n, statements] of changes.entries()) {
    for (const sql of statements) assert.match(await store.ok([sql]), /^done\n/u, sql);
    if (n % 2 === 0) {
      assert.equal(reference.ok("drift"), "true\n");
      continue;
    }
    assert.deepEqual(schemaPages(store.bytes()), schemaPages(bytes));
    await assertAgreement(store, reference, database);
    reference.ok("exercise", String(90 + n), "100");
    await assertAgreement(store, reference, database);
    for (const table of database.tables) assertIndexes(reference, table);
  }
});

eachLayout("the pages of a dropped table are used by the reference", layouts, async (t, layout) => {
  const database = databaseNamed("tree");
  const { store, reference } = await createdDatabase(t, build, database, layout);
  await store.ok(["create", "passing", "id:uint32:pk:auto", "text:text:index"]);
  assert.equal(reference.ok("drift"), "true\n");
  await importRows(
    store,
    "passing",
    Array.from({ length: 3000 }, (_, i): Row => ({ text: `${i} ${"x".repeat(i % 200)}` })),
  );
  await store.ok(["drop", "passing"]);
  const size = store.bytes().length;
  await assertAgreement(store, reference, database);
  reference.ok("insert", "60", "41");
  reference.ok("exercise", "42", "200");
  await assertAgreement(store, reference, database);
  assert.equal(store.bytes().length, size, "the reference took unclaimed pages");
});

eachLayout("rights that were granted here, as the reference has them", ["0.9"], async (t, layout) => {
  const { store, reference } = await createdDatabase(t, build, databaseNamed("blog"), layout);
  await store.ok(["acl", "grant", "text:bob", "admin", "read", "delete"]);
  await store.ok(["acl", "grant", "00ff", "migrate", "posts:all"]);
  await store.ok(["acl", "grant", "text:alice", "manage-acl", "users:read", "users:insert"]);
  await store.ok(["acl", "revoke", "text:alice", "users:insert"]);
  await store.ok(["acl", "revoke", "text:bob", "read"]);
  await store.fails("CONSTRAINT_VIOLATION", 1, ["acl", "revoke", "text:alice", "manage-acl"]);
  await store.ok(["acl", "grant", "text:carol", "insert"]);
  await store.ok(["acl", "remove", "text:carol"]);
  const { pages } = schemaPages(store.bytes());
  const fingerprint = (table: string): string => {
    const found = [...pages].find(([, page]) => page.toString("utf8", 2, 2 + (page[1] ?? 0)) === table);
    assert.ok(found, table);
    return found[0].toString();
  };
  const none = { admin: false, manage_acl: false, migrate: false, all: 0, tables: [] };
  const expected = [
    { ...none, id: "00ff", migrate: true, tables: [[fingerprint("posts"), 15]] },
    { ...none, id: Buffer.from("alice").toString("hex"), manage_acl: true, tables: [[fingerprint("users"), 1]] },
    { ...none, id: Buffer.from("bob").toString("hex"), admin: true, all: 8 },
  ];
  const lines = reference.ok("acl").trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    expected,
  );
});
