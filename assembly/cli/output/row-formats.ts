/** Rows for programs: CSV, TSV, NDJSON and JSON; and the one interface of all formats that rows are printed in. */
import { OK, Status } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { bytesEqual } from "../../encode/bytes";
import { Row } from "../../encode/row";
import { isInteger } from "../../encode/data-type";
import { isLongValue, writeTextValue } from "../../encode/value-text";
import { firstColumns } from "../../schema/column-names";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { RowWriter } from "../../query/row-writer";
import { RowSink, ScanLoop } from "../../query/scan-loop";
import { RowSource } from "../../store/row-source";
import { Output } from "../../wasi/stdio";

/** Whether what is printed gets nowhere any more. */
@inline
export function isOver(out: Output): bool {
  return out.closed || out.status != OK;
}

/** Prints rows of one table, or some of their columns, in one format. Nothing is allocated for a row. */
export abstract class RowFormat extends RowSink {
  constructor(
    readonly schema: TableSchemaSnapshot,
    readonly positions: StaticArray<i32>,
    readonly out: Output,
  ) {
    super(firstColumns(positions));
    this.isFull = isOver(out);
  }

  take(source: RowSource): void {
    this.row(source.row);
    this.isFull = isOver(this.out);
  }

  /** What comes before the first row. */
  abstract begin(): void;
  abstract row(row: Row): void;
  /** What comes behind the last row. */
  abstract end(): void;

  /** Prints the rows of `loop`, with what comes before and behind them. */
  print<S extends RowSource>(loop: ScanLoop<S>): Status {
    this.begin();
    const status = loop.run<RowFormat>(this);
    this.end();
    return status;
  }
}

/** How rows are printed. */
export class FormatOptions {
  /** The text of null in CSV and TSV; null for the usual one. */
  nullText: string | null = null;
  /** A byte; CSV only. */
  delimiter: u32 = 0x2c;
  header: bool = true;
  /** JSON: 64-bit integers and decimals are numbers, too. */
  numbers: bool = false;
  color: bool = false;
  /** The terminal's width, 0 for no limit. */
  columns: u32 = 0;
}

/** One JSON object a line; as JSON with commas between them, in an array. */
export class JsonRows extends RowFormat {
  private readonly writer: RowWriter;
  private first: bool = true;

  constructor(
    schema: TableSchemaSnapshot,
    positions: StaticArray<i32>,
    out: Output,
    options: FormatOptions,
    private readonly array: bool,
  ) {
    super(schema, positions, out);
    this.writer = new RowWriter(schema, positions, options.numbers);
  }

  begin(): void {
    if (this.array) this.out.buffer.addU8(0x5b);
  }

  row(row: Row): void {
    const buffer = this.out.buffer;
    if (this.array) {
      if (!this.first) buffer.addU8(0x2c);
      this.first = false;
      buffer.addU8(10);
    }
    this.writer.write(row, buffer);
    if (!this.array) buffer.addU8(10);
    this.out.check();
  }

  end(): void {
    if (this.array) this.out.raw("\n]\n");
    this.writer.free();
  }
}

/**
 * CSV: cells in quotes where they must be: for the delimiter, quotes and line breaks in them, and where they would be taken for null. TSV:
 * escapes for tabs, line breaks and backslashes. Null is nothing in CSV and `\N` in TSV, unless `nullText` says otherwise.
 */
export class DelimitedRows extends RowFormat {
  private readonly cell: ByteBuffer = new ByteBuffer(1024);
  private readonly nullText: ArrayBuffer;

  constructor(
    schema: TableSchemaSnapshot,
    positions: StaticArray<i32>,
    out: Output,
    private readonly options: FormatOptions,
    private readonly tsv: bool,
  ) {
    super(schema, positions, out);
    const nullText = options.nullText;
    this.nullText = String.UTF8.encode(nullText != null ? nullText : tsv ? "\\N" : "");
  }

  begin(): void {
    if (!this.options.header) return;
    for (let i = 0; i < this.positions.length; i++) {
      const name = this.schema.columns[this.positions[i]].nameBytes;
      this.separate(i);
      this.addCell(changetype<usize>(name), name.byteLength);
    }
    this.out.buffer.addU8(10);
  }

  private separate(i: i32): void {
    if (i > 0) this.out.buffer.addU8(this.tsv ? 9 : this.options.delimiter);
  }

  private addCell(ptr: usize, len: u32): void {
    if (this.tsv) addEscaped(ptr, len, this.out.buffer);
    else if (this.needsQuotes(ptr, len)) addQuoted(ptr, len, this.out.buffer);
    else this.out.buffer.addBytes(ptr, len);
  }

  private needsQuotes(ptr: usize, len: u32): bool {
    if (bytesEqual(ptr, len, changetype<usize>(this.nullText), this.nullText.byteLength)) return true;
    const delimiter = this.options.delimiter;
    const end = ptr + len;
    // What readers may take for a quote of theirs, or for a comment.
    if (len > 0 && (load<u8>(ptr) == 0x27 || load<u8>(ptr) == 0x23)) return true;
    for (let at = ptr; at < end; at++) {
      const byte = <u32>load<u8>(at);
      if (byte == delimiter || byte == 0x22 || byte == 0x0a || byte == 0x0d) return true;
    }
    // A byte order mark at the start of the file would be taken for one.
    return len >= 3 && load<u16>(ptr) == 0xbbef;
  }

  row(row: Row): void {
    const buffer = this.out.buffer;
    const cell = this.cell;
    const columns = this.schema.columns;
    const positions = this.positions;
    const plainIntegers = this.nullText.byteLength == 0;
    for (let i = 0; i < positions.length; i++) {
      const position = unchecked(positions[i]);
      const column = unchecked(columns[position]);
      this.separate(i);
      if (!row.isSet(position)) buffer.addBytes(changetype<usize>(this.nullText), this.nullText.byteLength);
      else if (plainIntegers && isInteger(column.type)) writeTextValue(column.type, 0, row.ptr(position), buffer);
      else {
        cell.reset();
        writeTextValue(column.type, column.customSize, row.ptr(position), cell, isLongValue(row.len(position)));
        this.addCell(cell.ptr, cell.len);
      }
    }
    buffer.addU8(10);
    this.out.check();
  }

  end(): void {
    this.cell.free();
  }
}

/** Appends a CSV cell in quotes, those in it doubled. */
function addQuoted(ptr: usize, len: u32, out: ByteBuffer): void {
  out.addU8(0x22);
  const end = ptr + len;
  let run = ptr;
  for (let at = ptr; at < end; at++) {
    if (load<u8>(at) != 0x22) continue;
    out.addBytes(run, <u32>(at + 1 - run));
    run = at;
  }
  out.addBytes(run, <u32>(end - run));
  out.addU8(0x22);
}

/** Appends a TSV cell with its escapes. */
function addEscaped(ptr: usize, len: u32, out: ByteBuffer): void {
  const end = ptr + len;
  let run = ptr;
  for (let at = ptr; at < end; at++) {
    const byte = <u32>load<u8>(at);
    const letter: u32 = byte == 0x09 ? 0x74 : byte == 0x0a ? 0x6e : byte == 0x0d ? 0x72 : byte == 0x5c ? 0x5c : 0;
    if (letter == 0) continue;
    out.addBytes(run, <u32>(at - run));
    out.addU16(0x5c | (letter << 8));
    run = at + 1;
  }
  out.addBytes(run, <u32>(end - run));
}
