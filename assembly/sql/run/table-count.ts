/** COUNT(*) of a whole table: one row, from the entries of the primary key's index. */
import { Table } from "../../query/store";
import { VectorColumns } from "../eval/batch";
import { K_INT } from "../eval/kinds";
import { OneBatch } from "./operator";

export class TableCount extends OneBatch {
  constructor(private readonly table: Table) {
    super(VectorColumns.of([K_INT]));
  }

  protected fill(): bool {
    const count = this.table.countRows();
    if (count < 0) return false;
    const numbers = this.columns.vectors[0];
    numbers.setInt(0, count);
    numbers.setNull(0, false);
    this.batch.begin(1);
    return true;
  }

  describe(): string {
    return "number of rows of " + this.table.name;
  }
}
