/** Functions of one row's values. All but those that say otherwise give null when one of their values is null. */
import { OVERFLOW } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { negateDecimal, ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_AWAY, roundDecimal } from "../../encode/decimal-arithmetic";
import { addHex } from "../../encode/uuid";
import { SqlText } from "../sql-text";
import { Batch } from "./batch";
import { keep, addText } from "./cast";
import { compareSlots } from "./compare";
import { Expression } from "./expression";
import { K_BLOB, K_INT, K_TEXT } from "./kinds";
import { Vector } from "./vector";

export const F_ABS: u8 = 1;
export const F_ROUND: u8 = 2;
export const F_CEIL: u8 = 3;
export const F_FLOOR: u8 = 4;
export const F_SIGN: u8 = 5;
export const F_LENGTH: u8 = 6;
export const F_UPPER: u8 = 7;
export const F_LOWER: u8 = 8;
export const F_TRIM: u8 = 9;
export const F_LTRIM: u8 = 10;
export const F_RTRIM: u8 = 11;
export const F_SUBSTR: u8 = 12;
export const F_REPLACE: u8 = 13;
export const F_INSTR: u8 = 14;
export const F_HEX: u8 = 15;
/** The greatest or least of several; null if one is. */
export const F_GREATEST: u8 = 16;
export const F_LEAST: u8 = 17;
/** Text one behind the other; CONCAT leaves nulls out. */
export const F_CONCAT: u8 = 18;
/** || of two. */
export const F_JOIN: u8 = 19;
export const F_OCTET_LENGTH: u8 = 20;

const scratch: ByteBuffer = new ByteBuffer(256);

/** A call of one of them; the binder has seen to it that the values are of kinds that it takes. */
export class FunctionCall extends Expression {
  constructor(
    readonly fn: u8,
    readonly args: Array<Expression>,
    kind: u8,
    private readonly text: SqlText,
  ) {
    super(kind);
  }

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
      if (this.fn != F_CONCAT) {
        for (let a = 0; a < args.length; a++) isNull = isNull || args[a].isNull(i);
      }
      result.setNull(i, isNull);
      if (!isNull) good = this.call(batch, args, result, i);
    }
    for (let a = 0; a < args.length; a++) batch.pool.give(args[a]);
    if (good) return result;
    batch.pool.give(result);
    return null;
  }

  private call(batch: Batch, args: Array<Vector>, result: Vector, i: u32): bool {
    const first = unchecked(args[0]);
    switch (this.fn) {
      case F_ABS:
      case F_ROUND:
      case F_CEIL:
      case F_FLOOR:
      case F_SIGN:
        return this.numeric(args, result, i);
      case F_LENGTH:
        result.setInt(i, first.kind == K_BLOB ? first.len(i) : characters(first.ptr(i), first.len(i)));
        return true;
      case F_OCTET_LENGTH:
        result.setInt(i, first.len(i));
        return true;
      case F_UPPER:
      case F_LOWER:
        return this.folded(batch, first, result, i);
      case F_TRIM:
      case F_LTRIM:
      case F_RTRIM:
        return this.trimmed(args, result, i);
      case F_SUBSTR:
        return this.part(args, result, i);
      case F_REPLACE:
        return this.replaced(batch, args, result, i);
      case F_INSTR:
        result.setInt(i, position(args, i));
        return true;
      case F_HEX:
        scratch.reset();
        addHex(first.ptr(i), first.len(i), scratch);
        for (let at: u32 = 0; at < scratch.len; at++) {
          const byte = <u32>load<u8>(scratch.ptr + at);
          if (byte >= 0x61) store<u8>(scratch.ptr + at, <u8>(byte - 0x20));
        }
        return this.kept(batch, result, i);
      case F_GREATEST:
      case F_LEAST:
        result.copy(i, first, i);
        for (let a = 1; a < args.length; a++) {
          const order = compareSlots(this.kind, args[a].at(i), result.at(i));
          if (this.fn == F_GREATEST ? order > 0 : order < 0) result.copy(i, args[a], i);
        }
        return true;
      default:
        scratch.reset();
        for (let a = 0; a < args.length; a++) {
          if (!args[a].isNull(i)) addText(args[a].kind, args[a].at(i), scratch);
        }
        return this.kept(batch, result, i);
    }
  }

  private kept(batch: Batch, result: Vector, i: u32): bool {
    return keep(batch, scratch, result, i);
  }

  private numeric(args: Array<Vector>, result: Vector, i: u32): bool {
    const first = args[0];
    if (this.args[0].kind == K_INT) {
      const value = first.int(i);
      if (this.fn == F_SIGN) result.setInt(i, i64(value > 0) - i64(value < 0));
      else if (this.fn == F_ABS && value == i64.MIN_VALUE) return this.overflows();
      else if (this.fn == F_ABS) result.setInt(i, value < 0 ? 0 - value : value);
      else result.setInt(i, value);
      return true;
    }
    const at = first.at(i);
    const isZero = (load<u64>(at, 4) | load<u32>(at, 12)) == 0;
    const isNegative = load<u8>(at, 3) >> 7 != 0;
    if (this.fn == F_SIGN) {
      result.setInt(i, isZero ? 0 : isNegative ? -1 : 1);
      return true;
    }
    result.copy(i, first, i);
    if (this.fn == F_ABS) {
      if (isNegative) negateDecimal(result.at(i));
      return true;
    }
    const digits = args.length > 1 ? <i32>min<i64>(max<i64>(args[1].int(i), -40), 40) : 0;
    const mode = this.fn == F_CEIL ? ROUND_CEILING : this.fn == F_FLOOR ? ROUND_FLOOR : ROUND_HALF_AWAY;
    return roundDecimal(at, digits, mode, result.at(i)) || this.overflows();
  }

  private overflows(): bool {
    this.text.fail(OVERFLOW, "the result is too large", this.start);
    return false;
  }

  private folded(batch: Batch, subject: Vector, result: Vector, i: u32): bool {
    const len = subject.len(i);
    const at = batch.arena.take(len);
    if (at == 0) return false;
    const from = subject.ptr(i);
    const first: u32 = this.fn == F_UPPER ? 0x61 : 0x41;
    for (let b: u32 = 0; b < len; b++) {
      const byte = <u32>load<u8>(from + b);
      store<u8>(at + b, <u8>(byte - first < 26 ? byte ^ 0x20 : byte));
    }
    result.setBytes(i, at, len);
    return true;
  }

  /** Without the characters of the second value, or blanks, at its ends. */
  private trimmed(args: Array<Vector>, result: Vector, i: u32): bool {
    let from = args[0].ptr(i);
    let end = from + args[0].len(i);
    const set = args.length > 1 ? args[1].ptr(i) : BLANK;
    const setLen = args.length > 1 ? args[1].len(i) : 1;
    if (this.fn != F_RTRIM) {
      while (from < end) {
        const len = characterLength(from, end);
        if (!hasCharacter(set, setLen, from, len)) break;
        from += len;
      }
    }
    if (this.fn != F_LTRIM) {
      while (from < end) {
        let last = end - 1;
        while (last > from && (load<u8>(last) & 0xc0) == 0x80) last -= 1;
        if (!hasCharacter(set, setLen, last, <u32>(end - last))) break;
        end = last;
      }
    }
    result.setBytes(i, from, <u32>(end - from));
    return true;
  }

  /** SUBSTR(text, from, count), as SQLite has it: from 1 on, from the end where it is below 0; to the left where the count is. */
  private part(args: Array<Vector>, result: Vector, i: u32): bool {
    const isText = this.kind == K_TEXT;
    const ptr = args[0].ptr(i);
    const len = args[0].len(i);
    const total = isText ? characters(ptr, len) : <i64>len;
    let from = min<i64>(max<i64>(args[1].int(i), -FARTHEST), FARTHEST);
    let count = args.length > 2 ? min<i64>(max<i64>(args[2].int(i), -FARTHEST), FARTHEST) : FARTHEST;
    const toLeft = count < 0;
    if (toLeft) count = -count;
    if (from < 0) {
      from += total;
      if (from < 0) {
        count = max<i64>(count + from, 0);
        from = 0;
      }
    } else if (from > 0) from -= 1;
    else if (count > 0) count -= 1;
    if (toLeft) {
      from -= count;
      if (from < 0) {
        count += from;
        from = 0;
      }
    }
    if (from >= total || count <= 0) {
      result.setBytes(i, ptr, 0);
      return true;
    }
    count = min<i64>(count, total - from);
    if (!isText) {
      result.setBytes(i, ptr + <usize>from, <u32>count);
      return true;
    }
    const start = skip(ptr, ptr + len, from);
    result.setBytes(i, start, <u32>(skip(start, ptr + len, count) - start));
    return true;
  }

  private replaced(batch: Batch, args: Array<Vector>, result: Vector, i: u32): bool {
    const ptr = args[0].ptr(i);
    const len = args[0].len(i);
    const what = args[1].ptr(i);
    const whatLen = args[1].len(i);
    if (whatLen == 0) {
      result.copy(i, args[0], i);
      return true;
    }
    scratch.reset();
    let at: u32 = 0;
    while (at < len) {
      if (whatLen <= len - at && memory.compare(ptr + at, what, whatLen) == 0) {
        scratch.addBytes(args[2].ptr(i), args[2].len(i));
        at += whatLen;
      } else {
        scratch.addU8(load<u8>(ptr + at));
        at += 1;
      }
      if (scratch.len > MOST_BYTES) return this.overflows();
    }
    return this.kept(batch, result, i);
  }

  addColumns(columns: Array<i32>): void {
    for (let a = 0; a < this.args.length; a++) this.args[a].addColumns(columns);
  }
}

/** Positions in a text are no farther than this. */
const FARTHEST: i64 = 1 << 40;
/** Bytes that a value made by a function may have. */
const MOST_BYTES: u32 = 1 << 24;
const BLANK: usize = memory.data<u8>([0x20]);

/** How many characters the UTF-8 at `ptr` has. */
function characters(ptr: usize, len: u32): i64 {
  let count: i64 = 0;
  for (let at: u32 = 0; at < len; at++) count += i64((load<u8>(ptr + at) & 0xc0) != 0x80);
  return count;
}

/** Bytes of the character at `at`. */
function characterLength(at: usize, end: usize): u32 {
  let next = at + 1;
  while (next < end && (load<u8>(next) & 0xc0) == 0x80) next += 1;
  return <u32>(next - at);
}

/** Where the text goes on behind `count` characters. */
function skip(at: usize, end: usize, count: i64): usize {
  for (; count > 0 && at < end; count--) at += characterLength(at, end);
  return at;
}

function hasCharacter(set: usize, setLen: u32, ptr: usize, len: u32): bool {
  const end = set + setLen;
  while (set < end) {
    const one = characterLength(set, end);
    if (one == len && memory.compare(set, ptr, len) == 0) return true;
    set += one;
  }
  return false;
}

/** Where the second text first is in the first, in characters (bytes of blobs) from 1 on; 0 for nowhere. */
function position(args: Array<Vector>, i: u32): i64 {
  const ptr = args[0].ptr(i);
  const len = args[0].len(i);
  const what = args[1].ptr(i);
  const whatLen = args[1].len(i);
  for (let at: u32 = 0; whatLen <= len - at && at <= len; at++) {
    if (memory.compare(ptr + at, what, whatLen) == 0) return (args[0].kind == K_TEXT ? characters(ptr, at) : <i64>at) + 1;
    if (at == len) break;
  }
  return 0;
}
