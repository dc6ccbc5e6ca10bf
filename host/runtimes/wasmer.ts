import type { RuntimeAdapter } from "./adapter.js";
import { findProgram } from "./find-program.js";

/** Wasmer shows the module a virtual root, with each volume as a folder in it. A trap ends it with status 45. */
export const wasmer: RuntimeAdapter = {
  name: "wasmer",
  version: "7.4.2",
  homepage: "https://wasmer.io",
  sources: [
    {
      kind: "release",
      url: "https://github.com/wasmerio/wasmer/releases/download/v{version}/wasmer-{target}.tar.gz",
      program: "bin/wasmer",
      targets: {
        "linux-x64": "linux-amd64",
        "linux-arm64": "linux-aarch64",
        "darwin-x64": "darwin-amd64",
        "darwin-arm64": "darwin-arm64",
      },
    },
    {
      kind: "cargo",
      crate: "wasmer-cli",
      options: ["--no-default-features", "--features", "singlepass,cranelift,wat"],
      // The profile of its own release would take twice as long.
      env: {
        CARGO_PROFILE_RELEASE_LTO: "off",
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16",
        CARGO_PROFILE_RELEASE_OPT_LEVEL: "2",
      },
      giveUpMinutes: 30,
    },
  ],
  installSeconds: 1300,
  trapStatus: 45,
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    const dirs = preopens.flatMap(({ guest, host }) => ["--volume", `${host}:/${guest}`]);
    const vars = Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
    return ["run", ...dirs, ...vars, module, "--", ...args];
  },
};
