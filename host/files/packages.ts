/** Packages that files of other formats need, which a program installs if it has such files. */
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../api/errors.js";

/** What each is for, and the version that the tests have. */
const PACKAGES = {
  hyparquet: ["1.33.0", "Parquet files are read"],
  "hyparquet-writer": ["0.17.0", "Parquet files are written"],
  "apache-arrow": ["21.2.0", "Arrow files are read and written"],
  fzstd: ["0.1.1", "what zstd has compressed is read under Node before 22.15"],
  "better-sqlite3": ["12.11.1", "SQLite files are read"],
  "node-sqlite3-wasm": ["0.8.60", "SQLite files are read"],
} as const;
export type PackageName = keyof typeof PACKAGES;

/** What `load`, which imports the package `name`, gives. `PACKAGE_NOT_FOUND` says how to get it. */
export async function needPackage<T>(name: PackageName, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") {
      throw new QuireError("PACKAGE_NOT_FOUND", `${name} can't be loaded: ${reasonOf(error)}`, EXIT_NOT_DONE, { cause: error });
    }
    throw missing([name]);
  }
}

/** The error that one of these packages is to be installed. */
export function missing(names: readonly [PackageName, ...PackageName[]]): QuireError {
  const [[, what]] = names.map((name) => PACKAGES[name]) as [(typeof PACKAGES)[PackageName]];
  const ways = names.map((name) => `npm install ${name}@${PACKAGES[name][0]}`);
  return new QuireError("PACKAGE_NOT_FOUND", `${what} by a package that is not installed: ${ways.join(", or ")}`, EXIT_NOT_DONE);
}
