/**
 * Parquet and Arrow files that were cut, damaged, or are put together otherwise than most: rows, or an error at once that says which file it is, and never
 * fewer rows without a note.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as arrow from "apache-arrow";
import { QuireError, type Session, open } from "../host/index.js";
import { exportFile, importFile } from "../host/files/index.js";
import { openArrow } from "../host/files/arrow-reader.js";
import { openParquet } from "../host/files/parquet-reader.js";
import type { RowFile } from "../host/files/row-file.js";
import { Unfit } from "../host/files/values.js";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

const CLI = join(packageRoot, "build", "host", "cli.js");
const NO_END = /does not say where it ends, which streams of Arrow need not: if it was cut, rows are missing$/;

async function memory(t: TestContext): Promise<Session> {
  const db = await open(":memory:");
  t.after(() => db.close());
  return db;
}

/** Reads all values of a file in this thread: how many rows it has, and its notes. */
async function readAll(
  path: string,
  opener: (path: string) => Promise<RowFile>,
): Promise<{ rows: number; notes: readonly string[] }> {
  const file = await opener(path);
  try {
    let rows = 0;
    for await (const batch of file.batches()) {
      rows += batch.rows;
      for (const value of batch.values) {
        for (let row = 0; row < batch.rows; row++) {
          try {
            value(row);
          } catch (error) {
            if (!(error instanceof Unfit)) throw error;
          }
        }
      }
    }
    return { rows, notes: file.notes };
  } finally {
    await file.close();
  }
}

/** The bytes of three batches of ten rows. */
function batches(kind: "file" | "stream"): Uint8Array {
  const ten = (start: number): arrow.Table =>
    new arrow.Table({
      id: arrow.makeVector(Int32Array.from({ length: 10 }, (_, i) => start + i)),
      t: arrow.vectorFromArray(
        Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? null : `text ${i}`)),
        new arrow.Utf8(),
      ),
    });
  const [first, second, third] = [ten(0), ten(10), ten(20)] as const;
  return arrow.tableToIPC(first.concat(second, third), kind);
}

// Readers of other systems took a stream that ends within a message for one that is whole, too (apache/arrow-go#991).
test("a stream of Arrow that is cut anywhere is an error, or behind a batch a note", async (t) => {
  const path = join(tempFolder(t), "cut.arrows");
  const whole = batches("stream");
  const found: number[] = [];
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    try {
      const { rows, notes } = await readAll(path, openArrow);
      found.push(rows);
      assert.equal(notes.length, length === whole.length ? 0 : 1, `${length}`);
      if (notes.length > 0) assert.match(notes[0] as string, NO_END);
    } catch (error) {
      assert.ok(error instanceof QuireError && error.code === "BAD_FILE", (error as Error).stack);
      assert.match(
        error.message,
        /cut\.arrows: (?:it ends in the middle of message \d: it was cut, or not written to its end|it is damaged or cut)/,
      );
    }
  }
  // Behind the schema, each batch, and the end.
  assert.deepEqual(found, [0, 10, 20, 30, 30]);
  writeFileSync(path, Buffer.concat([whole, whole]));
  await assert.rejects(readAll(path, openArrow), {
    message: `${path}: ${whole.length} bytes follow behind the end of its stream; each stream needs a file of its own`,
  });
});

test("what is missing may be is said by the library and the command", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "cut.arrows");
  writeFileSync(path, batches("stream").subarray(0, -8));
  const db = await memory(t);
  const { rows, notes } = await importFile(db, path, { table: "t", create: true });
  assert.equal(rows, 30);
  assert.match(notes.join(), NO_END);
  const run = (...words: string[]): { stdout: string; stderr: string } =>
    spawnSync(process.execPath, [CLI, "a.db", "import", ...words], { cwd: folder, encoding: "utf8" });
  assert.match(run("t", "cut.arrows", "--create").stderr, /^note: cut\.arrows does not say where it ends/m);
  assert.match(run("u", "cut.arrows", "--create", "--json").stdout, /"notes":\["cut\.arrows does not say/);
});

for (const name of ["cut.arrow", "cut.parquet"]) {
  test(`${name} is refused wherever it was cut`, async (t) => {
    const path = join(tempFolder(t), name);
    let whole = batches("file");
    if (name === "cut.parquet") {
      const db = await memory(t);
      await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO t VALUES (1, 'a'), (2, NULL)");
      await exportFile(db, path, { table: "t" });
      whole = readFileSync(path);
    }
    for (let length = 1; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const what =
        name === "cut.parquet"
          ? "it does not end as Parquet files do: it was cut, or not written to its end; get it anew"
          : /(?:it does not end as Arrow files do|it ends in the middle of message 1): it was cut, or not written to its end; get it anew/;
      await assert.rejects(readAll(path, name === "cut.parquet" ? openParquet : openArrow), (error: QuireError) => {
        assert.equal(error.code, "BAD_FILE");
        if (typeof what === "string") assert.equal(error.message, `${path}: ${what}`);
        else assert.match(error.message, what);
        return true;
      });
    }
  });
}

/** The values that a byte is changed to, in turns. */
const CHANGES: readonly ((byte: number) => number)[] = [() => 0xff, () => 0, (byte) => byte ^ 1, (byte) => byte ^ 0x80];

for (const name of ["x.parquet", "x.arrow", "x.arrows"]) {
  test(`${name} with a changed byte anywhere is read or refused at once, in words of its own`, async (t) => {
    const path = join(tempFolder(t), name);
    const db = await memory(t);
    await db.exec(
      "CREATE TABLE t (k INTEGER PRIMARY KEY, a INT, t TEXT, d DECIMAL, b BOOLEAN); INSERT INTO t WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 20) SELECT i, nullif(i % 7, 3), 'text ' || (i % 5), i * 1.5, i % 2 = 0 FROM c",
    );
    await exportFile(db, path, { table: "t", ...(name === "x.parquet" ? { codec: "none" } : {}) });
    const whole = readFileSync(path);
    let refused = 0;
    for (let at = 0; at < whole.length; at += 3) {
      const changed = Buffer.from(whole);
      changed[at] = (CHANGES[at % 4] as (byte: number) => number)(changed[at] as number);
      writeFileSync(path, changed);
      const begun = performance.now();
      try {
        await readAll(path, name === "x.parquet" ? openParquet : openArrow);
      } catch (error) {
        assert.ok(error instanceof QuireError, (error as Error).stack);
        assert.ok(["BAD_FILE", "BAD_VALUE"].includes(error.code));
        assert.doesNotMatch(error.message, /undefined|null|DataView|typed array|PAR1/, `${at}`);
        refused++;
      }
      assert.ok(performance.now() - begun < 3000, `byte ${at} took too long`);
    }
    assert.ok(refused > 100);
  });
}

/**
 * A file that pyarrow 26 has written: a map of dates, one of decimals to lists of decimals, one with a key that is there twice, and a list of JSON. DuckDB
 * and pyarrow read the same.
 */
const NESTED =
  "UEFSMRUAFSQVJCwVBhUAFQYVBhwAAAACAAAABgEBAAAAAgAAAAMAAAAVABUiFSIsFQYVABUGFQYcAAAAAgAAAAYAAwAAAAMSAFdHAAAVABUiFSIsFQYVABUGFQYc" +
  "AAAAAgAAAAYAAwAAAAMTAAEAAAAVABUmFSYsFQYVABUGFQYcAAAAAgAAAAYAAwAAAAMKAAAAlv///xUAFSAVICwVBhUAFQYVBhwAAAACAAAABgAEAAAAAxUAAAAZ" +
  "FQAVOBU4LBUKFQAVBhUGHAAAAAIAAAADBgMAAAADagABAAAAYgEAAABhAQAAAGIVABUyFTIsFQoVABUGFQYcAAAAAgAAAAMGAwAAAAN/AAEAAAACAAAAAwAAABUA" +
  "FYIBFYIBLBUIFQAVBhUGHAAAAAIAAAADAgMAAAAD3wAgAAAAeyJhIjoxMjM0NTY3ODkwMTIzNDU2Nzg5MCwiYSI6MX0EAAAAMS4wMAQAAAAtMC4wFQQZ/BM1ABgG" +
  "c2NoZW1hFQoAFQIlAhgCaWQANQIYBGRheXMVAhUCTCwAAAA1BBgJa2V5X3ZhbHVlFQQAFQIlABgDa2V5JQxMbAAAABUCJQIYBXZhbHVlJR5MrBMIEQAAADUCGAZw" +
  "cmljZXMVAhUCTCwAAAA1BBgJa2V5X3ZhbHVlFQQAFQ4VBhUAGANrZXklChUEFQosXBUEFQoAAAA1AhgFdmFsdWUVAhUGTDwAAAA1BBgEbGlzdBUCABUOFQQVAhgH" +
  "ZWxlbWVudCUKFQIVCCxcFQIVCAAAADUCGAV0d2ljZRUCFQJMLAAAADUEGAlrZXlfdmFsdWUVBAAVDCUAGANrZXklAEwcAAAAFQIlAhgFdmFsdWUlHkysEwgRAAAA" +
  "NQIYBGRvY3MVAhUGTDwAAAA1BBgEbGlzdBUCABUMJQIYB2VsZW1lbnQlJkzMAAAAFgYZHBmMJgAcFQIZJQYAGRgCaWQVABYGFkoWSiYISRwVABUAFQIAPCkGGSYA" +
  "BgAAACYAHBUCGSUGABk4BGRheXMJa2V5X3ZhbHVlA2tleRUAFgYWSBZIJlJJHBUAFQAVAgA8KSYGABk2AgICAAAAJgAcFQIZJQYAGTgEZGF5cwlrZXlfdmFsdWUF" +
  "dmFsdWUVABYGFkgWSCaaAUkcFQAVABUCADwpJgYAGUYCAgACAAAAJgAcFQ4ZJQYAGTgGcHJpY2VzCWtleV92YWx1ZQNrZXkVABYGFkwWTCbiAUkcFQAVABUCADwp" +
  "JgYAGTYCAAQAAAAmABwVDhklBgAZWAZwcmljZXMJa2V5X3ZhbHVlBXZhbHVlBGxpc3QHZWxlbWVudBUAFgYWRhZGJq4CSRwVABUAFQIAPCk2BgAAGWYCAAIAAAIA" +
  "AAAmABwVDBklBgAZOAV0d2ljZQlrZXlfdmFsdWUDa2V5FQAWChZeFl4m9AJJHBUAFQAVAgA8FgYZJgYEGTYCAgYAAAAmABwVAhklBgAZOAV0d2ljZQlrZXlfdmFs" +
  "dWUFdmFsdWUVABYKFlgWWCbSA0kcFQAVABUCADwpJgYEGUYCAgAGAAAAJgAcFQwZJQYAGTgEZG9jcwRsaXN0B2VsZW1lbnQVABYIFqwBFqwBJqoESRwVABUAFQIA" +
  "PBZQGSYGAhlGAAIABgAAABbOBRYGJggWzgUAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRmMHAAAHAAAHAAAHAAAHAAAHAAAHAAAHAAAAKYDAABQ" +
  "QVIx";

test("maps and documents inside of Parquet's columns keep their keys and digits", async (t) => {
  const path = join(tempFolder(t), "nested.parquet");
  writeFileSync(path, Buffer.from(NESTED, "base64"));
  const db = await memory(t);
  await importFile(db, path, { table: "t", create: true });
  const query = "SELECT CAST(days AS text), CAST(prices AS text), CAST(twice AS text), CAST(docs AS text) FROM t ORDER BY id";
  assert.deepEqual(await (await db.prepare(query)).raw().all(), [
    ['{"2020-01-02":1}', '{"1.50":["2.5"]}', '{"b":1,"a":2,"b":3}', '[{"a":12345678901234567890,"a":1},1.00]'],
    [null, '{"-0.01":null}', "{}", "[]"],
    ["{}", null, null, "[-0.0]"],
  ]);
});

test("what no column holds as it is, is text where that is told", async (t) => {
  const path = join(tempFolder(t), "odd.arrow");
  const fixed = (type: arrow.DataType, data: ArrayBufferView): arrow.Vector =>
    arrow.makeVector(arrow.makeData({ type, data, length: 1, nullCount: 0 } as never));
  const table = new arrow.Table({
    id: arrow.makeVector(Int32Array.of(1)),
    wide: fixed(new arrow.Decimal(1, 38, 128), Uint32Array.of(0, 0, 0, 0x10000000)),
    nan: fixed(new arrow.Float64(), Float64Array.of(NaN)),
    ns: fixed(new arrow.TimestampNanosecond(), BigInt64Array.of(-1n)),
    clock: fixed(new arrow.TimeNanosecond(), BigInt64Array.of(1n)),
    huge: fixed(new arrow.Float64(), Float64Array.of(1e300)),
  });
  writeFileSync(path, arrow.tableToIPC(table, "file"));
  const db = await memory(t);
  await assert.rejects(importFile(db, path, { table: "t", create: true }), { code: "BAD_VALUE" });
  const types = Object.fromEntries(["wide", "nan", "ns", "clock", "huge"].map((name) => [name, "text"]));
  await importFile(db, path, { table: "t", create: true, types });
  assert.deepEqual(await (await db.prepare("SELECT wide, nan, ns, clock, huge FROM t")).raw().all(), [
    [
      // 2 to the power of 124, divided by ten.
      "2126764793255865396646091296448551321.6",
      "NaN",
      "1969-12-31T23:59:59.999999999+00:00",
      "00:00:00.000000001",
      `1${"0".repeat(300)}`,
    ],
  ]);
});
