/** `check` on the golden files: nothing but what the reference is known to leave behind; and what it says, as text and as JSON. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { checkReply, faultsOf } from "./helpers/faults.js";
import { golden, goldenNames, goldenRows, layouts } from "./helpers/golden.js";
import { PageFile } from "./helpers/page-file.js";
import { Sandbox } from "./helpers/sandbox.js";

const sandbox = new Sandbox();
after(() => sandbox.close());

/** The pages that the reference's migration leaked: nodes and ledgers that it replaced. */
const leaked = { "0.9": [7, 8, 9, 16, 17, 19, 20, 21, 22], "0.11": [6, 7, 8, 15, 16, 18, 19, 20, 21] };

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`${name} of layout ${layout} has no faults but those that are known`, async () => {
      const bytes = golden(name, layout);
      const { status, stdout } = await sandbox.on(bytes, ["check", "--json"]);
      const { errors, omitted } = checkReply(stdout);
      assert.deepEqual([status, errors, omitted], [0, 0, 0]);
      const rows = Object.values(goldenRows(name, layout)).reduce((sum, table) => sum + table.length, 0);
      const { stdout: text } = await sandbox.on(bytes, ["check"]);
      assert.match(text, new RegExp(`: ${bytes.length / 65536} pages, layout ${layout}, \\d+ tables?, ${rows} rows?: [^\n]*\n$`));
      const expected = name === "migrated" ? leaked[layout].map((page) => `PAGE_LEAKED the file ${page}:-`) : [];
      assert.deepEqual(faultsOf(stdout), expected);
    });
  }
}

test("faults are grouped by table, with their place, a sentence and what can be done", async () => {
  const file = PageFile.golden("blog");
  file.set8(file.recordPage("users"), 11, 0xff);
  file.set8(file.addPage(), 100, 1);
  const { status, stdout, stderr } = await sandbox.on(file.bytes, ["check"]);
  assert.equal(status, 3);
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    "the file",
    "  warning PAGE_LEAKED page 19: nothing leads to this page; it is not empty",
    "table users",
    "  error TEXT_NOT_UTF8 page 15, byte 6: name: the text is not UTF-8",
    "what can be done",
    "  PAGE_LEAKED: harmless in a file without errors; compact makes a file without it",
    "  TEXT_NOT_UTF8: the reference can't read the row: update the column",
    "data/store.db: 20 pages, layout 0.9, 2 tables, 159 rows: 1 error, 1 warning, 0 notes",
  ]);
  assert.equal(stderr, "quire: DAMAGED: 1 error, 1 warning, 0 notes\n");
});

test("the JSON form tells what is lost and which command mends it", async () => {
  const file = PageFile.golden("blog");
  // A length that leaves the page, a page that nothing leads to, a list of rights of no known version.
  file.set16(file.recordPage("users"), 0, 0xffff);
  file.set8(file.addPage(), 100, 1);
  file.set8(1, 0, 9);
  const { stdout } = await sandbox.on(file.bytes, ["check", "--json"]);
  const { faults } = checkReply(stdout);
  const told = Object.fromEntries(faults.map(({ code, lost, mend }) => [code, [lost, mend]]));
  assert.deepEqual(told["RECORD_MALFORMED"], ["the row", "repair OUT"]);
  assert.deepEqual(told["PAGE_LEAKED"], [null, "compact OUT"]);
  assert.deepEqual(told["ACL_DAMAGED"], ["the access control list", "repair OUT"]);
  assert.ok(faults.every(({ lost, mend }) => (lost === null || lost !== "") && (mend === null || /^[a-z]+( |$)/.test(mend))));
});

test("--quick finds what is wrong with definitions, ledgers, nodes and rights, and says what it leaves out", async () => {
  for (const layout of layouts) {
    for (const name of goldenNames(layout)) {
      const { status, stdout } = await sandbox.on(golden(name, layout), ["check", "--quick"]);
      const rows = Object.values(goldenRows(name, layout)).reduce((sum, table) => sum + table.length, 0);
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(` tables?, ${rows} rows?: `));
    }
  }
  const row = PageFile.golden("blog");
  row.set8(row.recordPage("users"), 11, 0xff);
  const { status, stdout } = await sandbox.on(row.bytes, ["check", "--quick"]);
  assert.equal(status, 0);
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    "data/store.db: 19 pages, layout 0.9, 2 tables, 159 rows: no faults",
    "not looked at: rows, free space, the order and the entries of indexes, foreign keys",
  ]);
  const plants: Record<string, (file: PageFile) => void> = {
    SNAPSHOT_DAMAGED: (file) => file.set8(file.table("events").snapshot, 0, 7),
    LEDGER_DAMAGED: (file) => file.set32(file.table("events").pageLedger, 0, 9999),
    NODE_DAMAGED: (file) => file.set8(file.root("events", [file.primaryKey("events")]), 0, 9),
    AUTOINCREMENT_DAMAGED: (file) => file.set8(file.table("events").autoincrement, 1, 255),
    SCHEMA_HASH_WRONG: (file) => file.set8(0, 0, file.u8(0, 0) ^ 1),
    ACL_DAMAGED: (file) => file.set8(1, 0, 9),
    UNCLAIMED_DAMAGED: (file) => file.set32(2, 0, 99999),
  };
  for (const [code, plant] of Object.entries(plants)) {
    const file = PageFile.golden("log");
    plant(file);
    const result = await sandbox.on(file.bytes, ["check", "--quick", "--json"]);
    assert.equal(result.status, 3, code);
    assert.ok(
      faultsOf(result.stdout).some((fault) => fault.startsWith(`${code} `)),
      `${code}: ${result.stdout}`,
    );
  }
});

test("the JSON form is the reply to the request, of a sound file and of a damaged one", async () => {
  const damaged = PageFile.golden("blog");
  damaged.set8(damaged.recordPage("users"), 11, 0xff);
  for (const { bytes } of [PageFile.golden("log"), PageFile.golden("migrated"), damaged]) {
    for (const quick of [false, true]) {
      const { stdout } = await sandbox.on(bytes, ["check", "--json", ...(quick ? ["--quick"] : [])]);
      writeFileSync(sandbox.path("stdin"), JSON.stringify({ op: "check", quick }));
      const served = await sandbox.on(bytes, ["serve"]);
      writeFileSync(sandbox.path("stdin"), "");
      assert.equal(stdout, served.stdout);
    }
  }
});

test("of many faults of a kind 50 are listed, with --all all of them", async () => {
  const file = PageFile.golden("deep");
  // The values of x, which has an index, in 300 rows: `12 u16 · id u32 · x i32 · y i32`.
  const page = file.recordPage("points");
  for (let row = 0; row < 300; row++) file.set8(page, row * 14 + 7, file.u8(page, row * 14 + 7) ^ 0x10);
  const few = await sandbox.on(file.bytes, ["check", "--json"]);
  const all = await sandbox.on(file.bytes, ["check", "--json", "--all"]);
  const [short, long] = [few, all].map((run) => checkReply(run.stdout));
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
