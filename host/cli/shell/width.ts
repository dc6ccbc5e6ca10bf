/** How wide text is on a terminal, as `assembly/encode/printable.ts` measures it. A test compares the two. */

/** Marks that go onto the character before, and characters of two columns (Unicode's East Asian Width): first and last of each range. */
const ZERO_WIDTH = [
  0x300, 0x36f, 0x483, 0x489, 0x591, 0x5bd, 0x610, 0x61a, 0x64b, 0x65f, 0xe31, 0xe31, 0xe34, 0xe3a, 0xe47, 0xe4e, 0x1ab0, 0x1aff,
  0x1dc0, 0x1dff, 0x20d0, 0x20ff, 0xfe00, 0xfe0f, 0xfe20, 0xfe2f,
];
const DOUBLE_WIDTH = [
  0x1100, 0x115f, 0x231a, 0x231b, 0x2e80, 0x303e, 0x3041, 0x33ff, 0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xa000, 0xa4cf, 0xa960, 0xa97f,
  0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe30, 0xfe6f, 0xff00, 0xff60, 0xffe0, 0xffe6, 0x1f300, 0x1f64f, 0x1f680, 0x1f6ff, 0x1f900,
  0x1f9ff, 0x20000, 0x3fffd,
];

function isIn(ranges: readonly number[], codePoint: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (codePoint >= (ranges[i] as number) && codePoint <= (ranges[i + 1] as number)) return true;
  }
  return false;
}

function characterWidth(character: string): number {
  const codePoint = character.codePointAt(0) as number;
  if (codePoint < 0x300) return 1;
  return isIn(ZERO_WIDTH, codePoint) ? 0 : isIn(DOUBLE_WIDTH, codePoint) ? 2 : 1;
}

const NARROW = /^[\0-\u02ff]*$/;

/** Columns that a text without characters that hide takes. */
export function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** As much of `text` as `width` columns take. */
function fitting(text: string, width: number): string {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** As much of the end of `text` as `width` columns take. */
export function ending(text: string, width: number): string {
  let left = widthOf(text) - width;
  let start = 0;
  for (const character of text) {
    if (left <= 0 && characterWidth(character) > 0) break;
    left -= characterWidth(character);
    start += character.length;
  }
  return text.slice(start);
}

/** As much of `text` as `width` columns take with a mark that it was cut, if it was. */
export function cut(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${fitting(text, width - 1)}…`;
}
