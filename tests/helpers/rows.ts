/** Comparing rows, and stores that are like others but without their rows. */
import type { Json, Row } from "./golden.js";
import type { Store } from "./store.js";

/** JSON text of `value` with the members of objects sorted. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`).join(",")}}`;
}

/** The rows as texts in an order that does not depend on theirs. */
export function sortedRows(rows: readonly Row[]): string[] {
  return rows.map((row) => canonical(row)).sort();
}

/** The lines of a dump without any row: the definitions alone. */
export function withoutRows(dump: string): string {
  const kept: string[] = [];
  const lines = dump.trimEnd().split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = JSON.parse(lines[at] ?? "") as Record<string, Json>;
    if (typeof line["table"] === "string" && kept.length > 0) {
      at += line["rows"] as number;
      line["rows"] = 0;
    }
    if ("end" in line) line["end"] = { rows: 0 };
    kept.push(JSON.stringify(line));
  }
  return kept.join("\n") + "\n";
}

/** The names of a store's tables, those that others refer to first. */
export async function tablesInLoadOrder(store: Store): Promise<string[]> {
  const lines = withoutRows(await store.ok(["dump"]))
    .trimEnd()
    .split("\n");
  return lines.flatMap((line) => (JSON.parse(line) as { table?: string }).table ?? []);
}
