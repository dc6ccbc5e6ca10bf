/**
 * Rows of the catalog as bytes: for each value a byte, `CELL_…`, behind it a number as i64, or a text's length u32 and bytes.
 */
import { asciiLower } from "../../encode/ascii";
import { ByteBuffer } from "../../encode/byte-buffer";
import { Batch, VectorColumns } from "../eval/batch";
import { K_INT, K_TEXT } from "../eval/kinds";
import { BATCH_ROWS } from "../eval/vector";
import { Operator } from "../run/operator";

const CELL_NULL: u8 = 0;
const CELL_NUMBER: u8 = 1;
const CELL_TEXT: u8 = 2;

/** Writes values one after the other; what adds one returns this. */
export class CellWriter {
  private readonly out: ByteBuffer = new ByteBuffer(1024);

  text(value: string): CellWriter {
    const out = this.out;
    out.addU8(CELL_TEXT);
    const at = out.len;
    out.addU32(0);
    out.addText(value);
    store<u32>(out.ptr + at, out.len - at - 4);
    return this;
  }

  number64(value: i64): CellWriter {
    this.out.addU8(CELL_NUMBER);
    this.out.addU64(value);
    return this;
  }

  /** A text, null where it is "". */
  orNull(value: string): CellWriter {
    if (value != "") return this.text(value);
    this.out.addU8(CELL_NULL);
    return this;
  }

  /** What a row is about, as it is looked for. */
  key(name: string): void {
    this.text(asciiLower(name));
  }

  /** What was written; nothing more is. */
  taken(): ArrayBuffer {
    const out = this.out;
    const bytes = new ArrayBuffer(out.len);
    memory.copy(changetype<usize>(bytes), out.ptr, out.len);
    out.free();
    return bytes;
  }
}

/** The rows that a writer has written. */
export class CellRows extends Operator {
  private readonly columns: VectorColumns;
  private at: usize = 0;

  constructor(
    protected bytes: ArrayBuffer,
    names: Array<string>,
  ) {
    const columns = new VectorColumns();
    for (let c = 0; c < names.length; c++) columns.add(names[c].startsWith("#") ? K_INT : K_TEXT);
    super(new Batch(columns));
    this.columns = columns;
    this.estimate = <f64>bytes.byteLength / <f64>(names.length << 3);
  }

  open(): bool {
    this.at = changetype<usize>(this.bytes);
    return super.open();
  }

  next(): bool {
    const vectors = this.columns.vectors;
    const end = changetype<usize>(this.bytes) + this.bytes.byteLength;
    let at = this.at;
    let count = 0;
    for (; count < BATCH_ROWS && at < end; count++) {
      for (let c = 0; c < vectors.length; c++) {
        const vector = unchecked(vectors[c]);
        const cell = load<u8>(at);
        vector.setNull(count, cell == CELL_NULL);
        if (cell == CELL_NUMBER) vector.setInt(count, load<i64>(at, 1));
        else if (cell == CELL_TEXT) vector.setBytes(count, at + 5, load<u32>(at, 1));
        at += cell == CELL_NULL ? 1 : cell == CELL_NUMBER ? 9 : 5 + load<u32>(at, 1);
      }
    }
    this.at = at;
    this.batch.begin(count);
    return count > 0 && this.give();
  }

  free(): void {
    super.free();
    this.columns.free();
  }

  describe(): string {
    return "catalog";
  }
}
