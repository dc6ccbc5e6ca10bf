/** npm run sql:properties: what is true of SQL without another engine, from seeds. */
import process from "node:process";
import { parseArgs } from "node:util";
import { compileModule } from "../torture/module.js";
import { SPILLING, batchesOf } from "./batches.js";
import { Elsewhere, RUNTIME_USAGE } from "./elsewhere.js";
import { Properties, type PropertyTotals } from "./properties.js";

const { values } = parseArgs({
  allowNegative: true,
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "100" },
    queries: { type: "string", default: "30" },
    batches: { type: "string", default: "1,2,3,1024" },
    runtime: { type: "string", default: "" },
    spills: { type: "boolean", default: true },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(
    `npm run sql:properties -- [--seed N] [--count SEEDS] [--queries FOR-EACH-SEED] [--batches ROWS,…] [--no-spills] [--runtime NAME,…]\nprints what differs, and the seed that shows it again; --batches "": none but the usual\n${RUNTIME_USAGE}`,
  );
  process.exit(0);
}
const modules: WebAssembly.Module[] = [];
for (const rows of values.batches === "" ? [] : values.batches.split(","))
  modules.push(await compileModule("library", batchesOf(Number(rows)), "-O1"));
if (values.spills) modules.push(await compileModule("library", [...batchesOf(7), ...SPILLING], "-O1"));
const sum: PropertyTotals = { compared: 0, rows: 0, overflows: 0 };
const elsewhere = new Elsewhere(values.runtime);
let differences = 0;
const from = Number(values.seed);
for (let seed = from; seed < from + Number(values.count); seed++) {
  const properties = new Properties(seed, modules, elsewhere.store());
  try {
    properties.run(Number(values.queries));
  } catch (error) {
    differences += 1;
    console.log(error instanceof Error ? error.message : error);
  }
  for (const key of Object.keys(sum) as (keyof PropertyTotals)[]) sum[key] += properties.totals[key];
  properties.close();
  differences += await elsewhere.compare(`seed ${seed}`);
}
console.log(`${sum.compared} comparisons of ${sum.rows} rows, ${sum.overflows} overflows; ${differences} differences`);
process.exit(differences === 0 ? 0 : 1);
