/**
 * The reference as one more implementation: its crates compiled to wasm32-wasip1, in turns with Quire on one file, both under one wasmtime.
 * After every turn both sides read the same rows, and `check` finds nothing. What 0.9.0 can't do is left out by the generators
 * (tests/reference/README.md).
 *
 * `QUIRE_REFERENCE_ROUNDS` sets how many seeds each database gets, `QUIRE_REFERENCE_SEED` the first of them: a failing one is run again with
 * QUIRE_REFERENCE_SEED=N node --test build/tests/reference-wasi.test.js.
 */
import { test } from "node:test";
import { layouts, type Row } from "./helpers/golden.js";
import { Random } from "./helpers/damage.js";
import { databases } from "./reference/databases.js";
import { buildReference } from "./reference/program.js";
import {
  assertAgreement,
  assertIndexes,
  assertSameRows,
  changeByCommands,
  createdDatabase,
  filledByReference,
  importRows,
  referenceOn,
  referencesFirst,
} from "./reference/turns.js";

const ROUNDS = Number(process.env["QUIRE_REFERENCE_ROUNDS"] ?? 1);
const FIRST_SEED = Number(process.env["QUIRE_REFERENCE_SEED"] ?? 1);
/** Turns of each interleaving. */
const TURNS = 6;

const build = buildReference(true);

for (const layout of layouts) {
  for (const database of databases.filter((one) => one.layouts.includes(layout))) {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
      const name = `turns on ${database.name} under one wasmtime, seed ${seed} (layout ${layout})`;
      if ("skip" in build) {
        test(name, { skip: build.skip }, () => undefined);
        continue;
      }
      test(name, async (t) => {
        const random = new Random(seed * 1009 + database.name.length);
        const filled = filledByReference(t, build, database, layout, 30 + random.below(30), 60 + random.below(100));
        const source = referenceOn(build, filled, database, layout);
        const { store, reference } = await createdDatabase(t, build, database, layout, "wasmtime");
        for (const table of database.tables) {
          const rows: Row[] = referencesFirst(table, source.rows(table.name));
          await importRows(store, table.name, rows);
          assertSameRows(reference.rows(table.name), rows, `${table.name} as imported`);
        }
        for (let turn = 0; turn < TURNS; turn++) {
          if (random.below(2) === 0) {
            reference.ok("exercise", String(random.below(1_000_000)), String(20 + random.below(120)));
          } else {
            const table = random.pick(database.tables);
            const expected = await changeByCommands(store, database, table, layout);
            if (expected !== null) assertSameRows(reference.rows(table.name), expected, `${table.name} as changed`);
          }
          await assertAgreement(store, reference, database);
        }
        for (const table of database.tables) assertIndexes(reference, table);
      });
    }
  }
}
