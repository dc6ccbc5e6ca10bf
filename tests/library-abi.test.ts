/** The library module as docs/abi.md has it: exports, handles, buffers, errors, memory. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { libraryPath, packageRoot } from "../host/paths.js";
import { AbiHost, text, u32 } from "./helpers/abi.js";
import { tempFolder } from "./helpers/store.js";

const page = readFileSync(join(packageRoot, "docs", "abi.md"), "utf8");

const hostFor = (t: TestContext): AbiHost => new AbiHost(tempFolder(t));

const rowOf = (...parts: Uint8Array[]): Buffer => Buffer.concat([u32(Buffer.concat(parts).length), ...parts]);

test("the page lists every export and every import", (t) => {
  const host = hostFor(t);
  const table = page.slice(page.indexOf("| export |"), page.indexOf("### open"));
  const listed = [...table.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]);
  assert.deepEqual(listed.sort(), host.names.sort());
  const module = new WebAssembly.Module(readFileSync(libraryPath()));
  const imports = (WebAssembly.Module as unknown as { imports(module: object): { module: string; name: string }[] }).imports(
    module,
  );
  assert.ok(imports.length > 10);
  for (const { module: from, name } of imports) {
    assert.equal(from, "wasi_snapshot_preview1");
    assert.ok(page.includes(`\`${name}\``), `docs/abi.md does not tell of ${name}`);
  }
  assert.equal(host.direct("abi_version"), 2);
});

test("several stores are open at once, each with its transaction and its layout", (t) => {
  const host = hostFor(t);
  const a = host.open("data/a.db");
  const b = host.open("data/b.db", { layout: "0.11", cacheBytes: 1 << 20 });
  assert.ok(a > 0 && b > 0 && a !== b);
  for (const store of [a, b]) host.ask(store, { op: "create", table: "t", columns: ["k:uint32:pk", "v:text:null"] });
  host.ask(a, { op: "begin" });
  assert.deepEqual(host.ask(a, { op: "insert", table: "t", row: { k: 1 } }), { keys: [1] });
  assert.deepEqual(host.ask(b, { op: "insert", table: "t", row: { k: 2 } }), { keys: [2] });
  host.ask(a, { op: "rollback" });
  assert.deepEqual(host.ask(a, { op: "scan", table: "t", columns: ["k"] }), { rows: [], after: null });
  assert.deepEqual(host.ask(b, { op: "scan", table: "t", columns: ["k"] }), { rows: [{ k: 2 }], after: null });
  assert.equal((host.ask(b, { op: "info" }) as { layout: string }).layout, "0.11");
  assert.equal(host.direct("close", a), 0);
  assert.equal(host.direct("close", a), -1);
  assert.equal(host.error, "BAD_REQUEST");
  assert.equal(host.call("request", '{"op":"tables"}', a), -1);
  assert.deepEqual(host.ask(b, { op: "scan", table: "t", count: true }), { count: 1 });
  assert.equal(host.open("data/a.db", { create: false, readonly: true }), a);
  assert.equal((host.ask(a, { op: "insert", table: "t", row: { k: 9 } }) as { code: string }).code, "READ_ONLY");
  for (const handle of [0, -1, 99, 2 ** 31 - 1]) assert.equal(host.call("request", "{}", handle), -1);
});

test("what open refuses", (t) => {
  const host = hostFor(t);
  for (const [code, bytes] of [
    ["BAD_REQUEST", ""],
    ["BAD_REQUEST", "[]"],
    ["BAD_REQUEST", "{}"],
    ["BAD_REQUEST", '{"path":1}'],
    ["BAD_REQUEST", '{"path":"data/a.db","path":"data/a.db"}'],
    ["BAD_REQUEST", '{"path":"data/a.db","readOnly":true}'],
    ["BAD_REQUEST", '{"path":"data/a.db","create":1}'],
    ["BAD_REQUEST", '{"path":"data/a.db","cacheBytes":-1}'],
    ["BAD_REQUEST", '{"path":"data/a.db","layout":"1"}'],
    ["BAD_REQUEST", '{"path":"data/a.db","durability":"never"}'],
    ["FILE_NOT_FOUND", '{"path":"data/a.db"}'],
    ["FILE_NOT_FOUND", '{"path":"data/a.db","create":true,"readonly":true}'],
    ["ACCESS_DENIED", '{"path":"elsewhere/a.db","create":true}'],
    ["FOLDER_NOT_FOUND", '{"path":"data/sub/a.db","create":true}'],
    ["ACCESS_DENIED", '{"path":"../a.db","create":true}'],
  ] as const) {
    assert.equal(host.call("open", bytes), -1, bytes);
    assert.equal(host.error, code, bytes);
  }
});

test("get, insert and scan with records", (t) => {
  const host = hostFor(t);
  const store = host.open("data/a.db");
  host.ask(store, { op: "create", table: "t", columns: ["k:uint32:pk:auto", "v:text:unique", "n:uint16:null:default=7"] });
  const table = host.call("open_table", "t", store);
  assert.ok(table > 0);
  // One row with k and v; then two, whose k is the next number, with n and without.
  assert.equal(host.call("insert", rowOf(Buffer.from([0b011]), u32(5), text("five")), table), 0);
  assert.deepEqual(host.reply, u32(5));
  const two = Buffer.concat([
    rowOf(Buffer.from([0b110]), text("é"), Buffer.from([1, 0x34, 0x12])),
    rowOf(Buffer.from([0b110]), text(""), Buffer.from([0])),
  ]);
  assert.equal(host.call("insert", two, table), 0);
  assert.deepEqual(host.reply, u32(6, 7));

  assert.equal(host.call("get", u32(5), table), 1);
  assert.deepEqual(host.reply, Buffer.concat([u32(5), text("five"), Buffer.from([1, 7, 0])]));
  assert.equal(host.call("get", u32(6), table), 1);
  assert.deepEqual(host.reply, Buffer.concat([u32(6), text("é"), Buffer.from([1, 0x34, 0x12])]));
  assert.equal(host.call("get", u32(8), table), 0);
  // Columns k and t are unique, n is not, and there is no fourth.
  assert.equal(host.call("get_by", text("five"), table, 1), 1);
  assert.deepEqual(host.reply, Buffer.concat([u32(5), text("five"), Buffer.from([1, 7, 0])]));
  assert.equal(host.call("get_by", u32(6), table, 0), 1);
  assert.equal(host.call("get_by", text("six"), table, 1), 0);
  for (const column of [2, 3, -1]) {
    assert.equal(host.call("get_by", u32(6), table, column), -1);
    assert.equal(host.error, "BAD_REQUEST");
  }
  assert.equal(host.call("get_by", u32(6), table, 1), -1);
  assert.equal(host.error, "BAD_VALUE");

  assert.equal(host.call("scan", '{"op":"scan","table":"t","columns":["n","k"],"limit":2}', store), 0);
  let reply = host.reply;
  assert.deepEqual(reply.subarray(0, 8), u32(2, 8 + 11 + 11));
  assert.deepEqual(
    reply.subarray(8, 30),
    Buffer.concat([u32(7), Buffer.from([1, 7, 0]), u32(5), u32(7), Buffer.from([1, 0x34, 0x12]), u32(6)]),
  );
  const after = reply.subarray(30).toString("latin1");
  assert.match(after, /^[0-9a-f]+$/);
  assert.equal(host.call("scan", JSON.stringify({ op: "scan", table: "t", columns: ["n", "k"], after }), store), 0);
  reply = host.reply;
  assert.deepEqual(reply, Buffer.concat([u32(1, 17), u32(5), Buffer.from([0]), u32(7)]));

  // All or none, and nothing that is no value.
  const bad: [string, Uint8Array][] = [
    ["BAD_REQUEST", new Uint8Array()],
    ["BAD_REQUEST", u32(0)],
    ["BAD_REQUEST", u32(100)],
    ["BAD_REQUEST", rowOf(Buffer.from([0b001]), Buffer.from([1, 2, 3]))],
    ["BAD_REQUEST", rowOf(Buffer.from([0b010]), Buffer.from([255, 255, 1]))],
    ["BAD_REQUEST", rowOf(Buffer.from([0b100]), Buffer.from([2, 0, 0]))],
    ["BAD_REQUEST", rowOf(Buffer.from([0b010]), text("x"), Buffer.from([0]))],
    ["BAD_REQUEST", Buffer.concat([rowOf(Buffer.from([0b010]), text("x")), u32(9)])],
    ["BAD_VALUE", rowOf(Buffer.from([0b010]), Buffer.from([1, 0, 0xff]))],
    ["NOT_NULL", rowOf(Buffer.from([0]))],
    [
      "PRIMARY_KEY_CONFLICT",
      Buffer.concat([rowOf(Buffer.from([0b010]), text("x")), rowOf(Buffer.from([0b011]), u32(5), text("y"))]),
    ],
  ];
  for (const [code, bytes] of bad) {
    assert.equal(host.call("insert", bytes, table), -1, Buffer.from(bytes).toString("hex"));
    assert.equal(host.error, code, Buffer.from(bytes).toString("hex"));
  }
  assert.deepEqual(host.ask(store, { op: "scan", table: "t", count: true }), { count: 3 });
  for (const key of [new Uint8Array(), new Uint8Array(3), new Uint8Array(5)]) {
    assert.equal(host.call("get", key, table), -1);
    assert.equal(host.error, "BAD_VALUE");
  }
  for (const request of ['{"op":"get","table":"t","key":1}', '{"op":"scan","table":"t","count":true}', "{"]) {
    assert.equal(host.call("scan", request, store), -1);
    assert.equal(host.error, "BAD_REQUEST");
  }
  assert.deepEqual(host.ask(store, { op: "check" }), { errors: 0, warnings: 0, notes: 0, omitted: 0, faults: [] });
});

test("update and remove with records", (t) => {
  const host = hostFor(t);
  const store = host.open("data/a.db");
  host.ask(store, { op: "create", table: "t", columns: ["k:text:pk", "v:uint16:null:default=7"] });
  host.ask(store, { op: "create", table: "child", columns: ["k:uint8:pk", "t:text:references=t.k:cascade"] });
  for (const k of ["a", "b"]) host.ask(store, { op: "insert", table: "t", row: { k } });
  for (const k of [1, 2]) host.ask(store, { op: "insert", table: "child", row: { k, t: "a" } });
  const table = host.call("open_table", "t", store);
  const change = (key: Uint8Array, ...set: Uint8Array[]): Buffer => Buffer.concat([u32(key.length), key, rowOf(...set)]);
  const u64 = (low: number): Buffer => u32(low, 0);

  assert.equal(host.call("update", change(text("a"), Buffer.from([0b10]), Buffer.from([1, 0x34, 0x12])), table), 1);
  assert.deepEqual(host.reply, u64(0));
  assert.equal(host.call("update", change(text("a"), Buffer.from([0b01]), text("A")), table), 1);
  assert.deepEqual(host.reply, u64(2));
  assert.equal(host.call("update", change(text("A"), Buffer.from([0])), table), 1);
  assert.equal(host.call("get", text("A"), table), 1);
  assert.deepEqual(host.reply, Buffer.concat([text("A"), Buffer.from([1, 0x34, 0x12])]));
  assert.equal(host.call("update", change(text("a"), Buffer.from([0])), table), 0);
  const good = change(text("b"), Buffer.from([0b10]), Buffer.from([0]));
  const bad: [string, Uint8Array][] = [
    ...Array.from({ length: good.length }, (_, len): [string, Uint8Array] => ["BAD_REQUEST", good.subarray(0, len)]),
    ["BAD_REQUEST", Buffer.concat([good, Buffer.from([0])])],
    ["BAD_REQUEST", Buffer.concat([u32(0xfffffffe), good.subarray(4)])],
    ["BAD_REQUEST", change(text("b"), Buffer.from([0b10]), Buffer.from([2]))],
    ["BAD_VALUE", change(Buffer.from([1, 0]), Buffer.from([0]))],
    ["BAD_VALUE", change(text("b"), Buffer.from([0b01]), Buffer.from([1, 0, 0xff]))],
    ["PRIMARY_KEY_CONFLICT", change(text("b"), Buffer.from([0b01]), text("A"))],
  ];
  for (const [code, bytes] of bad) {
    assert.equal(host.call("update", bytes, table), -1, Buffer.from(bytes).toString("hex"));
    assert.equal(host.error, code, Buffer.from(bytes).toString("hex"));
  }
  assert.equal(host.call("update", good, table), 1);
  assert.equal(host.call("remove", Buffer.from([1, 0]), table), -1);
  assert.equal(host.error, "BAD_VALUE");
  assert.equal(host.call("remove", text("A"), table), 1);
  assert.deepEqual(host.reply, u64(2));
  assert.equal(host.call("remove", text("A"), table), 0);
  assert.deepEqual(host.ask(store, { op: "scan", table: "t" }), { rows: [{ k: "b", v: null }], after: null });
  assert.deepEqual(host.ask(store, { op: "scan", table: "child", count: true }), { count: 0 });
  assert.equal((host.ask(store, { op: "check" }) as { errors: number }).errors, 0);
});

test("a table's handle is stale when the tables change, and gone with its store", (t) => {
  const host = hostFor(t);
  const store = host.open("data/a.db");
  assert.equal(host.call("open_table", "t", store), -1);
  assert.equal(host.error, "TABLE_NOT_FOUND");
  host.ask(store, { op: "create", table: "t", columns: ["k:uint8:pk"] });
  const table = host.call("open_table", "t", store);
  assert.equal(host.call("insert", rowOf(Buffer.from([1, 5])), table), 0);
  host.ask(store, { op: "begin" });
  host.ask(store, { op: "drop", table: "t" });
  host.ask(store, { op: "create", table: "t", columns: ["k:text:pk", "v:uint8"] });
  assert.equal(host.call("get", Buffer.from([5]), table), -2);
  assert.equal(host.call("insert", rowOf(Buffer.from([1, 6])), table), -2);
  assert.equal(host.call("update", Buffer.concat([u32(1), Buffer.from([5]), rowOf(Buffer.from([0]))]), table), -2);
  assert.equal(host.call("remove", Buffer.from([5]), table), -2);
  const other = host.call("open_table", "t", store);
  assert.equal(host.call("insert", rowOf(Buffer.from([3]), text("x"), Buffer.from([1])), other), 0);
  host.ask(store, { op: "rollback" });
  assert.equal(host.call("get", text("x"), other), -2);
  assert.equal(host.direct("close_table", other), 0);
  assert.equal(host.call("get", text("x"), other), -1);
  const again = host.call("open_table", "t", store);
  assert.equal(host.call("get", Buffer.from([5]), again), 1);
  assert.equal(host.direct("close", store), 0);
  assert.equal(host.call("get", Buffer.from([5]), again), -1);
  assert.equal(host.error, "BAD_REQUEST");
});

test("memory: names that are no table's leave nothing that stays, however many names there are to be compared with", (t) => {
  const host = hostFor(t);
  const store = host.open("data/many.db");
  assert.ok(store > 0);
  host.ask(store, { op: "begin" });
  for (let i = 1000; i < 1500; i++) host.ask(store, { op: "create", table: `t${i}`, columns: ["k:uint32:pk"] });
  host.ask(store, { op: "commit" });
  const get = JSON.stringify({ op: "get", table: "t10x0", key: 1 });
  const before = host.memory.buffer.byteLength;
  for (let i = 0; i < 300; i++) assert.equal(host.call("request", get, store), -1);
  const grown = host.memory.buffer.byteLength - before;
  assert.ok(grown <= before, `${before} bytes, then ${grown} more`);
  assert.equal(host.direct("close", store), 0);
});

test("memory: nothing is left behind by calls, by tables, or by stores that were closed", (t) => {
  const host = hostFor(t);
  let i = 0;
  const work = (rounds: number): void => {
    for (const end = i + rounds; i < end; i++) {
      const store = host.open(`data/${i % 3}.db`);
      assert.ok(store > 0);
      if (i < 3)
        host.ask(store, { op: "create", table: "t", columns: ["k:uint32:pk:auto", "v:text:unique", "n:uint16:null:index"] });
      const table = host.call("open_table", "t", store);
      host.ask(store, { op: "begin" });
      for (let j = 0; j < 10; j++) {
        assert.equal(host.call("insert", rowOf(Buffer.from([0b010]), text(`${i} ${j}`)), table), 0);
        assert.equal(host.call("get", host.reply, table), 1);
        const key = host.reply.subarray(0, 4);
        assert.equal(
          host.call("update", Buffer.concat([u32(4), key, rowOf(Buffer.from([0b100]), Buffer.from([1, j, 0]))]), table),
          1,
        );
        assert.equal(host.call("insert", rowOf(Buffer.from([0b010]), text(`${i} ${j}`)), table), -1);
        if (j === 9) assert.equal(host.call("remove", key, table), 1);
        host.ask(store, { op: "scan", table: "t", index: "n", limit: 3 });
        assert.equal(host.call("scan", '{"op":"scan","table":"t","index":"v","limit":3,"columns":["v"]}', store), 0);
      }
      host.ask(store, { op: i % 2 === 0 ? "commit" : "rollback" });
      host.ask(store, { op: "delete", table: "t", keys: [1] });
      assert.equal(host.direct("close", store), 0);
    }
  };
  work(60);
  const before = host.memory.buffer.byteLength;
  work(240);
  const grown = host.memory.buffer.byteLength - before;
  t.diagnostic(`${before / 65536} pages, then ${grown / 65536} more`);
  assert.ok(grown <= 4 * 65536, `240 more stores took ${grown} bytes`);
  assert.equal(host.direct("alloc", 2 ** 29 + 1), 0);
  assert.equal(host.direct("alloc", -1), 0);
  host.direct("free", 0);
  const empty = host.direct("alloc", 0);
  assert.ok(empty > 0);
  host.direct("free", empty);
});
