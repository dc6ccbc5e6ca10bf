/**
 * Rows for people: a table with aligned columns, the same in Markdown, and one value a line.
 *
 * Markdown is aligned by its first rows, which wait until their widths are known; longer cells behind them put the alignment out, but
 * nothing is cut.
 */
import { ByteBuffer } from "../../encode/byte-buffer";
import { addPrintable } from "../../encode/printable";
import { Row } from "../../encode/row";
import { isInteger, TYPE_DECIMAL } from "../../encode/data-type";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { Output } from "../../wasi/stdio";
import { FormatOptions, RowFormat } from "../output/row-formats";
import { NULL_WORD, TableView, addReadable } from "../output/table-view";

/** Rows that decide the widths of Markdown, and the bytes at which fewer are enough. */
const SAMPLE_ROWS: u32 = 1000;
const SAMPLE_BYTES: u32 = 1 << 20;
/** Markdown is padded up to this width. */
const WIDEST: u32 = 60;

/** The table that `scan` and `get` print as well. */
export class TableRows extends RowFormat {
  private readonly view: TableView;

  constructor(schema: TableSchemaSnapshot, positions: StaticArray<i32>, out: Output, options: FormatOptions) {
    super(schema, positions, out);
    this.view = TableView.ofRows(schema, positions, out, options.columns, options.color);
  }

  begin(): void {}

  row(row: Row): void {
    this.view.addRow(this.schema, this.positions, row);
  }

  end(): void {
    this.view.finish();
  }
}

/** Single rows, a line for each column, as `get` prints one. */
export class FieldRows extends RowFormat {
  private readonly view: TableView;

  constructor(schema: TableSchemaSnapshot, positions: StaticArray<i32>, out: Output, options: FormatOptions) {
    super(schema, positions, out);
    this.view = TableView.ofFields(out, options.color);
  }

  begin(): void {}

  row(row: Row): void {
    this.view.addFields(this.schema, this.positions, row);
  }

  end(): void {
    this.view.finish();
  }
}

export class MarkdownRows extends RowFormat {
  private readonly widths: StaticArray<u32>;
  /** Cells that wait: u32 length, u32 width, bytes. */
  private readonly waiting: ByteBuffer = new ByteBuffer(4096);
  private waitingRows: u32 = 0;
  private started: bool = false;
  private readonly text: ByteBuffer = new ByteBuffer(256);
  private readonly cell: ByteBuffer = new ByteBuffer(256);

  constructor(schema: TableSchemaSnapshot, positions: StaticArray<i32>, out: Output) {
    super(schema, positions, out);
    this.widths = new StaticArray<u32>(positions.length).fill(3);
  }

  /** The names are the first row that waits. */
  begin(): void {
    for (let i = 0; i < this.positions.length; i++) {
      const name = this.schema.columns[this.positions[i]].nameBytes;
      this.addWaiting(i, this.readCell(changetype<usize>(name), name.byteLength));
    }
    this.waitingRows = 1;
  }

  /** Makes `cell` of the text: its width. */
  private readCell(ptr: usize, len: u32): u32 {
    const cell = this.cell;
    cell.reset();
    let width: u32 = 0;
    let run = ptr;
    const end = ptr + len;
    for (let at = ptr; at < end; at++) {
      const byte = <u32>load<u8>(at);
      if (byte != 0x7c && byte != 0x0a) continue;
      width += addPrintable(run, <u32>(at - run), 0, cell);
      if (byte == 0x7c) cell.addU16(0x7c5c);
      else cell.addU32(0x3e72623c);
      width += byte == 0x7c ? 2 : 4;
      run = at + 1;
    }
    return width + addPrintable(run, <u32>(end - run), 0, cell);
  }

  private addWaiting(i: i32, width: u32): void {
    this.widths[i] = max(this.widths[i], min(width, WIDEST));
    this.waiting.addU32(this.cell.len);
    this.waiting.addU32(width);
    this.waiting.addBytes(this.cell.ptr, this.cell.len);
  }

  row(row: Row): void {
    const columns = this.schema.columns;
    const positions = this.positions;
    for (let i = 0; i < positions.length; i++) {
      const position = unchecked(positions[i]);
      const column = unchecked(columns[position]);
      this.text.reset();
      if (row.isSet(position)) addReadable(column, row.ptr(position), this.text);
      else this.text.addU32(NULL_WORD);
      const width = this.readCell(this.text.ptr, this.text.len);
      if (this.started) this.printCell(i, this.cell.ptr, this.cell.len, width);
      else this.addWaiting(i, width);
    }
    if (this.started) this.endRow();
    else if (++this.waitingRows == SAMPLE_ROWS || this.waiting.len >= SAMPLE_BYTES) this.start();
  }

  /** Prints what waited: the widths are known. */
  private start(): void {
    this.started = true;
    const waiting = this.waiting;
    let at: u32 = 0;
    for (let row: u32 = 0; row < this.waitingRows; row++) {
      for (let i = 0; i < this.positions.length; i++) {
        const len = load<u32>(waiting.ptr + at);
        this.printCell(i, waiting.ptr + at + 8, len, load<u32>(waiting.ptr + at, 4));
        at += 8 + len;
      }
      this.endRow();
      if (row == 0) this.printRule();
    }
    waiting.reset();
  }

  private isRight(i: i32): bool {
    const type = this.schema.columns[this.positions[i]].type;
    return isInteger(type) || type == TYPE_DECIMAL;
  }

  private printRule(): void {
    const out = this.out.buffer;
    for (let i = 0; i < this.positions.length; i++) {
      const right = this.isRight(i);
      out.addU16(0x207c);
      addRepeated(0x2d, this.widths[i] - (right ? 1 : 0), out);
      if (right) out.addU8(0x3a);
      out.addU8(0x20);
    }
    this.endRow();
  }

  private printCell(i: i32, ptr: usize, len: u32, width: u32): void {
    const out = this.out.buffer;
    const room = unchecked(this.widths[i]);
    const padding = width < room ? room - width : 0;
    const right = this.isRight(i);
    out.addU16(0x207c);
    if (right) addRepeated(0x20, padding, out);
    out.addBytes(ptr, len);
    if (!right) addRepeated(0x20, padding, out);
    out.addU8(0x20);
  }

  private endRow(): void {
    this.out.buffer.addU16(0x0a7c);
    this.out.check();
  }

  end(): void {
    if (!this.started) this.start();
    this.waiting.free();
    this.text.free();
    this.cell.free();
  }
}

/** `name = value`, one a line, and an empty line between rows. */
export class LineRows extends RowFormat {
  private readonly names: ByteBuffer = new ByteBuffer(256);
  private readonly nameLens: StaticArray<u32>;
  private readonly text: ByteBuffer = new ByteBuffer(256);
  private first: bool = true;

  constructor(
    schema: TableSchemaSnapshot,
    positions: StaticArray<i32>,
    out: Output,
    private readonly color: bool,
  ) {
    super(schema, positions, out);
    this.nameLens = new StaticArray<u32>(positions.length);
  }

  begin(): void {
    let widest: u32 = 0;
    // Once to measure the names, once to pad them.
    for (let pass = 0; pass < 2; pass++) {
      this.names.reset();
      for (let i = 0; i < this.positions.length; i++) {
        const start = this.names.len;
        const name = this.schema.columns[this.positions[i]].nameBytes;
        const width = addPrintable(changetype<usize>(name), name.byteLength, 0, this.names);
        widest = max(widest, min(width, WIDEST));
        if (pass == 1 && width < widest) addRepeated(0x20, widest - width, this.names);
        this.nameLens[i] = this.names.len - start;
      }
    }
  }

  row(row: Row): void {
    const buffer = this.out.buffer;
    const columns = this.schema.columns;
    if (!this.first) buffer.addU8(10);
    this.first = false;
    let at: u32 = 0;
    for (let i = 0; i < this.positions.length; i++) {
      const position = unchecked(this.positions[i]);
      const column = unchecked(columns[position]);
      buffer.addBytes(this.names.ptr + at, this.nameLens[i]);
      at += this.nameLens[i];
      buffer.addU8(0x20);
      buffer.addU16(0x203d);
      if (row.isSet(position)) {
        this.text.reset();
        addReadable(column, row.ptr(position), this.text);
        addPrintable(this.text.ptr, this.text.len, 0, buffer);
      } else if (this.color) buffer.addText("\x1b[2mNULL\x1b[0m");
      else buffer.addU32(NULL_WORD);
      buffer.addU8(10);
    }
    this.out.check();
  }

  end(): void {
    this.names.free();
    this.text.free();
  }
}

function addRepeated(byte: u8, count: u32, out: ByteBuffer): void {
  memory.fill(out.reserve(count), byte, count);
  out.len += count;
}
