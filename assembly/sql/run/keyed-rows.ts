/**
 * Rows that are kept by their keys once in a run, of which each opening gives those with one key: for a query that runs for many rows
 * around it and has no index to go by.
 */
import { lastError } from "../../status";
import { Batch, WantedColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { anyNull, evaluateAll, giveBack } from "./kept-rows";
import { KeyedTuples } from "./keyed-tuples";
import { Operator } from "./operator";
import { nextTuple } from "./tuples";

export class KeyedRows extends Operator {
  private readonly columns: WantedColumns;
  private readonly kept: KeyedTuples;
  private readonly vectors: Array<Vector | null> = new Array<Vector | null>();
  private filledFor: u32 = 0;
  private partner: usize = 0;

  /** `keys` are of the input's rows, `probes` the same for all of them when this is opened; `wanted` the columns that are kept. */
  constructor(
    private readonly input: Operator,
    keys: Array<Expression>,
    private readonly probes: Array<Expression>,
    kinds: Array<u8>,
    wanted: Array<i32>,
    private readonly run: RunState,
  ) {
    const columns = new WantedColumns(kinds, wanted);
    super(new Batch(columns));
    this.columns = columns;
    this.kept = new KeyedTuples(keys, wanted, run);
  }

  get below(): Array<Operator> {
    return [this.input];
  }

  open(): bool {
    if (!super.open()) return false;
    const batch = this.batch;
    const vectors = this.vectors;
    this.partner = 0;
    batch.begin(1);
    if (!evaluateAll(this.probes, batch, vectors)) return this.failed(lastError.status);
    // Nothing is equal to null.
    let isGood = true;
    if (!anyNull(vectors, 0)) {
      isGood = this.filledFor == this.run.number || this.fill();
      if (isGood) this.partner = this.kept.find(vectors, 0);
    }
    giveBack(vectors, batch);
    return isGood || this.failed(lastError.status);
  }

  /** Keeps the input's rows; false on failure. */
  private fill(): bool {
    const input = this.input;
    this.close();
    if (!input.open()) {
      lastError.status = input.status;
      return false;
    }
    if (!this.kept.fill(input, null)) return false;
    this.filledFor = this.run.number;
    return true;
  }

  next(): bool {
    let count = 0;
    for (; this.partner != 0 && count < BATCH_ROWS; count++) {
      this.kept.get(this.partner, this.columns, count);
      this.partner = nextTuple(this.partner);
    }
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  close(): void {
    this.kept.close();
    this.filledFor = 0;
    this.partner = 0;
  }

  free(): void {
    super.free();
    this.kept.free();
    this.columns.free();
  }

  describe(): string {
    return "rows kept by their keys";
  }
}
