/**
 * WITH RECURSIVE: the rows of a first query, then again and again those that another one makes of the rows before, until it makes none.
 * UNION gives each row once, UNION ALL as often as it comes.
 */
import { OK, SQL_LIMIT, Status, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch, VectorColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { Vector } from "../eval/vector";
import { evaluateAll, giveBack, makeKey } from "./kept-rows";
import { KEY_FAILED, KEY_KNOWN, KeySet } from "./key-set";
import { Operator } from "./operator";
import { RowQueue } from "./row-queue";
import { RunReader, Spilled } from "../../store/run";

/** A recursion that goes on and on ends with an error. */
const MOST_STEPS: u32 = 1000000;
/** The same of one whose steps grow: they would fill the disk. */
const MOST_ROWS: u32 = 1 << 22;

/** What a recursion's steps have in common: the rows of the step before, which `StepRows` give, and those of the next one. */
export class Steps {
  /** What went to the file. */
  readonly spilled: Spilled;
  last: RowQueue;
  next: RowQueue;

  constructor(
    readonly kinds: Array<u8>,
    /** How many queries are around it. */
    readonly depth: i32,
    budget: MemoryBudget,
  ) {
    const spilled = new Spilled();
    this.spilled = spilled;
    this.last = new RowQueue(kinds.length, budget, spilled);
    this.next = new RowQueue(kinds.length, budget, spilled);
  }

  /** All rows of the next step are there: it is the last one; false on failure. */
  swap(): bool {
    const last = this.last;
    this.last = this.next;
    this.next = last;
    last.reset();
    return this.last.finish();
  }

  close(): void {
    this.last.close();
    this.next.close();
  }
}

/** The rows of the step before. */
export class StepRows extends Operator {
  private readonly columns: VectorColumns;
  private readonly reader: RunReader;

  constructor(private readonly steps: Steps) {
    const columns = VectorColumns.of(steps.kinds);
    super(new Batch(columns));
    this.columns = columns;
    this.reader = new RunReader(steps.last.run);
    this.estimate = 100;
  }

  open(): bool {
    this.reader.begin(this.steps.last.run);
    return super.open();
  }

  next(): bool {
    const count = this.steps.last.read(this.reader, this.columns.vectors, this.batch);
    return count < 0 ? this.failed(lastError.status) : count > 0 && this.give();
  }

  close(): void {
    this.reader.close();
  }

  free(): void {
    super.free();
    this.reader.free();
    this.columns.free();
  }

  describe(): string {
    return "rows of the step before";
  }
}

export class Recursion extends Operator {
  private readonly columns: VectorColumns;
  private readonly known: KeySet;
  private readonly key: ByteBuffer = new ByteBuffer(64);
  private readonly orders: StaticArray<u32>;
  private readonly values: Array<Vector | null> = new Array<Vector | null>();
  private readonly reader: RunReader;
  private isBegun: bool = false;
  private count: u32 = 0;

  /** `firsts` are values of the first query's rows, `others` of those of the query that is repeated, which reads `steps`. */
  constructor(
    private readonly first: Operator,
    private readonly firsts: Array<Expression>,
    private readonly repeated: Operator,
    private readonly others: Array<Expression>,
    private readonly steps: Steps,
    private readonly isDistinct: bool,
    budget: MemoryBudget,
  ) {
    const columns = VectorColumns.of(steps.kinds);
    super(new Batch(columns));
    this.columns = columns;
    this.known = new KeySet(budget);
    this.reader = new RunReader(steps.last.run);
    this.orders = new StaticArray<u32>(firsts.length);
    this.estimate = first.estimate * 10;
  }

  get below(): Array<Operator> {
    return [this.first, this.repeated];
  }

  open(): bool {
    this.close();
    return super.open();
  }

  next(): bool {
    const steps = this.steps;
    let status: Status = OK;
    if (!this.isBegun) status = this.take(this.first, this.firsts);
    this.isBegun = true;
    while (status == OK) {
      const count = steps.last.read(this.reader, this.columns.vectors, this.batch);
      if (count > 0) return this.give();
      if (count < 0) return this.failed(lastError.status);
      if (steps.last.count == 0) return false;
      this.count += 1;
      if (this.count > MOST_STEPS)
        status = fail(SQL_LIMIT, "a recursion of more than " + MOST_STEPS.toString() + " steps", "WHERE or LIMIT can end it");
      else status = this.take(this.repeated, this.others);
    }
    return this.failed(status);
  }

  /** Makes the rows that a query gives those of the last step. */
  private take(input: Operator, subject: Array<Expression>): Status {
    const values = this.values;
    const step = this.steps.next;
    const batch = input.batch;
    if (!input.open()) return input.status;
    while (input.next()) {
      if (!batch.columns.keep(batch) || !evaluateAll(subject, batch, values)) return lastError.status;
      let good = true;
      for (let k = 0; k < batch.selected && good; k++) {
        const i = batch.row(k);
        if (this.isDistinct) {
          makeKey(values, this.orders, i, this.key);
          const added = this.known.add(this.key);
          if (added == KEY_KNOWN) continue;
          good = added != KEY_FAILED;
        }
        good = good && step.add(values, i);
      }
      giveBack(values, batch);
      if (!good) return lastError.status;
      if (step.count > MOST_ROWS)
        return fail(
          SQL_LIMIT,
          "a recursion with more than " + MOST_ROWS.toString() + " rows in one step",
          "WHERE can leave out some",
        );
    }
    if (input.status != OK) return input.status;
    if (!this.steps.swap()) return lastError.status;
    this.reader.begin(this.steps.last.run);
    return OK;
  }

  close(): void {
    this.steps.close();
    this.reader.close();
    this.known.close();
    this.isBegun = false;
    this.count = 0;
  }

  get spilled(): u64 {
    return this.steps.spilled.bytes;
  }

  free(): void {
    super.free();
    this.reader.free();
    this.known.free();
    this.key.free();
    this.columns.free();
  }

  describe(): string {
    return "recursion";
  }
}
