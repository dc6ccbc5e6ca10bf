/** `importFile` of CSV, TSV, JSON and NDJSON: what the command makes of a file, into tables that are made and into those that are there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type ImportOptions, importFile } from "../host/files/index.js";
import { type QuireError, type Session, open } from "../host/index.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

/** What the command replies. */
function quire(...words: string[]): Record<string, unknown> {
  const { stdout, status } = spawnSync(process.execPath, [join(packageRoot, "build", "host", "cli.js"), ...words]);
  assert.equal(status, 0, String(stdout));
  return JSON.parse(String(stdout)) as Record<string, unknown>;
}

async function memory(t: TestContext): Promise<Session> {
  const db = await open(":memory:");
  t.after(() => db.close());
  return db;
}

/** Writes the file into a folder of its own: its path. */
function fileOf(t: TestContext, name: string, content: string | Uint8Array): string {
  const path = join(tempFolder(t), name);
  writeFileSync(path, content);
  return path;
}

async function refused(call: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(call, (error: QuireError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

const FILES: readonly (readonly [string, string | Buffer, Partial<ImportOptions>, readonly string[]])[] = [
  ["umsatz.csv", "Umsatz\n\nArt;n;Tag;Preis\nTee;NA;31.12.2026;1.234,50\nEis;7;1.2.2026;2,75\n", {}, []],
  ["utf16.tab", Buffer.from("\ufeffid\tname\n1\té😀\n2\t\\N\n", "utf16le"), {}, []],
  ["wide.json", '{"a":{"rows":[{"id":9007199254740993,"d":{"x":1.10,"y":[1e2]}},{"id":-5,"d":null,"__proto__":"p"}]}}', {}, []],
  ["members.json", '{"x":{"n":18446744073709551615},"y":{"n":0.10}}', { keyAs: "who" }, ["--key-as", "who"]],
  ["flat.jsonl", '{"a":{"b":true,"c":"2026-01-01"}}\n{"a":{"b":false}}\n', { flatten: true }, ["--flatten"]],
  ["odd.txt", "1|x\n2|-\n", { format: "csv", header: false, nulls: ["-"] }, ["--format", "csv", "--no-header", "--null", "-"]],
  [
    "typed.csv",
    "k,raw,u\na,00ff,1\n",
    { types: { raw: "blob", u: "uint64" }, key: "u" },
    ["--types", "raw=blob,u=uint64", "--key", "u"],
  ],
  ["bad.csv", "id,n\n1,2\n2,x,y\n3,4\n", { skipBad: true }, ["--skip-bad"]],
  ["packed.csv.gz", gzipSync("id,n\n1,2\n"), {}, []],
  ["packed.ndjson.br", brotliCompressSync('{"id":1}\n'), {}, []],
  ["empty.csv", "a,b\n", {}, []],
];

for (const [name, content, options, words] of FILES) {
  test(`importFile makes of ${name} what the command makes of it`, async (t) => {
    const path = fileOf(t, name, content);
    const db = await memory(t);
    const made = await importFile(db, path, { table: "t", create: true, ...options });
    const store = join(tempFolder(t), "s.db");
    const told = quire(store, "import", "t", path, "--create", "--json", ...words);
    assert.deepEqual(made.columns, told["columns"]);
    assert.deepEqual(made.notes, told["notes"] ?? []);
    assert.deepEqual([made.rows, made.skipped], [told["imported"], told["skipped"]]);
    assert.deepEqual({ ok: await db.hash() }, quire(store, "hash", "--json"));
  });
}

test("importFile into a table that is there: by its columns, with its defaults, its numbers and its nulls", async (t) => {
  const db = await memory(t);
  await db.exec(`CREATE TABLE u (id INTEGER PRIMARY KEY);
    INSERT INTO u VALUES (1);
    CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, zip TEXT NOT NULL, n INT8 DEFAULT 7, at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
      raw BLOB, doc JSON, u INTEGER REFERENCES u)`);
  const csv = fileOf(t, "t.csv", "u,ZIP ,n,raw\n1,007,,00ff\n1,1e5,-9223372036854775808,\n");
  await refused(importFile(db, csv, { table: "t" }), "COLUMN_NOT_FOUND", /no column ZIP; did you mean zip\?/);
  const made = await importFile(db, fileOf(t, "t.csv", "u,zip,n,raw\n1,007,,00ff\n1,1e5,-9223372036854775808,\n"), {
    table: "t",
  });
  assert.deepEqual([made.rows, made.columns], [2, undefined]);
  const ndjson = '{"zip":"x","doc":{"a":1.10}}\n{"zip":"y","n":null,"doc":12345678901234567890,"more":1}\n';
  await importFile(db, fileOf(t, "t.ndjson", ndjson), { table: "t", ignoreExtra: true });
  const query = "SELECT id, zip, n, hex(raw), CAST(doc AS text), u, at IS NOT NULL FROM t ORDER BY id";
  const rows = await (await db.prepare(query)).raw().all();
  assert.deepEqual(
    rows.map((row) => row.map((value) => (typeof value === "bigint" ? String(value) : value))),
    [
      ["1", "007", null, "00FF", null, "1", true],
      ["2", "1e5", "-9223372036854775808", null, null, "1", true],
      ["3", "x", "7", null, '{"a":1.10}', null, true],
      ["4", "y", null, null, "12345678901234567890", null, true],
    ],
  );
});

const NUMBERS = Array.from({ length: 2500 }, (_, at) => `${at}\n`).join("");
const CUT = gzipSync(`id\n${NUMBERS}`).subarray(0, 1000);

test("what can't be is refused with its line, and nothing of it remains", async (t) => {
  const db = await memory(t);
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith("quire-import-"));
  const csv = (content: string): string => fileOf(t, "x.csv", content);
  const create = { table: "t", create: true } as const;
  await refused(importFile(db, csv('id,n\n1,"2\n'), create), "BAD_VALUE", /line 2: a quote is not closed/);
  await refused(importFile(db, csv(""), create), "BAD_VALUE", /there is no header row in/);
  await refused(
    importFile(db, csv("id\n1\n"), { ...create, types: { x: "text" } }),
    "COLUMN_NOT_FOUND",
    /--types: the source has no column x/,
  );
  await refused(importFile(db, csv("id\n1\n"), { table: "t" }), "TABLE_NOT_FOUND", /there is no table t/);
  await refused(importFile(db, fileOf(t, "x.txt", "id\n1\n"), create), "BAD_FILE", /CSV and JSON are told by format/);
  await refused(importFile(db, "nowhere.csv", create), "FILE_NOT_FOUND", /there is no file nowhere\.csv/);
  await refused(importFile(db, fileOf(t, "x.csv.gz", CUT), create), "BAD_VALUE", /can't be unpacked as gzip/);
  assert.deepEqual(await db.tables(), []);
  await db.create("t", ["id:uint32:pk", "n:uint8"]);
  await refused(
    importFile(db, csv("id,n\n1,255\n2,256\n"), { table: "t" }),
    "BAD_VALUE",
    /line 3, column n: "256" is not a uint8/,
  );
  await refused(
    importFile(db, csv("id,n\n1,1\n1,2\n"), { table: "t" }),
    "PRIMARY_KEY_CONFLICT",
    /row 2: t has a row with id = 1/,
  );
  await refused(importFile(db, csv("id,n\n1,\n"), { table: "t" }), "NOT_NULL", /t\.n can't be null/);
  assert.equal(await db.table("t").count(), 0);
  // What is committed before stays.
  const rows = Array.from({ length: 2500 }, (_, at) => `${at},${at < 2200 ? 1 : "x"}\n`).join("");
  await refused(importFile(db, csv(`id,n\n${rows}`), { table: "t", batch: 1000 }), "BAD_VALUE", /line 2202/);
  assert.ok([0, 1000, 2000].includes(await db.table("t").count()));
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith("quire-import-")),
    before,
  );
});

test("an import that is aborted takes back what it did, and leaves no process", async (t) => {
  const db = await memory(t);
  const path = fileOf(t, "x.csv", `id,s\n${Array.from({ length: 50_000 }, (_, at) => `${at},text ${at}\n`).join("")}`);
  const stop = new AbortController();
  let seen = 0;
  const onProgress = (rows: number, of: number | null): void => {
    assert.equal(of, null);
    seen = rows;
    if (rows >= 3000) stop.abort(new Error("enough"));
  };
  await assert.rejects(importFile(db, path, { table: "t", create: true, signal: stop.signal, onProgress }), /enough/);
  assert.equal(seen, 3000);
  assert.deepEqual(await db.tables(), []);
  const made = await importFile(db, path, { table: "t", create: true });
  assert.equal(made.rows, 50_000);
});
