/**
 * A fixed part of `npm run torture`, in counts and not in seconds: what is acknowledged is there after crashes, kills, second writers and
 * calls that fail, and planted faults are found. `npm run torture` does the same with more seeds, and says how to replay one. Killed
 * commands are in killed-commands.test.ts.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { runtimes } from "../host/runtimes/index.js";
import { OFTEN } from "./sessions/often.js";
import { CrashTorture, type Modules } from "./torture/crash.js";
import { COMMANDS, commandFault, commandMemory, commandStore, OLD_COMMANDS, oldCommandStore } from "./torture/commands.js";
import { FAULT_KINDS, lostSync, lostWrite, places, workloadFault, workloadMemory } from "./torture/faults.js";
import { GULLIBLE, hostileLog, hotStores } from "./torture/hostile-logs.js";
import { READ_ONLY } from "./torture/engine.js";
import { kills, takeOverProcess } from "./torture/kills.js";
import { checkPatches, compileModule, SMALL_LIMITS } from "./torture/module.js";
import { judge, MUTANTS } from "./torture/mutants.js";
import { liveThrough } from "./sql/alterations.js";
import { DiskStore } from "./sql/life-stores.js";
import { Random } from "./torture/random.js";
import { SQL_MUTANTS } from "./torture/sql-mutants.js";
import { SqlWriter } from "./torture/sql-writer.js";
import { oldStart } from "./torture/start.js";
import {
  firstGoesOn,
  foreignFile,
  lateWrites,
  makesLogBetweenCalls,
  opensBetweenCalls,
  outcomes,
  secondBetweenCalls,
  takeOver,
} from "./torture/writers.js";

let modules: Modules;
let command: WebAssembly.Module;
before(async () => {
  modules = { usual: await compileModule("workload", []), small: await compileModule("workload", SMALL_LIMITS) };
  command = await compileModule("command", []);
});

describe("crashes on a simulated disk", () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`after every call of workload ${seed}, and inside its recoveries`, (t) => {
      const torture = new CrashTorture(modules, seed);
      torture.run(Infinity, 3);
      const { points, outcomes, nested } = torture.totals;
      t.diagnostic(`${points} points, ${outcomes} outcomes, ${nested} of them of crashes inside a recovery`);
      assert.ok(points > 10 && outcomes > 100 && nested > 100);
    });
  }
});

describe("page files of layout 0.8 are written on as safely as others", () => {
  const strides = { blog: 11, twofold: 31, unfilled: 31, log: 31 };
  for (const [at, [name, stride]] of Object.entries(strides).entries()) {
    test(`crashes after every call of a workload on ${name}, and inside its recoveries`, (t) => {
      const torture = new CrashTorture(modules, 1 + at, oldStart(modules.small, name));
      torture.run(Infinity, stride);
      const { points, outcomes, nested } = torture.totals;
      t.diagnostic(`${points} points, ${outcomes} outcomes, ${nested} of them of crashes inside a recovery`);
      assert.ok(points > 10 && outcomes > 100 && nested > 100);
    });
  }

  test("calls that fail, in transactions", () => {
    const starts = ["blog", "twofold"].map((name) => oldStart(modules.small, name));
    for (const [at, kind] of FAULT_KINDS.entries()) {
      const start = starts[at % starts.length]!;
      assert.ok(places((place) => workloadFault(modules.small, 1, kind, place, start), 1 + at, 67) > 1, kind.name);
    }
  });

  test("calls that fail, and memory that does not grow, in commands", () => {
    for (const hot of [false, true]) {
      const store = oldCommandStore(command, hot);
      for (const [at, kind] of FAULT_KINDS.entries()) {
        for (const tested of OLD_COMMANDS) {
          const count = places((place) => commandFault(command, store, tested, kind, place), 1 + (at % 7), 29);
          assert.ok(count > 0 || tested.reads, `${tested.words[0]}: no call failed`);
        }
      }
      for (const tested of OLD_COMMANDS) places((place) => commandMemory(command, store, tested, place), 1, 17);
    }
  });
});

describe("calls that fail", () => {
  for (const [at, kind] of FAULT_KINDS.entries()) {
    test(`${kind.name}: in transactions`, () => {
      assert.ok(places((place) => workloadFault(modules.small, 1, kind, place), 1 + at, 17) > 5);
    });
    test(`${kind.name}: in commands`, () => {
      for (const hot of [false, true]) {
        const store = commandStore(command, hot);
        for (const tested of COMMANDS) {
          // A kind that only writes or syncs can fail has no place in a reading command.
          const count = places((place) => commandFault(command, store, tested, kind, place), 1 + (at % 7), 13);
          assert.ok(count > 0 || tested.reads, `${tested.words[0]}: no call failed`);
        }
      }
    });
  }

  test("a sync that fails is never taken for done", () => {
    assert.ok(lostSync(modules.small, 1) > 5);
  });

  test("a transaction that loses one of its writes is lost as a whole, whatever was in its place in the log", () => {
    assert.ok(lostWrite(modules.small, 1) > 5);
  });

  test("memory that does not grow: in transactions and in commands", () => {
    assert.ok(places((place) => workloadMemory(modules.small, 1, place), 1, 5) > 3);
    const store = commandStore(command, true);
    for (const tested of COMMANDS) places((place) => commandMemory(command, store, tested, place), 1, 9);
  });
});

describe("two writers, and files of others", () => {
  test("a session that is taken over writes and acknowledges nothing more", () => {
    for (let when = 0; when < 4; when++) takeOver(modules.small, 1, when);
  });

  test("one comes between any two calls of the other", () => {
    for (const growing of [false, true]) assert.ok(firstGoesOn(modules.small, 1, growing).places > 30);
    for (const closing of [true, false]) assert.ok(secondBetweenCalls(modules.small, 1, closing).places > 30);
  });

  test("what a session is told of a row that another one came into is what is in the file", () => {
    // All it takes to have it in doubt is a second session that did not come to its end.
    const { done, none, unknown } = outcomes(modules.small, 1, 0);
    assert.ok(done > 0 && none > 0 && unknown > 0, JSON.stringify({ done, none, unknown }));
    for (const more of [1, 5]) assert.equal(outcomes(modules.small, 1, more).unknown, 0);
  });

  test("an opening that another session comes into says so, and does not call the file damaged", () => {
    for (const flags of [0, READ_ONLY]) assert.ok(opensBetweenCalls(modules.small, 1, flags, 4) > 20);
    assert.ok(makesLogBetweenCalls(modules.small, 1) > 5);
    assert.ok(lateWrites(modules.small, 1, 37) > 100);
  });

  test("a log beside a file that it does not go on from is refused, and nothing is changed", () => {
    for (const torn of [false, true]) foreignFile(modules.usual, 1, torn);
  });
});

test("logs that were changed at random, with nothing that checks them: no trap, no hang, bounded memory", async (t) => {
  const gullible = await compileModule("workload", GULLIBLE);
  const stores = hotStores(modules.small, 0, 20);
  let taken = 0;
  for (let seed = 1; seed <= 300; seed++) taken += hostileLog(gullible, stores[seed % stores.length]!, seed);
  t.diagnostic(`${taken} of 600 were taken`);
  // Neither all of them nor none: the changes matter, and they reach what reads the records. (A frame that is none just ends the log.)
  assert.ok(taken > 60 && taken < 580);
});

describe("statements of SQL", () => {
  test("that fail leave nothing and can be run again, killed sessions keep what was acknowledged", async (t) => {
    const module = await compileModule("library", OFTEN);
    for (const seed of [1, 2]) {
      const writer = new SqlWriter(module, seed);
      writer.whole();
      let failed = 0;
      for (const [at, kind] of FAULT_KINDS.entries()) failed += places((place) => writer.fault(kind, place), 1 + at, 61);
      const killed = places((place) => writer.kill(place), seed, 31);
      t.diagnostic(`${writer.statements} statements, ${writer.done} of them done; ${failed} failures, ${killed} kills`);
      assert.ok(writer.done > 30 && writer.done < writer.statements && failed > 10 && killed > 3);
    }
  });
});

describe("tables whose definitions change", () => {
  test("are what a model is, with sessions that are killed on the way", async () => {
    const module = await compileModule("library", OFTEN);
    for (const [seed, filling] of [0, 0, 150, 150].entries()) {
      const store = new DiskStore(module, seed % 2 === 0 ? "0.9" : "0.11", new Random(seed, 24));
      const { done, refused, killed } = liveThrough(seed, store, 150, filling);
      assert.ok(done > 90 && refused > 5 && killed > 0, `seed ${seed}: ${done} done, ${refused} refused, ${killed} killed`);
    }
  });
});

describe("planted faults are found", () => {
  test("each of them has its place in the sources", () => {
    checkPatches([...MUTANTS, ...SQL_MUTANTS].flatMap(({ patches }) => patches));
  });

  // One for each way of finding them; the others take minutes.
  const planted = [
    "a part of the images is enough",
    "the header is read before the mark is left",
    "pages are not compared with their hashes",
    "a failed sync is forgotten",
    "a page of nobody is taken without a look at what is on it",
    "segments' ledgers count as nobody's",
    "in an empty table a column that is unique and indexed is not known as such",
  ];
  for (const mutant of MUTANTS.filter(({ name }) => planted.includes(name))) {
    test(mutant.name, async () => {
      assert.notEqual((await judge(mutant)).caught, null);
    });
  }
});

describe("real processes", () => {
  const found = runtimes.filter((adapter) => adapter.find() !== null).map(({ name }) => name);
  for (const { name } of runtimes) {
    const skip = found.includes(name) ? false : `${name} is not here (npm run runtimes gets it)`;
    test(`killed with SIGKILL: ${name}`, { skip }, async (t) => {
      const totals = await kills(name, 8, 1);
      t.diagnostic(`${totals.kills} kills, ${totals.acknowledged} acknowledged rows`);
    });
    test(`overtaken by another process: ${name}`, { skip }, async () => {
      await takeOverProcess(name, "node");
      await takeOverProcess("node", name);
      await takeOverProcess(name, name);
    });
  }
});
