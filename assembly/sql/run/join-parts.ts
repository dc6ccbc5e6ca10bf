/**
 * The two sides of a hash join whose right side is more than can be kept: both are put aside by the hashes of their keys, and what is in
 * one part is joined by itself. A part whose right side is too much again is divided again; where that does not help, since its keys are
 * the same, its right side comes in blocks, and its left side once for each of them.
 */
import { OK, lastError } from "../../status";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch, WantedColumns } from "../eval/batch";
import { BATCH_ROWS } from "../eval/vector";
import { MOST_LEVELS, Partitions } from "./partitions";
import { Operator } from "./operator";
import { Run, RunReader, Spilled } from "../../store/run";
import { Tuples, setTupleNumber, tupleNumber } from "./tuples";

/** In a row's number: it had a partner in a block before; null is in its key, so that it has none. */
export const HAD_PARTNER: u32 = 1;
export const NULL_IN_KEY: u32 = 2;

/** Rows of the left side that were put aside, as an operator. */
export class LeftRows extends Operator {
  private readonly columns: WantedColumns;
  private reader: RunReader | null = null;
  /** Each row of the batch as it was kept. */
  private readonly places: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);

  constructor(
    private readonly tuples: Tuples,
    kinds: Array<u8>,
    private readonly lefts: Array<i32>,
  ) {
    const columns = new WantedColumns(kinds, lefts);
    super(new Batch(columns));
    this.columns = columns;
  }

  /** Begins with the first row of a run, or of none. */
  begin(run: Run | null): void {
    this.end();
    if (run) this.reader = new RunReader(run);
    this.status = OK;
  }

  next(): bool {
    const reader = this.reader;
    const batch = this.batch;
    if (!reader) return false;
    batch.begin(0);
    let count = 0;
    while (count < BATCH_ROWS && reader.read()) {
      const tuple = batch.arena.take(reader.len);
      if (tuple == 0) return this.failed(lastError.status);
      memory.copy(tuple, reader.ptr, reader.len);
      this.tuples.settle(tuple);
      for (let l = 0; l < this.lefts.length; l++)
        this.tuples.get(tuple, l, unchecked(this.columns.vectors[unchecked(this.lefts[l])]), count);
      unchecked((this.places[count++] = <u32>tuple));
    }
    if (reader.failed) return this.failed(lastError.status);
    batch.selectAll(count);
    return count > 0;
  }

  /** Row `i` of the batch, as it was kept. */
  at(i: u32): usize {
    return <usize>unchecked(this.places[i]);
  }

  hadPartner(i: u32): bool {
    return (tupleNumber(this.at(i)) & HAD_PARTNER) != 0;
  }

  hasNullInKey(i: u32): bool {
    return (tupleNumber(this.at(i)) & NULL_IN_KEY) != 0;
  }

  /** Writes row `i` to a run, with whether it has had a partner; false on failure. */
  keep(i: u32, hadPartner: bool, run: Run): bool {
    const tuple = this.at(i);
    setTupleNumber(tuple, (tupleNumber(tuple) & NULL_IN_KEY) | (hadPartner ? HAD_PARTNER : 0));
    return this.tuples.write(tuple, run);
  }

  end(): void {
    const reader = this.reader;
    if (reader) reader.free();
    this.reader = null;
  }

  free(): void {
    this.end();
    super.free();
    this.columns.free();
  }

  describe(): string {
    return "rows put aside";
  }
}

/** One part: either side may have no rows. */
export class JoinPart {
  constructor(
    readonly left: Run,
    readonly right: Run,
    readonly level: u32,
    /** Whether it is all that there was on the right before it was divided. */
    readonly isWhole: bool,
  ) {}

  free(): void {
    this.left.free();
    this.right.free();
  }
}

export class JoinParts {
  private readonly parts: Array<JoinPart> = new Array<JoinPart>();

  /** What went to the file. */
  readonly spilled: Spilled = new Spilled();

  constructor(private readonly budget: MemoryBudget) {}

  /** Where a side's rows go, at a level. */
  divided(level: u32): Partitions {
    return new Partitions(this.budget, this.spilled, level);
  }

  /** Adds what both sides were divided into; false on failure, with nothing of them left. */
  add(lefts: Partitions, rights: Partitions, level: u32): bool {
    const left = lefts.finish();
    const right = rights.finish();
    if (!left || !right) {
      lefts.free();
      rights.free();
      return false;
    }
    let count: u32 = 0;
    for (let r = 0; r < right.length; r++) count += right[r].count;
    for (let p = 0; p < left.length; p++) {
      if (left[p].count + right[p].count > 0) this.parts.push(new JoinPart(left[p], right[p], level, right[p].count == count));
    }
    return true;
  }

  /** The next part; null when there is none. It is the caller's. */
  next(): JoinPart | null {
    return this.parts.length > 0 ? this.parts.pop() : null;
  }

  /** Divides a part again; false on failure. It is gone in any case. */
  divide(part: JoinPart): bool {
    const level = part.level;
    const lefts = this.divided(level);
    const rights = this.divided(level);
    const good = move(part.left, lefts) && move(part.right, rights);
    part.free();
    if (good) return this.add(lefts, rights, level + 1);
    lefts.free();
    rights.free();
    return false;
  }

  close(): void {
    while (this.parts.length > 0) this.parts.pop().free();
  }
}

/** Whether a part can be divided so that there is less on its right side. */
export function isDivisible(part: JoinPart): bool {
  return !part.isWhole && part.level < MOST_LEVELS;
}

function move(run: Run, to: Partitions): bool {
  const reader = new RunReader(run);
  let good = true;
  while (good && reader.read()) good = to.addRead(reader);
  good = good && !reader.failed;
  reader.free();
  return good;
}
