import { type RuntimeAdapter, refuseNames } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** What `wasmtime run` of a WASI module needs. Fewer features build faster. */
const CARGO_FEATURES = "run,cranelift,cache,compile,wat,parallel-compilation,component-model,pooling-allocator";

/** Wasmtime. A trap ends it with status 134; exit statuses above 125 become 1. */
export const wasmtime: RuntimeAdapter = {
  name: "wasmtime",
  version: "48.0.8",
  homepage: "https://wasmtime.dev",
  sources: [
    {
      kind: "release",
      url: "https://github.com/bytecodealliance/wasmtime/releases/download/v{version}/wasmtime-v{version}-{target}.tar.xz",
      program: "wasmtime-v{version}-{target}/wasmtime",
      targets: {
        "linux-x64": "x86_64-linux",
        "linux-arm64": "aarch64-linux",
        "darwin-x64": "x86_64-macos",
        "darwin-arm64": "aarch64-macos",
      },
    },
    {
      kind: "cargo",
      crate: "wasmtime-cli",
      options: ["--no-default-features", "--features", CARGO_FEATURES],
      giveUpMinutes: 20,
    },
  ],
  installSeconds: 360,
  trapStatus: 134,
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    refuseNames(this.name, preopens, "::");
    const dirs = preopens.flatMap(({ guest, host }) => ["--dir", `${host}::${guest}`]);
    const vars = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    return ["run", ...dirs, ...vars, module, ...args];
  },
};
