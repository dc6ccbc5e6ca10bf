/** Joins whose right side is kept by its keys: the rows of the left look for theirs. */
import { OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Expression } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { OP_FULL, OP_LEFT, OP_RIGHT } from "../syntax/operators";
import { HAD_PARTNER, JoinPart, JoinParts, LeftRows, NULL_IN_KEY, isDivisible } from "./join-parts";
import { anyNull, evaluateAll, giveBack } from "./kept-rows";
import { KeyedTuples } from "./keyed-tuples";
import { Operator } from "./operator";
import { FROM_LEFT, OVER, PairJoin } from "./pair-join";
import { Sorter } from "./sorter";
import { Run, RunReader } from "../../store/run";
import {
  TupleList,
  Tuples,
  nextTuple,
  setTupleNumber,
  setTuplePlace,
  tupleKey,
  tupleKeyLen,
  tupleNumber,
  tuplePlace,
} from "./tuples";

export class HashJoin extends PairJoin {
  /** The right side. */
  private readonly kept: KeyedTuples;
  /** All rows of the right side, where those without a partner are wanted. */
  private readonly rights: TupleList;
  private readonly all: TupleList | null;
  private isBuilt: bool = false;
  /** What was put aside: both sides in parts, and the part that is joined, with its left rows, and those for the next block. */
  private readonly parts: JoinParts;
  private part: JoinPart | null = null;
  private reader: RunReader | null = null;
  private isLastBlock: bool = true;
  private partLefts: Run | null = null;
  private laterLefts: Run | null = null;
  private readonly firstLeft: Operator;
  private readonly leftRows: LeftRows;
  private readonly leftTuples: Tuples;
  private readonly keepsLefts: bool;
  /** Whether the left rows' order is that of the join's rows, and what puts these into it when they come in parts. */
  keepsOrder: bool = false;
  private sorter: Sorter | null = null;
  private isSorted: bool = false;
  private readonly vectors: Array<Vector> = new Array<Vector>();
  /** The left batch's keys, and the kept row that is the next partner of the row that is looked at. */
  private readonly keys: Array<Vector | null> = new Array<Vector | null>();
  private partner: usize = 0;
  /** The first partner of each row of the left batch, or 0. */
  private readonly partners: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);
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
    this.firstLeft = left;
    const parts = new JoinParts(run.budget);
    this.parts = parts;
    this.kept = new KeyedTuples(rightKeys, wanted, run, parts);
    const rights = new TupleList(run.budget);
    this.rights = rights;
    this.all = op == OP_RIGHT || op == OP_FULL ? rights : null;
    this.keepsLefts = op == OP_LEFT || op == OP_FULL;
    const tuples = new Tuples(lefts.length, run.budget);
    this.leftTuples = tuples;
    this.leftRows = new LeftRows(tuples, kinds, lefts);
    this.inputs.push(left);
    this.inputs.push(right);
  }

  protected begin(): bool {
    if (this.isBuilt) return true;
    this.isBuilt = true;
    return this.kept.fill(this.right, this.all) && (!this.kept.aside || this.divide());
  }

  /** Puts the left side aside as well; false on failure. */
  private divide(): bool {
    const input = this.firstLeft;
    const batch = input.batch;
    const tuples = this.leftTuples;
    const values = new Array<Vector | null>();
    const lefts = this.parts.divided(0);
    let place: u32 = 0;
    let good = true;
    while (good && input.next()) {
      good = (!this.run.readsRows || batch.columns.keep(batch)) && evaluateAll(this.leftKeys, batch, this.keys);
      for (let l = 0; l < this.lefts.length; l++) values.push(batch.columns.vector(this.lefts[l], batch));
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        const isNull = anyNull(this.keys, i);
        if (isNull && !this.keepsLefts) continue;
        tuples.reset();
        const tuple = tuples.add(values, i, this.kept.keyOf(this.keys, i));
        good = tuple != 0;
        if (!good) continue;
        setTupleNumber(tuple, isNull ? NULL_IN_KEY : 0);
        setTuplePlace(tuple, place++);
        good = lefts.add(tuples, tuple);
      }
      values.length = 0;
      giveBack(this.keys, batch);
    }
    tuples.free();
    if (good && input.status != OK) lastError.status = input.status;
    if (!good || input.status != OK) {
      lefts.free();
      return false;
    }
    const rights = this.kept.aside!;
    this.kept.aside = null;
    this.left = this.leftRows;
    return this.parts.add(lefts, rights, 1) && this.nextPart();
  }

  /** Goes on to the next part, or to the end; false on failure. */
  private nextPart(): bool {
    const parts = this.parts;
    this.endPart();
    for (;;) {
      const part = parts.next();
      this.part = part;
      if (!part) {
        this.phase = OVER;
        return true;
      }
      const isEmpty = (part.left.count == 0 && !this.all) || (part.right.count == 0 && !this.keepsLefts);
      if (!isEmpty) {
        this.reader = new RunReader(part.right);
        this.partLefts = part.left;
        if (!this.nextBlock()) return false;
        if (this.isLastBlock || !isDivisible(part)) return true;
      }
      this.part = null;
      this.endPart();
      if (isEmpty) part.free();
      else if (!parts.divide(part)) return false;
    }
    return false; // never reached, but the compiler cannot tell
  }

  /** Keeps as many rows of the part's right side as there is room for, and begins with its left side; false on failure. */
  private nextBlock(): bool {
    const reader = this.reader!;
    const later = this.laterLefts;
    if (later) {
      if (!later.finish()) return false;
      this.partLefts!.free();
      this.partLefts = later;
      this.laterLefts = null;
    }
    this.forgetRights();
    if (!this.kept.load(reader, this.all)) return false;
    this.isLastBlock = reader.isOver;
    if (!this.isLastBlock && this.keepsLefts) this.laterLefts = new Run(this.run.budget, this.parts.spilled);
    this.leftRows.begin(this.partLefts);
    this.phase = FROM_LEFT;
    this.hasLeft = false;
    return true;
  }

  private forgetRights(): void {
    this.kept.close();
    this.rights.close();
    this.rightRow = 0;
    this.partner = 0;
  }

  /** Forgets all of the part that is joined. */
  private endPart(): void {
    const reader = this.reader;
    if (reader) reader.free();
    this.reader = null;
    this.leftRows.end();
    const lefts = this.partLefts;
    const part = this.part;
    if (part) part.free();
    if (part && lefts) lefts.free();
    this.partLefts = null;
    const later = this.laterLefts;
    if (later) later.free();
    this.laterLefts = null;
    this.part = null;
    this.isLastBlock = true;
    this.forgetRights();
  }

  protected lonelyLefts(): i32 {
    const later = this.laterLefts;
    if (!later) return super.lonelyLefts();
    // Others of the right side are still to come.
    this.phase = FROM_LEFT;
    const left = this.left.batch;
    for (let k = 0; k < left.selected; k++) {
      const i = left.row(k);
      if (!this.leftRows.keep(i, unchecked(this.matched[i]), later)) return -1;
    }
    return 0;
  }

  next(): bool {
    if (!this.keepsOrder) return super.next();
    if (!this.begin()) return this.failed(lastError.status);
    if (this.left === this.firstLeft) return super.next();
    if (!this.isSorted && !this.sort()) return this.failed(lastError.status);
    const count = this.sorter!.fill(this.vectors, this.batch);
    return count < 0 ? this.failed(lastError.status) : count > 0 && this.give();
  }

  /** Puts the rows into the order of the left side; false on failure. */
  private sort(): bool {
    const values = new Array<Vector | null>();
    const vectors = this.vectors;
    vectors.length = 0;
    for (let l = 0; l < this.lefts.length; l++) vectors.push(this.columns.vectors[this.lefts[l]]);
    for (let w = 0; w < this.wanted.length; w++) vectors.push(this.columns.vectors[this.wanted[w]]);
    for (let v = 0; v < vectors.length; v++) values.push(vectors[v]);
    if (!this.sorter) this.sorter = new Sorter(vectors.length, this.run.budget);
    const sorter = this.sorter!;
    const batch = this.batch;
    const key = new ByteBuffer(16);
    let good = true;
    sorter.begin(i64.MAX_VALUE);
    while (good && super.next()) {
      this.rows -= batch.selected;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        key.reset();
        key.addU32(bswap<u32>(tuplePlace(this.leftRows.at(unchecked(this.pairLefts[i])))));
        good = sorter.add(values, i, key);
      }
    }
    key.free();
    this.isSorted = true;
    lastError.status = good ? this.status : lastError.status;
    return good && this.status == OK && sorter.finish();
  }

  get spilled(): u64 {
    const sorter = this.sorter;
    return this.parts.spilled.bytes + (sorter ? sorter.spilled.bytes : 0);
  }

  protected beginLeft(): bool {
    this.partner = 0;
    const batch = this.left.batch;
    if (!this.part) {
      giveBack(this.keys, batch);
      if (!evaluateAll(this.leftKeys, batch, this.keys)) return false;
      this.kept.findAll(this.keys, batch, this.partners);
      return true;
    }
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      const row = this.leftRows.at(i);
      const hasNull = this.leftRows.hasNullInKey(i);
      unchecked((this.matched[i] = this.leftRows.hadPartner(i)));
      unchecked((this.partners[i] = hasNull ? 0 : <u32>this.kept.findKey(tupleKey(row), tupleKeyLen(row))));
    }
    return true;
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
        this.partner = <usize>unchecked(this.partners[left.row(this.leftRow++)]);
        if (this.partner == 0) continue;
      }
      unchecked((this.pairLefts[count] = <u16>left.row(this.leftRow - 1)));
      unchecked((this.pairRights[count] = <u32>this.partner));
      this.partner = nextTuple(this.partner);
      count += 1;
    }
    this.putLefts(count);
    this.kept.getAll(this.pairRights, count, this.columns);
    return count;
  }

  protected noteMatch(i: u32): void {
    setTupleNumber(<usize>unchecked(this.pairRights[i]), HAD_PARTNER);
  }

  /** Kept rows without a partner, as many as a batch holds. */
  protected lonelyRights(): i32 {
    let count = 0;
    if (this.rightRow == this.rights.count) {
      if (!this.part) this.phase = OVER;
      else if (!(this.isLastBlock ? this.nextPart() : this.nextBlock())) return -1;
      return 0;
    }
    while (this.rightRow < this.rights.count && count < BATCH_ROWS) {
      const tuple = this.rights.at(this.rightRow++);
      if (tupleNumber(tuple) == HAD_PARTNER) continue;
      for (let l = 0; l < this.lefts.length; l++) this.columns.vectors[this.lefts[l]].setNull(count, true);
      this.kept.get(tuple, this.columns, count++);
    }
    return count;
  }

  close(): void {
    super.close();
    giveBack(this.keys, this.firstLeft.batch);
    this.endPart();
    this.parts.close();
    this.left = this.firstLeft;
    this.isBuilt = false;
    this.isSorted = false;
    const sorter = this.sorter;
    if (sorter) sorter.close();
  }

  describe(): string {
    return this.leftKeys.length > 0 ? "hash join" : "join of all with all";
  }

  free(): void {
    super.free();
    this.kept.free();
    this.rights.free();
    this.leftRows.free();
    const sorter = this.sorter;
    if (sorter) sorter.free();
  }
}
