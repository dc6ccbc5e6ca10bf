/**
 * Aligned columns for people: `scan`, `get`, `export --format table` and lists.
 *
 * Rows are gathered until there are enough to measure, then written; later ones are written in the widths found so far, which grow
 * when they must. On a terminal the widest columns are cut so that a row fits its line. Null is `NULL`, empty text is nothing;
 * control characters are shown as escapes, so that a row stays a line.
 */
import { ByteBuffer } from "../encode/byte-buffer";
import { isInteger, TYPE_DECIMAL } from "../encode/data-type";
import { Row } from "../encode/row";
import { addCodePoint, utf8CharacterLength } from "../encode/utf8";
import { writeTextValue } from "../encode/value-text";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Output } from "../wasi/stdio";

/** Bytes of cells to gather before the widths are set. */
const GATHER_BYTES: u32 = 65536;
/** No column is cut below this width. */
const LEAST_WIDTH: u32 = 6;

/** Bytes before a cell's text: its length, and its width or `NULL_CELL`. */
const CELL_HEADER: u32 = 8;
const NULL_CELL: u32 = 0xffffffff;
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
      writeTextValue(column.type, column.customSize, row.ptr(position), this.scratch);
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
    this.cells.addU32(0x4c4c554e);
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

/**
 * Appends the `len` bytes of UTF-8 at `ptr` with escapes for control characters: how wide that is on a terminal. With a `limit`, text
 * that is wider is not copied much further.
 */
export function addPrintable(ptr: usize, len: u32, limit: u32, out: ByteBuffer): u32 {
  let width: u32 = 0;
  let at: u32 = 0;
  while (at < len && (limit == 0 || width <= limit)) {
    const byte = <u32>load<u8>(ptr + at);
    if (byte >= 0x20 && byte < 0x7f) {
      out.addU8(byte);
      width += 1;
      at += 1;
      continue;
    }
    const size = max(utf8CharacterLength(ptr + at, len - at), 1);
    const codePoint = codePointAt(ptr + at, size);
    if (codePoint < 0xa0) width += addEscape(codePoint, out);
    else {
      out.addBytes(ptr + at, size);
      width += characterWidth(codePoint);
    }
    at += size;
  }
  return width;
}

/** Appends the escape of a control character: how many characters that is. */
function addEscape(codePoint: u32, out: ByteBuffer): u32 {
  out.addU8(0x5c);
  const letter: u32 = codePoint == 10 ? 0x6e : codePoint == 13 ? 0x72 : codePoint == 9 ? 0x74 : 0;
  if (letter != 0) {
    out.addU8(letter);
    return 2;
  }
  out.addU8(0x78);
  out.addU8(hexDigitOf(codePoint >> 4));
  out.addU8(hexDigitOf(codePoint & 15));
  return 4;
}

function hexDigitOf(value: u32): u32 {
  return value + (value < 10 ? 0x30 : 0x57);
}

function codePointAt(ptr: usize, size: u32): u32 {
  const first = <u32>load<u8>(ptr);
  if (size <= 1) return first;
  let codePoint = first & (0x7f >> size);
  for (let i: u32 = 1; i < size; i++) codePoint = (codePoint << 6) | (load<u8>(ptr + i) & 0x3f);
  return codePoint;
}

/** Columns that a character takes on a terminal: 0 for marks that go onto the one before, 2 for wide ones (Unicode's East Asian Width). */
export function characterWidth(codePoint: u32): u32 {
  if (codePoint < 0x300) return 1;
  for (let i = 0; i < ZERO_WIDTH.length; i += 2) {
    if (codePoint >= unchecked(ZERO_WIDTH[i]) && codePoint <= unchecked(ZERO_WIDTH[i + 1])) return 0;
  }
  for (let i = 0; i < DOUBLE_WIDTH.length; i += 2) {
    if (codePoint >= unchecked(DOUBLE_WIDTH[i]) && codePoint <= unchecked(DOUBLE_WIDTH[i + 1])) return 2;
  }
  return 1;
}

const ZERO_WIDTH: StaticArray<u32> = [
  0x300, 0x36f, 0x483, 0x489, 0x591, 0x5bd, 0x610, 0x61a, 0x64b, 0x65f, 0xe31, 0xe31, 0xe34, 0xe3a, 0xe47, 0xe4e, 0x1ab0, 0x1aff,
  0x1dc0, 0x1dff, 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x2064, 0x20d0, 0x20ff, 0xfe00, 0xfe0f, 0xfe20, 0xfe2f, 0xfeff, 0xfeff,
];
const DOUBLE_WIDTH: StaticArray<u32> = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2e80, 0x303e, 0x3041, 0x33ff, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xa000, 0xa4cf, 0xa960, 0xa97f,
  0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe30, 0xfe6f, 0xff00, 0xff60, 0xffe0, 0xffe6, 0x1f300, 0x1f64f, 0x1f680, 0x1f6ff, 0x1f900,
  0x1f9ff, 0x20000, 0x3fffd,
];
