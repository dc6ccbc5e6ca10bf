/** Functions of one row's values: what all of them have in common. */
import { OVERFLOW, Status } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { mayStep } from "../../wasi/deadline";
import { Batch } from "./batch";
import { keep } from "./cast";
import { EVERY_ROW, Expression, addColumn } from "./expression";
import { isRandom } from "./function-names";
import { Surroundings } from "./surroundings";
import { Vector } from "./vector";

/** Bytes that a value made by a function may have. */
export const MOST_BYTES: u32 = 1 << 24;

/** What functions make their bytes in. */
export const scratch: ByteBuffer = new ByteBuffer(256);

/** A call; the binder has seen to it that the values are of kinds that the function takes. */
export abstract class Call extends Expression {
  constructor(
    /** F_… of function-names.ts. */
    readonly fn: u8,
    readonly args: Array<Expression>,
    kind: u8,
    /** Whether it is asked where one of its values is null; else the result is null. */
    private readonly takesNull: bool,
    readonly around: Surroundings,
  ) {
    super(kind);
  }

  /** Makes row `i`'s result, which is not null until it says so; false on failure. */
  protected abstract call(batch: Batch, args: Array<Vector>, result: Vector, i: u32): bool;

  evaluate(batch: Batch): Vector | null {
    const args = new Array<Vector>();
    let good = true;
    for (let a = 0; a < this.args.length && good; a++) {
      const value = this.args[a].evaluate(batch);
      good = value !== null;
      if (value) args.push(value);
    }
    const result = batch.pool.take(this.kind);
    for (let k = 0; k < batch.selected && good; k++) {
      const i = batch.row(k);
      let isNull = false;
      for (let a = 0; a < args.length && !this.takesNull; a++) isNull = isNull || args[a].isNull(i);
      result.setNull(i, isNull);
      if (!isNull) good = this.call(batch, args, result, i) && mayStep(1 + (scratch.len >> 4));
    }
    for (let a = 0; a < args.length; a++) batch.pool.give(args[a]);
    if (good) return result;
    batch.pool.give(result);
    return null;
  }

  protected kept(batch: Batch, result: Vector, i: u32): bool {
    return scratch.len > MOST_BYTES ? this.overflows() : keep(batch, scratch, result, i);
  }

  protected fails(status: Status, what: string, hint: string = ""): bool {
    this.around.text.fail(status, what, this.start, hint);
    return false;
  }

  protected overflows(): bool {
    return this.fails(OVERFLOW, "the result is too large");
  }

  addColumns(columns: Array<i32>): void {
    // What is another value each time is worked out for each row.
    if (isRandom(this.fn)) addColumn(columns, EVERY_ROW);
    for (let a = 0; a < this.args.length; a++) this.args[a].addColumns(columns);
  }
}
