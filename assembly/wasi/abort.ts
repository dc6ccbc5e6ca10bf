/**
 * What AssemblyScript calls when an assertion fails: a bug of ours. The message goes to standard error (the shim's own handler
 * writes over static data), then the instance is dead.
 */
import { fd_write } from "./calls";

/** Static memory: this file may be initialised before the garbage collector is, and must not have an object then. */
const scratch: usize = memory.data(512, 16);

/** The handler that `--use abort=…` installs. */
export function abort(message: string | null, fileName: string | null, line: u32, column: u32): void {
  const base = scratch;
  let text = base + 16;
  const end = base + 512;
  text = put(text, end, "quire: BUG: ");
  if (message) text = put(text, end, message);
  text = put(text, end, " at ");
  if (fileName) text = put(text, end, fileName);
  text = putNumber(put(text, end, ":"), end, line);
  text = putNumber(put(text, end, ":"), end, column);
  text = put(text, end, "\n");
  store<u32>(base, <u32>(base + 16));
  store<u32>(base, <u32>(text - base - 16), 4);
  fd_write(2, base, 1, base + 8);
  unreachable();
}

function put(at: usize, end: usize, text: string): usize {
  for (let i = 0; i < text.length && at < end; i++) {
    const unit = text.charCodeAt(i);
    store<u8>(at++, unit < 128 ? <u8>unit : 63);
  }
  return at;
}

function putNumber(at: usize, end: usize, value: u32): usize {
  if (value >= 10) at = putNumber(at, end, value / 10);
  if (at < end) store<u8>(at++, <u8>(48 + (value % 10)));
  return at;
}
