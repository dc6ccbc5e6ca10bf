/** `--where`, `--order` and `--format` of the commands for rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "./helpers/store.js";

test("commands take conditions and orders in SQL, and formats", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "name:text:unique", "n:int32:null:index"]);
  await store.ok(["create", "r", "id:uint32:pk", "t:uint32:index:references=t.id:cascade"]);
  const rows = [
    { id: 1, name: "a", n: 30 },
    { id: 2, name: "b", n: null },
    { id: 3, name: "c", n: 10 },
    { id: 4, name: "d,e", n: 20 },
  ];
  await store.ok(["insert", "t", ...rows.map((row) => JSON.stringify(row))]);
  await store.ok(["insert", "r", '{"id":1,"t":3}']);
  // What each prints was worked out by hand from the rows above.
  const csv = ["--format", "csv", "--columns", "id,name"];
  assert.equal(await store.ok(["scan", "t", "--where", "n >= ? AND id < ?", "20", "4", ...csv]), "id,name\n1,a\n");
  assert.equal(await store.ok(["export", "t", "--where", "n > 10", "--order", "n", ...csv]), 'id,name\n4,"d,e"\n1,a\n');
  assert.equal(await store.ok(["export", "t", "--where", "n > 25", ...csv]), "id,name\n1,a\n");
  assert.equal(
    await store.ok(["export", "t", "--order", "n DESC, id", "--format", "tsv", "--no-header"]),
    "1\ta\t30\n4\td,e\t20\n3\tc\t10\n2\tb\t\\N\n",
  );
  assert.equal(
    await store.ok(["scan", "t", "--order", "id DESC", "--offset", "1", "--limit", "2", ...csv]),
    "id,name\n3,c\n2,b\n",
  );
  assert.equal(await store.ok(["scan", "t", "--where", "n IS NULL", "--format", "ndjson"]), '{"id":2,"name":"b","n":null}\n');
  assert.equal(await store.ok(["scan", "t", "--count", "--where", "n <> 30"]), "2\n");
  assert.equal(
    await store.ok(["scan", "t", "--order", "name DESC", "--limit", "1"]),
    "id  name   n\n──  ────  ──\n 4  d,e   20\n",
  );
  assert.deepEqual(JSON.parse(await store.ok(["scan", "t", "--json", "--where", "id = 3", "--order", "id"])), {
    ok: { rows: [rows[2]], after: null },
  });
  assert.equal(await store.ok(["get", "t", "3", "1", "--format", "csv"]), "id,name,n\n3,c,10\n1,a,30\n");
  assert.equal(await store.ok(["get", "t", "2", "--format", "json"]), '[\n{"id":2,"name":"b","n":null}\n]\n');
  assert.equal(await store.ok(["update", "t", '{"n":11}', "--where", "name = ?", "c"]), "updated 1 row\n");
  assert.equal(await store.ok(["update", "t", '{"n":0}', "--where", "n > 15"]), "updated 2 rows\n");
  assert.equal(await store.ok(["delete", "t", "--where", "id = 3"]), "deleted 1 row, and 1 row that referred to them\n");
  assert.equal(await store.ok(["delete", "t", "--where", "n = 5"]), "deleted 0 rows\n");
  assert.equal(await store.ok(["delete", "t", "--where", "true", "--json"]), '{"ok":{"deleted":3,"cascaded":0}}\n');
  const wrong: [string[], string, number, RegExp][] = [
    [["scan", "t", "--where", "m > 1"], "COLUMN_NOT_FOUND", 1, /where, line 1, column 1: there is no column m/],
    [["export", "t", "--order", "n LIMIT 1"], "SQL_SYNTAX", 1, /orderBy, line 1, column 3: /],
    [["scan", "t", "--order", "n", "--index", "n"], "BAD_REQUEST", 1, /orderBy goes without index/],
    [["scan", "t", "--order", "n", "--count"], "USAGE", 2, /--order goes without --count/],
    [["scan", "t", "more"], "USAGE", 2, /scan has no use for more/],
    [["delete", "t"], "USAGE", 2, /delete needs KEY/],
    [["update", "t", "--where", "true"], "USAGE", 2, /update needs JSON/],
    [["get", "t", "1", "--where", "true"], "USAGE", 2, /--where/],
    [["scan", "t", "--format", "xml"], "USAGE", 2, /there is no format xml/],
  ];
  for (const [words, code, status, pattern] of wrong)
    assert.match(await store.fails(code, status, words), pattern, words.join(" "));
});
