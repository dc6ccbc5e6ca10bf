/** Bytes whose order, whatever is appended behind them, is that of values. */
import { lowerLetter } from "./ascii";
import { ByteBuffer } from "./byte-buffer";

/** Appends the `len` bytes at `ptr`; with `folds` the case of ASCII letters says nothing. */
export function addOrderedBytes(ptr: usize, len: u32, folds: bool, out: ByteBuffer): void {
  // A zero is two bytes, and the end two others, below all that could follow.
  for (let b: u32 = 0; b < len; b++) {
    const byte = <u32>load<u8>(ptr + b);
    out.addU8(folds ? lowerLetter(byte) : byte);
    if (byte == 0) out.addU8(0xff);
  }
  out.addU16(0);
}
