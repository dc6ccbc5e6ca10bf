/** What joins have in common: pairs of rows are put together, a condition is asked of them, and rows without a partner come behind. */
import { OK, lastError } from "../../status";
import { Batch, WantedColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { filter } from "../eval/logic";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS } from "../eval/vector";
import { OP_FULL, OP_LEFT, OP_RIGHT } from "../syntax/operators";
import { Operator } from "./operator";

export const FROM_LEFT: i32 = 0;
const UNMATCHED_LEFT: i32 = 1;
const UNMATCHED_RIGHT: i32 = 2;
export const OVER: i32 = 3;

export abstract class PairJoin extends Operator {
  protected readonly columns: WantedColumns;
  protected phase: i32 = FROM_LEFT;
  /** Whether the left side has a batch, and which of its selected rows comes next. */
  protected hasLeft: bool = false;
  protected leftRow: i32 = 0;
  /** Of each left row (by its number in its batch) whether it had a partner. */
  protected readonly matched: StaticArray<bool> = new StaticArray<bool>(BATCH_ROWS);
  /** Of each row of the batch the left row's number. */
  protected readonly pairLefts: StaticArray<u16> = new StaticArray<u16>(BATCH_ROWS);

  /**
   * `op` is one of OP_INNER …; `kinds` are those of the columns of the statement's rows, of which the left side has those at `lefts` and
   * the right side those at `wanted`.
   */
  constructor(
    protected readonly op: u8,
    protected left: Operator,
    protected readonly right: Operator,
    private readonly condition: Expression | null,
    kinds: Array<u8>,
    protected readonly lefts: Array<i32>,
    protected readonly wanted: Array<i32>,
    protected readonly run: RunState,
  ) {
    const columns = new WantedColumns(kinds, lefts.concat(wanted));
    super(new Batch(columns));
    this.columns = columns;
  }

  /** Gets ready for the first row; false on failure. */
  protected abstract begin(): bool;
  /** A batch of the left side is there; false on failure. */
  protected abstract beginLeft(): bool;
  /** Fills the batch with pairs of the left batch, and sets `hasLeft` to false at its end: how many, or -1 on failure. */
  protected abstract pairs(): i32;
  /** The condition is true for row `i` of the batch. */
  protected abstract noteMatch(i: u32): void;
  /** Fills the batch with right rows that had no partner, or ends that phase: how many, or -1 on failure. */
  protected abstract lonelyRights(): i32;
  /** Makes the right side's columns null in row `i`. */
  protected putNoRight(i: u32): void {
    for (let w = 0; w < this.wanted.length; w++) unchecked(this.columns.vectors[unchecked(this.wanted[w])]).setNull(i, true);
  }

  next(): bool {
    if (!this.begin()) return this.failed(lastError.status);
    while (this.phase != OVER) {
      let count = 0;
      if (this.phase == FROM_LEFT) {
        if (!this.hasLeft && !this.nextLeft()) {
          if (this.phase == FROM_LEFT) return this.failed(lastError.status);
          continue;
        }
        this.batch.begin(0);
        count = this.pairs();
        if (count < 0) return this.failed(lastError.status);
        this.batch.selectAll(count);
        if (count > 0 && !this.keepPairs()) return this.failed(lastError.status);
        if (!this.hasLeft && (this.op == OP_LEFT || this.op == OP_FULL)) this.phase = UNMATCHED_LEFT;
      } else {
        count = this.phase == UNMATCHED_LEFT ? this.lonelyLefts() : this.lonelyRights();
        if (count < 0) return this.failed(lastError.status);
        this.batch.begin(count);
      }
      if (this.batch.selected > 0) return this.give();
    }
    return false;
  }

  /** Goes on to the next left batch; false at the end, with another phase, and on failure. */
  private nextLeft(): bool {
    const left = this.left;
    if (!left.next()) {
      if (left.status == OK) this.phase = UNMATCHED_RIGHT;
      lastError.status = left.status;
      return false;
    }
    this.hasLeft = true;
    this.leftRow = 0;
    this.matched.fill(false);
    // The batch is in use for as long as it has partners, and others may read rows meanwhile.
    if (this.run.readsRows && !left.batch.columns.keep(left.batch)) return false;
    return this.beginLeft();
  }

  /** Makes the left columns of the first `count` rows those of their rows in the left batch. */
  protected putLefts(count: i32): void {
    const left = this.left.batch;
    for (let l = 0; l < this.lefts.length; l++) {
      const column = unchecked(this.lefts[l]);
      const from = left.columns.vector(column, left)!;
      const to = unchecked(this.columns.vectors[column]);
      for (let i = 0; i < count; i++) to.copy(i, from, unchecked(this.pairLefts[i]));
    }
  }

  private putLeft(from: u32, i: u32): void {
    const left = this.left.batch;
    for (let l = 0; l < this.lefts.length; l++) {
      const column = unchecked(this.lefts[l]);
      unchecked(this.columns.vectors[column]).copy(i, left.columns.vector(column, left)!, from);
    }
  }

  /** Of the pairs only those stay for which the condition is true; notes who had a partner. */
  private keepPairs(): bool {
    const condition = this.condition;
    const batch = this.batch;
    if (condition && !filter(batch, condition)) return false;
    batch.settle();
    if (this.op != OP_LEFT && this.op != OP_RIGHT && this.op != OP_FULL) return true;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      unchecked((this.matched[this.pairLefts[i]] = true));
      this.noteMatch(i);
    }
    return true;
  }

  /** Fills the batch with the left batch's rows without a partner, and ends that phase: how many, or -1 on failure. */
  protected lonelyLefts(): i32 {
    const left = this.left.batch;
    let count = 0;
    for (let k = 0; k < left.selected; k++) {
      const i = left.row(k);
      if (unchecked(this.matched[i])) continue;
      this.putLeft(i, count);
      this.putNoRight(count++);
    }
    this.phase = FROM_LEFT;
    return count;
  }

  open(): bool {
    this.close();
    return super.open();
  }

  close(): void {
    this.phase = FROM_LEFT;
    this.hasLeft = false;
  }

  free(): void {
    super.free();
    this.columns.free();
  }
}
