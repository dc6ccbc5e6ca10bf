/** Where a runtime's program is: named by the user, on PATH, or in the cache that `npm run runtimes` fills. */
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runtimesCache } from "../paths.js";

/** The folder of the cache in which version `version` of runtime `name` is installed. */
export function cacheFolder(name: string, version: string): string {
  return join(runtimesCache(), `${name}-${version}`);
}

/** The path that the program has there. */
export function cachedProgram(name: string, version: string): string {
  return join(cacheFolder(name, version), "bin", name);
}

/** The folder of the cache in which the runtime may keep what it has compiled; null where there can be none. */
export function compiledCache(name: string, version: string): string | null {
  const folder = join(runtimesCache(), `${name}-${version}`, "compiled");
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return null;
  }
}

/** Whether `path` is a file that this user may execute. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first program called `name` on PATH, or null. */
function onPath(name: string): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (folder !== "" && isProgram(path)) return path;
  }
  return null;
}

/** `QUIRE_NAME` when it is set (even if nothing is there: then the answer is null), else PATH, else the cache. */
export function findProgram(name: string, version: string): string | null {
  const named = process.env[`QUIRE_${name.toUpperCase()}`];
  if (named) return isProgram(named) ? named : null;
  const found = onPath(name);
  if (found !== null) return found;
  const cached = cachedProgram(name, version);
  return isProgram(cached) ? cached : null;
}
