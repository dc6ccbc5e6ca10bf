/** `check` on the golden files: nothing but what the reference is known to leave behind; and what it says, as text and as JSON. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { faultsOf } from "./helpers/faults.js";
import { golden, goldenNames, goldenRows, layouts } from "./helpers/golden.js";
import { PageFile } from "./helpers/page-file.js";
import { Sandbox } from "./helpers/sandbox.js";

const sandbox = Sandbox.open();
after(() => sandbox.close());

/** The pages that the reference's migration leaked: nodes and ledgers that it replaced. */
const leaked = { "0.9": [7, 8, 9, 16, 17, 19, 20, 21, 22], "0.11": [6, 7, 8, 15, 16, 18, 19, 20, 21] };

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`${name} of layout ${layout} has no faults but those that are known`, async () => {
      const bytes = golden(name, layout);
      const { status, stdout } = await sandbox.on(bytes, ["check", "--json"]);
      const reply = JSON.parse(stdout) as Record<string, unknown>;
      const rows = Object.values(goldenRows(name, layout)).reduce((sum, table) => sum + table.length, 0);
      assert.deepEqual(
        [status, reply["ok"], reply["layout"], reply["pages"], reply["rows"], reply["omitted"]],
        [0, true, layout, bytes.length / 65536, rows, 0],
      );
      const expected = name === "migrated" ? leaked[layout].map((page) => `PAGE_LEAKED the file ${page}:-`) : [];
      assert.deepEqual(faultsOf(stdout), expected);
    });
  }
}

test("faults are grouped by table, with their place, a sentence and what can be done", async () => {
  const file = PageFile.golden("blog");
  file.set8(file.recordPage("users"), 11, 0xff);
  file.addPage();
  const { status, stdout, stderr } = await sandbox.on(file.bytes, ["check"]);
  assert.equal(status, 3);
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    "the file",
    "  note FILE_PADDED page 19: the last page is empty, and nothing leads there",
    "table users",
    "  error TEXT_NOT_UTF8 page 15, byte 6: name: the text is not UTF-8",
    "what can be done",
    "  FILE_PADDED: the memory of a canister is often larger than what it holds: harmless",
    "  TEXT_NOT_UTF8: the reference can't read the row: update the column",
    "data/store.db: 20 pages, layout 0.9, 2 tables, 159 rows: 1 error, 0 warnings, 1 note",
  ]);
  assert.equal(stderr, "quire: DAMAGED: 1 error, 0 warnings, 1 note\n");
});

test("of many faults of a kind 50 are listed, with --all all of them", async () => {
  const file = PageFile.golden("deep");
  // The values of x, which has an index, in 300 rows: `12 u16 · id u32 · x i32 · y i32`.
  const page = file.recordPage("points");
  for (let row = 0; row < 300; row++) file.set8(page, row * 14 + 7, file.u8(page, row * 14 + 7) ^ 0x10);
  const few = await sandbox.on(file.bytes, ["check", "--json"]);
  const all = await sandbox.on(file.bytes, ["check", "--json", "--all"]);
  const [short, long] = [few, all].map((run) => JSON.parse(run.stdout) as { errors: number; omitted: number; faults: unknown[] });
  assert.deepEqual([few.status, short?.errors, short?.omitted, short?.faults.length], [3, 300, 250, 50]);
  assert.deepEqual([all.status, long?.errors, long?.omitted, long?.faults.length], [3, 300, 0, 300]);
});

test("check does not write, and works on a file that can't be written", async () => {
  const bytes = PageFile.golden("blog").bytes;
  const before = Buffer.from(bytes);
  const { status, bytes: afterwards } = await sandbox.on(bytes, ["check"], true);
  assert.equal(status, 0);
  assert.ok(afterwards !== null && before.equals(afterwards));
});

test("a file that is no page file is said to be none", async () => {
  const odd = await sandbox.on(Buffer.alloc(65537), ["check"]);
  assert.equal(odd.status, 3);
  assert.match(odd.stderr, /^quire: NOT_A_PAGE_FILE: /);
  const missing = await sandbox.run({ args: ["data/store.db", "check"] });
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /^quire: FILE_NOT_FOUND: /);
});
