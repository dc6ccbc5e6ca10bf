/** LIKE, ILIKE and GLOB. */
import { BAD_VALUE } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { behind } from "../../encode/characters";
import { BACKSLASH, PERCENT, UNDERSCORE, likes } from "../../rules/like";
import { mayStep } from "../../wasi/deadline";
import { SqlText } from "../sql-text";
import { OP_GLOB, OP_ILIKE, OP_LIKE } from "../syntax/operators";
import { Batch } from "./batch";
import { Expression, Fixed } from "./expression";
import { K_BOOLEAN } from "./kinds";
import { Vector } from "./vector";

const STAR: u32 = 0x2a;
const QUESTION: u32 = 0x3f;
const OPEN: u32 = 0x5b;
const CLOSE: u32 = 0x5d;
const CARET: u32 = 0x5e;
const HYPHEN: u32 = 0x2d;
/** No character escapes. */
const NONE: u32 = 0xffffffff;

export class Like extends Expression {
  constructor(
    readonly op: u8,
    readonly subject: Expression,
    readonly pattern: Expression,
    /** Null: a backslash. */
    readonly escape: Expression | null,
    readonly isNot: bool,
    private readonly text: SqlText,
  ) {
    super(K_BOOLEAN);
  }

  evaluate(batch: Batch): Vector | null {
    const subject = this.subject.evaluate(batch);
    if (!subject) return null;
    const pattern = this.pattern.evaluate(batch);
    const by = this.escape;
    const escape = by ? by.evaluate(batch) : null;
    const good = pattern !== null && (!by || escape !== null);
    const result = good ? this.match(batch, subject, pattern!, escape) : null;
    batch.pool.give(subject);
    if (pattern) batch.pool.give(pattern);
    if (escape) batch.pool.give(escape);
    return result;
  }

  private match(batch: Batch, subject: Vector, pattern: Vector, escape: Vector | null): Vector | null {
    const result = batch.pool.take(K_BOOLEAN);
    const turn: i64 = this.isNot ? 1 : 0;
    const plain = this.pattern instanceof Fixed ? plainInside(this.op, <Fixed>this.pattern) : 0;
    let good = true;
    for (let k = 0; k < batch.selected && good; k++) {
      const i = batch.row(k);
      const isNull = subject.isNull(i) || pattern.isNull(i) || (escape !== null && escape.isNull(i));
      result.setNull(i, isNull);
      if (isNull) continue;
      let by = BACKSLASH;
      if (escape) {
        const len = escape.len(i);
        by = len == 0 ? NONE : <u32>load<u8>(escape.ptr(i));
        if (len > 1 || by == PERCENT || by == UNDERSCORE) {
          this.text.fail(BAD_VALUE, "ESCAPE needs one ASCII character that is neither % nor _", this.start);
          good = false;
        }
      }
      const text = subject.ptr(i);
      const textEnd = text + subject.len(i);
      const ptr = pattern.ptr(i);
      const end = ptr + pattern.len(i);
      if (plain != 0 && !escape) {
        result.setInt(i, i64(contains(text, textEnd, ptr + 1, plain)) ^ turn);
        continue;
      }
      const found = this.op == OP_GLOB ? globs(text, textEnd, ptr, end) : likes(text, textEnd, ptr, end, by, this.op == OP_ILIKE);
      result.setInt(i, i64(found) ^ turn);
      good = good && mayStep(1);
    }
    if (good) return result;
    batch.pool.give(result);
    return null;
  }

  addColumns(columns: Array<i32>): void {
    this.subject.addColumns(columns);
    this.pattern.addColumns(columns);
    const escape = this.escape;
    if (escape) escape.addColumns(columns);
  }
}

/** How many bytes are between the two % of a pattern that has nothing else but plain characters; 0 for any other. */
function plainInside(op: u8, pattern: Fixed): u32 {
  const len = load<u32>(pattern.slot, 4);
  const ptr = <usize>load<u32>(pattern.slot);
  if (op != OP_LIKE || pattern.isNull || len < 3 || load<u8>(ptr) != PERCENT || load<u8>(ptr + len - 1) != PERCENT) return 0;
  for (let at = ptr + 1; at < ptr + len - 1; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == PERCENT || byte == UNDERSCORE || byte == BACKSLASH) return 0;
  }
  return len - 2;
}

/** Whether the text has these `len` bytes in it. */
function contains(text: usize, textEnd: usize, ptr: usize, len: u32): bool {
  const first = load<u8>(ptr);
  for (; text + len <= textEnd; text++) {
    if (load<u8>(text) != first) continue;
    let same: u32 = 1;
    while (same < len && load<u8>(text + same) == load<u8>(ptr + same)) same += 1;
    if (same == len) return true;
  }
  return false;
}

/** Appends what all texts begin with that are like a pattern of LIKE, with a backslash to escape, or GLOB. */
export function addPlainStart(op: u8, ptr: usize, len: u32, out: ByteBuffer): void {
  const end = ptr + len;
  for (; ptr < end; ptr++) {
    let byte = <u32>load<u8>(ptr);
    if (op == OP_GLOB ? byte == STAR || byte == QUESTION || byte == OPEN : byte == PERCENT || byte == UNDERSCORE) return;
    if (op != OP_GLOB && byte == BACKSLASH && ptr + 1 < end) byte = <u32>load<u8>(++ptr);
    out.addU8(byte);
  }
}

/** What `likes` is for LIKE, for GLOB: * is any text, ? any character, [a-z] one of some, [^a-z] none of them. */
function globs(text: usize, textEnd: usize, pattern: usize, end: usize): bool {
  let star: usize = 0;
  let starText: usize = 0;
  for (;;) {
    let fits = false;
    if (pattern < end) {
      const byte = <u32>load<u8>(pattern);
      if (byte == STAR) {
        star = ++pattern;
        starText = text;
        continue;
      }
      if (text < textEnd) {
        if (byte == QUESTION) {
          text = behind(text, textEnd);
          pattern += 1;
          fits = true;
        } else if (byte == OPEN) {
          const close = classEnd(pattern, end);
          if (close != 0 && inClass(pattern + 1, close, text, textEnd)) {
            text = behind(text, textEnd);
            pattern = close + 1;
            fits = true;
          }
        } else if (byte == load<u8>(text)) {
          text += 1;
          pattern += 1;
          fits = true;
        }
      }
    } else if (text == textEnd) return true;
    if (fits) continue;
    if (star == 0 || starText == textEnd || !mayStep(<u32>(end - star))) return false;
    starText = behind(starText, textEnd);
    pattern = star;
    text = starText;
  }
  return false; // never reached, but the compiler cannot tell
}

/** Where the ] of a class is, which may be its first character; 0 for nowhere. */
function classEnd(pattern: usize, end: usize): usize {
  let at = pattern + 1;
  if (at < end && load<u8>(at) == CARET) at += 1;
  if (at < end && load<u8>(at) == CLOSE) at += 1;
  while (at < end && load<u8>(at) != CLOSE) at += 1;
  return at < end ? at : 0;
}

/** The code point at `at`. */
function codePoint(at: usize, end: usize): u32 {
  const first = <u32>load<u8>(at);
  if (first < 0x80) return first;
  let value = first < 0xe0 ? first & 0x1f : first < 0xf0 ? first & 0x0f : first & 0x07;
  for (at += 1; at < end && (load<u8>(at) & 0xc0) == 0x80; at++) value = (value << 6) | ((<u32>load<u8>(at)) & 0x3f);
  return value;
}

function inClass(at: usize, close: usize, text: usize, textEnd: usize): bool {
  const wanted = codePoint(text, textEnd);
  const isNot = load<u8>(at) == CARET;
  if (isNot) at += 1;
  let found = false;
  while (at < close) {
    const low = codePoint(at, close);
    at = behind(at, close);
    let high = low;
    if (at + 1 < close && load<u8>(at) == HYPHEN) {
      high = codePoint(at + 1, close);
      at = behind(at + 1, close);
    }
    found = found || (wanted >= low && wanted <= high);
  }
  return found != isNot;
}
