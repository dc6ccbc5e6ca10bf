/** `npm run torture`: see the usage below. */
import process from "node:process";
import { CrashTorture } from "./crash.js";
import { compileWorkload, SMALL_LIMITS } from "./module.js";

const args = process.argv.slice(2);
const small = await compileWorkload(SMALL_LIMITS);
const usual = await compileWorkload([]);
const replay = args.indexOf("--replay");
if (replay >= 0) {
  const [seed = 1, point = 0, outcome = 0] = (args[replay + 1] ?? "").split(":").map(Number);
  const torture = new CrashTorture({ usual, small }, seed);
  torture.trace = (line) => console.log(line);
  torture.run(Infinity, { point, outcome });
} else {
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
    console.log(`seed ${seed}: ${points} points, ${outcomes} outcomes (${nested} nested), ${time.toFixed(0)} ms, ${(time / outcomes).toFixed(2)} each: ${said}`);
  }
}
