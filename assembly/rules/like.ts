/** Texts and patterns of LIKE. */
import { lowerLetter } from "../encode/ascii";
import { behind } from "../encode/characters";
import { mayStep } from "../wasi/deadline";

export const PERCENT: u32 = 0x25;
export const UNDERSCORE: u32 = 0x5f;
/** What escapes by itself. */
export const BACKSLASH: u32 = 0x5c;

/**
 * Whether the text is like the pattern of LIKE, in which `escape` takes its meaning from what is behind it; with `fold` whatever the
 * case of ASCII letters. After a % it goes back only to the last one: no more steps than text times pattern.
 */
export function likes(text: usize, textEnd: usize, pattern: usize, end: usize, escape: u32, fold: bool): bool {
  let star: usize = 0;
  let starText: usize = 0;
  for (;;) {
    let fits = false;
    if (pattern < end) {
      const byte = <u32>load<u8>(pattern);
      const escapes = byte == escape;
      // Nothing is like a pattern that ends in what escapes.
      if (escapes && pattern + 1 == end) return false;
      if (byte == PERCENT && byte != escape) {
        star = ++pattern;
        starText = text;
        continue;
      }
      if (text < textEnd) {
        if (byte == UNDERSCORE && byte != escape) {
          text = behind(text, textEnd);
          pattern += 1;
          fits = true;
        } else {
          const wanted = escapes ? <u32>load<u8>(pattern + 1) : byte;
          const found = <u32>load<u8>(text);
          if (found == wanted || (fold && lowerLetter(found) == lowerLetter(wanted))) {
            text += 1;
            pattern += escapes ? 2 : 1;
            fits = true;
          }
        }
      }
    } else if (text == textEnd) return true;
    if (fits) continue;
    if (star == 0 || starText == textEnd || !mayStep(<u32>(end - star))) return false;
    starText = behind(starText, textEnd);
    pattern = star;
    text = starText;
  }
  return false; // never reached, but the compiler cannot tell
}
