/** Queries as values: `(SELECT …)` and EXISTS. Each runs when its value is asked for, once for each different row around it. */
import { BAD_VALUE, DIVISION_BY_ZERO, OK, OVERFLOW, SQL_LIMIT, SQL_TYPE, Status, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { FLOOR } from "../../store/memory-budget";
import { Batch, VectorColumns, keepBytes, keepValue } from "../eval/batch";
import { Expression, OuterValue, READS_ROWS, addColumn } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { evaluateAll, giveBack } from "./kept-rows";
import { KeySet } from "./key-set";
import { Operator } from "./operator";
import { Tuples, addOrdered, addOrderedSlot } from "./tuples";

const slot: usize = memory.data(16, 8);
/** The key of a row that has none. */
const none: ByteBuffer = new ByteBuffer(8);

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
  private readonly known: KeySet;
  readonly key: ByteBuffer = new ByteBuffer(64);
  private run: u32 = 0;

  /** Answers of `columns` values. */
  constructor(
    columns: i32,
    private readonly state: RunState,
  ) {
    this.known = new KeySet(state.budget, columns);
  }

  /** Begins a batch: what another run knew is forgotten. */
  begin(): void {
    if (this.run == this.state.number) return;
    this.run = this.state.number;
    this.close();
  }

  /** Makes row `i` of `vector` column `c` of what is known for the key; false when nothing is. */
  find(c: i32, vector: Vector, i: u32): bool {
    const tuple = this.known.find(this.key);
    if (tuple != 0) this.known.tuples.get(tuple, c, vector, i);
    return tuple != 0;
  }

  /**
   * Makes row `i` of `vector` column `c` of the answer for the key, which is in row 0 of `answers`. It stays for the run, or where what is
   * kept takes too much, for the batch. False when there is no memory for it.
   */
  keep(answers: Array<Vector | null>, c: i32, vector: Vector, i: u32, batch: Batch): bool {
    const budget = this.state.budget;
    if (budget.isHalfUsed && this.known.held >= FLOOR) {
      vector.copy(i, answers[c]!, 0);
      return keepValue(vector, i, batch);
    }
    const tuple = this.known.addNew(answers, 0, this.key);
    if (tuple != 0) this.known.tuples.get(tuple, c, vector, i);
    return tuple != 0;
  }

  close(): void {
    this.known.close();
  }

  free(): void {
    this.known.free();
    this.key.free();
  }
}

/** A query whose rows an expression is about. */
export abstract class QueryValue extends Expression {
  readonly memo: Memo;
  /** Its answer, of one value or several, is worked out in row 0 of these. */
  protected readonly answers: Array<Vector | null> = new Array<Vector | null>();
  /** What IN is about. */
  protected readonly subjects: Array<Expression> = new Array<Expression>();
  /** How many times it was asked for an answer that it did not know. */
  runs: i64 = 0;
  /** The same for all rows around it together, which is better for more than `mostRows` of them; null where it can't be. */
  together: QueryValue | null = null;
  mostRows: i64 = 0;
  private asked: i64 = 0;
  private askedIn: u32 = 0;
  private readonly vectors: Array<Vector | null> = new Array<Vector | null>();
  protected readonly about: Array<Vector | null> = new Array<Vector | null>();

  /** Its answers are of `kinds`. */
  constructor(
    readonly operator: Operator,
    readonly outer: OuterValues,
    kinds: Array<u8>,
    protected readonly text: SqlText,
    protected readonly state: RunState,
  ) {
    super(kinds[0]);
    this.memo = new Memo(kinds.length, state);
    for (let c = 0; c < kinds.length; c++) {
      const vector = Vector.of(kinds[c]);
      this.answers.push(vector);
    }
    state.readsRows = true;
  }

  /** Puts the answer into `answers`; that of IN is about row `i` of `about`. False on failure. */
  protected abstract answer(i: u32): bool;

  evaluate(batch: Batch): Vector | null {
    return this.evaluateColumn(0, batch);
  }

  /** The same of column `c` of its answers. */
  evaluateColumn(c: i32, batch: Batch): Vector | null {
    const together = this.together;
    if (!together) return this.evaluateEach(c, batch);
    if (this.askedIn != this.state.number) this.asked = 0;
    this.askedIn = this.state.number;
    if (this.asked >= 0) this.asked += batch.selected;
    if (this.asked > this.mostRows) {
      const values = together.evaluateColumn(c, batch);
      if (values || !isOfOthers(lastError.status)) return values;
      // They are too many to be kept, or one that nobody may ask for can't be worked out: from now on each row is looked for by itself.
      together.close();
      this.asked = i64.MIN_VALUE;
    }
    return this.evaluateEach(c, batch);
  }

  private evaluateEach(c: i32, batch: Batch): Vector | null {
    const vectors = this.vectors;
    if (!evaluateAll(this.outer.values, batch, vectors)) return null;
    let result: Vector | null = null;
    if (evaluateAll(this.subjects, batch, this.about)) {
      const made = batch.pool.take(this.answers[c]!.kind);
      if (this.fill(batch, c, made)) result = made;
      else batch.pool.give(made);
    }
    giveBack(this.about, batch);
    giveBack(vectors, batch);
    return result;
  }

  private fill(batch: Batch, c: i32, result: Vector): bool {
    const memo = this.memo;
    const key = memo.key;
    const outer = this.outer;
    const vectors = this.vectors;
    memo.begin();
    const about = this.about;
    const isDirect = about.length > 0 && outer.isEmpty;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      if (k > 0 && about.length == 0 && outer.isEmpty) {
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
      for (let a = 0; a < about.length; a++) addOrdered(unchecked(about[a])!, i, 0, key);
      if (!isDirect && memo.find(c, result, i)) continue;
      for (let v = 0; v < vectors.length; v++) unchecked(outer.slots[v]).set(unchecked(vectors[v])!, i);
      this.runs += 1;
      if (!this.answer(i)) return false;
      if (isDirect) result.copy(i, unchecked(this.answers[0])!, 0);
      else if (!memo.keep(this.answers, c, result, i, batch)) return false;
    }
    return true;
  }

  /** Works the value out now if it depends on no row; false on failure. */
  workOut(): bool {
    if (!this.outer.isEmpty) return true;
    const batch = new Batch(new VectorColumns());
    batch.begin(1);
    let isGood = true;
    if (this.subjects.length > 0) isGood = this.prepare();
    else {
      const value = this.evaluate(batch);
      isGood = value !== null;
      if (value) batch.pool.give(value);
    }
    batch.free();
    return isGood;
  }

  /** Works out what values are compared with. */
  prepare(): bool {
    return true;
  }

  protected failed(): bool {
    lastError.status = this.operator.status;
    return false;
  }

  addColumns(columns: Array<i32>): void {
    this.outer.addColumns(columns);
    addColumn(columns, READS_ROWS);
    for (let s = 0; s < this.subjects.length; s++) this.subjects[s].addColumns(columns);
  }

  /** Gives back what it keeps; it may be asked again. */
  close(): void {
    this.memo.close();
  }

  free(): void {
    for (let a = 0; a < this.answers.length; a++) this.answers[a]!.free();
    this.memo.free();
  }
}

/** Whether a failure may be that of rows that nobody asks for. */
function isOfOthers(status: Status): bool {
  return status == SQL_LIMIT || status == OVERFLOW || status == DIVISION_BY_ZERO || status == BAD_VALUE;
}

/** One of the values of a query's row. */
export class QueryColumn extends Expression {
  constructor(
    private readonly query: QueryValue,
    private readonly at: i32,
    kind: u8,
  ) {
    super(kind);
  }

  evaluate(batch: Batch): Vector | null {
    return this.query.evaluateColumn(this.at, batch);
  }

  addColumns(columns: Array<i32>): void {
    this.query.addColumns(columns);
  }
}

/** The values of a query's columns in its only row; null when it has no row. */
export class ScalarQuery extends QueryValue {
  /** Keeps their bytes. */
  private readonly keeper: Batch = new Batch(new VectorColumns());

  protected answer(i: u32): bool {
    const operator = this.operator;
    const answers = this.answers;
    if (!operator.open()) return this.failed();
    for (let c = 0; c < answers.length; c++) answers[c]!.setNull(0, true);
    if (!operator.next()) return operator.status == OK || this.failed();
    const batch = operator.batch;
    if (batch.selected > 1) return this.tooMany();
    const row = batch.row(0);
    this.keeper.begin(1);
    for (let c = 0; c < answers.length; c++) {
      const vector = batch.columns.vector(c, batch);
      if (!vector) return false;
      const answer = answers[c]!;
      answer.copy(0, vector, row);
      // The query takes its bytes away when it goes on.
      if (!keepBytes(answer, this.keeper)) return false;
    }
    return operator.next() ? this.tooMany() : operator.status == OK || this.failed();
  }

  /** Keeps its answer where nothing is equal to the row around it; 0 on failure. */
  answerOfNone(tuples: Tuples): usize {
    const slots = this.outer.slots;
    for (let s = 0; s < slots.length; s++) slots[s].isNull = true;
    none.reset();
    return this.answer(0) ? tuples.add(this.answers, 0, none) : 0;
  }

  close(): void {
    super.close();
    this.keeper.arena.end();
  }

  free(): void {
    super.free();
    this.keeper.free();
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

  protected answer(i: u32): bool {
    const operator = this.operator;
    if (!operator.open()) return this.failed();
    const found = operator.next();
    if (!found && operator.status != OK) return this.failed();
    const answer = this.answers[0]!;
    answer.setInt(0, i64(found != this.isNot));
    answer.setNull(0, false);
    return true;
  }
}
