/** What EXPLAIN tells of statements. */
import type { SyncSession } from "../../host/index.js";

/** The way that a query takes: a line for each operator. */
export function plan(db: SyncSession, sql: string): string {
  return db
    .sql(`EXPLAIN ${sql}`)
    .rows.map(([line]) => line)
    .join("\n");
}
