/** Rows into a buffer: as JSON objects, or as records. */
import { ByteBuffer } from "../encode/byte-buffer";
import { firstColumns } from "../schema/column-names";
import { RowWriter } from "./row-writer";
import { RowSink } from "./scan-loop";
import { RowSource } from "./store";

/** JSON objects with commas between them. Full as soon as the buffer has more than `mostBytes`. */
export class JsonObjects extends RowSink {
  private isFirst: bool = true;

  constructor(
    private readonly writer: RowWriter,
    protected readonly out: ByteBuffer,
    private readonly mostBytes: u32 = u32.MAX_VALUE,
  ) {
    super(writer.firstColumns);
  }

  take(source: RowSource): void {
    const out = this.out;
    if (!this.isFirst) out.addU8(0x2c);
    this.isFirst = false;
    this.writer.write(source.row, out);
    this.isFull = out.len > this.mostBytes;
  }
}

/**
 * Records, each behind its length (u32): whole ones, or of the columns at `positions` in that order. Full as soon as the buffer has more
 * than `mostBytes`.
 */
export class Records extends RowSink {
  constructor(
    private readonly positions: StaticArray<i32> | null,
    columnCount: u32,
    private readonly out: ByteBuffer,
    private readonly mostBytes: u32,
  ) {
    super(positions ? firstColumns(positions) : columnCount);
  }

  take(source: RowSource): void {
    const out = this.out;
    const positions = this.positions;
    if (positions) this.addColumns(source, positions);
    else {
      out.addU32(source.bodyLen);
      out.addBytes(source.body, source.bodyLen);
    }
    this.isFull = out.len > this.mostBytes;
  }

  private addColumns(source: RowSource, positions: StaticArray<i32>): void {
    const out = this.out;
    const start = out.len;
    const row = source.row;
    out.addU32(0);
    for (let i = 0; i < positions.length; i++) {
      const position = unchecked(positions[i]);
      const isSet = row.isSet(position);
      if (row.layout.nullable(position)) out.addU8(isSet ? 1 : 0);
      if (isSet) out.addBytes(row.ptr(position), row.len(position));
    }
    store<u32>(out.ptr + start, out.len - start - 4);
  }
}
