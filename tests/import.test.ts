/** `import`: the formats it reads, bad rows, batches, and that nothing remains of what fails. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fastRuntimes, testOnRuntimes } from "./helpers/runtimes.js";
import { sortedRows } from "./helpers/rows.js";
import { openStore, type Store } from "./helpers/store.js";

const PEOPLE = [
  "create",
  "people",
  "id:uint32:pk:auto",
  "name:text",
  "age:uint8:null",
  "note:text:null",
  "born:date:null:default=2000-01-01",
];

/** Imports `text` into the table people. */
function importText(store: Store, text: string | Uint8Array, ...options: string[]): Promise<string> {
  return store.ok(["import", "people", "-", ...options], { stdin: text });
}

/** The cells of the table people without the last column. */
async function people(store: Store): Promise<unknown[][]> {
  return (await store.rows("people")).map((row) => [row["id"], row["name"], row["age"], row["note"]]);
}

test("CSV: quotes, line breaks in cells, CRLF, CR, a byte order mark, blank lines, columns in any order", async (t) => {
  const store = openStore(t);
  await store.ok(PEOPLE);
  const rows = [
    "\ufeffname,note,id,age",
    '"Ada, ""Lady""","first\r\nsecond\n",10,36',
    "",
    "Bob,,,",
    '"","",30,"7"',
    'x"y,"a",40,8',
  ];
  const said = await importText(store, rows.join("\r\n"), "--format", "csv");
  assert.match(said, /^imported 4 rows into people in \d+\.\d\d s\n$/);
  assert.deepEqual(await people(store), [
    [10, 'Ada, "Lady"', 36, "first\r\nsecond\n"],
    [11, "Bob", null, null],
    [30, "", 7, ""],
    [40, 'x"y', 8, "a"],
  ]);
  assert.equal((await store.rows("people"))[0]?.["born"], "2000-01-01");
  await importText(store, "name\rold Mac\r", "--format", "csv");
  await importText(store, "name\nno end of line", "--format", "csv");
  assert.deepEqual((await people(store)).slice(4), [
    [41, "old Mac", null, null],
    [42, "no end of line", null, null],
  ]);
});

test("TSV: escapes, \\N for null, an empty cell of a text column is an empty text", async (t) => {
  const store = openStore(t);
  await store.ok(PEOPLE);
  const text = 'name\tnote\tage\na\\tb\\nc\\\\d\\re\t\\N\t1\n"quoted"\t\t\nC:\\dir\\\t\\\\N\t3\n';
  await importText(store, text, "--format", "tsv", "--escape", "\\");
  assert.deepEqual(await people(store), [
    [1, "a\tb\nc\\d\re", 1, null],
    [2, '"quoted"', null, ""],
    [3, "C:\\dir\\", 3, "\\N"],
  ]);
});

test("NDJSON and JSON: members in any order, missing ones, arrays, objects one after the other", async (t) => {
  const store = openStore(t);
  await store.ok(PEOPLE);
  await importText(store, '{"name":"a","age":1}\r\n\n  {"note":"\\u0000\\ud83e\\udd89","name":"b"}', "--format", "ndjson");
  await importText(store, ' [ {"name":"c"}\n,{"name":"d","age":null, "id": 9} ] ', "--format", "json");
  await importText(store, '{"name":"e{}[]\\"\\\\"}{"name":"f"}\n{"name":"g"}', "--format", "json");
  await importText(store, "[]", "--format", "json");
  await importText(store, "", "--format", "ndjson");
  assert.deepEqual(await people(store), [
    [1, "a", 1, null],
    [2, "b", null, "\0🦉"],
    [3, "c", null, null],
    [9, "d", null, null],
    [10, 'e{}[]"\\', null, null],
    [11, "f", null, null],
    [12, "g", null, null],
  ]);
});

test("the format comes from the file's name, or has to be given", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:int64:pk"]);
  const files = {
    "a.csv": "id\n1\n",
    "a.TSV": "id\n2\n",
    "a.jsonl": '{"id":3}\n',
    "a.ndjson": '{"id":4}',
    "a.json": '[{"id":"5"}]',
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(store.folder, name), text);
    await store.ok(["import", "t", `data/${name}`]);
  }
  assert.deepEqual(
    (await store.rows("t")).map((row) => row["id"]),
    ["1", "2", "3", "4", "5"],
  );
  assert.match(await store.fails("USAGE", 2, ["import", "t"]), /--format csv, tsv, ndjson or json/);
  await store.fails("USAGE", 2, ["import", "t", "--format", "xml"]);
  await store.fails("FILE_NOT_FOUND", 1, ["import", "t", "data/none.csv"]);
});

/** Sources that must be refused: what they are, their format, their text, the code, and what the message says. */
const REFUSED: [string, string, string, string, RegExp][] = [
  [
    "a value that does not fit",
    "csv",
    "name,age\na,1\nb,abc\n",
    "BAD_VALUE",
    /: line 3, column age: "abc" is not a uint8 \(0 to 255\)/,
  ],
  ["a value behind a cell of three lines", "csv", 'name,age\n"a\n\nb",1\nb,256\n', "BAD_VALUE", /: line 5, column age: "256"/],
  ["too few cells", "csv", "name,age\na\n", "BAD_VALUE", /: line 2: the row has 1 cell, the header names 2/],
  ["too many cells", "csv", "name,age\na,1,\n", "BAD_VALUE", /: line 2: the row has 3 cells, the header names 2/],
  ["an unknown column", "csv", "name,aeg\na,1\n", "COLUMN_NOT_FOUND", /: line 1: .*no column aeg; did you mean age\?/],
  ["a column twice", "csv", "name,name\na,b\n", "BAD_VALUE", /: line 1: the header names name twice/],
  ["a column without a name", "csv", "name,\na,b\n", "BAD_VALUE", /: line 1: the header's name 2 is empty/],
  ["a column that is needed", "csv", "age\n1\n", "NOT_NULL", /: line 1: the source has no column name/],
  ["a quote that is not closed", "csv", 'name\n"a\nb\nc', "BAD_VALUE", /: line 2: a quote is not closed/],
  ["text behind a quote", "csv", 'name\n"a"b\n', "BAD_VALUE", /: line 2: text follows a closing quote/],
  ["no header", "csv", "", "BAD_VALUE", /no header row in standard input/],
  [
    "bytes that are not UTF-8",
    "csv",
    "name\n\xff\x81\n",
    "BAD_VALUE",
    /: line 2, column name: .*not valid UTF-8; add --encoding windows-1252/,
  ],
  ["UTF-32", "csv", "\xff\xfe\0\0n\0\0\0", "BAD_VALUE", /standard input is UTF-32; convert it to UTF-8/],
  ["a key twice", "csv", "id,name\n5,a\n6,b\n5,c\n", "PRIMARY_KEY_CONFLICT", /: line 4: people has a row with id = 5 already/],
  ["a text of 70,000 bytes", "csv", `name\n${"x".repeat(70_000)}\n`, "RECORD_TOO_LARGE", /: line 2, column name: /],
  ["JSON that ends early", "ndjson", '{"name":"a"}\n{"name":\n', "BAD_VALUE", /: line 2: /],
  ["a line that is no object", "ndjson", '{"name":"a"}\n[1]\n', "BAD_VALUE", /: line 2: a row is an object/],
  [
    "an unknown member",
    "ndjson",
    '{"name":"a"}\n{"nam":"a"}\n',
    "COLUMN_NOT_FOUND",
    /: line 2: .*no column nam; did you mean name\?/,
  ],
  ["a member twice", "ndjson", '{"name":"a","name":"b"}\n', "BAD_VALUE", /: line 1: the row names column name twice/],
  ["a value that is missing", "ndjson", '{"age":1}\n', "NOT_NULL", /: line 1: people.name has no value/],
  ["an element that is no object", "json", '[\n{"name":"a"},\n7]', "BAD_VALUE", /: line 3: expected a row/],
  ["an array that is not closed", "json", '[{"name":"a"},\n{"name":"b"}\n', "BAD_VALUE", /: line 3: the array is not closed/],
  ["an object that is not closed", "json", '[{"name":"a"},\n{"name":"b"', "BAD_VALUE", /: line 2: an object is not closed/],
  ["no comma in an array", "json", '[{"name":"a"}\n{"name":"b"}]', "BAD_VALUE", /: line 2: expected ',' or '\]'/],
  [
    "something behind an array",
    "json",
    '[{"name":"a"}]\n\n{"name":"b"}',
    "BAD_VALUE",
    /: line 3: something comes behind the array/,
  ],
  ["another value than rows", "json", "7", "BAD_VALUE", /: line 1: expected a row/],
  [
    "a wrong date in JSON",
    "json",
    '[{"name":"a",\n"born":"2026-02-30"}]',
    "BAD_VALUE",
    /: line 1, column born: "2026-02-30" is not a date/,
  ],
];

for (const [what, format, text, code, message] of REFUSED) {
  test(`${what} (${format}) is named, and nothing remains of the import`, async (t) => {
    const store = openStore(t);
    await store.ok(PEOPLE);
    await importText(store, "id,name\n1,before\n", "--format", "csv");
    const before = store.bytes();
    const said = await store.fails(code, 1, ["import", "people", "--format", format], { stdin: Buffer.from(text, "latin1") });
    assert.match(said, message);
    assert.deepEqual(store.bytes(), before);
    assert.deepEqual(await people(store), [[1, "before", null, null]]);
  });
}

test("no file and no table remain of a failed import --create", async (t) => {
  const store = openStore(t);
  await store.fails("BAD_VALUE", 1, ["import", "t", "--create", "--format", "csv"], { stdin: "a,b\n1,2\n3\n" });
  assert.equal(existsSync(store.path), false);
  const twice = "k,b\n1,2\n3,4\n1,5\n";
  const said = await store.fails("PRIMARY_KEY_CONFLICT", 1, ["import", "t", "--create", "--format", "csv", "--key", "k"], {
    stdin: twice,
  });
  assert.match(said, /line 4: .*--key/);
  assert.equal(existsSync(store.path), false);
  await store.fails("FILE_NOT_FOUND", 1, ["import", "t", "--format", "csv"], { stdin: "a\n1\n" });
  assert.equal(existsSync(store.path), false);

  await store.ok(["create", "other", "id:uint32:pk"]);
  const before = store.bytes();
  await store.fails("PRIMARY_KEY_CONFLICT", 1, ["import", "t", "--create", "--format", "csv", "--key", "k"], { stdin: twice });
  assert.deepEqual(store.bytes(), before);
  await store.fails("TABLE_EXISTS", 1, ["import", "other", "--create", "--format", "csv"], { stdin: "id\n1\n" });
  await store.fails("USAGE", 2, ["import", "other", "--key", "id", "--format", "csv"], { stdin: "id\n1\n" });
});

test("--skip-bad leaves bad rows out, lists the first 20 and counts the others", async (t) => {
  const store = openStore(t);
  await store.ok(PEOPLE);
  const text = 'id,name,age\n1,a,1\n2,b,x\n3\n1,c,1\n4,"d"e,1\n5,f,2\n';
  const { status, stdout, stderr } = await store.run(["import", "people", "--format", "csv", "--skip-bad"], { stdin: text });
  assert.equal(status, 0);
  assert.match(stdout, /^imported 2 rows into people, skipped 4 bad ones, in /);
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines.length, 4);
  assert.match(lines[0] ?? "", /^skipped line 3, column age: "x" is not a uint8/);
  assert.match(lines[1] ?? "", /^skipped line 4: the row has 1 cell/);
  assert.match(lines[2] ?? "", /^skipped line 5: people has a row with id = 1 already/);
  assert.match(lines[3] ?? "", /^skipped line 6: text follows a closing quote/);
  assert.deepEqual(await people(store), [
    [1, "a", 1, null],
    [5, "f", 2, null],
  ]);

  const many = Array.from({ length: 5000 }, (_, at) => `{"name":"n${at}","age":${at % 2 === 0 ? 300 : 3}}`).join("\n");
  const second = await store.run(["import", "people", "--format", "ndjson", "--skip-bad"], { stdin: many });
  assert.match(second.stdout, /^imported 2500 rows into people, skipped 2500 bad ones, /);
  const listed = second.stderr.trimEnd().split("\n");
  assert.equal(listed.length, 21);
  assert.equal(listed[20], "skipped 2,480 more");

  const third = await store.run(["import", "people", "--format", "csv", "--skip-bad", "--json"], { stdin: "name,age\na,b\n" });
  const reply = JSON.parse(third.stdout) as Record<string, unknown>;
  assert.equal(reply["imported"], 0);
  assert.equal(reply["skipped"], 1);
  assert.deepEqual(
    (reply["bad"] as { line: number; code: string }[]).map(({ line, code }) => [line, code]),
    [[2, "BAD_VALUE"]],
  );
});

test("--batch commits every N rows, and the message says what stays", async (t) => {
  const store = openStore(t);
  await store.ok(PEOPLE);
  const lines = Array.from({ length: 25 }, (_, at) => `${at + 1},n${at}`);
  lines[23] = "24";
  const said = await store.fails("BAD_VALUE", 1, ["import", "people", "--format", "csv", "--batch", "10"], {
    stdin: `id,name\n${lines.join("\n")}\n`,
  });
  assert.match(said, /line 25: .*the 20 rows of the batches before stay/);
  assert.equal((await people(store)).length, 20);
  await store.fails("USAGE", 2, ["import", "people", "--format", "csv", "--batch", "0"]);
});

test("foreign keys and unique columns are looked at in an import", async (t) => {
  const store = openStore(t, { golden: "blog" });
  const users = await store.rows("users");
  const said = await store.fails("FOREIGN_KEY_BROKEN", 1, ["import", "posts", "--format", "ndjson"], {
    stdin: (await store.rows("posts"))
      .slice(0, 1)
      .map((row) => JSON.stringify({ ...row, id: 900_000, author: 4_000_000 }))
      .join("\n"),
  });
  assert.match(said, /^quire: FOREIGN_KEY_BROKEN: line 1: posts\.author = 4000000/);
  assert.deepEqual(sortedRows(await store.rows("users")), sortedRows(users));
});

test("--delimiter, --null and --no-header", async (t) => {
  const store = openStore(t);
  await store.ok(PEOPLE);
  await importText(store, "name;age;note\na,b;NA;\n", "--format", "csv", "--delimiter", ";", "--null", "NA");
  await importText(store, "10,x,5,,2001-01-01\n", "--format", "csv", "--no-header");
  await importText(store, "y,5,,2001-01-01\n", "--format", "csv", "--no-header");
  assert.deepEqual(await people(store), [
    [1, "a,b", null, ""],
    [10, "x", 5, null],
    [11, "y", 5, null],
  ]);
  await store.fails("BAD_VALUE", 1, ["import", "people", "--format", "csv", "--no-header"], { stdin: "1,2\n" });
});

test("lines are counted by LF, CRLF and CR, inside of quotes, too", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "a:text"]);
  for (const end of ["\n", "\r\n", "\r"]) {
    const stdin = ["id,a", '1,"x', "", 'y"', "2,z", "no,w"].join(end);
    const said = await store.fails("BAD_VALUE", 1, ["import", "t", "--format", "csv"], { stdin });
    assert.match(said, /line 6, column id/, JSON.stringify(end));
  }
});

test("a row longer than 16 MiB is refused before it fills the memory", async (t) => {
  const store = openStore(t);
  await store.ok(PEOPLE);
  const huge = Buffer.alloc(17 << 20, 0x61);
  for (const [format, start] of [
    ["csv", 'name\n"'],
    ["ndjson", '{"name":"'],
    ["json", '[{"name":"'],
  ] as const) {
    const said = await store.fails("RECORD_TOO_LARGE", 1, ["import", "people", "--format", format], {
      stdin: Buffer.concat([Buffer.from(start), huge]),
    });
    assert.match(said, /a row of standard input is longer than 16 MiB/);
  }
});

test("cells and rows of any length meet the window's edge", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "a:text", "b:text"]);
  // Row lengths around powers of two, so that quotes, escapes and line ends fall on every side of a reading's end.
  const rows = Array.from({ length: 400 }, (_, id) => ({
    id,
    a: `"${"x,".repeat((id * 331) % 1500)}\\`,
    b: "\r\n".repeat(id % 7) + '"',
  }));
  const csv = rows
    .map(({ id, a, b }) => [id, a, b].map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(","))
    .join("\r\n");
  await store.ok(["import", "t", "--format", "csv"], { stdin: `id,a,b\r\n${csv}` });
  assert.deepEqual(sortedRows(await store.rows("t")), sortedRows(rows));
  const second = openStore(t);
  await second.ok(["create", "t", "id:uint32:pk", "a:text", "b:text"]);
  await second.ok(["import", "t", "--format", "json"], { stdin: JSON.stringify(rows) });
  assert.deepEqual(sortedRows(await second.rows("t")), sortedRows(rows));
});

testOnRuntimes(
  "200,000 rows come in with the usual cache, in memory that does not grow with them",
  async (t, runtime) => {
    const store = openStore(t, { runtime });
    const source = (rows: number): string => {
      const lines = ["id,email,age,score,joined"];
      for (let id = 1; id <= rows; id++) {
        const mixed = (id * 7919) % 200_003;
        lines.push(
          `${id},u${mixed}@example.com,${mixed % 90},${mixed / 100},20${10 + (mixed % 15)}-0${1 + (mixed % 9)}-1${mixed % 10}`,
        );
      }
      return lines.join("\n") + "\n";
    };
    const memory: number[] = [];
    for (const rows of [50_000, 200_000]) {
      const table = `t${rows}`;
      writeFileSync(join(store.folder, `${table}.csv`), source(rows));
      await store.ok(["create", table, "id:uint32:pk", "email:text:unique", "age:uint8:index", "score:decimal", "joined:date"]);
      const reply = JSON.parse(await store.ok(["import", table, `data/${table}.csv`, "--json"])) as Record<string, number>;
      assert.equal(reply["imported"], rows);
      memory.push(reply["memoryBytes"] ?? Infinity);
      assert.equal((await store.ok(["scan", table, "--count"])).trim(), String(rows));
    }
    const [small = 0, large = 0] = memory;
    // 16 MiB of cache, 2 MiB of window, tables and code; what grows are lists of 4 to 12 bytes a page of 64 KiB.
    assert.ok(large <= 28 << 20, `${large} bytes`);
    assert.ok(large - small <= 12 << 20, `${small} bytes for 50,000 rows, ${large} for 200,000`);
    const [last] = (await store.rows("t200000")).filter((row) => row["id"] === 200_000);
    assert.deepEqual(last, { id: 200_000, email: "u176246@example.com", age: 26, score: "1762.46", joined: "2021-09-16" });
  },
  fastRuntimes,
);

/** `count` lines of a table with ids, names that are unique and in no order, and numbers of which each is there often. */
function mixedLines(count: number): string[] {
  return Array.from(
    { length: count },
    (_, at) => `${at + 1},name ${(at * 7919) % 40_009} ${"x".repeat(at % 50)},${(at * 31) % 97}`,
  );
}

const MIXED = [
  "create",
  "t",
  "id:uint32:pk",
  "name:text:unique",
  "n:uint32:index",
  "m:uint32:null:index=a",
  "o:uint32:null:index=a",
];

/** The rows of table t in the order of an index. */
async function byIndex(store: Store, column: string): Promise<Record<string, unknown>[]> {
  const reply = JSON.parse(await store.ok(["scan", "t", "--index", column, "--limit", "50000", "--json"])) as {
    ok: { rows: Record<string, unknown>[] };
  };
  return reply.ok.rows;
}

test("rows whose index entries wait for each other are the rows that come in one by one, and in all indexes", async (t) => {
  // More than twice what waits at most.
  const text = ["id,name,n", ...mixedLines(40_000)].join("\n");
  const [batched, single] = [openStore(t), openStore(t)];
  for (const [store, words] of [
    [batched, []],
    [single, ["--skip-bad"]],
  ] as const) {
    await store.ok(MIXED);
    await store.ok(["import", "t", "--format", "csv", ...words], { stdin: text });
  }
  for (const words of [["hash"], ["scan", "t", "--count"], ["scan", "t", "--index", "n"], ["scan", "t", "--index", "name"]])
    assert.equal(await batched.ok(words), await single.ok(words), words.join(" "));
  const names = (await byIndex(batched, "name")).map((row) => row["name"] as string);
  assert.equal(names.length, 40_000);
  assert.deepEqual(names, [...names].sort());
  const numbers = (await byIndex(batched, "n")).map((row) => row["n"] as number);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
});

/** What is put in a row's place (its line is two more, for the header), and which line is named with which error. */
const CONFLICTS: [string, [number, string][], string, RegExp][] = [
  ["twice in what waits together", [[7, "8,name 0 ,1"]], "UNIQUE_CONFLICT", /: line 9: another row of t has name = name 0 /],
  [
    "twice, far from each other",
    [[30_000, "30001,name 0 ,1"]],
    "UNIQUE_CONFLICT",
    /: line 30002: another row of t has name = name 0 /,
  ],
  [
    "more than once: the first is named",
    [
      [9000, "9001,name 0 ,1"],
      [12_000, "12001,name 7919 x,1"],
      [30_000, "30001,name 0 ,1"],
    ],
    "UNIQUE_CONFLICT",
    /: line 9002: /,
  ],
  [
    "before a row that is wrong otherwise",
    [
      [5000, "5001,name 0 ,1"],
      [6000, "6001,name,none"],
    ],
    "UNIQUE_CONFLICT",
    /: line 5002: /,
  ],
  [
    "behind a row that is wrong otherwise",
    [
      [4000, "1,name,1"],
      [5000, "5001,name 0 ,1"],
    ],
    "PRIMARY_KEY_CONFLICT",
    /: line 4002: t has a row with id = 1 already/,
  ],
];

for (const [what, rows, code, message] of CONFLICTS) {
  test(`a unique value ${what}`, async (t) => {
    const store = openStore(t);
    await store.ok(MIXED);
    const lines = mixedLines(40_000);
    for (const [at, line] of rows) lines[at] = line;
    const said = await store.fails(code, 1, ["import", "t", "--format", "csv"], { stdin: ["id,name,n", ...lines].join("\n") });
    assert.match(said, message);
    assert.match(said, /nothing was imported/);
    assert.equal(await store.ok(["scan", "t", "--count"]), "0\n");
  });
}

test("a unique value that is in the table is named, and the batches before stay", async (t) => {
  const store = openStore(t);
  await store.ok(MIXED);
  await store.ok(["insert", "t", '{"id":100,"name":"taken","n":1}']);
  const stdin = "id,name,n\n1,a,1\n2,b,1\n3,c,1\n4,taken,1\n5,e,1\n";
  const said = await store.fails("UNIQUE_CONFLICT", 1, ["import", "t", "--format", "csv", "--batch", "2"], { stdin });
  assert.match(said, /: line 5: another row of t has name = taken; the 2 rows of the batches before stay/);
  assert.deepEqual(
    (await byIndex(store, "name")).map((row) => row["id"]),
    [1, 2, 100],
  );
});

test("rows that refer to each other by another unique column than the key come in one by one, in any order", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "name:text:unique", "boss:text:null:references=t.name"]);
  await store.ok(["import", "t", "--format", "csv"], { stdin: "id,name,boss\n1,ann,\n2,bob,ann\n3,cy,bob\n" });
  const said = await store.fails("FOREIGN_KEY_BROKEN", 1, ["import", "t", "--format", "csv"], {
    stdin: "id,name,boss\n4,dee,eve\n5,eve,\n6,fay,ges\n",
  });
  assert.match(said, /: line 4: /);
  assert.equal(await store.ok(["scan", "t", "--count"]), "3\n");
  await store.ok(["import", "t", "--format", "csv"], { stdin: "id,name,boss\n4,dee,eve\n5,eve,\n" });
});
