/** An operator that keeps rows and gives them again. */
import { lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch, VectorColumns } from "../eval/batch";
import { isNoCase } from "../eval/collation";
import { Expression } from "../eval/expression";
import { Vector } from "../eval/vector";
import { Operator } from "./operator";
import { NO_CASE, TupleList, Tuples, addOrdered } from "./tuples";

export abstract class KeptRows extends Operator {
  protected readonly tuples: Tuples;
  protected readonly list: TupleList;
  protected readonly key: ByteBuffer = new ByteBuffer(256);
  protected readonly columns: VectorColumns;
  private at: u32 = 0;
  private isFilled: bool = false;

  /** Its rows are of columns of these kinds. */
  constructor(
    readonly kinds: Array<u8>,
    protected readonly budget: MemoryBudget,
  ) {
    const columns = VectorColumns.of(kinds);
    super(new Batch(columns));
    this.columns = columns;
    this.tuples = new Tuples(kinds.length, budget, true);
    this.list = new TupleList(budget);
  }

  /** Fills `list`; false on failure, with the last error. */
  protected abstract fill(): bool;

  /** Whether `fillLater` has other rows. */
  protected get hasLater(): bool {
    return false;
  }

  /** Fills `list`, which is empty, once more. */
  protected fillLater(): bool {
    return true;
  }

  open(): bool {
    this.close();
    return super.open();
  }

  next(): bool {
    if (!this.isFilled && !this.fill()) return this.failed(lastError.status);
    this.isFilled = true;
    while (this.at == this.list.count && this.hasLater) {
      this.tuples.free();
      this.list.close();
      this.at = 0;
      if (!this.fillLater()) return this.failed(lastError.status);
    }
    const count = this.tuples.fill(this.list, this.at, this.columns.vectors);
    this.at += count;
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  close(): void {
    this.tuples.free();
    this.list.close();
    this.at = 0;
    this.isFilled = false;
  }

  free(): void {
    super.free();
    this.list.free();
    this.key.free();
    this.columns.free();
  }
}

/** The values of expressions for the selected rows of a batch; null on failure, with none left to give back. */
export function evaluateAll(subject: Array<Expression>, batch: Batch, into: Array<Vector | null>): bool {
  for (let e = 0; e < subject.length; e++) {
    const value = unchecked(subject[e]).evaluate(batch);
    if (!value) {
      giveBack(into, batch);
      return false;
    }
    into.push(value);
  }
  return true;
}

/** Gives vectors back to the batch's pool. */
export function giveBack(vectors: Array<Vector | null>, batch: Batch): void {
  while (vectors.length > 0) {
    const vector = vectors.pop();
    if (vector) batch.pool.give(vector);
  }
}

/** The orders for keys of values that are only equal or not, as their collations say. */
export function ordersOf(values: Array<Expression>): StaticArray<u32> {
  const orders = new StaticArray<u32>(values.length);
  for (let v = 0; v < values.length; v++) orders[v] = isNoCase(values[v]) ? NO_CASE : 0;
  return orders;
}

/** Makes `key` that of row `i` by these values, each in the order that goes with it. */
export function makeKey(values: Array<Vector | null>, orders: StaticArray<u32>, i: u32, key: ByteBuffer): void {
  key.reset();
  for (let v = 0; v < values.length; v++) addOrdered(unchecked(values[v])!, i, unchecked(orders[v]), key);
}

/** Whether one of the values of row `i` is null. */
export function anyNull(values: Array<Vector | null>, i: u32): bool {
  for (let v = 0; v < values.length; v++) {
    if (unchecked(values[v])!.isNull(i)) return true;
  }
  return false;
}
