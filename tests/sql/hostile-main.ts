/** npm run sql:hostile: statements of tests and documentation, cut and changed. */
import process from "node:process";
import { parseArgs } from "node:util";
import { compileModule } from "../torture/module.js";
import { Hostile, allStatements } from "./hostile.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "1" },
    mutations: { type: "string", default: "60" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(
    "npm run sql:hostile -- [--seed N] [--count SEEDS] [--mutations OF-EACH-STATEMENT]\nall statements cut at every byte, and changed at random",
  );
  process.exit(0);
}
const module = await compileModule("library", [], "-O1");
const statements = allStatements();
let failures = 0;
for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.count); seed++) {
  const hostile = new Hostile(module, seed, statements);
  try {
    hostile.run(1, 1, Number(values.mutations));
  } catch (error) {
    failures += 1;
    console.log(error instanceof Error ? error.message : error);
  }
  const { statements: count, answers, slowest, memory, errors } = hostile.totals;
  console.log(
    `seed ${seed}: ${count} statements, ${answers} answers, the slowest ${slowest.toFixed(0)} ms, ${memory >> 20} MiB`,
    JSON.stringify(Object.fromEntries(errors)),
  );
}
process.exit(failures === 0 ? 0 : 1);
