/**
 * What `import --create` makes of what it reads: types that values behind the sample don't bend, keys whose values differ however they are
 * written, headers with cells that have no name; and sources that are no text in UTF-8, which are told for what they are.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { deflateRawSync, gzipSync } from "node:zlib";
import { modulePath } from "../host/paths.js";
import { SAMPLE_BYTES, smallWindowModule } from "./helpers/small-window.js";
import { type CommandRun, runCommand } from "./torture/command.js";
import { Disk, Image } from "./torture/disk.js";

let usual: WebAssembly.Module;
let small: WebAssembly.Module;
before(async () => {
  usual = new WebAssembly.Module(readFileSync(modulePath()));
  small = await smallWindowModule();
});

interface Made {
  readonly run: CommandRun;
  /** What `schema` prints, and the rows, after a fine run. */
  readonly schema: string;
  readonly rows: readonly unknown[];
}

/** Runs `import t` on a new store (or on `disk`) and looks at what it made. The input is standard input, or with `name` a file. */
function importInto(
  input: string | Uint8Array,
  options: readonly string[],
  { module = usual, disk = new Disk(), name = "-" }: { module?: WebAssembly.Module; disk?: Disk; name?: string } = {},
): Made {
  const bytes = Buffer.from(input);
  const work = name === "-" ? disk : Disk.of(new Map([...disk.images(), [name, Image.of(bytes)]]));
  const words = ["data/store.db", "import", "t", name === "-" ? name : `data/${name}`, ...options];
  const run = runCommand(module, work, words, { stdin: name === "-" ? bytes : "" });
  assert.equal(run.trap, "");
  if (run.status !== 0) return { run, schema: "", rows: [] };
  const schema = runCommand(usual, work, ["data/store.db", "schema", "t"]).stdout.trim();
  const { stdout } = runCommand(usual, work, ["data/store.db", "export", "t", "--format", "ndjson"]);
  const check = runCommand(usual, work, ["data/store.db", "check"]);
  assert.equal(check.status, 0, check.stdout);
  const rows = stdout.split("\n").filter((line) => line !== "");
  return { run, schema, rows: rows.map((line) => JSON.parse(line) as unknown) };
}

function create(format: string, input: string | Uint8Array, ...options: string[]): Made {
  return importInto(input, ["--format", format, "--create", ...options]);
}

// ---- behind the sample ----

/** A type that a sample gives, a value of it, and texts that can be read as one but are not written like one. */
const BENT: readonly (readonly [string, string, readonly string[]])[] = [
  ["int64", "7", ["007", "+5", "-05"]],
  ["uint64", "18446744073709551615", ["+1", "01"]],
  ["decimal", "1.50", ["007.5", "+1.5", "00"]],
  ["boolean", "true", ["1", "0"]],
  ["uuid", "9e3779b9-7f4a-7c15-f39c-c0605cedc832", ["9e3779b97f4a7c15f39cc0605cedc832"]],
];

/** Rows of which the first ones fill the sample, and the last one has `late`. */
function sampledCsv(value: string, late: string): string {
  const count = Math.ceil(SAMPLE_BYTES / 4) + 1;
  return `k,v\n${Array.from({ length: count }, (_, at) => `k${at},${value}\n`).join("")}last,${late}\n`;
}

test("a value behind the sample is of the type as it is written, or an error: nothing is bent", () => {
  for (const [type, value, texts] of BENT) {
    const options = ["--format", "csv", "--create"];
    const fine = importInto(sampledCsv(value, value), options, { module: small });
    assert.equal(fine.schema, `create t k:text:pk v:${type}:null`, type);
    for (const late of texts) {
      const input = sampledCsv(value, late);
      const { run } = importInto(input, options, { module: small });
      assert.equal(run.status, 1, `${type} ${late}`);
      const line = input.split("\n").length - 1;
      assert.match(
        run.stderr,
        new RegExp(`BAD_VALUE: line ${line}, column v: "${late.replace("+", "\\+")}" is not plainly an? ${type}`),
      );
      assert.match(run.stderr, /import a file by its name, or add --types v=text; nothing was imported/);
      // By its name the file is read as a whole, and --types decides for itself.
      const whole = importInto(input, options, { name: "in.csv" });
      assert.equal((whole.rows.at(-1) as { v: unknown }).v, late);
      const chosen = importInto(input, [...options, "--types", "v=text"], { module: small });
      assert.deepEqual(
        chosen.rows,
        whole.rows.map((row) => ({ ...(row as object) })),
      );
      const typed = importInto(input, [...options, "--types", `v=${type}`], { module: small });
      assert.equal(typed.run.status, 0, typed.run.stderr);
    }
  }
});

test("the same in TSV, NDJSON and JSON, where a string is no number and a number is no boolean", () => {
  const filler = (of: (at: number) => string, between: string): string =>
    Array.from({ length: SAMPLE_BYTES / 4 }, (_, at) => of(at)).join(between);
  const tsv = `k\tv\n${filler((at) => `k${at}\t5`, "\n")}\nlast\t05\n`;
  assert.match(
    importInto(tsv, ["--format", "tsv", "--create"], { module: small }).run.stderr,
    /column v: "05" is not plainly an int64/,
  );
  const cases: [string, string, string][] = [
    ["7", '"007"', "007"],
    ["7", '"7"', "7"],
    ["true", "1", "1"],
    ["true", '"true"', "true"],
    ["1.5", '"1.5"', "1.5"],
  ];
  for (const [value, late, shown] of cases) {
    const rows = `${filler((at) => `{"k":"k${at}","v":${value}}`, "\n")}\n{"k":"last","v":${late}}`;
    for (const format of ["ndjson", "json"]) {
      const input = format === "ndjson" ? rows : `[${rows.replaceAll("\n", ",\n")}]`;
      const { run } = importInto(input, ["--format", format, "--create"], { module: small });
      assert.equal(run.status, 1, `${format} ${late}`);
      assert.match(
        run.stderr,
        new RegExp(`line 17, column v: .*${shown.replace(".", "\\.")}.* is not plainly an? `),
        `${format} ${late}`,
      );
    }
  }
});

test("--skip-bad leaves out what would be bent, and a column that comes late can be chosen", () => {
  const skipped = importInto(sampledCsv("5", "007"), ["--format", "csv", "--create", "--skip-bad"], { module: small });
  assert.equal(skipped.run.status, 0);
  assert.match(skipped.run.stderr, /skipped line 19, column v: "007"/);
  const rows = `${Array.from({ length: 10 }, (_, at) => `{"k":${at}}`).join("\n")}\n{"k":99,"late":"x"}`;
  const refused = importInto(rows, ["--format", "ndjson", "--create"], { module: small });
  assert.match(refused.run.stderr, /COLUMN_NOT_FOUND: line 11: .*first 16 MiB.*--types NAME=TYPE/);
  const made = importInto(rows, ["--format", "ndjson", "--create", "--types", "late=text"], { module: small });
  assert.equal(made.schema, "create t k:int64:pk late:text:null");
  assert.deepEqual(made.rows.at(-1), { k: "99", late: "x" });
});

test("--types gives columns their types, and says what is wrong with it", () => {
  const csv = "id,zip,rgb\n1,01234,00ff00\n2,,ff0000\n";
  assert.equal(
    create("csv", csv, "--types", "zip=text,id=uint16,rgb=custom(rgb,3)").schema,
    "create t id:uint16:pk zip:text:null 'rgb:custom(rgb,3)'",
  );
  assert.equal(create("csv", csv, "--types", '{"zip":"int32"}').schema, "create t id:int32:pk zip:int32:null rgb:text");
  assert.equal(create("csv", "a=b,c\n1,2\n", "--types", "a=b=int8").schema, "create t 'a\\=b:int8:pk' c:int32");
  const fails = (types: string, message: RegExp): void => assert.match(create("csv", csv, "--types", types).run.stderr, message);
  fails("zip", /USAGE: --types needs NAME=TYPE/);
  fails("zip=txt", /USAGE: --types: column zip: there is no type txt/);
  fails("zip=text:pk", /USAGE: --types: column zip: only a type is wanted/);
  fails("zip=text,zip=int8", /USAGE: --types names zip twice/);
  fails("zap=text", /COLUMN_NOT_FOUND: --types: the source has no column zap; did you mean zip\?/);
  fails('{"zip":5}', /USAGE: --types: the type of zip is no string/);
  fails("zip=uint8", /BAD_VALUE: line 2, column zip: "01234" is not a uint8/);
  assert.match(importInto(csv, ["--format", "csv", "--types", "zip=text"]).run.stderr, /USAGE: --types goes with --create/);
});

// ---- keys ----

test("a key is chosen by values, not by how they are written", () => {
  const UUID = "9e3779b9-7f4a-7c15-f39c-c0605cedc832";
  const spellings: [string, string][] = [
    [UUID, UUID.toUpperCase()],
    ["2026-02-28T12:30", "2026-02-28 12:30:00.000Z"],
    ["0", "-0"],
  ];
  for (const [one, other] of spellings) {
    const csv = create("csv", `a,b\n${one},x\n${other},y\n`);
    assert.equal(csv.run.status, 0, csv.run.stderr);
    assert.match(csv.schema, /^create t id:uint32:pk:auto a:/, one);
    const quote = one === "0" ? "" : '"';
    const json = create("ndjson", `{"a":${quote}${one}${quote}}\n{"a":${quote}${other}${quote}}`);
    assert.match(json.schema, /^create t id:uint32:pk:auto a:/, one);
  }
  // Spelled differently and different, or of a type that keeps the spelling.
  assert.match(create("csv", "a,b\n2026-02-28T12:30Z,x\n2026-02-28T12:30+01:00,y\n").schema, /^create t a:datetime:pk /);
  assert.match(create("csv", `a,b\n${UUID},x\n${UUID.toUpperCase()},y\nz,z\n`).schema, /^create t a:text:pk /);
  assert.match(create("csv", "a,b\n0,x\n-0,y\nz,z\n").schema, /^create t a:text:pk /);
  assert.match(create("csv", "a,b\n1,x\n01,y\n", "--types", "a=int32").schema, /^create t id:uint32:pk:auto a:int32/);
  assert.match(create("csv", "a,b\n1,x\n01,y\n", "--types", "a=text").schema, /^create t a:text:pk /);
});

// ---- headers ----

test("cells of the header without a name get one by their position, and the same file goes into the table again", () => {
  const csv = ",x,,\n1,2,3,4\n";
  const made = create("csv", csv);
  assert.equal(made.schema, "create t column1:int32:pk x:int32 column3:int32 column4:int32");
  const taken = create("csv", ",column1,\na,b,c\n");
  assert.equal(taken.schema, "create t column1_:text:pk column1:text column3:text");
  const disk = new Disk();
  importInto(csv, ["--format", "csv", "--create"], { disk });
  const again = importInto(csv.replace("1,2,3,4", "5,6,7,8"), ["--format", "csv"], { disk });
  assert.deepEqual(again.rows.at(-1), { column1: 5, x: 6, column3: 7, column4: 8 });
  const other = importInto(",,x\n1,2,3\n", ["--format", "csv"], { disk });
  assert.match(other.run.stderr, /line 1: the header's name 2 is empty/);
});

test("a header that is one cell shorter than all rows leaves out the rows' names", () => {
  const r = '"mpg","cyl"\n"Mazda RX4",21,6\n"Datsun 710",22.8,4\n';
  const made = create("csv", r);
  assert.equal(made.schema, "create t column1:text:pk mpg:decimal cyl:int32");
  assert.deepEqual(made.rows[0], { column1: "Mazda RX4", mpg: "21", cyl: 6 });
  const space = create("csv", r.replaceAll(",", " "), "--delimiter", " ");
  assert.deepEqual(space.rows, made.rows);
  assert.deepEqual(create("tsv", r.replaceAll(",", "\t").replaceAll('"', "")).rows, made.rows);
  const disk = new Disk();
  importInto(r, ["--format", "csv", "--create"], { disk });
  assert.deepEqual(importInto('"mpg","cyl"\n"Fiat",30,4\n', ["--format", "csv"], { disk }).rows.at(-1), {
    column1: "Fiat",
    mpg: "30",
    cyl: 4,
  });
  // Not all of the rows: they are malformed, and the first of them is named.
  assert.match(create("csv", "a,b\n1,2,3\n4,5\n").run.stderr, /line 2: the row has 3 cells, the header names 2/);
  assert.match(create("csv", "a,b\n1,2\n4,5,6\n").run.stderr, /line 3: the row has 3 cells, the header names 2/);
  const skipped = create("csv", "a,b\n1,2,3\n4,5\n", "--skip-bad");
  assert.deepEqual(skipped.rows, [{ a: 4, b: 5 }]);
});

test("a header that another character divides further is told, whatever the number of its cells", () => {
  const option = /add --delimiter ';'/;
  const comma = ["--delimiter", ","];
  assert.match(
    create("csv", "id;price;qty\n1;2,50;3\n", ...comma).run.stderr,
    /line 2: the row has 2 cells, the header names 1; .*add --delimiter ';'/,
  );
  assert.match(create("csv", "id;name, first;city\n1;a, b;c\n", ...comma).run.stderr, option);
  const into = importInto("id;name, first;city\n", ["--format", "csv", ...comma], { disk: tableOf("id:int32:pk") });
  assert.match(into.run.stderr, option);
  assert.match(create("tsv", "a,b\n1,2\n").run.stderr, /add --format csv/);
  assert.match(create("csv", "a|b\n1|2\n", ...comma).run.stderr, /add --delimiter '\|'/);
  // One name with such a character is no header in the wrong format.
  assert.doesNotMatch(create("csv", "name,roles (a;b)\nx,y\n", ...comma).run.stderr, /--delimiter/);
});

function tableOf(...columns: string[]): Disk {
  const disk = new Disk();
  assert.equal(runCommand(usual, disk, ["data/store.db", "create", "t", ...columns]).status, 0);
  return disk;
}

// ---- what is no text ----

/** A zip archive with one file, by its specification (APPNOTE 4.3.7): a local header, then the data. */
function zipOf(name: string, text: string): Buffer {
  const data = deflateRawSync(text);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(text.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), data]);
}

function bigEndian(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

const TEXTS: Readonly<Record<string, string>> = {
  csv: "id,name\r\n1,é\r\n",
  tsv: "id\tname\n1\tx\n",
  ndjson: '{"id":1,"name":"日本一"}\n',
  json: '[{"id":1}]',
};

test("UTF-16 is read as what it is: with a mark or without, in every format, from a file and a pipe", () => {
  for (const [format, text] of Object.entries(TEXTS)) {
    const forms: [Buffer, RegExp][] = [
      [Buffer.from(`\ufeff${text}`, "utf16le"), /note: read with the encoding utf-16le \(to choose otherwise: --encoding\)/],
      [bigEndian(`\ufeff${text}`), /utf-16be/],
      [Buffer.from(text, "utf16le"), /utf-16le/],
      [bigEndian(text), /utf-16be/],
    ];
    const plain = create(format, text);
    for (const [bytes, message] of forms) {
      for (const made of [create(format, bytes), importInto(bytes, ["--create"], { name: `in.${format}` })]) {
        assert.match(made.run.stderr, message, `${format} ${bytes.toString("hex")}`);
        assert.equal(made.schema, plain.schema);
        assert.deepEqual(made.rows, plain.rows);
      }
    }
  }
  const japanese = Buffer.from(`名前,一\n${"日本一,丁\n".repeat(300)}`, "utf16le");
  assert.match(create("csv", japanese).run.stderr, /utf-16le/);
  const dump = Buffer.from('\ufeff{"quire":"dump"}\n', "utf16le");
  assert.match(runCommand(usual, new Disk(), ["data/s.db", "load"], { stdin: dump }).stderr, /standard input is UTF-16/);
});

test("text with zero bytes, and text that only begins like something else, is text", () => {
  assert.equal(create("csv", "a,b\nx\0y,\0\n").run.status, 0);
  assert.equal(create("csv", "PK,BZh9\n1,2\n").run.status, 0);
  assert.equal(create("csv", "PAR1,PAR2\n1,2\n").run.status, 0);
  assert.equal(create("csv", `a\n${"é".repeat(2000)}\n`).run.status, 0);
});

test("gzip, zip, xlsx and others are told for what they are, whatever the file is called", () => {
  const forms: [Buffer, RegExp][] = [
    [gzipSync("id,name\n1,x\n"), /is compressed with gzip; npx quire reads it; or unpack it first: gzip -dc/],
    [zipOf("[Content_Types].xml", "<Types/>"), /is a zip archive, as \.xlsx and \.ods files are; /],
    [Buffer.from("d0cf11e0a1b11ae1", "hex"), /is an old Office file/],
    [Buffer.from("28b52ffd2004", "hex"), /compressed with zstd/],
    [Buffer.from("fd377a585a00", "hex"), /compressed with xz/],
    [Buffer.from("425a683931415926535900", "hex"), /compressed with bzip2/],
    [Buffer.from("SQLite format 3\0"), /is an SQLite database/],
    [Buffer.from("5041523115041500", "hex"), /is a Parquet file/],
  ];
  for (const [bytes, message] of forms) {
    for (const format of Object.keys(TEXTS)) assert.match(create(format, bytes).run.stderr, message);
    for (const name of ["in.csv", "in.csv.gz", "in.xlsx"]) {
      const { run } = importInto(bytes, ["--create"], { name });
      assert.equal(run.status, 1);
      assert.match(run.stderr, message, name);
    }
  }
  const plain = importInto("a,b\n1,2\n", ["--create"], { name: "in.txt" });
  assert.equal(plain.run.status, 2);
  assert.match(plain.run.stderr, /USAGE: data\/in\.txt does not tell its format/);
});

test("rows that end in a delimiter which the header has not are not taken for rows with names", () => {
  for (const [format, input] of [
    ["csv", "id,a\n1,2,\n3,4,\n"],
    ["tsv", "id\ta\n1\t2\t\n"],
  ] as const) {
    const { run } = create(format, input);
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /^quire: BAD_VALUE: line 2: rows have one cell more than the header, and the last one is always empty; end the header/,
    );
  }
  assert.deepEqual(create("csv", "id,a,\n1,2,\n").rows, [{ id: 1, a: 2, column3: null }]);
  assert.deepEqual(create("csv", ",id,a\n1,2,\n").rows, [{ column1: 1, id: 2, a: null }]);
  // Some of them have a last cell: those are what the last name is of.
  assert.deepEqual(create("csv", "id,a\nx,1,\ny,2,3\n").rows, [
    { column1: "x", id: 1, a: null },
    { column1: "y", id: 2, a: 3 },
  ]);
});

test("a line of more cells than a table has columns is refused at once", () => {
  const wide = Array.from({ length: 500_000 }, (_, at) => `c${at}`).join(",");
  const begun = performance.now();
  assert.match(create("csv", `${wide}\n`).run.stderr, /line 1: the header has 500000 names, a table at most 8192 columns/);
  assert.match(
    create("csv", `${wide}\n`, "--no-header").run.stderr,
    /the first row has 500000 cells, a table at most 8192 columns/,
  );
  // It took hours, by the square of how many there are.
  assert.ok(performance.now() - begun < 60_000);
});
