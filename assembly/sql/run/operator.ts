/**
 * What gives rows in batches: a table, or something that is done with the rows of others.
 *
 * Operators are made once, when a statement is planned, and run many times: `open` begins their rows anew, with the values that parameters
 * and queries around them have by then.
 */
import { OK, Status, lastError } from "../../status";
import { Batch, Columns, VectorColumns } from "../eval/batch";
import { filter } from "../eval/logic";
import { ColumnValue, Expression, READS_ROWS } from "../eval/expression";
import { mayRun } from "../../wasi/deadline";
import { Vector } from "../eval/vector";

export abstract class Operator {
  /** Not `OK` after a failure of `open` or `next`. */
  status: Status = OK;
  /** What is below it. */
  readonly inputs: Array<Operator> = new Array<Operator>();
  /** Rows that it has given, and how many times it was opened, since the statement began. */
  rows: i64 = 0;
  opened: i64 = 0;
  /** About how many rows it gives. */
  estimate: f64 = 1;

  /** Its rows are in `batch`, the selected ones. */
  constructor(readonly batch: Batch) {}

  /** Begins anew; false on failure. To be called before `next`. */
  open(): bool {
    this.status = OK;
    this.opened += 1;
    const inputs = this.inputs;
    for (let i = 0; i < inputs.length; i++) {
      const input = unchecked(inputs[i]);
      if (!input.open()) return this.failed(input.status);
    }
    return true;
  }

  /** Goes on to the next rows, at least one; false at the end, and on failure. What was in the batch is gone. */
  abstract next(): bool;

  /**
   * Goes past the next `count` rows at most, whose values nobody asks for, where that is less work than to give them: how many. Behind
   * `open` and before `next`.
   */
  skip(count: i64): i64 {
    return 0;
  }

  /** Gives back what it keeps of rows; it may be opened again. */
  close(): void {}

  /** Gives back all that it holds. What is below it is freed by itself. */
  free(): void {
    this.close();
    this.batch.free();
  }

  /** Bytes that it wrote to the statement's file since the statement began. */
  get spilled(): u64 {
    return 0;
  }

  /** What EXPLAIN tells of below it. */
  get below(): Array<Operator> {
    return this.inputs;
  }

  /** What it is and does, for EXPLAIN. */
  abstract describe(): string;

  protected failed(status: Status): bool {
    this.status = status;
    return false;
  }

  /** Counts the rows of the batch, which are given; false when the statement was told to stop. */
  protected give(): bool {
    this.rows += this.batch.selected;
    return mayRun() || this.failed(lastError.status);
  }
}

/** Keeps what `batch` has of pages before expressions that read other rows are worked out for it (`READS_ROWS`). */
export class Keeper {
  /** What the expressions read. */
  readonly columns: Array<i32> = new Array<i32>();

  add(subject: Expression): void {
    subject.addColumns(this.columns);
  }

  /** False when there is no memory. */
  keep(batch: Batch): bool {
    return !this.columns.includes(READS_ROWS) || batch.columns.keep(batch);
  }
}

/** All of whose rows are one batch. */
export abstract class OneBatch extends Operator {
  private isOver: bool = false;

  constructor(protected readonly columns: VectorColumns) {
    super(new Batch(columns));
  }

  /** Makes the batch; false on failure, with the last error. */
  protected abstract fill(): bool;

  open(): bool {
    this.isOver = false;
    return super.open();
  }

  next(): bool {
    if (this.isOver) return false;
    this.isOver = true;
    return this.fill() ? this.give() : this.failed(lastError.status);
  }

  free(): void {
    super.free();
    this.columns.free();
  }
}

/** One row without columns: what a SELECT without FROM is of. */
export class OneRow extends OneBatch {
  constructor() {
    super(new VectorColumns());
  }

  protected fill(): bool {
    this.batch.begin(1);
    return true;
  }

  describe(): string {
    return "one row";
  }
}

/** The rows for which all conditions are true. */
export class Filter extends Operator {
  private readonly keeper: Keeper = new Keeper();

  constructor(
    private readonly input: Operator,
    readonly conditions: Array<Expression>,
  ) {
    super(input.batch);
    this.estimate = input.estimate;
    this.inputs.push(input);
    for (let c = 0; c < conditions.length; c++) this.keeper.add(conditions[c]);
  }

  next(): bool {
    const batch = this.batch;
    while (this.input.next()) {
      if (!this.keeper.keep(batch)) return this.failed(lastError.status);
      for (let c = 0; c < this.conditions.length && batch.selected > 0; c++) {
        if (!filter(batch, unchecked(this.conditions[c]))) return this.failed(lastError.status);
        batch.settle();
      }
      if (batch.selected > 0) return this.give();
    }
    return this.failed(this.input.status);
  }

  /** The batch is its input's. */
  free(): void {}

  describe(): string {
    return "filter";
  }
}

/** For each row the values of some expressions. */
export class Project extends Operator {
  /** Null where all of them are columns: those are got where they are, if anyone wants them. */
  private readonly columns: VectorColumns | null;
  private readonly keeper: Keeper = new Keeper();
  /** Those of its columns that it made: nobody who reads one may give it to a pool. */
  private readonly kept: Array<Vector> = new Array<Vector>();

  constructor(
    private readonly input: Operator,
    private readonly values: Array<Expression>,
  ) {
    const places = columnPlaces(values);
    const columns: Columns = places ? <Columns>new OtherColumns(input.batch, 0, places) : new VectorColumns();
    super(new Batch(columns));
    this.columns = places ? null : <VectorColumns>columns;
    this.inputs.push(input);
    this.estimate = input.estimate;
    for (let v = 0; v < values.length; v++) this.keeper.add(values[v]);
  }

  open(): bool {
    this.close();
    return super.open();
  }

  next(): bool {
    const batch = this.batch;
    const from = this.input.batch;
    const columns = this.columns;
    this.close();
    if (!this.input.next()) return this.failed(this.input.status);
    if (columns) {
      if (!this.keeper.keep(from)) return this.failed(lastError.status);
      for (let v = 0; v < this.values.length; v++) {
        const value = unchecked(this.values[v]).evaluate(from);
        if (!value) return this.failed(lastError.status);
        columns.vectors.push(value);
        if (from.pool.keep(value)) this.kept.push(value);
      }
    }
    batch.take(from);
    return this.give();
  }

  skip(count: i64): i64 {
    return this.input.skip(count);
  }

  close(): void {
    const pool = this.input.batch.pool;
    const columns = this.columns;
    if (!columns) return;
    columns.vectors.length = 0;
    while (this.kept.length > 0) pool.release(this.kept.pop());
  }

  describe(): string {
    return "values";
  }
}

/** LIMIT and OFFSET: numbers that are known when the rows begin. */
export abstract class RowLimit {
  offset: i64 = 0;
  /** How many at most. */
  limit: i64 = i64.MAX_VALUE;

  /** How many rows there have to be at most, before some are left out. */
  get wanted(): i64 {
    return this.limit > i64.MAX_VALUE - this.offset ? i64.MAX_VALUE : this.limit + this.offset;
  }

  /** About how many rows are wanted, as far as that is known before. */
  abstract get estimate(): f64;

  /** Works the numbers out; false on failure. */
  abstract open(): bool;
}

/** Rows behind the first `offset` ones, `limit` at most. */
export class Limit extends Operator {
  private given: i64 = 0;
  private toSkip: i64 = 0;

  constructor(
    private readonly input: Operator,
    private readonly limit: RowLimit,
  ) {
    super(input.batch);
    this.inputs.push(input);
    this.estimate = min<f64>(input.estimate, limit.estimate);
  }

  open(): bool {
    if (!this.limit.open()) return this.failed(lastError.status);
    this.given = 0;
    this.toSkip = this.limit.offset;
    if (!super.open()) return false;
    const passed: i64 = this.limit.limit > 0 ? this.input.skip(this.toSkip) : 0;
    this.toSkip -= passed;
    return this.input.status == OK || this.failed(this.input.status);
  }

  next(): bool {
    const batch = this.batch;
    const limit = this.limit.limit;
    while (this.given < limit && this.input.next()) {
      if (this.toSkip >= batch.selected) {
        this.toSkip -= batch.selected;
        continue;
      }
      batch.slice(<i32>this.toSkip, <i32>min<i64>(limit - this.given, batch.selected - this.toSkip));
      this.toSkip = 0;
      this.given += batch.selected;
      return this.give();
    }
    return this.failed(this.input.status);
  }

  /** The batch is its input's. */
  free(): void {}

  describe(): string {
    return "limit";
  }
}

/** Where the columns are that the values are; null where one of them is none. */
function columnPlaces(values: Array<Expression>): StaticArray<i32> | null {
  const places = new StaticArray<i32>(values.length);
  for (let v = 0; v < values.length; v++) {
    if (!(values[v] instanceof ColumnValue)) return null;
    places[v] = (<ColumnValue>values[v]).position;
  }
  return places;
}

/** Columns of another batch, at other places: from `base` on, or those of `places`. */
class OtherColumns extends Columns {
  constructor(
    public subject: Batch | null,
    private readonly base: i32,
    private readonly places: StaticArray<i32> | null = null,
  ) {
    super();
  }

  vector(column: i32, batch: Batch): Vector | null {
    const subject = this.subject!;
    const places = this.places;
    return subject.columns.vector(places ? unchecked(places[column]) : column - this.base, subject);
  }

  keep(batch: Batch): bool {
    const subject = this.subject!;
    return subject.columns.keep(subject);
  }
}

/** The rows of several, one after the other: columns of the same kinds. */
export class Append extends Operator {
  private at: i32 = 0;
  private readonly columns: OtherColumns;

  constructor(inputs: Array<Operator>) {
    const columns = new OtherColumns(null, 0);
    super(new Batch(columns));
    this.columns = columns;
    for (let i = 0; i < inputs.length; i++) this.inputs.push(inputs[i]);
  }

  open(): bool {
    this.at = 0;
    return super.open();
  }

  next(): bool {
    for (; this.at < this.inputs.length; this.at++) {
      const input = this.inputs[this.at];
      if (input.next()) {
        this.columns.subject = input.batch;
        this.batch.take(input.batch);
        return this.give();
      }
      if (input.status != OK) return this.failed(input.status);
    }
    return false;
  }

  describe(): string {
    return "one after the other";
  }
}

/** The rows of a query in FROM, whose columns are at their place among the columns of the rows. */
export class DerivedRows extends Operator {
  constructor(
    private readonly subject: Operator,
    base: i32,
  ) {
    super(new Batch(new OtherColumns(subject.batch, base)));
    this.estimate = subject.estimate;
    this.inputs.push(subject);
  }

  next(): bool {
    if (!this.subject.next()) return this.failed(this.subject.status);
    this.batch.take(this.subject.batch);
    return this.give();
  }

  skip(count: i64): i64 {
    return this.subject.skip(count);
  }

  describe(): string {
    return "query";
  }
}
