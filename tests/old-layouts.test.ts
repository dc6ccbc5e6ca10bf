/**
 * Page files of crates 0.6, 0.7 and 0.8: they hold no definitions. What there is to see without; and with definitions from outside, the rows
 * that the crates read.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open, openSync } from "../host/index.js";
import { Random } from "./helpers/damage.js";
import {
  golden,
  goldenRows,
  goldenSchema,
  oldLayouts,
  type GoldenTable,
  type Json,
  type OldLayout,
  type Row,
} from "./helpers/golden.js";
import { GIVEN, diskOf, fails, goldenDisk, isTwofold, ok, oldFiles, rowsOf, run, sorted } from "./helpers/old-disk.js";
import { hasRuntime, testedRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";
import type { Disk } from "./torture/disk.js";

const PAGE = 65536;

interface Info {
  readonly layout: string;
  readonly pages: number;
  readonly leaked: number;
  readonly identities: number | null;
  readonly template: string;
  readonly tables: readonly { readonly name: string; readonly rows: number | null }[];
}

function info(disk: Disk, ...words: string[]): Info {
  return JSON.parse(ok(disk, ["info", "--json", ...words])) as Info;
}

for (const { name, layout } of oldFiles) {
  test(`${name} of layout ${layout} without definitions shows what it has`, () => {
    const disk = diskOf(golden(name, layout));
    const tables = goldenSchema(name, layout);
    const rows = goldenRows(name, layout);
    const found = info(disk);
    assert.equal(found.layout, layout);
    assert.equal(found.leaked, hasLeaked(name) ? 1 : 0);
    assert.equal(found.identities, name === "acl" ? 3 : 0);
    // Tables by their fingerprints, in the order in which they were registered.
    assert.deepEqual(
      found.tables.map((table) => table.name),
      tables.map((table) => `#${table.fingerprint}`),
    );
    assert.deepEqual(
      found.tables.map((table) => table.rows),
      Object.entries(rows)
        .filter(([table]) => table !== "(acl)")
        .map(([, list]) => list.length),
    );
    checkTemplate(found.template, tables, rows, layout);
    const text = ok(disk, ["info"]);
    assert.ok(text.includes(found.template) && text.includes("--schema FILE"), text);
    ok(disk, ["map"]);
    for (let page = 0; page < found.pages; page++) ok(disk, ["page", String(page)]);
    assert.match(ok(disk, ["check"]), hasLeaked(name) ? /1 warning/ : /no faults/);
    for (const words of [["tables"], ["schema"], ["dump"], ["hash"], ["export", "users"], ["get", "users", "1"]])
      assert.match(fails(disk, "SCHEMA_NEEDED", 1, words), new RegExp(`layout ${layout} .*--schema FILE.*info prints`));
  });
}

/** Whether the crates left a page in the file that is nobody's: of a commit that failed, or the root of a tree that they forgot. */
function hasLeaked(name: string): boolean {
  return ["leaked", "twofold", "unfilled"].includes(name);
}

/** The template has a line for each table, and in layout 0.8 what ledgers and keys tell: it is not to be taken before it is filled in. */
function checkTemplate(template: string, tables: readonly GoldenTable[], rows: Record<string, Row[]>, layout: OldLayout): void {
  const lines = template.split("\n").filter((line) => line.startsWith("create "));
  assert.equal(lines.length, tables.length);
  for (const [at, table] of tables.entries()) {
    const line = lines[at]!;
    assert.match(line, new RegExp(`^create TABLE${at + 1} .*COLUMN:TYPE$`));
    if (layout === "0.6") continue;
    for (const column of table.columns) {
      const places = (table.indexes ?? []).filter((index) => index.includes(column.name));
      const isNamed = places.length > 0 || column.autoincrement === true;
      const word = line.split(" ").find((one) => one.replaceAll("'", "").startsWith(`${column.name}:`));
      assert.equal(word !== undefined, isNamed, `${column.name} in ${line}`);
      if (word === undefined) continue;
      assert.equal(word.includes(":pk"), column.name === table.primary_key, line);
      const isEmpty = (Object.values(rows)[at] ?? []).length === 0;
      const type = column.type.startsWith("Custom") ? column.type.replace("C", "c") : column.type.toLowerCase();
      if (!isEmpty || column.autoincrement === true) assert.ok(word.includes(`:${type}`), `${type} in ${line}`);
    }
  }
  const filled = diskOf(golden("blog", layout), template);
  fails(filled, "BAD_SCHEMA", 1, ["tables", ...GIVEN]);
}

for (const { name, layout } of oldFiles) {
  test(`${name} of layout ${layout} is read row for row with its definitions`, () => {
    const disk = goldenDisk(name, layout);
    // The lines that `schema` prints are definitions as good as the JSON.
    const lines = ok(disk, ["schema", ...GIVEN]);
    // But for what no line can say: that a column is indexed twice. The file shows it.
    if (isTwofold(name)) assert.match(lines, /^# create can't make quite the same table[^]*email:text:unique size/);
    else assert.doesNotMatch(lines, /^#/m);
    const byLines = diskOf(golden(name, layout), inOrder(lines, goldenSchema(name, layout)));
    for (const [table, rows] of Object.entries(goldenRows(name, layout))) {
      if (table === "(acl)") {
        const list = JSON.parse(ok(disk, ["acl", "list", "--json", ...GIVEN])) as {
          ok: { identities: { identity: string; rights: string[] }[] };
        };
        assert.deepEqual(list.ok.identities.map(({ identity }) => identity).sort(), [...(rows as unknown as string[])].sort());
        for (const { rights } of list.ok.identities) assert.deepEqual(rights, ["admin", "manage-acl", "migrate", "all"]);
        continue;
      }
      const words = ["export", table, "--format", "ndjson", ...GIVEN];
      assert.deepEqual(sorted(rowsOf(ok(disk, words))), sorted(rows), table);
      if (name !== "rebuilt") assert.equal(ok(byLines, words), ok(disk, words));
      checkOrders(disk, name, layout, table, rows);
    }
  });
}

/** The lines of `create` in the order of the definitions: `schema` prints tables that others refer to first, then by name. */
function inOrder(lines: string, tables: readonly GoldenTable[]): string {
  return tables.map(({ table }) => lines.split("\n").find((line) => line.startsWith(`create ${table} `))!).join("\n");
}

/** Scans by the primary key and by indexes give all rows once, backwards the same the other way round, and `get` finds rows by their keys. */
function checkOrders(disk: Disk, name: string, layout: OldLayout, table: string, rows: readonly Row[]): void {
  const definition = goldenSchema(name, layout).find((one) => one.table === table.replace("#2", ""))!;
  const key = definition.primary_key;
  const indexes = new Set([key, ...(definition.indexes ?? []).map((index) => index.join(","))]);
  for (const index of indexes) {
    const scan = ["scan", table, "--index", index, "--limit", "100000", "--json", ...GIVEN];
    const listed = (text: string): Row[] => (JSON.parse(text) as { ok: { rows: Row[] } }).ok.rows;
    const forward = listed(
      ok(
        disk,
        [...scan, "--from", "[]"].filter((word) => word !== "--from" && word !== "[]"),
      ),
    );
    assert.deepEqual(sorted(forward), sorted(rows), `${table} by ${index}`);
    const values = forward.map((row) => row[index]!);
    if (values.every((value) => typeof value === "number"))
      assert.deepEqual(
        values,
        [...values].sort((a, b) => a - b),
      );
    if (index !== key) continue;
    const back = listed(ok(disk, [...scan, "--reverse"]));
    assert.deepEqual(back, [...forward].reverse());
  }
  const random = new Random(rows.length + 1);
  for (let tries = 0; tries < 3 && rows.length > 0; tries++) {
    const row = random.pick(rows);
    const word = keyWord(row[key]);
    if (word.startsWith("-") || word.length > 1000) continue;
    const got = JSON.parse(ok(disk, ["get", table, word, "--json", ...GIVEN])) as { ok: { row: Row } };
    assert.deepEqual(got.ok.row, Object.fromEntries(Object.entries(got.ok.row).map(([column]) => [column, row[column]])));
  }
}

/** A key as a word of the command line. */
function keyWord(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

test("definitions in another order, or with another column, are refused with the place where they stop to fit", () => {
  for (const layout of oldLayouts) {
    const [users, posts] = goldenSchema("blog", layout) as [GoldenTable, GoldenTable];
    const swapped = fails(goldenDisk("blog", layout, [posts, users]), "WRONG_SCHEMA", 1, ["tables", ...GIVEN]);
    // In layout 0.8 the ledgers know more than the rows, and are looked at first.
    assert.match(swapped, layout === "0.6" ? /page \d+, byte \d+: the definition of posts/ : /page \d+: the definition of posts/);
    const changes: ((table: GoldenTable) => GoldenTable)[] = [
      (table) => ({ ...table, columns: table.columns.slice(0, -1) }),
      (table) => ({ ...table, columns: [...table.columns, { name: "more", type: "Uint8" }] }),
      (table) => ({
        ...table,
        columns: table.columns.map((column) => (column.name === "title" ? { ...column, nullable: true } : column)),
      }),
      (table) => ({
        ...table,
        columns: table.columns.map((column) => (column.name === "author" ? { ...column, type: "Uint64" } : column)),
      }),
      (table) => ({
        ...table,
        columns: table.columns.map((column) => (column.name === "published" ? { ...column, type: "Uint16" } : column)),
      }),
    ];
    for (const change of changes) {
      const said = fails(goldenDisk("blog", layout, [users, change(posts)]), "WRONG_SCHEMA", 1, ["export", "posts", ...GIVEN]);
      assert.match(said, /page \d+, byte \d+: the definition of posts does not fit/);
    }
    // With an alignment that is too large rows would stand in the padding of others.
    const wide = fails(goldenDisk("blog", layout, [users, { ...posts, alignment: 64 }]), "WRONG_SCHEMA", 1, ["tables", ...GIVEN]);
    assert.match(wide, /does not fit/);
  }
});

test("in layout 0.8 a definition has to have the indexes and the counters that the file has, or may leave them out", () => {
  const [users, posts] = goldenSchema("blog", "0.8") as [GoldenTable, GoldenTable];
  const without = { ...users, columns: users.columns.map(({ name, type }) => ({ name, type })), indexes: [["id"]] };
  const disk = goldenDisk("blog", "0.8", [without, posts]);
  assert.match(ok(disk, ["schema", "users", ...GIVEN]), /email:text:index age:uint32:index/);
  const more = { ...users, indexes: [["id"], ["email"], ["age"], ["name"]] };
  const said = fails(goldenDisk("blog", "0.8", [more, posts]), "WRONG_SCHEMA", 1, ["tables", ...GIVEN]);
  assert.match(said, /it has an index on name, the file does not/);
  const other = {
    ...users,
    columns: users.columns.map((column) => (column.name === "age" ? { ...column, type: "Int32" } : column)),
  };
  assert.match(
    fails(goldenDisk("blog", "0.8", [other, posts]), "WRONG_SCHEMA", 1, ["tables", ...GIVEN]),
    /age has keys of other types: uint32/,
  );
  const [events] = goldenSchema("log", "0.8") as [GoldenTable];
  const plain = { ...events, columns: events.columns.map((column) => ({ ...column, autoincrement: false })) };
  assert.match(ok(goldenDisk("log", "0.8", [plain]), ["schema", ...GIVEN]), /id:uint64:pk:auto .*small:int16:auto/);
  const auto = {
    ...posts,
    columns: posts.columns.map((column) => (column.name === "id" ? { ...column, autoincrement: true } : column)),
  };
  assert.match(
    fails(goldenDisk("blog", "0.8", [users, auto]), "WRONG_SCHEMA", 1, ["tables", ...GIVEN]),
    /id is auto, and the file has no number/,
  );
});

test("tables that a second build registered anew are all there, oldest first, and --table chooses", () => {
  for (const layout of oldLayouts) {
    const all = goldenSchema("rebuilt", layout);
    const rows = goldenRows("rebuilt", layout);
    // Whether the definitions have the tables once or as often as the file makes no difference.
    for (const tables of [all, all.slice(0, 2)]) {
      const disk = goldenDisk("rebuilt", layout, tables);
      const listed = info(disk, ...GIVEN).tables.map(({ name }) => name);
      assert.deepEqual(listed, ["users", "posts", "users#2", "posts#2"]);
      assert.match(ok(disk, ["schema", "posts#2", ...GIVEN]), /references=users#2\.id/);
      assert.match(ok(disk, ["check", ...GIVEN]), /4 tables, 194 rows: /);
    }
    const disk = goldenDisk("rebuilt", layout, all.slice(0, 2));
    const [first, , second, posts] = all.map(({ fingerprint }) => `#${fingerprint}`) as [string, string, string, string];
    const chosen = [...GIVEN, "--table", `users=${second}`, "--table", `posts=${posts}`];
    assert.deepEqual(sorted(rowsOf(ok(disk, ["export", "users", "--format", "ndjson", ...chosen]))), sorted(rows["users#2"]!));
    assert.doesNotMatch(ok(disk, ["tables", ...chosen]), /#/);
    // The others are left alone.
    assert.deepEqual(
      info(disk, ...chosen).tables.map(({ name }) => name),
      [first, `#${all[1]!.fingerprint}`, "users", "posts"],
    );
    assert.match(fails(disk, "WRONG_SCHEMA", 1, ["tables", ...GIVEN, "--table", `users=${first}`]), /WRONG/);
    fails(disk, "USAGE", 2, ["tables", "--table", `users=${first}`]);
    fails(disk, "USAGE", 2, ["tables", ...GIVEN, "--table", "users"]);
    assert.match(fails(disk, "WRONG_SCHEMA", 1, ["tables", ...GIVEN, "--table", `people=${first}`]), /people/);
    assert.match(fails(disk, "WRONG_SCHEMA", 1, ["tables", ...GIVEN, "--table", "users=#0123456789abcdef"]), /it has #/);
    const three = goldenDisk("rebuilt", layout, all.slice(0, 3));
    assert.match(
      fails(three, "WRONG_SCHEMA", 1, ["tables", ...GIVEN]),
      /4 tables, and the definitions have 3; --table NAME=#FINGERPRINT/,
    );
  }
});

test("a file without tables is what it was made by as far as that can be told", () => {
  assert.equal(info(diskOf(golden("empty", "0.8"))).layout, "0.11");
  // With identities, and no tables: 0.6 to 0.8, and nothing tells which.
  const bytes = golden("empty", "0.8");
  golden("acl", "0.8").copy(bytes, PAGE, PAGE, 2 * PAGE);
  const disk = diskOf(bytes);
  const text = ok(disk, ["info"]);
  assert.match(text, /layout {7}0\.8 \(crates 0\.6 to 0\.8: without tables nothing tells which\)/);
  assert.match(text, /identities {3}3\n/);
  assert.match(ok(disk, ["check"]), /no faults/);
  assert.equal(ok(disk, ["tables"]), "table  rows\n─────  ────\n");
});

test("a list of version 1 in a file that 0.9 has gone on with is told of", () => {
  const bytes = golden("empty", "0.9");
  golden("acl", "0.8").copy(bytes, PAGE, PAGE, 2 * PAGE);
  const disk = diskOf(bytes);
  assert.equal(info(disk).layout, "0.9");
  assert.match(ok(disk, ["info"]), /identities {3}3, in a list of version 1, from before 0\.9, which 0\.9 takes for empty/);
  assert.match(ok(disk, ["check"]), /warning ACL_OLD page 1: .*version 1.*identities: 3/);
  assert.match(ok(disk, ["page", "1"]), /726f6f74/);
  assert.match(
    fails(disk, "ACL_LAYOUT_UNSUPPORTED", 3, ["acl", "list"]),
    /repair OUT makes a file in which they have all rights/,
  );
  // A list of version 2 that is damaged is not taken for one of version 1.
  const damaged = golden("acl", "0.9");
  damaged.writeUInt32LE(60_000, PAGE + 1);
  assert.match(run(diskOf(damaged), ["check"]).stdout, /error ACL_DAMAGED/);
});

test("registries of random tables are told apart", () => {
  const random = new Random(68);
  for (let round = 0; round < 60; round++) {
    const layout = random.pick(oldLayouts);
    const own = layout === "0.6" ? 2 : 3;
    const count = 1 + random.below(20);
    const tables: { page: number; auto: boolean }[] = [];
    let page = 2;
    for (let i = 0; i < count; i++) {
      const auto = layout === "0.8" && random.below(3) === 0;
      tables.push({ page, auto });
      page += own + Number(auto) + random.below(4);
    }
    const bytes = Buffer.alloc((page + 1) * PAGE);
    bytes.writeBigUInt64LE(BigInt(count), 0);
    let at = 8;
    for (const table of tables.sort(() => random.below(3) - 1)) {
      for (let i = 0; i < 8; i++) bytes[at + i] = random.below(256);
      for (let i = 0; i < own; i++) bytes.writeUInt32LE(table.page + i, at + 8 + i * 4);
      at += 8 + own * 4;
      if (layout === "0.6") continue;
      bytes[at++] = Number(table.auto);
      if (table.auto) at += 4 * Number(bytes.writeUInt32LE(table.page + own, at) > 0);
    }
    const found = JSON.parse(run(diskOf(bytes), ["info", "--json"]).stdout) as Info;
    assert.equal(found.layout, layout, `round ${round}`);
    assert.equal(found.tables.length, count);
    // Of a registry that is damaged a little it is told which it was, too.
    bytes[at + random.below(100)] = 1;
    const damaged = run(diskOf(bytes), ["check"]);
    assert.match(damaged.stdout, new RegExp(`error REGISTRY_DAMAGED page 0[^]*layout ${layout.replace(".", "\\.")}, `));
    fails(diskOf(bytes), "DAMAGED", 3, ["tables"]);
  }
});

test("sessions take definitions and what was chosen, in this process and over other runtimes", async (t) => {
  const folder = tempFolder(t);
  const path = join(folder, "old.db");
  const tables = goldenSchema("rebuilt", "0.8");
  const rows = goldenRows("rebuilt", "0.8");
  writeFileSync(path, golden("rebuilt", "0.8"));
  writeFileSync(join(folder, "schema.json"), JSON.stringify(tables.slice(0, 2)));
  const schema = join(folder, "schema.json");
  for (const runtime of testedRuntimes.filter(hasRuntime)) {
    const db = await open(path, { runtime, readonly: true, schema });
    assert.deepEqual(
      (await db.tables()).map(({ name }) => name),
      ["posts", "posts#2", "users", "users#2"],
    );
    assert.deepEqual(
      await db.table("users").get(1),
      rows["users"]!.find(({ id }) => id === 1),
    );
    await db.close();
    const chosen = { users: `#${tables[2]!.fingerprint}`, posts: `#${tables[3]!.fingerprint}` };
    const second = await open(path, { runtime, readonly: true, schema, tables: chosen });
    assert.equal(await second.table("users").count(), rows["users#2"]!.length);
    await second.close();
    await assert.rejects(open(path, { runtime, readonly: true }), { code: "SCHEMA_NEEDED" });
  }
  assert.throws(() => openSync(path, { readonly: true, tables: { users: "#0123456789abcdef" } }), { code: "BAD_REQUEST" });
  assert.throws(() => openSync(path, { readonly: true, schema: "/elsewhere/schema.json" }), { code: "BAD_OPTION" });
  assert.throws(() => openSync(path, { readonly: true, schema, tables: { users: "7" } }), { code: "BAD_OPTION" });
});
