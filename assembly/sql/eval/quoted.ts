/** Values as SQL has them: as literals. */
import { addUpperHex } from "../../encode/uuid";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addAscii } from "../../encode/json-pieces";
import { addText } from "./cast";
import { K_BLOB, K_TEXT } from "./kinds";
import { Vector } from "./vector";

/** Appends row `i`'s value, a number, a boolean, text or a blob, as a literal of SQL. */
export function addQuoted(value: Vector, i: u32, out: ByteBuffer): void {
  const kind = value.kind;
  if (value.isNull(i)) addAscii(out, "NULL");
  else if (kind == K_BLOB) {
    out.addU16(0x2758);
    addUpperHex(value.ptr(i), value.len(i), out);
    out.addU8(0x27);
  } else if (kind != K_TEXT) addText(kind, value.at(i), out);
  else {
    out.addU8(0x27);
    addDoubled(value.ptr(i), value.len(i), out);
    out.addU8(0x27);
  }
}

/** Appends text with its quotes doubled. */
export function addDoubled(ptr: usize, len: u32, out: ByteBuffer): void {
  for (let at = ptr; at < ptr + len; at++) {
    const byte = <u32>load<u8>(at);
    out.addU8(byte);
    if (byte == 0x27) out.addU8(byte);
  }
}
