/** What all commands share: usage, help, exit statuses, errors in one line or as JSON, missing files, a reader that goes away. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot, modulePath } from "../host/paths.js";
import { requireRuntime } from "../host/node/run-command.js";
import { RUNTIME_NAMES } from "../host/api/runtime-names.js";
import { defaultRuntime, testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, quire, tempFolder } from "./helpers/store.js";

const commands = [
  ...[
    "create",
    "drop",
    "tables",
    "schema",
    "alter",
    "index",
    "migrate",
    "import",
    "export",
    "dump",
    "load",
    "insert",
    "update",
    "delete",
    "get",
    "scan",
    "sql",
  ],
  ...["info", "stats", "map", "page", "check"],
  ...["hash", "diff", "backup", "compact", "convert", "recover", "repair", "acl", "serve", "help"],
];

const wrongWords: [string[], RegExp][] = [
  [[], /there is no FILE and no COMMAND; usage: quire FILE COMMAND/],
  [["data/a.db"], /there is no COMMAND behind data\/a\.db; usage/],
  [["tables"], /there is no FILE before tables; usage/],
  [["data/a.db", "tabels"], /there is no command tabels; did you mean tables\?/],
  [["data/a.db", "frobnicate"], /there is no command frobnicate; quire help lists all commands/],
  [["data/a.db", "get"], /get needs TABLE; usage: quire FILE get TABLE KEY…/],
  [["data/a.db", "get", "t"], /get needs KEY…; usage: quire FILE get/],
  [["data/a.db", "update", "t", "1"], /update needs JSON; usage: quire FILE update TABLE KEY JSON/],
  [["data/a.db", "create", "t"], /create needs COLUMN:TYPE/],
  [["data/a.db", "tables", "t"], /tables has no use for t; usage: quire FILE tables/],
  [["data/a.db", "scan", "t", "--reverze"], /there is no option --reverze; did you mean --reverse\?/],
  [["data/a.db", "tables", "--reverse"], /tables has no option --reverse; quire help tables lists those it has/],
  [["data/a.db", "scan", "t", "--limit"], /--limit needs a value/],
  [["data/a.db", "scan", "t", "--count=3"], /--count takes no value/],
  [["data/a.db", "acl", "lsit"], /there is no acl lsit; did you mean list\?/],
  [["data/a.db", "acl", "grant", "00"], /acl grant needs RIGHT…; usage: quire FILE acl grant IDENTITY RIGHT…/],
  [["data/a.db", "acl", "remove", "00", "read"], /acl remove has no use for read/],
  [["help", "tabels"], /there is no command tabels; did you mean tables\?/],
];

test("wrong words get status 2 and one line with a usage that fits", async (t) => {
  const folder = tempFolder(t);
  for (const [words, pattern] of wrongWords) {
    const { status, stdout, stderr } = await quire(words, { folder });
    assert.match(stderr.trimEnd(), /^quire: USAGE: .+$/, words.join(" "));
    assert.match(stderr, pattern);
    assert.equal(status, 2, words.join(" "));
    assert.equal(stdout, "");
  }
  assert.deepEqual(readdirSync(folder), []);
});

test("help lists every command and shows each one's usage", async () => {
  const overview = await quire(["help"]);
  assert.equal(overview.status, 0);
  const listed = [...overview.stdout.matchAll(/^ {2}(\w+) +\S/gm)].map((match) => match[1]);
  assert.deepEqual(listed, commands);
  // The options that are the harness's.
  assert.match(overview.stdout, /--wait SECONDS/);
  assert.match(overview.stdout, new RegExp(`--runtime NAME \\(${RUNTIME_NAMES.join(", ").replace(/, (?=\w+$)/, " or ")}\\)`));
  for (const words of [["--help"], ["-h"]]) assert.equal((await quire(words)).stdout, overview.stdout);
  const help = (await quire(["help", "scan"])).stdout;
  for (const words of [
    ["scan", "--help"],
    ["--help", "scan"],
    ["data/a.db", "scan", "--help"],
  ])
    assert.equal((await quire(words)).stdout, help);
  for (const command of commands) {
    const { status, stdout } = await quire(["help", command]);
    assert.equal(status, 0);
    const usage = command === "help" ? "quire help" : `quire FILE ${command}`;
    assert.ok(stdout.startsWith(usage), stdout);
    if (command !== "help") assert.equal((await quire(["x.db", command, "--help"])).stdout, stdout);
    // Options are listed in one line, which terminals wrap: import has many.
    const long = stdout.split("\n").filter((line) => line.length > 160 && !line.startsWith("Options: "));
    assert.deepEqual(long, []);
  }
});

testOnRuntimes("--version is the package's version", async (_t, runtime) => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
  const { status, stdout } = await quire(["--version"], { runtime });
  assert.equal(stdout, `quire ${version}\n`);
  assert.equal(status, 0);
  for (const word of ["-V", "-v"]) assert.equal((await quire([word], { runtime })).stdout, stdout);
});

const reads = [
  ...[["drop", "t"], ["tables"], ["schema"], ["export", "t"], ["dump"], ["insert", "t", "{}"], ["update", "t", "1", "{}"]],
  ...[["delete", "t", "1"], ["get", "t", "1"], ["scan", "t"], ["info"], ["stats"], ["map"], ["page", "0"], ["check"]],
  ...[["hash"], ["diff", "data/b.db"], ["backup", "data/b.db"], ["compact"], ["compact", "data/b.db"]],
  ...[
    ["convert", "data/b.db", "--layout", "0.11"],
    ["repair", "data/b.db"],
  ],
  ...[
    ["alter", "t", "drop", "c"],
    ["index", "list"],
    ["index", "create", "t", "c"],
    ["diff", "--schema", "data/b.db"],
    ["acl", "list"],
    ["acl", "grant", "00", "read"],
    ["import", "t", "-", "--format", "csv"],
  ],
];

test("a missing file is an error that leaves none behind", async (t) => {
  const store = openStore(t);
  for (const words of reads) {
    await store.fails("FILE_NOT_FOUND", 1, words, { stdin: "k\n1\n" });
    assert.equal(existsSync(store.path), false, words.join(" "));
  }
});

test("create and serve make the file; a create that fails does not", async (t) => {
  const created = openStore(t);
  await created.fails("BAD_SCHEMA", 1, ["create", "t", "k:uint8:pk", "f:uint8:references=u.k"]);
  assert.equal(existsSync(created.path), false);
  await created.fails("FILE_NOT_FOUND", 1, ["create", "t", "k:uint8:pk", "--readonly"]);
  await created.ok(["create", "t", "k:uint8:pk"]);
  assert.equal(created.bytes().length, (3 + 4 + 1) * 65536);
  const served = openStore(t);
  await served.ok(["serve", "--layout", "0.11"]);
  assert.equal(served.bytes().length, 2 * 65536);
  const wrong = openStore(t);
  await wrong.fails("USAGE", 2, ["serve", "--layout", "1"]);
  assert.equal(existsSync(wrong.path), false);
});

test("a path outside of the preopened folder", async (t) => {
  const folder = tempFolder(t);
  const { status, stderr } = await quire(["elsewhere/a.db", "tables"], { folder, runtime: defaultRuntime });
  assert.match(stderr, /^quire: ACCESS_DENIED: elsewhere\/a\.db is in no folder that the runtime has opened/);
  assert.equal(status, 4);
});

test("with --json an error is a reply on standard output", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "k:uint8:pk"]);
  const wrong: [string[], string, number][] = [
    [["get", "t", "1", "--json"], "ROW_NOT_FOUND", 1],
    [["get", "u", "1", "--json"], "TABLE_NOT_FOUND", 1],
    [["get", "t", "x", "--json"], "BAD_VALUE", 1],
    [["insert", "t", '{"k":1', "--json"], "BAD_VALUE", 1],
    [["get", "t", "--json"], "USAGE", 2],
    [["scan", "t", "--limit=x", "--json"], "USAGE", 2],
  ];
  for (const [words, code, expected] of wrong) {
    const { status, stdout, stderr } = await store.run(words);
    assert.equal(stderr, "");
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    assert.equal(error.code, code);
    assert.ok(error.message.length > 10);
    assert.equal(status, expected);
  }
});

test("names with line breaks do not break the line of an error", async (t) => {
  const store = openStore(t);
  await store.fails("FILE_NOT_FOUND", 1, ["get", "a\nb", "1"]);
  await store.ok(["create", "t", "k:uint8:pk"]);
  assert.match(await store.fails("TABLE_NOT_FOUND", 1, ["get", "a\r\nb", "1"]), /there is no table a\\r\\nb/);
});

test("files that are none of ours have status 3", async (t) => {
  const store = openStore(t, { checkStatus: null });
  writeFileSync(store.path, "hello");
  await store.fails("NOT_A_PAGE_FILE", 3, ["tables"]);
  writeFileSync(store.path, Buffer.alloc(3 * 65536, 0xff));
  assert.equal((await store.run(["tables"])).status, 3);
});

test("--readonly refuses changes and nothing else", async (t) => {
  const store = openStore(t, { golden: "blog" });
  const before = store.bytes();
  const changes = [
    ["insert", "users", '{"id":9999,"name":"a","email":"b","age":1}'],
    ["update", "users", "1", '{"age":2}'],
    ["delete", "users", "1", "--cascade"],
    ["drop", "posts"],
    ["acl", "grant", "00", "read"],
  ];
  for (const words of changes) await store.fails("READ_ONLY", 1, [...words, "--readonly"]);
  await store.ok(["tables", "--readonly"]);
  assert.deepEqual(store.bytes(), before);
});

test("the cache may be small, and its size must be a number", async (t) => {
  const store = openStore(t, { golden: "deep", options: ["--cache", "65536"] });
  const counted = await store.ok(["tables"]);
  const other = openStore(t, { golden: "deep" });
  assert.equal(await other.ok(["tables"]), counted);
  await other.fails("USAGE", 2, ["tables", "--cache", "lots"]);
});

testOnRuntimes("a reader that goes away ends the command quietly", async (t, runtime) => {
  // More output than fits any pipe: the writer is still writing when the reader goes.
  const store = openStore(t, { runtime, golden: "tall" });
  const { adapter, program } = requireRuntime(runtime);
  const preopens = [{ guest: "data", host: store.folder }];
  const args = ["data/store.db", "export", /"name":"(\w+)"/.exec(await store.ok(["tables", "--json"]))?.[1] ?? ""];
  const child = spawn(program, adapter.argv({ module: modulePath(), preopens, args, env: {} }));
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.once("data", () => child.stdout.destroy());
  const end = await new Promise((resolve) => child.on("close", (status, signal) => resolve(signal ?? status)));
  assert.equal(stderr, "");
  // wasmtime gives EIO and not EPIPE, which may be a real fault, too: nothing is said, but the status tells. wazero and WasmEdge die of
  // the signal before the module hears of it.
  // Node's pipes are sockets: if it left bytes unread, the first write behind that is ECONNRESET, which wazero tells as another error.
  const ends: Record<string, unknown[]> = { wasmtime: [4], wazero: ["SIGPIPE", 4], wasmedge: ["SIGPIPE"] };
  assert.ok((ends[runtime] ?? [0]).includes(end), String(end));
});
