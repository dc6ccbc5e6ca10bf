/** Pieces that JSON texts are made of. */
import { ByteBuffer } from "./byte-buffer";
import { addJsonString } from "./json-string";

/** Appends text that is all ASCII, without making anything. */
export function addAscii(out: ByteBuffer, text: string): void {
  const len = <u32>text.length;
  const target = out.reserve(len);
  for (let i: u32 = 0; i < len; i++) store<u8>(target + i, <u8>load<u16>(changetype<usize>(text) + ((<usize>i) << 1)));
  out.len += len;
}

/** Appends `text` as a JSON string. */
export function addString(out: ByteBuffer, text: string): void {
  const bytes = String.UTF8.encode(text);
  addJsonString(changetype<usize>(bytes), bytes.byteLength, out);
}

/** Appends a list of strings as a JSON array. */
export function addStrings(out: ByteBuffer, list: Array<string>): void {
  out.addU8(0x5b);
  for (let i = 0; i < list.length; i++) {
    if (i > 0) out.addU8(0x2c);
    addString(out, list[i]);
  }
  out.addU8(0x5d);
}
