/** What RETURNING gives: the rows that a statement has changed are kept until all of it is done. */
import { OK, OUTCOME_UNKNOWN, Status, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Row } from "../../encode/row";
import { Table } from "../../query/store";
import { NamedColumn, Relation } from "../bind/scope";
import { StatementContext } from "../bind/statement";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch, VectorColumns } from "../eval/batch";
import { ColumnValue, Constant, Expression } from "../eval/expression";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { evaluateAll, giveBack } from "../run/kept-rows";
import { Operator, Project } from "../run/operator";
import { RowQueue } from "../run/row-queue";
import { Run, RunReader, Spilled } from "../../store/run";
import { RowColumns } from "./row-columns";

/** What can't be read of the rows of a statement that is done. */
function failLate(): Status {
  const what = "the statement has changed its rows, but what RETURNING gives of them can't be read: " + lastError.what;
  return fail(OUTCOME_UNKNOWN, what, lastError.hint);
}

/** Rows of a table, as records. */
class ChangedRows extends Operator {
  private readonly records: Run;
  private readonly reader: RunReader;
  private readonly record: ByteBuffer = new ByteBuffer(256);
  private readonly row: Row;
  private readonly columns: RowColumns;
  /** Whether its rows are read when the statement is done. */
  isLast: bool = false;

  constructor(table: Table, used: Array<i32>, budget: MemoryBudget) {
    const columns = new RowColumns(table, used);
    super(new Batch(columns));
    this.columns = columns;
    this.row = new Row(table.layout);
    const records = new Run(budget, new Spilled(), true);
    this.records = records;
    this.reader = new RunReader(records);
  }

  /** Adds a row, of which all is known. */
  add(row: Row): Status {
    const record = this.record;
    record.reset();
    const status = row.encode(record);
    return status != OK || this.records.addRecord(record.ptr, record.len) ? status : lastError.status;
  }

  /** All rows are there. */
  finish(): bool {
    const good = this.records.finish();
    this.reader.begin(this.records);
    this.status = OK;
    return good;
  }

  next(): bool {
    const reader = this.reader;
    const batch = this.batch;
    batch.begin(0);
    let count = 0;
    for (; count < BATCH_ROWS && reader.read(); count++) {
      const at = batch.arena.take(reader.len);
      if (at == 0) return this.failed(lastError.status);
      memory.copy(at, reader.ptr, reader.len);
      this.row.decode(at, reader.len);
      this.columns.take(this.row, 0, count);
    }
    if (reader.failed) return this.failed(this.isLast ? failLate() : lastError.status);
    batch.selectAll(count);
    return count > 0;
  }

  close(): void {
    this.reader.close();
    this.records.free();
    this.record.empty();
  }

  describe(): string {
    return "changed rows";
  }

  free(): void {
    super.free();
    this.reader.free();
    this.record.free();
    this.row.free();
    this.columns.free();
  }
}

/** The values of expressions for an operator's rows, worked out all at once. */
class WorkedRows extends Operator {
  private readonly columns: VectorColumns;
  private readonly queue: RowQueue;
  private readonly reader: RunReader;

  constructor(
    private readonly input: ChangedRows,
    private readonly values: Array<Expression>,
    kinds: Array<u8>,
    budget: MemoryBudget,
  ) {
    const columns = VectorColumns.of(kinds);
    super(new Batch(columns));
    this.columns = columns;
    const queue = new RowQueue(kinds.length, budget, new Spilled());
    this.queue = queue;
    this.reader = new RunReader(queue.run);
  }

  /** Works them out; false on failure. */
  work(): bool {
    const input = this.input;
    const queue = this.queue;
    const batch = input.batch;
    const values = new Array<Vector | null>();
    while (input.next()) {
      if (!evaluateAll(this.values, batch, values)) return false;
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) good = queue.add(values, batch.row(k));
      giveBack(values, batch);
      if (!good) return false;
    }
    if (input.status != OK || !queue.finish()) return false;
    input.close();
    this.reader.begin(queue.run);
    this.status = OK;
    return true;
  }

  next(): bool {
    const count = this.queue.read(this.reader, this.columns.vectors, this.batch);
    return count < 0 ? this.failed(failLate()) : count > 0 && this.give();
  }

  close(): void {
    this.reader.close();
    this.queue.close();
  }

  free(): void {
    super.free();
    this.reader.free();
    this.columns.free();
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
    rows.isLast = isPlain;
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
    return this.rows.finish() && (!worked || worked.work()) ? OK : lastError.status;
  }
}
