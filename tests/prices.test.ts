/** The price list of docs/memory.md names mechanisms, counts, mutants and tests that there are, and what it says is so. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readBaseline } from "../bench/counts.js";
import { PRICES, patchOf, readTable } from "../bench/prices.js";
import { packageRoot } from "../host/paths.js";
import { checkPatches } from "./torture/module.js";
import { MUTANTS } from "./torture/mutants.js";

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");

test("each mechanism has one line in the sources that switches it off", () => {
  checkPatches([...PRICES.map(patchOf), ...MUTANTS.flatMap(({ patches }) => patches)]);
});

test("the table of docs/memory.md has each mechanism, with a count that is right within two percent", () => {
  const table = readTable();
  assert.deepEqual(
    table.map(({ name, row, guards }) => ({ name, row, guards })),
    PRICES.map(({ name, row, guards }) => ({ name, row, guards })),
  );
  const counts = readBaseline();
  for (const { name, row, before, without } of table) {
    const now = counts[row];
    assert.ok(now !== undefined, `${name}: there is no count "${row}"`);
    assert.ok(Math.abs(before - now) <= now * 0.02, `${name}: ${row} is ${now}, not ${before}; npm run bench:prices -- --update`);
    // What is there for safety costs something, what saves something more than can be a chance.
    assert.ok(without === null || without < before || without > before * 1.02, `${name} makes no difference to ${row}`);
  }
});

test("each mechanism has a mutant or a test that tells of a mistake in it", () => {
  const mutants = new Set(MUTANTS.map(({ name }) => name));
  for (const { name, guards } of PRICES) {
    assert.ok(guards.length > 0, name);
    for (const guard of guards) {
      if (mutants.has(guard)) continue;
      const [file = "", title = ""] = guard.split(/: (.*)/s);
      assert.ok(title !== "" && read(file).includes(`test("${title}"`), `${name}: there is no mutant or test "${guard}"`);
    }
  }
});

test("docs/memory.md says of each mechanism what it does", () => {
  const text = read("docs/memory.md");
  for (const { name } of PRICES) assert.match(text, new RegExp(`^- .*\\*\\*${name}\\*\\*`, "m"));
});
