/** `import` of JSON whose rows are inside of objects, of GeoJSON, and of objects that are taken apart; cut at every place, broken, and huge. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { modulePath } from "../host/paths.js";
import { smallWindowModule } from "./helpers/small-window.js";
import { type CommandRun, runCommand } from "./torture/command.js";
import { Disk, Image } from "./torture/disk.js";

let usual: WebAssembly.Module;
let small: WebAssembly.Module;
before(async () => {
  usual = new WebAssembly.Module(readFileSync(modulePath()));
  small = await smallWindowModule();
});

interface Made extends CommandRun {
  readonly rows: readonly unknown[];
  readonly schema: string;
  /** What was noted, without "note: ". */
  readonly notes: readonly string[];
}

/** Imports the file data/in.json (or what `format` says) into table t, which is made unless `columns` made it before. */
function take(
  text: string,
  options: readonly string[] = [],
  { module = usual, columns = [] as string[], format = "json", stdin = false } = {},
): Made {
  const disk = Disk.of(new Map([[`in.${format}`, Image.of(Buffer.from(text))]]));
  if (columns.length > 0) runCommand(usual, disk, ["data/store.db", "create", "t", ...columns]);
  const create = columns.length > 0 ? [] : ["--create"];
  const source = stdin ? ["-", "--format", format] : [`data/in.${format}`];
  const words = ["data/store.db", "import", "t", ...source, ...create, ...options];
  const run = runCommand(module, disk, words, stdin ? { stdin: text } : {});
  assert.equal(run.trap, "");
  const notes = [...run.stderr.matchAll(/^note: (.*)$/gm)].map((match) => match[1] ?? "");
  if (run.status !== 0) return { ...run, rows: [], schema: "", notes };
  const exported = runCommand(usual, disk, ["data/store.db", "export", "t", "--format", "ndjson", "--numbers"]);
  const rows = exported.stdout.split("\n").filter((line) => line !== "");
  const schema = runCommand(usual, disk, ["data/store.db", "schema", "t"]).stdout.trim();
  return { ...run, rows: rows.map((line) => JSON.parse(line) as unknown), schema, notes };
}

function refused(text: string, message: RegExp, options: readonly string[] = [], more = {}): void {
  const { status, stderr } = take(text, options, more);
  assert.notEqual(status, 0, text);
  assert.match(stderr, message);
}

const INSIDE = `{"meta": {"n": 2, "tags": ["x", "]}"], "\\u0061": {}}, "d\\u0061ta": {"it.ems": [
  {"id": 1, "a": {"b": [{"c": 1}]}},
  {"id": 2, "a": null}
], "after": -1.5e3}, "z": null}`;
const INSIDE_ROWS = [
  { id: 1, a: { b: [{ c: 1 }] } },
  { id: 2, a: null },
];

test("the one array of objects inside of an object has the rows, and a note says so", () => {
  const made = take(INSIDE);
  assert.deepEqual(made.rows, INSIDE_ROWS);
  assert.equal(made.schema, "create t id:int32:pk a:json:null");
  assert.deepEqual(made.notes, ["the rows are the elements of data.it\\.ems; with --rows '' the outermost object is one"]);
  const named = take(INSIDE, ["--rows", "data.it\\.ems"]);
  assert.deepEqual(named.rows, INSIDE_ROWS);
  assert.deepEqual(named.notes, []);
  assert.deepEqual(take(INSIDE, ["--rows", ""]).rows, [{ id: 1, ...(JSON.parse(INSIDE) as object) }]);
  // With --json the note is in the reply.
  const { stdout } = take(INSIDE, ["--json"]);
  assert.match((JSON.parse(stdout) as { notes: string[] }).notes.join(), /^the rows are the elements of data/);
});

test("an object of objects has a row for each member, with its name as a column", () => {
  const text = '{"US": {"name": "States"}, "D\\"E": {"name": "Germany", "n": 1}}';
  const made = take(text);
  assert.deepEqual(made.rows, [
    { key: "US", name: "States", n: null },
    { key: 'D"E', name: "Germany", n: 1 },
  ]);
  assert.equal(made.schema, "create t key:text:pk name:text n:int32:null");
  assert.match(made.notes[0] ?? "", /each member of the outermost object is a row, with its name in key/);
  assert.equal(take(text, ["--key-as", "code"]).schema, "create t code:text:pk name:text n:int32:null");
  // Inside of an object it has to be named; the outermost one is a point.
  const inside = `{"v": 1, "all": {"countries": ${text}}}`;
  assert.deepEqual(take(inside, ["--rows", "all.countries", "--key-as", "c"]).rows, [
    { c: "US", name: "States", n: null },
    { c: 'D"E', name: "Germany", n: 1 },
  ]);
  assert.equal(take('{"only": {"x": 1}}', ["--rows", "."]).schema, "create t key:text:pk x:int32");
  // One object alone may be a value of a row.
  assert.equal(take('{"only": {"x": 1}}').schema, "create t id:uint32:pk:auto only:json");
  refused('{"a": {"key": 1}, "b": {}}', /line 1: the row has a member key itself; --key-as NAME makes another column/);
  refused('{"a": {"x": 1},\n "b": 2}', /line 2: expected a row: an object, as the others are/, ["--rows", "."]);
  const skipped = take('{"a": {"x": 1}, "b": [2, {}], "c": {"x": 3}, "d": "}"}', ["--rows", ".", "--skip-bad"]);
  assert.deepEqual(skipped.rows, [
    { key: "a", x: 1 },
    { key: "c", x: 3 },
  ]);
});

test("GeoJSON features have their properties as columns, and their geometry as JSON", () => {
  const feature = (id: string, properties: string): string =>
    `{"type": "Feature", ${id}"properties": ${properties}, "geometry": {"type": "Point", "coordinates": [1.50, -2]}}`;
  const geometry = { type: "Point", coordinates: [1.5, -2] };
  const made = take(
    `{"type": "FeatureCollection", "crs": {"a": 1}, "features": [${feature('"id": "x", ', '{"name": "n", "o": {"p": 1}}')},
    {"type": "Feature", "properties": null, "geometry": null}], "bbox": [1, 2]}`,
  );
  assert.deepEqual(made.rows, [
    { row_id: 1, id: "x", name: "n", o: { p: 1 }, geometry },
    { row_id: 2, id: null, name: null, o: null, geometry: null },
  ]);
  assert.match(made.notes[1] ?? "", /GeoJSON features, with their properties as columns/);
  // What features and properties both have keeps apart, whichever feature shows it.
  const twice = take(`[${feature('"id": 7, ', '{"id": "a"}')}, ${feature('"id": 8, ', '{"x": 1}')}]`, ["--flatten"]);
  assert.deepEqual(twice.rows, [
    { feature_id: 7, id: "a", geometry, x: null },
    { feature_id: 8, id: null, geometry, x: 1 },
  ]);
  const later = `[${feature('"id": 7, ', '{"x": 1}')}, ${feature("", '{"id": "a"}')}, ${feature('"id": 8, ', '{"id": "b"}')}]`;
  const apart = [
    { feature_id: 7, x: 1, geometry, id: null },
    { feature_id: null, x: null, geometry, id: "a" },
    { feature_id: 8, x: null, geometry, id: "b" },
  ];
  for (const stdin of [false, true]) {
    const rows = take(later, [], { stdin }).rows.map((row) => ({ ...(row as object), row_id: undefined }));
    assert.deepEqual(
      rows,
      apart.map((row) => ({ row_id: undefined, ...row })),
    );
  }
  const columns = ["n:uint32:pk:auto", "feature_id:int32:null", "id:text:null", "x:int32:null", "geometry:json:null"];
  assert.deepEqual(take(`[${feature('"id": 7, ', '{"x": 1}')}]`, [], { columns }).rows, [
    { n: 1, feature_id: 7, id: null, x: 1, geometry },
  ]);
  refused(later, /line 1: .*no column feature_id/, [], { columns: columns.filter((word) => !word.startsWith("feature_id")) });
  // One a line, and a row that merely is called one.
  assert.deepEqual(take(`${feature("", '{"a": 1}')}\n${feature("", '{"a": 2}')}\n`, [], { format: "ndjson" }).rows, [
    { a: 1, geometry },
    { a: 2, geometry },
  ]);
  assert.equal(take('[{"type": "Feature", "id": 1}]').schema, "create t type:text id:int32:pk");
});

test("--flatten takes objects in rows apart, to any depth, and leaves arrays", () => {
  const text = '[{"id": 1, "a": {"b": {"c": "x", "d": [{}]}, "e": null}, "f": {}}, {"id": 2, "a": {"e": 5}, "f": {"g": true}}]';
  const made = take(text, ["--flatten"]);
  assert.deepEqual(made.rows, [
    { id: 1, a_b_c: "x", a_b_d: [{}], a_e: null, f: {}, f_g: null },
    { id: 2, a_b_c: null, a_b_d: null, a_e: 5, f: null, f_g: true },
  ]);
  const lines = text.slice(1, -1).replace("}, {", "}\n{");
  assert.deepEqual(take(lines, ["--flatten"], { format: "ndjson" }).rows, made.rows);
  refused('[{"a": {"b": 1}, "a_b": 2}]', /line 1: the row names column a_b twice/, ["--flatten"]);
});

test("what is ambiguous or not there is refused by name, and rows that stand alone are what they were", () => {
  refused('{"a": [{"x": 1}], "b": {"c.d": [{}]}}', /objects in several arrays: a, b\.c\\\.d; name one with --rows, as --rows a;/);
  refused("[1]", /there is no a\.b: the outermost value is no object/, ["--rows", "a.b"]);
  refused('{"a": {"c": 1}, "d": {"b": []}}', /there is no a\.b in data\/in\.json/, ["--rows", "a.b"]);
  refused('{"a": {"b": 5}}', /a\.b is no array of objects, and no object/, ["--rows", "a.b"]);
  refused('{"a": [1]}', /line 1: there is no a\.b: a is no object/, ["--rows", "a.b"]);
  refused('{"a": [{}],\n"a": [{}]}', /line 2: a is there twice/, ["--rows", "a"]);
  refused('{"a": [{"x": 1}]}\n{"a": [{"x": 2}]}', /line 2: something comes behind the object/, ["--rows", "a"]);
  refused('{"a": [{"x": 1}]', /line 1: an object is not closed before the end/, ["--rows", "a"]);
  refused('{"a": [{"x": 1}], "b": [{"c": 1', /an object is not closed|objects in several arrays/);
  refused('{"a": [{"x": 1}] "b": 2}', /line 1: expected ',' or '}' behind a member/);
  refused('{"a": [{"x": 1}], b: 2}', /line 1: expected a name in quotes/);
  refused('{"a": [{"x": 1}], "b" 2}', /line 1: expected ':' behind a name/);
  refused('{"a": [{"x": 1}], "\\ud800": 2}', /line 1: .*surrogate|line 1: .*escape/);
  refused("[]", /--rows and --key-as go with --format json/, ["--rows", "a"], { format: "ndjson" });
  refused("a\n1\n", /--flatten goes with --format json or ndjson/, ["--flatten"], { format: "csv" });
  refused("{}", /--rows has more than 32 names/, ["--rows", "a.".repeat(40)]);
  // Objects one after the other are rows, whatever they have; and so is one whose names are columns.
  const two = take('{"id": 1, "list": [{"x": 1}]}\n{"id": 2, "list": []}');
  assert.deepEqual(two.rows, [
    { id: 1, list: [{ x: 1 }] },
    { id: 2, list: [] },
  ]);
  assert.deepEqual(two.notes, []);
  const known = { columns: ["id:int32:pk", "list:json"] };
  assert.deepEqual(take('{"id": 1, "list": [{"x": 1}]}', [], known).rows, [{ id: 1, list: [{ x: 1 }] }]);
  assert.deepEqual(take('{"rows": [{"id": 1, "list": [{"x": 1}]}]}', [], known).rows, [{ id: 1, list: [{ x: 1 }] }]);
});

test("rows inside of objects are the same wherever the source is cut, from a file and from standard input", () => {
  const members = '{"a\\\\\\"": {"k": [1, "}\\\\"], "o": {"p": "\\u00e9"}}, "b": {"k": [], "o": {}}}';
  // The sample of standard input ends before the rows: there they are named.
  const cases: [string, string[], string[]][] = [
    [INSIDE, [], ["--rows", "data.it\\.ems"]],
    [INSIDE, ["--rows", "data.it\\.ems", "--flatten"], []],
    [members, ["--flatten"], ["--rows", "."]],
    [
      `{"x": {"y": [${"[".repeat(50)}${"]".repeat(50)}], "long": "${"\\\\".repeat(40)}"}, "rows": ${members}}`,
      ["--rows", "rows"],
      [],
    ],
  ];
  for (const [text, options, named] of cases) {
    const wanted = take(text, options).rows;
    assert.equal(wanted.length, 2);
    for (let pad = 0; pad < 10; pad++) {
      const padded = " ".repeat(pad) + text;
      assert.deepEqual(take(padded, options, { module: small }).rows, wanted, `${pad}`);
      const columns = [
        "id:int32:pk:auto",
        "a:json:null",
        "a_b:json:null",
        "key:text:null",
        "k:json:null",
        "o:json:null",
        "o_p:text:null",
      ];
      const typed = (module: WebAssembly.Module): readonly unknown[] =>
        take(padded, [...options, ...named], { module, stdin: true, columns }).rows;
      assert.deepEqual(typed(small), typed(usual));
      assert.equal(typed(small).length, 2);
    }
  }
});

test("a source that ends anywhere is refused, and imports nothing", () => {
  for (let length = 1; length < INSIDE.length; length++) {
    const { status, stderr } = take(INSIDE.slice(0, length), [], { columns: ["id:int32:pk", "a:json:null"] });
    assert.equal(status, 1, INSIDE.slice(0, length));
    assert.match(stderr, /nothing was imported|line \d/);
  }
});

test("behind the sample of standard input a second array of objects is an error, not left out", () => {
  const text = `{"rows": [{"id": 1}, {"id": 2}], "filler": "${"x".repeat(200)}", "more": {"rows": [{"id": 3}]}}`;
  const found = take(text, [], { module: small, stdin: true });
  assert.match(found.stderr, /line 1: there are objects in rows and in more\.rows: name one with --rows/);
  const named = take(text, ["--rows", "rows"], { module: small, stdin: true, columns: ["id:int32:pk"] });
  assert.deepEqual(named.rows, [{ id: 1 }, { id: 2 }]);
});

test("what is around rows may be of any size, rows and their depth have a limit that is named", () => {
  const large = "x".repeat(17 << 20);
  const made = take(
    `{"blob": "${large}", "deep": ${"[".repeat(5000)}${"]".repeat(5000)}, "rows": [{"a": 1}], "end": "${large}"}`,
  );
  assert.deepEqual(
    made.rows,
    [{ id: 1, a: 1 }].map(({ a }) => ({ a })),
  );
  assert.ok(made.pages < 256, `${made.pages} pages`);
  refused(`{"rows": [{"a": "${large}"}]}`, /a row of data\/in\.json is longer than 16 MiB/);
  refused(`{"rows": [{"a": ${"[".repeat(200)}${"]".repeat(200)}}]}`, /nested too deep|deeper/);
  refused(`{"rows": [{"a": ${'{"b":'.repeat(200)}1${"}".repeat(200)}}]}`, /nested too deep|deeper/, ["--flatten"]);
  refused('{"rows": [{"a": "' + "y".repeat(70_000) + '"}]}', /column a: a text of 70000 bytes is above the limit/);
});

test("numbers beyond all floats are text, and no part of a document", () => {
  const text = '[{"id": 1, "x": 1e400}, {"id": 2, "x": -2.5}]';
  assert.equal(take(text).schema, "create t id:int32:pk x:text");
  assert.deepEqual(take(text).rows, [
    { id: 1, x: "1e400" },
    { id: 2, x: "-2.5" },
  ]);
  assert.equal(take(text, ["--types", "x=text"]).status, 0);
  refused(text, /line 1, column x: "1e400" is not a decimal/, ["--types", "x=decimal"]);
  refused('[{"id": 1, "x": {"y": [1e400]}}]', /line 1, column x: .* is not JSON: a number out of range/);
  assert.deepEqual(take('[{"id": 1, "x": {"y": 1e400}}]', ["--flatten"]).rows, [{ id: 1, x_y: "1e400" }]);
});

test("what is no JSON in a row is named by its line, and its place in the row", () => {
  refused('[{"id": 1,\n"x": 1},\n{"id": 2,\n"x": tru}]', /: line 4: expected a JSON value at byte 15 of row 2/);
  refused('{"id": 1}\n{"id": tru}\n', /: line 2: expected a JSON value at byte 7(;|$)/m, [], { format: "ndjson" });
  refused('[{"id": 1}]', /: line 1: a row is an object like .*; --format json reads arrays of them/, [], { format: "ndjson" });
});
