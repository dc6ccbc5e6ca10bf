/** `export`: the rows of every golden file, in every format, and what formats do to values that are hard to write. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { goldenNames, goldenRows, layouts, type Row } from "./helpers/golden.js";
import { canonical, sortedRows, tablesInLoadOrder, withoutRows } from "./helpers/rows.js";
import { openStore, type Store } from "./helpers/store.js";

/** Text that formats stumble over. */
const HOSTILE = [
  "",
  " ",
  'say "hi"',
  '"',
  '""',
  "a,b",
  "a;b|c",
  "line\nbreak",
  "line\r\nbreak",
  "\r",
  "tab\there",
  "back\\slash \\n \\t \\\\",
  "\\N",
  "NULL",
  "null",
  "nul\0inside",
  "\u001b[31mred",
  'ends with a quote"',
  ",",
  "\n",
  "🦉 four bytes 𝄞",
  "ß é 日本語",
  "\ufeffmark",
  "\u0085\u2028",
  "x".repeat(5000),
];

async function hostileStore(store: Store): Promise<Row[]> {
  await store.ok(["create", "t", "id:uint32:pk", "a:text", "b:text:null", "c:blob:null", "n:int32:null"]);
  const rows: Row[] = HOSTILE.map((text, at) => ({
    id: at,
    a: text,
    b: at % 3 === 0 ? null : text,
    c: at % 4 === 0 ? null : Buffer.from(text).toString("hex"),
    n: at % 2 === 0 ? null : -at,
  }));
  await store.ok(["import", "t", "--format", "ndjson"], { stdin: rows.map((row) => JSON.stringify(row)).join("\n") });
  return rows;
}

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`every row of ${name} (${layout}) is exported`, async (t) => {
      const store = openStore(t, { golden: name, layout });
      for (const [table, rows] of Object.entries(goldenRows(name, layout))) {
        assert.deepEqual(sortedRows(await store.rows(table)), sortedRows(rows), table);
      }
    });

    // The rows are the same in both layouts, but for what only one of them has.
    if (layout === "0.11" && name !== "modern") continue;
    test(`${name} (${layout}) goes out and in again in every format`, async (t) => {
      const source = openStore(t, { golden: name, layout });
      const definitions = withoutRows(await source.ok(["dump"]));
      for (const format of ["csv", "tsv", "ndjson", "json"]) {
        const target = openStore(t);
        await target.ok(["load"], { stdin: definitions });
        for (const table of await tablesInLoadOrder(source)) {
          const text = await source.ok(["export", table, "--format", format]);
          await target.ok(["import", table, "--format", format], { stdin: text });
          assert.deepEqual(sortedRows(await target.rows(table)), sortedRows(await source.rows(table)), `${table} as ${format}`);
        }
      }
    });
  }
}

test("hostile text goes out and in again in every format, null and empty apart", async (t) => {
  const source = openStore(t);
  const rows = await hostileStore(source);
  assert.deepEqual(sortedRows(await source.rows("t")), sortedRows(rows));
  const cases = [
    ["csv"],
    ["tsv"],
    ["ndjson"],
    ["json"],
    ["csv", "--delimiter", ";"],
    ["csv", "--null", "NULL"],
    ["csv", "--no-header"],
  ];
  for (const [format = "", ...options] of cases) {
    const text = await source.ok(["export", "t", "--format", format, ...options]);
    const target = openStore(t);
    await target.ok(["create", "t", "id:uint32:pk", "a:text", "b:text:null", "c:blob:null", "n:int32:null"]);
    await target.ok(["import", "t", "-", "--format", format, ...options], { stdin: text });
    assert.deepEqual(sortedRows(await target.rows("t")), sortedRows(rows), `${format} ${options.join(" ")}`);
  }
});

test("CSV quotes only what it must", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:int64:pk", "a,b:text:null", "d:decimal:null"]);
  const rows = [
    { id: "1", "a,b": "plain text", d: "1.50" },
    { id: "2", "a,b": "", d: null },
    { id: "3", "a,b": null, d: "-0.1" },
    { id: "4", "a,b": 'a "b", c\nd', d: null },
  ];
  await store.ok(["import", "t", "--format", "json"], { stdin: JSON.stringify(rows) });
  assert.equal(
    await store.ok(["export", "t", "--format", "csv"]),
    'id,"a,b",d\n1,plain text,1.50\n2,"",\n3,,-0.1\n4,"a ""b"", c\nd",\n',
  );
  assert.equal(
    await store.ok(["export", "t", "--format", "tsv"]),
    'id\ta,b\td\n1\tplain text\t1.50\n2\t\t\\N\n3\t\\N\t-0.1\n4\ta "b", c\\nd\t\\N\n',
  );
  assert.equal(
    await store.ok(["export", "t", "--format", "csv", "--columns", "d,id", "--no-header"]),
    "1.50,1\n,2\n-0.1,3\n,4\n",
  );
  assert.equal(
    await store.ok(["export", "t", "--format", "csv", "--null", "-", "--columns", "a\\,b"]),
    '"a,b"\nplain text\n\n-\n"a ""b"", c\nd"\n',
  );
});

test("JSON is an array of one row a line, and NDJSON the same lines", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint8:pk", "doc:json:null"]);
  assert.equal(await store.ok(["export", "t", "--format", "json"]), "[\n]\n");
  assert.equal(await store.ok(["export", "t", "--format", "ndjson"]), "");
  await store.ok(["import", "t", "--format", "json"], { stdin: '[{"id":1,"doc":{"b": [1, 2.50], "a": null}},{"id":2}]' });
  assert.equal(
    await store.ok(["export", "t", "--format", "ndjson"]),
    '{"id":1,"doc":{"b":[1,2.50],"a":null}}\n{"id":2,"doc":null}\n',
  );
  assert.equal(
    await store.ok(["export", "t", "--format", "json"]),
    '[\n{"id":1,"doc":{"b":[1,2.50],"a":null}},\n{"id":2,"doc":null}\n]\n',
  );
  assert.equal(await store.ok(["export", "t", "--json"]), await store.ok(["export", "t", "--format", "json"]));
});

test("--numbers writes integers and decimals as JSON numbers with all their digits, and text as text", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint64:pk", "n:int64:null", "d:decimal:null", "s:text", "small:int8"]);
  const rows =
    '[{"id":18446744073709551615,"n":-9223372036854775808,"d":"0.10","s":"12","small":-1},' +
    '{"id":0,"n":null,"d":-7.5000000000000000000000000001,"s":"","small":2}]';
  await store.ok(["import", "t", "--format", "json"], { stdin: rows });
  const lines = [
    '{"id":18446744073709551615,"n":-9223372036854775808,"d":0.10,"s":"12","small":-1}',
    '{"id":0,"n":null,"d":-7.5000000000000000000000000001,"s":"","small":2}',
  ];
  assert.equal(await store.ok(["export", "t", "--format", "ndjson", "--numbers"]), lines.join("\n") + "\n");
  assert.equal(await store.ok(["scan", "t", "--format", "json", "--numbers", "--limit", "1"]), `[\n${lines[0] ?? ""}\n]\n`);
  // The same rows come in again.
  const again = openStore(t);
  await again.ok(["create", "t", "id:uint64:pk", "n:int64:null", "d:decimal:null", "s:text", "small:int8"]);
  await again.ok(["import", "t", "--format", "ndjson"], { stdin: lines.join("\n") });
  assert.deepEqual(await again.rows("t"), await store.rows("t"));
  assert.match(await store.fails("USAGE", 2, ["export", "t", "--numbers"]), /--numbers goes with --format ndjson or json/);
});

test("formats for people are aligned, keep control characters from the terminal, and lose nothing in Markdown", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "name:text:null"]);
  const rows = [
    { id: 7, name: "日本" },
    { id: 1000, name: "a|b\n\u001b[1m" },
    { id: 8, name: null },
  ];
  await store.ok(["import", "t", "--format", "json"], { stdin: JSON.stringify(rows) });
  const markdown = ["|   id | name            |", "| ---: | --------------- |"];
  markdown.push("|    7 | 日本            |", "| 1000 | a\\|b<br>\\x1b[1m |", "|    8 | NULL            |", "");
  assert.equal(await store.ok(["export", "t", "--format", "markdown"]), markdown.join("\n"));
  const line = "id   = 7\nname = 日本\n\nid   = 1000\nname = a|b\\n\\x1b[1m\n\nid   = 8\nname = NULL\n";
  assert.equal(await store.ok(["export", "t", "--format", "line"]), line);
  const table = (await store.ok(["export", "t"])).split("\n");
  assert.equal(table[0], "  id  name");
  assert.equal(table[2], "   7  日本");
  assert.equal(table[3], "1000  a|b\\n\\x1b[1m");
  assert.equal(table[4], "   8  NULL");
});

test("mistakes in an export are named", async (t) => {
  const store = openStore(t, { golden: "blog" });
  assert.match(
    await store.fails("USAGE", 2, ["export", "users", "--format", "xml"]),
    /formats: table, csv, tsv, ndjson, json, markdown, line/,
  );
  assert.match(await store.fails("TABLE_NOT_FOUND", 1, ["export", "user"]), /did you mean users\?/);
  await store.fails("COLUMN_NOT_FOUND", 1, ["export", "users", "--columns", "id,nome"]);
  await store.fails("USAGE", 2, ["export", "users", "--format", "csv", "--delimiter", "ab"]);
});

test("an export of half a million cells has the rows of its import, in their order", async (t) => {
  const store = openStore(t);
  const lines = ["id,a,b,c,d"];
  for (let id = 0; id < 100_000; id++)
    lines.push(`${id},${id * 7},${-id},2026-02-${(id % 28) + 1 < 10 ? "0" : ""}${(id % 28) + 1},${id % 2 === 0}`);
  const text = lines.join("\n") + "\n";
  writeFileSync(join(store.folder, "in.csv"), text);
  await store.ok(["import", "t", "data/in.csv", "--create"]);
  assert.equal(await store.ok(["export", "t", "--format", "csv"]), text);
  const rows = await store.rows("t");
  assert.equal(canonical(rows[99_999] ?? {}), '{"a":699993,"b":-99999,"c":"2026-02-12","d":false,"id":99999}');
});

test("a view is exported as a table is, and other commands name what reads it", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "name:text", "n:int64"]);
  await store.ok(["insert", "t", '{"id":1,"name":"a","n":5}', '{"id":2,"name":"b","n":7}']);
  await store.ok(["sql", `CREATE VIEW "the v" AS SELECT name, n * 2 AS twice FROM t`]);
  const csv = (...words: string[]): Promise<string> => store.ok(["export", "the v", "--format", "csv", ...words]);
  assert.equal(await csv("--order", "twice DESC"), "name,twice\nb,14\na,10\n");
  assert.equal(await csv("--columns", "twice", "--where", "name = ?", "b"), "twice\n14\n");
  assert.deepEqual(JSON.parse(await store.ok(["export", "THE V", "--json", "--order", "name"])), [
    { name: "a", twice: "10" },
    { name: "b", twice: "14" },
  ]);
  assert.match(await store.fails("COLUMN_NOT_FOUND", 1, ["export", "the v", "--columns", "id"]), /id/);
  assert.match(await store.fails("TABLE_NOT_FOUND", 1, ["scan", "the v"]), /the v is a view.*export and sql read its rows/);
});
