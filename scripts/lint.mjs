// npm run lint: the layers of assembly/ and host/, circles and what is not used, and its order of reads and calls, then ESLint, the compiler's own checks, and Prettier. Goes
// through all of them, and fails when one does.
import process from "node:process";
import { packageProgram, root, runNode } from "./lib.mjs";

const checks = [
  ["layers", [`${root}/scripts/check-layers.mjs`]],
  ["order", [`${root}/scripts/check-order.mjs`]],
  ["imports", [`${root}/scripts/check-imports.mjs`]],
  ["types", [packageProgram("typescript", "tsc"), "--noEmit"]],
  ["types without Node", [packageProgram("typescript", "tsc"), "-p", "tsconfig.api.json"]],
  ["types of the page", [packageProgram("typescript", "tsc"), "-p", "web"]],
  ["eslint", [packageProgram("eslint"), "."]],
  ["prettier", [packageProgram("prettier"), "--check", "--log-level", "warn", "."]],
];

let failed = 0;
for (const [name, args] of checks) {
  const status = await runNode(args);
  console.log(`lint: ${name} ${status === 0 ? "fine" : "FAILED"}`);
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
