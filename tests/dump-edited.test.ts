/**
 * Dumps that were edited: the recipe of `help dump`, step by step, and mistakes, which are told before rows come in. And rows that `insert`
 * reads from standard input.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { modulePath } from "../host/paths.js";
import { type CommandRun, runCommand } from "./torture/command.js";
import { Disk, Image } from "./torture/disk.js";

let module: WebAssembly.Module;
before(() => {
  module = new WebAssembly.Module(readFileSync(modulePath()));
});

const FILE = "data/store.db";

function must(disk: Disk, words: readonly string[], stdin = ""): string {
  const run = runCommand(module, disk, [FILE, ...words], { stdin });
  assert.equal(run.status, 0, `${words.join(" ")}: ${run.stderr}${run.trap}`);
  return run.stdout;
}

function rowsOf(disk: Disk, table: string): unknown[] {
  const text = must(disk, ["export", table, "--format", "ndjson"]);
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
}

/** A store with two tables, of which the second one has only columns of a fixed size, and its dump. */
function dumped(): string {
  const disk = new Disk();
  must(disk, ["create", "a", "id:uint32:pk:auto", "n:int32", "gone:text:null"]);
  must(disk, ["create", "z", "k:uint8:pk"]);
  must(disk, ["insert", "a", '{"n":7,"gone":"x"}', '{"n":8}']);
  must(disk, ["insert", "z", '{"k":1}']);
  return must(disk, ["dump"]);
}

/** Loads `dump` into a new store, from standard input or a file: how it ended, how many rows' lines were read, and the disk. */
function load(dump: string, from: "-" | "data/in.ndjson"): { run: CommandRun; disk: Disk } {
  const disk = Disk.of(from === "-" ? new Map<string, Image>() : new Map([["in.ndjson", Image.of(Buffer.from(dump))]]));
  const run = runCommand(module, disk, [FILE, "load", from], { stdin: from === "-" ? dump : "" });
  assert.equal(run.trap, "");
  return { run, disk };
}

const SOURCES = ["-", "data/in.ndjson"] as const;

test("help dump tells how a table is changed, and it works so", () => {
  const help = must(new Disk(), ["dump", "--help"]);
  for (const word of ["schemaHash", "columns", "alignment", "snapshot", "load"]) assert.ok(help.includes(word), word);
  const lines = dumped().split("\n");
  const edited = lines
    .map((line) => {
      if (line.startsWith('{"quire"')) return line.replace(/"schemaHash":"[0-9a-f]+",/, "");
      if (line.startsWith('{"table":"a"')) {
        const columns = '"columns":["id:uint32:pk:auto","n:text","added:uint8:default=5","more:date:null:index"]';
        return line.replace(/"columns":\[[^\]]*\]/, columns).replace(/"alignment":\d+,/, "");
      }
      if (line.startsWith('{"table":"z"'))
        return line.replace('"k:uint8:pk"', '"k:uint8:pk","extra:int64:null"').replace(/"alignment":\d+,/, "");
      return line.replace(/,"gone":(?:"x"|null)/, "");
    })
    .join("\n");
  for (const from of SOURCES) {
    const { run, disk } = load(edited, from);
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(rowsOf(disk, "a"), [
      { id: 1, n: "7", added: 5, more: null },
      { id: 2, n: "8", added: 5, more: null },
    ]);
    assert.deepEqual(rowsOf(disk, "z"), [{ k: 1, extra: null }]);
    must(disk, ["check"]);
    must(disk, ["insert", "a", '{"n":"9"}']);
    assert.equal((rowsOf(disk, "a")[2] as { id: number }).id, 3);
  }
});

test("a dump whose tables were changed fails before a row comes in: the last table's line, too", () => {
  const dump = dumped();
  const cases: [string, RegExp][] = [
    [
      dump.replace('"k:uint8:pk"', '"k:int8:pk"'),
      /^quire: BAD_SCHEMA: the tables do not have the schema hash .*remove schemaHash .*help dump/,
    ],
    [dump.replace('"k:uint8:pk"', '"k:uint7:pk"'), /^quire: BAD_SCHEMA: line 5, column k: there is no type uint7/],
    [dump.replace('"n:int32"', '"n:int64"'), /^quire: BAD_SCHEMA: the tables do not have/],
  ];
  for (const [text, message] of cases) {
    // A row that can't be loaded stands before the changed table: it is not come to.
    const bad = text.replace('{"id":1,"n":7', '{"id":1,"n":"no"');
    for (const from of SOURCES) {
      const { run, disk } = load(bad, from);
      assert.equal(run.status, 1);
      assert.match(run.stderr, message);
      assert.ok(!disk.files.has("store.db"));
    }
  }
  for (const from of SOURCES)
    assert.match(load(dump.replace('"n":7', '"n":"no"'), from).run.stderr, /BAD_VALUE: line 3, column n/);
});

test("a table whose rows are more or fewer than its line says fails where they end, with both lines, and nothing is made", () => {
  const dump = dumped();
  const row = '{"id":1,"n":7,"gone":"x"}\n';
  assert.ok(dump.includes(row));
  const cases: [string, RegExp][] = [
    [dump.replace(row, ""), /BAD_VALUE: line 4: table a has 1 row, and its line, line 2, says 2 rows/],
    [
      dump.replace(row, row + row.replace("1", "9")),
      /BAD_VALUE: line 5: table a has more rows than its line, line 2, says: 2 rows/,
    ],
    [dump.replace('{"k":1}\n', ""), /BAD_VALUE: line 6: table z has 0 rows, and its line, line 5, says 1 row/],
    [
      dump.replace('{"k":1}\n', '{"k":1}\n{"k":2}\n'),
      /BAD_VALUE: line 7: table z has more rows than its line, line 5, says: 1 row/,
    ],
    [dump.replace('"tables":2', '"tables":1'), /BAD_VALUE: line 5: the dump has more tables than its first line says: 1 table/],
    [dump.replace('"tables":2', '"tables":3'), /BAD_VALUE: the dump has 2 tables, its first line says otherwise/],
  ];
  for (const [text, message] of cases) {
    for (const from of SOURCES) {
      const { run, disk } = load(text.replace(/"schemaHash":"[0-9a-f]+",/, ""), from);
      assert.equal(run.status, 1, text);
      assert.match(run.stderr, message);
      assert.ok(!disk.files.has("store.db"));
    }
  }
});

/** A dump on standard input is looked ahead in for so many bytes. */
const KEPT = 16 << 20;

test("of a long dump on standard input the last table's line is compared with the hash, and not its last row", () => {
  const rows = Array.from({ length: 4500 }, (_, id) => JSON.stringify({ id, text: "x".repeat(4000) }));
  const lines = (...tables: string[][]): string =>
    [
      `{"quire":"dump","version":1,"layout":"0.9","schemaHash":"0000000000000001","tables":${tables.length}}`,
      ...tables.flatMap((table, at) => [
        JSON.stringify({ table: `t${at}`, rows: table.length, columns: ["id:uint32:pk", "text:text"] }),
        ...table,
      ]),
      "",
    ].join("\n");
  const other = /BAD_SCHEMA: the tables do not have the schema hash 0000000000000001/;
  // The hash is over all tables, and known at the last one's line: before a row of a single table, and of two behind the first one's.
  const broken = "no row";
  const one = lines([broken, ...rows]);
  assert.ok(one.length > KEPT);
  assert.match(load(one, "-").run.stderr, other);
  const two = lines(rows, [broken]);
  const { run, disk } = load(two, "-");
  assert.match(run.stderr, other);
  assert.ok(!disk.files.has("store.db"));
});

test("insert t - takes rows from standard input, all of them or none", () => {
  const disk = new Disk();
  must(disk, ["create", "t", "id:uint32:pk:auto", "a:text:unique"]);
  assert.equal(must(disk, ["insert", "t", "-"], '{"a":"é"}\n\n{"a":\n"y"}\n'), "inserted 2 rows: id = 1, 2\n");
  assert.equal(must(disk, ["insert", "t", "-"], '\ufeff[{"a":"z"}]'), "inserted 1 row: id = 3\n");
  assert.deepEqual(JSON.parse(must(disk, ["insert", "t", "-", "--json"], '{"a":"w"}')), { ok: { keys: [4] } });
  const fails = (stdin: string | Uint8Array, message: RegExp): void => {
    const run = runCommand(module, disk, [FILE, "insert", "t", "-"], { stdin });
    assert.equal(run.status, 1);
    assert.match(run.stderr, message);
  };
  fails('{"a":"n1"}\n{"a":"n2"', /BAD_VALUE: line 2: an object is not closed/);
  fails('{"a":"n1"}\n7', /BAD_VALUE: line 2: expected a row/);
  fails('{"a":"n1"}\n{"a":"y"}', /UNIQUE_CONFLICT/);
  fails("", /BAD_VALUE: there are no rows on standard input/);
  fails("[]", /BAD_VALUE: there are no rows/);
  fails(Buffer.from('{"a":1}', "utf16le"), /standard input is UTF-16LE/);
  assert.equal(rowsOf(disk, "t").length, 4);
});
