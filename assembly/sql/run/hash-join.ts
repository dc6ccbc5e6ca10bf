/** Joins whose right side is kept by its keys: the rows of the left look for theirs. */
import { OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Expression } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { OP_FULL, OP_RIGHT } from "../syntax/operators";
import { anyNull, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { Keeper, Operator } from "./operator";
import { OVER, PairJoin } from "./pair-join";
import { TupleList, TupleTable, Tuples, isMarked, markTuple, nextTuple } from "./tuples";

export class HashJoin extends PairJoin {
  private readonly tuples: Tuples;
  private readonly table: TupleTable = new TupleTable();
  /** Of the right side. */
  private readonly keeper: Keeper = new Keeper();
  /** All rows of the right side, where those without a partner are wanted. */
  private readonly rights: TupleList = new TupleList();
  private readonly key: ByteBuffer = new ByteBuffer(256);
  private readonly orders: StaticArray<u32>;
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
    private readonly rightKeys: Array<Expression>,
    condition: Expression | null,
    kinds: Array<u8>,
    lefts: Array<i32>,
    wanted: Array<i32>,
    run: RunState,
  ) {
    super(op, left, right, condition, kinds, lefts, wanted, run);
    this.tuples = new Tuples(wanted.length, run.budget);
    this.orders = new StaticArray<u32>(leftKeys.length);
    this.inputs.push(left);
    this.inputs.push(right);
    for (let k = 0; k < rightKeys.length; k++) this.keeper.add(rightKeys[k]);
  }

  protected begin(): bool {
    if (this.isBuilt) return true;
    this.isBuilt = true;
    const batch = this.right.batch;
    const keys = new Array<Vector | null>();
    const values = new Array<Vector | null>();
    const all = this.op == OP_RIGHT || this.op == OP_FULL;
    while (this.right.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(this.rightKeys, batch, keys)) return false;
      for (let w = 0; w < this.wanted.length; w++) values.push(batch.columns.vector(this.wanted[w], batch));
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        const isNull = anyNull(keys, i);
        if (isNull && !all) continue;
        makeKey(keys, this.orders, i, this.key);
        const tuple = this.tuples.add(values, i, this.key);
        good = tuple != 0 && (isNull || this.table.add(tuple));
        if (good && all) this.rights.push(tuple);
      }
      values.length = 0;
      giveBack(keys, batch);
      if (!good) return false;
    }
    lastError.status = this.right.status;
    return this.right.status == OK;
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
        const i = left.row(this.leftRow++);
        if (anyNull(this.keys, i)) continue;
        makeKey(this.keys, this.orders, i, this.key);
        this.partner = this.table.find(this.key.ptr, this.key.len);
        if (this.partner == 0) continue;
      }
      const i = left.row(this.leftRow - 1);
      unchecked((this.pairLefts[count] = <u16>i));
      unchecked((this.pairRights[count] = <u32>this.partner));
      this.putLeft(i, count);
      this.putRight(this.partner, count);
      this.partner = nextTuple(this.partner);
      count += 1;
    }
    return count;
  }

  private putRight(tuple: usize, i: u32): void {
    for (let w = 0; w < this.wanted.length; w++)
      this.tuples.get(tuple, w, unchecked(this.columns.vectors[unchecked(this.wanted[w])]), i);
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
      this.putRight(tuple, count++);
    }
    if (this.rightRow == this.rights.count) this.phase = OVER;
    return count;
  }

  close(): void {
    super.close();
    giveBack(this.keys, this.left.batch);
    this.tuples.free();
    this.table.close();
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
    this.table.free();
    this.rights.free();
    this.key.free();
  }
}
