/** The module with batches of other sizes. */
import type { Patch } from "../torture/module.js";

/** What makes batches have so many rows at most. */
export function batchesOf(rows: number): readonly Patch[] {
  const file = "assembly/sql/eval/vector.ts";
  return [
    { file, find: "BATCH_ROWS: i32 = 1024;", replace: `BATCH_ROWS: i32 = ${rows};` },
    { file, find: "FIRST_ROWS: i32 = 8;", replace: `FIRST_ROWS: i32 = ${Math.min(rows, 8)};` },
  ];
}

/** What makes statements write to their file whatever they keep more than a few rows of, in small chunks, few of them at once. */
export const SPILLING: readonly Patch[] = [
  { file: "assembly/store/memory-budget.ts", find: "FLOOR: u64 = 48 << 10;", replace: "FLOOR: u64 = 400;" },
  {
    file: "assembly/store/memory-budget.ts",
    find: "const most = this.memory.spills ? limit - limit / 3 : limit;",
    replace: "const most: u64 = this.memory.spills ? 0 : limit;",
  },
  // And what a statement has counted was given back when it ends.
  { file: "assembly/store/memory-budget.ts", find: "this.give(this.used);", replace: "if (this.used != 0) unreachable();" },
  { file: "assembly/store/statement-memory.ts", find: "LEAST_CHUNK: u32 = 1 << 12;", replace: "LEAST_CHUNK: u32 = 1 << 6;" },
  { file: "assembly/store/statement-memory.ts", find: "MOST_CHUNK: u32 = 1 << 16;", replace: "MOST_CHUNK: u32 = 1 << 6;" },
  { file: "assembly/store/statement-memory.ts", find: "MOST_WAYS: u64 = 64;", replace: "MOST_WAYS: u64 = 2;" },
];
