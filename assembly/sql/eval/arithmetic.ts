/** Arithmetic of integers and decimals. Overflow and division by zero are errors, for the rows that are looked at. */
import { DIVISION_BY_ZERO, OVERFLOW } from "../../status";
import { addDecimals, divideDecimals, multiplyDecimals, negateDecimal, remainderDecimals } from "../../encode/decimal-arithmetic";
import { SqlText } from "../sql-text";
import {
  OP_ADD,
  OP_BIT_AND,
  OP_BIT_NOT,
  OP_BIT_OR,
  OP_DIVIDE,
  OP_MULTIPLY,
  OP_SHIFT_LEFT,
  OP_SHIFT_RIGHT,
  OP_SUBTRACT,
  operatorText,
} from "../syntax/operators";
import { Batch } from "./batch";
import { Binary, Expression } from "./expression";
import { K_DECIMAL, K_INT, kindName } from "./kinds";
import { Vector } from "./vector";

/** Why `whole` came to nothing: 1 overflow, 2 division by zero. */
let problem: i32 = 0;
const OVERFLOWS: i32 = 1;
const BY_ZERO: i32 = 2;

function whole(op: u8, a: i64, b: i64): i64 {
  switch (op) {
    case OP_ADD: {
      const sum = a + b;
      if (((a ^ sum) & (b ^ sum)) < 0) problem = OVERFLOWS;
      return sum;
    }
    case OP_SUBTRACT: {
      const difference = a - b;
      if (((a ^ b) & (a ^ difference)) < 0) problem = OVERFLOWS;
      return difference;
    }
    case OP_MULTIPLY: {
      const product = a * b;
      const small = (<u64>(a + 0x80000000)) >> 32 == 0 && (<u64>(b + 0x80000000)) >> 32 == 0;
      if (!small && a != 0 && ((a == -1 && b == i64.MIN_VALUE) || (b == -1 && a == i64.MIN_VALUE) || product / a != b))
        problem = OVERFLOWS;
      return product;
    }
    case OP_DIVIDE:
      if (b == 0) problem = BY_ZERO;
      else if (b == -1 && a == i64.MIN_VALUE) problem = OVERFLOWS;
      else return a / b;
      return 0;
    case OP_BIT_AND:
      return a & b;
    case OP_BIT_OR:
      return a | b;
    case OP_SHIFT_LEFT:
      return shifted(a, b);
    case OP_SHIFT_RIGHT:
      return shifted(a, b == i64.MIN_VALUE ? i64.MAX_VALUE : -b);
    default:
      // The remainder has the sign of the dividend.
      if (b == 0) problem = BY_ZERO;
      else if (b != -1) return a % b;
      return 0;
  }
}

/** `a` shifted left by `by`, to the right where that is below 0. */
function shifted(a: i64, by: i64): i64 {
  if (by >= 64) return 0;
  if (by <= -64) return a < 0 ? -1 : 0;
  return by >= 0 ? a << by : a >> -by;
}

function decimal(op: u8, a: usize, b: usize, target: usize): bool {
  switch (op) {
    case OP_ADD:
      return addDecimals(a, b, false, target);
    case OP_SUBTRACT:
      return addDecimals(a, b, true, target);
    case OP_MULTIPLY:
      return multiplyDecimals(a, b, target);
    default:
      if ((load<u64>(b, 4) | load<u32>(b, 12)) == 0) {
        problem = BY_ZERO;
        return true;
      }
      return op == OP_DIVIDE ? divideDecimals(a, b, target) : remainderDecimals(a, b, target);
  }
}

/** a op b of two integers or two decimals. */
export class Arithmetic extends Binary {
  constructor(
    readonly op: u8,
    a: Expression,
    b: Expression,
    private readonly text: SqlText,
  ) {
    super(a, b, a.kind);
  }

  protected combine(batch: Batch, a: Vector, b: Vector, result: Vector): bool {
    problem = 0;
    if (this.kind == K_DECIMAL) this.decimals(batch, a, b, result);
    else this.integers(batch, a, b, result);
    if (problem == BY_ZERO) this.text.fail(DIVISION_BY_ZERO, "division by zero", this.start, "CASE WHEN or NULLIF can guard it");
    else if (problem == OVERFLOWS) {
      const what = "the result of " + operatorText(this.op) + " is no " + kindName(this.kind) + " any more";
      this.text.fail(OVERFLOW, what, this.start);
    }
    return problem == 0;
  }

  private integers(batch: Batch, a: Vector, b: Vector, result: Vector): void {
    const op = this.op;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      const isNull = load<u8>(a.nulls + i) | load<u8>(b.nulls + i);
      store<u8>(result.nulls + i, isNull);
      if (isNull == 0) result.setInt(i, whole(op, a.int(i), b.int(i)));
    }
  }

  private decimals(batch: Batch, a: Vector, b: Vector, result: Vector): void {
    const op = this.op;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      const isNull = load<u8>(a.nulls + i) | load<u8>(b.nulls + i);
      store<u8>(result.nulls + i, isNull);
      if (isNull == 0 && !decimal(op, a.at(i), b.at(i), result.at(i))) problem = OVERFLOWS;
    }
  }
}

/** - or ~ of an integer, - of a decimal. */
export class Signed extends Expression {
  constructor(
    readonly op: u8,
    readonly subject: Expression,
    private readonly text: SqlText,
  ) {
    super(subject.kind);
  }

  evaluate(batch: Batch): Vector | null {
    const subject = this.subject.evaluate(batch);
    if (!subject) return null;
    const result = batch.pool.take(this.kind);
    let overflows = false;
    for (let k = 0; k < batch.selected; k++) {
      const i = batch.row(k);
      result.copy(i, subject, i);
      if (subject.isNull(i)) continue;
      if (this.op == OP_BIT_NOT) result.setInt(i, ~subject.int(i));
      else if (this.kind == K_DECIMAL) negateDecimal(result.at(i));
      else {
        overflows = overflows || subject.int(i) == i64.MIN_VALUE;
        result.setInt(i, 0 - subject.int(i));
      }
    }
    batch.pool.give(subject);
    if (!overflows) return result;
    batch.pool.give(result);
    this.text.fail(OVERFLOW, "the result of - is no " + kindName(K_INT) + " any more", this.start);
    return null;
  }

  addColumns(columns: Array<i32>): void {
    this.subject.addColumns(columns);
  }
}
