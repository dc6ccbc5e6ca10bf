// npm run bench, npm run bench:counts: builds what is out of date and runs bench/run.ts or bench/counts.ts, which have the usage.
import process from "node:process";
import { join } from "node:path";
import { packageProgram, root, runNode } from "./lib.mjs";

const [part, ...words] = process.argv.slice(2);
const built = await runNode([join(root, "scripts/build.mjs")]);
if (built !== 0) process.exit(built);
const compiled = await runNode([packageProgram("typescript", "tsc"), "-p", "tsconfig.tests.json"]);
if (compiled !== 0) process.exit(compiled);
process.exit(await runNode(["--enable-source-maps", `build/bench/${part}.js`, ...words]));
