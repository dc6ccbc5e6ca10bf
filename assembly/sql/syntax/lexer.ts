/**
 * SQL's tokens, one after the other, where they lie in the text.
 *
 * As SQLite has them: names in double quotes, backquotes or brackets; text in single quotes, a quote in it doubled; x'…' for bytes; numbers
 * with digits, a point and an exponent, or 0x…; parameters ?, ?1, :name, @name, $name; comments from -- to the line's end, and between
 * slash-star and star-slash.
 */
import { Status, SQL_SYNTAX, fail } from "../../status";
import { lowerLetter } from "../../encode/ascii";
import { isDigit } from "../../encode/digits";
import { utf8ValidLength } from "../../encode/utf8";
import { hexDigit } from "../../encode/uuid";

export const T_END: u8 = 0;
/** A word: a name or a keyword. */
export const T_WORD: u8 = 1;
/** A name in quotes. */
export const T_QUOTED: u8 = 2;
export const T_NUMBER: u8 = 3;
export const T_TEXT: u8 = 4;
export const T_BLOB: u8 = 5;
/** ?, ?1, :name, @name, $name. */
export const T_PARAMETER: u8 = 6;
/** Punctuation: `symbol` is its characters, the first one lowest. */
export const T_SYMBOL: u8 = 7;
/** No token: `Lexer.problem` says why. */
const T_BAD: u8 = 8;

/** A character that names may have behind the first one. */
@inline
function isWordByte(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10 || byte == 0x5f || byte == 0x24 || byte >= 0x80;
}

export class Lexer {
  /** The current token: its kind, and where it is in the text. */
  kind: u8 = T_END;
  start: u32 = 0;
  end: u32 = 0;
  symbol: u32 = 0;
  /** Where the token before it ended. */
  lastEnd: u32 = 0;
  private problem: string = "";

  /** The `len` bytes at `ptr`, which have to stay there. Stands at the first token from byte `from` on. */
  constructor(
    readonly ptr: usize,
    readonly len: u32,
    from: u32,
  ) {
    this.end = from;
    this.next();
  }


  @inline private byte(at: u32): u32 {
    return at < this.len ? load<u8>(this.ptr + at) : 0;
  }

  /** To the next token. */
  next(): void {
    this.lastEnd = this.end;
    const at = this.skipSpace(this.end);
    this.start = at;
    if (at >= this.len) {
      this.kind = T_END;
      this.end = this.len;
      return;
    }
    const first = this.byte(at);
    if ((first | 0x20) == 0x78 && this.byte(at + 1) == 0x27) return this.quoted(T_BLOB, at + 1, 0x27);
    if ((first | 0x20) - 0x61 < 26 || first == 0x5f || first >= 0x80) return this.word(at);
    if (isDigit(first) || (first == 0x2e && isDigit(this.byte(at + 1)))) return this.number(at);
    switch (first) {
      case 0x27:
        return this.quoted(T_TEXT, at, 0x27);
      case 0x22:
      case 0x60:
        return this.quoted(T_QUOTED, at, first);
      case 0x5b:
        return this.bracketed(at);
      case 0x3f:
      case 0x3a:
      case 0x40:
      case 0x24:
        return this.parameter(at, first);
      default:
        return this.punctuation(at, first);
    }
  }

  private take(kind: u8, end: u32): void {
    this.kind = kind;
    this.end = end;
  }

  private refuse(problem: string, end: u32): void {
    this.problem = problem;
    this.take(T_BAD, min(end, this.len));
  }

  /** Where what is no white space and no comment comes from `at` on. */
  private skipSpace(at: u32): u32 {
    for (;;) {
      const byte = this.byte(at);
      if (at < this.len && (byte == 0x20 || (byte >= 0x09 && byte <= 0x0d))) at += 1;
      else if (byte == 0x2d && this.byte(at + 1) == 0x2d) {
        while (at < this.len && this.byte(at) != 0x0a) at += 1;
      } else if (byte == 0x2f && this.byte(at + 1) == 0x2a) {
        at += 2;
        while (at < this.len && !(this.byte(at) == 0x2a && this.byte(at + 1) == 0x2f)) at += 1;
        at = min(at + 2, this.len);
      } else break;
    }
    return at;
  }

  private word(at: u32): void {
    let end = at + 1;
    while (end < this.len && isWordByte(this.byte(end))) end += 1;
    const valid = utf8ValidLength(this.ptr + at, end - at);
    if (valid != end - at) return this.refuse("bytes that are no UTF-8", at + valid + 1);
    this.take(T_WORD, end);
  }

  private number(at: u32): void {
    let end = at;
    if (this.byte(at) == 0x30 && (this.byte(at + 1) | 0x20) == 0x78) {
      end = at + 2;
      while (hexDigit(this.byte(end)) < 16) end += 1;
      if (end == at + 2) return this.refuse("a number without digits", end);
    } else {
      while (isDigit(this.byte(end))) end += 1;
      if (this.byte(end) == 0x2e) {
        end += 1;
        while (isDigit(this.byte(end))) end += 1;
      }
      if ((this.byte(end) | 0x20) == 0x65) {
        const sign = this.byte(end + 1) == 0x2b || this.byte(end + 1) == 0x2d ? 1 : 0;
        if (isDigit(this.byte(end + 1 + sign))) {
          end += 2 + sign;
          while (isDigit(this.byte(end))) end += 1;
        }
      }
    }
    if (end < this.len && isWordByte(this.byte(end))) {
      while (end < this.len && isWordByte(this.byte(end))) end += 1;
      return this.refuse("a number with letters behind it", end);
    }
    this.take(T_NUMBER, end);
  }

  /** Something between `quote`s from `at` on, in which they are doubled. */
  private quoted(kind: u8, at: u32, quote: u32): void {
    let end = at + 1;
    for (; ; end++) {
      if (end >= this.len)
        return this.refuse(kind == T_QUOTED ? "a name whose quote is not closed" : "a text whose quote is not closed", end);
      if (this.byte(end) != quote) continue;
      if (this.byte(end + 1) != quote) break;
      end += 1;
    }
    const valid = utf8ValidLength(this.ptr + at, end - at);
    if (valid != end - at) return this.refuse("bytes that are no UTF-8", at + valid + 1);
    if (kind == T_BLOB) {
      for (let i = at + 1; i < end; i++) {
        if (hexDigit(this.byte(i)) > 15) return this.refuse("x'…' with something else than hexadecimal digits", end + 1);
      }
      if (((end - at - 1) & 1) != 0) return this.refuse("x'…' with half a byte", end + 1);
    }
    this.take(kind, end + 1);
  }

  private bracketed(at: u32): void {
    let end = at + 1;
    while (end < this.len && this.byte(end) != 0x5d) end += 1;
    if (end >= this.len) return this.refuse("a name whose bracket is not closed", end);
    const valid = utf8ValidLength(this.ptr + at, end - at);
    if (valid != end - at) return this.refuse("bytes that are no UTF-8", at + valid + 1);
    this.take(T_QUOTED, end + 1);
  }

  private parameter(at: u32, first: u32): void {
    let end = at + 1;
    if (first == 0x3f) {
      while (isDigit(this.byte(end))) end += 1;
      return this.take(T_PARAMETER, end);
    }
    while (end < this.len && isWordByte(this.byte(end))) end += 1;
    if (end == at + 1)
      return this.refuse(first == 0x24 ? "$ without a name" : first == 0x3a ? ": without a name" : "@ without a name", end);
    this.take(T_PARAMETER, end);
  }

  private punctuation(at: u32, first: u32): void {
    const second = this.byte(at + 1);
    let length: u32 = 1;
    switch (first) {
      case 0x3c: // <
        if (second == 0x3d || second == 0x3e || second == 0x3c) length = 2;
        break;
      case 0x3e: // >
        if (second == 0x3d || second == 0x3e) length = 2;
        break;
      case 0x3d: // =
        if (second == 0x3d) length = 2;
        break;
      case 0x21: // !
        if (second != 0x3d) return this.refuse("! without =", at + 1);
        length = 2;
        break;
      case 0x7c: // |
        if (second == 0x7c) length = 2;
        break;
      case 0x2d: // -
        if (second == 0x3e) length = this.byte(at + 2) == 0x3e ? 3 : 2;
        break;
      case 0x28:
      case 0x29:
      case 0x2a:
      case 0x2b:
      case 0x2c:
      case 0x2e:
      case 0x2f:
      case 0x25:
      case 0x26:
      case 0x7e:
      case 0x3b:
        break;
      default:
        return this.refuse("a character that SQL does not have", at + 1);
    }
    this.symbol = first;
    if (length > 1) this.symbol |= second << 8;
    if (length > 2) this.symbol |= 0x3e0000;
    this.take(T_SYMBOL, at + length);
  }

  /** Whether the token is this punctuation. */
  @inline isSymbol(symbol: u32): bool {
    return this.kind == T_SYMBOL && this.symbol == symbol;
  }

  /** Whether the token is the keyword `word`, which is in lower case. */
  is(word: string): bool {
    return this.kind == T_WORD && this.spells(this.start, this.end, word);
  }

  /** Whether the bytes from `start` to `end` are `word`, which is in lower case, in any case. */
  spells(start: u32, end: u32, word: string): bool {
    const len = <u32>word.length;
    if (end - start != len) return false;
    const ptr = this.ptr + start;
    for (let i: u32 = 0; i < len; i++) {
      if (lowerLetter(load<u8>(ptr + i)) != load<u16>(changetype<usize>(word) + ((<usize>i) << 1))) return false;
    }
    return true;
  }

  /** Whether the token behind this one is the keyword `word`; the lexer stays where it is. */
  isFollowedBy(word: string): bool {
    const at = this.skipSpace(this.end);
    let end = at;
    while (end < this.len && isWordByte(this.byte(end))) end += 1;
    return this.spells(at, end, word);
  }

  /** The first character behind this token that is no space; 0 at the end. */
  get following(): u32 {
    return this.byte(this.skipSpace(this.end));
  }

  /** Fails because something is `expected` here. */
  unexpected(expected: string): Status {
    if (this.kind == T_BAD) return fail(SQL_SYNTAX, this.problem);
    const found = this.kind == T_END ? "the end" : this.shown();
    return fail(SQL_SYNTAX, "expected " + expected + ", found " + found);
  }

  /** The token for a message. */
  private shown(): string {
    const most: u32 = 40;
    let len = this.end - this.start;
    if (len > most) len = max<u32>(utf8ValidLength(this.ptr + this.start, most), most - 3);
    return String.UTF8.decodeUnsafe(this.ptr + this.start, len) + (len < this.end - this.start ? "…" : "");
  }
}
