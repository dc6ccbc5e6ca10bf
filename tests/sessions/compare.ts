/** What a store has, against the model. */
import type { Random } from "../torture/random.js";
import type { Library, Outcome } from "./library.js";
import { cell, keyOf, same, type Index, type Kind, type Model, type Row, type Table, type Value } from "./model.js";

/** Kinds whose values compare in an index as their JSON does here, as text or as number. */
const ORDERED: ReadonlySet<Kind> = new Set(["uint32", "uint32auto", "text", "key", "uuid", "date", "blob"]);

function* scan(library: Library, fields: object): Generator2 {
  let after: string | null = null;
  do {
    const reply: Outcome = library.request({ op: "scan", ...fields, ...(after === null ? {} : { after }) });
    if (reply.ok === null) throw new Error(`scan ${JSON.stringify(fields)}: ${reply.code} ${reply.message}`);
    yield* reply.ok["rows"] as Row[];
    after = reply.ok["after"] as string | null;
  } while (after !== null);
}
type Generator2 = globalThis.Generator<Row, void, undefined>;

/** Compares all rows, all indexes, and asks for `check`. Throws what differs. */
export function compareTables(library: Library, model: Model, random: Random): void {
  const reply = library.request({ op: "tables" });
  if (reply.ok === null) throw new Error(`tables: ${reply.code} ${reply.message}`);
  const counts = (reply.ok["tables"] as { name: string; rows: number }[]).map(({ name, rows }) => `${name} ${rows}`).join();
  const wanted = [...model.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((table) => `${table.name} ${table.rows.size}`)
    .join();
  if (counts !== wanted) throw new Error(`tables are ${counts}, and not ${wanted}`);
  for (const table of model.values()) compareTable(library, table, random);
  const check = library.request({ op: "check" });
  if (check.ok === null) throw new Error(`check: ${check.code} ${check.message}`);
  const faults = (check.ok["faults"] as { severity: string; code: string }[]).filter(
    ({ severity, code }) => severity !== "note" && !code.startsWith("REFERENCE_"),
  );
  if (faults.length > 0) throw new Error(`check: ${JSON.stringify(faults.slice(0, 3))}`);
}

export function compareTable(library: Library, table: Table, random: Random): void {
  const all = table.shape.columns.map((column) => column.name);
  let count = 0;
  for (const row of scan(library, { table: table.name })) {
    const mine = table.rows.get(keyOf(row["id"]!));
    if (mine === undefined)
      throw new Error(`${table.name} has a row ${JSON.stringify(row["id"]).slice(0, 80)} that it should not have`);
    if (!same(mine, row, all)) throw new Error(`${table.name} row ${JSON.stringify(row["id"])}: ${diff(mine, row)}`);
    count += 1;
  }
  if (count !== table.rows.size) throw new Error(`${table.name}: a scan has ${count} rows, and not ${table.rows.size}`);
  for (const index of table.shape.indexes) compareIndex(library, table, index, random);
}

export function diff(a: Row, b: Row): string {
  return Object.keys(a)
    .filter((name) => a[name] !== b[name])
    .map(
      (name) =>
        `${name}: ${String(b[name]).slice(0, 40)} (${String(b[name]).length}), not ${String(a[name]).slice(0, 40)} (${String(a[name]).length})`,
    )
    .join("; ");
}

function compareIndex(library: Library, table: Table, index: Index, random: Random): void {
  const what = `${table.name} by ${index.columns.join()}`;
  const columns = [...new Set(["id", ...index.columns])];
  const fields = { table: table.name, index: index.columns, columns };
  const seen = new Set<string>();
  const order: string[] = [];
  const kinds = index.columns.map((name) => table.shape.columns.find((column) => column.name === name)!);
  let before: Row | null = null;
  for (const row of scan(library, fields)) {
    const key = keyOf(row["id"]!);
    const mine = table.rows.get(key);
    if (mine === undefined || !same(mine, row, columns)) throw new Error(`${what}: a row ${key.slice(0, 80)} that should not be`);
    if (seen.has(key)) throw new Error(`${what}: ${key.slice(0, 80)} twice`);
    seen.add(key);
    order.push(key);
    const first = kinds[0]!;
    if (before !== null && ORDERED.has(first.kind) && before[first.name] !== null && row[first.name] !== null) {
      if (compareValues(before[first.name]!, row[first.name]!) > 0) throw new Error(`${what}: out of order`);
    }
    before = row;
  }
  if (order.length !== table.rows.size) throw new Error(`${what}: ${order.length} rows, and not ${table.rows.size}`);
  const back: string[] = [];
  for (const row of scan(library, { ...fields, reverse: true })) back.push(keyOf(row["id"]!));
  if (back.reverse().join() !== order.join()) throw new Error(`${what}: not the same backwards`);
  if (order.length === 0) return;
  // Single values, and ranges.
  for (let i = 0; i < 3; i++) {
    const chosen = table.rows.get(random.pick(order))!;
    const eq = index.columns.slice(0, 1 + random.below(index.columns.length));
    const expected = order.filter((key) => same(table.rows.get(key)!, chosen, eq));
    const found = [...scan(library, { ...fields, eq: eq.map((name) => chosen[name]) })].map((row) => keyOf(row["id"]!));
    if (found.join() !== expected.join())
      throw new Error(
        `${what} = ${JSON.stringify(eq.map((name) => chosen[name])).slice(0, 100)}: ${found.length} rows, and not ${expected.length}`,
      );
    const first = kinds[0]!;
    if (!ORDERED.has(first.kind) || chosen[first.name] === null) continue;
    const other = cell(table.rows.get(random.pick(order))!, first.name);
    if (other === null) continue;
    const [from, to] =
      compareValues(chosen[first.name]!, other) < 0 ? [chosen[first.name]!, other] : [other, chosen[first.name]!];
    const between = order.filter((key) => {
      const value = cell(table.rows.get(key)!, first.name);
      return value !== null && compareValues(value, from) >= 0 && compareValues(value, to) <= 0;
    });
    const range = [...scan(library, { ...fields, from, to, reverse: i === 2 })].map((row) => keyOf(row["id"]!));
    if (i === 2) range.reverse();
    if (range.join() !== between.join())
      throw new Error(`${what} from ${from} to ${to}: ${range.length} rows, and not ${between.length}`);
  }
}

function compareValues(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const left = String(a);
  const right = String(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
