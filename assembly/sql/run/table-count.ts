/** COUNT(*) of a whole table: one row, from the entries of the primary key's index. */
import { lastError } from "../../status";
import { Table } from "../../query/store";
import { Batch, VectorColumns } from "../eval/batch";
import { K_INT } from "../eval/kinds";
import { Operator } from "./operator";

export class TableCount extends Operator {
  private readonly columns: VectorColumns;
  private isOver: bool = false;

  constructor(private readonly table: Table) {
    const columns = new VectorColumns();
    super(new Batch(columns));
    this.columns = columns;
    columns.add(K_INT);
  }

  open(): bool {
    this.isOver = false;
    return super.open();
  }

  next(): bool {
    if (this.isOver) return false;
    this.isOver = true;
    const count = this.table.countRows();
    if (count < 0) return this.failed(lastError.status);
    this.columns.vectors[0].setInt(0, count);
    this.columns.vectors[0].setNull(0, false);
    this.batch.begin(1);
    return this.give();
  }

  free(): void {
    super.free();
    this.columns.free();
  }

  describe(): string {
    return "number of rows of " + this.table.name;
  }
}
