/** `backup`, `compact` and `convert`; and files with empty pages at their end, as the memory of a canister is downloaded. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { checkReply } from "./helpers/faults.js";
import { golden, goldenNames, goldenRows, layouts, type Layout } from "./helpers/golden.js";
import { PAGE_SIZE, PageFile } from "./helpers/page-file.js";
import { sortedRows } from "./helpers/rows.js";
import { testOnRuntimes } from "./helpers/runtimes.js";
import { openStore, type Store } from "./helpers/store.js";

/** The content's hash, which `tests/care-compare.test.ts` holds against the golden files. */
async function contentHash(store: Store): Promise<string> {
  return (JSON.parse(await store.ok(["hash", "--json"])) as { ok: { hash: string } }).ok.hash;
}

/** A store of the bytes of `data/NAME` in the folder of another one; `check` has to find nothing in it. */
function storeOf(t: TestContext, other: Store, name = "out.db"): Store {
  return openStore(t, { bytes: readFileSync(join(other.folder, name)) });
}

/** The counters of all tables and the list of rights: what the hash leaves out. */
async function besides(store: Store): Promise<string[]> {
  const lines = (await store.ok(["dump"]))
    .split("\n")
    .map((line) => (line === "" ? {} : (JSON.parse(line) as Record<string, unknown>)));
  return lines.flatMap(({ table, counters, identity, flags, allTables, tables }) => {
    if (counters) return JSON.stringify([table, counters]);
    return identity === undefined ? [] : JSON.stringify([identity, flags, allTables, tables]);
  });
}

test("nothing is made beside a log that may have transactions of a file that was there", async (t) => {
  const store = openStore(t, { golden: "blog" });
  const log = join(store.folder, "out.db-log");
  writeFileSync(log, Buffer.alloc(4097));
  for (const words of [["backup"], ["compact"], ["repair"], ["convert", "--layout", "0.11"]]) {
    await store.fails("FILE_EXISTS", 1, [words[0]!, "data/out.db", ...words.slice(1)]);
    assert.equal(existsSync(join(store.folder, "out.db")), false);
    assert.equal(readFileSync(log).length, 4097);
  }
  // As it is after a close: it says nothing.
  writeFileSync(log, Buffer.alloc(4096));
  await store.ok(["compact", "data/out.db"]);
});

testOnRuntimes(
  "a backup is the same bytes, made anew, also of a damaged file and while a session is open",
  async (t, runtime) => {
    const store = openStore(t, { golden: "blog", runtime });
    const said = await store.ok(["backup", "data/out.db"]);
    assert.equal(said, `copied 19 pages, ${19 * PAGE_SIZE} bytes, to data/out.db\n`);
    assert.ok(storeOf(t, store).bytes().equals(store.bytes()));
    await store.fails("FILE_EXISTS", 1, ["backup", "data/out.db"]);
    await store.fails("FOLDER_NOT_FOUND", 4, ["backup", "data/no/out.db"]);

    const session = store.serve();
    await session.request({ op: "begin" });
    await session.request({ op: "delete", table: "users", keys: [1, 2, 5], cascade: true });
    const refused = (await session.request({ op: "backup", path: "data/two.db" })) as { error: { code: string } };
    assert.equal(refused.error.code, "TRANSACTION_ACTIVE");
    assert.equal(existsSync(join(store.folder, "two.db")), false);
    await session.request({ op: "commit" });
    assert.deepEqual(await session.request({ op: "backup", path: "data/two.db" }), { ok: { pages: 19, bytes: 19 * PAGE_SIZE } });
    await session.request({ op: "insert", table: "users", row: { id: 900, name: "later", email: "l", age: 1 } });
    await store.endSessions();
    const copy = storeOf(t, store, "two.db");
    const ids = (await copy.rows("users")).map(({ id }) => id);
    assert.ok(!ids.includes(1) && !ids.includes(900) && ids.includes(3));

    const damaged = openStore(t, { bytes: Buffer.alloc(5 * PAGE_SIZE, 0x77), checkStatus: null, runtime });
    await damaged.ok(["backup", "data/out.db"]);
    assert.ok(readFileSync(join(damaged.folder, "out.db")).equals(damaged.bytes()));
  },
);

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`compact: ${name} of layout ${layout} has the same content and no page too many`, async (t) => {
      const store = openStore(t, { golden: name, layout });
      const hash = await contentHash(store);
      const kept = await besides(store);
      const before = store.bytes();
      await store.ok(["compact", "data/out.db"]);
      assert.ok(store.bytes().equals(before), "FILE is as it was");
      const copy = storeOf(t, store);
      assert.equal(await contentHash(copy), hash);
      assert.deepEqual(await besides(copy), kept);
      for (const [table, rows] of Object.entries(goldenRows(name, layout))) {
        assert.deepEqual(sortedRows(await copy.rows(table)), sortedRows(rows));
      }
      assert.ok(copy.bytes().length <= before.length);
      const { leaked, unclaimed } = JSON.parse(await copy.ok(["info", "--json"])) as Record<string, number>;
      assert.deepEqual([leaked, unclaimed], [0, 0]);
      // What is packed stays as it is, and in place it becomes the same.
      await copy.ok(["compact", "data/again.db"]);
      assert.ok(readFileSync(join(copy.folder, "again.db")).equals(copy.bytes()));
      await store.ok(["compact"]);
      assert.ok(store.bytes().equals(copy.bytes()));
      assert.deepEqual(readdirSync(store.folder).sort(), ["out.db", "store.db"]);
    });

    test(`convert: ${name} of layout ${layout} to the other one and back`, async (t) => {
      const target: Layout = layout === "0.9" ? "0.11" : "0.9";
      const store = openStore(t, { golden: name, layout });
      const hash = await contentHash(store);
      const hasRights = layout === "0.9" && (await store.ok(["acl", "list"])).trimEnd().split("\n").length > 2;
      const words = ["convert", "data/out.db", "--layout", target];
      if (hasRights) await store.fails("BAD_VALUE", 1, words);
      assert.equal(existsSync(join(store.folder, "out.db")), false);
      await store.ok([...words, ...(hasRights ? ["--drop-acl"] : [])]);
      const converted = storeOf(t, store);
      assert.equal(await contentHash(converted), hash);
      assert.equal((JSON.parse(await converted.ok(["info", "--json"])) as { layout: string }).layout, target);
      await converted.ok(["convert", "data/back.db", "--layout", layout]);
      await store.ok(["compact", "data/packed.db"]);
      const back = readFileSync(join(converted.folder, "back.db"));
      const packed = readFileSync(join(store.folder, "packed.db"));
      // All but the rights, which layout 0.11 does not have.
      if (hasRights) packed.fill(0, PAGE_SIZE, 2 * PAGE_SIZE);
      assert.ok(back.equals(packed));
    });
  }
}

test("convert writes the rights to a file, in lines that acl grant takes", async (t) => {
  const store = openStore(t, { golden: "acl" });
  await store.ok(["convert", "data/out.db", "--layout", "0.11", "--acl", "data/rights.txt"]);
  const lines = readFileSync(join(store.folder, "rights.txt"), "utf8").trimEnd().split("\n");
  assert.equal(lines.length, 3);
  const copy = storeOf(t, store);
  await copy.ok(["convert", "data/back.db", "--layout", "0.9"]);
  const back = storeOf(t, copy, "back.db");
  for (const line of lines) await back.ok(line.split(" "));
  assert.equal(await back.ok(["acl", "list", "--json"]), await store.ok(["acl", "list", "--json"]));
  // One that is there already is fine when it has just these lines, and else not written over; nothing is left of what was begun.
  await store.ok(["convert", "data/new.db", "--layout", "0.11", "--acl", "data/rights.txt"]);
  unlinkSync(join(store.folder, "new.db"));
  appendFileSync(join(store.folder, "rights.txt"), "# mine");
  await store.fails("FILE_EXISTS", 1, ["convert", "data/new.db", "--layout", "0.11", "--acl", "data/rights.txt"]);
  await store.fails("FILE_EXISTS", 1, ["convert", "data/out.db", "--layout", "0.11", "--acl", "data/more.txt"]);
  assert.deepEqual(readdirSync(store.folder).sort(), ["out.db", "rights.txt", "store.db"]);
  await store.fails("BAD_VALUE", 1, ["convert", "data/new.db", "--layout", "0.9"]);
  await store.fails("USAGE", 2, ["convert", "data/new.db"]);
});

test("records and nodes are packed, whatever the order in which rows came and went", async (t) => {
  const store = openStore(t);
  await store.ok(["create", "t", "id:uint32:pk", "s:text:index", "g:uint8:index"]);
  const row = (id: number): string => JSON.stringify({ id, s: `text ${(id * 7919) % 3000} ${"x".repeat(id % 90)}`, g: id % 3 });
  const ids = Array.from({ length: 3000 }, (_, at) => (at * 1861) % 3000);
  for (let at = 0; at < 3000; at += 500)
    await store.ok(["import", "t", "--format", "ndjson"], {
      stdin: ids
        .slice(at, at + 500)
        .map(row)
        .join("\n"),
    });
  const gone = ids.filter((id) => id % 3 !== 0).map(String);
  for (let at = 0; at < gone.length; at += 400) await store.ok(["delete", "t", ...gone.slice(at, at + 400)]);
  const before = store.bytes().length;
  await store.ok(["compact"]);
  const stats = JSON.parse(await store.ok(["stats", "--json"])) as { tables: { indexes: Record<string, number>[] }[] };
  // 1,000 slots of 64 to 128 bytes fit two pages; entries of 29 bytes (id) and 26 (g) one leaf, of about 80 (s) two leaves and a root.
  assert.deepEqual(
    stats.tables[0]!.indexes.map(({ leaves }) => leaves),
    [1, 2, 1],
  );
  const pages = 3 + 4 + 2 + 1 + 3 + 1;
  assert.ok(pages * PAGE_SIZE < before);
  assert.equal(store.bytes().length / PAGE_SIZE, pages);
});

test("compact refuses what it would not mend, and what it can't do in place", async (t) => {
  const file = PageFile.golden("blog");
  file.page(file.root("users", ["email"])).fill(0xee);
  const store = openStore(t, { bytes: file.bytes, checkStatus: null });
  for (const words of [["compact"], ["compact", "data/out.db"], ["convert", "data/out.db", "--layout", "0.11"]]) {
    assert.match(await store.fails("DAMAGED", 3, words), /error.? that a copy would not mend; run check, then repair OUT$/);
    assert.ok(store.bytes().equals(file.bytes));
  }
  const sound = openStore(t, { golden: "migrated" });
  await sound.fails("USAGE", 2, ["compact", "--readonly"]);
  const before = sound.bytes();
  writeFileSync(join(sound.folder, "store.db-unfinished"), "mine");
  assert.match(
    await sound.fails("FILE_EXISTS", 1, ["compact"]),
    /store\.db-unfinished already, which an interrupted command may have finished/,
  );
  assert.equal(readFileSync(join(sound.folder, "store.db-unfinished"), "utf8"), "mine");
  assert.ok(sound.bytes().equals(before));
  await sound.fails("FILE_EXISTS", 1, ["compact", "data/store.db"]);
});

test("OUT may be in another folder that is opened, and a link", async (t) => {
  const store = openStore(t, { golden: "log" });
  mkdirSync(join(store.folder, "below"));
  await store.ok(["compact", "data/below/out.db"]);
  assert.equal(await contentHash(storeOf(t, store, "below/out.db")), await contentHash(store));
  symlinkSync("store.db", join(store.folder, "link.db"));
  await store.fails("FILE_EXISTS", 1, ["backup", "data/link.db"]);
});

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`stable memory: ${name} of layout ${layout} with empty pages behind it opens as it is`, async (t) => {
      const bytes = golden(name, layout);
      const padded = Buffer.concat([bytes, Buffer.alloc(300 * PAGE_SIZE)]);
      const plain = openStore(t, { bytes });
      const store = openStore(t, { bytes: padded });
      const report = checkReply(await store.ok(["check", "--json"]));
      const notes = report.faults.filter(({ code }) => code !== "PAGE_LEAKED");
      assert.deepEqual(
        notes.map(({ code, severity }) => `${severity} ${code}`),
        ["note FILE_PADDED"],
      );
      const info = JSON.parse(await store.ok(["info", "--json"])) as Record<string, unknown>;
      // An empty file of layout 0.11 is two pages; with more of them nothing tells the layouts apart.
      if (name !== "empty") {
        assert.equal(info["layout"], layout);
        assert.ok((info["emptyEnd"] as number) >= 300);
        assert.equal(notes[0]!.page, padded.length / PAGE_SIZE - (info["emptyEnd"] as number));
        assert.match(await store.ok(["info"]), /\n {2}empty end {4}\d+ pages, /);
        assert.equal(await contentHash(store), await contentHash(plain));
      }
      await store.ok(["create", "fresh", "id:uint32:pk", "t:text"]);
      await store.ok(["insert", "fresh", '{"id":1,"t":"a"}']);
      await store.ok(["compact"]);
      assert.ok(store.bytes().length < padded.length - 290 * PAGE_SIZE);
      assert.deepEqual(await store.rows("fresh"), [{ id: 1, t: "a" }]);
    });
  }
}
