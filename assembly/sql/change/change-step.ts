/** What EXPLAIN tells of a statement that changes rows: what it does, and the operators that find the rows. It is never run. */
import { Batch, VectorColumns } from "../eval/batch";
import { Operator } from "../run/operator";

export class ChangeStep extends Operator {
  private readonly columns: VectorColumns;

  /** `source` gives the rows that it is about; null for `rows` rows that stand in the statement. */
  constructor(
    private readonly what: string,
    source: Operator | null,
    rows: u32,
  ) {
    const columns = new VectorColumns();
    super(new Batch(columns));
    this.columns = columns;
    this.estimate = source ? source.estimate : rows;
    if (source) this.inputs.push(source);
  }

  next(): bool {
    return false;
  }

  describe(): string {
    return this.what;
  }

  free(): void {
    super.free();
    this.columns.free();
  }
}
