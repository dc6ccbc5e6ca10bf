/** Prepared statements of the package: the same in this process, where rows cross as records, and in another one, where they are JSON. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { QuireError, Session } from "../host/index.js";
import { sessionsOfAllKinds } from "./helpers/library.js";

const TABLE = `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL, born DATE, raw BLOB, doc JSON, ok BOOLEAN,
  small TINYINT, big UNSIGNED BIGINT, at DATETIME, u UUID)`;

async function failure(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return (error as QuireError).code;
  }
  return "none";
}

test("values of each type come back as tables have them, by parameters of all forms", async (t) => {
  const row = {
    id: 1n,
    name: "ä'\u0000",
    price: "-1.50",
    born: "2020-01-02",
    raw: new Uint8Array([0, 255]),
    doc: { a: [1, "x"] },
    ok: true,
    small: -5,
    big: 18446744073709551615n,
    at: "2020-01-02T03:04:05.678000+00:00",
    u: "01234567-89ab-cdef-0123-456789abcdef",
  };
  for (const db of await sessionsOfAllKinds(t)) {
    await (await db.prepare(TABLE)).run();
    const names = Object.keys(row);
    const insert = await db.prepare(`INSERT INTO t VALUES (${names.map((name) => `:${name}`).join()})`);
    assert.deepEqual([insert.reader, insert.columns, insert.parameters], [false, [], names]);
    const given = { ...row, at: new Date("2020-01-02T03:04:05.678Z"), born: new Date("2020-01-02") };
    assert.deepEqual(await insert.run(given), { changes: 1, lastId: 1n });
    const nothing = Object.fromEntries(names.map((name) => [name, name === "name" ? "" : null]));
    assert.deepEqual(await insert.run(nothing), { changes: 1, lastId: 2n });
    const select = await db.prepare<typeof row>("SELECT * FROM t WHERE id = ?");
    const types = "int64 text decimal date blob json boolean int8 uint64 datetime uuid".split(" ");
    assert.deepEqual(
      select.columns,
      names.map((name, i) => ({ name, type: types[i] })),
    );
    assert.deepEqual(await select.get(1), row);
    assert.deepEqual(await select.all([1n]), [row]);
    assert.deepEqual(await select.raw().all(1), [Object.values(row)]);
    assert.deepEqual(await select.all(2), [{ ...nothing, id: 2n }]);
    assert.equal(await select.get(3), undefined);
    // Each value is found by itself.
    for (const name of names.filter((column) => column !== "raw" && column !== "doc")) {
      const by = await db.prepare<{ id: bigint }>(`SELECT id FROM t WHERE ${name} = $value`);
      assert.deepEqual(await by.all({ value: row[name as "id"] }), [{ id: 1n }], name);
    }
    assert.deepEqual(await db.sql<{ n: unknown }>`SELECT price * ${1.5} AS n FROM t WHERE name = ${row.name} AND ok = ${true}`, [
      { n: "-2.250" },
    ]);
  }
});

test("what is wrong with statements and values is said in the same words everywhere", async (t) => {
  const all = await sessionsOfAllKinds(t);
  const told: string[][] = [];
  for (const db of all) {
    const words: string[] = [];
    await db.sql(TABLE);
    const select = await db.prepare("SELECT * FROM t WHERE id = ? AND name = ?");
    const named = await db.prepare("INSERT INTO t (name, price) VALUES (:name, :price)");
    const wrong = [
      () => select.all(),
      () => select.all(1),
      () => select.all(1, "a", 2),
      () => select.all({ id: 1 }),
      () => select.all("x", "a"),
      () => select.all(undefined, "a"),
      () => select.all(NaN, "a"),
      () => select.all(1, "\ud800"),
      () => select.all(Symbol("a"), 1),
      () => named.run({ name: "a" }),
      () => named.run({ name: "a", price: 1, other: 2 }),
      () => named.run({ name: null, price: 1 }),
      () => named.run({ name: "a", price: 1e300 }),
      () => named.run(["a", "one"]),
      () => db.prepare("SELEC 1"),
      () => db.prepare("SELECT nme FROM t"),
      () => db.prepare(""),
      () => db.prepare(7 as unknown as string),
      () => db.prepare("SELECT '\ud800'"),
    ];
    for (const run of wrong) {
      try {
        await run();
        assert.fail(`no error: ${String(run)}`);
      } catch (error) {
        words.push(`${(error as QuireError).code}: ${(error as Error).message}`);
      }
    }
    assert.deepEqual(await db.sql`SELECT * FROM t`, []);
    told.push(words);
  }
  for (const words of told) assert.deepEqual(words, told[0]);
});

test("whole numbers of which JavaScript shows rounded digits are what they are", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await (await db.prepare("CREATE TABLE n (v UNSIGNED BIGINT, d DECIMAL)")).run();
    const insert = await db.prepare("INSERT INTO n VALUES (?1, ?1) RETURNING v, d, typeof(?1) AS kind");
    for (const value of [2 ** 53, 2 ** 60, 2 ** 63, 1e19, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n])
      assert.deepEqual(await insert.all(value), [{ v: BigInt(value), d: String(BigInt(value)), kind: "integer" }]);
    // Also where nothing says what they are to be: there they were text.
    const any = await db.prepare<{ v: unknown; kind: string }>("SELECT ?1 AS v, typeof(?1) AS kind");
    for (const value of [2n ** 53n + 1n, -(2n ** 63n), 2n ** 64n - 1n])
      assert.deepEqual(await any.all(value), [{ v: value, kind: "integer" }]);
    assert.deepEqual(await any.all(-(2n ** 64n)), [{ v: "-18446744073709551616", kind: "decimal" }]);
    assert.equal(await failure(() => any.all(2n ** 100n)), "OVERFLOW");
  }
});

test("rows one after the other: all of them, some, and behind a change", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await db.sql("CREATE TABLE n (id INTEGER PRIMARY KEY, s TEXT)");
    await db.table("n").insertMany(Array.from({ length: 2500 }, (_, i) => ({ id: i + 1, s: "s".repeat(i % 7) })));
    const select = await db.prepare<{ id: bigint }>("SELECT id FROM n WHERE id > ? ORDER BY s, id");
    const expected = (await select.all(0)).map(({ id }) => id);
    assert.equal(expected.length, 2500);
    const seen: bigint[] = [];
    for await (const { id } of select.iterate(0)) seen.push(id);
    assert.deepEqual(seen, expected);
    // Two at once, and ends before the last.
    for (let i = 0; i < 100; i++) for await (const { id } of select.iterate(i)) if (id > 0n) break;
    const [one, other] = [select.iterate(0), select.iterate(2498)];
    assert.equal((await one.next()).value?.id, expected[0]);
    // By the length of s: that of 2500 is 0.
    assert.deepEqual([(await other.next()).value?.id, (await other.next()).value?.id], [2500n, 2499n]);
    assert.equal((await other.next()).done, true);
    assert.equal((await one.next()).value?.id, expected[1]);
    await one.return();
    // Behind a change the pages that are left are not those of the rows that were given.
    const changed = (await db.prepare<{ id: bigint }>("SELECT id FROM n WHERE id > ?")).iterate(0);
    await changed.next();
    await (await db.prepare("DELETE FROM n WHERE id = 1")).run();
    const rest = async (): Promise<void> => {
      while ((await changed.next()).done !== true);
    };
    assert.equal(await failure(rest), "SCAN_OUTDATED");
    assert.equal((await select.all(0)).length, 2499);
  }
});

test("statements outlive changes of tables, and know of transactions", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    const make = await db.prepare("CREATE TABLE a (id INTEGER PRIMARY KEY, v TEXT)");
    await make.run();
    assert.equal(await failure(() => make.run()), "TABLE_EXISTS");
    const insert = await db.prepare("INSERT INTO a (v) VALUES (?) RETURNING *");
    assert.equal(insert.reader, true);
    assert.deepEqual(await insert.all("x"), [{ id: 1n, v: "x" }]);
    const select = await db.prepare("SELECT * FROM a");
    await (await db.prepare("DROP TABLE a")).run();
    assert.equal(await failure(() => select.all()), "TABLE_NOT_FOUND");
    await db.sql("CREATE TABLE a (id INTEGER PRIMARY KEY, w BOOLEAN, v TEXT)");
    // Other columns than before come with what was inserted.
    assert.deepEqual(await insert.run("x"), { changes: 1, lastId: 1n });
    await (await db.prepare("DELETE FROM a")).run();
    assert.deepEqual(await insert.all("y"), [{ id: 2n, w: null, v: "y" }]);
    assert.deepEqual(await select.raw().all(), [[2n, null, "y"]]);
    await (await db.prepare("BEGIN")).run();
    assert.deepEqual(await insert.get("z"), { id: 3n, w: null, v: "z" });
    await (await db.prepare("ROLLBACK")).run();
    assert.equal((await select.all()).length, 1);
    // A function of a session that returns can't wait.
    if ((db as Partial<Session>).runtime === undefined) continue;
    const failed = db.transaction(async (inner) => {
      await (await inner.prepare("DELETE FROM a")).run();
      assert.equal(await failure(async () => await (await inner.prepare("COMMIT")).run()), "TRANSACTION_ACTIVE");
      throw new Error("enough");
    });
    await assert.rejects(failed, /enough/);
    assert.equal((await select.all()).length, 1);
  }
});

test("columns of custom types are told in the same words everywhere", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    await db.create("c", ["id:int64:pk", "a:custom(rgb,3)", "b:custom(x\\(y\\)):null"]);
    const { columns } = await db.prepare("SELECT a, b FROM c");
    assert.deepEqual(
      columns.map(({ type }) => type),
      ["custom(rgb,3)", "custom(x(y))"],
    );
  }
});

test("columns of any name, and long texts", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    const odd = await db.prepare('SELECT 1 AS "__proto__", 2 AS a, 3 AS a, 4 AS "ä b"');
    const [row] = (await odd.all()) as Record<string, unknown>[];
    assert.deepEqual(Object.entries(row as object), [
      ["__proto__", 1n],
      ["a", 3n],
      ["ä b", 4n],
    ]);
    assert.deepEqual(await odd.raw().get(), [1n, 2n, 3n, 4n]);
    for (const length of [21_843, 21_844, 21_845, 65_534, 65_535, 65_536, 200_000]) {
      const text = "ä".repeat(length % 2) + "x".repeat(length);
      const echo = await db.prepare<{ len: bigint; text: string }>("SELECT length(?1) AS len, ?1 AS text");
      const found = await echo.get(text);
      assert.deepEqual([found?.len, found?.text === text], [BigInt(text.length), true], String(length));
    }
    // More statements than are kept.
    for (let i = 0; i < 200; i++) assert.deepEqual(await (await db.prepare(`SELECT ${i} AS n`)).get(), { n: BigInt(i) });
  }
});

/** Prints the first of 2,500 rows and how many are other than their place in the list says. */
const MANY_ROWS = `
const { openSync } = await import(process.argv[1]);
const db = openSync(":memory:");
const sql = 'SELECT value AS "a""b\\\\\\n", CASE WHEN value % 3 = 0 THEN NULL ELSE value END AS "0", value AS constructor, value AS "a""b\\\\\\n"';
const rows = db.prepare(sql + " FROM generate_series(1, 2500)").all();
const shown = (row) => JSON.stringify(Object.entries(row), (_, value) => (typeof value === "bigint" ? Number(value) : value));
const isIt = (row, i) => shown(row) === JSON.stringify([["0", i % 3 === 0 ? null : i], ["a\\"b\\\\\\n", i], ["constructor", i]]);
console.log(shown(rows[0]), rows.length, rows.filter((row, i) => !isIt(row, i + 1)).length);
`;

test("rows that are many are what few are: columns of any name, nulls, and where no code may be made of text", () => {
  const index = new URL("../host/index.js", import.meta.url).href;
  for (const options of [[], ["--disallow-code-generation-from-strings"]]) {
    const words = [...options, "--input-type=module", "-e", MANY_ROWS, index];
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", timeout: 120_000 });
    assert.deepEqual([stdout, stderr], ['[["0",1],["a\\"b\\\\\\n",1],["constructor",1]] 2500 0\n', ""]);
  }
});

test("each run has its own values, be they longer or shorter than those before, also while others of the statement go on", async (t) => {
  for (const db of await sessionsOfAllKinds(t)) {
    const select = await db.prepare<{ a: string | null; b: string | null }>(
      "SELECT ? AS a, CAST(? AS TEXT) AS b FROM generate_series(1, 1200) LIMIT ?",
    );
    const values = ["", "one", "x".repeat(5000), "two", "ä".repeat(20), null, "3", "y".repeat(70_000), "four"];
    for (const [i, value] of values.entries()) {
      const other = values[(i + 3) % values.length] ?? null;
      assert.deepEqual(await select.get(value, other, 1), { a: value, b: other });
      const seen = new Set<unknown>();
      for await (const { a } of select.iterate(value, other, 1200)) {
        if (seen.size === 0) assert.deepEqual(await select.get("short", "9", 1), { a: "short", b: "9" });
        seen.add(a);
      }
      assert.deepEqual([...seen], [value]);
    }
  }
});
