/** The options of `import` do the same whatever the format is: rows of a CSV file, and the same rows as Parquet and Arrow, beside each other. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as arrow from "apache-arrow";
import { type Session, open } from "../host/index.js";
import { exportFile, importFile } from "../host/files/index.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

const CLI = join(packageRoot, "build", "host", "cli.js");
/** The other formats take turns. */
const OTHERS = ["parquet", "arrow"] as const;

async function memory(t: TestContext): Promise<Session> {
  const db = await open(":memory:");
  t.after(() => db.close());
  return db;
}

interface Outcome {
  readonly status: number | null;
  readonly said: string;
  readonly rows: string;
}

/** What is said in the words of one format: where a row is, and how long it took. */
function inOneWay(text: string): string {
  return text
    .replace(/line (\d+), column (\w+): /g, (_, line: string, column: string) => `row ${Number(line) - 1}: ${column}: `)
    .replace(/line (\d+): /g, (_, line: string) => `row ${Number(line) - 1}: `)
    .replace(/in \d+\.\d+ s/g, "in 0 s")
    .replace(/"line":(\d+)/g, (_, line: string) => `"row":${Number(line) - 1}`)
    .replace(/,"(?:seconds|memoryBytes)":[\d.]+/g, "")
    .replace(/; nothing was imported/g, "")
    .replaceAll(/source\.\w+/g, "source");
}

/** What is there before: rows of stock, and what they refer to. */
const BEFORE = `CREATE TABLE kinds (name TEXT PRIMARY KEY);
CREATE TABLE stock (id INT PRIMARY KEY, name TEXT UNIQUE, price DECIMAL CHECK (price < 100), kind TEXT REFERENCES kinds (name));
INSERT INTO kinds VALUES ('a'), ('b'); INSERT INTO stock VALUES (1, 'tea', '4.50', 'a'), (2, 'ice', '3.00', NULL);`;

const NEW = "id,name,price,kind\n7,oil,1.00,b\n8,nut,2.00,\n";
const MIXED = "price,id,name,vat\n4.75,1,tea,7\n3.00,2,ice,7\n9.00,3,ice,7\n200.00,4,fig,7\n5.00,5,egg,7\n";
const BAD_KIND = "id,name,price,kind\n7,oil,1.00,b\n8,nut,2.00,zzz\n9,egg,3.00,a\n";

/** Rows, the words of the import behind the source, and what is to come of them. */
const CASES: readonly (readonly [string, string, number, RegExp])[] = [
  [NEW, "--dry-run", 0, /^would import 2 rows into stock\n/],
  [MIXED, "--ignore-extra", 1, /PRIMARY_KEY_CONFLICT/],
  [MIXED, "--ignore-extra --skip-bad", 0, /imported 1 row into stock, skipped 4 bad ones, in 0 s/],
  [MIXED, "--ignore-extra --on-conflict update", 1, /UNIQUE_CONFLICT/],
  [
    MIXED,
    "--ignore-extra --on-conflict update --skip-bad",
    0,
    /imported 2 rows into stock \(1 new, 1 changed, 1 the same\), skipped 2 bad ones, in 0 s/,
  ],
  [
    MIXED,
    "--ignore-extra --on-conflict update --dry-run",
    1,
    /would import 2 rows into stock \(1 new, 1 changed, 1 the same\), and refuses 2: without --skip-bad it would fail/,
  ],
  [
    MIXED,
    "--ignore-extra --on-conflict skip --skip-bad",
    0,
    /imported 1 row into stock \(1 new, 2 there already\), skipped 2 bad ones/,
  ],
  [MIXED, "--ignore-extra --on-conflict skip --key name --skip-bad", 0, /\(1 new, 3 there already\)/],
  [MIXED, "--ignore-extra --on-conflict skip --key price", 1, /INDEX_NOT_FOUND: table stock has no key or unique index on price/],
  [MIXED, "--on-conflict perhaps", 2, /--on-conflict is update, skip or error/],
  [MIXED, "--create --ignore-extra", 2, /--ignore-extra goes without --create/],
  [BAD_KIND, "--skip-bad", 0, /imported 2 rows into stock, skipped 1 bad one, in 0 s/],
  [BAD_KIND, "--dry-run", 1, /would import 2 rows into stock, and refuses 1/],
  [BAD_KIND, "--skip-bad --batch 1", 0, /imported 2 rows into stock, skipped 1 bad one, in 0 s/],
];

test("options do the same for CSV, Parquet and Arrow", { timeout: 120_000 }, async (t) => {
  const folder = tempFolder(t);
  const run = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [CLI, ...words], { cwd: folder, encoding: "utf8" });
  const before = await open(join(folder, "before.db"));
  await before.exec(BEFORE);
  await before.close();
  const sources = new Map<string, string>();
  for (const [csv] of CASES) {
    if (sources.has(csv)) continue;
    const name = `${sources.size}`;
    sources.set(csv, name);
    writeFileSync(join(folder, `${name}source.csv`), csv);
    const db = await memory(t);
    const names = csv.split("\n", 1)[0]?.split(",") ?? [];
    const types: Record<string, string> = { price: "DECIMAL", id: "INT", name: "TEXT", kind: "TEXT", vat: "INT" };
    await db.exec(
      `CREATE TABLE t (n INTEGER PRIMARY KEY, ${names.map((column) => `${column} ${types[column] ?? ""}`).join(", ")})`,
    );
    const rows = csv.trim().split("\n").slice(1);
    for (const row of rows) {
      const values = row.split(",").map((value) => (value === "" ? null : value));
      await db.sql(`INSERT INTO t (${names.join(", ")}) VALUES (${values.map(() => "?").join(", ")})`, values);
    }
    const sql = `SELECT ${names.join(", ")} FROM t ORDER BY n`;
    for (const format of ["parquet", "arrow"]) await exportFile(db, join(folder, `${name}source.${format}`), { sql });
  }
  for (const [turn, [csv, words, status, what]] of CASES.entries()) {
    const outcomes: Outcome[] = [];
    for (const format of ["csv", OTHERS[turn % 2] as string]) {
      copyFileSync(join(folder, "before.db"), join(folder, "a.db"));
      const source = `${sources.get(csv)}source.${format}`;
      const {
        status: ended,
        stdout,
        stderr,
      } = run("a.db", "import", "stock", source, ...words.split(" ").filter((word) => word !== ""));
      const after = await open(join(folder, "a.db"), { readonly: true });
      const rows = JSON.stringify((await after.sql("SELECT * FROM stock ORDER BY id")).rows);
      await after.close();
      outcomes.push({ status: ended, said: inOneWay(stdout + stderr), rows });
    }
    const [first, ...others] = outcomes as [Outcome, ...Outcome[]];
    for (const [i, outcome] of outcomes.entries()) {
      const about = `${i === 0 ? "csv" : "other"} ${words}: ${outcome.said}`;
      assert.equal(outcome.status, status, about);
      assert.match(outcome.said, what, about);
    }
    for (const other of others) {
      assert.equal(other.rows, first.rows, words);
      // Each says the same of the rows that it left out.
      const skipped = ({ said }: Outcome): string[] =>
        said.split("\n").filter((line) => /^(?:skipped|refused|note: left out)/.test(line));
      assert.deepEqual(skipped(other), skipped(first), words);
    }
  }
  const json = ["csv", ...OTHERS].map((format) => {
    copyFileSync(join(folder, "before.db"), join(folder, "a.db"));
    const words = ["--ignore-extra", "--on-conflict", "update", "--dry-run", "--json"];
    return JSON.parse(
      inOneWay(run("a.db", "import", "stock", `${sources.get(MIXED)}source.${format}`, ...words).stdout),
    ) as unknown;
  });
  assert.deepEqual(json[1], json[0]);
  assert.deepEqual(json[2], json[0]);
  // A table that a dry run made is not there, and neither is its file.
  assert.match(
    run("new.db", "import", "s", `${sources.get(NEW)}source.parquet`, "--create", "--dry-run").stderr,
    /^would create s /,
  );
  assert.ok(!existsSync(join(folder, "new.db")));
});

test("a key that rows have twice is none, also where bad rows are left out", async (t) => {
  const path = join(tempFolder(t), "twice.arrow");
  const table = new arrow.Table({
    id: arrow.makeVector(Int32Array.of(1, 1, 2)),
    doc: arrow.vectorFromArray(['{"a":1}', '{"a":2}', null], new arrow.Utf8()),
  });
  writeFileSync(path, arrow.tableToIPC(table, "file"));
  const db = await memory(t);
  const made = await importFile(db, path, { table: "t", create: true, skipBad: true, types: { doc: "json" } });
  assert.deepEqual([made.rows, made.skipped, made.columns?.[0]], [3, 0, "row_id:uint32:pk:auto"]);
  // With the key told, the second row changes the first.
  const told = await importFile(db, path, { table: "u", create: true, key: "id", onConflict: "update", types: { doc: "json" } });
  assert.deepEqual([told.rows, told.changed, told.same], [3, 1, 0]);
  assert.deepEqual(await (await db.prepare("SELECT id, CAST(doc AS text) FROM u ORDER BY id")).raw().all(), [
    [1, '{"a":2}'],
    [2, null],
  ]);
  for (const onConflict of ["replace", "UPDATE", null] as unknown as "update"[])
    await assert.rejects(importFile(db, path, { table: "u", onConflict }), { code: "BAD_OPTION" });
  const again = await importFile(db, path, { table: "u", onConflict: "skip" });
  assert.deepEqual([again.rows, again.same], [0, 3]);
  const csv = `${path}.csv`;
  writeFileSync(csv, "id,doc\n1,{}\n2,\n3,[]\n");
  const tried = await importFile(db, csv, { table: "u", onConflict: "update", dryRun: true });
  assert.deepEqual([tried.rows, tried.changed, tried.same, await db.table("u").count()], [2, 1, 1, 2]);
  const merged = await importFile(db, csv, { table: "u", onConflict: "update" });
  assert.deepEqual([merged.rows, merged.changed, merged.same, await db.table("u").count()], [2, 1, 1, 3]);
});
