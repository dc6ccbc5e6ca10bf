/** Rows that are put aside by the hashes of their keys: those with equal keys are in one run. */
import { MemoryBudget } from "../../store/memory-budget";
import { Run, RunReader, Spilled } from "../../store/run";
import { Tuples, tupleHash } from "./tuples";

/** Bits of a hash that say in which partition a row is, at each level others, the highest ones first. */
const BITS: u32 = 4;
/** Levels that the bits of a hash are enough for. */
export const MOST_LEVELS: u32 = 8;

/** A run of rows that are looked at in a later round. */
export class Aside {
  constructor(
    readonly run: Run,
    /** How many times it was divided. */
    readonly level: u32,
  ) {}
}

export class Partitions {
  private readonly runs: Array<Run> = new Array<Run>();
  private readonly shift: u32;

  constructor(
    budget: MemoryBudget,
    spilled: Spilled,
    private readonly level: u32,
  ) {
    this.shift = 32 - BITS * (1 + min(level, MOST_LEVELS - 1));
    for (let r = 0; r < 1 << BITS; r++) this.runs.push(new Run(budget, spilled));
  }

  /** Adds a row; false on failure. */
  add(tuples: Tuples, tuple: usize): bool {
    return tuples.write(tuple, this.of(tuple));
  }

  /** Adds the row that a reader has come to; false on failure. */
  addRead(reader: RunReader): bool {
    return this.of(reader.ptr).addRecord(reader.ptr, reader.len);
  }

  private of(tuple: usize): Run {
    return unchecked(this.runs[(tupleHash(tuple) >> this.shift) & ((1 << BITS) - 1)]);
  }

  /** All rows are there: each partition's run, of which some may have no rows; null on failure. They are the caller's. */
  finish(): Array<Run> | null {
    let good = true;
    for (let r = 0; r < this.runs.length; r++) good = this.runs[r].finish() && good;
    if (good) return this.runs;
    this.free();
    return null;
  }

  /** Adds those that have rows to `to`; false on failure. */
  moveTo(to: Array<Aside>): bool {
    const runs = this.finish();
    if (!runs) return false;
    for (let r = 0; r < runs.length; r++) if (runs[r].count > 0) to.push(new Aside(runs[r], this.level + 1));
    return true;
  }

  free(): void {
    for (let r = 0; r < this.runs.length; r++) this.runs[r].free();
  }
}
