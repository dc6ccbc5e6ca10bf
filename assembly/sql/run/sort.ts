/** ORDER BY, with LIMIT if there is one; DISTINCT; UNION, INTERSECT and EXCEPT. */
import { OK } from "../../status";
import { MemoryBudget } from "../eval/arena";
import { Expression } from "../eval/expression";
import { Vector } from "../eval/vector";
import { KeptRows, evaluateAll, giveBack, makeKey, ordersOf } from "./kept-rows";
import { Keeper, Operator, RowLimit } from "./operator";
import { TupleTable, compareWithKey, isMarked, leaveOutBehind, markTuple } from "./tuples";

/** The kinds of expressions. */
export function kindsOf(values: Array<Expression>): Array<u8> {
  const kinds = new Array<u8>();
  for (let v = 0; v < values.length; v++) kinds.push(values[v].kind);
  return kinds;
}

/** The values of rows, in the order of others: rows with equal keys stay in their order. */
export class Sort extends KeptRows {
  private readonly keeper: Keeper = new Keeper();

  /** No more rows are wanted than `limit` wants, which is opened before this. */
  constructor(
    private readonly input: Operator,
    private readonly values: Array<Expression>,
    private readonly by: Array<Expression>,
    private readonly orders: StaticArray<u32>,
    private readonly limit: RowLimit | null,
    budget: MemoryBudget,
  ) {
    super(kindsOf(values), budget);
    this.inputs.push(input);
    this.estimate = input.estimate;
    for (let v = 0; v < values.length; v++) this.keeper.add(values[v]);
    for (let b = 0; b < by.length; b++) this.keeper.add(by[b]);
  }

  protected fill(): bool {
    const values = new Array<Vector | null>();
    const keys = new Array<Vector | null>();
    const batch = this.input.batch;
    const limit = this.limit;
    const most: i64 = 1 << 24;
    const wanted = limit ? limit.wanted : i64.MAX_VALUE;
    let last: usize = 0;
    while (wanted > 0 && this.input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(this.by, batch, keys)) return false;
      if (last != 0) leaveOutBehind(last, keys[0]!, this.orders[0], batch);
      if (!evaluateAll(this.values, batch, values)) {
        giveBack(keys, batch);
        return false;
      }
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        makeKey(keys, this.orders, i, this.key);
        // A row that comes behind as many as are wanted is not.
        if (last != 0 && compareWithKey(last, this.key) <= 0) continue;
        const tuple = this.tuples.add(values, i, this.key);
        good = tuple != 0;
        if (good) this.list.push(tuple);
      }
      if (good && wanted < most && <i64>this.list.count > wanted * 2 + 1024) {
        good = this.keepFirst(<u32>wanted);
        last = this.list.at(<u32>wanted - 1);
      }
      giveBack(values, batch);
      giveBack(keys, batch);
      if (!good) return false;
    }
    if (this.input.status != OK) return false;
    return this.keepFirst(<u32>min<i64>(wanted, this.list.count));
  }

  /** Sorts, and forgets all but the first `count` rows; false when there is no time for it. */
  private keepFirst(count: u32): bool {
    const good = this.list.sort();
    this.list.cut(count);
    return good;
  }

  describe(): string {
    return "sort";
  }
}

/**
 * Rows of the left that are (EXCEPT: are not) among those of the right, each once. Without a right side (EXCEPT nothing) it is DISTINCT.
 */
export class Among extends KeptRows {
  private readonly known: TupleTable = new TupleTable();
  private readonly keeper: Keeper = new Keeper();

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
    this.inputs.push(left);
    if (right) this.inputs.push(right);
    for (let v = 0; v < leftValues.length; v++) this.keeper.add(leftValues[v]);
  }

  protected fill(): bool {
    const right = this.right;
    return (!right || this.take(right, this.rightValues, false)) && this.take(this.left, this.leftValues, true);
  }

  /** Takes the rows of one side: those of the right are only remembered, as unmarked; what was given is marked. */
  private take(input: Operator, subject: Array<Expression>, gives: bool): bool {
    const values = new Array<Vector | null>();
    const orders = ordersOf(subject);
    const batch = input.batch;
    while (input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(subject, batch, values)) return false;
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        makeKey(values, orders, i, this.key);
        const known = this.known.find(this.key.ptr, this.key.len);
        if (known != 0) {
          if (!gives || this.except || isMarked(known)) continue;
          markTuple(known);
          this.list.push(known);
          continue;
        }
        if (gives && !this.except) continue;
        const tuple = this.tuples.add(values, i, this.key);
        good = tuple != 0 && this.known.add(tuple);
        if (good && gives) this.list.push(tuple);
      }
      giveBack(values, batch);
      if (!good) return false;
    }
    return input.status == OK;
  }

  close(): void {
    super.close();
    this.known.close();
  }

  free(): void {
    super.free();
    this.known.free();
  }

  describe(): string {
    return !this.right ? "distinct" : this.except ? "except" : "intersect";
  }
}
