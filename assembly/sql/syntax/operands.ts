/** What operators stand between: literals, columns, calls, CASE, CAST, parentheses; and lists of expressions. */
import { SQL_SYNTAX, SQL_UNSUPPORTED } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { T_BLOB, T_NUMBER, T_PARAMETER, T_QUOTED, T_SYMBOL, T_TEXT, T_WORD } from "./lexer";
import { OP_BIT_NOT, OP_NEGATE, OP_PLUS } from "./operators";
import { CLOSE, COMMA, DOT, ITEM_EXPRESSION, ITEM_ORDER, OPEN, STAR, SqlReader } from "./reader";
import {
  FLAG_DESCENDING,
  FLAG_DISTINCT,
  FLAG_NOT,
  FLAG_NULLS_FIRST,
  FLAG_NULLS_LAST,
  FLAG_STAR,
  N_BLOB,
  N_BOOLEAN,
  N_CALL,
  N_CALL_TAIL,
  N_CASE,
  N_CAST,
  N_COLUMN,
  N_DEFAULT,
  N_EXISTS,
  N_NAME,
  N_NULL,
  N_NUMBER,
  N_ORDER,
  N_ROW,
  N_SUBQUERY,
  N_TEXT,
  N_TYPE,
  N_UNARY,
  N_WHEN,
} from "./tree";

/** How tightly a sign binds: more than any operator between two values. */
const POWER_UNARY: i32 = 11;
/** More than IN does. */
const POWER_BEHIND_IN: i32 = 5;

export abstract class OperandReader extends SqlReader {
  /** A whole query, up to a parenthesis or the end. */
  abstract query(): u32;
  /** What is behind OVER. */
  abstract window(): u32;

  /** Whether a query begins here. */
  protected get atQuery(): bool {
    return this.is("select") || this.is("values") || this.is("with");
  }

  /** An expression. Returns its node, 0 on failure. */
  abstract expression(): u32;
  /** An expression of operators that bind as tightly as `least` or more. */
  protected abstract operators(least: i32): u32;

  protected negated(node: u32, not: bool): u32 {
    if (not) this.tree.setFlag(node, FLAG_NOT);
    return node;
  }

  protected item(what: i32): u32 {
    return what == ITEM_ORDER ? this.orderTerm() : this.expression();
  }

  /** Expressions between commas: the first of the list. */
  protected expressionList(): u32 {
    return this.commaList(ITEM_EXPRESSION);
  }

  /** ORDER BY's list: the first of it. */
  protected orderList(): u32 {
    return this.commaList(ITEM_ORDER);
  }

  private orderTerm(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    const by = this.expression();
    if (by == 0) return 0;
    const node = tree.add(N_ORDER, start, by);
    if (this.accept("desc")) tree.setFlag(node, FLAG_DESCENDING);
    else this.accept("asc");
    if (this.accept("nulls")) {
      if (this.accept("first")) tree.setFlag(node, FLAG_NULLS_FIRST);
      else if (this.accept("last")) tree.setFlag(node, FLAG_NULLS_LAST);
      else return this.expected("FIRST or LAST");
    }
    return this.done(node);
  }

  protected operand(): u32 {
    const lexer = this.lexer;
    this.height = 0;
    switch (lexer.kind) {
      case T_NUMBER:
        return this.textNode(N_NUMBER, lexer.start, lexer.end);
      case T_TEXT:
        return this.unquoted(N_TEXT);
      case T_BLOB:
        return this.unquoted(N_BLOB);
      case T_PARAMETER:
        return this.parameter();
      case T_QUOTED:
        return this.column();
      case T_SYMBOL:
        return this.signed();
      case T_WORD:
        return this.wordOperand();
      default:
        return this.expected("a value");
    }
  }

  /** A sign or a parenthesis. */
  private signed(): u32 {
    const lexer = this.lexer;
    const start = lexer.start;
    if (lexer.symbol == OPEN) return this.parenthesis();
    const op = lexer.symbol == 0x2d ? OP_NEGATE : lexer.symbol == 0x2b ? OP_PLUS : lexer.symbol == 0x7e ? OP_BIT_NOT : 0;
    if (op == 0) return this.expected("a value");
    lexer.next();
    const operand = this.operators(POWER_UNARY);
    if (operand == 0) return 0;
    const node = this.tree.add(N_UNARY, start, operand);
    this.tree.setOp(node, <u8>op);
    return this.raise(this.done(node), this.height);
  }

  /** (value), (value, value …) or (query). */
  private parenthesis(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    this.lexer.next();
    if (this.atQuery) {
      const query = this.query();
      if (query == 0 || !this.needSymbol(CLOSE)) return 0;
      return this.raise(this.done(tree.add(N_SUBQUERY, start, query)), this.height);
    }
    const list = this.expressionList();
    const height = this.height;
    if (list == 0 || !this.needSymbol(CLOSE)) return 0;
    if (tree.next(list) == 0) return list;
    return this.raise(this.done(tree.add(N_ROW, start, list)), height);
  }

  private wordOperand(): u32 {
    const lexer = this.lexer;
    const tree = this.tree;
    const start = lexer.start;
    if (this.is("null")) return this.constant(N_NULL, 0);
    if (this.is("true")) return this.constant(N_BOOLEAN, 1);
    if (this.is("false")) return this.constant(N_BOOLEAN, 0);
    if (this.is("default")) return this.constant(N_DEFAULT, 0);
    if (this.is("case")) return this.caseOf();
    if (this.is("cast") && lexer.following == OPEN) return this.cast();
    if (this.is("exists") || this.is("not")) {
      const not = this.accept("not");
      if (!this.need("exists") || !this.needSymbol(OPEN)) return 0;
      if (!this.atQuery) return this.expected("a query");
      const query = this.query();
      if (query == 0 || !this.needSymbol(CLOSE)) return 0;
      return this.raise(this.negated(this.done(tree.add(N_EXISTS, start, query)), not), this.height);
    }
    if (this.is("current_date") || this.is("current_time") || this.is("current_timestamp")) {
      const name = this.anyWord();
      return this.done(tree.add(N_CALL, start, name));
    }
    // Some words that are reserved elsewhere are functions, too.
    const isCall =
      lexer.following == OPEN && (this.atName || this.is("glob") || this.is("left") || this.is("right") || this.is("like"));
    if (isCall) return this.call();
    return this.atName ? this.column() : this.expected("a value");
  }

  private constant(kind: u8, op: u8): u32 {
    const node = this.tree.add(kind, this.lexer.start);
    this.tree.setOp(node, op);
    this.lexer.next();
    return this.done(node);
  }

  /** column, table.column or schema.table.column. */
  private column(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    let name = this.name("a column");
    let table: u32 = 0;
    let schema: u32 = 0;
    for (let i = 0; name != 0 && i < 2 && this.acceptSymbol(DOT); i++) {
      schema = table;
      table = name;
      name = this.lexer.kind == T_WORD || this.lexer.kind == T_QUOTED ? this.anyWord() : this.expected("a column");
    }
    return name == 0 ? 0 : this.done(tree.add(N_COLUMN, start, name, table, schema));
  }

  private call(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    const name = this.anyWord();
    if (name == 0 || !this.needSymbol(OPEN)) return 0;
    const node = tree.add(N_CALL, start, name);
    let height: u32 = 0;
    let order: u32 = 0;
    if (this.acceptSymbol(STAR)) tree.setFlag(node, FLAG_STAR);
    else if (!this.isSymbol(CLOSE)) {
      if (this.accept("distinct")) tree.setFlag(node, FLAG_DISTINCT);
      else this.accept("all");
      const list = this.arguments(name, node);
      if (list == 0) return 0;
      tree.setB(node, list);
      height = this.height;
      if (this.accept("order")) {
        order = this.need("by") ? this.orderList() : 0;
        if (order == 0) return 0;
        height = max(height, this.height);
      }
    }
    if (!this.needSymbol(CLOSE)) return 0;
    let filter: u32 = 0;
    let over: u32 = 0;
    if (this.is("filter") && this.lexer.following == OPEN) {
      this.lexer.next();
      this.lexer.next();
      filter = this.need("where") ? this.expression() : 0;
      if (filter == 0 || !this.needSymbol(CLOSE)) return 0;
      height = max(height, this.height);
    }
    if (!this.acceptBoth("respect", "nulls") && this.is("ignore") && this.lexer.isFollowedBy("nulls"))
      return this.refuse(SQL_UNSUPPORTED, "IGNORE NULLS is not there", this.lexer.start, "a query in FROM can leave nulls out");
    if (this.accept("over")) {
      over = this.window();
      if (over == 0) return 0;
      height = max(height, this.height);
    }
    if (order != 0 || filter != 0 || over != 0) tree.setC(node, this.done(tree.add(N_CALL_TAIL, start, order, filter, over)));
    return this.raise(this.done(node), height);
  }

  /**
   * What stands between the parentheses of a call: values between commas, or what SQL has words for, which become those of a call of the
   * same kind: SUBSTRING(a FROM b FOR c), POSITION(a IN b), TRIM(LEADING a FROM b), EXTRACT(a FROM b).
   */
  private arguments(name: u32, node: u32): u32 {
    const tree = this.tree;
    const called = asciiLower(tree.text(name));
    const isTrim = called == "trim";
    const isSubstring = called == "substring" || called == "substr";
    if (called == "extract") {
      const isText = this.lexer.kind == T_TEXT;
      if (!isText && this.lexer.kind != T_WORD && this.lexer.kind != T_QUOTED) return this.expected("a part of a time");
      const part = isText ? this.unquoted(N_TEXT) : this.anyWord();
      tree.setKind(part, N_TEXT);
      return this.need("from") ? this.pair(part, this.expression()) : 0;
    }
    if (called == "position") {
      const what = this.operators(POWER_BEHIND_IN);
      if (what == 0 || !this.need("in")) return 0;
      const height = this.height;
      const subject = this.expression();
      this.height = max(height, this.height);
      return subject == 0 ? 0 : this.pair(subject, what);
    }
    if (!isTrim && !isSubstring) return this.expressionList();
    const following = this.lexer.following;
    const isSide = this.is("leading") || this.is("trailing") || this.is("both");
    if (isTrim && isSide && following != COMMA && following != CLOSE) {
      const side = this.is("leading") ? "ltrim" : this.is("trailing") ? "rtrim" : "trim";
      this.lexer.next();
      tree.setA(node, this.word(side));
    }
    if (isTrim && this.accept("from")) return this.expression();
    const first = this.expression();
    let height = this.height;
    if (first == 0) return 0;
    if (isTrim && this.accept("from")) {
      const subject = this.expression();
      this.height = max(height, this.height);
      return subject == 0 ? 0 : this.pair(subject, first);
    }
    const isFrom = isSubstring && this.accept("from");
    if (!isFrom && !(isSubstring && this.is("for"))) {
      if (!this.acceptSymbol(COMMA)) return first;
      const rest = this.expressionList();
      this.height = max(height, this.height);
      return rest == 0 ? 0 : this.pair(first, rest);
    }
    const from = isFrom ? this.expression() : this.one();
    height = max(height, this.height);
    if (from == 0) return 0;
    if (this.accept("for")) {
      if (this.pair(from, this.expression()) == 0) return 0;
      this.height = max(height, this.height);
    }
    return this.pair(first, from);
  }

  /** Links the second behind the first, if there is one: the first, or 0. */
  private pair(first: u32, second: u32): u32 {
    if (second == 0) return 0;
    this.tree.setNext(first, second);
    return first;
  }

  /** A name that does not stand in the text. */
  private word(text: string): u32 {
    return this.tree.word(N_NAME, this.lexer.start, text);
  }

  /** The number 1. */
  private one(): u32 {
    const node = this.word("1");
    this.tree.setKind(node, N_NUMBER);
    return node;
  }

  private caseOf(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    this.lexer.next();
    let height: u32 = 0;
    let operand: u32 = 0;
    if (!this.is("when")) {
      operand = this.expression();
      if (operand == 0) return 0;
      height = this.height;
    }
    const node = tree.add(N_CASE, start, operand);
    let last: u32 = 0;
    do {
      const whenStart = this.lexer.start;
      if (!this.need("when")) return 0;
      const when = this.expression();
      height = max(height, this.height);
      if (when == 0 || !this.need("then")) return 0;
      const then = this.expression();
      if (then == 0) return 0;
      height = max(height, this.height);
      const branch = this.done(tree.add(N_WHEN, whenStart, when, then));
      if (last == 0) tree.setB(node, branch);
      else tree.setNext(last, branch);
      last = branch;
    } while (this.is("when"));
    if (this.accept("else")) {
      const other = this.expression();
      if (other == 0) return 0;
      height = max(height, this.height);
      tree.setC(node, other);
    }
    if (!this.need("end")) return 0;
    return this.raise(this.done(node), height);
  }

  private cast(): u32 {
    const start = this.lexer.start;
    this.lexer.next();
    this.lexer.next();
    const value = this.expression();
    const height = this.height;
    if (value == 0 || !this.need("as")) return 0;
    const type = this.typeName();
    if (type == 0 || !this.needSymbol(CLOSE)) return 0;
    return this.raise(this.done(this.tree.add(N_CAST, start, value, type)), height);
  }

  /** Whether the token, which may be a name, stands behind a type: what may follow that of a column. */
  protected get atTypeEnd(): bool {
    return this.is("generated") || this.is("autoincrement") || this.is("auto_increment") || this.is("first") || this.is("after");
  }

  /** A type: words, and numbers in parentheses behind them, as VARCHAR(30). */
  protected typeName(): u32 {
    const lexer = this.lexer;
    const tree = this.tree;
    if (!this.atName) return this.expected("a type");
    const start = lexer.start;
    const at = tree.texts.len;
    while (this.atName && !this.atTypeEnd) {
      if (tree.texts.len > at) tree.texts.addU8(0x20);
      const word = this.anyWord();
      if (word == 0) return 0;
      // It has added its text behind that of the words before it.
      if (tree.has(word, 8)) break;
    }
    const node = tree.add(N_TYPE, start, at, tree.texts.len - at);
    if (this.acceptSymbol(OPEN)) {
      let last: u32 = 0;
      do {
        const sign = this.isSymbol(0x2d) || this.isSymbol(0x2b);
        if (sign) lexer.next();
        if (lexer.kind != T_NUMBER) return this.expected("a number");
        const number = this.textNode(N_NUMBER, lexer.start, lexer.end);
        if (last == 0) tree.setC(node, number);
        else tree.setNext(last, number);
        last = number;
      } while (this.acceptSymbol(COMMA));
      if (!this.needSymbol(CLOSE)) return 0;
    }
    if (this.accept("with") || this.accept("without")) {
      // All dates with a time are of a zone.
      if (!this.need("time") || !this.need("zone")) return 0;
    }
    return this.done(node);
  }

  /** Fails with `SQL_SYNTAX` at the token. */
  protected syntax(what: string): u32 {
    return this.refuse(SQL_SYNTAX, what, this.lexer.start);
  }
}
