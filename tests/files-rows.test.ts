/**
 * Parquet and Arrow files in and out: values of all types, compared with what other readers and writers have (DuckDB, apache-arrow's own reading,
 * a file of vega-datasets), damaged files, signals.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import * as arrow from "apache-arrow";
import { type QuireError, type Session, open } from "../host/index.js";
import { exportFile, importFile } from "../host/files/index.js";
import { decodeLz4, decodeLz4Frame } from "../host/files/lz4.js";
import { datetimeText, decimalText, floatText, halfFloat, timeText } from "../host/files/values.js";
import { packageRoot } from "../host/paths.js";
import { duckdb } from "./helpers/engines.js";
import { tempFolder } from "./helpers/store.js";

const CLI = join(packageRoot, "build", "host", "cli.js");

async function memory(t: TestContext): Promise<Session> {
  const db = await open(":memory:");
  t.after(() => db.close());
  return db;
}

/** Rows with bigints as text, so that they can be compared and printed. */
async function rowsOf(db: Session, sql: string): Promise<unknown[]> {
  const rows = await (await db.prepare(sql)).raw().all();
  return rows.map((row) => row.map((value) => (typeof value === "bigint" ? String(value) : value)));
}

/** A column of each type, with the least and the largest of its values, and what is written otherwise elsewhere. */
const ALL_TYPES = `
CREATE TABLE everything (k INTEGER PRIMARY KEY, i8 TINYINT, i16 SMALLINT, i32 INT4, i64 BIGINT, u8 UINT8, u16 UINT16, u32 UINT32, u64 UINT64,
  d DECIMAL, b BOOLEAN, day DATE, at DATETIME, t TEXT, u UUID, raw BLOB, doc JSON);
INSERT INTO everything VALUES
  (1, -128, -32768, -2147483648, -9223372036854775808, 0, 0, 0, 0, '-79228162514264337593543950335', FALSE, '0001-01-01', '1969-12-31T23:59:59.999999Z', '', '00000000-0000-0000-0000-000000000000', x'', '[]'),
  (2, 127, 32767, 2147483647, 9223372036854775807, 255, 65535, 4294967295, 18446744073709551615, '79228162514264337593543950335', TRUE, '9999-12-31', '9999-12-31T23:59:59.999999Z', 'é😀"'',;' || char(0) || char(10), 'ffffffff-ffff-ffff-ffff-ffffffffffff', x'00ff80', '{"a":[1,null,"x"],"big":12345678901234567890.12345}'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 1, 1, 1, 1, 1, 1, 1, 1, '1', TRUE, '1970-01-01', '1970-01-01T00:00:00Z', 'a', '00112233-4455-6677-8899-aabbccddeeff', x'61', '"text"');
`;

const EVERYTHING = `SELECT k, i8, i16, i32, i64, u8, u16, u32, u64, d, b, day, at, t, u, hex(raw), CAST(doc AS text) FROM everything ORDER BY k`;

for (const name of ["all.parquet", "all.arrow", "all.arrows"]) {
  test(`values of all types go into ${name} and come back`, async (t) => {
    const path = join(tempFolder(t), name);
    const db = await memory(t);
    await db.exec(ALL_TYPES);
    assert.deepEqual(await exportFile(db, path, { table: "everything" }), { rows: 4 });
    const other = await memory(t);
    const { columns, rows } = await importFile(other, path, { table: "everything", create: true });
    assert.equal(rows, 4);
    const types =
      "i8:int8 i16:int16 i32:int32 i64:int64 u8:uint8 u16:uint16 u32:uint32 u64:uint64 d:decimal b:boolean day:date at:datetime t:text u:uuid raw:blob doc:json";
    assert.deepEqual(columns, ["k:int64:pk", ...types.split(" ").map((word) => `${word}:null`)]);
    assert.deepEqual(await rowsOf(other, EVERYTHING), await rowsOf(db, EVERYTHING));
    // Into a table that is there, whose columns are in another order and of other types that hold the values.
    await other.exec(
      "CREATE TABLE kept (doc JSON, u64 DECIMAL, k INTEGER PRIMARY KEY, i8 BIGINT, d TEXT, more TEXT DEFAULT 'here')",
    );
    await exportFile(db, path, { sql: "SELECT doc, u64, k, i8, d FROM everything WHERE k <> ? ORDER BY k", params: [3] });
    await importFile(other, path, { table: "kept" });
    assert.deepEqual(await rowsOf(other, "SELECT k, i8, u64, d, more FROM kept ORDER BY k"), [
      ["1", "-128", "0", "-79228162514264337593543950335", "here"],
      ["2", "127", "18446744073709551615", "79228162514264337593543950335", "here"],
      ["4", "1", "1", "1", "here"],
    ]);
  });
}

test("documents come back as they were written: digits, names that are there twice, their order, the sign of zero", async (t) => {
  const documents = [
    '{"n":-9007199254740993,"q":9999999999999999,"k":1,"k":2,"z":-0.0,"1":3}',
    "[1.0,1e2,0.1000,123456789012345678901234567890,9007199254740993]",
    "9007199254740993",
    '"text"',
  ];
  for (const name of ["j.parquet", "j.arrow"]) {
    const path = join(tempFolder(t), name);
    const db = await memory(t);
    await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, j JSON)");
    for (const [id, document] of documents.entries()) await db.sql("INSERT INTO t VALUES (?, ?)", [id, document]);
    const before = await rowsOf(db, "SELECT id, CAST(j AS text) FROM t ORDER BY id");
    assert.deepEqual(
      before.map((row) => (row as unknown[])[1]),
      documents,
    );
    await exportFile(db, path, { table: "t" });
    const other = await memory(t);
    await importFile(other, path, { table: "t", create: true });
    assert.deepEqual(await rowsOf(other, "SELECT id, CAST(j AS text) FROM t ORDER BY id"), before, name);
  }
});

test("decimals get the scale that all have room in; those that have none are texts", async (t) => {
  const path = join(tempFolder(t), "d.parquet");
  const db = await memory(t);
  await db.exec("CREATE TABLE d (k INTEGER PRIMARY KEY, a DECIMAL, b DECIMAL, c DECIMAL)");
  await db.exec(
    "INSERT INTO d VALUES (1, '1.5', '0.0000000000000000000000000001', '-7'), (2, '-1234.05', '79228162514264337593543950335', NULL)",
  );
  for (const format of ["parquet", "arrow"] as const) {
    await exportFile(db, path, { table: "d", format });
    await db.exec("DROP TABLE IF EXISTS e");
    const { columns } = await importFile(db, path, { table: "e", create: true });
    assert.deepEqual(columns, ["k:int64:pk", "a:decimal:null", "b:text:null", "c:decimal:null"]);
    assert.deepEqual(await rowsOf(db, "SELECT * FROM e ORDER BY k"), [
      ["1", "1.50", "0.0000000000000000000000000001", "-7"],
      ["2", "-1234.05", "79228162514264337593543950335", null],
    ]);
  }
});

test("apache-arrow reads what is written", async (t) => {
  const folder = tempFolder(t);
  const db = await memory(t);
  await db.exec(ALL_TYPES);
  for (const name of ["a.arrow", "a.arrows"]) {
    await exportFile(db, join(folder, name), { table: "everything", orderBy: "k" });
    const table = arrow.tableFromIPC(readFileSync(join(folder, name)));
    const types = table.schema.fields.map(({ type }) => String(type));
    assert.deepEqual(types, [
      ...["Int64", "Int8", "Int16", "Int32", "Int64", "Uint8", "Uint16", "Uint32", "Uint64", "Decimal[38e0]", "Bool"],
      ...["Date32<DAY>", "Timestamp<MICROSECOND, UTC>", "Utf8", "FixedSizeBinary[16]", "Binary", "Utf8"],
    ]);
    const column = (name: string): unknown[] => Array.from(table.getChild(name) as Iterable<unknown>);
    assert.deepEqual(column("i64"), [-9223372036854775808n, 9223372036854775807n, null, 1n]);
    assert.deepEqual(column("u32"), [0, 4294967295, null, 1]);
    assert.deepEqual(column("b"), [false, true, null, true]);
    assert.deepEqual(column("t"), ["", "é😀\"',;\0\n", null, "a"]);
    assert.deepEqual(column("raw"), [new Uint8Array(), Uint8Array.of(0, 255, 128), null, Uint8Array.of(97)]);
    assert.equal(table.schema.fields[14]?.metadata.get("ARROW:extension:name"), "arrow.uuid");
    // -79228162514264337593543950335 in 128 bits of two's complement, and one.
    assert.deepEqual(Array.from(column("d")[0] as Uint32Array), [1, 0, 0, 4294967295]);
    assert.deepEqual(Array.from(column("d")[3] as Uint32Array), [1, 0, 0, 0]);
  }
});

/** A stream that pyarrow 26 has written of 60 texts, null and abc in turns, compressed. */
const COMPRESSED = {
  lz4:
    "/////3AAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAEFEAAAABgA" +
    "AAAEAAAAAAAAAAEAAAB0AAAABAAEAAQAAAAAAAAA/////6gAAAAUAAAAAAAAAAwAGAAGAAUACAAMAAwAAAAAAwQAHAAAAOAAAAAAAAAAAAAAAAwAHAAQAAQA" +
    "CAAMAAwAAABYAAAAHAAAABQAAAA8AAAAAAAAAAAAAAAEAAQABAAAAAMAAAAAAAAAAAAAAB8AAAAAAAAAIAAAAAAAAACYAAAAAAAAALgAAAAAAAAAJAAAAAAA" +
    "AAAAAAAAAQAAADwAAAAAAAAAHgAAAAAAAAAIAAAAAAAAAAQiTRhgQIIIAACAqqqqqqqqqgoAAAAAAPQAAAAAAAAABCJNGGBAgoEAAAATAAEAEwMEABMGBAAT" +
    "CQQAEwwEABMPBAATEgQAExUEABMYBAATGwQAEx4EABMhBAATJAQAEycEABMqBAATLQQAEzAEABMzBAATNgQAEzkEABM8BAATPwQAE0IEABNFBAATSAQAE0sE" +
    "ABNOBAATUQQAE1QEAMBXAAAAVwAAAFoAAAAAAAAAWgAAAAAAAAAEIk0YYECCDQAAAD9hYmMDAD9QYmNhYmMAAAAAAAAAAP////8AAAAA",
  zstd:
    "/////3AAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAEAAAAUAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAEFEAAAABgA" +
    "AAAEAAAAAAAAAAEAAAB0AAAABAAEAAQAAAAAAAAA/////7AAAAAUAAAAAAAAAAwAGAAGAAUACAAMAAwAAAAAAwQAHAAAALAAAAAAAAAAAAAAAAwAHgAQAAQA" +
    "CAAMAAwAAABgAAAAJAAAABgAAAA8AAAAAAAAAAAAAAAAAAYACAAHAAYAAAAAAAABAwAAAAAAAAAAAAAAGQAAAAAAAAAgAAAAAAAAAG8AAAAAAAAAkAAAAAAA" +
    "AAAaAAAAAAAAAAAAAAABAAAAPAAAAAAAAAAeAAAAAAAAAAgAAAAAAAAAKLUv/SAIQQAAqqqqqqqqqgoAAAAAAAAA9AAAAAAAAAAotS/9IPT1AgA0AgAAAwYJ" +
    "DA8SFRgbHiEkJyotMDM2OTw/QkVIS05RVFdaAAAAHgAgC8gHMgNZQD6QGcgC8oHMQBaQD2QGsoB8IDOQBeQDmYEsIB/IDGQB+UBmIAvIBzIDWXb5DgALAFoA" +
    "AAAAAAAAKLUv/SBaTQAAGGFiYwEA5OSGAAAAAAAA/////wAAAAA=",
};

test("Arrow that is compressed is read", async (t) => {
  const path = join(tempFolder(t), "c.arrows");
  for (const [name, text] of Object.entries(COMPRESSED)) {
    writeFileSync(path, Buffer.from(text, "base64"));
    const db = await memory(t);
    await importFile(db, path, { table: "c", create: true });
    const expected = Array.from({ length: 60 }, (_, i) => [i + 1, i % 2 === 0 ? null : "abc"]);
    assert.deepEqual(await rowsOf(db, "SELECT id, t FROM c ORDER BY id"), expected, name);
  }
});

/**
 * Times before 1970 and beyond the numbers that are exact, which apache-arrow's own way to values loses (apache/arrow-js#83 and #421), decimals (#77), and
 * dates in milliseconds (apache/arrow#40718); dictionaries, and what has others inside.
 */
test("Arrow's types become ours, value by value", async (t) => {
  const { makeData, Field } = arrow;
  const fixed = (type: arrow.DataType, data: ArrayBufferView): arrow.Vector =>
    arrow.makeVector(makeData({ type, data, length: 3, nullCount: 0 } as never));
  const list = new arrow.List(new Field("item", new arrow.Int32(), true));
  const struct = new arrow.Struct([
    new Field("a", new arrow.Int64(), true),
    new Field("b", new arrow.TimestampMicrosecond(), true),
  ]);
  const inner = makeData({
    type: struct,
    length: 3,
    nullCount: 0,
    children: [
      makeData({ type: new arrow.Int64(), data: BigInt64Array.of(1n, -(2n ** 60n), 3n), length: 3 }),
      makeData({ type: new arrow.TimestampMicrosecond(), data: BigInt64Array.of(-1n, 0n, 1n), length: 3 }),
    ],
  });
  const built = new arrow.Table({
    s: fixed(new arrow.TimestampSecond(), BigInt64Array.of(-62135596800n, -1n, 253402300799n)),
    us: fixed(
      new arrow.TimestampMicrosecond("Europe/Rome"),
      BigInt64Array.of(-62135596800000001n + 1n, -1n, 253402300799999999n),
    ),
    ns: fixed(new arrow.TimestampNanosecond(), BigInt64Array.of(-1000n, 0n, 1000n)),
    ms: fixed(new arrow.DateMillisecond(), BigInt64Array.of(-86400000n, 0n, 86400000n)),
    time: fixed(new arrow.TimeNanosecond(), BigInt64Array.of(0n, 1000n, 86399999999000n)),
    lasting: fixed(new arrow.DurationMillisecond(), BigInt64Array.of(-1n, 0n, 1500n)),
    months: fixed(new arrow.IntervalYearMonth(), Int32Array.of(0, 14, -1)),
    half: fixed(new arrow.Float16(), Uint16Array.of(0x3c00, 0xc000, 0x3555)),
    single: fixed(new arrow.Float32(), Float32Array.of(0.1, -16777216, 1e-10)),
    d: fixed(
      new arrow.Decimal(2, 38, 128),
      Uint32Array.of(1, 0, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0, 1, 0, 0),
    ),
    words: arrow.vectorFromArray(["b", null, "b"], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
    list: arrow.vectorFromArray([[1, null], [], null], list),
    inside: arrow.makeVector(inner),
    nothing: arrow.vectorFromArray([null, null, null], new arrow.Null()),
  });
  const schema = new arrow.Schema(built.schema.fields.map((field) => field.clone({ nullable: true })));
  const table = new arrow.Table(
    schema,
    built.batches.map(({ data }) => new arrow.RecordBatch(schema, data)),
  );
  const folder = tempFolder(t);
  for (const kind of ["file", "stream"] as const) {
    writeFileSync(join(folder, kind), arrow.tableToIPC(table, kind));
    const db = await memory(t);
    const { columns } = await importFile(db, join(folder, kind), { table: "t", create: true });
    const types =
      "s:datetime us:datetime ns:datetime ms:date time:text lasting:decimal months:text half:decimal single:decimal d:decimal words:text list:json inside:json nothing:text";
    assert.deepEqual(columns, ["id:uint32:pk:auto", ...types.split(" ").map((word) => `${word}:null`)]);
    const rows = await (await db.prepare("SELECT * FROM t ORDER BY id")).raw().all();
    const day = "T00:00:00.000000+00:00";
    assert.deepEqual(rows, [
      [
        1,
        `0001-01-01${day}`,
        `0001-01-01${day}`,
        "1969-12-31T23:59:59.999999+00:00",
        "1969-12-31",
        "00:00:00",
        "-0.001",
        "P0M",
        "1",
        "0.1",
        "0.01",
        "b",
        [1, null],
        { a: 1, b: "1969-12-31T23:59:59.999999+00:00" },
        null,
      ],
      [
        2,
        "1969-12-31T23:59:59.000000+00:00",
        "1969-12-31T23:59:59.999999+00:00",
        `1970-01-01${day}`,
        "1970-01-01",
        "00:00:00.000001",
        "0.000",
        "P14M",
        "-2",
        "-16777216",
        "-0.01",
        null,
        [],
        { a: "-1152921504606846976", b: `1970-01-01${day}` },
        null,
      ],
      [
        3,
        "9999-12-31T23:59:59.000000+00:00",
        "9999-12-31T23:59:59.999999+00:00",
        "1970-01-01T00:00:00.000001+00:00",
        "1970-01-02",
        "23:59:59.999999",
        "1.500",
        "P-1M",
        "0.33325195",
        "0.0000000001",
        "42949672.96",
        "b",
        null,
        { a: 3, b: "1970-01-01T00:00:00.000001+00:00" },
        null,
      ],
    ]);
  }
});

test("a file that vega-datasets ships has the values of the same data as JSON", async (t) => {
  const folder = join(packageRoot, "node_modules", "vega-datasets", "data");
  const db = await memory(t);
  const { rows, columns } = await importFile(db, join(folder, "flights-200k.arrow"), { table: "flights", create: true });
  assert.equal(rows, 200_000);
  assert.deepEqual(columns, ["id:uint32:pk:auto", "delay:int16:null", "distance:int16:null", "time:decimal:null"]);
  const expected = JSON.parse(readFileSync(join(folder, "flights-200k.json"), "utf8")) as Record<string, number>[];
  const statement = (await db.prepare("SELECT delay, distance, time FROM flights ORDER BY id")).raw();
  let at = 0;
  for await (const [delay, distance, time] of statement.iterate()) {
    const row = expected[at++] as Record<string, number>;
    // The file has 32 bits of what the JSON has all digits of.
    if (
      delay !== row["delay"] ||
      distance !== row["distance"] ||
      Math.fround(Number(time)) !== Math.fround(row["time"] as number)
    )
      assert.fail(`row ${at}: ${String(delay)}, ${String(distance)}, ${String(time)} is not ${JSON.stringify(row)}`);
  }
  assert.equal(at, expected.length);
});

/** Every type of DuckDB that a Parquet file of its has. */
const DUCK_ROWS = `SELECT i::INTEGER AS id, i % 2 = 0 AS flag, (i % 100)::TINYINT AS i8, (i % 200)::UTINYINT AS u8, (i * 1400000)::UINTEGER AS u32,
  (18446744073709551615 - i)::UBIGINT AS u64, (-9223372036854775808 + i)::BIGINT AS i64, (i * 1.25)::DECIMAL(9, 2) AS d9,
  (i * 123456789.123456)::DECIMAL(18, 6) AS d18, (i * 12345678901234567890.1234)::DECIMAL(38, 4) AS d38, (i / 7.0)::DOUBLE AS f64, (i / 7.0)::FLOAT AS f32,
  'text é ' || i % 50 AS txt, '\\xAA\\x00'::BLOB AS raw, DATE '1969-12-30' + i::INTEGER AS day, TIMESTAMPTZ '1999-12-31 23:59:59.123456Z' + INTERVAL (i) HOUR AS moment,
  TIMESTAMP_S '1999-12-31 23:59:59' AS at_s, TIMESTAMP_NS '1999-12-31 23:59:59.123456' AS at_ns, TIME '12:34:56.789' AS clock,
  ('00000000-0000-0000-0000-0000' || lpad(i::VARCHAR, 8, '0'))::UUID AS u, [i, NULL, i + 1] AS list,
  {'a': i, 'b': 'x', 'c': 1.5::DECIMAL(5, 2), 'e': [DATE '2020-01-01']} AS struct, MAP {'k': i} AS map, CASE WHEN i % 3 = 0 THEN NULL ELSE i END AS maybe,
  [[i], [], NULL, [i, NULL]]::BIGINT[][] AS nested, [{'x': [1.5::DECIMAL(3, 1)]}] AS deep, CASE WHEN i % 4 > 0 THEN [] END::INTEGER[] AS empty
  FROM range(3000) r (i)`;

test("Parquet files that DuckDB writes have its values here, whatever they are compressed with; and it has those of ours", async (t) => {
  const got = await duckdb();
  if ("skip" in got) {
    t.skip(got.skip);
    return;
  }
  const { duck } = got;
  t.after(() => duck.closeSync());
  const folder = tempFolder(t);
  // How each column looks as text here, in its words.
  const asText = `id, flag, i8, u8, u32, u64, i64, d9, d18, d38, f64, f32, txt, hex(raw), day, strftime(moment, '%Y-%m-%dT%H:%M:%S.%f+00:00'),
    strftime(at_s, '%Y-%m-%dT%H:%M:%S.000000+00:00'), strftime(at_ns::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%f+00:00'), clock, u, list::JSON,
    {'a': i, 'b': 'x', 'c': '1.50', 'e': ['2020-01-01']}::JSON, map::JSON, maybe, nested::JSON, [{'x': ['1.5']}]::JSON, empty::JSON`;
  const words = (row: readonly unknown[]): unknown[] => row.map((value) => (value === null ? null : String(value as number)));
  const expected = (await duck.runAndReadAll(`SELECT ${asText} FROM (SELECT *, id AS i FROM (${DUCK_ROWS})) ORDER BY id`))
    .getRowsJson()
    .map(words);
  const options = [
    "CODEC 'snappy', ROW_GROUP_SIZE 2048",
    "CODEC 'zstd'",
    "CODEC 'gzip', PARQUET_VERSION v2",
    "CODEC 'brotli'",
    "CODEC 'lz4_raw'",
    "CODEC 'uncompressed', PARQUET_VERSION v2",
  ];
  for (const option of options) {
    const path = join(folder, "duck.parquet");
    await duck.run(`COPY (${DUCK_ROWS}) TO '${path}' (FORMAT parquet, ${option})`);
    const db = await memory(t);
    await importFile(db, path, { table: "t", create: true });
    const texts =
      "hex(raw), day, moment, at_s, at_ns, clock, u, CAST(list AS text), CAST(struct AS text), CAST(map AS text), maybe, CAST(nested AS text), CAST(deep AS text), CAST(empty AS text)";
    const rows = (await rowsOf(
      db,
      `SELECT id, flag, i8, u8, u32, u64, i64, d9, d18, d38, f64, f32, txt, ${texts} FROM t ORDER BY id`,
    )) as unknown[][];
    // What floating point has no more of is the same number.
    const plain = (row: readonly unknown[]): unknown[] =>
      words(row).map((value, i) => (i === 10 ? Number(value) : i === 11 ? Math.fround(Number(value)) : value));
    assert.equal(rows.length, 3000);
    for (const [i, row] of rows.entries()) assert.deepEqual(plain(row), plain(expected[i] as unknown[]), `${option}, row ${i}`);
    if (option !== options[0]) continue;
    for (const codec of ["snappy", "gzip", "brotli", "none"]) {
      const ours = join(folder, `${codec}.parquet`);
      await exportFile(db, ours, { table: "t", codec });
      const same = [
        "id",
        "flag",
        "i8",
        "u8",
        "u32",
        "u64",
        "i64",
        "d9",
        "d18",
        "d38",
        "txt",
        "raw",
        "day",
        "moment",
        "u",
        "maybe",
      ].join(", ");
      const differ =
        await duck.runAndReadAll(`SELECT count(*) FROM ((SELECT ${same} FROM '${ours}' EXCEPT ALL SELECT ${same} FROM (${DUCK_ROWS})) UNION ALL
        (SELECT ${same} FROM (${DUCK_ROWS}) EXCEPT ALL SELECT ${same} FROM '${ours}'))`);
      assert.deepEqual(differ.getRowsJson(), [["0"]], codec);
      const documents = await duck.runAndReadAll(`SELECT nested, deep, f64::DOUBLE, clock FROM '${ours}' WHERE id = 4`);
      assert.deepEqual(documents.getRowsJson(), [["[[4],[],null,[4,null]]", '[{"x":["1.5"]}]', 4 / 7, "12:34:56.789"]]);
    }
  }
});

test("floating point numbers become the decimals that are read as the same, and what is none is refused or null", async (t) => {
  const got = await duckdb();
  if ("skip" in got) {
    t.skip(got.skip);
    return;
  }
  const { duck } = got;
  t.after(() => duck.closeSync());
  const path = join(tempFolder(t), "f.parquet");
  await duck.run(
    `COPY (SELECT * FROM (VALUES (1, 0.1::DOUBLE, 0.1::FLOAT), (2, -0.0, 16777216::FLOAT), (3, 1e-20, 1e-20::FLOAT), (4, 'nan', 'inf'::FLOAT)) v (id, d, f)) TO '${path}'`,
  );
  const db = await memory(t);
  const refused = importFile(db, path, { table: "t", create: true });
  await assert.rejects(refused, { code: "BAD_VALUE", message: "row 4: d: NaN is no decimal" });
  assert.deepEqual(await db.tables(), []);
  await importFile(db, path, { table: "t", create: true, nulls: ["NaN", "Infinity"] });
  assert.deepEqual(await rowsOf(db, "SELECT * FROM t ORDER BY id"), [
    [1, "0.1", "0.1"],
    [2, "0", "16777216"],
    [3, "0.00000000000000000001", "0.00000000000000000001"],
    [4, null, null],
  ]);
});

test("values of other systems become the same values, or are refused", () => {
  assert.equal(decimalText(-5n, 3), "-0.005");
  assert.equal(decimalText(123456789012345678000000000000000000n, 18), "123456789012345678.00000000000");
  assert.equal(decimalText(15n, -2), "1500");
  assert.throws(() => decimalText(123456789012345678901234567891n, 1), /has more digits than a decimal/);
  assert.equal(floatText(16777217, false), "16777217");
  assert.equal(floatText(Math.fround(3.14), true), "3.14");
  assert.equal(floatText(1.5e20, false), "150000000000000000000");
  assert.equal(floatText(-2.5e-7, false), "-0.00000025");
  assert.throws(() => floatText(1e300, false), /has more digits/);
  // IEEE 754: the least subnormal, one third, the largest.
  assert.deepEqual([0x0001, 0x3555, 0x7bff, 0xc000, 0xfc00].map(halfFloat), [2 ** -24, 0.333251953125, 65504, -2, -Infinity]);
  assert.equal(datetimeText(-1n, "second"), "1969-12-31T23:59:59.000000+00:00");
  assert.equal(datetimeText(-1n, "microsecond"), "1969-12-31T23:59:59.999999+00:00");
  assert.throws(() => datetimeText(1n, "nanosecond"), /no.* whole microseconds/);
  assert.throws(() => datetimeText(1n << 62n, "second"), /not in the years/);
  assert.equal(timeText(86_399_999_999n, "microsecond"), "23:59:59.999999");
  assert.throws(() => timeText(-1n, "second"), /no time of day/);
});

test("LZ4: a block, and a frame whose blocks refer to those before them", () => {
  // By hand: three literals, then nine bytes from three back; the last sequence has literals only.
  const block = Uint8Array.of(0x35, 97, 98, 99, 3, 0, 0x10, 33);
  assert.equal(Buffer.from(decodeLz4(block, 13)).toString(), "abcabcabcabc!");
  const linked = Uint8Array.of(0x04, 3, 0, 0x10, 46);
  const frame = Uint8Array.from([
    ...[0x04, 0x22, 0x4d, 0x18, 0x40, 0x40, 0xc0],
    ...[block.length, 0, 0, 0, ...block],
    ...[linked.length, 0, 0, 0, ...linked],
    ...[2, 0, 0, 0x80, 104, 105],
    ...[0, 0, 0, 0],
  ]);
  assert.equal(Buffer.from(decodeLz4Frame(frame)).toString(), "abcabcabcabc!bc!bc!bc.hi");
  for (let end = 0; end < frame.length - 1; end++) assert.throws(() => decodeLz4Frame(frame.subarray(0, end)), Error, `${end}`);
  for (let at = 0; at < block.length; at++) {
    const broken = Uint8Array.from(block);
    broken[at] = 0xff;
    try {
      decodeLz4(broken, 13);
    } catch (error) {
      assert.match((error as Error).message, /damaged/);
    }
  }
});

for (const name of ["x.parquet", "x.arrow", "x.arrows"]) {
  test(`what is left of ${name}, or was changed in it, gives rows or an error, and no half a table`, async (t) => {
    const path = join(tempFolder(t), name);
    const db = await memory(t);
    await db.exec(ALL_TYPES);
    await exportFile(db, path, { table: "everything", ...(name === "x.parquet" ? { codec: "none" } : {}) });
    const whole = readFileSync(path);
    const codes = new Map<string, number>();
    const attempt = async (bytes: Uint8Array): Promise<void> => {
      writeFileSync(path, bytes);
      try {
        await importFile(db, path, { table: "t", create: true, readTimeout: 2000 });
        await db.drop("t");
        codes.set("done", (codes.get("done") ?? 0) + 1);
      } catch (error) {
        const { code } = error as QuireError;
        assert.ok(typeof code === "string", (error as Error).stack);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        assert.equal((await db.tables()).length, 1);
      }
    };
    for (let i = 1; i < 7; i++) await attempt(whole.subarray(0, Math.floor((whole.length * i) / 7)));
    assert.equal(codes.get("done") ?? 0, name === "x.arrows" ? (codes.get("done") ?? 0) : 0);
    let seed = 7;
    for (let i = 0; i < 9; i++) {
      const bytes = Uint8Array.from(whole);
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      bytes[seed % bytes.length] = (seed >> 8) & 0xff;
      await attempt(bytes);
    }
    for (const code of ["RUNTIME_TRAP", "RUNTIME_FAILED", "SESSION_ENDED"]) assert.ok(!codes.has(code), code);
  });
}

function quire(folder: string, ...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [CLI, ...words], { cwd: folder, encoding: "utf8" });
}

test("the command imports and exports such files, and says what it can't do", (t) => {
  const folder = tempFolder(t);
  const ok = (...words: string[]): string => {
    const { status, stdout, stderr } = quire(folder, ...words);
    assert.equal(status, 0, stderr);
    return stdout + stderr;
  };
  const fails = (status: number, words: readonly string[], message: RegExp): void => {
    const result = quire(folder, ...words);
    assert.match(result.stderr, message);
    assert.equal(result.status, status, words.join(" "));
  };
  ok("a.db", "sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, price DECIMAL); INSERT INTO t VALUES (1, 2.5), (2, 3), (3, NULL)");
  assert.match(ok("a.db", "export", "t", "t.parquet"), /^exported 3 rows to t\.parquet in [\d.]+ s\n$/);
  assert.match(ok("a.db", "export", "t", "cheap.arrow", "--where", "price < ?", "3"), /^exported 1 row /);
  assert.match(
    ok("a.db", "export", "SELECT id, price * 2 AS twice FROM t WHERE id > ?", "q.arrows", "1", "--json"),
    /^\{"file":"q.arrows","exported":2,/,
  );
  writeFileSync(
    join(folder, "out.parquet"),
    spawnSync(process.execPath, [CLI, "a.db", "export", "t", "--format", "parquet"], { cwd: folder }).stdout,
  );
  assert.deepEqual(readFileSync(join(folder, "out.parquet")), readFileSync(join(folder, "t.parquet")));
  const said = ok("b.db", "import", "t", "out.parquet", "--create", "--key", "id");
  assert.match(said, /^imported 3 rows into t in [\d.]+ s\ncreated t id:int64:pk price:decimal:null\n$/);
  assert.equal(ok("b.db", "export", "t", "--format", "csv"), "id,price\n1,2.5\n2,3.0\n3,\n");
  assert.match(
    ok("b.db", "import", "q", "q.arrows", "--create", "--types", "twice=text", "--json"),
    /"imported":2,"skipped":0,"columns":\["id:int64:pk","twice:text:null"\]/,
  );
  // What is none of these is the module's, as before.
  writeFileSync(join(folder, "t.csv"), "id\n1\n");
  const query = ["b.db", "SELECT id FROM t WHERE id > ? ORDER BY id", "1", "--format", "arrows"];
  const { stdout } = spawnSync(process.execPath, [CLI, ...query], { cwd: folder });
  assert.deepEqual(Array.from(arrow.tableFromIPC(stdout).getChild("id") as Iterable<unknown>), [2n, 3n]);
  assert.match(ok("b.db", "import", "c", "t.csv", "--create"), /imported 1 row into c/);
  fails(1, ["b.db", "import", "t", "t.parquet"], /^quire: PRIMARY_KEY_CONFLICT: /);
  fails(1, ["new.db", "import", "t", "t.parquet"], /^quire: TABLE_NOT_FOUND: /);
  fails(1, ["new.db", "import", "t", "none.parquet"], /^quire: FILE_NOT_FOUND: there is no file none\.parquet/);
  writeFileSync(join(folder, "bad.parquet"), "PAR1 is all that there is");
  fails(1, ["new.db", "import", "t", "bad.parquet", "--create"], /^quire: BAD_FILE: bad\.parquet: /);
  fails(
    1,
    ["b.db", "import", "x", "t.parquet", "--create", "--types", "nope=text"],
    /^quire: COLUMN_NOT_FOUND: the file has no column nope; it has id, price/,
  );
  fails(
    2,
    ["b.db", "import", "t", "t.parquet", "--flatten"],
    /^quire: USAGE: import has no option --flatten for such a file; it takes --create/,
  );
  fails(
    2,
    ["b.db", "export", "t", "t.parquet", "--codec", "lzo"],
    /^quire: BAD_OPTION: there is no codec lzo here; codecs: none, snappy/,
  );
  fails(2, ["b.db", "export", "SELECT 1 AS a, 2 AS a", "x.parquet"], /^quire: BAD_OPTION: two columns are called a; /);
  assert.deepEqual(
    readdirSync(folder).filter((name) => /new|unfinished|^x/.test(name)),
    [],
  );
});

test("where a package is missing, it is said which, and how to get it", (t) => {
  const folder = tempFolder(t);
  const build = join(folder, "build");
  cpSync(join(packageRoot, "build", "host"), join(build, "host"), { recursive: true });
  for (const name of ["build/quire-lib.wasm", "package.json"]) cpSync(join(packageRoot, name), join(folder, name));
  writeFileSync(join(folder, "x.parquet"), "PAR1");
  writeFileSync(join(folder, "x.arrow"), "ARROW1");
  const run = (...words: string[]): string => {
    const { status, stderr } = spawnSync(process.execPath, [join(build, "host", "cli.js"), "a.db", ...words], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(status, 1, stderr);
    return stderr;
  };
  const missing = "by a package that is not installed: npm install";
  assert.equal(
    run("import", "t", "x.parquet", "--create"),
    `quire: PACKAGE_NOT_FOUND: Parquet files are read ${missing} hyparquet@1.33.0\n`,
  );
  assert.equal(
    run("import", "t", "x.arrow", "--create"),
    `quire: PACKAGE_NOT_FOUND: Arrow files are read and written ${missing} apache-arrow@21.2.0\n`,
  );
  assert.deepEqual(readdirSync(folder).sort(), ["build", "package.json", "x.arrow", "x.parquet"]);
});

test("the examples of docs/files.md do what they say", async (t) => {
  const folder = tempFolder(t);
  const [, commands, program] = /```sh\n([^]*?)```[^]*?```ts\n([^]*?)```/.exec(
    readFileSync(join(packageRoot, "docs", "files.md"), "utf8"),
  ) as unknown as [string, string, string];
  const db = await memory(t);
  await db.exec(
    "CREATE TABLE flights (id INTEGER PRIMARY KEY, origin TEXT, delay INT); INSERT INTO flights VALUES (1, 'SEA', 70), (2, 'SEA', 5), (3, 'JFK', 61)",
  );
  await exportFile(db, join(folder, "flights.parquet"), { table: "flights" });
  const { Database } = createRequire(import.meta.url)("node-sqlite3-wasm") as {
    Database: new (path: string) => { exec(sql: string): void; close(): void };
  };
  const old = new Database(join(folder, "old-shop.sqlite"));
  old.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO items VALUES (1, 'tea')");
  old.close();
  mkdirSync(join(folder, "data"));
  const quire = `quire() { "${process.execPath}" "${CLI}" "$@"; }`;
  const { status, stderr } = spawnSync("bash", ["-euc", `${quire}\n${commands}`], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(readFileSync(join(folder, "shop.sql"), "utf8"), /^INSERT INTO "items" \("id", "name"\) VALUES\n\(1, 'tea'\);$/m);
  assert.equal(arrow.tableFromIPC(readFileSync(join(folder, "late.arrow"))).numRows, 2);
  const at = (name: string): string => pathToFileURL(join(packageRoot, "build", "host", name)).href;
  const text = program.replace('"quire-db"', `"${at("index.js")}"`).replace('"quire-db/files"', `"${at("files/index.js")}"`);
  writeFileSync(join(folder, "program.mjs"), text);
  const printed = spawnSync(process.execPath, ["program.mjs"], { cwd: folder, encoding: "utf8" });
  assert.equal(printed.stderr, "");
  assert.equal(printed.stdout, "3 [ 'id:int64:pk', 'origin:text:null', 'delay:int64:null' ] [] true\n");
});

test("a file whose reading does not end is given up, and a program may end it itself", async (t) => {
  const path = join(tempFolder(t), "x.parquet");
  const db = await memory(t);
  await db.exec(ALL_TYPES);
  await exportFile(db, path, { table: "everything" });
  const options = { table: "t", create: true };
  // No thread starts in a millisecond.
  await assert.rejects(importFile(db, path, { ...options, readTimeout: 1 }), {
    code: "BAD_FILE",
    message: /was not read after 0\.001 seconds; it may be damaged$/,
  });
  const stop = new AbortController();
  const ended = importFile(db, path, { ...options, signal: stop.signal });
  stop.abort(new Error("no more"));
  await assert.rejects(ended, { message: "no more" });
  await assert.rejects(importFile(db, path, { ...options, signal: AbortSignal.abort(new Error("not at all")) }), {
    message: "not at all",
  });
  assert.equal((await db.tables()).length, 1);
});

test("a signal ends an import or an export, and nothing half is left", async (t) => {
  const folder = tempFolder(t);
  const flights = join(packageRoot, "node_modules", "vega-datasets", "data", "flights-3m.parquet");
  const run = async (
    words: readonly string[],
    ready: () => boolean,
  ): Promise<{ signal: NodeJS.Signals | null; stderr: string }> => {
    const child = spawn(process.execPath, [CLI, ...words], { cwd: folder });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const timer = setInterval(() => {
      if (ready() && child.kill("SIGINT")) clearInterval(timer);
    }, 10);
    const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_, by) => resolve(by)));
    clearInterval(timer);
    return { signal, stderr };
  };
  const size = (name: string): number => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  const imported = await run(
    ["a.db", "import", "flights", flights, "--create"],
    () => size("a.db-log") > 8192 || size("a.db-spill") > 0,
  );
  assert.deepEqual(imported, {
    signal: "SIGINT",
    stderr: "quire: INTERRUPTED: import was ended by SIGINT; nothing was imported\n",
  });
  assert.deepEqual(readdirSync(folder), []);
  quire(
    folder,
    "b.db",
    "sql",
    "CREATE TABLE n (i INTEGER PRIMARY KEY, t TEXT); INSERT INTO n WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300000) SELECT i, 'number ' || i FROM c",
  );
  writeFileSync(join(folder, "n.parquet"), "what was there before");
  const exported = await run(["b.db", "export", "n", "n.parquet"], () => size("n.parquet-unfinished") > 0);
  assert.deepEqual(exported, {
    signal: "SIGINT",
    stderr: "quire: INTERRUPTED: export was ended by SIGINT; nothing was written\n",
  });
  assert.equal(readFileSync(join(folder, "n.parquet"), "utf8"), "what was there before");
  assert.ok(!existsSync(join(folder, "n.parquet-unfinished")));
});
