import type { RuntimeAdapter } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** Wasmer shows the module a virtual root, with each volume as a folder in it. A trap ends it with status 45. */
export const wasmer: RuntimeAdapter = {
  name: "wasmer",
  version: "7.4.2",
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    const dirs = preopens.flatMap(({ guest, host }) => ["--volume", `${host}:/${guest}`]);
    const vars = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    return ["run", ...dirs, ...vars, module, "--", ...args];
  },
};
