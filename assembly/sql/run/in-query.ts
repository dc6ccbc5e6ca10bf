/** IN (query): whether a value, or a row of values, is one of a query's rows. */
import { OK } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { compareSlots } from "../eval/compare";
import { Expression } from "../eval/expression";
import { K_BOOLEAN } from "../eval/kinds";
import { Points } from "../eval/points";
import { RunState } from "../eval/run-state";
import { Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { anyNull, evaluateAll, giveBack, makeKey } from "./kept-rows";
import { KeySet } from "./key-set";
import { Operator } from "./operator";
import { OuterValues, QueryValue } from "./subquery";
import { TupleList } from "./tuples";

/** What an index looks for of a query. */
class QueryPoints extends Points {
  constructor(
    private readonly query: InQuery,
    kind: u8,
  ) {
    super(kind, query.operator.estimate);
  }

  prepare(): bool {
    if (!this.query.prepare()) return false;
    this.count = this.query.pointCount;
    return true;
  }

  slotAt(i: i32): usize {
    return this.query.pointAt(i);
  }
}

/** The rows of a query that depends on no outer one are kept (once in a run); another one runs for each different value. */
export class InQuery extends QueryValue {
  isNot: bool = false;
  /** Whether what might be one of the rows is none: for EXISTS. */
  isExact: bool = false;
  /** What was found out: whether the row is one of the query's, and whether it might be, where one of them has null. */
  private isFound: bool = false;
  private isOpen: bool = false;
  private filledFor: u32 = 0;
  private readonly values: Array<Vector | null> = new Array<Vector | null>();
  private readonly orders: StaticArray<u32>;
  /** The different rows, in the order in which they came, and those of them that have null. */
  private known: KeySet;
  private readonly rows: TupleList;
  private readonly nullRows: TupleList;
  private points: QueryPoints | null = null;

  /** `others` are of the query's rows, and of the kinds of `subjects`. */
  constructor(
    subjects: Array<Expression>,
    private readonly others: Array<Expression>,
    operator: Operator,
    outer: OuterValues,
    text: SqlText,
    state: RunState,
  ) {
    super(operator, outer, [K_BOOLEAN], text, state);
    this.orders = new StaticArray<u32>(subjects.length);
    // A row of one value is compared by its key alone.
    this.known = new KeySet(state.budget, subjects.length == 1 ? 0 : subjects.length);
    this.rows = new TupleList(state.budget);
    this.nullRows = new TupleList(state.budget);
    for (let s = 0; s < subjects.length; s++) this.subjects.push(subjects[s]);
  }

  /** Its different values, of one column, for an index to look for; null where that can't be. */
  pointsOf(): Points | null {
    const known = this.points;
    if (known || !this.outer.isEmpty || this.subjects.length != 1 || this.isNot) return known;
    this.known.free();
    this.known = new KeySet(this.state.budget, 1);
    const made = new QueryPoints(this, this.others[0].kind);
    this.points = made;
    return made;
  }

  /** What it is about, of `pointsOf`. */
  get subject(): Expression {
    return this.subjects[0];
  }

  /** How many values it has that are not null, behind `prepare`. */
  get pointCount(): u32 {
    return this.rows.count - this.nullRows.count;
  }

  /** Where value `i` of those is: null is behind them all. */
  pointAt(i: u32): usize {
    return this.known.tuples.slotOf(this.rows.at(i), 0);
  }

  protected answer(i: u32): bool {
    this.isFound = false;
    this.isOpen = false;
    if (!(this.outer.isEmpty ? this.find(i) : this.look(i))) return false;
    const answer = this.answers[0]!;
    answer.setInt(0, i64(this.isFound != this.isNot));
    answer.setNull(0, !this.isFound && this.isOpen);
    return true;
  }

  /** Looks for row `i` among the rows that are kept. */
  private find(i: u32): bool {
    if (!this.prepare()) return false;
    const hasNull = anyNull(this.about, i);
    // The key is that of the row alone.
    this.isFound = !hasNull && this.known.find(this.memo.key) != 0;
    const others = hasNull ? this.rows : this.nullRows;
    for (let r: u32 = 0; r < others.count && !this.isFound && !this.isOpen && !this.isExact; r++)
      this.isOpen = this.mayBe(others.at(r), i);
    return true;
  }

  /** Whether a kept row is row `i`, where null may be anything. */
  private mayBe(tuple: usize, i: u32): bool {
    const about = this.about;
    const tuples = this.known.tuples;
    for (let c = 0; c < about.length && about.length > 1; c++) {
      const subject = unchecked(about[c])!;
      if (subject.isNull(i) || tuples.isNull(tuple, c)) continue;
      if (compareSlots(subject.kind, subject.at(i), tuples.slotOf(tuple, c)) != 0) return false;
    }
    return true;
  }

  /** Looks for row `i` among the query's rows. */
  private look(i: u32): bool {
    const operator = this.operator;
    const about = this.about;
    const values = this.values;
    if (!operator.open()) return this.failed();
    while (!this.isFound && operator.next()) {
      const batch = operator.batch;
      if (!evaluateAll(this.others, batch, values)) return false;
      for (let k = 0; k < batch.selected && !this.isFound; k++) {
        const row = batch.row(k);
        let isSame = true;
        let isOpen = false;
        for (let c = 0; c < values.length && isSame; c++) {
          const subject = unchecked(about[c])!;
          const value = unchecked(values[c])!;
          if (subject.isNull(i) || value.isNull(row)) isOpen = true;
          else isSame = compareSlots(subject.kind, subject.at(i), value.at(row)) == 0;
        }
        if (isSame && isOpen) this.isOpen = true;
        else this.isFound = isSame;
      }
      giveBack(values, batch);
    }
    return operator.status == OK || this.failed();
  }

  prepare(): bool {
    if (this.filledFor == this.state.number) return true;
    const operator = this.operator;
    const values = this.values;
    const key = new ByteBuffer(64);
    this.forget();
    if (!operator.open()) return this.failed();
    let isGood = true;
    while (isGood && operator.next()) {
      const batch = operator.batch;
      isGood = evaluateAll(this.others, batch, values);
      for (let k = 0; k < batch.selected && isGood; k++) {
        const row = batch.row(k);
        makeKey(values, this.orders, row, key);
        if (this.known.find(key) != 0) continue;
        const tuple = this.known.addNew(values, row, key);
        isGood = tuple != 0;
        if (!isGood) break;
        this.rows.push(tuple);
        if (anyNull(values, row)) this.nullRows.push(tuple);
      }
      giveBack(values, batch);
    }
    key.free();
    if (!isGood) return false;
    if (operator.status != OK) return this.failed();
    if (this.points && !this.rows.sort()) return false;
    this.filledFor = this.state.number;
    return true;
  }

  private forget(): void {
    this.filledFor = 0;
    this.known.close();
    this.rows.close();
    this.nullRows.close();
  }

  close(): void {
    super.close();
    this.forget();
  }

  free(): void {
    super.free();
    this.known.free();
    this.rows.free();
    this.nullRows.free();
  }
}
