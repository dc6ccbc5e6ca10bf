/** `dump` and `load`: an equal database from the lines, byte for byte where JSON alone could not say it. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { goldenNames, layouts, type Json } from "./helpers/golden.js";
import { sortedRows, withoutRows } from "./helpers/rows.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, type Store } from "./helpers/store.js";

/** The dump's lines in an order that does not depend on that of the rows. */
const sortedLines = (dump: string): string[] => dump.trimEnd().split("\n").sort();

/** A store that holds what `dump` says. */
async function loaded(t: TestContext, dump: string, checkStatus = 0): Promise<Store> {
  const store = openStore(t, { checkStatus });
  await store.ok(["load"], { stdin: dump });
  return store;
}

/** What the page file's first page says of the schema: its hash. */
const schemaHash = (store: Store): bigint => store.bytes().readBigUInt64LE(0);

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`${name} (${layout}) becomes an equal database`, async (t) => {
      const store = openStore(t, { golden: name, layout });
      const dump = await store.ok(["dump"]);
      const copy = await loaded(t, dump);
      assert.deepEqual(sortedLines(await copy.ok(["dump"])), sortedLines(dump));
      if (name !== "empty") assert.equal(schemaHash(copy), schemaHash(store));
      for (const line of withoutRows(dump).split("\n")) {
        const table = line === "" ? undefined : (JSON.parse(line) as { table?: string }).table;
        if (table !== undefined) assert.deepEqual(sortedRows(await copy.rows(table)), sortedRows(await store.rows(table)));
      }
      if (layout === "0.9") assert.equal(await copy.ok(["acl", "list"]), await store.ok(["acl", "list"]));
    });
  }
}

test("counters are those of the dumped file, whatever the rows' numbers are", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk:auto", "n:int64:auto", "s:text:null"]);
  await store.ok(["insert", "t", "{}", '{"id":1000,"n":"-5"}']);
  await store.ok(["delete", "t", "1000"]);
  const copy = await loaded(t, await store.ok(["dump"]));
  assert.deepEqual(sortedLines(await copy.ok(["dump"])), sortedLines(await store.ok(["dump"])));
  for (const each of [store, copy]) {
    await each.ok(["insert", "t", "{}"]);
    assert.deepEqual((await each.rows("t")).at(-1), { id: 1001, n: "2", s: null });
  }
});

test("values that JSON can't say exactly come back as they were", async (t) => {
  const store = openStore(t, { checkStatus: null });
  await store.ok(["create", "t", "id:uint32:pk", "s:text", "doc:json:null", "d:decimal"]);
  await store.ok([
    "insert",
    "t",
    '{"id":1,"s":"caf#","doc":{"a":[1,22]},"d":"7.00"}',
    '{"id":2,"s":"ok","doc":{"a":1},"d":"-7.5"}',
  ]);
  await store.ok(["import", "t", "--format", "csv"], { stdin: "id,s,doc,d\n3,null,null,0.00\n" });
  const bytes = store.bytes();
  // Not UTF-8, white space in a document, zero with a sign: as other programs may have written them.
  const text = bytes.indexOf("caf#");
  bytes[text + 3] = 0xff;
  bytes.write('{"a":[1, 2]}', bytes.indexOf('{"a":[1,22]}'), "latin1");
  const decimal = bytes.indexOf("caf") + 4 + 1 + 2 + 12;
  assert.equal(bytes.readUInt32LE(decimal), 0x00020000);
  bytes.writeUInt32LE(0x80020000, decimal);
  bytes.fill(0, decimal + 4, decimal + 16);
  writeFileSync(store.path, bytes);

  const dump = await store.ok(["dump"]);
  const lines = dump.trimEnd().split("\n");
  const raw = lines.filter((line) => line.startsWith("["));
  // The first row, and the one whose document null would be taken for no document.
  assert.equal(raw.length, 2);
  assert.match(raw[0] ?? "", /^\["010000000400636166ff01/);
  const copy = await loaded(t, dump, 3);
  assert.deepEqual(sortedLines(await copy.ok(["dump"])), sortedLines(dump));
});

test("definitions that the columns' words can't say come back byte for byte", async (t) => {
  for (const name of ["migrated", "modern"] as const) {
    const layout = name === "modern" ? "0.11" : "0.9";
    const store = openStore(t, { golden: name, layout });
    const dump = await store.ok(["dump"]);
    const copy = await loaded(t, dump);
    assert.equal(schemaHash(copy), schemaHash(store));
  }
});

test("foreign keys to rows that come later, to their own table, and in a circle", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "nodes", "id:uint32:pk", "parent:uint32:null:references=nodes.id"]);
  await store.ok(["insert", "nodes", '{"id":9}', '{"id":3,"parent":9}']);
  await store.ok(["update", "nodes", "9", '{"parent":3}']);
  const dump = await store.ok(["dump"]);
  const copy = await loaded(t, dump);
  assert.deepEqual(sortedRows(await copy.rows("nodes")), sortedRows(await store.rows("nodes")));
  await copy.fails("FOREIGN_KEY_BROKEN", 1, ["insert", "nodes", '{"id":4,"parent":5}']);

  const circle = [
    { quire: "dump", version: 1, layout: "0.9", tables: 2 },
    { table: "a", rows: 1, columns: ["id:uint32:pk", "b:text:references=b.key"] },
    { id: 1, b: "x" },
    { table: "b", rows: 2, columns: ["key:text:pk", "a:uint32:null:references=a.id"] },
    { key: "x", a: 1 },
    { key: "y" },
    { end: { rows: 3 } },
  ];
  const text = (lines: object[]): string => lines.map((line) => JSON.stringify(line)).join("\n");
  const round = await loaded(t, text(circle));
  assert.deepEqual(await round.rows("a"), [{ id: 1, b: "x" }]);
  await round.fails("FOREIGN_KEY_RESTRICT", 1, ["delete", "b", "x", "--restrict"]);
  await loaded(t, await round.ok(["dump"]));

  const broken = openStore(t);
  circle[2] = { id: 1, b: "z" };
  const said = await broken.fails("FOREIGN_KEY_BROKEN", 1, ["load"], { stdin: text(circle) });
  assert.match(said, /a\.b = z: b has no row with that key; nothing was loaded/);
  assert.equal(existsSync(broken.path), false);
});

test("a dump that is cut, changed or no dump is refused, and leaves no file", async (t) => {
  const source = openStore(t, { golden: "blog" });
  const dump = await source.ok(["dump"]);
  const lines = dump.trimEnd().split("\n");
  const store = openStore(t);
  const refused = async (code: string, text: string, message: RegExp): Promise<void> => {
    assert.match(await store.fails(code, code === "UNSUPPORTED" ? 4 : 1, ["load"], { stdin: text }), message);
    assert.equal(existsSync(store.path), false);
  };
  for (const count of [1, 2, 3, lines.length - 1])
    await refused("BAD_VALUE", lines.slice(0, count).join("\n"), /the dump ends early/);
  await refused("BAD_VALUE", "", /the dump ends early/);
  await refused("BAD_VALUE", '{"id":1}\n', /this is no dump/);
  await refused("BAD_VALUE", "id,name\n1,a\n", /line 1: /);
  await refused("UNSUPPORTED", lines[0]?.replace('"version":1', '"version":2') ?? "", /version 2/);
  await refused("BAD_VALUE", `${dump}{}\n`, /something comes behind the dump's end/);
  await refused(
    "BAD_VALUE",
    [...lines.slice(0, 2), ...lines.slice(3)].join("\n"),
    /line 52: table users has 49 rows, .* says 50 rows/,
  );
  await refused("BAD_SCHEMA", dump.replace(/"schemaHash":"./, '"schemaHash":"x'), /schemaHash/);
  const twice = [...lines.slice(0, 3), lines[2] ?? "", ...lines.slice(4)].join("\n");
  await refused("PRIMARY_KEY_CONFLICT", twice, /^quire: PRIMARY_KEY_CONFLICT: line 4: .*nothing was loaded/);
});

test("load refuses a file that holds something, and keeps it as it was", async (t) => {
  const source = openStore(t, { golden: "blog" });
  const dump = await source.ok(["dump"]);
  const before = source.bytes();
  assert.match(await source.fails("TABLE_EXISTS", 1, ["load"], { stdin: dump }), /not empty/);
  assert.deepEqual(source.bytes(), before);
  const acl = openStore(t, { golden: "empty" });
  await acl.ok(["acl", "grant", "text:ada", "admin"]);
  await acl.fails("TABLE_EXISTS", 1, ["load"], { stdin: dump });
  const empty = openStore(t, { golden: "empty" });
  writeFileSync(join(empty.folder, "blog.ndjson"), dump);
  assert.match(await empty.ok(["load", "data/blog.ndjson"]), /^loaded 2 tables with 159 rows in \d+\.\d\d s\n$/);
  assert.deepEqual(sortedLines(await empty.ok(["dump"])), sortedLines(dump));
});

test("a dump goes into the other layout with --layout, but for an access control list", async (t) => {
  const source = openStore(t, { golden: "blog" });
  const other = openStore(t);
  await other.ok(["load", "--layout", "0.11"], { stdin: await source.ok(["dump"]) });
  const dump = await other.ok(["dump"]);
  assert.equal((JSON.parse(dump.split("\n")[0] ?? "") as Record<string, Json>)["layout"], "0.11");
  assert.equal(schemaHash(other), schemaHash(source));
  const acl = openStore(t, { golden: "acl" });
  const none = openStore(t);
  await none.fails("UNSUPPORTED", 4, ["load", "--layout", "0.11"], { stdin: await acl.ok(["dump"]) });
  assert.equal(existsSync(none.path), false);
});

testOnRuntimes("a dump is the same on every runtime", async (t, runtime) => {
  const store = openStore(t, { runtime, golden: "types" });
  const usual = openStore(t, { golden: "types" });
  assert.equal(await store.ok(["dump"]), await usual.ok(["dump"]));
});
