/** Joins: the rows of the right side are kept by their keys, those of the left look for theirs (hash join). */
import { OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Batch, VectorColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { filter } from "../eval/logic";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { OP_FULL, OP_LEFT, OP_RIGHT } from "../syntax/operators";
import { anyNull, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { Keeper, Operator } from "./operator";
import { TupleList, TupleTable, Tuples, isMarked, markTuple, nextTuple } from "./tuples";

const FROM_LEFT: i32 = 0;
const UNMATCHED_LEFT: i32 = 1;
const UNMATCHED_RIGHT: i32 = 2;
const OVER: i32 = 3;

export class Join extends Operator {
  private readonly columns: VectorColumns;
  private readonly tuples: Tuples;
  private readonly table: TupleTable = new TupleTable();
  /** Of the right side. */
  private readonly keeper: Keeper = new Keeper();
  /** All rows of the right side, where those without a partner are wanted. */
  private readonly rights: TupleList = new TupleList();
  /** Stands where columns are that nobody wants. */
  private readonly nobodys: Vector = new Vector();
  private readonly key: ByteBuffer = new ByteBuffer(256);
  private readonly orders: StaticArray<u32>;
  private isBuilt: bool = false;
  private phase: i32 = FROM_LEFT;
  /** The left batch's keys, the row that is looked at, and the kept row that is its next partner. */
  private readonly keys: Array<Vector | null> = new Array<Vector | null>();
  private leftRow: i32 = 0;
  private partner: usize = 0;
  private hasLeft: bool = false;
  private rightRow: u32 = 0;
  /** Of each left row (by its number in its batch) whether it had a partner. */
  private readonly matched: StaticArray<bool> = new StaticArray<bool>(BATCH_ROWS);
  /** Of each row of the batch the left row's number and the right row, to note after the condition. */
  private readonly pairLefts: StaticArray<u16> = new StaticArray<u16>(BATCH_ROWS);
  private readonly pairRights: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);

  /**
   * `op` is one of OP_INNER …; the keys are of the same kinds in pairs, none for a join by `condition` alone. `kinds` are those of the
   * columns of the statement's rows, of which the left side has those at `lefts` and the right side those at `wanted`.
   */
  constructor(
    private readonly op: u8,
    private readonly left: Operator,
    private readonly right: Operator,
    private readonly leftKeys: Array<Expression>,
    private readonly rightKeys: Array<Expression>,
    private readonly condition: Expression | null,
    kinds: Array<u8>,
    private readonly lefts: Array<i32>,
    private readonly wanted: Array<i32>,
    private readonly run: RunState,
  ) {
    const columns = new VectorColumns();
    super(new Batch(columns));
    this.columns = columns;
    this.tuples = new Tuples(wanted.length, run.budget);
    this.orders = new StaticArray<u32>(leftKeys.length);
    this.inputs.push(left);
    this.inputs.push(right);
    for (let k = 0; k < rightKeys.length; k++) this.keeper.add(rightKeys[k]);
    for (let c = 0; c < kinds.length; c++) {
      if (lefts.includes(c) || wanted.includes(c)) columns.add(kinds[c]);
      else columns.vectors.push(this.nobodys);
    }
  }

  private build(): bool {
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
    return this.right.status == OK;
  }

  next(): bool {
    if (!this.isBuilt) {
      if (!this.build()) return this.failed(lastError.status);
      this.isBuilt = true;
    }
    while (this.phase != OVER) {
      let count = 0;
      if (this.phase == FROM_LEFT) {
        count = this.pairs();
        if (count < 0) return this.failed(lastError.status);
        this.batch.begin(count);
        if (count > 0 && !this.keepPairs()) return this.failed(lastError.status);
      } else {
        count = this.phase == UNMATCHED_LEFT ? this.lonelyLefts() : this.lonelyRights();
        this.batch.begin(count);
      }
      if (this.batch.selected > 0) return this.give();
    }
    return this.failed(this.left.status);
  }

  /** Fills the batch with pairs; how many, or -1 on failure. Goes on to another phase at the end of the left batch. */
  private pairs(): i32 {
    const left = this.left.batch;
    if (!this.hasLeft) {
      giveBack(this.keys, left);
      if (!this.left.next()) {
        this.phase = this.op == OP_RIGHT || this.op == OP_FULL ? UNMATCHED_RIGHT : OVER;
        if (this.left.status == OK) return 0;
        this.phase = OVER;
        lastError.status = this.left.status;
        return -1;
      }
      // The batch is in use for as long as it has partners, and others may read rows meanwhile.
      if (this.run.readsRows && !left.columns.keep(left)) return -1;
      if (!evaluateAll(this.leftKeys, left, this.keys)) return -1;
      this.hasLeft = true;
      this.leftRow = 0;
      this.partner = 0;
      this.matched.fill(false);
    }
    let count = 0;
    while (count < BATCH_ROWS) {
      if (this.partner == 0) {
        if (this.leftRow == left.selected) {
          this.hasLeft = false;
          if (this.op == OP_LEFT || this.op == OP_FULL) this.phase = UNMATCHED_LEFT;
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

  private putLeft(from: u32, i: u32): void {
    const left = this.left.batch;
    for (let l = 0; l < this.lefts.length; l++) {
      const column = unchecked(this.lefts[l]);
      unchecked(this.columns.vectors[column]).copy(i, left.columns.vector(column, left)!, from);
    }
  }

  private putRight(tuple: usize, i: u32): void {
    for (let w = 0; w < this.wanted.length; w++) {
      const vector = unchecked(this.columns.vectors[unchecked(this.wanted[w])]);
      if (tuple != 0) this.tuples.get(tuple, w, vector, i);
      else vector.setNull(i, true);
    }
  }

  /** Of the pairs only those stay for which the condition is true; notes who had a partner. */
  private keepPairs(): bool {
    const condition = this.condition;
    const batch = this.batch;
    if (condition && !filter(batch, condition)) return false;
    batch.settle();
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      unchecked((this.matched[this.pairLefts[i]] = true));
      markTuple(<usize>unchecked(this.pairRights[i]));
    }
    return true;
  }

  /** The left batch's rows without a partner. */
  private lonelyLefts(): i32 {
    const left = this.left.batch;
    let count = 0;
    for (let k = 0; k < left.selected; k++) {
      const i = left.row(k);
      if (unchecked(this.matched[i])) continue;
      this.putLeft(i, count);
      this.putRight(0, count++);
    }
    this.phase = FROM_LEFT;
    return count;
  }

  /** Kept rows without a partner, as many as a batch holds. */
  private lonelyRights(): i32 {
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

  open(): bool {
    this.close();
    return super.open();
  }

  close(): void {
    giveBack(this.keys, this.left.batch);
    this.tuples.free();
    this.table.close();
    this.rights.close();
    this.isBuilt = false;
    this.phase = FROM_LEFT;
    this.hasLeft = false;
    this.partner = 0;
    this.rightRow = 0;
  }

  describe(): string {
    return this.leftKeys.length > 0 ? "hash join" : "join";
  }

  free(): void {
    super.free();
    for (let c = 0; c < this.columns.vectors.length; c++) {
      const vector = this.columns.vectors[c];
      if (vector !== this.nobodys) vector.free();
    }
    this.nobodys.free();
    this.table.free();
    this.rights.free();
    this.key.free();
  }
}
