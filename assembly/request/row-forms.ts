/** What rows of a statement are given as. */
import { Status, OK } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { isLongValue, writeJsonValue } from "../encode/value-text";
import { Column } from "../schema/column";
import { Vector } from "../sql/eval/vector";
import { addResult } from "../sql/query-rows";

export abstract class RowForm {
  /** Appends row `i`, or half of it, on failure. */
  abstract add(columns: Array<Column>, vectors: Array<Vector>, i: u32, out: ByteBuffer): Status;
}

/** `{ byteLen u32 | columns, each 00, or 01 and its value }`. */
export class RecordForm extends RowForm {
  add(columns: Array<Column>, vectors: Array<Vector>, i: u32, out: ByteBuffer): Status {
    const start = out.len;
    out.addU32(0);
    for (let c = 0; c < columns.length; c++) {
      const vector = unchecked(vectors[c]);
      const isNull = vector.isNull(i);
      out.addU8(isNull ? 0 : 1);
      if (isNull) continue;
      const status = addResult(unchecked(columns[c]), vector, i, out);
      if (status != OK) return status;
    }
    store<u32>(out.ptr + start, out.len - start - 4);
    return OK;
  }
}

/** A comma, and a JSON array of the values. */
export class JsonForm extends RowForm {
  private readonly value: ByteBuffer = new ByteBuffer(256);

  add(columns: Array<Column>, vectors: Array<Vector>, i: u32, out: ByteBuffer): Status {
    const value = this.value;
    out.addU8(0x2c);
    for (let c = 0; c < columns.length; c++) {
      out.addU8(c == 0 ? 0x5b : 0x2c);
      const column = unchecked(columns[c]);
      const vector = unchecked(vectors[c]);
      if (vector.isNull(i)) {
        out.addU32(0x6c6c756e);
        continue;
      }
      value.reset();
      const status = addResult(column, vector, i, value);
      if (status != OK) return status;
      writeJsonValue(column.type, column.customSize, value.ptr, out, isLongValue(value.len));
    }
    out.addU8(0x5d);
    return OK;
  }
}
