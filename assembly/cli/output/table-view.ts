/**
 * Aligned columns for people: `scan`, `get`, `export --format table` and lists.
 *
 * Rows are gathered until there are enough to measure, then written; later ones are written in the widths found so far, which grow
 * when they must. On a terminal the widest columns are cut so that a row fits its line. Null is `NULL`, empty text is nothing, the text
 * NULL is `'NULL'`; control characters and others that hide are shown as escapes, so that a row stays a line.
 */
import { ByteBuffer } from "../../encode/byte-buffer";
import { codePointAt } from "../../encode/characters";
import { isInteger, TYPE_DECIMAL } from "../../encode/data-type";
import { Row } from "../../encode/row";
import { addPrintable, characterWidth } from "../../encode/printable";
import { addCodePoint, utf8CharacterLength } from "../../encode/utf8";
import { isLongValue, writeTextValue } from "../../encode/value-text";
import { Column } from "../../schema/column";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { Output } from "../../wasi/stdio";

/** Bytes of cells to gather before the widths are set. */
const GATHER_BYTES: u32 = 65536;
/** No column is cut below this width. */
const LEAST_WIDTH: u32 = 6;

/** Bytes before a cell's text: its length, and its width or `NULL_CELL`. */
const CELL_HEADER: u32 = 8;
const NULL_CELL: u32 = 0xffffffff;
/** "NULL" */
export const NULL_WORD: u32 = 0x4c4c554e;
/** "'" */
const QUOTE: u8 = 0x27;
/** Spaces between columns. */
const GAP: u32 = 2;

export class TableView {
  private titles: Array<string> = new Array<string>();
  private right: Array<bool> = new Array<bool>();
  private widths: Array<u32> = new Array<u32>();
  /** Cells that wait: u32 length, u32 width, bytes. */
  private cells: ByteBuffer = new ByteBuffer(4096);
  private cellCount: i32 = 0;
  /** The titles have been put into `cells`, and written. */
  private begun: bool = false;
  private headed: bool = false;
  private scratch: ByteBuffer = new ByteBuffer(256);

  /** `lineWidth` is the terminal's, 0 for no limit. */
  constructor(
    private readonly out: Output,
    private readonly lineWidth: u32,
    private readonly color: bool,
  ) {}

  /** A view of the columns at `positions` of a table's rows. */
  static ofRows(schema: TableSchemaSnapshot, positions: StaticArray<i32>, out: Output, lineWidth: u32, color: bool): TableView {
    const view = new TableView(out, lineWidth, color);
    for (let i = 0; i < positions.length; i++) {
      const column = schema.columns[positions[i]];
      view.addColumn(column.name, isInteger(column.type) || column.type == TYPE_DECIMAL);
    }
    return view;
  }

  /** Adds a column; `right` aligns its cells, as numbers need. */
  addColumn(title: string, right: bool = false): void {
    this.titles.push(title);
    this.right.push(right);
    this.widths.push(0);
  }

  /** A view of single rows, a line for each column: its name and its value, never cut. */
  static ofFields(out: Output, color: bool): TableView {
    const view = new TableView(out, 0, color);
    view.addColumn("");
    view.addColumn("");
    view.begun = true;
    view.headed = true;
    return view;
  }

  /** Adds a line for each column of a row to a view of single rows. */
  addFields(schema: TableSchemaSnapshot, positions: StaticArray<i32>, row: Row): void {
    const one = new StaticArray<i32>(1);
    for (let i = 0; i < positions.length; i++) {
      one[0] = positions[i];
      this.addText(schema.columns[positions[i]].name);
      this.addRow(schema, one, row);
    }
  }

  /** Adds the cells of a row that has been read from a table. */
  addRow(schema: TableSchemaSnapshot, positions: StaticArray<i32>, row: Row): void {
    for (let i = 0; i < positions.length; i++) {
      const position = unchecked(positions[i]);
      if (!row.isSet(position)) {
        this.addNull();
        continue;
      }
      const column = schema.columns[position];
      this.scratch.reset();
      addReadable(column, row.ptr(position), this.scratch, isLongValue(row.len(position)));
      this.addCell(this.scratch.ptr, this.scratch.len);
    }
  }

  /** Adds a cell that is `text`. */
  addText(text: string): void {
    this.scratch.reset();
    this.scratch.addText(text);
    this.addCell(this.scratch.ptr, this.scratch.len);
  }

  /** Adds a cell that is null. */
  addNull(): void {
    if (!this.begun) this.begin();
    this.cells.addU32(4);
    this.cells.addU32(NULL_CELL);
    this.cells.addU32(NULL_WORD);
    this.endCell(4);
  }

  /** Adds a cell; the one behind a row's last starts the next row. The text must be UTF-8. */
  addCell(ptr: usize, len: u32): void {
    if (!this.begun) this.begin();
    this.putCell(ptr, len);
  }

  /** Puts the titles first, as a row of their own. */
  private begin(): void {
    this.begun = true;
    for (let i = 0; i < this.titles.length; i++) {
      const bytes = String.UTF8.encode(this.titles[i]);
      this.putCell(changetype<usize>(bytes), bytes.byteLength);
    }
  }

  private putCell(ptr: usize, len: u32): void {
    const at = this.cells.len;
    this.cells.addU64(0);
    const width = addPrintable(ptr, len, this.lineWidth, this.cells);
    store<u32>(this.cells.ptr + at, this.cells.len - at - CELL_HEADER);
    store<u32>(this.cells.ptr + at, width, 4);
    this.endCell(width);
  }

  private endCell(width: u32): void {
    const count = this.titles.length;
    const column = this.cellCount % count;
    if (this.widths[column] < width) this.widths[column] = width;
    this.cellCount += 1;
    if (column + 1 == count && this.cells.len >= GATHER_BYTES) this.write();
  }

  /** Writes what waits. To be called at the end. A table without rows shows its titles. */
  finish(): void {
    if (!this.begun) this.begin();
    this.write();
    this.cells.free();
    this.scratch.free();
  }

  private write(): void {
    const count = this.titles.length;
    this.fit();
    let at: u32 = 0;
    for (let i = 0; i < this.cellCount; i++) {
      const len = load<u32>(this.cells.ptr + at);
      const width = load<u32>(this.cells.ptr + at, 4);
      const isTitle = !this.headed && i < count;
      const style = !this.color ? "" : isTitle ? "\x1b[1m" : width == NULL_CELL ? "\x1b[2m" : "";
      this.writeCell(i % count, this.cells.ptr + at + CELL_HEADER, len, width == NULL_CELL ? 4 : width, style);
      at += CELL_HEADER + len;
      if (isTitle && i == count - 1) this.writeRule();
    }
    this.headed = true;
    this.cells.reset();
    this.cellCount = 0;
  }

  /** Cuts the widest columns until a row fits the terminal's line. */
  private fit(): void {
    if (this.lineWidth == 0) return;
    const widths = this.widths;
    let sum: u32 = GAP * (widths.length - 1);
    for (let i = 0; i < widths.length; i++) sum += widths[i];
    while (sum > this.lineWidth) {
      let widest = 0;
      for (let i = 1; i < widths.length; i++) {
        if (widths[i] > widths[widest]) widest = i;
      }
      if (widths[widest] <= LEAST_WIDTH) return;
      widths[widest] -= 1;
      sum -= 1;
    }
  }

  private writeRule(): void {
    const buffer = this.out.buffer;
    for (let i = 0; i < this.widths.length; i++) {
      if (i > 0) addSpaces(GAP, buffer);
      for (let j: u32 = 0; j < this.widths[i]; j++) addCodePoint(0x2500, buffer);
    }
    buffer.addU8(10);
  }

  private writeCell(column: i32, ptr: usize, len: u32, width: u32, style: string): void {
    const buffer = this.out.buffer;
    const room = this.widths[column];
    const isLast = column == this.widths.length - 1;
    const pad = width < room ? room - width : 0;
    if (column > 0) addSpaces(GAP, buffer);
    if (this.right[column]) addSpaces(pad, buffer);
    if (style != "") buffer.addText(style);
    if (width > room) addCut(ptr, len, room, buffer);
    else buffer.addBytes(ptr, len);
    if (style != "") buffer.addText("\x1b[0m");
    if (!this.right[column] && !isLast) addSpaces(pad, buffer);
    if (!isLast) return;
    buffer.addU8(10);
    this.out.check();
  }
}

/** Appends a value as people read it: its text, with quotes about it where that looks like null. */
export function addReadable(column: Column, ptr: usize, out: ByteBuffer, isLong: bool = false): void {
  const start = out.len;
  writeTextValue(column.type, column.customSize, ptr, out, isLong);
  if (!looksNull(out.ptr + start, out.len - start)) return;
  out.addU8(QUOTE);
  memory.copy(out.ptr + start + 1, out.ptr + start, out.len - start - 1);
  store<u8>(out.ptr + start, QUOTE);
  out.addU8(QUOTE);
}

/** Whether the bytes are NULL, or that in any number of pairs of quotes: with one more pair each of these stays another text. */
function looksNull(ptr: usize, len: u32): bool {
  if (len < 4 || (len & 1) != 0) return false;
  const quotes = (len - 4) / 2;
  if (load<u32>(ptr + quotes) != NULL_WORD) return false;
  for (let i: u32 = 0; i < quotes; i++) {
    if (load<u8>(ptr + i) != QUOTE || load<u8>(ptr + len - 1 - i) != QUOTE) return false;
  }
  return true;
}

function addSpaces(count: u32, out: ByteBuffer): void {
  memory.fill(out.reserve(count), 0x20, count);
  out.len += count;
}

/** Appends as much of a printable text as `width` takes with a mark that it was cut. */
function addCut(ptr: usize, len: u32, width: u32, out: ByteBuffer): void {
  let used: u32 = 1;
  let at: u32 = 0;
  while (at < len) {
    const size = max(utf8CharacterLength(ptr + at, len - at), 1);
    const wide = characterWidth(codePointAt(ptr + at, size));
    if (used + wide > width) break;
    used += wide;
    at += size;
  }
  out.addBytes(ptr, at);
  addCodePoint(0x2026, out);
}
