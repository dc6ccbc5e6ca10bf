/**
 * `repair`: with any page of a golden file damaged, everything outside of that page is in the new file.
 *
 * Which rows those are is found out by `PageFile`, which knows the format by itself: the records that the undamaged primary keys' indexes
 * point to, byte for byte. `QUIRE_REPAIR_SEED` is where the seeds of random damage start.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { after, test, type TestContext } from "node:test";
import { Random } from "./helpers/damage.js";
import { goldenNames, layouts, type Layout } from "./helpers/golden.js";
import { PageFile } from "./helpers/page-file.js";
import { Sandbox, type SandboxResult } from "./helpers/sandbox.js";

const firstSeed = Number(process.env["QUIRE_REPAIR_SEED"] ?? 1);

const sandbox = await Sandbox.open();
after(() => sandbox.close());

interface Reply {
  readonly tables: number;
  readonly rows: number;
  readonly lost: number;
  readonly twice: number;
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

/** What `check` finds in the new file: that rows refer to lost ones is no fault of repair, nor what `odd` rows hold, which it told of. */
async function checkMade(where: string, odd: boolean): Promise<void> {
  const { stdout } = await sandbox.run({ args: ["data/out.db", "check", "--json"], keep: true });
  const { faults } = JSON.parse(stdout) as { faults: { severity: string; code: string }[] };
  const known = ["FOREIGN_KEY_BROKEN", ...(odd ? ["TEXT_NOT_UTF8"] : [])];
  const wrong = faults.filter(({ severity, code }) => severity === "error" && !known.includes(code));
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
      const saved: Set<string> = new Set(made.records(table).map(({ body }) => body));
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
    await checkMade(
      where,
      reply.faults.some(({ code }) => code === "ROW_ODD"),
    );
  }
  t.diagnostic(`${intact.pageCount} pages, ${lostRows} rows lost on the damaged ones`);
}

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    for (const how of Object.keys(damages)) {
      test(`${name} of layout ${layout}, each page in turn: ${how}`, (t) => damageEveryPage(t, name, layout, how));
    }
  }
}
