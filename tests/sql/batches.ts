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
