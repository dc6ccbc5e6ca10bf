/** A query of aggregates that equalities tie to the row around it: worked out for all of its rows together, in groups by what ties it. */
import { OK } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Batch } from "../eval/batch";
import { Expression } from "../eval/expression";
import { RunState } from "../eval/run-state";
import { Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { anyNull, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { KeySet } from "./key-set";
import { Operator } from "./operator";
import { OuterValues, QueryValue, ScalarQuery } from "./subquery";

export class GroupedQuery extends QueryValue {
  /** The answer of each group, by its keys. */
  private readonly known: KeySet;
  /** The answer where there is no group. */
  private none: usize = 0;
  private filledFor: u32 = 0;
  private readonly key: ByteBuffer = new ByteBuffer(64);
  private readonly orders: StaticArray<u32>;

  /** `operator` gives each group's keys, of the kinds of `subjects`, and behind them what `plain` gives, of `kinds`. */
  constructor(
    private readonly plain: ScalarQuery,
    subjects: Array<Expression>,
    operator: Operator,
    kinds: Array<u8>,
    text: SqlText,
    state: RunState,
  ) {
    super(operator, new OuterValues(), kinds, text, state);
    this.known = new KeySet(state.budget, kinds.length);
    this.orders = new StaticArray<u32>(subjects.length);
    for (let s = 0; s < subjects.length; s++) this.subjects.push(subjects[s]);
  }

  evaluateColumn(c: i32, batch: Batch): Vector | null {
    const about = this.about;
    const known = this.known;
    if (!this.prepare() || !evaluateAll(this.subjects, batch, about)) return null;
    const result = batch.pool.take(this.answers[c]!.kind);
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      let tuple: usize = 0;
      if (!anyNull(about, i)) {
        makeKey(about, this.orders, i, this.key);
        tuple = known.find(this.key);
      }
      known.tuples.get(tuple == 0 ? this.none : tuple, c, result, i);
    }
    giveBack(about, batch);
    return result;
  }

  protected answer(i: u32): bool {
    return false; // never asked: `evaluateColumn` has all answers
  }

  /** Where rows change while others are asked for, each is looked for by itself. */
  workOut(): bool {
    this.plain.together = null;
    return true;
  }

  prepare(): bool {
    if (this.filledFor == this.state.number) return true;
    const operator = this.operator;
    const known = this.known;
    const parts = new Array<Vector | null>();
    const values = new Array<Vector | null>();
    const count = this.subjects.length;
    this.forget();
    this.runs += 1;
    if (!operator.open()) return this.failed();
    while (operator.next()) {
      const batch = operator.batch;
      parts.length = 0;
      values.length = 0;
      for (let c = 0; c < count + this.answers.length; c++) {
        const vector = batch.columns.vector(c, batch);
        if (!vector) return false;
        if (c < count) parts.push(vector);
        else values.push(vector);
      }
      for (let k = 0; k < batch.selected; k++) {
        const row = batch.row(k);
        // What is null is equal to nothing.
        if (anyNull(parts, row)) continue;
        makeKey(parts, this.orders, row, this.key);
        if (known.addNew(values, row, this.key) == 0) return false;
      }
    }
    if (operator.status != OK) return this.failed();
    this.none = this.plain.answerOfNone(known.tuples);
    if (this.none == 0) return false;
    this.filledFor = this.state.number;
    return true;
  }

  private forget(): void {
    this.filledFor = 0;
    this.none = 0;
    this.known.close();
  }

  close(): void {
    super.close();
    this.forget();
  }

  free(): void {
    super.free();
    this.known.free();
    this.key.free();
  }
}
