/** Rows that are sorted by their keys: in memory, or in runs of the statement's file when they are too many. */
import { compareBytes } from "../../encode/bytes";
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch } from "../eval/batch";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Merge } from "./merge";
import { Run, Spilled } from "../../store/run";
import { TupleList, Tuples, leaveOutBehind, tupleKey, tupleKeyLen } from "./tuples";

/** Of more rows than these all are kept. */
const MOST_WANTED: i64 = 1 << 24;

export class Sorter {
  /** What went to the file. */
  readonly spilled: Spilled = new Spilled();
  private readonly tuples: Tuples;
  private readonly list: TupleList;
  private at: u32 = 0;
  private wanted: u32 = u32.MAX_VALUE;
  /** The key of the last row that is wanted, where as many are there. */
  private readonly last: ByteBuffer = new ByteBuffer(64);
  private hasLast: bool = false;
  /** Rows that were put aside, and all of them, sorted. */
  private readonly runs: Array<Run> = new Array<Run>();
  private merge: Merge | null = null;

  /** Rows of `columns` values. */
  constructor(
    columns: i32,
    private readonly budget: MemoryBudget,
  ) {
    this.tuples = new Tuples(columns, budget, true);
    this.list = new TupleList(budget);
  }

  /** Begins anew; no more rows are wanted than the first `wanted` ones. */
  begin(wanted: i64): void {
    this.close();
    this.wanted = <u32>min<i64>(wanted, u32.MAX_VALUE);
  }

  /** Leaves selected rows out that are not wanted, by the first value of their keys, which has `order`. */
  leaveOut(values: Vector, order: u32, batch: Batch): void {
    if (this.hasLast) leaveOutBehind(this.last.ptr, values, order, batch);
  }

  /** Adds row `i` of the vectors; rows with equal keys stay in the order in which they come. False on failure. */
  add(vectors: Array<Vector | null>, i: u32, key: ByteBuffer): bool {
    // A row that comes behind as many as are wanted is not.
    if (this.hasLast && compareBytes(this.last.ptr, this.last.len, key.ptr, key.len) <= 0) return true;
    const tuple = this.tuples.add(vectors, i, key);
    if (tuple == 0) return false;
    this.list.push(tuple);
    return !this.tuples.isFull || this.putAside();
  }

  /** To be called now and then: forgets rows that are not wanted. False when there is no time for it. */
  settle(): bool {
    const wanted = <i64>this.wanted;
    return wanted >= MOST_WANTED || <i64>this.list.count <= wanted * 2 + 1024 || this.keepFirst();
  }

  /** All rows are there; false on failure. */
  finish(): bool {
    if (this.runs.length == 0) return this.keepFirst();
    if (this.list.count > 0 && !this.putAside()) return false;
    this.merge = Merge.of(this.tuples, this.runs);
    return this.merge !== null;
  }

  /** Sorts, and forgets all rows but the first ones that are wanted; false when there is no time for it. */
  private keepFirst(): bool {
    const list = this.list;
    const good = list.sort();
    list.cut(this.wanted);
    if (list.count < this.wanted || list.count == 0) return good;
    const tuple = list.at(list.count - 1);
    this.hasLast = true;
    this.last.reset();
    this.last.addBytes(tupleKey(tuple), tupleKeyLen(tuple));
    return good;
  }

  /** Writes the rows that are kept to a run, and forgets them. */
  private putAside(): bool {
    if (!this.budget.mayPutAside()) return false;
    const run = new Run(this.budget, this.spilled);
    this.runs.push(run);
    let good = this.keepFirst();
    for (let t: u32 = 0; t < this.list.count && good; t++) good = this.tuples.write(this.list.at(t), run);
    this.tuples.free();
    this.list.close();
    return run.finish() && good;
  }

  /** The next row, until the next call; 0 at the end, and on failure (`hasFailed`). */
  next(): usize {
    const merge = this.merge;
    if (merge) return merge.next();
    return this.at < this.list.count ? this.list.at(this.at++) : 0;
  }

  /** Whether there may be other rows behind those that `next` gave. */
  get hasFailed(): bool {
    const merge = this.merge;
    return merge !== null && merge.failed;
  }

  /** Makes row 0 of `vector` the value of column `c` of a row that `next` gave. */
  get(tuple: usize, c: i32, vector: Vector): void {
    this.tuples.get(tuple, c, vector, 0);
  }

  /** Makes the vectors' rows the next ones, with the batch's memory: how many, 0 at the end, or -1 on failure. */
  fill(vectors: Array<Vector>, batch: Batch): i32 {
    const merge = this.merge;
    batch.begin(0);
    let count = 0;
    if (merge) {
      for (; count < BATCH_ROWS; count++) {
        const tuple = merge.next();
        if (tuple == 0) break;
        if (!this.tuples.copy(tuple, vectors, batch, count)) return -1;
      }
      if (merge.failed) return -1;
    } else count = this.tuples.fill(this.list, this.at, vectors);
    this.at += count;
    batch.selectAll(count);
    return count;
  }

  /** Forgets all. */
  close(): void {
    const merge = this.merge;
    if (merge) merge.free();
    this.merge = null;
    while (this.runs.length > 0) this.runs.pop().free();
    this.tuples.free();
    this.list.close();
    this.at = 0;
    this.hasLast = false;
  }

  free(): void {
    this.close();
    this.list.free();
    this.last.free();
  }
}
