/**
 * A JSON text without its white space: the form in which a JSON column is stored and shown.
 */
import { ByteBuffer } from "./byte-buffer";
import { scanString } from "./json-string";
import { isSpace, skipSpace } from "./json-space";

/**
 * Adds the valid JSON text of `len` bytes at `ptr` (not in `out`) without its white space; names, order and numbers stay as they
 * are.
 */
export function addCompactJson(ptr: usize, len: u32, out: ByteBuffer): void {
  const end = ptr + len;
  let run = ptr; // what is to be copied starts here
  let at = ptr;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) {
      at = scanString(at + 1, end) + 1;
    } else if (isSpace(byte)) {
      out.addBytes(run, <u32>(at - run));
      at = skipSpace(at, end);
      run = at;
    } else {
      at++;
    }
  }
  out.addBytes(run, <u32>(end - run));
}
