/** Joins whose right side is kept by its keys: the rows of the left look for theirs. */
import { Expression } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { OP_FULL, OP_RIGHT } from "../syntax/operators";
import { evaluateAll, giveBack } from "./kept-rows";
import { KeyedTuples } from "./keyed-tuples";
import { Operator } from "./operator";
import { OVER, PairJoin } from "./pair-join";
import { TupleList, isMarked, markTuple, nextTuple } from "./tuples";

export class HashJoin extends PairJoin {
  /** The right side. */
  private readonly kept: KeyedTuples;
  /** All rows of the right side, where those without a partner are wanted. */
  private readonly rights: TupleList = new TupleList();
  private isBuilt: bool = false;
  /** The left batch's keys, and the kept row that is the next partner of the row that is looked at. */
  private readonly keys: Array<Vector | null> = new Array<Vector | null>();
  private partner: usize = 0;
  private rightRow: u32 = 0;
  /** Of each row of the batch the right row, to note after the condition. */
  private readonly pairRights: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);

  /** The keys are of the same kinds in pairs, none for a join by the condition alone. */
  constructor(
    op: u8,
    left: Operator,
    right: Operator,
    private readonly leftKeys: Array<Expression>,
    rightKeys: Array<Expression>,
    condition: Expression | null,
    kinds: Array<u8>,
    lefts: Array<i32>,
    wanted: Array<i32>,
    run: RunState,
  ) {
    super(op, left, right, condition, kinds, lefts, wanted, run);
    this.kept = new KeyedTuples(rightKeys, wanted, run);
    this.inputs.push(left);
    this.inputs.push(right);
  }

  protected begin(): bool {
    if (this.isBuilt) return true;
    this.isBuilt = true;
    const all = this.op == OP_RIGHT || this.op == OP_FULL;
    return this.kept.fill(this.right, all ? this.rights : null);
  }

  protected beginLeft(): bool {
    this.partner = 0;
    giveBack(this.keys, this.left.batch);
    return evaluateAll(this.leftKeys, this.left.batch, this.keys);
  }

  protected pairs(): i32 {
    const left = this.left.batch;
    let count = 0;
    while (count < BATCH_ROWS) {
      if (this.partner == 0) {
        if (this.leftRow == left.selected) {
          this.hasLeft = false;
          break;
        }
        this.partner = this.kept.find(this.keys, left.row(this.leftRow++));
        if (this.partner == 0) continue;
      }
      const i = left.row(this.leftRow - 1);
      unchecked((this.pairLefts[count] = <u16>i));
      unchecked((this.pairRights[count] = <u32>this.partner));
      this.putLeft(i, count);
      this.kept.get(this.partner, this.columns, count);
      this.partner = nextTuple(this.partner);
      count += 1;
    }
    return count;
  }

  protected noteMatch(i: u32): void {
    markTuple(<usize>unchecked(this.pairRights[i]));
  }

  /** Kept rows without a partner, as many as a batch holds. */
  protected lonelyRights(): i32 {
    let count = 0;
    while (this.rightRow < this.rights.count && count < BATCH_ROWS) {
      const tuple = this.rights.at(this.rightRow++);
      if (isMarked(tuple)) continue;
      for (let l = 0; l < this.lefts.length; l++) this.columns.vectors[this.lefts[l]].setNull(count, true);
      this.kept.get(tuple, this.columns, count++);
    }
    if (this.rightRow == this.rights.count) this.phase = OVER;
    return count;
  }

  close(): void {
    super.close();
    giveBack(this.keys, this.left.batch);
    this.kept.close();
    this.rights.close();
    this.isBuilt = false;
    this.partner = 0;
    this.rightRow = 0;
  }

  describe(): string {
    return this.leftKeys.length > 0 ? "hash join" : "join of all with all";
  }

  free(): void {
    super.free();
    this.kept.free();
    this.rights.free();
  }
}
