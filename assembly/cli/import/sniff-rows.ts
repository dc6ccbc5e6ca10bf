/** What the first rows of a source look like when they are read in a dialect: how many cells they have, and what those may be. */
import { BAD_VALUE } from "../../status";
import { parseDate, parseDateTime } from "../../encode/date";
import { isDigit } from "../../encode/digits";
import {
  FORM_COMMA,
  FORM_DMY,
  FORM_MDY,
  FORM_POINT,
  FORM_YMD,
  FormChoices,
  blanksBefore,
  blanksBehind,
  nullWordAt,
  toPlainDate,
  toPlainNumber,
} from "./cell-form";
import { DelimitedReader } from "./delimited-reader";
import { QUOTE, TAB } from "./dialect";
import { isBooleanWord } from "./infer-column";

/** Rows that are looked at. */
export const MOST_ROWS: u32 = 256;

/** What a cell may be. */
export const CELL_EMPTY: u8 = 0;
export const CELL_TEXT: u8 = 1;
export const CELL_NUMBER: u8 = 2;
export const CELL_YEAR: u8 = 3;
export const CELL_DATE: u8 = 4;
export const CELL_BOOLEAN: u8 = 5;

const anyForm: FormChoices = new FormChoices();
const SCRATCH: usize = memory.data(16, 8);

/** What the cell of `len` bytes at `ptr` may be, in any form. */
export function cellKind(ptr: usize, len: u32): u8 {
  const before = blanksBefore(ptr, len);
  ptr += before;
  len -= before;
  len -= blanksBehind(ptr, len);
  if (nullWordAt(ptr, len) >= 0) return CELL_EMPTY;
  const first = <u32>load<u8>(ptr);
  if (isDigit(first) || first - 0x2c < 3) {
    const isCode = first == 0x30 && len > 1 && isDigit(load<u8>(ptr, 1));
    if (!isCode && (toPlainNumber(ptr, len, FORM_POINT, anyForm) || toPlainNumber(ptr, len, FORM_COMMA, anyForm))) {
      return len == 4 && isDigit(load<u8>(ptr, 1)) && (first == 0x31 || first == 0x32) ? CELL_YEAR : CELL_NUMBER;
    }
    const isOrdered = toPlainDate(ptr, len, FORM_DMY) || toPlainDate(ptr, len, FORM_MDY) || toPlainDate(ptr, len, FORM_YMD);
    if (isOrdered || parseDate(ptr, len, SCRATCH) || parseDateTime(ptr, len, SCRATCH)) return CELL_DATE;
  }
  return isBooleanWord(ptr, len) ? CELL_BOOLEAN : CELL_TEXT;
}

export class SniffedRows {
  /** By row: its cells, 0 for one that is malformed; the line that it starts in; whether that starts with #. */
  readonly counts: StaticArray<u32> = new StaticArray<u32>(MOST_ROWS);
  readonly lines: StaticArray<u32> = new StaticArray<u32>(MOST_ROWS);
  readonly isHash: StaticArray<bool> = new StaticArray<bool>(MOST_ROWS);
  /** By row: where its last cell is that is not empty, from 1 on; 0 for none. */
  readonly filled: StaticArray<u32> = new StaticArray<u32>(MOST_ROWS);
  rows: u32 = 0;
  /** How many cells most rows have; the highest number where several are as frequent. */
  usual: u32 = 0;
  /** Of 1000 rows, those that have them. */
  share: u32 = 0;
  /** Of 1000 cells, those that are something else than text, less those of text with what may divide cells in them. */
  typed: i32 = 0;
  /** Cells in quotes, and rows that are malformed. */
  quoted: u32 = 0;
  malformed: u32 = 0;
  /** Cells begin with the other quote, and with blanks before a quote. */
  sawApostrophe: bool = false;
  sawSpacedQuote: bool = false;
  /** Cells begin with a quote that is none in this dialect. */
  sawQuote: bool = false;
  /** Cells have escapes, and backslashes that begin none. */
  hasEscapes: bool = false;
  hasStrays: bool = false;
  /** There is a backslash before a quote that closes a cell. */
  sawEscapedQuote: bool = false;

  /** Reads rows up to the end of what `cells` sees of its source. */
  read(cells: DelimitedReader): void {
    let typed = 0;
    let all = 0;
    while (this.rows < MOST_ROWS) {
      const isRow = cells.next();
      if (!isRow && cells.status != BAD_VALUE) break;
      this.counts[this.rows] = isRow ? cells.cellCount : 0;
      this.lines[this.rows] = <u32>cells.line;
      if (!isRow) this.malformed += 1;
      for (let i: u32 = 0; isRow && i < min<u32>(cells.cellCount, 64); i++) {
        const ptr = cells.textPtr(i);
        const len = cells.textLen(i);
        const first = len > 0 ? load<u8>(ptr) : 0;
        all += 1;
        if (len > blanksBefore(ptr, len)) this.filled[this.rows] = i + 1;
        if (i == 0) this.isHash[this.rows] = first == 0x23 && !cells.isQuoted(i);
        if (cells.isQuoted(i)) this.quoted += 1;
        else if (first == 0x27) this.sawApostrophe = true;
        else if (first == QUOTE) this.sawQuote = true;
        else if (first == 0x20 && hasQuoteBehindBlanks(ptr, len)) this.sawSpacedQuote = true;
        const kind = cellKind(ptr, len);
        if (kind > CELL_TEXT) typed += 1;
        else if (kind == CELL_TEXT && !cells.isQuoted(i) && hasDelimiter(ptr, len)) typed -= 1;
      }
      this.rows += 1;
    }
    this.typed = all == 0 ? 0 : (typed * 1000) / all;
    this.hasEscapes = cells.escapeCount > 0;
    this.hasStrays = cells.strayLine > 0;
    this.sawEscapedQuote = cells.sawEscapedQuote;
    this.count();
  }

  /** The line of the last row. */
  get lastLine(): u32 {
    return this.rows == 0 ? 0 : this.lines[this.rows - 1];
  }

  /** Whether the row is unlike those of a table: it has not as many cells as most, or half of them or more, at the end, are empty. */
  isSparse(row: u32): bool {
    return this.counts[row] != this.usual || (this.usual <= 64 && this.filled[row] <= this.usual >> 1);
  }

  private count(): void {
    const counts = this.counts;
    let most: u32 = 0;
    for (let i: u32 = 0; i < this.rows; i++) {
      let same: u32 = 0;
      for (let j: u32 = 0; j < this.rows; j++) if (counts[j] == counts[i]) same += 1;
      if (counts[i] > 0 && (same > most || (same == most && counts[i] > this.usual))) {
        most = same;
        this.usual = counts[i];
      }
    }
    this.share = this.rows == 0 ? 0 : (most * 1000) / this.rows;
  }

  /** Whether these rows, which have several cells, are more like a table's than those of `other`. */
  isBetterThan(other: SniffedRows): bool {
    if (other.usual < 2) return true;
    if (this.share != other.share) return this.share > other.share;
    if (this.typed != other.typed) return this.typed > other.typed;
    return this.usual > other.usual;
  }
}

/** Whether there is one of the characters that divide cells, but for commas, which texts have. */
function hasDelimiter(ptr: usize, len: u32): bool {
  for (let at: u32 = 0; at < len; at++) {
    const byte = <u32>load<u8>(ptr + at);
    if (byte == 0x3b || byte == TAB || byte == 0x7c) return true;
  }
  return false;
}

function hasQuoteBehindBlanks(ptr: usize, len: u32): bool {
  let at: u32 = 0;
  while (at < len && load<u8>(ptr + at) == 0x20) at += 1;
  return at < len && load<u8>(ptr + at) == 0x22;
}
