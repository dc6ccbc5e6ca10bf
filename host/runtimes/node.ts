import { fileURLToPath } from "node:url";
import type { RuntimeAdapter } from "./adapter.js";

/** Node's own WASI, in a process of its own. (`quire` itself runs it without that process: see `../node/wasi.ts`.) */
export const node: RuntimeAdapter = {
  name: "node",
  version: "20",
  homepage: "https://nodejs.org",
  sources: [],
  installSeconds: 0,
  // ../node-main.ts has said it by then, in the words of Quire.
  trapStatus: 4,
  find() {
    return process.execPath;
  },
  argv(invocation) {
    return [fileURLToPath(new URL("../node-main.js", import.meta.url)), JSON.stringify(invocation)];
  },
};
