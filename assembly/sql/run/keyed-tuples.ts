/** An operator's rows, kept by their keys: one side of a join, or what a query inside of another one is asked for. */
import { OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { VectorColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { Vector } from "../eval/vector";
import { anyNull, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { Keeper, Operator } from "./operator";
import { TupleList, TupleTable, Tuples } from "./tuples";

export class KeyedTuples {
  private readonly tuples: Tuples;
  private readonly table: TupleTable = new TupleTable();
  private readonly key: ByteBuffer = new ByteBuffer(256);
  private readonly orders: StaticArray<u32>;
  private readonly keeper: Keeper = new Keeper();

  /** `keys` are of the operator's rows, `wanted` the columns that are kept. */
  constructor(
    private readonly keys: Array<Expression>,
    private readonly wanted: Array<i32>,
    run: RunState,
  ) {
    this.tuples = new Tuples(wanted.length, run.budget);
    this.orders = new StaticArray<u32>(keys.length);
    for (let k = 0; k < keys.length; k++) this.keeper.add(keys[k]);
  }

  /** Keeps the rows of an operator that is open: of those with null in their key none, unless `all` is there, which gets all rows. */
  fill(input: Operator, all: TupleList | null): bool {
    const batch = input.batch;
    const keys = new Array<Vector | null>();
    const values = new Array<Vector | null>();
    while (input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(this.keys, batch, keys)) return false;
      for (let w = 0; w < this.wanted.length; w++) values.push(batch.columns.vector(this.wanted[w], batch));
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        const isNull = anyNull(keys, i);
        if (isNull && !all) continue;
        makeKey(keys, this.orders, i, this.key);
        const tuple = this.tuples.add(values, i, this.key);
        good = tuple != 0 && (isNull || this.table.add(tuple));
        if (good && all) all.push(tuple);
      }
      values.length = 0;
      giveBack(keys, batch);
      if (!good) return false;
    }
    lastError.status = input.status;
    return input.status == OK;
  }

  /** The first row whose key is that of row `i` by these values, others follow by `nextTuple`; 0 when there is none, or null in the key. */
  find(values: Array<Vector | null>, i: u32): usize {
    if (anyNull(values, i)) return 0;
    makeKey(values, this.orders, i, this.key);
    return this.table.find(this.key.ptr, this.key.len);
  }

  /** Makes the columns that are kept those of a kept row, in row `i`. */
  get(tuple: usize, columns: VectorColumns, i: u32): void {
    for (let w = 0; w < this.wanted.length; w++)
      this.tuples.get(tuple, w, unchecked(columns.vectors[unchecked(this.wanted[w])]), i);
  }

  /** Forgets all. */
  close(): void {
    this.tuples.free();
    this.table.close();
  }

  free(): void {
    this.tuples.free();
    this.table.free();
    this.key.free();
  }
}
