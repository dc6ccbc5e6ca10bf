/** VALUES: rows that are written out. */
import { lastError } from "../../status";
import { Batch, VectorColumns, keepValue } from "../eval/batch";
import { Expression } from "../eval/expression";
import { BATCH_ROWS } from "../eval/vector";
import { Operator } from "./operator";

export class ValueRows extends Operator {
  private readonly columns: VectorColumns;
  /** For working values out. */
  private readonly one: Batch = new Batch(new VectorColumns());
  private at: i32 = 0;

  /** Each row's values, of the same kinds in all of them. */
  constructor(private readonly tuples: Array<Array<Expression>>) {
    const columns = new VectorColumns();
    super(new Batch(columns));
    this.columns = columns;
    for (let c = 0; c < tuples[0].length; c++) columns.add(tuples[0][c].kind);
    this.estimate = tuples.length;
  }

  open(): bool {
    this.at = 0;
    return super.open();
  }

  next(): bool {
    const batch = this.batch;
    const one = this.one;
    let count = 0;
    batch.begin(0);
    for (; this.at < this.tuples.length && count < BATCH_ROWS; count++) {
      const tuple = unchecked(this.tuples[this.at++]);
      one.begin(1);
      for (let c = 0; c < tuple.length; c++) {
        const value = unchecked(tuple[c]).evaluate(one);
        if (!value) return this.failed(lastError.status);
        const vector = unchecked(this.columns.vectors[c]);
        vector.copy(count, value, 0);
        one.pool.give(value);
        if (!keepValue(vector, count, batch)) return this.failed(lastError.status);
      }
    }
    batch.selectAll(count);
    return count > 0 && this.give();
  }

  describe(): string {
    return "rows of values";
  }

  free(): void {
    super.free();
    this.one.free();
    this.columns.free();
  }
}
