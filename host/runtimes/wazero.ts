import type { RuntimeAdapter } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** wazero. Its mounts are no jail: symbolic links that lead out of them are followed. A trap ends it with status 1. */
export const wazero: RuntimeAdapter = {
  name: "wazero",
  version: "1.12.0",
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    const dirs = preopens.map(({ guest, host }) => `-mount=${host}:/${guest}`);
    const vars = Object.entries(env).flatMap(([name, value]) => ["-env", `${name}=${value}`]);
    return ["run", ...dirs, ...vars, module, ...args];
  },
};
