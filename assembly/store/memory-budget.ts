/** What one statement keeps of the memory that all of them have (statement-memory.ts). */
import { SQL_LIMIT, Status, OK, fail } from "../status";
import { StatementMemory } from "./statement-memory";

/** What each of those that keep something may have at least. */
export const FLOOR: u64 = 48 << 10;

/** What a statement keeps, in bytes: no more than is left of what all of them may keep that are under way. */
export class MemoryBudget {
  used: u64 = 0;
  /** How many keep rows that they can put into the file. */
  spillers: u64 = 0;
  private usesFile: bool = false;

  constructor(readonly memory: StatementMemory) {}

  /** Counts `bytes` more for one that has `held` without them: `SQL_LIMIT` where that is too much. One with few may always have more. */
  take(bytes: u64, held: u64): Status {
    this.used += bytes;
    this.memory.used += bytes;
    return held < FLOOR || this.memory.used <= this.memory.limit ? OK : this.exceeded();
  }

  /** Counts `bytes` less. */
  give(bytes: u64): void {
    this.used -= bytes;
    this.memory.used -= bytes;
  }

  /** A run is over, and nothing is kept of it. */
  end(): void {
    this.give(this.used);
    if (this.usesFile) this.memory.leaveFile();
    this.usesFile = false;
  }

  /** Writes a chunk's bytes to the file: its number, or -1 on failure. */
  write(ptr: usize): i32 {
    if (!this.usesFile) this.memory.enterFile();
    this.usesFile = true;
    return this.memory.write(ptr);
  }

  /** Whether rows can be put into the file; false with `SQL_LIMIT`. */
  mayPutAside(): bool {
    return this.memory.spills || this.exceeded() == OK;
  }

  /** What it may keep as others keep what they do. */
  private get limit(): u64 {
    const memory = this.memory;
    return memory.limit - min(memory.limit, memory.used - this.used);
  }

  private exceeded(): Status {
    const others = this.memory.used - this.used;
    let what = "the statement needs more than " + this.limit.toString() + " bytes for what it sorts, groups, joins or changes";
    if (others > 0) what += ", beside " + others.toString() + " of others that are under way";
    if (!this.memory.spills) what += ", and has no file for the rest";
    const hint = this.memory.spills ? "ask for fewer rows or columns" : "open a file for writing";
    return fail(SQL_LIMIT, what, "give it more (--sql-memory, in programs sqlMemory), or " + hint);
  }

  /** Whether it keeps little with `bytes` more. */
  isLittle(bytes: u64): bool {
    return this.used + bytes <= this.limit >> 2;
  }

  /** Whether more than half of what it may keep is used. */
  get isHalfUsed(): bool {
    return this.used > this.limit >> 1;
  }

  /**
   * Whether one that holds `held` bytes of rows is to put them into the file. A third is left for what can't go there, and for those that
   * come later, which have their part.
   */
  isFull(held: u64): bool {
    if (held < FLOOR) return false;
    const limit = this.limit;
    if (this.used <= limit >> 1) return false;
    const most = this.memory.spills ? limit - limit / 3 : limit;
    return this.used > most && held >= max<u64>(FLOOR, most / (2 * max<u64>(this.spillers, 1)));
  }
}
