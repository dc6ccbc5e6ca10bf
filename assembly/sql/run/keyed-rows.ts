/**
 * Rows that are kept by their keys once in a run, of which each opening gives those with one key: for a query that runs for many rows
 * around it and has no index to go by.
 */
import { OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Batch, VectorColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { anyNull, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { Operator } from "./operator";
import { TupleTable, Tuples, nextTuple } from "./tuples";

export class KeyedRows extends Operator {
  private readonly columns: VectorColumns;
  private readonly nobodys: Vector = new Vector();
  private readonly tuples: Tuples;
  private readonly table: TupleTable = new TupleTable();
  private readonly key: ByteBuffer = new ByteBuffer(64);
  private readonly orders: StaticArray<u32>;
  private readonly vectors: Array<Vector | null> = new Array<Vector | null>();
  private filledFor: u32 = 0;
  private partner: usize = 0;

  /** `keys` are of the input's rows, `probes` the same for all of them when this is opened; `wanted` the columns that are kept. */
  constructor(
    private readonly input: Operator,
    private readonly keys: Array<Expression>,
    private readonly probes: Array<Expression>,
    kinds: Array<u8>,
    private readonly wanted: Array<i32>,
    private readonly run: RunState,
  ) {
    const columns = new VectorColumns();
    super(new Batch(columns));
    this.columns = columns;
    this.tuples = new Tuples(wanted.length, run.budget);
    this.orders = new StaticArray<u32>(keys.length);
    for (let c = 0; c < kinds.length; c++) {
      if (wanted.includes(c)) columns.add(kinds[c]);
      else columns.vectors.push(this.nobodys);
    }
  }

  get below(): Array<Operator> {
    return [this.input];
  }

  open(): bool {
    if (!super.open()) return false;
    if (this.filledFor != this.run.number && !this.fill()) return this.failed(lastError.status);
    const batch = this.batch;
    batch.begin(1);
    if (!evaluateAll(this.probes, batch, this.vectors)) return this.failed(lastError.status);
    this.partner = 0;
    if (!anyNull(this.vectors, 0)) {
      makeKey(this.vectors, this.orders, 0, this.key);
      this.partner = this.table.find(this.key.ptr, this.key.len);
    }
    giveBack(this.vectors, batch);
    return true;
  }

  /** Keeps the input's rows; false on failure. */
  private fill(): bool {
    const input = this.input;
    const batch = input.batch;
    const keys = this.vectors;
    const values = new Array<Vector | null>();
    this.close();
    if (!input.open()) return this.inputFailed();
    while (input.next()) {
      if (!evaluateAll(this.keys, batch, keys)) return false;
      for (let w = 0; w < this.wanted.length; w++) values.push(batch.columns.vector(this.wanted[w], batch));
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        if (anyNull(keys, i)) continue;
        makeKey(keys, this.orders, i, this.key);
        const tuple = this.tuples.add(values, i, this.key);
        good = tuple != 0 && this.table.add(tuple);
      }
      values.length = 0;
      giveBack(keys, batch);
      if (!good) return false;
    }
    if (input.status != OK) return this.inputFailed();
    this.filledFor = this.run.number;
    return true;
  }

  private inputFailed(): bool {
    lastError.status = this.input.status;
    return false;
  }

  next(): bool {
    let count = 0;
    for (; this.partner != 0 && count < BATCH_ROWS; count++) {
      for (let w = 0; w < this.wanted.length; w++)
        this.tuples.get(this.partner, w, unchecked(this.columns.vectors[unchecked(this.wanted[w])]), count);
      this.partner = nextTuple(this.partner);
    }
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  close(): void {
    this.tuples.free();
    this.table.close();
    this.filledFor = 0;
    this.partner = 0;
  }

  free(): void {
    super.free();
    for (let c = 0; c < this.columns.vectors.length; c++) {
      const vector = this.columns.vectors[c];
      if (vector !== this.nobodys) vector.free();
    }
    this.nobodys.free();
    this.table.free();
    this.key.free();
  }

  describe(): string {
    return "rows kept by their keys";
  }
}
