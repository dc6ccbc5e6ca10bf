import type { RuntimeAdapter } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** Wasmtime. A trap ends it with status 134; exit statuses above 125 become 1. */
export const wasmtime: RuntimeAdapter = {
  name: "wasmtime",
  version: "48.0.8",
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    const dirs = preopens.flatMap(({ guest, host }) => ["--dir", `${host}::${guest}`]);
    const vars = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    return ["run", ...dirs, ...vars, module, ...args];
  },
};
