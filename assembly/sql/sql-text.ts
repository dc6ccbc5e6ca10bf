/** The text of a statement, for errors that tell their place in it. */
import { Status, fail, lastError } from "../status";

export class SqlText {
  /** The `len` bytes at `ptr`, which have to stay there. */
  constructor(
    readonly ptr: usize,
    readonly len: u32,
  ) {}

  /** Fails because of what is at byte `start`. Returns `status`. */
  fail(status: Status, what: string, start: u32, hint: string = ""): Status {
    fail(status, what, hint);
    return this.place(start);
  }

  /** Adds to the last error that it is about byte `start`: line and column, from 1 on, the column in characters. Returns its status. */
  place(start: u32): Status {
    return this.placeWithin("", 0, start);
  }

  /** The byte of the statement's own text that byte `start` is about. */
  offsetOf(start: u32): i32 {
    return <i32>start;
  }

  /** `place` in a part of the text, called `part`, that begins at byte `from`. */
  protected placeWithin(part: string, from: u32, start: u32): Status {
    let line: u32 = 1;
    let column: u32 = 1;
    const end = min(start, this.len);
    for (let at = from; at < end; at++) {
      const byte = load<u8>(this.ptr + at);
      if (byte == 0x0a) {
        line += 1;
        column = 1;
      } else if ((byte & 0xc0) != 0x80) column += 1;
    }
    lastError.what = part + "line " + line.toString() + ", column " + column.toString() + ": " + lastError.what;
    lastError.textOffset = <i32>(max(end, from) - from);
    return lastError.status;
  }
}

/** A text that a file keeps: errors say which it is, and are about where the statement at hand names it. */
export class StoredText extends SqlText {
  /** Kept for as long as it is. */
  readonly bytes: ArrayBuffer;

  constructor(
    text: string,
    /** What it is, as `view sales`. */
    readonly name: string,
    /** The byte of the statement's text that names it; -1 for none. */
    private readonly offset: i32,
  ) {
    const bytes = String.UTF8.encode(text);
    super(changetype<usize>(bytes), bytes.byteLength);
    this.bytes = bytes;
  }

  place(start: u32): Status {
    this.placeWithin(this.name + ", ", 0, start);
    lastError.textOffset = this.offset;
    return lastError.status;
  }

  offsetOf(start: u32): i32 {
    return this.offset;
  }
}

/** A text that nobody wrote: errors have no place in it. */
export class MadeText extends StoredText {
  constructor(text: string) {
    super(text, "", -1);
  }

  place(start: u32): Status {
    return lastError.status;
  }
}

/** What is done without a text: errors have no place in one. */
export class NoText extends SqlText {
  constructor() {
    super(0, 0);
  }

  place(start: u32): Status {
    return lastError.status;
  }
}
