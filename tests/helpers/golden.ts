/** The golden page files: written by the reference crates, never changed. See tests/golden/README.md. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packageRoot } from "../../host/paths.js";

export type Layout = "0.9" | "0.11";

export const layouts: readonly Layout[] = ["0.9", "0.11"];

/** A JSON value as the golden files and the `ndjson` export write it. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A row: values by column name. */
export type Row = Record<string, Json>;

function folder(layout: Layout): string {
  return join(packageRoot, "tests", "golden", `layout-${layout}`);
}

/** The names of the golden files of `layout`, sorted. */
export function goldenNames(layout: Layout): string[] {
  const ending = ".db.gz";
  const names = readdirSync(folder(layout)).filter((name) => name.endsWith(ending));
  return names.map((name) => name.slice(0, -ending.length)).sort();
}

/** The bytes of page file `name`. A fresh buffer each time, for the caller to spoil. */
export function golden(name: string, layout: Layout = "0.9"): Buffer {
  return gunzipSync(readFileSync(join(folder(layout), `${name}.db.gz`)));
}

/** The rows of page file `name` as the reference crates read them, by table. No tables for `empty`. */
export function goldenRows(name: string, layout: Layout = "0.9"): Record<string, Row[]> {
  if (name === "empty") return {};
  const own = join(folder(layout), `${name}.json`);
  const path = existsSync(own) ? own : join(folder("0.9"), `${name}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, Row[]>;
}
