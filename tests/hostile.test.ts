/**
 * Damaged files: whatever is wrong with a file, each command ends with an exit status and a message; it does not trap, hang, or eat memory.
 *
 * `QUIRE_HOSTILE_ROUNDS` sets how many files are made of each golden file, `QUIRE_HOSTILE_SEED` where the seeds start.
 */
import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { damage, Random } from "./helpers/damage.js";
import { golden, goldenNames, goldenRows, layouts, type Json, type Layout } from "./helpers/golden.js";
import { Sandbox, type SandboxResult } from "./helpers/sandbox.js";

const rounds = Number(process.env["QUIRE_HOSTILE_ROUNDS"] ?? 3);
const firstSeed = Number(process.env["QUIRE_HOSTILE_SEED"] ?? 1);

/** The cache of 16 MiB, and as much again for everything else. */
const MEMORY_LIMIT = 48 << 20;

const sandbox = Sandbox.open();
after(() => sandbox.close());

function fail(
  problem: string,
  name: string,
  layout: Layout,
  seed: number,
  how: string,
  words: readonly string[],
  result: SandboxResult,
): never {
  const said = `${result.trap ?? ""}\n${result.stderr.slice(0, 500)}`;
  assert.fail(`${problem}: ${name} of layout ${layout}, seed ${seed} (${how}): quire ${words.join(" ")}\n${said}`);
}

/** Holds what a command did against the rules. */
function judge(name: string, layout: Layout, seed: number, how: string, words: readonly string[], result: SandboxResult): void {
  const complain = (problem: string): never => fail(problem, name, layout, seed, how, words, result);
  if (result.status === -2) complain("hangs");
  if (result.trap !== null) complain("traps");
  if (result.status < 0 || result.status > 4) complain(`ends with status ${result.status}`);
  if (result.status !== 0 && !/^quire: [A-Z_]+: .+\n$/.test(result.stderr)) complain("fails without a message of one line");
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
  const { stdout } = await sandbox.on(golden(name, layout), ["schema"]);
  for (const [, table, words] of stdout.matchAll(/^create (\S+) (.*)$/gm)) {
    const key = /(?:^|\s)'?(\w+):[^\s:]+:pk/.exec(words!);
    if (key) keyColumns.set(`${name} ${layout} ${table!}`, key[1]!);
  }
}

async function attack(t: TestContext, name: string, layout: Layout): Promise<void> {
  await learnKeys(name, layout);
  const original = golden(name, layout);
  const found = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const seed = firstSeed + round;
    const random = new Random(seed * 7919 + original.length + name.charCodeAt(0));
    const { bytes, how } = damage(original, random);
    const pages = Math.max(Math.floor(bytes.length / 65536), 1);
    for (const words of commands(name, layout, random, pages)) {
      const result = await sandbox.on(bytes, words);
      judge(name, layout, seed, how, words, result);
      if (words[0] === "check") found.set(String(result.status), (found.get(String(result.status)) ?? 0) + 1);
    }
  }
  const counts = [...found].map(([status, count]) => `${count} with status ${status}`).join(", ");
  t.diagnostic(`seeds ${firstSeed} to ${firstSeed + rounds - 1}: check ended ${counts}`);
}

for (const layout of layouts) {
  for (const name of goldenNames(layout)) {
    test(`damaged ${name} of layout ${layout} is told or worked with`, (t) => attack(t, name, layout));
  }
}
