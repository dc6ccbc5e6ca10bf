// npm run sql:oracle, sql:properties, sql:hostile and screenshots: builds what is out of date and runs a program of tests/, which has the usage.
import process from "node:process";
import { join } from "node:path";
import { packageProgram, root, runNode } from "./lib.mjs";

const built = await runNode([join(root, "scripts/build.mjs")]);
if (built !== 0) process.exit(built);
const compiled = await runNode([packageProgram("typescript", "tsc"), "-p", "tsconfig.tests.json"]);
if (compiled !== 0) process.exit(compiled);
process.exit(await runNode(["--enable-source-maps", `build/tests/${process.argv[2]}.js`, ...process.argv.slice(3)]));
