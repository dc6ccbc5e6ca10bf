/**
 * Where statements of SQL begin and end in a text that comes line by line, or at once: at a semicolon that is in no text, name, comment or body
 * of a trigger. The module tells what is right; here it is only asked how much belongs together.
 */

/** Blanks, and a comment up to the line's end; what begins a longer one; a quote; a semicolon; and what else there is. */
const TOKEN = /([\t-\r ]+|--[^\n]*)|(\/\*)|(['"`[])|(;)|[^\t-\r ;'"`[/-]+|[/-]/y;

type Token = readonly [token: string, blank?: string, comment?: string, quote?: string, end?: string];

/** So many words tell what a statement is. */
const WORDS = 3;

/** What has no meaning here behind a statement's first words. */
const PLAIN = /[^;'"`[/-]+/y;

/** A statement, with its semicolon, and where in what was fed it begins: its line and the character in that, both from 1. */
export interface SplitStatement {
  readonly sql: string;
  readonly line: number;
  readonly column: number;
}

/** Characters, not units of UTF-16. */
const lengthOf = (text: string): number => text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);

export class StatementSplitter {
  /** The line that what is fed next begins in, and the character in it. */
  line = 1;
  #column = 1;
  /** The text so far of the statement that is not at its end, and where that begins. */
  #parts: string[] = [];
  #start: { readonly line: number; readonly column: number } | null = null;
  /** What ends the text, name or comment that is open. */
  #open: string | null = null;
  #firstWords: string[] = [];
  /** Whether it is a trigger, which has statements with semicolons up to its END; and in one: the semicolon of a statement in it, or the END behind that. */
  #isTrigger = false;
  #last: ";" | "end" | null = null;

  /** Whether something was begun that goes on. */
  get isPending(): boolean {
    return this.#start !== null || this.#open !== null;
  }

  /** The text of what was begun. */
  get pending(): string {
    return this.#start === null && this.#open !== null ? "/*" : this.#parts.join("");
  }

  /** Takes lines with their ends: the statements that are whole with them, which all have to be taken, too. */
  *feed(text: string): Generator<SplitStatement, void, undefined> {
    let from = 0;
    let counted = 0;
    for (let at = 0; at < text.length;) {
      if (this.#open !== null) {
        const end = text.indexOf(this.#open, at);
        at = end < 0 ? text.length : end + this.#open.length;
        if (end >= 0) this.#open = null;
        continue;
      }
      if (this.#firstWords.length === WORDS && !this.#isTrigger) {
        PLAIN.lastIndex = at;
        if (PLAIN.test(text)) {
          at = PLAIN.lastIndex;
          continue;
        }
      }
      TOKEN.lastIndex = at;
      const found = TOKEN.exec(text) as unknown as Token;
      const { 0: token, 2: comment, 3: quote, 4: end } = found;
      const isContent = found[1] === undefined && comment === undefined && end === undefined;
      if (isContent && this.#start === null) {
        this.#count(text.slice(counted, at));
        this.#start = { line: this.line, column: this.#column };
        from = counted = at;
      }
      at += token.length;
      if (comment !== undefined) this.#open = "*/";
      else if (quote !== undefined) this.#open = quote === "[" ? "]" : quote;
      if (isContent) this.#note(token);
      if (end === undefined || this.#start === null) continue;
      if (this.#isTrigger && this.#last !== "end") this.#last = ";";
      else {
        this.#parts.push(text.slice(from, at));
        const whole = { sql: this.pending, ...this.#start };
        this.drop();
        yield whole;
      }
    }
    if (this.#start !== null) this.#parts.push(text.slice(from));
    this.#count(text.slice(counted));
  }

  /** Passes a line by that is no part of a statement. */
  skipLine(): void {
    this.line++;
  }

  /** What is left at the end of all lines: a statement without a semicolon, or null. */
  end(): SplitStatement | null {
    const last = this.#start === null ? null : { sql: this.pending, ...this.#start };
    this.drop();
    return last;
  }

  /** Forgets what was begun. */
  drop(): void {
    this.#parts = [];
    this.#start = this.#open = this.#last = null;
    this.#firstWords = [];
    this.#isTrigger = false;
  }

  #note(token: string): void {
    const words = this.#firstWords;
    if (words.length < WORDS) {
      words.push(token.toLowerCase());
      this.#isTrigger = /^create (?:trigger|temp(?:orary)? trigger)\b/.test(words.join(" "));
    } else if (this.#last !== null) this.#last = this.#last === ";" && token.toLowerCase() === "end" ? "end" : null;
  }

  /** Goes on with line and column over `text`. */
  #count(text: string): void {
    const end = text.lastIndexOf("\n");
    if (end >= 0) this.#column = 1;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.line++;
    this.#column += lengthOf(text.slice(end + 1));
  }
}
