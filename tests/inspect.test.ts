/** `info`, `stats`, `map` and `page`: what they say of golden files, by the format, and that a damaged file can be looked into. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { golden, goldenNames, goldenRows, layouts, type Row } from "./helpers/golden.js";
import { PageFile, PAGE_SIZE } from "./helpers/page-file.js";
import { Sandbox } from "./helpers/sandbox.js";

const sandbox = new Sandbox();
after(() => sandbox.close());

/** Runs a command that has to succeed: its reply. */
async function json<T>(bytes: Uint8Array, words: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await sandbox.on(bytes, [...words, "--json"]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as T;
}

async function text(bytes: Uint8Array, words: readonly string[]): Promise<string[]> {
  const { status, stdout, stderr } = await sandbox.on(bytes, words);
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}

interface Info {
  readonly bytes: number;
  readonly pages: number;
  readonly layout: string;
  readonly schemaHash: string;
  readonly unclaimed: number;
  readonly leaked: number;
  readonly identities: number | null;
  readonly errors: number;
  readonly reference: string;
  readonly tables: { name: string; rows: number; indexes: number; pages: number; recordPages: number }[];
}

interface Stats {
  readonly tables: {
    name: string;
    rows: number;
    recordPages: number;
    bodyBytes: number;
    slotBytes: number;
    longest: number;
    tailBytes: number;
    segments: number;
    segmentBytes: number;
    indexes: { columns: string[]; unique: boolean; entries: number; height: number; leaves: number; innerNodes: number }[];
  }[];
}

interface Page {
  readonly owner: string;
  readonly table: string | null;
  readonly hex: string;
  readonly entries: Record<string, unknown>[];
  readonly [field: string]: unknown;
}

for (const layout of layouts) {
  test(`info tells of each golden file of layout ${layout} what is in it`, async () => {
    for (const name of goldenNames(layout)) {
      const bytes = golden(name, layout);
      const info = await json<Info>(bytes, ["info"]);
      const rows = Object.entries(goldenRows(name, layout)).map(([table, list]) => [table, list.length] as const);
      assert.equal(info.bytes, bytes.length, name);
      assert.deepEqual([info.pages, info.layout, info.errors, info.reference], [bytes.length / PAGE_SIZE, layout, 0, ""], name);
      assert.equal(BigInt(`0x${info.schemaHash}`), bytes.readBigUInt64LE(0), name);
      assert.deepEqual(Object.fromEntries(info.tables.map((table) => [table.name, table.rows])), Object.fromEntries(rows), name);
      // Every page behind the reserved ones is a table's, unclaimed, or leaked.
      const owned = info.tables.reduce((sum, table) => sum + table.pages, 0);
      assert.equal(owned + info.unclaimed + info.leaked + (layout === "0.9" ? 3 : 2), info.pages, name);
      assert.equal(info.leaked, name === "migrated" ? 9 : 0, name);
      assert.equal(info.identities, layout === "0.11" ? null : bytes.readUInt32LE(PAGE_SIZE + 1), name);
    }
  });
}

test("info says in words what the reference has against a file", async () => {
  const bytes = golden("blog");
  assert.ok((await text(bytes, ["info"])).includes("  layout       0.9 (crate 0.9)"));
  const file = new PageFile(golden("tall"));
  const { pageLedger } = file.table("wide");
  const first = file.u32(pageLedger, 4);
  file.set32(pageLedger, 4, file.u32(pageLedger, 16));
  file.set32(pageLedger, 16, first);
  assert.equal((await json<Info>(file.bytes, ["info"])).reference, "REFERENCE_LEDGER_ORDER");
  assert.match(
    (await text(file.bytes, ["info"])).join("\n"),
    /reference +0\.9\.0 has trouble with this file: REFERENCE_LEDGER_ORDER/,
  );
});

test("stats count what the format says is there", async () => {
  const file = PageFile.golden("blog");
  const { tables } = await json<Stats>(file.bytes, ["stats"]);
  const users = tables.find((table) => table.name === "users")!;
  const { list } = file.segments("users");
  const page = file.recordPage("users");
  const lengths = file.entries(file.root("users", ["id"])).map((entry) => file.u16(page, entry.offset));
  const slots = lengths.map((length) => Math.ceil((length + 2) / 32) * 32);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  assert.deepEqual(
    [users.rows, users.recordPages, users.bodyBytes, users.slotBytes, users.longest],
    [50, 1, sum(lengths), sum(slots), Math.max(...lengths)],
  );
  assert.deepEqual([users.segments, users.segmentBytes], [list.length, sum(list.map((segment) => segment.size))]);
  assert.equal(users.tailBytes + users.slotBytes + users.segmentBytes, PAGE_SIZE);
  assert.deepEqual(
    users.indexes.map(({ columns, unique, entries, height, leaves }) => [columns.join(), unique, entries, height, leaves]).sort(),
    [
      ["age", false, 50, 1, 1],
      ["email", true, 50, 1, 1],
      ["id", true, 50, 1, 1],
    ],
  );
});

test("stats of a tall tree, of one table, and of none", async () => {
  const file = PageFile.golden("tall");
  const [wide] = (await json<Stats>(file.bytes, ["stats", "wide"])).tables;
  const leaves = file.leaves(file.root("wide", ["key"])).length;
  assert.deepEqual(
    wide!.indexes.map((index) => [index.height, index.leaves]),
    [[3, leaves]],
  );
  const lines = await text(golden("blog"), ["stats", "users"]);
  assert.equal(lines[0], "table users: 50 rows, 9 pages");
  assert.ok(!lines.some((line) => line.includes("posts")));
  const missing = await sandbox.on(golden("blog"), ["stats", "nobody"]);
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /^quire: TABLE_NOT_FOUND: /);
  assert.deepEqual(await text(golden("empty"), ["stats"]), ["the file has no tables"]);
});

test("map draws one cell a page and wraps at the terminal's width", async () => {
  const bytes = golden("migrated");
  const lines = await text(bytes, ["map"]);
  assert.deepEqual(lines.slice(0, 2), [
    " 0  S  A  U  Da Pa Fa Xa ?  ?  ?  .  .  .  .  .  ra",
    "16  ?  ?  fa ?  ?  ?  ?  la la la",
  ]);
  assert.ok(lines.includes("?  leaked page (9)"));
  assert.ok(lines.includes(".  unclaimed page (5)"));
  assert.ok(lines.includes("a  table users (9 pages)"));
  const narrow = await sandbox.run({ args: ["data/store.db", "map"], bytes, env: { COLUMNS: "30" } });
  assert.equal(narrow.stdout.split("\n")[1], " 8  ?  ?  .  .  .  .  .  ra");
});

test("map in colour tells tables by their background", async () => {
  const { stdout } = await sandbox.on(golden("blog"), ["map", "--color"]);
  const colours = new Set(stdout.match(/48;5;\d+m/g));
  assert.equal(colours.size, 2);
  // eslint-disable-next-line no-control-regex
  assert.match(stdout.replace(/\x1b\[[\d;]*m/g, ""), /^ 0 {2}SAUDPFXlllDPFXlrrff\n/);
});

test("map as JSON has a letter for each page", async () => {
  const map = await json<{ pages: string; owners: number[]; tables: string[]; kinds: Record<string, string> }>(
    golden("migrated"),
    ["map"],
  );
  assert.equal(map.pages, "SAUDPFX???.....r??f????lll");
  assert.equal(map.owners.length, 26);
  assert.deepEqual(map.tables, ["users"]);
  assert.equal(map.kinds["?"], "leaked page");
});

test("page decodes each kind of page", async () => {
  const file = PageFile.golden("blog");
  const pages = file.table("users");
  const of = (page: number): Promise<Page> => json<Page>(file.bytes, ["page", String(page)]);
  const registry = await of(0);
  assert.deepEqual([registry.owner, registry["tables"]], ["schema registry", 2]);
  assert.deepEqual(
    registry.entries.map((entry) => entry["table"]),
    ["users", "posts"],
  );
  assert.equal(registry.entries[0]!["page ledger"], pages.pageLedger);
  const snapshot = await of(pages.snapshot);
  assert.deepEqual(
    [snapshot.owner, snapshot.table, snapshot["primary key"], snapshot["alignment"]],
    ["schema snapshot", "users", "id", 32],
  );
  assert.deepEqual(
    snapshot.entries.slice(0, 4).map((entry) => entry["definition"]),
    ["id:uint32:pk", "name:text", "email:text:unique", "age:uint32:index"],
  );
  const ledger = await of(pages.pageLedger);
  assert.deepEqual(ledger.entries, [{ position: 0, page: file.recordPage("users"), free: file.u32(pages.pageLedger, 8) }]);
  const segments = await of(file.segments("users").page);
  const expected = file
    .segments("users")
    .list.map(({ page, offset, size }, position) => ({ position, page, byte: offset, size }));
  assert.deepEqual(segments.entries, expected);
  const indexes = await of(pages.indexLedger);
  assert.deepEqual(
    indexes.entries.map((entry) => [entry["columns"], entry["root"]]),
    [["id"], ["age"], ["email"]].map((columns) => [columns.join(), file.root("users", columns)]),
  );
  const records = await of(file.recordPage("users"));
  const leaf = await of(file.root("users", ["id"]));
  const entries = file.entries(file.root("users", ["id"]));
  assert.deepEqual([leaf.owner, leaf["index"], "index" in records], ["index leaf", "id", false]);
  assert.deepEqual(
    leaf.entries,
    entries.map(({ at, key, page, offset }) => ({
      byte: at,
      key: file.u32(file.root("users", ["id"]), key + 9),
      page,
      at: offset,
    })),
  );
  const rows = records.entries.map((entry) => entry["row"] as Row);
  const byId = (a: Row, b: Row): number => Number(a["id"]) - Number(b["id"]);
  assert.deepEqual(rows.sort(byId), [...goldenRows("blog")["users"]!].sort(byId));
});

test("page decodes ledgers that only some files have", async () => {
  const auto = await json<Page>(golden("log"), ["page", "7"]);
  assert.deepEqual(auto.entries, [
    { byte: 1, column: "id", last: "60" },
    { byte: 13, column: "small", last: 60 },
  ]);
  const acl = await json<Page>(golden("acl"), ["page", "1"]);
  assert.deepEqual(
    acl.entries.map((entry) => [entry["identity"], entry["rights"], entry["all tables"], entry["tables"]]),
    [
      ["726f6f74", "admin,manage-acl", "", ""],
      ["777269746572", "", "", "users:read,insert,update posts:delete"],
      ["ff0010", "migrate", "read", ""],
    ],
  );
  const unclaimed = await json<Page>(golden("migrated"), ["page", "2"]);
  assert.deepEqual(unclaimed.entries.map((entry) => entry["page"]).sort(), [10, 11, 12, 13, 14]);
  const inner = PageFile.golden("tall");
  const root = await json<Page>(inner.bytes, ["page", String(inner.root("wide", ["key"]))]);
  assert.equal(root.owner, "inner index node");
  assert.deepEqual(
    root.entries.map((entry) => entry["child"]),
    inner.children(inner.root("wide", ["key"])),
  );
});

test("page shows bytes: the first ones, or with --hex all", async () => {
  const bytes = golden("log");
  const lines = await text(bytes, ["page", "7"]);
  assert.equal(lines[0], "page 7: autoincrement ledger of table events");
  assert.ok(lines.includes("0000  02 02 69 64 0f 3c 00 00  00 00 00 00 00 05 73 6d  ..id.<........sm"));
  const dump = await text(bytes, ["page", "7", "--hex"]);
  assert.equal(dump.at(-1), "fff0  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  ................");
  const whole = await json<Page>(bytes, ["page", "3", "--hex"]);
  assert.ok(Buffer.from(whole.hex, "hex").equals(bytes.subarray(3 * PAGE_SIZE, 4 * PAGE_SIZE)));
});

test("a page that is not there is a usage error", async () => {
  for (const word of ["19", "-1", "x", "4294967296"]) {
    const { status, stderr } = await sandbox.on(golden("blog"), ["page", word]);
    assert.equal(status, 2, word);
    assert.match(stderr, /^quire: USAGE: .*page/, word);
  }
});

test("a damaged file can be looked into, and the exit status tells that it is damaged", async () => {
  const file = PageFile.golden("blog");
  file.set8(file.table("users").snapshot, 0, 9);
  for (const words of [["info"], ["map"], ["stats"]]) {
    const { status, stdout, stderr } = await sandbox.on(file.bytes, words);
    assert.equal(status, 3, words[0]);
    assert.match(stderr, /^quire: DAMAGED: 1 error/, words[0]);
    assert.match(stdout, /#1/, words[0]);
  }
  const page = await json<Page>(file.bytes, ["page", String(file.table("posts").snapshot)]);
  assert.equal(page["name"], "posts");
});
