/** The texts that stand for null in a delimited source, wherever they are a cell that is not in quotes: nothing, or what --null says. */
import { DelimitedReader } from "./delimited-reader";

export class NullTexts {
  private readonly texts: Array<ArrayBuffer> = new Array<ArrayBuffer>();
  /** Words for a missing value are null, too, in columns of numbers, dates and booleans. */
  readonly takesWords: bool;

  /** With `given` empty null is what the format has for it, and `takesWords`. */
  constructor(given: Array<string>, usual: string) {
    this.takesWords = given.length == 0;
    if (given.length == 0) given.push(usual);
    for (let i = 0; i < given.length; i++) this.texts.push(String.UTF8.encode(given[i]));
  }

  /** UTF-8 of the first of them. */
  get firstPtr(): usize {
    return changetype<usize>(this.texts[0]);
  }

  get firstLen(): u32 {
    return this.texts[0].byteLength;
  }

  /** There are more than one. */
  get hasMore(): bool {
    return this.texts.length > 1;
  }

  /** Whether the cell is one of them. To be asked before `textPtr`. */
  has(cells: DelimitedReader, cell: u32): bool {
    const texts = this.texts;
    for (let i = 0; i < texts.length; i++) {
      const text = unchecked(texts[i]);
      if (cells.isBare(cell, changetype<usize>(text), text.byteLength)) return true;
    }
    return false;
  }
}
