/** `npm run torture`: see the usage below. */
import process from "node:process";
import { CrashTorture } from "./crash.js";
import { compileModule, SMALL_LIMITS } from "./module.js";
import { judge, MUTANTS } from "./mutants.js";
import { lostSync } from "./faults.js";
import { firstGoesOn, foreignFile, secondBetweenCalls, takeOver } from "./writers.js";

const args = process.argv.slice(2);
const small = await compileModule("workload", SMALL_LIMITS);
const replay = args.indexOf("--replay");
if (args.includes("--mutants")) {
  const words = args.filter((word) => !word.startsWith("--"));
  for (const mutant of MUTANTS) {
    if (words.length > 0 && !words.some((word) => mutant.name.includes(word))) continue;
    const { caught, ms } = await judge(mutant);
    console.log(
      `${caught === null ? "ALIVE " : "caught"} ${(ms / 1000).toFixed(1)} s  ${mutant.name}: ${caught?.split("\n")[0] ?? ""}`,
    );
  }
} else if (args.includes("--writers")) {
  for (let when = 0; when < 4; when++) for (let seed = 1; seed < 4; seed++) takeOver(small, seed, when);
  console.log(firstGoesOn(small, 1), secondBetweenCalls(small, 1, true), secondBetweenCalls(small, 1, false));
  for (let seed = 1; seed < 5; seed++) for (const torn of [false, true]) foreignFile(small, seed, torn);
  console.log(lostSync(small, 1));
} else if (replay >= 0) {
  const [seed = 1, point = 0, outcome = 0] = (args[replay + 1] ?? "").split(":").map(Number);
  const usual = await compileModule("workload", []);
  const torture = new CrashTorture({ usual, small }, seed);
  torture.trace = (line) => console.log(line);
  torture.run(Infinity, { point, outcome });
} else {
  const usual = await compileModule("workload", []);
  const from = Number(args[0] ?? 1);
  const count = Number(args[1] ?? 10);
  for (let seed = from; seed < from + count; seed++) {
    const torture = new CrashTorture({ usual, small }, seed);
    const started = performance.now();
    let said = "fine";
    try {
      torture.run();
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
    const { points, outcomes, nested } = torture.totals;
    const time = performance.now() - started;
    console.log(
      `seed ${seed}: ${points} points, ${outcomes} outcomes (${nested} nested), ${time.toFixed(0)} ms, ${(time / outcomes).toFixed(2)} each: ${said}`,
    );
  }
}
