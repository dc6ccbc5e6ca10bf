/**
 * Checking, comparing, converting and repairing page files of crates 0.6 to 0.8: what is in them comes along, is told of where it does
 * not, and nothing is made up.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./helpers/damage.js";
import { golden, goldenRows, goldenSchema, layouts, oldLayouts, type GoldenTable, type Row } from "./helpers/golden.js";
import { GIVEN, diskOf, fails, goldenDisk, isTwofold, ok, oldFiles, rowsOf, run, sorted } from "./helpers/old-disk.js";
import type { Disk } from "./torture/disk.js";

const PAGE = 65536;

/** What `check` has to say about a golden file: the faults of the crates that wrote it, and nothing else. */
const findings: Record<string, RegExp> = {
  custom: /REFERENCE_PADDING: an alignment of 24 /,
  early: /table numbers\n {2}warning REFERENCE_ONE_ROW page \d+: [^]*table tokens\n {2}warning REFERENCE_ONE_ROW /,
  plane: /table points\n {2}warning REFERENCE_ONE_ROW page 4: /,
  leaked: /warning PAGE_LEAKED page \d+: nothing leads to this page; it is empty/,
  rebuilt: /note REFERENCE_NAME: the table is called users#2/,
  twofold: /PAGE_LEAKED page 6: [^]* an index leaf of 0 entries[^]*SCHEMA_ODD: the index on email is listed twice/,
  unfilled: /PAGE_LEAKED page 6: [^]* an index leaf of 0 entries[^]*SCHEMA_ODD: the index on email is listed twice/,
};

for (const { name, layout } of oldFiles) {
  test(`check of ${name} of layout ${layout} names what is wrong with it and nothing else`, () => {
    const text = ok(goldenDisk(name, layout), ["check", ...GIVEN]);
    const expected = findings[name];
    assert.match(text, expected ?? /: no faults\n$/);
    if (expected === undefined) return;
    const kinds = new Set([...text.matchAll(/^ {2}(?:error|warning|note) ([A-Z_]+)/gm)].map((match) => match[1]));
    assert.equal(kinds.size, isTwofold(name) ? 2 : 1, text);
    assert.doesNotMatch(text, /compact/, "what a file of this layout can't have is no advice");
  });
}

function rowsIn(disk: Disk, file: string, table: string, given: readonly string[] = []): Row[] {
  return rowsOf(ok(disk, ["export", table, "--format", "ndjson", ...given], file));
}

for (const { name, layout } of oldFiles) {
  for (const target of layouts) {
    test(`${name} of layout ${layout} is converted to ${target} with all that it has`, () => {
      const disk = goldenDisk(name, layout);
      const drop = name === "acl" && target === "0.11" ? ["--drop-acl"] : [];
      ok(disk, ["convert", "data/new.db", "--layout", target, ...drop, ...GIVEN]);
      const left = [...disk.files.keys()].sort();
      assert.deepEqual(left, ["new.db", "old.db", "schema"]);
      for (const [table, rows] of Object.entries(goldenRows(name, layout))) {
        if (table !== "(acl)") assert.deepEqual(sorted(rowsIn(disk, "new.db", table)), sorted(rows), table);
      }
      // The definitions are those that were given: but for the word for the layout the lines are the same.
      const lines = (text: string): string => text.replaceAll(" --layout 0.11", "").replace(/^#.*\n/gm, "");
      assert.equal(lines(ok(disk, ["schema"], "new.db")), lines(ok(disk, ["schema", ...GIVEN])));
      assert.equal(ok(disk, ["hash"], "new.db"), ok(disk, ["hash", ...GIVEN]));
      assert.match(ok(disk, ["diff", "data/old.db", ...GIVEN], "new.db"), / are equal: /);
      assert.match(ok(disk, ["diff", "data/new.db", ...GIVEN]), / are equal: /);
      const checked = ok(disk, ["check"], "new.db");
      const kept: Record<string, RegExp> = {
        custom: /REFERENCE_PADDING/,
        twofold: /0 errors, 1 warning/,
        unfilled: /0 errors, 1 warning/,
      };
      assert.match(checked, name === "rebuilt" ? /REFERENCE_NAME/ : ((target === "0.9" ? kept[name] : undefined) ?? /no faults/));
      checkCounters(disk, goldenSchema(name, layout));
      if (target === "0.11") return;
      const identities = (goldenRows(name, layout)["(acl)"] ?? []) as unknown as string[];
      const list = JSON.parse(ok(disk, ["acl", "list", "--json"], "new.db")) as {
        ok: { identities: { identity: string; rights: string[] }[] };
      };
      assert.deepEqual(
        list.ok.identities.map(({ identity }) => identity),
        [...identities].sort(),
      );
      for (const { rights } of list.ok.identities) assert.deepEqual(rights, ["admin", "manage-acl", "migrate", "all"]);
    });
  }
}

/** The next number of each counter goes on where the old file was. */
function checkCounters(disk: Disk, tables: readonly GoldenTable[]): void {
  const counters = (file: string, given: readonly string[]): unknown[] =>
    rowsOf(ok(disk, ["dump", ...given], file)).flatMap((line) => (line["counters"] === undefined ? [] : [line["counters"]]));
  const expected = tables.filter(({ columns }) => columns.some(({ autoincrement }) => autoincrement === true)).length;
  assert.equal(counters("new.db", []).length, expected);
  assert.deepEqual(counters("new.db", []), counters("old.db", GIVEN));
}

test("what can't come along is refused or told, never dropped in silence", () => {
  for (const layout of oldLayouts) {
    const acl = goldenDisk("acl", layout);
    assert.match(
      fails(acl, "BAD_VALUE", 1, ["convert", "data/new.db", "--layout", "0.11", ...GIVEN]),
      /identities: 3; --acl FILE/,
    );
    fails(acl, "USAGE", 2, ["convert", "data/new.db", "--layout", "0.9", "--drop-acl", ...GIVEN]);
    ok(acl, ["convert", "data/new.db", "--layout", "0.11", "--acl", "data/rights", ...GIVEN]);
    assert.match(
      Buffer.from(acl.files.get("rights")!.current.bytes()).toString(),
      /^acl grant 726f6f74 admin manage-acl migrate all$/m,
    );
    // Tables that were not chosen.
    const [first, second] = goldenSchema("rebuilt", layout) as [GoldenTable, GoldenTable];
    const chosen = ["--table", `users=#${first.fingerprint}`, "--table", `posts=#${second.fingerprint}`];
    const rebuilt = goldenDisk("rebuilt", layout, [first, second]);
    assert.match(
      ok(rebuilt, ["convert", "data/new.db", "--layout", "0.9", ...GIVEN, ...chosen]),
      /2 tables of the file left out/,
    );
    const [code, status] = layout === "0.6" ? (["READ_ONLY", 1] as const) : (["UNSUPPORTED", 4] as const);
    assert.match(fails(goldenDisk("blog", layout), code, status, ["compact", ...GIVEN]), /convert OUT/);
    assert.match(fails(goldenDisk("blog", layout), "UNSUPPORTED", 4, ["compact", "data/new.db", ...GIVEN]), /convert OUT/);
  }
  // An index of which the definition does not say whether it is unique.
  const [users, posts] = goldenSchema("blog", "0.8") as [GoldenTable, GoldenTable];
  const without = { ...users, columns: users.columns.map(({ name, type }) => ({ name, type })), indexes: [["id"]] };
  const disk = goldenDisk("blog", "0.8", [without, posts]);
  assert.match(
    fails(disk, "WRONG_SCHEMA", 1, ["convert", "data/new.db", "--layout", "0.9", ...GIVEN]),
    /users leaves out an index/,
  );
  // A column that is not unique is not made so.
  const [wrong, other] = goldenSchema("blog", "0.6") as [GoldenTable, GoldenTable];
  const unique = {
    ...wrong,
    columns: wrong.columns.map((column) => (column.name === "age" ? { ...column, unique: true } : column)),
  };
  const twice = goldenDisk("blog", "0.6", [unique, other]);
  const age = goldenRows("blog", "0.6")["users"]!.map((row) => row["age"]);
  assert.equal(new Set(age).size < age.length, run(twice, ["check", ...GIVEN]).stdout.includes("UNIQUE_TWICE"));
  const same = goldenDisk("blog", "0.6", [
    wrong,
    { ...other, columns: other.columns.map((column) => (column.name === "author" ? { ...column, unique: true } : column)) },
  ]);
  assert.match(run(same, ["check", ...GIVEN]).stdout, /error UNIQUE_TWICE page \d+, byte \d+: another row has the same author/);
  fails(same, "DAMAGED", 3, ["convert", "data/new.db", "--layout", "0.9", ...GIVEN]);
});

test("repair saves a damaged file of an old layout in one of 0.9: all rows of it but those that the damage has", () => {
  for (const { name, layout } of oldFiles) {
    const whole = goldenDisk(name, layout);
    assert.match(ok(whole, ["repair", "data/new.db", ...GIVEN]), /saved: all there was\n$/, `${name} ${layout}`);
    const random = new Random(name.length);
    const bytes = golden(name, layout);
    // A record page, in which a run of bytes is overwritten.
    const rows = goldenRows(name, layout);
    const kinds = (JSON.parse(ok(goldenDisk(name, layout), ["map", "--json", ...GIVEN])) as { pages: string }).pages;
    const pages = Array.from(kinds).flatMap((kind, page) => (kind === "r" ? [page] : []));
    if (pages.length === 0) continue;
    bytes.fill(0xee, random.pick(pages) * PAGE, random.pick(pages) * PAGE + 40);
    const disk = diskOf(bytes, JSON.stringify(goldenSchema(name, layout)));
    run(disk, ["repair", "data/new.db", ...GIVEN]);
    if (!disk.files.has("new.db")) continue;
    assert.doesNotMatch(run(disk, ["check"], "new.db").stdout, / error (?!FOREIGN_KEY_BROKEN)/);
    for (const [table, known] of Object.entries(rows)) {
      if (table === "(acl)" || !ok(disk, ["tables"], "new.db").includes(table)) continue;
      const saved = new Set(sorted(known));
      for (const row of sorted(rowsIn(disk, "new.db", table)))
        assert.ok(saved.has(row), `${name} ${layout} ${table}: ${row.slice(0, 200)}`);
    }
  }
  fails(diskOf(golden("blog", "0.8")), "SCHEMA_NEEDED", 1, ["repair", "data/new.db"]);
});

test("an empty ledger of 0.6 is a table without rows only where no page is nobody's", () => {
  const whole = golden("churn", "0.6");
  const schema = JSON.stringify(goldenSchema("churn", "0.6"));
  assert.equal(goldenRows("churn", "0.6")["posts"]!.length, 0);
  const layers = (bytes: Buffer): string =>
    (JSON.parse(ok(diskOf(bytes, schema), ["map", "--json", ...GIVEN])) as { pages: string }).pages;
  const ledgers = Array.from(layers(whole)).flatMap((kind, page) => (kind === "P" ? [page] : []));
  assert.equal(ledgers.length, 2);
  const saved = (bytes: Buffer): string => run(diskOf(bytes, schema), ["repair", "data/new.db", ...GIVEN]).stdout;
  assert.match(saved(whole), /: all there was\n$/);
  // A page more, of which nothing tells whose it was: the ledger may have been another one.
  assert.match(saved(Buffer.concat([whole, Buffer.alloc(PAGE)])), /table posts\n {2}doubt TABLE_DOUBTFUL page \d+/);
  // The ledger of the table with rows is lost, and so are they, but for the pages that hold them.
  const lost = Buffer.from(whole);
  lost.fill(0, ledgers[0]! * PAGE, (ledgers[0]! + 1) * PAGE);
  Array.from(layers(whole)).forEach((kind, page) => kind === "r" && lost.fill(0, page * PAGE, (page + 1) * PAGE));
  assert.match(saved(lost), /table users\n {2}doubt TABLE_DOUBTFUL page \d+/);
});

test("repair --layout 0.6|0.8 takes a file for one of that layout whose registry is lost, and reads as a later one", () => {
  for (const [name, layout] of [
    ["blog", "0.8"],
    ["twofold", "0.8"],
    ["blog", "0.6"],
  ] as const) {
    const random = new Random(8);
    for (const spoil of ["zeros", "noise", "count"]) {
      const bytes = golden(name, layout);
      if (spoil === "zeros") bytes.fill(0, 0, PAGE);
      else for (let at = 0; at < (spoil === "noise" ? PAGE : 8); at += 4) bytes.writeUInt32LE(random.below(0x1_0000_0000), at);
      const schema = JSON.stringify(goldenSchema(name, layout));
      assert.equal((JSON.parse(run(diskOf(bytes), ["info", "--json"]).stdout) as { layout: string }).layout, "0.9", spoil);
      const words = ["repair", "data/new.db", "--layout", layout];
      fails(diskOf(bytes), "SCHEMA_NEEDED", 1, words);
      const disk = diskOf(bytes, schema);
      const { stdout, status } = run(disk, [...words, ...GIVEN]);
      if (layout === "0.8") {
        // Beside an empty registry the empty page of identities may have been lost, too.
        assert.match(stdout, spoil === "zeros" ? /ACL_DOUBTFUL[^]* saved, 1 doubt\n$/ : /saved: all there was\n$/);
        for (const [table, rows] of Object.entries(goldenRows(name, layout)))
          assert.deepEqual(sorted(rowsIn(disk, "new.db", table)), sorted(rows), `${spoil} ${table}`);
      } else {
        // Nothing but the definitions tells there what the pages are.
        assert.ok(status === 3 || stdout.endsWith("saved: all there was\n"), stdout);
        for (const [table, rows] of Object.entries(goldenRows(name, layout))) {
          if (!disk.files.has("new.db") || !ok(disk, ["tables"], "new.db").includes(table)) continue;
          const known = new Set(sorted(rows));
          for (const row of sorted(rowsIn(disk, "new.db", table))) assert.ok(known.has(row), row);
        }
      }
    }
  }
  const disk = goldenDisk("blog", "0.8");
  for (const words of [
    ["convert", "data/new.db", "--layout", "0.8"],
    ["create", "t", "id:uint32:pk", "--layout", "0.6"],
  ])
    assert.match(fails(disk, "USAGE", 2, [...words, ...GIVEN]), /no files of layout 0\.[68] are made; use 0\.9 or 0\.11/);
});

test("a column that is unique and indexed, whose index is in the ledger once, is saved by that index", () => {
  const bytes = golden("twofold", "0.8");
  // The page ledger is lost: what is left is the trees.
  bytes.fill(0, bytes.readUInt32LE(16) * PAGE, (bytes.readUInt32LE(16) + 1) * PAGE);
  const disk = diskOf(bytes, JSON.stringify(goldenSchema("twofold", "0.8")));
  assert.match(ok(disk, ["repair", "data/new.db", ...GIVEN]), /1 table with 52 rows saved: all there was/);
  assert.deepEqual(sorted(rowsIn(disk, "new.db", "boxes")), sorted(goldenRows("twofold", "0.8")["boxes"]!));
});

test("a page with rows that no ledger leads to any more is an error, and repair has the rows", () => {
  const bytes = golden("acl", "0.6");
  // The first table's page ledger.
  bytes.fill(0, 2 * PAGE, 3 * PAGE);
  const damaged = diskOf(bytes, JSON.stringify(goldenSchema("acl", "0.6")));
  const { status, stdout } = run(damaged, ["check", ...GIVEN]);
  assert.equal(status, 3);
  assert.match(stdout, /error PAGE_UNLISTED page 6: nothing leads to this page; it is not empty/);
  assert.match(stdout, /PAGE_UNLISTED: change nothing in this file, and don't convert it: repair looks for rows on such pages/);
  assert.match(run(damaged, ["repair", "data/new.db", ...GIVEN]).stdout, /2 tables with 3 rows saved/);
});

test("what is left of a file that was cut: given tables that are not found are doubts, and not all there was", () => {
  for (const { name, layout } of [
    { name: "custom", layout: "0.8" },
    { name: "acl", layout: "0.6" },
    { name: "tree", layout: "0.8" },
  ] as const) {
    const whole = golden(name, layout);
    for (const pages of [1, 2]) {
      const cut = diskOf(whole.subarray(0, pages * PAGE), JSON.stringify(goldenSchema(name, layout)));
      const { status, stdout } = run(cut, ["repair", "data/new.db", ...GIVEN]);
      const where = `${name}, ${pages}: ${stdout}`;
      assert.equal(status, 3, where);
      assert.doesNotMatch(stdout, /all there was/, where);
      assert.match(stdout, /TABLE_DOUBTFUL/, where);
    }
  }
});

test("an index ledger that counts one index more, which has no columns, is told as damage", () => {
  const bytes = golden("custom", "0.8");
  const page = [...new Uint8Array(bytes.length / PAGE).keys()].find((at) => bytes.readBigUInt64LE(at * PAGE) === 4n && at > 1)!;
  bytes.writeBigUInt64LE(5n, page * PAGE);
  const disk = diskOf(bytes, JSON.stringify(goldenSchema("custom", "0.8")));
  assert.match(run(disk, ["check", ...GIVEN]).stdout, new RegExp(`error LEDGER_DAMAGED page ${page}`));
  fails(disk, "DAMAGED", 3, ["tables", ...GIVEN]);
});

test("repair makes a list of version 2 of one of version 1 in a file of 0.9", () => {
  const bytes = golden("empty", "0.9");
  golden("acl", "0.8").copy(bytes, PAGE, PAGE, 2 * PAGE);
  const disk = diskOf(bytes);
  ok(disk, ["repair", "data/new.db"]);
  assert.match(ok(disk, ["acl", "list"], "new.db"), /726f6f74 +root +admin manage-acl migrate all/);
  assert.match(ok(disk, ["check"], "new.db"), /no faults/);
});
