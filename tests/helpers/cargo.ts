/** Builds programs with cargo into this user's cache folder, where every clone finds them. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { packageRoot, runtimesCache } from "../../host/paths.js";

/** The oldest cargo that is known to build all: the reference's 0.11.0 asks for 1.96, but does without; wasmtime asks for it. */
const OLDEST = { major: 1, minor: 95 };

/** What is built: a workspace. */
export interface CargoWorkspace {
  /** What it is called in the cache, and in a line that says that it is skipped. */
  readonly name: string;
  /** Its files by their paths in the clone; where each is in the workspace. */
  readonly files: ReadonlyMap<string, string>;
  /** Its lock file, with "REGISTRY" for the address of the registry. */
  readonly lock: string;
}

export type CargoBuild = { readonly folder: string } | { readonly skip: string };

const cache = dirname(runtimesCache());

/** What `cargo --version` prints, or the line to skip with. */
function cargoVersion(what: string): { readonly version: string } | { readonly skip: string } {
  const { stdout, error } = spawnSync("cargo", ["--version"], { encoding: "utf8" });
  // Without the program, stdout is null.
  const numbers = error === undefined ? /^cargo (\d+)\.(\d+)/.exec(stdout) : null;
  if (numbers === null) return { skip: `SKIPPED: no cargo here, so that there is no ${what}` };
  const [major, minor] = [Number(numbers[1]), Number(numbers[2])];
  const isOld = major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor);
  if (isOld)
    return { skip: `SKIPPED: cargo ${major}.${minor} is older than ${OLDEST.major}.${OLDEST.minor}, which ${what} needs` };
  return { version: stdout };
}

/** Whether the compiler builds for `target`. */
function hasTarget(target: string): boolean {
  const { status, stdout } = spawnSync("rustc", ["--print", "target-libdir", "--target", target], { encoding: "utf8" });
  return status === 0 && existsSync(stdout.trim());
}

/**
 * Builds a workspace into a folder of the cache, by a hash of its files and the compiler: minutes the first time, nothing in any clone after
 * that. `products` are paths in cargo's folder of what it makes; `target`: another one than this machine; `finish` may put more beside them.
 * Where there is no cargo, or it can't get the crates, the answer is the line to skip with; what does not compile throws.
 */
export function buildWithCargo(
  { name, files, lock }: CargoWorkspace,
  { words, products, target }: { words: readonly string[]; products: readonly string[]; target?: string },
  finish: (manifest: string, folder: string) => void = () => undefined,
): CargoBuild {
  const cargo = cargoVersion(name);
  if ("skip" in cargo) return cargo;
  if (target !== undefined && !hasTarget(target)) return { skip: `SKIPPED: rustup target add ${target} is needed for ${name}` };
  const hash = createHash("sha256").update(cargo.version);
  for (const path of [lock, ...files.keys()]) hash.update(readFileSync(join(packageRoot, path)));
  const folder = join(cache, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (products.every((product) => existsSync(join(folder, basename(product))))) return { folder };

  const copy = join(cache, `${name}-sources`);
  for (const [path, place] of files) {
    mkdirSync(dirname(join(copy, place)), { recursive: true });
    copyFileSync(join(packageRoot, path), join(copy, place));
  }
  const locked = readFileSync(join(packageRoot, lock), "utf8");
  writeFileSync(join(copy, "Cargo.lock"), locked.replaceAll('"REGISTRY"', registrySource(join(cache, "reference-registry"))));
  const manifest = join(copy, "Cargo.toml");
  const all = ["build", "--release", "--locked", "--manifest-path", manifest, ...words];
  if (target !== undefined) all.push("--target", target);
  const env = { ...process.env, CARGO_TARGET_DIR: join(cache, `${name}-target`) };
  const build = spawnSync("cargo", all, { encoding: "utf8", env });
  if (build.status !== 0) {
    if (/failed to (download|get|fetch)|could ?n.t resolve|network|spurious/i.test(build.stderr)) {
      return { skip: `SKIPPED: cargo can't get the crates of ${name}: ${build.stderr.trim().split("\n").at(-1) ?? ""}` };
    }
    throw new Error(`cargo ${all.join(" ")}: status ${build.status}\n${build.stderr}`);
  }
  mkdirSync(folder, { recursive: true });
  finish(manifest, folder);
  for (const product of products) {
    // Renamed into place whole: another test run may be looking.
    const partial = join(folder, `${basename(product)}.${process.pid}`);
    copyFileSync(join(env.CARGO_TARGET_DIR, product), partial);
    renameSync(partial, join(folder, basename(product)));
  }
  return { folder };
}

/** How this machine's cargo spells its registry in lock files, quotes and all: read from the lock file of a crate with one dependency. */
export function registrySource(folder: string): string {
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "src", "lib.rs"), "");
  writeFileSync(
    join(folder, "Cargo.toml"),
    '[package]\nname = "probe"\nversion = "0.1.0"\n[dependencies]\nitoa = "1"\n[workspace]\n',
  );
  spawnSync("cargo", ["generate-lockfile", "--manifest-path", join(folder, "Cargo.toml")], { encoding: "utf8" });
  const lock = join(folder, "Cargo.lock");
  return (existsSync(lock) ? /^source = (".*")$/m.exec(readFileSync(lock, "utf8"))?.[1] : undefined) ?? '"REGISTRY"';
}
