import type { RuntimeAdapter } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** WasmEdge wants the guest's name first, and cuts off its leading slash. A trap ends it with status 134. */
export const wasmedge: RuntimeAdapter = {
  name: "wasmedge",
  version: "0.17.1",
  homepage: "https://wasmedge.org",
  sources: [{ kind: "debian", suite: "sid", package: "wasmedge", program: "usr/bin/wasmedge" }],
  installSeconds: 20,
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    const dirs = preopens.flatMap(({ guest, host }) => ["--dir", `/${guest}:${host}`]);
    const vars = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    return [...dirs, ...vars, module, ...args];
  },
};
