/**
 * Tables larger than the cache that are written anew, with commands that are killed, calls that fail and disks that are full; all places by
 * `npm run torture -- rewrites`. And what repeated changes leave: no page more than the first one did.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { openSync } from "../host/index.js";
import { commandFault, commandKill } from "./torture/commands.js";
import type { Image } from "./torture/disk.js";
import { FAULT_KINDS } from "./torture/faults.js";
import { compileModule } from "./torture/module.js";
import { REWRITES, rewriteStore } from "./torture/rewrites.js";

/** Of each command one place in so many. */
const STEP = 331;

describe("a table larger than the cache that is written anew", () => {
  let module: WebAssembly.Module;
  let store: Map<string, Image>;
  before(async () => {
    module = await compileModule("command", []);
    store = rewriteStore(module);
  });

  for (const [at, command] of REWRITES.entries()) {
    const name = command.words.slice(0, 3).join(" ");
    test(`${name}: killed at a call it is as before or as after`, (t) => {
      let places = 0;
      for (let place = 10 + at * 13; commandKill(module, store, command, place); place += STEP) places += 1;
      assert.ok(places >= 1, `${places} places`);
      t.diagnostic(`${places} places`);
    });

    test(`${name}: a full disk, and a call that fails, leave it as before`, () => {
      for (const kind of FAULT_KINDS.filter(({ name: fault }) => fault === "ENOSPC for ever" || fault === "EIO once")) {
        assert.ok(commandFault(module, store, command, kind, 3 + at), kind.name);
      }
    });
  }
});

test("pages are given back: a file does not grow with changes that are made again and again", () => {
  for (const layout of ["0.9", "0.11"] as const) {
    using db = openSync(":memory:", { layout, cacheBytes: 1 });
    db.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT); ");
    db.sql("INSERT INTO t (a, b) SELECT printf('%0300d', value), value FROM generate_series(1, 8000)");
    const sizes: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      db.exec(`
        ALTER TABLE t ADD COLUMN c TEXT NOT NULL DEFAULT 'c' FIRST;
        CREATE INDEX of_b ON t (b, a);
        ALTER TABLE t ALTER b TYPE TEXT, RENAME TO u;
        ALTER TABLE u DROP COLUMN c, ALTER b TYPE INT;
        DROP INDEX of_b;
        BEGIN; ALTER TABLE u ADD COLUMN d INT DEFAULT 1; ROLLBACK;
        ALTER TABLE u RENAME TO t;
      `);
      assert.throws(() => db.sql("ALTER TABLE t ALTER a TYPE TEXT USING CASE WHEN id < 7900 THEN a END, ALTER a SET NOT NULL"), {
        code: "NOT_NULL",
      });
      sizes.push(db.info().pages);
    }
    // Pages that wait for a place of their size are some more in the first turns.
    assert.equal(new Set(sizes.slice(-3)).size, 1, `${layout}: ${sizes.join(", ")}`);
    const { errors, faults } = db.check();
    assert.equal(errors, 0);
    assert.ok(!faults.some(({ code }) => code === "PAGE_LEAKED"));
  }
});
