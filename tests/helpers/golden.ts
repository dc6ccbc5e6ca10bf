/** The golden page files: written by the reference crates, never changed. See tests/golden/README.md. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { packageRoot } from "../../host/paths.js";

export type Layout = "0.9" | "0.11";

export const layouts: readonly Layout[] = ["0.9", "0.11"];

/** Layouts whose files hold no definitions: `goldenSchema` has them. */
export type OldLayout = "0.6" | "0.8";

export const oldLayouts: readonly OldLayout[] = ["0.6", "0.8"];

/** A JSON value as the golden files and the `ndjson` export write it. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A row: values by column name. */
export type Row = Record<string, Json>;

function folder(layout: Layout | OldLayout): string {
  return join(packageRoot, "tests", "golden", `layout-${layout}`);
}

/** The names of the golden files of `layout`, sorted. */
export function goldenNames(layout: Layout | OldLayout): string[] {
  const ending = ".db.gz";
  const names = readdirSync(folder(layout)).filter((name) => name.endsWith(ending));
  return names.map((name) => name.slice(0, -ending.length)).sort();
}

/** The bytes of page file `name`. A fresh buffer each time, for the caller to spoil. */
export function golden(name: string, layout: Layout | OldLayout = "0.9"): Buffer {
  return gunzipSync(readFileSync(join(folder(layout), `${name}.db.gz`)));
}

/** The rows of page file `name` as the reference crates read them, by table. No tables for `empty`. */
export function goldenRows(name: string, layout: Layout | OldLayout = "0.9"): Record<string, Row[]> {
  if (name === "empty") return {};
  const own = join(folder(layout), `${name}.json`);
  const path = existsSync(own) ? own : join(folder("0.9"), `${name}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, Row[]>;
}

/** A table's definition, as the JSON beside a golden file of an old layout has it. */
export interface GoldenTable {
  readonly table: string;
  readonly primary_key: string;
  readonly alignment: number;
  readonly fingerprint: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly size?: number | "u16";
    readonly nullable?: boolean;
    readonly unique?: boolean;
    readonly autoincrement?: boolean;
    readonly references?: readonly [string, string];
  }[];
  readonly indexes?: readonly (readonly string[])[];
}

/** The definitions of page file `name` of an old layout, in the order in which its tables were registered. */
export function goldenSchema(name: string, layout: OldLayout): GoldenTable[] {
  return JSON.parse(readFileSync(join(folder(layout), `${name}.schema.json`), "utf8")) as GoldenTable[];
}
