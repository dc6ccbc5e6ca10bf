/** A place in JSON text that is read in pieces: what is there is told, and values are gone over, however large they are. */
import { isSpace } from "../../encode/json-space";
import { ByteSource } from "./byte-source";

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const LINE_FEED: u32 = 0x0a;
/** Brackets differ from braces in this bit alone. */
const BRACE_BIT: u32 = 0x20;
const OPEN_BRACE: u32 = 0x7b;
const CLOSE_BRACE: u32 = 0x7d;

export class JsonCursor {
  /** The line (from 1) of the place. */
  line: u64 = 1;

  constructor(readonly source: ByteSource) {}

  /** The first byte behind white space, or 0 at the end. */
  peek(): u32 {
    const source = this.source;
    do {
      const end = source.end;
      let at = source.start;
      while (at < end) {
        const byte = <u32>load<u8>(at);
        if (!isSpace(byte)) break;
        if (byte == LINE_FEED) this.line += 1;
        at++;
      }
      source.start = at;
      if (at < end) return load<u8>(at);
    } while (source.more());
    return 0;
  }

  /** Goes over the byte that `peek` told. */
  @inline take(): void {
    this.source.start += 1;
  }

  /** Bytes of the object, array or string at the place, by its brackets and quotes; 0 when the source ends before it does. */
  valueLen(): u32 {
    return this.measure(0, false);
  }

  /** Goes over the value at the place, which is looked at for brackets and quotes alone. False when there is none, or not all of one. */
  skip(): bool {
    const byte = this.peek();
    if (byte == QUOTE || (byte | BRACE_BIT) == OPEN_BRACE) return this.measure(0, true) != 0;
    const source = this.source;
    let found = false;
    do {
      const end = source.end;
      let at = source.start;
      while (at < end && !endsScalar(load<u8>(at))) at++;
      found = found || at > source.start;
      source.start = at;
      if (at < end) return found;
    } while (source.more());
    return found;
  }

  /** Goes over what is left of the array or object that the place is in, with its end. False when the source ends before it does. */
  skipRest(): bool {
    return this.measure(1, true) != 0;
  }

  /**
   * Goes to the end of `depth` containers, or with 0 of the value at the place, and counts lines. With `moves` the place goes along, so
   * that a window is enough; without, it stays, and the bytes from it on are returned. 0 when the source ends before.
   */
  private measure(depth: i32, moves: bool): u32 {
    const source = this.source;
    let inString = false;
    let offset: u32 = 0;
    do {
      const start = source.start;
      const end = source.end;
      let at = start + offset;
      let isOver = false;
      while (at < end && !isOver) {
        const byte = <u32>load<u8>(at++);
        if (byte == LINE_FEED) this.line += 1;
        if (inString) {
          if (byte == QUOTE) {
            inString = false;
            isOver = depth == 0;
          } else if (byte == BACKSLASH) {
            // What an escape hides may be behind the window's end: the loop comes back to it.
            if (at == end) {
              at -= 1;
              break;
            }
            at++;
          }
        } else if (byte == QUOTE) inString = true;
        else if ((byte | BRACE_BIT) == OPEN_BRACE) depth += 1;
        else if ((byte | BRACE_BIT) == CLOSE_BRACE) isOver = --depth == 0;
      }
      offset = <u32>(at - start);
      if (moves) {
        source.start = at;
        offset = 0;
      }
      if (isOver) return moves ? 1 : offset;
    } while (source.more());
    return 0;
  }
}


@inline
function endsScalar(byte: u32): bool {
  return byte == 0x2c || (byte | BRACE_BIT) == CLOSE_BRACE || isSpace(byte);
}
