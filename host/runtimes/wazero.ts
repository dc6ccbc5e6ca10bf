import type { RuntimeAdapter } from "./adapter.js";
import { compiledCache, findProgram } from "./find-program.js";

/** wazero. Its mounts are no jail: symbolic links that lead out of them are followed. A trap ends it with status 1. */
export const wazero: RuntimeAdapter = {
  name: "wazero",
  version: "1.12.0",
  homepage: "https://wazero.io",
  sources: [
    { kind: "go", package: "github.com/tetratelabs/wazero/cmd/wazero" },
    {
      kind: "release",
      url: "https://github.com/tetratelabs/wazero/releases/download/v{version}/wazero_{version}_{target}.tar.gz",
      program: "wazero",
      targets: {
        "linux-x64": "linux_amd64",
        "linux-arm64": "linux_arm64",
        "darwin-x64": "darwin_amd64",
        "darwin-arm64": "darwin_arm64",
      },
    },
  ],
  installSeconds: 20,
  trapStatus: 1,
  trapText: /^error instantiating wasm binary: .*wasm error: /m,
  find() {
    return findProgram(this.name, this.version);
  },
  argv({ module, preopens, args, env }) {
    const dirs = preopens.map(({ guest, host }) => `-mount=${host}:/${guest}`);
    const vars = Object.entries(env).flatMap(([name, value]) => ["-env", `${name}=${value}`]);
    // Compiling the module takes half a second; what comes of it is kept beside the runtimes.
    const cache = compiledCache(this.name, this.version);
    return ["run", ...(cache === null ? [] : [`-cachedir=${cache}`]), ...dirs, ...vars, module, ...args];
  },
};
