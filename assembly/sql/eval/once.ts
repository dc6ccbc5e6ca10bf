/** Values that are worked out once, for no row. */
import { Batch } from "./batch";
import { Constant, Expression, Fixed } from "./expression";
import { K_DECIMAL, isBytes } from "./kinds";
import { Vector } from "./vector";

/** Makes `constant` what `subject` is, which reads no column; false on failure. `batch` is for working it out. */
export function takeValue(constant: Constant, subject: Expression, batch: Batch): bool {
  if (subject instanceof Constant) {
    const known = <Fixed>subject;
    constant.isNull = known.isNull;
    constant.low = known.low;
    constant.high = known.high;
    return true;
  }
  batch.begin(1);
  const vector = subject.evaluate(batch);
  if (!vector) return false;
  takeRow(constant, vector, 0);
  batch.pool.give(vector);
  return true;
}

/** Makes `constant` row `i`'s value, with a copy of its bytes. */
export function takeRow(constant: Constant, vector: Vector, i: u32): void {
  constant.isNull = vector.isNull(i);
  if (constant.isNull) return;
  if (isBytes(constant.kind)) {
    constant.setBytes(vector.ptr(i), vector.len(i));
    return;
  }
  constant.low = load<u64>(vector.at(i));
  constant.high = constant.kind == K_DECIMAL ? load<u64>(vector.at(i), 8) : 0;
}
