/**
 * JSON's white space.
 */

/** Whether `byte` is a space, tab, line feed or carriage return. */
@inline
export function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

/** The first byte from `at` on that is no white space, or `end`. */
@inline
export function skipSpace(at: usize, end: usize): usize {
  while (at < end && isSpace(load<u8>(at))) at++;
  return at;
}
