/** Where the package keeps its things, and where this user's cache is. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("package.json is missing above the host's own files");
    folder = parent;
  }
  return folder;
}

/** The folder of the package: of the clone, or inside `node_modules`. */
export const packageRoot: string = findPackageRoot();

/** The module to run: `QUIRE_MODULE` (for developers), else the built one. */
export function modulePath(): string {
  return process.env["QUIRE_MODULE"] || join(packageRoot, "build", "quire.wasm");
}

/** The module that runs inside of this process: `QUIRE_LIBRARY` (for developers), else the built one. */
export function libraryPath(): string {
  return process.env["QUIRE_LIBRARY"] || join(packageRoot, "build", "quire-lib.wasm");
}

/** Python with the package wasmtime, which `npm run runtimes` installs: `QUIRE_PYTHON`, else the program in the cache, there or not. */
export function pythonWithWasmtime(): string {
  return process.env["QUIRE_PYTHON"] || join(pythonFolder(), "bin", "python");
}

/** The folder of that Python's environment. */
export function pythonFolder(): string {
  return join(runtimesCache(), "python-wasmtime");
}

/** The release of @sparticuz/chromium that the tests in a browser use. */
export const CHROMIUM_VERSION = "147.0.0";

/** Where `npm run runtimes` puts it. */
export function chromiumFolder(): string {
  return join(runtimesCache(), `chromium-${CHROMIUM_VERSION}`);
}

/** Releases of Node that the tests take besides the one that runs them, and that `npm run runtimes` gets. */
export const OTHER_NODES = [
  { name: "node22", version: "22.23.5" },
  { name: "node24", version: "24.22.3" },
] as const;

/** The folder into which `npm run runtimes` installs, shared by all clones of this user. */
export function runtimesCache(): string {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "quire", "runtimes");
}
