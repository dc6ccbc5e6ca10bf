/** Joins whose right side is opened anew for each row of the left: a scan by an index for values of that row, or whatever depends on it. */
import { OK, lastError } from "../../status";
import { keepValue } from "../eval/batch";
import { Expression, OuterValue } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { evaluateAll, giveBack } from "./kept-rows";
import { Operator } from "./operator";
import { OVER, PairJoin } from "./pair-join";

export class LoopJoin extends PairJoin {
  /** The left batch's values that the right side depends on. */
  private readonly values: Array<Vector | null> = new Array<Vector | null>();
  /** Whether the right side is open for a left row, and which of its batch's rows comes next. */
  private isOpen: bool = false;
  private rightRow: i32 = 0;

  /** For each left row `joined` are put into `slots`, of which the right side's rows then are. */
  constructor(
    op: u8,
    left: Operator,
    right: Operator,
    private readonly joined: Array<Expression>,
    private readonly slots: Array<OuterValue>,
    condition: Expression | null,
    kinds: Array<u8>,
    lefts: Array<i32>,
    wanted: Array<i32>,
    run: RunState,
  ) {
    super(op, left, right, condition, kinds, lefts, wanted, run);
    run.readsRows = true;
    // The right side is opened by this.
    this.inputs.push(left);
  }

  get below(): Array<Operator> {
    return [this.left, this.right];
  }

  protected begin(): bool {
    return true;
  }

  protected beginLeft(): bool {
    this.isOpen = false;
    giveBack(this.values, this.left.batch);
    return evaluateAll(this.joined, this.left.batch, this.values);
  }

  protected pairs(): i32 {
    const left = this.left.batch;
    const right = this.right;
    let count = 0;
    while (count < BATCH_ROWS) {
      if (!this.isOpen) {
        if (this.leftRow == left.selected) {
          this.hasLeft = false;
          break;
        }
        const i = left.row(this.leftRow++);
        for (let v = 0; v < this.values.length; v++) unchecked(this.slots[v]).set(unchecked(this.values[v])!, i);
        if (!right.open()) return this.rightFailed();
        this.isOpen = true;
        this.rightRow = 0;
        right.batch.selected = 0;
      }
      if (this.rightRow == right.batch.selected) {
        this.rightRow = 0;
        if (right.next()) continue;
        if (right.status != OK) return this.rightFailed();
        this.isOpen = false;
        continue;
      }
      unchecked((this.pairLefts[count] = <u16>left.row(this.leftRow - 1)));
      if (!this.putRight(right.batch.row(this.rightRow++), count)) return -1;
      count += 1;
    }
    this.putLefts(count);
    return count;
  }

  private rightFailed(): i32 {
    lastError.status = this.right.status;
    return -1;
  }

  /** Takes the right batch's row `from`, whose bytes go when another row is looked for; false when there is no memory. */
  private putRight(from: u32, i: u32): bool {
    const right = this.right.batch;
    for (let w = 0; w < this.wanted.length; w++) {
      const column = unchecked(this.wanted[w]);
      const vector = unchecked(this.columns.vectors[column]);
      const values = right.columns.vector(column, right);
      if (!values) return false;
      vector.copy(i, values, from);
      if (!keepValue(vector, i, this.batch)) return false;
    }
    return true;
  }

  protected noteMatch(i: u32): void {}

  protected lonelyRights(): i32 {
    this.phase = OVER;
    return 0;
  }

  close(): void {
    super.close();
    giveBack(this.values, this.left.batch);
    this.isOpen = false;
  }

  describe(): string {
    return "loop join";
  }
}
