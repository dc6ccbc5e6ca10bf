/**
 * Writing on in page files of layout 0.8: what is asked of the definitions first, what stays as it is for the sake of the program that made the
 * file, and what is refused. tests/reference-old.test.ts has the crates go on with what is written here.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { open, openSync } from "../host/index.js";
import { Random } from "./helpers/damage.js";
import { golden, goldenRows, goldenSchema, type GoldenTable, type Json, type Row } from "./helpers/golden.js";
import { GIVEN, diskOf, fails, goldenDisk, ok, oldFiles, rowsOf, run, sorted } from "./helpers/old-disk.js";
import { hasRuntime, testedRuntimes } from "./helpers/runtimes.js";
import { tempFolder } from "./helpers/store.js";
import type { Disk } from "./torture/disk.js";

const PAGE = 65_536;

function bytesOf(disk: Disk, file = "old.db"): Buffer {
  return Buffer.from(disk.files.get(file)!.current.bytes());
}

function rowsIn(disk: Disk, table: string): Row[] {
  return rowsOf(ok(disk, ["export", table, "--format", "ndjson", ...GIVEN]));
}

/** A key as a word of the command line. */
function keyWord(value: Json | undefined): string {
  assert.ok(typeof value === "string" || typeof value === "number");
  return String(value);
}

/** The record pages of the registry's entry number `at`, in the order of pages, and how many bytes are before their unused ends. */
function recordsOf(bytes: Buffer, at: number): { page: number; used: number }[] {
  const ledgers: number[] = [];
  let entry = 8;
  for (let left = bytes.readBigUInt64LE(0); left > 0n; left--) {
    ledgers.push(bytes.readUInt32LE(entry + 8));
    entry += bytes[entry + 20] === 1 ? 25 : 21;
  }
  const ledger = ledgers.sort((a, b) => a - b)[at]! * PAGE;
  return Array.from({ length: bytes.readUInt32LE(ledger) }, (_, i) => ({
    page: bytes.readUInt32LE(ledger + 4 + 12 * i),
    used: PAGE - Number(bytes.readBigUInt64LE(ledger + 8 + 12 * i)),
  }));
}

for (const { name } of oldFiles.filter(({ layout }) => layout === "0.8")) {
  test(`${name} of layout 0.8 is written on: rows come, change and go, and the registry stays as it is`, () => {
    const disk = goldenDisk(name, "0.8");
    const before = bytesOf(disk);
    for (const table of Object.keys(goldenRows(name, "0.8")).filter((one) => one !== "(acl)")) {
      const rows = rowsIn(disk, table);
      const key = goldenSchema(name, "0.8").find((one) => one.table === table.replace("#2", ""))!.primary_key;
      const word = (row: Row): string => keyWord(row[key]);
      const gone = rows.filter((row) => !word(row).startsWith("-") && word(row).length < 1000).slice(0, 3);
      if (gone.length === 0) continue;
      const out = run(disk, ["delete", table, ...gone.map(word), ...GIVEN]);
      if (out.status !== 0) {
        assert.match(out.stderr, /FOREIGN_KEY_RESTRICT/);
        continue;
      }
      assert.equal(rowsIn(disk, table).length, rows.length - gone.length);
      ok(disk, ["insert", table, ...gone.map((row) => JSON.stringify(row)), ...GIVEN]);
      const [first] = gone;
      ok(disk, ["update", table, word(first!), JSON.stringify({ [key]: first![key] }), ...GIVEN]);
      assert.deepEqual(sorted(rowsIn(disk, table)), sorted(rows), table);
      assert.match(fails(disk, "PRIMARY_KEY_CONFLICT", 1, ["insert", table, JSON.stringify(first), ...GIVEN]), /already/);
    }
    const after = bytesOf(disk);
    assert.deepEqual(after.subarray(0, 2 * PAGE), before.subarray(0, 2 * PAGE), "registry and identities");
    assert.doesNotMatch(run(disk, ["check", ...GIVEN]).stdout, / error /);
    assert.deepEqual(
      [...disk.files.keys()].sort().filter((file) => !file.endsWith("-log")),
      ["old.db", "schema"],
    );
  });
}

test("constraints hold, and what fails leaves nothing", () => {
  const disk = goldenDisk("blog", "0.8");
  const before = { users: rowsIn(disk, "users"), posts: rowsIn(disk, "posts") };
  const [user] = before.users as [Row, Row];
  const owner = before.posts[0]!["author"];
  const row = { id: 9001, name: "ann", email: "ann@example.org", age: 7 };
  fails(disk, "UNIQUE_CONFLICT", 1, ["insert", "users", JSON.stringify({ ...row, email: user["email"] }), ...GIVEN]);
  fails(disk, "NOT_NULL", 1, ["insert", "users", JSON.stringify({ ...row, age: null }), ...GIVEN]);
  fails(disk, "FOREIGN_KEY_BROKEN", 1, [
    "insert",
    "posts",
    JSON.stringify({ id: 9001, title: "t", author: 77777, published: true }),
    ...GIVEN,
  ]);
  fails(disk, "FOREIGN_KEY_RESTRICT", 1, ["delete", "users", keyWord(owner), ...GIVEN]);
  // Of several rows in one statement none is kept when one is bad.
  fails(disk, "PRIMARY_KEY_CONFLICT", 1, [
    "insert",
    "users",
    JSON.stringify(row),
    JSON.stringify({ ...user, email: "x@y" }),
    ...GIVEN,
  ]);
  assert.deepEqual({ users: rowsIn(disk, "users"), posts: rowsIn(disk, "posts") }, before);
  ok(disk, ["delete", "users", keyWord(owner), "--cascade", ...GIVEN]);
  assert.equal(rowsIn(disk, "posts").length, before.posts.filter((post) => post["author"] !== owner).length);
  assert.match(ok(disk, ["check", ...GIVEN]), /no faults/);
});

test("counters go on where the crates left them", () => {
  const disk = goldenDisk("log", "0.8");
  const rows = rowsIn(disk, "events");
  const counters = JSON.parse(
    rowsOf(ok(disk, ["dump", ...GIVEN]))
      .map((line) => JSON.stringify(line["counters"] ?? null))
      .find((text) => text !== "null")!,
  ) as Record<string, string | number>;
  ok(disk, ["insert", "events", JSON.stringify({ kind: "k", day: "2026-11-30" }), ...GIVEN]);
  const added = rowsIn(disk, "events").filter((row) => !rows.some((one) => one["id"] === row["id"]));
  assert.equal(added.length, 1);
  assert.equal(BigInt(added[0]!["id"] as string), BigInt(counters["id"]!) + 1n);
  assert.equal(added[0]!["small"], Number(counters["small"]) + 1);
});

test("tables neither come nor go, rights are not changed, and layout 0.6 is only read: each names convert", () => {
  const disk = goldenDisk("blog", "0.8");
  const images = bytesOf(disk);
  for (const words of [["create", "more", "id:uint32:pk"], ["drop", "posts"], ["compact"], ["acl", "grant", "text:bob", "admin"]])
    assert.match(fails(disk, "UNSUPPORTED", 4, [...words, ...GIVEN]), /convert OUT --layout 0\.9/);
  const six = goldenDisk("blog", "0.6");
  const before = bytesOf(six);
  for (const words of [
    ["insert", "users", "{}"],
    ["delete", "users", "1"],
    ["update", "users", "1", "{}"],
    ["create", "more", "id:uint32:pk"],
  ])
    assert.match(fails(six, "READ_ONLY", 1, [...words, ...GIVEN]), /layout 0\.6 is only read; convert OUT --layout 0\.9/);
  assert.deepEqual(bytesOf(six), before);
  assert.deepEqual(bytesOf(disk).subarray(0, images.length), images);
});

test("before anything is written the definitions have to say all that counts", () => {
  const [users, posts] = goldenSchema("blog", "0.8") as [GoldenTable, GoldenTable];
  const insert = ["insert", "users", JSON.stringify({ id: 9001, name: "a", email: "b", age: 7 }), ...GIVEN];
  const convert = ["convert", "data/new.db", "--layout", "0.9", ...GIVEN];
  // An index that is left out may be unique.
  const without = { ...users, columns: users.columns.map(({ name, type }) => ({ name, type })), indexes: [["id"]] };
  for (const words of [insert, convert])
    assert.match(fails(goldenDisk("blog", "0.8", [without, posts]), "WRONG_SCHEMA", 1, words), /users leaves out an index/);
  // With a smaller alignment rows are read, and would be put where the crates don't find them.
  for (const alignment of [8, 16]) {
    const disk = goldenDisk("blog", "0.8", [users, { ...posts, alignment }]);
    ok(disk, ["tables", ...GIVEN]);
    for (const words of [insert, convert])
      assert.match(
        fails(disk, "WRONG_SCHEMA", 1, words),
        new RegExp(`posts says alignment ${alignment}, but rows stand where 32 puts them; --alignment 32`),
      );
  }
  for (const layout of ["0.6", "0.8"] as const) {
    const mixed = goldenSchema("types", layout).map((table) => (table.table === "mixed" ? { ...table, alignment: 32 } : table));
    assert.match(
      fails(goldenDisk("types", layout, mixed), "WRONG_SCHEMA", 1, convert),
      /mixed says alignment 32, but rows stand where 64/,
    );
  }
  // A table that others refer to is among those that are chosen, and the column is what it has to be.
  const [first, second] = goldenSchema("rebuilt", "0.8") as [GoldenTable, GoldenTable];
  const rebuilt = goldenDisk("rebuilt", "0.8", [second]);
  const chosen = [...GIVEN, "--table", `posts=#${second.fingerprint}`];
  ok(rebuilt, ["tables", ...chosen]);
  const post = ["insert", "posts", JSON.stringify({ id: 9001, title: "t", author: 1, published: true })];
  assert.match(
    fails(rebuilt, "WRONG_SCHEMA", 1, [...post, ...chosen]),
    /posts\.author refers to users\.id, and there is no such table/,
  );
  const both = goldenDisk("rebuilt", "0.8", [first, second]);
  ok(both, [...post, ...chosen, "--table", `users=#${first.fingerprint}`]);
});

test("a second build's tables are written to, and the first one's stay as they are", () => {
  const [first, second, third, fourth] = goldenSchema("rebuilt", "0.8") as [GoldenTable, GoldenTable, GoldenTable, GoldenTable];
  const disk = goldenDisk("rebuilt", "0.8", [first, second]);
  const rows = goldenRows("rebuilt", "0.8");
  const chosen = [...GIVEN, "--table", `users=#${third.fingerprint}`, "--table", `posts=#${fourth.fingerprint}`];
  const [key] = rows["users#2"]!.map(({ id }) => id);
  ok(disk, ["delete", "users", keyWord(key), "--cascade", ...chosen]);
  const left = rowsOf(ok(disk, ["export", "users", "--format", "ndjson", ...GIVEN]));
  assert.deepEqual(sorted(left), sorted(rows["users"]!));
  assert.equal(rowsOf(ok(disk, ["export", "users#2", "--format", "ndjson", ...GIVEN])).length, rows["users#2"]!.length - 1);
});

test("each row of a column that is unique and indexed has two entries, also in a table that was empty, and is given once", () => {
  for (const name of ["twofold", "unfilled"]) {
    const disk = goldenDisk(name, "0.8");
    /** Entries of the leaf that is the root of the second index in the ledger of the only table. */
    const entries = (): number => {
      const bytes = bytesOf(disk);
      const ledger = bytes.readUInt32LE(24) * PAGE;
      const second = ledger + 8 + 8 + 1 + "id".length + 4;
      const root = bytes.readUInt32LE(second + 8 + 1 + "email".length) * PAGE;
      assert.equal(bytes[root], 1, "a leaf");
      return bytes.readUInt16LE(root + 5);
    };
    const scan = (...words: string[]): Row[] =>
      (JSON.parse(ok(disk, ["scan", "boxes", "--index", "email", ...words, "--json", ...GIVEN])) as { ok: { rows: Row[] } }).ok
        .rows;
    const before = goldenRows(name, "0.8")["boxes"]!;
    const more = ["~a", "~b", "~c", "~d"].map((email, at) => ({ id: at + 1, email, size: at }));
    const insert = (): string => ok(disk, ["insert", "boxes", ...more.map((row) => JSON.stringify(row)), ...GIVEN]);
    insert();
    ok(disk, ["delete", "boxes", "4", ...GIVEN]);
    ok(disk, ["update", "boxes", "3", '{"email":"~cc"}', ...GIVEN]);
    const rows = [...before, more[0]!, more[1]!, { ...more[2]!, email: "~cc" }];
    assert.equal(entries(), 2 * rows.length);
    const ordered = scan("--limit", "1000");
    assert.deepEqual(sorted(ordered), sorted(rows));
    assert.deepEqual(scan("--limit", "1000", "--reverse"), [...ordered].reverse());
    assert.deepEqual(scan("--limit", "2", "--offset", "1"), ordered.slice(1, 3));
    assert.deepEqual(
      scan("--from", "~b", "--to", "~cd"),
      ordered.filter(({ email }) => email === "~b" || email === "~cc"),
    );
    assert.deepEqual(JSON.parse(ok(disk, ["get", "boxes", "~cc", "--index", "email", "--json", ...GIVEN])), {
      ok: { row: rows.at(-1) },
    });
    fails(disk, "UNIQUE_CONFLICT", 1, ["insert", "boxes", '{"id":9,"email":"~cc","size":1}', ...GIVEN]);
    // Of an empty table the file shows it by the root that the crates forgot.
    ok(disk, ["delete", "boxes", ...rows.map(({ id }) => keyWord(id)), ...GIVEN]);
    assert.equal(entries(), 0);
    insert();
    assert.equal(entries(), 2 * more.length);
    assert.deepEqual(sorted(scan()), sorted(more));
    assert.match(ok(disk, ["check", ...GIVEN]), /0 errors, 2 warnings/);
  }
});

test("pages that 0.8.0 charged two bytes too many for their only row are filled without a gap, behind which crates can't read", () => {
  const disk = goldenDisk("early", "0.8");
  const at = goldenSchema("early", "0.8").findIndex(({ table }) => table === "numbers");
  const [row] = rowsIn(disk, "numbers") as [Row];
  const [page] = recordsOf(bytesOf(disk), at);
  const slot = bytesOf(disk).readUInt16LE(page!.page * PAGE) + 2;
  assert.equal(page!.used, slot + 2, "as crates up to 0.8.0 have it");
  const more = Array.from({ length: 40 }, (_, i) => ({ ...row, id: String(7_000_000 + i) }));
  ok(disk, ["insert", "numbers", ...more.map((one) => JSON.stringify(one)), ...GIVEN]);
  const bytes = bytesOf(disk);
  const pages = recordsOf(bytes, at);
  assert.deepEqual(
    pages.map(({ used }) => used),
    [slot * 41],
  );
  for (let i = 0; i < 41; i++) assert.equal(bytes.readUInt16LE(pages[0]!.page * PAGE + i * slot), slot - 2, `slot ${i}`);
  assert.match(ok(disk, ["check", ...GIVEN]), /0 errors/);
});

test("no slot crosses its page's end, whatever the alignment", () => {
  // 24 does not divide a page: crates up to 0.9.0 zero the start of the next one.
  const disk = goldenDisk("custom", "0.8");
  const schema = goldenSchema("custom", "0.8");
  assert.equal(schema[0]?.alignment, 24);
  const [row] = rowsIn(disk, "tasks") as [Row];
  const random = new Random(24);
  for (let round = 0; round < 6; round++) {
    const more = Array.from({ length: 60 }, (_, i) => ({
      ...row,
      id: 10_000 + round * 100 + i,
      hash: "a1".repeat(random.below(2500)),
    }));
    ok(disk, ["insert", "tasks", ...more.map((one) => JSON.stringify(one)), ...GIVEN]);
    // Holes of all sizes, also at the ends of pages.
    const keys = rowsIn(disk, "tasks")
      .map(({ id }) => keyWord(id))
      .filter((_, i) => i % 3 === round % 3);
    ok(disk, ["delete", "tasks", ...keys, ...GIVEN]);
    const bytes = bytesOf(disk);
    for (const { page, used } of recordsOf(bytes, 0)) {
      for (let offset = 0; offset + 2 <= used;) {
        const len = bytes.readUInt16LE(page * PAGE + offset);
        const size = len === 0 ? 24 : Math.ceil((len + 2) / 24) * 24;
        assert.ok(len === 0 || offset + size <= PAGE, `page ${page}, byte ${offset}: a slot of ${size} bytes`);
        offset += size;
      }
    }
    assert.match(ok(disk, ["check", ...GIVEN]), /0 errors/);
  }
});

test("pages that became nobody's are used by the same session, and by the next opening", () => {
  const disk = goldenDisk("tall", "0.8");
  const table = goldenSchema("tall", "0.8")[0]!;
  const rows = rowsIn(disk, table.table);
  const [text] = table.columns.filter(({ name }) => name === table.primary_key);
  const keys = rows.map((row) => keyWord(row[text!.name]));
  // Keys of kilobytes: leaves become empty one after the other.
  for (let i = 0; i < keys.length; i += 8) ok(disk, ["delete", table.table, ...keys.slice(i, i + 8), ...GIVEN]);
  const info = (): { pages: number; leaked: number } =>
    JSON.parse(ok(disk, ["info", "--json", ...GIVEN])) as { pages: number; leaked: number };
  const empty = info();
  assert.ok(empty.leaked > 3, "nobody's pages");
  for (let i = 0; i < rows.length; i += 8)
    ok(disk, ["insert", table.table, ...rows.slice(i, i + 8).map((row) => JSON.stringify(row)), ...GIVEN]);
  const full = info();
  assert.ok(full.leaked < empty.leaked && full.pages <= empty.pages + 2, JSON.stringify({ empty, full }));
  assert.deepEqual(sorted(rowsIn(disk, table.table)), sorted(rows));
  assert.doesNotMatch(ok(disk, ["check", ...GIVEN]), / error /);
  // The same in one session, in a transaction each, with others that are taken back.
  const requests: object[] = [];
  for (let times = 0; times < 3; times++) {
    for (const [op, end] of [
      ["delete", "rollback"],
      ["delete", "commit"],
      ["insert", "rollback"],
      ["insert", "commit"],
    ] as const) {
      requests.push({ op: "begin" });
      if (op === "delete") for (const key of keys) requests.push({ op, table: table.table, key });
      else requests.push({ op, table: table.table, rows });
      requests.push({ op: end });
    }
  }
  ok(disk, ["serve", ...GIVEN], "old.db", requests.map((request) => JSON.stringify(request)).join("\n"));
  assert.deepEqual(sorted(rowsIn(disk, table.table)), sorted(rows));
  assert.doesNotMatch(ok(disk, ["check", ...GIVEN]), / error /);
  const last = info();
  assert.ok(last.pages <= full.pages + 2 && last.leaked < empty.leaked, JSON.stringify({ full, last }));
});

test("an empty store of before 0.9 with identities can't be given tables", () => {
  const bytes = golden("empty", "0.8");
  golden("acl", "0.8").copy(bytes, PAGE, PAGE, 2 * PAGE);
  assert.match(fails(diskOf(bytes), "UNSUPPORTED", 4, ["create", "users", "id:uint32:pk"]), /convert OUT --layout 0\.9/);
});

test("sessions write on over every runtime, with transactions and savepoints", async (t) => {
  const folder = tempFolder(t);
  const schema = join(folder, "schema.json");
  writeFileSync(schema, JSON.stringify(goldenSchema("blog", "0.8")));
  const rows = goldenRows("blog", "0.8");
  let made: Buffer | null = null;
  for (const runtime of testedRuntimes.filter(hasRuntime)) {
    const path = join(folder, `${runtime}.db`);
    writeFileSync(path, golden("blog", "0.8"));
    const db = await open(path, { runtime, schema });
    const users = db.table("users");
    await users.insert({ id: 9001, name: "ann", email: "ann@example.org", age: 41 });
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.table("users").delete(9001);
        throw new Error("no");
      }),
      /no/,
    );
    await db.transaction(async (tx) => {
      await tx.table("users").update(9001, { age: 42 });
      await tx.table("posts").insert({ id: 9001, title: "first", author: 9001, published: true });
    });
    await assert.rejects(db.table("posts").insert({ id: 9002, title: "t", author: 77_777, published: true }), {
      code: "FOREIGN_KEY_BROKEN",
    });
    await assert.rejects(db.create("more", ["id:uint32:pk"]), { code: "UNSUPPORTED" });
    assert.equal(await users.count(), rows["users"]!.length + 1);
    await db.close();
    const bytes = readFileSync(path);
    made ??= bytes;
    assert.deepEqual(bytes, made, runtime);
  }
  const path = join(folder, "direct.db");
  writeFileSync(path, golden("blog", "0.8"));
  const db = openSync(path, { schema });
  db.table("users").insert({ id: 9001, name: "ann", email: "ann@example.org", age: 41 });
  assert.deepEqual(db.table("users").find("ann@example.org", { index: "email" }), {
    id: 9001,
    name: "ann",
    email: "ann@example.org",
    age: 41,
  });
  db.close();
  assert.throws(() => openSync(path, {}), { code: "SCHEMA_NEEDED" });
  assert.ok(existsSync(path) && readdirSync(folder).every((name) => !name.endsWith("-spill")));
});
