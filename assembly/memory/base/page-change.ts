/**
 * The primitives by which pages change: the same for what is journaled, for what the log repeats, and for what the undo list takes back.
 *
 * | kind   | the change                                                                                                  |
 * |--------|-------------------------------------------------------------------------------------------------------------|
 * | WRITE  | `len` bytes become others                                                                                   |
 * | ZERO   | `len` bytes become zero                                                                                     |
 * | INSERT | `len` bytes are inserted, the `tailLen` bytes behind move up; what stood above them is overwritten          |
 * | REMOVE | `len` bytes are removed, the `tailLen` bytes behind them move down; the room that becomes free is zeroed,   |
 * |        | or, where an insertion is taken back, becomes what the insertion had overwritten                            |
 * | GROW   | a zeroed page is added at the end                                                                           |
 */
import { clearBytes, copyBytes } from "../../encode/bytes";

export const CHANGE_WRITE: u32 = 1;
export const CHANGE_ZERO: u32 = 2;
export const CHANGE_INSERT: u32 = 3;
export const CHANGE_REMOVE: u32 = 4;
export const CHANGE_GROW: u32 = 5;

/** Makes a change, but not GROW, to the bytes at `at`. `bytes` may be 0 where the kind needs none. */
@inline
export function changeBytes(kind: u32, at: usize, bytes: usize, len: u32, tailLen: u32): void {
  if (kind == CHANGE_WRITE) copyBytes(at, bytes, len);
  else if (kind == CHANGE_ZERO) clearBytes(at, len);
  else if (kind == CHANGE_INSERT) {
    if (tailLen != 0) memory.copy(at + len, at, tailLen);
    copyBytes(at, bytes, len);
  } else {
    if (tailLen != 0) memory.copy(at, at + len, tailLen);
    if (bytes != 0) copyBytes(at + tailLen, bytes, len);
    else clearBytes(at + tailLen, len);
  }
}
