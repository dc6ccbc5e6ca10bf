import { fileURLToPath } from "node:url";
import type { RuntimeAdapter } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** Deno's `node:wasi`. It never grants `fd_datasync`: the module falls back to `fd_sync`. A trap is reported as under Node. */
export const deno: RuntimeAdapter = {
  name: "deno",
  version: "2.9.6",
  homepage: "https://deno.com",
  sources: [{ kind: "npm", package: "deno", program: "deno" }],
  installSeconds: 15,
  // ../node-main.ts has said it by then, in the words of Quire.
  trapStatus: 4,
  find() {
    return findProgram(this.name, this.version);
  },
  argv(invocation) {
    const main = fileURLToPath(new URL("../node-main.js", import.meta.url));
    return ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--allow-all", main, JSON.stringify(invocation)];
  },
};
