/** What RETURNING gives: the rows that a statement has changed are kept until all of it is done. */
import { OK, Status, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Row } from "../../encode/row";
import { Table } from "../../query/store";
import { NamedColumn, Relation } from "../bind/scope";
import { StatementContext } from "../bind/statement";
import { MemoryBudget } from "../eval/arena";
import { Batch } from "../eval/batch";
import { ColumnValue, Constant, Expression } from "../eval/expression";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { KeptRows, evaluateAll, giveBack } from "../run/kept-rows";
import { Operator, Project } from "../run/operator";
import { RowColumns } from "./row-columns";

/** Rows of a table, as records one after the other, each behind its length u32. */
class ChangedRows extends Operator {
  private readonly records: ByteBuffer = new ByteBuffer(1024);
  private readonly row: Row;
  private readonly columns: RowColumns;
  private at: u32 = 0;

  constructor(
    table: Table,
    used: Array<i32>,
    private readonly budget: MemoryBudget,
  ) {
    const columns = new RowColumns(table, used);
    super(new Batch(columns));
    this.columns = columns;
    this.row = new Row(table.layout);
  }

  /** Adds a row, of which all is known. */
  add(row: Row): Status {
    const records = this.records;
    const start = records.len;
    records.addU32(0);
    let status = row.encode(records);
    store<u32>(records.ptr + start, records.len - start - 4);
    if (status == OK) status = this.budget.take(records.len - start);
    return status;
  }

  next(): bool {
    const records = this.records;
    let count = 0;
    for (; this.at < records.len && count < BATCH_ROWS; count++) {
      const len = load<u32>(records.ptr + this.at);
      this.row.decode(records.ptr + this.at + 4, len);
      this.columns.take(this.row, 0, count);
      this.at += 4 + len;
    }
    this.batch.begin(count);
    return count > 0;
  }

  close(): void {
    const records = this.records;
    this.budget.give(records.len);
    records.empty();
    this.at = 0;
  }

  describe(): string {
    return "changed rows";
  }

  free(): void {
    super.free();
    this.records.free();
    this.row.free();
    this.columns.free();
  }
}

/** The values of expressions for an operator's rows, worked out all at once. */
class WorkedRows extends KeptRows {
  private isWorked: bool = false;

  constructor(
    private readonly input: Operator,
    private readonly values: Array<Expression>,
    kinds: Array<u8>,
    budget: MemoryBudget,
  ) {
    super(kinds, budget);
  }

  /** Works them out; false on failure. */
  work(): bool {
    this.isWorked = true;
    const input = this.input;
    const batch = input.batch;
    const values = new Array<Vector | null>();
    while (input.next()) {
      if (!evaluateAll(this.values, batch, values)) return false;
      for (let k = 0; k < batch.selected; k++) {
        const tuple = this.tuples.add(values, batch.row(k), this.key);
        if (tuple == 0) return false;
        this.list.push(tuple);
      }
      giveBack(values, batch);
    }
    return input.status == OK;
  }

  protected fill(): bool {
    return this.isWorked || this.work();
  }

  close(): void {
    super.close();
    this.isWorked = false;
  }

  describe(): string {
    return "values of changed rows";
  }
}

export class Returned {
  readonly relation: Relation;
  /** Whether there may be no value for a row. */
  readonly canFail: bool;
  private readonly rows: ChangedRows;
  private readonly worked: WorkedRows | null;

  /** `values` of the table's columns for each row that was changed, which are called as `columns` are. */
  constructor(context: StatementContext, table: Table, columns: Array<NamedColumn>, values: Array<Expression>) {
    const budget = context.budget;
    const used = new Array<i32>();
    const kinds = new Array<u8>();
    let isPlain = true;
    for (let v = 0; v < values.length; v++) {
      values[v].addColumns(used);
      kinds.push(values[v].kind);
      isPlain = isPlain && (values[v] instanceof ColumnValue || values[v] instanceof Constant);
    }
    const rows = new ChangedRows(table, used, budget);
    let worked: WorkedRows | null = null;
    if (!isPlain) worked = new WorkedRows(rows, values, kinds, budget);
    context.own(rows);
    this.rows = rows;
    this.worked = worked;
    this.canFail = !isPlain;
    this.relation = new Relation(context.own(worked ? <Operator>worked : new Project(rows, values)), columns);
  }

  /** Notes a row that was changed, all of whose columns are known. */
  add(row: Row): Status {
    return this.rows.add(row);
  }

  /** All rows are there. */
  finish(): Status {
    const worked = this.worked;
    return !worked || worked.work() ? OK : lastError.status;
  }
}
