/**
 * A schema registry that does not list all tables any more: the file is not taken for one that has fewer, by no command that could make
 * that true.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { after, test } from "node:test";
import { checkReply } from "./helpers/faults.js";
import { goldenRows, layouts, type Layout } from "./helpers/golden.js";
import { PageFile } from "./helpers/page-file.js";
import { Sandbox } from "./helpers/sandbox.js";

const sandbox = new Sandbox();
after(() => sandbox.close());

interface Reply {
  readonly tables: number;
  readonly rows: number;
  readonly faults: { code: string; page: number | null }[];
}

/** What is wrong with the file, without what follows from it: pages that nothing leads to, and keys of a table that is not listed. */
async function check(file: PageFile, words: readonly string[] = []): Promise<string[]> {
  const { status, stdout } = await sandbox.on(file.bytes, ["check", "--json", ...words]);
  const { faults } = checkReply(stdout);
  const codes = faults
    .filter(({ code }) => code !== "PAGE_LEAKED" && code !== "FOREIGN_KEY_ODD")
    .map(({ code, page }) => `${code} ${page}`);
  assert.equal(status, codes.length === 0 ? 0 : 3, stdout);
  return codes.sort();
}

/** The command refuses the file, and leaves it as it is. */
async function expectRefusal(file: PageFile, words: readonly string[]): Promise<void> {
  const { status, stderr, stdout } = await sandbox.on(file.bytes, words);
  assert.equal(status, 3, words.join(" ") + stderr + stdout);
  assert.ok(readFileSync(sandbox.path("store.db")).equals(file.bytes), words.join(" "));
}

async function repair(file: PageFile, words: readonly string[] = []): Promise<{ status: number; reply: Reply; stderr: string }> {
  rmSync(sandbox.path("out.db"), { force: true });
  const { status, stdout, stderr } = await sandbox.on(file.bytes, ["repair", "data/out.db", "--json", ...words]);
  return { status, reply: JSON.parse(stdout.split("\n")[0]!) as Reply, stderr };
}

function rowsOf(name: string, layout: Layout): number {
  return Object.values(goldenRows(name, layout)).reduce((sum, rows) => sum + rows.length, 0);
}

for (const layout of layouts) {
  const blog = (): PageFile => PageFile.golden("blog", layout);
  const definitions = ["users", "posts"].map((table) => blog().table(table).snapshot);

  test(`a registry that counts one table too few: layout ${layout}`, async () => {
    const file = blog();
    file.set8(0, 8, 1);
    const listed = file.tableNames()[0]!;
    const unlisted = definitions[listed === "users" ? 1 : 0]!;
    const expected = [`SCHEMA_HASH_WRONG 0`, `TABLE_UNLISTED ${unlisted}`];
    assert.deepEqual(await check(file), expected);
    assert.deepEqual(await check(file, ["--quick"]), expected);
    await expectRefusal(file, ["compact"]);
    await expectRefusal(file, ["compact", "data/out.db"]);
    await expectRefusal(file, ["convert", "data/out.db", "--layout", layout === "0.9" ? "0.11" : "0.9", "--drop-acl"]);
    const { status, reply } = await repair(file);
    assert.deepEqual([status, reply.tables, reply.rows, reply.faults], [0, 2, rowsOf("blog", layout), []]);
  });

  /** What is said of an empty page 1 beside an empty registry. */
  const noRights = layout === "0.9" ? ["ACL_DOUBTFUL"] : [];

  test(`a registry that counts no tables, or is zeroed: layout ${layout}`, async () => {
    for (const zeroed of [false, true]) {
      const file = blog();
      if (zeroed) file.page(0).fill(0);
      else file.set32(0, 8, 0);
      const unlisted = definitions.map((page) => `TABLE_UNLISTED ${page}`).sort();
      assert.deepEqual(await check(file), zeroed ? unlisted : ["SCHEMA_HASH_WRONG 0", ...unlisted]);
      for (const words of [["tables"], ["create", "t", "k:uint8:pk"], ["compact"], ["scan", "users"]])
        await expectRefusal(file, words);
      const { status, reply } = await repair(file, ["--layout", layout]);
      assert.deepEqual([reply.tables, reply.rows], [2, rowsOf("blog", layout)]);
      // The hash tells that these are all tables. Without it nothing does: the file may have been longer.
      assert.deepEqual([status, reply.faults.map(({ code }) => code)], zeroed ? [3, [...noRights, "TABLES_DOUBTFUL"]] : [0, []]);
    }
  });

  test(`a registry that is lost with the only definition: layout ${layout}`, async () => {
    const file = PageFile.golden("deep", layout);
    const { snapshot } = file.table("points");
    for (const page of [0, snapshot]) file.page(page).fill(0);
    assert.deepEqual(await check(file), ["REGISTRY_DAMAGED 0"]);
    await expectRefusal(file, ["compact"]);
    const { status, reply, stderr } = await repair(file, ["--layout", layout]);
    assert.equal(status, 3, stderr);
    assert.deepEqual([reply.tables, reply.faults.map(({ code }) => code)], [0, [...noRights, "TABLE_LOST"]]);
  });

  test(`a registry that is lost with one of two definitions: layout ${layout}`, async () => {
    const file = blog();
    for (const page of [0, definitions[0]!]) file.page(page).fill(0);
    const { status, reply, stderr } = await repair(file, ["--layout", layout]);
    assert.equal(status, 3, stderr);
    assert.deepEqual([reply.tables, reply.faults.map(({ code }) => code)], [1, [...noRights, "TABLE_LOST"]]);
  });

  test(`pages of nobody are no tables when the hash is that of the listed ones: layout ${layout}`, async () => {
    const file = PageFile.golden("deep", layout);
    const definition = file.table("points").snapshot;
    const copy = file.addPage();
    file.page(definition).copy(file.page(copy));
    assert.deepEqual(await check(file), []);
    const { status, stderr } = await sandbox.on(file.bytes, ["compact"]);
    assert.equal(status, 0, stderr);
  });

  test(`a file whose tables were all dropped is an empty one: layout ${layout}`, async () => {
    const { status, stdout, stderr } = await sandbox.on(blog().bytes, ["drop", "posts"]);
    assert.equal(status, 0, stderr + stdout);
    for (const words of [["drop", "users"], ["tables"], ["check"], ["create", "t", "k:uint8:pk"], ["compact"]]) {
      const run = await sandbox.run({ args: ["data/store.db", ...words], keep: true });
      assert.equal(run.status, 0, words.join(" ") + run.stderr);
    }
  });
}

test("files of other formats whose size would do are told by their first bytes", async () => {
  const sqlite = new PageFile(Buffer.alloc(3 * 65536));
  sqlite.page(0).write("SQLite format 3\0", "latin1");
  const memories = new PageFile(Buffer.alloc(129 * 65536));
  memories.page(0).write("MGR\u0001", "latin1");
  for (const [file, what] of [
    [sqlite, /SQLite/],
    [memories, /MemoryManager/],
  ] as const) {
    for (const words of [["tables"], ["create", "t", "k:uint8:pk"], ["check"], ["repair", "data/out.db"]]) {
      const { status, stderr } = await sandbox.on(file.bytes, words);
      assert.equal(status, 3, words.join(" "));
      assert.match(stderr, /NOT_A_PAGE_FILE/);
      assert.match(stderr, what);
      assert.ok(readFileSync(sandbox.path("store.db")).equals(file.bytes));
    }
  }
});
