/**
 * Writing on in layout 0.8: the crates 0.8.2 and Quire take turns on one file, which one build of theirs made and goes on with. Quire's turns
 * are transactions, savepoints and single statements, by a model; after every turn both sides and the model have the same rows, and `check`
 * finds nothing but what the crates left.
 *
 * `QUIRE_REFERENCE_ROUNDS` sets how many seeds each database gets, `QUIRE_REFERENCE_SEED` the first of them.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Random } from "./helpers/damage.js";
import { layouts } from "./helpers/golden.js";
import { openStore, type Store } from "./helpers/store.js";
import { databases, type DatabaseWords } from "./reference/databases.js";
import { Changes, Model, type Change } from "./reference/model.js";
import { buildReference } from "./reference/program.js";
import { assertIndexes, assertSameRows, filledByReference, isFixed, isReferenced, referenceOn } from "./reference/turns.js";

const ROUNDS = Number(process.env["QUIRE_REFERENCE_ROUNDS"] ?? 1);
const FIRST_SEED = Number(process.env["QUIRE_REFERENCE_SEED"] ?? 1);
/** Turns of each side, and changes in one of Quire's. */
const TURNS = 8;
const CHANGES = 60;

const build = buildReference();
const old = databases.filter(({ layouts }) => layouts.includes("0.8"));

/** The lines that give the definitions of `database`. */
function schemaOf({ tables }: DatabaseWords): string {
  return tables.map(({ name, columns, options = [] }) => ["create", name, ...columns, ...options].join(" ")).join("\n");
}

/** The registry: it must never change. */
function registry(bytes: Buffer): string {
  return bytes.subarray(0, 65_536).toString("hex");
}

interface Reply {
  readonly ok?: { readonly keys?: readonly (string | number)[] };
  readonly error?: { readonly code: string; readonly message: string };
}

/** One turn of Quire's: a session that makes `CHANGES` changes, in transactions or alone, and takes some of them back. */
async function changeBySession(store: Store, database: DatabaseWords, model: Model, random: Random): Promise<void> {
  const session = store.serve();
  const ask = async (request: unknown): Promise<Reply> => (await session.request(request)) as Reply;
  const done = async (request: unknown): Promise<void> => {
    const reply = await ask(request);
    assert.ok(reply.ok !== undefined, `${JSON.stringify(request)}: ${JSON.stringify(reply)}`);
  };
  const changes = new Changes(random, model);
  const fixed = (name: string): boolean => isFixed(database.tables.find((table) => table.name === name)!);
  const referenced = (name: string): boolean =>
    isReferenced(
      database,
      database.tables.find((table) => table.name === name)!,
    );
  let begun: ReturnType<Model["saved"]> | null = null;
  let point: ReturnType<Model["saved"]> | null = null;
  for (let left = CHANGES; left > 0; left--) {
    if (begun === null && random.below(10) === 0) {
      await done({ op: "begin" });
      begun = model.saved();
    } else if (begun !== null && point === null && random.below(10) === 0) {
      await done({ op: "savepoint", name: "here" });
      point = model.saved();
    } else if (point !== null && random.below(10) === 0) {
      await done({ op: "rollbackTo", name: "here" });
      model.restore(point);
    } else if (begun !== null && random.below(12) === 0) {
      const keeps = random.below(3) > 0;
      await done({ op: keeps ? "commit" : "rollback" });
      if (!keeps) model.restore(begun);
      begun = point = null;
    }
    const change: Change = changes.next(fixed, referenced);
    const expected = model.change(change);
    const reply = await ask(change);
    const text = `${JSON.stringify(change).slice(0, 400)}: ${JSON.stringify(reply)}`;
    if (expected === null) assert.ok(reply.ok !== undefined, text);
    else assert.equal(reply.error?.code, expected, text);
  }
  if (begun !== null) await done({ op: "commit" });
  await store.endSessions();
}

for (const database of old) {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const name = `turns on ${database.name} with the crates 0.8.2, seed ${seed}`;
    if ("skip" in build) {
      test(name, { skip: build.skip }, () => undefined);
      continue;
    }
    test(name, async (t) => {
      const path = filledByReference(t, build, database, "0.8", 20, 40);
      const store = openStore(t, { bytes: readFileSync(path), options: ["--schema", "data/schema", "--unique-nulls", "one"] });
      writeFileSync(join(store.folder, "schema"), schemaOf(database));
      const reference = referenceOn(build, store.path, database, "0.8");
      const random = new Random(seed * 7919 + database.name.length);
      const first = registry(store.bytes());
      const agree = async (model: Model, whose: string): Promise<void> => {
        for (const { name: table, rows } of model.tables) {
          assertSameRows(await store.rows(table), [...rows.values()], `${table} here, ${whose}`);
          assertSameRows(reference.rows(table), [...rows.values()], `${table} there, ${whose}`);
        }
        assert.match(await store.ok(["check"]), database.name === "twofold" ? /: 0 errors, 2 warnings/ : /: no faults/);
        assert.equal(registry(store.bytes()), first);
      };
      for (let turn = 0; turn < TURNS; turn++) {
        const model = new Model(database, (table) => reference.rows(table.name));
        await changeBySession(store, database, model, random);
        await agree(model, `turn ${turn}`);
        for (const table of database.tables) assertIndexes(reference, table);
        reference.ok("exercise", String(random.below(1_000_000)), String(10 + random.below(60)));
        await agree(new Model(database, (table) => reference.rows(table.name)), `after the crates' turn ${turn}`);
      }
    });
  }
}

for (const database of old) {
  for (const layout of layouts.filter((one) => [...database.layouts, ...(database.converted ?? [])].includes(one))) {
    const name = `${database.name} of the crates 0.8.2, converted: those of layout ${layout} find no drift, and go on`;
    if ("skip" in build) {
      test(name, { skip: build.skip }, () => undefined);
      continue;
    }
    test(name, async (t) => {
      const path = filledByReference(t, build, database, "0.8", 40, 150);
      const before = referenceOn(build, path, database, "0.8");
      const store = openStore(t, { bytes: readFileSync(path), options: ["--schema", "data/schema", "--unique-nulls", "one"] });
      writeFileSync(join(store.folder, "schema"), schemaOf(database));
      await store.ok(["convert", "data/made.db", "--layout", layout]);
      const made = openStore(t, { bytes: readFileSync(join(store.folder, "made.db")) });
      const after = referenceOn(build, made.path, database, layout);
      assert.equal(after.ok("drift"), "false\n");
      for (const table of database.tables) {
        assertSameRows(after.rows(table.name), before.rows(table.name), table.name);
        assertIndexes(after, table);
      }
      after.ok("exercise", "77", "60");
      for (const { name: table } of database.tables) assertSameRows(await made.rows(table), after.rows(table), table);
      // The crates leave the counter behind a number that an update gave.
      assert.match(await made.ok(["check"]), /: (?:no faults|0 errors)/);
    });
  }
}
