/** Other database engines from npm, in this user's cache folder, where every clone finds them. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot, runtimesCache } from "../../host/paths.js";

const NAMES = ["package.json", "package-lock.json"];
/** About 100 MB come. */
const TIMEOUT_MS = 300_000;

let found: { readonly folder: string } | { readonly skip: string } | undefined;

/** The folder that they are installed in, or the line to skip with. */
function installed(): { readonly folder: string } | { readonly skip: string } {
  const sources = join(packageRoot, "tests", "engines");
  const hash = createHash("sha256").update(process.version);
  for (const name of NAMES) hash.update(readFileSync(join(sources, name)));
  const folder = join(dirname(runtimesCache()), `engines-${hash.digest("hex").slice(0, 16)}`);
  const done = join(folder, "installed");
  if (existsSync(done)) return { folder };
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) copyFileSync(join(sources, name), join(folder, name));
  const words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status, stderr } = spawnSync("npm", words, { cwd: folder, encoding: "utf8", timeout: TIMEOUT_MS });
  const reason = (stderr as string | null)?.trim().split("\n").at(-1) ?? "npm was not found, or took too long";
  if (status !== 0) return { skip: `SKIPPED: DuckDB and PGlite can't be installed from npm: ${reason}` };
  writeFileSync(done, "");
  return { folder };
}

/** The package `name`, or the line to skip with. */
async function engine(name: string): Promise<{ readonly module: unknown } | { readonly skip: string }> {
  found ??= installed();
  if ("skip" in found) return found;
  try {
    const path = createRequire(join(found.folder, "x.js")).resolve(name);
    return { module: (await import(pathToFileURL(path).href)) as unknown };
  } catch (error) {
    return { skip: `SKIPPED: ${name} does not run here: ${(error as Error).message}` };
  }
}

/** What the tests use of DuckDB. */
export interface Duck {
  run(sql: string): Promise<unknown>;
  runAndReadAll(
    sql: string,
  ): Promise<{ getRowsJson(): unknown[][]; columnNames(): string[]; columnTypes(): { toString(): string }[] }>;
  closeSync(): void;
}

interface DuckModule {
  readonly DuckDBInstance: { create(path: string): Promise<{ connect(): Promise<Duck> }> };
}

/** A store of DuckDB in memory, in UTC, or the line to skip with. */
export async function duckdb(): Promise<{ readonly duck: Duck } | { readonly skip: string }> {
  const got = await engine("@duckdb/node-api");
  if ("skip" in got) return got;
  const duck = await (await (got.module as DuckModule).DuckDBInstance.create(":memory:")).connect();
  await duck.run("SET TimeZone = 'UTC'; SET threads = 1");
  return { duck };
}

/** What the tests use of PGlite. */
export interface Postgres {
  exec(sql: string): Promise<unknown>;
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
  close(): Promise<void>;
}

/** PostgreSQL in memory, or the line to skip with. */
export async function postgres(): Promise<{ readonly pg: Postgres } | { readonly skip: string }> {
  const got = await engine("@electric-sql/pglite");
  if ("skip" in got) return got;
  const { PGlite } = got.module as { readonly PGlite: { create(): Promise<Postgres> } };
  return { pg: await PGlite.create() };
}
