/** What a database and what was made of it, statements and transactions, know of each other. */
import type { SyncSession } from "../api/session.js";

/** What a database tells of itself. */
export interface OpenDatabase {
  readonly name: string;
  readonly memory: boolean;
  readonly readonly: boolean;
  readonly open: boolean;
  readonly inTransaction: boolean;
}

export interface Connection {
  readonly database: OpenDatabase;
  /** Throws a `TypeError` when it is closed. */
  session(): SyncSession;
  /** Told of each statement that runs. */
  readonly verbose: ((sql: string) => void) | null;
  /** Whether integers are bigints in new statements. */
  safeIntegers: boolean;
  /** The key of the row that was inserted last, of those whose keys are numbers. */
  lastKey: bigint;
  /** Iterations that go on. */
  iterations: number;
}
