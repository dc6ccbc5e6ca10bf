/** The part of `npm run torture` that kills commands at their calls, which takes long: a file of its own, to be run beside the others. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { COMMANDS, commandKill, commandStore, OLD_COMMANDS, oldCommandStore } from "./torture/commands.js";
import { places } from "./torture/faults.js";
import { compileModule } from "./torture/module.js";

const STEP = 5;

let command: WebAssembly.Module;
before(async () => {
  command = await compileModule("command", []);
});

const FILES = [
  { title: "", makes: commandStore, commands: COMMANDS },
  { title: " of layout 0.8", makes: oldCommandStore, commands: OLD_COMMANDS },
];

describe("commands that are killed", () => {
  for (const [hot, file] of [false, true].flatMap((hot) => FILES.map((file) => [hot, file] as const))) {
    const which = hot ? `with a log to recover${file.title}` : `on a closed file${file.title}`;
    test(`at any call, ${which}: the store is as before or as after`, (t) => {
      const store = file.makes(command, hot);
      for (const [at, tested] of file.commands.filter(({ reads }) => !reads).entries()) {
        // Some of the calls, other ones of each command; `npm run torture -- faults` takes all.
        const count = places((place) => commandKill(command, store, tested, place), 1 + ((at + Number(hot)) % STEP), STEP);
        assert.ok(count > 5, `${tested.words[0]}: ${count} places`);
        t.diagnostic(`${tested.words[0]}: ${count} places`);
      }
    });
  }
});
