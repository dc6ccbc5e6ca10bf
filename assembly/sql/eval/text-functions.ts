/** Functions of text and bytes. Places and counts are of characters, and of bytes in blobs. */
import { BAD_VALUE } from "../../status";
import { characterLength, characters, codePointAt, hasCharacter, lastCharacter, skip } from "../../encode/characters";
import { addCodePoint } from "../../encode/utf8";
import { addUpperHex, parseHex } from "../../encode/uuid";
import { mayStep } from "../../wasi/deadline";
import { randomU64 } from "../../wasi/random";
import { Batch } from "./batch";
import { Call, MOST_BYTES, scratch } from "./call";
import { addText } from "./cast";
import {
  F_CHAR,
  F_CONCAT_WS,
  F_HEX,
  F_INSTR,
  F_LEFT,
  F_LENGTH,
  F_LOWER,
  F_LPAD,
  F_LTRIM,
  F_OCTET_LENGTH,
  F_PRINTF,
  F_QUOTE,
  F_RANDOMBLOB,
  F_REPLACE,
  F_REVERSE,
  F_RIGHT,
  F_RPAD,
  F_RTRIM,
  F_SUBSTR,
  F_TRIM,
  F_UNHEX,
  F_UNICODE,
  F_UPPER,
  F_UUID,
} from "./function-names";
import { K_BLOB, K_TEXT } from "./kinds";
import { addFormatted, formatProblem } from "./printf";
import { addQuoted } from "./quoted";
import { Vector } from "./vector";

/** Positions in a text are no farther than this. */
const FARTHEST: i64 = 1 << 40;
const BLANK: usize = memory.data<u8>([0x20]);

export class TextCall extends Call {
  protected call(batch: Batch, args: Array<Vector>, result: Vector, i: u32): bool {
    scratch.reset();
    // All but uuid() take something.
    const ptr = args.length > 0 ? args[0].ptr(i) : 0;
    const len = args.length > 0 ? args[0].len(i) : 0;
    switch (this.fn) {
      case F_LENGTH:
        result.setInt(i, args[0].kind == K_BLOB ? len : characters(ptr, len));
        return true;
      case F_OCTET_LENGTH:
        result.setInt(i, len);
        return true;
      case F_UNICODE:
        result.setNull(i, len == 0);
        if (len != 0) result.setInt(i, codePointAt(ptr, characterLength(ptr, ptr + len)));
        return true;
      case F_INSTR: {
        const at = indexOfBytes(ptr, len, args[1].ptr(i), args[1].len(i));
        result.setInt(i, at < 0 ? 0 : (args[0].kind == K_BLOB ? <i64>at : characters(ptr, at)) + 1);
        return true;
      }
      case F_TRIM:
      case F_LTRIM:
      case F_RTRIM:
        return this.trimmed(args, result, i);
      case F_SUBSTR:
      case F_LEFT:
      case F_RIGHT:
        return this.part(args, result, i);
      case F_UPPER:
      case F_LOWER: {
        scratch.addBytes(ptr, len);
        const first: u32 = this.fn == F_UPPER ? 0x61 : 0x41;
        for (let at = scratch.ptr; at < scratch.ptr + len; at++) {
          const byte = <u32>load<u8>(at);
          if (byte - first < 26) store<u8>(at, byte ^ 0x20);
        }
        break;
      }
      case F_LPAD:
      case F_RPAD:
        if (!this.padded(args, i)) return false;
        break;
      case F_REPLACE:
        if (!this.replaced(args, i)) return false;
        break;
      case F_REVERSE: {
        let end = ptr + len;
        while (end > ptr) {
          const last = lastCharacter(ptr, end);
          scratch.addBytes(last, <u32>(end - last));
          end = last;
        }
        break;
      }
      case F_HEX:
        addUpperHex(ptr, len, scratch);
        break;
      case F_UNHEX:
        result.setNull(i, !parseHex(ptr, len, scratch.reserve(len >> 1)));
        scratch.len += len >> 1;
        break;
      case F_CHAR:
        for (let a = 0; a < args.length; a++) {
          const code = <u64>args[a].int(i);
          if (code > 0x10ffff || code - 0xd800 < 0x800)
            return this.fails(BAD_VALUE, args[a].int(i).toString() + " is no character");
          addCodePoint(<u32>code, scratch);
        }
        break;
      case F_RANDOMBLOB: {
        const wanted = args[0].int(i);
        if (wanted > <i64>MOST_BYTES) return this.overflows();
        // At least one, as in SQLite.
        while (<i64>scratch.len < wanted || scratch.len == 0) scratch.addU64(randomU64());
        scratch.len = <u32>max<i64>(wanted, 1);
        break;
      }
      case F_UUID:
        scratch.addU64((randomU64() & 0xff0fffffffffffff) | 0x0040000000000000);
        scratch.addU64((randomU64() & ~0xc0) | 0x80);
        break;
      case F_QUOTE:
        addQuoted(args[0], i, scratch);
        break;
      case F_PRINTF:
        // A format that is null makes nothing.
        result.setNull(i, args[0].isNull(i));
        if (!args[0].isNull(i) && !addFormatted(args, i, scratch)) return this.fails(BAD_VALUE, "printf " + formatProblem);
        break;
      default:
        this.joined(args, result, i);
    }
    return this.kept(batch, result, i);
  }

  /** Without the characters of the second value, or blanks, at its ends. */
  private trimmed(args: Array<Vector>, result: Vector, i: u32): bool {
    let from = args[0].ptr(i);
    let end = from + args[0].len(i);
    const set = args.length > 1 ? args[1].ptr(i) : BLANK;
    const setLen: u32 = args.length > 1 ? args[1].len(i) : 1;
    while (this.fn != F_RTRIM && from < end) {
      const len = characterLength(from, end);
      if (!hasCharacter(set, setLen, from, len) || !mayStep(1 + (setLen >> 3))) break;
      from += len;
    }
    while (this.fn != F_LTRIM && from < end) {
      const last = lastCharacter(from, end);
      if (!hasCharacter(set, setLen, last, <u32>(end - last)) || !mayStep(1 + (setLen >> 3))) break;
      end = last;
    }
    result.setBytes(i, from, <u32>(end - from));
    return true;
  }

  /**
   * SUBSTR(text, from, count), as SQLite has it: from 1 on, from the end where it is below 0; to the left where the count is. LEFT and
   * RIGHT with a number below 0 leave so many out on the other side, as in PostgreSQL.
   */
  private part(args: Array<Vector>, result: Vector, i: u32): bool {
    const isText = this.kind == K_TEXT;
    const ptr = args[0].ptr(i);
    const len = args[0].len(i);
    const total = isText ? characters(ptr, len) : <i64>len;
    let from = min<i64>(max<i64>(args[1].int(i), -FARTHEST), FARTHEST);
    let count = args.length > 2 ? min<i64>(max<i64>(args[2].int(i), -FARTHEST), FARTHEST) : FARTHEST;
    if (this.fn != F_SUBSTR) {
      count = from < 0 ? max<i64>(total + from, 0) : min(from, total);
      from = this.fn == F_LEFT ? 0 : total - count;
    } else {
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
    }
    if (from >= total || count <= 0) {
      result.setBytes(i, ptr, 0);
      return true;
    }
    count = min<i64>(count, total - from);
    const end = ptr + len;
    const start = isText ? skip(ptr, end, from) : ptr + <usize>from;
    const behind = isText ? skip(start, end, count) : start + <usize>count;
    result.setBytes(i, start, <u32>(behind - start));
    return true;
  }

  /** Text of so many characters: cut on the right, or filled with blanks or the third value. */
  private padded(args: Array<Vector>, i: u32): bool {
    const ptr = args[0].ptr(i);
    const len = args[0].len(i);
    const wanted = max<i64>(args[1].int(i), 0);
    const fill = args.length > 2 ? args[2].ptr(i) : BLANK;
    const fillLen: u32 = args.length > 2 ? args[2].len(i) : 1;
    const fillEnd = fill + fillLen;
    let missing = wanted - characters(ptr, len);
    if (missing > <i64>MOST_BYTES) return this.overflows();
    if (missing < 0) {
      scratch.addBytes(ptr, <u32>(skip(ptr, ptr + len, wanted) - ptr));
      return true;
    }
    if (fill == fillEnd) missing = 0;
    if (this.fn == F_RPAD) scratch.addBytes(ptr, len);
    let at = fill;
    for (; missing > 0; missing--) {
      const one = characterLength(at, fillEnd);
      scratch.addBytes(at, one);
      at = at + one == fillEnd ? fill : at + one;
    }
    if (this.fn == F_LPAD) scratch.addBytes(ptr, len);
    return true;
  }

  private replaced(args: Array<Vector>, i: u32): bool {
    let ptr = args[0].ptr(i);
    let len = args[0].len(i);
    const what = args[1].ptr(i);
    const whatLen = args[1].len(i);
    while (whatLen > 0) {
      const at = indexOfBytes(ptr, len, what, whatLen);
      if (at < 0) break;
      scratch.addBytes(ptr, at);
      scratch.addBytes(args[2].ptr(i), args[2].len(i));
      if (scratch.len > MOST_BYTES) return this.overflows();
      ptr += <u32>at + whatLen;
      len -= <u32>at + whatLen;
    }
    scratch.addBytes(ptr, len);
    return true;
  }

  private joined(args: Array<Vector>, result: Vector, i: u32): void {
    const first = this.fn == F_CONCAT_WS ? 1 : 0;
    result.setNull(i, first == 1 && args[0].isNull(i));
    let isNext = false;
    for (let a = first; a < args.length; a++) {
      if (args[a].isNull(i)) continue;
      if (isNext && first == 1) addText(args[0].kind, args[0].at(i), scratch);
      isNext = true;
      addText(args[a].kind, args[a].at(i), scratch);
    }
  }
}

/** Where the bytes at `what` first are among those at `ptr`; -1 for nowhere, and when there is no time to look on (`mayStep`). */
function indexOfBytes(ptr: usize, len: u32, what: usize, whatLen: u32): i32 {
  for (let at: u32 = 0; at + whatLen <= len && mayStep(1 + (whatLen >> 3)); at++) {
    if (memory.compare(ptr + at, what, whatLen) == 0) return <i32>at;
  }
  return -1;
}
