/** Values of a statement's parameters, from where the host put them. */
import { BAD_VALUE, OK, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_BLOB, TYPE_CUSTOM, TYPE_JSON, TYPE_TEXT } from "../encode/data-type";
import { isRecordText } from "../encode/record-value";
import { noCustomValue } from "../request/open-statement";
import { Column } from "../schema/column";
import { parameterConstant, textConstant } from "../sql/bind/literals";
import { Constant } from "../sql/eval/expression";
import { kindOfType } from "../sql/eval/kinds";
import { liftValueAt } from "./lift-values";
import { CASE_NULL, PAYLOAD, VALUE_SIZE, typeOfCase } from "./value-cases";

const record: ByteBuffer = new ByteBuffer(64);

/** The `count` values at `values`; null with `BAD_VALUE` or `BAD_REQUEST`. */
export function liftParameters(values: usize, count: u32): Array<Constant> | null {
  const constants = new Array<Constant>();
  for (let i: u32 = 0; i < count; i++) {
    const at = values + i * VALUE_SIZE;
    const kind = load<u8>(at);
    const constant = kind == CASE_NULL ? Constant.null() : liftConstant(i, kind, at);
    if (!constant) return null;
    constants.push(constant);
  }
  return constants;
}

function liftConstant(i: u32, kind: u8, at: usize): Constant | null {
  const type = typeOfCase(kind);
  const ptr = <usize>load<u32>(at, PAYLOAD);
  const len = load<u32>(at, PAYLOAD + 4);
  if (type == TYPE_TEXT) return textConstant(ptr, len);
  if (type == TYPE_CUSTOM) {
    noCustomValue(i);
    return null;
  }
  if (type == TYPE_BLOB || type == TYPE_JSON) {
    if (type == TYPE_JSON && !isRecordText(type, ptr, len)) {
      fail(BAD_VALUE, "parameter " + (i + 1).toString() + " is not JSON");
      return null;
    }
    // These may be longer than a record's.
    const constant = new Constant(kindOfType(type));
    constant.setBytes(ptr, len);
    return constant;
  }
  record.reset();
  if (liftValueAt(new Column("", type, 0), kind, at, record) == OK) return parameterConstant(type, record.ptr, record.len);
  lastError.what = "parameter " + (i + 1).toString() + ": " + lastError.what;
  return null;
}
