/**
 * WITH RECURSIVE: the rows of a first query, then again and again those that another one makes of the rows before, until it makes none.
 * UNION gives each row once, UNION ALL as often as it comes.
 */
import { OK, SQL_LIMIT, Status, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { MemoryBudget } from "../eval/arena";
import { Batch, VectorColumns } from "../eval/batch";
import { Expression } from "../eval/expression";
import { Vector } from "../eval/vector";
import { evaluateAll, giveBack, makeKey } from "./kept-rows";
import { KEY_FAILED, KEY_KNOWN, KeySet } from "./key-set";
import { Operator } from "./operator";
import { TupleList, Tuples } from "./tuples";

/** A recursion that goes on and on ends with an error. */
const MOST_STEPS: u32 = 1000000;

/** Rows of one step: the list and the rows themselves belong to it. */
class Step {
  readonly list: TupleList;
  readonly tuples: Tuples;

  constructor(columns: i32, budget: MemoryBudget) {
    this.tuples = new Tuples(columns, budget);
    this.list = new TupleList(budget);
  }

  /** Makes the columns' rows those from number `at` on: how many. */
  fill(at: u32, columns: VectorColumns): i32 {
    return this.tuples.fill(this.list, at, columns.vectors);
  }

  close(): void {
    this.list.close();
    this.tuples.free();
  }

  free(): void {
    this.close();
    this.list.free();
  }
}

/** What a recursion's steps have in common: the rows of the step before, which `StepRows` give. */
export class Steps {
  last: Step;
  next: Step;

  constructor(
    readonly kinds: Array<u8>,
    /** How many queries are around it. */
    readonly depth: i32,
    budget: MemoryBudget,
  ) {
    this.last = new Step(kinds.length, budget);
    this.next = new Step(kinds.length, budget);
  }

  swap(): void {
    const last = this.last;
    this.last = this.next;
    this.next = last;
    last.close();
  }
}

/** The rows of the step before. */
export class StepRows extends Operator {
  private readonly columns: VectorColumns;
  private at: u32 = 0;

  constructor(private readonly steps: Steps) {
    const columns = VectorColumns.of(steps.kinds);
    super(new Batch(columns));
    this.columns = columns;
    this.estimate = 100;
  }

  open(): bool {
    this.at = 0;
    return super.open();
  }

  next(): bool {
    const count = this.steps.last.fill(this.at, this.columns);
    this.at += count;
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  free(): void {
    super.free();
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
  private isBegun: bool = false;
  private at: u32 = 0;
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
    if (!this.isBegun) {
      this.isBegun = true;
      const status = this.take(this.first, this.firsts);
      if (status != OK) return this.failed(status);
      steps.swap();
    }
    if (this.at == steps.last.list.count) {
      if (this.at == 0) return false;
      this.count += 1;
      if (this.count > MOST_STEPS)
        return this.failed(
          fail(SQL_LIMIT, "a recursion of more than " + MOST_STEPS.toString() + " steps", "WHERE or LIMIT can end it"),
        );
      const status = this.take(this.repeated, this.others);
      if (status != OK) return this.failed(status);
      steps.swap();
      this.at = 0;
    }
    const count = steps.last.fill(this.at, this.columns);
    this.at += count;
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  /** Keeps the rows that a query gives for the next step. */
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
          this.key.reset();
        }
        const tuple = good ? step.tuples.add(values, i, this.key) : 0;
        good = tuple != 0;
        if (good) step.list.push(tuple);
      }
      giveBack(values, batch);
      if (!good) return lastError.status;
    }
    return input.status;
  }

  close(): void {
    this.steps.last.close();
    this.steps.next.close();
    this.known.close();
    this.isBegun = false;
    this.at = 0;
    this.count = 0;
  }

  free(): void {
    super.free();
    this.steps.last.free();
    this.steps.next.free();
    this.known.free();
    this.key.free();
    this.columns.free();
  }

  describe(): string {
    return "recursion";
  }
}
