/** What tests do in which Quire and the reference take turns on one file. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Json, Layout, Row } from "../helpers/golden.js";
import { openStore, tempFolder, type Store } from "../helpers/store.js";
import type { DatabaseWords, TableWords } from "./databases.js";
import { type ReferenceBuild, type ReferenceLayout, Reference } from "./program.js";

const PAGE_BYTES = 65_536;

/** The reference of `layout` on the file at `path`. */
export function referenceOn(build: ReferenceBuild, path: string, database: DatabaseWords, layout: ReferenceLayout): Reference {
  assert.ok("folder" in build);
  return new Reference(build, layout, path, database.name);
}

/** A file that Quire makes, with the tables of `database`, and the reference on the same file. */
export async function createdDatabase(
  t: TestContext,
  build: ReferenceBuild,
  database: DatabaseWords,
  layout: Layout,
  runtime?: string,
): Promise<{ store: Store; reference: Reference }> {
  const store = openStore(t, runtime === undefined ? {} : { runtime });
  for (const { name, columns, options = [] } of database.tables) {
    await store.ok(["create", name, ...columns, ...options, "--layout", layout]);
  }
  return { store, reference: referenceOn(build, store.path, database, layout) };
}

/** A file that the reference makes and fills: `count` rows a table, then `steps` changes. */
export function filledByReference(
  t: TestContext,
  build: ReferenceBuild,
  database: DatabaseWords,
  layout: ReferenceLayout,
  count: number,
  steps: number,
): string {
  const path = join(tempFolder(t), "reference.db");
  const reference = referenceOn(build, path, database, layout);
  reference.ok("init");
  reference.ok("insert", String(count), "11");
  reference.ok("exercise", "12", String(steps));
  return path;
}

/** Spells `value` so that equal values are equal text: object members sorted by name. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) =>
    inner === null || typeof inner !== "object" || Array.isArray(inner)
      ? inner
      : Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
}

export function assertSameRows(actual: readonly Row[], expected: readonly Row[], message: string): void {
  assert.deepEqual(actual.map(canonical).sort(), expected.map(canonical).sort(), message);
}

/** The export of every table has the rows that the reference reads, and `check` finds nothing. */
export async function assertAgreement(store: Store, reference: Reference, database: DatabaseWords): Promise<void> {
  assert.equal(reference.ok("drift"), "false\n");
  for (const { name } of database.tables) {
    assertSameRows(await store.rows(name), reference.rows(name), name);
  }
  await store.ok(["check"]);
}

export async function importRows(store: Store, table: string, rows: readonly Row[]): Promise<void> {
  const stdin = rows.map((row) => JSON.stringify(row) + "\n").join("");
  await store.ok(["import", table, "-", "--format", "ndjson"], { stdin });
}

/**
 * The rows of `table` in an order in which no row refers to a later one of the same table, without those that refer to each other in
 * a circle: an import looks at each row as it comes.
 */
export function referencesFirst(table: TableWords, rows: readonly Row[]): Row[] {
  const [own] = columnsOf(table).filter(({ flags }) => flags.some((flag) => flag.startsWith(`references=${table.name}.`)));
  if (own === undefined) return [...rows];
  const key = keyColumn(table);
  const placed = new Set<Json | undefined>([null]);
  const ordered: Row[] = [];
  for (let before = -1; before < ordered.length;) {
    before = ordered.length;
    for (const row of rows) {
      if (placed.has(row[key]) || !placed.has(row[own.name])) continue;
      placed.add(row[key]);
      ordered.push(row);
    }
  }
  return ordered;
}

/** The registry's schema hash, and by table fingerprint the whole page of each schema snapshot. */
export function schemaPages(bytes: Buffer): { hash: bigint; pages: Map<bigint, Buffer> } {
  const pages = new Map<bigint, Buffer>();
  let at = 16;
  for (let left = bytes.readBigUInt64LE(8); left > 0n; left--) {
    const start = bytes.readUInt32LE(at + 8) * PAGE_BYTES;
    pages.set(bytes.readBigUInt64LE(at), bytes.subarray(start, start + PAGE_BYTES));
    at += bytes[at + 24] === 1 ? 29 : 25;
  }
  return { hash: bytes.readBigUInt64LE(0), pages };
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly flags: readonly string[];
}

export function columnsOf(table: TableWords): Column[] {
  return table.columns.map((word) => {
    const [name = "", type = "", ...flags] = word.split(":");
    return { name, type, flags };
  });
}

export function keyColumn(table: TableWords): string {
  const key = columnsOf(table).find(({ flags }) => flags.includes("pk"));
  assert.ok(key, table.name);
  return key.name;
}

/** The word that names `row` on the command line. */
export function keyWord(row: Row | undefined, key: string): string {
  const value = row?.[key];
  assert.ok(typeof value === "string" || typeof value === "number", key);
  return String(value);
}

export function isReferenced(database: DatabaseWords, table: TableWords): boolean {
  const words = database.tables.flatMap(({ columns }) => columns);
  return words.some((word) => word.includes(`references=${table.name}.`));
}

/** Whether all records of `table` have one size; in such tables 0.9.0 can't scan past a deleted one. */
export function isFixed(table: TableWords): boolean {
  const varies = ({ type, flags }: Column): boolean => /^(text|blob|json)$/.test(type) || flags.includes("null");
  return !columnsOf(table).some(varies);
}

/**
 * Updates, deletes and inserts through the command line. Returns the rows that `table` must have then, worked out here, or null
 * where a cascade decides.
 */
export async function changeByCommands(store: Store, database: DatabaseWords, table: TableWords, layout: Layout): Promise<Row[] | null> {
  const key = keyColumn(table);
  const rows = await store.rows(table.name);
  // A word that begins with a dash would need the care of another test.
  const picks = rows.filter((row) => !keyWord(row, key).startsWith("-")).slice(0, 7);
  assert.ok(picks.length === 7, `${table.name} has too few rows to work on`);
  const editable = columnsOf(table).filter(({ flags }) => !flags.includes("pk") && !flags.includes("unique"));
  const expected = new Map(rows.map((row) => [row[key], row]));
  for (const [index, row] of picks.slice(0, 4).entries()) {
    const donor = rows[rows.length - 1 - index] ?? row;
    const patch = Object.fromEntries(editable.map(({ name }) => [name, donor[name] ?? null]));
    if (editable.length > 0) await store.ok(["update", table.name, keyWord(row, key), JSON.stringify(patch)]);
    expected.set(row[key], { ...row, ...patch });
  }
  if (layout === "0.9" && isFixed(table)) return [...expected.values()];
  const gone = picks.slice(4);
  const keys = gone.map((row) => keyWord(row, key));
  if (isReferenced(database, table)) {
    await store.ok(["delete", table.name, keys[0] ?? "", "--cascade"]);
    return null;
  }
  await store.ok(["delete", table.name, ...keys]);
  for (const row of gone) expected.delete(row[key]);
  const back = gone.slice(1);
  await store.ok(["insert", table.name, ...back.map((row) => JSON.stringify(row))]);
  for (const row of back) expected.set(row[key], row);
  return [...expected.values()];
}

/** A key's value, so that keys that are equal are the same text: 1.50 is 1.5, and -0.0 is 0. */
function keyText(type: string, value: Json): string {
  if (type !== "decimal" || typeof value !== "string") return canonical(value);
  const [whole = "", fraction = ""] = value.split(".");
  const digits = `${whole}.${fraction.replace(/0+$/, "")}`;
  return /^-0*\.$/.test(digits) ? digits.slice(1) : digits;
}

/** The reference finds by each single-column index what a filter over all rows finds. */
export function assertIndexes(reference: Reference, table: TableWords): void {
  const rows = reference.rows(table.name);
  const indexed = columnsOf(table).filter(({ flags }) => ["pk", "unique", "index"].some((flag) => flags.includes(flag)));
  for (const { name, type } of indexed) {
    for (const row of [rows[0], rows[rows.length >> 1], rows[rows.length - 1]]) {
      const value = row?.[name];
      if (value === undefined || value === null) continue;
      const expected = rows.filter((one) => keyText(type, one[name] ?? null) === keyText(type, value));
      assertSameRows(reference.lookUp(table.name, name, value), expected, `${table.name}.${name} = ${JSON.stringify(value)}`);
    }
  }
}

