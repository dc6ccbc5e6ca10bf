/** Comparisons of two values of one kind, and the order of values. */
import { lowerLetter } from "../../encode/ascii";
import { compareBytes } from "../../encode/bytes";
import { compareDateTime } from "../../encode/date";
import { compareDecimal } from "../../encode/decimal";
import { compareJson } from "../../encode/json-compare";
import { OP_EQ, OP_GE, OP_GT, OP_IS, OP_IS_NOT, OP_LE, OP_LT } from "../syntax/operators";
import { Batch, VectorColumns, selectBetween } from "./batch";
import { Binary, ColumnValue, Constant, Expression, Fixed } from "./expression";
import { K_BOOLEAN, K_DATE, K_DATETIME, K_DECIMAL, K_INT, K_JSON, K_UINT, K_UUID } from "./kinds";
import { takeValue } from "./once";
import { Points } from "./points";
import { RunState } from "./run-state";
import { Vector } from "./vector";

/** Which orders make a comparison true: 1 for below, 2 for equal, 4 for above. */
function ordersOf(op: u8): u32 {
  switch (op) {
    case OP_EQ:
    case OP_IS:
      return 2;
    case OP_LT:
      return 1;
    case OP_LE:
      return 3;
    case OP_GT:
      return 4;
    case OP_GE:
      return 6;
    default:
      return 5;
  }
}

/** The order of the values of a kind in two slots, neither null: -1, 0 or 1. */
export function compareSlots(kind: u8, a: usize, b: usize): i32 {
  let order: i32 = 0;
  switch (kind) {
    case K_INT:
    case K_BOOLEAN:
    case K_DATE:
      return i32(load<i64>(a) > load<i64>(b)) - i32(load<i64>(a) < load<i64>(b));
    case K_UINT:
      return i32(load<u64>(a) > load<u64>(b)) - i32(load<u64>(a) < load<u64>(b));
    case K_DECIMAL:
      order = compareDecimal(a, b);
      break;
    case K_DATETIME:
      order = compareDateTime(<usize>load<u32>(a), <usize>load<u32>(b));
      break;
    case K_UUID:
      order = memory.compare(<usize>load<u32>(a), <usize>load<u32>(b), 16);
      break;
    case K_JSON:
      order = compareJson(<usize>load<u32>(a), load<u32>(a, 4), <usize>load<u32>(b), load<u32>(b, 4));
      break;
    default:
      order = compareBytes(<usize>load<u32>(a), load<u32>(a, 4), <usize>load<u32>(b), load<u32>(b, 4));
  }
  return i32(order > 0) - i32(order < 0);
}

/** The same of two texts, whatever the case of ASCII letters: they are compared as small ones. */
export function compareFolded(a: usize, b: usize): i32 {
  const x = <usize>load<u32>(a);
  const y = <usize>load<u32>(b);
  const xLen = load<u32>(a, 4);
  const yLen = load<u32>(b, 4);
  for (let i: u32 = 0; i < min(xLen, yLen); i++) {
    const order = <i32>lowerLetter(load<u8>(x + i)) - <i32>lowerLetter(load<u8>(y + i));
    if (order != 0) return order;
  }
  return i32(xLen > yLen) - i32(xLen < yLen);
}

/** a op b, of one kind. */
export class Comparison extends Binary {
  private readonly orders: u32;
  /** Whether what it compares with reads nothing, and so is the same for all rows of a batch. */
  private readonly isSteady: bool;

  constructor(
    readonly op: u8,
    a: Expression,
    b: Expression,
  ) {
    super(a, b, K_BOOLEAN);
    this.orders = ordersOf(op);
    const read = new Array<i32>();
    b.addColumns(read);
    this.isSteady = read.length == 0 || b instanceof Fixed;
  }

  /** Whether `select` may be called: integers that are compared with one value, and are in a range. */
  get isRange(): bool {
    const kind = this.a.kind;
    const isInteger = kind == K_INT || kind == K_DATE || kind == K_BOOLEAN;
    return isInteger && this.isSteady && this.orders != 5 && this.op != OP_IS && this.op != OP_IS_NOT;
  }

  /** Selects of the selected rows those for which it is true; false on failure. */
  select(batch: Batch): bool {
    // For one row it is worked out as for any other.
    const count = batch.selected;
    batch.selected = 1;
    const compared = this.b.evaluate(batch);
    batch.selected = count;
    if (!compared) return false;
    const value = compared.int(batch.row(0));
    const isNull = compared.isNull(batch.row(0));
    batch.pool.give(compared);
    const orders = this.orders;
    let low = i64.MIN_VALUE;
    let high = i64.MAX_VALUE;
    if ((orders & 1) == 0) low = value + i64((orders & 2) == 0);
    if ((orders & 4) == 0) high = value - i64((orders & 2) == 0);
    const a = this.a;
    // Below the least and above the greatest there is none.
    if (isNull || ((orders & 3) == 0 && value == i64.MAX_VALUE) || ((orders & 6) == 0 && value == i64.MIN_VALUE)) {
      batch.selected = 0;
      return true;
    }
    if (a instanceof ColumnValue) return batch.columns.selectBetween((<ColumnValue>a).position, low, high, batch);
    const vector = a.evaluate(batch);
    if (!vector) return false;
    selectBetween(batch, vector, low, high);
    batch.pool.give(vector);
    return true;
  }

  protected combine(batch: Batch, a: Vector, b: Vector, result: Vector): bool {
    const kind = this.a.kind;
    if (this.op == OP_IS || this.op == OP_IS_NOT) this.identities(batch, a, b, result);
    else if (kind == K_INT || kind == K_DATE || kind == K_BOOLEAN) this.integers(batch, a, b, result);
    else this.others(batch, a, b, result);
    return true;
  }

  private integers(batch: Batch, a: Vector, b: Vector, result: Vector): void {
    const orders = this.orders;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      const x = a.int(i);
      const y = b.int(i);
      result.setInt(i, (orders >> (1 + u32(x > y) - u32(x < y))) & 1);
      store<u8>(result.nulls + i, load<u8>(a.nulls + i) | load<u8>(b.nulls + i));
    }
  }

  private others(batch: Batch, a: Vector, b: Vector, result: Vector): void {
    const orders = this.orders;
    const kind = this.a.kind;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      const isNull = load<u8>(a.nulls + i) | load<u8>(b.nulls + i);
      store<u8>(result.nulls + i, isNull);
      if (isNull == 0) result.setInt(i, (orders >> (1 + compareSlots(kind, a.at(i), b.at(i)))) & 1);
    }
  }

  /** IS [NOT] DISTINCT FROM: null is a value. */
  private identities(batch: Batch, a: Vector, b: Vector, result: Vector): void {
    const kind = this.a.kind;
    const turn: i64 = this.op == OP_IS_NOT ? 1 : 0;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      const equal = a.isNull(i) || b.isNull(i) ? a.isNull(i) && b.isNull(i) : compareSlots(kind, a.at(i), b.at(i)) == 0;
      result.setInt(i, i64(equal) ^ turn);
      result.setNull(i, false);
    }
  }
}

const once: Batch = new Batch(new VectorColumns());

/** Whether a value is one of a list of values that are the same for all rows. They are worked out and sorted once in a run. */
export class InList extends Expression {
  /** Two words each, sorted, each value once. What their pointers point to `values` keep. */
  private slots: StaticArray<u64>;
  private readonly values: Array<Constant> = new Array<Constant>();
  private hasNull: bool = false;
  /** How many values there are, without null. */
  count: i32 = 0;
  private preparedFor: u32 = 0;

  /** `items` are of the value's kind. */
  constructor(
    readonly subject: Expression,
    private readonly items: Array<Expression>,
    readonly isNot: bool,
    private readonly run: RunState,
  ) {
    super(K_BOOLEAN);
    this.slots = new StaticArray<u64>(items.length * 2);
  }

  /** About how many values there are. */
  get size(): i32 {
    return this.items.length;
  }

  /** Works the values out, if that is not done yet in this run; false on failure. */
  prepare(): bool {
    if (this.preparedFor == this.run.number) return true;
    const kind = this.subject.kind;
    const slots = changetype<usize>(this.slots);
    let count = 0;
    this.hasNull = false;
    for (let i = 0; i < this.items.length; i++) {
      if (i == this.values.length) this.values.push(new Constant(kind));
      const value = this.values[i];
      if (!takeValue(value, this.items[i], once)) return false;
      if (value.isNull) {
        this.hasNull = true;
        continue;
      }
      store<u64>(slots + ((<usize>count) << 4), value.low);
      store<u64>(slots + ((<usize>count) << 4), value.high, 8);
      count += 1;
    }
    sortSlots(kind, slots, count);
    this.count = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots + ((<usize>i) << 4);
      if (this.count > 0 && compareSlots(kind, this.slotAt(this.count - 1), slot) == 0) continue;
      swap(this.slotAt(this.count++), slot);
    }
    this.preparedFor = this.run.number;
    return true;
  }

  /** Where value `i` of those that are sorted is. */
  slotAt(i: i32): usize {
    return changetype<usize>(this.slots) + ((<usize>i) << 4);
  }

  private has(slot: usize): bool {
    const kind = this.subject.kind;
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = compareSlots(kind, this.slotAt(middle), slot);
      if (order == 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  evaluate(batch: Batch): Vector | null {
    const subject = this.prepare() ? this.subject.evaluate(batch) : null;
    if (!subject) return null;
    const result = batch.pool.take(K_BOOLEAN);
    const turn: i64 = this.isNot ? 1 : 0;
    const isEmpty = this.items.length == 0;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      // Nothing is in an empty list, not even null.
      const isNull = subject.isNull(i) && !isEmpty;
      const found = !isNull && !isEmpty && this.has(subject.at(i));
      result.setInt(i, i64(found) ^ turn);
      result.setNull(i, isNull || (!found && this.hasNull));
    }
    batch.pool.give(subject);
    return result;
  }

  addColumns(columns: Array<i32>): void {
    this.subject.addColumns(columns);
  }
}

/** What an index looks for of a list. */
export class ListPoints extends Points {
  constructor(private readonly list: InList) {
    super(list.subject.kind, <f64>list.size);
  }

  prepare(): bool {
    if (!this.list.prepare()) return false;
    this.count = this.list.count;
    return true;
  }

  slotAt(i: i32): usize {
    return this.list.slotAt(i);
  }
}

/** Sorts slots of a kind where they lie (heapsort: no worst case, no room). */
function sortSlots(kind: u8, slots: usize, count: i32): void {
  for (let root = (count >> 1) - 1; root >= 0; root--) sink(kind, slots, root, count);
  for (let end = count - 1; end > 0; end--) {
    swap(slots, slots + ((<usize>end) << 4));
    sink(kind, slots, 0, end);
  }
}

function sink(kind: u8, slots: usize, root: i32, count: i32): void {
  for (;;) {
    let child = 2 * root + 1;
    if (child >= count) return;
    if (child + 1 < count && compareSlots(kind, slots + ((<usize>child) << 4), slots + ((<usize>(child + 1)) << 4)) < 0)
      child += 1;
    if (compareSlots(kind, slots + ((<usize>root) << 4), slots + ((<usize>child) << 4)) >= 0) return;
    swap(slots + ((<usize>root) << 4), slots + ((<usize>child) << 4));
    root = child;
  }
}

function swap(a: usize, b: usize): void {
  const low = load<u64>(a);
  const high = load<u64>(a, 8);
  store<u64>(a, load<u64>(b));
  store<u64>(a, load<u64>(b, 8), 8);
  store<u64>(b, low);
  store<u64>(b, high, 8);
}
