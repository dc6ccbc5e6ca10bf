import { fileURLToPath } from "node:url";
import type { RuntimeAdapter } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** Bun's `node:wasi`, an implementation of its own. A trap is reported as under Node. */
export const bun: RuntimeAdapter = {
  name: "bun",
  version: "1.4.5",
  homepage: "https://bun.sh",
  sources: [{ kind: "npm", package: "bun", program: "bun" }],
  installSeconds: 15,
  // ../node-main.ts has said it by then, in the words of Quire.
  trapStatus: 4,
  find() {
    return findProgram(this.name, this.version);
  },
  argv(invocation) {
    return [fileURLToPath(new URL("../node-main.js", import.meta.url)), JSON.stringify(invocation)];
  },
};
