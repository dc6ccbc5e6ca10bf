/** The pictures of a handle's states in docs/architecture.md show the ways that the module allows, and no others. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../host/paths.js";

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");

/** `UNDO_CUT` and `UndoCut` are one. */
const plain = (name: string): string => name.replaceAll("_", "").toLowerCase();

/** The names of the states, and `from > to` for each way, as the source has them. */
function waysInSource(): { states: string[]; ways: string[] } {
  const text = read("assembly/memory/base/handle-state.ts");
  const states = [...text.matchAll(/^export const (\w+): HandleState = \d+;$/gm)].map(([, name = ""]) => plain(name));
  const ways = [...text.matchAll(/case (\w+):\s+return ([^;]*);/g)].flatMap(([, from = "", targets = ""]) =>
    [...targets.matchAll(/to == (\w+)/g)].map(([, to = ""]) => `${plain(from)} > ${plain(to)}`),
  );
  return { states, ways };
}

function waysInPictures(): string[] {
  const pictures = [...read("docs/architecture.md").matchAll(/```mermaid\nstateDiagram-v2\n([^`]*)```/g)];
  assert.equal(pictures.length, 2);
  return pictures.flatMap(([, picture = ""]) =>
    [...picture.matchAll(/^ +(\S+) --> (\S+):/gm)]
      .filter(([, from]) => from !== "[*]")
      .map(([, from = "", to = ""]) => `${plain(from)} > ${to === "[*]" ? "closed" : plain(to)}`),
  );
}

test("the ways in the pictures are those of the table", () => {
  const { states, ways } = waysInSource();
  assert.equal(states.length, 9);
  assert.ok(ways.length > 20, `${ways.length} ways`);
  assert.deepEqual(waysInPictures().sort(), ways.sort());
  for (const way of ways) for (const state of way.split(" > ")) assert.ok(states.includes(state), state);
});
