/**
 * Expressions, by operator precedence (Pratt). From loosest to tightest, as in SQLite:
 *
 *   OR · AND · NOT · = == <> != IS IN LIKE ILIKE GLOB BETWEEN ISNULL NOTNULL · < <= > >= · & | << >> · + - · * / % · || -> ->> ·
 *   COLLATE · unary ~ + -
 */
import { SQL_SYNTAX, SQL_UNSUPPORTED } from "../../status";
import { T_BLOB, T_NUMBER, T_PARAMETER, T_QUOTED, T_SYMBOL, T_TEXT, T_WORD } from "./lexer";
import {
  OP_ADD,
  OP_AND,
  OP_BIT_AND,
  OP_BIT_NOT,
  OP_BIT_OR,
  OP_CONCAT,
  OP_DIVIDE,
  OP_EQ,
  OP_GE,
  OP_GLOB,
  OP_GT,
  OP_ILIKE,
  OP_IS,
  OP_IS_NOT,
  OP_JSON,
  OP_JSON_TEXT,
  OP_LE,
  OP_LIKE,
  OP_LT,
  OP_MULTIPLY,
  OP_NE,
  OP_NEGATE,
  OP_NOT,
  OP_OR,
  OP_PLUS,
  OP_REMAINDER,
  OP_SHIFT_LEFT,
  OP_SHIFT_RIGHT,
  OP_SUBTRACT,
} from "./operators";
import { CLOSE, COMMA, DOT, OPEN, STAR, SqlReader } from "./reader";
import {
  FLAG_DESCENDING,
  FLAG_DISTINCT,
  FLAG_NOT,
  FLAG_NULLS_FIRST,
  FLAG_NULLS_LAST,
  FLAG_STAR,
  N_BETWEEN,
  N_BINARY,
  N_BLOB,
  N_BOOLEAN,
  N_CALL,
  N_CALL_TAIL,
  N_CASE,
  N_CAST,
  N_COLLATE,
  N_COLUMN,
  N_EXISTS,
  N_IN,
  N_IS_NULL,
  N_LIKE,
  N_LOGIC,
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

const POWER_OR: i32 = 1;
const POWER_AND: i32 = 2;
const POWER_NOT: i32 = 3;
const POWER_EQUALITY: i32 = 4;
const POWER_ORDER: i32 = 5;
const POWER_BITS: i32 = 6;
const POWER_SUM: i32 = 7;
const POWER_PRODUCT: i32 = 8;
const POWER_CONCAT: i32 = 9;
const POWER_COLLATE: i32 = 10;
const POWER_UNARY: i32 = 11;

/** What `infix` found: how tightly it binds, 0 for none, and its operator. */
let power: i32 = 0;
let operator: u8 = 0;

function infix(binds: i32, op: u8): void {
  power = binds;
  operator = op;
}

export abstract class ExpressionReader extends SqlReader {
  /** A whole query, up to a parenthesis or the end. */
  abstract query(): u32;
  /** What is behind OVER. */
  abstract window(): u32;

  /** Whether a query begins here. */
  protected get atQuery(): bool {
    return this.is("select") || this.is("values") || this.is("with");
  }

  /** An expression. Returns its node, 0 on failure. */
  expression(): u32 {
    return this.operators(POWER_OR);
  }

  /** An expression of operators that bind as tightly as `least` or more. */
  private operators(least: i32): u32 {
    if (!this.enter()) return 0;
    let left = least <= POWER_NOT && this.is("not") ? this.negation() : this.operand();
    while (left != 0) {
      this.findInfix();
      if (power < least || power == 0) break;
      left = this.behind(left, power, operator);
    }
    this.leave();
    return left;
  }

  private negation(): u32 {
    const start = this.lexer.start;
    this.lexer.next();
    const operand = this.operators(POWER_NOT);
    if (operand == 0) return 0;
    const node = this.tree.add(N_UNARY, start, operand);
    this.tree.setOp(node, OP_NOT);
    return this.raise(this.done(node), this.height);
  }

  /** Looks which operator the token is. */
  private findInfix(): void {
    const lexer = this.lexer;
    power = 0;
    if (lexer.kind == T_SYMBOL) {
      switch (lexer.symbol) {
        case 0x3d: // =
        case 0x3d3d: // ==
          return infix(POWER_EQUALITY, OP_EQ);
        case 0x3e3c: // <>
        case 0x3d21: // !=
          return infix(POWER_EQUALITY, OP_NE);
        case 0x3c:
          return infix(POWER_ORDER, OP_LT);
        case 0x3d3c:
          return infix(POWER_ORDER, OP_LE);
        case 0x3e:
          return infix(POWER_ORDER, OP_GT);
        case 0x3d3e:
          return infix(POWER_ORDER, OP_GE);
        case 0x26:
          return infix(POWER_BITS, OP_BIT_AND);
        case 0x7c:
          return infix(POWER_BITS, OP_BIT_OR);
        case 0x3c3c:
          return infix(POWER_BITS, OP_SHIFT_LEFT);
        case 0x3e3e:
          return infix(POWER_BITS, OP_SHIFT_RIGHT);
        case 0x2b:
          return infix(POWER_SUM, OP_ADD);
        case 0x2d:
          return infix(POWER_SUM, OP_SUBTRACT);
        case 0x2a:
          return infix(POWER_PRODUCT, OP_MULTIPLY);
        case 0x2f:
          return infix(POWER_PRODUCT, OP_DIVIDE);
        case 0x25:
          return infix(POWER_PRODUCT, OP_REMAINDER);
        case 0x7c7c:
          return infix(POWER_CONCAT, OP_CONCAT);
        case 0x3e2d:
          return infix(POWER_CONCAT, OP_JSON);
        case 0x3e3e2d:
          return infix(POWER_CONCAT, OP_JSON_TEXT);
        default:
          return;
      }
    }
    if (lexer.kind != T_WORD) return;
    if (this.is("and")) infix(POWER_AND, OP_AND);
    else if (this.is("or")) infix(POWER_OR, OP_OR);
    else if (this.is("collate")) infix(POWER_COLLATE, 0);
    else if (this.is("not")) {
      // NOT behind an operand is of IN, LIKE, BETWEEN or NULL.
      if (this.isPredicate()) infix(POWER_EQUALITY, OP_NOT);
    } else if (this.is("is") || this.is("in") || this.is("between") || this.is("isnull") || this.is("notnull"))
      infix(POWER_EQUALITY, 0);
    else if (this.is("like") || this.is("ilike") || this.is("glob") || this.is("regexp") || this.is("match"))
      infix(POWER_EQUALITY, 0);
  }

  private isPredicate(): bool {
    const lexer = this.lexer;
    return (
      lexer.isFollowedBy("in") ||
      lexer.isFollowedBy("like") ||
      lexer.isFollowedBy("ilike") ||
      lexer.isFollowedBy("glob") ||
      lexer.isFollowedBy("between") ||
      lexer.isFollowedBy("null")
    );
  }

  /** The operator behind `left`, and what is behind it. */
  private behind(left: u32, binds: i32, op: u8): u32 {
    if (binds == POWER_AND || binds == POWER_OR) return this.logic(left, binds, op);
    if (binds == POWER_COLLATE) return this.collation(left);
    if (op == 0 || op == OP_NOT) return this.predicate(left);
    const height = this.height;
    const tree = this.tree;
    this.lexer.next();
    const right = this.operators(binds + 1);
    if (right == 0) return 0;
    const node = tree.add(N_BINARY, tree.start(left), left, right);
    tree.setOp(node, op);
    return this.raise(this.done(node), max(height, this.height));
  }

  /** a AND b AND …: one node, however many there are. */
  private logic(left: u32, binds: i32, op: u8): u32 {
    const tree = this.tree;
    const node = tree.add(N_LOGIC, tree.start(left), left);
    tree.setOp(node, op);
    let last = left;
    let height = this.height;
    while (this.accept(op == OP_AND ? "and" : "or")) {
      const right = this.operators(binds + 1);
      if (right == 0) return 0;
      tree.setNext(last, right);
      last = right;
      height = max(height, this.height);
    }
    return this.raise(this.done(node), height);
  }

  private collation(left: u32): u32 {
    const height = this.height;
    this.lexer.next();
    const name = this.name("a collation");
    if (name == 0) return 0;
    return this.raise(this.done(this.tree.add(N_COLLATE, this.tree.start(left), left, name)), height);
  }

  /** IS, IN, LIKE, BETWEEN and their negations. */
  private predicate(left: u32): u32 {
    const tree = this.tree;
    const lexer = this.lexer;
    const start = tree.start(left);
    const height = this.height;
    if (this.accept("isnull")) return this.raise(this.done(tree.add(N_IS_NULL, start, left)), height);
    if (this.accept("notnull")) return this.raise(this.negated(this.done(tree.add(N_IS_NULL, start, left)), true), height);
    if (this.accept("is")) return this.identity(left);
    const not = this.accept("not");
    if (not && this.accept("null")) return this.raise(this.negated(this.done(tree.add(N_IS_NULL, start, left)), true), height);
    if (this.accept("between")) {
      const low = this.operators(POWER_ORDER);
      const lowHeight = this.height;
      if (low == 0 || !this.need("and")) return 0;
      const high = this.operators(POWER_ORDER);
      if (high == 0) return 0;
      const node = this.done(tree.add(N_BETWEEN, start, left, low, high));
      return this.raise(this.negated(node, not), max(height, max(lowHeight, this.height)));
    }
    if (this.accept("in")) return this.membership(left, not);
    if (this.is("regexp") || this.is("match"))
      return this.refuse(SQL_UNSUPPORTED, "REGEXP and MATCH are not there", lexer.start, "LIKE, ILIKE and GLOB are");
    const op = this.is("like") ? OP_LIKE : this.is("ilike") ? OP_ILIKE : OP_GLOB;
    lexer.next();
    const pattern = this.operators(POWER_ORDER);
    let most = max(height, this.height);
    let escape: u32 = 0;
    if (pattern != 0 && this.accept("escape")) {
      escape = this.operators(POWER_ORDER);
      most = max(most, this.height);
      if (escape == 0) return 0;
    }
    if (pattern == 0) return 0;
    const node = this.done(tree.add(N_LIKE, start, left, pattern, escape));
    tree.setOp(node, op);
    return this.raise(this.negated(node, not), most);
  }

  private negated(node: u32, not: bool): u32 {
    if (not) this.tree.setFlag(node, FLAG_NOT);
    return node;
  }

  /** Behind IS. */
  private identity(left: u32): u32 {
    const tree = this.tree;
    const height = this.height;
    let not = this.accept("not");
    if (this.accept("null")) return this.raise(this.negated(this.done(tree.add(N_IS_NULL, tree.start(left), left)), not), height);
    if (this.accept("distinct")) {
      if (!this.need("from")) return 0;
      not = !not;
    }
    const right = this.operators(POWER_ORDER);
    if (right == 0) return 0;
    const node = this.done(tree.add(N_BINARY, tree.start(left), left, right));
    tree.setOp(node, not ? OP_IS_NOT : OP_IS);
    return this.raise(node, max(height, this.height));
  }

  /** Behind IN. */
  private membership(left: u32, not: bool): u32 {
    const tree = this.tree;
    let height = this.height;
    const node = tree.add(N_IN, tree.start(left), left);
    this.negated(node, not);
    if (!this.isSymbol(OPEN)) {
      const table = this.name("a list in parentheses, or a table");
      if (table == 0) return 0;
      tree.setD(node, table);
      return this.raise(this.done(node), height);
    }
    this.lexer.next();
    if (this.atQuery) {
      const query = this.query();
      if (query == 0) return 0;
      tree.setC(node, query);
      height = max(height, this.height);
    } else if (!this.isSymbol(CLOSE)) {
      const list = this.expressionList();
      if (list == 0) return 0;
      tree.setB(node, list);
      height = max(height, this.height);
    }
    if (!this.needSymbol(CLOSE)) return 0;
    return this.raise(this.done(node), height);
  }

  /** Expressions between commas: the first of the list. */
  protected expressionList(): u32 {
    let first: u32 = 0;
    let last: u32 = 0;
    let height: u32 = 0;
    do {
      const node = this.expression();
      if (node == 0) return 0;
      height = max(height, this.height);
      if (first == 0) first = node;
      else this.tree.setNext(last, node);
      last = node;
    } while (this.acceptSymbol(COMMA));
    this.height = height;
    return first;
  }

  /** ORDER BY's list: the first of it. */
  protected orderList(): u32 {
    const tree = this.tree;
    let first: u32 = 0;
    let last: u32 = 0;
    let height: u32 = 0;
    do {
      const start = this.lexer.start;
      const by = this.expression();
      if (by == 0) return 0;
      height = max(height, this.height);
      const node = tree.add(N_ORDER, start, by);
      if (this.accept("desc")) tree.setFlag(node, FLAG_DESCENDING);
      else this.accept("asc");
      if (this.accept("nulls")) {
        if (this.accept("first")) tree.setFlag(node, FLAG_NULLS_FIRST);
        else if (this.accept("last")) tree.setFlag(node, FLAG_NULLS_LAST);
        else return this.expected("FIRST or LAST");
      }
      this.done(node);
      if (first == 0) first = node;
      else tree.setNext(last, node);
      last = node;
    } while (this.acceptSymbol(COMMA));
    this.height = height;
    return first;
  }

  // ---- operands ----

  private operand(): u32 {
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
      const list = this.expressionList();
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
    if (this.accept("over")) {
      over = this.window();
      if (over == 0) return 0;
      height = max(height, this.height);
    }
    if (order != 0 || filter != 0 || over != 0) tree.setC(node, this.done(tree.add(N_CALL_TAIL, start, order, filter, over)));
    return this.raise(this.done(node), height);
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

  /** A type: words, and numbers in parentheses behind them, as VARCHAR(30). */
  protected typeName(): u32 {
    const lexer = this.lexer;
    const tree = this.tree;
    if (!this.atName) return this.expected("a type");
    const start = lexer.start;
    const at = tree.texts.len;
    while (this.atName && !this.is("generated") && !this.is("autoincrement") && !this.is("auto_increment")) {
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
    return this.done(node);
  }

  /** Fails with `SQL_SYNTAX` at the token. */
  protected syntax(what: string): u32 {
    return this.refuse(SQL_SYNTAX, what, this.lexer.start);
  }
}
