/** What came of the files of packages, as Markdown. */
import type { Outcome } from "./compare.js";
import type { Package } from "./packages.js";

export interface Result {
  readonly from: Package;
  readonly name: string;
  readonly options: readonly string[];
  readonly outcome: Outcome;
}

/** Of a package with more files than these only sums are shown. */
const MOST_SHOWN = 80;

const grouped = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** How many columns have each type. */
function typesOf(results: readonly Result[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) for (const [, type] of outcome.columns) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([type, count]) => `${grouped(count)} ${type}`)
    .join(", ");
}

function line(name: string, results: readonly Result[]): string {
  const rows = results.reduce((sum, { outcome }) => sum + outcome.rows, 0);
  const refused = results.filter(({ outcome }) => outcome.refused !== "");
  const same = results.every(({ outcome }) => outcome.differences.length === 0) ? "the same" : "different";
  const [one] = refused;
  const came =
    one === undefined ? same : results.length === 1 ? `refused: ${one.outcome.refused}` : `${same}, ${refused.length} refused`;
  return `| ${cell(name)} | ${grouped(rows)} | ${typesOf(results)} | ${cell(came)} |\n`;
}

/** A table for the reader of docs/import.md. */
export function resultTable(results: readonly Result[]): string {
  let text = "\n| file | rows | columns | values |\n|---|---:|---|---|\n";
  for (const from of new Set(results.map((result) => result.from))) {
    const own = results.filter((result) => result.from === from);
    text += line(`**${from.name} ${from.version}** (${from.registry}), ${own.length} imports`, own);
    if (own.length > MOST_SHOWN) continue;
    for (const result of own) text += line(`${result.name} ${result.options.map(quoted).join(" ")}`.trim(), [result]);
  }
  return `${text}\n`;
}

const quoted = (word: string): string => (/^[\w./-]+$/.test(word) ? word : `'${word}'`);
