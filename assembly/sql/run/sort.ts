/** ORDER BY, with LIMIT if there is one; DISTINCT; UNION, INTERSECT and EXCEPT. */
import { OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch, VectorColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { Vector } from "../eval/vector";
import { KeptRows, evaluateAll, giveBack, makeKey, ordersOf } from "./kept-rows";
import { LaterRows } from "./later-rows";
import { Keeper, Operator, RowLimit } from "./operator";
import { Sorter } from "./sorter";
import { TupleTable, setTupleNumber, tupleKey, tupleKeyLen, tupleNumber } from "./tuples";

/** The kinds of expressions. */
export function kindsOf(values: Array<Expression>): Array<u8> {
  const kinds = new Array<u8>();
  for (let v = 0; v < values.length; v++) kinds.push(values[v].kind);
  return kinds;
}

/** The values of rows, in the order of others: rows with equal keys stay in their order. */
export class Sort extends Operator {
  private readonly columns: VectorColumns;
  private readonly keeper: Keeper = new Keeper();
  private readonly sorter: Sorter;
  private readonly key: ByteBuffer = new ByteBuffer(256);
  private isFilled: bool = false;

  /** No more rows are wanted than `limit` wants, which is opened before this. */
  constructor(
    private readonly input: Operator,
    private readonly values: Array<Expression>,
    private readonly by: Array<Expression>,
    private readonly orders: StaticArray<u32>,
    private readonly limit: RowLimit | null,
    budget: MemoryBudget,
  ) {
    const columns = VectorColumns.of(kindsOf(values));
    super(new Batch(columns));
    this.columns = columns;
    this.sorter = new Sorter(values.length, budget);
    this.inputs.push(input);
    this.estimate = input.estimate;
    for (let v = 0; v < values.length; v++) this.keeper.add(values[v]);
    for (let b = 0; b < by.length; b++) this.keeper.add(by[b]);
  }

  open(): bool {
    this.close();
    return super.open();
  }

  private fill(): bool {
    const values = new Array<Vector | null>();
    const keys = new Array<Vector | null>();
    const batch = this.input.batch;
    const limit = this.limit;
    const sorter = this.sorter;
    const wanted = limit ? limit.wanted : i64.MAX_VALUE;
    this.isFilled = true;
    sorter.begin(wanted);
    while (wanted > 0 && this.input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(this.by, batch, keys)) return false;
      sorter.leaveOut(keys[0]!, this.orders[0], batch);
      if (!evaluateAll(this.values, batch, values)) {
        giveBack(keys, batch);
        return false;
      }
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        makeKey(keys, this.orders, i, this.key);
        good = sorter.add(values, i, this.key);
      }
      good = good && sorter.settle();
      giveBack(values, batch);
      giveBack(keys, batch);
      if (!good) return false;
    }
    return this.input.status == OK && sorter.finish();
  }

  next(): bool {
    if (!this.isFilled && !this.fill()) return this.failed(lastError.status);
    const count = this.sorter.fill(this.columns.vectors, this.batch);
    return count < 0 ? this.failed(lastError.status) : count > 0 && this.give();
  }

  close(): void {
    this.sorter.close();
    this.isFilled = false;
  }

  free(): void {
    super.free();
    this.sorter.free();
    this.key.free();
    this.columns.free();
  }

  get spilled(): u64 {
    return this.sorter.spilled.bytes;
  }

  describe(): string {
    return "sort";
  }
}

/** Sides that a row was seen on. */
const LEFT: u32 = 1;
const RIGHT: u32 = 2;

/**
 * Rows of the left that are (EXCEPT: are not) among those of the right, each once. Without a right side (EXCEPT nothing) it is DISTINCT.
 *
 * Each row is kept once, with the sides that it was seen on. When they are too many, rows that are not known yet are put aside by the
 * hashes of their keys; each of these runs is looked at by itself later on.
 */
export class Among extends KeptRows {
  private readonly known: TupleTable;
  private readonly keeper: Keeper = new Keeper();
  private readonly rest: LaterRows;

  /** Each row once. */
  static distinct(input: Operator, values: Array<Expression>, budget: MemoryBudget): Among {
    return new Among(input, values, null, values, true, budget);
  }

  constructor(
    private readonly left: Operator,
    private readonly leftValues: Array<Expression>,
    private readonly right: Operator | null,
    private readonly rightValues: Array<Expression>,
    private readonly except: bool,
    budget: MemoryBudget,
  ) {
    super(kindsOf(leftValues), budget);
    this.known = new TupleTable(budget);
    this.rest = new LaterRows(leftValues.length, budget);
    this.inputs.push(left);
    if (right) this.inputs.push(right);
    for (let v = 0; v < leftValues.length; v++) this.keeper.add(leftValues[v]);
  }

  protected fill(): bool {
    const right = this.right;
    if (right && !this.take(right, this.rightValues, RIGHT)) return false;
    return this.take(this.left, this.leftValues, LEFT) && this.settle();
  }

  /** Takes the rows of one side. */
  private take(input: Operator, subject: Array<Expression>, side: u32): bool {
    const values = new Array<Vector | null>();
    const orders = ordersOf(subject);
    const batch = input.batch;
    const rest = this.rest;
    while (input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(subject, batch, values)) return false;
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        makeKey(values, orders, i, this.key);
        if (this.isKnown(this.key.ptr, this.key.len, side)) continue;
        if (rest.isBegun) {
          good = rest.add(values, i, this.key, side);
          continue;
        }
        // Of INTERSECT the right side comes first.
        if (side == LEFT && !this.except) continue;
        const tuple = this.tuples.add(values, i, this.key);
        good = this.keep(tuple, side);
      }
      giveBack(values, batch);
      if (!good) return false;
    }
    return input.status == OK;
  }

  /** Whether a row is kept, which then was seen on `side` as well. */
  private isKnown(key: usize, len: u32, side: u32): bool {
    const known = this.known.find(key, len);
    if (known != 0) setTupleNumber(known, tupleNumber(known) | side);
    return known != 0;
  }

  private keep(tuple: usize, side: u32): bool {
    if (tuple == 0 || !this.known.addNew(tuple)) return false;
    setTupleNumber(tuple, side);
    this.list.push(tuple);
    return !this.tuples.isFull || this.rest.begin();
  }

  /** Of the rows that are kept those stay that are to be given. */
  private settle(): bool {
    const list = this.list;
    const wanted = this.except ? LEFT : LEFT | RIGHT;
    let count: u32 = 0;
    for (let t: u32 = 0; t < list.count; t++) {
      const tuple = list.at(t);
      if (tupleNumber(tuple) == wanted) list.set(count++, tuple);
    }
    list.cut(count);
    return this.rest.settle();
  }

  protected fillLater(): bool {
    const rest = this.rest;
    this.known.close();
    const reader = rest.next();
    let good = true;
    while (good && reader.read()) {
      this.tuples.settle(reader.ptr);
      const side = tupleNumber(reader.ptr);
      if (this.isKnown(tupleKey(reader.ptr), tupleKeyLen(reader.ptr), side)) continue;
      if (rest.isBegun) good = rest.addRead(reader);
      else good = this.keep(this.tuples.take(reader), side);
    }
    good = good && !reader.failed;
    rest.end();
    return good && this.settle();
  }

  protected get hasLater(): bool {
    return this.rest.hasNext;
  }

  close(): void {
    super.close();
    this.known.close();
    this.rest.close();
  }

  free(): void {
    super.free();
    this.known.free();
  }

  get spilled(): u64 {
    return this.rest.spilled.bytes;
  }

  describe(): string {
    return !this.right ? "distinct" : this.except ? "except" : "intersect";
  }
}
