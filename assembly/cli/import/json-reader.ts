/**
 * Rows of a JSON source, one object at a time: NDJSON (one in a line), or JSON (an array of objects, or objects one after the other).
 *
 * An object's end is found first, over as many readings as it takes; then its bytes, all in the window, are parsed.
 */
import { Status, OK, BAD_VALUE, fail } from "../../status";
import { JSON_OBJECT, JSON_REQUEST_DEPTH, JsonTape } from "../../encode/json";
import { isSpace } from "../../encode/json-space";
import { ByteSource } from "./byte-source";

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const COMMA: u32 = 0x2c;
const LINE_FEED: u32 = 0x0a;
const OPEN_BRACE: u32 = 0x7b;
const OPEN_BRACKET: u32 = 0x5b;
const CLOSE_BRACKET: u32 = 0x5d;

export class JsonReader {
  /** The line (from 1) that the current row starts in. */
  line: u64 = 0;
  /** `BAD_VALUE` when a row is malformed; `canGoOn` says whether `next` may be called again. */
  status: Status = OK;
  canGoOn: bool = true;
  /** A line that is JSON but no object is malformed. */
  objectsOnly: bool = true;
  /** The current row: node 0 is an object. */
  readonly tape: JsonTape = new JsonTape();
  private nextLine: u64 = 1;
  private inArray: bool = false;
  /** Rows of the array so far, 0 before its first. */
  private rows: u64 = 0;
  private finished: bool = false;

  constructor(
    private readonly source: ByteSource,
    private readonly lines: bool,
  ) {
    this.restart();
  }

  /** Goes back to the first row of a source that went back to its start. */
  restart(): void {
    this.nextLine = 1;
    this.rows = 0;
    this.inArray = false;
    this.finished = false;
    this.canGoOn = true;
    this.status = OK;
    this.source.skipMark();
  }

  /** To the next row; false at the end and when `status` is not `OK`: `line` then names the row. */
  next(): bool {
    this.status = OK;
    if (this.finished) return false;
    const found = this.lines ? this.nextInLine() : this.nextInText();
    if (this.source.status != OK) this.status = this.source.status;
    if (this.status != OK && this.status != BAD_VALUE) this.canGoOn = false;
    return found && this.status == OK;
  }

  private bad(what: string, goOn: bool): bool {
    this.canGoOn = goOn;
    if (!goOn) this.finished = true;
    this.status = fail(BAD_VALUE, what);
    return false;
  }

  private nextInLine(): bool {
    if (!this.nextLineOfRow()) return false;
    if (!this.tape.parse(this.row, this.rowLen, JSON_REQUEST_DEPTH)) return this.bad(this.tape.errorText(), true);
    if (!this.objectsOnly || this.tape.kind(0) == JSON_OBJECT) return true;
    return this.bad('a row is an object like {"name": 1}, one in a line', true);
  }

  /** Goes over the next `count` rows of a source in lines, unread. */
  skipLines(count: u64): void {
    for (let i: u64 = 0; i < count && this.nextLineOfRow(); i++) {}
  }

  /** Where the row is that `nextLineOfRow` came to, until more is read. */
  private row: usize = 0;
  private rowLen: u32 = 0;

  /** To the next line that is not blank; false when there is none. */
  private nextLineOfRow(): bool {
    const source = this.source;
    for (;;) {
      this.line = this.nextLine;
      let len: u32 = 0;
      let whole = false;
      do {
        const start = source.start;
        const end = source.end;
        let at = start + len;
        while (at < end && load<u8>(at) != LINE_FEED) at++;
        len = <u32>(at - start);
        whole = at < end;
      } while (!whole && source.more());
      if (source.status != OK || (!whole && (source.isCut || len == 0))) return false;
      this.row = source.start;
      this.rowLen = len;
      source.start += len + (whole ? 1 : 0);
      this.nextLine += 1;
      let first: u32 = 0;
      while (first < len && isSpace(load<u8>(this.row + first))) first++;
      if (first < len) return true;
    }
    return false; // never reached, but the compiler cannot tell
  }

  /** The first byte behind white space, or 0 at the end. */
  private peek(): u32 {
    const source = this.source;
    do {
      const end = source.end;
      let at = source.start;
      while (at < end) {
        const byte = <u32>load<u8>(at);
        if (!isSpace(byte)) break;
        if (byte == LINE_FEED) this.nextLine += 1;
        at++;
      }
      source.start = at;
      if (at < end) return load<u8>(at);
    } while (source.more());
    return 0;
  }

  private nextInText(): bool {
    const source = this.source;
    let byte = this.peek();
    if (this.rows == 0 && !this.inArray && byte == OPEN_BRACKET) {
      this.inArray = true;
      source.start += 1;
      byte = this.peek();
      if (byte == CLOSE_BRACKET) return this.endArray();
    } else if (this.inArray && byte == CLOSE_BRACKET) {
      return this.endArray();
    } else if (this.inArray && byte == COMMA) {
      source.start += 1;
      byte = this.peek();
    } else if (this.inArray && byte != 0) {
      this.line = this.nextLine;
      return this.bad("expected ',' or ']' behind an element of the array", false);
    }
    this.line = this.nextLine;
    if (byte == 0) {
      if (source.status != OK || source.isCut || !this.inArray) return false;
      return this.bad("the array is not closed before the end of " + source.name, false);
    }
    if (byte != OPEN_BRACE) return this.bad('expected a row: an object like {"name": 1}', false);
    const len = this.objectLen();
    if (len == 0) {
      if (source.status != OK || source.isCut) return false;
      return this.bad("an object is not closed before the end of " + source.name, false);
    }
    const row = source.start;
    source.start += len;
    this.rows += 1;
    // Brackets matched, so the next row's place is known whatever is wrong inside of this one.
    return this.tape.parse(row, len, JSON_REQUEST_DEPTH) || this.bad(this.tape.errorText(), true);
  }

  /** Ends the array: nothing may come behind it. */
  private endArray(): bool {
    this.source.start += 1;
    const byte = this.peek();
    this.finished = true;
    this.line = this.nextLine;
    return byte == 0 ? false : this.bad("something comes behind the array", false);
  }

  /** Bytes of the object at `source.start`, by its braces and brackets; 0 when the source ends before it. Lines are counted. */
  private objectLen(): u32 {
    const source = this.source;
    let depth = 0;
    let inString = false;
    let offset: u32 = 0;
    do {
      const start = source.start;
      const end = source.end;
      let at = start + offset;
      while (at < end) {
        const byte = <u32>load<u8>(at++);
        if (byte == LINE_FEED) this.nextLine += 1;
        if (inString) {
          if (byte == QUOTE) inString = false;
          else if (byte == BACKSLASH) {
            // What an escape hides may be behind the window's end: the loop comes back to it.
            if (at == end) {
              at -= 1;
              break;
            }
            at++;
          }
        } else if (byte == QUOTE) inString = true;
        else if ((byte | 0x20) == OPEN_BRACE) depth += 1;
        else if ((byte | 0x20) == 0x7d && --depth == 0) return <u32>(at - start);
      }
      offset = <u32>(at - start);
    } while (source.more());
    return 0;
  }
}
