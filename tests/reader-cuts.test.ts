/**
 * What a reader of bytes makes of its input does not depend on where reads end: any input, cut into reads at any places, gives the same
 * file and the same words. CSV, TSV, NDJSON and JSON of `import`, the lines of `load` and of `serve`, from a file and from standard input;
 * through the module as it is, and through one whose window is so small that it moves and grows in every row.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { modulePath } from "../host/paths.js";
import { smallWindowModule } from "./helpers/small-window.js";
import { type CommandRun, runCommand } from "./torture/command.js";
import { Disk, Image } from "./torture/disk.js";
import { Random } from "./torture/random.js";

let usual: WebAssembly.Module;
let small: WebAssembly.Module;
before(async () => {
  usual = new WebAssembly.Module(readFileSync(modulePath()));
  small = await smallWindowModule();
});

type Files = ReadonlyMap<string, Image>;

/** Runs a command on the store of `files`; the disk afterwards is in `disk`. */
function runOn(module: WebAssembly.Module, disk: Disk, words: readonly string[], options = {}): CommandRun {
  return runCommand(module, disk, ["data/store.db", ...words], options);
}

/** The files of a store that these commands made. */
function storeOf(...commands: readonly string[][]): Files {
  const disk = new Disk();
  for (const words of commands) assert.equal(runOn(usual, disk, words).status, 0, words.join(" "));
  return disk.images();
}

/** Sizes of reads: `sizes` one after the other, then as much as is wanted. */
function reads(sizes: readonly number[]): (wanted: number) => number {
  let at = 0;
  return (wanted) => Math.min(wanted, sizes[at++] ?? wanted);
}

/** A command that reads an input, and what its files are before. */
interface Reader {
  readonly words: (source: string) => readonly string[];
  readonly files: () => Files;
  /** It reads standard input only. */
  readonly pipeOnly?: boolean;
}

/** What became of a run: its words, and its file. Times are left out; a pipe and a file have different names. */
interface Outcome {
  readonly said: string;
  readonly file: Uint8Array;
}

function outcome(run: CommandRun, disk: Disk): Outcome {
  const image = disk.files.get("store.db")?.current;
  const file = new Uint8Array(image?.size ?? 0);
  image?.read(0, file);
  const said = `${run.status} ${run.trap}\n${run.stdout}${run.stderr}`;
  return { said: said.replaceAll(/ in \d+\.\d+ s$/gm, "").replaceAll(/standard input|data\/in\.x/g, "the source"), file };
}

/** The outcome of reading `input` in reads of these sizes. */
function read(
  module: WebAssembly.Module,
  reader: Reader,
  input: Uint8Array,
  from: "file" | "pipe",
  sizes: readonly number[],
): Outcome {
  const next = reads(sizes);
  const disk = Disk.of(new Map([...reader.files(), ["in.x", Image.of(input)]]));
  const run =
    from === "pipe"
      ? runOn(module, disk, reader.words("-"), { stdin: input, stdinReads: next })
      : runOn(module, disk, reader.words("data/in.x"), {
          hook: (name: string, file: string) => (name === "read" && file === "in.x" ? { most: next(1 << 30) } : undefined),
        });
  return outcome(run, disk);
}

function sameOutcome(got: Outcome, wanted: Outcome, what: string): void {
  assert.equal(got.said, wanted.said, what);
  assert.ok(Buffer.compare(got.file, wanted.file) === 0, `${what}: the files differ`);
}

/** Reads `input` cut at each place, byte by byte, and at random places, and compares. Returns what all of them said. */
function compareCuts(reader: Reader, input: Uint8Array, what: string): string {
  const whole = read(usual, reader, input, "pipe", []);
  assert.doesNotMatch(whole.said, /^null/, `${what}: ${whole.said}`);
  for (let at = 1; at < input.length; at++) sameOutcome(read(usual, reader, input, "pipe", [at]), whole, `${what}, cut at ${at}`);
  const random = new Random(input.length + 1);
  for (let round = 0; round < 4; round++) {
    const sizes = Array.from(input, () => (round === 0 ? 1 : 1 + random.below(5)));
    for (const from of reader.pipeOnly === true ? (["pipe"] as const) : (["pipe", "file"] as const)) {
      const where = `${what}, from a ${from} in reads of ${sizes.slice(0, 20).join(" ")}`;
      sameOutcome(read(usual, reader, input, from, sizes), whole, where);
      sameOutcome(read(small, reader, input, from, sizes), whole, `${where}, small window`);
    }
  }
  return whole.said;
}

/** The rows of `t` that a reader makes of `input`. */
function rowsOf(reader: Reader, input: Uint8Array): unknown[][] {
  const disk = Disk.of(reader.files());
  const run = runOn(usual, disk, reader.words("-"), { stdin: input });
  assert.equal(run.status, 0, run.stderr);
  const { stdout } = runOn(usual, disk, ["export", "t", "--format", "ndjson", "--columns", "a,b"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Object.values(JSON.parse(line) as Record<string, unknown>));
}

const TABLE = ["create", "t", "n:uint32:pk:auto", "a:text:null", "b:text:null"];
let made: Files | null = null;
const importer = (format: string, ...options: string[]): Reader => ({
  words: (source) => ["import", "t", source, "--format", format, ...options],
  files: () => (made ??= storeOf(TABLE)),
});

const MARK = "\ufeff";
const A_B = [["1", "2"]];
const A_B_C_D = [
  ["1", "2"],
  ["3", "4"],
];

/** CSV, and the rows that it is; without them an error. */
const CSV: readonly (readonly [string, unknown[][] | null])[] = [
  ["a,b\r\n1,2\r\n3,4\r\n", A_B_C_D],
  ["a,b\r\n\r\n1,2\r\n\r\n\r\n3,4\r\n\r\n", A_B_C_D],
  ["a,b\n\n1,2\n\n3,4", A_B_C_D],
  ["a,b\r\r1,2\r\r3,4\r", A_B_C_D],
  ["\r\n\n\ra,b\n\r1,2\r\n\n\r\r\n3,4\n\r", A_B_C_D],
  [`${MARK}"a",b\r\n1,2\r\n`, A_B],
  [`${MARK}\r\na,b\r1,2`, A_B],
  [
    'a,b\r\n"1""",""""\r\n"",""""""\r\n',
    [
      ['1"', '"'],
      ["", '""'],
    ],
  ],
  [
    'a,b\n"x\r\ny","\r"\r"\n","\n\r"\n',
    [
      ["x\r\ny", "\r"],
      ["\n", "\n\r"],
    ],
  ],
  ['a,b\r\n"1","2"\r\n"3","4"\r', A_B_C_D],
  [
    "a,b\r\né,日本\r\n😀,\u2028\r\n",
    [
      ["é", "日本"],
      ["😀", "\u2028"],
    ],
  ],
  [
    "a,b\n,\n,2\n1,\n",
    [
      [null, null],
      [null, "2"],
      ["1", null],
    ],
  ],
  ['b,a\r\n"4",3\r\n', [["3", "4"]]],
  [
    "a\r\n1\r\n\r\n3",
    [
      ["1", null],
      [null, null],
      ["3", null],
    ],
  ],
  ["a,b\r\n1,2\r\n3\r\n", null],
  ['a,b\r\n1,2\r\n"3"x,4\r\n5,6\r\n', null],
  ['a,b\r\n1,"2\r\n3,4\r\n', null],
  ["a,b\r\n1,\xff\x81\r\n", null],
  ["", null],
  [MARK, null],
  ["\r\n\r", null],
];

/** Latin-1 where a text has bytes that are no UTF-8. */
function bytes(text: string): Buffer {
  return text.includes("\xff") ? Buffer.from(text, "latin1") : Buffer.from(text);
}

function checkAll(reader: Reader, inputs: readonly (readonly [string, unknown[][] | null])[]): void {
  for (const [text, rows] of inputs) {
    const what = JSON.stringify(text);
    const whole = compareCuts(reader, bytes(text), what);
    if (rows === null) assert.match(whole, /^1 .*\nquire: BAD_VALUE/, what);
    else {
      assert.match(whole, /^0 /, `${what}: ${whole}`);
      assert.deepEqual(rowsOf(reader, bytes(text)), rows, what);
    }
  }
}

test("CSV cut anywhere", () => checkAll(importer("csv"), CSV));

/** CSV in other dialects and encodings, and the rows that it is. */
const SNIFFED: readonly (readonly [string | Buffer, unknown[][]])[] = [
  ["a;b\r\n1;2\r\n3;4\r\n", A_B_C_D],
  ["sep=|\r\na|b\r\n1|2\r\n3|4\r\n", A_B_C_D],
  ["Title\r\n\r\nMore\r\na\tb\r\n1\t2\r\n3\t4", A_B_C_D],
  [`${MARK}# x, y, z\r\na,b\r1,2\r3,4`, A_B_C_D],
  ["b, a \r\n2,1\r\n4,3\r\n", A_B_C_D],
  [Buffer.from(`${MARK}a,b\r\né,😀\r\n`, "utf16le"), [["é", "😀"]]],
  [Buffer.from(`${MARK}a;b\né;日`, "utf16le").swap16(), [["é", "日"]]],
  [Buffer.from("a,b\r\n\xe9,\x80\r\n", "latin1"), [["é", "€"]]],
];

test("CSV in other dialects and encodings, cut anywhere", () => {
  for (const [text, rows] of SNIFFED) {
    const input = Buffer.from(text);
    assert.match(compareCuts(importer("csv"), input, JSON.stringify(text)), /^0 /);
    assert.deepEqual(rowsOf(importer("csv"), input), rows);
  }
});

test("CSV without a header, and with bad rows left out, cut anywhere", () => {
  for (const [text] of CSV.slice(0, 6))
    compareCuts(importer("csv", "--no-header"), bytes(text), `no header: ${JSON.stringify(text)}`);
  for (const [text, rows] of CSV) {
    if (rows === null) compareCuts(importer("csv", "--skip-bad"), bytes(text), `skip bad: ${JSON.stringify(text)}`);
  }
});

test("TSV cut anywhere", () =>
  checkAll(importer("tsv", "--escape", "\\"), [
    ["a\tb\r\n\r\n1\t2\r\n\r3\t4\r\n", A_B_C_D],
    [`${MARK}a\tb\r1\t2\r`, A_B],
    [
      "a\tb\n\\t\\n\t\\\\\\r\\\\\n\\N\t\\x\\\n",
      [
        ["\t\n", "\\\r\\"],
        [null, "\\x\\"],
      ],
    ],
    ['a\tb\n"é\t😀"\n', [['"é', '😀"']]],
    ["a\tb\r\n1\t2\t3\r\n", null],
  ]));

test("quotes and backslashes that are found out, cut anywhere", () => {
  const found: readonly (readonly [string, string, unknown[][]])[] = [
    ["tsv", 'a\tb\n"1\t""2"\tC:\\new\n', [['1\t"2', "C:\\new"]]],
    ["tsv", "a\tb\n\\\\\\t\t\\N\n", [["\\\t", null]]],
    ["tsv", "a\tb\nC:\\new\t\\N\n", [["C:\\new", null]]],
    [
      "csv",
      'a,b\n"1\\"\\\\",x\n"\\"",\\n\n',
      [
        ['1"\\', "x"],
        ['"', "\n"],
      ],
    ],
  ];
  for (const [format, text, rows] of found) {
    assert.match(compareCuts(importer(format), Buffer.from(text), JSON.stringify(text)), /^0 /);
    assert.deepEqual(rowsOf(importer(format), Buffer.from(text)), rows, text);
  }
});

test("NDJSON cut anywhere", () =>
  checkAll(importer("ndjson"), [
    ['{"a":"1","b":"2"}\r\n\r\n \t\n{"a":"3","b":"4"}', A_B_C_D],
    [`${MARK}{"b":"2",\t"a":1}\n`, A_B],
    ['{"a":"\\"\\\\","b":"\\u00e9\\ud83d\\ude00é😀"}\n', [['"\\', "é😀é😀"]]],
    ['{"a":"1"\n,"b":2}\n', null],
    ['{"a":1}\r{"a":2}', null],
    ["[1]\n", null],
  ]));

test("JSON cut anywhere", () =>
  checkAll(importer("json"), [
    ['[{"a":"1","b":"2"},\r\n\r\n{"a":"3","b":"4"}]\r\n', A_B_C_D],
    [
      `${MARK}\r\n{"b":"2","a":1}\r\r{}`,
      [
        ["1", "2"],
        [null, null],
      ],
    ],
    [
      ' [ {"a":"}\\"]{","b":"\\\\"} , {"b":"é😀"} ] ',
      [
        ['}"]{', "\\"],
        [null, "é😀"],
      ],
    ],
    ["[]", []],
    ["", []],
    ['[{"a":1}', null],
    ['[{"a":1}{"a":2}]', null],
    ['{"a":"1\\', null],
    ['[{"a":1}] x', null],
    ["\r\n[\n{\n}\n,\n1\n]", null],
  ]));

test("a table made of the input: CSV, NDJSON and JSON cut anywhere", () => {
  const create = (format: string): Reader => ({
    words: (source) => ["import", "t", source, "--format", format, "--create"],
    files: () => new Map(),
  });
  for (const text of ["\r\na\r\n1\r\n\r\n", "a,b\r\n\r\nx,1\r\n\r\ny,2", `${MARK}a;b\r1;2`, ",,x\r\n1,2,3\r\n", 'a,b\n"1,2\n'])
    compareCuts(create("csv"), Buffer.from(text), JSON.stringify(text));
  for (const text of [
    "a;b\nx;1,5\ny;-2,25\n",
    "a,b\nx,NA\ny, 1/13/2026\n",
    "a,b\n3/4/2026,1\n",
    "#c\n#d,e\nx,1\ny,2\n",
    "1,x\n2,y\n",
    "T,,\n,,\na,b,c\nx,1,2\n",
  ])
    compareCuts(create("csv"), Buffer.from(text), JSON.stringify(text));
  compareCuts(create("ndjson"), Buffer.from('{"a":"é"}\r\n\r\n{"b":1}'), "ndjson");
  compareCuts(create("json"), Buffer.from(`${MARK}[{"a":"é"},\r\n{"b":[1,"}"]}]`), "json");
});

test("a dump cut anywhere, whole and damaged", () => {
  const disk = Disk.of(storeOf(TABLE, ["insert", "t", '{"a":"é\\n\\"","b":"😀"}']));
  const dump = runOn(usual, disk, ["dump"]).stdout;
  assert.match(dump, /"end":\{"rows":1\}/);
  const load: Reader = { words: (source) => ["load", source], files: () => new Map() };
  const rows = (text: string): string => compareCuts(load, Buffer.from(text), JSON.stringify(text.slice(-60)));
  assert.match(rows(dump), /^0 \nloaded 1 table with 1 row/);
  assert.match(rows(MARK + dump.replaceAll("\n", "\r\n").replace(/\r\n$/, "")), /^0 \nloaded 1 table with 1 row/);
  assert.match(rows(dump.replace(/"schemaHash":"[0-9a-f]+",/, "")), /^0 \nloaded 1 table with 1 row/);
  assert.match(rows(dump.replaceAll("\n", "\n\r\n")), /^0 \nloaded 1 table with 1 row/);
  assert.match(rows(dump.slice(0, -12)), /^1 \nquire: BAD_VALUE/);
});

test("requests cut anywhere", () => {
  const serve: Reader = { words: () => ["serve"], files: importer("csv").files, pipeOnly: true };
  const lines = ['{"op":"insert","table":"t","row":{"a":"é😀"}}', "", " \t", '{"op":"get","table":"t","key":1}', '{"op":'];
  const replies = compareCuts(serve, Buffer.from(lines.join("\r\n")), "serve");
  assert.equal(replies.match(/"ok"/g)?.length, 2);
  assert.equal(replies.match(/"BAD_REQUEST"/g)?.length, 1);
});

test("rows, blank lines and line ends at every side of the window's end, of 64 KiB and of 256 KiB", () => {
  const reader = importer("csv");
  const tails = ["\r\n\r\n1,2\r\n", "\r\r1,2\r", "\n\n1,2", '\r\n"1""","2"\r\n', "\r\n1,é\r\n", "\r\n\r", "\r\n1,2\r\n\r", "\r"];
  for (const edge of [65_536, 262_144, 2 * 262_144]) {
    for (const tail of tails) {
      for (let before = 1; before <= tail.length; before++) {
        // A row that ends so that the edge is behind the tail's first bytes.
        const row = `x,${"y".repeat(30_000)}\r\n`;
        const head = `a,b\r\n${row.repeat(Math.floor((edge - 10_000) / row.length))}`;
        const last = `z,${"w".repeat(edge - before - head.length - 2)}`;
        const input = Buffer.from(head + last + tail + "\r\nlast,row\r\n");
        const whole = read(usual, reader, input, "pipe", []);
        const what = `${JSON.stringify(tail)} with ${before} before byte ${edge}`;
        assert.match(whole.said, /^0 \nimported \d+ rows/, what);
        const sizes = Array.from({ length: 40 }, () => 65_536);
        sameOutcome(read(usual, reader, input, "pipe", sizes), whole, what);
        sameOutcome(read(usual, reader, input, "file", []), whole, what);
      }
    }
  }
});
