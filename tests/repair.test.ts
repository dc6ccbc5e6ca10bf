/**
 * `repair`: with any page of a golden file damaged, everything outside of that page is in the new file.
 *
 * Which rows those are is found out by `PageFile`, which knows the format by itself: the records that the undamaged primary keys' indexes
 * point to, byte for byte. `QUIRE_REPAIR_SEED` is where the seeds of random damage start.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, test, type TestContext } from "node:test";
import { damage, Random } from "./helpers/damage.js";
import { golden, goldenNames, goldenRows, layouts, type Layout } from "./helpers/golden.js";
import { PageFile } from "./helpers/page-file.js";
import { Sandbox, type SandboxResult } from "./helpers/sandbox.js";

const firstSeed = Number(process.env["QUIRE_REPAIR_SEED"] ?? 1);

const sandbox = new Sandbox();
after(() => sandbox.close());

interface Reply {
  readonly tables: number;
  readonly rows: number;
  readonly lost: number;
  readonly twice: number;
  /** What a check of the new file finds. */
  readonly check: { errors: number; codes: string };
  readonly faults: { code: string; table: string | null; page: number | null; byte: number | null; message: string }[];
}

/** Runs `repair` on `bytes`: how it ended, what it said, and the new file, null when there is none. */
async function repair(
  bytes: Buffer,
  words: readonly string[] = [],
): Promise<{ run: SandboxResult; reply: Reply; made: PageFile | null }> {
  const out = sandbox.path("out.db");
  rmSync(out, { force: true });
  const run = await sandbox.on(bytes, ["repair", "data/out.db", "--json", "--all", ...words]);
  assert.equal(run.trap, null);
  assert.ok(run.status === 0 || run.status === 3, `status ${run.status}: ${run.stderr}${run.stdout}`);
  const reply = JSON.parse(run.stdout.split("\n")[0]!) as Reply;
  const layout: Layout = run.stdout.includes('"layout":"0.11"') ? "0.11" : "0.9";
  return { run, reply, made: run.status === 0 || reply.tables > 0 ? new PageFile(readFileSync(out), layout) : null };
}

/** What `check` finds in the new file: that rows refer to lost ones is no fault of repair, nor what odd rows hold, which it told of. */
function checkMade(reply: Reply, where: string): void {
  const odd = reply.faults.some(({ code }) => code === "ROW_ODD");
  const known = ["", "FOREIGN_KEY_BROKEN", ...(odd ? ["TEXT_NOT_UTF8"] : [])];
  const wrong = reply.check.codes.split(", ").filter((code) => !known.includes(code));
  assert.deepEqual(wrong, [], where);
}

/** Ways to damage a page. */
const damages: Record<string, (page: Buffer, random: Random) => void> = {
  zeroed: (page) => page.fill(0),
  "random bytes": (page, random) => {
    for (let i = 0; i < page.length; i++) page[i] = random.below(256);
  },
  "random bytes from a record on": (page, random) => {
    let end = page.length;
    while (end > 0 && page[end - 1] === 0) end -= 1;
    for (let i = random.below(Math.max(end, 1)); i < page.length; i++) page[i] = random.below(256);
  },
  "bytes cut out": (page, random) => {
    let end = page.length;
    while (end > 0 && page[end - 1] === 0) end -= 1;
    const at = random.below(Math.max(end, 1));
    const count = 1 + random.below(40);
    page.copyWithin(at, at + count);
    page.fill(0, page.length - count);
  },
};

/** The records of a table. */
function bodies(file: PageFile, table: string): Set<string> {
  return new Set(file.records(table).map(({ body }) => body));
}

/** What page of the file is the definition of which table. */
function definitionOf(file: PageFile, page: number): string | null {
  return file.tableNames().find((name) => file.table(name).snapshot === page) ?? null;
}

async function damageEveryPage(t: TestContext, name: string, layout: Layout, how: string): Promise<void> {
  const intact = PageFile.golden(name, layout);
  const names = intact.tableNames();
  const records = new Map(names.map((table) => [table, intact.records(table)]));
  let lostRows = 0;
  for (let page = 0; page < intact.pageCount; page++) {
    const where = `${name} of layout ${layout}, page ${page}: ${how}`;
    const file = new PageFile(Buffer.from(intact.bytes), layout);
    const random = new Random(firstSeed * 7919 + page);
    damages[how]!(file.page(page), random);
    const isSame = file.page(page).equals(intact.page(page));
    const { run, reply, made } = await repair(file.bytes);
    const lostTable = definitionOf(intact, page);
    const kept = lostTable === null || isSame ? names : names.filter((table) => table !== lostTable);
    if (made === null) {
      assert.deepEqual(kept, [], where);
      continue;
    }
    // A table whose definition is damaged may still be read, when the damage is behind what is used of the page.
    const found = made.tableNames().filter((table) => kept.includes(table) || table !== lostTable);
    assert.deepEqual(found.sort(), [...kept].sort(), `${where}\n${run.stdout}`);
    for (const table of kept) {
      const saved = bodies(made, table);
      const all = records.get(table)!;
      const missing = all.filter((record) => record.page !== page && !saved.has(record.body));
      assert.deepEqual(
        missing.map((record) => `${record.page}:${record.offset}`),
        [],
        `${table} of ${where}\n${run.stdout}`,
      );
      // Nothing is made up: what was not there stands for a row of the damaged page.
      const known = new Set(all.map(({ body }) => body));
      const strange = [...saved].filter((body) => !known.has(body));
      const onPage = all.filter((record) => record.page === page);
      if (how === "zeroed") assert.deepEqual(strange, [], where);
      assert.ok(strange.length <= onPage.length, `${where}: ${strange.length} rows that were never there`);
      const gone = onPage.filter(({ body }) => !saved.has(body)).length;
      lostRows += gone;
      // Each lost row is told by its place.
      const told = reply.faults.filter((fault) => fault.code === "ROW_LOST" && fault.table === table);
      assert.equal(told.length + strange.length >= gone, true, `${where}: ${gone} rows lost, ${told.length} told\n${run.stdout}`);
      for (const { page: at } of told) assert.equal(at, page, where);
    }
    if (lostTable !== null && !made.tableNames().includes(lostTable))
      assert.ok(
        reply.faults.some(({ code }) => code === "TABLE_LOST"),
        where,
      );
    checkMade(reply, where);
  }
  t.diagnostic(`${intact.pageCount} pages, ${lostRows} rows lost on the damaged ones`);
}

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    // What the layouts differ in is where things stand: half of the ways will do for the second one.
    for (const how of Object.keys(damages).filter((_, at) => layout === "0.9" || at % 2 === 0)) {
      test(`${name} of layout ${layout}, each page in turn: ${how}`, (t) => damageEveryPage(t, name, layout, how));
    }
  }
}

/** Lines of `schema` for the intact golden file, in a file beside the store. */
async function writeSchema(name: string, layout: Layout): Promise<void> {
  const { stdout } = await sandbox.on(golden(name, layout), ["schema"]);
  writeFileSync(sandbox.path("schema.txt"), stdout);
}

/** A golden file with some pages overwritten. */
function spoiled(name: string, layout: Layout, pages: (file: PageFile) => number[], how = "random bytes"): PageFile {
  const file = PageFile.golden(name, layout);
  for (const page of pages(new PageFile(Buffer.from(file.bytes), layout)))
    damages[how]!(file.page(page), new Random(firstSeed + page));
  return file;
}

/** The rows of all tables, as records. */
function allRecords(file: PageFile): Record<string, string[]> {
  const records = (table: string): string[] => file.records(table).map(({ body }) => body);
  return Object.fromEntries(file.tableNames().map((table) => [table, records(table).sort()]));
}

for (const layout of layouts) {
  for (const name of goldenNames(layout).filter((name) => name !== "empty")) {
    test(`definitions from a copy save all rows of ${name} of layout ${layout}, also when the registry is lost with them`, async () => {
      await writeSchema(name, layout);
      const intact = PageFile.golden(name, layout);
      const snapshots = (file: PageFile): number[] => file.tableNames().map((table) => file.table(table).snapshot);
      for (const pages of [snapshots, (file: PageFile): number[] => [0, ...snapshots(file)]]) {
        for (const how of ["zeroed", "random bytes"]) {
          const words = ["--schema", "data/schema.txt", "--layout", layout];
          const { run, reply, made } = await repair(spoiled(name, layout, pages, how).bytes, words);
          // Page 1 is empty in most of these files: beside a registry that is, too, that is a doubt.
          // A table without rows has nothing that shows that it was there, or that it never had any: another doubt.
          const rowless = Object.entries(allRecords(intact)).flatMap(([table, rows]) => (rows.length === 0 ? [table] : []));
          const told = reply.faults
            .filter(({ code, table }) => !(code === "TABLE_DOUBTFUL" && rowless.includes(table ?? "")))
            .map(({ code }) => code)
            .filter((code) => !["COUNTER_LOST", "ACL_DOUBTFUL"].includes(code));
          assert.deepEqual(told, [], `${how}: ${run.stdout}`);
          const expected = Object.entries(allRecords(intact)).filter(([, rows]) => rows.length > 0);
          const found = Object.entries(allRecords(made!)).filter(([, rows]) => rows.length > 0);
          assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected), how);
        }
      }
    });
  }
}

for (const layout of layouts) {
  test(`rows are found without registry, page ledgers or indexes: layout ${layout}`, async () => {
    const lost = (file: PageFile): number[] => {
      const tables = file.tableNames().map((table) => file.table(table));
      return [0, ...tables.flatMap(({ pageLedger, indexLedger }) => [pageLedger, indexLedger])];
    };
    for (const name of ["blog", "tree", "churn", "log", "deep"]) {
      const { run, reply, made } = await repair(spoiled(name, layout, lost).bytes);
      assert.deepEqual(allRecords(made!), allRecords(PageFile.golden(name, layout)), `${name}\n${run.stdout}`);
      assert.equal(reply.lost + reply.twice, 0);
    }
  });
}

test("counters and rights are kept; counters that can't be read start from the highest numbers in the rows", async () => {
  const intact = PageFile.golden("log");
  const [table] = intact.tableNames();
  const dumpOf = async (path: string): Promise<Record<string, string>> => {
    const { stdout } = await sandbox.run({ args: [path, "dump"], keep: true });
    const lines = stdout.trimEnd().split("\n");
    return (JSON.parse(lines[1]!) as { counters: Record<string, string> }).counters;
  };
  writeFileSync(sandbox.path("intact.db"), intact.bytes);
  const kept = await dumpOf("data/intact.db");
  const { reply } = await repair(spoiled("log", "0.9", () => [0]).bytes);
  // Nothing tells whether the table that was found is the only one.
  assert.deepEqual(
    reply.faults.map(({ code }) => code),
    ["TABLES_DOUBTFUL"],
  );
  assert.deepEqual(await dumpOf("data/out.db"), kept);
  const lost = await repair(spoiled("log", "0.9", (file) => [file.table(table!).autoincrement]).bytes);
  assert.deepEqual(
    lost.reply.faults.map(({ code }) => code),
    ["COUNTER_LOST"],
  );
  assert.equal(lost.run.status, 0);
  const highest = Object.fromEntries(Object.keys(kept).map((column) => [column, "0"]));
  for (const row of goldenRows("log")[table!]!) {
    for (const column of Object.keys(kept)) {
      if (BigInt(row[column] as string | number) > BigInt(highest[column]!))
        highest[column] = JSON.stringify(row[column]).replaceAll('"', "");
    }
  }
  assert.deepEqual(await dumpOf("data/out.db"), highest);

  await repair(spoiled("acl", "0.9", () => [0]).bytes);
  const rights = await sandbox.run({ args: ["data/out.db", "acl", "list", "--json"], keep: true });
  assert.equal(rights.stdout, (await sandbox.on(golden("acl"), ["acl", "list", "--json"])).stdout);
  const noRights = await repair(spoiled("acl", "0.9", () => [1]).bytes);
  assert.deepEqual(
    noRights.reply.faults.map(({ code, page }) => `${code} ${page}`),
    ["ACL_LOST 1"],
  );
});

test("of two rows with one key the one that the index points to is kept, and the other is told with its values", async () => {
  const file = PageFile.golden("deep");
  // 12 u16 · id u32 · x i32 · y i32, a slot of 14 bytes: the second record of a page gets the first one's key, and its entry goes.
  const page = file.recordPage("points");
  const first = file.u32(page, 2);
  const second = file.u32(page, 16);
  const index = file.rootAt("points", ["id"]);
  for (const whole of [true, false]) {
    const bytes = new PageFile(Buffer.from(file.bytes));
    bytes.set32(page, 16, first);
    // Without the index the one that comes first is kept.
    if (!whole) bytes.set32(bytes.table("points").indexLedger, index, 0);
    const { reply, made } = await repair(bytes.bytes);
    assert.equal(reply.rows, 3999);
    const codes = reply.faults.map(({ code, page: at, byte }) => `${code} ${at}:${byte}`);
    if (whole) assert.ok(codes.includes(`ROW_LOST ${page}:14`) || codes.includes(`ROW_TWICE ${page}:14`), codes.join());
    else assert.ok(codes.includes(`ROW_TWICE ${page}:14`), codes.join());
    if (!whole) assert.match(reply.faults[0]!.message, new RegExp(`same id and was kept; this one is \\{"id":${first},"x":`));
    const keys = new Set(made!.records("points").map(({ body }) => Buffer.from(body, "latin1").readUInt32LE(0)));
    assert.ok(keys.has(first) && !keys.has(second));
  }
});

for (const layout of layouts) {
  test(`a file that was cut short: what is missing is told, wherever it ends (layout ${layout})`, async (t) => {
    let cuts = 0;
    for (const name of goldenNames(layout)) {
      const bytes = golden(name, layout);
      const rows = Object.values(goldenRows(name, layout)).reduce((sum, table) => sum + table.length, 0);
      for (let end = 3; end < bytes.length / 65536; end++) {
        const { run, reply } = await repair(bytes.subarray(0, end * 65536));
        const where = `${name}, the first ${end} pages`;
        if (run.status === 0) assert.equal(reply.rows, rows, `${where}: rows are missing, and all is said to be well`);
        else assert.ok(reply.faults.length > 0, where);
        assert.ok(reply.rows <= rows, where);
        checkMade(reply, where);
        cuts += 1;
      }
    }
    t.diagnostic(`${cuts} cuts`);
  });
}

test("a file that ends inside of a page: the whole pages count, and the rest is told", async () => {
  const bytes = golden("blog", "0.9");
  const whole = bytes.length / 65536 - 1;
  const kept = await repair(bytes.subarray(0, whole * 65536));
  for (const rest of [1, 4096, 65535]) {
    const cut = bytes.subarray(0, whole * 65536 + rest);
    for (const words of [["check"], ["tables"]]) {
      const run = await sandbox.on(cut, words);
      assert.equal(run.status, 3);
      assert.match(run.stderr, /^quire: NOT_A_PAGE_FILE: .*; repair OUT saves what its whole pages hold\n$/);
    }
    const { run, reply } = await repair(cut);
    assert.equal(run.status, 3);
    const [first, ...others] = reply.faults;
    assert.deepEqual([first!.code, first!.page], ["FILE_CUT", whole]);
    assert.match(first!.message, new RegExp(`first ${rest} bytes? `));
    assert.deepEqual(others, kept.reply.faults);
    assert.equal(reply.rows, kept.reply.rows);
  }
  const short = await sandbox.on(bytes.subarray(0, 1000), ["repair", "data/out.db"]);
  assert.match(short.stderr, /^quire: NOT_A_PAGE_FILE: .* 1000 bytes long; .*copied whole\n$/);
});

test("OUT is a new file, what is lost is told in words, and the exit status says so", async () => {
  const file = spoiled("blog", "0.9", (intact) => [intact.recordPage("users")], "zeroed");
  rmSync(sandbox.path("out.db"), { force: true });
  const before = Buffer.from(file.bytes);
  const run = await sandbox.on(file.bytes, ["repair", "data/out.db"], true);
  assert.ok(run.bytes !== null && before.equals(run.bytes), "the damaged file is as it was");
  assert.equal(run.status, 3);
  assert.match(run.stderr, /^quire: DAMAGED: not all of data\/store\.db could be saved: 50 errors, 0 warnings, 0 notes\n$/);
  const lines = run.stdout.split("\n");
  assert.equal(lines[0], "table users");
  assert.match(lines[1]!, /^ {2}error ROW_LOST page 15, byte \d+: the row with id = \d+ can't be read$/);
  assert.match(run.stdout, /\ndata\/out\.db: 2 tables with 109 rows saved, 50 rows lost\n/);
  assert.match(run.stdout, /\ncheck finds \d+ errors in it: FOREIGN_KEY_BROKEN\n$/);
  const again = await sandbox.on(file.bytes, ["repair", "data/out.db"]);
  assert.match(again.stderr, /^quire: FILE_EXISTS: there is a file data\/out\.db already; /);
  assert.equal(again.status, 1);
  const nothing = await repair(Buffer.alloc(10 * 65536, 0xa5));
  assert.equal(nothing.run.status, 0 + 3);
  assert.equal(existsSync(sandbox.path("out.db")), false);
});

test("an undamaged file is saved as a whole", async () => {
  for (const layout of layouts) {
    for (const name of goldenNames(layout)) {
      const { run, reply, made } = await repair(golden(name, layout));
      assert.equal(run.status, 0, run.stdout);
      assert.deepEqual(
        reply.faults.map(({ code }) => code).filter((code) => code !== "COUNTER_LOST"),
        [],
        name,
      );
      assert.deepEqual(allRecords(made!), allRecords(PageFile.golden(name, layout)), name);
    }
  }
});

test("whatever is wrong with a file, repair ends, and what it makes is sound", async (t) => {
  const rounds = Number(process.env["QUIRE_REPAIR_ROUNDS"] ?? 4);
  let files = 0;
  for (const layout of layouts) {
    for (const name of goldenNames(layout)) {
      for (let round = 0; round < rounds; round++) {
        const seed = firstSeed + round;
        const first = damage(golden(name, layout), new Random(seed * 104729 + name.charCodeAt(0)));
        const again = round % 2 === 1 && first.bytes.length > 0 && first.bytes.length % 65536 === 0;
        const bytes = again ? damage(first.bytes, new Random(seed)).bytes : first.bytes;
        const how = first.how;
        rmSync(sandbox.path("out.db"), { force: true });
        const run = await sandbox.on(bytes, ["repair", "data/out.db", "--json"]);
        const where = `${name} of layout ${layout}, seed ${seed} (${how})\n${run.stderr}${run.stdout.slice(0, 3000)}`;
        assert.equal(run.trap, null, where);
        assert.ok(run.status === 0 || run.status === 3, where);
        assert.ok(run.memoryBytes < 64 << 20, where);
        if (run.stdout.startsWith('{"file"')) checkMade(JSON.parse(run.stdout.split("\n")[0]!) as Reply, where);
        files += 1;
      }
    }
  }
  t.diagnostic(`${files} files, seeds from ${firstSeed}`);
});
