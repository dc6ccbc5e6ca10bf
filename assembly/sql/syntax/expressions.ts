/**
 * Expressions, by operator precedence (Pratt). From loosest to tightest, as in SQLite:
 *
 *   OR · AND · NOT · = == <> != IS IN LIKE ILIKE GLOB BETWEEN ISNULL NOTNULL · < <= > >= · & | << >> · + - · * / % · || -> ->> ·
 *   COLLATE · unary ~ + -
 */
import { SQL_UNSUPPORTED } from "../../status";
import { T_SYMBOL, T_WORD } from "./lexer";
import {
  OP_ADD,
  OP_AND,
  OP_BIT_AND,
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
  OP_NOT,
  OP_OR,
  OP_REMAINDER,
  OP_SHIFT_LEFT,
  OP_SHIFT_RIGHT,
  OP_SUBTRACT,
} from "./operators";
import { OperandReader } from "./operands";
import { CLOSE, OPEN } from "./reader";
import {
  N_BETWEEN,
  N_BINARY,
  N_COLLATE,
  N_IN,
  N_IS_NULL,
  N_LIKE,
  N_LOGIC,
  N_QUERY,
  N_SELECT,
  N_STAR,
  N_TABLE,
  N_UNARY,
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

/** What `infix` found: how tightly it binds, 0 for none, and its operator. */
let power: i32 = 0;
let operator: u8 = 0;

function infix(binds: i32, op: u8): void {
  power = binds;
  operator = op;
}

export abstract class ExpressionReader extends OperandReader {
  /** An expression. Returns its node, 0 on failure. */
  expression(): u32 {
    return this.operators(POWER_OR);
  }

  /** An expression of operators that bind as tightly as `least` or more. */
  protected operators(least: i32): u32 {
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
      // IN table is IN (SELECT * FROM table).
      const start = this.lexer.start;
      const name = this.name("a list in parentheses, or a table");
      if (name == 0) return 0;
      const star = this.done(tree.add(N_STAR, start));
      const select = this.done(tree.add(N_SELECT, start, star, this.done(tree.add(N_TABLE, start, name))));
      tree.setC(node, this.done(tree.add(N_QUERY, start, select)));
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
}
