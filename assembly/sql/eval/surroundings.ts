/** What functions know of what is around their statement: its text for errors, the time, and what changes were made before it. */
import { SQL_UNSUPPORTED, fail } from "../../status";
import { NO_CLOCK, wallMicroseconds } from "../../wasi/clock";
import { SqlText } from "../sql-text";

export class Surroundings {
  /** Rows that the change before this statement was of. */
  private changesBefore: i64 = 0;
  /** The key that the row inserted last was given, where it is a number. */
  private rowidBefore: i64 = 0;
  private time: i64 = NO_CLOCK;

  constructor(
    readonly text: SqlText,
    /** Those of the statement, where the text is that of a view. */
    private readonly outer: Surroundings | null = null,
  ) {}

  /** The statement runs anew, at another time. */
  begin(): void {
    this.time = NO_CLOCK;
  }

  /** Tells of the change before it: how many rows it was of, and the last row's key where that is a number. */
  tell(changes: i64, rowid: i64): void {
    this.changesBefore = changes;
    this.rowidBefore = rowid;
  }

  get changes(): i64 {
    const outer = this.outer;
    return outer ? outer.changes : this.changesBefore;
  }

  get lastInsertRowid(): i64 {
    const outer = this.outer;
    return outer ? outer.lastInsertRowid : this.rowidBefore;
  }

  /** The time in microseconds since 1970, the same for all of the statement; `NO_CLOCK`, with an error, where there is none. */
  now(): i64 {
    const outer = this.outer;
    if (outer) return outer.now();
    if (this.time == NO_CLOCK) this.time = wallMicroseconds();
    if (this.time == NO_CLOCK) fail(SQL_UNSUPPORTED, "there is no clock here", "give the time as a parameter");
    return this.time;
  }
}
