/** Functions of numbers, the greatest or least of several, and what is known without any value. */
import {
  ROUND_CEILING,
  ROUND_FLOOR,
  ROUND_HALF_AWAY,
  ROUND_TRUNCATE,
  decimalOfInteger,
  divideDecimals,
  isWholeNumber,
  multiplyDecimals,
  negateDecimal,
  roundDecimal,
  wholeNumber,
} from "../../encode/decimal-arithmetic";
import { randomU64 } from "../../wasi/random";
import { Batch } from "./batch";
import { Call } from "./call";
import { compareSlots } from "./compare";
import {
  F_ABS,
  F_CEIL,
  F_CHANGES,
  F_FLOOR,
  F_GREATEST,
  F_LAST_ID,
  F_TOTAL_CHANGES,
  F_LEAST,
  F_POWER,
  F_RANDOM,
  F_SIGN,
  F_TRUNC,
} from "./function-names";
import { K_INT } from "./kinds";
import { Vector } from "./vector";

const base: usize = memory.data(16, 8);
const product: usize = memory.data(16, 8);

export class NumberCall extends Call {
  protected call(batch: Batch, args: Array<Vector>, result: Vector, i: u32): bool {
    switch (this.fn) {
      case F_GREATEST:
      case F_LEAST:
        result.copy(i, args[0], i);
        for (let a = 1; a < args.length; a++) {
          const order = compareSlots(this.kind, args[a].at(i), result.at(i));
          if (this.fn == F_GREATEST ? order > 0 : order < 0) result.copy(i, args[a], i);
        }
        return true;
      case F_RANDOM:
        result.setInt(i, <i64>randomU64());
        return true;
      case F_CHANGES:
        result.setInt(i, this.around.changes);
        return true;
      case F_TOTAL_CHANGES:
        result.setInt(i, this.around.totalChanges);
        return true;
      case F_LAST_ID:
        result.setInt(i, this.around.lastInsertRowid);
        return true;
      case F_POWER:
        return this.power(args, result, i);
    }
    return args[0].kind == K_INT && args.length == 1
      ? this.ofInteger(args[0].int(i), result, i)
      : this.ofDecimal(args, result, i);
  }

  private ofInteger(value: i64, result: Vector, i: u32): bool {
    if (this.fn == F_SIGN) value = i64(value > 0) - i64(value < 0);
    else if (this.fn == F_ABS && value < 0) {
      if (value == i64.MIN_VALUE) return this.overflows();
      value = 0 - value;
    }
    result.setInt(i, value);
    return true;
  }

  private ofDecimal(args: Array<Vector>, result: Vector, i: u32): bool {
    const isInteger = args[0].kind == K_INT;
    let at = args[0].at(i);
    if (isInteger) {
      decimalOfInteger(args[0].int(i), base);
      at = base;
    }
    const isZero = (load<u64>(at, 4) | load<u32>(at, 12)) == 0;
    const isNegative = load<u8>(at, 3) >> 7 != 0;
    if (this.fn == F_SIGN) {
      result.setInt(i, isZero ? 0 : isNegative ? -1 : 1);
      return true;
    }
    if (this.fn == F_ABS) {
      memory.copy(result.at(i), at, 16);
      if (isNegative) negateDecimal(result.at(i));
      return true;
    }
    const digits = args.length > 1 ? <i32>min<i64>(max<i64>(args[1].int(i), -40), 40) : 0;
    const mode =
      this.fn == F_CEIL
        ? ROUND_CEILING
        : this.fn == F_FLOOR
          ? ROUND_FLOOR
          : this.fn == F_TRUNC
            ? ROUND_TRUNCATE
            : ROUND_HALF_AWAY;
    return roundDecimal(at, digits, mode, product) && this.store(product, result, i) ? true : this.overflows();
  }

  /** Makes a decimal the result, as an integer where that is its kind; false when it is none. */
  private store(decimal: usize, result: Vector, i: u32): bool {
    if (this.kind != K_INT) memory.copy(result.at(i), decimal, 16);
    else if (isWholeNumber(decimal)) result.setInt(i, wholeNumber);
    else return false;
    return true;
  }

  /** By squaring: no square is made that is not needed, so that none overflows where the result does not. */
  private power(args: Array<Vector>, result: Vector, i: u32): bool {
    const exponent = args[1].int(i);
    if (args[0].kind == K_INT) decimalOfInteger(args[0].int(i), base);
    else memory.copy(base, args[0].at(i), 16);
    decimalOfInteger(1, product);
    let left: u64 = exponent < 0 ? 0 - exponent : exponent;
    let good = true;
    while (good && left != 0) {
      if ((left & 1) != 0) good = multiplyDecimals(product, base, product);
      left >>= 1;
      if (left != 0) good = good && multiplyDecimals(base, base, base);
    }
    if (good && exponent < 0) {
      decimalOfInteger(1, base);
      good = (load<u64>(product, 4) | load<u32>(product, 12)) != 0 && divideDecimals(base, product, product);
    }
    return (good && this.store(product, result, i)) || this.overflows();
  }
}
