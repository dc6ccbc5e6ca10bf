/**
 * Where statements of SQL end, found line by line: at a semicolon that is in no text, name, comment or body of a trigger. The module tells what
 * is right; here it is only asked how much belongs together.
 */

const WORD = /[\p{L}_][\p{L}\p{N}\p{M}_$]*/uy;
const BLANKS = /\s+/y;

/** A statement, and where in what was fed it starts: its line and the character in that, both from 1. */
export interface SplitStatement {
  readonly sql: string;
  readonly line: number;
  readonly column: number;
}

export class StatementSplitter {
  /** Lines that were fed. */
  line = 0;
  /** The text so far of the statement that is not at its end. */
  #parts: string[] = [];
  #start = { line: 1, column: 1 };
  /** What ends the text, name or comment that the line before has left open. */
  #open: string | null = null;
  /** Whether there is more than comments. */
  #hasContent = false;
  #firstWords: string[] = [];
  #lastWord = "";

  /** Whether the statement that was begun goes on. */
  get isPending(): boolean {
    return this.#hasContent || this.#open !== null;
  }

  /** The text of what was begun. */
  get pending(): string {
    return this.#parts.join("");
  }

  /** Takes a line, which is without its end: the statements that are whole with it. */
  feed(line: string): SplitStatement[] {
    this.line++;
    const whole: SplitStatement[] = [];
    let start = 0;
    let at = 0;
    while (at < line.length) {
      if (this.#open === null && this.#parts.length === 0 && at === start) {
        BLANKS.lastIndex = at;
        at = start = BLANKS.test(line) ? BLANKS.lastIndex : at;
        this.#start = { line: this.line, column: at + 1 };
        if (at === line.length) break;
      }
      const [end, isEnd] = this.#step(line, at);
      at = end;
      if (!isEnd) continue;
      this.#parts.push(line.slice(start, at));
      if (this.#hasContent) whole.push(this.#take());
      else this.#reset();
      start = at;
    }
    if (start < line.length || this.#parts.length > 0) this.#parts.push(`${line.slice(start)}\n`);
    if (!this.isPending) this.#reset();
    return whole;
  }

  /** What is left at the end of all lines: a statement without a semicolon, or null. */
  end(): SplitStatement | null {
    const last = this.isPending ? this.#take() : null;
    this.#reset();
    return last;
  }

  /** Forgets what was begun. */
  drop(): void {
    this.#reset();
  }

  /** From `at` in `line` over one piece: where it ends, and whether the statement does. */
  #step(line: string, at: number): [end: number, isEnd: boolean] {
    if (this.#open !== null) {
      const end = line.indexOf(this.#open, at);
      if (end < 0) return [line.length, false];
      const { length } = this.#open;
      this.#open = null;
      return [end + length, false];
    }
    const character = line[at] as string;
    if (line.startsWith("--", at)) return [line.length, false];
    if (line.startsWith("/*", at)) {
      this.#open = "*/";
      return [at + 2, false];
    }
    if (character === ";") return [at + 1, !this.#isInTrigger || this.#lastWord === "end"];
    if (character.trim() === "") return [at + 1, false];
    this.#hasContent = true;
    WORD.lastIndex = at;
    const word = WORD.exec(line)?.[0].toLowerCase();
    // Behind `END` there is nothing but the semicolon.
    this.#lastWord = word ?? "";
    if (word !== undefined) {
      if (this.#firstWords.length < 3) this.#firstWords.push(word);
      return [at + word.length, false];
    }
    if (character === "[") this.#open = "]";
    else if (character === "'" || character === '"' || character === "`") this.#open = character;
    return [at + 1, false];
  }

  /** A trigger has statements with semicolons, up to its END. */
  get #isInTrigger(): boolean {
    const [first, second, third] = this.#firstWords;
    return first === "create" && (second === "trigger" || (third === "trigger" && /^temp(?:orary)?$/.test(second ?? "")));
  }

  #take(): SplitStatement {
    const statement = { sql: this.pending, ...this.#start };
    this.#reset();
    return statement;
  }

  #reset(): void {
    this.#parts = [];
    this.#open = null;
    this.#hasContent = false;
    this.#firstWords = [];
    this.#lastWord = "";
  }
}
