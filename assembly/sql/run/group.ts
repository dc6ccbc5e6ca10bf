/** GROUP BY: rows with equal keys, and what aggregates make of them. */
import { OK } from "../../status";
import { MemoryBudget } from "../eval/arena";
import { Expression } from "../eval/expression";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Aggregate } from "./aggregate";
import { KeptRows, evaluateAll, giveBack, makeKey, ordersOf } from "./kept-rows";
import { Keeper, Operator } from "./operator";
import { TupleTable, setTupleNumber, tupleNumber } from "./tuples";

/** Groups: their keys' values, then the results of aggregates. Without keys there is one group, even of no rows. */
export class Group extends KeptRows {
  private readonly table: TupleTable = new TupleTable();
  private readonly groupOf: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);
  private readonly keeper: Keeper = new Keeper();

  constructor(
    private readonly input: Operator,
    private readonly by: Array<Expression>,
    private readonly aggregates: Array<Aggregate>,
    kinds: Array<u8>,
    budget: MemoryBudget,
  ) {
    super(kinds, budget);
    this.inputs.push(input);
    for (let b = 0; b < by.length; b++) this.keeper.add(by[b]);
    for (let a = 0; a < aggregates.length; a++) aggregates[a].addColumns(this.keeper.columns);
  }

  protected fill(): bool {
    const batch = this.input.batch;
    const keys = new Array<Vector | null>();
    const orders = ordersOf(this.by);
    const values = new Array<Vector | null>();
    if (this.by.length == 0 && this.newGroup(values, 0) == 0) return false;
    while (this.input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(this.by, batch, keys)) return false;
      for (let c = 0; c < this.kinds.length; c++) values.push(c < keys.length ? keys[c] : null);
      let good = true;
      for (let k = 0; k < batch.selected && good && keys.length > 0; k++) {
        const i = batch.row(k);
        makeKey(keys, orders, i, this.key);
        let tuple = this.table.find(this.key.ptr, this.key.len);
        if (tuple == 0) tuple = this.newGroup(values, i);
        good = tuple != 0;
        if (good) unchecked((this.groupOf[i] = tupleNumber(tuple)));
      }
      values.length = 0;
      giveBack(keys, batch);
      for (let a = 0; a < this.aggregates.length && good; a++) {
        const aggregate = this.aggregates[a];
        aggregate.grow(this.list.count);
        good = aggregate.take(batch, this.by.length > 0 ? this.groupOf : null);
      }
      if (!good) return false;
    }
    if (this.input.status != OK) return false;
    return this.finish();
  }

  /** Makes a group with the key in `key`; 0 on failure. */
  private newGroup(values: Array<Vector | null>, i: u32): usize {
    if (values.length == 0) {
      this.key.reset();
      for (let c = 0; c < this.kinds.length; c++) values.push(null);
    }
    const tuple = this.tuples.add(values, i, this.key);
    if (tuple == 0 || !this.table.add(tuple)) return 0;
    setTupleNumber(tuple, this.list.count);
    this.list.push(tuple);
    return tuple;
  }

  /** Puts the results behind the keys. */
  private finish(): bool {
    const one = new Vector();
    let good = true;
    for (let a = 0; a < this.aggregates.length && good; a++) {
      const aggregate = this.aggregates[a];
      aggregate.grow(max<u32>(this.list.count, 1));
      good = aggregate.finish();
      one.kind = aggregate.kind;
      const column = this.by.length + a;
      for (let g: u32 = 0; g < this.list.count && good; g++) {
        good = aggregate.result(g, one, 0) && this.tuples.set(this.list.at(g), column, one, 0);
      }
    }
    one.free();
    return good;
  }

  close(): void {
    super.close();
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].close();
    this.table.close();
  }

  free(): void {
    super.free();
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].free();
    this.table.free();
  }

  describe(): string {
    return this.by.length == 0 ? "aggregate" : "group";
  }
}
