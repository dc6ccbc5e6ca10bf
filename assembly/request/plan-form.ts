/** What EXPLAIN gives, as a tree in JSON. */
import { OK, Status } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addSigned } from "../encode/digits";
import { addAscii } from "../encode/json-pieces";
import { addJsonString } from "../encode/json-string";
import { isText } from "../encode/ascii";
import { Column } from "../schema/column";
import { Vector } from "../sql/eval/vector";
import { PAGE_LOOKUPS } from "../sql/run/explained";
import { RowForm } from "./row-forms";

/** The members of a step that are numbers, in the order of the columns. */
const NUMBERS: StaticArray<string> = ['","estimate":', ',"rows":', ',"loops":'];

/** `{"step":…,"estimate":…,"rows":…,"loops":…,"inputs":[…]}` for each operator, as a list's items; `end` ends the list, and an object. */
export class PlanForm extends RowForm {
  /** How many steps are not ended: one in the other. */
  private depth: u32 = 0;
  /** Page look-ups, which are no step. */
  private lookups: i64 = -1;

  add(columns: Array<Column>, vectors: Array<Vector>, i: u32, out: ByteBuffer): Status {
    let ptr = vectors[0].ptr(i);
    let len = vectors[0].len(i);
    if (isText(ptr, len, PAGE_LOOKUPS)) {
      this.lookups = vectors[2].int(i);
      return OK;
    }
    let depth: u32 = 0;
    for (; len > 2 && load<u16>(ptr) == 0x2020; ptr += 2, len -= 2) depth += 1;
    const isFirst = this.depth == 0;
    if (depth < this.depth) this.close(depth, out);
    else if (!isFirst) addAscii(out, ',"inputs":[');
    if (!isFirst && load<u8>(out.ptr + out.len - 1) == 0x7d) out.addU8(0x2c);
    this.depth = depth + 1;
    addAscii(out, '{"step":');
    addJsonString(ptr, len, out);
    out.len -= 1;
    for (let v = 1; v < vectors.length; v++) {
      addAscii(out, NUMBERS[v - 1]);
      addSigned(vectors[v].int(i), out);
    }
    return OK;
  }

  /** Ends steps until `depth` are left that are not. */
  private close(depth: u32, out: ByteBuffer): void {
    for (; this.depth > depth; this.depth--) addAscii(out, this.depth > depth + 1 ? "}]" : "}");
  }

  /** Ends what it has begun. */
  end(out: ByteBuffer): void {
    this.close(0, out);
    out.addU8(0x5d);
    if (this.lookups >= 0) {
      addAscii(out, ',"pageLookups":');
      addSigned(this.lookups, out);
    }
    out.addU8(0x7d);
  }
}
