/** npm run sql:oracle: statements from seeds on Quire and on SQLite until a time is over, or so many seeds have passed. */
import process from "node:process";
import { parseArgs } from "node:util";
import { ChangeOracle } from "./changes.js";
import { Elsewhere, RUNTIME_USAGE } from "./elsewhere.js";
import { Difference, Oracle, type Totals } from "./oracle.js";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "100" },
    queries: { type: "string", default: "40" },
    runtime: { type: "string", default: "" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(
    `npm run sql:oracle -- [--seed N] [--count SEEDS] [--queries FOR-EACH-SEED] [--runtime NAME,…]\nprints what differs, and the seed that shows it again\n${RUNTIME_USAGE}`,
  );
  process.exit(0);
}
const from = Number(values.seed);
const sum: Totals = { queries: 0, changes: 0, rows: 0, overflows: 0 };
const elsewhere = new Elsewhere(values.runtime);
let differences = 0;
for (let seed = from; seed < from + Number(values.count); seed++) {
  const oracle = new Oracle(seed, elsewhere.store());
  for (let q = 0; q < Number(values.queries); q++) {
    try {
      oracle.query();
    } catch (error) {
      if (!(error instanceof Difference)) console.log(`seed ${seed}`, error);
      else console.log(error.message);
      differences += 1;
    }
  }
  try {
    for (let c = 0; c < 8; c++) oracle.change();
    oracle.check();
  } catch (error) {
    console.log(error instanceof Difference ? error.message : error);
    differences += 1;
  }
  for (const key of Object.keys(sum) as (keyof Totals)[]) sum[key] += oracle.totals[key];
  oracle.close();
  const changes = new ChangeOracle(seed, elsewhere.store());
  try {
    changes.run(Number(values.queries));
  } catch (error) {
    console.log(error instanceof Difference ? error.message : error);
    differences += 1;
  }
  sum.changes += changes.totals.statements;
  changes.close();
  differences += await elsewhere.compare(`seed ${seed}`);
}
console.log(
  `${sum.queries} queries, ${sum.changes} changes, ${sum.rows} rows, ${sum.overflows} overflows; ${differences} differences`,
);
process.exit(differences === 0 ? 0 : 1);
