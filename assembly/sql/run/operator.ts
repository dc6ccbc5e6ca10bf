/** What gives rows in batches: a table, or something that is done with the rows of others. */
import { OK, Status, lastError } from "../../status";
import { Batch, Columns, VectorColumns } from "../eval/batch";
import { filter } from "../eval/logic";
import { Expression } from "../eval/expression";
import { Vector } from "../eval/vector";

export abstract class Operator {
  /** Not `OK` after a failure of `next`. */
  status: Status = OK;

  /** Its rows are in `batch`, the selected ones. */
  constructor(readonly batch: Batch) {}

  /** Goes on to the next rows, at least one; false at the end, and on failure. What was in the batch is gone. */
  abstract next(): bool;

  /** Gives back what it holds, and what is below it does. */
  abstract free(): void;

  protected failed(status: Status): bool {
    this.status = status;
    return false;
  }
}

/** One row without columns: what a SELECT without FROM is of. */
export class OneRow extends Operator {
  private isOver: bool = false;

  constructor() {
    super(new Batch(new VectorColumns()));
  }

  next(): bool {
    if (this.isOver) return false;
    this.isOver = true;
    this.batch.begin(1);
    return true;
  }

  free(): void {
    this.batch.free();
  }
}

/** The rows for which all conditions are true. */
export class Filter extends Operator {
  constructor(
    private readonly input: Operator,
    readonly conditions: Array<Expression>,
  ) {
    super(input.batch);
  }

  next(): bool {
    const batch = this.batch;
    while (this.input.next()) {
      for (let c = 0; c < this.conditions.length && batch.selected > 0; c++) {
        if (!filter(batch, unchecked(this.conditions[c]))) return this.failed(lastError.status);
        batch.settle();
      }
      if (batch.selected == 0) continue;
      return true;
    }
    return this.failed(this.input.status);
  }

  free(): void {
    this.input.free();
  }
}

/** For each row the values of some expressions. */
export class Project extends Operator {
  private readonly columns: VectorColumns;
  /** Those of its columns that it made: nobody who reads one may give it to a pool. */
  private readonly kept: Array<Vector> = new Array<Vector>();

  constructor(
    private readonly input: Operator,
    private readonly values: Array<Expression>,
  ) {
    const columns = new VectorColumns();
    super(new Batch(columns));
    this.columns = columns;
  }

  next(): bool {
    const batch = this.batch;
    const from = this.input.batch;
    const vectors = this.columns.vectors;
    this.release();
    if (!this.input.next()) return this.failed(this.input.status);
    for (let v = 0; v < this.values.length; v++) {
      const value = unchecked(this.values[v]).evaluate(from);
      if (!value) return this.failed(lastError.status);
      vectors.push(value);
      if (from.pool.keep(value)) this.kept.push(value);
    }
    batch.take(from);
    return true;
  }

  private release(): void {
    const pool = this.input.batch.pool;
    this.columns.vectors.length = 0;
    while (this.kept.length > 0) pool.release(this.kept.pop());
  }

  free(): void {
    this.release();
    this.batch.free();
    this.input.free();
  }
}

/** Rows behind the first `offset` ones, `limit` at most. */
export class Limit extends Operator {
  private given: i64 = 0;

  constructor(
    private readonly input: Operator,
    private offset: i64,
    private readonly limit: i64,
  ) {
    super(input.batch);
  }

  next(): bool {
    const batch = this.batch;
    while (this.given < this.limit && this.input.next()) {
      if (this.offset >= batch.selected) {
        this.offset -= batch.selected;
        continue;
      }
      batch.slice(<i32>this.offset, <i32>min<i64>(this.limit - this.given, batch.selected - this.offset));
      this.offset = 0;
      this.given += batch.selected;
      return true;
    }
    return this.failed(this.input.status);
  }

  free(): void {
    this.input.free();
  }
}

/** Columns of another batch. */
class AppendedColumns extends Columns {
  subject: Batch | null = null;

  vector(column: i32, batch: Batch): Vector | null {
    const subject = this.subject!;
    return subject.columns.vector(column, subject);
  }
}

/** The rows of several, one after the other: columns of the same kinds. */
export class Append extends Operator {
  private at: i32 = 0;
  private readonly columns: AppendedColumns;

  constructor(private readonly inputs: Array<Operator>) {
    const columns = new AppendedColumns();
    super(new Batch(columns));
    this.columns = columns;
  }

  next(): bool {
    for (; this.at < this.inputs.length; this.at++) {
      const input = this.inputs[this.at];
      if (input.next()) {
        this.columns.subject = input.batch;
        this.batch.take(input.batch);
        return true;
      }
      if (input.status != OK) return this.failed(input.status);
    }
    return false;
  }

  free(): void {
    this.batch.free();
    for (let i = 0; i < this.inputs.length; i++) this.inputs[i].free();
  }
}

/** Columns of a query in FROM, at their place among the columns of the rows. */
class ShiftedColumns extends Columns {
  constructor(
    private readonly subject: Batch,
    private readonly base: i32,
  ) {
    super();
  }

  vector(column: i32, batch: Batch): Vector | null {
    return this.subject.columns.vector(column - this.base, this.subject);
  }
}

/** The rows of a query in FROM. */
export class DerivedRows extends Operator {
  constructor(
    private readonly subject: Operator,
    base: i32,
  ) {
    super(new Batch(new ShiftedColumns(subject.batch, base)));
  }

  next(): bool {
    if (!this.subject.next()) return this.failed(this.subject.status);
    this.batch.take(this.subject.batch);
    return true;
  }

  free(): void {
    this.batch.free();
    this.subject.free();
  }
}
