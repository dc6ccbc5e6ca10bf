/** An operator's rows, kept by their keys: one side of a join, or what a query inside of another one is asked for. */
import { OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Batch, VectorColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { K_DATE, K_INT } from "../eval/kinds";
import { RunState } from "../eval/run-state";
import { Vector } from "../eval/vector";
import { anyNull, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { JoinParts, NULL_IN_KEY } from "./join-parts";
import { Keeper, Operator } from "./operator";
import { Partitions } from "./partitions";
import { RunReader } from "../../store/run";
import { TupleList, TupleTable, Tuples, nextTuple, setTupleNumber, tupleNumber } from "./tuples";

/** The only one of a key's values, if that is an integer; else null. */
function oneInteger(values: Array<Vector | null>): Vector | null {
  const only = values.length == 1 ? unchecked(values[0]) : null;
  return only && (only.kind == K_INT || only.kind == K_DATE) ? only : null;
}

export class KeyedTuples {
  private readonly tuples: Tuples;
  private readonly table: TupleTable;
  private readonly key: ByteBuffer = new ByteBuffer(256);
  private readonly orders: StaticArray<u32>;
  private readonly keeper: Keeper = new Keeper();

  /** Where the rows are when they were too many. */
  aside: Partitions | null = null;

  /** `keys` are of the operator's rows, `wanted` the columns that are kept. With `parts` rows are put aside when they are too many. */
  constructor(
    private readonly keys: Array<Expression>,
    private readonly wanted: Array<i32>,
    private readonly run: RunState,
    private readonly parts: JoinParts | null = null,
  ) {
    this.tuples = new Tuples(wanted.length, run.budget, parts !== null);
    this.table = new TupleTable(run.budget);
    this.orders = new StaticArray<u32>(keys.length);
    for (let k = 0; k < keys.length; k++) this.keeper.add(keys[k]);
  }

  /** Keeps the rows of an operator that is open: of those with null in their key none, unless `all` is there, which gets all rows. */
  fill(input: Operator, all: TupleList | null): bool {
    const batch = input.batch;
    this.table.reserve(input.estimate);
    const keys = new Array<Vector | null>();
    const values = new Array<Vector | null>();
    while (input.next()) {
      if (!this.keeper.keep(batch) || !evaluateAll(this.keys, batch, keys)) return false;
      for (let w = 0; w < this.wanted.length; w++) values.push(batch.columns.vector(this.wanted[w], batch));
      const integers = oneInteger(keys);
      if (integers && !this.aside) this.table.readAhead(integers, batch);
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        const isNull = anyNull(keys, i);
        if (isNull && !all) continue;
        let tuple: usize;
        if (integers && !isNull) tuple = this.tuples.addInteger(values, i, integers.int(i));
        else {
          makeKey(keys, this.orders, i, this.key);
          tuple = this.tuples.add(values, i, this.key);
        }
        if (tuple != 0 && isNull) setTupleNumber(tuple, NULL_IN_KEY);
        good = tuple != 0 && this.keep(tuple, all);
      }
      values.length = 0;
      giveBack(keys, batch);
      if (!good) return false;
    }
    lastError.status = input.status;
    return input.status == OK;
  }

  private keep(tuple: usize, all: TupleList | null): bool {
    const aside = this.aside;
    if (aside) {
      const good = aside.add(this.tuples, tuple);
      this.tuples.reset();
      return good;
    }
    if (tupleNumber(tuple) != NULL_IN_KEY && !this.table.add(tuple)) return false;
    if (all) all.push(tuple);
    return !this.parts || !this.tuples.isFull || this.putAside(all);
  }

  /** Puts all rows aside, and those that come. */
  private putAside(all: TupleList | null): bool {
    if (!this.run.budget.mayPutAside()) return false;
    const aside = this.parts!.divided(0);
    this.aside = aside;
    let good = true;
    if (all) for (let t: u32 = 0; t < all.count && good; t++) good = aside.add(this.tuples, all.at(t));
    else
      for (let slot: u32 = 0; slot < this.table.slotCount && good; slot++)
        for (let tuple = this.table.at(slot); tuple != 0 && good; tuple = nextTuple(tuple)) good = aside.add(this.tuples, tuple);
    this.table.close();
    this.tuples.free();
    if (all) all.close();
    return good;
  }

  /** Keeps rows that a reader gives, as many as there is room for; false on failure. */
  load(reader: RunReader, all: TupleList | null): bool {
    while (!this.tuples.isFull && reader.read()) {
      const tuple = this.tuples.take(reader);
      if (tuple == 0 || (tupleNumber(tuple) != NULL_IN_KEY && !this.table.add(tuple))) return false;
      if (all) all.push(tuple);
    }
    return !reader.failed;
  }

  /** Makes `key` that of row `i` by these values, as rows have it that are kept. */
  keyOf(values: Array<Vector | null>, i: u32): ByteBuffer {
    makeKey(values, this.orders, i, this.key);
    return this.key;
  }

  /** For each selected row of `batch` what `find` gives: to `found`, by the row's number. */
  findAll(values: Array<Vector | null>, batch: Batch, found: StaticArray<u32>): void {
    const integers = oneInteger(values);
    if (integers) return this.table.findIntegers(integers, batch, found);
    for (let k = 0; k < batch.selected; k++) unchecked((found[batch.row(k)] = <u32>this.find(values, batch.row(k))));
  }

  /** The same as `find` of a key. */
  findKey(ptr: usize, len: u32): usize {
    return this.table.find(ptr, len);
  }

  /** The first row whose key is that of row `i` by these values, others follow by `nextTuple`; 0 when there is none, or null in the key. */
  find(values: Array<Vector | null>, i: u32): usize {
    if (anyNull(values, i)) return 0;
    makeKey(values, this.orders, i, this.key);
    return this.table.find(this.key.ptr, this.key.len);
  }

  /** Makes the columns that are kept those of the `count` rows at `tuples`. */
  getAll(tuples: StaticArray<u32>, count: i32, columns: VectorColumns): void {
    for (let w = 0; w < this.wanted.length; w++) {
      const vector = unchecked(columns.vectors[unchecked(this.wanted[w])]);
      for (let i = 0; i < count; i++) this.tuples.get(<usize>unchecked(tuples[i]), w, vector, i);
    }
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
    const aside = this.aside;
    if (aside) aside.free();
    this.aside = null;
  }

  free(): void {
    this.tuples.free();
    this.table.free();
    this.key.free();
  }
}
