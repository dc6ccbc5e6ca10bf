import { type RuntimeAdapter, refuseNames } from "./adapter.js";
import { findProgram } from "./find-program.js";

/**
 * WasmEdge wants the guest's name first, and cuts off its leading slash. What it has to say about a trap it writes to standard output,
 * where it would stand among the module's replies: its log is off. (The interpreter: compiling the module takes longer than what it saves.)
 */
export const wasmedge: RuntimeAdapter = {
  name: "wasmedge",
  version: "0.17.1",
  homepage: "https://wasmedge.org",
  sources: [{ kind: "debian", suite: "sid", package: "wasmedge", program: "usr/bin/wasmedge" }],
  installSeconds: 20,
  trapStatus: 134,
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    refuseNames(this.name, preopens, ":");
    const dirs = preopens.flatMap(({ guest, host }) => ["--dir", `/${guest}:${host}`]);
    const vars = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    return ["--log-level", "off", ...dirs, ...vars, module, ...args];
  },
};
