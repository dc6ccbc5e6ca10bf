/** GROUP BY: rows with equal keys, and what aggregates make of them. */
import { OK } from "../../status";
import { MemoryBudget } from "../../store/memory-budget";
import { Expression } from "../eval/expression";
import { Batch, WantedColumns } from "../eval/batch";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Aggregate } from "./aggregate";
import { KeptRows, evaluateAll, giveBack, makeKey, ordersOf } from "./kept-rows";
import { LaterRows } from "./later-rows";
import { Keeper, Operator } from "./operator";
import { RunReader } from "../../store/run";
import { TupleTable, Tuples, setTupleNumber, tupleNumber } from "./tuples";

/** Rows that were put aside, in batches: their keys, and some of the columns. */
class ReplayedGroups {
  readonly batch: Batch;
  readonly keys: Array<Vector | null> = new Array<Vector | null>();
  private readonly columns: WantedColumns;
  private readonly vectors: Array<Vector> = new Array<Vector>();

  constructor(by: Array<Expression>, kinds: Array<u8>, wanted: Array<i32>) {
    const columns = new WantedColumns(kinds, wanted);
    this.columns = columns;
    this.batch = new Batch(columns);
    for (let b = 0; b < by.length; b++) {
      const vector = Vector.of(by[b].kind);
      this.keys.push(vector);
      this.vectors.push(vector);
    }
    for (let w = 0; w < wanted.length; w++) this.vectors.push(columns.vectors[wanted[w]]);
  }

  /** Goes on to the next rows: how many, 0 at the end, or -1 on failure. */
  fill(reader: RunReader, tuples: Tuples): i32 {
    return tuples.read(reader, this.vectors, this.batch);
  }

  free(): void {
    for (let k = 0; k < this.keys.length; k++) this.keys[k]!.free();
    this.batch.free();
    this.columns.free();
  }
}

/** Groups: their keys' values, then the results of aggregates. Without keys there is one group, even of no rows. */
export class Group extends KeptRows {
  private readonly table: TupleTable;
  private readonly groupOf: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);
  private readonly keeper: Keeper = new Keeper();
  private readonly orders: StaticArray<u32>;
  /** Rows of groups that there is no room for, and the columns that are kept of them. */
  private rest: LaterRows | null = null;
  private replayed: ReplayedGroups | null = null;
  private readonly wanted: Array<i32> = new Array<i32>();
  /** What is kept of a row of a new group. */
  private readonly values: Array<Vector | null> = new Array<Vector | null>();

  constructor(
    private readonly input: Operator,
    private readonly by: Array<Expression>,
    private readonly aggregates: Array<Aggregate>,
    kinds: Array<u8>,
    budget: MemoryBudget,
  ) {
    super(kinds, budget);
    this.table = new TupleTable(budget);
    this.orders = ordersOf(by);
    this.inputs.push(input);
    for (let b = 0; b < by.length; b++) this.keeper.add(by[b]);
    for (let a = 0; a < aggregates.length; a++) aggregates[a].addColumns(this.keeper.columns);
  }

  protected fill(): bool {
    const batch = this.input.batch;
    const keys = new Array<Vector | null>();
    const values = new Array<Vector | null>();
    if (this.by.length == 0 && this.newGroup(values, 0) == 0) return false;
    while (this.input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(this.by, batch, keys)) return false;
      const good = this.take(batch, keys);
      giveBack(keys, batch);
      if (!good) return false;
    }
    return this.input.status == OK && this.finish();
  }

  /** Takes a batch's rows, which have the keys: those of groups that there is no room for are put aside. */
  private take(batch: Batch, keys: Array<Vector | null>): bool {
    const values = this.values;
    let aside: Array<Vector | null> | null = null;
    values.length = 0;
    for (let c = 0; c < this.kinds.length && keys.length > 0; c++) values.push(c < keys.length ? keys[c] : null);
    let taken: usize = 0;
    for (let k = 0; k < batch.selected && keys.length > 0; k++) {
      const i = batch.row(k);
      makeKey(keys, this.orders, i, this.key);
      let tuple = this.table.find(this.key.ptr, this.key.len);
      if (tuple == 0) {
        const rest = this.rest;
        if (rest && rest.isBegun) {
          if (!aside) aside = this.allOf(batch, keys);
          if (!aside || !rest.add(aside, i, this.key, 0)) return false;
          continue;
        }
        tuple = this.newGroup(values, i);
        if (tuple == 0 || (this.tuples.isFull && !this.divide(batch))) return false;
      }
      unchecked((this.groupOf[i] = tupleNumber(tuple)));
      store<u16>(batch.selection + (taken++ << 1), <u16>i);
    }
    if (keys.length > 0) {
      batch.selected = <i32>taken;
      batch.settle();
    }
    let held = this.tuples.held;
    for (let a = 0; a < this.aggregates.length; a++) {
      const aggregate = this.aggregates[a];
      aggregate.grow(this.list.count);
      if (!aggregate.take(batch, keys.length > 0 ? this.groupOf : null)) return false;
      held += aggregate.held;
    }
    return this.by.length == 0 || !this.budget.isFull(held) || this.divide(batch);
  }

  /** From now on rows of other groups are put aside; false on failure. */
  private divide(batch: Batch): bool {
    let rest = this.rest;
    if (!rest) {
      // What is kept of rows is known now: the keys, and the columns that aggregates read.
      const kinds = new Array<u8>();
      const wanted = this.wanted;
      for (let c = 0; c < this.keeper.columns.length; c++) {
        const column = this.keeper.columns[c];
        if (column < 0 || wanted.includes(column)) continue;
        const vector = batch.columns.vector(column, batch);
        if (!vector) return false;
        while (kinds.length <= column) kinds.push(0);
        kinds[column] = vector.kind;
        wanted.push(column);
      }
      rest = new LaterRows(this.by.length + wanted.length, this.budget);
      this.rest = rest;
      this.replayed = new ReplayedGroups(this.by, kinds, wanted);
    }
    return rest.begin();
  }

  /** The keys' and all wanted values of a batch's rows; null on failure. */
  private allOf(batch: Batch, keys: Array<Vector | null>): Array<Vector | null> | null {
    const all = new Array<Vector | null>();
    for (let c = 0; c < keys.length; c++) all.push(keys[c]);
    for (let w = 0; w < this.wanted.length; w++) {
      const vector = batch.columns.vector(this.wanted[w], batch);
      if (!vector) return null;
      all.push(vector);
    }
    return all;
  }

  protected get hasLater(): bool {
    const rest = this.rest;
    return rest !== null && rest.hasNext;
  }

  protected fillLater(): bool {
    const rest = this.rest!;
    const rows = this.replayed!;
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].close();
    this.table.close();
    const reader = rest.next();
    let count = rows.fill(reader, rest.tuples);
    while (count > 0) count = this.take(rows.batch, rows.keys) ? rows.fill(reader, rest.tuples) : -1;
    rest.end();
    return count == 0 && this.finish();
  }

  /** Makes a group with the key in `key`; 0 on failure. */
  private newGroup(values: Array<Vector | null>, i: u32): usize {
    if (values.length == 0) {
      this.key.reset();
      for (let c = 0; c < this.kinds.length; c++) values.push(null);
    }
    const tuple = this.tuples.add(values, i, this.key);
    if (tuple == 0 || !this.table.addNew(tuple)) return 0;
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
    const rest = this.rest;
    return good && (!rest || rest.settle());
  }

  close(): void {
    super.close();
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].close();
    this.table.close();
    const rest = this.rest;
    if (rest) rest.close();
  }

  free(): void {
    super.free();
    const replayed = this.replayed;
    if (replayed) replayed.free();
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].free();
    this.table.free();
  }

  get spilled(): u64 {
    const rest = this.rest;
    return rest ? rest.spilled.bytes : 0;
  }

  describe(): string {
    return this.by.length == 0 ? "aggregate" : "group";
  }
}
