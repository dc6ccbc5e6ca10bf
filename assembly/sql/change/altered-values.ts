/** Values of a table's rows for columns whose type changes. */
import { OK, Status, lastError } from "../../status";
import { Row } from "../../encode/row";
import { Column } from "../../schema/column";
import { ColumnValues } from "../../store/alteration";
import { Table } from "../../store/table";
import { ChangeBinder, assignedTo } from "../bind/changes";
import { StatementContext } from "../bind/statement";
import { Batch } from "../eval/batch";
import { Expression } from "../eval/expression";
import { N_COLUMN, N_NAME } from "../syntax/tree";
import { KeptCells, readCells } from "./kept-cells";
import { RowColumns } from "./row-columns";
import { StagedValues } from "./staged-values";

export class AlteredValues extends ColumnValues {
  private readonly positions: Array<i32> = new Array<i32>();
  private readonly columns: Array<Column> = new Array<Column>();
  private readonly values: Array<Expression> = new Array<Expression>();
  private readonly used: Array<i32> = new Array<i32>();
  private readonly kept: KeptCells;
  private read: RowColumns | null = null;
  private batch: Batch | null = null;
  /** Those of columns that no expression gives. */
  staged: StagedValues | null = null;

  constructor(
    private readonly context: StatementContext,
    private readonly table: Table,
  ) {
    super();
    this.kept = new KeptCells(context);
  }

  /**
   * The values of column number `position`, `column`, are those of the expression at `source` of the statement `context`, or, where that is
   * 0, of the column that it was, number `from`, where they can be had without losing anything. Errors are about `node`.
   */
  add(position: i32, column: Column, from: i32, source: u32, node: u32, context: StatementContext = this.context): Status {
    const tree = context.tree;
    let subject = source;
    if (subject == 0) {
      const name = tree.word(N_NAME, tree.start(node), this.table.schema.columns[from].name);
      subject = tree.add(N_COLUMN, tree.start(node), name);
    }
    const bound = new ChangeBinder(context, this.table, this.table.name, []).bind(subject);
    const value = bound ? assignedTo(context, column, bound, subject) : null;
    if (!value) return lastError.status;
    value.addColumns(this.used);
    this.positions.push(position);
    this.columns.push(column);
    this.values.push(value);
    return OK;
  }

  /** All have been added; false when there are none. */
  bind(): bool {
    const staged = this.staged;
    if (this.values.length == 0) return staged !== null && staged.positions.length > 0;
    const read = new RowColumns(this.table, this.used);
    this.read = read;
    this.batch = new Batch(read);
    return true;
  }

  gives(position: i32): bool {
    const staged = this.staged;
    return this.positions.includes(position) || (staged !== null && staged.positions.includes(position));
  }

  take(old: Row, row: Row): Status {
    const batch = this.batch;
    const status = batch ? this.workOut(batch, old, row) : OK;
    const staged = this.staged;
    return status == OK && staged ? staged.take(old, row) : status;
  }

  private workOut(batch: Batch, old: Row, row: Row): Status {
    batch.begin(1);
    this.read!.take(old, 0, 0);
    this.kept.reset();
    for (let v = 0; v < this.values.length; v++) {
      const value = unchecked(this.values[v]);
      const vector = value.evaluate(batch);
      if (!vector) return lastError.status;
      const status = this.kept.addValue(unchecked(this.columns[v]), value, vector, 0);
      batch.pool.give(vector);
      if (status != OK) return status;
    }
    readCells(this.kept.ptr, this.positions, row);
    return OK;
  }

  free(): void {
    const read = this.read;
    const batch = this.batch;
    if (read) read.free();
    if (batch) batch.free();
    const staged = this.staged;
    if (staged) staged.free();
    this.kept.free();
  }
}
