/** What a run of the bench measured: figures, their medians and spread, and the file that keeps them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../host/paths.js";

/** One line of a program. */
export interface Line {
  readonly op: string;
  /** Microseconds per operation. */
  readonly us: number;
  readonly count: number;
  /** Bytes of linear memory; on Node, of the process beyond what it had at its start. */
  readonly memory: number;
}

/** All rounds of one operation of one peer with one number of rows. */
export interface Figure {
  readonly group: string;
  readonly op: string;
  readonly peer: string;
  readonly n: number;
  /** One value for each round, in their order. */
  readonly runs: readonly number[];
  /** What the values are: "us" (microseconds per operation), "bytes", or "units" (of the operation's name). */
  readonly unit: "us" | "bytes" | "units";
  readonly median: number;
  /** Slowest round over fastest. */
  readonly spread: number;
}

export interface Results {
  readonly date: string;
  readonly command: string;
  readonly rounds: number;
  readonly quick: boolean;
  /** "what: value" of machine and programs. */
  readonly about: readonly (readonly [string, string])[];
  /** What was left out, and why. */
  readonly missing: readonly string[];
  readonly figures: readonly Figure[];
}

export const RESULTS = join(packageRoot, "bench", "results", "latest.json");

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? NaN, sorted[middle] ?? NaN];
  return (low + high) / 2;
}

/** Four digits are more than the noise leaves. */
const rounded = (value: number): number => (value === 0 ? 0 : Number(value.toPrecision(4)));

/** Gathers values by group, operation, peer and rows. */
export class Collector {
  readonly #values = new Map<string, number[]>();
  readonly #units = new Map<string, Figure["unit"]>();

  add(group: string, op: string, peer: string, n: number, value: number, unit: Figure["unit"] = "us"): void {
    const key = JSON.stringify([group, op, peer, n]);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
    this.#units.set(key, unit);
  }

  figures(): Figure[] {
    return [...this.#values].map(([key, values]) => {
      const [group, op, peer, n] = JSON.parse(key) as [string, string, string, number];
      const unit = this.#units.get(key) ?? "us";
      const exact = unit === "bytes";
      const runs = exact ? values : values.map(rounded);
      const least = Math.min(...values);
      const spread = least > 0 ? Number((Math.max(...values) / least).toPrecision(3)) : 1;
      return { group, op, peer, n, runs, unit, median: exact ? median(values) : rounded(median(values)), spread };
    });
  }
}

/** One figure a line, so that a diff can be read. */
export function writeResults(results: Results): void {
  const { figures, ...rest } = results;
  const head = JSON.stringify({ ...rest, figures: [] }, null, 2).replace(/"figures": \[\]\n\}$/, "");
  const lines = figures.map((figure) => `    ${JSON.stringify(figure)}`).join(",\n");
  mkdirSync(dirname(RESULTS), { recursive: true });
  writeFileSync(RESULTS, `${head}"figures": [\n${lines}\n  ]\n}\n`);
}

export function readResults(): Results {
  return JSON.parse(readFileSync(RESULTS, "utf8")) as Results;
}
