/**
 * Damaged files: whatever is wrong with a file, each command ends with an exit status and a message; it does not trap, hang, or eat memory.
 *
 * `QUIRE_HOSTILE_ROUNDS` sets how many files are made of each golden file, `QUIRE_HOSTILE_SEED` where the seeds start.
 */
import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { damage, Random } from "./helpers/damage.js";
import {
  golden,
  goldenNames,
  goldenRows,
  goldenSchema,
  layouts,
  oldLayouts,
  type Json,
  type Layout,
  type OldLayout,
} from "./helpers/golden.js";
import { PageFile } from "./helpers/page-file.js";
import { Swarm, type SwarmReport } from "./helpers/swarm.js";

const rounds = Number(process.env["QUIRE_HOSTILE_ROUNDS"] ?? 10);
const firstSeed = Number(process.env["QUIRE_HOSTILE_SEED"] ?? 1);

/** The cache of 16 MiB, and as much again for everything else. */
const MEMORY_LIMIT = 48 << 20;

const swarm = new Swarm();
after(() => swarm.close());

function fail(
  problem: string,
  name: string,
  layout: Layout | OldLayout,
  seed: number,
  how: string,
  words: readonly string[],
  result: SwarmReport,
): never {
  const said = `${result.trap ?? ""}\n${result.stderr.slice(0, 500)}`;
  assert.fail(`${problem}: ${name} of layout ${layout}, seed ${seed} (${how}): quire ${words.join(" ")}\n${said}`);
}

/** Holds what a command did against the rules. */
function judge(
  name: string,
  layout: Layout | OldLayout,
  seed: number,
  how: string,
  words: readonly string[],
  result: SwarmReport,
): void {
  const complain = (problem: string): never => fail(problem, name, layout, seed, how, words, result);
  if (result.status === -2) complain("hangs");
  if (result.trap !== null) complain("traps");
  if (result.status < 0 || result.status > 4) complain(`ends with status ${result.status}`);
  // A damaged file may differ from itself: an exit status alone tells so.
  const differs = words[0] === "diff" && result.status === 1 && result.stdout.includes(" differ in ");
  if (result.status !== 0 && !differs && !/^quire: [A-Z_]+: .+\n$/.test(result.stderr))
    complain("fails without a message of one line");
  if (/\bBUG\b|unreachable|abort/.test(result.stderr)) complain("gives itself up");
  if (result.memoryBytes > MEMORY_LIMIT) complain(`takes ${result.memoryBytes} bytes of memory`);
}

/** A word for the command line that is the JSON value. */
function keyWord(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** What is asked of every damaged file: all that reads, and some of what writes. */
function commands(name: string, layout: Layout, random: Random, pages: number): string[][] {
  const list = [
    ["check"],
    ["tables"],
    ["schema"],
    ["info"],
    ["stats"],
    ["map"],
    ["page", String(random.below(pages))],
    ["dump"],
    ["acl", "list"],
    ["check", "--quick"],
    ["hash"],
    ["diff", "data/store.db"],
    ["diff", "--schema", "data/store.db"],
    ["index", "list"],
    ["compact"],
    ["repair", "data/mended.db"],
    ["convert", "data/other.db", "--layout", layout === "0.9" ? "0.11" : "0.9"],
  ];
  for (const [table, rows] of Object.entries(goldenRows(name, layout))) {
    if (rows.length === 0) continue;
    const row = random.pick(rows);
    const column = random.pick(Object.keys(row));
    const key = keyWord(row[keyColumn(name, layout, table)]);
    list.push(
      ["export", table, "--format", "ndjson"],
      ["get", table, key],
      ["scan", table, "--reverse"],
      ["scan", table, "--index", column],
    );
    list.push(["scan", table, "--from", key, "--limit", "5"]);
    list.push(["delete", table, key, "--cascade"], ["update", table, key, JSON.stringify({ [column]: row[column] })]);
    list.push(["insert", table, JSON.stringify(row)], ["update", table, key, JSON.stringify(random.pick(rows))]);
    list.push(["alter", table, "add", "added:text:default=x", "--first"], ["index", "create", table, column]);
    list.push(["drop", table]);
  }
  list.push(["create", "fresh", "id:uint32:pk", "t:text:index"]);
  if (layout === "0.9") list.push(["acl", "grant", "text:me", "admin"]);
  return list;
}

const keyColumns = new Map<string, string>();

function keyColumn(name: string, layout: Layout, table: string): string {
  return keyColumns.get(`${name} ${layout} ${table}`) ?? "id";
}

/** Asks the undamaged file for the primary key of each table. */
async function learnKeys(name: string, layout: Layout): Promise<void> {
  const [{ stdout }] = (await swarm.run(golden(name, layout), [["schema"]])) as [SwarmReport];
  for (const [, table, words] of stdout.matchAll(/^create (\S+) (.*)$/gm)) {
    const key = /(?:^|\s)'?(\w+):[^\s:]+:pk/.exec(words!);
    if (key) keyColumns.set(`${name} ${layout} ${table!}`, key[1]!);
  }
}

/** Seeds that once found something: they are run every time. */
const kept: Record<string, readonly number[]> = {
  // 7,000 grants of one identity: `page` built their text by concatenation.
  "acl 0.9": [5291],
};

async function attack(t: TestContext, name: string, layout: Layout): Promise<void> {
  await learnKeys(name, layout);
  const original = golden(name, layout);
  const found = new Map<string, number>();
  const before = swarm.executions;
  const seeds = Array.from({ length: rounds }, (_, round) => firstSeed + round);
  for (const seed of [...(kept[`${name} ${layout}`] ?? []), ...seeds]) {
    const random = new Random(seed * 7919 + original.length + name.charCodeAt(0));
    const { bytes, how } = damage(original, random);
    const pages = Math.max(Math.floor(bytes.length / 65536), 1);
    // With the smallest cache pages come and go; what is kept too long shows.
    const cache = random.below(2) === 0 ? ["--cache", "0"] : [];
    const asked = commands(name, layout, random, pages).map((command) => [...command, ...cache]);
    const results = await swarm.run(bytes, asked);
    asked.forEach((words, at) => {
      const result = results[at]!;
      judge(name, layout, seed, how, words, result);
      if (words[0] === "check") found.set(String(result.status), (found.get(String(result.status)) ?? 0) + 1);
    });
  }
  const counts = [...found].map(([status, count]) => `${count} with status ${status}`).join(", ");
  const runs = swarm.executions - before;
  t.diagnostic(`seeds ${firstSeed} to ${firstSeed + rounds - 1}: ${runs} commands were run; check ended ${counts}`);
}

/** Page numbers that lead back to where they came from, often enough that following them doubles the way with each level. */
const loops: Record<string, (file: PageFile) => void> = {
  "two children in the middle of the root are the root": (file) => {
    const root = file.root("wide", ["key"]);
    for (const child of file.entries(root).slice(1, 3)) file.set32(root, child.pointer, root);
  },
  "the first children of the root are the root": (file) => {
    const root = file.root("wide", ["key"]);
    for (const child of file.entries(root)) file.set32(root, child.pointer, root);
  },
  "36 inner nodes have the next one as both of their children": (file) => {
    const leaf = file.leaves(file.root("wide", ["key"]))[0]!;
    const { key, keyLen } = file.entries(leaf)[0]!;
    const pages = Array.from({ length: 36 }, () => file.addPage());
    pages.forEach((page, i) => {
      const child = pages[i + 1] ?? leaf;
      file.set16(page, 5, 1);
      file.set32(page, 7, child);
      file.set16(page, 11, keyLen);
      file.page(leaf).copy(file.page(page), 13, key, key + keyLen);
      file.set32(page, 13 + keyLen, child);
    });
    file.set32(file.table("wide").indexLedger, file.rootAt("wide", ["key"]), pages[0]!);
  },
  "leaves are their own neighbours": (file) => {
    for (const leaf of file.leaves(file.root("wide", ["key"]))) {
      file.set32(leaf, 7, leaf);
      file.set32(leaf, 11, leaf);
    }
  },
  "one record page is listed 5,461 times": (file) => {
    const { pageLedger } = file.table("wide");
    file.set32(pageLedger, 0, 5461);
    for (let i = 1; i < 5461; i++) file.page(pageLedger).copyWithin(4 + i * 12, 4, 16);
  },
  "one segments page is listed 16,383 times": (file) => {
    const { freeSegments } = file.table("wide");
    file.set16(freeSegments, 0, 16383);
    for (let i = 1; i < 16383; i++) file.page(freeSegments).copyWithin(2 + i * 4, 2, 6);
  },
  "one unclaimed page is listed 16,382 times": (file) => {
    const page = file.addPage();
    file.set32(2, 0, 16382);
    for (let i = 0; i < 16382; i++) file.set32(2, 4 + i * 4, page);
  },
};

for (const [how, plant] of Object.entries(loops)) {
  test(`in circles: ${how}`, async () => {
    const file = PageFile.golden("tall");
    const key = file.page(file.leaves(file.root("wide", ["key"]))[20]!);
    const text = key.toString("utf8", 15 + 2 + 11, 15 + 2 + key.readUInt16LE(15));
    plant(file);
    await learnKeys("tall", "0.9");
    const words = commands("tall", "0.9", new Random(1), file.pageCount);
    for (const row of ["first", text, "~last"])
      words.push(["insert", "wide", JSON.stringify({ key: `${row}+`, n: 1 })], ["delete", "wide", row]);
    const results = await swarm.run(file.bytes, words);
    words.forEach((command, at) => judge("tall", "0.9", 0, how, command, results[at]!));
  });
}

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`damaged ${name} of layout ${layout} is told or worked with`, (t) => attack(t, name, layout));
  }
}

/** What is asked of a damaged file of a layout without definitions, with those that it had: all that reads, and what makes other files. */
function oldCommands(name: string, layout: OldLayout, random: Random, pages: number): string[][] {
  const list = [
    ...[
      ["check"],
      ["check", "--quick"],
      ["tables"],
      ["schema"],
      ["info"],
      ["stats"],
      ["map"],
      ["dump"],
      ["hash"],
      ["acl", "list"],
    ],
    ["page", String(random.below(pages))],
    ["diff", "data/store.db"],
    ["compact"],
    ["repair", "data/mended.db"],
    ["convert", "data/other.db", "--layout", random.pick(layouts)],
    ["create", "fresh", "id:uint32:pk"],
  ];
  for (const definition of goldenSchema(name, layout)) {
    const table = definition.table;
    const rows = goldenRows(name, layout)[table] ?? [];
    if (rows.length === 0) continue;
    const row = random.pick(rows);
    const key = keyWord(row[definition.primary_key]);
    list.push(["export", table, "--format", "ndjson"], ["get", table, key], ["scan", table, "--reverse"]);
    list.push(["scan", table, "--from", key, "--limit", "5"], ["scan", table, "--index", random.pick(Object.keys(row))]);
    list.push(["insert", table, JSON.stringify(row)], ["delete", table, key]);
  }
  // One in five without the definitions.
  return list.map((words) => (random.below(5) === 0 ? words : [...words, "--schema", "data/schema"]));
}

for (const layout of oldLayouts) {
  for (const name of goldenNames(layout)) {
    if (name === "empty") continue;
    test(`damaged ${name} of layout ${layout} is told or read`, async (t) => {
      const original = golden(name, layout);
      const schema = JSON.stringify(goldenSchema(name, layout));
      const before = swarm.executions;
      for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
        const random = new Random(seed * 7919 + original.length + name.charCodeAt(0));
        const { bytes, how } = damage(original, random);
        const cache = random.below(2) === 0 ? ["--cache", "0"] : [];
        const pages = Math.max(Math.floor(bytes.length / 65536), 1);
        const asked = oldCommands(name, layout, random, pages).map((command) => [...command, ...cache]);
        const results = await swarm.run(bytes, asked, schema);
        asked.forEach((words, at) => judge(name, layout, seed, how, words, results[at]!));
      }
      t.diagnostic(`seeds ${firstSeed} to ${firstSeed + rounds - 1}: ${swarm.executions - before} commands were run`);
    });
  }
}
