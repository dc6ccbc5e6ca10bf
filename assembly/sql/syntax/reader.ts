/** What all parts of the parser stand on: the tokens, names, lists, and errors with their place. */
import { Status, OK, SQL_LIMIT, SQL_SYNTAX, lastError } from "../../status";
import { asciiUpper } from "../../encode/ascii";
import { isDigit, parseUnsigned, parsedUnsigned } from "../../encode/digits";
import { parseHex } from "../../encode/uuid";
import { SqlText } from "../sql-text";
import { Lexer, T_BLOB, T_QUOTED, T_WORD } from "./lexer";
import { isReserved } from "./reserved";
import { FLAG_QUOTED, MOST_NODES, N_NAME, N_PARAMETER, SqlTree } from "./tree";

/** Expressions and queries inside each other, and operators in a row without parentheses. SQLite allows 1,000. */
export const MOST_DEPTH: u32 = 400;
/** Parameters have numbers up to this, as in SQLite. */
const MOST_PARAMETERS: u32 = 32766;

export const COMMA: u32 = 0x2c;
export const OPEN: u32 = 0x28;
export const CLOSE: u32 = 0x29;
export const STAR: u32 = 0x2a;
export const DOT: u32 = 0x2e;
export const EQUALS: u32 = 0x3d;
export const SEMICOLON: u32 = 0x3b;

/** What `commaList` lists. */
export const ITEM_EXPRESSION: i32 = 0;
/** N_ORDER. */
export const ITEM_ORDER: i32 = 1;
/** N_RESULT or N_STAR. */
export const ITEM_RESULT: i32 = 2;
/** N_ROW of VALUES. */
export const ITEM_ROW: i32 = 3;
/** N_CTE. */
export const ITEM_CTE: i32 = 4;
/** N_COLUMN of ON CONFLICT, which may stand behind its table's name. */
export const ITEM_CONFLICT_COLUMN: i32 = 5;
/** N_NAMED_WINDOW. */
export const ITEM_WINDOW: i32 = 6;

export abstract class SqlReader {
  protected readonly lexer: Lexer;
  /** How deep the node is that was read last, and how deep what is being read is inside other things. */
  protected height: u32 = 0;
  private depth: u32 = 0;
  /** Where text is made free of quotes and the like, its last part. */
  protected failed: bool = false;

  constructor(
    protected readonly text: SqlText,
    readonly tree: SqlTree,
    from: u32,
  ) {
    this.lexer = new Lexer(text.ptr, text.len, from);
  }

  // ---- errors: all return 0, no node ----

  protected expected(what: string): u32 {
    if (!this.failed) {
      this.lexer.unexpected(what);
      this.text.place(this.lexer.start);
    }
    this.failed = true;
    return 0;
  }

  protected refuse(status: Status, what: string, start: u32, hint: string = ""): u32 {
    if (!this.failed) this.text.fail(status, what, start, hint);
    this.failed = true;
    return 0;
  }

  get status(): Status {
    return this.failed ? lastError.status : OK;
  }

  // ---- depth ----

  /** Begins something that may hold its like; false when that is too deep. */
  protected enter(): bool {
    this.depth += 1;
    this.tree.depth = max(this.tree.depth, this.depth << 1);
    if (this.depth <= MOST_DEPTH >> 1 && this.tree.count < MOST_NODES) return true;
    this.refuse(SQL_LIMIT, "too much inside each other", this.lexer.start);
    return false;
  }
  protected leave(): void {
    this.depth -= 1;
  }

  /** The node that is being made is above those that are `height` high. */
  protected raise(node: u32, height: u32): u32 {
    this.height = height + 1;
    this.tree.depth = max(this.tree.depth, this.height);
    return height < MOST_DEPTH ? node : this.refuse(SQL_LIMIT, "too much inside each other", this.lexer.start);
  }

  // ---- tokens ----

  @inline protected is(word: string): bool {
    return this.lexer.is(word);
  }


  @inline protected isSymbol(symbol: u32): bool {
    return this.lexer.isSymbol(symbol);
  }

  /** Passes the keyword `word` if it is there. */
  protected accept(word: string): bool {
    if (!this.lexer.is(word)) return false;
    this.lexer.next();
    return true;
  }
  protected acceptSymbol(symbol: u32): bool {
    if (!this.lexer.isSymbol(symbol)) return false;
    this.lexer.next();
    return true;
  }

  /** Passes two keywords if both are there. */
  protected acceptBoth(word: string, second: string): bool {
    if (!this.lexer.is(word) || !this.lexer.isFollowedBy(second)) return false;
    this.lexer.next();
    this.lexer.next();
    return true;
  }

  /** Passes the keyword `word`, which is given in lower case; false, with an error, when it is not there. */
  protected need(word: string): bool {
    if (this.accept(word)) return true;
    this.expected(asciiUpper(word));
    return false;
  }
  protected needSymbol(symbol: u32): bool {
    if (this.acceptSymbol(symbol)) return true;
    this.expected(String.fromCharCode(symbol));
    return false;
  }

  /** Ends a node at the last token that was passed. */
  protected done(node: u32): u32 {
    this.tree.setEnd(node, this.lexer.lastEnd);
    return node;
  }

  // ---- names and literals ----

  /** Whether the token can be a name. */
  protected get atName(): bool {
    const lexer = this.lexer;
    return lexer.kind == T_QUOTED || (lexer.kind == T_WORD && !isReserved(lexer.ptr + lexer.start, lexer.end - lexer.start));
  }

  /** A name; `what` it is of, for the error. */
  protected name(what: string): u32 {
    if (!this.atName) return this.expected(what);
    return this.anyWord();
  }

  /** The token, a word or a name in quotes, as a name. */
  protected anyWord(): u32 {
    const lexer = this.lexer;
    if (lexer.kind == T_WORD) return this.textNode(N_NAME, lexer.start, lexer.end);
    const node = this.unquoted(N_NAME);
    this.tree.setFlag(node, FLAG_QUOTED);
    if (this.tree.textLen(node) == 0) return this.refuse(SQL_SYNTAX, "a name without a character", this.tree.start(node));
    return node;
  }

  /** Makes a node of the text's bytes from `start` to `end`, and passes the token. */
  protected textNode(kind: u8, start: u32, end: u32): u32 {
    const texts = this.tree.texts;
    const at = texts.len;
    texts.addBytes(this.lexer.ptr + start, end - start);
    const node = this.tree.add(kind, this.lexer.start, at, end - start);
    this.lexer.next();
    return this.done(node);
  }

  /** Makes a node of what stands in quotes, and passes the token: text, a name, or bytes in hexadecimal. */
  protected unquoted(kind: u8): u32 {
    const lexer = this.lexer;
    const texts = this.tree.texts;
    const at = texts.len;
    let from = lexer.start + (lexer.kind == T_BLOB ? 2 : 1);
    const end = lexer.end - 1;
    if (lexer.kind == T_BLOB) {
      parseHex(lexer.ptr + from, end - from, texts.reserve((end - from) >> 1));
      texts.len += (end - from) >> 1;
    } else {
      const quote = load<u8>(lexer.ptr + lexer.start);
      for (; from < end; from++) {
        const byte = load<u8>(lexer.ptr + from);
        texts.addU8(byte);
        if (byte == quote) from += 1;
      }
    }
    const node = this.tree.add(kind, lexer.start, at, texts.len - at);
    lexer.next();
    return this.done(node);
  }

  /** Reads one of what `commaList` lists: the node, or 0 with an error. */
  protected abstract item(what: i32): u32;

  /** What is ITEM_…, with commas between: the first of the list; 0 with an error. As high as the highest of them. */
  protected commaList(what: i32): u32 {
    let first: u32 = 0;
    let last: u32 = 0;
    let height: u32 = 0;
    do {
      const node = this.item(what);
      if (node == 0) return 0;
      height = max(height, this.height);
      if (first == 0) first = node;
      else this.tree.setNext(last, node);
      last = node;
    } while (this.acceptSymbol(COMMA));
    this.height = height;
    return first;
  }

  /** Names between commas, up to a parenthesis that is passed as well. */
  protected nameList(what: string): u32 {
    let first: u32 = 0;
    let last: u32 = 0;
    do {
      const name = this.name(what);
      if (name == 0) return 0;
      if (first == 0) first = name;
      else this.tree.setNext(last, name);
      last = name;
    } while (this.acceptSymbol(COMMA));
    return this.needSymbol(CLOSE) ? first : 0;
  }

  /** A parameter: ? has the number behind the highest so far, one with a name the number that it had before, or a new one. */
  protected parameter(): u32 {
    const lexer = this.lexer;
    const tree = this.tree;
    const start = lexer.start;
    const ptr = lexer.ptr + start;
    const len = lexer.end - start;
    const sigil = load<u8>(ptr);
    let number: u32 = 0;
    // $1 is PostgreSQL's way to write ?1.
    const isNumber = len > 1 && (sigil == 0x3f || sigil == 0x24) && isDigits(ptr + 1, len - 1);
    if (isNumber) {
      if (!parseUnsigned(ptr + 1, len - 1, MOST_PARAMETERS) || parsedUnsigned == 0)
        return this.refuse(SQL_SYNTAX, "parameters have numbers from 1 to " + MOST_PARAMETERS.toString(), start);
      number = <u32>parsedUnsigned;
    } else if (len == 1) number = tree.parameters + 1;
    else {
      let known = tree.namedParameters;
      while (known != 0 && !(tree.textLen(known) == len - 1 && memory.compare(tree.textPtr(known), ptr + 1, len - 1) == 0))
        known = tree.next(known);
      if (known == 0) {
        const at = tree.texts.len;
        tree.texts.addBytes(ptr + 1, len - 1);
        known = tree.add(N_NAME, start, at, len - 1, tree.parameters + 1);
        tree.setNext(known, tree.namedParameters);
        tree.namedParameters = known;
      }
      number = tree.c(known);
    }
    if (number > MOST_PARAMETERS) return this.refuse(SQL_LIMIT, "more than " + MOST_PARAMETERS.toString() + " parameters", start);
    tree.parameters = max(tree.parameters, number);
    lexer.next();
    return this.done(tree.add(N_PARAMETER, start, number));
  }
}

function isDigits(ptr: usize, len: u32): bool {
  for (let i: u32 = 0; i < len; i++) {
    if (!isDigit(load<u8>(ptr + i))) return false;
  }
  return true;
}
