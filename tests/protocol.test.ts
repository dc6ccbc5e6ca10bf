/** docs/protocol.md is true: its examples are one session, each reply as the page has it; and `serve` keeps its promises. */
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { loadWasi } from "../host/node/wasi.js";
import { modulePath, packageRoot } from "../host/paths.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, tempFolder } from "./helpers/store.js";
import { runCommand } from "./torture/command.js";
import { Disk } from "./torture/disk.js";

const page = readFileSync(join(packageRoot, "docs", "protocol.md"), "utf8");

/** The examples: a request, as text, and the reply to it. */
function examples(): { request: string; reply: string }[] {
  const found: { request: string; reply: string }[] = [];
  let request = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("> ")) request = line.slice(2);
    if (line.startsWith("< ")) found.push({ request, reply: line.slice(2) });
  }
  return found;
}

/** The operations that the module knows, from the message for one that it does not. */
async function operations(request: (line: string) => Promise<unknown>): Promise<string[]> {
  const reply = (await request('{"op":"zzzzzzzz"}')) as { error: { message: string } };
  return reply.error.message.replace(/^.*operations: /, "").split(", ");
}

/** The value of `schemaHash` or `after` in a reply: what `*` stands for. */
const secret = (text: string): string | undefined => /"(?:schemaHash|after)":"([0-9a-f]+)"/.exec(text)?.[1];

testOnRuntimes("the examples of docs/protocol.md", async (t, runtime) => {
  const store = openStore(t, { runtime });
  const session = store.serve();
  const list = examples();
  let token = "";
  for (const { request, reply } of list) {
    const answer = JSON.stringify(await session.requestText(request.replace('"after": "*"', `"after": "${token}"`)));
    token = secret(answer) ?? token;
    assert.equal(answer, reply.replace('"*"', `"${token}"`), request);
  }
  const known = await operations((line) => session.requestText(line));
  const shown = new Set(list.map(({ request }) => (JSON.parse(request) as { op: string }).op));
  assert.deepEqual(
    known.filter((name) => !shown.has(name)),
    [],
    "each operation has an example",
  );
  assert.ok(known.length > 30);
});

test("docs/protocol.md lists every code", () => {
  const source = readFileSync(join(packageRoot, "assembly", "status.ts"), "utf8");
  const codes = [...source.matchAll(/return "([A-Z_0-9]+)"/g)].map((match) => match[1] as string);
  assert.ok(codes.length > 40);
  const table = page.slice(page.indexOf("| code | when |"), page.indexOf("## Values"));
  const missing = codes.filter((code) => !["OK", "UNKNOWN"].includes(code) && !table.includes(`\`${code}\``));
  assert.deepEqual(missing, []);
});

test("replies keep the order of requests that were sent together, and carry their id", async (t) => {
  const session = openStore(t).serve();
  await session.request({ op: "create", table: "t", columns: ["k:uint32:pk", "v:text"] });
  const ids = Array.from({ length: 300 }, (_, n) => n);
  const replies = await Promise.all(
    ids.map((id) => session.request({ id, op: "insert", table: "t", row: { k: id % 290, v: "x".repeat(id) } })),
  );
  replies.forEach((reply, id) => {
    const { id: back, ok, error } = reply as { id: number; ok?: { keys: number[] }; error?: { code: string } };
    assert.equal(back, id);
    if (id < 290) assert.deepEqual(ok, { keys: [id] });
    else assert.equal(error?.code, "PRIMARY_KEY_CONFLICT");
  });
  assert.deepEqual(await session.request({ id: "last", op: "scan", table: "t", count: true }), {
    id: "last",
    ok: { count: 290 },
  });
});

test("a scan in pages gives each row once, also when rows come and go between the pages", async (t) => {
  const session = openStore(t).serve();
  await session.request({ op: "create", table: "t", columns: ["k:uint32:pk", "g:uint8:index"] });
  const rows = Array.from({ length: 500 }, (_, k) => ({ k, g: k % 3 }));
  await session.request({ op: "insert", table: "t", rows });
  for (const fields of [{}, { index: ["g"], from: 1 }, { reverse: true }, { index: "g", eq: 2, reverse: true }]) {
    const seen: number[] = [];
    let after: string | null | undefined;
    let gone: number | null = null;
    do {
      const request = { op: "scan", table: "t", limit: 37, ...fields, ...(after == null ? {} : { after }) };
      const { ok } = (await session.request(request)) as { ok: { rows: { k: number; g: number }[]; after: string | null } };
      seen.push(...ok.rows.map(({ k }) => k));
      after = ok.after;
      // The last row of the page goes, and comes back when the scan is over: the scan finds its place all the same.
      if (gone === null && after !== null) {
        gone = seen[seen.length - 1] as number;
        await session.request({ op: "delete", table: "t", key: gone });
      }
    } while (after !== null);
    assert.ok(gone !== null);
    await session.request({ op: "insert", table: "t", row: { k: gone, g: gone % 3 } });
    const expected = rows.filter(({ g }) => ("eq" in fields ? g === 2 : "from" in fields ? g >= 1 : true)).map(({ k }) => k);
    assert.deepEqual(
      seen.toSorted((a, b) => a - b),
      expected,
      JSON.stringify(fields),
    );
  }
});

test("a scan's token is good for that scan only", async (t) => {
  const session = openStore(t).serve();
  await session.request({ op: "create", table: "t", columns: ["k:uint32:pk", "g:text:index"] });
  await session.request({ op: "insert", table: "t", rows: [1, 2, 3].map((k) => ({ k, g: `g${k}` })) });
  const { ok } = (await session.request({ op: "scan", table: "t", limit: 1, index: "g" })) as { ok: { after: string } };
  const bad = ["", "00", "zz", "ffffffffffffffff", ok.after.slice(0, -2), `${ok.after}00`, "0100040000000000", ok.after];
  for (const after of bad) {
    const reply = (await session.request({ op: "scan", table: "t", after })) as { error?: { code: string } };
    assert.equal(reply.error?.code, "BAD_REQUEST", after);
  }
  const reply = (await session.request({ op: "scan", table: "t", index: "g", after: "0100040000000000" })) as {
    error?: { code: string };
  };
  assert.equal(reply.error?.code, "BAD_REQUEST");
});

test("a token of a table that was dropped is refused where another one has its name, and keys of another type", async (t) => {
  const session = openStore(t).serve();
  await session.request({ op: "create", table: "t", columns: ["k:uint32:pk", "g:uint32:null:index=two", "h:text:index=two"] });
  await session.request({ op: "insert", table: "t", rows: [1, 2, 3].map((k) => ({ k, g: k === 1 ? null : k, h: "x" })) });
  const tokenOf = async (index: string[]): Promise<string> => {
    const { ok } = (await session.request({ op: "scan", table: "t", limit: 1, index })) as { ok: { after: string } };
    return ok.after;
  };
  const one = await tokenOf(["k"]);
  const two = await tokenOf(["g", "h"]);
  const goOn = (index: string[], after: string) => session.request({ op: "scan", table: "t", index, columns: ["k"], after });
  assert.deepEqual(await goOn(["g", "h"], two), { ok: { rows: [{ k: 2 }, { k: 3 }], after: null } }, "a null is of any type");
  await session.request({ op: "drop", table: "t" });
  await session.request({ op: "create", table: "t", columns: ["k:text:pk", "g:uint32:null:index=two", "h:uint32:index=two"] });
  await session.request({ op: "insert", table: "t", row: { k: "a", g: 1, h: 2 } });
  for (const reply of [await goOn(["k"], one), await goOn(["g", "h"], two)]) {
    assert.equal((reply as { error?: { code: string } }).error?.code, "BAD_REQUEST");
  }
});

test("a reply larger than 8 MiB is cut, and after it goes on", async (t) => {
  const session = openStore(t).serve();
  await session.request({ op: "create", table: "t", columns: ["k:uint32:pk", "v:text"] });
  const v = "é".repeat(20_000);
  for (let k = 0; k < 300; k += 50) {
    const rows = Array.from({ length: 50 }, (_, n) => ({ k: k + n, v }));
    await session.request({ op: "insert", table: "t", rows });
  }
  const first = (await session.request({ op: "scan", table: "t" })) as { ok: { rows: { k: number }[]; after: string } };
  assert.equal(first.ok.rows.length, Math.ceil((8 << 20) / (v.length * 2 + 18)));
  const rest = (await session.request({ op: "scan", table: "t", after: first.ok.after })) as typeof first;
  assert.equal(rest.ok.after, null);
  assert.equal(first.ok.rows.length + rest.ok.rows.length, 300);
});

test("what is no request has an error for a reply, and the session goes on", async (t) => {
  const session = openStore(t).serve();
  const bad = [
    "x",
    "[]",
    "{}",
    '{"op":1}',
    '{"op":"get"}',
    '{"op":"get","table":"t","key":1,"keys":[1]}',
    '{"op":"scan","table":"t","limit":-1}',
    '{"op":"scan","table":"t","limit":1.5}',
    '{"op":"scan","table":"t","reverse":1}',
    '{"op":"begin","table":"t"}',
    '{"op":"begin","op":"begin"}',
    '{"op":"insert","table":"t","row":[]}',
    '{"op":"insert","table":"t","row":{"k":1,"k":2}}',
    '{"op":"insert","table":"t","rows":[]}',
    '{"op":"insert","table":"t","rows":{}}',
    '{"op":"scan","table":"t","eq":1,"from":2}',
    '{"op":"scan","table":"t","eq":[]}',
    '{"op":"scan","table":"t","eq":[1,2]}',
    '{"op":"scan","table":7}',
    '{"op":"savepoint","name":7}',
    '{"op":"create","table":"u","columns":[]}',
    '{"op":"create","table":"u","columns":[1]}',
    '{"id":[],"op":"tables"}',
    '{"id":null,"op":"tables"}',
    '{"id":true,"op":"tables"}',
    "[".repeat(100_000),
    `{"op":"tables","x":"${"y".repeat(200_000)}"}`,
  ];
  await session.request({ op: "create", table: "t", columns: ["k:uint32:pk"] });
  for (const line of bad) {
    const reply = (await session.requestText(line)) as { error?: { code: string } };
    assert.equal(reply.error?.code, "BAD_REQUEST", line.slice(0, 100));
  }
  assert.deepEqual(await session.request({ op: "tables" }), { ok: { tables: [{ name: "t", rows: 0 }] } });
});

test("a line without an end is refused, and what follows it is served", async (t) => {
  const session = openStore(t).serve();
  const { error } = (await session.requestText(`"${"x".repeat(65 << 20)}"`)) as { error: { code: string; message: string } };
  assert.equal(error.code, "BAD_REQUEST");
  assert.match(error.message, /at most 67108864 bytes/);
  assert.deepEqual(await session.request({ op: "tables" }), { ok: { tables: [] } });
});

test("blank lines have no reply, and the last line needs no end", async (t) => {
  const store = openStore(t);
  const stdout = await store.ok(["serve"], { stdin: '\n  \r\n{"id":1,"op":"tables"}\r\n\n{"id":2,"op":"tables"}' });
  assert.equal(stdout, '{"id":1,"ok":{"tables":[]}}\n{"id":2,"ok":{"tables":[]}}\n');
});

test("a transaction that is open when the input ends is rolled back", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "k:uint32:pk"]);
  await store.ok(["serve"], { stdin: '{"op":"begin"}\n{"op":"insert","table":"t","row":{"k":1}}\n' });
  assert.deepEqual(await store.rows("t"), []);
});

test("a request that fails leaves an open transaction as it was", async (t) => {
  const store = openStore(t);
  const session = store.serve();
  await session.request({ op: "create", table: "t", columns: ["k:uint32:pk", "u:uint32:unique"] });
  await session.request({ op: "begin" });
  await session.request({ op: "insert", table: "t", row: { k: 1, u: 1 } });
  await session.request({ op: "savepoint", name: "s" });
  for (const request of [
    {
      op: "insert",
      table: "t",
      rows: [
        { k: 2, u: 2 },
        { k: 3, u: 1 },
      ],
    },
    { op: "delete", table: "t", keys: [1, 9] },
    { op: "update", table: "t", key: 1, set: { u: null } },
    { op: "create", table: "x", columns: ["k:uint32:pk", "f:uint32:references=nowhere.k"] },
  ]) {
    assert.ok("error" in ((await session.request(request)) as object), JSON.stringify(request));
  }
  await session.request({ op: "insert", table: "t", row: { k: 4, u: 4 } });
  await session.request({ op: "rollbackTo", name: "s" });
  await session.request({ op: "insert", table: "t", row: { k: 5, u: 5 } });
  assert.deepEqual(await session.request({ op: "commit" }), { ok: {} });
  await store.endSessions();
  assert.deepEqual(await store.rows("t"), [
    { k: 1, u: 1 },
    { k: 5, u: 5 },
  ]);
});

/** Runs `serve` in this process on `count` requests; resolves with the bytes of the module's memory at the end, and the replies. */
async function serveInProcess(folder: string, count: number): Promise<{ bytes: number; errors: Set<string> }> {
  const input = join(folder, `${count}.in`);
  const output = join(folder, `${count}.out`);
  const lines = ['{"op":"create","table":"t","columns":["k:uint32:pk:auto","u:text:unique","d:json:null","g:uint8:index"]}'];
  for (let i = 0; lines.length < count; i++) {
    const row = { k: i + 1, u: `user ${i}`, d: { n: [i, "x"] }, g: i % 7 };
    lines.push(
      JSON.stringify({ op: "begin" }),
      JSON.stringify({ id: i, op: "insert", table: "t", row }),
      JSON.stringify({ op: "get", table: "t", key: i + 1 }),
      JSON.stringify({ op: "get", table: "t", key: i + 2, columns: ["u"] }),
      JSON.stringify({ op: "insert", table: "t", rows: [{ u: `user ${i}`, g: 1 }] }),
      JSON.stringify({ op: "update", table: "t", key: i + 1, set: { u: `user ${i}!` } }),
      JSON.stringify({ op: "scan", table: "t", index: "g", from: i % 7, limit: 3 }),
      JSON.stringify({ op: "savepoint", name: "s" }),
      JSON.stringify({ op: "delete", table: "t", keys: [i + 1] }),
      JSON.stringify(i % 2 === 0 ? { op: "commit" } : { op: "rollbackTo", name: "s" }),
      JSON.stringify(i % 2 === 0 ? { op: "schema" } : { op: "commit" }),
      JSON.stringify({ op: "delete", table: "t", key: i % 2 === 0 ? "none" : i + 1 }),
      "not JSON",
    );
    if (i % 50 === 0) lines.push('{"op":"create","table":"v","columns":["k:uint8:pk"]}', '{"op":"drop","table":"v"}');
  }
  writeFileSync(input, `${lines.join("\n")}\n`);
  const stdin = openSync(input, "r");
  const stdout = openSync(output, "w");
  const args = ["quire", `data/${count}.db`, "serve"];
  const WASI = loadWasi();
  const wasi = new WASI({ version: "preview1", args, env: {}, preopens: { data: folder }, stdin, stdout, returnOnExit: true });
  const module = await WebAssembly.compile(readFileSync(modulePath()));
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
  assert.equal(wasi.start(instance), 0);
  closeSync(stdin);
  closeSync(stdout);
  const replies = readFileSync(output, "utf8").trimEnd().split("\n");
  assert.equal(replies.length, lines.length);
  const errors = replies.map((reply) => (JSON.parse(reply) as { error?: { code: string } }).error?.code ?? "OK");
  return { bytes: (instance.exports["memory"] as WebAssembly.Memory).buffer.byteLength, errors: new Set(errors) };
}

test("memory does not grow with the number of requests: 50,000 need no more than 5,000", async (t) => {
  const folder = tempFolder(t);
  const few = await serveInProcess(folder, 5_000);
  const many = await serveInProcess(folder, 50_000);
  const expected = ["OK", "ROW_NOT_FOUND", "UNIQUE_CONFLICT", "BAD_VALUE", "BAD_REQUEST"].sort();
  assert.deepEqual([...many.errors].sort(), expected);
  assert.equal(many.bytes, few.bytes);
  t.diagnostic(`${many.bytes / 65536} pages of memory`);
});

test("input that is no text in UTF-8 is told for what it is, wherever reads end, and has one reply", () => {
  const module = new WebAssembly.Module(readFileSync(modulePath()));
  const request = '{"op":"tables"}\n';
  const ok = '{"ok":{"tables":[]}}\n';
  const refused = (what: string, hint = "requests are JSON in UTF-8, one a line"): string =>
    `${JSON.stringify({ error: { code: "BAD_REQUEST", message: `${what}; ${hint}` } })}\n`;
  const foreign = (what: string): string => refused(`standard input is ${what}`);
  const wide = Buffer.from(`\ufeff${request}${request}`, "utf16le");
  const cases: [Uint8Array, string, number][] = [
    [wide, foreign("UTF-16"), 1],
    [Buffer.from(wide).swap16(), foreign("UTF-16"), 1],
    [wide.subarray(2), foreign("UTF-16LE"), 1],
    [gzipSync(request), foreign("compressed with gzip"), 1],
    [
      Buffer.from(`\ufeff${request}${request}`),
      `${refused("the request starts with a byte-order mark", "leave it out: it is UTF-8 in any case")}${ok}`,
      0,
    ],
    // Only the first line with something in it tells what the input is.
    [
      Buffer.from(`\n${request}\x1f\x8b\n${request}`, "latin1"),
      `${ok}{"error":{"code":"BAD_REQUEST","message":"the request is not JSON`,
      0,
    ],
  ];
  for (const [input, replies, status] of cases) {
    for (let cut = 0; cut <= input.length; cut++) {
      const sizes = cut === 0 ? [1] : [cut, 1];
      const run = runCommand(module, new Disk(), [":memory:", "serve"], {
        stdin: input,
        stdinReads: (wanted) => Math.min(wanted, sizes.shift() ?? wanted),
      });
      assert.ok(run.stdout.startsWith(replies), run.stdout);
      assert.deepEqual([run.status, run.stderr], [status, ""]);
      if (status === 1) assert.equal(run.stdout, replies);
      else assert.ok(run.stdout.endsWith(ok));
    }
  }
});

test("a table of more columns, indexes or letters than a definition has room for is refused at once", async (t) => {
  const many = (count: number, words: (at: number) => string): string[] => [
    "id:uint32:pk",
    ...Array.from({ length: count }, (_, at) => words(at)),
  ];
  const lists: [columns: string[], code: string][] = [
    [many(400_000, (at) => `c${at}:uint8`), "BAD_SCHEMA"],
    [many(20_000, (at) => `c${at}:uint8:index`), "BAD_SCHEMA"],
    [many(1, () => `c:uint8${Array.from({ length: 400_000 }, (_, at) => `:index=g${at}`).join("")}`), "BAD_SCHEMA"],
    [many(1, () => `${"n".repeat(8_000_000)}:uint8`), "NAME_TOO_LONG"],
    [many(1, () => `${"\\\\".repeat(8_000_000)}:uint8`), "NAME_TOO_LONG"],
  ];
  const stdin = lists.map(([columns]) => JSON.stringify({ op: "create", table: "t", columns })).join("\n");
  const store = openStore(t);
  const begun = performance.now();
  const { stdout } = await store.run(["serve"], { stdin });
  const codes = stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { error: { code: string } }).error.code);
  assert.deepEqual(
    codes,
    lists.map(([, code]) => code),
  );
  // It took minutes, and hours, by the square of how many there are.
  assert.ok(performance.now() - begun < 60_000);
});
