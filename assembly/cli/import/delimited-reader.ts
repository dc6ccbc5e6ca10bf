/**
 * Rows of a CSV (RFC 4180) or TSV source, one at a time, as cells that lie where they were read.
 *
 * Cells in quotes may hold the delimiter, line breaks and doubled quotes. Where there are escapes they are `\t`, `\n`, `\r`, `\\` and
 * a backslash before a quote; any other backslash is itself. Lines end with LF, CRLF or CR. A byte order mark is skipped. Blank
 * lines are no rows, unless a row has one cell. What else holds of a source its `Dialect` says.
 */
import { Status, OK, BAD_VALUE, fail } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { ByteSource } from "./byte-source";
import { Dialect, TAB } from "./dialect";

const BACKSLASH: u32 = 0x5c;
const SPACE: u32 = 0x20;
const LINE_FEED: u32 = 0x0a;
const CARRIAGE_RETURN: u32 = 0x0d;

/** A cell: u32 byte from the row's start (or in the arena), u32 length, u8 flags. */
const CELL_STRIDE: u32 = 12;
/** The cell stood in quotes. */
const QUOTED: u8 = 1;
/** Its text without escapes is in the arena. */
const IN_ARENA: u8 = 2;
/** The cell holds escapes or doubled quotes. */
const ESCAPED: u8 = 4;

export class DelimitedReader {
  /** The line (from 1) that the current row starts in. */
  line: u64 = 0;
  /** Cells of the current row. */
  cellCount: u32 = 0;
  /** `BAD_VALUE` when a row is malformed and reading may go on behind it; other codes end it. */
  status: Status = OK;
  /** Cells that a row should have, 0 when that is not known. */
  expected: u32 = 0;
  /** What may be the reason when a row has another number of cells. */
  hint: string = "";
  /** Escapes in cells that were asked for, and the line of the first backslash that begins none, 0 for none. */
  escapeCount: u64 = 0;
  strayLine: u64 = 0;
  /** There was a backslash before a quote that closes a cell. */
  sawEscapedQuote: bool = false;
  private nextLine: u64 = 1;
  private cells: ByteBuffer = new ByteBuffer(64 * CELL_STRIDE);
  private arena: ByteBuffer = new ByteBuffer(1024);
  private rowStart: usize = 0;
  /** Lines that are to be left out before the first row. */
  private toSkip: u32 = 0;

  constructor(
    private readonly source: ByteSource,
    readonly dialect: Dialect,
  ) {
    this.restart();
  }

  /** Goes back to the first row of a source that went back to its start. */
  restart(): void {
    this.nextLine = 1;
    this.toSkip = this.dialect.skip;
    this.expected = 0;
    this.escapeCount = 0;
    this.strayLine = 0;
    this.sawEscapedQuote = false;
    this.status = OK;
    this.source.skipMark();
  }

  /** Where `back` goes to, after the source's `beginHead`. */
  get mark(): u64 {
    return this.nextLine;
  }

  /** Goes back to the row behind `mark`, where the source went back to. */
  back(mark: u64): void {
    this.nextLine = mark;
    this.status = OK;
  }

  /** Whether `at` is a byte of the row; reads more when it isn't there yet. */
  @inline private has(at: u32): bool {
    const source = this.source;
    return source.start + at < source.end || this.hasMore(at);
  }

  private hasMore(at: u32): bool {
    const source = this.source;
    while (at >= source.available) {
      if (!source.more()) return false;
    }
    return true;
  }

  /** To the next row; false at the end and when `status` is not `OK`: `line` then names the row; after `BAD_VALUE` others may follow. */
  next(): bool {
    const source = this.source;
    if (source.status != OK) return false;
    this.status = OK;
    if (!this.toRow()) {
      this.status = source.status;
      return false;
    }
    const rowLen = this.readCells();
    if (source.status != OK) this.status = source.status;
    if (this.status != OK && this.status != BAD_VALUE) return false;
    // A row that the sample's end cuts is no row.
    if (source.isCut && source.start + rowLen == source.end) {
      this.status = OK;
      return false;
    }
    this.rowStart = source.start;
    source.start += rowLen;
    if (this.status != OK) return false;
    if (this.expected == 0 || this.cellCount == this.expected || (this.dialect.ragged && this.fitsRagged())) return true;
    const count = this.cellCount.toString() + (this.cellCount == 1 ? " cell" : " cells");
    const hint = this.hint == "" && this.cellCount < this.expected ? "--ragged takes rows that are too short" : this.hint;
    this.status = fail(BAD_VALUE, "the row has " + count + ", the header names " + this.expected.toString(), hint);
    return false;
  }

  /** Whether the row has cells for some of the columns, and no more that say anything. */
  private fitsRagged(): bool {
    while (this.cellCount > this.expected && this.isBare(this.cellCount - 1, 0, 0)) this.cellCount -= 1;
    return this.cellCount <= this.expected;
  }

  /** Skips blank lines and such that are no rows up to the start of a row; false when none comes. */
  private toRow(): bool {
    const source = this.source;
    const comment = this.dialect.comment;
    for (;;) {
      while (this.has(0) && (this.toSkip > 0 || (comment != 0 && load<u8>(source.start) == comment))) {
        if (this.toSkip > 0) this.toSkip -= 1;
        this.skipLine();
      }
      this.line = this.nextLine;
      this.cellCount = 0;
      this.cells.reset();
      this.arena.reset();
      if (!this.has(0)) return false;
      const byte = <u32>load<u8>(source.start);
      if (this.expected == 1 || (byte != LINE_FEED && byte != CARRIAGE_RETURN)) return true;
      // Looking for the LF behind a CR may move the window, and `start` with it.
      const lineEndLen = this.lineEnd(0);
      source.start += lineEndLen;
    }
    return false; // never reached, but the compiler cannot tell
  }

  /** Goes over the rest of the line, whatever it is. */
  private skipLine(): void {
    const source = this.source;
    while (this.has(0)) {
      const byte = load<u8>(source.start);
      if (byte == LINE_FEED || byte == CARRIAGE_RETURN) {
        const lineEndLen = this.lineEnd(0);
        source.start += lineEndLen;
        return;
      }
      source.start += 1;
    }
  }

  /** How many cells the row has that `next` comes to next; 0 when there is none, or a malformed one. */
  peekCellCount(): u32 {
    const line = this.line;
    if (this.source.status != OK || !this.toRow()) return 0;
    const nextLine = this.nextLine;
    this.readCells();
    this.line = line;
    this.nextLine = nextLine;
    const isFine = this.status == OK && this.source.status == OK;
    this.status = this.source.status;
    return isFine ? this.cellCount : 0;
  }

  /** Counts a line, and returns the bytes of the line break at `at`. */
  private lineEnd(at: u32): u32 {
    this.nextLine += 1;
    if (load<u8>(this.source.start + at) == LINE_FEED) return 1;
    return this.has(at + 1) && load<u8>(this.source.start + at + 1) == LINE_FEED ? 2 : 1;
  }

  /** Reads a row as most are, all of it there and without quotes and escapes: its bytes with its line break; 0 for all others. */
  private readUsual(): u32 {
    const dialect = this.dialect;
    if (dialect.escapes || dialect.spaced) return 0;
    const delimiter = dialect.delimiter;
    const quote = dialect.quote;
    // Most bytes are above all that ends a cell.
    const last = max(delimiter, CARRIAGE_RETURN);
    const start = this.source.start;
    const end = this.source.end;
    let cell = start;
    for (let ptr = start; ptr < end; ptr++) {
      const byte = <u32>load<u8>(ptr);
      if (byte > last) {
        if (byte != quote || ptr != cell) continue;
        break;
      }
      if (byte == delimiter) {
        this.addCell(<u32>(cell - start), <u32>(ptr - cell), 0);
        cell = ptr + 1;
      } else if (byte == LINE_FEED) {
        this.addCell(<u32>(cell - start), <u32>(ptr - cell), 0);
        this.nextLine += 1;
        return <u32>(ptr + 1 - start);
      } else if (byte == CARRIAGE_RETURN || (byte == quote && ptr == cell && quote != 0)) break;
    }
    this.cellCount = 0;
    this.cells.reset();
    return 0;
  }

  /** Reads the row at `source.start`: its bytes with its line break. After a malformed cell the rest of the line is skipped. */
  private readCells(): u32 {
    let at = this.readUsual();
    if (at != 0) return at;
    const dialect = this.dialect;
    const delimiter = dialect.delimiter;
    const quote = dialect.quote;
    for (;;) {
      if (dialect.spaced) at = this.toQuote(at, quote);
      let flags: u8 = 0;
      let cell = at;
      let cellEnd = at;
      if (quote != 0 && this.has(at) && load<u8>(this.source.start + at) == quote) {
        cell = at + 1;
        at = this.quotedEnd(cell, quote);
        if (at == 0) return this.source.available;
        cellEnd = at - 1;
        flags = QUOTED;
        if (this.isEscaped) flags |= ESCAPED;
        if (dialect.spaced) while (this.has(at) && load<u8>(this.source.start + at) == SPACE) at += 1;
        if (this.has(at) && !this.endsCell(load<u8>(this.source.start + at))) {
          const place = this.nextLine == this.line ? "" : " in line " + this.nextLine.toString();
          this.status = fail(
            BAD_VALUE,
            "text follows a closing quote" + place,
            "a quote inside a cell in quotes is written twice",
          );
          flags = 0;
          at = this.plainEnd(at);
          while (this.has(at) && load<u8>(this.source.start + at) == delimiter) at = this.plainEnd(at + 1);
        }
      } else {
        at = this.plainEnd(at);
        cellEnd = at;
        if (this.isEscaped) flags = ESCAPED;
      }
      this.addCell(cell, cellEnd - cell, flags);
      if (!this.has(at)) return at;
      if (load<u8>(this.source.start + at) != delimiter) return at + this.lineEnd(at);
      at += 1;
    }
    return 0; // never reached, but the compiler cannot tell
  }

  /** The quote behind blanks at `at`, or `at` where none is. */
  private toQuote(at: u32, quote: u32): u32 {
    let behind = at;
    while (this.has(behind) && load<u8>(this.source.start + behind) == SPACE) behind += 1;
    return this.has(behind) && load<u8>(this.source.start + behind) == quote ? behind : at;
  }


  @inline private endsCell(byte: u32): bool {
    return byte == this.dialect.delimiter || byte == LINE_FEED || byte == CARRIAGE_RETURN;
  }

  /** The cell gone over last holds backslashes, or in quotes escapes or doubled quotes. */
  private isEscaped: bool = false;

  /** Where the cell without quotes ends that goes on at `at`. */
  private plainEnd(at: u32): u32 {
    const source = this.source;
    const delimiter = this.dialect.delimiter;
    const escapes = this.dialect.escapes;
    // Most bytes are above all that ends a cell.
    const last = max(delimiter, CARRIAGE_RETURN);
    this.isEscaped = false;
    do {
      const start = source.start;
      const end = source.end;
      let ptr = start + at;
      for (; ptr < end; ptr++) {
        const byte = <u32>load<u8>(ptr);
        if (escapes && byte == BACKSLASH) this.isEscaped = true;
        if (byte <= last && (byte == delimiter || byte == LINE_FEED || byte == CARRIAGE_RETURN)) return <u32>(ptr - start);
      }
      at = <u32>(ptr - start);
    } while (source.more());
    return at;
  }

  /** The byte behind the quote that closes the cell that goes on at `at`; 0, with the rest of the source as its row, when there is none. */
  private quotedEnd(at: u32, quote: u32): u32 {
    const source = this.source;
    const escapes = this.dialect.escapes;
    this.isEscaped = false;
    let last: u32 = 0;
    for (;;) {
      if (!this.has(at)) {
        if (source.status == OK) {
          const what = "a quote is not closed before the end of " + source.name;
          this.status = fail(BAD_VALUE, what, "--quote '' takes quotes for text");
        }
        return 0;
      }
      const byte = <u32>load<u8>(source.start + at);
      at += 1;
      // A line ends with LF, CRLF or CR; the CR of a CRLF counts.
      if (byte == CARRIAGE_RETURN || (byte == LINE_FEED && last != CARRIAGE_RETURN)) this.nextLine += 1;
      if (byte == BACKSLASH && escapes) {
        this.isEscaped = true;
        // What is hidden is no quote; a line break counts still.
        if (this.has(at) && (load<u8>(source.start + at) == quote || load<u8>(source.start + at) == BACKSLASH)) at += 1;
      }
      if (byte == quote && last == BACKSLASH) this.sawEscapedQuote = true;
      last = byte;
      if (byte != quote) continue;
      if (!this.has(at) || load<u8>(source.start + at) != quote) return at;
      this.isEscaped = true;
      at += 1;
    }
    return 0; // never reached, but the compiler cannot tell
  }

  private addCell(offset: u32, len: u32, flags: u8): void {
    this.cellCount += 1;
    const record = this.cells.reserve(CELL_STRIDE);
    store<u32>(record, offset);
    store<u32>(record, len, 4);
    store<u32>(record, flags, 8);
    this.cells.len += CELL_STRIDE;
  }

  /** Whether the cell stood in quotes. */
  @inline isQuoted(cell: u32): bool {
    return (load<u8>(this.cells.ptr + cell * CELL_STRIDE, 8) & QUOTED) != 0;
  }

  /** Whether the cell stands as these bytes in the source, and not in quotes. To be asked before `textPtr`. */
  isBare(cell: u32, ptr: usize, len: u32): bool {
    const record = this.cells.ptr + cell * CELL_STRIDE;
    if (load<u32>(record, 4) != len || (load<u8>(record, 8) & QUOTED) != 0) return false;
    return memory.compare(this.rowStart + load<u32>(record), ptr, len) == 0;
  }

  /** The cell's text without quotes and escapes: where it is, until the next call for another cell. Its length: `textLen`. */
  textPtr(cell: u32): usize {
    const record = this.cells.ptr + cell * CELL_STRIDE;
    const flags = load<u8>(record, 8);
    if ((flags & IN_ARENA) != 0) return this.arena.ptr + load<u32>(record);
    if ((flags & ESCAPED) == 0) return this.rowStart + load<u32>(record);
    const start = this.arena.len;
    this.addUnescaped(this.rowStart + load<u32>(record), load<u32>(record, 4), (flags & QUOTED) != 0);
    store<u32>(record, start);
    store<u32>(record, this.arena.len - start, 4);
    store<u8>(record, flags | IN_ARENA, 8);
    return this.arena.ptr + start;
  }

  /** Bytes of the cell's text, after `textPtr`. */
  @inline textLen(cell: u32): u32 {
    return load<u32>(this.cells.ptr + cell * CELL_STRIDE, 4);
  }

  /** Adds the `len` bytes at `ptr` to the arena, with escapes taken out, and one quote for each two of a cell that stood in quotes. */
  private addUnescaped(ptr: usize, len: u32, isQuoted: bool): void {
    const arena = this.arena;
    const dialect = this.dialect;
    const quote = isQuoted ? dialect.quote : 0x100;
    let target = arena.reserve(len);
    const start = target;
    const end = ptr + len;
    // C:\new is a path: with escapes it is C:\\new.
    const isPath = len > 3 && load<u16>(ptr, 1) == 0x5c3a && load<u8>(ptr, 3) != BACKSLASH;
    if (isPath && dialect.escapes && this.strayLine == 0) this.strayLine = this.line;
    while (ptr < end) {
      let byte = <u32>load<u8>(ptr++);
      if (byte == quote) ptr += 1;
      else if (byte == BACKSLASH && dialect.escapes) {
        const letter = <u32>(ptr < end ? load<u8>(ptr) : 0);
        const isEscape = letter == 0x74 || letter == 0x6e || letter == 0x72 || letter == BACKSLASH || letter == quote;
        if (isEscape) {
          ptr += 1;
          this.escapeCount += 1;
          byte = letter == 0x74 ? TAB : letter == 0x6e ? LINE_FEED : letter == 0x72 ? CARRIAGE_RETURN : letter;
        } else if (letter == 0x4e && len == 2) {
          // Null, as those write it whose backslashes are escapes.
          this.escapeCount += 1;
        } else if (this.strayLine == 0) this.strayLine = this.line;
      }
      store<u8>(target++, <u8>byte);
    }
    arena.len += <u32>(target - start);
  }
}
