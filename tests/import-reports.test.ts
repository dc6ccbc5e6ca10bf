/** Reports of faults in other programs that read JSON and compressed files, each tried here: what `import` and `export` do about it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { ZstdFrames } from "../host/node/zstd-frames.js";
import { modulePath } from "../host/paths.js";
import { smallWindowModule } from "./helpers/small-window.js";
import { runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";

let usual: WebAssembly.Module;
let small: WebAssembly.Module;
before(async () => {
  usual = new WebAssembly.Module(readFileSync(modulePath()));
  small = await smallWindowModule();
});

interface Made {
  readonly schema: string;
  /** As NDJSON with numbers. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

function take(
  text: string,
  options: readonly string[] = [],
  { disk = new Disk(), module = usual, format = "ndjson" } = {},
): Made {
  const words = ["data/store.db", "import", "t", "-", "--format", format, ...options];
  const { stderr, trap } = runCommand(module, disk, words, { stdin: text });
  assert.equal(trap, "");
  const schema = runCommand(usual, disk, ["data/store.db", "schema", "t"]).stdout.trim();
  const { stdout } = runCommand(usual, disk, ["data/store.db", "export", "t", "--format", "ndjson", "--numbers"]);
  return { schema, lines: stdout.split("\n").slice(0, -1), stderr };
}

const CREATE = ["--create"];

// duckdb/duckdb#8298, #17135; pandas-dev/pandas#14530, #26068: integers above 2^63 were an error, or could not be typed.
// jqlang/jq#46, #1387, #369: they were rounded to a 64-bit float on the way through.
test("integers of any size keep their digits, in and out", () => {
  const cases: [string, string][] = [
    ["9223372036854775808", "uint64"],
    ["10254939386542155531", "uint64"],
    ["18446744073709551616", "decimal"],
    ["288230376151711744", "int64"],
    ["-1342647857257299304", "int64"],
    ["12527.6004817190914", "decimal"],
  ];
  for (const [digits, type] of cases) {
    const { schema, lines } = take(`{"k":"a","v":${digits}}`, CREATE);
    assert.equal(schema, `create t k:text:pk v:${type}`);
    assert.deepEqual(lines, [`{"k":"a","v":${digits}}`]);
  }
});

// duckdb/duckdb#10218; pandas-dev/pandas#33766, #20608, #24249, #40992: strings of digits became numbers, other ones at that.
test("a string of digits is text", () => {
  for (const text of ["30", "72057594038135102", "00010", "1344800117571260417", "31900441201190696999"]) {
    const { schema, lines } = take(`{"id":1,"v":"${text}"}`, CREATE);
    assert.equal(schema, "create t id:int32:pk v:text");
    assert.deepEqual(lines, [`{"id":1,"v":"${text}"}`]);
  }
});

// duckdb/duckdb#7448, #12861: the type of a column depended on how many rows had null. simonw/sqlite-utils#256: members that only later
// rows have were an error.
test("types do not depend on how many rows have null, and later rows may have other members", () => {
  const nulls = '{"k":null,"v":null}\n'.repeat(3000);
  assert.equal(
    take(`${nulls}{"v":"PressureError","late":{"a":1}}`, CREATE).schema,
    "create t id:uint32:pk:auto k:text:null v:text:null late:json:null",
  );
  for (const count of [1, 10])
    assert.match(take(`{"v":{"one":1,"two":"2"}}\n${'{"v":null}\n'.repeat(count)}`, CREATE).schema, / v:json:null$/);
});

// duckdb/duckdb#25828: an object of 200 members or more became a map of floats, and its integers were rounded.
test("large objects keep their integers, as JSON and taken apart", () => {
  const members = Array.from({ length: 300 }, (_, at) => `"k${at}":${at === 0 ? "1.5" : "9007199254740993"}`).join(",");
  assert.deepEqual(take(`{"id":1,"o":{${members}}}`, CREATE).lines, [`{"id":1,"o":{${members}}}`]);
  assert.deepEqual(take(`{"id":1,"o":{${members}}}`, [...CREATE, "--flatten"]).lines, [
    `{"id":1,${members.replaceAll('"k', '"o_k')}}`,
  ]);
});

// simonw/sqlite-utils#873: an update by key wrote null where a row did not name a column. #271: rows of a key alone were an error. #538,
// #610, simonw/datasette-insert#20: new rows were left out without a word where a column could not be null.
test("an update by key changes what a row names, and no row is lost", () => {
  const disk = new Disk();
  runCommand(usual, disk, ["data/store.db", "create", "t", "id:int32:pk", "name:text", "age:int32:null"]);
  take('{"id":1,"name":"Cleo","age":5}\n{"id":2,"name":"Nixie","age":6}', [], { disk });
  const update = ["--on-conflict", "update"];
  const changed = take('{"id":1,"age":7}\n{"id":2,"name":"Nixie II"}\n{"id":2}\n{"id":3,"name":"Bo"}', update, { disk });
  const rows = ['{"id":1,"name":"Cleo","age":7}', '{"id":2,"name":"Nixie II","age":6}', '{"id":3,"name":"Bo","age":null}'];
  assert.deepEqual(changed.lines, rows);
  const refused = take('{"id":1,"age":8}\n{"id":4}', update, { disk });
  assert.match(refused.stderr, /NOT_NULL: line 2: .*name.*nothing was imported/);
  assert.deepEqual(refused.lines, rows);
});

// max-mapper/ndjson#17, LinusU/node-jsonlines#7: characters of several bytes were broken where a chunk ended. infiniflow/ragflow#19179: a
// byte order mark lost the file. volcengine/OpenViking#3988: lines ended at U+2028 and U+0085 inside of strings. oven-sh/bun#42488: a
// chunk that ended in an escape or an exponent was an error.
test("text is what it was, wherever a reading ends, behind a byte order mark, and with line breaks of Unicode in it", () => {
  const lines = ['{"id":1,"s":"中文 é😀"}', '{"id":2,"s":"a\u2028b\u2029c\u0085d"}', '{"id":3,"s":"\\u0000x"}'];
  const input = `${lines.slice(0, 2).join("\r\n")}\n\n{"id":3e0,"s":"\\u0000\\u0078"}`;
  const disk = (): Disk => {
    const made = new Disk();
    runCommand(usual, made, ["data/store.db", "create", "t", "id:decimal:pk", "s:text"]);
    return made;
  };
  for (const mark of ["", "\ufeff"]) {
    for (const format of ["ndjson", "json"]) {
      assert.deepEqual(take(mark + input, [], { disk: disk(), format }).lines, lines);
      for (let pad = 0; pad < 9; pad++)
        assert.deepEqual(take(mark + " ".repeat(pad) + input, [], { disk: disk(), module: small, format }).lines, lines);
    }
  }
});

// geopandas/geopandas#1208: the id of a feature was lost. mapnik/node-mapnik#43: a property id was taken for it, and lost. OSGeo/gdal#7258:
// features without an id got one that another had.
test("the id of a GeoJSON feature and a property of that name are both there, and null is null", () => {
  const feature = (id: string, properties: string): string =>
    `{"type":"Feature",${id}"properties":{${properties}},"geometry":null}`;
  const some = take([feature('"id":"1014770",', '"test":"foo"'), feature("", '"test":"bar"')].join("\n"), CREATE);
  assert.deepEqual(some.lines, [
    '{"row_id":1,"id":"1014770","test":"foo","geometry":null}',
    '{"row_id":2,"id":null,"test":"bar","geometry":null}',
  ]);
  const both = take([feature('"id":1,', '"id":"x"'), feature("", '"id":null')].join("\n"), CREATE);
  assert.deepEqual(both.lines, [
    '{"row_id":1,"feature_id":1,"id":"x","geometry":null}',
    '{"row_id":2,"feature_id":null,"id":null,"geometry":null}',
  ]);
});

// nodejs/node#64592: Node takes a frame of zstd that is cut for a whole one. (#4306, #7502 and oven-sh/bun#31522 are about members of gzip,
// and what is behind them: tests/compressed.test.ts.)
test("frames of zstd are whole at their ends, and nowhere else", () => {
  // By RFC 8878: a frame of one raw block, one of a raw and an RLE block with a window and a checksum, one that is passed over.
  const raw = Buffer.from("28b52ffd20010900" + "0061", "hex");
  const two = Buffer.from("28b52ffd0458" + "100000" + "6162" + "2b0000" + "63" + "01020304", "hex");
  const passed = Buffer.from("532a4d18" + "03000000" + "aabbcc", "hex");
  const ends = new Set([raw.length, raw.length + two.length, raw.length + two.length + passed.length]);
  const bytes = Buffer.concat([raw, two, passed]);
  for (const step of [1, 2, 5, bytes.length]) {
    for (let length = 0; length <= bytes.length; length++) {
      const frames = new ZstdFrames();
      for (let at = 0; at < length; at += step) frames.take(bytes.subarray(at, Math.min(length, at + step)));
      assert.equal(frames.isWhole, ends.has(length), `${length} bytes, ${step} at a time`);
    }
  }
  assert.throws(() => new ZstdFrames().take(Buffer.concat([raw, Buffer.from("more")])), /something comes behind its end/);
});
