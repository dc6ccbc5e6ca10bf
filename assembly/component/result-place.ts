/** Where results of more than one word stand in memory, as the canonical ABI has it, and those that are no more than a word or a list. */

/** The largest result is that of `sql.execute`: 8 bytes before 48. */
export const result: usize = memory.data(56, 8);

/** A list, or a string: pointer and length. */
export const LIST_SIZE: u32 = 8;

/** A payload's place behind the case of a result, or of an option: as its alignment is. */
export const WORD: usize = 4;
export const LONG: usize = 8;

/** `ok`, with one word if there is something to say. */
@inline
export function done(word: u32 = 0): usize {
  store<u8>(result, 0);
  store<u32>(result, word, WORD);
  return result;
}

/** `ok` with a list or a string. */
@inline
export function doneList(ptr: usize, len: u32): usize {
  store<u8>(result, 0);
  store<u32>(result, <u32>ptr, WORD);
  store<u32>(result, len, WORD + 4);
  return result;
}
