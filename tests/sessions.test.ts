/**
 * Long random sessions in small caches, against a model (tests/sessions/). `QUIRE_SESSIONS=1000` runs so many of each kind,
 * `QUIRE_SESSIONS_SEED` others.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { OFTEN } from "./sessions/often.js";
import { PointSession } from "./sessions/points.js";
import { LongSession } from "./sessions/session.js";
import { compileModule, type Patch } from "./torture/module.js";

const COUNT = Number(process.env["QUIRE_SESSIONS"] ?? 12);
const FIRST = Number(process.env["QUIRE_SESSIONS_SEED"] ?? 1);

interface Kind {
  readonly name: string;
  readonly patches: readonly Patch[];
  readonly steps: number;
  readonly faults: number;
  readonly big: number;
}

const KINDS: readonly Kind[] = [
  { name: "many small rows", patches: OFTEN, steps: 600, faults: 0, big: 3000 },
  { name: "calls that fail", patches: OFTEN, steps: 500, faults: 6, big: 3000 },
  { name: "long rows, the limits as they are", patches: [], steps: 300, faults: 0, big: 60_000 },
];

for (const { name, patches, ...options } of KINDS) {
  describe(`sessions: ${name}`, () => {
    let module: WebAssembly.Module;
    before(async () => {
      module = await compileModule("library", patches);
    });

    test(`the file has what the model has, ${COUNT} times`, () => {
      let compared = 0;
      for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
        const session = new LongSession(module, { seed, cache: 0, rows: 300, ...options });
        // It throws what differs, and says the seed and the step.
        session.run();
        compared += session.totals.compared;
      }
      assert.ok(compared >= COUNT);
    });
  });
}

describe("sessions: single rows of tables larger than the cache", () => {
  for (const faults of [0, 15]) {
    test(`${faults === 0 ? "no call fails" : "calls that fail"}: every row is as the model has it, ${Math.ceil(COUNT / 4)} times`, async () => {
      const module = await compileModule("library", OFTEN);
      let looked = 0;
      for (let seed = FIRST; seed < FIRST + Math.ceil(COUNT / 4); seed++) {
        const session = new PointSession(module, { seed, rows: 4000, steps: 1500, cache: 0, faults });
        session.run();
        looked += session.totals.looked;
      }
      assert.ok(looked >= COUNT * 200);
    });
  }
});
