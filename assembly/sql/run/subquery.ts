/** Queries as values: `(SELECT …)`, EXISTS and IN. Each runs when its value is asked for, once for each different row around it. */
import { SQL_TYPE, lastError, OK } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Batch, VectorColumns, keepValue } from "../eval/batch";
import { compareSlots } from "../eval/compare";
import { Expression, OuterValue, READS_ROWS, addColumn } from "../eval/expression";
import { K_BOOLEAN, isBytes } from "../eval/kinds";
import { RunState } from "../eval/run-state";
import { Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { evaluateAll, giveBack } from "./kept-rows";
import { KEY_FAILED, KeySet } from "./key-set";
import { Operator } from "./operator";
import { TupleTable, Tuples, addOrdered, addOrderedSlot } from "./tuples";

const slot: usize = memory.data(16, 8);

/** What a query needs to know of those around it. */
export class OuterValues {
  /** Values of the query right around it, and what they are put into for a row. */
  readonly values: Array<Expression> = new Array<Expression>();
  readonly slots: Array<OuterValue> = new Array<OuterValue>();
  /** Values of queries further out, on which its rows depend, too. */
  readonly further: Array<OuterValue> = new Array<OuterValue>();

  get isEmpty(): bool {
    return this.values.length == 0 && this.further.length == 0;
  }

  /** Adds the columns that it reads to `columns`. */
  addColumns(columns: Array<i32>): void {
    for (let v = 0; v < this.values.length; v++) this.values[v].addColumns(columns);
    for (let f = 0; f < this.further.length; f++) this.further[f].addColumns(columns);
  }
}

/** Answers that are known, by what they depend on. They go with the run; when they take too much, others are not kept. */
class Memo {
  private readonly table: TupleTable = new TupleTable();
  private readonly tuples: Tuples;
  readonly key: ByteBuffer = new ByteBuffer(64);
  private readonly one: Array<Vector | null> = new Array<Vector | null>();
  private run: u32 = 0;

  constructor(private readonly state: RunState) {
    this.tuples = new Tuples(1, state.budget);
  }

  /** Begins a batch: what another run knew is forgotten. */
  begin(): void {
    if (this.run == this.state.number) return;
    this.run = this.state.number;
    this.close();
  }

  /** Makes row `i` of `vector` what is known for the key; false when nothing is. */
  find(vector: Vector, i: u32): bool {
    const tuple = this.table.find(this.key.ptr, this.key.len);
    if (tuple != 0) this.tuples.get(tuple, 0, vector, i);
    return tuple != 0;
  }

  /**
   * Makes row `i` of `vector` stay, which is the answer for the key: for the run, or where what is kept takes too much, for the batch.
   * False when there is no memory for it.
   */
  keep(vector: Vector, i: u32, batch: Batch): bool {
    const budget = this.state.budget;
    if (budget.used > budget.limit >> 1 && this.table.count > 1024)
      return !isBytes(vector.kind) || vector.isNull(i) || keepValue(vector, i, batch);
    this.one.length = 0;
    this.one.push(vector);
    const tuple = this.tuples.add(this.one, i, this.key);
    if (tuple == 0 || !this.table.add(tuple)) return false;
    this.tuples.get(tuple, 0, vector, i);
    return true;
  }

  close(): void {
    this.table.close();
    this.tuples.free();
  }

  free(): void {
    this.tuples.free();
    this.table.free();
    this.key.free();
  }
}

/** A query whose rows an expression is about. */
export abstract class QueryValue extends Expression {
  readonly memo: Memo;
  /** Its answers are worked out in row 0 of this. */
  protected readonly answers: Vector = new Vector();
  /** How many times it was asked for an answer that it did not know. */
  runs: i64 = 0;
  private readonly vectors: Array<Vector | null> = new Array<Vector | null>();

  constructor(
    readonly operator: Operator,
    readonly outer: OuterValues,
    kind: u8,
    protected readonly text: SqlText,
    run: RunState,
  ) {
    super(kind);
    this.memo = new Memo(run);
    this.answers.kind = kind;
    run.readsRows = true;
  }

  /** Puts the answer into `answers`; `subject` is the value that IN is about, if it is that. False on failure. */
  protected abstract answer(subject: Vector | null, i: u32): bool;

  /** What IN is about. */
  protected get subject(): Expression | null {
    return null;
  }

  evaluate(batch: Batch): Vector | null {
    const about = this.subject;
    const vectors = this.vectors;
    if (!evaluateAll(this.outer.values, batch, vectors)) return null;
    const subject = about ? about.evaluate(batch) : null;
    let result: Vector | null = null;
    if (!about || subject) {
      const made = batch.pool.take(this.kind);
      if (this.fill(batch, subject, made)) result = made;
      else batch.pool.give(made);
    }
    if (subject) batch.pool.give(subject);
    giveBack(vectors, batch);
    return result;
  }

  private fill(batch: Batch, subject: Vector | null, result: Vector): bool {
    const memo = this.memo;
    const key = memo.key;
    const outer = this.outer;
    const vectors = this.vectors;
    memo.begin();
    const isDirect = subject !== null && outer.isEmpty;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      if (k > 0 && !subject && outer.isEmpty) {
        result.copy(i, result, batch.row(0));
        continue;
      }
      key.reset();
      for (let v = 0; v < vectors.length; v++) addOrdered(unchecked(vectors[v])!, i, 0, key);
      for (let f = 0; f < outer.further.length; f++) {
        const fixed = unchecked(outer.further[f]);
        store<u64>(slot, fixed.low);
        store<u64>(slot, fixed.high, 8);
        addOrderedSlot(fixed.kind, slot, fixed.isNull, 0, key);
      }
      if (subject) addOrdered(subject, i, 0, key);
      if (!isDirect && memo.find(result, i)) continue;
      for (let v = 0; v < vectors.length; v++) unchecked(outer.slots[v]).set(unchecked(vectors[v])!, i);
      this.runs += 1;
      if (!this.answer(subject, i)) return false;
      result.copy(i, this.answers, 0);
      if (!isDirect && !memo.keep(result, i, batch)) return false;
    }
    return true;
  }

  /** Works the value out now if it depends on no row; false on failure. */
  workOut(): bool {
    if (!this.outer.isEmpty) return true;
    const batch = new Batch(new VectorColumns());
    batch.begin(1);
    let isGood = true;
    if (this.subject) isGood = this.prepare();
    else {
      const value = this.evaluate(batch);
      isGood = value !== null;
      if (value) batch.pool.give(value);
    }
    batch.free();
    return isGood;
  }

  /** Works out what values are compared with. */
  protected prepare(): bool {
    return true;
  }

  protected failed(): bool {
    lastError.status = this.operator.status;
    return false;
  }

  addColumns(columns: Array<i32>): void {
    this.outer.addColumns(columns);
    addColumn(columns, READS_ROWS);
    const subject = this.subject;
    if (subject) subject.addColumns(columns);
  }

  /** Gives back what it keeps; it may be asked again. */
  close(): void {
    this.memo.close();
  }

  free(): void {
    this.answers.free();
    this.memo.free();
  }
}

/** The value of a query's one column in its only row; null when it has no row. */
export class ScalarQuery extends QueryValue {
  private readonly bytes: ByteBuffer = new ByteBuffer(16);

  protected answer(subject: Vector | null, i: u32): bool {
    const operator = this.operator;
    const answers = this.answers;
    if (!operator.open()) return this.failed();
    answers.setNull(0, true);
    if (!operator.next()) return operator.status == OK || this.failed();
    const batch = operator.batch;
    if (batch.selected > 1) return this.tooMany();
    const vector = batch.columns.vector(0, batch);
    if (!vector) return false;
    const row = batch.row(0);
    answers.copy(0, vector, row);
    if (isBytes(this.kind) && !vector.isNull(row)) {
      // The query takes them away when it goes on.
      this.bytes.reset();
      this.bytes.addBytes(vector.ptr(row), vector.len(row));
      answers.setBytes(0, this.bytes.ptr, this.bytes.len);
    }
    return operator.next() ? this.tooMany() : operator.status == OK || this.failed();
  }

  free(): void {
    super.free();
    this.bytes.free();
  }

  private tooMany(): bool {
    const what = "the query gives more than one row where one value is wanted";
    this.text.fail(SQL_TYPE, what, this.start, "LIMIT 1 takes the first");
    return false;
  }
}

/** Whether a query has rows. */
export class ExistsQuery extends QueryValue {
  isNot: bool = false;

  protected answer(subject: Vector | null, i: u32): bool {
    const operator = this.operator;
    if (!operator.open()) return this.failed();
    const found = operator.next();
    if (!found && operator.status != OK) return this.failed();
    this.answers.setInt(0, i64(found != this.isNot));
    this.answers.setNull(0, false);
    return true;
  }
}

/**
 * Whether a value is one of a query's one column. The rows of a query that depends on no outer one are kept by their values (once in a
 * run); another one runs for each different value.
 */
export class InQuery extends QueryValue {
  isNot: bool = false;
  private hasNull: bool = false;
  private isEmpty: bool = true;
  private filledFor: u32 = 0;
  /** What `look` came to. */
  private wasFound: bool = false;
  private readonly set: KeySet;

  /** `value` is of the query's batch and of the kind of `about`. */
  constructor(
    private readonly about: Expression,
    private readonly value: Expression,
    operator: Operator,
    outer: OuterValues,
    text: SqlText,
    private readonly state: RunState,
  ) {
    super(operator, outer, K_BOOLEAN, text, state);
    this.set = new KeySet(state.budget);
  }

  protected get subject(): Expression | null {
    return this.about;
  }

  protected answer(subject: Vector | null, i: u32): bool {
    const known = subject!;
    let found = false;
    if (this.outer.isEmpty) {
      if (!this.prepare()) return false;
      // The key is that of the subject alone.
      found = !known.isNull(i) && this.set.has(this.memo.key);
    } else if (!this.look(known, i)) return false;
    else found = this.wasFound;
    const isNull = !found && (this.hasNull || (known.isNull(i) && !this.isEmpty));
    this.answers.setInt(0, i64(found != this.isNot));
    this.answers.setNull(0, isNull);
    return true;
  }

  /** Looks for the value among the query's rows. */
  private look(subject: Vector, i: u32): bool {
    const operator = this.operator;
    this.hasNull = false;
    this.isEmpty = true;
    this.wasFound = false;
    if (!operator.open()) return this.failed();
    while (!this.wasFound && operator.next()) {
      const batch = operator.batch;
      const values = this.value.evaluate(batch);
      if (!values) return false;
      this.isEmpty = false;
      for (let k = 0; k < batch.selected && !this.wasFound; k++) {
        const row = batch.row(k);
        if (values.isNull(row)) this.hasNull = true;
        else if (!subject.isNull(i)) this.wasFound = compareSlots(subject.kind, values.at(row), subject.at(i)) == 0;
      }
      batch.pool.give(values);
    }
    return operator.status == OK || this.failed();
  }

  protected prepare(): bool {
    if (this.filledFor == this.state.number) return true;
    const operator = this.operator;
    const key = new ByteBuffer(64);
    this.set.close();
    this.hasNull = false;
    this.isEmpty = true;
    if (!operator.open()) return this.failed();
    let good = true;
    while (good && operator.next()) {
      const batch = operator.batch;
      const values = this.value.evaluate(batch);
      if (!values) return false;
      this.isEmpty = false;
      for (let k = 0; k < batch.selected && good; k++) {
        const row = batch.row(k);
        if (values.isNull(row)) {
          this.hasNull = true;
          continue;
        }
        key.reset();
        addOrdered(values, row, 0, key);
        good = this.set.add(key) != KEY_FAILED;
      }
      batch.pool.give(values);
    }
    key.free();
    if (!good) return false;
    if (operator.status != OK) return this.failed();
    this.filledFor = this.state.number;
    return true;
  }

  close(): void {
    super.close();
    this.set.close();
  }

  free(): void {
    super.free();
    this.set.free();
  }
}
