/** What functions know of what is around their statement: its text for errors, the time, and what changes were made before it. */
import { SQL_UNSUPPORTED, fail } from "../../status";
import { NO_CLOCK, wallMicroseconds } from "../../wasi/clock";
import { SqlText, StoredText } from "../sql-text";

/** Those of the statement that changes rows just now: rules that are kept for tables, and asked of its rows, are at its time. */
let changing: Surroundings | null = null;

/** Tells of the statement that changes rows from now on; null for none. */
export function setChanging(around: Surroundings | null): void {
  changing = around;
}

/** Makes `around` those of a row that comes now, unless a statement changes rows: then false. `setChanging` ends it. */
export function beginRow(around: Surroundings): bool {
  if (changing) return false;
  around.begin();
  changing = around;
  return true;
}

export class Surroundings {
  /** Rows that the change before this statement was of. */
  private changesBefore: i64 = 0;
  /** The key that the row inserted last was given, where it is a number. */
  private rowidBefore: i64 = 0;
  /** Rows that all changes of the session before this statement were of. */
  private totalBefore: i64 = 0;
  private time: i64 = NO_CLOCK;

  constructor(
    readonly text: SqlText,
    /** Those of the statement, where the text is that of a view. */
    private readonly outer: Surroundings | null = null,
  ) {}

  /** Those that tell what is asked. */
  private get asked(): Surroundings {
    const outer: Surroundings | null = this.outer ? this.outer : this.text instanceof StoredText ? changing : null;
    return outer ? outer.asked : this;
  }

  /** The statement runs anew, at another time. */
  begin(): void {
    this.time = NO_CLOCK;
  }

  /** Tells of the change before it: how many rows it was of, all of the session, and the last row's key where that is a number. */
  tell(changes: i64, total: i64, rowid: i64): void {
    this.changesBefore = changes;
    this.totalBefore = total;
    this.rowidBefore = rowid;
  }

  get totalChanges(): i64 {
    return this.asked.totalBefore;
  }

  get changes(): i64 {
    return this.asked.changesBefore;
  }

  get lastInsertRowid(): i64 {
    return this.asked.rowidBefore;
  }

  /** The time in microseconds since 1970, the same for all of the statement; `NO_CLOCK`, with an error, where there is none. */
  now(): i64 {
    const asked = this.asked;
    if (asked.time == NO_CLOCK) asked.time = wallMicroseconds();
    if (asked.time == NO_CLOCK) fail(SQL_UNSUPPORTED, "there is no clock here", "give the time as a parameter");
    return asked.time;
  }
}
