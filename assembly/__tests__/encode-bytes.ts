/** What the specs of the encode layer share: text as bytes and back. */
import { ByteBuffer } from "../encode/byte-buffer";
import { addHex, parseHex } from "../encode/uuid";

/** The bytes that `text` gave `textBytes` last; two places, so that two texts can be compared. */
const first: ByteBuffer = new ByteBuffer(256);
const second: ByteBuffer = new ByteBuffer(256);

/** Puts `text` as UTF-8 into a buffer and returns it; the next call overwrites it. */
export function textBytes(text: string): ByteBuffer {
  first.reset();
  first.addText(text);
  return first;
}

/** The same with another buffer. */
export function otherBytes(text: string): ByteBuffer {
  second.reset();
  second.addText(text);
  return second;
}

/** Puts the bytes that the hexadecimal digits `hex` (spaces are left out) spell into a buffer; the next call overwrites it. */
export function hexBytes(hex: string): ByteBuffer {
  const digits = textBytes(hex.replaceAll(" ", ""));
  second.reset();
  assert(parseHex(digits.ptr, digits.len, second.reserve(digits.len >> 1)), "the spec's own hexadecimal");
  second.len = digits.len >> 1;
  return second;
}

/** The `len` bytes at `ptr` in hexadecimal. */
export function toHex(ptr: usize, len: u32): string {
  const out = new ByteBuffer(len * 2 + 1);
  addHex(ptr, len, out);
  const text = out.toText();
  out.free();
  return text;
}
