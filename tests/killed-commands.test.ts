/** The part of `npm run torture` that kills commands at their calls, which takes long: a file of its own, to be run beside the others. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { COMMANDS, commandKill, commandStore } from "./torture/commands.js";
import { places } from "./torture/faults.js";
import { compileModule } from "./torture/module.js";

let command: WebAssembly.Module;
before(async () => {
  command = await compileModule("command", []);
});

describe("commands that are killed", () => {
  for (const hot of [false, true]) {
    test(`at every call, ${hot ? "with a log to recover" : "on a closed file"}: the store is as before or as after`, (t) => {
      const store = commandStore(command, hot);
      for (const tested of COMMANDS.filter(({ reads }) => !reads)) {
        const count = places((place) => commandKill(command, store, tested, place), hot ? 2 : 1, hot ? 3 : 2);
        assert.ok(count > 10, `${tested.words[0]}: ${count} places`);
        t.diagnostic(`${tested.words[0]}: ${count} places`);
      }
    });
  }
});
