/** How a delimited source is written: what divides and quotes its cells, and which of its lines are no rows. */

export const QUOTE: u32 = 0x22;
export const COMMA: u32 = 0x2c;
export const POINT: u32 = 0x2e;
export const TAB: u32 = 0x09;

export class Dialect {
  delimiter: u32 = COMMA;
  /** What stands around cells that hold delimiters and line breaks, and twice inside of them; 0: nothing does. */
  quote: u32 = QUOTE;
  /** Backslashes begin escapes: those of TSV, and in quotes one before a quote. */
  escapes: bool = false;
  /** Blanks may stand before the quote that opens a cell. */
  spaced: bool = false;
  /** Lines before the header that are left out. */
  skip: u32 = 0;
  /** What lines begin with that are left out, 0 for none. */
  comment: u32 = 0;
  /** Rows may have fewer cells than there are columns, and more of them that are empty. */
  ragged: bool = false;
}
