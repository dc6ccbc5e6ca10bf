/**
 * Rows of a JSON source, one object at a time: NDJSON (one in a line), or JSON (an array of objects, objects one after the other, or
 * those inside of an object: `json-place.ts`).
 *
 * An object's end is found first, over as many readings as it takes; then its bytes, all in the window, are parsed.
 */
import { Status, OK, BAD_VALUE, fail } from "../../status";
import { JSON_ARRAY, JSON_OBJECT, JSON_REQUEST_DEPTH, JsonTape } from "../../encode/json";
import { isSpace } from "../../encode/json-space";
import { ByteSource } from "./byte-source";
import { JsonCursor } from "./json-cursor";
import { JsonPlace } from "./json-place";
import { JsonShape } from "./json-shape";
import { JsonWalk } from "./json-walk";

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
  /** How rows become those of a table; null: as they are. */
  shape: JsonShape | null = null;
  /** Where the rows are; null: they are the outermost objects. To be set before the first row is read. */
  place: JsonPlace | null = null;
  readonly cursor: JsonCursor;
  private readonly walk: JsonWalk;
  /** The place of the rows was gone to. */
  private begun: bool = false;
  private inArray: bool = false;
  /** So many objects around rows that are members of one are open, 0: they are no members. */
  private memberDepth: i32 = 0;
  /** Rows of the array so far, 0 before its first. */
  private rows: u64 = 0;
  private finished: bool = false;

  constructor(
    private readonly source: ByteSource,
    private readonly lines: bool,
  ) {
    const cursor = new JsonCursor(source);
    this.cursor = cursor;
    this.walk = new JsonWalk(cursor);
    this.restart();
  }

  /** Goes back to the first row of a source that went back to its start. */
  restart(): void {
    this.cursor.line = 1;
    this.walk.restart();
    this.rows = 0;
    this.begun = false;
    this.inArray = false;
    this.memberDepth = 0;
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

  private bad(what: string, goOn: bool, hint: string = ""): bool {
    this.canGoOn = goOn;
    if (!goOn) this.finished = true;
    this.status = fail(BAD_VALUE, what, hint);
    return false;
  }

  private nextInLine(): bool {
    if (!this.nextLineOfRow()) return false;
    if (!this.tape.parse(this.row, this.rowLen, JSON_REQUEST_DEPTH)) return this.bad(this.tape.errorText(), true);
    if (!this.objectsOnly) return true;
    if (this.tape.kind(0) == JSON_OBJECT) return this.reshape();
    const hint = this.tape.kind(0) == JSON_ARRAY ? "--format json reads arrays of them" : "";
    return this.bad('a row is an object like {"name": 1}, one in a line', true, hint);
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
      this.line = this.cursor.line;
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
      this.cursor.line += 1;
      let first: u32 = 0;
      while (first < len && isSpace(load<u8>(this.row + first))) first++;
      if (first < len) return true;
    }
    return false; // never reached, but the compiler cannot tell
  }

  /** Gives the row that was parsed the shape of the table's. */
  private reshape(): bool {
    const shape = this.shape;
    if (!shape) return true;
    const walk = this.walk;
    const isMember = this.memberDepth > 0;
    if (!shape.apply(this.tape, isMember ? walk.namePtr : 0, isMember ? walk.nameLen : 0)) this.status = BAD_VALUE;
    return this.status == OK;
  }

  /** Goes to where the rows are. False when it is not there. */
  private goToRows(place: JsonPlace): bool {
    const cursor = this.cursor;
    const walk = this.walk;
    const parts = place.parts;
    let byte = cursor.peek();
    this.line = cursor.line;
    for (let p = 0; p < parts.length; p++) {
      if (byte != OPEN_BRACE) {
        const what = p == 0 ? "the outermost value" : walk.path;
        return this.bad("there is no " + place.path + ": " + what + " is no object", false);
      }
      walk.enter();
      for (;;) {
        if (!walk.next()) return this.endText(place.path);
        // Behind an object that has no such member those around it go on.
        p = min(p, walk.depth - 1);
        if (walk.isNamed(parts[p])) break;
        if (!cursor.skip()) return this.endText(place.path);
      }
      byte = cursor.peek();
    }
    this.line = cursor.line;
    if (byte == OPEN_BRACKET) return true;
    if (byte != OPEN_BRACE) return this.bad(place.path + " is no array of objects, and no object", false);
    walk.enter();
    this.memberDepth = walk.depth;
    return true;
  }

  /** To the value of the next member that is a row. */
  private nextMember(): bool {
    const walk = this.walk;
    if (!walk.next()) return this.endText("");
    return walk.depth == this.memberDepth || this.endRows();
  }

  /** The rows are over: looks whether what is around them ends as it has to. The place is at a member that is none. */
  private endRows(): bool {
    const place = this.place!;
    const last = place.parts.length;
    const walk = this.walk;
    do {
      this.line = this.cursor.line;
      if (place.isFound) {
        // A sample may have ended before it.
        const isWhole = walk.pass();
        if (walk.sawRows)
          return this.bad("there are objects in " + place.path + " and in " + walk.path + ": name one with --rows", false);
        if (!isWhole) break;
      } else {
        if (walk.depth == last && walk.isNamed(place.parts[last - 1])) return this.bad(place.path + " is there twice", false);
        if (!this.cursor.skip()) break;
      }
    } while (walk.next());
    return this.endText("");
  }

  /** The walk came to an end: of the source, if nothing is wrong with it. `wanted` is what was not found till then, or "". */
  private endText(wanted: string): bool {
    const walk = this.walk;
    const byte = this.cursor.peek();
    this.line = this.cursor.line;
    this.finished = true;
    if (walk.fault != "") return this.bad(walk.fault, false);
    if (walk.depth > 0) {
      if (this.source.status != OK || this.source.isCut) return false;
      return this.bad("an object is not closed before the end of " + this.source.name, false);
    }
    if (wanted != "") return this.bad("there is no " + wanted + " in " + this.source.name, false);
    return byte == 0 ? false : this.bad("something comes behind the object that the rows are in", false);
  }

  private nextInText(): bool {
    const source = this.source;
    const cursor = this.cursor;
    const place = this.place;
    if (place && !this.begun && !this.goToRows(place)) return false;
    this.begun = true;
    if (this.memberDepth > 0 && !this.nextMember()) return false;
    let byte = cursor.peek();
    if (this.memberDepth > 0) {
      this.line = cursor.line;
      if (byte != OPEN_BRACE && cursor.skip()) return this.bad("expected a row: an object, as the others are", true);
    } else if (this.rows == 0 && !this.inArray && byte == OPEN_BRACKET) {
      this.inArray = true;
      cursor.take();
      byte = cursor.peek();
      if (byte == CLOSE_BRACKET) return this.endArray();
    } else if (this.inArray && byte == CLOSE_BRACKET) {
      return this.endArray();
    } else if (this.inArray && byte == COMMA) {
      cursor.take();
      byte = cursor.peek();
    } else if (this.inArray && byte != 0) {
      this.line = cursor.line;
      return this.bad("expected ',' or ']' behind an element of the array", false);
    }
    this.line = cursor.line;
    if (byte == 0) {
      if (source.status != OK || source.isCut || !this.inArray) return false;
      return this.bad("the array is not closed before the end of " + source.name, false);
    }
    if (byte != OPEN_BRACE) return this.bad('expected a row: an object like {"name": 1}', false);
    const len = cursor.valueLen();
    if (len == 0) {
      if (source.status != OK || source.isCut) return false;
      return this.bad("an object is not closed before the end of " + source.name, false);
    }
    const row = source.start;
    source.start += len;
    this.rows += 1;
    // Brackets matched, so the next row's place is known whatever is wrong inside of this one.
    const tape = this.tape;
    if (tape.parse(row, len, JSON_REQUEST_DEPTH)) return this.reshape();
    for (let at: u32 = 0; at < tape.errorOffset; at++) if (load<u8>(row + at) == LINE_FEED) this.line += 1;
    return this.bad(tape.errorText() + " of row " + this.rows.toString(), true);
  }

  /** Ends the array: nothing may come behind it but the end of the objects that it is in. */
  private endArray(): bool {
    const cursor = this.cursor;
    cursor.take();
    this.finished = true;
    if (this.walk.depth > 0) return this.walk.next() ? this.endRows() : this.endText("");
    const byte = cursor.peek();
    this.line = cursor.line;
    return byte == 0 ? false : this.bad("something comes behind the array", false);
  }
}
