/** LIMIT and OFFSET with their values. */
import { VectorColumns, Batch } from "../eval/batch";
import { Constant, Expression } from "../eval/expression";
import { K_INT } from "../eval/kinds";
import { takeValue } from "../eval/once";
import { RowLimit } from "./operator";

export class LimitValues extends RowLimit {
  /** Integers that are the same for all rows; null for none. */
  most: Expression | null = null;
  skipped: Expression | null = null;

  /** LIMIT 1. */
  static one(): LimitValues {
    const made = new LimitValues();
    const one = new Constant(K_INT);
    one.low = 1;
    made.most = one;
    return made;
  }

  get estimate(): f64 {
    const most = this.most;
    return most && most instanceof Constant && <i64>(<Constant>most).low >= 0 ? <f64>(<i64>(<Constant>most).low) : 100;
  }

  /** A limit that is null or below 0 is none, as in SQLite. */
  open(): bool {
    const most = this.most;
    const skipped = this.skipped;
    this.limit = i64.MAX_VALUE;
    this.offset = 0;
    if (most) {
      const limit = numberOf(most);
      if (!limit) return false;
      if (!limit.isNull && <i64>limit.low >= 0) this.limit = <i64>limit.low;
    }
    if (!skipped) return true;
    const offset = numberOf(skipped);
    if (!offset) return false;
    if (!offset.isNull) this.offset = max<i64>(<i64>offset.low, 0);
    return true;
  }
}

/** The value of an integer; null on failure. */
function numberOf(subject: Expression): Constant | null {
  if (subject instanceof Constant) return <Constant>subject;
  const value = new Constant(K_INT);
  const batch = new Batch(new VectorColumns());
  const isGood = takeValue(value, subject, batch);
  batch.free();
  return isGood ? value : null;
}
