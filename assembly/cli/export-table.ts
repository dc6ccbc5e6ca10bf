/**
 * Rows for people: a table with aligned columns, the same in Markdown, and one value a line.
 *
 * Widths come from the first rows, which wait until they are known. Longer cells behind them are cut in a table, and put the alignment out
 * in Markdown, which loses nothing.
 */
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { isInteger, TYPE_DECIMAL } from "../encode/data-type";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Output } from "../wasi/stdio";
import { FormatOptions, RowFormat } from "./export-rows";
import { addRepeated, addShown, addVisible, cutToWidth, shownWidth } from "./export-text";

/** Rows that decide the widths, and the bytes at which fewer are enough. */
const SAMPLE_ROWS: u32 = 1000;
const SAMPLE_BYTES: u32 = 1 << 20;
/** The widest column of a table, and the most that Markdown is padded to. */
const WIDEST: u32 = 60;
/** Columns are not made narrower than this to fit a terminal. */
const NARROWEST: u32 = 6;

const SPACE: u8 = 0x20;
const DASH: u8 = 0x2d;

export class TableRows extends RowFormat {
  private readonly widths: StaticArray<u32>;
  /** Cells of rows that wait, each with its length (u32), width (u32) and whether it is null (u32) before it. */
  private readonly waiting: ByteBuffer = new ByteBuffer(4096);
  private waitingRows: u32 = 0;
  private started: bool = false;
  private readonly cell: ByteBuffer = new ByteBuffer(256);

  constructor(
    schema: TableSchemaSnapshot, positions: StaticArray<i32>, out: Output, private readonly options: FormatOptions,
    private readonly markdown: bool,
  ) {
    super(schema, positions, out);
    this.widths = new StaticArray<u32>(positions.length);
  }

  begin(): void {
    for (let i = 0; i < this.positions.length; i++) {
      this.readName(i);
      this.widths[i] = max<u32>(min<u32>(shownWidth(this.cell.ptr, this.cell.len), WIDEST), this.markdown ? 3 : 1);
    }
  }

  private readName(i: i32): void {
    const name = this.schema.columns[this.positions[i]].nameBytes;
    this.cell.reset();
    addVisible(changetype<usize>(name), name.byteLength, this.cell, this.markdown);
  }

  private isRight(i: i32): bool {
    const type = this.schema.columns[this.positions[i]].type;
    return isInteger(type) || type == TYPE_DECIMAL;
  }

  row(row: Row): void {
    const columns = this.schema.columns;
    const positions = this.positions;
    for (let i = 0; i < positions.length; i++) {
      const position = unchecked(positions[i]);
      this.cell.reset();
      addShown(columns[position], position, row, this.cell, this.markdown);
      const isNull = !row.isSet(position);
      if (this.started) {
        this.addCell(i, isNull);
        continue;
      }
      const width = this.markdown ? shownWidth(this.cell.ptr, this.cell.len) : cutToWidth(this.cell, 0, WIDEST);
      this.widths[i] = max(this.widths[i], min(width, WIDEST));
      this.waiting.addU32(this.cell.len);
      this.waiting.addU32(isNull ? 1 : 0);
      this.waiting.addBytes(this.cell.ptr, this.cell.len);
    }
    if (this.started) this.endRow();
    else if (++this.waitingRows == SAMPLE_ROWS || this.waiting.len >= SAMPLE_BYTES) this.start();
  }

  /** Prints the header and the rows that waited: the widths are known. */
  private start(): void {
    this.started = true;
    if (!this.markdown) this.fitTerminal();
    if (this.options.header || this.markdown) this.printHeader();
    let at: u32 = 0;
    const waiting = this.waiting;
    for (let row: u32 = 0; row < this.waitingRows; row++) {
      for (let i = 0; i < this.positions.length; i++) {
        const len = load<u32>(waiting.ptr + at);
        this.cell.reset();
        this.cell.addBytes(waiting.ptr + at + 8, len);
        this.addCell(i, load<u32>(waiting.ptr + at, 4) != 0);
        at += 8 + len;
      }
      this.endRow();
    }
    waiting.reset();
  }

  /** Narrows the widest columns until a row fits the terminal, as far as that goes. */
  private fitTerminal(): void {
    const limit = this.options.columns;
    if (limit == 0) return;
    const widths = this.widths;
    let total: u32 = 0;
    for (let i = 0; i < widths.length; i++) total += widths[i] + (i > 0 ? 2 : 0);
    for (; total > limit; total--) {
      let widest = 0;
      for (let i = 1; i < widths.length; i++) {
        if (widths[i] > widths[widest]) widest = i;
      }
      if (widths[widest] <= NARROWEST) return;
      widths[widest] -= 1;
    }
  }

  private printHeader(): void {
    const out = this.out.buffer;
    const bold = this.options.color && !this.markdown;
    if (bold) out.addText("\x1b[1m");
    for (let i = 0; i < this.positions.length; i++) {
      this.readName(i);
      this.addCell(i, false);
    }
    if (bold) out.addText("\x1b[0m");
    this.endRow();
    for (let i = 0; i < this.positions.length; i++) {
      if (this.markdown) out.addU16(0x207c);
      else if (i > 0) out.addU16(0x2020);
      const marked = this.markdown && this.isRight(i);
      addRepeated(DASH, this.widths[i] - (marked ? 1 : 0), out);
      if (marked) out.addU8(0x3a);
      if (this.markdown) out.addU8(SPACE);
    }
    this.endRow();
  }

  /** Appends `cell`, cut and padded to its column's width, to the line. */
  private addCell(i: i32, isNull: bool): void {
    const out = this.out.buffer;
    const width = unchecked(this.widths[i]);
    const cell = this.cell;
    const own = this.markdown ? shownWidth(cell.ptr, cell.len) : cutToWidth(cell, 0, width);
    const padding = own < width ? width - own : 0;
    const right = this.isRight(i);
    if (this.markdown) out.addU16(0x207c);
    else if (i > 0) out.addU16(0x2020);
    if (right) addRepeated(SPACE, padding, out);
    const dim = isNull && this.options.color && !this.markdown;
    if (dim) out.addText("\x1b[2m");
    out.addBytes(cell.ptr, cell.len);
    if (dim) out.addText("\x1b[0m");
    // Lines of a table don't end in spaces.
    if (!right && (this.markdown || i + 1 < this.positions.length)) addRepeated(SPACE, padding, out);
    if (this.markdown) out.addU8(SPACE);
  }

  private endRow(): void {
    if (this.markdown) this.out.buffer.addU8(0x7c);
    this.out.buffer.addU8(10);
    this.out.check();
  }

  end(): void {
    if (!this.started) this.start();
    this.waiting.free();
    this.cell.free();
  }
}

/** `name = value`, one a line, and an empty line between rows. */
export class LineRows extends RowFormat {
  private readonly names: ByteBuffer = new ByteBuffer(256);
  private readonly nameLens: StaticArray<u32>;
  private first: bool = true;

  constructor(schema: TableSchemaSnapshot, positions: StaticArray<i32>, out: Output, private readonly options: FormatOptions) {
    super(schema, positions, out);
    this.nameLens = new StaticArray<u32>(positions.length);
  }

  begin(): void {
    const columns = this.schema.columns;
    let widest: u32 = 0;
    for (let pass = 0; pass < 2; pass++) {
      this.names.reset();
      for (let i = 0; i < this.positions.length; i++) {
        const start = this.names.len;
        const name = columns[this.positions[i]].nameBytes;
        addVisible(changetype<usize>(name), name.byteLength, this.names);
        const width = cutToWidth(this.names, start, WIDEST);
        widest = max(widest, width);
        if (pass == 1) addRepeated(SPACE, widest - width, this.names);
        this.nameLens[i] = this.names.len - start;
      }
    }
  }

  row(row: Row): void {
    const buffer = this.out.buffer;
    if (!this.first) buffer.addU8(10);
    this.first = false;
    let at: u32 = 0;
    for (let i = 0; i < this.positions.length; i++) {
      const position = unchecked(this.positions[i]);
      buffer.addBytes(this.names.ptr + at, this.nameLens[i]);
      at += this.nameLens[i];
      buffer.addU8(SPACE);
      buffer.addU16(0x203d);
      const dim = this.options.color && !row.isSet(position);
      if (dim) buffer.addText("\x1b[2m");
      addShown(this.schema.columns[position], position, row, buffer);
      if (dim) buffer.addText("\x1b[0m");
      buffer.addU8(10);
    }
    this.out.check();
  }

  end(): void {
    this.names.free();
  }
}
