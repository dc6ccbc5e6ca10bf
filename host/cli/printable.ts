/**
 * Text that is safe for a terminal, as `assembly/encode/printable.ts` makes it for what the module prints: paths and names are data, and may
 * hold what a terminal acts upon, shows in another order or hides. A test compares the two.
 */

/** Control characters, and Unicode's format characters that show nothing. */
const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

const LETTERS: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** `text` with escapes for what a terminal must not get as it is, line breaks among them: `\n`, `\x1b`, `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const hex = (character.codePointAt(0) as number).toString(16);
    return LETTERS.get(character) ?? (character < "\xa0" ? `\\x${hex.padStart(2, "0")}` : `\\u{${hex}}`);
  });
}

/** `1 row`, `2 rows`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
